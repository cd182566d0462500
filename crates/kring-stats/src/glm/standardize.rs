//! Standardised means: what the model expects if all rows had one setting, and then another.
//!
//! ```text
//! m_a = Σ w_i μ(x_ai) / Σ w_i,  m_b likewise      x_a, x_b the rows under the settings a and b
//! difference  m_b − m_a       log ratio  log m_b − log m_a       log odds ratio of the two shares
//! errors      the delta method: gradient c = Σ w_i (dμ/dη)_i x_i / Σ w_i,  variance c'V c
//! intervals   of a mean of shares on the scale of the logit, of counts of the log, and transformed
//! ```
//! This is g-computation over the rows as they are (their mix of covariates is taken as fixed). The
//! reference distribution is that of the contrast c of the coefficients, so that few clusters give few
//! degrees of freedom. V is whatever covariance the fit has.
//!
//! Lane PW, Nelder JA (1982), Biometrics 38:613–621, doi 10.2307/2530043; Localio AR, Margolis DJ,
//! Berlin JA (2007), J Clin Epidemiol 60:874–882, doi 10.1016/j.jclinepi.2006.12.001. Differences from
//! R: marginaleffects takes the normal distribution whatever the fit, and intervals of means of shares and counts
//! around the mean itself, whose ends may lie below zero or above one.

use kring_core::{Estimate, Measure};
use ndarray::{Array1, ArrayView1, ArrayView2};
use serde::{Deserialize, Serialize};

use super::GlmFit;
use crate::family::{Family, Link};
use crate::fit::{Delta, Lies};
use crate::resampling::same_length;
use crate::{Error, Fit, narrow};

/// Two settings of the same rows.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// What the two are called: `WT` and `EKC`, or `0` and `1`.
    pub names: [&'a str; 2],
    /// The model matrix under the first, all columns, `n` × `p`.
    pub a: ArrayView2<'a, f64>,
    /// The model matrix under the second, all columns, `n` × `p`.
    pub b: ArrayView2<'a, f64>,
    /// What is added to η in both, `n`.
    pub offset: Option<ArrayView1<'a, f64>>,
    /// How much each row counts in the mean, `n`.
    pub weights: Option<ArrayView1<'a, f64>>,
}

impl Settings<'_> {
    /// Both settings have a row for each row of the design.
    pub(super) fn check_rows(&self, rows: usize) -> Result<(), Error> {
        for (name, x) in self.names.iter().zip([&self.a, &self.b]) {
            if x.nrows() != rows {
                return Err(Error::Shape {
                    what: format!("the model matrix of the setting {name}"),
                    expected: format!("a row for each of the {rows} rows of the design"),
                    found: format!("{} rows", x.nrows()),
                });
            }
        }
        for (what, values) in [("the offset", self.offset), ("the weights", self.weights)] {
            values.map_or(Ok(()), |values| same_length(what, values.len(), rows))?;
        }
        Ok(())
    }
}

/// Standardised means and how they compare: the second setting against the first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standardized {
    /// The mean under the first setting.
    pub mean_a: Estimate,
    /// The mean under the second setting.
    pub mean_b: Estimate,
    /// The second less the first: a risk difference, a difference of counts.
    pub difference: Estimate,
    /// The log of their ratio; absent where a mean is not above zero.
    pub ratio: Option<Estimate>,
    /// The log of the ratio of their odds, of shares.
    pub odds_ratio: Option<Estimate>,
}

/// Below this many rows the delta method's interval of a difference of shares is rough.
const ENOUGH_ROWS: usize = 200;

/// A mean and its gradient by the coefficients.
struct Standard {
    mean: f64,
    gradient: Array1<f64>,
}

/// A fit whose means are standardised.
pub(crate) struct Standardizer<'a> {
    pub fit: &'a dyn Fit,
    pub family: Family,
    pub link: Link,
}

impl GlmFit {
    /// The standardised means under two settings, and how they compare.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{family::Family, glm::{Glm, Settings}};
    /// use ndarray::array;
    /// let x = array![[1.0, 0.0], [1.0, 1.0]];
    /// let design = Design::new(DesignParts {
    ///     response: Response::Proportion { successes: array![3.0, 6.0], trials: array![10.0, 10.0] },
    ///     response_name: "at_home".into(),
    ///     mean: Part::fixed(x.clone(), vec!["(Intercept)".into(), "armEKC".into()]),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: vec![0, 1], omitted: vec![],
    /// })?;
    /// let fit = Glm { family: Family::Binomial, ..Glm::default() }.fit(&design)?;
    /// let (wt, ekc) = (array![[1.0, 0.0], [1.0, 0.0]], array![[1.0, 1.0], [1.0, 1.0]]);
    /// let found = fit.standardized(&Settings {
    ///     names: ["WT", "EKC"], a: wt.view(), b: ekc.view(), offset: None, weights: None,
    /// })?;
    /// // 6/10 − 3/10, with the variance 0.6·0.4/10 + 0.3·0.7/10.
    /// assert!((found.difference.value.finite().unwrap() - 0.3).abs() < 1e-12);
    /// assert!((found.difference.std_error.unwrap() - 0.045_f64.sqrt()).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn standardized(&self, settings: &Settings<'_>) -> Result<Standardized, Error> {
        let means = Standardizer {
            fit: self,
            family: self.family,
            link: self.link,
        };
        means.of(settings)
    }
}

impl Standardizer<'_> {
    /// The standardised means under two settings, and how they compare.
    pub fn of(&self, settings: &Settings<'_>) -> Result<Standardized, Error> {
        let [name_a, name_b] = settings.names;
        let a = self.standard(name_a, settings.a, settings)?;
        let b = self.standard(name_b, settings.b, settings)?;
        let share = self.family.is_share();
        let count = matches!(
            self.family,
            Family::Poisson
                | Family::QuasiPoisson
                | Family::NegativeBinomial1
                | Family::NegativeBinomial2
        );
        let mean = || {
            if share {
                Measure::Proportion
            } else {
                Measure::Mean { unit: None }
            }
        };
        let difference = match (share, count) {
            (true, _) => Measure::RiskDifference,
            (_, true) => Measure::RateDifference,
            _ => Measure::MeanDifference { unit: None },
        };
        let ratio = match (share, count) {
            (true, _) => Measure::LogRiskRatio,
            (_, true) => Measure::LogRateRatio,
            _ => Measure::LogMeanRatio,
        };
        let both = format!("{name_b} − {name_a}");
        let quotient = format!("{name_b} / {name_a}");
        let positive = a.mean > 0.0 && b.mean > 0.0;
        let compared = |measure, f: fn(f64) -> f64, slope: fn(f64) -> f64| {
            let c = &b.gradient * slope(b.mean) - &a.gradient * slope(a.mean);
            self.delta(&quotient, measure, f(b.mean) - f(a.mean), &c, true)
        };
        Ok(Standardized {
            mean_a: self.delta(name_a, mean(), a.mean, &a.gradient, false)?,
            mean_b: self.delta(name_b, mean(), b.mean, &b.gradient, false)?,
            difference: self.delta(
                &both,
                difference,
                b.mean - a.mean,
                &(&b.gradient - &a.gradient),
                true,
            )?,
            ratio: positive
                .then(|| compared(ratio, f64::ln, f64::recip))
                .transpose()?,
            odds_ratio: (share && positive && a.mean < 1.0 && b.mean < 1.0)
                .then(|| {
                    let slope = |m: f64| 1.0 / (m * (1.0 - m));
                    compared(Measure::LogOddsRatio, |m| (m / (1.0 - m)).ln(), slope)
                })
                .transpose()?,
        })
    }

    fn standard(
        &self,
        name: &str,
        x: ArrayView2<'_, f64>,
        settings: &Settings<'_>,
    ) -> Result<Standard, Error> {
        let coefficients = self.fit.coefficients();
        let shape = |what: &str, expected: String, found: String| Error::Shape {
            what: format!("{what} of the setting {name}"),
            expected,
            found,
        };
        if x.ncols() != coefficients.columns.len() || x.nrows() == 0 {
            return Err(shape(
                "the model matrix",
                format!(
                    "{} columns and at least one row",
                    coefficients.columns.len()
                ),
                format!("{} columns and {} rows", x.ncols(), x.nrows()),
            ));
        }
        for (what, values) in [
            ("the offset", settings.offset),
            ("the weights", settings.weights),
        ] {
            let found = values.map_or(x.nrows(), |v| v.len());
            if found != x.nrows() {
                return Err(shape(
                    what,
                    format!("{} values", x.nrows()),
                    found.to_string(),
                ));
            }
        }
        let weight = |i: usize| settings.weights.map_or(1.0, |w| w[i]);
        let total: f64 = (0..x.nrows()).map(weight).sum();
        let proper = (0..x.nrows()).all(|i| weight(i) >= 0.0);
        if !(proper && total > 0.0 && total.is_finite()) {
            return Err(Error::Argument {
                what: format!("the sum of the weights of the setting {name}"),
                expected: "a number above zero, with no weight below zero",
                found: total.to_string(),
            });
        }
        let mut gradient = Array1::zeros(coefficients.columns.len());
        let mut mean = 0.0;
        for (i, row) in x.rows().into_iter().enumerate() {
            if weight(i) == 0.0 {
                continue;
            }
            let fixed = coefficients.estimated.iter().zip(&coefficients.values);
            let eta: f64 = fixed.map(|(&j, b)| row[j] * b).sum();
            let at = self.link.mean(eta + settings.offset.map_or(0.0, |o| o[i]));
            let share = weight(i) / total;
            mean += share * at.mu;
            gradient.scaled_add(share * at.slope, &row);
            if !at.mu.is_finite() {
                return Err(Error::Overflow {
                    what: format!("the mean under the setting {name}"),
                });
            }
        }
        // Refused where the mean depends on a column that could not be estimated.
        let gradient = coefficients.estimable(name, gradient.view())?;
        Ok(Standard { mean, gradient })
    }

    /// A function of the coefficients by its gradient.
    fn delta(
        &self,
        label: &str,
        measure: Measure,
        value: f64,
        c: &Array1<f64>,
        tested: bool,
    ) -> Result<Estimate, Error> {
        let covariance = self.fit.coefficients().covariance.as_ref();
        let known = covariance.zip(self.fit.reference(c.view()));
        let from = self.fit.provenance();
        let shares = measure == Measure::RiskDifference && from.sample.rows < ENOUGH_ROWS;
        let mut estimate = Delta {
            label,
            measure,
            value,
            error: known.map(|(v, reference)| (c.dot(&v.dot(c)), reference)),
            how: "standardised over the rows, delta method",
            tested,
            lies: if tested {
                Lies::Anywhere
            } else {
                Lies::mean_of(self.family)
            },
        }
        .estimate(from)?;
        let doubt = narrow::DELTA_METHOD.when(shares && estimate.interval.is_some());
        estimate.cautions.extend(doubt);
        Ok(estimate)
    }
}
