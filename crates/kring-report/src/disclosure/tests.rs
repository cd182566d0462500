#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use proptest::prelude::*;

use super::*;

/// A reader who tries every table of whole numbers that fits what is published, up to a largest number, and
/// who knows nothing of how the hidden ones were chosen. It is written apart from the code it attacks.
pub(crate) struct Reader<'a> {
    counts: &'a Counts,
    lower: usize,
    cap: usize,
    free: Vec<bool>,
    least: Vec<usize>,
    most: Vec<usize>,
    /// How many steps are left before the reader gives up.
    patience: usize,
}

impl<'a> Reader<'a> {
    /// What the reader finds: the least and most of each count, and whether all tables were tried.
    pub(crate) fn tries(
        counts: &'a Counts,
        fates: &[Fate],
        lower: usize,
        patience: usize,
    ) -> (Vec<usize>, Vec<usize>, bool) {
        let free: Vec<bool> = (0..fates.len())
            .map(|i| counts.cells[i].printed == Printed::Nowhere || !fates[i].is_shown())
            .collect();
        let largest = counts.cells.iter().map(|cell| cell.n).max().unwrap_or(0);
        let values = (0..fates.len()).map(|i| (!free[i]).then_some(counts.cells[i].n));
        let values: Vec<Option<usize>> = values.collect();
        let mut reader = Self {
            counts,
            lower,
            cap: largest + 15,
            least: vec![usize::MAX; fates.len()],
            most: vec![0; fates.len()],
            free,
            patience,
        };
        reader.search(values);
        (reader.least, reader.most, reader.patience > 0)
    }

    fn search(&mut self, mut values: Vec<Option<usize>>) {
        if self.patience == 0 {
            return;
        }
        self.patience -= 1;
        if !self.followed(&mut values) {
            return;
        }
        let Some(next) = values.iter().position(Option::is_none) else {
            for (i, value) in values.iter().enumerate() {
                let value = value.unwrap();
                self.least[i] = self.least[i].min(value);
                self.most[i] = self.most[i].max(value);
            }
            return;
        };
        for value in self.lower..=self.cap {
            let mut values = values.clone();
            values[next] = Some(value);
            self.search(values);
        }
    }

    /// Fills in what follows; false where something cannot be.
    fn followed(&self, values: &mut [Option<usize>]) -> bool {
        loop {
            let mut further = false;
            for balance in &self.counts.balances {
                let sum = |side: &[usize]| side.iter().filter_map(|&i| values[i]).sum::<usize>();
                let open = |side: &[usize]| -> Vec<usize> {
                    side.iter()
                        .copied()
                        .filter(|&i| values[i].is_none())
                        .collect()
                };
                let (these, those) = (sum(&balance.these), sum(&balance.those));
                let (here, there) = (open(&balance.these), open(&balance.those));
                let found = match (here.as_slice(), there.as_slice()) {
                    ([], []) if these != those => return false,
                    ([one], []) => those.checked_sub(these).map(|v| (*one, v)),
                    ([], [one]) => these.checked_sub(those).map(|v| (*one, v)),
                    (_, []) if these + self.lower * here.len() > those => return false,
                    _ => continue,
                };
                if here.is_empty() && there.is_empty() {
                    continue;
                }
                match found {
                    Some((one, value)) if value >= self.lower || !self.free[one] => {
                        values[one] = Some(value);
                        further = true;
                    }
                    _ => return false,
                }
            }
            if !further {
                return true;
            }
        }
    }
}

/// What subtraction alone gives: balances of which one count is not known, again and again.
pub(crate) fn subtracted(counts: &Counts, fates: &[Fate]) -> Vec<usize> {
    let mut known: Vec<bool> = fates.iter().map(|fate| fate.is_shown()).collect();
    let mut found = Vec::new();
    loop {
        let open = counts.balances.iter().find_map(|balance| {
            let sides = balance.these.iter().chain(&balance.those);
            let open: Vec<usize> = sides.copied().filter(|&i| !known[i]).collect();
            (open.len() == 1).then(|| open[0])
        });
        match open {
            Some(i) => {
                known[i] = true;
                found.push(i);
            }
            None => return found,
        }
    }
}

fn promise(counts: &Counts, rules: &Disclosure, patience: usize) -> Result<(), TestCaseError> {
    let fates = suppress(counts, rules).unwrap();
    for (cell, fate) in counts.cells.iter().zip(&fates) {
        prop_assert_eq!(*fate == Fate::Small, rules.is_small(cell.n));
    }
    prop_assert_eq!(subtracted(counts, &fates), Vec::<usize>::new());
    // A zero among the hidden numbers tells nobody more than that zeros may be hidden.
    let mut cells = counts.cells.iter().zip(&fates);
    let zero = cells.any(|(cell, fate)| !fate.is_shown() && cell.n == 0);
    let lower = usize::from(!zero && rules.zeros == Zeros::Shown);
    let (least, most, all_tried) = Reader::tries(counts, &fates, lower, patience);
    let bounds = possible(counts, &fates, rules).unwrap();
    for (i, fate) in fates.iter().enumerate() {
        let n = counts.cells[i].n;
        if fate.is_shown() {
            continue;
        }
        let bound = bounds[i];
        prop_assert!(bound.least <= n && bound.most.is_none_or(|most| most >= n));
        prop_assert!(
            bound.most.is_none_or(|most| most > bound.least),
            "{n} is told: {counts:?}"
        );
        if *fate == Fate::Small {
            let t = rules.threshold;
            prop_assert!(
                bound.most.is_none_or(|most| most >= t),
                "{n} is told to be small"
            );
        }
        if all_tried {
            // What was tried is within the bounds of the program, and keeps the promise by itself.
            prop_assert!(least[i] >= bound.least);
            prop_assert!(
                bound
                    .most
                    .is_none_or(|most| most >= most.min(rules.threshold))
            );
            prop_assert!(
                least[i] < most[i],
                "{n} is told by trying: {counts:?} {fates:?}"
            );
            if *fate == Fate::Small {
                prop_assert!(
                    most[i] >= rules.threshold,
                    "{n} is told to be small by trying"
                );
                prop_assert!(most[i] - least[i] >= rules.threshold - n);
            }
        }
    }
    Ok(())
}

fn rules() -> impl Strategy<Value = Disclosure> {
    (2_usize..11, 1_usize..6, any::<bool>()).prop_map(|(threshold, width, shown)| Disclosure {
        threshold,
        width,
        zeros: if shown { Zeros::Shown } else { Zeros::Hidden },
        ..Disclosure::default()
    })
}

fn table() -> impl Strategy<Value = Counts> {
    (1_usize..4, 2_usize..4).prop_flat_map(|(rows, columns)| {
        let cell = prop_oneof![2 => 0_usize..10, 1 => 10_usize..30];
        prop::collection::vec(cell, rows * columns)
            .prop_map(move |cells| crossed(&[rows, columns], &cells).unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn nobody_can_undo_the_suppression_of_a_table_with_totals(counts in table(), rules in rules()) {
        promise(&counts, &rules, 4_000)?;
    }

    #[test]
    fn nor_of_one_of_three_dimensions(
        cells in prop::collection::vec(prop_oneof![1 => 0_usize..10, 2 => 10_usize..60], 2 * 3 * 3),
        rules in rules(),
    ) {
        promise(&crossed(&[2, 3, 3], &cells).unwrap(), &rules, 200)?;
    }

    #[test]
    fn nor_of_two_by_two_by_two_by_trying_every_table(
        cells in prop::collection::vec(0_usize..14, 8),
        rules in rules(),
    ) {
        promise(&crossed(&[2, 2, 2], &cells).unwrap(), &rules, 2_000)?;
    }

    #[test]
    fn a_larger_table_is_safe_from_subtraction(
        cells in prop::collection::vec(prop_oneof![1 => 1_usize..10, 4 => 10_usize..90], 5 * 6),
    ) {
        let counts = crossed(&[5, 6], &cells).unwrap();
        let rules = Disclosure::default();
        let fates = suppress(&counts, &rules).unwrap();
        prop_assert_eq!(subtracted(&counts, &fates), Vec::<usize>::new());
    }
}

pub(crate) fn with(cells: &[(usize, Printed)], balances: &[(&[usize], &[usize])]) -> Counts {
    Counts {
        cells: cells
            .iter()
            .map(|&(n, printed)| Count { n, printed })
            .collect(),
        balances: balances
            .iter()
            .map(|(these, those)| Balance {
                these: these.to_vec(),
                those: those.to_vec(),
            })
            .collect(),
    }
}

#[test]
fn one_small_count_takes_another_with_it_by_hand() {
    // 3 + 20 + 15 = 38: the 3 is hidden; 15 is the smallest that can hide it.
    let counts = with(
        &[3, 20, 15, 38].map(|n| (n, Printed::Here)),
        &[(&[0, 1, 2], &[3])],
    );
    let rules = Disclosure::default();
    let fates = suppress(&counts, &rules).unwrap();
    let (shown, small, complement) = (Fate::Shown, Fate::Small, Fate::Complement);
    assert_eq!(fates, [small, shown, complement, shown]);
    // The two hidden ones are 18 together, and neither is zero.
    let seen = possible(&counts, &fates, &rules).unwrap();
    let between = |least, most| Possible {
        least,
        most: Some(most),
    };
    assert_eq!(seen[0], between(1, 17));
    assert_eq!(seen[1], between(20, 20));
    // The total cannot be hidden where it stands elsewhere; nor can two numbers that are ten together
    // hide each other, if zeros are shown: then 1 to 9 is all they can be. So the zero is hidden too.
    let counts = with(
        &[
            (4, Printed::Here),
            (6, Printed::Here),
            (0, Printed::Here),
            (10, Printed::Elsewhere),
        ],
        &[(&[0, 1, 2], &[3])],
    );
    let fates = suppress(&counts, &rules).unwrap();
    assert_eq!(fates, [small, small, complement, shown]);
    assert_eq!(
        possible(&counts, &fates, &rules).unwrap()[0],
        between(0, 10)
    );
}

#[test]
fn whoever_does_not_have_it_is_hidden_too() {
    // 38 of 40: that 2 do not have it is as telling.
    let counts = with(
        &[
            (38, Printed::Here),
            (40, Printed::Here),
            (2, Printed::Nowhere),
        ],
        &[(&[0, 2], &[1])],
    );
    let fates = suppress(&counts, &Disclosure::default()).unwrap();
    assert!(!fates[0].is_shown() || !fates[1].is_shown());
    // All of 40, and none of 40, may be said.
    for n in [0, 40] {
        let counts = with(
            &[
                (n, Printed::Here),
                (40, Printed::Here),
                (40 - n, Printed::Nowhere),
            ],
            &[(&[0, 2], &[1])],
        );
        let fates = suppress(&counts, &Disclosure::default()).unwrap();
        assert!(fates[0].is_shown() && fates[1].is_shown());
    }
}

#[test]
fn counts_are_rounded_to_the_nearest() {
    let to = |rounding| Disclosure {
        rounding,
        ..Disclosure::default()
    };
    let fives = [12, 13, 17, 18].map(|n| to(Rounding::Fives).rounded(n));
    assert_eq!(fives, [10, 15, 15, 20]);
    let tens = [14, 15, 24].map(|n| to(Rounding::Tens).rounded(n));
    assert_eq!(tens, [10, 20, 20]);
    assert_eq!(to(Rounding::Exact).rounded(13), 13);
}

#[test]
fn what_does_not_fit_is_refused() {
    let counts = with(&[1, 2].map(|n| (n, Printed::Here)), &[(&[0], &[1])]);
    let error = suppress(&counts, &Disclosure::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "balance 1: 1 on one side and 2 on the other; correct the counts, or take the balance out"
    );
    let counts = with(&[(1, Printed::Here)], &[(&[0], &[7])]);
    let error = suppress(&counts, &Disclosure::default()).unwrap_err();
    assert!(matches!(error, Error::NoCell { place: 7, .. }));
    assert!(matches!(
        crossed(&[2, 2], &[1]),
        Err(Error::Crossed {
            expected: 4,
            found: 1
        })
    ));
}

#[test]
fn every_table_of_two_by_two_with_up_to_five_in_a_cell_keeps_its_secret() {
    let rules = Disclosure {
        threshold: 3,
        width: 2,
        ..Disclosure::default()
    };
    let mut all_tried = 0;
    for at in 0..6_usize.pow(4) {
        let cells = [at % 6, at / 6 % 6, at / 36 % 6, at / 216];
        let counts = crossed(&[2, 2], &cells).unwrap();
        let fates = suppress(&counts, &rules).unwrap();
        let hidden = |i: usize| !fates[i].is_shown();
        let zero = (0..9).any(|i| hidden(i) && counts.cells[i].n == 0);
        let (least, most, done) = Reader::tries(&counts, &fates, usize::from(!zero), 3_000);
        if !done {
            continue;
        }
        all_tried += 1;
        for i in (0..9).filter(|&i| hidden(i)) {
            assert!(least[i] < most[i], "{cells:?} {fates:?}");
            let small = rules.is_small(counts.cells[i].n);
            assert!(!small || most[i] >= 3, "{cells:?} {fates:?}");
        }
    }
    assert!(
        all_tried > 1_000,
        "only {all_tried} tables were tried to the end"
    );
}
