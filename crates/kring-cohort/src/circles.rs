//! The circles around families, from files: tables with keys, one row a family and wave, or GraphML.
//!
//! ```text
//! five tables ─┐
//! one wide row ─┼─► sheets: columns of known names, each with its place in the file ─► Circles
//! GraphML ─────┘
//! ```
//! However the circles were written, they go one way: each cell is read once, and each thing that cannot be
//! is put on one list with its file, row and column. That list is joined with what the circles themselves
//! refuse, such as a tie to nobody, and comes as one [`CircleFaults`].
//!
//! What is empty is not known. It never becomes a no.
//!
//! | written as | read with |
//! |---|---|
//! | up to five tables with keys | [`from_tables`] |
//! | one row a family and wave, with `role_1`, `role_2`, `tie_1_2` | [`from_wide`] |
//! | GraphML, a graph a family and wave | [`from_graphml`] |
//! | a network of many: two tables, or GraphML | [`network_from_tables`], [`network_from_graphml`] |
//!
//! [`COLUMNS`] lists the columns. [`to_tables`] writes circles as tables again, and [`Pseudonyms`] gives
//! families and persons other names.

mod build;
mod columns;
mod data;
mod faults;
mod graphml;
mod long;
mod neighbourhood;
mod options;
mod parse;
mod pseudonyms;
mod sheet;
mod waves;
mod wide;
mod words;
mod write;
mod xml;

pub use columns::{COLUMNS, ColumnKind, ColumnName};
pub use data::CircleData;
pub use faults::{CircleFault, CircleFaultKind, CircleFaults};
pub use graphml::{GraphFile, from_graphml, network_from_graphml};
pub use long::{CircleFiles, CircleTables, from_tables};
pub use neighbourhood::{NetworkData, network_from_tables};
pub use options::{CircleOptions, FamiliesFrom, NetworkOptions, PersonsFrom};
pub use pseudonyms::{FreeText, PersonLinks, PseudonymOptions, Pseudonyms};
pub use wide::{WideTables, from_wide};
pub use write::to_tables;
