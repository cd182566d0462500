//! The number of a result that a claim is compared with.

use kring_core::{
    Component, Estimate, Evidence, JointTest, Quantity, Summary, SummaryKind, suggestion,
};

use super::{FigureName, Output, Selector};
use crate::method::{Answer, Named};

/// The number that a claim names, or why there is none.
///
/// `arm` is the column of the arms, which tells a stratum of arms from one of waves.
pub(super) fn select(
    output: &Output,
    from: &Selector,
    arm: Option<&str>,
    evidence: Evidence,
) -> Result<Quantity, String> {
    refuse_what_means_nothing(output, from)?;
    let named = |what: String, value: Option<f64>| {
        value
            .map(|value| Quantity::plain(&what, value, evidence))
            .ok_or_else(|| format!("{what} is undefined"))
    };
    let no_figure = |kind: &str, figures: &str| {
        Err(format!(
            "{kind} has no `{}`; it has {figures}",
            from.figure.name()
        ))
    };
    match output {
        Output::Summaries { summaries, .. } => select_summary(summaries, from, arm, evidence),
        Output::Flow(flow) => {
            let arm_names = || flow.arms.iter().map(|arm| arm.arm.as_str());
            let wave_names = || flow.waves.iter().map(String::as_str);
            if let Some(name) = from
                .arm
                .as_deref()
                .filter(|name| !arm_names().any(|a| a == *name))
            {
                return Err(format!(
                    "there is no arm `{name}`{}",
                    suggestion(name, arm_names())
                ));
            }
            if let Some(name) = from
                .wave
                .as_deref()
                .filter(|name| !wave_names().any(|w| w == *name))
            {
                return Err(format!(
                    "there is no wave `{name}`{}",
                    suggestion(name, wave_names())
                ));
            }
            let arms = flow
                .arms
                .iter()
                .filter(|arm| from.arm.as_ref().is_none_or(|a| *a == arm.arm));
            let count = match (&from.wave, from.figure) {
                (None, FigureName::N) => arms.map(|arm| arm.subjects).sum::<usize>(),
                (Some(wave), FigureName::N) => arms
                    .flat_map(|arm| &arm.waves)
                    .filter(|count| count.wave == *wave)
                    .map(|count| count.present)
                    .sum(),
                _ => return no_figure("a flow", "n"),
            };
            named("number of subjects".to_owned(), Some(count as f64))
        }
        Output::Lm(fit) => {
            let Some(term) = &from.term else {
                return Err("a model needs `term`, the coefficient that is meant".to_owned());
            };
            let labels = || fit.estimates.iter().map(|estimate| estimate.label.as_str());
            let estimate = fit
                .estimates
                .iter()
                .find(|estimate| estimate.label == *term)
                .ok_or_else(|| {
                    format!(
                        "there is no coefficient `{term}`{}",
                        suggestion(term, labels())
                    )
                })?;
            select_estimate(estimate, from, evidence)
        }
        Output::Answer(answer) => select_answer(answer, from, evidence),
        Output::Tables(_) => no_figure("a table of people", "nothing to compare; take a summary"),
        Output::PossibleSums(_) => no_figure("a range of sums", "nothing to compare"),
    }
}

/// The estimate, test, component or figure that `term` names, or the only estimate or test there is.
fn select_answer(answer: &Answer, from: &Selector, evidence: Evidence) -> Result<Quantity, String> {
    // A component of a mixed model goes by its group and effect, a figure by its name.
    let components = || {
        let of = |one: &Component| {
            let label = format!("{}: {}", one.group, one.label);
            let mut quantity = Quantity::plain(&label, one.value, evidence);
            if let Some(interval) = &one.interval {
                quantity.interval = interval.low.zip(interval.high);
                quantity.level = Some(interval.level);
            }
            (label, quantity)
        };
        let named = |figure: &Named| {
            let quantity = Quantity::plain(&figure.name, figure.value, evidence);
            (figure.name.clone(), quantity)
        };
        let components = answer.components.iter().map(of);
        components.chain(answer.figures.iter().map(named))
    };
    let labels = || {
        let tests = answer.all_tests().map(|test| test.label.clone());
        let estimates = answer.all_estimates().map(|e| e.label.clone());
        let others = components().map(|(label, _)| label);
        estimates.chain(tests).chain(others).collect::<Vec<_>>()
    };
    let is_meant = |label: &str| from.term.as_deref().is_none_or(|term| term == label);
    let estimate = answer
        .all_estimates()
        .find(|estimate| is_meant(&estimate.label));
    let test = answer.all_tests().find(|test| is_meant(&test.label));
    match (estimate, test, &from.term) {
        (Some(_), _, None) if answer.all_estimates().nth(1).is_some() => Err(format!(
            "the method gives several numbers; say with `term` which is meant: {}",
            labels().join(", ")
        )),
        (Some(estimate), ..) => select_estimate(estimate, from, evidence),
        (None, Some(test), _) => select_test(test, from, evidence),
        (None, None, term) => {
            let term = term.as_deref().unwrap_or_default();
            match components().find(|(label, _)| label == term) {
                Some((_, quantity)) if from.figure == FigureName::Estimate => Ok(quantity),
                Some((label, _)) => Err(format!("`{label}` has no figure but estimate")),
                None => Err(format!(
                    "there is no `{term}`{}",
                    suggestion(term, labels().iter().map(String::as_str))
                )),
            }
        }
    }
}

fn select_test(test: &JointTest, from: &Selector, evidence: Evidence) -> Result<Quantity, String> {
    let plain = |name: &str, value: Option<f64>| {
        let what = format!("{name} of {}", test.label);
        value
            .map(|value| Quantity::plain(&what, value, evidence))
            .ok_or_else(|| format!("{what} is undefined"))
    };
    match from.figure {
        FigureName::Statistic => {
            let mut quantity = plain("statistic", test.statistic)?;
            quantity.p_value = test.p_value;
            Ok(quantity)
        }
        FigureName::Df => plain("degrees of freedom", test.reference.df()),
        FigureName::PValue => plain("p", test.p_value),
        FigureName::N => plain("n", Some(test.sample.rows as f64)),
        other => Err(format!(
            "a test has no `{}`; it has statistic, df, p_value, n",
            other.name()
        )),
    }
}

fn select_estimate(
    estimate: &Estimate,
    from: &Selector,
    evidence: Evidence,
) -> Result<Quantity, String> {
    let plain = |name: &str, value: Option<f64>| {
        let what = format!("{name} of {}", estimate.label);
        value
            .map(|value| Quantity::plain(&what, value, evidence))
            .ok_or_else(|| format!("{what} is undefined"))
    };
    let at_edge = || "the estimate lies at the edge of its scale".to_owned();
    match from.figure {
        FigureName::Estimate => Quantity::estimate(estimate, evidence).ok_or_else(at_edge),
        FigureName::Coefficient => Quantity::coefficient(estimate, evidence).ok_or_else(at_edge),
        FigureName::StdError => plain("standard error", estimate.std_error),
        FigureName::Statistic => {
            let mut quantity = plain("statistic", estimate.statistic())?;
            quantity.p_value = estimate.p_value;
            Ok(quantity)
        }
        FigureName::PValue => plain("p", estimate.p_value),
        FigureName::Df => plain("degrees of freedom", estimate.reference.df()),
        FigureName::N => plain("n", Some(estimate.sample.rows as f64)),
        other => Err(format!(
            "an estimate has no `{}`; it has estimate, coefficient, std_error, statistic, p_value, df, n",
            other.name()
        )),
    }
}

/// A field that the result has no use for was meant for something else.
fn refuse_what_means_nothing(output: &Output, from: &Selector) -> Result<(), String> {
    let (kind, used): (&str, &[&str]) = match output {
        Output::Summaries { .. } => ("a summary", &["variable", "arm", "wave", "level"]),
        Output::Flow(_) => ("a flow", &["arm", "wave"]),
        Output::Lm(_) => ("a model", &["term"]),
        Output::Answer(_) => ("a method", &["term"]),
        Output::Tables(_) => ("a table of people", &[]),
        Output::PossibleSums(_) => ("a range of sums", &[]),
    };
    let given = [
        ("variable", &from.variable),
        ("arm", &from.arm),
        ("wave", &from.wave),
        ("level", &from.level),
        ("term", &from.term),
    ];
    match given
        .iter()
        .find(|(name, value)| value.is_some() && !used.contains(name))
    {
        None => Ok(()),
        Some((name, _)) => Err(format!("{kind} has no use for `{name}`; leave it out")),
    }
}

fn select_summary(
    summaries: &[Summary],
    from: &Selector,
    arm: Option<&str>,
    evidence: Evidence,
) -> Result<Quantity, String> {
    let mut matching = summaries.iter().filter(|summary| {
        let wanted = summary.strata.iter().map(|stratum| {
            let wanted = if Some(stratum.variable.as_str()) == arm {
                &from.arm
            } else {
                &from.wave
            };
            wanted.as_ref() == Some(&stratum.level)
        });
        let given = usize::from(from.arm.is_some()) + usize::from(from.wave.is_some());
        let strata_match = summary.strata.len() == given && wanted.clone().all(|fits| fits);
        strata_match
            && from
                .variable
                .as_ref()
                .is_none_or(|variable| summary.variable == *variable)
    });
    let Some(summary) = matching.next() else {
        return Err(no_summary(summaries, from));
    };
    if matching.next().is_some() {
        return Err("several summaries fit; name the `variable`".to_owned());
    }
    let what = |name: &str| format!("{name} of {} ({})", summary.variable, summary.of());
    let plain = |name: &str, value: Option<f64>| {
        value
            .map(|value| Quantity::plain(what(name), value, evidence))
            .ok_or_else(|| format!("{} is undefined", what(name)))
    };
    match &summary.kind {
        SummaryKind::Levels(levels) => {
            if let (FigureName::N, None) = (from.figure, &from.level) {
                return plain("n", Some(summary.n as f64));
            }
            let names = || levels.iter().map(|level| level.level.as_str());
            let name = from.level.as_ref().ok_or("a factor needs `level`")?;
            let level = levels
                .iter()
                .find(|count| count.level == *name)
                .ok_or_else(|| {
                    format!("there is no level `{name}`{}", suggestion(name, names()))
                })?;
            match from.figure {
                FigureName::N => plain(&format!("number with {name}"), Some(level.n as f64)),
                FigureName::Share => level
                    .share
                    .map(|share| {
                        Quantity::share(what(&format!("share with {name}")), share, evidence)
                    })
                    .ok_or_else(|| "nobody has a level".to_owned()),
                other => Err(format!(
                    "a factor has no `{}`; it has n, share",
                    other.name()
                )),
            }
        }
        SummaryKind::Numbers(figures) => match from.figure {
            FigureName::N => plain("n", Some(summary.n as f64)),
            FigureName::Missing => plain("number missing", Some(summary.missing as f64)),
            FigureName::Mean => {
                let mut quantity = plain("mean", figures.mean)?;
                quantity.std_error = figures.sd.map(|sd| sd / (summary.n as f64).sqrt());
                quantity.n = Some(summary.n);
                Ok(quantity)
            }
            FigureName::Sd => plain("standard deviation", figures.sd),
            FigureName::Median => plain("median", figures.median),
            FigureName::LowerQuartile => plain("lower quartile", figures.lower_quartile),
            FigureName::UpperQuartile => plain("upper quartile", figures.upper_quartile),
            FigureName::Min => plain("smallest value", figures.min),
            FigureName::Max => plain("largest value", figures.max),
            other => Err(format!(
                "a summary of numbers has no `{}`; it has n, missing, mean, sd, median, quartiles, min, max",
                other.name()
            )),
        },
    }
}

/// Which of `variable`, `arm` and `wave` fits no summary.
fn no_summary(summaries: &[Summary], from: &Selector) -> String {
    let unknown = |what: &str, name: &str, mut known: Vec<&str>| {
        known.dedup();
        (!known.contains(&name))
            .then(|| format!("there is no {what} `{name}`{}", suggestion(name, known)))
    };
    let variables = || {
        summaries
            .iter()
            .map(|summary| summary.variable.as_str())
            .collect()
    };
    let mut levels: Vec<&str> = summaries
        .iter()
        .flat_map(|s| &s.strata)
        .map(|s| s.level.as_str())
        .collect();
    levels.sort_unstable();
    from.variable
        .as_ref()
        .and_then(|name| unknown("variable", name, variables()))
        .or_else(|| {
            from.arm
                .as_ref()
                .and_then(|name| unknown("arm", name, levels.clone()))
        })
        .or_else(|| {
            from.wave
                .as_ref()
                .and_then(|name| unknown("wave", name, levels.clone()))
        })
        .unwrap_or_else(|| {
            let known: Vec<String> = summaries
                .iter()
                .map(|s| format!("{} ({})", s.variable, s.of()))
                .collect();
            format!(
                "name the `variable`, `arm` and `wave` of one of these: {}",
                known.join("; ")
            )
        })
}
