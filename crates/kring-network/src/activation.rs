//! Activation by domain of life: how much is own strength, how much the network, how much professionals.
//!
//! ```text
//! x          amounts of three parts, none negative: points of the ZRM-Krachtenwijzer, or agreements
//! shares     x_i / Σ x, which sum to one; absent where all are zero
//! zeros      refused; or replaced by δ, the others times 1 − (number of zeros) δ; or as counts:
//!            of n in D = 3 parts a zero becomes ½/(n + D/2) (Jeffreys' prior), the others shrink
//! clr        ln x_i − mean ln x                                   sum to zero
//! ilr        z₁ = √(2/3) ln(network / √(own · professional))      the network against the other two
//!            z₂ = √(1/2) ln(own / professional)                   own strength against professionals
//! ```
//! Shares are not free to vary on their own: the coordinates are, and each is an outcome for any linear
//! model. Results in them come back to shares by `Coordinates::shares`.
//!
//! Aitchison J (1986), The Statistical Analysis of Compositional Data, Chapman & Hall; Egozcue JJ et al.
//! (2003), Mathematical Geology 35:279–300, doi 10.1023/A:1023818214614; Martín-Fernández JA et al.
//! (2003), Mathematical Geology 35:253–278, doi 10.1023/A:1023866030544 (δ); Martín-Fernández JA et al.
//! (2015), Statistical Modelling 15:134–158, doi 10.1177/1471082X14535524 (counts).

use kring_core::{Carrier, Circles};
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::involvement::carriers;

/// How shares become coordinates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Activation {
    /// What becomes of parts that are zero.
    pub zeros: Zeros,
}

/// What becomes of parts that are zero, which have no logarithm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zeros {
    /// They are refused.
    #[default]
    Refuse,
    /// Each share of zero becomes this share; the others are made smaller alike.
    Multiplicative(f64),
    /// The amounts are counts, such as agreements: by Jeffreys' prior.
    Counts,
}

/// Amounts of the three parts, none negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Strengths {
    /// What the family does itself.
    pub own: f64,
    /// What the circle does.
    pub network: f64,
    /// What professionals do.
    pub professional: f64,
}

/// Shares of the three parts, which sum to one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    /// The family's own.
    pub own: f64,
    /// The circle's: the index of activation.
    pub network: f64,
    /// The professionals'.
    pub professional: f64,
}

/// Shares as numbers that may be anything, for models.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Coordinates {
    /// Centred log-ratios of own, network and professional; they sum to zero.
    pub clr: [f64; 3],
    /// Isometric log-ratios: the network against the others, own against professional.
    pub ilr: [f64; 2],
    /// How many zeros were replaced.
    pub replaced: usize,
}

/// The strengths in one domain of one family at one wave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DomainActivation {
    /// The family, by its place.
    pub family: usize,
    /// The wave, by its place.
    pub wave: usize,
    /// The domain; absent for agreements without one.
    pub domain: Option<String>,
    /// How many agreements each part takes on.
    pub strengths: Strengths,
    /// The same as shares.
    pub shares: Option<Shares>,
}

impl Strengths {
    fn parts(&self) -> [f64; 3] {
        [self.own, self.network, self.professional]
    }

    /// The shares; none where all amounts are zero.
    ///
    /// ```
    /// use kring_network::activation::Strengths;
    /// let strengths = Strengths { own: 1.0, network: 2.0, professional: 1.0 };
    /// assert_eq!(strengths.shares()?.unwrap().network, 0.5);
    /// # Ok::<(), kring_network::Error>(())
    /// ```
    pub fn shares(&self) -> Result<Option<Shares>, Error> {
        let parts = self.parts();
        if let Some((amount, part)) = parts
            .into_iter()
            .zip(PARTS)
            .find(|(amount, _)| !amount.is_finite() || *amount < 0.0)
        {
            return Err(Error::Argument {
                what: format!("the amount of {part}"),
                expected: "a finite number of zero or more".to_owned(),
                found: amount.to_string(),
            });
        }
        // The largest first, so that amounts near the end of what a computer holds do not overflow.
        let most = parts.into_iter().fold(0.0, f64::max);
        if most == 0.0 {
            return Ok(None);
        }
        let parts = parts.map(|part| part / most);
        let sum: f64 = parts.iter().sum();
        Ok(Some(Shares::of(parts.map(|part| part / sum))))
    }
}

const PARTS: [&str; 3] = ["own strength", "the network", "professionals"];

impl Shares {
    fn of([own, network, professional]: [f64; 3]) -> Self {
        Self {
            own,
            network,
            professional,
        }
    }
}

impl Activation {
    /// The coordinates of strengths; none where all amounts are zero.
    ///
    /// ```
    /// use kring_network::activation::{Activation, Strengths};
    /// let strengths = Strengths { own: 1.0, network: 2.0, professional: 4.0 };
    /// let found = Activation::default().coordinates(&strengths, "housing")?.unwrap();
    /// // The network lies half-way between the other two on the scale of logarithms.
    /// assert!(found.ilr[0].abs() < 1e-15);
    /// assert!((found.ilr[1] - 0.5_f64.sqrt() * 0.25_f64.ln()).abs() < 1e-15);
    /// # Ok::<(), kring_network::Error>(())
    /// ```
    pub fn coordinates(
        &self,
        strengths: &Strengths,
        what: &str,
    ) -> Result<Option<Coordinates>, Error> {
        let Some(Shares {
            own,
            network,
            professional,
        }) = strengths.shares()?
        else {
            return Ok(None);
        };
        let (shares, replaced) = self.replace([own, network, professional], strengths, what)?;
        let [own, network, professional] = shares.map(f64::ln);
        let mean = (own + network + professional) / 3.0;
        Ok(Some(Coordinates {
            clr: [own - mean, network - mean, professional - mean],
            ilr: [
                (2.0_f64 / 3.0).sqrt() * (network - 0.5 * (own + professional)),
                0.5_f64.sqrt() * (own - professional),
            ],
            replaced,
        }))
    }

    fn replace(
        &self,
        shares: [f64; 3],
        strengths: &Strengths,
        what: &str,
    ) -> Result<([f64; 3], usize), Error> {
        let zeros = shares.iter().filter(|&&share| share == 0.0).count();
        let small = match self.zeros {
            Zeros::Multiplicative(delta) if !(delta > 0.0 && delta < 1.0 / 3.0) => {
                return Err(Error::Argument {
                    what: "the share that replaces zero".to_owned(),
                    expected: "more than 0 and less than a third".to_owned(),
                    found: delta.to_string(),
                });
            }
            _ if zeros == 0 => return Ok((shares, 0)),
            Zeros::Refuse => {
                let part = shares
                    .into_iter()
                    .zip(PARTS)
                    .find(|(share, _)| *share == 0.0);
                return Err(Error::NoShares {
                    what: what.to_owned(),
                    part: part.map_or("a part", |(_, part)| part),
                });
            }
            Zeros::Multiplicative(delta) => delta,
            Zeros::Counts => {
                let n: f64 = strengths.parts().iter().sum();
                // Beyond this whole numbers can no longer be told apart.
                if n > 9e15 {
                    return Err(Error::Argument {
                        what: format!("the sum of the counts of {what}"),
                        expected: "at most 9e15".to_owned(),
                        found: n.to_string(),
                    });
                }
                0.5 / (n + 1.5)
            }
        };
        let rest = 1.0 - small * zeros as f64;
        Ok((
            shares.map(|share| if share == 0.0 { small } else { share * rest }),
            zeros,
        ))
    }
}

impl Coordinates {
    /// The shares that have these isometric coordinates.
    pub fn shares(&self) -> Shares {
        let [z1, z2] = self.ilr;
        let logs = [
            z2 / 2.0_f64.sqrt() - z1 / 6.0_f64.sqrt(),
            z1 * (2.0_f64 / 3.0).sqrt(),
            -z2 / 2.0_f64.sqrt() - z1 / 6.0_f64.sqrt(),
        ];
        let most = logs.into_iter().fold(f64::NEG_INFINITY, f64::max);
        let parts = logs.map(|log| (log - most).exp());
        let sum: f64 = parts.iter().sum();
        Shares::of(parts.map(|part| part / sum))
    }
}

/// Who takes on the agreements, domain by domain of each family and wave.
///
/// An agreement of several takers is shared equally among them. Persons of the household are own strength.
///
/// ```
/// use kring_core::{AgreementRow, Circles, FamilyRow, TakerKey};
/// use kring_network::activation::activation;
/// let mut builder = Circles::builder(["1"]);
/// builder.family(FamilyRow::new("Jansen", "1"));
/// let takers = [TakerKey::Family, TakerKey::Circle];
/// builder.agreement(AgreementRow::new("Jansen", "1", "school run", &takers));
/// let found = activation(&builder.finish()?)?;
/// assert_eq!(found[0].shares.unwrap().network, 0.5);
/// # Ok::<(), kring_network::Error>(())
/// ```
pub fn activation(circles: &Circles) -> Result<Vec<DomainActivation>, Error> {
    let mut found = Vec::new();
    for circle in circles.iter() {
        let first = found.len();
        for agreement in circle.agreements() {
            let known = found[first..]
                .iter()
                .position(|one: &DomainActivation| one.domain.as_deref() == agreement.domain);
            let place = known.map_or(found.len(), |known| first + known);
            if known.is_none() {
                found.push(DomainActivation {
                    family: circle.family_index(),
                    wave: circle.wave_index(),
                    domain: agreement.domain.map(str::to_owned),
                    strengths: Strengths::default(),
                    shares: None,
                });
            }
            let shares = carriers(&circle, agreement.takers);
            let strengths = &mut found[place].strengths;
            strengths.own += shares[Carrier::Own.place()];
            strengths.network += shares[Carrier::Network.place()];
            strengths.professional += shares[Carrier::Professional.place()];
        }
    }
    for one in &mut found {
        one.shares = one.strengths.shares()?;
    }
    Ok(found)
}
