use super::super::testing::{import, plain, sound, why};
use super::*;
use serde_json::{Value, json};

const ID: &str = "bafyreigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

fn turn() -> Value {
    json!([{"role": "user", "content": "Tea?"}])
}

/// One sound record of every kind.
fn every_kind() -> Vec<Value> {
    vec![
        json!({"kind": "chat", "messages": turn(), "label": "fail", "note": "rude"}),
        json!({"kind": "correction", "corrects": ID, "message_index": 1, "corrected": "Green.", "note": "was black"}),
        json!({"kind": "preference", "messages": turn(), "chosen": "Yes.", "rejected": "No."}),
        json!({"kind": "example", "prompt": "1+1?", "ideal": "2"}),
        json!({"kind": "rubric", "messages": turn(), "criteria": [{"name": "kind", "score": 0, "max": 5, "note": "no"}]}),
        json!({"kind": "feedback", "answers": [{"question": "Useful?", "answer": "Very"}], "rating": 10}),
        json!({"kind": "code", "prompt": "Add.", "programming_language": "Python", "code": "a+b", "tests": "assert True"}),
        json!({"kind": "translation", "source_language": "en", "target_language": "pt-BR", "source_text": "Tea", "target_text": "Chá"}),
    ]
}

#[test]
fn one_file_holds_every_kind_and_each_is_read_whole() {
    let rows = every_kind();
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    for text in [lines, Value::Array(rows.clone()).to_string()] {
        let items = sound(Format::Commonwheel, text);
        let kinds: Vec<_> = items.iter().map(|item| item.content.kind()).collect();
        assert_eq!(kinds, KINDS.map(|(kind, _)| kind));
        assert!(items.iter().all(|item| item.labelled && !item.third_party));
    }
    let items = sound(Format::Commonwheel, Value::Array(rows).to_string());
    let mut texts = Vec::new();
    items.iter().for_each(|item| drop(item.content.map(&mut |text| texts.push(text.expose().to_owned()))));
    let expected = [
        "Tea?",
        "rude",
        "Green.",
        "was black",
        "Tea?",
        "Yes.",
        "No.",
        "1+1?",
        "2",
        "Tea?",
        "kind",
        "no",
        "Useful?",
        "Very",
        "Add.",
        "Python",
        "a+b",
        "assert True",
        "Tea",
        "Chá",
    ];
    assert_eq!(texts, expected);
    assert!(matches!(&items[0].content, Content::Chat(chat) if chat.label == Label::Fail));
    assert!(matches!(&items[1].content, Content::Correction(c) if c.message == Some(1)));
    assert!(matches!(&items[4].content, Content::Rubric(r) if (r.criteria[0].score, r.criteria[0].max) == (0, 5)));
    assert!(matches!(&items[5].content, Content::Feedback(f) if f.rating == Some(10) && f.messages.is_empty()));
}

#[test]
fn only_a_correction_names_a_record() {
    let items = sound(Format::Commonwheel, Value::Array(every_kind()).to_string());
    assert_eq!(items[1].corrects.unwrap().to_string(), ID);
    assert_eq!(items.iter().filter(|item| item.corrects.is_some()).count(), 1);
    let expected = "corrects: expected the id of the record that this corrects, such as bafyrei…, found";
    for (id, found) in [(Value::Null, "null"), (json!("secret"), "text"), (json!(7), "a number")] {
        let row = json!({"kind": "correction", "corrects": id, "corrected": "x"});
        assert_eq!(why(row.to_string()), format!("{expected} {found}"));
    }
}

#[test]
fn what_every_kind_may_have_is_read() {
    let mut row = every_kind()[3].clone();
    row["title"] = json!("Sums");
    row["language"] = json!("en");
    row["tags"] = json!(["maths", "easy"]);
    row["model"] = json!("m-1");
    let item = &sound(Format::Commonwheel, row.to_string())[0];
    assert_eq!(item.title.as_ref().unwrap().expose(), "Sums");
    assert_eq!(item.language.as_deref(), Some("en"));
    assert_eq!(plain(&item.tags), ["maths", "easy"]);
    assert_eq!(item.model.as_ref().unwrap().expose(), "m-1");
}

#[test]
fn a_chat_without_a_label_is_one_to_ask_about() {
    let chat =
        json!({"kind": "chat", "messages": [{"role": "assistant", "content": "Hi", "label": "fail", "rating": 2}]});
    let item = &sound(Format::Commonwheel, chat.to_string())[0];
    let Content::Chat(chat) = &item.content else { panic!("expected a chat") };
    assert!(!item.labelled);
    assert_eq!((chat.messages[0].label, chat.messages[0].rating), (Some(Label::Fail), Some(2)));
}

/// Sets one field of the first record of a kind.
fn broken(kind: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut row = every_kind().into_iter().find(|row| row["kind"] == kind).unwrap();
    change(&mut row);
    row.to_string()
}

#[test]
fn what_is_wrong_is_said_without_repeating_it() {
    let known = "kind, title, language, tags, model, prompt, ideal";
    let set = |kind, key: &'static str, value| broken(kind, |row| row[key] = value);
    for (row, expected) in [
        (set("example", "kind", json!("secret")), "translation; found another".to_owned()),
        (set("example", "colour", json!("secret")), format!("colour: unknown field; known here are {known}")),
        (
            set("example", "ana@example.org", json!(1)),
            format!("(a name that is not shown here): unknown field; known here are {known}"),
        ),
        (set("example", "corrects", json!(ID)), format!("corrects: unknown field; known here are {known}")),
        (set("example", "prompt", json!(" ")), "prompt: expected text, found empty text".into()),
        (set("example", "title", json!("x".repeat(257))), "title: expected at most 256 bytes, found 257".into()),
        (set("example", "tags", json!(["a", 7])), "tags: expected text, found a number".into()),
        (set("example", "tags", json!(vec!["a"; 33])), "tags: expected at most 32, found 33".into()),
        (
            set("example", "language", json!("secret words")),
            "language: expected a language tag such as en or pt-BR, found something else".into(),
        ),
        (set("chat", "label", json!("secret")), "label: expected good or fail, found something else".into()),
        (set("chat", "messages", json!([])), "messages: expected at least one message, found none".into()),
        (set("chat", "messages", json!([7])), "message 1: expected an object, found a number".into()),
        (
            set("chat", "messages", json!([{"role": "human", "content": "secret"}])),
            "message 1: role: expected system, user, assistant or tool, found something else".into(),
        ),
        (
            set("chat", "messages", json!([{"role": "user", "content": "x", "name": "secret"}])),
            "message 1: name: unknown field; known here are role, content, model, label, rating".into(),
        ),
        (set("preference", "chosen", Value::Null), "chosen: expected text, found null".into()),
        (set("rubric", "criteria", json!([])), "criteria: expected at least one entry, found none".into()),
        (
            set("rubric", "criteria", json!([{"name": "a", "score": 6, "max": 5}])),
            "criteria, entry 1: score: expected a whole number from 0 to 5, found something else".into(),
        ),
        (
            set("feedback", "rating", json!(11)),
            "rating: expected a whole number from 1 to 10, found something else".into(),
        ),
        (
            set("feedback", "answers", json!([{"question": "q"}])),
            "answers, entry 1: answer: expected text, found nothing".into(),
        ),
        (set("code", "tests", json!([])), "tests: expected text, found a list".into()),
        (
            set("translation", "target_language", Value::Null),
            "target_language: expected a language tag such as en or pt-BR, found null".into(),
        ),
    ] {
        let why = why(row);
        assert!(why.ends_with(&expected), "{why}");
        assert!(!why.contains("secret") && !why.contains("ana@"), "{why}");
    }
}

#[test]
fn a_kind_of_somebody_else_does_not_hide_another_format() {
    let chat = json!({"kind": "conversation", "messages": turn()});
    assert_eq!(sound(Format::OpenAiChat, chat.to_string()).len(), 1);
    let imported = import("file", json!({"kind": "secret"}).to_string());
    assert_eq!((imported.format.unwrap(), imported.errors.len()), (Format::Commonwheel, 1));
}

#[test]
fn the_examples_in_the_documentation_are_read() {
    let text = include_str!("../../../../docs/FORMATS.md");
    let block = text.split("```json\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    assert_eq!(sound(Format::Commonwheel, block).len(), 3);
}
