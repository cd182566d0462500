//! Mean outcomes of a row whose mediators are drawn from one arm or the other.
//!
//! ```text
//! one mediator   Σ_k w_k E(Y | a, m_k): normal, 32 nodes of Gauss and Hermite; yes or no, two terms; counts,
//!                the sum until the next weighs less than 1e-20; residuals, each or a hundred quantiles of them
//! otherwise      D draws by inverse distribution functions: half of them one in each of D/2 strata of
//!                (0, 1), the other half mirrored; the same in every replicate and in both arms
//! ```
//! The confounders that the outcome meets and those behind the mediators are drawn apart from one another.

use super::models::{Fitted, Prepared, Row, Spread};
use super::{Means, Residuals, Way};
use crate::Error;
use crate::dist::upper_quantile;
use crate::glmm::quadrature;
use crate::seed::Seed;
use kring_core::Reference;

/// Nodes of the normal distribution.
const NODES: usize = 32;
/// So many residuals are taken each, of more as many quantiles.
const MOST_RESIDUALS: usize = 100;
/// Counts beyond the mean with less chance than this are left out.
const LEFT: f64 = 1e-20;
/// Means of counts beyond this are no counts of people or problems.
const LARGEST_MEAN: f64 = 500.0;
/// Terms of a sum over counts.
const MOST_TERMS: usize = 100_000;

/// Nodes and weights of the standard normal.
pub(super) struct Rule {
    nodes: Vec<(f64, f64)>,
}

/// Numbers between 0 and 1 for each row, draw and place.
pub(super) struct Draws {
    each: usize,
    slots: usize,
    numbers: Vec<f64>,
}

impl Rule {
    pub fn new(residuals: Residuals) -> Self {
        let nodes = match residuals {
            Residuals::Normal => quadrature::rule(NODES),
            Residuals::Resampled => Vec::new(),
        };
        let of = |(z, ln_weight): (f64, f64)| (z, (ln_weight - z * z / 2.0).exp());
        Self {
            nodes: nodes.into_iter().map(of).collect(),
        }
    }

    /// Values with their weights.
    fn of(&self, spread: &Spread, mu: f64) -> Result<Vec<(f64, f64)>, Error> {
        Ok(match spread {
            Spread::Normal(sigma) => {
                let node = |(z, weight): &(f64, f64)| (mu + sigma * z, *weight);
                self.nodes.iter().map(node).collect()
            }
            Spread::Residuals(all) => {
                let n = all.len().min(MOST_RESIDUALS);
                let at = |k: usize| quantile(all, (k as f64 + 0.5) / n as f64);
                (0..n).map(|k| (mu + at(k), 1.0 / n as f64)).collect()
            }
            Spread::YesNo => vec![(0.0, 1.0 - mu), (1.0, mu)],
            Spread::Poisson => counts(mu, None)?,
            Spread::NegativeBinomial(theta) => counts(mu, Some(*theta))?,
            Spread::Mean => vec![(mu, 1.0)],
        })
    }
}

/// The value below which a share of those in order lies.
fn quantile(sorted: &[f64], u: f64) -> f64 {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a length"
    )]
    let place = (u * sorted.len() as f64) as usize;
    sorted[place.min(sorted.len() - 1)]
}

/// P(0), and what P(k + 1) is of P(k).
fn first_count(mu: f64, theta: Option<f64>) -> Result<f64, Error> {
    if !(0.0..=LARGEST_MEAN).contains(&mu) {
        return Err(Error::Argument {
            what: "the mean of a mediator or confounder that is counted".to_owned(),
            expected: "a number up to 500 (take it as a score: family `gaussian`)",
            found: format!("{mu:.0}"),
        });
    }
    Ok(match theta {
        None => (-mu).exp(),
        Some(theta) => (-theta * (mu / theta).ln_1p()).exp(),
    })
}

fn next_count(p: f64, k: f64, mu: f64, theta: Option<f64>) -> f64 {
    match theta {
        None => p * mu / (k + 1.0),
        Some(theta) => p * (k + theta) / (k + 1.0) * mu / (theta + mu),
    }
}

/// The counts with their chances, until hardly anything is left.
fn counts(mu: f64, theta: Option<f64>) -> Result<Vec<(f64, f64)>, Error> {
    let mut p = first_count(mu, theta)?;
    let mut all = Vec::new();
    for k in 0..MOST_TERMS {
        let k = k as f64;
        all.push((k, p));
        if k >= mu && p < LEFT {
            return Ok(all);
        }
        p = next_count(p, k, mu, theta);
    }
    Err(Error::Unsupported {
        what: format!("a negative binomial mediator with mean {mu:.1} and such a long tail"),
        hint: "take the family `poisson`, or as a score `gaussian`".to_owned(),
    })
}

/// The value of a variable below which lies a share u.
fn at(spread: &Spread, mu: f64, u: f64) -> Result<f64, Error> {
    Ok(match spread {
        // Of a normal variable the draw is a quantile already.
        Spread::Normal(sigma) => mu + sigma * u,
        Spread::Residuals(all) => mu + quantile(all, u),
        Spread::YesNo => f64::from(u8::from(u > 1.0 - mu)),
        Spread::Poisson => count_at(mu, None, u)?,
        Spread::NegativeBinomial(theta) => count_at(mu, Some(*theta), u)?,
        Spread::Mean => mu,
    })
}

fn count_at(mu: f64, theta: Option<f64>, u: f64) -> Result<f64, Error> {
    let mut p = first_count(mu, theta)?;
    let (mut below, mut k) = (p, 0.0);
    while below < u && k < MOST_TERMS as f64 && (p > 0.0 || k < mu) {
        p = next_count(p, k, mu, theta);
        below += p;
        k += 1.0;
    }
    Ok(k)
}

/// As many numbers as are kept at most: four gigabytes of them.
const MOST: usize = 1 << 29;

impl Draws {
    /// The draws of all rows: q confounders for the outcome; and for the mediators together, and for each of
    /// them apart, q confounders and as many mediators as there are.
    pub fn new(
        seed: u64,
        each: usize,
        rows: usize,
        models: &[Prepared<'_>],
        q: usize,
    ) -> Result<Self, Error> {
        if each < 2 || each % 2 == 1 {
            return Err(Error::Argument {
                what: "the number of draws".to_owned(),
                expected: "an even number, such as 200,",
                found: each.to_string(),
            });
        }
        let k = models.len() - q;
        let chains = if k > 1 { 1 + k } else { 1 };
        let slots = q + chains * (q + k);
        let half = each / 2;
        let size = rows.checked_mul(each).and_then(|n| n.checked_mul(slots));
        let Some(size) = size.filter(|&size| size <= MOST) else {
            return Err(Error::Argument {
                what: "the number of draws".to_owned(),
                expected: "fewer: with these rows and models they would not fit in memory,",
                found: each.to_string(),
            });
        };
        let mut numbers = vec![0.0; size];
        let seed = Seed::new(seed).child("mediation", 0);
        for row in 0..rows {
            let mut stream = seed.stream(row as u64);
            let mut order: Vec<usize> = (0..half).collect();
            for slot in 0..slots {
                stream.shuffle(&mut order);
                let variable = if slot < q { slot } else { (slot - q) % (q + k) };
                let is_normal = models[variable].of.family == crate::family::Family::Gaussian;
                for (draw, &stratum) in order.iter().enumerate() {
                    let u = (stratum as f64 + stream.uniform()) / half as f64;
                    let place = |draw: usize| (row * each + draw) * slots + slot;
                    numbers[place(2 * draw)] = u;
                    numbers[place(2 * draw + 1)] = 1.0 - u;
                    if is_normal {
                        let z = -upper_quantile(u, Reference::Normal)?;
                        numbers[place(2 * draw)] = z;
                        numbers[place(2 * draw + 1)] = -z;
                    }
                }
            }
        }
        Ok(Self {
            each,
            slots,
            numbers,
        })
    }

    fn of(&self, row: usize, draw: usize) -> &[f64] {
        let start = (row * self.each + draw) * self.slots;
        &self.numbers[start..start + self.slots]
    }
}

impl Way<'_> {
    /// The mean outcomes of a row with one mediator and nothing else after the arm.
    pub(super) fn exactly(&self, fits: &[Fitted], row: usize) -> Result<Means, Error> {
        let [mediator, outcome] = &self.models[..] else {
            return Err(Error::Unsupported {
                what: "an exact integral over several variables".to_owned(),
                hint: "take draws".to_owned(),
            });
        };
        let arms = [0, self.other];
        let values = arms.map(|arm| {
            let mu = mediator.mean(&mediator.row(&fits[0], row, arm), &[0.0]);
            self.rule.of(&fits[0].spread, mu)
        });
        let [from_reference, from_other] = values;
        let (from_reference, from_other) = (from_reference?, from_other?);
        let rows = arms.map(|arm| outcome.row(&fits[1], row, arm));
        let over = |y: &Row, values: &[(f64, f64)]| -> Result<f64, Error> {
            let mut sum = 0.0;
            let mut last = 0.0;
            for (m, weight) in values {
                last = weight * outcome.mean(y, &[*m]);
                sum += last;
            }
            // A long tail of counts under a log link may have no mean at all.
            let is_count = matches!(
                fits[0].spread,
                Spread::Poisson | Spread::NegativeBinomial(_)
            );
            if is_count && last.abs() > 1e-6 * sum.abs() {
                return Err(Error::Unsupported {
                    what: "a mean outcome that the longest tail of the mediator makes".to_owned(),
                    hint: "it may not exist: take the mediator as `poisson`, or as a score (`gaussian`)".to_owned(),
                });
            }
            Ok(sum)
        };
        let held = |m: f64| [outcome.mean(&rows[0], &[m]), outcome.mean(&rows[1], &[m])];
        Ok(Means {
            of: [
                over(&rows[0], &from_reference)?,
                over(&rows[1], &from_reference)?,
                over(&rows[1], &from_other)?,
            ],
            apart: Vec::new(),
            held: self.held.iter().flatten().next().map(|m| held(*m)),
        })
    }

    /// The mean outcomes of a row by its draws.
    pub(super) fn by_draws(
        &self,
        fits: &[Fitted],
        draws: &Draws,
        row: usize,
    ) -> Result<Means, Error> {
        let (q, all) = (self.q, self.models.len() - 1);
        let k = all - q;
        let arms = [0, self.other];
        let rows: Vec<[Row; 2]> = self
            .models
            .iter()
            .zip(fits)
            .map(|(model, fit)| arms.map(|arm| model.row(fit, row, arm)))
            .collect();
        // The confounders and the mediators up to a place in one arm, from their numbers.
        let chain = |arm: usize, numbers: &[f64], up_to: usize| -> Result<Vec<f64>, Error> {
            let mut values = vec![0.0; all];
            for place in 0..up_to {
                let mu = self.models[place].mean(&rows[place][arm], &values);
                values[place] = at(&fits[place].spread, mu, numbers[place])?;
            }
            Ok(values)
        };
        let outcome = &self.models[all];
        let mut sums = Means {
            apart: vec![0.0; if k > 1 { k + 1 } else { 0 }],
            held: self.held.as_ref().map(|_| [0.0; 2]),
            ..Means::default()
        };
        for draw in 0..draws.each {
            let numbers = draws.of(row, draw);
            let met = [chain(0, numbers, q)?, chain(1, numbers, q)?];
            let together = [chain(0, &numbers[q..], all)?, chain(1, &numbers[q..], all)?];
            let expected = |arm: usize, mediators: &[f64]| {
                let mut values = met[arm].clone();
                values[q..].copy_from_slice(mediators);
                outcome.mean(&rows[all][arm], &values)
            };
            for (sum, (arm, from)) in sums.of.iter_mut().zip([(0, 0), (1, 0), (1, 1)]) {
                *sum += expected(arm, &together[from][q..]);
            }
            if let (Some(sums), Some(at)) = (&mut sums.held, &self.held) {
                for (arm, sum) in sums.iter_mut().enumerate() {
                    *sum += expected(arm, at);
                }
            }
            if k == 1 {
                continue;
            }
            let mut apart = [Vec::new(), Vec::new()];
            for place in 0..k {
                let own = &numbers[q + (1 + place) * all..];
                for (arm, values) in apart.iter_mut().enumerate() {
                    values.push(chain(arm, own, q + place + 1)?[q + place]);
                }
            }
            for (others, sum) in sums.apart.iter_mut().enumerate() {
                let mixed: Vec<f64> = (0..k)
                    .map(|place| apart[usize::from(place < others)][place])
                    .collect();
                *sum += expected(1, &mixed);
            }
        }
        let over = |x: f64| x / draws.each as f64;
        Ok(Means {
            of: sums.of.map(over),
            apart: sums.apart.into_iter().map(over).collect(),
            held: sums.held.map(|held| held.map(over)),
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn rules_have_the_moments_of_their_distributions() {
        let rule = Rule::new(Residuals::Normal);
        let moment = |values: &[(f64, f64)], f: &dyn Fn(f64) -> f64| -> f64 {
            values.iter().map(|(x, w)| w * f(*x)).sum()
        };
        let normal = rule.of(&Spread::Normal(2.0), 1.0).unwrap();
        assert!((moment(&normal, &|_| 1.0) - 1.0).abs() < 1e-13);
        assert!((moment(&normal, &|x| x * x) - 5.0).abs() < 1e-12);
        // E exp(x/2) = exp(1/2 + (2/2)²/2) = e.
        assert!((moment(&normal, &|x| (x / 2.0).exp()) - 1.0_f64.exp()).abs() < 1e-11);
        // Poisson: E 2^X = e^μ. Negative binomial: variance μ + μ²/θ.
        let poisson = rule.of(&Spread::Poisson, 3.0).unwrap();
        assert!((moment(&poisson, &|x| x.exp2()) - 3.0_f64.exp()).abs() < 1e-7);
        let long = rule.of(&Spread::NegativeBinomial(0.5), 3.0).unwrap();
        let second = moment(&long, &|x| x * x);
        assert!((second - (9.0 + 3.0 + 18.0)).abs() < 1e-6, "{second}");
        let three = rule
            .of(&Spread::Residuals(vec![-1.0, 0.0, 4.0]), 2.0)
            .unwrap();
        assert_eq!(
            three.iter().map(|(x, _)| *x).collect::<Vec<_>>(),
            [1.0, 2.0, 6.0]
        );
    }

    #[test]
    fn a_count_stands_where_its_distribution_function_passes_the_draw() {
        // Poisson with mean 1: P(0) = 0.3679, P(X ≤ 1) = 0.7358.
        for (u, truth) in [(0.3, 0.0), (0.37, 1.0), (0.73, 1.0), (0.74, 2.0)] {
            assert_eq!(count_at(1.0, None, u).unwrap(), truth);
        }
        let error = count_at(501.0, None, 0.5).unwrap_err().to_string();
        assert!(error.contains("up to 500"), "{error}");
    }
}
