//! Which methods the runner knows: one function each, and the closed list of those to come.
//!
//! To add an estimator: write a function that fits the case and answers its fields, give it a line in
//! [`KINDS`], and take its name out of [`PENDING`].

mod counts;
mod distributions;
mod emmeans;
mod gee;
mod glm;
mod glmm;
mod groups;
mod lm;
mod lmm;
mod means;
mod mmrm;
mod network;
mod performance;
mod power;
mod ranks;
mod reliability;
mod resample;
mod summary;
mod tables;
mod tests;

use serde_json::Value;

use super::Error;
use super::case::{Answer, Case};

/// Computes the figures of a case, one answer for each field of `expected`.
pub type Compute = fn(&Case) -> Result<Vec<Answer>, Error>;

/// What is known, by [`Case::method`].
const KINDS: &[(&str, Compute)] = &[
    ("activation", network::activation),
    ("alpha", reliability::alpha),
    ("balance", groups::balance),
    ("bootstrap", resample::bootstrap),
    ("bounds", groups::bounds),
    ("change_effect", means::change_effect),
    ("circle", network::circle),
    ("cohens_kappa", reliability::kappa),
    ("communities", network::communities),
    ("distributions", distributions::answers),
    ("effect_conversions", means::conversions),
    ("effect_size", effect_size),
    ("emmeans", emmeans::answers),
    ("equivalence", means::equivalence),
    ("fleiss_kappa", reliability::fleiss),
    ("friedman", ranks::friedman),
    ("funnel", groups::funnel),
    ("gee", gee::answers),
    ("alternating_logistic", gee::alternating),
    ("glm", glm::answers),
    ("glmm", glmm::answers),
    ("hurdle", counts::hurdle),
    ("icc", reliability::icc),
    ("kappa", reliability::kappa),
    ("krippendorff", reliability::krippendorff),
    ("little", reliability::little),
    ("lm", lm::answers),
    ("lmm", lmm::answers),
    ("marginal_bootstrap", glm::bootstrap),
    ("mean_effect", means::mean_effect),
    ("mmrm", mmrm::answers),
    ("network", network::network),
    ("non_inferiority", means::non_inferiority),
    ("omega", reliability::omega),
    ("ordinal", counts::ordinal),
    ("p_adjust", means::p_adjust),
    ("paired", tests::paired),
    ("paired_effect", means::paired_effect),
    ("performance", performance::performance),
    ("permutation", resample::permutation),
    ("power", power::power),
    ("proportion", tables::proportion),
    ("qap", network::qap),
    ("quantile_residual", counts::quantile_residual),
    ("rank_biserial", ranks::rank_biserial),
    ("rate_test", tables::rate_test),
    ("reliability", reliability::reliability),
    ("sign_flips", resample::sign_flips),
    ("signed_rank", ranks::signed_rank),
    ("strata", tables::strata),
    ("summary", summary::answers),
    ("superiority", ranks::superiority),
    ("table_test/barnard", tables::barnard),
    ("table_test/boschloo", tables::boschloo),
    ("table_test/chi_squared", tests::chi_squared),
    ("table_test/chi_squared_yates", tests::chi_squared_yates),
    ("table_test/cochran_q", tables::cochran_q),
    ("table_test/fisher_exact", tables::fisher),
    ("table_test/g_test", tables::g_test),
    ("table_test/g_test_williams", tables::g_test_williams),
    ("table_test/mcnemar", tables::mcnemar),
    ("table_test/mcnemar_exact", tables::mcnemar_exact),
    ("table_test/mcnemar_mid_p", tables::mcnemar_mid_p),
    (
        "table_test/mcnemar_uncorrected",
        tables::mcnemar_uncorrected,
    ),
    ("test/kruskal_wallis", ranks::kruskal_wallis),
    ("test/levene", ranks::levene),
    ("test/mann_whitney", ranks::mann_whitney),
    (
        "test/mann_whitney_exact_permutation",
        ranks::mann_whitney_exact,
    ),
    ("test/one_way", ranks::one_way),
    ("test/permutation_mean_exact", resample::mean_exact),
    ("test/student_t", tests::student),
    ("test/welch_t", tests::welch),
    ("trend", tables::trend),
    ("uniformity", counts::uniformity),
    ("variance_explained", ranks::variance_explained),
    ("zero_inflated", counts::zero_inflated),
];

/// What later issues bring: a method, or one field of a method that is known. Pending is never passed.
const PENDING: &[&str] = &[
    "cox",
    "cumulative_incidence",
    "effect_sizes",
    "kaplan_meier",
    "match",
    "meta",
    "pool",
    "weight",
];

/// Effect sizes: of a table, or of the values of two groups.
fn effect_size(case: &Case) -> Result<Vec<Answer>, Error> {
    if case.model.contains_key("table") {
        return tables::effect_size(case);
    }
    means::effect_size(case)
}

/// The function of a method.
pub fn find(method: &str) -> Option<Compute> {
    KINDS
        .iter()
        .find(|(known, _)| *known == method)
        .map(|(_, compute)| *compute)
}

/// Whether a method is one that a later issue brings.
pub fn is_pending(method: &str) -> bool {
    PENDING.contains(&method)
}

/// Whether a pending method is a field of a method that is known.
pub fn is_field(pending: &str) -> bool {
    pending
        .rsplit_once('/')
        .is_some_and(|(method, _)| find(method).is_some())
}

/// A number as JSON, which has none for what is not finite: that becomes a text and so differs.
fn number(x: f64) -> Value {
    serde_json::Number::from_f64(x).map_or_else(|| Value::String(x.to_string()), Value::Number)
}

/// A number that may be absent.
fn optional(x: Option<f64>) -> Value {
    x.map_or(Value::Null, number)
}
