//! `docs/indicators.md` is the table of indicators and the crosswalk, as they stand.
//!
//! To write it anew: `KRING_WRITE=1 cargo test -p kring-network --test page`.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use std::fmt::Write;
use std::path::Path;

use kring_core::{Crosswalk, Indicator};

const HEAD: &str = "\
# Indicators of involvement

'The circle was involved' is measured in ten ways in the studies of this library, two of them of two kinds
each. Every one has a definition and a denominator of its own. Their figures are not the same thing:
workers of the neighbourhood teams *asked* the network in 18% of all situations, while about 60% of the
respondents say that somebody of it *was present*. These were read as a contradiction, and are none.

kring measures each by the definition below (`kring_network::involvement`), gives numerator and denominator
with it, and warns where two are set side by side. A claim of a study names what it measured in
`indicator`; the crosswalk says which study measured which. This page is written by a test of
`kring-network` from the definitions in the code and from `datasets/indicators/crosswalk.toml`.
";

fn page(crosswalk: &Crosswalk) -> String {
    let mut text = HEAD.to_owned();
    text.push_str("\n## Definitions\n");
    for indicator in Indicator::ALL {
        write!(
            text,
            "\n### {}. {}\n\n`{}`. {}\n\n- counted: {}\n- of: {}\n",
            indicator.number(),
            indicator.title(),
            indicator.word(),
            indicator.definition(),
            indicator.numerator(),
            indicator.denominator(),
        )
        .unwrap();
    }
    text.push_str("\n## Which study measured which\n\n");
    text.push_str("| indicator | study | claims | measured | of | in what it differs |\n|---|---|---|---|---|---|\n");
    for indicator in Indicator::ALL {
        for entry in crosswalk.of(indicator) {
            writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} |",
                indicator.title(),
                entry.study,
                entry.claims.join(", "),
                entry.measured,
                entry.denominator,
                entry.differs.as_deref().unwrap_or(""),
            )
            .unwrap();
        }
    }
    text
}

#[test]
fn the_page_is_as_the_code_and_the_crosswalk_have_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let crosswalk = root.join("datasets/indicators/crosswalk.toml");
    let crosswalk: Crosswalk =
        toml::from_str(&std::fs::read_to_string(crosswalk).unwrap()).unwrap();
    let (path, page) = (root.join("docs/indicators.md"), page(&crosswalk));
    if std::env::var_os("KRING_WRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap();
    assert!(
        there == page,
        "docs/indicators.md is out of date: KRING_WRITE=1 writes it anew"
    );
}
