//! `kring attrition`, `process`, `inventory`, `methods`, and results in other markup.

use kring::attrition::Leavers;
use kring::core::BaselineTable;
use kring::inventory::InventoryFigures;
use kring::method::{Answer, Field, Method};
use kring::process::Course;

use crate::{Run, folder, kring};

const FDD: [&str; 7] = [
    "datasets/studies/deroos-2011/data/fdd.csv",
    "--subject",
    "id",
    "--arm",
    "trt",
    "--wide",
    "yc=yc{wave}",
];

/// The regression is that of groups.R in the tests of the facade, there with C less E.
#[test]
fn who_left_the_fireworks_trial() {
    let further = ["--variable", "age", "--variable", "sex", "--json"];
    let run = kring(&[&["attrition"][..], &FDD, &["--arms", "E,C"], &further].concat());
    let found: Leavers = run.succeeded().json();
    let regression = found.regression.unwrap();
    let age = regression
        .estimates
        .iter()
        .find(|e| e.label == "age")
        .unwrap();
    assert!((age.value.finite().unwrap() + 0.471_750_029_47).abs() < 1e-7);
    let arm = regression
        .estimates
        .iter()
        .find(|e| e.label == "trtC")
        .unwrap();
    assert!((arm.value.finite().unwrap() + 1.130_392_368_77).abs() < 1e-7);
    assert!((regression.tests[0].p_value.unwrap() - 0.955_728_467).abs() < 1e-6);
    assert_eq!(found.tables.rates[0].events, 24);
    assert!(found.bounds.is_none());
}

/// By hand: means 2 and 4, SDs 1 and 2, so that the difference is 2 in units of the first arm, 1 of the
/// second, and 2/√2.5 of both.
#[test]
fn arms_side_by_side_in_units_and_words_of_ones_own() {
    let folder = folder("baseline");
    let families = "family,wave,arm,problems\n1,1,WT,1\n2,1,WT,2\n3,1,WT,3\n4,1,EKC,2\n5,1,EKC,4\n\
        6,1,EKC,6\n1,2,WT,9\n4,2,EKC,9\n";
    std::fs::write(folder.join("families.csv"), families).unwrap();
    let start = [
        "baseline",
        "families.csv",
        "--arm",
        "arm",
        "--variable",
        "problems",
    ];
    let people = [
        "--subject",
        "family",
        "--wave",
        "wave",
        "--arms",
        "WT=Teams,EKC=Conferences",
    ];
    let label = ["--label", "problems=Problems at the start"];
    for (unit, difference) in [
        ("reference", 2.0),
        ("treated", 1.0),
        ("pooled", 2.0 / 2.5_f64.sqrt()),
    ] {
        let further = ["--denominator", unit, "--json"];
        let all = [&start[..], &people, &label, &further].concat();
        let table: BaselineTable = Run::of(&all, &folder, &[]).succeeded().json();
        let labels: Vec<&str> = table
            .groups
            .iter()
            .map(|group| group.label.as_str())
            .collect();
        assert_eq!(labels, ["Teams", "Conferences"]);
        let problems = &table.variables[0];
        assert_eq!(problems.label, "Problems at the start");
        let found = problems.differences[0].value.finite().unwrap();
        assert!((found - difference).abs() < 1e-12, "{unit}: {found}");
    }
    // Without a subject every row is one.
    let rows = [&start[..], &label].concat();
    let text = Run::of(&rows, &folder, &[]).succeeded().out;
    assert!(
        text.contains("Problems at the start") && text.contains("WT (n = 4)"),
        "{text}"
    );
    let unknown = [&start[..], &["--label", "problem=Problems"]].concat();
    let refused = Run::of(&unknown, &folder, &[]);
    assert_eq!(refused.status, 2);
    assert!(
        refused.err.contains("did you mean `problems`"),
        "{}",
        refused.err
    );
}

#[test]
fn a_result_alone_speaks_of_no_published_figure() {
    let folder = folder("alone");
    let out = folder.to_str().unwrap();
    kring(&[&["attrition"][..], &FDD, &["--out", out]].concat()).succeeded();
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    for words in ["published figure", "In the protocol", "exploratory"] {
        assert!(!page.contains(words), "{words}");
    }
    assert!(page.contains("<h2 id=\"h-analyses\">Result</h2>"));
}

#[test]
fn a_result_is_written_in_every_form_and_as_files() {
    let folder = folder("attrition");
    let out = folder.to_str().unwrap();
    for (format, word) in [
        ("text", "Patterns of waves"),
        ("markdown", "| ---"),
        ("latex", "\\toprule"),
        ("csv", "24 of 52"),
        ("html", "<table"),
        ("json", "\"patterns\""),
    ] {
        let further = ["--variable", "age", "--format", format, "--out", out];
        let run = kring(&[&["attrition"][..], &FDD, &further].concat()).succeeded();
        assert!(run.out.contains(word), "{format}: {}", run.out);
    }
    for file in ["report.html", "results.json", "patterns.svg"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    let model = [
        "fit",
        "lm",
        "--data",
        FDD[0],
        "--formula",
        "yc3 ~ trt",
        "--format",
        "markdown",
    ];
    assert!(kring(&model).succeeded().out.contains("| ---"));
}

/// Four referrals: three started, two conferences; ten agreements and five, eight and three taken on.
#[test]
fn a_programme_from_a_file() {
    let folder = folder("process");
    let text = "started,held,region,referred,date,agreed,circle\n\
        yes,yes,N,2024-01-01,2024-02-01,10,8\n\
        yes,yes,N,2024-01-05,2024-03-01,,\n\
        yes,no,Z,2024-02-01,,5,3\n\
        no,no,Z,2025-02-01,,,\n";
    std::fs::write(folder.join("referrals.csv"), text).unwrap();
    let arguments = [
        "process",
        "referrals.csv",
        "--started",
        "started",
        "--conference",
        "held=yes",
        "--referred-on",
        "referred",
        "--held-on",
        "date",
        "--agreements",
        "agreed",
        "--by-circle",
        "circle",
        "--by",
        "region",
        "--by-year-of",
        "referred",
        "--json",
    ];
    let course: Course = Run::of(&arguments, &folder, &[]).succeeded().json();
    let of_started = course.overall.rate("conference_of_started").unwrap();
    assert_eq!((of_started.events, of_started.total), (2, 3));
    let circle = course.overall.rate("circle_of_agreements").unwrap();
    assert_eq!((circle.events, circle.total), (11, 15));
    // 31 and 56 days.
    let days = course.overall.summary("days").unwrap().numbers().unwrap();
    assert_eq!(days.mean, Some(43.5));
    let names: Vec<&str> = course.by.iter().map(|by| by.variable.as_str()).collect();
    assert_eq!(names, ["region", "year"]);
}

#[test]
fn problems_and_raters_from_a_file() {
    let folder = folder("inventory");
    let text = "family,wave,worker,housing\na,1,x,2\na,1,y,2\na,2,x,4\na,2,y,4\n\
        b,1,x,5\nb,1,y,5\nb,2,x,2\nb,2,y,5\n";
    std::fs::write(folder.join("scores.csv"), text).unwrap();
    let one: String = text
        .lines()
        .filter(|line| !line.contains(",y,"))
        .fold(String::new(), |text, line| text + line + "\n");
    std::fs::write(folder.join("one.csv"), one).unwrap();
    let list = [
        "--subject",
        "family",
        "--wave",
        "wave",
        "--item",
        "housing=Housing",
        "--at-most",
        "2",
        "--json",
    ];
    let arguments = [&["inventory", "one.csv"][..], &list].concat();
    let found: InventoryFigures = Run::of(&arguments, &folder, &[]).succeeded().json();
    let change = &found.transitions[0];
    assert_eq!(
        (change.label.as_str(), change.solved, change.new),
        ("Housing", 1, 1)
    );
    // The rows of one of the raters are those of the other file.
    let arguments = [
        &["inventory", "scores.csv", "--where", "worker=x"][..],
        &list,
    ]
    .concat();
    let narrowed: InventoryFigures = Run::of(&arguments, &folder, &[]).succeeded().json();
    assert_eq!(narrowed, found);
    let arguments = [&["inventory", "scores.csv", "--rater", "worker"][..], &list].concat();
    let found: Answer = Run::of(&arguments, &folder, &[]).succeeded().json();
    // Three problems among eight ratings, one pair that differs.
    let alpha = found.estimates[0].value.finite().unwrap();
    assert!((alpha - (1.0 - 0.25 * 56.0 / 30.0)).abs() < 1e-12);
}

#[test]
fn methods_tell_their_fields() {
    let all = kring(&["methods"]).succeeded().out;
    for kind in Method::KINDS {
        assert!(all.contains(kind), "{kind}");
        let fields: Vec<Field> = kring(&["methods", kind, "--json"]).succeeded().json();
        assert_eq!(fields, Method::fields(kind).unwrap());
    }
    let listed = kring(&["methods", "--json"]).succeeded().out;
    assert_eq!(kring(&["test", "--list", "--json"]).succeeded().out, listed);
    let designs: Vec<String> = kring(&["power", "--list", "--json"]).succeeded().json();
    assert!(designs.contains(&"two_means".to_owned()));
    let said = kring(&["methods", "equivalence"]).succeeded().out;
    assert!(
        said.contains("options.margin.raw.low  (number, must be given)"),
        "{said}"
    );
    assert!(
        said.contains("options.alpha  (number, 0.05 unless given)"),
        "{said}"
    );
}

/// A protocol asks for the same by `kind`.
#[test]
fn a_protocol_asks_for_dropout_programmes_and_lists() {
    let folder = folder("protocol");
    let protocol = r#"
[study]
title = "Four families"
authors = "Nobody"
summary = "Made up."

[design]
allocation = "self_selected"
arms = [{ name = "WT" }, { name = "EKC" }]

[data]
files = ["families.csv"]
relation = "same"
kind = "microdata"
subject = "family"
wave = "wave"
arm = "arm"

[[analysis]]
id = "left"
title = "Who left"
role = "descriptive"
kind = "dropout"
variables = ["age"]

[[analysis]]
id = "list"
title = "Problems"
role = "descriptive"
kind = "inventory"
options = { items = [{ column = "debts" }] }

[[analysis]]
id = "course"
title = "Plans"
role = "descriptive"
kind = "process"
options = { plan = { column = "plan" } }
"#;
    let families = "family,wave,arm,age,plan,debts\n1,1,EKC,34,1,1\n1,2,EKC,34,1,0\n2,1,EKC,41,1,1\n\
        2,2,EKC,41,1,1\n3,1,WT,29,0,0\n3,2,WT,29,0,1\n4,1,WT,35,1,1\n5,1,WT,38,0,1\n5,2,WT,38,0,1\n6,1,EKC,36,0,1\n";
    std::fs::write(folder.join("study.toml"), protocol).unwrap();
    std::fs::write(folder.join("families.csv"), families).unwrap();
    let run = Run::of(
        &["replicate", "study.toml", "--format", "html"],
        &folder,
        &[],
    )
    .succeeded();
    for words in [
        "age",
        "allocated",
        "Problems from wave 1 to wave 2",
        "plan made",
    ] {
        assert!(run.out.contains(words), "{words}: {}", run.out);
    }
}

const THREE_ARMS: &str = "family,wave,arm,problems\n1,1,WT,6\n1,2,WT,5\n2,1,WT,4\n3,1,EKC,7\n3,2,EKC,3\n\
    4,1,EKC,5\n5,1,other,9\n5,2,,8\n6,1,other,2\n";

/// Two of six people are in the other arm, one of whom names it at one wave only; of the four that stay two
/// left. Faults keep the rows of the file: the second row of family 3 is row 10.
#[test]
fn people_of_other_arms_are_left_out_and_counted() {
    let folder = folder("arms");
    std::fs::write(folder.join("three.csv"), THREE_ARMS).unwrap();
    let who = [
        "three.csv",
        "--subject",
        "family",
        "--wave",
        "wave",
        "--arm",
        "arm",
        "--arms",
        "WT,EKC",
    ];
    let run = Run::of(
        &[&["attrition"][..], &who, &["--json"]].concat(),
        &folder,
        &[],
    );
    let found: Leavers = run.succeeded().json();
    assert_eq!(
        (found.tables.rates[0].events, found.tables.rates[0].total),
        (2, 4)
    );
    assert_eq!(found.patterns.groups, ["WT", "EKC"]);
    let said = "Left out, being in none of the arms asked for: 2 people of arm other.";
    assert!(
        found.tables.definition.ends_with(said),
        "{}",
        found.tables.definition
    );
    for command in ["describe", "baseline"] {
        let out = Run::of(&[&[command][..], &who].concat(), &folder, &[])
            .succeeded()
            .out;
        let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(out.contains(said) && !out.contains("(no arm)"), "{out}");
    }
    std::fs::write(folder.join("three.csv"), format!("{THREE_ARMS}3,2,EKC,1\n")).unwrap();
    let run = Run::of(&[&["describe"][..], &who].concat(), &folder, &[]);
    assert_eq!(run.status, 1);
    assert!(
        run.out.contains("row 10 (subject 3, wave 2)"),
        "{}",
        run.out
    );
    assert!(run.out.contains("the first is row 5"), "{}", run.out);

    let compared = [
        "compare",
        "three.csv",
        "--outcome",
        "problems",
        "--arm",
        "arm",
        "--where",
        "wave=1",
    ];
    let run = Run::of(
        &[&compared[..], &["--arms", "WT,EKC"]].concat(),
        &folder,
        &[],
    );
    let out = run.succeeded().out;
    assert!(
        out.contains("EKC − WT") && out.contains("2 rows of arm other"),
        "{out}"
    );
    assert!(out.contains("--where wave=1: 6 of 10 rows"), "{out}");
}

/// Family 4 was seen at the first wave only: at the second it is missing, and not merely absent.
#[test]
fn long_data_are_compared_a_row_a_family() {
    let folder = folder("long");
    let rows = "family,wave,arm,problems\n1,1,WT,6\n1,2,WT,5\n2,1,WT,4\n2,2,WT,4\n3,1,WT,7\n3,2,WT,7\n\
        4,1,EKC,9\n5,1,EKC,5\n5,2,EKC,2\n6,1,EKC,8\n6,2,EKC,3\n7,1,EKC,4\n7,2,EKC,4\n";
    std::fs::write(folder.join("long.csv"), rows).unwrap();
    let of = |words: &str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        Run::of(&words, &folder, &[])
    };
    let by_family = "long.csv --subject family --wave wave";
    let compared = of(&format!(
        "compare {by_family} --arm arm --outcome problems_2 --baseline problems_1"
    ));
    let out = compared.succeeded().out;
    assert!(
        out.contains("Rests on the 6 of 7 with complete data"),
        "{out}"
    );
    let tested = of(&format!(
        "test mean_difference {by_family} outcome=problems_2 by=arm"
    ));
    let tested = tested.succeeded().out;
    let chosen = of("test mean_difference long.csv --wave wave=2 outcome=problems by=arm");
    let chosen = chosen.succeeded().out;
    let difference = "WT − EKC            2.333";
    assert!(
        [&tested, &chosen]
            .iter()
            .all(|out| out.contains(difference)),
        "{tested}\n{chosen}"
    );
    assert!(chosen.contains("--wave wave=2: 6 of 13 rows."), "{chosen}");
    let fitted = of("fit lm --data long.csv --where wave=2 --formula problems~arm");
    assert!(fitted.succeeded().out.contains("6 of 13 rows"));
    let both = of("compare long.csv --subject family --wave wave=2 --arm arm --outcome problems_2");
    assert_eq!(both.status, 2);
    assert!(
        both.err.contains("each wave has columns of its own"),
        "{}",
        both.err
    );
}

/// The alphabet would put the end before the start; the rows of each family do not.
#[test]
fn waves_in_words_stand_in_the_order_of_the_rows() {
    let folder = folder("words");
    let rows = "family,wave,arm,problems\n1,voor,WT,6\n1,na,WT,5\n1,eind,WT,5\n2,voor,WT,8\n2,na,WT,4\n\
        3,voor,EKC,7\n3,eind,EKC,3\n4,voor,EKC,5\n4,na,EKC,4\n4,eind,EKC,4\n";
    std::fs::write(folder.join("words.csv"), rows).unwrap();
    let of = |words: &str| {
        let words: Vec<&str> = words.split_whitespace().collect();
        Run::of(&words, &folder, &[])
    };
    let who = "words.csv --subject family --wave wave --arm arm";
    let out = of(&format!("baseline {who} --variable problems"))
        .succeeded()
        .out;
    assert!(
        out.contains("7.00 (1.41)") && out.contains("6.00 (1.41)"),
        "{out}"
    );
    let out = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        out.contains(
            "in the order in which the rows of each subject go through them: voor, na, eind."
        ),
        "{out}"
    );
    let declared = of(&format!(
        "baseline {who} --waves eind,na,voor --variable problems"
    ));
    let out = declared.succeeded().out;
    assert!(
        out.contains("3.50 (0.71)") && !out.contains("named in words"),
        "{out}"
    );
    let alone = of("compare words.csv --subject family --arm arm --outcome problems");
    assert_eq!(alone.status, 2);
    assert!(alone.err.contains("--wave"), "{}", alone.err);
}

/// ja and yes are what is counted, whatever the alphabet says.
#[test]
fn models_count_ja() {
    let folder = folder("ja");
    let rows = "arm,home\nWT,nee\nWT,nee\nWT,ja\nWT,nee\nEKC,ja\nEKC,ja\nEKC,nee\nEKC,ja\n";
    std::fs::write(folder.join("ja.csv"), rows).unwrap();
    let words = [
        "test",
        "glm",
        "ja.csv",
        "formula=home ~ arm",
        "options.family=binomial",
        "--json",
    ];
    let answer: Answer = Run::of(&words, &folder, &[]).succeeded().json();
    let wt = answer
        .estimates
        .iter()
        .find(|e| e.label == "armWT")
        .unwrap();
    // Odds of ja 1/3 in WT and 3 in EKC.
    assert!((wt.value.finite().unwrap() + 9_f64.ln()).abs() < 1e-6);
}

#[test]
fn figures_that_allow_no_check_are_told_beside_the_others() {
    let folder = folder("figures");
    let table = "id,value,sample,whole_items\nproblems,5.19,28,1\nage,11.2,28,\n";
    std::fs::write(folder.join("figures.csv"), table).unwrap();
    let run = Run::of(&["check", "figures.csv"], &folder, &[]);
    assert_eq!(run.status, 1);
    assert!(
        run.out.contains("problems: inconsistent (GRIM)"),
        "{}",
        run.out
    );
    assert!(run.out.contains("age: not checked."), "{}", run.out);
    std::fs::write(folder.join("figures.csv"), "id,value,sample\nage,11.2,28\n").unwrap();
    let run = Run::of(&["check", "figures.csv"], &folder, &[]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("age: not checked."), "{}", run.err);
}

#[test]
fn a_page_names_the_command_that_made_it() {
    let folder = folder("provenance");
    std::fs::write(folder.join("three.csv"), THREE_ARMS).unwrap();
    let words = [
        "compare",
        "three.csv",
        "--outcome",
        "problems",
        "--arm",
        "arm",
        "--out",
        "here",
    ];
    Run::of(&words, &folder, &[]).succeeded();
    let page = std::fs::read_to_string(folder.join("here/report.html")).unwrap();
    assert!(
        page.contains("kring compare three.csv --outcome problems --arm arm"),
        "no command"
    );
    assert!(page.contains(env!("CARGO_PKG_VERSION")) && !page.contains("--out here"));
}
