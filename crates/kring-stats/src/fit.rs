use kring_core::{
    Alternative, Caution, Estimate, Interval, IntervalKind, JointTest, Measure, Reference, Sample,
    Value,
};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};

use crate::family::Family;
use crate::{Error, dist, linalg};

/// What every fitted regression model can say, and all that is needed to say it.
///
/// A model gives its coefficients, the reference distribution of a contrast, and where its numbers
/// come from; estimates, contrasts and joint tests follow. A contrast has one weight for each
/// column of the design's model matrix, also for those that are not estimated.
pub trait Fit {
    /// The coefficients with their covariance.
    fn coefficients(&self) -> &Coefficients;

    /// The reference distribution of a contrast of the estimated columns, divided by its error;
    /// none where the data leave no error to estimate.
    fn reference(&self, contrast: ArrayView1<'_, f64>) -> Option<Reference>;

    /// How a quadratic form of several contrasts of the estimated columns is tested.
    fn joint_reference(&self, contrasts: ArrayView2<'_, f64>) -> Result<JointReference, Error>;

    /// Where the numbers come from.
    fn provenance(&self) -> &Provenance;

    /// A linear combination of the coefficients, if it has one value whatever the columns that were
    /// left out.
    fn contrast(&self, label: &str, weights: ArrayView1<'_, f64>) -> Result<Estimate, Error> {
        let c = self.coefficients().estimable(label, weights)?;
        self.combination(label, c.view())
    }

    /// A linear combination of the estimated coefficients, taken as they stand.
    fn combination(&self, label: &str, c: ArrayView1<'_, f64>) -> Result<Estimate, Error> {
        let coefficients = self.coefficients();
        let from = self.provenance();
        let value = c.dot(&coefficients.values);
        let mut cautions = from.cautions.clone();
        let estimate = |std_error, reference, interval, p_value, cautions| Estimate {
            label: label.to_owned(),
            measure: from.measure.clone(),
            value: Value::Value(value),
            std_error,
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference,
            interval,
            p_value,
            sample: from.sample.clone(),
            method: from.method.clone(),
            cautions,
        };
        let Some(covariance) = &coefficients.covariance else {
            return Ok(estimate(None, Reference::Exact, None, None, cautions).checked()?);
        };
        let Some(reference) = self.reference(c) else {
            cautions.push(Caution::NoError);
            return Ok(estimate(None, Reference::Exact, None, None, cautions).checked()?);
        };
        let std_error = c.dot(&covariance.dot(&c)).max(0.0).sqrt();
        if std_error == 0.0 {
            return Ok(estimate(Some(0.0), Reference::Exact, None, None, cautions).checked()?);
        }
        if let Reference::StudentT { df } = reference
            && df < 4.0
            && from.approximate_df
        {
            cautions.push(Caution::FewDegreesOfFreedom { df });
        }
        let p_value = dist::p_value(value / std_error, reference, Alternative::TwoSided)?;
        let interval = Lies::Anywhere.around(value, std_error, from.level, reference)?;
        Ok(estimate(
            Some(std_error),
            reference,
            interval,
            Some(p_value),
            cautions,
        )
        .checked()?)
    }

    /// Every estimated coefficient; as in R, a column that was left out counts as zero.
    fn estimates(&self) -> Result<Vec<Estimate>, Error> {
        let coefficients = self.coefficients();
        let mut unit = Array1::zeros(coefficients.estimated.len());
        coefficients
            .estimated
            .iter()
            .enumerate()
            .map(|(place, &j)| {
                unit.fill(0.0);
                unit[place] = 1.0;
                self.combination(&coefficients.columns[j], unit.view())
            })
            .collect()
    }

    /// A test that several linear combinations, the rows of `contrasts`, are all zero.
    fn joint_test(&self, label: &str, contrasts: ArrayView2<'_, f64>) -> Result<JointTest, Error> {
        let coefficients = self.coefficients();
        let rows = contrasts
            .rows()
            .into_iter()
            .map(|row| coefficients.estimable(label, row))
            .collect::<Result<Vec<_>, _>>()?;
        let all =
            Array2::from_shape_fn((rows.len(), coefficients.values.len()), |(i, j)| rows[i][j]);
        self.joint_combination(label, all.view())
    }

    /// A test that several linear combinations of the estimated coefficients, taken as they stand,
    /// are all zero.
    fn joint_combination(&self, label: &str, all: ArrayView2<'_, f64>) -> Result<JointTest, Error> {
        let coefficients = self.coefficients();
        let from = self.provenance();
        let refused = |why: &str| Error::Contrast {
            label: label.to_owned(),
            why: why.to_owned(),
        };
        // Only independent combinations count: R's pivoting picks them.
        let independent = linalg::Qr::new(all.t());
        if independent.rank == 0 {
            return Err(refused("there is nothing to test"));
        }
        let mut kept: Vec<usize> = independent.pivot[..independent.rank].to_vec();
        kept.sort_unstable();
        let c = all.select(ndarray::Axis(0), &kept);
        let Some(covariance) = &coefficients.covariance else {
            return Err(refused("no degrees of freedom are left for an error"));
        };
        // As correlations, so that contrasts of very different size stand beside each other.
        let v = c.dot(covariance).dot(&c.t());
        let size = v.diag().mapv(f64::sqrt);
        let b = c.dot(&coefficients.values) / &size;
        let root = linalg::Qr::new((&v / &size / size.view().insert_axis(ndarray::Axis(1))).view());
        if size.iter().any(|&s| s.is_nan() || s == 0.0) || root.rank < b.len() {
            return Err(refused("its covariance is singular"));
        }
        let quadratic = b.dot(&root.solve(root.q.t().dot(&b).view()));
        let joint = self.joint_reference(c.view())?;
        let mut cautions = from.cautions.clone();
        if let Reference::F {
            denominator: df, ..
        } = joint.reference
            && df < 4.0
            && from.approximate_df
        {
            cautions.push(Caution::FewDegreesOfFreedom { df });
        }
        let statistic = quadratic * joint.scale;
        Ok(JointTest {
            label: label.to_owned(),
            statistic: Some(statistic),
            reference: joint.reference,
            p_value: Some(dist::p_value(
                statistic,
                joint.reference,
                Alternative::TwoSided,
            )?),
            sample: from.sample.clone(),
            method: from.method.clone(),
            cautions,
        })
    }
}

/// The coefficients of a fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Coefficients {
    /// The names of all columns of the model matrix, `p`.
    pub columns: Vec<String>,
    /// Which of them are estimated, in order, `r` ≤ `p`.
    pub estimated: Vec<usize>,
    /// Their coefficients, `r`.
    pub values: Array1<f64>,
    /// The covariance of the coefficients, `r` × `r`; absent where no error can be estimated.
    pub covariance: Option<Array2<f64>>,
    /// Each column that is not estimated as a combination of those that are, `r` × (`p` − `r`),
    /// in the order of the columns.
    pub aliases: Array2<f64>,
}

/// Where the numbers of a fit come from, which its estimates carry along.
#[derive(Debug, Clone, PartialEq)]
pub struct Provenance {
    /// The model and its covariance in words.
    pub method: String,
    /// What kind of number a coefficient is.
    pub measure: Measure,
    /// What the fit rests on.
    pub sample: Sample,
    /// Why one may doubt it.
    pub cautions: Vec<Caution>,
    /// The level of intervals.
    pub level: f64,
    /// Whether degrees of freedom are an approximation that few of them make unreliable.
    pub approximate_df: bool,
}

/// How b'V⁻¹b of several contrasts is tested: times a scale, against a distribution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct JointReference {
    /// What the quadratic form is multiplied with.
    pub scale: f64,
    /// Its distribution under the null hypothesis.
    pub reference: Reference,
}

impl Coefficients {
    /// The names of the columns that are not estimated.
    pub fn aliased(&self) -> Vec<String> {
        self.aliased_columns()
            .map(|j| self.columns[j].clone())
            .collect()
    }

    /// The coefficient of a column, absent where it is not estimated or not there.
    pub fn value(&self, column: &str) -> Option<f64> {
        let place = self
            .estimated
            .iter()
            .position(|&j| self.columns[j] == column)?;
        Some(self.values[place])
    }

    fn aliased_columns(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.columns.len()).filter(|j| self.estimated.binary_search(j).is_err())
    }

    /// A contrast of all columns as one of the estimated columns.
    ///
    /// Where X₂ = X₁B, a contrast (c₁, c₂) has one value whatever the solution only if c₂ = B'c₁.
    pub(crate) fn estimable(
        &self,
        label: &str,
        weights: ArrayView1<'_, f64>,
    ) -> Result<Array1<f64>, Error> {
        let refused = |why: String| Error::Contrast {
            label: label.to_owned(),
            why,
        };
        if weights.len() != self.columns.len() {
            return Err(refused(format!(
                "it has {} weights, but the model has {} columns",
                weights.len(),
                self.columns.len()
            )));
        }
        if weights.iter().any(|w| !w.is_finite()) {
            return Err(refused("a weight is not a finite number".to_owned()));
        }
        let c: Array1<f64> = self.estimated.iter().map(|&j| weights[j]).collect();
        let scale = weights.iter().fold(0.0_f64, |m, w| m.max(w.abs()));
        for (place, column) in self.aliased_columns().enumerate() {
            let implied = self.aliases.column(place).dot(&c);
            if (implied - weights[column]).abs() > 1e-8 * scale.max(implied.abs()) {
                return Err(refused(format!(
                    "it cannot be estimated, because `{}` is contained in the other columns",
                    self.columns[column]
                )));
            }
        }
        Ok(c)
    }
}

/// A function of the parameters with its error by the delta method.
pub(crate) struct Delta<'a> {
    pub label: &'a str,
    pub measure: Measure,
    pub value: f64,
    /// Its variance, and what the value over its error is referred to; absent where there is no error.
    pub error: Option<(f64, Reference)>,
    /// Put before the method of the fit.
    pub how: &'a str,
    /// Whether a value of zero is tested.
    pub tested: bool,
    /// Where the value can lie.
    pub lies: Lies,
}

/// Fewer degrees of freedom have no quantile that a number holds.
const LEAST_DF: f64 = 0.02;

/// Where a number can lie. Its interval is made on a scale on which it can lie anywhere, so that no end of it lies
/// where the number cannot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lies {
    Anywhere,
    /// The mean of counts: on the scale of its log.
    AboveZero,
    /// A share: on the scale of its logit.
    WithinOne,
}

impl Lies {
    /// The mean of a family.
    pub fn mean_of(family: Family) -> Self {
        if family.is_share() {
            Self::WithinOne
        } else if family.is_count() || family == Family::Gamma {
            Self::AboveZero
        } else {
            Self::Anywhere
        }
    }

    /// How the interval is made, as the method says.
    pub fn how(self, value: f64) -> &'static str {
        match self.curve(value) {
            Self::Anywhere => "",
            Self::AboveZero => ", interval on the log scale",
            Self::WithinOne => ", interval on the logit scale",
        }
    }

    /// The same, or anywhere where the number itself lies at an edge or beyond, as a link may let it.
    fn curve(self, value: f64) -> Self {
        match self {
            Self::AboveZero if value > 0.0 => self,
            Self::WithinOne if value > 0.0 && value < 1.0 => self,
            _ => Self::Anywhere,
        }
    }

    /// Wald's interval; none on hardly any degrees of freedom, where it has no end.
    pub fn around(
        self,
        value: f64,
        std_error: f64,
        level: f64,
        reference: Reference,
    ) -> Result<Option<Interval>, Error> {
        if reference.df().is_some_and(|df| df < LEAST_DF) {
            return Ok(None);
        }
        let width = dist::critical(level, reference)? * std_error;
        let (low, high) = match self.curve(value) {
            Self::Anywhere => (value - width, value + width),
            Self::AboveZero => {
                let factor = (width / value).exp();
                (value / factor, value * factor)
            }
            Self::WithinOne => {
                let factor = (width / (value * (1.0 - value))).exp();
                let share = |odds: f64| 1.0 / (1.0 + 1.0 / odds);
                let odds = value / (1.0 - value);
                (share(odds / factor), share(odds * factor))
            }
        };
        let known = width.is_finite() && low.is_finite() && high.is_finite();
        Ok(known.then_some(Interval {
            low: Some(low),
            high: Some(high),
            level,
            kind: IntervalKind::Wald,
        }))
    }
}

impl Delta<'_> {
    /// As an estimate of the fit that these are the provenance of.
    pub fn estimate(self, from: &Provenance) -> Result<Estimate, Error> {
        let mut estimate = Estimate {
            label: self.label.to_owned(),
            measure: self.measure,
            value: Value::Value(self.value),
            std_error: None,
            null: 0.0,
            alternative: Alternative::TwoSided,
            reference: Reference::Exact,
            interval: None,
            p_value: None,
            sample: from.sample.clone(),
            method: format!("{}{}; {}", self.how, self.lies.how(self.value), from.method),
            cautions: from.cautions.clone(),
        };
        if let Some((variance, reference)) = self.error {
            let std_error = variance.max(0.0).sqrt();
            estimate.std_error = Some(std_error);
            if std_error > 0.0 {
                estimate.reference = reference;
                estimate.interval = self
                    .lies
                    .around(self.value, std_error, from.level, reference)?;
                if self.tested {
                    let z = self.value / std_error;
                    estimate.p_value = Some(dist::p_value(z, reference, estimate.alternative)?);
                }
            }
        }
        Ok(estimate.checked()?)
    }
}
