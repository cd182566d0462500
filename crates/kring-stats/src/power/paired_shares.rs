//! Power of McNemar's test: two shares of the same subjects.
//!
//! ```text
//! pairs    p₁₀ with the event first only, p₀₁ second only;  d = p₁₀ − p₀₁,  ψ = p₁₀ + p₀₁
//!          from the second share and φ:  p₁₀ = p₁(1 − p₂) − φ √(p₁(1 − p₁)p₂(1 − p₂)),  p₁ = p₂ + d
//! normal   Φ((|d| √n − z_c √ψ) / √(ψ − d²))
//! exact    K ~ Binomial(n, ψ) pairs change, B ~ Binomial(K, p₁₀/ψ) of them first only; given K = k the
//!          test rejects from the smallest b with P(B ≥ b; k, ½) ≤ α/2, or mid-p P(B > b) + ½P(B = b):
//!          Σ_k P(K = k) P(B ≥ b_k; k, p₁₀/ψ)
//! ```
//! The power depends on the pairs that change only; their share must be guessed or follow from the
//! correlation. R has no function for it; package MESS has `power_mcnemar_test`.
//!
//! Connor RJ (1987), Biometrics 43:207–211, doi 10.2307/2531961; Fagerland MW, Lydersen S, Laake P
//! (2013), BMC Medical Research Methodology 13:91, doi 10.1186/1471-2288-13-91.

use kring_core::{Alternative, Caution, Measure, PowerUnit};
use serde::{Deserialize, Serialize};

use super::OtherTail;
use super::form::{Form, Frame, Sizes, correlation, one, share};
use super::tail::Level;
use crate::Error;
use crate::dist::discrete::Binomial;

/// Two shares of the same subjects; the effect is the first less the second, as after less before.
///
/// ```
/// use kring_stats::power::{ClosedForm, PairedProportions, PairedShares, Solve};
/// let pairs = PairedShares::Discordant { share: 0.3 };
/// let plan = PairedProportions { pairs, ..PairedProportions::default() };
/// // (1.96 √0.3 + 0.8416 √(0.3 − 0.04))² / 0.04 = 56.4.
/// assert_eq!(plan.solve(Solve::N { effect: 0.2, power: 0.8 })?.n, [57]);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PairedProportions {
    /// What is known of the pairs.
    pub pairs: PairedShares,
    /// Which form of the test is planned.
    pub method: PairedProportionsPower,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// What is known of pairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PairedShares {
    /// The share of pairs that are not alike.
    Discordant {
        /// That share.
        share: f64,
    },
    /// The second share, and how both hang together.
    Correlated {
        /// The share with the event at the second of each pair.
        second: f64,
        /// The correlation φ of both.
        correlation: f64,
    },
}

/// The form of McNemar's test that is planned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PairedProportionsPower {
    /// χ², by normal distributions.
    #[default]
    Normal,
    /// Exact, by enumeration.
    Exact,
    /// Mid-p, by enumeration.
    MidP,
}

/// The shares of pairs with the event first only and second only.
struct Changed {
    first: f64,
    second: f64,
}

impl Default for PairedShares {
    fn default() -> Self {
        Self::Discordant { share: 0.3 }
    }
}

impl Default for PairedProportions {
    fn default() -> Self {
        Self {
            pairs: PairedShares::default(),
            method: PairedProportionsPower::Normal,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl PairedShares {
    fn changed(self, d: f64) -> Changed {
        match self {
            Self::Discordant { share } => Changed {
                first: f64::midpoint(share, d),
                second: f64::midpoint(share, -d),
            },
            Self::Correlated {
                second: p2,
                correlation,
            } => {
                let (q2, p1) = (1.0 - p2, p2 + d);
                let q1 = 1.0 - p1;
                let both = correlation * (p1 * q1 * p2 * q2).sqrt();
                Changed {
                    first: p1 * q2 - both,
                    second: p2 * q1 - both,
                }
            }
        }
    }

    /// Between which differences all four shares are above zero.
    fn differences(self) -> Result<[f64; 2], Error> {
        let (p2, phi) = match self {
            Self::Discordant { share: psi } => {
                share("the share of pairs that are not alike", psi)?;
                return Ok([-psi, psi]);
            }
            Self::Correlated {
                second,
                correlation: phi,
            } => (
                share("the share at the second of each pair", second)?,
                correlation("the correlation of the pairs", phi)?,
            ),
        };
        let odds = p2 / (1.0 - p2);
        // φ > 0 bounds p₁₀ and p₀₁, φ < 0 bounds p₁₁ and p₀₀: all by the odds of p₁.
        let square = phi * phi;
        let [low, high] = if phi > 0.0 {
            [square * odds, odds / square]
        } else {
            [square / odds, 1.0 / (square * odds)]
        };
        if !(low < odds && odds < high) {
            return Err(Error::Argument {
                what: "the correlation of the pairs".to_owned(),
                expected: "one that two equal shares can have",
                found: format!("{phi} with shares of {p2}"),
            });
        }
        let difference = |odds: f64| {
            let first = if odds.is_finite() {
                odds / (1.0 + odds)
            } else {
                1.0
            };
            first - p2
        };
        Ok([difference(low), difference(high)])
    }
}

impl PairedProportions {
    fn level(&self) -> Level {
        Level {
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        }
    }

    /// Σ_k P(K = k) P(B ≥ b_k), of a chance π that a change is first only.
    fn upper(&self, n: f64, psi: f64, pi: [f64; 2]) -> f64 {
        let tail = match self.alternative {
            Alternative::TwoSided => self.alpha / 2.0,
            _ => self.alpha,
        } * (1.0 + 1e-12);
        let changes = Binomial::new(n, psi);
        // Twelve standard deviations around the mean hold all but 1e-30.
        let spread = 12.0 * (n * psi * (1.0 - psi)).sqrt() + 12.0;
        let first = (n * psi - spread).floor().max(0.0);
        let last = (n * psi + spread).ceil().min(n);
        let rejects = |k: f64, b: f64| {
            let even = Binomial::new(k, 0.5);
            match self.method {
                PairedProportionsPower::MidP => {
                    even.upper(b + 1.0) + 0.5 * even.ln_pmf(b).exp() <= tail
                }
                _ => even.upper(b) <= tail,
            }
        };
        let mut sum = 0.0;
        let (mut k, mut b) = (first, (first / 2.0).ceil());
        while k <= last {
            // With one more change the smallest b stays or moves up by one.
            while b <= k && !rejects(k, b) {
                b += 1.0;
            }
            if b <= k {
                let given = Binomial {
                    n: k,
                    p: pi[0],
                    q: pi[1],
                };
                sum += changes.ln_pmf(k).exp() * given.upper(b);
            }
            k += 1.0;
        }
        sum
    }
}

impl Form for PairedProportions {
    fn frame(&self) -> Result<Frame, Error> {
        self.level().check()?;
        let effects = self.pairs.differences()?;
        let (method, sizes) = match self.method {
            PairedProportionsPower::Normal => {
                ("McNemar's test, by normal distributions", Sizes::Real)
            }
            PairedProportionsPower::Exact => ("McNemar's exact test, by enumeration", Sizes::Whole),
            PairedProportionsPower::MidP => ("McNemar's mid-p test, by enumeration", Sizes::Whole),
        };
        Ok(Frame {
            name: "McNemar's test",
            method: method.to_owned(),
            measure: Measure::RiskDifference,
            alpha: self.alpha,
            alternative: self.alternative,
            unit: PowerUnit::Pairs,
            allocation: vec![1.0],
            fewest: 2.0,
            sizes,
            centre: 0.0,
            effects,
            scale: 0.1,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let n = one(sizes)?;
        let Changed { first, second } = self.pairs.changed(effect);
        let psi = first + second;
        if self.method == PairedProportionsPower::Normal {
            let error = (psi - effect * effect).sqrt();
            return self
                .level()
                .normal(effect * n.sqrt() / error, psi.sqrt() / error);
        }
        let pi = [first / psi, second / psi];
        let turned = [pi[1], pi[0]];
        // The larger side is the one of the effect.
        let (with, against) = if effect < 0.0 {
            (turned, pi)
        } else {
            (pi, turned)
        };
        Ok(match (self.alternative, self.other_tail) {
            (Alternative::Greater, _) => self.upper(n, psi, pi),
            (Alternative::Less, _) => self.upper(n, psi, turned),
            (Alternative::TwoSided, OtherTail::Ignored) => self.upper(n, psi, with),
            (Alternative::TwoSided, OtherTail::Counted) => {
                self.upper(n, psi, with) + self.upper(n, psi, against)
            }
        }
        .min(1.0))
    }

    fn cautions(&self, sizes: &[f64], effect: f64) -> Vec<Caution> {
        let Changed { first, second } = self.pairs.changed(effect);
        let expected = sizes.iter().sum::<f64>() * (first + second);
        if self.method != PairedProportionsPower::Normal || expected >= 25.0 {
            return Vec::new();
        }
        vec![Caution::Note(format!(
            "Only {expected:.1} pairs are expected to change: plan the exact or the mid-p test."
        ))]
    }
}
