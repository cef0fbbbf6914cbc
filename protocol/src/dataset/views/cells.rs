//! What views read of a row. A column of another form than the one that is wanted is none.

use crate::bytes::Node;
use crate::dataset::row::Row;
use crate::record::content::Role;
use serde::Serialize;

/// One message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(in crate::dataset) struct Said<'a> {
    /// The name of a [`Role`].
    pub role: &'a str,
    /// What is said.
    pub content: &'a str,
    /// What a person said of this message alone: `good` or `fail`.
    #[serde(skip)]
    pub label: Option<&'a str>,
}

impl<'a> Said<'a> {
    /// What the person says.
    pub fn user(content: &'a str) -> Self {
        Said { role: Role::User.name(), content, label: None }
    }

    /// What the model says.
    pub fn assistant(content: &'a str) -> Self {
        Said { role: Role::Assistant.name(), content, label: None }
    }

    /// Whether the model says it.
    pub fn is_assistant(&self) -> bool {
        self.role == Role::Assistant.name()
    }
}

/// Where a line comes from: columns that trainers leave alone. What is not there is empty, never `null`: loaders
/// guess a column's type from the first file, and break on a text where they have seen none.
#[derive(Serialize)]
pub(in crate::dataset) struct Origin<'a> {
    id: String,
    licence: String,
    preference: String,
    language: &'a str,
    model: &'a str,
}

impl<'a> Origin<'a> {
    /// That of a row.
    pub fn of(row: &'a Row) -> Self {
        Origin {
            id: row.header_text("id").unwrap_or_default(),
            licence: row.header_text("licence").unwrap_or_default(),
            preference: row.header_text("preference").unwrap_or_default(),
            language: text_or_empty(row, "language"),
            model: text_or_empty(row, "model"),
        }
    }
}

/// A value as a line of JSON, without white space.
pub(in crate::dataset) fn json(value: &impl Serialize) -> String {
    let mut line = serde_json::to_string(value).expect("writing JSON to memory cannot fail");
    line.push('\n');
    line
}

/// The text in a column of the body.
pub(in crate::dataset) fn text<'a>(row: &'a Row, column: &str) -> Option<&'a str> {
    text_of(row.body().get(column)?)
}

/// The text in a column of the body; nothing where there is none.
pub(in crate::dataset) fn text_or_empty<'a>(row: &'a Row, column: &str) -> &'a str {
    text(row, column).unwrap_or_default()
}

/// A value, if it is text.
pub(in crate::dataset) fn text_of(node: &Node) -> Option<&str> {
    match node {
        Node::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a row is of this kind.
pub(in crate::dataset) fn is(row: &Row, kind: &str) -> bool {
    text(row, "kind") == Some(kind)
}

/// The messages of a row, at least one.
pub(in crate::dataset) fn messages(row: &Row) -> Option<Vec<Said<'_>>> {
    let Node::List(list) = row.body().get("messages")? else { return None };
    let said: Option<Vec<_>> = list.iter().map(message).collect();
    said.filter(|said| !said.is_empty())
}

fn message(node: &Node) -> Option<Said<'_>> {
    let Node::Map(fields) = node else { return None };
    let of = |key: &str| fields.get(key).and_then(text_of);
    let role = of("role").filter(|role| Role::named(role).is_some())?;
    Some(Said { role, content: of("content")?, label: of("label") })
}

/// The question and the answer of an example.
pub(in crate::dataset) fn example(row: &Row) -> Option<(&str, &str)> {
    is(row, "example").then_some(())?;
    Some((text(row, "prompt")?, text(row, "ideal")?))
}

/// What a model may imitate: a chat that is labelled good and in which the model speaks, with no message that is
/// labelled fail; or an example, as two messages.
pub(in crate::dataset) fn imitable(row: &Row) -> Option<Vec<Said<'_>>> {
    if let Some((prompt, ideal)) = example(row) {
        return Some(vec![Said::user(prompt), Said::assistant(ideal)]);
    }
    (is(row, "chat") && text(row, "label") == Some("good")).then_some(())?;
    let sound =
        |said: &Vec<Said>| said.iter().any(Said::is_assistant) && said.iter().all(|said| said.label != Some("fail"));
    messages(row).filter(sound)
}

/// Messages that an answer can follow: there are some, and the last is not the system's, which TRL refuses.
pub(in crate::dataset) fn asked<'a, 'b>(messages: &'b [Said<'a>]) -> Option<&'b [Said<'a>]> {
    messages.last().is_some_and(|last| last.role != Role::System.name()).then_some(messages)
}

/// The messages before the two answers of a preference pair, the better answer, and the worse one.
pub(in crate::dataset) fn pair(row: &Row) -> Option<(Vec<Said<'_>>, &str, &str)> {
    is(row, "preference").then_some(())?;
    Some((messages(row)?, text(row, "chosen")?, text(row, "rejected")?))
}
