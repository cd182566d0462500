//! The words of circles as people write them, in English and Dutch.
//!
//! A Dutch word is known where it can mean one thing only. `familie` may be the family of a conference or
//! its relatives, so it is known as a role and not as the one who asked.

use kring_core::{
    Approver, By, Closeness, Direction, Discipline, FamilySide, Frequency, MeetingPart, RoleKind,
    Sign, Support, nearest, suggestion,
};

/// A closed list of words with the other words for them.
pub(super) struct Vocabulary<T: 'static> {
    /// What one of them is.
    what: &'static str,
    all: &'static [T],
    word: fn(T) -> &'static str,
    others: &'static [(&'static str, T)],
}

impl<T: Copy> Vocabulary<T> {
    /// What a text means, or what was expected instead.
    pub(super) fn read(&self, text: &str) -> Result<T, String> {
        let said = plain(text);
        let words = self.all.iter().map(|&one| ((self.word)(one), one));
        let others = self.others.iter().copied();
        let known = words.clone().chain(others.clone());
        if let Some((_, one)) = known.clone().find(|(word, _)| *word == said) {
            return Ok(one);
        }
        let hint = nearest(&said, known.map(|(word, _)| word)).map_or_else(
            || suggestion(&said, words.map(|(word, _)| word)),
            |near| format!("; did you mean `{near}`?"),
        );
        Err(format!("expected {}, found `{text}`{hint}", self.what))
    }
}

/// A word without capitals, its parts joined as in the words of the lists.
pub(super) fn plain(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let mut plain = String::with_capacity(text.len());
    for (i, letter) in text.char_indices() {
        plain.push(match letter {
            ' ' | '-' if i > 0 => '_',
            letter => letter,
        });
    }
    plain
}

/// Whether a word means yes or no.
pub(super) fn truth(text: &str) -> Option<bool> {
    match plain(text).as_str() {
        "1" | "true" | "yes" | "ja" | "y" | "j" | "waar" => Some(true),
        "0" | "false" | "no" | "nee" | "n" | "onwaar" => Some(false),
        _ => None,
    }
}

/// Whether a word means that there is nothing of a list.
pub(super) fn is_none(text: &str) -> bool {
    matches!(plain(text).as_str(), "none" | "geen") || truth(text) == Some(false)
}

pub(super) const ROLE: Vocabulary<RoleKind> = Vocabulary {
    what: "a role",
    all: RoleKind::ALL,
    word: RoleKind::word,
    others: &[
        ("huishouden", RoleKind::Household),
        ("huisgenoot", RoleKind::Household),
        ("gezinslid", RoleKind::Household),
        ("familie", RoleKind::Family),
        ("familielid", RoleKind::Family),
        ("vriend", RoleKind::Friend),
        ("vriendin", RoleKind::Friend),
        ("neighbor", RoleKind::Neighbour),
        ("buur", RoleKind::Neighbour),
        ("buurman", RoleKind::Neighbour),
        ("buurvrouw", RoleKind::Neighbour),
        ("kennis", RoleKind::Acquaintance),
        ("bekende", RoleKind::Acquaintance),
        ("vrijwilliger", RoleKind::Volunteer),
        ("beroepskracht", RoleKind::Professional),
        ("hulpverlener", RoleKind::Professional),
    ],
};

pub(super) const DISCIPLINE: Vocabulary<Discipline> = Vocabulary {
    what: "a discipline",
    all: Discipline::ALL,
    word: Discipline::word,
    others: &[
        ("wijkteam", Discipline::NeighbourhoodTeam),
        ("sociaal_wijkteam", Discipline::NeighbourhoodTeam),
        ("jeugdbescherming", Discipline::ChildProtection),
        ("kinderbescherming", Discipline::ChildProtection),
        ("gezinsvoogd", Discipline::ChildProtection),
        ("jeugdhulp", Discipline::YouthCare),
        ("jeugdzorg", Discipline::YouthCare),
        ("ggz", Discipline::MentalHealth),
        ("verslavingszorg", Discipline::Addiction),
        ("huisarts", Discipline::Health),
        ("ziekenhuis", Discipline::Health),
        ("gehandicaptenzorg", Discipline::Disability),
        ("politie", Discipline::Police),
        ("reclassering", Discipline::Police),
        ("woningcorporatie", Discipline::Housing),
        ("schuldhulpverlening", Discipline::Debt),
        ("gemeente", Discipline::Municipality),
        ("anders", Discipline::Other),
        ("overig", Discipline::Other),
    ],
};

pub(super) const SIDE: Vocabulary<FamilySide> = Vocabulary {
    what: "a side",
    all: FamilySide::ALL,
    word: FamilySide::word,
    others: &[
        ("moeder", FamilySide::Mother),
        ("vader", FamilySide::Father),
        ("beide", FamilySide::Both),
        ("beiden", FamilySide::Both),
    ],
};

pub(super) const CLOSENESS: Vocabulary<Closeness> = Vocabulary {
    what: "a closeness",
    all: Closeness::ALL,
    word: Closeness::word,
    others: &[
        ("binnenste", Closeness::Inner),
        ("middelste", Closeness::Middle),
        ("buitenste", Closeness::Outer),
    ],
};

pub(super) const FREQUENCY: Vocabulary<Frequency> = Vocabulary {
    what: "a frequency",
    all: Frequency::ALL,
    word: Frequency::word,
    others: &[
        ("dagelijks", Frequency::Daily),
        ("wekelijks", Frequency::Weekly),
        ("maandelijks", Frequency::Monthly),
        ("jaarlijks", Frequency::Yearly),
        ("zelden", Frequency::Rarely),
    ],
};

pub(super) const SUPPORT: Vocabulary<Support> = Vocabulary {
    what: "a kind of support",
    all: Support::ALL,
    word: Support::word,
    others: &[
        ("praktisch", Support::Practical),
        ("emotioneel", Support::Emotional),
        ("financieel", Support::Financial),
        ("advies", Support::Advice),
        ("zorg", Support::Care),
    ],
};

pub(super) const SIGN: Vocabulary<Sign> = Vocabulary {
    what: "support or conflict",
    all: Sign::ALL,
    word: Sign::word,
    others: &[
        ("steun", Sign::Support),
        ("positive", Sign::Support),
        ("positief", Sign::Support),
        ("+", Sign::Support),
        ("1", Sign::Support),
        ("negative", Sign::Conflict),
        ("negatief", Sign::Conflict),
        ("-", Sign::Conflict),
        ("-1", Sign::Conflict),
    ],
};

pub(super) const DIRECTION: Vocabulary<Direction> = Vocabulary {
    what: "mutual or directed",
    all: Direction::ALL,
    word: Direction::word,
    others: &[
        ("undirected", Direction::Mutual),
        ("wederzijds", Direction::Mutual),
        ("gericht", Direction::Directed),
    ],
};

pub(super) const BY: Vocabulary<By> = Vocabulary {
    what: "who did it, yes or no",
    all: By::ALL,
    word: By::word,
    others: &[
        ("gezin", By::Family),
        ("coordinator", By::Coordinator),
        ("coördinator", By::Coordinator),
        ("hulpverlener", By::Worker),
        ("kring", By::Circle),
        ("netwerk", By::Circle),
    ],
};

pub(super) const PART: Vocabulary<MeetingPart> = Vocabulary {
    what: "a part of the meeting",
    all: MeetingPart::ALL,
    word: MeetingPart::word,
    others: &[
        ("informatie", MeetingPart::Information),
        ("besloten", MeetingPart::Private),
    ],
};

pub(super) const APPROVER: Vocabulary<Approver> = Vocabulary {
    what: "an approver",
    all: Approver::ALL,
    word: Approver::word,
    others: &[
        ("gezin", Approver::Family),
        ("kring", Approver::Circle),
        ("netwerk", Approver::Circle),
        ("verwijzer", Approver::Worker),
        ("hulpverlener", Approver::Worker),
        ("rechter", Approver::Court),
        ("kinderrechter", Approver::Court),
    ],
};
