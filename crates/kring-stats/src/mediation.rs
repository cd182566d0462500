//! Mediation: how much of what an arm does goes through something that comes after it.
//!
//! ```text
//! data      arm A, what was there before C, confounders after the arm L, mediators M, outcome Y
//! models    L_j | A, C, L_<j     M_k | A, C, (L), M_<k     E(Y | A, C, L, M), each a GLM
//! G_a       a draw from the distribution of M among those of the same C in arm a
//! m(a, b)   Σ w_i ∫∫ E(Y | a, C_i, l, m) p(l | a, C_i) p(m | b, C_i) dl dm / Σ w_i = E Y(a, G_b)
//! overall   m(1, 1) − m(0, 0)        direct  m(1, 0) − m(0, 0)        indirect  m(1, 1) − m(1, 0)
//! through k m(1, Π: 1 up to k) − m(1, Π: 1 up to k − 1), with independent draws of each mediator
//! dependence  indirect less all of these        controlled  E Y(1, m) − E Y(0, m) at a declared m
//! integral  one mediator, no L: Gauss–Hermite, two terms, or a sum over the counts; else draws
//! errors    the bootstrap over rows or families: all models are fitted anew in each draw
//! ```
//! These are interventional effects (randomised interventional analogues): they compare families whose
//! mediator is drawn from one arm or the other, and need no assumption across worlds. What they need: no
//! unmeasured cause of arm and outcome, of arm and mediator, or, given L, of mediator and outcome; and
//! models that are right. The same numbers are natural effects where there is no L and the caller declares
//! the cross-world assumption. With an L the overall effect is not the total effect.
//!
//! VanderWeele TJ, Vansteelandt S, Robins JM (2014), Epidemiology 25:300–306, doi
//! 10.1097/EDE.0000000000000034; Vansteelandt S, Daniel RM (2017), Epidemiology 28:258–265, doi
//! 10.1097/EDE.0000000000000596 (several mediators); Moreno-Betancur M, Carlin JB (2018), Epidemiology
//! 29:614–617; Lin SH, Young J, Logan R, Tchetgen Tchetgen EJ, VanderWeele TJ (2017), Epidemiology
//! 28:266–274.

mod integrate;
mod models;
mod sensitivity;

use kring_core::{Caution, Design, Grouping, Measure, Sample, WeightKind};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::bootstrap::{Bootstrap, Bootstrapped, Replicate};
use crate::family::Family;
use crate::resampling::{Quantity, Scheme, Share, Stage, Units, explicit, same_length};
use integrate::{Draws, Rule};
use models::{Fitted, Prepared};
pub use sensitivity::{Corrected, Correlated, EValue, Needed, Sensitivity};

/// The options of mediation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mediation {
    /// Whether the effects may be called natural.
    pub natural: Natural,
    /// How a mediator or confounder in numbers lies around its mean.
    pub residuals: Residuals,
    /// How many draws each row has where nothing exact is at hand: an even number.
    pub draws: usize,
    /// The values of the mediators at which the controlled direct effect is taken; none unless given.
    pub controlled_at: Vec<f64>,
    /// How much more frequent an unmeasured cause may be in the other arm, at the same mediator.
    pub prevalences: Vec<f64>,
    /// How much it may change the outcome; shares of the outcome's spread unless given.
    pub effects: Vec<f64>,
    /// How errors and intervals are made; its seed is that of the draws too.
    pub bootstrap: Bootstrap,
}

/// Whether the effects may be called natural.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Natural {
    /// They are interventional effects.
    #[default]
    NotAssumed,
    /// The caller declares that what would become of the mediator in the one arm and of the outcome in the
    /// other are independent given what was there before: no data can show this.
    CrossWorldAssumed,
}

/// How a number lies around its mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Residuals {
    /// Normally, with one variance.
    #[default]
    Normal,
    /// As the residuals of the fit do; of more than 100 of them a hundred quantiles.
    Resampled,
}

impl Default for Mediation {
    fn default() -> Self {
        Self {
            natural: Natural::NotAssumed,
            residuals: Residuals::Normal,
            draws: 200,
            controlled_at: Vec::new(),
            prevalences: vec![0.1, 0.2, 0.3, 0.5],
            effects: Vec::new(),
            bootstrap: Bootstrap {
                interval: kring_core::Bootstrap::Percentile,
                replicates: 999,
                ..Bootstrap::default()
            },
        }
    }
}

/// A variable after the arm with its model.
#[derive(Debug, Clone)]
pub struct Variable<'a> {
    /// The model as it is fitted; its response is the variable.
    pub design: &'a Design,
    /// Its family, with the usual link.
    pub family: Family,
    /// Its columns if all rows were in each arm and every variable after the arm were one.
    pub arms: Vec<Array2<f64>>,
    /// The power with which each variable after the arm stands in each column: the confounders in their
    /// order, then the mediators.
    pub powers: Vec<Vec<u32>>,
}

/// The way from the arm to the outcome, all parts with the same rows.
#[derive(Debug, Clone)]
pub struct Pathway<'a> {
    /// The arm of each row.
    pub arm: &'a Grouping,
    /// The confounders after the arm, each explained by those before it at most.
    pub confounders: Vec<Variable<'a>>,
    /// The mediators, each explained by confounders and by the mediators before it at most.
    pub mediators: Vec<Variable<'a>>,
    /// The outcome.
    pub outcome: Variable<'a>,
    /// What is drawn together (families) and apart.
    pub scheme: Scheme<'a>,
}

/// An effect of the other arm against the reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Everything, the mediators drawn from their own arm.
    Overall,
    /// What remains when the mediators are drawn from the reference.
    Direct,
    /// What the draw of the mediators from the other arm adds.
    Indirect,
    /// Its part through one mediator alone, counted from 0.
    Through(usize),
    /// Its part through how the mediators hang together.
    Dependence,
    /// The indirect effect divided by the overall one.
    Proportion,
    /// The effect with the mediators held at declared values.
    Controlled,
}

/// An effect with its error and interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    /// Which effect.
    pub effect: Effect,
    /// Whether it is the log of a ratio, and not a difference.
    pub is_ratio: bool,
    /// The number.
    pub found: Bootstrapped,
}

/// What mediation says of the other arm against the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mediated {
    /// The effects, differences first.
    pub effects: Vec<Told>,
    /// Whether the integrals were computed, and not drawn.
    pub exact: bool,
    /// What an unmeasured cause of mediator and outcome would do.
    pub sensitivity: Sensitivity,
    /// What a reader must know.
    pub notes: Vec<String>,
}

impl Mediated {
    /// An effect, as a difference or as the log of a ratio.
    pub fn effect(&self, effect: Effect, is_ratio: bool) -> Option<&Bootstrapped> {
        let mut all = self.effects.iter();
        let found = all.find(|told| told.effect == effect && told.is_ratio == is_ratio);
        found.map(|told| &told.found)
    }
}

const NAME: &str = "mediation";

/// More mediators would need more models than such data bear.
const MOST_MEDIATORS: usize = 4;

/// Fewer families in an arm give no bootstrap that means anything.
const FEWEST_UNITS: usize = 5;

/// What each draw gives: differences, and ratios from `FIRST_RATIO` on.
const SLOTS: usize = 14;
const FIRST_RATIO: usize = 10;

/// Which effect stands in which place.
const PLACES: [Effect; SLOTS] = [
    Effect::Overall,
    Effect::Direct,
    Effect::Indirect,
    Effect::Through(0),
    Effect::Through(1),
    Effect::Through(2),
    Effect::Through(3),
    Effect::Dependence,
    Effect::Proportion,
    Effect::Controlled,
    Effect::Overall,
    Effect::Direct,
    Effect::Indirect,
    Effect::Controlled,
];

impl Mediation {
    /// The effects of an arm, by its place among the levels, against the first.
    ///
    /// ```
    /// use kring_core::{Design, DesignParts, Grouping, Groups, Part, Response};
    /// use kring_stats::bootstrap::Bootstrap;
    /// use kring_stats::{family::Family, mediation::{Effect, Mediation, Pathway, Variable}};
    /// use kring_stats::resampling::Scheme;
    /// use ndarray::{Array1, Array2, array};
    /// // The circle grows by 2 in the arm EKC, and each person in it takes away half a problem.
    /// let arm: Vec<u32> = (0..24).map(|i| i % 2).collect();
    /// let size = Array1::from_shape_fn(24, |i| 3.0 + 2.0 * f64::from(arm[i]) + [1.0, -1.0, -1.0, 1.0][i / 2 % 4]);
    /// let problems = Array1::from_shape_fn(24, |i| 9.0 - 0.5 * size[i] - f64::from(arm[i]) + [1.0, 1.0, -1.0, -1.0][i / 2 % 4]);
    /// let design = |y: &Array1<f64>, name: &str, x: Array2<f64>, columns: &[&str]| Design::new(DesignParts {
    ///     response: Response::Continuous(y.clone()), response_name: name.into(),
    ///     mean: Part::fixed(x, columns.iter().map(|c| c.to_string()).collect()),
    ///     zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
    ///     source_rows: (0..24).collect(), omitted: vec![],
    /// });
    /// let of = |i: usize| f64::from(arm[i]);
    /// let m = design(&size, "size", Array2::from_shape_fn((24, 2), |(i, j)| if j == 0 { 1.0 } else { of(i) }),
    ///     &["(Intercept)", "armEKC"])?;
    /// let y = design(&problems, "problems", Array2::from_shape_fn((24, 3), |(i, j)| [1.0, of(i), size[i]][j]),
    ///     &["(Intercept)", "armEKC", "size"])?;
    /// let set = |columns: usize, a: f64| Array2::from_shape_fn((24, columns), |(_, j)| [1.0, a, 1.0][j]);
    /// let groups = Grouping { name: "arm".into(), levels: vec!["WT".into(), "EKC".into()], index: arm.clone() };
    /// let pathway = Pathway {
    ///     arm: &groups, confounders: vec![], scheme: Scheme::default(),
    ///     mediators: vec![Variable { design: &m, family: Family::Gaussian,
    ///         arms: vec![set(2, 0.0), set(2, 1.0)], powers: vec![vec![0]; 2] }],
    ///     outcome: Variable { design: &y, family: Family::Gaussian,
    ///         arms: vec![set(3, 0.0), set(3, 1.0)], powers: vec![vec![0], vec![0], vec![1]] },
    /// };
    /// let options = Mediation { bootstrap: Bootstrap { seed: Some(1), replicates: 99, ..Mediation::default().bootstrap },
    ///     ..Mediation::default() };
    /// let found = options.compare(&pathway, 1)?;
    /// let indirect = found.effect(Effect::Indirect, false).unwrap().estimate.value.finite().unwrap();
    /// assert!((indirect - 2.0 * -0.5).abs() < 1e-10);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn compare(&self, pathway: &Pathway<'_>, other: usize) -> Result<Mediated, Error> {
        self.compare_share(pathway, other, &Share::All)?.result()
    }

    /// A share of [`compare`](Self::compare): some draws, or the result from all of them.
    pub fn compare_share(
        &self,
        pathway: &Pathway<'_>,
        other: usize,
        share: &Share<'_>,
    ) -> Result<Stage<Mediated>, Error> {
        let way = self.prepared(pathway, other)?;
        let rows = way.rows;
        let all: Vec<usize> = (0..rows).collect();
        let fits = way.fit(&all)?;
        let estimated: Vec<Vec<usize>> = fits.iter().map(|fit| fit.estimated.clone()).collect();
        let sample = way.sample();
        let labels = self.labels(pathway, other);
        let measures = measures(pathway.outcome.family);
        let quantities: Vec<Quantity<'_>> = labels
            .iter()
            .enumerate()
            .map(|(place, label)| Quantity {
                label,
                measure: match place {
                    8 => Measure::Proportion,
                    place if place < FIRST_RATIO => measures.0.clone(),
                    _ => measures.1.clone(),
                },
                null: 0.0,
            })
            .collect();
        let draw = |drawn: &[usize]| {
            let fits = way.fit(drawn)?;
            let same = fits
                .iter()
                .zip(&estimated)
                .all(|(fit, columns)| fit.estimated == *columns);
            if !same {
                return Err(Error::Contrast {
                    label: NAME.to_owned(),
                    why: "the draw lacks a column that the models need".to_owned(),
                });
            }
            Ok(way
                .effects(&fits, drawn)?
                .map(|value| value.map(Replicate::from)))
        };
        let named: [&Quantity<'_>; SLOTS] = std::array::from_fn(|place| &quantities[place]);
        let found = self
            .bootstrap
            .statistics_share(named, rows, pathway.scheme, draw, share)?;
        found.and_then(|found| {
            let doubts: Vec<Caution> = fits.iter().flat_map(|fit| fit.cautions.clone()).collect();
            let method = self.method(&way);
            let mut effects = Vec::new();
            for (place, found) in found.into_iter().enumerate() {
                let Some(mut found) = found else { continue };
                let e = &mut found.estimate;
                e.method = format!("{method}; {}", e.method);
                e.sample = Sample {
                    clusters: e.sample.clusters,
                    ..sample.clone()
                };
                for doubt in doubts.iter().chain([&Caution::NotRandomised]) {
                    if !e.cautions.contains(doubt) {
                        e.cautions.push(doubt.clone());
                    }
                }
                effects.push(Told {
                    effect: PLACES[place],
                    is_ratio: place >= FIRST_RATIO,
                    found,
                });
            }
            let notes = proportion(&mut effects);
            let sensitivity = way.sensitivity(self, &fits, &effects)?;
            Ok(Mediated {
                effects,
                exact: way.draws.is_none(),
                sensitivity,
                notes,
            })
        })
    }

    /// The pathway as it is computed with, once everything fits.
    fn prepared<'a>(&self, pathway: &'a Pathway<'a>, other: usize) -> Result<Way<'a>, Error> {
        let rows = pathway.outcome.design.rows();
        same_length(&pathway.arm.name, pathway.arm.index.len(), rows)?;
        let arms = pathway.arm.levels.len();
        if other == 0 || other >= arms {
            return Err(Error::Shape {
                what: format!("the arm that is compared with `{}`", first(pathway.arm)),
                expected: format!("a place from 1 to {}", arms.saturating_sub(1)),
                found: other.to_string(),
            });
        }
        if pathway.mediators.is_empty() || pathway.mediators.len() > MOST_MEDIATORS {
            return Err(Error::Shape {
                what: "the mediators".to_owned(),
                expected: format!("one to {MOST_MEDIATORS} of them"),
                found: pathway.mediators.len().to_string(),
            });
        }
        if self.natural == Natural::CrossWorldAssumed
            && let Some(confounder) = pathway.confounders.first()
        {
            return Err(Error::Unsupported {
                what: format!(
                    "a natural effect with `{}`, a confounder that comes after the arm,",
                    confounder.design.response_name()
                ),
                hint: "no assumption identifies it; take the interventional effects (`natural` \
                       `not_assumed`)"
                    .to_owned(),
            });
        }
        let held = self.controlled_at.len();
        if held != 0 && held != pathway.mediators.len() {
            return Err(Error::Shape {
                what: "`controlled_at`".to_owned(),
                expected: format!(
                    "a value for each of {} mediator(s)",
                    pathway.mediators.len()
                ),
                found: held.to_string(),
            });
        }
        for (what, values) in [
            ("`controlled_at`", &self.controlled_at),
            ("`prevalences`", &self.prevalences),
            ("`effects`", &self.effects),
        ] {
            crate::resampling::finite(what, values)?;
        }
        if let Some(far) = self
            .prevalences
            .iter()
            .find(|d| **d == 0.0 || d.abs() > 1.0)
        {
            return Err(Error::Argument {
                what: "a difference of prevalences".to_owned(),
                expected: "a number between −1 and 1 that is not zero",
                found: far.to_string(),
            });
        }
        if let Some(weights) = pathway.outcome.design.weights()
            && weights.kind != WeightKind::Sampling
        {
            return Err(Error::Unsupported {
                what: "mediation with weights of this kind".to_owned(),
                hint: "declare them as `sampling` weights, or give every family a row of its own"
                    .to_owned(),
            });
        }
        let models = models::prepared(pathway)?;
        enough(pathway)?;
        let (q, k) = (pathway.confounders.len(), pathway.mediators.len());
        let draws = if q == 0 && k == 1 {
            None
        } else {
            Some(Draws::new(
                explicit(self.bootstrap.seed)?,
                self.draws,
                rows,
                &models[..q + k],
                q,
            )?)
        };
        Ok(Way {
            pathway,
            models,
            rows,
            q,
            other,
            rule: Rule::new(self.residuals),
            residuals: self.residuals,
            draws,
            held: (held > 0).then(|| self.controlled_at.clone()),
        })
    }

    fn labels(&self, pathway: &Pathway<'_>, other: usize) -> Vec<String> {
        let [reference, arm] = [0, other].map(|place| &pathway.arm.levels[place]);
        let mediator = |k: usize| match pathway.mediators.get(k) {
            Some(mediator) => mediator.design.response_name(),
            None => "",
        };
        let kind = match self.natural {
            Natural::NotAssumed => "",
            Natural::CrossWorldAssumed => "natural ",
        };
        let name = |effect: Effect| match effect {
            Effect::Overall if kind.is_empty() => "overall".to_owned(),
            Effect::Overall => "total".to_owned(),
            Effect::Direct => format!("{kind}direct"),
            Effect::Indirect => format!("{kind}indirect"),
            Effect::Through(k) => format!("indirect through {}", mediator(k)),
            Effect::Dependence => "indirect through how the mediators hang together".to_owned(),
            Effect::Proportion => "proportion of the effect that is indirect".to_owned(),
            Effect::Controlled => {
                let held = self.controlled_at.iter().enumerate();
                let each: Vec<String> = held
                    .map(|(k, at)| format!("{} at {at}", mediator(k)))
                    .collect();
                format!("direct with {}", each.join(" and "))
            }
        };
        let label = |(place, effect): (usize, &Effect)| {
            let sign = if place < FIRST_RATIO { "−" } else { "/" };
            format!("{arm} {sign} {reference}: {}", name(*effect))
        };
        PLACES.iter().enumerate().map(label).collect()
    }

    fn method(&self, way: &Way<'_>) -> String {
        let kind = match self.natural {
            Natural::NotAssumed => "interventional effects",
            Natural::CrossWorldAssumed => "natural effects (cross-world assumption declared)",
        };
        let how = match way.draws {
            None => "integrals computed".to_owned(),
            Some(_) => format!("{} draws a row", self.draws),
        };
        format!("{kind} by g-computation, {how}")
    }
}

fn first(arm: &Grouping) -> &str {
    arm.levels.first().map_or("", String::as_str)
}

/// The measures of differences and of ratios of an outcome.
fn measures(family: Family) -> (Measure, Measure) {
    if family.is_share() {
        (Measure::RiskDifference, Measure::LogRiskRatio)
    } else if family.is_count() || family == Family::QuasiPoisson {
        (Measure::RateDifference, Measure::LogRateRatio)
    } else {
        (
            Measure::MeanDifference { unit: None },
            Measure::LogMeanRatio,
        )
    }
}

/// Every arm has so many rows or families that drawing them means something.
fn enough(pathway: &Pathway<'_>) -> Result<(), Error> {
    let rows = pathway.arm.index.len();
    let units = Units::new(rows, pathway.scheme)?;
    let what = pathway
        .scheme
        .clusters
        .map_or("rows", |clusters| clusters.name.as_str());
    for (name, code) in pathway.arm.levels.iter().zip(0_u32..) {
        let is_here = |unit: &usize| {
            let mut members = units.members(*unit).iter();
            members.any(|&row| pathway.arm.index[row] == code)
        };
        let found = (0..units.len()).filter(is_here).count();
        if found < FEWEST_UNITS {
            return Err(Error::TooFew {
                method: NAME,
                what: format!("{what} in {} {name}", pathway.arm.name),
                needed: FEWEST_UNITS,
                found,
            });
        }
    }
    Ok(())
}

/// Takes the proportion away where it is no share, and doubts it where the whole may be nothing.
fn proportion(effects: &mut Vec<Told>) -> Vec<String> {
    let value = |effect: Effect| {
        let mut all = effects.iter();
        let found = all.find(|told| told.effect == effect && !told.is_ratio)?;
        found.found.estimate.value.finite()
    };
    let is_share = value(Effect::Proportion).is_some_and(|share| (0.0..=1.0).contains(&share));
    let at_zero = effects.iter().any(|told| {
        let interval = told.found.estimate.interval;
        let over = interval.and_then(|i| Some(i.low? <= 0.0 && i.high? >= 0.0));
        told.effect == Effect::Overall && !told.is_ratio && over.unwrap_or(true)
    });
    let mut notes = Vec::new();
    if !is_share {
        effects.retain(|told| told.effect != Effect::Proportion);
        notes.push(
            "No proportion through the mediator is told: the direct and the indirect effect have other signs, or \
             there is no overall effect to have a part in."
                .to_owned(),
        );
    } else if at_zero {
        let told = effects
            .iter_mut()
            .filter(|told| told.effect == Effect::Proportion);
        for told in told {
            told.found.estimate.cautions.push(Caution::Note(
                "The interval of the overall effect holds zero: a proportion of it means little."
                    .to_owned(),
            ));
        }
    }
    notes
}

/// The pathway with all that each draw needs.
struct Way<'a> {
    pathway: &'a Pathway<'a>,
    /// The confounders, the mediators, the outcome.
    models: Vec<Prepared<'a>>,
    rows: usize,
    /// How many confounders there are.
    q: usize,
    other: usize,
    rule: Rule,
    residuals: Residuals,
    draws: Option<Draws>,
    /// The values that the mediators are held at, where any.
    held: Option<Vec<f64>>,
}

/// Mean outcomes of one comparison.
#[derive(Debug, Clone, Default)]
struct Means {
    /// E Y(0, G_0), E Y(1, G_0), E Y(1, G_1).
    of: [f64; 3],
    /// E Y(1, ·) with independent draws, the first k mediators from the other arm.
    apart: Vec<f64>,
    /// E Y(0, m), E Y(1, m).
    held: Option<[f64; 2]>,
}

impl Way<'_> {
    fn fit(&self, rows: &[usize]) -> Result<Vec<Fitted>, Error> {
        let fit = |model: &Prepared<'_>| model.fit(rows, self.residuals);
        self.models.iter().map(fit).collect()
    }

    fn sample(&self) -> Sample {
        let arm = self.pathway.arm;
        let count = |code: u32| arm.index.iter().filter(|&&own| own == code).count();
        let place = u32::try_from(self.other).unwrap_or(u32::MAX);
        let groups = [(self.other, place), (0, 0)];
        Sample {
            groups: groups
                .map(|(level, code)| (arm.levels[level].clone(), count(code)))
                .to_vec(),
            ..Sample::of(self.rows)
        }
    }

    /// The effects in their places, over the rows drawn.
    fn effects(&self, fits: &[Fitted], drawn: &[usize]) -> Result<[Option<f64>; SLOTS], Error> {
        let means = self.means(fits, drawn)?;
        let [m00, m10, m11] = means.of;
        let (overall, indirect) = (m11 - m00, m11 - m10);
        let k = self.pathway.mediators.len();
        let mut found = [None; SLOTS];
        found[0] = Some(overall);
        found[1] = Some(m10 - m00);
        found[2] = Some(indirect);
        if k > 1 {
            let mut rest = indirect;
            for (place, pair) in means.apart.windows(2).enumerate() {
                found[3 + place] = Some(pair[1] - pair[0]);
                rest -= pair[1] - pair[0];
            }
            found[7] = self.models[self.q + k].joins(self.q).then_some(rest);
        }
        found[8] = Some(indirect / overall).filter(|share| share.is_finite());
        found[9] = means.held.map(|[low, high]| high - low);
        let family = self.pathway.outcome.family;
        if family != Family::Gaussian {
            let log =
                |a: f64, b: f64| Some((a / b).ln()).filter(|x| a > 0.0 && b > 0.0 && x.is_finite());
            found[10] = log(m11, m00);
            found[11] = log(m10, m00);
            found[12] = log(m11, m10);
            found[13] = means.held.and_then(|[low, high]| log(high, low));
        }
        Ok(found)
    }

    /// The mean outcomes over the rows drawn, each row as often as it was drawn.
    fn means(&self, fits: &[Fitted], drawn: &[usize]) -> Result<Means, Error> {
        let mut times = vec![0.0_f64; self.rows];
        for &row in drawn {
            times[row] += 1.0;
        }
        let weights = self.pathway.outcome.design.weights();
        let k = self.pathway.mediators.len();
        let mut sums = Means {
            apart: vec![0.0; if k > 1 { k + 1 } else { 0 }],
            held: self.held.as_ref().map(|_| [0.0; 2]),
            ..Means::default()
        };
        let mut total = 0.0;
        for (row, times) in times.iter().enumerate() {
            let weight = times * weights.map_or(1.0, |weights| weights.values[row]);
            if weight == 0.0 {
                continue;
            }
            total += weight;
            let here = match &self.draws {
                None => self.exactly(fits, row)?,
                Some(draws) => self.by_draws(fits, draws, row)?,
            };
            for (sum, x) in sums.of.iter_mut().zip(here.of) {
                *sum += weight * x;
            }
            for (sum, x) in sums.apart.iter_mut().zip(here.apart) {
                *sum += weight * x;
            }
            if let (Some(sums), Some(here)) = (&mut sums.held, here.held) {
                for (sum, x) in sums.iter_mut().zip(here) {
                    *sum += weight * x;
                }
            }
        }
        let over = |x: f64| x / total;
        let all = sums
            .of
            .iter()
            .chain(&sums.apart)
            .chain(sums.held.iter().flatten());
        if !(total > 0.0 && all.clone().all(|x| over(*x).is_finite())) {
            return Err(Error::Overflow {
                what: "a mean outcome of mediation".to_owned(),
            });
        }
        Ok(Means {
            of: sums.of.map(over),
            apart: sums.apart.into_iter().map(over).collect(),
            held: sums.held.map(|held| held.map(over)),
        })
    }
}
