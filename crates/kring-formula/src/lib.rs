//! The formula language of kring.
//!
//! A formula has four ages. A text is parsed into a [`Formula`]; the columns of a table are a
//! [`Schema`]; a [`Recipe`] fixes levels, codings, knots and polynomials from the data; and the
//! recipe makes a [`Design`](kring_core::Design) of that table or of new data, and a [`Contrast`]
//! of settings.
//!
//! The language is small and closed, and no code is run. Terms, codings, the order of columns and
//! the names of coefficients are R's.
//!
//! ```
//! use kring_core::{Column, Table};
//! use kring_formula::{DesignOptions, Formula, Recipe};
//! let table = Table::new(vec![
//!     Column::numeric("problems", vec![Some(6.0), Some(5.0), Some(4.0), Some(2.0)])?,
//!     Column::factor("arm", ["WT", "EKC"], vec![Some(0), Some(0), Some(1), Some(1)])?,
//!     Column::numeric("wave", vec![Some(1.0), Some(2.0), Some(1.0), Some(2.0)])?,
//!     Column::factor("family", ["a", "b"], vec![Some(0), Some(0), Some(1), Some(1)])?,
//! ])?;
//! let formula: Formula = "problems ~ arm * wave + (1 | family)".parse()?;
//! let recipe = Recipe::new(&formula, &table, &DesignOptions::default())?;
//! let design = recipe.design(&table)?;
//! assert_eq!(design.mean().columns, ["(Intercept)", "armEKC", "wave", "armEKC:wave"]);
//! assert_eq!(design.mean().random[0].grouping.levels, ["a", "b"]);
//! # Ok::<(), kring_formula::Error>(())
//! ```
//!
//! # Differences from R
//!
//! - The reference of `C(x, treatment, "level")` may be given by name or place, and the columns are
//!   named by level; R takes `base = 2` only and names the columns by number then.
//! - A function may be one of the list in [`Formula`] only, and `log` takes one argument.
//! - `.` leaves out groups, strata, clusters, subjects, weights and offsets as well as the response.
//! - A value outside the domain of a function is an error with its row; R warns, and drops it or
//!   fails later. `poly` leaves missing values out, where R refuses them.
//! - Knots of `ns` that coincide or lie outside the data are an error.
//! - In `(1 | a/b)` the inner group is `a:b`; lme4 calls it `b:a`. `(f || g)` is diagonal in the
//!   columns of the factor `f` too; in lme4 these stay correlated.
//! - Numbers are no operands: `a:1` and `a * 1` are errors. Where one operand is empty, as in
//!   `(a - a) * b`, the other stays; R loses both.
//!
//! Who it is for: whoever fits a model to a table. It reads no file and estimates nothing.

mod basis;
mod coding;
mod contrast;
mod error;
mod expand;
mod formula;
mod frame;
mod grid;
mod groups;
mod lexer;
mod matrix;
mod number;
mod options;
mod parser;
mod recipe;
mod response;
mod schema;
mod variable;

pub use contrast::{At, Contrast};
pub use error::{Error, Place};
pub use formula::Formula;
pub use grid::{CellWeights, Counterfactuals, GridOptions, ModelTerm, SetRows};
pub use options::{DesignOptions, OrderedCoding, ResponseKind, TimeColumns, WeightColumn};
pub use recipe::{Predictors, Recipe};
pub use schema::{ColumnKind, ColumnSchema, Schema};
