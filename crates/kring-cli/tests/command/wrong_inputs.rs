//! Every case of `wrong_inputs.toml`, which says what a case is.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::{Run, folder, project};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inputs {
    sound: BTreeMap<String, Sound>,
    case: Vec<Case>,
}

/// A sound file: its text, or the file of the project that it is a copy of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sound {
    text: Option<String>,
    copy: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    change: BTreeMap<String, Vec<[String; 2]>>,
    #[serde(default)]
    write: BTreeMap<String, String>,
    #[serde(default)]
    latin1: BTreeMap<String, String>,
    #[serde(default)]
    cut: BTreeMap<String, usize>,
    folder: Option<String>,
    run: Vec<String>,
    status: i32,
    says: Vec<String>,
    python: Option<Python>,
}

/// The same input in Python, which python/tests runs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Python {
    run: String,
    raises: String,
    says: Option<Vec<String>>,
}

#[test]
fn every_wrong_input_is_told_what_where_and_what_to_try() {
    let text = std::fs::read_to_string(project().join("crates/kring-cli/tests/wrong_inputs.toml"));
    let inputs: Inputs = toml::from_str(&text.unwrap()).unwrap();
    let wrong = inputs.case.iter().filter(|case| case.status != 0).count();
    assert!(wrong >= 20, "{wrong}");
    let faults: Vec<String> = inputs
        .case
        .iter()
        .filter_map(|case| case.fault(&inputs))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

impl Case {
    /// What is not as the case says.
    fn fault(&self, inputs: &Inputs) -> Option<String> {
        let folder = folder("wrong").join("case");
        std::fs::create_dir(&folder).unwrap();
        self.lay_out(inputs, &folder);
        let datasets = project().join("datasets");
        let arguments: Vec<String> = self
            .run
            .iter()
            .map(|argument| argument.replace("{datasets}", datasets.to_str().unwrap()))
            .collect();
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let run = Run::of(&arguments, &folder, &[]);
        let (said, other) = match self.status {
            2 => (&run.err, &run.out),
            _ => (&run.out, &run.err),
        };
        let unsaid: Vec<&String> = self
            .says
            .iter()
            .filter(|words| !said.contains(*words))
            .collect();
        assert!(!self.says.is_empty(), "{}", self.name);
        if let Some(python) = &self.python {
            assert!(
                !python.run.is_empty() && !python.raises.is_empty(),
                "{}",
                self.name
            );
            assert!(
                python.says.as_ref().is_none_or(|says| !says.is_empty()),
                "{}",
                self.name
            );
        }
        (run.status != self.status || !unsaid.is_empty() || !other.is_empty()).then(|| {
            format!(
                "{}: expected status {}, got {}; it does not say {unsaid:?}\n{}\n{}",
                self.name, self.status, run.status, run.err, run.out
            )
        })
    }

    /// Writes the sound files with the changes of the case.
    fn lay_out(&self, inputs: &Inputs, folder: &Path) {
        for name in self.change.keys().chain(self.cut.keys()) {
            assert!(
                inputs.sound.contains_key(name),
                "{}: no sound file {name}",
                self.name
            );
        }
        for (name, sound) in &inputs.sound {
            let mut bytes = sound.bytes();
            for [from, to] in self.change.get(name).into_iter().flatten() {
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.contains(from), "{}: {name} has no {from}", self.name);
                bytes = text.replacen(from, to, 1).into_bytes();
            }
            if let Some(&length) = self.cut.get(name) {
                assert!(
                    length < bytes.len(),
                    "{}: {name} has {} bytes",
                    self.name,
                    bytes.len()
                );
                bytes.truncate(length);
            }
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        for (name, text) in &self.write {
            std::fs::write(folder.join(name), text).unwrap();
        }
        for (name, text) in &self.latin1 {
            let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
            std::fs::write(folder.join(name), bytes).unwrap();
        }
        if let Some(name) = &self.folder {
            std::fs::create_dir(folder.join(name)).unwrap();
        }
    }
}

impl Sound {
    fn bytes(&self) -> Vec<u8> {
        match (&self.text, &self.copy) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(path)) => std::fs::read(project().join(path)).unwrap(),
            _ => panic!("a sound file has either `text` or `copy`"),
        }
    }
}
