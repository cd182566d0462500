use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::codebook::Code;
use crate::read::Dataset;
use crate::settle::text_of;

/// What the columns of a file are: who, when, in which arm, and what was measured.
///
/// Data are *long* when `wave` names a column: one row a subject and wave. They are *wide* when
/// `wide` says which columns hold one variable at its waves: one row a subject. With neither there
/// is one row a subject and one occasion.
///
/// ```
/// use kring_cohort::{Level, Roles, Wave, Wide};
/// let roles = Roles {
///     subject: Some("id".into()),
///     arm: Some("trt".into()),
///     arms: vec![Level::named("C"), Level::named("E")],
///     waves: vec![Wave::named("1"), Wave::named("2"), Wave::named("3")],
///     wide: vec![Wide::pattern("yc", "yc{wave}")],
///     ..Roles::default()
/// };
/// assert_eq!(roles.arms[0].title(), "C"); // the first arm is the reference
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Roles {
    /// The column that names the subject: the family or person that is followed.
    pub subject: Option<String>,
    /// The column that names the wave, in long data.
    pub wave: Option<String>,
    /// The column that names the arm.
    pub arm: Option<String>,
    /// The columns that name clusters, outermost first.
    pub clusters: Vec<String>,
    /// The variable that holds the date or time of each measurement: it may not run backwards.
    pub time: Option<String>,
    /// Variables that stand in one column a wave, in wide data.
    pub wide: Vec<Wide>,
    /// The waves in order; taken from the data where left out.
    pub waves: Vec<Wave>,
    /// The arms, the reference first; taken from the data where left out.
    pub arms: Vec<Level>,
    /// What becomes of people in an arm that is none of `arms`.
    pub other_arms: OtherArms,
    /// What is known of variables. A variable that is not named here is taken as it is.
    pub variables: Vec<VariableSpec>,
}

/// What becomes of people in an arm that is none of the arms declared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OtherArms {
    /// The arms declared are all there are: any other is a violation, and the arm missing.
    #[default]
    Refused,
    /// The arms declared are those to compare: people in others are taken out beforehand and counted
    /// ([`Cohort::others`](crate::Cohort::others)).
    LeftOut,
}

/// A level of a factor, such as an arm.
///
/// Formulas, contrasts and results call it by its name; its label is for the reader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// As it stands in the data: a code, or the label that the file gives to a code.
    pub name: String,
    /// The code in the data, where that is not the name: `EKC` may have the code `1`.
    pub code: Option<String>,
    /// What a reader calls it.
    pub label: Option<String>,
}

impl Dataset {
    /// Arms that are given by their codes alone, with the labels that the file has for these codes as their names;
    /// and those that are given as codes with labels, by their labels. All stay as they are where one of the codes
    /// is no number, or names would not differ.
    ///
    /// ```
    /// use kring_cohort::{Level, ReadOptions, read_bytes};
    /// let data = read_bytes("cohort.csv", b"id,arm\n1,1\n2,2\n", &ReadOptions::default())?;
    /// let arm = |code: &str, label: &str| Level { label: Some(label.into()), ..Level::named(code) };
    /// let arms = data.arms_by_label("arm", vec![arm("2", "WT"), arm("1", "EKC")]);
    /// assert_eq!((arms[0].name.as_str(), arms[0].code.as_deref()), ("WT", Some("2")));
    /// # Ok::<(), kring_cohort::Error>(())
    /// ```
    pub fn arms_by_label(&self, column: &str, arms: Vec<Level>) -> Vec<Level> {
        let entry = self
            .codebook
            .variables
            .iter()
            .find(|one| one.name == column);
        let labels = entry.map_or(&[][..], |entry| &entry.value_labels);
        let by_label = |arm: &Level| {
            let is_label = labels.iter().any(|one| one.label == arm.name);
            if arm.code.is_some() || is_label || arm.name.parse::<f64>().is_err() {
                return None;
            }
            let in_file = || {
                Some(
                    &labels
                        .iter()
                        .find(|one| text_of(&one.code) == arm.name)?
                        .label,
                )
            };
            let label = arm.label.as_ref().or_else(in_file)?.trim();
            (!label.is_empty()).then(|| Level {
                name: label.to_owned(),
                code: Some(arm.name.clone()),
                label: None,
            })
        };
        let found: Option<Vec<Level>> = arms.iter().map(by_label).collect();
        let found = found.filter(|found| {
            let names: HashSet<&str> = found.iter().map(|arm| arm.name.as_str()).collect();
            names.len() == found.len()
        });
        found.unwrap_or(arms)
    }
}

/// A wave: an occasion at which everybody is seen.
///
/// Formulas, contrasts and results call it by its name, as do the names of columns; its label is
/// for the reader.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wave {
    /// As it stands in the data, or in the names of wide columns.
    pub name: String,
    /// What a reader calls it.
    pub label: Option<String>,
    /// The months since the start.
    pub months: Option<f64>,
}

/// A variable that stands in one column a wave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wide {
    /// The variable, as it is called among the measurements.
    pub name: String,
    /// Its columns, one a wave, in the order of the waves.
    #[serde(default)]
    pub columns: Vec<String>,
    /// Or the name of its columns, `{wave}` standing for the name of the wave: `yc{wave}`.
    pub pattern: Option<String>,
    /// The names of the waves at which it was measured; all of them where left out.
    pub waves: Option<Vec<String>>,
}

/// What is known of a variable.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariableSpec {
    /// The column, or the variable of several wide columns.
    pub name: String,
    /// What a reader calls it.
    pub label: Option<String>,
    /// The unit of its numbers.
    pub unit: Option<String>,
    /// What kind of values it has.
    #[serde(rename = "type")]
    pub kind: Option<VariableKind>,
    /// The lowest and highest value it can have. A range without a type means a number.
    pub range: Option<[f64; 2]>,
    /// Its levels in order, which makes it a factor.
    #[serde(default)]
    pub levels: Vec<Level>,
    /// The values that mean "missing", beside those that the file declares itself.
    #[serde(default)]
    pub missing: Vec<Code>,
    /// Whether it has one value a subject or one a wave. In long data this is found out where it
    /// is left out: one a subject, if two waves of a subject never differ.
    pub per: Option<Per>,
}

/// What kind of values a variable has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariableKind {
    /// Any number.
    Continuous,
    /// A whole number of 0 or more.
    Count,
    /// One of two levels.
    Binary,
    /// One of several levels in order.
    Ordinal,
    /// One of several levels without order.
    Nominal,
}

/// How often a variable is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Once for each subject.
    Subject,
    /// At each wave.
    Wave,
}

impl Level {
    /// A level that is called as it stands in the data.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// What a reader calls it: the label, or the name where there is none.
    pub fn title(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }
}

impl Wave {
    /// A wave that is called as it stands in the data.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// What a reader calls it: the label, or the name where there is none.
    pub fn title(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.name)
    }
}

impl Wide {
    /// A variable whose columns are called by a pattern.
    pub fn pattern(name: impl Into<String>, pattern: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            pattern: Some(pattern.into()),
            ..Self::default()
        }
    }

    /// A variable whose columns are listed, one a wave.
    pub fn columns<C: Into<String>>(
        name: impl Into<String>,
        columns: impl IntoIterator<Item = C>,
    ) -> Self {
        Self {
            name: name.into(),
            columns: columns.into_iter().map(Into::into).collect(),
            ..Self::default()
        }
    }

    /// The same variable, measured at some of the waves only.
    pub fn at<W: Into<String>>(mut self, waves: impl IntoIterator<Item = W>) -> Self {
        self.waves = Some(waves.into_iter().map(Into::into).collect());
        self
    }
}

impl VariableSpec {
    /// A variable of which no more than the name is given.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}
