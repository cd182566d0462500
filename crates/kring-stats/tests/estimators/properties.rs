//! What is true of the tests and effect sizes whatever the data are: the order of the rows, the order of
//! the groups, the names of levels and the unit say nothing; copies count as a frequency does; and draws
//! are the same in any number of threads.

use kring_core::{Estimate, JointTest};
use kring_stats::agreement::Kappa;
use kring_stats::balance::{Balance, Counts};
use kring_stats::breslow_day::BreslowDay;
use kring_stats::chi_squared::ChiSquared;
use kring_stats::cochran_q::CochranQ;
use kring_stats::effect_size::{MeanEffect, PairedEffect};
use kring_stats::equivalence::{Equivalence, Margin};
use kring_stats::events::{Events, Stratum};
use kring_stats::fisher::{Fisher, FisherMethod};
use kring_stats::friedman::{Friedman, Measurement};
use kring_stats::kruskal_wallis::KruskalWallis;
use kring_stats::levene::Levene;
use kring_stats::little::{Incomplete, Little};
use kring_stats::mann_whitney::MannWhitney;
use kring_stats::mantel_haenszel::MantelHaenszel;
use kring_stats::one_way::OneWay;
use kring_stats::reliability::{IntraclassCorrelation, Items, Reliability};
use kring_stats::signed_rank::SignedRank;
use kring_stats::superiority::Superiority;
use kring_stats::t_test::{Group, TTest, Variance};
use kring_stats::trend::Trend;
use kring_stats::variance_explained::VarianceExplained;
use ndarray::{Array2, Axis, array};
use proptest::prelude::*;

/// The numbers of an estimate, or none where it was refused.
fn figures<E>(found: Result<Estimate, E>) -> Vec<f64> {
    found.ok().map_or_else(Vec::new, |e| {
        let ends = e.interval.map_or([None; 2], |i| [i.low, i.high]);
        let each = [e.value.finite(), e.std_error, e.p_value, e.reference.df()];
        each.into_iter()
            .chain(ends)
            .map(|x| x.unwrap_or(-1e6))
            .collect()
    })
}

fn tested<E>(found: Result<JointTest, E>) -> Vec<f64> {
    found.ok().map_or_else(Vec::new, |t| {
        let each = [t.statistic, t.p_value, t.reference.df()];
        each.into_iter().map(|x| x.unwrap_or(-1e6)).collect()
    })
}

fn same(a: &[f64], b: &[f64], what: &str) -> Result<(), TestCaseError> {
    prop_assert_eq!(a.len(), b.len(), "{}", what);
    for (a, b) in a.iter().zip(b) {
        let near = (a - b).abs() <= 1e-8 * (1.0 + a.abs().max(b.abs()));
        prop_assert!(near, "{}: {} is not {}", what, a, b);
    }
    Ok(())
}

fn group<'a>(name: &'a str, values: &'a [f64]) -> Group<'a> {
    Group { name, values }
}

/// What two groups of numbers are compared by.
fn of_two(x: &[f64], y: &[f64]) -> Vec<(&'static str, Vec<f64>)> {
    let (x, y) = (group("x", x), group("y", y));
    let superiority = Superiority::default().two_samples(x, y).ok();
    let equivalence = Equivalence {
        margin: Margin::Raw {
            low: -2.0,
            high: 2.0,
        },
        variance: Variance::Unequal,
        alpha: 0.05,
    };
    vec![
        ("t", figures(TTest::default().two_samples(x, y, None))),
        ("g", figures(MeanEffect::default().two_samples(x, y))),
        (
            "ranks",
            figures(MannWhitney::default().test(x, y, None).map(|f| f.shift)),
        ),
        (
            "superiority",
            figures(superiority.map(|f| f.probability).ok_or(())),
        ),
        (
            "equivalence",
            figures(equivalence.two_samples(x, y, None).map(|f| f.estimate)),
        ),
        ("balance", figures(Balance::default().numbers(x, y))),
    ]
}

/// What three groups are compared by.
fn of_three(groups: [&[f64]; 3]) -> Vec<(&'static str, Vec<f64>)> {
    let groups = groups.map(|values| group("g", values));
    let shares = VarianceExplained::default().groups("y", &groups).ok();
    vec![
        ("one-way", tested(OneWay::default().test("y", &groups))),
        ("Levene", tested(Levene::default().test("y", &groups))),
        (
            "Kruskal",
            tested(KruskalWallis::default().test("y", &groups).map(|f| f.test)),
        ),
        ("ω²", figures(shares.map(|s| s.omega_squared).ok_or(()))),
    ]
}

/// What several measurements of the same subjects, a row each, are asked.
fn of_measurements(values: &Array2<f64>) -> Vec<(&'static str, Vec<f64>)> {
    let names = ["a", "b", "c"];
    let items = Items {
        name: "items",
        names: &names,
        values: values.view(),
    };
    let columns: Vec<Vec<Option<f64>>> = values
        .columns()
        .into_iter()
        .map(|column| column.iter().copied().map(Some).collect())
        .collect();
    let each: Vec<Measurement<'_>> = columns
        .iter()
        .map(|values| Measurement { name: "m", values })
        .collect();
    let column = |j: usize| values.column(j).to_vec();
    let (after, before) = (column(0), column(1));
    let (after, before) = (group("after", &after), group("before", &before));
    let icc = IntraclassCorrelation::default().fit(&items).ok();
    vec![
        (
            "α",
            figures(Reliability::default().alpha(&items).map(|f| f.alpha)),
        ),
        (
            "ICC",
            icc.map_or_else(Vec::new, |f| {
                f.forms
                    .iter()
                    .filter_map(|f| f.estimate.value.finite())
                    .collect()
            }),
        ),
        (
            "Friedman",
            tested(Friedman::default().test("m", &each).map(|f| f.test)),
        ),
        (
            "paired t",
            figures(TTest::default().paired(after, before, None)),
        ),
        (
            "d_z",
            figures(PairedEffect::default().paired(after, before)),
        ),
        (
            "signed ranks",
            figures(
                SignedRank::default()
                    .paired(after, before, None)
                    .map(|f| f.pseudo_median),
            ),
        ),
    ]
}

fn numbers() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((0..9_u8).prop_map(f64::from), 3..8)
}

fn reversed(values: &[f64]) -> Vec<f64> {
    values.iter().rev().copied().collect()
}

fn all_same(
    a: &[(&'static str, Vec<f64>)],
    b: &[(&'static str, Vec<f64>)],
) -> Result<(), TestCaseError> {
    a.iter()
        .zip(b)
        .try_for_each(|((name, a), (_, b))| same(a, b, name))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_the_rows_says_nothing(x in numbers(), y in numbers(), z in numbers()) {
        let (a, b, c) = (reversed(&x), reversed(&y), reversed(&z));
        all_same(&of_two(&x, &y), &of_two(&a, &b))?;
        all_same(&of_three([&x, &y, &z]), &of_three([&a, &b, &c]))?;
    }

    #[test]
    fn nor_does_the_order_of_the_groups(x in numbers(), y in numbers(), z in numbers()) {
        all_same(&of_three([&x, &y, &z]), &of_three([&z, &x, &y]))?;
    }

    #[test]
    fn nor_does_that_of_the_subjects(rows in prop::collection::vec(prop::array::uniform3((0..9_u8).prop_map(f64::from)), 4..9)) {
        let of = |rows: &[[f64; 3]]| Array2::from_shape_fn((rows.len(), 3), |(i, j)| rows[i][j]);
        let turned: Vec<[f64; 3]> = rows.iter().rev().copied().collect();
        all_same(&of_measurements(&of(&rows)), &of_measurements(&of(&turned)))?;
        // Answers, and what is missing, row by row.
        let answers = of(&rows).mapv(|x| x > 4.0);
        let mirrored = of(&turned).mapv(|x| x > 4.0);
        let q = |answers: &Array2<bool>| tested(CochranQ::default().test("q", answers.view()));
        same(&q(&answers), &q(&mirrored), "Cochran")?;
        let known = |rows: &[[f64; 3]]| of(rows).mapv(|x| (x != 3.0).then_some(x));
        let little = |values: Array2<Option<f64>>| {
            let variables = Incomplete { name: "waves", names: &["a", "b", "c"], values: values.view() };
            tested(Little::default().test(&variables).map(|f| f.test))
        };
        let (a, b) = (little(known(&rows)), little(known(&turned)));
        for (a, b) in a.iter().zip(&b) {
            prop_assert!((a - b).abs() <= 1e-4 * (1.0 + a.abs()), "Little: {} is not {}", a, b);
        }
    }

    /// y → a + b y, b > 0: tests and effect sizes stay, differences are b times as large.
    #[test]
    fn nor_do_another_zero_and_unit(x in numbers(), y in numbers(), z in numbers(), a in -40.0..40.0_f64, b in 0.1..20.0_f64) {
        let moved = |values: &[f64]| -> Vec<f64> { values.iter().map(|v| a + b * v).collect() };
        let (p, q, r) = (moved(&x), moved(&y), moved(&z));
        all_same(&of_three([&x, &y, &z]), &of_three([&p, &q, &r]))?;
        let kept = ["g", "superiority", "balance"];
        for ((name, one), (_, other)) in of_two(&x, &y).iter().zip(of_two(&p, &q)) {
            if kept.contains(name) {
                same(one, &other, name)?;
            }
            if *name == "t" && one.len() == 6 && other.len() == 6 {
                let scaled = [b * one[0], b * one[1], one[2], one[3], b * one[4], b * one[5]];
                same(&scaled, &other, name)?;
            }
        }
        let n = x.len().min(y.len()).min(z.len());
        let of = |columns: [&[f64]; 3]| Array2::from_shape_fn((n, 3), |(i, j)| columns[j][i]);
        let (one, other) = (of_measurements(&of([&x, &y, &z])), of_measurements(&of([&p, &q, &r])));
        for ((name, one), (_, other)) in one.iter().zip(&other) {
            if ["α", "ICC", "Friedman", "d_z"].contains(name) {
                same(one, other, name)?;
            }
        }
    }

    /// Tables: levels in another order, strata in another order, and a table k times as large, whose χ² is k
    /// times as large.
    #[test]
    fn nor_do_the_names_of_levels(cells in prop::array::uniform9(0..12_u64), k in 2..5_u64) {
        let table = Array2::from_shape_fn((3, 3), |(i, j)| cells[3 * i + j]);
        let turned = table.select(Axis(0), &[2, 0, 1]).select(Axis(1), &[1, 2, 0]);
        let both = table.select(Axis(0), &[2, 0, 1]).select(Axis(1), &[2, 0, 1]);
        let chi = |t: &Array2<u64>| tested(ChiSquared::default().test("t", t.view()).map(|f| f.test));
        same(&chi(&table), &chi(&turned), "χ²")?;
        let fisher = |t: &Array2<u64>| tested(Fisher::default().test("t", t.view()));
        same(&fisher(&table), &fisher(&turned), "Fisher")?;
        let kappa = |t: &Array2<u64>| figures(Kappa::default().of_table("t", t.view()).map(|f| f.kappa));
        same(&kappa(&table), &kappa(&both), "κ")?;
        let (one, many) = (chi(&table), chi(&table.mapv(|c| c * k)));
        if let (Some(one), Some(many)) = (one.first(), many.first()) {
            prop_assert!((one * k as f64 - many).abs() <= 1e-9 * many.max(1.0));
        }
        let arm = |name, events, rest: u64| Events { name, events, n: events + rest + 1 };
        let strata: Vec<Stratum<'_>> = cells[..8].chunks(4)
            .map(|c| Stratum { name: "team", x: arm("EKC", c[0], c[1]), y: arm("WT", c[2], c[3]) })
            .collect();
        let other: Vec<Stratum<'_>> = strata.iter().rev().copied().collect();
        let mh = MantelHaenszel::default();
        same(&tested(mh.test("s", &strata)), &tested(mh.test("s", &other)), "Mantel–Haenszel")?;
        same(&figures(mh.odds_ratio(&strata)), &figures(mh.odds_ratio(&other)), "common odds ratio")?;
        let bd = BreslowDay::default();
        same(&tested(bd.test("s", &strata)), &tested(bd.test("s", &other)), "Breslow–Day")?;
        // Scores 1, 2, 3 the other way round turn the slope.
        let groups = [arm("a", cells[0], cells[1]), arm("b", cells[2], cells[3]), arm("c", cells[4], cells[5])];
        let back = [groups[2], groups[1], groups[0]];
        let trend = |groups: &[Events<'_>]| tested(Trend::default().test("t", groups).map(|f| f.test));
        let (one, other) = (trend(&groups), trend(&back));
        if let ([z, p, ..], [minus, q, ..]) = (one.as_slice(), other.as_slice()) {
            same(&[z.abs(), *p], &[minus.abs(), *q], "trend")?;
        }
        // Levels of a many-level variable in another order.
        let counts = |c: &[u64]| {
            let c: Vec<usize> = c.iter().map(|&c| usize::try_from(c).unwrap() + 1).collect();
            let (first, second) = (Counts { name: "EKC", counts: &c[..3] }, Counts { name: "WT", counts: &c[3..6] });
            figures(Balance::default().levels(first, second))
        };
        let order = [cells[2], cells[0], cells[1], cells[5], cells[3], cells[4]];
        same(&counts(&cells), &counts(&order), "balance of levels")?;
    }
}

#[test]
fn random_tables_are_the_same_in_any_number_of_threads() {
    let table = array![[3_u64, 7, 2, 9], [8, 1, 6, 4], [2, 5, 5, 3]];
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let options = Fisher {
            method: FisherMethod::MonteCarlo {
                replicates: 5000,
                seed: 2011,
            },
        };
        pool.install(|| options.test("t", table.view()).unwrap())
    };
    assert_eq!(run(1), run(2));
    assert_eq!(run(1), run(3));
}
