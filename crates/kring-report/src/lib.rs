//! Results of kring as tables, figures and one HTML page.
//!
//! A [`Report`] is plain data made of the words of `kring-core`. [`html`] makes one file of it that
//! needs no network and no script; [`figures`] the pictures one by one; [`terminal`] the verdicts
//! for a terminal, and [`table_text`] any piece of a section as aligned text. [`table_markdown`],
//! [`table_latex`] and [`table_csv`] write the same tables for other programs. [`guard`] hides small counts
//! in what is shared.
//!
//! ```
//! use kring_report::{Ink, Report, Style, html, terminal};
//! let report = Report {
//!     title: "A study of nobody".into(),
//!     ..Report::default()
//! };
//! assert!(html(&report)?.contains("<h1>A study of nobody</h1>"));
//! let style = Style { ink: Ink::Plain, width: 80 };
//! let text = "A study of nobody\n\nNo published figure was compared.\n";
//! assert_eq!(terminal(&report, style), text);
//! # Ok::<(), kring_report::Error>(())
//! ```
//!
//! Who it is for: whoever shows results. It computes nothing but the digits and the places of what
//! it is given. What stands in a report is escaped, ratios are shown as ratios with their
//! intervals, a verdict is a symbol and a word before it is a colour, and simulated data say so in
//! every section and figure.

mod apa;
mod axis;
mod baseline;
mod chart;
mod curves;
mod disclosure;
mod document;
mod docx;
mod ego;
mod error;
mod flow;
mod forest;
mod fragment;
mod funnel;
mod grid;
mod language;
mod lettering;
mod marks;
mod markup;
mod methods;
mod names;
mod network;
mod number;
mod page;
mod paper;
mod patterns;
mod performance;
mod phrases;
mod raster;
mod rates;
mod report;
mod scatter;
mod svg;
mod tables;
mod template;
mod text;
mod trajectories;
mod typst;
mod verdict;

pub use apa::{apa, apa_test};
pub use chart::chart_svg;
pub use disclosure::{
    Balance, Count, Counts, Disclosure, Fate, Possible, Printed, Rounding, WrittenTables, Zeros,
    crossed, guard, possible, suppress,
};
pub use docx::docx;
pub use ego::{EgoPerson, EgoPicture, EgoTie, EgoWave, PersonLabels, ego_svg};
pub use error::Error;
pub use flow::flow_svg;
pub use forest::{Forest, ForestAxis, ForestMark, ForestRow, forest_svg};
pub use fragment::{fragment, verdicts};
pub use funnel::funnel_svg;
pub use language::Language;
pub use markup::{table_csv, table_latex, table_markdown};
pub use methods::{apa_sentences, checklist, methods_text, reporting_sections};
pub use names::Called;
pub use network::{NetworkPicture, NetworkWave, NodeSizes, PicturedTie, network_svg};
pub use number::{p_value, significant};
pub use page::{figures, figures_in, html, html_in};
pub use patterns::patterns_svg;
pub use performance::{Covers, Lollipop, Stick, Zip, ZipBar, lollipop_svg, zip_svg};
pub use report::{
    Chart, Content, Figure, Holds, Listing, ListingColumn, Origin, Report, Role, Section,
};
pub use scatter::{Scatter, ScatterLine, ScatterPanel, scatter_svg};
pub use text::{Ink, Style, table_text, terminal};
pub use trajectories::{
    OwnLines, Trajectories, TrajectoryArm, TrajectoryCell, TrajectoryWave, trajectories_svg,
};
pub use typst::typst_source;
pub use verdict::verdict_tables;

/// What stands over everything that comes from simulated data.
const SIMULATED: &str = "Simulated data: no evidence.";
