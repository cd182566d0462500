//! The rules: one table. Each says when it speaks, what it says, and where to read more.
//!
//! A rule sees the facts of a table and answers with the figures that make it speak, or not at all. To
//! add one, write it here: the command, Python and `docs/choosing.md` take it from this table.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::facts::Facts;
use super::{Advise, Kind};
use crate::Error;
use crate::compare::ByChance;
use crate::method::Method;

/// A rule.
pub struct Rule {
    /// Its name.
    pub id: &'static str,
    /// What it is about.
    pub title: &'static str,
    /// When it speaks, in words.
    pub when: &'static str,
    /// The figures that make it speak; none where it does not.
    pub holds: fn(&Facts) -> Option<String>,
    /// What it says.
    pub text: &'static str,
    /// What kind of advice it is.
    pub speaks: Speaks,
    /// Where to read it.
    pub sources: &'static [&'static str],
}

/// What kind of advice a rule gives.
pub enum Speaks {
    /// An analysis that fits.
    Fits {
        /// Its place among those that fit, the smallest first.
        rank: fn(&Facts) -> u8,
        /// The method with its fields.
        call: fn(&Advise, &Facts) -> Call,
        /// What it assumes.
        assumes: &'static [&'static str],
        /// What a reviewer will ask.
        asked: &'static [&'static str],
    },
    /// Something to mind in each analysis.
    Mind,
    /// Something not to do.
    Avoid,
    /// Something that kring cannot do yet.
    NotHere,
}

/// A method with its fields, ready to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// The name of the method.
    pub method: String,
    /// Its fields with their values, as `kring test` takes them.
    pub fields: Vec<(String, String)>,
    /// On which rows it runs.
    pub on: On,
    /// The levels of the outcome in the order that was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The waves in the order in which they were taken, where they are named in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waves: Option<Order>,
}

/// The levels of a column in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The column.
    pub column: String,
    /// Its levels, from low to high.
    pub levels: Vec<String>,
}

/// A file that a command reads, and what of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Source {
    /// Its path.
    pub file: String,
    /// Only these rows, each as `region=North,East`.
    pub rows: Vec<String>,
    /// Of a file with a column a wave, how it is made long.
    pub wide: Option<WideSource>,
}

/// How a file with a column a wave is made long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WideSource {
    /// The column of the family or person.
    pub subject: String,
    /// The variables with their columns, each as `score=score_{wave}`.
    pub variables: Vec<String>,
    /// What a variable at a wave is called when a row is a family, `score_2`, and its column in the file.
    pub columns: Vec<(String, String)>,
}

impl Source {
    /// All rows of a file as they are.
    pub fn of(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            ..Self::default()
        }
    }
}

/// On which rows a method runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// On those of the table as they are.
    Rows,
    /// On one row a family, with a column a wave of what was measured at each.
    Families {
        /// The column of the family.
        subject: String,
        /// The column of the wave.
        wave: String,
        /// The column of the arm.
        arm: String,
    },
}

impl Call {
    fn new(method: &str, fields: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        let fields = fields.into_iter();
        Self {
            method: method.to_owned(),
            fields: fields
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
            on: On::Rows,
            order: None,
            waves: None,
        }
    }

    /// With the orders that the data do not say themselves: of the outcome as it was given, of waves in words
    /// as the rows tell it.
    pub(super) fn in_order(mut self, asked: &Advise, waves: Option<&Order>) -> Self {
        let of_waves = |order: &&Order| {
            let mut fields = self.fields.iter();
            let named = fields.any(|(_, value)| value.contains(&order.column));
            named || matches!(self.on, On::Families { .. })
        };
        self.waves = waves.filter(of_waves).cloned();
        self.order = (!asked.levels.is_empty()).then(|| Order {
            column: asked.outcome.clone(),
            levels: asked.levels.clone(),
        });
        self
    }

    fn with(mut self, name: &str, value: Option<&String>) -> Self {
        if let Some(value) = value {
            self.fields.push((name.to_owned(), value.clone()));
        }
        self
    }

    fn on_families(mut self, asked: &Advise) -> Self {
        if let (Some(subject), Some(wave)) = (&asked.subject, &asked.wave) {
            self.on = On::Families {
                subject: subject.clone(),
                wave: wave.clone(),
                arm: asked.arm.clone(),
            };
        }
        self
    }

    /// The model as a formula, where it has one.
    pub fn formula(&self) -> Option<String> {
        let mut fields = self.fields.iter();
        fields
            .find(|(name, _)| name == "formula")
            .map(|(_, formula)| formula.clone())
    }

    /// The method, checked.
    pub fn method(&self) -> Result<Method, Error> {
        let fields: Vec<(&str, &str)> = self
            .fields
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        Method::named(&self.method, &fields)
    }

    /// The command that runs it on a file, or on some rows of it.
    pub fn command(&self, source: &Source) -> String {
        let fitted = matches!(self.method.as_str(), "lmm" | "glmm" | "gee" | "mmrm");
        let compared = self.method == "compare";
        let file = quoted(&source.file);
        let mut words = match (fitted, compared) {
            (true, _) => format!("kring fit {} {file}", self.method),
            (_, true) => format!("kring compare {file}"),
            _ => format!("kring test {} {file}", self.method),
        };
        // A row of a file with a column a wave is a family already.
        let mut by_family: &[(String, String)] = &[];
        let _ = match (&self.on, &source.wide) {
            (On::Families { .. }, Some(wide)) => {
                by_family = &wide.columns;
                Ok(())
            }
            (On::Families { subject, wave, .. }, None) => {
                write!(
                    words,
                    " --subject {} --wave {}",
                    quoted(subject),
                    quoted(wave)
                )
            }
            (On::Rows, Some(wide)) => {
                let names_it = fitted && self.fields.iter().any(|(name, _)| name == "subject");
                if !names_it {
                    let _ = write!(words, " --subject {}", quoted(&wide.subject));
                }
                let mut variables = wide.variables.iter();
                variables.try_for_each(|one| write!(words, " --wide {}", quoted(one)))
            }
            (On::Rows, None) => Ok(()),
        };
        let in_file = |value: &String| {
            let column = by_family.iter().find(|(name, _)| name == value);
            column.map_or_else(|| value.clone(), |(_, column)| column.clone())
        };
        if let Some(waves) = &self.waves {
            let order = waves.levels.join(",");
            let _ = match self.on {
                _ if source.wide.is_some() => Ok(()),
                On::Families { .. } => write!(words, " --waves {}", quoted(&order)),
                On::Rows => {
                    let levels = format!("{}={order}", waves.column);
                    write!(words, " --levels {}", quoted(&levels))
                }
            };
        }
        for (name, value) in &self.fields {
            let value = &in_file(value);
            let _ = match name.as_str() {
                _ if !fitted && !compared => {
                    write!(words, " {}", quoted(&format!("{name}={value}")))
                }
                "allocation" if value == "randomised" => write!(words, " --randomised"),
                "clusters" => each(value, |column| write!(words, " --cluster {column}")),
                "means.of" => each(value, |column| write!(words, " --means {column}")),
                "means.by" => each(value, |column| write!(words, " --within {column}")),
                // As it is unless told otherwise.
                "means.contrasts" if value == "pairwise" => Ok(()),
                _ => {
                    let option = name.trim_start_matches("options.").replace(['_', '.'], "-");
                    write!(words, " --{option} {}", quoted(value))
                }
            };
        }
        if let Some(Order { column, levels }) = &self.order {
            let levels = if compared {
                levels.join(",")
            } else {
                format!("{column}={}", levels.join(","))
            };
            let _ = write!(words, " --levels {}", quoted(&levels));
        }
        for text in &source.rows {
            let _ = write!(words, " --where {}", quoted(text));
        }
        words
    }

    /// The same in Python, on a frame that is called `data`.
    pub fn python(&self) -> String {
        let data = match &self.on {
            On::Rows => "data".to_owned(),
            On::Families { subject, wave, arm } => {
                let waves = self.waves.as_ref();
                let waves = waves.map(|waves| format!(", waves={:?}", waves.levels));
                format!(
                    "kring.Cohort.from_frame(data, subject={subject:?}, wave={wave:?}, arm={arm:?}{})",
                    waves.unwrap_or_default()
                )
            }
        };
        let mut words = format!("kring.test({:?}, {data}", self.method);
        // Fields of a table, `options.family`, are a dict in Python.
        let mut tables: Vec<(&str, Vec<String>)> = Vec::new();
        for (name, value) in &self.fields {
            let value = if value.starts_with('[') {
                value.clone()
            } else {
                format!("{value:?}")
            };
            let Some((table, field)) = name.split_once('.') else {
                let _ = write!(words, ", {name}={value}");
                continue;
            };
            let entry = match field.split_once('.') {
                Some((inner, field)) => format!("{inner:?}: {{{field:?}: {value}}}"),
                None => format!("{field:?}: {value}"),
            };
            match tables.iter_mut().find(|(known, _)| *known == table) {
                Some((_, entries)) => entries.push(entry),
                None => tables.push((table, vec![entry])),
            }
        }
        for (table, entries) in tables {
            let _ = write!(words, ", {table}={{{}}}", entries.join(", "));
        }
        words + ")"
    }
}

/// Says something of each name of a list, `["arm"]`, as a shell takes it.
fn each(list: &str, mut say: impl FnMut(String) -> std::fmt::Result) -> std::fmt::Result {
    let names = list.trim_matches(['[', ']']).split("\", \"");
    names
        .map(|name| name.trim_matches('"'))
        .try_for_each(|name| say(quoted(name)))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A column in a formula.
fn column(name: &str) -> String {
    let mut letters = name.chars();
    let plain = letters.next().is_some_and(char::is_alphabetic)
        && letters.all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    if plain {
        name.to_owned()
    } else {
        format!("`{name}`")
    }
}

/// The outcome in a formula: of a share those of whom it is true and those of whom it is not.
fn response(asked: &Advise) -> String {
    let outcome = column(&asked.outcome);
    match &asked.trials {
        Some(trials) => format!("cbind({outcome}, I({} - {outcome}))", column(trials)),
        None => outcome,
    }
}

/// `arm`, with the waves one mean each, and the time in which was counted.
fn fixed(asked: &Advise, facts: &Facts) -> String {
    let arm = column(&asked.arm);
    let mut terms = match &asked.wave {
        Some(wave) if facts.wave_is_number => format!("{arm} * factor({})", column(wave)),
        Some(wave) => format!("{arm} * {}", column(wave)),
        None => match &asked.baseline {
            Some(baseline) => format!("{} + {arm}", column(baseline)),
            None => arm,
        },
    };
    if let Some(exposure) = &asked.exposure {
        let _ = write!(terms, " + offset(log({}))", column(exposure));
    }
    terms
}

/// `(1 | family)`, or within teams.
fn random(asked: &Advise, slope: Option<&str>) -> String {
    let subject = column(asked.subject.as_deref().unwrap_or_default());
    let level = slope.unwrap_or("1");
    match (&asked.cluster, slope) {
        (Some(cluster), Some(_)) => {
            format!("({level} | {subject}) + (1 | {})", column(cluster))
        }
        (Some(cluster), None) => format!("(1 | {}/{subject})", column(cluster)),
        (None, _) => format!("({level} | {subject})"),
    }
}

fn family(facts: &Facts, mixed: bool) -> String {
    let name = match facts.kind {
        Kind::Count if mixed => "nbinom2",
        Kind::Count => "poisson",
        Kind::Share if mixed => "beta_binomial",
        Kind::Share | Kind::Binary => "binomial",
        Kind::Ordinal => "cumulative",
        _ => "gaussian",
    };
    name.to_owned()
}

/// Averages over families by arm and wave, and their comparisons, of a mixed model with a curved link.
fn by_wave(call: Call, asked: &Advise) -> Call {
    let call = call.with("by", Some(&asked.arm));
    call.with("within", asked.wave.as_ref())
}

/// Means by arm and wave and their contrasts, on the scale of the outcome.
fn means(call: Call, asked: &Advise, facts: &Facts) -> Call {
    let listed = |name: &String| format!("[{name:?}]");
    let ratios = (facts.kind != Kind::Continuous).then(|| "ratios".to_owned());
    call.with("means.of", Some(&listed(&asked.arm)))
        .with("means.by", asked.wave.as_ref().map(listed).as_ref())
        .with("means.contrasts", Some(&"pairwise".to_owned()))
        .with("means.scale", ratios.as_ref())
}

/// A design over time, by its own fields.
fn over_time(method: &str, asked: &Advise, facts: &Facts) -> Call {
    let poisson = (facts.kind == Kind::Count).then(|| "poisson".to_owned());
    let exposure = asked.exposure.as_ref().filter(|_| poisson.is_some());
    let exposure = exposure.map(|time| format!("offset(log({}))", column(time)));
    Call::new(
        method,
        [
            ("outcome", asked.outcome.clone()),
            ("arm", asked.arm.clone()),
        ],
    )
    .with("wave", asked.wave.as_ref())
    .with("subject", asked.subject.as_ref())
    .with("time", asked.time.as_ref())
    .with("model.gee.family", poisson.as_ref())
    .with("covariates", exposure.as_ref())
}

fn compare(asked: &Advise, facts: &Facts) -> Call {
    let scale = match facts.kind {
        Kind::Count => "count",
        Kind::Binary => "binary",
        Kind::Ordinal => "ordinal",
        Kind::Nominal => "nominal",
        _ => "continuous",
    };
    let chance = "randomised".to_owned();
    Call::new(
        "compare",
        [
            ("outcome", asked.outcome.clone()),
            ("arm", asked.arm.clone()),
        ],
    )
    .with("scale", Some(&scale.to_owned()))
    .with("baseline", asked.baseline.as_ref())
    .with("cluster", asked.cluster.as_ref())
    .with("exposure", asked.exposure.as_ref())
    .with("event", asked.event.as_ref())
    .with("allocation", by_chance(facts).then_some(&chance))
}

/// The names of the outcome at the first and at the second of two waves, in a row a family.
fn two_waves(asked: &Advise, facts: &Facts) -> [String; 2] {
    let name = |place: usize| match facts.waves.get(place) {
        Some(wave) => format!("{}_{}", asked.outcome, wave.wave),
        None => asked.outcome.clone(),
    };
    [name(0), name(1)]
}

fn by_chance(facts: &Facts) -> bool {
    facts.allocation == ByChance::Randomised
}

/// A standardised difference.
pub(super) fn smd(difference: f64) -> String {
    format!("{difference:.2}").replace('-', "−")
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

/// `WT 60, EKC 55 families`
fn arms(facts: &Facts) -> String {
    let each = facts
        .arms
        .iter()
        .map(|arm| format!("{} {}", arm.arm, arm.subjects));
    each.collect::<Vec<_>>().join(", ")
}

fn design(facts: &Facts) -> String {
    let waves = match facts.moments() {
        1 => "measured once".to_owned(),
        n => format!("{n} waves"),
    };
    format!(
        "{}; {waves}; families by arm: {}",
        facts.kind.name(),
        arms(facts)
    )
}

fn is(facts: &Facts, kinds: &[Kind]) -> bool {
    kinds.contains(&facts.kind)
}

/// Whether more is zero than a negative binomial distribution would have.
fn zeros(facts: &Facts) -> Option<String> {
    let spread = facts.spread.as_ref()?;
    let many = spread.zeros > 0.1 && spread.zeros > spread.zeros_expected + 0.05;
    many.then(|| {
        format!(
            "{} are zero; a negative binomial distribution of these means and variances would have {}",
            percent(spread.zeros),
            percent(spread.zeros_expected)
        )
    })
}

/// The parameters of a covariance of its own for each pair of waves.
fn free_covariance(facts: &Facts) -> usize {
    let waves = facts.moments();
    waves * (waves + 1) / 2
}

/// Whether families are many enough for it.
fn can_be_free(facts: &Facts) -> bool {
    facts.subjects() >= 5 * free_covariance(facts)
}

const MANY_MISSING: f64 = 0.05;

const AUSTIN: &str = "Austin PC (2009), Statistics in Medicine 28:3083–3107, doi 10.1002/sim.3697";
const CUT: &str = "Altman DG, Royston P (2006), BMJ 332:1080, doi 10.1136/bmj.332.7549.1080";
const ELDRIDGE: &str =
    "Eldridge SM, Ashby D, Kerry S (2006), Int J Epidemiol 35:1292–1300, doi 10.1093/ije/dyl129";
const KENWARD: &str = "Kenward MG, Roger JH (1997), Biometrics 53:983–997, doi 10.2307/2533558";
const LAMBERT: &str = "Lambert D (1992), Technometrics 34:1–14, doi 10.2307/1269547";
const LECHNER: &str =
    "Lechner M (2011), Foundations and Trends in Econometrics 4:165–224, doi 10.1561/0800000014";
const LU: &str = "Lu K (2010), Biometrics 66:891–896, doi 10.1111/j.1541-0420.2009.01332.x";
const ROTH: &str = "Roth J (2022), AER: Insights 4:305–322, doi 10.1257/aeri.20210236";
const LIANG: &str = "Liang KY, Zeger SL (1986), Biometrika 73:13–22, doi 10.1093/biomet/73.1.13";
const LOGS: &str = "O'Hara RB, Kotze DJ (2010), Methods in Ecology and Evolution 1:118–122, doi 10.1111/j.2041-210X.2010.00021.x";
const LORD: &str = "Lord FM (1967), Psychological Bulletin 68:304–305, doi 10.1037/h0025105";
const MALLINCKRODT: &str = "Mallinckrodt CH et al. (2008), Drug Information Journal 42:303–319, doi 10.1177/009286150804200402";
const MANCL: &str =
    "Mancl LA, DeRouen TA (2001), Biometrics 57:126–134, doi 10.1111/j.0006-341X.2001.00126.x";
const MCCULLAGH: &str =
    "McCullagh P (1980), JRSS B 42:109–142, doi 10.1111/j.2517-6161.1980.tb01109.x";
const NIEUWENHUIS: &str = "Nieuwenhuis S, Forstmann BU, Wagenmakers EJ (2011), Nature Neuroscience 14:1105–1107, doi 10.1038/nn.2886";
const RUBIN: &str = "Rubin DB (1976), Biometrika 63:581–592, doi 10.1093/biomet/63.3.581";
const TIPTON: &str =
    "Tipton E, Pustejovsky JE (2015), J Educ Behav Stat 40:604–634, doi 10.3102/1076998615606099";
const VICKERS: &str =
    "Vickers AJ, Altman DG (2001), BMJ 323:1123–1124, doi 10.1136/bmj.323.7321.1123";
const WARTON: &str = "Warton DI (2005), Environmetrics 16:275–289, doi 10.1002/env.702";
const ZEGER: &str =
    "Zeger SL, Liang KY, Albert PS (1988), Biometrics 44:1049–1060, doi 10.2307/2531734";

/// All rules, in the order in which they are told.
pub const RULES: &[Rule] = &[
    Rule {
        id: "compare_once",
        title: "The arms compared once",
        when: "The outcome was measured once, or the start stands in a column of its own.",
        holds: |facts| {
            let kinds = [
                Kind::Continuous,
                Kind::Count,
                Kind::Binary,
                Kind::Ordinal,
                Kind::Nominal,
            ];
            (facts.moments() == 1 && is(facts, &kinds)).then(|| design(facts))
        },
        text: "One comparison by the method that goes with what the outcome is: means by Welch's t, counts by a \
               negative binomial regression, yes or no as a difference of risks, levels in order by the chance \
               that one arm is higher. With the outcome at the start the arms are compared given it.",
        speaks: Speaks::Fits {
            rank: |_| 0,
            call: compare,
            assumes: &[
                "The rows are independent: one a family, or the clusters are named.",
                "Those without an outcome are like those who have one.",
            ],
            asked: &[
                "Was the outcome, and its moment, chosen before the data were seen?",
                "How many have no outcome, in each arm, and were they alike at the start?",
            ],
        },
        sources: &[VICKERS],
    },
    Rule {
        id: "share_once",
        title: "A share compared once",
        when: "So many out of so many, measured once.",
        holds: |facts| (facts.moments() == 1 && facts.kind == Kind::Share).then(|| design(facts)),
        text: "A logistic regression of the share in which what happens within one family is alike \
               (beta-binomial): the plain binomial would take each of the `n` as a family of its own.",
        speaks: Speaks::Fits {
            rank: |_| 0,
            call: |asked, facts| {
                let formula = format!("{} ~ {}", response(asked), fixed(asked, facts));
                let family = "beta_binomial".to_owned();
                Call::new("glm", [("formula", formula), ("options.family", family)])
                    .with("cluster", asked.cluster.as_ref())
            },
            assumes: &["How many there could have been does not depend on the arm."],
            asked: &["Out of how many, in each arm?"],
        },
        sources: &[],
    },
    Rule {
        id: "mmrm",
        title: "A mixed model for repeated measures (MMRM)",
        when: "A score measured at two waves or more.",
        holds: |facts| {
            (facts.moments() > 1 && facts.kind == Kind::Continuous).then(|| design(facts))
        },
        text: "A mean for each arm and wave and a covariance over the waves, without a shape in time that must be \
               right. It uses every outcome that was seen. The arms are compared at each wave; name beforehand \
               the wave that counts.",
        speaks: Speaks::Fits {
            rank: |facts| u8::from(facts.moments() == 2 || facts.nested.is_some()),
            call: |asked, facts| {
                let formula = format!("{} ~ {}", response(asked), fixed(asked, facts));
                let structure = match (can_be_free(facts), facts.even) {
                    (true, _) => "us",
                    (false, Some(false)) => "sp_exp",
                    (false, _) => "ar1h",
                };
                let call = Call::new("mmrm", [("formula", formula)])
                    .with("subject", asked.subject.as_ref())
                    .with("wave", asked.wave.as_ref())
                    .with("time", asked.time.as_ref())
                    .with("options.structure", Some(&structure.to_owned()))
                    .with("options.dof", Some(&"kenward_roger".to_owned()));
                means(call, asked, facts)
            },
            assumes: &[
                "Waves are missing at random: given what was seen of a family, whether it is seen again has \
                 nothing to do with what would have been seen.",
                "Residuals are about normal, and vary alike in the arms.",
            ],
            asked: &[
                "Which covariance, which degrees of freedom, and what if it does not converge?",
                "What if those who left did worse than the model thinks?",
            ],
        },
        sources: &[MALLINCKRODT, KENWARD],
    },
    Rule {
        id: "ancova",
        title: "The second wave given the first",
        when: "Two waves of a score, a count, or yes and no.",
        holds: |facts| {
            let kinds = [Kind::Continuous, Kind::Count, Kind::Binary];
            (facts.moments() == 2 && is(facts, &kinds)).then(|| design(facts))
        },
        text: "The arms compared at the second wave among families that were alike at the first. With chance \
               allocation it is the most precise of the simple ways; without, it answers another question than \
               the difference of changes does, and both should be shown.",
        speaks: Speaks::Fits {
            rank: |facts| u8::from(!by_chance(facts)),
            call: |asked, facts| {
                let [before, after] = two_waves(asked, facts);
                let asked = Advise {
                    outcome: after,
                    baseline: Some(before),
                    // A yes or no of another name has the same levels.
                    ..asked.clone()
                };
                compare(&asked, facts).on_families(&asked)
            },
            assumes: &[
                "Those without the second wave are like those who have it.",
                "The start is measured without much error, where chance did not decide on the arms.",
            ],
            asked: &["Why not the difference of changes?"],
        },
        sources: &[VICKERS, LORD],
    },
    Rule {
        id: "lords_paradox",
        title: "Change and ANCOVA side by side",
        when: "Two waves of a score or a count, two arms, and chance did not decide on the arms.",
        holds: |facts| {
            let fits = facts.moments() == 2
                && facts.arms.len() == 2
                && is(facts, &[Kind::Continuous, Kind::Count])
                && !by_chance(facts);
            fits.then(|| {
                let start = facts.start.first().map_or(String::new(), |start| {
                    format!("; standardised difference at the start {}", smd(start.smd))
                });
                format!("{}{start}", design(facts))
            })
        },
        text: "Both questions answered on the same families, and what lies between them: if they disagree, the \
               start decides, and no data of these two waves can say which is right.",
        speaks: Speaks::Fits {
            rank: |_| 2,
            call: |asked, facts| {
                let [before, after] = two_waves(asked, facts);
                let fields = [
                    ("before", before),
                    ("after", after),
                    ("by", asked.arm.clone()),
                ];
                Call::new("lords_paradox", fields).on_families(asked)
            },
            assumes: &["Change: without the programme both arms would have changed alike."],
            asked: &["Which of the two was meant beforehand, and why?"],
        },
        sources: &[LORD],
    },
    Rule {
        id: "clda",
        title: "Arms that are equal at the start (cLDA)",
        when: "Two waves or more of a score or a count, chance decided on the arms, and nothing is named that families \
               lie in.",
        holds: |facts| {
            let fits = facts.moments() > 1
                && is(facts, &[Kind::Continuous, Kind::Count])
                && by_chance(facts)
                && facts.nested.is_none();
            fits.then(|| design(facts))
        },
        text: "One mean for all arms at the first wave, as chance allocation has it, and one for each arm and wave after. \
               It compares given the start and still uses families of whom the start or a later wave is missing.",
        speaks: Speaks::Fits {
            rank: |_| 1,
            call: |asked, facts| {
                over_time("clda", asked, facts)
                    .with("options.allocation", Some(&"randomised".to_owned()))
            },
            assumes: &[
                "The arms have one mean before the start, which chance allocation gives and nothing else does.",
                "Waves are missing at random, given what was seen of the family; for counts completely at random.",
            ],
            asked: &["Was the first wave measured before anybody knew their arm?"],
        },
        sources: &[LU],
    },
    Rule {
        id: "difference_in_differences",
        title: "Difference in differences",
        when: "Two waves or more of a score or a count, chance did not decide on the arms, and nothing is named that \
               families lie in.",
        holds: |facts| {
            let fits = facts.moments() > 1
                && is(facts, &[Kind::Continuous, Kind::Count])
                && !by_chance(facts)
                && facts.nested.is_none();
            fits.then(|| design(facts))
        },
        text: "How much more an arm changed than the reference did. The arms may differ at the start, if only they would \
               have gone the same way; for counts in ratios.",
        speaks: Speaks::Fits {
            rank: |_| 2,
            call: |asked, facts| over_time("difference_in_differences", asked, facts),
            assumes: &[
                "Without the programme the arms would have changed alike. Waves before the start can speak against it \
                 and never for it.",
            ],
            asked: &[
                "Did the arms go the same way before the start? A check without power reassures nobody.",
            ],
        },
        sources: &[LECHNER, ROTH],
    },
    Rule {
        id: "gee",
        title: "A marginal model (GEE)",
        when: "Two waves or more and at least ten families in each arm; a score, a count, a share, or yes and no; and \
               where families lie in something, at least twenty of these.",
        holds: |facts| {
            let kinds = [Kind::Continuous, Kind::Count, Kind::Share, Kind::Binary];
            if facts
                .nested
                .as_ref()
                .is_some_and(|nested| nested.clusters < 20)
            {
                return None;
            }
            let fits = facts.moments() > 1 && facts.smallest_arm() >= 10 && is(facts, &kinds);
            fits.then(|| {
                format!(
                    "{}; {} of outcomes missing",
                    design(facts),
                    percent(facts.share_missing())
                )
            })
        },
        text: "Means of the population by arm and wave: what policy asks. The errors hold whether or not the \
               correlation within families is right, and whether or not counts vary more than Poisson's; they \
               are corrected for few families.",
        speaks: Speaks::Fits {
            rank: |facts| match facts.kind {
                Kind::Continuous => 4,
                _ if facts.share_missing() > MANY_MISSING => 1,
                _ => 0,
            },
            call: |asked, facts| {
                let nested = "nested_exchangeable".to_owned();
                let formula = format!("{} ~ {}", response(asked), fixed(asked, facts));
                let cluster = asked
                    .cluster
                    .as_ref()
                    .map(|cluster| format!("[{cluster:?}]"));
                let call = Call::new("gee", [("formula", formula)])
                    .with("subject", asked.subject.as_ref())
                    .with("wave", asked.wave.as_ref())
                    .with("clusters", cluster.as_ref())
                    .with("options.correlation", cluster.as_ref().map(|_| &nested))
                    .with("options.family", Some(&family(facts, false)));
                means(call, asked, facts)
            },
            assumes: &[
                "Waves are missing completely at random, which is more than a mixed model asks.",
                "Families are independent, or what they lie in is named and many.",
            ],
            asked: &["Which working correlation, and which correction for few families?"],
        },
        sources: &[LIANG, MANCL],
    },
    Rule {
        id: "glmm",
        title: "A generalised linear mixed model",
        when: "Two waves or more of a count, a share, or yes and no.",
        holds: |facts| {
            let fits = facts.moments() > 1 && is(facts, &[Kind::Count, Kind::Share, Kind::Binary]);
            fits.then(|| {
                format!(
                    "{}; {} of outcomes missing",
                    design(facts),
                    percent(facts.share_missing())
                )
            })
        },
        text: "Each family has a level of its own. The coefficients are those of one family; the means that are \
               asked for with them are averages over families, as a marginal model gives. It uses every outcome \
               that was seen.",
        speaks: Speaks::Fits {
            rank: |facts| u8::from(facts.share_missing() <= MANY_MISSING),
            call: |asked, facts| {
                let fixed = fixed(asked, facts);
                let formula = format!("{} ~ {fixed} + {}", response(asked), random(asked, None));
                let call = Call::new("glmm", [("formula", formula)])
                    .with("options.family", Some(&family(facts, true)));
                by_wave(call, asked)
            },
            assumes: &[
                "Waves are missing at random, given what was seen of the family.",
                "The levels of families are about normal on the scale of the link.",
            ],
            asked: &["Is the ratio that of a family or of the population? They differ."],
        },
        sources: &[ZEGER],
    },
    Rule {
        id: "cumulative",
        title: "A cumulative mixed model",
        when: "Two waves or more of levels in order.",
        holds: |facts| (facts.moments() > 1 && facts.kind == Kind::Ordinal).then(|| design(facts)),
        text: "One odds ratio for all places at which the levels can be parted, with a level of each family.",
        speaks: Speaks::Fits {
            rank: |_| 0,
            call: |asked, facts| {
                let fixed = fixed(asked, facts);
                let formula = format!("{} ~ {fixed} + {}", response(asked), random(asked, None));
                Call::new(
                    "glmm",
                    [
                        ("formula", formula),
                        ("options.family", family(facts, true)),
                    ],
                )
            },
            assumes: &["The arm moves all levels alike (proportional odds)."],
            asked: &["Do the odds ratios at each threshold look alike?"],
        },
        sources: &[MCCULLAGH],
    },
    Rule {
        id: "growth",
        title: "A line of growth for each family",
        when: "Three waves or more of a score, at known times.",
        holds: |facts| {
            let timed = facts.waves.iter().all(|wave| wave.at.is_some());
            let fits = facts.moments() > 2 && facts.kind == Kind::Continuous && timed;
            fits.then(|| design(facts))
        },
        text: "A level and a slope of each family, and the difference in slope between the arms: one number for \
               the whole course, if it is a straight line.",
        speaks: Speaks::Fits {
            rank: |_| 3,
            call: |asked, _| {
                let time = asked.time.as_ref().or(asked.wave.as_ref());
                let time = column(time.map_or("", String::as_str));
                // A wave that is no number has its times in another column, or the rule does not speak.
                let arm = column(&asked.arm);
                let random = random(asked, Some(&time));
                let formula = format!("{} ~ {arm} * {time} + {random}", response(asked));
                Call::new("lmm", [("formula", formula)])
                    .with("options.dof", Some(&"kenward_roger".to_owned()))
            },
            assumes: &[
                "The course is a straight line in each arm; look at the means by wave first.",
            ],
            asked: &["Why a line? Most of what a programme does may come in its first months."],
        },
        sources: &[KENWARD],
    },
    Rule {
        id: "nested",
        title: "Families within teams",
        when: "Two waves or more of a score, and a column of what families lie in.",
        holds: |facts| {
            let nested = facts.nested.as_ref()?;
            let fits = facts.moments() > 1 && facts.kind == Kind::Continuous;
            fits.then(|| {
                format!(
                    "{} different `{}`; {}",
                    nested.clusters,
                    nested.column,
                    design(facts)
                )
            })
        },
        text: "A level of each team and of each family in it: families of one team are alike, and count for less \
               than as many families of different teams. The MMRM does not know the teams: it takes families as independent.",
        speaks: Speaks::Fits {
            rank: |_| 0,
            call: |asked, facts| {
                let fixed = fixed(asked, facts);
                let formula = format!("{} ~ {fixed} + {}", response(asked), random(asked, None));
                let call = Call::new("lmm", [("formula", formula)])
                    .with("options.dof", Some(&"kenward_roger".to_owned()));
                means(call, asked, facts)
            },
            assumes: &[
                "Two waves of a family are as alike as any other two.",
                "Waves are missing at random, given what was seen of the family.",
            ],
            asked: &["How large is the variance of teams, and of how many is it told?"],
        },
        sources: &[KENWARD],
    },
    Rule {
        id: "zeros",
        title: "A part of its own for the zeros",
        when: "Counts of which more is zero than a negative binomial distribution would have.",
        holds: |facts| zeros(facts).filter(|_| facts.kind == Kind::Count),
        text: "Beside the model of all counts, not before it: who has none at all, and how many have those who \
               can have some, as two questions. Take it where some families could not have had any.",
        speaks: Speaks::Fits {
            rank: |_| 5,
            call: |asked, facts| {
                let fixed = fixed(asked, facts);
                let zero = format!("~ {}", column(&asked.arm));
                let outcome = response(asked);
                if facts.moments() > 1 {
                    let formula = format!("{outcome} ~ {fixed} + {}", random(asked, None));
                    return Call::new("glmm", [("formula", formula), ("zero", zero)])
                        .with("options.family", Some(&"nbinom2".to_owned()));
                }
                let formula = format!("{outcome} ~ {fixed}");
                let family = "nbinom2".to_owned();
                Call::new(
                    "hurdle",
                    [
                        ("formula", formula),
                        ("zero", zero),
                        ("options.family", family),
                    ],
                )
            },
            assumes: &["There are two kinds of zeros, or having any is a step of its own."],
            asked: &[
                "Was it meant beforehand? Does the plain negative binomial miss the zeros once it is fitted?",
            ],
        },
        sources: &[WARTON, LAMBERT],
    },
    Rule {
        id: "time_to_event",
        title: "The time until an event",
        when: "The outcome is declared to be a time until an event.",
        holds: |facts| (facts.kind == Kind::TimeToEvent).then(|| "declared so".to_owned()),
        text: "Kaplan–Meier curves and Cox regression are not yet in kring. Do not compare the mean times: those of \
               whom the event was not seen have none. Whether it happened by a fixed moment is an outcome of yes \
               and no, where everybody was followed until then.",
        speaks: Speaks::NotHere,
        sources: &[],
    },
    Rule {
        id: "levels_without_order",
        title: "Levels without an order over waves",
        when: "Two waves or more of levels without an order.",
        holds: |facts| (facts.moments() > 1 && facts.kind == Kind::Nominal).then(|| design(facts)),
        text: "Models of such levels over waves are not in kring. If they have an order, declare it; else make of \
               the level that counts an outcome of yes and no.",
        speaks: Speaks::NotHere,
        sources: &[],
    },
    Rule {
        id: "rows_repeat",
        title: "The rows look like several of each family",
        when: "No families are named, and one column tells the rows of another column's values apart.",
        holds: |facts| {
            let found = facts.repeats.as_ref()?;
            Some(format!(
                "`{}` tells the rows of one `{}` apart",
                found.wave, found.subject
            ))
        },
        text: "Then all that stands above is wrong: it takes each row for a family. Ask again with the columns of the \
               family and the wave (`--subject`, `--wave`).",
        speaks: Speaks::Mind,
        sources: &[],
    },
    Rule {
        id: "reference",
        title: "Which arm is the reference",
        when: "Always.",
        holds: |facts| {
            let first = facts.arms.first()?;
            Some(format!("the first arm is `{}`", first.arm))
        },
        text: "Differences and ratios are those of the other arms from the first one. If another is meant, say so: \
               `--reference arm=WT` with the name of the column.",
        speaks: Speaks::Mind,
        sources: &[],
    },
    Rule {
        id: "not_by_chance",
        title: "Chance did not decide on the arms",
        when: "Nobody said that the arms were allocated at random.",
        holds: |facts| {
            (!by_chance(facts)).then(|| match facts.allocation {
                ByChance::NotRandomised => "declared as not randomised".to_owned(),
                _ => "not declared as randomised".to_owned(),
            })
        },
        text: "Families that chose an arm differ from those that chose the other, also in what was not measured. No \
               analysis here turns the difference into an effect; say it is one only as far as what was measured \
               at the start can carry it.",
        speaks: Speaks::Mind,
        sources: &[LORD],
    },
    Rule {
        id: "unlike_at_the_start",
        title: "The arms are unlike at the start",
        when: "A standardised difference of 0.1 or more at the start, and chance did not decide on the arms.",
        holds: |facts| {
            let furthest = facts.furthest().filter(|one| one.smd.abs() >= 0.1)?;
            (!by_chance(facts)).then(|| {
                format!(
                    "`{}` differs by {} standard deviations",
                    furthest.variable,
                    smd(furthest.smd)
                )
            })
        },
        text: "Adjust for it: put it into the formula, or compare given the start. A difference that is as large as \
               0.25 cannot be left to a straight line alone; look whether the arms overlap at all.",
        speaks: Speaks::Mind,
        sources: &[AUSTIN],
    },
    Rule {
        id: "use_the_start",
        title: "The start makes the comparison sharper",
        when: "Chance decided on the arms, and the outcome was measured at the start.",
        holds: |facts| {
            let start = facts.start.first()?;
            by_chance(facts).then(|| {
                format!(
                    "`{}` is known at the start; it differs by {}",
                    start.variable,
                    smd(start.smd)
                )
            })
        },
        text: "Compare given the start whether or not the arms differ there: what was planned beforehand, and not \
               what chance left behind, decides.",
        speaks: Speaks::Mind,
        sources: &[VICKERS],
    },
    Rule {
        id: "missing",
        title: "Outcomes are missing",
        when: "More than one in twenty outcomes is missing.",
        holds: |facts| {
            let missing = &facts.missing;
            (facts.share_missing() > MANY_MISSING).then(|| {
                format!(
                    "{} of {} outcomes ({}), in {} families",
                    missing.cells,
                    missing.of,
                    percent(facts.share_missing()),
                    missing.incomplete
                )
            })
        },
        text: "Mixed models and the MMRM use what was seen, and are right if what is missing can be told from what was \
               seen. That cannot be checked. Show who left (`kring attrition`), and what the result would be if \
               those who left had done worse.",
        speaks: Speaks::Mind,
        sources: &[RUBIN, MALLINCKRODT],
    },
    Rule {
        id: "missing_differs",
        title: "The arms lost families unequally",
        when: "At the last wave the shares without an outcome lie ten points or more apart.",
        holds: |facts| {
            let shares = &facts.missing.last_wave;
            let low = shares.iter().copied().fold(f64::INFINITY, f64::min);
            let high = shares.iter().copied().fold(0.0, f64::max);
            (high - low >= 0.1).then(|| {
                let each = facts.arms.iter().zip(shares);
                let each = each.map(|(arm, share)| format!("{} {}", arm.arm, percent(*share)));
                format!(
                    "without an outcome at the last wave: {}",
                    each.collect::<Vec<_>>().join(", ")
                )
            })
        },
        text: "A difference at the last wave can come from who is left there. `kring attrition … --outcome` says what \
               the least and the most of the difference can be.",
        speaks: Speaks::Mind,
        sources: &[RUBIN],
    },
    Rule {
        id: "gaps",
        title: "Some families came late, or came back after a gap",
        when: "Some families have an outcome after a wave at which it is missing.",
        holds: |facts| {
            let missing = &facts.missing;
            (missing.with_gaps > 0 && facts.moments() > 1).then(|| {
                format!(
                    "{} of {} incomplete families have an outcome after a wave without one",
                    missing.with_gaps, missing.incomplete
                )
            })
        },
        text: "Nothing to do for mixed models and the MMRM: name the wave, so that each row stands where it belongs. \
               Weights for dropout in a marginal model are for those who left for good.",
        speaks: Speaks::Mind,
        sources: &[],
    },
    Rule {
        id: "few_families",
        title: "Few families",
        when: "Fewer than forty families in the smallest arm, at two waves or more.",
        holds: |facts| {
            let n = facts.smallest_arm();
            ((10..40).contains(&n) && facts.moments() > 1)
                .then(|| format!("{n} in the smallest arm"))
        },
        text: "Robust errors without a correction are too small. Keep the corrected ones of the marginal model, and \
               Kenward and Roger's degrees of freedom in the linear mixed one. docs/coverage.md has how often their \
               intervals hold the truth.",
        speaks: Speaks::Mind,
        sources: &[MANCL, KENWARD],
    },
    Rule {
        id: "very_few_families",
        title: "Very few families",
        when: "Fewer than ten families in an arm.",
        holds: |facts| {
            let n = facts.smallest_arm();
            (n < 10).then(|| format!("{n} in the smallest arm"))
        },
        text: "No model is to be trusted with so few. Show each family's own course, and call what you compare a \
               first look. A permutation test or an exact test at one moment still holds its level.",
        speaks: Speaks::Mind,
        sources: &[],
    },
    Rule {
        id: "few_teams",
        title: "Few teams",
        when: "Fewer than thirty clusters.",
        holds: |facts| {
            let nested = facts.nested.as_ref()?;
            (nested.clusters < 30)
                .then(|| format!("{} different `{}`", nested.clusters, nested.column))
        },
        text: "The variance between so few is hardly known, and errors by cluster are too small unless corrected: CR2 \
               with its own degrees of freedom, or a mixed model with Kenward and Roger's.",
        speaks: Speaks::Mind,
        sources: &[TIPTON],
    },
    Rule {
        id: "teams_in_one_arm",
        title: "Teams lie in one arm",
        when: "Most clusters have families of one arm only.",
        holds: |facts| {
            let nested = facts.nested.as_ref()?;
            (2 * nested.in_one_arm > nested.clusters).then(|| {
                format!(
                    "{} of {} different `{}`",
                    nested.in_one_arm, nested.clusters, nested.column
                )
            })
        },
        text: "Then the arms differ by their teams too, and what counts is the number of teams, not of families. The \
               cluster belongs into every analysis.",
        speaks: Speaks::Mind,
        sources: &[ELDRIDGE],
    },
    Rule {
        id: "wave_is_a_number",
        title: "The wave is a column of numbers",
        when: "The waves are numbered.",
        holds: |facts| {
            facts.wave_is_number.then(|| {
                let waves: Vec<&str> = facts.waves.iter().map(|wave| wave.wave.as_str()).collect();
                format!("waves {}", waves.join(", "))
            })
        },
        text: "In a formula a number is a straight line. `factor(wave)` is a mean for each wave.",
        speaks: Speaks::Mind,
        sources: &[],
    },
    Rule {
        id: "uneven_waves",
        title: "The waves lie at unequal distances",
        when: "The times of the waves are known and not evenly spaced.",
        holds: |facts| {
            (facts.even == Some(false)).then(|| {
                let times = facts.waves.iter().filter_map(|wave| wave.at);
                let times: Vec<String> = times.map(|at| at.to_string()).collect();
                format!("at {}", times.join(", "))
            })
        },
        text: "An unstructured covariance does not mind. A correlation that fades from wave to wave (AR1) does: take \
               one that fades with time (`sp_exp`), and the time in numbers for slopes.",
        speaks: Speaks::Mind,
        sources: &[],
    },
    Rule {
        id: "many_waves",
        title: "Many waves for so few families",
        when: "Three waves or more, and fewer than five families for each parameter of an unstructured covariance.",
        holds: |facts| {
            let many = facts.moments() > 2 && facts.kind == Kind::Continuous && !can_be_free(facts);
            many.then(|| {
                format!(
                    "{} parameters, {} families",
                    free_covariance(facts),
                    facts.subjects()
                )
            })
        },
        text: "An unstructured covariance may not converge, or be known badly. Say beforehand which simpler structure \
               follows it; the command above has one.",
        speaks: Speaks::Mind,
        sources: &[MALLINCKRODT],
    },
    Rule {
        id: "several_arms",
        title: "More than two arms",
        when: "Three arms or more.",
        holds: |facts| {
            let n = facts.arms.len();
            (n > 2).then(|| format!("{n} arms: {}", arms(facts)))
        },
        text: "Test first whether they are alike at all, or name the one comparison that counts; adjust the others for \
               how many they are.",
        speaks: Speaks::Mind,
        sources: &[],
    },
    Rule {
        id: "overdispersed",
        title: "Counts vary more than Poisson's",
        when: "Within arms and waves the variance is more than one and a half times the mean.",
        holds: |facts| {
            let spread = facts
                .spread
                .as_ref()
                .filter(|spread| spread.dispersion > 1.5)?;
            Some(format!("variance by mean {:.2}", spread.dispersion))
        },
        text: "Poisson errors would be too small: take the negative binomial, or robust errors. Some of it is the \
               difference between families, which a mixed model has in its own term.",
        speaks: Speaks::Mind,
        sources: &[],
    },
    Rule {
        id: "underdispersed",
        title: "Counts vary less than Poisson's",
        when: "Within arms and waves the variance is less than 0.7 times the mean.",
        holds: |facts| {
            let spread = facts
                .spread
                .as_ref()
                .filter(|spread| spread.dispersion < 0.7)?;
            Some(format!("variance by mean {:.2}", spread.dispersion))
        },
        text: "Is there a most that can be counted, as on a list of so many problems? Then it is a share, and the \
               number on the list belongs beside it as `trials`. Or is it a score?",
        speaks: Speaks::Mind,
        sources: &[],
    },
    Rule {
        id: "many_zeros",
        title: "Many zeros are not too many",
        when: "More than a quarter of the counts is zero, and no more than a negative binomial distribution would have.",
        holds: |facts| {
            let spread = facts.spread.as_ref()?;
            (spread.zeros > 0.25 && zeros(facts).is_none()).then(|| {
                format!(
                    "{} are zero; a negative binomial distribution would have {}",
                    percent(spread.zeros),
                    percent(spread.zeros_expected)
                )
            })
        },
        text: "A low mean has many zeros. No part of its own is needed for them.",
        speaks: Speaks::Mind,
        sources: &[WARTON],
    },
    Rule {
        id: "rows_as_people",
        title: "Do not count each row as a family",
        when: "Two waves or more.",
        holds: |facts| {
            (facts.moments() > 1)
                .then(|| format!("{} rows of {} families", facts.rows, facts.subjects()))
        },
        text: "A t-test, χ² or regression on all rows takes a family that was seen three times for three families. Its \
               p-values are too small.",
        speaks: Speaks::Avoid,
        sources: &[LIANG],
    },
    Rule {
        id: "each_arm_alone",
        title: "Do not test each arm by itself",
        when: "Two waves or more.",
        holds: |facts| (facts.moments() > 1).then(|| format!("arms {}", arms(facts))),
        text: "'Significant in one arm, not in the other' is no difference between the arms. Test the difference of the \
               differences.",
        speaks: Speaks::Avoid,
        sources: &[NIEUWENHUIS],
    },
    Rule {
        id: "equal_at_the_start",
        title: "Do not take the arms as equal at the start",
        when: "Two waves or more, and chance did not decide on the arms.",
        holds: |facts| {
            (facts.moments() > 1 && !by_chance(facts)).then(|| match facts.furthest() {
                Some(furthest) => {
                    format!("`{}` differs by {}", furthest.variable, smd(furthest.smd))
                }
                None => "not declared as randomised".to_owned(),
            })
        },
        text: "A model with one mean for all arms at the first wave (cLDA) hands on to the effect what the arms differed \
               by before it. It is for chance allocation.",
        speaks: Speaks::Avoid,
        sources: &[LU],
    },
    Rule {
        id: "carried_forward",
        title: "Do not fill in the last value, and do not drop families",
        when: "Some outcomes are missing, at two waves or more.",
        holds: |facts| {
            let missing = &facts.missing;
            (missing.cells > 0 && facts.moments() > 1).then(|| {
                format!(
                    "{} outcomes missing in {} families",
                    missing.cells, missing.incomplete
                )
            })
        },
        text: "The last value carried forward says that nothing changed since; complete families alone say that those \
               who left were like the others. Both also say it more surely than the data do.",
        speaks: Speaks::Avoid,
        sources: &[MALLINCKRODT],
    },
    Rule {
        id: "tests_at_the_start",
        title: "Do not test the arms at the start",
        when: "Something is known of the start.",
        holds: |facts| {
            let furthest = facts.furthest()?;
            Some(format!(
                "largest standardised difference {} (`{}`)",
                smd(furthest.smd),
                furthest.variable
            ))
        },
        text: "Such a p-value speaks of the number of families as much as of the difference. Show standardised \
               differences (`kring baseline`).",
        speaks: Speaks::Avoid,
        sources: &[AUSTIN],
    },
    Rule {
        id: "logs_of_counts",
        title: "Do not take logs of counts",
        when: "The outcome is a count.",
        holds: |facts| {
            (facts.kind == Kind::Count).then(|| match &facts.spread {
                Some(spread) => format!("{} are zero", percent(spread.zeros)),
                None => "a count".to_owned(),
            })
        },
        text: "log(y + 1) in a linear model gives a ratio of nothing in particular, the more so the more zeros there are. \
               Model the counts.",
        speaks: Speaks::Avoid,
        sources: &[LOGS],
    },
    Rule {
        id: "cut_in_two",
        title: "Do not cut the outcome in two",
        when: "The outcome has five different values or more.",
        holds: |facts| {
            let kinds = [Kind::Continuous, Kind::Count, Kind::Ordinal];
            (is(facts, &kinds) && facts.values >= 5)
                .then(|| format!("{} different values", facts.values))
        },
        text: "'Improved' against 'not improved' loses as much power as leaving out a third of the families would, cut at \
               the median, and more elsewhere. The cut is a choice that a reader will suspect.",
        speaks: Speaks::Avoid,
        sources: &[CUT],
    },
    Rule {
        id: "by_its_result",
        title: "Do not choose by the result",
        when: "Always.",
        holds: |_| Some("always".to_owned()),
        text: "Choose one analysis now, write it down with the wave and the difference that count, and run that one. \
               Whatever else is run is told as such. This advice looked at no difference between the arms but at the \
               start.",
        speaks: Speaks::Avoid,
        sources: &[],
    },
];
