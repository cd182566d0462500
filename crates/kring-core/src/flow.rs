use serde::{Deserialize, Serialize};

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
    pub fn count(
        waves: Vec<String>,
        observed: Vec<String>,
        arms: &[String],
        subjects: &[(usize, Vec<bool>)],
    ) -> Self {
        let arms = arms
            .iter()
            .enumerate()
            .map(|(place, arm)| {
                let seen: Vec<&[bool]> = subjects
                    .iter()
                    .filter(|(a, _)| *a == place)
                    .map(|(_, seen)| seen.as_slice())
                    .collect();
                ArmFlow::count(arm, &waves, &seen)
            })
            .collect();
        Self {
            waves,
            observed,
            arms,
        }
    }

    /// Everybody in every arm.
    pub fn subjects(&self) -> usize {
        self.arms.iter().map(|arm| arm.subjects).sum()
    }
}

impl ArmFlow {
    fn count(arm: &str, waves: &[String], subjects: &[&[bool]]) -> Self {
        let mut flow = Self {
            arm: arm.to_owned(),
            subjects: subjects.len(),
            waves: Vec::with_capacity(waves.len()),
            complete: 0,
            monotone: 0,
            intermittent: 0,
            never: 0,
            patterns: Vec::new(),
        };
        for (w, wave) in waves.iter().enumerate() {
            let how_many =
                |test: &dyn Fn(&[bool]) -> bool| subjects.iter().filter(|s| test(s)).count();
            let before = |s: &[bool]| s[..w].contains(&true);
            let later = |s: &[bool]| s[w + 1..].contains(&true);
            flow.waves.push(WaveCount {
                wave: wave.clone(),
                present: how_many(&|s| s[w]),
                left: how_many(&|s| w > 0 && s[w - 1] && !s[w] && !later(s)),
                away: how_many(&|s| !s[w] && before(s) && later(s)),
                returned: how_many(&|s| w > 0 && s[w] && !s[w - 1] && before(s)),
                late: how_many(&|s| w > 0 && s[w] && !before(s)),
            });
        }
        for seen in subjects {
            let last = seen.iter().rposition(|&s| s);
            match last {
                None => flow.never += 1,
                Some(last) if last + 1 == seen.len() && seen.iter().all(|&s| s) => {
                    flow.complete += 1;
                }
                Some(last) if seen[..=last].iter().all(|&s| s) => flow.monotone += 1,
                Some(_) => flow.intermittent += 1,
            }
            match flow.patterns.iter_mut().find(|p| p.seen == *seen) {
                Some(pattern) => pattern.n += 1,
                None => flow.patterns.push(Pattern {
                    seen: seen.to_vec(),
                    n: 1,
                }),
            }
        }
        flow.patterns.sort_by(|a, b| b.seen.cmp(&a.seen));
        flow
    }
}

#[cfg(test)]
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
        let flow = Flow::count(waves, vec!["problems".into()], &arms, &subjects);
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
}
