//! A replication as a report.

use kring_core::{Curve, CurveKind, Flow, Point, Rate, Sample, Stratum, Summary};
use kring_report::{Called, Chart, Content, Forest, Report, Section};

use super::claims;
use super::replicate::{Output, Replication, Result};
use super::{Allocation, DataKind, Protocol, Relation, Role, Study};
use crate::Error;
use crate::method::Answer;

impl Study {
    /// The report of a replication of this study.
    pub fn report(&self, run: &Replication) -> std::result::Result<Report, Error> {
        let protocol = &self.protocol;
        let head = &protocol.study;
        // The first flow stands at the top, with the design.
        let shown = run.results.iter().position(|result| flow(result).is_some());
        let others = run.results.iter().enumerate();
        let mut sections: Vec<Section> = others
            .filter(|(place, _)| Some(*place) != shown)
            .map(|(_, result)| result)
            .map(|result| section(result, protocol))
            .collect();
        sections.extend(self.involvement(&run.comparisons)?);
        sections.extend(published_charts(protocol)?);
        sections.extend(run.companion.as_ref().map(super::Companion::section));
        Ok(Report {
            title: head.title.clone(),
            authors: head.authors.clone(),
            year: head.year,
            doi: head.doi.clone(),
            summary: head.summary.clone(),
            sources: claims::targets(protocol)?.into_iter().fold(
                Vec::new(),
                |mut sources, read| {
                    if !sources
                        .iter()
                        .any(|s: &kring_core::Source| s.id == read.target.source.id)
                    {
                        sources.push(kring_core::Source {
                            page: None,
                            table: None,
                            quote: None,
                            ..read.target.source
                        });
                    }
                    sources
                },
            ),
            design: design(protocol, run),
            notes: head.notes.clone(),
            flow: run
                .results
                .iter()
                .find_map(flow)
                .map(|flow| titled_flow(protocol, &flow)),
            comparisons: run.comparisons.clone(),
            findings: run.findings.clone(),
            sections,
            simulated: protocol
                .data
                .as_ref()
                .is_some_and(|data| data.kind == DataKind::Simulated),
            provenance: provenance(run),
            protocol: self.text.clone(),
        })
    }
}

fn flow(result: &Result) -> Option<Flow> {
    match &result.output {
        Output::Flow(flow) => Some(flow.clone()),
        _ => None,
    }
}

fn design(protocol: &Protocol, run: &Replication) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut pair = |name: &str, value: String| pairs.push((name.to_owned(), value));
    let allocation = match protocol.design.allocation {
        Allocation::Randomised => "randomised",
        Allocation::Matched => "matched",
        Allocation::SelfSelected => "not randomised: families or workers chose",
        Allocation::SingleGroup => "one group",
        Allocation::NotStated => "not stated",
    };
    if !(protocol.study.example && protocol.design.allocation == Allocation::NotStated) {
        pair("Allocation", allocation.to_owned());
    }
    if !protocol.design.arms.is_empty() {
        let arms: Vec<String> = protocol
            .design
            .arms
            .iter()
            .map(|arm| arm.title().to_owned())
            .collect();
        pair("Arms", arms.join("; "));
    }
    if !protocol.design.waves.is_empty() {
        let waves: Vec<String> = protocol
            .design
            .waves
            .iter()
            .map(|wave| match wave.months {
                Some(months) => format!("{} ({months} months)", wave.title()),
                None => wave.title().to_owned(),
            })
            .collect();
        pair("Waves", waves.join("; "));
    }
    if let Some(data) = &protocol.data {
        let kind = match data.kind {
            DataKind::Microdata => "microdata",
            DataKind::Published => "published figures only",
            DataKind::Simulated => "simulated: no evidence",
        };
        let relation = match data.relation {
            Relation::Same => "the data of the publication",
            Relation::Other => "other data than the publication's",
        };
        pair("Data", format!("{kind}; {relation}"));
        for (name, value) in [
            ("Origin", &data.provenance),
            ("Licence of the data", &data.licence),
        ] {
            if let Some(value) = value {
                pair(name, value.clone());
            }
        }
    }
    if run.files.len() > 1 {
        let names: Vec<&str> = run.files.iter().map(|file| file.name.as_str()).collect();
        pair(
            "Files",
            format!(
                "{}: analysed one by one, with equal results",
                names.join(" and ")
            ),
        );
    }
    pairs
}

fn provenance(run: &Replication) -> Vec<(String, String)> {
    let mut pairs = vec![("kring".to_owned(), run.version.clone())];
    for file in &run.files {
        let p = &file.provenance;
        let hash = p.sha256.as_deref().unwrap_or("none: not from a file");
        pairs.push((
            file.name.clone(),
            format!(
                "{} rows, {} columns, {} subjects; SHA-256 {hash}",
                p.rows, p.columns, file.subjects
            ),
        ));
        let notes = p.notes.iter();
        pairs.extend(notes.map(|note| (file.name.clone(), note.clone())));
    }
    pairs.push((
        "study.toml".to_owned(),
        format!("SHA-256 {}", run.protocol_sha256),
    ));
    pairs.push((
        "Seed".to_owned(),
        "none: nothing is drawn at random".to_owned(),
    ));
    pairs
}

fn section(result: &Result, protocol: &Protocol) -> Section {
    let mut content = Vec::new();
    let mut method = None;
    match &result.output {
        Output::Summaries { summaries, curves } => {
            let titled = summaries.iter().map(|summary| titled(protocol, summary));
            content.push(Content::Summaries(titled.collect()));
            content.extend(
                curves
                    .iter()
                    .filter_map(|curves| chart(result, curves, protocol)),
            );
        }
        Output::Flow(flow) => content.push(Content::Flow(titled_flow(protocol, flow))),
        Output::Lm(fit) => {
            method = Some(fit.formula.clone());
            let called = titled_names(protocol, &fit.called);
            let mut fit = fit.clone();
            fit.called = called;
            content.extend(fit.content());
            content.extend(fit.factor_line().map(Content::Text));
            content.extend(fit.notes.iter().cloned().map(Content::Text));
        }
        Output::Tables(tables) => {
            for table in tables {
                content.push(match table {
                    Content::Rates(rates) => Content::Rates(titled_rates(protocol, rates)),
                    other => other.clone(),
                });
                if let Content::Baseline(table) = table {
                    let love = Forest::love(&format!("{}-love", result.head.id), "", table, &[]);
                    content.extend(love.map(Content::Forest));
                }
            }
        }
        Output::Answer(answer) => {
            let own = content.len();
            content.extend(titled_answer(protocol, answer).content());
            for seen in content.iter_mut().skip(own) {
                let id = match seen {
                    Content::Trajectories(seen) => &mut seen.id,
                    Content::Forest(seen) => &mut seen.id,
                    _ => continue,
                };
                *id = format!("{}-{id}", result.head.id);
            }
        }
        Output::PossibleSums(sums) => {
            let lines: Vec<String> = sums
                .iter()
                .map(|sums| match (sums.low, sums.high) {
                    (Some(low), Some(high)) => format!(
                        "If it rests on n = {}: the {} counts sum to {low} to {high}.",
                        sums.n, sums.n
                    ),
                    _ => format!(
                        "If it rests on n = {}: no whole numbers have this mean.",
                        sums.n
                    ),
                })
                .collect();
            content.push(Content::Text(lines.join("\n\n")));
        }
    }
    content.extend(result.head.note.iter().cloned().map(Content::Text));
    Section {
        id: result.head.id.clone(),
        title: result.head.title.clone(),
        role: role(result.head.role),
        method,
        content,
    }
}

fn role(role: Role) -> kring_report::Role {
    match role {
        Role::Primary => kring_report::Role::Primary,
        Role::Secondary => kring_report::Role::Secondary,
        Role::Exploratory => kring_report::Role::Exploratory,
        Role::Descriptive => kring_report::Role::Descriptive,
    }
}

fn chart(result: &Result, curves: &[Curve], protocol: &Protocol) -> Option<Content> {
    let first = curves.first()?;
    let Output::Summaries { summaries, .. } = &result.output else {
        return None;
    };
    let summary = summaries
        .iter()
        .find(|summary| summary.label == first.quantity)?;
    let y_label = match &summary.unit {
        Some(unit) => format!("{} ({unit})", first.quantity),
        None => first.quantity.clone(),
    };
    let labelled = curves.iter().map(|curve| Curve {
        label: arm_title(protocol, &curve.label),
        points: curve
            .points
            .iter()
            .map(|point| Point {
                name: point.name.as_ref().map(|name| wave_title(protocol, name)),
                ..point.clone()
            })
            .collect(),
        ..curve.clone()
    });
    Some(Content::Chart(Chart {
        id: format!("{}-{}", result.head.id, summary.variable),
        title: first.quantity.clone(),
        x_label: first.time.clone(),
        y_label,
        curves: labelled.collect(),
        y_from_zero: starts_at_zero(protocol, &summary.variable),
        caption: "Means of those present at each wave, with 95% intervals of each mean by itself. \
                  Those who left are not in the later means."
            .to_owned(),
    }))
}

/// A summary whose arms and waves are called as a reader calls them.
fn titled(protocol: &Protocol, summary: &Summary) -> Summary {
    let mut summary = summary.clone();
    title_strata(protocol, &mut summary.strata);
    summary
}

/// Rates whose arms and waves are called as a reader calls them.
fn titled_rates(protocol: &Protocol, rates: &[Rate]) -> Vec<Rate> {
    let mut rates = rates.to_vec();
    for rate in &mut rates {
        title_strata(protocol, &mut rate.strata);
    }
    rates
}

fn arm_column(protocol: &Protocol) -> Option<&str> {
    protocol.data.as_ref()?.arm.as_deref()
}

/// What a reader calls the terms of a model, with the arms as a reader calls them.
fn titled_names(protocol: &Protocol, called: &[Called]) -> Vec<Called> {
    let mut called = called.to_vec();
    let Some(column) = arm_column(protocol) else {
        return called;
    };
    let title = |name: &str| {
        let arm = protocol.design.arms.iter().find(|arm| arm.name == name)?;
        Some(arm.title())
    };
    for Called { name, words } in &mut called {
        // `arm EKC − WT at wave 2`: the words are those of the column, then of the groups, then of the place.
        let groups = name
            .strip_prefix(column)
            .and_then(|rest| rest.strip_prefix(' '));
        if let Some(groups) = groups {
            let groups = groups
                .rsplit_once(" at ")
                .map_or(groups, |(groups, _)| groups);
            let sign = [" − ", " / "]
                .into_iter()
                .find(|sign| groups.contains(sign));
            let titled: Option<Vec<&str>> = match sign {
                Some(sign) => groups.split(sign).map(title).collect(),
                None => Some(title(groups).into_iter().collect()),
            };
            if let Some(titled) = titled.filter(|titled| !titled.is_empty()) {
                let titled = titled.join(sign.unwrap_or_default());
                *words = words.replacen(&format!(": {groups}"), &format!(": {titled}"), 1);
            }
            continue;
        }
        if let Some((arm, place)) = words.split_once(", ")
            && let Some(arm) = title(arm)
        {
            *words = format!("{arm}, {place}");
            continue;
        }
        let (terms, parts) = (name.split(':'), words.split(" × "));
        if terms.clone().count() != parts.clone().count() {
            continue;
        }
        let titled = terms.zip(parts).map(|(term, part)| {
            let term = term.rsplit(' ').next();
            let arm = term.and_then(|term| title(term.strip_prefix(column)?));
            match (arm, part.rsplit_once(": ")) {
                (Some(arm), Some((column, _))) => format!("{column}: {arm}"),
                _ => part.to_owned(),
            }
        });
        *words = titled.collect::<Vec<_>>().join(" × ");
    }
    called
}

/// An answer in which differences and ratios of arms go by what a reader calls the arms: `CBT − EMDR` for
/// `C − E`.
fn titled_answer(protocol: &Protocol, answer: &Answer) -> Answer {
    let mut answer = answer.clone();
    answer.called = titled_names(protocol, &answer.called);
    let arms = &protocol.design.arms;
    let pairs = || {
        arms.iter()
            .flat_map(|one| arms.iter().map(move |other| (one, other)))
    };
    let of_two = |label: &str| {
        pairs().find_map(|(one, other)| {
            ["−", "/"].into_iter().find_map(|sign| {
                let rest = label.strip_prefix(&format!("{} {sign} {}", one.name, other.name))?;
                let whole = rest.is_empty() || rest.starts_with(',') || rest.starts_with(" at ");
                whole.then(|| format!("{} {sign} {}{rest}", one.title(), other.title()))
            })
        })
    };
    for estimate in &mut answer.estimates {
        estimate.label =
            of_two(&estimate.label).unwrap_or_else(|| arm_title(protocol, &estimate.label));
        title_groups(protocol, &mut estimate.sample);
    }
    for test in &mut answer.tests {
        title_groups(protocol, &mut test.sample);
    }
    if let Some(means) = &mut answer.means {
        means.titled(arm_column(protocol), |level| {
            let arm = arms.iter().find(|arm| arm.name == level)?;
            Some(arm.title().to_owned())
        });
        means.each_estimate(|estimate| {
            if let Some(label) = of_two(&estimate.label) {
                let known = answer.called.iter().find(|one| one.name == estimate.label);
                if let Some(words) = known.and_then(|known| of_two(&known.words)) {
                    let name = label.clone();
                    answer.called.push(Called { name, words });
                }
                estimate.label = label;
            }
            title_groups(protocol, &mut estimate.sample);
        });
    }
    answer
}

fn title_groups(protocol: &Protocol, sample: &mut Sample) {
    for (group, _) in &mut sample.groups {
        *group = arm_title(protocol, group);
    }
}

fn title_strata(protocol: &Protocol, strata: &mut [Stratum]) {
    let data = protocol.data.as_ref();
    let arm = data.and_then(|data| data.arm.as_deref());
    let wave = data.and_then(|data| data.wave.as_deref()).unwrap_or("wave");
    for stratum in strata {
        if Some(stratum.variable.as_str()) == arm {
            stratum.level = arm_title(protocol, &stratum.level);
        } else if stratum.variable == wave {
            stratum.level = wave_title(protocol, &stratum.level);
        }
    }
}

/// A flow whose arms and waves are called as a reader calls them.
fn titled_flow(protocol: &Protocol, flow: &Flow) -> Flow {
    let mut flow = flow.clone();
    let name = |wave: &mut String| *wave = wave_title(protocol, wave);
    flow.waves.iter_mut().for_each(name);
    for arm in &mut flow.arms {
        arm.arm = arm_title(protocol, &arm.arm);
        arm.waves.iter_mut().for_each(|count| name(&mut count.wave));
    }
    flow
}

fn wave_title(protocol: &Protocol, name: &str) -> String {
    let wave = protocol.design.waves.iter().find(|wave| wave.name == name);
    wave.map_or_else(|| name.to_owned(), |wave| wave.title().to_owned())
}

fn arm_title(protocol: &Protocol, name: &str) -> String {
    let arm = protocol.design.arms.iter().find(|arm| arm.name == name);
    arm.map_or_else(|| name.to_owned(), |arm| arm.title().to_owned())
}

/// Published figures over time: points without a line, since years are missing and definitions differ.
fn published_charts(protocol: &Protocol) -> std::result::Result<Vec<Section>, Error> {
    let targets = claims::targets(protocol)?;
    let sections = protocol.charts.iter().map(|chart| {
        let curves = chart
            .series
            .iter()
            .map(|(label, points)| Curve {
                label: label.clone(),
                quantity: chart.y_label.clone(),
                time: chart.x_label.clone(),
                kind: CurveKind::Points,
                points: points
                    .iter()
                    .filter_map(|(when, id)| {
                        let read = targets.iter().find(|read| read.claim.id == *id)?;
                        Some(Point {
                            at: when.parse().ok()?,
                            name: Some(when.clone()),
                            value: read.target.value.value()?,
                            low: None,
                            high: None,
                            n: read.claim.sample,
                        })
                    })
                    .collect(),
                level: None,
                method: "published figures".to_owned(),
                cautions: Vec::new(),
            })
            .collect();
        Section {
            id: chart.id.clone(),
            title: chart.title.clone(),
            role: kring_report::Role::Descriptive,
            method: None,
            content: vec![Content::Chart(Chart {
                id: chart.id.clone(),
                title: chart.title.clone(),
                x_label: chart.x_label.clone(),
                y_label: chart.y_label.clone(),
                curves,
                y_from_zero: false,
                caption: chart.caption.clone(),
            })],
        }
    });
    Ok(sections.collect())
}

/// Whether a variable is declared as numbers that a chart can start at zero.
fn starts_at_zero(protocol: &Protocol, variable: &str) -> bool {
    protocol.design.outcomes.iter().any(|spec| {
        spec.name == variable
            && (spec.kind == Some(kring_cohort::VariableKind::Count)
                || spec.range.is_some_and(|[low, _]| low == 0.0))
    })
}
