//! A table before it is text or HTML.

use serde::Serialize;

use crate::lettering::clean;

/// A table with its notes.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Grid {
    pub caption: String,
    pub columns: Vec<Column>,
    pub groups: Vec<Group>,
    pub notes: Notes,
    pub narrow: Narrow,
}

/// What becomes of a table that is wider than the page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Narrow {
    /// Each row becomes a card.
    #[default]
    Stack,
    /// It scrolls within its own box.
    Scroll,
}

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Column {
    pub head: String,
    pub align: Align,
    /// Whether a user wrote the head: it stays in every language.
    pub theirs: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows under a heading of their own.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Group {
    pub title: Option<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of one or more lines, with the marks of its notes.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Cell {
    pub lines: Vec<Line>,
    pub marks: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    pub text: String,
    pub tone: Tone,
    /// Whether a user wrote it: it stays in every language.
    pub theirs: bool,
}

/// What a text means for the eye; the words say it too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Tone {
    #[default]
    Plain,
    Strong,
    Dim,
    Good,
    Warn,
    Bad,
    Grey,
}

/// Notes under a table: those for all of it, and those that a mark points to.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Notes {
    pub general: Vec<String>,
    /// Why one may doubt all of it.
    pub doubts: Vec<String>,
    pub marked: Vec<(String, String)>,
}

impl Grid {
    pub fn rows(&self) -> impl Iterator<Item = &Vec<Cell>> {
        self.groups.iter().flat_map(|group| &group.rows)
    }

    pub fn is_empty(&self) -> bool {
        self.groups.iter().all(|group| group.rows.is_empty())
    }
}

impl Column {
    pub fn left(head: impl Into<String>) -> Self {
        Self {
            head: head.into(),
            align: Align::Left,
            theirs: false,
        }
    }

    pub fn right(head: impl Into<String>) -> Self {
        Self {
            head: head.into(),
            align: Align::Right,
            theirs: false,
        }
    }

    /// The same column, whose head a user wrote.
    pub fn theirs(mut self) -> Self {
        self.theirs = true;
        self
    }
}

impl Cell {
    pub fn of(text: impl AsRef<str>) -> Self {
        Self::toned(text, Tone::Plain)
    }

    pub fn toned(text: impl AsRef<str>, tone: Tone) -> Self {
        Self::default().line(text, tone)
    }

    /// The same cell with a further line.
    pub fn line(mut self, text: impl AsRef<str>, tone: Tone) -> Self {
        self.lines.push(Line {
            text: clean(text.as_ref()),
            tone,
            theirs: false,
        });
        self
    }

    /// A cell that holds what a user wrote.
    pub fn theirs(text: impl AsRef<str>) -> Self {
        let mut cell = Self::of(text);
        for line in &mut cell.lines {
            line.theirs = true;
        }
        cell
    }

    pub fn marked(mut self, mut marks: Vec<String>) -> Self {
        marks.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        marks.dedup();
        self.marks = marks;
        self
    }
}

impl Notes {
    /// The mark of a note; the same note keeps its mark.
    pub fn mark(&mut self, note: impl Into<String>) -> String {
        let note = note.into();
        if let Some((mark, _)) = self.marked.iter().find(|(_, text)| *text == note) {
            return mark.clone();
        }
        let mark = letters(self.marked.len());
        self.marked.push((mark.clone(), note));
        mark
    }

    pub fn general(&mut self, note: impl Into<String>) {
        let note = note.into();
        if !note.is_empty() && !self.general.contains(&note) {
            self.general.push(note);
        }
    }
}

/// a, b, …, z, aa, ab, …
fn letters(place: usize) -> String {
    let last = char::from(b'a' + u8::try_from(place % 26).unwrap_or(0));
    match place / 26 {
        0 => last.to_string(),
        before => format!("{}{last}", letters(before - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_keeps_its_mark_and_letters_never_end() {
        let mut notes = Notes::default();
        assert_eq!(notes.mark("few clusters"), "a");
        assert_eq!(notes.mark("not randomised"), "b");
        assert_eq!(notes.mark("few clusters"), "a");
        assert_eq!(
            [25, 26, 51, 52].map(letters),
            ["z", "aa", "az", "ba"].map(str::to_owned)
        );
    }
}
