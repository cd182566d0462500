use kring_core::{Flow, Patterns};
use serde::Serialize;

use crate::chart::{self, Frame, SLIM, WIDE};
use crate::grid::Grid;
use crate::svg::stem;
use crate::verdict::{
    Mark, Row, citation, counted, counts, declared_in, finding_counts, link, outcome_mark,
    resolver, row,
};
use crate::{
    Content, Error, Figure, Language, Lollipop, Origin, Report, SIMULATED, Zip, ego, flow, forest,
    funnel, lollipop_svg, network, patterns, scatter, tables, template, trajectories, zip_svg,
};

/// The report as one HTML file that needs no network and no script.
pub fn html(report: &Report) -> Result<String, Error> {
    html_in(report, Language::English)
}

/// The report as one HTML file, in a language.
///
/// ```
/// use kring_report::{Language, Report, html_in};
/// let page = html_in(&Report::default(), Language::Dutch)?;
/// assert!(page.contains("<html lang=\"nl\">") && page.contains("Onderzoek zonder titel"));
/// # Ok::<(), kring_report::Error>(())
/// ```
pub fn html_in(report: &Report, language: Language) -> Result<String, Error> {
    let report = report.in_words();
    template::filled_in(language, "report.html", &page(&report, language)?)
}

/// The figures of a report, each a file of its own, in a language.
pub fn figures_in(report: &Report, language: Language) -> Result<Vec<Figure>, Error> {
    let mut figures = figures(report)?;
    for figure in &mut figures {
        figure.svg = language.picture(std::mem::take(&mut figure.svg));
    }
    Ok(figures)
}

/// The figures of a report, each a file of its own.
pub fn figures(report: &Report) -> Result<Vec<Figure>, Error> {
    let report = report.in_words();
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
pub(crate) struct Page<'a> {
    pub title: String,
    pub byline: String,
    pub doi: Option<(&'a str, Option<String>)>,
    pub summary: Vec<&'a str>,
    pub sources: Vec<SourceLine>,
    pub design: Vec<(String, String)>,
    pub notes: &'a [String],
    pub simulated: Option<&'static str>,
    pub flow: Option<Piece>,
    pub figures: String,
    pub counts: Vec<(Mark, usize)>,
    pub checks: String,
    pub check_counts: Vec<(Mark, usize)>,
    pub declared: Vec<String>,
    pub rows: Vec<Row>,
    pub findings: Vec<FindingLine<'a>>,
    pub sections: Vec<SectionView<'a>>,
    /// Whether it is a result alone, of no protocol.
    pub alone: bool,
    pub provenance: Vec<(String, String)>,
    pub protocol: &'a str,
}

#[derive(Debug, Serialize)]
pub(crate) struct SourceLine {
    pub text: String,
    pub title: String,
    pub doi: Option<String>,
    pub link: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FindingLine<'a> {
    pub id: &'a str,
    pub kind: &'static str,
    pub mark: Mark,
    pub arithmetic: &'a str,
    pub meaning: &'a str,
    pub expected: Option<&'static str>,
    /// The claims it used, with their places in the table of verdicts where they stand there.
    pub claims: Vec<(&'a str, Option<usize>)>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SectionView<'a> {
    pub id: &'a str,
    pub title: String,
    pub role: &'static str,
    pub method: Option<&'a str>,
    pub pieces: Vec<Piece>,
}

/// A piece of a section, ready to be shown.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Piece {
    pub paragraphs: Vec<String>,
    pub figure: Option<Picture>,
    pub grids: Vec<Grid>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Picture {
    pub kind: &'static str,
    pub number: usize,
    pub title: String,
    pub caption: String,
    pub wide: String,
    pub slim: Option<String>,
}

pub(crate) fn page(report: &Report, language: Language) -> Result<Page<'_>, Error> {
    let mut pieces = Pieces {
        language,
        origin: report.origin(),
        names: Names::default(),
        figures: 0,
    };
    let flow = match &report.flow {
        Some(seen) => Some(pieces.piece(&Content::Flow(seen.clone()))?),
        None => None,
    };
    // The titles of a study are its own.
    let titled = |title: &str| {
        if report.is_result_alone() {
            language.say(title)
        } else {
            title.to_owned()
        }
    };
    let mut sections = Vec::new();
    for section in &report.sections {
        let mut shown = Vec::new();
        for content in &section.content {
            shown.push(pieces.piece(content)?);
        }
        sections.push(SectionView {
            id: &section.id,
            title: titled(&section.title),
            role: language.word(section.role.name()),
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
            language.word("Untitled study").to_owned()
        } else {
            titled(&report.title)
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
        design: pairs(&report.design, language),
        notes: &report.notes,
        simulated: report.simulated.then_some(language.word(SIMULATED)),
        flow,
        figures: language.say(&counted(report.comparisons.len(), "published figure")),
        counts: said(counts(&report.comparisons), language),
        checks: language.say(&counted(report.findings.len(), "check")),
        check_counts: said(finding_counts(&report.findings), language),
        declared: declared_in(report, language)
            .iter()
            .map(|text| language.say(text))
            .collect(),
        rows: report
            .comparisons
            .iter()
            .map(|comparison| row(comparison).said(language))
            .collect(),
        findings: findings(report, language),
        sections,
        alone: report.is_result_alone(),
        provenance: pairs(&report.provenance, language),
        protocol: &report.protocol,
    })
}

/// Pairs whose names are kring's own.
fn pairs(pairs: &[(String, String)], language: Language) -> Vec<(String, String)> {
    // A version is no number: `0.1.0` stays.
    let bare = |value: &str| value.chars().all(|c| c.is_ascii_digit() || c == '.');
    let said = |(name, value): &(String, String)| {
        let value = if bare(value) || language == Language::English {
            value.clone()
        } else {
            language.say(&language.date(value))
        };
        (language.say(name), value)
    };
    pairs.iter().map(said).collect()
}

fn said(counts: Vec<(Mark, usize)>, language: Language) -> Vec<(Mark, usize)> {
    let said = |(mark, n): (Mark, usize)| (mark.said(language), n);
    counts.into_iter().map(said).collect()
}

fn findings(report: &Report, language: Language) -> Vec<FindingLine<'_>> {
    report
        .findings
        .iter()
        .map(|finding| FindingLine {
            id: &finding.id,
            kind: language.word(finding.kind.name()),
            mark: outcome_mark(finding.outcome).said(language),
            arithmetic: &finding.arithmetic,
            meaning: &finding.meaning,
            expected: (!finding.as_expected()).then(|| language.word(finding.expect.name())),
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
    language: Language,
    origin: Origin,
    names: Names,
    figures: usize,
}

impl Pieces {
    /// A piece in the language of the page.
    fn piece(&mut self, content: &Content) -> Result<Piece, Error> {
        let piece = self.drawn(content)?;
        Ok(self.said(piece))
    }

    fn said(&self, mut piece: Piece) -> Piece {
        let language = self.language;
        for paragraph in &mut piece.paragraphs {
            *paragraph = language.say(paragraph);
        }
        let grids = std::mem::take(&mut piece.grids);
        piece.grids = grids.into_iter().map(|grid| language.grid(grid)).collect();
        if let Some(figure) = &mut piece.figure {
            figure.title = language.say(&figure.title);
            figure.wide = language.picture(std::mem::take(&mut figure.wide));
            figure.slim = figure.slim.take().map(|svg| language.picture(svg));
        }
        piece
    }

    fn drawn(&mut self, content: &Content) -> Result<Piece, Error> {
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
            draw(frame)
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
                wide: svg,
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
            wide: svg,
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
                wide: svg,
                slim: None,
            }),
            grids: tables::grids(&Content::Flow(seen.clone())),
            ..Piece::default()
        })
    }
}
