//! What one call or name of a formula stands for, and which columns it reads.

use std::ops::Range;

use crate::{
    Error,
    formula::{Argument, Kind, Node, Op},
};

/// Every function of the language with how it is written.
const FUNCTIONS: [(&str, &str); 17] = [
    ("abs", "abs(x)"),
    (
        "C",
        "C(x, sum), C(x, helmert), C(x, poly) or C(x, treatment, \"level\")",
    ),
    ("cbind", "cbind(successes, failures)"),
    ("cluster", "cluster(x)"),
    ("exp", "exp(x)"),
    ("factor", "factor(x)"),
    ("I", "I(x^2)"),
    ("log", "log(x)"),
    ("log10", "log10(x)"),
    ("log1p", "log1p(x)"),
    ("log2", "log2(x)"),
    ("ns", "ns(x, 3) or ns(x, knots = c(2, 4))"),
    ("offset", "offset(log(t))"),
    ("poly", "poly(x, 2) or poly(x, 2, raw = TRUE)"),
    ("sqrt", "sqrt(x)"),
    ("strata", "strata(x)"),
    ("Surv", "Surv(time, event) or Surv(entry, exit, event)"),
];

/// A variable of the model: the same text is the same variable.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    /// As R prints it; coefficient names begin with it.
    pub label: String,
    pub node: Node,
    pub atom: Atom,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Atom {
    /// A column as it is.
    Column(String),
    /// `log(x)`, `I(x^2)`: the variable's own node is computed.
    Arithmetic,
    Poly {
        argument: Node,
        degree: usize,
        raw: bool,
    },
    Ns {
        argument: Node,
        knots: Knots,
    },
    /// `factor(x)`, `C(x, sum)`, `C(factor(x), sum)`.
    Factor {
        column: String,
        refactor: bool,
        choice: Option<Choice>,
    },
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Knots {
    /// So many columns; the knots are quantiles.
    Df(usize),
    At(Vec<f64>),
}

/// The coding that `C` asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Choice {
    Treatment(Option<Base>),
    Sum,
    Helmert,
    Polynomial,
}

/// The reference of treatment coding, by name or by place from 1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Base {
    Level(String),
    Place(usize),
}

impl Variable {
    /// What a piece stands for on the right side of a formula.
    pub fn of(node: &Node) -> Result<Self, Error> {
        let atom = match &node.kind {
            Kind::Name(name) => Atom::Column(name.clone()),
            Kind::Call(function, arguments) => match function.as_str() {
                "poly" => poly(node, arguments)?,
                "ns" => ns(node, arguments)?,
                "factor" => {
                    let [Some(argument)] = matched(node, arguments, ["x"], 1)? else {
                        return Err(refused(node, "takes one column"));
                    };
                    Atom::Factor {
                        column: column(node, argument)?,
                        refactor: true,
                        choice: None,
                    }
                }
                "C" => coded(node, arguments)?,
                "cbind" | "Surv" => {
                    return Err(misplaced(node, "it is a response, on the left of `~`"));
                }
                _ => {
                    check_arithmetic(node)?;
                    Atom::Arithmetic
                }
            },
            _ => {
                return Err(misplaced(
                    node,
                    "a term is a column or a function of columns",
                ));
            }
        };
        Ok(Self {
            label: node.to_string(),
            node: node.clone(),
            atom,
        })
    }
}

/// The usage of a function, if the language has it.
pub(crate) fn usage(function: &str) -> Option<&'static str> {
    FUNCTIONS
        .iter()
        .find(|(name, _)| *name == function)
        .map(|(_, usage)| *usage)
}

/// An error about the arguments of a call.
pub(crate) fn refused(call: &Node, why: impl Into<String>) -> Error {
    let function = match &call.kind {
        Kind::Call(function, _) => function.clone(),
        _ => call.to_string(),
    };
    let usage = usage(&function).unwrap_or_default();
    Error::Arguments {
        place: call.span.clone().into(),
        function,
        why: why.into(),
        usage,
    }
}

pub(crate) fn misplaced(node: &Node, why: &'static str) -> Error {
    Error::Misplaced {
        place: node.span.clone().into(),
        what: format!("`{node}`"),
        why,
    }
}

/// Refuses what is not arithmetic on columns.
pub(crate) fn check_arithmetic(node: &Node) -> Result<(), Error> {
    match &node.kind {
        Kind::Name(_) | Kind::Number(_) => Ok(()),
        Kind::Sign(_, inner) | Kind::Parens(inner) => check_arithmetic(inner),
        Kind::Power(base, exponent) => check_arithmetic(base).and(check_arithmetic(exponent)),
        Kind::Chain(first, rest) => {
            check_arithmetic(first)?;
            rest.iter().try_for_each(|(op, node)| match op {
                Op::In | Op::Colon => Err(misplaced(node, "`:` and `%in%` are no arithmetic")),
                _ => check_arithmetic(node),
            })
        }
        Kind::Call(function, arguments) => match function.as_str() {
            "I" | "log" | "exp" | "sqrt" | "abs" | "log2" | "log10" | "log1p" => {
                let [Argument { name: None, value }] = arguments.as_slice() else {
                    return Err(refused(node, "takes one argument without a name"));
                };
                check_arithmetic(value)
            }
            known if usage(known).is_some() => {
                Err(misplaced(node, "it is no arithmetic on numbers"))
            }
            _ => Err(Error::UnknownFunction {
                place: (node.span.start..node.span.start + function.len()).into(),
                suggestion: known_functions(function),
                function: function.clone(),
            }),
        },
        _ => Err(misplaced(node, "it is no arithmetic on numbers")),
    }
}

/// Walks the columns that a piece names, in its order. `C(x, sum)` names `x`, not `sum`.
pub(crate) fn each_column(node: &Node, visit: &mut dyn FnMut(Option<&str>, &Range<usize>)) {
    match &node.kind {
        Kind::Name(name) => visit(Some(name), &node.span),
        Kind::Dot => visit(None, &node.span),
        Kind::Call(function, arguments) => match function.as_str() {
            "C" | "poly" | "ns" | "factor" => {
                let named = arguments.iter().find(|a| a.name.as_deref() == Some("x"));
                let first = named.or_else(|| arguments.iter().find(|a| a.name.is_none()));
                if let Some(argument) = first {
                    each_column(&argument.value, visit);
                }
            }
            _ => arguments
                .iter()
                .for_each(|argument| each_column(&argument.value, visit)),
        },
        Kind::Sign(_, inner) | Kind::Parens(inner) => each_column(inner, visit),
        Kind::Chain(first, rest) => {
            each_column(first, visit);
            for (_, node) in rest {
                each_column(node, visit);
            }
        }
        Kind::Power(left, right) | Kind::Bar(left, right, _) => {
            each_column(left, visit);
            each_column(right, visit);
        }
        Kind::Number(_) | Kind::Text(_) | Kind::Logical(_) => {}
    }
}

fn known_functions(function: &str) -> String {
    let names = FUNCTIONS.map(|(name, _)| name);
    let near = kring_core::meant(function, names).map_or_else(
        || "; the functions are".to_owned(),
        |near| format!("; did you mean `{near}`? The functions are"),
    );
    format!("{near} {}", names.join(", "))
}

/// The arguments in the order of the parameters; only the first `positional` go without a name.
fn matched<'a, const N: usize>(
    call: &Node,
    arguments: &'a [Argument],
    parameters: [&str; N],
    positional: usize,
) -> Result<[Option<&'a Node>; N], Error> {
    let mut found = [None; N];
    for Argument { name, value } in arguments {
        let place = match name {
            Some(name) => parameters.iter().position(|parameter| parameter == name),
            None => found.iter().take(positional).position(Option::is_none),
        };
        match place {
            Some(place) if found[place].is_none() => found[place] = Some(value),
            _ => {
                let shown = name
                    .as_ref()
                    .map_or_else(|| value.to_string(), String::clone);
                return Err(refused(
                    call,
                    format!("does not take `{shown}` as an argument here"),
                ));
            }
        }
    }
    Ok(found)
}

fn column(call: &Node, argument: &Node) -> Result<String, Error> {
    match &argument.kind {
        Kind::Name(name) => Ok(name.clone()),
        _ => Err(refused(call, "takes the name of a column first")),
    }
}

fn poly(call: &Node, arguments: &[Argument]) -> Result<Atom, Error> {
    let [argument, degree, raw] = matched(call, arguments, ["x", "degree", "raw"], 2)?;
    let Some(argument) = argument else {
        return Err(refused(call, "takes a column first"));
    };
    check_arithmetic(argument)?;
    let degree = match degree {
        None => 1,
        Some(node) => whole(node)
            .filter(|&degree| degree > 0)
            .ok_or_else(|| refused(call, "takes a degree of 1, 2, 3, …"))?,
    };
    let raw = match raw.map(|node| &node.kind) {
        None => false,
        Some(Kind::Logical(raw)) => *raw,
        Some(_) => return Err(refused(call, "takes raw = TRUE or raw = FALSE")),
    };
    Ok(Atom::Poly {
        argument: argument.clone(),
        degree,
        raw,
    })
}

fn ns(call: &Node, arguments: &[Argument]) -> Result<Atom, Error> {
    let [argument, df, knots] = matched(call, arguments, ["x", "df", "knots"], 2)?;
    let Some(argument) = argument else {
        return Err(refused(call, "takes a column first"));
    };
    check_arithmetic(argument)?;
    let knots = match (df, knots) {
        (Some(df), None) => whole(df).filter(|&df| df > 0).map(Knots::Df),
        (None, Some(knots)) => numbers(knots).map(Knots::At),
        _ => return Err(refused(call, "takes either df or knots")),
    };
    let knots = knots.ok_or_else(|| refused(call, "takes a df of 1, 2, 3, …, or knots"))?;
    Ok(Atom::Ns {
        argument: argument.clone(),
        knots,
    })
}

fn coded(call: &Node, arguments: &[Argument]) -> Result<Atom, Error> {
    let [argument, coding, base] = matched(call, arguments, ["x", "contr", "base"], 3)?;
    let Some(argument) = argument else {
        return Err(refused(call, "takes a column first"));
    };
    let (column, refactor) = match &argument.kind {
        Kind::Call(function, arguments) if function == "factor" => match arguments.as_slice() {
            [Argument { name: None, value }] => (column(argument, value)?, true),
            _ => return Err(refused(argument, "takes one column")),
        },
        _ => (column(call, argument)?, false),
    };
    let choice = match coding.map(|node| &node.kind) {
        None => None,
        Some(Kind::Name(name)) => match name.strip_prefix("contr.").unwrap_or(name) {
            "treatment" => Some(Choice::Treatment(None)),
            "sum" => Some(Choice::Sum),
            "helmert" => Some(Choice::Helmert),
            "poly" => Some(Choice::Polynomial),
            _ => return Err(refused(call, format!("knows no coding `{name}`"))),
        },
        Some(_) => return Err(refused(call, "takes the name of a coding second")),
    };
    let choice = match (choice, base) {
        (choice, None) => choice,
        (Some(Choice::Treatment(_)), Some(base)) => {
            let base = match &base.kind {
                Kind::Text(level) => Some(Base::Level(level.clone())),
                _ => whole(base).filter(|&place| place > 0).map(Base::Place),
            };
            let why = "takes as a reference a level in quotation marks, or its place";
            Some(Choice::Treatment(Some(
                base.ok_or_else(|| refused(call, why))?,
            )))
        }
        _ => {
            return Err(refused(
                call,
                "has a reference level for treatment coding only",
            ));
        }
    };
    Ok(Atom::Factor {
        column,
        refactor,
        choice,
    })
}

/// A whole number that is small enough to count something.
pub(crate) fn whole(node: &Node) -> Option<usize> {
    const LARGEST: f64 = 1_000.0;
    match node.bare().kind {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is whole and between 0 and 1,000"
        )]
        Kind::Number(value) if value.fract() == 0.0 && (0.0..=LARGEST).contains(&value) => {
            Some(value as usize)
        }
        _ => None,
    }
}

/// `3`, `-1.5` or `c(2, 4)`.
fn numbers(node: &Node) -> Option<Vec<f64>> {
    match &node.kind {
        Kind::Number(value) => Some(vec![*value]),
        Kind::Sign(Op::Minus, inner) => match inner.kind {
            Kind::Number(value) => Some(vec![-value]),
            _ => None,
        },
        Kind::Call(function, arguments) if function == "c" => {
            let each = |argument: &Argument| match argument.value.kind {
                Kind::Call(..) => None,
                _ => numbers(&argument.value),
            };
            let all: Option<Vec<_>> = arguments.iter().map(each).collect();
            all.map(|all| all.concat()).filter(|all| !all.is_empty())
        }
        _ => None,
    }
}
