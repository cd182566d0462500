use serde::{Deserialize, Serialize};

/// What a number rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The rows used.
    pub rows: usize,
    /// The rows that were there but could not be used.
    #[serde(default)]
    pub omitted: usize,
    /// The families or persons among the rows used, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subjects: Option<usize>,
    /// The clusters among the rows used, where errors are clustered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clusters: Option<usize>,
    /// Rows used in each group that is compared, in the order of the comparison.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<(String, usize)>,
}

impl Sample {
    /// So many rows, none left out.
    pub fn of(rows: usize) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }
}
