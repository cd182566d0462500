//! Probabilities and quantiles: the one door to the libraries of special functions.
//!
//! Tails are computed as tails, never as one minus a probability. cdflib (AS 708, ACM 654) gives
//! central tails to 1e-11 or better; its quantiles stop at 1e-8, so they are polished here by
//! Newton's method on the logarithm of the tail, with densities from statrs.

pub(crate) mod counts;
pub(crate) mod crossing;
pub(crate) mod discrete;
pub mod noncentral;
pub(crate) mod noncentral_chi_squared;
pub(crate) mod noncentral_f;
pub(crate) mod normal;
pub(crate) mod root;
pub(crate) mod special;
pub(crate) mod tilted;

use cdflib::traits::ContinuousCdf;
use kring_core::{Alternative, Reference};
use statrs::distribution::Continuous;

use crate::Error;

/// The upper tail of a reference distribution at `x`.
pub fn upper_tail(x: f64, reference: Reference) -> Result<f64, Error> {
    let tail = match reference {
        Reference::Normal => cdflib::Normal::standard().ccdf(x),
        Reference::StudentT { df } => {
            cdflib::StudentsT::new(positive("degrees of freedom", df)?).ccdf(x)
        }
        Reference::ChiSquared { df } => {
            cdflib::ChiSquared::new(positive("degrees of freedom", df)?).ccdf(x.max(0.0))
        }
        Reference::F {
            numerator,
            denominator,
        } => cdflib::FisherSnedecor::new(
            positive("the numerator's degrees of freedom", numerator)?,
            positive("the denominator's degrees of freedom", denominator)?,
        )
        .ccdf(x.max(0.0)),
        _ => {
            return Err(Error::Unsupported {
                what: "a tail of an exact or resampled distribution".to_owned(),
                hint: "these carry their p-value with them".to_owned(),
            });
        }
    };
    Ok(tail)
}

/// The p-value of a statistic.
///
/// χ² and F statistics are tested on their upper tail whatever the alternative.
pub fn p_value(
    statistic: f64,
    reference: Reference,
    alternative: Alternative,
) -> Result<f64, Error> {
    if !statistic.is_finite() {
        return Err(Error::Argument {
            what: "the statistic".to_owned(),
            expected: "a finite number",
            found: statistic.to_string(),
        });
    }
    if matches!(
        reference,
        Reference::ChiSquared { .. } | Reference::F { .. }
    ) {
        return upper_tail(statistic, reference);
    }
    match alternative {
        Alternative::TwoSided => Ok((2.0 * upper_tail(statistic.abs(), reference)?).min(1.0)),
        Alternative::Greater => upper_tail(statistic, reference),
        Alternative::Less => upper_tail(-statistic, reference),
    }
}

/// The value that a normal or t variable exceeds with probability `tail`.
pub fn upper_quantile(tail: f64, reference: Reference) -> Result<f64, Error> {
    if !(tail > 0.0 && tail < 1.0) {
        return Err(Error::Argument {
            what: "the tail probability".to_owned(),
            expected: "a number between 0 and 1",
            found: tail.to_string(),
        });
    }
    if tail > 0.5 {
        return Ok(-upper_quantile(1.0 - tail, reference)?);
    }
    if tail == 0.5 {
        return Ok(0.0);
    }
    let failed = || Error::Argument {
        what: "the tail probability".to_owned(),
        expected: "one that is not too small",
        found: tail.to_string(),
    };
    match reference {
        Reference::Normal => {
            let start = cdflib::Normal::standard()
                .inverse_ccdf(tail)
                .map_err(|_| failed())?;
            let normal = statrs::distribution::Normal::standard();
            Ok(polish(
                start,
                tail,
                |x| cdflib::Normal::standard().ccdf(x),
                |x| normal.pdf(x),
            ))
        }
        Reference::StudentT { df } => {
            let t = cdflib::StudentsT::new(positive("degrees of freedom", df)?);
            let start = t.inverse_ccdf(tail).map_err(|_| failed())?;
            let density =
                statrs::distribution::StudentsT::new(0.0, 1.0, df).map_err(|_| failed())?;
            Ok(polish(start, tail, |x| t.ccdf(x), |x| density.pdf(x)))
        }
        _ => Err(Error::Unsupported {
            what: "a quantile of this distribution".to_owned(),
            hint: "intervals use the normal and the t distribution".to_owned(),
        }),
    }
}

/// The half-width of a two-sided interval in standard errors: 1.96 for the normal at 0.95.
pub fn critical(level: f64, reference: Reference) -> Result<f64, Error> {
    check_level(level)?;
    upper_quantile((1.0 - level) / 2.0, reference)
}

/// A confidence level strictly between 0 and 1.
pub fn check_level(level: f64) -> Result<(), Error> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(Error::Argument {
        what: "the confidence level".to_owned(),
        expected: "a number between 0 and 1, such as 0.95",
        found: level.to_string(),
    })
}

/// Newton's method on ln S(x) = ln q, whose derivative is −f(x) / S(x).
fn polish(
    start: f64,
    tail: f64,
    survival: impl Fn(f64) -> f64,
    density: impl Fn(f64) -> f64,
) -> f64 {
    let mut x = start;
    for _ in 0..4 {
        let (s, f) = (survival(x), density(x));
        let step = (s / tail).ln() * s / f;
        if !step.is_finite() {
            return x;
        }
        x += step;
        if step.abs() <= 4.0 * f64::EPSILON * x.abs() {
            return x;
        }
    }
    x
}

fn positive(what: &str, df: f64) -> Result<f64, Error> {
    if df > 0.0 && df.is_finite() {
        return Ok(df);
    }
    Err(Error::Argument {
        what: what.to_owned(),
        expected: "a number above zero",
        found: df.to_string(),
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    fn close(ours: f64, truth: f64, relative: f64) {
        assert!(
            (ours / truth - 1.0).abs() < relative,
            "{ours} is not {truth}"
        );
    }

    /// Truth from mpmath with 40 digits (reference/scripts/quantiles.py).
    #[test]
    fn quantiles_are_right_to_the_last_digits() {
        let t = |tail, df| upper_quantile(tail, Reference::StudentT { df }).unwrap();
        close(t(0.025, 1e6), 1.959_966_356_814_107, 1e-13);
        close(t(0.025, 17.0), 2.109_815_577_833_317, 1e-13);
        close(t(0.025, 3.0), 3.182_446_305_283_709_6, 1e-13);
        close(t(0.025, 1.5), 6.016_663_104_427_931_9, 1e-12);
        close(
            critical(0.95, Reference::Normal).unwrap(),
            1.959_963_984_540_054_2,
            1e-15,
        );
        assert_eq!(upper_quantile(0.5, Reference::Normal).unwrap(), 0.0);
        close(
            upper_quantile(0.975, Reference::Normal).unwrap(),
            -1.959_963_984_540_054_2,
            1e-14,
        );
    }

    #[test]
    fn what_is_outside_its_range_is_refused() {
        assert!(critical(1.0, Reference::Normal).is_err());
        assert!(critical(f64::NAN, Reference::Normal).is_err());
        assert!(p_value(f64::NAN, Reference::Normal, Alternative::TwoSided).is_err());
        assert!(p_value(1.0, Reference::StudentT { df: 0.0 }, Alternative::TwoSided).is_err());
        assert!(p_value(1.0, Reference::Exact, Alternative::TwoSided).is_err());
        let p = |alternative| p_value(1.0, Reference::Normal, alternative).unwrap();
        close(p(Alternative::Less) + p(Alternative::Greater), 1.0, 1e-15);
        close(
            p(Alternative::TwoSided),
            2.0 * p(Alternative::Greater),
            1e-15,
        );
    }
}
