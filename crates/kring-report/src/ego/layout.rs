//! Where the persons of a circle stand.
//!
//! ```text
//! sector     an angle for each role; the family in one for each side that occurs
//! ring       a band of radii for each closeness, and one more for those of unknown closeness
//! cell       a sector in a ring: θ wide, from r₀ to r₁
//! row        at radius r in a cell; it holds the most m for which 2 r sin(θ / 2m) ≥ d
//! d          the room a mark takes: the largest for which all sectors together fit into the circle
//! ```
//! Marks of one row lie d apart or more, and half as far from the ends of their sector; rows lie d apart.
//! So no two marks touch. A cell has a place for everybody who is in it at any wave, and a person who
//! stays in it keeps that place. Within a cell persons stand in the order that shortens their ties.
//! Nothing of it depends on names or on chance.

use std::f64::consts::TAU;

use kring_core::{Closeness, FamilySide, RoleKind};

use super::{EgoPerson, EgoPicture};
use crate::svg::{Face, TICK, whole};

/// The face of the names of sectors and rings.
pub(crate) const SMALL: Face = Face::sized(TICK, 11.0);
/// The angle at twelve o'clock that is kept free for the names of the rings.
const FREE: f64 = 0.27;
/// The room that a mark takes at most, of the radius, and at least in pixels.
const LARGEST: f64 = 0.2;
const SMALLEST: f64 = 2.0;
/// How many times the order within the cells is mended.
const SWEEPS: usize = 12;

/// A sector: persons of one role, of the family on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sector {
    pub role: RoleKind,
    pub side: Option<FamilySide>,
}

/// The places of a picture around the point (0, 0), twelve o'clock up.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub sectors: Vec<Sector>,
    /// Where each sector begins and ends, clockwise from twelve o'clock.
    pub angles: Vec<(f64, f64)>,
    /// The radii between which each ring lies, the inner one first.
    pub rings: Vec<(f64, f64)>,
    pub radius: f64,
    /// The room that each mark takes, from side to side.
    pub room: f64,
    /// For each wave and person where the mark stands.
    pub places: Vec<Vec<Spot>>,
}

/// Where a mark stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spot {
    pub x: f64,
    pub y: f64,
    pub sector: usize,
    pub ring: usize,
}

impl Sector {
    pub fn of(person: &EgoPerson) -> Self {
        Self {
            role: person.role,
            side: person.side.filter(|_| person.role == RoleKind::Family),
        }
    }

    /// What stands around the picture; `sided` where the sides of the family have sectors of their own.
    pub fn name(self, sided: bool) -> &'static str {
        match (self.role, self.side) {
            (RoleKind::Household, _) => "household",
            (RoleKind::Family, Some(FamilySide::Mother)) => "mother’s side",
            (RoleKind::Family, Some(FamilySide::Father)) => "father’s side",
            (RoleKind::Family, Some(FamilySide::Both)) => "both sides",
            (RoleKind::Family, None) if sided => "other family",
            (RoleKind::Family, None) => "family",
            (RoleKind::Friend, _) => "friends",
            (RoleKind::Neighbour, _) => "neighbours",
            (RoleKind::Acquaintance, _) => "acquaintances",
            (RoleKind::Volunteer, _) => "volunteers",
            (RoleKind::Professional, _) => "professionals",
        }
    }
}

/// The sectors of a picture: every role, and of the family each side that occurs.
pub(crate) fn sectors(seen: &EgoPicture) -> Vec<Sector> {
    let persons = || seen.waves.iter().flat_map(|wave| &wave.persons);
    let mut sectors = Vec::new();
    for &role in RoleKind::ALL {
        let before = sectors.len();
        if role == RoleKind::Family {
            let sides = [FamilySide::Mother, FamilySide::Both, FamilySide::Father];
            for side in sides.map(Some).into_iter().chain([None]) {
                let sector = Sector { role, side };
                if persons().any(|person| Sector::of(person) == sector) {
                    sectors.push(sector);
                }
            }
        }
        if sectors.len() == before {
            sectors.push(Sector { role, side: None });
        }
    }
    sectors
}

fn ring(closeness: Option<Closeness>) -> usize {
    closeness.map_or(3, Closeness::place)
}

/// The rings: each at least so wide as if it had nobody, and wider the more of all it has.
fn rings(seen: &EgoPicture, radius: f64, hub: f64) -> Vec<(f64, f64)> {
    let mut counts = [0.0; 4];
    for person in seen.waves.iter().flat_map(|wave| &wave.persons) {
        counts[ring(person.closeness)] += 1.0;
    }
    let all = counts.iter().sum::<f64>().max(1.0);
    let bands = if counts[3] > 0.0 { 4 } else { 3 };
    let weights = counts[..bands].iter().map(|n| 1.0 + 2.0 * n / all);
    let unit = (radius - hub) / weights.clone().sum::<f64>();
    let mut from = hub;
    weights
        .map(|weight| {
            let ring = (from, from + unit * weight);
            from = ring.1;
            ring
        })
        .collect()
}

/// Who is in one cell at any wave, by number of the person.
struct Cell {
    sector: usize,
    ring: usize,
    persons: Vec<usize>,
}

/// The places of everybody in a circle of this radius, with a round of radius `hub` in its middle.
pub(crate) fn laid_out(seen: &EgoPicture, radius: f64, hub: f64) -> Layout {
    let sectors = sectors(seen);
    let sided = sectors
        .iter()
        .filter(|s| s.role == RoleKind::Family)
        .count()
        > 1;
    let rings = rings(seen, radius, hub);
    let keys = keys(seen);
    let mut cells: Vec<Cell> = Vec::new();
    for (wave, keys) in seen.waves.iter().zip(&keys) {
        for (person, &key) in wave.persons.iter().zip(keys) {
            let (sector, ring) = cell_of(&sectors, person);
            match cells
                .iter_mut()
                .find(|c| (c.sector, c.ring) == (sector, ring))
            {
                Some(cell) if cell.persons.contains(&key) => {}
                Some(cell) => cell.persons.push(key),
                None => cells.push(Cell {
                    sector,
                    ring,
                    persons: vec![key],
                }),
            }
        }
    }
    let least: Vec<f64> = sectors
        .iter()
        .map(|s| (SMALL.width(s.name(sided)) + 6.0) / (radius + 8.0))
        .collect();
    let (room, needed) = fitting(&cells, &rings, &least, LARGEST * radius);
    let total: f64 = needed.iter().sum();
    let spare = ((TAU - FREE - total) / sectors.len() as f64).max(0.0);
    let mut angles = Vec::new();
    let mut from = 0.5 * FREE;
    for need in needed {
        angles.push((from, from + need + spare));
        from += need + spare;
    }
    let slots: Vec<Vec<(f64, f64)>> = cells
        .iter()
        .map(|cell| {
            slots(
                cell.persons.len(),
                angles[cell.sector],
                rings[cell.ring],
                room,
            )
        })
        .collect();
    mend_order(&mut cells, &slots, &ties(seen, &keys));
    let place = |key: usize, sector: usize, ring: usize| {
        let at = cells.iter().zip(&slots).find_map(|(cell, slots)| {
            let here = (cell.sector, cell.ring) == (sector, ring);
            let i = cell.persons.iter().position(|&p| here && p == key)?;
            slots.get(i).copied()
        });
        let [x, y] = at.map_or([0.0, 0.0], point);
        Spot { x, y, sector, ring }
    };
    let places = seen.waves.iter().zip(&keys).map(|(wave, keys)| {
        let spots = wave.persons.iter().zip(keys).map(|(person, &key)| {
            let (sector, ring) = cell_of(&sectors, person);
            place(key, sector, ring)
        });
        spots.collect()
    });
    Layout {
        places: places.collect(),
        sectors,
        angles,
        rings,
        radius,
        room,
    }
}

fn cell_of(sectors: &[Sector], person: &EgoPerson) -> (usize, usize) {
    let own = Sector::of(person);
    let sector = sectors.iter().position(|&s| s == own).unwrap_or(0);
    (sector, ring(person.closeness))
}

/// A number for each person of each wave, in order of appearance: the same person, the same number.
pub(crate) fn keys(seen: &EgoPicture) -> Vec<Vec<usize>> {
    let mut known: Vec<u32> = Vec::new();
    let mut number = |person: u32| {
        known.iter().position(|&k| k == person).unwrap_or_else(|| {
            known.push(person);
            known.len() - 1
        })
    };
    seen.waves
        .iter()
        .map(|wave| wave.persons.iter().map(|p| number(p.person)).collect())
        .collect()
}

/// The ties of all waves between numbers of persons, each pair once.
fn ties(seen: &EgoPicture, keys: &[Vec<usize>]) -> Vec<(usize, usize)> {
    let mut ties: Vec<(usize, usize)> = Vec::new();
    for (wave, keys) in seen.waves.iter().zip(keys) {
        for tie in &wave.ties {
            if let (Some(&a), Some(&b)) = (keys.get(tie.from), keys.get(tie.to)) {
                ties.push((a.min(b), a.max(b)));
            }
        }
    }
    ties.sort_unstable();
    ties.dedup();
    ties
}

/// The largest room for which everybody finds a place, and the angle each sector then needs.
fn fitting(cells: &[Cell], rings: &[(f64, f64)], least: &[f64], largest: f64) -> (f64, Vec<f64>) {
    let mut room = largest.min(
        rings
            .iter()
            .map(|(a, b)| b - a)
            .fold(f64::INFINITY, f64::min),
    );
    loop {
        let mut needed = least.to_vec();
        for cell in cells {
            let angle = angle_for(cell.persons.len(), rings[cell.ring], room);
            needed[cell.sector] = needed[cell.sector].max(angle);
        }
        let fits = needed.iter().sum::<f64>() <= TAU - FREE;
        if fits || room <= SMALLEST {
            return (room, needed);
        }
        room = (0.97 * room).max(SMALLEST);
    }
}

/// The angle that n marks need in a ring.
fn angle_for(n: usize, ring: (f64, f64), room: f64) -> f64 {
    let (mut low, mut high) = (0.0, TAU);
    for _ in 0..20 {
        let middle = 0.5 * (low + high);
        if rows(n, middle, ring, room).is_some() {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// How many marks a row at this radius holds in an angle.
fn capacity(angle: f64, radius: f64, room: f64) -> usize {
    if room > 2.0 * radius {
        return 0;
    }
    // 2 r sin(θ / 2m) ≥ d, where half a mark's angle is at most a quarter of a turn.
    let half = (0.5 * room / radius).asin();
    whole(0.5 * angle / half + 1e-9)
}

/// The radius of each row with how many stand in it; as few rows as hold them all.
fn rows(n: usize, angle: f64, ring: (f64, f64), room: f64) -> Option<Vec<(f64, usize)>> {
    let width = ring.1 - ring.0;
    let most = whole(width / room + 1e-9).max(1);
    for k in 1..=most {
        let radius = |j: usize| ring.0 + width * (j as f64 + 0.5) / k as f64;
        let holds: Vec<usize> = (0..k).map(|j| capacity(angle, radius(j), room)).collect();
        let all: usize = holds.iter().sum();
        if all < n {
            continue;
        }
        let mut counts: Vec<usize> = holds.iter().map(|h| n * h / all).collect();
        let mut left = n - counts.iter().sum::<usize>();
        while left > 0 {
            // The row with most room; of equals the outer one.
            let j = (0..k).max_by_key(|&j| holds[j] - counts[j])?;
            counts[j] += 1;
            left -= 1;
        }
        return Some((0..k).map(|j| (radius(j), counts[j])).collect());
    }
    None
}

/// The places of n marks in a cell, clockwise: angle and radius.
fn slots(n: usize, angles: (f64, f64), ring: (f64, f64), room: f64) -> Vec<(f64, f64)> {
    let angle = angles.1 - angles.0;
    let middle = 0.5 * (ring.0 + ring.1);
    let rows = rows(n, angle, ring, room).unwrap_or_else(|| vec![(middle, n)]);
    let mut slots: Vec<(f64, f64)> = rows
        .into_iter()
        .flat_map(|(radius, count)| {
            let step = angle / count.max(1) as f64;
            (0..count).map(move |i| (angles.0 + step * (i as f64 + 0.5), radius))
        })
        .collect();
    slots.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    slots
}

fn point((angle, radius): (f64, f64)) -> [f64; 2] {
    [radius * angle.sin(), -radius * angle.cos()]
}

/// Puts persons of a cell near those they are tied to, and keeps the best order that was met.
fn mend_order(cells: &mut [Cell], slots: &[Vec<(f64, f64)>], ties: &[(usize, usize)]) {
    let everybody = cells.iter().flat_map(|cell| &cell.persons).max();
    let n = everybody.map_or(0, |&key| key + 1);
    let mut best: Option<(Cost, Vec<Vec<usize>>)> = None;
    for _ in 0..SWEEPS {
        let cost = cost(&spots(cells, slots, n), ties);
        if best.as_ref().is_none_or(|(least, _)| cost < *least) {
            best = Some((cost, cells.iter().map(|c| c.persons.clone()).collect()));
        }
        for i in 0..cells.len() {
            let at = spots(cells, slots, n);
            let angles = slots[i].first().zip(slots[i].last());
            let middle = angles.map_or(0.0, |(a, b)| 0.5 * (a.0 + b.0));
            let mut wanted: Vec<(f64, usize)> = Vec::new();
            for (place, &key) in cells[i].persons.iter().enumerate() {
                let own = slots[i].get(place).map_or(middle, |slot| slot.0);
                let others: Vec<[f64; 2]> = ties
                    .iter()
                    .filter_map(|&(a, b)| match key {
                        _ if a == key => Some(at[b]),
                        _ if b == key => Some(at[a]),
                        _ => None,
                    })
                    .collect();
                let [x, y] = [0, 1].map(|k| others.iter().map(|o| o[k]).sum::<f64>());
                let wish = if others.is_empty() || x.hypot(y) < 1e-6 {
                    own
                } else {
                    // As far from the middle of the cell as the others lie, the shorter way round.
                    let turn = x.atan2(-y) - middle;
                    middle + turn - TAU * (turn / TAU).round()
                };
                wanted.push((wish, key));
            }
            wanted.sort_by(|a, b| a.0.total_cmp(&b.0));
            cells[i].persons = wanted.into_iter().map(|(_, key)| key).collect();
        }
    }
    if let Some((_, orders)) = best {
        for (cell, order) in cells.iter_mut().zip(orders) {
            cell.persons = order;
        }
    }
}

/// Where each person stands, by number; of one in several cells the first.
fn spots(cells: &[Cell], slots: &[Vec<(f64, f64)>], n: usize) -> Vec<[f64; 2]> {
    let mut at: Vec<Option<[f64; 2]>> = vec![None; n];
    for (cell, slots) in cells.iter().zip(slots) {
        for (&key, &slot) in cell.persons.iter().zip(slots) {
            at[key].get_or_insert(point(slot));
        }
    }
    at.into_iter().map(Option::unwrap_or_default).collect()
}

/// How often ties cross, and how long they are.
type Cost = (usize, f64);

/// How often ties cross, where they are few enough to count, and how long they are together.
fn cost(at: &[[f64; 2]], ties: &[(usize, usize)]) -> Cost {
    const FEW: usize = 150;
    let length = |&(a, b): &(usize, usize)| (at[a][0] - at[b][0]).hypot(at[a][1] - at[b][1]);
    let total = ties.iter().map(length).sum();
    let mut crossings = 0;
    if ties.len() <= FEW {
        for (i, &(a, b)) in ties.iter().enumerate() {
            let further = ties[i + 1..].iter();
            crossings += further
                .filter(|&&(c, d)| a != c && a != d && b != c && b != d)
                .filter(|&&(c, d)| cross(at[a], at[b], at[c], at[d]))
                .count();
        }
    }
    (crossings, total)
}

fn cross(a: [f64; 2], b: [f64; 2], c: [f64; 2], d: [f64; 2]) -> bool {
    let side = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| {
        (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
    };
    side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
}
