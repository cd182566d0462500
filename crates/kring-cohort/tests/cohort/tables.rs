//! The two tables: their columns, rows, labels and units; long and wide data meet.

use kring_cohort::{Cohort, Level, Per, Roles, VariableKind, VariableSpec, Wave, Wide};
use kring_core::Table;

use crate::{cohort, level_names, levels, long, names, shown, single, spec};

fn waves() -> Vec<Wave> {
    vec![
        Wave {
            months: Some(0.0),
            ..Wave::named("1")
        },
        Wave {
            label: Some("half a year".into()),
            months: Some(6.0),
            ..Wave::named("2")
        },
        Wave {
            months: Some(12.0),
            ..Wave::named("3")
        },
    ]
}

const WIDE: &str = "id,arm,team,age,p1,p2,p3,q1,q3\n\
                    b,EKC,n,30,6,2,1,x,y\n\
                    a,WT,z,,5,,,,\n\
                    c,EKC,z,40,,,4,,x\n\
                    d,WT,n,50,,,,,\n";

const LONG: &str = "id,wave,arm,team,age,p,q\n\
                    b,3,EKC,n,30,1,y\n\
                    a,1,WT,z,,5,\n\
                    b,1,EKC,n,30,6,x\n\
                    c,3,EKC,z,40,4,x\n\
                    b,2,EKC,n,30,2,\n\
                    d,1,WT,n,50,,\n\
                    c,1,EKC,z,40,,\n";

fn declared() -> Roles {
    Roles {
        subject: Some("id".into()),
        arm: Some("arm".into()),
        arms: levels(&["WT", "EKC"]),
        clusters: vec!["team".into()],
        waves: waves(),
        variables: vec![
            VariableSpec {
                label: Some("Problems".into()),
                unit: Some("problems".into()),
                kind: Some(VariableKind::Count),
                ..spec("p")
            },
            VariableSpec {
                label: Some("Age".into()),
                unit: Some("years".into()),
                ..spec("age")
            },
        ],
        ..Roles::default()
    }
}

fn of_wide() -> Cohort {
    let roles = Roles {
        wide: vec![
            Wide::columns("p", ["p1", "p2", "p3"]),
            Wide::pattern("q", "q{wave}").at(["1", "3"]),
        ],
        ..declared()
    };
    cohort(WIDE, &roles)
}

fn of_long() -> Cohort {
    let roles = Roles {
        wave: Some("wave".into()),
        ..declared()
    };
    cohort(LONG, &roles)
}

fn check_measurements(table: &Table) {
    assert_eq!(names(table), "id wave months arm team age p q");
    assert_eq!(shown(table, "id"), "b b b a c");
    assert_eq!(shown(table, "wave"), "1 2 3 1 3");
    assert_eq!(shown(table, "months"), "0 6 12 0 12");
    assert_eq!(shown(table, "arm"), "EKC EKC EKC WT EKC");
    assert_eq!(shown(table, "team"), "n n n z z");
    assert_eq!(shown(table, "age"), "30 30 30 . 40");
    assert_eq!(shown(table, "p"), "6 2 1 5 4");
    assert_eq!(shown(table, "q"), "x . y . x");
    assert_eq!(level_names(table, "id"), ["b", "a", "c", "d"]);
    assert_eq!(level_names(table, "arm"), ["WT", "EKC"]);
    let p = table.column("p").unwrap();
    assert_eq!(
        (p.title(), p.unit.as_deref()),
        ("Problems", Some("problems"))
    );
}

#[test]
fn measurements_are_the_same_from_wide_and_from_long_data() {
    let (wide, long) = (of_wide(), of_long());
    check_measurements(wide.measurements());
    check_measurements(long.measurements());
    assert_eq!(wide.measurements(), long.measurements());
    assert_eq!(wide.flow(&["p"]).unwrap(), long.flow(&["p"]).unwrap());
    assert_eq!(wide.validate(), []);
    assert_eq!(long.validate(), []);
}

#[test]
fn subjects_of_wide_data_keep_their_columns() {
    let cohort = of_wide();
    let table = cohort.subjects();
    assert_eq!(names(table), "id arm team age p1 p2 p3 q1 q3");
    assert_eq!(shown(table, "id"), "b a c d");
    assert_eq!(shown(table, "p3"), "1 . 4 .");
    assert_eq!(level_names(table, "q1"), ["x", "y"]); // those of the variable
    let p2 = table.column("p2").unwrap();
    assert_eq!(
        (p2.title(), p2.unit.as_deref()),
        ("Problems, half a year", Some("problems"))
    );
    assert_eq!(cohort.variables(Per::Wave).collect::<Vec<_>>(), ["p", "q"]);
    assert_eq!(
        cohort.variables(Per::Subject).collect::<Vec<_>>(),
        ["team", "age"]
    );
    assert_eq!(
        (
            cohort.subject_column(),
            cohort.wave_column(),
            cohort.arm_column()
        ),
        ("id", Some("wave"), Some("arm"))
    );
}

#[test]
fn subjects_of_long_data_get_a_column_a_wave() {
    let cohort = of_long();
    let table = cohort.subjects();
    assert_eq!(names(table), "id arm team age p_1 p_2 p_3 q_1 q_2 q_3");
    assert_eq!(shown(table, "id"), "b a c d");
    assert_eq!(shown(table, "arm"), "EKC WT EKC WT");
    assert_eq!(shown(table, "age"), "30 . 40 50");
    assert_eq!(shown(table, "p_1"), "6 5 . .");
    assert_eq!(shown(table, "p_3"), "1 . 4 .");
    assert_eq!(
        table.column("p_2").unwrap().title(),
        "Problems, half a year"
    );
    assert_eq!(table.column("q_2").unwrap().title(), "q_2");
}

#[test]
fn long_data_made_wide_and_read_again_are_the_same_measurements() {
    // The subjects of the long data as a file, and that file as wide data.
    let long = of_long();
    let table = long.subjects();
    let header: Vec<&str> = table.names().collect();
    let cells: Vec<Vec<String>> = header
        .iter()
        .map(|name| shown(table, name).split(' ').map(str::to_owned).collect())
        .collect();
    let mut text = header.join(",");
    for row in 0..table.rows() {
        let row: Vec<&str> = cells.iter().map(|column| column[row].as_str()).collect();
        text = format!("{text}\n{}", row.join(","));
    }
    let roles = Roles {
        wide: vec![
            Wide::pattern("p", "p_{wave}"),
            Wide::pattern("q", "q_{wave}"),
        ],
        ..declared()
    };
    let wide = cohort(&text.replace(",.", ","), &roles);
    assert_eq!(wide.measurements(), long.measurements());
    assert_eq!(shown(wide.subjects(), "p_3"), shown(long.subjects(), "p_3"));
}

#[test]
fn a_variable_of_long_data_is_constant_only_where_waves_can_be_compared() {
    // x never differs; y differs; z stands in the first wave only; w never at two waves.
    let text = "id,wave,arm,x,y,z,w\n1,1,A,7,1,3,\n1,2,A,7,2,,4\n2,1,A,,5,4,\n2,2,A,8,5,,4\n";
    let cohort = cohort(text, &long());
    assert_eq!(names(cohort.subjects()), "id arm x y_1 y_2 z_1 z_2 w_1 w_2");
    assert_eq!(shown(cohort.subjects(), "x"), "7 8");
    assert_eq!(shown(cohort.measurements(), "x"), "7 7 . 8"); // nothing is filled in
    let per = |per| {
        let roles = Roles {
            variables: vec![VariableSpec {
                per: Some(per),
                ..spec("x")
            }],
            ..long()
        };
        names(crate::cohort(text, &roles).subjects())
    };
    assert!(per(Per::Wave).starts_with("id arm x_1 x_2 y_1"));
    assert!(per(Per::Subject).starts_with("id arm x y_1"));
}

#[test]
fn one_occasion_is_one_table() {
    let roles = Roles {
        arm: Some("arm".into()),
        ..single()
    };
    let cohort = cohort("id,p,arm\n2,3,WT\n1,4,EKC\n", &roles);
    assert_eq!(names(cohort.subjects()), "id arm p");
    assert_eq!(cohort.subjects(), cohort.measurements());
    assert_eq!(cohort.wave_column(), None);
    assert_eq!(cohort.waves(), []);
    let arms: Vec<&str> = cohort.arms().iter().map(Level::title).collect();
    assert_eq!(arms, ["EKC", "WT"]);
}

#[test]
fn dates_are_days_and_say_so() {
    let roles = Roles {
        wide: vec![Wide::pattern("seen", "seen{wave}")],
        ..single()
    };
    let cohort = cohort(
        "id,seen1,seen2,birth\n1,1970-01-31,2020-02-29,1969-12-31\n",
        &roles,
    );
    assert_eq!(shown(cohort.subjects(), "birth"), "-1");
    assert_eq!(shown(cohort.measurements(), "seen"), "30 18321"); // as.numeric(as.Date("2020-02-29"))
    let seen = cohort.subjects().column("seen2").unwrap();
    assert_eq!(seen.title(), "seen2, days since 1970-01-01");
    assert_eq!(seen.unit.as_deref(), Some("days"));
}
