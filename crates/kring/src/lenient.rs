//! Fields that are read as they are meant: one value where a list is expected, a name alone where what
//! stands below it may be left out.

use serde_json::{Value, json};

use crate::words::in_words_of;

/// Why fields cannot be read, and the path of the field that it lies at.
#[derive(Debug)]
pub(crate) struct Fault {
    pub field: Option<String>,
    pub why: String,
}

/// What is read of fields. Of an unknown field a message asks `known` for the paths that there are.
pub(crate) fn read<T>(
    mut fields: Value,
    read: impl Fn(&Value) -> Result<T, serde_json::Error>,
    known: impl FnOnce() -> Vec<String>,
) -> Result<T, Fault> {
    loop {
        let message = match read(&fields) {
            Ok(read) => return Ok(read),
            Err(error) => error.to_string(),
        };
        let refusal = |fields: &Value| read(fields).err().map(|error| error.to_string());
        let field = faulty(&fields, &message, &refusal);
        let path = field.as_deref().unwrap_or_default().replace('.', "/");
        if let Some(value) = fields.pointer_mut(&format!("/{path}"))
            && let Some(meant) = meant(value, &message)
        {
            *value = meant;
            continue;
        }
        let known = if message.contains("unknown field ") {
            known()
        } else {
            Vec::new()
        };
        let why = in_words_of(&message, &known);
        return Err(Fault { field, why });
    }
}

/// What a value that is refused with this message stands for.
fn meant(value: &Value, message: &str) -> Option<Value> {
    // One text or number is a list of one.
    if message.contains("expected a sequence") && (value.is_string() || value.is_number()) {
        return Some(json!([value]));
    }
    // `control` is `{ control = {} }`: what may be left out below it is.
    let alone = message.contains("unit variant, expected ");
    let name = value.as_str().filter(|_| alone)?;
    Some(json!({ name: {} }))
}

/// The fields around a value, with it in its place.
type Whole = Box<dyn Fn(&Value) -> Value>;

/// The field whose value is refused: without it the message is another one. Of several that are refused for
/// the same reason it is the last.
fn faulty(
    fields: &Value,
    message: &str,
    refusal: &dyn Fn(&Value) -> Option<String>,
) -> Option<String> {
    let is_same = |fields: &Value| refusal(fields).as_deref() == Some(message);
    let (name, inner, whole): (String, &Value, Whole) = match fields {
        Value::Object(of) => {
            let mut rest = of.clone();
            let name = of.keys().find(|name| {
                // What is left keeps its order, in which faults are found.
                rest.shift_remove(*name);
                !is_same(&json!(rest))
            })?;
            let whole = move |inner: &Value, name: &str| {
                let mut whole = rest.clone();
                whole.insert(name.to_owned(), inner.clone());
                Value::Object(whole)
            };
            let key = name.clone();
            (
                name.clone(),
                of.get(name)?,
                Box::new(move |inner| whole(inner, &key)),
            )
        }
        // Of a list of tables.
        Value::Array(of) if of.iter().all(Value::is_object) => {
            let place = (0..of.len()).find(|&n| is_same(&json!(of[..=n])))?;
            let before = of[..place].to_vec();
            let whole =
                move |inner: &Value| json!([&before[..], std::slice::from_ref(inner)].concat());
            (place.to_string(), &of[place], Box::new(whole))
        }
        _ => return None,
    };
    Some(
        match faulty(inner, message, &|inner| refusal(&whole(inner))) {
            Some(inner) => format!("{name}.{inner}"),
            None => name,
        },
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Family {
        Control {
            #[serde(default)]
            level: Option<String>,
        },
        Drawn {
            seed: u64,
        },
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        of: Vec<String>,
        #[serde(default)]
        products: Vec<Product>,
        one: Option<Family>,
        two: Option<Family>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Product {
        family: Family,
    }

    fn asked(fields: Value) -> Result<Asked, Fault> {
        let known = || vec!["of".to_owned(), "options.level".to_owned()];
        read(fields, |fields| Asked::deserialize(fields), known)
    }

    #[test]
    fn what_is_meant_is_read_wherever_it_stands_and_however_often() {
        let control = || Family::Control { level: None };
        let found = asked(json!({
            "of": "arm", "one": "control", "two": "control",
            "products": [{ "family": "control" }, { "family": "control" }],
        }));
        let product = || Product { family: control() };
        let meant = Asked {
            of: vec!["arm".to_owned()],
            products: vec![product(), product()],
            one: Some(control()),
            two: Some(control()),
        };
        assert_eq!(found.unwrap(), meant);
    }

    #[test]
    fn what_is_lacking_below_a_name_alone_is_named() {
        let fault = asked(json!({ "of": ["arm"], "one": "drawn" })).unwrap_err();
        assert_eq!(fault.why, "missing field `seed`");
        let fault = asked(json!({ "of": ["arm"], "conf_level": 0.9 })).unwrap_err();
        assert!(
            fault.why.ends_with("did you mean `options.level=0.95`?"),
            "{fault:?}"
        );
        let fault = asked(json!({ "of": ["arm"], "products": [{ "family": true }] })).unwrap_err();
        assert_eq!(fault.field.as_deref(), Some("products.0.family"));
    }
}
