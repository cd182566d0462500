//! A report as the source of a Typst document, which `typst compile` makes a PDF of.
//!
//! The source is one file: pictures stand in it as SVG. It needs no package and no network. Tables
//! follow the APA: a rule above and below the heads, one at the end, notes below.

use crate::document::{Block, Document, Note, Plate, Prose, document, notes_of};
use crate::grid::{Align, Cell, Grid, Tone};
use crate::paper::widths;
use crate::{Error, Language, Report};

const HEAD: &str = r#"#set page(paper: "a4", margin: (x: 25mm, y: 25mm), footer: context align(center, text(size: 8pt, fill: luma(90))[#footer · #counter(page).display()]))
#set text(size: 10.5pt, hyphenate: true)
#set par(justify: false, leading: 0.62em, spacing: 0.95em)
#show heading: set block(above: 1.5em, below: 0.8em)
#show heading: set text(hyphenate: false)
#set table(stroke: none, inset: (x: 5pt, y: 3pt))
#show figure.where(kind: table): set block(breakable: true)
#show figure.caption: it => align(left, it)
#set figure(placement: none, gap: 0.7em)
#let rule(w) = table.hline(stroke: w + black)
#let small(body) = text(size: 9pt, fill: luma(70), body)
#let notes(body) = block(above: 0.6em, below: 1.5em, text(size: 8.5pt, align(left, body)))
"#;

/// The report as the source of a Typst document, in a language.
///
/// ```
/// use kring_report::{Language, Report, typst_source};
/// let report = Report { title: "Circles [2] #1".into(), ..Report::default() };
/// let source = typst_source(&report, Language::Dutch)?;
/// assert!(source.contains("lang: \"nl\"") && source.contains("\"Circles [2] #1\""));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn typst_source(report: &Report, language: Language) -> Result<String, Error> {
    let document = document(&report.in_words(), language)?;
    let mut source = begun(&document, language);
    for block in &document.blocks {
        source.push_str(&set(block, language));
        source.push('\n');
    }
    Ok(source)
}

fn begun(document: &Document, language: Language) -> String {
    format!(
        "#set document(title: {title})\n#set text(lang: \"{}\")\n#let footer = {}\n{HEAD}\
         #text(size: 17pt, weight: \"bold\", hyphenate: false, {title})\n\n",
        language.code(),
        quoted(&document.footer),
        title = quoted(&document.title),
    )
}

fn set(block: &Block, language: Language) -> String {
    match block {
        Block::Heading(level, text) => format!("#heading(level: {level}, {})\n", quoted(text)),
        Block::Small(text) => format!("#block(sticky: true, small({}))\n", quoted(text)),
        Block::Banner(text) => format!("#block(sticky: true, strong({}))\n", quoted(text)),
        Block::Paragraph(prose) => format!("{}\n", said(prose)),
        Block::Lead(lead, prose) => format!(
            "#block(sticky: true)[#strong({}) {}]\n",
            quoted(lead),
            said(prose)
        ),
        Block::Item(prose) => format!("- {}\n", said(prose)),
        Block::Pairs(pairs) => {
            let rows: Vec<String> = pairs
                .iter()
                .map(|(name, value)| {
                    format!(
                        "  small({}), [{}],\n",
                        quoted(name),
                        said(&Prose::as_is(value))
                    )
                })
                .collect();
            format!("#table(columns: (28%, 1fr),\n{})\n", rows.concat())
        }
        Block::Table(number, grid) => table(*number, grid, language),
        Block::Picture(plate) => picture(plate, language),
        Block::Verbatim(text) => {
            format!("#text(size: 7.5pt, raw({}, block: true))\n", quoted(text))
        }
    }
}

fn picture(plate: &Plate, language: Language) -> String {
    format!(
        "#block(breakable: false, width: 100%)[#image(bytes({}), format: \"svg\", width: {}, alt: {})\n\
         #strong[{} {}.] #emph({}). {}]\n",
        quoted(&plate.svg),
        width(&plate.svg),
        quoted(&plate.title),
        language.word("Figure"),
        plate.number,
        quoted(&plate.title),
        said(&plate.caption),
    )
}

/// A picture as wide as it is drawn, where that fits on the page: 96 of its units to an inch.
fn width(svg: &str) -> String {
    let head = svg.split('>').next().unwrap_or_default();
    let stated = head
        .split(" width=\"")
        .nth(1)
        .and_then(|w| w.split('"').next());
    match stated.and_then(|w| w.parse::<f64>().ok()) {
        Some(units) if units.is_finite() && units < 600.0 => format!("{}pt", 0.75 * units),
        _ => "100%".to_owned(),
    }
}

fn table(number: usize, grid: &Grid, language: Language) -> String {
    let columns = grid.columns.len();
    let aligns = grid.columns.iter().map(|column| match column.align {
        Align::Left => "left, ",
        Align::Right => "right, ",
    });
    let aligns: String = aligns.collect();
    let widths = widths(grid).into_iter();
    let widths: Vec<String> = widths.map(|width| format!("{}pt", width / 20)).collect();
    // One column has a comma too: without it the brackets hold a length, not a list.
    let widths = widths.join(", ") + ",";
    let heads = grid.columns.iter();
    let heads: Vec<String> = heads
        .map(|column| format!("strong({}), ", quoted(&column.head)))
        .collect();
    let heads = heads.concat();
    let mut rows: Vec<String> = Vec::new();
    for group in &grid.groups {
        if let Some(title) = &group.title {
            rows.push(format!(
                "  table.cell(colspan: {columns}, align: left, strong({})),\n",
                quoted(title)
            ));
        }
        for row in &group.rows {
            let cells: Vec<String> = row.iter().map(cell).collect();
            rows.push(format!("  {},\n", cells.join(", ")));
        }
    }
    let notes: Vec<String> = notes_of(grid, language)
        .iter()
        .map(|(note, proses)| {
            let lead = match note {
                Note::Marked(mark) => format!("#super({})", quoted(mark)),
                _ => format!("#emph({}) ", quoted(note.lead(language))),
            };
            let words: Vec<String> = proses.iter().map(said).collect();
            format!("{lead}{}", words.join(" "))
        })
        .collect();
    let rows = rows.concat();
    format!(
        "#block(below: 0.6em, sticky: true)[#strong[{} {number}.] #emph({})]\n\
         #block(above: 0.4em, text(size: 9pt, hyphenate: false, table(columns: ({widths}), align: ({aligns}),\n  \
         rule(0.8pt), table.header({heads}rule(0.5pt)),\n{rows}  rule(0.8pt),\n)))\n#notes[{}]\n",
        language.word("Table"),
        quoted(&grid.caption),
        notes.join(" #parbreak() "),
    )
}

fn cell(cell: &Cell) -> String {
    let lines: Vec<String> = cell
        .lines
        .iter()
        .enumerate()
        .map(|(place, line)| {
            let text = quoted(&line.text);
            let set = match line.tone {
                Tone::Dim => format!("#text(size: 0.88em, {text})"),
                Tone::Strong => format!("#strong({text})"),
                _ => format!("#{text}"),
            };
            if place == 0 && !cell.marks.is_empty() {
                format!("{set}#super({})", quoted(&cell.marks.join(",")))
            } else {
                set
            }
        })
        .collect();
    format!("[{}]", lines.join(" #linebreak() "))
}

/// Prose in which what stands between backticks is a name; English is marked where it is not the
/// language of the report.
fn said(prose: &Prose) -> String {
    let parts: Vec<&str> = prose.text.split('`').collect();
    let text = if parts.len().is_multiple_of(2) {
        format!("#{}", quoted(&prose.text))
    } else {
        let set = parts
            .iter()
            .enumerate()
            .filter(|(_, part)| !part.is_empty());
        let set = set.map(|(place, part)| match place % 2 {
            0 => format!("#{}", quoted(part)),
            _ => format!("#raw({})", quoted(part)),
        });
        set.collect()
    };
    if prose.foreign {
        format!("#text(lang: \"en\")[{text}]")
    } else {
        text
    }
}

/// A text as a string of Typst: nothing in it can become markup.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => {}
            '\t' => quoted.push_str("\\t"),
            c if c.is_control() => {}
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_becomes_markup() {
        assert_eq!(quoted("a \"b\" \\ #c\n"), "\"a \\\"b\\\" \\\\ #c\\n\"");
        let prose = |text: &str| said(&Prose::as_is(text));
        assert_eq!(prose("`a` b"), "#raw(\"a\")#\" b\"");
        assert_eq!(prose("one ` alone"), "#\"one ` alone\"");
    }

    #[test]
    fn a_picture_is_as_wide_as_it_is_drawn_where_that_fits() {
        assert_eq!(width("<svg width=\"400\">"), "300pt");
        assert_eq!(width("<svg width=\"720\">"), "100%");
        assert_eq!(width("<svg>"), "100%");
    }
}
