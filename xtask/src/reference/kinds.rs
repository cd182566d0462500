//! Which methods the runner knows: one function each, and the closed list of those to come.
//!
//! To add an estimator: write a function that fits the case and answers its fields, give it a line in
//! [`KINDS`], and take its name out of [`PENDING`].

mod distributions;
mod lm;
mod resample;
mod summary;
mod tests;

use serde_json::Value;

use super::Error;
use super::case::{Answer, Case};

/// Computes the figures of a case, one answer for each field of `expected`.
pub type Compute = fn(&Case) -> Result<Vec<Answer>, Error>;

/// What is known, by [`Case::method`].
const KINDS: &[(&str, Compute)] = &[
    ("bootstrap", resample::bootstrap),
    ("distributions", distributions::answers),
    ("lm", lm::answers),
    ("paired", tests::paired),
    ("permutation", resample::permutation),
    ("sign_flips", resample::sign_flips),
    ("summary", summary::answers),
    ("table_test/chi_squared", tests::chi_squared),
    ("table_test/chi_squared_yates", tests::chi_squared_yates),
    ("test/permutation_mean_exact", resample::mean_exact),
    ("test/student_t", tests::student),
    ("test/welch_t", tests::welch),
];

/// What later issues bring: a method, or one field of a method that is known. Pending is never passed.
const PENDING: &[&str] = &[
    "cox",
    "cumulative_incidence",
    "effect_size",
    "effect_sizes",
    "gee",
    "glm",
    "glmm",
    "hurdle",
    "kaplan_meier",
    "kappa",
    "lmm",
    "match",
    "meta",
    "mmrm",
    "network",
    "p_adjust",
    "paired/wilcoxon_signed_rank",
    "pool",
    "power",
    "rate_test",
    "reliability",
    "table_test/fisher_exact",
    "table_test/mcnemar",
    "test/kruskal_wallis",
    "test/mann_whitney",
    "test/mann_whitney_exact_permutation",
    "weight",
    "zero_inflated",
];

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
