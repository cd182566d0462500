//! Tables in the markup of others: Markdown, LaTeX and CSV.
//!
//! They show what [`table_text`](crate::table_text) shows, with the same digits and the same notes.
//! Whatever stands in the data is escaped, so that a label with a `|`, a `%` or an `=` stays a label.

use crate::grid::{Align, Cell, Grid};
use crate::{Content, tables};

/// A piece of a section as Markdown: paragraphs, and tables with their captions and notes.
///
/// ```
/// use kring_report::{Content, table_markdown};
/// let text = Content::Text("fewer * more".into());
/// assert_eq!(table_markdown(&text), "fewer \\* more\n");
/// ```
pub fn table_markdown(content: &Content) -> String {
    let escaped = |text: &str| escape(text, markdown);
    let mut parts = paragraphs(content, escaped);
    for grid in tables::grids(content) {
        let heads: Vec<String> = grid.columns.iter().map(|c| escaped(&c.head)).collect();
        let rule = grid.columns.iter().map(|column| match column.align {
            Align::Left => "---",
            Align::Right => "---:",
        });
        let mut lines = vec![
            row_of(&heads),
            row_of(&rule.map(str::to_owned).collect::<Vec<_>>()),
        ];
        for group in &grid.groups {
            if let Some(title) = &group.title {
                let mut cells = vec![format!("**{}**", escaped(title))];
                cells.resize(grid.columns.len(), String::new());
                lines.push(row_of(&cells));
            }
            for row in &group.rows {
                let cells: Vec<String> = row
                    .iter()
                    .map(|c| cell(c, escaped, |m| format!("<sup>{m}</sup>")))
                    .collect();
                lines.push(row_of(&cells));
            }
        }
        parts.push(format!("**{}**", escaped(&grid.caption)));
        parts.push(lines.join("\n"));
        parts.extend(noted(&grid, escaped, |m| format!("<sup>{m}</sup> ")));
    }
    finished(&parts, "\n\n")
}

/// A piece of a section as LaTeX with the rules of `booktabs`, for a document in UTF-8 that has
/// `\usepackage{booktabs}`.
///
/// ```
/// use kring_report::{Content, table_latex};
/// let text = Content::Text("5% of families & friends".into());
/// assert_eq!(table_latex(&text), "5\\% of families \\& friends\n");
/// ```
pub fn table_latex(content: &Content) -> String {
    let escaped = |text: &str| escape(text, latex);
    let mut parts = paragraphs(content, escaped);
    for grid in tables::grids(content) {
        let spec: String = grid
            .columns
            .iter()
            .map(|column| match column.align {
                Align::Left => 'l',
                Align::Right => 'r',
            })
            .collect();
        let heads: Vec<String> = grid.columns.iter().map(|c| escaped(&c.head)).collect();
        let mut lines = vec![
            "\\begin{table}".to_owned(),
            format!("\\caption{{{}}}", escaped(&grid.caption)),
            "\\centering".to_owned(),
            format!("\\begin{{tabular}}{{{spec}}}"),
            "\\toprule".to_owned(),
            format!("{} \\\\", heads.join(" & ")),
            "\\midrule".to_owned(),
        ];
        for group in &grid.groups {
            if let Some(title) = &group.title {
                let wide = grid.columns.len();
                lines.push(format!(
                    "\\multicolumn{{{wide}}}{{l}}{{\\textbf{{{}}}}} \\\\",
                    escaped(title)
                ));
            }
            for row in &group.rows {
                let cells: Vec<String> = row
                    .iter()
                    .map(|c| cell(c, escaped, |m| format!("\\textsuperscript{{{m}}}")))
                    .collect();
                lines.push(format!("{} \\\\", cells.join(" & ")));
            }
        }
        lines.push("\\bottomrule".to_owned());
        lines.push("\\end{tabular}".to_owned());
        let notes = noted(&grid, escaped, |m| format!("\\textsuperscript{{{m}}} "));
        if !notes.is_empty() {
            lines.push(format!(
                "\n{{\\footnotesize\n{}\\par}}",
                notes.join("\\par\n")
            ));
        }
        lines.push("\\end{table}".to_owned());
        parts.push(lines.join("\n"));
    }
    finished(&parts, "\n\n")
}

/// A piece of a section as CSV (RFC 4180, lines ending in a line feed): the cells of its tables as
/// they are shown, an empty line between two tables, without captions and notes.
///
/// A minus is that of ASCII, and large numbers stand without spaces, so that a program reads them. A
/// cell that a spreadsheet would take for a formula begins with an apostrophe.
///
/// ```
/// use kring_report::{Content, table_csv};
/// assert_eq!(table_csv(&Content::Text("no table".into())), "");
/// ```
pub fn table_csv(content: &Content) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|text| quoted(text)).collect();
        cells.join(",")
    };
    let mut parts = Vec::new();
    for grid in tables::grids(content) {
        let titled = grid.groups.iter().any(|group| group.title.is_some());
        let lead = |text: &str| titled.then(|| text.to_owned());
        let heads = grid.columns.iter().map(|c| c.head.clone());
        let heads: Vec<String> = lead("").into_iter().chain(heads).collect();
        let mut lines = vec![line(&heads)];
        for group in &grid.groups {
            let title = group.title.as_deref().unwrap_or("");
            for row in &group.rows {
                let cells = row
                    .iter()
                    .map(|c| cell(c, str::to_owned, |_| String::new()));
                let cells: Vec<String> = lead(title).into_iter().chain(cells).collect();
                lines.push(line(&cells));
            }
        }
        parts.push(lines.join("\n"));
    }
    finished(&parts, "\n\n")
}

fn paragraphs(content: &Content, escaped: impl Fn(&str) -> String) -> Vec<String> {
    match content {
        Content::Text(text) => text.split("\n\n").map(|p| escaped(p.trim())).collect(),
        _ => Vec::new(),
    }
}

fn finished(parts: &[String], between: &str) -> String {
    let mut text = parts.join(between);
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn row_of(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// The lines of a cell after one another, with its marks behind the first.
fn cell(cell: &Cell, escaped: impl Fn(&str) -> String, mark: impl Fn(&str) -> String) -> String {
    let lines = cell.lines.iter().enumerate().map(|(place, line)| {
        let marks = if place == 0 && !cell.marks.is_empty() {
            mark(&cell.marks.join(","))
        } else {
            String::new()
        };
        format!("{}{marks}", escaped(&line.text))
    });
    lines.collect::<Vec<String>>().join("; ")
}

/// The notes below a table, a paragraph each.
fn noted(
    grid: &Grid,
    escaped: impl Fn(&str) -> String,
    mark: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut notes = Vec::new();
    if !grid.notes.general.is_empty() {
        notes.push(escaped(&grid.notes.general.join(" ")));
    }
    if !grid.notes.doubts.is_empty() {
        notes.push(escaped(&format!(
            "Caution. {}",
            grid.notes.doubts.join(" ")
        )));
    }
    for (letter, note) in &grid.notes.marked {
        notes.push(format!("{}{}", mark(letter), escaped(note)));
    }
    notes
}

/// A text with each sign as its escape has it.
fn escape(text: &str, of: impl Fn(char) -> Option<&'static str>) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match of(sign) {
            Some(written) => escaped.push_str(written),
            None if sign.is_control() => escaped.push(' '),
            None => escaped.push(sign),
        }
    }
    escaped
}

fn markdown(sign: char) -> Option<&'static str> {
    Some(match sign {
        '\\' => "\\\\",
        '|' => "\\|",
        '*' => "\\*",
        '_' => "\\_",
        '`' => "\\`",
        '[' => "\\[",
        ']' => "\\]",
        '#' => "\\#",
        '~' => "\\~",
        '$' => "\\$",
        '<' => "&lt;",
        '>' => "&gt;",
        '&' => "&amp;",
        '\u{2003}' => "&emsp;",
        _ => return None,
    })
}

/// A bracket or star at the start of a row would be read as an argument of the line end before it.
fn latex(sign: char) -> Option<&'static str> {
    Some(match sign {
        '\\' => "\\textbackslash{}",
        '{' => "\\{",
        '}' => "\\}",
        '$' => "\\$",
        '&' => "\\&",
        '#' => "\\#",
        '_' => "\\_",
        '%' => "\\%",
        '~' => "\\textasciitilde{}",
        '^' => "\\textasciicircum{}",
        '<' => "\\textless{}",
        '>' => "\\textgreater{}",
        '|' => "\\textbar{}",
        '[' => "{[}",
        ']' => "{]}",
        '*' => "{*}",
        '"' => "\\textquotedbl{}",
        '−' => "$-$",
        '×' => "$\\times$",
        '≤' => "$\\leq$",
        '≥' => "$\\geq$",
        '∞' => "$\\infty$",
        '√' => "$\\surd$",
        'α' => "$\\alpha$",
        'δ' => "$\\delta$",
        'ε' => "$\\varepsilon$",
        'η' => "$\\eta$",
        'θ' => "$\\theta$",
        'κ' => "$\\kappa$",
        'λ' => "$\\lambda$",
        'ρ' => "$\\rho$",
        'σ' => "$\\sigma$",
        'τ' => "$\\tau$",
        'φ' => "$\\varphi$",
        'χ' => "$\\chi$",
        'ω' => "$\\omega$",
        '⁻' => "$^{-}$",
        '⁰' => "$^{0}$",
        '¹' => "$^{1}$",
        '²' => "$^{2}$",
        '³' => "$^{3}$",
        '⁴' => "$^{4}$",
        '⁵' => "$^{5}$",
        '⁶' => "$^{6}$",
        '⁷' => "$^{7}$",
        '⁸' => "$^{8}$",
        '⁹' => "$^{9}$",
        '₁' => "$_{1}$",
        '₂' => "$_{2}$",
        '\u{202f}' => "\\,",
        '\u{2003}' => "\\quad{}",
        _ => return None,
    })
}

/// A cell of CSV: figures as a program reads them, no formula, and in quotes where it must be.
///
/// A minus is the hyphen of ASCII, and nothing parts the thousands.
fn quoted(text: &str) -> String {
    let text = text.replace('\u{2003}', "  ").replace('−', "-");
    let text = text.replace('\u{202f}', "");
    let formula = text.trim_start().starts_with(['=', '+', '-', '@']) && !is_figure(&text);
    let text = if formula { format!("'{text}") } else { text };
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// Whether a cell is a number, perhaps with its interval: no spreadsheet runs that.
fn is_figure(text: &str) -> bool {
    let part = |sign: char| sign.is_ascii_digit() || " .,;-()[]%∞".contains(sign);
    text.starts_with(['-', '(', '[']) && text.chars().all(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_a_markup_is_escaped() {
        assert_eq!(escape("a|b_c*", markdown), "a\\|b\\_c\\*");
        assert_eq!(escape("<script>", markdown), "&lt;script&gt;");
        assert_eq!(
            escape("50% & {x} \\y", latex),
            "50\\% \\& \\{x\\} \\textbackslash{}y"
        );
        assert_eq!(escape("[−1, 2]", latex), "{[}$-$1, 2{]}");
        assert_eq!(quoted("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert_eq!(quoted("=cmd()"), "'=cmd()");
        assert_eq!(quoted("−0.12"), "-0.12");
        assert_eq!(quoted("−0.12 (1.30)"), "-0.12 (1.30)");
        assert_eq!(quoted("[−1.2, ∞)"), "\"[-1.2, ∞)\"");
        assert_eq!(quoted("13\u{202f}950"), "13950");
        assert_eq!(quoted("−cmd()"), "'-cmd()");
    }
}
