use kring_cohort::circles::{COLUMNS, CircleFiles, CircleOptions, from_tables};
use kring_cohort::{Dataset, ReadOptions};
use kring_core::{
    By, CircleTable, Discipline, FamilySide, Moment, Parts, Presence, Role, Sign, Support,
    Supports, Taker,
};

use crate::{circles, options, path, table, tables};

const FAMILIES: &str = "family,wave\na,1\n";

#[test]
fn invented_circles_are_read_from_their_files() {
    let files: CircleFiles = serde_json::from_str(
        r#"{"families": "families.csv", "alters": "alters.csv", "ties": "ties.csv", "agreements": "agreements.csv"}"#,
    )
    .unwrap();
    let read = files.read(&path(""), &ReadOptions::default()).unwrap();
    let data = from_tables(&read, &CircleOptions::default()).unwrap();
    let all = &data.circles;
    assert_eq!((all.len(), all.families(), all.persons()), (4, 2, 6));
    assert_eq!(all.waves(), ["T0", "T1"]);
    let berg = all.find("Berg", "T0").unwrap();
    assert!(berg.alters().is_empty() && berg.course().meeting.is_none());
    let akker = all.find("Akker", "T1").unwrap();
    assert_eq!(
        akker.alters()[2].role,
        Role::Professional(Discipline::School)
    );
    assert_eq!(akker.alters()[2].bond, Sign::Conflict);
    assert_eq!(akker.alters()[0].side, Some(FamilySide::Mother));
    assert_eq!(akker.alters()[0].asked, Moment::Yes(By::Coordinator));
    assert!(akker.alters()[1].support.unwrap().is_empty());
    assert_eq!(all.find("Akker", "T0").unwrap().alters()[1].support, None);
    assert_eq!(akker.represented_by(1), Some(0));
    let first = akker.agreements().next().unwrap();
    assert_eq!(first.takers, [Taker::Person(0), Taker::Family]);
    assert_eq!(first.due.unwrap().to_string(), "2020-12-01");
    assert_eq!(data.provenance.len(), 4);
    assert!(data.provenance[0].sha256.is_some());
    // The further columns of families, a row a circle.
    let names: Vec<&str> = data.families.names().collect();
    assert_eq!(names, ["family", "wave", "arm", "children"]);
    let children: Vec<_> = data.families.numeric("children").unwrap().present();
    assert_eq!(children, [2.0, 2.0, 3.0, 3.0]);
    assert_eq!(data.families.factor("wave").unwrap().label(3), Some("T1"));
    assert_eq!(
        data.notes,
        ["families.csv: the waves were not declared and are ordered by their numbers: T0, T1"]
    );
}

#[test]
fn groups_are_by_family_and_one_wave_is_enough() {
    let text = "family,wave,arm,team\nb,1,WT,3\na,1,EKC,1\na,2,,1\n";
    let data = circles([text, "", "", "", ""]).unwrap();
    let arm = data.group_of_families("arm").unwrap();
    assert_eq!(
        (arm.levels.join(" "), arm.index),
        ("EKC WT".into(), vec![1, 0])
    );
    // Numbers in their order: team 1 is the first level, family b is in team 3.
    let team = data.group_of_families("team").unwrap();
    assert_eq!(
        (team.levels.join(" "), team.index),
        ("1 3".into(), vec![1, 0])
    );
    let problem = |column: &str| data.group_of_families(column).unwrap_err().to_string();
    assert_eq!(
        problem("arms"),
        "families.csv: there is no column `arms` in the table; did you mean `arm`?"
    );
}

#[test]
fn a_group_that_changes_or_is_missing_is_refused() {
    let problem = |text: &str| {
        let data = circles([text, "", "", "", ""]).unwrap();
        data.group_of_families("arm").unwrap_err().to_string()
    };
    assert_eq!(
        problem("family,wave,arm\na,1,EKC\na,2,WT\nb,1,EKC\nb,2,WT\n"),
        "families.csv: column `arm` is `EKC` and `WT` of one family, `a`, and so it is with 1 more; a family \
        has one group, correct its rows"
    );
    assert_eq!(
        problem("family,wave,arm\na,1,EKC\nb,1,\n"),
        "families.csv: column `arm` is empty for the families `b`; fill it in, or leave these families out"
    );
}

#[test]
fn dutch_words_and_other_names_are_read() {
    let alters = "family,wave,alter_id,role,discipline,side,support,asked,present_in\n\
        a,1,x,buurvrouw,,,praktisch; Zorg,ja,informatie;besloten\n\
        a,1,y,hulpverlener,wijkteam,beide,geen,nee,geen\n\
        a,1,z,oom,,moeder,,,\n";
    let options =
        options(r#"{"columns": {"person": "alter_id"}, "values": {"role": {"oom": "family"}}}"#);
    let data = from_tables(&tables([FAMILIES, alters, "", "", ""]), &options).unwrap();
    let circle = data.circles.get(0).unwrap();
    let [x, y, z] = circle.alters() else {
        unreachable!()
    };
    assert_eq!(x.role, Role::Neighbour);
    assert_eq!(
        x.support,
        Some([Support::Practical, Support::Care].into_iter().collect())
    );
    assert_eq!(x.asked, Moment::Yes(By::NotRecorded));
    let parts: Parts = [
        kring_core::MeetingPart::Information,
        kring_core::MeetingPart::Private,
    ]
    .into_iter()
    .collect();
    assert_eq!(x.presence, Presence::Present(parts));
    assert_eq!(y.role, Role::Professional(Discipline::NeighbourhoodTeam));
    assert_eq!((y.side, y.asked), (Some(FamilySide::Both), Moment::No));
    assert_eq!(y.presence, Presence::Absent);
    assert!(y.support.unwrap().is_empty());
    assert_eq!((z.role, z.side), (Role::Family, Some(FamilySide::Mother)));
    assert_eq!((z.support, z.asked), (None, Moment::Unknown));
}

#[test]
fn a_column_a_kind_of_support_is_known_where_it_was_answered() {
    let alters = "family,wave,person,role,support_practical,support_care\n\
        a,1,both,friend,1,0\na,1,none,friend,0,0\na,1,part,friend,1,\na,1,open,friend,0,\na,1,blank,friend,,\n";
    let data = circles([FAMILIES, alters, "", "", ""]).unwrap();
    let circle = data.circles.get(0).unwrap();
    let kinds: Vec<Option<usize>> = circle
        .alters()
        .iter()
        .map(|alter| alter.support.map(Supports::len))
        .collect();
    // Of `open` one kind is not given and the other unknown: whether there is support is unknown.
    assert_eq!(kinds, [Some(1), Some(0), Some(1), None, None]);
    assert!(
        data.notes[0].contains("of 2 persons some kinds of support were not answered"),
        "{:?}",
        data.notes
    );
}

#[test]
fn waves_go_by_declaration_number_date_or_rows() {
    let waves = |text: &str| {
        let data = circles([text, "", "", "", ""]).unwrap();
        (data.circles.waves().to_vec().join(" "), data.notes)
    };
    assert_eq!(waves("family,wave\na,10\na,9\n").0, "9 10");
    let (order, notes) =
        waves("family,wave,date\na,nameting,2020-06-01\na,voormeting,2020-01-01\n");
    assert_eq!(order, "voormeting nameting");
    assert!(notes[1].contains("by the dates"));
    let (order, notes) = waves("family,wave\na,voormeting\na,nameting\n");
    assert_eq!(order, "voormeting nameting");
    assert!(notes[1].contains("as the rows of each family have them"));
    let declared = options(r#"{"waves": ["voor", "na"]}"#);
    let text = "family,wave\na,na\na,voor\n";
    let data = from_tables(&tables([text, "", "", "", ""]), &declared).unwrap();
    assert_eq!(data.circles.waves(), ["voor", "na"]);
    let none = "there is no table of persons; every circle is taken as empty, and its size of zero is no finding";
    assert_eq!(data.notes, [format!("families.csv: {none}")]);
}

#[test]
fn one_wave_needs_no_column() {
    let data = circles([
        "family\na\nb\n",
        "family,person,role\na,x,friend\na,y,friend\n",
        "family,from,to\na,x,y\n",
        "",
        "",
    ])
    .unwrap();
    assert_eq!(data.circles.waves(), ["1"]);
    assert_eq!(data.circles.find("a", "1").unwrap().ties().len(), 1);
    assert_eq!(
        data.notes,
        [
            "families.csv: there is no column `wave`; all is taken as one wave, `1`",
            "ties.csv: there is no column `sign`; every tie is taken as support"
        ]
    );
}

#[test]
fn families_from_persons_come_with_a_caution() {
    let alters = "family,wave,person,role\na,1,x,friend\na,1,y,friend\nb,1,x,friend\n";
    let options = options(r#"{"families_from": "persons"}"#);
    let data = from_tables(&tables(["", alters, "", "", ""]), &options).unwrap();
    assert_eq!((data.circles.len(), data.circles.persons()), (2, 3));
    assert!(data.notes[0].contains("families with nobody around them are lost"));
}

#[test]
fn agreements_still_stand_by_table_or_by_column() {
    let families = "family,wave\na,1\na,2\na,3\n";
    let alters = "family,wave,person,role\na,1,family,friend\na,1,x,friend\n";
    // A key in quotation marks is a person, even one called family.
    let rows = "a,1,k,\"\"\"family\"\"; x;professional\"";
    let by_table = circles([
        families,
        alters,
        "",
        &format!("family,wave,agreement,takers\n{rows}\n"),
        "family,agreement,wave,stands\na,k,2,yes\na,k,3,no\n",
    ])
    .unwrap();
    let by_column = circles([
        families,
        alters,
        "",
        &format!("family,wave,agreement,takers,stands_2,stands_3\n{rows},ja,nee\n"),
        "",
    ])
    .unwrap();
    assert_eq!(by_table.circles, by_column.circles);
    assert!(
        by_column
            .notes
            .iter()
            .all(|note| !note.contains("not used"))
    );
    let circle = by_table.circles.get(0).unwrap();
    let agreement = circle.agreements().next().unwrap();
    assert_eq!(
        agreement.takers,
        [Taker::Person(0), Taker::Person(1), Taker::Professional]
    );
    assert_eq!(agreement.standing.len(), 2);
}

#[test]
fn columns_that_mean_nothing_are_noted() {
    let alters = "family,wave,person,role,closness,remark\na,1,x,friend,inner,kind\n";
    let data = circles([FAMILIES, alters, "", "", ""]).unwrap();
    assert_eq!(
        data.notes,
        ["alters.csv: not used: `closness`, `remark`; is `closness` meant as `closeness`?"]
    );
    let families = "family,wave,plan_mad,arm\na,1,yes,EKC\n";
    let data = circles([families, "", "", "", ""]).unwrap();
    assert_eq!(
        data.notes[0],
        "families.csv: further columns of families are kept as they are; is `plan_mad` meant as `plan_made`?"
    );
}

#[test]
fn labels_of_codes_are_their_words() {
    use kring_cohort::{Code, ValueLabel};
    let mut alters: Dataset = table("alters.csv", "family,wave,person,role\na,1,x,1\na,1,y,2\n");
    let role = &mut alters.codebook.variables[3];
    for (code, label) in [(1.0, "Vriend"), (2.0, "professional: school")] {
        let label = label.to_owned();
        role.value_labels.push(ValueLabel {
            code: Code::Number(code),
            label,
        });
    }
    let mut read = tables([FAMILIES, "", "", "", ""]);
    read.alters = Some(alters);
    let data = from_tables(&read, &CircleOptions::default()).unwrap();
    let roles: Vec<Role> = data
        .circles
        .get(0)
        .unwrap()
        .alters()
        .iter()
        .map(|a| a.role)
        .collect();
    assert_eq!(
        roles,
        [Role::Friend, Role::Professional(Discipline::School)]
    );
}

#[test]
fn only_columns_that_are_kept_are_there() {
    let text = "family,wave,arm,name\na,1,EKC,Jansen\n";
    let keep = |keep: &str| {
        let options = options(&format!(r#"{{"keep": {keep}}}"#));
        from_tables(&tables([text, "", "", "", ""]), &options)
    };
    let names = |keep_: &str| {
        keep(keep_)
            .unwrap()
            .families
            .names()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(r#"["arm"]"#), ["family", "wave", "arm"]);
    assert_eq!(names("[]"), ["family", "wave"]);
    assert_eq!(
        keep(r#"["armm"]"#).unwrap_err().to_string(),
        "families.csv: there is no column `armm`, which should be kept beside the circles; did you mean `arm`?"
    );
}

#[test]
fn the_page_on_circles_lists_every_column() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/circles.md");
    let page = std::fs::read_to_string(page).unwrap();
    for column in COLUMNS {
        let need = if column.required { "yes" } else { "" };
        let row = format!(
            "| `{}` | {} | {need} | {} |",
            column.name,
            column.kind.written(),
            column.what
        );
        assert!(page.contains(&row), "{row}");
    }
    assert!(
        COLUMNS
            .iter()
            .any(|column| column.table == CircleTable::Standing)
    );
}
