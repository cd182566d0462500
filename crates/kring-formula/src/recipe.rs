use std::collections::BTreeMap;

use kring_core::{
    ColumnData, Design, DesignParts, Groups, Omission, Omitted, Part, RandomStructure, RandomTerm,
    Table, Term,
};
use ndarray::Array1;

use crate::{
    DesignOptions, Error, Formula, Schema,
    expand::{Model, Outcome, Terms, Used},
    formula::Node,
    frame::Frame,
    groups,
    matrix::Matrix,
    response::Reading,
    schema::ColumnKind,
    variable::each_column,
};

/// A formula whose levels, codings, knots and polynomials are fixed from one table.
///
/// The same recipe makes a design of that table and of any other with these columns, and turns
/// settings into contrasts. The levels of a factor are those it declares, seen or not, as in R;
/// those of `factor(x)`, and the knots and polynomials of `ns` and `poly`, come from every row of
/// the table in which `x` is there.
///
/// ```
/// use kring_core::{Column, Table};
/// use kring_formula::{DesignOptions, Recipe};
/// let table = Table::new(vec![
///     Column::numeric("problems", vec![Some(6.0), Some(5.0), None, Some(2.0)])?,
///     Column::factor("arm", ["WT", "EKC"], vec![Some(0), Some(0), Some(1), Some(1)])?,
///     Column::factor("wave", ["1", "2"], vec![Some(0), Some(1), Some(0), Some(1)])?,
/// ])?;
/// let recipe = Recipe::new(&"problems ~ arm * wave".parse()?, &table, &DesignOptions::default())?;
/// assert_eq!(recipe.columns(), ["(Intercept)", "armEKC", "wave2", "armEKC:wave2"]);
///
/// let design = recipe.design(&table)?;
/// assert_eq!(design.rows(), 3);
/// assert_eq!(design.omitted()[0].reason.reason(), "`problems` is missing");
///
/// let difference =
///     recipe.difference(&[("arm", "EKC"), ("wave", "2")], &[("arm", "WT"), ("wave", "2")])?;
/// assert_eq!(difference.label, "arm EKC − WT at wave 2");
/// assert_eq!(difference.weights.to_vec(), [0.0, 1.0, 0.0, 1.0]);
/// # Ok::<(), kring_formula::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recipe {
    pub(crate) schema: Schema,
    pub(crate) mean: PartRecipe,
    /// The means of the numeric columns of the mean's model, over the rows that are used.
    pub(crate) means: BTreeMap<String, f64>,
    formula: Formula,
    options: DesignOptions,
    response: Reading,
    zero: Option<PartRecipe>,
    dispersion: Option<PartRecipe>,
    strata: Option<Vec<String>>,
    clusters: Vec<String>,
    /// Every column that is used, in the order of the formulas, then of the options.
    used: Vec<String>,
}

/// What the right sides alone make of a table: see [`Recipe::predictors`].
#[derive(Debug, Clone, PartialEq)]
pub struct Predictors {
    /// The model of the mean, without its random terms.
    pub mean: Part,
    /// The model of the excess zeros.
    pub zero: Option<Part>,
    /// The model of the dispersion.
    pub dispersion: Option<Part>,
    /// For each row of the model matrices, its row in the table (from 0).
    pub source_rows: Vec<usize>,
    /// The rows of the table that were left out.
    pub omitted: Vec<Omitted>,
}

/// One right side, fixed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PartRecipe {
    pub matrix: Matrix,
    /// The text that spans point into.
    text: String,
    offsets: Vec<Node>,
    random: Vec<RandomRecipe>,
}

#[derive(Debug, Clone, PartialEq)]
struct RandomRecipe {
    matrix: Matrix,
    group: Vec<String>,
    structure: RandomStructure,
}

impl Recipe {
    /// Fixes a formula on a table.
    pub fn new(formula: &Formula, table: &Table, options: &DesignOptions) -> Result<Self, Error> {
        let text = formula.text();
        let schema = Schema::of(table);
        let model = checked(formula, &schema, &roles(options))?;
        let Some(outcome) = &model.response else {
            return Err(no_response(formula));
        };
        let strata = strata(&model, options)?;
        let mut clusters = options.clusters.clone();
        for Used { name, .. } in &model.clusters {
            if !clusters.contains(name) {
                clusters.push(name.clone());
            }
        }
        let zero = beside("zero", options.zero.as_ref(), outcome, &schema, options)?;
        let dispersion = beside(
            "dispersion",
            options.dispersion.as_ref(),
            outcome,
            &schema,
            options,
        )?;
        let models = [Some(&model), zero.as_ref(), dispersion.as_ref()];
        let mut used: Vec<String> = Vec::new();
        let named = models.into_iter().flatten().flat_map(|model| &model.used);
        let named = named
            .map(|used| &used.name)
            .chain(strata.iter().flatten())
            .chain(&clusters);
        for name in named.map(String::as_str).chain(option_columns(options)) {
            table.column(name)?;
            if !used.iter().any(|known| known == name) {
                used.push(name.to_owned());
            }
        }
        let part = |model: &Model, formula: &Formula| {
            PartRecipe::fix(model, formula, &schema, table, options)
        };
        let other = |model: &Option<Model>, formula: &Option<Formula>| {
            model
                .as_ref()
                .zip(formula.as_ref())
                .map(|(model, f)| part(model, f))
                .transpose()
        };
        let frame = Frame { table, rows: &[] };
        let response = Reading::fix(outcome, options.response, &schema, frame)
            .map_err(|error| error.within(text))?;
        let mut recipe = Self {
            mean: part(&model, formula)?,
            zero: other(&zero, &options.zero)?,
            dispersion: other(&dispersion, &options.dispersion)?,
            means: BTreeMap::new(),
            formula: formula.clone(),
            options: options.clone(),
            response,
            strata,
            clusters,
            used,
            schema,
        };
        let (rows, _) = recipe.usable(table, &recipe.used, true)?;
        for name in recipe
            .mean
            .matrix
            .bases
            .iter()
            .flat_map(|basis| &basis.reads)
        {
            if let (Ok(numeric), false) = (table.numeric(name), rows.is_empty()) {
                let sum: f64 = rows.iter().filter_map(|&row| numeric.get(row)).sum();
                recipe.means.insert(name.clone(), sum / rows.len() as f64);
            }
        }
        Ok(recipe)
    }

    /// The formula that was fixed.
    pub fn formula(&self) -> &Formula {
        &self.formula
    }

    /// The options that it was fixed with.
    pub fn options(&self) -> &DesignOptions {
        &self.options
    }

    /// The coefficients of the mean, as R names them.
    pub fn columns(&self) -> &[String] {
        &self.mean.matrix.columns
    }

    /// Every column of the table that is used, in the order of the formula, then of the options.
    pub fn used(&self) -> &[String] {
        &self.used
    }

    /// The design of a table: the one that the recipe was fixed on, or new data.
    ///
    /// A level that the recipe does not know is an error. Groupings are made from the table given,
    /// so that new data may have new families.
    pub fn design(&self, table: &Table) -> Result<Design, Error> {
        let (rows, omitted) = self.usable(table, &self.used, true)?;
        let frame = Frame { table, rows: &rows };
        let text = self.formula.text();
        let response = self
            .response
            .rows(frame)
            .map_err(|error| error.within(text))?;
        let options = &self.options;
        let grouping = |column: &String| groups::grouping(frame, std::slice::from_ref(column));
        let one = |column: &Option<String>| column.as_ref().map(grouping).transpose();
        let other = |part: &Option<PartRecipe>| {
            part.as_ref().map(|part| part.rows(frame, true)).transpose()
        };
        Ok(Design::new(DesignParts {
            response,
            response_name: self.formula.response().unwrap_or_default(),
            mean: self.mean.rows(frame, true)?,
            zero: other(&self.zero)?,
            dispersion: other(&self.dispersion)?,
            groups: Groups {
                subject: one(&options.subject)?,
                clusters: self
                    .clusters
                    .iter()
                    .map(grouping)
                    .collect::<Result<_, _>>()?,
                stratum: self
                    .strata
                    .as_ref()
                    .map(|c| groups::grouping(frame, c))
                    .transpose()?,
                arm: one(&options.arm)?,
            },
            time: options
                .time
                .as_ref()
                .map(|time| groups::time(frame, time))
                .transpose()?,
            weights: options
                .weights
                .as_ref()
                .map(|w| groups::weights(frame, w))
                .transpose()?,
            source_rows: rows.clone(),
            omitted,
        })?)
    }

    /// The model matrices and offsets of a table that need not hold the response, the groups or
    /// the weights: for predictions, and for rows whose outcome is missing.
    pub fn predictors(&self, table: &Table) -> Result<Predictors, Error> {
        let mut used = Vec::new();
        for part in [
            Some(&self.mean),
            self.zero.as_ref(),
            self.dispersion.as_ref(),
        ] {
            used.extend(part.into_iter().flat_map(PartRecipe::reads));
        }
        let (rows, omitted) = self.usable(table, &used, false)?;
        let frame = Frame { table, rows: &rows };
        let other = |part: &Option<PartRecipe>| {
            part.as_ref()
                .map(|part| part.rows(frame, false))
                .transpose()
        };
        Ok(Predictors {
            mean: self.mean.rows(frame, false)?,
            zero: other(&self.zero)?,
            dispersion: other(&self.dispersion)?,
            source_rows: rows.clone(),
            omitted,
        })
    }

    /// The rows in which all these columns are there, and the others with their reasons.
    pub(crate) fn usable(
        &self,
        table: &Table,
        columns: &[String],
        weighted: bool,
    ) -> Result<(Vec<usize>, Vec<Omitted>), Error> {
        let mut held = Vec::new();
        for name in columns {
            let column = table.column(name)?;
            let kind = self.schema.kind(name, &(0..0))?;
            match (kind, column.data()) {
                (ColumnKind::Numeric, ColumnData::Factor(_)) => drop(table.numeric(name)?),
                (ColumnKind::Factor { .. }, ColumnData::Numeric(_)) => drop(table.factor(name)?),
                _ => held.push(column),
            }
        }
        let weights = self.options.weights.as_ref().filter(|_| weighted);
        let weights = weights
            .map(|weights| groups::table_weights(table, weights))
            .transpose()?;
        let (mut rows, mut omitted) = (Vec::new(), Vec::new());
        for row in 0..table.rows() {
            let missing = held.iter().find(|column| column.is_missing(row));
            let weightless = weights
                .as_ref()
                .is_some_and(|weights| weights[row] == Some(0.0));
            let reason = match missing {
                Some(column) => Omission::Missing {
                    column: column.name.clone(),
                },
                None if weightless => Omission::ZeroWeight,
                None => {
                    rows.push(row);
                    continue;
                }
            };
            omitted.push(Omitted { row, reason });
        }
        Ok((rows, omitted))
    }
}

impl PartRecipe {
    fn fix(
        model: &Model,
        formula: &Formula,
        schema: &Schema,
        table: &Table,
        options: &DesignOptions,
    ) -> Result<Self, Error> {
        let matrix = |terms: &Terms| {
            Matrix::fix(terms, schema, table, options.ordered)
                .map_err(|error| error.within(formula.text()))
        };
        let random = model.random.iter().map(|random| {
            Ok(RandomRecipe {
                matrix: matrix(&random.terms)?,
                group: random.group.iter().map(|used| used.name.clone()).collect(),
                structure: if random.double {
                    RandomStructure::Diagonal
                } else {
                    RandomStructure::Unstructured
                },
            })
        });
        Ok(Self {
            random: random.collect::<Result<_, Error>>()?,
            matrix: matrix(&model.fixed)?,
            text: formula.text().to_owned(),
            offsets: model.offsets.clone(),
        })
    }

    /// The columns that the fixed terms and offsets read.
    pub fn reads(&self) -> Vec<String> {
        let bases = self.matrix.bases.iter();
        let mut reads: Vec<String> = bases.flat_map(|basis| basis.reads.clone()).collect();
        reads.extend(self.offset_reads());
        reads
    }

    /// The columns that the offsets read.
    pub fn offset_reads(&self) -> Vec<String> {
        let mut reads = Vec::new();
        for offset in &self.offsets {
            each_column(offset, &mut |name, _| reads.extend(name.map(str::to_owned)));
        }
        reads
    }

    /// The sum of the offsets, where there are any.
    pub fn offset(&self, frame: Frame<'_>) -> Result<Option<Array1<f64>>, Error> {
        let mut offset: Option<Array1<f64>> = None;
        for node in &self.offsets {
            let values = Array1::from(frame.numbers(node)?);
            offset = Some(offset.map_or_else(|| values.clone(), |offset| offset + &values));
        }
        Ok(offset)
    }

    fn rows(&self, frame: Frame<'_>, random: bool) -> Result<Part, Error> {
        let part = || {
            let offset = self.offset(frame)?;
            let recipes = self.random.iter().filter(|_| random).map(|recipe| {
                Ok(RandomTerm {
                    grouping: groups::grouping(frame, &recipe.group)?,
                    z: recipe.matrix.rows(frame, |_| true)?,
                    columns: recipe.matrix.columns.clone(),
                    structure: recipe.structure,
                })
            });
            let terms = self.matrix.terms.iter().map(|term| Term {
                name: term.name.clone(),
                columns: term.columns.clone(),
            });
            Ok(Part {
                x: self.matrix.rows(frame, |_| true)?,
                columns: self.matrix.columns.clone(),
                terms: terms.collect(),
                random: recipes.collect::<Result<_, Error>>()?,
                offset,
            })
        };
        part().map_err(|error: Error| error.within(&self.text))
    }
}

/// A formula taken apart, its columns checked.
fn checked(formula: &Formula, schema: &Schema, roles: &[&str]) -> Result<Model, Error> {
    let model = || {
        let model = Model::of(formula, Some(schema), roles)?;
        model.check(schema)?;
        Ok(model)
    };
    model().map_err(|error: Error| error.within(formula.text()))
}

/// The model of excess zeros or of the dispersion.
fn beside(
    option: &'static str,
    formula: Option<&Formula>,
    outcome: &Outcome,
    schema: &Schema,
    options: &DesignOptions,
) -> Result<Option<Model>, Error> {
    let Some(formula) = formula else {
        return Ok(None);
    };
    let mut excluded = roles(options);
    let mut response = Vec::new();
    each_column(&outcome.node, &mut |name, _| {
        response.extend(name.map(str::to_owned));
    });
    excluded.extend(response.iter().map(String::as_str));
    let model = checked(formula, schema, &excluded)?;
    let refused = |why: &str| {
        Err(Error::Option {
            option,
            why: why.to_owned(),
        })
    };
    match model {
        Model {
            response: Some(_), ..
        } => refused("its formula has no left side; write `~ arm`"),
        Model {
            strata: Some(_), ..
        } => refused("strata() belongs in the main formula"),
        _ if !model.clusters.is_empty() => refused("cluster() belongs in the main formula"),
        _ => Ok(Some(model)),
    }
}

fn strata(model: &Model, options: &DesignOptions) -> Result<Option<Vec<String>>, Error> {
    let named = model.strata.as_ref();
    let named: Option<Vec<String>> =
        named.map(|columns| columns.iter().map(|used| used.name.clone()).collect());
    match (named, options.stratum.as_ref()) {
        (Some(named), Some(option)) if named != [option.clone()] => Err(Error::Option {
            option: "stratum",
            why: format!(
                "it is `{option}`, but the formula has strata({}); name the strata once",
                named.join(", ")
            ),
        }),
        (Some(named), _) => Ok(Some(named)),
        (None, option) => Ok(option.map(|option| vec![option.clone()])),
    }
}

/// The columns with a role that cannot be terms too: `.` leaves them out.
fn roles(options: &DesignOptions) -> Vec<&str> {
    let weights = options.weights.iter().map(|weights| &weights.column);
    let single = options.subject.iter().chain(&options.stratum);
    single
        .chain(&options.clusters)
        .chain(weights)
        .map(String::as_str)
        .collect()
}

/// Every column that the options name.
fn option_columns(options: &DesignOptions) -> Vec<&str> {
    let time = options
        .time
        .iter()
        .flat_map(|time| [Some(&time.wave), time.value.as_ref()]);
    let others = options.arm.iter().chain(time.flatten());
    roles(options)
        .into_iter()
        .chain(others.map(String::as_str))
        .collect()
}

fn no_response(formula: &Formula) -> Error {
    Error::Syntax {
        place: crate::Place {
            formula: formula.text().to_owned(),
            span: 0..0,
        },
        found: "nothing".into(),
        expected: "a response on the left of `~`".into(),
    }
}
