//! The parametric bootstrap of a mixed model by ranges of its replicates.

use std::ops::Range;

use kring_core::{Alternative, Estimate, Measure, Reference, Value};
use kring_stats::Fit;
use kring_stats::lmm::{BootstrapFits, ParametricBootstrap};
use kring_stats::resampling::{Draws, Refused};

use super::super::Answer;
use super::super::ranges::{Asked, Given, Part};
use super::in_place;
use crate::Error;

/// Draws some replicates and fits the model again.
pub(super) type Fits<'a> =
    &'a dyn Fn(&ParametricBootstrap) -> Result<BootstrapFits, kring_stats::Error>;

/// Replicates of a fit, each with a number.
pub(super) struct Replicated<'a> {
    pub fits: Fits<'a>,
    pub replicates: u64,
    pub seed: u64,
}

/// What came of them.
pub(super) enum Drawn {
    /// What was asked instead of an answer: how many there are, or some of them.
    Given(Given),
    /// All of them.
    Fits(BootstrapFits),
}

impl Replicated<'_> {
    pub fn asked(&self, asked: &Asked<'_>) -> Result<Drawn, Error> {
        Ok(match asked {
            Asked::Count => Drawn::Given(Given::Count(self.replicates)),
            Asked::Range(range) => Drawn::Given(Given::Part(Part {
                draws: vec![self.draw(range.clone())?],
            })),
            Asked::All => Drawn::Fits(self.finish(&[&self.draw(0..self.replicates)?])?),
            Asked::Finish(parts) => {
                let draws: Vec<&Draws> = parts.iter().flat_map(|part| &part.draws).collect();
                Drawn::Fits(self.finish(&draws)?)
            }
        })
    }

    fn fits(&self, range: Range<u64>) -> Result<BootstrapFits, Error> {
        let options = ParametricBootstrap {
            replicates: range,
            seed: Some(self.seed),
        };
        Ok((self.fits)(&options)?)
    }

    fn draw(&self, range: Range<u64>) -> Result<Draws, Error> {
        if range.start >= range.end || range.end > self.replicates {
            return Err(kring_stats::Error::Argument {
                what: "the range of replicates".to_owned(),
                expected: "one or more of those that the bootstrap has",
                found: format!("{}..{} of 0..{}", range.start, range.end, self.replicates),
            }
            .into());
        }
        let fits = self.fits(range.clone())?;
        let width = fits.names.len();
        let mut draws = Draws {
            first: range.start,
            count: range.end - range.start,
            of: self.replicates,
            seed: self.seed,
            numbers: Vec::with_capacity(width * fits.values.len()),
            refused: Vec::new(),
        };
        for (replicate, values) in fits.numbers.into_iter().zip(fits.values) {
            if let Some(values) = values {
                draws.numbers.extend(values.into_iter().map(Some));
            } else {
                draws.numbers.extend(std::iter::repeat_n(None, width));
                let why = "the search failed".to_owned();
                draws.refused.push(Refused { replicate, why });
            }
        }
        Ok(draws)
    }

    /// All fits from the draws of all ranges, in any order, each replicate once.
    fn finish(&self, draws: &[&Draws]) -> Result<BootstrapFits, Error> {
        let mut draws = draws.to_vec();
        draws.sort_by_key(|draws| draws.first);
        let mut all = self.fits(0..0)?;
        let width = all.names.len();
        let mut next = 0;
        for draws in draws {
            let range = draws.first..draws.first.saturating_add(draws.count);
            let of_another = (draws.of, draws.seed) != (self.replicates, self.seed)
                || draws.numbers.len() as u64 != draws.count.saturating_mul(width as u64)
                || range.end > self.replicates;
            if of_another {
                return Err(once(&range, "as draws of another computation"));
            }
            if draws.first > next {
                return Err(once(&(next..draws.first), "in no draws; run them"));
            }
            if draws.first < next {
                return Err(once(&range, "in the draws of two ranges; leave out one"));
            }
            next = range.end;
            all.numbers.extend(range);
            let values = draws.numbers.chunks(width.max(1));
            all.values
                .extend(values.map(|values| values.iter().copied().collect::<Option<Vec<f64>>>()));
        }
        if next < self.replicates {
            return Err(once(&(next..self.replicates), "in no draws; run them"));
        }
        Ok(all)
    }
}

/// Replicates that are not there as they should be.
fn once(range: &Range<u64>, found: &str) -> Error {
    kring_stats::Error::Shape {
        what: format!("the replicates {}..{}", range.start, range.end),
        expected: "each once".to_owned(),
        found: found.to_owned(),
    }
    .into()
}

/// What the replicates say: the coefficients with their errors and intervals in place of those of the likelihood;
/// of each component an interval.
pub(super) fn bootstrapped(
    answer: &mut Answer,
    fit: &impl Fit,
    fits: &BootstrapFits,
    measure: &Measure,
    before: &str,
) -> Result<(), Error> {
    let from = fit.provenance();
    let coefficients = fit.coefficients().values.len();
    let mut summaries = fits.summaries(from.level)?;
    let failures = summaries.first().map_or(0, |one| one.failures);
    let of_components = summaries.split_off(coefficients.min(summaries.len()));
    for (component, one) in answer.components.iter_mut().zip(of_components) {
        component.interval = Some(one.interval);
    }
    for one in summaries {
        let estimate = Estimate {
            label: format!("{before}{}", one.name),
            measure: measure.clone(),
            value: Value::Value(one.estimate),
            std_error: Some(one.std_error),
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Exact,
            interval: Some(one.interval),
            p_value: None,
            sample: from.sample.clone(),
            method: format!(
                "parametric bootstrap with {} replicates; {}",
                fits.values.len(),
                from.method
            ),
            cautions: from.cautions.clone(),
        }
        .checked()?;
        in_place(answer, [estimate]);
    }
    if failures > 0 {
        answer.notes.push(format!(
            "In {failures} of {} replicates the model could not be fitted; they are left out.",
            fits.values.len()
        ));
    }
    Ok(())
}
