//! What has no structure is refused, with a message that tells what to do.

use kring_cohort::{Cohort, Error, Level, Per, Roles, VariableKind, VariableSpec, Wave, Wide};

use crate::{cohort, csv, level_names, levels, long, names, refusal, single, spec, waves};

const WIDE: &str = "id,arm,p1,p2,age\n1,EKC,6,2,30\n2,WT,5,4,40\n";
const LONG: &str = "id,wave,arm,p\n1,1,EKC,6\n1,2,EKC,2\n2,1,WT,5\n";

fn wide(variables: Vec<Wide>) -> Roles {
    Roles {
        wide: variables,
        ..single()
    }
}

#[test]
fn a_subject_is_needed() {
    assert_eq!(
        refusal(WIDE, &Roles::default()),
        "study.csv: no column is said to name the subject; give `subject`: where each row is \
         another person and nothing names them, add a column with the numbers 1, 2, 3 and so on; \
         the columns are `id`, `arm`, `p1`, `p2`, `age`"
    );
    let roles = Roles {
        subject: None,
        ..long()
    };
    assert_eq!(
        refusal(LONG, &roles),
        "study.csv: no column is said to name the subject; give `subject`: it tells which rows \
         belong together; the columns are `id`, `wave`, `arm`, `p`"
    );
}

#[test]
fn a_column_that_is_not_there_is_named_with_its_role_and_a_near_name() {
    let with = |roles: Roles| refusal(LONG, &roles);
    assert_eq!(
        with(Roles {
            subject: Some("idd".into()),
            ..long()
        }),
        "study.csv: there is no column `idd`, which should be the subject; did you mean `id`?"
    );
    assert_eq!(
        with(Roles {
            wave: Some("waves".into()),
            ..long()
        }),
        "study.csv: there is no column `waves`, which should be the wave; did you mean `wave`?"
    );
    assert_eq!(
        with(Roles {
            arm: Some("group".into()),
            ..long()
        }),
        "study.csv: there is no column `group`, which should be the arm; did you mean `arm`?"
    );
    assert_eq!(
        with(Roles {
            clusters: vec!["team".into()],
            ..long()
        }),
        "study.csv: there is no column `team`, which should be a cluster; there are: id, wave, \
         arm, p"
    );
    assert_eq!(
        refusal(WIDE, &wide(vec![Wide::columns("p", ["p1", "p3"])])),
        "study.csv: there is no column `p3`, which should be `p` at wave 2; there are: id, arm, p1, \
         p2, age"
    );
}

#[test]
fn a_column_has_one_role() {
    let roles = Roles {
        arm: Some("id".into()),
        ..single()
    };
    assert_eq!(
        refusal(WIDE, &roles),
        "study.csv: column `id` cannot be the subject and the arm at once; give it one role"
    );
    assert_eq!(
        refusal(
            WIDE,
            &wide(vec![
                Wide::columns("p", ["p1", "p2"]),
                Wide::columns("q", ["p1", "age"]),
            ])
        ),
        "study.csv: column `p1` cannot be `p` at wave 1 and `q` at wave 1 at once; give it one \
         role"
    );
}

#[test]
fn data_are_long_or_wide() {
    let roles = Roles {
        wide: vec![Wide::columns("p", ["p"])],
        ..long()
    };
    assert_eq!(
        refusal(LONG, &roles),
        "study.csv: the waves stand twice: `wave = \"wave\"` says that there is one row a wave, \
         and `wide` that there is one column a wave; leave out one of the two"
    );
    let roles = Roles {
        waves: waves(&["1", "2"]),
        ..single()
    };
    assert_eq!(
        refusal(WIDE, &roles),
        "study.csv: the waves (2 of them) are declared, but neither `wave` nor `wide` says where \
         they stand; name the column of the wave in long data, or the columns of each variable in \
         wide data"
    );
}

#[test]
fn a_wide_variable_has_one_column_a_wave() {
    let with = |variable: Wide| {
        let roles = Roles {
            waves: waves(&["1", "2"]),
            ..wide(vec![variable])
        };
        refusal(WIDE, &roles)
    };
    assert_eq!(
        with(Wide::columns("p", ["p1"])),
        "study.csv: `p` has 1 columns, but there are 2 waves (1, 2); list one column a wave, or \
         say with `waves` at which it was measured"
    );
    assert_eq!(
        with(Wide::default()),
        "study.csv: `` has no columns; list them in `columns`, or give a `pattern` with {wave}"
    );
    let both = Wide {
        columns: vec!["p1".into()],
        ..Wide::pattern("p", "p{wave}")
    };
    assert_eq!(
        with(both),
        "study.csv: `p` has both `columns` and a `pattern`; leave out one of the two"
    );
    assert_eq!(
        with(Wide::pattern("p", "p")),
        "study.csv: `p` has the pattern `p`, which must have {wave} in it once, as in `p{wave}`"
    );
    assert_eq!(
        with(Wide::pattern("p", "p{wave}").at(["1", "3"])),
        "study.csv: there is no wave `3`; there are: 1, 2"
    );
    assert_eq!(
        with(Wide::pattern("p", "p{wave}").at(["1", "1"])),
        "study.csv: the waves of `p` name `1` twice"
    );
    assert_eq!(
        with(Wide::pattern("p", "p{wave}").at([""; 0])),
        "study.csv: `p` was measured at none of the waves; leave `waves` out, or list some"
    );
    assert_eq!(
        with(Wide::columns("age", ["p1", "p2"])),
        "study.csv: there is a column `age` already, and that name is the name of a variable in \
         `wide`; rename the column"
    );
}

#[test]
fn waves_of_wide_data_are_found_in_the_names_of_columns() {
    let text = "id,y10,y2,yb,z\n1,3,4,5,6\n";
    let found = cohort(text, &wide(vec![Wide::pattern("y", "y{wave}")]));
    let waves: Vec<&str> = found.waves().iter().map(Wave::title).collect();
    assert_eq!(waves, ["2", "10"]);
    assert_eq!(names(found.subjects()), "id y10 y2 yb z");
    assert_eq!(names(found.measurements()), "id wave y yb z");

    let listed = cohort(text, &wide(vec![Wide::columns("y", ["y2", "y10"])]));
    let waves: Vec<&str> = listed.waves().iter().map(Wave::title).collect();
    assert_eq!(waves, ["1", "2"]);

    assert_eq!(
        refusal(
            "id,bdi.pre,bdi.2m\n1,2,3\n",
            &wide(vec![Wide::pattern("bdi", "bdi.{wave}")])
        ),
        "study.csv: `bdi` has the pattern `bdi.{wave}`, but no column has a whole number for \
         {wave} (for {wave} there are: pre, 2m); list the waves in order"
    );
    assert_eq!(
        refusal(text, &wide(vec![Wide::pattern("bdi", "bdi.{wave}")])),
        "study.csv: `bdi` has the pattern `bdi.{wave}`, but no column fits it; the columns are \
         `id`, `y10`, `y2`, `yb`, `z`"
    );
}

#[test]
fn names_that_are_declared_are_different() {
    let roles = |arms: Vec<Level>, waves: Vec<Wave>| Roles {
        arms,
        waves,
        ..long()
    };
    assert_eq!(
        refusal(LONG, &roles(levels(&["EKC", "EKC"]), vec![])),
        "study.csv: the arms name `EKC` twice"
    );
    let labelled = |name: &str| Level {
        label: Some("same".into()),
        ..Level::named(name)
    };
    assert_eq!(
        refusal(LONG, &roles(vec![labelled("EKC"), labelled("WT")], vec![])),
        "study.csv: the arms name `same` twice"
    );
    assert_eq!(
        refusal(LONG, &roles(vec![], waves(&["1", "1"]))),
        "study.csv: the waves name `1` twice"
    );
    let endless = Wave {
        months: Some(f64::INFINITY),
        ..Wave::named("1")
    };
    assert_eq!(
        refusal(LONG, &roles(vec![], vec![endless])),
        "study.csv: wave `1` has months that are not a finite number"
    );
    let twice = Roles {
        variables: vec![spec("p"), spec("p")],
        ..long()
    };
    assert_eq!(
        refusal(LONG, &twice),
        "study.csv: the variables name `p` twice"
    );
    let twice = wide(vec![Wide::columns("p", ["p1"]), Wide::columns("p", ["p2"])]);
    assert_eq!(
        refusal(WIDE, &twice),
        "study.csv: the variables of `wide` name `p` twice"
    );
}

#[test]
fn a_declaration_does_not_contradict_itself_or_the_data() {
    let with = |spec: VariableSpec| {
        let roles = Roles {
            variables: vec![spec],
            ..long()
        };
        refusal(
            "id,wave,arm,p,school\n1,1,EKC,6,vmbo\n1,2,EKC,2,havo\n",
            &roles,
        )
    };
    assert_eq!(
        with(spec("problem")),
        "study.csv: there is no variable `problem`; there are: p, school, id, arm, wave"
    );
    assert_eq!(
        with(VariableSpec {
            kind: Some(VariableKind::Count),
            levels: levels(&["0", "1"]),
            ..spec("p")
        }),
        "study.csv: `p` is declared a number, but has levels; leave out one of the two"
    );
    assert_eq!(
        with(VariableSpec {
            kind: Some(VariableKind::Binary),
            levels: levels(&["0", "1", "2"]),
            ..spec("p")
        }),
        "study.csv: `p` is declared binary; give it two levels, or leave them out"
    );
    for range in [[3.0, 1.0], [f64::NAN, 1.0], [0.0, f64::NAN]] {
        let message = with(VariableSpec {
            range: Some(range),
            ..spec("p")
        });
        assert!(message.ends_with("; give the lowest first"), "{message}");
    }
    assert_eq!(
        with(VariableSpec {
            kind: Some(VariableKind::Nominal),
            range: Some([0.0, 1.0]),
            ..spec("p")
        }),
        "study.csv: `p` is declared nominal, but has a range; leave out one of the two"
    );
    assert_eq!(
        with(VariableSpec {
            kind: Some(VariableKind::Ordinal),
            ..spec("school")
        }),
        "study.csv: `school` is declared ordinal, but its values are texts without an order; list \
         its `levels` in order"
    );
    assert_eq!(
        with(VariableSpec {
            levels: levels(&["vmbo", "havo"]),
            range: Some([0.0, 1.0]),
            ..spec("school")
        }),
        "study.csv: `school` has a range, but column `school` holds texts; leave out the range"
    );
    assert_eq!(
        with(VariableSpec {
            per: Some(Per::Wave),
            ..spec("arm")
        }),
        "study.csv: `arm` names a subject, wave or arm; leave out `per`"
    );
    let both = Roles {
        arms: levels(&["EKC"]),
        variables: vec![VariableSpec {
            levels: levels(&["EKC"]),
            ..spec("arm")
        }],
        ..long()
    };
    assert_eq!(
        refusal(LONG, &both),
        "study.csv: `arm` has `levels`, but the arms are declared too; leave out one of the two"
    );
}

#[test]
fn a_wide_variable_is_declared_as_a_whole() {
    let with = |spec: VariableSpec| {
        let roles = Roles {
            variables: vec![spec],
            ..wide(vec![Wide::pattern("p", "p{wave}")])
        };
        refusal(WIDE, &roles)
    };
    assert_eq!(
        with(spec("p1")),
        "study.csv: `p1` is one of the columns of `p`; declare `p` instead"
    );
    let per = |name: &str, per| VariableSpec {
        per: Some(per),
        ..spec(name)
    };
    assert_eq!(
        with(per("p", Per::Subject)),
        "study.csv: `p` has one column a wave in `wide`, but `per` says once a subject"
    );
    assert_eq!(
        with(per("age", Per::Wave)),
        "study.csv: `age` is declared to be measured at each wave; give its columns in `wide`"
    );
    assert_eq!(
        refusal(
            "id,p1,p2\n1,6,many\n",
            &wide(vec![Wide::pattern("p", "p{wave}")])
        ),
        "study.csv: some columns of `p` hold numbers, but column `p2` holds texts; declare the \
         type of `p`"
    );
}

#[test]
fn no_column_is_made_over_one_that_is_there() {
    let timed = vec![
        Wave {
            months: Some(0.0),
            ..Wave::named("1")
        },
        Wave::named("2"),
    ];
    let roles = Roles {
        waves: timed,
        ..long()
    };
    assert_eq!(
        refusal("id,wave,arm,months\n1,1,EKC,6\n", &roles),
        "study.csv: there is a column `months` already, and that name is made from the months of \
         the waves; rename the column"
    );
    assert_eq!(
        refusal(
            "id,wave,p1,p2\n1,1,6,2\n",
            &wide(vec![Wide::pattern("p", "p{wave}")])
        ),
        "study.csv: there is a column `wave` already, and that name is made for the waves of wide \
         data; rename the column"
    );
    assert_eq!(
        refusal("id,wave,arm,p,p_2\n1,1,EKC,6,8\n1,2,EKC,7,8\n", &long()),
        "study.csv: there is a column `p_2` already, and that name is made for one wave of a \
         variable; rename the column"
    );
}

#[test]
fn a_time_is_measured_and_is_a_number() {
    let with = |text: &str, roles: Roles| {
        let roles = Roles {
            time: Some("day".into()),
            ..roles
        };
        refusal(text, &roles)
    };
    assert_eq!(
        with(LONG, long()),
        "study.csv: there is no variable `day`; there are: p"
    );
    assert_eq!(
        with("id,day\n1,3\n", single()),
        "study.csv: `day` is the time of the measurements, but stands in one column for all \
         waves; give its columns in `wide`"
    );
    assert_eq!(
        with("id,wave,arm,day\n1,1,EKC,monday\n1,2,EKC,friday\n", long()),
        "study.csv: `day` is the time of the measurements, but holds texts; give numbers, or \
         dates written as year-month-day: 2021-03-31"
    );
}

#[test]
fn a_column_with_a_thousand_values_is_no_wave() {
    use std::fmt::Write as _;
    let mut text = "id,wave,arm\n".to_owned();
    for row in 0..1001 {
        writeln!(text, "{row},{row},EKC").unwrap();
    }
    assert_eq!(
        refusal(&text, &long()),
        "study.csv: column `wave` holds 1001 different waves, more than 1000; name the column of \
         the wave, or declare the waves"
    );
}

#[test]
fn a_flow_needs_variables_that_tell_who_was_seen() {
    let cohort = cohort("id,wave,arm,p,age\n1,1,EKC,6,30\n1,2,EKC,2,30\n", &long());
    let message = |observed: &[&str]| cohort.flow(observed).unwrap_err().to_string();
    assert_eq!(
        message(&[]),
        "study.csv: name at least one variable that tells who was seen at a wave: `p`"
    );
    assert_eq!(
        message(&["q"]),
        "study.csv: there is no variable `q`; there are: p"
    );
    assert_eq!(
        message(&["p", "age"]),
        "study.csv: `age` has one value a subject, so it cannot tell who was seen at a wave; \
         there are: p"
    );
    assert!(matches!(
        cohort.wave("3"),
        Err(Error::UnknownWave { wave, .. }) if wave == "3"
    ));
    assert_eq!(
        cohort.arm("EKX").unwrap_err().to_string(),
        "study.csv: there is no arm `EKX`; did you mean `EKC`?"
    );
    assert_eq!(cohort.arm("EKC").unwrap().title(), "EKC");
}

#[test]
fn roles_are_read_from_a_protocol_and_slips_are_refused() {
    let roles: Roles = serde_json::from_str(
        r#"{
            "subject": "id",
            "arm": "arm",
            "arms": [{"name": "WT"}, {"name": "EKC", "label": "Eigen Kracht"}],
            "wide": [{"name": "p", "pattern": "p{wave}"}],
            "waves": [{"name": "1", "months": 0}, {"name": "2", "label": "after"}],
            "variables": [{"name": "p", "type": "count", "range": [0, 20], "missing": [99, "?"]}]
        }"#,
    )
    .unwrap();
    let cohort = Cohort::new(csv(WIDE), &roles).unwrap();
    assert_eq!(level_names(cohort.subjects(), "arm"), ["WT", "EKC"]);
    assert_eq!(cohort.title("wave", "2"), "after");
    assert_eq!(cohort.validate(), []);
    for slip in [
        r#"{"subjekt": "id"}"#,
        r#"{"waves": [{"name": "1", "month": 0}]}"#,
        r#"{"arms": [{"label": "EKC"}]}"#,
        r#"{"wide": [{"pattern": "p{wave}"}]}"#,
        r#"{"variables": [{"name": "p", "type": "number"}]}"#,
        r#"{"variables": [{"type": "count"}]}"#,
    ] {
        assert!(serde_json::from_str::<Roles>(slip).is_err(), "{slip}");
    }
}
