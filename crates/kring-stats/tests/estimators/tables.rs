//! Tables, shares and rates against full enumeration, and against one another.

use kring_core::{Alternative, Boundary, Estimate, Interval, JointTest, Reference, Value};
use kring_stats::Error;
use kring_stats::association::{Bias, CramersV};
use kring_stats::breslow_day::{BreslowDay, Homogeneity};
use kring_stats::chi_squared::{ChiSquared, Correction};
use kring_stats::cochran_q::CochranQ;
use kring_stats::events::{Events, Pairs, Stratum};
use kring_stats::fisher::{ConditionalOddsRatio, Fisher, FisherMethod, Tails};
use kring_stats::g_test::{GCorrection, GTest};
use kring_stats::mantel_haenszel::MantelHaenszel;
use kring_stats::mcnemar::{McNemar, McNemarMethod};
use kring_stats::number_needed::{Event, Needed, NeededInterval, NumberNeeded};
use kring_stats::proportion::{Proportion, ProportionMethod};
use kring_stats::rates::{
    Incidence, Rate, RateDifference, RateDifferenceMethod, RateMethod, RateRatio, RateRatioMethod,
};
use kring_stats::trend::{Trend, TrendMethod};
use kring_stats::two_proportions::{
    CohensH, OddsRatio, OddsRatioMethod, RiskDifference, RiskDifferenceMethod, RiskRatio,
    RiskRatioMethod,
};
use kring_stats::unconditional::{Order, Unconditional};
use ndarray::{Array2, array};
use proptest::prelude::*;

const ALTERNATIVES: [Alternative; 3] = [
    Alternative::TwoSided,
    Alternative::Less,
    Alternative::Greater,
];

fn arm(name: &'static str, events: u64, n: u64) -> Events<'static> {
    Events { name, events, n }
}

fn factorial(n: u64) -> f64 {
    (1..=n).map(|i| i as f64).product()
}

fn choose(n: u64, k: u64) -> f64 {
    (0..k).map(|i| (n - i) as f64 / (k - i) as f64).product()
}

fn binomial(x: u64, n: u64, p: f64) -> f64 {
    choose(n, x) * p.powf(x as f64) * (1.0 - p).powf((n - x) as f64)
}

/// Σ P of all tables with these margins that are not more probable than the one seen.
fn enumerated(table: &Array2<u64>) -> f64 {
    let rows: Vec<u64> = table.rows().into_iter().map(|row| row.sum()).collect();
    let columns: Vec<u64> = table
        .columns()
        .into_iter()
        .map(|column| column.sum())
        .collect();
    let weight = |cells: &[u64]| cells.iter().map(|&n| 1.0 / factorial(n)).product::<f64>();
    let mut weights = Vec::new();
    let mut cells = vec![0; table.len()];
    fill(0, &mut cells, &rows, &columns, &mut |cells| {
        weights.push(weight(cells));
    });
    let seen = weight(&table.iter().copied().collect::<Vec<_>>());
    let rare = weights.iter().filter(|&&w| w <= seen * (1.0 + 1e-7));
    rare.sum::<f64>() / weights.iter().sum::<f64>()
}

fn fill(i: usize, cells: &mut [u64], rows: &[u64], columns: &[u64], found: &mut dyn FnMut(&[u64])) {
    let c = columns.len();
    if i == cells.len() {
        return found(cells);
    }
    let (row, column) = (i / c, i % c);
    let in_row: u64 = cells[row * c..i].iter().sum();
    let in_column: u64 = (0..row).map(|r| cells[r * c + column]).sum();
    let most = (rows[row] - in_row).min(columns[column] - in_column);
    let least = if column + 1 == c {
        rows[row] - in_row
    } else {
        0
    };
    let least = if row + 1 == rows.len() {
        columns[column] - in_column
    } else {
        least
    };
    for n in least..=most {
        if column + 1 == c && n != rows[row] - in_row {
            continue;
        }
        cells[i] = n;
        fill(i + 1, cells, rows, columns, found);
    }
    cells[i] = 0;
}

fn small_table() -> impl Strategy<Value = Array2<u64>> {
    (2..4usize, 2..5usize).prop_flat_map(|(r, c)| {
        prop::collection::vec(prop::sample::select(vec![0, 0, 1, 1, 2, 3, 5]), r * c)
            .prop_map(move |cells| Array2::from_shape_fn((r, c), |(i, j)| cells[i * c + j]))
    })
}

fn filled(table: &Array2<u64>) -> bool {
    let many = |lanes: ndarray::iter::Lanes<'_, u64, ndarray::Ix1>| {
        lanes.into_iter().filter(|lane| lane.sum() > 0).count() > 1
    };
    many(table.rows()) && many(table.columns())
}

fn two_arms() -> impl Strategy<Value = (Events<'static>, Events<'static>)> {
    (1..12u64, 1..12u64)
        .prop_flat_map(|(m, n)| (0..=m, 0..=n, Just(m), Just(n)))
        .prop_map(|(x, y, m, n)| (arm("x", x, m), arm("y", y, n)))
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3)
}

fn mirrored(a: Option<Interval>, b: Option<Interval>) -> bool {
    let same = |a: Option<f64>, b: Option<f64>| match (a, b) {
        // A limit is solved to the last digits of the log odds.
        (Some(a), Some(b)) => (a + b).abs() <= 1e-8 * a.abs().max(1.0),
        (a, b) => a.is_none() && b.is_none(),
    };
    match (a, b) {
        (Some(a), Some(b)) => same(a.low, b.high) && same(a.high, b.low),
        (a, b) => a.is_none() && b.is_none(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn fisher_is_the_sum_over_all_tables(table in small_table().prop_filter("two lanes", filled)) {
        let found = Fisher::default().test("t", table.view()).unwrap().p_value.unwrap();
        prop_assert!(near(found, enumerated(&table)), "{} {}", found, enumerated(&table));
        let turned = Fisher::default().test("t", table.t()).unwrap().p_value.unwrap();
        prop_assert!(near(found, turned));
    }

    #[test]
    fn an_exact_odds_ratio_is_where_its_tails_are(
        (x, y) in two_arms(), level in prop::sample::select(vec![0.8, 0.95]),
    ) {
        let options = ConditionalOddsRatio { level, ..ConditionalOddsRatio::default() };
        let found = match options.estimate(x, y) {
            Ok(found) => found,
            Err(error) => {
                // Only where nobody, or everybody, has the event.
                let constant = matches!(error, Error::Constant { .. });
                prop_assert!(constant);
                let events = x.events + y.events;
                prop_assert!(events == 0 || events == x.n + y.n);
                return Ok(());
            }
        };
        let k = x.events + y.events;
        let support: Vec<u64> = (k.saturating_sub(y.n)..=x.n.min(k)).collect();
        let chances = |theta: f64| -> Vec<f64> {
            let weights: Vec<f64> = support.iter()
                .map(|&s| choose(x.n, s) * choose(y.n, k - s) * (theta * (s as f64 - x.events as f64)).exp())
                .collect();
            let all: f64 = weights.iter().sum();
            weights.iter().map(|w| w / all).collect()
        };
        let tail = |theta: f64, keep: &dyn Fn(u64) -> bool| -> f64 {
            support.iter().zip(chances(theta)).filter(|(s, _)| keep(**s)).map(|(_, p)| p).sum()
        };
        let interval = found.interval.unwrap();
        if let Some(low) = interval.low {
            prop_assert!(near(tail(low, &|s| s >= x.events), (1.0 - level) / 2.0));
        }
        if let Some(high) = interval.high {
            prop_assert!(near(tail(high, &|s| s <= x.events), (1.0 - level) / 2.0));
        }
        if let Value::Value(theta) = found.value {
            let mean: f64 = support.iter().zip(chances(theta)).map(|(&s, p)| s as f64 * p).sum();
            prop_assert!(near(mean, x.events as f64));
        }
        let table = array![[x.events, x.n - x.events], [y.events, y.n - y.events]];
        let fisher = Fisher::default().test("t", table.view()).unwrap();
        prop_assert!(near(found.p_value.unwrap(), fisher.p_value.unwrap()));
        for alternative in [Alternative::Greater, Alternative::Less] {
            let one = ConditionalOddsRatio { alternative, ..options }.estimate(x, y).unwrap();
            let greater = alternative == Alternative::Greater;
            let expected = tail(0.0, &|s| if greater { s >= x.events } else { s <= x.events });
            prop_assert!(near(one.p_value.unwrap(), expected));
            prop_assert_eq!(one.interval.unwrap().low.is_none(), !greater || interval.low.is_none());
        }
    }

    #[test]
    fn an_unconditional_p_value_is_the_largest_over_the_common_share((x, y) in two_arms()) {
        // By hand: the share of the tables with these margins that are as extreme or more.
        let fisher = |a: u64, b: u64, alternative| -> f64 {
            let ways = |i: u64| choose(x.n, i) * choose(y.n, a + b - i);
            let all = (a + b).saturating_sub(y.n)..=x.n.min(a + b);
            let extreme = all.clone().filter(|&i| match alternative {
                Alternative::TwoSided => ways(i) <= ways(a) * (1.0 + 1e-7),
                Alternative::Greater => i >= a,
                Alternative::Less => i <= a,
            });
            extreme.map(ways).sum::<f64>() / all.map(ways).sum::<f64>()
        };
        let score = |a: u64, b: u64| {
            let pooled = (a + b) as f64 / (x.n + y.n) as f64;
            let error = (pooled * (1.0 - pooled) * (1.0 / x.n as f64 + 1.0 / y.n as f64)).sqrt();
            let distance = a as f64 / x.n as f64 - b as f64 / y.n as f64;
            if error == 0.0 { 0.0 } else { distance / error }
        };
        for alternative in ALTERNATIVES {
            for order in [Order::Boschloo, Order::Barnard] {
                let found = Unconditional { order, alternative }.test(x, y).unwrap();
                let of = |a, b| match (order, alternative) {
                    (Order::Boschloo, _) => fisher(a, b, alternative),
                    (Order::Barnard, Alternative::TwoSided) => -score(a, b).abs(),
                    (Order::Barnard, Alternative::Greater) => -score(a, b),
                    (Order::Barnard, Alternative::Less) => score(a, b),
                };
                let seen = of(x.events, y.events);
                let extreme: Vec<(u64, u64)> = (0..=x.n)
                    .flat_map(|a| (0..=y.n).map(move |b| (a, b)))
                    .filter(|&(a, b)| of(a, b) <= seen + 1e-7 * seen.abs())
                    .collect();
                let place = |n: u64| usize::try_from(n).unwrap();
                let at = |p: f64| -> f64 {
                    let [of_x, of_y] = [x.n, y.n].map(|n| (0..=n).map(|k| binomial(k, n, p)).collect::<Vec<f64>>());
                    extreme.iter().map(|&(a, b)| of_x[place(a)] * of_y[place(b)]).sum()
                };
                let p_value = found.test.p_value.unwrap();
                let largest = (0..=500).map(|i| at(f64::from(i) / 500.0)).fold(0.0, f64::max);
                prop_assert!(p_value >= largest - 1e-9, "{:?} {:?}: {} {}", order, alternative, p_value, largest);
                prop_assert!(near(p_value, at(found.common_share).min(1.0)));
                if order == Order::Boschloo {
                    prop_assert!(p_value <= seen * (1.0 + 1e-7) + 1e-12);
                }
            }
        }
    }

    #[test]
    fn changing_arms_turns_every_comparison_around((x, y) in two_arms(), s in 1.0..9.0f64, t in 1.0..9.0f64) {
        let turned = |a: Result<Estimate, Error>, b: Result<Estimate, Error>| match (a, b) {
            (Ok(a), Ok(b)) => {
                let edges = match (a.value, b.value) {
                    (Value::Value(a), Value::Value(b)) => near(a, -b),
                    (Value::AtBoundary(a), Value::AtBoundary(b)) => a != b,
                    _ => false,
                };
                let p = match (a.p_value, b.p_value) {
                    (Some(p), Some(q)) => near(p, q),
                    (p, q) => p == q,
                };
                edges && p && mirrored(a.interval, b.interval)
            }
            (a, b) => a.is_err() && b.is_err(),
        };
        for tails in [Tails::Exact, Tails::MidP] {
            let options = ConditionalOddsRatio { tails, ..ConditionalOddsRatio::default() };
            prop_assert!(turned(options.estimate(x, y), options.estimate(y, x)), "{:?}", tails);
        }
        for method in [RiskDifferenceMethod::Newcombe, RiskDifferenceMethod::MiettinenNurminen, RiskDifferenceMethod::Wald] {
            let options = RiskDifference { method, ..RiskDifference::default() };
            prop_assert!(turned(options.estimate(x, y), options.estimate(y, x)), "{:?}", method);
        }
        for method in [RiskRatioMethod::Wald, RiskRatioMethod::Koopman, RiskRatioMethod::MiettinenNurminen] {
            let options = RiskRatio { method, ..RiskRatio::default() };
            prop_assert!(turned(options.estimate(x, y), options.estimate(y, x)),
                "{:?} {:?} {:?}", method, options.estimate(x, y), options.estimate(y, x));
        }
        for method in [OddsRatioMethod::Wald, OddsRatioMethod::Score, OddsRatioMethod::MiettinenNurminen] {
            let options = OddsRatio { method, ..OddsRatio::default() };
            prop_assert!(turned(options.estimate(x, y), options.estimate(y, x)),
                "{:?} {:?} {:?}", method, options.estimate(x, y), options.estimate(y, x));
        }
        prop_assert!(turned(CohensH::default().estimate(x, y), CohensH::default().estimate(y, x)));
        let (a, b) = (
            Incidence { name: "x", events: x.events, time: s },
            Incidence { name: "y", events: y.events, time: t },
        );
        for method in [RateRatioMethod::Exact, RateRatioMethod::MidP, RateRatioMethod::Score, RateRatioMethod::Wald] {
            let options = RateRatio { method, ..RateRatio::default() };
            prop_assert!(turned(options.estimate(a, b), options.estimate(b, a)), "{:?}", method);
        }
        for method in [RateDifferenceMethod::Mover, RateDifferenceMethod::Wald] {
            let options = RateDifference { method, ..RateDifference::default() };
            prop_assert!(turned(options.estimate(a, b), options.estimate(b, a)), "{:?}", method);
        }
    }

    #[test]
    fn score_intervals_end_where_the_test_does((x, y) in two_arms()) {
        // At an inner end of a score interval the score test of that ratio gives p = 0.05.
        for method in [RiskRatioMethod::Koopman, RiskRatioMethod::MiettinenNurminen] {
            let options = RiskRatio { method, ..RiskRatio::default() };
            let Ok(found) = options.estimate(x, y) else { continue };
            let interval = found.interval.unwrap();
            for end in [interval.low, interval.high].into_iter().flatten() {
                let at = RiskRatio { null_ratio: end.exp(), ..options }.estimate(x, y).unwrap();
                prop_assert!((at.p_value.unwrap() - 0.05).abs() < 1e-6, "{:?} {} {:?}", method, end, at);
            }
        }
        for method in [RateRatioMethod::Exact, RateRatioMethod::MidP, RateRatioMethod::Score] {
            let (a, b) = (
                Incidence { name: "x", events: x.events, time: 3.0 },
                Incidence { name: "y", events: y.events, time: 4.0 },
            );
            for (alternative, level) in [(Alternative::Greater, 0.975), (Alternative::Less, 0.9)] {
                let options = RateRatio { method, alternative, level, ..RateRatio::default() };
                let Ok(found) = options.estimate(a, b) else { continue };
                let interval = found.interval.unwrap();
                for end in [interval.low, interval.high].into_iter().flatten() {
                    let at = RateRatio { null_ratio: end.exp(), ..options }.estimate(a, b).unwrap();
                    prop_assert!((at.p_value.unwrap() - (1.0 - level)).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn one_stratum_is_the_table_itself((x, y) in two_arms()) {
        let strata = [Stratum { name: "all", x, y }];
        let table = array![[x.events, x.n - x.events], [y.events, y.n - y.events]];
        let n = (x.n + y.n) as f64;
        let mh = MantelHaenszel::default();
        match (mh.test("t", &strata), ChiSquared::default().test("t", table.view())) {
            (Ok(cmh), Ok(chi)) => prop_assert!(near(
                cmh.statistic.unwrap(), chi.test.statistic.unwrap() * (n - 1.0) / n)),
            (cmh, chi) => prop_assert!(cmh.is_err() && chi.is_err()),
        }
        let value = |e: Result<Estimate, Error>| e.map(|e| e.value).ok();
        let same = |a: Option<Value>, b: Option<Value>| match (a, b) {
            (Some(Value::Value(a)), Some(Value::Value(b))) => near(a, b),
            (a, b) => a == b,
        };
        prop_assert!(same(value(mh.odds_ratio(&strata)), value(OddsRatio::default().estimate(x, y))));
        prop_assert!(same(value(mh.risk_ratio(&strata)), value(RiskRatio::default().estimate(x, y))));
        prop_assert!(same(value(mh.risk_difference(&strata)), value(RiskDifference::default().estimate(x, y))));
        let exact = ConditionalOddsRatio::default();
        match (exact.common(&strata), exact.estimate(x, y)) {
            (Ok(a), Ok(b)) => {
                prop_assert!(same(Some(a.value), Some(b.value)));
                prop_assert!(near(a.p_value.unwrap(), b.p_value.unwrap()));
            }
            (a, b) => prop_assert!(a.is_err() && b.is_err()),
        }
    }

    #[test]
    fn a_trend_over_two_groups_is_a_comparison((x, y) in two_arms()) {
        let table = array![[x.events, x.n - x.events], [y.events, y.n - y.events]];
        let trend = Trend::default().test("t", &[x, y]);
        match (trend, ChiSquared::default().test("t", table.view())) {
            (Ok(a), Ok(b)) => {
                prop_assert!(near(a.test.statistic.unwrap(), b.test.statistic.unwrap()));
                // Rising from x to y is fewer events in x.
                for (rise, odds) in [(Alternative::Greater, Alternative::Less), (Alternative::Less, Alternative::Greater)] {
                    let exact = Trend { method: TrendMethod::Exact, alternative: rise, ..Trend::default() };
                    let fisher = ConditionalOddsRatio { alternative: odds, ..ConditionalOddsRatio::default() };
                    prop_assert!(near(
                        exact.test("t", &[x, y]).unwrap().test.p_value.unwrap(),
                        fisher.estimate(x, y).unwrap().p_value.unwrap()));
                }
            }
            (a, b) => prop_assert!(a.is_err() && b.is_err()),
        }
    }

    #[test]
    fn cochran_of_two_is_mcnemar(answers in prop::collection::vec((any::<bool>(), any::<bool>()), 1..20)) {
        let count = |a, b| answers.iter().filter(|&&pair| pair == (a, b)).count() as u64;
        let pairs = Pairs {
            first: "after", second: "before", both: count(true, true), first_only: count(true, false),
            second_only: count(false, true), neither: count(false, false),
        };
        let table = Array2::from_shape_fn((answers.len(), 2), |(i, j)| [answers[i].0, answers[i].1][j]);
        let mcnemar = McNemar { method: McNemarMethod::ChiSquared, ..McNemar::default() }.test(pairs);
        match (CochranQ::default().test("t", table.view()), mcnemar) {
            (Ok(q), Ok(m)) => {
                prop_assert!(near(q.statistic.unwrap(), m.test.statistic.unwrap()));
                let z = RiskDifference::default().paired(pairs).unwrap();
                prop_assert!(near(z.p_value.unwrap(), m.test.p_value.unwrap()));
            }
            (q, m) => prop_assert!(q.is_err() && m.is_err()),
        }
    }

    #[test]
    fn nothing_undefined_leaves(
        counts in prop::collection::vec(prop::sample::select(vec![0_u64, 0, 1, 2, 9, 300, 40_000, 1 << 40, 1 << 60]), 8),
        level in prop::sample::select(vec![0.95, 0.2, 0.0, 1.0, f64::NAN, 1e-9, 1.0 - 1e-12]),
        times in prop::sample::select(vec![(1.0, 1.0), (1e-90, 1e90), (0.0, 1.0), (f64::NAN, 1.0), (3.0, -1.0)]),
        null_ratio in prop::sample::select(vec![1.0, 1e-300, 1e300, 0.0, -1.0, f64::INFINITY]),
        alternative in prop::sample::select(ALTERNATIVES.to_vec()),
    ) {
        // Events may be more than there were, groups may be empty.
        let (x, y) = (arm("x", counts[0], counts[1]), arm("y", counts[2], counts[3]));
        let (u, v) = (arm("x", counts[4].min(counts[5]), counts[5]), arm("y", counts[6].min(counts[7]), counts[7]));
        let strata = [Stratum { name: "a", x, y }, Stratum { name: "b", x: u, y: v }];
        let pairs = Pairs { first: "a", second: "b", both: counts[0], first_only: counts[1], second_only: counts[2], neither: counts[3] };
        let (a, b) = (
            Incidence { name: "x", events: counts[0], time: times.0 },
            Incidence { name: "y", events: counts[2], time: times.1 },
        );
        let mut estimates = Vec::new();
        let mut tests = Vec::new();
        for tails in [Tails::Exact, Tails::MidP] {
            // Large arms are exact too, only slow; they have a test of their own.
            if counts.iter().all(|&n| n <= 300) {
                let exact = ConditionalOddsRatio { tails, alternative, null_ratio, level };
                estimates.extend([exact.estimate(x, y), exact.estimate(u, v), exact.common(&strata)]);
            }
        }
        for (x, y) in [(x, y), (u, v)] {
            for method in [RiskDifferenceMethod::Newcombe, RiskDifferenceMethod::MiettinenNurminen, RiskDifferenceMethod::Wald] {
                let difference = RiskDifference { method, alternative, level };
                estimates.extend([difference.estimate(x, y), difference.paired(pairs)]);
                if let Ok(found) = difference.estimate(x, y)
                    && let Ok(needed) = NumberNeeded::default().of(found)
                {
                    let text = serde_json::to_string(&needed).unwrap();
                    prop_assert_eq!(&serde_json::from_str::<kring_stats::number_needed::NumberNeededToTreat>(&text).unwrap(), &needed);
                }
            }
            for method in [RiskRatioMethod::Wald, RiskRatioMethod::Koopman, RiskRatioMethod::MiettinenNurminen] {
                estimates.push(RiskRatio { method, alternative, null_ratio, level }.estimate(x, y));
            }
            for method in [OddsRatioMethod::Wald, OddsRatioMethod::Score, OddsRatioMethod::MiettinenNurminen] {
                estimates.push(OddsRatio { method, alternative, null_ratio, level }.estimate(x, y));
            }
            estimates.push(CohensH { alternative, level }.estimate(x, y));
            for method in [ProportionMethod::Wilson, ProportionMethod::ClopperPearson, ProportionMethod::MidP] {
                for null in [None, Some(0.3), Some(1e-300), Some(1.0)] {
                    estimates.push(Proportion { method, null, alternative, level }.estimate(x));
                }
            }
        }
        for method in [RateRatioMethod::Exact, RateRatioMethod::MidP, RateRatioMethod::Score, RateRatioMethod::Wald] {
            estimates.push(RateRatio { method, alternative, null_ratio, level }.estimate(a, b));
        }
        for method in [RateDifferenceMethod::Mover, RateDifferenceMethod::Wald] {
            estimates.push(RateDifference { method, alternative, level }.estimate(a, b));
        }
        for method in [RateMethod::Exact, RateMethod::Score] {
            for null in [None, Some(0.3), Some(f64::NAN), Some(1e300)] {
                estimates.push(Rate { method, null, alternative, level }.estimate(a, None));
            }
        }
        let mh = MantelHaenszel { correction: Correction::Yates, alternative, level };
        estimates.extend([mh.odds_ratio(&strata), mh.risk_ratio(&strata), mh.risk_difference(&strata)]);
        tests.push(mh.test("t", &strata));
        for correction in [Homogeneity::Tarone, Homogeneity::Uncorrected] {
            tests.push(BreslowDay { correction }.test("t", &strata));
        }
        let table = Array2::from_shape_fn((2, 4), |(i, j)| counts[4 * i + j]);
        for bias in [Bias::Kept, Bias::Corrected] {
            estimates.push(CramersV { bias, alternative, level }.estimate("t", table.view()));
        }
        for correction in [GCorrection::None, GCorrection::Williams] {
            tests.push(GTest { correction }.test("t", table.view()));
        }
        for method in [McNemarMethod::Exact, McNemarMethod::MidP, McNemarMethod::ChiSquared, McNemarMethod::Corrected] {
            if let Ok(found) = (McNemar { method, level }).test(pairs) {
                estimates.push(Ok(found.odds_ratio));
                tests.push(Ok(found.test));
            }
        }
        if let Ok(found) = (Trend { alternative, level, ..Trend::default() }).test("t", &[x, y, u, v]) {
            estimates.push(Ok(found.slope));
            tests.push(Ok(found.test));
        }
        estimates.into_iter().flatten().try_for_each(|found| defined(&found))?;
        tests.into_iter().flatten().try_for_each(|found| defined_test(&found))?;
    }
}

fn defined(found: &Estimate) -> Result<(), TestCaseError> {
    let interval = found.interval.unwrap_or(Interval {
        low: None,
        high: None,
        level: 0.95,
        kind: kring_core::IntervalKind::Wald,
    });
    let numbers = [
        found.value.finite(),
        found.std_error,
        found.p_value,
        interval.low,
        interval.high,
    ];
    prop_assert!(
        numbers.into_iter().flatten().all(f64::is_finite),
        "{:?}",
        found
    );
    prop_assert!(
        found.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)),
        "{:?}",
        found
    );
    if let (Some(low), Some(high)) = (interval.low, interval.high) {
        // A level below one half turns no interval around.
        prop_assert!(low <= high + 1e-9 * high.abs().max(1.0), "{:?}", found);
    }
    Ok(())
}

fn defined_test(found: &JointTest) -> Result<(), TestCaseError> {
    prop_assert!(found.statistic.is_none_or(f64::is_finite), "{:?}", found);
    prop_assert!(
        found.p_value.is_none_or(|p| (0.0..=1.0).contains(&p)),
        "{:?}",
        found
    );
    Ok(())
}

#[test]
fn monte_carlo_is_near_the_sum_and_the_same_for_one_seed() {
    let table = array![
        [1, 2, 2, 1, 1, 0, 1],
        [2, 0, 0, 2, 3, 0, 0],
        [0, 1, 1, 1, 2, 7, 3],
        [1, 1, 2, 0, 0, 0, 1],
        [0, 1, 1, 1, 1, 0, 0]
    ];
    let exact = Fisher::default()
        .test("t", table.view())
        .unwrap()
        .p_value
        .unwrap();
    let drawn = |seed| {
        let method = FisherMethod::MonteCarlo {
            replicates: 20_000,
            seed,
        };
        Fisher { method }.test("t", table.view()).unwrap()
    };
    let found = drawn(1);
    let Reference::Resampled { n: 20_000, mcse } = found.reference else {
        panic!("{:?}", found.reference);
    };
    assert!(
        (found.p_value.unwrap() - exact).abs() < 4.0 * mcse,
        "{found:?} {exact}"
    );
    assert_eq!(found, drawn(1));
    assert_ne!(found.p_value, drawn(2).p_value);
}

#[test]
fn a_table_with_too_many_tables_is_refused_quickly_and_can_be_drawn() {
    let table = Array2::from_shape_fn((8, 9), |(i, j)| (7 * i + 5 * j) as u64 % 11 * 9);
    let refused = Fisher::default()
        .test("ward × diagnosis", table.view())
        .unwrap_err();
    assert!(refused.to_string().contains("monte_carlo"), "{refused}");
    let method = FisherMethod::MonteCarlo {
        replicates: 200,
        seed: 7,
    };
    assert!(Fisher { method }.test("t", table.view()).is_ok());
}

#[test]
fn edges_are_edges() {
    let none = arm("EKC", 0, 8);
    let some = arm("WT", 3, 9);
    let odds = OddsRatio::default().estimate(none, some).unwrap();
    assert_eq!(odds.value, Value::AtBoundary(Boundary::Zero));
    assert!(odds.interval.is_none() && odds.p_value.is_none() && odds.cautions.len() == 1);
    let score = OddsRatio {
        method: OddsRatioMethod::Score,
        ..OddsRatio::default()
    };
    let interval = score.estimate(none, some).unwrap().interval.unwrap();
    assert!(interval.low.is_none() && interval.high.is_some());
    let turned = RiskRatio {
        method: RiskRatioMethod::Koopman,
        ..RiskRatio::default()
    }
    .estimate(some, none)
    .unwrap();
    assert_eq!(turned.value, Value::AtBoundary(Boundary::Infinite));
    assert!(turned.interval.unwrap().high.is_none());
    assert!(
        RateRatio::default()
            .estimate(
                Incidence {
                    name: "EKC",
                    events: 0,
                    time: 2.0
                },
                Incidence {
                    name: "WT",
                    events: 5,
                    time: 2.0
                },
            )
            .unwrap()
            .interval
            .unwrap()
            .low
            .is_none()
    );
}

#[test]
fn a_number_needed_goes_through_infinity() {
    let of = |x, y, event| {
        let difference = RiskDifference::default().estimate(x, y).unwrap();
        NumberNeeded { event }.of(difference).unwrap()
    };
    // 0.5 − 0.25: four needed.
    let clear = of(arm("x", 200, 400), arm("y", 100, 400), Event::Wanted);
    assert_eq!(clear.value, Some(Needed::ToBenefit(4.0)));
    assert!(
        matches!(clear.interval, NeededInterval::Benefit { low, high: Some(high) } if low < 4.0 && high > 4.0)
    );
    let turned = of(arm("x", 200, 400), arm("y", 100, 400), Event::Unwanted);
    assert_eq!(turned.value, Some(Needed::ToHarm(4.0)));
    assert!(
        matches!(turned.interval, NeededInterval::Harm { low, high: Some(high) } if low < 4.0 && high > 4.0)
    );
    let unsure = of(arm("x", 6, 12), arm("y", 3, 12), Event::Wanted);
    let ends = unsure.risk_difference.interval.unwrap();
    assert_eq!(
        unsure.interval,
        NeededInterval::ThroughInfinity {
            benefit: 1.0 / ends.high.unwrap(),
            harm: -1.0 / ends.low.unwrap(),
        }
    );
    let equal = of(arm("x", 3, 12), arm("y", 3, 12), Event::Wanted);
    assert_eq!(equal.value, None);
    // Infinity is named, not written.
    assert!(matches!(
        equal.interval,
        NeededInterval::ThroughInfinity { .. }
    ));
}

#[test]
fn refusals_say_what_was_wrong() {
    let says = |error: Error, message: &str| assert_eq!(error.to_string(), message);
    let (x, y) = (arm("EKC", 3, 5), arm("WT", 2, 6));
    says(
        RiskRatio::default()
            .estimate(arm("EKC", 6, 5), y)
            .unwrap_err(),
        "the number of events in EKC is 6 of 5, but at most the number of subjects was expected",
    );
    says(
        Unconditional::default()
            .test(x, arm("WT", 0, 0))
            .unwrap_err(),
        "Boschloo's test needs at least 1 subjects in WT, but there are 0",
    );
    says(
        OddsRatio::default()
            .estimate(arm("EKC", 0, 5), arm("WT", 0, 6))
            .unwrap_err(),
        "the outcome (or the event itself) in EKC and WT is constant, so the ratio has no error to measure differences by",
    );
    says(
        ConditionalOddsRatio {
            null_ratio: 0.0,
            ..ConditionalOddsRatio::default()
        }
        .estimate(x, y)
        .unwrap_err(),
        "the ratio under the null hypothesis is 0, but a number above zero, such as 1 was expected",
    );
    says(
        Proportion {
            null: Some(1.0),
            ..Proportion::default()
        }
        .estimate(x)
        .unwrap_err(),
        "the share under the null hypothesis is 1, but a number between 0 and 1 was expected",
    );
    says(
        RateRatio::default()
            .estimate(
                Incidence {
                    name: "EKC",
                    events: 3,
                    time: 0.0,
                },
                Incidence {
                    name: "WT",
                    events: 3,
                    time: 1.0,
                },
            )
            .unwrap_err(),
        "the time at risk in EKC is 0, but a number above zero, of ordinary size was expected",
    );
}

#[test]
fn so_do_those_of_tables() {
    let says = |error: Error, message: &str| assert_eq!(error.to_string(), message);
    let (x, y) = (arm("EKC", 3, 5), arm("WT", 2, 6));
    says(
        McNemar::default()
            .test(Pairs {
                first: "after",
                second: "before",
                both: 4,
                first_only: 0,
                second_only: 0,
                neither: 2,
            })
            .unwrap_err(),
        "McNemar's test needs at least 1 pairs that changed between after and before, but there are 0",
    );
    says(
        CochranQ::default()
            .test("safe × wave", array![[true, true], [false, false]].view())
            .unwrap_err(),
        "every subject's answer in safe × wave is constant, so Cochran's Q test has no error to measure differences by",
    );
    says(
        Trend {
            scores: Some(vec![1.0]),
            ..Trend::default()
        }
        .test("dose", &[x, y])
        .unwrap_err(),
        "the scores of the groups: expected 2, found 1",
    );
    says(
        Trend {
            scores: Some(vec![1.0, 2.5]),
            method: TrendMethod::Exact,
            ..Trend::default()
        }
        .test("dose", &[x, y])
        .unwrap_err(),
        "a score of the exact test is 2.5, but a whole number was expected",
    );
    says(
        BreslowDay::default()
            .test("sites", &[Stratum { name: "a", x, y }])
            .unwrap_err(),
        "the Breslow–Day test needs at least 2 strata with both groups and both outcomes (in sites), but there is 1",
    );
    says(
        MantelHaenszel::default().odds_ratio(&[]).unwrap_err(),
        "the Mantel–Haenszel method needs at least 1 strata with subjects of both groups, but there are 0",
    );
    says(
        CramersV::default()
            .phi("t", array![[1, 2, 3], [3, 2, 1]].view())
            .unwrap_err(),
        "φ of t: expected two rows and two columns with counts, found 2 and 3",
    );
    says(
        NumberNeeded::default()
            .of(CohensH::default().estimate(x, y).unwrap())
            .unwrap_err(),
        "what a number needed to treat comes from is Cohen's h, but a difference of risks with an interval that has two ends was expected",
    );
    let huge = arm("EKC", 3_000_000, 5_000_000);
    assert!(ConditionalOddsRatio::default().estimate(huge, y).is_err());
    assert!(Unconditional::default().test(huge, huge).is_err());
    assert!(
        Fisher::default()
            .test("t", array![[1 << 60, 1], [1, 1 << 60]].view())
            .is_err()
    );
    assert!(
        Fisher {
            method: FisherMethod::MonteCarlo {
                replicates: 0,
                seed: 1
            }
        }
        .test("t", array![[1, 2], [2, 1]].view())
        .is_err()
    );
}

/// X² = 4 · 1/10 on 4 degrees of freedom has less than 2.5% below it, so that no λ ≥ 0 leaves that much: the
/// interval is zero alone, and V = √(0.4 / (90 · 2)).
#[test]
fn an_interval_below_its_v_says_why() {
    let table = ndarray::array![[11, 9, 10], [10, 10, 10], [9, 11, 10]];
    let v = CramersV::default().estimate("t", table.view()).unwrap();
    let value = v.value.finite().unwrap();
    assert!((value - (0.4_f64 / 180.0).sqrt()).abs() < 1e-12, "{value}");
    assert_eq!(v.interval.unwrap().high, Some(0.0));
    let said = |c: &kring_core::Caution| c.sentence().starts_with("The interval lies below");
    assert!(v.cautions.iter().any(said), "{:?}", v.cautions);
    let clear = ndarray::array![[20, 5], [5, 20]];
    let v = CramersV::default().estimate("t", clear.view()).unwrap();
    assert!(!v.cautions.iter().any(said));
}
