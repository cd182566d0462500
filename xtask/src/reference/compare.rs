//! Two JSON values beside each other: |ours − expected| ≤ max(relative · |expected|, absolute).

use serde_json::{Map, Value};

/// How close is close enough.
#[derive(Debug, Clone, Copy)]
pub struct Tolerance {
    pub relative: f64,
    pub absolute: f64,
}

/// What came of a comparison.
#[derive(Debug, Clone, Default)]
pub struct Compared {
    /// How many single values were compared.
    pub values: usize,
    /// The largest error among numbers, as [`Tolerance::error`] measures it.
    pub largest: f64,
    pub differences: Vec<Difference>,
}

/// A value that is not as expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where it stands: `joint_cr2[0].df[1]`.
    pub path: String,
    pub ours: String,
    pub expected: String,
    /// The error, where both are numbers.
    pub error: Option<f64>,
}

impl Tolerance {
    /// An absent absolute tolerance is a thousandth of the relative one.
    pub fn new(relative: f64, absolute: Option<f64>) -> Self {
        Self {
            relative,
            absolute: absolute.unwrap_or(relative / 1000.0),
        }
    }

    /// The error relative to |expected|, or to the size at which the absolute tolerance takes over:
    /// a number passes exactly if this is no larger than the relative tolerance.
    fn error(self, ours: f64, expected: f64) -> f64 {
        let distance = (ours - expected).abs();
        let floor = if self.relative > 0.0 {
            self.absolute / self.relative
        } else {
            0.0
        };
        let scale = expected.abs().max(floor);
        if distance == 0.0 {
            0.0
        } else {
            distance / scale
        }
    }

    fn allows(self, ours: f64, expected: f64) -> bool {
        (ours - expected).abs() <= (self.relative * expected.abs()).max(self.absolute)
    }
}

/// Compares ours with what is expected. What ours has beside it is not looked at.
pub fn compare(path: &str, ours: &Value, expected: &Value, tolerance: Tolerance) -> Compared {
    let mut compared = Compared::default();
    compared.walk(path, ours, expected, tolerance);
    compared
}

impl Compared {
    fn walk(&mut self, path: &str, ours: &Value, expected: &Value, tolerance: Tolerance) {
        match (ours, expected) {
            (Value::Object(ours), Value::Object(expected)) => {
                for (key, expected) in expected {
                    let path = format!("{path}.{key}");
                    if let Some(ours) = ours.get(key) {
                        self.walk(&path, ours, expected, tolerance);
                    } else {
                        self.differ(&path, "(no such field)", expected, None);
                    }
                }
            }
            (Value::Array(ours), Value::Array(expected)) if ours.len() == expected.len() => {
                for (i, (ours, expected)) in ours.iter().zip(expected).enumerate() {
                    self.walk(&format!("{path}[{i}]"), ours, expected, tolerance);
                }
            }
            (Value::Number(x), Value::Number(y)) => {
                self.values += 1;
                let (Some(x), Some(y)) = (x.as_f64(), y.as_f64()) else {
                    return self.differ(path, &short(ours), expected, None);
                };
                let error = tolerance.error(x, y);
                self.largest = self.largest.max(error);
                if !tolerance.allows(x, y) {
                    self.differ(path, &short(ours), expected, Some(error));
                }
            }
            (ours, expected) => {
                self.values += 1;
                if ours != expected {
                    self.differ(path, &short(ours), expected, None);
                }
            }
        }
    }

    fn differ(&mut self, path: &str, ours: &str, expected: &Value, error: Option<f64>) {
        self.differences.push(Difference {
            path: path.to_owned(),
            ours: ours.to_owned(),
            expected: short(expected),
            error,
        });
    }
}

/// Ours without what is not asked for.
pub fn in_shape_of(ours: Value, expected: &Value) -> Value {
    match (ours, expected) {
        (Value::Object(mut ours), Value::Object(expected)) => {
            let asked = expected.iter().filter_map(|(key, expected)| {
                ours.remove(key)
                    .map(|ours| (key.clone(), in_shape_of(ours, expected)))
            });
            Value::Object(asked.collect::<Map<_, _>>())
        }
        (Value::Array(ours), Value::Array(expected)) if ours.len() == expected.len() => ours
            .into_iter()
            .zip(expected)
            .map(|(ours, expected)| in_shape_of(ours, expected))
            .collect(),
        (ours, _) => ours,
    }
}

/// A value in the width of a table.
fn short(value: &Value) -> String {
    match value {
        Value::Array(entries) => format!("[{} entries]", entries.len()),
        Value::Object(fields) => format!("{{{} fields}}", fields.len()),
        value => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differences(ours: &Value, expected: &Value, absolute: Option<f64>) -> Vec<String> {
        let compared = compare("f", ours, expected, Tolerance::new(1e-3, absolute));
        compared.differences.into_iter().map(|d| d.path).collect()
    }

    #[test]
    fn numbers_are_close_relatively_or_absolutely() {
        // 1e-3 of 1000 is 1; of 1e-4 it is 1e-7, but a thousandth of the relative, 1e-6, is more.
        assert!(differences(&json!(1000.9), &json!(1000), None).is_empty());
        assert_eq!(differences(&json!(1001.1), &json!(1000), None), ["f"]);
        assert!(differences(&json!(1.009e-4), &json!(1e-4), None).is_empty());
        assert_eq!(differences(&json!(1.02e-4), &json!(1e-4), None), ["f"]);
        assert_eq!(
            differences(&json!(1.009e-4), &json!(1e-4), Some(0.0)),
            ["f"]
        );
        assert!(differences(&json!(0), &json!(0), Some(0.0)).is_empty());
    }

    #[test]
    fn the_error_passes_the_relative_tolerance_where_the_number_fails() {
        let tolerance = Tolerance::new(1e-3, None);
        for (ours, expected) in [
            (1000.9, 1000.0),
            (1001.1, 1000.0),
            (1.009e-4, 1e-4),
            (1.02e-4, 1e-4),
            (2e-6, 0.0),
        ] {
            assert_eq!(
                tolerance.error(ours, expected) <= 1e-3,
                tolerance.allows(ours, expected)
            );
        }
    }

    #[test]
    fn shapes_words_and_absent_values_count() {
        let expected = json!({"a": [1, 2], "b": null, "c": "x"});
        assert!(
            differences(
                &json!({"a": [1, 2], "b": null, "c": "x", "d": 1}),
                &expected,
                None
            )
            .is_empty()
        );
        let ours = json!({"a": [1, 2, 3], "b": 0, "c": "y"});
        assert_eq!(differences(&ours, &expected, None), ["f.a", "f.b", "f.c"]);
        assert_eq!(
            differences(&json!({"a": [1, null]}), &expected, None),
            ["f.a[1]", "f.b", "f.c"]
        );
    }

    #[test]
    fn what_is_not_asked_for_is_left_out() {
        let ours = json!({"a": {"x": 1, "y": 2}, "b": 3});
        assert_eq!(
            in_shape_of(ours, &json!({"a": {"y": 0}})),
            json!({"a": {"y": 2}})
        );
    }
}
