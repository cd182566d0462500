//! Which column of a file plays which role. Only names are looked at here, no values.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::error::Error;
use crate::roles::{Level, Per, Roles, VariableKind, VariableSpec, Wave, Wide};

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
                        "`wave = \"{wave}\"` says that there is one row a wave, and `wide` that \
                         there is one column a wave; leave out one of the two"
                    ),
                ));
            }
        };
        let subject = names.subject(roles)?;
        let mut used = names.roles(roles, subject)?;
        names.check_levels("the arms", &roles.arms)?;
        names.check_waves(&roles.waves)?;
        let waves = match form {
            Form::Long(_) => roles.waves.clone(),
            Form::Wide => names.wide_waves(roles)?,
            Form::Single if roles.waves.len() > 1 => {
                return Err(names.declaration(
                    "the waves",
                    format!(
                        "{} waves are declared, but neither `wave` nor `wide` says where they \
                         stand; name the column of the wave in long data, or the columns of each \
                         variable in wide data",
                        roles.waves.len()
                    ),
                ));
            }
            Form::Single => roles.waves.clone(),
        };
        let mut variables = Vec::new();
        for cluster in &roles.clusters {
            variables.push(Planned {
                name: cluster,
                sources: vec![names.source(cluster, None)],
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
    fn check_names(&self, names: &Names<'a>, roles: &Roles) -> Result<(), Error> {
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
            Some(name) => Err(names.taken(name, match name {
                MONTHS_COLUMN => "is made from the months of the waves; leave these out",
                _ => "is made for the waves of wide data",
            })),
        }
    }

    fn check_spec(
        &self,
        spec: &VariableSpec,
        known: &[&str],
        names: &Names,
    ) -> Result<(), Error> {
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
        names.check_levels(&what, &spec.levels)?;
        let is_number = matches!(spec.kind, Some(Continuous | Count));
        if is_number && !spec.levels.is_empty() {
            return fail("is declared a number, but has levels; leave out one of the two");
        }
        if spec.kind == Some(Binary) && !matches!(spec.levels.len(), 0 | 2) {
            return fail("is declared binary; give it two levels, or leave them out");
        }
        if let Some([low, high]) = spec.range {
            // Written so that a range with a NaN is refused too.
            if !(low <= high) {
                return fail(&format!("has the range {low} to {high}; give the lowest first"));
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
