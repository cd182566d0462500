//! Claims of a protocol as targets, and the checks of the published figures.

use std::collections::HashSet;

use kring_core::{
    CheckKind, Finding, Locale, Outcome, Published, Source, Target, TargetInterval, VerdictKind,
    suggestion,
};

use super::{CheckSpec, Claim, FigureName, Protocol, Study};
use crate::Error;
use crate::check::{self, Figures, Found, GroupMean, IntervalTest, Spread};

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
    findings(protocol)
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

fn read(claim: &Claim, protocol: &Protocol) -> Result<Target, String> {
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

fn find<'a>(protocol: &'a Protocol, id: &str) -> Result<&'a Claim, String> {
    protocol
        .claims
        .iter()
        .find(|claim| claim.id == id)
        .ok_or_else(|| {
            let known = protocol.claims.iter().map(|claim| claim.id.as_str());
            format!("there is no claim `{id}`{}", suggestion(id, known))
        })
}

impl Study {
    /// Runs every declared check, and on every claim all that its figures allow: GRIM, GRIMMER or
    /// DEBIT, its p-value, interval and standard error. No data are read.
    pub fn findings(&self) -> Result<Vec<Finding>, Error> {
        findings(&self.protocol)
    }
}

/// Runs every declared check, and on every claim all that its figures allow.
pub(super) fn findings(protocol: &Protocol) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for entry in &protocol.checks {
        let fault = |why: String| Error::Argument {
            what: format!("check `{}`", entry.head.id),
            why,
        };
        let (found, claims) = run(&entry.kind, protocol).map_err(fault)?;
        let meaning = match &entry.head.note {
            Some(note) => format!("{} {note}", found.meaning).trim().to_owned(),
            None => found.meaning.clone(),
        };
        findings.push(finding(
            entry.head.id.clone(),
            Found { meaning, ..found },
            claims,
            entry.head.expect,
        ));
    }
    for ReadClaim { claim, target } in targets(protocol)? {
        let fault = |error: Error| Error::Argument {
            what: format!("claim `{}`", claim.id),
            why: error.to_string(),
        };
        let figures = figures(claim, &target).map_err(|why| Error::Argument {
            what: "the protocol".to_owned(),
            why,
        })?;
        for found in figures.check().map_err(fault)? {
            let name = match found.kind {
                CheckKind::PValue => "p",
                kind => kind.name(),
            };
            let expect = claim.expect_finding.of(found.kind);
            let id = format!("{} ({name})", claim.id);
            findings.push(finding(id, found, vec![claim.id.clone()], expect));
        }
    }
    Ok(findings)
}

/// All that a claim prints, for the checks that run by themselves.
fn figures(claim: &Claim, target: &Target) -> Result<Figures, String> {
    Ok(Figures {
        sample: claim.sample,
        whole_items: claim.whole_items,
        scale: claim.scale,
        sd: part(claim, "sd", claim.sd.as_deref())?,
        std_error: part(claim, "std_error", claim.std_error.as_deref())?,
        interval: target.interval.clone(),
        interval_scale: claim.interval_scale,
        null: claim.null,
        p_value: target.p_value.clone(),
        test: claim.test,
        sides: claim.sides,
        ..Figures::of(target.value.clone())
    })
}

/// A figure that a claim prints beside its value.
fn part(claim: &Claim, field: &str, text: Option<&str>) -> Result<Option<Published>, String> {
    let parse = |text| {
        Published::parse(text, claim.locale)
            .map_err(|error| format!("claim `{}`, {field}: {error}", claim.id))
    };
    text.map(parse).transpose()
}

fn finding(id: String, found: Found, claims: Vec<String>, expect: Outcome) -> Finding {
    Finding {
        claims,
        expect,
        ..found.finding(id)
    }
}

/// A figure that a check names: a claim, or a number in digits.
struct Named {
    figure: Published,
    claim: Option<String>,
}

impl Named {
    /// A number in digits is meant exactly: "100%".
    fn of(name: &str, protocol: &Protocol) -> Result<Self, String> {
        let mut named = Self::as_printed(name, protocol)?;
        if named.claim.is_none() {
            named.figure = named.figure.counted();
        }
        Ok(named)
    }

    fn target(target: Target) -> Self {
        Self {
            figure: target.value,
            claim: Some(target.id),
        }
    }

    /// A number in digits stands as it was printed: "4.1", "< .05".
    fn as_printed(name: &str, protocol: &Protocol) -> Result<Self, String> {
        match find(protocol, name) {
            Ok(claim) => Ok(Self {
                figure: read(claim, protocol)?.value,
                claim: Some(claim.id.clone()),
            }),
            Err(unknown) => match Published::parse(name, Locale::English) {
                Ok(figure) => Ok(Self {
                    figure,
                    claim: None,
                }),
                Err(_) => Err(unknown),
            },
        }
    }
}

fn run(spec: &CheckSpec, protocol: &Protocol) -> Result<(Found, Vec<String>), String> {
    let named = |name: &String| Named::of(name, protocol);
    let printed = |name: &String| Named::as_printed(name, protocol);
    let all = |names: &[String]| names.iter().map(named).collect::<Result<Vec<_>, _>>();
    let (found, used) = match spec {
        CheckSpec::Sum { parts, total } => {
            let (parts, total) = (all(parts)?, named(total)?);
            let found = check::sum(&shown(&parts), &total.figure);
            (found, parts.into_iter().chain([total]).collect::<Vec<_>>())
        }
        CheckSpec::Difference {
            from,
            minus,
            result,
        } => {
            let used = [named(from)?, named(minus)?, named(result)?];
            let found = check::difference(&used[0].figure, &used[1].figure, &used[2].figure);
            (found, used.into())
        }
        CheckSpec::Share {
            part,
            whole,
            result,
        } => {
            let used = [named(part)?, named(whole)?, named(result)?];
            let found = check::share(&used[0].figure, &used[1].figure, &used[2].figure);
            (found, used.into())
        }
        CheckSpec::Product { factors, result } => {
            let (factors, result) = (all(factors)?, named(result)?);
            let found = check::product(&shown(&factors), &result.figure);
            (found, factors.into_iter().chain([result]).collect())
        }
        CheckSpec::Grim { claim, n, items } => {
            let used = named(claim)?;
            (check::grim(&used.figure, *n, *items), vec![used])
        }
        CheckSpec::Grimmer {
            mean,
            sd,
            n,
            items,
            scale,
        } => {
            let used = [printed(mean)?, printed(sd)?];
            let found = check::grimmer(&used[0].figure, &used[1].figure, *n, *items, *scale);
            (found, used.into())
        }
        CheckSpec::Debit { mean, sd, n } => {
            let used = [printed(mean)?, printed(sd)?];
            let found = check::debit(&used[0].figure, &used[1].figure, *n);
            (found, used.into())
        }
        CheckSpec::Shares {
            parts,
            n,
            categories,
        } => {
            let parts = parts.iter().map(printed).collect::<Result<Vec<_>, _>>()?;
            (check::shares(&shown(&parts), *n, *categories), parts)
        }
        CheckSpec::WeightedMean { parts, n, result } => weighted_mean(parts, n, result, protocol)?,
        CheckSpec::PValue {
            statistic,
            test,
            p,
            sides,
        } => {
            let used = [printed(statistic)?, printed(p)?];
            let found = check::p_value(&used[0].figure, *test, &used[1].figure, *sides);
            (found, used.into())
        }
        CheckSpec::Interval { claim, scale } => {
            let (target, interval) = with_interval(claim, protocol)?;
            let found = check::interval(&target.value, &interval, *scale);
            (found, vec![Named::target(target)])
        }
        CheckSpec::IntervalP {
            claim,
            scale,
            null,
            df,
        } => {
            let (target, interval) = with_interval(claim, protocol)?;
            let p = target.p_value.as_ref();
            let p = p.ok_or_else(|| format!("claim `{claim}` prints no `p_value`"))?;
            let options = IntervalTest {
                scale: *scale,
                null: *null,
                df: *df,
            };
            let found = check::interval_p_value(&target.value, &interval, p, &options);
            (found, vec![Named::target(target)])
        }
        CheckSpec::Spread {
            n,
            sd,
            std_error,
            claim,
        } => {
            let sd = sd.as_ref().map(printed).transpose()?;
            let std_error = std_error.as_ref().map(printed).transpose()?;
            let interval = claim.as_ref().map(|claim| with_interval(claim, protocol));
            let interval = interval.transpose()?;
            let found = check::spread(&Spread {
                n: *n,
                sd: sd.as_ref().map(|sd| &sd.figure),
                std_error: std_error.as_ref().map(|se| &se.figure),
                interval: interval.as_ref().map(|(_, interval)| interval),
            });
            let mean = interval.map(|(target, _)| Named::target(target));
            (found, mean.into_iter().chain(sd).chain(std_error).collect())
        }
    };
    let found = found.map_err(|error| error.to_string())?;
    Ok((
        found,
        used.into_iter().filter_map(|named| named.claim).collect(),
    ))
}

fn shown(named: &[Named]) -> Vec<&Published> {
    named.iter().map(|named| &named.figure).collect()
}

type Ran = (Result<Found, Error>, Vec<Named>);

fn weighted_mean(
    parts: &[String],
    n: &[String],
    result: &str,
    protocol: &Protocol,
) -> Result<Ran, String> {
    if !n.is_empty() && n.len() != parts.len() {
        return Err(format!(
            "expected one `n` for each of the {} parts or none, found {}",
            parts.len(),
            n.len()
        ));
    }
    let printed = |name: &String| Named::as_printed(name, protocol);
    let parts = parts.iter().map(printed).collect::<Result<Vec<_>, _>>()?;
    let sizes = n.iter().map(|name| Named::of(name, protocol));
    let sizes = sizes.collect::<Result<Vec<_>, _>>()?;
    let result = Named::as_printed(result, protocol)?;
    let groups: Vec<GroupMean<'_>> = parts
        .iter()
        .enumerate()
        .map(|(place, part)| GroupMean {
            mean: &part.figure,
            n: sizes.get(place).map(|size| &size.figure),
        })
        .collect();
    let found = check::weighted_mean(&groups, &result.figure);
    Ok((
        found,
        parts.into_iter().chain(sizes).chain([result]).collect(),
    ))
}

/// A claim that prints an interval, with it.
fn with_interval(id: &str, protocol: &Protocol) -> Result<(Target, TargetInterval), String> {
    let target = read(find(protocol, id)?, protocol)?;
    let interval = target.interval.clone();
    let interval = interval.ok_or_else(|| format!("claim `{id}` prints no `interval`"))?;
    Ok((target, interval))
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
            Self::StdError => "std_error",
        }
    }
}
