//! What the command says of itself.

use crate::kring;

#[test]
fn help() {
    insta::assert_snapshot!("help", kring(&["--help"]).succeeded().out);
}

#[test]
fn help_of_replicate() {
    insta::assert_snapshot!(
        "help_replicate",
        kring(&["replicate", "--help"]).succeeded().out
    );
}

#[test]
fn help_of_describe() {
    insta::assert_snapshot!(
        "help_describe",
        kring(&["describe", "--help"]).succeeded().out
    );
}

#[test]
fn help_of_fit_lm() {
    insta::assert_snapshot!(
        "help_fit_lm",
        kring(&["fit", "lm", "--help"]).succeeded().out
    );
}

#[test]
fn help_of_fit_lmm() {
    insta::assert_snapshot!(
        "help_fit_lmm",
        kring(&["fit", "lmm", "--help"]).succeeded().out
    );
}

#[test]
fn help_of_fit_glmm() {
    insta::assert_snapshot!(
        "help_fit_glmm",
        kring(&["fit", "glmm", "--help"]).succeeded().out
    );
}

#[test]
fn help_of_models_of_repeated_measures() {
    for model in ["gee", "mmrm"] {
        let help = kring(&["fit", model, "--help"]).succeeded().out;
        insta::assert_snapshot!(format!("help_fit_{model}"), help);
    }
}

#[test]
fn help_of_check() {
    insta::assert_snapshot!("help_check", kring(&["check", "--help"]).succeeded().out);
}

#[test]
fn help_of_verify() {
    insta::assert_snapshot!("help_verify", kring(&["verify", "--help"]).succeeded().out);
}

#[test]
fn an_error_in_a_formula_is_shown_where_it_stands() {
    let data = "datasets/studies/deroos-2011/data/fdd.csv";
    let run = kring(&["fit", "lm", "--data", data, "--formula", "yc3 ~ yc1 + trtt"]);
    assert_eq!(run.status, 2);
    insta::assert_snapshot!("error_in_a_formula", run.err);
}

#[test]
fn the_version_is_that_of_the_package() {
    let version = format!("kring {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(kring(&["--version"]).succeeded().out, version);
}

#[test]
fn without_a_command_there_is_help_and_bad_input() {
    let run = kring(&[]);
    assert_eq!(run.status, 2);
    assert!(run.out.is_empty());
    assert!(run.err.contains("Usage: kring"));
}
