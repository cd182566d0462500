use serde::{Deserialize, Serialize};

use crate::{Caution, Estimate, JointTest, Stratum, Summary, SummaryKind, Value};

/// Groups of people side by side, variable by variable: how alike are they?
///
/// The first table of a study sets the arms side by side, a table of attrition those who stayed
/// and those who left. What each group looks like is a [`Summary`]; how far two groups lie apart is
/// a standardised difference, which does not depend on how many people there are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineTable {
    /// What the table shows.
    pub caption: String,
    /// The variable that makes the groups: `arm`.
    pub by: String,
    /// The groups in order; the first is the reference.
    pub groups: Vec<BaselineGroup>,
    /// Everybody in the groups, where a column of them is asked for.
    pub overall: Option<BaselineGroup>,
    /// The variables in order.
    pub variables: Vec<BaselineVariable>,
    /// What stands in the column of differences where there are more than two groups.
    pub pairs: Pairs,
    /// Which levels of a variable of two are shown.
    pub two_levels: TwoLevels,
    /// What a reader must know: the denominator of the differences, who is in no group.
    pub notes: Vec<String>,
    /// Why one may doubt it.
    pub cautions: Vec<Caution>,
}

/// A group, a column of the table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineGroup {
    /// Its name in the data.
    pub name: String,
    /// What a reader calls it.
    pub label: String,
    /// How many are in it.
    pub n: usize,
}

/// A variable, one or more rows of the table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineVariable {
    /// Its name in the data.
    pub name: String,
    /// What a reader calls it.
    pub label: String,
    /// Its unit.
    pub unit: Option<String>,
    /// How it is shown.
    pub shown: Shown,
    /// Its levels in order, if it is a factor.
    pub levels: Vec<BaselineLevel>,
    /// What each group looks like, in their order.
    pub groups: Vec<Summary>,
    /// What everybody looks like, where that is asked for.
    pub overall: Option<Summary>,
    /// The standardised difference of each pair of groups: second − first, third − first,
    /// third − second, …
    pub differences: Vec<Estimate>,
    /// Why a difference is not there.
    pub undefined: Option<String>,
    /// The test of equal groups, where one was asked for.
    pub test: Option<JointTest>,
}

/// A level of a factor with what a reader calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineLevel {
    /// Its name in the data.
    pub name: String,
    /// What a reader calls it.
    pub label: String,
}

/// How a variable is shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// Mean (standard deviation).
    #[default]
    MeanSd,
    /// Median [lower quartile, upper quartile].
    MedianQuartiles,
    /// The count of each level (its percentage of those who have any).
    Levels,
}

/// Which difference stands for all pairs of three or more groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairs {
    /// The largest in absolute value.
    #[default]
    Largest,
    /// The mean of the absolute values.
    Average,
}

/// Which levels of a variable that has two are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TwoLevels {
    /// The second only, since it says all.
    #[default]
    Second,
    /// Both.
    Both,
}

/// The figures of one variable, or of one of its levels, in one group: a row of a data frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaselineFigures {
    /// The variable.
    pub variable: String,
    /// What a reader calls it.
    pub label: String,
    /// Its unit.
    pub unit: Option<String>,
    /// The level, if it is a factor.
    pub level: Option<String>,
    /// The group; absent for everybody.
    pub group: Option<String>,
    /// How many have a value.
    pub n: usize,
    /// How many have none.
    pub missing: usize,
    /// The mean.
    pub mean: Option<f64>,
    /// The standard deviation.
    pub sd: Option<f64>,
    /// The lower quartile.
    pub lower_quartile: Option<f64>,
    /// The median.
    pub median: Option<f64>,
    /// The upper quartile.
    pub upper_quartile: Option<f64>,
    /// How many have the level.
    pub count: Option<usize>,
    /// Their share of those who have any.
    pub share: Option<f64>,
}

impl BaselineTable {
    /// The table as rows of a data frame, a row a variable, level and group.
    pub fn figures(&self) -> Vec<BaselineFigures> {
        let mut rows = Vec::new();
        for variable in &self.variables {
            for summary in variable.groups.iter().chain(&variable.overall) {
                let row = BaselineFigures {
                    variable: variable.name.clone(),
                    label: variable.label.clone(),
                    unit: variable.unit.clone(),
                    level: None,
                    group: summary.strata.first().map(|s: &Stratum| s.level.clone()),
                    n: summary.n,
                    missing: summary.missing,
                    mean: None,
                    sd: None,
                    lower_quartile: None,
                    median: None,
                    upper_quartile: None,
                    count: None,
                    share: None,
                };
                match &summary.kind {
                    SummaryKind::Numbers(numbers) => rows.push(BaselineFigures {
                        mean: numbers.mean,
                        sd: numbers.sd,
                        lower_quartile: numbers.lower_quartile,
                        median: numbers.median,
                        upper_quartile: numbers.upper_quartile,
                        ..row
                    }),
                    SummaryKind::Levels(levels) => {
                        rows.extend(levels.iter().map(|count| BaselineFigures {
                            level: Some(count.level.clone()),
                            count: Some(count.n),
                            share: count.share,
                            ..row.clone()
                        }));
                    }
                }
            }
        }
        rows
    }
}

impl BaselineVariable {
    /// The difference that stands for all pairs: of two groups their own, with its sign.
    ///
    /// An infinite difference is larger than any number; with one, there is no average.
    pub fn difference(&self, pairs: Pairs) -> Option<Value> {
        match self.differences.as_slice() {
            [] => None,
            [only] => Some(only.value),
            several => {
                if let Some(edge) = several.iter().find(|d| d.value.finite().is_none()) {
                    return Some(edge.value);
                }
                let sizes = || {
                    several
                        .iter()
                        .filter_map(|d| d.value.finite())
                        .map(f64::abs)
                };
                Some(Value::Value(match pairs {
                    Pairs::Largest => sizes().fold(0.0, f64::max),
                    Pairs::Average => sizes().sum::<f64>() / several.len() as f64,
                }))
            }
        }
    }
}
