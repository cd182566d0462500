//! Each kind of bad input with its message.

use kring_cohort::Error;
use kring_cohort::circles::{CircleOptions, from_tables};

use crate::{circles, options, tables};

const FAMILIES: &str = "family,wave,date\na,1,2020-06-01\na,2,2020-12-01\n";
const ALTERS: &str = "family,wave,person,role\na,1,x,friend\na,1,y,friend\n";

/// The lines below the head of a message about faults.
fn told(texts: [&str; 5]) -> Vec<String> {
    let error = circles(texts).unwrap_err();
    assert!(matches!(error, Error::Circles(_)), "{error}");
    let text = error.to_string();
    let lines = text.lines().skip(1).map(|line| line.trim().to_owned());
    lines.collect()
}

/// A table of persons with one fault, and what is said of it.
#[test]
#[allow(clippy::too_many_lines, reason = "a table of rows and messages")]
fn faults_of_persons() {
    let head = "family,wave,person,role,discipline,side,closeness,support,since,asked,asked_by,present,present_in,bond,represented_by";
    for (row, message) in [
        (
            "a,1,x,aunt,,,,,,,,,,,",
            "row 1, column `role`: expected a role, found `aunt`; there are: household, family, friend, neighbour, acquaintance, volunteer, professional",
        ),
        (
            "a,1,x,Buurmn,,,,,,,,,,,",
            "row 1, column `role`: expected a role, found `Buurmn`; did you mean `buurman`?",
        ),
        (
            "a,1,x,,,,,,,,,,,,",
            "row 1, column `role`: the role is empty; say what the person is to the family",
        ),
        (
            "a,1,x,friend:school,,,,,,,,,,,",
            "row 1, column `role`: expected a role, found `friend:school`; only a professional has a discipline, as in `professional:school`",
        ),
        (
            "a,1,x,professional:scool,,,,,,,,,,,",
            "row 1, column `role`: expected a discipline, found `scool`; did you mean `school`?",
        ),
        (
            "a,1,x,professional:school,police,,,,,,,,,,",
            "row 1, column `discipline`: is police, but the role says school; correct one of the two",
        ),
        (
            "a,1,x,friend,school,,,,,,,,,,",
            "row 1, column `discipline`: has a discipline, but the role is friend; correct one of the two",
        ),
        (
            "a,1,x,friend,,left,,,,,,,,,",
            "row 1, column `side`: expected a side, found `left`; there are: mother, father, both",
        ),
        (
            "a,1,x,friend,,,inne,,,,,,,,",
            "row 1, column `closeness`: expected a closeness, found `inne`; did you mean `inner`?",
        ),
        (
            "a,1,x,friend,,,,care;love,,,,,,,",
            "row 1, column `support`: expected a kind of support, found `love`; there are: practical, emotional, financial, advice, care",
        ),
        (
            "a,1,x,friend,,,,,1-3-2020,,,,,,",
            "row 1, column `since`: expected a date, found `1-3-2020`; write year, month and day as 2018-03-01",
        ),
        (
            "a,1,x,friend,,,,,2020-02-30,,,,,,",
            "row 1, column `since`: expected a date, found `2020-02-30`: there is no such day",
        ),
        (
            "a,1,x,friend,,,,,2020-07-01,,,,,,",
            "row 1, family `a`, wave `1`, person `x`: support is given since 2020-07-01, but the wave was on 2020-06-01; correct one of the two",
        ),
        (
            "a,1,x,friend,,,,,,maybe,,,,,",
            "row 1, column `asked`: expected yes or no, found `maybe`; write yes or no, ja or nee, 1 or 0, true or false",
        ),
        (
            "a,1,x,friend,,,,,,no,worker,,,,",
            "row 1, column `asked_by`: says who did it, but it was not done (`asked`); correct one of the two",
        ),
        (
            "a,1,x,friend,,,,,,yes,no,,,,",
            "row 1, column `asked_by`: says that nobody did it, but it was done (`asked`); correct one of the two",
        ),
        (
            "a,1,x,friend,,,,,,,familie,,,,",
            "row 1, column `asked_by`: expected who did it, yes or no, found `familie`; did you mean `family`?",
        ),
        (
            "a,1,x,friend,,,,,,,,no,plan,,",
            "row 1, column `present_in`: names parts of the meeting, but the person was not present (`present`); correct one of the two",
        ),
        (
            "a,1,x,friend,,,,,,,,,,love,",
            "row 1, column `bond`: expected support or conflict, found `love`; there are: support, conflict",
        ),
        (
            "a,1,x,professional,,mother,,,,,,,,,",
            "row 1, family `a`, wave `1`, person `x`: a professional cannot stand on the mother's or father's side of the family; correct the role or leave the side out",
        ),
        (
            "a,1,x,friend,,,,,,,,,,,z",
            "row 1, family `a`, wave `1`, person `x`: is represented by `z`, who is not in the circle at this wave; add that person, or correct the key",
        ),
        (
            "a,1,,friend,,,,,,,,,,,",
            "row 1, family `a`, wave `1`, person ``: the person has no name; give it one",
        ),
        (
            "b,1,x,friend,,,,,,,,,,,",
            "row 1, family `b`, wave `1`, person `x`: this family has no row at this wave in the table of families; add one, or correct the key",
        ),
        (
            "a,3,x,friend,,,,,,,,,,,",
            "row 1, family `a`, wave `3`, person `x`: the wave was not declared; there are: 1, 2",
        ),
    ] {
        let alters = format!("{head}\n{row}\n");
        assert_eq!(
            told([FAMILIES, &alters, "", "", ""]),
            [format!("alters.csv, {message}")],
            "{row}"
        );
    }
}

#[test]
fn faults_of_families() {
    let head = "family,wave,date,meeting,started,plan_made,plan_safe,approved_by,perceived_support";
    for (row, message) in [
        (
            "a,1,,often,,,,,",
            "row 2, column `meeting`: expected yes or no, found `often`; write yes or no, ja or nee, 1 or 0, true or false",
        ),
        (
            "a,1,,yes,no,,,,",
            "row 2, family `a`, wave `1`: a meeting was held of what was never started; correct one of the two",
        ),
        (
            "a,1,,,,no,yes,,",
            "row 2, family `a`, wave `1`: no plan was made, but it was judged or approved; correct one of the two",
        ),
        (
            "a,1,,,,,,judge,",
            "row 2, column `approved_by`: expected an approver, found `judge`; there are: family, circle, worker, court",
        ),
        (
            "a,1,,,,,,,high",
            "row 2, column `perceived_support`: expected a number, found `high`",
        ),
        (
            "z,1,,,,,,,",
            "row 2, family `z`, wave `1`: the family has two rows at one wave; take one out",
        ),
        (
            ",1,,,,,,,",
            "row 2, family ``, wave `1`: the family has no name; give it one",
        ),
        (
            "a,,2020-01-01,,,,,,",
            "row 2, family `a`: the wave has no name; give it one",
        ),
    ] {
        let families = format!("{head}\nz,1,,,,,,,\n{row}\n");
        let found = told([&families, "", "", "", ""]);
        let message = message.replace("family ``, ", "");
        assert_eq!(found, [format!("families.csv, {message}")], "{row}");
    }
}

#[test]
fn faults_of_ties() {
    let head = "family,wave,from,to,sign,direction";
    for (row, message) in [
        (
            "a,1,x,y,friendly,",
            "row 1, column `sign`: expected support or conflict, found `friendly`; there are: support, conflict",
        ),
        (
            "a,1,x,y,,",
            "row 1, column `sign`: the sign of the tie is empty; say support or conflict",
        ),
        (
            "a,1,x,y,support,upwards",
            "row 1, column `direction`: expected mutual or directed, found `upwards`; there are: mutual, directed",
        ),
        (
            "a,1,x,z,support,",
            "row 1, family `a`, wave `1`, persons `x` and `z`: `z` is not in the circle at this wave; add that person, or correct the key",
        ),
        (
            "a,2,x,y,support,",
            "row 1, family `a`, wave `2`, persons `x` and `y`: `x` is not in the circle at this wave; add that person, or correct the key",
        ),
        (
            "a,1,x,x,support,",
            "row 1, family `a`, wave `1`, person `x`: a tie to oneself; take it out",
        ),
        (
            "b,1,x,y,support,",
            "row 1, family `b`, wave `1`, persons `x` and `y`: this family has no row at this wave in the table of families; add one, or correct the key",
        ),
        (
            "a,1,x,y,support,\na,1,y,x,conflict,",
            "row 2, family `a`, wave `1`, persons `y` and `x`: the tie stands twice; take one out",
        ),
    ] {
        let ties = format!("{head}\n{row}\n");
        let found = told([FAMILIES, ALTERS, &ties, "", ""]);
        assert_eq!(found[0], format!("ties.csv, {message}"), "{row}");
    }
}

#[test]
fn faults_of_agreements() {
    let head = "family,wave,agreement,takers,due,done,stands_1,stands_2";
    for (row, message) in [
        (
            "a,1,k,,,,,",
            "row 1, family `a`, wave `1`, agreement `k`: nobody takes it on; say who: the family, a person, the circle or a professional",
        ),
        (
            "a,1,k,z,,,,",
            "row 1, family `a`, wave `1`, agreement `k`: `z` takes it on, who is not in the circle at this wave; add that person, or correct the key",
        ),
        (
            "a,1,k,x;x,,,,",
            "row 1, family `a`, wave `1`, agreement `k`: one person takes it on twice; name each once",
        ),
        (
            "a,1,k,x,2020-05-01,,,",
            "row 1, family `a`, wave `1`, agreement `k`: it is due on 2020-05-01, before it was made on 2020-06-01; correct one of the two",
        ),
        (
            "a,1,k,x,soon,,,",
            "row 1, column `due`: expected a date, found `soon`; write year, month and day as 2018-03-01",
        ),
        (
            "a,1,k,x,,half,,",
            "row 1, column `done`: expected yes or no, found `half`; write yes or no, ja or nee, 1 or 0, true or false",
        ),
        (
            "a,1,k,x,,,yes,",
            "row 1, column `stands_1`, family `a`, wave `1`, agreement `k`: it was made at wave `1`, and can stand only at a later one",
        ),
        (
            "a,1,k,x,,,,perhaps",
            "row 1, column `stands_2`: expected yes or no, found `perhaps`; write yes or no, ja or nee, 1 or 0, true or false",
        ),
        (
            "a,1,k,x,,,,\na,1,k,y,,,,",
            "row 2, family `a`, wave `1`, agreement `k`: the family has two agreements of this key; give each its own",
        ),
    ] {
        let agreements = format!("{head}\n{row}\n");
        let found = told([FAMILIES, ALTERS, "", &agreements, ""]);
        assert_eq!(found[0], format!("agreements.csv, {message}"), "{row}");
    }
    let standing = |row: &str| {
        let agreements = "family,wave,agreement,takers\na,1,k,x\n";
        let standing = format!("family,agreement,wave,stands\n{row}\n");
        told([FAMILIES, ALTERS, "", agreements, &standing])
    };
    assert_eq!(
        standing("a,q,2,yes"),
        [
            "standing.csv, row 1, family `a`, wave `2`, agreement `q`: this family made no agreement of this key; correct the key"
        ]
    );
    assert_eq!(
        standing("a,k,2,yes\na,k,2,no"),
        [
            "standing.csv, row 2, family `a`, wave `2`, agreement `k`: has two rows at one wave; take one out"
        ]
    );
    // An empty cell is not known and is passed over; the row of the fault is that of the file.
    assert_eq!(
        standing("a,k,2,\na,q,2,yes"),
        [
            "standing.csv, row 2, family `a`, wave `2`, agreement `q`: this family made no agreement of this key; correct the key"
        ]
    );
}

#[test]
fn every_table_is_read_before_anything_is_said() {
    let alters =
        "family,wave,person,role,since\na,1,x,aunt,2021-01-01\na,1,y,friend,never\na,1,x,friend,\n";
    let ties = "family,wave,from,to,sign\na,1,x,y,friendly\na,1,x,q,support\n";
    let families = "family,wave,date,meeting\na,1,2020-06-01,often\n";
    assert_eq!(
        told([families, alters, ties, "", ""]),
        [
            "families.csv, row 1, column `meeting`: expected yes or no, found `often`; write yes or no, ja or nee, 1 or 0, true or false",
            "alters.csv, row 1, column `role`: expected a role, found `aunt`; there are: household, family, friend, neighbour, acquaintance, volunteer, professional",
            "alters.csv, row 1, family `a`, wave `1`, person `x`: support is given since 2021-01-01, but the wave was on 2020-06-01; correct one of the two",
            "alters.csv, row 2, column `since`: expected a date, found `never`; write year, month and day as 2018-03-01",
            "alters.csv, row 3, family `a`, wave `1`, person `x`: stands twice in one circle; take one out",
            "ties.csv, row 1, column `sign`: expected support or conflict, found `friendly`; there are: support, conflict",
            "ties.csv, row 2, family `a`, wave `1`, persons `x` and `q`: `q` is not in the circle at this wave; add that person, or correct the key",
        ]
    );
}

#[test]
fn a_long_list_of_faults_is_cut() {
    let rows: String = (0..25)
        .map(|i| ["a,1,p", &i.to_string(), ",aunt\n"].concat())
        .collect();
    let alters = format!("family,wave,person,role\n{rows}");
    let error = circles([FAMILIES, &alters, "", "", ""]).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("the files of circles hold 25 faults:\n"),
        "{text}"
    );
    assert!(text.ends_with("\n  and 5 more"), "{text}");
    let Error::Circles(faults) = error else {
        unreachable!()
    };
    assert_eq!(faults.faults.len(), 25);
    assert_eq!(faults.faults[24].row, Some(25));
}

#[test]
fn missing_columns_and_tables() {
    assert_eq!(
        told([
            FAMILIES,
            "family,wave,persn,role\na,1,x,friend\n",
            "",
            "",
            ""
        ]),
        [
            "alters.csv: there is no column `person`, which should be the key of the person, the same at every wave of the family; did you mean `persn`?"
        ]
    );
    assert_eq!(
        told([
            "family,wave\na,1\na,2\n",
            "family,person,role\na,x,friend\n",
            "",
            "",
            ""
        ]),
        [
            "alters.csv: there is no column `wave`, which should be the wave; only where there is one wave every table may do without it"
        ]
    );
    assert_eq!(
        told(["", ALTERS, "", "", ""]),
        [
            "families: there is no table of families; it says which families were seen at which wave, also those with nobody around them; give one, a row a family and wave, or set `families_from` to `persons` and lose the families with an empty circle"
        ]
    );
    assert_eq!(
        told(["family,wave\n", "", "", "", ""]),
        ["families.csv: there are no families; expected a row a family and wave"]
    );
    assert_eq!(
        told(["family,wave\na,start\nb,end\n", "", "", "", ""]),
        [
            "families.csv: the order of the waves `start`, `end` cannot be told from the dates or the rows; give `waves`"
        ]
    );
}

#[test]
fn options_that_mean_nothing() {
    let problem = |json: &str| {
        let read = tables([FAMILIES, ALTERS, "", "", ""]);
        from_tables(&read, &options(json)).unwrap_err().to_string()
    };
    assert_eq!(
        problem(r#"{"columns": {"persn": "id"}}"#),
        "options of circles: `columns` names `persn`, which is no column of the tables of circles; did you mean `person`?"
    );
    assert_eq!(
        problem(r#"{"values": {"role": {"tante": "famly"}}}"#),
        "options of circles: `values` gives `tante` of `role` a meaning: expected a role, found `famly`; did you mean `family`?"
    );
    assert_eq!(
        problem(r#"{"columns": {"closeness": "nabijheid"}}"#),
        "the files of circles hold 1 fault:\n  alters.csv: there is no column `nabijheid`, which should be how close the person is; there are: family, wave, person, role"
    );
    assert_eq!(
        problem(r#"{"waves": ["1", "1", "2"]}"#),
        "the files of circles hold 1 fault:\n  options of circles, wave `1`: the wave was declared twice"
    );
    assert!(serde_json::from_str::<CircleOptions>(r#"{"wave": []}"#).is_err());
}
