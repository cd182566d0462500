//! Tests of terms and intervals from the likelihood itself.
//!
//! ```text
//! likelihood ratio  2 (ℓ − ℓ₀)            ℓ₀ the maximum without the term
//! score             U₀' I₀⁻¹ U₀           gradient and information of the whole model where ℓ₀ is
//! Wald              b' V⁻¹ b              with the errors of the fit, also robust ones
//! profile           { β_j : 2 (ℓ − max ℓ given β_j) ≤ z² }
//! ```
//! χ² with as many degrees of freedom as the term has; where φ is estimated divided by φ of the whole
//! model, F and t². The maximum without a term, or given β_j, is sought under a linear constraint in the
//! basis of the whole model, so that Firth's penalty stays that of all columns (as in logistf) and the
//! shape is estimated anew. The ends of a profile interval are roots of the signed root
//! ζ(b) = ± √(2 (ℓ − ℓ(b))), by Newton's method with dζ/db from the gradient.
//!
//! Venzon DJ, Moolgavkar SH (1988), Applied Statistics 37:87–94, doi 10.2307/2347496; Rao CR (1948),
//! doi 10.1017/S0305004100023987. Differences from R: `confint` of a `glm` interpolates ζ and takes the
//! normal quantile also where φ is estimated; of MASS's `negbin` it keeps θ as it is.

use kring_core::{Estimate, Interval, IntervalKind, JointTest, Reference, Term, Value};
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use super::GlmFit;
use super::criterion::{Data, shape_of};
use super::finish::inverse;
use super::model::Model;
use super::newton::{Constraint, Maximum};
use crate::linalg::{Cholesky, Qr, symmetric_eigen};
use crate::{Covariance, Error, Fit, dist, narrow};

/// How a term is tested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TermTest {
    /// By how much the likelihood falls without it; the choice for small samples.
    #[default]
    LikelihoodRatio,
    /// By how steeply the likelihood rises where the term is nothing; needs no fit with it.
    Score,
    /// By the coefficients and their errors, robust ones too.
    Wald,
}

impl GlmFit {
    /// Tests every term that is contained in no other one (as R's `drop1`), but not the intercept.
    pub fn term_tests(&self, test: TermTest) -> Result<Vec<JointTest>, Error> {
        self.terms
            .iter()
            .filter(|term| term.name != "(Intercept)")
            .filter(|term| !self.terms.iter().any(|other| contains(other, term)))
            .map(|term| self.term_test(&term.name, test))
            .collect()
    }

    /// Tests that all coefficients of a term are zero.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{family::Family, glm::{Glm, TermTest}};
    /// use ndarray::array;
    /// let design = Design::new(DesignParts {
    ///     response: Response::Proportion { successes: array![3.0, 6.0], trials: array![10.0, 10.0] },
    ///     response_name: "at_home".into(),
    ///     mean: Part::fixed(
    ///         array![[1.0, 0.0], [1.0, 1.0]],
    ///         vec!["(Intercept)".into(), "armEKC".into()],
    ///     ),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: vec![0, 1], omitted: vec![],
    /// })?;
    /// let fit = Glm { family: Family::Binomial, ..Glm::default() }.fit(&design)?;
    /// // The score test of two shares is Pearson's χ²: 20 (3·4 − 6·7)² / (10·10·9·11).
    /// let score = fit.term_test("armEKC", TermTest::Score)?;
    /// assert!((score.statistic.unwrap() - 20.0 * 900.0 / 9900.0).abs() < 1e-10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn term_test(&self, term: &str, test: TermTest) -> Result<JointTest, Error> {
        let refused = |why: &str| Error::Contrast {
            label: term.to_owned(),
            why: why.to_owned(),
        };
        let Some(found) = self.terms.iter().find(|known| known.name == term) else {
            let names: Vec<&str> = self.terms.iter().map(|t| t.name.as_str()).collect();
            return Err(refused(&format!(
                "the model has no such term; its terms are {}",
                names.join(", ")
            )));
        };
        let c = self.without(found);
        if c.nrows() == 0 {
            return Err(refused("the other terms already contain it"));
        }
        if test == TermTest::Wald {
            let contrasts = c.dot(&self.model.r);
            return self.joint_combination(term, contrasts.view());
        }
        self.refuse_robust()?;
        let q = c.nrows() as f64;
        let restricted = self.restricted(&c, term)?;
        let (statistic, name) = match test {
            TermTest::Score if self.model.penalised => {
                return Err(Error::Unsupported {
                    what: "a score test of Firth's penalised likelihood".to_owned(),
                    hint: "use the likelihood ratio".to_owned(),
                });
            }
            TermTest::Score => {
                let u = &restricted.point.gradient;
                let root = Cholesky::new(restricted.point.information.view())
                    .ok_or_else(|| refused("the information without it is singular"))?;
                (u.dot(&root.solve(u.view())), "score test")
            }
            _ => (
                2.0 * (self.maximum.point.value - restricted.point.value),
                "likelihood ratio test",
            ),
        };
        self.as_test(term, statistic.max(0.0), q, name)
    }

    /// The statistic over φ, against χ² or F.
    fn as_test(&self, label: &str, statistic: f64, q: f64, name: &str) -> Result<JointTest, Error> {
        let from = self.provenance();
        let (statistic, reference) = if self.family.has_scale() {
            let Some(phi) = self.dispersion.filter(|&phi| phi > 0.0) else {
                return Err(Error::Contrast {
                    label: label.to_owned(),
                    why: "no degrees of freedom are left for an error".to_owned(),
                });
            };
            let reference = Reference::F {
                numerator: q,
                denominator: self.residual_df,
            };
            (statistic / phi / q, reference)
        } else {
            (statistic, Reference::ChiSquared { df: q })
        };
        Ok(JointTest {
            label: label.to_owned(),
            statistic: Some(statistic),
            reference,
            p_value: Some(dist::upper_tail(statistic, reference)?),
            sample: from.sample.clone(),
            method: format!("{name}, {}", from.method),
            cautions: from.cautions.clone(),
        })
    }

    fn refuse_robust(&self) -> Result<(), Error> {
        if self.covariance == Covariance::Classical {
            return Ok(());
        }
        Err(Error::Unsupported {
            what: format!(
                "a test or interval from the likelihood with {}",
                self.covariance.name()
            ),
            hint: "use Wald tests and intervals, or classical errors".to_owned(),
        })
    }

    /// What must be zero of γ (rows) for a term to be left out: the directions of the basis that the
    /// other columns do not reach.
    fn without(&self, term: &Term) -> Array2<f64> {
        let p = self.coefficients.columns.len();
        let others: Vec<usize> = (0..p).filter(|j| !term.columns.contains(j)).collect();
        let r = self.in_basis.nrows();
        let reached = Qr::new(self.in_basis.select(Axis(1), &others).view()).q;
        let left = Array2::eye(r) - reached.dot(&reached.t());
        let eigen = symmetric_eigen(&left);
        let free: Vec<usize> = (0..r).filter(|&k| eigen.values[k] > 0.5).collect();
        eigen.vectors.select(Axis(1), &free).reversed_axes()
    }

    /// The maximum where C γ = 0.
    fn restricted(&self, c: &Array2<f64>, label: &str) -> Result<Maximum, Error> {
        let constraint = self.constraint(c.clone(), Array1::zeros(c.nrows()));
        let model = &self.model;
        let start = self.maximum.psi.clone();
        if let Ok(found) = model.maximise(start, Some(&constraint)) {
            return Ok(found);
        }
        // The nearest point may be an impossible one, as a risk above one: start afresh.
        let free = symmetric_eigen(&(Array2::eye(c.ncols()) - c.t().dot(c)));
        let kept: Vec<usize> = (0..c.ncols()).filter(|&k| free.values[k] > 0.5).collect();
        let k = free.vectors.select(Axis(1), &kept);
        let afresh = self.afresh(&k).and_then(|gamma| {
            let mut psi = k.dot(&gamma).to_vec();
            psi.extend(self.tau());
            model.maximise(psi.into(), Some(&constraint)).ok()
        });
        afresh.ok_or_else(|| Error::Contrast {
            label: label.to_owned(),
            why: "the model without it does not converge, or has no finite estimate; use a Wald test, or \
                  the bias reduction `firth`"
                .to_owned(),
        })
    }

    /// A start of the model whose columns are Q K.
    fn afresh(&self, k: &Array2<f64>) -> Option<Array1<f64>> {
        let data = &self.model.data;
        let column = |weights: ndarray::ArrayView1<'_, f64>| {
            let mut sum = vec![0.0; data.y.len()];
            for (q, &w) in data.basis.iter().zip(weights) {
                for (sum, q) in sum.iter_mut().zip(q) {
                    *sum += w * q;
                }
            }
            sum
        };
        let small = Model {
            data: Data {
                basis: k.columns().into_iter().map(column).collect(),
                ..data.clone()
            },
            family: self.model.family.at_the_edge(),
            ..self.model.clone()
        };
        let start = small.start().ok()?;
        small.maximise(start, None).ok().map(|found| found.psi)
    }

    /// C γ = b in the coordinates of all parameters.
    fn constraint(&self, c: Array2<f64>, b: Array1<f64>) -> Constraint {
        let mut all = Array2::zeros((c.nrows(), self.maximum.psi.len()));
        all.slice_mut(ndarray::s![.., ..c.ncols()]).assign(&c);
        Constraint { c: all, b }
    }

    /// Every estimated coefficient with its profile-likelihood interval, and the p-value of its
    /// likelihood ratio test. An end that no value reaches is absent.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{family::Family, glm::Glm};
    /// use ndarray::array;
    /// let design = Design::new(DesignParts {
    ///     response: Response::Count(array![4.0]),
    ///     response_name: "problems".into(),
    ///     mean: Part::fixed(array![[1.0]], vec!["(Intercept)".into()]),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: vec![0], omitted: vec![],
    /// })?;
    /// let fit = Glm { family: Family::Poisson, ..Glm::default() }.fit(&design)?;
    /// // One count of 4: ℓ(η) = 4 η − e^η falls by half of 3.84 to either side.
    /// let low = fit.profile_estimates()?[0].interval.and_then(|i| i.low).unwrap();
    /// let fall = 2.0 * ((4.0 * 4.0_f64.ln() - 4.0) - (4.0 * low - low.exp()));
    /// assert!((fall - 3.841_458_820_694_124).abs() < 1e-8);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn profile_estimates(&self) -> Result<Vec<Estimate>, Error> {
        let of_columns = inverse(&self.model.r);
        let estimates = self.estimates()?;
        estimates
            .into_iter()
            .zip(of_columns.rows())
            .map(|(estimate, row)| {
                let c = self.constraint(row.insert_axis(Axis(0)).to_owned(), Array1::zeros(1));
                self.with_profile(estimate, &c.c, 1e8)
            })
            .collect()
    }

    /// The parameter of shape with its profile-likelihood interval; none where the family has none,
    /// or where the shape is at its edge.
    pub fn profile_shape(&self) -> Result<Option<Estimate>, Error> {
        let (Some(tau), Some(estimate)) = (self.tau(), self.shape.clone()) else {
            return Ok(None);
        };
        let (Some(value), Some(std_error)) = (estimate.value.finite(), estimate.std_error) else {
            return Ok(None);
        };
        let mut unit = Array2::zeros((1, self.maximum.psi.len()));
        unit[[0, self.maximum.psi.len() - 1]] = 1.0;
        let scale = std_error / value;
        let on_scale = Estimate {
            value: Value::Value(tau),
            std_error: Some(scale),
            ..estimate.clone()
        };
        let found = self.with_profile(on_scale, &unit, 16.0)?;
        let back = |tau: f64| shape_of(self.family, tau);
        let interval = found.interval.map(|interval| Interval {
            low: interval.low.map(back),
            high: interval.high.map(back),
            ..interval
        });
        Ok(Some(Estimate {
            interval,
            p_value: None,
            method: format!("{}; profile likelihood", self.provenance.method),
            ..estimate
        }))
    }

    fn with_profile(
        &self,
        mut estimate: Estimate,
        c: &Array2<f64>,
        furthest: f64,
    ) -> Result<Estimate, Error> {
        self.refuse_robust()?;
        let (Some(value), Some(std_error)) = (estimate.value.finite(), estimate.std_error) else {
            return Ok(estimate);
        };
        if std_error == 0.0 {
            return Ok(estimate);
        }
        let phi = if self.family.has_scale() {
            self.dispersion.unwrap_or(1.0)
        } else {
            1.0
        };
        let level = self.provenance.level;
        let target = dist::critical(level, estimate.reference)?;
        let end = |side: f64| {
            Search {
                fit: self,
                c,
                value,
                std_error,
                phi,
                furthest,
                side,
            }
            .root(target, &estimate.label)
        };
        let (low, high) = (end(-1.0)?, end(1.0)?);
        let constraint = Constraint {
            c: c.clone(),
            b: Array1::zeros(1),
        };
        let at_null = self
            .model
            .maximise(self.maximum.psi.clone(), Some(&constraint));
        estimate.p_value = match at_null {
            Ok(found) => {
                let fall = 2.0 * (self.maximum.point.value - found.point.value) / phi;
                let zeta = fall.max(0.0).sqrt();
                Some(dist::p_value(
                    zeta,
                    estimate.reference,
                    estimate.alternative,
                )?)
            }
            Err(_) => None,
        };
        estimate.interval = Some(Interval {
            low,
            high,
            level,
            kind: IntervalKind::Profile,
        });
        estimate.method = format!("{}; profile likelihood", estimate.method);
        // Here the shape is estimated anew.
        let of_wald = narrow::NEGATIVE_BINOMIAL.caution();
        estimate.cautions.retain(|caution| *caution != of_wald);
        Ok(estimate.checked()?)
    }
}

/// The search for one end of a profile interval.
struct Search<'a> {
    fit: &'a GlmFit,
    c: &'a Array2<f64>,
    value: f64,
    std_error: f64,
    phi: f64,
    /// Beyond this the end counts as infinite: a multiple of the error, or a value of τ.
    furthest: f64,
    side: f64,
}

impl Search<'_> {
    /// Where |ζ| is the target; none where it stays below however far one goes.
    fn root(&self, target: f64, label: &str) -> Result<Option<f64>, Error> {
        let failed = || {
            Error::Contrast {
            label: label.to_owned(),
            why: "the search for its profile-likelihood interval does not converge; use the Wald interval"
                .to_owned(),
        }
        };
        let (mut inside, mut outside) = (0.0, None);
        let mut psi = self.fit.maximum.psi.clone();
        // The distance from the estimate, in standard errors.
        let mut x = target;
        let mut failures = 0;
        for _ in 0..100 {
            let b = self.value + self.side * x * self.std_error;
            if self.is_too_far(x, b) {
                return Ok(None);
            }
            let constraint = Constraint {
                c: self.c.clone(),
                b: Array1::from_elem(1, b),
            };
            let Ok(found) = self.fit.model.maximise(psi.clone(), Some(&constraint)) else {
                failures += 1;
                if failures > 30 {
                    return Err(failed());
                }
                outside = Some(x);
                x = 0.5 * (inside + x);
                continue;
            };
            let fall = 2.0 * (self.fit.maximum.point.value - found.point.value) / self.phi;
            let zeta = fall.max(0.0).sqrt();
            if (zeta - target).abs() <= 1e-10 * target {
                return Ok(Some(b));
            }
            if zeta < target {
                inside = x;
                psi.clone_from(&found.psi);
            } else {
                outside = Some(x);
            }
            if outside.is_some_and(|outside| outside - inside <= 1e-12 * outside) {
                return if failures > 0 {
                    Err(failed())
                } else {
                    Ok(Some(b))
                };
            }
            let row = self.c.row(0);
            let multiplier = row.dot(&found.point.gradient) / row.dot(&row);
            let slope = multiplier.abs() * self.std_error / (self.phi * zeta);
            let newton = x + (target - zeta) / slope;
            x = match outside {
                Some(outside) if !(newton > inside && newton < outside) => 0.5 * (inside + outside),
                None if !(newton > x && newton < 4.0 * x) => 4.0 * x,
                _ => newton,
            };
        }
        Err(failed())
    }

    fn is_too_far(&self, x: f64, b: f64) -> bool {
        if self.furthest < 1e3 {
            b.abs() > self.furthest
        } else {
            x > 1e4
        }
    }
}

/// Whether a term is an interaction that another one is part of.
fn contains(larger: &Term, smaller: &Term) -> bool {
    let parts = |term: &Term| -> Vec<String> { term.name.split(':').map(str::to_owned).collect() };
    let (of_larger, of_smaller) = (parts(larger), parts(smaller));
    of_larger.len() > of_smaller.len() && of_smaller.iter().all(|part| of_larger.contains(part))
}

/// The likelihood ratio test of two fits to the same rows, of which the smaller is a special case.
///
/// ```
/// use kring_core::{Design, DesignParts, Groups, Part, Response};
/// use kring_stats::{family::Family, glm::{Glm, likelihood_ratio}};
/// use ndarray::array;
/// let design = Design::new(DesignParts {
///     response: Response::Count(array![12.0, 3.0]),
///     response_name: "problems".into(),
///     mean: Part::fixed(array![[1.0, 0.0], [1.0, 1.0]], vec!["(Intercept)".into(), "armEKC".into()]),
///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
///     source_rows: vec![0, 1], omitted: vec![],
/// })?;
/// let fit = Glm { family: Family::Poisson, ..Glm::default() }.fit(&design)?;
/// let mut parts = design.into_parts();
/// parts.mean = Part::fixed(array![[1.0], [1.0]], vec!["(Intercept)".into()]);
/// let alone = Glm { family: Family::Poisson, ..Glm::default() }.fit(&Design::new(parts)?)?;
/// let test = likelihood_ratio("arm", &alone, &fit)?;
/// // Both counts would be 7.5.
/// let by_hand = 2.0 * (12.0 * (12.0_f64 / 7.5).ln() + 3.0 * (3.0_f64 / 7.5).ln());
/// assert!((test.statistic.unwrap() - by_hand).abs() < 1e-10);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn likelihood_ratio(
    label: &str,
    smaller: &GlmFit,
    larger: &GlmFit,
) -> Result<JointTest, Error> {
    let refused = |why: &str| {
        Err(Error::Contrast {
            label: label.to_owned(),
            why: why.to_owned(),
        })
    };
    larger.refuse_robust()?;
    smaller.refuse_robust()?;
    let (a, b) = (&smaller.model, &larger.model);
    if a.data.y != b.data.y || a.data.trials != b.data.trials || a.data.weight != b.data.weight {
        return refused("the two models are not fitted to the same rows");
    }
    if (smaller.family, smaller.link, a.penalised) != (larger.family, larger.link, b.penalised) {
        return refused("the two models differ in family, link or bias reduction");
    }
    if a.penalised {
        return refused(
            "the penalties of two fits by Firth's method cannot be compared; use `term_test`",
        );
    }
    let q = larger.coefficients.values.len() as f64 - smaller.coefficients.values.len() as f64;
    if q < 1.0 {
        return refused("the larger model has no more columns than the smaller one");
    }
    let nested = larger.reaches(smaller);
    if !nested {
        return refused(
            "the columns of the smaller model are not contained in those of the larger one",
        );
    }
    let statistic = match (smaller.log_likelihood, larger.log_likelihood) {
        (Some(small), Some(large)) if !larger.family.has_scale() => 2.0 * (large - small),
        _ => 2.0 * (larger.maximum.point.value - smaller.maximum.point.value),
    };
    larger.as_test(label, statistic.max(0.0), q, "likelihood ratio test")
}

impl GlmFit {
    /// Whether every column of another model lies in the space of ours.
    fn reaches(&self, other: &Self) -> bool {
        let ours = &self.model.data.basis;
        other.model.data.basis.iter().all(|column| {
            let mut left = column.clone();
            for q in ours {
                let share = crate::linalg::dot(q, column);
                left.iter_mut().zip(q).for_each(|(l, q)| *l -= share * q);
            }
            crate::linalg::dot(&left, &left) < 1e-12
        })
    }
}
