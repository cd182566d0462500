//! Terms → a model matrix, as R's `model.matrix` builds it.
//!
//! Which coding a factor gets in a term is decided by the term without that factor, its margin:
//! contrasts where the margin is empty or within an earlier term, else one column for every level.
//! Without an intercept the first factor of the first term that has one gets every level.
//! A term's columns are the products of its variables' columns, the first variable running fastest.

use std::ops::Range;

use kring_core::Table;
use ndarray::{Array2, s};

use crate::{
    Error, OrderedCoding, Schema,
    basis::{Poly, Spline},
    coding::{Coding, full_rows},
    expand::Terms,
    formula::Node,
    frame::{Frame, near_levels},
    schema::ColumnKind,
    variable::{Atom, Base, Choice, Knots, Variable, each_column},
};

/// How many columns a model matrix may have.
const COLUMNS: usize = 10_000;

/// A model matrix whose codings are fixed, so that any rows can be put into it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matrix {
    pub bases: Vec<Basis>,
    /// The intercept, where there is one, is a term without factors.
    pub terms: Vec<TermPlan>,
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TermPlan {
    pub name: String,
    /// Which bases are multiplied, and whether each gives a column for every level.
    pub factors: Vec<(usize, bool)>,
    pub columns: Range<usize>,
}

/// A variable whose coding is fixed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Basis {
    pub label: String,
    /// The columns that it reads.
    pub reads: Vec<String>,
    kind: BasisKind,
}

#[derive(Debug, Clone, PartialEq)]
enum BasisKind {
    Numeric(Node),
    Poly(Node, Poly),
    Spline(Node, Spline),
    Factor {
        column: String,
        levels: Vec<String>,
        coding: Coding,
    },
}

impl Matrix {
    /// Fixes every coding from the rows of a table in which its columns are there.
    pub fn fix(
        terms: &Terms,
        schema: &Schema,
        table: &Table,
        ordered: OrderedCoding,
    ) -> Result<Self, Error> {
        let needed = |v: usize| terms.sets.iter().any(|term| term.contains(&v));
        let mut places = vec![0; terms.variables.len()];
        let mut bases = Vec::new();
        for (v, variable) in terms
            .variables
            .iter()
            .enumerate()
            .filter(|(v, _)| needed(*v))
        {
            places[v] = bases.len();
            bases.push(Basis::fix(variable, schema, table, ordered)?);
        }
        let mut codings: Vec<Vec<(usize, bool)>> = (0..terms.sets.len())
            .map(|t| {
                let factors = terms.sets[t].iter();
                factors
                    .map(|&v| (places[v], !has_margin(&terms.sets, t, v)))
                    .collect()
            })
            .collect();
        if !terms.intercept {
            let mut factors = codings.iter_mut().flatten();
            if let Some((_, full)) = factors.find(|(b, _)| bases[*b].levels().is_some()) {
                *full = true;
            }
        }
        let mut matrix = Self {
            bases,
            terms: Vec::new(),
            columns: Vec::new(),
        };
        if terms.intercept {
            matrix.push("(Intercept)".to_owned(), Vec::new(), 0..0)?;
        }
        for (term, factors) in terms.sets.iter().zip(codings) {
            let spans = || term.iter().map(|&v| &terms.variables[v].node.span);
            let start = spans().map(|span| span.start).min().unwrap_or(0);
            let end = spans().map(|span| span.end).max().unwrap_or(start);
            matrix.push(terms.label(term), factors, start..end)?;
        }
        Ok(matrix)
    }

    fn push(
        &mut self,
        name: String,
        factors: Vec<(usize, bool)>,
        span: Range<usize>,
    ) -> Result<(), Error> {
        let start = self.columns.len();
        let width = factors.iter().try_fold(1_usize, |width, &(b, full)| {
            width.checked_mul(self.bases[b].width(full))
        });
        if width.is_none_or(|width| start + width > COLUMNS) {
            return Err(Error::TooLarge {
                place: span.into(),
                what: "its model matrix would have too many columns",
                limit: COLUMNS,
            });
        }
        if factors.is_empty() {
            self.columns.push(name.clone());
        } else {
            let names: Vec<_> = factors
                .iter()
                .map(|&(b, full)| self.bases[b].names(full))
                .collect();
            let mut products = names[0].clone();
            for names in &names[1..] {
                let longer = names.iter();
                products = longer
                    .flat_map(|name| {
                        products
                            .iter()
                            .map(move |before| format!("{before}:{name}"))
                    })
                    .collect();
            }
            self.columns.extend(products);
        }
        let columns = start..self.columns.len();
        self.terms.push(TermPlan {
            name,
            factors,
            columns,
        });
        Ok(())
    }

    /// The columns that a term reads.
    pub fn reads(&self, term: &TermPlan) -> impl Iterator<Item = &str> {
        let bases = term.factors.iter().map(|&(b, _)| &self.bases[b]);
        bases.flat_map(|basis| basis.reads.iter().map(String::as_str))
    }

    /// The model matrix of some rows; terms that are not `wanted` are left zero.
    pub fn rows(
        &self,
        frame: Frame<'_>,
        wanted: impl Fn(&TermPlan) -> bool,
    ) -> Result<Array2<f64>, Error> {
        let n = frame.rows.len();
        let mut x = Array2::zeros((n, self.columns.len()));
        let mut known: Vec<[Option<Array2<f64>>; 2]> = vec![[None, None]; self.bases.len()];
        for term in self.terms.iter().filter(|term| wanted(term)) {
            let mut product = Array2::ones((n, 1));
            for &(b, full) in &term.factors {
                let factor = match &mut known[b][usize::from(full)] {
                    Some(factor) => factor,
                    empty => empty.insert(self.bases[b].rows(frame, full)?),
                };
                product = products(&product, factor);
            }
            x.slice_mut(s![.., term.columns.clone()]).assign(&product);
        }
        Ok(x)
    }
}

/// Whether a term without one of its variables is empty or within an earlier term.
fn has_margin(terms: &[Vec<usize>], term: usize, variable: usize) -> bool {
    let mut margin = terms[term].iter().filter(|&&v| v != variable).peekable();
    if margin.peek().is_none() {
        return true;
    }
    let margin: Vec<_> = margin.collect();
    terms[..term]
        .iter()
        .any(|earlier| margin.iter().all(|v| earlier.binary_search(v).is_ok()))
}

fn products(left: &Array2<f64>, right: &Array2<f64>) -> Array2<f64> {
    let width = left.ncols();
    let shape = (left.nrows(), width * right.ncols());
    Array2::from_shape_fn(shape, |(i, j)| left[[i, j % width]] * right[[i, j / width]])
}

impl Basis {
    fn fix(
        variable: &Variable,
        schema: &Schema,
        table: &Table,
        ordered: OrderedCoding,
    ) -> Result<Self, Error> {
        let Variable { label, node, atom } = variable;
        let mut reads: Vec<String> = Vec::new();
        each_column(node, &mut |name, _| reads.extend(name.map(str::to_owned)));
        let rows = complete_rows(table, &reads)?;
        let frame = Frame { table, rows: &rows };
        let is_factor = |column: &str| {
            schema
                .kind(column, &node.span)
                .map(|kind| *kind != ColumnKind::Numeric)
        };
        let kind = match atom {
            Atom::Column(column) if is_factor(column)? => {
                factor(variable, column, false, None, schema, frame, ordered)?
            }
            Atom::Factor {
                column,
                refactor,
                choice,
            } => factor(
                variable,
                column,
                *refactor,
                choice.as_ref(),
                schema,
                frame,
                ordered,
            )?,
            Atom::Column(_) | Atom::Arithmetic => BasisKind::Numeric(node.clone()),
            Atom::Poly {
                argument,
                degree,
                raw: true,
            } => BasisKind::Poly(argument.clone(), Poly::raw(*degree)),
            Atom::Poly {
                argument,
                degree,
                raw: false,
            } => {
                let x = frame.numbers(argument)?;
                let mut distinct = x.clone();
                distinct.sort_by(f64::total_cmp);
                distinct.dedup();
                if *degree >= distinct.len() {
                    return Err(Error::Degree {
                        place: node.span.clone().into(),
                        term: label.clone(),
                        degree: *degree,
                        distinct: distinct.len(),
                    });
                }
                BasisKind::Poly(argument.clone(), Poly::orthogonal(&x, *degree))
            }
            Atom::Ns { argument, knots } => {
                let x = frame.numbers(argument)?;
                let spline = match knots {
                    Knots::Df(df) => Spline::with_df(&x, *df),
                    Knots::At(knots) => Spline::with_knots(&x, knots),
                };
                let (place, term) = (node.span.clone().into(), label.clone());
                let spline = spline.map_err(|why| Error::Knots { place, term, why })?;
                BasisKind::Spline(argument.clone(), spline)
            }
        };
        Ok(Self {
            label: label.clone(),
            reads,
            kind,
        })
    }

    /// The column and the levels, where this is a factor.
    pub fn levels(&self) -> Option<(&str, &[String])> {
        match &self.kind {
            BasisKind::Factor { column, levels, .. } => Some((column, levels)),
            _ => None,
        }
    }

    /// How many columns it gives.
    pub fn width(&self, full: bool) -> usize {
        match &self.kind {
            BasisKind::Numeric(_) => 1,
            BasisKind::Poly(_, poly) => poly.degree(),
            BasisKind::Spline(_, spline) => spline.df(),
            BasisKind::Factor { levels, .. } => levels.len() - usize::from(!full),
        }
    }

    fn names(&self, full: bool) -> Vec<String> {
        let ends = match &self.kind {
            BasisKind::Factor { levels, .. } if full => levels.clone(),
            BasisKind::Factor { levels, coding, .. } => coding.names(levels),
            _ if self.width(full) == 1 => vec![String::new()],
            _ => (1..=self.width(full)).map(|j| j.to_string()).collect(),
        };
        ends.into_iter()
            .map(|end| format!("{}{end}", self.label))
            .collect()
    }

    fn rows(&self, frame: Frame<'_>, full: bool) -> Result<Array2<f64>, Error> {
        match &self.kind {
            BasisKind::Numeric(node) => {
                let values = frame.numbers(node)?;
                Ok(Array2::from_shape_fn((values.len(), 1), |(i, _)| values[i]))
            }
            BasisKind::Poly(node, poly) => Ok(poly.columns(&frame.numbers(node)?)),
            BasisKind::Spline(node, spline) => Ok(spline.columns(&frame.numbers(node)?)),
            BasisKind::Factor {
                column,
                levels,
                coding,
            } => {
                let codes = frame.codes(column, levels)?;
                let k = levels.len();
                Ok(if full {
                    full_rows(k, &codes)
                } else {
                    coding.rows(k, &codes)
                })
            }
        }
    }
}

fn factor(
    variable: &Variable,
    column: &str,
    refactor: bool,
    choice: Option<&Choice>,
    schema: &Schema,
    frame: Frame<'_>,
    ordering: OrderedCoding,
) -> Result<BasisKind, Error> {
    let span = &variable.node.span;
    let (levels, ordered) = match schema.kind(column, span)? {
        ColumnKind::Factor { levels, ordered } if !refactor => (levels.clone(), *ordered),
        ColumnKind::Factor { ordered, .. } => (frame.levels(column)?, *ordered),
        ColumnKind::Numeric => (frame.levels(column)?, false),
    };
    if levels.len() < 2 {
        let (place, column) = (span.clone().into(), column.to_owned());
        return Err(Error::OneLevel {
            place,
            column,
            levels: levels.len(),
        });
    }
    let unknown = |typed: &str, level: String| Error::UnknownLevel {
        place: span.clone().into(),
        column: column.to_owned(),
        suggestion: near_levels(typed, &levels),
        level,
    };
    let coding = match choice {
        None if ordered && ordering == OrderedCoding::Polynomial => Coding::Polynomial,
        None | Some(Choice::Treatment(None)) => Coding::Treatment(0),
        Some(Choice::Treatment(Some(Base::Place(place)))) if *place <= levels.len() => {
            Coding::Treatment(place - 1)
        }
        Some(Choice::Treatment(Some(Base::Place(place)))) => {
            return Err(unknown("", format!("number {place}")));
        }
        Some(Choice::Treatment(Some(Base::Level(level)))) => {
            let place = levels.iter().position(|known| known == level);
            Coding::Treatment(place.ok_or_else(|| unknown(level, format!("'{level}'")))?)
        }
        Some(Choice::Sum) => Coding::Sum,
        Some(Choice::Helmert) => Coding::Helmert,
        Some(Choice::Polynomial) => Coding::Polynomial,
    };
    Ok(BasisKind::Factor {
        column: column.to_owned(),
        levels,
        coding,
    })
}

/// The rows of a table in which each of these columns has a value.
pub(crate) fn complete_rows(table: &Table, columns: &[String]) -> Result<Vec<usize>, Error> {
    let columns: Vec<_> = columns
        .iter()
        .map(|name| table.column(name))
        .collect::<Result<_, _>>()?;
    let complete = |row: &usize| columns.iter().all(|column| !column.is_missing(*row));
    Ok((0..table.rows()).filter(complete).collect())
}
