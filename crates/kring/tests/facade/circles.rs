//! Circles from their rows to the table of indicators and columns for models, by hand.

use kring::circle::{CircleStudy, SummaryOptions};
use kring::core::{
    AgreementRow, Alter, AlterRow, Circles, Column, FamilyRow, Indicator, Role, StandingRow,
    Support, Supports, Table, TakerKey,
};
use kring::report::{Content, Ink, Style};
use kring::study::Study;
use kring::{Markup, written};

/// Three families at two waves: Jansen (EKC) with two persons and then three, de Vries (WT) with nobody and
/// then one, Bakker (WT) with one at the first wave only.
fn circles() -> Circles {
    let mut builder = Circles::builder(["1", "2"]);
    for family in ["Jansen", "de Vries", "Bakker"] {
        for wave in ["1", "2"] {
            if (family, wave) == ("Bakker", "2") {
                continue;
            }
            let mut row = FamilyRow::new(family, wave);
            if wave == "1" {
                row.reported.asked_by_worker = Some(family == "Jansen");
                row.plan.made = Some(family == "Jansen");
            }
            builder.family(row);
        }
    }
    let giver = |role| Alter {
        support: Some(Supports::NONE.with(Support::Practical)),
        ..Alter::new(role)
    };
    for (family, wave, person, role) in [
        ("Jansen", "1", "aunt", Role::Family),
        ("Jansen", "1", "Piet", Role::Neighbour),
        ("Jansen", "2", "aunt", Role::Family),
        ("Jansen", "2", "Anna", Role::Friend),
        ("Jansen", "2", "Wim", Role::Volunteer),
        ("de Vries", "2", "Els", Role::Friend),
        ("Bakker", "1", "Jan", Role::Friend),
    ] {
        builder.alter(AlterRow::new(family, wave, person, giver(role)));
    }
    let plan: [(&str, &[TakerKey<'_>]); 4] = [
        ("school run", &[TakerKey::Person("aunt")]),
        ("debts", &[TakerKey::Family, TakerKey::Professional]),
        ("meals", &[TakerKey::Circle]),
        ("rent", &[TakerKey::Family]),
    ];
    for (key, takers) in plan {
        builder.agreement(AgreementRow::new("Jansen", "1", key, takers));
    }
    for (key, stands) in [("school run", true), ("debts", false), ("meals", true)] {
        builder.standing(StandingRow {
            family: "Jansen",
            key,
            wave: "2",
            stands,
        });
    }
    builder.finish().unwrap()
}

fn families() -> Table {
    let arms = vec![Some(1), Some(1), Some(0), Some(0), Some(0)];
    let problems = vec![Some(6.0), Some(2.0), Some(5.0), None, Some(4.0)];
    Table::new(vec![
        Column::factor("arm", ["WT", "EKC"], arms).unwrap(),
        Column::numeric("problems", problems).unwrap(),
    ])
    .unwrap()
}

fn study() -> CircleStudy {
    CircleStudy::new(circles(), families(), Some("arm")).unwrap()
}

fn column(table: &Table, name: &str) -> Vec<Option<f64>> {
    table.numeric(name).unwrap().iter().collect()
}

#[test]
fn a_row_a_family_and_wave_has_everything_for_a_model() {
    let table = study().table().unwrap();
    assert_eq!(table.rows(), 5);
    let some = |values: [f64; 5]| values.map(Some).to_vec();
    assert_eq!(
        column(&table, "network_size"),
        some([2.0, 3.0, 0.0, 1.0, 1.0])
    );
    assert_eq!(column(&table, "problems")[1], Some(2.0));
    // 1, ½, 1 and 1 of four agreements.
    assert_eq!(
        column(&table, "agreements_carried_out_by_circle")[0],
        Some(0.875)
    );
    assert_eq!(column(&table, "activation_own")[0], Some(0.375));
    assert_eq!(column(&table, "activation_professional")[0], Some(0.125));
    // Two of the three of which it is known.
    assert_eq!(column(&table, "plan_lasting")[1], Some(2.0 / 3.0));
    assert_eq!(
        column(&table, "network_came"),
        [None, Some(2.0), None, Some(1.0), None]
    );
    assert_eq!(column(&table, "network_left")[1], Some(1.0));
    assert_eq!(table.factor("arm").unwrap().label(4), Some("WT"));
}

#[test]
fn an_agreement_is_a_row_with_its_family() {
    let table = study().agreements().unwrap();
    assert_eq!(table.rows(), 4);
    assert_eq!(table.factor("arm").unwrap().label(0), Some("EKC"));
    assert_eq!(
        column(&table, "stood_waves"),
        [1.0, 0.0, 1.0, 0.0].map(Some)
    );
    assert_eq!(
        column(&table, "fallen_waves"),
        [None, Some(1.0), None, None]
    );
}

#[test]
fn the_summary_counts_each_family_in_its_own_denominator() {
    let summary = study().summary(&SummaryOptions::default()).unwrap();
    let size: Vec<_> = summary
        .indicators
        .rows
        .iter()
        .filter(|row| row.indicator == Indicator::NetworkSize)
        .map(|row| row.pooled().unwrap())
        .collect();
    // WT at wave 1: nobody and one; at wave 2 one family. EKC: two, then three.
    assert_eq!(size, [0.5, 1.0, 2.0, 3.0]);
    assert_eq!(summary.turnover.len(), 1);
    let activation = &summary.activation[0];
    assert_eq!(activation.families, 1);
    let sum = activation.own + activation.network + activation.professional;
    assert!((sum - 1.0).abs() < 1e-15);
    let listing = summary.indicators_listing();
    let asked = listing
        .rows
        .iter()
        .find(|row| row[0] == "circle asked by the worker");
    assert_eq!(
        asked.unwrap()[1..],
        ["0.0% (0 of 2)", "–", "100.0% (1 of 1)", "–"]
    );
    let style = Style {
        ink: Ink::Plain,
        width: 120,
    };
    let text = written(&summary.content(), Markup::Text, style).unwrap();
    assert!(text.contains("none can be read as"), "{text}");
    assert_eq!(summary.indicators.cautions.len(), 1);
}

#[test]
fn a_family_that_changes_its_arm_is_named() {
    let arms = vec![Some(1), Some(0), Some(0), Some(0), Some(0)];
    let families = Table::new(vec![Column::factor("arm", ["WT", "EKC"], arms).unwrap()]).unwrap();
    let error = CircleStudy::new(circles(), families, Some("arm")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the arm `arm`: family `Jansen` is in `EKC` at wave `1` and in `WT` at wave `2`; a family stays in \
        the arm in which it began: correct one of the two"
    );
    let error = CircleStudy::new(circles(), families_of_nobody(), Some("am")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the arm `am`: the table of families has no such column; did you mean `arm`?"
    );
}

fn families_of_nobody() -> Table {
    Table::new(vec![
        Column::factor("arm", ["WT", "EKC"], vec![None; 5]).unwrap(),
    ])
    .unwrap()
}

#[test]
fn a_family_without_an_arm_is_counted_apart() {
    let study = CircleStudy::new(circles(), families_of_nobody(), Some("arm")).unwrap();
    assert_eq!(study.arms().unwrap().levels, ["(missing)"]);
    let short = families_of_nobody().take(&[0]).unwrap();
    let error = CircleStudy::new(circles(), short, None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the columns of the families: expected a row for each of 5 families at a wave, found 1"
    );
}

#[test]
fn figures_of_two_indicators_are_not_read_as_one() {
    let study = Study::find("rotterdam-2019", None).unwrap();
    let run = study.replicate().unwrap();
    let section = study.involvement(&run.comparisons).unwrap().unwrap();
    let [Content::Listing(listing)] = section.content.as_slice() else {
        panic!("expected one table");
    };
    let of = |printed: &str| {
        let row = listing.rows.iter().find(|row| row[0] == printed).unwrap();
        row[1].clone()
    };
    assert_eq!(of("18%"), "circle asked by the worker");
    assert_eq!(of("Circa 60%"), "circle present, as the client says");
    let caution = listing.cautions[0].sentence();
    assert!(caution.starts_with("These figures are of 4 different indicators"));
    // A study that measured no involvement says nothing of it.
    let other = Study::find("deroos-2011", None).unwrap();
    let run = other.replicate().unwrap();
    assert!(other.involvement(&run.comparisons).unwrap().is_none());
}

#[test]
fn a_neighbourhood_before_and_after() {
    use kring::core::{Grouping, Network, NetworkTie, Sign};
    use kring::neighbourhood::{NeighbourhoodOptions, neighbourhood};

    let tie = |a, b| NetworkTie::mutual(a, b, Sign::Support);
    let persons = ["a", "b", "c", "housing"];
    let groups = || Grouping {
        name: "kind".to_owned(),
        levels: vec!["resident".to_owned(), "institution".to_owned()],
        index: vec![0, 0, 0, 1],
    };
    let before = Network::new(persons, &[])
        .unwrap()
        .with_groups(groups())
        .unwrap();
    let ties = [tie("a", "housing"), tie("b", "housing")];
    let after = Network::new(persons, &ties)
        .unwrap()
        .with_groups(groups())
        .unwrap();
    let mut options = NeighbourhoodOptions {
        between: Some(["resident".to_owned(), "institution".to_owned()]),
        ..NeighbourhoodOptions::default()
    };
    let found = neighbourhood(&before, Some(&after), &options).unwrap();
    assert_eq!(found.change.as_ref().unwrap().formed, 2);
    // Nobody was tied before: no correlation, and it is said.
    assert!(
        found.cautions[0]
            .sentence()
            .contains("none, or all, are tied")
    );
    assert_eq!(found.estimates.len(), 1);
    assert_eq!(found.estimates[0].p_value, Some(0.5));
    let style = Style {
        ink: Ink::Plain,
        width: 100,
    };
    let text = written(&found.content(), Markup::Text, style).unwrap();
    assert!(text.contains("66.7% (2 of 3)"), "{text}");
    options.between = Some(["resident".to_owned(), "instituton".to_owned()]);
    let error = neighbourhood(&before, Some(&after), &options).unwrap_err();
    assert!(error.to_string().contains("did you mean `institution`?"));
    let error = neighbourhood(&before, None, &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "between: a change needs a second network; give one"
    );
}

const PLAN: &str = include_str!("../../../../datasets/simulated/circles-rotterdam.toml");

/// What is printed of conferences lies in the range that its sources admit.
#[test]
fn the_plan_of_simulated_circles_meets_what_is_printed() {
    let plan = kring::circle::circle_plan(PLAN).unwrap();
    let truth = plan.truth().unwrap();
    let mut met = 0;
    for basis in &plan.bases {
        let (Some(low), Some(high)) = (basis.low, basis.high) else {
            continue;
        };
        let of = |one: &&kring::sim::circles::CircleTruth| {
            one.figure == basis.figure && Some(&one.arm) == basis.arm.as_ref()
        };
        let value = truth.iter().find(of).unwrap().value;
        assert!(low <= value && value <= high, "{}: {value}", basis.figure);
        met += 1;
    }
    assert_eq!(met, 4);
    let families: Vec<usize> = plan.arms.iter().map(|arm| arm.families).collect();
    assert_eq!(families, [60, 55]);
}

/// Each figure of 4,000 families an arm lies within 4.5 standard errors of its truth; a figure that is off by
/// more would be so by chance once in 150,000.
#[test]
fn simulated_circles_come_to_their_truth() {
    let mut plan = kring::circle::circle_plan(PLAN).unwrap();
    for arm in &mut plan.arms {
        arm.families = 4000;
    }
    let study = kring::circle::simulated_circles(&plan, 2019, 0).unwrap();
    assert!(study.is_simulated());
    let table = study.table().unwrap();
    let [arms, waves] = ["arm", "wave"].map(|name| table.factor(name).unwrap());
    let mut compared = 0;
    for truth in plan.truth().unwrap() {
        if truth.figure.ends_with("_effect") {
            continue;
        }
        let column = table.numeric(&truth.figure).unwrap();
        let values: Vec<f64> = (0..table.rows())
            .filter(|&row| arms.label(row) == Some(&truth.arm))
            .filter(|&row| waves.label(row) == Some(&truth.wave))
            .filter_map(|row| column.get(row))
            .collect();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let off = (mean - truth.value) / (variance / n).sqrt();
        assert!(off.abs() < 4.5, "{truth:?}: {mean} of {n}, off by {off}");
        compared += 1;
    }
    assert!(compared >= 17, "{compared}");
}

#[test]
fn circles_are_the_same_when_written_and_read_again() {
    use kring::cohort::circles::{CircleFiles, CircleOptions, from_tables};

    let plan = kring::circle::circle_plan(PLAN).unwrap();
    let study = kring::circle::simulated_circles(&plan, 7, 0).unwrap();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("written-circles");
    let files = kring::circle::write_circles(&study, &folder).unwrap();
    assert_eq!(files.len(), 5);
    let named = |name: &str| Some(std::path::PathBuf::from(name));
    let files = CircleFiles {
        families: named("simulated-families.csv"),
        alters: named("simulated-persons.csv"),
        ties: named("simulated-ties.csv"),
        agreements: named("simulated-agreements.csv"),
        standing: named("simulated-standing.csv"),
    };
    let tables = files
        .read(&folder, &kring::cohort::ReadOptions::default())
        .unwrap();
    let data = from_tables(&tables, &CircleOptions::default()).unwrap();
    let again = CircleStudy::of(data, Some("arm")).unwrap();
    assert!(again.is_simulated());
    let picture = again
        .picture("61", kring::report::PersonLabels::None)
        .unwrap();
    assert!(!picture.title.contains("61"), "{}", picture.title);
    let [one, other] = [&study, &again].map(|study| study.table().unwrap());
    for name in [
        "network_size",
        "persons_present",
        "plan_lasting",
        "density",
        "strain",
        "network_came",
    ] {
        assert_eq!(column(&one, name), column(&other, name), "{name}");
    }
    // Another seed gives other circles, the same seed the same.
    let same = kring::circle::simulated_circles(&plan, 7, 0).unwrap();
    assert_eq!(study.circles(), same.circles());
    let other = kring::circle::simulated_circles(&plan, 8, 0).unwrap();
    assert_ne!(study.circles(), other.circles());
}

#[test]
fn a_plan_that_no_circle_can_have_is_refused() {
    let refused = |from: &str, to: &str| {
        assert!(PLAN.contains(from), "{from}");
        kring::circle::circle_plan(&PLAN.replace(from, to))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused("conflict = 0.08", "conflict = 1.5"),
        "conflict is 1.5, but a share from 0 to 1 was expected"
    );
    assert!(refused("network = 0.45", "network = 0.75").contains("own and network together"));
    assert!(refused("sociability = 4.0", "sociability = 0.001").contains("0.05 or more"));
    assert!(refused("families = 60", "families = 60000000").contains("to a million"));
    assert!(refused("family = 5.2", "family = 1e9").contains("a mean from 0 to 1000"));
    assert!(
        refused("name = \"EKC\"\nfamilies", "name = \"WT\"\nfamilies").contains("stands twice")
    );
    assert!(refused("stay = 0.88", "stays = 0.88").contains("unknown field `stays`"));
}
