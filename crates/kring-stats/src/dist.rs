//! Probabilities and quantiles: the one door to the libraries of special functions.
//!
//! Tails are computed as tails, never as one minus a probability. cdflib (AS 708, ACM 654) gives
//! central tails to 1e-11 or better; its quantiles stop at 1e-8, so they are polished here by
//! Newton's method on the logarithm of the tail, with densities from statrs.
//!
//! One distribution, one file: [`Beta`], [`Gamma`], [`Count`] (Poisson, negative binomial, binomial,
//! beta-binomial), [`StudentizedRange`] and [`MultivariateT`]. [`StudentTest`] decides very many t tests. `special` has the gamma function and its derivatives,
//! `counts` the probabilities and tails of counts.

mod beta;
mod count;
pub(crate) mod counts;
mod decide;
pub(crate) mod discrete;
mod gamma;
mod multivariate_t;
pub mod noncentral;
pub(crate) mod normal;
pub(crate) mod rising;
pub(crate) mod special;
mod studentized_range;
pub(crate) mod tilted;

pub use beta::Beta;
use cdflib::traits::ContinuousCdf;
pub use count::Count;
pub use decide::StudentTest;
pub use gamma::Gamma;
use kring_core::{Alternative, Reference};
pub use multivariate_t::{Integral, MultivariateT, QuasiMonteCarlo};
use statrs::distribution::Continuous;
pub use studentized_range::StudentizedRange;

use crate::Error;

/// The upper tail of a reference distribution at `x`.
pub fn upper_tail(x: f64, reference: Reference) -> Result<f64, Error> {
    let x = not_nan("the statistic", x)?;
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
    not_nan("the tail of the statistic", tail)
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

/// The value that a variable exceeds with probability `tail`.
pub fn upper_quantile(tail: f64, reference: Reference) -> Result<f64, Error> {
    check_tail(tail)?;
    match reference {
        Reference::Normal | Reference::StudentT { .. } => symmetric_quantile(tail, reference),
        Reference::ChiSquared { df } => {
            Gamma::new(positive("degrees of freedom", df)? / 2.0, 2.0)?.upper_quantile(tail)
        }
        Reference::F {
            numerator,
            denominator,
        } => {
            // X = (ν₂/ν₁) B/(1 − B), B a beta variable.
            let m = positive("the numerator's degrees of freedom", numerator)?;
            let n = positive("the denominator's degrees of freedom", denominator)?;
            let beta = Beta::new(m / 2.0, n / 2.0)?;
            let logit = if tail > 0.5 {
                beta.lower_logit(1.0 - tail)?
            } else {
                beta.upper_logit(tail)?
            };
            let x = n / m * logit.exp();
            if x.is_finite() {
                Ok(x)
            } else {
                Err(no_quantile(tail))
            }
        }
        _ => Err(Error::Unsupported {
            what: "a quantile of an exact or resampled distribution".to_owned(),
            hint: "these carry their interval with them".to_owned(),
        }),
    }
}

/// A quantile of a distribution that is the same on both sides of zero.
fn symmetric_quantile(tail: f64, reference: Reference) -> Result<f64, Error> {
    if tail > 0.5 {
        return Ok(-symmetric_quantile(1.0 - tail, reference)?);
    }
    if tail == 0.5 {
        return Ok(0.0);
    }
    let failed = || no_quantile(tail);
    let Reference::StudentT { df } = reference else {
        let start = cdflib::Normal::standard()
            .inverse_ccdf(tail)
            .map_err(|_| failed())?;
        let normal = statrs::distribution::Normal::standard();
        return Ok(polish(
            start,
            tail,
            |x| cdflib::Normal::standard().ccdf(x),
            |x| normal.pdf(x),
        ));
    };
    let t = cdflib::StudentsT::new(positive("degrees of freedom", df)?);
    let start = t.inverse_ccdf(tail).map_err(|_| failed())?;
    let density = statrs::distribution::StudentsT::new(0.0, 1.0, df).map_err(|_| failed())?;
    Ok(polish(start, tail, |x| t.ccdf(x), |x| density.pdf(x)))
}

/// ψ(x), the derivative of ln Γ, for x above zero.
pub fn digamma(x: f64) -> Result<f64, Error> {
    Ok(special::digamma(positive("the argument of ψ", x)?))
}

/// ψ′(x), the second derivative of ln Γ, for x above zero.
pub fn trigamma(x: f64) -> Result<f64, Error> {
    Ok(special::trigamma(positive("the argument of ψ′", x)?))
}

/// ln Γ(x) for x above zero.
pub fn ln_gamma(x: f64) -> Result<f64, Error> {
    Ok(special::ln_gamma(positive("the argument of Γ", x)?))
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

/// A number, or what the library of special functions gives where it gives up.
fn not_nan(what: &str, x: f64) -> Result<f64, Error> {
    if x.is_nan() {
        return Err(Error::Argument {
            what: what.to_owned(),
            expected: "a number",
            found: "not one".to_owned(),
        });
    }
    Ok(x)
}

/// A probability strictly between 0 and 1.
fn check_tail(tail: f64) -> Result<(), Error> {
    if tail > 0.0 && tail < 1.0 {
        return Ok(());
    }
    Err(Error::Argument {
        what: "the tail probability".to_owned(),
        expected: "a number between 0 and 1",
        found: tail.to_string(),
    })
}

fn no_quantile(tail: f64) -> Error {
    Error::Argument {
        what: "the tail probability".to_owned(),
        expected: "one that is not too small",
        found: tail.to_string(),
    }
}

/// P(Z > z) of a standard normal.
pub(crate) fn upper_normal(z: f64) -> f64 {
    cdflib::special::error_fc(z / std::f64::consts::SQRT_2) / 2.0
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

    /// From `reference/scripts/special.py quantiles`.
    #[test]
    fn quantiles_of_skewed_distributions() {
        let gamma = |shape| Gamma::new(shape, 1.0).unwrap();
        for (shape, p, truth) in [
            (0.5, 0.025, 0.000_491_034_558_587_628),
            (0.01, 0.5, 4.465_535_018_910_355e-31),
            (5.0, 1e-9, 0.041_576_137_242_765_48),
            (200.0, 0.3, 192.349_203_034_976_98),
            (0.1, 1e-20, 6.073_048_362_408_035e-201),
        ] {
            close(gamma(shape).lower_quantile(p).unwrap(), truth, 1e-12);
        }
        for (shape, p, truth) in [
            (0.5, 0.05, 1.920_729_410_347_063),
            (2.0, 1e-12, 31.099_873_195_769_15),
            (50.0, 0.001, 74.724_626_389_519_36),
            (0.05, 1e-30, 62.170_355_547_226_26),
        ] {
            close(gamma(shape).upper_quantile(p).unwrap(), truth, 1e-13);
        }
        for (a, b, p, truth) in [
            (2.0, 3.0, 1e-20, 4.082_482_904_749_741e-11),
            (0.1, 0.1, 0.025, 8.458_405_166_196_46e-14),
            (3.0, 8.0, 0.025, 0.066_739_511_177_734_47),
            (500.0, 0.5, 0.5, 0.999_544_939_631_858_2),
            (30.0, 1.0, 0.999, 0.999_966_650_544_986),
        ] {
            let beta = Beta::new(a, b).unwrap();
            close(beta.lower_quantile(p).unwrap(), truth, 1e-13);
        }
        for (numerator, denominator, p, truth) in [
            (2.5, 12.5, 0.05, 3.615_904_646_446_734_2),
            (1.0, 400.0, 0.01, 6.698_655_421_263_993),
            (90.0, 3.0, 1e-6, 12_475.000_297_606_12),
        ] {
            let f = Reference::F {
                numerator,
                denominator,
            };
            close(upper_quantile(p, f).unwrap(), truth, 1e-13);
            close(upper_tail(truth, f).unwrap(), p, 1e-12);
        }
        let chi_squared = Reference::ChiSquared { df: 1.0 };
        let z = critical(0.95, Reference::Normal).unwrap();
        close(upper_quantile(0.05, chi_squared).unwrap(), z * z, 1e-14);
        close(
            upper_quantile(0.95, chi_squared).unwrap(),
            0.003_932_140_000_019_52,
            1e-12,
        );
    }

    /// Quantile and tail undo one another, whatever the shape.
    #[test]
    fn quantiles_undo_tails() {
        for a in [1e-3, 0.3, 1.0, 7.5, 400.0, 1e6] {
            for p in [1e-200, 1e-9, 0.2, 0.5, 0.8, 0.999] {
                let gamma = Gamma::new(a, 3.0).unwrap();
                let x = gamma.upper_quantile(p).unwrap();
                if x > 1e-300 {
                    close(gamma.upper_tail(x).unwrap(), p, 1e-8);
                }
                let x = gamma.lower_quantile(p).unwrap();
                if x > 1e-300 {
                    close(gamma.lower_tail(x).unwrap(), p, 1e-8);
                }
                for b in [0.02, 2.0, 1e5] {
                    let beta = Beta::new(a, b).unwrap();
                    let x = beta.lower_quantile(p).unwrap();
                    if x > 1e-300 && x < 0.999 {
                        close(beta.lower_tail(x).unwrap(), p, 1e-8);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_outside_its_range_is_refused() {
        assert!(digamma(0.0).is_err() && trigamma(-1.0).is_err() && ln_gamma(f64::NAN).is_err());
        assert!(Gamma::new(0.0, 1.0).is_err() && Beta::new(1.0, f64::INFINITY).is_err());
        assert!(Gamma::new(1.0, 1.0).unwrap().lower_quantile(0.0).is_err());
        assert!(StudentizedRange::new(1, 5.0).is_err() && StudentizedRange::new(3, 0.0).is_err());
        assert!(
            StudentizedRange::new(3, 5.0)
                .unwrap()
                .upper_tail(f64::NAN)
                .is_err()
        );
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
