//! Direct and indirect effects: figures of R and by hand, what is true of them whatever the data, and what they
//! refuse.
//!
//! The figures are those of `reference/scripts/mediation.R`, which writes integrals and sums out in base R; the
//! data follow from the number of the row in both.

use kring_core::{Bootstrap as Kind, Design, DesignParts, Grouping, Groups, Part, Response};
use kring_stats::bootstrap::Bootstrap;
use kring_stats::family::Family;
use kring_stats::mediation::{Effect, Mediated, Mediation, Natural, Pathway, Residuals, Variable};
use kring_stats::resampling::{Scheme, Share, Stage};
use kring_stats::seed::Seed;
use ndarray::{Array1, Array2};

const N: usize = 120;

fn noise(i: usize, k: usize, p: usize) -> f64 {
    ((i * k % p) as f64 - (p as f64 - 1.0) / 2.0) / p as f64
}

/// The data of the script.
struct Data {
    a: Vec<f64>,
    c: Vec<f64>,
}

impl Data {
    fn new() -> Self {
        Self {
            a: (0..N).map(|i| (i % 2) as f64).collect(),
            c: (0..N).map(|i| (i * 7 % 11) as f64 / 2.0).collect(),
        }
    }

    fn each(&self, f: impl Fn(usize, f64, f64) -> f64) -> Vec<f64> {
        (0..N).map(|i| f(i, self.a[i], self.c[i])).collect()
    }

    fn m(&self) -> Vec<f64> {
        self.each(|i, a, c| 2.0 + 1.5 * a + 0.4 * c + 4.0 * noise(i, 37, 53))
    }

    fn l(&self) -> Vec<f64> {
        self.each(|i, a, c| 1.0 + 0.8 * a - 0.2 * c + 3.0 * noise(i, 29, 59))
    }

    fn m2(&self) -> Vec<f64> {
        let m = self.m();
        self.each(|i, a, _| 1.0 + 0.5 * a + 0.3 * m[i] + 0.4 * a * m[i] + 3.0 * noise(i, 41, 61))
    }

    fn b(&self) -> Vec<f64> {
        self.each(|i, a, c| f64::from(u8::from(noise(i, 43, 67) * 3.0 + 0.6 * a + 0.1 * c > 0.4)))
    }

    fn k(&self) -> Vec<f64> {
        self.each(|i, a, c| {
            (1.0 + 1.2 * a + 0.3 * c + 4.0 * noise(i, 47, 71))
                .round_ties_even()
                .max(0.0)
        })
    }

    fn y(&self) -> Vec<f64> {
        let m = self.m();
        self.each(|i, a, c| {
            8.0 - a - 0.7 * m[i] - 0.3 * a * m[i] + 0.5 * c + 5.0 * noise(i, 31, 73)
        })
    }

    fn y2(&self) -> Vec<f64> {
        let b = self.b();
        self.each(|i, a, c| {
            f64::from(u8::from(
                0.8 * a + 0.9 * b[i] - 0.2 * c + 4.0 * noise(i, 31, 73) > 0.0,
            ))
        })
    }

    fn y3(&self) -> Vec<f64> {
        let k = self.k();
        self.each(|i, a, c| {
            (6.0 - a - 0.8 * k[i] + 0.4 * c + 5.0 * noise(i, 23, 79))
                .round_ties_even()
                .max(0.0)
        })
    }
}

/// A variable after the arm: its values, its family, and its columns as products of 1, the arm, c and powers.
struct Spec<'a> {
    name: &'a str,
    values: &'a [f64],
    family: Family,
    /// Powers of the arm and of c, and of each variable after the arm.
    columns: Vec<(u32, u32, Vec<u32>)>,
}

struct Model {
    design: Design,
    family: Family,
    arms: Vec<Array2<f64>>,
    powers: Vec<Vec<u32>>,
}

fn pow(x: f64, p: u32) -> f64 {
    x.powi(i32::try_from(p).unwrap())
}

fn model(spec: &Spec<'_>, a: &[f64], c: &[f64], after: &[&[f64]]) -> Model {
    let n = a.len();
    let column =
        |i: usize, arm: f64, j: usize| pow(arm, spec.columns[j].0) * pow(c[i], spec.columns[j].1);
    let p = spec.columns.len();
    let x = Array2::from_shape_fn((n, p), |(i, j)| {
        let powers = spec.columns[j].2.iter().zip(after);
        column(i, a[i], j) * powers.map(|(p, v)| pow(v[i], *p)).product::<f64>()
    });
    let y = Array1::from(spec.values.to_vec());
    let response = match spec.family {
        Family::Gaussian => Response::Continuous(y),
        Family::Binomial => Response::Binary(y),
        _ => Response::Count(y),
    };
    let design = Design::new(DesignParts {
        response,
        response_name: spec.name.into(),
        mean: Part::fixed(x, (0..p).map(|j| format!("x{j}")).collect()),
        zero: None,
        dispersion: None,
        groups: Groups::default(),
        time: None,
        weights: None,
        source_rows: (0..n).collect(),
        omitted: vec![],
    });
    let set = |arm: f64| Array2::from_shape_fn((n, p), |(i, j)| column(i, arm, j));
    Model {
        design: design.unwrap(),
        family: spec.family,
        arms: vec![set(0.0), set(1.0)],
        powers: spec.columns.iter().map(|c| c.2.clone()).collect(),
    }
}

impl Model {
    fn variable(&self) -> Variable<'_> {
        Variable {
            design: &self.design,
            family: self.family,
            arms: self.arms.clone(),
            powers: self.powers.clone(),
        }
    }
}

fn options(replicates: usize) -> Mediation {
    Mediation {
        bootstrap: Bootstrap {
            interval: Kind::Percentile,
            seed: Some(2011),
            replicates,
            ..Bootstrap::default()
        },
        ..Mediation::default()
    }
}

fn arms(a: &[f64]) -> Grouping {
    Grouping {
        name: "arm".into(),
        levels: vec!["WT".into(), "EKC".into()],
        index: a.iter().map(|a| u32::from(*a > 0.0)).collect(),
    }
}

/// q confounders, then mediators, then the outcome.
fn run(
    options: &Mediation,
    a: &[f64],
    c: &[f64],
    specs: &[Spec<'_>],
    q: usize,
) -> Result<Mediated, kring_stats::Error> {
    let (outcome, before) = specs.split_last().unwrap();
    let after: Vec<&[f64]> = before.iter().map(|spec| spec.values).collect();
    let models: Vec<Model> = before
        .iter()
        .chain([outcome])
        .map(|spec| model(spec, a, c, &after))
        .collect();
    let all: Vec<Variable<'_>> = models.iter().map(Model::variable).collect();
    let (outcome, before) = all.split_last().unwrap();
    let arm = arms(a);
    options.compare(
        &Pathway {
            arm: &arm,
            confounders: before[..q].to_vec(),
            mediators: before[q..].to_vec(),
            outcome: outcome.clone(),
            scheme: Scheme::default(),
        },
        1,
    )
}

fn value(found: &Mediated, effect: Effect) -> f64 {
    let found = found.effect(effect, false).unwrap();
    found.estimate.value.finite().unwrap()
}

#[track_caller]
fn close(found: f64, truth: f64, within: f64) {
    assert!((found - truth).abs() <= within, "{found} is not {truth}");
}

#[track_caller]
fn effects(found: &Mediated, direct: f64, indirect: f64, within: f64) {
    close(value(found, Effect::Direct), direct, within);
    close(value(found, Effect::Indirect), indirect, within);
    close(
        value(found, Effect::Overall),
        direct + indirect,
        2.0 * within,
    );
    // Exactly so, but for the last digits.
    let sum = value(found, Effect::Direct) + value(found, Effect::Indirect);
    close(value(found, Effect::Overall), sum, 1e-12);
}

/// 1 + arm + c of a variable with so many after the arm.
fn main_terms(after: usize) -> Vec<(u32, u32, Vec<u32>)> {
    let none = vec![0; after];
    vec![(0, 0, none.clone()), (1, 0, none.clone()), (0, 1, none)]
}

fn with(
    mut columns: Vec<(u32, u32, Vec<u32>)>,
    more: &[(u32, Vec<u32>)],
) -> Vec<(u32, u32, Vec<u32>)> {
    columns.extend(more.iter().map(|(arm, powers)| (*arm, 0, powers.clone())));
    columns
}

fn spec<'a>(
    name: &'a str,
    values: &'a [f64],
    family: Family,
    columns: Vec<(u32, u32, Vec<u32>)>,
) -> Spec<'a> {
    Spec {
        name,
        values,
        family,
        columns,
    }
}

#[test]
fn one_mediator_of_each_kind_as_in_r() {
    let d = Data::new();
    let (a, c) = (d.a.as_slice(), d.c.as_slice());
    let product = || with(main_terms(1), &[(0, vec![1]), (1, vec![1])]);
    let (m, b, k) = (d.m(), d.b(), d.k());
    let number = || spec("m", &m, Family::Gaussian, main_terms(1));
    let (y, y2, y3) = (d.y(), d.y2(), d.y3());

    let linear = [number(), spec("y", &y, Family::Gaussian, product())];
    let found = run(&options(49), a, c, &linear, 0).unwrap();
    assert!(found.exact);
    effects(&found, -2.239_475_616_7, -1.124_574_110_5, 1e-9);
    assert!(
        found.sensitivity.correlated.is_none(),
        "a product with the arm"
    );
    // A line does not see how residuals lie around it.
    let resampled = Mediation {
        residuals: Residuals::Resampled,
        ..options(49)
    };
    let again = run(&resampled, a, c, &linear, 0).unwrap();
    close(value(&again, Effect::Indirect), -1.124_574_110_5, 0.02);

    let logistic = [number(), spec("y2", &y2, Family::Binomial, product())];
    let found = run(&options(49), a, c, &logistic, 0).unwrap();
    effects(&found, 0.340_287_898_1, -0.005_617_041_5, 1e-8);

    let yes_no = [
        spec("b", &b, Family::Binomial, main_terms(1)),
        spec("y2", &y2, Family::Binomial, product()),
    ];
    let found = run(&options(49), a, c, &yes_no, 0).unwrap();
    effects(&found, 0.315_829_004_8, 0.019_351_279_3, 1e-8);
    // The ratio of the means that the script prints: m00 = 0.4159713334.
    let ratio = found.effect(Effect::Overall, true).unwrap();
    let truth = ((0.415_971_333_4_f64 + 0.335_180_284_1) / 0.415_971_333_4).ln();
    close(ratio.estimate.value.finite().unwrap(), truth, 1e-8);
    assert!(found.sensitivity.e_value.is_some());

    let counts = [
        spec("k", &k, Family::Poisson, main_terms(1)),
        spec(
            "y3",
            &y3,
            Family::Poisson,
            with(main_terms(1), &[(0, vec![1])]),
        ),
    ];
    let found = run(&options(49), a, c, &counts, 0).unwrap();
    effects(&found, -1.224_431_624_8, -0.783_769_002_8, 1e-7);
}

#[test]
fn a_confounder_after_the_arm_and_two_mediators_as_in_r() {
    let d = Data::new();
    let (a, c) = (d.a.as_slice(), d.c.as_slice());
    let (l, m, m2, y) = (d.l(), d.m(), d.m2(), d.y());
    let confounded = [
        spec("l", &l, Family::Gaussian, main_terms(2)),
        spec(
            "m",
            &m,
            Family::Gaussian,
            with(main_terms(2), &[(0, vec![1, 0])]),
        ),
        spec(
            "y",
            &y,
            Family::Gaussian,
            with(
                main_terms(2),
                &[(0, vec![1, 0]), (0, vec![0, 1]), (0, vec![1, 1])],
            ),
        ),
    ];
    let found = run(&options(19), a, c, &confounded, 1).unwrap();
    assert!(!found.exact);
    // 200 draws of each of 120 rows: the error of drawing is in the third decimal.
    effects(&found, -2.372_644_091_0, -0.985_003_138_2, 2e-3);

    let two = [
        spec("m", &m, Family::Gaussian, main_terms(2)),
        spec(
            "m2",
            &m2,
            Family::Gaussian,
            with(main_terms(2), &[(0, vec![1, 0]), (1, vec![1, 0])]),
        ),
        spec(
            "y",
            &y,
            Family::Gaussian,
            with(
                main_terms(2),
                &[(0, vec![1, 0]), (0, vec![0, 1]), (0, vec![1, 1])],
            ),
        ),
    ];
    let found = run(&options(19), a, c, &two, 0).unwrap();
    effects(&found, -2.795_668_752_5, -0.577_831_602_0, 3e-3);
    close(value(&found, Effect::Through(0)), -0.824_485_426_0, 3e-3);
    close(value(&found, Effect::Through(1)), 0.278_999_325_2, 3e-3);
    close(value(&found, Effect::Dependence), -0.032_345_501_2, 3e-3);
    let parts = [Effect::Through(0), Effect::Through(1), Effect::Dependence];
    let sum: f64 = parts.into_iter().map(|part| value(&found, part)).sum();
    close(sum, value(&found, Effect::Indirect), 1e-12);
}

/// Linear and linear without a product: a · b, the direct effect is the coefficient of the arm, the same at any
/// held value, and by correlation that of the script, which solves for it.
#[test]
fn the_product_of_coefficients_and_its_sensitivity() {
    let d = Data::new();
    let (m, y) = (d.m(), d.y());
    let specs = [
        spec("m", &m, Family::Gaussian, main_terms(1)),
        spec(
            "y",
            &y,
            Family::Gaussian,
            with(main_terms(1), &[(0, vec![1])]),
        ),
    ];
    let held = Mediation {
        controlled_at: vec![3.0],
        prevalences: vec![0.2],
        effects: vec![1.5],
        ..options(49)
    };
    let found = run(&held, &d.a, &d.c, &specs, 0).unwrap();
    close(value(&found, Effect::Indirect), -0.884_182_513_8, 1e-9);
    close(
        value(&found, Effect::Controlled),
        value(&found, Effect::Direct),
        1e-10,
    );
    let share = value(&found, Effect::Indirect) / value(&found, Effect::Overall);
    close(value(&found, Effect::Proportion), share, 1e-12);
    let by_rho = found.sensitivity.correlated.as_ref().unwrap();
    close(by_rho.zero_at, -0.439_352_901_9, 1e-9);
    for (rho, truth) in [
        (-0.5, 0.159_566_861_0),
        (0.0, -0.884_182_513_8),
        (0.4, -1.673_182_878_7),
    ] {
        let place = by_rho
            .rho
            .iter()
            .position(|r| (r - rho).abs() < 1e-9)
            .unwrap();
        close(by_rho.indirect[place], truth, 1e-8);
    }
    // A cause that is 0.2 more frequent and adds 1.5: 0.3 goes from the direct to the indirect effect.
    let row = found.sensitivity.corrected[0];
    close(row.direct, value(&found, Effect::Direct) - 0.3, 1e-12);
    close(row.indirect, value(&found, Effect::Indirect) + 0.3, 1e-12);
    let needed = found.sensitivity.needed[0];
    close(needed.for_indirect, 0.884_182_513_8 / 0.2, 1e-8);
}

#[test]
fn other_arms_turn_signs_and_an_idle_arm_has_nothing_indirect() {
    let d = Data::new();
    let (m, y) = (d.m(), d.y());
    let specs = || {
        [
            spec("m", &m, Family::Gaussian, main_terms(1)),
            spec(
                "y",
                &y,
                Family::Gaussian,
                with(main_terms(1), &[(0, vec![1])]),
            ),
        ]
    };
    let found = run(&options(19), &d.a, &d.c, &specs(), 0).unwrap();
    let other: Vec<f64> = d.a.iter().map(|a| 1.0 - a).collect();
    let turned = run(&options(19), &other, &d.c, &specs(), 0).unwrap();
    for effect in [Effect::Overall, Effect::Direct, Effect::Indirect] {
        close(value(&turned, effect), -value(&found, effect), 1e-10);
    }
    // The same mediators in both arms: rows 2i and 2i + 1 have the same c and m.
    let same: Vec<f64> = (0..N).map(|i| m[i / 2 * 2]).collect();
    let c: Vec<f64> = (0..N).map(|i| d.c[i / 2 * 2]).collect();
    let idle = [
        spec("m", &same, Family::Gaussian, main_terms(1)),
        spec(
            "y",
            &y,
            Family::Gaussian,
            with(main_terms(1), &[(0, vec![1]), (1, vec![1])]),
        ),
    ];
    let found = run(&options(19), &d.a, &c, &idle, 0).unwrap();
    close(value(&found, Effect::Indirect), 0.0, 1e-12);
}

/// In simulated families the 95% interval of the indirect effect, a · b = −1, holds it nearly as often: with 120
/// samples between 105 and 119 times (both have a chance beyond one in a thousand if it does so 95 times in 100).
#[test]
fn intervals_hold_the_truth() {
    let samples = 120;
    let mut held = 0;
    for sample in 0..samples {
        let mut stream = Seed::new(7).child("mediation", 1).stream(sample);
        let n = 80;
        let a: Vec<f64> = (0..n).map(|i| f64::from(i % 2)).collect();
        let c: Vec<f64> = a.iter().map(|_| stream.normal()).collect();
        let m: Vec<f64> = a
            .iter()
            .zip(&c)
            .map(|(a, c)| 2.0 * a + c + stream.normal())
            .collect();
        let rows = a.iter().zip(&c).zip(&m);
        let y: Vec<f64> = rows
            .map(|((a, c), m)| a - 0.5 * m + c + stream.normal())
            .collect();
        let specs = [
            spec("m", &m, Family::Gaussian, main_terms(1)),
            spec(
                "y",
                &y,
                Family::Gaussian,
                with(main_terms(1), &[(0, vec![1])]),
            ),
        ];
        let found = run(&options(199), &a, &c, &specs, 0).unwrap();
        let interval = found
            .effect(Effect::Indirect, false)
            .unwrap()
            .estimate
            .interval
            .unwrap();
        held += u32::from(interval.low.unwrap() <= -1.0 && interval.high.unwrap() >= -1.0);
    }
    assert!((105..=119).contains(&held), "{held} of {samples}");
}

#[test]
fn the_same_from_parts_in_any_order() {
    let d = Data::new();
    let (m, y) = (d.m(), d.y());
    let after = [m.as_slice()];
    let first = model(
        &spec("m", &m, Family::Gaussian, main_terms(1)),
        &d.a,
        &d.c,
        &after,
    );
    let last = spec(
        "y",
        &y,
        Family::Gaussian,
        with(main_terms(1), &[(0, vec![1])]),
    );
    let last = model(&last, &d.a, &d.c, &after);
    let arm = arms(&d.a);
    let pathway = Pathway {
        arm: &arm,
        confounders: vec![],
        mediators: vec![first.variable()],
        outcome: last.variable(),
        scheme: Scheme::default(),
    };
    let options = options(60);
    let part = |range| match options
        .compare_share(&pathway, 1, &Share::Range(range))
        .unwrap()
    {
        Stage::Draws(draws) => draws,
        other => panic!("{other:?}"),
    };
    let (b, a) = (part(25..60), part(0..25));
    let found = options.compare_share(&pathway, 1, &Share::Finish(vec![&b, &a]));
    assert_eq!(
        found.unwrap().result().unwrap(),
        options.compare(&pathway, 1).unwrap()
    );
}

#[test]
#[allow(clippy::too_many_lines, reason = "a case after the other")]
fn what_cannot_be_told_is_refused() {
    let d = Data::new();
    let (a, c) = (d.a.as_slice(), d.c.as_slice());
    let (l, m, y) = (d.l(), d.m(), d.y());
    let says = |found: Result<Mediated, kring_stats::Error>, truth: &str| {
        assert_eq!(found.unwrap_err().to_string(), truth);
    };
    let simple = || spec("m", &m, Family::Gaussian, main_terms(1));
    let outcome = || {
        spec(
            "y",
            &y,
            Family::Gaussian,
            with(main_terms(1), &[(0, vec![1])]),
        )
    };
    says(
        run(
            &options(19),
            a,
            c,
            &[simple(), spec("y", &y, Family::Gaussian, main_terms(1))],
            0,
        ),
        "the mediator `m`, which is not in the formula of `y`, is not supported; without it nothing can go through it: \
         add it to that formula",
    );
    let idle = vec![(0, 0, vec![0]), (0, 1, vec![0])];
    says(
        run(
            &options(19),
            a,
            c,
            &[spec("m", &m, Family::Gaussian, idle), outcome()],
            0,
        ),
        "the formula of `m` without `arm` is not supported; add the arm: whatever comes after it may depend on it",
    );
    let flat = vec![2.0; N];
    says(
        run(
            &options(19),
            a,
            c,
            &[spec("m", &flat, Family::Gaussian, main_terms(1)), outcome()],
            0,
        ),
        "`m` is constant, so mediation has no error to measure differences by",
    );
    let confounded = [
        spec("l", &l, Family::Gaussian, main_terms(2)),
        spec("m", &m, Family::Gaussian, main_terms(2)),
        spec(
            "y",
            &y,
            Family::Gaussian,
            with(main_terms(2), &[(0, vec![1, 0]), (0, vec![0, 1])]),
        ),
    ];
    let natural = Mediation {
        natural: Natural::CrossWorldAssumed,
        ..options(19)
    };
    says(
        run(&natural, a, c, &confounded, 1),
        "a natural effect with `l`, a confounder that comes after the arm, is not supported; no assumption identifies it; \
         take the interventional effects (`natural` `not_assumed`)",
    );
    let found = run(&natural, a, c, &[simple(), outcome()], 0).unwrap();
    let label = &found
        .effect(Effect::Indirect, false)
        .unwrap()
        .estimate
        .label;
    assert_eq!(label, "EKC − WT: natural indirect");
    let few: Vec<f64> = (0..N).map(|i| f64::from(u8::from(i < 3))).collect();
    says(
        run(&options(19), &few, c, &[simple(), outcome()], 0),
        "mediation needs at least 5 rows in arm EKC, but there are 3",
    );
    let yes = d.b();
    says(
        run(
            &options(19),
            a,
            c,
            &[spec("b", &yes, Family::Gamma, main_terms(1)), outcome()],
            0,
        ),
        "`b` with the family gamma is not supported; a mediator or confounder is Gaussian, binomial (0 and 1), Poisson or \
         negative binomial (nbinom2)",
    );
    let odd = Mediation {
        draws: 3,
        ..options(19)
    };
    says(
        run(&odd, a, c, &confounded, 1),
        "the number of draws is 3, but an even number, such as 200, was expected",
    );
    let unseeded = Mediation {
        bootstrap: Bootstrap {
            seed: None,
            ..options(19).bootstrap
        },
        ..options(19)
    };
    assert!(
        run(&unseeded, a, c, &[simple(), outcome()], 0)
            .unwrap_err()
            .to_string()
            .contains("the seed")
    );
    // Whoever is in the arm has the outcome: the model runs off.
    let perfect = a.to_vec();
    let error = run(
        &options(19),
        a,
        c,
        &[
            simple(),
            spec(
                "y",
                &perfect,
                Family::Binomial,
                with(main_terms(1), &[(0, vec![1])]),
            ),
        ],
        0,
    );
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("predicted perfectly")
    );
}
