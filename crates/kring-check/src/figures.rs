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
                        sample: self.sample,
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

    /// Runs every check that these figures allow where nothing else is known of them.
    ///
    /// A percentage of a sample is taken as a share of whole people, for that is what nearly all of them
    /// are; say `whole_items` where each person contributes more. What no check can be made of is an error
    /// that says what is lacking.
    ///
    /// ```
    /// use kring_check::Figures;
    /// use kring_core::{CheckKind, Locale, Outcome, Published};
    /// let share = Published::parse("23.4%", Locale::English)?;
    /// let figures = Figures { sample: Some(55), ..Figures::of(share) };
    /// // 12/55 = 21.8% and 13/55 = 23.6%.
    /// let found = figures.check_alone()?;
    /// assert_eq!((found[0].kind, found[0].outcome), (CheckKind::Grim, Outcome::Inconsistent));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_alone(&self) -> Result<Vec<Found>, Error> {
        let nothing = |why: &str| {
            Err(Error::Argument {
                what: self.value.text.clone(),
                why: format!("nothing to check: {why}"),
            })
        };
        // With an interval or a value of no effect it may be a difference of shares, which GRIM knows nothing of.
        let stands_alone = self.sd.is_none()
            && self.std_error.is_none()
            && self.test.is_none()
            && self.interval.is_none()
            && self.null.is_none()
            && self.value.value().is_none_or(|value| value >= 0.0);
        let of_people = self.value.percent && self.sample.is_some() && stands_alone;
        let figures = Self {
            whole_items: self.whole_items.or(of_people.then_some(1)),
            ..self.clone()
        };
        let mut found = figures.check()?;
        let is_possible = |p| probability(p).outcome == Outcome::Consistent;
        let p_alone = self.test.is_none()
            && self.interval.is_none()
            && self.p_value.as_ref().is_some_and(is_possible);
        let why = if p_alone {
            "a p-value follows from a statistic or an interval. Give the statistic as the value with its `test`: \
             t(28), F(2, 24), chi2(1), r(28) or z; or the `interval`. An effect size such as d has a p-value only \
             through one of these"
        } else if self.test.is_some() && self.p_value.is_none() {
            "the test has no p-value to compare with; give `p_value`"
        } else {
            "give what a check needs: `sample`, and of a mean `whole_items`; with them `sd`; `test` and `p_value`; \
             `interval`; `scale`"
        };
        match found.last_mut() {
            None => return nothing(why),
            // What was printed beside it and could not be checked is not passed over.
            Some(last) if p_alone => {
                last.meaning = format!("{} The p-value was not checked: {why}.", last.meaning);
            }
            Some(_) => {}
        }
        Ok(found)
    }

    fn is_binary(&self) -> bool {
        self.value.percent || self.scale == Some(Scale { low: 0, high: 1 })
    }
}
