use kring_core::Reference;
use kring_stats::dist::{upper_quantile, upper_tail};
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
            _ => return Ok(None),
        };
        Ok(Some(
            json!({ "call": field.name, "args": args, "value": number(value) }),
        ))
    }))
}
