//! A whole network as SVG: a street, a flat, everybody at the same place at every wave.

mod layout;

use std::collections::{BTreeMap, HashMap};

use kring_core::{Direction, Network, Sign};
use serde::{Deserialize, Serialize};

use crate::axis::LEADING;
use crate::chart::{Frame, WIDE};
use crate::grid::{Cell, Column, Grid, Group, Narrow, Notes};
use crate::lettering::clean;
use crate::marks::{mark, zigzag};
use crate::svg::{self, Anchor, CurveStyle, PALETTE, Palette, STRONG, TICK, TITLE, Text, WARN, px};
use crate::tables::{capitalised, wave_name};
use crate::{Error, Origin, template};
use layout::{apart, laid_out};

/// The most persons that one picture shows.
const MOST: usize = 600;
/// The groups that have marks of their own.
const GROUPS: usize = 7;

/// A network at one or more waves.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkPicture {
    /// Its name, also that of its file.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The groups; the first seven have marks of their own.
    pub groups: Vec<String>,
    /// For each person the place of the group; absent where it is in none. Nobody has a name here.
    pub persons: Vec<Option<usize>>,
    /// The network at each wave; at each but the first it is marked which ties came and went.
    pub waves: Vec<NetworkWave>,
    /// What the size of a mark says.
    pub sizes: NodeSizes,
    /// What a reader should know beside it.
    pub caption: String,
}

/// What the size of a mark says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeSizes {
    /// Nothing.
    #[default]
    Same,
    /// How many ties a person has at the wave.
    Degree,
}

/// A network at one wave.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetworkWave {
    /// What it is called.
    pub wave: String,
    /// Who was there, by place in the list of persons.
    pub present: Vec<usize>,
    /// The ties.
    pub ties: Vec<PicturedTie>,
}

/// A tie of a network, between persons by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PicturedTie {
    /// The one.
    pub from: usize,
    /// The other.
    pub to: usize,
    /// Support or conflict.
    pub sign: Sign,
    /// Both ways or one.
    pub direction: Direction,
}

impl NetworkPicture {
    /// The picture of a network at its waves; the same name is the same person, and no name is kept.
    ///
    /// The group of a person is that of the first wave at which there is one.
    ///
    /// ```
    /// use kring_core::{Network, NetworkTie, Sign};
    /// use kring_report::{NetworkPicture, Origin, network_svg};
    /// let tie = NetworkTie::mutual("Ahmed", "Bea", Sign::Support);
    /// let before = Network::new(["Ahmed", "Bea", "Cor"], &[])?;
    /// let after = Network::new(["Ahmed", "Bea"], &[tie])?;
    /// let picture = NetworkPicture::of("flat", "A flat", [("1", &before), ("2", &after)]);
    /// assert_eq!((picture.persons.len(), picture.waves[1].present.len()), (3, 2));
    /// assert!(!network_svg(&picture, Origin::Observed)?.contains("Ahmed"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of<'a>(
        id: &str,
        title: &str,
        waves: impl IntoIterator<Item = (&'a str, &'a Network)>,
    ) -> Self {
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut picture = Self {
            id: id.to_owned(),
            title: title.to_owned(),
            ..Self::default()
        };
        for (wave, network) in waves {
            let mut present = Vec::new();
            for (place, name) in network.persons().iter().enumerate() {
                let next = known.len();
                let person = *known.entry(name).or_insert(next);
                if person == picture.persons.len() {
                    picture.persons.push(None);
                }
                if let (Some(groups), None) = (network.groups(), picture.persons[person]) {
                    let level = groups.index.get(place);
                    let level = level.and_then(|&code| groups.levels.get(code as usize));
                    picture.persons[person] = level.map(|level| {
                        picture
                            .groups
                            .iter()
                            .position(|g| g == level)
                            .unwrap_or_else(|| {
                                picture.groups.push(level.clone());
                                picture.groups.len() - 1
                            })
                    });
                }
                present.push(person);
            }
            let ties = network.ties().iter().map(|tie| PicturedTie {
                from: present[tie.from as usize],
                to: present[tie.to as usize],
                sign: tie.sign,
                direction: tie.direction,
            });
            let ties = ties.collect();
            picture.waves.push(NetworkWave {
                wave: wave.to_owned(),
                present,
                ties,
            });
        }
        picture
    }
}

/// A network as SVG, with its title in it.
pub fn network_svg(seen: &NetworkPicture, origin: Origin) -> Result<String, Error> {
    let frame = Frame {
        id: &svg::stem(&seen.id),
        width: WIDE,
        titled: true,
        origin,
    };
    drawn(seen, frame)
}

pub(crate) fn drawn(seen: &NetworkPicture, frame: Frame) -> Result<String, Error> {
    check(seen)?;
    template::filled("network.svg", &picture(seen, frame))
}

fn check(seen: &NetworkPicture) -> Result<(), Error> {
    let picture = || seen.id.clone();
    let known = seen.persons.len();
    if seen.waves.is_empty() {
        return Err(Error::NoWave { picture: picture() });
    }
    if known > MOST {
        return Err(Error::Persons {
            picture: picture(),
            found: known,
            most: MOST,
        });
    }
    let refuse = |wave: &str, what, found, known| Error::Person {
        picture: picture(),
        wave: wave.to_owned(),
        what,
        found,
        known,
    };
    let groups = seen.groups.len();
    if let Some(&found) = seen.persons.iter().flatten().find(|&&g| g >= groups) {
        return Err(refuse("any", "a group", found, groups));
    }
    for wave in &seen.waves {
        if let Some(&found) = wave.present.iter().find(|&&p| p >= known) {
            return Err(refuse(&wave.wave, "a person", found, known));
        }
        let ends = wave.ties.iter().flat_map(|tie| [tie.from, tie.to]);
        if let Some(found) = ends.into_iter().find(|&end| end >= known) {
            return Err(refuse(&wave.wave, "a tie", found, known));
        }
    }
    Ok(())
}

/// The ties of a wave by what became of them since the wave before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Became {
    /// There, as before, or nothing is known of before.
    Kept,
    Came,
    Went,
}

fn pair(tie: &PicturedTie) -> (usize, usize, Sign) {
    (tie.from.min(tie.to), tie.from.max(tie.to), tie.sign)
}

fn ties(seen: &NetworkPicture, at: usize) -> Vec<(PicturedTie, Became)> {
    let own = &seen.waves[at].ties;
    let Some(before) = at.checked_sub(1).map(|before| &seen.waves[before].ties) else {
        return own.iter().map(|&tie| (tie, Became::Kept)).collect();
    };
    let among = |ties: &[PicturedTie]| -> BTreeMap<(usize, usize), Sign> {
        ties.iter()
            .map(pair)
            .map(|(a, b, sign)| ((a, b), sign))
            .collect()
    };
    let (old, new) = (among(before), among(own));
    let has = |ties: &BTreeMap<(usize, usize), Sign>, tie: &PicturedTie| {
        let (a, b, sign) = pair(tie);
        ties.get(&(a, b)) == Some(&sign)
    };
    let gone = before.iter().filter(|tie| !has(&new, tie));
    let here = own.iter().map(|tie| {
        let became = if has(&old, tie) {
            Became::Kept
        } else {
            Became::Came
        };
        (*tie, became)
    });
    gone.map(|&tie| (tie, Became::Went)).chain(here).collect()
}

fn counted(seen: &NetworkPicture, at: usize) -> Vec<String> {
    let wave = &seen.waves[at];
    let some = |n: usize, one: &str| {
        if n == 1 {
            format!("1 {one}")
        } else {
            format!("{n} {one}s")
        }
    };
    let mut parts = vec![
        some(wave.present.len(), "person"),
        some(wave.ties.len(), "tie"),
    ];
    if at > 0 {
        let ties = ties(seen, at);
        let of = |became| ties.iter().filter(|(_, b)| *b == became).count();
        parts.push(format!("{} came", of(Became::Came)));
        parts.push(format!("{} went", of(Became::Went)));
    }
    let conflicts = wave
        .ties
        .iter()
        .filter(|t| t.sign == Sign::Conflict)
        .count();
    if conflicts > 0 {
        parts.push(format!("{conflicts} of conflict"));
    }
    parts
}

/// What the picture shows, in words.
pub(crate) fn alt(seen: &NetworkPicture) -> String {
    let mut text = format!("{}.", seen.title.trim_end_matches('.'));
    if !seen.groups.is_empty() {
        let of = seen.groups.iter().enumerate().map(|(place, name)| {
            let n = seen.persons.iter().filter(|&&g| g == Some(place)).count();
            format!("{name} {n}")
        });
        text = format!("{text} {}.", of.collect::<Vec<String>>().join(", "));
    }
    for (at, wave) in seen.waves.iter().enumerate() {
        let name = capitalised(&wave_name(&wave.wave));
        text = format!("{text} {name}: {}.", counted(seen, at).join(", "));
    }
    clean(&text)
}

/// The numbers of the picture as a table, a row a wave.
pub(crate) fn grid(seen: &NetworkPicture) -> Grid {
    let mut notes = Notes::default();
    notes.general(seen.caption.as_str());
    let several = seen.waves.len() > 1;
    let rows = seen.waves.iter().enumerate().map(|(at, wave)| {
        let ties = ties(seen, at);
        let of = |became| ties.iter().filter(|(_, b)| *b == became).count();
        let alone = wave
            .present
            .iter()
            .filter(|&&p| degree(wave, p) == 0)
            .count();
        let conflicts = wave
            .ties
            .iter()
            .filter(|t| t.sign == Sign::Conflict)
            .count();
        let mut cells = vec![Cell::of(capitalised(&wave_name(&wave.wave)))];
        let numbers = [wave.present.len(), alone, wave.ties.len(), conflicts];
        cells.extend(numbers.map(|n| Cell::of(n.to_string())));
        if several {
            let changed = [Became::Came, Became::Went].map(|b| match at {
                0 => Cell::of(crate::number::ABSENT),
                _ => Cell::of(of(b).to_string()),
            });
            cells.extend(changed);
        }
        cells
    });
    let mut columns = vec![Column::left("Wave")];
    columns.extend(["Persons", "Without ties", "Ties", "Of conflict"].map(Column::right));
    if several {
        columns.extend(["Came", "Went"].map(Column::right));
    }
    Grid {
        caption: seen.title.clone(),
        columns,
        groups: vec![Group {
            title: None,
            rows: rows.collect(),
        }],
        notes,
        narrow: Narrow::Scroll,
    }
}

fn degree(wave: &NetworkWave, person: usize) -> usize {
    wave.ties
        .iter()
        .filter(|t| t.from == person || t.to == person)
        .count()
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
    lines: Vec<Line>,
    marks: Vec<Mark>,
    key_lines: Vec<Line>,
    key_marks: Vec<Mark>,
}

#[derive(Debug, Serialize)]
struct Line {
    path: String,
    conflict: bool,
    became: Became,
    /// Whether there is a wave to compare with.
    compared: bool,
}

#[derive(Debug, Serialize)]
struct Mark {
    x: f64,
    y: f64,
    scale: f64,
    style: CurveStyle,
    there: bool,
    other: bool,
}

fn picture(seen: &NetworkPicture, frame: Frame) -> Picture {
    const EDGE: f64 = 14.0;
    let slim = frame.width < 500.0;
    let n = seen.waves.len();
    let across = if slim || n == 1 { 1 } else { 2 };
    let width = frame.width / across as f64;
    let mut texts = Vec::new();
    let mut top = if frame.titled { 22.0 } else { 4.0 };
    if frame.titled {
        for line in TITLE.wrap(&seen.title, frame.width - 12.0) {
            texts.push(Text::new(6.0, top, Anchor::Start, TITLE, line));
            top += 19.0;
        }
    }
    if frame.origin == Origin::Simulated {
        top += 8.0;
        texts.push(Text::new(6.0, top, Anchor::Start, WARN, crate::SIMULATED));
        top += 8.0;
    }
    let mut all: Vec<(usize, usize)> = seen
        .waves
        .iter()
        .flat_map(|wave| &wave.ties)
        .map(|tie| (tie.from, tie.to))
        .collect();
    all.sort_unstable();
    all.dedup();
    let broad = if across == 1 && !slim { 1.6 } else { 1.0 };
    let laid = laid_out(seen.persons.len(), &all, broad);
    let room = width - 2.0 * EDGE;
    let tallest = room / broad * 1.25;
    let unit = (room / laid.width.max(1e-6))
        .min(tallest / laid.height.max(1e-6))
        .min(60.0);
    let size = [room, (unit * laid.height).max(20.0)];
    let shift = 0.5 * (room - unit * laid.width);
    let mut points: Vec<[f64; 2]> = laid
        .points
        .iter()
        .map(|p| [unit * p[0] + shift, unit * p[1]])
        .collect();
    let wanted =
        (0.75 * (size[0] * size[1] / seen.persons.len().max(1) as f64).sqrt()).clamp(3.0, 17.0);
    let free = apart(&mut points, wanted, size);
    let (mut lines, mut marks) = (Vec::new(), Vec::new());
    let mut bottom = top;
    for (at, wave) in seen.waves.iter().enumerate() {
        let left = width * (at % across) as f64;
        let name = capitalised(&wave_name(&wave.wave));
        let middle = left + 0.5 * width;
        texts.push(Text::new(
            middle,
            top + 16.0,
            Anchor::Middle,
            STRONG,
            clean(&name),
        ));
        let counts = counted(seen, at).join(", ");
        texts.push(Text::new(middle, top + 31.0, Anchor::Middle, TICK, counts));
        let origin = [left + EDGE, top + 38.0 + EDGE];
        let point = |person: usize| [0, 1].map(|k| points[person][k] + origin[k]);
        for (tie, became) in ties(seen, at) {
            let (from, to) = (point(tie.from), point(tie.to));
            lines.push(line(from, to, tie, became, at > 0, 0.45 * free));
        }
        let placed: Vec<[f64; 2]> = (0..points.len()).map(point).collect();
        marks.extend(marks_of(seen, at, &placed, free));
        bottom = origin[1] + size[1] + EDGE;
        if at % across + 1 == across {
            top = bottom + 6.0;
        }
    }
    let mut drawing = Picture {
        id: frame.id.to_owned(),
        width: frame.width,
        height: 0.0,
        title: clean(&seen.title),
        alt: alt(seen),
        palette: PALETTE,
        texts,
        lines,
        marks,
        key_lines: Vec::new(),
        key_marks: Vec::new(),
    };
    let foot = drawing.key(seen, bottom + 2.0);
    drawing.height = px(foot + 8.0);
    drawing
}

/// The marks of a wave; who is not there at a later wave leaves a hollow one.
fn marks_of(seen: &NetworkPicture, at: usize, points: &[[f64; 2]], free: f64) -> Vec<Mark> {
    let waves = seen.waves.iter();
    let degrees = waves.flat_map(|wave| (0..points.len()).map(|p| degree(wave, p)));
    let most = degrees.max().unwrap_or(0).max(1);
    let wave = &seen.waves[at];
    let persons = seen.persons.iter().zip(points).enumerate();
    persons
        .filter_map(|(person, (&group, &[x, y]))| {
            let there = wave.present.contains(&person);
            if !there && at == 0 {
                return None;
            }
            let part = match seen.sizes {
                NodeSizes::Same => 0.9,
                NodeSizes::Degree => 0.5 + 0.5 * (degree(wave, person) as f64 / most as f64).sqrt(),
            };
            Some(Mark {
                x: px(x),
                y: px(y),
                // A little less than touching, as places are rounded.
                scale: (part * (0.5 * free - 0.1).max(0.3) / 5.0 * 100.0).floor() / 100.0,
                style: mark(group.unwrap_or(0)),
                there,
                other: group.is_some_and(|g| g >= GROUPS),
            })
        })
        .collect()
}

fn line(
    from: [f64; 2],
    to: [f64; 2],
    tie: PicturedTie,
    became: Became,
    compared: bool,
    rim: f64,
) -> Line {
    let length = (to[0] - from[0]).hypot(to[1] - from[1]).max(1e-9);
    let along = [0, 1].map(|k| (to[k] - from[k]) / length);
    let cut = if length > 2.5 * rim { rim } else { 0.0 };
    let from = [0, 1].map(|k| from[k] + cut * along[k]);
    let to = [0, 1].map(|k| to[k] - cut * along[k]);
    let conflict = tie.sign == Sign::Conflict;
    let written = |p: [f64; 2]| format!("{} {}", px(p[0]), px(p[1]));
    let mut path = if conflict {
        let bend = [0, 1].map(|k| 0.5 * (from[k] + to[k]));
        let points = zigzag(from, bend, to).into_iter().map(written);
        format!("M{}", points.collect::<Vec<String>>().join("L"))
    } else {
        format!("M{}L{}", written(from), written(to))
    };
    if tie.direction == Direction::Directed {
        let barb = |side: f64| {
            written([
                to[0] - 4.5 * along[0] - side * 2.2 * along[1],
                to[1] - 4.5 * along[1] + side * 2.2 * along[0],
            ])
        };
        path = format!("{path}M{}L{}L{}", barb(1.0), written(to), barb(-1.0));
    }
    Line {
        path,
        conflict,
        became,
        compared,
    }
}

impl Picture {
    /// The key below the picture; gives where it ends.
    fn key(&mut self, seen: &NetworkPicture, top: f64) -> f64 {
        let (left, right) = (6.0, self.width - 6.0);
        let (mut x, mut y) = (left, top + LEADING);
        let mut place = |words: &str, texts: &mut Vec<Text>| {
            let width = 24.0 + TICK.width(words) + 14.0;
            if x > left && x + width - 14.0 > right {
                (x, y) = (left, y + LEADING + 3.0);
            }
            texts.push(Text::new(x + 24.0, y, Anchor::Start, TICK, clean(words)));
            let at = (px(x + 9.0), px(y - 4.0));
            x += width;
            at
        };
        let named = seen.groups.iter().take(GROUPS).map(String::as_str);
        let others = (seen.groups.len() > GROUPS).then_some("other groups");
        for (group, words) in named.chain(others).enumerate() {
            let (x, y) = place(words, &mut self.texts);
            self.key_marks.push(Mark {
                x,
                y,
                scale: 1.15,
                style: mark(group),
                there: true,
                other: group >= GROUPS,
            });
        }
        let has = |is: &dyn Fn(&(PicturedTie, Became)) -> bool| {
            (0..seen.waves.len()).any(|at| ties(seen, at).iter().any(is))
        };
        let several = seen.waves.len() > 1;
        let support = |became| has(&move |(t, b)| *b == became && t.sign == Sign::Support);
        let entries = [
            (
                if several { "tie that stays" } else { "tie" },
                Became::Kept,
                false,
                support(Became::Kept),
            ),
            ("tie that came", Became::Came, false, support(Became::Came)),
            ("tie that went", Became::Went, false, support(Became::Went)),
            (
                "conflict",
                Became::Kept,
                true,
                has(&|(t, _)| t.sign == Sign::Conflict),
            ),
        ];
        for (words, became, conflict, _) in entries.into_iter().filter(|e| e.3) {
            let (x, y) = place(words, &mut self.texts);
            let path = if conflict {
                format!("M{} {y}l2-2.2l4 4.4l4-4.4l4 4.4l2-2.2", px(x - 8.0))
            } else {
                format!("M{} {y}h16", px(x - 8.0))
            };
            self.key_lines.push(Line {
                path,
                conflict,
                became,
                compared: true,
            });
        }
        if seen.sizes == NodeSizes::Degree {
            place("larger: more ties", &mut self.texts);
        }
        y
    }
}

#[cfg(test)]
mod tests;
