use kring_core::CircleTable;

/// A column of the tables of circles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnName {
    /// The table it stands in.
    pub table: CircleTable,
    /// Its name, where no option gives it another.
    pub name: &'static str,
    /// What it holds.
    pub what: &'static str,
    /// Whether the table cannot do without it.
    pub required: bool,
    /// How its cells are written.
    pub kind: ColumnKind,
}

/// How the cells of a column are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// A key or a text.
    Text,
    /// 1 or 0, true or false, yes or no, ja or nee.
    YesNo,
    /// A date such as 2018-03-01, or a cell that the file says is one.
    Date,
    /// A number.
    Number,
    /// A role, such as `friend` or `professional:school`.
    Role,
    /// What a professional does.
    Discipline,
    /// On whose side a person stands.
    Side,
    /// How close a person is.
    Closeness,
    /// How often there is contact.
    Frequency,
    /// Kinds of support, separated by `;` or `,`; `none` for no support.
    Supports,
    /// Support or conflict.
    Sign,
    /// Mutual or directed.
    Direction,
    /// Who did it; `no` where nobody did, `yes` where it was done and not recorded by whom.
    By,
    /// Parts of the meeting, separated by `;` or `,`.
    Parts,
    /// Who approved, separated by `;` or `,`.
    Approvers,
    /// `family`, `circle`, `professional` or keys of persons, separated by `;`. A key in double quotes is
    /// always a person.
    Takers,
}

impl ColumnKind {
    /// How such cells are written, in words.
    pub fn written(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::YesNo => "yes or no",
            Self::Date => "date",
            Self::Number => "number",
            Self::Role => "role",
            Self::Discipline => "discipline",
            Self::Side => "side",
            Self::Closeness => "closeness",
            Self::Frequency => "frequency",
            Self::Supports => "kinds of support",
            Self::Sign => "support or conflict",
            Self::Direction => "mutual or directed",
            Self::By => "who did it",
            Self::Parts => "parts of the meeting",
            Self::Approvers => "who approved",
            Self::Takers => "who takes it on",
        }
    }
}

const fn need(
    table: CircleTable,
    name: &'static str,
    kind: ColumnKind,
    what: &'static str,
) -> ColumnName {
    ColumnName {
        table,
        name,
        what,
        required: true,
        kind,
    }
}

const fn may(
    table: CircleTable,
    name: &'static str,
    kind: ColumnKind,
    what: &'static str,
) -> ColumnName {
    ColumnName {
        required: false,
        ..need(table, name, kind, what)
    }
}

use CircleTable::{Agreements, Alters, Families, Standing, Ties};
use ColumnKind as Kind;

/// Every column, table by table.
///
/// The wave can be left out of every table where there is one wave. In the wide form the columns of persons
/// end in the number of the slot: `role_1`.
pub const COLUMNS: &[ColumnName] = &[
    need(Families, "family", Kind::Text, "the key of the family"),
    may(Families, "wave", Kind::Text, "the wave"),
    may(Families, "date", Kind::Date, "when the wave was measured"),
    may(
        Families,
        "referred",
        Kind::YesNo,
        "put forward for a conference or plan",
    ),
    may(Families, "started", Kind::YesNo, "that was started"),
    may(Families, "meeting", Kind::YesNo, "a meeting was held"),
    may(Families, "plan_made", Kind::YesNo, "a plan was made"),
    may(
        Families,
        "plan_safe",
        Kind::YesNo,
        "the plan was judged safe",
    ),
    may(
        Families,
        "approved_by",
        Kind::Approvers,
        "who approved the plan",
    ),
    may(
        Families,
        "asked_by_worker",
        Kind::YesNo,
        "the worker says the circle was asked to think along",
    ),
    may(
        Families,
        "network_present",
        Kind::YesNo,
        "the client says the circle was present",
    ),
    may(
        Families,
        "perceived_support",
        Kind::Number,
        "a score of perceived support",
    ),
    need(Alters, "family", Kind::Text, "the key of the family"),
    may(Alters, "wave", Kind::Text, "the wave"),
    need(
        Alters,
        "person",
        Kind::Text,
        "the key of the person, the same at every wave of the family",
    ),
    need(
        Alters,
        "role",
        Kind::Role,
        "what the person is to the family",
    ),
    may(
        Alters,
        "discipline",
        Kind::Discipline,
        "what a professional does",
    ),
    may(
        Alters,
        "side",
        Kind::Side,
        "on whose side the person stands",
    ),
    may(
        Alters,
        "closeness",
        Kind::Closeness,
        "how close the person is",
    ),
    may(
        Alters,
        "frequency",
        Kind::Frequency,
        "how often there is contact",
    ),
    may(
        Alters,
        "support",
        Kind::Supports,
        "the kinds of support given",
    ),
    may(
        Alters,
        "support_practical",
        Kind::YesNo,
        "gives practical support",
    ),
    may(
        Alters,
        "support_emotional",
        Kind::YesNo,
        "gives emotional support",
    ),
    may(
        Alters,
        "support_financial",
        Kind::YesNo,
        "gives financial support",
    ),
    may(Alters, "support_advice", Kind::YesNo, "gives advice"),
    may(Alters, "support_care", Kind::YesNo, "gives care"),
    may(Alters, "since", Kind::Date, "since when support is given"),
    may(
        Alters,
        "bond",
        Kind::Sign,
        "whether the family gets on with the person; empty is support",
    ),
    may(
        Alters,
        "named",
        Kind::YesNo,
        "named as somebody who might help",
    ),
    may(Alters, "named_by", Kind::By, "by whom"),
    may(Alters, "asked", Kind::YesNo, "asked to think along"),
    may(Alters, "asked_by", Kind::By, "by whom"),
    may(Alters, "visited", Kind::YesNo, "visited by the coordinator"),
    may(Alters, "invited", Kind::YesNo, "invited to the meeting"),
    may(Alters, "invited_by", Kind::By, "by whom"),
    may(Alters, "present", Kind::YesNo, "present at the meeting"),
    may(
        Alters,
        "present_in",
        Kind::Parts,
        "in which parts of the meeting",
    ),
    may(
        Alters,
        "represented_by",
        Kind::Text,
        "the key of the person who spoke for this one",
    ),
    may(Alters, "promised", Kind::YesNo, "promised something"),
    may(Alters, "did", Kind::YesNo, "did it"),
    need(Ties, "family", Kind::Text, "the key of the family"),
    may(Ties, "wave", Kind::Text, "the wave"),
    need(Ties, "from", Kind::Text, "the key of one person"),
    need(Ties, "to", Kind::Text, "the key of the other"),
    may(
        Ties,
        "sign",
        Kind::Sign,
        "support or conflict; without the column all are support",
    ),
    may(
        Ties,
        "direction",
        Kind::Direction,
        "mutual or directed; empty is mutual",
    ),
    need(Agreements, "family", Kind::Text, "the key of the family"),
    may(
        Agreements,
        "wave",
        Kind::Text,
        "the wave at which it was made",
    ),
    need(
        Agreements,
        "agreement",
        Kind::Text,
        "the key of the agreement within the family",
    ),
    may(Agreements, "what", Kind::Text, "what was agreed"),
    may(
        Agreements,
        "domain",
        Kind::Text,
        "the domain of the problem it is for",
    ),
    need(Agreements, "takers", Kind::Takers, "who takes it on"),
    may(Agreements, "due", Kind::Date, "by when"),
    may(Agreements, "done", Kind::YesNo, "it was carried out"),
    need(Standing, "family", Kind::Text, "the key of the family"),
    need(
        Standing,
        "agreement",
        Kind::Text,
        "the key of the agreement",
    ),
    need(Standing, "wave", Kind::Text, "the later wave"),
    need(Standing, "stands", Kind::YesNo, "whether it still stood"),
];

/// The columns of one table.
pub(super) fn of(table: CircleTable) -> impl Iterator<Item = &'static ColumnName> + Clone {
    COLUMNS.iter().filter(move |column| column.table == table)
}

/// The word for a table in options such as `alters.person`.
pub(super) fn table_word(table: CircleTable) -> &'static str {
    match table {
        Families => "families",
        Alters => "alters",
        Ties => "ties",
        Agreements => "agreements",
        Standing => "standing",
    }
}

/// All tables in their order.
pub(super) const TABLES: [CircleTable; 5] = [Families, Alters, Ties, Agreements, Standing];
