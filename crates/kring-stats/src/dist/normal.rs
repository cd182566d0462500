//! The standard normal on the scale of logarithms, where its tails do not vanish.
//!
//! ```text
//! Φ(x) = ½ e^(−x²/2) erfcx(−x/√2),  x ≤ 0,   erfcx(z) = e^(z²) erfc(z)
//! ```

use std::f64::consts::{FRAC_1_SQRT_2, LN_2, PI};

use cdflib::special::{error_fc, error_fc_scaled};

/// ln Φ(x)
pub(crate) fn ln_cdf(x: f64) -> f64 {
    if x > 0.0 {
        return (-0.5 * error_fc(x * FRAC_1_SQRT_2)).ln_1p();
    }
    error_fc_scaled(-x * FRAC_1_SQRT_2).ln() - 0.5 * x * x - LN_2
}

/// ln φ(x)
pub(crate) fn ln_density(x: f64) -> f64 {
    -0.5 * (x * x + (2.0 * PI).ln())
}

/// φ(x) / Φ(x), the inverse of Mills' ratio.
pub(crate) fn inverse_mills(x: f64) -> f64 {
    (ln_density(x) - ln_cdf(x)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Truth from mpmath with 30 digits: log(ncdf(x)).
    #[test]
    fn tails_do_not_vanish() {
        for (x, truth) in [
            (-40.0, -804.608_442_013_754),
            (-5.0, -15.064_998_393_988_726),
            (0.0, -std::f64::consts::LN_2),
            (1.0, -0.172_753_779_023_449_88),
        ] {
            assert!(
                (ln_cdf(x) / truth - 1.0).abs() < 1e-13,
                "{x}: {}",
                ln_cdf(x)
            );
        }
        assert!((ln_cdf(9.0) / -1.128_588_405_953_840_6e-19 - 1.0).abs() < 1e-12);
        // Far out, φ / Φ is −x.
        assert!((inverse_mills(-1e4) / 1e4 - 1.0).abs() < 1e-7);
    }
}
