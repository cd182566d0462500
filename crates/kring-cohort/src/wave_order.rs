//! The order of waves that are named in words.
//!
//! The alphabet would put `eindmeting` before `voormeting`, the end before the start. In nearly every file
//! the rows of a family stand in the order in which they were measured, and so they tell it.

/// How many of the families that were seen at two waves must have them in one order: a slip in a file is no
/// reason to take the alphabet.
const AGREE: f64 = 0.9;

/// Whether a name says by a number where it stands: `T2`, `24 months`.
pub(crate) fn has_number(name: &str) -> bool {
    name.bytes().any(|byte| byte.is_ascii_digit())
}

/// The levels in the order in which the rows of each subject go through them; nothing where the rows of
/// several subjects say different things, or leave the order of two waves open.
pub fn of_rows(
    subjects: &[Option<u32>],
    waves: &[Option<u32>],
    levels: usize,
) -> Option<Vec<usize>> {
    let people = subjects
        .iter()
        .flatten()
        .max()
        .map_or(0, |&last| last as usize + 1);
    let mut seen: Vec<Vec<usize>> = vec![Vec::new(); people];
    let mut follows = vec![0_usize; levels * levels];
    for (subject, wave) in subjects.iter().zip(waves) {
        let (Some(subject), Some(wave)) = (*subject, *wave) else {
            continue;
        };
        let (before, wave) = (&mut seen[subject as usize], wave as usize);
        if before.contains(&wave) {
            continue;
        }
        for &earlier in before.iter() {
            follows[earlier * levels + wave] += 1;
        }
        before.push(wave);
    }
    let mut is_before = vec![false; levels * levels];
    for a in 0..levels {
        for b in 0..levels {
            let (this, other) = (follows[a * levels + b], follows[b * levels + a]);
            is_before[a * levels + b] = this > 0 && this as f64 >= AGREE * (this + other) as f64;
        }
    }
    // What is before something that is before another is before that, too.
    for through in 0..levels {
        for a in 0..levels {
            for b in 0..levels {
                is_before[a * levels + b] |=
                    is_before[a * levels + through] && is_before[through * levels + b];
            }
        }
    }
    // In an order each level has another number of levels before it.
    let mut order = vec![None; levels];
    for level in 0..levels {
        let earlier = (0..levels)
            .filter(|&a| is_before[a * levels + level])
            .count();
        let place = order.get_mut(earlier).filter(|place| place.is_none())?;
        *place = Some(level);
    }
    order.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::of_rows;

    fn order(rows: &[(u32, u32)], levels: usize) -> Option<Vec<usize>> {
        let (subjects, waves): (Vec<_>, Vec<_>) =
            rows.iter().map(|&(s, w)| (Some(s), Some(w))).unzip();
        of_rows(&subjects, &waves, levels)
    }

    #[test]
    fn rows_of_each_subject_tell_the_order() {
        // 2 before 0 before 1, though nobody was seen at all three.
        assert_eq!(
            order(&[(0, 2), (0, 0), (1, 0), (1, 1)], 3),
            Some(vec![2, 0, 1])
        );
        // All at the first wave stand before all at the second.
        assert_eq!(
            order(&[(0, 1), (1, 1), (0, 0), (1, 0)], 2),
            Some(vec![1, 0])
        );
        // 2 and 0 were never seen together, and nothing lies between.
        assert_eq!(order(&[(0, 2), (0, 1), (1, 0), (1, 1)], 3), None);
        assert_eq!(order(&[(0, 0), (0, 1), (1, 1), (1, 0)], 2), None);
        assert_eq!(order(&[], 2), None);
        assert_eq!(order(&[(0, 0)], 1), Some(vec![0]));
    }

    #[test]
    fn one_slip_among_many_is_no_contradiction() {
        let mut rows: Vec<(u32, u32)> = (0..20).flat_map(|s| [(s, 1), (s, 0)]).collect();
        rows.extend([(20, 0), (20, 1)]);
        assert_eq!(order(&rows, 2), Some(vec![1, 0]));
    }
}
