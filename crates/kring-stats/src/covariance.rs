use serde::{Deserialize, Serialize};

use crate::sandwich::{ClusterCorrection, RowCorrection};

/// How the errors of the coefficients are estimated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Covariance {
    /// One variance for all rows, or the one that the family of the response says.
    #[default]
    Classical,
    /// Each row its own variance (White); too small in small samples.
    Hc0,
    /// HC0 times n / (n − r), as Stata's `robust`.
    Hc1,
    /// Residuals divided by √(1 − leverage): unbiased where the variance is one after all.
    Hc2,
    /// Residuals divided by 1 − leverage: about the jackknife; the choice for small samples.
    Hc3,
    /// Rows of a cluster depend on one another; too small with few clusters.
    Cr0,
    /// CR0 times G / (G − 1).
    Cr1,
    /// Cluster residuals adjusted to be unbiased under independence; the choice for few clusters.
    Cr2,
    /// Cluster residuals adjusted as by leaving each cluster out; errs on the large side.
    Cr3,
}

impl Covariance {
    /// What the errors are called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classical => "classical standard errors",
            Self::Hc0 => "HC0 standard errors",
            Self::Hc1 => "HC1 standard errors",
            Self::Hc2 => "HC2 standard errors",
            Self::Hc3 => "HC3 standard errors",
            Self::Cr0 => "CR0 cluster-robust standard errors, Satterthwaite degrees of freedom",
            Self::Cr1 => "CR1 cluster-robust standard errors, Satterthwaite degrees of freedom",
            Self::Cr2 => "CR2 cluster-robust standard errors, Satterthwaite degrees of freedom",
            Self::Cr3 => "CR3 cluster-robust standard errors, Satterthwaite degrees of freedom",
        }
    }

    /// What they are called where the sandwich is that of the scores, without a hat matrix.
    pub(crate) fn name_by_score(self) -> &'static str {
        match self {
            Self::Classical => "standard errors from the observed information",
            Self::Cr0 => "CR0 cluster-robust standard errors",
            Self::Cr1 => "CR1 cluster-robust standard errors",
            other => other.name(),
        }
    }

    /// Whether the scores of rows or clusters are all that the errors need.
    pub(crate) fn is_by_score(self) -> bool {
        !matches!(self, Self::Hc2 | Self::Hc3 | Self::Cr2 | Self::Cr3)
    }

    /// Whether rows of a cluster may depend on one another.
    pub fn is_clustered(self) -> bool {
        self.by_cluster().is_some()
    }

    pub(crate) fn by_row(self) -> Option<RowCorrection> {
        match self {
            Self::Hc0 => Some(RowCorrection::Hc0),
            Self::Hc1 => Some(RowCorrection::Hc1),
            Self::Hc2 => Some(RowCorrection::Hc2),
            Self::Hc3 => Some(RowCorrection::Hc3),
            _ => None,
        }
    }

    pub(crate) fn by_cluster(self) -> Option<ClusterCorrection> {
        match self {
            Self::Cr0 => Some(ClusterCorrection::Cr0),
            Self::Cr1 => Some(ClusterCorrection::Cr1),
            Self::Cr2 => Some(ClusterCorrection::Cr2),
            Self::Cr3 => Some(ClusterCorrection::Cr3),
            _ => None,
        }
    }
}
