use super::*;
use crate::bytes::{Cid, Node, encode};
use crate::dataset::Row;
use crate::preference::Preference;
use crate::record::header::tests::{header, key};
use crate::record::header::{HourTime, SizeClass};

fn texts(items: &[&str]) -> Node {
    Node::List(items.iter().map(|item| Node::text(*item)).collect())
}

fn chat() -> Vec<u8> {
    let model = |name: &str| Node::map([("model", Some(Node::text(name)))]);
    encode(&Node::map([
        ("kind", Some(Node::text("chat"))),
        ("label", Some(Node::text("fail"))),
        ("language", Some(Node::text("de-AT"))),
        ("model", Some(Node::text("Llama-4"))),
        ("messages", Some(Node::List(vec![model("mistral-3"), model("Llama-4")]))),
        ("rights", Some(Node::List(vec![Node::map([("by", Some(Node::text("own")))]), model("granite")]))),
        ("tags", Some(texts(&["Küche", "wien"]))),
    ]))
}

fn head() -> Header {
    Header {
        preference: Preference::read("search=y, train-ai=n;exceptions=cc-cr").unwrap(),
        time: HourTime::hour(1_795_356_000),
        ..header()
    }
}

/// A filter as it is written in JSON.
fn filter(json: &str) -> Filter {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

#[test]
fn every_sort_of_value_finds_what_says_it_and_leaves_out_what_does_not() {
    let facts = Facts::of(&head(), &chat());
    for (json, found) in [
        ("{}", true),
        (r#"{"licence":["CC-BY-4.0"]}"#, true),
        (r#"{"licence":["CC-BY-4.0","CC0-1.0"]}"#, true),
        (r#"{"licence":["CC0-1.0","MIT"]}"#, false),
        (r#"{"use":"search"}"#, true),
        (r#"{"use":"train-ai"}"#, false),
        (r#"{"use":"train-ai","honour":["cc-cr"]}"#, true),
        (r#"{"use":"train-ai","honour":["cc-cr-op"]}"#, false),
        (r#"{"use":"evaluate"}"#, false),
        (r#"{"label":["fail"]}"#, true),
        (r#"{"label":["good"]}"#, false),
        (r#"{"language":["de"]}"#, true),
        (r#"{"language":["de-at"]}"#, true),
        (r#"{"language":["de-a"]}"#, false),
        (r#"{"language":["de-at-1996"]}"#, false),
        (r#"{"model":["llama-4"]}"#, true),
        (r#"{"model":["mistral-3"]}"#, true),
        (r#"{"model":["granite"]}"#, true),
        (r#"{"model":["llama"]}"#, false),
        (r#"{"tag":["küche"]}"#, true),
        (r#"{"tag":["kuche"]}"#, false),
        (r#"{"month":["2026-11"]}"#, true),
        (r#"{"month":["2026-10"]}"#, false),
        (r#"{"month":["2026-11..2027-01"]}"#, true),
        (r#"{"month":["..2026-10","2026-12.."]}"#, false),
        (r#"{"month":["2026-11.."]}"#, true),
        (r#"{"kind":["chat","code"]}"#, true),
        (r#"{"kind":["code"]}"#, false),
        (r#"{"label":["fail"],"language":["de","fr"],"kind":["chat"]}"#, true),
        (r#"{"label":["fail"],"language":["de","fr"],"kind":["code"]}"#, false),
    ] {
        let filter = filter(json);
        assert_eq!(filter.matches(&facts), found, "{json}");
        assert!(!found || filter.matches_header(&head()), "{json}: a header refuses only what the record does");
        assert_eq!(serde_json::to_string(&filter).unwrap(), json, "one way to write it");
    }
}

#[test]
fn a_header_alone_refuses_by_licence_use_and_month() {
    for json in [r#"{"licence":["MIT"]}"#, r#"{"use":"train-ai"}"#, r#"{"month":["2026-10"]}"#] {
        assert!(!filter(json).matches_header(&head()), "{json}");
    }
    assert!(filter(r#"{"kind":["code"],"label":["good"]}"#).matches_header(&head()));
}

#[test]
fn a_row_says_what_its_header_and_body_say() {
    let body = chat();
    let signed = Header { body: Cid::of_cbor(&body), size_class: SizeClass::of(body.len()), ..head() }.sign(&key());
    let row = Row::of(&signed, &body, &Cid::of_cbor(b"charter")).unwrap();
    let facts = Facts::of(&head(), &body);
    assert_eq!(Facts::of_row(&row), Some(facts.clone()));
    assert_eq!(facts.models, ["Llama-4", "mistral-3", "granite"]);
    assert_eq!((facts.kind.as_deref(), facts.label), (Some("chat"), Some(Label::Fail)));
}

#[test]
fn both_languages_of_a_translation_count_and_a_strange_body_says_nothing() {
    let body = encode(&Node::map([
        ("kind", Some(Node::text("translation"))),
        ("source_language", Some(Node::text("fr"))),
        ("target_language", Some(Node::text("pt-BR"))),
    ]));
    let facts = Facts::of(&head(), &body);
    assert_eq!(facts.languages, ["fr", "pt-BR"]);
    assert!(filter(r#"{"language":["pt"]}"#).matches(&facts));
    for strange in [&b"no body"[..], &encode(&Node::map([("tags", Some(Node::Int(1))), ("label", Some(Node::Null))]))] {
        let facts = Facts::of(&head(), strange);
        assert_eq!((facts.kind.as_deref(), facts.label, facts.tags.len()), (None, None, 0));
        assert!(!filter(r#"{"kind":["chat"]}"#).matches(&facts));
    }
}

#[test]
fn what_is_no_value_is_answered_with_what_is_expected() {
    let refused = |json: &str| serde_json::from_str::<Filter>(json).map_err(|error| error.to_string()).unwrap_err();
    for (json, expected) in [
        (r#"{"licence":["GPL-3.0"]}"#, "CC-BY-SA-4.0"),
        (r#"{"use":"everything"}"#, "train-ai, search or evaluate"),
        (r#"{"use":"search","honour":["cc"]}"#, "cc-cr-dc"),
        (r#"{"honour":["cc-cr"]}"#, "name the use"),
        (r#"{"label":["bad"]}"#, "good or fail"),
        (r#"{"language":["d"]}"#, "pt-BR"),
        (r#"{"model":[" "]}"#, "a name of 1 to 256 bytes"),
        (r#"{"month":["2026-13"]}"#, "2026-01..2026-06"),
        (r#"{"month":["2026-06..2026-01"]}"#, "2026-01..2026-06"),
        (r#"{"month":[".."]}"#, "2026-01..2026-06"),
        (r#"{"month":["2026-01..2026-02..2026-03"]}"#, "2026-01..2026-06"),
        (r#"{"kind":["chats"]}"#, "chat, correction, preference"),
        (r#"{"tag":["b","a"]}"#, "in the order"),
        (r#"{"tag":["a","a"]}"#, "each value once"),
        (r#"{"tag":["A"]}"#, "small letters"),
        (r#"{"month":["2026-01..2026-01"]}"#, "each value once"),
        (r#"{"colour":["red"]}"#, "unknown field"),
    ] {
        assert!(refused(json).contains(expected), "{json}: {}", refused(json));
    }
    let many = |count: usize| {
        let mut tags: Vec<_> = (0..count).map(|number| format!("tag {number}")).collect();
        tags.sort();
        serde_json::from_value::<Filter>(serde_json::json!({ "tag": tags }))
    };
    assert!(many(FILTER_VALUES).is_ok() && many(FILTER_VALUES + 1).is_err());
}

#[test]
fn a_filter_is_said_in_words() {
    let said = filter(r#"{"licence":["CC-BY-4.0","CC0-1.0"],"use":"search","honour":["cc-cr"],"language":["de"]}"#);
    assert_eq!(said.to_string(), "licence CC-BY-4.0 or CC0-1.0; use search; honouring cc-cr; language de");
    assert_eq!(Filter::default().to_string(), "");
    assert!(Filter::default().is_empty() && !said.is_empty());
}

#[test]
fn every_kind_has_its_name_and_no_other_has_one() {
    assert!(KINDS.into_iter().all(|kind| kind.parse::<Kind>().is_ok_and(|read| read.name() == kind)));
    assert_eq!("".parse::<Kind>(), Err(FilterError::Kind));
}
