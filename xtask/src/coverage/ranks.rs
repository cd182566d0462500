//! Shifts, pseudo-medians and effect sizes of ranks.

use kring_core::Estimate;
use kring_core::seed::Stream;
use kring_sim::sampler;
use kring_stats::friedman::{Friedman, Measurement};
use kring_stats::kruskal_wallis::KruskalWallis;
use kring_stats::mann_whitney::MannWhitney;
use kring_stats::rank::RankDistribution;
use kring_stats::rank_biserial::{RankBiserial, RankBiserialInterval};
use kring_stats::signed_rank::{SignedRank, Zeros};
use kring_stats::superiority::{Superiority, SuperiorityEstimates, SuperiorityInterval};
use kring_stats::t_test::Group;

use super::scenario::{
    Claim::{self, Approximate, Exact},
    Scenario, ekc, many, normals, phi, wt,
};

fn name(distribution: RankDistribution) -> (&'static str, &'static str) {
    match distribution {
        RankDistribution::Auto => ("auto", "as chosen"),
        RankDistribution::Exact => ("exact", "exact"),
        RankDistribution::Normal => ("normal", "normal"),
        RankDistribution::NormalCorrected => ("corrected", "normal, corrected"),
    }
}

/// A shift of 1.3 between two groups of one shape, skewed, or of counts.
fn shift(
    claim: Claim,
    distribution: RankDistribution,
    [m, n]: [usize; 2],
    counts: bool,
) -> Scenario {
    let options = MannWhitney {
        distribution,
        ..MannWhitney::default()
    };
    let (key, words) = name(distribution);
    let (what, by) = if counts {
        ("Poisson counts with ties", 2.0)
    } else {
        ("exponential values", 1.3)
    };
    let short = if counts { " ties" } else { "" };
    Scenario::new(
        format!("hodges-lehmann-{key}/{m} {n}{short}"),
        format!("shift of Hodges and Lehmann, {words}"),
        format!("{m} and {n} {what}"),
        claim,
        by,
        move |stream| {
            let mut draw = |n, by| {
                many(n, || {
                    by + if counts {
                        sampler::poisson(4.7, stream)
                    } else {
                        3.0 * sampler::exponential(stream)
                    }
                })
            };
            let (x, y) = (draw(m, by), draw(n, 0.0));
            Ok(options.test(ekc(&x), wt(&y), None)?.shift)
        },
    )
}

/// Differences around 1.3, or counts around 1 with ties and zeros.
fn pseudo_median(
    claim: Claim,
    distribution: RankDistribution,
    n: usize,
    zeros: Option<Zeros>,
) -> Scenario {
    let options = SignedRank {
        distribution,
        zeros: zeros.unwrap_or_default(),
        ..SignedRank::default()
    };
    let (key, words) = name(distribution);
    let (short, data, truth) = match zeros {
        None => ("", "normal differences", 1.3),
        Some(Zeros::Wilcoxon) => (" zeros left out", "whole differences with zeros", 1.0),
        Some(Zeros::Pratt) => (" zeros kept", "whole differences with zeros", 1.0),
    };
    Scenario::new(
        format!("signed-rank-{key}/{n}{short}"),
        format!("pseudo-median, {words}{short}"),
        format!("{n} {data}"),
        claim,
        truth,
        move |stream| {
            let d = many(n, || {
                if zeros.is_some() {
                    // Symmetric around 1.
                    1.0 + sampler::poisson(2.0, stream) - sampler::poisson(2.0, stream)
                } else {
                    1.3 + 2.5 * stream.normal()
                }
            });
            Ok(options.one_sample(ekc(&d), None)?.pseudo_median)
        },
    )
}

/// Two groups of normal values that are δ standard deviations apart: θ = Φ(δ/√2).
fn superiority(
    (key, interval): (&str, SuperiorityInterval),
    words: &str,
    (m, n, delta): (usize, usize, f64),
) -> Scenario {
    let options = Superiority {
        interval,
        ..Superiority::default()
    };
    Scenario::new(
        format!("superiority-{key}/{m} {n}"),
        format!("probability of superiority, {words}"),
        format!("{m} and {n} normal values, {delta} SD apart"),
        Approximate,
        phi(delta / 2.0_f64.sqrt()),
        move |stream| {
            let (x, y) = (normals(m, delta, 1.0, stream), normals(n, 0.0, 1.0, stream));
            Ok(options.two_samples(ekc(&x), wt(&y))?.probability)
        },
    )
}

/// The same of counts, as one of the correlations of it.
fn of_counts(key: &str, words: &str, take: fn(SuperiorityEstimates) -> Estimate) -> Scenario {
    let p = |mu: f64| {
        let mut p = vec![(-mu).exp()];
        for k in 1..60 {
            p.push(p[k - 1] * mu / k as f64);
        }
        p
    };
    let (of_x, of_y) = (p(6.0), p(4.7));
    let mut truth = 0.0;
    for (i, a) in of_x.iter().enumerate() {
        for (j, b) in of_y.iter().enumerate() {
            truth += a * b * (f64::from(u8::from(i > j)) - f64::from(u8::from(i < j)));
        }
    }
    Scenario::new(
        format!("{key}/counts"),
        format!("{words}, as chosen"),
        "55 and 60 Poisson counts, means 6 and 4.7",
        Approximate,
        truth,
        move |stream| {
            let x = many(55, || sampler::poisson(6.0, stream));
            let y = many(60, || sampler::poisson(4.7, stream));
            let found = Superiority::default().two_samples(ekc(&x), wt(&y))?;
            Ok(take(found))
        },
    )
}

/// n normal differences with mean δ and SD 1: 2 P(D + D′ > 0) − 1 = 2 Φ(√2 δ) − 1.
fn biserial(interval: RankBiserialInterval, n: usize, delta: f64) -> Scenario {
    let options = RankBiserial {
        interval,
        ..RankBiserial::default()
    };
    let (key, words) = match interval {
        RankBiserialInterval::Jackknife => ("jackknife", "jackknife"),
        RankBiserialInterval::FisherZ => ("fisher", "Fisher's z"),
    };
    Scenario::new(
        format!("rank-biserial-{key}/{n}"),
        format!("rank-biserial correlation of pairs, {words}"),
        format!("{n} pairs, normal changes of {delta} SD"),
        Approximate,
        2.0 * phi(2.0_f64.sqrt() * delta) - 1.0,
        move |stream| {
            let before = normals(n, 0.0, 1.0, stream);
            let after: Vec<f64> = before.iter().map(|b| b + delta + stream.normal()).collect();
            options.paired(ekc(&after), wt(&before))
        },
    )
}

/// P(X_i > X_j) of normal values with these means and SD 1.
fn beats(means: &[f64], i: usize, j: usize) -> f64 {
    phi((means[i] - means[j]) / 2.0_f64.sqrt())
}

/// The share of the variance of the ranks between groups: 12 times the variance of the groups' mean
/// grades, since a grade is uniform.
fn epsilon(key: &str, n: usize, means: [f64; 3]) -> Scenario {
    let k = means.len();
    let mut truth = 0.0;
    for i in 0..k {
        let grade = (0..k).map(|j| beats(&means, i, j)).sum::<f64>() / k as f64;
        truth += 12.0 * (grade - 0.5).powi(2) / k as f64;
    }
    Scenario::new(
        format!("rank-epsilon/{key}"),
        "ε² of ranks (Kruskal and Wallis)",
        format!("3 groups of {n} normal values, means {means:?}"),
        Approximate,
        truth,
        move |stream| {
            let values = means.map(|mean| normals(n, mean, 1.0, stream));
            let groups: Vec<Group<'_>> = values.iter().map(|v| ekc(v)).collect();
            let found = KruskalWallis::default().test("score × team", &groups)?;
            Ok(found.epsilon_squared)
        },
    )
}

/// W of the population: 12 Σ (E R_j − (k + 1)/2)² / k(k² − 1).
fn concordance(key: &str, n: usize, means: [f64; 4]) -> Scenario {
    let k = means.len();
    let mut squares = 0.0;
    for i in 0..k {
        let others = (0..k).filter(|&j| j != i);
        let rank = 1.0 + others.map(|j| beats(&means, i, j)).sum::<f64>();
        squares += (rank - f64::midpoint(k as f64, 1.0)).powi(2);
    }
    let truth = 12.0 * squares / (k * (k * k - 1)) as f64;
    Scenario::new(
        format!("kendalls-w/{key}"),
        "Kendall's W (Friedman)",
        format!("{n} blocks of 4 normal values, means {means:?}"),
        Approximate,
        truth,
        move |stream: &mut Stream| {
            let values = means.map(|mean| -> Vec<Option<f64>> {
                let all = normals(n, mean, 1.0, stream);
                all.into_iter().map(Some).collect()
            });
            let waves: Vec<Measurement<'_>> = values
                .iter()
                .map(|values| Measurement {
                    name: "wave",
                    values,
                })
                .collect();
            Ok(Friedman::default().test("score × wave", &waves)?.kendalls_w)
        },
    )
}

pub fn scenarios() -> Vec<Scenario> {
    use RankDistribution::{Auto, Exact as ByCounting, Normal, NormalCorrected};
    use SuperiorityInterval::{FisherZ, Logit, Newcombe, Plain};
    let field = [55, 60];
    let mut all = vec![
        shift(Exact, ByCounting, [10, 12], false),
        shift(Exact, ByCounting, [10, 12], true),
        shift(Exact, ByCounting, field, true).slow(),
        shift(Approximate, ByCounting, [3, 4], false),
        shift(Approximate, Auto, field, false),
        shift(Approximate, Normal, field, false),
        shift(Approximate, Normal, field, true),
        shift(Approximate, Normal, [5, 6], false),
        shift(Approximate, NormalCorrected, field, false),
        shift(Approximate, NormalCorrected, [5, 6], false),
        pseudo_median(Exact, ByCounting, 12, None),
        pseudo_median(Approximate, ByCounting, 5, None),
        pseudo_median(Exact, ByCounting, 45, Some(Zeros::Pratt)),
        pseudo_median(Approximate, Auto, 45, None),
        pseudo_median(Approximate, Normal, 45, None),
        pseudo_median(Approximate, NormalCorrected, 45, None),
        pseudo_median(Approximate, Normal, 45, Some(Zeros::Pratt)),
        pseudo_median(Approximate, Normal, 45, Some(Zeros::Wilcoxon)),
        pseudo_median(Approximate, Normal, 8, None),
    ];
    for data in [(55, 60, 0.5), (12, 12, 2.0), (6, 6, 1.0)] {
        for (interval, words) in [
            (("plain", Plain), "plain"),
            (("logit", Logit), "logit"),
            (("newcombe", Newcombe), "Newcombe"),
            (("fisher", FisherZ), "Fisher's z"),
        ] {
            all.push(superiority(interval, words, data));
        }
    }
    all.extend([
        of_counts("cliffs-delta", "Cliff's δ", |found| found.cliffs_delta),
        of_counts("rank-biserial", "rank-biserial correlation", |found| {
            found.rank_biserial
        }),
        biserial(RankBiserialInterval::Jackknife, 45, 0.4),
        biserial(RankBiserialInterval::Jackknife, 10, 0.8),
        biserial(RankBiserialInterval::FisherZ, 45, 0.4),
        biserial(RankBiserialInterval::FisherZ, 10, 0.8),
        epsilon("field", 38, [0.0, 0.3, 0.6]),
        epsilon("hard", 10, [0.0, 1.0, 2.0]),
        concordance("field", 45, [0.0, 0.2, 0.4, 0.6]),
        concordance("hard", 20, [0.0, 0.7, 1.4, 2.1]),
    ]);
    all
}
