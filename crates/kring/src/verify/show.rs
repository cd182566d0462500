//! A verification as text and tables.

use kring_report::{Content, Listing, ListingColumn};

use super::{CameOut, NumberVerified, Verification};

/// Which numbers are shown one by one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Shown {
    /// Those that did not come out again.
    #[default]
    Different,
    /// All.
    Every,
}

impl Verification {
    /// What came of it, in a sentence or two.
    pub fn headline(&self) -> String {
        let (all, same) = (self.numbers.len(), self.count(CameOut::Same));
        let close = self.count(CameOut::Close);
        let again = same + close;
        let verdict = match (self.came_again, all - again) {
            (true, _) => "It came out again.".to_owned(),
            (false, 0) => "It did not come out again, though its numbers did.".to_owned(),
            (false, 1) => "It did not come out again: 1 number is another.".to_owned(),
            (false, n) => format!("It did not come out again: {n} numbers are others."),
        };
        let to_the_bit = match close {
            0 => "all of these to the last bit".to_owned(),
            n => format!("{same} of these to the last bit and {n} to 1e-10"),
        };
        let to_the_bit = if again == 0 {
            String::new()
        } else {
            format!(", {to_the_bit}")
        };
        format!(
            "{}\n\n{verdict} {again} of {all} numbers are the same{to_the_bit}.",
            self.what
        )
    }

    /// What is said of the result and its parts, and the numbers that are asked for.
    pub fn content(&self, shown: Shown) -> Vec<Content> {
        let mut content = vec![Content::Text(self.headline())];
        content.extend(self.remarks().map(Content::Text));
        content.push(Content::Listing(self.parts()));
        let title = match shown {
            Shown::Different => "Numbers that did not come out again",
            Shown::Every => "Every number",
        };
        let asked = |number: &&NumberVerified| shown == Shown::Every || !number.outcome.again();
        let rows: Vec<Vec<String>> = self.numbers.iter().filter(asked).map(row).collect();
        if !rows.is_empty() {
            content.push(Content::Listing(Listing {
                title: title.to_owned(),
                columns: vec![
                    ListingColumn::words("number"),
                    ListingColumn::numbers("stored"),
                    ListingColumn::numbers("now"),
                    ListingColumn::words("it is"),
                ],
                rows,
                notes: Vec::new(),
                cautions: Vec::new(),
            }));
        }
        content
    }

    /// What a careful reader should know: other files, other words, another version.
    fn remarks(&self) -> impl Iterator<Item = String> {
        let files = self
            .sources
            .iter()
            .filter(|source| source.stored != source.now);
        let files = files.map(|source| {
            format!(
                "{}: the file is another one. Its SHA-256 was {}, and is {}.",
                source.name,
                source.stored.as_deref().unwrap_or("not known"),
                source.now.as_deref().unwrap_or("not known")
            )
        });
        let texts = self.texts_differ.iter().map(|text| {
            format!(
                "{}: stored “{}”, now “{}”.",
                text.place,
                text.stored.as_deref().unwrap_or("nothing"),
                text.now.as_deref().unwrap_or("nothing")
            )
        });
        let version = (self.stored_version != self.version).then(|| {
            format!(
                "Stored by kring {}, run again by {}: other words than then count for nothing.",
                self.stored_version, self.version
            )
        });
        files.chain(texts).chain(version)
    }

    /// How many numbers of each part came out again.
    fn parts(&self) -> Listing {
        let mut parts: Vec<(&str, [usize; 3])> = Vec::new();
        for number in &self.numbers {
            let part = part_of(&number.place);
            let at = parts.iter().position(|(name, _)| *name == part);
            let at = at.unwrap_or_else(|| {
                parts.push((part, [0; 3]));
                parts.len() - 1
            });
            if let Some((_, counts)) = parts.get_mut(at) {
                counts[0] += 1;
                counts[1] += usize::from(number.outcome.again());
                counts[2] += usize::from(!number.outcome.again());
            }
        }
        let row = |(name, counts): &(&str, [usize; 3])| {
            let counts = counts.iter().map(ToString::to_string);
            std::iter::once((*name).to_owned()).chain(counts).collect()
        };
        Listing {
            title: "Numbers by part".to_owned(),
            columns: vec![
                ListingColumn::words("part"),
                ListingColumn::numbers("numbers"),
                ListingColumn::numbers("again"),
                ListingColumn::numbers("not"),
            ],
            rows: parts.iter().map(row).collect(),
            notes: Vec::new(),
            cautions: Vec::new(),
        }
    }
}

/// The part of a place: `results[ancova]` of `results[ancova].output.estimates[1].value`, and
/// `estimates` of `estimates[arm].value`, which has few numbers.
fn part_of(place: &str) -> &str {
    let inner = place.find("].output").map(|at| at + 1);
    let end = inner.unwrap_or_else(|| place.find(['[', '.']).unwrap_or(place.len()));
    place.get(..end).unwrap_or(place)
}

fn row(number: &NumberVerified) -> Vec<String> {
    let written =
        |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:?}"));
    vec![
        number.place.clone(),
        written(number.stored),
        written(number.now),
        number.outcome.name().to_owned(),
    ]
}
