use std::{fmt, ops::Range, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    Error, Schema,
    expand::{Model, Used},
    lexer::is_syntactic,
    number::number_text,
    parser,
};

/// A formula as it was written, parsed and checked as far as it can be without data.
///
/// ```text
/// response ~ terms
///   terms       a + b    a * b    a : b    a / b    a %in% b    (a + b + c)^2    - a    1    0    .
///   functions   log exp sqrt abs log2 log10 log1p, I(x^2 + 1), poly(x, 2), ns(x, 3)
///   factors     factor(x)    C(x, sum)    C(x, treatment, "level")
///   beside      offset(log(t))    strata(x)    cluster(x)
///   random      (1 + wave | family)    (1 | team/family)    (wave || family)
///   response    y    log(y)    cbind(successes, failures)    Surv(time, event)
/// ```
///
/// The operators mean what they mean in R. A name with other characters than letters, digits,
/// dots and underscores stands in backticks. No code is run.
///
/// ```
/// use kring_formula::Formula;
/// let formula: Formula = "problems~arm*wave+(1|family)".parse()?;
/// assert_eq!(formula.to_string(), "problems ~ arm * wave + (1 | family)");
/// assert_eq!(formula.response().as_deref(), Some("problems"));
///
/// let error = "problems ~ arm * (wave".parse::<Formula>().unwrap_err();
/// assert_eq!(error.to_string(), "this parenthesis is never closed");
/// assert_eq!(error.place().map(|place| place.span.clone()), Some(17..18));
/// # Ok::<(), kring_formula::Error>(())
/// ```
///
/// Two formulas are equal when they read the same, however they are spaced.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Formula {
    pub(crate) text: String,
    pub(crate) left: Option<Node>,
    pub(crate) right: Node,
}

/// A piece of a formula and where it stands. Equality ignores where.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub kind: Kind,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Name(String),
    Dot,
    Number(f64),
    Text(String),
    Logical(bool),
    /// A function and its arguments.
    Call(String, Vec<Argument>),
    /// A sign before a piece.
    Sign(Op, Box<Node>),
    /// Operators of one precedence, left to right: flat, so that a long sum is not a deep tree.
    Chain(Box<Node>, Vec<(Op, Node)>),
    Power(Box<Node>, Box<Node>),
    Parens(Box<Node>),
    /// `left | group`, or with true `left || group`.
    Bar(Box<Node>, Box<Node>, bool),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argument {
    pub name: Option<String>,
    pub value: Node,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Plus,
    Minus,
    Times,
    Over,
    In,
    Colon,
    Power,
}

impl Formula {
    /// The text as it was written; the spans of errors point into it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The response as R would print it, or nothing for a formula such as `~ x`.
    pub fn response(&self) -> Option<String> {
        self.left.as_ref().map(Node::to_string)
    }

    /// Whether the formula names its own clusters, with `cluster()`.
    ///
    /// ```
    /// use kring_formula::Formula;
    /// let formula: Formula = "problems ~ arm + cluster (family)".parse()?;
    /// assert!(formula.has_clusters());
    /// let formula: Formula = "problems ~ arm + `cluster(x)`".parse()?;
    /// assert!(!formula.has_clusters());
    /// # Ok::<(), kring_formula::Error>(())
    /// ```
    pub fn has_clusters(&self) -> bool {
        // `cluster()` stands among the terms that are added, nowhere deeper: the parser saw to it.
        let mut stack = vec![&self.right];
        while let Some(node) = stack.pop() {
            match &node.kind {
                Kind::Call(function, _) if function == "cluster" => return true,
                Kind::Parens(inner) | Kind::Sign(_, inner) => stack.push(inner),
                Kind::Chain(first, rest) => {
                    stack.push(first);
                    stack.extend(rest.iter().map(|(_, node)| node));
                }
                _ => {}
            }
        }
        false
    }

    /// The names of the columns that the formula uses, in the order in which it names them.
    ///
    /// Each must be in the schema, and hold numbers where numbers are needed.
    pub fn columns(&self, schema: &Schema) -> Result<Vec<String>, Error> {
        let columns = || {
            let model = Model::of(self, Some(schema), &[])?;
            model.check(schema)?;
            Ok(model
                .used
                .into_iter()
                .map(|Used { name, .. }| name)
                .collect())
        };
        columns().map_err(|error: Error| error.within(&self.text))
    }
}

impl FromStr for Formula {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let checked = || {
            let (left, right) = parser::sides(text)?;
            let formula = Self {
                text: text.to_owned(),
                left,
                right,
            };
            Model::of(&formula, None, &[])?;
            Ok(formula)
        };
        checked().map_err(|error: Error| error.within(text))
    }
}

impl TryFrom<String> for Formula {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Formula> for String {
    fn from(formula: Formula) -> Self {
        formula.text
    }
}

impl PartialEq for Formula {
    fn eq(&self, other: &Self) -> bool {
        self.left == other.left && self.right == other.right
    }
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(left) = &self.left {
            write!(f, "{left} ")?;
        }
        write!(f, "~ {}", self.right)
    }
}

/// As R's `deparse` writes it: the labels of terms and the names of coefficients come from here.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Name(name) => write_name(f, name),
            Kind::Dot => f.write_str("."),
            Kind::Number(value) => write_number(f, *value),
            Kind::Text(text) => write!(f, "\"{}\"", escaped(text, '"')),
            Kind::Logical(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
            Kind::Call(function, arguments) => {
                write_name(f, function)?;
                for (i, Argument { name, value }) in arguments.iter().enumerate() {
                    f.write_str(if i == 0 { "(" } else { ", " })?;
                    if let Some(name) = name {
                        write_name(f, name)?;
                        f.write_str(" = ")?;
                    }
                    write!(f, "{value}")?;
                }
                f.write_str(if arguments.is_empty() { "()" } else { ")" })
            }
            Kind::Sign(op, inner) => write!(f, "{}{inner}", op.text().trim()),
            Kind::Chain(first, rest) => {
                write!(f, "{first}")?;
                rest.iter()
                    .try_for_each(|(op, node)| write!(f, "{}{node}", op.text()))
            }
            Kind::Power(base, exponent) => write!(f, "{base}^{exponent}"),
            Kind::Parens(inner) => write!(f, "({inner})"),
            Kind::Bar(left, group, double) => {
                write!(f, "{left} {} {group}", if *double { "||" } else { "|" })
            }
        }
    }
}

impl Op {
    /// The operator as R spaces it.
    fn text(self) -> &'static str {
        match self {
            Self::Plus => " + ",
            Self::Minus => " - ",
            Self::Times => " * ",
            Self::Over => "/",
            Self::In => " %in% ",
            Self::Colon => ":",
            Self::Power => "^",
        }
    }
}

impl Node {
    /// The piece without the parentheses around it.
    pub fn bare(&self) -> &Self {
        match &self.kind {
            Kind::Parens(inner) => inner.bare(),
            _ => self,
        }
    }
}

fn write_name(f: &mut fmt::Formatter<'_>, name: &str) -> fmt::Result {
    if is_syntactic(name) {
        f.write_str(name)
    } else {
        write!(f, "`{}`", escaped(name, '`'))
    }
}

/// Fifteen digits as R has it, and all of them where fifteen would say another number.
fn write_number(f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    let text = number_text(value);
    if text.parse() == Ok(value) {
        f.write_str(&text)
    } else {
        write!(f, "{value:e}")
    }
}

fn escaped(text: &str, quote: char) -> String {
    text.replace('\\', "\\\\")
        .replace(quote, &format!("\\{quote}"))
}
