//! What a report shows, and what it must never show.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at what it did not expect"
)]

#[path = "../examples/gallery.rs"]
#[allow(
    dead_code,
    reason = "only the report of the gallery is used here, not its main"
)]
mod gallery;

use kring_core::{
    Alternative, Caution, Component, ComponentKind, Curve, CurveKind, Estimate, Flow, Interval,
    IntervalKind, JointTest, LevelCount, Measure, Numbers, Point, Reference, Sample, Summary,
    SummaryKind, Value,
};
use kring_report::{
    Chart, Content, Error, Ink, Origin, Report, Role, Section, Style, chart_svg, figures, flow_svg,
    html, table_text, terminal,
};
use serde_json::Value as Json;

fn plain(width: usize) -> Style {
    let ink = Ink::Plain;
    Style { ink, width }
}

/// Two figures, a check and one analysis of the gallery's report.
fn small() -> Report {
    let mut report = gallery::report().unwrap();
    report.comparisons = [0, 3, 4].map(|i| report.comparisons[i].clone()).to_vec();
    report.findings.truncate(1);
    report.flow = None;
    report.sections.remove(0);
    report.sections.truncate(1);
    report.sections[0].content.remove(0);
    report
}

fn curve(points: Vec<Point>) -> Curve {
    Curve {
        label: "EKC".into(),
        quantity: "problems".into(),
        time: "months".into(),
        kind: CurveKind::Joined,
        points,
        level: None,
        method: String::new(),
        cautions: vec![],
    }
}

fn point(at: f64, value: f64) -> Point {
    Point {
        at,
        name: None,
        value,
        low: None,
        high: None,
        n: None,
    }
}

fn chart(curves: Vec<Curve>) -> Chart {
    Chart {
        id: "course".into(),
        title: "The course".into(),
        x_label: "months".into(),
        y_label: "problems".into(),
        curves,
        y_from_zero: true,
        caption: String::new(),
    }
}

fn section(content: Vec<Content>) -> Section {
    Section {
        id: "s".into(),
        title: "A section".into(),
        role: Role::Primary,
        method: None,
        content,
    }
}

#[test]
fn the_terminal_shows_verdicts_checks_counts_and_notes() {
    let report = gallery::report().unwrap();
    insta::assert_snapshot!(terminal(&report, plain(80)));
}

#[test]
fn a_small_report_is_one_page() {
    insta::assert_snapshot!(html(&small()).unwrap());
}

#[test]
fn a_chart_is_an_svg() {
    let curves = vec![
        curve(vec![point(0.0, 6.0), point(3.0, 4.0)]),
        Curve {
            kind: CurveKind::Step,
            label: "WT".into(),
            ..curve(vec![point(0.0, 5.0), point(2.0, 5.5)])
        },
    ];
    insta::assert_snapshot!(chart_svg(&chart(curves), Origin::Simulated).unwrap());
}

#[test]
fn tables_are_aligned_text() {
    let report = gallery::report().unwrap();
    let mut text = String::new();
    for content in &report.sections[1].content {
        text.push_str(&table_text(content, plain(80)));
        text.push('\n');
    }
    text.push_str(&table_text(&Content::Flow(report.flow.unwrap()), plain(80)));
    insta::assert_snapshot!(text);
}

#[test]
fn no_line_is_wider_than_the_terminal_and_colours_change_no_letter() {
    let report = gallery::report().unwrap();
    for width in [40, 60, 80, 120] {
        let every = |ink: Ink| {
            let style = Style { ink, width };
            let mut text = terminal(&report, style);
            for content in report.sections.iter().flat_map(|s| &s.content) {
                text.push_str(&table_text(content, style));
            }
            text
        };
        let letters = every(Ink::Plain);
        for line in letters.lines() {
            assert!(
                unicode_width::UnicodeWidthStr::width(line) <= width,
                "{width}: {line}"
            );
            assert_eq!(line.trim_end(), line);
        }
        let coloured = every(Ink::Colour);
        if width >= 80 {
            assert!(coloured.contains("\u{1b}[32m✓ reproduced\u{1b}[0m"));
            assert!(coloured.contains("\u{1b}[31m✗ different\u{1b}[0m"));
        }
        let mut bare = String::new();
        for piece in coloured.split('\u{1b}') {
            match piece.split_once('m') {
                Some((code, rest)) if code.starts_with('[') => bare.push_str(rest),
                _ => bare.push_str(piece),
            }
        }
        assert_eq!(bare, letters);
    }
}

const ATTACK: &str = "<script>alert(1)</script>\"'&\u{1b}[31m";

/// Each text of a JSON value in turn replaced by the attack.
fn attacked(value: &Json) -> Vec<Json> {
    match value {
        Json::String(_) => vec![Json::String(ATTACK.to_owned())],
        Json::Array(items) => (0..items.len())
            .flat_map(|i| {
                attacked(&items[i]).into_iter().map(move |changed| {
                    let mut items = items.clone();
                    items[i] = changed;
                    Json::Array(items)
                })
            })
            .collect(),
        Json::Object(fields) => fields
            .iter()
            .flat_map(|(key, field)| {
                attacked(field).into_iter().map(move |changed| {
                    let mut fields = fields.clone();
                    fields.insert(key.clone(), changed);
                    Json::Object(fields)
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// A report with one of everything, so that each of its texts can be attacked alone.
fn one_of_each() -> Report {
    let mut report = gallery::report().unwrap();
    report.comparisons = [3, 4].map(|i| report.comparisons[i].clone()).to_vec();
    report.findings.truncate(1);
    report.sources.truncate(1);
    let mut content: Vec<Content> = Vec::new();
    for piece in report.sections.iter().flat_map(|s| s.content.clone()) {
        content.push(match piece {
            Content::Estimates(mut e) => {
                e.truncate(1);
                Content::Estimates(e)
            }
            Content::Summaries(s) => Content::Summaries(vec![s[0].clone(), s[s.len() - 1].clone()]),
            Content::Chart(mut c) => {
                c.curves.truncate(1);
                c.curves[0].points.truncate(2);
                c.curves[0].cautions = vec![Caution::Note("doubt".into())];
                Content::Chart(c)
            }
            other => other,
        });
    }
    if let Some(flow) = &report.flow {
        content.push(Content::Flow(flow.clone()));
    }
    report.sections = vec![section(content)];
    report
}

#[test]
fn no_text_can_break_out_of_the_page() {
    let json = serde_json::to_value(one_of_each()).unwrap();
    // The names of closed enums refuse the attack; all else is text.
    let texts = attacked(&json)
        .into_iter()
        .filter_map(|json| serde_json::from_value::<Report>(json).ok());
    let mut tried = 0;
    for report in texts {
        tried += 1;
        let page = html(&report).unwrap();
        if let Some(at) = page.find("<script").or_else(|| page.find("</script")) {
            panic!(
                "text {tried} breaks out: {}",
                &page[at.saturating_sub(200)..at]
            );
        }
        for figure in figures(&report).unwrap() {
            assert!(!figure.svg.contains("<script") && !figure.svg.contains('\u{1b}'));
            let safe = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            assert!(figure.name.chars().all(safe), "{}", figure.name);
        }
        assert!(!terminal(&report, plain(80)).contains('\u{1b}'));
        for content in report.sections.iter().flat_map(|s| &s.content) {
            assert!(!table_text(content, plain(80)).contains('\u{1b}'));
        }
    }
    assert!(tried > 150, "only {tried} texts were attacked");
}

#[test]
fn a_page_loads_nothing_from_outside() {
    let page = html(&gallery::report().unwrap()).unwrap();
    for loading in [
        "<script", "<link", "<img", "<iframe", "src=", "@import", "srcset",
    ] {
        assert!(!page.contains(loading), "{loading}");
    }
    for at in page.match_indices("url(").map(|(at, _)| at) {
        assert!(page[at..].starts_with("url(#"), "{}", &page[at..at + 40]);
    }
    for (at, _) in page.match_indices("href=\"") {
        let before = &page[..at];
        let tag = &before[before.rfind('<').unwrap()..];
        assert!(tag.starts_with("<a "), "{tag}");
    }
    let mut report = small();
    report.comparisons[0].target.source.doi = None;
    report.comparisons[0].target.source.url = Some("javascript:alert(1)".into());
    assert!(!html(&report).unwrap().contains("javascript:"));
}

#[test]
fn simulated_data_say_so_in_every_section_and_figure() {
    let said = "Simulated data: no evidence.";
    let mut report = gallery::report().unwrap();
    let page = html(&report).unwrap();
    for part in page.split("<section class=\"analysis\"").skip(1) {
        assert!(part.contains(said));
    }
    for part in page.split("<svg ").skip(1) {
        assert!(part[..part.find("</svg>").unwrap()].contains(said));
    }
    assert!(
        figures(&report)
            .unwrap()
            .iter()
            .all(|f| f.svg.contains(said))
    );
    assert!(terminal(&report, plain(80)).contains(said));
    report.simulated = false;
    assert!(!html(&report).unwrap().contains(said));
    assert!(
        figures(&report)
            .unwrap()
            .iter()
            .all(|f| !f.svg.contains(said))
    );

    // A curve that knows it was simulated says so even where the report forgets.
    let mut known = curve(vec![point(0.0, 1.0)]);
    known.cautions.push(Caution::Simulated);
    let svg = chart_svg(&chart(vec![known]), Origin::Observed).unwrap();
    assert!(svg.contains(said));
}

#[test]
fn an_empty_report_is_a_page_that_says_so() {
    let page = html(&Report::default()).unwrap();
    assert!(page.contains("<h1>Untitled study</h1>"));
    assert!(page.contains("No published figure was compared."));
    assert!(figures(&Report::default()).unwrap().is_empty());
    assert_eq!(
        terminal(&Report::default(), plain(80)),
        "No published figure was compared.\n"
    );
    let empty = Report {
        sections: vec![section(vec![
            Content::Estimates(vec![]),
            Content::Tests(vec![]),
            Content::Components(vec![]),
            Content::Summaries(vec![]),
            Content::Chart(chart(vec![])),
            Content::Flow(Flow::count(vec![], vec![], &[], &[]).unwrap()),
            Content::Text(String::new()),
        ])],
        ..Report::default()
    };
    assert!(html(&empty).unwrap().contains("No values to show."));
    for content in &empty.sections[0].content {
        assert_eq!(table_text(content, plain(80)), "");
    }
}

#[test]
fn what_is_absent_is_a_dash_and_never_a_word_of_the_machine() {
    let estimate = Estimate {
        label: "bare".into(),
        measure: Measure::LogOddsRatio,
        value: Value::Value(2.0_f64.ln()),
        std_error: None,
        null: 0.0,
        alternative: Alternative::Greater,
        reference: Reference::Normal,
        interval: Some(Interval {
            low: Some(0.0),
            high: None,
            level: 0.9,
            kind: IntervalKind::Profile,
        }),
        p_value: None,
        sample: Sample::default(),
        method: String::new(),
        cautions: vec![],
    };
    let mut without = estimate.clone();
    without.interval = None;
    let test = JointTest {
        label: "bare".into(),
        statistic: None,
        reference: Reference::ChiSquared { df: 1.0 },
        p_value: None,
        sample: Sample::default(),
        method: String::new(),
        cautions: vec![],
    };
    let component = Component {
        group: "family".into(),
        label: "(Intercept)".into(),
        kind: ComponentKind::Variance,
        value: 0.5,
        at_boundary: false,
        interval: None,
        cautions: vec![],
    };
    let summary = |kind: SummaryKind| Summary {
        variable: "x".into(),
        label: "X".into(),
        unit: None,
        strata: vec![],
        n: 0,
        missing: 3,
        kind,
    };
    let level = LevelCount {
        level: "yes".into(),
        n: 0,
        share: None,
    };
    let content = vec![
        Content::Estimates(vec![estimate, without]),
        Content::Tests(vec![test]),
        Content::Components(vec![component]),
        Content::Summaries(vec![
            summary(SummaryKind::Numbers(Numbers::default())),
            summary(SummaryKind::Levels(vec![level])),
        ]),
        Content::Chart(chart(vec![curve(vec![]), curve(vec![point(1.0, 2.0)])])),
    ];
    let text: Vec<String> = content.iter().map(|c| table_text(c, plain(80))).collect();
    assert!(text[0].contains("[1.000, ∞)"), "{}", text[0]);
    assert!(text[0].contains("2.000"));
    assert!(text[0].contains("One-sided: the alternative is greater."));
    let report = Report {
        sections: vec![section(content)],
        ..Report::default()
    };
    let page = html(&report).unwrap();
    for word in ["NaN", "None", "null", "inf", "undefined", "Some("] {
        assert!(!page.contains(word), "{word}");
        assert!(text.iter().all(|text| !text.contains(word)), "{word}");
    }
}

#[test]
fn a_chart_refuses_what_cannot_be_drawn() {
    let nan = chart(vec![curve(vec![point(0.0, 1.0), point(1.0, f64::NAN)])]);
    let error = chart_svg(&nan, Origin::Observed).unwrap_err();
    assert!(matches!(error, Error::NotFinite { point: 1, .. }));
    assert_eq!(
        error.to_string(),
        "chart `course`, curve `EKC`: point 2 is not a finite number; leave the point out"
    );
    let back = chart(vec![curve(vec![point(1.0, 1.0), point(0.0, 1.0)])]);
    let error = chart_svg(&back, Origin::Observed).unwrap_err();
    assert!(matches!(error, Error::Order { point: 1, .. }));
    let report = Report {
        sections: vec![section(vec![Content::Chart(back)])],
        ..Report::default()
    };
    assert!(html(&report).is_err() && figures(&report).is_err());
}

#[test]
fn figures_have_names_of_their_own_and_ids_stand_once() {
    let mut report = gallery::report().unwrap();
    let again = report.sections[1].content[0].clone();
    report.sections[1].content.push(again);
    let names: Vec<String> = figures(&report)
        .unwrap()
        .into_iter()
        .map(|f| f.name)
        .collect();
    assert_eq!(
        names,
        [
            "flow",
            "problems-means",
            "problems-means-2",
            "home",
            "regions"
        ]
    );
    let page = html(&report).unwrap();
    let mut ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all);
}

#[test]
fn points_are_not_joined_and_a_study_may_have_no_arms() {
    let alone = Curve {
        kind: CurveKind::Points,
        ..curve(vec![point(2008.0, 3.0), point(2012.0, 5.0)])
    };
    let svg = chart_svg(&chart(vec![alone]), Origin::Observed).unwrap();
    assert!(!svg.contains("stroke-linejoin"), "a line joins the points");
    assert!(svg.contains(">2008<") && svg.contains(">2012<"));
    let waves = ["1", "2"].map(String::from).to_vec();
    let flow = Flow::count(waves, vec![], &[String::new()], &[(0, vec![true, false])]).unwrap();
    let svg = flow_svg(&flow, Origin::Observed).unwrap();
    assert!(svg.contains("All: 1 in all, 1 at wave 1, 0 at wave 2."));
    assert!(svg.contains("1 left<"));
}

#[test]
fn a_report_survives_being_written_and_read() {
    let report = gallery::report().unwrap();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    assert!(serde_json::from_str::<Report>(r#"{"titel": "x"}"#).is_err());
}
