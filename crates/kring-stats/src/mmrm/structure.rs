//! Covariances over the waves as tables of monomials, with their derivatives.
//!
//! ```text
//! Σ_ij = Σ_t Π_f g_f(θ_f)^e          a sum of products of powers; e and g stand in the table of a structure
//! σ = exp θ                           standard deviations, one for all waves or one a wave
//! ρ = θ/√(1 + θ²)                     correlations in (−1, 1): ar1, toep, ad
//! ρ = (1 + a) logistic(θ) − a         in (−a, 1), a = 1/(m − 1): cs, for which less is no covariance
//! ρ = logistic(θ)                     in (0, 1): the correlation one unit of time apart
//! cs σ_iσ_jρ    ar1 σ_iσ_jρ^|i−j|    toep σ_iσ_jρ_|i−j|    ad σ_iσ_jρ_i…ρ_{j−1}    sp_exp σ²ρ^|t_i−t_j|
//! us Σ = L L', L_ij = σ_i τ_ij, τ_ii = 1:  Σ_ij = Σ_{k ≤ i,j} σ_iσ_jτ_ikτ_jk
//! ```
//! So one loop gives Σ, one ∂Σ/∂θ and one ∂²Σ/∂θ∂θ' for every structure, and a new one is a new table.
//! The parameters are those of the R package mmrm, on which the second derivatives, and with them Kenward
//! and Roger's covariance, depend.
//!
//! Gabriel KR (1962), Annals of Mathematical Statistics 33:201–212, doi 10.1214/aoms/1177704724 (ad);
//! Sabanés Bové D et al., mmrm, vignette on covariance structures, doi 10.32614/CRAN.package.mmrm.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// How the residuals of one family are related over its waves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Structure {
    /// Any covariance: a standard deviation a wave and a correlation a pair of waves.
    #[default]
    #[serde(rename = "us")]
    Unstructured,
    /// One standard deviation, one correlation (compound symmetry).
    #[serde(rename = "cs")]
    CompoundSymmetric,
    /// A standard deviation a wave, one correlation.
    #[serde(rename = "csh")]
    CompoundSymmetricByWave,
    /// One standard deviation; correlations fall as ρ, ρ², ρ³ with the waves between.
    #[serde(rename = "ar1")]
    Autoregressive,
    /// The same with a standard deviation a wave.
    #[serde(rename = "ar1h")]
    AutoregressiveByWave,
    /// One standard deviation, a correlation for each distance in waves.
    #[serde(rename = "toep")]
    Toeplitz,
    /// The same with a standard deviation a wave.
    #[serde(rename = "toeph")]
    ToeplitzByWave,
    /// One standard deviation, a correlation for each step from one wave to the next, which multiply
    /// (ante-dependence).
    #[serde(rename = "ad")]
    AnteDependent,
    /// The same with a standard deviation a wave.
    #[serde(rename = "adh")]
    AnteDependentByWave,
    /// One standard deviation; correlations fall with the time between, whatever the times
    /// (spatial exponential).
    #[serde(rename = "sp_exp")]
    SpatialExponential,
}

/// How correlations are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Correlation {
    Free,
    One,
    Power,
    Distance,
    Steps,
    Time,
}

impl Structure {
    /// Whether each wave has a standard deviation of its own, and how correlations are made.
    fn shape(self) -> (bool, Correlation) {
        match self {
            Self::Unstructured => (true, Correlation::Free),
            Self::CompoundSymmetric => (false, Correlation::One),
            Self::CompoundSymmetricByWave => (true, Correlation::One),
            Self::Autoregressive => (false, Correlation::Power),
            Self::AutoregressiveByWave => (true, Correlation::Power),
            Self::Toeplitz => (false, Correlation::Distance),
            Self::ToeplitzByWave => (true, Correlation::Distance),
            Self::AnteDependent => (false, Correlation::Steps),
            Self::AnteDependentByWave => (true, Correlation::Steps),
            Self::SpatialExponential => (false, Correlation::Time),
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unstructured => "unstructured covariance",
            Self::CompoundSymmetric => "compound symmetry",
            Self::CompoundSymmetricByWave => "compound symmetry with a variance a wave",
            Self::Autoregressive => "first-order autoregression",
            Self::AutoregressiveByWave => "first-order autoregression with a variance a wave",
            Self::Toeplitz => "Toeplitz covariance",
            Self::ToeplitzByWave => "Toeplitz covariance with a variance a wave",
            Self::AnteDependent => "first-order ante-dependence",
            Self::AnteDependentByWave => "first-order ante-dependence with a variance a wave",
            Self::SpatialExponential => "exponential decay over time",
        }
    }

    /// Whether times rather than waves tell the rows of a family apart.
    pub fn goes_by_time(self) -> bool {
        self == Self::SpatialExponential
    }

    /// Whether each wave has a standard deviation of its own.
    pub(super) fn is_by_wave(self) -> bool {
        self.shape().0
    }

    /// Whether each pair of waves has a correlation of its own.
    pub(super) fn is_free(self) -> bool {
        self.shape().1 == Correlation::Free
    }

    /// How many parameters it has over so many waves.
    pub fn parameters(self, waves: usize) -> usize {
        let (by_wave, correlation) = self.shape();
        let deviations = if by_wave { waves } else { 1 };
        deviations
            + match correlation {
                Correlation::Free => waves * waves.saturating_sub(1) / 2,
                Correlation::Distance | Correlation::Steps => waves.saturating_sub(1),
                Correlation::One | Correlation::Power | Correlation::Time => 1,
            }
    }

    /// The end of the range of its correlations over so many waves.
    pub(super) fn least_correlation(self, waves: usize) -> f64 {
        match self.shape().1 {
            Correlation::One => -1.0 / (waves.saturating_sub(1).max(1) as f64),
            Correlation::Time => 0.0,
            _ => -1.0,
        }
    }

    /// The table of so many waves, or of rows at these times.
    pub(super) fn table(self, waves: usize, times: &[f64]) -> Table {
        let (by_wave, correlation) = self.shape();
        let first = if by_wave { waves } else { 1 };
        let k = self.parameters(waves);
        let mut transforms = vec![Transform::Exponential; k];
        transforms[first..].fill(match correlation {
            Correlation::Free => Transform::Itself,
            Correlation::One | Correlation::Time => Transform::Above(self.least_correlation(waves)),
            Correlation::Power | Correlation::Distance | Correlation::Steps => {
                Transform::Correlation
            }
        });
        let mut table = Table {
            size: waves,
            transforms,
            entries: vec![0],
            terms: vec![0],
            factors: Vec::new(),
        };
        for i in 0..waves {
            for j in 0..=i {
                let scale = if correlation == Correlation::Time {
                    // The parameter is the logarithm of the variance itself.
                    vec![(0, 1.0)]
                } else if by_wave && i != j {
                    vec![(i, 1.0), (j, 1.0)]
                } else {
                    vec![(if by_wave { i } else { 0 }, 2.0)]
                };
                let apart = (i - j) as f64;
                let rho: Vec<Vec<(usize, f64)>> = match correlation {
                    Correlation::Free => (0..=j)
                        .map(|k| {
                            let tau = |row: usize| first + row * row.saturating_sub(1) / 2 + k;
                            match (i == j, k == j) {
                                (true, true) => vec![],
                                (true, false) => vec![(tau(i), 2.0)],
                                (false, true) => vec![(tau(i), 1.0)],
                                (false, false) => vec![(tau(i), 1.0), (tau(j), 1.0)],
                            }
                        })
                        .collect(),
                    _ if i == j => vec![vec![]],
                    Correlation::One => vec![vec![(first, 1.0)]],
                    Correlation::Power => vec![vec![(first, apart)]],
                    Correlation::Distance => vec![vec![(first + i - j - 1, 1.0)]],
                    Correlation::Steps => vec![(j..i).map(|k| (first + k, 1.0)).collect()],
                    Correlation::Time => vec![vec![(first, (times[i] - times[j]).abs())]],
                };
                for factors in rho {
                    table.factors.extend_from_slice(&scale);
                    table.factors.extend(factors);
                    table.terms.push(table.factors.len());
                }
                table.entries.push(table.terms.len() - 1);
            }
        }
        table
    }
}

/// What a parameter stands for: g(θ).
#[derive(Debug, Clone, Copy, PartialEq)]
enum Transform {
    /// exp θ
    Exponential,
    Itself,
    /// θ/√(1 + θ²)
    Correlation,
    /// b + (1 − b) logistic(θ), between b and one.
    Above(f64),
}

impl Transform {
    /// g, g' and g''.
    fn at(self, theta: f64) -> [f64; 3] {
        match self {
            Self::Exponential => [theta.exp(); 3],
            Self::Itself => [theta, 1.0, 0.0],
            Self::Correlation => {
                let inverse = 1.0 / theta.hypot(1.0);
                let cube = inverse * inverse * inverse;
                let second = -3.0 * theta * cube * inverse * inverse;
                [theta * inverse, cube, second]
            }
            Self::Above(b) => {
                let p = 1.0 / (1.0 + (-theta).exp());
                let rest = 1.0 / (1.0 + theta.exp());
                let first = (1.0 - b) * p * rest;
                // 1 − (1 − b)(1 − p) keeps the digits of what is left to one.
                let g = if b == 0.0 { p } else { 1.0 - (1.0 - b) * rest };
                [g, first, first * (rest - p)]
            }
        }
    }

    /// θ of a value of g.
    fn inverse(self, g: f64) -> f64 {
        match self {
            Self::Exponential => g.ln(),
            Self::Itself => g,
            Self::Correlation => g / (1.0 - g * g).sqrt(),
            Self::Above(b) => ((g - b) / (1.0 - g)).ln(),
        }
    }
}

/// x^e, also of a negative x where e is whole.
fn power(x: f64, e: f64) -> f64 {
    #[allow(
        clippy::float_cmp,
        reason = "these powers are exact, and all that most tables have"
    )]
    if e == 1.0 {
        x
    } else if e == 0.0 {
        1.0
    } else if e == 2.0 {
        x * x
    } else {
        x.powf(e)
    }
}

/// Σ of one structure and so many rows, as a function of θ.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// m: Σ is m × m.
    pub size: usize,
    transforms: Vec<Transform>,
    /// Where the terms of each entry end; the entries are those of the lower triangle, row by row.
    entries: Vec<usize>,
    /// Where the factors of each term end.
    terms: Vec<usize>,
    /// The parameter and the power of each factor; no term has a parameter twice.
    factors: Vec<(usize, f64)>,
}

/// The factors of a table at one θ: g^e with two derivatives.
#[derive(Debug, Clone, Default)]
pub(super) struct Factors(Vec<[f64; 3]>);

impl Table {
    /// How many parameters it has.
    pub fn parameters(&self) -> usize {
        self.transforms.len()
    }

    /// Whether a pair of rows says something of each parameter.
    pub fn bears_on(&self, i: usize, j: usize, seen: &mut [bool]) {
        let entry = i.max(j) * (i.max(j) + 1) / 2 + i.min(j);
        for term in self.entries[entry]..self.entries[entry + 1] {
            for &(k, e) in &self.factors[self.terms[term]..self.terms[term + 1]] {
                seen[k] |= e != 0.0;
            }
        }
    }

    /// The parameter that is the correlation of two rows, where it is one by itself.
    pub fn correlation_of(&self, i: usize, j: usize) -> Option<usize> {
        let term = self.entries[i * (i + 1) / 2 + j];
        let factors = &self.factors[self.terms[term]..self.terms[term + 1]];
        let mut own = factors
            .iter()
            .filter(|(k, _)| self.transforms[*k] != Transform::Exponential);
        match (own.next(), own.next()) {
            (Some(&(k, e)), None) if (e - 1.0).abs() < f64::EPSILON => Some(k),
            _ => None,
        }
    }

    /// θ of these values of the parameters: standard deviations (or the variance, of times), correlations.
    pub fn theta(&self, values: &[f64]) -> Vec<f64> {
        let each = self.transforms.iter().zip(values);
        each.map(|(transform, &value)| transform.inverse(value))
            .collect()
    }

    /// The factors at θ.
    pub fn factors(&self, theta: &[f64], at: &mut Factors) {
        at.0.resize(self.factors.len(), [0.0; 3]);
        let mut last = (usize::MAX, [0.0; 3]);
        for (at, &(k, e)) in at.0.iter_mut().zip(&self.factors) {
            if last.0 != k {
                last = (k, self.transforms[k].at(theta[k]));
            }
            let [g, first, second] = last.1;
            let slope = if e == 0.0 { 0.0 } else { e * power(g, e - 1.0) };
            let bend = if e == 0.0 || (e - 1.0).abs() < f64::EPSILON {
                0.0
            } else {
                e * (e - 1.0) * power(g, e - 2.0)
            };
            *at = [
                power(g, e),
                slope * first,
                bend * first * first + slope * second,
            ];
        }
    }

    /// Σ at θ.
    pub fn covariance(&self, theta: &[f64]) -> Array2<f64> {
        let m = self.size;
        let mut at = Factors::default();
        self.factors(theta, &mut at);
        let (mut sigma, mut slopes) = (vec![0.0; m * m], vec![0.0; m * m * self.parameters()]);
        self.fill(&at, &mut sigma, &mut slopes);
        Array2::from_shape_fn((m, m), |(i, j)| sigma[i * m + j])
    }

    /// The terms: their entry (i, j), i ≥ j, and the range of their factors.
    fn each_term(&self, mut f: impl FnMut(usize, usize, std::ops::Range<usize>)) {
        let mut entry = 0;
        for i in 0..self.size {
            for j in 0..=i {
                for term in self.entries[entry]..self.entries[entry + 1] {
                    f(i, j, self.terms[term]..self.terms[term + 1]);
                }
                entry += 1;
            }
        }
    }

    /// Σ, and ∂Σ/∂θ_k one after the other, all row by row.
    pub fn fill(&self, at: &Factors, sigma: &mut [f64], slopes: &mut [f64]) {
        let m = self.size;
        sigma.fill(0.0);
        slopes.fill(0.0);
        self.each_term(|i, j, range| {
            let factors = &at.0[range.clone()];
            sigma[i * m + j] += factors.iter().map(|f| f[0]).product::<f64>();
            for (place, &(k, _)) in self.factors[range].iter().enumerate() {
                slopes[k * m * m + i * m + j] += with_derivatives(factors, place, place, 1);
            }
        });
        for block in std::iter::once(sigma).chain(slopes.chunks_exact_mut(m * m)) {
            for i in 0..m {
                for j in 0..i {
                    block[j * m + i] = block[i * m + j];
                }
            }
        }
    }

    /// Every ∂²Σ_ij/∂θ_k∂θ_l of every term, i ≥ j, both (k, l) and (l, k).
    fn bends(&self, at: &Factors, mut f: impl FnMut(usize, usize, usize, usize, f64)) {
        self.each_term(|i, j, range| {
            let values = &at.0[range.clone()];
            let factors = &self.factors[range];
            for (a, &(k, _)) in factors.iter().enumerate() {
                for (b, &(l, _)) in factors.iter().enumerate() {
                    f(i, j, k, l, with_derivatives(values, a, b, 2));
                }
            }
        });
    }

    /// Adds ⟨N, ∂²Σ/∂θ_k∂θ_l⟩ of a symmetric N to a matrix of `stride` columns, from (`first`, `first`) on.
    pub fn curve(&self, at: &Factors, n: &[f64], first: usize, stride: usize, hessian: &mut [f64]) {
        let m = self.size;
        self.bends(at, |i, j, k, l, bend| {
            let twice = if i == j { 1.0 } else { 2.0 };
            hessian[(first + k) * stride + first + l] += twice * n[i * m + j] * bend;
        });
    }

    /// Σ_kl w_kl ∂²Σ/∂θ_k∂θ_l
    pub fn bend(&self, at: &Factors, w: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let m = self.size;
        let mut sum = vec![0.0; m * m];
        self.bends(at, |i, j, k, l, bend| {
            sum[i * m + j] += w(k, l) * bend;
            if i != j {
                sum[j * m + i] += w(k, l) * bend;
            }
        });
        sum
    }
}

/// The product of factors with two of them differentiated, or one of them so many times.
fn with_derivatives(factors: &[[f64; 3]], a: usize, b: usize, times: usize) -> f64 {
    let mut product = 1.0;
    for (place, factor) in factors.iter().enumerate() {
        product *= if place == a && place == b {
            factor[times]
        } else if place == a || place == b {
            factor[1]
        } else {
            factor[0]
        };
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Structure; 10] = [
        Structure::Unstructured,
        Structure::CompoundSymmetric,
        Structure::CompoundSymmetricByWave,
        Structure::Autoregressive,
        Structure::AutoregressiveByWave,
        Structure::Toeplitz,
        Structure::ToeplitzByWave,
        Structure::AnteDependent,
        Structure::AnteDependentByWave,
        Structure::SpatialExponential,
    ];
    const TIMES: [f64; 4] = [0.0, 1.5, 2.0, 4.5];

    fn sigma(table: &Table, theta: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut at = Factors::default();
        table.factors(theta, &mut at);
        let mm = table.size * table.size;
        let (mut sigma, mut slopes) = (vec![0.0; mm], vec![0.0; mm * table.parameters()]);
        table.fill(&at, &mut sigma, &mut slopes);
        (sigma, slopes)
    }

    fn somewhere(k: usize) -> Vec<f64> {
        (0..k)
            .map(|k| 0.3 * ((7 * k + 3) as f64).sin() + 0.1)
            .collect()
    }

    /// σ = 2 and 3, τ = ½: L = [[2, 0], [1.5, 3]], L L' = [[4, 3], [3, 11.25]]. And of one σ = 2, three
    /// waves and ρ = −¼ (cs), ½ (ar1): by the formulas at the top.
    #[test]
    fn covariances_by_hand() {
        let us = Structure::Unstructured.table(2, &[]);
        let theta = us.theta(&[2.0, 3.0, 0.5]);
        let found = sigma(&us, &theta).0;
        for (ours, truth) in found.iter().zip([4.0, 3.0, 3.0, 11.25]) {
            assert!((ours - truth).abs() < 1e-14);
        }
        let cs = Structure::CompoundSymmetric.table(3, &[]);
        let found = sigma(&cs, &cs.theta(&[2.0, -0.25])).0;
        assert!((found[0] - 4.0).abs() < 1e-14 && (found[2] + 1.0).abs() < 1e-14);
        let ar1 = Structure::Autoregressive.table(3, &[]);
        let found = sigma(&ar1, &ar1.theta(&[2.0, 0.5])).0;
        assert!((found[1] - 2.0).abs() < 1e-14 && (found[2] - 1.0).abs() < 1e-14);
        let toep = Structure::ToeplitzByWave.table(3, &[]);
        let found = sigma(&toep, &toep.theta(&[1.0, 2.0, 3.0, 0.5, 0.25])).0;
        assert!((found[5] - 3.0).abs() < 1e-14 && (found[2] - 0.75).abs() < 1e-14);
        let ad = Structure::AnteDependentByWave.table(3, &[]);
        let found = sigma(&ad, &ad.theta(&[1.0, 2.0, 3.0, 0.5, -0.25])).0;
        assert!((found[5] + 1.5).abs() < 1e-14 && (found[2] + 0.375).abs() < 1e-14);
        // A variance of 4; ρ = ½ a unit, 2.5 units from row 2 to row 3.
        let time = Structure::SpatialExponential.table(4, &TIMES);
        let found = sigma(&time, &time.theta(&[4.0, 0.5])).0;
        assert!((found[11] - 4.0 * 0.5_f64.powf(2.5)).abs() < 1e-14);
    }

    /// Slopes against central differences of Σ, bends against those of the slopes.
    #[test]
    fn derivatives_are_those_of_the_table() {
        const STEP: f64 = 1e-5;
        for structure in ALL {
            let table = structure.table(4, &TIMES);
            let k = table.parameters();
            assert_eq!(k, structure.parameters(4));
            let theta = somewhere(k);
            let slopes = sigma(&table, &theta).1;
            let n: Vec<f64> = (0..16)
                .map(|ij| 1.0 + f64::from(ij / 4 + ij % 4) * 0.5)
                .collect();
            let mut at = Factors::default();
            table.factors(&theta, &mut at);
            let mut hessian = vec![0.0; k * k];
            table.curve(&at, &n, 0, k, &mut hessian);
            for one in 0..k {
                let mut sides = [theta.clone(), theta.clone()];
                sides[0][one] -= STEP;
                sides[1][one] += STEP;
                let [(low, slopes_low), (high, slopes_high)] =
                    sides.map(|theta| sigma(&table, &theta));
                for ij in 0..16 {
                    let numeric = (high[ij] - low[ij]) / (2.0 * STEP);
                    let ours = slopes[one * 16 + ij];
                    assert!(
                        (numeric - ours).abs() < 1e-8,
                        "{structure:?} {one} {ij}: {numeric} {ours}"
                    );
                }
                for other in 0..k {
                    let along =
                        |s: &[f64]| -> f64 { (0..16).map(|ij| n[ij] * s[other * 16 + ij]).sum() };
                    let numeric = (along(&slopes_high) - along(&slopes_low)) / (2.0 * STEP);
                    let ours = hessian[one * k + other];
                    assert!(
                        (numeric - ours).abs() < 1e-7,
                        "{structure:?} {one} {other}: {numeric} {ours}"
                    );
                }
            }
        }
    }

    /// Names as the R package has them, in files and on the command line.
    #[test]
    fn the_names_are_those_of_the_field() {
        let names = [
            "us", "cs", "csh", "ar1", "ar1h", "toep", "toeph", "ad", "adh", "sp_exp",
        ];
        for (structure, name) in ALL.iter().zip(names) {
            let written = serde_json::to_value(structure).ok();
            assert_eq!(written, Some(serde_json::Value::from(name)));
        }
    }
}
