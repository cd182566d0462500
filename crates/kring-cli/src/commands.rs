//! What each command does.

use std::fmt::Write;
use std::path::Path;

use kring::advise::{Kind, Source, WideSource};
use kring::analysis::MeansOf;
use kring::arms::of_arms;
use kring::baseline::Tests;
use kring::check::{CheckedFigures, Figures, Scale, check_table, read_test};
use kring::cohort::{
    Cohort, Decimal, Encoding, Level, OtherArms, ReadOptions, Roles, VariableSpec, ViolationKind,
    Wave, Wide,
};
use kring::core::{BaselineTable, Finding, Locale, Published, Table, TargetInterval, WeightKind};
use kring::formula::{DesignOptions, Formula, ResponseKind, WeightColumn};
use kring::method::Method;
use kring::report::{Content, Forest, Report, Style, terminal, verdict_tables};
use kring::stats::lm::{Covariance, Lm};
use kring::study::{Library, Study};
use kring::verify::{LinearModel, Task};
use kring::{Markup, analysis, compare, written};

use crate::arguments::{
    self, Advise, Baseline, Check, Compare, DecimalSign, Describe, Fit, FitGee, FitGlmm, FitLm,
    FitLmm, FitMmrm, Format, Methods, Mixed, Model, OutcomeKind, People, Reading, Repeated,
    Replicate, Studies, TableFormat, Taken, Test, TextEncoding,
};
use crate::folder::Tongue;
use crate::output::{
    Fault, Shown, json, made_by, print, print_as, show, show_illustrated, show_stored,
};
use crate::verify::Asked;

/// Whether everything came out as declared.
pub enum Outcome {
    AsExpected,
    NotAsExpected,
}

impl From<bool> for Outcome {
    fn from(as_expected: bool) -> Self {
        if as_expected {
            Self::AsExpected
        } else {
            Self::NotAsExpected
        }
    }
}

pub fn studies(data_dir: Option<&Path>, options: &Studies, style: Style) -> Result<Outcome, Fault> {
    let library = Library::find(data_dir)?;
    let mut found = Vec::new();
    for id in library.ids()? {
        found.push(library.study(&id)?);
    }
    if options.json {
        let list: Vec<_> = found
            .iter()
            .map(|study| {
                serde_json::json!({
                    "id": study.id,
                    "title": study.protocol.study.title,
                    "authors": study.protocol.study.authors,
                    "year": study.protocol.study.year,
                    "claims": study.protocol.claims.len(),
                    "analyses": study.protocol.analyses.len(),
                    "example": study.protocol.study.example,
                })
            })
            .collect();
        json(&list)?;
        return Ok(Outcome::AsExpected);
    }
    let widest = found
        .iter()
        .map(|study| study.id.chars().count())
        .max()
        .unwrap_or(0);
    let mut text = String::new();
    for study in &found {
        let head = &study.protocol.study;
        let what = match (head.example, study.protocol.claims.len()) {
            (true, _) => "example".to_owned(),
            (false, 1) => "1 claim".to_owned(),
            (false, n) => format!("{n} claims"),
        };
        let room = style.width.saturating_sub(widest + 15).max(20);
        let title = shortened(&head.title, room);
        let _ = writeln!(text, "{:widest$}  {what:>10}  {title}", study.id);
    }
    print(&text)?;
    Ok(Outcome::AsExpected)
}

pub fn replicate(
    data_dir: Option<&Path>,
    options: &Replicate,
    style: Style,
) -> Result<Outcome, Fault> {
    let study = Study::find(&options.study, data_dir)?;
    let run = study.replicate()?;
    let report = study.report(&run)?;
    let said = options.folder.write(&report, || Ok(&run))?;
    let format = if options.json {
        Format::Json
    } else {
        options.format
    };
    match format {
        Format::Text => {
            let mut text = terminal(&report, style);
            for further in [analyses_text(&report, style)?, companion(&run, style)] {
                text.truncate(text.trim_end().len());
                text.push_str(&further);
            }
            if let Some(said) = said {
                text.truncate(text.trim_end().len());
                text.push_str("\n\n");
                text.push_str(&said);
            }
            print(&text)?;
        }
        Format::Json => json(&run)?,
        Format::Html => print(&kring::report::html(&report)?)?,
        Format::Markdown => print(&of_verdicts(&run, &report, Markup::Markdown, style)?)?,
        Format::Latex => print(&of_verdicts(&run, &report, Markup::Latex, style)?)?,
        Format::Csv => print(&of_verdicts(&run, &report, Markup::Csv, style)?)?,
    }
    Ok(run.as_expected().into())
}

/// The same as text, below what stands before it.
fn analyses_text(report: &Report, style: Style) -> Result<String, Fault> {
    let analyses = analyses(report);
    if analyses.is_empty() {
        return Ok(String::new());
    }
    let text = written(&analyses, Markup::Text, style)?;
    Ok(format!("\n\n{}", text.trim_end()))
}

/// The analyses of a study that has no published figure to compare: they are its results then. Of any
/// other, what its figures of involvement measured.
fn analyses(report: &Report) -> Vec<Content> {
    if !report.comparisons.is_empty() {
        let sections = report.sections.iter();
        return sections
            .filter(|section| section.id == "involvement")
            .flat_map(|section| section.content.iter().cloned())
            .collect();
    }
    let titled = report.sections.iter().flat_map(|section| {
        let title = Content::Text(format!("{} ({})", section.title, section.role.name()));
        std::iter::once(title).chain(section.content.iter().cloned())
    });
    titled.collect()
}

/// The verdicts, and those of the simulated companion, as tables for other programs.
fn of_verdicts(
    run: &kring::study::Replication,
    report: &Report,
    markup: Markup,
    style: Style,
) -> Result<String, Fault> {
    let mut content = verdict_tables(report);
    content.extend(analyses(report));
    let companion = run.companion.iter();
    content.extend(companion.filter_map(|companion| companion.content().into_iter().next()));
    Ok(written(&content, markup, style)?)
}

/// The simulated companion of a study, below its verdicts.
fn companion(run: &kring::study::Replication, style: Style) -> String {
    let Some(companion) = &run.companion else {
        return String::new();
    };
    let figures = companion.content().into_iter().next();
    let table = figures.map(|figures| kring::report::table_text(&figures, style));
    let table = table.unwrap_or_default();
    format!("\n\n{}\n\n{}\n", companion.title, table.trim_matches('\n'))
}

pub fn check(data_dir: Option<&Path>, options: &Check, style: Style) -> Result<Outcome, Fault> {
    let mut unchecked = Vec::new();
    let (report, text) = match (&options.study, &options.figures.value) {
        (None, Some(value)) => {
            let findings = check_figures(value, &options.figures)?;
            let text = listed(&findings);
            (of_findings("Checks of printed figures", findings), text)
        }
        (Some(file), None) if is_table(file) => {
            let findings;
            (findings, unchecked) = of_table(Path::new(file), options.figures.locale.into())?;
            let lines = unchecked.iter().flat_map(|why| [why.as_str(), "\n"]);
            let text = listed(&findings) + &lines.collect::<String>();
            (of_findings("Checks of printed figures", findings), text)
        }
        (study, _) => {
            let study = Study::find(study.as_deref().unwrap_or_default(), data_dir)?;
            let report = of_findings(&study.protocol.study.title, study.findings()?);
            let text = terminal(&report, style);
            (report, text)
        }
    };
    let findings = &report.findings;
    let how = &options.output;
    let said = how
        .folder
        .write(&made_by(report.clone()), || Ok(findings))?;
    if how.form.json || how.form.format != TableFormat::Text {
        let shown = Shown {
            title: &report.title,
            content: verdict_tables(&report),
            notes: unchecked,
            record: findings,
        };
        // The folder has been written, with the page of the checks.
        print_as(&shown, None, &how.form, style)?;
    } else if findings.is_empty() {
        print(
            "Nothing to check: declare [[check]]s, or give the claims what a check needs: `sample` and \
             `whole_items` (1 for a share of so many people), with them `sd`; `test` and `p_value`; `interval`.",
        )?;
    } else {
        let said = said.map(|said| format!("\n{said}"));
        print(&format!(
            "{text}{}{}",
            sources(findings),
            said.unwrap_or_default()
        ))?;
    }
    Ok(findings.iter().all(Finding::as_expected).into())
}

/// Findings alone, as a report.
fn of_findings(title: &str, findings: Vec<Finding>) -> Report {
    Report {
        title: title.to_owned(),
        findings,
        ..Report::default()
    }
}

/// Whether a path names a text table of figures and no study.
fn is_table(file: &str) -> bool {
    let ending = Path::new(file)
        .extension()
        .and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ["csv", "tsv", "txt"].contains(&ending.to_lowercase().as_str()))
}

/// Every check that the figures of a table allow, row by row, and the rows that allow none.
fn of_table(file: &Path, locale: Locale) -> Result<(Vec<Finding>, Vec<String>), Fault> {
    let in_file = |error| Fault::In {
        file: file.to_owned(),
        error,
    };
    let text = std::fs::read_to_string(file).map_err(|error| kring::Error::File {
        path: file.to_owned(),
        why: match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::InvalidData => "it is not UTF-8 text".to_owned(),
            _ => error.to_string(),
        },
    })?;
    let rows = check_table(&text, locale).map_err(in_file)?;
    let unchecked = rows.iter().filter_map(|row| {
        Some(format!(
            "{}: not checked. {}",
            row.id,
            row.unchecked.as_ref()?
        ))
    });
    let unchecked: Vec<String> = unchecked.collect();
    if unchecked.len() == rows.len() {
        return Err(in_file(kring::Error::Argument {
            what: "the table of figures".to_owned(),
            why: unchecked
                .into_iter()
                .next()
                .unwrap_or_else(|| "nothing to check: there is no line below its first".to_owned()),
        }));
    }
    let named = |row: CheckedFigures| {
        let CheckedFigures { id, found, .. } = row;
        found.into_iter().map(move |found| found.finding(&id))
    };
    Ok((rows.into_iter().flat_map(named).collect(), unchecked))
}

/// Findings of figures that no protocol declares.
fn listed(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        format!(
            "{}: {} ({})\n  {}\n  {}\n",
            finding.id,
            finding.outcome.name(),
            finding.kind.name(),
            finding.arithmetic,
            finding.meaning
        )
    });
    lines.collect()
}

/// Every check that the figures given as arguments allow.
fn check_figures(value: &str, printed: &arguments::Figures) -> Result<Vec<Finding>, Fault> {
    let locale = printed.locale.into();
    let figure = |text: &str| Published::parse(text, locale);
    let optional = |text: &Option<String>| text.as_deref().map(figure).transpose();
    let interval = match printed.interval.as_slice() {
        [low, high] => Some(TargetInterval {
            low: figure(low)?,
            high: figure(high)?,
            level: printed.level,
        }),
        _ => None,
    };
    let value = figure(value)?;
    let test = printed.test.as_deref();
    let test = test.map(|test| read_test(test, &value, locale));
    let figures = Figures {
        sample: printed.sample,
        whole_items: printed.whole_items,
        scale: match *printed.scale.as_slice() {
            [low, high] => Some(Scale { low, high }),
            _ => None,
        },
        sd: optional(&printed.sd)?,
        std_error: optional(&printed.std_error)?,
        interval,
        interval_scale: printed.interval_scale.map(Into::into),
        null: printed.null,
        p_value: optional(&printed.p_value)?,
        test: test.transpose()?,
        sides: printed.sides.into(),
        ..Figures::of(value.clone())
    };
    let found = figures.check_alone()?.into_iter();
    Ok(found.map(|found| found.finding(&value.text)).collect())
}

/// Where the checks that ran were described.
fn sources(findings: &[Finding]) -> String {
    let mut sources: Vec<&str> = Vec::new();
    for source in findings.iter().filter_map(|found| found.kind.reference()) {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    if sources.is_empty() {
        return String::new();
    }
    format!("\nThe checks come from:\n  {}\n", sources.join("\n  "))
}

pub fn describe(options: &Describe, style: Style) -> Result<Outcome, Fault> {
    let cohort = cohort(&options.data.data, &options.data.reading, &options.people)?;
    let description = kring::Description::of(&cohort, &options.variable)?;
    let mut content = vec![Content::Text(description.headline())];
    content.extend(description.content());
    let shown = Shown {
        title: "Description",
        content,
        notes: Vec::new(),
        record: &description,
    };
    show(&shown, &options.output, style)?;
    Ok(description.violations.is_empty().into())
}

/// A file as a cohort.
pub fn cohort(file: &Path, reading: &Reading, people: &People) -> Result<Cohort, Fault> {
    cohort_of(file, reading, people, Vec::new())
}

/// A file as a cohort, with what is known of its variables.
fn cohort_of(
    file: &Path,
    reading: &Reading,
    people: &People,
    variables: Vec<VariableSpec>,
) -> Result<Cohort, Fault> {
    let dataset = kring::cohort::read(file, &read_options(reading)?)?;
    if dataset.provenance.rows == 0 {
        return Err(Fault::Argument {
            what: file.display().to_string(),
            why: "there are names of columns, but no rows below them".to_owned(),
        });
    }
    let roles = Roles {
        subject: Some(people.subject.clone()),
        wave: people.wave.clone(),
        arm: people.arm.clone(),
        arms: match &people.arm {
            Some(column) => dataset.arms_by_label(column, arms(people.arms.as_deref())),
            None => Vec::new(),
        },
        other_arms: OtherArms::LeftOut,
        waves: listed_waves(people.waves.as_deref()),
        wide: each_wide(&people.wide)?,
        variables,
        ..Roles::default()
    };
    Ok(Cohort::new(dataset, &roles)?)
}

/// The variables that stand in one column a wave.
pub fn each_wide(texts: &[String]) -> Result<Vec<Wide>, Fault> {
    texts.iter().map(|text| wide(text)).collect()
}

/// A row for each measurement of data that have a column a wave.
fn by_measurement(
    file: &Path,
    reading: &Reading,
    subject: &str,
    wide: &[String],
) -> Result<(Table, Vec<String>), Fault> {
    Ok(measured(&cohort(
        file,
        reading,
        &wide_people(subject, wide),
    )?))
}

fn wide_people(subject: &str, wide: &[String]) -> People {
    People {
        subject: subject.to_owned(),
        wave: None,
        arm: None,
        arms: None,
        waves: None,
        wide: wide.to_vec(),
    }
}

/// The measurements of people, and what a careful reader should know of them.
fn measured(cohort: &Cohort) -> (Table, Vec<String>) {
    let mut notes = cohort.provenance().notes.clone();
    let (rows, people) = (cohort.measurements().rows(), cohort.subjects().rows());
    notes.push(format!(
        "{people} rows of the file became {rows} measurements; a wave at which nothing was observed has none."
    ));
    notes.extend(faults_in(cohort));
    (cohort.measurements().clone(), notes)
}

/// What a variable at a wave is called when a row is a family, `score_2`, and its column in the file.
fn columns_of_waves(cohort: &Cohort, wide: &[Wide]) -> Vec<(String, String)> {
    let waves = cohort.waves().iter().enumerate();
    waves
        .flat_map(|(place, wave)| {
            wide.iter().filter_map(move |variable| {
                let column = match &variable.pattern {
                    Some(pattern) => pattern.replace("{wave}", &wave.name),
                    None => variable.columns.get(place)?.clone(),
                };
                Some((format!("{}_{}", variable.name, wave.name), column))
            })
        })
        .collect()
}

/// The first faults of the data, and how many more there are.
fn faults_in(cohort: &Cohort) -> Vec<String> {
    let faults = cohort.validate();
    let mut told: Vec<String> = faults
        .iter()
        .take(MOST_FAULTS)
        .map(ToString::to_string)
        .collect();
    if faults.len() > MOST_FAULTS {
        told.push(format!(
            "{} more faults in the data; `kring describe` lists them.",
            faults.len() - MOST_FAULTS
        ));
    }
    told
}

/// `before,after`
fn listed_waves(text: Option<&str>) -> Vec<Wave> {
    split(text).into_iter().map(Wave::named).collect()
}

/// Names with commas between them.
pub fn split(text: Option<&str>) -> Vec<String> {
    let names = text.into_iter().flat_map(|text| text.split(','));
    names.map(|name| name.trim().to_owned()).collect()
}

/// `WT,EKC`, or `WT=Neighbourhood team,EKC=Conference`
fn arms(text: Option<&str>) -> Vec<Level> {
    text.into_iter()
        .flat_map(|text| text.split(','))
        .map(arm)
        .collect()
}

/// The rows of the arms that are asked for, and in a sentence what was left out.
fn asked_for(
    table: Table,
    column: &str,
    text: Option<&str>,
) -> Result<(Table, Option<String>), kring::Error> {
    let arms = arms(text);
    if arms.is_empty() {
        return Ok((table, None));
    }
    let chosen = of_arms(&table, column, &arms)?;
    let left_out = chosen.left_out();
    Ok((chosen.table, left_out))
}

/// `WT`, or `WT=Neighbourhood team` with what a reader calls it.
fn arm(text: &str) -> Level {
    match text.split_once('=') {
        Some((name, label)) => Level {
            label: Some(label.trim().to_owned()),
            ..Level::named(name.trim())
        },
        None => Level::named(text.trim()),
    }
}

/// The methods, or the fields of one.
pub fn methods(options: &Methods, style: Style) -> Result<Outcome, Fault> {
    let Some(kind) = &options.method else {
        return all_methods(options.json, style);
    };
    let fields = Method::fields(kind)?;
    if options.json {
        json(&fields)?;
        return Ok(Outcome::AsExpected);
    }
    let mut text = format!("{kind}: {}\n", Method::meaning(kind)?);
    for field in &fields {
        let usual = match (&field.default, field.required) {
            (_, true) => ", must be given".to_owned(),
            (Some(usual), false) => format!(", {usual} unless given"),
            (None, false) => String::new(),
        };
        let holds = field.holds.name();
        let _ = write!(
            text,
            "\n{}  ({holds}{usual})\n    {}\n",
            field.name, field.meaning
        );
        if !field.choices.is_empty() {
            let widest = field
                .choices
                .iter()
                .map(|choice| choice.name.chars().count());
            let widest = widest.max().unwrap_or(0);
            for choice in &field.choices {
                let _ = writeln!(text, "      {:widest$}  {}", choice.name, choice.meaning);
            }
        }
    }
    print(&text)?;
    Ok(Outcome::AsExpected)
}

fn all_methods(as_json: bool, style: Style) -> Result<Outcome, Fault> {
    let mut all = Vec::with_capacity(Method::KINDS.len());
    for kind in Method::KINDS {
        all.push((*kind, Method::meaning(kind)?));
    }
    if as_json {
        let named = |(name, meaning): &(&str, String)| serde_json::json!({ "name": name, "meaning": meaning });
        json(&all.iter().map(named).collect::<Vec<_>>())?;
        return Ok(Outcome::AsExpected);
    }
    let widest = all.iter().map(|(kind, _)| kind.len()).max().unwrap_or(0);
    let room = style.width.saturating_sub(widest + 2).max(20);
    let lines = all
        .iter()
        .map(|(kind, meaning)| format!("{kind:widest$}  {}\n", shortened(meaning, room)));
    print(&lines.collect::<String>())?;
    Ok(Outcome::AsExpected)
}

pub fn compare(options: &Compare, style: Style) -> Result<Outcome, Fault> {
    let (file, reading) = (&options.data.data, &options.data.reading);
    let (table, notes) = taken(file, reading, &options.taken, Some(&options.arm))?;
    let in_file = |error: kring::Error| Fault::In {
        file: file.clone(),
        error,
    };
    let (mut table, left_out) =
        asked_for(table, &options.arm, options.arms.as_deref()).map_err(in_file)?;
    if let Some(text) = &options.reference {
        let of_arm = text
            .split_once('=')
            .filter(|(column, _)| *column == options.arm);
        let level = of_arm.map_or(text.as_str(), |(_, level)| level);
        table = compare::with_reference(&table, &options.arm, level).map_err(in_file)?;
    }
    if let Some(levels) = &options.levels {
        let levels: Vec<&str> = levels.split(',').map(str::trim).collect();
        table = compare::with_levels(&table, &options.outcome, &levels).map_err(in_file)?;
    }
    let comparison = kring::compare::Compare {
        outcome: options.outcome.clone(),
        arm: options.arm.clone(),
        scale: options.scale.map(|scale| match scale {
            arguments::Scale::Continuous => compare::Scale::Continuous,
            arguments::Scale::Count => compare::Scale::Count,
            arguments::Scale::Binary => compare::Scale::Binary,
            arguments::Scale::Ordinal => compare::Scale::Ordinal,
            arguments::Scale::Nominal => compare::Scale::Nominal,
        }),
        event: options.event.clone(),
        baseline: options.baseline.clone(),
        cluster: options.cluster.clone(),
        exposure: options.exposure.clone(),
        allocation: if options.randomised {
            compare::ByChance::Randomised
        } else {
            compare::ByChance::NotStated
        },
        level: options.level,
    };
    let mut found = comparison.run(&table).map_err(in_file)?;
    found.notes.extend(left_out);
    let shown = Shown {
        title: "Comparison of the arms",
        content: found.content(),
        notes,
        record: &found,
    };
    show(&shown, &options.output, style)?;
    Ok(Outcome::AsExpected)
}

pub fn advise(options: &Advise, style: Style) -> Result<Outcome, Fault> {
    let (file, reading) = (&options.data.data, &options.data.reading);
    let mut wave = options.wave.clone();
    let mut source = Source {
        rows: options.rows.clone(),
        ..Source::of(file.display().to_string())
    };
    let (table, notes) = match &options.subject {
        Some(subject) if !options.wide.is_empty() => {
            wave = Some("wave".to_owned());
            let cohort = cohort(file, reading, &wide_people(subject, &options.wide))?;
            source.wide = Some(WideSource {
                subject: subject.clone(),
                variables: options.wide.clone(),
                columns: columns_of_waves(&cohort, &each_wide(&options.wide)?),
            });
            measured(&cohort)
        }
        _ => table(file, reading)?,
    };
    let (table, notes) = narrowed(file, table, notes, &options.rows)?;
    let asked = kring::advise::Advise {
        outcome: options.outcome.clone(),
        arm: options.arm.clone(),
        kind: options.kind.map(|kind| match kind {
            OutcomeKind::Continuous => Kind::Continuous,
            OutcomeKind::Count => Kind::Count,
            OutcomeKind::Share => Kind::Share,
            OutcomeKind::Binary => Kind::Binary,
            OutcomeKind::Ordinal => Kind::Ordinal,
            OutcomeKind::Nominal => Kind::Nominal,
            OutcomeKind::TimeToEvent => Kind::TimeToEvent,
        }),
        subject: options.subject.clone(),
        wave,
        time: options.time.clone(),
        baseline: options.baseline.clone(),
        cluster: options.cluster.clone(),
        trials: options.trials.clone(),
        exposure: options.exposure.clone(),
        levels: split(options.levels.as_deref()),
        event: options.event.clone(),
        variables: options.variable.clone(),
        allocation: if options.randomised {
            compare::ByChance::Randomised
        } else {
            compare::ByChance::NotStated
        },
    };
    let found = asked.run(&table).map_err(|error| Fault::In {
        file: file.clone(),
        error,
    })?;
    let commands = found.commands(&source);
    let how = &options.output;
    let as_text = !how.form.json && how.form.format == TableFormat::Text;
    let mut content = found.content();
    if !as_text || how.folder.out.is_some() {
        content.extend(
            commands
                .iter()
                .map(|(title, command)| Content::Text(format!("{title}: `{command}`"))),
        );
    }
    let mut notes = notes;
    if matches!(how.folder.language, Tongue::Dutch) {
        notes.push("The texts of the advice are in English only.".to_owned());
    }
    let shown = Shown {
        title: "Which analysis?",
        content,
        notes,
        record: &found,
    };
    show(&shown, how, style)?;
    if as_text && !commands.is_empty() {
        // In one line each, whatever the width, so that they can be taken over as they stand.
        let lines = commands
            .iter()
            .map(|(title, command)| format!("# {title}\n{command}\n"));
        print(&format!("\nThe commands\n\n{}", lines.collect::<String>()))?;
    }
    Ok(Outcome::AsExpected)
}

/// The table with the levels that others are set against, each as `arm=WT`, as `set` sets one.
fn with_references(
    table: Table,
    references: &[String],
    set: fn(&Table, &str, &str) -> Result<Table, kring::Error>,
    in_file: &dyn Fn(kring::Error) -> Fault,
) -> Result<Table, Fault> {
    references.iter().try_fold(table, |table, reference| {
        let (column, level) = named(
            "--reference",
            reference,
            "a column and its level, as in arm=WT",
        )?;
        set(&table, column, level).map_err(in_file)
    })
}

/// The table with the levels of texts in their order, each as `burden=low,middle,high`.
fn with_orders(
    table: Table,
    orders: &[String],
    in_file: &dyn Fn(kring::Error) -> Fault,
) -> Result<Table, Fault> {
    orders.iter().try_fold(table, |table, order| {
        let expected = "a column and its levels in order, as in burden=low,middle,high";
        let (column, levels) = named("--levels", order, expected)?;
        let levels: Vec<&str> = levels.split(',').map(str::trim).collect();
        compare::with_levels(&table, column, &levels).map_err(in_file)
    })
}

pub fn test(options: &Test, style: Style) -> Result<Outcome, Fault> {
    let (Some(kind), Some(data)) = (&options.method, &options.data) else {
        if options.output.form.json {
            return all_methods(true, style);
        }
        print(&Method::KINDS.join("\n"))?;
        return Ok(Outcome::AsExpected);
    };
    let fields = options
        .fields
        .iter()
        .map(|text| {
            named(
                "the field",
                text,
                "a field and its value, as in outcome=problems",
            )
        })
        .collect::<Result<Vec<_>, _>>()?;
    let method = Method::named(kind, &fields)?;
    let (table, mut notes) = taken(data, &options.reading, &options.taken, None)?;
    notes.extend(repeated_rows(&table, &fields));
    let in_file = |error: kring::Error| Fault::In {
        file: data.clone(),
        error,
    };
    let table = with_orders(table, &options.levels, &in_file)?;
    let table = with_references(table, &options.reference, compare::with_reference, &in_file)?;
    let answer = method.run(&table).map_err(in_file)?;
    let shown = Shown {
        title: &kind.replace('_', " "),
        content: answer.content(),
        notes,
        record: &answer,
    };
    let asked = Asked {
        file: data,
        reading: &options.reading,
        subject: None,
        wide: &[],
        taken: Some(&options.taken),
        only: &[],
        levels: &options.levels,
        references: &options.reference,
    };
    let task = Task::Method(Box::new(method));
    let stored = || Ok(asked.run(task)?.beside(&answer)?);
    show_stored(&shown, answer.pictures()?, stored, &options.output, style)?;
    Ok(Outcome::AsExpected)
}

/// What a reader should do where the rows of two groups look like measurements of the same people, and no field of
/// the method says that they are.
fn repeated_rows(table: &Table, fields: &[(&str, &str)]) -> Option<String> {
    let field = |name: &str| {
        fields
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| *value)
    };
    let says_so = ["subject", "wave", "formula", "clusters", "strata", "before"];
    if says_so.into_iter().any(|name| field(name).is_some()) {
        return None;
    }
    let found = kring::repeats::repeated(table, field("by")?, &[field("outcome")?])?;
    Some(found.caution().sentence())
}

pub fn baseline(options: &Baseline, style: Style) -> Result<Outcome, Fault> {
    let settings = kring::baseline::Baseline {
        medians: options.median.clone(),
        denominator: options.denominator.into(),
        tests: if options.tests {
            Tests::OnRequest
        } else {
            Tests::None
        },
        ..kring::baseline::Baseline::default()
    };
    let labels = options
        .label
        .iter()
        .map(|text| named("--label", text, "a variable and its label, as in age=Age"))
        .collect::<Result<Vec<_>, _>>()?;
    let (made, notes) = match &options.subject {
        Some(subject) => at_the_start(options, subject, &settings, &labels)?,
        None => side_by_side(options, &settings, &labels)?,
    };
    let shown = Shown {
        title: "The arms at the start",
        content: vec![Content::Baseline(made.clone())],
        notes,
        record: &made,
    };
    let love = Forest::love("love", "", &made, &[]).map(Content::Forest);
    show_illustrated(&shown, love.into_iter().collect(), &options.output, style)?;
    Ok(Outcome::AsExpected)
}

/// The people of a cohort as they were at its first wave, in the words of its roles.
fn at_the_start(
    options: &Baseline,
    subject: &str,
    settings: &kring::baseline::Baseline,
    labels: &[(&str, &str)],
) -> Result<(BaselineTable, Vec<String>), Fault> {
    let people = People {
        subject: subject.to_owned(),
        wave: options.wave.clone(),
        arm: Some(options.arm.clone()),
        arms: options.arms.clone(),
        waves: options.waves.clone(),
        wide: options.wide.clone(),
    };
    let spec = |(name, label): &(&str, &str)| VariableSpec {
        label: Some((*label).to_owned()),
        ..VariableSpec::named(*name)
    };
    let variables = labels.iter().map(spec).collect();
    let file = &options.data.data;
    let cohort = cohort_of(file, &options.data.reading, &people, variables)?;
    let notes = cohort.provenance().notes.clone();
    Ok((settings.of(&cohort, &options.variable)?, notes))
}

/// The rows of a file, whatever they are.
fn side_by_side(
    options: &Baseline,
    settings: &kring::baseline::Baseline,
    labels: &[(&str, &str)],
) -> Result<(BaselineTable, Vec<String>), Fault> {
    let (table, notes) = table(&options.data.data, &options.data.reading)?;
    let in_file = |error: kring::Error| Fault::In {
        file: options.data.data.clone(),
        error,
    };
    let variables: Vec<&str> = options.variable.iter().map(String::as_str).collect();
    let table =
        kring::method::with_factors(&table, std::slice::from_ref(&options.arm)).map_err(in_file)?;
    let (table, left_out) =
        asked_for(table, &options.arm, options.arms.as_deref()).map_err(in_file)?;
    let mut columns = table.columns().to_vec();
    for (name, label) in labels {
        // An unknown name is refused, with those that are near.
        table.column(name).map_err(|error| in_file(error.into()))?;
        let labelled = columns.iter_mut().filter(|column| column.name == *name);
        labelled.for_each(|column| column.label = Some((*label).to_owned()));
    }
    let table = Table::new(columns).map_err(|error| in_file(error.into()))?;
    let mut made = settings
        .table(&table, &options.arm, &variables)
        .map_err(in_file)?;
    made.notes.extend(left_out);
    Ok((made, notes))
}

/// A file as a table, and what a careful reader should know of it.
pub fn table(file: &Path, reading: &Reading) -> Result<(Table, Vec<String>), Fault> {
    let dataset = kring::cohort::read(file, &read_options(reading)?)?;
    Ok((dataset.table()?, dataset.provenance.notes))
}

/// The rows of a file that are asked for, and what a careful reader should know of them.
fn taken(
    file: &Path,
    reading: &Reading,
    taken: &Taken,
    arm: Option<&str>,
) -> Result<(Table, Vec<String>), Fault> {
    let (mut table, mut notes) = match &taken.subject {
        Some(subject) if !taken.wide.is_empty() => {
            by_measurement(file, reading, subject, &taken.wide)?
        }
        Some(subject) => by_family(file, reading, subject, taken, arm)?,
        None => table(file, reading)?,
    };
    if let Some(text) = taken.wave.as_ref().filter(|_| taken.subject.is_none()) {
        let of = table.rows();
        table = only(file, &table, "--wave", text)?;
        notes.push(format!(
            "--wave {text}: {} of {of} rows. Who has no row there is not counted as missing; with --subject they \
             are.",
            table.rows()
        ));
    }
    narrowed(file, table, notes, &taken.rows)
}

/// The rows that `--where` asks for, and how many they are.
pub fn narrowed(
    file: &Path,
    mut table: Table,
    mut notes: Vec<String>,
    asked: &[String],
) -> Result<(Table, Vec<String>), Fault> {
    for text in asked {
        let of = table.rows();
        table = only(file, &table, "--where", text)?;
        notes.push(format!("--where {text}: {} of {of} rows.", table.rows()));
    }
    Ok((table, notes))
}

/// The rows with some levels of a column, `region=North,East`.
fn only(file: &Path, table: &Table, option: &str, text: &str) -> Result<Table, Fault> {
    let expected = "a column and its level, as in wave=2; or levels, as in region=North,East";
    let (column, levels) = named(option, text, expected)?;
    let levels: Vec<&str> = levels.split(',').map(str::trim).collect();
    compare::at(table, column, &levels).map_err(|error| Fault::In {
        file: file.to_owned(),
        error,
    })
}

/// A row for each family or person, with a column a wave of what long data have at each.
fn by_family(
    file: &Path,
    reading: &Reading,
    subject: &str,
    taken: &Taken,
    arm: Option<&str>,
) -> Result<(Table, Vec<String>), Fault> {
    let wave = taken.wave.as_deref();
    if let Some(text) = wave.filter(|text| text.contains('=')) {
        return Err(Fault::Argument {
            what: format!("--wave '{text}'"),
            why: format!(
                "with --subject each wave has columns of its own, such as problems_2: give the column that \
                 names the wave, or leave --subject out for the rows of {text}"
            ),
        });
    }
    let people = People {
        subject: subject.to_owned(),
        wave: wave.map(str::to_owned),
        arm: arm.map(str::to_owned),
        arms: None,
        waves: taken.waves.clone(),
        wide: Vec::new(),
    };
    let cohort = cohort(file, reading, &people)?;
    let mut notes = cohort.provenance().notes.clone();
    let faults = cohort.validate();
    let repeated = faults
        .iter()
        .find(|fault| fault.kind == ViolationKind::Repeated);
    if let (Some(fault), None) = (repeated, wave) {
        return Err(Fault::Argument {
            what: format!("--subject {subject}"),
            why: format!(
                "{fault}; name the column that tells the rows of one `{subject}` apart with --wave, or leave \
                 --subject out"
            ),
        });
    }
    notes.extend(faults_in(&cohort));
    Ok((cohort.subjects().clone(), notes))
}

/// So many faults of the data are told beside a result.
const MOST_FAULTS: usize = 3;

pub fn fit(fit: &Fit, style: Style) -> Result<Outcome, Fault> {
    match fit {
        Fit::Lm(options) => lm(options, style),
        Fit::Lmm(options) => lmm(options, style),
        Fit::Glmm(options) => glmm(options, style),
        Fit::Gee(options) => gee(options, style),
        Fit::Mmrm(options) => mmrm(options, style),
    }
}

fn lmm(options: &FitLmm, style: Style) -> Result<Outcome, Fault> {
    let exact = options.mixed.model.seed.filter(|_| options.exact);
    let fields = serde_json::json!({
        "exact": exact.map(|seed| serde_json::json!({ "seed": seed })),
        "options": {
            "estimation": options.estimation,
            "dof": options.dof,
            "level": options.mixed.model.level,
        },
    });
    mixed("lmm", "Linear mixed model", &options.mixed, fields, style)
}

fn glmm(options: &FitGlmm, style: Style) -> Result<Outcome, Fault> {
    let integration = match options.points {
        None => serde_json::json!("automatic"),
        Some(points) => serde_json::json!({ "quadrature": { "points": points } }),
    };
    let simulated = options
        .mixed
        .model
        .seed
        .filter(|_| options.simulated_residuals);
    let mut fields = serde_json::json!({
        "zero": options.zero,
        "simulated_residuals": simulated.map(|seed| serde_json::json!({ "seed": seed })),
        "options": {
            "family": options.family,
            "link": options.link,
            "zeros": options.zeros,
            "integration": integration,
            "level": options.mixed.model.level,
        },
    });
    if let Some(scale) = &options.scale {
        fields["predict"] = serde_json::json!({ "scale": scale });
    }
    let title = "Generalised linear mixed model";
    mixed("glmm", title, &options.mixed, fields, style)
}

fn gee(options: &FitGee, style: Style) -> Result<Outcome, Fault> {
    let correlation = match options.lag {
        Some(lag) if options.correlation == "m_dependent" => {
            serde_json::json!({ "m_dependent": lag })
        }
        Some(_) => {
            return Err(Fault::Argument {
                what: "--lag".to_owned(),
                why: "it goes with --correlation m_dependent".to_owned(),
            });
        }
        None => serde_json::json!(options.correlation),
    };
    let fields = serde_json::json!({
        "options": {
            "family": options.family,
            "link": options.link,
            "correlation": correlation,
            "covariance": options.covariance,
            "dof": options.dof,
            "level": options.repeated.model.level,
        },
    });
    repeated(
        "gee",
        "Marginal model (GEE)",
        &options.repeated,
        fields,
        style,
    )
}

fn mmrm(options: &FitMmrm, style: Style) -> Result<Outcome, Fault> {
    let shared = match &options.each_arm {
        Some(_) => "each_arm",
        None => "everyone",
    };
    let fields = serde_json::json!({
        "arm": options.each_arm,
        "options": {
            "structure": options.structure,
            "shared": shared,
            "estimation": options.estimation,
            "dof": options.dof,
            "errors": options.errors,
            "level": options.repeated.model.level,
        },
    });
    let title = "Mixed model for repeated measures";
    repeated("mmrm", title, &options.repeated, fields, style)
}

/// Runs a model of repeated measures with the fields of its own.
fn repeated(
    kind: &str,
    title: &str,
    options: &Repeated,
    mut fields: serde_json::Value,
    style: Style,
) -> Result<Outcome, Fault> {
    for (name, value) in [("wave", &options.wave), ("time", &options.time)] {
        fields[name] = serde_json::json!(value);
    }
    fields["subject"] = serde_json::json!(options.subject);
    fields["clusters"] = serde_json::json!(options.cluster);
    let model = &options.model;
    refuse_idle_seed(model, false, "")?;
    let file = model.data()?;
    let (table, notes) = match options.wide.as_slice() {
        [] => table(&file, &model.reading)?,
        wide => {
            fields["wave"] = serde_json::json!(options.wave.as_deref().unwrap_or("wave"));
            by_measurement(&file, &model.reading, &options.subject, wide)?
        }
    };
    let rows = narrowed(&file, table, notes, &options.rows)?;
    let asked = Asked {
        subject: Some(&options.subject),
        wide: &options.wide,
        ..asked_of(&file, model, None, &options.rows)
    };
    modelled(kind, title, model, fields, rows, &asked, style)
}

/// Which rows a model takes, and how.
fn asked_of<'a>(
    file: &'a Path,
    model: &'a Model,
    taken: Option<&'a Taken>,
    only: &'a [String],
) -> Asked<'a> {
    Asked {
        file,
        reading: &model.reading,
        subject: None,
        wide: &[],
        taken,
        only,
        levels: &model.levels,
        references: &model.reference,
    }
}

/// Runs a model with its fields on a table, and shows its answer.
fn modelled(
    kind: &str,
    title: &str,
    options: &Model,
    mut fields: serde_json::Value,
    (table, notes): (Table, Vec<String>),
    asked: &Asked<'_>,
    style: Style,
) -> Result<Outcome, Fault> {
    // First the formula as a text: what is wrong with that is no fault of the file.
    let formula: Formula = options.formula()?.parse()?;
    fields["formula"] = serde_json::json!(options.formula()?);
    fields["by"] = serde_json::json!(options.means.by);
    if options.means.by.is_some() {
        fields["within"] = serde_json::json!(options.means.within);
    }
    fields["means"] = means(options)?;
    if let Some(column) = &options.weights {
        fields["weights"] = serde_json::json!({ "column": column, "kind": "precision" });
    }
    let method = Method::of_kind(kind, &fields)?;
    let in_file = |error: kring::Error| Fault::In {
        file: asked.file.to_owned(),
        error,
    };
    let table = with_orders(table, &options.levels, &in_file)?;
    let table = with_references(
        table,
        &options.reference,
        analysis::with_reference,
        &in_file,
    )?;
    let answer = method.run(&table).map_err(|error| match error {
        kring::Error::Stats(_) => Fault::Kring(error),
        _ => in_file(error),
    })?;
    let mut content = vec![Content::Text(formula.to_string())];
    content.extend(answer.content());
    let shown = Shown {
        title,
        content,
        notes,
        record: &answer,
    };
    let task = Task::Method(Box::new(method));
    let stored = || Ok(asked.run(task)?.beside(&answer)?);
    show_stored(&shown, answer.pictures()?, stored, &options.output, style)?;
    Ok(Outcome::AsExpected)
}

/// A seed from which nothing is drawn is refused: whoever gives one expects another answer with another.
fn refuse_idle_seed(model: &Model, draws: bool, also: &str) -> Result<(), Fault> {
    if draws || model.seed.is_none() || model.means.adjust.as_deref() == Some("multivariate_t") {
        return Ok(());
    }
    Err(Fault::Argument {
        what: "--seed".to_owned(),
        why: format!(
            "nothing is drawn here, and every seed gives the same; it goes with {also}--adjust multivariate_t"
        ),
    })
}

/// The means that are asked for, as the fields of [`analysis::MeansOf`].
fn means(options: &Model) -> Result<serde_json::Value, Fault> {
    let asked = &options.means;
    if asked.of.is_empty() {
        return Ok(serde_json::Value::Null);
    }
    let adjust = match (asked.adjust.as_deref(), options.seed) {
        (Some("multivariate_t"), Some(seed)) => {
            serde_json::json!({ "multivariate_t": { "seed": seed } })
        }
        (Some("multivariate_t"), None) => {
            return Err(Fault::Argument {
                what: "--adjust multivariate_t".to_owned(),
                why: "it is an integral by drawing; give --seed".to_owned(),
            });
        }
        (word, _) => serde_json::json!(word),
    };
    let interaction = asked.interaction.iter().map(|text| {
        let (of, family) = named(
            "--interaction",
            text,
            "a column and its contrasts, as in arm=control",
        )?;
        Ok(serde_json::json!({ "of": of, "family": contrasts(family) }))
    });
    let interaction = interaction.collect::<Result<Vec<_>, Fault>>()?;
    let equivalence = match asked.equivalence[..] {
        [low, high] => serde_json::json!({
            "margin": { "raw": { "low": low, "high": high } }, "alpha": (1.0 - options.level),
        }),
        _ => serde_json::Value::Null,
    };
    Ok(serde_json::json!({
        "of": asked.of,
        "by": asked.within.iter().collect::<Vec<_>>(),
        "at": settings("--means-at", &asked.means_at)?,
        "weights": asked.average,
        "scale": asked.means_scale,
        "slopes": asked.slopes,
        "contrasts": if interaction.is_empty() { contrasts(&asked.contrasts) } else { serde_json::Value::Null },
        "interaction": interaction,
        "adjust": adjust,
        "equivalence": equivalence,
    }))
}

/// A family of contrasts: a word, or `control=WT`.
fn contrasts(text: &str) -> serde_json::Value {
    match text.split_once('=') {
        Some((word, level)) => serde_json::json!({ word: { "level": level } }),
        None if text == "none" => serde_json::Value::Null,
        None => serde_json::json!(text),
    }
}

/// Columns with values: `arm=WT,EKC`.
fn settings(option: &str, texts: &[String]) -> Result<serde_json::Value, Fault> {
    let mut at = serde_json::json!({});
    for text in texts {
        let expected = "a column and its values, as in arm=WT,EKC";
        let (column, values) = named(option, text, expected)?;
        let values: Vec<&str> = values.split(',').map(str::trim).collect();
        if !at[column].is_null() {
            return Err(Fault::Argument {
                what: format!("{option} '{text}'"),
                why: format!("`{column}` is given twice; give all its values at once"),
            });
        }
        at[column] = serde_json::json!(values);
    }
    Ok(at)
}

/// Runs a mixed model with the fields of its own.
fn mixed(
    kind: &str,
    title: &str,
    options: &Mixed,
    mut fields: serde_json::Value,
    style: Style,
) -> Result<Outcome, Fault> {
    let draws = options.intervals == "bootstrap"
        || ["exact", "simulated_residuals"]
            .iter()
            .any(|name| fields[name].is_object());
    let also = match kind {
        "lmm" => "--intervals bootstrap, --exact or ",
        _ => "--intervals bootstrap, --simulated-residuals or ",
    };
    refuse_idle_seed(&options.model, draws, also)?;
    for (name, value) in [
        ("against", options.against.as_ref()),
        ("structure", options.structure.as_ref()),
        ("dispersion", options.dispersion.as_ref()),
    ] {
        fields[name] = serde_json::json!(value);
    }
    fields["show"] = serde_json::json!(options.show);
    fields["intervals"] = match (options.intervals.as_str(), options.model.seed) {
        ("bootstrap", Some(seed)) => {
            serde_json::json!({ "bootstrap": { "replicates": options.replicates, "seed": seed } })
        }
        (word, _) => serde_json::json!(word),
    };
    if let Some(whose) = &options.predict {
        fields["predict"]["whose"] = serde_json::json!(whose);
        if !options.at.is_empty() {
            fields["predict"]["at"] = settings("--at", &options.at)?;
        }
    }
    let model = &options.model;
    // First the formula as a text: what is wrong with that is no fault of the file.
    let _: Formula = model.formula()?.parse()?;
    let file = model.data()?;
    let rows = taken(&file, &model.reading, &options.taken, None)?;
    let asked = asked_of(&file, model, Some(&options.taken), &[]);
    modelled(kind, title, model, fields, rows, &asked, style)
}

fn lm(options: &FitLm, style: Style) -> Result<Outcome, Fault> {
    let covariance: Covariance = options.covariance.into();
    if options.cluster.is_some() && !covariance.is_clustered() {
        return Err(Fault::Argument {
            what: "--cluster".to_owned(),
            why: "these standard errors take the rows as independent; add --covariance cr2 \
                  (or cr0, cr1, cr3), or leave --cluster out"
                .to_owned(),
        });
    }
    let model = &options.model;
    refuse_idle_seed(model, false, "")?;
    let formula = model.formula()?;
    let file = model.data()?;
    let (table, notes) = taken(&file, &model.reading, &options.taken, None)?;
    let in_file = |error: kring::Error| Fault::In {
        file: file.clone(),
        error,
    };
    let table = with_orders(table, &model.levels, &in_file)?;
    let table = with_references(table, &model.reference, analysis::with_reference, &in_file)?;
    let roles = DesignOptions {
        response: ResponseKind::Continuous,
        clusters: options.cluster.iter().cloned().collect(),
        weights: model.weights.as_ref().map(|column| WeightColumn {
            column: column.clone(),
            kind: WeightKind::Precision,
        }),
        ..DesignOptions::default()
    };
    let lm = Lm {
        covariance,
        level: model.level,
    };
    let means = match &model.means.by {
        Some(by) => Some(MeansOf::averages(by, model.means.within.as_deref())),
        None => MeansOf::read(&means(model)?)?,
    };
    // First the formula as a text: what is wrong with that is no fault of the file.
    formula.parse::<Formula>()?;
    let fit =
        analysis::lm_with_means(&table, formula, &roles, &lm, means.as_ref()).map_err(|error| {
            match error {
                kring::Error::Stats(_) => Fault::Kring(error),
                _ => in_file(error),
            }
        })?;
    let weights = model
        .weights
        .as_ref()
        .map(|column| format!("Weighted by `{column}`, as the inverse of each row's variance."));
    let notes: Vec<String> = fit
        .factor_line()
        .into_iter()
        .chain(weights)
        .chain(fit.notes.iter().cloned())
        .chain(notes)
        .collect();
    let mut content = vec![Content::Text(fit.formula.clone())];
    content.extend(fit.content());
    let shown = Shown {
        title: "Linear model",
        content,
        notes: [notes, vec![fit.summary_line()]].concat(),
        record: &fit,
    };
    let task = Task::Lm(Box::new(LinearModel {
        formula: formula.to_owned(),
        roles,
        options: lm,
        means,
    }));
    let asked = asked_of(&file, model, Some(&options.taken), &[]);
    let stored = || Ok(asked.run(task)?.beside(&fit)?);
    show_stored(&shown, Vec::new(), stored, &model.output, style)?;
    Ok(Outcome::AsExpected)
}

pub fn read_options(reading: &Reading) -> Result<ReadOptions, Fault> {
    let delimiter = match reading.delimiter.as_deref() {
        None => None,
        Some("tab" | "\\t") => Some('\t'),
        Some(text) => match text.as_bytes() {
            [one] if one.is_ascii() => Some(char::from(*one)),
            _ => {
                return Err(Fault::Argument {
                    what: format!("--delimiter '{text}'"),
                    why: "expected one ASCII character, such as ';', or tab".to_owned(),
                });
            }
        },
    };
    let mut missing = ReadOptions::default().missing;
    if !reading.missing.is_empty() {
        missing = Some(
            [
                &["NA".to_owned(), ".".to_owned()],
                reading.missing.as_slice(),
            ]
            .concat(),
        );
    }
    Ok(ReadOptions {
        delimiter,
        missing,
        decimal: reading.decimal.map(|sign| match sign {
            DecimalSign::Point => Decimal::Point,
            DecimalSign::Comma => Decimal::Comma,
        }),
        encoding: reading.encoding.map(|encoding| match encoding {
            TextEncoding::Utf8 => Encoding::Utf8,
            TextEncoding::Windows1252 => Encoding::Windows1252,
            TextEncoding::Utf16Le => Encoding::Utf16Le,
            TextEncoding::Utf16Be => Encoding::Utf16Be,
            TextEncoding::MacRoman => Encoding::MacRoman,
        }),
        sheet: reading.sheet.clone(),
        ..ReadOptions::default()
    })
}

/// `yc=yc1,yc2,yc3` or `yc=yc{wave}`
fn wide(text: &str) -> Result<Wide, Fault> {
    let expected = "a name and its columns, as in yc=yc1,yc2,yc3 or yc=yc{wave}";
    let (name, columns) = named("--wide", text, expected)?;
    if columns.contains("{wave}") {
        return Ok(Wide::pattern(name, columns));
    }
    if columns.contains('{') {
        return Err(Fault::Argument {
            what: format!("--wide '{text}'"),
            why: format!("expected {expected}: {{wave}} stands for whatever names the wave"),
        });
    }
    Ok(Wide::columns(name, columns.split(',').map(str::trim)))
}

/// `name=rest`
pub fn named<'a>(option: &str, text: &'a str, expected: &str) -> Result<(&'a str, &'a str), Fault> {
    text.split_once('=')
        .filter(|(name, rest)| !name.is_empty() && !rest.is_empty())
        .ok_or_else(|| Fault::Argument {
            what: format!("{option} '{text}'"),
            why: format!("expected {expected}"),
        })
}

fn shortened(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let cut: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", cut.trim_end())
}
