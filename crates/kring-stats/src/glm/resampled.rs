//! Standardised means whose errors and intervals come from resampled rows or families.
//!
//! ```text
//! draw       in each stratum as many units as it has, with replacement; a unit is a row or a family
//! t*         the model is fitted to the rows drawn, and m_a and m_b are the means over these rows under
//!            their settings: m_a, m_b, m_b − m_a, the log of their ratio, the log of the odds ratio
//! intervals  those of `bootstrap`; one fit a draw serves all five, and for BCa one fit without each unit
//! ```
//! Unlike with the delta method the mix of covariates is drawn too: the error is that of the effect in
//! the population from which the families come, not in these families alone. Draws without an estimate
//! (separated, not converged, a cell of which nobody was drawn) are counted with their reason.
//!
//! Davison AC & Hinkley DV (1997), Bootstrap Methods and their Application, Cambridge, section 7.2
//! (resampling cases); Field CA & Welsh AH (2007), J R Stat Soc B 69:369–390, doi
//! 10.1111/j.1467-9868.2007.00593.x (clusters).

use kring_core::{Bootstrap as Kind, Design, DesignParts, Estimate, Grouping, Sample, WeightKind};
use ndarray::{Array1, ArrayView1, Axis};
use serde::{Deserialize, Serialize};

use super::{Glm, Settings, Standardized};
use crate::bootstrap::{Bootstrap, Bootstrapped, Replicate};
use crate::resampling::{Quantity, Scheme, Share, Stage, same_length};
use crate::{Covariance, Error, Fit};

/// Standardised means with their replicates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StandardizedDraws {
    /// The mean under the first setting.
    pub mean_a: Bootstrapped,
    /// The mean under the second setting.
    pub mean_b: Bootstrapped,
    /// The second less the first.
    pub difference: Bootstrapped,
    /// The log of their ratio; absent where a mean is not above zero.
    pub ratio: Option<Bootstrapped>,
    /// The log of the ratio of their odds, of shares.
    pub odds_ratio: Option<Bootstrapped>,
}

impl Standardized {
    /// The means, their difference, their ratio and that of their odds.
    fn all(&self) -> [Option<&Estimate>; 5] {
        let [mean_a, mean_b, difference] = [&self.mean_a, &self.mean_b, &self.difference];
        [
            Some(mean_a),
            Some(mean_b),
            Some(difference),
            self.ratio.as_ref(),
            self.odds_ratio.as_ref(),
        ]
    }
}

impl From<StandardizedDraws> for Standardized {
    fn from(draws: StandardizedDraws) -> Self {
        Self {
            mean_a: draws.mean_a.estimate,
            mean_b: draws.mean_b.estimate,
            difference: draws.difference.estimate,
            ratio: draws.ratio.map(|found| found.estimate),
            odds_ratio: draws.odds_ratio.map(|found| found.estimate),
        }
    }
}

impl Glm {
    /// The standardised means of a fit to these rows alone, as often as they are named, and over them.
    pub fn standardized(
        &self,
        design: &Design,
        settings: &Settings<'_>,
        rows: &[usize],
    ) -> Result<Standardized, Error> {
        settings.check_rows(design.rows())?;
        let fit = self.fit(&design.take(rows)?)?;
        let [a, b] = [settings.a, settings.b].map(|x| x.select(Axis(0), rows));
        let of_rows = |x: Option<ArrayView1<'_, f64>>| x.map(|x| x.select(Axis(0), rows));
        let (offset, weights) = (of_rows(settings.offset), of_rows(settings.weights));
        fit.standardized(&Settings {
            names: settings.names,
            a: a.view(),
            b: b.view(),
            offset: offset.as_ref().map(|x| x.view()),
            weights: weights.as_ref().map(|x| x.view()),
        })
    }

    /// The options with errors that cost nothing, where only the estimates count.
    fn without_errors(&self, design: &Design) -> Self {
        let sampling = WeightKind::Sampling;
        let covariance = match design.weights() {
            Some(weights) if weights.kind == sampling => Covariance::Hc0,
            _ => Covariance::Classical,
        };
        Self {
            covariance,
            ..*self
        }
    }
}

impl Bootstrap {
    /// The standardised means under two settings of the rows of a design, with bootstrap intervals.
    ///
    /// The settings have a row for each row of the design. A row with a frequency weight of k is drawn
    /// from as k rows.
    ///
    /// ```
    /// use kring_core::{Bootstrap as Kind, Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{bootstrap::Bootstrap, family::Family, glm::{Glm, Settings}};
    /// use kring_stats::resampling::Scheme;
    /// use ndarray::{Array1, Array2};
    /// // Of 20 families in each arm 6 and 12 kept their child at home.
    /// let x = Array2::from_shape_fn((40, 2), |(i, j)| if j == 0 || i >= 20 { 1.0 } else { 0.0 });
    /// let home = Array1::from_shape_fn(40, |i| if i < 6 || (20..32).contains(&i) { 1.0 } else { 0.0 });
    /// let design = Design::new(DesignParts {
    ///     response: Response::Binary(home), response_name: "at_home".into(),
    ///     mean: Part::fixed(x.clone(), vec!["(Intercept)".into(), "armEKC".into()]),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: (0..40).collect(), omitted: vec![],
    /// })?;
    /// let glm = Glm { family: Family::Binomial, ..Glm::default() };
    /// let (mut wt, mut ekc) = (x.clone(), x);
    /// wt.column_mut(1).fill(0.0);
    /// ekc.column_mut(1).fill(1.0);
    /// let settings = Settings { names: ["WT", "EKC"], a: wt.view(), b: ekc.view(), offset: None, weights: None };
    /// let options = Bootstrap { interval: Kind::Percentile, replicates: 499, seed: Some(2011), ..Bootstrap::default() };
    /// let found = options.standardized(&glm, &design, &settings, Scheme::default())?;
    /// assert!((found.difference.estimate.value.finite().unwrap() - 0.3).abs() < 1e-12);
    /// // The delta method says √(0.3·0.7/20 + 0.6·0.4/20) = 0.15.
    /// assert!((found.difference.estimate.std_error.unwrap() - 0.15).abs() < 0.02);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn standardized(
        &self,
        glm: &Glm,
        design: &Design,
        settings: &Settings<'_>,
        scheme: Scheme<'_>,
    ) -> Result<StandardizedDraws, Error> {
        self.standardized_share(glm, design, settings, scheme, &Share::All)?
            .result()
    }

    /// A share of [`standardized`](Self::standardized): the fits to some draws, or the result from all.
    pub fn standardized_share(
        &self,
        glm: &Glm,
        design: &Design,
        settings: &Settings<'_>,
        scheme: Scheme<'_>,
        share: &Share<'_>,
    ) -> Result<Stage<StandardizedDraws>, Error> {
        settings.check_rows(design.rows())?;
        let studentized = self.interval == Kind::Studentized;
        if studentized && glm.covariance.is_clustered() {
            return Err(Error::Unsupported {
                what: "a studentised interval with cluster-robust errors".to_owned(),
                hint: "a family that is drawn twice would count as one; take BCa or percentile"
                    .to_owned(),
            });
        }
        let plain = glm.without_errors(design);
        let fit = plain.fit(design)?;
        let seen = fit.standardized(settings)?;
        let copies = Copies::new(design, settings)?;
        let settings = &Settings {
            weights: copies.weights.as_ref().map(|w| w.view()),
            ..*settings
        };
        let of_copies = |g: Option<&Grouping>| g.map(|g| copies.grouping(g)).transpose();
        let (clusters, strata) = (of_copies(scheme.clusters)?, of_copies(scheme.strata)?);
        let scheme = Scheme {
            clusters: clusters.as_ref(),
            strata: strata.as_ref(),
        };
        let each = if studentized { *glm } else { plain };
        let draw = |drawn: &[usize]| {
            let rows: Vec<usize> = drawn.iter().map(|&row| copies.rows[row]).collect();
            let found = each.standardized(&copies.design, settings, &rows)?;
            Ok(found.all().map(|e| e.and_then(replicate)))
        };
        let named = seen.all().map(|e| quantity(e.unwrap_or(&seen.difference)));
        let rows = copies.rows.len();
        let found = self.statistics_share(named.each_ref(), rows, scheme, draw, share)?;
        found.and_then(|found| {
            let from = fit.provenance();
            let [mean_a, mean_b, difference, ratio, odds_ratio] = found.map(|found| {
                let mut found = found?;
                let e = &mut found.estimate;
                let clusters = e.sample.clusters.or(from.sample.clusters);
                e.sample = Sample {
                    clusters,
                    ..from.sample.clone()
                };
                e.method = format!(
                    "standardised over the rows, {}; {}",
                    glm.estimator(fit.link),
                    e.method
                );
                let doubts = std::mem::take(&mut e.cautions);
                e.cautions = from.cautions.iter().cloned().chain(doubts).collect();
                Some(found)
            });
            let (Some(mean_a), Some(mean_b), Some(difference)) = (mean_a, mean_b, difference)
            else {
                return Err(Error::Overflow {
                    what: "a standardised mean".to_owned(),
                });
            };
            Ok(StandardizedDraws {
                mean_a,
                mean_b,
                difference,
                ratio,
                odds_ratio,
            })
        })
    }
}

/// Rows to draw from: as many of each row as its frequency weight says, each then without a weight.
struct Copies {
    design: Design,
    /// The row of the design that each is a copy of.
    rows: Vec<usize>,
    /// How much a copy counts in the standardised means.
    weights: Option<Array1<f64>>,
}

impl Copies {
    fn new(design: &Design, settings: &Settings<'_>) -> Result<Self, Error> {
        let weights = settings.weights.map(|weights| weights.to_owned());
        let frequencies = design
            .weights()
            .filter(|weights| weights.kind == WeightKind::Frequency);
        let Some(frequencies) = frequencies else {
            return Ok(Self {
                design: design.clone(),
                rows: (0..design.rows()).collect(),
                weights,
            });
        };
        let k = &frequencies.values;
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a frequency weight is a whole number, zero or more"
        )]
        let copies = |row: usize| std::iter::repeat_n(row, k[row] as usize);
        // The copies of a row share what it counts.
        let share = |row: usize| weights.as_ref().map_or(1.0, |w| w[row]) / k[row].max(1.0);
        let unweighted = DesignParts {
            weights: None,
            ..design.clone().into_parts()
        };
        Ok(Self {
            rows: (0..design.rows()).flat_map(copies).collect(),
            weights: Some(Array1::from_shape_fn(design.rows(), share)),
            design: Design::new(unweighted)?,
        })
    }

    /// The group of each copy.
    fn grouping(&self, of: &Grouping) -> Result<Grouping, Error> {
        same_length(&of.name, of.index.len(), self.design.rows())?;
        Ok(Grouping {
            index: self.rows.iter().map(|&row| of.index[row]).collect(),
            ..of.clone()
        })
    }
}

fn quantity(e: &Estimate) -> Quantity<'_> {
    Quantity {
        label: &e.label,
        measure: e.measure.clone(),
        null: e.null,
    }
}

fn replicate(e: &Estimate) -> Option<Replicate> {
    Some(Replicate {
        value: e.value.finite()?,
        std_error: e.std_error,
    })
}
