//! Simulated cohorts, performance and power.

use std::path::Path;

use kring::circle::{circle_plan, plan_content, simulated_circles, write_circles};
use kring::method::Method;
use kring::performance::{Experiment, ExperimentOptions, Rows, Speed};
use kring::power::{self, Asked, Done, PowerStudy, SearchOptions, Setting, Sought};
use kring::report::{Content, Style};
use kring::sim::circles::CirclePlan;
use kring::sim::performance::{Keep, PerformanceOptions};
use kring::simulate::{SimulatedCohort, Simulator};
use serde_json::json;

use crate::arguments::{Experimental, On, Performance, Power, Simulate, Solve};
use crate::commands::{Outcome, named};
use crate::output::{Fault, Shown, json, print, print_as, show, show_illustrated};
use crate::watching::Watching;

pub fn simulate(options: &Simulate, style: Style) -> Result<Outcome, Fault> {
    if let Some(plan) = circles(options)? {
        return simulate_circles(&plan, options, style);
    }
    let simulator = Simulator::read(&options.generator)?;
    let in_file = |error: kring::Error| Fault::In {
        file: options.generator.clone(),
        error,
    };
    let mut content = Vec::new();
    if options.truth || options.out.is_none() {
        content.extend(simulator.truth_content().map_err(in_file)?);
    }
    content.extend(simulator.calibration_content());
    let mut said = None;
    if let Some(folder) = &options.out {
        let cohorts = cohorts(&simulator, options)?;
        let files = simulator.write(&cohorts, folder)?;
        said = Some(format!(
            "Simulated data: no evidence. Written into {}: {}.",
            folder.display(),
            files.join(", ")
        ));
    }
    let shown = Shown {
        title: "Simulated cohorts",
        content,
        notes: Vec::new(),
        record: &json!({
            "truth": simulator.truth().map_err(in_file)?,
            "calibrated": simulator.calibrated(),
            "generator": simulator.generator(),
        }),
    };
    print_as(&shown, said, &options.form, style)?;
    Ok(Outcome::AsExpected)
}

/// The plan of circles that the file holds, where it holds one.
fn circles(options: &Simulate) -> Result<Option<CirclePlan>, Fault> {
    // A file that cannot be read is refused where any generator is read.
    let Ok(text) = std::fs::read_to_string(&options.generator) else {
        return Ok(None);
    };
    let is_key = |line: &str| line.trim_start().starts_with("tie_within");
    if !text.lines().any(is_key) {
        return Ok(None);
    }
    let plan = circle_plan(&text).map_err(|error| Fault::In {
        file: options.generator.clone(),
        error,
    })?;
    Ok(Some(plan))
}

fn simulate_circles(plan: &CirclePlan, options: &Simulate, style: Style) -> Result<Outcome, Fault> {
    let mut said = None;
    if let Some(folder) = &options.out {
        if options.replicates.is_some_and(|replicates| replicates != 1) {
            return Err(Fault::Argument {
                what: "--replicates".to_owned(),
                why: "circles are drawn one replicate at a time; give another --seed".to_owned(),
            });
        }
        let study = simulated_circles(plan, options.seed.ok_or_else(no_seed)?, 0)?;
        let files = write_circles(&study, folder)?;
        said = Some(format!(
            "Simulated data: no evidence. Written into {}: {}.",
            folder.display(),
            files.join(", ")
        ));
    }
    let shown = Shown {
        title: "Simulated circles",
        content: plan_content(plan)?,
        notes: Vec::new(),
        record: &json!({ "truth": plan.truth()?, "plan": plan }),
    };
    print_as(&shown, said, &options.form, style)?;
    Ok(Outcome::AsExpected)
}

fn cohorts(simulator: &Simulator, options: &Simulate) -> Result<Vec<SimulatedCohort>, Fault> {
    let Some(seed) = options.seed else {
        if simulator.calibration().is_some() {
            return Ok(vec![simulator.companion()?]);
        }
        return Err(no_seed());
    };
    let replicates = options.replicates.unwrap_or(1);
    if !(1..=10_000).contains(&replicates) {
        return Err(Fault::Argument {
            what: "--replicates".to_owned(),
            why: format!("expected from 1 to 10,000 cohorts, found {replicates}"),
        });
    }
    let all = (0..replicates).map(|replicate| simulator.cohort(seed, replicate));
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
        rows: match how.on.unwrap_or_default() {
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
    let level = experiment.nominal(options.level)?;
    let watched = {
        let mut watching = Watching::begin()?;
        experiment.run_watched(0..replicates, &mut watching)?
    };
    let found = experiment.finish(&watched.replicates, &asked)?;
    let term = how.term.clone();
    let what = term.unwrap_or_else(|| method.kind().replace('_', " "));
    let pictures = kring::performance::pictures(&found, &what, level);
    let recorded = Asked {
        generator: simulator.generator().clone(),
        method,
        options: how,
        alpha: asked.alpha,
    };
    let content = kring::performance::content(&found, &what);
    // Each replicate stands in the pictures.
    let kept = Vec::new();
    let found = kring::sim::performance::Performance { kept, ..found };
    let mut notes = interrupted(watched.done);
    notes.push(recorded.line());
    let shown = Shown {
        title: "How well a method does",
        content,
        notes,
        record: &recorded.record(&found),
    };
    show_illustrated(&shown, pictures, &options.how.output, style)?;
    Ok((watched.done == Done::Whole).into())
}

fn interrupted(done: Done) -> Vec<String> {
    let said = "Interrupted: this is what was done until then.";
    Vec::from_iter((done == Done::Interrupted).then(|| said.to_owned()))
}

pub fn power(options: &Power, style: Style) -> Result<Outcome, Fault> {
    let Some(design) = &options.design else {
        if options.how.output.form.json {
            json(&power::DESIGNS)?;
        } else {
            print(&power::DESIGNS.join("\n"))?;
        }
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
        ("--replicates", options.how.replicates.is_some()),
        ("--seed", options.how.seed.is_some()),
        ("--term", options.how.term.is_some()),
        ("--on", options.how.on.is_some()),
        ("--parameter", options.parameter.is_some()),
        ("--solve", options.solve.is_some()),
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
    let nothing = options.n.is_none()
        && options.effect.is_none()
        && options.ratio.is_none()
        && options.power.is_none()
        && options.fields.is_empty()
        && options.curve.is_empty();
    if nothing {
        let content = power::design_content(design)?;
        let text: Vec<String> = content
            .iter()
            .map(|content| kring::report::table_text(content, style))
            .collect();
        print(&text.join("\n"))?;
        return Ok(Outcome::AsExpected);
    }
    let mut given: Vec<(&str, String)> = Vec::new();
    let mut give = |name: &'static str, value: Option<String>| {
        given.extend(value.map(|value| (name, value)));
    };
    give("n", options.n.map(|n| n.to_string()));
    give("effect", options.effect.map(|x| format!("{x:?}")));
    give("ratio", options.ratio.map(|x| format!("{x:?}")));
    give("power", options.power.map(|x| format!("{x:?}")));
    let sds = options.sd.as_ref();
    give(
        "sd",
        sds.map(|sd| {
            if sd.contains(',') {
                format!("[{sd}]")
            } else {
                sd.clone()
            }
        }),
    );
    give("alpha", options.how.alpha.map(|x| format!("{x:?}")));
    let shares = options.dropout.as_ref();
    // `.2` is a number to people, though not to TOML.
    let number = |text: &str| match text.trim().parse::<f64>() {
        Ok(number) => number.to_string(),
        Err(_) => text.to_owned(),
    };
    let list = |shares: &String| shares.split(',').map(number).collect::<Vec<_>>().join(", ");
    give(
        "dropout",
        shares.map(|shares| format!("[{}]", list(shares))),
    );
    let mut all = fields(&options.fields)?;
    all.extend(given.iter().map(|(name, value)| (*name, value.as_str())));
    let output = &options.how.output;
    if options.curve.is_empty() {
        let found = power::closed_named(design, &all)?;
        show(
            &answer(power::closed_content(&found), &found),
            output,
            style,
        )?;
    } else {
        let grid = grid(Setting::default(), &options.curve)?;
        let found = power::closed_curve_named(design, &all, &grid)?;
        let chart = found.chart(&format!("Power of {}", design.replace('_', " ")));
        let shown = answer(found.content(), &found);
        show_illustrated(&shown, vec![Content::Chart(chart)], output, style)?;
    }
    Ok(Outcome::AsExpected)
}

fn answer<T>(content: Vec<Content>, record: &T) -> Shown<'_, T> {
    Shown {
        title: "Power",
        content,
        notes: Vec::new(),
        record,
    }
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
    if options.solve.is_some() && options.power.is_none() {
        let why = "it says what to look for; give the power wanted, as in --power .8";
        return Err(refused("--solve", why));
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
    let asked = Asked {
        generator: simulator.generator().clone(),
        method: method.clone(),
        options: how.clone(),
        alpha,
    };
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
    let (content, done, record, pictures) = if let Some(wanted) = options.power {
        let search = SearchOptions {
            sought: match options.solve.unwrap_or_default() {
                Solve::N => Sought::N,
                Solve::Effect => Sought::Effect,
            },
            power: wanted,
            replicates: replicates.unwrap_or(SearchOptions::default().replicates),
            ..SearchOptions::default()
        };
        let found = study.solve(setting, &search, &mut watching)?;
        let done = match found.value {
            // Without an answer it is not as expected.
            None => Done::Interrupted,
            Some(_) => found.done,
        };
        (
            found.content(),
            done,
            json!(asked.record(&found)),
            Vec::new(),
        )
    } else if options.curve.is_empty() {
        let found = study.power(setting, replicates.unwrap_or(10_000), &mut watching)?;
        let record = json!(asked.record(&found));
        (found.content(), found.done, record, Vec::new())
    } else {
        let grid = grid(setting, &options.curve)?;
        let found = study.curve(&grid, replicates.unwrap_or(2000), &mut watching)?;
        let chart = found.chart(&format!("Power: {}", simulator.generator().title));
        let pictures = vec![Content::Chart(chart)];
        let record = json!(asked.record(&found));
        (found.content(), found.done, record, pictures)
    };
    drop(watching);
    let output = &options.how.output;
    let mut shown = answer(content, &record);
    shown.notes.push(asked.line());
    show_illustrated(&shown, pictures, output, style)?;
    Ok((done == Done::Whole).into())
}

/// Every combination of the values of a grid.
fn grid(setting: Setting, curves: &[String]) -> Result<Vec<Setting>, Fault> {
    let mut all = vec![setting];
    let mut known: Vec<&str> = Vec::new();
    for curve in curves {
        let expected = "n=20,40,60 or effect=-0.1,-0.2";
        let (name, values) = named("--curve", curve, expected)?;
        let bad = |why: String| Fault::Argument {
            what: format!("--curve '{curve}'"),
            why,
        };
        if known.contains(&name) {
            return Err(bad(format!(
                "`{name}` is given twice; put its values into one, as in {name}=20,40"
            )));
        }
        known.push(name);
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
