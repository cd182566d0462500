//! Contrasts of means, in families, each family adjusted for how many it has.

use kring_core::{Caution, Estimate, Interval, JointTest, Reference};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::adjust::{Adjust, One};
use super::families::{ContrastFamily, FactorContrasts, Weighing, place_of, products};
use super::terms::joint_of_rows;
use super::{Found, Means, Scale, Told};
use crate::Error;
use crate::equivalence::{Equivalence, EquivalenceTest};

/// The options of contrasts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Contrasts {
    /// Which contrasts, of all cells that agree in `by`.
    pub family: ContrastFamily,
    /// Contrasts of several factors whose products are taken, differences of differences; they stand
    /// in the place of `family`.
    pub interaction: Vec<FactorContrasts>,
    /// The factors at each of whose levels contrasts are taken: simple effects.
    pub by: Vec<String>,
    /// How each family is adjusted; Tukey's method for all pairs, Dunnett's against a control, else none.
    pub adjust: Option<Adjust>,
    /// The margin within which a contrast does not matter, in its own unit (a log for a ratio).
    pub equivalence: Option<Equivalence>,
}

/// The contrasts at one combination of the levels of `by`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContrastSet {
    /// Where: `wave 2`, `24 months`; absent where there is no `by`.
    pub at: Option<String>,
    /// The contrasts.
    pub contrasts: Vec<Found<ContrastFound>>,
    /// How they are adjusted, in words.
    pub adjustment: String,
    /// The largest error of an adjusted p-value, where it is by quasi-Monte Carlo.
    pub integration_error: Option<f64>,
    /// The test that all of them are zero, on the scale of the link.
    pub joint: Option<JointTest>,
}

/// A contrast.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContrastFound {
    /// What is compared: `EKC − WT`.
    pub name: String,
    /// The contrast by itself.
    pub plain: Estimate,
    /// The same with the p-value and interval for all of the family together.
    pub adjusted: Estimate,
    /// Whether it lies within the margin.
    pub equivalence: Option<EquivalenceTest>,
}

impl Contrasts {
    /// A family of contrasts and nothing else.
    pub fn of(family: ContrastFamily) -> Self {
        Self {
            family,
            ..Self::default()
        }
    }

    /// Differences of differences.
    pub fn products(interaction: Vec<FactorContrasts>) -> Self {
        Self {
            interaction,
            ..Self::default()
        }
    }
}

/// The cells that agree in `by`.
struct Group {
    at: Option<String>,
    cells: Vec<usize>,
}

/// A contrast before it is adjusted.
struct Unadjusted {
    told: Told,
    plain: Estimate,
}

impl Means<'_> {
    /// Contrasts of the means, a set for each combination of the levels of `by`.
    ///
    /// On the scale of the link of a log or logit model they are logs of ratios; on that of the outcome
    /// differences; on that of logs, logs of ratios of the means.
    pub fn contrasts(&self, options: &Contrasts) -> Result<Vec<ContrastSet>, Error> {
        let by = self.by(&options.by)?;
        let open: Vec<usize> = (0..self.factors.len())
            .filter(|f| !by.contains(f))
            .collect();
        let family = options.interaction.is_empty().then_some(&options.family);
        let adjust = options.adjust.unwrap_or_else(|| Adjust::usual(family));
        adjust.check(family)?;
        self.groups(&by)
            .into_iter()
            .map(|group| {
                let (order, weighings) = match family {
                    Some(family) => (
                        group.cells.clone(),
                        self.of_family(family, &open, &group.cells)?,
                    ),
                    None => self.of_products(&options.interaction, &open, &group.cells)?,
                };
                self.set(options, adjust, &group, &order, &weighings)
            })
            .collect()
    }

    fn by(&self, names: &[String]) -> Result<Vec<usize>, Error> {
        names
            .iter()
            .map(|name| place_of(&self.factors, name))
            .collect()
    }

    /// The cells by the levels of some factors, in the order in which these occur.
    fn groups(&self, by: &[usize]) -> Vec<Group> {
        let mut keys: Vec<Vec<usize>> = Vec::new();
        let mut groups: Vec<Group> = Vec::new();
        for (place, cell) in self.cells.iter().enumerate() {
            let key: Vec<usize> = by.iter().map(|&f| cell.levels[f]).collect();
            if let Some(known) = keys.iter().position(|known| *known == key) {
                groups[known].cells.push(place);
                continue;
            }
            let each: Vec<String> = by
                .iter()
                .zip(&key)
                .map(|(&f, &level)| self.factors[f].place(level))
                .collect();
            groups.push(Group {
                at: (!each.is_empty()).then(|| each.join(", ")),
                cells: vec![place],
            });
            keys.push(key);
        }
        groups
    }

    /// A family over all cells of a group.
    fn of_family(
        &self,
        family: &ContrastFamily,
        open: &[usize],
        cells: &[usize],
    ) -> Result<Vec<Weighing>, Error> {
        let whole: Vec<&str> = open
            .iter()
            .map(|&f| self.factors[f].name.as_str())
            .collect();
        if let [only] = open {
            let factor = &self.factors[*only];
            let levels: Vec<usize> = cells.iter().map(|&c| self.cells[c].levels[*only]).collect();
            let names: Vec<String> = levels.iter().map(|&l| factor.levels[l].clone()).collect();
            let numbers: Option<Vec<f64>> = factor
                .numbers
                .as_ref()
                .map(|numbers| levels.iter().map(|&l| numbers[l]).collect());
            let unit = factor.unit.as_deref().filter(|_| numbers.is_some());
            return family.weighings(&names, numbers.as_deref(), &factor.name, unit);
        }
        let name = |&cell: &usize| {
            let levels = &self.cells[cell].levels;
            let each: Vec<String> = open
                .iter()
                .map(|&f| {
                    let factor = &self.factors[f];
                    match factor.numbers {
                        Some(_) => factor.place(levels[f]),
                        None => factor.levels[levels[f]].clone(),
                    }
                })
                .collect();
            each.join(", ")
        };
        let names: Vec<String> = cells.iter().map(name).collect();
        family.weighings(&names, None, &whole.join(" and "), None)
    }

    /// Products of the contrasts of several factors, over the cells in the order of the products; factors
    /// that are open and have no contrasts are averaged over.
    fn of_products(
        &self,
        interaction: &[FactorContrasts],
        open: &[usize],
        cells: &[usize],
    ) -> Result<(Vec<usize>, Vec<Weighing>), Error> {
        let mut asked: Vec<usize> = Vec::new();
        let mut of: Vec<Vec<Weighing>> = Vec::new();
        for one in interaction {
            let place = place_of(&self.factors, &one.of)?;
            if !open.contains(&place) || asked.contains(&place) {
                return Err(Error::Argument {
                    what: "a factor of the interaction".to_owned(),
                    expected: "one that stands there once and not in `by`",
                    found: format!("`{}`", one.of),
                });
            }
            let factor = &self.factors[place];
            of.push(one.family.weighings(
                &factor.levels,
                factor.numbers.as_deref(),
                &factor.name,
                factor.unit.as_deref().filter(|_| factor.numbers.is_some()),
            )?);
            asked.push(place);
        }
        let others: Vec<usize> = open
            .iter()
            .copied()
            .filter(|f| !asked.contains(f))
            .collect();
        let mut order: Vec<usize> = cells.to_vec();
        // The factors of the products run fastest, in their order; the others after them.
        let key = |cell: usize| -> Vec<usize> {
            let of = others.iter().rev().chain(asked.iter().rev());
            of.map(|&f| self.cells[cell].levels[f]).collect()
        };
        order.sort_by_key(|&cell| key(cell));
        let inner: usize = asked
            .iter()
            .map(|&f| self.factors[f].levels.len())
            .product();
        if inner == 0 || !order.len().is_multiple_of(inner) {
            return Err(Error::Shape {
                what: "the grid of an interaction".to_owned(),
                expected: "a cell for each combination of levels".to_owned(),
                found: format!("{} cells", order.len()),
            });
        }
        let copies = order.len() / inner;
        let mut found = products(&of);
        for one in &mut found {
            let share = one.weights.iter().map(|w| w / copies as f64);
            let share: Vec<f64> = share.collect();
            one.weights = share.repeat(copies);
        }
        Ok((order, found))
    }

    fn set(
        &self,
        options: &Contrasts,
        adjust: Adjust,
        group: &Group,
        order: &[usize],
        weighings: &[Weighing],
    ) -> Result<ContrastSet, Error> {
        let mut found: Vec<Result<Unadjusted, String>> = Vec::with_capacity(weighings.len());
        let labels: Vec<String> = weighings
            .iter()
            .map(|one| match &group.at {
                Some(at) => format!("{} at {at}", one.name),
                None => one.name.clone(),
            })
            .collect();
        for (one, label) in weighings.iter().zip(&labels) {
            let weights: Vec<(usize, f64)> = order
                .iter()
                .copied()
                .zip(one.weights.iter().copied())
                .filter(|(_, weight)| *weight != 0.0)
                .collect();
            found.push(match self.combined(label, &weights) {
                Ok(told) => Ok(Unadjusted {
                    plain: self.estimate(label, &told, self.difference_measure(one.difference))?,
                    told,
                }),
                Err(why) => Err(why),
            });
        }
        // Those with an error make the family.
        let mut family = Vec::new();
        let mut members: Vec<&Unadjusted> = Vec::new();
        for one in found.iter().flatten() {
            if let Some(own) = statistic(&one.plain) {
                family.push(own);
                members.push(one);
            }
        }
        let level = self.fit.provenance().level;
        // One alone is no family.
        let alone = family.len() < 2;
        let adjust = if alone { Adjust::None } else { adjust };
        let adjusted = adjust.apply(&family, order.len(), level, || self.correlations(&members))?;
        let words = adjust.words(family.len(), order.len());
        let mut next = 0;
        let mut contrasts = Vec::with_capacity(found.len());
        for ((one, weighing), label) in found.iter().zip(weighings).zip(labels) {
            let one = match one {
                Ok(one) => one,
                Err(why) => {
                    let why = why.clone();
                    contrasts.push(Found::NotEstimable { label, why });
                    continue;
                }
            };
            let mut own = one.plain.clone();
            if statistic(&one.plain).is_some() {
                let width = adjusted.critical[next] * own.std_error.unwrap_or(0.0);
                let value = own.value.finite().unwrap_or(0.0);
                own.p_value = Some(adjusted.p[next]);
                own.interval = own.interval.map(|interval| Interval {
                    low: Some(value - width),
                    high: Some(value + width),
                    ..interval
                });
                if !alone {
                    own.method = format!("{}; {words}", own.method);
                }
                if let Some(error) = adjusted.error.filter(|&error| error > CERTAIN) {
                    own.cautions.push(Caution::Note(format!(
                        "The adjusted p-value comes from an integral with an error of {error:.1e}."
                    )));
                }
                next += 1;
            }
            let equivalence = options.equivalence.as_ref();
            contrasts.push(Found::Estimable(ContrastFound {
                name: weighing.name.clone(),
                equivalence: equivalence
                    .map(|margin| margin.of_estimate(&one.plain))
                    .transpose()?,
                adjusted: own.checked()?,
                plain: one.plain.clone(),
            }));
        }
        Ok(ContrastSet {
            at: group.at.clone(),
            contrasts,
            adjustment: words,
            integration_error: adjusted.error,
            joint: self.joint(group, order, weighings),
        })
    }

    /// The correlations of several contrasts.
    fn correlations(&self, members: &[&Unadjusted]) -> Array2<f64> {
        let n = members.len();
        let covariance = self.fit.coefficients().covariance.as_ref();
        let rows: Vec<Array1<f64>> = members
            .iter()
            .map(|one| covariance.map_or_else(|| Array1::zeros(0), |v| v.dot(&one.told.gradient)))
            .collect();
        let inner = |i: usize, j: usize| {
            if rows[i].is_empty() {
                0.0
            } else {
                rows[i].dot(&members[j].told.gradient)
            }
        };
        let sizes: Vec<f64> = (0..n).map(|i| inner(i, i).sqrt()).collect();
        Array2::from_shape_fn((n, n), |(i, j)| {
            if i == j {
                1.0
            } else {
                (inner(i, j) / (sizes[i] * sizes[j])).clamp(-1.0, 1.0)
            }
        })
    }

    /// The test that all contrasts of a set are zero, where they are linear and can be tested.
    fn joint(&self, group: &Group, order: &[usize], weighings: &[Weighing]) -> Option<JointTest> {
        if self.scale != Scale::Link {
            return None;
        }
        let p = self.fit.coefficients().columns.len();
        let mut rows = Vec::with_capacity(weighings.len());
        for one in weighings {
            let mut row = Array1::zeros(p);
            let (mut offset, mut size) = (0.0, 0.0_f64);
            for (&cell, &weight) in order.iter().zip(&one.weights) {
                if weight == 0.0 {
                    continue;
                }
                let function = self.cells[cell].function.as_ref().ok()?;
                row.scaled_add(weight, &function.gradient);
                offset += weight * function.offset;
                size = size.max((weight * function.offset).abs());
            }
            // An offset that does not cancel is part of what would be tested.
            if offset.abs() > 1e-10 * size {
                return None;
            }
            rows.push(row);
        }
        let label = group.at.as_ref().map_or_else(
            || "all contrasts".to_owned(),
            |at| format!("all contrasts at {at}"),
        );
        joint_of_rows(self.fit, &label, &rows).ok().flatten()
    }
}

/// An error of an integral that no reader would see.
const CERTAIN: f64 = 5e-4;

/// The statistic of a contrast, if it has one.
fn statistic(estimate: &Estimate) -> Option<One> {
    let std_error = estimate.std_error.filter(|&error| error > 0.0)?;
    let known = matches!(
        estimate.reference,
        Reference::Normal | Reference::StudentT { .. }
    );
    Some(One {
        t: (estimate.value.finite()? / std_error).abs(),
        p: estimate.p_value?,
        reference: known.then_some(estimate.reference)?,
    })
}
