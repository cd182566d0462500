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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
        }
    }
}

impl Outcome {
    /// The outcome as a word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consistent => "consistent",
            Self::Inconsistent => "inconsistent",
        }
    }
}
