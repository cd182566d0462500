use kring_core::Reference;
use kring_stats::dist::{
    Beta, Count, Gamma, StudentizedRange, digamma, trigamma, upper_quantile, upper_tail,
};
use serde_json::{Value, json};

use super::number;
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

/// Tails and quantiles under the names of R's functions; `_upper` is an upper tail.
#[allow(clippy::unnecessary_wraps, reason = "the signature of every kind")]
pub fn answers(case: &Case) -> Result<Vec<Answer>, Error> {
    Ok(case.answer(|field| {
        let args = field.expected.get("args").cloned().unwrap_or_default();
        let numbers: Vec<f64> = match &args {
            Value::Array(args) => args.iter().filter_map(Value::as_f64).collect(),
            one => one.as_f64().into_iter().collect(),
        };
        let value = match (field.name, numbers.as_slice()) {
            // Symmetric distributions: a lower tail is the upper tail of −x.
            ("pt", &[x, df]) => upper_tail(-x, Reference::StudentT { df })?,
            ("qt", &[p, df]) => -upper_quantile(p, Reference::StudentT { df })?,
            ("qnorm", &[p]) => -upper_quantile(p, Reference::Normal)?,
            ("pchisq_upper", &[x, df]) => upper_tail(x, Reference::ChiSquared { df })?,
            ("pf_upper", &[x, numerator, denominator]) => upper_tail(
                x,
                Reference::F {
                    numerator,
                    denominator,
                },
            )?,
            ("qchisq_upper", &[p, df]) => upper_quantile(p, Reference::ChiSquared { df })?,
            ("qf_upper", &[p, numerator, denominator]) => upper_quantile(
                p,
                Reference::F {
                    numerator,
                    denominator,
                },
            )?,
            ("pnbinom", &[y, size, mean]) => {
                Count::NegativeBinomial { mean, size }.lower_tail(whole(y)?)?
            }
            ("pnbinom_upper", &[y, size, mean]) => {
                Count::NegativeBinomial { mean, size }.upper_tail(whole(y)?)?
            }
            ("dnbinom_log", &[y, size, mean]) => {
                probability(Count::NegativeBinomial { mean, size }, y)?
            }
            ("ppois_upper", &[y, mean]) => Count::Poisson { mean }.upper_tail(whole(y)?)?,
            ("dpois_log", &[y, mean]) => probability(Count::Poisson { mean }, y)?,
            ("pbinom_upper", &[y, trials, chance]) => {
                let trials = whole(trials)?;
                Count::Binomial { trials, chance }.upper_tail(whole(y)?)?
            }
            ("dbinom_log", &[y, trials, chance]) => {
                let trials = whole(trials)?;
                probability(Count::Binomial { trials, chance }, y)?
            }
            ("dbbinom_log", &[y, trials, a, b]) => {
                let trials = whole(trials)?;
                probability(Count::BetaBinomial { trials, a, b }, y)?
            }
            ("qgamma", &[p, shape, scale]) => Gamma::new(shape, scale)?.lower_quantile(p)?,
            ("qbeta", &[p, a, b]) => Beta::new(a, b)?.lower_quantile(p)?,
            ("ptukey_upper", &[q, groups, df]) => range(groups, df)?.upper_tail(q)?,
            ("qtukey_upper", &[p, groups, df]) => range(groups, df)?.upper_quantile(p)?,
            ("digamma", &[x]) => digamma(x)?,
            ("trigamma", &[x]) => trigamma(x)?,
            _ => return Ok(None),
        };
        Ok(Some(
            json!({ "call": field.name, "args": args, "value": number(value) }),
        ))
    }))
}

fn range(groups: f64, df: f64) -> Result<StudentizedRange, Error> {
    let groups = u32::try_from(whole(groups)?).map_err(|e| Error::Case(e.to_string()))?;
    Ok(StudentizedRange::new(groups, df)?)
}

fn probability(count: Count, y: f64) -> Result<f64, Error> {
    let found = count.ln_probability(whole(y)?)?;
    found.ok_or_else(|| Error::Case(format!("{y} is impossible")))
}

/// A count among the arguments of a call.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked just before"
)]
fn whole(x: f64) -> Result<u64, Error> {
    if x >= 0.0 && x.fract() == 0.0 && x < 1e15 {
        return Ok(x as u64);
    }
    Err(Error::Case(format!("{x} is no count")))
}
