//! Text → tokens.

use std::ops::Range;

use crate::{Error, formula::Op};

/// The smallest piece of a formula, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    pub lexeme: Lexeme,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Lexeme {
    Name(String),
    Dot,
    Number(f64),
    Text(String),
    Logical(bool),
    Op(Op),
    Bar,
    DoubleBar,
    Tilde,
    Open,
    Close,
    Comma,
    Equals,
    End,
}

/// The tokens of a text; the last is always [`Lexeme::End`].
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, Error> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        let rest = &text[start..];
        let (lexeme, length) = match first {
            c if c.is_whitespace() => {
                start += c.len_utf8();
                continue;
            }
            c if c.is_ascii_digit() || is_decimal_point(rest) => number(rest, start)?,
            c if is_name_start(c) => name(rest),
            '`' | '"' | '\'' => quoted(rest, first, start)?,
            _ => symbol(rest, first, start)?,
        };
        tokens.push(Token {
            lexeme,
            span: start..start + length,
        });
        start += length;
    }
    tokens.push(Token {
        lexeme: Lexeme::End,
        span: text.len()..text.len(),
    });
    Ok(tokens)
}

/// Whether R would print a name without backticks.
pub(crate) fn is_syntactic(name: &str) -> bool {
    const RESERVED: [&str; 14] = [
        "if", "else", "repeat", "while", "function", "for", "next", "break", "TRUE", "FALSE",
        "NULL", "Inf", "NaN", "NA",
    ];
    name != "."
        && name.starts_with(is_name_start)
        && !is_decimal_point(name)
        && name.chars().all(is_name_part)
        && !RESERVED.contains(&name)
}

fn is_name_start(c: char) -> bool {
    c.is_alphabetic() || c == '.'
}

fn is_name_part(c: char) -> bool {
    c.is_alphanumeric() || c == '.' || c == '_'
}

fn is_decimal_point(rest: &str) -> bool {
    rest.strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn name(rest: &str) -> (Lexeme, usize) {
    let length = rest.find(|c| !is_name_part(c)).unwrap_or(rest.len());
    let lexeme = match &rest[..length] {
        "." => Lexeme::Dot,
        "TRUE" => Lexeme::Logical(true),
        "FALSE" => Lexeme::Logical(false),
        name => Lexeme::Name(name.to_owned()),
    };
    (lexeme, length)
}

fn number(rest: &str, start: usize) -> Result<(Lexeme, usize), Error> {
    let digits = |from: usize| {
        rest[from..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(rest.len(), |at| from + at)
    };
    let mut end = digits(0);
    if rest[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    let glued = rest[end..]
        .find(|c| !is_name_part(c))
        .unwrap_or(rest.len() - end);
    match rest[..end].parse::<f64>() {
        Ok(value) if value.is_finite() && glued == 0 => Ok((Lexeme::Number(value), end)),
        _ => Err(Error::Syntax {
            place: (start..start + end + glued).into(),
            found: format!("`{}`", &rest[..end + glued]),
            expected: "a number, or a name (in backticks where it begins with a digit)".into(),
        }),
    }
}

fn quoted(rest: &str, quote: char, start: usize) -> Result<(Lexeme, usize), Error> {
    let mut content = String::new();
    let mut characters = rest.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            c if c == quote && quote == '`' && content.is_empty() => break,
            '`' if quote == '`' => return Ok((Lexeme::Name(content), at + 1)),
            c if c == quote => return Ok((Lexeme::Text(content), at + 1)),
            '\\' => content.extend(characters.next().map(|(_, escaped)| escaped)),
            c => content.push(c),
        }
    }
    let (found, expected) = match (quote, content.is_empty()) {
        ('`', true) => ("nothing", "a name between backticks"),
        ('`', false) => ("the end", "a closing backtick"),
        _ => ("the end", "a closing quotation mark"),
    };
    Err(Error::Syntax {
        place: (start..start + rest.len()).into(),
        found: found.into(),
        expected: expected.into(),
    })
}

fn symbol(rest: &str, first: char, start: usize) -> Result<(Lexeme, usize), Error> {
    const SYMBOLS: [(&str, Lexeme); 15] = [
        ("%in%", Lexeme::Op(Op::In)),
        ("||", Lexeme::DoubleBar),
        ("|", Lexeme::Bar),
        ("+", Lexeme::Op(Op::Plus)),
        ("-", Lexeme::Op(Op::Minus)),
        // As R reads it, and Python writes it.
        ("**", Lexeme::Op(Op::Power)),
        ("*", Lexeme::Op(Op::Times)),
        ("/", Lexeme::Op(Op::Over)),
        (":", Lexeme::Op(Op::Colon)),
        ("^", Lexeme::Op(Op::Power)),
        ("~", Lexeme::Tilde),
        ("(", Lexeme::Open),
        (")", Lexeme::Close),
        (",", Lexeme::Comma),
        ("=", Lexeme::Equals),
    ];
    match SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
        Some((symbol, lexeme)) => Ok((lexeme.clone(), symbol.len())),
        None => Err(Error::Syntax {
            place: (start..start + first.len_utf8()).into(),
            found: format!("`{first}`"),
            expected: "a name, a number or one of + - * / ^ : %in% ( ) ~ |".into(),
        }),
    }
}
