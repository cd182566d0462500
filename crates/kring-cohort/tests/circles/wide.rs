use kring_cohort::Error;
use kring_cohort::circles::{CircleData, CircleOptions, WideTables, from_tables, from_wide};

use crate::{invented, options, table, tables};

fn wide(text: &str, options: &CircleOptions) -> Result<CircleData, Error> {
    let tables = WideTables {
        circles: table("wide.csv", text),
        agreements: None,
        standing: None,
    };
    from_wide(&tables, options)
}

#[test]
fn wide_and_long_give_the_same_circles() {
    let long = from_tables(
        &kring_cohort::circles::CircleTables {
            families: Some(invented("families.csv")),
            alters: Some(invented("alters.csv")),
            ties: Some(invented("ties.csv")),
            agreements: Some(invented("agreements.csv")),
            standing: None,
        },
        &CircleOptions::default(),
    )
    .unwrap();
    let wide = from_wide(
        &WideTables {
            circles: invented("wide.csv"),
            agreements: Some(invented("agreements.csv")),
            standing: None,
        },
        &CircleOptions::default(),
    )
    .unwrap();
    assert_eq!(wide.circles, long.circles);
    assert_eq!(wide.families, long.families);
    assert_eq!(wide.circles.persons(), 6);
}

#[test]
fn slots_are_persons_where_none_is_named() {
    let text = "gezin,rol1,rol2,rol3,band1x2,band2x3\na,vriend,,buur,,\nb,buur,kennis,,-1,0\n";
    let options =
        options(r#"{"columns": {"family": "gezin", "role": "rol{k}", "tie": "band{i}x{j}"}}"#);
    let data = wide(text, &options).unwrap();
    let a = data.circles.find("a", "1").unwrap();
    assert_eq!((a.person(0), a.person(1)), ("1", "3"));
    let b = data.circles.find("b", "1").unwrap();
    assert_eq!(b.ties()[0].sign, kring_core::Sign::Conflict);
    assert_eq!(
        data.families.names().collect::<Vec<_>>(),
        ["family", "wave"]
    );
    assert_eq!(
        data.notes,
        [
            "wide.csv: 1 rows have an empty slot before a filled one, the first of them row 1; an empty slot is nobody",
            "wide.csv: there is no column `wave`; all is taken as one wave, `1`",
        ]
    );
}

#[test]
fn a_tie_between_persons_that_was_not_asked_is_noted() {
    let data = wide(
        "family,role_1,role_2,tie_1_2\na,friend,friend,\n",
        &CircleOptions::default(),
    );
    let data = data.unwrap();
    assert!(data.circles.get(0).unwrap().ties().is_empty());
    assert!(
        data.notes[0].contains("of 1 pairs of persons the column of their tie is empty"),
        "{:?}",
        data.notes
    );
}

#[test]
fn faults_of_wide_rows() {
    let plain = CircleOptions::default();
    for (text, message) in [
        (
            "family,role_1,role_2,tie_1_2\na,friend,,conflict\n",
            "wide.csv, row 1, column `tie_1_2`: a tie to slot 2, which is empty; say who it is, or take the tie out",
        ),
        (
            "family,role_1,role_2,tie_1_2\nz,friend,friend,0\na,friend,friend,perhaps\n",
            "wide.csv, row 2, column `tie_1_2`: expected support or conflict, found `perhaps`; there are: support, conflict",
        ),
        (
            "family,role_1,closeness_1,role_2,closeness_2\na,friend,inner,,outer\n",
            "wide.csv, row 1, column `closeness_2`: the slot has neither a role nor a person, but something is known of it; say who it is, or empty slot 2",
        ),
        (
            "family,role_1,role_2\nz,friend,friend\na,friend,aunt\n",
            "wide.csv, row 2, column `role_2`: expected a role, found `aunt`; there are: household, family, friend, neighbour, acquaintance, volunteer, professional",
        ),
        (
            "family,person_1,role_1\na,x,\n",
            "wide.csv, row 1, column `role_1`: the role is empty; say what the person is to the family",
        ),
        (
            "family,person_1,role_1,person_2,role_2\na,x,friend,x,friend\n",
            "wide.csv, row 1, family `a`, wave `1`, person `x`: stands twice in one circle; take one out",
        ),
        (
            "family,role_1,closeness_2\na,friend,\n",
            "wide.csv: there is no column `role_2`, though other columns have that slot; add it",
        ),
        (
            "family,rol_1\na,friend\n",
            "wide.csv: there is no column `role_1`, which should be what the person is to the family of the first slot; did you mean `rol_1`?",
        ),
        (
            "family,role_1,role_2,tie_1_2,tie_2_1\na,friend,friend,0,0\n",
            "wide.csv: columns `tie_1_2` and `tie_2_1` are of the same two slots; keep one of the two",
        ),
    ] {
        let text = wide(text, &plain).unwrap_err().to_string();
        assert_eq!(
            text,
            format!("the files of circles hold 1 fault:\n  {message}")
        );
    }
    let wrong = options(r#"{"columns": {"role": "rol"}}"#);
    assert_eq!(
        wide("family,rol\na,friend\n", &wrong)
            .unwrap_err()
            .to_string(),
        "options of circles: `columns.role` is `rol`, which does not say where the number of the slot stands; write `{k}` for it, as in `rol{k}`"
    );
    let wrong = options(r#"{"columns": {"tie": "tie{i}{j}"}}"#);
    assert!(
        wide("family,role_1\na,friend\n", &wrong)
            .unwrap_err()
            .to_string()
            .contains("something between them")
    );
}

#[test]
fn a_name_generator_of_egor_is_the_long_form() {
    // egor's two tables: alters with `.egoID` and `.altID`, ties with `.srcID` and `.tgtID`.
    let read = tables([
        ".egoID\n1\n2\n",
        ".egoID,.altID,role\n1,1,friend\n1,2,friend\n",
        ".egoID,.srcID,.tgtID\n1,1,2\n",
        "",
        "",
    ]);
    let columns = r#"{"columns": {"family": ".egoID", "person": ".altID", "from": ".srcID", "to": ".tgtID"}}"#;
    let data = from_tables(&read, &options(columns)).unwrap();
    assert_eq!(data.circles.find("1", "1").unwrap().ties().len(), 1);
    assert!(data.circles.find("2", "1").unwrap().alters().is_empty());
}
