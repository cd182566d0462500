//! The same seed gives the same bits, whatever thread draws and however the work is shared out.

use kring_core::seed::Seed;
use kring_core::{
    Alternative, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
};
use kring_sim::draw::Draw;
use kring_sim::performance::{Failure, Keep, PerformanceOptions, Replicates};
use kring_sim::plan::Plan;
use kring_sim::replicate::replicates;

use crate::generators;

/// The difference of the arms' mean numbers of problems at the second wave, among those seen. It fails
/// now and then, so that failures are shared out as well.
fn difference(plan: &Plan, seed: &Seed, draw: &mut Draw, i: u64) -> Result<Estimate, Failure> {
    plan.draw(seed, i, draw);
    let (values, seen) = (draw.values(0, 1), draw.seen(0, 1));
    let mean_and_variance = |arm: usize| {
        let x: Vec<f64> = plan
            .families_of(arm)
            .filter(|&i| seen[i])
            .map(|i| values[i])
            .collect();
        let n = x.len() as f64;
        let mean = x.iter().sum::<f64>() / n;
        let squares = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        (mean, squares / (n - 1.0) / n)
    };
    let ((x, vx), (y, vy)) = (mean_and_variance(1), mean_and_variance(0));
    if x < 2.0 || i.is_multiple_of(97) {
        return Err(Failure {
            kind: "TooFew".into(),
            message: format!("replicate {i}"),
        });
    }
    let se = (vx + vy).sqrt();
    Ok(Estimate {
        label: "EKC − WT".into(),
        measure: Measure::MeanDifference { unit: None },
        value: Value::Value(x - y),
        std_error: Some(se),
        null: 0.0,
        alternative: Alternative::TwoSided,
        reference: Reference::Normal,
        interval: Some(Interval {
            low: Some(x - y - 1.96 * se),
            high: Some(x - y + 1.96 * se),
            level: 0.95,
            kind: IntervalKind::Wald,
        }),
        p_value: Some(((x - y) / se).abs().min(1.0)),
        sample: Sample::of(115),
        method: "for this test".into(),
        cautions: vec![],
    })
}

/// Every bit of an account: JSON writes numbers so that they are read back as they were.
fn bits(replicates: &Replicates) -> String {
    let options = PerformanceOptions {
        keep: Keep::Replicates,
        ..PerformanceOptions::of(0.3)
    };
    serde_json::to_string(&replicates.performance(&options).unwrap()).unwrap()
}

#[test]
fn the_same_bits_for_any_number_of_threads() {
    let plan = generators::dropout().plan().unwrap();
    let seed = Seed::new(2019).child("power", 4);
    let run = |range: std::ops::Range<u64>| {
        replicates(range, Draw::default, |draw, i| {
            difference(&plan, &seed, draw, i)
        })
        .unwrap()
    };
    let with_threads = |n: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(n)
            .build()
            .unwrap();
        bits(&pool.install(|| run(0..1000)))
    };
    let one = with_threads(1);
    assert!(one.contains("TooFew"));
    assert_eq!(one, with_threads(2));
    assert_eq!(one, with_threads(3));
    // Ranges by different workers, merged out of order, each sent as JSON and back.
    let sent = |range| -> Replicates {
        serde_json::from_str(&serde_json::to_string(&run(range)).unwrap()).unwrap()
    };
    let merged = sent(700..1000)
        .merge(sent(0..13))
        .and_then(|some| some.merge(sent(13..700)))
        .unwrap();
    assert_eq!(one, bits(&merged));
    assert!(run(0..10).merge(run(9..12)).is_err());
    let text = serde_json::to_string(&run(1..3)).unwrap();
    let twice = text.replace("\"replicate\":2", "\"replicate\":1");
    assert!(serde_json::from_str::<Replicates>(&text).is_ok());
    assert!(serde_json::from_str::<Replicates>(&twice).is_err());
}

/// A buffer that held another plan, or another replicate, leaves no trace.
#[test]
fn a_used_buffer_draws_what_a_new_one_draws() {
    let seed = Seed::new(1);
    let mut used = Draw::default();
    for generator in generators::all() {
        let plan = generator.plan().unwrap();
        for replicate in [3, 0, 3] {
            plan.draw(&seed, replicate, &mut used);
            let mut new = Draw::default();
            plan.draw(&seed, replicate, &mut new);
            for k in 0..generator.outcomes.len() {
                for j in 0..generator.waves.len() {
                    assert_eq!(used.values(k, j), new.values(k, j));
                    assert_eq!(used.seen(k, j), new.seen(k, j));
                }
            }
        }
    }
}
