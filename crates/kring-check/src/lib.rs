//! Checks of published figures: can they stand together as printed?
//!
//! Every check works on what the printed digits admit. A figure printed as `84%` stands for every
//! number from 83.5 to 84.5, however halves were rounded (up, down, to even); a check finds an
//! inconsistency only if no choice within these ranges makes the arithmetic come out. Counts are
//! exact. A finding is no accusation.
//!
//! | check | question |
//! |---|---|
//! | [`grim`], [`Grim`] | can this mean or percentage come from n whole numbers? |
//! | [`grimmer`] | can this mean and SD? |
//! | [`debit`] | can this share and SD come from n zeros and ones? |
//! | [`shares`], [`possible_n`] | can these percentages be shares of one n? |
//! | [`p_value`] | does p follow from t, z, r, χ² or F? |
//! | [`interval`], [`interval_p_value`] | do estimate, interval and p belong together? |
//! | [`spread`] | do SD, SE and interval of a mean belong together? |
//! | [`weighted_mean`] | does the mean of all follow from the groups? |
//! | [`sum`], [`difference`], [`share`], [`product`] | does the arithmetic come out? |
//! | [`possible_sums`] | which sums give this mean? |
//! | [`on_scale`], [`probability`] | can this mean, or this p-value, be at all? |
//!
//! [`Figures::check`] runs all that the figures printed about one number allow, [`Figures::check_alone`]
//! where there is no protocol around them. Where a check comes
//! from says [`CheckKind::reference`].

mod arithmetic;
mod debit;
mod error;
mod figures;
mod grim;
mod grimmer;
mod interval;
mod p_value;
mod possible;
mod range;
mod shares;
mod spread;
#[cfg(test)]
mod tests;
mod weighted_mean;

pub use arithmetic::{difference, product, share, sum};
pub use debit::debit;
pub use error::Error;
pub use figures::Figures;
pub use grim::{Grim, GrimOf, PossibleSums, grim, possible_sums};
pub use grimmer::{Scale, grimmer};
pub use interval::{IntervalScale, IntervalTest, interval, interval_p_value};
use kring_core::{CheckKind, Finding, Outcome};
pub use p_value::{PublishedTest, Sides, p_value, read_test};
pub use possible::{on_scale, probability};
pub use shares::{Categories, PossibleN, possible_n, shares};
pub use spread::{Spread, spread};
pub use weighted_mean::{GroupMean, weighted_mean};

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which check it was.
    pub kind: CheckKind,
    /// What came of it.
    pub outcome: Outcome,
    /// The arithmetic.
    pub arithmetic: String,
    /// What it means.
    pub meaning: String,
}

impl Found {
    /// The same under a name, of figures of which nothing is declared: they should be consistent.
    pub fn finding(self, id: impl Into<String>) -> Finding {
        Finding {
            id: id.into(),
            kind: self.kind,
            claims: Vec::new(),
            outcome: self.outcome,
            arithmetic: self.arithmetic,
            meaning: self.meaning,
            expect: Outcome::Consistent,
        }
    }
}

fn outcome(fits: bool) -> Outcome {
    if fits {
        Outcome::Consistent
    } else {
        Outcome::Inconsistent
    }
}
