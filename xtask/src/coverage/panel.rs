//! The measurements of a mixed model: families in two arms, seen at several waves; the same in every
//! replicate.

use kring_core::seed::{Seed, Stream};
use kring_core::{
    Design, DesignParts, Grouping, Groups, Part, RandomStructure, RandomTerm, Response, Time,
};
use kring_stats::Error;
use ndarray::Array2;

/// How many families an arm has, and how often they are seen.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub families: u32,
    pub waves: u32,
}

impl Size {
    pub const fn new(families: u32, waves: u32) -> Self {
        Self { families, waves }
    }

    /// In the name of a scenario.
    pub fn key(self) -> String {
        format!("{} {}", self.families, self.waves)
    }

    /// In the description of its data.
    pub fn words(self) -> String {
        format!("2 × {} families, {} waves", self.families, self.waves)
    }
}

/// Which measurements there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// All.
    All,
    /// The first, and four in five of the others, by chance.
    FourInFive,
}

/// What differs by chance beside the measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effects {
    /// The level of a family.
    Level,
    /// Its level and its slope over the waves, correlated.
    Slope,
    /// Its level, and that of ten workers who see all families.
    Workers,
}

/// Standard deviations of the effects.
#[derive(Debug, Clone, Copy)]
pub struct Spread {
    pub level: f64,
    pub slope: f64,
    pub worker: f64,
}

/// The correlation of level and slope.
const CORRELATION: f64 = 0.3;
const WORKERS: u32 = 10;
/// The coefficient that studies report.
pub const INTERACTION: &str = "arm:wave";
const COLUMNS: [&str; 4] = ["(Intercept)", "arm", "wave", INTERACTION];

/// Measurements, family by family.
#[derive(Debug, Clone)]
pub struct Panel {
    /// In the order of the columns; waves are counted from their middle, so that `arm` is the difference on
    /// average.
    x: Array2<f64>,
    family: Grouping,
    worker: Grouping,
    wave: Vec<u32>,
}

impl Panel {
    pub fn new(size: Size, seen: Seen) -> Self {
        let seed = Seed::new(55).child("seen", u64::from(size.waves));
        let mut stream = seed.stream(u64::from(size.families));
        let middle = f64::from(size.waves - 1) / 2.0;
        let (mut rows, mut family, mut worker) = (Vec::new(), Vec::new(), Vec::new());
        let mut waves = Vec::new();
        for j in 0..2 * size.families {
            let arm = f64::from(u8::from(j < size.families));
            for k in 0..size.waves {
                if seen == Seen::FourInFive && k > 0 && stream.uniform() < 0.2 {
                    continue;
                }
                let wave = f64::from(k) - middle;
                rows.push([1.0, arm, wave, arm * wave]);
                family.push(j);
                worker.push((7 * j + 3 * k) % WORKERS);
                waves.push(k);
            }
        }
        let names = |n: u32| (0..n).map(|i| i.to_string()).collect();
        Self {
            x: Array2::from_shape_fn((rows.len(), 4), |(i, j)| rows[i][j]),
            family: Grouping::new("family", names(2 * size.families), family),
            worker: Grouping::new("worker", names(WORKERS), worker),
            wave: waves,
        }
    }

    pub fn rows(&self) -> usize {
        self.x.nrows()
    }

    /// Whether each row is of the arm with conferences.
    pub fn arm(&self) -> impl Iterator<Item = f64> + '_ {
        self.x.column(1).into_iter().copied()
    }

    /// β'x and the effects of the families, and of the workers where there are any.
    pub fn draw(
        &self,
        beta: [f64; 4],
        effects: Effects,
        spread: Spread,
        stream: &mut Stream,
    ) -> Vec<f64> {
        let rest = (1.0 - CORRELATION * CORRELATION).sqrt();
        let families: Vec<[f64; 2]> = (0..self.family.levels.len())
            .map(|_| {
                let z = stream.normal();
                let slope = match effects {
                    Effects::Slope => CORRELATION * z + rest * stream.normal(),
                    _ => 0.0,
                };
                [spread.level * z, spread.slope * slope]
            })
            .collect();
        let workers: Vec<f64> = match effects {
            Effects::Workers => (0..WORKERS)
                .map(|_| spread.worker * stream.normal())
                .collect(),
            _ => vec![0.0; WORKERS as usize],
        };
        let rows = self.x.rows().into_iter().enumerate();
        rows.map(|(i, x)| {
            let fixed: f64 = x.iter().zip(beta).map(|(x, b)| x * b).sum();
            let [level, slope] = families[self.family.index[i] as usize];
            fixed + level + slope * x[2] + workers[self.worker.index[i] as usize]
        })
        .collect()
    }

    /// The constant and the arm, for the zeros or the dispersion.
    pub fn by_arm(&self) -> Part {
        let columns = COLUMNS[..2].iter().map(|&name| name.to_owned()).collect();
        Part::fixed(self.x.slice(ndarray::s![.., ..2]).to_owned(), columns)
    }

    /// β'x of each row.
    pub fn linear(&self, beta: [f64; 4]) -> impl Iterator<Item = f64> + '_ {
        let rows = self.x.rows().into_iter();
        rows.map(move |x| x.iter().zip(beta).map(|(x, b)| x * b).sum())
    }

    /// The wave of each row.
    pub fn waves(&self) -> &[u32] {
        &self.wave
    }

    /// The family of each row, and how many there are.
    pub fn families(&self) -> (&[u32], usize) {
        (&self.family.index, self.family.levels.len())
    }

    /// The design of these responses for a marginal model: clusters are families, times waves.
    pub fn marginal(&self, response: Response) -> Result<Design, Error> {
        let levels = self.wave.iter().max().map_or(0, |last| last + 1);
        Ok(Design::new(DesignParts {
            response,
            response_name: "problems".to_owned(),
            mean: Part::fixed(self.x.clone(), COLUMNS.map(str::to_owned).to_vec()),
            zero: None,
            dispersion: None,
            groups: Groups {
                clusters: vec![self.family.clone()],
                ..Groups::default()
            },
            time: Some(Time {
                levels: (0..levels).map(|k| k.to_string()).collect(),
                index: self.wave.clone(),
                value: self.wave.iter().map(|&k| f64::from(k)).collect(),
            }),
            weights: None,
            source_rows: (0..self.rows()).collect(),
            omitted: Vec::new(),
        })?)
    }

    /// The design of these responses.
    pub fn design(
        &self,
        response: Response,
        effects: Effects,
        zero: Option<Part>,
        dispersion: Option<Part>,
    ) -> Result<Design, Error> {
        let mut mean = Part::fixed(self.x.clone(), COLUMNS.map(str::to_owned).to_vec());
        let ones = Array2::ones((self.rows(), 1));
        let term = |grouping: &Grouping, z: Array2<f64>, columns: &[&str]| RandomTerm {
            grouping: grouping.clone(),
            z,
            columns: columns.iter().map(|&name| name.to_owned()).collect(),
            structure: RandomStructure::Unstructured,
        };
        mean.random = match effects {
            Effects::Level => vec![term(&self.family, ones, &COLUMNS[..1])],
            Effects::Slope => {
                let z = self.x.select(ndarray::Axis(1), &[0, 2]);
                vec![term(&self.family, z, &[COLUMNS[0], COLUMNS[2]])]
            }
            Effects::Workers => vec![
                term(&self.family, ones.clone(), &COLUMNS[..1]),
                term(&self.worker, ones, &COLUMNS[..1]),
            ],
        };
        Ok(Design::new(DesignParts {
            response,
            response_name: "problems".to_owned(),
            mean,
            zero,
            dispersion,
            groups: Groups::default(),
            time: None,
            weights: None,
            source_rows: (0..self.rows()).collect(),
            omitted: Vec::new(),
        })?)
    }
}
