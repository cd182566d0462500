//! The analyses of a protocol, each on a cohort or on published counts.

use std::borrow::Cow;

use kring_cohort::{Cohort, ExclusionReason};
use kring_core::{Caution, Table};
use kring_formula::{DesignOptions, Formula, ResponseKind};
use kring_report::Content;
use kring_stats::lm::Lm;
use ndarray::Array2;

use super::{Allocation, Analysis, AnalysisSpec, Layout, Output, Protocol, claims};
use crate::analysis::{self, LmResult};
use crate::attrition::{bounds, outcome_at, wave_patterns};
use crate::compare::{ByChance, Compare};
use crate::follow_ups::follow_ups;
use crate::method::{Answer, Method};
use crate::{Error, check, describe};

#[allow(clippy::too_many_lines, reason = "a few lines a kind")]
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
        AnalysisSpec::ChiSquaredOfCounts {
            counts,
            rows,
            columns,
            options,
        } => {
            let table = rectangle(counts, rows, columns)?;
            let found = options.test(&analysis.head.title, table.view())?;
            Ok(Output::Answer(found.test.into()))
        }
        AnalysisSpec::Lm { formula, options } => {
            let cohort = data()?;
            let table = table_of(cohort, analysis.head.on)?;
            lm(protocol, cohort, &table, formula, options).map(|fit| Output::Lm(Box::new(fit)))
        }
        AnalysisSpec::Baseline { variables, options } => {
            let table = options.of(data()?, variables)?;
            Ok(Output::Tables(vec![Content::Baseline(table)]))
        }
        AnalysisSpec::Attrition { variables, options } => {
            Ok(Output::Tables(options.of(data()?, variables)?.content()))
        }
        AnalysisSpec::Dropout { variables, options } => {
            let mut answer = options.regression(data()?, variables)?;
            if chosen(protocol.design.allocation) {
                answer.caution(&Caution::NotRandomised);
            }
            Ok(Output::Answer(answer))
        }
        AnalysisSpec::Process { options } => {
            let table = table_of(data()?, analysis.head.on)?;
            Ok(Output::Tables(options.figures(&table)?.content()))
        }
        AnalysisSpec::Inventory { options } => {
            let figures = options.of_cohort(data()?)?;
            Ok(Output::Tables(figures.content()))
        }
        AnalysisSpec::Patterns { variables } => {
            let observed: Vec<&str> = variables.iter().map(String::as_str).collect();
            let patterns = wave_patterns(data()?, &observed)?;
            Ok(Output::Tables(vec![Content::Patterns(patterns)]))
        }
        AnalysisSpec::Bounds {
            outcome,
            wave,
            options,
        } => {
            let cohort = data()?;
            let arm = cohort.arm_column().ok_or_else(|| Error::Argument {
                what: "bounds".to_owned(),
                why: "they compare two arms, but [data] names no `arm`".to_owned(),
            })?;
            let everybody = outcome_at(cohort, outcome, wave)?;
            let found = bounds(&everybody, outcome, arm, options)?;
            let mut answer = Answer::from(found);
            if chosen(protocol.design.allocation) {
                answer.caution(&Caution::NotRandomised);
            }
            Ok(Output::Answer(answer))
        }
        AnalysisSpec::Method(method) => {
            let cohort = data()?;
            let table = table_of(cohort, analysis.head.on)?;
            let mut answer = as_designed(method, protocol.design.allocation).run(&table)?;
            if let Some(arm) = cohort.arm_column()
                && method.compares(arm, &table)
                && chosen(protocol.design.allocation)
            {
                let levels: Vec<String> =
                    cohort.arms().iter().map(|arm| arm.name.clone()).collect();
                method.doubt(&mut answer, arm, &levels, &Caution::NotRandomised);
            }
            Ok(Output::Answer(answer))
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
            Ok(Output::PossibleSums(
                sums.collect::<Result<_, kring_check::Error>>()?,
            ))
        }
    }
}

fn table_of(cohort: &Cohort, on: Layout) -> Result<Cow<'_, Table>, Error> {
    Ok(match on {
        Layout::Subjects => Cow::Borrowed(cohort.subjects()),
        Layout::Measurements => Cow::Borrowed(cohort.measurements()),
        Layout::FollowUps => Cow::Owned(follow_ups(cohort)?),
    })
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

/// A comparison that does not say whether chance decided on the arms, as the design says it.
fn as_designed(method: &Method, allocation: Allocation) -> Cow<'_, Method> {
    let allocation = match allocation {
        Allocation::Randomised => ByChance::Randomised,
        Allocation::Matched | Allocation::SelfSelected => ByChance::NotRandomised,
        Allocation::SingleGroup | Allocation::NotStated => ByChance::NotStated,
    };
    match method {
        Method::Compare(compare) if compare.allocation == ByChance::NotStated => {
            let compare = Compare {
                allocation,
                ..(**compare).clone()
            };
            Cow::Owned(Method::Compare(Box::new(compare)))
        }
        Method::Clda(clda) if clda.options.allocation == ByChance::NotStated => {
            let mut clda = clda.clone();
            clda.options.allocation = allocation;
            Cow::Owned(Method::Clda(clda))
        }
        _ => Cow::Borrowed(method),
    }
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
