//! What holds for every formula.
#![allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]

use kring_core::{Column, Table};
use kring_formula::{DesignOptions, Formula, Recipe};
use proptest::prelude::*;

/// Terms that the language takes, deeper and deeper.
fn terms() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "arm",
        "wave",
        "x",
        "z",
        "`my var`",
        "a.b_c",
        "log(x)",
        "I(x^2)",
        "I(-x * 0.5 / (z - 1e5))",
        "poly(x, 2)",
        "poly(z, 3, raw = TRUE)",
        "ns(x, knots = c(1, 2.5))",
        "C(arm, sum)",
        "C(wave, treatment, \"2\")",
        "factor(x)",
        "exp(0.1)",
        "`\\`\\\\`",
        "I(3.0000000000000004)",
    ]);
    leaf.prop_map(str::to_owned)
        .prop_recursive(4, 24, 3, |inner| {
            let pair = (inner.clone(), inner.clone());
            prop_oneof![
                (
                    pair.clone(),
                    prop::sample::select(vec!["+", " - ", "*", ":", "/", " %in% "])
                )
                    .prop_map(|((a, b), op)| format!("{a}{op}{b}")),
                inner.clone().prop_map(|a| format!("({a})")),
                inner.clone().prop_map(|a| format!("( {a} )^ 2")),
                inner.clone().prop_map(|a| format!("{a} - 1")),
                inner.prop_map(|a| format!("0+{a}")),
            ]
        })
}

fn formulas() -> impl Strategy<Value = String> {
    let left = prop::sample::select(vec!["", "y", "log(y)", "cbind(s,f)", "Surv(t0, t1, d)"]);
    let more = prop::sample::select(vec![
        "",
        "+(1|g)",
        " + (1+x||g/h)",
        "+offset(log(x))",
        "+ strata(g)",
        "+cluster(g)",
        " + .",
    ]);
    (left, terms(), more).prop_map(|(left, terms, more)| format!("{left}~{terms}{more}"))
}

proptest! {
    #[test]
    fn what_is_displayed_is_parsed_again(text in formulas()) {
        // Numbers may fall inside a product here, which is refused.
        if let Ok(formula) = text.parse::<Formula>() {
            let again: Formula = formula.to_string().parse().unwrap();
            prop_assert_eq!(&again, &formula);
            prop_assert_eq!(again.to_string(), formula.to_string());
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,60}") {
        drop(text.parse::<Formula>());
    }

    #[test]
    fn no_text_of_its_own_letters_makes_the_parser_panic(
        text in "[-xya01.~+*:/^|()`\"', =%in]{0,40}"
    ) {
        if let Err(error) = format!("y ~ {text}").parse::<Formula>() {
            prop_assert!(!error.place().unwrap().drawn().is_empty());
        }
    }

    #[test]
    fn permuted_rows_permute_the_design(order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle()) {
        let numeric = |name: &str, step: f64| {
            let value = |i: u32| Some((f64::from(i) * step).sin() * 3.0);
            Column::numeric(name, (0..12).map(value).collect()).unwrap()
        };
        let factor = |name: &str, levels: &[&str], step: u32| {
            let code = |i: u32| (i != 5).then_some((i * step + i / 3) % u32::try_from(levels.len()).unwrap());
            Column::factor(name, levels.to_vec(), (0..12).map(code).collect()).unwrap()
        };
        let table = Table::new(vec![
            numeric("y", 0.7),
            numeric("x", 1.3),
            factor("arm", &["WT", "EKC"], 1),
            factor("wave", &["1", "2", "3"], 2),
        ]).unwrap();
        let formula: Formula = "y ~ arm * poly(x, 2) + ns(x, 3):wave + (x | wave)".parse().unwrap();
        let design = |table: &Table| {
            Recipe::new(&formula, table, &DesignOptions::default()).unwrap().design(table).unwrap()
        };
        let (plain, permuted) = (design(&table), design(&table.take(&order).unwrap()));
        prop_assert_eq!(&plain.mean().columns, &permuted.mean().columns);
        for (i, &row) in permuted.source_rows().iter().enumerate() {
            let j = plain.source_rows().iter().position(|&known| known == order[row]).unwrap();
            let difference = &permuted.mean().x.row(i) - &plain.mean().x.row(j);
            prop_assert!(difference.iter().all(|difference| difference.abs() < 1e-12));
            let [ours, theirs] = [&permuted, &plain].map(|design| &design.mean().random[0]);
            prop_assert_eq!(ours.z.row(i), theirs.z.row(j));
            prop_assert_eq!(ours.grouping.index[i], theirs.grouping.index[j]);
        }
    }
}
