//! The templates of pages and figures.

use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, HtmlEscape, UndefinedBehavior, Value};
use serde::Serialize;

use crate::{Error, Language};

const TEMPLATES: [(&str, &str); 15] = [
    ("report.html", include_str!("../templates/report.html")),
    ("verdicts.html", include_str!("../templates/verdicts.html")),
    ("grid.html", include_str!("../templates/grid.html")),
    ("fragment.html", include_str!("../templates/fragment.html")),
    ("compact.html", include_str!("../templates/compact.html")),
    ("report.css", include_str!("../templates/report.css")),
    ("chart.svg", include_str!("../templates/chart.svg")),
    ("ego.svg", include_str!("../templates/ego.svg")),
    ("network.svg", include_str!("../templates/network.svg")),
    ("flow.svg", include_str!("../templates/flow.svg")),
    ("funnel.svg", include_str!("../templates/funnel.svg")),
    ("patterns.svg", include_str!("../templates/patterns.svg")),
    (
        "performance.svg",
        include_str!("../templates/performance.svg"),
    ),
    ("scatter.svg", include_str!("../templates/scatter.svg")),
    (
        "trajectories.svg",
        include_str!("../templates/trajectories.svg"),
    ),
];

static ENGLISH: Ready = LazyLock::new(|| environment(Language::English));
static DUTCH: Ready = LazyLock::new(|| environment(Language::Dutch));

type Ready = LazyLock<Result<Environment<'static>, Error>>;

/// A template filled with values, all of them escaped.
pub(crate) fn filled(name: &'static str, values: &impl Serialize) -> Result<String, Error> {
    filled_in(Language::English, name, values)
}

/// A template in a language: what is marked with `say` in it is said in that language.
pub(crate) fn filled_in(
    language: Language,
    name: &'static str,
    values: &impl Serialize,
) -> Result<String, Error> {
    let ready = match language {
        Language::English => &ENGLISH,
        Language::Dutch => &DUTCH,
    };
    let environment = ready.as_ref().map_err(Error::clone)?;
    let filled = environment
        .get_template(name)
        .and_then(|template| template.render(Serde(values)));
    filled.map_err(|error| failed(name, &error))
}

/// Every template escapes but the style sheet, which takes no values.
fn environment(language: Language) -> Result<Environment<'static>, Error> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .map_err(|error| failed("report.html", &error))?;
    environment.set_syntax(syntax);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|name| match name {
        "report.css" => AutoEscape::None,
        _ => AutoEscape::Html,
    });
    environment.add_filter("names", names);
    environment.add_filter("say", move |text: &str| language.say(text));
    environment.add_filter("prose", move |text: &str| {
        Value::from_safe_string(language.prose(text, named))
    });
    environment.add_global("lang", language.code());
    for (name, source) in TEMPLATES {
        environment
            .add_template(name, source)
            .map_err(|error| failed(name, &error))?;
    }
    Ok(environment)
}

/// A text, escaped, in which what stands between backticks is set as a name: `problems`.
fn names(text: &str) -> Value {
    Value::from_safe_string(named(text))
}

fn named(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without its other is a backtick.
    if parts.len().is_multiple_of(2) {
        return HtmlEscape(text).to_string();
    }
    let set = parts.iter().enumerate().map(|(place, part)| {
        let part = HtmlEscape(part);
        if place % 2 == 0 {
            part.to_string()
        } else {
            format!("<code>{part}</code>")
        }
    });
    set.collect()
}

fn failed(name: &'static str, error: &minijinja::Error) -> Error {
    Error::Template {
        name,
        why: format!("{error:#}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_set_apart_and_all_else_is_escaped() {
        let html = |text: &str| names(text).to_string();
        assert_eq!(html("`a<b` & c"), "<code>a&lt;b</code> &amp; c");
        assert_eq!(html("one ` alone"), "one ` alone");
        assert_eq!(html("one ` <alone>"), "one ` &lt;alone&gt;");
    }

    #[test]
    fn every_phrase_of_a_template_has_a_dutch_one() {
        for (name, source) in TEMPLATES {
            for said in source
                .split("\"|say")
                .filter(|part| part.len() < source.len())
            {
                let Some((_, phrase)) = said.rsplit_once('"') else {
                    continue;
                };
                if source.contains(&format!("\"{phrase}\"|say")) {
                    let known = Language::Dutch.known(phrase).is_some();
                    assert!(known, "{name}: `{phrase}` is not among the phrases");
                }
            }
        }
    }
}
