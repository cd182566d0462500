//! `kring describe`.

use kring::Description;
use kring::core::{Numbers, Summary, SummaryKind};

use crate::kring;

const FDD: &str = "datasets/studies/deroos-2011/data/fdd";

fn described(ending: &str, further: &[&str]) -> Description {
    let file = format!("{FDD}.{ending}");
    let roles = [
        "--subject",
        "id",
        "--arm",
        "trt",
        "--wide",
        "yc=yc1,yc2,yc3",
        "--json",
    ];
    let arguments = [&["describe", file.as_str()][..], &roles, further].concat();
    kring(&arguments).succeeded().json()
}

fn summary<'a>(description: &'a Description, arm: &str, wave: &str) -> &'a Summary {
    let is_of = |summary: &&Summary| {
        let levels: Vec<&str> = summary.strata.iter().map(|s| s.level.as_str()).collect();
        summary.variable == "yc" && levels == [arm, wave]
    };
    description.summaries.iter().find(is_of).unwrap()
}

/// Counts and means from numbers.R.
#[test]
fn the_figures_are_those_of_r() {
    let description = described("csv", &["--variable", "yc"]);
    assert_eq!(description.subjects, 52);
    assert!(description.violations.is_empty());
    for (arm, wave, n, mean) in [
        ("C", "1", 18, 30.388_888_89),
        ("C", "2", 16, 16.937_5),
        ("C", "3", 16, 17.687_5),
        ("E", "1", 18, 31.833_333_33),
        ("E", "2", 14, 14.928_571_43),
        ("E", "3", 12, 12.5),
    ] {
        let summary = summary(&description, arm, wave);
        assert_eq!(summary.n, n);
        let ours = summary.numbers().unwrap().mean.unwrap();
        assert!((ours - mean).abs() < 1e-8, "{arm} {wave}: {ours}");
    }
    let flow = description.flow.unwrap();
    let first: Vec<usize> = flow.arms.iter().map(|arm| arm.waves[0].present).collect();
    assert_eq!(first, [18, 18]);
}

/// Everything but the order: the codes of the SPSS file put EMDR first, the letters of the CSV CBT.
#[test]
fn csv_and_sav_give_equal_summaries() {
    let sorted = |ending: &str| {
        let mut summaries = described(ending, &[]).summaries;
        summaries.sort_by_key(|s| (s.variable.clone(), format!("{:?}", s.strata)));
        for summary in &mut summaries {
            if let SummaryKind::Levels(levels) = &mut summary.kind {
                levels.sort_by(|a, b| a.level.cmp(&b.level));
            }
        }
        summaries
    };
    let (csv, sav) = (sorted("csv"), sorted("sav"));
    assert_eq!(csv.len(), sav.len());
    assert!(csv.len() > 100); // some sixty variables by two arms
    for (a, b) in csv.iter().zip(&sav) {
        assert_eq!((&a.variable, &a.strata), (&b.variable, &b.strata));
        assert_eq!((a.n, a.missing), (b.n, b.missing), "{}", a.variable);
        assert!(
            alike(&a.kind, &b.kind),
            "{}: {:?} and {:?}",
            a.variable,
            a.kind,
            b.kind
        );
    }
}

/// Equal levels; equal numbers up to the fifteen digits that the CSV prints.
fn alike(a: &SummaryKind, b: &SummaryKind) -> bool {
    let (SummaryKind::Numbers(a), SummaryKind::Numbers(b)) = (a, b) else {
        return a == b;
    };
    let all = |x: &Numbers| {
        [
            x.mean,
            x.sd,
            x.min,
            x.lower_quartile,
            x.median,
            x.upper_quartile,
            x.max,
            x.sum,
        ]
    };
    all(a).into_iter().zip(all(b)).all(|(a, b)| match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-13 * a.abs().max(1.0),
        _ => a == b,
    })
}

#[test]
fn a_description_is_read_by_people_too() {
    let file = format!("{FDD}.csv");
    let roles = [
        "--subject",
        "id",
        "--arm",
        "trt",
        "--wide",
        "yc=yc{wave}",
        "--variable",
        "yc",
    ];
    let run = kring(&[&["describe", file.as_str()][..], &roles].concat()).succeeded();
    for words in [
        "fdd.csv: 52 rows, 65 columns, 52 subjects, no violations",
        "30.39",
        "Who was seen",
    ] {
        assert!(run.out.contains(words), "{words}\n{}", run.out);
    }
}
