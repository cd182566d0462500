//! All checks that the figures printed about one number allow.

use kring_core::{Outcome, Published, TargetInterval};

use crate::Error;
use crate::{
    Found, IntervalScale, IntervalTest, PublishedTest, Scale, Sides, Spread, debit, grim, grimmer,
    interval, interval_p_value, on_scale, p_value, probability, spread,
};

/// What was printed about one number: whatever is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// The number: a mean, a percentage, an estimate, a statistic.
    pub value: Published,
    /// How many it rests on.
    pub sample: Option<usize>,
    /// How many whole numbers each of them contributes, where they are whole.
    pub whole_items: Option<u32>,
    /// The answers that each of these whole numbers may be.
    pub scale: Option<Scale>,
    /// The standard deviation beside a mean.
    pub sd: Option<Published>,
    /// The standard error beside a mean.
    pub std_error: Option<Published>,
    /// The interval.
    pub interval: Option<TargetInterval>,
    /// The scale on which the interval is symmetric; of percentages free, else either, unless given.
    pub interval_scale: Option<IntervalScale>,
    /// The value of no effect: 0, or 1 for a ratio, unless given.
    pub null: Option<f64>,
    /// The p-value.
    pub p_value: Option<Published>,
    /// The test of which the value is the statistic.
    pub test: Option<PublishedTest>,
    /// On how many sides it was tested.
    pub sides: Sides,
}

impl Figures {
    /// A number of which nothing else is known.
    pub fn of(value: Published) -> Self {
        Self {
            value,
            sample: None,
            whole_items: None,
            scale: None,
            sd: None,
            std_error: None,
            interval: None,
            interval_scale: None,
            null: None,
            p_value: None,
            test: None,
            sides: Sides::Two,
        }
    }

    /// Runs every check that these figures allow.
    ///
    /// | check | needs |
    /// |---|---|
    /// | GRIM | `sample`, `whole_items` |
    /// | DEBIT | these with one item, `sd`, and a percentage or the scale 0 to 1 |
    /// | GRIMMER | these and `sd`, where it is not DEBIT |
    /// | p-value | `test`, `p_value` |
    /// | interval | `interval`, without `test` |
    /// | p from interval | `interval`, `p_value`, without `test` |
    /// | spread | `sample`, and two at least of `sd`, `std_error` and `interval` |
    /// | range | `scale` or `p_value`, where the figure cannot be, or where nothing else is checked |
    ///
    /// ```
    /// use kring_check::Figures;
    /// use kring_core::{Locale, Outcome, Published};
    /// let figure = |text| Published::parse(text, Locale::English);
    /// let figures = Figures {
    ///     sample: Some(28),
    ///     whole_items: Some(1),
    ///     sd: Some(figure("1.50")?),
    ///     ..Figures::of(figure("5.19")?)
    /// };
    /// let found = figures.check()?;
    /// assert_eq!(found.len(), 2);
    /// assert_eq!(found[0].outcome, Outcome::Inconsistent);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check(&self) -> Result<Vec<Found>, Error> {
        let impossible = |found: &Found| found.outcome != Outcome::Consistent;
        let mut found = Vec::new();
        let scaled = self.scale.map(|scale| on_scale(&self.value, scale));
        found.extend(scaled.clone().filter(impossible));
        // What is no p-value follows from nothing.
        let no_p = self.p_value.as_ref().map(probability).filter(impossible);
        let p_printed = self.p_value.as_ref().filter(|_| no_p.is_none());
        found.extend(no_p);
        if let (Some(n), Some(items)) = (self.sample, self.whole_items) {
            found.push(grim(&self.value, n, items)?);
            if let Some(sd) = &self.sd {
                found.push(if items == 1 && self.is_binary() {
                    debit(&self.value, sd, n)?
                } else {
                    grimmer(&self.value, sd, n, items, self.scale)?
                });
            }
        }
        match (self.test, p_printed, &self.interval) {
            (Some(test), Some(p), _) => found.push(p_value(&self.value, test, p, self.sides)?),
            (None, p, Some(printed)) => {
                let scale = self.interval_scale.unwrap_or(if self.value.percent {
                    IntervalScale::Free
                } else {
                    IntervalScale::Either
                });
                found.push(interval(&self.value, printed, scale)?);
                if let Some(p) = p {
                    let options = IntervalTest {
                        scale,
                        null: self.null,
                        df: None,
                    };
                    found.push(interval_p_value(&self.value, printed, p, &options)?);
                }
            }
            _ => {}
        }
        let of_a_mean = self.sd.is_some() || self.std_error.is_some();
        let two = [
            self.sd.is_some(),
            self.std_error.is_some(),
            self.interval.is_some(),
        ];
        let two = two.into_iter().filter(|&printed| printed).count() >= 2;
        if let (Some(n), true, true) = (self.sample, of_a_mean, two) {
            found.push(spread(&Spread {
                n,
                sd: self.sd.as_ref(),
                std_error: self.std_error.as_ref(),
                interval: self.interval.as_ref(),
            })?);
        }
        if found.is_empty() {
            found.extend(scaled);
        }
        Ok(found)
    }

    fn is_binary(&self) -> bool {
        self.value.percent || self.scale == Some(Scale { low: 0, high: 1 })
    }
}
