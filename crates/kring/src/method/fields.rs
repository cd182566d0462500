//! The fields of each method: their types, usual values and meanings.
//!
//! Nothing here is written twice. Which fields there are, and of what type, is asked of the code
//! that reads them ([`trace`]); what is usual, of the code that writes them; and what they mean stands
//! in `meanings.toml`, which a test makes of the comments in the source and finds out when it is old.

mod trace;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Method;
use crate::Error;
use trace::{Shape, Traced};

/// A field of a method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its name, that of an option with a point: `options.level`.
    pub name: String,
    /// What stands in it.
    pub holds: FieldType,
    /// Whether it must be given.
    pub required: bool,
    /// What it is unless given, as a protocol writes it; absent where it is then not there.
    pub default: Option<String>,
    /// What it means, in a sentence.
    pub meaning: String,
    /// What may stand in it, if it is a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

/// What stands in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// A text, such as the name of a column.
    Text,
    /// A number.
    Number,
    /// A whole number.
    Whole,
    /// `true` or `false`.
    Truth,
    /// Several texts.
    Texts,
    /// Several numbers.
    Numbers,
    /// One of several words, or of several tables with one name each.
    Choice,
    /// A table, whose fields follow.
    Table,
}

impl FieldType {
    /// The type in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Whole => "whole number",
            Self::Truth => "true or false",
            Self::Texts => "list of texts",
            Self::Numbers => "list of numbers",
            Self::Choice => "choice",
            Self::Table => "table",
        }
    }
}

/// A word, or the name of a table, that may stand in a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The word.
    pub name: String,
    /// What it means, in a sentence.
    pub meaning: String,
}

/// What the fields and variants of each type mean: `meanings.toml`.
type Meanings = BTreeMap<String, BTreeMap<String, String>>;

/// By what a type is found among the meanings: types of several modules have one name, so that it
/// takes the names of its fields as well.
fn key(of: &str, names: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names
        .into_iter()
        .map(|name| name.as_ref().to_owned())
        .collect();
    format!("{of}: {}", names.join(" "))
}

fn meanings() -> Meanings {
    // Whether it can be read, a test finds out.
    toml::from_str(include_str!("fields/meanings.toml")).unwrap_or_default()
}

impl Method {
    /// What a method does, in a sentence.
    ///
    /// ```
    /// use kring::method::Method;
    /// assert_eq!(Method::meaning("chi_squared")?, "Pearson's χ².");
    /// # Ok::<(), kring::Error>(())
    /// ```
    pub fn meaning(kind: &str) -> Result<String, Error> {
        Self::known(kind)?;
        let all = meanings();
        let of = all.get("Method").and_then(|methods| methods.get(kind));
        Ok(of.cloned().unwrap_or_default())
    }

    /// The fields of a method, options below their table.
    ///
    /// ```
    /// use kring::method::{FieldType, Method};
    /// let fields = Method::fields("mean_difference")?;
    /// assert_eq!(fields[0].name, "outcome");
    /// assert!(fields[0].required);
    /// let level = fields.iter().find(|field| field.name == "options.level").unwrap();
    /// assert_eq!((level.holds, level.default.as_deref()), (FieldType::Number, Some("0.95")));
    /// # Ok::<(), kring::Error>(())
    /// ```
    pub fn fields(kind: &str) -> Result<Vec<Field>, Error> {
        Self::known(kind)?;
        let traced = trace::method(kind);
        let listing = Listing {
            kind,
            usual: usual(kind, &traced.value),
            all: traced.value.clone(),
            meanings: &meanings(),
        };
        let mut fields = Vec::new();
        listing.table(&traced, &mut Vec::new(), &mut fields);
        Ok(fields)
    }
}

/// The method as it is written where only what must be given is given.
fn usual(kind: &str, all: &Value) -> Value {
    let mut least = all.clone();
    leave_out(kind, &mut least, &mut Vec::new());
    written(kind, &least)
}

/// The method as it is written once it was read from this.
fn written(kind: &str, given: &Value) -> Value {
    let written = Method::of_kind(kind, given)
        .ok()
        .and_then(|method| serde_json::to_value(method).ok());
    match written {
        Some(Value::Object(mut written)) => written.remove(kind).unwrap_or_default(),
        _ => Value::Null,
    }
}

/// Leaves out whatever the method can be read without, at this path and below.
fn leave_out(kind: &str, least: &mut Value, path: &mut Vec<String>) {
    let names: Vec<String> = match at(least, path) {
        Some(Value::Object(fields)) => fields.keys().cloned().collect(),
        _ => return,
    };
    for name in names {
        let Some(Value::Object(fields)) = at(least, path) else {
            return;
        };
        let Some(value) = fields.remove(&name) else {
            continue;
        };
        if Method::of_kind(kind, least).is_ok() {
            continue;
        }
        if let Some(Value::Object(fields)) = at(least, path) {
            fields.insert(name.clone(), value);
        }
        path.push(name);
        leave_out(kind, least, path);
        path.pop();
    }
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter()
        .try_fold(value, |value, name| value.get_mut(name))
}

/// What is asked for each field.
struct Listing<'a> {
    kind: &'a str,
    /// Every field with some value.
    all: Value,
    /// The method with what is usual.
    usual: Value,
    meanings: &'a Meanings,
}

impl Listing<'_> {
    fn table(&self, of: &Traced, path: &mut Vec<String>, into: &mut Vec<Field>) {
        let Shape::Struct { name, fields } = &of.shape else {
            return;
        };
        for (field, inner) in fields {
            path.push(field.clone());
            let shape = inner.shape.plain();
            let required = self.is_required(path);
            into.push(Field {
                name: path.join("."),
                holds: shape.holds(),
                required,
                default: (!required).then(|| self.default(path)).flatten(),
                meaning: self.meaning(name, fields, field),
                choices: self.choices(shape),
            });
            match shape {
                Shape::Struct { .. } => {
                    let inner = Traced {
                        shape: shape.clone(),
                        value: Value::Null,
                    };
                    self.table(&inner, path, into);
                }
                Shape::Enum { variants, .. } => {
                    for (variant, inner) in variants {
                        if matches!(inner.shape, Shape::Struct { .. }) {
                            let chosen = self.choosing(path, variant, &inner.value);
                            path.push(variant.clone());
                            chosen.table(inner, path, into);
                            path.pop();
                        }
                    }
                }
                _ => {}
            }
            path.pop();
        }
    }

    /// The same with this variant of the choice at the path.
    fn choosing(&self, path: &[String], variant: &str, value: &Value) -> Self {
        let mut all = self.all.clone();
        if let Some(choice) = at(&mut all, path) {
            *choice = serde_json::json!({ variant: value });
        }
        Self {
            kind: self.kind,
            usual: self.chosen(&all, path),
            all,
            meanings: self.meanings,
        }
    }

    /// What is usual where all but the choice at the path may be left out.
    fn chosen(&self, all: &Value, path: &[String]) -> Value {
        // Below a variant's name all may go but what the variant must have.
        let mut least = all.clone();
        let mut below = path.to_vec();
        if let Some(Value::Object(choice)) = at(&mut least, path) {
            below.extend(choice.keys().next().cloned());
        }
        leave_out(self.kind, &mut least, &mut below);
        written(self.kind, &least)
    }

    /// Whether the method cannot be read without it.
    fn is_required(&self, path: &[String]) -> bool {
        let mut without = self.all.clone();
        let Some((last, before)) = path.split_last() else {
            return false;
        };
        if let Some(Value::Object(inner)) = at(&mut without, before) {
            inner.remove(last);
        }
        Method::of_kind(self.kind, &without).is_err()
    }

    fn default(&self, path: &[String]) -> Option<String> {
        let value = path
            .iter()
            .try_fold(&self.usual, |value, name| value.get(name))?;
        match value {
            Value::Null | Value::Object(_) => None,
            Value::String(word) => Some(word.clone()),
            Value::Array(values) if values.is_empty() => None,
            other => Some(other.to_string()),
        }
    }

    fn meaning(&self, of: &str, among: &[(String, Traced)], name: &str) -> String {
        let of = self
            .meanings
            .get(&key(of, among.iter().map(|(name, _)| name)));
        of.and_then(|of| of.get(name)).cloned().unwrap_or_default()
    }

    fn choices(&self, shape: &Shape) -> Vec<Choice> {
        let (name, variants) = match shape {
            Shape::Enum { name, variants } => (name, variants),
            // The words that may stand in a list.
            Shape::List(inner) => return self.choices(inner.plain()),
            _ => return Vec::new(),
        };
        let choice = |(variant, _): &(String, Traced)| Choice {
            name: variant.clone(),
            meaning: self.meaning(name, variants, variant),
        };
        variants.iter().map(choice).collect()
    }
}

impl Shape {
    /// What an optional field holds where it is there.
    fn plain(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner.plain(),
            other => other,
        }
    }

    fn holds(&self) -> FieldType {
        match self.plain() {
            Self::Text => FieldType::Text,
            Self::Whole => FieldType::Whole,
            Self::Truth => FieldType::Truth,
            Self::List(inner) if matches!(inner.plain(), Self::Text | Self::Enum { .. }) => {
                FieldType::Texts
            }
            Self::List(_) => FieldType::Numbers,
            Self::Enum { .. } => FieldType::Choice,
            Self::Struct { .. } => FieldType::Table,
            Self::Number | Self::Optional(_) | Self::Nothing => FieldType::Number,
        }
    }
}

/// Every type that stands in a method, with the names of its fields or variants.
#[cfg(test)]
fn types() -> BTreeMap<String, Vec<String>> {
    type Types = BTreeMap<String, Vec<String>>;
    fn walk(shape: &Shape, into: &mut Types) {
        let (Shape::Struct {
            name,
            fields: inner,
        }
        | Shape::Enum {
            name,
            variants: inner,
        }) = shape
        else {
            if let Shape::Optional(inner) | Shape::List(inner) = shape {
                walk(inner, into);
            }
            return;
        };
        let names: Vec<String> = inner.iter().map(|(name, _)| name.clone()).collect();
        into.insert(key(name, &names), names);
        for (_, inner) in inner {
            walk(&inner.shape, into);
        }
    }
    let mut types = BTreeMap::new();
    for kind in Method::KINDS {
        walk(&trace::method(kind).shape, &mut types);
    }
    types
}

#[cfg(test)]
mod tests;
