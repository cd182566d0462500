//! The size or the effect with a wanted power, by simulation.
//!
//! ```text
//! model      probit of power = a + b g,  g = √n, or |effect|: near the root power is close to that for
//!            every test whose statistic is nearly normal
//! line       maximum likelihood from the raw counts of all places near the target, and the likelihood
//!            interval of its root: the file `probit.rs`
//! approach   small batches, each at the root of the line so far, at most four times beyond what was
//!            seen, until one lies within 0.6 probits of the target
//! bracket    batches at the root and half a probit to both sides, where they decide most about it
//! end        the budget is used up, or the interval is narrower than was asked for; where power does
//!            not grow over two quadruplings of n the search stops with an error
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

use super::probit::{Counts, Line, Probit};
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
    /// The answer: the families of the first arm, rounded up, or the effect. Absent where the search
    /// ended before there was one: it was interrupted, or had too few replicates.
    pub value: Option<f64>,
    /// The same as people read it, where it is an effect that is the log of a ratio of rates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ratio: Option<f64>,
    /// Its 95 % Monte Carlo interval; absent where too little was done to have one.
    pub interval: Option<[f64; 2]>,
    /// The families of each arm at the answer; empty where n was looked for and there is none.
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

/// The farthest place: families of an arm, or thousandths of the first effect.
const FARTHEST: u64 = 1_000_000;

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
        search.run(watch)?;
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
            Sought::N => {
                let own = || study.effect().and_then(|p| Ok(p.get(&study.generator)?));
                if setting.effect.or_else(|| own().ok()) == Some(0.0) {
                    let why = "it is zero, and no number of families finds nothing; is there an \
                               effect? Give one that would not be missed";
                    return Err(refused("the effect", why.to_owned()));
                }
                1.0
            }
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

    /// Spends the replicates: first on the way to the target, then around it.
    fn run(&mut self, watch: &mut impl Watch) -> Result<(), Error> {
        let first = match (self.options.sought, self.setting.n) {
            (Sought::N, Some(n)) => n,
            (Sought::N, None) => self.study.first_n(),
            (Sought::Effect, _) => 1000,
        };
        let mut place = first.max(self.lowest());
        let look = LOOK.min((self.options.replicates / 10).max(10));
        let batch = (self.options.replicates / 24).max(50);
        let mut turn = None;
        loop {
            let replicates = if turn.is_none() { look } else { batch };
            if self.look(place, replicates, watch)? == Stop::Now {
                return Ok(());
            }
            let (_, line) = self.line()?;
            let [least, most] = self.hull();
            let root = line.root(self.wanted).max(self.g(self.lowest() as f64));
            if root > most {
                self.grows()?;
            }
            let away = (line.a + line.b * self.g(place as f64) - self.wanted).abs();
            if turn.is_none() && root <= most && (away < 0.6 || place == self.lowest()) {
                turn = Some(0_usize);
            }
            // To both sides of the root first, since without a slope there is no root.
            let mut aside = 0.0;
            if let Some(turn) = &mut turn {
                if *turn > 5 && self.precise(&line) {
                    return Ok(());
                }
                if line.b > 0.0 {
                    aside = [-0.5, 0.5, 0.0, 0.0, 0.0, 0.0][*turn % 6] / line.b;
                }
                *turn += 1;
            }
            let next = (root + aside).clamp(least, most);
            place = self.rounded(self.place(next));
            if place > FARTHEST {
                return Err(self.out_of_reach());
            }
        }
    }

    /// How far from what was seen the next place may lie: a half and twice, of n a quarter and four
    /// times.
    fn hull(&self) -> [f64; 2] {
        let ends = [self.seen.keys().next(), self.seen.keys().next_back()];
        let [low, high] = ends.map(|place| self.g(place.copied().unwrap_or(1) as f64));
        [low / 2.0, 2.0 * high]
    }

    fn precise(&self, line: &Line) -> bool {
        let (root, error) = (line.root(self.wanted), line.error(self.wanted));
        let place = self.place(root);
        self.place(root + 1.96 * error) - place <= self.options.precision * place
    }

    /// The line through what was seen.
    fn line(&self) -> Result<(Probit, Line), Error> {
        let seen = self.seen.iter().map(|(place, tally)| Counts {
            g: self.g(*place as f64),
            rejected: tally.rejected as f64,
            n: tally.replicates as f64,
        });
        let mut probit = Probit::new(seen.collect(), self.critical, self.wanted);
        let line = probit.fit()?;
        Ok((probit, line))
    }

    /// Refuses to go on where power is below the target and has not grown over two quadruplings of n
    /// (four doublings of an effect); of small batches over four.
    fn grows(&self) -> Result<(), Error> {
        let Some((&top, high)) = self.seen.iter().next_back() else {
            return Ok(());
        };
        let share = |tally: &Tally| {
            let n = tally.replicates.max(1) as f64;
            let p = (tally.rejected as f64 + 1.0) / (n + 2.0);
            (p, p * (1.0 - p) / n)
        };
        let (p_high, v_high) = share(high);
        let lacks = p_high + 3.0 * v_high.sqrt() < self.options.power;
        let flat = self.seen.iter().any(|(&place, low)| {
            let (p_low, v_low) = share(low);
            let enough = low.replicates.min(high.replicates) >= 100;
            let apart = top / place.max(1);
            (apart >= 256 || (apart >= 16 && enough))
                && p_high - p_low < 2.0 * (v_high + v_low).sqrt()
        });
        if lacks && flat {
            return Err(self.out_of_reach());
        }
        Ok(())
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
                "it was not reached: {}; is there an effect, and does the method test it?{}",
                tried.join(", "),
                match self.options.sought {
                    Sought::N if !self.study.generator.clusters.is_empty() =>
                        " Only the families grow here: the units of the clusters stay as many as they \
                         are, and may limit the power; raise them in the generator",
                    _ => "",
                }
            ),
        }
    }

    fn shown(&self, place: f64) -> String {
        kring_report::significant(place * self.unit)
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
        let (probit, line) = self.line()?;
        let [least, most] = self.hull();
        let g = line.root(self.wanted).max(self.g(self.lowest() as f64));
        // Beyond what was seen there is no answer, only a direction.
        let found = (least..=most).contains(&g) && (g * 2.0_f64).is_finite();
        let ends = if found {
            probit.interval(&line, g)?
        } else {
            None
        };
        let mut value = None;
        let mut interval = None;
        let mut sizes = self.setting;
        if found {
            match self.options.sought {
                Sought::N => {
                    let n = self.rounded((self.place(g) - 1e-9).ceil());
                    sizes.n = Some(n);
                    value = Some(n as f64);
                    interval =
                        ends.map(|[low, high]| [self.place(low).floor(), self.place(high).ceil()]);
                }
                Sought::Effect => {
                    value = Some(self.place(g) * self.unit);
                    interval = ends.map(|ends| {
                        let mut ends = ends.map(|end| self.place(end) * self.unit);
                        ends.sort_by(f64::total_cmp);
                        ends
                    });
                }
            }
        }
        let n = if found || self.options.sought == Sought::Effect {
            self.study.experiment(sizes)?.sizes()
        } else {
            Vec::new()
        };
        let effect = value.filter(|_| self.options.sought == Sought::Effect);
        Ok(SolvedPower {
            sought: self.options.sought,
            target: self.options.power,
            value,
            ratio: effect.and_then(|effect| self.study.ratio(effect)),
            interval,
            n,
            replicates: self.counted.so_far,
            points,
            done: self.counted.done,
        })
    }
}
