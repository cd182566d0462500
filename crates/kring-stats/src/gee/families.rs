//! The rows of a design by family and place, once.
//!
//! ```text
//! family      the outermost clustering: families are independent of one another
//! levels      clusterings within it, outermost first: children in families in teams
//! place       where a row stands in its family: its wave, or its order
//! basis       X = Q R, the columns that are estimated; the search is over γ = R β
//! ```
//! Rows are sorted by family, inner clusterings and place, so that the order of the table does not matter.
//! Rows of weight zero are no rows.

use kring_core::{Design, Grouping, WeightKind};
use ndarray::Array2;

use super::{Gee, NAME, Place};
use crate::Error;
use crate::glm::model::{basis, observed};
use crate::linalg::Qr;
use crate::regression::aliases;

/// Sorted rows.
#[derive(Debug, Clone)]
pub(super) struct Families {
    /// The row of the design of each sorted row.
    pub rows: Vec<usize>,
    /// Where each family starts, and the number of rows.
    pub starts: Vec<usize>,
    /// The level of each family among those of its clustering.
    pub level: Vec<u32>,
    /// Where the groups of each inner clustering start, and the number of rows.
    pub inner: Vec<Vec<usize>>,
    /// How many columns are estimated.
    pub r: usize,
    /// Q, row by row.
    pub q: Vec<f64>,
    pub y: Vec<f64>,
    pub trials: Vec<f64>,
    /// The weight of each row, trials not counted, and its root.
    pub weight: Vec<f64>,
    pub root_weight: Vec<f64>,
    pub offset: Vec<f64>,
    /// The place of each row, and its time; empty where neither is needed.
    pub place: Vec<u32>,
    pub time: Vec<f64>,
    /// What the places are called.
    pub places: Vec<String>,
    /// The name of the clustering.
    pub name: String,
}

/// The columns of the design in the coordinates of the search.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    /// The columns that are estimated, in order.
    pub estimated: Vec<usize>,
    /// R.
    pub r: Array2<f64>,
    /// The others as combinations of them.
    pub aliases: Array2<f64>,
}

impl Families {
    /// How many families there are.
    pub fn count(&self) -> usize {
        self.level.len()
    }

    /// The rows of a family.
    pub fn range(&self, family: usize) -> std::ops::Range<usize> {
        self.starts[family]..self.starts[family + 1]
    }

    /// The size of the largest family.
    pub fn largest(&self) -> usize {
        let sizes = self.starts.windows(2).map(|w| w[1] - w[0]);
        sizes.max().unwrap_or(0)
    }

    /// The same rows with other columns, row by row.
    pub fn with_columns(&self, r: usize, q: Vec<f64>) -> Self {
        Self {
            r,
            q,
            ..self.clone()
        }
    }

    /// The names of the places of a family, for messages.
    pub fn named_places(&self, family: usize) -> String {
        let names = self.range(family).filter_map(|i| {
            let place = *self.place.get(i)?;
            self.places.get(place as usize).map(String::as_str)
        });
        names.collect::<Vec<_>>().join(", ")
    }
}

/// Sorts the rows of a design.
pub(super) fn families(options: &Gee, design: &Design) -> Result<(Families, Columns), Error> {
    let observed = observed(design, options.family)?;
    let kind = design.weights().map(|w| w.kind);
    if kind == Some(WeightKind::Frequency) {
        return Err(Error::Unsupported {
            what: format!("frequency weights in {NAME}"),
            hint: "rows of a family depend on one another, so that a row is no number of equal ones: repeat \
                   the families, or give precision or sampling weights"
                .to_owned(),
        });
    }
    let all = groupings(options, design)?;
    let needs = options.needs_places();
    let place = Placed::new(options, design, needs)?;
    let mut rows: Vec<usize> = (0..design.rows())
        .filter(|&i| observed.weight[i] > 0.0 && observed.trials[i] > 0.0)
        .collect();
    // A stable sort: rows that no place parts stay as they stood.
    rows.sort_by(|&a, &b| {
        let groups = all.iter().map(|g| g.index[a].cmp(&g.index[b]));
        groups
            .fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
            .then_with(|| place.time(a).total_cmp(&place.time(b)))
    });
    let mut inner: Vec<Vec<usize>> = (0..all.len())
        .map(|level| starts(&rows, &all[..=level]))
        .collect();
    let outer = inner.remove(0);
    let qr = basis(design, &observed);
    let families = Families {
        level: outer[..outer.len() - 1]
            .iter()
            .map(|&i| all[0].index[rows[i]])
            .collect(),
        name: all[0].name.clone(),
        starts: outer,
        inner,
        r: qr.rank,
        q: by_row(&qr, &rows),
        y: of(&rows, &observed.y),
        trials: of(&rows, &observed.trials),
        root_weight: rows.iter().map(|&i| observed.weight[i].sqrt()).collect(),
        weight: of(&rows, &observed.weight),
        offset: design.mean().offset.as_ref().map_or_else(
            || vec![0.0; rows.len()],
            |offset| rows.iter().map(|&i| offset[i]).collect(),
        ),
        place: Vec::new(),
        time: Vec::new(),
        places: Vec::new(),
        rows,
    };
    let families = place.settle(families, needs)?;
    check_numbers(options, &families)?;
    let p = design.mean().columns.len();
    Ok((families, columns(&qr, p)))
}

/// Families enough to estimate an error from.
fn check_numbers(options: &Gee, families: &Families) -> Result<(), Error> {
    let needed = if options.covariance.is_robust() {
        families.r + 1
    } else {
        1
    };
    if families.count() < needed {
        return Err(Error::TooFew {
            method: if options.covariance.is_robust() {
                "a robust standard error of marginal coefficients, more families than coefficients,"
            } else {
                NAME
            },
            what: format!("groups of `{}`", families.name),
            needed,
            found: families.count(),
        });
    }
    Ok(())
}

fn columns(qr: &Qr, p: usize) -> Columns {
    Columns {
        estimated: qr.pivot[..qr.rank].to_vec(),
        r: qr.r_square().to_owned(),
        aliases: aliases(qr, p),
    }
}

/// The clusterings that parts rows into families, and families into smaller groups.
fn groupings<'a>(options: &Gee, design: &'a Design) -> Result<Vec<&'a Grouping>, Error> {
    let groups = design.groups();
    let mut all: Vec<&Grouping> = groups.clusters.iter().collect();
    if all.is_empty() {
        all.extend(&groups.subject);
    }
    if all.is_empty() {
        return Err(Error::Missing {
            option: NAME.to_owned(),
            needed: "clusters",
            hint: "add `cluster(x)` to the formula, or name the column of the families",
        });
    }
    let nested = options.correlation == super::Correlation::NestedExchangeable;
    if all.len() > 1 && !nested {
        return Err(Error::Unsupported {
            what: format!(
                "more than one level of clusters with {} working correlation",
                options.correlation.name()
            ),
            hint: "give the outermost one, or choose `nested_exchangeable`".to_owned(),
        });
    }
    Ok(all)
}

/// Where each group of rows that agree in these groupings starts, and the number of rows.
fn starts(rows: &[usize], groupings: &[&Grouping]) -> Vec<usize> {
    let mut starts = Vec::new();
    for (i, &row) in rows.iter().enumerate() {
        let new = i == 0
            || groupings
                .iter()
                .any(|g| g.index[row] != g.index[rows[i - 1]]);
        if new {
            starts.push(i);
        }
    }
    starts.push(rows.len());
    starts
}

fn of(rows: &[usize], x: &[f64]) -> Vec<f64> {
    rows.iter().map(|&i| x[i]).collect()
}

/// Q with the columns of a row beside one another.
fn by_row(qr: &Qr, rows: &[usize]) -> Vec<f64> {
    let r = qr.rank;
    let mut all = vec![0.0; rows.len() * r];
    for (a, column) in qr.q.columns().into_iter().enumerate() {
        for (place, &row) in rows.iter().enumerate() {
            all[place * r + a] = column[row];
        }
    }
    all
}

/// Where rows stand in their families.
enum Placed<'a> {
    Nowhere,
    Time(&'a kring_core::Time),
    Order,
}

impl<'a> Placed<'a> {
    fn new(options: &Gee, design: &'a Design, needed: bool) -> Result<Self, Error> {
        match (options.place, design.time()) {
            (Place::Order, _) => Ok(Self::Order),
            (Place::Time, Some(time)) => Ok(Self::Time(time)),
            (Place::Time, None) if needed => Err(Error::Missing {
                option: options.what_needs_places(),
                needed: "the time of each row",
                hint: "name the column of the waves, or choose the place `order` if the rows of each family \
                       stand in their order and none is missing in between",
            }),
            (Place::Time, None) => Ok(Self::Nowhere),
        }
    }

    fn time(&self, row: usize) -> f64 {
        match self {
            Self::Time(time) => time.value[row],
            _ => 0.0,
        }
    }

    /// The places of sorted rows; no two rows of a family may stand at one.
    fn settle(self, mut families: Families, needed: bool) -> Result<Families, Error> {
        if !needed {
            return Ok(families);
        }
        match self {
            Self::Nowhere => {}
            Self::Time(time) => {
                families.place = families.rows.iter().map(|&i| time.index[i]).collect();
                families.time = families.rows.iter().map(|&i| time.value[i]).collect();
                families.places.clone_from(&time.levels);
            }
            Self::Order => {
                for family in 0..families.count() {
                    families
                        .place
                        .extend((0_u32..).take(families.range(family).len()));
                }
                families.time = families
                    .place
                    .iter()
                    .map(|&place| f64::from(place))
                    .collect();
                families.places = (1..=families.largest()).map(|i| i.to_string()).collect();
            }
        }
        Ok(families)
    }
}

/// Two rows of a family at one wave.
pub(super) fn duplicate(families: &Families, design: &Design, family: usize, row: usize) -> Error {
    let level = families.level[family] as usize;
    let named = |grouping: &Grouping| grouping.levels.get(level).cloned();
    let groups = design.groups();
    let family = groups.clusters.first().or(groups.subject.as_ref());
    let wave = families.places.get(families.place[row] as usize);
    Error::Argument {
        what: format!(
            "the number of rows of `{}` {} at wave {}",
            families.name,
            family.and_then(named).unwrap_or_default(),
            wave.map_or("", String::as_str)
        ),
        expected: "one row a wave (several outcomes or children of a family are a clustering within it)",
        found: "two or more".to_owned(),
    }
}

impl Gee {
    /// What asks for the place of each row, in words.
    fn what_needs_places(&self) -> String {
        if self.correlation.needs_places() {
            format!("{} working correlation", self.correlation.name())
        } else if self.covariance.needs_places() {
            self.covariance.name().to_owned()
        } else {
            "a scale by wave".to_owned()
        }
    }
}
