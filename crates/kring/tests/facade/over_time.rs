//! Designs over time: arms equal at the start, differences in differences, lines that bend, counts in two parts.

use kring::method::{Answer, Method};
use kring_core::{Caution, Column, Estimate, Table};

use crate::mixed::{close, counts, families, run};

const COLUMNS: [(&str, &str); 3] = [("arm", "arm"), ("wave", "wave"), ("subject", "family")];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&COLUMNS[..], more].concat()
}

fn any<'a>(answer: &'a Answer, label: &str) -> &'a Estimate {
    let found = answer.all_estimates().find(|e| e.label == label);
    found.unwrap_or_else(|| {
        let labels: Vec<&str> = answer.all_estimates().map(|e| e.label.as_str()).collect();
        panic!("no {label} among {labels:?}")
    })
}

fn value(answer: &Answer, label: &str) -> f64 {
    any(answer, label).value.finite().unwrap()
}

fn refused(kind: &str, table: &Table, fields: &[(&str, &str)]) -> String {
    match Method::named(kind, fields) {
        Ok(method) => method.run(table).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

/// Nobody wrote the formula that the fields make: what is wrong in it is said of the field.
#[test]
fn a_fault_in_the_formula_that_fields_make_is_one_of_the_field() {
    for (field, text, says) in [
        (
            "covariates",
            "[\"np.log(age)\"]",
            "`covariates`: `np.log(age)`: there is no function `np.log`; did you mean `log`?",
        ),
        ("covariates", "[\"wave +\"]", "`covariates`: `wave +`: "),
        (
            "covariates",
            "[\"problem\"]",
            "`covariates`: `problem`: there is no column `problem`",
        ),
        (
            "outcome",
            "cbind(problem, 2)",
            "`outcome`: `cbind(problem, 2)`: ",
        ),
        ("outcome", "problem", "no column `problem`"),
    ] {
        for kind in ["clda", "difference_in_differences"] {
            let mut fields: Vec<_> = with(&[("outcome", "problems")]);
            fields.retain(|(name, _)| *name != field);
            fields.push((field, text));
            if kind == "clda" {
                fields.push(("options.allocation", "randomised"));
            }
            let told = refused(kind, &counts(), &fields);
            assert!(told.contains(says), "{kind}, {field}: {told}");
        }
    }
}

/// R 4.2.2, nlme 3.1: `gls(y ~ factor(wave) + e1 + e2, correlation = corSymm(form = ~ wave + 1 | i),
/// weights = varIdent(form = ~ 1 | wave))`, e1 and e2 the arm EKC at waves 1 and 2.
#[test]
fn arms_equal_at_the_start_are_those_of_gls() {
    let fields = with(&[
        ("outcome", "problems"),
        ("options.allocation", "randomised"),
    ]);
    let answer = run("clda", &counts(), &fields);
    for (label, value, std_error) in [
        ("EKC − WT at wave 1", -2.772_222_224_3, 0.422_779_717_5),
        ("EKC − WT at wave 2", -1.661_111_112_8, 0.592_176_086_0),
    ] {
        let found = any(&answer, label);
        assert!(
            (found.value.finite().unwrap() - value).abs() < 1e-5,
            "{found:?}"
        );
        assert!(
            (found.std_error.unwrap() - std_error).abs() < 1e-5,
            "{found:?}"
        );
    }
    let means = answer.means.as_ref().unwrap();
    let start: Vec<f64> = means
        .estimates()
        .take(2)
        .map(|e| e.value.finite().unwrap())
        .collect();
    close(start[0], start[1]);
    // Nothing is compared where nothing can differ.
    assert!(
        !answer
            .all_estimates()
            .any(|e| e.label == "EKC − WT at wave 0")
    );
    assert_eq!(answer.tests[0].label, "arm at all later waves");
    assert!(
        !means
            .estimates()
            .any(|e| e.cautions.iter().any(is_declared))
    );
}

fn is_declared(caution: &Caution) -> bool {
    matches!(caution, Caution::Note(note) if note.contains("declared"))
}

/// Choice does not make arms equal: it must be declared, and then every number says so.
#[test]
fn arms_that_chance_did_not_make_are_not_taken_as_equal() {
    let asked = with(&[("outcome", "problems")]);
    for more in [vec![], vec![("options.allocation", "not_randomised")]] {
        let told = refused("clda", &counts(), &[&asked[..], &more].concat());
        assert!(
            told.contains("difference_in_differences") && told.contains("declared"),
            "{told}"
        );
    }
    let answer = run(
        "clda",
        &counts(),
        &[&asked[..], &[("options.declared", "true")]].concat(),
    );
    assert!(
        answer
            .all_estimates()
            .all(|e| e.cautions.iter().any(is_declared))
    );
}

/// The changes of the means by hand: 2 for WT, 3 for EKC.
#[test]
fn changes_are_compared_by_hand() {
    let fields = with(&[
        ("outcome", "score"),
        ("model", "{ gee = { covariance = 'model_based' } }"),
    ]);
    let answer = run("difference_in_differences", &families(), &fields);
    let effect = any(&answer, "EKC − WT, change from wave 1 to 2");
    close(effect.value.finite().unwrap(), 1.0);
    let assumed = |caution: &Caution| matches!(caution, Caution::Note(note) if note.contains("would have changed"));
    assert!(effect.cautions.iter().any(assumed));
    let alone = "nothing can speak against the assumption";
    assert!(
        answer.notes.iter().any(|note| note.contains(alone)),
        "{:?}",
        answer.notes
    );
}

/// With two waves before the start they are checked; counts have ratios too.
#[test]
fn waves_before_the_start_are_checked() {
    let poisson = ("model", "{ gee = { family = 'poisson' } }");
    let fields = with(&[("outcome", "problems"), ("options.start", "2"), poisson]);
    let answer = run("difference_in_differences", &counts(), &fields);
    let plain = run(
        "gee",
        &counts(),
        &[
            ("formula", "problems ~ arm * factor(wave)"),
            ("subject", "family"),
            ("wave", "wave"),
            ("options.family", "poisson"),
        ],
    );
    let coefficient = |label: &str| crate::mixed::value(&plain, label);
    let (first, second) = (
        coefficient("armEKC:factor(wave)1"),
        coefficient("armEKC:factor(wave)2"),
    );
    close(
        value(&answer, "EKC / WT, change from wave 1 to 2"),
        second - first,
    );
    close(value(&answer, "EKC / WT, change from wave 0 to 1"), first);
    let mean = |arm: &str, wave: u8| value(&answer, &format!("arm {arm}, wave {wave}"));
    let change = |arm: &str| mean(arm, 2) - mean(arm, 1);
    close(
        value(&answer, "EKC − WT, change from wave 1 to 2"),
        change("EKC") - change("WT"),
    );
    let after = |arm: &str| mean(arm, 2) - 0.5 * (mean(arm, 0) + mean(arm, 1));
    let overall = "EKC − WT, all waves after the start against all before";
    close(value(&answer, overall), after("EKC") - after("WT"));
    let from_start = run(
        "difference_in_differences",
        &counts(),
        &with(&[("outcome", "problems"), poisson]),
    );
    let joint = from_start.all_tests().next().unwrap();
    assert_eq!(
        joint.label,
        "all changes after the start, on the scale of the link"
    );
    let interaction = plain
        .tests
        .iter()
        .find(|test| test.label.contains(':'))
        .unwrap();
    close(joint.p_value.unwrap(), interaction.p_value.unwrap());
    let told = refused(
        "difference_in_differences",
        &counts(),
        &with(&[("outcome", "problems"), ("options.start", "0")]),
    );
    assert!(told.contains("no wave lies before"), "{told}");
    let told = refused(
        "difference_in_differences",
        &counts(),
        &with(&[("outcome", "problems"), ("options.start", "9")]),
    );
    assert!(told.contains("the wave `9`"), "{told}");
}

/// Six families over seven months; the mean rises by 2 a month up to month 3, jumps by −4 and falls by 1; of the
/// other arm it rises by 1 all along.
fn series() -> Table {
    let (mut y, mut month, mut family, mut arm) = (vec![], vec![], vec![], vec![]);
    for i in 0..12_u32 {
        for t in 0..7_i32 {
            let t = f64::from(t);
            let line = match i % 2 {
                0 => t,
                _ if t < 3.0 => 2.0 * t,
                _ => 6.0 - 4.0 - (t - 3.0),
            };
            // Deviations that sum to none over the families of an arm.
            let own = [1.0, -1.0, 0.5, -0.5, 0.25, -0.25][i as usize / 2] * (1.0 + 0.1 * t);
            y.push(Some(line + own));
            month.push(Some(t));
            family.push(Some(i));
            arm.push(Some(i % 2));
        }
    }
    Table::new(vec![
        Column::numeric("y", y).unwrap().with_unit("points"),
        Column::numeric("month", month).unwrap(),
        Column::factor("family", (0..12).map(|i| i.to_string()), family).unwrap(),
        Column::factor("arm", ["WT", "EKC"], arm).unwrap(),
    ])
    .unwrap()
}

#[test]
fn lines_bend_and_jump_by_hand() {
    let fields = [
        ("outcome", "y"),
        ("time", "month"),
        ("knots", "[3]"),
        ("jumps", "true"),
        ("subject", "family"),
        ("arm", "arm"),
    ];
    let answer = run("segmented", &series(), &fields);
    for (label, by_hand) in [
        ("WT: slope of month before 3", 1.0),
        ("EKC: slope of month before 3", 2.0),
        ("EKC: slope of month from 3", -1.0),
        ("EKC: change of slope at month 3", -3.0),
        ("EKC: jump at month 3", -4.0),
        ("WT: jump at month 3", 0.0),
        ("EKC − WT: change of slope at month 3", -3.0),
        ("EKC − WT: jump at month 3", -4.0),
    ] {
        assert!((value(&answer, label) - by_hand).abs() < 1e-9, "{label}");
    }
    let unit = Some("points".to_owned());
    let jump = any(&answer, "EKC: jump at month 3");
    assert_eq!(jump.measure, kring_core::Measure::Coefficient { unit });
    let alone = run("segmented", &series(), &fields[..5]);
    assert!(
        alone
            .notes
            .iter()
            .any(|note| note.contains("Nothing is compared"))
    );
    for knots in ["[]", "[3, 2]", "[0]", "[9]"] {
        let mut fields = fields;
        fields[2].1 = knots;
        let told = refused("segmented", &series(), &fields);
        assert!(
            told.contains("`knots`") && told.contains("0 to 6"),
            "{told}"
        );
    }
}

/// How many there are in all is the share that has any times how many these have.
#[test]
fn counts_come_in_two_parts() {
    let fields = [
        ("formula", "problems ~ arm"),
        ("subject", "family"),
        ("wave", "wave"),
        ("by", "arm"),
        ("options.correlation", "independence"),
    ];
    let answer = run("any_and_how_many", &counts(), &fields);
    let mean = |of: &str| value(&answer, &format!("{of}: arm EKC"));
    let (any_of, if_any) = (mean("any"), mean("if any"));
    close(mean("in all"), any_of * if_any);
    let described = any(&answer, "if any: arm EKC − WT");
    let selected =
        |caution: &Caution| matches!(caution, Caution::Note(note) if note.contains("is no effect"));
    assert!(described.cautions.iter().any(selected));
    let told = refused(
        "any_and_how_many",
        &counts(),
        &[&fields[..], &[("options.family", "binomial")]].concat(),
    );
    assert!(told.contains("a family of counts"), "{told}");
}

#[test]
fn one_arm_or_wave_is_told() {
    let start: Vec<usize> = (0..120).step_by(3).collect();
    let declared = with(&[("outcome", "problems"), ("options.declared", "true")]);
    let told = refused("clda", &counts().take(&start).unwrap(), &declared);
    assert!(told.contains("two waves or more"), "{told}");
    let one_wave = families();
    let rows: Vec<usize> = (0..one_wave.rows()).step_by(2).collect();
    let fields = with(&[
        ("outcome", "score"),
        (
            "model",
            "{ gee = { covariance = 'model_based', correlation = 'independence' } }",
        ),
    ]);
    let told = refused(
        "difference_in_differences",
        &one_wave.take(&rows).unwrap(),
        &fields,
    );
    assert!(told.contains("waves") || told.contains("level"), "{told}");
    let one_arm = families().take(&[0, 1, 2, 3]).unwrap();
    let told = refused("difference_in_differences", &one_arm, &fields);
    assert!(told.contains("arms") || told.contains("level"), "{told}");
}

/// `counts` with its waves in words, which the alphabet would put the other way round.
fn waves_in_words() -> Table {
    let table = counts();
    // Three rows a family, in order.
    let codes = (0..120_u32).map(|row| Some(2 - row % 3));
    let words = Column::factor("wave", ["eind", "midden", "voor"], codes.collect()).unwrap();
    let mut columns = table.columns().to_vec();
    columns.retain(|column| column.name != "wave");
    columns.push(words);
    Table::new(columns).unwrap()
}

#[test]
fn waves_in_words_stand_in_the_order_of_the_rows() {
    let fields = with(&[("outcome", "problems")]);
    let answer = run("difference_in_differences", &waves_in_words(), &fields);
    let plain = run("difference_in_differences", &counts(), &fields);
    let in_words = value(&answer, "EKC − WT, change from wave voor to eind");
    close(in_words, value(&plain, "EKC − WT, change from wave 0 to 2"));
    let told = |note: &String| note.contains("voor, midden, eind");
    assert!(answer.notes.iter().any(told), "{:?}", answer.notes);
    // Counts are taken as scores unless a model of counts is asked for, and that is said.
    assert!(
        answer
            .notes
            .iter()
            .any(|note| note.contains("model.gee.family=poisson"))
    );
    // Rows that say different things tell no order.
    let table = waves_in_words();
    let turned: Vec<usize> = (0..60).chain((60..120).rev()).collect();
    let told = refused(
        "difference_in_differences",
        &table.take(&turned).unwrap(),
        &fields,
    );
    assert!(told.contains("--levels wave="), "{told}");
}

/// A row without an arm belongs to none: it is left out, and counted.
#[test]
fn rows_without_an_arm_are_in_no_arm() {
    let table = counts();
    let fields = with(&[
        ("outcome", "problems"),
        ("options.allocation", "randomised"),
    ]);
    let whole = run(
        "clda",
        &table.take(&(0..114).collect::<Vec<_>>()).unwrap(),
        &fields,
    );
    let codes = table.factor("arm").unwrap().codes().to_vec();
    let codes = codes
        .into_iter()
        .enumerate()
        .map(|(row, code)| code.filter(|_| row < 114));
    let mut columns = table.columns().to_vec();
    columns.retain(|column| column.name != "arm");
    columns.push(Column::factor("arm", ["WT", "EKC"], codes.collect()).unwrap());
    let answer = run("clda", &Table::new(columns).unwrap(), &fields);
    let effect = "EKC − WT at wave 2";
    close(value(&answer, effect), value(&whole, effect));
    assert_eq!(any(&answer, effect).sample.omitted, 6);
    let told = refused(
        "clda",
        &table,
        &[&fields[..], &[("options.start", "1")]].concat(),
    );
    assert!(told.contains("not the first wave"), "{told}");
}

/// Means of counts that have a part for their zeros are no means of the outcome.
#[test]
fn zeros_of_their_own_have_no_means_here() {
    let fields = [
        ("formula", "problems ~ arm + (1 | family)"),
        ("zero", "~ 1"),
        ("options.zeros", "hurdle"),
        ("means.of", "arm"),
        ("means.scale", "response"),
    ];
    let told = refused("glmm", &counts(), &fields);
    assert!(told.contains("part of their own"), "{told}");
}

#[test]
fn an_empty_cell_is_said() {
    let table = counts();
    let (arm, wave) = (table.factor("arm").unwrap(), table.numeric("wave").unwrap());
    let rows: Vec<usize> = (0..table.rows())
        .filter(|&row| !(arm.code(row) == Some(0) && wave.get(row) == Some(2.0)))
        .collect();
    let table = table.take(&rows).unwrap();
    let fields = with(&[("outcome", "problems"), ("model", "{ gee = {} }")]);
    let answer = run("difference_in_differences", &table, &fields);
    assert!(
        answer
            .notes
            .iter()
            .chain(&answer.means.as_ref().unwrap().notes)
            .any(|note| note.contains("no row at wave 2"))
    );
    assert!(
        any(&answer, "EKC − WT, change from wave 0 to 1")
            .p_value
            .is_some()
    );
}

/// One text or number is a list of one, and a level may look like a number.
#[test]
fn one_is_a_list_of_one() {
    let given = [
        ("outcome", "y"),
        ("time", "month"),
        ("subject", "family"),
        ("knots", "3"),
    ];
    assert_eq!(
        Method::named("segmented", &given).unwrap(),
        Method::named("segmented", &[&given[..3], &[("knots", "[3]")]].concat()).unwrap()
    );
    let told = refused(
        "segmented",
        &series(),
        &[&given[..3], &[("knots", "early")]].concat(),
    );
    assert!(told.contains("knots"), "{told}");
}
