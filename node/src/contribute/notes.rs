//! What else a person should know of an item before they share it: which classes of high risk it seems to be of and
//! what the community does about each, and what in their own words could tell who wrote it.

use super::prepare::{Marked, Prepared};
use commonwheel_protocol::agreement::{Action, RiskPolicy};
use commonwheel_protocol::record::content::{Content, Message, Role};
use commonwheel_protocol::redact::{ClueKind, RiskClass, Ruleset, clues};
use std::collections::BTreeMap;

/// Passages shown of each class or kind, and characters of each.
const EXAMPLES: usize = 3;
const EXAMPLE_CHARACTERS: usize = 60;

/// What was seen in an item. Passages are of the redacted text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    /// Each class, with how sure that is in percent, and passages that gave rise to it.
    pub risks: BTreeMap<RiskClass, (u8, Vec<String>)>,
    /// Each kind of clue, with passages.
    pub clues: BTreeMap<ClueKind, Vec<String>>,
}

impl Notes {
    /// What is seen in an item.
    pub fn of(item: &Prepared, ruleset: &Ruleset) -> Self {
        let mut notes = Notes::default();
        let about = item.title.iter().chain(&item.model).chain(&item.tags);
        about.for_each(|marked| notes.look(marked.text.as_str(), ruleset));
        item.content.map(&mut |marked| notes.look(marked.text.as_str(), ruleset));
        for text in own_texts(&item.content) {
            for clue in clues(&text) {
                let examples = notes.clues.entry(clue.kind).or_default();
                clue.spans.iter().for_each(|span| add(examples, &text[span.clone()]));
            }
        }
        notes
    }

    fn look(&mut self, text: &str, ruleset: &Ruleset) {
        for risk in ruleset.risks(text) {
            let (sure, examples) = self.risks.entry(risk.class).or_default();
            *sure = risk.confidence.max(*sure);
            risk.spans.iter().for_each(|span| add(examples, &text[span.clone()]));
        }
    }

    /// What is done about each class, when a community's policy is known.
    pub fn actions(&self, policy: &RiskPolicy) -> BTreeMap<RiskClass, Action> {
        self.risks.keys().map(|class| (*class, policy.action(*class))).collect()
    }

    /// A sentence for each class and each kind of clue.
    pub fn lines(&self, policy: Option<&RiskPolicy>) -> Vec<String> {
        let risks = self.risks.iter().map(|(class, (_, examples))| {
            let done = policy.map(|policy| format!("; here: {}", policy.action(*class).meaning())).unwrap_or_default();
            format!("{class}: seems to be about {}{}{done}", class.meaning(), quoted(examples))
        });
        let clues = self.clues.iter().map(|(kind, examples)| {
            format!("could tell who wrote it: {}{}. You may {}", kind.seen(), quoted(examples), kind.advice())
        });
        risks.chain(clues).collect()
    }
}

/// Why a community does not take a body of these classes; nothing when it does.
pub fn blocked(classes: impl IntoIterator<Item = RiskClass>, policy: &RiskPolicy) -> Option<String> {
    let blocked = policy.that(Action::Block, classes);
    let named: Vec<_> = blocked.iter().map(|class| format!("{class} ({})", class.meaning())).collect();
    (!blocked.is_empty()).then(|| {
        format!(
            "it seems to be about {}, which this community does not take; nothing of it was signed or sent. Take that \
             out, or leave the item out",
            named.join(", ")
        )
    })
}

/// What the contributor wrote, as far as the kind and the roles show.
fn own_texts(content: &Content<Marked>) -> Vec<String> {
    let users = |messages: &[Message<Marked>]| {
        let own = messages.iter().filter(|message| message.role == Role::User);
        own.map(|message| message.text.text.as_str().to_owned()).collect()
    };
    match content {
        Content::Chat(chat) => users(&chat.messages),
        Content::Preference(pair) => users(&pair.prompt),
        Content::Rubric(rubric) => users(&rubric.messages),
        other => {
            let mut texts = Vec::new();
            other.map(&mut |marked| texts.push(marked.text.as_str().to_owned()));
            texts
        }
    }
}

fn add(examples: &mut Vec<String>, passage: &str) {
    let short: String = passage.split_whitespace().collect::<Vec<_>>().join(" ");
    let short = match short.char_indices().nth(EXAMPLE_CHARACTERS) {
        Some((end, _)) => format!("{}…", &short[..end]),
        None => short,
    };
    if examples.len() < EXAMPLES && !examples.contains(&short) {
        examples.push(short);
    }
}

fn quoted(examples: &[String]) -> String {
    match examples {
        [] => String::new(),
        _ => format!(" (“{}”)", examples.join("”, “")),
    }
}

#[cfg(test)]
mod tests;
