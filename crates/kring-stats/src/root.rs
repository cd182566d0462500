//! Where a continuous function of one number crosses zero.
//!
//! Chandrupatla's method: inverse quadratic interpolation through the last three points where that
//! is known to converge, bisection elsewhere. It needs no more steps than bisection times two, and
//! on smooth functions about ten.
//!
//! Chandrupatla TR (1997), Advances in Engineering Software 28:145–149,
//! doi 10.1016/s0965-9978(96)00051-8.

/// The crossing of `f` between `low` and `high`, to the last digits.
///
/// `f` may be infinite far from the crossing. If both ends lie on one side, the end that lies nearer
/// to zero is given: of a monotone function, the best there is.
pub(crate) fn root(low: f64, high: f64, f: impl Fn(f64) -> f64) -> f64 {
    // Interpolation wants finite numbers; a wall this high is as good as infinity.
    let f = |x: f64| f(x).clamp(-1e9, 1e9);
    let (mut b, mut a) = (low, high);
    let (mut fb, mut fa) = (f(b), f(a));
    if fa == 0.0 || fb == 0.0 || fa.signum() == fb.signum() {
        return if fa.abs() < fb.abs() { a } else { b };
    }
    let (mut c, mut fc);
    let mut t = 0.5;
    for _ in 0..200 {
        let x = a + t * (b - a);
        let fx = f(x);
        if fx.signum() == fa.signum() {
            (c, fc) = (a, fa);
        } else {
            (c, fc) = (b, fb);
            (b, fb) = (a, fa);
        }
        (a, fa) = (x, fx);
        let (best, smallest) = if fa.abs() < fb.abs() {
            (a, fa)
        } else {
            (b, fb)
        };
        let tolerance = 2.0 * f64::EPSILON * best.abs() + f64::MIN_POSITIVE;
        let closest = tolerance / (b - c).abs();
        if closest > 0.5 || smallest == 0.0 {
            return best;
        }
        let xi = (a - b) / (c - b);
        let phi = (fa - fb) / (fc - fb);
        t = if phi * phi < xi && (1.0 - phi) * (1.0 - phi) < 1.0 - xi {
            fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        } else {
            0.5
        };
        t = t.clamp(closest, 1.0 - closest);
    }
    a
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
mod tests {
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
}
