//! Mixed models by formula.

use kring::core::{Caution, Column, Estimate, Measure, Table};
use kring::method::{Answer, Method};

/// Four families in two arms at two waves, in balance.
pub(crate) fn families() -> Table {
    let scores = [1.0, 3.0, 2.0, 4.0, 5.0, 9.0, 7.0, 9.0].map(Some);
    let codes = |codes: [u32; 8]| codes.map(Some).to_vec();
    Table::new(vec![
        Column::numeric("score", scores.to_vec())
            .unwrap()
            .with_unit("points"),
        Column::factor(
            "family",
            ["a", "b", "c", "d"],
            codes([0, 0, 1, 1, 2, 2, 3, 3]),
        )
        .unwrap(),
        Column::factor("arm", ["WT", "EKC"], codes([0, 0, 0, 0, 1, 1, 1, 1])).unwrap(),
        Column::numeric("wave", [1.0, 2.0].repeat(4).into_iter().map(Some).collect()).unwrap(),
    ])
    .unwrap()
}

/// Counts of forty families at three waves, those of EKC falling.
pub(crate) fn counts() -> Table {
    let mut columns: [Vec<Option<f64>>; 2] = [Vec::new(), Vec::new()];
    let (mut family, mut arm) = (Vec::new(), Vec::new());
    for i in 0..40_u32 {
        for wave in 0..3_u32 {
            let level = (i * 7 % 5) * 2;
            let fall = if i % 2 == 1 { wave } else { 0 };
            let count = (level + (i * 3 + wave * 5) % 4).saturating_sub(fall);
            columns[0].push(Some(f64::from(count)));
            columns[1].push(Some(f64::from(wave)));
            family.push(Some(i));
            arm.push(Some(i % 2));
        }
    }
    let [problems, wave] = columns;
    Table::new(vec![
        Column::numeric("problems", problems).unwrap(),
        Column::numeric("wave", wave).unwrap(),
        Column::factor("family", (0..40).map(|i| i.to_string()), family).unwrap(),
        Column::factor("arm", ["WT", "EKC"], arm).unwrap(),
    ])
    .unwrap()
}

pub(crate) fn run(kind: &str, table: &Table, fields: &[(&str, &str)]) -> Answer {
    Method::named(kind, fields).unwrap().run(table).unwrap()
}

pub(crate) fn refused(kind: &str, table: &Table, fields: &[(&str, &str)]) -> String {
    let method = Method::named(kind, fields).unwrap();
    method.run(table).unwrap_err().to_string()
}

pub(crate) fn estimate<'a>(answer: &'a Answer, label: &str) -> &'a Estimate {
    let found = answer.estimates.iter().find(|e| e.label == label);
    found.unwrap_or_else(|| {
        let labels: Vec<&str> = answer.estimates.iter().map(|e| e.label.as_str()).collect();
        panic!("no {label} among {labels:?}")
    })
}

pub(crate) fn value(answer: &Answer, label: &str) -> f64 {
    estimate(answer, label).value.finite().unwrap()
}

fn figure(answer: &Answer, name: &str) -> f64 {
    let found = answer.figures.iter().find(|figure| figure.name == name);
    found.unwrap().value
}

pub(crate) fn close(ours: f64, theirs: f64) {
    assert!(
        (ours - theirs).abs() <= 1e-7 * theirs.abs().max(1.0),
        "{ours} against {theirs}"
    );
}

/// Of a saturated model in balance the differences are those of the means of the cells: 1.5 and 3.5, 6 and 9.
#[test]
fn arms_at_each_wave_by_hand() {
    let formula = ("formula", "score ~ arm * factor(wave) + (1 | family)");
    let answer = run(
        "lmm",
        &families(),
        &[formula, ("by", "arm"), ("within", "wave")],
    );
    for (label, mean) in [
        ("arm WT at wave 1", 1.5),
        ("arm EKC at wave 1", 6.0),
        ("arm EKC − WT at wave 1", 4.5),
        ("arm WT at wave 2", 3.5),
        ("arm EKC at wave 2", 9.0),
        ("arm EKC − WT at wave 2", 5.5),
        ("(Intercept)", 1.5),
        ("armEKC:factor(wave)2", 1.0),
    ] {
        close(value(&answer, label), mean);
    }
    // Less the means of the cells the families have −½ −½, ½ ½, −1 0, 1 0. About their own means that leaves
    // 4·¼ on 2 degrees of freedom, and these means, ∓½ with two rows each, 2·4·¼ on 2 too.
    let residual = answer.components.last().unwrap();
    close(residual.value.powi(2), 0.5);
    let family = &answer.components[0];
    assert_eq!(
        (family.group.as_str(), family.label.as_str()),
        ("family", "(Intercept)")
    );
    close(family.value.powi(2), (1.0 - 0.5) / 2.0);
    close(figure(&answer, "icc"), 0.25 / 0.75);
    // One interaction, so that F is the square of t; nothing else stands alone.
    let [test] = &answer.tests[..] else {
        panic!("{:?}", answer.tests)
    };
    assert_eq!(test.label, "arm:factor(wave)");
    let t = estimate(&answer, "armEKC:factor(wave)2")
        .statistic()
        .unwrap();
    close(test.statistic.unwrap(), t * t);
    assert!(
        answer.notes.iter().any(|note| note == "8 rows."),
        "{:?}",
        answer.notes
    );
    assert!(
        answer
            .notes
            .iter()
            .any(|note| note.starts_with("Converged"))
    );
    assert!(
        answer
            .notes
            .iter()
            .any(|note| note == "Factors: arm: EKC against WT.")
    );
    assert_eq!(estimate(&answer, "arm WT at wave 1").p_value, None);
}

#[test]
fn what_is_left_out_is_counted_with_its_reason() {
    let mut columns = families().columns().to_vec();
    let scores = [1.0, 3.0, 2.0, 4.0, 5.0, 9.0, 7.0].map(Some).into_iter();
    columns[0] = Column::numeric("score", scores.chain([None]).collect()).unwrap();
    let table = Table::new(columns).unwrap();
    let answer = run("lmm", &table, &[("formula", "score ~ arm + (1 | family)")]);
    let told = "7 rows; left out: 1 because `score` is missing.";
    assert!(
        answer.notes.iter().any(|note| note == told),
        "{:?}",
        answer.notes
    );
    let arm = estimate(&answer, "armEKC");
    assert_eq!((arm.sample.rows, arm.sample.omitted), (7, 1));
    assert!(
        arm.cautions
            .contains(&Caution::CompleteCases { used: 7, of: 8 })
    );
}

#[test]
fn a_smaller_model_is_tested_on_the_same_rows() {
    let ml = ("options", "{ estimation = 'ml' }");
    let small = ("formula", "score ~ factor(wave) + (1 | family)");
    let large = ("formula", "score ~ arm + factor(wave) + (1 | family)");
    let table = families();
    let against = ("against", small.1);
    let answer = run("lmm", &table, &[large, against, ml]);
    let test = answer.tests.last().unwrap();
    assert_eq!(test.label, "against score ~ factor(wave) + (1 | family)");
    let gained = figure(&answer, "log_likelihood")
        - figure(&run("lmm", &table, &[small, ml]), "log_likelihood");
    close(test.statistic.unwrap(), 2.0 * gained);
    assert_eq!(test.reference.df(), Some(1.0));
    let reml = refused("lmm", &table, &[large, against]);
    assert!(reml.contains("fit both by maximum likelihood"), "{reml}");

    let counts = counts();
    let (small, large) = (
        ("formula", "problems ~ wave + (1 | family)"),
        ("formula", "problems ~ arm * wave + (1 | family)"),
    );
    let answer = run("glmm", &counts, &[large, ("against", small.1)]);
    let test = answer.tests.last().unwrap();
    let gained = figure(&answer, "log_likelihood")
        - figure(&run("glmm", &counts, &[small]), "log_likelihood");
    close(test.statistic.unwrap(), 2.0 * gained);
    assert_eq!(test.reference.df(), Some(2.0));
    for (against, why) in [
        ("problems ~ arm * wave + (1 | family)", "of the same size"),
        ("problems ~ factor(wave) + (1 | family)", "lacks a column"),
        ("wave ~ arm + (1 | family)", "another response"),
    ] {
        let told = refused("glmm", &counts, &[large, ("against", against)]);
        assert!(told.contains(why), "{told}");
    }
    // A variance more: half of χ² with one degree of freedom, half of two.
    let slopes = ("formula", "problems ~ arm * wave + (wave | family)");
    let laplace = ("options", "{ integration = 'laplace' }");
    let answer = run("glmm", &counts, &[slopes, ("against", large.1), laplace]);
    let test = answer.tests.last().unwrap();
    assert!(test.method.contains("½ χ²(1) + ½ χ²(2)"), "{}", test.method);
    let nodes = refused("glmm", &counts, &[slopes, ("against", large.1)]);
    assert!(nodes.contains("integrated in different ways"), "{nodes}");
}

#[test]
fn intervals_by_profile_and_bootstrap() {
    let formula = ("formula", "score ~ arm + factor(wave) + (1 | family)");
    let table = families();
    let profiled = run("lmm", &table, &[formula, ("intervals", "profile")]);
    let arm = estimate(&profiled, "armEKC");
    assert_eq!((arm.statistic(), arm.reference.df()), (None, Some(1.0)));
    // In balance it has its middle at the estimate.
    let interval = arm.interval.unwrap();
    let middle = f64::midpoint(interval.low.unwrap(), interval.high.unwrap());
    assert!((middle - 5.0).abs() < 1e-4, "{middle}");
    assert!(profiled.components.iter().all(|one| one.interval.is_some()));

    let drawn = (
        "intervals",
        "{ bootstrap = { replicates = 100, seed = 7 } }",
    );
    let drawn = run("lmm", &table, &[formula, drawn]);
    let wald = run("lmm", &table, &[formula]);
    close(value(&drawn, "armEKC"), value(&wald, "armEKC"));
    let labels = |answer: &Answer| -> Vec<String> {
        answer
            .estimates
            .iter()
            .map(|one| one.label.clone())
            .collect()
    };
    assert_eq!(labels(&profiled), labels(&wald));
    assert_eq!(labels(&drawn), labels(&wald));
    assert!(drawn.components.iter().all(|one| one.interval.is_some()));
    let exact = run(
        "lmm",
        &table,
        &[formula, ("exact", "{ seed = 1, replicates = 500 }")],
    );
    assert_eq!(exact.tests.last().unwrap().label, "variance of `family`");
}

#[test]
fn structures_of_random_effects() {
    let labels = |structure: &str| -> Vec<String> {
        let fields = [
            ("formula", "problems ~ wave + (wave | family)"),
            ("structure", structure),
        ];
        let answer = run("lmm", &counts(), &fields);
        answer.components.into_iter().map(|one| one.label).collect()
    };
    let full = ["(Intercept)", "wave", "(Intercept), wave", "residual"];
    assert_eq!(labels("unstructured"), full);
    assert_eq!(labels("compound_symmetry"), full);
    assert_eq!(labels("diagonal"), ["(Intercept)", "wave", "residual"]);
}

/// With a log link a random level multiplies both arms alike: all ratios are one.
#[test]
fn averages_and_the_typical_family() {
    let table = counts();
    let level = ("formula", "problems ~ arm + wave + (1 | family)");
    let answer = run("glmm", &table, &[level, ("by", "arm")]);
    let one = value(&answer, "armEKC");
    close(value(&answer, "average: arm EKC / WT"), one);
    close(value(&answer, "typical: arm EKC / WT"), one);
    assert!(value(&answer, "average: arm WT") > value(&answer, "typical: arm WT"));
    // No mean of counts has an interval below zero.
    let means = answer
        .estimates
        .iter()
        .filter(|one| matches!(one.measure, Measure::Mean { .. }));
    assert!(
        means
            .into_iter()
            .all(|one| one.interval.unwrap().low.unwrap() > 0.0)
    );

    // A slope varies with the wave that is set, by whatever name: no averages then, and a word on it.
    for slope in ["wave", "log(wave + 1)"] {
        let slopes = format!("problems ~ arm * wave + ({slope} | family)");
        let slopes = ("formula", slopes.as_str());
        let answer = run("glmm", &table, &[slopes, ("by", "arm"), ("within", "wave")]);
        let labels: Vec<&str> = answer.estimates.iter().map(|e| e.label.as_str()).collect();
        assert!(
            labels.contains(&"typical: arm EKC / WT at wave 2"),
            "{labels:?}"
        );
        assert!(labels.iter().all(|label| !label.starts_with("average")));
        assert!(
            answer
                .notes
                .iter()
                .any(|note| note.contains("vary with `wave`"))
        );
    }
}

#[test]
fn parts_of_a_model_of_counts_have_their_names() {
    let fields = [
        ("formula", "problems ~ arm + (1 | family)"),
        ("zero", "~ 1"),
        ("options", "{ zeros = 'hurdle' }"),
    ];
    let answer = run("glmm", &counts(), &fields);
    for label in ["mean: (Intercept)", "mean: armEKC", "zero: (Intercept)"] {
        estimate(&answer, label);
    }
    assert!(answer.tests.iter().any(|test| test.label == "mean: arm"));
    let told = refused(
        "glmm",
        &counts(),
        &[fields[0], fields[1], fields[2], ("by", "arm")],
    );
    assert!(told.contains("a model with a part for the zeros"), "{told}");
}

#[test]
fn a_doubt_about_the_arms_reaches_coefficients_and_means() {
    let fields = [
        ("formula", "score ~ arm * factor(wave) + (1 | family)"),
        ("by", "arm"),
        ("within", "wave"),
    ];
    let method = Method::named("lmm", &fields).unwrap();
    let table = families();
    assert!(method.compares("arm", &table));
    let mut answer = method.run(&table).unwrap();
    let levels = ["WT", "EKC"].map(str::to_owned);
    method.doubt(&mut answer, "arm", &levels, &Caution::NotRandomised);
    let doubted = |label: &str| {
        estimate(&answer, label)
            .cautions
            .contains(&Caution::NotRandomised)
    };
    for label in [
        "armEKC",
        "armEKC:factor(wave)2",
        "arm EKC − WT at wave 2",
        "arm WT at wave 1",
    ] {
        assert!(doubted(label), "{label}");
    }
    for label in ["(Intercept)", "factor(wave)2"] {
        assert!(!doubted(label), "{label}");
    }
}

#[test]
fn what_is_wrong_is_told() {
    let formula = ("formula", "score ~ arm * wave + (1 | family)");
    let table = families();
    for (fields, why) in [
        (vec![("formula", "score ~ arm")], "needs a random term"),
        (vec![formula, ("within", "wave")], "give the groups too"),
        (
            vec![formula, ("by", "arm"), ("within", "arm")],
            "give another column",
        ),
        (vec![formula, ("by", "amr")], "did you mean `arm`?"),
        (
            vec![("formula", "score ~ arm + (1 | family) + cluster(family)")],
            "errors by cluster",
        ),
        (
            vec![formula, ("against", "score ~ arm")],
            "needs a random term",
        ),
        (
            vec![
                formula,
                ("options", "{ dof = 'kenward_roger', estimation = 'ml' }"),
            ],
            "use REML",
        ),
        (vec![formula, ("exact", "{ }")], "the seed"),
    ] {
        let told = refused("lmm", &table, &fields);
        assert!(told.contains(why), "{fields:?}: {told}");
    }
    let told = refused(
        "lmm",
        &table,
        &[("formula", "score ~ wave + (1 | family)"), ("by", "arm")],
    );
    assert!(told.contains("no term of the model has it"), "{told}");
    let one_arm = table.take(&[4, 5, 6, 7]).unwrap();
    let told = refused(
        "lmm",
        &one_arm,
        &[("formula", "score ~ wave + (1 | family)"), ("by", "arm")],
    );
    assert!(told.contains("a comparison needs two"), "{told}");
}

#[test]
fn an_answer_is_written_and_read_again() {
    let answer = run(
        "lmm",
        &families(),
        &[("formula", "score ~ arm + (1 | family)")],
    );
    let written = serde_json::to_string(&answer).unwrap();
    let read: Answer = serde_json::from_str(&written).unwrap();
    assert_eq!(read, answer);
}
