//! Each rule of advice on a table made by hand on which it speaks, and on one on which it does not.

use std::collections::BTreeSet;

use kring::advise::{Advice, Advise, Kind, RULES, Source, page};
use kring::compare::ByChance;
use kring::core::{Column, Table};

/// Families over waves: what is measured, and who is there.
struct Study {
    families: u32,
    arms: &'static [&'static str],
    waves: &'static [f64],
    /// The outcome of a family of an arm at a wave; none where it is missing.
    outcome: fn(u32, usize, u32) -> Option<f64>,
    /// The team of a family.
    team: fn(u32) -> u32,
}

/// Scores of thirty families an arm at three even waves, alike in the arms, nobody missing.
const SOUND: Study = Study {
    families: 60,
    arms: &["WT", "EKC"],
    waves: &[1.0, 2.0, 3.0],
    outcome: score,
    team: |family| family % 30,
};

/// Families i and i + 1 of different arms have the same scores.
#[allow(clippy::unnecessary_wraps, reason = "an outcome may be missing")]
fn score(family: u32, _: usize, wave: u32) -> Option<f64> {
    let pair = f64::from(family / 2);
    Some(5.0 + (pair * 7.3) % 4.1 + ((pair * 3.7 + f64::from(wave) * 1.9) % 1.3))
}

/// The same as whole numbers, from Poisson-like to wide.
#[allow(clippy::unnecessary_wraps, reason = "an outcome may be missing")]
fn count(family: u32, _: usize, wave: u32) -> Option<f64> {
    let pair = family / 2;
    Some(f64::from(
        [0, 1, 1, 2, 2, 2, 3, 3, 4, 5][((pair * 3 + wave) % 10) as usize],
    ))
}

impl Study {
    fn table(&self) -> Table {
        let codes = |values: &[u32]| values.iter().copied().map(Some).collect::<Vec<_>>();
        let (mut outcome, mut family, mut wave, mut arm, mut team, mut trials) =
            (vec![], vec![], vec![], vec![], vec![], vec![]);
        for one in 0..self.families {
            let place = one as usize % self.arms.len();
            for (order, at) in self.waves.iter().enumerate() {
                outcome.push((self.outcome)(one, place, u32::try_from(order).unwrap()));
                family.push(one);
                wave.push(Some(*at));
                arm.push(u32::try_from(place).unwrap());
                team.push(Some(f64::from((self.team)(one))));
                trials.push(Some(10.0));
            }
        }
        let names = (0..self.families).map(|one| format!("f{one}"));
        Table::new(vec![
            Column::numeric("y", outcome).unwrap(),
            Column::factor("family", names, codes(&family)).unwrap(),
            Column::numeric("wave", wave).unwrap(),
            Column::factor("arm", self.arms.iter().copied(), codes(&arm)).unwrap(),
            Column::numeric("team", team).unwrap(),
            Column::numeric("trials", trials).unwrap(),
        ])
        .unwrap()
    }
}

fn asked() -> Advise {
    let name = |text: &str| Some(text.to_owned());
    Advise {
        outcome: "y".into(),
        arm: "arm".into(),
        subject: name("family"),
        wave: name("wave"),
        ..Advise::default()
    }
}

fn once() -> Advise {
    Advise {
        outcome: "y".into(),
        arm: "arm".into(),
        ..Advise::default()
    }
}

fn advice(study: &Study, asked: &Advise) -> Advice {
    asked.run(&study.table()).unwrap()
}

/// The names of the rules that spoke, and what they saw.
fn spoke(advice: &Advice) -> Vec<(String, String)> {
    let analyses = advice
        .analyses
        .iter()
        .map(|one| (one.rule.clone(), one.because.clone()));
    let remarks = advice
        .mind
        .iter()
        .chain(&advice.avoid)
        .chain(&advice.not_here);
    analyses
        .chain(remarks.map(|one| (one.rule.clone(), one.because.clone())))
        .collect()
}

/// A rule, the figures that it must name, and a table on which it speaks and one on which it does not.
struct Case {
    rule: &'static str,
    seen: &'static str,
    speaks: Advice,
    silent: Option<Advice>,
}

#[allow(clippy::too_many_lines, reason = "a case for each rule")]
fn cases() -> Vec<Case> {
    let sound = || advice(&SOUND, &asked());
    let counts = || Study {
        outcome: count,
        ..SOUND
    };
    let study = |change: fn(&mut Study)| {
        let mut study = SOUND;
        change(&mut study);
        advice(&study, &asked())
    };
    let with = |change: fn(&mut Advise)| {
        let mut asked = asked();
        change(&mut asked);
        advice(&SOUND, &asked)
    };
    let two = || Study {
        waves: &[1.0, 2.0],
        ..SOUND
    };
    let one = || Study {
        waves: &[1.0],
        ..SOUND
    };
    let chance = Advise {
        allocation: ByChance::Randomised,
        ..asked()
    };
    let case = |rule, seen, speaks, silent| Case {
        rule,
        seen,
        speaks,
        silent,
    };
    let far =
        |family: u32, arm: usize, wave: u32| Some(score(family, arm, wave)? + 2.0 * arm as f64);
    let zeros = |family: u32, _: usize, wave: u32| {
        // Half are zero; the others five and six: no negative binomial has both.
        Some(if (family / 2).is_multiple_of(2) {
            0.0
        } else {
            f64::from(5 + (family / 4 + wave) % 2)
        })
    };
    vec![
        case(
            "compare_once",
            "a score or another number; measured once; families by arm: WT 30, EKC 30",
            advice(&one(), &once()),
            Some(sound()),
        ),
        case(
            "share_once",
            "a share of so many; measured once",
            advice(
                &Study {
                    waves: &[1.0],
                    ..counts()
                },
                &Advise {
                    trials: Some("trials".into()),
                    ..once()
                },
            ),
            Some(advice(&one(), &once())),
        ),
        case(
            "mmrm",
            "3 waves; families by arm: WT 30, EKC 30",
            sound(),
            Some(advice(&counts(), &asked())),
        ),
        case("ancova", "2 waves", advice(&two(), &asked()), Some(sound())),
        case(
            "lords_paradox",
            "standardised difference at the start 0.00",
            advice(&two(), &asked()),
            Some(advice(&two(), &chance)),
        ),
        case("clda", "3 waves", advice(&SOUND, &chance), Some(sound())),
        case(
            "difference_in_differences",
            "3 waves",
            sound(),
            Some(advice(&SOUND, &chance)),
        ),
        case(
            "equal_at_the_start",
            "`y` differs by 0.00",
            sound(),
            Some(advice(&SOUND, &chance)),
        ),
        case(
            "gee",
            "a count; 3 waves; families by arm: WT 30, EKC 30; 0.0% of outcomes missing",
            advice(&counts(), &asked()),
            Some(advice(
                &Study {
                    families: 18,
                    ..counts()
                },
                &asked(),
            )),
        ),
        case(
            "glmm",
            "a count; 3 waves",
            advice(&counts(), &asked()),
            Some(sound()),
        ),
        case(
            "cumulative",
            "levels in order; 3 waves",
            advice(
                &counts(),
                &Advise {
                    kind: Some(Kind::Ordinal),
                    ..asked()
                },
            ),
            Some(sound()),
        ),
        case("growth", "3 waves", sound(), Some(advice(&two(), &asked()))),
        case(
            "nested",
            "30 different `team`",
            with(|asked| asked.cluster = Some("team".into())),
            Some(sound()),
        ),
        case(
            "zeros",
            "53.3% are zero; a negative binomial distribution of these means and variances would have",
            study(|study| {
                study.outcome = |family, _, wave| {
                    Some(if (family / 2) % 15 < 8 {
                        0.0
                    } else {
                        f64::from(5 + wave % 2)
                    })
                };
            }),
            Some(advice(&counts(), &asked())),
        ),
        case(
            "time_to_event",
            "declared so",
            with(|asked| asked.kind = Some(Kind::TimeToEvent)),
            Some(sound()),
        ),
        case(
            "levels_without_order",
            "levels without an order; 3 waves",
            with(|asked| asked.kind = Some(Kind::Nominal)),
            Some(sound()),
        ),
        case(
            "rows_repeat",
            "`wave` tells the rows of one `family` apart",
            advice(&SOUND, &once()),
            Some(sound()),
        ),
        case("reference", "the first arm is `WT`", sound(), None),
        case(
            "not_by_chance",
            "not declared as randomised",
            sound(),
            Some(advice(&SOUND, &chance)),
        ),
        case(
            "unlike_at_the_start",
            "`y` differs by 1.",
            study(|study| {
                study.outcome =
                    |family, arm, wave| Some(score(family, arm, wave)? + 2.0 * arm as f64);
            }),
            Some(sound()),
        ),
        case(
            "use_the_start",
            "`y` is known at the start; it differs by 0.00",
            advice(&SOUND, &chance),
            Some(sound()),
        ),
        case(
            "missing",
            "20 of 180 outcomes (11.1%), in 20 families",
            study(|study| {
                study.outcome = |family, arm, wave| {
                    if wave == 2 && family < 20 {
                        None
                    } else {
                        score(family, arm, wave)
                    }
                };
            }),
            Some(study(|study| {
                // 9 of 180 are one in twenty, and no more.
                study.outcome = |family, arm, wave| {
                    if wave == 2 && family < 9 {
                        None
                    } else {
                        score(family, arm, wave)
                    }
                };
            })),
        ),
        case(
            "missing_differs",
            "WT 20.0%, EKC 0.0%",
            study(|study| {
                study.outcome = |family, arm, wave| {
                    let gone = wave == 2 && arm == 0 && family < 12;
                    if gone { None } else { score(family, arm, wave) }
                };
            }),
            Some(sound()),
        ),
        case(
            "gaps",
            "1 of 2 incomplete families",
            study(|study| {
                study.outcome = |family, arm, wave| match (family, wave) {
                    (0, 1) | (1, 2) => None,
                    _ => score(family, arm, wave),
                };
            }),
            Some(sound()),
        ),
        case(
            "few_families",
            "30 in the smallest arm",
            sound(),
            Some(study(|study| study.families = 80)),
        ),
        case(
            "very_few_families",
            "9 in the smallest arm",
            study(|study| study.families = 18),
            Some(sound()),
        ),
        case(
            "few_teams",
            "6 different `team`",
            advice(
                &Study {
                    team: |family| family % 6,
                    ..SOUND
                },
                &Advise {
                    cluster: Some("team".into()),
                    ..asked()
                },
            ),
            Some(with(|asked| asked.cluster = Some("team".into()))),
        ),
        case(
            "teams_in_one_arm",
            "30 of 30 different `team`",
            with(|asked| asked.cluster = Some("team".into())),
            Some(advice(
                &Study {
                    team: |family| family / 2,
                    ..SOUND
                },
                &Advise {
                    cluster: Some("team".into()),
                    ..asked()
                },
            )),
        ),
        case(
            "wave_is_a_number",
            "waves 1, 2, 3",
            sound(),
            Some(advice(&one(), &once())),
        ),
        case(
            "uneven_waves",
            "at 0, 3, 12",
            study(|study| study.waves = &[0.0, 3.0, 12.0]),
            Some(sound()),
        ),
        case(
            "many_waves",
            "21 parameters, 60 families",
            study(|study| study.waves = &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
            Some(sound()),
        ),
        case(
            "several_arms",
            "3 arms: WT 20, EKC 20, both 20",
            study(|study| study.arms = &["WT", "EKC", "both"]),
            Some(sound()),
        ),
        case(
            "overdispersed",
            // By hand, of an arm at a wave: 15 zeros, 8 fives, 7 sixes (or 7 and 8); the squares about the
            // means sum to 227.87 (233.37), the means are 2.733 (2.767): 689.1 / (29 · 8.233).
            "variance by mean 2.89",
            advice(
                &Study {
                    outcome: zeros,
                    ..SOUND
                },
                &asked(),
            ),
            Some(advice(&counts(), &asked())),
        ),
        case(
            "underdispersed",
            // 15 fives, 15 sixes: 7.5 / (29 · 5.5).
            "variance by mean 0.05",
            study(|study| study.outcome = |family, _, _| Some(f64::from(5 + family / 2 % 2))),
            Some(advice(
                &Study {
                    outcome: zeros,
                    ..SOUND
                },
                &asked(),
            )),
        ),
        case(
            "many_zeros",
            "are zero; a negative binomial distribution would have",
            study(|study| {
                study.outcome = |family, _, _| {
                    Some(f64::from(
                        [0, 0, 0, 1, 0, 1, 0, 2, 0, 1][(family / 2) as usize % 10],
                    ))
                };
            }),
            Some(advice(&counts(), &asked())),
        ),
        case(
            "rows_as_people",
            "180 rows of 60 families",
            sound(),
            Some(advice(&one(), &once())),
        ),
        case(
            "each_arm_alone",
            "arms WT 30, EKC 30",
            sound(),
            Some(advice(&one(), &once())),
        ),
        case(
            "carried_forward",
            "1 outcomes missing in 1 families",
            study(|study| {
                study.outcome = |family, arm, wave| {
                    if (family, wave) == (3, 2) {
                        None
                    } else {
                        score(family, arm, wave)
                    }
                };
            }),
            Some(sound()),
        ),
        case(
            "tests_at_the_start",
            "largest standardised difference 1.",
            advice(
                &Study {
                    outcome: far,
                    ..SOUND
                },
                &asked(),
            ),
            Some(advice(&one(), &once())),
        ),
        case(
            "logs_of_counts",
            "10.0% are zero",
            advice(&counts(), &asked()),
            Some(sound()),
        ),
        case(
            "cut_in_two",
            "6 different values",
            advice(&counts(), &asked()),
            Some(study(|study| {
                study.outcome = |family, _, _| Some(f64::from(family / 2 % 2));
            })),
        ),
        case("by_its_result", "always", sound(), None),
    ]
}

#[test]
fn each_rule_speaks_where_it_should_and_names_what_it_saw() {
    let cases = cases();
    for case in &cases {
        let said = spoke(&case.speaks);
        let found = said.iter().find(|(rule, _)| rule == case.rule);
        let (_, because) = found.unwrap_or_else(|| panic!("`{}` is silent: {said:?}", case.rule));
        assert!(because.contains(case.seen), "`{}`: {because}", case.rule);
        if let Some(silent) = &case.silent {
            let rules: Vec<String> = spoke(silent).into_iter().map(|(rule, _)| rule).collect();
            assert!(
                !rules.iter().any(|rule| rule == case.rule),
                "`{}` speaks",
                case.rule
            );
        }
    }
    let tried: BTreeSet<&str> = cases.iter().map(|case| case.rule).collect();
    let all: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).collect();
    assert_eq!(tried, all, "each rule has a case, and each case a rule");
    assert_eq!(all.len(), RULES.len(), "a name stands once");
}

/// Whatever is suggested runs on the very table, where it runs on its rows as they are.
#[test]
fn what_is_suggested_runs() {
    let mut ran = BTreeSet::new();
    let share = Advise {
        trials: Some("trials".into()),
        ..asked()
    };
    let nested = Advise {
        cluster: Some("team".into()),
        ..asked()
    };
    let chance = Advise {
        allocation: ByChance::Randomised,
        ..asked()
    };
    let counts = Study {
        outcome: count,
        ..SOUND
    };
    let yes_no = Study {
        outcome: |family, _, wave| Some(f64::from((family / 2 * 7 + wave * 3) % 5 / 2 % 2)),
        ..SOUND
    };
    for (study, asked) in [
        (&SOUND, &asked()),
        (&SOUND, &nested),
        (&counts, &asked()),
        (&counts, &share),
        (&yes_no, &asked()),
        (&SOUND, &chance),
        (&counts, &chance),
    ] {
        let table = study.table();
        for one in &asked.run(&table).unwrap().analyses {
            if one.call.on == kring::advise::On::Rows {
                let answer = one.call.method().unwrap().run(&table);
                assert!(
                    !answer.unwrap().estimates.is_empty(),
                    "{}",
                    one.call.command(&Source::of("data.csv"))
                );
                ran.insert(one.rule.clone());
            }
        }
    }
    assert!(ran.len() >= 5, "{ran:?}");
}

#[test]
fn the_first_analysis_follows_from_the_facts() {
    let first = |study: &Study, asked: &Advise| advice(study, asked).analyses[0].rule.clone();
    let counts = Study {
        outcome: count,
        ..SOUND
    };
    assert_eq!(first(&SOUND, &asked()), "mmrm");
    assert_eq!(first(&counts, &asked()), "gee");
    // Many missing: what uses all that was seen comes first.
    let gone = Study {
        outcome: |family, arm, wave| {
            if wave == 2 && family < 24 {
                None
            } else {
                count(family, arm, wave)
            }
        },
        ..SOUND
    };
    assert_eq!(first(&gone, &asked()), "glmm");
    let two = Study {
        waves: &[1.0, 2.0],
        ..SOUND
    };
    let chance = Advise {
        allocation: ByChance::Randomised,
        ..asked()
    };
    assert_eq!(first(&two, &chance), "ancova");
    let nested = Advise {
        cluster: Some("team".into()),
        ..asked()
    };
    assert_eq!(first(&SOUND, &nested), "nested");
}

#[test]
fn commands_are_those_of_a_shell_and_of_python() {
    let advice = advice(
        &SOUND,
        &Advise {
            cluster: Some("team".into()),
            ..asked()
        },
    );
    let command = |rule: &str| {
        let one = advice.analyses.iter().find(|one| one.rule == rule).unwrap();
        (
            one.call.command(&Source {
                rows: vec!["region=North,East".into()],
                ..Source::of("my data.csv")
            }),
            one.call.python(),
        )
    };
    assert_eq!(
        command("mmrm").0,
        "kring fit mmrm 'my data.csv' --formula 'y ~ arm * factor(wave)' --subject family --wave wave \
         --structure us --dof kenward_roger --means arm --within wave --where 'region=North,East'"
    );
    assert_eq!(
        command("gee").1,
        "kring.test(\"gee\", data, formula=\"y ~ arm * factor(wave)\", subject=\"family\", wave=\"wave\", \
         clusters=[\"team\"], options={\"correlation\": \"nested_exchangeable\", \"family\": \"gaussian\"}, \
         means={\"of\": [\"arm\"], \"by\": [\"wave\"], \"contrasts\": \"pairwise\"})"
    );
    let two = Study {
        waves: &[1.0, 2.0],
        ..SOUND
    };
    let ancova = Advise {
        allocation: ByChance::Randomised,
        ..asked()
    }
    .run(&two.table())
    .unwrap();
    assert_eq!(
        ancova.analyses[0].call.command(&Source::of("d.csv")),
        "kring compare d.csv --subject family --wave wave --outcome y_2 --arm arm --scale continuous --baseline \
         y_1 --randomised"
    );
}

/// Waves in words have no order but that in which families go through them: the commands say which was taken.
#[test]
fn the_commands_say_in_which_order_waves_in_words_were_taken() {
    let two = Study {
        waves: &[1.0, 2.0],
        ..SOUND
    };
    let mut columns = two.table().columns().to_vec();
    for column in columns.iter_mut().filter(|column| column.name == "wave") {
        // By the alphabet `eind` is the first.
        let codes = (0..column.rows()).map(|row| Some(u32::from(row % 2 == 0)));
        *column = Column::factor("wave", ["eind", "voor"], codes.collect()).unwrap();
    }
    let asked = Advise {
        allocation: ByChance::Randomised,
        ..asked()
    };
    let advice = asked.run(&Table::new(columns).unwrap()).unwrap();
    let commands = advice.analyses.iter();
    let commands: Vec<String> = commands
        .map(|one| one.call.command(&Source::of("d.csv")))
        .collect();
    for command in &commands {
        let by_family = command.starts_with("kring compare") || command.contains("_eind");
        let order = if by_family {
            "--waves voor,eind"
        } else {
            "--levels wave=voor,eind"
        };
        assert!(command.replace('\'', "").contains(order), "{command}");
    }
    assert!(commands.len() > 2);
    let python = advice.analyses.iter().map(|one| one.call.python());
    let cohorts: Vec<String> = python.filter(|call| call.contains("Cohort")).collect();
    assert!(!cohorts.is_empty());
    assert!(
        cohorts
            .iter()
            .all(|call| call.contains("waves=[\"voor\", \"eind\"]"))
    );
}

#[test]
fn what_cannot_be_advised_on_says_why() {
    let said = |change: &dyn Fn(&mut Advise)| {
        let mut asked = asked();
        change(&mut asked);
        asked.run(&SOUND.table()).unwrap_err().to_string()
    };
    let name = |text: &str| Some(text.to_owned());
    assert!(said(&|asked| asked.outcome = "z".into()).contains('z'));
    assert!(said(&|asked| asked.cluster = name("teem")).contains("did you mean `team`?"));
    assert!(said(&|asked| asked.subject = None).contains("the families are needed too"));
    assert!(said(&|asked| asked.wave = None).contains("several rows: name the column"));
    assert!(said(&|asked| asked.baseline = name("y")).contains("the first wave is the start"));
    assert!(said(&|asked| asked.kind = Some(Kind::Share)).contains("out of how many?"));
    assert!(said(&|asked| asked.kind = Some(Kind::Count)).contains("whole and from zero up"));
    assert!(said(&|asked| asked.arm = "y".into()).contains("is given two parts"));
    let one = Study {
        waves: &[1.0],
        ..SOUND
    };
    let error = asked().run(&one.table()).unwrap_err().to_string();
    assert_eq!(
        error,
        "the waves, column `wave`: there is `1` alone; leave `wave` out for a comparison at one moment"
    );
    let alone = Study {
        arms: &["WT"],
        ..SOUND
    };
    let error = asked().run(&alone.table()).unwrap_err().to_string();
    assert!(
        error.contains("there is `WT` alone, and a comparison needs two"),
        "{error}"
    );
    let nobody = Study {
        outcome: |_, _, _| None,
        ..SOUND
    };
    let error = asked().run(&nobody.table()).unwrap_err().to_string();
    assert!(error.contains("nobody has a value"), "{error}");
    // A family of two arms, and one with two rows at a wave.
    let table = SOUND.table();
    let both = table.take(&[0, 1, 2, 3, 0]).unwrap();
    let error = asked().run(&both).unwrap_err().to_string();
    assert!(error.contains("f0: it has two rows at wave 1"), "{error}");
}

/// `docs/choosing.md` is written from the rules: set KRING_WRITE to write it anew.
#[test]
fn the_page_says_what_the_rules_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/choosing.md");
    if std::env::var_os("KRING_WRITE").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/choosing.md is not what the rules say; KRING_WRITE=1 cargo test -p kring --test facade page"
    );
}

#[test]
fn advice_survives_being_written_and_read() {
    let advice = advice(&SOUND, &asked());
    let text = serde_json::to_string(&advice).unwrap();
    assert_eq!(serde_json::from_str::<Advice>(&text).unwrap(), advice);
    assert!(serde_json::from_str::<Advise>(r#"{"outcom": "y"}"#).is_err());
}

/// The time at risk of counts goes into every suggested model, and these run.
#[test]
fn the_time_at_risk_is_in_designs_over_time() {
    let study = Study {
        outcome: count,
        ..SOUND
    };
    let asked = Advise {
        exposure: Some("trials".into()),
        ..asked()
    };
    let advice = advice(&study, &asked);
    let did = advice
        .analyses
        .iter()
        .find(|one| one.rule == "difference_in_differences");
    let call = &did.unwrap().call;
    let command = call.command(&Source::of("f.csv"));
    assert!(
        command.contains("'covariates=offset(log(trials))'"),
        "{command}"
    );
    call.method().unwrap().run(&study.table()).unwrap();
}
