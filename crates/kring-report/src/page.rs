use kring_core::{Flow, Patterns};
use minijinja::Value;
use serde::Serialize;

use crate::chart::{self, Frame, SLIM, WIDE};
use crate::grid::Grid;
use crate::svg::stem;
use crate::verdict::{
    Mark, Row, citation, counted, counts, declared, finding_counts, link, outcome_mark, resolver,
    row,
};
use crate::{
    Content, Error, Figure, Lollipop, Origin, Report, SIMULATED, Zip, ego, flow, forest, funnel,
    lollipop_svg, network, patterns, scatter, tables, template, trajectories, zip_svg,
};

/// The report as one HTML file that needs no network and no script.
pub fn html(report: &Report) -> Result<String, Error> {
    template::filled("report.html", &page(report)?)
}

/// The figures of a report, each a file of its own.
pub fn figures(report: &Report) -> Result<Vec<Figure>, Error> {
    let mut figures: Vec<Figure> = Vec::new();
    let origin = report.origin();
    let mut names = Names::default();
    if let Some(seen) = &report.flow {
        let name = names.give("flow");
        figures.push(flow_figure(seen, name, origin)?);
    }
    for content in report.sections.iter().flat_map(|section| &section.content) {
        match content {
            Content::Chart(seen) => {
                let name = names.give(&seen.id);
                figures.push(Figure {
                    svg: chart::drawn(seen, alone(&name, origin))?,
                    alt: chart::alt(seen),
                    name,
                });
            }
            Content::Trajectories(seen) => {
                let name = names.give(&seen.id);
                figures.push(Figure {
                    svg: trajectories::drawn(seen, alone(&name, origin))?,
                    alt: trajectories::alt(seen),
                    name,
                });
            }
            Content::Forest(seen) => {
                let name = names.give(&seen.id);
                figures.push(Figure {
                    svg: forest::drawn(seen, alone(&name, origin))?,
                    alt: forest::alt(seen),
                    name,
                });
            }
            Content::Scatter(seen) => {
                let name = names.give(&seen.id);
                figures.push(Figure {
                    svg: scatter::drawn(seen, alone(&name, origin))?,
                    alt: scatter::alt(seen),
                    name,
                });
            }
            Content::Flow(seen) => {
                let name = names.give("flow");
                figures.push(flow_figure(seen, name, origin)?);
            }
            Content::Funnel(seen) => {
                let name = names.give(&seen.id);
                figures.push(Figure {
                    svg: funnel::drawn(seen, alone(&name, origin))?,
                    alt: funnel::alt(seen),
                    name,
                });
            }
            Content::Ego(seen) => {
                let name = names.give(&seen.id);
                figures.push(Figure {
                    svg: ego::drawn(seen, alone(&name, origin))?,
                    alt: ego::alt(seen),
                    name,
                });
            }
            Content::Network(seen) => {
                let name = names.give(&seen.id);
                figures.push(Figure {
                    svg: network::drawn(seen, alone(&name, origin))?,
                    alt: network::alt(seen),
                    name,
                });
            }
            Content::Patterns(seen) => {
                let name = names.give("patterns");
                figures.push(Figure {
                    svg: patterns::drawn(seen, &name, true, origin)?,
                    alt: patterns::alt(seen),
                    name,
                });
            }
            Content::Zip(seen) => {
                let name = names.give(&seen.id);
                figures.push(Figure {
                    svg: zip(seen, &name)?,
                    alt: seen.title.clone(),
                    name,
                });
            }
            Content::Lollipop(seen) => {
                let name = names.give(&seen.id);
                figures.push(Figure {
                    svg: lollipop(seen, &name)?,
                    alt: seen.title.clone(),
                    name,
                });
            }
            _ => {}
        }
    }
    Ok(figures)
}

/// The frame of a figure that is a file of its own.
fn alone(id: &str, origin: Origin) -> Frame<'_> {
    Frame {
        id,
        width: WIDE,
        titled: true,
        origin,
    }
}

fn zip(seen: &Zip, id: &str) -> Result<String, Error> {
    zip_svg(&Zip {
        id: id.to_owned(),
        ..seen.clone()
    })
}

fn lollipop(seen: &Lollipop, id: &str) -> Result<String, Error> {
    lollipop_svg(&Lollipop {
        id: id.to_owned(),
        ..seen.clone()
    })
}

fn flow_figure(seen: &Flow, name: String, origin: Origin) -> Result<Figure, Error> {
    Ok(Figure {
        svg: flow::drawn(seen, &name, origin)?,
        alt: flow::alt(seen),
        name,
    })
}

/// Names that are given once.
#[derive(Debug, Default)]
pub(crate) struct Names(Vec<String>);

impl Names {
    pub fn give(&mut self, wanted: &str) -> String {
        let stem = stem(wanted);
        let mut name = stem.clone();
        let mut further = 1;
        while self.0.contains(&name) {
            further += 1;
            name = format!("{stem}-{further}");
        }
        self.0.push(name.clone());
        name
    }
}

/// What the template of the page is filled with.
#[derive(Debug, Serialize)]
struct Page<'a> {
    title: &'a str,
    byline: String,
    doi: Option<(&'a str, Option<String>)>,
    summary: Vec<&'a str>,
    sources: Vec<SourceLine>,
    design: &'a [(String, String)],
    notes: &'a [String],
    simulated: Option<&'static str>,
    flow: Option<Piece>,
    figures: String,
    counts: Vec<(Mark, usize)>,
    checks: String,
    check_counts: Vec<(Mark, usize)>,
    declared: Vec<String>,
    rows: Vec<Row>,
    findings: Vec<FindingLine<'a>>,
    sections: Vec<SectionView<'a>>,
    /// Whether it is a result alone, of no protocol.
    alone: bool,
    provenance: &'a [(String, String)],
    protocol: &'a str,
}

#[derive(Debug, Serialize)]
struct SourceLine {
    text: String,
    title: String,
    doi: Option<String>,
    link: Option<String>,
}

#[derive(Debug, Serialize)]
struct FindingLine<'a> {
    id: &'a str,
    kind: &'static str,
    mark: Mark,
    arithmetic: &'a str,
    meaning: &'a str,
    expected: Option<&'static str>,
    /// The claims it used, with their places in the table of verdicts where they stand there.
    claims: Vec<(&'a str, Option<usize>)>,
}

#[derive(Debug, Serialize)]
struct SectionView<'a> {
    id: &'a str,
    title: &'a str,
    role: &'static str,
    method: Option<&'a str>,
    pieces: Vec<Piece>,
}

/// A piece of a section, ready to be shown.
#[derive(Debug, Default, Serialize)]
struct Piece {
    paragraphs: Vec<String>,
    figure: Option<Picture>,
    grids: Vec<Grid>,
}

#[derive(Debug, Serialize)]
struct Picture {
    kind: &'static str,
    number: usize,
    title: String,
    caption: String,
    wide: Value,
    slim: Option<Value>,
}

fn page(report: &Report) -> Result<Page<'_>, Error> {
    let mut pieces = Pieces {
        origin: report.origin(),
        names: Names::default(),
        figures: 0,
    };
    let flow = match &report.flow {
        Some(seen) => Some(pieces.flow(seen)?),
        None => None,
    };
    let mut sections = Vec::new();
    for section in &report.sections {
        let mut shown = Vec::new();
        for content in &section.content {
            shown.push(pieces.piece(content)?);
        }
        sections.push(SectionView {
            id: &section.id,
            title: &section.title,
            role: section.role.name(),
            method: section.method.as_deref().filter(|text| !text.is_empty()),
            pieces: shown,
        });
    }
    let byline = match report.year {
        Some(year) => format!("{} ({year})", report.authors)
            .trim_start()
            .to_owned(),
        None => report.authors.clone(),
    };
    Ok(Page {
        title: if report.title.is_empty() {
            "Untitled study"
        } else {
            &report.title
        },
        byline,
        doi: report.doi.as_deref().map(|doi| (doi, resolver(doi))),
        summary: paragraphs(&report.summary).collect(),
        sources: report
            .sources
            .iter()
            .map(|source| SourceLine {
                text: citation(source),
                title: source.title.clone(),
                doi: source.doi.clone(),
                link: link(source),
            })
            .collect(),
        design: &report.design,
        notes: &report.notes,
        simulated: report.simulated.then_some(SIMULATED),
        flow,
        figures: counted(report.comparisons.len(), "published figure"),
        counts: counts(&report.comparisons),
        checks: counted(report.findings.len(), "check"),
        check_counts: finding_counts(&report.findings),
        declared: declared(report),
        rows: report.comparisons.iter().map(row).collect(),
        findings: findings(report),
        sections,
        alone: report.is_result_alone(),
        provenance: &report.provenance,
        protocol: &report.protocol,
    })
}

fn findings(report: &Report) -> Vec<FindingLine<'_>> {
    report
        .findings
        .iter()
        .map(|finding| FindingLine {
            id: &finding.id,
            kind: finding.kind.name(),
            mark: outcome_mark(finding.outcome),
            arithmetic: &finding.arithmetic,
            meaning: &finding.meaning,
            expected: (!finding.as_expected()).then(|| finding.expect.name()),
            claims: finding
                .claims
                .iter()
                .map(|id| {
                    let place = report.comparisons.iter().position(|c| c.target.id == *id);
                    (id.as_str(), place)
                })
                .collect(),
        })
        .collect()
}

fn paragraphs(text: &str) -> impl Iterator<Item = &str> {
    text.split("\n\n").map(str::trim).filter(|p| !p.is_empty())
}

/// Makes the pieces of a page, and numbers their figures.
struct Pieces {
    origin: Origin,
    names: Names,
    figures: usize,
}

impl Pieces {
    fn piece(&mut self, content: &Content) -> Result<Piece, Error> {
        match content {
            Content::Text(text) => Ok(Piece {
                paragraphs: paragraphs(text).map(str::to_owned).collect(),
                ..Piece::default()
            }),
            Content::Chart(seen) => {
                let words = (&*seen.id, &*seen.title, &*seen.caption);
                let grids = tables::grids(content);
                self.framed(words, grids, |frame| chart::drawn(seen, frame))
            }
            Content::Trajectories(seen) => {
                let caption = trajectories::caption(seen);
                let words = (&*seen.id, &*seen.title, &*caption);
                let grids = tables::grids(content);
                self.framed(words, grids, |frame| trajectories::drawn(seen, frame))
            }
            Content::Forest(seen) => {
                let words = (&*seen.id, &*seen.title, &*seen.caption);
                self.framed(words, Vec::new(), |frame| forest::drawn(seen, frame))
            }
            Content::Scatter(seen) => {
                let words = (&*seen.id, &*seen.title, &*seen.caption);
                self.framed(words, Vec::new(), |frame| scatter::drawn(seen, frame))
            }
            Content::Flow(seen) => self.flow(seen),
            Content::Funnel(seen) => {
                let words = (&*seen.id, &*seen.title, &*seen.caption);
                let grids = tables::grids(content);
                self.framed(words, grids, |frame| funnel::drawn(seen, frame))
            }
            Content::Ego(seen) => {
                let caption = ego::caption(seen);
                let words = (&*seen.id, &*seen.title, &*caption);
                let grids = tables::grids(content);
                self.framed(words, grids, |frame| ego::drawn(seen, frame))
            }
            Content::Network(seen) => {
                let words = (&*seen.id, &*seen.title, &*seen.caption);
                let grids = tables::grids(content);
                self.framed(words, grids, |frame| network::drawn(seen, frame))
            }
            Content::Patterns(seen) => self.patterns(seen, tables::grids(content)),
            Content::Zip(seen) => {
                let svg = zip(seen, &self.names.give(&seen.id))?;
                Ok(self.plain(svg, &seen.title))
            }
            Content::Lollipop(seen) => {
                let svg = lollipop(seen, &self.names.give(&seen.id))?;
                Ok(self.plain(svg, &seen.title))
            }
            _ => Ok(Piece {
                grids: tables::grids(content),
                ..Piece::default()
            }),
        }
    }

    /// A picture for a wide and for a slim page, with its table.
    fn framed(
        &mut self,
        (id, title, caption): (&str, &str, &str),
        grids: Vec<Grid>,
        draw: impl Fn(Frame) -> Result<String, Error>,
    ) -> Result<Piece, Error> {
        self.figures += 1;
        let mut drawn = |width: f64| {
            let id = self.names.give(id);
            let frame = Frame {
                id: &id,
                width,
                titled: false,
                origin: self.origin,
            };
            draw(frame).map(Value::from_safe_string)
        };
        let figure = Picture {
            kind: "chart",
            wide: drawn(WIDE)?,
            slim: Some(drawn(SLIM)?),
            number: self.figures,
            title: title.to_owned(),
            caption: caption.to_owned(),
        };
        Ok(Piece {
            figure: Some(figure),
            grids,
            ..Piece::default()
        })
    }

    /// A picture of one width, with no table of its own.
    fn plain(&mut self, svg: String, title: &str) -> Piece {
        self.figures += 1;
        Piece {
            figure: Some(Picture {
                kind: "chart",
                wide: Value::from_safe_string(svg),
                slim: None,
                number: self.figures,
                title: title.to_owned(),
                caption: String::new(),
            }),
            ..Piece::default()
        }
    }

    fn patterns(&mut self, seen: &Patterns, grids: Vec<Grid>) -> Result<Piece, Error> {
        self.figures += 1;
        let id = self.names.give("patterns");
        let svg = patterns::drawn(seen, &id, false, self.origin)?;
        let figure = Picture {
            kind: "flow",
            wide: Value::from_safe_string(svg),
            slim: None,
            number: self.figures,
            title: seen.caption.clone(),
            caption: "A filled square: there. An empty one: missing.".to_owned(),
        };
        Ok(Piece {
            figure: Some(figure),
            grids,
            ..Piece::default()
        })
    }

    fn flow(&mut self, seen: &Flow) -> Result<Piece, Error> {
        self.figures += 1;
        let id = self.names.give("flow");
        let svg = flow::drawn(seen, &id, self.origin)?;
        let caption = if seen.observed.is_empty() {
            String::new()
        } else {
            format!(
                "Seen means that at least one of {} was observed.",
                seen.observed.join(", ")
            )
        };
        Ok(Piece {
            figure: Some(Picture {
                kind: if seen.arms.len() > 2 {
                    "flow broad"
                } else {
                    "flow"
                },
                number: self.figures,
                title: "Who was seen at each wave".to_owned(),
                caption,
                wide: Value::from_safe_string(svg),
                slim: None,
            }),
            grids: tables::grids(&Content::Flow(seen.clone())),
            ..Piece::default()
        })
    }
}
