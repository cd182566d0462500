//! `meanings.toml` is what the comments in the source say, and says something of every field.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should stop"
)]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use super::*;

/// A type in the source: what the comments say of its fields or variants, in their order.
type Documented = Vec<(String, String)>;

/// What the comments of some Rust say of the fields of structs and the variants of enums, by the
/// [`key`] of the type.
///
/// The source is as rustfmt leaves it: a type ends with a brace at the margin, what belongs to it
/// stands four places in, and what belongs to a variant eight.
fn documented(source: &str, into: &mut BTreeMap<String, Vec<Documented>>) {
    let mut add = |name: String, items: Documented| {
        let key = key(&name, items.iter().map(|(name, _)| name));
        let all: &mut Vec<Documented> = into.entry(key).or_default();
        if !all.contains(&items) {
            all.push(items);
        }
    };
    let mut of: Option<(String, Documented)> = None;
    let mut variant: Option<(String, Documented)> = None;
    let (mut comment, mut renamed) = (String::new(), None);
    for line in source.lines() {
        let head = ["pub struct ", "pub enum "]
            .iter()
            .find_map(|word| line.strip_prefix(word));
        if let Some(head) = head.filter(|_| line.ends_with('{')) {
            let name = head.split(|c: char| !c.is_alphanumeric()).next();
            of = name.map(|name| (name.to_owned(), Vec::new()));
            comment.clear();
            continue;
        }
        if line == "}"
            && let Some((name, items)) = of.take()
        {
            add(name, items);
        }
        let (Some((name, items)), Some(item)) = (&mut of, line.strip_prefix("    ")) else {
            continue;
        };
        if item == "}," {
            if let Some((variant, items)) = variant.take() {
                add(variant, items);
            }
            continue;
        }
        let item = item.trim_start();
        if let Some(more) = item.strip_prefix("///") {
            comment.push_str(more);
        } else if let Some(name) = item.strip_prefix("#[serde(rename = \"") {
            renamed = name.split('"').next().map(str::to_owned);
        } else if item.starts_with(|c: char| c.is_alphabetic()) {
            let item = item.strip_prefix("pub ").unwrap_or(item);
            let word = item
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
            let word = renamed
                .take()
                .unwrap_or_else(|| snake(word.unwrap_or_default()));
            let said = sentence(&std::mem::take(&mut comment));
            if let Some((_, items)) = &mut variant {
                items.push((word, said));
            } else {
                if item.ends_with('{') {
                    variant = Some((format!("{name}.{word}"), Vec::new()));
                }
                items.push((word, said));
            }
        }
    }
}

/// As serde writes variants: a bar before every capital.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// The first sentence, without the marks of rustdoc.
fn sentence(comment: &str) -> String {
    let text = comment.trim().replace("[`", "`").replace("`]", "`");
    let end = text.find(". ").map_or(text.len(), |place| place + 1);
    let mut text = text[..end].to_owned();
    // A link's target is no news to a reader.
    while let (Some(open), Some(close)) = (text.find("](crate::"), text.find(')')) {
        if close < open {
            break;
        }
        text.replace_range(open..=close, "");
        text = text.replacen('[', "", 1);
    }
    text
}

fn sources(folder: &Path, into: &mut BTreeMap<String, Vec<Documented>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|end| end == "rs") {
            documented(&std::fs::read_to_string(&path).unwrap(), into);
        }
    }
}

/// Run with `KRING_WRITE_MEANINGS=1` to make the file anew.
#[test]
fn the_meanings_are_those_of_the_source() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut said = BTreeMap::new();
    sources(&crates.join("kring/src/method"), &mut said);
    for file in [
        "kring/src/method.rs",
        "kring/src/compare.rs",
        "kring/src/analysis/means.rs",
    ] {
        let source = std::fs::read_to_string(crates.join(file)).unwrap();
        documented(&source, &mut said);
    }
    for folder in ["kring-stats/src", "kring-formula/src", "kring-core/src"] {
        sources(&crates.join(folder), &mut said);
    }
    let mut text = String::from(
        "# What the fields and choices of methods mean: the first sentences of the comments in the source.\n\
         # Made by `KRING_WRITE_MEANINGS=1 cargo test -p kring --lib meanings`; a test finds out when it is old.\n",
    );
    let mut faults = Vec::new();
    let mut methods: Vec<&Documented> = Vec::new();
    for (of, all) in &said {
        if of.starts_with("Method: mean_difference ") {
            methods.extend(all);
        }
    }
    let kinds = ("Method".to_owned(), methods);
    let types = types().into_iter().filter(|(_, names)| !names.is_empty());
    let types = types.map(|(of, _)| {
        let all = said.get(&of).into_iter().flatten().collect();
        (of, all)
    });
    for (of, all) in [kinds].into_iter().chain(types) {
        let [items] = all[..] else {
            faults.push(format!("{of}: {} types of this shape", all.len()));
            continue;
        };
        write!(text, "\n[{}]\n", toml::Value::String(of.clone())).unwrap();
        for (name, said) in items {
            if said.is_empty() {
                faults.push(format!("{of}: {name} has no comment"));
            }
            writeln!(text, "{name} = {}", toml::Value::String(said.clone())).unwrap();
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let file = crates.join("kring/src/method/fields/meanings.toml");
    if std::env::var_os("KRING_WRITE_MEANINGS").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&file).unwrap() == text,
        "meanings.toml is old; KRING_WRITE_MEANINGS=1 makes it anew"
    );
}

#[test]
fn every_field_of_every_method_is_told() {
    for kind in Method::KINDS {
        assert!(!Method::meaning(kind).unwrap().is_empty(), "{kind}");
        let fields = Method::fields(kind).unwrap();
        assert!(fields.iter().any(|field| field.required), "{kind}");
        for field in fields {
            assert!(!field.meaning.is_empty(), "{kind}: {}", field.name);
            assert!(
                field
                    .choices
                    .iter()
                    .all(|choice| !choice.meaning.is_empty()),
                "{kind}: {}",
                field.name
            );
            // A list of texts has choices where only some words may stand in it.
            if field.holds != FieldType::Texts {
                let is_choice = field.holds == FieldType::Choice;
                assert_eq!(
                    is_choice,
                    !field.choices.is_empty(),
                    "{kind}: {}",
                    field.name
                );
            }
        }
    }
}

#[test]
fn what_must_be_given_is_told_from_what_may_be() {
    let names = |required: bool| {
        let fields = Method::fields("equivalence").unwrap().into_iter();
        let names = fields.filter(|field| field.required == required);
        names.map(|field| field.name).collect::<Vec<_>>()
    };
    let margins = ["raw", "standardized"].map(|of| {
        let ends = ["low", "high"].map(|end| format!("options.margin.{of}.{end}"));
        ends.to_vec()
    });
    let mut wanted = ["outcome", "by", "options", "options.margin"]
        .map(str::to_owned)
        .to_vec();
    wanted.extend(margins.concat());
    assert_eq!(names(true), wanted);
    assert_eq!(names(false), ["options.variance", "options.alpha"]);
    let usual = |kind: &str, name: &str| {
        let fields = Method::fields(kind).unwrap().into_iter();
        fields
            .filter(|field| field.name == name)
            .map(|field| field.default)
            .next()
            .unwrap()
    };
    assert_eq!(
        usual("equivalence", "options.alpha").as_deref(),
        Some("0.05")
    );
    // Of each model its own.
    assert_eq!(
        usual("quantile_residuals", "model.glm.family").as_deref(),
        Some("gaussian")
    );
    assert_eq!(
        usual("quantile_residuals", "model.hurdle.level").as_deref(),
        Some("0.95")
    );
    assert_eq!(usual("quantile_residuals", "zero"), None);
}
