//! Redaction of an imported item, with every mark kept for the preview.

use crate::import::Item;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::content::{Content, Message, Role};
use commonwheel_protocol::redact::{Mark, Redactor, Ruleset};
use commonwheel_protocol::text::{RawText, Redacted};
use std::collections::BTreeMap;

/// A redacted text, with where its placeholders are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// What would be published.
    pub text: Redacted,
    /// The redactions in it.
    pub marks: Vec<Mark>,
}

/// An item ready to be looked at and signed.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The file's format.
    pub format: &'static str,
    /// Where in the file.
    pub position: String,
    /// What would be published.
    pub content: Content<Marked>,
    /// The title.
    pub title: Option<Marked>,
    /// The model.
    pub model: Option<Marked>,
    /// Tags.
    pub tags: Vec<Marked>,
    /// The language, if the file names it.
    pub language: Option<String>,
    /// Whether the label is the file's own.
    pub labelled: bool,
    /// Whether others hold the rights.
    pub third_party: bool,
    /// The record that a correction corrects.
    pub corrects: Option<RecordId>,
    /// Findings by kind.
    pub redactions: BTreeMap<String, i64>,
    /// Findings that count towards quarantine.
    pub core_findings: u32,
}

/// Redacts every text of an item. One placeholder stands for one value throughout.
pub fn prepare(item: &Item, ruleset: &Ruleset) -> Prepared {
    let mut redactor = Redactor::new(ruleset);
    let mut redact = |raw: &RawText| {
        let redaction = redactor.redact(raw);
        Marked { text: redaction.text, marks: redaction.marks }
    };
    let content = item.content.map(&mut redact);
    let title = item.title.as_ref().map(&mut redact);
    let model = item.model.as_ref().map(&mut redact);
    let tags = item.tags.iter().map(&mut redact).collect();
    let redactions = redactor.counts().iter().map(|(kind, count)| (kind.to_string(), i64::from(*count))).collect();
    Prepared {
        format: item.format.name(),
        position: item.position.clone(),
        content,
        title,
        model,
        tags,
        language: item.language.clone(),
        labelled: item.labelled,
        third_party: item.third_party,
        corrects: item.corrects,
        redactions,
        core_findings: redactor.core_findings(),
    }
}

impl Prepared {
    /// Findings of every kind.
    pub fn findings(&self) -> i64 {
        self.redactions.values().sum()
    }

    /// The content without its marks.
    pub fn redacted(&self) -> Content<Redacted> {
        self.content.map(&mut |marked| marked.text.clone())
    }

    /// Whether a model wrote a part of it, as far as its kind and its roles show.
    pub fn has_model_output(&self) -> bool {
        let answered = |messages: &[Message<Marked>]| messages.iter().any(|message| message.role == Role::Assistant);
        let judged = match &self.content {
            Content::Chat(chat) => answered(&chat.messages),
            Content::Rubric(rubric) => answered(&rubric.messages),
            Content::Feedback(feedback) => answered(&feedback.messages),
            Content::Preference(_) => true,
            _ => false,
        };
        judged || self.model.is_some()
    }

    /// Whether it is a chat whose label is only assumed.
    pub fn wants_label(&self) -> bool {
        matches!(self.content, Content::Chat(_)) && !self.labelled
    }

    /// Whether a person has to look before it may be shared.
    pub fn needs_a_look(&self, most: i64) -> bool {
        i64::from(self.core_findings) > most
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import;
    use std::ops::ControlFlow;

    #[test]
    fn one_value_has_one_placeholder_in_title_and_messages() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("chat.json");
        let chat = r#"{"title":"Mail ana.ruiz@example.org","messages":[{"role":"user","content":"Write to ana.ruiz@example.org and bo@example.org"},{"role":"assistant","content":"Done: ana.ruiz@example.org"}]}"#;
        std::fs::write(&file, chat).unwrap();
        let mut prepared = Vec::new();
        import::read(&file, &mut |item| {
            prepared.push(prepare(&item.unwrap(), &commonwheel_config::ruleset::builtin()));
            ControlFlow::Continue(())
        })
        .unwrap();
        let one = &prepared[0];
        let mut texts = Vec::new();
        one.content.map(&mut |marked| texts.push(marked.text.as_str().to_owned()));
        assert_eq!(texts, ["Write to [EMAIL_1] and [EMAIL_2]", "Done: [EMAIL_1]"]);
        assert_eq!(one.title.as_ref().unwrap().text.as_str(), "Mail [EMAIL_1]");
        assert_eq!(one.redactions, BTreeMap::from([("email".to_owned(), 4)]));
        assert!(!one.needs_a_look(5) && one.needs_a_look(3));
    }
}
