//! Data for measurements of speed: made from a fixed seed, the same here, in R and in Python.

use std::fmt::Write;

use kring::core::{Column, ColumnData, Error, Table};

/// y and nine columns x1 … x9 of normal numbers; y is their sum with noise.
pub fn regression(rows: usize) -> Result<Table, Error> {
    let mut noise = Noise::new(1);
    let x: Vec<Vec<f64>> = (0..9).map(|_| noise.normals(rows)).collect();
    let y = noise.normals(rows);
    let y = (0..rows).map(|i| Some(1.0 + y[i] + x.iter().map(|x| x[i]).sum::<f64>()));
    let mut columns = vec![Column::numeric("y", y.collect())?];
    for (place, x) in x.into_iter().enumerate() {
        columns.push(Column::numeric(
            format!("x{}", place + 1),
            x.into_iter().map(Some).collect(),
        )?);
    }
    Table::new(columns)
}

/// The formula of [`regression`].
pub const REGRESSION: &str = "y ~ x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9";

/// Families over waves, one row each: `family`, `arm`, `wave`, `month`, `age`, `severity` and
/// `problems`. After the first wave a family is missing at a tenth of the waves; a family's problems
/// have something in common.
pub fn families(families: u32, waves: u32) -> Result<Table, Error> {
    let mut noise = Noise::new(2);
    let mut family = Vec::new();
    let mut arm = Vec::new();
    let mut wave = Vec::new();
    let (mut month, mut age, mut severity, mut problems) = (vec![], vec![], vec![], vec![]);
    for f in 0..families {
        let [own_age, own_severity, own] = [noise.normal(), noise.normal(), noise.normal()];
        for w in 0..waves {
            if w > 0 && noise.uniform() < 0.1 {
                continue;
            }
            let treated = f64::from(f % 2);
            let months = 3.0 * f64::from(w);
            family.push(Some(f));
            arm.push(Some(f % 2));
            wave.push(Some(w));
            month.push(Some(months));
            age.push(Some(40.0 + 10.0 * own_age));
            severity.push(Some(own_severity));
            let mean = 6.0 - 0.1 * months * (1.0 + treated) + own_severity;
            problems.push(Some(mean + own + noise.normal()));
        }
    }
    let names = |n: u32| (1..=n).map(|i| i.to_string());
    Table::new(vec![
        Column::factor("family", names(families), family)?,
        Column::factor("arm", ["WT", "EKC"], arm)?,
        Column::factor("wave", names(waves), wave)?,
        Column::numeric("month", month)?,
        Column::numeric("age", age)?,
        Column::numeric("severity", severity)?,
        Column::numeric("problems", problems)?,
    ])
}

/// A count with three columns: `y` of a negative binomial with θ = 2, `arm` 0 or 1, `age` and `severity`.
pub fn counts(rows: usize) -> Result<Table, Error> {
    let mut noise = Noise::new(3);
    let (mut y, mut arm, mut age, mut severity) = (vec![], vec![], vec![], vec![]);
    for row in 0..rows {
        let treated = (row % 2) as f64;
        let [own_age, own_severity] = [noise.normal(), noise.normal()];
        let mean = (1.0 - 0.25 * treated + 0.1 * own_age + 0.3 * own_severity).exp();
        // A gamma of shape 2 and mean 1 is the mean of two exponentials.
        let frailty = -0.5 * (noise.uniform().ln() + noise.uniform().ln());
        y.push(Some(noise.poisson(mean * frailty)));
        arm.push(Some(treated));
        age.push(Some(own_age));
        severity.push(Some(own_severity));
    }
    Table::new(vec![
        Column::numeric("y", y)?,
        Column::numeric("arm", arm)?,
        Column::numeric("age", age)?,
        Column::numeric("severity", severity)?,
    ])
}

/// The formula of [`counts`].
pub const COUNTS: &str = "y ~ arm + age + severity";

/// Families over waves whose level and slope over the waves differ: `family`, `arm`, `month`, `severity`
/// and `problems`. With `days` the times differ between families, as visits do.
pub fn growth(families: u32, waves: u32, days: bool) -> Result<Table, Error> {
    let mut noise = Noise::new(3);
    let (mut family, mut arm) = (Vec::new(), Vec::new());
    let (mut month, mut severity, mut problems) = (vec![], vec![], vec![]);
    for f in 0..families {
        let [level, slope, own] = [noise.normal(), 0.1 * noise.normal(), noise.normal()];
        for w in 0..waves {
            if w > 0 && noise.uniform() < 0.15 {
                continue;
            }
            let late = if days { noise.uniform() } else { 0.0 };
            let months = 3.0 * f64::from(w) + late;
            let treated = f64::from(f % 2);
            family.push(Some(f));
            arm.push(Some(f % 2));
            month.push(Some(months));
            severity.push(Some(own));
            let mean = 6.0 - 0.1 * months * (1.0 + treated) + own;
            problems.push(Some(mean + level + slope * months + noise.normal()));
        }
    }
    Table::new(vec![
        Column::factor("family", (1..=families).map(|i| i.to_string()), family)?,
        Column::factor("arm", ["WT", "EKC"], arm)?,
        Column::numeric("month", month)?,
        Column::numeric("severity", severity)?,
        Column::numeric("problems", problems)?,
    ])
}

/// A linear mixed model of [`growth`] with slopes.
pub const SLOPES: &str = "problems ~ arm * month + severity + (month | family)";

/// The same with levels only.
pub const LEVELS: &str = "problems ~ arm * month + severity + (1 | family)";

/// Families over waves with outcomes of many kinds: `family`, `arm`, `wave`, `severity`; `visits` (Poisson),
/// `problems` (negative binomial), `lapses` (the same, with slopes of their own), `incidents` (with excess
/// zeros) and `involved` (0 or 1). After the first wave a family is missing at 15 in 100.
pub fn panel(families: u32, waves: u32) -> Result<Table, Error> {
    let mut noise = Noise::new(4);
    let names = [
        "arm",
        "wave",
        "severity",
        "visits",
        "problems",
        "lapses",
        "incidents",
        "involved",
    ];
    let mut family = Vec::new();
    let mut columns: Vec<Vec<Option<f64>>> = vec![Vec::new(); names.len()];
    for f in 0..families {
        let [level, slope, own] = [0.7 * noise.normal(), 0.15 * noise.normal(), noise.normal()];
        let treated = f64::from(f % 2);
        for w in 0..waves {
            if w > 0 && noise.uniform() < 0.15 {
                continue;
            }
            let wave = f64::from(w);
            let eta = 1.2 - 0.1 * wave * (1.0 + treated) + 0.2 * own + level;
            let excess = noise.uniform() < 0.2 + 0.1 * treated;
            let likely = 1.0 / (1.0 + (1.0 - eta - level).exp());
            let row = [
                treated,
                wave,
                own,
                noise.poisson(eta.exp()),
                noise.overdispersed(eta.exp()),
                noise.overdispersed((eta + slope * wave).exp()),
                if excess {
                    0.0
                } else {
                    noise.overdispersed(eta.exp())
                },
                f64::from(u8::from(noise.uniform() < likely)),
            ];
            family.push(Some(f));
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(Some(value));
            }
        }
    }
    let mut all = vec![Column::factor(
        "family",
        (1..=families).map(|i| i.to_string()),
        family,
    )?];
    for (name, column) in names.into_iter().zip(columns) {
        all.push(Column::numeric(name, column)?);
    }
    Table::new(all)
}

/// The fixed effects and the families' levels of a model of [`panel`].
pub const PANEL: &str = "arm * wave + severity + (1 | family)";

/// The same with slopes.
pub const PANEL_SLOPES: &str = "arm * wave + severity + (wave | family)";

/// Families seen by workers, two factors that cross: `family`, `worker`, `arm`, `wave` and `problems`.
pub fn crossed(families: u32, waves: u32, workers: u32) -> Result<Table, Error> {
    let mut noise = Noise::new(5);
    let of_worker: Vec<f64> = (0..workers).map(|_| 0.6 * noise.normal()).collect();
    let (mut family, mut worker) = (Vec::new(), Vec::new());
    let (mut arm, mut wave, mut problems) = (vec![], vec![], vec![]);
    for f in 0..families {
        let own = noise.normal();
        for w in 0..waves {
            let by = (f + 7 * w) % workers;
            let treated = f64::from(f % 2);
            family.push(Some(f));
            worker.push(Some(by));
            arm.push(Some(treated));
            wave.push(Some(f64::from(w)));
            let mean = 6.0 - 0.3 * f64::from(w) * (1.0 + treated) + own;
            problems.push(Some(mean + of_worker[by as usize] + noise.normal()));
        }
    }
    let names = |n: u32| (1..=n).map(|i| i.to_string());
    Table::new(vec![
        Column::factor("family", names(families), family)?,
        Column::factor("worker", names(workers), worker)?,
        Column::numeric("arm", arm)?,
        Column::numeric("wave", wave)?,
        Column::numeric("problems", problems)?,
    ])
}

/// A linear mixed model of [`crossed`].
pub const CROSSED: &str = "problems ~ arm * wave + (1 | family) + (1 | worker)";

/// The values of a column of [`families`] at the first wave: those of EKC and those of WT.
pub fn arms(table: &Table, column: &str) -> Result<[Vec<f64>; 2], Error> {
    let (values, arm, wave) = (
        table.numeric(column)?,
        table.factor("arm")?,
        table.factor("wave")?,
    );
    let of = |code: u32| {
        (0..table.rows())
            .filter(|&row| arm.code(row) == Some(code) && wave.code(row) == Some(0))
            .filter_map(|row| values.get(row))
            .collect()
    };
    Ok([of(1), of(0)])
}

/// A linear model of [`families`] with five columns.
pub const FAMILIES: &str = "problems ~ arm + month + age + severity";

/// Means by arm and wave of [`families`], as trials report them.
pub const MEANS: &str = "problems ~ severity + arm * wave";

/// A formula whose design has factors, their product and a polynomial.
pub const DESIGN: &str = "problems ~ arm * factor(wave) + poly(age, 2) + severity";

/// A table as comma-separated text. Numbers have as many digits as tell them apart.
pub fn csv(table: &Table) -> String {
    let names: Vec<&str> = table
        .columns()
        .iter()
        .map(|column| column.name.as_str())
        .collect();
    let mut text = names.join(",");
    for row in 0..table.rows() {
        for (place, column) in table.columns().iter().enumerate() {
            text.push(if place == 0 { '\n' } else { ',' });
            let written = match column.data() {
                ColumnData::Numeric(numbers) => numbers.get(row).map(|x| write!(text, "{x}")),
                ColumnData::Factor(factor) => {
                    factor.label(row).map(|label| write!(text, "{label}"))
                }
            };
            // Writing to a text cannot fail; what is missing is an empty field.
            let _ = written;
        }
    }
    text.push('\n');
    text
}

/// Numbers that look random and are the same everywhere: Steele, Lea and Flood's `SplitMix64` (2014).
struct Noise {
    state: u64,
}

impl Noise {
    fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Between 0 and 1, neither included.
    fn uniform(&mut self) -> f64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        // The upper 52 bits, in the middle of their interval.
        ((z >> 12) as f64 + 0.5) / 4_503_599_627_370_496.0
    }

    /// By the method of Box and Muller.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.uniform().ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// How many uniform numbers multiply to no less than e^−mean: for small means.
    fn poisson(&mut self, mean: f64) -> f64 {
        let floor = (-mean).exp();
        let (mut product, mut events) = (self.uniform(), 0.0);
        while product > floor {
            product *= self.uniform();
            events += 1.0;
        }
        events
    }

    /// A negative binomial count of size 2: its gamma of shape 2 is the mean of two exponentials.
    fn overdispersed(&mut self, mean: f64) -> f64 {
        let frailty = -0.5 * (self.uniform().ln() + self.uniform().ln());
        self.poisson(mean * frailty)
    }

    fn normals(&mut self, n: usize) -> Vec<f64> {
        (0..n).map(|_| self.normal()).collect()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;

    #[test]
    fn data_have_the_shape_that_their_names_say() {
        let table = families(2000, 6).unwrap();
        // 2,000 first waves, and nine tenths of 10,000 others.
        assert!((10_800..11_200).contains(&table.rows()), "{}", table.rows());
        assert_eq!(regression(1000).unwrap().columns().len(), 10);
        assert_eq!(csv(&regression(3).unwrap()).lines().count(), 4);
    }

    #[test]
    fn normal_numbers_are_normal() {
        let x = Noise::new(7).normals(100_000);
        let mean = x.iter().sum::<f64>() / 1e5;
        let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 1e5;
        // Five standard errors: 5 / √1e5 and 5 √(2 / 1e5).
        assert!(
            mean.abs() < 0.016 && (variance - 1.0).abs() < 0.023,
            "{mean} {variance}"
        );
    }
}
