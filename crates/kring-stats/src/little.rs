//! Little's test that values are missing completely at random (MCAR).
//!
//! ```text
//! model     rows independent, y ~ N(μ, Σ); what is missing has nothing to do with any value
//! EM        of each pattern of missing values, o observed and m missing:  B = Σ_mo Σ_oo⁻¹,
//!           the missing are expected at μ_m + B(y_o − μ_o), with covariance Σ_mm − B Σ_om left;
//!           μ̂ and Σ̂ are the mean and covariance of all so completed, until they settle
//! statistic d² = Σ_j n_j (ȳ_j − μ̂_o)' Σ̂_oo⁻¹ (ȳ_j − μ̂_o) over the patterns j,  ȳ_j their means
//! reference χ² with Σ_j p_j − p,  p_j the variables that pattern j has
//! ```
//! A step costs one factorisation of each pattern, whatever the number of rows: their means and
//! scatters are summed up once. A small p-value speaks against MCAR; a large one does not prove it, and
//! says nothing of what depends on the missing value itself. The test compares means only.
//!
//! With [`Divisor::N`] figures are those of R's `naniar::mcar_test`, whose EM stops earlier; Little's
//! paper takes n Σ̂ / (n − 1), which is [`Divisor::NMinusOne`].
//!
//! Little RJA (1988), JASA 83:1198–1202, doi 10.1080/01621459.1988.10478722; Dempster AP, Laird NM, Rubin
//! DB (1977), JRSS B 39:1–38, doi 10.1111/j.2517-6161.1977.tb01600.x.

use std::collections::BTreeMap;

use kring_core::{Caution, JointTest, Reference, Sample};
use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use crate::linalg::Cholesky;
use crate::{Error, dist};

/// The options of the test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Little {
    /// By what the covariance of the statistic is divided.
    pub divisor: Divisor,
    /// EM has settled when no mean or covariance, in standard deviations, moves by more.
    pub tolerance: f64,
    /// The most steps that EM may take.
    pub max_steps: usize,
}

/// By what a covariance is divided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Divisor {
    /// n, as maximum likelihood has it.
    #[default]
    N,
    /// n − 1, as Little's paper has it.
    NMinusOne,
}

/// Variables with missing values: a row a subject, a column a variable.
#[derive(Debug, Clone, Copy)]
pub struct Incomplete<'a> {
    /// What they are together: `waves`.
    pub name: &'a str,
    /// What each is called.
    pub names: &'a [&'a str],
    /// The values; absent where missing.
    pub values: ArrayView2<'a, Option<f64>>,
}

/// The test with the means and covariances it rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LittleTest {
    /// The test.
    pub test: JointTest,
    /// μ̂, which allows for missing values if these are missing at random.
    pub means: Array1<f64>,
    /// Σ̂, divided by n.
    pub covariance: Array2<f64>,
    /// The log-likelihood of the observed values.
    pub log_likelihood: f64,
    /// How many steps EM took.
    pub steps: usize,
    /// The patterns, the most frequent first.
    pub patterns: Vec<MissingPattern>,
}

/// Rows with the same variables missing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingPattern {
    /// Whether each variable is there.
    pub observed: Vec<bool>,
    /// How many rows.
    pub rows: usize,
    /// The mean of each variable that is there.
    pub means: Vec<Option<f64>>,
    /// What the pattern adds to the statistic.
    pub d_squared: f64,
}

impl Default for Little {
    fn default() -> Self {
        Self {
            divisor: Divisor::N,
            tolerance: 1e-11,
            max_steps: 20_000,
        }
    }
}

/// The figures of the rows of one pattern, in standard deviations.
struct Group {
    /// The variables that are there, and those that are not.
    o: Vec<usize>,
    m: Vec<usize>,
    n: f64,
    mean: Array1<f64>,
    /// Σ (y − ȳ)(y − ȳ)'
    scatter: Array2<f64>,
}

/// Where EM stands.
struct State {
    mu: Array1<f64>,
    sigma: Array2<f64>,
}

impl Little {
    /// Tests whether patterns of missing values differ in their means.
    ///
    /// Rows without any value are left out and counted. Every two variables must be seen together.
    ///
    /// ```
    /// use kring_stats::little::{Incomplete, Little};
    /// use ndarray::array;
    /// let values = array![
    ///     [Some(1.0), Some(2.0)], [Some(2.0), Some(1.0)], [Some(3.0), Some(4.0)],
    ///     [Some(4.0), Some(3.0)], [Some(9.0), None], [Some(11.0), None],
    /// ];
    /// let waves = Incomplete { name: "waves", names: &["first", "second"], values: values.view() };
    /// let found = Little::default().test(&waves)?;
    /// // μ̂ = 5 and σ̂² = 82/6 of the first: 4 · 2.5² / σ̂² + 2 · 5² / σ̂² = 75 · 6 / 82, and the second
    /// // adds nothing given the first.
    /// assert!((found.test.statistic.unwrap() - 450.0 / 82.0).abs() < 1e-8);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, variables: &Incomplete<'_>) -> Result<LittleTest, Error> {
        let (scale, groups, omitted) = self.groups(variables)?;
        let p = scale.len();
        let n: f64 = groups.iter().map(|group| group.n).sum();
        let (state, steps) = self.em(variables, &groups, p)?;
        let collinear = || Self::singular(variables, &scale, &state, steps);
        let factor = match self.divisor {
            Divisor::N => 1.0,
            Divisor::NMinusOne => (n - 1.0) / n,
        };
        let (mut statistic, mut log_likelihood, mut variables_seen) = (0.0, 0.0, 0);
        let mut patterns = Vec::with_capacity(groups.len());
        for group in &groups {
            let root = group.root(&state.sigma).ok_or_else(collinear)?;
            let mut d: Vec<f64> = group
                .o
                .iter()
                .zip(&group.mean)
                .map(|(&v, y)| y - state.mu[v])
                .collect();
            root.forward(&mut d);
            let squares = group.n * d.iter().map(|d| d * d).sum::<f64>();
            let d_squared = factor * squares;
            statistic += d_squared;
            variables_seen += group.o.len();
            let inverse = root.inverse();
            let own: f64 = (&inverse * &group.scatter).sum();
            let units: f64 = group.o.iter().map(|&v| scale[v].1.ln()).sum();
            let constant = group.o.len() as f64 * std::f64::consts::TAU.ln();
            log_likelihood -=
                0.5 * (group.n * (constant + root.ln_determinant() + 2.0 * units) + own + squares);
            let mut observed = vec![false; p];
            let mut means = vec![None; p];
            for (&v, y) in group.o.iter().zip(&group.mean) {
                observed[v] = true;
                means[v] = Some(scale[v].0 + scale[v].1 * y);
            }
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a count of rows"
            )]
            let rows = group.n as usize;
            patterns.push(MissingPattern {
                observed,
                rows,
                means,
                d_squared,
            });
        }
        patterns.sort_by(|a, b| b.rows.cmp(&a.rows).then(b.observed.cmp(&a.observed)));
        let df = (variables_seen - p) as f64;
        let reference = Reference::ChiSquared { df };
        let mut cautions = Vec::new();
        let small = patterns.iter().filter(|pattern| pattern.rows < 5).count();
        if small > 0 {
            cautions.push(Caution::Note(format!(
                "{small} of {} patterns have fewer than five rows: the χ² approximation is rough.",
                patterns.len()
            )));
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count of rows"
        )]
        let rows = n as usize;
        let test = JointTest {
            label: variables.name.to_owned(),
            statistic: Some(statistic),
            reference,
            p_value: Some(dist::upper_tail(statistic, reference)?),
            sample: Sample {
                rows,
                omitted,
                ..Sample::default()
            },
            method: "Little's test of values missing completely at random".to_owned(),
            cautions,
        };
        Ok(LittleTest {
            test,
            means: (0..p)
                .map(|v| scale[v].0 + scale[v].1 * state.mu[v])
                .collect(),
            covariance: Array2::from_shape_fn((p, p), |(a, b)| {
                state.sigma[[a, b]] * scale[a].1 * scale[b].1
            }),
            log_likelihood,
            steps,
            patterns,
        })
    }

    /// The mean and standard deviation of each variable, the patterns in those units, and how many
    /// rows have nothing.
    #[allow(clippy::type_complexity, reason = "three parts of one reading")]
    fn groups(&self, of: &Incomplete<'_>) -> Result<(Vec<(f64, f64)>, Vec<Group>, usize), Error> {
        let p = of.values.ncols();
        if of.names.len() != p {
            return Err(Error::Shape {
                what: format!("the names of {}", of.name),
                expected: format!("{p}, one a variable"),
                found: of.names.len().to_string(),
            });
        }
        for ((row, v), value) in of.values.indexed_iter() {
            if value.is_some_and(|x| !x.is_finite()) {
                return Err(kring_core::Error::NotFinite {
                    what: of.names[v].to_owned(),
                    row,
                }
                .into());
            }
        }
        if !(self.tolerance > 0.0 && self.tolerance < 1.0) {
            return Err(Error::Argument {
                what: "the tolerance of EM".to_owned(),
                expected: "a number between 0 and 1, such as 1e-11",
                found: self.tolerance.to_string(),
            });
        }
        let scale = (0..p).map(|v| of.scale(v)).collect::<Result<Vec<_>, _>>()?;
        for a in 0..p {
            for b in 0..a {
                let rows = of.values.rows().into_iter();
                let together = rows
                    .filter(|row| row[a].is_some() && row[b].is_some())
                    .count();
                if together < 2 {
                    return Err(Error::TooFew {
                        method: "Little's test",
                        what: format!("rows with both {} and {}", of.names[b], of.names[a]),
                        needed: 2,
                        found: together,
                    });
                }
            }
        }
        let mut rows: BTreeMap<Vec<bool>, Vec<Vec<f64>>> = BTreeMap::new();
        for row in of.values.rows() {
            let observed: Vec<bool> = row.iter().map(Option::is_some).collect();
            let present = row.iter().zip(&scale);
            let values = present
                .filter_map(|(x, (mean, sd))| x.map(|x| (x - mean) / sd))
                .collect();
            rows.entry(observed).or_default().push(values);
        }
        let omitted = rows.remove(&vec![false; p]).map_or(0, |rows| rows.len());
        if rows.len() < 2 {
            return Err(Error::TooFew {
                method: "Little's test",
                what: format!("patterns of missing values in {}", of.name),
                needed: 2,
                found: rows.len(),
            });
        }
        let groups = rows
            .iter()
            .map(|(observed, rows)| Group::new(observed, rows))
            .collect();
        Ok((scale, groups, omitted))
    }

    /// EM from independent variables; the state and how many steps it took.
    fn em(&self, of: &Incomplete<'_>, groups: &[Group], p: usize) -> Result<(State, usize), Error> {
        let mut state = State {
            mu: Array1::zeros(p),
            sigma: Array2::eye(p),
        };
        for step in 1..=self.max_steps {
            let Some(next) = state.step(groups) else {
                return Err(Self::singular(of, &vec![(0.0, 1.0); p], &state, step));
            };
            let moved = |a: &f64, b: &f64| (a - b).abs();
            let means = next.mu.iter().zip(&state.mu).map(|(a, b)| moved(a, b));
            let covariances = next
                .sigma
                .iter()
                .zip(&state.sigma)
                .map(|(a, b)| moved(a, b));
            let largest = means.chain(covariances).fold(0.0, f64::max);
            state = next;
            if largest <= self.tolerance {
                return Ok((state, step));
            }
        }
        Err(Error::NotConverged {
            method: "EM of means and covariances",
            iterations: self.max_steps,
            why: "they were still moving".to_owned(),
            coefficients: of.named(state.mu.iter().copied()),
            hint: "allow more steps, or leave out variables that are hardly ever seen; the means, in standard deviations,",
        })
    }

    fn singular(of: &Incomplete<'_>, scale: &[(f64, f64)], state: &State, steps: usize) -> Error {
        Error::NotConverged {
            method: "EM of means and covariances",
            iterations: steps,
            why: "some variables determine another".to_owned(),
            coefficients: of.named(
                scale
                    .iter()
                    .zip(&state.mu)
                    .map(|((mean, sd), mu)| mean + sd * mu),
            ),
            hint: "leave one of them out, or take more rows",
        }
    }
}

impl Incomplete<'_> {
    /// A number for each variable, with its name.
    fn named(&self, numbers: impl Iterator<Item = f64>) -> Vec<(String, f64)> {
        let names = self.names.iter().map(|name| (*name).to_owned());
        names.zip(numbers).collect()
    }

    /// The mean and standard deviation (of n) of what is there of a variable.
    fn scale(&self, v: usize) -> Result<(f64, f64), Error> {
        let values: Vec<f64> = self.values.column(v).iter().flatten().copied().collect();
        if values.len() < 2 {
            return Err(Error::TooFew {
                method: "Little's test",
                what: format!("values of {}", self.names[v]),
                needed: 2,
                found: values.len(),
            });
        }
        let mean = crate::summary::mean(&values);
        let sd = (crate::summary::sum_of_squares(&values, mean) / values.len() as f64).sqrt();
        if !(mean.is_finite() && sd.is_finite()) {
            return Err(Error::Overflow {
                what: format!("the variance of {}", self.names[v]),
            });
        }
        if sd <= 10.0 * f64::EPSILON * mean.abs() {
            return Err(Error::Constant {
                method: "Little's test",
                what: self.names[v].to_owned(),
            });
        }
        Ok((mean, sd))
    }
}

impl Group {
    fn new(observed: &[bool], rows: &[Vec<f64>]) -> Self {
        let places = |there: bool| -> Vec<usize> {
            (0..observed.len())
                .filter(|&v| observed[v] == there)
                .collect()
        };
        let (o, m) = (places(true), places(false));
        let n = rows.len() as f64;
        let mut mean = Array1::zeros(o.len());
        for row in rows {
            mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x / n);
        }
        let mut scatter = Array2::zeros((o.len(), o.len()));
        let mut d = vec![0.0; o.len()];
        for row in rows {
            d.iter_mut()
                .zip(row)
                .zip(&mean)
                .for_each(|((d, x), mean)| *d = x - mean);
            for (a, mut line) in scatter.rows_mut().into_iter().enumerate() {
                line.iter_mut().zip(&d).for_each(|(s, b)| *s += d[a] * b);
            }
        }
        Self {
            o,
            m,
            n,
            mean,
            scatter,
        }
    }

    /// The factor of Σ_oo.
    fn root(&self, sigma: &Array2<f64>) -> Option<Cholesky> {
        let k = self.o.len();
        let own = Array2::from_shape_fn((k, k), |(a, b)| sigma[[self.o[a], self.o[b]]]);
        Cholesky::of_data(own.view())
    }

    /// What a row of this pattern has and is expected to have: G = (I; B) by variable, the mean of the
    /// completed rows, and the covariance left, C.
    fn completed(&self, state: &State) -> Option<Completed> {
        let p = state.mu.len();
        let root = self.root(&state.sigma)?;
        let mut g = Array2::zeros((p, self.o.len()));
        let mut c = Array2::zeros((p, p));
        for (place, &v) in self.o.iter().enumerate() {
            g[[v, place]] = 1.0;
        }
        let mut b = vec![0.0; self.o.len()];
        for &v in &self.m {
            b.iter_mut()
                .zip(&self.o)
                .for_each(|(b, &o)| *b = state.sigma[[v, o]]);
            root.solve_in_place(&mut b);
            g.row_mut(v).iter_mut().zip(&b).for_each(|(g, b)| *g = *b);
        }
        for &v in &self.m {
            for &w in &self.m {
                let explained: f64 = self
                    .o
                    .iter()
                    .enumerate()
                    .map(|(place, &o)| g[[v, place]] * state.sigma[[o, w]])
                    .sum();
                c[[v, w]] = state.sigma[[v, w]] - explained;
            }
        }
        let d: Array1<f64> = self
            .o
            .iter()
            .zip(&self.mean)
            .map(|(&v, y)| y - state.mu[v])
            .collect();
        let mean = &state.mu + &g.dot(&d);
        Some(Completed { g, mean, c })
    }
}

struct Completed {
    g: Array2<f64>,
    mean: Array1<f64>,
    c: Array2<f64>,
}

impl State {
    /// One step of EM; nothing where a covariance is singular.
    fn step(&self, groups: &[Group]) -> Option<Self> {
        let p = self.mu.len();
        let n: f64 = groups.iter().map(|group| group.n).sum();
        let completed = groups
            .iter()
            .map(|group| group.completed(self))
            .collect::<Option<Vec<_>>>()?;
        let mut mu = Array1::zeros(p);
        for (group, completed) in groups.iter().zip(&completed) {
            mu.scaled_add(group.n / n, &completed.mean);
        }
        let mut sigma = Array2::zeros((p, p));
        for (group, completed) in groups.iter().zip(&completed) {
            let d = &completed.mean - &mu;
            sigma += &(completed.g.dot(&group.scatter).dot(&completed.g.t()) / n);
            for ((a, b), s) in sigma.indexed_iter_mut() {
                *s += group.n / n * (completed.c[[a, b]] + d[a] * d[b]);
            }
        }
        // Rounding must not make it unsymmetric.
        let sigma = (&sigma + &sigma.t()) / 2.0;
        Some(Self { mu, sigma })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use ndarray::array;

    use super::*;

    fn test(little: Little, values: &Array2<Option<f64>>) -> Result<LittleTest, Error> {
        little.test(&Incomplete {
            name: "waves",
            names: &["first", "second", "third"][..values.ncols()],
            values: values.view(),
        })
    }

    /// Of monotone missing values the maximum is known: the complete variable by itself, the other by
    /// its regression among the complete rows.
    #[test]
    fn monotone_by_hand() {
        let values = array![
            [Some(1.0), Some(2.0)],
            [Some(2.0), Some(1.0)],
            [Some(3.0), Some(4.0)],
            [Some(4.0), Some(3.0)],
            [Some(9.0), None],
            [Some(11.0), None],
            [None, None],
        ];
        let found = test(Little::default(), &values).unwrap();
        // First: mean 30/6, squares 16 + 9 + 4 + 1 + 16 + 36 = 82. Second on first among four: slope
        // 3/5, means 2.5 and 2.5: mean 2.5 + 0.6 · 2.5 = 4; residual squares 5 − 3² /5 = 3.2 over 4.
        let slope = 0.6;
        let variance = 82.0 / 6.0;
        assert!((found.means[0] - 5.0).abs() < 1e-9 && (found.means[1] - 4.0).abs() < 1e-9);
        assert!((found.covariance[[0, 0]] - variance).abs() < 1e-9);
        assert!((found.covariance[[0, 1]] - slope * variance).abs() < 1e-8);
        assert!((found.covariance[[1, 1]] - (0.8 + slope * slope * variance)).abs() < 1e-8);
        assert_eq!((found.test.sample.rows, found.test.sample.omitted), (6, 1));
        assert_eq!(found.test.reference, Reference::ChiSquared { df: 1.0 });
        assert_eq!((found.patterns.len(), found.patterns[0].rows), (2, 4));
        assert!((found.patterns[0].means[1].unwrap() - 2.5).abs() < 1e-15);
        assert!((found.patterns[1].means[0].unwrap() - 10.0).abs() < 1e-14);
        // The likelihood: six of the first, and four of the second given it, both at their maxima.
        let normal =
            |n: f64, variance: f64| -0.5 * n * ((std::f64::consts::TAU * variance).ln() + 1.0);
        let expected = normal(6.0, variance) + normal(4.0, 0.8);
        assert!((found.log_likelihood - expected).abs() < 1e-9);
        let paper = Little {
            divisor: Divisor::NMinusOne,
            ..Little::default()
        };
        let paper = test(paper, &values).unwrap().test.statistic.unwrap();
        assert!((paper / found.test.statistic.unwrap() - 5.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn another_unit_changes_nothing() {
        let values = array![
            [Some(1.0), Some(2.0), None],
            [Some(2.0), Some(1.0), Some(0.0)],
            [Some(3.0), Some(4.0), Some(1.0)],
            [Some(4.0), Some(3.0), Some(5.0)],
            [Some(9.0), None, Some(2.0)],
            [Some(11.0), Some(8.0), Some(3.0)],
            [None, Some(7.0), Some(4.0)],
        ];
        let moved = Array2::from_shape_fn(values.dim(), |(i, j)| {
            values[[i, j]].map(|x| 1e6 + [3.0, 0.01, 100.0][j] * x)
        });
        let statistic = |values| {
            test(Little::default(), values)
                .unwrap()
                .test
                .statistic
                .unwrap()
        };
        assert!((statistic(&values) / statistic(&moved) - 1.0).abs() < 1e-7);
    }

    #[test]
    fn what_cannot_be_tested_is_refused() {
        let says = |values: Array2<Option<f64>>, text: &str| {
            let found = test(Little::default(), &values).unwrap_err().to_string();
            assert!(found.starts_with(text), "{found}");
        };
        says(
            array![
                [Some(1.0), Some(2.0)],
                [Some(2.0), Some(1.0)],
                [Some(3.0), Some(4.0)]
            ],
            "Little's test needs at least 2 patterns of missing values in waves, but there is 1",
        );
        says(
            array![
                [Some(1.0), None],
                [Some(2.0), None],
                [None, Some(1.0)],
                [None, Some(2.0)]
            ],
            "Little's test needs at least 2 rows with both first and second, but there are 0",
        );
        says(
            array![[Some(1.0), None], [Some(2.0), Some(1.0)]],
            "Little's test needs at least 2 values of second, but there is 1",
        );
        says(
            array![
                [Some(1.0), None],
                [Some(1.0), Some(1.0)],
                [Some(1.0), Some(2.0)]
            ],
            "first is constant",
        );
        says(
            array![[Some(1.0), None], [Some(f64::NAN), Some(1.0)]],
            "first holds a value that is not a finite number at row 2",
        );
        says(
            array![
                [Some(1.0), None],
                [Some(2.0), Some(2.0)],
                [Some(3.0), Some(3.0)],
                [Some(5.0), Some(5.0)]
            ],
            "EM of means and covariances did not converge",
        );
        let hasty = Little {
            max_steps: 1,
            ..Little::default()
        };
        let values = array![
            [Some(1.0), None],
            [Some(2.0), Some(2.0)],
            [Some(3.0), Some(1.0)],
            [Some(5.0), Some(5.0)]
        ];
        assert!(matches!(
            test(hasty, &values),
            Err(Error::NotConverged { iterations: 1, .. })
        ));
        let wild = Little {
            tolerance: 0.0,
            ..Little::default()
        };
        assert!(matches!(test(wild, &values), Err(Error::Argument { .. })));
    }
}
