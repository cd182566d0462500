//! What a method says, whichever it is.

use kring_core::{Caution, Component, Estimate, JointTest};
use kring_report::{Called, Content, Listing, ListingColumn};
use kring_stats::bounds::Bounded;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::analysis::MeansResult;

/// What a method says: numbers with all that is needed to read them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// Numbers with a sign: differences, ratios, shares, coefficients.
    pub estimates: Vec<Estimate>,
    /// Tests without one.
    pub tests: Vec<JointTest>,
    /// Means by group and wave, and their contrasts, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means: Option<Box<MeansResult>>,
    /// Standard deviations and correlations of random effects.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub components: Vec<Component>,
    /// Numbers beside these: `u`, `log_likelihood`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Named>,
    /// What a reader must know, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Numbers that belong to the rows of the table: residuals, adjusted p-values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_row: Vec<ByRow>,
    /// Tables that were asked for besides: of a mixed model its random effects, predictions, influence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<AnswerTable>,
    /// What a reader calls the names in it, such as those of a model's terms.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub called: Vec<Called>,
}

/// A table that goes with an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerTable {
    /// Which it is.
    pub name: TableName,
    /// What it is of, in words.
    pub title: String,
    /// Its columns, all of one length.
    pub columns: Vec<AnswerColumn>,
    /// What a reader must know of it.
    pub notes: Vec<String>,
}

/// Which table it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TableName {
    /// The random effects of each level, a row an effect.
    RandomEffects,
    /// What a model expects, a row a setting.
    Predictions,
    /// The coefficients without each family, those that do most first.
    Influence,
    /// The covariance of the residuals over the waves: standard deviations and correlations.
    WaveCovariance,
    /// Direct and indirect effects if there were an unmeasured cause of mediator and outcome.
    UnmeasuredCause,
    /// The indirect effect by the correlation of the errors of mediator and outcome.
    ErrorCorrelation,
}

impl TableName {
    /// The name as it is written: `random_effects`.
    pub fn name(self) -> &'static str {
        match self {
            Self::RandomEffects => "random_effects",
            Self::Predictions => "predictions",
            Self::Influence => "influence",
            Self::WaveCovariance => "wave_covariance",
            Self::UnmeasuredCause => "unmeasured_cause",
            Self::ErrorCorrelation => "error_correlation",
        }
    }

    /// How many rows a reader is shown; of a ranking the first are enough.
    fn shown(self) -> usize {
        match self {
            Self::Influence => 10,
            Self::RandomEffects
            | Self::Predictions
            | Self::WaveCovariance
            | Self::UnmeasuredCause
            | Self::ErrorCorrelation => usize::MAX,
        }
    }
}

/// A column of such a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerColumn {
    /// Its name: `std_error`.
    pub name: String,
    /// What stands in it, a row a row.
    pub cells: Cells,
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cells {
    /// Words: levels, names of effects.
    Words(Vec<String>),
    /// Numbers, absent where there is none.
    Numbers(Vec<Option<f64>>),
}

impl AnswerColumn {
    pub(crate) fn words(name: impl Into<String>, words: Vec<String>) -> Self {
        Self {
            name: name.into(),
            cells: Cells::Words(words),
        }
    }

    pub(crate) fn numbers(name: impl Into<String>, numbers: impl IntoIterator<Item = f64>) -> Self {
        Self {
            name: name.into(),
            cells: Cells::Numbers(numbers.into_iter().map(Some).collect()),
        }
    }

    /// The same with each cell so many times.
    pub(crate) fn each(&self, times: usize) -> Self {
        fn repeated<T: Clone>(cells: &[T], times: usize) -> Vec<T> {
            let each = cells.iter().flat_map(|cell| vec![cell.clone(); times]);
            each.collect()
        }
        Self {
            name: self.name.clone(),
            cells: match &self.cells {
                Cells::Words(words) => Cells::Words(repeated(words, times)),
                Cells::Numbers(numbers) => Cells::Numbers(repeated(numbers, times)),
            },
        }
    }

    fn rows(&self) -> usize {
        match &self.cells {
            Cells::Words(words) => words.len(),
            Cells::Numbers(numbers) => numbers.len(),
        }
    }

    /// A cell as it is shown.
    fn cell(&self, row: usize) -> String {
        match &self.cells {
            Cells::Words(words) => words.get(row).cloned().unwrap_or_default(),
            Cells::Numbers(numbers) => {
                let number = numbers.get(row).copied().flatten();
                number.map_or_else(|| "–".to_owned(), written)
            }
        }
    }
}

impl AnswerTable {
    /// The table as a reader sees it.
    fn listing(&self) -> Listing {
        let rows = self.columns.first().map_or(0, AnswerColumn::rows);
        let shown = rows.min(self.name.shown());
        let mut notes = self.notes.clone();
        if shown < rows {
            notes.push(format!(
                "The first {shown} of {rows}; all of them are in the JSON and in the frames of Python."
            ));
        }
        let head = |column: &AnswerColumn| {
            let name = column.name.replace('_', " ");
            match column.cells {
                Cells::Words(_) => ListingColumn::words(name),
                Cells::Numbers(_) => ListingColumn::numbers(name),
            }
        };
        let row = |row| self.columns.iter().map(|column| column.cell(row)).collect();
        Listing {
            title: self.title.clone(),
            columns: self.columns.iter().map(head).collect(),
            rows: (0..shown).map(row).collect(),
            notes,
            cautions: Vec::new(),
        }
    }
}

/// A number for each row of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByRow {
    /// What it is: `quantile_residual`.
    pub name: String,
    /// The number of each row; absent where the row was left out.
    pub values: Vec<Option<f64>>,
}

/// A number with its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its name.
    pub name: String,
    /// The number.
    pub value: f64,
}

impl From<Estimate> for Answer {
    fn from(estimate: Estimate) -> Self {
        Self::of([estimate])
    }
}

impl From<JointTest> for Answer {
    fn from(test: JointTest) -> Self {
        Self {
            tests: vec![test],
            ..Self::default()
        }
    }
}

impl From<Bounded> for Answer {
    /// Both ends; and in words the interval of the difference itself, and what is seen among those who
    /// are known, with the doubt that it is of complete cases.
    fn from(found: Bounded) -> Self {
        let (used, omitted) = (found.low.sample.rows, found.low.sample.omitted);
        let end = |end: Option<f64>, open: &str| end.map_or_else(|| open.to_owned(), written);
        let note = format!(
            "Both together: the difference lies between {} and {} with {}% confidence, wherever between \
             the bounds it is (Imbens and Manski).",
            end(found.interval.low, "−∞"),
            end(found.interval.high, "∞"),
            100.0 * found.interval.level,
        );
        let answer = Self::of([found.low, found.high]).note(note);
        if omitted == 0 {
            return answer;
        }
        let doubt = Caution::CompleteCases {
            used,
            of: used + omitted,
        };
        answer.note(format!(
            "Among those who are known the difference is {}. {}",
            written(found.known),
            doubt.sentence()
        ))
    }
}

impl Answer {
    /// Estimates alone.
    pub fn of(estimates: impl IntoIterator<Item = Estimate>) -> Self {
        Self {
            estimates: estimates.into_iter().collect(),
            ..Self::default()
        }
    }

    pub(crate) fn test(mut self, test: JointTest) -> Self {
        self.tests.push(test);
        self
    }

    pub(crate) fn figure(mut self, name: &str, value: f64) -> Self {
        let name = name.to_owned();
        self.figures.push(Named { name, value });
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a doubt to every number.
    pub fn caution(&mut self, caution: &Caution) {
        let estimates = self.estimates.iter_mut().map(|e| &mut e.cautions);
        for cautions in estimates.chain(self.tests.iter_mut().map(|t| &mut t.cautions)) {
            if !cautions.contains(caution) {
                cautions.push(caution.clone());
            }
        }
        if let Some(means) = &mut self.means {
            means.caution(caution);
        }
    }

    /// Every number with a sign, those of means and contrasts too.
    pub fn all_estimates(&self) -> impl Iterator<Item = &Estimate> {
        let means = self.means.iter().flat_map(|means| means.estimates());
        self.estimates.iter().chain(means)
    }

    /// Every test, those of sets of contrasts too.
    pub fn all_tests(&self) -> impl Iterator<Item = &JointTest> {
        let means = self.means.iter().flat_map(|means| means.tests());
        self.tests.iter().chain(means)
    }

    /// The names that a reader may call otherwise: of terms and groups; and apart, since they stand in tables of
    /// their own, those of means and of the axes of pictures.
    pub(crate) fn names(&self) -> [Vec<&str>; 2] {
        let estimates = self.estimates.iter().map(|estimate| &*estimate.label);
        let tests = self.all_tests().map(|test| &*test.label);
        let means = self.means.iter().flat_map(|means| means.names());
        [estimates.chain(tests).collect(), means.collect()]
    }

    /// Adds what another method says.
    pub(crate) fn append(&mut self, other: Self) {
        self.estimates.extend(other.estimates);
        self.tests.extend(other.tests);
        self.means = self.means.take().or(other.means);
        self.components.extend(other.components);
        self.figures.extend(other.figures);
        let known = |note: &String| self.notes.contains(note);
        let new: Vec<String> = other.notes.into_iter().filter(|n| !known(n)).collect();
        self.notes.extend(new);
        self.by_row.extend(other.by_row);
        self.tables.extend(other.tables);
    }

    /// Counts the rows that could not be used, and says that the numbers rest on the others.
    pub(crate) fn complete_cases(mut self, used: usize, of: usize) -> Self {
        if used < of {
            let estimates = self.estimates.iter_mut().map(|e| &mut e.sample);
            for sample in estimates.chain(self.tests.iter_mut().map(|t| &mut t.sample)) {
                sample.omitted = of - used;
            }
            self.caution(&Caution::CompleteCases { used, of });
        }
        self
    }

    /// The tables of a report.
    pub fn content(&self) -> Vec<Content> {
        let mut content = Vec::new();
        if !self.estimates.is_empty() {
            content.push(Content::Estimates(self.estimates.clone()));
        }
        if !self.components.is_empty() {
            content.push(Content::Components(self.components.clone()));
        }
        if !self.tests.is_empty() {
            content.push(Content::Tests(self.tests.clone()));
        }
        content.extend(self.means.iter().flat_map(|means| means.content()));
        let tables = self.tables.iter();
        content.extend(tables.map(|table| Content::Listing(table.listing())));
        let figures: Vec<String> = self
            .figures
            .iter()
            .map(|figure| {
                format!(
                    "{} = {}",
                    figure.name.replace('_', " "),
                    written(figure.value)
                )
            })
            .collect();
        if !figures.is_empty() {
            content.push(Content::Text(figures.join("; ")));
        }
        if !self.notes.is_empty() {
            content.push(Content::Text(self.notes.join("\n\n")));
        }
        if !self.called.is_empty() {
            content.push(Content::Names(self.called.clone()));
        }
        said_once(&mut content);
        content
    }

    /// The pictures that a folder of results holds beside the tables: those of the residuals, where the
    /// answer has residuals row by row.
    pub fn pictures(&self) -> Result<Vec<Content>, Error> {
        let residuals = super::residual::picture(&self.by_row)?;
        Ok(residuals.map(Content::Scatter).into_iter().collect())
    }
}

/// Leaves out below a table what stands below one before it: the method of all its numbers, and the doubts
/// that all numbers before had.
pub(crate) fn said_once(content: &mut [Content]) {
    let mut methods: Vec<String> = Vec::new();
    let mut doubts: Vec<Caution> = Vec::new();
    for table in content {
        let mut rows: Vec<(&mut String, &mut Vec<Caution>)> = match table {
            Content::Estimates(rows) => {
                let rows = rows.iter_mut();
                rows.map(|row| (&mut row.method, &mut row.cautions))
                    .collect()
            }
            Content::Tests(rows) => {
                let rows = rows.iter_mut();
                rows.map(|row| (&mut row.method, &mut row.cautions))
                    .collect()
            }
            _ => continue,
        };
        // Of a table of several methods nobody knows which is meant further down.
        let one = rows.first().map(|(method, _)| (*method).clone());
        let one = one.filter(|one| rows.iter().all(|(method, _)| *method == one));
        let is_known = one.as_ref().is_some_and(|one| methods.contains(one));
        methods.extend(one);
        let mut of_all: Vec<Caution> = Vec::new();
        if let Some((_, first)) = rows.first() {
            of_all.extend(first.iter().cloned());
        }
        of_all.retain(|doubt| rows.iter().all(|(_, own)| own.contains(doubt)));
        for (method, own) in &mut rows {
            if is_known {
                method.clear();
            }
            own.retain(|doubt| !(doubts.contains(doubt) && of_all.contains(doubt)));
        }
        doubts.extend(of_all);
    }
}

/// About six significant digits, with the minus of print.
pub(super) fn written(x: f64) -> String {
    let size = x.abs();
    let text = match size {
        _ if x != 0.0 && !(1e-4..1e9).contains(&size) => format!("{x:.5e}"),
        _ if size >= 1e5 || x.fract() == 0.0 => format!("{x:.0}"),
        _ if size >= 1e3 => format!("{x:.2}"),
        _ if size >= 1e1 => format!("{x:.3}"),
        _ => format!("{x:.5}"),
    };
    text.replace('-', "−")
}
