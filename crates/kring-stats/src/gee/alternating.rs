//! Alternating logistic regressions: how an answer of yes or no depends on columns, and how answers within a
//! family hang together, as odds ratios.
//!
//! ```text
//! model       logit μ_j = x_j'β + offset;  for two rows of a family ln ψ_jk = α_c, c the class of the pair
//! pairs       m = P(y_j = y_k = 1) = 2ψ μ_j μ_k / (s + √(s² + 4ψ(1 − ψ) μ_j μ_k)),  s = 1 + (μ_j + μ_k)(ψ − 1)
//! β           Σ_i D_i'V_i⁻¹(y_i − μ_i) = 0,  D = ∂μ/∂β,  V_jk = m − μ_j μ_k,  V_jj = μ_j (1 − μ_j)
//! α           Σ_i T_i'S_i⁻¹R_i = 0 over the pairs in both orders:  R = y_j − ζ,  ζ = E(y_j | y_k),
//!             T = ∂ζ/∂α,  S = diag ζ(1 − ζ)
//! errors      of (β, α) together, robust:  H⁻¹ (Σ U_i U_i') H⁻ᵀ,  U_i the parts of a family,
//!             H = [Σ D'V⁻¹D, 0; Σ T'S⁻¹ ∂ζ/∂β, Σ T'S⁻¹T]
//! reference   Student's t with as many degrees of freedom as there are families beyond the coefficients of β
//! ```
//! An odds ratio within families has no bounds that depend on the means, as a correlation of yes and no has.
//! Newton's steps in β and α alternate until both are nothing.
//!
//! Carey V, Zeger SL, Diggle P (1993), Biometrika 80:517–526, doi 10.1093/biomet/80.3.517; Kuk AYC (2004),
//! Statistical Modelling 4:201–212, doi 10.1191/1471082X04st074oa, for the pairs in both orders: with one of
//! them, as in the paper and in SAS, α depends on the order of the rows; Plackett RL (1965), JASA 60:516–522,
//! doi 10.1080/01621459.1965.10480807. `geepack::ordgee` solves another equation for α, over the products of
//! pairs (Heagerty PJ, Zeger SL, 1996), whose solution is close by.

use kring_core::{Caution, Design, Measure, Reference};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};
use serde::{Deserialize, Serialize};

use super::families::{Columns, Families, families};
use super::{Correlation, FEW, Gee, GeeCovariance};
use crate::family::{Family, Link};
use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::glm::Convergence;
use crate::likelihood::{PartFit, Source};
use crate::linalg::{Cholesky, back_substitute};
use crate::regression::{complete_cases, refuse_other_parts, sample};
use crate::{Error, dist};

const NAME: &str = "alternating logistic regressions";

/// The options of alternating logistic regressions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlternatingLogistic {
    /// Which pairs of rows share an odds ratio.
    pub association: Association,
    /// How many steps the search may take.
    pub max_iterations: usize,
    /// The level of intervals.
    pub level: f64,
}

/// Which pairs of rows share an odds ratio.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Association {
    /// All pairs of a family.
    #[default]
    Exchangeable,
    /// Those that have the same innermost of the design's clusters in common: within a child, within a family,
    /// within a team.
    Nested,
}

impl Default for AlternatingLogistic {
    fn default() -> Self {
        Self {
            association: Association::Exchangeable,
            max_iterations: 100,
            level: 0.95,
        }
    }
}

/// Fitted alternating logistic regressions. As a [`Fit`] it speaks of the mean.
#[derive(Debug, Clone)]
pub struct AlternatingLogisticFit {
    mean: PartFit,
    association: PartFit,
    /// The covariance of the estimated coefficients of the mean and, behind them, of the log odds ratios.
    pub joint_covariance: Array2<f64>,
    /// How many families (outermost clusters) there are.
    pub families: usize,
    /// η, offset counted, a row a row of the design.
    pub linear_predictor: Array1<f64>,
    /// μ, the same.
    pub fitted: Array1<f64>,
    /// How the fit came to its end.
    pub convergence: Convergence,
}

impl Fit for AlternatingLogisticFit {
    fn coefficients(&self) -> &Coefficients {
        self.mean.coefficients()
    }

    fn reference(&self, contrast: ArrayView1<'_, f64>) -> Option<Reference> {
        self.mean.reference(contrast)
    }

    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        self.mean.joint_reference(contrasts)
    }

    fn provenance(&self) -> &Provenance {
        self.mean.provenance()
    }
}

impl AlternatingLogisticFit {
    /// The mean: log odds ratios by the columns.
    pub fn mean(&self) -> &PartFit {
        &self.mean
    }

    /// The association: the log odds ratio of two rows, one for each class of pairs.
    pub fn association(&self) -> &PartFit {
        &self.association
    }
}

/// Families with the classes of their pairs.
struct Pairs {
    families: Families,
    /// The group of each row at each inner level, outermost first.
    groups: Vec<Vec<usize>>,
    names: Vec<String>,
}

impl Pairs {
    /// The class of a pair of rows of a family: how many inner groups they share.
    fn class(&self, j: usize, k: usize) -> usize {
        let shared = self.groups.iter().take_while(|group| group[j] == group[k]);
        shared.count()
    }

    /// How many pairs each class has.
    fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.names.len()];
        for family in 0..self.families.count() {
            for j in self.families.range(family) {
                for k in self.families.starts[family]..j {
                    counts[self.class(j, k)] += 1;
                }
            }
        }
        counts
    }
}

/// What the equations have at a point.
struct Equations {
    /// Σ U_i of β and of α.
    score: [Array1<f64>; 2],
    /// Σ D'V⁻¹D, Σ T'S⁻¹T and Σ T'S⁻¹ ∂ζ/∂β.
    beta: Array2<f64>,
    alpha: Array2<f64>,
    across: Array2<f64>,
    /// Σ U_i U_i'.
    spread: Array2<f64>,
}

impl AlternatingLogistic {
    /// Fits the model to a response of zeros and ones. The design's outermost clusters (its subject, where it has
    /// none) are independent.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, Response};
    /// use kring_stats::{Fit, gee::AlternatingLogistic};
    /// use ndarray::{Array1, Array2};
    /// // Pairs of answers in ten families: both yes in 4, both no in 4, one of each in 2.
    /// let y: Array1<f64> = [1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1].map(f64::from).to_vec().into();
    /// let families = (1..=10).map(|i| format!("family {i}")).collect();
    /// let design = Design::new(DesignParts {
    ///     response: Response::Continuous(y),
    ///     response_name: "involved".into(),
    ///     mean: Part::fixed(Array2::ones((20, 1)), vec!["(Intercept)".into()]),
    ///     zero: None, dispersion: None,
    ///     groups: Groups {
    ///         clusters: vec![Grouping::new("family", families, (0..20).map(|i| i / 2).collect())],
    ///         ..Groups::default()
    ///     },
    ///     time: None, weights: None, source_rows: (0..20).collect(), omitted: vec![],
    /// })?;
    /// let fit = AlternatingLogistic::default().fit(&design)?;
    /// // Half say yes, and the odds ratio is 4 · 4 / (1 · 1).
    /// assert!(fit.coefficients().values[0].abs() < 1e-9);
    /// assert!((fit.association().coefficients().values[0] - 16_f64.ln()).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, design: &Design) -> Result<AlternatingLogisticFit, Error> {
        dist::check_level(self.level)?;
        refuse_other_parts(design, NAME)?;
        if design.weights().is_some() {
            return Err(Error::Unsupported {
                what: format!("weights in {NAME}"),
                hint: "leave them out, or fit a marginal model with a working correlation"
                    .to_owned(),
            });
        }
        let gee = Gee {
            family: Family::Binomial,
            // Takes any number of levels of clusters.
            correlation: Correlation::NestedExchangeable,
            covariance: GeeCovariance::Robust,
            ..Gee::default()
        };
        let (data, columns) = families(&gee, design)?;
        if data.trials.iter().any(|&m| m != 1.0) {
            return Err(Error::Response {
                method: NAME,
                name: design.response_name().to_owned(),
                expected: "0 and 1",
                found: "successes of several trials",
            });
        }
        let pairs = self.pairs(data, design)?;
        let (gamma, alpha, at, convergence) = self.solve(&pairs)?;
        self.finish(design, &pairs, &columns, gamma, alpha, &at, convergence)
    }

    /// The classes of pairs, each of which must have some.
    fn pairs(&self, data: Families, design: &Design) -> Result<Pairs, Error> {
        let nested = self.association == Association::Nested;
        let inner = if nested { data.inner.as_slice() } else { &[] };
        let group_of = |starts: &Vec<usize>| {
            let sizes = starts.windows(2).map(|two| two[1] - two[0]);
            let each = sizes.enumerate();
            each.flat_map(|(group, size)| std::iter::repeat_n(group, size))
                .collect()
        };
        let groups: Vec<Vec<usize>> = inner.iter().map(group_of).collect();
        let clusters = &design.groups().clusters;
        let mut names = vec![data.name.clone()];
        names.extend(
            clusters
                .iter()
                .skip(1)
                .take(groups.len())
                .map(|c| c.name.clone()),
        );
        let pairs = Pairs {
            families: data,
            groups,
            names,
        };
        let lone = pairs.counts().iter().position(|&count| count == 0);
        match lone {
            Some(class) => Err(Error::TooFew {
                method: NAME,
                what: format!(
                    "pairs of rows within `{}` and no closer",
                    pairs.names[class]
                ),
                needed: 1,
                found: 0,
            }),
            None => Ok(pairs),
        }
    }

    #[allow(clippy::type_complexity, reason = "where a search ended, once")]
    fn solve(
        &self,
        pairs: &Pairs,
    ) -> Result<(Array1<f64>, Array1<f64>, Equations, Convergence), Error> {
        const CLOSE: f64 = 1e-20;
        let data = &pairs.families;
        let (r, classes) = (data.r, pairs.names.len());
        // A constant mean, as near as the columns come, and no association.
        let n = data.y.len();
        let share = (data.y.iter().sum::<f64>() + 0.5) / (n as f64 + 1.0);
        let mut gamma = Array1::<f64>::zeros(r);
        for i in 0..n {
            let away = Link::Logit.eta(share) - data.offset[i];
            for (gamma, q) in gamma.iter_mut().zip(&data.q[i * r..(i + 1) * r]) {
                *gamma += q * away;
            }
        }
        let mut alpha = Array1::<f64>::zeros(classes);
        let mut far = true;
        let mut iterations = 0;
        let lost = |iterations: usize, why: &str, alpha: &Array1<f64>| Error::NotConverged {
            method: NAME,
            iterations,
            why: why.to_owned(),
            coefficients: { pairs.names.iter() }
                .map(|name| format!("ln odds ratio within {name}"))
                .zip(alpha.iter().copied())
                .collect(),
            hint: "look for columns that separate yes from no, or for families in which all answers are alike",
        };
        loop {
            let Some(at) = pairs.equations(gamma.view(), alpha.view()) else {
                return Err(lost(
                    iterations,
                    "a covariance of the answers of a family is singular",
                    &alpha,
                ));
            };
            let roots = (
                Cholesky::new(at.beta.view()),
                Cholesky::new(at.alpha.view()),
            );
            let (Some(of_beta), Some(of_alpha)) = roots else {
                return Err(lost(iterations, "the equations are singular", &alpha));
            };
            let mut step = of_beta.solve(at.score[0].view());
            let decrement = step.dot(&at.score[0]).max(0.0);
            let left = &at.score[1] - &at.across.dot(&step);
            let mut turn = of_alpha.solve(left.view());
            let whole = decrement + turn.dot(&left).max(0.0);
            if whole <= CLOSE && !far {
                let convergence = Convergence {
                    iterations,
                    decrement: whole,
                };
                return Ok((gamma, alpha, at, convergence));
            }
            if iterations == self.max_iterations {
                return Err(lost(iterations, "the steps did not become small", &alpha));
            }
            iterations += 1;
            // Far from the end residuals say nothing about associations.
            far = decrement > r.max(1) as f64;
            if far {
                turn.fill(0.0);
            }
            shorten(&mut step, data, 4.0);
            let longest = turn.iter().fold(0.0, |m: f64, t| m.max(t.abs()));
            turn *= 1.0 / longest.max(1.0);
            gamma += &step;
            alpha += &turn;
            if alpha.iter().any(|alpha| alpha.abs() > 15.0) {
                return Err(lost(iterations, "an odds ratio runs away", &alpha));
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "all that a fit is made of, once")]
    fn finish(
        &self,
        design: &Design,
        pairs: &Pairs,
        columns: &Columns,
        gamma: Array1<f64>,
        alpha: Array1<f64>,
        at: &Equations,
        convergence: Convergence,
    ) -> Result<AlternatingLogisticFit, Error> {
        let overflow = || Error::Overflow {
            what: format!("{NAME} of `{}`", design.response_name()),
        };
        let (r, classes) = (gamma.len(), alpha.len());
        // H⁻¹ = [A⁻¹, 0; −B⁻¹ C A⁻¹, B⁻¹], then γ = R β.
        let of_beta = Cholesky::new(at.beta.view())
            .ok_or_else(overflow)?
            .inverse();
        let of_alpha = Cholesky::new(at.alpha.view())
            .ok_or_else(overflow)?
            .inverse();
        let mut back = Array2::zeros((r, r));
        for j in 0..r {
            let mut unit = Array1::zeros(r);
            unit[j] = 1.0;
            let column = back_substitute(columns.r.view(), unit.view());
            back.column_mut(j).assign(&column);
        }
        let mut inverse = Array2::zeros((r + classes, r + classes));
        inverse.slice_mut(s![..r, ..r]).assign(&back.dot(&of_beta));
        let across = of_alpha.dot(&at.across).dot(&of_beta);
        inverse.slice_mut(s![r.., ..r]).assign(&-across);
        inverse.slice_mut(s![r.., r..]).assign(&of_alpha);
        let joint = inverse.dot(&at.spread).dot(&inverse.t());
        let values = back.dot(&gamma);
        let part = design.mean();
        let mut eta = part
            .x
            .select(ndarray::Axis(1), &columns.estimated)
            .dot(&values);
        if let Some(offset) = &part.offset {
            eta += offset;
        }
        let fitted = eta.mapv(|eta| Link::Logit.mean(eta).mu);
        if !joint
            .iter()
            .chain(&values)
            .chain(&eta)
            .all(|x| x.is_finite())
        {
            return Err(overflow());
        }
        let families = pairs.families.count();
        let mut of = sample(design, true);
        of.clusters = Some(families);
        let mut cautions: Vec<Caution> =
            complete_cases(design, design.rows()).into_iter().collect();
        if families < FEW {
            cautions.push(Caution::FewClusters { clusters: families });
        }
        let df = (families - r) as f64;
        let source = Source {
            method: format!("{NAME}, robust errors"),
            sample: of,
            cautions,
            level: self.level,
            reference: Reference::StudentT { df },
        };
        let mean = source.of_coefficients(
            Coefficients {
                columns: part.columns.clone(),
                estimated: columns.estimated.clone(),
                values,
                covariance: Some(joint.slice(s![..r, ..r]).to_owned()),
                aliases: columns.aliases.clone(),
            },
            Measure::LogOddsRatio,
        );
        let association = source.of_coefficients(
            Coefficients {
                columns: pairs
                    .names
                    .iter()
                    .map(|name| format!("within {name}"))
                    .collect(),
                estimated: (0..classes).collect(),
                values: alpha,
                covariance: Some(joint.slice(s![r.., r..]).to_owned()),
                aliases: Array2::zeros((classes, 0)),
            },
            Measure::LogOddsRatio,
        );
        Ok(AlternatingLogisticFit {
            mean,
            association,
            joint_covariance: joint,
            families,
            linear_predictor: eta,
            fitted,
            convergence,
        })
    }
}

/// Shortens a step that moves the predictor of some row by more than `most`.
fn shorten(step: &mut Array1<f64>, data: &Families, most: f64) {
    let r = data.r;
    let mut longest: f64 = 0.0;
    for q in data.q.chunks_exact(r.max(1)) {
        let moved: f64 = q.iter().zip(step.iter()).map(|(q, s)| q * s).sum();
        longest = longest.max(moved.abs());
    }
    if longest > most {
        *step *= most / longest;
    }
}

/// P(y_j = y_k = 1) with its slopes by μ_j, μ_k and ln ψ.
struct Both {
    m: f64,
    by: [f64; 2],
    by_alpha: f64,
}

impl Both {
    fn new(a: f64, b: f64, alpha: f64) -> Self {
        let psi = alpha.exp();
        let s = 1.0 + (a + b) * (psi - 1.0);
        let root = (s * s + 4.0 * psi * (1.0 - psi) * a * b).max(0.0).sqrt();
        let m = 2.0 * psi * a * b / (s + root);
        let [one, other, none] = [a - m, b - m, 1.0 - a - b + m].map(f64::recip);
        let all = m.recip() + one + other + none;
        Self {
            m,
            by: [(none + one) / all, (none + other) / all],
            by_alpha: all.recip(),
        }
    }
}

impl Pairs {
    /// The equations at γ and α; none where a family's covariance is not positive definite.
    fn equations(
        &self,
        gamma: ArrayView1<'_, f64>,
        alpha: ArrayView1<'_, f64>,
    ) -> Option<Equations> {
        let data = &self.families;
        let (r, classes) = (data.r, alpha.len());
        let k = r + classes;
        let mut all = Equations {
            score: [Array1::zeros(r), Array1::zeros(classes)],
            beta: Array2::zeros((r, r)),
            alpha: Array2::zeros((classes, classes)),
            across: Array2::zeros((classes, r)),
            spread: Array2::zeros((k, k)),
        };
        let mut own = Array1::zeros(k);
        let mut slope = Array1::zeros(r);
        for family in 0..data.count() {
            let rows = data.range(family);
            let (first, n) = (rows.start, rows.len());
            let mu = Array1::from_shape_fn(n, |j| {
                let q = &data.q[(first + j) * r..(first + j + 1) * r];
                let eta: f64 = q.iter().zip(gamma).map(|(q, g)| q * g).sum();
                Link::Logit.mean(eta + data.offset[first + j]).mu
            });
            // D, and V.
            let d = Array2::from_shape_fn((n, r), |(j, a)| {
                mu[j] * (1.0 - mu[j]) * data.q[(first + j) * r + a]
            });
            let mut v = Array2::from_diag(&mu.mapv(|mu| mu * (1.0 - mu)));
            own.fill(0.0);
            for j in 0..n {
                for h in 0..n {
                    if h == j {
                        continue;
                    }
                    let class = self.class(first + j, first + h);
                    let both = Both::new(mu[j], mu[h], alpha[class]);
                    v[[j, h]] = both.m - mu[j] * mu[h];
                    // ζ of row j given row h, and its slopes.
                    let yes = data.y[first + h] == 1.0;
                    let (zeta, by_own, by_other, by_alpha) = if yes {
                        let given = mu[h];
                        let zeta = both.m / given;
                        let by_other = (both.by[1] - zeta) / given;
                        (zeta, both.by[0] / given, by_other, both.by_alpha / given)
                    } else {
                        let given = 1.0 - mu[h];
                        let zeta = (mu[j] - both.m) / given;
                        let by_other = (zeta - both.by[1]) / given;
                        (
                            zeta,
                            (1.0 - both.by[0]) / given,
                            by_other,
                            -both.by_alpha / given,
                        )
                    };
                    let weight = by_alpha / (zeta * (1.0 - zeta));
                    own[r + class] += weight * (data.y[first + j] - zeta);
                    all.alpha[[class, class]] += weight * by_alpha;
                    slope.fill(0.0);
                    slope.scaled_add(by_own, &d.row(j));
                    slope.scaled_add(by_other, &d.row(h));
                    all.across.row_mut(class).scaled_add(weight, &slope);
                }
            }
            let root = Cholesky::new(v.view())?;
            let residual = Array1::from_shape_fn(n, |j| data.y[first + j] - mu[j]);
            let solved = root.solve(residual.view());
            own.slice_mut(s![..r]).assign(&d.t().dot(&solved));
            for a in 0..r {
                let column = root.solve(d.column(a));
                all.beta.column_mut(a).scaled_add(1.0, &d.t().dot(&column));
            }
            all.score[0] += &own.slice(s![..r]);
            all.score[1] += &own.slice(s![r..]);
            for i in 0..k {
                all.spread.row_mut(i).scaled_add(own[i], &own);
            }
        }
        Some(all)
    }
}
