//! Tokens → the two sides of a formula, by precedence climbing.

use std::ops::Range;

use crate::{
    Error,
    formula::{Argument, Kind, Node, Op},
    lexer::{Lexeme, Token, tokens},
};

/// How deep pieces may stand inside one another.
const NESTING: usize = 200;

/// Sums bind least, then products, `%in%`, `:`, a sign, and powers, as in R.
const SUM: u8 = 1;
const SIGN: u8 = 5;
const POWER: u8 = 6;

/// The left side, where there is one, and the right side.
pub(crate) fn sides(text: &str) -> Result<(Option<Node>, Node), Error> {
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        at: 0,
        depth: 0,
    };
    let left = match parser.peek() {
        Lexeme::Tilde => None,
        _ => Some(parser.expression(SUM)?),
    };
    if !parser.accept(&Lexeme::Tilde) {
        return Err(parser.unexpected("`~` between the response and the terms"));
    }
    if *parser.peek() == Lexeme::End {
        return Err(parser.unexpected("terms on the right of `~` (`1` for an intercept alone)"));
    }
    let right = parser.expression(SUM)?;
    match parser.peek() {
        Lexeme::End => Ok((left, right)),
        _ => Err(parser.unexpected("an operator")),
    }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    /// A piece whose operators all bind at least as closely as `least`.
    fn expression(&mut self, least: u8) -> Result<Node, Error> {
        self.depth += 1;
        if self.depth > NESTING {
            return Err(Error::TooLarge {
                place: self.span().into(),
                what: "its pieces stand too deep inside one another",
                limit: NESTING,
            });
        }
        let mut left = self.prefix()?;
        while let Lexeme::Op(op) = *self.peek() {
            if precedence(op) < least {
                break;
            }
            self.at += 1;
            // Powers group from the right, all else from the left.
            let right = self.expression(precedence(op) + u8::from(op != Op::Power))?;
            let span = left.span.start..right.span.end;
            let kind = match left.kind {
                _ if op == Op::Power => Kind::Power(Box::new(left), Box::new(right)),
                Kind::Chain(first, mut rest) if precedence(rest[0].0) == precedence(op) => {
                    rest.push((op, right));
                    Kind::Chain(first, rest)
                }
                _ => Kind::Chain(Box::new(left), vec![(op, right)]),
            };
            left = Node { kind, span };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn prefix(&mut self) -> Result<Node, Error> {
        let Token { lexeme, span } = self.tokens[self.at].clone();
        let kind = match lexeme {
            Lexeme::Name(function) if self.tokens[self.at + 1].lexeme == Lexeme::Open => {
                self.at += 1;
                return self.call(function, span);
            }
            Lexeme::Name(name) => Kind::Name(name),
            Lexeme::Dot => Kind::Dot,
            Lexeme::Number(value) => Kind::Number(value),
            Lexeme::Text(text) => Kind::Text(text),
            Lexeme::Logical(value) => Kind::Logical(value),
            Lexeme::Op(op @ (Op::Plus | Op::Minus)) => {
                self.at += 1;
                let inner = self.expression(SIGN)?;
                let span = span.start..inner.span.end;
                return Ok(Node {
                    kind: Kind::Sign(op, Box::new(inner)),
                    span,
                });
            }
            Lexeme::Open => {
                self.at += 1;
                return self.parenthesised(span);
            }
            _ => return Err(self.unexpected("a name, a number or `(`")),
        };
        self.at += 1;
        Ok(Node { kind, span })
    }

    fn parenthesised(&mut self, open: Range<usize>) -> Result<Node, Error> {
        let mut inner = self.expression(SUM)?;
        let double = *self.peek() == Lexeme::DoubleBar;
        if double || *self.peek() == Lexeme::Bar {
            self.at += 1;
            let group = self.expression(SUM)?;
            let span = inner.span.start..group.span.end;
            let (left, group) = (Box::new(inner), Box::new(group));
            inner = Node {
                kind: Kind::Bar(left, group, double),
                span,
            };
        }
        let span = open.start..self.close(open, "an operator or `)`")?;
        Ok(Node {
            kind: Kind::Parens(Box::new(inner)),
            span,
        })
    }

    fn call(&mut self, function: String, name: Range<usize>) -> Result<Node, Error> {
        let open = self.span();
        self.at += 1;
        let mut arguments = Vec::new();
        let mut more = *self.peek() != Lexeme::Close;
        while more {
            let name = match self.peek() {
                Lexeme::Name(name) if self.tokens[self.at + 1].lexeme == Lexeme::Equals => {
                    let name = name.clone();
                    self.at += 2;
                    Some(name)
                }
                _ => None,
            };
            arguments.push(Argument {
                name,
                value: self.expression(SUM)?,
            });
            more = self.accept(&Lexeme::Comma);
        }
        let end = self.close(open, "an operator, `,` or `)`")?;
        Ok(Node {
            kind: Kind::Call(function, arguments),
            span: name.start..end,
        })
    }

    /// Passes the closing parenthesis and says where it ended.
    fn close(&mut self, open: Range<usize>, expected: &str) -> Result<usize, Error> {
        let end = self.span().end;
        match self.peek() {
            Lexeme::Close => {
                self.at += 1;
                Ok(end)
            }
            Lexeme::End => Err(Error::Parenthesis {
                place: open.into(),
                why: "this parenthesis is never closed",
            }),
            _ => Err(self.unexpected(expected)),
        }
    }

    fn peek(&self) -> &Lexeme {
        &self.tokens[self.at].lexeme
    }

    fn span(&self) -> Range<usize> {
        self.tokens[self.at].span.clone()
    }

    fn accept(&mut self, lexeme: &Lexeme) -> bool {
        let accepted = self.peek() == lexeme;
        self.at += usize::from(accepted);
        accepted
    }

    fn unexpected(&self, expected: &str) -> Error {
        let span = self.span();
        match self.peek() {
            Lexeme::Close if !self.inside_parentheses() => Error::Parenthesis {
                place: span.into(),
                why: "this parenthesis was never opened",
            },
            Lexeme::Bar | Lexeme::DoubleBar => Error::Misplaced {
                what: format!("`{}`", &self.text[span.clone()]),
                place: span.into(),
                why: "it belongs in parentheses of its own, as in (1 | family)",
            },
            Lexeme::End => Error::Syntax {
                place: span.into(),
                found: "the end".into(),
                expected: expected.into(),
            },
            _ => Error::Syntax {
                found: format!("`{}`", &self.text[span.clone()]),
                place: span.into(),
                expected: expected.into(),
            },
        }
    }

    fn inside_parentheses(&self) -> bool {
        let before = &self.tokens[..self.at];
        let count = |lexeme| before.iter().filter(|token| token.lexeme == lexeme).count();
        count(Lexeme::Open) > count(Lexeme::Close)
    }
}

fn precedence(op: Op) -> u8 {
    match op {
        Op::Plus | Op::Minus => SUM,
        Op::Times | Op::Over => 2,
        Op::In => 3,
        Op::Colon => 4,
        Op::Power => POWER,
    }
}
