//! What holds for any data.

use std::collections::BTreeMap;

use kring_cohort::{Cohort, ExclusionReason, Roles, Wide};
use kring_core::{ColumnData, Flow, Table};
use polars::prelude::{DataFrame, IntoColumn, NamedFrom, Series};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert_eq, proptest};

use crate::{long, single};

/// One row of long data.
#[derive(Debug, Clone)]
struct Row {
    id: String,
    wave: i64,
    arm: &'static str,
    p: Option<f64>,
    school: Option<&'static str>,
}

/// For some subjects an arm, and for each wave a row or none.
fn rows() -> impl Strategy<Value = Vec<Row>> {
    let p = prop::option::weighted(0.8, (0u8..20).prop_map(f64::from));
    let school = prop::option::of(prop::sample::select(vec!["vmbo", "havo", "vwo"]));
    let cell = prop::option::weighted(0.8, (p, school));
    let subject = (any::<bool>(), prop::collection::vec(cell, 4));
    prop::collection::vec(subject, 1..15).prop_map(|subjects| {
        let mut rows = Vec::new();
        for (i, (arm, cells)) in subjects.into_iter().enumerate() {
            for (wave, cell) in (1..).zip(cells) {
                if let Some((p, school)) = cell {
                    rows.push(Row {
                        id: format!("s{i}"),
                        wave,
                        arm: if arm { "EKC" } else { "WT" },
                        p,
                        school,
                    });
                }
            }
        }
        rows
    })
}

/// Rows, and the same rows in another order.
fn shuffled() -> impl Strategy<Value = (Vec<Row>, Vec<Row>)> {
    rows().prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
}

fn of_long(rows: &[Row]) -> Cohort {
    let column = |name: &str, series: Series| series.with_name(name.into()).into_column();
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let waves: Vec<i64> = rows.iter().map(|row| row.wave).collect();
    let arms: Vec<&str> = rows.iter().map(|row| row.arm).collect();
    let p: Vec<Option<f64>> = rows.iter().map(|row| row.p).collect();
    let school: Vec<Option<&str>> = rows.iter().map(|row| row.school).collect();
    let none = || "".into();
    let columns = vec![
        column("id", Series::new(none(), ids)),
        column("wave", Series::new(none(), waves)),
        column("arm", Series::new(none(), arms)),
        column("p", Series::new(none(), p)),
        column("school", Series::new(none(), school)),
    ];
    let roles = Roles {
        waves: crate::waves(&["1", "2", "3", "4"]),
        arms: crate::levels(&["EKC", "WT"]),
        ..roles_per_wave()
    };
    Cohort::from_frame(DataFrame::new(rows.len(), columns).unwrap(), &roles).unwrap()
}

fn roles_per_wave() -> Roles {
    use kring_cohort::{Per, VariableSpec};
    let per_wave = |name: &str| VariableSpec {
        per: Some(Per::Wave),
        ..VariableSpec::named(name)
    };
    Roles {
        variables: vec![per_wave("p"), per_wave("school")],
        ..long()
    }
}

/// The rows of a table by what they hold in words.
fn by_key(table: &Table, keys: &[&str]) -> BTreeMap<Vec<String>, Vec<String>> {
    let text = |name: &str, row: usize| match table.column(name).unwrap().data() {
        ColumnData::Numeric(numbers) => format!("{:?}", numbers.get(row)),
        ColumnData::Factor(factor) => format!("{:?}", factor.label(row)),
    };
    (0..table.rows())
        .map(|row| {
            let key = keys.iter().map(|name| text(name, row)).collect();
            let cells = table.names().map(|name| text(name, row)).collect();
            (key, cells)
        })
        .collect()
}

/// The same patterns in any order.
fn sorted(mut flow: Flow) -> Flow {
    for arm in &mut flow.arms {
        arm.patterns.sort_by(|a, b| a.seen.cmp(&b.seen));
    }
    flow
}

proptest! {
    #[test]
    fn the_order_of_rows_changes_only_the_order_of_subjects((rows, other) in shuffled()) {
        let (one, two) = (of_long(&rows), of_long(&other));
        prop_assert_eq!(by_key(one.subjects(), &["id"]), by_key(two.subjects(), &["id"]));
        let keys = ["id", "wave"];
        prop_assert_eq!(by_key(one.measurements(), &keys), by_key(two.measurements(), &keys));
        let flow = |cohort: &Cohort| sorted(cohort.flow(&["p", "school"]).unwrap());
        prop_assert_eq!(flow(&one), flow(&two));
        let kinds = |cohort: &Cohort| {
            let kinds = cohort.validate().into_iter().map(|v| (format!("{:?}", v.kind), v.expected));
            let mut kinds: Vec<_> = kinds.collect();
            kinds.sort();
            kinds
        };
        prop_assert_eq!(kinds(&one), kinds(&two));
    }

    #[test]
    fn subjects_stand_in_the_order_of_their_first_rows(rows in rows()) {
        let cohort = of_long(&rows);
        let mut first: Vec<&str> = Vec::new();
        for row in &rows {
            if !first.contains(&row.id.as_str()) {
                first.push(&row.id);
            }
        }
        prop_assert_eq!(cohort.subjects().factor("id").unwrap().levels(), first);
    }

    #[test]
    fn every_row_is_a_measurement_or_is_counted_as_left_out(rows in rows()) {
        let cohort = of_long(&rows);
        let left_out = cohort.missing().excluded(ExclusionReason::NothingObserved);
        prop_assert_eq!(cohort.measurements().rows() + left_out, rows.len());
        let observed = rows.iter().filter(|row| row.p.is_some() || row.school.is_some()).count();
        prop_assert_eq!(cohort.measurements().rows(), observed);
        let flow = cohort.flow(&["p", "school"]).unwrap();
        let present: usize = flow.arms.iter().flat_map(|a| &a.waves).map(|w| w.present).sum();
        prop_assert_eq!(present, observed);
        prop_assert_eq!(flow.subjects(), cohort.subjects().rows());
    }

    #[test]
    fn long_data_made_wide_are_the_same_measurements(rows in rows()) {
        let long = of_long(&rows);
        let subjects = long.subjects();
        let columns = subjects.columns().iter().map(|column| {
            let name = column.name.as_str().into();
            match column.data() {
                ColumnData::Numeric(numbers) => {
                    Series::new(name, numbers.iter().collect::<Vec<_>>()).into_column()
                }
                ColumnData::Factor(factor) => {
                    let words: Vec<_> = (0..subjects.rows()).map(|row| factor.label(row)).collect();
                    Series::new(name, words).into_column()
                }
            }
        });
        let frame = DataFrame::new(subjects.rows(), columns.collect()).unwrap();
        let roles = Roles {
            arm: Some("arm".into()),
            arms: crate::levels(&["EKC", "WT"]),
            waves: crate::waves(&["1", "2", "3", "4"]),
            wide: vec![Wide::pattern("p", "p_{wave}"), Wide::pattern("school", "school_{wave}")],
            ..single()
        };
        let wide = Cohort::from_frame(frame, &roles).unwrap();
        let of = |cohort: &Cohort| by_key(cohort.measurements(), &["id", "wave"]);
        prop_assert_eq!(of(&wide), of(&long));
        prop_assert_eq!(wide.flow(&["p"]).unwrap(), long.flow(&["p"]).unwrap());
    }
}
