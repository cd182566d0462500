//! Descriptions of a table by groups: counts, means and quartiles, and means over time.

use kring_cohort::{
    Code, Cohort, ColumnMissing, Missingness, Per, Provenance, Violation, ViolationKind,
};
use kring_core::{
    Column, ColumnData, Curve, CurveKind, Flow, Point, Reference, Stratum, Summary, SummaryKind,
    Table,
};
use kring_report::Content;
use kring_stats::{dist, summary};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::suspicious::suspicious;

/// Summarises variables in every combination of the levels of the `by` factors, in their order.
///
/// Rows without a level in one of the factors stand in a stratum of their own, `(missing)`.
///
/// ```
/// use kring_core::{Column, Table};
/// let table = Table::new(vec![
///     Column::numeric("problems", vec![Some(6.0), Some(4.0), Some(5.0)])?,
///     Column::factor("arm", ["EKC", "WT"], vec![Some(0), Some(0), Some(1)])?,
/// ])?;
/// let by_arm = kring::describe(&table, &["problems"], &["arm"])?;
/// assert_eq!(by_arm[0].numbers().and_then(|f| f.mean), Some(5.0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn describe(table: &Table, variables: &[&str], by: &[&str]) -> Result<Vec<Summary>, Error> {
    let strata = strata(table, by)?;
    let mut summaries = Vec::with_capacity(variables.len() * strata.len());
    for variable in variables {
        let column = table.column(variable)?;
        for (stratum, rows) in &strata {
            summaries.push(summarise(column, rows, stratum.clone()));
        }
    }
    Ok(summaries)
}

/// Counts as missing at a wave everybody of the arm who has no value there, also those who were not
/// seen at all and so have no row among the measurements.
pub(crate) fn count_the_absent(summaries: &mut [Summary], cohort: &Cohort) -> Result<(), Error> {
    let everybody = cohort.subjects().rows();
    let arms = match cohort.arm_column() {
        Some(arm) => summary::levels(cohort.subjects().factor(arm)?),
        None => Vec::new(),
    };
    for summary in summaries {
        let arm = summary
            .strata
            .iter()
            .find(|stratum| Some(stratum.variable.as_str()) == cohort.arm_column());
        let size = match arm {
            None => everybody,
            Some(stratum) => match arms.iter().find(|count| count.level == stratum.level) {
                Some(count) => count.n,
                None => everybody - arms.iter().map(|count| count.n).sum::<usize>(),
            },
        };
        summary.missing = size.saturating_sub(summary.n);
    }
    Ok(())
}

/// The mean of a variable over time, a curve for each level of the arm, with 95% t intervals of
/// each mean by itself.
///
/// `time` is a factor; `at` gives the time of each of its levels.
pub fn means_over_time(
    table: &Table,
    variable: &str,
    arm: Option<&str>,
    time: &str,
    at: &[f64],
    time_label: &str,
) -> Result<Vec<Curve>, Error> {
    const LEVEL: f64 = 0.95;
    let column = table.column(variable)?;
    let by: Vec<&str> = arm.into_iter().chain([time]).collect();
    let waves = table.factor(time)?.levels().to_vec();
    let mut curves: Vec<Curve> = Vec::new();
    for summary in describe(table, &[variable], &by)? {
        let level = |name: &str| {
            let stratum = summary.strata.iter().find(|s| s.variable == name);
            stratum.map(|s| s.level.clone()).unwrap_or_default()
        };
        let wave = level(time);
        let (Some(figures), Some(place)) =
            (summary.numbers(), waves.iter().position(|w| *w == wave))
        else {
            continue;
        };
        let (Some(mean), Some(&when)) = (figures.mean, at.get(place)) else {
            continue;
        };
        let half_width = match figures.sd {
            Some(sd) if sd > 0.0 => {
                let n = summary.n as f64;
                let reference = Reference::StudentT { df: n - 1.0 };
                Some(dist::critical(LEVEL, reference)? * sd / n.sqrt())
            }
            _ => None,
        };
        let label = arm.map_or_else(|| column.title().to_owned(), level);
        let point = Point {
            at: when,
            name: Some(wave),
            value: mean,
            low: half_width.map(|w| mean - w),
            high: half_width.map(|w| mean + w),
            n: Some(summary.n),
        };
        match curves.iter_mut().find(|curve| curve.label == label) {
            Some(curve) => curve.points.push(point),
            None => curves.push(Curve {
                label,
                quantity: column.title().to_owned(),
                time: time_label.to_owned(),
                kind: CurveKind::Joined,
                points: vec![point],
                level: Some(LEVEL),
                method: "mean of those present, with the 95% t interval of each mean by itself"
                    .to_owned(),
                cautions: Vec::new(),
            }),
        }
    }
    Ok(curves)
}

/// What there is to say about a cohort before any model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// How the file was read.
    pub provenance: Provenance,
    /// How many subjects it holds.
    pub subjects: usize,
    /// What cannot be as declared, all at once.
    pub violations: Vec<Violation>,
    /// What is missing, column by column, and which rows were left out.
    pub missing: Missingness,
    /// Who was there when, where there are waves.
    pub flow: Option<Flow>,
    /// The variables, by arm and wave as far as there are any.
    pub summaries: Vec<Summary>,
}

impl Description {
    /// Describes a cohort: these variables, or all of them if none is named.
    pub fn of(cohort: &Cohort, variables: &[String]) -> Result<Self, Error> {
        let named = |per: Per| -> Vec<&str> {
            cohort
                .variables(per)
                .filter(|name| variables.is_empty() || variables.iter().any(|v| v == name))
                .collect()
        };
        let (constant, measured) = (named(Per::Subject), named(Per::Wave));
        let known = || {
            cohort
                .variables(Per::Subject)
                .chain(cohort.variables(Per::Wave))
        };
        if let Some(unknown) = variables
            .iter()
            .find(|name| !known().any(|k| k == name.as_str()))
        {
            let names: Vec<&str> = known().collect();
            return Err(Error::Argument {
                what: format!("variable `{unknown}`"),
                why: format!(
                    "there is no such variable{}",
                    kring_core::suggestion(unknown, names.iter().copied())
                ),
            });
        }
        let arm = cohort.arm_column();
        let by_arm: Vec<&str> = arm.into_iter().collect();
        let mut summaries = describe(cohort.subjects(), &constant, &by_arm)?;
        let mut flow = None;
        if let Some(wave) = cohort.wave_column()
            && !measured.is_empty()
        {
            let by: Vec<&str> = arm.into_iter().chain([wave]).collect();
            let mut by_wave = describe(cohort.measurements(), &measured, &by)?;
            count_the_absent(&mut by_wave, cohort)?;
            summaries.extend(by_wave);
            flow = Some(cohort.flow(&measured)?);
        }
        let mut provenance = cohort.provenance().clone();
        provenance.notes.extend(cohort.left_out());
        let doubted = |table: &Table, names: &[&str]| {
            let columns = table.columns().iter();
            let named = columns.filter(|column| names.contains(&column.name.as_str()));
            named
                .filter_map(suspicious)
                .map(|doubt| doubt.sentence())
                .collect::<Vec<_>>()
        };
        let of_subjects: Vec<&str> = by_arm.iter().chain(&constant).copied().collect();
        provenance
            .notes
            .extend(doubted(cohort.subjects(), &of_subjects));
        provenance
            .notes
            .extend(doubted(cohort.measurements(), &measured));
        Ok(Self {
            provenance,
            subjects: cohort.subjects().rows(),
            violations: cohort.validate(),
            missing: Missingness {
                columns: cohort
                    .missing()
                    .columns
                    .iter()
                    .filter(|column| variables.is_empty() || variables.contains(&column.variable))
                    .cloned()
                    .collect(),
                ..cohort.missing().clone()
            },
            flow,
            summaries,
        })
    }

    /// A line that says what was read.
    pub fn headline(&self) -> String {
        let faults = match self.violations.len() {
            0 => "no violations".to_owned(),
            1 => "1 violation".to_owned(),
            n => format!("{n} violations"),
        };
        format!(
            "{}: {} rows, {} columns, {} subjects, {faults}\n",
            self.provenance.file, self.provenance.rows, self.provenance.columns, self.subjects
        )
    }

    /// The violations in sentences; of each kind the first few, and how many more there are.
    fn violation_lines(&self) -> Vec<String> {
        const SHOWN: usize = 8;
        let mut kinds: Vec<(ViolationKind, usize)> = Vec::new();
        let mut lines = Vec::new();
        for violation in &self.violations {
            let known = kinds.iter().position(|(kind, _)| *kind == violation.kind);
            let place = known.unwrap_or_else(|| {
                kinds.push((violation.kind, 0));
                kinds.len() - 1
            });
            kinds[place].1 += 1;
            if kinds[place].1 <= SHOWN {
                lines.push(violation.to_string());
            }
        }
        let more: usize = kinds.iter().map(|(_, n)| n.saturating_sub(SHOWN)).sum();
        if more > 0 {
            lines.push(format!(
                "… and {more} more of these kinds; as JSON they are all there."
            ));
        }
        let repeated = kinds
            .iter()
            .any(|(kind, _)| *kind == ViolationKind::Repeated);
        if repeated && self.flow.is_none() {
            let hint = "Subjects stand on several rows. If each row is a wave, name the column of the wave.";
            lines.insert(0, hint.to_owned());
        }
        lines
    }

    /// The description as the pieces of a report.
    pub fn content(&self) -> Vec<Content> {
        let mut content = Vec::new();
        let mut paragraph = |title: &str, parts: Vec<String>, between: &str| {
            if !parts.is_empty() {
                content.push(Content::Text(format!("{title}{}", parts.join(between))));
            }
        };
        paragraph("", self.violation_lines(), "\n\n");
        paragraph("", self.provenance.notes.clone(), "\n\n");
        let excluded = self.missing.excluded.iter();
        let excluded = excluded
            .map(|e| format!("{} ({})", e.count, e.reason))
            .collect();
        paragraph("Left out: ", excluded, "; ");
        let missing = self
            .missing
            .columns
            .iter()
            .filter_map(missing_line)
            .collect();
        paragraph("Missing: ", missing, "; ");
        content.extend(self.flow.clone().map(Content::Flow));
        if !self.summaries.is_empty() {
            content.push(Content::Summaries(self.summaries.clone()));
        }
        content
    }
}

/// `problems 12 of 115 (10 empty, 2 coded 99 "refused")`, or nothing where none is.
fn missing_line(column: &ColumnMissing) -> Option<String> {
    let missing = column.rows - column.observed;
    if missing == 0 {
        return None;
    }
    let mut parts = Vec::new();
    if column.system > 0 {
        parts.push(format!("{} empty", column.system));
    }
    parts.extend(column.by_code.iter().map(|code| match &code.label {
        Some(label) => format!("{} coded {} \"{label}\"", code.count, coded(&code.code)),
        None => format!("{} coded {}", code.count, coded(&code.code)),
    }));
    if column.unusable > 0 {
        parts.push(format!("{} impossible", column.unusable));
    }
    Some(format!(
        "{} {missing} of {} ({})",
        column.column,
        column.rows,
        parts.join(", ")
    ))
}

fn coded(code: &Code) -> String {
    match code {
        Code::Number(x) => x.to_string(),
        Code::Text(text) => text.clone(),
    }
}

type Strata = Vec<(Vec<Stratum>, Vec<usize>)>;

fn strata(table: &Table, by: &[&str]) -> Result<Strata, Error> {
    const MISSING: &str = "(missing)";
    let mut strata: Strata = vec![(Vec::new(), (0..table.rows()).collect())];
    for name in by {
        let factor = table.factor(name)?;
        strata = strata
            .into_iter()
            .flat_map(|(conditions, rows)| {
                let mut parts: Vec<Vec<usize>> = vec![Vec::new(); factor.levels().len() + 1];
                for row in rows {
                    let place = factor
                        .code(row)
                        .map_or(factor.levels().len(), |code| code as usize);
                    parts[place].push(row);
                }
                let levels = factor.levels().iter().map(String::as_str).chain([MISSING]);
                levels
                    .zip(parts)
                    .filter(|(level, rows)| *level != MISSING || !rows.is_empty())
                    .map(|(level, rows)| {
                        let mut conditions = conditions.clone();
                        conditions.push(Stratum {
                            variable: (*name).to_owned(),
                            level: level.to_owned(),
                        });
                        (conditions, rows)
                    })
                    .collect::<Strata>()
            })
            .collect();
    }
    Ok(strata)
}

pub(crate) fn summarise(column: &Column, rows: &[usize], strata: Vec<Stratum>) -> Summary {
    let missing = rows.iter().filter(|&&row| column.is_missing(row)).count();
    let kind = match column.data() {
        ColumnData::Numeric(numeric) => {
            let values: Vec<f64> = rows.iter().filter_map(|&row| numeric.get(row)).collect();
            SummaryKind::Numbers(summary::numbers(&values, summary::Quantile::Type7))
        }
        ColumnData::Factor(factor) => {
            SummaryKind::Levels(summary::levels_among(factor, rows.iter().copied()))
        }
    };
    Summary {
        variable: column.name.clone(),
        label: column.title().to_owned(),
        unit: column.unit.clone(),
        strata,
        n: rows.len() - missing,
        missing,
        kind,
    }
}
