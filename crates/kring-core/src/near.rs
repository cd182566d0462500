//! Names that look like the one somebody typed.

/// The candidate most like `name`, if one is close enough to be a slip of the keyboard.
///
/// Letter case is ignored; at most a third of the letters of the longer name may differ.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = name.to_lowercase();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let known = candidate.to_lowercase();
            let distance = strsim::damerau_levenshtein(&typed, &known);
            let longer = typed.chars().count().max(known.chars().count());
            (distance <= longer / 3).then_some((distance, candidate))
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The end of an error message: the nearest name, or else the names there are.
///
/// `"; did you mean `wave`?"`, or `"; there are: arm, wave"`, or nothing where there are none.
pub fn suggestion<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str> + Clone) -> String {
    const SHOWN: usize = 12;
    if let Some(near) = nearest(name, candidates.clone()) {
        return format!("; did you mean `{near}`?");
    }
    let all: Vec<&str> = candidates.into_iter().collect();
    match all.len() {
        0 => String::new(),
        n if n <= SHOWN => format!("; there are: {}", all.join(", ")),
        n => format!("; there are {n}, among them: {}", all[..SHOWN].join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_finds_its_name_and_a_stranger_does_not() {
        let names = ["family", "wave", "arm"];
        assert_eq!(nearest("familly", names), Some("family"));
        assert_eq!(nearest("Wvae", names), Some("wave"));
        assert_eq!(nearest("problems", names), None);
        assert_eq!(nearest("tr", ["trt"]), Some("trt"));
        assert_eq!(nearest("4", ["1", "2"]), None);
        assert_eq!(suggestion("wav", names), "; did you mean `wave`?");
        assert_eq!(suggestion("x1", names), "; there are: family, wave, arm");
    }
}
