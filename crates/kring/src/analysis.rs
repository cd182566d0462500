//! Formula, fit and what is asked of it, brought together.

mod means;

use kring_core::{
    Caution, Column, ColumnData, Design, Estimate, JointTest, Measure, Omitted, Table,
};
use kring_formula::{DesignOptions, Formula, Recipe};
use kring_report::{Called, Content};
use kring_stats::Fit;
use kring_stats::family::Link;
use kring_stats::lm::Lm;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::called::{called, columns_of_formula};
use crate::method::said_once;
pub use means::{MeansOf, MeansResult, MeansScale, Observed, TermTests, means, term_tests};
pub(crate) use means::{doubt_contrasts, each_contrast, means_of_model, of_ratios};

/// What a fitted linear model says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LmResult {
    /// The formula.
    pub formula: String,
    /// The model and its errors in words.
    pub method: String,
    /// The estimated coefficients.
    pub estimates: Vec<Estimate>,
    /// The test of all coefficients but the intercept, where there are others.
    pub overall: Option<JointTest>,
    /// Means by group, and their contrasts, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<Box<MeansResult>>,
    /// The factors among the predictors: which level the others are set against.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub factors: Vec<FactorUsed>,
    /// What a reader calls the names of its terms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub called: Vec<Called>,
    /// What could not be computed, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// The standard deviation of the residuals.
    pub sigma: Option<f64>,
    /// Rows less estimated columns.
    pub residual_df: f64,
    /// The share of the response's variance that is explained.
    pub r_squared: Option<f64>,
    /// The same, corrected for the number of columns.
    pub adjusted_r_squared: Option<f64>,
    /// The log-likelihood at the estimates.
    pub log_likelihood: Option<f64>,
    /// The rows used.
    pub rows: usize,
    /// The rows left out, each with its reason.
    pub omitted: Vec<Omitted>,
}

/// A factor among the predictors of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactorUsed {
    /// Its column.
    pub name: String,
    /// Its levels in order; with R's treatment coding the first is the one the others are set against.
    pub levels: Vec<String>,
}

/// The same table with another first level of a factor, against which the others are set.
pub fn with_reference(table: &Table, column: &str, level: &str) -> Result<Table, Error> {
    let factor = table.factor(column)?;
    let Some(place) = factor.levels().iter().position(|known| known == level) else {
        return Err(Error::Argument {
            what: format!("the reference level `{level}` of `{column}`"),
            why: format!(
                "there is no such level{}",
                kring_core::suggestion(level, factor.levels().iter().map(String::as_str))
            ),
        });
    };
    let mut levels = factor.levels().to_vec();
    levels[..=place].rotate_right(1);
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    let moved = |code: u32| match code.cmp(&place) {
        std::cmp::Ordering::Less => code + 1,
        std::cmp::Ordering::Equal => 0,
        std::cmp::Ordering::Greater => code,
    };
    let codes = (0..table.rows())
        .map(|row| factor.code(row).map(moved))
        .collect();
    let mut columns = table.columns().to_vec();
    for known in &mut columns {
        if known.name == column {
            let old = known.clone();
            *known = Column::factor(column, levels.clone(), codes)?;
            known.label = old.label;
            known.unit = old.unit;
            break;
        }
    }
    Ok(Table::new(columns)?)
}

/// Fits a linear model to a table.
///
/// ```
/// use kring::analysis;
/// use kring_core::{Column, Table};
/// let table = Table::new(vec![
///     Column::numeric("y", [1.0, 3.0, 4.0, 8.0].map(Some).to_vec())?,
///     Column::numeric("x", [0.0, 1.0, 2.0, 3.0].map(Some).to_vec())?,
/// ])?;
/// let fit = analysis::lm(&table, "y ~ x", &Default::default(), &Default::default())?;
/// assert!((fit.estimates[1].value.finite().unwrap() - 2.2).abs() < 1e-12);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn lm(
    table: &Table,
    formula: &str,
    roles: &DesignOptions,
    options: &Lm,
) -> Result<LmResult, Error> {
    lm_with_means(table, formula, roles, options, None)
}

/// Fits a linear model to a table, and gives the means that are asked of it.
pub fn lm_with_means(
    table: &Table,
    formula: &str,
    roles: &DesignOptions,
    options: &Lm,
    asked: Option<&MeansOf>,
) -> Result<LmResult, Error> {
    let formula: Formula = formula.parse()?;
    let recipe = Recipe::new(&formula, table, roles)?;
    let design = recipe.design(table)?;
    let fit = options.fit(&design)?;
    let means = asked.map(|asked| {
        let rows = table.take(design.source_rows())?;
        means_of_model(&fit, Link::Identity, &recipe, &rows, &design, asked).map(Box::new)
    });
    let unit = unit_of(table, design.response_name());
    let mut estimates = fit.estimates()?;
    for estimate in &mut estimates {
        estimate.measure = Measure::Coefficient { unit: unit.clone() };
    }
    estimates.iter_mut().for_each(no_errors_of_rounding);
    let mut notes = Vec::new();
    let overall = match fit.overall_test() {
        Ok(test) => test,
        // The coefficients stand all the same.
        Err(
            error @ (kring_stats::Error::Contrast { .. }
            | kring_stats::Error::TooFew { .. }
            | kring_stats::Error::Unsupported { .. }),
        ) => {
            notes.push(format!("No overall test: {error}."));
            None
        }
        Err(error) => return Err(error.into()),
    };
    let overall = overall.map(|mut test| {
        if test.cautions.contains(&Caution::PerfectFit) {
            test.statistic = None;
            test.p_value = None;
        }
        test
    });
    let means = means.transpose()?;
    let columns = columns_of_formula(&formula.to_string(), table);
    let names = estimates.iter().map(|estimate| &*estimate.label).collect();
    let of_means = means.iter().flat_map(|means| means.names()).collect();
    Ok(LmResult {
        called: called(table, &columns, [names, of_means]),
        formula: formula.to_string(),
        method: fit.provenance().method.clone(),
        means,
        factors: factors_used(table, &design, &columns),
        estimates,
        overall,
        notes,
        sigma: fit.sigma,
        residual_df: fit.residual_df,
        r_squared: fit.r_squared,
        adjusted_r_squared: fit.adjusted_r_squared,
        log_likelihood: fit.log_likelihood,
        rows: design.rows(),
        omitted: design.omitted().to_vec(),
    })
}

/// A fit that is exact has errors of rounding only: they are taken away, and the doubt stays.
pub(crate) fn no_errors_of_rounding(estimate: &mut Estimate) {
    if estimate.cautions.contains(&Caution::PerfectFit) {
        estimate.std_error = None;
        estimate.interval = None;
        estimate.p_value = None;
    }
}

/// The unit of a response: of its column, or of all columns in a sum or difference, `I(yc3 - yc1)`.
pub(crate) fn unit_of(table: &Table, response: &str) -> Option<String> {
    let unit = |name: &str| {
        table
            .column(name.trim().trim_matches('`'))
            .ok()?
            .unit
            .clone()
    };
    if table.column(response).is_ok() {
        return unit(response);
    }
    let inside = response
        .trim()
        .strip_prefix("I(")
        .and_then(|rest| rest.strip_suffix(')'));
    let mut units = inside.unwrap_or(response).split(['+', '-']).map(unit);
    let first = units.next()??;
    units
        .all(|other| other.as_ref() == Some(&first))
        .then_some(first)
}

/// What each factor is set against.
pub(crate) fn factor_line(factors: &[FactorUsed]) -> Option<String> {
    let against = |factor: &FactorUsed| {
        let (first, others) = factor.levels.split_first()?;
        Some(format!(
            "{}: {} against {first}",
            factor.name,
            others.join(", ")
        ))
    };
    let lines: Vec<String> = factors.iter().filter_map(against).collect();
    (!lines.is_empty()).then(|| format!("Factors: {}.", lines.join("; ")))
}

/// How many rows were used, and how many were left out for which reason.
pub(crate) fn rows_line(rows: usize, omitted: &[Omitted]) -> String {
    let mut reasons: Vec<(String, usize)> = Vec::new();
    for omitted in omitted {
        let reason = omitted.reason.reason();
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, n)) => *n += 1,
            None => reasons.push((reason, 1)),
        }
    }
    let left_out: Vec<String> = reasons
        .iter()
        .map(|(reason, n)| format!("{n} because {reason}"))
        .collect();
    if left_out.is_empty() {
        format!("{rows} rows")
    } else {
        format!("{rows} rows; left out: {}", left_out.join(", "))
    }
}

/// The factors of a table whose levels have columns in the design.
pub(crate) fn factors_used(table: &Table, design: &Design, named: &[String]) -> Vec<FactorUsed> {
    let columns = &design.mean().columns;
    let has_a_column = |name: &str, level: &String| {
        columns
            .iter()
            .flat_map(|column| column.split(':'))
            .any(|part| part.strip_prefix(name) == Some(level))
    };
    table
        .columns()
        .iter()
        .filter_map(|column| match column.data() {
            ColumnData::Factor(factor) => Some((&column.name, factor.levels())),
            ColumnData::Numeric(_) => None,
        })
        .filter(|(name, _)| named.contains(name))
        .filter(|(name, levels)| levels.iter().any(|level| has_a_column(name, level)))
        .map(|(name, levels)| FactorUsed {
            name: name.clone(),
            levels: levels.to_vec(),
        })
        .collect()
}

impl LmResult {
    /// The tables of a report: the coefficients, and the test of all of them.
    pub fn content(&self) -> Vec<Content> {
        let mut content = vec![Content::Estimates(self.estimates.clone())];
        let overall = self.overall.iter().cloned();
        content.extend(overall.map(|test| Content::Tests(vec![test])));
        content.extend(self.means.iter().flat_map(|means| means.content()));
        content.push(Content::Names(self.called.clone()));
        said_once(&mut content);
        content
    }

    /// What each factor is set against: `arm: WT against EKC`.
    pub fn factor_line(&self) -> Option<String> {
        factor_line(&self.factors)
    }

    /// What stands below the table of coefficients: σ, R², rows used and left out.
    pub fn summary_line(&self) -> String {
        let mut parts = Vec::new();
        if let Some(sigma) = self.sigma {
            parts.push(format!(
                "residual SD {sigma:.4} on {} degrees of freedom",
                self.residual_df
            ));
        }
        if let (Some(r2), Some(adjusted)) = (self.r_squared, self.adjusted_r_squared) {
            let adjusted = format!("{adjusted:.3}").replace('-', "−");
            parts.push(format!("R² {r2:.3}, adjusted {adjusted}"));
        }
        parts.push(rows_line(self.rows, &self.omitted));
        parts.join("; ")
    }
}
