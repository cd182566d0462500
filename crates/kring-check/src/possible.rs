//! Can a figure be at all? A mean lies on its scale, a p-value from 0 to 1.

use kring_core::{CheckKind, Published};

use crate::range::{Range, admitted};
use crate::{Found, Scale, outcome};

/// Does this mean lie on the scale of what was averaged?
///
/// ```
/// use kring_check::{self as check, Scale};
/// use kring_core::{Locale, Outcome, Published};
/// let mean = Published::parse("5.3", Locale::English)?;
/// assert_eq!(check::on_scale(&mean, Scale { low: 1, high: 5 }).outcome, Outcome::Inconsistent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn on_scale(mean: &Published, scale: Scale) -> Found {
    let (low, high) = (f64::from(scale.low), f64::from(scale.high));
    within(
        mean,
        low,
        high,
        "the scale",
        "A mean lies between the lowest and the highest answer",
    )
}

/// Can this p-value be one?
pub fn probability(p: &Published) -> Found {
    within(
        p,
        0.0,
        1.0,
        "p-values",
        "A p-value is a probability, from 0 to 1: a slip.",
    )
}

fn within(figure: &Published, low: f64, high: f64, what: &str, rule: &str) -> Found {
    let printed = Range::of(figure, true);
    let possible = Range { low, high };
    let fits = printed.meets(possible);
    Found {
        kind: CheckKind::Range,
        outcome: outcome(fits),
        arithmetic: format!(
            "{what}: {}; printed {}, which admits {}",
            admitted(possible),
            figure.text,
            admitted(printed)
        ),
        meaning: if fits {
            "It lies where it can.".to_owned()
        } else {
            rule.to_owned()
        },
    }
}
