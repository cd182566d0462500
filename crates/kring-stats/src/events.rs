//! How many of how many: the input of every comparison of shares.

use kring_core::{Alternative, Caution, Estimate, Interval, Measure, Reference, Sample, Value};

use crate::Error;

/// So many of a group had the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Events<'a> {
    /// What the group is called.
    pub name: &'a str,
    /// How many had the event.
    pub events: u64,
    /// How many there were.
    pub n: u64,
}

/// Pairs of one subject's two answers, or of two matched subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairs<'a> {
    /// What the first of each pair is called: `after`.
    pub first: &'a str,
    /// What the second is called: `before`.
    pub second: &'a str,
    /// Pairs in which both had the event.
    pub both: u64,
    /// Pairs in which only the first had it.
    pub first_only: u64,
    /// Pairs in which only the second had it.
    pub second_only: u64,
    /// Pairs in which neither had it.
    pub neither: u64,
}

/// Two groups within one stratum: a site, a wave, a matched set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stratum<'a> {
    /// What the stratum is called.
    pub name: &'a str,
    /// The first group.
    pub x: Events<'a>,
    /// The group that it is compared with.
    pub y: Events<'a>,
}

impl Events<'_> {
    /// The same, if there is anybody and no more events than that.
    pub(crate) fn checked(self, method: &'static str) -> Result<Self, Error> {
        if self.n == 0 {
            return Err(Error::TooFew {
                method,
                what: format!("subjects in {}", self.name),
                needed: 1,
                found: 0,
            });
        }
        self.within()
    }

    /// The same, if there are no more events than subjects.
    pub(crate) fn within(self) -> Result<Self, Error> {
        if self.events > self.n {
            return Err(Error::Argument {
                what: format!("the number of events in {}", self.name),
                expected: "at most the number of subjects",
                found: format!("{} of {}", self.events, self.n),
            });
        }
        Ok(self)
    }

    pub(crate) fn with(&self) -> f64 {
        self.events as f64
    }

    pub(crate) fn without(&self) -> f64 {
        (self.n - self.events) as f64
    }

    pub(crate) fn size(&self) -> f64 {
        self.n as f64
    }

    pub(crate) fn share(&self) -> f64 {
        self.with() / self.size()
    }
}

impl Pairs<'_> {
    pub(crate) fn total(&self) -> f64 {
        [self.both, self.first_only, self.second_only, self.neither]
            .iter()
            .map(|&n| n as f64)
            .sum()
    }

    pub(crate) fn sample(&self) -> Sample {
        Sample::of(rows(self.total()))
    }
}

/// Two groups that were looked at: `x / y` or `x − y`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Two<'a> {
    pub x: Events<'a>,
    pub y: Events<'a>,
}

impl<'a> Two<'a> {
    pub fn checked(method: &'static str, x: Events<'a>, y: Events<'a>) -> Result<Self, Error> {
        Ok(Self {
            x: x.checked(method)?,
            y: y.checked(method)?,
        })
    }

    pub fn sample(&self) -> Sample {
        let groups = [self.x, self.y].map(|group| (group.name.to_owned(), rows(group.size())));
        Sample {
            rows: rows(self.x.size() + self.y.size()),
            groups: groups.to_vec(),
            ..Sample::default()
        }
    }

    pub fn ratio_label(&self) -> String {
        format!("{} / {}", self.x.name, self.y.name)
    }

    pub fn difference_label(&self) -> String {
        format!("{} − {}", self.x.name, self.y.name)
    }
}

/// A count as a number of rows.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a sum of counts is a count"
)]
pub(crate) fn rows(n: f64) -> usize {
    n as usize
}

/// The parts of an estimate that differ from one method to the next.
pub(crate) struct Found {
    pub label: String,
    pub measure: Measure,
    pub value: Value,
    pub std_error: Option<f64>,
    pub null: f64,
    pub alternative: Alternative,
    pub reference: Reference,
    pub interval: Option<Interval>,
    pub p_value: Option<f64>,
    pub sample: Sample,
    pub method: &'static str,
    pub cautions: Vec<Caution>,
}

impl Found {
    pub fn estimate(self) -> Result<Estimate, Error> {
        let estimate = Estimate {
            label: self.label,
            measure: self.measure,
            value: self.value,
            std_error: self.std_error,
            null: self.null,
            alternative: self.alternative,
            reference: self.reference,
            interval: self.interval,
            p_value: self.p_value,
            sample: self.sample,
            method: self.method.to_owned(),
            cautions: self.cautions,
        };
        Ok(estimate.checked()?)
    }
}

/// The log of a ratio under the null hypothesis, if it is one.
pub(crate) fn ln_null(ratio: f64) -> Result<f64, Error> {
    if ratio > 0.0 && ratio.is_finite() {
        return Ok(ratio.ln());
    }
    Err(Error::Argument {
        what: "the ratio under the null hypothesis".to_owned(),
        expected: "a number above zero, such as 1",
        found: ratio.to_string(),
    })
}
