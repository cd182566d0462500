//! The checks of a protocol: those that it declares, and those that each claim's figures allow.

use kring_core::{Finding, Locale, Outcome, Published, Target, TargetInterval};

use super::claims::{ReadClaim, find, part, read, targets};
use super::{CheckSpec, Claim, Protocol, Study};
use crate::Error;
use crate::check::{self, Figures, Found, GroupMean, IntervalTest, Spread};

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
        let (found, used) = run(&entry.kind, protocol).map_err(fault)?;
        let found = found.map_err(|error| fault(error.to_string()))?;
        let claims = used.into_iter().filter_map(|named| named.claim).collect();
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
        let fault = |error: kring_check::Error| Error::Argument {
            what: format!("claim `{}`", claim.id),
            why: error.to_string(),
        };
        let figures = figures(claim, &target).map_err(|why| Error::Argument {
            what: "the protocol".to_owned(),
            why,
        })?;
        for found in figures.check().map_err(fault)? {
            let expect = claim.expect_finding.of(found.kind);
            let used = vec![claim.id.clone()];
            findings.push(finding(claim.id.clone(), found, used, expect));
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

/// What a check found, and the figures that it used.
type Ran = (Result<Found, kring_check::Error>, Vec<Named>);

fn run(spec: &CheckSpec, protocol: &Protocol) -> Result<Ran, String> {
    let named = |name: &String| Named::of(name, protocol);
    let printed = |name: &String| Named::as_printed(name, protocol);
    let all = |names: &[String]| names.iter().map(named).collect::<Result<Vec<_>, _>>();
    Ok(match spec {
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
            let [a, b, c] = used.each_ref().map(|named| &named.figure);
            (check::difference(a, b, c), used.into())
        }
        CheckSpec::Share {
            part,
            whole,
            result,
        } => {
            let used = [named(part)?, named(whole)?, named(result)?];
            let [a, b, c] = used.each_ref().map(|named| &named.figure);
            (check::share(a, b, c), used.into())
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
            let options = IntervalTest {
                scale: *scale,
                null: *null,
                df: *df,
                sample: None,
            };
            interval_p(claim, &options, protocol)?
        }
        CheckSpec::Spread {
            n,
            sd,
            std_error,
            claim,
        } => {
            let parts = [sd, std_error, claim].map(Option::as_deref);
            spread(*n, parts, protocol)?
        }
    })
}

fn shown(named: &[Named]) -> Vec<&Published> {
    named.iter().map(|named| &named.figure).collect()
}

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

fn interval_p(id: &str, options: &IntervalTest, protocol: &Protocol) -> Result<Ran, String> {
    let (target, interval) = with_interval(id, protocol)?;
    let p = target.p_value.as_ref();
    let p = p.ok_or_else(|| format!("claim `{id}` prints no `p_value`"))?;
    let found = check::interval_p_value(&target.value, &interval, p, options);
    Ok((found, vec![Named::target(target)]))
}

/// Of a standard deviation, a standard error and a claim with an interval, as far as they are named.
fn spread(n: usize, parts: [Option<&str>; 3], protocol: &Protocol) -> Result<Ran, String> {
    let [sd, std_error, claim] = parts;
    let printed = |name: &str| Named::as_printed(name, protocol);
    let sd = sd.map(printed).transpose()?;
    let std_error = std_error.map(printed).transpose()?;
    let interval = claim.map(|claim| with_interval(claim, protocol));
    let interval = interval.transpose()?;
    let found = check::spread(&Spread {
        n,
        sd: sd.as_ref().map(|sd| &sd.figure),
        std_error: std_error.as_ref().map(|se| &se.figure),
        interval: interval.as_ref().map(|(_, interval)| interval),
    });
    let mean = interval.map(|(target, _)| Named::target(target));
    Ok((found, mean.into_iter().chain(sd).chain(std_error).collect()))
}

/// A claim that prints an interval, with it.
fn with_interval(id: &str, protocol: &Protocol) -> Result<(Target, TargetInterval), String> {
    let target = read(find(protocol, id)?, protocol)?;
    let interval = target.interval.clone();
    let interval = interval.ok_or_else(|| format!("claim `{id}` prints no `interval`"))?;
    Ok((target, interval))
}
