//! Differences of means.

use kring_core::Alternative;
use kring_core::seed::Stream;
use kring_stats::equivalence::Equivalence;
use kring_stats::t_test::{TTest, Variance};

use super::scenario::{
    Claim::{self, Approximate, Nominal},
    Scenario, ekc, many, nb2s, normals, wt,
};

/// Two groups of normal values.
#[derive(Clone, Copy)]
struct Normals {
    key: &'static str,
    words: &'static str,
    n: [usize; 2],
    sd: [f64; 2],
}

/// The problems of 55 and 60 families differ by 1.3.
const DIFFERENCE: f64 = 1.3;

const EQUAL: Normals = Normals {
    key: "field",
    words: "55 and 60 normal values, means 6 and 4.7, both SD 3",
    n: [55, 60],
    sd: [3.0, 3.0],
};
const UNEQUAL: Normals = Normals {
    key: "unequal",
    words: "55 and 60 normal values, SD 2 and 4",
    n: [55, 60],
    sd: [2.0, 4.0],
};
const THREE: Normals = Normals {
    key: "three",
    words: "3 and 3 normal values, one SD",
    n: [3, 3],
    sd: [3.0, 3.0],
};
const LOPSIDED: Normals = Normals {
    key: "lopsided",
    words: "10 and 60 normal values, SD 4 and 1",
    n: [10, 60],
    sd: [4.0, 1.0],
};
const FEW: Normals = Normals {
    key: "few",
    words: "3 and 12 normal values, SD 4 and 1",
    n: [3, 12],
    sd: [4.0, 1.0],
};

impl Normals {
    fn draw(&self, stream: &mut Stream) -> [Vec<f64>; 2] {
        let x = normals(self.n[0], 4.7 + DIFFERENCE, self.sd[0], stream);
        [x, normals(self.n[1], 4.7, self.sd[1], stream)]
    }
}

fn two(claim: Claim, variance: Variance, alternative: Alternative, data: Normals) -> Scenario {
    let (key, words) = match variance {
        Variance::Equal => ("student", "Student's t"),
        Variance::Unequal => ("welch", "Welch's t"),
    };
    let side = match alternative {
        Alternative::TwoSided => "",
        Alternative::Less => ", upper end only",
        Alternative::Greater => ", lower end only",
    };
    let options = TTest {
        variance,
        alternative,
        ..TTest::default()
    };
    let name = match alternative {
        Alternative::TwoSided => format!("{key}/{}", data.key),
        _ => format!("{key}/{} one-sided", data.key),
    };
    Scenario::new(
        name,
        format!("{words}{side}"),
        data.words,
        claim,
        DIFFERENCE,
        move |stream| {
            let [x, y] = data.draw(stream);
            options.two_samples(ekc(&x), wt(&y), None)
        },
    )
}

/// Pairs whose differences are normal with mean −1.3 and SD 2.5.
fn paired(key: &str, n: usize) -> Scenario {
    Scenario::new(
        format!("paired/{key}"),
        "paired t",
        format!("{n} pairs, normal"),
        Nominal,
        -1.3,
        move |stream| {
            let before = normals(n, 6.0, 3.0, stream);
            let after: Vec<f64> = before
                .iter()
                .map(|b| b - 1.3 + 2.5 * stream.normal())
                .collect();
            TTest::default().paired(ekc(&after), wt(&before), None)
        },
    )
}

/// Two one-sided tests with the true difference at the upper margin: the end of the one-sided interval
/// is beyond the margin as often as they do not reject, which should be 95%.
fn at_the_margin(claim: Claim, variance: Variance, data: Normals) -> Scenario {
    let words = match variance {
        Variance::Equal => "Student's t",
        Variance::Unequal => "Welch's t",
    };
    Scenario::new(
        format!("equivalence/{}", data.key),
        format!("equivalence, {words} at .05, the truth at the margin"),
        data.words,
        claim,
        DIFFERENCE,
        move |stream| {
            let [x, y] = data.draw(stream);
            let options = Equivalence {
                variance,
                ..Equivalence::within(DIFFERENCE)
            };
            Ok(options.two_samples(ekc(&x), wt(&y), None)?.below_high)
        },
    )
}

pub fn scenarios() -> Vec<Scenario> {
    let both = Alternative::TwoSided;
    vec![
        two(Nominal, Variance::Equal, both, EQUAL),
        two(Nominal, Variance::Equal, Alternative::Greater, EQUAL),
        two(Nominal, Variance::Equal, both, THREE),
        two(Approximate, Variance::Equal, both, LOPSIDED),
        two(Approximate, Variance::Unequal, both, UNEQUAL),
        two(Approximate, Variance::Unequal, both, LOPSIDED),
        two(Approximate, Variance::Unequal, both, FEW),
        two(Approximate, Variance::Unequal, both, THREE),
        Scenario::new(
            "welch/counts",
            "Welch's t",
            "55 and 60 counts, means 6 and 4.7, NB2 with θ = 2",
            Approximate,
            DIFFERENCE,
            |stream| {
                let (x, y) = (nb2s(55, 6.0, 2.0, stream), nb2s(60, 4.7, 2.0, stream));
                TTest::default().two_samples(ekc(&x), wt(&y), None)
            },
        ),
        Scenario::new(
            "welch/skewed",
            "Welch's t",
            "10 and 10 lognormal values, SD of the log 1",
            Approximate,
            1.3_f64.exp() - 1.0_f64.exp(),
            |stream| {
                let mut draw = |mu: f64| many(10, || (mu - 0.5 + stream.normal()).exp());
                let (x, y) = (draw(1.3), draw(1.0));
                TTest::default().two_samples(ekc(&x), wt(&y), None)
            },
        ),
        at_the_margin(Nominal, Variance::Equal, EQUAL),
        at_the_margin(Approximate, Variance::Unequal, LOPSIDED),
        paired("field", 45),
        paired("three", 3),
        Scenario::new(
            "paired/skewed",
            "paired t",
            "10 pairs, differences lognormal, SD of the log 1",
            Approximate,
            0.5_f64.exp(),
            |stream| {
                let before = normals(10, 6.0, 3.0, stream);
                let after: Vec<f64> = before.iter().map(|b| b + stream.normal().exp()).collect();
                TTest::default().paired(ekc(&after), wt(&before), None)
            },
        ),
    ]
}
