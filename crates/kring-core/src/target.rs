use serde::{Deserialize, Serialize};

use crate::{Estimate, Indicator, Published};

/// A figure that somebody published, with where it stands and how it was read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name in the study's protocol.
    pub id: String,
    /// What it is a figure of, in words.
    pub label: String,
    /// The measured thing, where several definitions go by one word: `network_asked_by_worker`.
    pub indicator: Option<String>,
    /// The arm or group it speaks of.
    pub group: Option<String>,
    /// The wave, year or time it speaks of.
    pub wave: Option<String>,
    /// The figure with the digits it was printed with.
    pub value: Published,
    /// Its published interval.
    pub interval: Option<TargetInterval>,
    /// Its published p-value.
    pub p_value: Option<Published>,
    /// The number it rests on, where that is published.
    pub sample: Option<usize>,
    /// Where it stands.
    pub source: Source,
    /// How it was read.
    pub seen: Seen,
    /// Errata and doubts about the source.
    pub note: Option<String>,
    /// The verdict that is expected; any other makes a replication fail.
    pub expect: VerdictKind,
}

/// A published interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetInterval {
    /// Its lower end.
    pub low: Published,
    /// Its upper end.
    pub high: Published,
    /// Its level, 0.95 as a rule.
    pub level: f64,
}

/// Where a published figure stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Source {
    /// The name by which a protocol refers to it.
    pub id: String,
    /// Who wrote it.
    pub authors: String,
    /// When.
    pub year: Option<i32>,
    /// Its title.
    pub title: String,
    /// Its DOI, without the resolver.
    pub doi: Option<String>,
    /// Where it was read.
    pub url: Option<String>,
    /// The page.
    pub page: Option<String>,
    /// The table or figure.
    pub table: Option<String>,
    /// The words around the figure.
    pub quote: Option<String>,
}

/// How a published figure was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// It stood in the text of the source.
    Source,
    /// It stood in a copy of the source's table or abstract.
    Copy,
    /// Another text gives it as the source's.
    SecondHand,
    /// It follows from figures that were seen, by arithmetic.
    Derived,
}

/// A number of ours, ready to be set beside a published one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    /// What it is, in words: `mean of age, arm C`.
    pub what: String,
    /// The number, on the scale on which such numbers are printed.
    pub value: f64,
    /// Whether it is a share from 0 to 1, which a percentage is compared with a hundredfold.
    pub share: bool,
    /// Its standard error on the same scale.
    pub std_error: Option<f64>,
    /// Its interval on the same scale.
    pub interval: Option<(f64, f64)>,
    /// The level of that interval.
    pub level: Option<f64>,
    /// Its p-value.
    pub p_value: Option<f64>,
    /// The value of no effect on the same scale: 0 for a difference, 1 for a ratio.
    pub null: f64,
    /// How many it rests on.
    pub n: Option<usize>,
    /// What it was computed from.
    pub evidence: Evidence,
}

/// How the data of a quantity are related to those of the published figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The same data: the figures must be equal within printed rounding.
    Same,
    /// Other data on the same question: the figures can only agree within their errors.
    Other,
    /// Data built to have this figure: no evidence.
    Constructed,
}

/// A published figure with ours beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// The published figure.
    pub target: Target,
    /// Ours, where there is one.
    pub quantity: Option<Quantity>,
    /// What was set side by side: the value, the ends of the interval, the p-value.
    pub checks: Vec<Check>,
    /// What came of it.
    pub verdict: Verdict,
}

/// One printed number beside one of ours.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Which number of the target.
    pub part: ComparedPart,
    /// As printed.
    pub printed: String,
    /// Ours, on the printed scale.
    pub ours: f64,
    /// How far ours lies outside what the printed digits admit, in units of the last place.
    pub units_off: f64,
}

/// A number that a target may print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparedPart {
    /// The figure itself.
    Value,
    /// The lower end of its interval.
    Low,
    /// The upper end of its interval.
    High,
    /// Its p-value.
    PValue,
}

/// What came of setting a number of ours beside a published one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Verdict {
    /// Same data, equal within printed rounding.
    Reproduced,
    /// Same data, off by at most [`NEAR_MISS_UNITS`] units in the last place, on the same side of a
    /// printed bound and of zero.
    NearMiss {
        /// How far off, in units of the last place.
        units: f64,
    },
    /// Same data, another figure.
    Different {
        /// How far off, in units of the last place.
        units: f64,
    },
    /// Other data: no difference was seen, and one as large as the effect would have been.
    Agrees {
        /// The difference in standard errors of the difference.
        z: f64,
    },
    /// Other data: the difference exceeds both errors.
    Disagrees {
        /// The difference in standard errors of the difference.
        z: f64,
    },
    /// Other data, and the errors cannot tell.
    Inconclusive {
        /// Why.
        why: String,
    },
    /// The data were built to have this figure, and have it.
    ByConstruction,
    /// The figure cannot be computed from what is available.
    NotReproducible {
        /// Why.
        why: String,
    },
}

/// A verdict without its particulars.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is documented on Verdict")]
pub enum VerdictKind {
    Reproduced,
    NearMiss,
    Different,
    Agrees,
    Disagrees,
    Inconclusive,
    ByConstruction,
    NotReproducible,
}

/// The most units in the last place by which a near miss may be off.
pub const NEAR_MISS_UNITS: f64 = 2.0;

/// The normal quantile of a two-sided test at 5%.
const Z: f64 = 1.959_963_984_540_054;

/// Sets a quantity beside a published figure.
///
/// On the same data, the printed digits decide: every number that the target prints (value,
/// interval, p-value) must be admitted by its digits, and the worst of them gives the verdict.
///
/// On other data, both standard errors decide. The target's comes from its interval. With
/// d = ours − theirs and s² the sum of both squared errors: `Disagrees` if |d| > 1.96 s; else
/// `Agrees` if 1.96 s is smaller than the published effect (its distance from no effect), so that a
/// vanished effect would have shown; else `Inconclusive`.
pub fn compare(quantity: Quantity, target: &Target) -> Comparison {
    let checks = checks(&quantity, target);
    let verdict = match quantity.evidence {
        Evidence::Constructed => match furthest(&checks) {
            0.0 => Verdict::ByConstruction,
            units => Verdict::Different { units },
        },
        Evidence::Same => same_data(&checks, &quantity, target),
        Evidence::Other => other_data(&quantity, target),
    };
    Comparison {
        target: target.clone(),
        quantity: Some(quantity),
        checks,
        verdict,
    }
}

impl Target {
    /// The indicator of involvement that it is a figure of, where it is of one: what [`side_by_side`]
    /// needs before it is set beside another.
    ///
    /// [`side_by_side`]: crate::side_by_side
    pub fn involvement(&self) -> Option<Indicator> {
        self.indicator.as_deref()?.parse().ok()
    }
}

impl Comparison {
    /// A target that cannot be computed from what is available.
    pub fn not_reproducible(target: &Target, why: impl Into<String>) -> Self {
        Self {
            target: target.clone(),
            quantity: None,
            checks: Vec::new(),
            verdict: Verdict::NotReproducible { why: why.into() },
        }
    }

    /// Whether the verdict is the one that the claim declares.
    pub fn as_expected(&self) -> bool {
        self.verdict.kind() == self.target.expect
    }
}

impl Verdict {
    /// The verdict without its particulars.
    pub fn kind(&self) -> VerdictKind {
        match self {
            Self::Reproduced => VerdictKind::Reproduced,
            Self::NearMiss { .. } => VerdictKind::NearMiss,
            Self::Different { .. } => VerdictKind::Different,
            Self::Agrees { .. } => VerdictKind::Agrees,
            Self::Disagrees { .. } => VerdictKind::Disagrees,
            Self::Inconclusive { .. } => VerdictKind::Inconclusive,
            Self::ByConstruction => VerdictKind::ByConstruction,
            Self::NotReproducible { .. } => VerdictKind::NotReproducible,
        }
    }

    /// The particulars in words, where there are any.
    pub fn particulars(&self) -> Option<String> {
        match self {
            Self::Different { units } if *units < 0.05 => {
                Some("at the printed bound itself".to_owned())
            }
            Self::NearMiss { units } | Self::Different { units } => {
                Some(format!("off by {units:.1} units in the last place"))
            }
            Self::Agrees { z } | Self::Disagrees { z } => {
                Some(format!("{:.2} standard errors apart", z.abs()))
            }
            Self::Inconclusive { why } | Self::NotReproducible { why } => Some(why.clone()),
            Self::Reproduced | Self::ByConstruction => None,
        }
    }
}

impl VerdictKind {
    /// All kinds, in the order in which a summary counts them.
    pub const ALL: [Self; 8] = [
        Self::Reproduced,
        Self::NearMiss,
        Self::Different,
        Self::Agrees,
        Self::Disagrees,
        Self::Inconclusive,
        Self::ByConstruction,
        Self::NotReproducible,
    ];

    /// The kind in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::NearMiss => "near miss",
            Self::Different => "different",
            Self::Agrees => "agrees",
            Self::Disagrees => "disagrees",
            Self::Inconclusive => "inconclusive",
            Self::ByConstruction => "by construction",
            Self::NotReproducible => "not reproducible",
        }
    }
}

impl Quantity {
    /// A number of which nothing but the value is known.
    pub fn plain(what: impl Into<String>, value: f64, evidence: Evidence) -> Self {
        Self {
            what: what.into(),
            value,
            share: false,
            std_error: None,
            interval: None,
            level: None,
            p_value: None,
            null: 0.0,
            n: None,
            evidence,
        }
    }

    /// A share from 0 to 1.
    pub fn share(what: impl Into<String>, value: f64, evidence: Evidence) -> Self {
        Self {
            share: true,
            ..Self::plain(what, value, evidence)
        }
    }

    /// An estimate on the scale people read, unless it lies at the edge of that scale.
    ///
    /// The standard error of a ratio is on the log scale and is not passed on.
    pub fn estimate(estimate: &Estimate, evidence: Evidence) -> Option<Self> {
        let interval = estimate
            .natural_interval()
            .and_then(|interval| Some((interval.low?, interval.high?)));
        let shares = matches!(
            estimate.measure,
            crate::Measure::Proportion | crate::Measure::RiskDifference
        );
        Some(Self {
            what: format!("{} of {}", estimate.measure.name(), estimate.label),
            value: estimate.natural().finite()?,
            share: shares,
            std_error: estimate.std_error.filter(|_| !estimate.measure.is_log()),
            interval,
            level: estimate.interval.map(|interval| interval.level),
            p_value: estimate.p_value,
            null: if estimate.measure.is_log() {
                estimate.null.exp()
            } else {
                estimate.null
            },
            n: Some(estimate.sample.rows),
            evidence,
        })
    }

    /// An estimate on the scale of the model, where a ratio is its logarithm, as programs print
    /// coefficients.
    pub fn coefficient(estimate: &Estimate, evidence: Evidence) -> Option<Self> {
        let natural = Self::estimate(estimate, evidence)?;
        if !estimate.measure.is_log() {
            return Some(natural);
        }
        let interval = estimate.interval;
        Some(Self {
            what: format!("logarithm of {}", natural.what),
            value: estimate.value.finite()?,
            std_error: estimate.std_error,
            interval: interval.and_then(|interval| Some((interval.low?, interval.high?))),
            null: estimate.null,
            ..natural
        })
    }
}

fn checks(quantity: &Quantity, target: &Target) -> Vec<Check> {
    let scale = |printed: &Published| {
        if printed.percent && quantity.share {
            100.0
        } else {
            1.0
        }
    };
    let check = |part, printed: &Published, ours: f64| {
        let ours = ours * scale(printed);
        let distance = printed.distance(ours)?;
        // A strict bound that is met exactly is missed by nothing, but missed.
        let units_off = if printed.admits(ours) {
            0.0
        } else {
            distance.max(f64::MIN_POSITIVE)
        };
        Some(Check {
            part,
            printed: printed.text.clone(),
            ours,
            units_off,
        })
    };
    let mut checks = Vec::new();
    checks.extend(check(ComparedPart::Value, &target.value, quantity.value));
    if let (Some(printed), Some((low, high))) = (&target.interval, quantity.interval) {
        checks.extend(check(ComparedPart::Low, &printed.low, low));
        checks.extend(check(ComparedPart::High, &printed.high, high));
    }
    if let (Some(printed), Some(p_value)) = (&target.p_value, quantity.p_value) {
        checks.extend(check(ComparedPart::PValue, printed, p_value));
    }
    checks
}

fn same_data(checks: &[Check], quantity: &Quantity, target: &Target) -> Verdict {
    let printed =
        1 + 2 * usize::from(target.interval.is_some()) + usize::from(target.p_value.is_some());
    if checks.len() < printed {
        let what = match (
            &target.interval,
            quantity.interval,
            &target.p_value,
            quantity.p_value,
        ) {
            (Some(_), None, _, _) => "the interval",
            (_, _, Some(_), None) => "the p-value",
            _ => "the published statement, which has no number",
        };
        return Verdict::NotReproducible {
            why: format!("ours gives nothing to set beside {what}"),
        };
    }
    if let (Some(theirs), Some(ours)) = (&target.interval, quantity.level)
        && (theirs.level - ours).abs() > 1e-9
    {
        return Verdict::NotReproducible {
            why: format!(
                "their interval is at level {}, ours at {ours}",
                theirs.level
            ),
        };
    }
    let units = furthest(checks);
    if units == 0.0 {
        Verdict::Reproduced
    } else if units <= NEAR_MISS_UNITS && !crossed(checks, target) {
        Verdict::NearMiss { units }
    } else {
        Verdict::Different { units }
    }
}

/// How far off the worst of the checks is.
fn furthest(checks: &[Check]) -> f64 {
    checks
        .iter()
        .map(|check| check.units_off)
        .fold(0.0, f64::max)
}

/// Whether ours lies beyond a printed bound, or on the other side of zero: no slip of rounding.
fn crossed(checks: &[Check], target: &Target) -> bool {
    let is_bound = |printed: &Published| {
        let (low, high) = printed.limits();
        low.is_none() != high.is_none()
    };
    checks.iter().any(|check| {
        let printed = match check.part {
            ComparedPart::Value => Some(&target.value),
            ComparedPart::PValue => target.p_value.as_ref(),
            ComparedPart::Low => target.interval.as_ref().map(|interval| &interval.low),
            ComparedPart::High => target.interval.as_ref().map(|interval| &interval.high),
        };
        printed.is_some_and(|printed| {
            let opposite = printed
                .value()
                .is_some_and(|value| value * check.ours < 0.0);
            check.units_off > 0.0 && (is_bound(printed) || opposite)
        })
    })
}

fn other_data(quantity: &Quantity, target: &Target) -> Verdict {
    let inconclusive = |why: &str| Verdict::Inconclusive {
        why: why.to_owned(),
    };
    let Some(theirs) = target.value.value() else {
        return inconclusive("the published statement has no number");
    };
    let (low, high) = target.value.limits();
    if low.is_none() || high.is_none() {
        return inconclusive("the published figure is a bound");
    }
    let scale = if target.value.percent && quantity.share {
        100.0
    } else {
        1.0
    };
    let Some(ours_se) = quantity.std_error.map(|se| se * scale) else {
        return inconclusive("our figure has no standard error");
    };
    let theirs_se = target.interval.as_ref().and_then(|interval| {
        let z = if (interval.level - 0.95).abs() < 1e-9 {
            Z
        } else {
            return None;
        };
        Some((interval.high.value()? - interval.low.value()?) / (2.0 * z))
    });
    let Some(theirs_se) = theirs_se else {
        return inconclusive("the published figure has no 95% interval to take its error from");
    };
    let std_error = ours_se.hypot(theirs_se);
    if std_error <= 0.0 {
        return inconclusive("both standard errors are zero");
    }
    let z = (quantity.value * scale - theirs) / std_error;
    if z.abs() > Z {
        Verdict::Disagrees { z }
    } else if Z * std_error < (theirs - quantity.null * scale).abs() {
        Verdict::Agrees { z }
    } else {
        inconclusive("the errors are larger than the published effect")
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;
    use crate::Locale;

    fn printed(text: &str) -> Published {
        Published::parse(text, Locale::English).unwrap()
    }

    fn target(value: &str) -> Target {
        Target {
            id: "age".into(),
            label: "mean age".into(),
            indicator: None,
            group: None,
            wave: None,
            value: printed(value),
            interval: None,
            p_value: None,
            sample: None,
            source: Source::default(),
            seen: Seen::Source,
            note: None,
            expect: VerdictKind::Reproduced,
        }
    }

    fn ours(value: f64, evidence: Evidence) -> Quantity {
        Quantity::plain("ours", value, evidence)
    }

    #[test]
    fn on_the_same_data_the_printed_digits_decide() {
        let verdict = |value, x| compare(ours(x, Evidence::Same), &target(value)).verdict;
        assert_eq!(verdict("10.0", 10.04), Verdict::Reproduced);
        // 10.2 lies 0.15 beyond 10.05, which is one and a half units of 0.1.
        assert!(
            matches!(verdict("10.0", 10.2), Verdict::NearMiss { units } if (units - 1.5).abs() < 1e-9)
        );
        assert!(matches!(verdict("10.0", 11.0), Verdict::Different { .. }));
        assert!(matches!(
            verdict("< .001", 0.001),
            Verdict::Different { .. }
        ));
        assert!(matches!(verdict("0.1", -0.1), Verdict::Different { .. }));
    }

    #[test]
    fn every_printed_number_must_come_out() {
        let mut claim = target("7.71");
        claim.p_value = Some(printed(".034"));
        let mut quantity = ours(7.7095, Evidence::Same);
        let without_p = compare(quantity.clone(), &claim);
        assert_eq!(without_p.verdict.kind(), VerdictKind::NotReproducible);
        quantity.p_value = Some(0.034_31);
        let with_p = compare(quantity.clone(), &claim);
        assert_eq!(with_p.verdict, Verdict::Reproduced);
        assert!(with_p.as_expected());
        quantity.p_value = Some(0.36);
        assert_eq!(
            compare(quantity, &claim).verdict.kind(),
            VerdictKind::Different
        );
    }

    #[test]
    fn a_share_is_compared_with_a_percentage_a_hundredfold() {
        let share = Quantity::share("dropout", 10.0 / 55.0, Evidence::Same);
        let comparison = compare(share, &target("18.2%"));
        assert_eq!(comparison.verdict, Verdict::Reproduced);
        assert!((comparison.checks[0].ours - 18.181_818).abs() < 1e-6);
    }

    #[test]
    fn on_other_data_both_errors_decide() {
        let mut claim = target("10.0");
        // A 95% interval of ±1.96 means a standard error of 1.
        claim.interval = Some(TargetInterval {
            low: printed("8.04"),
            high: printed("11.96"),
            level: 0.95,
        });
        let other = |x: f64, se: Option<f64>| {
            let mut quantity = ours(x, Evidence::Other);
            quantity.std_error = se;
            compare(quantity, &claim).verdict.kind()
        };
        assert_eq!(other(11.0, Some(1.0)), VerdictKind::Agrees);
        assert_eq!(other(14.0, Some(1.0)), VerdictKind::Disagrees);
        assert_eq!(other(11.0, Some(8.0)), VerdictKind::Inconclusive);
        assert_eq!(other(10.0, None), VerdictKind::Inconclusive);
        let by_construction = compare(ours(10.0, Evidence::Constructed), &claim);
        assert_eq!(by_construction.verdict, Verdict::ByConstruction);
    }
}
