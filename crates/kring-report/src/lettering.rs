//! How wide text is, and where it breaks.

/// The text without control characters, which neither a terminal nor XML can take.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// The width of a line in pixels, in the letters of Helvetica and its like; a little too wide
/// rather than too narrow.
pub(crate) fn width_px(text: &str, size: f64) -> f64 {
    let ems: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | '\'' | '|' => 0.24,
            ' ' | '.' | ',' | ':' | ';' | '!' | 'f' | 't' | 'I' | '/' | '\u{202f}' => 0.29,
            '(' | ')' | '[' | ']' | 'r' | '-' | '·' => 0.36,
            'm' | 'M' | 'W' | 'w' | '%' | '@' | '—' => 0.86,
            'A'..='Z' | '&' | '+' | '−' | '<' | '>' | '=' | '×' => 0.68,
            c if c.is_ascii() => 0.56,
            c if u32::from(c) >= 0x2e80 => 1.0,
            _ => 0.62,
        })
        .sum();
    ems * size
}

/// Breaks a text so that no line is wider than `widest`, measured by `measure`.
///
/// It breaks at spaces, and after `-`, `_` and `/` between letters; a piece that is still wider
/// than a line is broken anywhere. There is always one line.
pub(crate) fn wrap(text: &str, widest: f64, measure: impl Fn(&str) -> f64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let mut between = if line.is_empty() { "" } else { " " };
        for piece in pieces(word) {
            let joined = [&line, between, piece].concat();
            between = "";
            if measure(&joined) <= widest {
                line = joined;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in piece.chars() {
                line.push(letter);
                if measure(&line) > widest && line.chars().count() > 1 {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A word in the pieces between which it may be broken.
pub(crate) fn pieces(word: &str) -> Vec<&str> {
    let letters: Vec<(usize, char)> = word.char_indices().collect();
    let mut pieces = Vec::new();
    let mut from = 0;
    for around in letters.windows(3) {
        let [(_, before), (_, sign), (after_at, after)] = *around else {
            continue;
        };
        if matches!(sign, '-' | '_' | '/') && before.is_alphanumeric() && after.is_alphabetic() {
            pieces.push(&word[from..after_at]);
            from = after_at;
        }
    }
    pieces.push(&word[from..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_at_spaces_and_only_long_words_within() {
        let count = |text: &str| text.chars().count() as f64;
        assert_eq!(wrap("one two three", 7.0, count), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh ij", 3.0, count), ["abc", "def", "gh", "ij"]);
        assert_eq!(
            wrap("-1.5 a_long_name", 8.0, count),
            ["-1.5 a_", "long_", "name"]
        );
        assert_eq!(wrap("", 3.0, count), [""]);
        assert_eq!(wrap("ab", 0.0, count), ["a", "b"]);
        assert_eq!(clean("a\u{1b}[31mb\n"), "a [31mb ");
    }
}
