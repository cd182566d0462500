//! Marginal models and models for repeated measures by formula.

use kring::method::{Cells, TableName};

use crate::mixed::{close, counts, estimate, families, refused, run, value};

const POISSON: (&str, &str) = ("options.family", "poisson");
const COUNTS: (&str, &str) = ("formula", "problems ~ arm * wave");
const SUBJECT: (&str, &str) = ("subject", "family");

/// Without correlation the estimates are those of a generalised linear model with errors by family.
#[test]
fn independent_rows_are_a_generalised_linear_model() {
    let table = counts();
    let options = [
        ("options.correlation", "independence"),
        ("options.covariance", "robust"),
        ("options.dof", "normal"),
    ];
    let marginal = run(
        "gee",
        &table,
        &[&[COUNTS, POISSON, SUBJECT][..], &options].concat(),
    );
    let plain = [
        COUNTS,
        POISSON,
        ("cluster", "family"),
        ("options.covariance", "cr0"),
    ];
    let plain = run("glm", &table, &plain);
    for label in ["(Intercept)", "armEKC", "wave", "armEKC:wave"] {
        let (ours, theirs) = (estimate(&marginal, label), estimate(&plain, label));
        close(ours.value.finite().unwrap(), theirs.value.finite().unwrap());
        close(ours.std_error.unwrap(), theirs.std_error.unwrap());
    }
}

/// With a log link and no other covariate the ratio of the means at a wave is the sum of two coefficients.
#[test]
fn means_of_the_population_are_compared() {
    let fields = [
        COUNTS,
        POISSON,
        SUBJECT,
        ("wave", "wave"),
        ("by", "arm"),
        ("within", "wave"),
    ];
    let answer = run("gee", &counts(), &fields);
    let ratio = value(&answer, "arm EKC / WT at wave 2");
    close(
        ratio,
        value(&answer, "armEKC") + 2.0 * value(&answer, "armEKC:wave"),
    );
    let [wt, ekc] = ["WT", "EKC"].map(|arm| value(&answer, &format!("arm {arm} at wave 2")));
    close((ekc / wt).ln(), ratio);
    let names: Vec<&str> = answer
        .figures
        .iter()
        .map(|figure| figure.name.as_str())
        .collect();
    assert!(
        names.contains(&"qic") && names.contains(&"families"),
        "{names:?}"
    );
    assert_eq!(answer.components.len(), 2);
}

/// Compound symmetry with a correlation above zero is a random level of each family.
#[test]
fn one_correlation_is_a_random_level() {
    let table = families();
    let formula = ("formula", "score ~ arm * factor(wave)");
    let fields = [
        formula,
        SUBJECT,
        ("wave", "wave"),
        ("options.structure", "cs"),
        ("by", "arm"),
        ("within", "wave"),
    ];
    let answer = run("mmrm", &table, &fields);
    let lmm = [
        ("formula", "score ~ arm * factor(wave) + (1 | family)"),
        ("by", "arm"),
        ("within", "wave"),
    ];
    let lmm = run("lmm", &table, &lmm);
    for label in ["armEKC", "armEKC:factor(wave)2", "arm EKC − WT at wave 2"] {
        close(value(&answer, label), value(&lmm, label));
        let [ours, theirs] = [&answer, &lmm].map(|all| estimate(all, label).std_error.unwrap());
        assert!((ours / theirs - 1.0).abs() < 1e-5, "{ours} {theirs}");
    }
    let found = answer
        .tables
        .iter()
        .find(|t| t.name == TableName::WaveCovariance)
        .unwrap();
    assert_eq!(
        found.columns[0].cells,
        Cells::Words(vec!["1".into(), "2".into()])
    );
    let Cells::Numbers(correlations) = &found.columns[2].cells else {
        panic!("no correlations");
    };
    close(correlations[0].unwrap(), 1.0);
    assert!((0.0..1.0).contains(&correlations[1].unwrap()));
}

#[test]
fn what_is_wrong_is_told() {
    let table = families();
    let random = ("formula", "score ~ arm + (1 | family)");
    let plain = ("formula", "score ~ arm");
    for kind in ["gee", "mmrm"] {
        let wave = ("wave", "wave");
        let told = refused(kind, &table, &[random, SUBJECT, wave]);
        assert!(told.contains("`lmm` and `glmm`"), "{told}");
        let told = refused(kind, &table, &[plain, SUBJECT, wave, ("within", "wave")]);
        assert!(told.contains("`by`"), "{told}");
        let told = refused(kind, &table, &[plain, ("subject", "familie"), wave]);
        assert!(told.contains("family"), "{told}");
        let clusters = ("formula", "score ~ arm + cluster(family)");
        let told = refused(kind, &table, &[clusters, SUBJECT, wave]);
        assert!(told.contains("`subject`"), "{told}");
        let told = refused(
            kind,
            &table,
            &[plain, SUBJECT, wave, ("by", "arm"), ("within", "wave")],
        );
        assert!(told.contains("no term of the model has it"), "{told}");
    }
    let told = refused("mmrm", &table, &[plain, SUBJECT]);
    assert!(told.contains("wave") || told.contains("time"), "{told}");
}
