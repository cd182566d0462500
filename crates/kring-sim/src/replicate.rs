//! Running replicates on all cores of a machine.
//!
//! ```text
//! replicate  i draws from stream i of the seed, whichever thread runs it
//! order      results are kept by their numbers, so that sums over them do not depend on who was first
//! ```

use std::ops::Range;

use kring_core::Estimate;
use rayon::prelude::*;

use crate::Error;
use crate::performance::{Failed, Failure, Found, Replicates};

/// Replicates that a thread takes at once, at least.
const CHUNK: usize = 16;

/// Runs a range of replicates, and says what each gave.
///
/// `start` makes what a thread needs and uses again, such as a [`Draw`](crate::draw::Draw); `run`
/// draws replicate i into it and estimates. Ranges that were run anywhere are put together by
/// [`Replicates::merge`]: shares of the work for several machines, or chunks between which a
/// program shows how far it is and stops when it is asked to.
///
/// ```
/// use kring_core::seed::Seed;
/// use kring_core::{Alternative, Estimate, Measure, Reference, Sample, Value};
/// use kring_sim::draw::Draw;
/// use kring_sim::generator::{Arm, Distribution, Generator, Outcome, Wave};
/// use kring_sim::performance::{Failure, PerformanceMeasure, PerformanceOptions};
/// use kring_sim::replicate::replicates;
///
/// let plan = Generator {
///     title: "Scores".into(),
///     waves: vec![Wave::new("1", 0.0)],
///     arms: vec![Arm::new("all", 25)],
///     outcomes: vec![Outcome::new("score", Distribution::Continuous { sd: 2.0 })],
///     ..Generator::default()
/// }
/// .plan()?;
/// let seed = Seed::new(1);
/// let mean = |draw: &mut Draw, i: u64| -> Result<Estimate, Failure> {
///     plan.draw(&seed, i, draw);
///     let scores = draw.values(0, 0);
///     Ok(Estimate {
///         label: "score".into(),
///         measure: Measure::Mean { unit: None },
///         value: Value::Value(scores.iter().sum::<f64>() / 25.0),
///         std_error: Some(0.4), // 2 / √25, which is known here
///         null: 0.0,
///         alternative: Alternative::TwoSided,
///         reference: Reference::Normal,
///         interval: None,
///         p_value: None,
///         sample: Sample::of(25),
///         method: "mean".into(),
///         cautions: vec![],
///     })
/// };
/// let first = replicates(0..600, Draw::default, mean)?;
/// let all = first.merge(replicates(600..1000, Draw::default, mean)?)?;
/// let performance = all.performance(&PerformanceOptions::of(0.0))?;
/// let error = performance.row(PerformanceMeasure::RelativeError).unwrap();
/// assert!(error.value.abs() < 3.0 * error.mcse.unwrap());
/// # Ok::<(), kring_sim::Error>(())
/// ```
pub fn replicates<S>(
    range: Range<u64>,
    start: impl Fn() -> S + Sync + Send,
    run: impl Fn(&mut S, u64) -> Result<Estimate, Failure> + Sync + Send,
) -> Result<Replicates, Error> {
    let run = |state: &mut S, i| run(state, i).map(|estimate| vec![estimate]);
    let one = replicates_of_several(range, 1, start, run)?;
    Ok(one.into_iter().next().unwrap_or_default())
}

/// The same where a replicate gives several estimates, such as an effect and a variance of one fit: what
/// was found of each, in their order. A replicate that fails has failed for all of them.
///
/// ```
/// use kring_core::seed::Seed;
/// use kring_core::{Alternative, Estimate, Measure, Reference, Sample, Value};
/// use kring_sim::performance::{Failure, PerformanceMeasure, PerformanceOptions};
/// use kring_sim::replicate::replicates_of_several;
///
/// let seed = Seed::new(1);
/// let both = |(): &mut (), i: u64| -> Result<Vec<Estimate>, Failure> {
///     let mut stream = seed.stream(i);
///     let x: Vec<f64> = (0..25).map(|_| stream.normal()).collect();
///     let mean = x.iter().sum::<f64>() / 25.0;
///     let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 24.0;
///     let estimate = |label: &str, value| Estimate {
///         label: label.into(),
///         measure: Measure::Mean { unit: None },
///         value: Value::Value(value),
///         std_error: None,
///         null: 0.0,
///         alternative: Alternative::TwoSided,
///         reference: Reference::Normal,
///         interval: None,
///         p_value: None,
///         sample: Sample::of(25),
///         method: "moments".into(),
///         cautions: vec![],
///     };
///     Ok(vec![estimate("mean", mean), estimate("variance", variance)])
/// };
/// let found = replicates_of_several(0..1000, 2, || (), both)?;
/// for (replicates, truth) in found.iter().zip([0.0, 1.0]) {
///     let performance = replicates.performance(&PerformanceOptions::of(truth))?;
///     let bias = performance.row(PerformanceMeasure::Bias).unwrap();
///     assert!(bias.value.abs() < 3.0 * bias.mcse.unwrap());
/// }
/// # Ok::<(), kring_sim::Error>(())
/// ```
pub fn replicates_of_several<S>(
    range: Range<u64>,
    several: usize,
    start: impl Fn() -> S + Sync + Send,
    run: impl Fn(&mut S, u64) -> Result<Vec<Estimate>, Failure> + Sync + Send,
) -> Result<Vec<Replicates>, Error> {
    let n = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
    let each: Vec<Result<Vec<Found>, Failed>> = (0..n)
        .into_par_iter()
        .with_min_len(CHUNK)
        .map_init(start, |state, place| {
            let replicate = range.start + place as u64;
            run(state, replicate)
                .map(|all| all.iter().map(|one| Found::of(replicate, one)).collect())
                .map_err(|failure| Failed { replicate, failure })
        })
        .collect();
    let mut replicates = vec![Replicates::default(); several];
    for (i, one) in (range.start..).zip(each) {
        match one {
            Ok(found) if found.len() == several => {
                for (list, found) in replicates.iter_mut().zip(found) {
                    list.record(found)?;
                }
            }
            Ok(found) => {
                return Err(Error::Replicates {
                    what: format!("replicate {i}"),
                    why: format!(
                        "it gave {} estimates where {several} were expected",
                        found.len()
                    ),
                });
            }
            Err(Failed { replicate, failure }) => {
                for list in &mut replicates {
                    list.record_failure(replicate, failure.clone())?;
                }
            }
        }
    }
    Ok(replicates)
}
