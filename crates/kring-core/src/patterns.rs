use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::Flow;

/// Who has a value where: each pattern of there and missing, with how many have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Patterns {
    /// What the patterns are of.
    pub caption: String,
    /// The waves or variables, in order.
    pub columns: Vec<PatternColumn>,
    /// The groups that are counted apart; one unnamed group where there are none.
    pub groups: Vec<String>,
    /// The patterns, the fullest first, the more frequent first among equally full ones.
    pub rows: Vec<PatternRow>,
}

/// A wave or variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternColumn {
    /// What a reader calls it.
    pub label: String,
    /// How many have no value there, over all groups.
    pub missing: usize,
}

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PatternRow {
    /// For each column whether there is a value.
    pub present: Vec<bool>,
    /// How many have this pattern, one count a group.
    pub counts: Vec<usize>,
}

impl Patterns {
    /// Counts patterns: for each subject the place of its group, and whether each column is there.
    ///
    /// A subject whose group is not among `groups` is not counted, and a column beyond the end of
    /// its flags is missing.
    pub fn count(
        caption: impl Into<String>,
        columns: Vec<String>,
        groups: Vec<String>,
        subjects: impl IntoIterator<Item = (usize, Vec<bool>)>,
    ) -> Self {
        let mut counted: HashMap<Vec<bool>, Vec<usize>> = HashMap::new();
        for (group, mut present) in subjects {
            present.resize(columns.len(), false);
            let counts = counted
                .entry(present)
                .or_insert_with(|| vec![0; groups.len()]);
            if let Some(n) = counts.get_mut(group) {
                *n += 1;
            }
        }
        let rows = counted
            .into_iter()
            .map(|(present, counts)| PatternRow { present, counts })
            .collect();
        Self::of_rows(caption.into(), columns, groups, rows)
    }

    /// The patterns of waves at which somebody was seen.
    pub fn of_flow(flow: &Flow) -> Self {
        let mut rows: Vec<PatternRow> = Vec::new();
        for (place, arm) in flow.arms.iter().enumerate() {
            for pattern in &arm.patterns {
                let known = rows.iter().position(|row| row.present == pattern.seen);
                let row = known.unwrap_or_else(|| {
                    rows.push(PatternRow {
                        present: pattern.seen.clone(),
                        counts: vec![0; flow.arms.len()],
                    });
                    rows.len() - 1
                });
                rows[row].counts[place] += pattern.n;
            }
        }
        let groups = flow.arms.iter().map(|arm| arm.arm.clone()).collect();
        Self::of_rows("Patterns of waves".into(), flow.waves.clone(), groups, rows)
    }

    fn of_rows(
        caption: String,
        columns: Vec<String>,
        groups: Vec<String>,
        mut rows: Vec<PatternRow>,
    ) -> Self {
        rows.retain(|row| row.total() > 0);
        rows.sort_by(|a, b| {
            (a.missing(), b.total(), &b.present).cmp(&(b.missing(), a.total(), &a.present))
        });
        let columns = columns
            .into_iter()
            .enumerate()
            .map(|(place, label)| PatternColumn {
                label,
                missing: rows
                    .iter()
                    .filter(|row| row.present.get(place) != Some(&true))
                    .map(PatternRow::total)
                    .sum(),
            })
            .collect();
        Self {
            caption,
            columns,
            groups,
            rows,
        }
    }

    /// Everybody.
    pub fn total(&self) -> usize {
        self.rows.iter().map(PatternRow::total).sum()
    }
}

impl PatternRow {
    /// How many have the pattern, over all groups.
    pub fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// How many columns are missing.
    pub fn missing(&self) -> usize {
        self.present.iter().filter(|there| !**there).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_stand_first_and_then_the_most_frequent() {
        let flags = |text: &str| text.chars().map(|c| c == '1').collect::<Vec<bool>>();
        let subjects = ["10", "01", "01", "11", "00", "10", "01"];
        let subjects = subjects
            .iter()
            .enumerate()
            .map(|(i, text)| (i % 2, flags(text)));
        let columns = vec!["T1".to_owned(), "T2".to_owned()];
        let groups = vec!["EKC".to_owned(), "WT".to_owned()];
        let patterns = Patterns::count("Patterns", columns, groups, subjects);
        let shown: Vec<(Vec<bool>, Vec<usize>)> = patterns
            .rows
            .iter()
            .map(|row| (row.present.clone(), row.counts.clone()))
            .collect();
        assert_eq!(
            shown,
            [
                (flags("11"), vec![0, 1]),
                (flags("01"), vec![2, 1]),
                (flags("10"), vec![1, 1]),
                (flags("00"), vec![1, 0]),
            ]
        );
        let missing: Vec<usize> = patterns.columns.iter().map(|c| c.missing).collect();
        assert_eq!((missing, patterns.total()), (vec![4, 3], 7));
    }
}
