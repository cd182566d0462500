//! Random numbers of the families of generalised models, from a stream with an explicit seed.
//!
//! ```text
//! gamma      Marsaglia and Tsang's squeeze; below a shape of one by the power of a uniform number
//! beta       X / (X + Y) of two gammas
//! Poisson    means below 12 by the product of uniform numbers; above by a gamma of 7/8 of the mean, which is the
//!            time of so many events, and what is left of the mean or of the events (Ahrens and Dieter)
//! binomial   up to 24 trials one by one; more by the middle one of as many uniform numbers, a beta, and what is
//!            left on its side (Relles)
//! ```
//! Marsaglia G, Tsang WW (2000), ACM Transactions on Mathematical Software 26:363–372, doi
//! 10.1145/358407.358414; Ahrens JH, Dieter U (1974), Computing 12:223–246, doi 10.1007/BF02293108; Relles DA
//! (1972), JASA 67:612–613, doi 10.1080/01621459.1972.10481259.

use crate::seed::Stream;

/// A gamma number of this shape and scale one.
pub(crate) fn gamma(shape: f64, stream: &mut Stream) -> f64 {
    if shape < 1.0 {
        let power = stream.uniform().ln() / shape;
        return gamma(shape + 1.0, stream) * power.exp();
    }
    let d = shape - 1.0 / 3.0;
    let c = (9.0 * d).sqrt().recip();
    loop {
        let x = stream.normal();
        let v = (1.0 + c * x).powi(3);
        if v <= 0.0 {
            continue;
        }
        let u = stream.uniform();
        if u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
            return d * v;
        }
    }
}

/// A beta number.
pub(crate) fn beta(a: f64, b: f64, stream: &mut Stream) -> f64 {
    let (x, y) = (gamma(a, stream), gamma(b, stream));
    if x + y > 0.0 {
        x / (x + y)
    } else {
        a / (a + b)
    }
}

/// A Poisson count.
pub(crate) fn poisson(mean: f64, stream: &mut Stream) -> f64 {
    const SMALL: f64 = 12.0;
    let (mut mean, mut count) = (mean, 0.0);
    while mean >= SMALL {
        let events = (0.875 * mean).floor();
        let time = gamma(events, stream);
        if time > mean {
            // Of the events before the last one, so many fall before the end.
            return count + binomial(events - 1.0, mean / time, stream);
        }
        count += events;
        mean -= time;
    }
    let floor = (-mean).exp();
    let mut product = stream.uniform();
    while product > floor {
        product *= stream.uniform();
        count += 1.0;
    }
    count
}

/// Successes in so many trials.
pub(crate) fn binomial(trials: f64, share: f64, stream: &mut Stream) -> f64 {
    const FEW: f64 = 24.0;
    let (mut trials, mut share, mut count) = (trials, share, 0.0);
    while trials > FEW && share > 0.0 && share < 1.0 {
        // The i-th smallest of the trials' uniform numbers.
        let i = (0.5 * (trials + 1.0)).floor();
        let middle = beta(i, trials + 1.0 - i, stream);
        if middle <= share {
            count += i;
            trials -= i;
            share = (share - middle) / (1.0 - middle);
        } else {
            trials = i - 1.0;
            share /= middle;
        }
    }
    if share >= 1.0 {
        return count + trials;
    }
    while trials > 0.5 {
        if stream.uniform() < share {
            count += 1.0;
        }
        trials -= 1.0;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;

    /// Means and variances of 20,000 draws, within five standard errors: those of a variance by the fourth moment
    /// of the normal, with room for a kurtosis up to 9.
    #[test]
    fn moments() {
        const N: usize = 20_000;
        let mut stream = Seed::new(11).stream(0);
        let mut of = |draw: &mut dyn FnMut(&mut Stream) -> f64, mean: f64, variance: f64| {
            let x: Vec<f64> = (0..N).map(|_| draw(&mut stream)).collect();
            let n = N as f64;
            let m = x.iter().sum::<f64>() / n;
            let v = x.iter().map(|x| (x - m).powi(2)).sum::<f64>() / n;
            assert!((m - mean).abs() < 5.0 * (variance / n).sqrt(), "{m} {mean}");
            assert!(
                (v - variance).abs() < 5.0 * variance * (8.0 / n).sqrt(),
                "{v} {variance}"
            );
        };
        for shape in [0.3, 1.0, 7.5] {
            of(&mut |s| gamma(shape, s), shape, shape);
        }
        for mean in [0.4, 11.0, 60.0, 1e6] {
            of(&mut |s| poisson(mean, s), mean, mean);
        }
        for (trials, share) in [(1.0, 0.3), (24.0, 0.9), (400.0, 0.02), (1e5, 0.7)] {
            of(
                &mut |s| binomial(trials, share, s),
                trials * share,
                trials * share * (1.0 - share),
            );
        }
        of(&mut |s| beta(2.0, 3.0, s), 0.4, 0.04);
        assert_eq!(
            [
                binomial(7.0, 0.0, &mut stream),
                binomial(40.0, 1.0, &mut stream)
            ],
            [0.0, 40.0]
        );
    }
}
