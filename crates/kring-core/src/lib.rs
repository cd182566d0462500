//! The words of kring.
//!
//! Data pass through two narrow places. On the way in, a [`Table`] and a formula become a
//! [`Design`]: arrays, checked once, and all that a model may see. On the way out, a model says
//! what it found as an [`Estimate`], a [`JointTest`], a [`Component`], a [`Summary`], a [`Flow`]
//! or a [`Curve`]; what a study that is planned could find is a [`Power`]. A figure that somebody published is a [`Target`]; [`compare`] sets one of our
//! quantities beside it and gives a [`Verdict`].
//!
//! Where something is drawn, [`seed`] says how: one path of seeds serves estimators and simulations.
//!
//! Who it is for: the other crates of kring, and whoever reads or writes their results. It holds
//! no estimator, reads no file and knows no formula.
//!
//! Nothing undefined passes: a value is finite or absent, and the constructors here refuse
//! NaN and infinity.

mod baseline;
mod curve;
mod design;
mod error;
mod estimate;
mod finding;
mod flow;
mod funnel;
mod grid;
mod joint_test;
mod near;
mod patterns;
mod power;
mod published;
mod rate;
mod sample;
pub mod seed;
mod summary;
mod table;
mod target;
mod transition;
mod yes_no;

pub use baseline::{
    BaselineFigures, BaselineGroup, BaselineLevel, BaselineTable, BaselineVariable, Pairs, Shown,
    TwoLevels,
};
pub use curve::{Curve, CurveKind, Point};
pub use design::{
    Design, DesignParts, Grouping, Groups, Omission, Omitted, Part, RandomStructure, RandomTerm,
    Response, Term, Time, WeightKind, Weights,
};
pub use error::Error;
pub use estimate::{
    Alternative, Bootstrap, Boundary, Caution, Estimate, Interval, IntervalKind, Measure,
    Reference, Value,
};
pub use finding::{CheckKind, Finding, Outcome};
pub use flow::{ArmFlow, Flow, Pattern, WaveCount};
pub use funnel::{Funnel, FunnelLimit, FunnelLimits, FunnelPoint, Outside, Side};
pub use grid::{Grid, GridCell, GridFactor};
pub use joint_test::{Component, ComponentKind, JointTest};
pub use near::{nearest, suggestion};
pub use patterns::{PatternColumn, PatternRow, Patterns};
pub use power::{Assumed, AssumedFrom, Power, PowerUnit, Solved};
pub use published::{Bound, Figure, Locale, Published};
pub use rate::Rate;
pub use sample::Sample;
pub use summary::{LevelCount, Numbers, Stratum, Summary, SummaryKind};
pub use table::{Column, ColumnData, Factor, Numeric, Table};
pub use target::{
    Check, ComparedPart, Comparison, Evidence, NEAR_MISS_UNITS, Quantity, Seen, Source, Target,
    TargetInterval, Verdict, VerdictKind, compare,
};
pub use transition::Transition;
pub use yes_no::plain_yes;
