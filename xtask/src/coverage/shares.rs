//! Shares, their differences and ratios, and associations in tables.

use kring_core::seed::Stream;
use kring_core::{Estimate, Interval};
use kring_stats::Error;
use kring_stats::association::{Bias, CramersV};
use kring_stats::events::{Events, Pairs, Stratum};
use kring_stats::fisher::{ConditionalOddsRatio, Tails};
use kring_stats::funnel;
use kring_stats::mantel_haenszel::MantelHaenszel;
use kring_stats::mcnemar::McNemar;
use kring_stats::number_needed::{Event, NeededInterval, NumberNeeded};
use kring_stats::proportion::{Proportion, ProportionMethod};
use kring_stats::two_proportions::{
    CohensH, OddsRatio, OddsRatioMethod, RiskDifference, RiskDifferenceMethod, RiskRatio,
    RiskRatioMethod,
};
use ndarray::Array2;

use super::scenario::{
    Claim::{self, Approximate, Exact},
    Scenario, binomial, events, logit, place, share,
};

/// One share of n.
fn one(claim: Claim, method: ProportionMethod, n: u64, p: f64) -> Scenario {
    let (key, words) = match method {
        ProportionMethod::Wilson => ("wilson", "Wilson"),
        ProportionMethod::ClopperPearson => ("clopper-pearson", "Clopper and Pearson"),
        ProportionMethod::MidP => ("mid-p", "mid-p"),
    };
    let options = Proportion {
        method,
        ..Proportion::default()
    };
    Scenario::new(
        format!("share-{key}/{n} {p}"),
        format!("share, {words}"),
        format!("{n} with a share of {p}"),
        claim,
        p,
        move |stream| options.estimate(events("all", n, p, stream)),
    )
}

/// Something estimated from the events of two groups.
struct TwoShares {
    key: &'static str,
    words: &'static str,
    claim: Claim,
    truth: fn(f64, f64) -> f64,
    estimate: fn(Events<'_>, Events<'_>) -> Result<Estimate, Error>,
}

fn difference(x: f64, y: f64) -> f64 {
    x - y
}

fn log_ratio(x: f64, y: f64) -> f64 {
    (x / y).ln()
}

fn log_odds_ratio(x: f64, y: f64) -> f64 {
    logit(x) - logit(y)
}

fn cohens_h(x: f64, y: f64) -> f64 {
    2.0 * x.sqrt().asin() - 2.0 * y.sqrt().asin()
}

fn risk_difference(method: RiskDifferenceMethod) -> RiskDifference {
    RiskDifference {
        method,
        ..RiskDifference::default()
    }
}

fn risk_ratio(method: RiskRatioMethod) -> RiskRatio {
    RiskRatio {
        method,
        ..RiskRatio::default()
    }
}

fn odds_ratio(method: OddsRatioMethod) -> OddsRatio {
    OddsRatio {
        method,
        ..OddsRatio::default()
    }
}

fn conditional(tails: Tails) -> ConditionalOddsRatio {
    ConditionalOddsRatio {
        tails,
        ..ConditionalOddsRatio::default()
    }
}

const OF_TWO_SHARES: [TwoShares; 13] = [
    TwoShares {
        key: "newcombe",
        words: "risk difference, Newcombe",
        claim: Approximate,
        truth: difference,
        estimate: |x, y| risk_difference(RiskDifferenceMethod::Newcombe).estimate(x, y),
    },
    TwoShares {
        key: "difference-mn",
        words: "risk difference, Miettinen and Nurminen",
        claim: Approximate,
        truth: difference,
        estimate: |x, y| risk_difference(RiskDifferenceMethod::MiettinenNurminen).estimate(x, y),
    },
    TwoShares {
        key: "difference-wald",
        words: "risk difference, Wald",
        claim: Approximate,
        truth: difference,
        estimate: |x, y| risk_difference(RiskDifferenceMethod::Wald).estimate(x, y),
    },
    TwoShares {
        key: "number-needed",
        words: "number needed, from Newcombe's (as 1/NNT)",
        claim: Approximate,
        truth: difference,
        estimate: number_needed,
    },
    TwoShares {
        key: "risk-ratio-wald",
        words: "risk ratio, Wald",
        claim: Approximate,
        truth: log_ratio,
        estimate: |x, y| risk_ratio(RiskRatioMethod::Wald).estimate(x, y),
    },
    TwoShares {
        key: "koopman",
        words: "risk ratio, Koopman",
        claim: Approximate,
        truth: log_ratio,
        estimate: |x, y| risk_ratio(RiskRatioMethod::Koopman).estimate(x, y),
    },
    TwoShares {
        key: "risk-ratio-mn",
        words: "risk ratio, Miettinen and Nurminen",
        claim: Approximate,
        truth: log_ratio,
        estimate: |x, y| risk_ratio(RiskRatioMethod::MiettinenNurminen).estimate(x, y),
    },
    TwoShares {
        key: "odds-ratio-wald",
        words: "odds ratio, Wald",
        claim: Approximate,
        truth: log_odds_ratio,
        estimate: |x, y| odds_ratio(OddsRatioMethod::Wald).estimate(x, y),
    },
    TwoShares {
        key: "odds-ratio-score",
        words: "odds ratio, score",
        claim: Approximate,
        truth: log_odds_ratio,
        estimate: |x, y| odds_ratio(OddsRatioMethod::Score).estimate(x, y),
    },
    TwoShares {
        key: "odds-ratio-mn",
        words: "odds ratio, Miettinen and Nurminen",
        claim: Approximate,
        truth: log_odds_ratio,
        estimate: |x, y| odds_ratio(OddsRatioMethod::MiettinenNurminen).estimate(x, y),
    },
    TwoShares {
        key: "odds-ratio-exact",
        words: "conditional odds ratio, exact",
        claim: Exact,
        truth: log_odds_ratio,
        estimate: |x, y| conditional(Tails::Exact).estimate(x, y),
    },
    TwoShares {
        key: "odds-ratio-mid-p",
        words: "conditional odds ratio, mid-p",
        claim: Approximate,
        truth: log_odds_ratio,
        estimate: |x, y| conditional(Tails::MidP).estimate(x, y),
    },
    TwoShares {
        key: "cohens-h",
        words: "Cohen's h",
        claim: Approximate,
        truth: cohens_h,
        estimate: |x, y| CohensH::default().estimate(x, y),
    },
];

/// The interval of the number needed, turned back into differences: 1 over it.
fn number_needed(x: Events<'_>, y: Events<'_>) -> Result<Estimate, Error> {
    let options = NumberNeeded {
        event: Event::Wanted,
    };
    let found = options.of(RiskDifference::default().estimate(x, y)?)?;
    let ends = match found.interval {
        NeededInterval::Benefit { low, high } => (high.map_or(0.0, f64::recip), low.recip()),
        NeededInterval::Harm { low, high } => (-low.recip(), high.map_or(0.0, |h| -h.recip())),
        NeededInterval::ThroughInfinity { benefit, harm } => (-harm.recip(), benefit.recip()),
        NeededInterval::Infinite => (0.0, 0.0),
    };
    let estimate = found.risk_difference;
    Ok(Estimate {
        interval: estimate.interval.map(|interval| Interval {
            low: Some(ends.0),
            high: Some(ends.1),
            ..interval
        }),
        ..estimate
    })
}

fn two(of: &TwoShares, (m, n): (u64, u64), (p, q): (f64, f64)) -> Scenario {
    let estimate = of.estimate;
    Scenario::new(
        format!("{}/{m} {n}, {p} {q}", of.key),
        of.words,
        format!("{p} of {m} and {q} of {n}"),
        of.claim,
        (of.truth)(p, q),
        move |stream| {
            let x = events("EKC", m, p, stream);
            estimate(x, events("WT", n, q, stream))
        },
    )
}

/// Pairs with the cells both, first only, second only, neither.
fn pairs(n: u64, p: [f64; 4], stream: &mut Stream) -> Pairs<'static> {
    let mut cells = [0_u64; 4];
    for _ in 0..n {
        cells[place(&p, stream)] += 1;
    }
    Pairs {
        first: "after",
        second: "before",
        both: cells[0],
        first_only: cells[1],
        second_only: cells[2],
        neither: cells[3],
    }
}

fn of_pairs(n: u64, p: [f64; 4]) -> [Scenario; 2] {
    let data = format!("{n} pairs, {} first only, {} second only", p[1], p[2]);
    [
        Scenario::new(
            format!("paired-newcombe/{n}"),
            "paired risk difference, Newcombe",
            data.clone(),
            Approximate,
            p[1] - p[2],
            move |stream| RiskDifference::default().paired(pairs(n, p, stream)),
        ),
        Scenario::new(
            format!("mcnemar/{n}"),
            "odds ratio of change (McNemar), exact",
            data,
            Exact,
            log_ratio(p[1], p[2]),
            move |stream| Ok(McNemar::default().test(pairs(n, p, stream))?.odds_ratio),
        ),
    ]
}

/// Strata with shares p of y, and the share in x by a common odds ratio, risk ratio or difference.
struct Strata {
    key: &'static str,
    words: &'static str,
    sizes: &'static [(u64, u64)],
    shares: &'static [f64],
}

const THREE_TEAMS: Strata = Strata {
    key: "3 teams",
    words: "3 teams of 35 to 45 families, shares .2 to .5 in WT",
    sizes: &[(20, 18), (20, 25), (15, 17)],
    shares: &[0.2, 0.35, 0.5],
};
const TEN_TEAMS: Strata = Strata {
    key: "10 teams",
    words: "10 teams of 5 and 6 families, shares .1 to .3 in WT",
    sizes: &[(5, 6); 10],
    shares: &[0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2, 0.3, 0.3, 0.3],
};

#[derive(Clone, Copy)]
struct Pooled {
    key: &'static str,
    words: &'static str,
    claim: Claim,
    truth: f64,
    of_x: fn(f64) -> f64,
    estimate: fn(&[Stratum<'_>]) -> Result<Estimate, Error>,
}

const POOLED: [Pooled; 4] = [
    Pooled {
        key: "mh-odds-ratio",
        words: "odds ratio, Mantel and Haenszel",
        claim: Approximate,
        truth: 0.8,
        of_x: |p| share(logit(p) + 0.8),
        estimate: |strata| MantelHaenszel::default().odds_ratio(strata),
    },
    Pooled {
        key: "mh-risk-ratio",
        words: "risk ratio, Mantel and Haenszel",
        claim: Approximate,
        truth: 0.4,
        of_x: |p| p * 0.4_f64.exp(),
        estimate: |strata| MantelHaenszel::default().risk_ratio(strata),
    },
    Pooled {
        key: "mh-difference",
        words: "risk difference, Mantel and Haenszel",
        claim: Approximate,
        truth: 0.2,
        of_x: |p| p + 0.2,
        estimate: |strata| MantelHaenszel::default().risk_difference(strata),
    },
    Pooled {
        key: "common-odds-ratio",
        words: "common odds ratio of strata, exact",
        claim: Exact,
        truth: 0.8,
        of_x: |p| share(logit(p) + 0.8),
        estimate: |strata| ConditionalOddsRatio::default().common(strata),
    },
];

fn pooled(of: Pooled, data: &'static Strata) -> Scenario {
    Scenario::new(
        format!("{}/{}", of.key, data.key),
        of.words,
        data.words,
        of.claim,
        of.truth,
        move |stream| {
            let each = data.sizes.iter().zip(data.shares);
            let strata: Vec<Stratum<'_>> = each
                .map(|(&(m, n), &p)| Stratum {
                    name: "team",
                    x: events("EKC", m, (of.of_x)(p), stream),
                    y: events("WT", n, p, stream),
                })
                .collect();
            (of.estimate)(&strata)
        },
    )
}

/// V of a table of probabilities, and of n draws from it.
fn association(key: &str, bias: Bias, n: u64, p: &'static [&'static [f64]]) -> Scenario {
    let columns = p.first().map_or(0, |row| row.len());
    let row = |i: usize| p[i].iter().sum::<f64>();
    let column = |j: usize| p.iter().map(|row| row[j]).sum::<f64>();
    let mut phi_squared = 0.0;
    for (i, cells) in p.iter().enumerate() {
        for (j, cell) in cells.iter().enumerate() {
            let expected = row(i) * column(j);
            phi_squared += (cell - expected).powi(2) / expected;
        }
    }
    let (square, q) = (p.len() == 2 && columns == 2, p.len().min(columns));
    let words = match (square, bias) {
        (true, _) => "φ of a table of two by two",
        (false, Bias::Kept) => "Cramér's V",
        (false, Bias::Corrected) => "Cramér's V, Bergsma's correction",
    };
    let options = CramersV {
        bias,
        ..CramersV::default()
    };
    let corrected = if bias == Bias::Corrected {
        " corrected"
    } else {
        ""
    };
    let flat = p.concat();
    Scenario::new(
        format!("association/{key}{corrected}"),
        words,
        format!("{n} in {} × {columns} cells", p.len()),
        Approximate,
        (phi_squared / (q as f64 - 1.0)).sqrt(),
        move |stream| {
            let mut counts = Array2::zeros((p.len(), columns));
            for _ in 0..n {
                let cell = place(&flat, stream);
                counts[[cell / columns, cell % columns]] += 1;
            }
            if square {
                options.phi("kept × arm", counts.view())
            } else {
                options.estimate("kept × arm", counts.view())
            }
        },
    )
}

/// A unit's share within the limits that chance alone would give it. There is no estimate of an
/// interval here: the limits lie around p, so they are moved to lie around the unit's share.
fn funnel_limits(n: usize, p: f64) -> Scenario {
    let options = Proportion::default();
    Scenario::new(
        format!("funnel/{n} {p}"),
        "funnel limits around a known share",
        format!("a team with {n} families, share {p}"),
        Exact,
        p,
        move |stream| {
            let size = n as u64;
            let unit = Events {
                name: "team",
                events: binomial(size, p, stream),
                n: size,
            };
            let seen = unit.events as f64 / n as f64;
            let limits = funnel::limits(p, n, 0.95)?;
            let estimate = options.estimate(unit)?;
            Ok(Estimate {
                interval: estimate.interval.map(|interval| Interval {
                    low: Some(p - (seen - limits.low)),
                    high: Some(p + (limits.high - seen)),
                    ..interval
                }),
                ..estimate
            })
        },
    )
}

pub fn scenarios() -> Vec<Scenario> {
    use ProportionMethod::{ClopperPearson, MidP, Wilson};
    let mut all = Vec::new();
    for (claim, method) in [
        (Approximate, Wilson),
        (Exact, ClopperPearson),
        (Approximate, MidP),
    ] {
        for (n, p) in [(55, 0.2), (55, 0.02), (10, 0.5)] {
            all.push(one(claim, method, n, p));
        }
    }
    for of in &OF_TWO_SHARES {
        all.push(two(of, (55, 60), (0.6, 0.4)));
        all.push(two(of, (45, 45), (0.35, 0.2)));
        all.push(two(of, (55, 60), (0.05, 0.02)));
        all.push(two(of, (10, 12), (0.8, 0.2)));
    }
    all.extend(of_pairs(45, [0.3, 0.25, 0.1, 0.35]));
    all.extend(of_pairs(12, [0.1, 0.3, 0.05, 0.55]));
    for of in POOLED {
        all.push(pooled(of, &THREE_TEAMS));
        all.push(pooled(of, &TEN_TEAMS));
    }
    all.extend([
        association("2 × 2", Bias::Kept, 115, &[&[0.29, 0.19], &[0.21, 0.31]]),
        association(
            "3 × 3",
            Bias::Kept,
            115,
            &[&[0.2, 0.1, 0.05], &[0.1, 0.15, 0.1], &[0.05, 0.1, 0.15]],
        ),
        association(
            "3 × 3",
            Bias::Corrected,
            115,
            &[&[0.2, 0.1, 0.05], &[0.1, 0.15, 0.1], &[0.05, 0.1, 0.15]],
        ),
        association(
            "2 × 2 strong",
            Bias::Kept,
            30,
            &[&[0.45, 0.05], &[0.05, 0.45]],
        ),
        association(
            "2 × 2 rare",
            Bias::Kept,
            60,
            &[&[0.04, 0.46], &[0.01, 0.49]],
        ),
        funnel_limits(12, 0.2),
        funnel_limits(60, 0.4),
    ]);
    all
}
