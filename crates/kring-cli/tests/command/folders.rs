//! Where studies are looked for, and the list of them.

use serde_json::Value;

use crate::{Run, folder, kring, project, studies};

#[test]
fn studies_are_listed() {
    let run = kring(&["studies"]).succeeded();
    for name in studies() {
        assert!(run.out.contains(&name), "{name}");
    }
    let list: Vec<Value> = kring(&["studies", "--json"]).succeeded().json();
    let ids: Vec<&str> = list
        .iter()
        .map(|study| study["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, studies());
    let of = |id: &str| list.iter().find(|study| study["id"] == id).unwrap();
    assert_eq!(of("deroos-2011")["year"], 2011);
    assert_eq!(of("deroos-2011")["example"], false);
    assert_eq!(of("epilepsy")["example"], true);
}

#[test]
fn the_data_folder_is_an_option_a_variable_or_a_folder_above() {
    let nowhere = folder("nowhere");
    let datasets = project().join("datasets");
    let datasets = datasets.to_str().unwrap();
    let arguments = ["replicate", "rotterdam-2019"];
    let listed = |folder: &std::path::Path, arguments: &[&str], variables: &[(&str, &str)]| {
        Run::of(arguments, folder, variables).succeeded().out
    };

    // A folder above the working folder has `datasets/studies`.
    let here = listed(&project(), &arguments, &[]);
    assert_eq!(
        listed(&project().join("crates/kring-cli/src"), &arguments, &[]),
        here
    );
    // The variable, then the option, which goes before the variable.
    assert_eq!(
        listed(&nowhere, &arguments, &[("KRING_DATA", datasets)]),
        here
    );
    let option = ["--data-dir", datasets, "replicate", "rotterdam-2019"];
    assert_eq!(listed(&nowhere, &option, &[]), here);
    assert_eq!(
        listed(&nowhere, &option, &[("KRING_DATA", "nothing")]),
        here
    );
    // An option may stand behind the command too.
    let behind = ["replicate", "rotterdam-2019", "--data-dir", datasets];
    assert_eq!(listed(&nowhere, &behind, &[]), here);
    // A folder, or its protocol, needs no data folder.
    let path = format!("{datasets}/studies/rotterdam-2019");
    assert_eq!(listed(&nowhere, &["replicate", &path], &[]), here);
    let path = format!("{path}/study.toml");
    assert_eq!(listed(&nowhere, &["replicate", &path], &[]), here);
}

#[test]
fn a_variable_that_names_no_data_is_told() {
    let run = Run::of(&["studies"], &project(), &[("KRING_DATA", "nothing")]);
    assert_eq!(run.status, 2);
    assert!(
        run.err
            .contains("no `studies` in nothing, which KRING_DATA names"),
        "{}",
        run.err
    );
}
