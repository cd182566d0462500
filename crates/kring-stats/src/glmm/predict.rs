//! Predictions of new rows.
//!
//! ```text
//! η         x'β + offset, of a family + z'b
//! variance  g'Vg + a'H⁻¹a,  g = (x, z'∂b̂/∂φ) over all parameters φ, V their covariance, a = Λ'z
//!           (the second term what is not known of u where φ is; a'a where the level is not known)
//! mean      E Y by η and the predictors of zeros and dispersion, errors by the delta method
//! levels    P(Y = j) and E Y, levels numbered from one, by η and the thresholds, errors by the delta method
//! interval  of the link, turned into means; with a part for the zeros on the log scale; of levels on the
//!           log odds of what a probability, or the mean between the ends, is
//! ```
//! It is what TMB gives glmmTMB's `predict(se.fit = TRUE)`. ∂b̂/∂φ by central differences of the modes.
//!
//! Kass RE, Steffey D (1989), JASA 84:717–726, doi 10.1080/01621459.1989.10478825.

use kring_core::{Part, Reference};
use ndarray::{Array1, Array2, ArrayView1, s};
use serde::{Deserialize, Serialize};

use super::GlmmFit;
use super::blocks::{Engine, Inverses, Want};
use super::density::{Zeros, logistic};
use super::results::{moments, probability};
use crate::fit::Fit;
use crate::likelihood::{PartFit, Predictor};
use crate::prediction::{Band, NewRows, Predictions, Whose, places, unknown};
use crate::{Error, dist};

/// On which scale a prediction is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// What is expected of the response, zeros counted: of proportions the share, of ordered levels the level,
    /// numbered from one.
    #[default]
    Response,
    /// The linear predictor of the mean.
    Link,
}

/// The random effects at the maximum, and how they move with the parameters.
struct Effects {
    /// H⁻¹ of each block.
    inverse: Inverses,
    /// ∂(Λu)/∂φ: a row an effect, a column a parameter.
    slopes: Array2<f64>,
}

/// The probability of one level of new rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelPrediction {
    /// The level.
    pub level: String,
    /// Its probability, an entry a row.
    pub predictions: Predictions,
}

/// A linear predictor at a row, with its gradient by all parameters.
struct Line {
    value: f64,
    gradient: Array1<f64>,
    /// a of the levels that are known, by place among all effects,
    known: Vec<(usize, f64)>,
    /// and a'a of the others.
    unknown: f64,
}

/// A prediction with its interval.
struct Said {
    value: f64,
    error: f64,
    low: f64,
    high: f64,
}

impl GlmmFit {
    /// What the model expects of new rows, of the typical family or of their own, with intervals.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// use kring_stats::glmm::{Glmm, Integration, Scale};
    /// use kring_stats::prediction::{NewRows, Whose};
    /// # use ndarray::{Array2, array};
    /// # let y = array![1., 2., 0., 1., 5., 6., 2., 3., 0., 0., 9., 7., 4., 2., 1., 3.];
    /// # let names: Vec<String> = (1..=8).map(|i| i.to_string()).collect();
    /// # let mut mean = Part::fixed(Array2::ones((16, 1)), vec!["(Intercept)".into()]);
    /// # mean.random = vec![RandomTerm {
    /// #     grouping: Grouping::new("family", names, (0..16).map(|i| i / 2).collect()),
    /// #     z: Array2::ones((16, 1)),
    /// #     columns: vec!["(Intercept)".into()],
    /// #     structure: RandomStructure::Unstructured,
    /// # }];
    /// # let design = Design::new(DesignParts {
    /// #     response: Response::Count(y),
    /// #     response_name: "problems".into(),
    /// #     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    /// #     source_rows: (0..16).collect(), omitted: vec![],
    /// # })?;
    /// // Eight families, two waves each, as in the example of `Glmm::fit`.
    /// let fit = Glmm { integration: Integration::Laplace, ..Glmm::default() }.fit(&design)?;
    /// let rows = NewRows::of(design.mean());
    /// let families = fit.predict(&rows, Whose::Families, Scale::Response)?;
    /// assert!((families.values[0] - fit.fitted[0]).abs() < 1e-9);
    /// let typical = fit.predict(&rows, Whose::Population, Scale::Link)?;
    /// assert!((typical.values[0] - 0.73339).abs() < 1e-4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn predict(
        &self,
        rows: &NewRows<'_>,
        whose: Whose,
        scale: Scale,
    ) -> Result<Predictions, Error> {
        let n = self.check(rows, scale)?;
        let in_parts = scale == Scale::Response && self.data.density.zeros != Zeros::AsCounted;
        let on_zeros = rows.zero.filter(|_| in_parts);
        let places = Places::of(self, rows.mean, on_zeros, whose)?;
        let effects = self.effects_of(whose)?;
        let effects = effects.as_ref();
        let thresholds = self.threshold_lines();
        let back = self
            .data
            .predictors
            .each_ref()
            .map(Predictor::to_coefficients);
        let each = (0..n).map(|row| -> Result<Said, Error> {
            let eta = self.line(0, &back[0], Some(rows.mean), row)?;
            let eta = self.with_effects(eta, 0, effects, rows.mean, row, &places.mean);
            if scale == Scale::Response && self.thresholds.is_some() {
                return self.level_number(&eta, &thresholds, effects);
            }
            if !in_parts {
                return self.by_link(&eta, effects, scale);
            }
            let mut zeta = self.line(1, &back[1], rows.zero, row)?;
            if let Some(part) = on_zeros {
                zeta = self.with_effects(zeta, 1, effects, part, row, &places.zero);
            }
            let tau = self.line(2, &back[2], rows.dispersion, row)?;
            self.by_parts([&eta, &zeta, &tau], effects)
        });
        self.said(each, &places, n, whose)
    }

    /// The probability of each ordered level in new rows, of the typical family or of their own, with
    /// intervals.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
    /// use kring_stats::{family::Family, glmm::Glmm};
    /// use kring_stats::prediction::{NewRows, Whose};
    /// use ndarray::Array2;
    /// // Eight families, two waves each: worse, the same or better; the second wave is the column.
    /// let names: Vec<String> = (1..=8).map(|i| i.to_string()).collect();
    /// let x = Array2::from_shape_fn((16, 1), |(i, _)| (i % 2) as f64);
    /// let mut mean = Part::fixed(x, vec!["later".into()]);
    /// mean.random = vec![RandomTerm {
    ///     grouping: Grouping::new("family", names, (0..16).map(|i| i / 2).collect()),
    ///     z: Array2::ones((16, 1)),
    ///     columns: vec!["(Intercept)".into()],
    ///     structure: RandomStructure::Unstructured,
    /// }];
    /// let design = Design::new(DesignParts {
    ///     response: Response::Ordinal {
    ///         levels: ["worse", "same", "better"].map(String::from).to_vec(),
    ///         codes: vec![0, 1, 0, 0, 1, 2, 2, 2, 0, 1, 1, 1, 2, 2, 0, 2],
    ///     },
    ///     response_name: "grade".into(),
    ///     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: (0..16).collect(), omitted: vec![],
    /// })?;
    /// let fit = Glmm { family: Family::Cumulative, ..Glmm::default() }.fit(&design)?;
    /// let levels = fit.predict_levels(&NewRows::of(design.mean()), Whose::Population)?;
    /// assert_eq!(levels[2].level, "better");
    /// let [worse, same, better] = [0, 1, 2].map(|j| levels[j].predictions.values[1]);
    /// assert!((worse + same + better - 1.0).abs() < 1e-12);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn predict_levels(
        &self,
        rows: &NewRows<'_>,
        whose: Whose,
    ) -> Result<Vec<LevelPrediction>, Error> {
        let Some(alpha) = self.thresholds() else {
            return Err(Error::Unsupported {
                what: "probabilities of levels in a model of another response".to_owned(),
                hint: "use `predict`".to_owned(),
            });
        };
        let n = self.check(rows, Scale::Link)?;
        let places = Places::of(self, rows.mean, None, whose)?;
        let effects = self.effects_of(whose)?;
        let effects = effects.as_ref();
        let thresholds = self.threshold_lines();
        let back = self.data.predictors[0].to_coefficients();
        let alpha = alpha.coefficients().values.view();
        let lines = (0..n).map(|row| {
            let eta = self.line(0, &back, Some(rows.mean), row)?;
            Ok(self.with_effects(eta, 0, effects, rows.mean, row, &places.mean))
        });
        let lines = lines.collect::<Result<Vec<Line>, Error>>()?;
        let link = self.data.density.ordinal_link();
        let levels = self.levels.iter().enumerate();
        levels
            .map(|(j, level)| {
                let each = lines.iter().map(|eta| {
                    let mut gradient = Array1::zeros(self.found.phi.len());
                    let mut by_eta = 0.0;
                    let ends = [(thresholds.get(j), 1.0), (below(&thresholds, j), -1.0)];
                    for (threshold, sign) in ends {
                        let Some(threshold) = threshold else { continue };
                        let slope = sign * link.density(threshold.value - eta.value);
                        gradient.scaled_add(slope, &threshold.gradient);
                        by_eta -= slope;
                    }
                    gradient.scaled_add(by_eta, &eta.gradient);
                    let p = probability(&self.data, eta.value, alpha, j);
                    self.share(p, &gradient, self.spread(effects, &[(eta, by_eta)]))
                });
                Ok(LevelPrediction {
                    level: level.clone(),
                    predictions: self.said(each, &places, n, whose)?,
                })
            })
            .collect()
    }

    /// What is said of all rows.
    fn said(
        &self,
        each: impl Iterator<Item = Result<Said, Error>>,
        places: &Places,
        n: usize,
        whose: Whose,
    ) -> Result<Predictions, Error> {
        let (mut values, mut errors) = (Array1::zeros(n), Array1::zeros(n));
        let (mut low, mut high) = (Array1::zeros(n), Array1::zeros(n));
        for (row, said) in each.enumerate() {
            let said = said?;
            values[row] = said.value;
            errors[row] = said.error;
            low[row] = said.low;
            high[row] = said.high;
        }
        let how = match whose {
            Whose::Population => "of the typical family",
            Whose::Families => "of the rows' own families",
        };
        Predictions {
            unknown: places.unknown(n),
            level: self.provenance().level,
            method: format!("prediction {how}; {}", self.provenance().method),
            values,
            std_errors: errors,
            interval: Band { low, high },
            observation: None,
        }
        .checked()
    }

    /// The quantile of intervals.
    fn width(&self) -> Result<f64, Error> {
        dist::critical(self.provenance().level, Reference::Normal)
    }

    fn effects_of(&self, whose: Whose) -> Result<Option<Effects>, Error> {
        match whose {
            Whose::Families => Ok(Some(self.effects()?)),
            Whose::Population => Ok(None),
        }
    }

    /// The thresholds with their gradients.
    fn threshold_lines(&self) -> Vec<Line> {
        let Some(thresholds) = &self.thresholds else {
            return Vec::new();
        };
        let mean = self.data.sizes()[0];
        let slope = self.data.shift_by_coordinates();
        let values = thresholds.coefficients().values.iter().enumerate();
        values
            .map(|(j, &value)| {
                let mut gradient = Array1::zeros(self.found.phi.len());
                gradient.slice_mut(s![..mean]).assign(&slope);
                gradient[mean + j] = 1.0;
                Line::fixed(value, gradient)
            })
            .collect()
    }

    /// E Y with levels numbered from one: 1 + Σ (1 − F(α_j − η)).
    fn level_number(
        &self,
        eta: &Line,
        thresholds: &[Line],
        effects: Option<&Effects>,
    ) -> Result<Said, Error> {
        let link = self.data.density.ordinal_link();
        let size = thresholds.len() as f64;
        let mut gradient = Array1::zeros(self.found.phi.len());
        let (mut share, mut by_eta) = (0.0, 0.0);
        for threshold in thresholds {
            let x = threshold.value - eta.value;
            share += link.level(None, Some(x)).value.exp() / size;
            let slope = link.density(x) / size;
            gradient.scaled_add(-slope, &threshold.gradient);
            by_eta += slope;
        }
        gradient.scaled_add(by_eta, &eta.gradient);
        let said = self.share(share, &gradient, self.spread(effects, &[(eta, by_eta)]))?;
        Ok(Said {
            value: 1.0 + size * said.value,
            error: size * said.error,
            low: 1.0 + size * said.low,
            high: 1.0 + size * said.high,
        })
    }

    /// A number between nothing and one, with an interval on its log odds.
    fn share(&self, p: f64, gradient: &Array1<f64>, beside: f64) -> Result<Said, Error> {
        let variance = gradient.dot(&self.found.covariance.dot(gradient)) + beside;
        let error = variance.max(0.0).sqrt();
        let slope = p * (1.0 - p);
        let width = if slope > 0.0 {
            self.width()? * error / slope
        } else {
            0.0
        };
        let odds = (p / (1.0 - p)).ln();
        let end = |by: f64| if slope > 0.0 { logistic(odds + by) } else { p };
        Ok(Said {
            value: p,
            error,
            low: end(-width),
            high: end(width),
        })
    }

    /// What random effects add to the variance of Σ slope · line: H⁻¹ where their levels are known, else one.
    fn spread(&self, effects: Option<&Effects>, lines: &[(&Line, f64)]) -> f64 {
        let Some(effects) = effects else { return 0.0 };
        let data = &self.data;
        let mut variance = 0.0;
        let mut known: Vec<(usize, f64)> = Vec::new();
        for (line, slope) in lines {
            variance += slope * slope * line.unknown;
            known.extend(line.known.iter().map(|(i, a)| (*i, slope * a)));
        }
        for &(i, a) in &known {
            let number = data
                .blocks
                .partition_point(|block| block.first + block.q <= i);
            let block = &data.blocks[number];
            for &(j, b) in &known {
                // Families that never met are independent, given the parameters.
                if (block.first..block.first + block.q).contains(&j) {
                    let at = (i - block.first) * block.q + j - block.first;
                    variance += a * b * effects.inverse.of(number)[at];
                }
            }
        }
        variance
    }

    /// How many new rows there are, once they have what the scale needs.
    fn check(&self, rows: &NewRows<'_>, scale: Scale) -> Result<usize, Error> {
        let data = &self.data;
        let columns = |part: Option<&PartFit>, of: usize, given: Option<&Part>| {
            let own = part.map_or(0, |_| data.predictors[of].columns.len());
            // One shape serves all rows: new ones need not say so.
            if of == 2 && data.has_one_shape() {
                given.map_or(0, |part| part.x.ncols())
            } else {
                own
            }
        };
        let n = rows.checked([
            data.predictors[0].columns.len(),
            columns(self.zero(), 1, rows.zero),
            columns(self.dispersion(), 2, rows.dispersion),
        ])?;
        let needed = [
            (
                scale == Scale::Response && self.zero.is_some(),
                rows.zero,
                "a model of the zeros",
            ),
            (
                scale == Scale::Response
                    && self.dispersion.is_some()
                    && !data.has_one_shape()
                    && data.density.zeros != Zeros::AsCounted,
                rows.dispersion,
                "a model of the dispersion",
            ),
        ];
        if let Some((_, _, what)) = needed
            .into_iter()
            .find(|(yes, part, _)| *yes && part.is_none())
        {
            return Err(Error::Missing {
                option: "a prediction of the response".to_owned(),
                needed: what,
                hint: "give the columns of that part for the new rows, or predict the link",
            });
        }
        Ok(n)
    }

    /// On the scale of the link, or turned from it.
    fn by_link(&self, eta: &Line, effects: Option<&Effects>, scale: Scale) -> Result<Said, Error> {
        let beside = self.spread(effects, &[(eta, 1.0)]);
        let variance = eta.gradient.dot(&self.found.covariance.dot(&eta.gradient)) + beside;
        let error = variance.max(0.0).sqrt();
        let width = self.width()? * error;
        let ends = [eta.value - width, eta.value + width];
        if scale == Scale::Link {
            return Ok(Said {
                value: eta.value,
                error,
                low: ends[0],
                high: ends[1],
            });
        }
        let link = self.data.density.link;
        let at = link.mean(eta.value);
        let ends = ends.map(|end| link.mean(end).mu);
        Ok(Said {
            value: at.mu,
            error: error * at.slope.abs(),
            low: ends[0].min(ends[1]),
            high: ends[0].max(ends[1]),
        })
    }

    /// The expected count by the predictors of the mean, the zeros and the dispersion.
    fn by_parts(&self, lines: [&Line; 3], effects: Option<&Effects>) -> Result<Said, Error> {
        const STEP: f64 = 1e-5;
        let v = &self.found.covariance;
        let mean = |x: [f64; 3]| moments(&self.data, x[0], x[1], x[2], 1.0).mean;
        let at = lines.map(|line| line.value);
        let value = mean(at);
        let mut gradient = Array1::zeros(v.nrows());
        let mut slopes = [0.0; 3];
        for (i, line) in lines.into_iter().enumerate() {
            let (mut up, mut down) = (at, at);
            up[i] += STEP;
            down[i] -= STEP;
            slopes[i] = (mean(up) - mean(down)) / (2.0 * STEP);
            gradient.scaled_add(slopes[i], &line.gradient);
        }
        let moved = [(lines[0], slopes[0]), (lines[1], slopes[1])];
        let variance = gradient.dot(&v.dot(&gradient)) + self.spread(effects, &moved);
        let error = variance.max(0.0).sqrt();
        let ratio = (self.width()? * error / value).exp();
        Ok(Said {
            value,
            error,
            low: value / ratio,
            high: value * ratio,
        })
    }

    /// One of the three linear predictors of a row. A shape that serves all rows needs no part.
    fn line(
        &self,
        which: usize,
        back: &Array2<f64>,
        part: Option<&Part>,
        row: usize,
    ) -> Result<Line, Error> {
        let sizes = self.data.sizes();
        let first: usize = sizes[..which].iter().sum();
        let mut gradient = Array1::zeros(self.found.phi.len());
        let fit = [
            Some(&self.mean),
            self.zero.as_ref(),
            self.dispersion.as_ref(),
        ][which];
        let Some(fit) = fit else {
            return Ok(Line::fixed(0.0, gradient));
        };
        let one = Array1::ones(1);
        let shared = which == 2 && self.data.has_one_shape();
        let (x, offset): (ArrayView1<'_, f64>, f64) = match part {
            Some(part) if !shared => (
                part.x.row(row),
                part.offset.as_ref().map_or(0.0, |offset| offset[row]),
            ),
            _ => (one.view(), 0.0),
        };
        let coefficients = fit.coefficients();
        let c = if which == 0 && self.data.cuts > 0 {
            // The thresholds hold the constant, so that columns are what they are but for one.
            coefficients.estimated.iter().map(|&j| x[j]).collect()
        } else {
            coefficients.estimable(&format!("row {}", row + 1), x)?
        };
        let own = back.t().dot(&c);
        gradient
            .slice_mut(ndarray::s![first..first + own.len()])
            .assign(&own);
        let value = c.dot(&coefficients.values) + offset;
        Ok(Line::fixed(value, gradient))
    }

    /// Adds z'b of a row, by the mean's factors or by those of the zeros.
    fn with_effects(
        &self,
        mut line: Line,
        part: usize,
        effects: Option<&Effects>,
        rows: &Part,
        row: usize,
        places: &[Vec<Option<usize>>],
    ) -> Line {
        let Some(effects) = effects else { return line };
        let data = &self.data;
        let [mean, zero, dispersion, _] = data.sizes();
        let mut theta = &self.found.phi[mean + zero + dispersion..];
        let modes = [&self.modes, &self.zero_modes][part];
        let all = data.factors.iter().zip(&data.effect).enumerate();
        for (number, (factor, of_level)) in all {
            let q = factor.q;
            let (own, rest) = theta.split_at(factor.parameters());
            theta = rest;
            if usize::from(number >= data.of_mean) != part {
                continue;
            }
            let mut flat = vec![0.0; q * q];
            factor.root(own, &mut flat);
            let mut z = Array1::zeros(q);
            let mut level = None;
            for place in &factor.terms {
                let given = rows.random[place.term].z.row(row);
                for (j, given) in given.iter().enumerate() {
                    z[place.first + j] = *given;
                }
                level = places[place.term][row];
                if let Some(level) = level {
                    line.value += given.dot(&modes[place.term].values.row(level));
                }
            }
            let scaled = factor.unscale.t().dot(&z);
            let a = (0..q).map(|j| (0..q).map(|i| flat[i * q + j] * scaled[i]).sum::<f64>());
            match level {
                None => line.unknown += a.map(|a| a * a).sum::<f64>(),
                Some(level) => {
                    let first = of_level[level];
                    line.known.extend((first..).zip(a));
                    for (i, z) in scaled.iter().enumerate() {
                        line.gradient.scaled_add(*z, &effects.slopes.row(first + i));
                    }
                }
            }
        }
        line
    }

    fn effects(&self) -> Result<Effects, Error> {
        let data = &self.data;
        let mut engine = Engine::new(data, &[]);
        engine.start_from(&self.found.modes);
        let inverse = engine.conditional(&self.found.phi);
        let k = self.found.phi.len();
        let mut slopes = Array2::zeros((self.found.modes.len(), k));
        for i in 0..k {
            let variance = self.found.covariance[[i, i]];
            if variance <= 0.0 {
                // At the edge nothing moves.
                continue;
            }
            let step = (1e-3 * variance.sqrt()).clamp(1e-7, 1e-2);
            let mut side = |by: f64| -> Result<Vec<f64>, Error> {
                let mut phi = self.found.phi.clone();
                phi[i] += by;
                engine.start_from(&self.found.modes);
                if !engine.evaluate(&phi, Want::Gradient).is_finite() {
                    return Err(Error::Overflow {
                        what: "a prediction".to_owned(),
                    });
                }
                Ok(self.turned(&phi, &engine.modes()))
            };
            let (up, down) = (side(step)?, side(-step)?);
            for (j, (up, down)) in up.iter().zip(&down).enumerate() {
                slopes[[j, i]] = (up - down) / (2.0 * step);
            }
        }
        Ok(Effects { inverse, slopes })
    }

    /// Λu of all effects.
    fn turned(&self, phi: &[f64], u: &[f64]) -> Vec<f64> {
        let data = &self.data;
        let [mean, zero, dispersion, _] = data.sizes();
        let mut theta = &phi[mean + zero + dispersion..];
        let mut turned = vec![0.0; u.len()];
        for (factor, of_level) in data.factors.iter().zip(&data.effect) {
            let q = factor.q;
            let (own, rest) = theta.split_at(factor.parameters());
            theta = rest;
            let mut flat = vec![0.0; q * q];
            factor.root(own, &mut flat);
            for &first in of_level {
                for i in 0..q {
                    turned[first + i] = (0..q).map(|j| flat[i * q + j] * u[first + j]).sum();
                }
            }
        }
        turned
    }
}

impl Line {
    /// Without random effects.
    fn fixed(value: f64, gradient: Array1<f64>) -> Self {
        Self {
            value,
            gradient,
            known: Vec::new(),
            unknown: 0.0,
        }
    }
}

/// Of each random term and new row the place of its level among the modes.
struct Places {
    mean: Vec<Vec<Option<usize>>>,
    zero: Vec<Vec<Option<usize>>>,
}

impl Places {
    fn of(fit: &GlmmFit, mean: &Part, zero: Option<&Part>, whose: Whose) -> Result<Self, Error> {
        Ok(Self {
            mean: places(mean, &fit.modes, whose)?,
            zero: match zero {
                Some(zero) => places(zero, &fit.zero_modes, whose)?,
                None => Vec::new(),
            },
        })
    }

    fn unknown(&self, n: usize) -> Vec<usize> {
        let mut all = unknown(&self.mean, n);
        all.extend(unknown(&self.zero, n));
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The threshold below a level.
fn below(thresholds: &[Line], level: usize) -> Option<&Line> {
    level.checked_sub(1).and_then(|j| thresholds.get(j))
}
