//! The likelihood ratio of two fits.
//!
//! ```text
//! statistic  2 (L₁ − L₀), L the marginal log-likelihoods with all constants, by the same integration
//! reference  χ² with as many degrees of freedom as parameters more; where one of them is a variance, which
//!            cannot be negative, half of it and half of one degree less
//! ```
//! Self SG, Liang KY (1987), JASA 82:605–610, doi 10.1080/01621459.1987.10478472; Stram DO, Lee JW (1994),
//! Biometrics 50:1171–1177, doi 10.2307/2533455.

use kring_core::JointTest;

use super::GlmmFit;
use crate::Error;
use crate::fit::Fit;
use crate::likelihood::PartFit;
use crate::lmm::compare::{are_contained, gained_by, variances};

/// The test of a smaller generalised linear mixed model against a larger one that contains it, on the
/// same rows.
///
/// ```
/// use kring_core::{Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response};
/// use kring_stats::glmm::{Glmm, likelihood_ratio};
/// use ndarray::{Array2, array, concatenate, Axis};
/// // Eight families, two waves each: so many problems.
/// let y = array![1., 2., 0., 1., 5., 6., 2., 3., 0., 0., 9., 7., 4., 2., 1., 3.];
/// let names: Vec<String> = (1..=8).map(|i| i.to_string()).collect();
/// let mut mean = Part::fixed(Array2::ones((16, 1)), vec!["(Intercept)".into()]);
/// mean.random = vec![RandomTerm {
///     grouping: Grouping::new("family", names, (0..16).map(|i| i / 2).collect()),
///     z: Array2::ones((16, 1)),
///     columns: vec!["(Intercept)".into()],
///     structure: RandomStructure::Unstructured,
/// }];
/// let design = Design::new(DesignParts {
///     response: Response::Count(y),
///     response_name: "problems".into(),
///     mean, zero: None, dispersion: None, groups: Groups::default(), time: None, weights: None,
///     source_rows: (0..16).collect(), omitted: vec![],
/// })?;
/// let mut parts = design.clone().into_parts();
/// let wave = Array2::from_shape_fn((16, 1), |(i, _)| (i % 2) as f64);
/// let with_wave = Part::fixed(
///     concatenate(Axis(1), &[design.mean().x.view(), wave.view()])?,
///     vec!["(Intercept)".into(), "wave".into()],
/// );
/// parts.mean = Part { random: parts.mean.random, ..with_wave };
/// let smaller = Glmm::default().fit(&design)?;
/// let larger = Glmm::default().fit(&Design::new(parts)?)?;
/// let test = likelihood_ratio("wave", &smaller, &larger)?;
/// // Of each family the sum is fixed, so that the waves are 22 and 24 heads: about 2²/46.
/// assert!((test.statistic.unwrap() - 4.0 / 46.0).abs() < 1e-3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn likelihood_ratio(
    label: &str,
    smaller: &GlmmFit,
    larger: &GlmmFit,
) -> Result<JointTest, Error> {
    let refused = |why: &str| {
        Err(Error::Contrast {
            label: label.to_owned(),
            why: why.to_owned(),
        })
    };
    let (few, many) = (&smaller.data, &larger.data);
    if (smaller.family, smaller.link, few.density.zeros)
        != (larger.family, larger.link, many.density.zeros)
    {
        return refused("the models differ in family, link, or what becomes of the zeros");
    }
    if smaller.nodes != larger.nodes {
        return refused(
            "the random effects were integrated in different ways, whose likelihoods do not compare; \
             choose one integration for both",
        );
    }
    if few.source != many.source || !same_response(smaller, larger) {
        return refused("the models rest on other rows or another response");
    }
    let mut df = 0;
    let parts = [
        (Some(smaller.mean()), Some(larger.mean())),
        (smaller.zero(), larger.zero()),
        (smaller.dispersion(), larger.dispersion()),
        (smaller.thresholds(), larger.thresholds()),
    ];
    for part in parts {
        // A shape at its edge has no part: the other model's is then no parameter more.
        let (Some(few), Some(many)) = part else {
            continue;
        };
        let (few, many) = (names(few), names(many));
        if few.iter().any(|name| !many.contains(name)) {
            return refused("the larger model lacks a column of the smaller one");
        }
        df += many.len() - few.len();
    }
    if !are_contained(&smaller.random, &larger.random)
        || !are_contained(&smaller.zero_random, &larger.zero_random)
    {
        return refused("the larger model lacks a random effect of the smaller one");
    }
    let all = |fit: &GlmmFit| variances(&fit.random) + variances(&fit.zero_random);
    let [_, _, _, theta_few] = few.sizes();
    let [_, _, _, theta_many] = many.sizes();
    let (Some(more), Some(parameters)) = (
        all(larger).checked_sub(all(smaller)),
        theta_many.checked_sub(theta_few),
    ) else {
        return refused("the larger model has fewer random effects");
    };
    df += parameters;
    if df == 0 {
        return refused("the models are of the same size");
    }
    let gained = 2.0 * (larger.criteria.log_likelihood - smaller.criteria.log_likelihood);
    Ok(JointTest {
        label: label.to_owned(),
        ..gained_by(gained, df, more, larger.provenance())?
    })
}

/// The estimated columns of a part.
fn names(part: &PartFit) -> Vec<&str> {
    let c = part.coefficients();
    let estimated = c.estimated.iter();
    estimated.map(|&j| c.columns[j].as_str()).collect()
}

fn same_response(a: &GlmmFit, b: &GlmmFit) -> bool {
    let y = |fit: &GlmmFit, i: usize| fit.fitted[i] + fit.residuals[i];
    let n = a.fitted.len();
    let scale = (0..n).map(|i| y(a, i).abs()).fold(0.0, f64::max);
    n == b.fitted.len() && (0..n).all(|i| (y(a, i) - y(b, i)).abs() <= 1e-9 * scale)
}
