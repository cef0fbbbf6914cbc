//! What sketches see and do not see, and that an index forgets.

use super::*;
use crate::bytes::{Cid, Node, decode, encode};
use crate::preference::Vocabulary;
use crate::record::RecordId;
use proptest::prelude::*;
use std::collections::BTreeMap;

const MILL: &str = "The old mill by the river had not turned for thirty years when Ana and her brother came to mend the wheel. \
    They cut new paddles from ash, set the axle on iron, and waited for the spring flood to try it.";
const BREAD: &str = "To bake a sour loaf, feed the starter in the evening, mix flour and water in the morning, fold the dough four \
    times in two hours, and let it rest in a cool place until the next day before it goes into a hot oven.";

/// A chat of these messages, with a salt, and more fields where a test wants them.
fn chat(messages: &[(&str, &str)], salt: u8, more: &[(&str, Node)]) -> Vec<u8> {
    let message = |(role, text): &(&str, &str)| {
        Node::map([("role", Some(Node::text(*role))), ("content", Some(Node::text(*text)))])
    };
    let sure = ["of_age", "has_rights", "no_sensitive_data"].map(|name| (name, Some(Node::Bool(true))));
    let mut fields = BTreeMap::from([
        ("salt", Node::bytes([salt; 32])),
        ("kind", Node::text("chat")),
        ("label", Node::text("good")),
        ("messages", Node::List(messages.iter().map(message).collect())),
        ("preference_given", Node::text("train-ai=y")),
        ("vocabulary", Node::text(Vocabulary::CURRENT.to_string())),
        ("rights", Node::List(vec![Node::map([("by", Some(Node::text("own")))])])),
        ("assurances", Node::map(sure)),
    ]);
    fields.extend(more.iter().cloned());
    encode(&Node::Map(fields.into_iter().map(|(key, value)| (key.into(), value)).collect()))
}

/// A body, for tests elsewhere.
pub(crate) fn some_body(salt: u8) -> Vec<u8> {
    chat(&[("user", MILL)], salt, &[])
}

fn said(text: &str) -> Sketch {
    sketch(&chat(&[("user", text)], 1, &[]))
}

fn sketch(body: &[u8]) -> Sketch {
    Sketch::of(body).expect("a body").expect("with a sketch")
}

fn id(n: u32) -> RecordId {
    RecordId(Cid::of_cbor(&n.to_be_bytes()))
}

/// Every record's body has the record's own number.
fn index(texts: &[&str]) -> Similar {
    let mut index = Similar::default();
    (0..).zip(texts).for_each(|(n, text)| assert!(index.insert(id(n), &id(n).0, said(text))));
    index
}

#[test]
fn sketches_are_the_same_on_every_machine() {
    let chinese = "老水车在河边停了三十年，今年春天安娜和她的弟弟把它修好了，水一来它就转了起来。".repeat(2);
    let german =
        "Für die Mühle am Fluß brauchten sie Öl, Holz und [EMAIL_1] — mehr nicht, sagte Łukasz ÜBERRASCHT und ging.";
    let texts = [MILL, BREAD, &chinese, german, "Too short to say."];
    let all: Vec<u8> = texts
        .iter()
        .flat_map(|text| {
            let sketch = said(text);
            [&sketch.content[..], &sketch.marks.map(Vec::from).unwrap_or_default()].concat()
        })
        .collect();
    assert_eq!(Cid::of_cbor(&all).to_string(), FROZEN);
}

/// Changes only with a new version of the checks.
const FROZEN: &str = "bafyreiaeqw5kkh43vribh3u6w3rgff67mdomuetaadf4p73w6a5kwwlouq";

#[test]
fn what_is_not_said_makes_no_difference() {
    let plain = sketch(&chat(&[("user", MILL), ("assistant", BREAD)], 1, &[]));
    let salted = sketch(&chat(&[("user", MILL), ("assistant", BREAD)], 2, &[]));
    assert_eq!(plain, salted);
    for (field, value) in [
        ("title", Node::text("Another title")),
        ("note", Node::text("Why I share this, in a sentence that is rather longer than a title would be.")),
        ("tags", Node::List(vec![Node::text("mills")])),
        ("label", Node::text("fail")),
    ] {
        let other = sketch(&chat(&[("user", MILL), ("assistant", BREAD)], 1, &[(field, value)]));
        assert_eq!(other.similarity(&plain), 100, "{field}");
        assert_ne!(other.content, plain.content, "{field}");
    }
    let instructed = chat(&[("system", &BREAD.repeat(9)), ("user", MILL), ("assistant", BREAD)], 1, &[]);
    assert_eq!(sketch(&instructed).similarity(&plain), 100, "instructions to the model");
    let reordered = chat(&[("user", BREAD), ("assistant", MILL)], 1, &[]);
    assert_eq!(sketch(&reordered).similarity(&plain), 100, "the order of messages");
}

#[test]
fn an_edited_copy_is_near_and_another_text_is_not() {
    let mill = said(MILL);
    for copy in [
        MILL.replace("Ana", "Mira"),
        MILL.to_uppercase().replace(' ', "\n "),
        MILL.to_owned() + " It turned.",
        MILL.replace("Ana", "[NAME_3]"),
    ] {
        assert!(said(&copy).similarity(&mill) >= NEAR, "{} of {copy}", said(&copy).similarity(&mill));
    }
    assert!(said(BREAD).similarity(&mill) < 10);
}

#[test]
fn a_short_text_is_like_nothing_but_the_very_same_content() {
    let short = said("How can I help you today?");
    assert_eq!(short.similarity(&short), 0);
    let index = index(&["How can I help you today?", "How can I help you today"]);
    let found: Vec<_> = index.look(&short).into_iter().map(|found| (found.record, found.exact)).collect();
    assert_eq!(found, [(id(0), true)]);
}

#[test]
fn names_need_not_be_unique() {
    let mut profile = match decode(&chat(&[("user", MILL)], 1, &[])).expect("canonical") {
        Node::Map(fields) => fields,
        _ => BTreeMap::new(),
    };
    profile.retain(|key, _| key != "messages" && key != "label");
    profile.insert("kind".into(), Node::text("profile"));
    profile.insert("name".into(), Node::text("Ana"));
    assert_eq!(Sketch::of(&encode(&Node::Map(profile))), Ok(None));
    assert!(Sketch::of(b"no body").is_err());
}

#[test]
fn the_most_similar_come_first_and_the_exact_before_all() {
    let near = MILL.replace("Ana", "Mira");
    let nearer = MILL.replace("it.", "this.");
    let index = index(&[BREAD, &near, MILL, &nearer, "Hello."]);
    let found = index.look(&said(MILL));
    assert_eq!(found.iter().map(|found| found.record).collect::<Vec<_>>(), [id(2), id(3), id(1)]);
    assert_eq!(found[0], Match { record: id(2), similarity: 100, exact: true });
    assert!(!found[1].exact);
    let many: Vec<_> = (0..200).map(|n| format!("{MILL} {n}")).collect();
    let crowded = self::index(&many.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(crowded.look(&said(MILL)).len(), 16, "however many there are");
}

#[test]
fn a_body_that_is_erased_takes_all_its_records_with_it() {
    let mut index = Similar::default();
    assert!(index.insert(id(0), &id(7).0, said(MILL)));
    assert!(index.insert(id(1), &id(7).0, said(MILL)));
    assert!(index.insert(id(2), &id(8).0, said(BREAD)));
    assert!(!index.insert(id(2), &id(8).0, said(BREAD)), "twice");
    index.remove_body(&id(7).0);
    assert_eq!((index.len(), index.look(&said(MILL))), (1, vec![]));
    assert!(index.sketch(&id(1)).is_none() && index.sketch(&id(2)).is_some());
}

#[test]
fn nothing_of_a_sketch_is_shown() {
    assert_eq!(format!("{:?} {:?}", said(MILL), index(&[MILL])), "Sketch(hidden) Similar(1 records)");
}

/// Texts of few words, so that many are alike.
fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::collection::vec(0..4u8, 0..40), 1..12)
        .prop_map(|all| all.iter().map(|words| words.iter().map(|w| format!("w{w} ")).collect()).collect())
}

proptest! {
    #[test]
    fn what_is_removed_leaves_nothing(texts in texts(), gone in prop::collection::vec(any::<bool>(), 12)) {
        let refs: Vec<_> = texts.iter().map(String::as_str).collect();
        let (mut some, mut without) = (index(&refs), Similar::default());
        for (n, text) in (0..).zip(&refs) {
            match gone[n as usize] {
                true => some.remove(&id(n)),
                false => assert!(without.insert(id(n), &id(n).0, said(text))),
            }
        }
        for text in &refs {
            prop_assert_eq!(some.look(&said(text)), without.look(&said(text)));
        }
        prop_assert!(some.holds_as_much_as(&without));
    }

    #[test]
    fn order_of_insertion_makes_no_difference(texts in texts()) {
        let (mut forwards, mut backwards) = (Similar::default(), Similar::default());
        let all: Vec<_> = (0..).zip(&texts).collect();
        all.iter().for_each(|(n, text)| assert!(forwards.insert(id(*n), &id(*n).0, said(text))));
        all.iter().rev().for_each(|(n, text)| assert!(backwards.insert(id(*n), &id(*n).0, said(text))));
        for text in &texts {
            prop_assert_eq!(forwards.look(&said(text)), backwards.look(&said(text)));
        }
    }

    #[test]
    fn any_text_has_a_sketch_like_itself(text in any::<String>()) {
        let sketch = said(&text);
        let expected = if sketch.marks.is_some() { 100 } else { 0 };
        prop_assert_eq!(sketch.similarity(&sketch), expected);
    }
}

/// For each text, the numbers of the lowest records that say the same and nearly the same, and how many these are.
fn clusters(texts: &[String], reversed: bool) -> Vec<(u32, u32, u32, u32)> {
    let mut gathered = Gathered::default();
    let mut all: Vec<_> = (0..).zip(texts).collect();
    if reversed {
        all.reverse();
    }
    let places: BTreeMap<_, _> =
        all.into_iter().map(|(n, text)| (n, gathered.add(id(n), Some(&said(text))).unwrap())).collect();
    let clusters = gathered.sorted();
    let number = |record: RecordId| places.keys().copied().find(|n| id(*n) == record).unwrap();
    let of = |(n, place): (&u32, &Place)| {
        assert_eq!(clusters.record(*place), id(*n));
        let Cluster { same, same_size, near, near_size } = clusters.of(*place);
        (number(same), same_size, number(near), near_size)
    };
    places.iter().map(of).collect()
}

#[test]
fn clusters_are_named_by_their_lowest_id_and_connected_by_chains() {
    let near = MILL.replace("Ana", "Mira");
    let texts = [MILL, BREAD, &near, MILL, "Short.", "Short.", "Short?"].map(str::to_owned);
    let found = clusters(&texts, false);
    let lowest = |of: &[u32]| of.iter().copied().min_by_key(|n| id(*n)).unwrap();
    let (mill, all) = (lowest(&[0, 3]), lowest(&[0, 2, 3]));
    let short = lowest(&[4, 5]);
    assert_eq!(found[0], (mill, 2, all, 3));
    assert_eq!(found[3], (mill, 2, all, 3));
    assert_eq!(found[2], (2, 1, all, 3));
    assert_eq!(found[1], (1, 1, 1, 1));
    assert_eq!((found[4], found[5], found[6]), ((short, 2, short, 2), (short, 2, short, 2), (6, 1, 6, 1)));
    let mut alone = Gathered::default();
    let places = [0, 1].map(|n| alone.add(id(n), None).unwrap());
    let alone = alone.sorted();
    assert!(
        places.iter().all(|place| alone.of(*place).same == alone.record(*place)),
        "what has no sketch is like none"
    );
}

#[test]
fn very_many_alike_are_one_cluster() {
    let texts: Vec<_> = (0..400).map(|n| format!("{MILL} {n}")).collect();
    let found = clusters(&texts, false);
    assert!(found.iter().all(|(_, same, near, size)| *same == 1 && *near == found[0].2 && *size == 400));
}

proptest! {
    /// Every pair, compared one with another.
    #[test]
    fn clusters_are_the_chains_of_pairs_that_share_a_band_and_are_alike(texts in texts(), reversed in any::<bool>()) {
        let found = clusters(&texts, reversed);
        let sketches: Vec<_> = texts.iter().map(|text| said(text)).collect();
        let band = |a: &Sketch, b: &Sketch| match (&a.marks, &b.marks) {
            (Some(a), Some(b)) => index::bands(a).zip(index::bands(b)).any(|(a, b)| a == b),
            _ => false,
        };
        let alike = |a: usize, b: usize| {
            let (a, b) = (&sketches[a], &sketches[b]);
            a.content == b.content || (band(a, b) && a.similarity(b) >= NEAR)
        };
        let mut first: Vec<usize> = (0..texts.len()).collect();
        for _ in 0..texts.len() {
            for (a, b) in (0..texts.len()).flat_map(|a| (0..texts.len()).map(move |b| (a, b))) {
                if alike(a, b) {
                    let lower = if id(first[a] as u32) < id(first[b] as u32) { first[a] } else { first[b] };
                    (first[a], first[b]) = (lower, lower);
                }
            }
        }
        let expected: Vec<_> = first.iter().map(|one| *one as u32).collect();
        prop_assert_eq!(found.iter().map(|(_, _, near, _)| *near).collect::<Vec<_>>(), expected);
        let same = |a: usize, b: usize| sketches[a].content == sketches[b].content;
        for (at, (_, size, near, near_size)) in found.iter().enumerate() {
            prop_assert_eq!(*size as usize, (0..texts.len()).filter(|other| same(at, *other)).count());
            prop_assert_eq!(*near_size as usize, found.iter().filter(|other| other.2 == *near).count());
        }
    }
}
