//! What the regression models share: what they refuse, what they rest on, and the doubts that their
//! numbers carry.

use kring_core::{Caution, Design, Grouping, Omission, Omitted, Part, Sample};
use ndarray::{Array1, Array2};

use crate::linalg::{Qr, back_substitute};
use crate::sandwich::Clustered;
use crate::{Coefficients, Covariance, Error, narrow};

/// Refuses the parts of a design that a model of one mean cannot use; `model` is `a linear model`.
pub(crate) fn refuse_other_parts(design: &Design, model: &str) -> Result<(), Error> {
    let what = if !design.mean().random.is_empty() {
        "a random term"
    } else if design.zero().is_some() {
        "a model of excess zeros"
    } else if design.dispersion().is_some() {
        "a model of the dispersion"
    } else if design.groups().stratum.is_some() {
        "strata"
    } else {
        return Ok(());
    };
    Err(Error::Unsupported {
        what: format!("{what} in {model}"),
        hint: "take it out of the formula, or fit another model".to_owned(),
    })
}

/// The one clustering that cluster-robust errors go by, with at least two clusters.
pub(crate) fn one_clustering<'a>(
    design: &'a Design,
    covariance: Covariance,
    model: &str,
) -> Result<&'a Grouping, Error> {
    let clusters = match design.groups().clusters.as_slice() {
        [one] => one,
        [] => {
            return Err(Error::Missing {
                option: covariance.name().to_owned(),
                needed: "clusters",
                hint: "add `cluster(x)` to the formula, or name the cluster column",
            });
        }
        _ => {
            return Err(Error::Unsupported {
                what: format!("more than one level of clusters in {model}"),
                hint: "give the outermost one".to_owned(),
            });
        }
    };
    let found = distinct(clusters);
    if found < 2 {
        return Err(Error::TooFew {
            method: "a cluster-robust standard error",
            what: format!("clusters of `{}`", clusters.name),
            needed: 2,
            found,
        });
    }
    Ok(clusters)
}

/// What a fit rests on.
pub(crate) fn sample(design: &Design, by_cluster: bool) -> Sample {
    let clusters = design.groups().clusters.first().filter(|_| by_cluster);
    Sample {
        rows: design.rows(),
        omitted: design.omitted().len(),
        subjects: design.groups().subject.as_ref().map(distinct),
        clusters: clusters.map(distinct),
        groups: Vec::new(),
    }
}

/// Whether the first term is the intercept.
pub(crate) fn has_intercept(part: &Part) -> bool {
    let first = part.terms.first();
    first.is_some_and(|term| term.name == "(Intercept)")
}

/// R₁₁⁻¹ R₁₂, in the order of the columns that are not estimated.
pub(crate) fn aliases(qr: &Qr, p: usize) -> Array2<f64> {
    let mut left_out: Vec<(usize, usize)> =
        (qr.rank..p).map(|place| (qr.pivot[place], place)).collect();
    left_out.sort_unstable();
    let mut aliases = Array2::zeros((qr.rank, left_out.len()));
    for (k, (_, place)) in left_out.into_iter().enumerate() {
        let combination = back_substitute(qr.r_square(), qr.r.column(place));
        aliases.column_mut(k).assign(&combination);
    }
    aliases
}

/// How many groups have a row.
pub(crate) fn distinct(grouping: &Grouping) -> usize {
    let mut seen = vec![false; grouping.levels.len()];
    for &code in &grouping.index {
        seen[code as usize] = true;
    }
    seen.into_iter().filter(|&s| s).count()
}

/// How many rows determine their own fitted value.
pub(crate) fn full_leverage(leverage: &Array1<f64>) -> usize {
    leverage.iter().filter(|&&h| h >= 1.0 - 1e-10).count()
}

/// Below this many clusters CR0 is known to be too small (Cameron & Miller 2015, J Human Resources 50:317–372).
const FEW_CLUSTERS: usize = 40;

/// Below this many rows HC0 and HC1 are too small (Long & Ervin 2000, American Statistician 54:217–224).
const FEW_ROWS: usize = 30;

/// Below this many rows HC0 alone is still too small, as the same paper found.
const ENOUGH_ROWS: usize = 250;

/// Says that rows were left out for what they lack; rows of weight zero were left out on purpose.
pub(crate) fn complete_cases(design: &Design, used: usize) -> Option<Caution> {
    let missing = |row: &&Omitted| matches!(row.reason, Omission::Missing { .. });
    let incomplete = design.omitted().iter().filter(missing).count();
    (incomplete > 0).then_some(Caution::CompleteCases {
        used,
        of: used + incomplete,
    })
}

/// The doubts that every number of a fit carries.
pub(crate) fn cautions(
    design: &Design,
    coefficients: &Coefficients,
    covariance: Covariance,
    clustered: Option<&Clustered>,
    full_leverage: usize,
    perfect: bool,
) -> Vec<Caution> {
    let mut cautions: Vec<Caution> = complete_cases(design, design.rows()).into_iter().collect();
    let columns = coefficients.aliased();
    if !columns.is_empty() {
        cautions.push(Caution::Aliased { columns });
    }
    if perfect {
        cautions.push(Caution::PerfectFit);
    }
    let by_cluster = covariance.is_clustered();
    let subjects = design.groups().subject.as_ref().map(distinct);
    if !by_cluster && !design.groups().clusters.is_empty() {
        cautions.push(Caution::ClustersIgnored);
    } else if !by_cluster && subjects.is_some_and(|n| n < design.rows()) {
        cautions.push(Caution::RepeatedSubjects);
    }
    if full_leverage > 0 && covariance != Covariance::Classical && !by_cluster {
        cautions.push(Caution::FullLeverage {
            rows: full_leverage,
        });
    }
    let small = matches!(covariance, Covariance::Hc0 | Covariance::Hc1);
    if small && design.rows() < FEW_ROWS {
        cautions.push(Caution::Note(format!(
            "Only {} rows: these robust errors tend to be too small. Take hc2 or hc3.",
            design.rows()
        )));
    } else if covariance == Covariance::Hc0 && design.rows() < ENOUGH_ROWS {
        cautions.push(narrow::HC0.caution());
    }
    if by_cluster {
        let clusters = design.groups().clusters.first().map_or(0, distinct);
        let small = matches!(covariance, Covariance::Cr0 | Covariance::Cr1);
        if small && clusters < FEW_CLUSTERS {
            cautions.push(Caution::FewClusters { clusters });
        }
    }
    if let Some(full) = clustered.map(|c| c.full).filter(|&full| full > 0) {
        cautions.push(Caution::FullLeverageClusters { clusters: full });
    }
    cautions
}
