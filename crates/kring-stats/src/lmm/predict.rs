//! Predictions of new rows.
//!
//! ```text
//! population  x'β,             variance x'Var(β)x, with the fit's degrees of freedom
//! family      x'β + z'b,       variance of the error of β and b together (Henderson's):
//!             σ² (a'H⁻¹a + t'Ct),  a = Λ'z,  t = x − Û'a;  z'G z in place of the first where the level is not known;
//!             normal, with the variances taken as known
//! one new observation  the same and σ²; of the population also z'Gz
//! ```
//! Henderson CR (1975), Biometrics 31:423–447, doi 10.2307/2529430. lme4 gives no errors of predictions.

use kring_core::Reference;
use ndarray::{Array1, Array2};

use super::criterion::{Criterion, Engine, EngineWork};
use super::search::Model;
use super::{Dof, LmmFit};
use crate::fit::Fit;
use crate::optimise::Objective;
use crate::prediction::{Band, NewRows, Predictions, Whose, places, unknown};
use crate::random::{Factor, block};
use crate::{Error, dist};

impl LmmFit {
    /// What the model expects of new rows, of the population or of their families, with intervals.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// use kring_stats::lmm::Lmm;
    /// use kring_stats::prediction::{NewRows, Whose};
    /// # use ndarray::{Array2, array};
    /// # let families = ["a", "b", "c"].map(str::to_owned).to_vec();
    /// # let mut mean = Part::fixed(Array2::ones((6, 1)), vec!["(Intercept)".into()]);
    /// # mean.random = vec![RandomTerm {
    /// #     grouping: Grouping::new("family", families, vec![0, 0, 1, 1, 2, 2]),
    /// #     z: Array2::ones((6, 1)),
    /// #     columns: vec!["(Intercept)".into()],
    /// #     structure: RandomStructure::Unstructured,
    /// # }];
    /// # let design = Design::new(DesignParts {
    /// #     response: Response::Continuous(array![1.0, 3.0, 6.0, 8.0, 8.0, 10.0]),
    /// #     response_name: "problems".into(),
    /// #     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    /// #     source_rows: (0..6).collect(), omitted: vec![],
    /// # })?;
    /// // Three families of two waves: 1, 3; 6, 8; 8, 10. Their mean is 6, the variance of families 12, of waves 2.
    /// let fit = Lmm::default().fit(&design)?;
    /// let rows = NewRows::of(design.mean());
    /// let family = fit.predict(&rows, Whose::Families)?;
    /// // Family a is shrunk from −4 to −4 · 12 / (12 + 2/2).
    /// assert!((family.values[0] - (6.0 - 48.0 / 13.0)).abs() < 1e-6);
    /// let population = fit.predict(&rows, Whose::Population)?;
    /// assert!((population.std_errors[0] - (26.0_f64 / 6.0).sqrt()).abs() < 1e-6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn predict(&self, rows: &NewRows<'_>, whose: Whose) -> Result<Predictions, Error> {
        let of_spread = self
            .dispersion
            .as_ref()
            .map(|part| part.coefficients().columns.len());
        let given = rows.dispersion.map_or(0, |part| part.x.ncols());
        let n = rows.checked([
            self.coefficients.columns.len(),
            0,
            of_spread.unwrap_or(given),
        ])?;
        let places = places(rows.mean, &self.modes, whose)?;
        let mut errors = Errors::new(self)?;
        let sigma2 = self.found.sigma2();
        let mut values = self.fixed_part(rows);
        let (mut variances, mut widths) = (Array1::zeros(n), Array1::zeros(n));
        let mut of_level = Array1::zeros(n);
        let normal = dist::critical(self.options.level, Reference::Normal)?;
        for row in 0..n {
            let x = rows.mean.x.row(row);
            let c = self
                .coefficients
                .estimable(&format!("row {}", row + 1), x)?;
            errors.read(rows, row, &places);
            let width = match whose {
                Whose::Population => {
                    let covariance = self.coefficients.covariance.as_ref();
                    variances[row] = covariance.map_or(0.0, |v| c.dot(&v.dot(&c)));
                    match self.options.dof {
                        Dof::Normal => normal,
                        _ => match self.reference(c.view()) {
                            Some(reference) => dist::critical(self.options.level, reference)?,
                            None => normal,
                        },
                    }
                }
                Whose::Families => {
                    for (term, (modes, places)) in
                        rows.mean.random.iter().zip(self.modes.iter().zip(&places))
                    {
                        if let Some(level) = places[row] {
                            values[row] += term.z.row(row).dot(&modes.values.row(level));
                        }
                    }
                    variances[row] = sigma2 * errors.of_family(&c);
                    normal
                }
            };
            of_level[row] = sigma2 * errors.of_levels();
            widths[row] = width;
        }
        let std_errors = variances.mapv(|v: f64| v.max(0.0).sqrt());
        // Of the population a new observation is of a new family.
        let beside = match whose {
            Whose::Population => &variances + &of_level,
            Whose::Families => variances,
        };
        let observation = self
            .residual_variances(rows, n)
            .filter(|_| whose == Whose::Families || !places.is_empty());
        let observation = observation.map(|own| {
            let sd = (&beside + &own).mapv(|v| v.max(0.0).sqrt());
            Band::around(&values, &(&sd * &widths))
        });
        let how = match whose {
            Whose::Population => "of the population, ",
            Whose::Families => "of the rows' own families, normal reference, ",
        };
        Predictions {
            interval: Band::around(&values, &(&std_errors * &widths)),
            unknown: unknown(&places, n),
            level: self.options.level,
            method: format!("prediction {how}{}", self.provenance.method),
            values,
            std_errors,
            observation,
        }
        .checked()
    }

    /// x'β + offset
    fn fixed_part(&self, rows: &NewRows<'_>) -> Array1<f64> {
        let mut beta = Array1::zeros(rows.mean.x.ncols());
        for (&j, &b) in self
            .coefficients
            .estimated
            .iter()
            .zip(&self.coefficients.values)
        {
            beta[j] = b;
        }
        let fixed = rows.mean.x.dot(&beta);
        match &rows.mean.offset {
            Some(offset) => fixed + offset,
            None => fixed,
        }
    }

    /// σ_i² of new rows; none where it has a model and the rows do not.
    fn residual_variances(&self, rows: &NewRows<'_>, n: usize) -> Option<Array1<f64>> {
        let Some(part) = &self.dispersion else {
            return Some(Array1::from_elem(n, self.sigma * self.sigma));
        };
        let given = rows.dispersion?;
        let coefficients = part.coefficients();
        let mut delta = Array1::zeros(given.x.ncols());
        for (&j, &d) in coefficients.estimated.iter().zip(&coefficients.values) {
            delta[j] = d;
        }
        Some(given.x.dot(&delta).mapv(|ln| (2.0 * ln).exp()))
    }
}

/// The errors of β and b together, over σ².
struct Errors<'a> {
    model: &'a Model,
    criterion: Criterion<'a>,
    /// B, from x to x̃.
    back: &'a Array2<f64>,
    /// Λ'z̃ of the row read last, by factor.
    a: Vec<Vec<f64>>,
    levels: Vec<Option<usize>>,
}

impl<'a> Errors<'a> {
    fn new(fit: &'a LmmFit) -> Result<Self, Error> {
        let model = &*fit.model;
        let mut criterion = model.criterion(fit.found.reml);
        criterion.floor = 0.0;
        if !criterion.value(&fit.found.theta).is_finite() {
            return Err(Error::Overflow {
                what: "a prediction".to_owned(),
            });
        }
        if let (Engine::Blocked(blocked), EngineWork::Blocked(work)) =
            (&model.engine, &mut criterion.work)
        {
            blocked.ready(work);
        }
        let factors = &model.data.factors;
        Ok(Self {
            model,
            criterion,
            back: &model.data.fixed.back,
            a: factors.iter().map(|factor| vec![0.0; factor.q]).collect(),
            levels: vec![None; factors.len()],
        })
    }

    /// Λ'z̃ and the levels of a row; nothing where the rows have no random terms.
    fn read(&mut self, rows: &NewRows<'_>, row: usize, places: &[Vec<Option<usize>>]) {
        if places.is_empty() {
            return;
        }
        let mut at = 0;
        for (number, factor) in self.model.data.factors.iter().enumerate() {
            let q = factor.q;
            let mut z = vec![0.0; q];
            for place in &factor.terms {
                let given = rows.mean.random[place.term].z.row(row);
                for (to, z) in z[place.first..].iter_mut().zip(given) {
                    *to = *z;
                }
                self.levels[number] = places[place.term][row];
            }
            let scaled: Vec<f64> = (0..q)
                .map(|j| (0..q).map(|i| z[i] * factor.unscale[[i, j]]).sum())
                .collect();
            let lambda = &self.criterion.lambda[at..at + q * q];
            block::transposed(q, q, 1, lambda, &scaled, &mut self.a[number]);
            at += q * q;
        }
    }

    /// z'Gz of the row read last.
    fn of_levels(&self) -> f64 {
        self.a.iter().map(|a| block::dot(a, a)).sum()
    }

    /// a'H⁻¹a + t'Ct for the estimated columns of x.
    fn of_family(&mut self, x: &Array1<f64>) -> f64 {
        let r = x.len();
        let mut t: Vec<f64> = self.back.t().dot(x).to_vec();
        t.push(0.0);
        let spread = match (&self.model.engine, &mut self.criterion.work) {
            (Engine::Families(families), EngineWork::Families(_)) => match self.levels[0] {
                None => block::dot(&self.a[0], &self.a[0]),
                Some(family) => families.solve(family, &self.criterion.lambda, &self.a[0], &mut t),
            },
            (Engine::Blocked(blocked), EngineWork::Blocked(work)) => {
                let factors = &self.model.data.factors;
                let mut unknown = 0.0;
                let mut half: Vec<f64> = Vec::new();
                for (number, (factor, level)) in factors.iter().zip(&self.levels).enumerate() {
                    let a = &self.a[number];
                    let Some(level) = *level else {
                        unknown += block::dot(a, a);
                        continue;
                    };
                    let c = t.len();
                    let mut u = vec![0.0; factor.q * c];
                    blocked.all_modes(number, level, work, &mut u);
                    for (a, u) in a.iter().zip(u.chunks_exact(c)) {
                        t.iter_mut().zip(u).for_each(|(t, u)| *t -= a * u);
                    }
                    let mut all = vec![0.0; factor.q * Factor::levels(factor)];
                    all[level * factor.q..(level + 1) * factor.q].copy_from_slice(a);
                    let solved = blocked.forward(number, &all, work);
                    if half.is_empty() {
                        half = solved;
                    } else {
                        half.iter_mut().zip(&solved).for_each(|(h, s)| *h += s);
                    }
                }
                unknown + block::dot(&half, &half)
            }
            _ => 0.0,
        };
        let inverse = &self.criterion.at.inverse;
        let fixed: f64 = (0..r)
            .map(|i| t[i] * block::dot(&inverse[i * r..(i + 1) * r], &t[..r]))
            .sum();
        spread + fixed
    }
}
