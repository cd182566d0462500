//! Claims of a protocol as targets.

use std::collections::HashSet;

use kring_core::{Published, Source, Target, TargetInterval, VerdictKind, suggestion};

use super::{Claim, FigureName, Protocol, checks};
use crate::Error;

/// A claim with its figures read.
pub(super) struct ReadClaim<'a> {
    pub claim: &'a Claim,
    pub target: Target,
}

/// What a protocol must not contradict; the fault in words.
pub(super) fn check_protocol(protocol: &Protocol) -> Result<(), String> {
    no_duplicates("claim", protocol.claims.iter().map(|c| c.id.as_str()))?;
    no_duplicates(
        "analysis",
        protocol.analyses.iter().map(|a| a.head.id.as_str()),
    )?;
    no_duplicates("check", protocol.checks.iter().map(|c| c.head.id.as_str()))?;
    no_duplicates("source", protocol.sources.iter().map(|s| s.id.as_str()))?;
    no_duplicates("chart", protocol.charts.iter().map(|c| c.id.as_str()))?;
    let analyses = || protocol.analyses.iter().map(|a| a.head.id.as_str());
    for claim in &protocol.claims {
        let fault = |why: &str| Err(format!("claim `{}`: {why}", claim.id));
        if claim.value.is_some() == claim.statement.is_some() {
            return fault(
                "expected either `value` (a figure as printed) or `statement` (a claim without a number)",
            );
        }
        if claim.statement.is_some() && claim.from.is_some() {
            return fault(
                "a `statement` has no number to compare: say in `why` what it would need, or give `value`",
            );
        }
        match (&claim.from, &claim.why) {
            (Some(_), Some(_)) => {
                return fault(
                    "`why` says that it cannot be reproduced, `from` how it is: keep one",
                );
            }
            (None, None) => {
                return fault(
                    "expected `from` (the analysis it is compared with) or `why` (it cannot be reproduced)",
                );
            }
            (Some(from), None) if !analyses().any(|id| id == from.analysis) => {
                let suggestion = suggestion(&from.analysis, analyses());
                return fault(&format!(
                    "there is no analysis `{}`{suggestion}",
                    from.analysis
                ));
            }
            _ => {}
        }
        if !protocol
            .sources
            .iter()
            .any(|source| source.id == claim.source)
        {
            let known = protocol.sources.iter().map(|source| source.id.as_str());
            return fault(&format!(
                "there is no source `{}`{}",
                claim.source,
                suggestion(&claim.source, known)
            ));
        }
        read(claim, protocol)?;
    }
    for chart in &protocol.charts {
        for (when, id) in chart.series.values().flatten() {
            let fault = |why: String| format!("chart `{}`: {why}", chart.id);
            let claim = find(protocol, id).map_err(fault)?;
            if read(claim, protocol)?.value.value().is_none() {
                return Err(fault(format!(
                    "claim `{id}` is not one number, so it cannot be drawn"
                )));
            }
            if !when.parse().is_ok_and(f64::is_finite) {
                return Err(fault(format!(
                    "the time '{when}' of claim `{id}` is not a number"
                )));
            }
        }
    }
    checks::findings(protocol)
        .map(|_| ())
        .map_err(|error| error.to_string())
}

/// Every claim with its figures read, in order.
pub(super) fn targets(protocol: &Protocol) -> Result<Vec<ReadClaim<'_>>, Error> {
    protocol
        .claims
        .iter()
        .map(|claim| {
            let target = read(claim, protocol).map_err(|why| Error::Argument {
                what: "the protocol".to_owned(),
                why,
            })?;
            Ok(ReadClaim { claim, target })
        })
        .collect()
}

fn no_duplicates<'a>(what: &str, ids: impl Iterator<Item = &'a str>) -> Result<(), String> {
    let mut seen = HashSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(format!(
                "the {what} `{id}` stands twice; give each its own id"
            ));
        }
    }
    Ok(())
}

pub(super) fn read(claim: &Claim, protocol: &Protocol) -> Result<Target, String> {
    let parse = |field: &str, text: &str| {
        Published::parse(text, claim.locale)
            .map_err(|error| format!("claim `{}`, {field}: {error}", claim.id))
    };
    let value = match (&claim.value, &claim.statement) {
        (Some(value), _) => {
            let figure = parse("value", value)?;
            let figure = if claim.count {
                figure.counted()
            } else {
                figure
            };
            match &claim.printed {
                Some(printed) => figure.printed_as(printed),
                None => figure,
            }
        }
        (None, statement) => Published::words(statement.clone().unwrap_or_default()),
    };
    let interval = match &claim.interval {
        Some([low, high]) => Some(TargetInterval {
            low: parse("interval", low)?,
            high: parse("interval", high)?,
            level: claim.level.unwrap_or(0.95),
        }),
        None => None,
    };
    let p_value = part(claim, "p_value", claim.p_value.as_deref())?;
    // They are read again for the checks; what cannot be read is said before any check runs.
    part(claim, "sd", claim.sd.as_deref())?;
    part(claim, "std_error", claim.std_error.as_deref())?;
    let source = protocol
        .sources
        .iter()
        .find(|source| source.id == claim.source);
    let source = source.map_or_else(Source::default, |source| Source {
        id: source.id.clone(),
        authors: source.authors.clone(),
        year: source.year,
        title: source.title.clone(),
        doi: source.doi.clone(),
        url: source.url.clone(),
        page: claim.page.clone(),
        table: claim.table.clone(),
        quote: claim.quote.clone(),
    });
    let by_default = if claim.from.is_some() {
        VerdictKind::Reproduced
    } else {
        VerdictKind::NotReproducible
    };
    Ok(Target {
        id: claim.id.clone(),
        label: claim.label.clone(),
        indicator: claim.indicator.clone(),
        group: claim.group.clone(),
        wave: claim.wave.clone(),
        value,
        interval,
        p_value,
        sample: claim.sample,
        source,
        seen: claim.seen,
        note: claim.note.clone(),
        expect: claim.expect.unwrap_or(by_default),
    })
}

pub(super) fn find<'a>(protocol: &'a Protocol, id: &str) -> Result<&'a Claim, String> {
    protocol
        .claims
        .iter()
        .find(|claim| claim.id == id)
        .ok_or_else(|| {
            let known = protocol.claims.iter().map(|claim| claim.id.as_str());
            format!("there is no claim `{id}`{}", suggestion(id, known))
        })
}

/// A figure that a claim prints beside its value.
pub(super) fn part(
    claim: &Claim,
    field: &str,
    text: Option<&str>,
) -> Result<Option<Published>, String> {
    let parse = |text| {
        Published::parse(text, claim.locale)
            .map_err(|error| format!("claim `{}`, {field}: {error}", claim.id))
    };
    text.map(parse).transpose()
}

impl FigureName {
    /// The name as a protocol writes it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::N => "n",
            Self::Missing => "missing",
            Self::Mean => "mean",
            Self::Sd => "sd",
            Self::Median => "median",
            Self::LowerQuartile => "lower_quartile",
            Self::UpperQuartile => "upper_quartile",
            Self::Min => "min",
            Self::Max => "max",
            Self::Share => "share",
            Self::Statistic => "statistic",
            Self::Df => "df",
            Self::PValue => "p_value",
            Self::Estimate => "estimate",
            Self::Coefficient => "coefficient",
            Self::StdError => "std_error",
        }
    }
}
