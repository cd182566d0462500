//! Levels that mean yes and no.

/// The pairs of levels that mean yes and no without being told.
const PLAIN: [[&str; 2]; 6] = [
    ["yes", "no"],
    ["ja", "nee"],
    ["true", "false"],
    ["1", "0"],
    ["y", "n"],
    ["j", "n"],
];

/// The level that means yes, if the levels are those of a plain pair, such as ja and nee; of no alone one past
/// the last.
///
/// ```
/// let levels = ["ja", "nee"].map(str::to_owned);
/// assert_eq!(kring_core::plain_yes(&levels), Some(0));
/// assert_eq!(kring_core::plain_yes(&["WT".to_owned(), "EKC".to_owned()]), None);
/// ```
pub fn plain_yes(levels: &[String]) -> Option<usize> {
    let same = |level: &String, word: &str| level.eq_ignore_ascii_case(word);
    PLAIN.iter().find_map(|[yes, no]| {
        let known = |level: &String| same(level, yes) || same(level, no);
        let plain = (1..=2).contains(&levels.len()) && levels.iter().all(known);
        // A column of no alone has no level that means yes.
        let yes = levels.iter().position(|level| same(level, yes));
        plain.then(|| yes.unwrap_or(levels.len()))
    })
}
