//! What was done, in sentences, from the results alone; and which items of a reporting checklist the
//! results answer.
//!
//! Nothing is said that the report does not hold. What a study did outside the data (how families were
//! found, who gave permission) is left to the author, and the checklist says so.

use kring_core::{Caution, Estimate, JointTest, Sample};

use crate::{Content, Language, Listing, ListingColumn, Report, Role, Section, apa, apa_test};

/// The sections that state the methods, the numbers as sentences of the APA, and the checklist; they
/// can be added below the analyses of a report.
///
/// ```
/// use kring_report::{Language, Report, reporting_sections};
/// let sections = reporting_sections(&Report::default(), Language::English);
/// assert_eq!(sections.len(), 2);
/// ```
pub fn reporting_sections(report: &Report, language: Language) -> Vec<Section> {
    let report = &*report.in_words();
    let section = |id: &str, title: &'static str, content: Vec<Content>| Section {
        id: id.to_owned(),
        title: language.word(title).to_owned(),
        role: Role::Descriptive,
        method: None,
        content,
    };
    let mut sections = vec![section(
        "methods",
        "Methods, as they were carried out",
        vec![Content::Text(methods_text(report, language))],
    )];
    let said = apa_text(report, language);
    if !said.is_empty() {
        let text = Content::Text(said);
        sections.push(section("apa", "In the words of a report (APA)", vec![text]));
    }
    let list = Content::Listing(checklist(report, language));
    sections.push(section("checklist", "Reporting checklist", vec![list]));
    sections
}

/// Each estimate and test of a report as a sentence: its label, and its numbers as the APA writes them.
pub fn apa_sentences(report: &Report, language: Language) -> Vec<String> {
    let report = report.in_words();
    let sections = report.sections.iter();
    sections
        .flat_map(|section| sentences(section, language))
        .collect()
}

/// The same, a paragraph for each analysis, with its title before its sentences.
fn apa_text(report: &Report, language: Language) -> String {
    let paragraphs = report.sections.iter().filter_map(|section| {
        let said = sentences(section, language);
        let title = if report.is_result_alone() {
            language.say(&section.title)
        } else {
            section.title.clone()
        };
        let title = title.trim_end_matches(['.', '?']);
        (!said.is_empty()).then(|| format!("{title}. {}", said.join(" ")))
    });
    paragraphs.collect::<Vec<_>>().join("\n\n")
}

fn sentences(section: &Section, language: Language) -> Vec<String> {
    let label = |label: &str| language.say(label);
    let mut sentences = Vec::new();
    for content in &section.content {
        match content {
            Content::Estimates(estimates) => sentences.extend(
                estimates
                    .iter()
                    .map(|e| format!("{}: {}.", label(&e.label), apa(e, language))),
            ),
            Content::Tests(tests) => sentences.extend(
                tests
                    .iter()
                    .map(|t| (t, apa_test(t, language)))
                    .filter(|(_, said)| !said.is_empty())
                    .map(|(t, said)| format!("{}: {said}.", label(&t.label))),
            ),
            _ => {}
        }
    }
    sentences
}

/// What was done, as paragraphs with a blank line between them: the data, each analysis with its
/// sample, omissions and doubts, the software and its seed, the sources.
pub fn methods_text(report: &Report, language: Language) -> String {
    let mut paragraphs = vec![the_data(report, language)];
    paragraphs.extend(
        report
            .sections
            .iter()
            .filter_map(|section| analysis(report, section, language)),
    );
    paragraphs.push(software(report, language));
    paragraphs.extend(references(report, language));
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    paragraphs.join("\n\n")
}

fn contents(report: &Report) -> impl Iterator<Item = &Content> {
    report.sections.iter().flat_map(|section| &section.content)
}

fn pick(language: Language, english: String, dutch: String) -> String {
    match language {
        Language::English => english,
        Language::Dutch => dutch,
    }
}

fn the_data(report: &Report, language: Language) -> String {
    let mut said = Vec::new();
    if report.simulated {
        said.push(pick(
            language,
            "The data were simulated; they are no evidence.".to_owned(),
            "De gegevens zijn gesimuleerd; zij zijn geen bewijs.".to_owned(),
        ));
    }
    for (name, value) in &report.design {
        said.push(format!("{}: {}.", language.say(name), language.say(value)));
    }
    if let Some(flow) = &report.flow {
        let n = flow.subjects();
        let complete: usize = flow.arms.iter().map(|arm| arm.complete).sum();
        let waves = flow.waves.len();
        said.push(pick(
            language,
            format!("{n} took part; {complete} of them were seen at each of {waves} waves."),
            format!("{n} deden mee; {complete} van hen zijn bij elk van {waves} metingen gezien."),
        ));
        for arm in flow.arms.iter().filter(|arm| !arm.arm.is_empty()) {
            said.push(pick(
                language,
                format!(
                    "{}: {}, of whom {} left for good and {} missed a wave.",
                    arm.arm, arm.subjects, arm.monotone, arm.intermittent
                ),
                format!(
                    "{}: {}, van wie {} voorgoed vertrokken en {} een meting misten.",
                    arm.arm, arm.subjects, arm.monotone, arm.intermittent
                ),
            ));
        }
    }
    said.join(" ")
}

/// How a number was made.
struct Made<'a> {
    method: &'a str,
    sample: Option<&'a Sample>,
    cautions: &'a [Caution],
}

fn seen<'a>(method: &'a str, sample: Option<&'a Sample>, cautions: &'a [Caution]) -> Made<'a> {
    Made {
        method,
        sample,
        cautions,
    }
}

/// What the numbers of a section say of how they were made, each once.
fn analysis(report: &Report, section: &Section, language: Language) -> Option<String> {
    let mut methods: Vec<&str> = section.method.iter().map(String::as_str).collect();
    let mut samples: Vec<&Sample> = Vec::new();
    let mut doubts: Vec<&Caution> = Vec::new();
    let mut found: Vec<Made> = Vec::new();
    for content in &section.content {
        match content {
            Content::Estimates(list) => found.extend(
                list.iter()
                    .map(|e: &Estimate| seen(&e.method, Some(&e.sample), &e.cautions)),
            ),
            Content::Tests(list) => found.extend(
                list.iter()
                    .map(|t: &JointTest| seen(&t.method, Some(&t.sample), &t.cautions)),
            ),
            Content::Components(list) => {
                found.extend(list.iter().map(|c| seen("", None, &c.cautions)));
            }
            Content::Chart(chart) => found.extend(
                chart
                    .curves
                    .iter()
                    .map(|c| seen(&c.method, None, &c.cautions)),
            ),
            Content::Rates(list) => found.extend(
                list.iter()
                    .filter_map(|rate| rate.estimate.as_ref())
                    .map(|e| seen(&e.method, None, &e.cautions)),
            ),
            _ => {}
        }
    }
    for made in &found {
        if !made.method.is_empty() && !methods.contains(&made.method) {
            methods.push(made.method);
        }
        if let Some(sample) = made.sample.filter(|sample| !samples.contains(sample)) {
            samples.push(sample);
        }
        for caution in made.cautions {
            if !doubts.contains(&caution) {
                doubts.push(caution);
            }
        }
    }
    if methods.is_empty() && samples.is_empty() {
        return None;
    }
    // A result alone was declared by no protocol, and its title is a word of kring.
    let head = match (report.is_result_alone(), section.title.as_str()) {
        (true, title) => format!("{}.", language.say(title)),
        (false, title) => {
            let title = if title.is_empty() { &section.id } else { title };
            format!("{title} ({}).", language.word(section.role.name()))
        }
    };
    let mut said = vec![head];
    said.extend(
        methods
            .iter()
            .map(|method| full_stop(&language.say(method))),
    );
    said.extend(samples.iter().map(|sample| rests_on(sample, language)));
    said.extend(doubts.iter().map(|doubt| language.say(&doubt.sentence())));
    Some(said.join(" "))
}

fn full_stop(text: &str) -> String {
    // A formula begins with the name of a variable.
    let text = if text.contains('~') {
        text.trim_end().to_owned()
    } else {
        crate::tables::capitalised(text.trim_end())
    };
    if text.is_empty() || text.ends_with(['.', '!', '?']) {
        text
    } else {
        format!("{text}.")
    }
}

fn rests_on(sample: &Sample, language: Language) -> String {
    let rows = sample.rows;
    let mut said = pick(
        language,
        format!("It rests on {rows} rows"),
        format!("Zij berust op {rows} rijen"),
    );
    if let Some(n) = sample.subjects {
        said += &pick(
            language,
            format!(" of {n} subjects"),
            format!(" van {n} personen"),
        );
    }
    if let Some(n) = sample.clusters {
        said += &pick(
            language,
            format!(" in {n} clusters"),
            format!(" in {n} clusters"),
        );
    }
    if !sample.groups.is_empty() {
        let groups = sample.groups.iter().map(|(name, n)| format!("{name} {n}"));
        said += " (";
        said += &groups.collect::<Vec<_>>().join(", ");
        said += ")";
    }
    let omitted = sample.omitted;
    said += &match omitted {
        0 => pick(
            language,
            "; none was left out.".to_owned(),
            "; er is er geen weggelaten.".to_owned(),
        ),
        n => pick(
            language,
            format!("; {n} could not be used and were left out."),
            format!("; {n} waren niet bruikbaar en zijn weggelaten."),
        ),
    };
    said
}

fn software(report: &Report, language: Language) -> String {
    let found = |name: &str| {
        let pair = report
            .provenance
            .iter()
            .find(|(said, _)| said.eq_ignore_ascii_case(name));
        pair.map(|(_, value)| value.as_str())
    };
    let mut said = Vec::new();
    if let Some(version) = found("kring") {
        said.push(pick(
            language,
            format!("Everything was computed with kring, version {version}."),
            format!("Alles is berekend met kring, versie {version}."),
        ));
    }
    if let Some(seed) = found("seed") {
        let seed = if seed.starts_with("none") {
            language.say(seed)
        } else {
            seed.to_owned()
        };
        said.push(pick(
            language,
            format!("Seed of the random numbers: {seed}."),
            format!("Startgetal van de toevalsgetallen: {seed}."),
        ));
    }
    said.join(" ")
}

fn references(report: &Report, language: Language) -> Option<String> {
    let listed: Vec<String> = report
        .sources
        .iter()
        .map(|source| {
            let cited = crate::verdict::citation(source);
            let title = Some(source.title.as_str()).filter(|t| !t.is_empty() && *t != cited);
            let link = crate::verdict::link(source);
            let parts = [Some(cited.clone()), title.map(str::to_owned), link];
            parts.into_iter().flatten().collect::<Vec<_>>().join(". ")
        })
        .collect();
    let head = pick(language, "References".to_owned(), "Literatuur".to_owned());
    (!listed.is_empty()).then(|| format!("{head}: {}.", listed.join("; ")))
}

/// An item of a checklist.
struct Item {
    /// Its number: `STROBE 13`.
    number: &'static str,
    /// What it asks, in English and in Dutch.
    asks: (&'static str, &'static str),
    /// What the report says to it, if anything.
    says: fn(&Report, Language) -> Option<String>,
}

/// The items of STROBE that data can answer, in part or in whole (doi:10.1136/bmj.39335.541782.AD).
const STROBE: &[Item] = &[
    Item {
        number: "STROBE 4",
        asks: ("Study design", "Opzet van het onderzoek"),
        says: |report, language| paired(report, "Allocation", language),
    },
    Item {
        number: "STROBE 5",
        asks: ("Setting, places, dates", "Plaats, periode en setting"),
        says: |report, language| paired(report, "Waves", language),
    },
    Item {
        number: "STROBE 7",
        asks: (
            "Outcomes, exposures, confounders",
            "Uitkomsten, blootstelling, confounders",
        ),
        says: |report, language| paired(report, "Outcome", language),
    },
    Item {
        number: "STROBE 8",
        asks: ("Sources of data", "Bronnen van de gegevens"),
        says: |report, language| paired(report, "Data", language),
    },
    Item {
        number: "STROBE 9",
        asks: ("Efforts to address bias", "Wat tegen vertekening is gedaan"),
        says: |report, language| {
            let not = cautioned(report, |c| matches!(c, Caution::NotRandomised));
            not.then(|| language.say(&Caution::NotRandomised.sentence()))
        },
    },
    Item {
        number: "STROBE 10",
        asks: (
            "How the study size was arrived at",
            "Hoe de omvang bepaald is",
        ),
        says: |_, _| None,
    },
    Item {
        number: "STROBE 12a",
        asks: ("All statistical methods", "Alle statistische methoden"),
        says: |report, language| {
            let n = report
                .sections
                .iter()
                .filter(|s| analysis(report, s, language).is_some());
            let n = n.count();
            (n > 0).then(|| {
                pick(
                    language,
                    format!("Stated with the numbers of each analysis: {n}"),
                    format!("Bij de getallen van elke analyse vermeld: {n}"),
                )
            })
        },
    },
    Item {
        number: "STROBE 12c",
        asks: (
            "How missing data were addressed",
            "Wat met ontbrekende gegevens is gedaan",
        ),
        says: |report, language| {
            let doubt = cautions(report)
                .into_iter()
                .find(|c| matches!(c, Caution::CompleteCases { .. }));
            let left_out: usize = samples(report).map(|s| s.omitted).max().unwrap_or(0);
            doubt.map(|c| language.say(&c.sentence())).or_else(|| {
                (left_out > 0).then(|| {
                    pick(
                        language,
                        format!("Rows without a value were left out: at most {left_out}"),
                        format!("Rijen zonder waarde zijn weggelaten: hoogstens {left_out}"),
                    )
                })
            })
        },
    },
    Item {
        number: "STROBE 12d",
        asks: (
            "How loss to follow-up was addressed",
            "Wat met uitval is gedaan",
        ),
        says: |_, _| None,
    },
    Item {
        number: "STROBE 13",
        asks: (
            "Numbers at each stage; a flow diagram",
            "Aantallen bij elke stap; een stroomdiagram",
        ),
        says: |report, language| {
            let flow = report.flow.as_ref().or_else(|| {
                contents(report).find_map(|content| match content {
                    Content::Flow(flow) => Some(flow),
                    _ => None,
                })
            })?;
            let n = flow.subjects();
            Some(pick(
                language,
                format!("Flow diagram of {n}, with who left and who came back"),
                format!("Stroomdiagram van {n}, met wie vertrok en wie terugkwam"),
            ))
        },
    },
    Item {
        number: "STROBE 14",
        asks: (
            "Characteristics of participants; missing data for each variable",
            "Kenmerken van de deelnemers; ontbrekende gegevens per variabele",
        ),
        says: |report, language| {
            let table =
                contents(report).any(|c| matches!(c, Content::Baseline(_) | Content::Summaries(_)));
            table.then(|| {
                pick(
                    language,
                    "A table has them".into(),
                    "Een tabel geeft ze".into(),
                )
            })
        },
    },
    Item {
        number: "STROBE 15",
        asks: (
            "Outcome events or summary measures",
            "Uitkomsten als aantallen of maten",
        ),
        says: |report, language| {
            let shown = contents(report).any(|c| {
                matches!(
                    c,
                    Content::Summaries(_) | Content::Rates(_) | Content::Trajectories(_)
                )
            });
            shown.then(|| {
                pick(
                    language,
                    "By group and wave".into(),
                    "Per groep en meting".into(),
                )
            })
        },
    },
    Item {
        number: "STROBE 16",
        asks: (
            "Estimates with their precision",
            "Schattingen met hun nauwkeurigheid",
        ),
        says: |report, language| {
            let all: Vec<&Estimate> = estimates(report).collect();
            let with = all.iter().filter(|e| e.interval.is_some()).count();
            (!all.is_empty()).then(|| {
                pick(
                    language,
                    format!("{} estimates, {with} with an interval", all.len()),
                    format!("{} schattingen, {with} met een interval", all.len()),
                )
            })
        },
    },
    Item {
        number: "STROBE 17",
        asks: ("Other analyses", "Andere analyses"),
        says: |report, language| {
            let n = report
                .sections
                .iter()
                .filter(|s| matches!(s.role, Role::Secondary | Role::Exploratory))
                .count();
            (n > 0 && !report.is_result_alone()).then(|| {
                pick(
                    language,
                    format!("{n}, marked as secondary or exploratory"),
                    format!("{n}, als secundair of verkennend gemerkt"),
                )
            })
        },
    },
    Item {
        number: "STROBE 19",
        asks: ("Limitations", "Beperkingen"),
        says: |report, language| {
            let n = cautions(report).len();
            (n > 0).then(|| {
                if n == 1 {
                    return pick(
                        language,
                        "A doubt stands beside the numbers it concerns".to_owned(),
                        "Een twijfel staat bij de getallen waar zij over gaat".to_owned(),
                    );
                }
                pick(
                    language,
                    format!("{n} doubts stand beside the numbers they concern"),
                    format!("{n} twijfels staan bij de getallen waar zij over gaan"),
                )
            })
        },
    },
    Item {
        number: "STROBE 22",
        asks: ("Funding", "Financiering"),
        says: |_, _| None,
    },
];

/// The items of GRoLTS on trajectories that a report can answer (doi:10.1080/10705511.2016.1247646).
const GROLTS: &[Item] = &[
    Item {
        number: "GRoLTS 1",
        asks: ("The metric of time", "De maat van de tijd"),
        says: |report, _| trajectories(report).next().map(|seen| seen.x_label.clone()),
    },
    Item {
        number: "GRoLTS 3a",
        asks: (
            "Missing data: the mechanism",
            "Ontbrekende gegevens: het mechanisme",
        ),
        says: |_, _| None,
    },
    Item {
        number: "GRoLTS 5",
        asks: ("The software", "De software"),
        says: |report, language| Some(software(report, language)).filter(|said| !said.is_empty()),
    },
    Item {
        number: "GRoLTS 14a",
        asks: (
            "A plot of the estimated means over time",
            "Een figuur van de geschatte gemiddelden over de tijd",
        ),
        says: |report, language| {
            let n = trajectories(report).count();
            Some(pick(
                language,
                format!("{n} in this report"),
                format!("{n} in dit verslag"),
            ))
        },
    },
];

/// Which items of STROBE the report answers, and with what; of GRoLTS where it shows trajectories. What
/// it does not answer is left to the author, and says so.
pub fn checklist(report: &Report, language: Language) -> Listing {
    let left = pick(
        language,
        "For the author to fill in".to_owned(),
        "Door de auteur in te vullen".to_owned(),
    );
    let grolts = trajectories(report).next().is_some();
    let items = STROBE.iter().chain(GROLTS.iter().filter(|_| grolts));
    let rows = items.map(|item| {
        let asks = match language {
            Language::English => item.asks.0,
            Language::Dutch => item.asks.1,
        };
        let says = (item.says)(report, language).unwrap_or_else(|| left.clone());
        vec![item.number.to_owned(), asks.to_owned(), says]
    });
    let columns = ["Item", "What it asks", "What this report says"];
    Listing {
        title: language.word("Reporting checklist").to_owned(),
        columns: columns
            .map(|head| ListingColumn::words(language.word(head)))
            .to_vec(),
        rows: rows.collect(),
        notes: vec![
            "Only items that data can answer at least in part are listed; the guideline has more."
                .to_owned(),
        ],
        cautions: Vec::new(),
    }
}

fn paired(report: &Report, name: &str, language: Language) -> Option<String> {
    let pair = report.design.iter().find(|(said, _)| said == name);
    pair.map(|(_, value)| language.say(value))
}

fn estimates(report: &Report) -> impl Iterator<Item = &Estimate> {
    contents(report).flat_map(|content| match content {
        Content::Estimates(list) => list.as_slice(),
        _ => &[],
    })
}

fn samples(report: &Report) -> impl Iterator<Item = &Sample> {
    estimates(report).map(|e| &e.sample)
}

/// Every doubt of the report, once.
fn cautions(report: &Report) -> Vec<&Caution> {
    let mut found: Vec<&Caution> = Vec::new();
    for content in contents(report) {
        let here: Vec<&Caution> = match content {
            Content::Estimates(list) => list.iter().flat_map(|e| &e.cautions).collect(),
            Content::Tests(list) => list.iter().flat_map(|t| &t.cautions).collect(),
            Content::Components(list) => list.iter().flat_map(|c| &c.cautions).collect(),
            Content::Baseline(table) => table.cautions.iter().collect(),
            Content::Funnel(funnel) => funnel.cautions.iter().collect(),
            Content::Listing(listing) => listing.cautions.iter().collect(),
            _ => Vec::new(),
        };
        for caution in here {
            if !found.contains(&caution) {
                found.push(caution);
            }
        }
    }
    found
}

fn cautioned(report: &Report, is: fn(&Caution) -> bool) -> bool {
    cautions(report).into_iter().any(is)
}

fn trajectories(report: &Report) -> impl Iterator<Item = &crate::Trajectories> {
    contents(report).filter_map(|content| match content {
        Content::Trajectories(seen) => Some(seen),
        _ => None,
    })
}
