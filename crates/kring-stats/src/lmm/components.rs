//! Variance components: covariances of the random effects, standard deviations, correlations, shares.

use kring_core::{Caution, Component, ComponentKind, RandomStructure};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::modes::Predicted;
use crate::random::{Factor, SINGULAR};

/// The covariance of the random effects of one term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RandomCovariance {
    /// The grouping: `family`.
    pub group: String,
    /// The effects: `(Intercept)`, `wave`.
    pub columns: Vec<String>,
    /// How they are related.
    pub structure: RandomStructure,
    /// Their covariance, σ² G, on the scale of the data.
    pub covariance: Array2<f64>,
    /// Whether it has lost a direction: a variance of zero or a correlation of one.
    pub singular: bool,
}

/// Where the variance of the response lies.
///
/// ```text
/// fixed       the variance of X β over the rows
/// random      the mean of z'Σz over the rows, all terms (Johnson 2014)
/// ICC         random / (random + residual);  conditional: random / (fixed + random + residual)
/// R²          marginal: fixed / all;  conditional: (fixed + random) / all
/// ```
/// Nakagawa S, Schielzeth H (2013), Methods in Ecology and Evolution 4:133–142, doi
/// 10.1111/j.2041-210x.2012.00261.x; Johnson PCD (2014), ibid. 5:944–946, doi 10.1111/2041-210X.12225.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variances {
    /// Of the fixed effects.
    pub fixed: f64,
    /// Of the random effects.
    pub random: f64,
    /// Of the residuals.
    pub residual: f64,
}

impl Variances {
    /// The share of the random effects in what the fixed ones do not explain.
    pub fn icc(&self) -> f64 {
        self.random / (self.random + self.residual)
    }

    /// The share of the random effects in all.
    pub fn conditional_icc(&self) -> f64 {
        self.random / self.total()
    }

    /// The share of the fixed effects.
    pub fn marginal_r_squared(&self) -> f64 {
        self.fixed / self.total()
    }

    /// The share of fixed and random effects.
    pub fn conditional_r_squared(&self) -> f64 {
        (self.fixed + self.random) / self.total()
    }

    fn total(&self) -> f64 {
        self.fixed + self.random + self.residual
    }
}

/// σ² G of each term, in the order of the formula.
pub(crate) fn covariances(factors: &[Factor], theta: &[f64], sigma2: f64) -> Vec<RandomCovariance> {
    let mut found = Vec::new();
    let mut first = 0;
    for factor in factors {
        let m = factor.parameters();
        let relative = factor.relative(&theta[first..first + m]);
        let all = factor.covariance(relative.view()) * sigma2;
        for place in &factor.terms {
            let own = place.first..place.first + place.columns.len();
            let part = |matrix: &Array2<f64>| {
                matrix
                    .slice(ndarray::s![own.clone(), own.clone()])
                    .to_owned()
            };
            let values = crate::linalg::symmetric_eigen(&part(&relative)).values;
            let smallest = values.into_iter().fold(f64::INFINITY, f64::min);
            found.push((
                place.term,
                RandomCovariance {
                    group: factor.name.clone(),
                    columns: place.columns.clone(),
                    structure: place.structure,
                    covariance: part(&all),
                    singular: smallest < SINGULAR * SINGULAR,
                },
            ));
        }
        first += m;
    }
    found.sort_by_key(|(term, _)| *term);
    found.into_iter().map(|(_, term)| term).collect()
}

/// The group of the residual standard deviation.
const RESIDUAL: &str = "residual";

/// Standard deviations, then correlations, term by term; the residual standard deviation last. A
/// correlation with an effect that does not vary is given as zero, at the edge.
pub(crate) fn components(random: &[RandomCovariance], sigma2: f64) -> Vec<Component> {
    let mut all = Vec::new();
    let one = |group: &str, label: String, kind, value, at_boundary| Component {
        group: group.to_owned(),
        label,
        kind,
        value,
        at_boundary,
        interval: None,
        cautions: Vec::new(),
    };
    for term in random {
        let sd: Vec<f64> = term
            .covariance
            .diag()
            .iter()
            .map(|v| v.max(0.0).sqrt())
            .collect();
        let zero = |sd: f64| sd * sd <= SINGULAR * SINGULAR * sigma2 * 1e-4;
        for (name, &sd) in term.columns.iter().zip(&sd) {
            let kind = ComponentKind::StandardDeviation;
            all.push(one(
                &term.group,
                name.clone(),
                kind,
                sd,
                sd == 0.0 || term.singular && zero(sd),
            ));
        }
        if term.structure == RandomStructure::Diagonal {
            continue;
        }
        for i in 0..sd.len() {
            for j in i + 1..sd.len() {
                let product = sd[i] * sd[j];
                let value = if product > 0.0 {
                    (term.covariance[[i, j]] / product).clamp(-1.0, 1.0)
                } else {
                    0.0
                };
                let label = format!("{}, {}", term.columns[i], term.columns[j]);
                let at_boundary = value.abs() > 1.0 - 1e-7 || product == 0.0;
                all.push(one(
                    &term.group,
                    label,
                    ComponentKind::Correlation,
                    value,
                    at_boundary,
                ));
            }
        }
    }
    let kind = ComponentKind::StandardDeviation;
    all.push(one(
        RESIDUAL,
        RESIDUAL.to_owned(),
        kind,
        sigma2.sqrt(),
        false,
    ));
    all
}

/// Puts doubts on the standard deviations of random effects.
pub(crate) fn doubt(components: &mut [Component], doubts: &[Caution]) {
    let of_effects = components
        .iter_mut()
        .filter(|one| one.kind == ComponentKind::StandardDeviation && one.group != RESIDUAL);
    for one in of_effects {
        one.cautions.extend_from_slice(doubts);
    }
}

/// The three parts of the variance.
pub(super) fn variances(predicted: &Predicted, sigma2: f64) -> Variances {
    Variances {
        fixed: predicted.fixed_variance,
        random: predicted.random_variance,
        residual: sigma2,
    }
}
