//! What a fit of a mixed model shows besides: predictions, random effects, residuals, influence, the spread of
//! groups; profiles and the bootstrap of counts.

use kring::core::{Caution, Column, ColumnData, ComponentKind, IntervalKind, Table};
use kring::method::{Answer, Cells, Method, TableName};

use crate::mixed::{close, counts, estimate, families, refused, run, value};

const SATURATED: (&str, &str) = ("formula", "score ~ arm * factor(wave) + (1 | family)");
const COUNTS: (&str, &str) = ("formula", "problems ~ arm * wave + (1 | family)");

fn words<'a>(answer: &'a Answer, table: TableName, column: &str) -> &'a [String] {
    match cells(answer, table, column) {
        Cells::Words(words) => words,
        Cells::Numbers(numbers) => panic!("{column} holds {numbers:?}"),
    }
}

fn numbers(answer: &Answer, table: TableName, column: &str) -> Vec<f64> {
    match cells(answer, table, column) {
        Cells::Numbers(numbers) => numbers.iter().map(|x| x.unwrap()).collect(),
        Cells::Words(words) => panic!("{column} holds {words:?}"),
    }
}

fn cells<'a>(answer: &'a Answer, table: TableName, column: &str) -> &'a Cells {
    let found = answer.tables.iter().find(|one| one.name == table).unwrap();
    let names: Vec<&str> = found.columns.iter().map(|one| one.name.as_str()).collect();
    let column = found.columns.iter().find(|one| one.name == column);
    &column.unwrap_or_else(|| panic!("{names:?}")).cells
}

fn by_row(answer: &Answer, name: &str) -> Vec<Option<f64>> {
    let found = answer.by_row.iter().find(|one| one.name == name);
    let names: Vec<&str> = answer.by_row.iter().map(|one| one.name.as_str()).collect();
    found.unwrap_or_else(|| panic!("{names:?}")).values.clone()
}

fn noted(answer: &Answer, words: &str) {
    assert!(
        answer.notes.iter().any(|note| note.contains(words)),
        "{words}: {:?}",
        answer.notes
    );
}

/// The families with one row more: a wave of a family that nobody has seen, without an outcome.
fn with_a_new_row() -> Table {
    let old = families();
    let columns = old.columns().iter().map(|column| match column.data() {
        ColumnData::Numeric(numeric) => {
            let last = (column.name == "wave").then_some(1.0);
            let values = numeric.iter().chain([last]).collect();
            Column::numeric(&column.name, values).unwrap()
        }
        ColumnData::Factor(factor) => {
            let mut levels = factor.levels().to_vec();
            if column.name == "family" {
                levels.push("e".to_owned());
            }
            // Of the family the new level, of the arm the second: the last of both.
            let last = Some(u32::try_from(levels.len() - 1).unwrap());
            let codes = factor.codes().iter().copied().chain([last]).collect();
            Column::factor(&column.name, levels, codes).unwrap()
        }
    });
    Table::new(columns.collect()).unwrap()
}

/// In balance the variance of families is ¼ and that of residuals ½, with two rows a family, so that the mean
/// of its residuals, ∓½, is shrunk by ¼ / (¼ + ½/2), and what is left of the variance is ¼ · ½.
#[test]
fn random_effects_by_hand() {
    let answer = run(
        "lmm",
        &families(),
        &[SATURATED, ("show", "['random_effects', 'residuals']")],
    );
    let table = TableName::RandomEffects;
    assert_eq!(words(&answer, table, "group"), ["family"; 4]);
    assert_eq!(words(&answer, table, "effect"), ["(Intercept)"; 4]);
    assert_eq!(words(&answer, table, "level"), ["a", "b", "c", "d"]);
    for (ours, theirs) in numbers(&answer, table, "value")
        .into_iter()
        .zip([-0.25, 0.25, -0.25, 0.25])
    {
        close(ours, theirs);
    }
    for error in numbers(&answer, table, "std_error") {
        close(error, 0.125_f64.sqrt());
    }
    // The first family has 1 where its arm has 1.5 in the mean.
    close(by_row(&answer, "fitted")[0].unwrap(), 1.25);
    close(by_row(&answer, "residual")[0].unwrap(), -0.25);
}

#[test]
fn predictions_at_settings_are_the_means_of_the_cells() {
    let predict = ("predict", "{ at = { arm = ['WT', 'EKC'], wave = [1, 2] } }");
    let by = [("by", "arm"), ("within", "wave")];
    let answer = run("lmm", &families(), &[SATURATED, predict, by[0], by[1]]);
    let table = TableName::Predictions;
    assert_eq!(words(&answer, table, "arm"), ["WT", "WT", "EKC", "EKC"]);
    assert_eq!(numbers(&answer, table, "wave"), [1.0, 2.0, 1.0, 2.0]);
    let found = numbers(&answer, table, "predicted");
    let errors = numbers(&answer, table, "predicted_std_error");
    let lows = numbers(&answer, table, "predicted_low");
    for (row, (label, mean)) in [
        ("arm WT at wave 1", 1.5),
        ("arm WT at wave 2", 3.5),
        ("arm EKC at wave 1", 6.0),
        ("arm EKC at wave 2", 9.0),
    ]
    .into_iter()
    .enumerate()
    {
        close(found[row], mean);
        let same = estimate(&answer, label);
        close(errors[row], same.std_error.unwrap());
        close(lows[row], same.interval.unwrap().low.unwrap());
    }
    // One new observation varies by ¼ + ½ more.
    let wide = numbers(&answer, table, "observation_high")[0] - 1.5;
    let narrow = numbers(&answer, table, "predicted_high")[0] - 1.5;
    close((wide / narrow).powi(2), 1.0 + 0.75 / errors[0].powi(2));
    let listed = &answer.tables[0];
    assert_eq!(
        listed.title,
        "Predicted: score (points) of the typical family"
    );
}

#[test]
fn rows_without_an_outcome_are_predicted_too() {
    let table = with_a_new_row();
    let families = ("predict", "{ whose = 'families' }");
    let answer = run("lmm", &table, &[SATURATED, families]);
    let predicted = by_row(&answer, "predicted");
    assert_eq!(predicted.len(), 9);
    close(predicted[0].unwrap(), 1.25);
    close(predicted[8].unwrap(), 6.0);
    noted(&answer, "9 rows, 1 of them without an outcome");
    noted(&answer, "In 1 row(s) the family is not known");
    // What the fit rests on has not changed.
    assert_eq!(estimate(&answer, "armEKC").sample.rows, 8);
    // The error of a family that nobody has seen has the variance of families in it.
    let population = run("lmm", &table, &[SATURATED, ("predict", "{ }")]);
    let error = by_row(&population, "predicted_std_error")[8].unwrap();
    let of_new = by_row(&answer, "predicted_std_error")[8].unwrap();
    close(of_new.powi(2), error.powi(2) + 0.25);
    assert!(population.notes.iter().all(|n| !n.contains("not known")));
    // A family as a setting, known and not.
    let at = (
        "predict",
        "{ whose = 'families', at = { arm = 'EKC', wave = 1, family = ['c', 'new'] } }",
    );
    let answer = run("lmm", &table, &[SATURATED, at]);
    let found = numbers(&answer, TableName::Predictions, "predicted");
    close(found[0], 5.75);
    close(found[1], 6.0);
}

#[test]
fn numbers_that_are_not_set_stand_at_their_mean() {
    let formula = ("formula", "problems ~ arm * wave + (1 | family)");
    let link = (
        "predict",
        "{ scale = 'link', at = { arm = ['WT', 'EKC'] } }",
    );
    let answer = run("glmm", &counts(), &[formula, link]);
    let found = numbers(&answer, TableName::Predictions, "predicted");
    let (intercept, wave) = (value(&answer, "(Intercept)"), value(&answer, "wave"));
    close(found[0], intercept + wave);
    let listed = &answer.tables[0];
    assert!(
        listed
            .notes
            .iter()
            .any(|note| note == "`wave` stands at its mean, 1."),
        "{:?}",
        listed.notes
    );
    // On the scale of the outcome it is the exponential, and so are the ends.
    let response = ("predict", "{ at = { arm = ['WT', 'EKC'], wave = '1' } }");
    let again = run("glmm", &counts(), &[formula, response]);
    for name in ["predicted", "predicted_low", "predicted_high"] {
        let link = numbers(&answer, TableName::Predictions, name)[1];
        close(numbers(&again, TableName::Predictions, name)[1], link.exp());
    }
}

/// Three families of two waves, 1 3, 6 8 and 8 10: the mean is 6, without the first 8, with a variance of 26/6.
#[test]
fn influence_is_ranked() {
    let scores = [1.0, 3.0, 6.0, 8.0, 8.0, 10.0].map(Some).to_vec();
    let codes = [0, 0, 1, 1, 2, 2].map(Some).to_vec();
    let table = Table::new(vec![
        Column::numeric("score", scores).unwrap(),
        Column::factor("family", ["a", "b", "c"], codes).unwrap(),
    ])
    .unwrap();
    let formula = ("formula", "score ~ 1 + (1 | family)");
    let answer = run("lmm", &table, &[formula, ("show", "['influence']")]);
    let name = TableName::Influence;
    assert_eq!(words(&answer, name, "level"), ["a", "c", "b"]);
    let without = numbers(&answer, name, "without: (Intercept)");
    for (ours, theirs) in without.into_iter().zip([8.0, 4.5, 5.5]) {
        close(ours, theirs);
    }
    let distances = numbers(&answer, name, "cooks_distance");
    assert!((distances[0] - 4.0 / (26.0 / 6.0)).abs() < 1e-6);

    // A reader is shown the first ten.
    let answer = run("glmm", &counts(), &[COUNTS, ("show", "['influence']")]);
    assert_eq!(words(&answer, name, "level").len(), 40);
    let written = kring::written(
        &answer.content(),
        kring::Markup::Csv,
        kring::report::Style {
            ink: kring::report::Ink::Plain,
            width: 100,
        },
    )
    .unwrap();
    assert!(written.contains("without: armEKC"), "{written}");
    let listed = written
        .lines()
        .skip_while(|line| !line.contains("cooks distance"));
    assert_eq!(
        listed.skip(1).take_while(|line| !line.is_empty()).count(),
        10
    );
}

#[test]
fn residual_standard_deviations_of_each_arm() {
    let fields = [
        ("formula", "score ~ arm + wave + (1 | family)"),
        ("dispersion", "~ arm"),
    ];
    let mut columns = families().columns().to_vec();
    let scores = [1.0, 3.2, 2.0, 4.1, 5.0, 9.0, 7.0, 3.0].map(Some);
    columns[0] = Column::numeric("score", scores.to_vec()).unwrap();
    let table = Table::new(columns).unwrap();
    let answer = run("lmm", &table, &fields);
    let [wt, ekc] = &answer.components[1..] else {
        panic!("{:?}", answer.components)
    };
    for (component, label) in [(wt, "arm WT"), (ekc, "arm EKC")] {
        assert_eq!(component.group, "residual");
        assert_eq!(component.label, label);
        assert_eq!(component.kind, ComponentKind::StandardDeviation);
        let interval = component.interval.unwrap();
        assert!(
            interval.low.unwrap() < component.value && component.value < interval.high.unwrap()
        );
    }
    let ratio = value(&answer, "dispersion: armEKC").exp();
    close(ekc.value / wt.value, ratio);
    assert!(ratio > 1.0);
    estimate(&answer, "mean: armEKC");
    assert!(
        answer
            .tests
            .iter()
            .any(|test| test.label == "dispersion: arm")
    );
    let both = [fields[0], fields[1], ("intervals", "profile")];
    let told = refused("lmm", &table, &both);
    assert!(told.contains("a profile"), "{told}");

    // Of counts the shape of each arm, beside the coefficients of its log: both vary more than chance has it.
    let mut columns = counts().columns().to_vec();
    let varied = (0..40_u32).flat_map(|i| (0..3_u32).map(move |wave| (i, wave)));
    let varied = varied.map(|(i, wave)| {
        let most = if i % 2 == 1 { 23 } else { 13 };
        Some(f64::from(
            (i * i * 7 + wave * wave * 11 + i * wave * 5) % most,
        ))
    });
    columns[0] = Column::numeric("problems", varied.collect()).unwrap();
    let fields = [
        ("formula", "problems ~ wave + (1 | family)"),
        ("dispersion", "~ arm"),
        ("options", "{ family = 'nbinom1' }"),
    ];
    let answer = run("glmm", &Table::new(columns).unwrap(), &fields);
    let shapes: Vec<f64> = answer
        .components
        .iter()
        .filter(|one| one.kind == ComponentKind::Dispersion)
        .map(|one| one.value)
        .collect();
    close(shapes[0].ln(), value(&answer, "dispersion: (Intercept)"));
    close(
        (shapes[1] / shapes[0]).ln(),
        value(&answer, "dispersion: armEKC"),
    );
}

#[test]
fn residuals_by_simulation_with_their_tests() {
    let table = counts();
    let drawn = ("simulated_residuals", "{ replicates = 99, seed = 2011 }");
    let answer = run("glmm", &table, &[COUNTS, drawn]);
    let labels: Vec<&str> = answer
        .tests
        .iter()
        .map(|test| test.label.as_str())
        .filter(|label| label.starts_with("residuals: "))
        .collect();
    assert_eq!(
        labels,
        [
            "residuals: uniformity",
            "residuals: dispersion",
            "residuals: number of zeros",
            "residuals: number of outliers",
        ]
    );
    let zeros = answer
        .tests
        .iter()
        .find(|test| test.label.ends_with("zeros"));
    let zeros = zeros.unwrap();
    // As many as there are in the table; p of a rank among 99 is a multiple of 2/100.
    let seen = table.numeric("problems").unwrap().present();
    let seen = seen.iter().filter(|y| **y == 0.0).count();
    assert_eq!(zeros.statistic, Some(seen as f64));
    let steps = zeros.p_value.unwrap() * 50.0;
    assert!((steps - steps.round()).abs() < 1e-9);
    let residuals = by_row(&answer, "quantile_residual");
    assert_eq!(residuals.len(), 120);
    assert!(residuals.iter().all(Option::is_some));
    noted(&answer, "99 simulated data sets");
    let told = refused("glmm", &table, &[COUNTS, ("simulated_residuals", "{ }")]);
    assert!(told.contains("the seed"), "{told}");
    let few = ("simulated_residuals", "{ replicates = 10, seed = 1 }");
    let told = refused("glmm", &table, &[COUNTS, few]);
    assert!(told.contains("19"), "{told}");
}

#[test]
fn counts_have_profiles_and_a_bootstrap() {
    let table = counts();
    let profiled = run("glmm", &table, &[COUNTS, ("intervals", "profile")]);
    let arm = estimate(&profiled, "armEKC");
    let wald = run("glmm", &table, &[COUNTS]);
    close(value(&profiled, "armEKC"), value(&wald, "armEKC"));
    assert_eq!(profiled.estimates.len(), wald.estimates.len());
    assert_eq!(arm.interval.unwrap().kind, IntervalKind::Profile);
    assert_eq!(arm.statistic(), None);
    let family = &profiled.components[0];
    let interval = family.interval.unwrap();
    assert!(interval.low.unwrap() < family.value && family.value < interval.high.unwrap());

    let drawn = ("intervals", "{ bootstrap = { replicates = 40, seed = 7 } }");
    let method = Method::named("glmm", &[COUNTS, drawn]).unwrap();
    let whole = method.run(&table).unwrap();
    close(value(&whole, "armEKC"), value(&wald, "armEKC"));
    assert_eq!(whole.estimates.len(), wald.estimates.len());
    assert!(whole.components.iter().all(|one| one.interval.is_some()));
    // The parts of ranges, in any order, give the same bits.
    assert_eq!(method.replicates(&table).unwrap(), Some(40));
    let parts = [25..40, 0..25].map(|range| method.run_range(&table, range).unwrap());
    assert_eq!(method.run_with(&table, &parts).unwrap(), whole);
    let told = method
        .run_with(&table, &parts[..1])
        .unwrap_err()
        .to_string();
    assert!(told.contains("in no draws; run them"), "{told}");
}

#[test]
fn what_cannot_be_shown_is_told() {
    let table = families();
    for (fields, why) in [
        (
            ("predict", "{ at = { amr = 'WT' } }"),
            "did you mean `arm`?",
        ),
        (("predict", "{ at = { wave = 1 } }"), "it has WT, EKC"),
        (("predict", "{ at = { arm = 'WT' } }"), "it has 1, 2"),
        (
            ("predict", "{ at = { arm = 'W', wave = 1 } }"),
            "there is no level `W`",
        ),
        (
            ("predict", "{ at = { arm = 'WT', wave = 'one' } }"),
            "it has numbers, found `one`",
        ),
        (
            ("predict", "{ at = { arm = [], wave = 1 } }"),
            "give one or more",
        ),
        (
            (
                "predict",
                "{ whose = 'families', at = { arm = 'WT', wave = 1 } }",
            ),
            "`family` in `predict.at`",
        ),
        (("predict", "{ at = { arm = 'WT', wave = 3 } }"), "3"),
    ] {
        let told = refused("lmm", &table, &[SATURATED, fields]);
        assert!(told.contains(why), "{fields:?}: {told}");
    }
    let many: Vec<String> = (0..101).map(|x| x.to_string()).collect();
    let crossed = ("formula", "problems ~ arm + (1 | family) + (1 | wave)");
    let line = ("formula", "score ~ wave + (1 | family)");
    let list = many.join(", ");
    let some = format!("{{ at = {{ wave = [{list}] }} }}");
    let answer = run("lmm", &table, &[line, ("predict", &some)]);
    let found = numbers(&answer, TableName::Predictions, "predicted");
    assert_eq!(found.len(), 101);
    let all = format!("{{ whose = 'families', at = {{ wave = [{list}], family = [{list}] }} }}");
    let told = refused("lmm", &table, &[line, ("predict", &all)]);
    assert!(told.contains("more than 10000 combinations"), "{told}");
    let told = refused("glmm", &counts(), &[crossed, ("show", "['influence']")]);
    assert!(told.contains("other groupings tie together"), "{told}");
    for (kind, fields, why) in [
        ("lmm", [SATURATED, ("show", "['effects']")], "effects"),
        (
            "lmm",
            [SATURATED, ("predict", "{ at = { arm = { a = 1 } } }")],
            "expected a value or a list of values",
        ),
        (
            "lmm",
            [SATURATED, ("simulated_residuals", "{ seed = 1 }")],
            "simulated_residuals",
        ),
    ] {
        let told = Method::named(kind, &fields).unwrap_err().to_string();
        assert!(told.contains(why), "{fields:?}: {told}");
    }
}

#[test]
fn what_is_shown_is_written_and_read_again() {
    let answer = run(
        "lmm",
        &families(),
        &[
            SATURATED,
            ("show", "['random_effects', 'influence', 'residuals']"),
            ("predict", "{ at = { arm = 'WT', wave = [1, 2] } }"),
        ],
    );
    let written = serde_json::to_string(&answer).unwrap();
    let read: Answer = serde_json::from_str(&written).unwrap();
    assert_eq!(read, answer);
    let caution = Caution::NotRandomised;
    let mut doubted = answer.clone();
    doubted.caution(&caution);
    assert_eq!(doubted.tables, answer.tables);
}

#[test]
fn the_words_of_a_list_are_told_as_choices() {
    let fields = Method::fields("glmm").unwrap();
    let show = fields.iter().find(|field| field.name == "show").unwrap();
    let names: Vec<&str> = show.choices.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["random_effects", "residuals", "influence"]);
    let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    for name in ["predict.at", "predict.whose", "simulated_residuals.seed"] {
        assert!(names.contains(&name), "{names:?}");
    }
}

/// Levels by how many problems there are: at wave 0 of WT the first has the probability that its threshold
/// says, and the levels of each setting make one.
#[test]
fn ordered_levels_are_predicted_with_their_probabilities() {
    let counts = counts();
    let problems = counts.numeric("problems").unwrap();
    let level = |x: Option<f64>| x.map(|x| if x < 3.0 { 0 } else { 1 + u32::from(x > 6.0) });
    let codes = problems.iter().map(level).collect();
    let mut columns = counts.columns().to_vec();
    let burden = Column::factor("burden", ["light", "middle", "heavy"], codes).unwrap();
    columns.push(burden.ordered());
    let table = Table::new(columns).unwrap();
    let fields = [
        ("formula", "burden ~ arm + wave + (1 | family)"),
        ("options.family", "cumulative"),
        ("predict", "{ at = { arm = ['WT', 'EKC'], wave = 0 } }"),
    ];
    let answer = run("glmm", &table, &fields);
    let predicted = TableName::Predictions;
    assert_eq!(
        words(&answer, predicted, "level"),
        ["light", "middle", "heavy"].repeat(2)
    );
    assert_eq!(
        words(&answer, predicted, "arm"),
        ["WT", "WT", "WT", "EKC", "EKC", "EKC"]
    );
    let p = numbers(&answer, predicted, "predicted");
    close(p[..3].iter().sum(), 1.0);
    close(p[3..].iter().sum(), 1.0);
    let first = value(&answer, "light|middle");
    close(p[0], 1.0 / (1.0 + (-first).exp()));
    let lows = numbers(&answer, predicted, "predicted_low");
    assert!(lows.iter().zip(&p).all(|(low, p)| (0.0..*p).contains(low)));

    let whole = [fields[0], fields[1], ("predict", "{ whose = 'families' }")];
    let answer = run("glmm", &table, &whole);
    let of = |name: &str| by_row(&answer, name);
    let [light, middle, heavy] =
        ["light", "middle", "heavy"].map(|level| of(&format!("predicted: {level}")));
    assert_eq!(light.len(), table.rows());
    for ((light, middle), heavy) in light.iter().zip(&middle).zip(&heavy) {
        close(light.unwrap() + middle.unwrap() + heavy.unwrap(), 1.0);
    }
}

#[test]
fn residuals_are_a_picture() {
    let rows: Vec<(f64, f64)> = (0..40)
        .map(|i| (f64::from(i % 8), f64::from(i % 8) + f64::from(i * i % 7)))
        .collect();
    let families = (0..5).map(|f| format!("f{f}"));
    let table = kring::core::Table::new(vec![
        kring::core::Column::numeric("y", rows.iter().map(|r| Some(r.1)).collect()).unwrap(),
        kring::core::Column::numeric("x", rows.iter().map(|r| Some(r.0)).collect()).unwrap(),
        kring::core::Column::factor("family", families, (0..40).map(|i| Some(i / 8)).collect())
            .unwrap(),
    ])
    .unwrap();
    let fields = [("formula", "y ~ x + (1 | family)"), ("show", "residuals")];
    let method = kring::method::Method::named("lmm", &fields).unwrap();
    let answer = method.run(&table).unwrap();
    let pictures = answer.pictures().unwrap();
    let [kring::report::Content::Scatter(scatter)] = pictures.as_slice() else {
        panic!("expected one picture");
    };
    let [against_fitted, normal] = scatter.panels.as_slice() else {
        panic!("expected two panels");
    };
    assert_eq!(against_fitted.points.len(), 40);
    let mean = against_fitted.points.iter().map(|p| p.1).sum::<f64>() / 40.0;
    assert!(mean.abs() < 1e-9, "{mean}");
    // The normal quantiles of forty rows, symmetric about zero, the residuals in their order.
    let (first, last) = (normal.points[0], normal.points[39]);
    assert!((first.0 + last.0).abs() < 1e-12 && first.1 < last.1);
    assert!((last.0 - 2.241_402_727_604_947).abs() < 1e-9, "{}", last.0);
    // Without residuals there is none.
    let plain = kring::method::Method::named("lmm", &fields[..1]).unwrap();
    assert!(plain.run(&table).unwrap().pictures().unwrap().is_empty());
}
