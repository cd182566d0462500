//! The line that power follows near its target, from raw counts.
//!
//! ```text
//! model      r_i of n_i replicates at g_i reject, r_i ~ Bin(n_i, Φ(a + b g_i))
//! prior      a ~ N(−z_c, ½²), z_c the critical value: without an effect a test rejects about α. It
//!            gives a line from one place and weighs less than some hundreds of replicates
//! estimate   maximum of the log-likelihood with the prior, by Fisher scoring; g* = (z* − a)/b
//! window     the fit is done again on the places whose line lies within 1.5 probits of z*, chosen by
//!            the place and not by what was seen there
//! interval   all g₀ with 2 (ℓ(â, b̂) − max_b ℓ(z* − b g₀, b)) ≤ 3.84
//! ```
//! Raw counts, since a probit of each small batch, smoothed away from 0 and 1, is biased towards a half,
//! and a root found with it too far out.
//!
//! Finney DJ (1971), Probit Analysis, 3rd ed., ch. 3 to 5; Venzon DJ, Moolgavkar SH (1988), Appl Stat
//! 37:87–94, doi 10.2307/2347496.

use kring_core::Reference;
use kring_stats::dist;

use crate::Error;

/// What was seen at a place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counts {
    pub g: f64,
    pub rejected: f64,
    pub n: f64,
}

/// A line, and the variance of its root.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    pub a: f64,
    pub b: f64,
    information: [f64; 3],
}

/// The counts with what is known before: the critical value, and the probit of the target.
#[derive(Debug, Clone)]
pub(super) struct Probit {
    seen: Vec<Counts>,
    critical: f64,
    wanted: f64,
}

/// The standard deviation of the prior of a.
const PRIOR: f64 = 0.5;

/// The 0.95 quantile of χ² with one degree of freedom.
const DEVIANCE: f64 = 3.841_458_820_694_124;

/// Beyond so many probits nothing changes.
const FAR: f64 = 8.0;

/// How far a place may lie from the target to have a say, in probits.
const WINDOW: f64 = 1.5;

/// One place's part of the log-likelihood, its score and its information.
fn part(counts: &Counts, eta: f64) -> Result<[f64; 3], Error> {
    let eta = eta.clamp(-FAR, FAR);
    let (above, below) = (
        dist::upper_tail(-eta, Reference::Normal)?,
        dist::upper_tail(eta, Reference::Normal)?,
    );
    let density = (-0.5 * eta * eta).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let missed = counts.n - counts.rejected;
    Ok([
        counts.rejected * above.ln() + missed * below.ln(),
        density * (counts.rejected / above - missed / below),
        counts.n * density * density / (above * below),
    ])
}

impl Probit {
    pub fn new(seen: Vec<Counts>, critical: f64, wanted: f64) -> Self {
        Self {
            seen,
            critical,
            wanted,
        }
    }

    /// ℓ, the scores of a and b, and their information as [aa, ab, bb].
    fn at(&self, a: f64, b: f64) -> Result<(f64, [f64; 2], [f64; 3]), Error> {
        let precision = 1.0 / (PRIOR * PRIOR);
        let off = a + self.critical;
        let mut value = -0.5 * precision * off * off;
        let mut score = [-precision * off, 0.0];
        let mut information = [precision, 0.0, 0.0];
        for counts in &self.seen {
            let g = counts.g;
            let [l, s, w] = part(counts, a + b * g)?;
            value += l;
            score[0] += s;
            score[1] += s * g;
            information[0] += w;
            information[1] += w * g;
            information[2] += w * g * g;
        }
        Ok((value, score, information))
    }

    /// How many probits the farthest place moves.
    fn farthest(&self, moved: impl Fn(f64) -> f64) -> f64 {
        let each = self.seen.iter().map(|counts| moved(counts.g).abs());
        each.fold(0.0, f64::max)
    }

    /// The best line, over the places near the target.
    pub fn fit(&mut self) -> Result<Line, Error> {
        let line = self.scoring()?;
        let mut near = self.seen.clone();
        near.retain(|c| (line.a + line.b * c.g - self.wanted).abs() < WINDOW);
        let said = |counts: &[Counts]| counts.iter().map(|c| c.n).sum::<f64>();
        // A window that holds little decides nothing.
        if near.len() < self.seen.len() && said(&near) > 0.3 * said(&self.seen) {
            self.seen = near;
            return self.scoring();
        }
        Ok(line)
    }

    fn scoring(&self) -> Result<Line, Error> {
        let (mut a, mut b) = (-self.critical, 0.0);
        let (mut value, mut score, mut information) = self.at(a, b)?;
        for _ in 0..60 {
            let [aa, ab, bb] = information;
            let determinant = aa * bb - ab * ab;
            if determinant <= 0.0 {
                break;
            }
            let da = (bb * score[0] - ab * score[1]) / determinant;
            let db = (aa * score[1] - ab * score[0]) / determinant;
            // No place moves by more than a probit: far away the curve is flat, and a step overshoots.
            let most = self.farthest(|g| da + db * g);
            let mut step = 1.0 / most.max(1.0);
            let least = 1e-6 * step;
            let moved = loop {
                let next = self.at(a + step * da, b + step * db)?;
                if next.0 >= value {
                    break Some(next);
                }
                step /= 2.0;
                if step < least {
                    break None;
                }
            };
            let Some(next) = moved else { break };
            (a, b) = (a + step * da, b + step * db);
            let gain = next.0 - value;
            (value, score, information) = next;
            if gain < 1e-10 {
                break;
            }
        }
        Ok(Line { a, b, information })
    }

    /// The largest ℓ of the lines whose root is g₀: concave in the slope.
    fn through(&self, root: f64, start: f64) -> Result<f64, Error> {
        let at = |b: f64| self.at(self.wanted - b * root, b);
        let mut b = start;
        let (mut value, mut score, mut information) = at(b)?;
        for _ in 0..60 {
            // db moves a by −g₀ db.
            let slope = score[1] - root * score[0];
            let [aa, ab, bb] = information;
            let curvature = bb - 2.0 * root * ab + root * root * aa;
            if curvature <= 0.0 {
                break;
            }
            let mut step = slope / curvature;
            step /= self.farthest(|g| step * (g - root)).max(1.0);
            let moved = loop {
                // Power grows: a slope below zero is none.
                let next_b = (b + step).max(0.0);
                let next = at(next_b)?;
                if next.0 >= value {
                    break Some((next_b, next));
                }
                step /= 2.0;
                if step.abs() < 1e-9 * b.abs().max(1e-9) {
                    break None;
                }
            };
            let Some((next_b, next)) = moved else { break };
            b = next_b;
            let gain = next.0 - value;
            (value, score, information) = next;
            if gain < 1e-8 {
                break;
            }
        }
        Ok(value)
    }

    /// The ends of the likelihood interval of the root; nothing where there is none below eight times
    /// the root, or where the root that may be had is not in it.
    pub fn interval(&self, line: &Line, root: f64) -> Result<Option<[f64; 2]>, Error> {
        let best = self.at(line.a, line.b)?.0;
        let inside = |g: f64| -> Result<bool, Error> {
            Ok(2.0 * (best - self.through(g, line.b)?) <= DEVIANCE)
        };
        if !inside(root)? {
            return Ok(None);
        }
        let mut ends = [0.0, 0.0];
        for (end, sign) in ends.iter_mut().zip([-1.0, 1.0]) {
            let mut near = root;
            let mut away = (line.error(self.wanted)).clamp(1e-6 * root, root);
            let far = loop {
                let far = (root + sign * away).max(0.0);
                if far <= 0.0 || !inside(far)? {
                    break far;
                }
                if far > 8.0 * root {
                    return Ok(None);
                }
                near = far;
                away *= 2.0;
            };
            let (mut near_end, mut far_end) = (near, far);
            for _ in 0..40 {
                let middle = f64::midpoint(near_end, far_end);
                if inside(middle)? {
                    near_end = middle;
                } else {
                    far_end = middle;
                }
            }
            *end = f64::midpoint(near_end, far_end);
        }
        Ok(Some(ends))
    }
}

impl Line {
    /// g*; infinite where power does not grow.
    pub fn root(&self, wanted: f64) -> f64 {
        if self.b > 0.0 {
            ((wanted - self.a) / self.b).max(0.0)
        } else {
            f64::INFINITY
        }
    }

    /// The standard error of g*, by the delta method.
    pub fn error(&self, wanted: f64) -> f64 {
        let [aa, ab, bb] = self.information;
        let determinant = aa * bb - ab * ab;
        let g = self.root(wanted);
        let variance = (bb - 2.0 * g * ab + g * g * aa) / (determinant * self.b * self.b);
        if variance >= 0.0 && variance.is_finite() {
            variance.sqrt()
        } else {
            g
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    fn counts(g: f64, rejected: u32, n: u32) -> Counts {
        Counts {
            g,
            rejected: rejected.into(),
            n: n.into(),
        }
    }

    #[test]
    fn counts_on_a_line_give_that_line() {
        // Φ(−1.96 + 0.35 g) at 6, 8 and 10: 0.5557, 0.7995, 0.9382.
        let seen = vec![
            counts(6.0, 55_570, 100_000),
            counts(8.0, 79_955, 100_000),
            counts(10.0, 93_822, 100_000),
        ];
        let wanted = 0.841_621;
        let mut probit = Probit::new(seen, 1.96, wanted);
        let line = probit.fit().unwrap();
        assert!((line.root(wanted) - 8.004_63).abs() < 0.01, "{line:?}");
        let [low, high] = probit.interval(&line, line.root(wanted)).unwrap().unwrap();
        let half = 1.96 * line.error(wanted);
        assert!(
            (high - low - 2.0 * half).abs() < 0.02 * half,
            "{low} {high}"
        );
    }

    /// Far places on both sides: steps that overshoot would end where everything is flat.
    #[test]
    fn places_far_apart_have_a_line() {
        let seen = [(4, 11, 186), (30, 72, 150), (107, 138, 150), (149, 62, 62)];
        let seen = seen.map(|(n, r, of)| counts(f64::from(n).sqrt(), r, of));
        let mut probit = Probit::new(seen.to_vec(), 1.96, 1.6449);
        let line = probit.fit().unwrap();
        let n = line.root(1.6449).powi(2);
        assert!((90.0..130.0).contains(&n), "{n} {line:?}");
    }

    #[test]
    fn one_place_and_places_without_a_slope_have_an_answer() {
        let mut one = Probit::new(vec![counts(8.0, 16, 20)], 1.96, 0.8416);
        let line = one.fit().unwrap();
        assert!((line.root(0.8416) - 8.0).abs() < 0.5, "{line:?}");
        let [low, high] = one.interval(&line, 8.0).unwrap().unwrap();
        assert!(low < 7.5 && high > 8.5, "{low} {high}");
        for rejected in [0, 20] {
            let mut all = Probit::new(vec![counts(8.0, rejected, 20)], 1.96, 0.8416);
            let root = all.fit().unwrap().root(0.8416);
            assert!((root > 8.0) == (rejected == 0), "{root}");
        }
    }
}
