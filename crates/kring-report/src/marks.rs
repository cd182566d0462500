//! The marks of persons in pictures of circles and networks: a shape and a colour each.

use kring_core::RoleKind;

use crate::svg::{CurveStyle, style, whole};

/// Shapes that lie within a circle of radius 5, told apart without colour.
const SHAPES: [&str; 7] = [
    "M-4.6 0a4.6 4.6 0 1 0 9.2 0a4.6 4.6 0 1 0-9.2 0z",
    "M-1.6-4.7h3.2v3.1h3.1v3.2h-3.1v3.1h-3.2v-3.1h-3.1v-3.2h3.1z",
    "M0-5L4.33 2.5H-4.33z",
    "M0 5L4.33-2.5H-4.33z",
    "M0-5L4.6-1.3H3.4V3.6H-3.4V-1.3H-4.6z",
    "M-3.5-3.5h7v7h-7z",
    "M0-5L4.4 0L0 5L-4.4 0z",
];

/// The mark at a place; after seven they begin again.
///
/// The colours of neighbouring places differ in grey too, and no two of the seven share a shape.
pub(crate) fn mark(place: usize) -> CurveStyle {
    let style = style(place);
    CurveStyle {
        marker: SHAPES[style.place],
        ..style
    }
}

/// The mark of a role: a house for the household, a cross for professionals.
pub(crate) fn of_role(role: RoleKind) -> CurveStyle {
    mark(match role {
        RoleKind::Family => 0,
        RoleKind::Professional => 1,
        RoleKind::Friend => 2,
        RoleKind::Volunteer => 3,
        RoleKind::Household => 4,
        RoleKind::Neighbour => 5,
        RoleKind::Acquaintance => 6,
    })
}

/// A line that runs zigzag between two points, along a bend towards a third where there is one.
pub(crate) fn zigzag(from: [f64; 2], bend: [f64; 2], to: [f64; 2]) -> Vec<[f64; 2]> {
    const STEP: f64 = 4.0;
    const SWING: f64 = 2.2;
    let length = (to[0] - from[0]).hypot(to[1] - from[1]);
    let steps = whole((length / STEP).round()).max(2);
    let mut points = vec![from];
    for i in 1..steps {
        let t = i as f64 / steps as f64;
        let [x, y] = bent(from, bend, to, t);
        let along =
            [0, 1].map(|k| 2.0 * (1.0 - t) * (bend[k] - from[k]) + 2.0 * t * (to[k] - bend[k]));
        let size = along[0].hypot(along[1]).max(1e-9);
        let side = if i % 2 == 0 { SWING } else { -SWING };
        points.push([x - side * along[1] / size, y + side * along[0] / size]);
    }
    points.push(to);
    points
}

/// A point of the curve from one point to another, drawn towards a third.
pub(crate) fn bent(from: [f64; 2], bend: [f64; 2], to: [f64; 2], t: f64) -> [f64; 2] {
    [0, 1].map(|k| (1.0 - t).powi(2) * from[k] + 2.0 * t * (1.0 - t) * bend[k] + t * t * to[k])
}
