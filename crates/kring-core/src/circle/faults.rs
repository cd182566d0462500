use std::fmt::{self, Display};

/// Everything that is wrong in the tables of circles, found in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// Each of them, table by table and row by row.
    pub faults: Vec<Fault>,
}

/// One thing that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What kind of thing is wrong.
    pub kind: FaultKind,
    /// Where.
    pub place: Place,
    /// What was found, what was expected and what to do: a sentence without a full stop.
    pub what: String,
}

/// Something that is allowed, but that a careful reader should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What kind of thing it is.
    pub kind: NoteKind,
    /// Where.
    pub place: Place,
}

/// A row of a table of circles and whom it speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The table.
    pub table: CircleTable,
    /// The row, from 0, in the order in which rows were added.
    pub row: usize,
    /// The family as the row names it; empty where the row speaks of none.
    pub family: String,
    /// The wave as the row names it; empty where the row speaks of none.
    pub wave: String,
    /// The person, the two persons or the agreement, where the row speaks of one.
    pub who: Option<String>,
}

/// The tables of circles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CircleTable {
    /// Families × wave.
    Families,
    /// The persons around them.
    Alters,
    /// Ties among these persons.
    Ties,
    /// The agreements of the plan.
    Agreements,
    /// Whether agreements still stand at later waves.
    Standing,
}

/// What can be wrong in the tables of circles.
///
/// | variant | when | what to do |
/// |---|---|---|
/// | `EmptyKey` | a family, wave, person or agreement without a name | give it one |
/// | `UnknownWave` | a wave that was not declared | correct it, or declare it |
/// | `UnknownFamily` | persons, ties or agreements of a family and wave without a row of their own | add the row to the table of families, or correct the key |
/// | `UnknownPerson` | a tie, a representative or an agreement names somebody who is not in the circle at that wave | add the person, or correct the key |
/// | `UnknownAgreement` | something still stands that was never agreed | correct the key |
/// | `Twice` | a key that stands twice where it can stand once | take one out |
/// | `Oneself` | a tie to oneself, or somebody who speaks through himself | take it out |
/// | `Role` | a professional in the house or on one side of the family's | correct the role |
/// | `Date` | support or a tie from after the wave; an agreement due before it was made; standing before it was made | correct the date |
/// | `Course` | a meeting of what was never started, a plan that is safe and was never made | correct the course |
/// | `Nobody` | an agreement that nobody takes on | say who: the family, a person, the circle, a professional |
/// | `NotFinite` | a score that is no number, or beyond any scale | leave it out |
/// | `TooMany` | more rows than four thousand million | split the data |
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the table above documents every variant")]
pub enum FaultKind {
    EmptyKey,
    UnknownWave,
    UnknownFamily,
    UnknownPerson,
    UnknownAgreement,
    Twice,
    Oneself,
    Role,
    Date,
    Course,
    Nobody,
    NotFinite,
    TooMany,
}

/// What is allowed and worth knowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NoteKind {
    /// Somebody was present whom nobody had invited.
    PresentNotInvited,
    /// Somebody did what had not been promised.
    DidNotPromised,
    /// Somebody was represented by another and present as well.
    RepresentedAndPresent,
    /// Somebody was represented by one who was absent.
    RepresentedByAbsent,
    /// There are agreements, but no plan was made.
    AgreementsWithoutPlan,
    /// Somebody has another role than at an earlier wave.
    RoleChanged,
}

/// How many faults a message shows.
const SHOWN: usize = 20;

impl Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let n = self.faults.len();
        write!(
            f,
            "the tables of circles hold {n} fault{}:",
            if n == 1 { "" } else { "s" }
        )?;
        for fault in self.faults.iter().take(SHOWN) {
            write!(f, "\n  {fault}")?;
        }
        if n > SHOWN {
            write!(f, "\n  and {} more", n - SHOWN)?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

impl Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, row {}", self.table, self.row + 1)?;
        if !self.family.is_empty() {
            write!(f, ", family `{}`", self.family)?;
        }
        if !self.wave.is_empty() {
            write!(f, ", wave `{}`", self.wave)?;
        }
        if let Some(who) = &self.who {
            write!(f, ", {who}")?;
        }
        Ok(())
    }
}

impl Display for CircleTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Families => "families",
            Self::Alters => "alters",
            Self::Ties => "ties",
            Self::Agreements => "agreements",
            Self::Standing => "standing agreements",
        })
    }
}

impl Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.kind.sentence())
    }
}

impl NoteKind {
    /// What it is, in words.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::PresentNotInvited => "was present, though nobody had invited them",
            Self::DidNotPromised => "did something that had not been promised",
            Self::RepresentedAndPresent => "was represented by another and present as well",
            Self::RepresentedByAbsent => "was represented by somebody who was absent",
            Self::AgreementsWithoutPlan => "has agreements, though no plan was made",
            Self::RoleChanged => "has another role than at an earlier wave",
        }
    }
}
