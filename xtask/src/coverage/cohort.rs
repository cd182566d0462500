//! The families of a regression: an arm, a severity, a team; the same in every replicate.

use std::sync::Arc;

use kring_core::seed::{Seed, Stream};
use kring_core::{Design, DesignParts, Grouping, Groups, Part, Response};
use kring_stats::Error;
use ndarray::Array2;

use super::scenario::teams;

/// Families with fixed covariates.
#[derive(Clone)]
pub struct Cohort {
    /// (Intercept), arm and, where it has one, severity.
    pub x: Arc<Array2<f64>>,
    /// The team of each family, for errors by cluster.
    pub team: Option<Grouping>,
}

/// The names of the columns.
const COLUMNS: [&str; 3] = ["(Intercept)", "arm", "severity"];

impl Cohort {
    /// m families of EKC, then n of WT, with a severity that is fixed.
    pub fn new(m: usize, n: usize) -> Self {
        Self::with(m, n, 3)
    }

    /// The same without severity.
    pub fn plain(m: usize, n: usize) -> Self {
        Self::with(m, n, 2)
    }

    fn with(m: usize, n: usize, columns: usize) -> Self {
        let mut stream = Seed::new(55).child("severity", (m + n) as u64).stream(0);
        let mut x = Array2::zeros((m + n, columns));
        for (i, mut row) in x.rows_mut().into_iter().enumerate() {
            row[0] = 1.0;
            row[1] = if i < m { 1.0 } else { 0.0 };
            if columns == 3 {
                row[2] = stream.normal();
            }
        }
        Self {
            x: Arc::new(x),
            team: None,
        }
    }

    /// The families of so many teams, of which the first few do conferences and the others do not.
    pub fn of_teams(rows: usize, all: usize, with: usize) -> Self {
        let grouping = teams(rows, all);
        let mut cohort = Self::new(rows, 0);
        let mut x = (*cohort.x).clone();
        for (row, &team) in grouping.index.iter().enumerate() {
            x[[row, 1]] = if (team as usize) < with { 1.0 } else { 0.0 };
        }
        cohort.x = Arc::new(x);
        cohort.team = Some(grouping);
        cohort
    }

    pub fn rows(&self) -> usize {
        self.x.nrows()
    }

    /// β'x of each family.
    pub fn eta(&self, beta: &[f64]) -> Vec<f64> {
        let of_row =
            |row: ndarray::ArrayView1<'_, f64>| row.iter().zip(beta).map(|(x, b)| x * b).sum();
        self.x.rows().into_iter().map(of_row).collect()
    }

    /// A draw for each team, given to its families; zero where there are no teams.
    pub fn by_team(&self, mut draw: impl FnMut() -> f64) -> Vec<f64> {
        let Some(team) = &self.team else {
            return vec![0.0; self.rows()];
        };
        let effects: Vec<f64> = team.levels.iter().map(|_| draw()).collect();
        team.index.iter().map(|&t| effects[t as usize]).collect()
    }

    /// The design of these responses; a part for the zeros or not.
    pub fn design(
        &self,
        response: Response,
        zeros: bool,
        clustered: bool,
    ) -> Result<Design, Error> {
        let part = |k: usize| {
            let x = self.x.slice(ndarray::s![.., ..k]).to_owned();
            Part::fixed(
                x,
                COLUMNS[..k].iter().map(|&name| name.to_owned()).collect(),
            )
        };
        let clusters = if clustered {
            self.team.iter().cloned().collect()
        } else {
            Vec::new()
        };
        Ok(Design::new(DesignParts {
            response,
            response_name: "problems".to_owned(),
            mean: part(self.x.ncols()),
            zero: zeros.then(|| part(2)),
            dispersion: None,
            groups: Groups {
                clusters,
                ..Groups::default()
            },
            time: None,
            weights: None,
            source_rows: (0..self.rows()).collect(),
            omitted: Vec::new(),
        })?)
    }
}

/// A draw for each η.
pub fn drawn(
    eta: &[f64],
    stream: &mut Stream,
    draw: impl Fn(f64, &mut Stream) -> f64,
) -> ndarray::Array1<f64> {
    eta.iter().map(|&eta| draw(eta, stream)).collect()
}
