//! Arguments and results whose Python types only type checkers need to know.

use pyo3::exceptions::PyTypeError;
use pyo3::inspect::{PyStaticConstant, PyStaticExpr};
use pyo3::prelude::*;
use pyo3::types::PyString;
use pyo3::{type_hint_identifier, type_hint_subscript};

/// The kind of a job: `method` or `simulation`.
pub struct JobKind(pub &'static str);

impl<'py> IntoPyObject<'py> for JobKind {
    type Target = PyString;
    type Output = Bound<'py, PyString>;
    type Error = std::convert::Infallible;
    const OUTPUT_TYPE: PyStaticExpr = type_hint_subscript!(
        type_hint_identifier!("typing", "Literal"),
        PyStaticExpr::Constant {
            value: PyStaticConstant::Str("method")
        },
        PyStaticExpr::Constant {
            value: PyStaticConstant::Str("simulation")
        }
    );

    fn into_pyobject(self, py: Python<'py>) -> Result<Self::Output, Self::Error> {
        Ok(PyString::new(py, self.0))
    }
}

/// A Python object that stands for `$hint` of `$module` in the stubs.
macro_rules! hinted {
    ($(#[$doc:meta])* $name:ident = $module:literal, $hint:literal) => {
        $(#[$doc])*
        pub struct $name<'py>(pub Bound<'py, PyAny>);

        impl<'py> FromPyObject<'_, 'py> for $name<'py> {
            type Error = PyErr;
            const INPUT_TYPE: PyStaticExpr = type_hint_identifier!($module, $hint);

            fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
                Ok(Self(object.to_owned()))
            }
        }

        impl<'py> IntoPyObject<'py> for $name<'py> {
            type Target = PyAny;
            type Output = Bound<'py, PyAny>;
            type Error = std::convert::Infallible;
            const OUTPUT_TYPE: PyStaticExpr = type_hint_identifier!($module, $hint);

            fn into_pyobject(self, _: Python<'py>) -> Result<Self::Output, Self::Error> {
                Ok(self.0)
            }
        }
    };
}

hinted!(
    /// A frame of polars, pandas, pyarrow or kring, or a dict of columns.
    FrameLike = "kring._typing", "FrameLike"
);
hinted!(
    /// A frame, or the path of a file.
    TableLike = "kring._typing", "TableLike"
);
hinted!(
    /// The path of a file, or several.
    Paths = "kring._typing", "Paths"
);
hinted!(
    /// A frame, or a cohort.
    Data = "kring._typing", "Data"
);
hinted!(
    /// Names, names with labels, or names with what is known of them.
    Declared = "kring._typing", "Declared"
);
hinted!(
    /// A frame of polars.
    PolarsFrame = "polars", "DataFrame"
);
hinted!(
    /// A frame of pandas.
    PandasFrame = "pandas", "DataFrame"
);
hinted!(
    /// A capsule: Python names its type only from 3.13 on.
    Capsule = "builtins", "object"
);
hinted!(
    /// A list of names, or of records.
    Listed = "kring._typing", "Listed"
);
hinted!(
    /// Numbers in a list, an array or a series.
    Numbers = "kring._typing", "Numbers"
);
hinted!(
    /// A picture, of whatever library drew it.
    Drawing = "typing", "Any"
);
hinted!(
    /// Who runs tasks: an executor as of PEP 3148.
    Executor = "concurrent.futures", "Executor"
);
hinted!(
    /// Whether or to whom progress is told.
    Progress = "kring._typing", "Progress"
);
hinted!(
    /// Formats of a report.
    Formats = "kring._typing", "Formats"
);

/// The formula of a model.
pub struct ModelFormula(pub String);

impl<'py> FromPyObject<'_, 'py> for ModelFormula {
    type Error = PyErr;
    const INPUT_TYPE: PyStaticExpr = <String as FromPyObject<'static, 'static>>::INPUT_TYPE;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        object.extract().map(Self).map_err(|_| {
            let found = object.get_type().name().map(|name| name.to_string());
            let found = found.unwrap_or_else(|_| "something else".to_owned());
            PyTypeError::new_err(format!(
                "expected a formula such as \"problems ~ arm\", found {found}: the formula comes first, and then \
                 the data"
            ))
        })
    }
}
