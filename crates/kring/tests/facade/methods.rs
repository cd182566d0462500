//! Methods by their names: the data they take of a table, by hand, and what they refuse.

use kring::core::{Caution, Column, Estimate, Table};
use kring::method::{Answer, Job, Method, Part};
use kring::stats::lm::Lm;

/// Two arms of three and four; one family has no outcome, and one no arm.
fn table() -> Table {
    let numbers = |values: [f64; 8]| {
        let some = |x: f64| (!x.is_nan()).then_some(x);
        values.map(some).to_vec()
    };
    let yes_no = |codes: [i8; 8]| codes.map(|code| u32::try_from(code).ok()).to_vec();
    Table::new(vec![
        Column::numeric(
            "problems",
            numbers([6.0, 8.0, 4.0, 3.0, 5.0, f64::NAN, 1.0, 9.0]),
        )
        .unwrap(),
        Column::numeric("before", numbers([7.0, 8.0, 6.0, 6.0, 8.0, 5.0, 3.0, 9.0])).unwrap(),
        Column::numeric("weeks", numbers([1.0, 1.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0])).unwrap(),
        Column::factor("home", ["no", "yes"], yes_no([1, 0, 0, 1, 1, 1, -1, 1])).unwrap(),
        Column::factor("earlier", ["no", "yes"], yes_no([0, 0, 1, 0, 1, 0, 1, 1])).unwrap(),
        Column::factor("site", ["A", "B"], yes_no([0, 1, 0, 1, 0, 1, 0, 1])).unwrap(),
        Column::factor("arm", ["WT", "EKC"], yes_no([0, 0, 0, 1, 1, 1, 1, -1])).unwrap(),
    ])
    .unwrap()
}

fn run(kind: &str, fields: &[(&str, &str)]) -> Answer {
    Method::named(kind, fields).unwrap().run(&table()).unwrap()
}

fn value(estimate: &Estimate) -> f64 {
    estimate.natural().finite().unwrap()
}

fn refused(kind: &str, fields: &[(&str, &str)]) -> String {
    match Method::named(kind, fields) {
        Err(error) => error.to_string(),
        Ok(method) => method.run(&table()).unwrap_err().to_string(),
    }
}

/// The fields of a method as texts.
type Fields<'a> = &'a [(&'a str, &'a str)];

const BY_ARM: [(&str, &str); 2] = [("outcome", "problems"), ("by", "arm")];

/// WT 6, 8, 4: mean 6. EKC 3, 5, 1: mean 3. The families without outcome or arm are left out.
#[test]
fn groups_of_numbers() {
    let answer = run("mean_difference", &BY_ARM);
    let estimate = &answer.estimates[0];
    assert_eq!(
        (estimate.label.as_str(), value(estimate)),
        ("EKC − WT", -3.0)
    );
    assert_eq!((estimate.sample.rows, estimate.sample.omitted), (6, 2));
    assert!(
        estimate
            .cautions
            .contains(&Caution::CompleteCases { used: 6, of: 8 })
    );
    // Of nine pairs EKC has more in one (5 against 4) and never as many: 1/9.
    let superiority = run("probability_of_superiority", &BY_ARM);
    assert!((value(&superiority.estimates[0]) - 1.0 / 9.0).abs() < 1e-12);
    let u = run("mann_whitney", &BY_ARM);
    assert_eq!((u.figures[0].name.as_str(), u.figures[0].value), ("U", 1.0));
}

/// EKC: 3, 4 of four at home are known (yes, yes, yes); WT: 1 of 3.
#[test]
fn shares_of_groups() {
    let home = [("outcome", "home"), ("by", "arm")];
    let difference = run("risk_difference", &home);
    assert!((value(&difference.estimates[0]) - (1.0 - 1.0 / 3.0)).abs() < 1e-12);
    let shares = run("proportion", &home);
    let shares: Vec<f64> = shares.estimates.iter().map(value).collect();
    assert!(
        (shares[0] - 1.0 / 3.0).abs() < 1e-12 && (shares[1] - 1.0).abs() < 1e-12,
        "{shares:?}"
    );
    let away = run(
        "risk_difference",
        &[("outcome", "home"), ("by", "arm"), ("event", "no")],
    );
    assert!((value(&away.estimates[0]) + (1.0 - 1.0 / 3.0)).abs() < 1e-12);
    let needed = run("number_needed_to_treat", &home);
    // What is counted is said first.
    assert!(
        needed.notes[0].contains("`yes` of home"),
        "{:?}",
        needed.notes
    );
    assert!(
        needed.notes[1].contains(": 1.5 to benefit"),
        "{:?}",
        needed.notes
    );
    assert!((needed.figures[0].value - 1.5).abs() < 1e-12);
}

/// WT: 18 problems in 4 weeks; EKC: 9 in 3. The ratio is 3 / 4.5.
#[test]
fn rates_of_groups() {
    let fields = [("events", "problems"), ("exposure", "weeks"), ("by", "arm")];
    assert!((value(&run("rate_ratio", &fields).estimates[0]) - 2.0 / 3.0).abs() < 1e-12);
    assert!((value(&run("rate_difference", &fields).estimates[0]) + 1.5).abs() < 1e-12);
}

/// Seven pairs: changes −1, 0, −2, −3, −3, −2, 0 have the mean −11/7.
#[test]
fn pairs() {
    let fields = [("before", "before"), ("after", "problems")];
    let change = run("mean_change", &fields);
    assert!((value(&change.estimates[0]) + 11.0 / 7.0).abs() < 1e-12);
    assert_eq!(change.estimates[0].sample.omitted, 1);
}

/// Complete pairs: WT 7→6, 8→8, 6→4 with the mean change −1; EKC 6→3, 8→5, 3→1 with −8/3. The groups
/// begin 17/3 − 7 apart; they keep (9/3)/(17/3) and (18/3)/(21/3) of what they had.
#[test]
fn one_table_read_in_three_ways() {
    let fields = [
        ("before", "before"),
        ("after", "problems"),
        ("by", "arm"),
        ("reliability", "0.75"),
    ];
    let found = run("lords_paradox", &fields);
    let labels: Vec<&str> = found.estimates.iter().map(|e| e.label.as_str()).collect();
    assert_eq!(labels, ["change scores", "ANCOVA", "ratio of rates"]);
    let values: Vec<f64> = found.estimates.iter().map(value).collect();
    assert!((values[0] + 5.0 / 3.0).abs() < 1e-12, "{values:?}");
    let ratio = (9.0 / 17.0) / (18.0 / 21.0);
    assert!((values[2] - ratio).abs() < 1e-7, "{values:?}");
    let ancova = kring::analysis::lm(
        &table(),
        "problems ~ before + arm",
        &kring::formula::DesignOptions::default(),
        &Lm::default(),
    )
    .unwrap();
    assert!(
        (values[1] - value(&ancova.estimates[2])).abs() < 1e-10,
        "{values:?}"
    );
    let figure = |name: &str| found.figures.iter().find(|f| f.name == name).unwrap().value;
    assert!((figure("difference_at_the_start") + 4.0 / 3.0).abs() < 1e-12);
    assert!((figure("regression_to_the_mean") - 1.0 / 3.0).abs() < 1e-12);
    assert_eq!(found.estimates[0].sample.omitted, 2);
    let off = [
        ("before", "before"),
        ("after", "problems"),
        ("by", "arm"),
        ("reliability", "7"),
    ];
    assert!(refused("lords_paradox", &off).contains("expected a share from 0 to 1, found 7"));
}

/// The same as the estimator gives: a linear model is a Gaussian one.
#[test]
fn a_gaussian_model_is_the_linear_model() {
    let fields = [("formula", "problems ~ before + arm")];
    let answer = run("glm", &fields);
    let linear = kring::analysis::lm(
        &table(),
        "problems ~ before + arm",
        &kring::formula::DesignOptions::default(),
        &Lm::default(),
    )
    .unwrap();
    for (ours, theirs) in answer.estimates.iter().zip(&linear.estimates) {
        assert_eq!(ours.label, theirs.label);
        assert!((value(ours) - value(theirs)).abs() < 1e-9);
        let errors = (ours.std_error.unwrap(), theirs.std_error.unwrap());
        assert!((errors.0 - errors.1).abs() < 1e-9, "{errors:?}");
    }
    // Averaged over all rows the difference of the arms is the coefficient itself.
    let marginal = run(
        "marginal_effect",
        &[("formula", "problems ~ before + arm"), ("by", "arm")],
    );
    let difference = &marginal.estimates[2];
    assert!(
        (value(difference) - value(&linear.estimates[2])).abs() < 1e-9,
        "{difference:?}"
    );
}

/// With a bootstrap the estimates are the same; errors and intervals come from the draws.
#[test]
fn marginal_effects_by_bootstrap() {
    let fields = [
        ("formula", "problems ~ before + arm"),
        ("by", "arm"),
        ("strata", "arm"),
        (
            "bootstrap",
            "{ seed = 2011, replicates = 99, interval = 'percentile' }",
        ),
    ];
    let (delta, drawn) = (
        run("marginal_effect", &fields[..2]),
        run("marginal_effect", &fields),
    );
    for (delta, drawn) in delta.estimates.iter().zip(&drawn.estimates) {
        assert_eq!(delta.label, drawn.label);
        assert!((value(delta) - value(drawn)).abs() < 1e-9);
        assert!(
            drawn.method.contains("99 replicates, seed 2011"),
            "{}",
            drawn.method
        );
        assert!(drawn.std_error.unwrap() > 0.0 && drawn.p_value.is_none());
    }
    assert_eq!(drawn.estimates, run("marginal_effect", &fields).estimates);
}

#[test]
fn what_is_wrong_is_told() {
    let cases: [(&str, Fields<'_>, &str); 9] = [
        (
            "man_whitney",
            &BY_ARM,
            "there is no such method; did you mean `mann_whitney`?",
        ),
        (
            "mann_whitney",
            &[("outcome", "problems")],
            "missing field `by`",
        ),
        (
            "mann_whitney",
            &[("outcome", "problems"), ("by", "arm"), ("event", "x")],
            "unknown field `event`",
        ),
        (
            "mann_whitney",
            &[("outcome", "problem"), ("by", "arm")],
            "did you mean `problems`?",
        ),
        (
            "mean_difference",
            &[("outcome", "home"), ("by", "arm")],
            "home",
        ),
        (
            "mean_difference",
            &[("outcome", "problems"), ("by", "before")],
            "it compares two groups, but `before` has 6",
        ),
        (
            "risk_difference",
            &[("outcome", "problems"), ("by", "arm")],
            "expected 0 and 1, found 6",
        ),
        (
            "risk_difference",
            &[("outcome", "home"), ("by", "arm"), ("event", "yess")],
            "did you mean `yes`?",
        ),
        ("equivalence", &BY_ARM, "missing field `options`"),
    ];
    for (kind, fields, expected) in cases {
        let said = refused(kind, fields);
        assert!(said.contains(expected), "{kind}: {said}");
    }
}

/// The order of the levels is what a trend is about, so it is named.
#[test]
fn a_trend_says_along_which_order() {
    let home = [("outcome", "home"), ("by", "arm"), ("event", "yes")];
    let said = |more: &[(&'static str, &'static str)]| {
        let fields = [&home[..], more].concat();
        run("trend", &fields).notes.join(" ")
    };
    let notes = said(&[]);
    assert!(
        notes.contains("along `arm` with the scores `WT` 1, `EKC` 2; if"),
        "{notes}"
    );
    let notes = said(&[("options.scores", "[0, 2.5]")]);
    assert!(notes.contains("`WT` 0, `EKC` 2.5."), "{notes}");
}

#[test]
fn a_field_of_a_table_is_named_by_its_path() {
    let with = |more: &[(&'static str, &'static str)]| {
        let fields = [&BY_ARM[..], more].concat();
        Method::named("mann_whitney", &fields)
    };
    let whole = with(&[("options", "{ level = 0.9 }")]).unwrap();
    assert_eq!(with(&[("options.level", "0.9")]).unwrap(), whole);
    assert_ne!(with(&[]).unwrap(), whole);
    for twice in [
        [("options.level", "0.9"), ("options.level", "0.9")],
        [("options.level", "0.9"), ("options", "{ level = 0.9 }")],
        [("outcome.level", "0.9"), ("options.level", "0.9")],
    ] {
        let error = with(&twice).unwrap_err().to_string();
        assert!(error.contains("given twice"), "{error}");
    }
}

/// Every name on the list is the name of a method, and none is missing.
#[test]
fn the_list_has_every_method() {
    for kind in Method::KINDS {
        let error = Method::named(kind, &[]).unwrap_err().to_string();
        assert!(!error.contains("unknown variant"), "{kind}: {error}");
    }
    let unknown = serde_json::from_str::<Method>(r#"{"nothing": {}}"#)
        .unwrap_err()
        .to_string();
    let known = unknown.matches('`').count() / 2 - 1;
    assert_eq!(known, Method::KINDS.len(), "{unknown}");
    let method = Method::named("mann_whitney", &BY_ARM).unwrap();
    assert_eq!(method.kind(), "mann_whitney");
    assert_eq!(method.by().as_deref(), Some("arm"));
}

/// What serde says reaches nobody as it is.
#[test]
fn faults_are_told_in_the_words_of_the_field() {
    let text = refused("mann_whitney", &[("outcome", "7"), ("by", "arm")]);
    assert!(
        text.contains("`outcome`: expected a text, found 7"),
        "{text}"
    );
    let list = refused("friedman", &[("columns", "true")]);
    assert!(list.contains("expected a list, found"), "{list}");
    let options = [
        ("outcome", "problems"),
        ("by", "arm"),
        ("options", "{level=\"high\"}"),
    ];
    let number = refused("mean_difference", &options);
    assert!(
        number.contains("`options.level`: expected a number, found the text \"high\""),
        "{number}"
    );
    let options = [
        ("formula", "problems ~ arm"),
        ("options", "{family=\"poison\"}"),
    ];
    let near = refused("glm", &options);
    assert!(
        near.contains("found `poison`; did you mean `poisson`?"),
        "{near}"
    );
    for said in [text, list, number, near] {
        assert!(
            !said.contains("invalid type") && !said.contains("f64"),
            "{said}"
        );
    }
}

/// ω² and ε² estimate the share in the population: its interval is λ/(λ + N), MBESS's for ω².
#[test]
fn the_interval_of_a_share_of_the_variance_says_what_it_is_of() {
    let by_site = [("outcome", "problems"), ("by", "site")];
    let population = run("variance_explained", &by_site);
    assert!(
        population.notes[0].contains("ω² in the population"),
        "{:?}",
        population.notes
    );
    let intervals: Vec<_> = population.estimates.iter().map(|e| e.interval).collect();
    assert_eq!(intervals[1], intervals[2]);
    let fields = [
        by_site[0],
        by_site[1],
        ("options", "{interval=\"estimate\"}"),
    ];
    let estimate = run("variance_explained", &fields);
    assert!(estimate.notes.is_empty());
}

/// y = 1 + 2x without an error: what is divided by rounding is no test.
#[test]
fn a_perfect_fit_has_no_tests() {
    let numbers = |values: [f64; 5]| values.map(Some).to_vec();
    let table = Table::new(vec![
        Column::numeric("y", numbers([1.1, 3.1, 5.1, 7.1, 9.1])).unwrap(),
        Column::numeric("x", numbers([0.0, 1.0, 2.0, 3.0, 4.0])).unwrap(),
    ])
    .unwrap();
    let options = kring::formula::DesignOptions::default();
    let fit = kring::analysis::lm(&table, "y ~ x", &options, &Lm::default()).unwrap();
    let slope = &fit.estimates[1];
    assert!((value(slope) - 2.0).abs() < 1e-12);
    assert!(slope.cautions.contains(&Caution::PerfectFit), "{slope:?}");
    assert_eq!(
        (slope.statistic(), slope.p_value, slope.interval),
        (None, None, None)
    );
    assert!(
        fit.overall
            .is_none_or(|test| test.statistic.is_none() && test.p_value.is_none())
    );
}

/// A difference of two columns in points is in points.
#[test]
fn arithmetic_of_one_unit_keeps_it() {
    let column = |name: &str, unit: &str, values: [f64; 4]| {
        let column = Column::numeric(name, values.map(Some).to_vec()).unwrap();
        column.with_unit(unit)
    };
    let table = Table::new(vec![
        column("yc1", "points", [30.0, 20.0, 25.0, 40.0]),
        column("yc3", "points", [20.0, 15.0, 25.0, 22.0]),
        column("age", "years", [8.0, 9.0, 12.0, 15.0]),
    ])
    .unwrap();
    let unit = |formula: &str| {
        let options = kring::formula::DesignOptions::default();
        let fit = kring::analysis::lm(&table, formula, &options, &Lm::default()).unwrap();
        fit.estimates[0].measure.unit().map(str::to_owned)
    };
    assert_eq!(unit("I(yc3 - yc1) ~ age").as_deref(), Some("points"));
    assert_eq!(unit("yc3 ~ age").as_deref(), Some("points"));
    assert_eq!(unit("I(yc3 - age) ~ yc1"), None);
    assert_eq!(unit("I(yc3 * 2) ~ yc1"), None);
}

/// That chance did not decide is said of whatever speaks of the arms, and of nothing else.
#[test]
fn a_doubt_about_the_arms_reaches_tables_and_models() {
    let table = table();
    let arms = ["WT", "EKC"].map(str::to_owned);
    let doubted = |kind: &str, fields: &[(&str, &str)]| {
        let method = Method::named(kind, fields).unwrap();
        assert!(method.compares("arm", &table), "{kind}");
        let mut answer = method.run(&table).unwrap();
        method.doubt(&mut answer, "arm", &arms, &Caution::NotRandomised);
        answer
    };
    let crossed = doubted("chi_squared", &[("rows", "home"), ("columns", "arm")]);
    assert!(crossed.tests[0].cautions.contains(&Caution::NotRandomised));
    let model = doubted("glm", &[("formula", "problems ~ before + arm")]);
    let marked: Vec<&str> = model
        .estimates
        .iter()
        .filter(|e| e.cautions.contains(&Caution::NotRandomised))
        .map(|e| e.label.as_str())
        .collect();
    assert_eq!(marked, ["armEKC"]);
    let tests: Vec<&str> = model
        .tests
        .iter()
        .filter(|t| t.cautions.contains(&Caution::NotRandomised))
        .map(|t| t.label.as_str())
        .collect();
    assert_eq!(tests, ["arm"]);
    let marginal = doubted(
        "marginal_effect",
        &[("formula", "problems ~ before + arm"), ("by", "arm")],
    );
    assert!(
        marginal
            .estimates
            .iter()
            .all(|e| e.cautions.contains(&Caution::NotRandomised))
    );
    let other = Method::named("glm", &[("formula", "problems ~ before")]).unwrap();
    assert!(!other.compares("arm", &table));
}

/// One side of a two-sided interval of 95%.
#[test]
fn non_inferiority_shows_the_usual_interval() {
    let options = "{margin=9, better=\"lower\"}";
    let fields = [BY_ARM[0], BY_ARM[1], ("options", options)];
    let found = run("non_inferiority", &fields);
    assert!((found.estimates[0].interval.unwrap().level - 0.95).abs() < 1e-12);
    let usual = run("mean_difference", &BY_ARM);
    let ends = |e: &Estimate| {
        e.interval
            .map(|i| (i.low.unwrap(), i.high.unwrap()))
            .unwrap()
    };
    let (ours, theirs) = (ends(&found.estimates[0]), ends(&usual.estimates[0]));
    assert!((ours.0 - theirs.0).abs() < 1e-9 && (ours.1 - theirs.1).abs() < 1e-9);
}

/// Three coders give four texts one of two codes, a fourth text only two of them: p_o = 2/3 and
/// π = 1/2, so that κ = 1/3. Codes are texts or numbers.
#[test]
fn many_raters_agree_in_categories() {
    let code = |codes: [Option<u32>; 5]| {
        let texts = Column::factor("a", ["problem", "none"], codes.to_vec()).unwrap();
        let numbers = codes.map(|code| code.map(f64::from));
        (texts, Column::numeric("a", numbers.to_vec()).unwrap())
    };
    let (no, yes) = (Some(0), Some(1));
    let raters = [
        code([no, no, no, yes, no]),
        code([no, no, yes, yes, yes]),
        code([no, yes, yes, yes, None]),
    ];
    let named = |place: usize, column: &Column| {
        let mut column = column.clone();
        column.name = ["a", "b", "c"][place].to_owned();
        column
    };
    let texts = raters
        .iter()
        .enumerate()
        .map(|(i, (text, _))| named(i, text));
    let numbers = raters
        .iter()
        .enumerate()
        .map(|(i, (_, number))| named(i, number));
    let columns = [("columns", "[\"a\", \"b\", \"c\"]")];
    let kappa = Method::named("fleiss_kappa", &columns).unwrap();
    for table in [
        Table::new(texts.collect()).unwrap(),
        Table::new(numbers.collect()).unwrap(),
    ] {
        let answer = kappa.run(&table).unwrap();
        assert!((value(&answer.estimates[0]) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(answer.estimates[0].sample.omitted, 1);
    }
}

/// 3 · 0.01, 2 · 0.03, and 0.04 may not be smaller than the one before it; the row without a p-value
/// is no test.
#[test]
fn p_values_of_a_family_are_adjusted() {
    let p = [Some(0.01), None, Some(0.04), Some(0.03)];
    let table = Table::new(vec![Column::numeric("p", p.to_vec()).unwrap()]).unwrap();
    let method = Method::named("adjust_p_values", &[("p_values", "p")]).unwrap();
    let answer = method.run(&table).unwrap();
    assert_eq!(
        answer.by_row[0].values,
        [Some(0.03), None, Some(0.06), Some(0.06)]
    );
    assert_eq!(answer.figures[1].name, "row 3");
    assert!(answer.notes[0].contains("family of 3, method holm. One row has no p-value"));
    let bonferroni = [("p_values", "p"), ("options", "{method = \"bonferroni\"}")];
    let answer = Method::named("adjust_p_values", &bonferroni)
        .unwrap()
        .run(&table)
        .unwrap();
    assert_eq!(answer.figures[1].value, 0.12);
    let many = Table::new(vec![
        Column::numeric("p", vec![Some(0.1), Some(5.0)]).unwrap(),
    ])
    .unwrap();
    let error = method.run(&many).unwrap_err().to_string();
    assert!(error.contains("5 at row 2 is no p-value"), "{error}");
}

/// Seizures vary far more than Poisson's; a negative binomial model allows for that. R finds the
/// same: the ratio of deviance to degrees of freedom of the Poisson model is above 4.
#[test]
fn residuals_tell_a_model_that_does_not_fit_from_one_that_does() {
    let file = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../datasets/studies/epilepsy/data/epil.csv"
    );
    let options = kring::cohort::ReadOptions::default();
    let table = kring::cohort::read(std::path::Path::new(file), &options)
        .unwrap()
        .table()
        .unwrap();
    let residuals = |model: &str| {
        let fields = [
            ("formula", "y ~ trt + log(base) + age"),
            ("seed", "11"),
            ("model", model),
        ];
        Method::named("quantile_residuals", &fields)
            .unwrap()
            .run(&table)
            .unwrap()
    };
    let poisson = residuals("{glm = {family = \"poisson\"}}");
    assert!(
        poisson.tests[0].p_value.unwrap() < 1e-4,
        "{:?}",
        poisson.tests[0]
    );
    let negative = residuals("{glm = {family = \"nbinom2\"}}");
    assert!(
        negative.tests[0].p_value.unwrap() > 0.01,
        "{:?}",
        negative.tests[0]
    );
    assert_eq!(negative.by_row[0].values.len(), 236);
    assert_eq!(
        residuals("{glm = {family = \"nbinom2\"}}"),
        negative,
        "the seed decides"
    );
    let hurdle = residuals("{hurdle = {}}");
    assert_eq!(
        hurdle.estimates[0].label,
        "variance seen / variance expected"
    );
    let quasi = [
        ("formula", "y ~ trt"),
        ("seed", "1"),
        ("model", "{glm = {family = \"quasi_poisson\"}}"),
    ];
    let error = Method::named("quantile_residuals", &quasi)
        .unwrap()
        .run(&table)
        .unwrap_err();
    assert!(error.to_string().contains("no distribution"), "{error}");
}

/// Every method that draws replicates, by ranges in any order, sent as text: the same bits.
#[test]
fn replicates_by_ranges() {
    let number = |i: u32| Some(f64::from(i * 7 % 13 + i % 2));
    let codes = |of: fn(u32) -> u32| (0..60).map(|i| Some(of(i))).collect();
    let table = Table::new(vec![
        Column::numeric("problems", (0..60).map(number).collect())
            .unwrap()
            .with_unit("problems"),
        Column::factor("home", ["no", "yes"], codes(|i| u32::from(i * 5 % 7 < 3))).unwrap(),
        Column::factor("arm", ["WT", "EKC", "other"], codes(|i| i % 3)).unwrap(),
        Column::factor("two", ["WT", "EKC"], codes(|i| i % 2))
            .unwrap()
            .ordered(),
        Column::factor("family", (0..15).map(|i| i.to_string()), codes(|i| i / 4)).unwrap(),
    ])
    .unwrap();
    let by_two = [("outcome", "problems"), ("by", "two")];
    let with = |options| [by_two[0], by_two[1], ("options", options)];
    let bootstrap = with("{ replicates = 200, seed = 1 }");
    let permutation = with("{ method = 'monte_carlo', replicates = 200, seed = 1 }");
    let marginal = [
        ("formula", "problems ~ arm"),
        ("by", "arm"),
        ("options", "{ family = 'poisson' }"),
        ("bootstrap", "{ replicates = 200, seed = 1 }"),
    ];
    let fisher = [
        ("rows", "home"),
        ("columns", "arm"),
        (
            "options",
            "{ method = { monte_carlo = { replicates = 200, seed = 1 } } }",
        ),
    ];
    let mixed = [
        ("formula", "problems ~ arm + (1 | family)"),
        (
            "intervals",
            "{ bootstrap = { replicates = 200, seed = 1 } }",
        ),
    ];
    let methods: [(&str, Fields<'_>); 5] = [
        ("bootstrap", &bootstrap),
        ("permutation", &permutation),
        ("marginal_effect", &marginal),
        ("fisher_exact", &fisher),
        ("lmm", &mixed),
    ];
    for (kind, fields) in methods {
        let method = Method::named(kind, fields).unwrap();
        let job = Job {
            method,
            table: table.clone(),
        };
        let sent: Job = serde_json::from_str(&serde_json::to_string(&job).unwrap()).unwrap();
        assert_eq!(sent, job);
        assert_eq!(sent.replicates().unwrap(), Some(200), "{kind}");
        let parts = [150..200, 0..1, 1..150].map(|range| {
            let part = sent.run_range(range).unwrap();
            serde_json::from_str(&serde_json::to_string(&part).unwrap()).unwrap()
        });
        assert_eq!(
            sent.finish(&parts).unwrap(),
            job.method.run(&table).unwrap()
        );
        let refused = |parts: &[Part]| sent.finish(parts).unwrap_err().to_string();
        assert!(
            refused(&parts[..2])
                .contains("the replicates 1..150: expected each once, found in no draws")
        );
        let twice = [&parts[..], &parts[2..]].concat();
        assert!(refused(&twice).contains("1..150: expected each once, found in the draws of two"));
        assert!(
            sent.run_range(199..201)
                .unwrap_err()
                .to_string()
                .contains("199..201 of 0..200")
        );
    }
    // Methods that draw nothing, or need not.
    for (kind, fields) in [
        ("mean_difference", &by_two[..]),
        ("marginal_effect", &marginal[..3]),
        ("permutation", &by_two[..]),
        ("fisher_exact", &fisher[..2]),
        ("lmm", &mixed[..1]),
    ] {
        let method = Method::named(kind, fields).unwrap();
        assert_eq!(method.replicates(&table).unwrap(), None, "{kind}");
        assert!(method.run_with(&table, &[]).is_err(), "{kind}");
    }
    let method = Method::named("mean_difference", &by_two).unwrap();
    assert_eq!(
        method.run_range(&table, 0..1).unwrap_err().to_string(),
        "method `mean_difference`: it draws no replicates with these options; run it whole"
    );
}
