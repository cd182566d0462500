//! A report as a document of Word: headings, tables with three rules, pictures, numbered captions.
//!
//! Tables follow the APA: a rule above and below the heads, one at the end, none between the columns,
//! notes below. Every table says its grid, without which some readers place cells in the wrong column.

use std::io::Cursor;

use docx_rs::{
    AlignmentType, BorderType, Docx, Footer, LineSpacing, PageMargin, PageNum, Paragraph, Pic, Run,
    RunFonts, RunProperty, Style, StyleType, Table, TableCell, TableCellBorder,
    TableCellBorderPosition, TableCellBorders, TableLayoutType, TableRow, VertAlignType, WidthType,
    XMLDocx,
};

use crate::document::{Block, Document, Note, Plate, Prose, document, notes_of};
use crate::grid::{Align, Cell, Grid, Tone};
use crate::paper::{WIDTH, widths};
use crate::raster::png;
use crate::{Error, Language, Report};

/// The width of the text in units of a picture: 914 400 to an inch.
const WIDTH_OF_PICTURES: f32 = 5_760_000.0;
/// Units of a picture for one of an SVG, of which 96 are an inch.
const PIXEL: f32 = 9525.0;
/// The most that a picture may be high.
const HEIGHT_OF_PICTURES: f32 = 7_600_000.0;

/// The report as a document of Word (DOCX), in a language.
///
/// Pictures are drawn as pixels with the fonts of the machine; where there are none, a line says that
/// the picture stands beside the document.
///
/// ```
/// use kring_report::{Language, Report, docx};
/// let bytes = docx(&Report::default(), Language::English)?;
/// assert!(bytes.starts_with(b"PK"));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn docx(report: &Report, language: Language) -> Result<Vec<u8>, Error> {
    let document = document(&report.in_words(), language)?;
    let mut file = begun(&document);
    for block in &document.blocks {
        file = with(file, block, language)?;
    }
    let mut parts = file.build();
    completed(&mut parts, language);
    let mut bytes = Cursor::new(Vec::new());
    parts.pack(&mut bytes).map_err(|error| Error::Document {
        why: error.to_string(),
    })?;
    Ok(bytes.into_inner())
}

/// What the library has no words for: heads of tables stand again on each page that they run on to, and the
/// document says its language.
fn completed(parts: &mut XMLDocx, language: Language) {
    let code = match language {
        Language::English => "en-GB",
        Language::Dutch => "nl-NL",
    };
    let language = format!("<w:lang w:val=\"{code}\" /></w:rPr></w:rPrDefault>");
    let head = "</w:tblGrid><w:tr><w:trPr><w:cantSplit />";
    replaced(&mut parts.document, head, &format!("{head}<w:tblHeader />"));
    replaced(&mut parts.styles, "</w:rPr></w:rPrDefault>", &language);
}

fn replaced(part: &mut Vec<u8>, before: &str, with: &str) {
    let text = String::from_utf8_lossy(part).replace(before, with);
    *part = text.into_bytes();
}

/// The styles, the page, the footer and the title.
fn begun(document: &Document) -> Docx {
    let heading = |level: usize, size: usize| {
        Style::new(format!("Heading{level}"), StyleType::Paragraph)
            .name(format!("heading {level}"))
            .based_on("Normal")
            .next("Normal")
            .q_format(true)
            .outline_lvl(level - 1)
            .bold()
            .size(size)
            .line_spacing(LineSpacing::new().before(320).after(100))
    };
    let paragraph = |id: &str, name: &str, size: usize, after: u32| {
        Style::new(id, StyleType::Paragraph)
            .name(name)
            .based_on("Normal")
            .size(size)
            .line_spacing(LineSpacing::new().after(after))
    };
    let title = Style::new("Title", StyleType::Paragraph)
        .name("Title")
        .based_on("Normal")
        .q_format(true)
        .bold()
        .size(36)
        .line_spacing(LineSpacing::new().after(80));
    let foot = Paragraph::new()
        .style("Footer")
        .align(AlignmentType::Center)
        .add_run(Run::new().add_text(format!("{} · ", document.footer)))
        .add_page_num(PageNum::new());
    Docx::new()
        .page_size(11906, 16838)
        .page_margin(
            PageMargin::new()
                .top(1418)
                .bottom(1418)
                .left(1418)
                .right(1418),
        )
        .default_fonts(
            RunFonts::new()
                .ascii("Times New Roman")
                .hi_ansi("Times New Roman")
                .cs("Times New Roman"),
        )
        .default_size(22)
        .add_style(title)
        .add_style(heading(1, 28))
        .add_style(heading(2, 24))
        .add_style(paragraph("BodyText", "Body Text", 22, 140).q_format(true))
        .add_style(paragraph("Caption", "caption", 21, 60).q_format(true))
        .add_style(paragraph("TableText", "Table Text", 18, 0))
        .add_style(paragraph("TableNote", "Table Note", 17, 40))
        .add_style(paragraph("Small", "Small", 18, 100))
        .add_style(paragraph("Footer", "footer", 15, 0))
        .add_style(paragraph("Verbatim", "Verbatim", 16, 0))
        .footer(Footer::new().add_paragraph(foot))
        .add_paragraph(styled("Title", &document.title))
}

fn styled(style: &str, text: &str) -> Paragraph {
    Paragraph::new()
        .style(style)
        .add_run(Run::new().add_text(text))
}

fn with(file: Docx, block: &Block, language: Language) -> Result<Docx, Error> {
    Ok(match block {
        Block::Heading(level, text) => {
            file.add_paragraph(styled(&format!("Heading{level}"), text).keep_next(true))
        }
        Block::Small(text) => file.add_paragraph(styled("Small", text).keep_next(true)),
        Block::Banner(text) => file.add_paragraph(
            Paragraph::new()
                .style("BodyText")
                .keep_next(true)
                .add_run(Run::new().add_text(text).bold()),
        ),
        Block::Paragraph(prose) => {
            file.add_paragraph(said(Paragraph::new().style("BodyText"), prose))
        }
        Block::Lead(lead, prose) => {
            let lead = Run::new().add_text(format!("{lead} ")).bold();
            let paragraph = Paragraph::new()
                .style("BodyText")
                .keep_next(true)
                .add_run(lead);
            file.add_paragraph(said(paragraph, prose))
        }
        Block::Item(prose) => {
            let bullet = Paragraph::new()
                .style("BodyText")
                .indent(
                    Some(284),
                    Some(docx_rs::SpecialIndentType::Hanging(284)),
                    None,
                    None,
                )
                .add_run(Run::new().add_text("•").add_tab());
            file.add_paragraph(said(bullet, prose))
        }
        Block::Pairs(pairs) => {
            let rows = pairs.iter().map(|(name, value)| {
                TableRow::new(vec![
                    TableCell::new()
                        .width(2400, WidthType::Dxa)
                        .add_paragraph(styled("TableText", name)),
                    TableCell::new()
                        .width(WIDTH - 2400, WidthType::Dxa)
                        .add_paragraph(said(
                            Paragraph::new().style("TableText"),
                            &Prose::as_is(value),
                        )),
                ])
            });
            let table = Table::without_borders(rows.collect())
                .set_grid(vec![2400, WIDTH - 2400])
                .layout(TableLayoutType::Fixed)
                .width(WIDTH, WidthType::Dxa);
            file.add_table(table).add_paragraph(Paragraph::new())
        }
        Block::Table(number, grid) => with_table(file, *number, grid, language),
        Block::Picture(plate) => with_picture(file, plate, language)?,
        Block::Verbatim(text) => text.lines().fold(file, |file, line| {
            let mono = RunFonts::new().ascii("Courier New").hi_ansi("Courier New");
            let run = Run::new().add_text(line).fonts(mono);
            file.add_paragraph(Paragraph::new().style("Verbatim").add_run(run))
        }),
    })
}

/// Prose in which what stands between backticks is a name.
fn said(paragraph: Paragraph, prose: &Prose) -> Paragraph {
    let parts: Vec<&str> = prose.text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return paragraph.add_run(Run::new().add_text(&prose.text));
    }
    parts
        .iter()
        .enumerate()
        .fold(paragraph, |paragraph, (place, part)| {
            let run = Run::new().add_text(*part);
            let mono = RunFonts::new().ascii("Courier New").hi_ansi("Courier New");
            paragraph.add_run(if place % 2 == 0 { run } else { run.fonts(mono) })
        })
}

fn captioned(lead: &str, number: usize, title: &str) -> Paragraph {
    Paragraph::new()
        .style("Caption")
        .add_run(Run::new().add_text(format!("{lead} {number}. ")).bold())
        .add_run(Run::new().add_text(title).italic())
}

fn with_table(file: Docx, number: usize, grid: &Grid, language: Language) -> Docx {
    let widths = widths(grid);
    let columns = grid.columns.len();
    let heads = grid.columns.iter().zip(&widths).map(|(column, width)| {
        let text = Run::new().add_text(&column.head).bold();
        let paragraph = Paragraph::new()
            .style("TableText")
            .keep_next(true)
            .align(aligned(column.align))
            .add_run(text);
        ruled(TableCell::new(), true, true)
            .width(*width, WidthType::Dxa)
            .add_paragraph(paragraph)
    });
    let mut rows = vec![TableRow::new(heads.collect()).cant_split()];
    let last = grid.rows().count();
    let mut seen = 0;
    for group in &grid.groups {
        if let Some(title) = &group.title {
            let paragraph = Paragraph::new()
                .style("TableText")
                .keep_next(true)
                .add_run(Run::new().add_text(title).bold());
            let cell = ruled(TableCell::new(), false, false)
                .grid_span(columns)
                .width(widths.iter().sum(), WidthType::Dxa);
            rows.push(TableRow::new(vec![cell.add_paragraph(paragraph)]));
        }
        for row in &group.rows {
            seen += 1;
            let cells = row.iter().enumerate().map(|(place, cell)| {
                let align = grid.columns.get(place).map_or(Align::Left, |c| c.align);
                let width = widths.get(place).copied().unwrap_or(1000);
                let empty =
                    ruled(TableCell::new(), false, seen == last).width(width, WidthType::Dxa);
                lettered(empty, cell, align)
            });
            rows.push(TableRow::new(cells.collect()).cant_split());
        }
    }
    let table = Table::without_borders(rows)
        .layout(TableLayoutType::Fixed)
        .width(widths.iter().sum(), WidthType::Dxa)
        .set_grid(widths);
    let caption = captioned(language.word("Table"), number, &grid.caption).keep_next(true);
    let mut file = file.add_paragraph(caption).add_table(table);
    for (note, proses) in notes_of(grid, language) {
        let mut paragraph = Paragraph::new().style("TableNote");
        paragraph = match &note {
            Note::Marked(mark) => paragraph.add_run(raised(mark)),
            _ => paragraph.add_run(
                Run::new()
                    .add_text(format!("{} ", note.lead(language)))
                    .italic(),
            ),
        };
        for (place, prose) in proses.iter().enumerate() {
            if place > 0 {
                paragraph = paragraph.add_run(Run::new().add_text(" "));
            }
            paragraph = said(paragraph, prose);
        }
        file = file.add_paragraph(paragraph);
    }
    file.add_paragraph(Paragraph::new())
}

fn raised(mark: &str) -> Run {
    let mut run = Run::new().add_text(mark);
    run.run_property = RunProperty::new().vert_align(VertAlignType::SuperScript);
    run
}

fn lettered(cell: TableCell, of: &Cell, align: Align) -> TableCell {
    let mut cell = cell;
    for (place, line) in of.lines.iter().enumerate() {
        let run = Run::new().add_text(&line.text);
        let run = match line.tone {
            Tone::Dim => run.size(16),
            Tone::Strong => run.bold(),
            _ => run,
        };
        let mut paragraph = Paragraph::new()
            .style("TableText")
            .align(aligned(align))
            .add_run(run);
        if place == 0 && !of.marks.is_empty() {
            paragraph = paragraph.add_run(raised(&of.marks.join(",")));
        }
        cell = cell.add_paragraph(paragraph);
    }
    if of.lines.is_empty() {
        cell = cell.add_paragraph(Paragraph::new().style("TableText"));
    }
    cell
}

fn aligned(align: Align) -> AlignmentType {
    match align {
        Align::Left => AlignmentType::Left,
        Align::Right => AlignmentType::Right,
    }
}

/// A cell with rules above and below it, or without; never between columns.
fn ruled(cell: TableCell, above: bool, below: bool) -> TableCell {
    let rule = |position: TableCellBorderPosition| {
        TableCellBorder::new(position)
            .border_type(BorderType::Single)
            .size(6)
            .color("000000")
    };
    let mut rules = TableCellBorders::with_empty();
    if above {
        rules = rules.set(rule(TableCellBorderPosition::Top));
    }
    if below {
        rules = rules.set(rule(TableCellBorderPosition::Bottom));
    }
    cell.set_borders(rules)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "sizes of pictures, positive and far below the largest whole number"
)]
fn with_picture(file: Docx, plate: &Plate, language: Language) -> Result<Docx, Error> {
    let caption = captioned(language.word("Figure"), plate.number, &plate.title);
    let caption = said(caption.add_run(Run::new().add_text(". ")), &plate.caption);
    let Some(drawn) = png(&plate.svg)? else {
        let beside = "A picture of this figure stands beside this document.";
        return Ok(file
            .add_paragraph(caption)
            .add_paragraph(styled("BodyText", language.word(beside))));
    };
    let (width, height) = (drawn.size.0 * PIXEL, drawn.size.1 * PIXEL);
    let fits = (WIDTH_OF_PICTURES / width)
        .min(HEIGHT_OF_PICTURES / height)
        .min(1.0);
    let (width, height) = ((width * fits) as u32, (height * fits) as u32);
    let pic = Pic::new_with_dimensions(drawn.bytes, 1, 1)
        .id(format!("figure{}", plate.number))
        .size(width, height);
    let picture = Paragraph::new()
        .keep_next(true)
        .add_run(Run::new().add_image(pic));
    Ok(file.add_paragraph(picture).add_paragraph(caption))
}
