//! Advice as tables and texts, and the page of all rules.

use std::fmt::Write;

use kring_report::{Content, Listing, ListingColumn};

use super::rules::smd;
use super::{
    Advice, Advise, ArmFacts, Facts, Kind, Missing, NestedIn, RULES, Remark, Rule, Source, Speaks,
    Spread, Suggestion, WaveFacts,
};
use crate::compare::ByChance;

impl Advice {
    /// What fits, what to mind and what not to do; the commands are told apart from the tables, by
    /// [`Advice::commands`], where whoever shows it can keep them in one line.
    pub fn content(&self) -> Vec<Content> {
        let mut content = vec![
            Content::Text(self.headline()),
            Content::Listing(self.facts.listing()),
        ];
        if self.analyses.is_empty() {
            content.push(Content::Text(
                "No analysis of kring fits these data.".to_owned(),
            ));
        }
        for (place, one) in self.analyses.iter().enumerate() {
            content.push(Content::Listing(one.listing(place + 1)));
        }
        let parts = [
            ("Not in kring yet", &self.not_here),
            ("What to mind", &self.mind),
            ("What not to do", &self.avoid),
        ];
        for (title, remarks) in parts {
            if !remarks.is_empty() {
                content.push(Content::Listing(remarks_listing(title, remarks)));
            }
        }
        content
    }

    /// For each analysis its number and title, and the command that runs it on a file.
    pub fn commands(&self, source: &Source) -> Vec<(String, String)> {
        let each = self.analyses.iter().enumerate().map(|(place, one)| {
            let title = format!("{}. {}", place + 1, one.title);
            (title, one.call.command(source))
        });
        each.collect()
    }

    /// What fits first, in a sentence.
    fn headline(&self) -> String {
        let facts = &self.facts;
        let first = match self.analyses.first() {
            Some(first) => format!(" First of what fits: {}.", lowered(&first.title)),
            None => String::new(),
        };
        format!(
            "`{}` is taken for {}: {}.{first} Each rule below says which figures made it speak; \
             docs/choosing.md has all rules.",
            self.advise.outcome,
            facts.kind.name(),
            facts.kind_because
        )
    }
}

fn lowered(title: &str) -> String {
    let mut letters = title.chars();
    match letters.next() {
        Some(first) => first.to_lowercase().chain(letters).collect(),
        None => String::new(),
    }
}

fn listing(title: &str, heads: [&str; 2], rows: Vec<[String; 2]>) -> Listing {
    Listing {
        title: title.to_owned(),
        columns: heads.map(ListingColumn::words).to_vec(),
        rows: rows.into_iter().map(Vec::from).collect(),
        notes: Vec::new(),
        cautions: Vec::new(),
    }
}

impl Suggestion {
    fn listing(&self, place: usize) -> Listing {
        let mut rows = vec![
            ["What".to_owned(), self.text.clone()],
            ["Why here".to_owned(), format!("{}.", self.because)],
        ];
        rows.extend(
            self.formula
                .iter()
                .map(|formula| ["Formula".to_owned(), formula.clone()]),
        );
        rows.push(["In Python".to_owned(), self.call.python()]);
        let each = [
            ("It assumes", &self.assumes),
            ("A reviewer will ask", &self.asked),
            ("Read", &self.sources),
        ];
        for (head, texts) in each {
            for (place, text) in texts.iter().enumerate() {
                let head = if place == 0 { head } else { "" };
                rows.push([head.to_owned(), text.clone()]);
            }
        }
        listing(
            &format!("{place}. {}", self.title),
            ["Of the analysis", "What there is to say"],
            rows,
        )
    }
}

fn remarks_listing(title: &str, remarks: &[Remark]) -> Listing {
    let rows = remarks.iter().map(|remark| {
        let read = match remark.sources.as_slice() {
            [] => String::new(),
            sources => format!(" Read: {}.", sources.join("; ")),
        };
        [
            remark.title.clone(),
            format!("{} Seen: {}.{read}", remark.text, remark.because),
        ]
    });
    listing(title, ["Rule", "What it says"], rows.collect())
}

impl Facts {
    fn listing(&self) -> Listing {
        let mut rows = vec![["Outcome".to_owned(), self.kind.name().to_owned()]];
        let mut row = |name: &str, text: String| rows.push([name.to_owned(), text]);
        let arms = self.arms.iter().map(|arm| {
            if arm.subjects == arm.of {
                format!("{} {}", arm.arm, arm.of)
            } else {
                format!("{} {} (of {})", arm.arm, arm.subjects, arm.of)
            }
        });
        row(
            "Families with an outcome",
            arms.collect::<Vec<_>>().join(", "),
        );
        if self.without_arm > 0 {
            row(
                "Rows without an arm",
                format!("{}, left out", self.without_arm),
            );
        }
        for wave in &self.waves {
            let each = self.arms.iter().zip(&wave.seen);
            let each = each.map(|(arm, n)| format!("{} {n}", arm.arm));
            let at = match wave.at {
                Some(at) if at.to_string() != wave.wave => format!(", at {at}"),
                _ => String::new(),
            };
            row(
                &format!("Wave {}", wave.wave),
                format!("{}{at}", each.collect::<Vec<_>>().join(", ")),
            );
        }
        let missing = &self.missing;
        if missing.of > 0 {
            let share = 100.0 * self.share_missing();
            let gaps = match missing.incomplete {
                0 => String::new(),
                n => format!(
                    "; {n} families incomplete, {} of them seen again after a gap",
                    missing.with_gaps
                ),
            };
            row(
                "Outcomes missing",
                format!("{} of {} ({share:.1}%){gaps}", missing.cells, missing.of),
            );
        }
        for start in &self.start {
            row(
                &format!("`{}` at the start", start.variable),
                format!("standardised difference {}", smd(start.smd)),
            );
        }
        if let Some(spread) = &self.spread {
            row(
                "Variance by mean",
                format!("{:.2} within arms and waves", spread.dispersion),
            );
            row(
                "Zeros",
                format!(
                    "{:.1}%; a negative binomial distribution would have {:.1}%",
                    100.0 * spread.zeros,
                    100.0 * spread.zeros_expected
                ),
            );
        }
        if let Some(nested) = &self.nested {
            row(
                &format!("`{}`", nested.column),
                format!(
                    "{}, of which {} in one arm only",
                    nested.clusters, nested.in_one_arm
                ),
            );
        }
        listing("What the table holds", ["Of the table", "Seen"], rows)
    }
}

/// Whether a rule stands in a part of the page.
type IsPart = fn(&Rule) -> bool;

/// The page of all rules, `docs/choosing.md`.
pub fn page() -> String {
    let mut text = PREFACE.to_owned();
    let parts: [(&str, IsPart); 4] = [
        ("The analyses", |rule| {
            matches!(rule.speaks, Speaks::Fits { .. })
        }),
        ("What to mind", |rule| matches!(rule.speaks, Speaks::Mind)),
        ("What not to do", |rule| {
            matches!(rule.speaks, Speaks::Avoid)
        }),
        ("What kring cannot do here yet", |rule| {
            matches!(rule.speaks, Speaks::NotHere)
        }),
    ];
    for (title, is_part) in parts {
        let _ = write!(text, "\n## {title}\n");
        for rule in RULES.iter().filter(|rule| is_part(rule)) {
            written(rule, &mut text);
        }
    }
    text
}

fn written(rule: &Rule, text: &mut String) {
    let _ = write!(
        text,
        "\n### {}\n\n*When:* {}\n\n{}\n",
        rule.title, rule.when, rule.text
    );
    if let Some(command) = example(rule) {
        let _ = write!(text, "\n    {command}\n");
    }
    let mut list = |head: &str, texts: &[&str]| {
        if texts.is_empty() {
            return;
        }
        let _ = write!(text, "\n*{head}*\n\n");
        for one in texts {
            let _ = writeln!(text, "- {one}");
        }
    };
    if let Speaks::Fits { assumes, asked, .. } = rule.speaks {
        list("It assumes:", assumes);
        list("A reviewer will ask:", asked);
    }
    if !rule.sources.is_empty() {
        let _ = write!(text, "\n*Read:* {}.\n", rule.sources.join("; "));
    }
    let _ = write!(text, "\n<sub>Rule `{}`</sub>\n", rule.id);
}

/// The command of an analysis on a table of thirty families an arm, the first such table that it fits.
fn example(rule: &Rule) -> Option<String> {
    let Speaks::Fits { call, .. } = rule.speaks else {
        return None;
    };
    let kinds = [
        (Kind::Continuous, "score"),
        (Kind::Count, "problems"),
        (Kind::Share, "solved"),
        (Kind::Binary, "at_home"),
        (Kind::Ordinal, "burden"),
        (Kind::Nominal, "reason"),
    ];
    let tables = [3, 2, 1].into_iter().flat_map(|waves| {
        kinds.into_iter().flat_map(move |(kind, outcome)| {
            [(false, false), (true, false), (false, true)]
                .map(move |(in_teams, chance)| (waves, kind, outcome, in_teams, chance))
        })
    });
    for (waves, kind, outcome, in_teams, chance) in tables {
        let name = |wanted: bool, name: &str| wanted.then(|| name.to_owned());
        let asked = Advise {
            outcome: outcome.to_owned(),
            arm: "arm".to_owned(),
            subject: name(waves > 1, "family"),
            wave: name(waves > 1, "wave"),
            cluster: name(in_teams, "team"),
            trials: name(kind == Kind::Share, "problems"),
            ..Advise::default()
        };
        let mut facts = invented(kind, waves, in_teams);
        if chance {
            facts.allocation = ByChance::Randomised;
        }
        if (rule.holds)(&facts).is_some() {
            return Some(call(&asked, &facts).command(&Source::of("cohort.csv")));
        }
    }
    None
}

fn invented(kind: Kind, waves: usize, in_teams: bool) -> Facts {
    let arm = |name: &str| ArmFacts {
        arm: name.to_owned(),
        subjects: 30,
        of: 30,
    };
    let wave = |place: usize| WaveFacts {
        wave: place.to_string(),
        at: Some(place as f64),
        seen: vec![30, 30],
    };
    Facts {
        kind,
        kind_because: String::new(),
        rows: 60 * waves,
        without_arm: 0,
        arms: ["WT", "EKC"].map(arm).to_vec(),
        waves: if waves > 1 {
            (1..=waves).map(wave).collect()
        } else {
            Vec::new()
        },
        even: Some(true),
        wave_is_number: true,
        missing: Missing {
            cells: 0,
            of: 60 * waves,
            incomplete: 0,
            with_gaps: 0,
            last_wave: vec![0.0, 0.0],
        },
        start: Vec::new(),
        spread: (kind == Kind::Count).then_some(Spread {
            dispersion: 2.0,
            zeros: 0.5,
            zeros_expected: 0.2,
        }),
        values: 10,
        nested: in_teams.then(|| NestedIn {
            column: "team".to_owned(),
            clusters: 12,
            in_one_arm: 0,
        }),
        repeats: None,
        allocation: ByChance::NotStated,
    }
}

const PREFACE: &str = "# Choosing an analysis

This page is for whoever has a table of families and arms and must choose. It is written from the same rules as
the answer of `kring advise`, and a test keeps the two together: what stands here is what the command says.

    kring advise cohort.csv --outcome problems --arm arm --subject family --wave wave
    kring advise cohort.csv --outcome score --arm arm --subject family --wave wave --time months --cluster team
    kring advise once.csv --outcome problems_2 --baseline problems_1 --arm arm --randomised

    kring.advise(frame, \"problems\", \"arm\", subject=\"family\", wave=\"wave\")

The command reads the table and says what it holds: what the outcome is, how many families each arm has, the waves
and their times, what is missing and whether families came back, how unlike the arms were at the start, how counts
vary and how many are zero, and what families lie in. Then it names the analyses that fit, the first one first,
each with its formula and the command that runs it on that table; with `--out DIR` that writes a report, with the
means by arm and wave as a picture where it has them. For each rule it prints the figures that made it speak. It never looks at the difference between the arms after the start.

Advice is no protocol. It knows the table and not the question. Write down which analysis, which wave and which
difference count, before you run it.

**Four questions, in this order.**

1. *What is the outcome?* A score; a count of something; so many out of so many; yes or no; levels in order. A
   column of whole numbers is taken for a count: say `--kind continuous` if it is a score.
2. *How often was it measured?* Once: compare. Twice: compare the second given the first. More often: a mean for
   each arm and wave, in a model that knows which rows belong to one family.
3. *Of whom is the question?* Of the population, as in policy: a marginal model. Of one family: a mixed model. For
   scores the two agree; for counts and for yes and no they do not.
4. *Who is missing?* If more than a few: a mixed model before a marginal one, and always who left.
";
