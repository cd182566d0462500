//! The flow of a study as SVG: arms side by side, waves below each other.

use kring_core::{ArmFlow, Flow, WaveCount};
use serde::Serialize;

use crate::lettering::clean;
use crate::svg::{Anchor, Face, LABEL, PALETTE, Palette, STRONG, TICK, Text, WARN, px};
use crate::tables::wave_name;
use crate::{Error, Origin, template};

const LEADING: f64 = 15.0;
const BOX: f64 = 32.0;
const EDGE: f64 = 6.0;
/// The width of an arm, and the space between two.
const ARM: f64 = 164.0;
const BETWEEN: f64 = 16.0;
/// Where the arrows run, from the left edge of an arm.
const SPINE: f64 = 28.0;

/// The flow as SVG: boxes with how many were seen, and beside the arrows who left and returned.
pub fn flow_svg(flow: &Flow, origin: Origin) -> Result<String, Error> {
    drawn(flow, "flow", origin)
}

pub(crate) fn drawn(flow: &Flow, id: &str, origin: Origin) -> Result<String, Error> {
    template::filled("flow.svg", &picture(flow, id, origin))
}

/// What the diagram shows, in words.
pub(crate) fn alt(flow: &Flow) -> String {
    let mut text = format!("Flow of {} through the study.", flow.subjects());
    for arm in &flow.arms {
        let waves: Vec<String> = arm
            .waves
            .iter()
            .map(|w| format!("{} at {}", w.present, wave_name(&w.wave)))
            .collect();
        text = format!(
            "{text} {}: {} in all, {}.",
            named(arm),
            arm.subjects,
            waves.join(", ")
        );
    }
    clean(&text)
}

fn named(arm: &ArmFlow) -> &str {
    if arm.arm.is_empty() { "All" } else { &arm.arm }
}

#[derive(Debug, Serialize)]
struct Picture {
    id: String,
    width: f64,
    height: f64,
    alt: String,
    palette: Palette,
    boxes: Vec<Box>,
    arrows: Vec<String>,
    lines: Vec<String>,
    texts: Vec<Text>,
}

#[derive(Debug, Serialize)]
struct Box {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    head: bool,
}

fn picture(flow: &Flow, id: &str, origin: Origin) -> Picture {
    let arms = flow.arms.len().max(1) as f64;
    let width = (2.0 * EDGE + arms * ARM + (arms - 1.0) * BETWEEN).max(300.0);
    let start = 0.5 * (width - arms * ARM - (arms - 1.0) * BETWEEN);
    let mut drawing = Picture {
        id: id.to_owned(),
        width,
        height: 0.0,
        alt: alt(flow),
        palette: PALETTE,
        boxes: Vec::new(),
        arrows: Vec::new(),
        lines: Vec::new(),
        texts: Vec::new(),
    };
    let mut top = EDGE;
    if origin == Origin::Simulated {
        top += LEADING;
        drawing.text(EDGE, top, Anchor::Start, WARN, crate::SIMULATED);
        top += 8.0;
    }
    let lefts: Vec<f64> = (0..flow.arms.len())
        .map(|i| start + i as f64 * (ARM + BETWEEN))
        .collect();
    if flow.arms.len() > 1 {
        top = drawing.root(flow, &lefts, top);
    }
    let heads: Vec<Vec<String>> = flow
        .arms
        .iter()
        .map(|arm| STRONG.wrap(named(arm), ARM - 20.0))
        .collect();
    let tallest = heads.iter().map(Vec::len).max().unwrap_or(0) as f64;
    let head_height = (tallest + 1.0) * LEADING + 12.0;
    for ((arm, head), &left) in flow.arms.iter().zip(&heads).zip(&lefts) {
        drawing.boxed(left, top, head_height, true);
        let mut y = top + 4.0;
        for line in head {
            y += LEADING;
            drawing.text(left + 10.0, y, Anchor::Start, STRONG, line);
        }
        let n = format!("n = {}", arm.subjects);
        drawing.text(left + 10.0, y + LEADING, Anchor::Start, LABEL, n);
    }
    top += head_height;
    for (place, wave) in flow.waves.iter().enumerate() {
        top = drawing.wave(flow, &lefts, place, wave, top);
    }
    drawing.foot(flow, &lefts, top);
    drawing
}

impl Picture {
    fn text(&mut self, x: f64, y: f64, anchor: Anchor, face: Face, words: impl Into<String>) {
        self.height = self.height.max(px(y + EDGE + 4.0));
        self.texts.push(Text::new(x, y, anchor, face, words));
    }

    fn boxed(&mut self, x: f64, y: f64, height: f64, head: bool) {
        self.height = self.height.max(px(y + height + EDGE));
        self.boxes.push(Box {
            x: px(x),
            y: px(y),
            width: ARM,
            height: px(height),
            head,
        });
    }

    /// Everybody in the study, above the arms.
    fn root(&mut self, flow: &Flow, lefts: &[f64], top: f64) -> f64 {
        let middle = 0.5 * self.width;
        let text = format!("{} in the study", flow.subjects());
        self.text(middle, top + LEADING, Anchor::Middle, LABEL, text);
        let fork = top + LEADING + 18.0;
        let below = fork + 16.0;
        self.lines.push(format!(
            "M{} {}V{}",
            px(middle),
            px(top + LEADING + 7.0),
            px(fork)
        ));
        if let (Some(first), Some(last)) = (lefts.first(), lefts.last()) {
            let (from, to) = (first + 0.5 * ARM, last + 0.5 * ARM);
            self.lines
                .push(format!("M{} {}H{}", px(from), px(fork), px(to)));
        }
        for left in lefts {
            let x = px(left + 0.5 * ARM);
            self.arrows
                .push(format!("M{x} {}V{}", px(fork), px(below - 1.0)));
        }
        below
    }

    /// The arrows to a wave with who left and returned beside them, and its boxes.
    fn wave(&mut self, flow: &Flow, lefts: &[f64], place: usize, wave: &str, top: f64) -> f64 {
        let moves: Vec<Vec<String>> = flow
            .arms
            .iter()
            .map(|arm| match arm.waves.get(place) {
                Some(count) if place == 0 => not_yet(arm, count),
                Some(count) => moved(count),
                None => Vec::new(),
            })
            .collect();
        let lines = moves.iter().map(Vec::len).max().unwrap_or(0) as f64;
        let below = top + (lines * LEADING + 12.0).max(22.0);
        for ((arm, moves), &left) in flow.arms.iter().zip(&moves).zip(lefts) {
            let x = px(left + SPINE);
            self.arrows
                .push(format!("M{x} {}V{}", px(top), px(below - 1.0)));
            for (line, text) in moves.iter().enumerate() {
                let y = top + 3.0 + LEADING * (line as f64 + 1.0);
                self.text(left + SPINE + 12.0, y, Anchor::Start, TICK, text.clone());
            }
            self.boxed(left, below, BOX, false);
            let y = below + 0.5 * BOX + 4.5;
            let name = STRONG.wrap(&wave_name(wave), ARM - 84.0);
            let name = match name.as_slice() {
                [whole] => whole.clone(),
                [first, ..] => format!("{first}…"),
                [] => String::new(),
            };
            self.text(left + 10.0, y, Anchor::Start, STRONG, name);
            let n = arm.waves.get(place).map_or(0, |count| count.present);
            self.text(left + ARM - 10.0, y, Anchor::End, LABEL, format!("n = {n}"));
        }
        below + BOX
    }

    /// What became of the arm as a whole.
    fn foot(&mut self, flow: &Flow, lefts: &[f64], top: f64) {
        for (arm, &left) in flow.arms.iter().zip(lefts) {
            let said = [
                (arm.complete, "seen at every wave"),
                (arm.monotone, "left for good"),
                (arm.intermittent, "with gaps"),
                (arm.never, "never seen"),
            ];
            let mut y = top + 8.0;
            for (n, what) in said.into_iter().filter(|(n, _)| *n > 0) {
                y += LEADING;
                self.text(left + SPINE + 6.0, y, Anchor::End, TICK, n.to_string());
                self.text(left + SPINE + 12.0, y, Anchor::Start, TICK, what.to_owned());
            }
        }
    }
}

fn not_yet(arm: &ArmFlow, first: &WaveCount) -> Vec<String> {
    match arm.subjects.saturating_sub(first.present) {
        0 => Vec::new(),
        n => vec![format!("{n} not seen")],
    }
}

fn moved(count: &WaveCount) -> Vec<String> {
    [
        (count.left, "left"),
        (count.away, "away for now"),
        (count.returned, "returned"),
        (count.late, "came late"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, what)| format!("{n} {what}"))
    .collect()
}
