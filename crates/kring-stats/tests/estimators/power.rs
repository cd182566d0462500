//! Power against hand, enumeration and itself: one method as a special case of another, what solving
//! means, and what is refused. R's figures are in the corpus.

use kring_core::{Alternative, Caution, Power, PowerUnit, Solved};
use kring_stats::Error;
use kring_stats::equivalence::Better;
use kring_stats::events::{Events, Pairs};
use kring_stats::fisher::Fisher;
use kring_stats::mcnemar::{McNemar, McNemarMethod};
use kring_stats::power::{
    Ancova, AncovaPower, ChangeScores, ChangeSpread, ChiSquaredW, ClosedForm, ClusterOutcome,
    Clusters, CorrelationPower, CorrelationR, CorrelationStructure, CountCorrelation, Direction,
    Dispersion, Dropout, EquivalentMeans, NonInferiorMeans, NullRates, OneMean, OneWay, OtherTail,
    PairedMeans, PairedProportions, PairedProportionsPower, PairedShares, Plan, ProportionsPower,
    RateChange, RepeatedAnalysis, RepeatedMeasures, RepeatedReference, Retention, Solve, TwoMeans,
    TwoProportions, TwoRates, WelchPower,
};
use kring_stats::t_test::Variance;
use kring_stats::unconditional::Unconditional;
use ndarray::array;
use proptest::prelude::*;

const STUDENT: fn() -> TwoMeans = || TwoMeans {
    variance: Variance::Equal,
    ..TwoMeans::default()
};

fn power(plan: &impl ClosedForm, n: u64, effect: f64) -> f64 {
    plan.solve(Solve::Power { n, effect }).unwrap().power
}

fn needed(plan: &impl ClosedForm, effect: f64, power: f64) -> Power {
    plan.solve(Solve::N { effect, power }).unwrap()
}

fn found(plan: &impl ClosedForm, n: u64, power: f64, direction: Direction) -> Power {
    plan.solve(Solve::Effect {
        n,
        power,
        direction,
    })
    .unwrap()
}

fn close(ours: f64, truth: f64, relative: f64) {
    assert!(
        (ours - truth).abs() <= relative * truth.abs(),
        "{ours} is not {truth}"
    );
}

fn refused(plan: &impl ClosedForm) -> String {
    let asked = Solve::Power { n: 20, effect: 0.1 };
    plan.solve(asked).unwrap_err().to_string()
}

fn expect(message: String, start: &str) {
    assert!(message.starts_with(start), "{message}");
}

// ---- by hand ------------------------------------------------------------------------------------

#[test]
fn four_and_four_reject_one_table_only() {
    // Of four and four only 4:0 (1/70 one-sided, 2/70 two-sided) is below 0.05; 4:1 and 3:0 have
    // 4/56 = 0.071. So the power is p₁⁴ (1 − p₂)⁴, and 0:4 counts too where both tails do.
    let fisher = TwoProportions {
        second: 0.2,
        method: ProportionsPower::Fisher,
        ..TwoProportions::default()
    };
    let right = 0.9_f64.powi(4) * 0.8_f64.powi(4);
    let wrong = 0.1_f64.powi(4) * 0.2_f64.powi(4);
    close(power(&fisher, 4, 0.7), right, 1e-12);
    let both = TwoProportions {
        other_tail: OtherTail::Counted,
        ..fisher
    };
    close(power(&both, 4, 0.7), right + wrong, 1e-12);
    let less = TwoProportions {
        alternative: Alternative::Less,
        ..fisher
    };
    close(power(&less, 4, 0.7), wrong, 1e-12);
}

#[test]
fn boschloo_of_three_and_three_by_hand() {
    // One-sided Fisher of 3:0 is 1/20, of 3:1 and 2:0 4/15 and 1/5. P(3:0) = p³(1 − p)³ ≤ 1/64 always;
    // with 2:0 it is p³q³ + 3p²q·q³ = p²q³(p + 3q), and with 3:1, which mirrors it, more. At α = 0.08:
    // the largest p²q³(3 − 2p) is 0.0714 at p = 0.362; both, p³q³ + 3p²q⁴ + 3p⁴q² is above 0.109 (at ½).
    // 2:0 and 3:1 have one p-value, 4/20 = 1/5 (by symmetry), so that they stand or fall together.
    let at = |alpha: f64| TwoProportions {
        second: 0.1,
        method: ProportionsPower::Boschloo,
        alternative: Alternative::Greater,
        alpha,
        ..TwoProportions::default()
    };
    let (p, q) = (0.9_f64, 0.9_f64);
    let one = p.powi(3) * q.powi(3);
    close(power(&at(0.08), 3, 0.8), one, 1e-12);
    let three = one + 3.0 * p * p * 0.1 * q.powi(3) + p.powi(3) * 3.0 * 0.1 * q * q;
    close(power(&at(0.15), 3, 0.8), three, 1e-12);
}

#[test]
fn mcnemar_of_six_pairs_by_hand() {
    // One-sided: five of five (1/32) and six of six (1/64) are below 0.05; five of six (7/64) is not.
    let plan = PairedProportions {
        pairs: PairedShares::Discordant { share: 0.8 },
        method: PairedProportionsPower::Exact,
        alternative: Alternative::Greater,
        ..PairedProportions::default()
    };
    let p10 = 0.75_f64;
    let truth = 6.0 * p10.powi(5) * 0.2 + p10.powi(6);
    close(power(&plan, 6, 0.7), truth, 1e-12);
    // Mid-p halves 1/16 of four of four, 1/32 < 0.05, and (1 + 6/2)/64 = 1/16 of five of six is too much.
    let mid = PairedProportions {
        method: PairedProportionsPower::MidP,
        ..plan
    };
    let four = 15.0 * p10.powi(4) * 0.2 * 0.2;
    close(power(&mid, 6, 0.7), truth + four, 1e-12);
}

#[test]
fn an_effect_of_none_is_found_by_half_of_alpha_or_all_of_it() {
    close(power(&STUDENT(), 20, 0.0), 0.025, 1e-9);
    let strict = TwoMeans {
        other_tail: OtherTail::Counted,
        ..STUDENT()
    };
    close(power(&strict, 2, 0.0), 0.05, 1e-9);
    let one_sided = TwoMeans {
        alternative: Alternative::Less,
        ..STUDENT()
    };
    close(power(&one_sided, 20, 0.0), 0.05, 1e-9);
    close(power(&OneWay::default(), 5, 0.0), 0.05, 1e-9);
    close(power(&ChiSquaredW::default(), 5, 0.0), 0.05, 1e-9);
    close(power(&CorrelationR::default(), 5, 0.0), 0.025, 1e-9);
    close(power(&Ancova::default(), 5, 0.0), 0.025, 1e-9);
    // At its margin non-inferiority is claimed by error, α of the time.
    close(power(&NonInferiorMeans::default(), 20, -0.5), 0.05, 1e-9);
}

// ---- one as a special case of another ------------------------------------------------------------

#[test]
fn one_design_as_a_special_case_of_another() {
    let strict = TwoMeans {
        other_tail: OtherTail::Counted,
        ..STUDENT()
    };
    // F of two groups is t², with f half of d.
    let two_groups = OneWay {
        groups: 2,
        alpha: 0.05,
    };
    for (n, d) in [(2, 0.4), (20, 0.6), (300, 0.1)] {
        close(power(&two_groups, n, d / 2.0), power(&strict, n, d), 1e-10);
    }
    // χ² of one degree of freedom is z²: λ = n h²/2 is n w² with w = h/√2.
    let arcsine = TwoProportions {
        second: 0.2,
        method: ProportionsPower::Arcsine,
        other_tail: OtherTail::Counted,
        ..TwoProportions::default()
    };
    let h = 2.0 * (0.35_f64.sqrt().asin() - 0.2_f64.sqrt().asin());
    let w = h / 2.0_f64.sqrt();
    close(
        power(&ChiSquaredW::default(), 60, w),
        power(&arcsine, 60, 0.15),
        1e-10,
    );
    // Changes over two waves; scores after; a t test on clusters of one.
    let structure = CorrelationStructure::CompoundSymmetry {
        sd: 4.0,
        correlation: 0.6,
    };
    let waves = |analysis| RepeatedMeasures {
        structure: structure.clone(),
        analysis,
        ..RepeatedMeasures::default()
    };
    let spread = ChangeSpread::Measurements {
        before: 4.0,
        after: 4.0,
        correlation: 0.6,
    };
    let changes = ChangeScores {
        spread,
        ..ChangeScores::default()
    };
    let scores = TwoMeans {
        sd: [4.0; 2],
        ..STUDENT()
    };
    close(
        power(&waves(RepeatedAnalysis::Change), 40, 2.0),
        power(&changes, 40, 2.0),
        1e-12,
    );
    // Over two waves one unit apart the slope is the change.
    close(
        power(&waves(RepeatedAnalysis::Slope), 40, 2.0),
        power(&changes, 40, 2.0),
        1e-12,
    );
    close(
        power(&waves(RepeatedAnalysis::Mean), 40, 2.0),
        power(&scores, 40, 2.0),
        1e-12,
    );
    let clusters = Clusters {
        outcome: ClusterOutcome::Mean { sd: 4.0, icc: 0.2 },
        size: 1.0,
        ..Clusters::default()
    };
    close(power(&clusters, 40, 2.0), power(&scores, 40, 2.0), 1e-12);
    // With one margin out of reach equivalence is non-inferiority.
    let equivalent = EquivalentMeans {
        low: -1e4,
        high: 0.5,
        ..EquivalentMeans::default()
    };
    let lower = NonInferiorMeans {
        better: Better::Lower,
        ..NonInferiorMeans::default()
    };
    for n in [2, 5, 50] {
        close(power(&equivalent, n, 0.1), power(&lower, n, 0.1), 1e-9);
    }
    // Counts that a frailty makes hang together, and their correlation α√(μ₁μ₂)/√((1 + αμ₁)(1 + αμ₂)).
    let frailty = RateChange {
        before: 6.0,
        dispersion: Dispersion::Quadratic { alpha: 0.5 },
        correlation: CountCorrelation::SharedFrailty,
        ..RateChange::default()
    };
    // In both arms: an effect of none has one correlation for both.
    let correlation = 0.5 * 6.0 / (1.0 + 0.5 * 6.0);
    let given = RateChange {
        correlation: CountCorrelation::Given { correlation },
        ..frailty
    };
    let tiny = 1e-9;
    close(
        found(&frailty, 55, 0.8, Direction::Increase).power,
        0.8,
        1e-9,
    );
    close(power(&given, 55, tiny), power(&frailty, 55, tiny), 1e-7);
}

#[test]
fn approximations_come_near_the_exact() {
    let welch = TwoMeans {
        sd: [5.5, 3.9],
        ..TwoMeans::default()
    };
    let usual = TwoMeans {
        welch: WelchPower::Satterthwaite,
        ..welch
    };
    assert!((power(&welch, 55, 2.0) - power(&usual, 55, 2.0)).abs() < 1e-3);
    let exact = Ancova::default();
    let deflated = Ancova {
        method: AncovaPower::Deflated,
        ..exact
    };
    let [exact, deflated] = [exact, deflated].map(|plan| power(&plan, 40, 0.5));
    assert!(exact < deflated && deflated - exact < 0.01);
    let exact = CorrelationR::default();
    let by_z = CorrelationR {
        method: CorrelationPower::FisherZ,
        ..exact
    };
    assert!((power(&exact, 50, 0.3) - power(&by_z, 50, 0.3)).abs() < 5e-3);
    let normal = RepeatedMeasures {
        reference: RepeatedReference::Normal,
        ..RepeatedMeasures::default()
    };
    let student = RepeatedMeasures::default();
    assert!(power(&normal, 30, 0.5) > power(&student, 30, 0.5));
}

#[test]
fn dropout_costs_and_waves_of_those_who_leave_help() {
    let complete = RepeatedMeasures {
        times: vec![0.0, 1.0, 2.0],
        ..RepeatedMeasures::default()
    };
    let both = RepeatedMeasures {
        retention: Retention::Both {
            shares: vec![1.0, 0.8, 0.6],
        },
        ..complete.clone()
    };
    let n = |plan: &RepeatedMeasures| needed(plan, 0.5, 0.8).n[0];
    let dropout = Dropout {
        by_wave: vec![0.2, 0.25],
    };
    let completers = dropout.recruit(needed(&complete, 0.5, 0.8)).unwrap();
    assert!(n(&both) > n(&complete));
    assert!(completers.recruited.unwrap()[0] > n(&both));
    // Nobody leaving is no retention given, whichever way it is said.
    let each = RepeatedMeasures {
        retention: Retention::Each {
            first: vec![1.0; 3],
            second: vec![1.0; 3],
        },
        ..complete.clone()
    };
    assert_eq!(needed(&each, 0.5, 0.8), needed(&complete, 0.5, 0.8));
}

// ---- against the tests themselves ------------------------------------------------------------------

#[test]
fn exact_power_is_that_of_the_tests_of_this_crate() {
    let (m, n) = (7_u64, 10_u64);
    let (p1, p2) = (0.75_f64, 0.25_f64);
    let choose = |n: u64, k: u64| {
        (0..k)
            .map(|i| (n - i) as f64 / (k - i) as f64)
            .product::<f64>()
    };
    let chance =
        |x: u64, n: u64, p: f64| choose(n, x) * p.powf(x as f64) * (1.0 - p).powf((n - x) as f64);
    let (mut by_fisher, mut by_boschloo) = (0.0, 0.0);
    for x in 0..=m {
        for y in 0..=n {
            let p = chance(x, m, p1) * chance(y, n, p2);
            let table = array![[x, m - x], [y, n - y]];
            // A table with an empty column has nothing to test.
            if (1..m + n).contains(&(x + y)) {
                let test = Fisher::default().test("t", table.view()).unwrap();
                if test.p_value.unwrap() <= 0.05 {
                    by_fisher += p;
                }
            }
            let arm = |name, events, n| Events { name, events, n };
            let test = Unconditional::default()
                .test(arm("x", x, m), arm("y", y, n))
                .unwrap();
            if test.test.p_value.unwrap() <= 0.05 {
                by_boschloo += p;
            }
        }
    }
    assert!(by_boschloo > by_fisher);
    for (method, truth) in [
        (ProportionsPower::Fisher, by_fisher),
        (ProportionsPower::Boschloo, by_boschloo),
    ] {
        let plan = TwoProportions {
            second: p2,
            method,
            allocation: 10.0 / 7.0,
            other_tail: OtherTail::Counted,
            ..TwoProportions::default()
        };
        close(power(&plan, m, p1 - p2), truth, 1e-12);
    }
}

#[test]
fn the_power_of_mcnemar_is_that_of_the_test_of_this_crate() {
    let n = 14_u64;
    let (p10, p01) = (0.35_f64, 0.1_f64);
    let factorial = |n: u64| (1..=n).map(|i| i as f64).product::<f64>();
    for (method, of_test) in [
        (PairedProportionsPower::Exact, McNemarMethod::Exact),
        (PairedProportionsPower::MidP, McNemarMethod::MidP),
    ] {
        let test = McNemar {
            method: of_test,
            ..McNemar::default()
        };
        let mut truth = 0.0;
        for b in 0..=n {
            for c in 0..=n - b {
                if b <= c {
                    continue;
                }
                let pairs = Pairs {
                    first: "after",
                    second: "before",
                    both: n - b - c,
                    first_only: b,
                    second_only: c,
                    neither: 0,
                };
                if test.test(pairs).unwrap().test.p_value.unwrap() <= 0.05 {
                    let ways = factorial(n) / factorial(b) / factorial(c) / factorial(n - b - c);
                    let powers = p10.powf(b as f64) * p01.powf(c as f64);
                    truth += ways * powers * (1.0 - p10 - p01).powf((n - b - c) as f64);
                }
            }
        }
        let plan = PairedProportions {
            pairs: PairedShares::Discordant { share: p10 + p01 },
            method,
            ..PairedProportions::default()
        };
        close(power(&plan, n, p10 - p01), truth, 1e-11);
    }
}

// ---- what solving means -------------------------------------------------------------------------

/// Every design, with an effect that some study finds.
fn plans() -> Vec<(Plan, f64)> {
    let proportions = |method| {
        let second = 0.4;
        Plan::TwoProportions(TwoProportions {
            second,
            method,
            ..TwoProportions::default()
        })
    };
    let pairs = |method| {
        Plan::PairedProportions(PairedProportions {
            method,
            ..PairedProportions::default()
        })
    };
    let rates = |null_rates| {
        Plan::TwoRates(TwoRates {
            null_rates,
            dispersion: Dispersion::Quadratic { alpha: 0.5 },
            allocation: 0.7,
            ..TwoRates::default()
        })
    };
    let waves = |analysis| {
        Plan::RepeatedMeasures(RepeatedMeasures {
            times: vec![0.0, 1.0, 2.0],
            analysis,
            ..RepeatedMeasures::default()
        })
    };
    vec![
        (Plan::TwoMeans(STUDENT()), 0.5),
        (
            Plan::TwoMeans(TwoMeans {
                sd: [2.0, 1.0],
                allocation: 1.7,
                ..TwoMeans::default()
            }),
            -1.1,
        ),
        (Plan::OneMean(OneMean::default()), 0.4),
        (Plan::PairedMeans(PairedMeans::default()), -0.4),
        (Plan::ChangeScores(ChangeScores::default()), 0.7),
        (Plan::Ancova(Ancova::default()), 0.6),
        (Plan::EquivalentMeans(EquivalentMeans::default()), 0.05),
        (Plan::NonInferiorMeans(NonInferiorMeans::default()), 0.1),
        (proportions(ProportionsPower::Normal), 0.25),
        (proportions(ProportionsPower::Arcsine), -0.2),
        (proportions(ProportionsPower::Fisher), 0.45),
        (proportions(ProportionsPower::Boschloo), 0.5),
        (pairs(PairedProportionsPower::Normal), 0.2),
        (pairs(PairedProportionsPower::Exact), 0.2),
        (pairs(PairedProportionsPower::MidP), -0.2),
        (rates(NullRates::True), 0.5),
        (rates(NullRates::Reference), -0.5),
        (rates(NullRates::Pooled), 0.4),
        (Plan::RateChange(RateChange::default()), 0.6),
        (Plan::OneWay(OneWay::default()), 0.3),
        (Plan::ChiSquaredW(ChiSquaredW::default()), 0.25),
        (Plan::CorrelationR(CorrelationR::default()), -0.4),
        (waves(RepeatedAnalysis::Ancova), 0.4),
        (waves(RepeatedAnalysis::Slope), 0.3),
        (Plan::Clusters(Clusters::default()), 0.4),
    ]
}

#[test]
fn n_is_the_smallest_that_reaches_the_target() {
    for (plan, effect) in plans() {
        for target in [0.5, 0.8, 0.95] {
            let power = target;
            let found = plan.solve(Solve::N { effect, power }).unwrap();
            assert_eq!(found.solved, Solved::N);
            assert!(found.power >= target, "{found:?}");
            if let Some(exact) = found.exact_n {
                let n = found.n[0] as f64;
                // A second arm that is rounded up may save one of the first.
                let rounded = found.n.iter().any(|&other| other != found.n[0]);
                let most = if rounded { n + 1.0 } else { n * (1.0 + 1e-9) };
                assert!(exact > n - 1.0 && exact <= most, "{found:?}");
            }
            let n = found.n[0] - 1;
            if let Ok(less) = plan.solve(Solve::Power { n, effect }) {
                assert!(less.power < target, "{found:?} {less:?}");
            }
            let asked = Solve::Power {
                n: found.n[0],
                effect,
            };
            assert_eq!(plan.solve(asked).unwrap().power, found.power);
        }
    }
}

#[test]
fn the_effect_has_the_power_asked_for_and_lies_on_its_side() {
    for (plan, effect) in plans() {
        for direction in [Direction::Increase, Direction::Decrease] {
            let asked = Solve::Effect {
                n: 90,
                power: 0.8,
                direction,
            };
            let found = match plan.solve(asked) {
                Ok(found) => found,
                // Sizes of effect have no sign.
                Err(Error::Unreachable { .. })
                    if matches!(plan, Plan::OneWay(_) | Plan::ChiSquaredW(_)) =>
                {
                    continue;
                }
                Err(error) => panic!("{plan:?} {effect}: {error}"),
            };
            assert_eq!(found.solved, Solved::Effect);
            close(found.power, 0.8, 1e-9);
        }
    }
    let down = found(&STUDENT(), 30, 0.8, Direction::Decrease).effect;
    let up = found(&STUDENT(), 30, 0.8, Direction::Increase).effect;
    close(down, -up, 1e-12);
    let less = TwoMeans {
        alternative: Alternative::Less,
        ..STUDENT()
    };
    // A one-sided test looks to its own side only.
    assert!(found(&less, 30, 0.8, Direction::Increase).effect < 0.0);
}

#[test]
fn arms_follow_the_allocation_and_are_counted_as_they_are() {
    let plan = TwoMeans {
        allocation: 60.0 / 55.0,
        ..STUDENT()
    };
    let found = plan.solve(Solve::Power { n: 55, effect: 0.5 }).unwrap();
    assert_eq!((found.n.as_slice(), found.total()), (&[55, 60][..], 115));
    // The same study seen from the other arm.
    let turned = TwoMeans {
        allocation: 55.0 / 60.0,
        ..STUDENT()
    };
    close(power(&turned, 60, -0.5), found.power, 1e-13);
    let three = OneWay::default()
        .solve(Solve::N {
            effect: 0.25,
            power: 0.8,
        })
        .unwrap();
    assert_eq!(three.n.len(), 3);
    assert_eq!(
        needed(&PairedMeans::default(), 0.5, 0.8).unit,
        PowerUnit::Pairs
    );
    assert_eq!(
        needed(&Clusters::default(), 0.5, 0.8).unit,
        PowerUnit::Clusters
    );
}

#[test]
fn sizes_from_two_to_hundreds_of_millions() {
    // Two are enough for an effect so large, and no smaller n is looked for.
    let large = needed(&STUDENT(), 50.0, 0.8);
    assert_eq!((large.n.as_slice(), large.exact_n), (&[2, 2][..], None));
    // The normal's n is 2 (z₀.₉₇₅ + z₀.₈)² / d², and Student's about one more.
    let tiny = needed(&STUDENT(), 2e-4, 0.8);
    let normal = 2.0 * (1.959_963_984_540_054_f64 + 0.841_621_233_572_914_3).powi(2) / 4e-8;
    close(tiny.exact_n.unwrap(), normal, 1e-7);
    close(power(&STUDENT(), 100_000, 1.0), 1.0, 1e-15);
    assert_eq!(power(&TwoMeans::default(), 2, 1e6), 1.0);
    assert_eq!(power(&TwoRates::default(), 1000, 5.0), 1.0);
}

#[test]
fn doubts_travel_with_the_answer() {
    let rare = TwoProportions {
        second: 0.02,
        ..TwoProportions::default()
    };
    let found = rare.solve(Solve::Power { n: 50, effect: 0.1 }).unwrap();
    assert!(matches!(
        found.cautions[..],
        [Caution::SmallExpectedCounts { smallest, below_five: 1, cells: 4 }] if (smallest - 1.0).abs() < 1e-12
    ));
    let clusters = Clusters::default();
    let found = clusters.solve(Solve::Power { n: 4, effect: 1.0 }).unwrap();
    assert!(matches!(
        &found.cautions[..],
        [Caution::Note(said)] if said.starts_with("Only 8 clusters")
    ));
    let sentence = |found: &Power| found.cautions[0].sentence();
    let pairs = PairedProportions::default();
    let few = pairs.solve(Solve::Power { n: 20, effect: 0.2 }).unwrap();
    assert_eq!(
        sentence(&few),
        "Only 6.0 pairs are expected to change: plan the exact or the mid-p test."
    );
    let exact = PairedProportions {
        method: PairedProportionsPower::Exact,
        ..pairs
    };
    assert_eq!(
        sentence(&needed(&exact, 0.2, 0.8)),
        "The power of an exact test grows in a zigzag: a few more may have a little less."
    );
    let rates = TwoRates::default();
    let few = rates.solve(Solve::Power { n: 6, effect: 0.0 }).unwrap();
    assert_eq!(
        sentence(&few),
        "Only 6.0 events are expected in one of the counts: the normal approximation is rough."
    );
    let change = RateChange::default();
    let few = change.solve(Solve::Power { n: 6, effect: 0.0 }).unwrap();
    assert_eq!(few.cautions.len(), 1);
}

#[test]
fn a_plan_is_plain_data_and_slips_are_refused() {
    for (plan, _) in plans() {
        let text = serde_json::to_string(&plan).unwrap();
        assert_eq!(serde_json::from_str::<Plan>(&text).unwrap(), plan);
    }
    let read = |text: &str| serde_json::from_str::<Plan>(text);
    let plan = read(r#"{"design": "two_means", "sd": [4, 4], "other_tail": "counted"}"#).unwrap();
    let Plan::TwoMeans(means) = plan else {
        panic!("{plan:?}");
    };
    assert_eq!((means.sd, means.alpha), ([4.0; 2], 0.05));
    assert!(read(r#"{"design": "two_means", "alfa": 0.05}"#).is_err());
    assert!(read(r#"{"design": "three_means"}"#).is_err());
    let asked: Solve = serde_json::from_str(r#"{"n": {"effect": 0.5, "power": 0.8}}"#).unwrap();
    assert_eq!(
        asked,
        Solve::N {
            effect: 0.5,
            power: 0.8
        }
    );
    assert!(serde_json::from_str::<Solve>(r#"{"n": {"effect": 0.5}}"#).is_err());
}

// ---- what is refused ----------------------------------------------------------------------------

#[test]
fn questions_without_an_answer_are_refused() {
    let means = STUDENT();
    let why = |asked| means.solve(asked).unwrap_err().to_string();
    assert_eq!(
        why(Solve::Power { n: 1, effect: 0.5 }),
        "the t test of two means needs at least 2 subjects in each arm, but there is 1"
    );
    assert_eq!(
        why(Solve::N {
            effect: 0.5,
            power: 0.05
        }),
        "the power asked for is 0.05, but a number above alpha and below 1, such as 0.8 was expected"
    );
    for power in [1.0, f64::NAN, -1.0] {
        assert!(why(Solve::N { effect: 0.5, power }).starts_with("the power asked for"));
    }
    assert_eq!(
        why(Solve::N {
            effect: 0.0,
            power: 0.8
        }),
        "a power of 0.8 for an effect of 0 cannot be reached: the t test of two means does not have it \
         with up to 1e9 subjects in the first arm; the effect is none, too small, or on the side that \
         is not tested"
    );
    let greater = TwoMeans {
        alternative: Alternative::Greater,
        ..means
    };
    let asked = Solve::N {
        effect: -0.5,
        power: 0.8,
    };
    assert!(matches!(
        greater.solve(asked),
        Err(Error::Unreachable { .. })
    ));
    for effect in [f64::NAN, f64::INFINITY] {
        assert!(matches!(
            means.solve(Solve::Power { n: 20, effect }),
            Err(Error::Unreachable { .. })
        ));
    }
    let many = Solve::Power {
        n: 2_000_000_000,
        effect: 0.1,
    };
    assert_eq!(
        why(many),
        "the size of the first arm is 2000000000, but at most a thousand million was expected"
    );
    // Three in each arm reject nothing, however large the effect.
    let fisher = TwoProportions {
        method: ProportionsPower::Fisher,
        ..TwoProportions::default()
    };
    let asked = Solve::Effect {
        n: 3,
        power: 0.8,
        direction: Direction::Increase,
    };
    assert_eq!(
        fisher.solve(asked).unwrap_err().to_string(),
        "a power of 0.8 cannot be reached: no effect of the test of two shares has it with 3 and 3 \
         subjects; take more of them, or ask for less power"
    );
    assert_eq!(
        fisher
            .solve(Solve::Power {
                n: 3000,
                effect: 0.1
            })
            .unwrap_err()
            .to_string(),
        "the exact power of 3000 and 3000 subjects is not supported; with so many the normal \
         approximation is as good; take method normal"
    );
    let out_of_margin = Solve::Power { n: 20, effect: 0.6 };
    assert!(EquivalentMeans::default().solve(out_of_margin).is_err());
    let few = Solve::Power { n: 20, effect: 0.1 };
    let unequal = TwoMeans {
        allocation: 0.05,
        ..means
    };
    assert!(matches!(
        unequal.solve(few),
        Err(Error::TooFew { found: 1, .. })
    ));
    // Numbers beyond what a computer can hold are an error, no panic and no NaN.
    let wild = TwoMeans {
        sd: [1e-300; 2],
        ..means
    };
    assert!(
        wild.solve(Solve::Power {
            n: 20,
            effect: 1e300
        })
        .is_err()
    );
}

#[test]
fn shares_of_none_and_all_are_refused() {
    for second in [0.0, 1.0, -0.1, f64::NAN] {
        let plan = TwoProportions {
            second,
            ..TwoProportions::default()
        };
        let expected = format!(
            "the share of the second arm is {second}, but a share between 0 and 1 was expected"
        );
        assert_eq!(refused(&plan), expected);
    }
    for effect in [0.55, -0.45, 0.7] {
        let plan = TwoProportions {
            second: 0.45,
            ..TwoProportions::default()
        };
        assert_eq!(
            plan.solve(Solve::Power { n: 20, effect })
                .unwrap_err()
                .to_string(),
            format!(
                "an effect of {effect} for the test of two shares cannot be reached: it must lie \
                 between -0.450000 and 0.550000, and be neither; correct the effect, or the figures \
                 of the design"
            )
        );
    }
}

#[test]
fn error_rates_that_are_none_are_refused() {
    for alpha in [0.0, 1.0, f64::NAN] {
        let start = "alpha, the error rate of the test, is";
        expect(refused(&TwoMeans { alpha, ..STUDENT() }), start);
        expect(
            refused(&OneMean {
                alpha,
                ..OneMean::default()
            }),
            start,
        );
        expect(
            refused(&OneWay {
                alpha,
                ..OneWay::default()
            }),
            start,
        );
        expect(
            refused(&ChiSquaredW {
                alpha,
                ..ChiSquaredW::default()
            }),
            start,
        );
        expect(
            refused(&NonInferiorMeans {
                alpha,
                ..NonInferiorMeans::default()
            }),
            start,
        );
    }
}

#[test]
fn options_of_means_that_no_study_has_are_refused() {
    let equivalent = EquivalentMeans::default();
    expect(
        refused(&EquivalentMeans {
            alpha: 0.5,
            ..equivalent
        }),
        "alpha, the error rate of each one-sided test, is 0.5",
    );
    expect(
        refused(&EquivalentMeans {
            low: 0.5,
            ..equivalent
        }),
        "the lower margin is 0.5, but a number below the upper margin",
    );
    expect(
        refused(&EquivalentMeans {
            sd: -1.0,
            ..equivalent
        }),
        "the SD is -1",
    );
    expect(
        refused(&NonInferiorMeans {
            margin: 0.0,
            ..NonInferiorMeans::default()
        }),
        "the margin is 0, but a number above zero",
    );
    expect(
        refused(&TwoMeans {
            sd: [1.0, 2.0],
            ..STUDENT()
        }),
        "Student's t test with the SDs 1 and 2 is not supported",
    );
    expect(
        refused(&TwoMeans {
            sd: [1.0, 0.0],
            ..TwoMeans::default()
        }),
        "the SD of the second arm is 0",
    );
    expect(
        refused(&TwoMeans {
            allocation: 0.0,
            ..STUDENT()
        }),
        "the allocation is 0",
    );
    let spread = |before, correlation| PairedMeans {
        spread: ChangeSpread::Measurements {
            before,
            after: 1.0,
            correlation,
        },
        ..PairedMeans::default()
    };
    expect(refused(&spread(0.0, 0.5)), "the SD before is 0");
    expect(
        refused(&spread(1.0, 1.0)),
        "the correlation of before and after is 1, but a correlation between -1 and 1",
    );
    let none = ChangeSpread::Differences { sd: 0.0 };
    expect(
        refused(&ChangeScores {
            spread: none,
            ..ChangeScores::default()
        }),
        "the SD of the changes is 0",
    );
    let ancova = Ancova::default();
    expect(
        refused(&Ancova {
            correlation: -1.0,
            ..ancova
        }),
        "the correlation of baseline and outcome is -1",
    );
    expect(
        refused(&Ancova {
            covariates: 0,
            ..ancova
        }),
        "the number of covariates is 0",
    );
    expect(
        refused(&OneWay {
            groups: 1,
            ..OneWay::default()
        }),
        "the number of groups is 1, but at least 2",
    );
    expect(
        refused(&ChiSquaredW {
            df: 0,
            ..ChiSquaredW::default()
        }),
        "the degrees of freedom is 0",
    );
}

#[test]
fn pairs_that_cannot_be_are_refused() {
    let pairs = |pairs| PairedProportions {
        pairs,
        ..PairedProportions::default()
    };
    expect(
        refused(&pairs(PairedShares::Discordant { share: 0.0 })),
        "the share of pairs that are not alike is 0",
    );
    let correlated = |second, correlation| {
        pairs(PairedShares::Correlated {
            second,
            correlation,
        })
    };
    expect(
        refused(&correlated(1.0, 0.2)),
        "the share at the second of each pair is 1",
    );
    // Two shares of 0.1 cannot be correlated by −0.5: at the least −1/9.
    expect(
        refused(&correlated(0.1, -0.5)),
        "the correlation of the pairs is -0.5 with shares of 0.1, but one that two equal shares can have",
    );
    assert!(
        correlated(0.1, -0.1)
            .solve(Solve::Power { n: 20, effect: 0.1 })
            .is_ok()
    );
}

#[test]
fn rates_that_no_study_has_are_refused() {
    let rates = TwoRates::default();
    expect(
        refused(&TwoRates {
            second: 0.0,
            ..rates
        }),
        "the rate of the second arm is 0",
    );
    expect(
        refused(&TwoRates {
            exposure: [1.0, f64::INFINITY],
            ..rates
        }),
        "the exposure of the second arm is inf",
    );
    expect(
        refused(&TwoRates {
            dispersion: Dispersion::Quadratic { alpha: -0.1 },
            ..rates
        }),
        "alpha of the negative binomial variance is -0.1, but a number of zero or more",
    );
    expect(
        refused(&TwoRates {
            dispersion: Dispersion::Linear { phi: f64::NAN },
            ..rates
        }),
        "phi of the negative binomial variance is NaN",
    );
    let change = RateChange::default();
    expect(
        refused(&RateChange {
            second_ratio: -1.0,
            ..change
        }),
        "the second arm's ratio of rates is -1",
    );
    expect(
        refused(&RateChange {
            correlation: CountCorrelation::Given { correlation: 1.0 },
            ..change
        }),
        "the correlation of a subject's two counts is 1",
    );
    expect(
        refused(&RateChange {
            correlation: CountCorrelation::SharedFrailty,
            dispersion: Dispersion::Linear { phi: 1.0 },
            ..change
        }),
        "a shared frailty with linear dispersion is not supported; a gamma frailty has quadratic",
    );
}

/// What is said of the usual plan with a change.
fn with(change: &dyn Fn(&mut RepeatedMeasures)) -> String {
    let mut plan = RepeatedMeasures::default();
    change(&mut plan);
    refused(&plan)
}

#[test]
fn waves_that_no_study_has_are_refused() {
    expect(
        with(&|plan| plan.times = vec![0.0]),
        "the comparison over waves needs at least 2 times, but there is 1",
    );
    expect(
        with(&|plan| plan.times = vec![1.0, 1.0]),
        "the times is [1.0, 1.0], but finite numbers, each above the one before",
    );
    expect(
        with(&|plan| plan.before = 0),
        "the number of times before is 0, but at least 1, and fewer than all times",
    );
    expect(
        with(&|plan| {
            plan.before = 2;
            plan.analysis = RepeatedAnalysis::Mean;
        }),
        "the number of times before is 2, but fewer than all times",
    );
    let retained = |shares: &[f64]| {
        with(&|plan| {
            plan.retention = Retention::Both {
                shares: shares.to_vec(),
            };
        })
    };
    expect(
        retained(&[1.0]),
        "the retention: expected a share a wave, 2, found 1",
    );
    for shares in [[0.9, 0.8], [1.0, 1.1], [1.0, 0.0], [1.0, f64::NAN]] {
        expect(retained(&shares), "the retention is [");
    }
    let structured =
        |structure: CorrelationStructure| with(&|plan| plan.structure = structure.clone());
    let matrix =
        "the covariance of the waves is none, but a symmetric and positive definite matrix";
    let unstructured =
        |covariance: Vec<Vec<f64>>| structured(CorrelationStructure::Unstructured { covariance });
    expect(unstructured(vec![vec![1.0, 2.0], vec![2.0, 1.0]]), matrix);
    expect(unstructured(vec![vec![1.0, 0.2], vec![0.3, 1.0]]), matrix);
    expect(
        unstructured(vec![vec![1.0]]),
        "the covariance of the waves: expected 2 rows of 2 numbers, found 1 rows",
    );
    expect(
        structured(CorrelationStructure::Ar1 {
            sd: 1.0,
            correlation: -0.2,
        }),
        "the correlation one unit of time apart is -0.2",
    );
    expect(
        structured(CorrelationStructure::CompoundSymmetry {
            sd: 0.0,
            correlation: 0.2,
        }),
        "the SD of a wave is 0",
    );
    expect(
        structured(CorrelationStructure::RandomSlope {
            intercept_sd: 1.0,
            slope_sd: -1.0,
            correlation: 0.0,
            residual_sd: 1.0,
        }),
        "the SD of the slopes is -1",
    );
}

#[test]
fn clusters_that_no_study_has_are_refused() {
    let clusters = Clusters::default();
    expect(
        refused(&Clusters {
            size: 0.5,
            ..clusters
        }),
        "the size of a cluster is 0.5, but a number of one or more",
    );
    expect(
        refused(&Clusters {
            size_cv: -1.0,
            ..clusters
        }),
        "the coefficient of variation of the clusters' sizes is -1",
    );
    let outcome = |outcome| Clusters {
        outcome,
        ..Clusters::default()
    };
    expect(
        refused(&outcome(ClusterOutcome::Mean { sd: 1.0, icc: 1.5 })),
        "the intraclass correlation is 1.5, but a number from 0 to 1",
    );
    expect(
        refused(&outcome(ClusterOutcome::Share {
            second: 1.0,
            icc: 0.1,
        })),
        "the share of the second arm is 1",
    );
    expect(
        refused(&outcome(ClusterOutcome::Rate {
            second: 1.0,
            exposure: 0.0,
            between: 0.1,
        })),
        "the exposure is 0",
    );
    let dropout = Dropout {
        by_wave: vec![0.1, 1.0],
    };
    expect(
        dropout.left().unwrap_err().to_string(),
        "the share that leaves is 1, but a share from 0 to below 1",
    );
}

// ---- properties ---------------------------------------------------------------------------------

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// More subjects or a larger effect never find less, and both signs are found alike.
    #[test]
    fn power_grows_with_n_and_effect(n in 3_u64..200, effect in 0.02_f64..0.35) {
        for (plan, _) in plans() {
            let at = |n, effect| plan.solve(Solve::Power { n, effect }).unwrap().power;
            // Exact tests go in a zigzag; of equivalence it is the other way round; margins are not
            // centred at no difference.
            let zigzag = matches!(
                plan,
                Plan::PairedProportions(PairedProportions {
                    method: PairedProportionsPower::Exact | PairedProportionsPower::MidP, ..
                }) | Plan::TwoProportions(TwoProportions {
                    method: ProportionsPower::Fisher | ProportionsPower::Boschloo, ..
                })
            );
            if zigzag || matches!(plan, Plan::EquivalentMeans(_)) {
                continue;
            }
            let effect = if matches!(plan, Plan::PairedProportions(_)) { effect / 2.0 } else { effect };
            let base = at(n + 1, effect);
            // Welch's test of few has not quite the size it says, and another one with more: near no
            // effect its exact power can fall with n.
            let own_size = matches!(
                plan,
                Plan::TwoMeans(TwoMeans { welch: WelchPower::Exact, variance: Variance::Unequal, .. })
            );
            prop_assert!(own_size || at(2 * n + 2, effect) >= base - 1e-12, "{plan:?}");
            prop_assert!(at(n + 1, effect * 1.2) >= base - 1e-12, "{plan:?}");
        }
    }

    /// Equal arms: which of them is called first does not matter.
    #[test]
    fn equal_arms_are_symmetrical(n in 3_u64..60, p in 0.1_f64..0.9, q in 0.1_f64..0.9) {
        for method in [ProportionsPower::Normal, ProportionsPower::Arcsine, ProportionsPower::Fisher] {
            let plan = |second| TwoProportions { second, method, ..TwoProportions::default() };
            let (one, other) = (power(&plan(q), n, p - q), power(&plan(p), n, q - p));
            prop_assert!((one - other).abs() < 1e-11, "{method:?} {one} {other}");
        }
        let rates = |second| TwoRates {
            second,
            dispersion: Dispersion::Linear { phi: 0.5 },
            null_rates: NullRates::Pooled,
            ..TwoRates::default()
        };
        let ratio = (p / q).ln();
        let (one, other) = (power(&rates(q), n, ratio), power(&rates(p), n, -ratio));
        prop_assert!((one - other).abs() < 1e-11);
        let sd = [p, q];
        let welch = TwoMeans { sd, ..TwoMeans::default() };
        let turned = TwoMeans { sd: [q, p], ..welch };
        prop_assert!((power(&welch, n, 0.3) - power(&turned, n, -0.3)).abs() < 1e-10);
    }

    /// The unit does not matter.
    #[test]
    fn another_unit_is_the_same_study(n in 3_u64..60, unit in 0.01_f64..100.0) {
        let welch = TwoMeans { sd: [2.0, 1.0], ..TwoMeans::default() };
        let scaled = TwoMeans { sd: [2.0 * unit, unit], ..welch };
        prop_assert!((power(&welch, n, 0.8) - power(&scaled, n, 0.8 * unit)).abs() < 1e-11);
        let rates = TwoRates { second: 2.0, ..TwoRates::default() };
        let scaled = TwoRates { second: 2.0 * unit, exposure: [1.0 / unit; 2], ..rates };
        prop_assert!((power(&rates, n, 0.4) - power(&scaled, n, 0.4)).abs() < 1e-11);
    }
}
