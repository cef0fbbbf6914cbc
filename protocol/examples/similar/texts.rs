//! Real texts as bodies.

use commonwheel_protocol::bytes::{Node, encode};
use commonwheel_protocol::preference::Vocabulary;
use commonwheel_protocol::similar::Sketch;
use serde_json::Value;
use std::error::Error;
use std::path::Path;

/// A chat: who speaks, and what is said.
#[derive(Clone)]
pub struct Text {
    pub title: Option<String>,
    pub messages: Vec<(&'static str, String)>,
}

pub type Pairs = Vec<(Text, Text)>;

impl Text {
    pub fn body(&self, salt: u8) -> Vec<u8> {
        let message = |(role, text): &(&str, String)| {
            Node::map([("role", Some(Node::text(*role))), ("content", Some(Node::text(text)))])
        };
        encode(&Node::map([
            ("salt", Some(Node::bytes([salt; 32]))),
            ("kind", Some(Node::text("chat"))),
            ("title", self.title.as_ref().map(Node::text)),
            ("preference_given", Some(Node::text("train-ai=y"))),
            ("vocabulary", Some(Node::text(Vocabulary::CURRENT.to_string()))),
            ("rights", Some(Node::List(vec![Node::map([("by", Some(Node::text("own")))])]))),
            (
                "assurances",
                Some(Node::map([
                    ("of_age", Some(true.into())),
                    ("has_rights", Some(true.into())),
                    ("no_sensitive_data", Some(true.into())),
                ])),
            ),
            ("label", Some(Node::text("good"))),
            ("messages", Some(Node::List(self.messages.iter().map(message).collect()))),
        ]))
    }

    pub fn sketch(&self) -> Result<Sketch, Box<dyn Error>> {
        Ok(Sketch::of(&self.body(0))?.ok_or("a chat has a sketch")?)
    }

    pub fn start(&self) -> String {
        self.messages.iter().flat_map(|(_, text)| text.chars()).take(150).collect::<String>().replace('\n', " ")
    }
}

fn rows(path: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let file = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(file.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

/// The first thread of each tree, and pairs of a prompt with each of two answers.
pub fn chats(folder: &Path) -> Result<(Vec<Text>, Pairs), Box<dyn Error>> {
    let (mut chats, mut siblings) = (Vec::new(), Vec::new());
    for row in rows(&folder.join("oasst/en_100_tree.jsonl"))? {
        let mut messages = Vec::new();
        let mut at = &row["prompt"];
        while let Some(text) = at["text"].as_str() {
            messages.push((if messages.len() % 2 == 0 { "user" } else { "assistant" }, text.to_owned()));
            at = &at["replies"][0];
        }
        let answers = row["prompt"]["replies"].as_array().map(Vec::as_slice).unwrap_or_default();
        let chat = |answer: &Value| Text {
            title: None,
            messages: vec![messages[0].clone(), ("assistant", answer["text"].as_str().unwrap_or_default().to_owned())],
        };
        siblings.extend(answers.windows(2).map(|two| (chat(&two[0]), chat(&two[1]))));
        chats.push(Text { title: Some("A chat".into()), messages });
    }
    Ok((chats, siblings))
}

/// Problems with their answers.
pub fn problems(folder: &Path) -> Result<Vec<Text>, Box<dyn Error>> {
    let mut problems = Vec::new();
    for name in ["train", "test"] {
        for row in rows(&folder.join(format!("gsm8k/{name}.jsonl")))? {
            let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
            problems
                .push(Text { title: None, messages: vec![("user", text("question")), ("assistant", text("answer"))] });
        }
    }
    Ok(problems)
}

/// A body of about so many bytes.
pub fn long(texts: &[Text], bytes: usize) -> Vec<u8> {
    let (mut messages, mut size) = (Vec::new(), 400);
    for message in texts.iter().flat_map(|text| &text.messages) {
        if size + message.1.len() > bytes || messages.len() == 4000 {
            break;
        }
        size += message.1.len() + 30;
        messages.push(message.clone());
    }
    Text { title: None, messages }.body(0)
}

/// Thirty words that nobody said.
pub fn random(seed: usize) -> Text {
    let mut state = seed as u64;
    let mut word = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        format!("w{} ", (state >> 33) % 50_000)
    };
    Text { title: None, messages: vec![("user", (0..30).map(|_| word()).collect())] }
}
