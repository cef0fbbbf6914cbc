//! Redaction of an imported item, with every mark kept for the preview.

use super::sign::{Links, Revised};
use crate::import::Item;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::content::{Content, Message, Role};
use commonwheel_protocol::redact::{Mark, NoSuchFinding, PlaceholderName, Redactor, Ruleset, Terms};
use commonwheel_protocol::text::{RawText, Redacted};
use std::collections::{BTreeMap, BTreeSet};

/// By what texts are redacted on this machine.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The community's ruleset, which validators run again.
    pub ruleset: &'a Ruleset,
    /// The person's own terms, which nobody else knows.
    pub terms: &'a Terms,
}

impl<'a> Rules<'a> {
    fn redactor(self) -> Redactor<'a> {
        Redactor::new(self.ruleset).hiding(self.terms)
    }
}

/// A redacted text, with where its placeholders are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// What would be published.
    pub text: Redacted,
    /// The redactions in it.
    pub marks: Vec<Mark>,
    /// The text as it was, which a person may want to see before they call a finding a false alarm.
    raw: RawText,
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
    /// The record that a note or a petition is about.
    pub about: Option<RecordId>,
    /// The person's own record that it replaces.
    pub revises: Option<Revised>,
    /// Findings by kind, without those that stay.
    pub redactions: BTreeMap<String, i64>,
    /// Findings that count towards quarantine, without those that stay.
    pub core_findings: u32,
    /// The findings that stay in the text, since the person calls them false alarms.
    pub false_alarms: BTreeSet<PlaceholderName>,
}

/// A finding as the person sees it at their own screen.
#[derive(Clone, Debug)]
pub struct Clear {
    /// What was found; of several spellings of a value the first.
    value: RawText,
    /// How sure the finding is, in percent.
    pub confidence: u8,
    /// Whether it stays in the text.
    pub kept: bool,
}

impl Clear {
    /// The value itself, for nobody else.
    pub fn expose(&self) -> &str {
        self.value.expose()
    }
}

/// Redacts every text of an item. One placeholder stands for one value throughout.
pub fn prepare(item: &Item, rules: Rules) -> Prepared {
    let mut redactor = rules.redactor();
    let mut redact = |raw: &RawText| Marked::of(raw, &mut redactor);
    Prepared {
        format: item.format.name(),
        position: item.position.clone(),
        content: item.content.map(&mut redact),
        title: item.title.as_ref().map(&mut redact),
        model: item.model.as_ref().map(&mut redact),
        tags: item.tags.iter().map(&mut redact).collect(),
        language: item.language.clone(),
        labelled: item.labelled,
        third_party: item.third_party,
        corrects: item.corrects,
        about: item.about,
        revises: None,
        redactions: counts(&redactor),
        core_findings: redactor.core_findings(),
        false_alarms: BTreeSet::new(),
    }
}

impl Marked {
    fn of(raw: &RawText, redactor: &mut Redactor) -> Marked {
        let redaction = redactor.redact(raw);
        Marked { text: redaction.text, marks: redaction.marks, raw: raw.clone() }
    }
}

fn counts(redactor: &Redactor) -> BTreeMap<String, i64> {
    redactor.counts().map(|(kind, count)| (kind.to_string(), i64::from(count))).collect()
}

impl Prepared {
    /// The same item with these findings left in the text, and no others. Every finding keeps the
    /// name that it has when all are hidden.
    ///
    /// # Errors
    /// The first name that is none of a finding in this item.
    pub fn with_false_alarms(
        &self,
        names: &BTreeSet<PlaceholderName>,
        rules: Rules,
    ) -> Result<Prepared, NoSuchFinding> {
        let mut all_hidden = rules.redactor();
        self.redacted_by(&mut all_hidden);
        let mut keeping = all_hidden.keeping(names)?;
        Ok(Prepared { false_alarms: names.clone(), ..self.redacted_by(&mut keeping) })
    }

    fn redacted_by(&self, redactor: &mut Redactor) -> Prepared {
        let mut redact = |marked: &Marked| Marked::of(&marked.raw, redactor);
        let mut again = Prepared {
            content: self.content.map(&mut redact),
            title: self.title.as_ref().map(&mut redact),
            model: self.model.as_ref().map(&mut redact),
            tags: self.tags.iter().map(&mut redact).collect(),
            ..self.clone()
        };
        (again.redactions, again.core_findings) = (counts(redactor), redactor.core_findings());
        again
    }

    /// The findings by name.
    pub fn findings_in_clear(&self) -> BTreeMap<PlaceholderName, Clear> {
        let mut found = BTreeMap::new();
        let mut see = |marked: &Marked| {
            for mark in &marked.marks {
                let value = || RawText::new(&marked.raw.expose()[mark.original.clone()]);
                let clear = || Clear { value: value(), confidence: mark.confidence, kept: mark.kept };
                found.entry(mark.name()).or_insert_with(clear);
            }
        };
        self.content.map(&mut see);
        self.title.iter().chain(&self.model).chain(&self.tags).for_each(see);
        found
    }

    /// The other records that its header names.
    pub fn links(&self) -> Links {
        Links { corrects: self.corrects, about: self.about, revises: self.revises }
    }

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
            prepared.push(item.unwrap());
            ControlFlow::Continue(())
        })
        .unwrap();
        let (ruleset, terms) = (commonwheel_config::ruleset::builtin(), Terms::none());
        let rules = Rules { ruleset: &ruleset, terms: &terms };
        let one = &prepare(&prepared[0], rules);
        let mut texts = Vec::new();
        one.content.map(&mut |marked| texts.push(marked.text.as_str().to_owned()));
        assert_eq!(texts, ["Write to [EMAIL_1] and [EMAIL_2]", "Done: [EMAIL_1]"]);
        assert_eq!(one.title.as_ref().unwrap().text.as_str(), "Mail [EMAIL_1]");
        assert_eq!(one.redactions, BTreeMap::from([("email".to_owned(), 4)]));
        assert!(!one.needs_a_look(5) && one.needs_a_look(3));

        let kept = one.with_false_alarms(&BTreeSet::from(["EMAIL_1".parse().unwrap()]), rules).unwrap();
        let mut texts = Vec::new();
        kept.content.map(&mut |marked| texts.push(marked.text.as_str().to_owned()));
        assert_eq!(texts, ["Write to ana.ruiz@example.org and [EMAIL_2]", "Done: ana.ruiz@example.org"]);
        assert_eq!((kept.findings(), kept.needs_a_look(0), kept.needs_a_look(1)), (1, true, false));
        let clear = kept.findings_in_clear();
        let clear: Vec<_> = clear.iter().map(|(name, c)| (name.to_string(), c.expose(), c.kept)).collect();
        let expected = [("EMAIL_1", "ana.ruiz@example.org", true), ("EMAIL_2", "bo@example.org", false)];
        assert_eq!(clear, expected.map(|(name, value, kept)| (name.to_owned(), value, kept)));
        assert!(!format!("{kept:?}").contains("bo@example.org"), "a value that is hidden is in no log");
        let again = kept.with_false_alarms(&BTreeSet::new(), rules).unwrap();
        assert_eq!(again.findings(), 4, "what was kept can be hidden again");
        assert!(one.with_false_alarms(&BTreeSet::from(["EMAIL_3".parse().unwrap()]), rules).is_err());
    }
}
