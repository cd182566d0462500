//! What a notebook shows of a frame.

use std::fmt::Write;

use polars::prelude::{AnyValue, DataFrame};

/// `2 rows, 1 column`
pub fn size(frame: &DataFrame) -> String {
    let counted = |n: usize, what: &str| {
        if n == 1 {
            format!("1 {what}")
        } else {
            format!("{n} {what}s")
        }
    };
    format!(
        "{}, {}",
        counted(frame.height(), "row"),
        counted(frame.width(), "column")
    )
}

/// The first rows as a table.
pub fn rows(frame: &DataFrame, title: Option<&str>) -> String {
    const ROWS: usize = 10;
    const COLUMNS: usize = 20;
    let shown = frame.columns().iter().take(COLUMNS);
    let more = frame.width() > COLUMNS;
    let mut page = String::from("<table><caption>");
    let caption = match title {
        Some(title) => format!("{title}: {}", size(frame)),
        None => size(frame),
    };
    page.push_str(&escaped(&caption));
    page.push_str("</caption><thead><tr>");
    for column in shown.clone() {
        // Writing to a text cannot fail.
        let _ = write!(page, "<th>{}</th>", escaped(column.name()));
    }
    page.push_str(if more {
        "<th>…</th></tr></thead><tbody>"
    } else {
        "</tr></thead><tbody>"
    });
    for row in 0..frame.height().min(ROWS) {
        page.push_str("<tr>");
        for column in shown.clone() {
            let _ = match column.get(row) {
                Ok(AnyValue::Null) | Err(_) => write!(page, "<td></td>"),
                Ok(value) => write!(page, "<td>{}</td>", escaped(&value.str_value())),
            };
        }
        page.push_str(if more { "<td>…</td></tr>" } else { "</tr>" });
    }
    page.push_str("</tbody></table>");
    page
}

/// A text with the signs of HTML replaced.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(sign),
        }
    }
    safe
}
