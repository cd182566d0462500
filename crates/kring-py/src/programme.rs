//! People and programmes: the arms at the start, who left, the course of a programme, lists of
//! problems.

use std::path::PathBuf;

use kring::YesNo;
use kring::arms::of_arms;
use kring::attrition::OutcomeBounds;
use kring::baseline::{Baseline, Overall, Tests};
use kring::core::Table;
use kring::inventory::{Instrument, Item, Language, Problem};
use kring::method::with_factors;
use kring::process::{By, Grade, Process};
use kring::report::Content;
use kring::stats::bounds::Bounds;
use pyo3::prelude::*;
use serde_json::{Map, Value, json};

use crate::cohort::Cohort;
use crate::errors::{argument, detached, refused};
use crate::hints::{Data, Declared};
use crate::method::{frames, table};
use crate::replication::data_folder;
use crate::result::{Tables, result};
use crate::values::{Record, from_python, plain};
use crate::{roles, tables};

/// Puts the arms side by side: the first table of a report.
///
/// Parameters
/// ----------
/// data : Cohort, frame, Dataset or dict of columns
///     Of a cohort, variables with a value a wave are taken as they were at the first.
/// arm : str or sequence of str, optional
///     The column of the arms; that of the cohort, if left out. Of a cohort the variables may stand here.
/// variables : sequence of str, optional
///     All of them, if left out.
/// arms : sequence or dict, optional
///     The arms to compare in order, the reference first: names, or names with labels. Rows of others
///     are left out and counted.
/// medians : sequence of str, optional
///     The numbers that are shown as median and quartiles; all others as mean and standard deviation.
/// denominator : {"pooled", "reference", "treated"}, default "pooled"
///     Whose standard deviation is the unit of the differences.
/// pairs : {"largest", "average"}, default "largest"
///     Which difference stands for all pairs of three or more arms.
/// two_levels : {"second", "both"}, default "second"
///     Which levels of a variable of two are shown.
/// overall : bool, default True
///     Whether there is a column of everybody.
/// tests : bool, default False
///     Whether differences are tested, with a word on what such tests do not answer.
/// level : float, default 0.95
///     The level of the intervals.
///
/// Returns
/// -------
/// Tables
///     The frames are ``groups``, a row a variable, level and arm, and ``differences``.
///
/// Raises
/// ------
/// InputError
///     If a variable is not there, or there are no arms.
///
/// Examples
/// --------
/// >>> table = kring.baseline(cohort, variables=["age", "sex"])
/// >>> table.frames["differences"].to_polars()["difference"].round(3).to_list()
/// [-0.066, 0.234]
#[pyfunction]
#[pyo3(signature = (data, arm=None, variables=None, *, arms=None, medians=None, denominator: "Literal['pooled', 'reference', 'treated']"="pooled", pairs: "Literal['largest', 'average']"="largest", two_levels: "Literal['second', 'both']"="second", overall=true, tests=false, level=0.95))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn baseline<'py>(
    py: Python<'py>,
    data: Data<'py>,
    arm: Option<ArmOrVariables>,
    variables: Option<Vec<String>>,
    arms: Option<Declared<'py>>,
    medians: Option<Vec<String>>,
    denominator: &str,
    pairs: &str,
    two_levels: &str,
    overall: bool,
    tests: bool,
    level: f64,
) -> PyResult<Bound<'py, Tables>> {
    let settings = Baseline {
        medians: medians.unwrap_or_default(),
        denominator: from_python("denominator", json!(denominator))?,
        pairs: from_python("pairs", json!(pairs))?,
        two_levels: from_python("two_levels", json!(two_levels))?,
        overall: if overall {
            Overall::Shown
        } else {
            Overall::LeftOut
        },
        tests: if tests { Tests::OnRequest } else { Tests::None },
        level,
    };
    let cohort = data.0.cast::<Cohort>().ok();
    let (arm, variables) = match (arm, variables) {
        (Some(ArmOrVariables::Arm(arm)), variables) => (Some(arm), variables),
        (Some(ArmOrVariables::Variables(names)), None) if cohort.is_some() => (None, Some(names)),
        (Some(ArmOrVariables::Variables(_)), _) => {
            let why = "expected the column of the arms; give the variables as `variables=[…]`";
            return Err(argument("arm", why));
        }
        (None, variables) => (None, variables),
    };
    let variables = variables.unwrap_or_default();
    let arms = roles::arms(arms)?;
    let made = match (cohort, arm) {
        (Some(_), None) if !arms.is_empty() => {
            let why = "the cohort has its arms; name those to compare where the cohort is made";
            return Err(argument("arms", why));
        }
        (Some(cohort), None) => {
            let cohort = &cohort.get().inner;
            detached(py, || settings.of(cohort, &variables))?
        }
        (None, None) => {
            let why = "name the column of the arms, or give a cohort that has arms";
            return Err(argument("arm", why));
        }
        (_, Some(arm)) => {
            let table = table(py, &data, None)?;
            detached(py, move || {
                let mut table = with_factors(&table, std::slice::from_ref(&arm))?;
                let mut left_out = None;
                if !arms.is_empty() {
                    let chosen = of_arms(&table, &arm, &arms)?;
                    left_out = chosen.left_out();
                    table = chosen.table;
                }
                let names: Vec<&str> = if variables.is_empty() {
                    table.names().filter(|name| *name != arm).collect()
                } else {
                    variables.iter().map(String::as_str).collect()
                };
                let mut made = settings.table(&table, &arm, &names)?;
                made.notes.extend(left_out);
                Ok::<_, kring::Error>(made)
            })?
        }
    };
    let one = std::slice::from_ref(&made);
    let frames = vec![
        ("groups", tables::baseline(one)?),
        ("differences", tables::differences(one)?),
    ];
    let content = vec![Content::Baseline(made.clone())];
    result(
        py,
        Tables::new("The arms at the start", content, frames, &made)?,
    )
}

/// The column of the arms; or of a cohort, which has its own, the variables.
#[derive(FromPyObject)]
pub enum ArmOrVariables {
    /// The column.
    #[pyo3(transparent)]
    Arm(String),
    /// The variables.
    #[pyo3(transparent)]
    Variables(Vec<String>),
}

/// Says who left: how many, how unlike those who stayed, and what that can do to a difference.
///
/// Those who stayed and those who left are set side by side, in all and in each arm. Where variables
/// are named, a logistic regression says what went with leaving, and whether that differs between the
/// arms. What the data do not allow is said in the notes.
///
/// Parameters
/// ----------
/// cohort : Cohort
/// variables : sequence of str, optional
///     The variables at the first wave that are set side by side and explain who left. If left out, all
///     are set side by side and none explains.
/// observed : sequence of str, optional
///     The variables of which one must be observed to have stayed; all with a value a wave, if left out.
/// until : str or int, optional
///     The wave at which one must be observed to have stayed; the last, if left out.
/// outcome : str, optional
///     The outcome whose difference between two arms is bounded, at that wave.
/// range : tuple of (float, float), optional
///     The lowest and the highest value of the outcome: then no more is assumed of those who left. If
///     left out, the arm is assumed to work on staying in one direction only.
/// level : float, default 0.95
///     The level of the intervals.
///
/// Returns
/// -------
/// Tables
///     The frames are ``rates``, ``groups``, ``differences``, ``patterns`` and, as far as there are any,
///     ``regression``, ``interactions``, ``little`` and ``bounds``.
///
/// Raises
/// ------
/// InputError
///     If there is one wave only, or a variable is not there.
///
/// Examples
/// --------
/// >>> left = kring.attrition(cohort, ["age", "sex"], outcome="yc", range=(0, 60))
/// >>> left.to_polars().select("trt", "events", "total").rows()
/// [(None, 24, 52), ('E', 14, 26), ('C', 10, 26)]
/// >>> left.frames["bounds"].to_polars()["value"].round(2).to_list()
/// [-27.19, 28.19]
#[pyfunction]
#[pyo3(signature = (cohort, variables=None, *, observed=None, until=None, outcome=None, range=None, level=0.95))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn attrition<'py>(
    py: Python<'py>,
    cohort: &Bound<'py, Cohort>,
    variables: Option<Vec<String>>,
    observed: Option<Vec<String>>,
    until: Option<Name>,
    outcome: Option<String>,
    range: Option<(f64, f64)>,
    level: f64,
) -> PyResult<Bound<'py, Tables>> {
    let mut settings = kring::attrition::Attrition {
        observed: observed.unwrap_or_default(),
        wave: until.map(Name::text),
        ..kring::attrition::Attrition::default()
    };
    settings.table.level = level;
    if outcome.is_none() && range.is_some() {
        return Err(argument(
            "range",
            "it is that of an `outcome`; give that too",
        ));
    }
    let outcome = outcome.map(|outcome| OutcomeBounds {
        outcome,
        wave: None,
        options: Bounds {
            level,
            ..match range {
                Some((low, high)) => Bounds::worst_case(low, high),
                None => Bounds::monotone(),
            }
        },
    });
    let variables = variables.unwrap_or_default();
    let cohort = &cohort.get().inner;
    let found = detached(py, || {
        settings.leavers(cohort, &variables, outcome.as_ref())
    })?;
    let side_by_side = &found.tables.tables;
    let mut rows = vec![
        ("rates", tables::rates(found.tables.rates.iter())?),
        ("groups", tables::baseline(side_by_side)?),
        ("differences", tables::differences(side_by_side)?),
        ("patterns", tables::patterns(&found.patterns)?),
    ];
    if let Some(regression) = &found.regression {
        rows.push(("regression", tables::estimates(&regression.estimates)?));
        rows.push(("interactions", tables::tests(&regression.tests)?));
    }
    if let Some(little) = &found.little {
        rows.push(("little", tables::tests(&little.tests)?));
    }
    if let Some(bounds) = &found.bounds {
        rows.push(("bounds", tables::estimates(&bounds.estimates)?));
    }
    result(py, Tables::new("Who left", found.content(), rows, &found)?)
}

/// A name that may look like a number.
#[derive(FromPyObject)]
pub enum Name {
    /// As it is.
    #[pyo3(transparent)]
    Text(String),
    /// As the wave 2.
    #[pyo3(transparent)]
    Whole(i64),
}

impl Name {
    fn text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Whole(number) => number.to_string(),
        }
    }
}

/// Follows a programme from referrals to what was carried out, each rate with its denominator.
///
/// A row is a referral. Every column may be left out; the figures that need it are left out with it. A
/// column of yes and no is its name, or a tuple of its name and what means yes.
///
/// Parameters
/// ----------
/// data : frame, Dataset, Cohort or dict of columns
/// started, conference, plan : str or tuple of (str, str), optional
///     Whether the referral was started, a conference was held, a plan was made.
/// referred_on, held_on : str, optional
///     The dates of the referral and of the conference.
/// present : str, optional
///     How many people were at the conference.
/// agreements, by_circle, carried_out : str, optional
///     How many agreements the plan has, and how many of them the circle took on and were carried out.
/// grades : dict, optional
///     Grades from 1 to 10 by their columns, for what and by whom:
///     ``{"grade": ("the plan", "family and circle")}``.
/// by, by_year_of : sequence of str, optional
///     Break down by the levels of these columns, and by the year of these dates.
/// contradictions : {"refuse", "take_as_unknown"}, default "refuse"
///     What becomes of values that cannot stand together, such as a conference of a referral that was
///     not started.
/// limits : sequence of float, optional
///     The levels of the limits of funnels, 0.95 and 0.998 if left out.
/// level : float, default 0.95
///     The level of the intervals.
/// on : {"subjects", "measurements"}, optional
///     Which table of a cohort.
///
/// Returns
/// -------
/// Tables
///     The frames are ``rates``, ``summaries`` and ``funnels``.
///
/// Raises
/// ------
/// InputError
///     If a column is not there, or values cannot stand together.
///
/// Examples
/// --------
/// >>> referrals = {"started": [1, 1, 1, 0], "held": [1, 1, 0, 0]}
/// >>> course = kring.process(referrals, started="started", conference="held")
/// >>> course.to_polars().filter(id="conference_of_started").select("events", "total").rows()
/// [(2, 3)]
#[pyfunction]
#[pyo3(signature = (data, *, started=None, conference=None, plan=None, referred_on=None, held_on=None, present=None, agreements=None, by_circle=None, carried_out=None, grades=None, by=None, by_year_of=None, contradictions: "Literal['refuse', 'take_as_unknown']"="refuse", limits=None, level=0.95, on: "Literal['subjects', 'measurements'] | None"=None))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn process<'py>(
    py: Python<'py>,
    data: Data<'py>,
    started: Option<Marked>,
    conference: Option<Marked>,
    plan: Option<Marked>,
    referred_on: Option<String>,
    held_on: Option<String>,
    present: Option<String>,
    agreements: Option<String>,
    by_circle: Option<String>,
    carried_out: Option<String>,
    grades: Option<Declared<'py>>,
    by: Option<Vec<String>>,
    by_year_of: Option<Vec<String>>,
    contradictions: &str,
    limits: Option<Vec<f64>>,
    level: f64,
    on: Option<&str>,
) -> PyResult<Bound<'py, Tables>> {
    let usual = Process::default();
    let by = by.unwrap_or_default().into_iter().map(By::Column);
    let by_year = by_year_of.unwrap_or_default().into_iter().map(By::YearOf);
    let settings = Process {
        started: started.map(Marked::yes_no),
        conference: conference.map(Marked::yes_no),
        plan: plan.map(Marked::yes_no),
        referred_on,
        held_on,
        present,
        agreements,
        by_circle,
        carried_out,
        grades: graded(grades)?,
        by: by.chain(by_year).collect(),
        contradictions: from_python("contradictions", json!(contradictions))?,
        limits: limits.unwrap_or(usual.limits),
        level,
    };
    let table = table(py, &data, on)?;
    let found = detached(py, move || settings.figures(&table))?;
    let parts = || {
        let by = found.by.iter().flat_map(|breakdown| &breakdown.parts);
        std::iter::once(&found.overall).chain(by)
    };
    let summaries: Vec<_> = parts().flat_map(|part| part.summaries.clone()).collect();
    let funnels = found.by.iter().flat_map(|breakdown| &breakdown.funnels);
    let frames = vec![
        (
            "rates",
            tables::rates(parts().flat_map(|part| &part.rates))?,
        ),
        ("summaries", tables::summaries(&summaries)?),
        ("funnels", tables::funnels(funnels)?),
    ];
    let title = "The course of the programme";
    result(py, Tables::new(title, found.content(), frames, &found)?)
}

/// A column of yes and no: its name, or its name and what means yes.
#[derive(FromPyObject)]
pub enum Marked {
    /// Its name.
    #[pyo3(transparent)]
    Column(String),
    /// Its name and what means yes.
    With(String, String),
}

impl Marked {
    fn yes_no(self) -> YesNo {
        match self {
            Self::Column(column) => YesNo::column(column),
            Self::With(column, yes) => YesNo {
                column,
                yes: Some(yes),
            },
        }
    }
}

/// `{"grade": ("the plan", "family and circle")}`
fn graded(given: Option<Declared<'_>>) -> PyResult<Vec<Grade>> {
    let expected = "expected a dict of columns with what each grade is for and who gave it";
    let Some(given) = given else {
        return Ok(Vec::new());
    };
    let Value::Object(given) = plain("grades", &given.0)? else {
        return Err(argument("grades", expected));
    };
    let grade = |(column, said): (String, Value)| match said.as_array().map(Vec::as_slice) {
        Some([Value::String(what), Value::String(who)]) => Ok(Grade {
            column,
            what: what.clone(),
            who: who.clone(),
        }),
        _ => Err(argument("grades", expected)),
    };
    given.into_iter().map(grade).collect()
}

/// Counts the problems of a list: how many, which, and what became of each.
///
/// A row is a subject at a wave, and a rater where there are several.
///
/// Parameters
/// ----------
/// data : Cohort, frame, Dataset or dict of columns
///     Of a cohort the measurements, and its columns of the subject, the wave and the arm.
/// items : sequence of str or dict, optional
///     The columns of the problems, or a dict of columns and what a reader calls them.
/// instrument : str, optional
///     The domains of an instrument, whose names the columns have: ``"zrm-11"``, ``"zrm-13"``.
/// language : {"english", "dutch"}, default "english"
///     In which language the domains of the instrument are named.
/// subject, wave, arm : str, optional
///     The columns of the subject, the wave and the arm, of data that are no cohort.
/// yes : str, optional
///     The level that means a problem; 1, or what plainly means yes, if nothing is said.
/// at_most, at_least : float, optional
///     A score of so much or less, or of so much or more, is a problem.
/// range : tuple of (float, float), optional
///     The lowest and the highest score; any other is refused. Those of the instrument, if left out.
/// incomplete : {"missing", "count_known"}, default "missing"
///     What becomes of the number of problems where some are not known.
/// rater : str, optional
///     The column that names the rater: then the agreement of the raters is what is asked.
/// level : float, default 0.95
///     The level of the intervals.
/// data_dir : str or os.PathLike, optional
///     The folder that holds ``instruments``; as for ``replicate``.
///
/// Returns
/// -------
/// Tables
///     The frames are ``counts``, ``prevalence`` and ``transitions``; with a rater ``agreement``.
///
/// Raises
/// ------
/// InputError
///     If a column is not there, a score is out of range, or a subject stands twice at a wave.
///
/// Examples
/// --------
/// >>> scores = {"family": ["a", "a", "b", "b"], "wave": [1, 2, 1, 2], "debts": [1, 0, 1, 1]}
/// >>> found = kring.inventory(scores, ["debts"], subject="family", wave="wave")
/// >>> found.frames["transitions"].to_polars().select("solved", "lasting").rows()
/// [(1, 1)]
#[pyfunction]
#[pyo3(signature = (data, items=None, *, instrument=None, language: "Literal['english', 'dutch']"="english", subject=None, wave=None, arm=None, yes=None, at_most=None, at_least=None, range=None, incomplete: "Literal['missing', 'count_known']"="missing", rater=None, level=0.95, data_dir=None))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn inventory<'py>(
    py: Python<'py>,
    data: Data<'py>,
    items: Option<Declared<'py>>,
    instrument: Option<&str>,
    language: &str,
    subject: Option<String>,
    wave: Option<String>,
    arm: Option<String>,
    yes: Option<String>,
    at_most: Option<f64>,
    at_least: Option<f64>,
    range: Option<(f64, f64)>,
    incomplete: &str,
    rater: Option<String>,
    level: f64,
    data_dir: Option<PathBuf>,
) -> PyResult<Bound<'py, Tables>> {
    let data_dir = data_folder(py, data_dir)?;
    let instrument = instrument
        .map(|name| Instrument::find(name, data_dir.as_deref()))
        .transpose()
        .map_err(refused)?;
    let items = match (&instrument, items) {
        (Some(_), Some(_)) => {
            return Err(argument(
                "items",
                "the instrument has its own; give one of them",
            ));
        }
        (None, None) => {
            return Err(argument(
                "items",
                "name the columns of the problems, or an instrument",
            ));
        }
        (Some(instrument), None) => {
            let language: Language = from_python("language", json!(language))?;
            instrument.items(language)
        }
        (None, Some(items)) => listed(&items)?,
    };
    let problem = match (yes, at_most, at_least) {
        (None, None, None) => Problem::Yes,
        (Some(level), None, None) => Problem::Level(level),
        (None, Some(most), None) => Problem::AtMost(most),
        (None, None, Some(least)) => Problem::AtLeast(least),
        _ => {
            let why = "of `yes`, `at_most` and `at_least` give one";
            return Err(argument("at_most", why));
        }
    };
    let given = range.map(|(low, high)| [low, high]);
    let mut settings = kring::inventory::Inventory {
        subject: subject.unwrap_or_default(),
        wave: wave.unwrap_or_default(),
        arm,
        items,
        problem,
        range: given.or_else(|| instrument.as_ref().and_then(Instrument::range)),
        incomplete: from_python("incomplete", json!(incomplete))?,
        level,
    };
    let table = rows_of(py, &data, &mut settings)?;
    let groups = [Some(&settings.wave), settings.arm.as_ref(), rater.as_ref()];
    let groups: Vec<String> = groups.into_iter().flatten().cloned().collect();
    let table = detached(py, move || with_factors(&table, &groups))?;
    if let Some(rater) = rater {
        let found = detached(py, move || settings.agreement(&table, &rater))?;
        let mut rows = frames(&found)?;
        if let Some((name, _)) = rows.first_mut() {
            *name = "agreement";
        }
        let title = "The agreement of the raters";
        return result(py, Tables::new(title, found.content(), rows, &found)?);
    }
    let found = detached(py, move || settings.figures(&table))?;
    let frames = vec![
        ("counts", tables::summaries(&found.counts)?),
        ("prevalence", tables::rates(found.prevalence.iter())?),
        ("transitions", tables::transitions(&found.transitions)?),
    ];
    let title = "The list of problems";
    result(py, Tables::new(title, found.content(), frames, &found)?)
}

/// The measurements of a cohort with its own columns, or a frame with those that are named.
fn rows_of(
    py: Python<'_>,
    data: &Data<'_>,
    settings: &mut kring::inventory::Inventory,
) -> PyResult<Table> {
    let Ok(cohort) = data.0.cast::<Cohort>() else {
        for (name, given) in [("subject", &settings.subject), ("wave", &settings.wave)] {
            if given.is_empty() {
                return Err(argument(name, "name its column, or give a cohort"));
            }
        }
        return table(py, data, None);
    };
    let cohort = &cohort.get().inner;
    *settings = settings.within(cohort).map_err(refused)?;
    Ok(cohort.measurements().clone())
}

/// Columns, or columns with what a reader calls them.
fn listed(items: &Declared<'_>) -> PyResult<Vec<Item>> {
    let expected = "expected names of columns, or a dict of columns and what a reader calls them";
    match plain("items", &items.0)? {
        Value::Array(names) => {
            let item = |name: &Value| name.as_str().map(Item::column);
            let items: Option<Vec<Item>> = names.iter().map(item).collect();
            items.ok_or_else(|| argument("items", expected))
        }
        Value::Object(named) => named_items(named, expected),
        _ => Err(argument("items", expected)),
    }
}

fn named_items(named: Map<String, Value>, expected: &str) -> PyResult<Vec<Item>> {
    let item = |(column, label): (String, Value)| match label {
        Value::String(label) => Ok(Item {
            column,
            label: Some(label),
        }),
        Value::Null => Ok(Item::column(column)),
        _ => Err(argument("items", expected)),
    };
    named.into_iter().map(item).collect()
}

/// Reads the definition of an instrument: its domains and levels, and where they were seen.
///
/// Parameters
/// ----------
/// name : str
///     ``"zrm-11"`` or ``"zrm-13"``, the Zelfredzaamheid-Matrix.
/// data_dir : str or os.PathLike, optional
///     The folder that holds ``instruments``; as for ``replicate``.
///
/// Returns
/// -------
/// dict
///
/// Raises
/// ------
/// InputError
///     If there is no such instrument.
///
/// Examples
/// --------
/// >>> matrix = kring.instrument("zrm-13")
/// >>> len(matrix["domains"]), matrix["levels"][0]["nl"]
/// (13, 'acute problematiek')
#[pyfunction]
#[pyo3(signature = (name, *, data_dir=None))]
pub fn instrument<'py>(
    py: Python<'py>,
    name: &str,
    data_dir: Option<PathBuf>,
) -> PyResult<Record<'py>> {
    let data_dir = data_folder(py, data_dir)?;
    let found = Instrument::find(name, data_dir.as_deref()).map_err(refused)?;
    Record::of(py, &found)
}
