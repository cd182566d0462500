//! What the tests of groups ask of their data at the door, and the sample they rest on.

use kring_core::Sample;

use crate::Error;
use crate::t_test::Group;

/// Each group has so many values, and all of them are finite.
pub(crate) fn check(
    method: &'static str,
    groups: &[Group<'_>],
    needed: usize,
) -> Result<(), Error> {
    for group in groups {
        at_least(
            method,
            format!("values in group {}", group.name),
            needed,
            group.values.len(),
        )?;
        if let Some(x) = group.values.iter().find(|x| !x.is_finite()) {
            return Err(Error::Argument {
                what: format!("a value of {}", group.name),
                expected: "a finite number (leave missing values out)",
                found: x.to_string(),
            });
        }
    }
    Ok(())
}

/// As many values after as before.
pub(crate) fn check_pairs(
    method: &'static str,
    after: Group<'_>,
    before: Group<'_>,
    needed: usize,
) -> Result<(), Error> {
    if after.values.len() != before.values.len() {
        return Err(Error::Shape {
            what: format!("{method} of {} and {}", after.name, before.name),
            expected: "as many values after as before".to_owned(),
            found: format!("{} and {}", after.values.len(), before.values.len()),
        });
    }
    at_least(
        method,
        format!("pairs of {} and {}", after.name, before.name),
        needed,
        after.values.len(),
    )?;
    check(method, &[after, before], 0)
}

/// There are so many of something.
pub(crate) fn at_least(
    method: &'static str,
    what: String,
    needed: usize,
    found: usize,
) -> Result<(), Error> {
    if found >= needed {
        return Ok(());
    }
    Err(Error::TooFew {
        method,
        what,
        needed,
        found,
    })
}

/// A number of the options that must be finite.
pub(crate) fn check_null(null: f64) -> Result<(), Error> {
    if null.is_finite() {
        return Ok(());
    }
    Err(Error::Argument {
        what: "the value under the null hypothesis".to_owned(),
        expected: "a finite number",
        found: null.to_string(),
    })
}

/// The groups as the sample of a result.
pub(crate) fn sample(groups: &[Group<'_>]) -> Sample {
    Sample {
        rows: groups.iter().map(|group| group.values.len()).sum(),
        groups: groups
            .iter()
            .map(|group| (group.name.to_owned(), group.values.len()))
            .collect(),
        ..Sample::default()
    }
}
