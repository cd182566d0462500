//! What a type reads: its fields with their types, found by reading it from nothing.
//!
//! serde asks whoever it reads from for the fields of a struct and the variants of an enum by their
//! names. So a source of data that gives a plain value whenever it is asked learns the whole type.

use std::cell::RefCell;
use std::fmt;

use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use crate::method::Method;

/// A type, and a value that it can be read from.
#[derive(Debug, Clone, PartialEq)]
pub struct Traced {
    pub shape: Shape,
    pub value: Value,
}

/// What a type is.
#[derive(Debug, Clone, PartialEq)]
pub enum Shape {
    Nothing,
    Truth,
    Whole,
    Number,
    Text,
    Optional(Box<Shape>),
    List(Box<Shape>),
    Struct {
        name: String,
        fields: Vec<(String, Traced)>,
    },
    Enum {
        name: String,
        variants: Vec<(String, Traced)>,
    },
}

impl Traced {
    fn nothing() -> Self {
        Self {
            shape: Shape::Nothing,
            value: Value::Null,
        }
    }
}

/// The fields of a method.
///
/// A reading meets one variant of each enum. So there are as many as the largest enum has variants,
/// and what they meet is put together.
pub fn method(kind: &str) -> Traced {
    let mut all = once(kind, 0);
    for turn in 1..all.shape.turns() {
        all.merge(once(kind, turn));
    }
    all
}

fn once(kind: &str, turn: usize) -> Traced {
    let found = RefCell::new(Traced::nothing());
    // What is found counts, whatever comes of the reading.
    let _ = Method::deserialize(Tracer {
        found: &found,
        turn,
        variant: Some(kind),
    });
    match found.into_inner().shape {
        Shape::Enum { variants, .. } => variants
            .into_iter()
            .find(|(name, _)| name == kind)
            .map_or_else(Traced::nothing, |(_, inner)| inner),
        _ => Traced::nothing(),
    }
}

impl Shape {
    /// How many variants the largest enum in it has.
    fn turns(&self) -> usize {
        let among = |inner: &[(String, Traced)]| {
            let turns = inner.iter().map(|(_, inner)| inner.shape.turns());
            turns.max().unwrap_or(0)
        };
        match self {
            Self::Optional(inner) | Self::List(inner) => inner.turns(),
            Self::Struct { fields, .. } => among(fields),
            Self::Enum { variants, .. } => variants.len().max(among(variants)),
            _ => 0,
        }
    }

    fn merge(&mut self, other: Self) {
        match (self, other) {
            (Self::Optional(this), Self::Optional(other))
            | (Self::List(this), Self::List(other)) => this.merge(*other),
            (Self::Struct { fields: this, .. }, Self::Struct { fields: other, .. })
            | (
                Self::Enum { variants: this, .. },
                Self::Enum {
                    variants: other, ..
                },
            ) => {
                for ((_, this), (_, other)) in this.iter_mut().zip(other) {
                    this.merge(other);
                }
            }
            _ => {}
        }
    }
}

impl Traced {
    /// Takes over what the other met and this one did not.
    fn merge(&mut self, other: Self) {
        if self.shape == Shape::Nothing {
            *self = other;
        } else {
            self.shape.merge(other.shape);
        }
    }
}

/// A source that gives a plain value of whatever type it is asked for, and keeps what it was asked.
#[derive(Clone, Copy)]
struct Tracer<'a> {
    found: &'a RefCell<Traced>,
    /// Which variants are given, counted around.
    turn: usize,
    /// The variant to give of the enum at the top.
    variant: Option<&'a str>,
}

/// Why something could not be read. Nobody sees it.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

impl serde::de::Error for Refused {
    fn custom<T: fmt::Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

/// A formula to whoever reads a text as one, a text to all others.
const TEXT: &str = "y ~ x";

impl Tracer<'_> {
    fn keep(&self, shape: Shape, value: Value) {
        *self.found.borrow_mut() = Traced { shape, value };
    }
}

/// A value of one type whenever it is asked for.
macro_rules! plain {
    ($($method:ident)* => $visit:ident, $shape:ident, $value:expr) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
            self.keep(Shape::$shape, json!($value));
            visitor.$visit($value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Tracer<'_> {
    type Error = Refused;

    plain!(deserialize_bool => visit_bool, Truth, true);
    plain!(deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        => visit_u64, Whole, 1_u64);
    plain!(deserialize_f32 deserialize_f64 => visit_f64, Number, 0.5_f64);
    plain!(deserialize_str deserialize_string deserialize_char deserialize_any
        deserialize_identifier deserialize_bytes deserialize_byte_buf
        => visit_str, Text, TEXT);

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        let read = visitor.visit_some(self);
        let inner = self.found.replace(Traced::nothing());
        self.keep(Shape::Optional(Box::new(inner.shape)), inner.value);
        read
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.listed(1, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.listed(length, visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.listed(length, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        self.tabled("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.tabled(name, fields, visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let in_turn = || variants.iter().cycle().nth(self.turn).copied();
        let chosen = self.variant.or_else(in_turn).unwrap_or_default();
        let inner = RefCell::new(Traced::nothing());
        let read = visitor.visit_enum(Variant {
            of: name,
            name: chosen,
            inner: &inner,
            turn: self.turn,
        });
        let of_chosen = inner.into_inner();
        let value = match &of_chosen.shape {
            Shape::Nothing => json!(chosen),
            _ => json!({ chosen: of_chosen.value }),
        };
        let all = variants.iter().map(|&variant| {
            let inner = if variant == chosen {
                of_chosen.clone()
            } else {
                Traced::nothing()
            };
            (variant.to_owned(), inner)
        });
        self.keep(
            Shape::Enum {
                name: name.to_owned(),
                variants: all.collect(),
            },
            value,
        );
        read
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        visitor.visit_unit()
    }
}

impl Tracer<'_> {
    fn listed<'de, V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Refused> {
        let mut values = Vec::with_capacity(length);
        let inner = RefCell::new(Traced::nothing());
        let read = visitor.visit_seq(Elements {
            left: length,
            values: &mut values,
            inner: &inner,
            turn: self.turn,
        });
        let shape = inner.into_inner().shape;
        self.keep(Shape::List(Box::new(shape)), Value::Array(values));
        read
    }

    fn tabled<'de, V: Visitor<'de>>(
        self,
        name: &str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let mut fields = Vec::with_capacity(names.len());
        let read = visitor.visit_map(Record {
            names: names.iter(),
            name: "",
            fields: &mut fields,
            turn: self.turn,
        });
        let values = fields
            .iter()
            .map(|(name, inner): &(String, Traced)| (name.clone(), inner.value.clone()));
        let value = Value::Object(values.collect::<Map<String, Value>>());
        self.keep(
            Shape::Struct {
                name: name.to_owned(),
                fields,
            },
            value,
        );
        read
    }
}

/// The elements of a list.
struct Elements<'a> {
    left: usize,
    values: &'a mut Vec<Value>,
    inner: &'a RefCell<Traced>,
    turn: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_> {
    type Error = Refused;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Refused> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        let read = seed.deserialize(Tracer {
            found: self.inner,
            turn: self.turn,
            variant: None,
        })?;
        self.values.push(self.inner.borrow().value.clone());
        Ok(Some(read))
    }
}

/// The fields of a struct, one after another.
struct Record<'a> {
    names: std::slice::Iter<'static, &'static str>,
    name: &'static str,
    fields: &'a mut Vec<(String, Traced)>,
    turn: usize,
}

impl<'de> MapAccess<'de> for Record<'_> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Refused> {
        let Some(name) = self.names.next() else {
            return Ok(None);
        };
        self.name = name;
        let name: StrDeserializer<'_, Refused> = name.into_deserializer();
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refused> {
        let inner = RefCell::new(Traced::nothing());
        let read = seed.deserialize(Tracer {
            found: &inner,
            turn: self.turn,
            variant: None,
        });
        self.fields.push((self.name.to_owned(), inner.into_inner()));
        read
    }
}

/// A variant of an enum.
struct Variant<'a> {
    of: &'static str,
    name: &'a str,
    inner: &'a RefCell<Traced>,
    turn: usize,
}

impl<'de> EnumAccess<'de> for Variant<'_> {
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Refused> {
        let name: StrDeserializer<'_, Refused> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refused> {
        seed.deserialize(Tracer {
            found: self.inner,
            turn: self.turn,
            variant: None,
        })
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let tracer = Tracer {
            found: self.inner,
            turn: self.turn,
            variant: None,
        };
        tracer.listed(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        let tracer = Tracer {
            found: self.inner,
            turn: self.turn,
            variant: None,
        };
        tracer.tabled(&format!("{}.{}", self.of, self.name), fields, visitor)
    }
}
