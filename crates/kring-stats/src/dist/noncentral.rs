//! Noncentral t, χ² and F: both tails, and the noncentrality that gives a tail.
//!
//! ```text
//! t   T = (Z + δ) / s,  ν s² ~ χ²_ν:   P(T > t) = ∫ Φ̄(t s − δ) f_ν(s) ds,  P(T ≤ t; δ) = P(T ≥ −t; −δ)
//!     in u = ln s:  f_ν ∝ exp(−a (e^{2u} − 1 − 2u)),  a = ν/2.  The integrand is positive and has
//!     one mode: adaptive Gauss–Kronrod over all that lies within e^−42 of it
//! χ²  P(X > x) = Σ_j p_j Q(k/2 + j, x/2),         p_j = e^−m m^j / j!,  m = λ/2
//! F   P(F > f) = Σ_j p_j I_y(n/2, k/2 + j),       y = n / (n + k f)
//!     upper tails are summed upwards and lower tails downwards, so that each incomplete gamma
//!     or beta function follows from the one before by adding; beyond λ of 2·10⁷ every h-th term is
//!     taken, h a sixteenth of √m: the trapezoid rule of a smooth function, whose error is below 1e-15
//! ```
//! Nothing is ever subtracted, so that small tails keep their digits: relative errors are below
//! 1e-12 for tails down to 1e-280, degrees of freedom up to 1e6 and |δ| up to 1e3. R's `pt` with
//! `ncp` loses its tails and stops at |δ| of 37.62; its `pchisq` and `pf` lose their upper tails.
//!
//! Noncentrality limits: Steiger JH, Fouladi RT (1997), in Harlow et al. (eds), What if there were
//! no significance tests?, 221–257; Kelley K (2007), J Stat Softw 20(8), doi 10.18637/jss.v020.i08.

use cdflib::special::internal::{beta_rcomp, rcomp};
use cdflib::special::{beta_inc, error_fc, error_fc_scaled, gamma_inc};
use kring_core::Reference;

use super::{check_level, positive};
use crate::Error;
use crate::root::increasing;

/// The noncentralities between which a statistic is usual.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoncentralityInterval {
    /// At this one the statistic is exceeded with probability (1 − level) / 2. For χ² and F it is
    /// zero where even the central distribution exceeds the statistic more often.
    pub low: f64,
    /// At this one the statistic is not reached with probability (1 − level) / 2; zero where even
    /// the central distribution falls short of it less often.
    pub high: f64,
}

/// P(X > x) where X has noncentrality `ncp`: δ of a t, λ (a sum of squares) of χ² and F.
pub fn upper_tail(x: f64, ncp: f64, reference: Reference) -> Result<f64, Error> {
    Ok(Noncentral::new(reference)?.upper(finite("the statistic", x)?, checked(ncp, reference)?))
}

/// P(X ≤ x) where X has noncentrality `ncp`.
pub fn lower_tail(x: f64, ncp: f64, reference: Reference) -> Result<f64, Error> {
    Ok(Noncentral::new(reference)?.lower(finite("the statistic", x)?, checked(ncp, reference)?))
}

/// The noncentrality at which `x` is exceeded with probability `tail`.
///
/// `None` for χ² and F where even the central distribution exceeds `x` more often.
///
/// ```
/// use kring_core::Reference;
/// use kring_stats::dist::noncentral;
/// let t = Reference::StudentT { df: 113.0 };
/// let delta = noncentral::ncp_of_upper_tail(2.0, 0.025, t)?.unwrap();
/// assert!((noncentral::upper_tail(2.0, delta, t)? - 0.025).abs() < 1e-15);
/// # Ok::<(), kring_stats::Error>(())
/// ```
pub fn ncp_of_upper_tail(x: f64, tail: f64, reference: Reference) -> Result<Option<f64>, Error> {
    let of = Noncentral::new(reference)?;
    let (x, tail) = (finite("the statistic", x)?, probability(tail)?);
    if of.is_positive() && of.upper(x, 0.0) >= tail {
        return Ok(None);
    }
    // The tail grows with the noncentrality.
    let f = |ncp: f64| (of.upper(x, ncp) / tail).ln();
    of.solve(x, f, 1.0).map(Some)
}

/// The noncentrality at which `x` is not exceeded with probability `tail`.
///
/// `None` for χ² and F where even the central distribution reaches `x` more often.
pub fn ncp_of_lower_tail(x: f64, tail: f64, reference: Reference) -> Result<Option<f64>, Error> {
    let of = Noncentral::new(reference)?;
    let (x, tail) = (finite("the statistic", x)?, probability(tail)?);
    if of.is_positive() && of.lower(x, 0.0) <= tail {
        return Ok(None);
    }
    let f = |ncp: f64| (tail / of.lower(x, ncp)).ln();
    of.solve(x, f, -1.0).map(Some)
}

/// The interval of the noncentrality, with (1 − level) / 2 on either side.
pub fn interval(x: f64, level: f64, reference: Reference) -> Result<NoncentralityInterval, Error> {
    check_level(level)?;
    let tail = (1.0 - level) / 2.0;
    Ok(NoncentralityInterval {
        low: ncp_of_upper_tail(x, tail, reference)?.unwrap_or(0.0),
        high: ncp_of_lower_tail(x, tail, reference)?.unwrap_or(0.0),
    })
}

#[derive(Clone, Copy)]
enum Noncentral {
    StudentT { df: f64 },
    ChiSquared { df: f64 },
    F { numerator: f64, denominator: f64 },
}

impl Noncentral {
    fn new(reference: Reference) -> Result<Self, Error> {
        match reference {
            Reference::StudentT { df } => Ok(Self::StudentT {
                df: positive("degrees of freedom", df)?,
            }),
            Reference::ChiSquared { df } => Ok(Self::ChiSquared {
                df: positive("degrees of freedom", df)?,
            }),
            Reference::F {
                numerator,
                denominator,
            } => Ok(Self::F {
                numerator: positive("the numerator's degrees of freedom", numerator)?,
                denominator: positive("the denominator's degrees of freedom", denominator)?,
            }),
            _ => Err(Error::Unsupported {
                what: "a noncentral form of this distribution".to_owned(),
                hint: "there is one of t, χ² and F".to_owned(),
            }),
        }
    }

    /// Whether the variable and its noncentrality are never negative.
    fn is_positive(self) -> bool {
        !matches!(self, Self::StudentT { .. })
    }

    fn upper(self, x: f64, ncp: f64) -> f64 {
        match self {
            Self::StudentT { df } => student_upper(x, df, ncp),
            _ if x <= 0.0 => 1.0,
            Self::ChiSquared { df } => mixture_upper(
                ncp / 2.0,
                &Gamma {
                    a: df / 2.0,
                    x: x / 2.0,
                },
                stride(ncp / 2.0),
            ),
            Self::F { .. } => mixture_upper(ncp / 2.0, &self.beta(x), stride(ncp / 2.0)),
        }
        .min(1.0)
    }

    fn lower(self, x: f64, ncp: f64) -> f64 {
        match self {
            Self::StudentT { df } => student_upper(-x, df, -ncp),
            _ if x <= 0.0 => 0.0,
            Self::ChiSquared { df } => mixture_lower(
                ncp / 2.0,
                &Gamma {
                    a: df / 2.0,
                    x: x / 2.0,
                },
                stride(ncp / 2.0),
            ),
            Self::F { .. } => mixture_lower(ncp / 2.0, &self.beta(x), stride(ncp / 2.0)),
        }
        .min(1.0)
    }

    fn beta(self, f: f64) -> Beta {
        let Self::F {
            numerator,
            denominator,
        } = self
        else {
            return Beta {
                a: 1.0,
                b: 1.0,
                x: 0.0,
                y: 1.0,
            };
        };
        let sum = denominator + numerator * f;
        Beta {
            a: numerator / 2.0,
            b: denominator / 2.0,
            x: numerator * f / sum,
            y: denominator / sum,
        }
    }

    /// Solves an increasing function of the noncentrality, starting near `x` on the `side` given.
    fn solve(self, x: f64, f: impl Fn(f64) -> f64, side: f64) -> Result<f64, Error> {
        let (guess, step, limits) = match self {
            // The normal approximation of Johnson & Welch (1940) has this standard error.
            Self::StudentT { df } => {
                let error = (1.0 + x * x / (2.0 * df)).sqrt();
                (x - 2.0 * side * error, error / 2.0, [f64::MIN, f64::MAX])
            }
            Self::ChiSquared { df } => ((x - df).max(0.0), 1.0 + x.sqrt(), [0.0, LARGEST]),
            Self::F { numerator, .. } => {
                let chi_squared = numerator * x;
                (
                    (chi_squared - numerator).max(0.0),
                    1.0 + chi_squared.sqrt(),
                    [0.0, LARGEST],
                )
            }
        };
        increasing(f, guess, step, limits).ok_or_else(|| Error::Argument {
            what: "the statistic of a noncentral distribution".to_owned(),
            expected: "one whose noncentrality can be found",
            found: x.to_string(),
        })
    }
}

// ---- t --------------------------------------------------------------------------------------

/// P(T > t) = 2 e^−a a^a / Γ(a) ∫ exp(−a (e^{2u} − 1 − 2u)) Φ̄(t e^u − δ) du.
fn student_upper(t: f64, nu: f64, delta: f64) -> f64 {
    /// What lies this far below the mode, as a logarithm, adds nothing.
    const DEPTH: f64 = 42.0;
    let a = nu / 2.0;
    let ln = |u: f64| {
        let x = t * u.exp() - delta;
        -a * excess(2.0 * u) + ln_normal_upper(x)
    };
    // d/du of the logarithm has one root: it is ν(1 − s²) − t s φ(x) / Φ̄(x), s = e^u.
    let slope = |u: f64| {
        let s = u.exp();
        nu * (s * s - 1.0) + t * s * mills(t * s - delta)
    };
    let width = 1.0 / (2.0 * nu + t * t / 4.0).sqrt();
    let Some(mode) = increasing(slope, 0.0, width, [-700.0, 300.0]) else {
        return 0.0;
    };
    let top = ln(mode);
    if !top.is_finite() {
        return 0.0;
    }
    let end = |direction: f64| {
        let mut step = width;
        while ln(mode + direction * step) > top - DEPTH && step < 1e6 {
            step *= 2.0;
        }
        mode + direction * step
    };
    let (low, high) = (end(-1.0), end(1.0));
    let f = |u: f64| {
        let x = t * u.exp() - delta;
        let ln_chi = -a * excess(2.0 * u) - top;
        // Φ̄ without a logarithm.
        if x > 0.0 {
            (ln_chi - x * x / 2.0).exp() * error_fc_scaled(x / std::f64::consts::SQRT_2) / 2.0
        } else {
            ln_chi.exp() * error_fc(x / std::f64::consts::SQRT_2) / 2.0
        }
    };
    // Φ̄ falls from one to zero around s = δ / t, perhaps far more sharply than the rest.
    let fall = (delta / t).ln();
    let between = if fall > low && fall < high && fall != mode {
        fall
    } else {
        f64::midpoint(mode, high)
    };
    let mut ends = [low, mode, between, high];
    ends.sort_unstable_by(f64::total_cmp);
    let integral = integrate(f, ends);
    2.0 * rcomp(a, a) * integral * top.exp()
}

/// e^y − 1 − y, without cancellation.
fn excess(y: f64) -> f64 {
    if y.abs() > 0.3 {
        return y.exp_m1() - y;
    }
    // y²/2 (1 + y/3 (1 + y/4 (…)))
    let series = (3..=16)
        .rev()
        .fold(1.0, |tail, k| 1.0 + tail * y / f64::from(k));
    y * y / 2.0 * series
}

fn ln_normal_upper(x: f64) -> f64 {
    let z = x / std::f64::consts::SQRT_2;
    if x > 0.0 {
        (error_fc_scaled(z) / 2.0).ln() - z * z
    } else {
        (error_fc(z) / 2.0).ln()
    }
}

/// φ(x) / Φ̄(x).
fn mills(x: f64) -> f64 {
    let z = x / std::f64::consts::SQRT_2;
    let root = (2.0 / std::f64::consts::PI).sqrt();
    if x > 0.0 {
        root / error_fc_scaled(z)
    } else {
        root * (-z * z).exp() / error_fc(z)
    }
}

/// The abscissae of Kronrod's rule of 15 points (those of Gauss's rule of 7 are every other one),
/// and both weights: QUADPACK (Piessens et al. 1983).
const KRONROD: [[f64; 3]; 8] = [
    [0.991_455_371_120_812_6, 0.022_935_322_010_529_224, 0.0],
    [
        0.949_107_912_342_758_5,
        0.063_092_092_629_978_56,
        0.129_484_966_168_869_7,
    ],
    [0.864_864_423_359_769_1, 0.104_790_010_322_250_18, 0.0],
    [
        0.741_531_185_599_394_5,
        0.140_653_259_715_525_92,
        0.279_705_391_489_276_64,
    ],
    [0.586_087_235_467_691_1, 0.169_004_726_639_267_9, 0.0],
    [
        0.405_845_151_377_397_2,
        0.190_350_578_064_785_42,
        0.381_830_050_505_118_9,
    ],
    [0.207_784_955_007_898_47, 0.204_432_940_075_298_9, 0.0],
    [0.0, 0.209_482_141_084_727_82, 0.417_959_183_673_469_4],
];

/// Adaptive Gauss–Kronrod over neighbouring intervals, of a positive function.
pub(crate) fn integrate(f: impl Fn(f64) -> f64, ends: [f64; 4]) -> f64 {
    const DEPTH: usize = 60;
    let rule = |low: f64, high: f64| {
        let (middle, half) = (f64::midpoint(low, high), (high - low) / 2.0);
        let mut sums = [0.0; 2];
        for [x, kronrod, gauss] in KRONROD {
            let y = if x == 0.0 {
                f(middle)
            } else {
                f(middle - half * x) + f(middle + half * x)
            };
            sums[0] += kronrod * y;
            sums[1] += gauss * y;
        }
        sums.map(|sum| sum * half)
    };
    let [a, b, c, d] = ends;
    let mut todo = vec![(a, b, 0), (b, c, 0), (c, d, 0)];
    // How large the whole is, roughly: what is small beside it needs no care.
    let whole: f64 = todo.iter().map(|&(low, high, _)| rule(low, high)[0]).sum();
    let mut total = 0.0;
    while let Some((low, high, depth)) = todo.pop() {
        let [kronrod, gauss] = rule(low, high);
        if (kronrod - gauss).abs() <= 1e-11 * whole || depth == DEPTH {
            total += kronrod;
        } else {
            let middle = f64::midpoint(low, high);
            todo.push((low, middle, depth + 1));
            todo.push((middle, high, depth + 1));
        }
    }
    total
}

// ---- χ² and F: mixtures over a Poisson variable ----------------------------------------------

/// A central distribution whose shape a + j grows with the Poisson variable j.
trait Shape {
    /// The upper tail at a + j.
    fn upper(&self, j: f64) -> f64;
    /// The lower tail at a + j.
    fn lower(&self, j: f64) -> f64;
    /// What the upper tail gains, and the lower one loses, from a + j to a + j + 1.
    fn gain(&self, j: f64) -> f64;
    /// gain(j + 1) / gain(j).
    fn ratio(&self, j: f64) -> f64;
}

/// Q(a, x).
struct Gamma {
    a: f64,
    x: f64,
}

impl Shape for Gamma {
    fn upper(&self, j: f64) -> f64 {
        gamma_inc(self.a + j, self.x).1
    }
    fn lower(&self, j: f64) -> f64 {
        gamma_inc(self.a + j, self.x).0
    }
    /// e^−x x^a / Γ(a + 1)
    fn gain(&self, j: f64) -> f64 {
        rcomp(self.a + j, self.x) / (self.a + j)
    }
    fn ratio(&self, j: f64) -> f64 {
        self.x / (self.a + j + 1.0)
    }
}

/// I_y(b, a), x + y = 1.
struct Beta {
    a: f64,
    b: f64,
    x: f64,
    y: f64,
}

impl Shape for Beta {
    fn upper(&self, j: f64) -> f64 {
        beta_inc(self.a + j, self.b, self.x, self.y).1
    }
    fn lower(&self, j: f64) -> f64 {
        beta_inc(self.a + j, self.b, self.x, self.y).0
    }
    /// x^a y^b / (a B(a, b))
    fn gain(&self, j: f64) -> f64 {
        beta_rcomp(self.a + j, self.b, self.x, self.y) / (self.a + j)
    }
    fn ratio(&self, j: f64) -> f64 {
        self.x * (self.a + j + self.b) / (self.a + j + 1.0)
    }
}

/// The largest noncentrality of χ² and F; beyond it neighbouring terms can no longer be told apart.
const LARGEST: f64 = 1e15;

/// The step between the terms of a sum with the Poisson mean m: a sum of them all has some 18 √m.
fn stride(m: f64) -> f64 {
    if m > 1e7 {
        (m.sqrt() / 16.0).floor()
    } else {
        1.0
    }
}

/// A term this much smaller than the largest ends a sum.
const NEGLIGIBLE: f64 = 1e-19;

/// e^−m m^j / j!
fn poisson(m: f64, j: f64) -> f64 {
    if j == 0.0 {
        (-m).exp()
    } else {
        rcomp(j, m) / j
    }
}

/// Σ p_j upper(j), from the first term that counts upwards, in steps of h.
fn mixture_upper(m: f64, shape: &impl Shape, h: f64) -> f64 {
    if m == 0.0 {
        return shape.upper(0.0);
    }
    let term = |j: f64| poisson(m, j) * shape.upper(j);
    // The terms are log-concave, with their mode at m or above it.
    let rises = |j: f64| {
        let (here, next) = (term(j), term(j + 1.0));
        here == 0.0 && next == 0.0 && j < 1e15 && shape.upper(j) == 0.0 || next > here
    };
    let mode = last(rises, m.floor());
    let largest = term(mode);
    if largest == 0.0 {
        return 0.0;
    }
    let mut width = 1.0;
    while width < mode && term(mode - width) > NEGLIGIBLE * largest {
        width *= 2.0;
    }
    let mut j = (mode - width).max(0.0);
    if h > 1.0 {
        return strided(term, j, h, mode);
    }
    let (mut p, mut upper, mut gain) = (poisson(m, j), shape.upper(j), shape.gain(j));
    let mut sum = 0.0;
    loop {
        let term = p * upper;
        sum += term;
        if j > mode && term <= NEGLIGIBLE * sum {
            return sum;
        }
        upper += gain;
        gain *= shape.ratio(j);
        j += 1.0;
        p *= m / j;
    }
}

/// Σ p_j lower(j), from the last term that counts downwards, in steps of h.
fn mixture_lower(m: f64, shape: &impl Shape, h: f64) -> f64 {
    if m == 0.0 {
        return shape.lower(0.0);
    }
    let term = |j: f64| poisson(m, j) * shape.lower(j);
    // The mode is at m or below it: count down from there.
    let start = m.floor();
    let rises = |down: f64| {
        let j = start - down;
        if j <= 0.0 {
            return false;
        }
        let (here, next) = (term(j), term(j - 1.0));
        here == 0.0 && next == 0.0 && shape.lower(j) == 0.0 || next > here
    };
    let mode = start - last(rises, 0.0);
    let largest = term(mode);
    if largest == 0.0 {
        return 0.0;
    }
    let mut width = 1.0;
    while term(mode + width) > NEGLIGIBLE * largest {
        width *= 2.0;
    }
    let mut j = mode + width;
    if h > 1.0 {
        return strided(term, j, -h, mode);
    }
    let (mut p, mut lower, mut gain) = (poisson(m, j), shape.lower(j), shape.gain(j));
    let mut sum = 0.0;
    loop {
        let term = p * lower;
        sum += term;
        if j == 0.0 || (j < mode && term <= NEGLIGIBLE * sum) {
            return sum;
        }
        p *= j / m;
        j -= 1.0;
        gain /= shape.ratio(j);
        lower += gain;
    }
}

/// |h| Σ term(j) over every h-th j from a first one, past the mode, to where terms are negligible.
fn strided(term: impl Fn(f64) -> f64, first: f64, h: f64, mode: f64) -> f64 {
    let (mut j, mut sum) = (first, 0.0);
    loop {
        let one = term(j);
        sum += one;
        j += h;
        if j < 0.0 || ((j - mode) * h > 0.0 && one <= NEGLIGIBLE * sum) {
            return sum * h.abs();
        }
    }
}

/// The first whole step from `start` at which a function that is true and then false is false.
fn last(rises: impl Fn(f64) -> bool, start: f64) -> f64 {
    let (mut low, mut step) = (start, 1.0);
    if !rises(low) {
        return low;
    }
    while rises(low + step) {
        low += step;
        step *= 2.0;
    }
    let mut high = low + step;
    while high - low > 1.0 {
        let middle = f64::midpoint(low, high).floor();
        if rises(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

fn finite(what: &str, x: f64) -> Result<f64, Error> {
    if x.is_finite() {
        return Ok(x);
    }
    Err(Error::Argument {
        what: what.to_owned(),
        expected: "a finite number",
        found: x.to_string(),
    })
}

fn checked(ncp: f64, reference: Reference) -> Result<f64, Error> {
    let signed = matches!(reference, Reference::StudentT { .. });
    if ncp.is_finite() && (signed || (0.0..=LARGEST).contains(&ncp)) {
        return Ok(ncp);
    }
    Err(Error::Argument {
        what: "the noncentrality".to_owned(),
        expected: if signed {
            "a finite number"
        } else {
            "a number from 0 to 1e15"
        },
        found: ncp.to_string(),
    })
}

fn probability(tail: f64) -> Result<f64, Error> {
    if tail > 0.0 && tail < 1.0 {
        return Ok(tail);
    }
    Err(Error::Argument {
        what: "the tail probability".to_owned(),
        expected: "a number between 0 and 1",
        found: tail.to_string(),
    })
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Statistic, degrees of freedom, noncentrality, upper and lower tail
    // (reference/scripts/noncentral.py).
    #[rustfmt::skip]
    const T: [[f64; 5]; 18] = [
        [2.0, 113.0, 0.0, 0.023_949_484_967_051_53, 0.976_050_515_032_948_5],
        [2.0, 113.0, 0.5, 0.069_093_380_775_557_74, 0.930_906_619_224_442_3],
        [-2.0, 17.0, 3.0, 0.999_998_859_160_463_7, 1.140_839_536_240_193e-6],
        [-2.0, 17.0, -3.0, 0.164_946_022_773_882_23, 0.835_053_977_226_117_7],
        [10.0, 17.0, 0.5, 5.077_941_070_647_017e-8, 0.999_999_949_220_589_3],
        [40.0, 3.0, 2.0, 0.000_300_707_548_976_384_5, 0.999_699_292_451_023_6],
        [3.0, 1.0, 1.0, 0.269_897_401_389_436_64, 0.730_102_598_610_563_4],
        [3.0, 0.5, -4.0, 6.032_572_357_169_109e-6, 0.999_993_967_427_642_8],
        [0.0, 5.0, -6.0, 9.865_876_450_376_98e-10, 0.999_999_999_013_412_3],
        [0.1, 5.0, -30.0, 4.113_478_174_243_027_9e-199, 1.0],
        [60.0, 200.0, 10.0, 1.521_830_334_935_839e-80, 1.0],
        [60.0, 200.0, 90.0, 1.0, 1.019_318_949_648_801_6e-19],
        [5.0, 1e6, 2.0, 0.001_349_986_670_237_656_7, 0.998_650_013_329_762_3],
        [-5.0, 1e6, 20.0, 1.0, 3.068_775_044_110_244_5e-138],
        [900.0, 40.0, 1000.0, 0.853_114_441_920_107_4, 0.146_885_558_079_892_57],
        [1500.0, 40.0, 1000.0, 0.000_913_001_557_498_112_5, 0.999_086_998_442_501_9],
        [1e-3, 2.0, 20.0, 1.0, 2.803_109_261_722_006_5e-89],
        [1000.0, 1.5, 3.0, 0.000_150_251_330_705_063_04, 0.999_849_748_669_295],
    ];
    #[rustfmt::skip]
    const CHI_SQUARED: [[f64; 5]; 13] = [
        [3.0, 4.0, 0.0, 0.557_825_400_371_074_5, 0.442_174_599_628_925_4],
        [3.0, 4.0, 2.5, 0.788_294_774_344_309_3, 0.211_705_225_655_690_67],
        [0.01, 0.5, 30.0, 0.999_999_904_886_056_5, 9.511_394_348_679_99e-8],
        [400.0, 4.0, 30.0, 3.037_555_317_280_492_1e-47, 1.0],
        [60.0, 4.0, 400.0, 1.0, 1.891_807_375_839_599e-35],
        [1000.0, 3.0, 900.0, 0.055_882_705_501_814_685, 0.944_117_294_498_185_3],
        [1500.0, 90.0, 900.0, 5.500_202_928_689_331e-14, 0.999_999_999_999_945],
        // From reference/scripts/discrete.py.
        [5.0, 3.0, 2.0, 0.406_594_819_916_844_4, 0.593_405_180_083_155_6],
        [300.0, 2.0, 100.0, 1.632_914_411_635_801_6e-13, 0.999_999_999_999_836_7],
        [10.0, 4.0, 80.0, 0.999_999_999_292_947_3, 7.070_528_548_035_264e-10],
        [9500.0, 1.0, 9000.0, 0.004_666_438_535_014_26, 0.995_333_561_464_985_7],
        [0.001, 1.0, 1e-12, 0.974_772_879_369_973, 0.025_227_120_630_027],
        [57.5, 1.0, 30.0, 0.017_617_388_705_956_58, 0.982_382_611_294_043_4],
    ];
    #[rustfmt::skip]
    const F: [[f64; 6]; 11] = [
        [3.0, 4.0, 12.5, 0.0, 0.060_541_970_260_184_376, 0.939_458_029_739_815_6],
        [3.0, 4.0, 12.5, 2.5, 0.179_392_831_328_999_55, 0.820_607_168_671_000_5],
        [0.01, 2.0, 60.0, 30.0, 0.999_999_996_714_973_4, 3.285_026_602_480_943_4e-9],
        [50.0, 3.0, 20.0, 10.0, 5.219_834_012_342_127e-6, 0.999_994_780_165_987_6],
        [8.0, 2.0, 1000.0, 100.0, 0.999_999_999_289_464_9, 7.105_351_019_665_908e-10],
        [300.0, 3.0, 400.0, 600.0, 8.225_953_133_808_307e-5, 0.999_917_740_468_661_9],
        // From reference/scripts/noncentral_f.py.
        [2.0, 3.0, 10.0, 4.0, 0.533_635_783_951_919_9, 0.466_364_216_048_080_1],
        [0.1, 2.0, 20.0, 30.0, 0.999_999_939_617_855_6, 6.038_214_440_040_359e-8],
        [30.0, 2.0, 20.0, 5.0, 0.000_242_656_857_914_253_1, 0.999_757_343_142_085_8],
        [3.0, 4.0, 42.668, 100.0, 0.999_999_999_868_266_5, 1.317_335_075_930_879e-10],
        [900.0, 3.6, 25.0, 4000.0, 0.805_349_219_166_896_3, 0.194_650_780_833_103_7],
    ];

    #[track_caller]
    fn close(ours: f64, truth: f64, what: &[f64]) {
        assert!(
            (ours / truth - 1.0).abs() < 2e-12,
            "{what:?}: {ours:e} is not {truth:e} by {:e}",
            ours / truth - 1.0
        );
    }

    #[track_caller]
    fn check(x: f64, ncp: f64, reference: Reference, tails: [f64; 2]) {
        let what = [x, ncp, tails[0]];
        close(upper_tail(x, ncp, reference).unwrap(), tails[0], &what);
        close(lower_tail(x, ncp, reference).unwrap(), tails[1], &what);
        // And back: where a tail is small, it tells the noncentrality.
        let positive = !matches!(reference, Reference::StudentT { .. });
        for (tail, find) in [
            (
                tails[0],
                ncp_of_upper_tail as fn(f64, f64, Reference) -> Result<Option<f64>, Error>,
            ),
            (tails[1], ncp_of_lower_tail),
        ] {
            if (1e-60..0.9).contains(&tail) && !(positive && ncp == 0.0) {
                let found = find(x, tail, reference).unwrap().unwrap();
                assert!(
                    (found - ncp).abs() < 1e-10 * (1.0 + ncp.abs()),
                    "{what:?}: found {found}"
                );
            }
        }
    }

    #[test]
    fn tails_are_those_of_mpmath() {
        for [t, df, delta, upper, lower] in T {
            check(t, delta, Reference::StudentT { df }, [upper, lower]);
        }
        for [x, df, ncp, upper, lower] in CHI_SQUARED {
            check(x, ncp, Reference::ChiSquared { df }, [upper, lower]);
        }
        for [x, numerator, denominator, ncp, upper, lower] in F {
            let reference = Reference::F {
                numerator,
                denominator,
            };
            check(x, ncp, reference, [upper, lower]);
        }
    }

    #[test]
    fn a_small_statistic_leaves_no_lower_limit() {
        let reference = Reference::ChiSquared { df: 4.0 };
        assert_eq!(ncp_of_upper_tail(1.0, 0.025, reference).unwrap(), None);
        let both = interval(0.2, 0.95, reference).unwrap();
        assert_eq!((both.low, both.high), (0.0, 0.0));
        assert_eq!(lower_tail(-1.0, 3.0, reference).unwrap(), 0.0);
        assert_eq!(upper_tail(-1.0, 3.0, reference).unwrap(), 1.0);
    }

    /// From `reference/scripts/noncentral_f.py`.
    #[test]
    fn limits_are_those_of_mpmath() {
        let f = Reference::F {
            numerator: 3.0,
            denominator: 30.0,
        };
        let limits = interval(5.0, 0.95, f).unwrap();
        close(limits.low, 1.343_008_981_812_798_8, &[]);
        close(limits.high, 34.050_785_164_876_4, &[]);
        let none = interval(0.0, 0.95, f).unwrap();
        assert_eq!((none.low, none.high), (0.0, 0.0));
    }

    /// Every h-th term is as good as all of them, and where noncentralities are enormous limits are those
    /// of the simpler distribution: of χ² the normal, of F that of its denominator.
    #[test]
    fn large_noncentralities_take_few_terms() {
        let gamma = |x: f64| Gamma { a: 1.5, x: x / 2.0 };
        let beta = |f: f64| {
            Noncentral::F {
                numerator: 3.0,
                denominator: 40.0,
            }
            .beta(f)
        };
        let m: f64 = 20_000.0;
        let h = (m.sqrt() / 16.0).floor();
        for x in [38_000.0, 40_500.0, 41_000.0] {
            let (all, some) = (gamma(x), gamma(x));
            close(
                mixture_upper(m, &some, h),
                mixture_upper(m, &all, 1.0),
                &[x],
            );
            close(
                mixture_lower(m, &some, h),
                mixture_lower(m, &all, 1.0),
                &[x],
            );
            let (all, some) = (beta(x / 3.0), beta(x / 3.0));
            close(
                mixture_upper(m, &some, h),
                mixture_upper(m, &all, 1.0),
                &[x],
            );
            close(
                mixture_lower(m, &some, h),
                mixture_lower(m, &all, 1.0),
                &[x],
            );
        }
        let (x, z) = (1e9_f64, 1.959_963_984_540_054);
        let limits = interval(x, 0.95, Reference::ChiSquared { df: 5.0 }).unwrap();
        for (limit, z) in [(limits.low, -z), (limits.high, z)] {
            let normal = (x.sqrt() + z).powi(2) - 4.0;
            assert!(
                (limit / normal - 1.0).abs() < 1e-8,
                "{limit} is not {normal}"
            );
        }
        let f = Reference::F {
            numerator: 2.0,
            denominator: 200.0,
        };
        let limits = interval(1e12, 0.95, f).unwrap();
        let of_denominator = |tail| {
            let df = 200.0;
            2e12 / df * super::super::upper_quantile(tail, Reference::ChiSquared { df }).unwrap()
        };
        for (limit, truth) in [(limits.low, 0.975), (limits.high, 0.025)] {
            assert!((limit / of_denominator(truth) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn what_is_outside_its_range_is_refused() {
        let chi_squared = Reference::ChiSquared { df: 4.0 };
        let t = Reference::StudentT { df: 4.0 };
        assert!(upper_tail(1.0, -1.0, chi_squared).is_err());
        assert!(upper_tail(1.0, 1e16, chi_squared).is_err());
        assert!(upper_tail(f64::NAN, 1.0, t).is_err());
        assert!(lower_tail(1.0, f64::INFINITY, t).is_err());
        assert!(upper_tail(1.0, 1.0, Reference::StudentT { df: 0.0 }).is_err());
        assert!(upper_tail(1.0, 1.0, Reference::Normal).is_err());
        assert!(ncp_of_upper_tail(1.0, 0.0, t).is_err());
        assert!(ncp_of_lower_tail(1.0, 1.0, t).is_err());
        assert!(interval(1.0, 1.0, t).is_err());
        assert!(ncp_of_upper_tail(1e300, 0.025, chi_squared).is_err());
    }

    proptest! {
        #[test]
        fn without_noncentrality_it_is_central(x in -8.0..8.0f64, df in 0.3..500.0f64) {
            let t = Reference::StudentT { df };
            let central = super::super::upper_tail(x, t).unwrap();
            prop_assert!((upper_tail(x, 0.0, t).unwrap() / central - 1.0).abs() < 1e-11);
        }

        #[test]
        fn tails_add_up_and_t_squared_is_f(x in 0.1..9.0f64, df in 0.5..200.0f64, delta in -9.0..9.0f64) {
            let t = Reference::StudentT { df };
            let f = Reference::F { numerator: 1.0, denominator: df };
            let upper = upper_tail(x, delta, t).unwrap();
            prop_assert!((upper + lower_tail(x, delta, t).unwrap() - 1.0).abs() < 1e-12);
            let outside = upper + lower_tail(-x, delta, t).unwrap();
            let by_f = upper_tail(x * x, delta * delta, f).unwrap();
            prop_assert!((outside / by_f - 1.0).abs() < 1e-10);
        }
    }
}
