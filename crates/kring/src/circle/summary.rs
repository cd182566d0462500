//! The summary of circles as tables of a report.

use std::fmt::Write;

use kring_core::{Caution, Indicator, Stratum, SummaryKind};
use kring_network::involvement::IndicatorRow;
use kring_report::{Content, Listing, ListingColumn};

use super::{ActivationRow, CircleSummary};

/// More columns than these do not fit a page: then each arm and wave has a row of its own.
const COLUMNS: usize = 6;

impl CircleSummary {
    /// In one sentence what there is.
    pub fn headline(&self) -> String {
        let simulated = if self.simulated {
            " Simulated data: no evidence."
        } else {
            ""
        };
        format!(
            "{} families, {} circles (a family at a wave), {} persons around them.{simulated}",
            self.families, self.circles, self.persons
        )
    }

    /// The table of indicators, what each of them is, and the activation.
    pub fn content(&self) -> Vec<Content> {
        let mut content = vec![
            Content::Text(self.headline()),
            Content::Listing(self.indicators_listing()),
            Content::Listing(self.definitions()),
        ];
        if !self.activation.is_empty() {
            content.push(Content::Listing(activation_listing(&self.activation)));
        }
        if !self.notes.is_empty() {
            content.push(Content::Text(self.noted()));
        }
        content
    }

    /// The same for a report whose small counts are to be hidden: figures as figures, and not as written cells.
    pub fn shared_content(&self) -> Vec<Content> {
        let rows = self.indicators.rows.iter();
        let indicators = rows.map(|row| row.summary.clone()).collect();
        let simulated = self
            .simulated
            .then(|| "Simulated data: no evidence.".to_owned());
        let mut said: Vec<String> = simulated.into_iter().collect();
        said.extend(self.cautions().iter().map(Caution::sentence));
        said.push(
            "Left out of what is shared: how many families are outside each denominator, who takes on the \
            agreements, and notes on single families."
                .to_owned(),
        );
        vec![
            Content::Text(said.join("\n\n")),
            Content::Summaries(indicators),
        ]
    }

    /// The distributions of the measures of the circles by arm and wave, and of who came, left and stayed.
    pub fn details(&self) -> Vec<Content> {
        let mut content = vec![Content::Summaries(self.measures.clone())];
        for change in &self.turnover {
            content.push(Content::Text(format!(
                "From wave {} to wave {}, of the families that were seen at both:",
                change.before, change.after
            )));
            content.push(Content::Summaries(change.summaries.clone()));
        }
        content
    }

    /// Indicators by arm and wave, each in its own denominator.
    pub fn indicators_listing(&self) -> Listing {
        let mut cells: Vec<String> = Vec::new();
        for row in &self.indicators.rows {
            let head = place(&row.summary.strata);
            if !cells.contains(&head) {
                cells.push(head);
            }
        }
        let mut indicators: Vec<Indicator> = Vec::new();
        for row in &self.indicators.rows {
            if !indicators.contains(&row.indicator) {
                indicators.push(row.indicator);
            }
        }
        let row_of = |indicator: Indicator, head: &str| {
            let rows = self.indicators.rows.iter();
            rows.filter(|row| row.indicator == indicator)
                .find(|row| place(&row.summary.strata) == head)
        };
        // What was recorded of nobody is one line below the table, and no row of dashes.
        let is_empty = |indicator: &Indicator| {
            let mut rows = self.indicators.rows.iter();
            rows.all(|row| row.indicator != *indicator || value(row) == NOTHING)
        };
        let (empty, indicators): (Vec<Indicator>, Vec<Indicator>) =
            indicators.into_iter().partition(is_empty);
        let (columns, rows) = if cells.len() <= COLUMNS {
            let heads = cells.iter().map(ListingColumn::numbers);
            let columns = [ListingColumn::words("Indicator")].into_iter().chain(heads);
            let rows = indicators.iter().map(|&indicator| {
                let values = cells
                    .iter()
                    .map(|head| row_of(indicator, head).map_or_else(String::new, value));
                [indicator.title().to_owned()]
                    .into_iter()
                    .chain(values)
                    .collect()
            });
            (columns.collect(), rows.collect())
        } else {
            let columns = vec![
                ListingColumn::words("Indicator"),
                ListingColumn::words("Where"),
                ListingColumn::numbers("Value"),
            ];
            let rows = self.indicators.rows.iter();
            let rows = rows
                .filter(|row| indicators.contains(&row.indicator))
                .map(|row| {
                    vec![
                        row.indicator.title().to_owned(),
                        place(&row.summary.strata),
                        value(row),
                    ]
                });
            (columns, rows.collect())
        };
        Listing {
            title: "Indicators of involvement by arm and wave".to_owned(),
            columns,
            rows,
            notes: notes(&empty),
            cautions: short(&self.indicators.cautions, indicators.len()),
        }
    }

    /// What each indicator is, and whom it leaves out.
    fn definitions(&self) -> Listing {
        let mut rows: Vec<Vec<String>> = Vec::new();
        let mut seen: Vec<Indicator> = Vec::new();
        for row in &self.indicators.rows {
            if seen.contains(&row.indicator) {
                continue;
            }
            seen.push(row.indicator);
            let of = |count: fn(&IndicatorRow) -> usize| -> usize {
                let rows = self.indicators.rows.iter();
                rows.filter(|one| one.indicator == row.indicator)
                    .map(count)
                    .sum()
            };
            rows.push(vec![
                row.indicator.title().to_owned(),
                row.indicator.numerator().to_owned(),
                row.indicator.denominator().to_owned(),
                of(|one| one.summary.missing).to_string(),
                of(|one| one.outside).to_string(),
            ]);
        }
        Listing {
            title: "What each indicator counts, and of how many".to_owned(),
            columns: vec![
                ListingColumn::words("Indicator"),
                ListingColumn::words("Counted"),
                ListingColumn::words("Of"),
                ListingColumn::numbers("Not known"),
                ListingColumn::numbers("Outside"),
            ],
            rows,
            notes: vec![
                "Not known: circles that belong to the denominator, but what is needed was not recorded. \
                Outside: circles that do not belong to it, as a family that was never referred."
                    .to_owned(),
            ],
            cautions: Vec::new(),
        }
    }

    /// What is allowed and worth knowing, the same thing once with how often.
    fn noted(&self) -> String {
        const SHOWN: usize = 10;
        let mut text = format!("Worth knowing of the data ({}):", self.notes.len());
        for note in self.notes.iter().take(SHOWN) {
            text.push_str("\n\n");
            text.push_str(note);
        }
        if self.notes.len() > SHOWN {
            let _ = write!(text, "\n\nand {} more.", self.notes.len() - SHOWN);
        }
        text
    }
}

/// `EKC, wave 2`
fn place(strata: &[Stratum]) -> String {
    let parts: Vec<String> = strata
        .iter()
        .map(|stratum| match stratum.variable.as_str() {
            "wave" => format!("wave {}", stratum.level),
            _ => stratum.level.clone(),
        })
        .collect();
    parts.join(", ")
}

/// What the cells are, and which indicators were recorded of nobody.
fn notes(empty: &[Indicator]) -> Vec<String> {
    let mut notes = vec![
        "Yes or no: the share, and how many of how many families. Numbers: the mean (SD) over families and how \
        many they are. Shares of agreements, and of those who give support that are no professionals: of all \
        families together, and of how many agreements or persons."
            .to_owned(),
    ];
    if !empty.is_empty() {
        let titles: Vec<&str> = empty.iter().map(|one| one.title()).collect();
        notes.push(format!(
            "Not recorded, or of nobody: {}.",
            titles.join("; ")
        ));
    }
    notes
}

/// The definitions stand in a table of their own: here it is enough that figures are not compared.
fn short(cautions: &[Caution], indicators: usize) -> Vec<Caution> {
    let several = !cautions.is_empty() && indicators > 1;
    let text = format!(
        "These are {indicators} different indicators, each with a denominator of its own: none can be read as \
        another, or compared with it."
    );
    several.then_some(Caution::Note(text)).into_iter().collect()
}

/// What stands where there is nobody.
const NOTHING: &str = "–";

/// What an indicator comes to in an arm at a wave; a dash where nobody belongs to it.
fn value(row: &IndicatorRow) -> String {
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    let summary = &row.summary;
    match &summary.kind {
        _ if summary.n == 0 => NOTHING.to_owned(),
        SummaryKind::Levels(_) if row.indicator == Indicator::SourceOfSupport => {
            let paid = summary.level("professional").map_or(0, |level| level.n);
            let own = summary.n - paid.min(summary.n);
            format!(
                "{} ({own} of {})",
                percent(own as f64 / summary.n as f64),
                summary.n
            )
        }
        SummaryKind::Levels(_) => match row.pooled() {
            Some(share) => format!(
                "{} ({} of {})",
                percent(share),
                row.numerator,
                row.denominator
            ),
            None => NOTHING.to_owned(),
        },
        SummaryKind::Numbers(_) if is_share(row.indicator) => match row.pooled() {
            Some(share) => format!("{} of {}", percent(share), row.denominator),
            None => NOTHING.to_owned(),
        },
        SummaryKind::Numbers(numbers) => {
            let mean = numbers.mean.map_or_else(|| NOTHING.to_owned(), tenths);
            let sd = numbers
                .sd
                .map(|sd| format!(" ({})", tenths(sd)))
                .unwrap_or_default();
            format!("{mean}{sd}, n = {}", summary.n)
        }
    }
}

/// A mean of persons or of a score with one decimal more than it was counted in.
fn tenths(x: f64) -> String {
    format!("{x:.1}")
}

/// Agreements that are shared with those of no domain may be halves.
fn at_most_one(x: f64) -> String {
    let text = format!("{x:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn is_share(indicator: Indicator) -> bool {
    matches!(
        indicator,
        Indicator::AgreementsCarriedOutByCircle | Indicator::PlanLasting
    )
}

fn activation_listing(rows: &[ActivationRow]) -> Listing {
    let percent = |share: f64| format!("{:.0}%", share * 100.0);
    let with_arms = rows.iter().any(|row| row.arm.is_some());
    let mut columns = vec![ListingColumn::words("Domain")];
    if with_arms {
        columns.push(ListingColumn::words("Arm"));
    }
    columns.push(ListingColumn::words("Wave"));
    for head in [
        "Families",
        "Agreements",
        "Own strength",
        "Network",
        "Professional",
    ] {
        columns.push(ListingColumn::numbers(head));
    }
    let cells = rows.iter().map(|row| {
        let mut cells = vec![
            row.domain
                .clone()
                .unwrap_or_else(|| "(no domain)".to_owned()),
        ];
        if with_arms {
            cells.push(row.arm.clone().unwrap_or_default());
        }
        cells.extend([
            row.wave.clone(),
            row.families.to_string(),
            at_most_one(row.agreements),
            percent(row.own),
            percent(row.network),
            percent(row.professional),
        ]);
        cells
    });
    Listing {
        title: "Who takes on the agreements: activation by domain".to_owned(),
        columns,
        rows: cells.collect(),
        notes: vec![
            "Shares of all agreements made at the wave, which sum to one; an agreement with several takers \
            is shared equally among them."
                .to_owned(),
        ],
        cautions: Vec::new(),
    }
}
