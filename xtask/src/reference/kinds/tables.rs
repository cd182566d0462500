//! Tables of counts, shares and rates.

use kring_core::{Alternative, Estimate, Interval, JointTest};
use kring_stats::association::{Bias, CramersV};
use kring_stats::breslow_day::{BreslowDay, Homogeneity};
use kring_stats::chi_squared::Correction;
use kring_stats::cochran_q::CochranQ;
use kring_stats::events::{Events, Pairs, Stratum};
use kring_stats::fisher::{ConditionalOddsRatio, Fisher, Tails};
use kring_stats::g_test::{GCorrection, GTest};
use kring_stats::mantel_haenszel::MantelHaenszel;
use kring_stats::mcnemar::{McNemar, McNemarMethod};
use kring_stats::number_needed::{Needed, NeededInterval, NumberNeeded};
use kring_stats::proportion::{Proportion, ProportionMethod};
use kring_stats::rates::{
    Incidence, Rate, RateDifference, RateDifferenceMethod, RateMethod, RateRatio, RateRatioMethod,
};
use kring_stats::trend::{Trend, TrendMethod};
use kring_stats::two_proportions::{
    CohensH, OddsRatio, OddsRatioMethod, RiskDifference, RiskDifferenceMethod, RiskRatio,
    RiskRatioMethod,
};
use kring_stats::unconditional::{Order, Unconditional};
use ndarray::Array2;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

/// The options of every kind here; which of them a method takes, it says itself.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    table: Vec<Vec<u64>>,
    /// What rows and columns are, for the reader.
    #[serde(default, rename = "rows")]
    _rows: Option<String>,
    #[serde(default, rename = "columns")]
    _columns: Option<String>,
    /// One table a stratum.
    #[serde(default)]
    strata: Vec<Vec<Vec<u64>>>,
    #[serde(default)]
    events: Vec<u64>,
    #[serde(default)]
    n: Vec<u64>,
    scores: Option<Vec<f64>>,
    #[serde(default)]
    counts: Vec<u64>,
    #[serde(default)]
    exposure: Vec<f64>,
    #[serde(default)]
    alternative: Alternative,
    null: Option<f64>,
    #[serde(default = "usual_level")]
    level: f64,
}

fn usual_level() -> f64 {
    0.95
}

impl Options {
    fn counts(&self) -> Result<Array2<u64>, Error> {
        let columns = self.table.first().map_or(0, Vec::len);
        Array2::from_shape_vec((self.table.len(), columns), self.table.concat())
            .map_err(|_| Error::Case("the rows of `table` differ in length".to_owned()))
    }

    fn pairs(&self) -> Result<Pairs<'static>, Error> {
        let [both, first_only, second_only, neither] = four(&self.table)?;
        Ok(Pairs {
            first: "first",
            second: "second",
            both,
            first_only,
            second_only,
            neither,
        })
    }

    fn arms(&self) -> Result<[Events<'static>; 2], Error> {
        arms(&self.table)
    }

    fn strata(&self) -> Result<Vec<Stratum<'static>>, Error> {
        let strata = self.strata.iter().map(|table| {
            let [x, y] = arms(table)?;
            Ok(Stratum { name: "", x, y })
        });
        strata.collect()
    }

    fn incidences(&self) -> Vec<Incidence<'static>> {
        let both = self.counts.iter().zip(&self.exposure);
        let names = ["x", "y"].into_iter().cycle();
        both.zip(names)
            .map(|((&events, &time), name)| Incidence { name, events, time })
            .collect()
    }

    fn null_ratio(&self) -> f64 {
        self.null.unwrap_or(1.0)
    }
}

fn four(table: &[Vec<u64>]) -> Result<[u64; 4], Error> {
    table
        .concat()
        .try_into()
        .map_err(|_| Error::Case("a table is not two by two".to_owned()))
}

/// Rows are groups, columns event and no event.
fn arms(table: &[Vec<u64>]) -> Result<[Events<'static>; 2], Error> {
    let [a, b, c, d] = four(table)?;
    let arm = |name, events, others| Events {
        name,
        events,
        n: events + others,
    };
    Ok([arm("x", a, b), arm("y", c, d)])
}

/// Estimate and interval on the scale people read, and the p-value.
fn figures(found: &Estimate) -> Value {
    json!({
        "estimate": optional(found.natural().finite()),
        "conf_int": ends(found.natural_interval()),
        "p_value": optional(found.p_value),
        "std_error": optional(found.std_error),
    })
}

fn ends(interval: Option<Interval>) -> Value {
    let ends = interval.map_or([None; 2], |i| [i.low, i.high]);
    json!(ends.map(optional))
}

fn test_figures(found: &JointTest) -> Value {
    json!({
        "statistic": optional(found.statistic),
        "p_value": optional(found.p_value),
        "df": optional(found.reference.df()),
    })
}

/// Answers with the fields of an object.
fn fields_of(case: &Case, figures: &Value) -> Vec<Answer> {
    case.answer(|field| Ok(figures.get(field.name).cloned()))
}

/// Fisher's test; of two by two tables the odds ratio too.
pub fn fisher(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let Ok([x, y]) = options.arms() else {
        let found = Fisher::default().test("the table", options.counts()?.view())?;
        return Ok(fields_of(case, &test_figures(&found)));
    };
    let exact = ConditionalOddsRatio {
        tails: Tails::Exact,
        alternative: options.alternative,
        null_ratio: options.null_ratio(),
        level: options.level,
    };
    Ok(fields_of(case, &figures(&exact.estimate(x, y)?)))
}

/// McNemar's χ² as R has it.
pub fn mcnemar(case: &Case) -> Result<Vec<Answer>, Error> {
    mcnemar_by(case, McNemarMethod::Corrected)
}

/// The same without correction.
pub fn mcnemar_uncorrected(case: &Case) -> Result<Vec<Answer>, Error> {
    mcnemar_by(case, McNemarMethod::ChiSquared)
}

/// The exact test.
pub fn mcnemar_exact(case: &Case) -> Result<Vec<Answer>, Error> {
    mcnemar_by(case, McNemarMethod::Exact)
}

/// The mid-p test.
pub fn mcnemar_mid_p(case: &Case) -> Result<Vec<Answer>, Error> {
    mcnemar_by(case, McNemarMethod::MidP)
}

fn mcnemar_by(case: &Case, method: McNemarMethod) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let found = McNemar {
        method,
        level: options.level,
    }
    .test(options.pairs()?)?;
    let mut all = test_figures(&found.test);
    all["odds_ratio"] = figures(&found.odds_ratio);
    Ok(fields_of(case, &all))
}

/// The likelihood ratio.
pub fn g_test(case: &Case) -> Result<Vec<Answer>, Error> {
    g_test_by(case, GCorrection::None)
}

/// The same with Williams's correction.
pub fn g_test_williams(case: &Case) -> Result<Vec<Answer>, Error> {
    g_test_by(case, GCorrection::Williams)
}

fn g_test_by(case: &Case, correction: GCorrection) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let found = GTest { correction }.test("the table", options.counts()?.view())?;
    Ok(fields_of(case, &test_figures(&found)))
}

/// Boschloo's test.
pub fn boschloo(case: &Case) -> Result<Vec<Answer>, Error> {
    unconditional(case, Order::Boschloo)
}

/// Barnard's test by the score statistic.
pub fn barnard(case: &Case) -> Result<Vec<Answer>, Error> {
    unconditional(case, Order::Barnard)
}

fn unconditional(case: &Case, order: Order) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let [x, y] = options.arms()?;
    let found = Unconditional {
        order,
        alternative: options.alternative,
    }
    .test(x, y)?;
    let mut all = test_figures(&found.test);
    all["common_share"] = number(found.common_share);
    Ok(fields_of(case, &all))
}

/// Cochran's Q of a table of zeros and ones.
pub fn cochran_q(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let events = options.counts()?.mapv(|x| x == 1);
    let found = CochranQ::default().test("the table", events.view())?;
    Ok(fields_of(case, &test_figures(&found)))
}

/// The Cochran–Armitage test.
pub fn trend(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let groups: Vec<Events<'_>> = options
        .events
        .iter()
        .zip(&options.n)
        .map(|(&events, &n)| Events {
            name: "",
            events,
            n,
        })
        .collect();
    let by = |method| Trend {
        scores: options.scores.clone(),
        method,
        alternative: options.alternative,
        level: options.level,
    };
    let found = by(TrendMethod::Asymptotic).test("trend", &groups)?;
    let mut all = test_figures(&found.test);
    all["slope"] = figures(&found.slope);
    Ok(case.answer(|field| {
        Ok(match field.name {
            "exact_p_value" => {
                let exact = by(TrendMethod::Exact).test("trend", &groups)?;
                Some(optional(exact.test.p_value))
            }
            name => all.get(name).cloned(),
        })
    }))
}

/// Tables of two by two in strata.
pub fn strata(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let strata = options.strata()?;
    let by = |correction| MantelHaenszel {
        correction,
        alternative: options.alternative,
        level: options.level,
    };
    let plain = by(Correction::None);
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "cmh" => test_figures(&plain.test("strata", &strata)?),
            "cmh_corrected" => test_figures(&by(Correction::Yates).test("strata", &strata)?),
            "odds_ratio" => figures(&plain.odds_ratio(&strata)?),
            "risk_ratio" => figures(&plain.risk_ratio(&strata)?),
            "risk_difference" => figures(&plain.risk_difference(&strata)?),
            "exact" => {
                let exact = ConditionalOddsRatio {
                    tails: Tails::Exact,
                    alternative: options.alternative,
                    null_ratio: options.null_ratio(),
                    level: options.level,
                };
                figures(&exact.common(&strata)?)
            }
            "breslow_day" | "tarone" => {
                let correction = match field.name {
                    "tarone" => Homogeneity::Tarone,
                    _ => Homogeneity::Uncorrected,
                };
                test_figures(&BreslowDay { correction }.test("strata", &strata)?)
            }
            _ => return Ok(None),
        }))
    }))
}

/// One rate, or two: their ratio (the plain fields are the exact test's) and difference.
pub fn rate_test(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let incidences = options.incidences();
    if let [one] = incidences.as_slice() {
        let by = |method| Rate {
            method,
            null: options.null,
            alternative: options.alternative,
            level: options.level,
        };
        let exact = figures(&by(RateMethod::Exact).estimate(*one, None)?);
        let score = figures(&by(RateMethod::Score).estimate(*one, None)?);
        return Ok(case.answer(|field| {
            Ok(match field.name {
                "score" => Some(score.clone()),
                name => exact.get(name).cloned(),
            })
        }));
    }
    let [x, y] = incidences.as_slice() else {
        return Err(Error::Case("one or two rates are compared".to_owned()));
    };
    let ratio = |method| -> Result<Value, Error> {
        let options = RateRatio {
            method,
            alternative: options.alternative,
            null_ratio: options.null_ratio(),
            level: options.level,
        };
        Ok(figures(&options.estimate(*x, *y)?))
    };
    let difference = |method| -> Result<Value, Error> {
        let options = RateDifference {
            method,
            alternative: options.alternative,
            level: options.level,
        };
        Ok(figures(&options.estimate(*x, *y)?))
    };
    let exact = ratio(RateRatioMethod::Exact)?;
    Ok(case.answer(|field| {
        Ok(match field.name {
            "mid_p" => Some(ratio(RateRatioMethod::MidP)?),
            "score" => Some(ratio(RateRatioMethod::Score)?),
            "wald" => Some(ratio(RateRatioMethod::Wald)?),
            "difference_mover" => Some(difference(RateDifferenceMethod::Mover)?),
            "difference_wald" => Some(difference(RateDifferenceMethod::Wald)?),
            name => exact.get(name).cloned(),
        })
    }))
}

/// One share.
pub fn proportion(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let (&[events], &[n]) = (options.events.as_slice(), options.n.as_slice()) else {
        return Err(Error::Case("one share is asked for".to_owned()));
    };
    Ok(case.answer(|field| {
        let method = match field.name {
            "wilson" => ProportionMethod::Wilson,
            "clopper_pearson" => ProportionMethod::ClopperPearson,
            "mid_p" => ProportionMethod::MidP,
            _ => return Ok(None),
        };
        let share = Proportion {
            method,
            null: options.null,
            alternative: options.alternative,
            level: options.level,
        };
        let group = Events {
            name: "x",
            events,
            n,
        };
        Ok(Some(figures(&share.estimate(group)?)))
    }))
}

/// Effect sizes of two groups (rows) and an event (first column), and of any table.
pub fn effect_size(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Options = case.options()?;
    let (alternative, level) = (options.alternative, options.level);
    let null_ratio = options.null_ratio();
    let two = || options.arms();
    let risk_difference = |method| -> Result<Estimate, Error> {
        let [x, y] = two()?;
        let options = RiskDifference {
            method,
            alternative,
            level,
        };
        Ok(options.estimate(x, y)?)
    };
    let risk_ratio = |method| -> Result<Value, Error> {
        let [x, y] = two()?;
        let options = RiskRatio {
            method,
            alternative,
            null_ratio,
            level,
        };
        Ok(figures(&options.estimate(x, y)?))
    };
    let odds_ratio = |method| -> Result<Value, Error> {
        let [x, y] = two()?;
        let options = OddsRatio {
            method,
            alternative,
            null_ratio,
            level,
        };
        Ok(figures(&options.estimate(x, y)?))
    };
    let v = |bias| -> Result<Estimate, Error> {
        let options_v = CramersV {
            bias,
            alternative,
            level,
        };
        Ok(options_v.estimate("the table", options.counts()?.view())?)
    };
    let paired = |method| -> Result<Value, Error> {
        let difference = RiskDifference {
            method,
            alternative,
            level,
        };
        Ok(figures(&difference.paired(options.pairs()?)?))
    };
    Ok(case.answer(|field| {
        Ok(Some(match field.name {
            "odds_ratio" => odds_ratio(OddsRatioMethod::Wald)?,
            "odds_ratio_score" => odds_ratio(OddsRatioMethod::Score)?,
            "odds_ratio_mn" => odds_ratio(OddsRatioMethod::MiettinenNurminen)?,
            "risk_ratio" => risk_ratio(RiskRatioMethod::Wald)?,
            "risk_ratio_koopman" => risk_ratio(RiskRatioMethod::Koopman)?,
            "risk_ratio_mn" => risk_ratio(RiskRatioMethod::MiettinenNurminen)?,
            "risk_difference" => figures(&risk_difference(RiskDifferenceMethod::Newcombe)?),
            "risk_difference_mn" => {
                figures(&risk_difference(RiskDifferenceMethod::MiettinenNurminen)?)
            }
            "risk_difference_wald" => figures(&risk_difference(RiskDifferenceMethod::Wald)?),
            "paired_difference" => paired(RiskDifferenceMethod::Newcombe)?,
            "paired_difference_wald" => paired(RiskDifferenceMethod::Wald)?,
            "number_needed" => needed(
                &NumberNeeded::default().of(risk_difference(RiskDifferenceMethod::Newcombe)?)?,
            ),
            "cohens_h" => {
                let [x, y] = two()?;
                figures(&CohensH { alternative, level }.estimate(x, y)?)
            }
            "proportions" => proportions(&two()?, level)?,
            "cramers_v" => {
                let found = v(Bias::Kept)?;
                // Either the number alone or all of its figures.
                if field.expected.is_number() {
                    optional(found.value.finite())
                } else {
                    figures(&found)
                }
            }
            "cramers_v_corrected" => figures(&v(Bias::Corrected)?),
            "phi" => {
                let options_v = CramersV {
                    bias: Bias::Kept,
                    alternative,
                    level,
                };
                figures(&options_v.phi("the table", options.counts()?.view())?)
            }
            _ => return Ok(None),
        }))
    }))
}

fn proportions(groups: &[Events<'_>], level: f64) -> Result<Value, Error> {
    let shares = groups.iter().map(|&group| {
        let wilson = Proportion {
            level,
            ..Proportion::default()
        };
        let found = wilson.estimate(group)?;
        Ok(json!({
            "estimate": optional(found.value.finite()),
            "conf_int_wilson": ends(found.interval),
        }))
    });
    shares.collect()
}

fn needed(found: &kring_stats::number_needed::NumberNeededToTreat) -> Value {
    let (direction, value) = match found.value {
        Some(Needed::ToBenefit(n)) => ("benefit", Some(n)),
        Some(Needed::ToHarm(n)) => ("harm", Some(n)),
        None => ("none", None),
    };
    let (kind, ends) = match found.interval {
        NeededInterval::Benefit { low, high } => ("benefit", [Some(low), high]),
        NeededInterval::Harm { low, high } => ("harm", [Some(low), high]),
        NeededInterval::ThroughInfinity { benefit, harm } => {
            ("through_infinity", [Some(benefit), Some(harm)])
        }
        NeededInterval::Infinite => ("infinite", [None; 2]),
    };
    json!({
        "direction": direction, "estimate": optional(value),
        "interval": kind, "conf_int": ends.map(optional),
    })
}
