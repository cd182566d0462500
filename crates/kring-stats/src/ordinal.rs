//! The cumulative link model of ordered levels: proportional odds and its relatives.
//!
//! ```text
//! model      P(Y_i ≤ j) = F(α_j − x_i'β − offset),  α_1 < … < α_{J−1};  F logistic, normal or
//!            extreme value
//! estimator  (α, β) by maximum likelihood; ℓ is concave, and Newton's method has analytic derivatives
//! errors     the inverse of the observed information, or a sandwich by row or cluster
//! test       a score test of the same β at every threshold (`proportional`)
//! ```
//! The signs are those of MASS's `polr` and ordinal's `clm`: a positive β means higher levels, and
//! with the logit link exp(β) is the ratio of the odds of lying above any threshold. SAS and
//! VGAM's `vglm` without `reverse` have the other sign.
//!
//! The thresholds hold the constant, so a column `(Intercept)` is not estimated, and a contrast must
//! give it no weight. Columns are orthonormalised with the constant taken out.
//!
//! Assumptions: β is the same at every threshold; rows (or clusters) are independent. A level without
//! rows has no threshold and is refused: merge it with a neighbour.
//!
//! McCullagh P (1980), JRSS B 42:109–142, doi 10.1111/j.2517-6161.1980.tb01109.x; Pratt JW (1981),
//! JASA 76:103–106, doi 10.1080/01621459.1981.10477613 (ℓ is concave); Agresti A (2010), Analysis of
//! Ordinal Categorical Data, doi 10.1002/9780470594001.
//!
//! Differences from R: `polr` differentiates its gradient numerically and fits to about five digits; it
//! needs three levels, and gives an empty level two thresholds on top of one another, where `clm` drops
//! the level. `clm` is the same to all its digits. Where a column separates the levels, `clm` gives
//! huge numbers with a warning and `polr` finds no start; here it is an error that names the column.

mod link;
mod profile;
mod proportional;

use kring_core::{Design, Estimate, Measure, Part, Response, Term};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};
use serde::{Deserialize, Serialize};

use crate::criteria::Criteria;
use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::likelihood::{
    Convergence, Derivatives, Ending, Likelihood, Maximum, PartFit, Predictor, Source, Weighted,
    check_options, maximise,
};
use crate::predictive::Position;
use crate::{Covariance, Error};
pub use link::OrdinalLink;
pub use proportional::ProportionalOdds;

/// The options of a cumulative link model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Ordinal {
    /// The distribution that the thresholds cut into pieces.
    pub link: OrdinalLink,
    /// How the errors of the coefficients are estimated.
    pub covariance: Covariance,
    /// The level of intervals.
    pub level: f64,
    /// After how many steps the search for the maximum is given up.
    pub max_iterations: usize,
}

impl Default for Ordinal {
    fn default() -> Self {
        Self {
            link: OrdinalLink::Logit,
            covariance: Covariance::Classical,
            level: 0.95,
            max_iterations: 200,
        }
    }
}

/// A fitted cumulative link model. As a [`Fit`] it speaks of the coefficients β.
#[derive(Debug, Clone)]
pub struct OrdinalFit {
    link: OrdinalLink,
    levels: Vec<String>,
    coefficients: PartFit,
    thresholds: PartFit,
    terms: Vec<Term>,
    /// How well the model fits; absent with sampling weights, which have no likelihood.
    pub criteria: Option<Criteria>,
    /// The evidence that this is a maximum.
    pub convergence: Convergence,
    /// The probability of each level for each row of the design, `n` × `J`.
    pub probabilities: Array2<f64>,
    codes: Vec<usize>,
    ell: Ell,
    theta: Array1<f64>,
    /// The triangle that turns coefficients into coordinates.
    r: Array2<f64>,
}

impl Fit for OrdinalFit {
    fn coefficients(&self) -> &Coefficients {
        self.coefficients.coefficients()
    }

    fn reference(&self, contrast: ArrayView1<'_, f64>) -> Option<kring_core::Reference> {
        self.coefficients.reference(contrast)
    }

    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        self.coefficients.joint_reference(contrasts)
    }

    fn provenance(&self) -> &Provenance {
        self.coefficients.provenance()
    }
}

impl OrdinalLink {
    /// What the link is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Logit => "logit",
            Self::Probit => "probit",
            Self::Cloglog => "cloglog",
            Self::Loglog => "loglog",
        }
    }

    /// Only the logit's coefficients are ratios of odds.
    fn measure(self) -> Measure {
        match self {
            Self::Logit => Measure::LogOddsRatio,
            _ => Measure::Coefficient { unit: None },
        }
    }
}

impl OrdinalFit {
    /// The distribution that the thresholds cut.
    pub fn link(&self) -> OrdinalLink {
        self.link
    }

    /// The levels, lowest first.
    pub fn levels(&self) -> &[String] {
        &self.levels
    }

    /// The thresholds α on the scale of the link, each named by the levels it parts: `mild|severe`.
    pub fn thresholds(&self) -> Result<Vec<Estimate>, Error> {
        self.thresholds.estimates()
    }

    /// Where each observed level lies in its distribution, `n`: what quantile residuals need.
    pub fn positions(&self) -> Vec<Position> {
        let rows = self.probabilities.rows().into_iter().zip(&self.codes);
        rows.map(|(p, &code)| Position::among(&p.to_vec(), code))
            .collect()
    }

    /// The probability of each level for each row of another design with the same columns.
    pub fn predict(&self, design: &Design) -> Result<Array2<f64>, Error> {
        let part = design.mean();
        let known = self.coefficients();
        if part.columns != known.columns {
            return Err(Error::Shape {
                what: "the columns of the model".to_owned(),
                expected: known.columns.join(", "),
                found: part.columns.join(", "),
            });
        }
        Ok(self.probabilities_of(part))
    }

    fn probabilities_of(&self, part: &Part) -> Array2<f64> {
        let known = self.coefficients();
        let mut all = Array1::zeros(part.columns.len());
        for (&j, &b) in known.estimated.iter().zip(&known.values) {
            all[j] = b;
        }
        let mut shift = part.x.dot(&all);
        if let Some(offset) = &part.offset {
            shift += offset;
        }
        let alpha = &self.thresholds.coefficients().values;
        let cuts = alpha.len();
        Array2::from_shape_fn((shift.len(), cuts + 1), |(i, j)| {
            let above = (j < cuts).then(|| alpha[j] - shift[i]);
            let below = (j > 0).then(|| alpha[j - 1] - shift[i]);
            self.link.level(above, below).value.exp()
        })
    }
}

impl Ordinal {
    /// Fits the model. The design needs ordered levels as response.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Groups, Part, Response};
    /// use kring_stats::{Fit, ordinal::Ordinal};
    /// use ndarray::Array2;
    /// // Grades of two arms: 4, 3 and 1 families, and 1, 3 and 4.
    /// let codes = [0, 0, 0, 0, 1, 1, 1, 2, 0, 1, 1, 1, 2, 2, 2, 2].to_vec();
    /// let x = Array2::from_shape_fn((16, 1), |(i, _)| f64::from(u8::from(i >= 8)));
    /// let design = Design::new(DesignParts {
    ///     response: Response::Ordinal {
    ///         levels: ["worse", "same", "better"].map(String::from).to_vec(),
    ///         codes,
    ///     },
    ///     response_name: "grade".into(),
    ///     mean: Part::fixed(x, vec!["armEKC".into()]),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: (0..16).collect(), omitted: vec![],
    /// })?;
    /// let fit = Ordinal::default().fit(&design)?;
    /// // The arms mirror each other, so the thresholds lie on both sides of half the difference.
    /// let beta = fit.coefficients().value("armEKC").unwrap();
    /// let alpha = fit.thresholds()?;
    /// let middle = (alpha[0].value.finite().unwrap() + alpha[1].value.finite().unwrap()) / 2.0;
    /// assert!(beta > 0.0 && (middle - beta / 2.0).abs() < 1e-9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn fit(&self, design: &Design) -> Result<OrdinalFit, Error> {
        check_options(self.level, self.max_iterations)?;
        refuse(design)?;
        let Response::Ordinal { levels, codes } = design.response() else {
            return Err(no_levels(design));
        };
        let weighted = Weighted::new(design, self.covariance)?;
        let kept: Vec<usize> = weighted.rows.iter().map(|&i| codes[i] as usize).collect();
        check_levels(levels, &kept, design.response_name())?;
        let part = design.mean();
        let (predictor, means) = Predictor::centred(part.x(), &part.columns, &weighted.rows);
        let ell = Ell {
            link: self.link,
            cuts: levels.len() - 1,
            codes: kept,
            weights: weighted.weights.clone(),
            offset: part
                .offset
                .as_ref()
                .map(|offset| weighted.rows.iter().map(|&i| offset[i]).collect()),
            q: predictor.q.clone(),
        };
        let maximum = maximise(&ell, ell.start(), self.max_iterations);
        certify(&ell, &predictor, &maximum, weighted.unit)?;
        results(self, design, &weighted, ell, &maximum, &predictor, &means)
    }
}

/// The fit from the maximum.
fn results(
    options: &Ordinal,
    design: &Design,
    weighted: &Weighted<'_>,
    ell: Ell,
    maximum: &Maximum,
    predictor: &Predictor,
    means: &Array1<f64>,
) -> Result<OrdinalFit, Error> {
    let Response::Ordinal { levels, codes } = design.response() else {
        return Err(no_levels(design));
    };
    let errors = weighted.errors(&ell, maximum, options.covariance)?;
    let method = format!(
        "cumulative {} model by maximum likelihood, {}",
        options.link.name(),
        options.covariance.name_by_score()
    );
    let source = Source::new(
        design,
        weighted.rows.len(),
        method,
        &errors,
        options.level,
        vec![],
    );
    let cuts = ell.cuts;
    let coefficients = source.part(
        predictor,
        maximum.theta.slice(s![cuts..]),
        errors.covariance.slice(s![cuts.., cuts..]),
        options.link.measure(),
    );
    // α = α̃ + c'β: the thresholds before the columns were centred.
    let mut back = Array2::zeros((cuts, maximum.theta.len()));
    let slope = means.dot(&predictor.to_coefficients());
    for j in 0..cuts {
        back[[j, j]] = 1.0;
        back.slice_mut(s![j, cuts..]).assign(&slope);
    }
    let names = levels.windows(2).map(|pair| pair.join("|")).collect();
    let thresholds = source.of_coefficients(
        Coefficients {
            columns: names,
            estimated: (0..cuts).collect(),
            values: back.dot(&maximum.theta),
            covariance: Some(back.dot(&errors.covariance).dot(&back.t())),
            aliases: Array2::zeros((cuts, 0)),
        },
        Measure::Coefficient { unit: None },
    );
    let all = [&coefficients, &thresholds].map(Fit::coefficients);
    let numbers = all
        .iter()
        .flat_map(|c| c.values.iter().chain(c.covariance.iter().flatten()));
    if !{ numbers }.all(|x| x.is_finite()) {
        return Err(Error::Overflow {
            what: format!("{METHOD} of `{}`", design.response_name()),
        });
    }
    let fit = OrdinalFit {
        link: options.link,
        levels: levels.clone(),
        coefficients,
        thresholds,
        terms: design.mean().terms.clone(),
        criteria: weighted
            .is_likelihood()
            .then(|| Criteria::new(maximum.at.value, maximum.theta.len(), weighted.observations)),
        convergence: maximum.convergence(),
        probabilities: Array2::zeros((0, 0)),
        codes: codes.iter().map(|&code| code as usize).collect(),
        ell,
        theta: maximum.theta.clone(),
        r: predictor.r.clone(),
    };
    Ok(OrdinalFit {
        probabilities: fit.probabilities_of(design.mean()),
        ..fit
    })
}

const METHOD: &str = "a cumulative link model";

pub(crate) fn no_levels(design: &Design) -> Error {
    Error::Response {
        method: METHOD,
        name: design.response_name().to_owned(),
        expected: "ordered levels",
        found: "of another kind",
    }
}

fn refuse(design: &Design) -> Result<(), Error> {
    let what = if !design.mean().random.is_empty() {
        "a random term in a cumulative link model"
    } else if design.zero().is_some() {
        "a model of excess zeros in a cumulative link model"
    } else if design.dispersion().is_some() {
        "a model of the dispersion in a cumulative link model"
    } else if design.groups().stratum.is_some() {
        "strata in a cumulative link model"
    } else {
        return Ok(());
    };
    Err(Error::Unsupported {
        what: what.to_owned(),
        hint: "take it out of the formula, or fit another model".to_owned(),
    })
}

/// Every level needs rows: without them its thresholds coincide or are infinite.
pub(crate) fn check_levels(levels: &[String], codes: &[usize], name: &str) -> Result<(), Error> {
    let mut seen = vec![false; levels.len()];
    for &code in codes {
        seen[code] = true;
    }
    let found = seen.iter().filter(|&&s| s).count();
    if found < 2 {
        return Err(Error::TooFew {
            method: METHOD,
            what: format!("levels of `{name}` with rows"),
            needed: 2,
            found,
        });
    }
    let empty: Vec<String> = levels
        .iter()
        .zip(&seen)
        .filter(|&(_, seen)| !*seen)
        .map(|(level, _)| format!("`{level}`"))
        .collect();
    if empty.is_empty() {
        return Ok(());
    }
    Err(Error::Unsupported {
        what: format!("a level of `{name}` without any row ({})", empty.join(", ")),
        hint: "merge it with a neighbour, or take it off the levels".to_owned(),
    })
}

/// The thresholds of centred columns, then their coordinates, where no row has random effects: where the
/// search of a mixed model begins.
pub(crate) fn without_effects(
    link: OrdinalLink,
    codes: &[usize],
    weights: Option<&[f64]>,
    offset: Option<&[f64]>,
    cuts: usize,
    predictor: &Predictor,
    q: Array2<f64>,
) -> Result<Array1<f64>, Error> {
    let ell = Ell {
        link,
        cuts,
        codes: codes.to_vec(),
        weights: weights.map(<[f64]>::to_vec),
        offset: offset.map(|offset| Array1::from(offset.to_vec())),
        q,
    };
    let maximum = maximise(&ell, ell.start(), Ordinal::default().max_iterations);
    let unit = weights.map_or(1.0, |w| w.iter().sum::<f64>() / w.len().max(1) as f64);
    certify(&ell, predictor, &maximum, unit.min(1.0))?;
    Ok(maximum.theta)
}

fn certify(ell: &Ell, predictor: &Predictor, maximum: &Maximum, unit: f64) -> Result<(), Error> {
    if let Some(direction) = maximum.flat_direction(unit) {
        let moved = predictor.moved_by(direction.slice(s![ell.cuts..]));
        return Err(Error::no_maximum(
            METHOD,
            "the coefficients",
            &moved,
            "it separates the levels: take it out, merge its levels or those of the response",
        ));
    }
    if maximum.ending == Ending::Converged {
        return Ok(());
    }
    let beta = predictor
        .to_coefficients()
        .dot(&maximum.theta.slice(s![ell.cuts..]));
    let names = predictor
        .estimated
        .iter()
        .map(|&j| predictor.columns[j].clone());
    Err(Error::unfinished(
        METHOD,
        maximum.iterations,
        maximum.at.value,
        maximum.distance,
        names.zip(beta).collect(),
    ))
}

/// ℓ by the thresholds of centred columns, then their coordinates.
#[derive(Debug, Clone)]
struct Ell {
    link: OrdinalLink,
    cuts: usize,
    codes: Vec<usize>,
    weights: Option<Vec<f64>>,
    offset: Option<Array1<f64>>,
    q: Array2<f64>,
}

impl Ell {
    fn weight(&self, i: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[i])
    }

    /// q'b + offset of each row.
    fn shift(&self, theta: ArrayView1<'_, f64>) -> Array1<f64> {
        let shift = self.q.dot(&theta.slice(s![self.cuts..]));
        match &self.offset {
            Some(offset) => shift + offset,
            None => shift,
        }
    }

    /// The thresholds of the levels' shares, and no effect.
    fn start(&self) -> Array1<f64> {
        let mut shares = vec![0.0; self.cuts + 1];
        for (i, &code) in self.codes.iter().enumerate() {
            shares[code] += self.weight(i);
        }
        let total: f64 = shares.iter().sum();
        let centre = self.offset.as_ref().and_then(|o| o.mean()).unwrap_or(0.0);
        let mut start = Array1::zeros(self.cuts + self.q.ncols());
        let mut sum = 0.0;
        for (j, share) in shares[..self.cuts].iter().enumerate() {
            sum += share;
            start[j] = self
                .link
                .near_quantile((sum / total).clamp(1e-12, 1.0 - 1e-12))
                + centre;
        }
        start
    }

    fn rows(&self, theta: ArrayView1<'_, f64>, mut each: impl FnMut(usize, &link::Level)) {
        let shift = self.shift(theta);
        for (i, &code) in self.codes.iter().enumerate() {
            let above = (code < self.cuts).then(|| theta[code] - shift[i]);
            let below = (code > 0).then(|| theta[code - 1] - shift[i]);
            each(i, &self.link.level(above, below));
        }
    }
}

impl Likelihood for Ell {
    fn derivatives(&self, theta: ArrayView1<'_, f64>) -> Derivatives {
        let (cuts, k) = (self.cuts, theta.len());
        let mut all = Derivatives::zero(k);
        let (gradient, information) = (&mut all.gradient, &mut all.information);
        let mut value = 0.0;
        self.rows(theta, |i, level| {
            let (w, code) = (self.weight(i), self.codes[i]);
            value += w * level.value;
            let [aa, ab, bb] = level.h.map(|h| w * h);
            let q = self.q.row(i);
            // The threshold above and the one below, each with its slope and its bends.
            let ends = [
                (code < cuts).then(|| (code, w * level.d[0], aa, aa + ab)),
                (code > 0).then(|| (code.wrapping_sub(1), w * level.d[1], bb, ab + bb)),
            ];
            for (place, slope, own, with_shift) in ends.into_iter().flatten() {
                gradient[place] += slope;
                information[[place, place]] -= own;
                for (a, q) in q.iter().enumerate() {
                    information[[cuts + a, place]] += with_shift * q;
                }
            }
            if code > 0 && code < cuts {
                information[[code, code - 1]] -= ab;
            }
            let (slope, bend) = (w * (level.d[0] + level.d[1]), aa + 2.0 * ab + bb);
            for (a, x) in q.iter().enumerate() {
                gradient[cuts + a] -= slope * x;
                for (b, y) in q.iter().take(a + 1).enumerate() {
                    information[[cuts + a, cuts + b]] -= bend * x * y;
                }
            }
        });
        if !value.is_finite() {
            return Derivatives::outside(k);
        }
        all.value = value;
        for a in 0..k {
            for b in 0..a {
                all.information[[b, a]] = all.information[[a, b]];
            }
        }
        all
    }

    fn scores(&self, theta: ArrayView1<'_, f64>) -> Array2<f64> {
        let mut scores = Array2::zeros((self.codes.len(), theta.len()));
        self.rows(theta, |i, level| {
            let code = self.codes[i];
            if code < self.cuts {
                scores[[i, code]] = level.d[0];
            }
            if code > 0 {
                scores[[i, code - 1]] = level.d[1];
            }
            let slope = level.d[0] + level.d[1];
            for (a, q) in self.q.row(i).iter().enumerate() {
                scores[[i, self.cuts + a]] = -slope * q;
            }
        });
        scores
    }
}
