//! Formula, fit and what is asked of it, brought together.

use kring_core::{Estimate, JointTest, Measure, Omitted, Table};
use kring_formula::{DesignOptions, Formula, Recipe};
use kring_stats::Fit;
use kring_stats::lm::Lm;
use serde::{Deserialize, Serialize};

use crate::Error;

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
    let formula: Formula = formula.parse()?;
    let design = Recipe::new(&formula, table, roles)?.design(table)?;
    let fit = options.fit(&design)?;
    let unit = table
        .column(design.response_name())
        .ok()
        .and_then(|column| column.unit.clone());
    let mut estimates = fit.estimates()?;
    for estimate in &mut estimates {
        estimate.measure = Measure::Coefficient { unit: unit.clone() };
    }
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
    Ok(LmResult {
        formula: formula.to_string(),
        method: fit.provenance().method.clone(),
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

impl LmResult {
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
            parts.push(format!("R² {r2:.3}, adjusted {adjusted:.3}"));
        }
        let mut reasons: Vec<(String, usize)> = Vec::new();
        for omitted in &self.omitted {
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
        parts.push(if left_out.is_empty() {
            format!("{} rows", self.rows)
        } else {
            format!("{} rows; left out: {}", self.rows, left_out.join(", "))
        });
        parts.join("; ")
    }
}
