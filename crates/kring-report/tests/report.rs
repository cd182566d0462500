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
    IntervalKind, JointTest, LevelCount, Measure, Numbers, Patterns, Point, Reference, Sample,
    Summary, SummaryKind, Value,
};
use kring_report::{
    Chart, Content, Error, Ink, Origin, Report, Role, Section, Style, Trajectories, chart_svg,
    ego_svg, figures, flow_svg, fragment, funnel_svg, html, network_svg, patterns_svg, table_csv,
    table_latex, table_markdown, table_text, terminal, trajectories_svg,
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

#[test]
fn tables_are_markdown_latex_and_csv() {
    let report = gallery::report().unwrap();
    let section = report.sections.last().unwrap();
    let mut text = String::new();
    for content in &section.content {
        for write in [table_markdown, table_latex, table_csv] {
            text.push_str(&write(content));
            text.push('\n');
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn groups_rates_and_funnels_are_aligned_text() {
    let report = gallery::report().unwrap();
    let mut text = String::new();
    for content in &report.sections.last().unwrap().content {
        text.push_str(&table_text(content, plain(100)));
        text.push('\n');
    }
    insta::assert_snapshot!(text);
}

#[test]
fn a_table_of_any_markup_has_the_same_cells() {
    let report = gallery::report().unwrap();
    for content in report.sections.iter().flat_map(|s| &s.content) {
        let (markdown, csv) = (table_markdown(content), table_csv(content));
        let rows = |text: &str| text.lines().filter(|line| line.starts_with('|')).count();
        let titles = |text: &str| text.lines().filter(|l| l.starts_with("| **")).count();
        // Below each head of Markdown stands a rule, which CSV has not, and titles are a column.
        let heads = markdown.matches("| ---").count().min(rows(&markdown));
        let rules = markdown.lines().filter(|l| l.starts_with("| ---")).count();
        assert!(heads >= rules);
        let lines = csv.lines().filter(|line| !line.is_empty()).count();
        assert_eq!(
            rows(&markdown) - rules - titles(&markdown),
            lines,
            "{markdown}\n{csv}"
        );
        let latex = table_latex(content);
        assert_eq!(latex.matches("\\begin{tabular}").count(), rules);
        assert_eq!(latex.matches("\\bottomrule").count(), rules);
    }
}

#[test]
fn a_funnel_without_a_number_is_refused_and_nobody_is_named_within_the_limits() {
    let report = gallery::report().unwrap();
    let funnel = report
        .sections
        .iter()
        .flat_map(|s| &s.content)
        .find_map(|c| match c {
            Content::Funnel(funnel) => Some(funnel.clone()),
            _ => None,
        });
    let mut funnel = funnel.unwrap();
    let svg = funnel_svg(&funnel, Origin::Observed).unwrap();
    assert!(svg.contains(">Utrecht<") && svg.contains(">Rotterdam<"));
    assert!(!svg.contains(">Zeeland<") && !svg.contains(">Drenthe<"));
    assert!(svg.contains("Utrecht 82.8%, above 95%."));
    funnel.points[2].share = f64::NAN;
    let error = funnel_svg(&funnel, Origin::Observed).unwrap_err();
    assert!(matches!(error, Error::NotFinite { point: 2, .. }));
    funnel.points.clear();
    funnel.limits.clear();
    assert!(funnel_svg(&funnel, Origin::Observed).is_ok());
    assert_eq!(table_text(&Content::Funnel(funnel), plain(80)), "");
}

#[test]
fn trajectories_are_an_svg() {
    let seen = gallery::trajectories::trajectories();
    insta::assert_snapshot!(trajectories_svg(&seen, Origin::Simulated).unwrap());
}

#[test]
fn the_numbers_of_trajectories_are_a_table() {
    let seen = Content::Trajectories(gallery::trajectories::trajectories());
    insta::assert_snapshot!(table_text(&seen, plain(90)));
}

#[test]
fn a_line_is_broken_where_a_mean_is_missing_and_waves_without_times_are_even() {
    let mut seen = gallery::trajectories::trajectories();
    seen.own_lines = None;
    seen.arms.truncate(1);
    let lines = |seen: &Trajectories| {
        let svg = trajectories_svg(seen, Origin::Observed).unwrap();
        let line = svg
            .split("<path d=\"")
            .find(|part| part.contains("stroke-linejoin"));
        line.map(|line| line.split('"').next().unwrap().to_owned())
    };
    let whole = lines(&seen).unwrap();
    assert_eq!(
        (whole.matches('M').count(), whole.matches('L').count()),
        (1, 4)
    );
    seen.arms[0].cells[2].mean = None;
    let broken = lines(&seen).unwrap();
    assert_eq!(
        (broken.matches('M').count(), broken.matches('L').count()),
        (2, 2)
    );
    // Without the time of one wave all stand at equal distances, and no time is told.
    seen.arms[0].cells[2] = seen.arms[0].cells[1].clone();
    seen.waves[1].at = None;
    let even = lines(&seen).unwrap();
    let x: Vec<f64> = even[1..]
        .split('L')
        .map(|point| point.split(' ').next().unwrap().parse().unwrap())
        .collect();
    let steps: Vec<f64> = x.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(
        steps.iter().all(|step| (step - steps[0]).abs() < 0.21),
        "{steps:?}"
    );
    let svg = trajectories_svg(&seen, Origin::Observed).unwrap();
    assert!(svg.contains(">T5<") && !svg.contains(">24<"));
    // No mean at all: the name still stands at the observed ones.
    for cell in &mut seen.arms[0].cells {
        cell.mean = None;
    }
    let svg = trajectories_svg(&seen, Origin::Observed).unwrap();
    assert!(svg.contains(">EKC: conference<") && !svg.contains("mean of the model,"));
}

#[test]
fn an_interval_that_is_far_wider_than_the_others_goes_on_beyond_the_picture() {
    let mut seen = gallery::trajectories::trajectories();
    seen.own_lines = None;
    let said = "goes on beyond the picture";
    let svg = trajectories_svg(&seen, Origin::Observed).unwrap();
    assert!(!svg.contains(said));
    seen.arms[0].cells[4].mean = Some(gallery::trajectories::mean(3.4, 600.0));
    let svg = trajectories_svg(&seen, Origin::Observed).unwrap();
    assert!(svg.contains(said) && !svg.contains(">600<"));
    // In words and in the table it is whole.
    assert!(svg.contains("[−596.60, 603.40]"));
    // Where all are as wide, all are shown.
    for cell in seen.arms.iter_mut().flat_map(|arm| &mut arm.cells) {
        cell.mean = Some(gallery::trajectories::mean(3.4, 600.0));
    }
    let svg = trajectories_svg(&seen, Origin::Observed).unwrap();
    assert!(!svg.contains(said));
    // An interval without an end never ends.
    let mean = seen.arms[1].cells[0].mean.as_mut().unwrap();
    mean.interval.as_mut().unwrap().high = None;
    assert!(
        trajectories_svg(&seen, Origin::Observed)
            .unwrap()
            .contains(said)
    );
}

#[test]
fn trajectories_refuse_what_cannot_be_drawn() {
    let good = gallery::trajectories::trajectories();
    let refused = |change: &dyn Fn(&mut Trajectories)| {
        let mut seen = good.clone();
        change(&mut seen);
        trajectories_svg(&seen, Origin::Observed).unwrap_err()
    };
    let error = refused(&|seen| seen.arms[1].cells.truncate(3));
    assert_eq!(
        error.to_string(),
        "chart `course-of-problems`, `WT: neighbourhood team`: 3 cell(s) for 5 wave(s); give a cell \
         for each wave, empty where nothing is known"
    );
    let error = refused(&|seen| seen.own_lines.as_mut().unwrap().lines[0].truncate(1));
    assert!(matches!(error, Error::Cells { found: 1, .. }));
    let error = refused(&|seen| seen.waves[2].at = Some(1.0));
    assert!(matches!(error, Error::Order { point: 2, .. }));
    let error = refused(&|seen| seen.waves[2].at = Some(f64::INFINITY));
    assert!(matches!(error, Error::NotFinite { point: 2, .. }));
    let error = refused(&|seen| seen.arms[0].cells[3].observed = Some(f64::NAN));
    assert!(matches!(error, Error::NotFinite { point: 3, .. }));
    let error = refused(&|seen| {
        seen.arms[0].cells[1].mean.as_mut().unwrap().value = Value::Value(f64::NAN);
    });
    assert!(matches!(error, Error::NotFinite { point: 1, .. }));
    // Nothing at all is a picture that says so, and no table.
    let empty = Trajectories::default();
    let svg = trajectories_svg(&empty, Origin::Observed).unwrap();
    assert!(svg.contains("No values to show."));
    assert_eq!(table_text(&Content::Trajectories(empty), plain(80)), "");
}

#[test]
fn means_kept_as_logs_are_shown_as_they_are_read_and_one_wave_is_enough() {
    let mut seen = gallery::trajectories::trajectories();
    seen.waves.truncate(1);
    seen.own_lines = None;
    for arm in &mut seen.arms {
        arm.cells.truncate(1);
        let mean = arm.cells[0].mean.as_mut().unwrap();
        mean.measure = Measure::LogRateRatio;
        mean.value = Value::Value(4.0_f64.ln());
        mean.interval.as_mut().unwrap().low = Some(2.0_f64.ln());
        mean.interval.as_mut().unwrap().high = Some(8.0_f64.ln());
    }
    let svg = trajectories_svg(&seen, Origin::Observed).unwrap();
    assert!(svg.contains("4.00 [2.00, 8.00] at T1"));
    assert!(!svg.contains("stroke-linejoin"), "one point is no line");
}

#[test]
fn a_notebook_shows_trajectories_as_a_picture() {
    let seen = Content::Trajectories(gallery::trajectories::trajectories());
    let html = fragment(&[seen.clone(), seen]).unwrap();
    assert_eq!(html.matches("<svg ").count(), 2);
    assert_eq!(html.matches("id=\"course-of-problems-2-title\"").count(), 1);
    assert!(html.contains("The 25 of 60 families in grey were drawn by lot (seed 2024)."));
}

#[test]
fn patterns_are_squares_with_their_counts() {
    let columns = ["1", "2"].map(String::from).to_vec();
    let subjects = [vec![true, true], vec![true, false], vec![true, false]];
    let subjects = subjects.into_iter().map(|seen| (0, seen));
    let patterns = Patterns::count("Waves", columns, vec![String::new()], subjects);
    let svg = patterns_svg(&patterns, Origin::Simulated).unwrap();
    assert!(svg.contains("Waves: 2 patterns of 3. wave 1, wave 2: 1. wave 1: 2."));
    assert_eq!(svg.matches("k-hollow").count(), 1);
    assert!(svg.contains("Simulated data: no evidence."));
    let nobody = Patterns::count("Waves", vec![], vec![], []);
    assert!(
        patterns_svg(&nobody, Origin::Observed)
            .unwrap()
            .contains("Nobody to show.")
    );
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
            Content::Trajectories(mut seen) => {
                seen.arms.truncate(1);
                seen.arms[0].cells.truncate(1);
                seen.waves.truncate(1);
                if let Some(own) = &mut seen.own_lines {
                    own.lines = vec![vec![Some(1.0)]];
                }
                Content::Trajectories(seen)
            }
            Content::Baseline(mut table) => {
                table.variables.drain(..2);
                Content::Baseline(table)
            }
            Content::Rates(mut rates) => {
                rates.truncate(1);
                Content::Rates(rates)
            }
            Content::Funnel(mut funnel) => {
                funnel.points.truncate(1);
                for limits in &mut funnel.limits {
                    limits.at.truncate(2);
                }
                Content::Funnel(funnel)
            }
            Content::Transitions(mut transitions) => {
                transitions.truncate(1);
                Content::Transitions(transitions)
            }
            Content::Ego(mut seen) => {
                for wave in &mut seen.waves {
                    wave.persons.truncate(2);
                    wave.ties.clear();
                }
                Content::Ego(seen)
            }
            Content::Network(mut seen) => {
                seen.persons.truncate(3);
                for wave in &mut seen.waves {
                    wave.present.retain(|&person| person < 3);
                    wave.ties.retain(|tie| tie.from < 3 && tie.to < 3);
                }
                Content::Network(seen)
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
fn circles_and_networks_are_svg_and_words() {
    let section = gallery::circles::section().unwrap();
    for content in &section.content {
        let (name, svg) = match content {
            Content::Ego(seen) => ("circle", ego_svg(seen, Origin::Simulated)),
            Content::Network(seen) => ("street", network_svg(seen, Origin::Simulated)),
            _ => continue,
        };
        insta::assert_snapshot!(format!("the_picture_{name}"), svg.unwrap());
        insta::assert_snapshot!(format!("the_words_{name}"), table_text(content, plain(80)));
    }
    // A page has each picture for a wide and for a slim screen, a notebook has it too.
    let report = Report {
        sections: vec![section.clone()],
        ..Report::default()
    };
    assert_eq!(html(&report).unwrap().matches("<svg ").count(), 4);
    assert_eq!(
        fragment(&section.content).unwrap().matches("<svg ").count(),
        2
    );
    let told: Vec<String> = figures(&report)
        .unwrap()
        .into_iter()
        .map(|f| f.alt)
        .collect();
    assert!(told[0].contains("After: 18 persons, 5 came, 3 left, 15 at the meeting."));
    assert!(told[1].contains("Second year: 38 persons, 45 ties, 9 came, 3 went"));
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
            assert!(!table_markdown(content).contains("<script"));
            assert!(!table_latex(content).contains("<script"));
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
        let within = page[at..].starts_with("href=\"#");
        assert!(tag.starts_with("<a ") || within, "{tag}");
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
            "regions",
            "course-of-problems",
            "circle",
            "street",
            "conference-by-region",
            "patterns"
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
