//! Any result as text, Markdown, LaTeX, CSV or HTML: one way for the command and for Python.

use kring_report::{
    Content, Error, Style, fragment, table_csv, table_latex, table_markdown, table_text,
};
use serde::{Deserialize, Serialize};

/// How tables are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Markup {
    /// Aligned, for a terminal.
    #[default]
    Text,
    /// Markdown.
    Markdown,
    /// LaTeX, with the rules of `booktabs`.
    Latex,
    /// The cells as they are shown, separated by commas, without captions and notes.
    Csv,
    /// HTML without a page around it.
    Html,
}

/// The pieces of a result one below the other. The style is that of [`Markup::Text`].
///
/// ```
/// use kring::{Markup, written};
/// use kring::report::{Content, Ink, Style};
/// let style = Style { ink: Ink::Plain, width: 80 };
/// let pieces = [Content::Text("5% left".into()), Content::Text("fewer * more".into())];
/// assert_eq!(written(&pieces, Markup::Markdown, style)?, "5% left\n\nfewer \\* more\n");
/// # Ok::<(), kring::Error>(())
/// ```
pub fn written(content: &[Content], markup: Markup, style: Style) -> Result<String, Error> {
    let piece: &dyn Fn(&Content) -> String = match markup {
        Markup::Html => return fragment(content),
        Markup::Text => &|content| table_text(content, style),
        Markup::Markdown => &table_markdown,
        Markup::Latex => &table_latex,
        Markup::Csv => &table_csv,
    };
    let texts: Vec<String> = content
        .iter()
        .map(|content| piece(content).trim_matches('\n').to_owned())
        .filter(|text| !text.is_empty())
        .collect();
    Ok(match texts.as_slice() {
        [] => String::new(),
        _ => texts.join("\n\n") + "\n",
    })
}
