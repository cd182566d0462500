//! Writes a report of an invented study to a folder, to look at: `cargo run -p kring-report
//! --example gallery -- FOLDER`.
//!
//! Everything in it is made up to show each kind of content once; the report says so.

#[path = "gallery/circles.rs"]
pub(crate) mod circles;
#[path = "gallery/groups.rs"]
mod groups;
#[path = "gallery/trajectories.rs"]
pub(crate) mod trajectories;

use std::error::Error;
use std::path::Path;

use kring_core::{
    Alternative, Bootstrap, Boundary, Caution, CheckKind, Comparison, Component, ComponentKind,
    Curve, CurveKind, Estimate, Evidence, Finding, Flow, Interval, IntervalKind, JointTest,
    LevelCount, Locale, Measure, Numbers, Outcome, Point, Published, Quantity, Reference, Sample,
    Seen, Source, Stratum, Summary, SummaryKind, Target, TargetInterval, Value, VerdictKind,
    compare,
};
use kring_report::{
    Chart, Content, Ink, Language, Report, Role, Section, Style, docx, figures, html, html_in,
    reporting_sections, table_csv, table_latex, table_markdown, table_text, terminal, typst_source,
};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("give the folder to write to")?;
    let folder = Path::new(&folder);
    let report = report()?;
    std::fs::create_dir_all(folder.join("figures"))?;
    std::fs::write(folder.join("report.html"), html(&report)?)?;
    for language in Language::ALL {
        let file = |ending: &str| folder.join(format!("report-{}.{ending}", language.code()));
        let mut report = report.clone();
        let further = reporting_sections(&report, language);
        report.sections.extend(further);
        std::fs::write(file("html"), html_in(&report, language)?)?;
        std::fs::write(file("docx"), docx(&report, language)?)?;
        std::fs::write(file("typ"), typst_source(&report, language)?)?;
    }
    for figure in figures(&report)? {
        let file = folder.join("figures").join(format!("{}.svg", figure.name));
        std::fs::write(file, figure.svg)?;
    }
    let pieces = || report.sections.iter().flat_map(|section| &section.content);
    for (ending, write) in [
        ("md", table_markdown as fn(&Content) -> String),
        ("tex", table_latex),
        ("csv", table_csv),
    ] {
        let texts: Vec<String> = pieces().map(write).collect();
        std::fs::write(folder.join(format!("tables.{ending}")), texts.join("\n"))?;
    }
    for width in [80, 120] {
        for (ink, name) in [(Ink::Plain, "plain"), (Ink::Colour, "colour")] {
            let style = Style { ink, width };
            let mut text = terminal(&report, style);
            for content in report.sections.iter().flat_map(|section| &section.content) {
                text.push('\n');
                text.push_str(&table_text(content, style));
            }
            std::fs::write(folder.join(format!("{name}-{width}.txt")), text)?;
        }
    }
    Ok(())
}

/// The invented study.
pub fn report() -> Result<Report, kring_core::Error> {
    Ok(Report {
        title: "Family group conferences and the problems of families: a demonstration".into(),
        authors: "Van Voorbeeld, De Wit & Jansen".into(),
        year: Some(2024),
        doi: Some("10.0000/kring.demo.2024".into()),
        summary: "An invented study: 116 families that asked a neighbourhood team for help were \
                  offered an Eigen Kracht-conferentie (EKC) or the care of the team alone (WT). \
                  Problems were counted by the worker before, and three, six and twelve months \
                  after.\n\nThe page shows how kring sets published figures beside those it \
                  computes. No figure on it says anything about conferences."
            .into(),
        sources: vec![
            source(None, None, None),
            Source {
                id: "erratum".into(),
                authors: "Van Voorbeeld et al.".into(),
                year: Some(2025),
                title: "Erratum to 'Family group conferences and the problems of families'".into(),
                url: Some("https://example.org/erratum".into()),
                ..Source::default()
            },
        ],
        design: [
            (
                "Allocation",
                "self-selected; groups matched on problems at the start",
            ),
            ("Arms", "EKC (58 families), WT (58 families)"),
            (
                "Waves",
                "T1 (start), T2 (3 months), T3 (6 months), T4 (12 months)",
            ),
            (
                "Outcome",
                "number of problems out of 23 life domains, counted by the worker",
            ),
            ("Clusters", "9 neighbourhood teams"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        notes: vec![
            "The abstract gives 115 families, the method section 116; the data hold 116.".into(),
            "Table 3 prints the interval of the risk ratio with its ends exchanged.".into(),
        ],
        flow: Some(flow()?),
        comparisons: comparisons()?,
        findings: findings(),
        sections: sections()?,
        simulated: true,
        provenance: [
            ("kring", "0.1.0"),
            ("Seed", "20240917"),
            (
                "Data (SHA-256)",
                "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            ),
            (
                "Protocol (SHA-256)",
                "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
            ),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec(),
        protocol: PROTOCOL.to_owned(),
    })
}

const PROTOCOL: &str = r#"[study]
title = "Family group conferences and the problems of families: a demonstration"
authors = "Van Voorbeeld, De Wit & Jansen"
year = 2024

[design]
arms = ["EKC", "WT"]
allocation = "self-selected"
waves = [{ name = "T1", months = 0 }, { name = "T2", months = 3 }, { name = "T3", months = 6 }, { name = "T4", months = 12 }]

[data]
kind = "simulated"
seed = 20240917

[[claim]]
id = "problems-start-ekc"
label = "Mean number of problems"
group = "EKC"
wave = "T1"
value = "6.2"

[[analysis]]
id = "problems-course"
role = "primary"
formula = "problems ~ arm * wave + (1 | team/family)"
"#;

fn flow() -> Result<Flow, kring_core::Error> {
    let ekc = [
        ("1111", 37),
        ("1110", 6),
        ("1100", 5),
        ("1000", 4),
        ("1011", 3),
        ("0111", 1),
        ("0000", 2),
    ];
    let wt = [
        ("1111", 33),
        ("1110", 7),
        ("1100", 8),
        ("1000", 6),
        ("1101", 3),
        ("1010", 1),
    ];
    let mut subjects: Vec<(usize, Vec<bool>)> = Vec::new();
    for (arm, patterns) in [ekc.as_slice(), wt.as_slice()].into_iter().enumerate() {
        for (pattern, n) in patterns {
            let seen: Vec<bool> = pattern.chars().map(|c| c == '1').collect();
            subjects.extend(std::iter::repeat_n((arm, seen), *n));
        }
    }
    let waves = ["T1", "T2", "T3", "T4"].map(String::from).to_vec();
    let observed = vec!["problems".to_owned(), "living situation".to_owned()];
    let arms = [
        "EKC: conference".to_owned(),
        "WT: neighbourhood team".to_owned(),
    ];
    Flow::count(waves, observed, &arms, &subjects)
}

fn source(page: Option<&str>, table: Option<&str>, quote: Option<&str>) -> Source {
    Source {
        id: "main".into(),
        authors: "Van Voorbeeld, De Wit & Jansen".into(),
        year: Some(2024),
        title: "Family group conferences and the problems of families".into(),
        doi: Some("10.0000/kring.demo.2024".into()),
        page: page.map(String::from),
        table: table.map(String::from),
        quote: quote.map(String::from),
        ..Source::default()
    }
}

fn claim(id: &str, label: &str, value: &str) -> Result<Target, kring_core::Error> {
    Ok(Target {
        id: id.into(),
        label: label.into(),
        indicator: None,
        group: None,
        wave: None,
        value: Published::parse(value, Locale::English)?,
        interval: None,
        p_value: None,
        sample: None,
        source: source(
            Some("7"),
            Some("Table 2"),
            Some(
                "Families in the conference group had on average 6.2 problems at the start, \
                 against 6 in the comparison group.",
            ),
        ),
        seen: Seen::Source,
        note: None,
        expect: VerdictKind::Reproduced,
    })
}

fn comparisons() -> Result<Vec<Comparison>, kring_core::Error> {
    let same = |what: &str, x: f64| Quantity::plain(what, x, Evidence::Same);
    let mut start = claim("problems-start-ekc", "Mean number of problems", "6.2")?;
    start.group = Some("EKC".into());
    start.wave = Some("T1".into());
    start.sample = Some(56);
    let mut ours = same("mean of problems, arm EKC, wave T1", 6.1964);
    ours.n = Some(56);
    let start = compare(ours, &start);

    let mut coarse = claim("problems-start-wt", "Mean number of problems", "6")?;
    coarse.group = Some("WT".into());
    coarse.wave = Some("T1".into());
    let coarse = compare(same("mean of problems, arm WT, wave T1", 5.7931), &coarse);

    let mut share = claim(
        "dropout-ekc",
        "Families that left before the last wave",
        "25.9%",
    )?;
    share.group = Some("EKC".into());
    let share = compare(
        Quantity::share("share that left", 15.0 / 58.0, Evidence::Same),
        &share,
    );

    let mut effect = claim("effect-12m", "Difference in problems after a year", "-1.31")?;
    effect.indicator = Some("problems_counted_by_worker".into());
    effect.group = Some("EKC − WT".into());
    effect.wave = Some("T4".into());
    effect.interval = Some(TargetInterval {
        low: Published::parse("-2.40", Locale::English)?,
        high: Published::parse("-0.22", Locale::English)?,
        level: 0.95,
    });
    effect.p_value = Some(Published::parse(".019", Locale::English)?);
    let mut ours = same("mean difference of EKC − WT, T4", -1.3087);
    ours.interval = Some((-2.3861, -0.2313));
    ours.p_value = Some(0.0178);
    let effect = compare(ours, &effect);

    let mut erratum = claim(
        "risk-ratio-home",
        "Risk of being placed out of home",
        "0.48",
    )?;
    erratum.p_value = Some(Published::parse("< .001", Locale::English)?);
    erratum.note = Some(
        "The erratum of 2025 corrects the p-value to .034; the risk ratio stands as printed."
            .into(),
    );
    erratum.expect = VerdictKind::Different;
    let mut ours = same("risk ratio of EKC / WT", 0.4811);
    ours.p_value = Some(0.0343);
    let erratum = compare(ours, &erratum);

    let mut other = claim("hours", "Hours of professional care in a year", "1,511")?;
    other.interval = Some(TargetInterval {
        low: Published::parse("1,204", Locale::English)?,
        high: Published::parse("1,818", Locale::English)?,
        level: 0.95,
    });
    other.expect = VerdictKind::Agrees;
    let mut ours = Quantity::plain("mean hours, other municipality", 1463.2, Evidence::Other);
    ours.std_error = Some(121.0);
    let other = compare(ours, &other);

    let mut vague = claim("cost", "Saving for each family", "about 4,000")?;
    vague.expect = VerdictKind::Inconclusive;
    vague.seen = Seen::SecondHand;
    let vague = compare(
        Quantity::plain("saving, other municipality", 2950.0, Evidence::Other),
        &vague,
    );

    let mut built = claim("sd-start", "Standard deviation of problems", "2.9")?;
    built.expect = VerdictKind::ByConstruction;
    let built = compare(
        Quantity::plain("standard deviation of problems", 2.9, Evidence::Constructed),
        &built,
    );

    let mut words = claim("network", "Size of the network", "1")?;
    words.value = Published::words("the circle around the families grew considerably");
    words.expect = VerdictKind::NotReproducible;
    words.source = source(Some("Abstract"), None, None);
    let words = Comparison::not_reproducible(&words, "the data hold no measure of the network");

    let wrong = claim(
        "waiting",
        "Days between request and conference (median)",
        "38",
    )?;
    let wrong = compare(same("median of days", 47.0), &wrong);
    Ok(vec![
        start, coarse, share, effect, erratum, other, vague, built, words, wrong,
    ])
}

fn findings() -> Vec<Finding> {
    vec![
        Finding {
            id: "arms-add-up".into(),
            kind: CheckKind::Sum,
            claims: vec!["dropout-ekc".into(), "families".into()],
            outcome: Outcome::Inconsistent,
            arithmetic: "58 + 58 = 116; printed 115, which admits 114.5 to 115.5".into(),
            meaning: "The arms do not add up to the number of families in the abstract.".into(),
            expect: Outcome::Inconsistent,
        },
        Finding {
            id: "problems-start-ekc".into(),
            kind: CheckKind::Grim,
            claims: vec!["problems-start-ekc".into()],
            outcome: Outcome::Consistent,
            arithmetic: "347 / 56 = 6.196 rounds to 6.2".into(),
            meaning: "A mean of 6.2 can come from 56 whole numbers.".into(),
            expect: Outcome::Consistent,
        },
    ]
}

fn interval(low: Option<f64>, high: Option<f64>, kind: IntervalKind) -> Interval {
    let level = 0.95;
    Interval {
        low,
        high,
        level,
        kind,
    }
}

fn estimate(label: &str, value: f64, std_error: f64, df: f64, p: f64) -> Estimate {
    let t = 1.98;
    Estimate {
        label: label.into(),
        measure: Measure::MeanDifference {
            unit: Some("problems".into()),
        },
        value: Value::Value(value),
        std_error: Some(std_error),
        null: 0.0,
        alternative: Alternative::TwoSided,
        reference: Reference::StudentT { df },
        interval: Some(interval(
            Some(value - t * std_error),
            Some(value + t * std_error),
            IntervalKind::Wald,
        )),
        p_value: Some(p),
        sample: Sample {
            rows: 404,
            omitted: 60,
            subjects: Some(114),
            clusters: Some(9),
            groups: vec![],
        },
        method: "Linear mixed model by REML, Satterthwaite degrees of freedom, families within \
                 teams."
            .into(),
        cautions: vec![
            Caution::NotRandomised,
            Caution::CompleteCases { used: 404, of: 464 },
        ],
    }
}

fn ratio(label: &str, value: Value, low: Option<f64>, high: Option<f64>) -> Estimate {
    Estimate {
        measure: Measure::LogRiskRatio,
        value,
        reference: Reference::Normal,
        interval: Some(interval(low, high, IntervalKind::Profile)),
        method: "Modified Poisson regression, clusters of teams.".into(),
        cautions: vec![Caution::NotRandomised, Caution::FewClusters { clusters: 9 }],
        sample: Sample {
            rows: 115,
            groups: vec![("EKC".into(), 57), ("WT".into(), 58)],
            ..Sample::default()
        },
        ..estimate(label, 0.0, 0.3457, 0.0, 0.0343)
    }
}

fn sections() -> Result<Vec<Section>, kring_core::Error> {
    let mut adjusted = estimate(
        "EKC − WT at T4, adjusted for T1",
        -1.108,
        0.5032,
        97.3,
        0.0301,
    );
    adjusted.cautions.push(Caution::Note(
        "The adjustment was not in the protocol of the study.".into(),
    ));
    let course = vec![
        estimate("EKC − WT at T2", -0.412, 0.5217, 108.4, 0.431),
        estimate("EKC − WT at T3", -0.874, 0.5349, 104.9, 0.105),
        estimate("EKC − WT at T4", -1.3087, 0.5441, 101.2, 0.0178),
        adjusted,
    ];
    let mut edge = ratio(
        "Placed under guardianship",
        Value::AtBoundary(Boundary::Zero),
        None,
        Some(0.9),
    );
    edge.std_error = None;
    edge.p_value = Some(0.12);
    edge.reference = Reference::Exact;
    let mut boot = estimate("Standardised difference at T4", -0.451, 0.19, 0.0, 0.0004);
    boot.measure = Measure::StandardizedMeanDifference;
    boot.method = "Hedges' g, bootstrap of whole families.".into();
    boot.reference = Reference::Resampled {
        n: 9999,
        mcse: 0.0002,
    };
    boot.interval = Some(interval(
        Some(-0.83),
        Some(-0.07),
        IntervalKind::Bootstrap(Bootstrap::BiasCorrectedAccelerated),
    ));
    Ok(vec![
        Section {
            id: "problems-start".into(),
            title: "What was seen at each wave".into(),
            role: Role::Descriptive,
            method: None,
            content: vec![Content::Summaries(summaries())],
        },
        Section {
            id: "problems-course".into(),
            title: "The course of problems in both groups".into(),
            role: Role::Primary,
            method: Some(
                "problems ~ arm * wave + (1 | team/family); contrasts of marginal means at each \
                 wave."
                    .into(),
            ),
            content: vec![
                Content::Chart(means()),
                Content::Estimates(course),
                Content::Tests(tests()),
                Content::Components(components()),
            ],
        },
        Section {
            id: "home".into(),
            title: "Out-of-home placement".into(),
            role: Role::Secondary,
            method: Some("Risk ratios after a year.".into()),
            content: vec![
                Content::Estimates(vec![
                    ratio(
                        "Placed out of home",
                        Value::Value(-0.7317),
                        Some(-1.4094),
                        Some(-0.0541),
                    ),
                    edge,
                    boot,
                ]),
                Content::Chart(survival()),
            ],
        },
        Section {
            id: "conferences".into(),
            title: "Conferences a year in seven regions".into(),
            role: Role::Exploratory,
            method: None,
            content: vec![
                Content::Text(
                    "The registers of two regions are missing for 2013 and 2014; nothing is drawn \
                     between the years that are known."
                        .into(),
                ),
                Content::Chart(regions()),
            ],
        },
        trajectories::section(),
        circles::section()?,
        groups::section(),
    ])
}

fn summaries() -> Vec<Summary> {
    let mut summaries = Vec::new();
    let means = [[6.196, 5.281, 4.6, 3.902], [5.793, 5.49, 5.31, 5.11]];
    for (a, arm) in ["EKC", "WT"].into_iter().enumerate() {
        for (w, wave) in ["T1", "T2", "T3", "T4"].into_iter().enumerate() {
            let mean = means[a][w];
            summaries.push(Summary {
                variable: "problems".into(),
                label: "Problems".into(),
                unit: Some("domains".into()),
                strata: strata(arm, wave),
                n: 56 - 5 * w,
                missing: 2 + 5 * w,
                kind: SummaryKind::Numbers(Numbers {
                    mean: Some(mean),
                    sd: Some(2.9 - 0.1 * w as f64),
                    min: Some(0.0),
                    lower_quartile: Some(mean.round() - 2.0),
                    median: Some(mean.round()),
                    upper_quartile: Some(mean.round() + 2.5),
                    max: Some(14.0),
                    sum: None,
                }),
            });
        }
    }
    for (arm, counts) in [("EKC", [31, 14, 9, 4]), ("WT", [25, 19, 14, 0])] {
        let all: usize = counts.iter().sum();
        let levels = ["two parents", "one parent", "with kin", "elsewhere"];
        summaries.push(Summary {
            variable: "living".into(),
            label: "Living situation at the start".into(),
            unit: None,
            strata: vec![Stratum {
                variable: "arm".into(),
                level: arm.into(),
            }],
            n: all,
            missing: 0,
            kind: SummaryKind::Levels(
                levels
                    .into_iter()
                    .zip(counts)
                    .map(|(level, n)| LevelCount {
                        level: level.into(),
                        n,
                        share: Some(n as f64 / all as f64),
                    })
                    .collect(),
            ),
        });
    }
    summaries
}

fn strata(arm: &str, wave: &str) -> Vec<Stratum> {
    [("arm", arm), ("wave", wave)]
        .map(|(variable, level)| Stratum {
            variable: variable.into(),
            level: level.into(),
        })
        .to_vec()
}

fn tests() -> Vec<JointTest> {
    let test =
        |label: &str, statistic: f64, reference: Reference, p: f64, method: &str| JointTest {
            label: label.into(),
            statistic: Some(statistic),
            reference,
            p_value: Some(p),
            sample: Sample::of(404),
            method: method.into(),
            cautions: vec![],
        };
    let f = Reference::F {
        numerator: 3.0,
        denominator: 289.64,
    };
    vec![
        test("arm × wave", 2.871, f, 0.0367, "F test, Satterthwaite."),
        test(
            "arm (all waves)",
            6.02,
            Reference::ChiSquared { df: 4.0 },
            0.1976,
            "Likelihood ratio, by maximum likelihood.",
        ),
    ]
}

fn components() -> Vec<Component> {
    let component = |group: &str, value: f64, at_boundary: bool| Component {
        group: group.into(),
        label: "(Intercept)".into(),
        kind: ComponentKind::StandardDeviation,
        value,
        at_boundary,
        interval: Some(interval(
            (!at_boundary).then_some(0.8 * value),
            Some(1.25 * value + 0.4),
            IntervalKind::Profile,
        )),
        cautions: vec![],
    };
    vec![
        component("family:team", 1.9043, false),
        component("team", 0.0, true),
        component("residual", 2.1187, false),
    ]
}

fn curve(label: &str, kind: CurveKind, points: Vec<Point>) -> Curve {
    Curve {
        label: label.into(),
        quantity: "problems".into(),
        time: "Months".into(),
        kind,
        points,
        level: Some(0.95),
        method: "Marginal means of the mixed model.".into(),
        cautions: vec![],
    }
}

fn means() -> Chart {
    let at = [(0.0, "T1"), (3.0, "T2"), (6.0, "T3"), (12.0, "T4")];
    let points = |means: [f64; 4], ns: [usize; 4]| {
        (0..4)
            .map(|i| Point {
                at: at[i].0,
                name: Some(at[i].1.into()),
                value: means[i],
                low: Some(means[i] - 0.75 - 0.02 * i as f64),
                high: Some(means[i] + 0.75 + 0.02 * i as f64),
                n: Some(ns[i]),
            })
            .collect()
    };
    Chart {
        id: "problems-means".into(),
        title: "Problems by wave and arm".into(),
        x_label: "Months after the request".into(),
        y_label: "Mean number of problems".into(),
        curves: vec![
            curve(
                "EKC",
                CurveKind::Joined,
                points([6.196, 5.281, 4.6, 3.902], [55, 53, 47, 41]),
            ),
            curve(
                "WT",
                CurveKind::Joined,
                points([5.793, 5.49, 5.31, 5.11], [58, 51, 41, 36]),
            ),
        ],
        y_from_zero: true,
        caption: "Marginal means with 95% intervals; the marks are set slightly apart.".into(),
    }
}

fn survival() -> Chart {
    let steps = |drops: &[(f64, f64)]| {
        drops
            .iter()
            .map(|&(at, value)| Point {
                at,
                name: None,
                value,
                low: Some((value - 0.03 - 0.004 * at).max(0.0)),
                high: Some((value + 0.02 + 0.003 * at).min(1.0)),
                n: None,
            })
            .collect()
    };
    let ekc = [
        (0.0, 1.0),
        (1.5, 0.98),
        (4.0, 0.95),
        (7.2, 0.91),
        (9.0, 0.9),
        (12.0, 0.9),
    ];
    let wt = [
        (0.0, 1.0),
        (1.0, 0.97),
        (2.2, 0.93),
        (5.1, 0.88),
        (8.4, 0.84),
        (10.3, 0.81),
        (12.0, 0.81),
    ];
    Chart {
        id: "home".into(),
        title: "Living at home".into(),
        x_label: "Months".into(),
        y_label: "Share of children living at home".into(),
        curves: vec![
            kaplan_meier("Conference (EKC)", steps(&ekc)),
            kaplan_meier("Neighbourhood team (WT)", steps(&wt)),
        ],
        y_from_zero: false,
        caption: "Kaplan–Meier estimates with pointwise 95% intervals.".into(),
    }
}

fn kaplan_meier(label: &str, points: Vec<Point>) -> Curve {
    Curve {
        method: "Kaplan–Meier, log-log intervals.".into(),
        ..curve(label, CurveKind::Step, points)
    }
}

fn regions() -> Chart {
    let names = [
        "Amsterdam",
        "Rotterdam-Rijnmond",
        "Utrecht",
        "Groningen and Drenthe",
        "Twente",
        "Zeeland",
        "Limburg",
    ];
    let curves = names
        .into_iter()
        .enumerate()
        .map(|(i, name)| {
            let points = (2008..=2018)
                .filter(|year| i > 1 || !(2013..=2014).contains(year))
                .map(|year| {
                    let t = f64::from(year - 2008);
                    let i = i as f64;
                    Point {
                        at: f64::from(year),
                        name: None,
                        value: (120.0 - 14.0 * i + (9.0 - 1.2 * i) * t - 0.4 * t * t).round(),
                        low: None,
                        high: None,
                        n: None,
                    }
                })
                .collect();
            Curve {
                quantity: "conferences".into(),
                time: "Year".into(),
                level: None,
                method: "Counted in the registers.".into(),
                ..curve(name, CurveKind::Points, points)
            }
        })
        .collect();
    Chart {
        id: "regions".into(),
        title: "Conferences held".into(),
        x_label: "Year".into(),
        y_label: "Conferences".into(),
        curves,
        y_from_zero: true,
        caption: "Counts from the annual registers.".into(),
    }
}
