use super::*;
use crate::bytes::{Cid, Node, encode};
use crate::record::header::SizeClass;
use crate::record::header::tests::{header, key};

/// The row of a body with these entries.
pub(super) fn row(kind: &str, entries: Vec<(&str, Node)>) -> Row {
    let entries = entries.into_iter().map(|(key, value)| (key, Some(value)));
    let fixed = [("kind", Some(Node::text(kind))), ("salt", Some(Node::bytes([7; 32])))];
    let body = encode(&Node::map(fixed.into_iter().chain(entries)));
    let mut header = header();
    (header.body, header.size_class) = (Cid::of_cbor(&body), SizeClass::of(body.len()));
    Row::of(&header.sign(&key()), &body, &header.community).unwrap()
}

fn message(role: &str, content: &str, label: Option<&str>) -> Node {
    Node::map([
        ("role", Some(Node::text(role))),
        ("content", Some(Node::text(content))),
        ("label", label.map(Node::text)),
    ])
}

/// A list of messages, each a role, what is said, and a label or nothing.
fn said(messages: &[(&str, &str, &str)]) -> Node {
    let one =
        |(role, content, label): &(&str, &str, &str)| message(role, content, Some(*label).filter(|l| !l.is_empty()));
    Node::List(messages.iter().map(one).collect())
}

pub(super) const TEA: [(&str, &str, &str); 2] = [("user", "Tea?", ""), ("assistant", "Yes.\n\"Now\"", "")];

pub(super) fn chat(label: &str, messages: &[(&str, &str, &str)]) -> Row {
    row("chat", vec![("messages", said(messages)), ("label", Node::text(label))])
}

fn pair(messages: &[(&str, &str, &str)], chosen: &str) -> Row {
    row(
        "preference",
        vec![("messages", said(messages)), ("chosen", Node::text(chosen)), ("rejected", Node::text("No."))],
    )
}

pub(super) fn example() -> Row {
    row("example", vec![("prompt", Node::text("1 + 1")), ("ideal", Node::text("2")), ("language", Node::text("en"))])
}

fn lines(view: View, row: &Row) -> Vec<String> {
    view.lines(row).collect()
}

fn carried(view: View, row: &Row) -> bool {
    view.lines(row).next().is_some()
}

/// What every line of JSON ends in.
fn origin(row: &Row, language: &str) -> String {
    format!(
        r#""id":"{}","licence":"CC-BY-4.0","preference":"train-ai=y","language":"{language}","model":""}}"#,
        row.id()
    ) + "\n"
}

#[test]
fn each_format_has_the_form_that_its_readers_take() {
    let (good, pair, example) = (chat("good", &TEA), pair(&TEA[..1], "Yes."), example());
    let said = r#"[{"role":"user","content":"Tea?"},{"role":"assistant","content":"Yes.\n\"Now\""}]"#;
    let asked = r#"[{"role":"user","content":"Tea?"}]"#;
    for (view, row, language, expected) in [
        (View::OpenAi, &good, "", format!(r#"{{"messages":{said},"label":"good","note":"","title":"","#)),
        (View::Sft, &good, "", format!(r#"{{"messages":{said},"#)),
        (
            View::Sft,
            &example,
            "en",
            r#"{"messages":[{"role":"user","content":"1 + 1"},{"role":"assistant","content":"2"}],"#.to_owned(),
        ),
        (
            View::Preference,
            &pair,
            "",
            format!(
                r#"{{"prompt":{asked},"chosen":[{{"role":"assistant","content":"Yes."}}],"rejected":[{{"role":"assistant","content":"No."}}],"#
            ),
        ),
        (
            View::Kto,
            &good,
            "",
            format!(
                r#"{{"prompt":{asked},"completion":[{{"role":"assistant","content":"Yes.\n\"Now\""}}],"label":true,"#
            ),
        ),
        (
            View::ShareGpt,
            &good,
            "",
            r#"{"conversations":[{"from":"human","value":"Tea?"},{"from":"gpt","value":"Yes.\n\"Now\""}],"#.to_owned(),
        ),
        (View::Alpaca, &example, "en", r#"{"instruction":"1 + 1","input":"","output":"2","#.to_owned()),
        (
            View::HhRlhf,
            &pair,
            "",
            r#"{"chosen":"\n\nHuman: Tea?\n\nAssistant: Yes.","rejected":"\n\nHuman: Tea?\n\nAssistant: No.","#
                .to_owned(),
        ),
    ] {
        assert_eq!(lines(view, row), [expected + &origin(row, language)], "{view}");
    }
}

#[test]
fn a_line_of_values_has_as_many_as_the_heading_whatever_is_in_them() {
    let score = [("name", Some(Node::text("clear"))), ("score", Some(Node::Int(3))), ("max", Some(Node::Int(5)))];
    let rated = row(
        "rubric",
        vec![
            ("title", Node::text("a\tb\\c\r\n")),
            ("messages", said(&TEA)),
            ("criteria", Node::List(vec![Node::map(score)])),
        ],
    );
    let author = rated.header_text("author").unwrap();
    let expected = [
        &rated.id().to_string(),
        "CC-BY-4.0",
        "train-ai=y",
        &author,
        "2027-01-15T08:00:00Z",
        "rubric",
        "",
        "",
        "",
        r"a\tb\\c\r\n",
        "user: Tea?\\n\\nassistant: Yes.\\n\"Now\"\\n\\nclear: 3/5",
    ];
    assert_eq!(lines(View::Tsv, &rated), [expected.join("\t") + "\n"]);
    assert_eq!(View::Tsv.heading(Split::Main).split('\t').count(), expected.len());
    let formula =
        row("example", vec![("title", Node::text("=1+1")), ("model", Node::text("@x")), ("tests", Node::text("-"))]);
    assert!(lines(View::Tsv, &formula)[0].ends_with("\texample\t\t\t\\@x\t\\=1+1\ttests: -\n"), "no formula");
    let quoted = row("example", vec![("title", Node::text("\"Tea\" it is"))]);
    assert!(lines(View::Tsv, &quoted)[0].ends_with("\t\\\"Tea\" it is\t\n"), "no value up to another's quotation mark");
    let later = row("hologram", vec![("layers", Node::List(vec![Node::Null])), ("label", Node::Int(1))]);
    assert_eq!(lines(View::Tsv, &later)[0].split('\t').count(), expected.len());
}

#[test]
fn what_failed_is_nothing_to_imitate() {
    let failed = chat("fail", &TEA);
    let partly = chat("good", &[TEA[0], ("assistant", "No.", "fail"), TEA[0], TEA[1]]);
    for view in [View::Sft, View::ShareGpt, View::Alpaca] {
        assert!(!carried(view, &failed) && !carried(view, &partly), "{view}");
    }
    assert!(!carried(View::Sft, &chat("good", &TEA[..1])), "nobody answers");
    assert!(lines(View::OpenAi, &failed)[0].contains(r#""label":"fail""#));
    assert!(lines(View::Kto, &failed)[0].contains(r#""label":false"#));
    let longer = chat("good", &[TEA[0], TEA[1], ("user", "Thanks.", "")]);
    assert!(carried(View::Sft, &longer) && !carried(View::Alpaca, &longer));
}

#[test]
fn every_judged_answer_is_one_line_and_its_own_label_comes_first() {
    let judged = chat("good", &[TEA[0], ("assistant", "No.", "fail"), TEA[0], ("assistant", "Yes.", "fail")]);
    let found = lines(View::Kto, &judged);
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|line| line.contains(r#""label":false"#)), "{found:?}");
    assert!(!carried(View::Kto, &chat("good", &[("system", "Be kind.", ""), TEA[1]])), "TRL refuses such a prompt");
    assert!(!carried(View::Kto, &chat("good", &[TEA[1]])), "nothing was asked");
    assert!(!carried(View::Kto, &chat("good", &[TEA[0], TEA[1], ("user", "Thanks.", "good")])), "no answer was judged");
    let many: Vec<_> = [TEA[0], ("assistant", "Yes.", "good")].repeat(kto::ANSWERS + 1);
    assert_eq!(lines(View::Kto, &chat("good", &many)).len(), kto::ANSWERS);
}

#[test]
fn pairs_that_a_format_cannot_tell_apart_from_others_are_left_out() {
    let system = [("system", "Be kind.", ""), TEA[0]];
    let tool = [TEA[0], ("tool", "4 cups", "")];
    let (with_system, with_tool, by_system) = (pair(&system, "Yes."), pair(&tool, "Yes."), pair(&system[..1], "Yes."));
    assert!(carried(View::Preference, &with_system) && carried(View::Preference, &with_tool));
    assert!(!carried(View::Preference, &by_system));
    assert!(!carried(View::HhRlhf, &with_system) && !carried(View::HhRlhf, &with_tool));
    for text in ["Yes.\n\nHuman: more", "Yes.\n**assistant said:** more", "Human: x"] {
        assert!(!carried(View::HhRlhf, &pair(&TEA[..1], text)), "{text}");
    }
    assert!(carried(View::HhRlhf, &pair(&TEA[..1], "Humans: many\nan assistant: one")));
}

#[test]
fn what_is_not_of_the_form_that_is_wanted_is_left_out() {
    let broken = [
        row("chat", vec![("messages", Node::text("Tea?")), ("label", Node::text("good"))]),
        row("chat", vec![("messages", said(&[])), ("label", Node::text("good"))]),
        row("chat", vec![("messages", said(&[("speaker", "Tea?", "")])), ("label", Node::text("good"))]),
        row("example", vec![("prompt", Node::text("1 + 1"))]),
        row("hologram", vec![("messages", said(&TEA)), ("label", Node::text("good"))]),
    ];
    for view in View::ALL.into_iter().filter(|view| ![View::Tsv, View::Kto].contains(view)) {
        assert!(broken.iter().all(|row| !carried(view, row)), "{view}");
    }
}

pub(super) fn canary() -> Canary {
    Canary::of(&Cid::of_cbor(b"community"))
}

#[test]
fn views_count_what_they_carry_and_leave_out_and_begin_each_file_once() {
    let rows = [chat("good", &TEA), chat("fail", &TEA), example()];
    let mut views = Views::new([View::Tsv, View::Sft, View::HhRlhf], canary());
    let mut files = BTreeMap::<String, String>::new();
    for row in &rows {
        let partition = row.partition().unwrap();
        let put = &mut |path: &str, bytes: &[u8]| {
            files.entry(path.to_owned()).or_default().push_str(std::str::from_utf8(bytes).unwrap());
            Ok::<_, ()>(())
        };
        views.add(row, &row.line().unwrap(), &partition, put).unwrap();
    }
    let sealed = Sealed { bytes: 7, sha256: [1; 32] };
    let stated = views.stated(&files.keys().map(|path| (path.clone(), sealed)).collect());
    let found: Vec<_> =
        stated.iter().map(|view| (&view.format[..], view.rows, view.left_out, view.files.len())).collect();
    assert_eq!(found, [("hh-rlhf", 0, 3, 0), ("sft", 2, 1, 1), ("tsv", 3, 0, 1)]);
    let path = "views/tsv/licence=CC-BY-4.0/preference=train-ai-y/2027-01.tsv";
    assert_eq!(stated[2].files, [FileRows::new(path.to_owned(), &chat("good", &TEA).partition().unwrap(), 3, &sealed)]);
    assert_eq!(files[path].matches(&View::Tsv.heading(Split::Main)).count(), 1);
    assert_eq!(files[path].lines().count(), 4);
    assert!(Views::stated_in(&stated, canary()).is_some());
    let swapped: Vec<_> = stated.iter().rev().cloned().collect();
    let unknown = ViewRows { format: "hologram".into(), ..stated[0].clone() };
    assert!(Views::stated_in(&swapped, canary()).is_none() && Views::stated_in(&[unknown], canary()).is_none());
    assert!(Views::stated_in(&[stated[0].clone(), stated[0].clone()], canary()).is_none(), "each once");
}

#[test]
fn names_are_in_order_and_lead_back() {
    let names = View::ALL.map(View::name);
    assert!(names.is_sorted() && View::ALL.is_sorted());
    assert_eq!(names.map(View::named), View::ALL.map(Some));
    assert_eq!(View::named("jsonl"), None, "the canonical rows are no view");
}
