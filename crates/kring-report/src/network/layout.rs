//! Where the persons of a whole network stand.
//!
//! ```text
//! d_ij     steps on the shortest way from i to j, over the ties of all waves
//! start    the two leading axes of −½ J D² J (classical scaling), found by iterating from a fixed vector
//! stress   Σ (‖x_i − x_j‖ − d_ij)² / d_ij²  over pairs of one component, made smaller person by person:
//!          x_i ← Σ_j w_ij (x_j + d_ij (x_i − x_j) / ‖x_i − x_j‖) / Σ_j w_ij,  w = d⁻²
//! pack     components side by side, the largest first; those without ties in rows below
//! ```
//! Kamada and Kawai (1989), doi:10.1016/0020-0190(89)90102-6; Gansner, Koren and North (2005),
//! doi:10.1007/978-3-540-31843-9_25. Nothing is left to chance and no name is used.

use std::collections::VecDeque;

use crate::svg::whole;

/// The most sweeps over all persons, and the change of stress at which they end.
const SWEEPS: usize = 120;
const SETTLED: f64 = 1e-4;
/// The turn from one point to the next that never repeats.
const GOLDEN: f64 = 2.399_963_229_728_653;

/// The points of a network and how far they reach, in units of about one tie.
#[derive(Debug, Clone)]
pub(crate) struct Laid {
    pub points: Vec<[f64; 2]>,
    pub width: f64,
    pub height: f64,
}

/// Places n persons with these ties into a box `broad` times as wide as high, or nearly so.
pub(crate) fn laid_out(n: usize, ties: &[(usize, usize)], broad: f64) -> Laid {
    let mut near: Vec<Vec<usize>> = vec![Vec::new(); n];
    for &(a, b) in ties {
        near[a].push(b);
        near[b].push(a);
    }
    for list in &mut near {
        list.sort_unstable();
        list.dedup();
    }
    let mut components = components(&near);
    components.sort_by_key(|members| std::cmp::Reverse(members.len()));
    let mut boxes: Vec<(Vec<usize>, Vec<[f64; 2]>)> = Vec::new();
    let mut alone = Vec::new();
    for members in components {
        if let [only] = members.as_slice() {
            alone.push(*only);
        } else {
            let points = upright(component(&members, &near), broad);
            boxes.push((members, points));
        }
    }
    packed(n, boxes, &alone, broad)
}

fn components(near: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut seen = vec![false; near.len()];
    let mut components = Vec::new();
    for start in 0..near.len() {
        if seen[start] {
            continue;
        }
        seen[start] = true;
        let mut members = vec![start];
        let mut at = 0;
        while at < members.len() {
            for &next in &near[members[at]] {
                if !seen[next] {
                    seen[next] = true;
                    members.push(next);
                }
            }
            at += 1;
        }
        members.sort_unstable();
        components.push(members);
    }
    components
}

/// The points of one component.
fn component(members: &[usize], near: &[Vec<usize>]) -> Vec<[f64; 2]> {
    let n = members.len();
    let mut d = vec![0.0; n * n];
    let place = |person: usize| members.binary_search(&person).unwrap_or(0);
    let near: Vec<Vec<usize>> = members
        .iter()
        .map(|&person| near[person].iter().map(|&p| place(p)).collect())
        .collect();
    for start in 0..n {
        let mut steps = vec![usize::MAX; n];
        steps[start] = 0;
        let mut queue = VecDeque::from([start]);
        while let Some(i) = queue.pop_front() {
            for &j in &near[i] {
                if steps[j] == usize::MAX {
                    steps[j] = steps[i] + 1;
                    queue.push_back(j);
                }
            }
        }
        for (j, &s) in steps.iter().enumerate() {
            d[start * n + j] = s as f64;
        }
    }
    let mut x = scaled(&d, n);
    settle(&mut x, &d, n);
    x
}

/// Classical scaling: the two leading axes, a little stirred so that no two points coincide.
fn scaled(d: &[f64], n: usize) -> Vec<[f64; 2]> {
    let square = |i: usize, j: usize| d[i * n + j] * d[i * n + j];
    let means: Vec<f64> = (0..n)
        .map(|i| (0..n).map(|j| square(i, j)).sum::<f64>() / n as f64)
        .collect();
    let all = means.iter().sum::<f64>() / n as f64;
    let b: Vec<f64> = (0..n * n)
        .map(|at| {
            let (i, j) = (at / n, at % n);
            -0.5 * (square(i, j) - means[i] - means[j] + all)
        })
        .collect();
    let mut axes: Vec<(f64, Vec<f64>)> = Vec::new();
    for axis in 0..2 {
        let mut v: Vec<f64> = (0..n)
            .map(|i| (GOLDEN * i as f64 + f64::from(axis)).cos())
            .collect();
        let mut length = 0.0;
        for _ in 0..60 {
            let mut next: Vec<f64> = (0..n)
                .map(|i| (0..n).map(|j| b[i * n + j] * v[j]).sum())
                .collect();
            for (_, known) in &axes {
                let along: f64 = known.iter().zip(&next).map(|(a, b)| a * b).sum();
                for (value, a) in next.iter_mut().zip(known) {
                    *value -= along * a;
                }
            }
            length = next.iter().map(|x| x * x).sum::<f64>().sqrt();
            if length < 1e-9 {
                break;
            }
            v = next.iter().map(|x| x / length).collect();
        }
        axes.push((length, v));
    }
    (0..n)
        .map(|i| {
            let stir = GOLDEN * i as f64;
            let at = |k: usize| axes[k].0.max(0.0).sqrt() * axes[k].1[i];
            [at(0) + 0.05 * stir.cos(), at(1) + 0.05 * stir.sin()]
        })
        .collect()
}

/// Makes the stress smaller until it changes no more.
fn settle(x: &mut [[f64; 2]], d: &[f64], n: usize) {
    let mut before = f64::INFINITY;
    for _ in 0..SWEEPS {
        let mut stress = 0.0;
        for i in 0..n {
            let (mut to, mut all) = ([0.0; 2], 0.0);
            for j in (0..n).filter(|&j| j != i) {
                let wanted = d[i * n + j];
                let weight = 1.0 / (wanted * wanted);
                let apart = [x[i][0] - x[j][0], x[i][1] - x[j][1]];
                let far = apart[0].hypot(apart[1]).max(1e-6);
                stress += weight * (far - wanted).powi(2);
                for k in 0..2 {
                    to[k] += weight * (x[j][k] + wanted * apart[k] / far);
                }
                all += weight;
            }
            if all > 0.0 {
                x[i] = to.map(|sum| sum / all);
            }
        }
        if (before - stress).abs() <= SETTLED * stress {
            break;
        }
        before = stress;
    }
}

/// Turned so that the longer side lies along the longer side of the page, corner at (0, 0).
fn upright(mut points: Vec<[f64; 2]>, broad: f64) -> Vec<[f64; 2]> {
    let n = points.len() as f64;
    let middle = [0, 1].map(|k| points.iter().map(|p| p[k]).sum::<f64>() / n);
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for p in &points {
        let [x, y] = [p[0] - middle[0], p[1] - middle[1]];
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let mut turn = 0.5 * (2.0 * xy).atan2(xx - yy);
    if broad < 1.0 {
        turn += std::f64::consts::FRAC_PI_2;
    }
    let (s, c) = turn.sin_cos();
    for p in &mut points {
        let [x, y] = [p[0] - middle[0], p[1] - middle[1]];
        *p = [c * x + s * y, c * y - s * x];
    }
    let low = [0, 1].map(|k| points.iter().map(|p| p[k]).fold(f64::INFINITY, f64::min));
    for p in &mut points {
        *p = [p[0] - low[0], p[1] - low[1]];
    }
    points
}

fn extent(points: &[[f64; 2]]) -> [f64; 2] {
    [0, 1].map(|k| points.iter().map(|p| p[k]).fold(0.0, f64::max))
}

/// Components on shelves as wide as a page of this shape asks for, and single persons below.
fn packed(n: usize, boxes: Vec<(Vec<usize>, Vec<[f64; 2]>)>, alone: &[usize], broad: f64) -> Laid {
    const GAP: f64 = 1.0;
    const STEP: f64 = 0.7;
    let area: f64 = boxes
        .iter()
        .map(|(_, points)| extent(points).map(|side| side + GAP))
        .map(|[w, h]| w * h)
        .sum::<f64>()
        + STEP * STEP * alone.len() as f64;
    let widest = boxes.iter().map(|(_, p)| extent(p)[0]).fold(0.0, f64::max);
    let shelf = (area * broad).sqrt().max(widest).max(1.0);
    let mut points = vec![[0.0; 2]; n];
    let ([mut x, mut y], mut tall) = ([0.0, 0.0], 0.0_f64);
    for (members, own) in &boxes {
        let [w, h] = extent(own);
        if x > 0.0 && x + w > shelf + 1e-9 {
            (x, y, tall) = (0.0, y + tall + GAP, 0.0);
        }
        for (&person, p) in members.iter().zip(own) {
            points[person] = [x + p[0], y + p[1]];
        }
        x += w + GAP;
        tall = tall.max(h);
    }
    if !alone.is_empty() {
        y += if boxes.is_empty() { 0.0 } else { tall + GAP };
        let across = whole(shelf / STEP) + 1;
        for (i, &person) in alone.iter().enumerate() {
            points[person] = [STEP * (i % across) as f64, y + STEP * (i / across) as f64];
        }
    }
    let [width, height] = extent(&points);
    Laid {
        points,
        width,
        height,
    }
}

/// Moves marks that touch apart, within a box, and gives the room that each then has.
pub(crate) fn apart(points: &mut [[f64; 2]], wanted: f64, size: [f64; 2]) -> f64 {
    const ROUNDS: usize = 80;
    let n = points.len();
    for round in 0..ROUNDS {
        let mut touched = false;
        for i in 0..n {
            for j in i + 1..n {
                let gap = [points[j][0] - points[i][0], points[j][1] - points[i][1]];
                let far = gap[0].hypot(gap[1]);
                if far >= wanted {
                    continue;
                }
                touched = true;
                let way = if far > 1e-6 {
                    gap.map(|g| g / far)
                } else {
                    let turn = GOLDEN * (i + n * j + round) as f64;
                    [turn.cos(), turn.sin()]
                };
                let push = 0.51 * (wanted - far);
                for k in 0..2 {
                    points[i][k] = (points[i][k] - push * way[k]).clamp(0.0, size[k]);
                    points[j][k] = (points[j][k] + push * way[k]).clamp(0.0, size[k]);
                }
            }
        }
        if !touched {
            break;
        }
    }
    let mut least = wanted;
    for i in 0..n {
        for j in i + 1..n {
            least = least.min((points[j][0] - points[i][0]).hypot(points[j][1] - points[i][1]));
        }
    }
    least
}
