//! Rank tests, analysis of variance of one way and their effect sizes.
//!
//! A case has either a column of values and one of groups, or its own `samples`. What else stands in
//! its model are the options of the method, by their own names.

use kring_core::{Estimate, JointTest, Reference};
use kring_stats::friedman::{Friedman, Measurement};
use kring_stats::kruskal_wallis::KruskalWallis;
use kring_stats::levene::Levene;
use kring_stats::mann_whitney::{MannWhitney, MannWhitneyTest};
use kring_stats::one_way::OneWay;
use kring_stats::rank::RankDistribution;
use kring_stats::rank_biserial::RankBiserial;
use kring_stats::signed_rank::{SignedRank, SignedRankTest};
use kring_stats::superiority::Superiority;
use kring_stats::t_test::Group;
use kring_stats::variance_explained::VarianceExplained;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{number, optional};
use crate::reference::Error;
use crate::reference::case::{Answer, Case};

/// Names with their numbers.
type Samples = Vec<(String, Vec<f64>)>;

/// Mann and Whitney's test of the first sample against the second.
pub fn mann_whitney(case: &Case) -> Result<Vec<Answer>, Error> {
    mann_whitney_by(case, options(case, &["samples", "value", "group"])?)
}

/// The same with every allocation of the ranks counted.
pub fn mann_whitney_exact(case: &Case) -> Result<Vec<Answer>, Error> {
    let exact = MannWhitney {
        distribution: RankDistribution::Exact,
        ..options(case, &["samples", "value", "group"])?
    };
    let found = two_samples(case, &exact)?;
    // coin's statistic is the standardised one.
    Ok(case.answer(|field| {
        Ok(match field.name {
            "statistic" => Some(number(found.z)),
            "p_value" => Some(optional(found.shift.p_value)),
            _ => None,
        })
    }))
}

fn mann_whitney_by(case: &Case, test: MannWhitney) -> Result<Vec<Answer>, Error> {
    let found = two_samples(case, &test)?;
    Ok(case.answer(|field| {
        Ok(match field.name {
            "statistic" => Some(number(found.u)),
            "z" => Some(number(found.z)),
            name => figure(name, &found.shift),
        })
    }))
}

fn two_samples(case: &Case, test: &MannWhitney) -> Result<MannWhitneyTest, Error> {
    let samples = samples(case)?;
    let [x, y] = two(&samples)?;
    Ok(test.test(x, y, None)?)
}

/// The signed-rank test of differences.
pub fn signed_rank(case: &Case) -> Result<Vec<Answer>, Error> {
    let test: SignedRank = options(case, &["differences"])?;
    let d = list(case, "differences")?;
    let found = test.one_sample(
        Group {
            name: "d",
            values: &d,
        },
        None,
    )?;
    Ok(case.answer(|field| Ok(signed_figure(field.name, &found))))
}

/// A figure of the signed-rank test.
pub fn signed_figure(name: &str, found: &SignedRankTest) -> Option<Value> {
    match name {
        "statistic" => Some(number(found.v)),
        "z" => Some(number(found.z)),
        name => figure(name, &found.pseudo_median),
    }
}

/// The test of Kruskal and Wallis, and what stands beside it in a case of several groups.
pub fn kruskal_wallis(case: &Case) -> Result<Vec<Answer>, Error> {
    let test: KruskalWallis = options(case, &["samples", "value", "group"])?;
    let samples = samples(case)?;
    let groups = groups(&samples);
    let found = test.test("the groups", &groups)?;
    Ok(case.answer(|field| {
        Ok(match field.name {
            "kruskal_wallis" => Some(joint(&found.test)),
            "epsilon_squared" => Some(effect(&found.epsilon_squared)),
            "welch_anova" => Some(joint(&OneWay::default().test("the groups", &groups)?)),
            "levene_median" => Some(joint(&Levene::default().test("the groups", &groups)?)),
            _ => None,
        })
    }))
}

/// Friedman's test of several measurements.
pub fn friedman(case: &Case) -> Result<Vec<Answer>, Error> {
    let test: Friedman = options(case, &["measurements"])?;
    let columns = named(case, "measurements")?;
    let values: Vec<Vec<Option<f64>>> = columns
        .iter()
        .map(|(_, values)| values.iter().copied().map(Some).collect())
        .collect();
    let measurements: Vec<Measurement<'_>> = columns
        .iter()
        .zip(&values)
        .map(|((name, _), values)| Measurement { name, values })
        .collect();
    let found = test.test("the measurements", &measurements)?;
    Ok(case.answer(|field| {
        Ok(match field.name {
            "kendalls_w" => figure("estimate", &found.kendalls_w),
            "kendalls_w_conf_int" => figure("conf_int", &found.kendalls_w),
            name => joint(&found.test).get(name).cloned(),
        })
    }))
}

/// The analysis of variance of one way.
pub fn one_way(case: &Case) -> Result<Vec<Answer>, Error> {
    let test: OneWay = options(case, &["samples", "value", "group"])?;
    joint_test(case, |groups| test.test("the groups", groups))
}

/// The tests of equal variances.
pub fn levene(case: &Case) -> Result<Vec<Answer>, Error> {
    let test: Levene = options(case, &["samples", "value", "group"])?;
    joint_test(case, |groups| test.test("the groups", groups))
}

fn joint_test(
    case: &Case,
    test: impl Fn(&[Group<'_>]) -> Result<JointTest, kring_stats::Error>,
) -> Result<Vec<Answer>, Error> {
    let samples = samples(case)?;
    let found = joint(&test(&groups(&samples))?);
    Ok(case.answer(|field| Ok(found.get(field.name).cloned())))
}

/// The probability of superiority and Cliff's δ.
pub fn superiority(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: Superiority = options(case, &["samples", "value", "group"])?;
    let samples = samples(case)?;
    let [x, y] = two(&samples)?;
    let found = options.two_samples(x, y)?;
    Ok(case.answer(|field| {
        Ok(match field.name {
            "probability" => Some(effect(&found.probability)),
            "cliffs_delta" => Some(effect(&found.cliffs_delta)),
            "statistic" => Some(optional(found.probability.statistic())),
            name => figure(name, &found.probability),
        })
    }))
}

/// The rank-biserial correlation of pairs.
pub fn rank_biserial(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: RankBiserial = options(case, &["after", "before"])?;
    let (after, before) = (list(case, "after")?, list(case, "before")?);
    let (after, before) = (
        Group {
            name: "after",
            values: &after,
        },
        Group {
            name: "before",
            values: &before,
        },
    );
    let found = options.paired(after, before)?;
    Ok(case.answer(|field| Ok((field.name == "rank_biserial").then(|| effect(&found)))))
}

/// The shares of the variance between groups.
pub fn variance_explained(case: &Case) -> Result<Vec<Answer>, Error> {
    let options: VarianceExplained = options(case, &["samples", "value", "group"])?;
    let samples = samples(case)?;
    let found = options.groups("the groups", &groups(&samples))?;
    Ok(case.answer(|field| {
        Ok(match field.name {
            "eta_squared" => Some(effect(&found.eta_squared)),
            "omega_squared" => Some(effect(&found.omega_squared)),
            "epsilon_squared" => Some(effect(&found.epsilon_squared)),
            _ => None,
        })
    }))
}

/// The options of a method: all of the model but these keys.
fn options<T: DeserializeOwned>(case: &Case, but: &[&str]) -> Result<T, Error> {
    let mut rest = case.clone();
    for key in but {
        rest.model.remove(*key);
    }
    rest.options()
}

fn samples(case: &Case) -> Result<Samples, Error> {
    if case.model.contains_key("samples") {
        return named(case, "samples");
    }
    let column = |key: &str| {
        case.model
            .get(key)
            .and_then(Value::as_str)
            .ok_or_else(|| Error::Case(format!("the model has neither `samples` nor `{key}`")))
    };
    let table = case.table()?;
    let (values, factor) = (
        table.numeric(column("value")?)?,
        table.factor(column("group")?)?,
    );
    let of = |level: u32| -> Vec<f64> {
        (0..table.rows())
            .filter(|&row| factor.code(row) == Some(level))
            .filter_map(|row| values.get(row))
            .collect()
    };
    Ok((0..)
        .zip(factor.levels())
        .map(|(level, name)| (name.clone(), of(level)))
        .collect())
}

/// An object of lists of numbers, in its order.
fn named(case: &Case, key: &str) -> Result<Samples, Error> {
    let lists = case.model.get(key).and_then(Value::as_object);
    let lists = lists.ok_or_else(|| Error::Case(format!("`{key}` is not an object of lists")))?;
    lists
        .iter()
        .map(|(name, values)| Ok((name.clone(), numbers(values)?)))
        .collect()
}

fn list(case: &Case, key: &str) -> Result<Vec<f64>, Error> {
    numbers(case.model.get(key).unwrap_or(&Value::Null))
}

fn numbers(values: &Value) -> Result<Vec<f64>, Error> {
    serde_json::from_value(values.clone())
        .map_err(|error| Error::Case(format!("a list of numbers: {error}")))
}

fn groups(samples: &Samples) -> Vec<Group<'_>> {
    samples
        .iter()
        .map(|(name, values)| Group { name, values })
        .collect()
}

fn two(samples: &Samples) -> Result<[Group<'_>; 2], Error> {
    groups(samples)
        .try_into()
        .map_err(|all: Vec<_>| Error::Case(format!("there are {} groups, not two", all.len())))
}

fn joint(test: &JointTest) -> Value {
    let df = match test.reference {
        Reference::F {
            numerator,
            denominator,
        } => json!([number(numerator), number(denominator)]),
        reference => optional(reference.df()),
    };
    json!({
        "statistic": optional(test.statistic), "p_value": optional(test.p_value), "df": df,
    })
}

fn effect(estimate: &Estimate) -> Value {
    json!({
        "estimate": figure("estimate", estimate), "conf_int": figure("conf_int", estimate),
    })
}

fn figure(name: &str, found: &Estimate) -> Option<Value> {
    Some(match name {
        "estimate" => optional(found.value.finite()),
        "std_error" => optional(found.std_error),
        "p_value" => optional(found.p_value),
        "df" => optional(found.reference.df()),
        "conf_int" => {
            let ends = found
                .interval
                .map_or([None; 2], |interval| [interval.low, interval.high]);
            json!(ends.map(optional))
        }
        _ => return None,
    })
}
