//! Reliability, agreement, and Little's test.

use kring_core::Table;
use kring_stats::agreement::{FleissKappa, Kappa, Krippendorff, Measurement, Weights};
use kring_stats::little::{Divisor, Incomplete, Little};
use kring_stats::reliability::{
    Extraction, Icc, IccForm, IntraclassCorrelation, Items, Omega, Reliability,
};
use ndarray::Array2;
use serde::Deserialize;
use serde_json::{Value, json};

use super::means::ends;
use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

fn usual_level() -> f64 {
    0.95
}

/// Columns of a table, a row a subject; those that are complete.
struct Columns {
    names: Vec<String>,
    values: Array2<Option<f64>>,
}

impl Columns {
    fn of(table: &Table, asked: Option<Vec<String>>) -> Result<Self, Error> {
        let names = asked.unwrap_or_else(|| table.names().map(str::to_owned).collect());
        let mut values = Array2::default((table.rows(), names.len()));
        for (j, name) in names.iter().enumerate() {
            for (i, value) in table.numeric(name)?.iter().enumerate() {
                values[[i, j]] = value;
            }
        }
        Ok(Self { names, values })
    }

    fn complete(&self) -> Result<Array2<f64>, Error> {
        let rows = self.values.rows().into_iter();
        let complete = rows.filter(|row| row.iter().all(Option::is_some));
        let flat: Vec<f64> = complete.flat_map(|row| row.to_vec()).flatten().collect();
        let n = flat.len() / self.names.len().max(1);
        matrix(n, self.names.len(), flat)
    }

    fn names(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).collect()
    }
}

fn matrix<T>(rows: usize, columns: usize, flat: Vec<T>) -> Result<Array2<T>, Error> {
    Array2::from_shape_vec((rows, columns), flat)
        .map_err(|_| Error::Case("the rows of a table differ in length".to_owned()))
}

fn rows<T: Clone>(table: &[Vec<T>]) -> Result<Array2<T>, Error> {
    matrix(
        table.len(),
        table.first().map_or(0, Vec::len),
        table.concat(),
    )
}

fn list(values: impl Iterator<Item = Option<f64>>) -> Value {
    values.map(optional).collect()
}

/// α and the six intraclass correlations of all columns.
pub fn reliability(case: &Case) -> Result<Vec<Answer>, Error> {
    let columns = Columns::of(&case.table()?, None)?;
    let (names, values) = (columns.names(), columns.complete()?);
    let items = Items {
        name: "items",
        names: &names,
        values: values.view(),
    };
    let consistency = Reliability::default().alpha(&items)?;
    let correlations = IntraclassCorrelation::default().fit(&items)?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "alpha_raw" => optional(consistency.alpha.value.finite()),
            "alpha_standardized" => optional(consistency.standardized.value.finite()),
            "average_r" => number(consistency.average_r),
            "icc" => correlations.forms.iter().map(icc_figures).collect(),
            _ => return Ok(None),
        }))
    }))
}

fn icc_figures(icc: &Icc) -> Value {
    let name = match icc.form {
        IccForm::Icc1 => "ICC1",
        IccForm::Icc2 => "ICC2",
        IccForm::Icc3 => "ICC3",
        IccForm::Icc1k => "ICC1k",
        IccForm::Icc2k => "ICC2k",
        IccForm::Icc3k => "ICC3k",
    };
    let interval = icc.estimate.interval;
    let df = match icc.test.reference {
        kring_core::Reference::F {
            numerator,
            denominator,
        } => json!([number(numerator), number(denominator)]),
        _ => Value::Null,
    };
    json!({
        "type": name,
        "icc": optional(icc.estimate.value.finite()),
        "f": optional(icc.test.statistic),
        "df": df,
        "p": optional(icc.test.p_value),
        "lower": optional(interval.and_then(|interval| interval.low)),
        "upper": optional(interval.and_then(|interval| interval.high)),
    })
}

/// α with its interval and each item.
pub fn alpha(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        columns: Option<Vec<String>>,
        #[serde(default = "usual_level")]
        level: f64,
    }
    let options: Options = case.options()?;
    let columns = Columns::of(&case.table()?, options.columns)?;
    let (names, values) = (columns.names(), columns.complete()?);
    let items = Items {
        name: "items",
        names: &names,
        values: values.view(),
    };
    let level = options.level;
    let found = Reliability { level }.alpha(&items)?;
    Ok(case.answer(|field| {
        let each = found.items.iter();
        Ok(Some(match field.name {
            "alpha_raw" => optional(found.alpha.value.finite()),
            "conf_int" => ends(&found.alpha),
            "p_value" => optional(found.alpha.p_value),
            "alpha_standardized" => optional(found.standardized.value.finite()),
            "average_r" => number(found.average_r),
            "sem" => number(found.standard_error_of_measurement),
            "item_mean" => list(each.map(|item| Some(item.mean))),
            "item_sd" => list(each.map(|item| Some(item.sd))),
            "rest_correlation" => list(each.map(|item| item.rest_correlation)),
            "alpha_if_dropped" => list(each.map(|item| item.alpha_if_dropped)),
            _ => return Ok(None),
        }))
    }))
}

/// ω total.
pub fn omega(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        columns: Option<Vec<String>>,
        extraction: Extraction,
        #[serde(default = "usual_level")]
        level: f64,
    }
    let options: Options = case.options()?;
    let columns = Columns::of(&case.table()?, options.columns)?;
    let (names, values) = (columns.names(), columns.complete()?);
    let items = Items {
        name: "items",
        names: &names,
        values: values.view(),
    };
    let omega = Omega {
        extraction: options.extraction,
        level: options.level,
    };
    let found = omega.fit(&items)?;
    let fit = found.one_factor.as_ref();
    Ok(case.answer(|field| {
        let each = found.loadings.iter();
        Ok(Some(match field.name {
            "omega" => optional(found.omega.value.finite()),
            "std_error" => optional(found.omega.std_error),
            "conf_int" => ends(&found.omega),
            "loadings" => list(each.map(|item| Some(item.loading))),
            "uniquenesses" => list(each.map(|item| Some(item.uniqueness))),
            "chi_squared" => optional(fit.and_then(|test| test.statistic)),
            "df" => optional(fit.and_then(|test| test.reference.df())),
            "p_value" => optional(fit.and_then(|test| test.p_value)),
            _ => return Ok(None),
        }))
    }))
}

/// The six intraclass correlations of ratings in the case.
pub fn icc(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        ratings: Vec<Vec<f64>>,
        level: f64,
    }
    let options: Options = case.options()?;
    let values = rows(&options.ratings)?;
    let names: Vec<String> = (1..=values.ncols()).map(|j| j.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let ratings = Items {
        name: "ratings",
        names: &names,
        values: values.view(),
    };
    let level = options.level;
    let found = IntraclassCorrelation { level }.fit(&ratings)?;
    Ok(case.answer(|field| {
        Ok((field.name == "icc").then(|| found.forms.iter().map(icc_figures).collect()))
    }))
}

/// Cohen's κ of a table: the three weightings as psych has them, or one with all its figures.
pub fn kappa(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        table: Vec<Vec<u64>>,
        #[serde(default)]
        weights: Weights,
    }
    let options: Options = case.options()?;
    let counts = rows(&options.table)?;
    let of = |weights| {
        Kappa {
            weights,
            level: 0.95,
        }
        .of_table("raters", counts.view())
    };
    let found = of(options.weights)?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "kappa" | "estimate" => optional(found.kappa.value.finite()),
            "weighted_kappa_quadratic" => optional(of(Weights::Quadratic)?.kappa.value.finite()),
            "std_error" => optional(found.kappa.std_error),
            "conf_int" => ends(&found.kappa),
            "p_value" => optional(found.kappa.p_value),
            "agreement" => optional(found.agreement.value.finite()),
            "agreement_conf_int" => ends(&found.agreement),
            _ => return Ok(None),
        }))
    }))
}

/// Fleiss's κ of counts.
pub fn fleiss(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        counts: Vec<Vec<u64>>,
    }
    let options: Options = case.options()?;
    let found = FleissKappa::default().of_counts("raters", rows(&options.counts)?.view())?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "estimate" => optional(found.value.finite()),
            "std_error" => optional(found.std_error),
            "conf_int" => ends(&found),
            "p_value" => optional(found.p_value),
            _ => return Ok(None),
        }))
    }))
}

/// Krippendorff's α of ratings.
pub fn krippendorff(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        ratings: Vec<Vec<Option<f64>>>,
        measurement: Measurement,
    }
    let options: Options = case.options()?;
    let alpha = Krippendorff {
        measurement: options.measurement,
        ..Krippendorff::default()
    };
    let found = alpha.of_ratings("raters", rows(&options.ratings)?.view())?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "estimate" => optional(found.value.finite()),
            "std_error" => optional(found.std_error),
            "conf_int" => ends(&found),
            "units" => json!(found.sample.rows),
            "omitted" => json!(found.sample.omitted),
            _ => return Ok(None),
        }))
    }))
}

/// Little's test of columns.
pub fn little(case: &Case) -> Result<Vec<Answer>, Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Options {
        columns: Vec<String>,
        divisor: Divisor,
    }
    let options: Options = case.options()?;
    let columns = Columns::of(&case.table()?, Some(options.columns))?;
    let test = Little {
        divisor: options.divisor,
        ..Little::default()
    };
    let found = test.test(&Incomplete {
        name: "columns",
        names: &columns.names(),
        values: columns.values.view(),
    })?;
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "statistic" => optional(found.test.statistic),
            "df" => optional(found.test.reference.df()),
            "p_value" => optional(found.test.p_value),
            "patterns" => json!(found.patterns.len()),
            "n" => json!(found.test.sample.rows),
            "omitted" => json!(found.test.sample.omitted),
            "means" => list(found.means.iter().copied().map(Some)),
            "covariance" => {
                let lines = found.covariance.rows().into_iter();
                lines
                    .map(|row| list(row.iter().copied().map(Some)))
                    .collect()
            }
            "log_likelihood" => number(found.log_likelihood),
            _ => return Ok(None),
        }))
    }))
}
