//! Linear and generalised linear mixed models: the interaction of arm and wave, which studies report, the
//! difference of the arms, the spread of the families, and shapes.

use kring_core::seed::Stream;
use kring_core::{
    Alternative, Component, Estimate, Interval, Measure, Reference, Response, Sample, Value,
};
use kring_stats::family::{Family, Link};
use kring_stats::glmm::{Glmm, GlmmFit, Integration};
use kring_stats::lmm::{Dof, Estimation, Lmm};
use kring_stats::{Error, Fit};
use ndarray::Array1;

use super::generalized::{DOMAINS, RHO, SHAPE, THETA, response};
use super::panel::{Effects, INTERACTION, Panel, Seen, Size, Spread};
use super::scenario::{
    Asked::{self, Bias, Both, Interval as Coverage},
    Pace::{self, Quick, Slow},
    Scenario, Target, absent, binomial, share,
};

/// The coefficients of scores.
const SCORES: [f64; 4] = [10.0, -1.3, -0.5, -0.4];
/// Their spread between families, and that of the residuals.
const SPREAD: Spread = Spread {
    level: 2.0,
    slope: 0.7,
    worker: 0.8,
};
const SIGMA: f64 = 2.0;
/// The residuals of conferences over those of teams, where they differ.
const RATIO: f64 = 1.5;

fn target(key: &'static str, words: &'static str, asked: Asked, truth: f64) -> Target {
    Target {
        key,
        words,
        asked,
        truth,
    }
}

/// The two coefficients of every study here.
fn of_arm(asked: Asked, beta: [f64; 4]) -> Vec<Target> {
    vec![
        target(INTERACTION, INTERACTION, asked, beta[3]),
        target("arm", "arm", asked, beta[1]),
    ]
}

fn picked(estimates: &[Estimate]) -> Result<Vec<Estimate>, Error> {
    let one = |label: &str| {
        let found = estimates.iter().find(|estimate| estimate.label == label);
        found.cloned().ok_or_else(|| absent(label))
    };
    [INTERACTION, "arm"].into_iter().map(one).collect()
}

/// A standard deviation or a variance as an estimate.
fn spread(components: &[Component], place: usize, power: i32) -> Result<Estimate, Error> {
    let found = components.get(place);
    let component = found.ok_or_else(|| absent("a component"))?;
    Ok(Estimate {
        label: component.label.clone(),
        measure: Measure::Dispersion,
        value: Value::Value(component.value.powi(power)),
        std_error: None,
        null: 0.0,
        alternative: Alternative::TwoSided,
        reference: Reference::Normal,
        interval: component.interval,
        p_value: None,
        sample: Sample::of(0),
        method: String::new(),
        cautions: component.cautions.clone(),
    })
}

/// Scores with residuals of one SD, or of another in each arm.
fn scores(panel: &Panel, effects: Effects, ratio: f64, stream: &mut Stream) -> Response {
    let eta = panel.draw(SCORES, effects, SPREAD, stream);
    let rows = eta.into_iter().zip(panel.arm());
    let y = rows.map(|(eta, arm)| eta + SIGMA * ratio.powf(arm) * stream.normal());
    Response::Continuous(y.collect())
}

fn of_scores(effects: Effects, size: Size) -> String {
    let others = match effects {
        Effects::Level => "",
        Effects::Slope => ", a slope each",
        Effects::Workers => ", 10 workers",
    };
    format!("{}{others}", size.words())
}

/// The linear model of families' levels, or of levels and slopes.
fn lmm(key: &str, words: &str, options: Lmm, effects: Effects, size: Size) -> Vec<Scenario> {
    let panel = Panel::new(size, Seen::FourInFive);
    let mut targets = of_arm(Both, SCORES);
    let variance = SPREAD.level.powi(2);
    targets.push(target("variance", "variance of families", Bias, variance));
    match effects {
        Effects::Level => {}
        Effects::Slope => {
            let variance = SPREAD.slope.powi(2);
            targets.push(target("slopes", "variance of slopes", Bias, variance));
        }
        Effects::Workers => {
            let variance = SPREAD.worker.powi(2);
            targets.push(target("workers", "variance of workers", Bias, variance));
        }
    }
    let several = targets.len() - 2;
    let pace = match effects {
        Effects::Level | Effects::Slope => Quick,
        Effects::Workers => Slow,
    };
    let of = match effects {
        Effects::Level => "",
        Effects::Slope => "-slopes",
        Effects::Workers => "-crossed",
    };
    Scenario::of_one_fit(
        &format!("lmm{of} {key}/{}", size.key()),
        &format!("linear mixed model, {words}"),
        &of_scores(effects, size),
        pace,
        targets,
        move |stream| {
            let y = scores(&panel, effects, 1.0, stream);
            let fit = options.fit(&panel.design(y, effects, None, None)?)?;
            let mut found = picked(&fit.estimates()?)?;
            for place in 0..several {
                found.push(spread(&fit.components, place, 2)?);
            }
            Ok(found)
        },
    )
}

/// Profile intervals, also of standard deviations.
fn profile(effects: Effects, size: Size) -> Vec<Scenario> {
    let panel = Panel::new(size, Seen::FourInFive);
    let mut targets = of_arm(Coverage, SCORES);
    targets.push(target("SD", "SD of families", Coverage, SPREAD.level));
    if effects == Effects::Slope {
        targets.push(target(
            "SD of slopes",
            "SD of slopes",
            Coverage,
            SPREAD.slope,
        ));
    }
    targets.push(target("sigma", "SD of residuals", Coverage, SIGMA));
    let several = targets.len() - 2;
    let of = if effects == Effects::Slope {
        "-slopes"
    } else {
        ""
    };
    Scenario::of_one_fit(
        &format!("lmm{of} profile/{}", size.key()),
        "linear mixed model, profile",
        &of_scores(effects, size),
        Slow,
        targets,
        move |stream| {
            let y = scores(&panel, effects, 1.0, stream);
            let fit = Lmm::default().fit(&panel.design(y, effects, None, None)?)?;
            let profiled = fit.profile()?;
            let mut found = picked(&profiled.fixed)?;
            for place in 0..several {
                found.push(spread(&profiled.components, place, 1)?);
            }
            Ok(found)
        },
    )
}

/// Residuals that differ by arm, and their ratio.
fn differing(size: Size) -> Vec<Scenario> {
    let panel = Panel::new(size, Seen::FourInFive);
    let mut targets = of_arm(Both, SCORES);
    targets.push(target("ratio", "log ratio of σ", Both, RATIO.ln()));
    Scenario::of_one_fit(
        &format!("lmm differing/{}", size.key()),
        "linear mixed model, REML, Satterthwaite, σ by arm",
        &format!("{}, σ differs by arm", size.words()),
        Slow,
        targets,
        move |stream| {
            let y = scores(&panel, Effects::Level, RATIO, stream);
            let design = panel.design(y, Effects::Level, None, Some(panel.by_arm()))?;
            let fit = Lmm::default().fit(&design)?;
            let mut found = picked(&fit.estimates()?)?;
            let part = fit.dispersion().ok_or_else(|| absent("the dispersion"))?;
            let ratio = part.estimates()?.into_iter().find(|e| e.label == "arm");
            found.push(ratio.ok_or_else(|| absent("the ratio"))?);
            Ok(found)
        },
    )
}

pub fn linear() -> Vec<Scenario> {
    let reml = |dof| Lmm {
        dof,
        ..Lmm::default()
    };
    let satterthwaite = reml(Dof::Satterthwaite);
    let kenward_roger = reml(Dof::KenwardRoger);
    let ml = Lmm {
        estimation: Estimation::Ml,
        ..satterthwaite
    };
    let (few, field, many) = (Size::new(10, 4), Size::new(55, 4), Size::new(200, 2));
    let (level, slope) = (Effects::Level, Effects::Slope);
    let mut all = Vec::new();
    for size in [few, Size::new(20, 4), field, many] {
        all.extend(lmm(
            "satterthwaite",
            "REML, Satterthwaite",
            satterthwaite,
            level,
            size,
        ));
    }
    all.extend(lmm(
        "kenward-roger",
        "REML, Kenward–Roger",
        kenward_roger,
        level,
        few,
    ));
    for size in [few, field] {
        all.extend(lmm(
            "normal",
            "REML, normal",
            reml(Dof::Normal),
            level,
            size,
        ));
        all.extend(lmm("ml", "ML, Satterthwaite", ml, level, size));
        all.extend(lmm(
            "satterthwaite",
            "REML, Satterthwaite",
            satterthwaite,
            slope,
            size,
        ));
        all.extend(lmm(
            "kenward-roger",
            "REML, Kenward–Roger",
            kenward_roger,
            slope,
            size,
        ));
        all.extend(profile(level, size));
    }
    all.extend(profile(slope, field));
    let crossed = Effects::Workers;
    all.extend(lmm(
        "satterthwaite",
        "REML, Satterthwaite",
        satterthwaite,
        crossed,
        field,
    ));
    all.extend(differing(field));
    all
}

/// What families tell of.
#[derive(Clone, Copy, PartialEq)]
enum Outcome {
    /// Counts of problems.
    Poisson,
    Nb2,
    /// Counts of families of which some never have any.
    Inflated,
    /// Involved or not.
    Yes,
    /// How many of eleven domains.
    Domains,
    /// The same, more variable than independent domains.
    BetaBinomial,
    /// Positive numbers.
    Gamma,
}

/// The log odds of always being zero: the constant and the arm.
const ZEROS: [f64; 2] = [-1.2, 0.6];

impl Outcome {
    fn key(self) -> &'static str {
        match self {
            Self::Poisson => "poisson",
            Self::Nb2 => "nb2",
            Self::Inflated => "inflated",
            Self::Yes => "bernoulli",
            Self::Domains => "binomial",
            Self::BetaBinomial => "beta-binomial",
            Self::Gamma => "gamma",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Poisson => "Poisson",
            Self::Nb2 => "NB2",
            Self::Inflated => "zero-inflated NB2",
            Self::Yes => "Bernoulli",
            Self::Domains => "binomial, of 11",
            Self::BetaBinomial => "beta-binomial, of 11",
            Self::Gamma => "gamma",
        }
    }

    fn family(self) -> Family {
        match self {
            Self::Poisson => Family::Poisson,
            Self::Nb2 | Self::Inflated => Family::NegativeBinomial2,
            Self::Yes | Self::Domains => Family::Binomial,
            Self::BetaBinomial => Family::BetaBinomial,
            Self::Gamma => Family::Gamma,
        }
    }

    fn is_share(self) -> bool {
        matches!(self, Self::Yes | Self::Domains | Self::BetaBinomial)
    }

    /// On the scale of the link.
    fn beta(self) -> [f64; 4] {
        if self.is_share() {
            [-0.3, 0.6, 0.2, 0.4]
        } else {
            [1.4, -0.3, -0.1, -0.15]
        }
    }

    fn spread(self) -> Spread {
        let (level, slope) = if self.is_share() {
            (1.2, 0.4)
        } else {
            (0.6, 0.25)
        };
        Spread {
            level,
            slope,
            worker: 0.0,
        }
    }

    /// The parameter of shape as it is measured: of counts the one of which zero is Poisson.
    fn shape(self) -> Option<Target> {
        match self {
            Self::Nb2 | Self::Inflated => Some(target("1/θ", "1/θ", Both, 1.0 / THETA)),
            Self::BetaBinomial => Some(target("ρ", "ρ", Both, RHO)),
            Self::Gamma => Some(target("φ", "φ", Both, 1.0 / SHAPE)),
            _ => None,
        }
    }

    fn draw(self, panel: &Panel, effects: Effects, stream: &mut Stream) -> Response {
        let eta = panel.draw(self.beta(), effects, self.spread(), stream);
        match self {
            Self::Domains => Response::Proportion {
                trials: Array1::from_elem(eta.len(), f64::from(DOMAINS)),
                successes: (eta.iter())
                    .map(|&eta| binomial(u64::from(DOMAINS), share(eta), stream) as f64)
                    .collect(),
            },
            Self::Inflated => {
                let mut counts = response(Family::NegativeBinomial2, &eta, stream);
                if let Response::Count(y) = &mut counts {
                    for (y, arm) in y.iter_mut().zip(panel.arm()) {
                        if stream.uniform() < share(ZEROS[0] + ZEROS[1] * arm) {
                            *y = 0.0;
                        }
                    }
                }
                counts
            }
            _ => response(self.family(), &eta, stream),
        }
    }
}

/// A shape as it is measured; at its edge it is zero, without an interval.
fn shape_of(outcome: Outcome, fit: &GlmmFit) -> Result<Option<Estimate>, Error> {
    if outcome.shape().is_none() {
        return Ok(None);
    }
    let found = fit.shape.clone();
    let mut shape = found.ok_or_else(|| absent("the shape"))?;
    let value = shape.value.finite();
    if outcome.family() == Family::NegativeBinomial2 {
        // Of 1/θ: the ends change places.
        shape.std_error = (shape.std_error.zip(value)).map(|(error, theta)| error / theta.powi(2));
        shape.value = Value::Value(value.map_or(0.0, f64::recip));
        shape.interval = shape.interval.map(|interval| Interval {
            low: Some(interval.high.map_or(0.0, f64::recip)),
            high: interval.low.filter(|&low| low > 0.0).map(f64::recip),
            ..interval
        });
    } else {
        shape.value = Value::Value(value.unwrap_or(0.0));
    }
    Ok(Some(shape))
}

/// A generalised model of families' levels, or of levels and slopes.
fn glmm(outcome: Outcome, integration: Integration, effects: Effects, size: Size) -> Vec<Scenario> {
    let panel = Panel::new(size, Seen::All);
    let truth = outcome.spread();
    let mut targets = of_arm(Both, outcome.beta());
    targets.push(target("SD", "SD of families", Bias, truth.level));
    if effects == Effects::Slope {
        targets.push(target("SD of slopes", "SD of slopes", Bias, truth.slope));
    }
    let several = targets.len() - 2;
    targets.extend(outcome.shape());
    if outcome == Outcome::Inflated {
        targets.push(target("zeros", "arm of the zeros", Both, ZEROS[1]));
    }
    let (short, named) = match (integration, effects) {
        (Integration::Laplace, _) | (_, Effects::Slope) => ("laplace", "Laplace"),
        _ => ("quadrature", "quadrature"),
    };
    let (of, slopes) = match effects {
        Effects::Slope => ("-slopes", ", a slope each"),
        _ => ("", ""),
    };
    let options = Glmm {
        family: outcome.family(),
        link: (outcome == Outcome::Gamma).then_some(Link::Log),
        integration,
        ..Glmm::default()
    };
    Scenario::of_one_fit(
        &format!("glmm-{}{of} {short}/{}", outcome.key(), size.key()),
        &format!("{} mixed model, {named}", outcome.words()),
        &format!("{}{slopes}", size.words()),
        Pace::Slow,
        targets,
        move |stream| {
            let y = outcome.draw(&panel, effects, stream);
            let zero = (outcome == Outcome::Inflated).then(|| panel.by_arm());
            let fit = options.fit(&panel.design(y, effects, zero, None)?)?;
            let mut found = picked(&fit.estimates()?)?;
            for place in 0..several {
                found.push(spread(&fit.components, place, 1)?);
            }
            found.extend(shape_of(outcome, &fit)?);
            if let Some(zeros) = fit.zero() {
                let arm = zeros.estimates()?.into_iter().find(|e| e.label == "arm");
                found.push(arm.ok_or_else(|| absent("the arm of the zeros"))?);
            }
            Ok(found)
        },
    )
}

pub fn generalized() -> Vec<Scenario> {
    use Integration::{Automatic, Laplace};
    use Outcome::{BetaBinomial, Domains, Gamma, Inflated, Nb2, Poisson, Yes};
    let mut all = Vec::new();
    let mut add = |outcome, integration, families, waves| {
        let size = Size::new(families, waves);
        all.extend(glmm(outcome, integration, Effects::Level, size));
    };
    for families in [10, 20, 55, 200] {
        add(Poisson, Automatic, families, 4);
    }
    add(Poisson, Laplace, 55, 2);
    for families in [20, 55, 200] {
        add(Nb2, Automatic, families, 4);
    }
    add(Yes, Automatic, 20, 3);
    for waves in [2, 3, 6] {
        add(Yes, Automatic, 55, waves);
        add(Yes, Laplace, 55, waves);
    }
    add(Yes, Automatic, 200, 2);
    for outcome in [Domains, BetaBinomial] {
        add(outcome, Automatic, 10, 4);
        add(outcome, Automatic, 55, 2);
    }
    for families in [55, 200] {
        add(Inflated, Automatic, families, 4);
    }
    for families in [20, 55] {
        add(Gamma, Automatic, families, 4);
    }
    all.extend(glmm(Poisson, Laplace, Effects::Slope, Size::new(55, 4)));
    all
}
