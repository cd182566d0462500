//! How often one drawn from the first group has more than one drawn from the second: the
//! probability of superiority, Cliff's δ, the rank-biserial correlation, the test of Brunner and Munzel.
//!
//! ```text
//! parameter  θ = P(X > Y) + ½ P(X = Y),  δ = 2θ − 1, which is also the rank-biserial correlation
//! placements p_i = (#{y < x_i} + ½ #{y = x_i})/n,  q_j = (#{x < y_j} + ½ #{x = y_j})/m
//! estimate   θ̂ = mean p = 1 − mean q
//! error      s² = s²_p/m + s²_q/n,  df = s⁴ / ((s²_p/m)²/(m − 1) + (s²_q/n)²/(n − 1))
//! test       t = (θ̂ − ½)/s                                        (Brunner & Munzel 2000)
//! intervals  plain      θ̂ ± t s, cut off at 0 and 1
//!            logit      ln(θ̂/(1 − θ̂)) ± t s/(θ̂(1 − θ̂))
//!            Newcombe   all θ with |θ̂ − θ| ≤ z √V(θ),
//!                       V = θ(1 − θ)(1 + (n* − 1)((1 − θ)/(2 − θ) + θ/(1 + θ)))/(mn), n* = (m + n)/2
//!            Fisher z   artanh δ̂ ± z √((m + n + 1)/(3mn)), the error if there is no effect
//! ```
//! Nothing is assumed of shapes or variances, unlike in the test of Mann and Whitney. Where the
//! groups do not overlap, θ̂ is 0 or 1 and has no error: Newcombe's interval stands in, and there is
//! no p-value.
//!
//! R's `effectsize` gives Fisher's z only, whose error holds if there is no effect: its intervals of
//! large effects are too narrow. Its p-value is none.
//!
//! Brunner E, Munzel U (2000), Biometrical Journal 42:17–25; Newcombe RG (2006), Statistics in
//! Medicine 25:559–573, doi 10.1002/sim.2324 (method 5); Cliff N (1993), Psychological Bulletin
//! 114:494–509, doi 10.1037/0033-2909.114.3.494; Kerby DS (2014), Comprehensive Psychology 3:11.IT.3.1.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, Measure, Reference, Value,
};
use serde::{Deserialize, Serialize};

use crate::groups::{check, sample};
use crate::interval::tail;
use crate::rank::{Ranks, no_effect};
use crate::summary::sum_of_squares;
use crate::t_test::Group;
use crate::{Error, dist, narrow, root};

const METHOD: &str = "the probability of superiority";

/// The options of the effect sizes and their test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Superiority {
    /// How the interval is made.
    pub interval: SuperiorityInterval,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// The level of the interval.
    pub level: f64,
}

/// How the interval of a probability of superiority is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuperiorityInterval {
    /// Brunner and Munzel's, which belongs to the test.
    #[default]
    Plain,
    /// The same on the logit scale: better near 0 and 1, never beyond them.
    Logit,
    /// Newcombe's fifth method: for small groups and large effects, also without any overlap.
    Newcombe,
    /// Fisher's z with the error of no effect, as R's `effectsize`.
    FisherZ,
}

impl Default for Superiority {
    fn default() -> Self {
        Self {
            interval: SuperiorityInterval::Plain,
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

/// One comparison on three scales, all with the p-value of Brunner and Munzel's test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SuperiorityEstimates {
    /// P(X > Y) + ½ P(X = Y); ½ is no effect.
    pub probability: Estimate,
    /// Cliff's δ, −1 to 1.
    pub cliffs_delta: Estimate,
    /// The rank-biserial correlation, the same number under its other name.
    pub rank_biserial: Estimate,
}

impl Superiority {
    /// How often a value of x is larger than one of y.
    ///
    /// Each group needs two values.
    ///
    /// ```
    /// use kring_stats::superiority::Superiority;
    /// use kring_stats::t_test::Group;
    /// let x = Group { name: "EKC", values: &[6.0, 9.0, 7.0] };
    /// let y = Group { name: "WT", values: &[4.0, 5.0, 3.0, 7.0] };
    /// // Of 12 pairs x is larger in 10 and equal in 1.
    /// let found = Superiority::default().two_samples(x, y)?;
    /// assert!((found.probability.value.finite().unwrap() - 10.5 / 12.0).abs() < 1e-15);
    /// assert!((found.cliffs_delta.value.finite().unwrap() - 9.0 / 12.0).abs() < 1e-15);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn two_samples(&self, x: Group<'_>, y: Group<'_>) -> Result<SuperiorityEstimates, Error> {
        check(METHOD, &[x, y], 2)?;
        dist::check_level(self.level)?;
        let placed = Placed::of(x.values, y.values);
        let label = format!("{} − {}", x.name, y.name);
        let mut cautions = Vec::new();
        let std_error = (placed.variance > 0.0).then(|| placed.variance.sqrt());
        let apart = placed.theta == 0.0 || placed.theta == 1.0;
        let mut interval = self.interval;
        match std_error {
            None if apart => {
                interval = SuperiorityInterval::Newcombe;
                cautions.push(Caution::Note(
                    "The groups do not overlap: the estimate has no error and no p-value, and Newcombe's interval stands in."
                        .to_owned(),
                ));
            }
            None => {
                return Err(Error::Constant {
                    method: METHOD,
                    what: format!("the data of {label}"),
                });
            }
            Some(_) => {}
        }
        let fewest = x.values.len().min(y.values.len());
        if fewest < 10 && !apart {
            cautions.push(Caution::Note(format!(
                "Only {fewest} values in a group: below ten the t distribution is rough and rejects too often."
            )));
        }
        let plainly = interval == SuperiorityInterval::Plain;
        cautions.extend(narrow::SUPERIORITY.when(plainly && fewest < narrow::FEW));
        if interval == SuperiorityInterval::FisherZ {
            cautions.push(no_effect());
        }
        let t = Reference::StudentT { df: placed.df() };
        let plain = matches!(
            interval,
            SuperiorityInterval::Plain | SuperiorityInterval::Logit
        );
        let reference = if plain { t } else { Reference::Normal };
        let quantile = dist::upper_quantile(tail(self.level, self.alternative)?, reference)?;
        let (low, high) = placed.ends(interval, quantile);
        let p_value = match std_error {
            Some(s) => Some(dist::p_value(
                (placed.theta - 0.5) / s,
                t,
                self.alternative,
            )?),
            None => None,
        };
        let kind = match interval {
            SuperiorityInterval::Newcombe => IntervalKind::Score,
            _ => IntervalKind::Wald,
        };
        // Every scale is a + b θ.
        let on_scale = |measure: Measure, a: f64, b: f64| {
            Estimate {
                label: label.clone(),
                measure,
                value: Value::Value(a + b * placed.theta),
                std_error: std_error.map(|s| b * s),
                null: a + b * 0.5,
                alternative: self.alternative,
                reference: if std_error.is_some() {
                    t
                } else {
                    Reference::Normal
                },
                interval: Some(Interval {
                    low: (self.alternative != Alternative::Less).then_some(a + b * low),
                    high: (self.alternative != Alternative::Greater).then_some(a + b * high),
                    level: self.level,
                    kind,
                }),
                p_value,
                sample: sample(&[x, y]),
                method: format!("Brunner–Munzel test, {}", interval.words()),
                cautions: cautions.clone(),
            }
            .checked()
        };
        Ok(SuperiorityEstimates {
            probability: on_scale(Measure::ProbabilityOfSuperiority, 0.0, 1.0)?,
            cliffs_delta: on_scale(Measure::CliffsDelta, -1.0, 2.0)?,
            rank_biserial: on_scale(Measure::RankBiserial, -1.0, 2.0)?,
        })
    }
}

impl SuperiorityInterval {
    fn words(self) -> &'static str {
        match self {
            Self::Plain => "with its interval",
            Self::Logit => "interval on the logit scale",
            Self::Newcombe => "Newcombe's interval (method 5)",
            Self::FisherZ => "interval by Fisher's z with the error of no effect",
        }
    }
}

/// θ̂ and its error.
struct Placed {
    theta: f64,
    variance: f64,
    /// s²_p/m and s²_q/n.
    parts: [f64; 2],
    m: f64,
    n: f64,
}

impl Placed {
    fn of(x: &[f64], y: &[f64]) -> Self {
        let together: Vec<f64> = x.iter().chain(y).copied().collect();
        let ranks = Ranks::of(&together).doubled;
        let (ranks_x, ranks_y) = ranks.split_at(x.len());
        let (m, n) = (x.len() as f64, y.len() as f64);
        let place = |among_all: &[u64], own: &[f64], others: f64| -> Vec<f64> {
            let own = Ranks::of(own).doubled;
            let pairs = among_all.iter().zip(own);
            pairs
                .map(|(all, own)| (all - own) as f64 / (2.0 * others))
                .collect()
        };
        let (p, q) = (place(ranks_x, x, n), place(ranks_y, y, m));
        // As whole numbers, so that ½, 0 and 1 are what they are.
        let score: u64 = ranks_x.iter().sum();
        let theta = (score as f64 / 2.0 - m * (m + 1.0) / 2.0) / (m * n);
        let parts = [
            sum_of_squares(&p, theta) / (m - 1.0) / m,
            sum_of_squares(&q, 1.0 - theta) / (n - 1.0) / n,
        ];
        let variance = parts[0] + parts[1];
        // Placements that are all equal differ from their mean by rounding only.
        let rounding = 1e-28 * (m + n);
        Self {
            theta,
            variance: if variance <= rounding { 0.0 } else { variance },
            parts,
            m,
            n,
        }
    }

    fn df(&self) -> f64 {
        let [p, q] = self.parts;
        if self.variance == 0.0 {
            return self.m + self.n - 2.0;
        }
        self.variance * self.variance / (p * p / (self.m - 1.0) + q * q / (self.n - 1.0))
    }

    /// The ends of an interval on the scale of θ.
    fn ends(&self, interval: SuperiorityInterval, quantile: f64) -> (f64, f64) {
        let theta = self.theta;
        let s = self.variance.sqrt();
        match interval {
            SuperiorityInterval::Plain => (
                (theta - quantile * s).max(0.0),
                (theta + quantile * s).min(1.0),
            ),
            SuperiorityInterval::Logit => {
                let logit = (theta / (1.0 - theta)).ln();
                let width = quantile * s / (theta * (1.0 - theta));
                let back = |x: f64| 1.0 / (1.0 + (-x).exp());
                (back(logit - width), back(logit + width))
            }
            SuperiorityInterval::Newcombe => {
                let g = |t: f64| (theta - t).abs() - quantile * self.newcombe(t).sqrt();
                // From just beside θ̂, since V is zero at 0 and at 1.
                let beside = |end: f64| theta + 1e-12 * (end - theta);
                (
                    root::root(beside(0.0), 0.0, g),
                    root::root(beside(1.0), 1.0, g),
                )
            }
            SuperiorityInterval::FisherZ => {
                let z = (2.0 * theta - 1.0).atanh();
                let width = quantile * ((self.m + self.n + 1.0) / (3.0 * self.m * self.n)).sqrt();
                let back = |z: f64| f64::midpoint(z.tanh(), 1.0);
                (back(z - width), back(z + width))
            }
        }
    }

    /// Newcombe's V(θ).
    fn newcombe(&self, theta: f64) -> f64 {
        let more = f64::midpoint(self.m, self.n) - 1.0;
        let pairs = (1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta);
        theta * (1.0 - theta) * (1.0 + more * pairs) / (self.m * self.n)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    const X: Group<'static> = Group {
        name: "x",
        values: &[1.0, 4.0, 6.0],
    };
    const Y: Group<'static> = Group {
        name: "y",
        values: &[2.0, 4.0],
    };

    #[test]
    fn by_hand() {
        // p = 0, 3/4, 1: mean 7/12, squares about it (49 + 4 + 25)/144 = 78/144, s²_p/m = 39/144/3 = 13/144.
        // q = 1/3, 1/2: mean 5/12, squares 2/144, s²_q/n = 1/144.
        // s² = 14/144, df = 196 / (169/2 + 1/1) = 392/171; t = (1/12)/√(14/144) = 1/√14.
        let found = Superiority::default()
            .two_samples(X, Y)
            .unwrap()
            .probability;
        assert!((found.value.finite().unwrap() - 7.0 / 12.0).abs() < 1e-15);
        assert!((found.std_error.unwrap() - (14.0_f64 / 144.0).sqrt()).abs() < 1e-15);
        assert!((found.reference.df().unwrap() - 392.0 / 171.0).abs() < 1e-13);
        assert!((found.statistic().unwrap() - 1.0 / 14.0_f64.sqrt()).abs() < 1e-14);
        // Cut off at 1: 7/12 ± 3.8 · 0.31.
        assert_eq!(found.interval.unwrap().high, Some(1.0));
    }

    #[test]
    fn newcombe_limits_are_where_the_distance_is_z_errors() {
        let newcombe = Superiority {
            interval: SuperiorityInterval::Newcombe,
            ..Superiority::default()
        };
        let ends = |x, y| {
            let found = newcombe.two_samples(x, y).unwrap().probability;
            let interval = found.interval.unwrap();
            (interval.low.unwrap(), interval.high.unwrap())
        };
        let z = 1.959_963_984_540_054;
        // m = 3, n = 2: n* − 1 = 3/2.
        let v =
            |t: f64| t * (1.0 - t) * (1.0 + 1.5 * ((1.0 - t) / (2.0 - t) + t / (1.0 + t))) / 6.0;
        let (low, high) = ends(X, Y);
        assert!((7.0 / 12.0 - low - z * v(low).sqrt()).abs() < 1e-12);
        assert!((high - 7.0 / 12.0 - z * v(high).sqrt()).abs() < 1e-12);
        // Without overlap the upper end is 1, the lower one still solves the equation.
        let above = Group {
            name: "above",
            values: &[7.0, 8.0, 9.0],
        };
        let (low, high) = ends(above, Y);
        assert_eq!(high, 1.0);
        assert!((1.0 - low - z * v(low).sqrt()).abs() < 1e-12);
        let (below, none) = ends(Y, above);
        assert_eq!(below, 0.0);
        assert!((none + low - 1.0).abs() < 1e-12);
    }

    #[test]
    fn without_overlap_there_is_an_interval_but_no_p_value() {
        let above = Group {
            name: "above",
            values: &[7.0, 8.0],
        };
        for interval in [
            SuperiorityInterval::Plain,
            SuperiorityInterval::Logit,
            SuperiorityInterval::FisherZ,
        ] {
            let options = Superiority {
                interval,
                ..Superiority::default()
            };
            let found = options.two_samples(above, Y).unwrap().cliffs_delta;
            assert_eq!(found.value, Value::Value(1.0));
            assert_eq!((found.p_value, found.std_error), (None, None));
            assert!(found.interval.unwrap().low.unwrap() < 0.9);
            assert_eq!(found.cautions.len(), 1);
        }
        let same = Group {
            name: "same",
            values: &[4.0, 4.0, 4.0],
        };
        assert!(matches!(
            Superiority::default().two_samples(same, same),
            Err(Error::Constant { .. })
        ));
    }

    #[test]
    fn exchanged_groups_mirror_the_interval() {
        for interval in [
            SuperiorityInterval::Plain,
            SuperiorityInterval::Logit,
            SuperiorityInterval::Newcombe,
            SuperiorityInterval::FisherZ,
        ] {
            let options = Superiority {
                interval,
                ..Superiority::default()
            };
            let a = options.two_samples(X, Y).unwrap().cliffs_delta;
            let b = options.two_samples(Y, X).unwrap().cliffs_delta;
            let (i, j) = (a.interval.unwrap(), b.interval.unwrap());
            assert!((i.low.unwrap() + j.high.unwrap()).abs() < 1e-12);
            assert!((a.p_value.unwrap() - b.p_value.unwrap()).abs() < 1e-14);
        }
    }
}
