//! The circle around one family as SVG, as an ecogram is drawn: wave beside wave.
//!
//! The family stands in the middle, in rings around it those who are closer and less close, in sectors
//! what they are to the family. A person who stays keeps the place. Nobody is named: numbers and names
//! stand in the picture only where they are asked for, and names never.

mod layout;

use kring_core::{Circle, Closeness, Direction, FamilySide, RoleKind, Sign, Support};
use serde::{Deserialize, Serialize};

use crate::axis::LEADING;
use crate::chart::{Frame, WIDE};
use crate::grid::{Cell, Column, Grid, Group, Narrow, Notes, Tone};
use crate::lettering::clean;
use crate::marks::{bent, of_role, zigzag};
use crate::number::ABSENT;
use crate::svg::{
    self, Anchor, CurveStyle, Face, PALETTE, Palette, STRONG, TICK, TITLE, Text, WARN, px,
};
use crate::tables::{capitalised, wave_name};
use crate::{Error, Origin, template};
use layout::{Layout, SMALL, Sector, Spot, keys, laid_out, sectors};

/// The most persons that one picture shows.
const MOST: usize = 150;

/// A family's circle at one or more waves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgoPicture {
    /// Its name, also that of its file.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The circle at each wave; at each but the first it is marked who came and who left.
    pub waves: Vec<EgoWave>,
    /// What stands beside the marks.
    pub labels: PersonLabels,
    /// What a reader should know beside it.
    pub caption: String,
}

/// What tells persons apart beside their marks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PersonLabels {
    /// Nothing: a picture that nobody can look a person up in.
    #[default]
    None,
    /// A number in each mark, clockwise from twelve o'clock, which says nothing about the person.
    Numbers,
    /// Numbers, and below the picture a table of the keys they stand for.
    Keys,
}

/// A circle at one wave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgoWave {
    /// What it is called: `T2`.
    pub wave: String,
    /// The persons.
    pub persons: Vec<EgoPerson>,
    /// The ties among them, by their places in the list of this wave.
    pub ties: Vec<EgoTie>,
}

/// A person around a family.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgoPerson {
    /// The same number at each wave is the same person.
    pub person: u32,
    /// The key of the person; shown only with [`PersonLabels::Keys`].
    pub key: Option<String>,
    /// What the person is to the family.
    pub role: RoleKind,
    /// On whose side.
    pub side: Option<FamilySide>,
    /// How close; absent where it is not known.
    pub closeness: Option<Closeness>,
    /// The kinds of support given; absent where they are not known.
    pub support: Option<Vec<Support>>,
    /// Whether the family gets on with the person.
    pub bond: Sign,
    /// Whether the person was at the meeting; absent where it is not known, or none was held.
    pub present: Option<bool>,
}

/// A tie between two persons of a circle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EgoTie {
    /// The one, by the place in the list.
    pub from: usize,
    /// The other.
    pub to: usize,
    /// Support or conflict.
    pub sign: Sign,
    /// Both ways or one.
    pub direction: Direction,
}

impl EgoPicture {
    /// The picture of one family's circles, in the order of the waves. Keys are taken only where they
    /// are asked for.
    ///
    /// ```
    /// use kring_core::{Alter, AlterRow, Circles, FamilyRow, Role};
    /// use kring_report::{EgoPicture, Origin, PersonLabels, ego_svg};
    /// let mut builder = Circles::builder(["T0"]);
    /// builder.family(FamilyRow::new("17", "T0"));
    /// builder.alter(AlterRow::new("17", "T0", "aunt An", Alter::new(Role::Family)));
    /// let circles = builder.finish()?;
    /// let picture = EgoPicture::of("circle", "A circle", circles.iter(), PersonLabels::None);
    /// assert_eq!(picture.waves[0].persons.len(), 1);
    /// assert!(!ego_svg(&picture, Origin::Observed)?.contains("An"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of<'a>(
        id: &str,
        title: &str,
        circles: impl IntoIterator<Item = Circle<'a>>,
        labels: PersonLabels,
    ) -> Self {
        let waves = circles.into_iter().map(|circle| {
            let alters = circle.alters().iter().zip(circle.person_keys());
            let persons = alters
                .enumerate()
                .map(|(place, (alter, &person))| EgoPerson {
                    person,
                    key: (labels == PersonLabels::Keys).then(|| circle.person(place).to_owned()),
                    role: alter.role.kind(),
                    side: alter.side,
                    closeness: alter.closeness,
                    support: alter.support.map(|kinds| kinds.iter().collect()),
                    bond: alter.bond,
                    present: alter.presence.known(),
                });
            let ties = circle.ties().iter().map(|tie| EgoTie {
                from: tie.from as usize,
                to: tie.to as usize,
                sign: tie.sign,
                direction: tie.direction,
            });
            EgoWave {
                wave: circle.wave().to_owned(),
                persons: persons.collect(),
                ties: ties.collect(),
            }
        });
        Self {
            id: id.to_owned(),
            title: title.to_owned(),
            waves: waves.collect(),
            labels,
            caption: String::new(),
        }
    }
}

/// A circle as SVG, with its title in it.
pub fn ego_svg(seen: &EgoPicture, origin: Origin) -> Result<String, Error> {
    let frame = Frame {
        id: &svg::stem(&seen.id),
        width: WIDE,
        titled: true,
        origin,
    };
    drawn(seen, frame)
}

pub(crate) fn drawn(seen: &EgoPicture, frame: Frame) -> Result<String, Error> {
    check(seen)?;
    template::filled("ego.svg", &picture(seen, frame))
}

fn check(seen: &EgoPicture) -> Result<(), Error> {
    let picture = || seen.id.clone();
    if seen.waves.is_empty() {
        return Err(Error::NoWave { picture: picture() });
    }
    for wave in &seen.waves {
        let known = wave.persons.len();
        let ends = wave.ties.iter().flat_map(|tie| [tie.from, tie.to]);
        if let Some(found) = ends.into_iter().find(|&end| end >= known) {
            return Err(Error::Person {
                picture: picture(),
                wave: wave.wave.clone(),
                what: "a tie",
                found,
                known,
            });
        }
    }
    let keys = keys(seen);
    let found = keys.iter().flatten().max().map_or(0, |&last| last + 1);
    if found > MOST {
        return Err(Error::Persons {
            picture: picture(),
            found,
            most: MOST,
        });
    }
    Ok(())
}

/// Who came since the wave before, and who left: by place here and there.
struct Change {
    came: Vec<usize>,
    left: Vec<usize>,
}

fn change(seen: &EgoPicture, at: usize) -> Change {
    let missing = |here: &EgoWave, there: &EgoWave| -> Vec<usize> {
        let known = |person: &EgoPerson| there.persons.iter().any(|p| p.person == person.person);
        let persons = here.persons.iter().enumerate();
        persons.filter(|(_, p)| !known(p)).map(|(i, _)| i).collect()
    };
    match at.checked_sub(1) {
        None => Change {
            came: Vec::new(),
            left: Vec::new(),
        },
        Some(before) => Change {
            came: missing(&seen.waves[at], &seen.waves[before]),
            left: missing(&seen.waves[before], &seen.waves[at]),
        },
    }
}

/// What a wave shows, as a heading says it: `12 persons, 5 at the meeting`.
fn counted(seen: &EgoPicture, at: usize) -> Vec<String> {
    let wave = &seen.waves[at];
    let mut parts = vec![match wave.persons.len() {
        0 => "nobody".to_owned(),
        1 => "1 person".to_owned(),
        n => format!("{n} persons"),
    }];
    let change = change(seen, at);
    for (n, what) in [
        (change.came.len(), "came"),
        (change.left.len(), "left"),
        (
            wave.persons
                .iter()
                .filter(|p| p.present == Some(true))
                .count(),
            "at the meeting",
        ),
    ] {
        if n > 0 {
            parts.push(format!("{n} {what}"));
        }
    }
    parts
}

/// What the picture shows, in words.
pub(crate) fn alt(seen: &EgoPicture) -> String {
    let mut text = format!("{}.", seen.title.trim_end_matches('.'));
    let sectors = sectors(seen);
    let sided = sided(&sectors);
    for (at, wave) in seen.waves.iter().enumerate() {
        text = format!(
            "{text} {}: {}.",
            capitalised(&wave_name(&wave.wave)),
            counted(seen, at).join(", ")
        );
        let of: Vec<String> = sectors
            .iter()
            .filter_map(|&sector| {
                let n = wave
                    .persons
                    .iter()
                    .filter(|p| Sector::of(p) == sector)
                    .count();
                (n > 0).then(|| format!("{} {n}", sector.name(sided)))
            })
            .collect();
        if !of.is_empty() {
            text = format!("{text} {}.", capitalised(&of.join(", ")));
        }
        let close = |ring| wave.persons.iter().filter(|p| p.closeness == ring).count();
        let rings = [
            (close(Some(Closeness::Inner)), "in the inner ring"),
            (close(Some(Closeness::Middle)), "in the middle ring"),
            (close(Some(Closeness::Outer)), "in the outer ring"),
            (close(None), "of unknown closeness"),
        ];
        let rings: Vec<String> = rings
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"))
            .collect();
        if !rings.is_empty() {
            text = format!("{text} {}.", rings.join(", "));
        }
        let conflicts = wave
            .ties
            .iter()
            .filter(|t| t.sign == Sign::Conflict)
            .count()
            + wave
                .persons
                .iter()
                .filter(|p| p.bond == Sign::Conflict)
                .count();
        if !wave.ties.is_empty() || conflicts > 0 {
            text = format!(
                "{text} {} among them; {conflicts} in conflict, with the family or each other.",
                match wave.ties.len() {
                    1 => "1 tie".to_owned(),
                    n => format!("{n} ties"),
                }
            );
        }
    }
    clean(&text)
}

/// What stands below the picture.
pub(crate) fn caption(seen: &EgoPicture) -> String {
    let rings = "The family in the middle; the closer to it, the closer the person. ";
    format!("{rings}{}", seen.caption).trim_end().to_owned()
}

fn sided(sectors: &[Sector]) -> bool {
    sectors
        .iter()
        .filter(|s| s.role == RoleKind::Family)
        .count()
        > 1
}

#[derive(Debug, Serialize)]
struct Picture {
    id: String,
    width: f64,
    height: f64,
    title: String,
    alt: String,
    palette: Palette,
    texts: Vec<Text>,
    panels: Vec<Panel>,
    keys: Vec<Key>,
}

/// A wave, drawn around its middle.
#[derive(Debug, Serialize)]
struct Panel {
    x: f64,
    y: f64,
    hub: f64,
    rings: Vec<f64>,
    /// The band of those whose closeness is not known: its inner and outer radius.
    unknown: Option<(f64, f64)>,
    spokes: Vec<String>,
    arcs: Vec<Arc>,
    /// The height of the middle of each ring, and its name.
    ring_names: Vec<(f64, &'static str)>,
    ties: Vec<Line>,
    marks: Vec<Mark>,
}

/// A text along a part of a round.
#[derive(Debug, Serialize)]
struct Arc {
    id: String,
    path: String,
    words: &'static str,
    face: Face,
}

#[derive(Debug, Serialize)]
struct Line {
    path: String,
    kind: LineKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum LineKind {
    Support,
    Conflict,
    Arrow,
    ConflictArrow,
    Moved,
}

/// A person.
#[derive(Debug, Serialize)]
struct Mark {
    x: f64,
    y: f64,
    scale: f64,
    style: CurveStyle,
    fill: Fill,
    /// The ticks of the kinds of support.
    support: String,
    /// The sign of somebody who came.
    plus: String,
    number: Option<Number>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Fill {
    Present,
    Absent,
    Unknown,
    Ghost,
}

#[derive(Debug, Serialize)]
struct Number {
    y: f64,
    size: f64,
    words: String,
    light: bool,
}

/// An entry of the key below the picture.
#[derive(Debug, Serialize)]
struct Key {
    x: f64,
    y: f64,
    kind: KeyKind,
    /// The ticks of the kinds of support, where the entry shows them.
    support: String,
    words: Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum KeyKind {
    Present,
    Absent,
    Unknown,
    Came,
    Ghost,
    Support,
    Conflict,
    Arrow,
    Moved,
    Kinds,
}

fn picture(seen: &EgoPicture, frame: Frame) -> Picture {
    const EDGE: f64 = 22.0;
    let slim = frame.width < 500.0;
    let n = seen.waves.len();
    let across = if slim || n == 1 { 1 } else { 2 };
    let size = if slim {
        frame.width
    } else if n == 1 {
        440.0
    } else {
        0.5 * frame.width
    };
    let radius = 0.5 * size - EDGE;
    let layout = laid_out(seen, radius, 0.15 * radius);
    let mut texts = Vec::new();
    let mut y = if frame.titled { 22.0 } else { 4.0 };
    if frame.titled {
        for line in TITLE.wrap(&seen.title, frame.width - 12.0) {
            texts.push(Text::new(6.0, y, Anchor::Start, TITLE, line));
            y += 19.0;
        }
    }
    if frame.origin == Origin::Simulated {
        y += 8.0;
        texts.push(Text::new(6.0, y, Anchor::Start, WARN, crate::SIMULATED));
        y += 8.0;
    }
    let numbers = numbers(seen, &layout);
    let mut panels = Vec::new();
    let mut top = y;
    for (at, wave) in seen.waves.iter().enumerate() {
        let column = at % across;
        let left = if across == 1 && !slim {
            0.0
        } else {
            size * column as f64
        };
        let middle = left + 0.5 * size;
        let name = capitalised(&wave_name(&wave.wave));
        texts.push(Text::new(
            middle,
            top + 16.0,
            Anchor::Middle,
            STRONG,
            clean(&name),
        ));
        let counts = counted(seen, at).join(", ");
        texts.push(Text::new(middle, top + 31.0, Anchor::Middle, TICK, counts));
        let centre = top + 38.0 + 0.5 * size;
        let id = format!("{}-{}", frame.id, at + 1);
        panels.push(panel(seen, at, &layout, &numbers, id, middle, centre));
        y = centre + 0.5 * size;
        if column + 1 == across {
            top = y + 6.0;
        }
    }
    let (keys, bottom) = if n == 1 && !slim {
        let height = key(seen, 0.0, 0.0, frame.width - size - 14.0).1;
        let from = (y - 0.5 * size - 0.5 * height).max(top - size);
        let (keys, foot) = key(seen, size + 8.0, from, frame.width - 6.0);
        (keys, foot.max(y))
    } else {
        key(seen, 6.0, y + 4.0, frame.width - 6.0)
    };
    Picture {
        id: frame.id.to_owned(),
        width: frame.width,
        height: px(bottom + 6.0),
        title: clean(&seen.title),
        alt: alt(seen),
        palette: PALETTE,
        texts,
        panels,
        keys,
    }
}

/// A number for each person, clockwise from twelve o'clock and from the inside outwards.
fn numbers(seen: &EgoPicture, layout: &Layout) -> Vec<(u32, usize)> {
    let mut first: Vec<(u32, Spot)> = Vec::new();
    for (wave, spots) in seen.waves.iter().zip(&layout.places) {
        for (person, &spot) in wave.persons.iter().zip(spots) {
            if !first.iter().any(|(known, _)| *known == person.person) {
                first.push((person.person, spot));
            }
        }
    }
    let turn = |spot: &Spot| spot.x.atan2(-spot.y).rem_euclid(std::f64::consts::TAU);
    first.sort_by(|(_, a), (_, b)| {
        let sectors = a.sector.cmp(&b.sector).then(a.ring.cmp(&b.ring));
        sectors.then(turn(a).total_cmp(&turn(b)))
    });
    let numbered = first.into_iter().zip(1..);
    numbered
        .map(|((person, _), number)| (person, number))
        .collect()
}

fn polar(radius: f64, angle: f64) -> [f64; 2] {
    [px(radius * angle.sin()), px(-radius * angle.cos())]
}

fn panel(
    seen: &EgoPicture,
    at: usize,
    layout: &Layout,
    numbers: &[(u32, usize)],
    id: String,
    x: f64,
    y: f64,
) -> Panel {
    let radius = layout.radius;
    let hub = layout.rings.first().map_or(0.0, |ring| ring.0);
    let wave = &seen.waves[at];
    let sided = sided(&layout.sectors);
    let mut spokes = Vec::new();
    let mut arcs = Vec::new();
    for (i, (&sector, &(from, to))) in layout.sectors.iter().zip(&layout.angles).enumerate() {
        let last = i + 1 == layout.sectors.len();
        for angle in [Some(from), last.then_some(to)].into_iter().flatten() {
            let [a, b] = polar(hub, angle);
            let [c, d] = polar(radius, angle);
            spokes.push(format!("M{a} {b}L{c} {d}"));
        }
        let filled = wave.persons.iter().any(|p| Sector::of(p) == sector);
        arcs.push(Arc {
            id: format!("{id}-arc-{}", i + 1),
            path: arc(radius, from, to),
            words: sector.name(sided),
            face: if filled { SMALL.inked() } else { SMALL },
        });
    }
    let names = ["inner", "middle", "outer", "?"];
    let ring_names = layout.rings.iter().zip(names);
    let ring_names = ring_names.map(|(ring, name)| (px(-0.5 * (ring.0 + ring.1)), name));
    let spots = &layout.places[at];
    Panel {
        x: px(x),
        y: px(y),
        hub: px(hub),
        rings: layout.rings.iter().map(|ring| px(ring.1)).collect(),
        unknown: layout.rings.get(3).map(|ring| (px(ring.0), px(ring.1))),
        spokes,
        arcs,
        ring_names: ring_names.collect(),
        ties: lines(seen, at, layout),
        marks: ghosts(seen, at, layout)
            .into_iter()
            .chain(wave.persons.iter().zip(spots).map(|(person, spot)| {
                let came = at > 0
                    && !seen.waves[at - 1]
                        .persons
                        .iter()
                        .any(|p| p.person == person.person);
                mark(seen, person, *spot, layout.room, came, numbers)
            }))
            .collect(),
    }
}

/// The path under the name of a sector, so that it can be read from below as from above.
fn arc(radius: f64, from: f64, to: f64) -> String {
    use std::f64::consts::PI;
    let middle = 0.5 * (from + to);
    let below = middle > 0.5 * PI && middle < 1.5 * PI;
    let r = px(if below { radius + 13.0 } else { radius + 5.0 });
    let large = i32::from(to - from > PI);
    let ([a, b], [c, d]) = (polar(r, from), polar(r, to));
    if below {
        format!("M{c} {d}A{r} {r} 0 {large} 0 {a} {b}")
    } else {
        format!("M{a} {b}A{r} {r} 0 {large} 1 {c} {d}")
    }
}

/// The marks of those who left since the wave before, at their old places.
fn ghosts(seen: &EgoPicture, at: usize, layout: &Layout) -> Vec<Mark> {
    let Some(before) = at.checked_sub(1) else {
        return Vec::new();
    };
    let left = change(seen, at).left.into_iter();
    left.map(|i| Mark {
        x: px(layout.places[before][i].x),
        y: px(layout.places[before][i].y),
        scale: scale(layout.room),
        style: of_role(seen.waves[before].persons[i].role),
        fill: Fill::Ghost,
        support: String::new(),
        plus: String::new(),
        number: None,
    })
    .collect()
}

/// A mark takes two thirds of its room; the ticks of support and the sign of who came take the rest.
fn scale(room: f64) -> f64 {
    (0.32 * room / 5.0 * 100.0).round() / 100.0
}

fn mark(
    seen: &EgoPicture,
    person: &EgoPerson,
    spot: Spot,
    room: f64,
    came: bool,
    numbers: &[(u32, usize)],
) -> Mark {
    let number = numbers.iter().find(|(known, _)| *known == person.person);
    let size = (0.3 * room).clamp(3.0, 12.0);
    let shown = seen.labels != PersonLabels::None;
    let dark = matches!(
        person.role,
        RoleKind::Family | RoleKind::Household | RoleKind::Friend | RoleKind::Professional
    );
    Mark {
        x: px(spot.x),
        y: px(spot.y),
        scale: scale(room),
        style: of_role(person.role),
        fill: match person.present {
            Some(true) => Fill::Present,
            Some(false) => Fill::Absent,
            None => Fill::Unknown,
        },
        support: ticks(person.support.as_deref().unwrap_or_default(), room),
        plus: if came { plus(room) } else { String::new() },
        number: number.filter(|_| shown).map(|(_, number)| Number {
            y: px(0.36 * size),
            size: px(size),
            words: number.to_string(),
            light: dark && person.present == Some(true),
        }),
    }
}

/// A tick for each kind of support, each at an hour of its own.
fn ticks(kinds: &[Support], room: f64) -> String {
    let mut kinds = kinds.to_vec();
    kinds.sort_unstable();
    kinds.dedup();
    let ticks = kinds.iter().map(|kind| {
        let angle = hour(*kind);
        let [a, b] = polar(0.36 * room, angle);
        let [c, d] = polar(0.49 * room, angle);
        format!("M{a} {b}L{c} {d}")
    });
    ticks.collect()
}

fn hour(kind: Support) -> f64 {
    std::f64::consts::TAU * kind.place() as f64 / Support::ALL.len() as f64
}

/// A plus sign, between the ticks of the first two kinds of support.
fn plus(room: f64) -> String {
    let [x, y] = polar(0.41 * room, 0.2 * std::f64::consts::PI);
    let arm = px((0.085 * room).max(1.2));
    format!(
        "M{} {y}h{}M{x} {}v{}",
        px(x - arm),
        2.0 * arm,
        px(y - arm),
        2.0 * arm
    )
}

/// The ties of a wave, the conflicts with the family, and from where persons moved.
fn lines(seen: &EgoPicture, at: usize, layout: &Layout) -> Vec<Line> {
    let wave = &seen.waves[at];
    let spots = &layout.places[at];
    let hub = layout.rings.first().map_or(0.0, |ring| ring.0);
    let at_rim = 0.36 * layout.room;
    let mut lines = Vec::new();
    if let Some(before) = at.checked_sub(1) {
        for (person, spot) in wave.persons.iter().zip(spots) {
            let old = seen.waves[before]
                .persons
                .iter()
                .position(|p| p.person == person.person);
            let Some(old) = old.map(|i| layout.places[before][i]) else {
                continue;
            };
            if (old.sector, old.ring) != (spot.sector, spot.ring) {
                let (from, to) = ([old.x, old.y], [spot.x, spot.y]);
                let to = shortened(from, to, at_rim);
                lines.push(Line {
                    path: format!(
                        "M{} {}L{} {}",
                        px(from[0]),
                        px(from[1]),
                        px(to[0]),
                        px(to[1])
                    ),
                    kind: LineKind::Moved,
                });
            }
        }
    }
    for tie in &wave.ties {
        let (a, b) = (
            [spots[tie.from].x, spots[tie.from].y],
            [spots[tie.to].x, spots[tie.to].y],
        );
        let bend = [0, 1].map(|k| 0.5 * (a[k] + b[k]) * 0.72);
        let (from, to) = (shortened(bend, a, at_rim), shortened(bend, b, at_rim));
        lines.push(line(from, bend, to, tie.sign, tie.direction));
    }
    for (person, spot) in wave.persons.iter().zip(spots) {
        if person.bond == Sign::Conflict {
            let far = spot.x.hypot(spot.y).max(1e-9);
            let from = [hub * spot.x / far, hub * spot.y / far];
            let to = shortened(from, [spot.x, spot.y], at_rim);
            let bend = [0, 1].map(|k| 0.5 * (from[k] + to[k]));
            lines.push(line(from, bend, to, Sign::Conflict, Direction::Mutual));
        }
    }
    lines
}

/// The end of a line that comes from a point, so much before the other.
fn shortened(from: [f64; 2], to: [f64; 2], by: f64) -> [f64; 2] {
    let length = (to[0] - from[0]).hypot(to[1] - from[1]);
    let part = if length > 2.0 * by { by / length } else { 0.0 };
    [0, 1].map(|k| to[k] + part * (from[k] - to[k]))
}

fn line(from: [f64; 2], bend: [f64; 2], to: [f64; 2], sign: Sign, direction: Direction) -> Line {
    let one_way = direction == Direction::Directed;
    let ([a, b], [c, d], [e, f]) = (from.map(px), bend.map(px), to.map(px));
    let mut path = match sign {
        Sign::Support => format!("M{a} {b}Q{c} {d} {e} {f}"),
        Sign::Conflict => {
            let points = zigzag(from, bend, to).into_iter();
            let points: Vec<String> = points
                .map(|p| format!("{} {}", px(p[0]), px(p[1])))
                .collect();
            format!("M{}", points.join("L"))
        }
    };
    if one_way {
        let back = bent(from, bend, to, 0.9);
        let length = (to[0] - back[0]).hypot(to[1] - back[1]).max(1e-9);
        let along = [0, 1].map(|k| (to[k] - back[k]) / length);
        let barb = |side: f64| {
            [
                px(to[0] - 5.5 * along[0] - side * 2.8 * along[1]),
                px(to[1] - 5.5 * along[1] + side * 2.8 * along[0]),
            ]
        };
        let ([g, h], [i, j]) = (barb(1.0), barb(-1.0));
        path = format!("{path}M{g} {h}L{e} {f}L{i} {j}");
    }
    let kind = match (sign, one_way) {
        (Sign::Support, false) => LineKind::Support,
        (Sign::Support, true) => LineKind::Arrow,
        (Sign::Conflict, false) => LineKind::Conflict,
        (Sign::Conflict, true) => LineKind::ConflictArrow,
    };
    Line { path, kind }
}

/// The entries of the key that the picture needs, between two edges, and where they end.
fn key(seen: &EgoPicture, left: f64, top: f64, right: f64) -> (Vec<Key>, f64) {
    let persons = || seen.waves.iter().flat_map(|wave| &wave.persons);
    let ties = || seen.waves.iter().flat_map(|wave| &wave.ties);
    let known = persons().any(|p| p.present.is_some());
    let changes = || (1..seen.waves.len()).map(|at| change(seen, at));
    let moved = || {
        (1..seen.waves.len()).any(|at| {
            seen.waves[at].persons.iter().any(|p| {
                let before = seen.waves[at - 1].persons.iter();
                before
                    .filter(|old| old.person == p.person)
                    .any(|old| (Sector::of(old), old.closeness) != (Sector::of(p), p.closeness))
            })
        })
    };
    let conflict =
        ties().any(|t| t.sign == Sign::Conflict) || persons().any(|p| p.bond == Sign::Conflict);
    let entries = [
        (
            KeyKind::Present,
            "at the meeting",
            persons().any(|p| p.present == Some(true)),
        ),
        (
            KeyKind::Absent,
            "not there",
            persons().any(|p| p.present == Some(false)),
        ),
        (
            KeyKind::Unknown,
            if known {
                "not known whether there"
            } else {
                "a person"
            },
            persons().any(|p| p.present.is_none()),
        ),
        (
            KeyKind::Came,
            "came since",
            changes().any(|c| !c.came.is_empty()),
        ),
        (
            KeyKind::Ghost,
            "left since",
            changes().any(|c| !c.left.is_empty()),
        ),
        (KeyKind::Moved, "closer or less close than before", moved()),
        (
            KeyKind::Support,
            "get on",
            ties().any(|t| t.sign == Sign::Support),
        ),
        (KeyKind::Conflict, "in conflict", conflict),
        (
            KeyKind::Arrow,
            "one way",
            ties().any(|t| t.direction == Direction::Directed),
        ),
    ];
    let mut keys: Vec<Key> = Vec::new();
    let (mut x, mut y) = (left, top + LEADING);
    for (kind, words, _) in entries.into_iter().filter(|(_, _, shown)| *shown) {
        let width = 24.0 + TICK.width(words) + 14.0;
        if x > left && x + width - 14.0 > right {
            (x, y) = (left, y + LEADING + 3.0);
        }
        keys.push(Key {
            x: px(x + 9.0),
            y: px(y - 4.0),
            kind,
            support: String::new(),
            words: Text::new(x + 24.0, y, Anchor::Start, TICK, words),
        });
        x += width;
    }
    y = key_of_rings_and_support(seen, &mut keys, left, y, right);
    (keys, y + 4.0)
}

/// The rest of the key: what `?` says, and the hours of the kinds of support. Gives where it ends.
fn key_of_rings_and_support(
    seen: &EgoPicture,
    keys: &mut Vec<Key>,
    left: f64,
    mut y: f64,
    right: f64,
) -> f64 {
    let persons = || seen.waves.iter().flat_map(|wave| &wave.persons);
    let kinds = persons().any(|p| p.support.as_ref().is_some_and(|kinds| !kinds.is_empty()));
    let unknown = persons().any(|p| p.closeness.is_none());
    if unknown {
        y += LEADING + 3.0;
        let words = "? closeness not known";
        keys.push(Key {
            x: px(left),
            y: px(y),
            kind: KeyKind::Kinds,
            support: String::new(),
            words: Text::new(left + 5.0, y, Anchor::Start, TICK, words),
        });
    }
    if kinds {
        y += LEADING + 8.0;
        let mut x = left;
        let lead = "Gives support:";
        keys.push(Key {
            x: px(x),
            y: px(y),
            kind: KeyKind::Kinds,
            support: String::new(),
            words: Text::new(x + 3.0, y, Anchor::Start, TICK, lead),
        });
        x += TICK.width(lead) + 12.0;
        for &kind in Support::ALL {
            let words = kind.word();
            let width = 24.0 + TICK.width(words) + 10.0;
            if x > left && x + width - 10.0 > right {
                (x, y) = (left, y + LEADING + 5.0);
            }
            keys.push(Key {
                x: px(x + 9.0),
                y: px(y - 4.0),
                kind: KeyKind::Kinds,
                support: ticks(&[kind], 22.0),
                words: Text::new(x + 24.0, y, Anchor::Start, TICK, words),
            });
            x += width;
        }
    }
    y
}

/// The numbers of the picture as a table: a row a sector, for each wave how many there are.
pub(crate) fn grids(seen: &EgoPicture) -> Vec<Grid> {
    let sectors = sectors(seen);
    let sided = sided(&sectors);
    let mut columns = vec![Column::left("Who")];
    for (at, wave) in seen.waves.iter().enumerate() {
        columns.push(Column::right(capitalised(&wave_name(&wave.wave))));
        if at > 0 {
            columns.extend(["Came", "Left"].map(Column::right));
        }
    }
    let row = |name: &str, of: &dyn Fn(&EgoPerson) -> bool, tone: Tone| {
        let mut cells = vec![Cell::toned(name, tone)];
        for (at, wave) in seen.waves.iter().enumerate() {
            let n = wave.persons.iter().filter(|p| of(p)).count();
            cells.push(Cell::toned(n.to_string(), tone));
            if let Some(before) = at.checked_sub(1) {
                if tone == Tone::Dim {
                    cells.extend([ABSENT, ABSENT].map(|dash| Cell::toned(dash, tone)));
                    continue;
                }
                let change = change(seen, at);
                let old = &seen.waves[before].persons;
                let came = change
                    .came
                    .iter()
                    .filter(|&&i| of(&wave.persons[i]))
                    .count();
                let left = change.left.iter().filter(|&&i| of(&old[i])).count();
                cells.extend([came, left].map(|n| Cell::toned(n.to_string(), tone)));
            }
        }
        cells
    };
    let mut rows: Vec<Vec<Cell>> = sectors
        .iter()
        .map(|&sector| {
            let name = capitalised(sector.name(sided));
            row(&name, &|p| Sector::of(p) == sector, Tone::Plain)
        })
        .collect();
    rows.push(row("All", &|_| true, Tone::Strong));
    if seen
        .waves
        .iter()
        .flat_map(|w| &w.persons)
        .any(|p| p.present.is_some())
    {
        rows.push(row(
            "At the meeting",
            &|p| p.present == Some(true),
            Tone::Dim,
        ));
    }
    let mut notes = Notes::default();
    notes.general(seen.caption.as_str());
    let mut grids = vec![Grid {
        caption: seen.title.clone(),
        columns,
        groups: vec![Group { title: None, rows }],
        notes,
        narrow: Narrow::Scroll,
    }];
    if seen.labels == PersonLabels::Keys {
        let layout = laid_out(seen, 100.0, 15.0);
        let persons = || seen.waves.iter().flat_map(|wave| &wave.persons);
        let rows = numbers(seen, &layout).into_iter().map(|(person, number)| {
            let key = persons()
                .find(|p| p.person == person)
                .and_then(|p| p.key.clone());
            vec![
                Cell::of(number.to_string()),
                Cell::of(key.unwrap_or_default()),
            ]
        });
        grids.push(Grid {
            caption: "Who is who".to_owned(),
            columns: vec![Column::right("Number"), Column::left("Person")],
            groups: vec![Group {
                title: None,
                rows: rows.collect(),
            }],
            ..Grid::default()
        });
    }
    grids
}

#[cfg(test)]
mod tests;
