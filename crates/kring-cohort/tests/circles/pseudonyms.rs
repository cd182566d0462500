use kring_cohort::circles::{CircleData, PseudonymOptions, Pseudonyms};

use crate::circles;

const KEY: &[u8] = b"a key of the tests";

fn data() -> CircleData {
    circles([
        "family,wave,arm,street\nJansen,1,EKC,Dorpsstraat\nJansen,2,EKC,Dorpsstraat\nBakker,1,WT,Kade\n",
        "family,wave,person,role,represented_by\nJansen,1,tante Riet,family,\nJansen,1,Piet,friend,tante Riet\nBakker,1,Piet,friend,\n",
        "family,wave,from,to,sign\nJansen,1,tante Riet,Piet,support\n",
        "family,wave,agreement,takers,what,domain\nJansen,1,oppas,Piet;family,Piet past op,care\n",
        "family,agreement,wave,stands\nJansen,oppas,2,yes\n",
    ])
    .unwrap()
}

fn names(json: &str) -> Pseudonyms {
    let options: PseudonymOptions = serde_json::from_str(json).unwrap();
    Pseudonyms::new(KEY, options).unwrap()
}

/// Figures of Python 3, from its own hmac:
///
/// ```text
/// import hmac
/// def name(what, family, who=""):
///     text = what.encode() + len(family.encode()).to_bytes(8, "big") + family.encode() + who.encode()
///     return hmac.new(b"a key of the tests", text, "sha256").hexdigest()[:16]
/// name("family", "Jansen"), name("person", "Jansen", "tante Riet"), name("person", "", "Piet")
/// ```
#[test]
fn pseudonyms_are_those_of_another_program() {
    assert_eq!(names("{}").family("Jansen"), "c7296700dc1e6ce3");
    assert_eq!(
        names("{}").person("Jansen", "tante Riet"),
        "e59db9352da0a46f"
    );
    let across = names(r#"{"persons": "across-families"}"#);
    assert_eq!(across.person("Jansen", "Piet"), "2e91decb789cd4c2");
    assert_eq!(across.person("Bakker", "Piet"), "2e91decb789cd4c2");
    assert_ne!(
        names("{}").person("Jansen", "Piet"),
        names("{}").person("Bakker", "Piet")
    );
}

#[test]
fn circles_keep_their_shape_and_lose_their_names() {
    let before = data();
    let after = names(r#"{"keep": ["arm"]}"#).apply(&before).unwrap();
    assert_eq!(after.circles.len(), before.circles.len());
    for (old, new) in before.circles.iter().zip(after.circles.iter()) {
        assert_eq!(old.alters(), new.alters());
        assert_eq!(old.ties(), new.ties());
        assert_eq!(old.wave(), new.wave());
        for place in 0..old.alters().len() {
            assert_eq!(old.represented_by(place), new.represented_by(place));
        }
        for (old, new) in old.agreements().zip(new.agreements()) {
            assert_eq!(
                (old.takers, old.standing, old.domain),
                (new.takers, new.standing, new.domain)
            );
            assert_eq!(new.what, None);
        }
    }
    let shown = format!("{after:?}");
    for name in [
        "Jansen",
        "Bakker",
        "Riet",
        "Piet",
        "oppas",
        "Dorpsstraat",
        "families.csv",
    ] {
        assert!(!shown.contains(name), "{name}");
    }
    assert_eq!(
        after.group_of_families("arm").unwrap().index,
        before.group_of_families("arm").unwrap().index
    );
    assert!(
        after
            .notes
            .iter()
            .any(|note| note.contains("left out: `street`")),
        "{:?}",
        after.notes
    );
    let kept = names(r#"{"texts": "keep"}"#).apply(&before).unwrap();
    let first = kept.circles.get(0).unwrap();
    assert_eq!(
        first.agreements().next().unwrap().what,
        Some("Piet past op")
    );
}

#[test]
fn keys_and_options_that_are_refused() {
    let problem = |key: &[u8], json: &str| {
        let options: PseudonymOptions = serde_json::from_str(json).unwrap();
        Pseudonyms::new(key, options).err().unwrap().to_string()
    };
    assert_eq!(
        problem(b"fifteen bytes..", "{}"),
        "pseudonyms: the key has 15 bytes; expected 16 or more, drawn at random"
    );
    assert_eq!(
        problem(KEY, r#"{"digits": 4}"#),
        "pseudonyms: `digits` is 4; expected 8 to 64"
    );
    assert!(serde_json::from_str::<PseudonymOptions>(r#"{"key": "x"}"#).is_err());
    let error = names(r#"{"keep": ["arms"]}"#)
        .apply(&data())
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "pseudonyms: there is no column `arms` in the table; did you mean `arm`?"
    );
}

#[test]
fn another_key_gives_other_names() {
    let other = Pseudonyms::new(b"another key of the tests", PseudonymOptions::default()).unwrap();
    assert_ne!(other.family("Jansen"), names("{}").family("Jansen"));
}
