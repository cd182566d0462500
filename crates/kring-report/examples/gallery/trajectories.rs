//! Means of a model over waves: five waves of two arms, one mean of which cannot be estimated.

use kring_core::{Caution, Estimate, IntervalKind, Measure, Value};
use kring_report::{
    Content, OwnLines, Role, Section, Trajectories, TrajectoryArm, TrajectoryCell, TrajectoryWave,
};

use super::{estimate, interval};

pub(super) fn section() -> Section {
    Section {
        id: "trajectories".into(),
        title: "The course of problems".into(),
        role: Role::Secondary,
        method: None,
        content: vec![Content::Trajectories(trajectories())],
    }
}

/// The mean of a model, with half the width of its interval.
pub(crate) fn mean(value: f64, half: f64) -> Estimate {
    Estimate {
        measure: Measure::Mean {
            unit: Some("problems".into()),
        },
        value: Value::Value(value),
        interval: Some(interval(
            Some(value - half),
            Some(value + half),
            IntervalKind::Wald,
        )),
        p_value: None,
        method: "Model for repeated measures, REML, Kenward–Roger degrees of freedom.".into(),
        cautions: vec![Caution::NotRandomised],
        ..estimate("mean", value, half / 1.98, 97.0, 0.5)
    }
}

fn cell(value: f64, half: f64, observed: f64, n: usize) -> TrajectoryCell {
    TrajectoryCell {
        mean: Some(mean(value, half)),
        observed: Some(observed),
        n: Some(n),
    }
}

pub(crate) fn trajectories() -> Trajectories {
    let wave = |(name, at): (&str, f64)| TrajectoryWave {
        name: name.into(),
        at: Some(at),
    };
    let waves = [
        ("T1", 0.0),
        ("T2", 3.0),
        ("T3", 6.0),
        ("T4", 12.0),
        ("T5", 24.0),
    ];
    let ekc = [
        cell(6.2, 0.7, 6.2, 55),
        cell(4.6, 0.75, 4.55, 51),
        cell(4.1, 0.8, 4.0, 47),
        cell(3.6, 0.9, 3.3, 40),
        cell(3.4, 1.1, 2.9, 33),
    ];
    let mut wt = [
        cell(5.8, 0.7, 5.8, 60),
        cell(5.1, 0.7, 5.15, 57),
        cell(4.9, 0.75, 4.8, 52),
        cell(4.8, 0.85, 4.7, 46),
        cell(4.7, 1.0, 4.5, 41),
    ];
    wt[2].mean = None;
    let arm = |label: &str, cells: &[TrajectoryCell]| TrajectoryArm {
        label: label.into(),
        cells: cells.to_vec(),
    };
    // Invented families that go down at paces of their own.
    let lines = (0..60).map(|i| {
        let start = 3.0 + f64::from(i % 7);
        let pace = 0.02 + 0.03 * f64::from(i % 5);
        let seen = |at: f64| i % 4 > 0 || at < 12.0;
        let value = |at: f64| seen(at).then(|| (start * (-pace * at).exp()).round());
        waves.iter().map(|(_, at)| value(*at)).collect()
    });
    Trajectories {
        id: "course-of-problems".into(),
        title: "Problems of families over two years".into(),
        x_label: "months since the request for help".into(),
        y_label: "problems".into(),
        waves: waves.map(wave).to_vec(),
        arms: vec![
            arm("EKC: conference", &ekc),
            arm("WT: neighbourhood team", &wt),
        ],
        own_lines: Some(OwnLines::chosen("families", lines.collect(), 25, 2024)),
        y_from_zero: true,
        caption: "Means of those seen are not those of all: who left may differ.".into(),
    }
}
