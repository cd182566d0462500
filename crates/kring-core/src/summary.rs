use serde::{Deserialize, Serialize};

/// What was seen of one variable in one part of the data: no model, no inference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// The variable's name.
    pub variable: String,
    /// What a reader calls it.
    pub label: String,
    /// Its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Which part of the data: `arm` = `EKC`, `wave` = `2`; empty for all of it.
    pub strata: Vec<Stratum>,
    /// How many have a value.
    pub n: usize,
    /// How many have none.
    pub missing: usize,
    /// The figures.
    pub kind: SummaryKind,
}

/// One condition that says which part of the data is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stratum {
    /// The variable.
    pub variable: String,
    /// Its level.
    pub level: String,
}

/// The figures of a summary.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SummaryKind {
    /// Of numbers.
    Numbers(Numbers),
    /// Of the levels of a factor, in their order.
    Levels(Vec<LevelCount>),
}

/// The figures of numbers; what is undefined for so few of them is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// The arithmetic mean.
    pub mean: Option<f64>,
    /// The standard deviation with n − 1 in the denominator.
    pub sd: Option<f64>,
    /// The smallest.
    pub min: Option<f64>,
    /// The lower quartile.
    pub lower_quartile: Option<f64>,
    /// The median.
    pub median: Option<f64>,
    /// The upper quartile.
    pub upper_quartile: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
    /// The sum.
    pub sum: Option<f64>,
}

/// How many have a level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelCount {
    /// The level.
    pub level: String,
    /// How many have it.
    pub n: usize,
    /// Their share of those who have any level, 0 to 1; absent where nobody has.
    pub share: Option<f64>,
}

impl Summary {
    /// The strata in words: `arm EKC, wave 2`, or `all`.
    pub fn of(&self) -> String {
        if self.strata.is_empty() {
            return "all".to_owned();
        }
        let parts: Vec<String> = self
            .strata
            .iter()
            .map(|s| format!("{} {}", s.variable, s.level))
            .collect();
        parts.join(", ")
    }

    /// The figures, if the variable holds numbers.
    pub fn numbers(&self) -> Option<&Numbers> {
        match &self.kind {
            SummaryKind::Numbers(numbers) => Some(numbers),
            SummaryKind::Levels(_) => None,
        }
    }

    /// The count of a level, if the variable is a factor that has it.
    pub fn level(&self, level: &str) -> Option<&LevelCount> {
        match &self.kind {
            SummaryKind::Levels(levels) => levels.iter().find(|count| count.level == level),
            SummaryKind::Numbers(_) => None,
        }
    }
}
