#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use kring_core::{LevelCount, Numbers};
use proptest::prelude::*;

use super::*;
use crate::disclosure::Fate;
use crate::disclosure::tests::{Reader, subtracted, with};
use crate::{EgoPicture, EgoWave, Ink, Printed, Style, html, table_text};

fn report(content: Vec<Content>) -> Report {
    Report {
        sections: vec![Section {
            id: "a".into(),
            title: "A".into(),
            role: Role::Descriptive,
            method: None,
            content,
        }],
        ..Report::default()
    }
}

fn guarded(content: Content) -> Vec<Content> {
    let report = guard(&report(vec![content]), &Disclosure::default());
    report.sections[0].content.clone()
}

fn arm(level: &str) -> Vec<Stratum> {
    vec![Stratum {
        variable: "arm".into(),
        level: level.into(),
    }]
}

fn summary(strata: Vec<Stratum>, counts: &[usize]) -> Summary {
    let (missing, counts) = counts.split_last().unwrap();
    let n: usize = counts.iter().sum();
    let levels = counts.iter().enumerate().map(|(k, &count)| LevelCount {
        level: format!("level {k}"),
        n: count,
        share: (n > 0).then(|| count as f64 / n as f64),
    });
    Summary {
        variable: "living".into(),
        label: "Living".into(),
        unit: None,
        strata,
        n,
        missing: *missing,
        kind: SummaryKind::Levels(levels.collect()),
    }
}

/// What a reader sees of a cell: the number, or nothing.
fn read(cell: &str) -> Option<usize> {
    cell.split(' ').next().unwrap().parse().ok()
}

fn listing(content: &[Content]) -> &Listing {
    match content {
        [Content::Listing(listing)] => listing,
        other => unreachable!("{other:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The reader has the page alone, knows how many are in each arm, and adds and subtracts whatever is
    /// there: levels to those with a value, these and the missing to everybody, arms to all.
    #[test]
    fn nobody_can_work_out_a_level_from_the_page(
        arms in prop::collection::vec(prop::collection::vec(prop_oneof![0_usize..10, 10_usize..40], 4), 2),
        large in 0_usize..3,
    ) {
        let mut rows = arms.clone();
        for row in &mut rows {
            row[large] += 60;
        }
        let all: Vec<usize> = (0..4).map(|k| rows[0][k] + rows[1][k]).collect();
        rows.push(all);
        let strata = [arm("EKC"), arm("WT"), vec![]];
        let summaries = rows.iter().zip(strata).map(|(row, strata)| summary(strata, row));
        let content = guarded(Content::Summaries(summaries.collect()));
        let table = listing(&content);
        // Of each row: with a value, missing, three levels, and everybody.
        let mut cells = Vec::new();
        let mut fates = Vec::new();
        for (row, written) in rows.iter().zip(&table.rows) {
            let n: usize = row[..3].iter().sum();
            let truth = [n, row[3], row[0], row[1], row[2]];
            for (k, &number) in truth.iter().enumerate() {
                let seen = read(&written[1 + k]);
                prop_assert!(seen.is_none_or(|seen| seen == number));
                prop_assert!(seen.is_none() || number == 0 || number >= 10, "{number} is shown");
                cells.push((number, Printed::Here));
                fates.push(if seen.is_some() { Fate::Shown } else { Fate::Small });
                // A share with one of its two numbers would tell the other.
                prop_assert!(!written[1 + k].contains('%') || read(&written[1]).is_some());
            }
            cells.push((n + row[3], Printed::Elsewhere));
            fates.push(Fate::Shown);
        }
        let places: Vec<[usize; 6]> = (0..3).map(|r| [0, 1, 2, 3, 4, 5].map(|k| 6 * r + k)).collect();
        let mut balances: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        for row in &places {
            balances.push((row[2..5].to_vec(), vec![row[0]]));
            balances.push((vec![row[0], row[1]], vec![row[5]]));
        }
        for ((&a, &b), &all) in places[0].iter().zip(&places[1]).zip(&places[2]) {
            balances.push((vec![a, b], vec![all]));
        }
        let balances: Vec<(&[usize], &[usize])> =
            balances.iter().map(|(a, b)| (a.as_slice(), b.as_slice())).collect();
        let counts = with(&cells, &balances);
        prop_assert_eq!(subtracted(&counts, &fates), Vec::<usize>::new());
        let zero = cells.iter().zip(&fates).any(|((n, _), fate)| *n == 0 && !fate.is_shown());
        let (least, most, done) = Reader::tries(&counts, &fates, usize::from(!zero), 3_000);
        for (i, (n, _)) in cells.iter().enumerate().filter(|(i, _)| !fates[*i].is_shown()) {
            if done {
                prop_assert!(least[i] < most[i], "{n} is told by trying");
                prop_assert!(*n == 0 || *n >= 10 || most[i] >= 10, "{n} is told to be small");
            }
        }
    }
}

#[test]
fn a_mean_of_few_is_hidden_with_one_that_would_tell_it() {
    let of = |strata, n: usize, mean| Summary {
        n,
        missing: 0,
        strata,
        variable: "problems".into(),
        label: "Problems".into(),
        unit: None,
        kind: SummaryKind::Numbers(Numbers {
            mean: Some(mean),
            sd: Some(1.0),
            min: Some(0.0),
            max: Some(23.0),
            median: Some(5.0),
            lower_quartile: Some(3.0),
            upper_quartile: Some(8.0),
            ..Numbers::default()
        }),
    };
    let summaries = vec![
        of(arm("a"), 4, 9.0),
        of(arm("b"), 30, 5.0),
        of(arm("c"), 60, 4.0),
        of(vec![], 94, 4.5),
    ];
    let content = guarded(Content::Summaries(summaries));
    let rows = &listing(&content).rows;
    let hidden = "[<10]";
    // n, missing, mean, SD, Q1, median, Q3: that of 4 and the smallest other, 30.
    assert_eq!(rows[0][1], hidden);
    assert_eq!(rows[0][3..], [hidden; 5]);
    assert_eq!(rows[1][1], hidden);
    assert_eq!(rows[1][3..], [hidden; 5]);
    assert_eq!(rows[2][3..], ["4.00", "1.00", "3.00", "5.00", "8.00"]);
    assert_eq!(rows[3][1], "94");
    let text = table_text(
        &content[0],
        Style {
            ink: Ink::Plain,
            width: 100,
        },
    );
    assert!(!text.contains("23") && !text.contains("Max"));
}

#[test]
fn pictures_of_single_families_and_their_lines_are_taken_out() {
    let lines = Trajectories {
        title: "Course".into(),
        own_lines: Some(crate::OwnLines {
            noun: "families".into(),
            lines: vec![vec![Some(1.0)]],
            of: 1,
            seed: None,
        }),
        ..Trajectories::default()
    };
    let circle = EgoPicture {
        title: "A circle".into(),
        waves: vec![EgoWave::default()],
        ..EgoPicture::default()
    };
    let report = report(vec![Content::Trajectories(lines), Content::Ego(circle)]);
    let guarded = guard(&report, &Disclosure::default());
    let [Content::Trajectories(lines), Content::Text(sentence)] =
        guarded.sections[0].content.as_slice()
    else {
        unreachable!()
    };
    assert_eq!(lines.own_lines, None);
    assert_eq!(
        sentence,
        "The picture of one family is left out: whoever knows the people in it can see who they are, without \
         any name."
    );
    assert_eq!(
        guarded.notes,
        ["2 pictures of single families or persons left out, as it can be seen who they are."]
    );
    assert!(html(&guarded).is_ok());
}

#[test]
fn rates_that_share_people_hide_each_others_small_counts() {
    let rate = |label: &str, of: &str, events, total| Rate {
        id: label.into(),
        label: label.into(),
        of: of.into(),
        strata: vec![],
        events,
        total,
        unknown: 0,
        estimate: None,
    };
    // 6 of 100 were not started: so 94 is hidden in both rows, and 70 of [<10] has no share.
    let rates = vec![
        rate("started", "referrals", 94, 100),
        rate("held", "referrals", 70, 100),
        rate("held", "started", 70, 94),
    ];
    let content = guarded(Content::Rates(rates));
    let shown: Vec<&str> = listing(&content)
        .rows
        .iter()
        .map(|row| row[2].as_str())
        .collect();
    assert_eq!(shown, ["[<10] of 100", "70 of 100", "70 of [<10]"]);
    // Where nothing is small nothing is changed.
    let rates = Content::Rates(vec![rate("held", "referrals", 70, 100)]);
    assert_eq!(guarded(rates.clone()), [rates]);
}

#[test]
fn a_flow_with_small_counts_becomes_a_table_and_takes_its_patterns_with_it() {
    let waves = vec!["T1".to_owned(), "T2".to_owned()];
    let seen = |n, flags: [bool; 2]| vec![(0, flags.to_vec()); n];
    let subjects = [seen(40, [true, true]), seen(3, [true, false])].concat();
    let flow = Flow::count(waves, vec![], &["EKC".to_owned()], &subjects).unwrap();
    let mut report = report(vec![Content::Patterns(Patterns::of_flow(&flow))]);
    report.flow = Some(flow);
    let guarded = guard(&report, &Disclosure::default());
    assert_eq!(guarded.flow, None);
    let rows = &listing(&guarded.sections[0].content).rows;
    let n = |what: &str| &rows.iter().find(|row| row[1] == what).unwrap()[2];
    assert_eq!([n("in all"), n("seen at T1")], ["43", "43"]);
    assert_eq!(
        [n("seen at T2"), n("left at T2"), n("seen at every wave")],
        ["[<10]"; 3]
    );
    assert!(matches!(
        guarded.sections[1].content.as_slice(),
        [Content::Text(_)]
    ));
    // With enough in every count the picture stays.
    let subjects = [seen(40, [true, true]), seen(30, [true, false])].concat();
    let waves = vec!["T1".to_owned(), "T2".to_owned()];
    let flow = Flow::count(waves, vec![], &["EKC".to_owned()], &subjects).unwrap();
    report.flow = Some(flow.clone());
    assert_eq!(guard(&report, &Disclosure::default()).flow, Some(flow));
}

#[test]
fn counts_are_rounded_on_request_and_intervals_then_left_out() {
    let rate = Rate {
        id: "a".into(),
        label: "a".into(),
        of: "b".into(),
        strata: vec![],
        events: 38,
        total: 71,
        unknown: 0,
        estimate: None,
    };
    let rules = Disclosure {
        rounding: Rounding::Fives,
        ..Disclosure::default()
    };
    let guarded = guard(&report(vec![Content::Rates(vec![rate])]), &rules);
    let row = &listing(&guarded.sections[0].content).rows[0];
    assert_eq!(row[2..5], ["40 of 70", "57.1%", ABSENT]);
    assert_eq!(
        guarded.notes,
        ["Counts are rounded to fives, totals by themselves."]
    );
}
