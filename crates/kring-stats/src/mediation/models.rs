//! The models of what comes after the arm, and what they expect of a row in any arm.
//!
//! ```text
//! η_i(a, v) = Σ_g c_gi(a) Π_s v_s^p_gs + offset_i,   c_gi(a) = Σ_{j in g} β_j x_ij(a)
//! ```
//! g are the columns in which the variables after the arm, v, stand with the same powers p; x_ij(a) is a
//! column of row i in arm a with all v at one. So each row needs its c only once, whatever v are.

use kring_core::{Caution, Response, WeightKind};

use super::{NAME, Pathway, Residuals, Variable};
use crate::family::Family;
use crate::fit::Fit;
use crate::glm::Glm;
use crate::resampling::same_length;
use crate::{Covariance, Error};

/// A variable whose parts were checked.
pub(super) struct Prepared<'a> {
    pub of: &'a Variable<'a>,
    /// The powers of the variables after the arm that occur together.
    pub patterns: Vec<Vec<u32>>,
    /// Which of them each column has.
    pattern_of: Vec<usize>,
}

/// A model that was fitted to some rows.
pub(super) struct Fitted {
    /// The coefficients, zero where not estimated.
    pub beta: Vec<f64>,
    pub estimated: Vec<usize>,
    pub spread: Spread,
    pub cautions: Vec<Caution>,
}

/// How a variable lies around its mean.
#[derive(Debug, Clone)]
pub(super) enum Spread {
    Normal(f64),
    /// The residuals in order.
    Residuals(Vec<f64>),
    YesNo,
    Poisson,
    /// Negative binomial with this θ.
    NegativeBinomial(f64),
    /// Of an outcome only the mean counts.
    Mean,
}

/// The mean of a row on the scale of the predictor, as a function of what comes after the arm.
#[derive(Debug, Clone)]
pub(super) struct Row {
    coefficients: Vec<f64>,
    offset: f64,
}

/// The confounders, the mediators and the outcome.
pub(super) fn prepared<'a>(pathway: &'a Pathway<'a>) -> Result<Vec<Prepared<'a>>, Error> {
    let (q, k) = (pathway.confounders.len(), pathway.mediators.len());
    let after: Vec<&Variable<'_>> = pathway
        .confounders
        .iter()
        .chain(&pathway.mediators)
        .collect();
    for variable in &after {
        usable(variable)?;
    }
    let values: Vec<&[f64]> = after
        .iter()
        .map(|variable| numbers(variable).unwrap_or_default())
        .collect();
    let mut all = Vec::new();
    for (place, variable) in after.iter().copied().chain([&pathway.outcome]).enumerate() {
        let model = Prepared::new(variable, pathway, &values)?;
        // Confounders rest on those before them, mediators on confounders and the mediators before them.
        let may = if place < q + k { place } else { q + k };
        for (later, name) in after.iter().enumerate().skip(may) {
            if model.uses(later) {
                return Err(Error::Unsupported {
                    what: format!(
                        "`{}` in the formula of `{}`",
                        name.design.response_name(),
                        variable.design.response_name()
                    ),
                    hint: "a variable after the arm may rest on those that are named before it, confounders first"
                        .to_owned(),
                });
            }
        }
        all.push(model);
    }
    let name = |place: usize| after[place].design.response_name();
    let outcome = pathway.outcome.design.response_name();
    if let Some(place) = (q..q + k).find(|&place| !all[q + k].uses(place)) {
        return Err(Error::Unsupported {
            what: format!(
                "the mediator `{}`, which is not in the formula of `{outcome}`,",
                name(place)
            ),
            hint: "without it nothing can go through it: add it to that formula".to_owned(),
        });
    }
    if let Some(place) =
        (0..q).find(|&place| !all[place + 1..].iter().any(|model| model.uses(place)))
    {
        return Err(Error::Unsupported {
            what: format!(
                "the confounder `{}`, which is in the formula of no later variable,",
                name(place)
            ),
            hint: "add it to the formula of the outcome, or leave it out".to_owned(),
        });
    }
    Ok(all)
}

fn numbers<'a>(variable: &Variable<'a>) -> Option<&'a [f64]> {
    match variable.design.response() {
        Response::Continuous(y) | Response::Binary(y) | Response::Count(y) => y.as_slice(),
        _ => None,
    }
}

/// A variable after the arm varies and has a distribution that is known here.
fn usable(variable: &Variable<'_>) -> Result<(), Error> {
    let name = variable.design.response_name();
    let known = matches!(
        variable.family,
        Family::Gaussian | Family::Binomial | Family::Poisson | Family::NegativeBinomial2
    );
    let Some(values) = numbers(variable).filter(|_| known) else {
        return Err(Error::Unsupported {
            what: format!("`{name}` with the family {}", variable.family.name()),
            hint: "a mediator or confounder is Gaussian, binomial (0 and 1), Poisson or negative binomial (nbinom2)"
                .to_owned(),
        });
    };
    if values.iter().all(|x| *x == values[0]) {
        return Err(Error::Constant {
            method: NAME,
            what: format!("`{name}`"),
        });
    }
    Ok(())
}

impl<'a> Prepared<'a> {
    fn new(
        variable: &'a Variable<'a>,
        pathway: &Pathway<'_>,
        values: &[&[f64]],
    ) -> Result<Self, Error> {
        let design = variable.design;
        let (name, x) = (design.response_name(), design.mean().x());
        let arm = pathway.arm;
        same_length(name, design.rows(), arm.index.len())?;
        let shape = |what: &str, expected: String, found: usize| Error::Shape {
            what: format!("{what} of `{name}`"),
            expected,
            found: found.to_string(),
        };
        if variable.arms.len() != arm.levels.len() {
            let expected = format!("one for each of {} arms", arm.levels.len());
            return Err(shape("the columns by arm", expected, variable.arms.len()));
        }
        if let Some(set) = variable.arms.iter().find(|set| set.dim() != x.dim()) {
            let expected = format!("{} columns", x.ncols());
            return Err(shape("the columns by arm", expected, set.ncols()));
        }
        if variable.powers.len() != x.ncols() {
            let expected = format!("one list for each of {} columns", x.ncols());
            return Err(shape("the powers", expected, variable.powers.len()));
        }
        if let Some(powers) = variable.powers.iter().find(|p| p.len() != values.len()) {
            let expected = format!("one for each of {} variables after the arm", values.len());
            return Err(shape("the powers of a column", expected, powers.len()));
        }
        // The columns are what they are said to be: those of each row in its own arm.
        for ((row, column), &seen) in x.indexed_iter() {
            let code = arm.index[row] as usize;
            let Some(set) = variable.arms.get(code) else {
                return Err(shape(
                    "the arm of a row",
                    format!("below {}", arm.levels.len()),
                    code,
                ));
            };
            let powers = variable.powers[column].iter().zip(values);
            let product: f64 = powers.map(|(p, v)| power(v[row], *p)).product();
            let expected = set[[row, column]] * product;
            if (seen - expected).abs() > 1e-8 * seen.abs().max(expected.abs()).max(1.0) {
                return Err(Error::Unsupported {
                    what: format!("the column `{}` of `{name}`", design.mean().columns[column]),
                    hint: "a variable after the arm may stand in a formula as it is, in whole powers (`I(x^2)`) and \
                           in products, and the arm as a factor; compute other functions as columns of the table \
                           and take these as the variable"
                        .to_owned(),
                });
            }
        }
        if variable.arms.windows(2).all(|pair| pair[0] == pair[1]) {
            return Err(Error::Unsupported {
                what: format!("the formula of `{name}` without `{}`", arm.name),
                hint: "add the arm: whatever comes after it may depend on it".to_owned(),
            });
        }
        let mut patterns: Vec<Vec<u32>> = Vec::new();
        let mut pattern_of = Vec::new();
        for powers in &variable.powers {
            let known = patterns.iter().position(|known| known == powers);
            pattern_of.push(known.unwrap_or_else(|| {
                patterns.push(powers.clone());
                patterns.len() - 1
            }));
        }
        Ok(Self {
            of: variable,
            patterns,
            pattern_of,
        })
    }

    /// Whether a variable after the arm stands in any column.
    pub fn uses(&self, place: usize) -> bool {
        self.patterns.iter().any(|powers| powers[place] > 0)
    }

    /// Whether the mean depends on how the mediators hang together: by a product, a power or a link.
    pub fn joins(&self, q: usize) -> bool {
        let is_product = |powers: &Vec<u32>| powers[q..].iter().filter(|p| **p > 0).count() > 1;
        self.of.family.default_link() != crate::family::Link::Identity
            || self.patterns.iter().any(is_product)
    }

    pub fn fit(&self, rows: &[usize], residuals: Residuals) -> Result<Fitted, Error> {
        let design = self.of.design.take(rows)?;
        let is_weighted = design
            .weights()
            .is_some_and(|w| w.kind == WeightKind::Sampling);
        let glm = Glm {
            family: self.of.family,
            covariance: if is_weighted {
                Covariance::Hc0
            } else {
                Covariance::Classical
            },
            ..Glm::default()
        };
        let fit = glm.fit(&design)?;
        let coefficients = fit.coefficients();
        let mut beta = vec![0.0; coefficients.columns.len()];
        for (&column, &value) in coefficients.estimated.iter().zip(&coefficients.values) {
            beta[column] = value;
        }
        let name = design.response_name();
        let spread = match self.of.family {
            Family::Gaussian if residuals == Residuals::Resampled && is_weighted => {
                return Err(Error::Unsupported {
                    what: "resampled residuals with weights".to_owned(),
                    hint: "take `residuals` `normal`".to_owned(),
                });
            }
            Family::Gaussian if residuals == Residuals::Resampled => {
                let seen = design.response().numbers();
                let seen = seen.into_iter().flatten().zip(&fit.fitted);
                let mut all: Vec<f64> = seen.map(|(y, mu)| y - mu).collect();
                all.sort_by(f64::total_cmp);
                Spread::Residuals(all)
            }
            Family::Gaussian => {
                let variance = fit.dispersion.ok_or_else(|| Error::TooFew {
                    method: NAME,
                    what: format!("rows for the spread of `{name}`"),
                    needed: coefficients.estimated.len() + 1,
                    found: design.rows(),
                })?;
                Spread::Normal(variance.max(0.0).sqrt())
            }
            Family::Binomial => Spread::YesNo,
            Family::Poisson => Spread::Poisson,
            Family::NegativeBinomial2 => {
                let theta = fit.shape.as_ref().and_then(|shape| shape.value.finite());
                theta.map_or(Spread::Poisson, Spread::NegativeBinomial)
            }
            _ => Spread::Mean,
        };
        Ok(Fitted {
            beta,
            estimated: coefficients.estimated.clone(),
            spread,
            cautions: fit.provenance().cautions.clone(),
        })
    }

    /// What the model expects of a row in an arm.
    pub fn row(&self, fit: &Fitted, row: usize, arm: usize) -> Row {
        let mut coefficients = vec![0.0; self.patterns.len()];
        let x = self.of.arms[arm].row(row);
        for ((x, beta), &pattern) in x.iter().zip(&fit.beta).zip(&self.pattern_of) {
            coefficients[pattern] += x * beta;
        }
        let offset = self.of.design.mean().offset.as_ref();
        Row {
            coefficients,
            offset: offset.map_or(0.0, |offset| offset[row]),
        }
    }

    /// η at values of what comes after the arm.
    pub fn eta(&self, row: &Row, values: &[f64]) -> f64 {
        let of = |(powers, c): (&Vec<u32>, &f64)| {
            let each = powers.iter().zip(values);
            each.fold(*c, |product, (p, v)| match p {
                0 => product,
                _ => product * power(*v, *p),
            })
        };
        row.offset
            + self
                .patterns
                .iter()
                .zip(&row.coefficients)
                .map(of)
                .sum::<f64>()
    }

    /// μ at values of what comes after the arm.
    pub fn mean(&self, row: &Row, values: &[f64]) -> f64 {
        self.of.family.default_link().mean(self.eta(row, values)).mu
    }
}

fn power(x: f64, p: u32) -> f64 {
    i32::try_from(p).map_or(f64::NAN, |p| x.powi(p))
}
