//! Whether what is drawn comes to what is claimed to be true.
//!
//! ```text
//! replicate r     means over the families of an arm: m = E Y, q = E Y², x = E Y₁Y₂, shares
//! mean, share     the mean over replicates; MCSE the SD over replicates / √R
//! SD              √(q − m²);           dσ = (dq − 2m dm) / 2σ
//! correlation     (x − m₁m₂) / σ₁σ₂;   dρ = (dx − m₂dm₁ − m₁dm₂) / σ₁σ₂ − ρ (dσ₁/σ₁ + dσ₂/σ₂)
//! ```
//! Families of one unit are alike, so the errors come from whole replicates and not from families.

use kring_core::seed::Seed;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::draw::Draw;
use crate::figure::Figure;
use crate::plan::Plan;
use crate::truth::{ArmTruth, CovariateTruth, Origin, Truth};

/// What draws came to, beside what was claimed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovery {
    /// The replicates that were drawn.
    pub replicates: u64,
    /// Figure by figure.
    pub rows: Vec<Recovered>,
}

/// A figure that was claimed, and what draws came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recovered {
    /// Which figure.
    pub figure: Figure,
    /// What it was claimed to be.
    pub truth: f64,
    /// What the draws came to.
    pub found: f64,
    /// The Monte Carlo standard error of the difference.
    pub mcse: f64,
}

impl Recovered {
    /// By how many Monte Carlo standard errors the two differ; without an error, none or very many.
    pub fn distance(&self) -> f64 {
        let difference = (self.found - self.truth).abs();
        if self.mcse > 0.0 {
            return difference / self.mcse;
        }
        if difference <= 1e-9 * (1.0 + self.truth.abs()) {
            return 0.0;
        }
        f64::MAX
    }
}

impl Recovery {
    /// The figure that differs most.
    pub fn worst(&self) -> Option<&Recovered> {
        self.rows
            .iter()
            .max_by(|a, b| a.distance().total_cmp(&b.distance()))
    }
}

/// Means over the families of one arm in one replicate.
#[derive(Debug, Clone, Default)]
struct Means {
    /// Of outcomes and waves, then of numeric covariates.
    m: Vec<f64>,
    q: Vec<f64>,
    /// By pairs of cells, the later cell by rows.
    x: Vec<f64>,
    shares: Vec<Vec<f64>>,
    categories: Vec<Vec<f64>>,
    missing: Vec<f64>,
    events: Vec<f64>,
}

impl Plan {
    /// Draws so many replicates and holds them against a truth: this plan's, or one that is doubted.
    ///
    /// ```
    /// use kring_core::seed::Seed;
    /// use kring_sim::generator::{Arm, Distribution, Generator, Outcome, Wave};
    ///
    /// let mut generator = Generator {
    ///     title: "Problems".into(),
    ///     waves: vec![Wave::new("1", 0.0)],
    ///     arms: vec![Arm::new("WT", 50)],
    ///     outcomes: vec![Outcome::new("problems", Distribution::Poisson { zeros: 0.0 })],
    ///     ..Generator::default()
    /// };
    /// let plan = generator.plan()?;
    /// let recovery = plan.recovery(&plan.truth()?, &Seed::new(3), 400)?;
    /// assert!(recovery.worst().unwrap().distance() < 3.0);
    /// generator.outcomes[0].intercept = 0.1;
    /// let doubted = generator.plan()?.truth()?;
    /// let recovery = plan.recovery(&doubted, &Seed::new(3), 400)?;
    /// assert!(recovery.worst().unwrap().distance() > 10.0);
    /// # Ok::<(), kring_sim::Error>(())
    /// ```
    pub fn recovery(&self, truth: &Truth, seed: &Seed, replicates: u64) -> Result<Recovery, Error> {
        if replicates < 2 {
            return Err(Error::Replicates {
                what: "whether truth is recovered".to_owned(),
                why: format!("at least 2 replicates are needed, not {replicates}"),
            });
        }
        let mut draw = Draw::default();
        let arms = self.generator().arms.len();
        let mut means: Vec<Vec<Means>> = vec![Vec::new(); arms];
        for replicate in 0..replicates {
            self.draw(seed, replicate, &mut draw);
            for (arm, means) in means.iter_mut().enumerate() {
                means.push(self.means(arm, &draw));
            }
        }
        let mut rows = Vec::new();
        for claimed in &truth.arms {
            let arm = self.arm(&claimed.arm)?;
            let over = Over {
                plan: self,
                replicates: &means[arm],
            };
            let name = || claimed.arm.clone();
            for margin in &claimed.margins {
                let (outcome, wave) = (margin.outcome.clone(), margin.wave.clone());
                let c = over.cell(&outcome, &wave)?;
                let figure = Figure::Mean {
                    outcome: outcome.clone(),
                    arm: name(),
                    wave: wave.clone(),
                };
                rows.push(over.row(figure, margin.mean, None, over.mean(c), |r| r.m[c]));
                let figure = Figure::Sd {
                    outcome: outcome.clone(),
                    arm: name(),
                    wave: wave.clone(),
                };
                rows.push(over.sd_row(figure, margin.sd, c));
                for (place, level) in margin.shares.iter().enumerate() {
                    let figure = Figure::Share {
                        outcome: outcome.clone(),
                        arm: name(),
                        wave: wave.clone(),
                        value: level.value,
                    };
                    let share = |r: &Means| r.shares[c].get(place).copied().unwrap_or(0.0);
                    let found = over.average(share);
                    rows.push(over.row(figure, level.share, None, found, share));
                }
            }
            for pair in &claimed.correlations {
                let [one, other] = &pair.outcomes;
                let figure = if one == other {
                    Figure::Correlation {
                        outcome: one.clone(),
                        arm: name(),
                        waves: pair.waves.clone(),
                    }
                } else if pair.waves[0] == pair.waves[1] {
                    Figure::Association {
                        outcomes: pair.outcomes.clone(),
                        arm: name(),
                        wave: pair.waves[0].clone(),
                    }
                } else {
                    continue;
                };
                let cells = [
                    over.cell(one, &pair.waves[0])?,
                    over.cell(other, &pair.waves[1])?,
                ];
                rows.push(over.correlation_row(figure, pair.value, cells));
            }
            over.covariates(claimed, &mut rows);
            for missing in &claimed.missing {
                let c = over.cell(&missing.outcome, &missing.wave)?;
                let figure = Figure::Missing {
                    outcome: missing.outcome.clone(),
                    arm: name(),
                    wave: missing.wave.clone(),
                };
                let found = over.average(|r| r.missing[c]);
                rows.push(
                    over.row(figure, missing.share, Some(missing.origin), found, |r| {
                        r.missing[c]
                    }),
                );
            }
            for event in &claimed.events {
                let place = self.event(&event.event)?;
                let figure = Figure::Event {
                    event: event.event.clone(),
                    arm: name(),
                };
                let found = over.average(|r| r.events[place]);
                rows.push(over.row(figure, event.share, None, found, |r| r.events[place]));
            }
        }
        Ok(Recovery { replicates, rows })
    }

    fn means(&self, arm: usize, draw: &Draw) -> Means {
        let families = self.families_of(arm);
        let n = families.len() as f64;
        let generator = self.generator();
        let cells = generator.outcomes.len() * self.waves();
        let values = |c: usize| &draw.values(c / self.waves(), c % self.waves())[families.clone()];
        let mut means = Means::default();
        for c in 0..cells {
            let y = values(c);
            let distribution = &generator.outcomes[c / self.waves()].distribution;
            means.m.push(y.iter().sum::<f64>() / n);
            means.q.push(y.iter().map(|y| y * y).sum::<f64>() / n);
            for other in 0..c {
                let each = y.iter().zip(values(other));
                means.x.push(each.map(|(y, z)| y * z).sum::<f64>() / n);
            }
            let levels = distribution.levels();
            let share = |level: &f64| y.iter().filter(|y| *y == level).count() as f64 / n;
            means.shares.push(levels.iter().map(share).collect());
            let seen = &draw.seen(c / self.waves(), c % self.waves())[families.clone()];
            let missing = seen.iter().filter(|&&seen| !seen).count();
            means.missing.push(missing as f64 / n);
        }
        for place in 0..self.numeric.len() {
            let x = &draw.covariate(place)[families.clone()];
            means.m.push(x.iter().sum::<f64>() / n);
            means.q.push(x.iter().map(|x| x * x).sum::<f64>() / n);
        }
        for (place, category) in self.categories.iter().enumerate() {
            let codes = &draw.category(place)[families.clone()];
            let mut shares = vec![0.0; category.shares.len()];
            for &code in codes {
                shares[code as usize] += 1.0 / n;
            }
            means.categories.push(shares);
        }
        for event in 0..generator.events.len() {
            let had = &draw.event_seen(event)[families.clone()];
            means
                .events
                .push(had.iter().filter(|&&had| had).count() as f64 / n);
        }
        means
    }
}

/// All replicates of an arm.
struct Over<'a> {
    plan: &'a Plan,
    replicates: &'a [Means],
}

impl Over<'_> {
    fn cell(&self, outcome: &str, wave: &str) -> Result<usize, Error> {
        Ok(self.plan.outcome(outcome)? * self.plan.waves() + self.plan.wave(wave)?)
    }

    fn average(&self, f: impl Fn(&Means) -> f64) -> f64 {
        self.replicates.iter().map(f).sum::<f64>() / self.replicates.len() as f64
    }

    fn mean(&self, c: usize) -> f64 {
        self.average(|r| r.m[c])
    }

    fn sd(&self, c: usize) -> f64 {
        let m = self.mean(c);
        (self.average(|r| r.q[c]) - m * m).max(0.0).sqrt()
    }

    /// A row whose error is that of the mean of `influence`.
    fn row(
        &self,
        figure: Figure,
        truth: f64,
        origin: Option<Origin>,
        found: f64,
        influence: impl Fn(&Means) -> f64,
    ) -> Recovered {
        let n = self.replicates.len() as f64;
        let centre = self.average(&influence);
        let squares: f64 = self
            .replicates
            .iter()
            .map(|r| (influence(r) - centre).powi(2))
            .sum();
        let of_truth = match origin {
            Some(Origin::Simulated { mcse, .. }) => mcse,
            _ => 0.0,
        };
        Recovered {
            figure,
            truth,
            found,
            mcse: (squares / (n * (n - 1.0))).sqrt().hypot(of_truth),
        }
    }

    fn sd_row(&self, figure: Figure, truth: f64, c: usize) -> Recovered {
        let (m, sd) = (self.mean(c), self.sd(c));
        self.row(figure, truth, None, sd, |r| {
            if sd > 0.0 {
                (r.q[c] - 2.0 * m * r.m[c]) / (2.0 * sd)
            } else {
                0.0
            }
        })
    }

    fn covariates(&self, claimed: &ArmTruth, rows: &mut Vec<Recovered>) {
        let cells = self.plan.generator().outcomes.len() * self.plan.waves();
        let (mut numeric, mut categorical) = (0, 0);
        for covariate in &claimed.covariates {
            let arm = || claimed.arm.clone();
            match covariate {
                CovariateTruth::Numeric {
                    covariate,
                    mean,
                    sd,
                } => {
                    let c = cells + numeric;
                    numeric += 1;
                    let figure = Figure::CovariateMean {
                        covariate: covariate.clone(),
                        arm: arm(),
                    };
                    rows.push(self.row(figure, *mean, None, self.mean(c), |r| r.m[c]));
                    let figure = Figure::CovariateSd {
                        covariate: covariate.clone(),
                        arm: arm(),
                    };
                    rows.push(self.sd_row(figure, *sd, c));
                }
                CovariateTruth::Categorical {
                    covariate,
                    levels,
                    shares,
                } => {
                    for (place, (level, share)) in levels.iter().zip(shares).enumerate() {
                        let figure = Figure::CovariateShare {
                            covariate: covariate.clone(),
                            arm: arm(),
                            level: level.clone(),
                        };
                        let of = |r: &Means| {
                            let shares = r.categories.get(categorical);
                            shares.and_then(|s| s.get(place)).copied().unwrap_or(0.0)
                        };
                        rows.push(self.row(figure, *share, None, self.average(of), of));
                    }
                    categorical += 1;
                }
            }
        }
    }

    fn correlation_row(&self, figure: Figure, truth: f64, [a, b]: [usize; 2]) -> Recovered {
        let (low, high) = (a.min(b), a.max(b));
        let at = high * high.saturating_sub(1) / 2 + low;
        let (ma, mb, sa, sb) = (self.mean(a), self.mean(b), self.sd(a), self.sd(b));
        let rho = (self.average(|r| r.x[at]) - ma * mb) / (sa * sb);
        self.row(figure, truth, None, rho, |r| {
            let x = (r.x[at] - mb * r.m[a] - ma * r.m[b]) / (sa * sb);
            let spread = |c: usize, m: f64, s: f64| (r.q[c] - 2.0 * m * r.m[c]) / (2.0 * s * s);
            x - rho * (spread(a, ma, sa) + spread(b, mb, sb))
        })
    }
}
