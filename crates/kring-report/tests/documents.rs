//! The report in two languages and three formats.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may stop at what it did not expect"
)]

#[path = "../examples/gallery.rs"]
#[allow(
    dead_code,
    reason = "only the report of the gallery is used here, not its main"
)]
mod gallery;

use std::collections::BTreeSet;

use kring_core::Caution;
use kring_report::{
    Content, Language, Report, apa_sentences, checklist, docx, figures, figures_in, html, html_in,
    methods_text, reporting_sections, typst_source,
};

/// The text between tags, without what is marked as English and what is no text.
fn texts(page: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut rest = page;
    while let Some(open) = rest.find('<') {
        let (text, tag) = rest.split_at(open);
        let text = text.trim();
        if !text.is_empty() {
            texts.push(text.to_owned());
        }
        let skipped = [
            ("<style", "</style>"),
            ("<desc", "</desc>"),
            ("<span lang=\"en\"", "</span>"),
            ("<pre", "</pre>"),
        ];
        let end = match skipped.iter().find(|(start, _)| tag.starts_with(start)) {
            Some((_, end)) => tag.find(end).unwrap() + end.len(),
            None => tag.find('>').unwrap() + 1,
        };
        rest = &tag[end..];
    }
    texts
}

/// Every string that stands in the plain data of the report: what users and protocols wrote.
fn given(report: &Report) -> Vec<String> {
    fn walk(value: &serde_json::Value, found: &mut Vec<String>) {
        match value {
            serde_json::Value::String(text) => found.push(text.to_lowercase()),
            serde_json::Value::Array(list) => list.iter().for_each(|v| walk(v, found)),
            serde_json::Value::Object(map) => map.values().for_each(|v| walk(v, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(&serde_json::to_value(report).unwrap(), &mut found);
    found
}

#[test]
fn no_word_of_kring_stays_english_in_silence() {
    let report = gallery::report().unwrap();
    let english: BTreeSet<String> = texts(&html(&report).unwrap()).into_iter().collect();
    let given = given(&report);
    let same = |text: &String| {
        let lower = text.to_lowercase().replace("&#x2f;", "/");
        // Words that both languages share, or that a user wrote, alone or among others.
        let shared = [
            "analyses", "interval", "effect", "exact", "min", "doi", "https", "cluster",
            "clusters", "product",
        ];
        let letters = lower.chars().filter(|c| c.is_alphabetic()).count();
        let word = |w: &str| w.chars().filter(|c| c.is_alphabetic()).count() > 2;
        letters > 2
            && english.contains(text)
            && !given.iter().any(|g| g.contains(&lower))
            && lower
                .split(|c: char| !c.is_alphanumeric())
                .any(|w| word(w) && !shared.contains(&w) && !given.iter().any(|g| g.contains(w)))
    };
    let page = html_in(&report, Language::Dutch).unwrap();
    let silent: Vec<String> = texts(&page).into_iter().filter(same).collect();
    assert!(silent.is_empty(), "these have no Dutch phrase: {silent:#?}");
}

#[test]
fn english_is_what_it_was_and_dutch_is_marked() {
    let report = gallery::report().unwrap();
    let english = html_in(&report, Language::English).unwrap();
    assert_eq!(english, html(&report).unwrap());
    assert!(!english.contains("<span lang=\"en\">"));
    let dutch = html_in(&report, Language::Dutch).unwrap();
    assert!(dutch.contains("<html lang=\"nl\">"));
    assert!(dutch.contains("✓</span> gereproduceerd"));
    // What users wrote stays: the title, labels, the protocol with its decimal points.
    assert!(dutch.contains(&report.title));
    assert!(dutch.contains("value = &quot;6.2&quot;"));
    assert!(dutch.contains("<span lang=\"en\">"));
}

#[test]
fn pictures_have_a_decimal_comma_and_the_same_shape() {
    let report = gallery::report().unwrap();
    let english = figures(&report).unwrap();
    let dutch = figures_in(&report, Language::Dutch).unwrap();
    assert_eq!(english.len(), dutch.len());
    let tags = |svg: &str| svg.matches('<').count();
    let paths = |svg: &str| -> Vec<String> {
        svg.split(" d=\"")
            .skip(1)
            .map(|p| p.split('"').next().unwrap().to_owned())
            .collect()
    };
    for (english, dutch) in english.iter().zip(&dutch) {
        assert_eq!(english.name, dutch.name);
        assert_eq!(tags(&english.svg), tags(&dutch.svg));
        assert_eq!(paths(&english.svg), paths(&dutch.svg));
    }
    assert!(dutch.iter().any(|f| f.svg.contains(">0,8<")));
    assert!(dutch.iter().any(|f| f.svg.contains("in het onderzoek<")));
}

#[test]
fn every_doubt_has_a_dutch_sentence() {
    let cautions = vec![
        Caution::CompleteCases { used: 57, of: 60 },
        Caution::Aliased {
            columns: vec!["wave".into()],
        },
        Caution::FewClusters { clusters: 9 },
        Caution::FewDegreesOfFreedom { df: 3.2 },
        Caution::SmallExpectedCounts {
            smallest: 1.25,
            below_five: 2,
            cells: 6,
        },
        Caution::FullLeverage { rows: 1 },
        Caution::FullLeverageClusters { clusters: 2 },
        Caution::NoError,
        Caution::ClustersIgnored,
        Caution::RepeatedSubjects,
        Caution::PerfectFit,
        Caution::NotRandomised,
        Caution::Simulated,
    ];
    for caution in cautions {
        let report = Report {
            sections: vec![kring_report::Section {
                id: "s".into(),
                title: "s".into(),
                role: kring_report::Role::Primary,
                method: None,
                content: vec![Content::Listing(kring_report::Listing {
                    title: "t".into(),
                    columns: vec![kring_report::ListingColumn::words("w")],
                    rows: vec![vec!["a".into()]],
                    notes: vec![],
                    cautions: vec![caution.clone()],
                })],
            }],
            ..Report::default()
        };
        let page = html_in(&report, Language::Dutch).unwrap();
        assert!(!page.contains("<span lang=\"en\">"), "{caution:?}");
        assert!(!page.contains(&caution.sentence()), "{caution:?}");
    }
}

#[test]
fn a_document_of_word_has_every_heading_table_and_picture() {
    let report = gallery::report().unwrap();
    let bytes = docx(&report, Language::Dutch).unwrap();
    assert!(bytes.starts_with(b"PK"));
    // The parts are stored without compression, so that their text can be read here.
    let text = String::from_utf8_lossy(&bytes);
    let tables = text.matches("<w:tbl>").count();
    assert!(tables > 10);
    assert_eq!(tables, text.matches("<w:tblGrid><w:gridCol ").count());
    // Each table with a number has a head, which stands on every page that it runs on to.
    let heads = text.matches("<w:tblHeader />").count();
    assert!(text.contains(&format!("Tabel {heads}. ")));
    assert!(!text.contains(&format!("Tabel {}. ", heads + 1)));
    assert_eq!(text.matches("<w:lang w:val=\"nl-NL\" />").count(), 1);
    let pictures = text.matches("<pic:pic ").count();
    let drawn = figures(&report).unwrap().len();
    let beside = text.matches("Een afbeelding van deze figuur").count();
    assert_eq!(pictures + beside, drawn);
    for number in 1..=drawn {
        assert!(text.contains(&format!("Figuur {number}. ")), "{number}");
    }
    assert!(text.contains("Tabel 1. ") && text.contains("Gepubliceerde cijfers en de onze"));
}

#[test]
fn a_typst_source_numbers_its_tables_and_holds_its_pictures() {
    let report = gallery::report().unwrap();
    let source = typst_source(&report, Language::English).unwrap();
    let numbered = |lead: &str| source.matches(&format!("#strong[{lead} ")).count();
    assert_eq!(numbered("Figure"), figures(&report).unwrap().len());
    assert_eq!(numbered("Figure"), source.matches("#image(bytes(").count());
    assert_eq!(numbered("Table"), source.matches("table.header(").count());
    assert!(source.contains("#strong[Table 1.]"));
}

#[test]
fn methods_say_the_sample_the_omissions_and_the_doubts() {
    let report = gallery::report().unwrap();
    let said = methods_text(&report, Language::English);
    for part in [
        "The data were simulated",
        "It rests on 404 rows of 114 subjects in 9 clusters; 60 could not be used and were left out.",
        "The groups were not allocated at random",
        "Everything was computed with kring, version 0.1.0.",
        "Seed of the random numbers: 20240917.",
        "https://doi.org/10.0000/kring.demo.2024",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    let said = methods_text(&report, Language::Dutch);
    assert!(said.contains("Zij berust op 404 rijen van 114 personen in 9 clusters; 60 waren niet bruikbaar en zijn weggelaten."));
    assert!(methods_text(&Report::default(), Language::Dutch).is_empty());
}

#[test]
fn a_checklist_leaves_to_the_author_what_data_cannot_say() {
    let empty = checklist(&Report::default(), Language::Dutch);
    assert!(
        empty
            .rows
            .iter()
            .all(|row| row[2] == "Door de auteur in te vullen")
    );
    assert!(empty.rows.iter().all(|row| row[0].starts_with("STROBE")));
    let full = checklist(&gallery::report().unwrap(), Language::English);
    let says = |item: &str| &full.rows.iter().find(|row| row[0] == item).unwrap()[2];
    assert_eq!(
        says("STROBE 13"),
        "Flow diagram of 116, with who left and who came back"
    );
    assert_eq!(says("STROBE 22"), "For the author to fill in");
    assert_eq!(says("GRoLTS 1"), "months since the request for help");
    let sections = reporting_sections(&gallery::report().unwrap(), Language::English);
    assert_eq!(sections.len(), 3);
}

#[test]
fn sentences_name_what_they_are_of() {
    let said = apa_sentences(&gallery::report().unwrap(), Language::Dutch);
    let one = "EKC − WT at T4: ΔM = −1,31, 95%-BI [−2,39; −0,23], t(101,2) = −2,41, p = ,018.";
    assert!(said.iter().any(|s| s == one), "{said:#?}");
}
