//! Tests of random effects and of whole models against each other.
//!
//! ```text
//! likelihood ratio   2 (ℓ₁ − ℓ₀), both by ML, or both by REML with the same fixed effects
//!   no variance more: χ² with as many degrees of freedom as parameters more
//!   one variance more, with k covariances, and s fixed effects: ½ χ²(s + k) + ½ χ²(s + k + 1), since a
//!                     variance cannot be negative (Self and Liang; Stram and Lee)
//! exact              one variance in all: the restricted likelihood ratio is distributed as
//!   sup_λ (n − r) ln[1 + N/D] − Σ ln(1 + λμ_s),  N = Σ λμ_s/(1 + λμ_s) w_s²,
//!   D = Σ w_s²/(1 + λμ_s) + Σ_{s > K} w_s²,  μ_s the eigenvalues of Z'(I − X(X'X)⁻¹X')Z, w_s normal,
//!   whatever β and σ are (Crainiceanu and Ruppert)
//! ```
//! Self SG, Liang KY (1987), JASA 82:605–610, doi 10.1080/01621459.1987.10478472; Stram DO, Lee JW (1994),
//! Biometrics 50:1171–1177, doi 10.2307/2533455; Crainiceanu CM, Ruppert D (2004), JRSS B 66:165–185,
//! doi 10.1111/j.1467-9868.2004.00438.x.

use kring_core::{Caution, JointTest, RandomStructure, Reference};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::criterion::Engine;
use super::families::{packed, pair};
use super::search::Model;
use super::spread::Spread;
use super::{Estimation, LmmFit, RandomCovariance};
use crate::fit::{Fit, Provenance};
use crate::linalg::symmetric_eigen;
use crate::optimise::Objective;
use crate::resampling::{each, explicit};
use crate::root::peak;
use crate::seed::{Seed, Stream};
use crate::{Error, dist};

/// The test of a smaller model against a larger one that contains it.
///
/// The p-value allows for a variance that the smaller model holds at its edge, zero: a mixture of χ². The
/// reference is the one with more degrees of freedom; the method names both.
///
/// ```
/// use kring_core::RandomStructure::Diagonal;
/// use kring_stats::lmm::{Lmm, likelihood_ratio};
/// # use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
/// # use ndarray::{Array2, array};
/// # let families = ["a", "b", "c"].map(str::to_owned).to_vec();
/// # let mut mean = Part::fixed(Array2::ones((6, 1)), vec!["(Intercept)".into()]);
/// # mean.random = vec![RandomTerm {
/// #     grouping: Grouping::new("family", families, vec![0, 0, 1, 1, 2, 2]),
/// #     z: Array2::ones((6, 1)),
/// #     columns: vec!["(Intercept)".into()],
/// #     structure: RandomStructure::Unstructured,
/// # }];
/// # let design = Design::new(DesignParts {
/// #     response: Response::Continuous(array![1.0, 3.0, 6.0, 8.0, 8.0, 10.0]),
/// #     response_name: "problems".into(),
/// #     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
/// #     source_rows: (0..6).collect(), omitted: vec![],
/// # })?;
/// // Three families of two waves: 1, 3; 6, 8; 8, 10.
/// // A second factor: who reported it.
/// let mut parts = design.clone().into_parts();
/// let reporters = ["mother", "father"].map(str::to_owned).to_vec();
/// parts.mean.random.push(RandomTerm {
///     grouping: Grouping::new("reporter", reporters, vec![0, 0, 1, 0, 1, 1]),
///     z: Array2::ones((6, 1)),
///     columns: vec!["(Intercept)".into()],
///     structure: Diagonal,
/// });
/// let smaller = Lmm::default().fit(&design)?;
/// let larger = Lmm::default().fit(&Design::new(parts)?)?;
/// let test = likelihood_ratio(&smaller, &larger)?;
/// let gained = larger.criteria.log_likelihood - smaller.criteria.log_likelihood;
/// assert!((test.statistic.unwrap() - 2.0 * gained).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn likelihood_ratio(smaller: &LmmFit, larger: &LmmFit) -> Result<JointTest, Error> {
    let refused = |why: &str| Error::Contrast {
        label: "the likelihood ratio".to_owned(),
        why: why.to_owned(),
    };
    let of = |fit: &LmmFit| fit.options.estimation;
    if of(smaller) != of(larger) {
        return Err(refused(
            "one model was fitted by REML and the other by maximum likelihood",
        ));
    }
    if smaller.model.data.rows != larger.model.data.rows || !same_response(smaller, larger) {
        return Err(refused("the models rest on other rows or another response"));
    }
    let names = |fit: &LmmFit| -> Vec<String> {
        let c = fit.coefficients();
        c.estimated.iter().map(|&j| c.columns[j].clone()).collect()
    };
    let (few, many) = (names(smaller), names(larger));
    if few.iter().any(|name| !many.contains(name)) {
        return Err(refused(
            "the larger model lacks a column of the smaller one",
        ));
    }
    let fixed = many.len() - few.len();
    if fixed > 0 && of(larger) == Estimation::Reml {
        return Err(refused(
            "restricted likelihoods with other fixed effects do not compare; fit both by maximum likelihood (`estimation`, ml)",
        ));
    }
    let (Some(variances), Some(parameters)) = (
        variances(&larger.random).checked_sub(variances(&smaller.random)),
        larger
            .found
            .theta
            .len()
            .checked_sub(smaller.found.theta.len()),
    ) else {
        return Err(refused("the larger model has fewer random effects"));
    };
    let contained = are_contained(&smaller.random, &larger.random);
    if !contained {
        return Err(refused(
            "the larger model lacks a random effect of the smaller one",
        ));
    }
    let df = fixed + parameters + of_spread(smaller, larger)?;
    if df == 0 {
        return Err(refused("the models are of the same size"));
    }
    let gained = 2.0 * (larger.criteria.log_likelihood - smaller.criteria.log_likelihood);
    gained_by(gained, df, variances, larger.provenance())
}

/// The test of twice the log-likelihood that so many parameters gain, some of them variances, which the
/// smaller model holds at zero.
pub(crate) fn gained_by(
    gained: f64,
    df: usize,
    variances: usize,
    larger: &Provenance,
) -> Result<JointTest, Error> {
    let statistic = gained.max(0.0);
    let mut cautions = larger.cautions.clone();
    let upper = |df: usize| match df {
        0 => Ok(0.0),
        df => dist::upper_tail(statistic, Reference::ChiSquared { df: df as f64 }),
    };
    let (p_value, method) = match variances {
        0 => (
            upper(df)?,
            format!("likelihood ratio test, χ² with {df} degrees of freedom"),
        ),
        1 => (
            // At zero nothing speaks against the smaller model.
            if statistic > 0.0 || df > 1 {
                0.5 * (upper(df - 1)? + upper(df)?)
            } else {
                1.0
            },
            format!(
                "likelihood ratio test, mixture ½ χ²({}) + ½ χ²({df})",
                df - 1
            ),
        ),
        more => {
            cautions.push(Caution::Note(format!(
                "{more} variances are tested at once: χ² with {df} degrees of freedom gives too large a p-value."
            )));
            (
                upper(df)?,
                format!("likelihood ratio test, χ² with {df} degrees of freedom"),
            )
        }
    };
    Ok(JointTest {
        label: "the larger model against the smaller".to_owned(),
        statistic: Some(statistic),
        reference: Reference::ChiSquared { df: df as f64 },
        p_value: Some(p_value),
        sample: larger.sample.clone(),
        method,
        cautions,
    })
}

/// How many parameters more the larger model's dispersion has.
fn of_spread(smaller: &LmmFit, larger: &LmmFit) -> Result<usize, Error> {
    let columns = |fit: &LmmFit| -> Vec<String> {
        let columns = fit.spread.iter().flat_map(Spread::columns);
        columns.map(str::to_owned).collect()
    };
    let (few, many) = (columns(smaller), columns(larger));
    if few.iter().any(|name| !many.contains(name)) {
        return Err(Error::Contrast {
            label: "the likelihood ratio".to_owned(),
            why: "the larger model lacks a column of the smaller one's dispersion".to_owned(),
        });
    }
    let parameters = |fit: &LmmFit| fit.spread.as_ref().map_or(0, Spread::parameters);
    Ok(parameters(larger) - parameters(smaller))
}

/// Refuses what takes the residual variances of all rows as known.
pub(super) fn refuse_spread(fit: &LmmFit, what: &str) -> Result<(), Error> {
    match fit.spread {
        None => Ok(()),
        Some(_) => Err(Error::Unsupported {
            what: format!("{what} of residual variances that differ"),
            hint: "leave the model of the dispersion out, or compare by `likelihood_ratio`"
                .to_owned(),
        }),
    }
}

/// Whether every random effect of the smaller model is in the larger one.
pub(crate) fn are_contained(smaller: &[RandomCovariance], larger: &[RandomCovariance]) -> bool {
    smaller.iter().all(|term| {
        larger.iter().any(|other| {
            other.group == term.group
                && term
                    .columns
                    .iter()
                    .all(|column| other.columns.contains(column))
        })
    })
}

/// How many variances the random effects have.
pub(crate) fn variances(random: &[RandomCovariance]) -> usize {
    let of = |structure: RandomStructure, columns: usize| match structure {
        RandomStructure::CompoundSymmetry => 1,
        _ => columns,
    };
    random
        .iter()
        .map(|term| of(term.structure, term.columns.len()))
        .sum()
}

fn same_response(a: &LmmFit, b: &LmmFit) -> bool {
    let y = |fit: &LmmFit, i: usize| fit.fitted[i] + fit.residuals[i];
    let scale = (0..a.fitted.len())
        .map(|i| y(a, i).abs())
        .fold(0.0, f64::max);
    (0..a.fitted.len()).all(|i| (y(a, i) - y(b, i)).abs() <= 1e-9 * scale)
}

/// The options of the exact restricted likelihood ratio test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExactTest {
    /// How many values are drawn from the distribution under the null hypothesis.
    pub replicates: usize,
    /// Where drawing begins; it must be given.
    pub seed: Option<u64>,
}

impl Default for ExactTest {
    fn default() -> Self {
        Self {
            replicates: 10_000,
            seed: None,
        }
    }
}

impl ExactTest {
    /// Tests that the one variance of the random effects is zero. The fit must be by REML.
    ///
    /// ```
    /// use kring_stats::lmm::{ExactTest, Lmm};
    /// # use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// # use ndarray::{Array2, array};
    /// # let families = ["a", "b", "c"].map(str::to_owned).to_vec();
    /// # let mut mean = Part::fixed(Array2::ones((6, 1)), vec!["(Intercept)".into()]);
    /// # mean.random = vec![RandomTerm {
    /// #     grouping: Grouping::new("family", families, vec![0, 0, 1, 1, 2, 2]),
    /// #     z: Array2::ones((6, 1)),
    /// #     columns: vec!["(Intercept)".into()],
    /// #     structure: RandomStructure::Unstructured,
    /// # }];
    /// # let design = Design::new(DesignParts {
    /// #     response: Response::Continuous(array![1.0, 3.0, 6.0, 8.0, 8.0, 10.0]),
    /// #     response_name: "problems".into(),
    /// #     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    /// #     source_rows: (0..6).collect(), omitted: vec![],
    /// # })?;
    /// // Three families of two waves: 1, 3; 6, 8; 8, 10.
    /// let fit = Lmm::default().fit(&design)?;
    /// let options = ExactTest { seed: Some(2011), ..ExactTest::default() };
    /// // In balance this is the F test of the means: F = 13 with 2 and 3 degrees of freedom.
    /// let p = options.test(&fit)?.p_value.unwrap();
    /// assert!((p - (1.0_f64 + 26.0 / 3.0).powf(-1.5)).abs() < 0.01);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn test(&self, fit: &LmmFit) -> Result<JointTest, Error> {
        let unsupported = |what: &str, hint: &str| Error::Unsupported {
            what: what.to_owned(),
            hint: hint.to_owned(),
        };
        let seed = Seed::new(explicit(self.seed)?);
        refuse_spread(fit, "the exact test")?;
        let (Engine::Families(families), [_]) = (&fit.model.engine, fit.found.theta.as_slice())
        else {
            return Err(unsupported(
                "the exact restricted likelihood ratio test of more than one variance",
                "compare two fits by their likelihood ratio",
            ));
        };
        if fit.options.estimation == Estimation::Ml {
            return Err(unsupported(
                "the exact restricted test of a fit by maximum likelihood",
                "use REML",
            ));
        }
        if self.replicates == 0 {
            return Err(Error::Argument {
                what: "the number of replicates".to_owned(),
                expected: "one or more",
                found: "0".to_owned(),
            });
        }
        if families.levels() > MOST_LEVELS {
            return Err(unsupported(
                "the exact restricted likelihood ratio test of more than 3000 levels",
                "with so many the mixture of χ² of `likelihood_ratio` is right",
            ));
        }
        let statistic = observed(&fit.model, fit.found.value)?;
        let spectrum = Spectrum::new(&fit.model, fit.found.nu);
        let drawn = each(self.replicates, Vec::new, |i, squares| {
            spectrum.draw(
                &mut seed.child("restricted likelihood ratio", 0).stream(i),
                squares,
            )
        });
        let beyond = drawn.iter().filter(|&&x| x >= statistic - 1e-9).count() as f64;
        let n = self.replicates as f64;
        let p = (beyond + 1.0) / (n + 1.0);
        Ok(JointTest {
            label: format!("variance of `{}`", fit.random[0].group),
            statistic: Some(statistic),
            reference: Reference::Resampled {
                n: self.replicates,
                mcse: (p * (1.0 - p) / n).sqrt(),
            },
            p_value: Some(p.min(1.0)),
            sample: fit.provenance.sample.clone(),
            method: "exact restricted likelihood ratio test by simulation".to_owned(),
            cautions: fit
                .provenance
                .cautions
                .iter()
                .filter(|c| !matches!(c, Caution::Note(_)))
                .cloned()
                .collect(),
        })
    }
}

/// Beyond this the eigenvalues take too long.
const MOST_LEVELS: usize = 3000;

/// d(0) − d(θ̂)
fn observed(model: &Model, best: f64) -> Result<f64, Error> {
    let mut criterion = model.criterion(true);
    let at_zero = criterion.value(&[0.0]);
    if !at_zero.is_finite() {
        return Err(Error::Overflow {
            what: "the criterion without random effects".to_owned(),
        });
    }
    Ok((at_zero - best).max(0.0))
}

/// The eigenvalues μ, those that are the same together, and how many more degrees of freedom there are.
struct Spectrum {
    values: Vec<Shared>,
    rest: f64,
    nu: f64,
}

/// An eigenvalue and how often it is there.
struct Shared {
    mu: f64,
    times: u32,
}

impl Spectrum {
    fn new(model: &Model, nu: f64) -> Self {
        let Engine::Families(families) = &model.engine else {
            return Self {
                values: Vec::new(),
                rest: nu,
                nu,
            };
        };
        let (k, c) = (families.levels(), model.data.c());
        let r = c - 1;
        // Z'X (X'X)⁻¹ X'Z by the root of X'X.
        let mut root = vec![0.0; r * r];
        let mut total = vec![0.0; packed(c)];
        families.total(&mut total);
        for i in 0..r {
            for j in 0..=i {
                root[i * r + j] = total[pair(j, i)];
            }
        }
        let full = crate::random::block::cholesky(r, &mut root).is_some();
        let mut half = Array2::zeros((k, r));
        for family in 0..k {
            let mut b = families.products(family)[..r].to_vec();
            if full {
                crate::random::block::forward(r, &root, &mut b);
            }
            half.row_mut(family).assign(&ndarray::ArrayView1::from(&b));
        }
        let mut s = -half.dot(&half.t());
        for family in 0..k {
            s[[family, family]] += families.square(family);
        }
        let mut values = symmetric_eigen(&s).values;
        values.sort_by(f64::total_cmp);
        let largest = values.last().copied().unwrap_or(0.0);
        let mut shared: Vec<Shared> = Vec::new();
        for mu in values.into_iter().filter(|&mu| mu > 1e-10 * largest) {
            match shared.last_mut() {
                Some(last) if mu - last.mu <= 1e-9 * largest => last.times += 1,
                _ => shared.push(Shared { mu, times: 1 }),
            }
        }
        let used: f64 = shared.iter().map(|s| f64::from(s.times)).sum();
        Self {
            values: shared,
            rest: (nu - used).max(0.0),
            nu,
        }
    }

    /// One value of the restricted likelihood ratio under the null hypothesis.
    fn draw(&self, stream: &mut Stream, squares: &mut Vec<f64>) -> f64 {
        squares.clear();
        for shared in &self.values {
            squares.push(chi_squared(stream, f64::from(shared.times)));
        }
        let rest = chi_squared(stream, self.rest);
        let at = |ln_lambda: f64| {
            let lambda = ln_lambda.exp();
            let (mut n, mut d, mut ln) = (0.0, rest, 0.0);
            for (shared, square) in self.values.iter().zip(squares.iter()) {
                let x = lambda * shared.mu;
                n += x / (1.0 + x) * square;
                d += square / (1.0 + x);
                ln += f64::from(shared.times) * (1.0 + x).ln();
            }
            self.nu * (n / d).ln_1p() - ln
        };
        let scale = self
            .values
            .iter()
            .map(|s| s.mu)
            .fold(0.0, f64::max)
            .max(f64::MIN_POSITIVE)
            .ln();
        let (low, high, steps) = (-14.0 - scale, 12.0 - scale, 52);
        let width = (high - low) / f64::from(steps);
        let mut best = (0, f64::NEG_INFINITY);
        for step in 0..=steps {
            let value = at(low + f64::from(step) * width);
            if value > best.1 {
                best = (step, value);
            }
        }
        if best.1 <= 0.0 {
            return 0.0;
        }
        let middle = low + f64::from(best.0) * width;
        // The logarithm of λ away from zero, so that the search for the peak has a scale.
        let shift = 100.0;
        peak(middle - width + shift, middle + width + shift, |x| {
            at(x - shift)
        })
        .value
        .max(0.0)
    }
}

/// χ² with any whole number of degrees of freedom: squares of normals, or Wilson and Hilferty's root
/// corrected by Marsaglia and Tsang's rejection, which is exact.
fn chi_squared(stream: &mut Stream, df: f64) -> f64 {
    if df <= 0.0 {
        return 0.0;
    }
    if df < 3.0 {
        let mut sum = stream.normal().powi(2);
        if df > 1.5 {
            sum += stream.normal().powi(2);
        }
        return sum;
    }
    let d = 0.5 * df - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    loop {
        let x = stream.normal();
        let v = (1.0 + c * x).powi(3);
        if v > 0.0 && stream.uniform().ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return 2.0 * d * v;
        }
    }
}
