//! The zero of a function of one variable between two points where its signs differ.
//!
//! ```text
//! Illinois  regula falsi, in which the value at an end that stays is halved
//! bisection where a value is infinite, or three steps have not halved the bracket
//! ```
//! Dowell M, Jarratt P (1971), BIT 11:168–174, doi 10.1007/BF01934364.

/// The zero of `g` between `low` and `high`, to a relative `tolerance` of the larger end.
///
/// An infinite value counts by its sign. Where the signs do not differ it goes towards the end
/// whose value is nearer to zero, so that a zero at an end is found.
pub(crate) fn between(low: f64, high: f64, tolerance: f64, g: impl Fn(f64) -> f64) -> f64 {
    let (mut a, mut b) = (low, high);
    let (mut ga, mut gb) = (g(a), g(b));
    if ga == 0.0 || (ga > 0.0) == (gb > 0.0) {
        return if ga.abs() <= gb.abs() { a } else { b };
    }
    let mut width = (b - a).abs();
    for step in 1..=300 {
        if gb == 0.0 || (b - a).abs() <= tolerance * a.abs().max(b.abs()) {
            break;
        }
        let slow = step % 3 == 0 && {
            let before = std::mem::replace(&mut width, (b - a).abs());
            width > 0.5 * before
        };
        let secant = (a * gb - b * ga) / (gb - ga);
        let inside = (secant - a) * (secant - b) < 0.0;
        let x = if inside && !slow {
            secant
        } else {
            a + 0.5 * (b - a)
        };
        if x == a || x == b {
            break;
        }
        let gx = g(x);
        if (gx > 0.0) == (gb > 0.0) {
            ga *= 0.5;
        } else {
            (a, ga) = (b, gb);
        }
        (b, gb) = (x, gx);
    }
    b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_by_hand() {
        assert!((between(0.0, 2.0, 1e-15, |x| x * x - 2.0) - 2.0_f64.sqrt()).abs() < 1e-14);
        assert!((between(0.0, 1e6, 1e-15, |x| (x + 1e-300).ln()) - 1.0).abs() < 1e-14);
        // Infinite at an end, and flat nearly everywhere.
        let found = between(0.0, 1.0, 1e-15, |x| {
            if x == 0.0 {
                f64::NEG_INFINITY
            } else {
                (x / 0.3).ln()
            }
        });
        assert!((found - 0.3).abs() < 1e-15);
        assert!((between(0.0, 1.0, 1e-14, |x| x.powi(21) - 0.5_f64.powi(21)) - 0.5).abs() < 1e-13);
        // A zero at an end.
        assert_eq!(between(0.0, 1.0, 1e-15, |x| x), 0.0);
        assert_eq!(between(-1.0, 0.0, 1e-15, |x| x), 0.0);
    }
}
