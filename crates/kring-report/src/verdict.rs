//! Verdicts and findings in words, the same for the terminal and the page.

use kring_core::{
    Caution, ComparedPart, Comparison, Finding, Outcome, Published, Seen, Source, Verdict,
    VerdictKind,
};
use serde::Serialize;

use crate::grid::Tone;
use crate::number::{ABSENT, admitted, beside_printed, level, p_beside_printed, significant};
use crate::{Content, Language, Listing, ListingColumn, Report};

/// A published figure with ours beside it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub id: String,
    pub label: String,
    /// The group, the wave, the indicator, as far as they are given.
    pub facets: Vec<String>,
    pub besides: Vec<Beside>,
    /// What ours is, in words.
    pub what: Option<String>,
    /// The numbers that both rest on.
    pub samples: Option<String>,
    pub mark: Mark,
    pub particulars: Option<String>,
    /// What the protocol declares, where it is not the verdict.
    pub expected: Option<String>,
    pub source: String,
    pub quote: Option<String>,
    pub link: Option<String>,
    pub seen: &'static str,
    pub note: Option<String>,
}

/// One printed number beside ours.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Beside {
    /// `95% CI low`, `p`; empty for the figure itself.
    pub part: String,
    pub printed: String,
    pub admits: String,
    pub ours: String,
    pub tone: Tone,
}

/// A verdict as a symbol, a word and a tone.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Mark {
    pub symbol: &'static str,
    pub word: &'static str,
    pub tone: Tone,
}

impl Mark {
    /// The same in a language.
    pub fn said(self, language: Language) -> Self {
        Self {
            word: language.word(self.word),
            ..self
        }
    }
}

impl Row {
    /// The same in a language; what was printed stays as it was printed.
    pub fn said(mut self, language: Language) -> Self {
        if language == Language::English {
            return self;
        }
        self.mark = self.mark.said(language);
        for beside in &mut self.besides {
            beside.part = language.say(&beside.part);
            beside.admits = language.say(&beside.admits);
            beside.ours = language.say(&beside.ours);
        }
        self.samples = self.samples.map(|text| language.say(&text));
        self.particulars = self.particulars.map(|text| language.say(&text));
        self.expected = self.expected.map(|text| language.say(&text));
        self.seen = language.word(self.seen);
        self
    }
}

pub(crate) fn mark(kind: VerdictKind) -> Mark {
    let (symbol, tone) = match kind {
        VerdictKind::Reproduced => ("✓", Tone::Good),
        VerdictKind::NearMiss => ("≈", Tone::Warn),
        VerdictKind::Different => ("✗", Tone::Bad),
        VerdictKind::Agrees => ("+", Tone::Good),
        VerdictKind::Disagrees => ("×", Tone::Bad),
        VerdictKind::Inconclusive => ("?", Tone::Grey),
        VerdictKind::ByConstruction => ("=", Tone::Grey),
        VerdictKind::NotReproducible => ("–", Tone::Grey),
        _ => ("·", Tone::Grey),
    };
    Mark {
        symbol,
        word: kind.name(),
        tone,
    }
}

pub(crate) fn outcome_mark(outcome: Outcome) -> Mark {
    let (symbol, tone) = match outcome {
        Outcome::Consistent => ("✓", Tone::Good),
        Outcome::Inconsistent | Outcome::DecisionError => ("✗", Tone::Bad),
    };
    Mark {
        symbol,
        word: outcome.name(),
        tone,
    }
}

pub(crate) fn row(comparison: &Comparison) -> Row {
    let target = &comparison.target;
    let facets = [&target.group, &target.wave, &target.indicator];
    let samples: Vec<String> = [
        target.sample.map(|n| format!("printed {n}")),
        comparison
            .quantity
            .as_ref()
            .and_then(|q| q.n)
            .map(|n| format!("ours {n}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    Row {
        id: target.id.clone(),
        label: target.label.clone(),
        facets: facets.into_iter().flatten().cloned().collect(),
        besides: besides(comparison),
        what: comparison.quantity.as_ref().map(|q| q.what.clone()),
        samples: (!samples.is_empty()).then(|| format!("n: {}", samples.join(", "))),
        mark: mark(comparison.verdict.kind()),
        particulars: comparison.verdict.particulars(),
        expected: (!comparison.as_expected()).then(|| target.expect.name().to_owned()),
        source: citation(&target.source),
        quote: target.source.quote.clone(),
        link: link(&target.source),
        seen: match target.seen {
            Seen::Source => "",
            Seen::Copy => "read in a copy of the source",
            Seen::SecondHand => "as another text gives it",
            Seen::Derived => "derived from printed figures by arithmetic",
        },
        note: target.note.clone(),
    }
}

fn besides(comparison: &Comparison) -> Vec<Beside> {
    let target = &comparison.target;
    let mut printed: Vec<(ComparedPart, String, &Published)> =
        vec![(ComparedPart::Value, String::new(), &target.value)];
    if let Some(interval) = &target.interval {
        let ci = format!("{} CI", level(interval.level));
        printed.push((ComparedPart::Low, format!("{ci} low"), &interval.low));
        printed.push((ComparedPart::High, format!("{ci} high"), &interval.high));
    }
    if let Some(p) = &target.p_value {
        printed.push((ComparedPart::PValue, "p".to_owned(), p));
    }
    let judged_by_digits = matches!(
        comparison.verdict,
        Verdict::NearMiss { .. } | Verdict::Different { .. }
    );
    printed
        .into_iter()
        .map(|(part, name, printed)| {
            let check = comparison.checks.iter().find(|check| check.part == part);
            let ours = match (check, part) {
                (Some(check), ComparedPart::PValue) => p_beside_printed(check.ours, printed),
                (Some(check), _) => beside_printed(check.ours, printed),
                (None, ComparedPart::Value) => match &comparison.quantity {
                    Some(quantity) => significant(quantity.value),
                    None => ABSENT.to_owned(),
                },
                (None, _) => ABSENT.to_owned(),
            };
            let off = judged_by_digits && check.is_some_and(|check| check.units_off > 0.0);
            Beside {
                part: name,
                printed: printed.text.clone(),
                admits: admitted(printed).unwrap_or_default(),
                ours,
                tone: if off {
                    mark(comparison.verdict.kind()).tone
                } else {
                    Tone::Plain
                },
            }
        })
        .collect()
}

/// `de Roos et al. (2011), p. 7, Table 2`
pub(crate) fn citation(source: &Source) -> String {
    let who = match (source.authors.is_empty(), source.year) {
        (false, Some(year)) => format!("{} ({year})", source.authors),
        (false, None) => source.authors.clone(),
        (true, Some(year)) => year.to_string(),
        (true, None) => source.title.clone(),
    };
    let page = source.page.as_ref().map(|page| {
        if page.starts_with(|c: char| c.is_ascii_digit()) {
            format!("p. {page}")
        } else {
            page.clone()
        }
    });
    let parts: Vec<String> = [Some(who), page, source.table.clone()]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(", ")
}

/// Where a source can be read: its DOI, or its address if it is one of the web.
pub(crate) fn link(source: &Source) -> Option<String> {
    let doi = source.doi.as_deref().and_then(resolver);
    doi.or_else(|| {
        let url = source.url.as_deref()?;
        let web = url.starts_with("https://") || url.starts_with("http://");
        web.then(|| url.to_owned())
    })
}

/// The verdicts and the checks of a report as tables, a row each, for other programs.
///
/// ```
/// use kring_report::{Report, table_markdown, verdict_tables};
/// let tables = verdict_tables(&Report::default());
/// assert_eq!(table_markdown(&tables[0]), "No published figure was compared.\n");
/// ```
pub fn verdict_tables(report: &Report) -> Vec<Content> {
    let mut content = Vec::new();
    let cautions = || Vec::from_iter(report.simulated.then_some(Caution::Simulated));
    if !report.comparisons.is_empty() {
        content.push(Content::Listing(Listing {
            title: "Published figures and ours".to_owned(),
            columns: ["Claim", "Published", "Ours", "Verdict", "Name"]
                .map(ListingColumn::words)
                .to_vec(),
            rows: report.comparisons.iter().map(listed).collect(),
            notes: Vec::new(),
            cautions: cautions(),
        }));
    }
    if !report.findings.is_empty() {
        content.push(Content::Listing(Listing {
            title: "Checks of the published figures".to_owned(),
            columns: ["Check", "Kind", "Outcome", "Arithmetic", "Meaning"]
                .map(ListingColumn::words)
                .to_vec(),
            rows: report.findings.iter().map(listed_finding).collect(),
            notes: Vec::new(),
            cautions: cautions(),
        }));
    }
    if content.is_empty() {
        content.push(Content::Text(
            "No published figure was compared.".to_owned(),
        ));
    }
    content.extend(declared(report).into_iter().map(Content::Text));
    content
}

/// The cells of a claim; of its interval and p-value with their names.
fn listed(comparison: &Comparison) -> Vec<String> {
    let row = row(comparison);
    let figures = |figure: fn(&Beside) -> &str| -> String {
        let named = |beside: &Beside| format!("{} {}", beside.part, figure(beside));
        let parts: Vec<String> = row.besides.iter().map(named).collect();
        parts.join("; ").trim().to_owned()
    };
    let claim = match row.facets.as_slice() {
        [] => row.label.clone(),
        facets => format!("{} ({})", row.label, facets.join(", ")),
    };
    let verdict = [Some(row.mark.word.to_owned()), row.particulars.clone()];
    let declared = row
        .expected
        .as_ref()
        .map(|kind| format!("declared: {kind}"));
    let verdict: Vec<String> = verdict.into_iter().flatten().chain(declared).collect();
    vec![
        claim,
        figures(|beside| &beside.printed),
        figures(|beside| &beside.ours),
        verdict.join("; "),
        row.id,
    ]
}

fn listed_finding(finding: &Finding) -> Vec<String> {
    let outcome = finding.outcome.name();
    let outcome = if finding.as_expected() {
        outcome.to_owned()
    } else {
        format!("{outcome}; declared: {}", finding.expect.name())
    };
    vec![
        finding.id.clone(),
        finding.kind.name().to_owned(),
        outcome,
        finding.arithmetic.clone(),
        finding.meaning.clone(),
    ]
}

/// The address at which a DOI is resolved.
pub(crate) fn resolver(doi: &str) -> Option<String> {
    doi.starts_with("10.")
        .then(|| format!("https://doi.org/{doi}"))
}

/// How many figures got each verdict, in the order of a summary; kinds that nobody got are left out.
pub(crate) fn counts(comparisons: &[Comparison]) -> Vec<(Mark, usize)> {
    VerdictKind::ALL
        .into_iter()
        .map(|kind| {
            let n = comparisons
                .iter()
                .filter(|c| c.verdict.kind() == kind)
                .count();
            (mark(kind), n)
        })
        .filter(|(_, n)| *n > 0)
        .collect()
}

/// Whether the verdicts and outcomes are those that the protocol declares, as sentences.
pub(crate) fn declared(report: &Report) -> Vec<String> {
    declared_in(report, Language::English)
}

/// The same in a language.
pub(crate) fn declared_in(report: &Report, language: Language) -> Vec<String> {
    let mut sentences = Vec::new();
    let surprises: Vec<String> = report
        .comparisons
        .iter()
        .filter(|c| !c.as_expected())
        .map(|c| {
            format!(
                "{} ({}, {} {})",
                c.target.id,
                language.word(c.verdict.kind().name()),
                language.word("declared"),
                language.word(c.target.expect.name())
            )
        })
        .chain(
            report
                .findings
                .iter()
                .filter(|f| !f.as_expected())
                .map(|f| {
                    format!(
                        "{} ({}, {} {})",
                        f.id,
                        language.word(f.outcome.name()),
                        language.word("declared"),
                        language.word(f.expect.name())
                    )
                }),
        )
        .collect();
    match (
        report.comparisons.len() + report.findings.len(),
        surprises.len(),
    ) {
        (0, _) => {}
        (_, 0) => sentences.push("All of them are as the protocol declares.".to_owned()),
        (_, n) => sentences.push(format!(
            "{n} {} not as the protocol declares: {}.",
            if n == 1 { "is" } else { "are" },
            surprises.join("; ")
        )),
    }
    sentences
}

/// `3 checks: 2 consistent, 1 inconsistent`
pub(crate) fn finding_counts(findings: &[Finding]) -> Vec<(Mark, usize)> {
    Outcome::ALL
        .into_iter()
        .map(|outcome| {
            let n = findings.iter().filter(|f| f.outcome == outcome).count();
            (outcome_mark(outcome), n)
        })
        .filter(|(_, n)| *n > 0)
        .collect()
}

/// A number with its noun: `1 published figure`, `3 checks`.
pub(crate) fn counted(n: usize, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{n} {noun}s")
    }
}
