//! Agreement of raters and reliability of scores.

use kring_core::Estimate;
use kring_core::seed::Stream;
use kring_stats::Error;
use kring_stats::agreement::{FleissKappa, Kappa, Krippendorff, Measurement, Weights};
use kring_stats::reliability::{
    Extraction, IccForm, IntraclassCorrelation, Items, Omega, Reliability,
};
use ndarray::Array2;

use super::scenario::{
    Claim::{self, Approximate, Nominal},
    Scenario, absent, place,
};

/// The shares of three judgements.
const SHARES: [f64; 3] = [0.5, 0.3, 0.2];

/// The raters copy one judgement with probability κ, and else each judges by itself: whatever the
/// weights, agreement is κ + (1 − κ) times that of chance.
fn judgements(raters: usize, kappa: f64, stream: &mut Stream) -> Vec<usize> {
    let alike = stream.uniform() < kappa;
    let first = place(&SHARES, stream);
    (0..raters)
        .map(|rater| {
            if alike || rater == 0 {
                first
            } else {
                place(&SHARES, stream)
            }
        })
        .collect()
}

fn cohen(weights: Weights, n: usize, kappa: f64) -> Scenario {
    let options = Kappa {
        weights,
        ..Kappa::default()
    };
    let (key, words) = match weights {
        Weights::Unweighted => ("kappa", "Cohen's κ"),
        Weights::Linear => ("kappa-linear", "Cohen's κ, linear weights"),
        Weights::Quadratic => ("kappa-quadratic", "Cohen's κ, quadratic weights"),
    };
    Scenario::new(
        format!("{key}/{n}"),
        words,
        format!("{n} families, 2 raters, 3 categories"),
        Approximate,
        kappa,
        move |stream| {
            let mut counts = Array2::zeros((3, 3));
            for _ in 0..n {
                let judged = judgements(2, kappa, stream);
                counts[[judged[0], judged[1]]] += 1;
            }
            Ok(options.of_table("severity", counts.view())?.kappa)
        },
    )
}

fn fleiss(n: usize, kappa: f64) -> Scenario {
    Scenario::new(
        format!("fleiss/{n}"),
        "Fleiss's κ",
        format!("{n} families, 3 raters, 3 categories"),
        Approximate,
        kappa,
        move |stream| {
            let mut counts = Array2::zeros((n, 3));
            for family in 0..n {
                for judged in judgements(3, kappa, stream) {
                    counts[[family, judged]] += 1;
                }
            }
            FleissKappa::default().of_counts("severity", counts.view())
        },
    )
}

fn krippendorff_nominal(n: usize, alpha: f64) -> Scenario {
    Scenario::new(
        format!("krippendorff-nominal/{n}"),
        "Krippendorff's α, nominal",
        format!("{n} families, 3 raters, 3 categories, a tenth missing"),
        Approximate,
        alpha,
        move |stream| {
            let mut ratings = Array2::from_elem((n, 3), None);
            for family in 0..n {
                for (rater, judged) in judgements(3, alpha, stream).into_iter().enumerate() {
                    if stream.uniform() > 0.1 {
                        ratings[[family, rater]] = Some(judged as f64);
                    }
                }
            }
            Krippendorff {
                measurement: Measurement::Nominal,
                ..Krippendorff::default()
            }
            .of_ratings("severity", ratings.view())
        },
    )
}

/// Subjects, raters and the rest with these variances.
#[derive(Clone, Copy)]
struct Rated {
    n: usize,
    k: usize,
    subjects: f64,
    raters: f64,
    rest: f64,
}

impl Rated {
    fn draw(&self, stream: &mut Stream) -> Array2<f64> {
        let raters: Vec<f64> = (0..self.k)
            .map(|_| self.raters.sqrt() * stream.normal())
            .collect();
        let mut ratings = Array2::zeros((self.n, self.k));
        for mut row in ratings.rows_mut() {
            let subject = self.subjects.sqrt() * stream.normal();
            for (rating, rater) in row.iter_mut().zip(&raters) {
                *rating = 5.0 + subject + rater + self.rest.sqrt() * stream.normal();
            }
        }
        ratings
    }
}

fn krippendorff_interval(n: usize) -> Scenario {
    let data = Rated {
        n,
        k: 3,
        subjects: 0.6,
        raters: 0.0,
        rest: 0.4,
    };
    Scenario::new(
        format!("krippendorff-interval/{n}"),
        "Krippendorff's α, interval",
        format!("{n} families, 3 raters, normal scores"),
        Approximate,
        0.6,
        move |stream| {
            Krippendorff {
                measurement: Measurement::Interval,
                ..Krippendorff::default()
            }
            .of_ratings("severity", data.draw(stream).mapv(Some).view())
        },
    )
}

const RATERS: [&str; 3] = ["a", "b", "c"];

fn icc(claim: Claim, form: IccForm, n: usize) -> Scenario {
    let name = match form {
        IccForm::Icc1 => "ICC1",
        IccForm::Icc2 => "ICC2",
        IccForm::Icc3 => "ICC3",
        IccForm::Icc1k => "ICC1k",
        IccForm::Icc2k => "ICC2k",
        IccForm::Icc3k => "ICC3k",
    };
    // Form 1 has other raters for each subject, so that raters are a part of the rest.
    let (between_raters, rest) = match form {
        IccForm::Icc1 | IccForm::Icc1k => (0.0, 0.4),
        _ => (0.1, 0.3),
    };
    let data = Rated {
        n,
        k: 3,
        subjects: 0.6,
        raters: between_raters,
        rest,
    };
    let error = match form {
        IccForm::Icc2 | IccForm::Icc2k => rest + between_raters,
        _ => rest,
    };
    let raters = match form {
        IccForm::Icc1 | IccForm::Icc2 | IccForm::Icc3 => 1.0,
        IccForm::Icc1k | IccForm::Icc2k | IccForm::Icc3k => 3.0,
    };
    Scenario::new(
        format!("{name}/{n}"),
        format!("intraclass correlation, {name}"),
        format!("{n} families, 3 raters, normal scores"),
        claim,
        0.6 / (0.6 + error / raters),
        move |stream| {
            let ratings = data.draw(stream);
            let items = Items {
                name: "severity",
                names: &RATERS,
                values: ratings.view(),
            };
            let found = IntraclassCorrelation::default().fit(&items)?;
            let found = found.form(form).ok_or_else(|| absent(form.name()))?;
            Ok(found.estimate.clone())
        },
    )
}

/// Items with one factor: x_j = λ_j f + √ψ_j e_j.
#[derive(Clone, Copy)]
struct OneFactor {
    key: &'static str,
    words: &'static str,
    lambda: [f64; 5],
    psi: [f64; 5],
}

const PARALLEL: OneFactor = OneFactor {
    key: "parallel",
    words: "5 parallel items",
    lambda: [0.7; 5],
    psi: [0.51; 5],
};
const CONGENERIC: OneFactor = OneFactor {
    key: "unlike",
    words: "5 items with loadings .4 to .9",
    lambda: [0.4, 0.5, 0.7, 0.8, 0.9],
    psi: [0.84, 0.75, 0.51, 0.36, 0.19],
};

impl OneFactor {
    fn draw(&self, n: usize, stream: &mut Stream) -> Array2<f64> {
        let mut items = Array2::zeros((n, 5));
        for mut row in items.rows_mut() {
            let f = stream.normal();
            for (j, item) in row.iter_mut().enumerate() {
                *item = self.lambda[j] * f + self.psi[j].sqrt() * stream.normal();
            }
        }
        items
    }

    /// The variance of the sum of all, and that of what they have in common.
    fn variances(&self) -> (f64, f64) {
        let common = self.lambda.iter().sum::<f64>().powi(2);
        (common + self.psi.iter().sum::<f64>(), common)
    }

    fn alpha(&self) -> f64 {
        let own: f64 =
            self.lambda.iter().map(|l| l * l).sum::<f64>() + self.psi.iter().sum::<f64>();
        5.0 / 4.0 * (1.0 - own / self.variances().0)
    }

    fn omega(&self) -> f64 {
        let (all, common) = self.variances();
        common / all
    }
}

const ITEMS: [&str; 5] = ["a", "b", "c", "d", "e"];

fn of_items(
    key: &str,
    words: &str,
    claim: Claim,
    (data, n): (OneFactor, usize),
    truth: f64,
    estimate: fn(&Items<'_>) -> Result<Estimate, Error>,
) -> Scenario {
    Scenario::new(
        format!("{key}/{} {n}", data.key),
        words,
        format!("{n} families, {}", data.words),
        claim,
        truth,
        move |stream| {
            let values = data.draw(n, stream);
            estimate(&Items {
                name: "strain",
                names: &ITEMS,
                values: values.view(),
            })
        },
    )
}

fn alpha(claim: Claim, data: OneFactor, n: usize) -> Scenario {
    let of = |items: &Items<'_>| Ok(Reliability::default().alpha(items)?.alpha);
    of_items("alpha", "Cronbach's α", claim, (data, n), data.alpha(), of)
}

fn omega(data: OneFactor, n: usize) -> Scenario {
    let of = |items: &Items<'_>| {
        let options = Omega {
            extraction: Extraction::MaximumLikelihood,
            ..Omega::default()
        };
        Ok(options.fit(items)?.omega)
    };
    let claim = Approximate;
    of_items(
        "omega-total",
        "ω total, likelihood",
        claim,
        (data, n),
        data.omega(),
        of,
    )
}

pub fn scenarios() -> Vec<Scenario> {
    let mut all = Vec::new();
    for weights in [Weights::Unweighted, Weights::Linear, Weights::Quadratic] {
        all.push(cohen(weights, 60, 0.6));
        all.push(cohen(weights, 15, 0.8));
        all.push(cohen(weights, 400, 0.6));
    }
    all.extend([
        fleiss(55, 0.6),
        fleiss(12, 0.8),
        krippendorff_nominal(55, 0.6),
        krippendorff_nominal(12, 0.8),
        krippendorff_interval(55),
        krippendorff_interval(12),
    ]);
    for (claim, form) in [
        (Nominal, IccForm::Icc1),
        (Approximate, IccForm::Icc2),
        (Nominal, IccForm::Icc3),
        (Nominal, IccForm::Icc1k),
        (Approximate, IccForm::Icc2k),
        (Nominal, IccForm::Icc3k),
    ] {
        all.push(icc(claim, form, 55));
        all.push(icc(claim, form, 8));
    }
    all.extend([
        alpha(Nominal, PARALLEL, 60),
        alpha(Nominal, PARALLEL, 8),
        alpha(Approximate, CONGENERIC, 60),
        alpha(Approximate, CONGENERIC, 12),
        omega(PARALLEL, 60),
        omega(CONGENERIC, 60),
        omega(CONGENERIC, 20),
    ]);
    all
}
