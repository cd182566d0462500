//! Figures of what was seen: no model, no inference. Quartiles are those of R's type 7.

use kring_core::{
    Circles, Grouping, LevelCount, Numbers, Stratum, Summary, SummaryKind, suggestion,
};

use crate::Error;

/// Values of which some are not known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Values {
    pub known: Vec<f64>,
    pub missing: usize,
}

impl Values {
    pub fn add(&mut self, value: Option<f64>) {
        match value {
            Some(value) => self.known.push(value),
            None => self.missing += 1,
        }
    }

    pub fn summary(mut self, variable: String, label: String, strata: Vec<Stratum>) -> Summary {
        self.known.sort_unstable_by(f64::total_cmp);
        Summary {
            variable,
            label,
            unit: None,
            strata,
            n: self.known.len(),
            missing: self.missing,
            kind: SummaryKind::Numbers(numbers(&self.known)),
        }
    }

    /// The same of values that are 0 and 1, as no and yes.
    pub fn yes_no(self, variable: String, label: String, strata: Vec<Stratum>) -> Summary {
        let n = self.known.len();
        let yes = self.known.iter().filter(|&&value| value == 1.0).count();
        let counts = [("no", n - yes), ("yes", yes)];
        Summary {
            variable,
            label,
            unit: None,
            strata,
            n,
            missing: self.missing,
            kind: levels(counts),
        }
    }
}

/// Counts of levels with their shares.
pub(crate) fn levels<'a>(
    counts: impl IntoIterator<Item = (&'a str, usize)> + Clone,
) -> SummaryKind {
    let all: usize = counts.clone().into_iter().map(|(_, n)| n).sum();
    let counts = counts.into_iter().map(|(level, n)| LevelCount {
        level: level.to_owned(),
        n,
        share: crate::figures::share(n, all),
    });
    SummaryKind::Levels(counts.collect())
}

/// The figures of sorted numbers.
fn numbers(sorted: &[f64]) -> Numbers {
    let n = sorted.len();
    let (Some(&min), Some(&max)) = (sorted.first(), sorted.last()) else {
        return Numbers::default();
    };
    let sum: f64 = sorted.iter().sum();
    let mean = sum / n as f64;
    let squares: f64 = sorted.iter().map(|x| (x - mean).powi(2)).sum();
    let quantile = |p: f64| {
        let at = p * (n - 1) as f64;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place between 0 and n − 1"
        )]
        let low = at as usize;
        let high = (low + 1).min(n - 1);
        sorted[low] + (at - low as f64) * (sorted[high] - sorted[low])
    };
    Numbers {
        mean: Some(mean),
        sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()),
        min: Some(min),
        lower_quartile: Some(quantile(0.25)),
        median: Some(quantile(0.5)),
        upper_quartile: Some(quantile(0.75)),
        max: Some(max),
        sum: Some(sum),
    }
}

/// The arms with the stratum of each; all families together where there are none.
pub(crate) fn arm_levels(arms: Option<&Grouping>) -> Vec<(Option<u32>, Vec<Stratum>)> {
    let Some(arms) = arms else {
        return vec![(None, Vec::new())];
    };
    let stratum = |level: &String| Stratum {
        variable: arms.name.clone(),
        level: level.clone(),
    };
    let levels = arms.levels.iter().map(stratum);
    (0..)
        .zip(levels)
        .map(|(code, stratum)| (Some(code), vec![stratum]))
        .collect()
}

/// The place of a wave.
pub(crate) fn known_wave(circles: &Circles, wave: &str) -> Result<usize, Error> {
    let place = circles.waves().iter().position(|known| known == wave);
    place.ok_or_else(|| Error::Unknown {
        what: "wave",
        name: wave.to_owned(),
        suggestion: suggestion(wave, circles.waves().iter().map(String::as_str)),
    })
}
