use serde::{Deserialize, Serialize};

use crate::{Error, Sample};

/// One number that a model says, with everything needed to read it.
///
/// The value stands on the additive scale of its [`Measure`]: ratios are kept as logs, and
/// [`Estimate::natural`] exponentiates value and interval together. It flows unchanged from a
/// t-test to a meta-analysis, and doubt travels with it as [`Caution`]s.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// What it is of: `CBT − EMDR`, `trtC`.
    pub label: String,
    /// What kind of number it is.
    pub measure: Measure,
    /// The number.
    pub value: Value,
    /// Its standard error, where it has one.
    pub std_error: Option<f64>,
    /// The value of no effect that the test is against.
    pub null: f64,
    /// On which side of it the alternative lies.
    pub alternative: Alternative,
    /// The distribution that interval and p-value come from.
    pub reference: Reference,
    /// The interval.
    pub interval: Option<Interval>,
    /// The p-value.
    pub p_value: Option<f64>,
    /// What it rests on.
    pub sample: Sample,
    /// How it was computed, in words.
    pub method: String,
    /// Why one may doubt it.
    pub cautions: Vec<Caution>,
}

/// What kind of number an estimate is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Measure {
    /// A mean.
    Mean {
        /// The unit of the variable.
        unit: Option<String>,
    },
    /// A difference of means.
    MeanDifference {
        /// The unit of the variable.
        unit: Option<String>,
    },
    /// A difference of means in standard deviations.
    StandardizedMeanDifference,
    /// The log of an odds ratio.
    LogOddsRatio,
    /// The log of a ratio of rates.
    LogRateRatio,
    /// The log of a ratio of risks.
    LogRiskRatio,
    /// A difference of risks.
    RiskDifference,
    /// A share between 0 and 1.
    Proportion,
    /// The log of a ratio of hazards.
    LogHazardRatio,
    /// A correlation.
    Correlation,
    /// A coefficient of a regression on its linear scale.
    Coefficient {
        /// The unit of the response.
        unit: Option<String>,
    },
    /// How far one distribution lies from another of the same shape.
    LocationShift {
        /// The unit of the variable.
        unit: Option<String>,
    },
    /// Events per unit of time.
    Rate {
        /// Of what per what: `reports per year`.
        unit: Option<String>,
    },
    /// A difference of rates.
    RateDifference,
    /// The log of a ratio of means.
    LogMeanRatio,
    /// Cohen's h, a difference of shares on the arcsine scale.
    CohensH,
    /// Cohen's f, the standard deviation of the groups' means in standard deviations.
    CohensF,
    /// Cohen's w, √(χ²/n) of the shares of a table.
    CohensW,
    /// Cliff's δ, the share of pairs in which the first is larger less that in which it is smaller.
    CliffsDelta,
    /// The rank-biserial correlation.
    RankBiserial,
    /// The chance that one drawn from the first group has more than one drawn from the second.
    ProbabilityOfSuperiority,
    /// φ of a table of two by two.
    Phi,
    /// Cramér's V.
    CramersV,
    /// The share of the variance between groups, in the sample.
    EtaSquared,
    /// The share of the variance between groups, less biased.
    OmegaSquared,
    /// The share of the variance (or of the ranks') between groups, corrected for chance.
    EpsilonSquared,
    /// Agreement beyond chance: κ, Krippendorff's α.
    Agreement,
    /// The share of a score that is not error: α, ω, an intraclass correlation.
    Reliability,
    /// A shape or dispersion parameter.
    Dispersion,
}

impl Measure {
    /// Whether the value is the log of what people read.
    pub fn is_log(&self) -> bool {
        matches!(
            self,
            Self::LogOddsRatio
                | Self::LogRateRatio
                | Self::LogRiskRatio
                | Self::LogHazardRatio
                | Self::LogMeanRatio
        )
    }

    /// What people call the number on the scale they read it on.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Mean { .. } => "mean",
            Self::MeanDifference { .. } => "mean difference",
            Self::StandardizedMeanDifference => "standardised mean difference",
            Self::LogOddsRatio => "odds ratio",
            Self::LogRateRatio => "rate ratio",
            Self::LogRiskRatio => "risk ratio",
            Self::RiskDifference => "risk difference",
            Self::Proportion => "proportion",
            Self::LogHazardRatio => "hazard ratio",
            Self::Correlation => "correlation",
            Self::Coefficient { .. } => "coefficient",
            Self::LocationShift { .. } => "location shift",
            Self::Rate { .. } => "rate",
            Self::RateDifference => "rate difference",
            Self::LogMeanRatio => "ratio of means",
            Self::CohensH => "Cohen's h",
            Self::CohensF => "Cohen's f",
            Self::CohensW => "Cohen's w",
            Self::CliffsDelta => "Cliff's δ",
            Self::RankBiserial => "rank-biserial correlation",
            Self::ProbabilityOfSuperiority => "probability of superiority",
            Self::Phi => "φ",
            Self::CramersV => "Cramér's V",
            Self::EtaSquared => "η²",
            Self::OmegaSquared => "ω²",
            Self::EpsilonSquared => "ε²",
            Self::Agreement => "agreement",
            Self::Reliability => "reliability",
            Self::Dispersion => "dispersion",
        }
    }

    /// The unit of the number, where it has one.
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Mean { unit }
            | Self::MeanDifference { unit }
            | Self::Coefficient { unit }
            | Self::Rate { unit }
            | Self::LocationShift { unit } => unit.as_deref(),
            _ => None,
        }
    }
}

/// A number, or the edge of the scale where no number can stand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// A finite number on the additive scale.
    Value(f64),
    /// The estimate lies at the edge, as an odds ratio with an empty cell.
    AtBoundary(Boundary),
}

/// An edge of the natural scale of a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boundary {
    /// A ratio of zero.
    Zero,
    /// A ratio beyond all numbers.
    Infinite,
}

impl Value {
    /// The number, unless it lies at the edge.
    pub fn finite(self) -> Option<f64> {
        match self {
            Self::Value(x) => Some(x),
            Self::AtBoundary(_) => None,
        }
    }
}

/// On which side of the null value the alternative lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Alternative {
    /// Either side.
    #[default]
    TwoSided,
    /// The value is smaller than the null.
    Less,
    /// The value is greater than the null.
    Greater,
}

/// The distribution that an interval and a p-value come from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reference {
    /// The standard normal.
    Normal,
    /// Student's t.
    StudentT {
        /// Degrees of freedom, which need not be whole.
        df: f64,
    },
    /// Fisher's F.
    F {
        /// Degrees of freedom of the numerator.
        numerator: f64,
        /// Degrees of freedom of the denominator.
        denominator: f64,
    },
    /// χ².
    ChiSquared {
        /// Degrees of freedom.
        df: f64,
    },
    /// The exact distribution under the null hypothesis.
    Exact,
    /// Replicates, with the Monte Carlo standard error of the p-value, or of the standard error where
    /// there is no p-value.
    Resampled {
        /// The number of replicates.
        n: usize,
        /// The Monte Carlo standard error.
        mcse: f64,
    },
}

impl Reference {
    /// The degrees of freedom of a t distribution, or the denominator's of an F.
    pub fn df(&self) -> Option<f64> {
        match *self {
            Self::StudentT { df } | Self::ChiSquared { df } => Some(df),
            Self::F { denominator, .. } => Some(denominator),
            _ => None,
        }
    }
}

/// A range of values on the same scale as the estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// The lower end; absent where there is none.
    pub low: Option<f64>,
    /// The upper end; absent where there is none.
    pub high: Option<f64>,
    /// The share of such intervals that cover the truth, 0.95 as a rule.
    pub level: f64,
    /// How it was made.
    pub kind: IntervalKind,
}

/// How an interval was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IntervalKind {
    /// Estimate ± quantile × standard error.
    Wald,
    /// Where the likelihood ratio test would not reject.
    Profile,
    /// Where the score test would not reject.
    Score,
    /// From the exact distribution.
    Exact,
    /// From a noncentral distribution.
    Noncentral,
    /// From bootstrap replicates.
    Bootstrap(Bootstrap),
}

/// How bootstrap replicates became an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bootstrap {
    /// The replicates' own quantiles.
    Percentile,
    /// The replicates' quantiles mirrored at the estimate.
    Basic,
    /// Corrected for bias and acceleration.
    BiasCorrectedAccelerated,
    /// Quantiles of the studentised replicates.
    Studentized,
}

/// A doubt that travels with a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Caution {
    /// Rows with a missing value were left out, so the number speaks of the complete cases only.
    CompleteCases {
        /// Rows used.
        used: usize,
        /// Rows that might have been used.
        of: usize,
    },
    /// Columns that add nothing to the others; their coefficients are not estimated.
    Aliased {
        /// The columns left out, as R leaves them out.
        columns: Vec<String>,
    },
    /// Few clusters: the robust error tends to be too small.
    FewClusters {
        /// How many there are.
        clusters: usize,
    },
    /// Few degrees of freedom: the Satterthwaite approximation is unreliable below about four.
    FewDegreesOfFreedom {
        /// How many there are.
        df: f64,
    },
    /// Small expected counts: the χ² approximation is rough.
    SmallExpectedCounts {
        /// The smallest expected count.
        smallest: f64,
        /// Cells that expect fewer than five.
        below_five: usize,
        /// All cells.
        cells: usize,
    },
    /// A row with leverage one determines its own fitted value.
    FullLeverage {
        /// How many such rows there are.
        rows: usize,
    },
    /// A cluster determines its own fitted values, so its correction is a pseudo-inverse.
    FullLeverageClusters {
        /// How many such clusters there are.
        clusters: usize,
    },
    /// Every cluster determines the coefficient by itself, so that no error can be estimated.
    NoError,
    /// Clusters were named, but the standard errors take the rows as independent.
    ClustersIgnored,
    /// Several rows belong to one subject, but the standard errors take the rows as independent.
    RepeatedSubjects,
    /// The fit is exact up to rounding, so errors mean nothing.
    PerfectFit,
    /// An approximate interval that held the truth less often than it says, where that was measured.
    TooNarrow {
        /// Why it may do so here, and what to take instead: a sentence.
        why: String,
        /// The simulated data on which it was measured.
        on: String,
        /// How many in a hundred intervals of 95% held the truth there.
        percent: f64,
    },
    /// The groups were not allocated at random.
    NotRandomised,
    /// The numbers come from simulated data and are no evidence.
    Simulated,
    /// Anything else, in words.
    Note(String),
}

impl Caution {
    /// The doubt as a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::CompleteCases { used, of } => format!(
                "Rests on the {used} of {of} with complete data; those who are missing may differ."
            ),
            Self::Aliased { columns } => format!(
                "Not estimated, because the other columns already contain it: {}.",
                columns.join(", ")
            ),
            Self::FewClusters { clusters } => {
                format!("Only {clusters} clusters: robust standard errors tend to be too small.")
            }
            Self::FewDegreesOfFreedom { df } => format!(
                "Only {df:.1} degrees of freedom: below about 4 the Satterthwaite approximation is unreliable."
            ),
            Self::SmallExpectedCounts {
                smallest,
                below_five,
                cells,
            } => format!(
                "{below_five} of {cells} cells expect fewer than 5 (the smallest {smallest:.2}): the χ² approximation is rough."
            ),
            Self::FullLeverage { rows } => format!(
                "{rows} row(s) determine their own fitted value and carry no information on the error."
            ),
            Self::FullLeverageClusters { clusters } => format!(
                "{clusters} cluster(s) determine their own fitted values; their correction uses a pseudo-inverse."
            ),
            Self::NoError => {
                "Every cluster determines this coefficient by itself: no cluster-robust \
                error can be estimated. Use classical or HC errors, or fewer columns."
                    .to_owned()
            }
            Self::ClustersIgnored => {
                "Clusters were named, but these standard errors take the rows as \
                independent: choose cr2 to allow for the clusters."
                    .to_owned()
            }
            Self::RepeatedSubjects => {
                "Several rows belong to one subject, but these standard errors \
                take the rows as independent: name the subject as cluster and choose cr2."
                    .to_owned()
            }
            Self::PerfectFit => {
                "The model fits the data exactly up to rounding: standard errors mean nothing."
                    .to_owned()
            }
            Self::TooNarrow { why, on, percent } => format!(
                "{why} On simulated data ({on}) an interval of 95% held the truth in {percent:.1}% \
                of samples; docs/coverage.md has the others."
            ),
            Self::NotRandomised => {
                "The groups were not allocated at random: a difference is not by itself an effect."
                    .to_owned()
            }
            Self::Simulated => "From simulated data: no evidence.".to_owned(),
            Self::Note(text) => text.clone(),
        }
    }
}

impl Estimate {
    /// The same estimate, if every number in it is finite.
    pub fn checked(self) -> Result<Self, Error> {
        let mut numbers = vec![self.null];
        numbers.extend(self.value.finite());
        numbers.extend(self.std_error);
        numbers.extend(self.p_value);
        numbers.extend(self.reference.df());
        if let Some(interval) = self.interval {
            numbers.extend(interval.low);
            numbers.extend(interval.high);
        }
        if numbers.iter().all(|x| x.is_finite()) {
            return Ok(self);
        }
        Err(Error::Overflow {
            what: format!("the estimate of `{}`", self.label),
        })
    }

    /// (value − null) / standard error, where both are numbers and the error is not zero.
    pub fn statistic(&self) -> Option<f64> {
        let std_error = self.std_error.filter(|&se| se > 0.0)?;
        Some((self.value.finite()? - self.null) / std_error)
    }

    /// The value on the scale people read: ratios exponentiated, all else as it is.
    pub fn natural(&self) -> Value {
        match self.value {
            Value::Value(x) if self.measure.is_log() => Value::Value(x.exp()),
            value => value,
        }
    }

    /// The interval on the scale people read.
    pub fn natural_interval(&self) -> Option<Interval> {
        let interval = self.interval?;
        if !self.measure.is_log() {
            return Some(interval);
        }
        Some(Interval {
            low: interval.low.map(f64::exp),
            high: interval.high.map(f64::exp),
            ..interval
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    fn log_odds_ratio(value: Value) -> Estimate {
        Estimate {
            label: "EKC − WT".into(),
            measure: Measure::LogOddsRatio,
            value,
            std_error: Some(0.5),
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Normal,
            interval: Some(Interval {
                low: Some(0.0),
                high: None,
                level: 0.95,
                kind: IntervalKind::Wald,
            }),
            p_value: Some(0.05),
            sample: Sample::of(115),
            method: "by hand".into(),
            cautions: vec![],
        }
    }

    #[test]
    fn a_ratio_is_kept_as_a_log_and_read_as_a_ratio() {
        let estimate = log_odds_ratio(Value::Value(2.0_f64.ln()));
        assert!((estimate.natural().finite().unwrap() - 2.0).abs() < 1e-15);
        let interval = estimate.natural_interval().unwrap();
        assert_eq!((interval.low, interval.high), (Some(1.0), None));
        assert_eq!(estimate.statistic(), Some(2.0_f64.ln() / 0.5));
    }

    #[test]
    fn an_edge_is_no_number_and_nan_is_no_estimate() {
        let edge = log_odds_ratio(Value::AtBoundary(Boundary::Infinite));
        assert_eq!(edge.statistic(), None);
        assert_eq!(edge.natural(), Value::AtBoundary(Boundary::Infinite));
        assert!(edge.checked().is_ok());
        assert!(log_odds_ratio(Value::Value(f64::NAN)).checked().is_err());
    }

    #[test]
    fn an_estimate_survives_being_written_and_read() {
        let estimate = log_odds_ratio(Value::Value(0.1 + 0.2));
        let text = serde_json::to_string(&estimate).unwrap();
        assert_eq!(serde_json::from_str::<Estimate>(&text).unwrap(), estimate);
        let with_more = text.replace("\"null\"", "\"nul\":1,\"null\"");
        assert!(serde_json::from_str::<Estimate>(&with_more).is_err());
    }
}
