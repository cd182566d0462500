//! Studies and their replications.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use kring::report::{self, Report};
use kring::study::{Library, Relation, Replication as Run, Study};
use kring::{Markup, written};
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use serde_json::{Value, json};

use crate::errors::{detached, refused};
use crate::folder;
use crate::frame::{Tabular, with_rows};
use crate::hints::{Formats, FrameLike};
use crate::pickle::{reduced, restored};
use crate::values::{Counts, Record, from_python, word};
use crate::{input, plain_style, tables};

/// A study that was run: each published figure beside ours, with a verdict.
///
/// As a frame it has one row a claim: what was ``printed`` and is ``ours``, with intervals and p-values; the
/// ``verdict``, ``why`` (how far off, or what lacks) and whether it is the ``expected`` one; and the ``source``, its
/// ``page``, ``table`` and ``quote``, and how it was ``seen``.
///
/// Examples
/// --------
/// >>> run = kring.replicate("deroos-2011")
/// >>> run.verdicts["reproduced"]
/// 17
/// >>> run.as_expected
/// True
#[pyclass(frozen, extends = Tabular, module = "kring")]
pub struct Replication {
    study: Study,
    run: Run,
    report: Report,
}

#[pymethods]
impl Replication {
    /// str: The name of the study.
    #[getter]
    fn id(&self) -> &str {
        &self.run.id
    }

    /// str: The title of the study.
    #[getter]
    fn title(&self) -> &str {
        &self.report.title
    }

    /// list of dict: Each published figure with ours beside it, and what came of it.
    #[getter]
    fn comparisons<'py>(&self, py: Python<'py>) -> PyResult<Vec<Record<'py>>> {
        self.run
            .comparisons
            .iter()
            .map(|comparison| Record::of(py, comparison))
            .collect()
    }

    /// list of dict: What the checks of the published figures found.
    #[getter]
    fn findings<'py>(&self, py: Python<'py>) -> PyResult<Vec<Record<'py>>> {
        self.run
            .findings
            .iter()
            .map(|finding| Record::of(py, finding))
            .collect()
    }

    /// list of dict: What each analysis gave.
    #[getter]
    fn results<'py>(&self, py: Python<'py>) -> PyResult<Vec<Record<'py>>> {
        self.run
            .results
            .iter()
            .map(|result| Record::of(py, result))
            .collect()
    }

    /// dict of str to int: How often each kind of verdict was given.
    #[getter]
    fn verdicts(&self) -> Counts {
        let verdicts = self.run.verdicts().into_iter();
        Counts(verdicts.map(|(kind, n)| (word(&kind), n)).collect())
    }

    /// bool: Whether every verdict and finding is the one that the study declares.
    #[getter]
    fn as_expected(&self) -> bool {
        self.run.as_expected()
    }

    /// list of Figure: The figures of the report.
    #[getter]
    fn figures(&self, py: Python<'_>) -> PyResult<Vec<Figure>> {
        let figures = detached(py, || report::figures(&self.report))?;
        Ok(figures.into_iter().map(|inner| Figure { inner }).collect())
    }

    /// The report as one HTML file that needs no network.
    ///
    /// Parameters
    /// ----------
    /// language : {"en", "nl"}, default "en"
    ///
    /// Returns
    /// -------
    /// str
    #[pyo3(signature = (*, language: "Literal['en', 'nl']"="en"))]
    fn report_html(&self, py: Python<'_>, language: &str) -> PyResult<String> {
        let language = folder::language(language)?;
        detached(py, || report::html_in(&self.report, language))
    }

    /// The verdicts as Markdown, with captions and notes.
    ///
    /// Returns
    /// -------
    /// str
    fn to_markdown(&self) -> PyResult<String> {
        self.marked(Markup::Markdown)
    }

    /// The verdicts as LaTeX, for a document that has the package ``booktabs``.
    ///
    /// Returns
    /// -------
    /// str
    fn to_latex(&self) -> PyResult<String> {
        self.marked(Markup::Latex)
    }

    /// The cells of the verdicts, separated by commas; all digits are in the frame.
    ///
    /// Returns
    /// -------
    /// str
    fn to_csv(&self) -> PyResult<String> {
        self.marked(Markup::Csv)
    }

    /// The verdicts as HTML without a page around them; ``report_html`` gives the whole page.
    ///
    /// Returns
    /// -------
    /// str
    fn to_html(&self) -> PyResult<String> {
        self.marked(Markup::Html)
    }

    /// Writes a report, ``results.json`` and the pictures as SVG into a folder.
    ///
    /// Parameters
    /// ----------
    /// folder : str or os.PathLike
    ///     It is made where it does not exist.
    /// formats : {"html", "docx", "pdf", "typst"} or a sequence of these, optional
    ///     If left out: HTML. ``report.html`` needs no network, ``report.docx`` is for Word. ``report.pdf`` needs the package
    ///     ``typst`` (``pip install "kring[pdf]"``); ``report.typ`` is what that makes the PDF from.
    /// language : {"en", "nl"}, default "en"
    ///     English, or Dutch with decimal commas. What a user or a study wrote stays as it is.
    /// methods : bool, default False
    ///     Whether what was done stands below as a paragraph, the numbers as sentences (APA), and a
    ///     checklist (STROBE, GRoLTS).
    ///
    /// Returns
    /// -------
    /// list of pathlib.Path
    ///     The reports, as they were asked for.
    ///
    /// Raises
    /// ------
    /// ImportError
    ///     If a PDF is asked for and ``typst`` is not installed.
    ///
    /// Examples
    /// --------
    /// >>> run = kring.replicate("deroos-2011")
    /// >>> [path.name for path in run.write("results/deroos", formats=["docx"], language="nl", methods=True)]
    /// ['report.docx']
    #[pyo3(signature = (folder, *, formats=None, language: "Literal['en', 'nl']"="en", methods=false))]
    fn write(
        &self,
        py: Python<'_>,
        folder: PathBuf,
        formats: Option<Formats<'_>>,
        language: &str,
        methods: bool,
    ) -> PyResult<Vec<PathBuf>> {
        folder::write(
            py,
            &folder,
            &self.report,
            &self.run,
            (formats, language, methods),
        )
    }

    /// Everything as plain data, as in ``results.json``.
    ///
    /// Returns
    /// -------
    /// dict
    fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Record<'py>> {
        Record::of(py, &self.run)
    }

    /// The verdicts as text.
    ///
    /// Returns
    /// -------
    /// str
    fn summary(&self) -> String {
        report::terminal(&self.report, plain_style())
    }

    fn __len__(&self) -> usize {
        self.run.comparisons.len()
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.study == other.study && self.run == other.run
    }

    fn __repr__(&self) -> String {
        report::terminal(&self.report, plain_style())
    }

    fn _repr_html_(&self) -> PyResult<String> {
        report::verdicts(&self.report).map_err(refused)
    }
}

impl Replication {
    fn marked(&self, markup: Markup) -> PyResult<String> {
        let tables = report::verdict_tables(&self.report);
        written(&tables, markup, plain_style()).map_err(refused)
    }
}

/// A figure of a report.
#[pyclass(frozen, module = "kring")]
pub struct Figure {
    pub inner: report::Figure,
}

#[pymethods]
impl Figure {
    /// str: Its name, which is also that of its file.
    #[getter]
    fn name(&self) -> &str {
        &self.inner.name
    }

    /// str: The picture.
    #[getter]
    fn svg(&self) -> &str {
        &self.inner.svg
    }

    /// str: What it shows, in words.
    #[getter]
    fn alt(&self) -> &str {
        &self.inner.alt
    }

    fn __eq__(&self, other: &Self) -> bool {
        self.inner == other.inner
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.inner.svg.hash(&mut hasher);
        hasher.finish()
    }

    #[pyo3(signature = () -> "tuple[object, tuple[str, bytes]]")]
    fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let report::Figure { name, svg, alt } = &self.inner;
        reduced(py, "Figure", &[name, svg, alt])
    }

    #[staticmethod]
    fn _restore(written: &[u8]) -> PyResult<Self> {
        let [name, svg, alt] = restored(written)?;
        Ok(Self {
            inner: report::Figure { name, svg, alt },
        })
    }

    fn __repr__(&self) -> String {
        format!("<kring.Figure {}: {}>", self.inner.name, self.inner.alt)
    }

    fn _repr_html_(&self) -> &str {
        &self.inner.svg
    }
}

/// Runs a study: every analysis on its data, every published figure beside ours.
///
/// Parameters
/// ----------
/// study : str or os.PathLike
///     The name of a study, its folder, or its ``study.toml``.
/// data : frame, Dataset or dict of columns, optional
///     Used in place of the study's own files. It has the columns that the study declares.
/// relation : {"same", "other"}, default "same"
///     Whether ``data`` are those of the publication, from which a figure is reproduced or not, or
///     others on the same question, with which it can only agree.
/// data_dir : str or os.PathLike, optional
///     The folder that holds ``studies``. If left out: what ``KRING_DATA`` names, the data that
///     were installed with kring, or ``datasets`` in the working folder or one above it.
/// out : str or os.PathLike, optional
///     A folder to write the report to.
///
/// Returns
/// -------
/// Replication
///
/// Raises
/// ------
/// InputError
///     If there is no such study, or its data or protocol cannot be used.
///
/// Examples
/// --------
/// >>> run = kring.replicate("deroos-2011")
/// >>> run.to_polars().filter(id="boys-cbt").select("printed", "ours", "verdict").rows()
/// [('16', 16.0, 'reproduced')]
///
/// The same from a frame:
///
/// >>> frame = kring.read(study / "data/fdd.csv").to_pandas()
/// >>> kring.replicate("deroos-2011", data=frame).verdicts == run.verdicts
/// True
#[pyfunction]
#[pyo3(signature = (study, *, data=None, relation: "Literal['same', 'other']"="same", data_dir=None, out=None))]
pub fn replicate<'py>(
    py: Python<'py>,
    study: PathBuf,
    data: Option<FrameLike<'py>>,
    relation: &str,
    data_dir: Option<PathBuf>,
    out: Option<PathBuf>,
) -> PyResult<Bound<'py, Replication>> {
    let data_dir = data_folder(py, data_dir)?;
    let dataset = data.map(|data| input::dataset(py, &data.0)).transpose()?;
    let relation: Relation = from_python("relation", json!(relation))?;
    let replication = detached(py, move || {
        let study = Study::find(&study.to_string_lossy(), data_dir.as_deref())?;
        let run = match dataset {
            Some(dataset) => study.replicate_with(dataset, relation)?,
            None => study.replicate()?,
        };
        if let Some(out) = out {
            study.write(&run, &out)?;
        }
        let report = study.report(&run)?;
        Ok::<_, kring::Error>(Replication { study, run, report })
    })?;
    let rows = tables::comparisons(&replication.run.comparisons)?;
    with_rows(py, rows, replication)
}

/// Lists the studies.
///
/// Parameters
/// ----------
/// data_dir : str or os.PathLike, optional
///     As for ``replicate``.
///
/// Returns
/// -------
/// list of dict
///     For each its ``id``, ``title``, ``authors``, ``year``, the numbers of its ``claims`` and
///     ``analyses``, whether it is an ``example`` without published figures, and its ``folder``.
///
/// Examples
/// --------
/// >>> [entry["year"] for entry in kring.studies() if entry["id"] == "deroos-2011"]
/// [2011]
#[pyfunction]
#[pyo3(signature = (data_dir=None))]
pub fn studies(py: Python<'_>, data_dir: Option<PathBuf>) -> PyResult<Vec<Record<'_>>> {
    let data_dir = data_folder(py, data_dir)?;
    let studies = detached(py, move || {
        let library = Library::find(data_dir.as_deref())?;
        let studies = library.ids()?.into_iter().map(|id| library.study(&id));
        studies.collect::<Result<Vec<Study>, kring::Error>>()
    })?;
    studies
        .iter()
        .map(|study| Record::of(py, &entry(study)))
        .collect()
}

fn entry(study: &Study) -> Value {
    let protocol = &study.protocol;
    json!({
        "id": study.id,
        "title": protocol.study.title,
        "authors": protocol.study.authors,
        "year": protocol.study.year,
        "claims": protocol.claims.len(),
        "analyses": protocol.analyses.len(),
        "example": protocol.study.example,
        "folder": study.folder.to_string_lossy(),
    })
}

/// Checks the published figures of a study against one another; its data are not needed.
///
/// Parameters
/// ----------
/// study : str or os.PathLike
///     The name of a study, its folder, or its ``study.toml``.
/// data_dir : str or os.PathLike, optional
///     As for ``replicate``.
///
/// Returns
/// -------
/// list of dict
///     For each check its ``id``, ``kind``, the ``claims`` it used, the ``outcome`` (``consistent``
///     or ``inconsistent``), the ``arithmetic``, what it means, and the outcome it was declared to
///     ``expect``.
///
/// Raises
/// ------
/// InputError
///     If there is no such study, or its protocol cannot be used.
///
/// Examples
/// --------
/// >>> [finding["outcome"] for finding in kring.check("deroos-2011")][:2]
/// ['consistent', 'consistent']
#[pyfunction]
#[pyo3(signature = (study, *, data_dir=None))]
pub fn check(
    py: Python<'_>,
    study: PathBuf,
    data_dir: Option<PathBuf>,
) -> PyResult<Vec<Record<'_>>> {
    let data_dir = data_folder(py, data_dir)?;
    let findings = detached(py, move || {
        Study::find(&study.to_string_lossy(), data_dir.as_deref())?.findings()
    })?;
    findings
        .iter()
        .map(|finding| Record::of(py, finding))
        .collect()
}

/// The folder of data: the one that is given or that the environment names, else the one that was
/// installed with the package.
pub fn data_folder(py: Python<'_>, given: Option<PathBuf>) -> PyResult<Option<PathBuf>> {
    if given.is_some() || std::env::var_os("KRING_DATA").is_some() {
        return Ok(given);
    }
    let package: PathBuf = py.import("kring")?.filename()?.extract()?;
    let installed = package.parent().map(|folder| folder.join("datasets"));
    Ok(installed.filter(|folder| folder.join("studies").is_dir()))
}
