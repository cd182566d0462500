//! Standardised means with a bootstrap: what they are by hand, what is true of them whatever the data,
//! and what they refuse.

use kring_core::{
    Bootstrap as Kind, Design, DesignParts, Grouping, Groups, Part, Response, WeightKind, Weights,
};
use kring_stats::bootstrap::{Bootstrap, Bootstrapped, Failure};
use kring_stats::family::Family;
use kring_stats::glm::{Glm, Settings, StandardizedDraws};
use kring_stats::resampling::{Scheme, TwoGroups};
use kring_stats::{Covariance, Error};
use ndarray::{Array1, Array2};

/// A response by arm and one more column, both zero or one.
struct Data {
    response: Response,
    arm: Vec<f64>,
    other: Vec<f64>,
    weights: Option<Weights>,
    clusters: Vec<Grouping>,
}

impl Data {
    fn new(response: Response, arm: &[f64]) -> Self {
        Self {
            other: vec![0.0; arm.len()],
            arm: arm.to_vec(),
            response,
            weights: None,
            clusters: Vec::new(),
        }
    }

    /// Columns: intercept, arm, and the other with its product where it varies.
    fn x(&self, arm: impl Fn(usize) -> f64) -> Array2<f64> {
        let columns = if self.other.contains(&1.0) { 4 } else { 2 };
        Array2::from_shape_fn((self.arm.len(), columns), |(i, j)| match j {
            0 => 1.0,
            1 => arm(i),
            2 => self.other[i],
            _ => arm(i) * self.other[i],
        })
    }

    fn design(&self) -> Design {
        let x = self.x(|i| self.arm[i]);
        let names = ["(Intercept)", "arm", "other", "arm:other"];
        let names = names[..x.ncols()].iter().map(ToString::to_string).collect();
        Design::new(DesignParts {
            response: self.response.clone(),
            response_name: "y".into(),
            mean: Part::fixed(x, names),
            zero: None,
            dispersion: None,
            groups: Groups {
                clusters: self.clusters.clone(),
                ..Groups::default()
            },
            time: None,
            weights: self.weights.clone(),
            source_rows: (0..self.arm.len()).collect(),
            omitted: vec![],
        })
        .unwrap()
    }

    fn draws(
        &self,
        options: Bootstrap,
        glm: Glm,
        scheme: Scheme<'_>,
    ) -> Result<StandardizedDraws, Error> {
        let (a, b) = (self.x(|_| 0.0), self.x(|_| 1.0));
        let settings = Settings {
            names: ["WT", "EKC"],
            a: a.view(),
            b: b.view(),
            offset: None,
            weights: self.weights.as_ref().map(|w| w.values.view()),
        };
        options.standardized(&glm, &self.design(), &settings, scheme)
    }

    fn by_arm(&self) -> Grouping {
        let code = |x: &f64| u32::from(*x == 0.0);
        Grouping::new(
            "arm",
            vec!["EKC".into(), "WT".into()],
            self.arm.iter().map(code).collect(),
        )
    }
}

fn of(family: Family) -> Glm {
    Glm {
        family,
        ..Glm::default()
    }
}

fn options(interval: Kind, replicates: usize) -> Bootstrap {
    Bootstrap {
        interval,
        replicates,
        seed: Some(2011),
        ..Bootstrap::default()
    }
}

fn counts(y: &[f64]) -> Response {
    Response::Count(y.to_vec().into())
}

fn binary(y: &[f64]) -> Response {
    Response::Binary(y.to_vec().into())
}

fn arms(first: usize, second: usize) -> Vec<f64> {
    let mut arm = vec![0.0; first];
    arm.extend(vec![1.0; second]);
    arm
}

#[track_caller]
fn alike(ours: &[f64], truth: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), truth.len());
    for (a, b) in ours.iter().zip(truth) {
        assert!(
            (a - b).abs() <= tolerance * b.abs().max(1.0),
            "{a} is not {b}"
        );
    }
}

#[track_caller]
fn says<T>(found: Result<T, Error>, message: &str) {
    match found {
        Ok(_) => panic!("not refused: {message}"),
        Err(error) => assert_eq!(error.to_string(), message),
    }
}

const PROBLEMS: [f64; 14] = [
    6.0, 3.0, 5.0, 9.0, 4.0, 7.0, 2.0, 3.0, 5.0, 1.0, 4.0, 2.0, 6.0, 3.0,
];

/// A model that says no more than the means of both arms is the bootstrap of two means: the same draws, the
/// same intervals, of every kind.
#[test]
fn of_two_arms_it_is_the_bootstrap_of_means() {
    let data = Data::new(counts(&PROBLEMS), &arms(6, 8));
    let arm = data.by_arm();
    let within = Scheme {
        clusters: None,
        strata: Some(&arm),
    };
    for kind in [
        Kind::Percentile,
        Kind::Basic,
        Kind::BiasCorrectedAccelerated,
    ] {
        let options = options(kind, 499);
        let means = TwoGroups {
            values: &PROBLEMS,
            arm: &arm,
            scheme: Scheme::default(),
        };
        let truth = options.two_groups(&means, None).unwrap();
        for family in [Family::Poisson, Family::Gaussian] {
            let response = match family {
                Family::Poisson => data.response.clone(),
                _ => Response::Continuous(PROBLEMS.to_vec().into()),
            };
            let data = Data::new(response, &data.arm);
            let found = data.draws(options, of(family), within).unwrap();
            let difference = &found.difference;
            alike(&difference.replicates, &truth.replicates, 1e-9);
            alike(&difference.influence, &truth.influence, 1e-9);
            let ends = |b: &Bootstrapped| {
                let interval = b.estimate.interval.unwrap();
                [interval.low.unwrap(), interval.high.unwrap(), b.bias]
            };
            alike(&ends(difference), &ends(&truth), 1e-9);
            assert_eq!((difference.failures, difference.reasons.len()), (0, 0));
            // The ratio of the same draws.
            let ratio = found.ratio.unwrap();
            let of_means = found.mean_b.replicates.iter().zip(&found.mean_a.replicates);
            let logs: Vec<f64> = of_means.map(|(b, a)| (b / a).ln()).collect();
            alike(&ratio.replicates, &logs, 1e-12);
        }
    }
}

/// Studentised intervals take the error that each fit has: with HC0 that is the root of the sums of squares.
#[test]
fn studentised_by_the_fit_s_own_errors() {
    let data = Data::new(counts(&PROBLEMS), &arms(6, 8));
    let arm = data.by_arm();
    let within = Scheme {
        clusters: None,
        strata: Some(&arm),
    };
    let glm = Glm {
        covariance: Covariance::Hc0,
        ..of(Family::Poisson)
    };
    let found = data
        .draws(options(Kind::Studentized, 99), glm, within)
        .unwrap();
    let (x, y) = PROBLEMS.split_at(6);
    let square = |values: &[f64]| {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n * n)
    };
    let v = (square(x) + square(y)).sqrt();
    let (t, interval) = (
        found.difference.estimate.value.finite().unwrap(),
        found.difference.estimate.interval.unwrap(),
    );
    let pairs = found
        .difference
        .replicates
        .iter()
        .zip(&found.difference.std_errors);
    let mut z: Vec<f64> = pairs.map(|(r, se)| (r - t) / se).collect();
    z.sort_by(f64::total_cmp);
    // The places 0.025 · 100 lie between the second and the third.
    assert!(
        interval.low.unwrap() >= t - v * z[97] - 1e-9
            && interval.low.unwrap() <= t - v * z[96] + 1e-9
    );
    assert!(
        interval.high.unwrap() >= t - v * z[2] - 1e-9
            && interval.high.unwrap() <= t - v * z[1] + 1e-9
    );
}

/// Draws in which an arm has no event or nothing else are separated. Of six with one event that is
/// (5/6)⁶ + (1/6)⁶ of all draws, of six with three 2/2⁶; the others are the draws that are left.
#[test]
fn separated_draws_are_counted() {
    let y = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let data = Data::new(binary(&y), &arms(6, 6));
    let arm = data.by_arm();
    let within = Scheme {
        clusters: None,
        strata: Some(&arm),
    };
    let found = data
        .draws(
            options(Kind::Percentile, 1999),
            of(Family::Binomial),
            within,
        )
        .unwrap();
    let one = (5.0_f64 / 6.0).powi(6) + (1.0_f64 / 6.0).powi(6);
    let share = 1.0 - (1.0 - one) * (1.0 - 1.0 / 32.0);
    for found in [
        &found.mean_a,
        &found.difference,
        found.odds_ratio.as_ref().unwrap(),
    ] {
        let seen = found.failures as f64 / 1999.0;
        assert!((seen - share).abs() < 3.0 * (share * (1.0 - share) / 1999.0).sqrt());
        let reason = Failure {
            why: "were separated".to_owned(),
            draws: found.failures,
        };
        assert_eq!(found.reasons, [reason]);
        assert_eq!(found.replicates.len() + found.failures, 1999);
        let told = format!(
            "{0} of 1999 replicates gave no value and were left out: {0} were separated.",
            found.failures
        );
        let cautions = format!("{:?}", found.estimate.cautions);
        assert!(cautions.contains(&told), "{cautions}");
        assert!(cautions.contains("No BCa") || found.influence.is_empty());
    }
    // Where most draws have no estimate there is none, and the reason is told.
    let few = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    let refused = Data::new(binary(&few), &arms(6, 6))
        .draws(options(Kind::Percentile, 199), of(Family::Binomial), within)
        .unwrap_err();
    assert!(matches!(refused, Error::TooFew { .. }));
    assert!(refused.to_string().contains("were separated"), "{refused}");
    // Firth's estimates are there in every draw.
    let firth = Glm {
        bias_reduction: kring_stats::glm::BiasReduction::Firth,
        ..of(Family::Binomial)
    };
    let found = data
        .draws(options(Kind::Percentile, 199), firth, within)
        .unwrap();
    assert_eq!(found.difference.failures, 0);
}

/// A draw without anybody in a cell that the settings ask about has no estimate.
#[test]
fn an_empty_cell_is_counted() {
    let mut data = Data::new(counts(&PROBLEMS), &arms(6, 8));
    data.other = vec![0.0; 14];
    // One family of the first arm, four of the second.
    for i in [0, 6, 7, 8, 9] {
        data.other[i] = 1.0;
    }
    let found = data
        .draws(
            options(Kind::Percentile, 199),
            of(Family::Poisson),
            Scheme::default(),
        )
        .unwrap();
    let why: Vec<&str> = found
        .difference
        .reasons
        .iter()
        .map(|r| r.why.as_str())
        .collect();
    assert_eq!(why, ["lacked a column that the statistic needs"]);
    // (13/14)¹⁴ of the draws lack that one family, and there the setting has rows only if another is drawn.
    assert!(found.difference.failures > 40 && found.difference.failures < 100);
}

#[test]
fn the_same_bits_for_any_number_of_threads_and_in_any_order_of_replicates() {
    let data = Data::new(counts(&PROBLEMS), &arms(6, 8));
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| {
            let options = options(Kind::BiasCorrectedAccelerated, 299);
            data.draws(options, of(Family::NegativeBinomial2), Scheme::default())
        })
    };
    let (one, two, three) = (run(1).unwrap(), run(2).unwrap(), run(3).unwrap());
    assert_eq!(one, two);
    assert_eq!(one, three);
}

/// A frequency weight of k is k rows, bit for bit in the draws.
#[test]
fn a_frequency_is_so_many_copies() {
    let short = [0.0, 1.0, 0.0, 1.0];
    let times = [7_usize, 4, 5, 9];
    let mut weighed = Data::new(binary(&short), &[0.0, 0.0, 1.0, 1.0]);
    weighed.weights = Some(Weights {
        kind: WeightKind::Frequency,
        values: Array1::from_iter(times.iter().map(|&k| k as f64)),
    });
    let long = |values: &[f64]| -> Vec<f64> {
        let each = values.iter().zip(times);
        each.flat_map(|(&v, k)| std::iter::repeat_n(v, k)).collect()
    };
    let copied = Data::new(binary(&long(&short)), &long(&weighed.arm));
    let options = options(Kind::BiasCorrectedAccelerated, 199);
    let of_both = [&weighed, &copied].map(|data| {
        data.draws(options, of(Family::Binomial), Scheme::default())
            .unwrap()
    });
    let [a, b] = &of_both;
    alike(&a.difference.replicates, &b.difference.replicates, 1e-12);
    alike(&a.difference.influence, &b.difference.influence, 1e-9);
    assert_eq!(a.difference.failures, b.difference.failures);
}

/// Families are drawn whole: copies of a family add nothing to what is known.
#[test]
fn families_are_drawn_whole() {
    let single = Data::new(counts(&PROBLEMS), &arms(6, 8));
    let doubled = |values: &[f64]| -> Vec<f64> { values.iter().flat_map(|&v| [v, v]).collect() };
    let twice = Data::new(counts(&doubled(&PROBLEMS)), &doubled(&single.arm));
    let levels = (1..=14).map(|i| format!("family {i}")).collect();
    let family = Grouping::new("family", levels, (0..28).map(|row| row / 2).collect());
    let whole = Scheme {
        clusters: Some(&family),
        strata: None,
    };
    let options = options(Kind::BiasCorrectedAccelerated, 299);
    let one = single
        .draws(options, of(Family::Poisson), Scheme::default())
        .unwrap();
    let two = twice.draws(options, of(Family::Poisson), whole).unwrap();
    alike(&two.difference.replicates, &one.difference.replicates, 1e-9);
    alike(&two.difference.influence, &one.difference.influence, 1e-9);
    assert_eq!(two.difference.estimate.sample.clusters, Some(14));
    assert!(
        two.difference
            .estimate
            .method
            .contains("drawn by whole family")
    );
}

#[test]
fn what_cannot_be_drawn_is_refused() {
    let data = Data::new(counts(&PROBLEMS), &arms(6, 8));
    let poisson = of(Family::Poisson);
    let unseeded = Bootstrap {
        seed: None,
        ..options(Kind::Percentile, 99)
    };
    says(
        data.draws(unseeded, poisson, Scheme::default()),
        "the seed is absent, but a whole number, such as 2011, so that the run can be repeated, was expected",
    );
    let mut by_team = Data::new(counts(&PROBLEMS), &arms(6, 8));
    let levels = (1..=7).map(|i| i.to_string()).collect();
    by_team.clusters = vec![Grouping::new(
        "team",
        levels,
        (0..14).map(|i| i / 2).collect(),
    )];
    let clustered = Glm {
        covariance: Covariance::Cr2,
        ..poisson
    };
    says(
        by_team.draws(options(Kind::Studentized, 99), clustered, Scheme::default()),
        "a studentised interval with cluster-robust errors is not supported; a family that is drawn twice would \
         count as one; take BCa or percentile",
    );
    let (short, long) = (data.x(|_| 0.0), Array2::ones((3, 2)));
    let settings = |b| Settings {
        names: ["WT", "EKC"],
        a: short.view(),
        b,
        offset: None,
        weights: None,
    };
    says(
        options(Kind::Percentile, 99).standardized(
            &poisson,
            &data.design(),
            &settings(long.view()),
            Scheme::default(),
        ),
        "the model matrix of the setting EKC: expected a row for each of the 14 rows of the design, found 3 rows",
    );
    let offset = Array1::zeros(2);
    let offset = Settings {
        offset: Some(offset.view()),
        ..settings(short.view())
    };
    says(
        options(Kind::Percentile, 99).standardized(
            &poisson,
            &data.design(),
            &offset,
            Scheme::default(),
        ),
        "the offset: expected one entry for each of 14 rows, found 2",
    );
    // Both settings alike: all draws have the same difference.
    says(
        options(Kind::Percentile, 99).standardized(
            &poisson,
            &data.design(),
            &settings(short.view()),
            Scheme::default(),
        ),
        "`EKC − WT` in all replicates is constant, so the bootstrap has no error to measure differences by",
    );
}
