//! Sums, differences, shares and products of printed figures.

use kring_core::{CheckKind, Published};

use crate::Error;
use crate::range::{Range, admitted, number, tidy};
use crate::{Found, outcome};

/// Do the parts add up to the total?
pub fn sum(parts: &[&Published], total: &Published) -> Result<Found, Error> {
    number("a sum", total)?;
    for part in parts {
        number("a sum", part)?;
    }
    let ranges = parts.iter().map(|part| Range::of(part, false));
    let range = ranges.fold(Range::exactly(0.0), Range::plus);
    let exact: f64 = parts.iter().filter_map(|part| part.value()).sum();
    let terms: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
    Ok(judge(
        CheckKind::Sum,
        &format!("{} = {}", terms.join(" + "), tidy(exact)),
        range,
        total,
        false,
    ))
}

/// Is `result` the difference `from` − `minus`?
pub fn difference(from: &Published, minus: &Published, result: &Published) -> Result<Found, Error> {
    let (a, b) = (
        number("a difference", from)?,
        number("a difference", minus)?,
    );
    number("a difference", result)?;
    let range = Range::of(from, false).minus(Range::of(minus, false));
    let exact = format!("{} − {} = {}", from.text, minus.text, tidy(a - b));
    Ok(judge(CheckKind::Difference, &exact, range, result, false))
}

/// Is `result` the share `part` / `whole`?
pub fn share(part: &Published, whole: &Published, result: &Published) -> Result<Found, Error> {
    let (a, b) = (number("a share", part)?, number("a share", whole)?);
    number("a share", result)?;
    let w = Range::of(whole, false);
    if w.low <= 0.0 {
        return Err(Error::Argument {
            what: format!("the whole '{}' of a share", whole.text),
            why: "it must be above zero".to_owned(),
        });
    }
    let scale = if result.percent { 100.0 } else { 1.0 };
    let range = Range::of(part, false).over(w).times(Range::exactly(scale));
    let sign = if result.percent { "%" } else { "" };
    let exact = format!(
        "{} / {} = {}{sign}",
        part.text,
        whole.text,
        tidy(a / b * scale)
    );
    Ok(judge(CheckKind::Share, &exact, range, result, false))
}

/// Is `result` the product of the factors? Percentages count as shares.
pub fn product(factors: &[&Published], result: &Published) -> Result<Found, Error> {
    number("a product", result)?;
    let mut range = Range::exactly(1.0);
    let mut exact = 1.0;
    for factor in factors {
        range = range.times(Range::of(factor, true));
        exact *= number("a product", factor)? * if factor.percent { 0.01 } else { 1.0 };
    }
    let terms: Vec<&str> = factors.iter().map(|factor| factor.text.as_str()).collect();
    Ok(judge(
        CheckKind::Product,
        &format!("{} = {}", terms.join(" × "), tidy(exact)),
        range,
        result,
        true,
    ))
}

/// Whether what arithmetic admits and what was printed have a number in common.
pub(crate) fn judge(
    kind: CheckKind,
    exact: &str,
    range: Range,
    printed: &Published,
    as_share: bool,
) -> Found {
    let target = Range::of(printed, as_share);
    let fits = range.meets(target);
    let by_rounding = if range.low == range.high {
        String::new()
    } else {
        format!(", or {} with the rounding", admitted(range))
    };
    let stands_for = if target.low == target.high {
        String::new()
    } else {
        format!(", which stands for {}", admitted(target))
    };
    Found {
        kind,
        outcome: outcome(fits),
        arithmetic: format!("{exact}{by_rounding}; printed {}{stands_for}", printed.text),
        meaning: if fits {
            String::new()
        } else {
            "No numbers that would be printed so make the arithmetic come out.".to_owned()
        },
    }
}
