use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Caution, Error, near};

/// One of the ways in which studies measured that a circle takes part.
///
/// Ten of them were found in the studies of this library; two are of two kinds each, and one is often
/// read as another of them. Each has a definition and a denominator of its own: figures of two of them
/// are not the same thing, however alike the words. [`side_by_side`] says so wherever they meet. They
/// are written as in the field `indicator` of a published figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Indicator {
    /// A worker asked the circle to think along.
    NetworkAskedByWorker,
    /// The client says that somebody of the circle was present.
    NetworkPresentReportedByClient,
    /// Persons of the circle present at the meeting.
    PersonsPresent,
    /// Persons of the circle willing to think along.
    PersonsWilling,
    /// Agreements of a plan.
    AgreementsPerPlan,
    /// The share of the agreements that family and circle take on.
    AgreementsCarriedOutByCircle,
    /// A plan was made, of those who were referred.
    PlanMadeOfReferrals,
    /// A plan was made, of those who were started.
    PlanMadeOfStarted,
    /// Persons who give support.
    PersonsGivingSupport,
    /// From whom support comes: the role of those who give it.
    SourceOfSupport,
    /// Support as it is perceived, on a scale.
    SocialSupport,
    /// The share of the agreements that still stand at the next measurement.
    PlanLasting,
    /// The size of the circle.
    NetworkSize,
}

/// What must be known before an indicator can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// The persons of the circle with their roles.
    Persons,
    /// Whether each was asked and by whom, or the worker's own report.
    Asked,
    /// The client's report of who was there, or the presence of each person.
    PresenceOfClient,
    /// Whether each was present.
    Presence,
    /// Whether each promised something.
    Promised,
    /// How far the family came: referred, started, a meeting.
    Course,
    /// Whether a plan was made.
    Plan,
    /// The agreements with who takes them on.
    Agreements,
    /// Whether the agreements still stand at a later wave.
    Standing,
    /// The support that each person gives.
    Support,
    /// A score of perceived support.
    PerceivedSupport,
}

/// What is written of an indicator.
struct Entry {
    word: &'static str,
    number: usize,
    title: &'static str,
    definition: &'static str,
    numerator: &'static str,
    denominator: &'static str,
    needs: &'static [Need],
}

#[rustfmt::skip]
const ENTRIES: &[Entry] = &[
    Entry {
        word: "network_asked_by_worker", number: 1,
        title: "circle asked by the worker",
        definition: "A worker asked family, friends or acquaintances to think along about a plan. The worker's own report where there is one; else somebody of the circle was asked by a worker.",
        numerator: "families whose circle a worker asked",
        denominator: "families seen at the wave of which this is known",
        needs: &[Need::Persons, Need::Asked],
    },
    Entry {
        word: "network_present_reported_by_client", number: 2,
        title: "circle present, as the client says",
        definition: "Somebody of family, friends or neighbours was present at the talk or meeting. The client's own report where there is one; else somebody of the circle was present.",
        numerator: "families with somebody of the circle present",
        denominator: "families seen at the wave of which this is known",
        needs: &[Need::PresenceOfClient],
    },
    Entry {
        word: "persons_present", number: 3,
        title: "persons of the circle present",
        definition: "How many persons of the circle, without professionals, were present in any part of the meeting. Published counts often do not say whether professionals are in them.",
        numerator: "persons present who are no professionals",
        denominator: "families that had a meeting; where that is not known, those of which it is known who was there",
        needs: &[Need::Persons, Need::Presence, Need::Course],
    },
    Entry {
        word: "persons_willing", number: 3,
        title: "persons of the circle willing to think along",
        definition: "How many persons of the circle, without professionals, were present, were represented by another, or promised something.",
        numerator: "such persons who are no professionals",
        denominator: "families seen at the wave of which this is known of every person",
        needs: &[Need::Persons, Need::Presence, Need::Promised],
    },
    Entry {
        word: "agreements_per_plan", number: 4,
        title: "agreements of a plan",
        definition: "How many agreements the plan has that was made at the wave.",
        numerator: "agreements",
        denominator: "families that made a plan at the wave",
        needs: &[Need::Plan, Need::Agreements],
    },
    Entry {
        word: "agreements_carried_out_by_circle", number: 4,
        title: "share of the agreements that family and circle take on",
        definition: "An agreement with several takers is shared equally among them. Family and circle together; professionals take on the rest.",
        numerator: "agreements taken on by the family or its circle",
        denominator: "agreements; of families with at least one",
        needs: &[Need::Agreements],
    },
    Entry {
        word: "plan_made_of_referrals", number: 5,
        title: "plan made, of those referred",
        definition: "A plan was made, with a meeting or without one.",
        numerator: "families that made a plan",
        denominator: "families that were referred and of which it is known whether a plan was made",
        needs: &[Need::Course, Need::Plan],
    },
    Entry {
        word: "plan_made_of_started", number: 5,
        title: "plan made, of those started",
        definition: "A plan was made, with a meeting or without one.",
        numerator: "families that made a plan",
        denominator: "families that were started and of which it is known whether a plan was made",
        needs: &[Need::Course, Need::Plan],
    },
    Entry {
        word: "persons_giving_support", number: 6,
        title: "persons who give support",
        definition: "How many persons of the circle, without professionals, give support of any kind.",
        numerator: "persons who give support and are no professionals",
        denominator: "families seen at the wave of which the support of every person is known",
        needs: &[Need::Persons, Need::Support],
    },
    Entry {
        word: "source_of_support", number: 7,
        title: "where support comes from",
        definition: "The roles of those who give support of any kind, professionals among them.",
        numerator: "persons of the role who give support",
        denominator: "persons who give support, of all families together",
        needs: &[Need::Persons, Need::Support],
    },
    Entry {
        word: "social_support", number: 8,
        title: "support as perceived",
        definition: "A score on a scale of perceived support. Scales differ between studies.",
        numerator: "the score",
        denominator: "families with a score at the wave",
        needs: &[Need::PerceivedSupport],
    },
    Entry {
        word: "plan_lasting", number: 9,
        title: "share of the agreements that still stand",
        definition: "Of the agreements made at earlier waves, those that still stand at this one.",
        numerator: "agreements that stand",
        denominator: "agreements made earlier of which it is known at this wave; of families with at least one",
        needs: &[Need::Agreements, Need::Standing],
    },
    Entry {
        word: "network_size", number: 10,
        title: "size of the circle",
        definition: "How many persons are around the family, without professionals. A family that was seen and has nobody has a circle of size zero, and counts.",
        numerator: "persons who are no professionals",
        denominator: "families seen at the wave",
        needs: &[Need::Persons],
    },
];

impl Indicator {
    /// All of them, in the order of the list.
    pub const ALL: [Self; 13] = [
        Self::NetworkAskedByWorker,
        Self::NetworkPresentReportedByClient,
        Self::PersonsPresent,
        Self::PersonsWilling,
        Self::AgreementsPerPlan,
        Self::AgreementsCarriedOutByCircle,
        Self::PlanMadeOfReferrals,
        Self::PlanMadeOfStarted,
        Self::PersonsGivingSupport,
        Self::SourceOfSupport,
        Self::SocialSupport,
        Self::PlanLasting,
        Self::NetworkSize,
    ];

    fn entry(self) -> &'static Entry {
        // The table has a row for each variant in their order; a test holds it to that.
        &ENTRIES[self as usize]
    }

    /// As it is written in a protocol: `network_asked_by_worker`.
    pub fn word(self) -> &'static str {
        self.entry().word
    }

    /// Its number among the ten ways found in the studies; two have kinds that share a number.
    pub fn number(self) -> usize {
        self.entry().number
    }

    /// What a reader calls it.
    pub fn title(self) -> &'static str {
        self.entry().title
    }

    /// What exactly is measured.
    pub fn definition(self) -> &'static str {
        self.entry().definition
    }

    /// What is counted or scored.
    pub fn numerator(self) -> &'static str {
        self.entry().numerator
    }

    /// Of how many, or in whom.
    pub fn denominator(self) -> &'static str {
        self.entry().denominator
    }

    /// What must be known.
    pub fn needs(self) -> &'static [Need] {
        self.entry().needs
    }
}

impl Display for Indicator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl FromStr for Indicator {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = Self::ALL.iter().find(|known| known.word() == text);
        known.copied().ok_or_else(|| Error::Word {
            what: "indicator of involvement",
            text: text.to_owned(),
            hint: near::suggestion(text, ENTRIES.iter().map(|entry| entry.word)),
        })
    }
}

/// A warning where figures of different indicators are set side by side; none where all are the same.
///
/// ```
/// use kring_core::{Indicator, side_by_side};
/// let asked = Indicator::NetworkAskedByWorker;
/// let present = Indicator::NetworkPresentReportedByClient;
/// assert!(side_by_side(&[asked, asked]).is_none());
/// let warning = side_by_side(&[asked, present]).unwrap().sentence();
/// assert!(warning.starts_with("These figures are of 2 different indicators"));
/// ```
pub fn side_by_side(indicators: &[Indicator]) -> Option<Caution> {
    let mut distinct = indicators.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    if distinct.len() < 2 {
        return None;
    }
    let each: Vec<String> = distinct
        .iter()
        .map(|one| {
            format!(
                "{} ({}, of {})",
                one.title(),
                one.numerator(),
                one.denominator()
            )
        })
        .collect();
    Some(Caution::Note(format!(
        "These figures are of {} different indicators and cannot be compared as if they were one: {}.",
        distinct.len(),
        each.join("; ")
    )))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_a_row_for_each_in_their_order() {
        assert_eq!(ENTRIES.len(), Indicator::ALL.len());
        for (entry, indicator) in ENTRIES.iter().zip(Indicator::ALL) {
            assert_eq!(serde_json::to_value(indicator).unwrap(), entry.word);
            assert_eq!(entry.word.parse::<Indicator>().unwrap(), indicator);
            assert!(!entry.needs.is_empty());
        }
        let mut numbers: Vec<usize> = ENTRIES.iter().map(|entry| entry.number).collect();
        numbers.dedup();
        assert_eq!(numbers, (1..=10).collect::<Vec<_>>());
    }

    #[test]
    fn a_word_that_is_none_gets_the_nearest() {
        assert_eq!(
            "person_present"
                .parse::<Indicator>()
                .unwrap_err()
                .to_string(),
            "'person_present' is no indicator of involvement; did you mean `persons_present`?"
        );
    }

    #[test]
    fn the_warning_names_both_denominators() {
        let of = [Indicator::PlanMadeOfStarted, Indicator::PlanMadeOfReferrals];
        let warning = side_by_side(&of).unwrap().sentence();
        assert!(warning.contains("that were referred") && warning.contains("that were started"));
        assert!(side_by_side(&[]).is_none());
    }
}
