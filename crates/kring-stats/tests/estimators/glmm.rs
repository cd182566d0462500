//! Generalised linear mixed models: what they refuse, hard conditions, and what must be true of them.

use kring_core::{
    Caution, Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response,
    WeightKind, Weights,
};
use kring_stats::family::{Family, Link};
use kring_stats::glm::Settings;
use kring_stats::glmm::{
    Glmm, GlmmFit, Integration, Scale, SimulatedResidual, SimulatedResiduals, ZeroCounts,
};
use kring_stats::prediction::{NewRows, Whose};
use kring_stats::{Error, Fit};
use ndarray::{Array1, Array2};

/// A simple generator, so that the numbers need no library.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    pub(crate) fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (2.0 * std::f64::consts::PI * self.uniform()).cos()
    }

    pub(crate) fn poisson(&mut self, mean: f64) -> f64 {
        let (mut count, mut product) = (0.0, self.uniform());
        let limit = (-mean).exp();
        while product > limit {
            count += 1.0;
            product *= self.uniform();
        }
        count
    }
}

/// Families with so many waves each; every second one in the second arm.
pub(crate) struct Panel {
    pub(crate) arm: Vec<f64>,
    pub(crate) wave: Vec<f64>,
    pub(crate) family: Vec<u32>,
    pub(crate) effect: Vec<f64>,
    pub(crate) noise: Noise,
}

impl Panel {
    pub(crate) fn new(families: usize, waves: usize, sd: f64) -> Self {
        let mut noise = Noise(2011);
        let effects: Vec<f64> = (0..families).map(|_| sd * noise.normal()).collect();
        let rows = families * waves;
        Self {
            arm: (0..rows).map(|i| (i / waves % 2) as f64).collect(),
            wave: (0..rows).map(|i| (i % waves) as f64).collect(),
            family: (0..rows)
                .map(|i| u32::try_from(i / waves).unwrap())
                .collect(),
            effect: (0..rows).map(|i| effects[i / waves]).collect(),
            noise,
        }
    }

    pub(crate) fn counts(&mut self) -> Array1<f64> {
        (0..self.arm.len())
            .map(|i| {
                let eta = 0.8 - 0.4 * self.arm[i] - 0.1 * self.wave[i] + self.effect[i];
                self.noise.poisson(eta.exp())
            })
            .collect()
    }

    pub(crate) fn yes(&mut self) -> Array1<f64> {
        (0..self.arm.len())
            .map(|i| {
                let eta = -0.3 + 0.7 * self.arm[i] + self.effect[i];
                f64::from(u8::from(self.noise.uniform() < 1.0 / (1.0 + (-eta).exp())))
            })
            .collect()
    }

    pub(crate) fn parts(&self, response: Response) -> DesignParts {
        let n = self.arm.len();
        let columns = ["(Intercept)", "arm", "wave"].map(str::to_owned).to_vec();
        let x = Array2::from_shape_fn((n, 3), |(i, j)| [1.0, self.arm[i], self.wave[i]][j]);
        let mut mean = Part::fixed(x, columns);
        mean.random = vec![self.term(Array2::ones((n, 1)))];
        DesignParts {
            response,
            response_name: "problems".into(),
            mean,
            zero: None,
            dispersion: None,
            groups: Groups::default(),
            time: None,
            weights: None,
            source_rows: (0..n).collect(),
            omitted: vec![],
        }
    }

    pub(crate) fn term(&self, z: Array2<f64>) -> RandomTerm {
        let last = *self.family.last().unwrap();
        RandomTerm {
            grouping: Grouping::new(
                "family",
                (0..=last).map(|i| i.to_string()).collect(),
                self.family.clone(),
            ),
            columns: ["(Intercept)", "wave"][..z.ncols()]
                .iter()
                .map(|s| (*s).to_owned())
                .collect(),
            z,
            structure: RandomStructure::Unstructured,
        }
    }
}

pub(crate) fn fit(options: Glmm, parts: DesignParts) -> Result<GlmmFit, Error> {
    options.fit(&Design::new(parts).unwrap())
}

fn poisson() -> Glmm {
    Glmm {
        family: Family::Poisson,
        ..Glmm::default()
    }
}

pub(crate) fn close(a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance * (1.0 + b.abs()), "{a} {b}");
}

#[test]
fn what_is_refused() {
    let mut panel = Panel::new(8, 3, 0.5);
    let counts = panel.counts();
    let parts = || panel.parts(Response::Count(counts.clone()));
    let message = |options: Glmm, parts: DesignParts| fit(options, parts).unwrap_err().to_string();
    let mut fixed = parts();
    fixed.mean.random.clear();
    assert!(message(poisson(), fixed).contains("needs a random term"));
    let with = |family| Glmm {
        family,
        ..poisson()
    };
    assert!(message(with(Family::Gaussian), parts()).contains("linear mixed model"));
    assert!(message(with(Family::QuasiPoisson), parts()).contains("negative binomial"));
    let link = Glmm {
        link: Some(Link::Logit),
        ..poisson()
    };
    assert!(message(link, parts()).contains("it may have log"));
    let points = |points| Glmm {
        integration: Integration::Quadrature { points },
        ..poisson()
    };
    assert!(message(points(0), parts()).contains("1 to 100"));
    let hurdle = Glmm {
        zeros: ZeroCounts::Hurdle,
        ..poisson()
    };
    assert!(message(hurdle, parts()).contains("a model of the zeros"));
    let truncated = Glmm {
        zeros: ZeroCounts::Truncated,
        ..poisson()
    };
    assert!(message(truncated, parts()).contains("counts above zero"));
    let mut dispersed = parts();
    dispersed.dispersion = Some(Part::fixed(
        Array2::ones((24, 1)),
        vec!["(Intercept)".into()],
    ));
    assert!(message(poisson(), dispersed).contains("dispersion"));
    let mut sampled = parts();
    sampled.weights = Some(Weights {
        kind: WeightKind::Sampling,
        values: Array1::ones(24),
    });
    assert!(message(poisson(), sampled).contains("sampling weights"));
    // A slope on a constant is the intercept again.
    let mut constant = parts();
    constant.mean.random = vec![panel.term(Array2::ones((24, 2)))];
    assert!(message(poisson(), constant).contains("cannot be told apart"));
    // Half numbers are no counts.
    let mut halves = parts();
    halves.response = Response::Continuous(Array1::from_elem(24, 0.5));
    assert!(message(poisson(), halves).contains("whole numbers"));
    // One family.
    let mut one = parts();
    one.mean.random[0].grouping.index.fill(0);
    assert!(message(poisson(), one).contains("at least 2 levels of `family`"));
}

/// An arm without a single event: the likelihood rises without end as its coefficient falls.
#[test]
fn an_arm_of_zeros_has_no_maximum() {
    let mut panel = Panel::new(20, 3, 0.4);
    let mut counts = panel.counts();
    for (y, arm) in counts.iter_mut().zip(&panel.arm) {
        if *arm == 1.0 {
            *y = 0.0;
        }
    }
    for options in [
        poisson(),
        Glmm {
            family: Family::NegativeBinomial2,
            ..poisson()
        },
    ] {
        let error = fit(options, panel.parts(Response::Count(counts.clone()))).unwrap_err();
        assert!(error.to_string().contains("`arm` falls"), "{error}");
    }
    let mut yes = panel.yes();
    for (y, arm) in yes.iter_mut().zip(&panel.arm) {
        if *arm == 1.0 {
            *y = 1.0;
        }
    }
    let binomial = Glmm {
        family: Family::Binomial,
        ..poisson()
    };
    let error = fit(binomial, panel.parts(Response::Binary(yes))).unwrap_err();
    assert!(matches!(error, Error::NoMaximum { .. }), "{error}");
}

/// Families that differ no more than by chance: the variance is zero, the coefficients those of the model
/// without effects.
#[test]
fn no_variance_is_the_model_without_effects() {
    let panel = Panel::new(30, 4, 0.0);
    // Each family has the same counts, so that they differ less than by chance.
    let y: Array1<f64> = (0..120).map(|i| [2.0, 4.0, 1.0, 3.0][i % 4]).collect();
    for integration in [Integration::Laplace, Integration::Automatic] {
        let mut parts = panel.parts(Response::Count(y.clone()));
        let mixed = fit(
            Glmm {
                integration,
                ..poisson()
            },
            parts.clone(),
        )
        .unwrap();
        assert_eq!(mixed.components[0].value, 0.0);
        assert!(mixed.components[0].at_boundary && mixed.random[0].singular);
        let singular = |c: &Caution| c.sentence().contains("Singular fit");
        assert!(mixed.provenance().cautions.iter().any(singular));
        parts.mean.random.clear();
        let plain = kring_stats::glm::Glm {
            family: Family::Poisson,
            ..kring_stats::glm::Glm::default()
        }
        .fit(&Design::new(parts).unwrap())
        .unwrap();
        close(
            mixed.criteria.log_likelihood,
            plain.log_likelihood.unwrap(),
            1e-10,
        );
        for (a, b) in mixed
            .estimates()
            .unwrap()
            .iter()
            .zip(plain.estimates().unwrap())
        {
            close(a.value.finite().unwrap(), b.value.finite().unwrap(), 1e-6);
            close(a.std_error.unwrap(), b.std_error.unwrap(), 1e-5);
        }
    }
}

/// Counts that vary no more than Poisson ones beside the families: θ at infinity, with a caution.
#[test]
fn a_negative_binomial_without_need_is_poisson() {
    let mut panel = Panel::new(60, 4, 0.6);
    // Rounded means vary less than Poisson counts.
    let y: Array1<f64> = (0..240)
        .map(|i| (1.2 + panel.effect[i] - 0.2 * panel.arm[i]).exp().round())
        .collect();
    let _ = panel.noise.uniform();
    let plain = fit(poisson(), panel.parts(Response::Count(y.clone()))).unwrap();
    for family in [Family::NegativeBinomial2, Family::NegativeBinomial1] {
        let found = fit(
            Glmm {
                family,
                ..poisson()
            },
            panel.parts(Response::Count(y.clone())),
        )
        .unwrap();
        close(
            found.criteria.log_likelihood,
            plain.criteria.log_likelihood,
            1e-9,
        );
        assert!(found.shape.unwrap().value.finite().is_none());
    }
}

/// Permuted rows, other names and another unit change nothing; a frequency weight of two is two copies.
#[test]
fn invariances() {
    let mut panel = Panel::new(40, 3, 0.7);
    let y = panel.counts();
    let parts = panel.parts(Response::Count(y.clone()));
    let options = Glmm {
        family: Family::NegativeBinomial2,
        ..poisson()
    };
    let one = fit(options, parts.clone()).unwrap();
    let n = y.len();
    let turned: Vec<usize> = (0..n).map(|i| (i * 37 + 11) % n).collect();
    let mut other = parts.clone();
    other.response = Response::Count(turned.iter().map(|&i| y[i]).collect());
    other.mean.x = Array2::from_shape_fn((n, 3), |(i, j)| {
        parts.mean.x[[turned[i], j]] * [1.0, 1.0, 1e5][j]
    });
    let index = |i: &usize| 39 - panel.family[*i];
    other.mean.random[0].grouping.index = turned.iter().map(index).collect();
    let two = fit(options, other).unwrap();
    close(
        two.criteria.log_likelihood,
        one.criteria.log_likelihood,
        1e-9,
    );
    let (a, b) = (one.estimates().unwrap(), two.estimates().unwrap());
    close(
        a[1].value.finite().unwrap(),
        b[1].value.finite().unwrap(),
        1e-6,
    );
    close(a[2].std_error.unwrap(), b[2].std_error.unwrap() * 1e5, 1e-5);
    close(one.components[0].value, two.components[0].value, 1e-6);

    let mut weighted = parts.clone();
    let w: Array1<f64> = (0..n).map(|i| (i % 3) as f64).collect();
    weighted.weights = Some(Weights {
        kind: WeightKind::Frequency,
        values: w.clone(),
    });
    let weighted = fit(poisson(), weighted).unwrap();
    let copies: Vec<usize> = (0..n).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    let mut copied = parts.clone();
    copied.response = Response::Count(copies.iter().map(|&i| y[i]).collect());
    copied.mean.x = parts.mean.x.select(ndarray::Axis(0), &copies);
    copied.mean.random[0].z = Array2::ones((copies.len(), 1));
    copied.mean.random[0].grouping.index = copies.iter().map(|&i| panel.family[i]).collect();
    copied.source_rows = (0..copies.len()).collect();
    let copied = fit(poisson(), copied).unwrap();
    close(
        weighted.criteria.log_likelihood,
        copied.criteria.log_likelihood,
        1e-9,
    );
    close(weighted.criteria.bic, copied.criteria.bic, 1e-9);
    close(
        weighted.components[0].value,
        copied.components[0].value,
        1e-6,
    );
    // A column that others contain is left out and named.
    let mut aliased = parts;
    aliased.mean.x = ndarray::concatenate![
        ndarray::Axis(1),
        aliased.mean.x,
        aliased.mean.x.slice(ndarray::s![.., 1..2])
    ];
    aliased.mean.columns.push("again".into());
    let aliased = fit(options, aliased).unwrap();
    close(
        aliased.criteria.log_likelihood,
        one.criteria.log_likelihood,
        1e-9,
    );
    let named = |c: &Caution| matches!(c, Caution::Aliased { columns } if columns == &["again"]);
    assert!(aliased.provenance().cautions.iter().any(named));
}

/// The same bits for any number of threads.
#[test]
fn threads_change_nothing() {
    let mut panel = Panel::new(900, 3, 0.7);
    let y = panel.yes();
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        let parts = panel.parts(Response::Binary(y.clone()));
        pool.install(|| {
            fit(
                Glmm {
                    family: Family::Binomial,
                    ..poisson()
                },
                parts,
            )
            .unwrap()
        })
    };
    let one = of(1);
    assert_eq!(one.nodes, 9);
    for more in [of(2), of(4)] {
        assert_eq!(
            one.criteria.log_likelihood.to_bits(),
            more.criteria.log_likelihood.to_bits()
        );
        assert_eq!(one.coefficients().values, more.coefficients().values);
        assert_eq!(one.modes, more.modes);
    }
    // The certificate says that this is a maximum.
    assert!(
        one.certificate.distance < 1e-4 && one.certificate.edge > 0.1,
        "{:?}",
        one.certificate
    );
}

/// A Bernoulli model over families: the odds ratio of the averages is closer to one than that of a family,
/// and with a log link and intercepts the rate ratios are the same.
#[test]
fn averages_and_the_typical_family() {
    let mut panel = Panel::new(300, 4, 1.5);
    let yes = panel.yes();
    let parts = panel.parts(Response::Binary(yes));
    let set = |value: f64| {
        let mut x = parts.mean.x.clone();
        x.column_mut(1).fill(value);
        x
    };
    let (wt, ekc) = (set(0.0), set(1.0));
    let settings = Settings {
        names: ["WT", "EKC"],
        a: wt.view(),
        b: ekc.view(),
        offset: None,
        weights: None,
    };
    let binomial = fit(
        Glmm {
            family: Family::Binomial,
            ..poisson()
        },
        parts.clone(),
    )
    .unwrap();
    let both = binomial.marginal(&settings).unwrap();
    let odds =
        |s: &kring_stats::glm::Standardized| s.odds_ratio.as_ref().unwrap().value.finite().unwrap();
    let (average, typical) = (odds(&both.average), odds(&both.typical));
    assert!(average < 0.9 * typical && average > 0.4 * typical);
    // Zeger, Liang and Albert: the ratio of logs is about 1/√(1 + 0.346 σ²).
    let shrink = 1.0 / (1.0 + 0.346 * binomial.random[0].covariance[[0, 0]]).sqrt();
    close(average / typical, shrink, 0.05);
    assert!(both.average.odds_ratio.unwrap().std_error.unwrap() > 0.0);
    let latent = binomial.latent.unwrap();
    let v = binomial.random[0].covariance[[0, 0]];
    close(
        latent.icc(),
        v / (v + std::f64::consts::PI.powi(2) / 3.0),
        1e-12,
    );

    let counts = panel.counts();
    let poisson = fit(poisson(), panel.parts(Response::Count(counts))).unwrap();
    let both = poisson.marginal(&settings).unwrap();
    let rate =
        |s: &kring_stats::glm::Standardized| s.ratio.as_ref().unwrap().value.finite().unwrap();
    close(rate(&both.average), rate(&both.typical), 1e-10);
    close(
        rate(&both.typical),
        poisson.coefficients().value("arm").unwrap(),
        1e-10,
    );
}

/// One or two waves of many families, one observation each, huge counts: all end in a fit.
#[test]
fn hard_conditions_end_in_a_fit() {
    let mut panel = Panel::new(20_000, 1, 0.8);
    let y = panel.counts();
    let many = fit(poisson(), panel.parts(Response::Count(y))).unwrap();
    close(many.components[0].value, 0.8, 0.05);
    assert!(many.certificate.sentence().starts_with("Converged in"));
    let mut panel = Panel::new(12, 3, 0.3);
    let huge: Array1<f64> = panel
        .counts()
        .iter()
        .enumerate()
        .map(|(i, y)| (1e6 * panel.effect[i].exp()).round() + y)
        .collect();
    let huge = fit(poisson(), panel.parts(Response::Count(huge))).unwrap();
    assert!(huge.components[0].value > 0.1);
    // A model of the zeros where they are in excess, and slopes.
    let mut panel = Panel::new(200, 4, 0.5);
    let mut y = panel.counts();
    for y in &mut y {
        if panel.noise.uniform() < 0.4 {
            *y = 0.0;
        }
    }
    let mut parts = panel.parts(Response::Count(y));
    parts.zero = Some(Part::fixed(
        Array2::ones((800, 1)),
        vec!["(Intercept)".into()],
    ));
    let zip = fit(poisson(), parts).unwrap();
    let zeta = zip.zero().unwrap().estimates().unwrap()[0]
        .value
        .finite()
        .unwrap();
    close(1.0 / (1.0 + (-zeta).exp()), 0.4, 0.06);
    assert!(zip.provenance().method.starts_with("zero-inflated Poisson"));
}

/// Four copies of every family: the same estimates, half the errors, though many families are searched by another
/// way: from a part of them, and with a curvature by differences to one side.
#[test]
fn copies_of_families_halve_the_errors() {
    let mut panel = Panel::new(240, 3, 0.7);
    let counts = panel.counts();
    let negative = Glmm {
        family: Family::NegativeBinomial2,
        integration: Integration::Laplace,
        ..Glmm::default()
    };
    let once = fit(negative, panel.parts(Response::Count(counts.clone()))).unwrap();
    let times = |x: &[f64]| -> Vec<f64> { (0..4).flat_map(|_| x.to_vec()).collect() };
    let copied = Panel {
        arm: times(&panel.arm),
        wave: times(&panel.wave),
        family: (0..4)
            .flat_map(|copy| panel.family.iter().map(move |f| f + 240 * copy))
            .collect(),
        effect: vec![],
        noise: Noise(1),
    };
    let response = Response::Count(times(counts.as_slice().unwrap()).into());
    let four = fit(negative, copied.parts(response)).unwrap();
    close(
        four.criteria.log_likelihood,
        4.0 * once.criteria.log_likelihood,
        1e-9,
    );
    for (one, other) in once
        .estimates()
        .unwrap()
        .iter()
        .zip(four.estimates().unwrap())
    {
        close(
            other.value.finite().unwrap(),
            one.value.finite().unwrap(),
            1e-5,
        );
        let ratio = one.std_error.unwrap() / other.std_error.unwrap();
        close(ratio, 2.0, 1e-4);
    }
}

fn simulated(fit: &GlmmFit, replicates: usize) -> Result<SimulatedResiduals, Error> {
    fit.simulated_residuals(&SimulatedResidual {
        replicates,
        seed: Some(2011),
    })
}

/// The right model passes; Poisson counts with excess zeros that the model lacks do not.
#[test]
fn simulated_residuals_tell_a_wrong_model() {
    let mut panel = Panel::new(60, 4, 0.5);
    let counts = panel.counts();
    let right = fit(poisson(), panel.parts(Response::Count(counts.clone()))).unwrap();
    let found = simulated(&right, 99).unwrap();
    let p = |test: &kring_core::JointTest| test.p_value.unwrap();
    assert!(p(&found.uniformity) > 0.01 && p(&found.dispersion.test) > 0.02);
    let zeros = found.zeros.as_ref().unwrap();
    assert!(p(&zeros.test) > 0.02 && p(&found.outliers.test) > 0.01);
    assert!((zeros.expected - zeros.observed).abs() < 0.3 * zeros.observed);
    assert_eq!(found.rows.len(), 240);
    // The same draws again.
    assert_eq!(found, simulated(&right, 99).unwrap());
    let mut noise = Noise(5);
    let fewer = counts.mapv(|y| if noise.uniform() < 0.4 { 0.0 } else { 3.0 * y });
    let wrong = fit(poisson(), panel.parts(Response::Count(fewer))).unwrap();
    let found = simulated(&wrong, 99).unwrap();
    assert!(p(&found.zeros.unwrap().test) <= 0.02);
    assert!(p(&found.uniformity) < 0.01);
}

/// Every family of distributions can be drawn from; what cannot be is refused.
#[test]
fn simulated_residuals_of_every_family() {
    let mut panel = Panel::new(12, 4, 0.4);
    let counts = panel.counts();
    let n = counts.len();
    let part = || Part::fixed(Array2::ones((n, 1)), vec!["(Intercept)".to_owned()]);
    let shares = || Response::Proportion {
        successes: counts.mapv(|y| y.min(8.0)),
        trials: Array1::from_elem(n, 8.0),
    };
    let each = [
        (
            Family::NegativeBinomial1,
            ZeroCounts::Inflated,
            Response::Count(counts.clone()),
        ),
        (
            Family::NegativeBinomial2,
            ZeroCounts::Hurdle,
            Response::Count(counts.clone()),
        ),
        (
            Family::Poisson,
            ZeroCounts::Truncated,
            Response::Count(&counts + 1.0),
        ),
        (Family::Binomial, ZeroCounts::Inflated, shares()),
        (Family::BetaBinomial, ZeroCounts::Inflated, shares()),
        (
            Family::Gamma,
            ZeroCounts::Inflated,
            Response::Continuous(&counts + 0.5),
        ),
    ];
    for (family, zeros, response) in each {
        let mut parts = panel.parts(response);
        parts.zero = (zeros == ZeroCounts::Hurdle).then(part);
        let options = Glmm {
            family,
            zeros,
            ..Glmm::default()
        };
        let fit = fit(options, parts.clone()).unwrap();
        let found = simulated(&fit, 40).unwrap();
        assert!(found.dispersion.expected > 0.0, "{family:?}");
        assert_eq!(
            found.zeros.is_some(),
            family.is_count() && zeros != ZeroCounts::Truncated
        );
        // Predictions of the rows themselves are the fitted values.
        let rows = NewRows {
            mean: &parts.mean,
            zero: parts.zero.as_ref(),
            dispersion: None,
        };
        let again = fit
            .predict(&rows, Whose::Families, Scale::Response)
            .unwrap();
        for i in 0..n {
            close(again.values[i], fit.fitted[i], 1e-9);
            assert!(
                again.interval.low[i] <= again.values[i]
                    && again.values[i] <= again.interval.high[i]
            );
        }
        if zeros == ZeroCounts::Hurdle {
            let bare = NewRows::of(&parts.mean);
            assert!(
                fit.predict(&bare, Whose::Population, Scale::Response)
                    .is_err()
            );
            assert!(fit.predict(&bare, Whose::Population, Scale::Link).is_ok());
        }
    }
    let plain = fit(poisson(), panel.parts(Response::Count(counts))).unwrap();
    assert!(simulated(&plain, 5).is_err());
    assert!(
        plain
            .simulated_residuals(&SimulatedResidual::default())
            .is_err()
    );
}

/// One step comes close to fitting without the family.
#[test]
fn influence_is_close_to_leaving_out() {
    let mut panel = Panel::new(30, 4, 0.6);
    let counts = panel.counts();
    let parts = panel.parts(Response::Count(counts.clone()));
    let whole = fit(poisson(), parts.clone()).unwrap();
    let found = whole.influence().unwrap();
    assert_eq!((found.levels.len(), found.group.as_str()), (30, "family"));
    let errors: Vec<f64> = whole
        .estimates()
        .unwrap()
        .iter()
        .map(|e| e.std_error.unwrap())
        .collect();
    for family in [0_usize, 7, 18] {
        let kept: Vec<usize> = (0..120).filter(|i| i / 4 != family).collect();
        let mut rest = parts.clone();
        rest.response = Response::Count(kept.iter().map(|&i| counts[i]).collect());
        rest.mean.x = parts.mean.x.select(ndarray::Axis(0), &kept);
        let term = &mut rest.mean.random[0];
        term.z = term.z.select(ndarray::Axis(0), &kept);
        let code = |i: &usize| u32::try_from(i / 4).unwrap();
        term.grouping.index = kept.iter().map(code).collect();
        rest.source_rows = (0..kept.len()).collect();
        let refit = fit(poisson(), rest).unwrap();
        let place = found
            .levels
            .iter()
            .position(|level| *level == family.to_string())
            .unwrap();
        for (j, estimate) in refit.estimates().unwrap().iter().enumerate() {
            let away = estimate.value.finite().unwrap() - found.without[[place, j]];
            assert!(
                away.abs() < 0.06 * errors[j],
                "{family} {j} {away} {}",
                errors[j]
            );
        }
    }
    assert!(found.cooks_distances.iter().all(|d| (0.0..2.0).contains(d)));
}
