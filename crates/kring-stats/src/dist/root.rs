//! The root of an increasing function by Newton's method between two ends that close in on it.

/// A function's value and its derivative.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Point {
    pub value: f64,
    pub slope: f64,
}

/// Where an increasing function is zero, or nothing if that is nowhere among numbers.
///
/// Values of −∞ and ∞ are allowed. A step that leaves the bracket, or has no number, becomes a
/// halving; where an end is still open, a step that doubles.
pub(crate) fn increasing(start: f64, f: impl Fn(f64) -> Point) -> Option<f64> {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let (mut x, mut stride) = (start, 1.0);
    for _ in 0..300 {
        let Point { value, slope } = f(x);
        if value.is_nan() {
            return None;
        }
        if value == 0.0 {
            return Some(x);
        }
        if value < 0.0 {
            low = x;
        } else {
            high = x;
        }
        let newton = x - value / slope;
        let next = if newton > low && newton < high {
            newton
        } else if low.is_finite() && high.is_finite() {
            low.midpoint(high)
        } else {
            stride *= 2.0;
            if value < 0.0 { x + stride } else { x - stride }
        };
        let tolerance = 2.0 * f64::EPSILON * x.abs().max(1.0);
        if (next - x).abs() <= tolerance || high - low <= tolerance {
            return Some(next);
        }
        x = next;
    }
    Some(x)
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_found_from_afar_and_through_infinities() {
        let cubic = |x: f64| Point {
            value: x.powi(3) - 8.0,
            slope: 3.0 * x * x,
        };
        for start in [-50.0, 0.0, 1.9, 1e6] {
            assert!((increasing(start, cubic).unwrap() - 2.0).abs() < 1e-15);
        }
        let ln = |x: f64| Point {
            value: if x > 0.0 { x.ln() } else { f64::NEG_INFINITY },
            slope: if x > 0.0 { 1.0 / x } else { f64::NAN },
        };
        assert!((increasing(-7.0, ln).unwrap() - 1.0).abs() < 1e-15);
        let nowhere = |_: f64| Point {
            value: f64::NAN,
            slope: 1.0,
        };
        assert_eq!(increasing(0.0, nowhere), None);
    }
}
