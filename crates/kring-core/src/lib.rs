//! The words of kring.
//!
//! Data pass through two narrow places. On the way in, a [`Table`] and a formula become a
//! [`Design`]: arrays, checked once, and all that a model may see. On the way out, a model says
//! what it found as an [`Estimate`], a [`JointTest`], a [`Component`], a [`Summary`], a [`Flow`]
//! or a [`Curve`]; what a study that is planned could find is a [`Power`]. A figure that somebody published is a [`Target`]; [`compare`] sets one of our
//! quantities beside it and gives a [`Verdict`].
//!
//! The circles around families are [`Circles`]; a neighbourhood is one [`Network`]. In how many ways
//! studies measured that a circle takes part is a list of its own: [`Indicator`].
//!
//! Where something is drawn, [`seed`] says how: one path of seeds serves estimators and simulations.
//!
//! Who it is for: the other crates of kring, and whoever reads or writes their results. It holds
//! no estimator, reads no file and knows no formula.
//!
//! Nothing undefined passes: a value is finite or absent, and the constructors here refuse
//! NaN and infinity.

mod baseline;
mod circle;
mod crosswalk;
mod curve;
mod date;
mod design;
mod error;
mod estimate;
mod finding;
mod flow;
mod funnel;
mod grid;
mod indicator;
mod joint_test;
mod near;
mod network;
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
pub use circle::{
    Agreement, AgreementRow, Alter, AlterRow, Approver, Approvers, By, Carrier, Circle,
    CircleTable, Circles, CirclesBuilder, Closeness, Course, Direction, Discipline, FamilyRow,
    FamilySide, Fault, FaultKind, Faults, Frequency, MeetingPart, Moment, Note, NoteKind, Parts,
    Place, Plan, Presence, Reported, Role, RoleKind, Sign, Standing, StandingRow, Support,
    Supports, Taker, TakerKey, Tie, TieRow,
};
pub use crosswalk::{Crosswalk, CrosswalkEntry};
pub use curve::{Curve, CurveKind, Point};
pub use date::Date;
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
pub use indicator::{Indicator, Need, side_by_side};
pub use joint_test::{Component, ComponentKind, JointTest};
pub use near::{meant, meant_elsewhere, nearest, suggestion};
pub use network::{Network, NetworkTie};
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
