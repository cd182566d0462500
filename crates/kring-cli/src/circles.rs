//! The circles around families, and the networks of neighbourhoods.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kring::circle::{CircleStudy, SummaryOptions};
use kring::cohort::circles::{
    CircleData, CircleFiles, CircleOptions, GraphFile, NetworkData, NetworkOptions,
    PseudonymOptions, Pseudonyms, WideTables, from_graphml, from_tables, from_wide,
    network_from_graphml, network_from_tables,
};
use kring::core::Table;
use kring::neighbourhood::NeighbourhoodOptions;
use kring::network::involvement::InvolvementOptions;
use kring::report::{Content, NetworkPicture, PersonLabels, Style};

use crate::arguments::{self, Circle, Neighbourhood, Reading};
use crate::commands::{Outcome, named, read_options, split};
use crate::output::{Fault, Shown, show_illustrated};

pub fn circle(options: &Circle, style: Style) -> Result<Outcome, Fault> {
    let mut asked = SummaryOptions::default();
    if !options.indicator.is_empty() {
        let indicators = options.indicator.iter().map(|word| word.parse());
        asked.indicators = InvolvementOptions {
            indicators: indicators.collect::<Result<_, _>>()?,
        };
    }
    let study = CircleStudy::of(
        read(&options.files, options.arm.as_deref())?,
        options.arm.as_deref(),
    )?;
    let summary = study.summary(&asked)?;
    let mut content = if options.output.suppress.is_some() {
        summary.shared_content()
    } else {
        summary.content()
    };
    let mut beside = summary.details();
    if options.all {
        content.append(&mut beside);
    }
    let labels = if options.keys {
        PersonLabels::Keys
    } else {
        PersonLabels::None
    };
    for family in &options.draw {
        beside.push(Content::Ego(study.picture(family, labels)?));
    }
    let written = [
        (
            &options.table,
            "a row a family and wave",
            CircleStudy::table as fn(&_) -> _,
        ),
        (
            &options.stood,
            "a row an agreement",
            CircleStudy::agreements,
        ),
    ];
    for (path, what, of) in written {
        let Some(path) = path else { continue };
        write(path, &of(&study)?)?;
        content.push(Content::Text(format!(
            "Written: {}, {what}",
            path.display()
        )));
    }
    let shown = Shown {
        title: "The circles of families",
        content,
        notes: Vec::new(),
        record: &summary,
    };
    show_illustrated(&shown, beside, &options.output, style)?;
    Ok(Outcome::AsExpected)
}

pub fn neighbourhood(options: &Neighbourhood, style: Style) -> Result<Outcome, Fault> {
    let how = NetworkOptions {
        columns: pairs("--column", &options.column)?,
        groups: options.groups.clone(),
        ..NetworkOptions::default()
    };
    let reading = &options.reading;
    let (before, after) = match (&options.graphml, &options.ties) {
        (Some(before), _) => {
            let of = |path: &PathBuf| network_from_graphml(&GraphFile::load(path)?, &how);
            (
                of(before)?,
                options.after_graphml.as_ref().map(of).transpose()?,
            )
        }
        (None, Some(ties)) => {
            let persons = options.persons.as_deref();
            let before = network(ties, persons, reading, &how)?;
            let after_persons = options.after_persons.as_deref().or(persons);
            let after = options.after_ties.as_ref();
            let after = after.map(|ties| network(ties, after_persons, reading, &how));
            (before, after.transpose()?)
        }
        (None, None) => {
            return Err(Fault::Argument {
                what: "--ties".to_owned(),
                why: "a neighbourhood needs its ties; give a file".to_owned(),
            });
        }
    };
    let mut asked = NeighbourhoodOptions::default();
    asked.communities.seed = options.seed;
    asked.change.seed = options.seed;
    asked.between = match split(options.between.as_deref()).as_slice() {
        [] => None,
        [one, other] => Some([one.clone(), other.clone()]),
        _ => {
            return Err(Fault::Argument {
                what: "--between".to_owned(),
                why: "expected two groups with a comma between them, as in resident,institution"
                    .to_owned(),
            });
        }
    };
    let after_network = after.as_ref().map(|data| &data.network);
    let found = kring::neighbourhood::neighbourhood(&before.network, after_network, &asked)?;
    let mut notes = before.notes.clone();
    let later = after.iter().flat_map(|data| data.notes.clone());
    let new: Vec<String> = later.filter(|note| !notes.contains(note)).collect();
    notes.extend(new);
    let shown = Shown {
        title: "The neighbourhood",
        content: found.content(),
        notes,
        record: &found,
    };
    let mut waves = vec![("before", &before.network)];
    waves.extend(after.as_ref().map(|data| ("after", &data.network)));
    let picture = NetworkPicture::of("neighbourhood", "The neighbourhood", waves);
    show_illustrated(
        &shown,
        vec![Content::Network(picture)],
        &options.output,
        style,
    )?;
    Ok(Outcome::AsExpected)
}

fn network(
    ties: &Path,
    persons: Option<&Path>,
    reading: &Reading,
    how: &NetworkOptions,
) -> Result<NetworkData, Fault> {
    let options = read_options(reading)?;
    let table = |path: &Path| kring::cohort::read(path, &options);
    let persons = persons.map(table).transpose()?;
    Ok(network_from_tables(&table(ties)?, persons.as_ref(), how)?)
}

/// The circles of the files that are named, with pseudonyms where there is a key for them.
fn read(files: &arguments::CircleFiles, arm: Option<&str>) -> Result<CircleData, Fault> {
    let how = CircleOptions {
        waves: split(files.waves.as_deref()),
        columns: pairs("--column", &files.column)?,
        values: values(&files.value)?,
        ..CircleOptions::default()
    };
    let reading = read_options(&files.reading)?;
    let table = |path: &Option<PathBuf>| {
        let path = path.as_ref();
        path.map(|path| kring::cohort::read(path, &reading))
            .transpose()
    };
    let data = if !files.graphml.is_empty() {
        let graphs: Result<Vec<_>, _> = files
            .graphml
            .iter()
            .map(|path| GraphFile::load(path))
            .collect();
        from_graphml(&graphs?, &how)?
    } else if let Some(wide) = &files.wide {
        let tables = WideTables {
            circles: kring::cohort::read(wide, &reading)?,
            agreements: table(&files.agreements)?,
            standing: table(&files.standing)?,
        };
        from_wide(&tables, &how)?
    } else {
        let named = CircleFiles {
            families: files.families.clone(),
            alters: files.persons.clone(),
            ties: files.ties.clone(),
            agreements: files.agreements.clone(),
            standing: files.standing.clone(),
        };
        from_tables(&named.read(Path::new(""), &reading)?, &how)?
    };
    let Some(path) = &files.pseudonyms else {
        return Ok(data);
    };
    let key = std::fs::read(path).map_err(|error| Fault::Argument {
        what: path.display().to_string(),
        why: error.to_string(),
    })?;
    let options = PseudonymOptions {
        keep: arm.into_iter().map(str::to_owned).collect(),
        ..PseudonymOptions::default()
    };
    let key = key.trim_ascii_end();
    Ok(Pseudonyms::new(key, options)?.apply(&data)?)
}

/// `person=alter_id`, one of each name.
fn pairs(option: &str, texts: &[String]) -> Result<BTreeMap<String, String>, Fault> {
    let pair = |text: &String| {
        let (name, rest) = named(option, text, "a name and a column, as in person=alter_id")?;
        Ok((name.to_owned(), rest.to_owned()))
    };
    texts.iter().map(pair).collect()
}

/// `role:tante=family`: what a value of a column means.
fn values(texts: &[String]) -> Result<BTreeMap<String, BTreeMap<String, String>>, Fault> {
    let mut values: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for text in texts {
        let parts = text
            .split_once(':')
            .and_then(|(column, rest)| Some((column, rest.rsplit_once('=')?)));
        let Some((column, (value, meaning))) = parts else {
            return Err(Fault::Argument {
                what: format!("--value '{text}'"),
                why: "expected a column, a value and what it means, as in role:tante=family"
                    .to_owned(),
            });
        };
        let of_column = values.entry(column.to_owned()).or_default();
        of_column.insert(value.to_owned(), meaning.to_owned());
    }
    Ok(values)
}

fn write(path: &Path, table: &Table) -> Result<(), Fault> {
    std::fs::write(path, kring::simulate::csv(table)).map_err(|error| Fault::Argument {
        what: path.display().to_string(),
        why: error.to_string(),
    })
}
