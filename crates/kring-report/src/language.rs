//! The language of a report: its words, its numbers, its dates.
//!
//! All that kring says itself is written in English first. [`phrases`](crate::phrases) holds a Dutch
//! phrase beside each; here one is looked up, with what stands in its holes. What a user or a protocol
//! wrote is not translated. Sentences of estimators that have no Dutch stay English, and a page marks
//! them as English.

use serde::{Deserialize, Serialize};

use crate::grid::{Grid, Line};
use crate::phrases::PHRASES;

/// The language in which a report speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// English, with a decimal point.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Dutch, with a decimal comma.
    #[serde(rename = "nl")]
    Dutch,
}

impl Language {
    /// Both.
    pub const ALL: [Self; 2] = [Self::English, Self::Dutch];

    /// The code that a page is marked with.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Dutch => "nl",
        }
    }

    /// A word of kring without holes.
    pub(crate) fn word(self, english: &'static str) -> &'static str {
        match self {
            Self::English => english,
            Self::Dutch => exact(english).unwrap_or(english),
        }
    }

    /// What kring says, in this language; what has no Dutch stays as it is.
    pub(crate) fn say(self, english: &str) -> String {
        self.known(english).unwrap_or_else(|| english.to_owned())
    }

    /// What kring says, in this language, if it is known there.
    pub(crate) fn known(self, english: &str) -> Option<String> {
        match self {
            Self::English => Some(english.to_owned()),
            // What a table says may be Dutch already.
            Self::Dutch => begun_otherwise(english).or_else(|| {
                let said = |(_, dutch): &&(&str, &str)| *dutch == english;
                PHRASES.iter().find(said).map(|_| english.to_owned())
            }),
        }
    }

    /// A sentence or several as HTML, escaped; what has no Dutch is marked as English.
    pub(crate) fn prose(self, english: &str, html: impl Fn(&str) -> String) -> String {
        match self.known(english) {
            Some(text) => html(&text),
            None => format!("<span lang=\"en\">{}</span>", html(english)),
        }
    }

    /// Figures as this language writes them: `t(98.4) = −3.31` becomes `t(98,4) = −3,31`.
    pub(crate) fn figures(self, text: &str) -> String {
        match self {
            Self::English => text.to_owned(),
            Self::Dutch => with_comma(text),
        }
    }

    /// A day as it is written out: `22 November 2026`, `22 november 2026`; other texts stay.
    pub(crate) fn date(self, iso: &str) -> String {
        const MONTHS: [&str; 12] = [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ];
        let parts: Vec<&str> = iso.split('-').collect();
        let [year, month, day] = parts.as_slice() else {
            return iso.to_owned();
        };
        let month = month.parse::<usize>().ok().and_then(|m| m.checked_sub(1));
        match (month.and_then(|m| MONTHS.get(m)), day.parse::<u8>()) {
            (Some(month), Ok(day)) if year.len() == 4 => {
                format!("{day} {} {year}", self.word(month))
            }
            _ => iso.to_owned(),
        }
    }

    /// A table in this language. Cells, heads and titles that a user wrote stay.
    pub(crate) fn grid(self, mut grid: Grid) -> Grid {
        if self == Self::English {
            return grid;
        }
        grid.caption = self.say(&grid.caption);
        for column in grid.columns.iter_mut().filter(|c| !c.theirs) {
            column.head = self.say(&column.head);
        }
        for group in &mut grid.groups {
            group.title = group.title.as_deref().map(|title| self.say(title));
            let lines = group.rows.iter_mut().flatten().flat_map(|c| &mut c.lines);
            for line in lines.filter(|line| !line.theirs) {
                self.line(line);
            }
        }
        grid
    }

    fn line(self, line: &mut Line) {
        line.text = self.say(&line.text);
    }

    /// A picture in this language: its words and the figures of its axes.
    pub(crate) fn picture(self, svg: String) -> String {
        if self == Self::English {
            return svg;
        }
        let mut said = String::with_capacity(svg.len());
        let mut rest = svg.as_str();
        while let Some(open) = rest.find('>') {
            let (before, after) = rest.split_at(open + 1);
            said.push_str(before);
            let end = after.find('<').unwrap_or(after.len());
            let (text, further) = after.split_at(end);
            let style = before.ends_with("<style>");
            let lead = text.len() - text.trim_start().len();
            match text.trim() {
                "" => said.push_str(text),
                _ if style => said.push_str(text),
                words => {
                    said.push_str(&text[..lead]);
                    said.push_str(&self.say(words));
                    said.push_str(&text[lead + words.len()..]);
                }
            }
            rest = further;
        }
        said.push_str(rest);
        // The description of a picture is made of sentences that have no Dutch yet.
        said.replace("<desc ", "<desc xml:lang=\"en\" ")
    }
}

fn exact(english: &str) -> Option<&'static str> {
    PHRASES
        .iter()
        .find(|(known, _)| *known == english)
        .map(|(_, dutch)| *dutch)
}

fn dutch(english: &str) -> Option<String> {
    if english.is_empty() {
        return Some(String::new());
    }
    if let Some(dutch) = exact(english) {
        return Some(dutch.to_owned());
    }
    if are_figures(english) {
        return Some(with_comma(english));
    }
    if let Some(said) = in_pieces(english) {
        return Some(said);
    }
    let holed = PHRASES.iter().filter(|(known, _)| known.contains('{'));
    for (known, dutch) in holed {
        if let Some(found) = fitted(english, known) {
            return Some(filled(dutch, &found));
        }
    }
    // `n = 404; 114 subjects; EKC 57, WT 58.` is made of pieces.
    if let Some(body) = english.strip_prefix("n = ") {
        let pieces: Vec<String> = body
            .split("; ")
            .map(|piece| Language::Dutch.say(piece))
            .collect();
        return Some(format!("n = {}", pieces.join("; ")));
    }
    None
}

/// A text that estimators put together: sentences, clauses and words with commas, each of them known.
fn in_pieces(english: &str) -> Option<String> {
    let (body, end) = match english.strip_suffix('.') {
        Some(body) => (body, "."),
        None => (english, ""),
    };
    if end == "." && !body.contains(". ") {
        // `Linear model by least squares.` is the clause `linear model by least squares`.
        if let Some(dutch) = begun_otherwise(body) {
            return Some(dutch + end);
        }
    }
    let between = [". ", "; ", ", "].into_iter().find(|b| body.contains(b))?;
    let pieces = body.split(between).enumerate().map(|(place, piece)| {
        // Behind a comma a capital is that of a name.
        if place == 0 || between == ". " {
            begun_otherwise(piece)
        } else {
            dutch(piece)
        }
    });
    Some(pieces.collect::<Option<Vec<_>>>()?.join(between) + end)
}

/// The Dutch of a clause, with a capital where the English has one.
fn begun_otherwise(english: &str) -> Option<String> {
    let said = dutch(english).or_else(|| dutch(&uncapitalised(english)?))?;
    let first = said.chars().next()?;
    // A Greek letter stays: χ² is no sentence's capital.
    if !english.starts_with(char::is_uppercase) || !first.is_ascii_lowercase() {
        return Some(said);
    }
    Some(first.to_uppercase().chain(said.chars().skip(1)).collect())
}

/// A text with a capital, without it.
fn uncapitalised(text: &str) -> Option<String> {
    let first = text.chars().next().filter(|c| c.is_uppercase())?;
    Some(first.to_lowercase().chain(text.chars().skip(1)).collect())
}

/// What stands in the holes of a phrase, if the text is of its form. `{}` may hold anything, `{n}`
/// only figures, and between backticks stands one name. Each hole holds as little as it can.
fn fitted<'a>(text: &'a str, phrase: &str) -> Option<Vec<(bool, &'a str)>> {
    let Some(hole) = phrase.find('{') else {
        return (text == phrase).then(Vec::new);
    };
    let rest = text.strip_prefix(&phrase[..hole])?;
    let close = hole + phrase[hole..].find('}')?;
    let figures = &phrase[hole + 1..close] == "n";
    let further = &phrase[close + 1..];
    let next = further.split('{').next().unwrap_or_default();
    let ends = match next {
        "" => vec![rest.len()],
        _ => rest.match_indices(next).map(|(end, _)| end).collect(),
    };
    ends.into_iter().find_map(|end| {
        let held = &rest[..end];
        // Clauses stand apart with a semicolon: what begins a phrase is within one.
        let clauses = hole == 0 && held.contains("; ");
        let names = phrase[..hole].ends_with('`') && held.contains('`');
        if held.is_empty() || clauses || names || figures && !are_figures(held) {
            return None;
        }
        let mut found = fitted(&rest[end..], further)?;
        found.insert(0, (figures, held));
        Some(found)
    })
}

/// The holes of a Dutch phrase, filled in the order of the English one.
fn filled(form: &str, found: &[(bool, &str)]) -> String {
    let mut text = String::new();
    let mut found = found.iter();
    let mut form = form;
    while let Some(hole) = form.find('{') {
        text.push_str(&form[..hole]);
        if let Some((figures, held)) = found.next() {
            let within = || dutch(held).or_else(|| dutch(&uncapitalised(held)?));
            let said = if *figures {
                Some(with_comma(held))
            } else {
                within()
            };
            text.push_str(said.as_deref().unwrap_or(held));
        }
        form = form[hole..]
            .find('}')
            .map_or("", |end| &form[hole + end + 1..]);
    }
    text + form
}

/// Whether a text is made of numbers, signs and the letters of statistics.
fn are_figures(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
        && text.split(|c: char| !c.is_alphabetic()).all(|word| {
            matches!(
                word,
                "" | "e" | "t" | "z" | "F" | "χ" | "p" | "n" | "log" | "N"
            )
        })
}

/// A decimal comma for each decimal point, and a semicolon between the numbers of a pair.
fn with_comma(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut said = String::with_capacity(text.len());
    let mut depth = 0_usize;
    for (place, &letter) in letters.iter().enumerate() {
        let next = letters.get(place + 1);
        match letter {
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        said.push(match (letter, next) {
            ('.', Some(next)) if next.is_ascii_digit() => ',',
            (',', Some(' ')) if depth > 0 => ';',
            _ => letter,
        });
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_written_as_its_code() {
        for language in Language::ALL {
            let text = serde_json::to_string(&language).unwrap_or_default();
            assert_eq!(text, format!("\"{}\"", language.code()));
        }
    }

    #[test]
    fn figures_have_a_decimal_comma() {
        let cases = [
            ("t(98.4) = −3.31", "t(98,4) = −3,31"),
            ("F(2, 110) = 3.42", "F(2; 110) = 3,42"),
            ("[−0.51, −0.13]", "[−0,51; −0,13]"),
            ("< .001", "< ,001"),
            ("13\u{202f}950", "13\u{202f}950"),
            ("3.200 × 10⁻¹⁴", "3,200 × 10⁻¹⁴"),
        ];
        for (english, dutch) in cases {
            assert_eq!(Language::Dutch.say(english), dutch, "{english}");
        }
    }

    #[test]
    fn holes_keep_what_stands_in_them_and_words_of_users_stay() {
        let cases = [
            ("Tested against 1.10.", "Getoetst tegen 1,10."),
            ("95% CI", "95%-BI"),
            (
                "mean difference (points)",
                "verschil van gemiddelden (points)",
            ),
            (
                "n = 404; 114 subjects; EKC 57, WT 58.",
                "n = 404; 114 personen; EKC 57, WT 58.",
            ),
            (
                "Only 9 clusters: robust standard errors tend to be too small.",
                "Slechts 9 clusters: robuuste standaardfouten zijn dan vaak te klein.",
            ),
            (
                "EKC: conference: 5 in all, 4 seen at every wave, 1 until they left, 0 with gaps, 0 never",
                "EKC: conference: 5 in totaal, 4 bij elke meting gezien, 1 tot zij vertrokken, 0 met hiaten, 0 nooit",
            ),
            (
                "Zero-inflated negative binomial (NB1) mixed model with log link by maximum likelihood, \
                 Laplace's approximation.",
                "Gemengd model (negatief-binomiaal, NB1 met extra nullen) met log-link volgens grootste \
                 aannemelijkheid, Laplace-benadering.",
            ),
            (
                "Linear model by least squares, HC3 standard errors.",
                "Lineair model met kleinste kwadraten, HC3-standaardfouten.",
            ),
            (
                "Linear model by least squares, something new.",
                "Linear model by least squares, something new.",
            ),
            ("version 1.5 of a list", "version 1.5 of a list"),
        ];
        for (english, dutch) in cases {
            assert_eq!(Language::Dutch.say(english), dutch, "{english}");
            assert_eq!(Language::English.say(english), english);
        }
    }

    #[test]
    fn days_are_written_out() {
        assert_eq!(Language::Dutch.date("2026-11-02"), "2 november 2026");
        assert_eq!(Language::English.date("2026-11-02"), "2 November 2026");
        assert_eq!(Language::Dutch.date("2026-13-02"), "2026-13-02");
        assert_eq!(Language::Dutch.date("soon"), "soon");
    }

    #[test]
    fn phrases_stand_once_and_have_as_many_holes() {
        for (place, (english, dutch)) in PHRASES.iter().enumerate() {
            let holes = |text: &str| -> Vec<String> {
                let pieces = text.split('{').skip(1);
                pieces
                    .map(|p| p.split('}').next().unwrap_or_default().to_owned())
                    .collect()
            };
            assert_eq!(holes(english), holes(dutch), "{english}");
            let before = PHRASES[..place].iter().any(|(e, _)| e == english);
            assert!(!before, "`{english}` stands twice");
        }
    }
}
