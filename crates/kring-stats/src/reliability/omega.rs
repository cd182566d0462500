//! McDonald's ω total of items that measure one thing.
//!
//! ```text
//! model     Σ = λλ' + Ψ,  Ψ diagonal: one factor
//! maximum likelihood, of the covariances S
//!           F = ln|Σ| + tr SΣ⁻¹ − ln|S| − k, by Fisher scoring
//!           ω = (Σλ)² / ((Σλ)² + Σψ)
//!           variance by the delta method from the inverse of n/2 tr(Σ⁻¹ Σ_a Σ⁻¹ Σ_b), interval of
//!           logit ω;  n F is χ² with k(k − 3)/2 if one factor is enough
//! MinRes, of the correlations R
//!           Σ_{i≠j} (r_ij − λ_i λ_j)² smallest, by Gauss–Seidel and Newton
//!           ω = 1 − Σ(1 − λ²) / 1'R1,  psych's `omega(nfactors = 1)$omega.tot`; no interval, for its
//!           error needs the fourth moments of the items: bootstrap it, or take the likelihood
//! ```
//! ω does not ask that items measure equally well, as α does. Three items fit exactly; more test the
//! one factor. An item whose ψ would fall to zero (a Heywood case) is an error that names it.
//!
//! McDonald RP (1999), Test Theory, 89–90; Raykov T (2002), Struct Equ Modeling 9:195–212,
//! doi 10.1207/S15328007SEM0902_3; Harman HH, Jones WH (1966), Psychometrika 31:351–368,
//! doi 10.1007/BF02289468; Jöreskog KG (1967), Psychometrika 32:443–482, doi 10.1007/BF02289658.

use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, JointTest, Measure, Reference, Sample,
    Value,
};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::Items;
use crate::linalg::Cholesky;
use crate::{Error, dist};

/// The options of ω.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Omega {
    /// How the factor is found.
    pub extraction: Extraction,
    /// The level of the interval.
    pub level: f64,
}

/// How a factor is found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extraction {
    /// Normal maximum likelihood, of covariances.
    #[default]
    MaximumLikelihood,
    /// Least squares off the diagonal, of correlations, as psych does.
    MinRes,
}

/// ω with the factor it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OmegaTotal {
    /// ω.
    pub omega: Estimate,
    /// Each item on the factor; standardised for MinRes.
    pub loadings: Vec<Loading>,
    /// The test that one factor is enough, by likelihood and of four items or more.
    pub one_factor: Option<JointTest>,
}

/// One item on the factor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loading {
    /// The item.
    pub item: String,
    /// λ
    pub loading: f64,
    /// ψ: the variance that it does not share.
    pub uniqueness: f64,
}

impl Default for Omega {
    fn default() -> Self {
        Self {
            extraction: Extraction::MaximumLikelihood,
            level: 0.95,
        }
    }
}

/// One factor: λ and ψ.
struct Factor {
    lambda: Vec<f64>,
    psi: Vec<f64>,
}

impl Factor {
    /// A first idea: the correlation of each item with the sum of all, kept off its limits.
    fn centroid(r: &Array2<f64>) -> Self {
        let length = r.sum().max(1e-3).sqrt();
        let of = |i: usize| (r.row(i).sum() / length).clamp(-0.95, 0.95);
        let lambda: Vec<f64> = (0..r.nrows()).map(of).collect();
        let psi = lambda.iter().map(|l| 1.0 - l * l).collect();
        Self { lambda, psi }
    }

    /// The factor pointing the way most items do.
    fn upright(mut self) -> Self {
        if self.lambda.iter().sum::<f64>() < 0.0 {
            for l in &mut self.lambda {
                *l = -*l;
            }
        }
        self
    }
}

impl Omega {
    /// ω of at least three items.
    ///
    /// ```
    /// use kring_stats::reliability::{Items, Omega};
    /// use ndarray::array;
    /// let values = array![
    ///     [1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [3.0, 4.0, 5.0], [4.0, 5.0, 3.0], [5.0, 3.0, 4.0],
    /// ];
    /// let items = Items { name: "circle", names: &["a", "b", "c"], values: values.view() };
    /// let found = Omega::default().fit(&items)?;
    /// // Three items fit exactly: every covariance is 1.75, and so is λ²; ω = 9 · 1.75 / 18.
    /// assert!((found.omega.value.finite().unwrap() - 0.875).abs() < 1e-9);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn fit(&self, items: &Items<'_>) -> Result<OmegaTotal, Error> {
        dist::check_level(self.level)?;
        items.check("ω", 3, 3)?;
        let s = items.covariance()?;
        let sd: Vec<f64> = s.diag().iter().map(|v| v.sqrt()).collect();
        let r = Array2::from_shape_fn(s.dim(), |(i, j)| s[[i, j]] / sd[i] / sd[j]);
        match self.extraction {
            Extraction::MinRes => self.of_minres(items, &r, &minres(items, &r)?),
            Extraction::MaximumLikelihood => self.of_likelihood(items, &r, &sd),
        }
    }

    fn of_minres(
        &self,
        items: &Items<'_>,
        r: &Array2<f64>,
        factor: &Factor,
    ) -> Result<OmegaTotal, Error> {
        let omega = 1.0 - factor.psi.iter().sum::<f64>() / r.sum();
        let estimate = self.estimate(items, omega, None)?;
        Ok(OmegaTotal {
            omega: estimate,
            loadings: loadings(items, factor, None),
            one_factor: None,
        })
    }

    /// In correlations first: the likelihood does not know the unit of an item.
    fn of_likelihood(
        &self,
        items: &Items<'_>,
        r: &Array2<f64>,
        sd: &[f64],
    ) -> Result<OmegaTotal, Error> {
        let n = items.values.nrows() as f64;
        let k = sd.len();
        let Some(root) = Cholesky::of_data(r.view()) else {
            return Err(Error::Constant {
                method: "ω by likelihood",
                what: format!("a sum of items of {}", items.name),
            });
        };
        let (factor, information) = likelihood(items, r, Factor::centroid(r))?;
        let sums = |of: &[f64], power: i32| -> f64 {
            of.iter().zip(sd).map(|(x, s)| x * s.powi(power)).sum()
        };
        // Back in the units of the items: λ s and ψ s².
        let (sum, own) = (sums(&factor.lambda, 1), sums(&factor.psi, 2));
        let (common, all) = (sum * sum, sum * sum + own);
        let omega = common / all;
        // ∂ω/∂λ_i = 2 s_i (Σλ) Σψ / all², ∂ω/∂ψ_i = −s²_i (Σλ)² / all².
        let mut gradient: Vec<f64> = sd
            .iter()
            .map(|s| 2.0 * s * sum * own / all / all)
            .chain(sd.iter().map(|s| -s * s * common / all / all))
            .collect();
        let std_error = Cholesky::of_data(information.view()).map(|root| {
            root.forward(&mut gradient);
            (2.0 / n * gradient.iter().map(|g| g * g).sum::<f64>()).sqrt()
        });
        let df = (k * (k - 3) / 2) as f64;
        let one_factor = if df > 0.0 {
            let f = discrepancy(r, &factor, root.ln_determinant());
            let reference = Reference::ChiSquared { df };
            let statistic = (n * f).max(0.0);
            Some(JointTest {
                label: format!("one factor of {}", items.name),
                statistic: Some(statistic),
                reference,
                p_value: Some(dist::upper_tail(statistic, reference)?),
                sample: Sample::of(items.values.nrows()),
                method: "likelihood ratio against any covariances".to_owned(),
                cautions: Vec::new(),
            })
        } else {
            None
        };
        Ok(OmegaTotal {
            omega: self.estimate(items, omega, std_error)?,
            loadings: loadings(items, &factor, Some(sd)),
            one_factor,
        })
    }

    fn estimate(
        &self,
        items: &Items<'_>,
        omega: f64,
        std_error: Option<f64>,
    ) -> Result<Estimate, Error> {
        let inside = omega > 0.0 && omega < 1.0;
        let interval = match std_error {
            // ± on the logit scale, so that the limits stay between 0 and 1.
            Some(error) if inside => {
                let logit = (omega / (1.0 - omega)).ln();
                let width = dist::critical(self.level, Reference::Normal)? * error
                    / (omega * (1.0 - omega));
                let back = |x: f64| 1.0 / (1.0 + (-x).exp());
                Some(Interval {
                    low: Some(back(logit - width)),
                    high: Some(back(logit + width)),
                    level: self.level,
                    kind: IntervalKind::Wald,
                })
            }
            _ => None,
        };
        let method = match self.extraction {
            Extraction::MaximumLikelihood => {
                "McDonald's ω total, one factor by maximum likelihood, interval of its logit"
            }
            Extraction::MinRes => "McDonald's ω total, one factor by MinRes of correlations",
        };
        let mut cautions = Vec::new();
        if interval.is_none() {
            cautions.push(Caution::Note(
                "No interval: take maximum likelihood, or bootstrap the subjects.".to_owned(),
            ));
        }
        let estimate = Estimate {
            label: items.name.to_owned(),
            measure: Measure::Reliability,
            value: Value::Value(omega),
            std_error,
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Normal,
            interval,
            p_value: None,
            sample: Sample::of(items.values.nrows()),
            method: method.to_owned(),
            cautions,
        };
        Ok(estimate.checked()?)
    }
}

fn loadings(items: &Items<'_>, factor: &Factor, sd: Option<&[f64]>) -> Vec<Loading> {
    let scale = |i: usize| sd.map_or(1.0, |sd| sd[i]);
    let each = items.names.iter().zip(&factor.lambda).zip(&factor.psi);
    each.enumerate()
        .map(|(i, ((item, lambda), psi))| Loading {
            item: (*item).to_owned(),
            loading: lambda * scale(i),
            uniqueness: psi * scale(i) * scale(i),
        })
        .collect()
}

/// The λ that makes Σ_{i≠j} (r_ij − λ_i λ_j)² smallest.
fn minres(items: &Items<'_>, r: &Array2<f64>) -> Result<Factor, Error> {
    const SWEEPS: usize = 20_000;
    let k = r.nrows();
    let mut lambda = Factor::centroid(r).lambda;
    let mut moved = f64::INFINITY;
    let mut sweeps = 0;
    while sweeps < SWEEPS {
        sweeps += 1;
        moved = 0.0;
        for i in 0..k {
            let others = || (0..k).filter(|&j| j != i);
            let squares: f64 = others().map(|j| lambda[j] * lambda[j]).sum();
            let product: f64 = others().map(|j| r[[i, j]] * lambda[j]).sum();
            let new = if squares > 0.0 {
                product / squares
            } else {
                0.0
            };
            moved = moved.max((new - lambda[i]).abs());
            lambda[i] = new;
        }
        if moved <= 4.0 * f64::EPSILON || lambda.iter().any(|l| l.abs() > 10.0) {
            break;
        }
    }
    let psi: Vec<f64> = lambda.iter().map(|l| 1.0 - l * l).collect();
    if moved > 1e-10 || psi.iter().any(|&psi| psi <= LEAST) {
        return Err(no_factor(items, sweeps, &lambda, &psi));
    }
    Ok(Factor { lambda, psi }.upright())
}

/// Fisher scoring from a start; gives the factor and tr(Σ⁻¹ Σ_a Σ⁻¹ Σ_b) there.
fn likelihood(
    items: &Items<'_>,
    r: &Array2<f64>,
    start: Factor,
) -> Result<(Factor, Array2<f64>), Error> {
    const STEPS: usize = 500;
    let k = r.nrows();
    let mut factor = start;
    for steps in 0..STEPS {
        let (mut step, information) = score(r, &factor);
        let slope: f64 = step.iter().map(|g| g.abs()).fold(0.0, f64::max);
        if slope <= 1e-12 {
            return settled(items, r, factor, steps);
        }
        let Some(root) = Cholesky::of_data(information.view()) else {
            return Err(no_factor(items, steps, &factor.lambda, &factor.psi));
        };
        let gradient = step.clone();
        root.solve_in_place(&mut step);
        // How far the step is expected to lead, and halves of it until the criterion falls.
        let promise: f64 = gradient.iter().zip(&step).map(|(g, s)| g * s).sum();
        let here = discrepancy(r, &factor, 0.0);
        let mut size = 1.0;
        let next = loop {
            let moved = |x: &[f64], from: usize| -> Vec<f64> {
                x.iter()
                    .zip(&step[from..])
                    .map(|(x, s)| x - size * s)
                    .collect()
            };
            let next = Factor {
                lambda: moved(&factor.lambda, 0),
                psi: moved(&factor.psi, k),
            };
            let there = discrepancy(r, &next, 0.0);
            if next.psi.iter().all(|&psi| psi > 0.0)
                && (there <= here - 1e-4 * size * promise || promise <= 1e-14)
            {
                break next;
            }
            size /= 2.0;
            if size < 1e-10 {
                return Err(no_factor(items, steps, &factor.lambda, &factor.psi));
            }
        };
        let done = promise <= 1e-24;
        factor = next;
        if done {
            return settled(items, r, factor, steps);
        }
    }
    Err(no_factor(items, STEPS, &factor.lambda, &factor.psi))
}

/// The smallest ψ, beside a variance of one, that is not a Heywood case: where ψ runs to zero, the
/// expected gain of a step vanishes with it, and would look like a maximum.
const LEAST: f64 = 1e-6;

/// The factor pointing the way most items do, with its information.
fn settled(
    items: &Items<'_>,
    r: &Array2<f64>,
    factor: Factor,
    steps: usize,
) -> Result<(Factor, Array2<f64>), Error> {
    if factor.psi.iter().any(|&psi| psi <= LEAST) {
        return Err(no_factor(items, steps, &factor.lambda, &factor.psi));
    }
    let factor = factor.upright();
    let (_, information) = score(r, &factor);
    Ok((factor, information))
}

/// The gradient of F and its expected second derivatives, λ first and then ψ.
fn score(r: &Array2<f64>, factor: &Factor) -> (Vec<f64>, Array2<f64>) {
    let Factor { lambda, psi } = factor;
    let k = lambda.len();
    // Σ⁻¹ = Ψ⁻¹ − Ψ⁻¹ λλ' Ψ⁻¹ / (1 + λ'Ψ⁻¹λ)
    let z: Vec<f64> = lambda.iter().zip(psi).map(|(l, p)| l / p).collect();
    let scale = 1.0 + lambda.iter().zip(&z).map(|(l, z)| l * z).sum::<f64>();
    let inverse = Array2::from_shape_fn((k, k), |(i, j)| {
        let own = if i == j { 1.0 / psi[i] } else { 0.0 };
        own - z[i] * z[j] / scale
    });
    let v: Vec<f64> = z.iter().map(|z| z / scale).collect(); // Σ⁻¹λ
    let common = (scale - 1.0) / scale; // λ'Σ⁻¹λ
    let residual = &inverse - inverse.dot(r).dot(&inverse);
    let gradient = (0..k)
        .map(|i| 2.0 * (0..k).map(|j| residual[[i, j]] * lambda[j]).sum::<f64>())
        .chain((0..k).map(|i| residual[[i, i]]))
        .collect();
    let information = Array2::from_shape_fn((2 * k, 2 * k), |(a, b)| {
        let w = inverse[[a % k, b % k]];
        match (a < k, b < k) {
            (true, true) => 2.0 * (w * common + v[a] * v[b]),
            (true, false) => 2.0 * w * v[b - k],
            (false, true) => 2.0 * w * v[a - k],
            (false, false) => w * w,
        }
    });
    (gradient, information)
}

/// F = ln|Σ| + tr RΣ⁻¹ − ln|R| − k
fn discrepancy(r: &Array2<f64>, factor: &Factor, ln_determinant: f64) -> f64 {
    let Factor { lambda, psi } = factor;
    let z: Vec<f64> = lambda.iter().zip(psi).map(|(l, p)| l / p).collect();
    let scale = 1.0 + lambda.iter().zip(&z).map(|(l, z)| l * z).sum::<f64>();
    let ln_sigma = psi.iter().map(|p| p.ln()).sum::<f64>() + scale.ln();
    let own: f64 = psi.iter().zip(r.diag()).map(|(p, r)| r / p).sum();
    let quadratic: f64 = r.indexed_iter().map(|((i, j), r)| z[i] * r * z[j]).sum();
    ln_sigma + own - quadratic / scale - ln_determinant - lambda.len() as f64
}

fn no_factor(items: &Items<'_>, steps: usize, lambda: &[f64], psi: &[f64]) -> Error {
    let heywood = psi.iter().any(|&psi| psi <= 1e-3);
    Error::NotConverged {
        method: "ω with one factor",
        iterations: steps,
        why: if heywood {
            "an item would have no variance of its own (a Heywood case)".to_owned()
        } else {
            "the loadings did not settle".to_owned()
        },
        coefficients: items
            .names
            .iter()
            .zip(lambda)
            .map(|(name, lambda)| ((*name).to_owned(), *lambda))
            .collect(),
        hint: "leave the item with the largest loading out, or take α",
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::array;

    use super::*;

    fn fit(values: &Array2<f64>, extraction: Extraction) -> Result<OmegaTotal, Error> {
        let omega = Omega {
            extraction,
            level: 0.95,
        };
        omega.fit(&Items {
            name: "scale",
            names: &["a", "b", "c", "d"][..values.ncols()],
            values: values.view(),
        })
    }

    #[test]
    fn three_items_fit_exactly() {
        // Covariances ab 2, ac 2 and bc 0.75 would need λ²_a = 4/0.75, but the variance is 2.5.
        let heywood = array![
            [1.0, 2.0, 1.0],
            [2.0, 1.0, 3.0],
            [3.0, 4.0, 2.0],
            [4.0, 3.0, 5.0],
            [5.0, 5.0, 4.0],
        ];
        let refused = fit(&heywood, Extraction::MaximumLikelihood).unwrap_err();
        assert!(refused.to_string().contains("Heywood"), "{refused}");
        // Covariances ab 1.75, ac 2 and bc 1.75.
        let values = array![
            [1.0, 1.0, 1.0],
            [2.0, 2.0, 3.0],
            [3.0, 4.0, 2.0],
            [4.0, 5.0, 5.0],
            [5.0, 3.0, 4.0],
        ];
        for extraction in [Extraction::MinRes, Extraction::MaximumLikelihood] {
            let found = fit(&values, extraction).unwrap();
            let ours: Vec<f64> = found.loadings.iter().map(|l| l.loading).collect();
            let scale = match extraction {
                Extraction::MinRes => 2.5,
                Extraction::MaximumLikelihood => 1.0,
            };
            for (i, j, covariance) in [(0, 1, 1.75), (0, 2, 2.0), (1, 2, 1.75)] {
                assert!((ours[i] * ours[j] - covariance / scale).abs() < 1e-9);
            }
            assert!(found.one_factor.is_none());
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let two = array![[1.0, 2.0], [2.0, 1.0], [3.0, 4.0]];
        assert!(matches!(
            fit(&two, Extraction::MinRes),
            Err(Error::TooFew { .. })
        ));
        // No correlation at all: no factor.
        let none = array![
            [1.0, 1.0, 1.0],
            [1.0, -1.0, -1.0],
            [-1.0, 1.0, -1.0],
            [-1.0, -1.0, 1.0],
        ];
        for extraction in [Extraction::MinRes, Extraction::MaximumLikelihood] {
            let found = fit(&none, extraction);
            assert!(found.is_err() || found.unwrap().omega.value.finite().unwrap().abs() < 1e-6);
        }
    }
}
