//! Simulated cohorts, performance and power.

use std::path::Path;

use kring::method::Method;
use kring::performance::{Experiment, ExperimentOptions, Rows, Speed};
use kring::power::{self, Done, PowerStudy, SearchOptions, Setting, Sought};
use kring::report::{Content, Figure, Origin, Style, chart_svg, table_text};
use kring::sim::performance::{Keep, PerformanceOptions};
use kring::simulate::{SimulatedCohort, Simulator};

use crate::arguments::{Experimental, On, Performance, Power, Simulate, Solve};
use crate::commands::{Outcome, named};
use crate::output::{Fault, json, print};
use crate::watching::Watching;

/// Tables and notes as text.
fn show(content: Vec<Content>, notes: Vec<String>, style: Style) -> Result<Outcome, Fault> {
    let notes = Content::Text(notes.join("\n\n"));
    let pieces = content.iter().chain([&notes]);
    let texts: Vec<String> = pieces
        .map(|content| table_text(content, style).trim_matches('\n').to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    print(&texts.join("\n\n"))?;
    Ok(Outcome::AsExpected)
}

pub fn simulate(options: &Simulate, style: Style) -> Result<Outcome, Fault> {
    let simulator = Simulator::read(&options.generator)?;
    let in_file = |error: kring::Error| Fault::In {
        file: options.generator.clone(),
        error,
    };
    if options.json {
        json(&serde_json::json!({
            "truth": simulator.truth().map_err(in_file)?,
            "calibrated": simulator.calibrated(),
            "generator": simulator.generator(),
        }))?;
    }
    let mut content = Vec::new();
    if options.truth || options.out.is_none() {
        content.extend(simulator.truth_content().map_err(in_file)?);
    }
    content.extend(simulator.calibration_content());
    let mut notes = Vec::new();
    if let Some(folder) = &options.out {
        let cohorts = cohorts(&simulator, options)?;
        let files = simulator.write(&cohorts, folder)?;
        notes.push(format!(
            "Simulated data: no evidence. Written into {}: {}.",
            folder.display(),
            files.join(", ")
        ));
    }
    if options.json {
        return Ok(Outcome::AsExpected);
    }
    show(content, notes, style)
}

fn cohorts(simulator: &Simulator, options: &Simulate) -> Result<Vec<SimulatedCohort>, Fault> {
    let Some(seed) = options.seed else {
        if simulator.calibration().is_some() {
            return Ok(vec![simulator.companion()?]);
        }
        return Err(no_seed());
    };
    if !(1..=10_000).contains(&options.replicates) {
        return Err(Fault::Argument {
            what: "--replicates".to_owned(),
            why: format!(
                "expected from 1 to 10,000 cohorts, found {}",
                options.replicates
            ),
        });
    }
    let all = (0..options.replicates).map(|replicate| simulator.cohort(seed, replicate));
    Ok(all.collect::<Result<_, _>>()?)
}

fn no_seed() -> Fault {
    Fault::Argument {
        what: "--seed".to_owned(),
        why: "give one, such as --seed 1: every simulated number comes from it".to_owned(),
    }
}

fn experiment(how: &Experimental) -> Result<ExperimentOptions, Fault> {
    Ok(ExperimentOptions {
        term: how.term.clone(),
        rows: match how.on {
            On::Subjects => Rows::Subjects,
            On::Measurements => Rows::Measurements,
        },
        seed: how.seed.ok_or_else(no_seed)?,
        speed: Speed::Fast,
    })
}

fn fields(texts: &[String]) -> Result<Vec<(&str, &str)>, Fault> {
    let expected = "a field and its value, as in outcome=problems_2";
    let each = texts.iter().map(|text| named("the field", text, expected));
    each.collect()
}

pub fn performance(options: &Performance, style: Style) -> Result<Outcome, Fault> {
    let method = Method::named(&options.method, &fields(&options.fields)?)?;
    let simulator = Simulator::read(&options.generator)?;
    let how = experiment(&options.how)?;
    let replicates = options.how.replicates.unwrap_or(1000);
    if !(2..=10_000_000).contains(&replicates) {
        return Err(Fault::Argument {
            what: "--replicates".to_owned(),
            why: format!("expected from 2 to 10,000,000, found {replicates}"),
        });
    }
    let asked = PerformanceOptions {
        null: options.null,
        alpha: options.how.alpha.unwrap_or(0.05),
        keep: Keep::Replicates,
        ..PerformanceOptions::of(options.truth)
    };
    let experiment = Experiment::new(simulator.plan(), &method, &how)?;
    let watched = {
        let mut watching = Watching::begin()?;
        experiment.run_watched(0..replicates, &mut watching)?
    };
    let found = experiment.finish(&watched.replicates, &asked)?;
    let what = how.term.unwrap_or_else(|| method.kind().replace('_', " "));
    let mut notes = Vec::new();
    if watched.done == Done::Interrupted {
        notes.push("Interrupted: this is what was done until then.".to_owned());
    }
    if let Some(folder) = &options.how.out {
        let figures = kring::performance::figures(&found, &what, options.level)?;
        notes.extend(write(
            folder,
            [figures.zip, figures.lollipop].into_iter().flatten(),
        )?);
    }
    if options.how.json {
        let figures = kring::sim::performance::Performance {
            kept: Vec::new(),
            ..found
        };
        json(&figures)?;
    } else {
        show(kring::performance::content(&found, &what), notes, style)?;
    }
    Ok((watched.done == Done::Whole).into())
}

/// Writes figures into a folder, which is made where it does not exist; gives the sentence that says so.
fn write(folder: &Path, figures: impl Iterator<Item = Figure>) -> Result<Vec<String>, Fault> {
    let fault = |path: &Path, error: std::io::Error| kring::Error::File {
        path: path.to_owned(),
        why: error.to_string(),
    };
    std::fs::create_dir_all(folder).map_err(|error| fault(folder, error))?;
    let mut names = Vec::new();
    for figure in figures {
        let name = format!("{}.svg", figure.name);
        let path = folder.join(&name);
        std::fs::write(&path, &figure.svg).map_err(|error| fault(&path, error))?;
        names.push(name);
    }
    let said = format!("Written into {}: {}.", folder.display(), names.join(", "));
    Ok(if names.is_empty() {
        Vec::new()
    } else {
        vec![said]
    })
}

pub fn power(options: &Power, style: Style) -> Result<Outcome, Fault> {
    let Some(design) = &options.design else {
        print(&power::DESIGNS.join("\n"))?;
        return Ok(Outcome::AsExpected);
    };
    let is_file = design.contains(['/', '\\'])
        || Path::new(design)
            .extension()
            .is_some_and(|end| end == "toml")
        || Path::new(design).is_file();
    if is_file || options.method.is_some() {
        by_simulation(Path::new(design), options, style)
    } else {
        by_closed_form(design, options, style)
    }
}

fn by_closed_form(design: &str, options: &Power, style: Style) -> Result<Outcome, Fault> {
    let only_simulated = [
        ("--curve", !options.curve.is_empty()),
        ("--replicates", options.how.replicates.is_some()),
        ("--seed", options.how.seed.is_some()),
        ("--term", options.how.term.is_some()),
        ("--out", options.how.out.is_some()),
    ];
    if let Some((name, _)) = only_simulated.iter().find(|(_, given)| *given) {
        return Err(Fault::Argument {
            what: (*name).to_owned(),
            why: format!(
                "it is of a simulation, and `{design}` is a closed form; leave it out, or give a \
                 generator and --method"
            ),
        });
    }
    let mut given: Vec<(&str, String)> = Vec::new();
    let mut give = |name: &'static str, value: Option<String>| {
        given.extend(value.map(|value| (name, value)));
    };
    give("n", options.n.map(|n| n.to_string()));
    give("effect", options.effect.map(|x| format!("{x:?}")));
    give("ratio", options.ratio.map(|x| format!("{x:?}")));
    give("power", options.power.map(|x| format!("{x:?}")));
    give("sd", options.sd.map(|x| format!("{x:?}")));
    give("alpha", options.how.alpha.map(|x| format!("{x:?}")));
    let shares = options.dropout.as_ref();
    give("dropout", shares.map(|shares| format!("[{shares}]")));
    let mut all = fields(&options.fields)?;
    all.extend(given.iter().map(|(name, value)| (*name, value.as_str())));
    let found = power::closed_named(design, &all)?;
    if options.how.json {
        json(&found)?;
        return Ok(Outcome::AsExpected);
    }
    show(power::closed_content(&found), Vec::new(), style)
}

fn by_simulation(file: &Path, options: &Power, style: Style) -> Result<Outcome, Fault> {
    let refused = |what: &str, why: &str| Fault::Argument {
        what: what.to_owned(),
        why: why.to_owned(),
    };
    if options.sd.is_some() || options.dropout.is_some() {
        let why = "they stand in the generator; change them there";
        return Err(refused("--sd and --dropout", why));
    }
    let Some(method) = &options.method else {
        let why = "name the method whose power is asked for, as in --method mean_difference";
        return Err(refused("--method", why));
    };
    let method = Method::named(method, &fields(&options.fields)?)?;
    let simulator = Simulator::read(file)?;
    let how = experiment(&options.how)?;
    let parameter = options.parameter.as_deref().map(power::parameter);
    let parameter = parameter.transpose()?;
    let alpha = options.how.alpha.unwrap_or(0.05);
    let study = PowerStudy::new(&simulator, &method, &how, alpha, parameter)?;
    let effect = match (options.effect, options.ratio) {
        (None, Some(ratio)) if ratio > 0.0 && ratio.is_finite() => Some(ratio.ln()),
        (None, Some(_)) => return Err(refused("--ratio", "expected a number above zero")),
        (effect, _) => effect,
    };
    let setting = Setting {
        n: options.n,
        effect,
    };
    let mut watching = Watching::begin()?;
    let replicates = options.how.replicates;
    let (content, done, record, chart) = if let Some(wanted) = options.power {
        let search = SearchOptions {
            sought: match options.solve {
                Solve::N => Sought::N,
                Solve::Effect => Sought::Effect,
            },
            power: wanted,
            replicates: replicates.unwrap_or(SearchOptions::default().replicates),
            ..SearchOptions::default()
        };
        let found = study.solve(setting, &search, &mut watching)?;
        (found.content(), found.done, serde_json::json!(found), None)
    } else if options.curve.is_empty() {
        let found = study.power(setting, replicates.unwrap_or(10_000), &mut watching)?;
        (found.content(), found.done, serde_json::json!(found), None)
    } else {
        let grid = grid(setting, &options.curve)?;
        let found = study.curve(&grid, replicates.unwrap_or(2000), &mut watching)?;
        let chart = found.chart(&format!("Power: {}", simulator.generator().title));
        (
            found.content(),
            found.done,
            serde_json::json!(found),
            Some(chart),
        )
    };
    drop(watching);
    let mut notes = Vec::new();
    if let Some(folder) = &options.how.out {
        let figure = chart.map(|chart| {
            Ok::<_, Fault>(Figure {
                name: chart.id.clone(),
                svg: chart_svg(&chart, Origin::Simulated)?,
                alt: chart.title.clone(),
            })
        });
        let figure = figure.transpose()?;
        if figure.is_none() {
            return Err(refused(
                "--out",
                "there is a figure of a --curve only; leave it out",
            ));
        }
        notes = write(folder, figure.into_iter())?;
    }
    if options.how.json {
        json(&record)?;
    } else {
        let content: Vec<Content> = content;
        show(content, notes, style)?;
    }
    Ok((done == Done::Whole).into())
}

/// Every combination of the values of a grid.
fn grid(setting: Setting, curves: &[String]) -> Result<Vec<Setting>, Fault> {
    let mut all = vec![setting];
    for curve in curves {
        let expected = "n=20,40,60 or effect=-0.1,-0.2";
        let (name, values) = named("--curve", curve, expected)?;
        let bad = |why: String| Fault::Argument {
            what: format!("--curve '{curve}'"),
            why,
        };
        let mut next = Vec::new();
        for value in values.split(',').map(str::trim) {
            for setting in &all {
                next.push(match name {
                    "n" => Setting {
                        n: Some(value.parse().map_err(|_| {
                            bad(format!(
                                "expected a whole number of families, found '{value}'"
                            ))
                        })?),
                        ..*setting
                    },
                    "effect" => {
                        let number: Option<f64> = value.parse().ok();
                        let finite = number.filter(|x| x.is_finite());
                        let effect = finite
                            .ok_or_else(|| bad(format!("expected a number, found '{value}'")))?;
                        Setting {
                            effect: Some(effect),
                            ..*setting
                        }
                    }
                    _ => return Err(bad(format!("expected {expected}"))),
                });
            }
        }
        all = next;
    }
    Ok(all)
}
