//! The course of a programme and inventories of problems, by hand; figures of R are those of
//! groups.R in this folder.

use kring::YesNo;
use kring::core::{Column, Side, Table};
use kring::inventory::{COUNT, Incomplete, Instrument, Inventory, Item, Language, Problem};
use kring::process::{By, Grade, OnContradiction, Process};
use kring::report::{Content, Origin, Report, Role, Section, funnel_svg, html};

fn numbers(name: &str, values: &[Option<f64>]) -> Column {
    Column::numeric(name, values.to_vec()).unwrap()
}

/// Eight referrals: six started, of one it is not known; four conferences, a plan without one.
fn referrals() -> Table {
    let yes_no = |name: &str, codes: [Option<u32>; 8]| {
        Column::factor(name, ["nee", "ja"], codes.to_vec()).unwrap()
    };
    let (no, yes) = (Some(0), Some(1));
    Table::new(vec![
        yes_no("started", [yes, yes, yes, yes, yes, yes, no, None]),
        yes_no("held", [yes, yes, yes, yes, no, no, None, None]),
        yes_no("plan", [yes, yes, yes, no, yes, no, None, None]),
        // 1 January 2024 is day 19723.
        numbers(
            "referred",
            &[
                19700.0, 19710.0, 19723.0, 19730.0, 19740.0, 19750.0, 19760.0, 19770.0,
            ]
            .map(Some),
        ),
        numbers(
            "date",
            &[
                Some(19704.0),
                Some(19740.0),
                Some(19763.0),
                None,
                None,
                None,
                None,
                None,
            ],
        ),
        numbers(
            "people",
            &[
                Some(9.0),
                Some(12.0),
                None,
                Some(6.0),
                None,
                None,
                None,
                None,
            ],
        ),
        numbers(
            "agreements",
            &[
                Some(10.0),
                Some(18.0),
                Some(9.0),
                None,
                Some(20.0),
                None,
                None,
                None,
            ],
        ),
        numbers(
            "circle",
            &[
                Some(8.0),
                Some(15.0),
                Some(3.0),
                None,
                None,
                None,
                None,
                None,
            ],
        ),
        numbers(
            "grade",
            &[
                Some(8.0),
                Some(9.0),
                None,
                Some(7.0),
                None,
                None,
                None,
                None,
            ],
        ),
        Column::factor(
            "region",
            ["Noord", "Zuid"],
            vec![yes, yes, no, no, no, no, no, None],
        )
        .unwrap(),
    ])
    .unwrap()
}

fn roles() -> Process {
    let column = |name: &str| Some(name.to_owned());
    Process {
        started: Some(YesNo::column("started")),
        conference: Some(YesNo::column("held")),
        plan: Some(YesNo::column("plan")),
        referred_on: column("referred"),
        held_on: column("date"),
        present: column("people"),
        agreements: column("agreements"),
        by_circle: column("circle"),
        grades: vec![Grade {
            column: "grade".into(),
            what: "the plan".into(),
            who: "family and circle".into(),
        }],
        by: vec![By::YearOf("referred".into()), By::Column("region".into())],
        ..Process::default()
    }
}

#[test]
fn every_share_says_of_what_it_is() {
    let course = roles().figures(&referrals()).unwrap();
    let counts: Vec<(&str, usize, usize, usize)> = course
        .overall
        .rates
        .iter()
        .map(|rate| (rate.id.as_str(), rate.events, rate.total, rate.unknown))
        .collect();
    // The seventh was not started, so it had neither conference nor plan; of the eighth nothing is
    // known, so it may or may not be among those started.
    assert_eq!(
        counts,
        [
            ("started_of_referrals", 6, 7, 1),
            ("conference_of_referrals", 4, 7, 1),
            ("conference_of_started", 4, 6, 1),
            ("plan_without_conference_of_referrals", 1, 7, 1),
            ("plan_without_conference_of_started", 1, 6, 1),
            ("plan_of_referrals", 4, 7, 1),
            ("plan_of_started", 4, 6, 1),
            ("plan_of_conferences", 3, 4, 1),
            // 8 + 15 + 3 of 10 + 18 + 9; of the plan with 20 it is not known.
            ("circle_of_agreements", 26, 37, 20),
        ]
    );
    let held = course.overall.rate("conference_of_started").unwrap();
    assert_eq!(
        (held.label.as_str(), held.of.as_str()),
        ("conference held", "referrals that were started")
    );
}

#[test]
fn days_people_and_grades_are_summaries() {
    let course = roles().figures(&referrals()).unwrap();
    let of = |name: &str| course.overall.summary(name).unwrap();
    // 4, 30 and 40 days; one conference has no date, and of one referral nothing is known.
    let days = of("days");
    assert_eq!((days.n, days.missing), (3, 2));
    let figures = days.numbers().unwrap();
    assert_eq!(
        (figures.median, figures.lower_quartile, figures.min),
        (Some(30.0), Some(17.0), Some(4.0))
    );
    assert_eq!(of("present").numbers().unwrap().mean, Some(9.0));
    assert_eq!(of("grade").label, "Grade for the plan by family and circle");
    assert_eq!(of("grade").numbers().unwrap().mean, Some(8.0));
}

#[test]
fn years_and_regions_have_parts_and_funnels() {
    let course = roles().figures(&referrals()).unwrap();
    let [years, regions] = course.by.as_slice() else {
        panic!("two breakdowns were asked for");
    };
    let parts = |place: usize| {
        let parts = course.by[place].parts.iter();
        parts
            .map(|p| (p.strata[0].level.as_str(), p.referrals))
            .collect::<Vec<_>>()
    };
    assert_eq!(parts(0), [("2023", 2), ("2024", 6)]);
    assert_eq!(parts(1), [("Noord", 5), ("Zuid", 2), ("(missing)", 1)]);
    assert_eq!(
        (years.variable.as_str(), regions.variable.as_str()),
        ("year", "region")
    );
    let funnel = &regions.funnels[0];
    assert_eq!((funnel.points.len(), funnel.limits.len()), (2, 2));
    // Started 4 of 5 and 2 of 2.
    assert_eq!(funnel.overall, 6.0 / 7.0);
    assert!(funnel.points.iter().all(|p| p.outside.is_none()));
    assert!(funnel_svg(funnel, Origin::Observed).is_ok());
    let report = Report {
        sections: vec![Section {
            id: "course".into(),
            title: "The course".into(),
            role: Role::Descriptive,
            method: None,
            content: course.content(),
        }],
        ..Report::default()
    };
    assert!(html(&report).unwrap().contains("conference held"));
}

#[test]
fn a_region_far_off_lies_outside_and_a_small_one_does_not() {
    let mut held = vec![Some(1.0); 200];
    held.resize(300, Some(0.0));
    let mut region = vec![Some(0); 150];
    region.resize(297, Some(1));
    region.resize(300, Some(2));
    let table = Table::new(vec![
        numbers("held", &held),
        Column::factor("region", ["large", "far", "small"], region).unwrap(),
    ]);
    let process = Process {
        conference: Some(YesNo::column("held")),
        by: vec![By::Column("region".into())],
        ..Process::default()
    };
    let course = process.figures(&table.unwrap()).unwrap();
    let funnel = &course.by[0].funnels[0];
    // 150 of 150, 50 of 147 and none of 3, where two in three have it. By chance none of three is
    // 1/27 = 0.037, above 0.025; binom.test(50, 147, 2/3) has a p-value below 1e-15.
    let outside: Vec<_> = funnel
        .points
        .iter()
        .map(|p| p.outside.map(|o| (o.level, o.side)))
        .collect();
    assert_eq!(
        outside,
        [Some((0.998, Side::Above)), Some((0.998, Side::Below)), None]
    );
    assert_eq!(course.overall.rates.len(), 1);
    assert!(funnel.limits[0].at.iter().any(|at| at.total == 147));
}

#[test]
fn agreements_of_one_plan_are_not_independent() {
    let table = Table::new(vec![
        numbers("agreements", &[10.0, 18.0, 9.0, 20.0, 4.0].map(Some)),
        numbers("done", &[8.0, 15.0, 3.0, 20.0, 0.0].map(Some)),
    ]);
    let process = Process {
        agreements: Some("agreements".into()),
        carried_out: Some("done".into()),
        ..Process::default()
    };
    let course = process.figures(&table.unwrap()).unwrap();
    let done = course
        .overall
        .rate("carried_out_of_agreements")
        .unwrap()
        .estimate
        .clone()
        .unwrap();
    let interval = done.interval.unwrap();
    assert!((interval.low.unwrap() - 0.460_461_557_615_395).abs() < 1e-12);
    assert!((interval.high.unwrap() - 0.916_801_911_335_211).abs() < 1e-12);
    assert_eq!(done.sample.clusters, Some(5));
    assert!(done.cautions[0].sentence().contains("Only 5 plans"));
}

#[test]
fn what_cannot_stand_together_is_refused_or_listed() {
    let (no, yes) = (Some(0.0), Some(1.0));
    let table = Table::new(vec![
        numbers("started", &[no, yes, yes, yes, yes]),
        numbers("held", &[yes, yes, no, yes, yes]),
        numbers("plan", &[None, yes, no, no, yes]),
        numbers("referred", &[None, Some(10.0), Some(10.0), None, None]),
        numbers("date", &[None, Some(4.0), Some(12.0), None, None]),
        numbers("agreements", &[None, None, None, Some(3.0), Some(5.0)]),
        numbers("circle", &[None, None, None, None, Some(6.0)]),
        numbers("people", &[None, Some(2.5), None, None, None]),
        numbers("grade", &[None, Some(11.0), None, None, None]),
    ]);
    let table = table.unwrap();
    let roles = Process {
        by: vec![],
        ..roles()
    };
    let refused = roles.figures(&table).unwrap_err().to_string();
    for said in [
        "row 1: a conference was held of a referral that was not started",
        "row 2: the conference was before the referral",
        "row 2: the number of people present is no count",
        "row 2: `grade` is no grade from 1 to 10",
        "row 3: there is a date of a conference, but none was held",
        "row 4: there are agreements, but no plan was made",
        "row 5: 6 agreements were taken on by the circle, but there are 5",
    ] {
        assert!(refused.contains(said), "{said} in {refused}");
    }
    let lenient = Process {
        contradictions: OnContradiction::TakeAsUnknown,
        ..roles
    };
    let course = lenient.figures(&table).unwrap();
    assert_eq!(course.contradictions.len(), 7);
    let held = course.overall.rate("conference_of_referrals").unwrap();
    assert_eq!((held.events, held.total, held.unknown), (3, 3, 2));
    assert!(matches!(course.content().last(), Some(Content::Text(text)) if text.contains("row 5")));
}

#[test]
fn columns_that_do_not_speak_for_themselves_are_asked_about() {
    let table = Table::new(vec![
        Column::factor("end", ["plan", "stopped"], vec![Some(0), Some(1), Some(0)]).unwrap(),
        numbers("code", &[Some(1.0), Some(2.0), None]),
        numbers("half", &[Some(1.5), Some(2.0), None]),
    ]);
    let table = table.unwrap();
    let with = |plan: YesNo| Process {
        plan: Some(plan),
        ..Process::default()
    };
    let error = with(YesNo::column("end"))
        .figures(&table)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "column `end`: say which of its levels means yes: plan, stopped"
    );
    let yes = |yes: &str| YesNo {
        column: "end".into(),
        yes: Some(yes.into()),
    };
    let error = with(yes("plans")).figures(&table).unwrap_err().to_string();
    assert!(error.contains("it has no level `plans`"), "{error}");
    let course = with(yes("plan")).figures(&table).unwrap();
    assert_eq!(course.overall.rates[0].events, 2);
    let error = with(YesNo::column("code"))
        .figures(&table)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "column `code`: 2 at row 2 is neither 1 for yes nor 0 for no"
    );
    let by = Process {
        by: vec![By::Column("half".into())],
        ..Process::default()
    };
    let error = by.figures(&table).unwrap_err().to_string();
    assert!(
        error.contains("no whole number to break figures down by"),
        "{error}"
    );
    let year = Process {
        by: vec![By::YearOf("end".into())],
        ..Process::default()
    };
    assert!(year.figures(&table).is_err());
    let nothing = Process::default().figures(&table).unwrap();
    assert!(nothing.overall.rates.is_empty() && nothing.overall.summaries.is_empty());
    let roles: Process = toml::from_str("by = [{ column = \"region\" }, { year_of = \"date\" }]\nplan = { column = \"end\", yes = \"plan\" }").unwrap();
    assert_eq!(roles.by[1], By::YearOf("date".into()));
}

/// Three families at two waves; the third is not seen again. Scores of at most 2 are a problem.
fn scores() -> Table {
    let score = |values: [f64; 5]| values.map(Some).to_vec();
    let mut housing = score([1.0, 4.0, 2.0, 2.0, 5.0]);
    housing[4] = None;
    Table::new(vec![
        Column::factor(
            "family",
            ["a", "b", "c"],
            [0, 0, 1, 1, 2].map(Some).to_vec(),
        )
        .unwrap(),
        Column::factor("wave", ["1", "2"], [0, 1, 0, 1, 0].map(Some).to_vec()).unwrap(),
        Column::factor("arm", ["WT", "EKC"], [1, 1, 0, 0, 0].map(Some).to_vec()).unwrap(),
        Column::numeric("housing", housing)
            .unwrap()
            .with_label("Housing"),
        Column::numeric("finances", score([5.0, 1.0, 2.0, 2.0, 3.0])).unwrap(),
    ])
    .unwrap()
}

fn inventory() -> Inventory {
    Inventory {
        subject: "family".into(),
        wave: "wave".into(),
        arm: Some("arm".into()),
        items: vec![
            Item::column("housing"),
            Item {
                column: "finances".into(),
                label: Some("Money".into()),
            },
        ],
        problem: Problem::AtMost(2.0),
        ..Inventory::default()
    }
}

#[test]
fn problems_are_counted_and_what_is_not_known_is_not_none() {
    let counted = |incomplete: Incomplete| {
        let table = Inventory {
            incomplete,
            ..inventory()
        }
        .counts(&scores())
        .unwrap();
        table.numeric(COUNT).unwrap().iter().collect::<Vec<_>>()
    };
    assert_eq!(
        counted(Incomplete::Missing),
        [Some(1.0), Some(1.0), Some(2.0), Some(2.0), None]
    );
    assert_eq!(counted(Incomplete::CountKnown)[4], Some(0.0));
    let figures = inventory().figures(&scores()).unwrap();
    assert_eq!(figures.counts.len(), 4);
    // Housing at wave 1 in WT: family b has it, of family c it is not known.
    let rate = &figures.prevalence[0];
    assert_eq!(
        (rate.label.as_str(), rate.events, rate.total, rate.unknown),
        ("Housing", 1, 1, 1)
    );
    assert_eq!(
        rate.strata
            .iter()
            .map(|s| s.level.as_str())
            .collect::<Vec<_>>(),
        ["WT", "1"]
    );
    assert_eq!(figures.content().len(), 3);
}

#[test]
fn a_count_that_stays_may_hide_what_came_and_went() {
    // Family a had housing and now has money: one problem then, one now.
    let transitions = inventory().transitions(&scores(), "1", "2").unwrap();
    let of = |place: usize| {
        let t = &transitions[place];
        let arm = t.strata.first().map_or("all", |s| s.level.as_str());
        (
            t.label.as_str(),
            arm,
            [t.never, t.new, t.solved, t.lasting, t.unknown],
        )
    };
    assert_eq!(of(0), ("Housing", "all", [0, 0, 1, 1, 1]));
    assert_eq!(of(1), ("Housing", "WT", [0, 0, 0, 1, 1]));
    assert_eq!(of(2), ("Housing", "EKC", [0, 0, 1, 0, 0]));
    assert_eq!(of(3), ("Money", "all", [0, 1, 0, 1, 1]));
    let solved = transitions[0].solved_share.as_ref().unwrap();
    assert_eq!(solved.value.finite(), Some(0.5));
    assert!(transitions[0].new_share.is_none(), "nobody was without it");
}

#[test]
fn an_inventory_refuses_what_has_no_meaning() {
    let error = |inventory: Inventory, from: &str, to: &str| {
        inventory
            .transitions(&scores(), from, to)
            .unwrap_err()
            .to_string()
    };
    assert!(error(inventory(), "1", "3").contains("has no such level"));
    assert!(error(inventory(), "1", "1").contains("name two waves"));
    assert!(
        error(
            Inventory {
                items: vec![],
                ..inventory()
            },
            "1",
            "2"
        )
        .contains("no items")
    );
    assert!(
        error(
            Inventory {
                problem: Problem::Yes,
                ..inventory()
            },
            "1",
            "2"
        )
        .contains("neither 1 for yes")
    );
    let off = Inventory {
        range: Some([2.0, 5.0]),
        ..inventory()
    };
    assert_eq!(
        error(off, "1", "2"),
        "column `housing`: 1 at row 1 is no score from 2 to 5; if it means “missing”, declare it so \
         (`--missing`, `missing=`)"
    );
    let twice = scores().take(&[0, 0, 1]).unwrap();
    let error = inventory()
        .transitions(&twice, "1", "2")
        .unwrap_err()
        .to_string();
    assert!(error.contains("at wave 1 (rows 1 and 2)"), "{error}");
    // So do the counts and the shares, which would take each row for a person.
    for error in [
        inventory().counts(&twice).unwrap_err(),
        inventory().prevalence(&twice).unwrap_err(),
        inventory().figures(&twice).unwrap_err(),
    ] {
        assert!(error.to_string().contains("these stand twice"), "{error}");
    }
}

#[test]
fn the_matrix_is_plain_data_with_its_sources() {
    for (id, domains) in [("zrm-11", 11), ("zrm-13", 13)] {
        let matrix = Instrument::find(id, None).unwrap();
        assert_eq!(
            (
                matrix.id.as_str(),
                matrix.domains.len(),
                matrix.levels.len()
            ),
            (id, domains, 5)
        );
        assert!(matrix.sources.len() >= 3);
        assert_eq!(matrix.range(), Some([1.0, 5.0]));
        let items = matrix.items(Language::Dutch);
        assert_eq!(items[0].column, "finances");
        assert_eq!(items[0].label.as_deref(), Some("Financiën"));
    }
    let error = Instrument::find("zrm-12", None).unwrap_err().to_string();
    assert!(error.contains("did you mean"), "{error}");
    let folder = std::env::temp_dir().join(format!("kring-instrument-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("x.toml");
    let text = "id = 'x'\ntitle = 'X'\ntitle_nl = 'X'\nedition = '1'\n";
    let domain = "[[domains]]\nid = 'a'\nnl = 'a'\nen = 'a'\nenglish = 'ours'\n";
    for (more, said) in [
        (String::new(), "missing field `domains`"),
        (format!("{domain}{domain}"), "domain `a` stands twice"),
        (format!("{domain}extra = 1\n"), "unknown field `extra`"),
    ] {
        std::fs::write(&file, format!("{text}{more}")).unwrap();
        let error = Instrument::read(&file).unwrap_err().to_string();
        assert!(error.contains(said), "{said} in {error}");
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
