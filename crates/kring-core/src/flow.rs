use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Who was there at each wave, who left and who came back, by arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// The waves in order.
    pub waves: Vec<String>,
    /// What counts as being there: the variables of which at least one was observed.
    pub observed: Vec<String>,
    /// The arms, in order; one unnamed arm where the study has none.
    pub arms: Vec<ArmFlow>,
}

/// The flow of one arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArmFlow {
    /// The arm.
    pub arm: String,
    /// Everybody in the arm, seen at any wave or at none.
    pub subjects: usize,
    /// The counts wave by wave.
    pub waves: Vec<WaveCount>,
    /// Seen at every wave.
    pub complete: usize,
    /// Seen from the first wave on until they left for good.
    pub monotone: usize,
    /// Missed a wave and were seen later, or came late.
    pub intermittent: usize,
    /// Never seen.
    pub never: usize,
    /// Each pattern of waves with how many have it, the fullest first.
    pub patterns: Vec<Pattern>,
}

/// The counts of one wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WaveCount {
    /// The wave.
    pub wave: String,
    /// Seen at this wave.
    pub present: usize,
    /// Seen at the wave before and never again.
    pub left: usize,
    /// Seen before, not at this wave, and seen again later.
    pub away: usize,
    /// Seen at this wave, not at the one before, but earlier.
    pub returned: usize,
    /// Seen here for the first time, though this is not the first wave.
    pub late: usize,
}

/// A pattern of waves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// For each wave whether they were seen.
    pub seen: Vec<bool>,
    /// How many have this pattern.
    pub n: usize,
}

impl Flow {
    /// Counts from who was seen when: for each subject the place of its arm and one flag a wave.
    ///
    /// A subject whose arm is not in the list, or that has another number of flags than there are
    /// waves, is refused.
    pub fn count(
        waves: Vec<String>,
        observed: Vec<String>,
        arms: &[String],
        subjects: &[(usize, Vec<bool>)],
    ) -> Result<Self, Error> {
        let mut of_arm: Vec<Vec<&[bool]>> = vec![Vec::new(); arms.len()];
        for (row, (place, seen)) in subjects.iter().enumerate() {
            if seen.len() != waves.len() {
                return Err(Error::OutOfRange {
                    what: "the number of a subject's flags".to_owned(),
                    row,
                    found: seen.len().to_string(),
                    expected: "one flag for each wave",
                });
            }
            let Some(arm) = of_arm.get_mut(*place) else {
                return Err(Error::OutOfRange {
                    what: "the place of a subject's arm".to_owned(),
                    row,
                    found: place.to_string(),
                    expected: "a place in the list of arms, counted from 0,",
                });
            };
            arm.push(seen);
        }
        let arms = arms.iter().zip(&of_arm);
        let arms = arms.map(|(arm, seen)| ArmFlow::count(arm, &waves, seen));
        Ok(Self {
            arms: arms.collect(),
            waves,
            observed,
        })
    }

    /// Everybody in every arm.
    pub fn subjects(&self) -> usize {
        self.arms.iter().map(|arm| arm.subjects).sum()
    }
}

impl ArmFlow {
    /// One pass over the subjects; each has a flag a wave.
    fn count(arm: &str, waves: &[String], subjects: &[&[bool]]) -> Self {
        let mut flow = Self {
            arm: arm.to_owned(),
            subjects: subjects.len(),
            waves: waves.iter().map(|wave| WaveCount::none(wave)).collect(),
            complete: 0,
            monotone: 0,
            intermittent: 0,
            never: 0,
            patterns: Vec::new(),
        };
        let mut patterns: HashMap<&[bool], usize> = HashMap::new();
        for &seen in subjects {
            *patterns.entry(seen).or_default() += 1;
            let first = seen.iter().position(|&s| s);
            let (Some(first), Some(last)) = (first, seen.iter().rposition(|&s| s)) else {
                flow.never += 1;
                continue;
            };
            let without_a_gap = first == 0 && seen[..=last].iter().all(|&s| s);
            match (without_a_gap, last + 1 == seen.len()) {
                (true, true) => flow.complete += 1,
                (true, false) => flow.monotone += 1,
                (false, _) => flow.intermittent += 1,
            }
            let mut just_before = false;
            for (w, (count, &here)) in flow.waves.iter_mut().zip(seen).enumerate() {
                let before = first < w;
                count.present += usize::from(here);
                count.left += usize::from(just_before && !here && last < w);
                count.away += usize::from(!here && before && last > w);
                count.returned += usize::from(here && !just_before && before);
                count.late += usize::from(w > 0 && first == w);
                just_before = here;
            }
        }
        let patterns = patterns.into_iter().map(|(seen, n)| Pattern {
            seen: seen.to_vec(),
            n,
        });
        flow.patterns = patterns.collect();
        flow.patterns.sort_unstable_by(|a, b| b.seen.cmp(&a.seen));
        flow
    }
}

impl WaveCount {
    fn none(wave: &str) -> Self {
        Self {
            wave: wave.to_owned(),
            present: 0,
            left: 0,
            away: 0,
            returned: 0,
            late: 0,
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn leaving_missing_a_wave_and_coming_late_are_told_apart() {
        let waves: Vec<String> = ["1", "2", "3"].map(String::from).to_vec();
        let seen = |text: &str| text.chars().map(|c| c == '1').collect::<Vec<bool>>();
        let subjects: Vec<(usize, Vec<bool>)> = ["111", "110", "100", "101", "011", "000"]
            .iter()
            .map(|p| (0, seen(p)))
            .chain([(1, seen("111"))])
            .collect();
        let arms = ["EKC".to_owned(), "WT".to_owned()];
        let flow = Flow::count(waves, vec!["problems".into()], &arms, &subjects).unwrap();
        let ekc = &flow.arms[0];
        assert_eq!((ekc.subjects, ekc.complete, ekc.monotone), (6, 1, 2));
        assert_eq!((ekc.intermittent, ekc.never), (2, 1));
        let counts = |w: usize| {
            let c = &ekc.waves[w];
            (c.present, c.left, c.away, c.returned, c.late)
        };
        assert_eq!(counts(0), (4, 0, 0, 0, 0));
        assert_eq!(counts(1), (3, 1, 1, 0, 1));
        assert_eq!(counts(2), (3, 1, 0, 1, 0));
        assert_eq!(ekc.patterns.len(), 6);
        assert_eq!(ekc.patterns[0].seen, seen("111"));
        assert_eq!(flow.arms[1].complete, 1);
        assert_eq!(flow.subjects(), 7);
    }

    #[test]
    fn subjects_that_do_not_fit_the_waves_or_arms_are_refused() {
        let count = |subject: (usize, Vec<bool>)| {
            let waves = vec!["1".to_owned(), "2".to_owned()];
            let sound = (0, vec![true, false]);
            Flow::count(waves, vec![], &["EKC".to_owned()], &[sound, subject])
        };
        let few = count((0, vec![true])).unwrap_err().to_string();
        assert_eq!(
            few,
            "the number of a subject's flags is 1 at row 2, but one flag for each wave was expected"
        );
        let many = count((0, vec![true; 3])).unwrap_err().to_string();
        assert!(many.contains("is 3 at row 2"), "{many}");
        let stray = count((1, vec![true, true])).unwrap_err().to_string();
        assert!(
            stray.contains("arm is 1 at row 2") && stray.contains("list of arms"),
            "{stray}"
        );
        let nobody = Flow::count(vec![], vec![], &["EKC".to_owned()], &[(0, vec![])]).unwrap();
        assert_eq!((nobody.arms[0].never, nobody.subjects()), (1, 1));
    }
}
