//! The left side of a formula → a response of a kind that is fixed once.

use kring_core::Response;
use ndarray::Array1;

use crate::{
    Error, ResponseKind, Schema,
    expand::{Outcome, Shape},
    formula::{Kind, Node},
    frame::Frame,
    matrix::complete_rows,
    number::number_text,
    schema::ColumnKind,
};

/// How the response is read from a table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    Continuous(Node),
    Binary(ZeroOne),
    Count(Node),
    Proportion(Node, Node),
    Ordinal {
        column: String,
        levels: Vec<String>,
    },
    Survival {
        entry: Option<Node>,
        time: Node,
        event: ZeroOne,
    },
    Multi(Vec<Reading>),
}

/// Numbers 0 and 1, or a factor whose second level is 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ZeroOne {
    Numbers(Node),
    Second { column: String, levels: Vec<String> },
}

impl Reading {
    /// The reading of a left side under a declared kind.
    pub fn fix(
        outcome: &Outcome,
        declared: ResponseKind,
        schema: &Schema,
        frame: Frame<'_>,
    ) -> Result<Self, Error> {
        let refused = |why: &str| refused(&outcome.node, why);
        match (&outcome.shape, declared) {
            (Shape::Plain, kind) => Self::one(&outcome.node, kind, schema, frame),
            (Shape::Cbind(nodes), ResponseKind::Auto) => match nodes.as_slice() {
                [successes, failures] => {
                    numeric(successes, schema)?;
                    numeric(failures, schema)?;
                    Ok(Self::Proportion(successes.clone(), failures.clone()))
                }
                _ => Err(refused(
                    "has more than two columns: a proportion is cbind(successes, failures), and \
                     several outcomes need a declared kind, such as continuous",
                )),
            },
            (Shape::Cbind(_), ResponseKind::Ordinal) => Err(refused(
                "is several columns, which cannot be declared ordinal",
            )),
            (Shape::Cbind(nodes), kind) => {
                let each = nodes
                    .iter()
                    .map(|node| Self::one(node, kind, schema, frame));
                Ok(Self::Multi(each.collect::<Result<_, _>>()?))
            }
            (Shape::Surv(nodes), ResponseKind::Auto) => {
                let (entry, time, event) = match nodes.as_slice() {
                    [entry, time, event] => (Some(entry), time, event),
                    [time, event] => (None, time, event),
                    _ => return Err(refused("needs a time and an event")),
                };
                entry
                    .into_iter()
                    .chain([time])
                    .try_for_each(|node| numeric(node, schema))?;
                Ok(Self::Survival {
                    entry: entry.cloned(),
                    time: time.clone(),
                    event: ZeroOne::fix(event, schema)?,
                })
            }
            (Shape::Surv(_), _) => Err(refused(
                "is a survival time; leave its declared kind at auto",
            )),
        }
    }

    fn one(
        node: &Node,
        declared: ResponseKind,
        schema: &Schema,
        frame: Frame<'_>,
    ) -> Result<Self, Error> {
        let column = match &node.kind {
            Kind::Name(name) => Some((name.clone(), schema.kind(name, &node.span)?)),
            _ => None,
        };
        let levels = match &column {
            Some((_, ColumnKind::Factor { levels, ordered })) => Some((levels, *ordered)),
            _ => None,
        };
        match (declared, levels) {
            (ResponseKind::Auto | ResponseKind::Continuous, None) => {
                Ok(Self::Continuous(node.clone()))
            }
            (ResponseKind::Count, None) => Ok(Self::Count(node.clone())),
            (ResponseKind::Binary, _) => ZeroOne::fix(node, schema).map(Self::Binary),
            (ResponseKind::Auto, Some((levels, _))) if levels.len() == 2 => {
                ZeroOne::fix(node, schema).map(Self::Binary)
            }
            (ResponseKind::Auto, Some((_, true))) | (ResponseKind::Ordinal, _) => {
                let Some((column, kind)) = column else {
                    return Err(refused(
                        node,
                        "is arithmetic, which cannot be declared ordinal",
                    ));
                };
                let levels = match kind {
                    ColumnKind::Factor { levels, .. } => levels.clone(),
                    ColumnKind::Numeric => {
                        let rows = complete_rows(frame.table, std::slice::from_ref(&column))?;
                        Frame {
                            rows: &rows,
                            ..frame
                        }
                        .levels(&column)?
                    }
                };
                Ok(Self::Ordinal { column, levels })
            }
            (ResponseKind::Auto, Some((levels, false))) => Err(refused(
                node,
                &format!(
                    "is a factor of {} levels ({}) without an order; declare it ordinal, or use a \
                     factor of two levels or a number",
                    levels.len(),
                    levels.join(", ")
                ),
            )),
            (ResponseKind::Continuous | ResponseKind::Count, Some(_)) => Err(refused(
                node,
                "is a factor, but the model needs numbers; correct the values that are no numbers, or use another response",
            )),
        }
    }

    /// The response of some rows.
    pub fn rows(&self, frame: Frame<'_>) -> Result<Response, Error> {
        let array = |node: &Node| frame.numbers(node).map(Array1::from);
        let count = |node: &Node| {
            let expected = "a whole number, zero or more";
            checked(frame, node, expected, |x| x >= 0.0 && x.fract() == 0.0)
        };
        Ok(match self {
            Self::Continuous(node) => Response::Continuous(array(node)?),
            Self::Count(node) => Response::Count(count(node)?),
            Self::Binary(zero_one) => Response::Binary(zero_one.rows(frame)?),
            Self::Proportion(successes, failures) => {
                let successes = count(successes)?;
                Response::Proportion {
                    trials: &successes + &count(failures)?,
                    successes,
                }
            }
            Self::Ordinal { column, levels } => {
                let codes = frame.codes(column, levels)?.into_iter();
                let codes = codes
                    .map(|code| u32::try_from(code).unwrap_or(u32::MAX))
                    .collect();
                Response::Ordinal {
                    levels: levels.clone(),
                    codes,
                }
            }
            Self::Survival { entry, time, event } => {
                let time_node = time;
                let time = checked(frame, time, "a time of zero or more", |t| t >= 0.0)?;
                let entry = entry.as_ref().map(array).transpose()?;
                let late = entry.iter().flat_map(|entry| entry.iter().zip(&time));
                if let Some(at) = { late }.position(|(entry, time)| entry >= time) {
                    let found = number_text(time[at]);
                    return Err(value(frame, time_node, at, found, "a time after the entry"));
                }
                Response::Survival {
                    entry,
                    time,
                    event: event.rows(frame)?,
                }
            }
            Self::Multi(all) => Response::Multi(
                all.iter()
                    .map(|one| one.rows(frame))
                    .collect::<Result<_, _>>()?,
            ),
        })
    }
}

impl ZeroOne {
    fn fix(node: &Node, schema: &Schema) -> Result<Self, Error> {
        let Kind::Name(name) = &node.kind else {
            return Ok(Self::Numbers(node.clone()));
        };
        match schema.kind(name, &node.span)? {
            ColumnKind::Numeric => Ok(Self::Numbers(node.clone())),
            ColumnKind::Factor { levels, .. } if levels.len() == 2 => Ok(Self::Second {
                column: name.clone(),
                levels: levels.clone(),
            }),
            ColumnKind::Factor { levels, .. } => Err(refused(
                node,
                &format!(
                    "is a factor of {} levels ({}), but two were expected, the second being 1",
                    levels.len(),
                    levels.join(", ")
                ),
            )),
        }
    }

    fn rows(&self, frame: Frame<'_>) -> Result<Array1<f64>, Error> {
        match self {
            Self::Numbers(node) => checked(frame, node, "0 or 1", |x| x == 0.0 || x == 1.0),
            Self::Second { column, levels } => Ok(frame
                .codes(column, levels)?
                .into_iter()
                .map(|code| code as f64)
                .collect()),
        }
    }
}

fn numeric(node: &Node, schema: &Schema) -> Result<(), Error> {
    schema.check_numeric(node, "this place of the response")
}

fn checked(
    frame: Frame<'_>,
    node: &Node,
    expected: &'static str,
    allowed: impl Fn(f64) -> bool,
) -> Result<Array1<f64>, Error> {
    let values = frame.numbers(node)?;
    match values.iter().position(|&x| !allowed(x)) {
        None => Ok(values.into()),
        Some(at) => Err(value(frame, node, at, number_text(values[at]), expected)),
    }
}

fn value(frame: Frame<'_>, node: &Node, at: usize, found: String, expected: &'static str) -> Error {
    Error::Value {
        place: Some(node.span.clone().into()),
        what: format!("`{node}`"),
        row: Some(frame.rows[at]),
        found,
        expected,
    }
}

fn refused(node: &Node, why: &str) -> Error {
    Error::Response {
        place: node.span.clone().into(),
        response: node.to_string(),
        why: why.to_owned(),
    }
}
