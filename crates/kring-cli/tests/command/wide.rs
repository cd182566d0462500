//! Files with a column a wave: models of their measurements, and advice whose commands run.

use std::fmt::Write;

use kring::method::Answer;

use crate::{folder, kring};

const FDD: &str = "datasets/studies/deroos-2011/data/fdd.csv";

/// The families of de Roos have their scores in yc1, yc2, yc3.
const WIDE: [&str; 4] = ["--subject", "id", "--wide", "yc=yc{wave}"];

#[test]
fn a_model_of_measurements_comes_from_columns_of_waves() {
    let long = long_file("model");
    let formula = "yc ~ trt * factor(wave) + (1 | id)";
    let model = |file: &str, further: &[&str]| -> Answer {
        let arguments = [&["fit", "lmm", file, formula, "--json"][..], further].concat();
        kring(&arguments).succeeded().json()
    };
    let numbers = |answer: &Answer| -> Vec<(String, Option<f64>)> {
        let estimates = answer.estimates.iter();
        estimates
            .map(|e| (e.label.clone(), e.value.finite()))
            .collect()
    };
    let wide = model(FDD, &WIDE);
    let listed = ["--subject", "id", "--wide", "yc=yc1,yc2,yc3"];
    assert_eq!(numbers(&wide), numbers(&model(FDD, &listed)));
    for (ours, theirs) in numbers(&wide).iter().zip(numbers(&model(&long, &[]))) {
        assert_eq!(ours.0, theirs.0);
        assert!((ours.1.unwrap() - theirs.1.unwrap()).abs() < 1e-9);
    }
    assert!(numbers(&wide).len() == 6);
}

#[test]
fn such_a_result_is_verified_and_such_advice_runs() {
    let out = folder("wide");
    let out = out.to_str().unwrap();
    for model in ["lmm", "mmrm"] {
        let formula = match model {
            "lmm" => "yc ~ trt * factor(wave) + (1 | id)",
            _ => "yc ~ trt * factor(wave)",
        };
        let arguments = [&["fit", model, FDD, formula, "--out", out][..], &WIDE].concat();
        kring(&arguments).succeeded();
        let results = format!("{out}/results.json");
        kring(&["verify", &results]).succeeded();
    }
    let arguments = [
        &["advise", FDD, "--outcome", "yc", "--arm", "trt"][..],
        &WIDE,
    ]
    .concat();
    let advice = kring(&arguments).succeeded();
    let commands: Vec<&str> = advice
        .out
        .lines()
        .filter(|line| line.starts_with("kring "))
        .collect();
    assert!(commands.len() >= 3, "{}", advice.out);
    for command in commands {
        let words: Vec<&str> =
            command
                .split('\'')
                .enumerate()
                .fold(Vec::new(), |mut words, (place, part)| {
                    match place % 2 {
                        0 => words.extend(part.split_whitespace()),
                        _ => words.push(part),
                    }
                    words
                });
        kring(&words[1..]).succeeded();
    }
}

#[test]
fn waves_are_those_of_the_columns() {
    let arguments = [
        &["fit", "lmm", FDD, "yc ~ trt + (1 | id)", "--wave", "wave=2"][..],
        &WIDE,
    ]
    .concat();
    let run = kring(&arguments);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("cannot be used with"), "{}", run.err);
    let run = kring(&[
        "fit",
        "lmm",
        FDD,
        "yc ~ trt + (1 | id)",
        "--wide",
        "yc=yc{wave}",
    ]);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("--subject <COLUMN>"), "{}", run.err);
}

/// The same measurements in long form, without those that are missing.
fn long_file(test: &str) -> String {
    let wide = std::fs::read_to_string(crate::project().join(FDD)).unwrap();
    let mut lines = wide.lines();
    let head: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| {
        head.iter()
            .position(|one| one.trim_matches('"') == name)
            .unwrap()
    };
    let mut long = String::from("id,trt,wave,yc\n");
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        for wave in ["1", "2", "3"] {
            let score = cells[place(&format!("yc{wave}"))];
            if score.parse::<f64>().is_ok() {
                let (id, arm) = (cells[place("id")], cells[place("trt")]);
                writeln!(long, "{id},{arm},{wave},{score}").unwrap();
            }
        }
    }
    let file = folder(&format!("wide-long-{test}")).join("long.csv");
    std::fs::write(&file, long).unwrap();
    file.to_str().unwrap().to_owned()
}

#[test]
fn a_test_of_long_data_says_that_rows_repeat() {
    let long = long_file("test");
    let test = ["test", "mean_difference", &long, "outcome=yc", "by=trt"];
    let run = kring(&test).succeeded();
    assert!(
        run.out
            .contains("The rows repeat: `wave` tells those of one `id` apart"),
        "{}",
        run.out
    );
    let run = kring(&[&test[..], &["--wave", "wave=2"]].concat()).succeeded();
    assert!(!run.out.contains("The rows repeat"), "{}", run.out);
}
