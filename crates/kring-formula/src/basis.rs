//! Polynomials and natural cubic splines of one variable, fixed from data.
//!
//! Orthogonal polynomials (R's `poly`), for data x₁..xₙ with mean x̄, by the three-term recurrence
//!
//! ```text
//! p₀(x) = 1,   p₁(x) = x − x̄ − α₀
//! pⱼ₊₁(x) = (x − x̄ − αⱼ) pⱼ(x) − (sⱼ / sⱼ₋₁) pⱼ₋₁(x)
//! sⱼ = Σ pⱼ(xᵢ)²,   αⱼ = Σ (xᵢ − x̄) pⱼ(xᵢ)² / sⱼ
//! columns pⱼ(x) / √sⱼ,  j = 1..degree
//! ```
//!
//! Natural cubic splines (R's `splines::ns` without intercept), with boundary knots a, b at the
//! range of the data, interior knots at equally spaced quantiles, and cubic B-splines B(x):
//!
//! ```text
//! C  = [B″(a), B″(b)]ᵀ without the first B-spline        what must vanish at the boundary
//! Cᵀ = QR by Householder reflections                     as LINPACK's dqrdc
//! columns of B(x) Q, the first two left out              B(a) + (x − a) B′(a) beyond a, likewise b
//! ```

use ndarray::Array2;

/// A polynomial basis: x, x², …, or orthogonal on the data.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Poly {
    degree: usize,
    /// Absent for raw powers.
    recurrence: Option<Recurrence>,
}

#[derive(Debug, Clone, PartialEq)]
struct Recurrence {
    mean: f64,
    alpha: Vec<f64>,
    s: Vec<f64>,
}

impl Poly {
    pub fn raw(degree: usize) -> Self {
        Self {
            degree,
            recurrence: None,
        }
    }

    /// The basis that is orthonormal on `x`, which has more distinct values than `degree`.
    pub fn orthogonal(x: &[f64], degree: usize) -> Self {
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        let (mut before, mut p) = (vec![0.0; x.len()], vec![1.0; x.len()]);
        let (mut alpha, mut s) = (Vec::new(), vec![x.len() as f64]);
        for j in 0..degree {
            let weighted: f64 = x.iter().zip(&p).map(|(x, p)| (x - mean) * p * p).sum();
            alpha.push(weighted / s[j]);
            let ratio = if j == 0 { 0.0 } else { s[j] / s[j - 1] };
            for ((x, p), before) in x.iter().zip(&mut p).zip(&mut before) {
                let next = (x - mean - alpha[j]) * *p - ratio * *before;
                *before = std::mem::replace(p, next);
            }
            s.push(p.iter().map(|p| p * p).sum());
        }
        Self {
            degree,
            recurrence: Some(Recurrence { mean, alpha, s }),
        }
    }

    pub fn degree(&self) -> usize {
        self.degree
    }

    /// The basis at each value, values × degree.
    pub fn columns(&self, x: &[f64]) -> Array2<f64> {
        let mut columns = Array2::zeros((x.len(), self.degree));
        for (x, mut row) in x.iter().zip(columns.rows_mut()) {
            let (mut before, mut p) = (0.0, 1.0);
            for j in 0..self.degree {
                let next = match &self.recurrence {
                    None => p * x,
                    Some(Recurrence { mean, alpha, s }) => {
                        let ratio = if j == 0 { 0.0 } else { s[j] / s[j - 1] };
                        (x - mean - alpha[j]) * p - ratio * before
                    }
                };
                before = std::mem::replace(&mut p, next);
                row[j] = self
                    .recurrence
                    .as_ref()
                    .map_or(p, |known| p / known.s[j + 1].sqrt());
            }
        }
        columns
    }
}

/// The order of the B-splines: cubic.
const ORDER: usize = 4;

/// A natural cubic spline basis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spline {
    /// Each boundary knot four times, and the interior knots between.
    knots: Vec<f64>,
    /// Qᵀ without its first two rows.
    projection: Array2<f64>,
}

impl Spline {
    /// The spline with `df` columns, its interior knots at quantiles of `x`.
    pub fn with_df(x: &[f64], df: usize) -> Result<Self, String> {
        let mut sorted = x.to_vec();
        sorted.sort_by(f64::total_cmp);
        let share = |j: usize| j as f64 / df as f64;
        let interior: Vec<f64> = (1..df)
            .filter_map(|j| quantile(&sorted, share(j)))
            .collect();
        Self::with_knots(x, &interior)
    }

    /// The spline with these interior knots; the boundary knots are the range of `x`.
    pub fn with_knots(x: &[f64], interior: &[f64]) -> Result<Self, String> {
        let low = x.iter().copied().fold(f64::INFINITY, f64::min);
        let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low >= high {
            return Err("a spline needs two distinct values at least".to_owned());
        }
        let mut interior = interior.to_vec();
        interior.sort_by(f64::total_cmp);
        let shown = || {
            interior
                .iter()
                .map(f64::to_string)
                .collect::<Vec<_>>()
                .join(", ")
        };
        if interior.iter().any(|&knot| knot <= low || knot >= high) {
            return Err(format!(
                "the knots ({}) must lie between the smallest value {low} and the largest {high}; \
                 take a lower df or other knots",
                shown()
            ));
        }
        if interior.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(format!(
                "the knots ({}) coincide; take a lower df or other knots",
                shown()
            ));
        }
        let knots = [vec![low; ORDER], interior, vec![high; ORDER]].concat();
        let constraints = [low, high].map(|at| b_splines(&knots, at, 2)[1..].to_vec());
        Ok(Self {
            projection: without_range(&constraints),
            knots,
        })
    }

    /// The number of columns.
    pub fn df(&self) -> usize {
        self.projection.nrows()
    }

    /// The basis at each value, values × df; a straight line beyond the boundary knots.
    pub fn columns(&self, x: &[f64]) -> Array2<f64> {
        let (low, high) = (self.knots[0], self.knots[self.knots.len() - 1]);
        let mut columns = Array2::zeros((x.len(), self.df()));
        for (&x, mut row) in x.iter().zip(columns.rows_mut()) {
            let inside = x.clamp(low, high);
            let mut b = b_splines(&self.knots, inside, 0);
            if inside != x {
                let slope = b_splines(&self.knots, inside, 1);
                b.iter_mut()
                    .zip(slope)
                    .for_each(|(b, slope)| *b += (x - inside) * slope);
            }
            for (value, q) in row.iter_mut().zip(self.projection.rows()) {
                *value = q.iter().zip(&b[1..]).map(|(q, b)| q * b).sum();
            }
        }
        columns
    }
}

/// R's quantile of type 7, where there are data.
fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let index = p * last as f64;
    // A whole number that rounding made a little too small is still that whole number.
    let fuzz = 4.0 * f64::EPSILON * index.max(1.0);
    let below = (index + fuzz).floor();
    let share = if (index - below).abs() < fuzz {
        0.0
    } else {
        index - below
    };
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place in the data is a small whole number"
    )]
    let at = below as usize;
    let (low, high) = (*sorted.get(at)?, sorted[(at + 1).min(last)]);
    let between = if share == 0.0 || low == high {
        low
    } else {
        (1.0 - share) * low + share * high
    };
    Some(between)
}

/// A derivative of every cubic B-spline at a value within the boundary knots.
fn b_splines(knots: &[f64], x: f64, derivative: usize) -> Vec<f64> {
    let count = knots.len() - ORDER;
    // The interval that holds x; the last one holds its right end too.
    let interval = (ORDER - 1..count)
        .rev()
        .find(|&i| knots[i] <= x)
        .unwrap_or(ORDER - 1);
    (0..count)
        .map(|i| b_spline(knots, i, ORDER, x, interval, derivative))
        .collect()
}

/// The i-th B-spline of an order, by de Boor's recursion.
fn b_spline(t: &[f64], i: usize, order: usize, x: f64, interval: usize, derivative: usize) -> f64 {
    if i > interval || interval >= i + order {
        return 0.0;
    }
    if order == 1 {
        return 1.0;
    }
    let (left, right) = (t[i + order - 1] - t[i], t[i + order] - t[i + 1]);
    let lower = |i, derivative| b_spline(t, i, order - 1, x, interval, derivative);
    let share = |weight: f64, width: f64, i| match (width == 0.0, derivative) {
        (true, _) => 0.0,
        (false, 0) => weight / width * lower(i, 0),
        (false, _) => (order - 1) as f64 / width * lower(i, derivative - 1),
    };
    let rising = share(x - t[i], left, i);
    let falling = share(t[i + order] - x, right, i + 1);
    if derivative == 0 {
        rising + falling
    } else {
        rising - falling
    }
}

/// The rows of Qᵀ that are orthogonal to the constraints, signs as Householder's reflections give.
fn without_range(constraints: &[Vec<f64>; 2]) -> Array2<f64> {
    let n = constraints[0].len();
    let mut r = constraints.clone();
    let mut q_t = Array2::<f64>::eye(n);
    for l in 0..2 {
        // v = x / ±‖x‖ + e_l,  H = I − v vᵀ / v_l
        let norm = r[l][l..]
            .iter()
            .map(|x| x * x)
            .sum::<f64>()
            .sqrt()
            .copysign(r[l][l]);
        let mut v: Vec<f64> = r[l].iter().map(|x| x / norm).collect();
        v[..l].fill(0.0);
        v[l] += 1.0;
        let reflect = |x: &mut dyn Iterator<Item = &mut f64>| {
            let mut x: Vec<&mut f64> = x.collect();
            let along = v.iter().zip(&x).map(|(v, x)| v * **x).sum::<f64>() / v[l];
            x.iter_mut().zip(&v).for_each(|(x, v)| **x -= along * v);
        };
        for column in &mut r {
            reflect(&mut column.iter_mut());
        }
        q_t.columns_mut()
            .into_iter()
            .for_each(|mut column| reflect(&mut column.iter_mut()));
    }
    q_t.slice_move(ndarray::s![2.., ..])
}
