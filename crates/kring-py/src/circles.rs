//! The circles around families.

use std::path::PathBuf;

use kring::circle::{CircleStudy, CircleSummary, SummaryOptions};
use kring::cohort::circles::{
    CircleOptions, CircleTables, GraphFile, PseudonymOptions, Pseudonyms, WideTables, from_graphml,
    from_tables, from_wide,
};
use kring::network::involvement::InvolvementOptions;
use kring::report::{Content, figures};
use kring::report_of;
use kring::sim::circles::CircleTruth;
use pyo3::prelude::*;
use serde_json::json;

use crate::dataset::Reading;
use crate::errors::{argument, detached};
use crate::frame::Frame;
use crate::hints::{Declared, Listed, Paths, TableLike};
use crate::replication::Figure;
use crate::result::{Tables, with_tables};
use crate::values::{from_python, plain, to_python};
use crate::{frame, input, tables};

/// The circles around families, wave by wave, with what else is known of the families.
///
/// ``kring.circles`` makes it. As a frame it has one row a family and wave: its keys, what the table of
/// families held, the indicators of involvement, the measures of the circle, who came and left since the
/// wave before, and who takes on the agreements. So involvement is an outcome, a predictor or a mediator
/// of any model. What is shown are the indicators by arm and wave.
///
/// Examples
/// --------
/// >>> circles = kring.circles(
/// ...     {"family": ["a", "a", "b"], "wave": [1, 2, 1], "arm": ["EKC", "EKC", "WT"]},
/// ...     {"family": ["a", "a", "a"], "wave": [1, 2, 2], "person": ["aunt", "aunt", "Piet"],
/// ...      "role": ["family", "family", "neighbour"]},
/// ...     arm="arm",
/// ... )
/// >>> circles.to_polars()["network_size"].to_list()    # b has nobody, and counts
/// [1.0, 2.0, 0.0]
#[pyclass(frozen, extends = Tables, module = "kring")]
pub struct Circles {
    study: CircleStudy,
    summary: CircleSummary,
    truth: Vec<CircleTruth>,
}

#[pymethods]
impl Circles {
    /// Frame: A row an agreement: who takes it on, whether it was done, and between which waves it fell.
    ///
    /// ``stood_waves`` is how many waves after it was made it was last known to stand, ``fallen_waves`` how
    /// many after which it first was known not to; missing where it stood as long as anybody looked. These
    /// are event data, censored within an interval.
    #[getter]
    fn agreements<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Frame>> {
        let rows = detached(py, || self.study.agreements())?;
        frame::frame(py, tables::table(&rows, "family")?)
    }

    /// Frame: The indicators by arm and wave, a row each, with numerator, denominator and who is outside it.
    #[getter]
    fn indicators<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Frame>> {
        frame::frame(py, tables::indicators(&self.summary.indicators.rows)?)
    }

    /// Frame: The distributions of all measures of the circles by arm and wave.
    #[getter]
    fn measures<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Frame>> {
        frame::frame(py, tables::summaries(&self.summary.measures)?)
    }

    /// list of str: What a careful reader should know: of how the circles were read, and of what they hold.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.study.notes().collect()
    }

    /// The circles of a family at all its waves side by side: sectors by role, rings by closeness.
    ///
    /// Parameters
    /// ----------
    /// family : str
    ///     The family.
    /// labels : {"none", "numbers", "keys"}, default "none"
    ///     What stands beside the marks. No name is in the picture unless the keys are asked for, and whoever
    ///     knows a family can know its picture without any name.
    ///
    /// Returns
    /// -------
    /// Figure
    ///
    /// Raises
    /// ------
    /// InputError
    ///     If there is no such family.
    #[pyo3(signature = (family, *, labels="none"))]
    fn picture(&self, py: Python<'_>, family: &str, labels: &str) -> PyResult<Figure> {
        let labels = from_python("labels", json!(labels))?;
        let inner = detached(py, || {
            let picture = Content::Ego(self.study.picture(family, labels)?);
            let mut report = report_of("Circles", vec![picture]);
            report.simulated = self.study.is_simulated();
            Ok::<_, kring::Error>(figures(&report)?.into_iter().next())
        })?;
        match inner {
            Some(inner) => Ok(Figure { inner }),
            None => Err(argument("family", "there is nothing to draw")),
        }
    }

    /// bool: Whether the circles are simulated, and so no evidence of anything.
    #[getter]
    fn simulated(&self) -> bool {
        self.study.is_simulated()
    }

    /// list of dict: Of simulated circles, what each figure must come to.
    #[getter]
    fn truth<'py>(&self, py: Python<'py>) -> PyResult<Listed<'py>> {
        let written = serde_json::to_value(&self.truth).unwrap_or_default();
        to_python(py, &written).map(Listed)
    }

    /// int: How many families there are.
    #[getter]
    fn families(&self) -> usize {
        self.summary.families
    }

    /// list of str: The waves in their order.
    #[getter]
    fn waves(&self) -> Vec<String> {
        self.study.circles().waves().to_vec()
    }

    /// int: How many circles there are: rows of a family and wave.
    fn __len__(&self) -> usize {
        self.summary.circles
    }
}

/// Reads the circles around families from tables with keys, a name generator, or GraphML.
///
/// A family with nobody has a row in `families` and a circle of size zero. What is empty is not known, and
/// never a no. Every key that leads nowhere, duplicate, impossible role or date is reported at once.
///
/// Parameters
/// ----------
/// families : frame, dict of columns, str or os.PathLike, optional
///     A row a family and wave; whatever else it holds (arm, team, problems) is kept.
/// persons : frame, dict of columns, str or os.PathLike, optional
///     A row a person around a family at a wave.
/// ties : frame, dict of columns, str or os.PathLike, optional
///     Ties among these persons, with their sign.
/// agreements : frame, dict of columns, str or os.PathLike, optional
///     The agreements of the plans, and who takes each of them on.
/// standing : frame, dict of columns, str or os.PathLike, optional
///     Whether agreements still stood at later waves.
/// wide : frame, dict of columns, str or os.PathLike, optional
///     In place of families, persons and ties: the answers of a name generator side by side, a row a family
///     and wave, in columns ``role_1``, ``role_2``, ``tie_1_2``.
/// graphml : str, os.PathLike or sequence of them, optional
///     In place of them: files of GraphML, a graph a family and wave.
/// arm : str, optional
///     The column of families that holds the arm.
/// waves : sequence of str, optional
///     The waves in order; by their numbers, their dates or their rows, if left out.
/// columns : dict, optional
///     What the tables call a column: ``{"person": "alter_id"}``.
/// values : dict, optional
///     What a value means, column by column: ``{"role": {"oma": "family"}}``.
/// indicators : sequence of str, optional
///     The indicators of involvement that are shown; all, if left out.
/// pseudonym_key : bytes, optional
///     A secret of 16 bytes or more: names of families and persons become pseudonyms by it. It is not kept.
///
/// Returns
/// -------
/// Circles
///
/// Raises
/// ------
/// InputError
///     With everything that is wrong in the tables: file, row, column, what was expected and found.
///
/// Examples
/// --------
/// >>> circles = kring.circles(
/// ...     families={"family": ["a", "b"], "arm": ["EKC", "WT"], "asked_by_worker": ["yes", "no"]},
/// ...     persons={"family": ["a"], "person": ["aunt"], "role": ["family"]},
/// ...     arm="arm", indicators=["network_asked_by_worker", "network_size"],
/// ... )
/// >>> circles.indicators.to_polars()["pooled"].to_list()
/// [1.0, 0.0, 1.0, 0.0]
#[pyfunction]
#[pyo3(signature = (families=None, persons=None, ties=None, agreements=None, standing=None, *, wide=None, graphml=None, arm=None, waves=None, columns=None, values=None, indicators=None, pseudonym_key=None))]
#[allow(clippy::too_many_arguments, reason = "each is a keyword in Python")]
pub fn circles<'py>(
    py: Python<'py>,
    families: Option<TableLike<'py>>,
    persons: Option<TableLike<'py>>,
    ties: Option<TableLike<'py>>,
    agreements: Option<TableLike<'py>>,
    standing: Option<TableLike<'py>>,
    wide: Option<TableLike<'py>>,
    graphml: Option<Paths<'py>>,
    arm: Option<String>,
    waves: Option<Vec<String>>,
    columns: Option<Declared<'py>>,
    values: Option<Declared<'py>>,
    indicators: Option<Vec<String>>,
    pseudonym_key: Option<Vec<u8>>,
) -> PyResult<Bound<'py, Circles>> {
    let mut asked = json!({ "waves": waves.unwrap_or_default() });
    for (name, given) in [("columns", columns), ("values", values)] {
        if let Some(given) = given {
            asked[name] = plain(name, &given.0)?;
        }
    }
    let how: CircleOptions = from_python("columns, values, waves", asked)?;
    let table = |name: &str, given: Option<TableLike<'py>>| -> PyResult<_> {
        given.map(|given| dataset(py, name, &given)).transpose()
    };
    let indicators: Option<InvolvementOptions> = match indicators {
        None => None,
        Some(words) => Some(from_python("indicators", json!({ "indicators": words }))?),
    };
    let agreements = table("agreements", agreements)?;
    let standing = table("standing", standing)?;
    let data = match (wide, graphml) {
        (None, None) => {
            if persons.is_none() {
                let why =
                    "give the table of persons, or `wide` or `graphml` in place of the tables";
                return Err(argument("persons", why));
            }
            let tables = CircleTables {
                families: table("families", families)?,
                alters: table("persons", persons)?,
                ties: table("ties", ties)?,
                agreements,
                standing,
            };
            detached(py, || from_tables(&tables, &how))?
        }
        _ if families.is_some() || persons.is_some() || ties.is_some() => {
            let why = "they stand in place of families, persons and ties; give one or the other";
            return Err(argument("wide, graphml", why));
        }
        (Some(_), Some(_)) => {
            return Err(argument("wide, graphml", "give one of them"));
        }
        (Some(wide), None) => {
            let tables = WideTables {
                circles: dataset(py, "wide", &wide)?,
                agreements,
                standing,
            };
            detached(py, || from_wide(&tables, &how))?
        }
        (None, Some(paths)) => {
            if agreements.is_some() || standing.is_some() {
                let why = "GraphML holds persons and ties; agreements belong to tables with keys";
                return Err(argument("agreements", why));
            }
            let paths = match paths.0.extract::<PathBuf>() {
                Ok(path) => vec![path],
                Err(_) => paths.0.extract::<Vec<PathBuf>>()?,
            };
            detached(py, || {
                let files: Result<Vec<_>, _> =
                    paths.iter().map(|path| GraphFile::load(path)).collect();
                from_graphml(&files?, &how)
            })?
        }
    };
    let data = match pseudonym_key {
        None => data,
        Some(key) => {
            let options = PseudonymOptions {
                keep: arm.iter().cloned().collect(),
                ..PseudonymOptions::default()
            };
            detached(py, || Pseudonyms::new(&key, options)?.apply(&data))?
        }
    };
    let (study, summary, rows) = detached(py, || {
        let study = CircleStudy::of(data, arm.as_deref())?;
        let options = SummaryOptions {
            indicators: indicators.unwrap_or_default(),
            ..SummaryOptions::default()
        };
        let summary = study.summary(&options)?;
        let rows = study.table()?;
        Ok::<_, kring::Error>((study, summary, rows))
    })?;
    made(py, study, summary, &rows, Vec::new())
}

/// Makes circles with known truth from a plan: simulated, and no evidence of anything.
///
/// Parameters
/// ----------
/// plan : str or os.PathLike
///     A plan of circles in TOML, such as ``datasets/simulated/circles-rotterdam.toml``.
/// seed : int
///     Every number comes from it.
/// replicate : int, default 0
///     Which circles of the seed.
/// out : str or os.PathLike, optional
///     A folder to write ``simulated-families.csv``, ``simulated-persons.csv`` and so on to.
///
/// Returns
/// -------
/// Circles
///     What they must come to stands in ``truth``.
///
/// Raises
/// ------
/// InputError
///     If the plan cannot be read or contradicts itself.
///
/// Examples
/// --------
/// >>> made = kring.simulate_circles(study / "../../simulated/circles-rotterdam.toml", seed=1)
/// >>> made.simulated, made.families
/// (True, 115)
#[pyfunction]
#[pyo3(signature = (plan, *, seed, replicate=0, out=None))]
pub fn simulate_circles(
    py: Python<'_>,
    plan: PathBuf,
    seed: u64,
    replicate: u64,
    out: Option<PathBuf>,
) -> PyResult<Bound<'_, Circles>> {
    let (study, summary, rows, truth) = detached(py, || {
        let text = std::fs::read_to_string(&plan).map_err(|error| kring::Error::File {
            path: plan.clone(),
            why: error.to_string(),
        })?;
        let plan = kring::circle::circle_plan(&text)?;
        let study = kring::circle::simulated_circles(&plan, seed, replicate)?;
        if let Some(folder) = &out {
            kring::circle::write_circles(&study, folder)?;
        }
        let summary = study.summary(&SummaryOptions::default())?;
        let rows = study.table()?;
        Ok::<_, kring::Error>((study, summary, rows, plan.truth()?))
    })?;
    made(py, study, summary, &rows, truth)
}

/// Circles as an object, with their tables.
fn made<'py>(
    py: Python<'py>,
    study: CircleStudy,
    summary: CircleSummary,
    rows: &kring::core::Table,
    truth: Vec<CircleTruth>,
) -> PyResult<Bound<'py, Circles>> {
    let shown = Tables::new(
        "The circles of families",
        summary.content(),
        vec![("circles", tables::table(rows, "family")?)],
        &summary,
    )?;
    with_tables(
        py,
        shown,
        Circles {
            study,
            summary,
            truth,
        },
    )
}

/// A table in memory, or in a file.
fn dataset(py: Python<'_>, name: &str, given: &TableLike<'_>) -> PyResult<kring::cohort::Dataset> {
    if let Ok(path) = given.0.extract::<PathBuf>() {
        return Reading::default().read(py, path);
    }
    let mut dataset = input::dataset(py, &given.0)?;
    name.clone_into(&mut dataset.provenance.file);
    Ok(dataset)
}
