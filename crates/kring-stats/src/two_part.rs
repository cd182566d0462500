//! Counts with a part of their own for the zeros: what zero-inflated and hurdle models share.
//!
//! ```text
//! predictors η = X β + offset of the log mean,  ζ = Z γ + offset of the zero part's log odds,
//!            τ = W δ of the log dispersion (θ of NB2, φ of NB1; one number unless it has a model)
//! estimator  (β, γ, δ) maximise Σ w_i ℓ_i(η_i, ζ_i, τ_i) jointly; `kernel` has ℓ_i and its derivatives
//! ```
//! One engine fits both models: they differ in ℓ_i only. The hurdle's ℓ is a sum of a logistic model
//! of y > 0 and a truncated count model of the rows with y > 0, so its count part sees only these.
//! The likelihood of a zero-inflated model may have several maxima, and may rise to a lower level where
//! nobody is always zero. Three starts are tried (few excess zeros, many, and the hurdle model of the
//! same parts), and the highest maximum is taken.

mod kernel;

use kring_core::{Boundary, Caution, Design, Estimate, Measure, Part, Response, Value, WeightKind};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, s};
use serde::{Deserialize, Serialize};

use crate::criteria::Criteria;
use crate::dist::rising::Rising;
use crate::fit::{Coefficients, Fit, JointReference, Provenance};
use crate::likelihood::{
    Convergence, Derivatives, Ending, Likelihood, Maximum, PartFit, Predictor, Source, Weighted,
    check_options, maximise,
};
use crate::predictive::{CountDistribution, Position, Predictive, Zeros};
use crate::{Covariance, Error, narrow};
use kernel::{At, Counts, DISPERSION, MEAN, Row, ZERO, logistic, row};

/// The distribution of the counts, before anything is done to their zeros.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountFamily {
    /// Variance μ.
    #[default]
    Poisson,
    /// Variance μ + μ²: the negative binomial with θ = 1.
    Geometric,
    /// Variance μ (1 + φ).
    Nbinom1,
    /// Variance μ + μ² / θ: the usual negative binomial.
    Nbinom2,
}

/// What the zero part models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZeroPart {
    /// The chance that a row is always zero.
    Inflated,
    /// The chance that a count is not zero.
    Hurdle,
}

/// A fitted zero-inflated or hurdle model.
///
/// As a [`Fit`] it speaks of the count part; [`zero`](TwoPartFit::zero) and
/// [`dispersion`](TwoPartFit::dispersion) are fits of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoPartFit {
    zero_part: ZeroPart,
    family: CountFamily,
    mean: PartFit,
    zero: PartFit,
    dispersion: Option<PartFit>,
    /// θ or φ where it lies at the edge, which makes the counts Poisson.
    edge: Option<Estimate>,
    /// How well the model fits; absent with sampling weights, which have no likelihood.
    pub criteria: Option<Criteria>,
    /// The evidence that this is a maximum.
    pub convergence: Convergence,
    /// What the model says of each row of the design, `n`.
    pub predictive: Vec<Predictive>,
    counts: Vec<f64>,
    copies: Vec<f64>,
}

/// How often each count was seen and how often the model expects it: the data of a rootogram.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rootogram {
    /// The counts 0, 1, 2, …
    pub counts: Vec<CountFrequency>,
    /// All larger counts together.
    pub above: CountFrequency,
}

/// One bar of a rootogram.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountFrequency {
    /// The count; of those above, the smallest.
    pub count: u64,
    /// How many rows have it; a frequency weight counts as many rows.
    pub observed: f64,
    /// How many the model expects.
    pub expected: f64,
}

impl Fit for TwoPartFit {
    fn coefficients(&self) -> &Coefficients {
        self.mean.coefficients()
    }

    fn reference(&self, contrast: ArrayView1<'_, f64>) -> Option<kring_core::Reference> {
        self.mean.reference(contrast)
    }

    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error> {
        self.mean.joint_reference(contrasts)
    }

    fn provenance(&self) -> &Provenance {
        self.mean.provenance()
    }
}

impl TwoPartFit {
    /// Which of the two models it is.
    pub fn zero_part(&self) -> ZeroPart {
        self.zero_part
    }

    /// The distribution of the counts.
    pub fn family(&self) -> CountFamily {
        self.family
    }

    /// The count part: log ratios of rates.
    pub fn mean(&self) -> &PartFit {
        &self.mean
    }

    /// The zero part, log odds: of being always zero in a zero-inflated model, of **not** being
    /// zero in a hurdle model.
    pub fn zero(&self) -> &PartFit {
        &self.zero
    }

    /// The dispersion on its log scale: ln θ of NB2, ln φ of NB1. Absent in families without one,
    /// and where it lies at the edge.
    pub fn dispersion(&self) -> Option<&PartFit> {
        self.dispersion.as_ref()
    }

    /// The coefficients of the zero part.
    pub fn zero_estimates(&self) -> Result<Vec<Estimate>, Error> {
        self.zero.estimates()
    }

    /// The coefficients of the log dispersion, `log θ` or `log φ` where it has no model; none in
    /// families without one. At the edge, where the counts are Poisson, the value says so.
    pub fn dispersion_estimates(&self) -> Result<Vec<Estimate>, Error> {
        if let Some(edge) = &self.edge {
            return Ok(vec![edge.clone()]);
        }
        let Some(part) = &self.dispersion else {
            return Ok(Vec::new());
        };
        let mut estimates = part.estimates()?;
        if let [one] = estimates.as_mut_slice()
            && one.label == "(Intercept)"
        {
            self.family.log_dispersion().clone_into(&mut one.label);
        }
        Ok(estimates)
    }

    /// E Y of each row, both parts together, `n`.
    pub fn fitted(&self) -> Array1<f64> {
        self.predictive.iter().map(Predictive::mean).collect()
    }

    /// P(Y = 0) of each row, `n`.
    pub fn zero_probabilities(&self) -> Array1<f64> {
        self.predictive.iter().map(Predictive::zero).collect()
    }

    /// Where each observed count lies in its distribution, `n`: what quantile residuals need.
    pub fn positions(&self) -> Vec<Position> {
        let rows = self.predictive.iter().zip(&self.counts);
        rows.map(|(one, &y)| one.position(y)).collect()
    }

    /// The observed counts, `n`.
    pub fn observed(&self) -> &[f64] {
        &self.counts
    }

    /// How often the counts up to `largest` were seen and are expected.
    pub fn rootogram(&self, largest: u32) -> Rootogram {
        let bar = |count: u64, observed: f64, expected: f64| CountFrequency {
            count,
            observed,
            expected,
        };
        let total: f64 = self.copies.iter().sum();
        let rows = || self.counts.iter().zip(&self.copies).zip(&self.predictive);
        let counts: Vec<_> = (0..=largest)
            .map(|count| {
                let y = f64::from(count);
                let mut seen = bar(u64::from(count), 0.0, 0.0);
                for ((&observed, &copies), one) in rows() {
                    seen.observed += if observed == y { copies } else { 0.0 };
                    seen.expected += copies * one.probability(y);
                }
                seen
            })
            .collect();
        let sum = |of: fn(&CountFrequency) -> f64| counts.iter().map(of).sum::<f64>();
        let above = bar(
            u64::from(largest) + 1,
            total - sum(|bar| bar.observed),
            (total - sum(|bar| bar.expected)).max(0.0),
        );
        Rootogram { counts, above }
    }

    /// What the model says of each row of another design with the same columns.
    pub fn predict(&self, design: &Design) -> Result<Vec<Predictive>, Error> {
        let eta = linear(&self.mean, Some(design.mean()), "the mean")?;
        let zeta = linear(&self.zero, design.zero(), "the zeros")?;
        let one;
        let part = if let Some(part) = design.dispersion() {
            part
        } else {
            one = constant(design.rows());
            &one
        };
        let tau = match &self.dispersion {
            Some(fit) => linear(fit, Some(part), "the dispersion")?,
            None => Array1::zeros(design.rows()),
        };
        let family = self.fitted_family();
        let rows = eta.iter().zip(&zeta).zip(&tau);
        rows.map(|((&eta, &zeta), &tau)| {
            let one = predictive(self.zero_part, family, eta, zeta, tau);
            one.check().map(|()| one)
        })
        .collect()
    }

    /// The family that was fitted in the end: Poisson, where the dispersion lies at the edge.
    fn fitted_family(&self) -> CountFamily {
        if self.edge.is_some() {
            CountFamily::Poisson
        } else {
            self.family
        }
    }
}

impl CountFamily {
    fn has_dispersion(self) -> bool {
        matches!(self, Self::Nbinom1 | Self::Nbinom2)
    }

    fn log_dispersion(self) -> &'static str {
        match self {
            Self::Nbinom1 => "log φ",
            _ => "log θ",
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Poisson => "Poisson",
            Self::Geometric => "geometric",
            Self::Nbinom1 => "negative binomial (NB1)",
            Self::Nbinom2 => "negative binomial (NB2)",
        }
    }

    /// Whether this log dispersion is close to the edge where the counts are Poisson.
    fn is_near_poisson(self, tau: f64) -> bool {
        match self {
            Self::Nbinom1 => tau < -5.0,
            Self::Nbinom2 => tau > 5.0,
            _ => false,
        }
    }
}

impl ZeroPart {
    /// What the model is called.
    pub(crate) fn model(self) -> &'static str {
        match self {
            Self::Inflated => "a zero-inflated model",
            Self::Hurdle => "a hurdle model",
        }
    }
}

/// The options of both models.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TwoPart {
    pub zero_part: ZeroPart,
    pub family: CountFamily,
    pub covariance: Covariance,
    pub level: f64,
    pub max_iterations: usize,
}

impl TwoPart {
    pub fn fit(&self, design: &Design) -> Result<TwoPartFit, Error> {
        check_options(self.level, self.max_iterations)?;
        self.refuse(design)?;
        let Response::Count(y) = design.response() else {
            return Err(Error::Response {
                method: self.zero_part.model(),
                name: design.response_name().to_owned(),
                expected: "counts",
                found: "of another kind",
            });
        };
        let Some(zero) = design.zero() else {
            return Err(Error::Missing {
                option: self.zero_part.model().to_owned(),
                needed: "a model of the zeros",
                hint: "give one, `~ 1` where all rows are alike",
            });
        };
        let weighted = Weighted::new(design, self.covariance)?;
        let counts: Vec<f64> = weighted.rows.iter().map(|&i| y[i]).collect();
        self.check_counts(&counts, design.response_name())?;
        let of_dispersion;
        let dispersion = if let Some(part) = design.dispersion() {
            part
        } else {
            of_dispersion = constant(design.rows());
            &of_dispersion
        };
        let parts = [design.mean(), zero, dispersion];
        let ell = Ell::new(self.zero_part, self.family, &weighted, &counts, parts);
        let ending = self.climb(&ell);
        let poisson = self.at_the_edge(&ell, &ending);
        let (ell, maximum, edge) = match &poisson {
            Some((ell, maximum)) => (ell, maximum, true),
            None => (&ell, &ending, false),
        };
        self.certify(ell, maximum, weighted.unit)?;
        self.results(design, y, &weighted, ell, maximum, edge, parts)
    }

    fn refuse(&self, design: &Design) -> Result<(), Error> {
        let all = [Some(design.mean()), design.zero(), design.dispersion()];
        let what = if all
            .into_iter()
            .flatten()
            .any(|part| !part.random.is_empty())
        {
            format!("a random term in {}", self.zero_part.model())
        } else if design.dispersion().is_some() && !self.family.has_dispersion() {
            format!("a model of the dispersion of {} counts", self.family.name())
        } else if design.groups().stratum.is_some() {
            format!("strata in {}", self.zero_part.model())
        } else {
            return Ok(());
        };
        Err(Error::Unsupported {
            what,
            hint: "take it out of the formula, or fit another model".to_owned(),
        })
    }

    fn check_counts(&self, counts: &[f64], name: &str) -> Result<(), Error> {
        let zeros = counts.iter().filter(|&&y| y == 0.0).count();
        for (what, found) in [
            ("zeros", zeros),
            ("counts above zero", counts.len() - zeros),
        ] {
            if found == 0 {
                return Err(Error::TooFew {
                    method: self.zero_part.model(),
                    what: format!("{what} in `{name}`"),
                    needed: 1,
                    found,
                });
            }
        }
        Ok(())
    }

    /// The highest of the maxima that the starts lead to; one that is certain before one that is not.
    fn climb(&self, ell: &Ell<'_>) -> Maximum {
        let mut starts = ell.starts().to_vec();
        if self.zero_part == ZeroPart::Inflated {
            let hurdle = Ell::new(
                ZeroPart::Hurdle,
                ell.family,
                ell.weighted,
                ell.counts,
                ell.parts,
            );
            let [start, _] = hurdle.starts();
            let found = maximise(&hurdle, start, self.max_iterations);
            starts.insert(0, ell.start_of_hurdle(&hurdle, found.theta.view()));
        }
        let better = |a: &Maximum, b: &Maximum| {
            let certain = |m: &Maximum| m.ending != Ending::OutOfIterations;
            let gain = a.at.value - b.at.value;
            certain(a) && !certain(b)
                || certain(a) == certain(b) && gain > 1e-9 * (1.0 + b.at.value.abs())
        };
        let mut best = maximise(ell, starts.remove(0), self.max_iterations);
        for start in starts {
            let found = maximise(ell, start, self.max_iterations);
            if better(&found, &best) {
                best = found;
            }
        }
        best
    }

    /// The Poisson model, where the negative binomial does no better and heads for it.
    fn at_the_edge<'a>(&self, ell: &Ell<'a>, found: &Maximum) -> Option<(Ell<'a>, Maximum)> {
        if !self.family.has_dispersion() || ell.predictors[DISPERSION].rank() != 1 {
            return None;
        }
        let tau = ell.tau(found.theta.view());
        if found.ending == Ending::Converged && !self.family.is_near_poisson(tau) {
            return None;
        }
        let poisson = Ell::new(
            self.zero_part,
            CountFamily::Poisson,
            ell.weighted,
            ell.counts,
            ell.parts,
        );
        let other = self.climb(&poisson);
        (other.ending == Ending::Converged
            && self.family.is_near_poisson(tau)
            && other.at.value >= found.at.value - 1e-6)
            .then_some((poisson, other))
    }

    /// Refuses what is no maximum.
    fn certify(&self, ell: &Ell<'_>, maximum: &Maximum, unit: f64) -> Result<(), Error> {
        let method = self.zero_part.model();
        if let Some(direction) = maximum.flat_direction(unit) {
            let along = |part: usize| direction.slice(s![ell.range(part)]);
            let size = |part: usize| along(part).dot(&along(part));
            let part = (0..3).fold(MEAN, |a, b| if size(b) > size(a) { b } else { a });
            let moved = ell.predictors[part].moved_by(along(part));
            let falls = moved.len() == 1 && moved.iter().all(|(_, size)| *size < 0.0);
            let (name, hint) = runaway(part, self.zero_part, falls);
            return Err(Error::no_maximum(method, name, &moved, hint));
        }
        if maximum.ending == Ending::Converged {
            return Ok(());
        }
        Err(Error::unfinished(
            method,
            maximum.iterations,
            maximum.at.value,
            maximum.distance,
            ell.named(maximum.theta.view()),
        ))
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the pieces of one fit, used once"
    )]
    fn results(
        &self,
        design: &Design,
        y: &Array1<f64>,
        weighted: &Weighted<'_>,
        ell: &Ell<'_>,
        maximum: &Maximum,
        edge: bool,
        parts: [&Part; 3],
    ) -> Result<TwoPartFit, Error> {
        let errors = weighted.errors(ell, maximum, self.covariance)?;
        let method = format!(
            "{} {} model by maximum likelihood, {}",
            match self.zero_part {
                ZeroPart::Inflated => "zero-inflated",
                ZeroPart::Hurdle => "hurdle",
            },
            self.family.name(),
            self.covariance.name_by_score()
        );
        let rows = weighted.rows.len();
        let few = self.zero_part == ZeroPart::Hurdle
            && self.family == CountFamily::Nbinom2
            && rows < ENOUGH_ROWS;
        let extra = if edge {
            vec![poisson_after_all()]
        } else {
            narrow::HURDLE_COUNTS.when(few).into_iter().collect()
        };
        let source = Source::new(design, rows, method, &errors, self.level, extra);
        let part = |which: usize, measure| {
            let range = ell.range(which);
            source.part(
                &ell.predictors[which],
                maximum.theta.slice(s![range.clone()]),
                errors.covariance.slice(s![range.clone(), range]),
                measure,
            )
        };
        let fit = TwoPartFit {
            zero_part: self.zero_part,
            family: self.family,
            mean: part(MEAN, Measure::LogRateRatio),
            zero: part(ZERO, Measure::LogOddsRatio),
            dispersion: ell
                .family
                .has_dispersion()
                .then(|| part(DISPERSION, Measure::Dispersion)),
            edge: edge.then(|| self.edge(&source)),
            criteria: weighted.is_likelihood().then(|| {
                let parameters = maximum.theta.len() + usize::from(edge);
                Criteria::new(maximum.at.value, parameters, weighted.observations)
            }),
            convergence: maximum.convergence(),
            predictive: Vec::new(),
            counts: y.to_vec(),
            copies: match design.weights() {
                Some(w) if w.kind == WeightKind::Frequency => w.values.to_vec(),
                _ => vec![1.0; design.rows()],
            },
        };
        let all = [&fit.mean, &fit.zero].map(Fit::coefficients);
        let numbers = all
            .iter()
            .flat_map(|c| c.values.iter().chain(c.covariance.iter().flatten()));
        if !{ numbers }.all(|x| x.is_finite()) {
            return Err(Error::Overflow {
                what: format!("{} of `{}`", self.zero_part.model(), design.response_name()),
            });
        }
        let predictor = |which: usize, fit: &PartFit| {
            ell.predictors[which].of_rows(parts[which], fit.coefficients().values.view())
        };
        let eta = predictor(MEAN, &fit.mean);
        let zeta = predictor(ZERO, &fit.zero);
        let tau = match &fit.dispersion {
            Some(dispersion) => predictor(DISPERSION, dispersion),
            None => Array1::zeros(design.rows()),
        };
        let rows = eta.iter().zip(&zeta).zip(&tau);
        let predictive = rows
            .map(|((&eta, &zeta), &tau)| {
                let one = predictive(self.zero_part, ell.family, eta, zeta, tau);
                one.check().map(|()| one)
            })
            .collect::<Result<_, _>>()?;
        Ok(TwoPartFit { predictive, ..fit })
    }

    /// θ beyond all numbers, or φ of zero.
    fn edge(&self, source: &Source) -> Estimate {
        Estimate {
            label: self.family.log_dispersion().to_owned(),
            measure: Measure::Dispersion,
            value: Value::AtBoundary(match self.family {
                CountFamily::Nbinom1 => Boundary::Zero,
                _ => Boundary::Infinite,
            }),
            std_error: None,
            null: 0.0,
            alternative: kring_core::Alternative::TwoSided,
            reference: source.reference,
            interval: None,
            p_value: None,
            sample: source.sample.clone(),
            method: source.method.clone(),
            cautions: source.cautions.clone(),
        }
    }
}

/// What a part is called, and what to do where its coefficients run away.
fn runaway(part: usize, zero_part: ZeroPart, falls: bool) -> (&'static str, &'static str) {
    match (part, zero_part) {
        (ZERO, ZeroPart::Inflated) if falls => (
            "the zero part",
            "there are no more zeros there than the counts explain: take it out of the zero part, or \
             fit the counts alone",
        ),
        (ZERO, _) => (
            "the zero part",
            "it separates zeros from counts: take it out of the zero part, or merge its levels",
        ),
        (DISPERSION, _) => (
            "the dispersion",
            "the data do not bear on it: choose poisson or geometric counts",
        ),
        _ => (
            "the count part",
            "the counts there are all zero or all one: take it out of the count part, or merge its \
             levels",
        ),
    }
}

/// Below this many rows NB2 counts above zero say little of their own dispersion.
const ENOUGH_ROWS: usize = 200;

fn poisson_after_all() -> Caution {
    Caution::Note(
        "The counts vary no more than Poisson counts: the dispersion lies at its edge, and the other \
         numbers are those of the Poisson model."
            .to_owned(),
    )
}

/// One number for all rows.
fn constant(rows: usize) -> Part {
    Part::fixed(Array2::ones((rows, 1)), vec!["(Intercept)".to_owned()])
}

/// x'β + offset of a design with the columns of a fit.
fn linear(fit: &PartFit, part: Option<&Part>, what: &str) -> Result<Array1<f64>, Error> {
    let coefficients = fit.coefficients();
    let found = part.map_or(&[][..], |part| part.columns.as_slice());
    let Some(part) = part.filter(|part| part.columns == coefficients.columns) else {
        return Err(Error::Shape {
            what: format!("the columns of {what}"),
            expected: coefficients.columns.join(", "),
            found: found.join(", "),
        });
    };
    let mut all = Array1::zeros(coefficients.columns.len());
    for (&j, &b) in coefficients.estimated.iter().zip(&coefficients.values) {
        all[j] = b;
    }
    let eta = part.x.dot(&all);
    Ok(part
        .offset
        .as_ref()
        .map_or_else(|| eta.clone(), |offset| &eta + offset))
}

fn predictive(
    zero_part: ZeroPart,
    family: CountFamily,
    eta: f64,
    zeta: f64,
    tau: f64,
) -> Predictive {
    let mean = eta.exp();
    let share = logistic(zeta);
    Predictive {
        counts: match family.size(eta, tau) {
            Some(size) => CountDistribution::NegativeBinomial { mean, size },
            None => CountDistribution::Poisson { mean },
        },
        zeros: match zero_part {
            ZeroPart::Inflated => Zeros::Excess(share),
            ZeroPart::Hurdle => Zeros::Hurdle(share),
        },
    }
}

/// The log-likelihood in orthonormal coordinates: those of the mean, the zeros and the dispersion.
struct Ell<'a> {
    zero_part: ZeroPart,
    family: CountFamily,
    weighted: &'a Weighted<'a>,
    counts: &'a [f64],
    parts: [&'a Part; 3],
    known: Counts,
    predictors: [Predictor; 3],
    /// Where the coordinates of each predictor begin, and where they end.
    from: [usize; 4],
    /// The coordinates' columns, row after row, n × k.
    u: Array2<f64>,
    offsets: [Array1<f64>; 3],
}

impl<'a> Ell<'a> {
    fn new(
        zero_part: ZeroPart,
        family: CountFamily,
        weighted: &'a Weighted<'a>,
        counts: &'a [f64],
        parts: [&'a Part; 3],
    ) -> Self {
        let rows = &weighted.rows;
        let every: Vec<usize> = (0..counts.len()).collect();
        // The count part of a hurdle model sees the counts above zero only.
        let seen: Vec<usize> = match zero_part {
            ZeroPart::Inflated => every.clone(),
            ZeroPart::Hurdle => every.iter().copied().filter(|&i| counts[i] > 0.0).collect(),
        };
        let places = [&seen, &every, &seen];
        let predictors = [MEAN, ZERO, DISPERSION].map(|which| {
            if which == DISPERSION && !family.has_dispersion() {
                return Predictor::none(seen.len());
            }
            let of: Vec<usize> = places[which].iter().map(|&i| rows[i]).collect();
            let weight = |w: &Vec<f64>| places[which].iter().map(|&i| w[i]).collect();
            let weights = weighted.weights.as_ref().map(weight);
            Predictor::new(parts[which].x(), &parts[which].columns, &of, weights)
        });
        let mut from = [0; 4];
        for which in 0..3 {
            from[which + 1] = from[which] + predictors[which].rank();
        }
        let mut u = Array2::zeros((counts.len(), from[3]));
        for which in 0..3 {
            for (place, &i) in places[which].iter().enumerate() {
                u.slice_mut(s![i, from[which]..from[which + 1]])
                    .assign(&predictors[which].q.row(place));
            }
        }
        let offsets = parts.map(|part| match &part.offset {
            Some(offset) => rows.iter().map(|&i| offset[i]).collect(),
            None => Array1::zeros(rows.len()),
        });
        Self {
            zero_part,
            family,
            weighted,
            counts,
            parts,
            known: Counts::new(counts),
            predictors,
            from,
            u,
            offsets,
        }
    }

    fn range(&self, part: usize) -> std::ops::Range<usize> {
        self.from[part]..self.from[part + 1]
    }

    /// τ of the first row: of all, where the dispersion is one number.
    fn tau(&self, theta: ArrayView1<'_, f64>) -> f64 {
        let range = self.range(DISPERSION);
        let row = self.counts.iter().position(|&y| y > 0.0).unwrap_or(0);
        self.u
            .slice(s![row, range.clone()])
            .dot(&theta.slice(s![range]))
            + self.offsets[DISPERSION][row]
    }

    /// Two places to begin at: the counts as they are, and those above zero.
    fn starts(&self) -> [Array1<f64>; 2] {
        let positive: Vec<usize> = (0..self.counts.len())
            .filter(|&i| self.counts[i] > 0.0)
            .collect();
        let weight = |i: usize| self.weighted.weight(i);
        let total: f64 = (0..self.counts.len()).map(weight).sum();
        let share = positive.iter().map(|&i| weight(i)).sum::<f64>() / total;
        let mean = positive
            .iter()
            .map(|&i| weight(i) * self.counts[i])
            .sum::<f64>()
            / total;
        let mean_positive = mean / share;
        let of = |mean: f64, odds: f64| {
            let mut start = Array1::zeros(self.from[3]);
            let seen: Vec<usize> = match self.zero_part {
                ZeroPart::Inflated => (0..self.counts.len()).collect(),
                ZeroPart::Hurdle => positive.clone(),
            };
            let eta: Array1<f64> = seen
                .iter()
                .map(|&i| mean.ln() - self.offsets[MEAN][i])
                .collect();
            let zeta = self.offsets[ZERO].mapv(|offset| odds - offset);
            start
                .slice_mut(s![self.range(MEAN)])
                .assign(&self.predictors[MEAN].closest(eta.view()));
            start
                .slice_mut(s![self.range(ZERO)])
                .assign(&self.predictors[ZERO].closest(zeta.view()));
            start
        };
        let odds = |p: f64| (p / (1.0 - p)).ln();
        match self.zero_part {
            // As many excess zeros as a Poisson model of the same mean lacks; then nearly all.
            ZeroPart::Inflated => {
                let lacking = (1.0 - share - (-mean).exp()).clamp(0.05, 0.9);
                [
                    of(mean / (1.0 - lacking), odds(lacking)),
                    of(mean_positive, odds((1.0 - share).clamp(0.1, 0.9))),
                ]
            }
            ZeroPart::Hurdle => {
                let p = odds(share.clamp(0.01, 0.99));
                [of(mean_positive, p), of((mean_positive - 1.0).max(0.05), p)]
            }
        }
    }

    /// The predictors of a hurdle model of the same parts, the odds of zero turned into those of an
    /// excess zero. What runs away there is held back.
    fn start_of_hurdle(&self, hurdle: &Self, theta: ArrayView1<'_, f64>) -> Array1<f64> {
        let mut start = Array1::zeros(self.from[3]);
        let largest = self.counts.iter().copied().fold(1.0, f64::max).ln() + 1.0;
        for (part, sign, low, high) in [
            (MEAN, 1.0, -5.0, largest),
            (ZERO, -1.0, -4.0, 4.0),
            (DISPERSION, 1.0, -3.0, 3.0),
        ] {
            if self.predictors[part].rank() == 0 {
                continue;
            }
            let beta = hurdle.predictors[part]
                .to_coefficients()
                .dot(&theta.slice(s![hurdle.range(part)]));
            let all = hurdle.predictors[part].of_rows(self.parts[part], beta.view());
            let values: Array1<f64> = self
                .weighted
                .rows
                .iter()
                .zip(&self.offsets[part])
                .map(|(&i, offset)| sign * all[i].clamp(low, high) - offset)
                .collect();
            start
                .slice_mut(s![self.range(part)])
                .assign(&self.predictors[part].closest(values.view()));
        }
        start
    }

    /// Calls `each` with every row's place, weight and pieces.
    fn rows(&self, theta: ArrayView1<'_, f64>, mut each: impl FnMut(usize, f64, &Row)) {
        let along = |part: usize| {
            let range = self.range(part);
            self.u
                .slice(s![.., range.clone()])
                .dot(&theta.slice(s![range]))
                + &self.offsets[part]
        };
        let (eta, zeta, tau) = (along(MEAN), along(ZERO), along(DISPERSION));
        // Where one size holds for all rows, its sums are made once a count, not once a row.
        let shared = (self.family == CountFamily::Geometric
            || self.family == CountFamily::Nbinom2
                && tau
                    .iter()
                    .all(|t| (t - tau[0]).abs() <= f64::EPSILON * tau[0].abs()))
        .then(|| self.family.size(0.0, tau[0]).unwrap_or(1.0));
        let shared = shared.map(|k| self.known.rising(k));
        for (i, &y) in self.counts.iter().enumerate() {
            let place = self.known.place[i];
            let rising = match (&shared, self.family.size(eta[i], tau[i])) {
                (Some(all), _) => all[place],
                (None, Some(k)) if y > 0.0 => Rising::default().up_to(0.0, y, k),
                _ => Rising::default(),
            };
            let pieces = row(
                self.zero_part,
                self.family,
                &At {
                    y,
                    ln_factorial: self.known.ln_factorials[place],
                    rising,
                    eta: eta[i],
                    zeta: zeta[i],
                    tau: tau[i],
                },
            );
            let weight = self.weighted.weight(i);
            each(i, weight, &pieces);
        }
    }

    /// For each coordinate the predictor it belongs to.
    fn owners(&self) -> Vec<usize> {
        (0..3)
            .flat_map(|part| std::iter::repeat_n(part, self.predictors[part].rank()))
            .collect()
    }

    /// Every coefficient with its name, as the iterations left it.
    fn named(&self, theta: ArrayView1<'_, f64>) -> Vec<(String, f64)> {
        let prefix = ["", "zero: ", "dispersion: "];
        (0..3)
            .flat_map(|part| {
                let predictor = &self.predictors[part];
                let beta = predictor
                    .to_coefficients()
                    .dot(&theta.slice(s![self.range(part)]));
                predictor
                    .estimated
                    .iter()
                    .zip(beta)
                    .map(move |(&j, b)| (format!("{}{}", prefix[part], predictor.columns[j]), b))
                    .collect::<Vec<_>>()
            })
            .collect()
    }
}

impl Likelihood for Ell<'_> {
    fn derivatives(&self, theta: ArrayView1<'_, f64>) -> Derivatives {
        let k = self.from[3];
        let owners = self.owners();
        let mut all = Derivatives::zero(k);
        let mut lower = vec![0.0; k * k];
        self.rows(theta, |i, weight, row| {
            all.value += weight * row.value;
            let u = self.u.row(i);
            for a in 0..k {
                let of = owners[a];
                all.gradient[a] += weight * row.d[of] * u[a];
                let scaled = weight * u[a];
                for b in 0..=a {
                    lower[a * k + b] -= scaled * row.h[of][owners[b]] * u[b];
                }
            }
        });
        if !all.value.is_finite() {
            return Derivatives::outside(k);
        }
        for a in 0..k {
            for b in 0..=a {
                all.information[[a, b]] = lower[a * k + b];
                all.information[[b, a]] = lower[a * k + b];
            }
        }
        all
    }

    fn scores(&self, theta: ArrayView1<'_, f64>) -> Array2<f64> {
        let owners = self.owners();
        let mut scores = self.u.clone();
        self.rows(theta, |i, _, row| {
            let mut score = scores.row_mut(i);
            for (s, &of) in score.iter_mut().zip(&owners) {
                *s *= row.d[of];
            }
        });
        scores
    }
}
