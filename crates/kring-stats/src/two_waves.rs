//! The ratio of the rates of two arms over two waves, from the counts themselves.
//!
//! ```text
//! model      log E y = α + λ later + γ group + δ later·group: each of the four cells has a mean m, so
//! estimate   of an arm  l = log m_a − log m_b;   δ = l_other − l_reference
//! error      person i: z_i = y_ia/m_a − y_ib/m_b, Σ z_i = 0. A person's two rows lie in two cells, each
//!            with leverage 1/n: CR2 multiplies by n/(n − 1), and var l = s²/n, s² = Σ z_i²/(n − 1)
//! df         under the working (Poisson) model var z = 1/m_a + 1/m_b =: w, and Satterthwaite's are
//!            (w₁/n₁ + w₀/n₀)² / ((w₁/n₁)²/(n₁ − 1) + (w₀/n₀)²/(n₀ − 1))
//! ```
//! The figures are those of [`Glm`](crate::glm::Glm), Poisson, with CR2 errors by person and
//! Satterthwaite's degrees of freedom, where both waves of everybody are there: a test shows it. Two
//! passes over the counts and no allocation, for simulations that do it a million times.
//!
//! Bell RM, McCaffrey DF (2002), Survey Methodology 28:169–181.

use crate::Error;

/// The counts of an arm at two waves: the same people, in the same order.
#[derive(Debug, Clone, Copy)]
pub struct TwoWaves<'a> {
    /// At the first of the two.
    pub before: &'a [f64],
    /// At the second.
    pub after: &'a [f64],
}

/// The log of the ratio of two rate ratios, with its error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatioOfRates {
    /// δ.
    pub value: f64,
    /// Its standard error.
    pub std_error: f64,
    /// The degrees of freedom of the t distribution.
    pub df: f64,
}

/// What an arm adds: its log ratio, the variance of that, and the variance under the working model.
struct Change {
    log_ratio: f64,
    variance: f64,
    working: f64,
    df: f64,
}

/// Below this sum of squares the counts of an arm do not vary but for rounding.
const CONSTANT: f64 = 1e-12;

/// The ratio of the rates of two arms over two waves. There is none where a cell has no events, an arm
/// has fewer than two people, or everybody of an arm changed in the same proportion.
///
/// ```
/// use kring_stats::two_waves::{TwoWaves, ratio_of_rates};
/// let reference = TwoWaves { before: &[4.0, 2.0, 6.0], after: &[3.0, 2.0, 7.0] };
/// let other = TwoWaves { before: &[5.0, 3.0, 4.0], after: &[2.0, 1.0, 3.0] };
/// let ratio = ratio_of_rates(reference, other)?.ok_or("no ratio")?;
/// // The rates go from 4 to 4 and from 4 to 2.
/// assert!((ratio.value - 0.5_f64.ln()).abs() < 1e-15);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn ratio_of_rates(
    reference: TwoWaves<'_>,
    other: TwoWaves<'_>,
) -> Result<Option<RatioOfRates>, Error> {
    let (Some(reference), Some(other)) = (reference.change()?, other.change()?) else {
        return Ok(None);
    };
    let working = other.working + reference.working;
    let part = |arm: &Change| arm.working * arm.working / arm.df;
    Ok(Some(RatioOfRates {
        value: other.log_ratio - reference.log_ratio,
        std_error: (other.variance + reference.variance).sqrt(),
        df: working * working / (part(&other) + part(&reference)),
    }))
}

impl TwoWaves<'_> {
    fn change(&self) -> Result<Option<Change>, Error> {
        let n = self.before.len();
        if self.after.len() != n {
            return Err(Error::Shape {
                what: "the counts of an arm at two waves".to_owned(),
                expected: format!("as many after as the {n} before"),
                found: self.after.len().to_string(),
            });
        }
        let n = n as f64;
        let [before, after] = [self.before, self.after].map(sum);
        if !(before.is_finite() && after.is_finite()) {
            return Err(Error::Argument {
                what: "the sum of the counts of an arm".to_owned(),
                expected: "a finite number",
                found: (before + after).to_string(),
            });
        }
        if n < 2.0 || before <= 0.0 || after <= 0.0 {
            return Ok(None);
        }
        let squares = self.squares(n / before, n / after);
        Ok((squares > CONSTANT).then(|| Change {
            log_ratio: (after / before).ln(),
            variance: squares / (n * (n - 1.0)),
            working: 1.0 / after + 1.0 / before,
            df: n - 1.0,
        }))
    }

    /// Σ (y_a/m_a − y_b/m_b)², given 1/m_b and 1/m_a.
    fn squares(&self, of_before: f64, of_after: f64) -> f64 {
        let (before, rest_before) = self.before.as_chunks::<LANES>();
        let (after, rest_after) = self.after.as_chunks::<LANES>();
        let square = |b: f64, a: f64| {
            let z = a * of_after - b * of_before;
            z * z
        };
        let mut lanes = [0.0; LANES];
        for (b, a) in before.iter().zip(after) {
            for lane in 0..LANES {
                lanes[lane] += square(b[lane], a[lane]);
            }
        }
        let rest = rest_before.iter().zip(rest_after);
        lanes.iter().sum::<f64>() + rest.map(|(b, a)| square(*b, *a)).sum::<f64>()
    }
}

/// Sums that a processor makes side by side.
const LANES: usize = 8;

fn sum(counts: &[f64]) -> f64 {
    let (chunks, rest) = counts.as_chunks::<LANES>();
    let mut lanes = [0.0; LANES];
    for chunk in chunks {
        for (lane, count) in lanes.iter_mut().zip(chunk) {
            *lane += count;
        }
    }
    lanes.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    /// Reference: means 4 and 4, z = (3 − 4)/4, 0, 1/4: Σ z² = 1/8, var = 1/8 / 6 = 1/48, w/n = 1/6.
    /// Other: means 4 and 2, z = 2/2 − 5/4 = −1/4, 1/2 − 3/4 = −1/4, 3/2 − 1 = 1/2: Σ z² = 3/8,
    /// var = 1/16, w/n = 1/4. So the error is √(1/12), and with two people too many in each arm the
    /// df are (5/12)² / ((1/36 + 1/16) / 2) = 50/13.
    #[test]
    fn by_hand() {
        let reference = TwoWaves {
            before: &[4.0, 2.0, 6.0],
            after: &[3.0, 2.0, 7.0],
        };
        let other = TwoWaves {
            before: &[5.0, 3.0, 4.0],
            after: &[2.0, 1.0, 3.0],
        };
        let found = ratio_of_rates(reference, other).unwrap().unwrap();
        assert!((found.value + 2.0_f64.ln()).abs() < 1e-15);
        assert!((found.std_error - (1.0_f64 / 12.0).sqrt()).abs() < 1e-15);
        assert!((found.df - 50.0 / 13.0).abs() < 1e-12, "{}", found.df);
    }

    #[test]
    fn sums_of_any_length() {
        for n in [2_u32, 7, 8, 9, 16, 23] {
            let counts: Vec<f64> = (1..=n).map(f64::from).collect();
            assert_eq!(sum(&counts), f64::from(n * (n + 1) / 2));
            let turned: Vec<f64> = counts.iter().rev().copied().collect();
            let arm = TwoWaves {
                before: &counts,
                after: &turned,
            };
            // Σ (n + 1 − 2i)² = n (n² − 1) / 3.
            let squares = f64::from(n * (n * n - 1) / 3);
            assert_eq!(arm.squares(1.0, 1.0), squares);
        }
    }

    #[test]
    fn what_has_no_ratio() {
        let two = [1.0, 2.0];
        let sound = TwoWaves {
            before: &two,
            after: &[2.0, 1.0],
        };
        for (before, after) in [
            (&two[..], &[0.0, 0.0][..]),
            (&[0.0, 0.0], &two),
            (&two, &two),
            (&two, &[3.0, 6.0]),
            (&[1.0], &[2.0]),
            (&[], &[]),
        ] {
            let arm = TwoWaves { before, after };
            assert_eq!(ratio_of_rates(sound, arm).unwrap(), None);
            assert_eq!(ratio_of_rates(arm, sound).unwrap(), None);
        }
        for (before, after) in [
            (&two[..], &[1.0][..]),
            (&two, &[f64::NAN, 1.0]),
            (&[f64::INFINITY, 1.0], &two),
        ] {
            assert!(ratio_of_rates(sound, TwoWaves { before, after }).is_err());
        }
    }
}
