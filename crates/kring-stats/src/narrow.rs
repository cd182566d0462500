//! Approximate intervals that were measured to be too narrow, and the doubt that their numbers carry.
//!
//! ```text
//! coverage  c, the share of simulated samples whose 95% interval has the truth in it  (docs/coverage.md)
//! narrow    c < .95 − 3 √(.95 · .05 / n)      n samples
//! rule      in the estimator: the sizes at which it was measured, up to where c is as it should be
//! ```
//! Where the field fixes an interval it stays as it is, and its estimate says that it may be too narrow
//! and by how much it was. Each doubt is one row here, with the scenario of `cargo xtask coverage` that
//! measured it; a test there holds the figures against the committed table. When it is said is decided
//! in the estimator, by what it sees: few rows, few events, spreads that differ.
//!
//! Variances of mixed models are off on average where families are few; a second table has those.

use kring_core::Caution;

/// An approximate interval, and where it was measured to be too narrow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Narrow {
    /// The scenario of `cargo xtask coverage`.
    pub scenario: &'static str,
    /// What its data are.
    pub on: &'static str,
    /// How many in a hundred intervals of 95% held the truth.
    pub percent: f64,
    /// Why it may be so in the data at hand, and what to take instead.
    pub why: &'static str,
}

impl Narrow {
    /// The doubt, as it travels with a number.
    pub fn caution(&self) -> Caution {
        Caution::TooNarrow {
            why: self.why.to_owned(),
            on: self.on.to_owned(),
            percent: self.percent,
        }
    }

    /// The doubt, if it is one here.
    pub(crate) fn when(&self, here: bool) -> Option<Caution> {
        here.then(|| self.caution())
    }
}

/// An estimate that was measured to be off on average.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Biased {
    /// The scenario of `cargo xtask coverage`.
    pub scenario: &'static str,
    /// What its data are.
    pub on: &'static str,
    /// What was off by how many percent of the truth.
    pub what: &'static str,
    /// Negative where it was too small.
    pub percent: f64,
    /// Why it may be so in the data at hand, and what to take instead.
    pub why: &'static str,
}

impl Biased {
    /// The doubt, as it travels with a number.
    pub fn caution(&self) -> Caution {
        let side = if self.percent < 0.0 { "small" } else { "large" };
        Caution::Note(format!(
            "{} On simulated data ({}) the {} was {:.1}% too {side} on average; docs/coverage.md has the \
             others.",
            self.why,
            self.on,
            self.what,
            self.percent.abs()
        ))
    }

    /// The doubt, if it is one here.
    pub(crate) fn when(&self, here: bool) -> Option<Caution> {
        here.then(|| self.caution())
    }
}

/// Families below which intervals of mixed models that rest on large samples were measured to be too narrow,
/// and below which standard deviations by maximum likelihood were measured to be too small.
pub(crate) const FEW_FAMILIES: usize = 100;
pub(crate) const SOME_FAMILIES: usize = 500;

/// Fewer than this are few: values in a group, pairs, events.
pub(crate) const FEW: usize = 20;

pub(crate) const STUDENT: Narrow = Narrow {
    scenario: "student/lopsided",
    on: "10 and 60 normal values, SD 4 and 1",
    percent: 64.11,
    why: "The smaller group varies more, and Student's interval takes one variance for both: take \
          Welch's.",
};

pub(crate) const PAIRED_T: Narrow = Narrow {
    scenario: "paired/skewed",
    on: "10 pairs, differences lognormal, SD of the log 1",
    percent: 84.24,
    why: "With fewer than 20 pairs the interval rests on differences that are about normal, which so \
          few cannot show.",
};

pub(crate) const SUPERIORITY: Narrow = Narrow {
    scenario: "superiority-plain/12 12",
    on: "12 and 12 normal values, 2 SD apart",
    percent: 88.64,
    why: "With fewer than 20 values in a group the plain interval is too narrow near its ends: take \
          logit or newcombe.",
};

pub(crate) const EPSILON_OF_RANKS: Narrow = Narrow {
    scenario: "rank-epsilon/hard",
    on: "3 groups of 10 normal values, means [0.0, 1.0, 2.0]",
    percent: 92.68,
    why: "The interval takes ranks for normal values, which is rough in small groups and for large \
          effects.",
};

pub(crate) const KENDALLS_W: Narrow = Narrow {
    scenario: "kendalls-w/hard",
    on: "20 blocks of 4 normal values, means [0.0, 0.7, 1.4, 2.1]",
    percent: 88.89,
    why: "The interval takes ranks for normal values, which is rough for few blocks and where W is \
          large.",
};

pub(crate) const WILSON: Narrow = Narrow {
    scenario: "share-wilson/55 0.2",
    on: "55 with a share of 0.2",
    percent: 93.76,
    why: "With fewer than 20 events, or 20 without, Wilson's interval covers a little more or less by \
          the true share: for no less than its level take clopper_pearson.",
};

pub(crate) const NEWCOMBE: Narrow = Narrow {
    scenario: "newcombe/10 12, 0.8 0.2",
    on: "0.8 of 10 and 0.2 of 12",
    percent: 93.80,
    why: "With fewer than 20 in a group Newcombe's interval may be too narrow: take \
          miettinen_nurminen.",
};

pub(crate) const RISK_DIFFERENCE_WALD: Narrow = Narrow {
    scenario: "difference-wald/45 45, 0.35 0.2",
    on: "0.35 of 45 and 0.2 of 45",
    percent: 94.14,
    why: "With a cell of fewer than 20 Wald's interval is too narrow: take miettinen_nurminen.",
};

pub(crate) const MANTEL_HAENSZEL: Narrow = Narrow {
    scenario: "mh-difference/10 teams",
    on: "10 teams of 5 and 6 families, shares .1 to .3 in WT",
    percent: 94.34,
    why: "The strata hold fewer than 20 on average, and the error of their common difference of risks \
          is one of large samples.",
};

pub(crate) const BERGSMA: Narrow = Narrow {
    scenario: "association/3 × 3 corrected",
    on: "115 in 3 × 3 cells",
    percent: 93.95,
    why: "Bergsma's correction shrinks the limits with the estimate: without it they are wide enough.",
};

pub(crate) const RATE_SCORE: Narrow = Narrow {
    scenario: "rate-score/2",
    on: "2 events expected in 40 years",
    percent: 94.25,
    why: "With fewer than 10 events the score interval of a rate may be too narrow: take exact.",
};

pub(crate) const RATE_DIFFERENCE_WALD: Narrow = Narrow {
    scenario: "rate-difference-wald/rare",
    on: "about 3 and 1.5 events in 40 and 44 years",
    percent: 93.33,
    why: "With fewer than 10 events in a group Wald's interval is too narrow: take mover.",
};

pub(crate) const RATES_OF_TOTALS: Narrow = Narrow {
    scenario: "rate-ratio-exact/overdispersed",
    on: "55 and 60 families, 6 and 4.7 a family, NB2 with θ = 2: not Poisson",
    percent: 70.78,
    why: "Totals do not show whether events came independently, as a Poisson process has them. Where \
          families differ by more than that, take a negative binomial regression of their counts.",
};

pub(crate) const CORRECTED_DZ: Narrow = Narrow {
    scenario: "dz-noncentral/6",
    on: "6 pairs, correlation 0.5, change 1.5 SD",
    percent: 90.71,
    why: "With fewer than 20 pairs Hedges's correction shrinks limits that were exact: for the interval \
          take no correction.",
};

pub(crate) const GLASS_NORMAL: Narrow = Narrow {
    scenario: "d-second-normal/20 60, 2",
    on: "20 and 60 normal values, 1.5 apart, SD 2 and 1",
    percent: 94.09,
    why: "The other group varies more than the one whose SD is the unit, and the normal limits do not \
          allow for all of it: take the average SD.",
};

pub(crate) const BALANCE: Narrow = Narrow {
    scenario: "balance-numbers/5 5",
    on: "5 and 5 normal values, 1.5 SD apart",
    percent: 93.80,
    why: "With fewer than 10 in a group the normal interval of a standardised difference is rough.",
};

pub(crate) const BOUNDS: Narrow = Narrow {
    scenario: "bounds-worst/10 10",
    on: "10 and 10 scores from 0 to 10, a tenth and a quarter missing, truth at the low end",
    percent: 93.88,
    why: "With fewer than 20 known outcomes in an arm the normal interval of bounds is rough.",
};

pub(crate) const KAPPA: Narrow = Narrow {
    scenario: "kappa-quadratic/60",
    on: "60 families, 2 raters, 3 categories",
    percent: 91.93,
    why: "The interval of κ rests on large samples: with fewer than some 400 subjects it tends to be \
          too narrow, the more so with weights.",
};

pub(crate) const ICC_OF_AGREEMENT: Narrow = Narrow {
    scenario: "ICC2k/55",
    on: "55 families, 3 raters, normal scores",
    percent: 93.82,
    why: "The limits of agreement take the variance of fewer than 10 raters by an approximation.",
};

pub(crate) const HC0: Narrow = Narrow {
    scenario: "lm-HC0/55 60 unequal",
    on: "55 and 60 families, SD by arm and severity",
    percent: 94.32,
    why: "HC0 is too small in fewer than some 250 rows (Long and Ervin 2000): take hc3.",
};

pub(crate) const NEGATIVE_BINOMIAL_OF_FEW: Narrow = Narrow {
    scenario: "glm-negative binomial (NB2) Wald/8 10",
    on: "8 and 10 families, a covariate",
    percent: 90.72,
    why: "There are fewer than 10 rows a coefficient, and the likelihood of counts whose variance is \
          estimated promises intervals in large samples only.",
};

pub(crate) const NEGATIVE_BINOMIAL: Narrow = Narrow {
    scenario: "glm-negative binomial (NB2) Wald/55 60",
    on: "55 and 60 families, a covariate",
    percent: 94.29,
    why: "There are fewer than 50 rows a coefficient, and the errors take θ as known: profile intervals \
          are closer to their level.",
};

pub(crate) const BETA_BINOMIAL_OF_FEW: Narrow = Narrow {
    scenario: "glm-beta-binomial Wald/8 10",
    on: "8 and 10 families, a covariate",
    percent: 91.05,
    why: "There are fewer than 10 rows a coefficient, and the likelihood of shares whose variance is \
          estimated promises intervals in large samples only.",
};

pub(crate) const GAMMA_OF_FEW: Narrow = Narrow {
    scenario: "glm-gamma Wald/8 10",
    on: "8 and 10 families, a covariate",
    percent: 94.04,
    why: "There are fewer than 10 rows a coefficient, and intervals of a gamma regression are those of \
          large samples.",
};

pub(crate) const BINOMIAL_OF_FEW: Narrow = Narrow {
    scenario: "glm-binomial profile/8 10",
    on: "8 and 10 families, a covariate",
    percent: 92.26,
    why: "There are fewer than 10 trials a coefficient: profile intervals may be too narrow, and Wald's \
          are too wide. Firth's bias reduction is safer.",
};

pub(crate) const ROBUST_OF_FEW: Narrow = Narrow {
    scenario: "glm-poisson HC2/8 10",
    on: "8 and 10 families, NB2 counts: not Poisson",
    percent: 92.17,
    why: "There are fewer than 10 rows a coefficient, and robust errors of a generalised linear model \
          are those of large samples.",
};

pub(crate) const POISSON: Narrow = Narrow {
    scenario: "glm-poisson classical/55 60",
    on: "55 and 60 families, NB2 counts: not Poisson",
    percent: 68.66,
    why: "The response varies by more than the family says (Pearson's χ² rejects it): take a negative \
          binomial, beta-binomial or quasi family, or robust errors.",
};

pub(crate) const DELTA_METHOD: Narrow = Narrow {
    scenario: "standardized-delta/55 60",
    on: "55 and 60 families, a covariate, binomial regression",
    percent: 94.29,
    why: "With fewer than 200 rows the delta method's interval of a difference of shares may be a \
          little too narrow.",
};

pub(crate) const HURDLE_COUNTS: Narrow = Narrow {
    scenario: "hurdle-NB2 mean/55 60",
    on: "55 and 60 families",
    percent: 92.60,
    why: "With fewer than 200 rows the counts above zero say little of their own dispersion, and Wald's \
          intervals are too narrow.",
};

pub(crate) const BOOTSTRAP: Narrow = Narrow {
    scenario: "bootstrap-BCa mean/55",
    on: "55 lognormal values, SD of the log 1",
    percent: 90.82,
    why: "One group that is drawn from has fewer than 100 units: bootstrap intervals tend to be too \
          short, above all where a few values lie far out.",
};

pub(crate) const LMM_NORMAL: Narrow = Narrow {
    scenario: "lmm normal/10 4 arm",
    on: "2 × 10 families, 4 waves",
    percent: 93.42,
    why: "With fewer than 100 families (or levels of another factor) the normal distribution is too narrow: take \
          Satterthwaite's or Kenward and Roger's degrees of freedom.",
};

pub(crate) const LMM_ML: Narrow = Narrow {
    scenario: "lmm ml/10 4 arm",
    on: "2 × 10 families, 4 waves",
    percent: 93.41,
    why: "With fewer than 100 families (or levels of another factor) maximum likelihood makes variances, and so \
          errors, too small: take REML.",
};

pub(crate) const LMM_PROFILE: Narrow = Narrow {
    scenario: "lmm profile/10 4 arm",
    on: "2 × 10 families, 4 waves",
    percent: 93.20,
    why: "With fewer than 100 families (or levels of another factor) profiles of the whole likelihood are too \
          narrow: take REML with Kenward and Roger's degrees of freedom.",
};

pub(crate) const LMM_PROFILE_SD: Narrow = Narrow {
    scenario: "lmm profile/10 4 SD",
    on: "2 × 10 families, 4 waves",
    percent: 93.20,
    why: "With fewer than 100 families (or levels of another factor) profiles of standard deviations lie too low: \
          the parametric bootstrap says by how much.",
};

pub(crate) const GLMM_OF_FEW: Narrow = Narrow {
    scenario: "glmm-poisson quadrature/10 4 arm",
    on: "2 × 10 families, 4 waves",
    percent: 91.55,
    why: "With fewer than 100 families (or levels of another factor) intervals of large samples are too narrow, \
          for what differs between families most: a permutation test of the arms needs no large sample.",
};

pub(crate) const MMRM_OF_FEW: Narrow = Narrow {
    scenario: "mmrm arm:wave/10 4 satterthwaite",
    on: "2 × 10 families, 4 waves",
    percent: 88.40,
    why: "With fewer than three families for each parameter of the covariance, intervals do not allow for all that \
          is unknown of it: take Kenward and Roger's linear variant, which comes nearest, or a structure with fewer \
          parameters.",
};

pub(crate) const MMRM_KENWARD_ROGER_OF_FEW: Narrow = Narrow {
    scenario: "mmrm arm:wave/10 4 kr",
    on: "2 × 10 families, 4 waves",
    percent: 90.70,
    why: "With fewer than three families for each parameter of the covariance, intervals do not allow for all that \
          is unknown of it, even so: take a structure with fewer parameters.",
};

pub(crate) const MMRM_BY_COUNT: Narrow = Narrow {
    scenario: "mmrm arm:wave/10 4 residual",
    on: "2 × 10 families, 4 waves",
    percent: 86.45,
    why: "Degrees of freedom by count take the covariance as known, which with fewer than five families for each of \
          its parameters it is not: take Kenward and Roger's.",
};

pub(crate) const VARIANCE_BY_ML_OF_FEW: Biased = Biased {
    scenario: "lmm ml/10 4 variance",
    on: "2 × 10 families, 4 waves",
    what: "variance",
    percent: -10.99,
    why: "Maximum likelihood takes no account of the coefficients that are estimated, which matters with few \
          families: take REML.",
};

pub(crate) const VARIANCE_BY_ML: Biased = Biased {
    scenario: "lmm ml/55 4 variance",
    on: "2 × 55 families, 4 waves",
    what: "variance",
    percent: -2.39,
    why: "Maximum likelihood takes no account of the coefficients that are estimated: take REML.",
};

pub(crate) const SLOPES_OF_FEW: Biased = Biased {
    scenario: "lmm-slopes satterthwaite/10 4 slopes",
    on: "2 × 10 families, 4 waves, a slope each",
    what: "variance of the slopes",
    percent: 15.69,
    why: "With fewer than 100 families variances of several effects often end at zero, and cannot fall below it: \
          where they do not, they are too large.",
};

pub(crate) const SD_BY_LAPLACE: Biased = Biased {
    scenario: "glmm-bernoulli laplace/55 2 SD",
    on: "2 × 55 families, 2 waves",
    what: "standard deviation",
    percent: -25.24,
    why: "Laplace's approximation makes the spread of shares too small where families have few trials: take \
          quadrature.",
};

pub(crate) const SD_OF_FEW: Biased = Biased {
    scenario: "glmm-poisson quadrature/10 4 SD",
    on: "2 × 10 families, 4 waves",
    what: "standard deviation",
    percent: -8.15,
    why: "Maximum likelihood takes no account of the coefficients that are estimated, which matters with few \
          families.",
};

pub(crate) const SD: Biased = Biased {
    scenario: "glmm-poisson quadrature/55 4 SD",
    on: "2 × 55 families, 4 waves",
    what: "standard deviation",
    percent: -1.08,
    why: "Maximum likelihood takes no account of the coefficients that are estimated.",
};

pub(crate) const SHAPE: Biased = Biased {
    scenario: "glmm-nb2 quadrature/20 4 1/θ",
    on: "2 × 20 families, 4 waves",
    what: "1/θ",
    percent: -2.45,
    why: "Maximum likelihood makes the variance that is left within families a little too small.",
};

pub(crate) const SHARES: Biased = Biased {
    scenario: "glmm-bernoulli quadrature/55 2 arm",
    on: "2 × 55 families, 2 waves",
    what: "log odds ratio of the arms",
    percent: 5.88,
    why: "With fewer than 3 trials a family their spread is hardly known, and log odds ratios are a little too far \
          from zero.",
};

/// All that are off on average, in the order of docs/coverage.md.
pub const BIASED: [Biased; 8] = [
    VARIANCE_BY_ML_OF_FEW,
    SLOPES_OF_FEW,
    VARIANCE_BY_ML,
    SD_OF_FEW,
    SD,
    SHAPE,
    SHARES,
    SD_BY_LAPLACE,
];

/// All that are too narrow, in the order of docs/coverage.md.
pub const MEASURED: [Narrow; 38] = [
    STUDENT,
    PAIRED_T,
    SUPERIORITY,
    EPSILON_OF_RANKS,
    KENDALLS_W,
    WILSON,
    NEWCOMBE,
    RISK_DIFFERENCE_WALD,
    MANTEL_HAENSZEL,
    BERGSMA,
    RATE_SCORE,
    RATE_DIFFERENCE_WALD,
    RATES_OF_TOTALS,
    CORRECTED_DZ,
    GLASS_NORMAL,
    BALANCE,
    BOUNDS,
    KAPPA,
    ICC_OF_AGREEMENT,
    HC0,
    NEGATIVE_BINOMIAL_OF_FEW,
    NEGATIVE_BINOMIAL,
    BETA_BINOMIAL_OF_FEW,
    GAMMA_OF_FEW,
    BINOMIAL_OF_FEW,
    ROBUST_OF_FEW,
    POISSON,
    DELTA_METHOD,
    HURDLE_COUNTS,
    LMM_NORMAL,
    LMM_ML,
    LMM_PROFILE,
    LMM_PROFILE_SD,
    GLMM_OF_FEW,
    MMRM_OF_FEW,
    MMRM_KENWARD_ROGER_OF_FEW,
    MMRM_BY_COUNT,
    BOOTSTRAP,
];
