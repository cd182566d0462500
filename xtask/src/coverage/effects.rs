//! Standardised differences, shares of variance, and bounds.

use kring_core::seed::Stream;
use kring_core::{Estimate, Reference};
use kring_stats::Error;
use kring_stats::balance::{Balance, Counts};
use kring_stats::bounds::{Assumption, Bounds, Outcomes, Shares};
use kring_stats::dist;
use kring_stats::effect_size::{
    Arm, ChangeEffect, Correction, Limits, MeanEffect, PairedEffect, PairedStandardizer,
    Standardizer,
};
use kring_stats::t_test::Group;
use kring_stats::variance_explained::{ShareInterval, VarianceExplained, VarianceShares};

use super::scenario::{
    Claim::{self, Approximate, Nominal},
    Scenario, bernoulli, binomial, ekc, many, normals, place, whole, wt,
};

fn limits_words(limits: Limits) -> (&'static str, &'static str) {
    match limits {
        Limits::NoncentralT => ("noncentral", "noncentral t"),
        Limits::Normal => ("normal", "normal"),
    }
}

/// Two groups of normal values, the means δ apart.
#[derive(Clone, Copy)]
struct Apart {
    n: [usize; 2],
    delta: f64,
    sd: [f64; 2],
}

const FIELD: Apart = Apart {
    n: [55, 60],
    delta: 0.45,
    sd: [1.0, 1.0],
};
const SMALL: Apart = Apart {
    n: [6, 6],
    delta: 1.5,
    sd: [1.0, 1.0],
};
const UNEQUAL: Apart = Apart {
    n: [20, 60],
    delta: 1.5,
    sd: [2.0, 1.0],
};

fn two(claim: Claim, standardizer: Standardizer, limits: Limits, data: Apart) -> Scenario {
    let (key, words) = match standardizer {
        Standardizer::Pooled => ("d-pooled", "Hedges's g, pooled SD"),
        Standardizer::Average => ("d-average", "Bonett's d, average SD"),
        Standardizer::First => ("d-first", "Glass's Δ, SD of the first"),
        Standardizer::Second => ("d-second", "Glass's Δ, SD of the second"),
    };
    let options = MeanEffect {
        standardizer,
        limits,
        ..MeanEffect::default()
    };
    let Apart { n, delta, sd } = data;
    let size = match standardizer {
        Standardizer::Average | Standardizer::Pooled => {
            f64::midpoint(sd[0] * sd[0], sd[1] * sd[1]).sqrt()
        }
        Standardizer::First => sd[0],
        Standardizer::Second => sd[1],
    };
    let (short, how) = limits_words(limits);
    Scenario::new(
        format!("{key}-{short}/{} {}, {}", n[0], n[1], sd[0]),
        format!("{words}, {how}"),
        format!(
            "{} and {} normal values, {delta} apart, SD {} and {}",
            n[0], n[1], sd[0], sd[1]
        ),
        claim,
        delta / size,
        move |stream| {
            let x = normals(n[0], delta, sd[0], stream);
            let y = normals(n[1], 0.0, sd[1], stream);
            options.two_samples(ekc(&x), wt(&y))
        },
    )
}

/// Pairs with SD 1 before and after, correlation r, and a change of δ.
fn paired(
    claim: Claim,
    standardizer: PairedStandardizer,
    limits: Limits,
    (n, r, delta): (usize, f64, f64),
) -> Scenario {
    let (key, words) = match standardizer {
        PairedStandardizer::Differences => ("dz", "d_z"),
        PairedStandardizer::Average => ("dav", "d_av"),
        PairedStandardizer::RepeatedMeasures => ("drm", "d_rm"),
        PairedStandardizer::Baseline => ("db", "d by the baseline's SD"),
    };
    let truth = match standardizer {
        PairedStandardizer::Differences => delta / (2.0 * (1.0 - r)).sqrt(),
        _ => delta,
    };
    let options = PairedEffect {
        standardizer,
        limits,
        ..PairedEffect::default()
    };
    let (short, how) = limits_words(limits);
    Scenario::new(
        format!("{key}-{short}/{n}"),
        format!("paired {words}, {how}"),
        format!("{n} pairs, correlation {r}, change {delta} SD"),
        claim,
        truth,
        move |stream| {
            let [before, after] = waves(n, r, delta, stream);
            options.paired(ekc(&after), wt(&before))
        },
    )
}

fn waves(n: usize, r: f64, delta: f64, stream: &mut Stream) -> [Vec<f64>; 2] {
    let before = normals(n, 0.0, 1.0, stream);
    let rest = (1.0 - r * r).sqrt();
    let after = before
        .iter()
        .map(|b| delta + r * b + rest * stream.normal());
    let after = after.collect();
    [before, after]
}

fn change(n: usize, delta: f64) -> Scenario {
    Scenario::new(
        format!("change/{n}"),
        "difference of change (Morris's d), normal",
        format!("{n} and {n} families, correlation .5, changes {delta} SD apart"),
        Approximate,
        delta,
        move |stream| {
            let (x, y) = (waves(n, 0.5, delta, stream), waves(n, 0.5, 0.0, stream));
            ChangeEffect::default().arms(
                Arm {
                    name: "EKC",
                    before: &x[0],
                    after: &x[1],
                },
                Arm {
                    name: "WT",
                    before: &y[0],
                    after: &y[1],
                },
            )
        },
    )
}

/// The share of the variance between three groups of n normal values.
fn explained(
    claim: Claim,
    interval: ShareInterval,
    n: usize,
    means: [f64; 3],
    (key, words): (&str, &str),
    take: fn(VarianceShares) -> Estimate,
) -> Scenario {
    let options = VarianceExplained {
        interval,
        ..VarianceExplained::default()
    };
    let grand = means.iter().sum::<f64>() / 3.0;
    let between = means.iter().map(|m| (m - grand).powi(2)).sum::<f64>() / 3.0;
    let how = match interval {
        ShareInterval::Population => "population",
        ShareInterval::Estimate => "as effectsize",
    };
    Scenario::new(
        format!("{key} {how}/{n}"),
        format!("{words}, {how}"),
        format!("3 groups of {n} normal values, means {means:?}"),
        claim,
        between / (between + 1.0),
        move |stream| {
            let values = means.map(|mean| normals(n, mean, 1.0, stream));
            let groups: Vec<Group<'_>> = values.iter().map(|v| ekc(v)).collect();
            Ok(take(options.groups("score × team", &groups)?))
        },
    )
}

fn balance_numbers([m, n]: [usize; 2], d: f64) -> Scenario {
    Scenario::new(
        format!("balance-numbers/{m} {n}"),
        "standardised difference of a number",
        format!("{m} and {n} normal values, {d} SD apart"),
        Approximate,
        d,
        move |stream| {
            let (x, y) = (normals(m, 0.0, 1.0, stream), normals(n, d, 1.0, stream));
            Balance::default().numbers(wt(&x), ekc(&y))
        },
    )
}

fn balance_share([m, n]: [u64; 2], p: f64, q: f64) -> Scenario {
    let s = f64::midpoint(p * (1.0 - p), q * (1.0 - q)).sqrt();
    Scenario::new(
        format!("balance-share/{m} {n}, {p} {q}"),
        "standardised difference of a share",
        format!("{p} of {m} and {q} of {n}"),
        Approximate,
        (q - p) / s,
        move |stream| {
            let mut counts = |size: u64, p| {
                let with = binomial(size, p, stream);
                [size - with, with].map(|k| usize::try_from(k).unwrap_or(0))
            };
            let (x, y) = (counts(m, p), counts(n, q));
            Balance::default().levels(
                Counts {
                    name: "WT",
                    counts: &x,
                },
                Counts {
                    name: "EKC",
                    counts: &y,
                },
            )
        },
    )
}

/// Three levels whose shares are these, or the same in both groups.
fn balance_levels(key: &str, n: usize, p: [f64; 3], q: [f64; 3]) -> Scenario {
    let sum: f64 = p
        .iter()
        .zip(&q)
        .map(|(p, q)| (q - p).powi(2) / ((p + q) / 2.0))
        .sum();
    Scenario::new(
        format!("balance-levels/{key}"),
        "standardised difference of three levels",
        format!("{n} and {n}, shares {p:?} and {q:?}"),
        Approximate,
        (sum / (1.0 - sum / 4.0)).sqrt(),
        move |stream| {
            let mut counts = |p: &[f64]| {
                let mut counts = [0_usize; 3];
                for _ in 0..n {
                    counts[place(p, stream)] += 1;
                }
                counts
            };
            let (x, y) = (counts(&p), counts(&q));
            Balance::default().levels(
                Counts {
                    name: "WT",
                    counts: &x,
                },
                Counts {
                    name: "EKC",
                    counts: &y,
                },
            )
        },
    )
}

/// A tenth of x and a quarter of y are missing, and the truth is the worst that can be.
fn worst_means([m, n]: [usize; 2]) -> Scenario {
    Scenario::new(
        format!("bounds-worst/{m} {n}"),
        "worst-case bounds of two means (Imbens and Manski)",
        format!(
            "{m} and {n} scores from 0 to 10, a tenth and a quarter missing, truth at the low end"
        ),
        Approximate,
        0.9 * 5.0 - (0.75 * 5.0 + 0.25 * 10.0),
        move |stream| {
            let mut arm = |n: usize, missing: f64| {
                let gone = whole(many(n, || bernoulli(missing, stream)).iter().sum());
                let gone = usize::try_from(gone).unwrap_or(0);
                (many(n - gone, || 2.0 + 6.0 * stream.uniform()), gone)
            };
            let (x, y) = (arm(m, 0.1), arm(n, 0.25));
            bounded(
                Bounds::worst_case(0.0, 10.0),
                ("EKC", &x.0, x.1),
                ("WT", &y.0, y.1),
            )
        },
    )
}

/// The same with 90 and 75 % known and the lowest of x those who would have stayed in either arm.
fn monotone([m, n]: [usize; 2]) -> Scenario {
    // The mean of the lowest k of a standard normal is −φ(z)/k at its quantile z.
    let k = 0.75 / 0.9;
    let z = dist::upper_quantile(1.0 - k, Reference::Normal).unwrap_or(f64::NAN);
    let density = (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt();
    Scenario::new(
        format!("bounds-monotone/{m} {n}"),
        "monotone bounds (Lee, Imbens and Manski)",
        format!("{m} and {n} normal outcomes, a tenth and a quarter missing, truth at the low end"),
        Approximate,
        -density / k,
        move |stream| {
            let mut arm = |n: usize, missing: f64| {
                let gone = whole(many(n, || bernoulli(missing, stream)).iter().sum());
                let gone = usize::try_from(gone).unwrap_or(0);
                (normals(n - gone, 0.0, 1.0, stream), gone)
            };
            let (x, y) = (arm(m, 0.1), arm(n, 0.25));
            bounded(Bounds::monotone(), ("EKC", &x.0, x.1), ("WT", &y.0, y.1))
        },
    )
}

type Known<'a> = (&'a str, &'a [f64], usize);

fn bounded(options: Bounds, x: Known<'_>, y: Known<'_>) -> Result<Estimate, Error> {
    let outcomes = |(name, values, missing)| Outcomes {
        name,
        values,
        missing,
    };
    let found = options.two_means(outcomes(x), outcomes(y), None)?;
    Ok(Estimate {
        interval: Some(found.interval),
        cautions: found.cautions,
        ..found.low
    })
}

fn worst_shares() -> Scenario {
    Scenario::new(
        "bounds-shares/field",
        "worst-case bounds of two shares (Imbens and Manski)",
        "55 and 60 with shares .6 and .4, a fifth missing in each, truth at the low end",
        Approximate,
        0.8 * 0.6 - (0.8 * 0.4 + 0.2),
        |stream| {
            let mut arm = |name, n: u64, p| {
                let known = binomial(n, 0.8, stream);
                let size = |k: u64| usize::try_from(k).unwrap_or(0);
                Shares {
                    name,
                    events: size(binomial(known, p, stream)),
                    known: size(known),
                    missing: size(n - known),
                }
            };
            let (x, y) = (arm("EKC", 55, 0.6), arm("WT", 60, 0.4));
            let options = Bounds {
                assumption: Assumption::WorstCase {
                    lowest: 0.0,
                    highest: 1.0,
                },
                level: 0.95,
            };
            let found = options.two_shares(x, y)?;
            Ok(Estimate {
                interval: Some(found.interval),
                cautions: found.cautions,
                ..found.low
            })
        },
    )
}

/// Cohen's d without Hedges's factor: the limits are then exact for δ.
fn cohen(data: Apart) -> Scenario {
    let Apart { n, delta, .. } = data;
    let options = MeanEffect {
        correction: Correction::None,
        ..MeanEffect::default()
    };
    Scenario::new(
        format!("cohens-d/{} {}", n[0], n[1]),
        "Cohen's d, pooled SD, noncentral t",
        format!("{} and {} normal values, {delta} SD apart", n[0], n[1]),
        Nominal,
        delta,
        move |stream| {
            let x = normals(n[0], delta, 1.0, stream);
            let y = normals(n[1], 0.0, 1.0, stream);
            options.two_samples(ekc(&x), wt(&y))
        },
    )
}

/// d_z without Hedges's factor.
fn cohen_z(n: usize, delta: f64) -> Scenario {
    let options = PairedEffect {
        standardizer: PairedStandardizer::Differences,
        correction: Correction::None,
        ..PairedEffect::default()
    };
    Scenario::new(
        format!("cohens-dz/{n}"),
        "paired d_z uncorrected, noncentral t",
        format!("{n} pairs, correlation .5, change {delta} SD"),
        Nominal,
        delta,
        move |stream| {
            let [before, after] = waves(n, 0.5, delta, stream);
            options.paired(ekc(&after), wt(&before))
        },
    )
}

pub fn scenarios() -> Vec<Scenario> {
    let (eta, omega, epsilon) = (("eta", "η²"), ("omega", "ω²"), ("epsilon", "ε²"));
    let field = [0.0, 0.3, 0.6];
    let mut all = vec![
        cohen(FIELD),
        cohen(SMALL),
        cohen_z(45, 0.5),
        cohen_z(6, 1.5),
    ];
    for limits in [Limits::NoncentralT, Limits::Normal] {
        for standardizer in [
            Standardizer::Pooled,
            Standardizer::Average,
            Standardizer::Second,
        ] {
            all.push(two(Approximate, standardizer, limits, FIELD));
            all.push(two(Approximate, standardizer, limits, SMALL));
            if standardizer != Standardizer::Pooled {
                all.push(two(Approximate, standardizer, limits, UNEQUAL));
            }
        }
        all.push(two(Approximate, Standardizer::First, limits, UNEQUAL));
        for standardizer in [
            PairedStandardizer::Differences,
            PairedStandardizer::Average,
            PairedStandardizer::RepeatedMeasures,
            PairedStandardizer::Baseline,
        ] {
            all.push(paired(Approximate, standardizer, limits, (45, 0.5, 0.5)));
            all.push(paired(Approximate, standardizer, limits, (6, 0.5, 1.5)));
        }
    }
    all.extend([change(45, 0.4), change(8, 1.0)]);
    for (n, means) in [(38, field), (6, [0.0, 1.0, 2.0])] {
        let of = ShareInterval::Population;
        all.push(explained(Nominal, of, n, means, eta, |s| s.eta_squared));
        all.push(explained(Nominal, of, n, means, omega, |s| s.omega_squared));
        all.push(explained(Nominal, of, n, means, epsilon, |s| {
            s.epsilon_squared
        }));
        let of = ShareInterval::Estimate;
        all.push(explained(Approximate, of, n, means, eta, |s| s.eta_squared));
        all.push(explained(Approximate, of, n, means, omega, |s| {
            s.omega_squared
        }));
        all.push(explained(Approximate, of, n, means, epsilon, |s| {
            s.epsilon_squared
        }));
    }
    all.extend([
        balance_numbers([60, 55], 0.3),
        balance_numbers([5, 5], 1.5),
        balance_share([60, 55], 0.2, 0.4),
        balance_share([60, 55], 0.02, 0.1),
        balance_levels("field", 60, [0.5, 0.3, 0.2], [0.3, 0.3, 0.4]),
        balance_levels("no difference", 60, [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]),
        worst_means([55, 60]),
        worst_means([10, 10]),
        worst_shares(),
        monotone([55, 60]),
        monotone([15, 15]),
    ]);
    all
}
