//! Numbers as sentences of the APA: `B = −0.32, 95% CI [−0.51, −0.13], t(98.4) = −3.31, p = .001`.
//!
//! The rules, of the Publication Manual of the APA (7th edition, 2020, sections 6.36 and 6.45):
//!
//! - two decimals, and more where the standard error is so small that two would show none of it;
//! - no zero before the decimal sign of what cannot lie beyond one: p-values, correlations, shares;
//! - p-values with three decimals, and `p < .001` below;
//! - the level of the first interval is named, its ends stand between brackets.
//!
//! In Dutch the decimal sign is a comma, so a semicolon stands between the numbers of a pair.

use kring_core::{Alternative, Boundary, Caution, Estimate, JointTest, Measure, Reference, Value};

use crate::Language;
use crate::number::{decimals, fixed, interval, level, p_value, statistic, without_zero};

/// An estimate as a phrase of the APA, in a language.
///
/// Ratios are shown as ratios, with their intervals, and their statistic on the scale of logs, where
/// it was computed. What an estimate does not have is left out.
///
/// ```
/// use kring_core::{
///     Alternative, Estimate, Interval, IntervalKind, Measure, Reference, Sample, Value,
/// };
/// use kring_report::{Language, apa};
/// let estimate = Estimate {
///     label: "EKC − WT".into(),
///     measure: Measure::Coefficient { unit: None },
///     value: Value::Value(-0.32),
///     std_error: Some(0.0967),
///     null: 0.0,
///     alternative: Alternative::TwoSided,
///     reference: Reference::StudentT { df: 98.4 },
///     interval: Some(Interval {
///         low: Some(-0.51),
///         high: Some(-0.13),
///         level: 0.95,
///         kind: IntervalKind::Wald,
///     }),
///     p_value: Some(0.0013),
///     sample: Sample::of(115),
///     method: "linear model".into(),
///     cautions: vec![],
/// };
/// assert_eq!(
///     apa(&estimate, Language::English),
///     "B = −0.32, 95% CI [−0.51, −0.13], t(98.4) = −3.31, p = .001"
/// );
/// assert_eq!(
///     apa(&estimate, Language::Dutch),
///     "B = −0,32, 95%-BI [−0,51; −0,13], t(98,4) = −3,31, p = ,001"
/// );
/// ```
pub fn apa(estimate: &Estimate, language: Language) -> String {
    let e = estimate;
    let value = match e.natural() {
        Value::Value(x) => write(e, x),
        Value::AtBoundary(Boundary::Zero) => "0".to_owned(),
        Value::AtBoundary(Boundary::Infinite) => "∞".to_owned(),
    };
    let mut parts = vec![format!(
        "{} = {}",
        symbol(&e.measure, language),
        language.figures(&value)
    )];
    if let Some(range) = e.natural_interval() {
        let ends = match (e.measure.is_log(), bounds(&e.measure)) {
            (true, _) => ("0", "∞"),
            (false, Some(ends)) => ends,
            (false, None) => ("−∞", "∞"),
        };
        let brackets = interval(&range, ends, |x| write(e, x));
        let head = language.say(&format!("{} CI", level(range.level)));
        parts.push(format!("{head} {}", language.figures(&brackets)));
    }
    // Of a perfect fit the errors are those of rounding, and so is what is divided by them.
    let tested = !e.cautions.contains(&Caution::PerfectFit);
    if let Some(p) = e.p_value.filter(|_| tested) {
        parts.extend(tested_by(e.statistic(), &e.reference, None, language));
        parts.push(p_of(p, &e.reference, language));
        if e.alternative != Alternative::TwoSided {
            parts.push(language.say("one-sided"));
        }
        if e.null != 0.0 {
            let null = if e.measure.is_log() {
                e.null.exp()
            } else {
                e.null
            };
            let null = language.figures(&write(e, null));
            parts.push(format!("{} {null}", language.word("tested against")));
        }
    }
    parts.join(", ")
}

/// A test without a sign as a phrase of the APA: `F(2, 110) = 3.42, p = .036`,
/// `χ²(2, N = 115) = 5.20, p = .074`.
pub fn apa_test(test: &JointTest, language: Language) -> String {
    let mut parts: Vec<String> = tested_by(
        test.statistic,
        &test.reference,
        Some(test.sample.rows),
        language,
    )
    .into_iter()
    .collect();
    if let Some(p) = test.p_value {
        parts.push(p_of(p, &test.reference, language));
    }
    parts.join(", ")
}

fn tested_by(
    value: Option<f64>,
    reference: &Reference,
    n: Option<usize>,
    language: Language,
) -> Option<String> {
    let value = value?;
    let said = match (reference, n) {
        // An exact or a resampled p-value has no statistic that a reader could look up.
        (Reference::Exact | Reference::Resampled { .. }, _) => return None,
        (Reference::ChiSquared { df }, Some(n)) => {
            let plain = statistic(Some(value), &Reference::ChiSquared { df: *df });
            plain.replacen(')', &format!(", N = {n})"), 1)
        }
        _ => statistic(Some(value), reference),
    };
    Some(language.figures(&said))
}

fn p_of(p: f64, reference: &Reference, language: Language) -> String {
    let p = language.figures(&p_value(p));
    match reference {
        Reference::Exact => format!("{p} ({})", language.word("exact")),
        Reference::Resampled { n, .. } => {
            format!("{p} ({})", language.say(&format!("{n} replicates")))
        }
        _ => p,
    }
}

/// A number of an estimate, or of an end of its interval, by the rules above.
fn write(e: &Estimate, x: f64) -> String {
    let finest = match e.std_error {
        // The error of a ratio is that of its log: it scales with the ratio.
        Some(error) if e.measure.is_log() => error * x.abs(),
        Some(error) => error,
        None => x.abs(),
    };
    let places = if finest > 0.0 && finest.is_finite() {
        decimals(finest, 1).clamp(2, 6)
    } else {
        2
    };
    let text = fixed(x, places);
    match bounds(&e.measure) {
        Some(_) => without_zero(&text),
        None => text,
    }
}

/// The ends of the scale of what cannot lie beyond one.
fn bounds(measure: &Measure) -> Option<(&'static str, &'static str)> {
    match measure {
        Measure::RiskDifference
        | Measure::Correlation
        | Measure::CliffsDelta
        | Measure::RankBiserial
        | Measure::Agreement
        | Measure::Reliability => Some(("−1", "1")),
        Measure::Proportion
        | Measure::ProbabilityOfSuperiority
        | Measure::Phi
        | Measure::CramersV
        | Measure::EtaSquared
        | Measure::OmegaSquared
        | Measure::EpsilonSquared => Some(("0", "1")),
        _ => None,
    }
}

/// The letter of a measure, or its name where it has none.
fn symbol(measure: &Measure, language: Language) -> &'static str {
    match measure {
        Measure::Mean { .. } => "M",
        Measure::MeanDifference { .. } => "ΔM",
        Measure::StandardizedMeanDifference => "SMD",
        Measure::LogOddsRatio => "OR",
        Measure::LogRateRatio => "IRR",
        Measure::LogRiskRatio => "RR",
        Measure::RiskDifference => "RD",
        Measure::LogHazardRatio => "HR",
        Measure::Correlation => "r",
        Measure::Coefficient { .. } => "B",
        Measure::CohensH => "h",
        Measure::CohensF => "f",
        Measure::CohensW => "w",
        Measure::CliffsDelta => "δ",
        Measure::CramersV => "V",
        other => language.word(other.name()),
    }
}

#[cfg(test)]
mod tests {
    use kring_core::{Interval, IntervalKind, Sample};

    use super::*;

    fn estimate(measure: Measure, value: f64, error: f64, ends: (f64, f64)) -> Estimate {
        Estimate {
            label: "EKC − WT".into(),
            measure,
            value: Value::Value(value),
            std_error: Some(error),
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Normal,
            interval: Some(Interval {
                low: Some(ends.0),
                high: Some(ends.1),
                level: 0.95,
                kind: IntervalKind::Wald,
            }),
            p_value: Some(0.0204),
            sample: Sample::of(115),
            method: String::new(),
            cautions: vec![],
        }
    }

    // ln 2 = 0.6931, error 0.2989: z = 0.6931 / 0.2989 = 2.319; ends 0.6931 ± 1.96 × 0.2989 =
    // 0.1073 and 1.2790; e^0.1073 = 1.1133, e^1.2790 = 3.5930.
    #[test]
    fn ratios_are_ratios_and_their_statistic_is_that_of_logs() {
        let said = |measure: Measure, language: Language| {
            apa(
                &estimate(measure, 2_f64.ln(), 0.2989, (0.1073, 1.2790)),
                language,
            )
        };
        for (measure, letter) in [
            (Measure::LogOddsRatio, "OR"),
            (Measure::LogRiskRatio, "RR"),
            (Measure::LogRateRatio, "IRR"),
            (Measure::LogHazardRatio, "HR"),
        ] {
            assert_eq!(
                said(measure.clone(), Language::English),
                format!("{letter} = 2.00, 95% CI [1.11, 3.59], z = 2.32, p = .020")
            );
            assert_eq!(
                said(measure, Language::Dutch),
                format!("{letter} = 2,00, 95%-BI [1,11; 3,59], z = 2,32, p = ,020")
            );
        }
    }

    #[test]
    fn what_cannot_lie_beyond_one_has_no_zero_in_front() {
        let mut r = estimate(Measure::Correlation, -0.4219, 0.1, (-0.6, -0.2));
        r.p_value = None;
        assert_eq!(apa(&r, Language::English), "r = −.42, 95% CI [−.60, −.20]");
        assert_eq!(apa(&r, Language::Dutch), "r = −,42, 95%-BI [−,60; −,20]");
        r.interval = None;
        r.measure = Measure::CohensH;
        assert_eq!(apa(&r, Language::English), "h = −0.42");
    }

    // An error of 0.0004 shows nothing of itself with two decimals: it asks for four.
    #[test]
    fn small_errors_get_more_decimals_and_large_ones_do_not() {
        let mut e = estimate(
            Measure::Coefficient { unit: None },
            0.0012,
            0.0004,
            (0.0004, 0.002),
        );
        e.p_value = None;
        assert_eq!(
            apa(&e, Language::English),
            "B = 0.0012, 95% CI [0.0004, 0.0020]"
        );
        e = estimate(
            Measure::Mean { unit: None },
            1511.25,
            30.2,
            (1452.0, 1570.5),
        );
        e.p_value = None;
        assert_eq!(
            apa(&e, Language::Dutch),
            "M = 1511,25, 95%-BI [1452,00; 1570,50]"
        );
    }

    #[test]
    fn edges_sides_and_replicates_are_said() {
        let mut e = estimate(Measure::LogOddsRatio, 0.0, 0.5, (0.0, 1.0));
        e.value = Value::AtBoundary(Boundary::Infinite);
        e.interval = Some(Interval {
            low: Some(2_f64.ln()),
            high: None,
            level: 0.9,
            kind: IntervalKind::Exact,
        });
        e.reference = Reference::Exact;
        e.alternative = Alternative::Greater;
        e.p_value = Some(0.000_2);
        assert_eq!(
            apa(&e, Language::Dutch),
            "OR = ∞, 90%-BI [2,00; ∞), p < ,001 (exact), eenzijdig"
        );
        e.reference = Reference::Resampled {
            n: 4999,
            mcse: 0.001,
        };
        e.null = 1.5_f64.ln();
        assert_eq!(
            apa(&e, Language::English),
            "OR = ∞, 90% CI [2.00, ∞), p < .001 (4999 replicates), one-sided, tested against 1.50"
        );
        e.cautions.push(Caution::PerfectFit);
        assert_eq!(apa(&e, Language::English), "OR = ∞, 90% CI [2.00, ∞)");
    }

    #[test]
    fn joint_tests_have_their_distribution() {
        let mut test = JointTest {
            label: "arm × wave".into(),
            statistic: Some(3.4189),
            reference: Reference::F {
                numerator: 2.0,
                denominator: 109.5,
            },
            p_value: Some(0.0363),
            sample: Sample::of(115),
            method: String::new(),
            cautions: vec![],
        };
        assert_eq!(
            apa_test(&test, Language::English),
            "F(2, 109.5) = 3.42, p = .036"
        );
        assert_eq!(
            apa_test(&test, Language::Dutch),
            "F(2; 109,5) = 3,42, p = ,036"
        );
        test.reference = Reference::ChiSquared { df: 2.0 };
        assert_eq!(
            apa_test(&test, Language::English),
            "χ²(2, N = 115) = 3.42, p = .036"
        );
        assert_eq!(
            apa_test(&test, Language::Dutch),
            "χ²(2; N = 115) = 3,42, p = ,036"
        );
        test.reference = Reference::Exact;
        test.statistic = None;
        assert_eq!(apa_test(&test, Language::English), "p = .036 (exact)");
    }
}
