//! What a reader calls the names that a model gives: `arm: EKC × wave: 2` for R's `armEKC:wave2`.
//!
//! Whoever compares digits with another program looks for its names, and finds them on the screen and in the
//! plain data. On a page stands what the codebook says.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Content, Report};

/// A name with what a reader calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Called {
    /// As the results have it: `armEKC`.
    pub name: String,
    /// As a page has it: `arm: EKC`.
    pub words: String,
}

impl Report {
    /// The report with the names in words, and without the pieces that tell the words.
    pub(crate) fn in_words(&self) -> Cow<'_, Self> {
        let tells = |piece: &Content| matches!(piece, Content::Names(_));
        if !self.sections.iter().any(|s| s.content.iter().any(tells)) {
            return Cow::Borrowed(self);
        }
        let mut report = self.clone();
        for section in &mut report.sections {
            let mut called: Vec<Called> = Vec::new();
            for piece in &section.content {
                if let Content::Names(of) = piece {
                    called.extend(of.iter().cloned());
                }
            }
            section.content.retain(|piece| !tells(piece));
            for piece in &mut section.content {
                each_name(piece, &mut |name| {
                    if let Some(known) = called.iter().find(|known| known.name == *name) {
                        name.clone_from(&known.words);
                    }
                });
            }
        }
        Cow::Owned(report)
    }
}

/// The names in a piece that may be those of columns, terms and levels.
fn each_name(piece: &mut Content, of: &mut impl FnMut(&mut String)) {
    match piece {
        Content::Estimates(estimates) => estimates.iter_mut().for_each(|one| of(&mut one.label)),
        Content::Tests(tests) => tests.iter_mut().for_each(|test| of(&mut test.label)),
        Content::Forest(forest) => {
            title(&mut forest.title, of);
            forest.rows.iter_mut().for_each(|row| of(&mut row.label));
        }
        Content::Trajectories(seen) => {
            title(&mut seen.title, of);
            of(&mut seen.x_label);
            of(&mut seen.y_label);
        }
        _ => {}
    }
}

/// The name at the end of `Means by wave` or `Contrasts of problems`.
fn title(text: &mut String, of: &mut impl FnMut(&mut String)) {
    for before in ["Means by ", "Contrasts of "] {
        if let Some(name) = text.strip_prefix(before) {
            let mut name = name.to_owned();
            of(&mut name);
            *text = format!("{before}{name}");
        }
    }
}

#[cfg(test)]
mod tests {
    use kring_core::{Alternative, Estimate, Measure, Reference, Sample, Value};

    use super::*;
    use crate::{Ink, Language, Role, Section, Style, html_in, table_text};

    #[test]
    fn a_page_has_the_words_and_the_screen_the_names() {
        let estimate = Estimate {
            label: "armEKC".into(),
            measure: Measure::Coefficient { unit: None },
            value: Value::Value(-0.3),
            std_error: None,
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Normal,
            interval: None,
            p_value: None,
            sample: Sample::of(115),
            method: String::new(),
            cautions: Vec::new(),
        };
        let called = Called {
            name: "armEKC".into(),
            words: "Group: conference".into(),
        };
        let content = vec![
            Content::Estimates(vec![estimate]),
            Content::Names(vec![called]),
        ];
        let mut report = Report::default();
        report.sections.push(Section {
            id: "result".into(),
            title: "Result".into(),
            role: Role::Exploratory,
            method: None,
            content,
        });
        let style = Style {
            ink: Ink::Plain,
            width: 80,
        };
        let pieces = report.sections.iter().flat_map(|section| &section.content);
        let screen: String = pieces.map(|piece| table_text(piece, style)).collect();
        assert!(screen.contains("armEKC") && !screen.contains("Group: conference"));
        let page = html_in(&report, Language::English).unwrap_or_default();
        assert!(page.contains("Group: conference") && !page.contains("armEKC"));
    }
}
