//! Operators → terms, as R's `terms.formula` expands them.
//!
//! A term is a set of variables; the model is an ordered set of terms. With `S` and `T` such sets,
//!
//! ```text
//! S + T      S, then what T adds
//! S : T      { s ∪ t }, s in order, t in order within it
//! S * T      S + T + S:T
//! S / T      S + { ⋃S ∪ t }
//! S %in% T   { s ∪ ⋃T }
//! S ^ k      S : S : … : S, which holds S, since s ∪ s = s
//! S − T      S without T
//! ```
//!
//! At the end the terms are put in the order of their interaction, keeping the order of appearance
//! within. An odd number of minus signs before a 1 removes the intercept, before a 0 restores it.

use std::{collections::HashSet, ops::Range};

use crate::{
    Error, Formula, Schema,
    formula::{Argument, Kind, Node, Op},
    schema::ColumnKind,
    variable::{Atom, Variable, check_arithmetic, each_column, misplaced, refused, whole},
};

/// How many terms a formula may have, and how many pairs of terms one product may look at.
const TERMS: usize = 4096;
const PAIRS: usize = 1 << 20;

/// Numbers of variables, ascending.
type Set = Vec<usize>;

/// A formula taken apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    pub response: Option<Outcome>,
    pub fixed: Terms,
    pub offsets: Vec<Node>,
    pub random: Vec<Random>,
    /// The columns of `strata()`, once at most.
    pub strata: Option<Vec<Used>>,
    pub clusters: Vec<Used>,
    /// Every column that is named, in the order of the formula.
    pub used: Vec<Used>,
}

/// The left side of a formula.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outcome {
    pub node: Node,
    pub shape: Shape,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// A column, or arithmetic.
    Plain,
    Cbind(Vec<Node>),
    Surv(Vec<Node>),
}

/// The terms of a model matrix.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Terms {
    pub intercept: bool,
    pub variables: Vec<Variable>,
    /// Each the variables that it multiplies; in the order of the columns.
    pub sets: Vec<Set>,
}

/// `(terms | group)`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Random {
    pub terms: Terms,
    pub group: Vec<Used>,
    pub double: bool,
}

/// A column and where the formula names it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Used {
    pub name: String,
    pub span: Range<usize>,
}

impl Model {
    /// Takes a formula apart. Without a schema, `.` stands for nothing; with one, for all columns
    /// but those of the response, of groupings and offsets, and the given `roles`.
    pub fn of(formula: &Formula, schema: Option<&Schema>, roles: &[&str]) -> Result<Self, Error> {
        let response = formula.left.as_ref().map(Outcome::of).transpose()?;
        let dot = schema.map_or_else(Vec::new, |schema| others(formula, schema, roles));
        let mut expansion = Expansion::new(&dot);
        let terms = expansion.encode(&formula.right, Spot::Top)?;
        let mut used: Vec<Used> = Vec::new();
        for side in formula.left.iter().chain([&formula.right]) {
            each_column(side, &mut |name, span| {
                let names = name.map_or_else(|| dot.clone(), |name| vec![name.to_owned()]);
                for name in names {
                    if !used.iter().any(|known| known.name == name) {
                        used.push(Used {
                            name,
                            span: span.clone(),
                        });
                    }
                }
            });
        }
        let Beside {
            offsets,
            random,
            strata,
            clusters,
        } = std::mem::take(&mut expansion.beside);
        let model = Self {
            response,
            fixed: expansion.finish(terms),
            offsets,
            random,
            strata,
            clusters,
            used,
        };
        model.check_response()?;
        Ok(model)
    }

    /// Every column there, and numbers where numbers are needed.
    pub fn check(&self, schema: &Schema) -> Result<(), Error> {
        for Used { name, span } in &self.used {
            schema.kind(name, span)?;
        }
        if let Some(Outcome { node, shape }) = &self.response {
            match (shape, &node.kind) {
                (Shape::Plain, Kind::Name(_)) => {}
                (Shape::Plain, _) => schema.check_numeric(node, &format!("`{node}`"))?,
                (Shape::Cbind(nodes) | Shape::Surv(nodes), _) => {
                    // An event may be a factor of two levels; the response sees to that.
                    let mut arithmetic = nodes.iter().filter(|n| !matches!(n.kind, Kind::Name(_)));
                    arithmetic.try_for_each(|n| schema.check_numeric(n, &format!("`{node}`")))?;
                }
            }
        }
        for offset in &self.offsets {
            schema.check_numeric(offset, "offset()")?;
        }
        let random = self.random.iter().map(|random| &random.terms);
        for variable in random
            .chain([&self.fixed])
            .flat_map(|terms| &terms.variables)
        {
            match &variable.atom {
                Atom::Column(_) => {}
                Atom::Arithmetic => {
                    schema.check_numeric(&variable.node, &format!("`{}`", variable.label))?;
                }
                Atom::Poly { argument, .. } => schema.check_numeric(argument, "poly()")?,
                Atom::Ns { argument, .. } => schema.check_numeric(argument, "ns()")?,
                Atom::Factor {
                    column, refactor, ..
                } => {
                    let span = &variable.node.span;
                    if !refactor && *schema.kind(column, span)? == ColumnKind::Numeric {
                        let (place, column) = (span.clone().into(), column.clone());
                        return Err(Error::NotFactor { place, column });
                    }
                }
            }
        }
        Ok(())
    }

    fn check_response(&self) -> Result<(), Error> {
        let Some(Outcome { node, shape }) = &self.response else {
            return Ok(());
        };
        let parts = match shape {
            Shape::Plain => std::slice::from_ref(node),
            Shape::Cbind(nodes) | Shape::Surv(nodes) => nodes,
        };
        let twice = |variable: &&Variable| parts.iter().any(|part| part.kind == variable.node.kind);
        match self.fixed.variables.iter().find(twice) {
            None => Ok(()),
            Some(Variable { label, node, .. }) => Err(Error::ResponseTwice {
                place: node.span.clone().into(),
                response: label.clone(),
            }),
        }
    }
}

impl Outcome {
    fn of(node: &Node) -> Result<Self, Error> {
        let shape = match &node.kind {
            Kind::Call(function, arguments) if function == "cbind" || function == "Surv" => {
                let nodes: Option<Vec<Node>> = arguments
                    .iter()
                    .map(|Argument { name, value }| name.is_none().then(|| value.clone()))
                    .collect();
                let nodes = nodes.ok_or_else(|| refused(node, "takes no named arguments"))?;
                nodes.iter().try_for_each(check_arithmetic)?;
                match (function.as_str(), nodes.len()) {
                    ("cbind", 2..) => Shape::Cbind(nodes),
                    ("Surv", 2 | 3) => Shape::Surv(nodes),
                    ("Surv", _) => return Err(refused(node, "takes two or three columns")),
                    _ => return Err(refused(node, "takes two columns or more")),
                }
            }
            Kind::Bar(..) | Kind::Parens(_) => {
                return Err(misplaced(
                    node,
                    "the response is a column or a function of columns",
                ));
            }
            _ => {
                check_arithmetic(node)?;
                Shape::Plain
            }
        };
        Ok(Self {
            node: node.clone(),
            shape,
        })
    }
}

impl Terms {
    /// The label of a term: `arm`, `arm:wave`.
    pub fn label(&self, term: &Set) -> String {
        let labels: Vec<&str> = term
            .iter()
            .map(|&v| self.variables[v].label.as_str())
            .collect();
        labels.join(":")
    }
}

/// The columns that `.` stands for.
fn others(formula: &Formula, schema: &Schema, roles: &[&str]) -> Vec<String> {
    let mut named: Vec<String> = roles.iter().map(|&role| role.to_owned()).collect();
    let mut note = |node: &Node| {
        each_column(node, &mut |name, _| named.extend(name.map(str::to_owned)));
    };
    formula.left.iter().for_each(&mut note);
    let mut stack = vec![&formula.right];
    while let Some(node) = stack.pop() {
        match &node.kind {
            Kind::Bar(_, group, _) => note(group),
            Kind::Call(function, _)
                if matches!(function.as_str(), "offset" | "strata" | "cluster") =>
            {
                note(node);
            }
            Kind::Parens(inner) => stack.push(inner),
            Kind::Chain(first, rest) => {
                stack.push(first);
                stack.extend(rest.iter().map(|(_, node)| node));
            }
            _ => {}
        }
    }
    let columns = schema.columns.iter().map(|column| column.name.clone());
    columns.filter(|name| !named.contains(name)).collect()
}

/// What may stand at a place of the right side.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Spot {
    /// Anything: a summand of the whole side.
    Top,
    /// Terms and the intercept: a summand within a product, or what is taken away.
    Sum,
    /// Terms only: an operand of a product.
    Operand,
}

/// What stands beside the fixed terms.
#[derive(Default)]
struct Beside {
    offsets: Vec<Node>,
    random: Vec<Random>,
    strata: Option<Vec<Used>>,
    clusters: Vec<Used>,
}

struct Expansion<'a> {
    dot: &'a [String],
    intercept: bool,
    adding: bool,
    variables: Vec<Variable>,
    beside: Beside,
}

impl<'a> Expansion<'a> {
    fn new(dot: &'a [String]) -> Self {
        let (variables, beside) = (Vec::new(), Beside::default());
        Self {
            dot,
            intercept: true,
            adding: true,
            variables,
            beside,
        }
    }

    fn finish(self, mut terms: Vec<Set>) -> Terms {
        terms.sort_by_key(Vec::len);
        Terms {
            intercept: self.intercept,
            variables: self.variables,
            sets: terms,
        }
    }

    fn encode(&mut self, node: &Node, spot: Spot) -> Result<Vec<Set>, Error> {
        match &node.kind {
            Kind::Parens(inner) => match &inner.kind {
                Kind::Bar(left, group, double) if spot == Spot::Top => {
                    self.random(left, group, *double)?;
                    Ok(Vec::new())
                }
                Kind::Bar(..) => Err(misplaced(
                    node,
                    "a random term is added with `+`; it cannot be part of an interaction",
                )),
                _ => self.encode(inner, spot),
            },
            Kind::Chain(first, rest) if matches!(rest[0].0, Op::Plus | Op::Minus) => {
                self.sum(node, first, rest, spot)
            }
            Kind::Chain(first, rest) => {
                let mut left = self.encode(first, Spot::Operand)?;
                for (op, right) in rest {
                    let right = self.encode(right, Spot::Operand)?;
                    left = combined(*op, &left, &right, node)?;
                }
                Ok(left)
            }
            Kind::Power(base, exponent) => self.power(node, base, exponent),
            Kind::Sign(Op::Minus, inner) if spot != Spot::Operand => {
                self.taken(inner)?;
                Ok(Vec::new())
            }
            Kind::Sign(Op::Plus, inner) => self.encode(inner, spot),
            Kind::Sign(..) => Err(misplaced(node, "arithmetic goes in I(), as in I(-x)")),
            Kind::Number(value) if spot != Spot::Operand && (*value == 0.0 || *value == 1.0) => {
                self.intercept = (*value == 1.0) == self.adding;
                Ok(Vec::new())
            }
            Kind::Number(_) => Err(misplaced(
                node,
                "the only numbers among terms are 1 and 0, for the intercept; arithmetic goes in I()",
            )),
            Kind::Dot => {
                let named = |name: &String| Node {
                    kind: Kind::Name(name.clone()),
                    span: node.span.clone(),
                };
                let dot = self.dot;
                dot.iter()
                    .map(|name| Ok(vec![self.variable(&named(name))?]))
                    .collect()
            }
            Kind::Call(function, arguments)
                if matches!(function.as_str(), "offset" | "strata" | "cluster") =>
            {
                if spot != Spot::Top {
                    return Err(misplaced(
                        node,
                        "it is added with `+`, not part of another term",
                    ));
                }
                self.beside(node, function, arguments)?;
                Ok(Vec::new())
            }
            _ => Ok(vec![vec![self.variable(node)?]]),
        }
    }

    fn sum(
        &mut self,
        node: &Node,
        first: &Node,
        rest: &[(Op, Node)],
        spot: Spot,
    ) -> Result<Vec<Set>, Error> {
        let inside = if spot == Spot::Top { spot } else { Spot::Sum };
        let mut terms = self.encode(first, inside)?;
        let mut seen: HashSet<Set> = terms.iter().cloned().collect();
        for (op, right) in rest {
            if *op == Op::Plus {
                let more = self.encode(right, inside)?;
                terms.extend(more.into_iter().filter(|term| seen.insert(term.clone())));
            } else {
                for term in self.taken(right)? {
                    seen.remove(&term);
                }
                terms.retain(|term| seen.contains(term));
            }
            if terms.len() > TERMS {
                return Err(too_many(node));
            }
        }
        Ok(terms)
    }

    fn power(&mut self, node: &Node, base: &Node, exponent: &Node) -> Result<Vec<Set>, Error> {
        let why = "a power of terms is 1, 2, 3, …; arithmetic goes in I()";
        let times = whole(exponent).filter(|&times| times > 0);
        let times = times.ok_or_else(|| misplaced(exponent, why))?;
        let base = self.encode(base, Spot::Operand)?;
        let mut power = base.clone();
        for _ in 1..times {
            let known = power.len();
            power = combined(Op::Colon, &power, &base, node)?;
            if power.len() == known {
                break;
            }
        }
        Ok(power)
    }

    /// The terms that a minus sign takes away.
    fn taken(&mut self, node: &Node) -> Result<Vec<Set>, Error> {
        self.adding = !self.adding;
        let terms = self.encode(node, Spot::Sum);
        self.adding = !self.adding;
        terms
    }

    fn variable(&mut self, node: &Node) -> Result<usize, Error> {
        let known = self
            .variables
            .iter()
            .position(|variable| variable.node == *node);
        if let Some(place) = known {
            return Ok(place);
        }
        self.variables.push(Variable::of(node)?);
        Ok(self.variables.len() - 1)
    }

    fn random(&mut self, left: &Node, group: &Node, double: bool) -> Result<(), Error> {
        let mut inner = Expansion::new(&[]);
        let terms = inner.encode(left, Spot::Sum)?;
        let mut dotted = None;
        each_column(left, &mut |name, span| {
            dotted = dotted
                .take()
                .or_else(|| name.is_none().then(|| span.clone()));
        });
        if let Some(span) = dotted {
            let dot = Node {
                kind: Kind::Dot,
                span,
            };
            return Err(misplaced(&dot, "name the columns that vary by group"));
        }
        let terms = inner.finish(terms);
        if !terms.intercept && terms.sets.is_empty() {
            return Err(misplaced(
                left,
                "a random term needs something that varies by group",
            ));
        }
        for group in groups(group)? {
            self.beside.random.push(Random {
                terms: terms.clone(),
                group,
                double,
            });
        }
        Ok(())
    }

    fn beside(&mut self, call: &Node, function: &str, arguments: &[Argument]) -> Result<(), Error> {
        if arguments.is_empty() || arguments.iter().any(|argument| argument.name.is_some()) {
            return Err(refused(call, "takes columns without names"));
        }
        if function == "offset" {
            let [Argument { value, .. }] = arguments else {
                return Err(refused(call, "takes one column"));
            };
            check_arithmetic(value)?;
            self.beside.offsets.push(value.clone());
            return Ok(());
        }
        let columns: Option<Vec<Used>> = arguments.iter().map(|a| named(&a.value)).collect();
        let columns = columns.ok_or_else(|| refused(call, "takes names of columns"))?;
        match (function, self.beside.strata.is_some()) {
            ("strata", true) => Err(misplaced(
                call,
                "strata() stands once; cross several columns with strata(a, b)",
            )),
            ("strata", false) => {
                self.beside.strata = Some(columns);
                Ok(())
            }
            _ => {
                self.beside.clusters.extend(columns);
                Ok(())
            }
        }
    }
}

/// The groupings of a random term: `a/b` is `a`, then `a:b`.
fn groups(node: &Node) -> Result<Vec<Vec<Used>>, Error> {
    const WHY: &str = "a group is a column, a:b or a/b";
    match &node.kind {
        Kind::Parens(inner) => groups(inner),
        Kind::Chain(first, rest) => {
            let mut all = groups(first)?;
            for (op, right) in rest {
                let inner = groups(right)?;
                let (Some(outer), [inner]) = (all.last(), inner.as_slice()) else {
                    return Err(misplaced(node, WHY));
                };
                let crossed: Vec<Used> = outer.iter().chain(inner).cloned().collect();
                match op {
                    Op::Over => all.push(crossed),
                    Op::Colon if all.len() == 1 => all = vec![crossed],
                    _ => return Err(misplaced(node, WHY)),
                }
            }
            Ok(all)
        }
        _ => Ok(vec![vec![named(node).ok_or_else(|| misplaced(node, WHY))?]]),
    }
}

fn named(node: &Node) -> Option<Used> {
    match &node.kind {
        Kind::Name(name) => Some(Used {
            name: name.clone(),
            span: node.span.clone(),
        }),
        _ => None,
    }
}

fn combined(op: Op, left: &[Set], right: &[Set], node: &Node) -> Result<Vec<Set>, Error> {
    let all = |sets: &[Set]| vec![sets.iter().fold(Set::new(), |all, set| union(&all, set))];
    let (outer, within) = match op {
        Op::Over => (all(left), right.to_vec()),
        Op::In => (left.to_vec(), all(right)),
        _ => (left.to_vec(), right.to_vec()),
    };
    if outer.len() * within.len() > PAIRS {
        return Err(too_many(node));
    }
    let crossed = outer
        .iter()
        .flat_map(|s| within.iter().map(|t| union(s, t)));
    let kept: &[&[Set]] = match op {
        Op::Times => &[left, right],
        Op::Over => &[left],
        _ => &[],
    };
    let terms = kept.iter().flat_map(|sets| sets.iter().cloned());
    let terms = terms.chain(crossed).collect();
    distinct(terms, node)
}

fn union(left: &Set, right: &Set) -> Set {
    let mut all: Set = left.iter().chain(right).copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// The first of equal terms stays.
fn distinct(mut terms: Vec<Set>, node: &Node) -> Result<Vec<Set>, Error> {
    let mut seen = HashSet::new();
    terms.retain(|term| !term.is_empty() && seen.insert(term.clone()));
    if terms.len() > TERMS {
        Err(too_many(node))
    } else {
        Ok(terms)
    }
}

fn too_many(node: &Node) -> Error {
    let place = node.span.clone().into();
    Error::TooLarge {
        place,
        what: "it expands to too many terms",
        limit: TERMS,
    }
}
