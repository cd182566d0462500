//! Plain data between Rust and Python: what serde can write becomes dicts and lists, and dicts and
//! lists become what serde can read.

use pyo3::inspect::PyStaticExpr;
use pyo3::prelude::*;
use pyo3::types::{
    IntoPyDict, PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PySequence, PyString,
};
use pyo3::{type_hint_identifier, type_hint_subscript};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::errors::{InputError, argument};
use crate::frame::Frame;

/// A dict with names as keys.
pub struct Record<'py>(Bound<'py, PyAny>);

impl<'py> Record<'py> {
    /// Anything that serde writes as a record.
    pub fn of(py: Python<'py>, data: &impl Serialize) -> PyResult<Self> {
        let value =
            serde_json::to_value(data).map_err(|error| InputError::new_err(error.to_string()))?;
        to_python(py, &value).map(Self)
    }
}

impl<'py> IntoPyObject<'py> for Record<'py> {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = std::convert::Infallible;
    const OUTPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("builtins", "dict"),
        type_hint_identifier!("builtins", "str"),
        type_hint_identifier!("typing", "Any")
    );

    fn into_pyobject(self, _: Python<'py>) -> Result<Self::Output, Self::Error> {
        Ok(self.0)
    }
}

/// How often each of some things occurred, in order.
pub struct Counts(pub Vec<(String, usize)>);

impl<'py> IntoPyObject<'py> for Counts {
    type Target = PyDict;
    type Output = Bound<'py, PyDict>;
    type Error = PyErr;
    const OUTPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("builtins", "dict"),
        type_hint_identifier!("builtins", "str"),
        type_hint_identifier!("builtins", "int")
    );

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        self.0.into_py_dict(py)
    }
}

/// Frames by their names.
pub struct Frames<'py>(pub Bound<'py, PyDict>);

impl<'py> IntoPyObject<'py> for Frames<'py> {
    type Target = PyDict;
    type Output = Bound<'py, PyDict>;
    type Error = std::convert::Infallible;
    const OUTPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("builtins", "dict"),
        type_hint_identifier!("builtins", "str"),
        <Bound<'py, Frame> as IntoPyObject<'py>>::OUTPUT_TYPE
    );

    fn into_pyobject(self, _: Python<'py>) -> Result<Self::Output, Self::Error> {
        Ok(self.0)
    }
}

/// The word by which files and dicts call one of several things: `not_reproducible`.
pub fn word(choice: &impl Serialize) -> String {
    match serde_json::to_value(choice) {
        Ok(Value::String(word)) => word,
        _ => String::new(),
    }
}

pub fn to_python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Bool(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => whole.into_pyobject(py)?.into_any(),
            (None, Some(whole)) => whole.into_pyobject(py)?.into_any(),
            (None, None) => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Value::String(text) => PyString::new(py, text).into_any(),
        Value::Array(values) => {
            let list = PyList::empty(py);
            for value in values {
                list.append(to_python(py, value)?)?;
            }
            list.into_any()
        }
        Value::Object(values) => {
            let dict = PyDict::new(py);
            for (name, value) in values {
                dict.set_item(name, to_python(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// Reads an argument that consists of dicts, lists, texts and numbers.
pub fn from_python<T: DeserializeOwned>(name: &str, value: Value) -> PyResult<T> {
    serde_json::from_value(value)
        .map_err(|error| argument(name, kring::words::in_words(&error.to_string())))
}

/// An argument as plain data.
pub fn plain(name: &str, object: &Bound<'_, PyAny>) -> PyResult<Value> {
    /// Deeper than any declaration, and no danger to the stack.
    const DEEPEST: usize = 16;
    plain_within(name, object, DEEPEST)
}

fn plain_within(name: &str, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<Value> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(argument(name, "dicts and lists are nested too deeply"));
    };
    if object.is_none() {
        return Ok(Value::Null);
    }
    if let Ok(truth) = object.cast::<PyBool>() {
        return Ok(Value::Bool(truth.is_true()));
    }
    if let Ok(text) = object.cast::<PyString>() {
        return Ok(Value::String(text.to_string()));
    }
    if object.is_instance_of::<PyInt>() {
        return match object.extract::<i64>() {
            Ok(whole) => Ok(whole.into()),
            Err(_) => Err(argument(name, format!("the number {object} is too large"))),
        };
    }
    if let Ok(number) = object.cast::<PyFloat>() {
        let number = number.extract::<f64>()?;
        let finite = serde_json::Number::from_f64(number);
        return finite
            .map(Value::Number)
            .ok_or_else(|| argument(name, format!("{number} is not a finite number")));
    }
    if let Ok(mapping) = object.cast::<PyMapping>() {
        let mut values = Map::new();
        for item in mapping.items()?.iter() {
            let (key, value) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>()?;
            values.insert(key.str()?.to_string(), plain_within(name, &value, depth)?);
        }
        return Ok(Value::Object(values));
    }
    if let Ok(sequence) = object.cast::<PySequence>() {
        let values = sequence
            .try_iter()?
            .map(|item| plain_within(name, &item?, depth));
        return values.collect::<PyResult<_>>().map(Value::Array);
    }
    Err(argument(
        name,
        format!(
            "expected names, numbers, lists or dicts, found {}",
            kind(object)
        ),
    ))
}

/// What a Python object is, for messages: `int`, `polars.LazyFrame`.
pub fn kind(object: &Bound<'_, PyAny>) -> String {
    let class = object.get_type();
    let (Ok(module), Ok(name)) = (class.module(), class.qualname()) else {
        return "an object".to_owned();
    };
    let module = module.to_string();
    // `polars.lazyframe.frame.LazyFrame` is known to people as `polars.LazyFrame`.
    match module.split('.').next() {
        Some("builtins") | None => name.to_string(),
        Some(library) => format!("{library}.{name}"),
    }
}
