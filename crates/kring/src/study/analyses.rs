//! The analyses of a protocol, each on a cohort or on published counts.

use kring_cohort::{Cohort, ExclusionReason};
use kring_core::{Caution, Estimate, Table};
use kring_formula::{DesignOptions, Formula, ResponseKind};
use kring_stats::lm::Lm;
use kring_stats::t_test::{Group, TTest, Variance};
use ndarray::Array2;

use super::{Allocation, Analysis, AnalysisSpec, Layout, Output, Protocol, claims};
use crate::analysis::{self, LmResult};
use crate::{Error, check, describe};

pub(super) fn run(
    analysis: &Analysis,
    protocol: &Protocol,
    cohort: Option<&Cohort>,
) -> Result<Output, Error> {
    let data = || {
        cohort.ok_or_else(|| Error::Argument {
            what: "data".to_owned(),
            why: "this analysis needs a data file, but [data] names none".to_owned(),
        })
    };
    match &analysis.kind {
        AnalysisSpec::Summary {
            variables,
            by_arm,
            by_wave,
            chart,
        } => summarise(data()?, variables, *by_arm, *by_wave, *chart),
        AnalysisSpec::Flow { variables } => {
            let observed: Vec<&str> = variables.iter().map(String::as_str).collect();
            Ok(Output::Flow(data()?.flow(&observed)?))
        }
        AnalysisSpec::ChiSquared {
            rows,
            columns,
            options,
        } => {
            let table = data()?.subjects();
            let counts = cross_tabulate(table, rows, columns)?;
            let label = format!("{rows} × {columns}");
            let mut test = options.test(&label, counts.view())?.test;
            let (used, of) = (test.sample.rows, table.rows());
            if used < of {
                test.sample.omitted = of - used;
                test.cautions.push(Caution::CompleteCases { used, of });
            }
            Ok(Output::Test(test))
        }
        AnalysisSpec::ChiSquaredOfCounts {
            counts,
            rows,
            columns,
            options,
        } => {
            let table = rectangle(counts, rows, columns)?;
            Ok(Output::Test(
                options.test(&analysis.head.title, table.view())?.test,
            ))
        }
        AnalysisSpec::TTest { variable, variance } => {
            t_test(data()?, protocol.design.allocation, variable, *variance).map(Output::Estimate)
        }
        AnalysisSpec::PairedTTest { before, after } => {
            paired(data()?, before, after).map(Output::Estimate)
        }
        AnalysisSpec::Lm {
            formula,
            on,
            options,
        } => {
            let cohort = data()?;
            let table = match on {
                Layout::Subjects => cohort.subjects(),
                Layout::Measurements => cohort.measurements(),
            };
            lm(protocol, cohort, table, formula, options).map(Output::Lm)
        }
        AnalysisSpec::PossibleSums { claim, n } => {
            let read = claims::targets(protocol)?;
            let read = read
                .iter()
                .find(|read| read.claim.id == *claim)
                .ok_or_else(|| Error::Argument {
                    what: format!("claim `{claim}`"),
                    why: "there is no such claim".to_owned(),
                })?;
            let sums = n
                .iter()
                .map(|&n| check::possible_sums(&read.target.value, n));
            Ok(Output::PossibleSums(sums.collect::<Result<_, Error>>()?))
        }
    }
}

/// A linear model of a cohort's table; coefficients of arms that chance did not make say so.
fn lm(
    protocol: &Protocol,
    cohort: &Cohort,
    table: &Table,
    formula: &str,
    options: &Lm,
) -> Result<LmResult, Error> {
    let declared = protocol.data.iter().flat_map(|data| &data.clusters);
    let own_clusters = formula.parse::<Formula>()?.has_clusters();
    let roles = DesignOptions {
        // Counts and grades are numbers to a linear model.
        response: ResponseKind::Continuous,
        subject: Some(cohort.subject_column().to_owned()),
        clusters: if options.covariance.is_clustered() && !own_clusters {
            declared.take(1).cloned().collect()
        } else {
            Vec::new()
        },
        ..DesignOptions::default()
    };
    let mut fit = analysis::lm(table, formula, &roles, options)?;
    if std::ptr::eq(table, cohort.measurements()) {
        note_unobserved(&mut fit, cohort);
    }
    if let Some(arm) = cohort.arm_column()
        && chosen(protocol.design.allocation)
    {
        let levels: Vec<String> = cohort
            .arms()
            .iter()
            .map(|level| format!("{arm}{}", level.name))
            .collect();
        let is_arm = |label: &str| {
            label
                .split(':')
                .any(|part| levels.iter().any(|l| l == part))
        };
        let about_arms = fit.estimates.iter_mut().filter(|e| is_arm(&e.label));
        about_arms.for_each(|estimate| estimate.cautions.push(Caution::NotRandomised));
    }
    Ok(fit)
}

/// Waves at which a subject was not seen are no rows of the measurements, but they are missing.
fn note_unobserved(fit: &mut LmResult, cohort: &Cohort) {
    let unobserved = cohort.missing().excluded(ExclusionReason::NothingObserved);
    if unobserved == 0 {
        return;
    }
    let used = fit.rows;
    for estimate in &mut fit.estimates {
        let of = used + estimate.sample.omitted + unobserved;
        estimate.sample.omitted += unobserved;
        let complete = |caution: &Caution| matches!(caution, Caution::CompleteCases { .. });
        estimate.cautions.retain(|caution| !complete(caution));
        estimate.cautions.push(Caution::CompleteCases { used, of });
    }
    if let Some(test) = &mut fit.overall {
        test.sample.omitted += unobserved;
    }
    fit.notes.push(format!(
        "{unobserved} pairs of a subject and a wave are missing because nothing was observed there."
    ));
}

/// Whether somebody chose who came into which arm.
fn chosen(allocation: Allocation) -> bool {
    matches!(allocation, Allocation::SelfSelected | Allocation::Matched)
}

fn summarise(
    cohort: &Cohort,
    variables: &[String],
    by_arm: bool,
    by_wave: bool,
    chart: bool,
) -> Result<Output, Error> {
    let names: Vec<&str> = variables.iter().map(String::as_str).collect();
    let arm = cohort.arm_column().filter(|_| by_arm);
    let table = if by_wave {
        cohort.measurements()
    } else {
        cohort.subjects()
    };
    let wave = if by_wave || chart {
        Some(waves_of(cohort)?)
    } else {
        None
    };
    let by: Vec<&str> = arm.into_iter().chain(wave.filter(|_| by_wave)).collect();
    let mut summaries = describe::describe(table, &names, &by)?;
    if by_wave {
        describe::count_the_absent(&mut summaries, cohort)?;
    }
    let Some(wave) = wave.filter(|_| chart) else {
        return Ok(Output::Summaries {
            summaries,
            curves: Vec::new(),
        });
    };
    let months: Option<Vec<f64>> = cohort.waves().iter().map(|wave| wave.months).collect();
    let label = if months.is_some() { "months" } else { "wave" };
    let at = months.unwrap_or_else(|| {
        (1..=cohort.waves().len())
            .map(|place| place as f64)
            .collect()
    });
    let curves = names
        .iter()
        .map(|name| describe::means_over_time(cohort.measurements(), name, arm, wave, &at, label))
        .collect::<Result<_, Error>>()?;
    Ok(Output::Summaries { summaries, curves })
}

fn waves_of(cohort: &Cohort) -> Result<&str, Error> {
    cohort.wave_column().ok_or_else(|| Error::Argument {
        what: "`by_wave` and `chart`".to_owned(),
        why: "the data have no waves; declare [data] wave or wide".to_owned(),
    })
}

/// Counts of each pair of levels; rows without one of the two are left out.
fn cross_tabulate(table: &Table, rows: &str, columns: &str) -> Result<Array2<u64>, Error> {
    let (r, c) = (table.factor(rows)?, table.factor(columns)?);
    let mut counts = Array2::zeros((r.levels().len(), c.levels().len()));
    for row in 0..table.rows() {
        if let (Some(i), Some(j)) = (r.code(row), c.code(row)) {
            counts[[i as usize, j as usize]] += 1;
        }
    }
    Ok(counts)
}

fn rectangle(
    counts: &[Vec<u64>],
    rows: &[String],
    columns: &[String],
) -> Result<Array2<u64>, Error> {
    let fits = counts.len() == rows.len() && counts.iter().all(|row| row.len() == columns.len());
    if !fits {
        return Err(Error::Argument {
            what: "counts".to_owned(),
            why: format!(
                "expected {} rows of {} counts, as named",
                rows.len(),
                columns.len()
            ),
        });
    }
    Ok(Array2::from_shape_fn(
        (rows.len(), columns.len()),
        |(i, j)| counts[i][j],
    ))
}

fn t_test(
    cohort: &Cohort,
    allocation: Allocation,
    variable: &str,
    variance: Variance,
) -> Result<Estimate, Error> {
    let table = cohort.subjects();
    let no_arms = || Error::Argument {
        what: "a t test".to_owned(),
        why: "it compares two arms, but the study declares other than two".to_owned(),
    };
    let arm = cohort.arm_column().ok_or_else(no_arms)?;
    let factor = table.factor(arm)?;
    let [reference, other] = factor.levels() else {
        return Err(no_arms());
    };
    let numeric = table.numeric(variable)?;
    let values = |level: u32| -> Vec<f64> {
        (0..table.rows())
            .filter(|&row| factor.code(row) == Some(level))
            .filter_map(|row| numeric.get(row))
            .collect()
    };
    let (x, y) = (values(1), values(0));
    let unit = table.column(variable)?.unit.as_deref();
    let test = TTest {
        variance,
        ..TTest::default()
    };
    let mut estimate = test.two_samples(
        Group {
            name: other,
            values: &x,
        },
        Group {
            name: reference,
            values: &y,
        },
        unit,
    )?;
    let used = x.len() + y.len();
    note_omitted(&mut estimate, used, table.rows());
    if chosen(allocation) {
        estimate.cautions.push(Caution::NotRandomised);
    }
    Ok(estimate)
}

fn paired(cohort: &Cohort, before: &str, after: &str) -> Result<Estimate, Error> {
    let table = cohort.subjects();
    let (b, a) = (table.numeric(before)?, table.numeric(after)?);
    let pairs: Vec<(f64, f64)> = b
        .iter()
        .zip(a.iter())
        .filter_map(|(b, a)| Some((b?, a?)))
        .collect();
    let (before_values, after_values): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
    let mut estimate = TTest::default().paired(
        Group {
            name: after,
            values: &after_values,
        },
        Group {
            name: before,
            values: &before_values,
        },
        table.column(after)?.unit.as_deref(),
    )?;
    note_omitted(&mut estimate, after_values.len(), table.rows());
    Ok(estimate)
}

fn note_omitted(estimate: &mut Estimate, used: usize, of: usize) {
    if used < of {
        estimate.sample.omitted = of - used;
        estimate.cautions.push(Caution::CompleteCases { used, of });
    }
}
