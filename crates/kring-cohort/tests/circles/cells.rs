//! Whatever stands in the cells: it is circles, or an error that names a file, and never a panic.

use kring_cohort::circles::{COLUMNS, CircleOptions, WideTables, from_tables, from_wide};
use kring_core::CircleTable;
use proptest::prelude::*;
use proptest::sample::select;

use crate::{table, tables};

/// Cells that are right in some column, and some that are right in none.
const CELLS: [&str; 24] = [
    "",
    "a",
    "b",
    "1",
    "2",
    "0",
    "-1",
    "yes",
    "nee",
    "family",
    "friend",
    "professional:school",
    "mother",
    "inner",
    "care;advice",
    "none",
    "support",
    "conflict",
    "directed",
    "2020-01-01",
    "2020-13-01",
    "x;y",
    "\"\"",
    "é; ü",
];

/// A table of some columns of one kind with a few rows.
fn written(table: CircleTable) -> impl Strategy<Value = String> {
    let names: Vec<&str> = COLUMNS
        .iter()
        .filter(|column| column.table == table)
        .map(|column| column.name)
        .collect();
    let width = names.len();
    let row = proptest::collection::vec(select(&CELLS[..]), width);
    proptest::collection::vec(row, 1..6).prop_map(move |rows| {
        let quoted = |cell: &&str| format!("\"{}\"", cell.replace('"', "\"\""));
        let lines = rows
            .iter()
            .map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(","));
        let head = names.join(",");
        std::iter::once(head)
            .chain(lines)
            .collect::<Vec<_>>()
            .join("\n")
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn long_tables(
        families in written(CircleTable::Families),
        alters in written(CircleTable::Alters),
        ties in written(CircleTable::Ties),
        agreements in written(CircleTable::Agreements),
        standing in written(CircleTable::Standing),
    ) {
        let tables = tables([&families, &alters, &ties, &agreements, &standing]);
        match from_tables(&tables, &CircleOptions::default()) {
            Ok(data) => prop_assert_eq!(data.families.rows(), data.circles.len()),
            Err(error) => {
                let text = error.to_string();
                prop_assert!(text.contains(".csv"), "{}", text);
            }
        }
    }

    #[test]
    fn wide_rows(rows in proptest::collection::vec(proptest::collection::vec(select(&CELLS[..]), 9), 1..5)) {
        let head = "family,wave,role_1,person_1,since_1,role_2,person_2,since_2,tie_1_2";
        let quoted = |cell: &&str| format!("\"{}\"", cell.replace('"', "\"\""));
        let lines: Vec<String> =
            rows.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
        let circles = table("wide.csv", &format!("{head}\n{}\n", lines.join("\n")));
        let tables = WideTables { circles, agreements: None, standing: None };
        match from_wide(&tables, &CircleOptions::default()) {
            Ok(data) => prop_assert_eq!(data.families.rows(), data.circles.len()),
            Err(error) => {
                let text = error.to_string();
                prop_assert!(text.contains("wide.csv"), "{}", text);
            }
        }
    }
}
