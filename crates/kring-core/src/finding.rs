use serde::{Deserialize, Serialize};

/// What a check of published figures found, with its arithmetic shown.
///
/// A finding is no accusation: a figure that cannot be as printed may be a slip of the pen, another
/// denominator, or a missing value that was not mentioned.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// Its name: that of the check in the protocol, or of the claim it ran on.
    pub id: String,
    /// Which check it was.
    pub kind: CheckKind,
    /// The claims it used.
    pub claims: Vec<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// The arithmetic: `68 + 16 = 84; printed 84, which admits 83.5 to 84.5`.
    pub arithmetic: String,
    /// What it means, as a sentence.
    pub meaning: String,
    /// The outcome that the protocol declares.
    pub expect: Outcome,
}

/// A check of published figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CheckKind {
    /// Can this mean or percentage come from so many whole numbers? (Brown & Heathers 2017)
    Grim,
    /// Do the parts add up to the total?
    Sum,
    /// Is this the difference of those two?
    Difference,
    /// Is this the one as a share of the other?
    Share,
    /// Is this the product?
    Product,
    /// Does the p-value follow from the statistic and its degrees of freedom?
    PValue,
    /// Can this mean and standard deviation come from so many whole numbers?
    Grimmer,
    /// Can this share and standard deviation come from so many zeros and ones?
    Debit,
    /// Can all these percentages be shares of one number of people?
    Shares,
    /// Does the mean of all follow from the means of the groups?
    WeightedMean,
    /// Does the estimate lie in the middle of its interval, as it is or as a logarithm?
    Interval,
    /// Does the p-value follow from the interval?
    IntervalP,
    /// Do the standard deviation, the standard error and the interval of a mean belong together?
    Spread,
    /// Does the figure lie where such figures can lie: a mean on its scale, a p-value from 0 to 1?
    Range,
}

/// What came of a check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The figures can stand together as printed.
    #[default]
    Consistent,
    /// They cannot.
    Inconsistent,
    /// They cannot, and it matters: the printed p-value and the recomputed one lie on different
    /// sides of .05.
    DecisionError,
}

impl Finding {
    /// Whether the outcome is the one that the protocol declares.
    pub fn as_expected(&self) -> bool {
        self.outcome == self.expect
    }
}

impl CheckKind {
    /// What the check is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grim => "GRIM",
            Self::Sum => "sum",
            Self::Difference => "difference",
            Self::Share => "share",
            Self::Product => "product",
            Self::PValue => "p-value",
            Self::Grimmer => "GRIMMER",
            Self::Debit => "DEBIT",
            Self::Shares => "shares",
            Self::WeightedMean => "weighted mean",
            Self::Interval => "interval",
            Self::IntervalP => "p from interval",
            Self::Spread => "spread",
            Self::Range => "range",
        }
    }

    /// Where the check was first described, with its DOI; absent for plain arithmetic.
    pub fn reference(self) -> Option<&'static str> {
        match self {
            Self::Grim | Self::Shares => Some(
                "Brown NJL, Heathers JAJ (2017). The GRIM test. Social Psychological and \
                 Personality Science 8:363–369. doi 10.1177/1948550616673876",
            ),
            Self::Grimmer => Some(
                "Anaya J (2016). The GRIMMER test. PeerJ Preprints 4:e2400v1. \
                 doi 10.7287/peerj.preprints.2400v1",
            ),
            Self::Debit => Some(
                "Heathers JAJ, Brown NJL (2019). DEBIT: a simple consistency test for binary \
                 data. OSF. https://osf.io/5vb3u",
            ),
            Self::PValue => Some(
                "Nuijten MB, Hartgerink CHJ, van Assen MALM, Epskamp S, Wicherts JM (2016). The \
                 prevalence of statistical reporting errors in psychology. Behavior Research \
                 Methods 48:1205–1226. doi 10.3758/s13428-015-0664-2",
            ),
            Self::Interval => Some(
                "Altman DG, Bland JM (2011). How to obtain the confidence interval from a P \
                 value. BMJ 343:d2090. doi 10.1136/bmj.d2090",
            ),
            Self::IntervalP => Some(
                "Altman DG, Bland JM (2011). How to obtain the P value from a confidence \
                 interval. BMJ 343:d2304. doi 10.1136/bmj.d2304",
            ),
            Self::Spread => Some(
                "Altman DG, Bland JM (2005). Standard deviations and standard errors. BMJ \
                 331:903. doi 10.1136/bmj.331.7521.903",
            ),
            Self::Sum
            | Self::Difference
            | Self::Share
            | Self::Product
            | Self::WeightedMean
            | Self::Range => None,
        }
    }
}

impl Outcome {
    /// All outcomes, in the order in which a summary counts them.
    pub const ALL: [Self; 3] = [Self::Consistent, Self::Inconsistent, Self::DecisionError];

    /// The outcome as a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consistent => "consistent",
            Self::Inconsistent => "inconsistent",
            Self::DecisionError => "decision error",
        }
    }
}
