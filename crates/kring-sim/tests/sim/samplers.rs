//! The samplers against the exact distributions, and pinned against an independent program.

use kring_core::seed::{Seed, Stream};
use kring_sim::draw::Draw;
use kring_sim::generator::{Arm, Distribution, Generator, Outcome, Wave};
use kring_sim::plan::Plan;
use kring_sim::sampler::{exponential, gamma, nb1, nb2, poisson};

const DRAWS: usize = 200_000;

fn draws(stream: u64, draw: impl Fn(&mut Stream) -> f64) -> Vec<f64> {
    let mut stream = Seed::new(11).stream(stream);
    (0..DRAWS).map(|_| draw(&mut stream)).collect()
}

/// Mean and variance within three Monte Carlo standard errors.
fn moments(what: &str, x: &[f64], mean: f64, variance: f64) {
    let n = x.len() as f64;
    let m = x.iter().sum::<f64>() / n;
    let squares: Vec<f64> = x.iter().map(|x| (x - mean).powi(2)).collect();
    let v = squares.iter().sum::<f64>() / n;
    let of_v = (squares.iter().map(|s| (s - v).powi(2)).sum::<f64>() / n / n).sqrt();
    assert!(
        (m - mean).abs() < 3.0 * (variance / n).sqrt(),
        "{what}: mean {m}, not {mean}"
    );
    assert!(
        (v - variance).abs() < 3.0 * of_v,
        "{what}: variance {v}, not {variance}"
    );
}

/// χ² of counts against chances, cells of fewer than five expected put together at either end.
fn chi_squared(what: &str, x: &[f64], chances: &[f64]) {
    let n = x.len() as f64;
    let mut seen = vec![0.0; chances.len() + 1];
    for &x in x {
        assert!(x >= 0.0 && x.fract() == 0.0, "{what}: {x}");
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from zero on"
        )]
        let place = (x as usize).min(chances.len());
        seen[place] += 1.0;
    }
    let rest = 1.0 - chances.iter().sum::<f64>();
    let expected: Vec<f64> = chances.iter().chain([&rest]).map(|p| p * n).collect();
    let (mut statistic, mut cells) = (0.0, 0.0);
    let (mut o, mut e) = (0.0, 0.0);
    let mut left: f64 = expected.iter().sum();
    for (seen, expected) in seen.iter().zip(&expected) {
        o += seen;
        e += expected;
        left -= expected;
        if e >= 5.0 && left >= 5.0 {
            statistic += (o - e) * (o - e) / e;
            cells += 1.0;
            (o, e) = (0.0, 0.0);
        }
    }
    statistic += (o - e) * (o - e) / e;
    // 3.1 standard normal deviations (one in a thousand) by Wilson and Hilferty.
    let c = 2.0 / (9.0 * cells);
    let limit = cells * (1.0 - c + 3.1 * f64::sqrt(c)).powi(3);
    assert!(
        statistic < limit,
        "{what}: χ² {statistic} with {cells} df, limit {limit}"
    );
}

/// Kolmogorov and Smirnov's distance below the limit that one in a thousand passes.
fn kolmogorov(what: &str, mut x: Vec<f64>, cdf: impl Fn(f64) -> f64) {
    x.sort_by(f64::total_cmp);
    let n = x.len() as f64;
    let far = |(i, x): (usize, &f64)| {
        let p = cdf(*x);
        (p - i as f64 / n).abs().max(((i + 1) as f64 / n - p).abs())
    };
    let distance = x.iter().enumerate().map(far).fold(0.0, f64::max);
    assert!(
        distance * n.sqrt() < 1.95,
        "{what}: {}",
        distance * n.sqrt()
    );
}

/// Chances from the first and the ratio of each to the one before, until nothing is left.
fn recursion(first: f64, ratio: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut chances = vec![first];
    let (mut sum, mut y) = (first, 0.0);
    while sum < 1.0 - 1e-9 && y < 1e5 {
        let next = chances.last().unwrap() * ratio(y);
        y += 1.0;
        sum += next;
        chances.push(next);
    }
    chances
}

#[test]
fn counts_follow_the_poisson_distribution() {
    for (i, mu) in [0.01, 0.5, 3.0, 9.99, 10.0, 12.5, 60.0, 400.0]
        .into_iter()
        .enumerate()
    {
        let what = format!("Poisson({mu})");
        let x = draws(i as u64, |stream| poisson(mu, stream));
        moments(&what, &x, mu, mu);
        chi_squared(&what, &x, &recursion((-mu).exp(), |y| mu / (y + 1.0)));
    }
}

#[test]
fn counts_follow_the_negative_binomial_distributions() {
    for (i, (mu, shape)) in [(0.3, 0.2), (4.7, 2.0), (30.0, 8.0)]
        .into_iter()
        .enumerate()
    {
        let x = draws(20 + i as u64, |stream| nb2(mu, shape, stream));
        let what = format!("NB2({mu}, θ = {shape})");
        moments(&what, &x, mu, mu + mu * mu / shape);
        let first = (1.0 + mu / shape).powf(-shape);
        let p = mu / (mu + shape);
        chi_squared(
            &what,
            &x,
            &recursion(first, |y| (shape + y) / (y + 1.0) * p),
        );

        let x = draws(30 + i as u64, |stream| nb1(mu, shape, stream));
        let what = format!("NB1({mu}, φ = {shape})");
        moments(&what, &x, mu, mu * (1.0 + shape));
        let size = mu / shape;
        let p = shape / (1.0 + shape);
        let first = (1.0 + shape).powf(-size);
        chi_squared(&what, &x, &recursion(first, |y| (size + y) / (y + 1.0) * p));
    }
}

/// The incomplete gamma function by its power series, DLMF 8.11.4; Γ(1.3) of DLMF's table 5.22, the
/// others factorials and √π/2.
#[test]
fn waiting_times_follow_the_gamma_distribution() {
    for (i, (shape, of_next)) in [
        (0.3, 0.897_470_696_306_277_2),
        (0.5, 0.886_226_925_452_758),
        (1.0, 1.0),
        (3.0, 6.0),
        (10.0, 3_628_800.0),
    ]
    .into_iter()
    .enumerate()
    {
        let what = format!("gamma({shape})");
        let x = draws(40 + i as u64, |stream| gamma(shape, stream));
        moments(&what, &x, shape, shape);
        kolmogorov(&what, x, |x| {
            let (mut term, mut sum, mut a) = (1.0, 1.0, shape);
            while term > 1e-17 * sum {
                a += 1.0;
                term *= x / a;
                sum += term;
            }
            (shape * x.ln() - x).exp() / of_next * sum
        });
    }
    let x = draws(50, exponential);
    moments("exponential", &x, 1.0, 1.0);
    kolmogorov("exponential", x, |x| -(-x).exp_m1());
}

#[test]
fn hard_arguments_give_a_count_all_the_same() {
    let mut stream = Seed::new(1).stream(0);
    assert_eq!(poisson(0.0, &mut stream), 0.0);
    assert_eq!(poisson(-1.0, &mut stream), 0.0);
    assert_eq!(poisson(f64::NAN, &mut stream).fract(), 0.0);
    for _ in 0..100 {
        for x in [
            poisson(f64::MAX, &mut stream),
            poisson(1e-300, &mut stream),
            nb2(1e12, 1e-3, &mut stream),
            nb2(1e-12, 1e9, &mut stream),
            nb1(1e-9, 1e9, &mut stream),
            gamma(1e-6, &mut stream),
            gamma(1e12, &mut stream),
        ] {
            assert!(x.is_finite() && x >= 0.0, "{x}");
        }
    }
}

/// From `reference/scripts/samplers.py`, which has a ChaCha8 and these samplers of its own.
#[test]
fn the_draws_are_pinned() {
    let of = |i: u64, draw: &dyn Fn(&mut Stream) -> f64| -> Vec<f64> {
        let mut stream = Seed::new(2011).stream(i);
        (0..6).map(|_| draw(&mut stream)).collect()
    };
    assert_eq!(of(0, &|s| poisson(4.7, s)), PINNED_FEW);
    assert_eq!(of(1, &|s| poisson(60.0, s)), PINNED_MANY);
    assert_eq!(of(2, &|s| nb2(4.7, 2.0, s)), PINNED_NB2);
    assert_eq!(of(3, &|s| nb1(4.7, 0.8, s)), PINNED_NB1);
    for (found, pinned) in of(4, &|s| gamma(0.3, s)).iter().zip(PINNED_GAMMA) {
        assert!((found / pinned - 1.0).abs() < 1e-12, "{found}");
    }
}

/// A plan with one arm, one wave and no effect, so that every family has the same chances.
fn alike(distribution: Distribution, intercept: f64, families: usize) -> Plan {
    let generator = Generator {
        title: "Alike".into(),
        waves: vec![Wave::new("1", 0.0)],
        arms: vec![Arm::new("all", families)],
        outcomes: vec![Outcome {
            intercept,
            ..Outcome::new("value", distribution)
        }],
        ..Generator::default()
    };
    generator.plan().unwrap()
}

/// From `reference/scripts/samplers.py`.
#[test]
fn the_columns_are_pinned() {
    let nb2 = Distribution::Nb2 {
        theta: 4.0,
        zeros: 0.0,
    };
    let mut draw = Draw::default();
    alike(nb2, 1.5, 20_001).draw(&Seed::new(2011), 5, &mut draw);
    let values = draw.values(0, 0);
    let first = [0.0, 3.0, 4.0, 0.0, 9.0, 2.0, 1.0, 5.0, 9.0, 8.0, 3.0, 2.0];
    assert_eq!(values[..12], first);
    assert_eq!(values.iter().sum::<f64>(), 89_908.0);
    let by_place = values.iter().enumerate().map(|(i, y)| i as f64 * y);
    assert_eq!(by_place.sum::<f64>(), 900_627_004.0);
}

/// Where all families have the same chances, values come from a table of them.
#[test]
fn columns_follow_their_distributions() {
    let mean = 4.7_f64;
    let at = 4.7_f64 / 6.7;
    for (i, (distribution, intercept, chances)) in [
        (
            Distribution::Poisson { zeros: 0.0 },
            mean.ln(),
            recursion((-mean).exp(), |y| mean / (y + 1.0)),
        ),
        (
            Distribution::Poisson { zeros: 0.25 },
            mean.ln(),
            with_zeros(0.25, recursion((-mean).exp(), |y| mean / (y + 1.0))),
        ),
        (
            Distribution::Nb2 {
                theta: 2.0,
                zeros: 0.0,
            },
            mean.ln(),
            recursion((1.0 - at).powi(2), |y| (2.0 + y) / (y + 1.0) * at),
        ),
        (
            Distribution::Nb1 {
                phi: 1.0,
                zeros: 0.1,
            },
            mean.ln(),
            with_zeros(
                0.1,
                recursion(0.5_f64.powf(mean), |y| (mean + y) / (y + 1.0) * 0.5),
            ),
        ),
        (Distribution::Binary, 3.0_f64.ln(), vec![0.25, 0.75]),
        (
            // Logits of 1/5 and 3/5, at zero.
            Distribution::Ordinal {
                thresholds: vec![-(4.0_f64.ln()), 1.5_f64.ln()],
                levels: Vec::new(),
            },
            0.0,
            vec![0.0, 0.2, 0.4, 0.4],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut draw = Draw::default();
        let plan = alike(distribution.clone(), intercept, DRAWS);
        plan.draw(&Seed::new(12), i as u64, &mut draw);
        chi_squared(&format!("{distribution:?}"), draw.values(0, 0), &chances);
        let truth = plan.truth().unwrap();
        let margin = &truth.arms[0].margins[0];
        moments(
            &format!("{distribution:?}"),
            draw.values(0, 0),
            margin.mean,
            margin.sd * margin.sd,
        );
    }
}

fn with_zeros(share: f64, chances: Vec<f64>) -> Vec<f64> {
    let mut chances: Vec<f64> = chances.iter().map(|p| (1.0 - share) * p).collect();
    chances[0] += share;
    chances
}

const PINNED_FEW: [f64; 6] = [3.0, 3.0, 1.0, 5.0, 5.0, 8.0];
const PINNED_MANY: [f64; 6] = [65.0, 54.0, 55.0, 67.0, 73.0, 57.0];
const PINNED_NB2: [f64; 6] = [2.0, 2.0, 10.0, 1.0, 0.0, 1.0];
const PINNED_NB1: [f64; 6] = [6.0, 3.0, 1.0, 5.0, 8.0, 8.0];
const PINNED_GAMMA: [f64; 6] = [
    0.279_545_294_113_062_67,
    0.010_636_236_606_144_694,
    0.076_692_703_752_111_67,
    0.001_129_113_073_251_898_2,
    0.807_346_454_955_497_2,
    1.630_626_394_807_883_9e-6,
];
