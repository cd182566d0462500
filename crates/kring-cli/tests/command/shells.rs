//! Completions and pages of the manual.

use crate::{folder, kring};

#[test]
fn every_shell_completes_the_commands() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let written = kring(&["completions", shell]).succeeded().out;
        for word in ["replicate", "verify", "mmrm", "covariance"] {
            assert!(written.contains(word), "{shell}: {word}");
        }
    }
    let run = kring(&["completions", "bush"]);
    assert_eq!(run.status, 2);
    assert!(
        run.err.contains("similar value exists: 'bash'"),
        "{}",
        run.err
    );
}

#[test]
fn every_command_has_a_page() {
    let page = kring(&["man"]).succeeded().out;
    assert!(page.contains(".TH kring 1"), "{page}");
    assert!(page.contains("kring\\-replicate(1)"), "{page}");
    let page = kring(&["man", "fit", "lmm"]).succeeded().out;
    assert!(
        page.contains(".TH kring-fit-lmm 1") && page.contains("\\-\\-formula"),
        "{page}"
    );

    let folder = folder("man");
    kring(&["man", "--out", folder.to_str().unwrap()]).succeeded();
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for name in [
        "kring.1",
        "kring-fit.1",
        "kring-fit-gee.1",
        "kring-verify.1",
    ] {
        assert!(
            names.iter().any(|known| known == name),
            "{name} among {names:?}"
        );
    }
    // Every page that another names is there.
    for name in &names {
        let page = std::fs::read_to_string(folder.join(name)).unwrap();
        for line in page.lines().filter(|line| line.starts_with("kring\\-")) {
            let Some(named) = line.strip_suffix("(1)") else {
                continue;
            };
            let named = format!("{}.1", named.replace('\\', ""));
            assert!(
                names.contains(&named) || named.ends_with("help.1"),
                "{name}: {named}"
            );
        }
    }

    let run = kring(&["man", "fit", "lmmm"]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("did you mean `lmm`"), "{}", run.err);
}
