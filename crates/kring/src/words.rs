//! What the readers of options say, in words of the field.
//!
//! Options are read by serde, which speaks of `f64`, maps and sequences. Whoever writes a protocol or a
//! command knows numbers, tables and lists.

use serde::Serialize;

/// How serde calls what it expected, and how a reader does.
const EXPECTED: [(&str, &str); 21] = [
    ("f64", "a number"),
    ("f32", "a number"),
    ("i32", "a whole number"),
    ("i64", "a whole number"),
    ("u8", "a whole number from 0"),
    ("u16", "a whole number from 0"),
    ("u32", "a whole number from 0"),
    ("u64", "a whole number from 0"),
    ("usize", "a whole number from 0"),
    ("a nonzero usize", "a whole number from 1"),
    ("a string", "a text"),
    ("string or map", "a name, or a table with a name"),
    ("a boolean", "true or false"),
    ("a sequence", "a list"),
    ("a map", "a table of fields"),
    ("option", "a value or nothing"),
    ("unit", "nothing"),
    ("struct variant", "a name with a table of fields"),
    ("newtype variant", "a name with a value"),
    ("map", "a table of fields"),
    ("variant identifier", "a name"),
];

/// A closed enum as words.
pub fn said(word: &impl Serialize) -> String {
    let written = serde_json::to_value(word).unwrap_or_default();
    written.as_str().unwrap_or_default().replace('_', " ")
}

/// A message of a reader of options, as a sentence without the words of a programmer.
///
/// ```
/// use kring::words::in_words;
/// assert_eq!(
///     in_words("invalid type: string \"x\", expected f64"),
///     "expected a number, found the text \"x\"",
/// );
/// assert_eq!(
///     in_words("unknown variant `cr9`, expected one of `classical`, `cr2`"),
///     "expected one of `classical`, `cr2`, found `cr9`; did you mean `cr2`?",
/// );
/// ```
pub fn in_words(message: &str) -> String {
    in_words_of(message, &[])
}

/// The same, where the fields of all tables are known by their paths, such as `options.level`: one that is
/// not known is looked for in the other tables as well.
pub(crate) fn in_words_of(message: &str, fields: &[String]) -> String {
    let lines: Vec<String> = message.lines().map(|text| line(text, fields)).collect();
    lines.join("\n")
}

fn line(text: &str, fields: &[String]) -> String {
    for start in ["invalid type: ", "invalid value: ", "invalid length "] {
        if let Some((before, found, expected)) = parts(text, start) {
            let found = match start {
                "invalid length " => format!("{found} of them"),
                _ => found_in_words(found),
            };
            return format!(
                "{before}expected {}, found {found}",
                expected_in_words(expected)
            );
        }
    }
    if let Some((before, found, expected)) = parts(text, "unknown variant ") {
        return format!(
            "{before}expected {expected}, found {found}{}",
            near(found, expected)
        );
    }
    if let Some((before, found, expected)) = parts(text, "unknown field ") {
        let near = match near(found, expected) {
            near if near.is_empty() => below(found.trim_matches('`'), fields),
            near => near,
        };
        return format!("{before}unknown field {found}, expected {expected}{near}");
    }
    text.to_owned()
}

/// A field of another table that is likely meant, with its path.
fn below(found: &str, fields: &[String]) -> String {
    let last = |path: &'_ str| {
        path.rsplit('.')
            .next()
            .map_or(0, |name| path.len() - name.len())
    };
    let names = fields.iter().map(|path| &path[last(path)..]);
    let Some(meant) = kring_core::meant(found, names) else {
        return String::new();
    };
    let (meant, value) = meant.split_at(meant.find('=').unwrap_or(meant.len()));
    let path = fields.iter().find(|path| path[last(path)..] == *meant);
    path.map(|path| format!("; did you mean `{path}{value}`?"))
        .unwrap_or_default()
}

/// A number or a truth as a text.
pub(crate) fn as_text(value: &mut serde_json::Value) {
    let text = match value.as_f64() {
        // 3.0 is the wave 3.
        Some(number) => number.to_string(),
        None if value.is_boolean() => value.to_string(),
        None => return,
    };
    *value = serde_json::Value::String(text);
}

/// A few names, and how many more there are.
pub(crate) fn few(names: &[&str]) -> String {
    const MOST: usize = 20;
    const SHOWN: usize = 5;
    match names.len() {
        0..=MOST => names.join(", "),
        n => format!("{} and {} more", names[..SHOWN].join(", "), n - SHOWN),
    }
}

/// A near name among those that are listed; the list itself stands there already.
fn near(found: &str, expected: &str) -> String {
    let known = expected.split('`').skip(1).step_by(2);
    let near = kring_core::suggestion(found.trim_matches('`'), known);
    Some(near)
        .filter(|near| near.contains("did you mean"))
        .unwrap_or_default()
}

/// What stands before a phrase, what was found, and what was expected.
fn parts<'a>(text: &'a str, start: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let (before, rest) = text.split_once(start)?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    Some((before, found, expected))
}

fn expected_in_words(expected: &str) -> String {
    if let Some((_, words)) = EXPECTED.iter().find(|(name, _)| *name == expected) {
        return (*words).to_owned();
    }
    for (start, words) in [
        ("struct ", "a table of fields"),
        ("internally tagged enum ", "a table of fields with its kind"),
        ("enum ", "a name, or a table with a name"),
        ("tuple ", "a list"),
        ("an array of length ", "a list of "),
    ] {
        if let Some(rest) = expected.strip_prefix(start) {
            let number = if start.ends_with("length ") { rest } else { "" };
            return format!("{words}{number}");
        }
    }
    expected.to_owned()
}

fn found_in_words(found: &str) -> String {
    let (kind, value) = found.split_once(' ').unwrap_or((found, ""));
    match (kind, value) {
        ("string", value) => format!("the text {value}"),
        ("integer" | "boolean" | "character", value) => value.trim_matches('`').to_owned(),
        ("floating", value) => value
            .trim_start_matches("point ")
            .trim_matches('`')
            .to_owned(),
        ("sequence", _) => "a list".to_owned(),
        ("map", _) => "a table of fields".to_owned(),
        ("unit", "variant") => "the name alone".to_owned(),
        ("null" | "unit", _) => "nothing".to_owned(),
        _ => found.to_owned(),
    }
}
