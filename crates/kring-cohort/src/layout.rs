//! Which column of a file plays which role. Only names are looked at here, no values.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::error::Error;
use crate::roles::{Level, Per, Roles, VariableKind, VariableSpec, Wave, Wide};
use crate::validate::list;

/// The roles of all columns of a file.
pub(crate) struct Layout<'a> {
    pub(crate) form: Form<'a>,
    pub(crate) subject: &'a str,
    pub(crate) arm: Option<&'a str>,
    /// The waves in order; empty in long data that leave them to be found.
    pub(crate) waves: Vec<Wave>,
    /// The clusters, then all other variables in the order of the file.
    pub(crate) variables: Vec<Planned<'a>>,
    specs: HashMap<&'a str, &'a VariableSpec>,
}

/// How waves stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form<'a> {
    /// One row a subject and wave; the column that names the wave.
    Long(&'a str),
    /// One row a subject, one column a variable and wave.
    Wide,
    /// One row a subject, one occasion.
    Single,
}

/// A variable and the columns that hold it.
pub(crate) struct Planned<'a> {
    pub(crate) name: &'a str,
    pub(crate) sources: Vec<PlannedSource<'a>>,
    pub(crate) is_cluster: bool,
}

/// A column that holds a variable, and its wave where the data are wide.
pub(crate) struct PlannedSource<'a> {
    pub(crate) column: &'a str,
    /// The place of the column in the file.
    pub(crate) index: usize,
    pub(crate) wave: Option<usize>,
}

/// What stands for the name of a wave in a pattern.
const WAVE: &str = "{wave}";

/// The column that names the wave among measurements, where no column of the file does.
pub(crate) const WAVE_COLUMN: &str = "wave";

/// The column of the months since the start among measurements.
pub(crate) const MONTHS_COLUMN: &str = "months";

impl<'a> Layout<'a> {
    /// Finds the role of every column.
    pub(crate) fn new(
        file: &str,
        columns: &[&'a str],
        roles: &'a Roles,
    ) -> Result<Layout<'a>, Error> {
        let names = Names::new(file, columns);
        let form = match (&roles.wave, roles.wide.is_empty()) {
            (Some(wave), true) => Form::Long(wave),
            (None, false) => Form::Wide,
            (None, true) => Form::Single,
            (Some(wave), false) => {
                return Err(names.declaration(
                    "the waves",
                    format!(
                        "stand twice: `wave = \"{wave}\"` says that there is one row a wave, and \
                         `wide` that there is one column a wave; leave out one of the two"
                    ),
                ));
            }
        };
        let subject = names.subject(roles)?;
        let mut used = names.roles(roles, subject)?;
        names.check_levels("the arms", &roles.arms)?;
        names.check_waves(&roles.waves)?;
        let waves = match form {
            Form::Wide => names.wide_waves(roles)?,
            Form::Single if roles.waves.len() > 1 => {
                return Err(names.declaration(
                    "the waves",
                    format!(
                        "({} of them) are declared, but neither `wave` nor `wide` says where they \
                         stand; name the column of the wave in long data, or the columns of each \
                         variable in wide data",
                        roles.waves.len()
                    ),
                ));
            }
            Form::Long(_) | Form::Single => roles.waves.clone(),
        };
        let mut variables = Vec::new();
        for cluster in &roles.clusters {
            variables.push(Planned {
                name: cluster,
                sources: vec![names.source(cluster, "a cluster", None)?],
                is_cluster: true,
            });
        }
        let wide = names.wide(roles, &waves, &mut used)?;
        variables.extend(names.in_file_order(wide, &used));
        let layout = Layout {
            form,
            subject,
            arm: roles.arm.as_deref(),
            waves,
            variables,
            specs: names.specs(&roles.variables)?,
        };
        layout.check_names(&names, roles)?;
        Ok(layout)
    }

    pub(crate) fn spec(&self, name: &str) -> Option<&'a VariableSpec> {
        self.specs.get(name).copied()
    }

    /// Declarations must be about something, and no column may be made that is there already.
    fn check_names(&self, names: &Names<'a, '_>, roles: &Roles) -> Result<(), Error> {
        let mut known: Vec<&str> = self.variables.iter().map(|v| v.name).collect();
        known.push(self.subject);
        known.extend(self.arm);
        if let Form::Long(wave) = self.form {
            known.push(wave);
        }
        for spec in &roles.variables {
            self.check_spec(spec, &known, names)?;
        }
        if let Some(time) = roles.time.as_deref() {
            let variable = self.variables.iter().find(|v| v.name == time);
            let variable = variable.ok_or_else(|| Error::UnknownVariable {
                file: names.file.to_owned(),
                variable: time.to_owned(),
                suggestion: kring_core::suggestion(time, self.variables.iter().map(|v| v.name)),
            })?;
            let once = variable.sources.iter().all(|source| source.wave.is_none());
            if !matches!(self.form, Form::Long(_)) && once {
                let problem = "is the time of the measurements, but stands in one column for all \
                               waves; give its columns in `wide`";
                return Err(names.declaration(&format!("`{time}`"), problem.to_owned()));
            }
        }
        let mut made = Vec::new();
        if self.form == Form::Wide {
            made.push(WAVE_COLUMN);
        }
        if self.form != Form::Single && self.waves.iter().any(|wave| wave.months.is_some()) {
            made.push(MONTHS_COLUMN);
        }
        match made.into_iter().find(|name| known.contains(name)) {
            None => Ok(()),
            Some(name) => Err(names.taken(
                name,
                match name {
                    MONTHS_COLUMN => "is made from the months of the waves",
                    _ => "is made for the waves of wide data",
                },
            )),
        }
    }

    fn check_spec(&self, spec: &VariableSpec, known: &[&str], names: &Names) -> Result<(), Error> {
        use VariableKind::{Binary, Continuous, Count, Nominal};
        let name = spec.name.as_str();
        let what = format!("`{name}`");
        let fail = |problem: &str| Err(names.declaration(&what, problem.to_owned()));
        if !known.contains(&name) {
            let of = |v: &&Planned| v.sources.iter().any(|source| source.column == name);
            if let Some(variable) = self.variables.iter().find(of) {
                return fail(&format!(
                    "is one of the columns of `{0}`; declare `{0}` instead",
                    variable.name
                ));
            }
            return Err(Error::UnknownVariable {
                file: names.file.to_owned(),
                variable: name.to_owned(),
                suggestion: kring_core::suggestion(name, known.iter().copied()),
            });
        }
        names.check_levels(&format!("the levels of {what}"), &spec.levels)?;
        let is_number = matches!(spec.kind, Some(Continuous | Count));
        if is_number && !spec.levels.is_empty() {
            return fail("is declared a number, but has levels; leave out one of the two");
        }
        if spec.kind == Some(Binary) && !matches!(spec.levels.len(), 0 | 2) {
            return fail("is declared binary; give it two levels, or leave them out");
        }
        if let Some([low, high]) = spec.range {
            if low.is_nan() || high.is_nan() || low > high {
                return fail(&format!(
                    "has the range {low} to {high}; give the lowest first"
                ));
            }
            if spec.kind == Some(Nominal) {
                return fail("is declared nominal, but has a range; leave out one of the two");
            }
        }
        let variable = self.variables.iter().find(|v| v.name == name);
        let columns_a_wave = variable.is_some_and(|v| v.sources.iter().any(|s| s.wave.is_some()));
        match (self.form, spec.per, variable) {
            (_, Some(_), None) => fail("names a subject, wave or arm; leave out `per`"),
            (Form::Wide, Some(Per::Subject), _) if columns_a_wave => {
                fail("has one column a wave in `wide`, but `per` says once a subject")
            }
            (Form::Wide, Some(Per::Wave), _) if !columns_a_wave => {
                fail("is declared to be measured at each wave; give its columns in `wide`")
            }
            _ => Ok(()),
        }
    }
}

/// The columns of a file by name.
struct Names<'a, 'f> {
    file: &'f str,
    columns: &'f [&'a str],
    index: HashMap<&'a str, usize>,
}

impl<'a, 'f> Names<'a, 'f> {
    fn new(file: &'f str, columns: &'f [&'a str]) -> Self {
        Self {
            file,
            columns,
            index: columns.iter().copied().zip(0..).collect(),
        }
    }

    fn declaration(&self, what: &str, problem: String) -> Error {
        Error::Declaration {
            file: self.file.to_owned(),
            what: what.to_owned(),
            problem,
        }
    }

    fn taken(&self, name: &str, by: &'static str) -> Error {
        Error::NameTaken {
            file: self.file.to_owned(),
            column: name.to_owned(),
            by,
        }
    }

    /// A column that must be there.
    fn source(
        &self,
        column: &str,
        role: &str,
        wave: Option<usize>,
    ) -> Result<PlannedSource<'a>, Error> {
        let index = *self.index.get(column).ok_or_else(|| Error::UnknownColumn {
            file: self.file.to_owned(),
            role: role.to_owned(),
            column: column.to_owned(),
            suggestion: kring_core::suggestion(column, self.columns.iter().copied()),
        })?;
        Ok(PlannedSource {
            column: self.columns[index],
            index,
            wave,
        })
    }

    fn subject(&self, roles: &Roles) -> Result<&'a str, Error> {
        match &roles.subject {
            Some(subject) => Ok(self.source(subject, "the subject", None)?.column),
            None => Err(Error::NoSubject {
                file: self.file.to_owned(),
                remedy: match roles.wave {
                    Some(_) => "it tells which rows belong together",
                    None => {
                        "where each row is another person and nothing names them, add a column \
                         with the numbers 1, 2, 3 and so on"
                    }
                },
                columns: list(self.columns.iter().copied()),
            }),
        }
    }

    /// The columns that have a role of their own, each with one role only.
    fn roles(&self, roles: &Roles, subject: &'a str) -> Result<HashMap<&'a str, String>, Error> {
        let mut used = HashMap::from([(subject, "the subject".to_owned())]);
        let given = [("the wave", &roles.wave), ("the arm", &roles.arm)]
            .into_iter()
            .filter_map(|(role, column)| Some((role, column.as_ref()?)))
            .chain(roles.clusters.iter().map(|column| ("a cluster", column)));
        for (role, column) in given {
            self.claim(&mut used, column, role)?;
        }
        Ok(used)
    }

    /// Gives a column a role, unless it has one.
    fn claim(
        &self,
        used: &mut HashMap<&'a str, String>,
        column: &str,
        role: &str,
    ) -> Result<PlannedSource<'a>, Error> {
        let source = self.source(column, role, None)?;
        match used.insert(source.column, role.to_owned()) {
            None => Ok(source),
            Some(other) => Err(self.declaration(
                &format!("column `{column}`"),
                format!("cannot be {other} and {role} at once; give it one role"),
            )),
        }
    }

    fn check_levels(&self, what: &str, levels: &[Level]) -> Result<(), Error> {
        let names = levels.iter().map(|level| level.name.as_str());
        let titles = levels.iter().map(Level::title);
        self.check_different(what, names)?;
        self.check_different(what, titles)
    }

    fn check_waves(&self, waves: &[Wave]) -> Result<(), Error> {
        let what = "the waves";
        self.check_different(what, waves.iter().map(|wave| wave.name.as_str()))?;
        self.check_different(what, waves.iter().map(Wave::title))?;
        match waves
            .iter()
            .find(|wave| wave.months.is_some_and(|m| !m.is_finite()))
        {
            None => Ok(()),
            Some(wave) => Err(self.declaration(
                &format!("wave `{}`", wave.name),
                "has months that are not a finite number".to_owned(),
            )),
        }
    }

    fn check_different<'n>(
        &self,
        what: &str,
        names: impl Iterator<Item = &'n str>,
    ) -> Result<(), Error> {
        let mut seen = HashSet::new();
        match names.into_iter().find(|name| !seen.insert(*name)) {
            None => Ok(()),
            Some(name) => Err(self.declaration(what, format!("name `{name}` twice"))),
        }
    }

    fn specs(
        &self,
        specs: &'a [VariableSpec],
    ) -> Result<HashMap<&'a str, &'a VariableSpec>, Error> {
        self.check_different("the variables", specs.iter().map(|spec| spec.name.as_str()))?;
        Ok(specs
            .iter()
            .map(|spec| (spec.name.as_str(), spec))
            .collect())
    }

    /// The waves of wide data: those declared, or else those that the columns tell.
    fn wide_waves(&self, roles: &Roles) -> Result<Vec<Wave>, Error> {
        if !roles.waves.is_empty() {
            return Ok(roles.waves.clone());
        }
        let mut named: BTreeSet<&str> = BTreeSet::new();
        for wide in &roles.wide {
            if let Some(waves) = &wide.waves {
                named.extend(waves.iter().map(String::as_str));
            } else if let Some(pattern) = &wide.pattern {
                named.extend(self.numbers_in(pattern, &wide.name)?);
            }
        }
        let mut names: Vec<String> = named.into_iter().map(str::to_owned).collect();
        if names.is_empty() {
            let waves = roles.wide.iter().map(|wide| wide.columns.len()).max();
            names = (1..=waves.unwrap_or(0)).map(|i| i.to_string()).collect();
        }
        sort_naturally(&mut names);
        Ok(names.into_iter().map(Wave::named).collect())
    }

    /// The whole numbers that stand for `{wave}` in the columns of a pattern.
    fn numbers_in(&self, pattern: &str, variable: &str) -> Result<Vec<&'a str>, Error> {
        let (before, after) = self.split(pattern, variable)?;
        let of = |column: &&'a str| column.strip_prefix(before)?.strip_suffix(after);
        let parts: Vec<&'a str> = self.columns.iter().filter_map(of).collect();
        let is_number = |part: &&&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let numbers: Vec<&'a str> = parts.iter().filter(is_number).copied().collect();
        if numbers.is_empty() {
            let what_fits = if parts.is_empty() {
                format!(
                    "fits it; the columns are {}",
                    list(self.columns.iter().copied())
                )
            } else {
                format!(
                    "has a whole number for {WAVE} (for {WAVE} there are: {}); list the waves in order",
                    parts.join(", ")
                )
            };
            return Err(self.declaration(
                &format!("`{variable}`"),
                format!("has the pattern `{pattern}`, but no column {what_fits}"),
            ));
        }
        Ok(numbers)
    }

    fn split<'p>(&self, pattern: &'p str, variable: &str) -> Result<(&'p str, &'p str), Error> {
        match pattern.split_once(WAVE) {
            Some((before, after)) if !after.contains(WAVE) => Ok((before, after)),
            _ => Err(self.declaration(
                &format!("`{variable}`"),
                format!(
                    "has the pattern `{pattern}`, which must have {WAVE} in it once, as in \
                     `{variable}{WAVE}`"
                ),
            )),
        }
    }

    /// The variables that stand in one column a wave.
    fn wide(
        &self,
        roles: &'a Roles,
        waves: &[Wave],
        used: &mut HashMap<&'a str, String>,
    ) -> Result<Vec<Planned<'a>>, Error> {
        self.check_different(
            "the variables of `wide`",
            roles.wide.iter().map(|wide| wide.name.as_str()),
        )?;
        let mut variables = Vec::with_capacity(roles.wide.len());
        for wide in &roles.wide {
            let at = self.waves_of(wide, waves)?;
            let role = format!("`{}`", wide.name);
            let mut sources = Vec::with_capacity(at.len());
            for (column, &wave) in self.columns_of(wide, &at, waves)?.iter().zip(&at) {
                let role = format!("{role} at wave {}", waves[wave].name);
                let source = self.claim(used, column, &role)?;
                sources.push(PlannedSource {
                    wave: Some(wave),
                    ..source
                });
            }
            variables.push(Planned {
                name: &wide.name,
                sources,
                is_cluster: false,
            });
        }
        for variable in &variables {
            if self.index.contains_key(variable.name) && !used.contains_key(variable.name) {
                return Err(self.taken(variable.name, "is the name of a variable in `wide`"));
            }
        }
        Ok(variables)
    }

    /// The places of the waves at which a wide variable was measured.
    fn waves_of(&self, wide: &Wide, waves: &[Wave]) -> Result<Vec<usize>, Error> {
        let Some(named) = &wide.waves else {
            return Ok((0..waves.len()).collect());
        };
        self.check_different(
            &format!("the waves of `{}`", wide.name),
            named.iter().map(String::as_str),
        )?;
        if named.is_empty() {
            let problem = "was measured at none of the waves; leave `waves` out, or list some";
            return Err(self.declaration(&format!("`{}`", wide.name), problem.to_owned()));
        }
        let names = waves.iter().map(|wave| wave.name.as_str());
        let find = |name: &String| {
            let place = waves.iter().position(|wave| wave.name == *name);
            place.ok_or_else(|| Error::UnknownWave {
                file: self.file.to_owned(),
                wave: name.clone(),
                suggestion: kring_core::suggestion(name, names.clone()),
            })
        };
        named.iter().map(find).collect()
    }

    /// The names of the columns of a wide variable, one for each of its waves.
    fn columns_of(&self, wide: &Wide, at: &[usize], waves: &[Wave]) -> Result<Vec<String>, Error> {
        let what = format!("`{}`", wide.name);
        match (&wide.pattern, wide.columns.is_empty()) {
            (Some(_), false) => Err(self.declaration(
                &what,
                "has both `columns` and a `pattern`; leave out one of the two".to_owned(),
            )),
            (None, true) => Err(self.declaration(
                &what,
                format!("has no columns; list them in `columns`, or give a `pattern` with {WAVE}"),
            )),
            (Some(pattern), true) => {
                let (before, after) = self.split(pattern, &wide.name)?;
                let name = |&wave: &usize| format!("{before}{}{after}", waves[wave].name);
                Ok(at.iter().map(name).collect())
            }
            (None, false) if wide.columns.len() != at.len() => Err(Error::WideColumns {
                file: self.file.to_owned(),
                variable: wide.name.clone(),
                found: wide.columns.len(),
                expected: at.len(),
                waves: at
                    .iter()
                    .map(|&w| waves[w].name.as_str())
                    .collect::<Vec<_>>()
                    .join(", "),
            }),
            (None, false) => Ok(wide.columns.clone()),
        }
    }

    /// All variables in the order of the file: the wide ones where their first column stands.
    fn in_file_order(
        &self,
        wide: Vec<Planned<'a>>,
        used: &HashMap<&'a str, String>,
    ) -> Vec<Planned<'a>> {
        let rest = self.columns.iter().enumerate();
        let rest = rest.filter(|(_, column)| !used.contains_key(*column));
        let mut variables: Vec<Planned<'a>> = rest
            .map(|(index, column)| Planned {
                name: column,
                sources: vec![PlannedSource {
                    column,
                    index,
                    wave: None,
                }],
                is_cluster: false,
            })
            .chain(wide)
            .collect();
        variables.sort_by_key(|v| v.sources.iter().map(|source| source.index).min());
        variables
    }
}

/// Sorts names as a person would: by number where all are numbers, else by the numbers and the
/// letters in them, so that `T2` comes before `T10`.
pub(crate) fn sort_naturally(names: &mut [String]) {
    let number = |name: &String| name.parse::<f64>().ok().filter(|x| x.is_finite());
    if names.iter().all(|name| number(name).is_some()) {
        names.sort_by(|a, b| match (number(a), number(b)) {
            (Some(x), Some(y)) => x.total_cmp(&y).then_with(|| a.cmp(b)),
            _ => Ordering::Equal,
        });
    } else {
        names.sort_by_cached_key(|name| (parts(name), name.clone()));
    }
}

/// A run of digits, by its value, or one other letter.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum NamePart {
    Digits(usize, String),
    Letter(char),
}

fn parts(name: &str) -> Vec<NamePart> {
    let mut parts = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let taken = if digits > 0 { digits } else { first.len_utf8() };
        parts.push(if digits > 0 {
            let value = rest[..digits].trim_start_matches('0');
            NamePart::Digits(value.len(), value.to_owned())
        } else {
            NamePart::Letter(first)
        });
        rest = &rest[taken..];
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_by_the_numbers_in_them() {
        let sorted = |names: &[&str]| {
            let mut names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            sort_naturally(&mut names);
            names.join(" ")
        };
        assert_eq!(sorted(&["10", "9", "-1", "1.5"]), "-1 1.5 9 10");
        assert_eq!(sorted(&["T10", "T2", "T1"]), "T1 T2 T10");
        assert_eq!(sorted(&["1e3", "2m", "999"]), "1e3 2m 999"); // not all are numbers
        assert_eq!(sorted(&["pre", "8m", "2m"]), "2m 8m pre");
        assert_eq!(sorted(&["WT", "EKC"]), "EKC WT");
    }
}
