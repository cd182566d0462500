//! The tables and pictures of people: groups side by side, rates, a funnel, patterns, problems.

use kring_core::{
    BaselineGroup, BaselineLevel, BaselineTable, BaselineVariable, Boundary, Caution, Estimate,
    Funnel, FunnelLimit, FunnelLimits, FunnelPoint, IntervalKind, LevelCount, Measure, Numbers,
    Outside, Pairs, PatternRow, Patterns, Rate, Reference, Sample, Shown, Side, Stratum, Summary,
    SummaryKind, Transition, TwoLevels, Value,
};
use kring_report::{Content, Role, Section};

use super::interval;

pub fn section() -> Section {
    Section {
        id: "groups".into(),
        title: "Who was in the study, and what became of the referrals".into(),
        role: Role::Descriptive,
        method: None,
        content: vec![
            Content::Baseline(baseline()),
            Content::Rates(rates()),
            Content::Funnel(funnel()),
            Content::Patterns(patterns()),
            Content::Transitions(transitions()),
        ],
    }
}

fn stratum(variable: &str, level: &str) -> Vec<Stratum> {
    vec![Stratum {
        variable: variable.into(),
        level: level.into(),
    }]
}

fn difference(value: Value, half: f64, doubt: Option<&str>) -> Estimate {
    Estimate {
        label: "EKC − WT".into(),
        measure: Measure::StandardizedMeanDifference,
        value,
        std_error: value.finite().map(|_| half / 1.96),
        null: 0.0,
        alternative: kring_core::Alternative::TwoSided,
        reference: Reference::Normal,
        interval: value
            .finite()
            .map(|d| interval(Some(d - half), Some(d + half), IntervalKind::Wald)),
        p_value: None,
        sample: Sample::of(116),
        method: "standardised difference".into(),
        cautions: doubt
            .map(|text| Caution::Note(text.into()))
            .into_iter()
            .collect(),
    }
}

fn numbers(arm: Option<&str>, n: usize, missing: usize, figures: [f64; 5]) -> Summary {
    let [mean, sd, low, median, high] = figures.map(Some);
    Summary {
        variable: "x".into(),
        label: "X".into(),
        unit: None,
        strata: arm.map(|arm| stratum("arm", arm)).unwrap_or_default(),
        n,
        missing,
        kind: SummaryKind::Numbers(Numbers {
            mean,
            sd,
            lower_quartile: low,
            median,
            upper_quartile: high,
            ..Numbers::default()
        }),
    }
}

fn levels(arm: Option<&str>, counts: &[(&str, usize)]) -> Summary {
    let all: usize = counts.iter().map(|(_, n)| n).sum();
    let counts = counts.iter().map(|(level, n)| LevelCount {
        level: (*level).into(),
        n: *n,
        share: (all > 0).then(|| *n as f64 / all as f64),
    });
    Summary {
        kind: SummaryKind::Levels(counts.collect()),
        ..numbers(arm, all, 58 - all.min(58), [0.0; 5])
    }
}

fn variable(
    label: &str,
    shown: Shown,
    summaries: [Summary; 3],
    difference: Option<Estimate>,
) -> BaselineVariable {
    let [wt, ekc, all] = summaries;
    let names = match &wt.kind {
        SummaryKind::Levels(counts) => counts.iter().map(|c| c.level.clone()).collect(),
        SummaryKind::Numbers(_) => Vec::new(),
    };
    BaselineVariable {
        name: label.to_lowercase(),
        label: label.into(),
        unit: None,
        shown,
        levels: names
            .into_iter()
            .map(|name: String| BaselineLevel {
                label: name.clone(),
                name,
            })
            .collect(),
        groups: vec![wt, ekc],
        overall: Some(all),
        differences: difference.into_iter().collect(),
        undefined: None,
        test: None,
    }
}

fn baseline() -> BaselineTable {
    let group = |name: &str, n| BaselineGroup {
        name: name.into(),
        label: name.into(),
        n,
    };
    let doubt = "A distance of 3 levels is above zero by chance alone: by about 0.26 in groups of this size.";
    let three = |arm, counts: [usize; 3]| {
        let names = ["two parents", "one parent", "elsewhere"];
        levels(arm, &names.into_iter().zip(counts).collect::<Vec<_>>())
    };
    let two = |arm, counts: [usize; 2]| {
        levels(
            arm,
            &["no", "yes"].into_iter().zip(counts).collect::<Vec<_>>(),
        )
    };
    let mut never = variable(
        "Guardian",
        Shown::Levels,
        [
            two(Some("WT"), [58, 0]),
            two(Some("EKC"), [58, 0]),
            two(None, [116, 0]),
        ],
        None,
    );
    never.undefined = Some("Guardian: the variable in WT and EKC is constant.".into());
    BaselineTable {
        caption: "The arms at the start".into(),
        by: "arm".into(),
        groups: vec![group("WT", 58), group("EKC", 58)],
        overall: Some(group("All", 116)),
        variables: vec![
            variable(
                "Problems",
                Shown::MeanSd,
                [
                    numbers(Some("WT"), 56, 2, [4.7, 2.61, 3.0, 5.0, 6.0]),
                    numbers(Some("EKC"), 58, 0, [6.0, 2.94, 4.0, 6.0, 8.0]),
                    numbers(None, 114, 2, [5.36, 2.85, 3.0, 5.0, 7.0]),
                ],
                Some(difference(Value::Value(0.468), 0.37, None)),
            ),
            variable(
                "Months of help",
                Shown::MedianQuartiles,
                [
                    numbers(Some("WT"), 58, 0, [14.2, 21.0, 2.0, 7.5, 18.25]),
                    numbers(Some("EKC"), 58, 0, [16.9, 24.4, 3.0, 9.0, 22.0]),
                    numbers(None, 116, 0, [15.5, 22.7, 2.0, 8.0, 20.0]),
                ],
                Some(difference(Value::Value(0.119), 0.36, None)),
            ),
            variable(
                "Living",
                Shown::Levels,
                [
                    three(Some("WT"), [25, 19, 14]),
                    three(Some("EKC"), [31, 14, 13]),
                    three(None, [56, 33, 27]),
                ],
                Some(difference(Value::Value(0.224), 0.36, Some(doubt))),
            ),
            variable(
                "Supervision order",
                Shown::Levels,
                [two(Some("WT"), [58, 0]), two(Some("EKC"), [40, 18]), two(None, [98, 18])],
                Some(difference(Value::AtBoundary(Boundary::Infinite), 0.0, None)),
            ),
            never,
        ],
        pairs: Pairs::Largest,
        two_levels: TwoLevels::Second,
        notes: vec![
            "SMD: standardised difference, EKC less WT, in units of the root of the mean of both groups' variances.".into(),
        ],
        cautions: vec![],
    }
}

fn share(label: &str, events: usize, total: usize, low: f64, high: f64) -> Estimate {
    Estimate {
        label: label.into(),
        measure: Measure::Proportion,
        value: Value::Value(events as f64 / total as f64),
        interval: Some(interval(Some(low), Some(high), IntervalKind::Score)),
        std_error: None,
        method: "share with Wilson's interval".into(),
        sample: Sample::of(total),
        ..difference(Value::Value(0.0), 1.0, None)
    }
}

fn rates() -> Vec<Rate> {
    let rate =
        |id: &str, label: &str, of: &str, (events, total): (usize, usize), (low, high)| Rate {
            id: id.into(),
            label: label.into(),
            of: of.into(),
            strata: vec![],
            events,
            total,
            unknown: usize::from(id == "plan_of_conferences"),
            estimate: (total > 0).then(|| share(label, events, total, low, high)),
        };
    let none = (0.0, 0.0);
    vec![
        rate(
            "started_of_referrals",
            "started",
            "referrals",
            (94, 100),
            (0.875, 0.972),
        ),
        rate(
            "conference_of_referrals",
            "conference held",
            "referrals",
            (70, 100),
            (0.604, 0.781),
        ),
        rate(
            "conference_of_started",
            "conference held",
            "referrals that were started",
            (70, 94),
            (0.648, 0.822),
        ),
        rate(
            "plan_of_conferences",
            "plan made",
            "conferences held",
            (69, 69),
            (0.947, 1.0),
        ),
        rate("carried_out", "carried out", "agreements", (0, 0), none),
    ]
}

fn funnel() -> Funnel {
    const OVERALL: f64 = 0.7;
    let units = [
        ("Amsterdam", 181, 240),
        ("Drenthe", 9, 16),
        ("Friesland", 31, 44),
        ("Gelderland", 66, 98),
        ("Rotterdam", 92, 160),
        ("Utrecht", 101, 122),
        ("Zeeland", 4, 7),
    ];
    let limit = |z: f64, n: usize| {
        let half = z * (OVERALL * (1.0 - OVERALL) / n as f64).sqrt();
        FunnelLimit {
            total: n,
            low: (OVERALL - half).max(0.0),
            high: (OVERALL + half).min(1.0),
        }
    };
    let levels = [(0.95, 1.96), (0.998, 3.09)];
    let points = units.into_iter().map(|(label, events, total)| {
        let share = events as f64 / total as f64;
        let beyond = |(level, z): (f64, f64)| {
            let at = limit(z, total);
            let side = if share < at.low {
                Side::Below
            } else if share > at.high {
                Side::Above
            } else {
                return None;
            };
            Some(Outside { level, side })
        };
        FunnelPoint {
            label: label.into(),
            events,
            total,
            share,
            outside: levels.into_iter().filter_map(beyond).next_back(),
        }
    });
    Funnel {
        id: "conference-by-region".into(),
        title: "Conference held by region".into(),
        unit: "region".into(),
        label: "conference held".into(),
        of: "referrals".into(),
        overall: OVERALL,
        points: points.collect(),
        limits: levels
            .into_iter()
            .map(|(level, z)| FunnelLimits {
                level,
                at: (1..=240).map(|n| limit(z, n)).collect(),
            })
            .collect(),
        caption: "Within the limits there is no order.".into(),
        cautions: vec![Caution::Note("The limits allow for chance alone.".into())],
    }
}

fn patterns() -> Patterns {
    let rows = [
        ("1111", [37, 33]),
        ("1110", [6, 7]),
        ("1101", [0, 3]),
        ("1011", [3, 0]),
        ("1100", [5, 8]),
        ("1000", [4, 6]),
        ("0000", [2, 1]),
    ];
    let seen = |text: &str| text.chars().map(|c| c == '1').collect::<Vec<bool>>();
    let subjects = rows.iter().flat_map(|(pattern, counts)| {
        let of = |group: usize| std::iter::repeat_n((group, seen(pattern)), counts[group]);
        of(0).chain(of(1)).collect::<Vec<_>>()
    });
    let waves = ["T1", "T2", "T3", "T4"].map(String::from).to_vec();
    let groups = ["EKC", "WT: neighbourhood team"].map(String::from).to_vec();
    let patterns = Patterns::count("Patterns of waves", waves, groups, subjects);
    assert_eq!(
        patterns.rows.iter().map(PatternRow::total).sum::<usize>(),
        115
    );
    patterns
}

fn transitions() -> Vec<Transition> {
    let one =
        |label: &str, arm: &str, [never, new, solved, lasting, unknown]: [usize; 5]| Transition {
            problem: label.to_lowercase(),
            label: label.into(),
            strata: stratum("arm", arm),
            from: "T1".into(),
            to: "T4".into(),
            never,
            new,
            solved,
            lasting,
            unknown,
            solved_share: (solved + lasting > 0)
                .then(|| share("solved", solved, solved + lasting, 0.1, 0.9)),
            new_share: (never + new > 0).then(|| share("new", new, never + new, 0.0, 0.3)),
        };
    vec![
        one("Debts", "EKC", [12, 2, 14, 16, 14]),
        one("Debts", "WT", [15, 5, 8, 14, 16]),
        one("Housing", "EKC", [0, 0, 20, 24, 14]),
    ]
}
