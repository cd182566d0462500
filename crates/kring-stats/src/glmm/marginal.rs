//! Means over families beside those of the typical family.
//!
//! ```text
//! typical   m = Σ w_i μ(η_i) / Σ w_i,            a family whose random effects are zero
//! average   m = Σ w_i E μ(η_i + s_i t) / Σ w_i,  t ~ N(0, 1),  s_i² = z_i'G z_i: over all families
//! errors    the delta method in β and Λ: ∂E μ = E[μ' x_i],  ∂E μ/∂Λ = E[μ' t] ∂s_i/∂Λ
//! intervals of a mean of shares on the scale of the logit, of counts of the log, and transformed
//! ```
//! E by Gauss and Hermite's rule with [`POINTS`] nodes. A rate ratio of the typical family and that of the
//! averages are the same with a log link and random intercepts; odds ratios are not.
//!
//! Zeger SL, Liang K-Y, Albert PS (1988), Biometrics 44:1049–1060, doi 10.2307/2531734.

use kring_core::{Estimate, Measure, Reference};
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::GlmmFit;
use super::density::Zeros;
use super::quadrature::nodes;
use crate::fit::{Delta, Lies};
use crate::glm::{Settings, Standardized};
use crate::{Error, Fit};

/// Means under two settings and how they compare, of two kinds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Marginal {
    /// Averages over all families: the random effects are integrated out.
    pub average: Standardized,
    /// The typical family, whose random effects are zero.
    pub typical: Standardized,
}

/// How many nodes integrate over the random effects.
const POINTS: usize = 41;

/// A mean with its gradient by the estimated coefficients and the parameters of Λ.
struct Mean {
    value: f64,
    gradient: Array1<f64>,
}

impl GlmmFit {
    /// The means under two settings of the rows that were fitted, over families and of the typical one.
    ///
    /// The model matrices have a row for each row of the design; the random effects keep the columns that
    /// they have in the data.
    pub fn marginal(&self, settings: &Settings<'_>) -> Result<Marginal, Error> {
        if self.data.density.zeros != Zeros::AsCounted {
            return Err(Error::Unsupported {
                what: "marginal means of a model with a part for the zeros".to_owned(),
                hint: "look at the two parts, or at the fitted values".to_owned(),
            });
        }
        if self.thresholds.is_some() {
            return Err(Error::Unsupported {
                what: "a marginal mean of ordered levels".to_owned(),
                hint: "predict the probabilities of the levels instead (`predict_levels`; `predict` in a protocol)".to_owned(),
            });
        }
        let both = |integrated: bool| -> Result<Standardized, Error> {
            let [name_a, name_b] = settings.names;
            let a = self.mean_under(name_a, settings.a, settings, integrated)?;
            let b = self.mean_under(name_b, settings.b, settings, integrated)?;
            self.compared(settings.names, &a, &b, integrated)
        };
        Ok(Marginal {
            average: both(true)?,
            typical: both(false)?,
        })
    }

    fn mean_under(
        &self,
        name: &str,
        x: ArrayView2<'_, f64>,
        settings: &Settings<'_>,
        integrated: bool,
    ) -> Result<Mean, Error> {
        let data = &self.data;
        let coefficients = self.coefficients();
        let rows = self.fitted.len();
        let lengths = [
            ("the model matrix", x.nrows()),
            ("the offset", settings.offset.map_or(rows, |o| o.len())),
            ("the weights", settings.weights.map_or(rows, |w| w.len())),
        ];
        for (what, found) in lengths {
            if found != rows || x.ncols() != coefficients.columns.len() {
                return Err(Error::Shape {
                    what: format!("{what} of the setting {name}"),
                    expected: format!("{rows} rows and {} columns", coefficients.columns.len()),
                    found: format!("{found} rows and {} columns", x.ncols()),
                });
            }
        }
        let weight = |i: usize| settings.weights.map_or(1.0, |w| w[i]);
        let total: f64 = data.source.iter().map(|&i| weight(i)).sum();
        if !(total > 0.0 && total.is_finite()) {
            return Err(Error::Argument {
                what: format!("the sum of the weights of the setting {name}"),
                expected: "a number above zero",
                found: total.to_string(),
            });
        }
        let [mean, zero, dispersion, parameters] = data.sizes();
        let theta = &self.found.phi[mean + zero + dispersion..];
        let rule = if integrated {
            nodes(POINTS, 1)
        } else {
            nodes(1, 1)
        };
        let mut by_column = Array1::zeros(x.ncols());
        let mut by_theta = vec![0.0; parameters];
        let mut value = 0.0;
        let mut spread = Spread::new(self, theta);
        for (place, &row) in data.source.iter().enumerate() {
            let share = weight(row) / total;
            let fixed = coefficients.estimated.iter().zip(&coefficients.values);
            let eta: f64 = fixed.map(|(&j, b)| x[[row, j]] * b).sum::<f64>()
                + settings.offset.map_or(0.0, |offset| offset[row]);
            let s = spread.of(place);
            let (mut slope, mut along) = (0.0, 0.0);
            for node in &rule {
                let t = node.x[0];
                let w = if integrated {
                    (node.ln_weight - 0.5 * t * t).exp()
                } else {
                    1.0
                };
                let at = data.density.link.mean(eta + s * t);
                value += share * w * at.mu;
                slope += w * at.slope;
                along += w * at.slope * t;
            }
            by_column.scaled_add(share * slope, &x.row(row));
            if integrated && s > 0.0 {
                for (to, d) in by_theta.iter_mut().zip(&spread.slopes) {
                    *to += share * along * d / s;
                }
            }
        }
        if !value.is_finite() {
            return Err(Error::Overflow {
                what: format!("the mean under the setting {name}"),
            });
        }
        let estimable = coefficients.estimable(name, by_column.view())?;
        Ok(Mean {
            value,
            gradient: estimable.iter().copied().chain(by_theta).collect(),
        })
    }

    fn compared(
        &self,
        [name_a, name_b]: [&str; 2],
        a: &Mean,
        b: &Mean,
        integrated: bool,
    ) -> Result<Standardized, Error> {
        let (share, count) = (self.family.is_share(), self.family.is_count());
        let of = |share_has: Measure, count_has: Measure, other: Measure| match (share, count) {
            (true, _) => share_has,
            (_, true) => count_has,
            _ => other,
        };
        let mean = || {
            of(
                Measure::Proportion,
                Measure::Mean { unit: None },
                Measure::Mean { unit: None },
            )
        };
        let difference = of(
            Measure::RiskDifference,
            Measure::RateDifference,
            Measure::MeanDifference { unit: None },
        );
        let ratio = of(
            Measure::LogRiskRatio,
            Measure::LogRateRatio,
            Measure::LogMeanRatio,
        );
        let joint = self.joint();
        let delta = |label: &str, measure, value, c: Array1<f64>, tested| {
            self.by_delta(label, measure, value, &c, tested, integrated, &joint)
        };
        let quotient = format!("{name_b} / {name_a}");
        let turned = |measure, f: fn(f64) -> f64, slope: fn(f64) -> f64| {
            let c = &b.gradient * slope(b.value) - &a.gradient * slope(a.value);
            delta(&quotient, measure, f(b.value) - f(a.value), c, true)
        };
        let positive = a.value > 0.0 && b.value > 0.0;
        Ok(Standardized {
            mean_a: delta(name_a, mean(), a.value, a.gradient.clone(), false)?,
            mean_b: delta(name_b, mean(), b.value, b.gradient.clone(), false)?,
            difference: delta(
                &format!("{name_b} − {name_a}"),
                difference,
                b.value - a.value,
                &b.gradient - &a.gradient,
                true,
            )?,
            ratio: positive
                .then(|| turned(ratio, f64::ln, f64::recip))
                .transpose()?,
            odds_ratio: (share && positive && a.value < 1.0 && b.value < 1.0)
                .then(|| {
                    let slope = |m: f64| 1.0 / (m * (1.0 - m));
                    turned(Measure::LogOddsRatio, |m| (m / (1.0 - m)).ln(), slope)
                })
                .transpose()?,
        })
    }

    #[allow(clippy::too_many_arguments, reason = "what an estimate is made of")]
    fn by_delta(
        &self,
        label: &str,
        measure: Measure,
        value: f64,
        c: &Array1<f64>,
        tested: bool,
        integrated: bool,
        joint: &Array2<f64>,
    ) -> Result<Estimate, Error> {
        Delta {
            label,
            measure,
            value,
            error: Some((c.dot(&joint.dot(c)), Reference::Normal)),
            how: if integrated {
                "averaged over all families, standardised over the rows, delta method"
            } else {
                "of the typical family, standardised over the rows, delta method"
            },
            tested,
            lies: if tested {
                Lies::Anywhere
            } else {
                Lies::mean_of(self.family)
            },
        }
        .estimate(self.provenance())
    }
}

/// s_i, the standard deviation of z_i'Λu, and half the slopes of its square by the parameters of Λ.
struct Spread<'a> {
    fit: &'a GlmmFit,
    lambdas: Vec<Array2<f64>>,
    slopes: Vec<f64>,
}

impl<'a> Spread<'a> {
    fn new(fit: &'a GlmmFit, theta: &[f64]) -> Self {
        let mut first = 0;
        let lambdas = fit
            .data
            .factors
            .iter()
            .map(|factor| {
                let q = factor.q;
                let mut flat = vec![0.0; q * q];
                factor.root(&theta[first..first + factor.parameters()], &mut flat);
                first += factor.parameters();
                Array2::from_shape_fn((q, q), |(i, j)| flat[i * q + j])
            })
            .collect();
        Self {
            fit,
            lambdas,
            slopes: vec![0.0; theta.len()],
        }
    }

    fn of(&mut self, place: usize) -> f64 {
        let data = &self.fit.data;
        let all = &data.z[place * data.r..(place + 1) * data.r];
        let (mut square, mut first, mut k) = (0.0, 0, 0);
        for (factor, lambda) in data.factors.iter().zip(&self.lambdas) {
            let q = factor.q;
            let z = Array1::from(all[first..first + q].to_vec());
            let a = lambda.t().dot(&z);
            square += a.dot(&a);
            for basis in &factor.basis {
                let basis = ndarray::ArrayView2::from_shape((q, q), basis);
                // ½ d(a'a)/dθ = z'Λ_k a
                self.slopes[k] = basis.map_or(0.0, |basis| z.dot(&basis.dot(&a)));
                k += 1;
            }
            first += q;
        }
        square.sqrt()
    }
}
