use unicode_width::UnicodeWidthStr;

use crate::grid::{Align, Cell, Column, Grid, Group, Line, Notes, Tone};
use crate::lettering::{clean, pieces, wrap};
use crate::verdict::{Mark, counted, counts, declared, finding_counts, outcome_mark, row};
use crate::{Content, Report, tables};

/// How text is set for a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether colours may be used.
    pub ink: Ink,
    /// The columns of the terminal.
    pub width: usize,
}

/// Whether text has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// Letters only.
    Plain,
    /// With the escape codes of terminals.
    Colour,
}

/// The narrowest terminal that is laid out for; a narrower one breaks the lines itself.
const NARROWEST: usize = 40;
/// The spaces between columns.
const GAP: usize = 2;
/// No column of words is made narrower than this.
const THINNEST: usize = 12;

/// The verdicts, the checks, how many there are of each kind, and the notes.
pub fn terminal(report: &Report, style: Style) -> String {
    let mut page = Page::new(style);
    page.line(&report.title, Tone::Strong);
    let year = report.year.map(|year| format!("({year})"));
    let doi = report.doi.as_ref().map(|doi| format!("doi:{doi}"));
    let byline = [Some(report.authors.clone()), year, doi];
    let byline: Vec<String> = byline.into_iter().flatten().collect();
    let byline = byline.join(" ");
    page.line(byline.trim(), Tone::Dim);
    if report.simulated {
        page.line(crate::SIMULATED, Tone::Warn);
    }
    if !report.comparisons.is_empty() {
        page.gap();
        page.grid(&verdicts(report));
    }
    if !report.findings.is_empty() {
        page.gap();
        page.line("Checks of the published figures", Tone::Strong);
        for finding in &report.findings {
            page.finding(finding);
        }
    }
    page.gap();
    page.counts("published figure", &counts(&report.comparisons));
    page.counts("check", &finding_counts(&report.findings));
    let nothing = report.comparisons.is_empty() && report.findings.is_empty();
    if nothing && !report.is_result_alone() {
        page.line("No published figure was compared.", Tone::Plain);
    }
    for sentence in declared(report) {
        page.line(&sentence, Tone::Plain);
    }
    let errata = report.comparisons.iter().filter_map(|c| {
        let note = c.target.note.as_ref()?;
        Some(format!("{}: {note}", c.target.id))
    });
    let notes: Vec<String> = report.notes.iter().cloned().chain(errata).collect();
    if !notes.is_empty() {
        page.gap();
        page.line("Notes", Tone::Strong);
        for note in notes {
            page.hanging("- ", &note, Tone::Plain);
        }
    }
    page.text
}

/// A piece of a section as aligned text; a table that is too wide becomes a list of its rows.
pub fn table_text(content: &Content, style: Style) -> String {
    let mut page = Page::new(style);
    if let Content::Text(text) = content {
        for paragraph in text.split("\n\n") {
            page.gap();
            page.line(paragraph, Tone::Plain);
        }
        return page.text;
    }
    for grid in tables::grids(content) {
        page.gap();
        page.line(&grid.caption, Tone::Strong);
        page.grid(&grid);
    }
    page.text
}

fn verdicts(report: &Report) -> Grid {
    let rows = report
        .comparisons
        .iter()
        .map(|comparison| {
            let row = row(comparison);
            let mut claim = Cell::of(match row.facets.as_slice() {
                [] => row.label.clone(),
                facets => format!("{} ({})", row.label, facets.join(", ")),
            });
            // The name in the protocol matters where something is to be mended there.
            if row.expected.is_some() {
                claim = claim.line(&row.id, Tone::Dim);
            }
            let (mut printed, mut ours) = (Cell::default(), Cell::default());
            for beside in &row.besides {
                let part = beside.part.replace("95% CI ", "");
                printed = printed.line(format!("{part} {}", beside.printed).trim(), Tone::Plain);
                ours = ours.line(&beside.ours, beside.tone);
            }
            let mut verdict = Cell::toned(
                format!("{} {}", row.mark.symbol, row.mark.word),
                row.mark.tone,
            );
            if let Some(particulars) = &row.particulars {
                verdict = verdict.line(particulars, Tone::Dim);
            }
            if let Some(expected) = &row.expected {
                verdict = verdict.line(format!("declared: {expected}"), Tone::Warn);
            }
            vec![claim, printed, ours, verdict]
        })
        .collect();
    Grid {
        columns: ["Claim", "Published", "Ours", "Verdict"]
            .map(Column::left)
            .to_vec(),
        groups: vec![Group { title: None, rows }],
        ..Grid::default()
    }
}

/// Text that grows downwards.
struct Page {
    text: String,
    style: Style,
}

impl Page {
    fn new(style: Style) -> Self {
        let width = style.width.max(NARROWEST);
        Self {
            text: String::new(),
            style: Style { width, ..style },
        }
    }

    /// An empty line, unless nothing stands above it.
    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn line(&mut self, text: &str, tone: Tone) {
        self.hanging("", text, tone);
    }

    /// A paragraph whose further lines stand under the first one's text.
    fn hanging(&mut self, lead: &str, text: &str, tone: Tone) {
        if text.trim().is_empty() {
            return;
        }
        let indent = lead.width();
        let room = self.style.width.saturating_sub(indent);
        for (place, line) in wrapped(&clean(text), room).iter().enumerate() {
            if place == 0 {
                self.text.push_str(lead);
            } else {
                self.text.push_str(&" ".repeat(indent));
            }
            self.text.push_str(&inked(line, tone, self.style.ink));
            self.text.push('\n');
        }
    }

    fn counts(&mut self, noun: &str, counts: &[(Mark, usize)]) {
        let total: usize = counts.iter().map(|(_, n)| n).sum();
        if total == 0 {
            return;
        }
        let parts: Vec<String> = counts
            .iter()
            .map(|(mark, n)| format!("{n} {}", mark.word))
            .collect();
        let sentence = format!("{}: {}.", counted(total, noun), parts.join(", "));
        self.line(&sentence, Tone::Strong);
    }

    fn finding(&mut self, finding: &kring_core::Finding) {
        let mark = outcome_mark(finding.outcome);
        let word = format!("{} {}", mark.symbol, mark.word);
        let head = inked(&word, mark.tone, self.style.ink);
        let name = format!("{} ({})", clean(&finding.id), finding.kind.name());
        let name = inked(&name, Tone::Dim, self.style.ink);
        self.text.push_str(&[&head, "  ", &name, "\n"].concat());
        self.hanging("  ", &finding.arithmetic, Tone::Plain);
        if !finding.meaning.is_empty() {
            self.hanging("  ", &finding.meaning, Tone::Plain);
        }
        if !finding.as_expected() {
            let declared = format!("declared: {}", finding.expect.name());
            self.hanging("  ", &declared, Tone::Warn);
        }
    }

    fn grid(&mut self, grid: &Grid) {
        match widths(grid, self.style.width) {
            Some(widths) => self.aligned(grid, &widths),
            None => self.listed(grid),
        }
        self.notes(&grid.notes);
    }

    fn aligned(&mut self, grid: &Grid, widths: &[usize]) {
        let heads: Vec<Cell> = grid
            .columns
            .iter()
            .map(|column| Cell::toned(&column.head, Tone::Strong))
            .collect();
        self.row(&heads, grid, widths);
        let across = widths.iter().sum::<usize>() + GAP * (widths.len().saturating_sub(1));
        self.line(&"─".repeat(across), Tone::Dim);
        let tall = grid.rows().any(|row| row.iter().any(|c| c.lines.len() > 1));
        for (place, group) in grid.groups.iter().enumerate() {
            if let Some(title) = &group.title {
                if place > 0 {
                    self.gap();
                }
                self.line(title, Tone::Strong);
            }
            for (place, row) in group.rows.iter().enumerate() {
                if tall && place > 0 {
                    self.gap();
                }
                self.row(row, grid, widths);
            }
        }
    }

    fn row(&mut self, cells: &[Cell], grid: &Grid, widths: &[usize]) {
        let columns: Vec<Vec<Line>> = cells
            .iter()
            .zip(widths)
            .map(|(cell, &width)| broken(cell, width))
            .collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or(0);
        for place in 0..height {
            let mut line = String::new();
            let mut pending = 0;
            for ((column, &width), spec) in columns.iter().zip(widths).zip(&grid.columns) {
                if let Some(part) = column.get(place) {
                    let room = width.saturating_sub(part.text.width());
                    if spec.align == Align::Right {
                        pending += room;
                    }
                    line.push_str(&" ".repeat(pending));
                    line.push_str(&inked(&part.text, part.tone, self.style.ink));
                    pending = if spec.align == Align::Right {
                        GAP
                    } else {
                        room + GAP
                    };
                } else {
                    pending += width + GAP;
                }
            }
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
    }

    /// Each row as a list of its cells.
    fn listed(&mut self, grid: &Grid) {
        for group in &grid.groups {
            if let Some(title) = &group.title {
                self.gap();
                self.line(title, Tone::Strong);
            }
            for row in &group.rows {
                self.gap();
                for (cell, column) in row.iter().zip(&grid.columns) {
                    let text = one_line(cell);
                    if column.head.is_empty() {
                        self.line(&text, Tone::Plain);
                    } else {
                        self.hanging("  ", &format!("{}: {text}", column.head), Tone::Plain);
                    }
                }
            }
        }
    }

    fn notes(&mut self, notes: &Notes) {
        for note in &notes.general {
            self.line(note, Tone::Dim);
        }
        for doubt in &notes.doubts {
            self.hanging("Caution: ", doubt, Tone::Warn);
        }
        for (mark, note) in &notes.marked {
            self.hanging(&format!("[{mark}] "), note, Tone::Dim);
        }
    }
}

/// The widths of the columns of a table, if it can be made to fit.
fn widths(grid: &Grid, room: usize) -> Option<Vec<usize>> {
    let mut widths: Vec<usize> = Vec::new();
    let mut least: Vec<usize> = Vec::new();
    for (place, column) in grid.columns.iter().enumerate() {
        let lines = || grid.rows().filter_map(move |row| row.get(place));
        let widest = lines()
            .flat_map(|cell| full_lines(cell).into_iter().map(|line| line.text.width()))
            .max()
            .unwrap_or(0);
        let natural = widest.max(column.head.width());
        let words = column.head.split(' ').flat_map(pieces);
        let word = words.map(UnicodeWidthStr::width).max().unwrap_or(0);
        let floor = match column.align {
            Align::Left => THINNEST.max(word),
            Align::Right => widest.max(word),
        };
        widths.push(natural);
        least.push(floor.min(natural));
    }
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > room {
        let widest = (0..widths.len())
            .filter(|&i| widths[i] > least[i])
            .max_by_key(|&i| widths[i])?;
        widths[widest] -= 1;
    }
    Some(widths)
}

/// The lines of a cell, the marks behind the first.
fn full_lines(cell: &Cell) -> Vec<Line> {
    let mut lines = cell.lines.clone();
    if let (Some(first), false) = (lines.first_mut(), cell.marks.is_empty()) {
        first.text = format!("{} [{}]", first.text, cell.marks.join(","));
    }
    lines
}

fn broken(cell: &Cell, width: usize) -> Vec<Line> {
    full_lines(cell)
        .iter()
        .flat_map(|line| {
            let tone = line.tone;
            wrapped(&line.text, width)
                .into_iter()
                .map(move |text| Line {
                    text,
                    tone,
                    theirs: false,
                })
        })
        .collect()
}

fn one_line(cell: &Cell) -> String {
    let lines: Vec<String> = full_lines(cell).into_iter().map(|line| line.text).collect();
    lines.join("; ")
}

fn wrapped(text: &str, width: usize) -> Vec<String> {
    wrap(text, width as f64, |line| line.width() as f64)
}

fn inked(text: &str, tone: Tone, ink: Ink) -> String {
    let code = match (ink, tone) {
        (Ink::Plain, _) | (_, Tone::Plain) => return text.to_owned(),
        (_, Tone::Strong) => "1",
        (_, Tone::Dim) => "2",
        (_, Tone::Good) => "32",
        (_, Tone::Warn) => "33",
        (_, Tone::Bad) => "31",
        (_, Tone::Grey) => "90",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}
