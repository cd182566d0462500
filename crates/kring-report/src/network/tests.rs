#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use kring_core::NetworkTie;
use proptest::prelude::*;

use super::*;

fn networks() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (1_usize..40).prop_flat_map(|n| {
        let pair = (0..n, 0..n).prop_filter("to another", |(a, b)| a != b);
        let pairs = if n > 1 {
            prop::collection::vec(pair, 0..60).boxed()
        } else {
            Just(Vec::new()).boxed()
        };
        (Just(n), pairs)
    })
}

fn picture_of(n: usize, pairs: &[(usize, usize)], name: &str) -> NetworkPicture {
    let names: Vec<String> = (0..n).map(|i| format!("{name} {i}")).collect();
    let mut pairs: Vec<_> = pairs.iter().map(|&(a, b)| (a.min(b), a.max(b))).collect();
    pairs.sort_unstable();
    pairs.dedup();
    let ties: Vec<NetworkTie<'_>> = pairs
        .iter()
        .map(|&(a, b)| NetworkTie::mutual(&names[a], &names[b], Sign::Support))
        .collect();
    let network = Network::new(names.clone(), &ties).unwrap();
    NetworkPicture::of("flat", "A flat", [("1", &network)])
}

fn frame() -> Frame<'static> {
    Frame {
        id: "x",
        width: WIDE,
        titled: true,
        origin: Origin::Observed,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_two_marks_touch_and_all_lie_on_the_page((n, pairs) in networks()) {
        let drawn = picture(&picture_of(n, &pairs, "a"), frame());
        prop_assert_eq!(drawn.marks.len(), n);
        for (i, a) in drawn.marks.iter().enumerate() {
            prop_assert!(a.x > 0.0 && a.x < drawn.width && a.y > 0.0 && a.y < drawn.height);
            for b in &drawn.marks[i + 1..] {
                let far = (a.x - b.x).hypot(a.y - b.y);
                prop_assert!(far >= 5.0 * (a.scale + b.scale) - 0.1, "{far}");
            }
        }
    }

    #[test]
    fn other_names_change_nothing((n, pairs) in networks()) {
        let [a, b] = ["a", "b"].map(|name| picture_of(n, &pairs, name));
        prop_assert_eq!(
            network_svg(&a, Origin::Observed).unwrap(),
            network_svg(&b, Origin::Observed).unwrap()
        );
    }
}

#[test]
fn a_path_becomes_a_straight_line_and_a_square_keeps_its_corners() {
    // A path of five has a layout without stress: all on a line, one step apart.
    let laid = laid_out(5, &[(0, 1), (1, 2), (2, 3), (3, 4)], 1.6);
    assert!(
        (laid.width - 4.0).abs() < 0.05 && laid.height < 0.2,
        "{laid:?}"
    );
    for (a, b) in laid.points.iter().zip(&laid.points[1..]) {
        assert!(((a[0] - b[0]).hypot(a[1] - b[1]) - 1.0).abs() < 0.05);
    }
    // Of a ring of four all sides come out alike, and both diagonals.
    let points = laid_out(4, &[(0, 1), (1, 2), (2, 3), (3, 0)], 1.0).points;
    let far = |i: usize, j: usize| (points[i][0] - points[j][0]).hypot(points[i][1] - points[j][1]);
    for (i, j) in [(0, 1), (1, 2), (2, 3), (3, 0)] {
        assert!((far(i, j) / far(0, 1) - 1.0).abs() < 0.02);
    }
    assert!((far(0, 2) / far(1, 3) - 1.0).abs() < 0.02);
}

#[test]
fn ties_are_told_apart_by_what_became_of_them() {
    let tie = |from, to, sign| NetworkTie::mutual(from, to, sign);
    let before = [tie("a", "b", Sign::Support), tie("b", "c", Sign::Support)];
    let after = [tie("b", "a", Sign::Support), tie("b", "c", Sign::Conflict)];
    let [before, after] = [before, after].map(|t| Network::new(["a", "b", "c"], &t).unwrap());
    let seen = NetworkPicture::of("n", "N", [("1", &before), ("2", &after)]);
    let became: Vec<Became> = ties(&seen, 1).into_iter().map(|(_, b)| b).collect();
    assert_eq!(became, [Became::Went, Became::Kept, Became::Came]);
    assert!(alt(&seen).ends_with("3 persons, 2 ties, 1 came, 1 went, 1 of conflict."));
}

#[test]
fn a_network_of_hundreds_is_drawn_and_one_of_thousands_is_refused() {
    let ring = |n: usize| {
        let pairs: Vec<_> = (0..n).map(|i| (i, (i + 1) % n)).collect();
        network_svg(&picture_of(n, &pairs, "a"), Origin::Observed)
    };
    assert!(ring(200).is_ok());
    assert!(matches!(
        ring(1000),
        Err(Error::Persons { found: 1000, .. })
    ));
}
