//! A protocol from its text, with the line of every fault.
//!
//! `[[check]]` and `[[analysis]]` each hold two things in one table: what all of them have (`id`,
//! `title`, …) and what their `kind` needs. Both refuse unknown names. serde's own means for that
//! forget where in the text a name stands, so the tables are taken apart here, with their places.

use std::ops::Range;
use std::str::FromStr;

use serde::de::value::EnumAccessDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, EnumAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Deserializer, Error, ValueDeserializer};

use super::protocol::{
    Analysis, AnalysisSpec, CheckEntry, CheckSpec, Claim, Data, Protocol, PublishedChart,
    SourceEntry, StudyDesign, StudyHead,
};

use crate::method::Method;
use crate::words::in_words;

/// Tables that stand any number of times, `[[claim]]`.
const MANY: [&str; 5] = ["source", "claim", "check", "analysis", "chart"];
/// Tables that stand once, `[study]`.
const ONE: [&str; 3] = ["study", "design", "data"];

/// What beside `kind` and its fields stands in a check, and in an analysis.
const CHECK_HEAD: [&str; 3] = ["id", "expect", "note"];
const ANALYSIS_HEAD: [&str; 5] = ["id", "title", "role", "note", "on"];

/// A protocol without its checks and analyses.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rest {
    study: StudyHead,
    #[serde(default)]
    source: Vec<SourceEntry>,
    #[serde(default)]
    design: StudyDesign,
    data: Option<Data>,
    #[serde(default)]
    claim: Vec<Claim>,
    #[serde(default)]
    chart: Vec<PublishedChart>,
}

impl FromStr for Protocol {
    type Err = String;

    /// Reads a protocol. The error says where the fault stands, and shows the line.
    fn from_str(text: &str) -> Result<Self, String> {
        let shown = |mut error: Error| {
            error.set_input(Some(text));
            in_words(error.to_string().trim_end())
        };
        let mut root = DeTable::parse(text).map_err(shown)?;
        brackets(root.get_ref(), text)?;
        let checks = entries(root.get_mut(), "check", &CHECK_HEAD, text)?;
        let analyses = entries(root.get_mut(), "analysis", &ANALYSIS_HEAD, text)?;
        let rest = Rest::deserialize(Deserializer::from(root)).map_err(shown)?;
        Ok(Self {
            study: rest.study,
            sources: rest.source,
            design: rest.design,
            data: rest.data,
            claims: rest.claim,
            checks: checks
                .into_iter()
                .map(|(head, kind)| CheckEntry { head, kind })
                .collect(),
            analyses: analyses
                .into_iter()
                .map(|(head, kind)| Analysis { head, kind })
                .collect(),
            charts: rest.chart,
        })
    }
}

/// One pair of brackets for what stands once, two for what may stand often.
fn brackets(root: &DeTable<'_>, text: &str) -> Result<(), String> {
    let design = root
        .get("design")
        .and_then(|design| design.get_ref().as_table());
    let outcome = design.and_then(|design| Some(("design.outcome", design.get("outcome")?)));
    let of = |names: &'static [&'static str]| {
        names
            .iter()
            .filter_map(|name| Some((*name, root.get(*name)?)))
    };
    for (name, value) in of(&MANY).chain(outcome) {
        if value.get_ref().is_table() {
            return Err(format!(
                "line {}: `[{name}]` is one table, but there may be many of these; write `[[{name}]]`",
                line(text, value.span())
            ));
        }
    }
    for (name, value) in of(&ONE) {
        if value.get_ref().is_array() {
            return Err(format!(
                "line {}: `[[{name}]]` is one of many, but this stands once; write `[{name}]`",
                line(text, value.span())
            ));
        }
    }
    Ok(())
}

/// The number of the line on which something begins.
fn line(text: &str, span: Range<usize>) -> usize {
    let before = text.as_bytes().iter().take(span.start);
    1 + before.filter(|byte| **byte == b'\n').count()
}

/// The entries of a list, taken out of the protocol: what all have, and what their kind needs.
fn entries<Head, Kind>(
    root: &mut DeTable<'_>,
    name: &str,
    head: &[&str],
    text: &str,
) -> Result<Vec<(Head, Kind)>, String>
where
    Head: DeserializeOwned,
    Kind: OfKind,
{
    let Some(list) = root.remove(name) else {
        return Ok(Vec::new());
    };
    let span = list.span();
    let DeValue::Array(list) = list.into_inner() else {
        return Err(format!(
            "line {}: `{name}` is no list of tables; write `[[{name}]]`",
            line(text, span)
        ));
    };
    list.into_iter()
        .map(|entry| {
            let span = entry.span();
            let DeValue::Table(table) = entry.into_inner() else {
                return Err(format!(
                    "line {}: an entry of `{name}` is no table; write `[[{name}]]`",
                    line(text, span)
                ));
            };
            let id = table.get("id").and_then(|id| id.get_ref().as_str());
            let named = id.map_or_else(
                || format!("{name} without id"),
                |id| format!("{name} `{id}`"),
            );
            split(table, span, head).map_err(|mut error: Error| {
                error.set_input(Some(text));
                format!("{named}: {}", in_words(error.to_string().trim_end()))
            })
        })
        .collect()
}

/// The entries of these names as one value; the others as the variant that `kind` names.
fn split<Head, Kind>(
    table: DeTable<'_>,
    span: Range<usize>,
    head: &[&str],
) -> Result<(Head, Kind), Error>
where
    Head: DeserializeOwned,
    Kind: OfKind,
{
    let (mut common, mut naming, mut fields) = (DeTable::new(), DeTable::new(), DeTable::new());
    for (name, value) in table {
        let part = match name.get_ref().as_ref() {
            "kind" => &mut naming,
            known if head.contains(&known) => &mut common,
            _ => &mut fields,
        };
        part.insert(name, value);
    }
    let read = |table| ValueDeserializer::from(Spanned::new(span.clone(), DeValue::Table(table)));
    let head = Head::deserialize(read(common))?;
    let Named { kind } = Named::deserialize(read(naming))?;
    let place = kind.span();
    let kind = kind.into_inner();
    if let Some(why) = Kind::unknown(&kind) {
        return Err(refusal(place, why));
    }
    let fields = Spanned::new(span, DeValue::Table(fields));
    let name = Spanned::new(place, DeValue::String(DeString::Owned(kind)));
    Ok((head, Kind::read(name, fields)?))
}

/// What is read by the name of its kind.
trait OfKind: DeserializeOwned {
    /// Why there is no such kind, where the enum does not say it by itself.
    fn unknown(_: &str) -> Option<String> {
        None
    }

    fn read(name: Spanned<DeValue<'_>>, fields: Spanned<DeValue<'_>>) -> Result<Self, Error> {
        variant(name, fields)
    }
}

/// The variant of an enum of this name.
fn variant<T: DeserializeOwned>(
    name: Spanned<DeValue<'_>>,
    fields: Spanned<DeValue<'_>>,
) -> Result<T, Error> {
    let fields = ValueDeserializer::from(fields);
    T::deserialize(EnumAccessDeserializer::new(Variant { name, fields }))
}

impl OfKind for CheckSpec {}

impl OfKind for AnalysisSpec {
    fn unknown(kind: &str) -> Option<String> {
        let kinds = || Self::KINDS.iter().chain(Method::KINDS).copied();
        let unknown = !kinds().any(|known| known == kind);
        unknown.then(|| {
            let near = kring_core::suggestion(kind, kinds());
            format!("there is no kind `{kind}`{near}")
        })
    }

    fn read(name: Spanned<DeValue<'_>>, fields: Spanned<DeValue<'_>>) -> Result<Self, Error> {
        match name.get_ref().as_str() {
            Some(kind) if Method::KINDS.contains(&kind) => method(kind, fields),
            _ => variant(name, fields),
        }
    }
}

/// A method from its fields. A fault stands where the field does that it lies at.
fn method(kind: &str, fields: Spanned<DeValue<'_>>) -> Result<AnalysisSpec, Error> {
    let plain = serde_json::Value::deserialize(ValueDeserializer::from(fields.clone()))?;
    match Method::read(kind, plain) {
        Ok(method) => Ok(AnalysisSpec::Method(Box::new(method))),
        Err(fault) => {
            let path = fault.field.unwrap_or_default();
            Err(refusal(place(&fields, &path), fault.why))
        }
    }
}

/// Where the entry of a path stands, from its name to its value; the whole where there is none.
fn place(whole: &Spanned<DeValue<'_>>, path: &str) -> Range<usize> {
    let (name, rest) = path.split_once('.').unwrap_or((path, ""));
    let table = whole.get_ref().as_table();
    match table.and_then(|table| table.get_key_value(name)) {
        Some((_, value)) if !rest.is_empty() => place(value, rest),
        Some((name, value)) => name.span().start..value.span().end,
        None => whole.span(),
    }
}

/// An error at a place in the text.
fn refusal(place: Range<usize>, why: String) -> Error {
    let nothing = ValueDeserializer::from(Spanned::new(place, DeValue::Boolean(false)));
    let refused: Result<(), Error> = Refused(why.clone()).deserialize(nothing);
    refused
        .err()
        .unwrap_or_else(|| serde::de::Error::custom(why))
}

/// A text that is refused where it stands.
struct Refused(String);

impl<'de> DeserializeSeed<'de> for Refused {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, text: D) -> Result<(), D::Error> {
        text.deserialize_bool(self)
    }
}

impl Visitor<'_> for Refused {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        Err(E::custom(self.0))
    }
}

/// The name of a variant.
#[derive(Deserialize)]
struct Named {
    kind: Spanned<String>,
}

/// A variant of an enum: its name, and its fields.
struct Variant<'i> {
    name: Spanned<DeValue<'i>>,
    fields: ValueDeserializer<'i>,
}

impl<'i> EnumAccess<'i> for Variant<'i> {
    type Error = Error;
    type Variant = Fields<'i>;

    fn variant_seed<V: DeserializeSeed<'i>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self::Variant), Error> {
        let name = seed.deserialize(ValueDeserializer::from(self.name))?;
        Ok((name, Fields(self.fields)))
    }
}

/// The fields of a variant.
struct Fields<'i>(ValueDeserializer<'i>);

impl<'i> VariantAccess<'i> for Fields<'i> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'i>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'i>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'i>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.deserialize_any(visitor)
    }
}
