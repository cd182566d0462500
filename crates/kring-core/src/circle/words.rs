//! The closed lists of what is known of a person, a tie and a moment: each one byte.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Error, near};

/// A closed list of words: the variants, how they are written, and how they are read.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident, $what:literal, {
        $($(#[$of:meta])* $variant:ident = $word:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$of])* $variant),+
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// As it is written in a file.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// Its place in [`ALL`](Self::ALL).
            pub fn place(self) -> usize {
                self as usize
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.word().replace('_', " "))
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                let known = Self::ALL.iter().copied();
                known.clone().find(|known| known.word() == text).ok_or_else(|| Error::Word {
                    what: $what,
                    text: text.to_owned(),
                    hint: near::suggestion(text, known.map(Self::word)),
                })
            }
        }
    };
}

words! {
    /// What a person is to the family, without the discipline of a professional.
    RoleKind, "role", {
        /// Lives in the same house.
        Household = "household",
        /// Family that lives elsewhere.
        Family = "family",
        /// A friend.
        Friend = "friend",
        /// A neighbour.
        Neighbour = "neighbour",
        /// An acquaintance: from work, school, church, a club.
        Acquaintance = "acquaintance",
        /// A volunteer of an organisation.
        Volunteer = "volunteer",
        /// Somebody who is paid to help.
        Professional = "professional",
    }
}

words! {
    /// What a professional does.
    Discipline, "discipline", {
        /// The neighbourhood team (wijkteam).
        NeighbourhoodTeam = "neighbourhood_team",
        /// Child protection, a family guardian.
        ChildProtection = "child_protection",
        /// Youth care.
        YouthCare = "youth_care",
        /// Mental health care.
        MentalHealth = "mental_health",
        /// Care of addiction.
        Addiction = "addiction",
        /// General practice, nursing, hospital.
        Health = "health",
        /// Care of disability.
        Disability = "disability",
        /// School.
        School = "school",
        /// Police and probation.
        Police = "police",
        /// A housing association.
        Housing = "housing",
        /// Debts and income.
        Debt = "debt",
        /// The municipality.
        Municipality = "municipality",
        /// Another, or not recorded which.
        Other = "other",
    }
}

words! {
    /// On whose side of the family a person stands.
    FamilySide, "side", {
        /// The mother's.
        Mother = "mother",
        /// The father's.
        Father = "father",
        /// Both.
        Both = "both",
    }
}

words! {
    /// How close a person is, as one of three rings around the family (Kahn and Antonucci 1980).
    Closeness, "closeness", {
        /// So close that it is hard to imagine life without them.
        Inner = "inner",
        /// Not quite so close, but still very important.
        Middle = "middle",
        /// Close enough and important enough to be named.
        Outer = "outer",
    }
}

words! {
    /// How often there is contact.
    Frequency, "frequency", {
        /// Daily or nearly so.
        Daily = "daily",
        /// Every week.
        Weekly = "weekly",
        /// Every month.
        Monthly = "monthly",
        /// A few times a year.
        Yearly = "yearly",
        /// Less than once a year.
        Rarely = "rarely",
    }
}

words! {
    /// A kind of support.
    Support, "kind of support", {
        /// Odd jobs, transport, shopping.
        Practical = "practical",
        /// Listening, comfort.
        Emotional = "emotional",
        /// Money and goods.
        Financial = "financial",
        /// Advice and information.
        Advice = "advice",
        /// Looking after children or those who are ill.
        Care = "care",
    }
}

words! {
    /// What a tie is made of.
    Sign, "sign of a tie", {
        /// They get on, or help each other.
        Support = "support",
        /// They are in conflict.
        Conflict = "conflict",
    }
}

words! {
    /// Whether a tie goes both ways.
    Direction, "direction of a tie", {
        /// Both ways.
        Mutual = "mutual",
        /// From the first to the second only.
        Directed = "directed",
    }
}

words! {
    /// By whom somebody was named, asked or invited.
    By, "person who named, asked or invited", {
        /// The family.
        Family = "family",
        /// The independent coordinator of the conference.
        Coordinator = "coordinator",
        /// A worker: the neighbourhood team, youth care.
        Worker = "worker",
        /// Somebody else of the circle.
        Circle = "circle",
        /// It was done, by whom was not recorded.
        NotRecorded = "not_recorded",
    }
}

words! {
    /// A part of the meeting.
    MeetingPart, "part of the meeting", {
        /// The first part, in which professionals inform.
        Information = "information",
        /// The private time, without professionals.
        Private = "private",
        /// The last part, in which the plan is told.
        Plan = "plan",
    }
}

words! {
    /// Who approved a plan.
    Approver, "approver", {
        /// The family.
        Family = "family",
        /// The circle.
        Circle = "circle",
        /// The worker or organisation that referred the family.
        Worker = "worker",
        /// A judge.
        Court = "court",
    }
}

words! {
    /// Who carries out an agreement, as the ZRM-Krachtenwijzer parts it.
    Carrier, "carrier of an agreement", {
        /// The family itself: own strength.
        Own = "own",
        /// The circle around it.
        Network = "network",
        /// Professionals.
        Professional = "professional",
    }
}

/// A set of some of a short closed list, as the bits of one byte.
macro_rules! sets {
    ($(#[$meta:meta])* $name:ident of $of:ident) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u8);

        impl $name {
            /// None of them.
            pub const NONE: Self = Self(0);

            /// Whether it is one of them.
            pub fn has(self, one: $of) -> bool {
                self.0 >> one.place() & 1 == 1
            }

            /// The same with one more.
            #[must_use]
            pub fn with(self, one: $of) -> Self {
                Self(self.0 | 1 << one.place())
            }

            /// How many there are.
            pub fn len(self) -> usize {
                self.0.count_ones() as usize
            }

            /// Whether there are none.
            pub fn is_empty(self) -> bool {
                self.0 == 0
            }

            /// Each of them in order.
            pub fn iter(self) -> impl Iterator<Item = $of> {
                $of::ALL.iter().copied().filter(move |one| self.has(*one))
            }
        }

        impl FromIterator<$of> for $name {
            fn from_iter<I: IntoIterator<Item = $of>>(items: I) -> Self {
                items.into_iter().fold(Self::NONE, Self::with)
            }
        }
    };
}

sets! {
    /// Kinds of support that one person gives.
    Supports of Support
}

sets! {
    /// Parts of the meeting in which one person was.
    Parts of MeetingPart
}

sets! {
    /// All who approved a plan.
    Approvers of Approver
}

/// What a person is to the family.
///
/// It is written as `friend`, and of professionals as `professional:school`; `professional` alone is one
/// of an unrecorded discipline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Role {
    /// Lives in the same house.
    Household,
    /// Family that lives elsewhere.
    Family,
    /// A friend.
    Friend,
    /// A neighbour.
    Neighbour,
    /// An acquaintance.
    Acquaintance,
    /// A volunteer.
    Volunteer,
    /// Somebody who is paid to help.
    Professional(Discipline),
}

impl Role {
    /// Without the discipline.
    pub fn kind(self) -> RoleKind {
        match self {
            Self::Household => RoleKind::Household,
            Self::Family => RoleKind::Family,
            Self::Friend => RoleKind::Friend,
            Self::Neighbour => RoleKind::Neighbour,
            Self::Acquaintance => RoleKind::Acquaintance,
            Self::Volunteer => RoleKind::Volunteer,
            Self::Professional(_) => RoleKind::Professional,
        }
    }

    /// Whether the person is paid to help, and so is no part of the circle itself.
    pub fn is_professional(self) -> bool {
        matches!(self, Self::Professional(_))
    }
}

impl Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Professional(discipline) => write!(f, "professional:{}", discipline.word()),
            role => f.write_str(role.kind().word()),
        }
    }
}

impl FromStr for Role {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if let Some(discipline) = text.strip_prefix("professional:") {
            return discipline.parse().map(Self::Professional);
        }
        Ok(match text.parse()? {
            RoleKind::Household => Self::Household,
            RoleKind::Family => Self::Family,
            RoleKind::Friend => Self::Friend,
            RoleKind::Neighbour => Self::Neighbour,
            RoleKind::Acquaintance => Self::Acquaintance,
            RoleKind::Volunteer => Self::Volunteer,
            RoleKind::Professional => Self::Professional(Discipline::Other),
        })
    }
}

impl TryFrom<String> for Role {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.to_string()
    }
}

/// Whether something was done to or for a person, and by whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Moment {
    /// Not recorded: it counts in no denominator.
    #[default]
    Unknown,
    /// It was not done.
    No,
    /// It was done, by this person.
    Yes(By),
}

impl Moment {
    /// Whether it was done, where that is known.
    pub fn known(self) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::No => Some(false),
            Self::Yes(_) => Some(true),
        }
    }

    /// Whether this person did it, where it is known whether anybody did and who.
    pub fn by(self, whom: By) -> Option<bool> {
        match self {
            Self::Unknown | Self::Yes(By::NotRecorded) => None,
            Self::No => Some(false),
            Self::Yes(by) => Some(by == whom),
        }
    }
}

/// Whether a person was at the meeting, and in which parts of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Presence {
    /// Not recorded, or there was no meeting.
    #[default]
    Unknown,
    /// Not there.
    Absent,
    /// There; no parts means that they were not recorded.
    Present(Parts),
}

impl Presence {
    /// Whether the person was there, where that is known.
    pub fn known(self) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Absent => Some(false),
            Self::Present(_) => Some(true),
        }
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    reason = "a test may stop at what it did not expect"
)]
mod tests {
    use super::*;

    #[test]
    fn roles_are_read_as_they_are_written() {
        for &kind in RoleKind::ALL {
            assert_eq!(kind.word().parse::<Role>().unwrap().kind(), kind);
        }
        for &discipline in Discipline::ALL {
            let role = Role::Professional(discipline);
            assert_eq!(role.to_string().parse::<Role>().unwrap(), role);
            assert_eq!(serde_json::to_value(discipline).unwrap(), discipline.word());
        }
        assert_eq!(
            "neighbor".parse::<Role>().unwrap_err().to_string(),
            "'neighbor' is no role; did you mean `neighbour`?"
        );
        assert_eq!(
            "aunt".parse::<Role>().unwrap_err().to_string(),
            "'aunt' is no role; there are: household, family, friend, neighbour, acquaintance, \
            volunteer, professional"
        );
    }

    #[test]
    fn what_is_stored_a_million_times_is_small() {
        assert_eq!(size_of::<Option<Role>>(), 1);
        assert_eq!(size_of::<Moment>(), 1);
        assert_eq!(size_of::<Presence>(), 2);
    }

    #[test]
    fn sets_hold_what_they_were_given() {
        let set: Supports = [Support::Care, Support::Practical].into_iter().collect();
        assert_eq!(set.len(), 2);
        assert!(set.has(Support::Care) && !set.has(Support::Advice));
        assert_eq!(
            set.iter().collect::<Vec<_>>(),
            [Support::Practical, Support::Care]
        );
    }
}
