//! Sums that the likelihood of negative binomial counts is made of, long ones by Stirling's series.

/// Sums over j < y that a negative binomial count of size k brings along.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Rising {
    /// Σ ln(1 + j/k) = ln Γ(y + k) − ln Γ(k) − y ln k
    pub ln: f64,
    /// Σ k / (k + j)
    pub a: f64,
    /// Σ (k / (k + j))²
    pub b: f64,
    /// Σ (k / (k + j))³
    pub c: f64,
}

impl Rising {
    /// The sums over j < y from those over j < `from`.
    ///
    /// Long sums are the differences of Stirling's series of ln Γ, ψ, ψ′ and ψ″ at A = k + from and
    /// B = k + y (Abramowitz & Stegun 6.1.41, 6.3.18, 6.4.12, 6.4.13), written so that no digits cancel
    /// when k is large.
    pub fn up_to(mut self, from: f64, y: f64, k: f64) -> Self {
        const LONGEST: f64 = 256.0;
        const FIRST: f64 = 32.0;
        let long = y - from > LONGEST;
        let stop = if long { from + FIRST } else { y };
        let mut j = from;
        while j < stop {
            let share = k / (k + j);
            self.ln += (j / k).ln_1p();
            self.a += share;
            self.b += share * share;
            self.c += share * share * share;
            j += 1.0;
        }
        if long {
            let (a, b, m) = (k + stop, k + y, y - stop);
            let less = |power: i32| b.powi(-power) - a.powi(-power);
            let ln = (m / a).ln_1p();
            self.ln += (b - 0.5) * ln + m * (stop / k).ln_1p() - m + less(1) / 12.0
                - less(3) / 360.0
                + less(5) / 1260.0;
            self.a += k * (ln - less(1) / 2.0 - less(2) / 12.0 + less(4) / 120.0 - less(6) / 252.0);
            self.b += k
                * k
                * (m / (a * b) - less(2) / 2.0 - less(3) / 6.0 + less(5) / 30.0 - less(7) / 42.0);
            // ½ (ψ″(B) − ψ″(A)); 1/A² − 1/B² = m (A + B) / (A B)²
            self.c += k.powi(3) / 2.0
                * (m / (a * b) * (a + b) / (a * b) - less(3) - less(4) / 2.0 + less(6) / 6.0
                    - less(8) / 6.0);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sums_are_the_sums() {
        for k in [1e-3, 0.7, 30.0, 1e5, 1e14] {
            let long = Rising::default().up_to(0.0, 9000.0, k);
            let mut short = Rising::default();
            for y in 0..9000 {
                short = short.up_to(f64::from(y), f64::from(y + 1), k);
            }
            for (long, short) in [
                (long.ln, short.ln),
                (long.a, short.a),
                (long.b, short.b),
                (long.c, short.c),
            ] {
                assert!(
                    (long - short).abs() < 1e-10 * short.abs().max(0.1),
                    "{k}: {long} {short}"
                );
            }
        }
    }
}
