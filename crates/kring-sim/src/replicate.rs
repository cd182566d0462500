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
    let n = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
    let each: Vec<Result<Found, Failed>> = (0..n)
        .into_par_iter()
        .with_min_len(CHUNK)
        .map_init(start, |state, place| {
            let replicate = range.start + place as u64;
            run(state, replicate)
                .map(|estimate| Found::of(replicate, &estimate))
                .map_err(|failure| Failed { replicate, failure })
        })
        .collect();
    let mut replicates = Replicates::default();
    for one in each {
        match one {
            Ok(found) => replicates.record(found)?,
            Err(Failed { replicate, failure }) => replicates.record_failure(replicate, failure)?,
        }
    }
    Ok(replicates)
}
