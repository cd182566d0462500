//! Rates, their ratio and their difference.

use kring_core::Estimate;
use kring_core::seed::Stream;
use kring_sim::sampler;
use kring_stats::Error;
use kring_stats::rates::{
    Incidence, Rate, RateDifference, RateDifferenceMethod, RateMethod, RateRatio, RateRatioMethod,
};

use super::scenario::{
    Claim::{self, Approximate, Exact},
    Scenario, whole,
};

/// Two arms with a rate and time at risk.
#[derive(Clone, Copy)]
struct Arms {
    key: &'static str,
    words: &'static str,
    rates: [f64; 2],
    times: [f64; 2],
}

const DATA: [Arms; 3] = [
    Arms {
        key: "field",
        words: "55 and 60 families, 6 and 4.7 a family",
        rates: [6.0, 4.7],
        times: [55.0, 60.0],
    },
    Arms {
        key: "reports",
        words: "about 12 and 7 events in 40 and 44 years",
        rates: [0.3, 0.16],
        times: [40.0, 44.0],
    },
    Arms {
        key: "rare",
        words: "about 3 and 1.5 events in 40 and 44 years",
        rates: [0.075, 0.034],
        times: [40.0, 44.0],
    },
];

fn seen<'a>(name: &'a str, rate: f64, time: f64, stream: &mut Stream) -> Incidence<'a> {
    Incidence {
        name,
        events: whole(sampler::poisson(rate * time, stream)),
        time,
    }
}

/// Something estimated from two rates.
#[derive(Clone, Copy)]
struct TwoRates {
    key: &'static str,
    words: &'static str,
    claim: Claim,
    truth: fn(f64, f64) -> f64,
    estimate: fn(Incidence<'_>, Incidence<'_>) -> Result<Estimate, Error>,
}

fn log_ratio(x: f64, y: f64) -> f64 {
    (x / y).ln()
}

fn difference(x: f64, y: f64) -> f64 {
    x - y
}

fn ratio(method: RateRatioMethod) -> RateRatio {
    RateRatio {
        method,
        ..RateRatio::default()
    }
}

const OF_TWO: [TwoRates; 6] = [
    TwoRates {
        key: "rate-ratio-exact",
        words: "rate ratio, exact",
        claim: Exact,
        truth: log_ratio,
        estimate: |x, y| ratio(RateRatioMethod::Exact).estimate(x, y),
    },
    TwoRates {
        key: "rate-ratio-mid-p",
        words: "rate ratio, mid-p",
        claim: Approximate,
        truth: log_ratio,
        estimate: |x, y| ratio(RateRatioMethod::MidP).estimate(x, y),
    },
    TwoRates {
        key: "rate-ratio-score",
        words: "rate ratio, score",
        claim: Approximate,
        truth: log_ratio,
        estimate: |x, y| ratio(RateRatioMethod::Score).estimate(x, y),
    },
    TwoRates {
        key: "rate-ratio-wald",
        words: "rate ratio, Wald",
        claim: Approximate,
        truth: log_ratio,
        estimate: |x, y| ratio(RateRatioMethod::Wald).estimate(x, y),
    },
    TwoRates {
        key: "rate-difference-mover",
        words: "rate difference, MOVER",
        claim: Approximate,
        truth: difference,
        estimate: |x, y| RateDifference::default().estimate(x, y),
    },
    TwoRates {
        key: "rate-difference-wald",
        words: "rate difference, Wald",
        claim: Approximate,
        truth: difference,
        estimate: |x, y| {
            let method = RateDifferenceMethod::Wald;
            RateDifference {
                method,
                ..RateDifference::default()
            }
            .estimate(x, y)
        },
    },
];

fn one(claim: Claim, method: RateMethod, rate: f64, time: f64) -> Scenario {
    let options = Rate {
        method,
        ..Rate::default()
    };
    let (key, words) = match method {
        RateMethod::Exact => ("exact", "rate, exact"),
        RateMethod::Score => ("score", "rate, score"),
    };
    let expected = rate * time;
    Scenario::new(
        format!("rate-{key}/{expected:.0}"),
        words,
        format!("{expected:.0} events expected in {time:.0} years"),
        claim,
        rate,
        move |stream| options.estimate(seen("EKC", rate, time, stream), None),
    )
}

pub fn scenarios() -> Vec<Scenario> {
    let mut all = vec![
        one(Exact, RateMethod::Exact, 6.0, 55.0),
        one(Exact, RateMethod::Exact, 0.05, 40.0),
        one(Approximate, RateMethod::Score, 6.0, 55.0),
        one(Approximate, RateMethod::Score, 0.05, 40.0),
    ];
    for of in OF_TWO {
        for data in DATA {
            let [x, y] = data.rates;
            all.push(Scenario::new(
                format!("{}/{}", of.key, data.key),
                of.words,
                data.words,
                of.claim,
                (of.truth)(x, y),
                move |stream| {
                    let x = seen("EKC", data.rates[0], data.times[0], stream);
                    let y = seen("WT", data.rates[1], data.times[1], stream);
                    (of.estimate)(x, y)
                },
            ));
        }
    }
    // Counts of families differ by more than chance: the methods for rates then promise too much.
    all.push(Scenario::new(
        "rate-ratio-exact/overdispersed",
        "rate ratio, exact",
        "55 and 60 families, 6 and 4.7 a family, NB2 with θ = 2: not Poisson",
        Approximate,
        log_ratio(6.0, 4.7),
        |stream| {
            let mut arm = |name, n: u32, mean| {
                let counts = (0..n).map(|_| sampler::nb2(mean, 2.0, stream));
                Incidence {
                    name,
                    events: whole(counts.sum()),
                    time: f64::from(n),
                }
            };
            let (x, y) = (arm("EKC", 55, 6.0), arm("WT", 60, 4.7));
            RateRatio::default().estimate(x, y)
        },
    ));
    all
}
