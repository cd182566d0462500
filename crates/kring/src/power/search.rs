//! The size or the effect with a wanted power, by simulation.
//!
//! ```text
//! model      probit of power = a + b g,  g = √n, or |effect|: near the root power is close to that for
//!            every test whose statistic is nearly normal
//! approach   small batches, each where the model of one parameter, probit = b g − z, puts the root,
//!            until two places lie within 0.1 to 0.97 or on both sides of the target
//! bracket    weighted fit of a and b to all batches within 1.2 probits of the target; next batches at
//!            the root and half a probit to both sides, where they decide most about it
//! interval   g* = (z* − a)/b, its variance (Var a + 2 g* Cov + g*² Var b)/b², back to n
//! end        the budget is used up, or the interval is narrower than was asked for
//! ```
//! A replicate belongs to the seed and the place (n or effect) where it was run, so the same search gives
//! the same answer on any number of threads.
//!
//! The idea of spending replicates where they decide is that of adaptive dose finding: Wu CFJ (1985),
//! J Am Stat Assoc 80:974–984, doi 10.1080/01621459.1985.10478213.

use std::collections::BTreeMap;

use kring_core::Reference;
use kring_stats::dist;
use serde::{Deserialize, Serialize};

use super::{Counted, Done, PowerPoint, PowerStudy, Setting, Stop, Watch, enough};
use crate::Error;
use crate::performance::Tally;

/// What is looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sought {
    /// The families of the first arm.
    #[default]
    N,
    /// The value of the parameter that is the effect.
    Effect,
}

/// How it is looked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchOptions {
    /// What is looked for.
    pub sought: Sought,
    /// The power wanted.
    pub power: f64,
    /// Replicates in all, at most.
    pub replicates: u64,
    /// The half-width of the interval, as a share of the answer, at which the search ends early.
    pub precision: f64,
}

impl Default for SearchOptions {
    fn default() -> Self {
        Self {
            sought: Sought::N,
            power: 0.8,
            replicates: 20_000,
            precision: 0.01,
        }
    }
}

/// The size or effect with a wanted power.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SolvedPower {
    /// What was looked for.
    pub sought: Sought,
    /// The power wanted.
    pub target: f64,
    /// The answer: the families of the first arm, rounded up, or the effect.
    pub value: f64,
    /// Its 95 % Monte Carlo interval; absent where too little was done to have one.
    pub interval: Option<[f64; 2]>,
    /// The families of each arm at the answer.
    pub n: Vec<u64>,
    /// The replicates it rests on.
    pub replicates: u64,
    /// Where they were run, and what they found.
    pub points: Vec<PowerPoint>,
    /// Whether the search came to its end.
    pub done: Done,
}

/// Replicates of a first look.
const LOOK: u64 = 200;

/// First looks, at most.
const LOOKS: usize = 24;

/// Places are whole numbers, or effects in steps of a thousandth of the first.
const STEPS: f64 = 1000.0;

impl PowerStudy {
    /// The size, or the effect, that has a wanted power.
    ///
    /// The other of the two is that of the setting, or else the generator's; the search starts at the
    /// generator's value of what is looked for.
    pub fn solve(
        &self,
        setting: Setting,
        options: &SearchOptions,
        watch: &mut impl Watch,
    ) -> Result<SolvedPower, Error> {
        enough(options.replicates)?;
        let mut search = Search::new(self, setting, options)?;
        search.approach(watch)?;
        search.bracket(watch)?;
        search.answer()
    }
}

struct Search<'a> {
    study: &'a PowerStudy,
    setting: Setting,
    options: &'a SearchOptions,
    /// The unit of places: 1 of n, a thousandth of the first effect.
    unit: f64,
    /// By place.
    seen: BTreeMap<u64, Tally>,
    counted: Counted,
    /// The probit of the target, and the critical value of a two-sided test.
    wanted: f64,
    critical: f64,
}

/// The fitted line, and the variances of its parts.
struct Line {
    a: f64,
    b: f64,
    variance: [f64; 3],
}

fn probit(p: f64) -> Result<f64, Error> {
    Ok(-dist::upper_quantile(p, Reference::Normal)?)
}

impl<'a> Search<'a> {
    fn new(
        study: &'a PowerStudy,
        setting: Setting,
        options: &'a SearchOptions,
    ) -> Result<Self, Error> {
        let refused = |what: &str, why: String| Error::Argument {
            what: what.to_owned(),
            why,
        };
        let alpha = study.alpha();
        if !(options.power > alpha && options.power < 1.0) {
            let why = format!(
                "expected a number between alpha ({alpha}) and 1, found {}",
                options.power
            );
            return Err(refused("the power wanted", why));
        }
        if options.power > 0.999 {
            let why = format!(
                "{} cannot be told from 1 by simulation; ask for 0.999 at most",
                options.power
            );
            return Err(refused("the power wanted", why));
        }
        if !(options.precision >= 0.0 && options.precision < 1.0) {
            let why = format!(
                "expected a share from 0 to below 1, found {}",
                options.precision
            );
            return Err(refused("the precision", why));
        }
        let unit = match options.sought {
            Sought::N => 1.0,
            Sought::Effect => {
                let parameter = study.effect()?;
                let start = match setting.effect {
                    Some(effect) => effect,
                    None => parameter.get(&study.generator)?,
                };
                if start == 0.0 || !start.is_finite() {
                    let why = "it is zero in the generator; give a value to start from, whose sign \
                               says to which side it goes";
                    return Err(refused("the effect", why.to_owned()));
                }
                start / STEPS
            }
        };
        Ok(Self {
            study,
            setting,
            options,
            unit,
            seen: BTreeMap::new(),
            counted: Counted::of(options.replicates),
            wanted: probit(options.power)?,
            critical: dist::upper_quantile(alpha / 2.0, Reference::Normal)?,
        })
    }

    fn at(&self, place: u64) -> Setting {
        match self.options.sought {
            Sought::N => Setting {
                n: Some(place),
                ..self.setting
            },
            Sought::Effect => Setting {
                effect: Some(place as f64 * self.unit),
                ..self.setting
            },
        }
    }

    fn g(&self, place: f64) -> f64 {
        match self.options.sought {
            Sought::N => place.sqrt(),
            Sought::Effect => place,
        }
    }

    /// A place from where the model puts it.
    fn place(&self, g: f64) -> f64 {
        match self.options.sought {
            Sought::N => g * g,
            Sought::Effect => g,
        }
    }

    fn left(&self) -> u64 {
        self.options.replicates.saturating_sub(self.counted.so_far)
    }

    /// Further replicates at a place. Gives whether to go on.
    fn look(&mut self, place: u64, replicates: u64, watch: &mut impl Watch) -> Result<Stop, Error> {
        let replicates = replicates.min(self.left());
        let setting = self.at(place);
        let experiment = self.study.experiment(setting)?;
        let before = self.seen.remove(&place).unwrap_or_default();
        let from = before.replicates;
        let alpha = self.study.alpha();
        let part = (setting, from..from + replicates);
        let tally = self.counted.run(&experiment, part, alpha, watch)?;
        let all = before.merge(tally);
        if all.replicates > 0 {
            self.seen.insert(place, all);
        }
        Ok(match self.counted.done {
            Done::Interrupted => Stop::Now,
            Done::Whole if self.left() == 0 => Stop::Now,
            Done::Whole => Stop::No,
        })
    }

    /// The share of rejections, away from 0 and 1, as a probit.
    fn seen_probit(tally: &Tally) -> Result<f64, Error> {
        let share = (tally.rejected as f64 + 0.5) / (tally.replicates as f64 + 1.0);
        probit(share)
    }

    /// Goes where power is neither near α nor near 1.
    fn approach(&mut self, watch: &mut impl Watch) -> Result<(), Error> {
        let first = match (self.options.sought, self.setting.n) {
            (Sought::N, Some(n)) => n,
            (Sought::N, None) => self.study.first_n(),
            (Sought::Effect, _) => 1000,
        };
        let mut place = first.max(self.lowest());
        let batch = LOOK.min((self.options.replicates / 10).max(10));
        for _ in 0..LOOKS {
            if self.look(place, batch, watch)? == Stop::Now {
                return Ok(());
            }
            let Some(tally) = self.seen.get(&place) else {
                return Ok(());
            };
            let z = Self::seen_probit(tally)?;
            if (z - self.wanted).abs() < 0.6 {
                return Ok(());
            }
            // probit = b g − z_c, so that g* = g (z* + z_c)/(z + z_c); far away, by steps.
            let ratio = (self.wanted + self.critical) / (z + self.critical).max(0.05);
            let most = match self.options.sought {
                Sought::N => 4.0_f64.sqrt(),
                Sought::Effect => 2.0,
            };
            let g = self.g(place as f64) * ratio.clamp(1.0 / most, most);
            let next = self.rounded(self.place(g));
            if self.seen.contains_key(&next) && self.on_both_sides()? {
                return Ok(());
            }
            if next == place {
                return Ok(());
            }
            if next > 1_000_000 {
                return Err(self.out_of_reach());
            }
            place = next;
        }
        Err(self.out_of_reach())
    }

    fn lowest(&self) -> u64 {
        match self.options.sought {
            Sought::N => 3,
            Sought::Effect => 1,
        }
    }

    fn rounded(&self, place: f64) -> u64 {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it saturates, and what is too large is refused"
        )]
        let whole = place.round() as u64;
        whole.max(self.lowest())
    }

    fn on_both_sides(&self) -> Result<bool, Error> {
        let (mut below, mut above) = (false, false);
        for tally in self.seen.values() {
            let z = Self::seen_probit(tally)?;
            below |= z < self.wanted;
            above |= z > self.wanted;
        }
        Ok(below && above)
    }

    fn out_of_reach(&self) -> Error {
        let tried: Vec<String> = self
            .seen
            .iter()
            .map(|(place, tally)| {
                format!(
                    "{:.3} at {}",
                    tally.rejected as f64 / tally.replicates.max(1) as f64,
                    self.shown(*place as f64)
                )
            })
            .collect();
        Error::Argument {
            what: format!("power {}", self.options.power),
            why: format!(
                "it was not reached: {}; is there an effect, and does the method test it?",
                tried.join(", ")
            ),
        }
    }

    fn shown(&self, place: f64) -> String {
        kring_report::significant(place * self.unit)
    }

    /// The line through what was seen near the target; one parameter where there is one place only.
    fn line(&self) -> Result<Line, Error> {
        let mut near = Vec::new();
        for (place, tally) in &self.seen {
            let z = Self::seen_probit(tally)?;
            let n = tally.replicates as f64;
            if (z - self.wanted).abs() < 1.2 {
                // Weights from the smoothed share: n φ(z)² / (p(1 − p)).
                let p = (tally.rejected as f64 + 0.5) / (n + 1.0);
                let density = (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt();
                near.push((
                    self.g(*place as f64),
                    z,
                    n * density * density / (p * (1.0 - p)),
                ));
            }
        }
        let w: f64 = near.iter().map(|(.., w)| w).sum();
        if near.is_empty() || w <= 0.0 {
            return Err(self.out_of_reach());
        }
        let mean =
            |f: fn(&(f64, f64, f64)) -> f64| near.iter().map(|x| x.2 * f(x)).sum::<f64>() / w;
        let (gm, zm) = (mean(|x| x.0), mean(|x| x.1));
        let sgg: f64 = near.iter().map(|(g, _, w)| w * (g - gm) * (g - gm)).sum();
        let sgz: f64 = near.iter().map(|(g, z, w)| w * (g - gm) * (z - zm)).sum();
        // A slope from chance alone is of no use: then the line goes through the critical value.
        let slope = sgz / sgg;
        if sgg > 0.0 && slope > 0.0 && slope * sgg.sqrt() > 3.0 {
            let variance = [1.0 / w + gm * gm / sgg, -gm / sgg, 1.0 / sgg];
            let a = zm - slope * gm;
            return Ok(Line {
                a,
                b: slope,
                variance,
            });
        }
        let b = (zm + self.critical) / gm;
        if b <= 0.0 {
            return Err(self.out_of_reach());
        }
        Ok(Line {
            a: -self.critical,
            b,
            variance: [0.0, 0.0, 1.0 / (w * gm * gm)],
        })
    }

    /// The root and its standard error, on the scale of the line.
    fn root(&self, line: &Line) -> (f64, f64) {
        let g = (self.wanted - line.a) / line.b;
        let [a, ab, b] = line.variance;
        let variance = (a + 2.0 * g * ab + g * g * b) / (line.b * line.b);
        (g, variance.max(0.0).sqrt())
    }

    /// Spends what is left where it decides.
    fn bracket(&mut self, watch: &mut impl Watch) -> Result<(), Error> {
        let batch = (self.options.replicates / 24).max(50);
        for turn in 0_u32.. {
            if self.counted.done == Done::Interrupted || self.left() == 0 {
                return Ok(());
            }
            let line = self.line()?;
            let (g, error) = self.root(&line);
            let place = self.place(g);
            let width = self.place(g + 1.96 * error) - place;
            if turn > 5 && width <= self.options.precision * place {
                return Ok(());
            }
            // To both sides of the root first, since without a slope there is no root.
            let aside = [-0.5, 0.5, 0.0, 0.0, 0.0, 0.0][turn as usize % 6] / line.b;
            let next = self.rounded(self.place((g + aside).max(0.0)));
            if next > 10_000_000 {
                return Err(self.out_of_reach());
            }
            if self.look(next, batch, watch)? == Stop::Now {
                return Ok(());
            }
        }
        Ok(())
    }

    fn answer(self) -> Result<SolvedPower, Error> {
        let mut points = Vec::new();
        for (place, tally) in &self.seen {
            let setting = self.at(*place);
            let experiment = self.study.experiment(setting)?;
            points.push(self.study.point(&experiment, setting, tally, Done::Whole)?);
        }
        if points.is_empty() {
            return Err(Error::Argument {
                what: "power".to_owned(),
                why: "it was interrupted before the first replicate".to_owned(),
            });
        }
        let line = self.line()?;
        let (g, error) = self.root(&line);
        let end = |sign: f64| self.place((g + sign * 1.96 * error).max(0.0));
        let ends = [end(-1.0), end(1.0)];
        let (value, interval, n) = match self.options.sought {
            Sought::N => {
                let n = self.rounded((self.place(g) - 1e-9).ceil());
                (n as f64, [ends[0].floor(), ends[1].ceil()], n)
            }
            Sought::Effect => {
                let mut ends = ends.map(|end| end * self.unit);
                ends.sort_by(f64::total_cmp);
                (self.place(g) * self.unit, ends, 0)
            }
        };
        let setting = match self.options.sought {
            Sought::N => Setting {
                n: Some(n),
                ..self.setting
            },
            Sought::Effect => self.setting,
        };
        let experiment = self.study.experiment(setting)?;
        let whole = value.is_finite() && interval.iter().all(|end| end.is_finite());
        if !whole {
            return Err(self.out_of_reach());
        }
        Ok(SolvedPower {
            sought: self.options.sought,
            target: self.options.power,
            value,
            interval: (points.len() > 1).then_some(interval),
            n: experiment.sizes(),
            replicates: self.counted.so_far,
            points,
            done: self.counted.done,
        })
    }
}
