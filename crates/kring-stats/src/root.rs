//! Where a function of one number crosses zero, and where it is largest.
//!
//! ```text
//! root        between two ends where it is on either side of zero: Chandrupatla's method, inverse
//!             quadratic interpolation through the last three points where these are monotone enough
//!             for it, bisection elsewhere
//! increasing  the same, once a first guess has been widened by doubling until it holds the root
//! newton      where the slope is known too: Newton's steps between two ends that close in on the root
//! peak        golden section
//! ```
//! Chandrupatla's method is never slower than twice a bisection: six to nine evaluations where f is
//! smooth.
//!
//! Chandrupatla TR (1997), Advances in Engineering Software 28:145–149,
//! doi 10.1016/s0965-9978(96)00051-8.

/// The crossing of `f` between `low` and `high`, to the last digits.
///
/// `f` may be infinite far from the crossing. If both ends lie on one side, the end that lies nearer
/// to zero is given: of a monotone function, the best there is.
pub(crate) fn root(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    let (f_low, f_high) = (f(low), f(high));
    if f_low == 0.0 || f_high == 0.0 || f_low.signum() == f_high.signum() {
        return if f_high.abs() < f_low.abs() {
            high
        } else {
            low
        };
    }
    between(f, [high, f_high], [low, f_low])
}

/// Where an increasing `f` crosses zero, to the last digits; `None` where it does not cross within
/// `limits`, or is not a number.
///
/// `guess` and `step` (above zero) are where to look first and how far from there.
pub(crate) fn increasing(
    f: impl Fn(f64) -> f64,
    guess: f64,
    step: f64,
    limits: [f64; 2],
) -> Option<f64> {
    const DOUBLINGS: usize = 200;
    let [least, most] = limits;
    let (mut a, mut step) = (guess.clamp(least, most), step);
    let mut f_a = f(a);
    for _ in 0..DOUBLINGS {
        if f_a == 0.0 {
            return Some(a);
        }
        let b = if f_a < 0.0 { a + step } else { a - step };
        let b = b.clamp(least, most);
        let f_b = f(b);
        if f_a.is_nan() || f_b.is_nan() || a == b {
            return None;
        }
        if f_b == 0.0 || (f_a < 0.0) != (f_b < 0.0) {
            return Some(between(f, [b, f_b], [a, f_a]));
        }
        (a, f_a) = (b, f_b);
        step *= 2.0;
    }
    None
}

/// The root between two points at which `f` has different signs.
fn between(f: impl Fn(f64) -> f64, [mut a, mut f_a]: [f64; 2], [mut b, mut f_b]: [f64; 2]) -> f64 {
    const STEPS: usize = 200;
    let mut t = 0.5;
    for _ in 0..STEPS {
        let x = a + t * (b - a);
        let f_x = f(x);
        // c is the point that x replaces; a the newest; b stays on the other side.
        let (c, f_c) = if (f_x < 0.0) == (f_a < 0.0) {
            (a, f_a)
        } else {
            let before = (b, f_b);
            (b, f_b) = (a, f_a);
            before
        };
        (a, f_a) = (x, f_x);
        let (best, f_best) = if f_a.abs() < f_b.abs() {
            (a, f_a)
        } else {
            (b, f_b)
        };
        let tolerance = 2.0 * f64::EPSILON * best.abs() + f64::MIN_POSITIVE;
        let least = tolerance / (b - a).abs();
        if f_best == 0.0 || least > 0.5 {
            return best;
        }
        let xi = (a - b) / (c - b);
        let phi = (f_a - f_b) / (f_c - f_b);
        t = if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
            f_a / (f_b - f_a) * f_c / (f_b - f_c)
                + (c - a) / (b - a) * f_a / (f_c - f_a) * f_b / (f_c - f_b)
        } else {
            0.5
        };
        t = t.clamp(least, 1.0 - least);
        if t.is_nan() {
            t = 0.5;
        }
    }
    a
}

/// A function's value and its derivative.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tangent {
    pub value: f64,
    pub slope: f64,
}

/// Where an increasing function is zero by Newton's method between two ends that close in on it, or
/// nothing if that is nowhere among numbers.
///
/// Values of −∞ and ∞ are allowed. A step that leaves the bracket, or has no number, becomes a
/// halving; where an end is still open, a step that doubles.
pub(crate) fn newton(start: f64, f: impl Fn(f64) -> Tangent) -> Option<f64> {
    let (mut low, mut high) = (f64::NEG_INFINITY, f64::INFINITY);
    let (mut x, mut stride) = (start, 1.0);
    for _ in 0..300 {
        let Tangent { value, slope } = f(x);
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

/// The largest value of a smooth function between `low` and `high` with one peak there: golden
/// section, to about eight digits of the place and all of the value.
pub(crate) fn peak(mut low: f64, mut high: f64, f: impl Fn(f64) -> f64) -> Peak {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let (mut x, mut y) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut fx, mut fy) = (f(x), f(y));
    while high - low > 1e-9 * (low.abs() + high.abs()) {
        if fx > fy {
            (high, y, fy) = (y, x, fx);
            x = high - GOLDEN * (high - low);
            fx = f(x);
        } else {
            (low, x, fx) = (x, y, fy);
            y = low + GOLDEN * (high - low);
            fy = f(y);
        }
    }
    if fx > fy {
        Peak { at: x, value: fx }
    } else {
        Peak { at: y, value: fy }
    }
}

/// A largest value and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Peak {
    pub at: f64,
    pub value: f64,
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn roots_and_peaks_by_hand() {
        // x² = 2, and e^x = 1e-100, whose root is −100 ln 10.
        assert!((root(0.0, 2.0, |x| x * x - 2.0) - 2.0_f64.sqrt()).abs() < 1e-15);
        let x = root(-745.0, 745.0, |x| x + 100.0 * 10.0_f64.ln());
        assert!((x / (-100.0 * 10.0_f64.ln()) - 1.0).abs() < 1e-15);
        // A wall on one side, and no crossing at all.
        let x = root(
            -1.0,
            3.0,
            |x| if x < 0.0 { f64::NEG_INFINITY } else { x - 0.5 },
        );
        assert!((x - 0.5).abs() < 1e-15);
        assert_eq!(root(1.0, 3.0, |x| x), 1.0);
        // x(1 − x) has its peak, ¼, at ½.
        let found = peak(0.0, 1.0, |x| x * (1.0 - x));
        assert!((found.at - 0.5).abs() < 1e-7 && (found.value - 0.25).abs() < 1e-15);
    }

    const EVERYWHERE: [f64; 2] = [f64::MIN, f64::MAX];

    #[test]
    fn an_increasing_function_by_hand() {
        // x³ = 2; ln x = 1 far from the guess; a root at the first point.
        let cube = increasing(|x| x.powi(3) - 2.0, 0.0, 1.0, EVERYWHERE).unwrap();
        assert!((cube - 2.0_f64.cbrt()).abs() < 4e-16);
        let log = increasing(|x| x.ln() - 50.0, 1.0, 1.0, [1e-300, f64::MAX]).unwrap();
        assert!((log / 50.0_f64.exp() - 1.0).abs() < 1e-14);
        assert_eq!(increasing(|x| x, 0.0, 1.0, EVERYWHERE), Some(0.0));
    }

    #[test]
    fn it_takes_few_steps_and_knows_when_there_is_no_root() {
        let calls = Cell::new(0);
        let f = |x: f64| {
            calls.set(calls.get() + 1);
            x.exp() - 3.0
        };
        let root = increasing(f, 1.0, 0.5, EVERYWHERE).unwrap();
        assert!((root - 3.0_f64.ln()).abs() < 1e-15 && calls.get() < 14);
        assert_eq!(increasing(|x| x + 1.0, 5.0, 1.0, [0.0, 10.0]), None);
        assert_eq!(increasing(|_| f64::NAN, 5.0, 1.0, EVERYWHERE), None);
    }

    #[test]
    fn newton_s_roots_are_found_from_afar_and_through_infinities() {
        let cubic = |x: f64| Tangent {
            value: x.powi(3) - 8.0,
            slope: 3.0 * x * x,
        };
        for start in [-50.0, 0.0, 1.9, 1e6] {
            assert!((newton(start, cubic).unwrap() - 2.0).abs() < 1e-15);
        }
        let ln = |x: f64| Tangent {
            value: if x > 0.0 { x.ln() } else { f64::NEG_INFINITY },
            slope: if x > 0.0 { 1.0 / x } else { f64::NAN },
        };
        assert!((newton(-7.0, ln).unwrap() - 1.0).abs() < 1e-15);
        let nowhere = |_: f64| Tangent {
            value: f64::NAN,
            slope: 1.0,
        };
        assert_eq!(newton(0.0, nowhere), None);
    }
}
