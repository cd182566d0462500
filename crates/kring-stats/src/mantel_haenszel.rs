//! Comparisons of two groups over strata: Cochran, Mantel and Haenszel.
//!
//! ```text
//! stratum    a of m events in x, c of n in y; b = m − a, d = n − c, N = m + n
//! test       (|Σ (a − E)| − κ)² / Σ V,  E = m(a + c)/N,  V = m n (a + c)(b + d) / N²(N − 1);
//!            κ = 0, or ½ with Yates's correction;  χ² with 1 degree of freedom
//! OR         Σ ad/N / Σ bc/N;   variance of its log by Robins, Breslow and Greenland
//! RR         Σ an/N / Σ cm/N;   variance of its log by Greenland and Robins
//! RD         Σ (an − cm)/N / Σ mn/N;   variance by Sato
//! exact      S = Σ a given all margins: `fisher::ConditionalOddsRatio`, over the strata's convolution
//! ```
//! One ratio (or difference) is assumed for all strata; Breslow and Day's test asks whether that can
//! be. A stratum that holds only one group, or only one outcome, adds nothing to the ratios.
//! Figures are equal to R's `mantelhaen.test` (which corrects unless told otherwise) and metafor's
//! `rma.mh`. R's exact limits are solved to 10⁻⁴ only, ours to the last digits.
//!
//! Mantel N, Haenszel W (1959), JNCI 22:719–748, doi 10.1093/jnci/22.4.719; Robins J, Breslow N,
//! Greenland S (1986), Biometrics 42:311–323, doi 10.2307/2531052; Greenland S, Robins JM (1985),
//! Biometrics 41:55–68, doi 10.2307/2530643; Sato T (1989), Biometrics 45:1323–1324.

use kring_core::{
    Alternative, Boundary, Caution, Estimate, JointTest, Measure, Reference, Sample, Value,
};
use serde::{Deserialize, Serialize};

use crate::chi_squared::Correction;
use crate::dist::tilted::Tilted;
use crate::events::{Found, Stratum, rows};
use crate::fisher::{ConditionalOddsRatio, conditional};
use crate::interval::wald;
use crate::{Error, dist, narrow};

/// The options of the test and of the common ratios.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MantelHaenszel {
    /// Whether the test is corrected for continuity. R does so by default; kring does not.
    pub correction: Correction,
    /// On which side the alternative of a ratio or difference lies; the test has two sides.
    pub alternative: Alternative,
    /// The level of intervals.
    pub level: f64,
}

impl Default for MantelHaenszel {
    fn default() -> Self {
        Self {
            correction: Correction::None,
            alternative: Alternative::TwoSided,
            level: 0.95,
        }
    }
}

const NAME: &str = "the Mantel–Haenszel method";

/// One stratum in the letters of the paper.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cells {
    pub a: f64,
    pub b: f64,
    pub c: f64,
    pub d: f64,
}

impl Cells {
    pub fn m(&self) -> f64 {
        self.a + self.b
    }

    pub fn n(&self) -> f64 {
        self.c + self.d
    }

    /// The events of both groups.
    pub fn k(&self) -> f64 {
        self.a + self.c
    }

    pub fn all(&self) -> f64 {
        self.m() + self.n()
    }

    /// Whether the stratum holds both groups and both outcomes.
    pub fn says_something(&self) -> bool {
        self.m() > 0.0 && self.n() > 0.0 && self.k() > 0.0 && self.b + self.d > 0.0
    }
}

/// The strata that hold anybody, checked.
pub(crate) fn cells(method: &'static str, strata: &[Stratum<'_>]) -> Result<Vec<Cells>, Error> {
    let cells = strata.iter().map(|stratum| {
        let (x, y) = (stratum.x.within()?, stratum.y.within()?);
        Ok(Cells {
            a: x.with(),
            b: x.without(),
            c: y.with(),
            d: y.without(),
        })
    });
    let cells: Vec<Cells> = cells.collect::<Result<_, Error>>()?;
    let cells: Vec<Cells> = cells.into_iter().filter(|c| c.all() > 0.0).collect();
    if !cells.iter().any(|c| c.m() > 0.0 && c.n() > 0.0) {
        return Err(Error::TooFew {
            method,
            what: "strata with subjects of both groups".to_owned(),
            needed: 1,
            found: 0,
        });
    }
    Ok(cells)
}

pub(crate) fn sample(strata: &[Stratum<'_>]) -> Sample {
    let total = |size: &dyn Fn(&Stratum<'_>) -> f64| rows(strata.iter().map(size).sum());
    let (x, y) = (total(&|s| s.x.size()), total(&|s| s.y.size()));
    let names = strata.first().map(|s| [s.x.name, s.y.name]);
    let groups = names.map(|[a, b]| vec![(a.to_owned(), x), (b.to_owned(), y)]);
    Sample {
        rows: x.saturating_add(y),
        groups: groups.unwrap_or_default(),
        ..Sample::default()
    }
}

fn label(strata: &[Stratum<'_>], sign: &str) -> String {
    strata
        .first()
        .map(|s| format!("{} {sign} {}", s.x.name, s.y.name))
        .unwrap_or_default()
}

fn sum(cells: &[Cells], term: impl Fn(&Cells) -> f64) -> f64 {
    cells.iter().map(term).sum()
}

/// Σ ad/N and Σ bc/N.
pub(crate) struct OddsParts {
    pub r: f64,
    pub s: f64,
}

pub(crate) fn odds_parts(cells: &[Cells]) -> OddsParts {
    OddsParts {
        r: sum(cells, |c| c.a * c.d / c.all()),
        s: sum(cells, |c| c.b * c.c / c.all()),
    }
}

impl MantelHaenszel {
    /// Tests whether group and event are independent within the strata.
    ///
    /// ```
    /// use kring_stats::events::{Events, Stratum};
    /// use kring_stats::mantel_haenszel::MantelHaenszel;
    /// let site = |name, x, y| Stratum {
    ///     name,
    ///     x: Events { name: "EKC", events: x, n: 10 },
    ///     y: Events { name: "WT", events: y, n: 10 },
    /// };
    /// let sites = [site("Rotterdam", 7, 4), site("Utrecht", 6, 4)];
    /// let test = MantelHaenszel::default().test("safe × arm, by site", &sites)?;
    /// // Σ(a − E) = 1.5 + 1;  V = 100 · 11 · 9 / (400 · 19) and 100 · 10 · 10 / (400 · 19).
    /// assert!((test.statistic.unwrap() - 6.25 / (199.0 / 76.0)).abs() < 1e-13);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, label: &str, strata: &[Stratum<'_>]) -> Result<JointTest, Error> {
        let cells = cells("the Cochran–Mantel–Haenszel test", strata)?;
        let distance = sum(&cells, |c| c.a - c.m() * c.k() / c.all()).abs();
        // A stratum of one subject has no variance.
        let variance = sum(&cells, |c| {
            let n = c.all();
            c.m() * c.n() * c.k() * (c.b + c.d) / (n * n * (n - 1.0).max(1.0))
        });
        if variance == 0.0 {
            return Err(Error::Constant {
                method: "the Cochran–Mantel–Haenszel test",
                what: format!("the outcome in every stratum of {label}"),
            });
        }
        let corrected = self.correction == Correction::Yates;
        let kappa = if corrected && distance >= 0.5 {
            0.5
        } else {
            0.0
        };
        let statistic = (distance - kappa).powi(2) / variance;
        let reference = Reference::ChiSquared { df: 1.0 };
        let method = if corrected {
            "Cochran–Mantel–Haenszel test with continuity correction"
        } else {
            "Cochran–Mantel–Haenszel test"
        };
        Ok(JointTest {
            label: label.to_owned(),
            statistic: Some(statistic),
            reference,
            p_value: Some(dist::p_value(statistic, reference, Alternative::TwoSided)?),
            sample: sample(strata),
            method: method.to_owned(),
            cautions: Vec::new(),
        })
    }

    /// The odds ratio that all strata have in common, x over y, as a log.
    pub fn odds_ratio(&self, strata: &[Stratum<'_>]) -> Result<Estimate, Error> {
        let cells = cells(NAME, strata)?;
        let OddsParts { r, s } = odds_parts(&cells);
        // P = (a + d)/N, Q = (b + c)/N, R = ad/N, S = bc/N.
        let over = |term: fn(&Cells) -> f64| sum(&cells, |c| term(c) / (c.all() * c.all()));
        let variance = over(|c| (c.a + c.d) * c.a * c.d) / (2.0 * r * r)
            + over(|c| (c.a + c.d) * c.b * c.c + (c.b + c.c) * c.a * c.d) / (2.0 * r * s)
            + over(|c| (c.b + c.c) * c.b * c.c) / (2.0 * s * s);
        self.ratio(
            strata,
            r,
            s,
            variance,
            Measure::LogOddsRatio,
            "Mantel–Haenszel odds ratio",
        )
    }

    /// The risk ratio that all strata have in common, x over y, as a log.
    pub fn risk_ratio(&self, strata: &[Stratum<'_>]) -> Result<Estimate, Error> {
        let cells = cells(NAME, strata)?;
        let r = sum(&cells, |c| c.a * c.n() / c.all());
        let s = sum(&cells, |c| c.c * c.m() / c.all());
        let spread = sum(&cells, |c| {
            (c.m() * c.n() * c.k() - c.a * c.c * c.all()) / (c.all() * c.all())
        });
        let variance = spread / (r * s);
        self.ratio(
            strata,
            r,
            s,
            variance,
            Measure::LogRiskRatio,
            "Mantel–Haenszel risk ratio",
        )
    }

    /// The difference of risks that all strata have in common, x − y.
    pub fn risk_difference(&self, strata: &[Stratum<'_>]) -> Result<Estimate, Error> {
        let cells = cells(NAME, strata)?;
        let weight = sum(&cells, |c| c.m() * c.n() / c.all());
        let value = sum(&cells, |c| (c.a * c.n() - c.c * c.m()) / c.all()) / weight;
        let p = sum(&cells, |c| {
            let (m, n, all) = (c.m(), c.n(), c.all());
            (m * m * c.c - n * n * c.a + m * n * (n - m) / 2.0) / (all * all)
        });
        let q = sum(&cells, |c| (c.a * c.d + c.c * c.b) / (2.0 * c.all()));
        let variance = ((value * p + q) / (weight * weight)).max(0.0);
        let std_error = variance.sqrt();
        let null = std_error == 0.0;
        Found {
            label: label(strata, "−"),
            measure: Measure::RiskDifference,
            value: Value::Value(value),
            std_error: Some(std_error),
            null: 0.0,
            alternative: self.alternative,
            reference: Reference::Normal,
            interval: Some(wald(value, std_error, self.level, self.alternative)?),
            p_value: if null {
                None
            } else {
                Some(dist::p_value(
                    value / std_error,
                    Reference::Normal,
                    self.alternative,
                )?)
            },
            sample: sample(strata),
            method: "Mantel–Haenszel risk difference (Sato's variance)",
            cautions: if null {
                vec![no_error()]
            } else {
                let each = sum(&cells, Cells::all) / cells.len() as f64;
                let few = each < narrow::FEW as f64;
                narrow::MANTEL_HAENSZEL.when(few).into_iter().collect()
            },
        }
        .estimate()
    }

    fn ratio(
        &self,
        strata: &[Stratum<'_>],
        r: f64,
        s: f64,
        variance: f64,
        measure: Measure,
        method: &'static str,
    ) -> Result<Estimate, Error> {
        let value = match (r > 0.0, s > 0.0) {
            (true, true) => Value::Value((r / s).ln()),
            (false, true) => Value::AtBoundary(Boundary::Zero),
            (true, false) => Value::AtBoundary(Boundary::Infinite),
            (false, false) => {
                return Err(Error::Constant {
                    method: "the ratio",
                    what: "the outcome (or the group) in every stratum".to_owned(),
                });
            }
        };
        dist::check_level(self.level)?;
        let std_error = value.finite().map(|_| variance.max(0.0).sqrt());
        let found = |interval, p_value, cautions| Found {
            label: label(strata, "/"),
            measure,
            value,
            std_error,
            null: 0.0,
            alternative: self.alternative,
            reference: Reference::Normal,
            interval,
            p_value,
            sample: sample(strata),
            method,
            cautions,
        };
        match (value.finite(), std_error) {
            (Some(value), Some(error)) if error > 0.0 => found(
                Some(wald(value, error, self.level, self.alternative)?),
                Some(dist::p_value(
                    value / error,
                    Reference::Normal,
                    self.alternative,
                )?),
                Vec::new(),
            ),
            _ => found(None, None, vec![no_error()]),
        }
        .estimate()
    }
}

fn no_error() -> Caution {
    Caution::Note(
        "No error can be estimated, because no stratum has both outcomes in both groups: take the \
        exact conditional odds ratio."
            .to_owned(),
    )
}

impl ConditionalOddsRatio {
    /// The odds ratio that all strata have in common, x over y, as a log: conditional maximum
    /// likelihood, with the exact test of the common odds ratio.
    pub fn common(&self, strata: &[Stratum<'_>]) -> Result<Estimate, Error> {
        let cells = cells("the exact common odds ratio", strata)?;
        let cells: Vec<Cells> = cells.into_iter().filter(Cells::says_something).collect();
        let length = sum(&cells, |c| c.m().min(c.n()).min(c.k()).min(c.b + c.d));
        // Beyond 2⁵³ a count is no longer a whole number.
        let largest = cells.iter().map(Cells::all).fold(0.0, f64::max);
        if length * length > MOST_PRODUCTS || largest > 1e15 {
            return Err(Error::Unsupported {
                what: format!("an exact common odds ratio with {length} possible sums"),
                hint: "take the Mantel–Haenszel odds ratio, which is as good for so many"
                    .to_owned(),
            });
        }
        let OddsParts { r, s } = odds_parts(&cells);
        let near = if r > 0.0 && s > 0.0 {
            (r / s).ln()
        } else {
            0.0
        };
        let parts: Vec<Tilted> = cells
            .iter()
            .map(|c| Tilted::hypergeometric(c.m(), c.n(), c.k()))
            .collect();
        let found = conditional(self, &Tilted::sum(&parts, near), sum(&cells, |c| c.a))?;
        Found {
            label: label(strata, "/"),
            sample: sample(strata),
            method: "common odds ratio by conditional maximum likelihood, exact",
            ..found
        }
        .estimate()
    }
}

/// The most multiplications of a convolution, about a second.
const MOST_PRODUCTS: f64 = 1e9;
