//! The tests of Levene and of Brown and Forsythe: whether groups vary equally.
//!
//! ```text
//! z_ij = |y_ij − c_i|,  c_i the mean (Levene) or the median (Brown and Forsythe) of group i
//! F    = Fisher's one-way analysis of variance of the z_ij, k − 1 and N − k degrees of freedom
//! ```
//! The median is the default: with skewed data the mean rejects too often. Figures are equal to
//! R's `car::leveneTest`.
//!
//! Levene H (1960), in Contributions to Probability and Statistics, Stanford, 278–292; Brown MB,
//! Forsythe AB (1974), JASA 69:364–367, doi 10.1080/01621459.1974.10482955.

use kring_core::JointTest;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::one_way::{SumsOfSquares, check_groups, joint_test};
use crate::summary::{Quantile, mean, numbers};
use crate::t_test::Group;

/// The options of the test.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Levene {
    /// From what the distances are taken.
    pub centre: Centre,
}

/// The centre of a group.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Centre {
    /// Its median: the test of Brown and Forsythe.
    #[default]
    Median,
    /// Its mean: Levene's own test.
    Mean,
}

impl Levene {
    /// Whether several groups vary equally.
    ///
    /// Each group needs a value, and one of them two distances that differ.
    ///
    /// ```
    /// use kring_stats::levene::Levene;
    /// use kring_stats::t_test::Group;
    /// let groups = [
    ///     Group { name: "EKC", values: &[4.0, 5.0, 6.0] },
    ///     Group { name: "WT", values: &[1.0, 4.0, 7.0] },
    /// ];
    /// // Distances 1, 0, 1 and 3, 0, 3: means ⅔ and 2, F = (3 · 2 · (⅔)²) / ((⅔ + 6)/4) = 1.6.
    /// let found = Levene::default().test("problems by arm", &groups)?;
    /// assert!((found.statistic.unwrap() - 1.6).abs() < 1e-14);
    /// # Ok::<(), kring_stats::Error>(())
    /// ```
    pub fn test(&self, label: &str, groups: &[Group<'_>]) -> Result<JointTest, Error> {
        let method = match self.centre {
            Centre::Median => "the Brown–Forsythe test",
            Centre::Mean => "Levene's test",
        };
        check_groups(method, label, groups, 1)?;
        let distances: Vec<Vec<f64>> = groups
            .iter()
            .map(|group| {
                let centre = match self.centre {
                    Centre::Mean => mean(group.values),
                    Centre::Median => numbers(group.values, Quantile::Type7).median.unwrap_or(0.0),
                };
                group.values.iter().map(|y| (y - centre).abs()).collect()
            })
            .collect();
        let distances: Vec<Group<'_>> = groups
            .iter()
            .zip(&distances)
            .map(|(group, values)| Group {
                name: group.name,
                values,
            })
            .collect();
        let sums = SumsOfSquares::of(method, label, &distances)?;
        joint_test(method, label, groups, sums.f_statistic())
    }
}
