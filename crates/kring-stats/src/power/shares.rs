//! Power of the comparison of two shares.
//!
//! ```text
//! normal    d = p₁ − p₂, p̄ = (n₁p₁ + n₂p₂)/(n₁ + n₂):
//!           Φ((|d| − z_c √(p̄(1 − p̄)(1/n₁ + 1/n₂))) / √(p₁(1 − p₁)/n₁ + p₂(1 − p₂)/n₂))
//! arcsine   h = 2 arcsin √p₁ − 2 arcsin √p₂:  Φ(|h| √(n₁n₂/(n₁ + n₂)) − z_c)
//! Fisher, Boschloo   all tables that the test rejects, by their probability (see `exact_shares`)
//! ```
//! Normal is equal to R's `power.prop.test` (equal arms), arcsine to `pwr.2p.test` and `pwr.2p2n.test`
//! of package pwr, which count the other tail.
//!
//! Fleiss JL, Levin B, Paik MC (2003), Statistical Methods for Rates and Proportions, 3rd ed., ch. 4;
//! Cohen J (1988), ch. 6.

use kring_core::{Alternative, Caution, Measure, PowerUnit};
use serde::{Deserialize, Serialize};

use super::OtherTail;
use super::exact_shares::{Ordered, Tables};
use super::form::{Form, Frame, Sizes, positive, share, two};
use super::tail::Level;
use crate::Error;

/// Two shares of independent subjects; the effect is the first share less the second.
///
/// ```
/// use kring_stats::power::{ClosedForm, Solve, TwoProportions};
/// let plan = TwoProportions { second: 0.45, ..TwoProportions::default() };
/// let found = plan.solve(Solve::Power { n: 55, effect: 0.18 - 0.45 })?;
/// assert!((found.power - 0.872_277_76).abs() < 1e-8);
/// # Ok::<(), kring_stats::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TwoProportions {
    /// The share with the event in the second arm.
    pub second: f64,
    /// Which test is planned.
    pub method: ProportionsPower,
    /// The size of the second arm beside the first.
    pub allocation: f64,
    /// The error rate of the test.
    pub alpha: f64,
    /// On which side the alternative lies.
    pub alternative: Alternative,
    /// Whether a find with the wrong sign counts.
    pub other_tail: OtherTail,
}

/// The test of two shares that is planned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProportionsPower {
    /// The χ² (score) test, by normal distributions.
    #[default]
    Normal,
    /// The test of Cohen's h, on the arcsine scale.
    Arcsine,
    /// Fisher's exact test, by enumeration.
    Fisher,
    /// Boschloo's exact test, by enumeration.
    Boschloo,
}

impl Default for TwoProportions {
    fn default() -> Self {
        Self {
            second: 0.5,
            method: ProportionsPower::Normal,
            allocation: 1.0,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            other_tail: OtherTail::Ignored,
        }
    }
}

impl TwoProportions {
    fn level(&self) -> Level {
        Level {
            alpha: self.alpha,
            alternative: self.alternative,
            other_tail: self.other_tail,
        }
    }

    fn exact(&self, sizes: [f64; 2], shares: [f64; 2], by: Ordered) -> Result<f64, Error> {
        let tables = Tables::rejected(sizes, self.level(), by)?;
        Ok(tables.probability(shares, self.level()))
    }
}

impl Form for TwoProportions {
    fn frame(&self) -> Result<Frame, Error> {
        self.level().check()?;
        share("the share of the second arm", self.second)?;
        positive("the allocation", self.allocation)?;
        let (method, sizes) = match self.method {
            ProportionsPower::Normal => (
                "test of two shares with the pooled error, by normal distributions",
                Sizes::Real,
            ),
            ProportionsPower::Arcsine => ("test of two shares by Cohen's h", Sizes::Real),
            ProportionsPower::Fisher => ("Fisher's exact test, by enumeration", Sizes::Whole),
            ProportionsPower::Boschloo => ("Boschloo's exact test, by enumeration", Sizes::Whole),
        };
        Ok(Frame {
            name: "the test of two shares",
            method: method.to_owned(),
            measure: Measure::RiskDifference,
            alpha: self.alpha,
            alternative: self.alternative,
            unit: PowerUnit::Subjects,
            allocation: vec![1.0, self.allocation],
            fewest: 2.0,
            sizes,
            centre: 0.0,
            effects: [-self.second, 1.0 - self.second],
            scale: 0.1,
        })
    }

    fn power(&self, sizes: &[f64], effect: f64) -> Result<f64, Error> {
        let [n1, n2] = two(sizes)?;
        let (p1, p2) = (self.second + effect, self.second);
        let squared = |p: f64, q: f64| (p * (1.0 - p) / n1 + q * (1.0 - q) / n2).sqrt();
        match self.method {
            ProportionsPower::Normal => {
                let pooled = (n1 * p1 + n2 * p2) / (n1 + n2);
                let error = squared(p1, p2);
                self.level()
                    .normal(effect / error, squared(pooled, pooled) / error)
            }
            ProportionsPower::Arcsine => {
                let h = 2.0 * (p1.sqrt().asin() - p2.sqrt().asin());
                self.level().normal(h * (n1 * n2 / (n1 + n2)).sqrt(), 1.0)
            }
            ProportionsPower::Fisher => self.exact([n1, n2], [p1, p2], Ordered::Fisher),
            ProportionsPower::Boschloo => self.exact([n1, n2], [p1, p2], Ordered::Boschloo),
        }
    }

    fn cautions(&self, sizes: &[f64], effect: f64) -> Vec<Caution> {
        let normal = matches!(
            self.method,
            ProportionsPower::Normal | ProportionsPower::Arcsine
        );
        let ([n1, n2], true) = (two(sizes).unwrap_or([f64::INFINITY; 2]), normal) else {
            return Vec::new();
        };
        let (p1, p2) = (self.second + effect, self.second);
        let cells = [n1 * p1, n1 * (1.0 - p1), n2 * p2, n2 * (1.0 - p2)];
        let smallest = cells.iter().copied().fold(f64::INFINITY, f64::min);
        if smallest >= 5.0 {
            return Vec::new();
        }
        vec![Caution::SmallExpectedCounts {
            smallest,
            below_five: cells.iter().filter(|&&cell| cell < 5.0).count(),
            cells: cells.len(),
        }]
    }
}
