//! A stored result, run again; and what is stored of a run.

use std::path::Path;

use kring::report::Style;
use kring::verify::{Chosen, DataFile, RowsTaken, Run, Task, VerifyOptions};

use crate::arguments::{Reading, Taken, Verify};
use crate::commands::{Outcome, each_wide, named, read_options, split};
use crate::output::{Fault, Shown, command, print_as};

pub fn verify(data_dir: Option<&Path>, options: &Verify, style: Style) -> Result<Outcome, Fault> {
    let places = VerifyOptions {
        source: options.source.clone(),
        data_dir: data_dir.map(Path::to_owned),
    };
    let found = kring::verify::verify(&options.results, &places)?;
    let numbers = if options.every {
        kring::verify::Shown::Every
    } else {
        kring::verify::Shown::Different
    };
    let shown = Shown {
        title: "A stored result, run again",
        content: found.content(numbers),
        notes: Vec::new(),
        record: &found,
    };
    print_as(&shown, None, &options.form, style)?;
    Ok(found.came_again.into())
}

/// The arguments of a test or a fit that say which rows it takes, and how.
pub struct Asked<'a> {
    pub file: &'a Path,
    pub reading: &'a Reading,
    pub subject: Option<&'a str>,
    pub wide: &'a [String],
    pub taken: Option<&'a Taken>,
    pub only: &'a [String],
    pub levels: &'a [String],
    pub references: &'a [String],
}

impl Asked<'_> {
    /// The run, so that `kring verify` can do it again.
    pub fn run(&self, task: Task) -> Result<Run, Fault> {
        let mut rows = RowsTaken::default();
        let mut only = self.only;
        if let Some(taken) = self.taken {
            only = &taken.rows;
            rows.subject.clone_from(&taken.subject);
            rows.wide = each_wide(&taken.wide)?;
            match (&taken.subject, &taken.wave) {
                (Some(_), wave) => {
                    rows.wave.clone_from(wave);
                    rows.waves = split(taken.waves.as_deref());
                }
                (None, Some(text)) => rows.only.push(chosen("--wave", text)?),
                (None, None) => {}
            }
        }
        if !self.wide.is_empty() {
            rows.subject = self.subject.map(str::to_owned);
            rows.wide = each_wide(self.wide)?;
        }
        rows.only.extend(each("--where", only)?);
        Ok(Run {
            kring: env!("CARGO_PKG_VERSION").to_owned(),
            command: Some(command()),
            data: DataFile::of(self.file)?,
            reading: read_options(self.reading)?,
            rows,
            levels: each("--levels", self.levels)?,
            references: each("--reference", self.references)?,
            task,
        })
    }
}

fn each(option: &str, texts: &[String]) -> Result<Vec<Chosen>, Fault> {
    texts.iter().map(|text| chosen(option, text)).collect()
}

/// `region=North,East`
fn chosen(option: &str, text: &str) -> Result<Chosen, Fault> {
    let (column, levels) = named(option, text, "a column and its levels, as in region=North")?;
    Ok(Chosen {
        column: column.to_owned(),
        levels: levels
            .split(',')
            .map(|level| level.trim().to_owned())
            .collect(),
    })
}
