//! Means and contrasts by formula, of every kind of fit.

use std::collections::BTreeMap;

use kring::analysis::{self, MeansOf, MeansScale, TermTests};
use kring::method::Method;
use kring_core::{Caution, Column, Measure, Table};
use kring_formula::{CellWeights, DesignOptions, Recipe, ResponseKind};
use kring_report::Content;
use kring_stats::family::{Family, Link};
use kring_stats::glm::{Glm, Settings};
use kring_stats::lm::Lm;
use kring_stats::lmm::Lmm;
use kring_stats::means::ContrastFamily;
use ndarray::Array2;

use crate::mixed::{self, close, refused, run, value};

/// Two arms at three times; each family three times, two families an arm and place.
fn table() -> Table {
    let (mut arm, mut time, mut family, mut problems, mut home, mut age) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for f in 0..12_u32 {
        for (wave, months) in [0.0, 6.0, 24.0].into_iter().enumerate() {
            arm.push(Some(f % 2));
            time.push(Some(months));
            family.push(Some(f));
            let wave = wave as f64;
            let own = f64::from(f * 7 % 5) + f64::from((f + 3) * 5 % 7) * 0.3 * wave;
            problems.push(Some((8.0 + own - wave * f64::from(f % 2)).floor()));
            home.push(Some(f64::from(
                (f * 5 + f % 3 + 2 * u32::from(wave > 0.5)) % 4 / 2,
            )));
            age.push(Some(30.0 + f64::from(f * 3 % 10)));
        }
    }
    Table::new(vec![
        Column::numeric("problems", problems)
            .unwrap()
            .with_unit("problems"),
        Column::numeric("home", home).unwrap(),
        Column::numeric("months", time).unwrap().with_unit("months"),
        Column::numeric("age", age).unwrap(),
        Column::factor("arm", ["WT", "EKC"], arm).unwrap(),
        Column::factor("family", (0..12).map(|f| f.to_string()), family).unwrap(),
    ])
    .unwrap()
}

fn by_time() -> MeansOf {
    MeansOf {
        of: vec!["arm".into()],
        by: vec!["months".into()],
        contrasts: Some(ContrastFamily::Pairwise),
        ..MeansOf::default()
    }
}

#[test]
fn a_mixed_model_says_what_each_arm_has_at_each_time() {
    let table = table();
    let formula = "problems ~ arm * factor(months) + age + (1 | family)"
        .parse()
        .unwrap();
    let recipe = Recipe::new(&formula, &table, &DesignOptions::default()).unwrap();
    let design = recipe.design(&table).unwrap();
    let fit = Lmm::default().fit(&design).unwrap();
    let found = analysis::means(&fit, Link::Identity, &recipe, &table, &by_time())
        .unwrap()
        .with_unit(Some("problems"));
    assert_eq!(found.means.len(), 6);
    let last = found.contrasts[2].contrasts[0].estimable().unwrap();
    assert_eq!(last.plain.label, "EKC − WT at 24 months");
    assert_eq!(
        last.plain.measure,
        Measure::MeanDifference {
            unit: Some("problems".into())
        }
    );
    // The same by the formula's own contrast.
    let same = recipe
        .difference(
            &[("arm", "EKC"), ("months", "24")],
            &[("arm", "WT"), ("months", "24")],
        )
        .unwrap();
    let same = kring_stats::Fit::contrast(&fit, "same", same.weights.view()).unwrap();
    assert!((same.value.finite().unwrap() - last.plain.value.finite().unwrap()).abs() < 1e-10);
    assert_eq!(same.std_error, last.plain.std_error);
    let content = found.content();
    assert!(matches!(
        content.as_slice(),
        [
            Content::Trajectories(_),
            Content::Estimates(_),
            Content::Estimates(_),
            Content::Forest(_),
            Content::Text(_)
        ]
    ));
    let tests = analysis::term_tests(&fit, &recipe, &table, &design, TermTests::Means).unwrap();
    let labels: Vec<&str> = tests.iter().map(|test| test.label.as_str()).collect();
    assert_eq!(
        labels,
        ["arm", "factor(months)", "age", "arm:factor(months)"]
    );
}

#[test]
fn averages_over_the_rows_are_those_of_the_marginal_effect() {
    let table = table();
    let formula = "home ~ arm + age + months".parse().unwrap();
    let roles = DesignOptions {
        response: ResponseKind::Binary,
        ..DesignOptions::default()
    };
    let recipe = Recipe::new(&formula, &table, &roles).unwrap();
    let design = recipe.design(&table).unwrap();
    let fit = Glm {
        family: Family::Binomial,
        ..Glm::default()
    }
    .fit(&design)
    .unwrap();
    let set = |level: f64| -> Array2<f64> {
        let mut x = design.mean().x().to_owned();
        x.column_mut(1).fill(level);
        x
    };
    let (a, b) = (set(0.0), set(1.0));
    let settings = Settings {
        names: ["WT", "EKC"],
        a: a.view(),
        b: b.view(),
        offset: None,
        weights: None,
    };
    let truth = fit.standardized(&settings).unwrap();
    for (scale, truth) in [
        (MeansScale::Response, Some(&truth.difference)),
        (MeansScale::Ratios, truth.ratio.as_ref()),
    ] {
        let asked = MeansOf {
            by: vec![],
            weights: CellWeights::Rows,
            scale,
            ..by_time()
        };
        let found = analysis::means(&fit, Link::Logit, &recipe, &table, &asked).unwrap();
        let ours = &found.contrasts[0].contrasts[0].estimable().unwrap().plain;
        let truth = truth.unwrap();
        assert_eq!(ours.measure, truth.measure);
        assert!((ours.value.finite().unwrap() - truth.value.finite().unwrap()).abs() < 1e-12);
        assert!((ours.std_error.unwrap() - truth.std_error.unwrap()).abs() < 1e-12);
    }
}

#[test]
fn slopes_by_arm_are_the_coefficients() {
    let table = table();
    let formula = "problems ~ arm * months".parse().unwrap();
    let recipe = Recipe::new(&formula, &table, &DesignOptions::default()).unwrap();
    let fit = Lm::default().fit(&recipe.design(&table).unwrap()).unwrap();
    let asked = MeansOf {
        by: vec![],
        slopes: Some("months".into()),
        ..by_time()
    };
    let found = analysis::means(&fit, Link::Identity, &recipe, &table, &asked).unwrap();
    let difference = &found.contrasts[0].contrasts[0].estimable().unwrap().plain;
    let own = kring_stats::Fit::coefficients(&fit)
        .value("armEKC:months")
        .unwrap();
    assert!((difference.value.finite().unwrap() - own).abs() < 1e-10);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let table = table();
    let formula = "problems ~ arm + age + factor(months)".parse().unwrap();
    let recipe = Recipe::new(&formula, &table, &DesignOptions::default()).unwrap();
    let fit = Lm::default().fit(&recipe.design(&table).unwrap()).unwrap();
    let refused = |asked: MeansOf| {
        analysis::means(&fit, Link::Identity, &recipe, &table, &asked)
            .unwrap_err()
            .to_string()
    };
    let of = |name: &str| MeansOf {
        of: vec![name.into()],
        ..MeansOf::default()
    };
    assert!(refused(of("arms")).contains("did you mean `arm`"));
    assert!(refused(of("family")).contains("do not use it"));
    let at = |name: &str, value: &str| MeansOf {
        at: BTreeMap::from([(name.to_owned(), vec![value.to_owned()])]),
        ..of("arm")
    };
    assert!(refused(at("months", "7")).contains("no such level"));
    assert!(refused(at("age", "old")).contains("must be a number"));
    let slopes = |name: &str| MeansOf {
        slopes: Some(name.into()),
        ..of("arm")
    };
    assert!(refused(slopes("months")).contains("as a factor"));
    assert!(refused(slopes("family")).contains("no slope"));
    let scale = MeansOf {
        scale: MeansScale::Response,
        ..slopes("age")
    };
    assert!(refused(scale).contains("scale of the link"));
}

fn at_each_wave<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let asked = [
        ("means.of", "['arm']"),
        ("means.by", "['wave']"),
        ("means.contrasts", "pairwise"),
    ];
    [fields, &asked].concat()
}

/// A number, a list of them and texts say the same of a value, and a name alone stands for it with what is usual.
#[test]
fn what_is_asked_may_be_written_in_several_ways() {
    let formula = ("formula", "problems ~ arm * age + factor(months)");
    let asked = |at: &'static str, contrasts: &'static str| {
        let fields = [
            formula,
            ("options.family", "poisson"),
            ("means.of", "arm"),
            ("means.at", at),
            ("means.contrasts", contrasts),
        ];
        run("glm", &table(), &fields)
    };
    let written = asked("{ age = [\"40\"] }", "{ control = {} }");
    for at in [
        "{ age = 40 }",
        "{ age = 40.0 }",
        "{ age = [40] }",
        "{ age = \"40\" }",
    ] {
        assert_eq!(asked(at, "control"), written, "{at}");
    }
    let product = |family: &'static str| {
        let fields = [
            ("formula", "problems ~ arm * factor(months)"),
            ("options.family", "poisson"),
            ("means.of", "['arm', 'months']"),
            ("means.interaction", family),
        ];
        run("glm", &table(), &fields)
    };
    let [short, long] = ["\"control\"", "{ control = {} }"].map(|control| {
        let products = format!(
            "[{{ of = 'arm', family = {control} }}, {{ of = 'months', family = {control} }}]"
        );
        product(products.leak())
    });
    assert_eq!(short, long);
    let fields = [
        formula,
        ("means.of", "arm"),
        ("means.adjust", "multivariate_t"),
    ];
    let told = Method::named("glm", &fields).unwrap_err().to_string();
    assert!(told.contains("missing field `seed`"), "{told}");
}

/// Scores 1 and 2 of the first arm at the first wave, with the weights 1 and 3: (1 + 6) / 4.
#[test]
fn what_was_seen_is_weighted_as_the_model_is() {
    let mut columns = mixed::families().columns().to_vec();
    let weights = [1.0, 1.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0].map(Some);
    columns.push(Column::numeric("w", weights.to_vec()).unwrap());
    let fields = [
        ("formula", "score ~ arm * factor(wave)"),
        ("weights", "{ column = 'w', kind = 'precision' }"),
    ];
    let answer = run("glm", &Table::new(columns).unwrap(), &at_each_wave(&fields));
    let means = answer.means.as_ref().unwrap();
    let first = means.observed[0].unwrap();
    assert_eq!((first.mean, first.rows), (1.75, 2));
    close(
        means.estimates().next().unwrap().value.finite().unwrap(),
        1.75,
    );
}

/// In balance the means of a saturated model are those of the cells: 1.5, 3.5, 6 and 9.
#[test]
fn models_of_scores_give_means_by_hand() {
    let families = [("subject", "family"), ("wave", "wave")];
    let fixed = ("formula", "score ~ arm * factor(wave)");
    let random = ("formula", "score ~ arm * factor(wave) + (1 | family)");
    for (kind, fields) in [
        ("glm", vec![fixed, ("options.family", "gaussian")]),
        (
            "gee",
            [
                &[fixed, ("options.covariance", "model_based")][..],
                &families,
            ]
            .concat(),
        ),
        ("mmrm", [&[fixed][..], &families].concat()),
        ("lmm", vec![random]),
    ] {
        let answer = run(kind, &mixed::families(), &at_each_wave(&fields));
        let means = answer.means.as_ref().unwrap();
        let found: Vec<f64> = means
            .estimates()
            .map(|e| e.value.finite().unwrap())
            .collect();
        for (ours, by_hand) in found.iter().zip([1.5, 6.0, 3.5, 9.0, 4.5, 5.5]) {
            close(*ours, by_hand);
        }
        let observed: Vec<f64> = means
            .observed
            .iter()
            .map(|seen| seen.unwrap().mean)
            .collect();
        assert_eq!(observed, [1.5, 6.0, 3.5, 9.0]);
        let last = means.estimates().last().unwrap();
        assert_eq!(last.label, "EKC − WT at wave 2", "{kind}");
        let unit = Some("points".to_owned());
        assert_eq!(last.measure, Measure::MeanDifference { unit }, "{kind}");
        // A claim may name it, and nothing is told twice.
        assert!(
            answer
                .all_estimates()
                .any(|e| e.label == "EKC − WT at wave 1")
        );
    }
}

/// With a log link the difference at a wave is a sum of coefficients.
#[test]
fn models_of_counts_give_ratios() {
    let poisson = ("options.family", "poisson");
    let fixed = ("formula", "problems ~ arm * wave");
    let ratios = ("means.scale", "ratios");
    for (kind, mut fields) in [
        ("glm", vec![fixed]),
        ("gee", vec![fixed, ("subject", "family")]),
        (
            "glmm",
            vec![("formula", "problems ~ arm * wave + (1 | family)")],
        ),
    ] {
        fields.extend([poisson, ratios]);
        let answer = run(kind, &mixed::counts(), &at_each_wave(&fields));
        let means = answer.means.as_ref().unwrap();
        let ratio = means.estimates().last().unwrap();
        let (arm, change) = (value(&answer, "armEKC"), value(&answer, "armEKC:wave"));
        // The grid stands at the mean of the waves unless told otherwise, and this tells each of them.
        close(ratio.value.finite().unwrap(), arm + 2.0 * change);
        assert!(
            matches!(ratio.measure, Measure::LogRateRatio),
            "{:?}",
            ratio.measure
        );
        let typical = answer
            .notes
            .iter()
            .any(|note| note.contains("typical family"));
        assert_eq!(typical, kind == "glmm");
    }
}

#[test]
fn models_without_means_say_so() {
    let fields = at_each_wave(&[("formula", "problems ~ arm + wave")]);
    for kind in ["hurdle", "zero_inflated"] {
        let told = refused(kind, &mixed::counts(), &fields);
        assert!(
            told.contains("`means`") && told.contains("`glmm`"),
            "{told}"
        );
    }
    let ordered = [
        ("formula", "problems ~ arm * wave + (1 | family)"),
        ("options.family", "cumulative"),
        ("means.scale", "response"),
    ];
    let told = refused("glmm", &mixed::counts(), &at_each_wave(&ordered));
    assert!(told.contains("`predict`"), "{told}");
}

/// The doubt that arms were chosen goes with the means of the arms, and with each contrast.
#[test]
fn doubts_reach_means_and_contrasts() {
    let fields = at_each_wave(&[("formula", "score ~ arm * factor(wave) + (1 | family)")]);
    let method = Method::named("lmm", &fields).unwrap();
    let mut answer = method.run(&mixed::families()).unwrap();
    method.doubt(
        &mut answer,
        "arm",
        &["WT".into(), "EKC".into()],
        &Caution::NotRandomised,
    );
    let means = answer.means.as_ref().unwrap();
    assert!(
        means
            .estimates()
            .all(|e| e.cautions.contains(&Caution::NotRandomised))
    );
}

/// A linear model by least squares has them too; the averages over the rows are g-computation.
#[test]
fn a_linear_model_gives_means() {
    let table = mixed::families();
    let (roles, lm) = (DesignOptions::default(), Lm::default());
    let asked = MeansOf::averages("arm", Some("wave"));
    let formula = "score ~ arm * factor(wave)";
    let found = analysis::lm_with_means(&table, formula, &roles, &lm, Some(&asked)).unwrap();
    let last = found.means.as_ref().unwrap().estimates().last().unwrap();
    close(last.value.finite().unwrap(), 5.5);
    let told = analysis::MeansOf::read(&serde_json::json!({ "of": 3 })).unwrap_err();
    assert!(
        told.to_string()
            .contains("`means.of`: expected a text, found 3"),
        "{told}"
    );
}
