//! Names that look like the one somebody typed, or mean the same elsewhere.

/// What other programs and textbooks call a thing, and what it is called here, perhaps with a value.
///
/// A name has several lines where it means several things: the first whose name here is among those that
/// are asked about is taken.
const ELSEWHERE: [(&str, &str); 125] = [
    // Fields and options.
    ("outcome", "rows"),
    ("by", "columns"),
    ("outcome", "events"),
    ("outcome", "after"),
    ("rows", "outcome"),
    ("columns", "by"),
    ("x", "rows"),
    ("x", "before"),
    ("x", "by"),
    ("y", "outcome"),
    ("y", "columns"),
    ("y", "after"),
    ("response", "outcome"),
    ("dependent", "outcome"),
    ("dv", "outcome"),
    ("baseline", "before"),
    ("pre", "before"),
    ("post", "after"),
    ("arm", "by"),
    ("by", "arm"),
    ("group", "by"),
    ("group", "arm"),
    ("groups", "by"),
    ("groups", "subject"),
    ("between", "by"),
    ("treatment", "by"),
    ("treatment", "arm"),
    ("treat", "by"),
    ("treat", "arm"),
    ("id", "subject"),
    ("family", "subject"),
    ("cluster", "subject"),
    ("visit", "wave"),
    ("time", "wave"),
    ("corstr", "correlation"),
    ("cov_struct", "correlation"),
    ("corstr", "structure"),
    ("cov_struct", "structure"),
    ("correlation", "structure"),
    ("structure", "correlation"),
    ("covariance", "structure"),
    ("std_err", "covariance"),
    ("cov_type", "covariance"),
    ("se_type", "covariance"),
    ("robust", "covariance=hc3"),
    ("vcov", "covariance=hc3"),
    ("vcov", "errors"),
    ("firth", "bias_reduction=firth"),
    ("conf_level", "level=0.95"),
    ("conf", "level=0.95"),
    ("confidence", "level=0.95"),
    ("alpha", "level=0.95"),
    ("ci", "level=0.95"),
    ("var_equal", "variance=equal"),
    ("equal_var", "variance=equal"),
    ("reml", "estimation=reml"),
    ("ddf", "dof"),
    ("ddfm", "dof"),
    ("df", "dof"),
    ("tail", "alternative=greater"),
    ("correct", "correction"),
    ("nagq", "integration"),
    ("ziformula", "zero"),
    ("zi_formula", "zero"),
    ("exog_infl", "zero"),
    ("dispformula", "dispersion"),
    ("n_boot", "replicates"),
    ("nsim", "replicates"),
    ("n_resamples", "replicates"),
    ("random_state", "seed"),
    ("file", "data"),
    ("input", "data"),
    ("model", "formula"),
    ("language", "report_language"),
    ("lang", "report_language"),
    ("format", "report"),
    ("output", "out"),
    ("ref", "reference"),
    // Values of options.
    ("negbin", "nbinom2"),
    ("nb", "nbinom2"),
    ("nb2", "nbinom2"),
    ("nbinom", "nbinom2"),
    ("neg_binomial", "nbinom2"),
    ("negative_binomial", "nbinom2"),
    ("negativebinomial", "nbinom2"),
    ("nb1", "nbinom1"),
    ("normal", "gaussian"),
    ("logistic", "binomial"),
    ("bernoulli", "binomial"),
    ("kr", "kenward_roger"),
    ("satt", "satterthwaite"),
    ("bw", "between_within"),
    ("cs", "exchangeable"),
    ("cs", "compound_symmetry"),
    ("compound_symmetry", "cs"),
    ("exchangeable", "cs"),
    ("un", "us"),
    ("un", "unstructured"),
    ("us", "unstructured"),
    ("unstructured", "us"),
    ("toeplitz", "toep"),
    ("ind", "independence"),
    ("ar", "ar1"),
    ("sandwich", "hc3"),
    ("sandwich", "robust"),
    ("robust", "hc3"),
    ("nonrobust", "classical"),
    ("naive", "model_based"),
    ("dunnett", "control"),
    ("treatment", "control"),
    ("ctrl", "control"),
    ("revpairwise", "pairwise_reversed"),
    ("consec", "consecutive"),
    ("poly", "polynomial"),
    ("mvt", "multivariate_t"),
    ("fdr", "benjamini_hochberg"),
    ("bh", "benjamini_hochberg"),
    // Methods.
    ("t_test", "mean_difference"),
    ("wilcoxon", "mann_whitney"),
    ("anova", "one_way"),
    ("lmer", "lmm"),
    ("glmer", "glmm"),
    // Functions of a formula; what stands before a point, as in `np.log`, does not count.
    ("ln", "log"),
    ("categorical", "factor"),
    ("bs", "ns"),
];

/// The candidate most like `name`, if one is close enough to be a slip of the keyboard.
///
/// Letter case is ignored; at most a third of the letters of the longer name may differ.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = name.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let known = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&typed, &known);
            let longer = typed.chars().count().max(known.chars().count());
            (distance <= longer / 3).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// What is likely meant by `name`: the same thing under the name it has here, or the candidate most like it.
///
/// What other programs call something may come with its value: `robust` is `covariance=hc3`.
pub fn meant<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    meant_elsewhere(name, candidates.clone()).or_else(|| nearest(name, candidates))
}

/// What other programs call so, among the candidates.
pub fn meant_elsewhere<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let typed = name.to_lowercase().replace('-', "_");
    // `np.log`, `as.factor`
    let last = typed.rsplit('.').next().unwrap_or(&typed);
    let known = |ours: &str| candidates.clone().into_iter().find(|known| *known == ours);
    ELSEWHERE
        .iter()
        .filter(|(theirs, _)| *theirs == typed || *theirs == last)
        .find_map(|(_, ours)| {
            known(ours.split('=').next().unwrap_or(ours))?;
            Some(*ours)
        })
        .or_else(|| known(last).filter(|_| last.len() < typed.len()))
}

/// The end of an error message: what is likely meant, or else the names there are.
///
/// `"; did you mean `wave`?"`, or `"; there are: arm, wave"`, or nothing where there are none.
pub fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    const SHOWN: usize = 12;
    if let Some(near) = meant(name, candidates.clone()) {
        return format!("; did you mean `{near}`?");
    }
    let all: Vec<&str> = candidates.into_iter().collect();
    match all.len() {
        0 => String::new(),
        n if n <= SHOWN => format!("; there are: {}", all.join(", ")),
        n => format!("; there are {n}, among them: {}", all[..SHOWN].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_does_not() {
        let names = ["family", "wave", "arm"];
        assert_eq!(nearest("familly", names), Some("family"));
        assert_eq!(nearest("Wvae", names), Some("wave"));
        assert_eq!(nearest("problems", names), None);
        assert_eq!(nearest("tr", ["trt"]), Some("trt"));
        assert_eq!(nearest("4", ["1", "2"]), None);
        assert_eq!(suggestion("wav", names), "; did you mean `wave`?");
        assert_eq!(suggestion("x1", names), "; there are: family, wave, arm");
    }

    #[test]
    fn a_name_of_another_program_finds_ours_where_it_is_asked_about() {
        assert_eq!(meant("outcome", ["rows", "columns"]), Some("rows"));
        assert_eq!(meant("by", ["rows", "columns"]), Some("columns"));
        assert_eq!(meant("outcome", ["formula", "subject"]), None);
        assert_eq!(meant("corstr", ["correlation"]), Some("correlation"));
        assert_eq!(meant("NB", ["poisson", "nbinom2"]), Some("nbinom2"));
        assert_eq!(meant("np.log", ["log", "log2"]), Some("log"));
        assert_eq!(meant("np.log2", ["log", "log2"]), Some("log2"));
        assert_eq!(meant("as.factor", ["factor"]), Some("factor"));
        assert_eq!(
            suggestion("robust", ["level", "covariance"]),
            "; did you mean `covariance=hc3`?"
        );
    }

    #[test]
    fn names_elsewhere_are_written_as_they_are_compared() {
        for (place, line) in ELSEWHERE.iter().enumerate() {
            assert_eq!(line.0, line.0.to_lowercase().replace('-', "_"));
            assert_ne!(line.0, line.1);
            assert!(!ELSEWHERE[..place].contains(line), "{line:?} stands twice");
        }
    }
}
