//! A small linear program, solved by the simplex method with bounded variables.
//!
//! ```text
//! minimise    cᵀ z
//! subject to  A z = b,  0 ≤ z ≤ u          (u may be infinite)
//!
//! tableau     B⁻¹ A, with the basic variables x_B = B⁻¹ b
//! bounds      a variable at its upper bound u is replaced by z' = u − z, which is then zero
//! phase 1     makes artificial variables zero, one a row; phase 2 keeps them so
//! entering    the first column of negative reduced cost (Bland), so that no basis comes twice
//! ```
//! Bland (1977), doi:10.1287/moor.2.2.103. What is found here is only a proposal: whoever uses it checks
//! it in whole numbers.

/// Smaller than this is zero.
const ZERO: f64 = 1e-9;
/// After so many steps for each row and column it gives up.
const PATIENCE: usize = 60;

/// A program in its standard form.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    pub cost: Vec<f64>,
    pub upper: Vec<f64>,
    /// Rows of the matrix as pairs of column and coefficient, with the right-hand side.
    pub rows: Vec<(Vec<(usize, f64)>, f64)>,
}

struct Tableau {
    n: usize,
    rows: Vec<Vec<f64>>,
    right: Vec<f64>,
    basis: Vec<usize>,
    upper: Vec<f64>,
    flipped: Vec<bool>,
    /// The reduced costs of phase 1 and of phase 2.
    costs: [Vec<f64>; 2],
    infeasible: f64,
}

/// The point of least cost; none where there is no point, or no end to making it cheaper.
pub(crate) fn least(program: &Program) -> Option<Vec<f64>> {
    let n = program.cost.len();
    let mut t = Tableau::of(program);
    t.run(0)?;
    if t.infeasible > 1e-7 {
        return None;
    }
    // From here on the artificial variables stay zero.
    for upper in &mut t.upper[n..] {
        *upper = 0.0;
    }
    t.run(1)?;
    let mut point = vec![0.0; n];
    for (row, &variable) in t.basis.iter().enumerate() {
        if variable < n {
            point[variable] = t.right[row];
        }
    }
    for (j, value) in point.iter_mut().enumerate() {
        if t.flipped[j] {
            *value = t.upper[j] - *value;
        }
    }
    Some(point)
}

/// A point of whole numbers that costs little: of the cheapest point a number that is not whole is bounded
/// from below or from above, and so on, at most so many times. None where none was found.
pub(crate) fn least_whole(program: &Program, patience: usize) -> Option<Vec<f64>> {
    let n = program.cost.len();
    let mut open = vec![(vec![0.0; n], program.upper.clone())];
    for _ in 0..patience {
        let (lower, upper) = open.pop()?;
        if lower.iter().zip(&upper).any(|(low, high)| low > high) {
            continue;
        }
        // z = l + z'
        let rows = program.rows.iter().map(|(entries, b)| {
            let below: f64 = entries.iter().map(|&(j, a)| a * lower[j]).sum();
            (entries.clone(), b - below)
        });
        let shifted = Program {
            cost: program.cost.clone(),
            upper: upper
                .iter()
                .zip(&lower)
                .map(|(high, low)| high - low)
                .collect(),
            rows: rows.collect(),
        };
        let Some(point) = least(&shifted) else {
            continue;
        };
        let point: Vec<f64> = point.iter().zip(&lower).map(|(z, low)| z + low).collect();
        let part = |j: &usize| (point[*j] - point[*j].round()).abs();
        let broken = (0..n).max_by(|a, b| part(a).total_cmp(&part(b)));
        let Some(j) = broken.filter(|j| part(j) > 1e-6) else {
            return Some(point);
        };
        let (mut above, mut below) = ((lower.clone(), upper.clone()), (lower, upper));
        above.0[j] = point[j].ceil();
        below.1[j] = point[j].floor();
        // The nearer side is looked at first.
        if point[j] - point[j].floor() < 0.5 {
            open.extend([above, below]);
        } else {
            open.extend([below, above]);
        }
    }
    None
}

impl Tableau {
    fn of(program: &Program) -> Self {
        let n = program.cost.len();
        let m = program.rows.len();
        let mut rows = vec![vec![0.0; n]; m];
        let mut right = vec![0.0; m];
        for (i, (entries, b)) in program.rows.iter().enumerate() {
            let sign = if *b < 0.0 { -1.0 } else { 1.0 };
            for &(j, a) in entries {
                rows[i][j] += sign * a;
            }
            right[i] = sign * b;
        }
        let mut first = vec![0.0; n];
        for row in &rows {
            for (cost, a) in first.iter_mut().zip(row) {
                *cost -= a;
            }
        }
        let mut upper = program.upper.clone();
        upper.resize(n + m, f64::INFINITY);
        Self {
            n,
            infeasible: right.iter().sum(),
            basis: (n..n + m).collect(),
            flipped: vec![false; n + m],
            costs: [first, program.cost.clone()],
            upper,
            rows,
            right,
        }
    }

    /// Steps until no reduced cost is negative; none where it does not end.
    fn run(&mut self, phase: usize) -> Option<()> {
        let most = PATIENCE * (self.n + self.rows.len() + 1);
        for _ in 0..most {
            if phase == 0 && self.infeasible <= ZERO {
                return Some(());
            }
            let entering =
                (0..self.n).find(|&j| self.costs[phase][j] < -ZERO && self.upper[j] > ZERO);
            let Some(j) = entering else {
                return Some(());
            };
            self.step(j)?;
        }
        None
    }

    fn step(&mut self, j: usize) -> Option<()> {
        let mut least = self.upper[j];
        let mut leaving: Option<(usize, bool)> = None;
        for i in 0..self.rows.len() {
            let a = self.rows[i][j];
            let variable = self.basis[i];
            let (ratio, at_upper) = if a > ZERO {
                (self.right[i].max(0.0) / a, false)
            } else if a < -ZERO && self.upper[variable].is_finite() {
                ((self.upper[variable] - self.right[i]).max(0.0) / -a, true)
            } else {
                continue;
            };
            let tie = (ratio - least).abs() <= ZERO;
            let earlier = leaving.is_some_and(|(row, _)| variable < self.basis[row]);
            if ratio < least - ZERO || (tie && earlier) {
                least = least.min(ratio);
                leaving = Some((i, at_upper));
            }
        }
        match leaving {
            None if least.is_finite() => self.flip(j),
            None => return None,
            Some((i, at_upper)) => {
                if at_upper {
                    self.flip_basic(i);
                }
                self.pivot(i, j);
            }
        }
        Some(())
    }

    /// Replaces a variable that is not basic by its distance to its upper bound.
    fn flip(&mut self, j: usize) {
        let upper = self.upper[j];
        for (row, right) in self.rows.iter_mut().zip(&mut self.right) {
            *right -= row[j] * upper;
            row[j] = -row[j];
        }
        self.infeasible += self.costs[0][j] * upper;
        for costs in &mut self.costs {
            costs[j] = -costs[j];
        }
        self.flipped[j] = !self.flipped[j];
    }

    /// The same of the basic variable of a row.
    fn flip_basic(&mut self, i: usize) {
        let variable = self.basis[i];
        for a in &mut self.rows[i] {
            *a = -*a;
        }
        if variable < self.n {
            self.rows[i][variable] = 1.0;
        }
        self.right[i] = self.upper[variable] - self.right[i];
        self.flipped[variable] = !self.flipped[variable];
    }

    fn pivot(&mut self, i: usize, j: usize) {
        let a = self.rows[i][j];
        for value in &mut self.rows[i] {
            *value /= a;
        }
        self.right[i] /= a;
        let (pivot, right) = (self.rows[i].clone(), self.right[i]);
        for k in 0..self.rows.len() {
            let factor = self.rows[k][j];
            if k == i || factor == 0.0 {
                continue;
            }
            for (value, p) in self.rows[k].iter_mut().zip(&pivot) {
                *value -= factor * p;
            }
            self.rows[k][j] = 0.0;
            self.right[k] -= factor * right;
        }
        self.infeasible += self.costs[0][j] * right;
        for costs in &mut self.costs {
            let factor = costs[j];
            if factor != 0.0 {
                for (value, p) in costs.iter_mut().zip(&pivot) {
                    *value -= factor * p;
                }
                costs[j] = 0.0;
            }
        }
        self.basis[i] = j;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_can_be_solved_by_hand() {
        // −x − 2y, x + y + s = 4, x ≤ 3, y ≤ 2: at x = 2, y = 2 it is −6.
        let program = Program {
            cost: vec![-1.0, -2.0, 0.0],
            upper: vec![3.0, 2.0, f64::INFINITY],
            rows: vec![(vec![(0, 1.0), (1, 1.0), (2, 1.0)], 4.0)],
        };
        let point = least(&program).unwrap_or_default();
        for (found, expected) in point.iter().zip([2.0, 2.0, 0.0]) {
            assert!((found - expected).abs() < 1e-9, "{point:?}");
        }
        // x + y = 6 cannot be with these bounds.
        let none = Program {
            rows: vec![(vec![(0, 1.0), (1, 1.0)], 6.0)],
            ..program.clone()
        };
        assert_eq!(least(&none), None);
        // Without an upper bound on y and no row that holds it there is no end.
        let endless = Program {
            upper: vec![3.0, f64::INFINITY, f64::INFINITY],
            rows: vec![(vec![(0, 1.0), (2, 1.0)], 4.0)],
            ..program
        };
        assert_eq!(least(&endless), None);
    }

    #[test]
    fn a_point_of_whole_numbers_is_found_where_the_cheapest_has_halves() {
        // 2x + 2y + s = 3 with the least cost −x − y lies at x + y = 3/2; in whole numbers at 1.
        let program = Program {
            cost: vec![-1.0, -1.0, 0.0],
            upper: vec![f64::INFINITY; 3],
            rows: vec![(vec![(0, 2.0), (1, 2.0), (2, 1.0)], 3.0)],
        };
        let point = least_whole(&program, 20).unwrap_or_default();
        assert!((point[0] + point[1] - 1.0).abs() < 1e-9, "{point:?}");
        // 2x = 3 has none.
        let none = Program {
            cost: vec![1.0],
            upper: vec![f64::INFINITY],
            rows: vec![(vec![(0, 2.0)], 3.0)],
        };
        assert_eq!(least_whole(&none, 20), None);
    }

    #[test]
    fn a_right_side_below_zero_and_rows_said_twice_do_no_harm() {
        let row = (vec![(0, -1.0), (1, 1.0)], -2.0);
        let program = Program {
            cost: vec![1.0, 1.0],
            upper: vec![f64::INFINITY; 2],
            rows: vec![row.clone(), row],
        };
        assert_eq!(least(&program), Some(vec![2.0, 0.0]));
    }
}
