//! A report as a run of blocks, for the formats that have pages: DOCX and Typst.
//!
//! The page of HTML is a template; these formats walk the same views of the same report, in the same
//! order and the same language.

use crate::grid::{Cell, Column, Grid, Group, Narrow, Notes, Tone};
use crate::page::{Page, Piece, page};
use crate::paper::parts;
use crate::verdict::Row;
use crate::{Error, Language, Report};

/// A report that is ready to be set in type.
#[derive(Debug)]
pub(crate) struct Document {
    pub title: String,
    pub blocks: Vec<Block>,
    /// What stands at the foot of every page.
    pub footer: String,
}

/// One thing below the other.
#[derive(Debug)]
pub(crate) enum Block {
    /// A heading of a level from 1.
    Heading(usize, String),
    /// Words above a heading or below a title.
    Small(String),
    /// A warning that must be seen.
    Banner(String),
    Paragraph(Prose),
    /// A paragraph that begins with a word in bold.
    Lead(String, Prose),
    Item(Prose),
    Pairs(Vec<(String, String)>),
    Table(usize, Grid),
    Picture(Plate),
    /// Text to the letter.
    Verbatim(String),
}

/// Words, and whether they are English in a report of another language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Prose {
    pub text: String,
    pub foreign: bool,
}

/// A picture with its caption.
#[derive(Debug)]
pub(crate) struct Plate {
    pub number: usize,
    pub title: String,
    pub caption: Prose,
    pub svg: String,
}

impl Prose {
    /// What kring or a user said, in a language.
    pub fn of(text: &str, language: Language) -> Self {
        match language.known(text) {
            Some(text) => Self {
                text,
                foreign: false,
            },
            None => Self {
                text: text.to_owned(),
                foreign: true,
            },
        }
    }

    /// What stays as it is, of whatever language it may be.
    pub fn as_is(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            foreign: false,
        }
    }
}

/// The blocks of a report.
pub(crate) fn document(report: &Report, language: Language) -> Result<Document, Error> {
    let page = page(report, language)?;
    let mut blocks = Blocks {
        language,
        list: Vec::new(),
        tables: 0,
    };
    blocks.head(&page);
    blocks.design(&page);
    blocks.verdicts(&page);
    blocks.analyses(&page);
    blocks.provenance(&page);
    let version = report.provenance.iter().find(|(name, _)| name == "kring");
    let footer: Vec<String> = [
        Some(shortened(&page.title)),
        version.map(|(_, version)| format!("kring {version}")),
        page.simulated.map(str::to_owned),
    ]
    .into_iter()
    .flatten()
    .collect();
    Ok(Document {
        title: page.title,
        blocks: blocks.list,
        footer: footer.join(" · "),
    })
}

/// As much of a title as a foot of a page has room for.
fn shortened(title: &str) -> String {
    const MOST: usize = 60;
    if title.chars().count() <= MOST {
        return title.to_owned();
    }
    let cut: String = title.chars().take(MOST).collect();
    let whole = cut
        .rsplit_once(' ')
        .map_or(cut.as_str(), |(words, _)| words);
    format!("{whole} …")
}

struct Blocks {
    language: Language,
    list: Vec<Block>,
    tables: usize,
}

impl Blocks {
    fn push(&mut self, block: Block) {
        self.list.push(block);
    }

    fn heading(&mut self, level: usize, english: &'static str) {
        let text = self.language.word(english).to_owned();
        self.push(Block::Heading(level, text));
    }

    fn plain(&mut self, text: impl Into<String>) {
        self.push(Block::Paragraph(Prose::as_is(text)));
    }

    fn banner(&mut self, page: &Page) {
        if let Some(simulated) = page.simulated {
            self.push(Block::Banner(simulated.to_owned()));
        }
    }

    fn head(&mut self, page: &Page) {
        let doi = page.doi.as_ref().map(|(doi, _)| format!("doi:{doi}"));
        let byline: Vec<String> = [Some(page.byline.clone()), doi]
            .into_iter()
            .flatten()
            .filter(|part| !part.is_empty())
            .collect();
        if !byline.is_empty() {
            self.push(Block::Small(byline.join(" · ")));
        }
        if let Some(simulated) = page.simulated {
            let made = "The data were made; they answer no question about people.";
            let said = format!("{simulated} {}", self.language.word(made));
            self.push(Block::Banner(said));
        }
        for paragraph in &page.summary {
            self.plain(*paragraph);
        }
        if !page.alone {
            self.heading(1, "In one line");
            if page.rows.is_empty() {
                let none = "No published figure was compared.";
                self.plain(self.language.word(none));
            }
            for (what, counts) in [
                (&page.figures, &page.counts),
                (&page.checks, &page.check_counts),
            ] {
                if counts.is_empty() {
                    continue;
                }
                let counted = counts
                    .iter()
                    .map(|(mark, n)| format!("{n} {} {}", mark.symbol, mark.word));
                let counted: Vec<String> = counted.collect();
                self.plain(format!("{what}: {}.", counted.join(", ")));
            }
            for sentence in &page.declared {
                self.plain(sentence);
            }
        }
        if !page.sources.is_empty() {
            self.heading(1, "Sources");
            for source in &page.sources {
                let title = Some(&source.title).filter(|t| !t.is_empty() && **t != source.text);
                let doi = source.doi.as_ref().map(|doi| format!("doi:{doi}"));
                let parts: Vec<String> = [Some(source.text.clone()), title.cloned()]
                    .into_iter()
                    .flatten()
                    .chain(doi.or_else(|| source.link.clone()))
                    .collect();
                self.push(Block::Item(Prose::as_is(parts.join(". "))));
            }
        }
    }

    fn design(&mut self, page: &Page) {
        if page.design.is_empty() && page.flow.is_none() && page.notes.is_empty() {
            return;
        }
        self.heading(1, "Design and flow");
        if !page.design.is_empty() {
            self.push(Block::Pairs(page.design.clone()));
        }
        if let Some(flow) = &page.flow {
            self.piece(flow);
        }
        if !page.notes.is_empty() {
            self.heading(2, "Notes on the sources");
            for note in page.notes {
                self.push(Block::Item(Prose::as_is(note)));
            }
        }
    }

    fn verdicts(&mut self, page: &Page) {
        if !page.rows.is_empty() {
            self.heading(1, "Published figures and ours");
            self.banner(page);
            let grid = of_rows(&page.rows, self.language);
            self.table(grid);
        }
        if !page.findings.is_empty() {
            self.heading(1, "Checks of the published figures");
            self.plain(self.language.word("A finding is no accusation: a figure that cannot be as printed may be a slip of the pen, another denominator, or a missing value that was not mentioned."));
            for finding in &page.findings {
                let mut said = format!(
                    "{} {} · {} · {}. {}",
                    finding.mark.symbol,
                    finding.mark.word,
                    finding.kind,
                    finding.id,
                    finding.arithmetic
                );
                if !finding.meaning.is_empty() {
                    said = format!("{said}. {}", finding.meaning);
                }
                if let Some(expected) = finding.expected {
                    said = format!("{said} ({}: {expected})", self.language.word("declared"));
                }
                self.push(Block::Item(Prose::as_is(said)));
            }
        }
    }

    fn analyses(&mut self, page: &Page) {
        if page.sections.is_empty() {
            return;
        }
        self.heading(1, if page.alone { "Result" } else { "Analyses" });
        for section in &page.sections {
            let title = if section.title.is_empty() {
                section.id
            } else {
                &section.title
            };
            if !(page.alone && title == page.title) {
                self.push(Block::Heading(2, title.to_owned()));
            }
            if !page.alone {
                self.push(Block::Small(section.role.to_owned()));
            }
            self.banner(page);
            if let Some(method) = section.method {
                let lead = self.language.word("Method.").to_owned();
                self.push(Block::Lead(lead, Prose::of(method, self.language)));
            }
            for piece in &section.pieces {
                self.piece(piece);
            }
            if section.pieces.is_empty() {
                self.plain(self.language.word("This analysis gave no results."));
            }
        }
    }

    fn piece(&mut self, piece: &Piece) {
        for paragraph in &piece.paragraphs {
            self.plain(paragraph);
        }
        if let Some(figure) = &piece.figure {
            self.push(Block::Picture(Plate {
                number: figure.number,
                title: figure.title.clone(),
                caption: Prose::of(&figure.caption, self.language),
                svg: figure.wide.clone(),
            }));
        }
        for grid in &piece.grids {
            self.table(grid.clone());
        }
    }

    fn table(&mut self, grid: Grid) {
        self.tables += 1;
        for mut part in parts(grid) {
            part.caption = self.language.say(&part.caption);
            self.push(Block::Table(self.tables, part));
        }
    }

    fn provenance(&mut self, page: &Page) {
        if page.provenance.is_empty() && page.protocol.is_empty() {
            return;
        }
        self.heading(1, "Provenance");
        if !page.provenance.is_empty() {
            self.push(Block::Pairs(page.provenance.clone()));
        }
        if !page.protocol.is_empty() {
            self.heading(2, "The protocol, to the letter");
            self.push(Block::Verbatim(page.protocol.to_owned()));
        }
    }
}

/// The verdicts as a table.
fn of_rows(rows: &[Row], language: Language) -> Grid {
    let mut notes = Notes::default();
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let marks: Vec<String> = row.note.iter().map(|note| notes.mark(note)).collect();
        let mut claim = Cell::theirs(&row.label).marked(marks);
        if !row.facets.is_empty() {
            claim = claim.line(row.facets.join(" · "), Tone::Dim);
        }
        let column = |of: fn(&crate::verdict::Beside) -> String| {
            let lines = row.besides.iter();
            lines.fold(Cell::default(), |cell, b| cell.line(of(b), Tone::Plain))
        };
        let printed = column(|b| format!("{} {}", b.part, b.printed).trim().to_owned());
        let mut verdict = Cell::toned(
            format!("{} {}", row.mark.symbol, row.mark.word),
            row.mark.tone,
        );
        if let Some(line) = &row.particulars {
            verdict = verdict.line(line, Tone::Dim);
        }
        if let Some(expected) = &row.expected {
            let declared = format!("{}: {expected}", language.word("declared"));
            verdict = verdict.line(declared, Tone::Warn);
        }
        let admits = column(|b| b.admits.clone());
        let ours = column(|b| b.ours.clone());
        let cells = vec![claim, printed, admits, ours, verdict];
        // A source stands once above its figures.
        match groups.last_mut() {
            Some(group) if group.title.as_deref() == Some(&row.source) => group.rows.push(cells),
            _ => groups.push(Group {
                title: Some(row.source.clone()),
                rows: vec![cells],
            }),
        }
    }
    Grid {
        caption: language
            .word("Each published figure, what its digits admit, and ours with one digit more")
            .to_owned(),
        columns: vec![
            Column::left(language.word("Claim")),
            Column::right(language.word("Printed")),
            Column::right(language.word("Admits")),
            Column::right(language.word("Ours")),
            Column::left(language.word("Verdict")),
        ],
        groups,
        notes,
        narrow: Narrow::Stack,
    }
}

/// The notes of a table, each a paragraph: general, doubts, and those that a mark points to.
pub(crate) fn notes_of(grid: &Grid, language: Language) -> Vec<(Note, Vec<Prose>)> {
    let said =
        |notes: &[String]| -> Vec<Prose> { notes.iter().map(|n| Prose::of(n, language)).collect() };
    let mut paragraphs = Vec::new();
    if !grid.notes.general.is_empty() {
        paragraphs.push((Note::General, said(&grid.notes.general)));
    }
    if !grid.notes.doubts.is_empty() {
        paragraphs.push((Note::Doubt, said(&grid.notes.doubts)));
    }
    for (mark, note) in &grid.notes.marked {
        paragraphs.push((Note::Marked(mark.clone()), vec![Prose::of(note, language)]));
    }
    paragraphs
}

/// What a note below a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Note {
    General,
    Doubt,
    Marked(String),
}

impl Note {
    /// The word that a note begins with.
    pub fn lead(&self, language: Language) -> &'static str {
        match self {
            Self::General => language.word("Note."),
            Self::Doubt => language.word("Caution."),
            Self::Marked(_) => "",
        }
    }
}
