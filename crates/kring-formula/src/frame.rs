//! The rows of a table that are used, and what is computed from them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use kring_core::{ColumnData, Table, suggestion};

use crate::{
    Error,
    formula::{Argument, Kind, Node, Op},
    number::number_text,
};

/// Rows of a table in which nothing that is asked for is missing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub table: &'a Table,
    pub rows: &'a [usize],
}

impl Frame<'_> {
    /// The arithmetic of a piece, row by row.
    pub fn numbers(&self, node: &Node) -> Result<Vec<f64>, Error> {
        let values = self.computed(node)?;
        match values.iter().position(|value| !value.is_finite()) {
            None => Ok(values),
            Some(at) => Err(self.refused(node, &values, at, "a finite number")),
        }
    }

    /// For each row the place of its level among the recipe's levels.
    pub fn codes(&self, column: &str, levels: &[String]) -> Result<Vec<usize>, Error> {
        let places: HashMap<&str, usize> = levels
            .iter()
            .enumerate()
            .map(|(place, level)| (level.as_str(), place))
            .collect();
        let unseen = |row: usize, level: &str| Error::UnseenLevel {
            column: column.to_owned(),
            row: Some(row),
            level: level.to_owned(),
            suggestion: near_levels(level, levels),
        };
        match self.table.column(column)?.data() {
            ColumnData::Factor(factor) => {
                let place = |level: &String| places.get(level.as_str()).copied();
                let by_code: Vec<Option<usize>> = factor.levels().iter().map(place).collect();
                let label = |row| factor.label(row).unwrap_or_default();
                self.rows
                    .iter()
                    .map(|&row| {
                        let place = factor.code(row).and_then(|code| by_code[code as usize]);
                        place.ok_or_else(|| unseen(row, label(row)))
                    })
                    .collect()
            }
            ColumnData::Numeric(numeric) => {
                // Each number is written out once.
                let mut by_number: HashMap<u64, usize> = HashMap::new();
                self.rows
                    .iter()
                    .map(|&row| {
                        let value = numeric.get(row).unwrap_or_default();
                        match by_number.entry(value.to_bits()) {
                            Entry::Occupied(known) => Ok(*known.get()),
                            Entry::Vacant(new) => {
                                let level = number_text(value);
                                let place = places.get(level.as_str()).copied();
                                Ok(*new.insert(place.ok_or_else(|| unseen(row, &level))?))
                            }
                        }
                    })
                    .collect()
            }
        }
    }

    /// The levels seen in these rows: of a factor in the declared order, of numbers ascending.
    pub fn levels(&self, column: &str) -> Result<Vec<String>, Error> {
        match self.table.column(column)?.data() {
            ColumnData::Factor(factor) => {
                let mut seen = vec![false; factor.levels().len()];
                for code in self.rows.iter().filter_map(|&row| factor.code(row)) {
                    seen[code as usize] = true;
                }
                let levels = factor.levels().iter().zip(seen);
                Ok(levels
                    .filter(|(_, seen)| *seen)
                    .map(|(level, _)| level.clone())
                    .collect())
            }
            ColumnData::Numeric(numeric) => {
                let mut values: Vec<f64> = self
                    .rows
                    .iter()
                    .filter_map(|&row| numeric.get(row))
                    .collect();
                values.sort_by(f64::total_cmp);
                values.dedup();
                let mut levels: Vec<String> = values.into_iter().map(number_text).collect();
                levels.dedup();
                Ok(levels)
            }
        }
    }

    fn computed(&self, node: &Node) -> Result<Vec<f64>, Error> {
        match &node.kind {
            Kind::Number(value) => Ok(vec![*value; self.rows.len()]),
            Kind::Name(name) => {
                let numeric = self.table.numeric(name)?;
                Ok(self
                    .rows
                    .iter()
                    .map(|&row| numeric.get(row).unwrap_or_default())
                    .collect())
            }
            Kind::Parens(inner) | Kind::Sign(Op::Plus, inner) => self.computed(inner),
            Kind::Sign(_, inner) => Ok(self.computed(inner)?.into_iter().map(|x| -x).collect()),
            Kind::Power(base, exponent) => {
                let exponent = self.computed(exponent)?;
                let base = self.computed(base)?.into_iter();
                Ok(base.zip(exponent).map(|(x, k)| x.powf(k)).collect())
            }
            Kind::Chain(first, rest) => {
                let mut left = self.computed(first)?;
                for (op, node) in rest {
                    let right = self.computed(node)?;
                    let zero = right.iter().position(|&x| x == 0.0);
                    if let (Op::Over, Some(at)) = (op, zero) {
                        return Err(self.refused(node, &right, at, "a divisor other than zero"));
                    }
                    for (x, y) in left.iter_mut().zip(right) {
                        match op {
                            Op::Plus => *x += y,
                            Op::Minus => *x -= y,
                            Op::Over => *x /= y,
                            _ => *x *= y,
                        }
                    }
                }
                Ok(left)
            }
            Kind::Call(function, arguments) => self.applied(node, function, arguments),
            _ => Err(crate::variable::misplaced(
                node,
                "it is no arithmetic on numbers",
            )),
        }
    }

    fn applied(&self, call: &Node, name: &str, arguments: &[Argument]) -> Result<Vec<f64>, Error> {
        type Domain = (fn(f64) -> bool, &'static str);
        const ANY: Domain = (|_| true, "a number");
        const POSITIVE: Domain = (|x| x > 0.0, "a number above zero (for a logarithm)");
        let (function, (allowed, expected)): (fn(f64) -> f64, Domain) = match name {
            "I" => (|x| x, ANY),
            "abs" => (f64::abs, ANY),
            "exp" => (f64::exp, ANY),
            "log" => (f64::ln, POSITIVE),
            "log2" => (f64::log2, POSITIVE),
            "log10" => (f64::log10, POSITIVE),
            "log1p" => (f64::ln_1p, (|x| x > -1.0, "a number above -1 (for log1p)")),
            "sqrt" => (
                f64::sqrt,
                (|x| x >= 0.0, "zero or more (for a square root)"),
            ),
            _ => {
                return Err(crate::variable::misplaced(
                    call,
                    "it is no arithmetic on numbers",
                ));
            }
        };
        let [Argument { value, .. }] = arguments else {
            return Err(crate::variable::refused(call, "takes one argument"));
        };
        let values = self.computed(value)?;
        match values.iter().position(|&x| !allowed(x)) {
            None => Ok(values.into_iter().map(function).collect()),
            Some(at) => Err(self.refused(value, &values, at, expected)),
        }
    }

    fn refused(&self, node: &Node, values: &[f64], at: usize, expected: &'static str) -> Error {
        Error::Value {
            place: Some(node.span.clone().into()),
            what: format!("`{node}`"),
            row: Some(self.rows[at]),
            found: match values[at] {
                x if x.is_nan() => "undefined".to_owned(),
                x if x.is_infinite() => "infinite".to_owned(),
                x => number_text(x),
            },
            expected,
        }
    }
}

/// The level that was meant, or the levels there are; a short name is like too many others.
pub(crate) fn near_levels(level: &str, levels: &[String]) -> String {
    const SHOWN: usize = 12;
    match levels {
        _ if level.chars().count() > 2 => suggestion(level, levels.iter().map(String::as_str)),
        [] => String::new(),
        _ if levels.len() <= SHOWN => format!("; there are: {}", levels.join(", ")),
        _ => format!("; the first are: {}", levels[..SHOWN].join(", ")),
    }
}
