//! The kinds of content a body can hold, generic over the kind of text in them.
//!
//! Importers fill them with [`crate::text::RawText`]; the redactor turns every text into
//! [`crate::text::Redacted`] with [`Content::map`]; a body read from bytes holds `String`.

use crate::bytes::{FieldError, Fields};
use crate::operation::decision::closed;

/// Who speaks in a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Instructions to the model.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// The result of a tool that the model called.
    Tool,
}

impl Role {
    const ALL: [Role; 4] = [Role::System, Role::User, Role::Assistant, Role::Tool];

    /// The role's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Role::System => "system",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        }
    }

    /// The role with this name.
    pub fn named(name: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// A person's judgement of a chat or of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// It did what was asked.
    Good,
    /// It did not.
    Fail,
}

impl Label {
    /// The label's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Label::Good => "good",
            Label::Fail => "fail",
        }
    }

    /// The label with this name.
    pub fn named(name: &str) -> Option<Label> {
        [Label::Good, Label::Fail].into_iter().find(|label| label.name() == name)
    }
}

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message<T> {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: T,
    /// The model that wrote it, when it differs from the record's.
    pub model: Option<T>,
    /// A judgement of this message alone.
    pub label: Option<Label>,
    /// A rating of this message, 1 (worst) to 10 (best).
    pub rating: Option<i64>,
}

impl<T> Message<T> {
    /// A message without model, label or rating.
    pub fn new(role: Role, text: T) -> Self {
        Message { role, text, model: None, label: None, rating: None }
    }
}

/// A chat with a good or fail label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chat<T> {
    /// At least one message.
    pub messages: Vec<Message<T>>,
    /// The judgement of the whole chat.
    pub label: Label,
    /// Why.
    pub note: Option<T>,
}

/// A better text for one message of the record that the header's `corrects` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction<T> {
    /// Which message of the corrected record, counted from 0; none for content without messages.
    pub message: Option<i64>,
    /// The text as it should be.
    pub corrected: T,
    /// Why.
    pub note: Option<T>,
}

/// Two answers to one prompt, one better than the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreferencePair<T> {
    /// The conversation up to the answers. At least one message.
    pub prompt: Vec<Message<T>>,
    /// The better answer.
    pub chosen: T,
    /// The worse answer.
    pub rejected: T,
    /// Why.
    pub note: Option<T>,
}

/// A prompt with an ideal answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example<T> {
    /// The question.
    pub prompt: T,
    /// The ideal answer.
    pub ideal: T,
}

/// One criterion of a rubric with its score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criterion<T> {
    /// What is judged.
    pub name: T,
    /// The score, 0 to `max`.
    pub score: i64,
    /// The best score, 1 to 100.
    pub max: i64,
    /// Why.
    pub note: Option<T>,
}

/// A chat judged by a rubric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RubricRatings<T> {
    /// What is judged. At least one message.
    pub messages: Vec<Message<T>>,
    /// At least one criterion.
    pub criteria: Vec<Criterion<T>>,
}

/// One answer in a feedback form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// The form's question.
    pub question: T,
    /// The person's answer.
    pub answer: T,
}

/// Structured feedback, on a chat or on a model in general.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback<T> {
    /// What the feedback is about; may be empty.
    pub messages: Vec<Message<T>>,
    /// At least one answer.
    pub answers: Vec<Answer<T>>,
    /// Overall, 1 (worst) to 10 (best).
    pub rating: Option<i64>,
}

/// A programming task with a solution and its tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeWithTests<T> {
    /// The task.
    pub prompt: T,
    /// The programming language.
    pub programming_language: T,
    /// The solution.
    pub code: T,
    /// Tests that the solution passes.
    pub tests: T,
}

/// The same text in two languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranslationPair<T> {
    /// BCP 47 tag of `source`.
    pub source_language: String,
    /// BCP 47 tag of `target`.
    pub target_language: String,
    /// The original.
    pub source: T,
    /// Its translation.
    pub target: T,
    /// Anything a reader should know.
    pub note: Option<T>,
}

/// How a named author or a pseudonym presents itself; the newest accepted one of a key counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile<T> {
    /// The name to show. Need not be unique.
    pub name: T,
    /// A few words about the author.
    pub about: Option<T>,
}

closed! {
    /// What a petition asks the community for.
    Asks, "asks", {
        /// That nothing of what it is about is released for a time.
        Embargo => "embargo",
        /// That no new record is accepted for a time.
        Freeze => "freeze",
        /// That new records are for evaluation alone.
        EvaluationOnly => "evaluation-only",
        /// That fewer records of one author are accepted in an hour.
        RateCap => "rate-cap",
        /// That a record is taken down.
        Takedown => "takedown",
        /// Something else, which the text says.
        Other => "other",
    }
}

/// What somebody says about a record, which the header's `about` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<T> {
    /// What is said.
    pub text: T,
}

/// What somebody asks the community for, and others can support; the header's `about` may name a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Petition<T> {
    /// What is asked, and why.
    pub text: T,
    /// The same in a word.
    pub asks: Asks,
}

/// The names of all kinds, in the order of [`Content`].
pub const KINDS: [&str; 11] = [
    "chat",
    "correction",
    "preference",
    "example",
    "rubric",
    "feedback",
    "code",
    "translation",
    "profile",
    "note",
    "petition",
];

/// What a body holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content<T> {
    /// `chat`
    Chat(Chat<T>),
    /// `correction`
    Correction(Correction<T>),
    /// `preference`
    Preference(PreferencePair<T>),
    /// `example`
    Example(Example<T>),
    /// `rubric`
    Rubric(RubricRatings<T>),
    /// `feedback`
    Feedback(Feedback<T>),
    /// `code`
    Code(CodeWithTests<T>),
    /// `translation`
    Translation(TranslationPair<T>),
    /// `profile`
    Profile(Profile<T>),
    /// `note`
    Note(Note<T>),
    /// `petition`
    Petition(Petition<T>),
}

impl<T> Content<T> {
    /// The kind's name on the wire.
    pub fn kind(&self) -> &'static str {
        match self {
            Content::Chat(_) => "chat",
            Content::Correction(_) => "correction",
            Content::Preference(_) => "preference",
            Content::Example(_) => "example",
            Content::Rubric(_) => "rubric",
            Content::Feedback(_) => "feedback",
            Content::Code(_) => "code",
            Content::Translation(_) => "translation",
            Content::Profile(_) => "profile",
            Content::Note(_) => "note",
            Content::Petition(_) => "petition",
        }
    }

    /// The same content with every text changed by `f`, in reading order.
    pub fn map<U>(&self, f: &mut impl FnMut(&T) -> U) -> Content<U> {
        fn opt<T, U>(text: &Option<T>, f: &mut impl FnMut(&T) -> U) -> Option<U> {
            text.as_ref().map(f)
        }
        fn messages<T, U>(list: &[Message<T>], f: &mut impl FnMut(&T) -> U) -> Vec<Message<U>> {
            list.iter()
                .map(|m| Message {
                    role: m.role,
                    text: f(&m.text),
                    model: opt(&m.model, f),
                    label: m.label,
                    rating: m.rating,
                })
                .collect()
        }
        match self {
            Content::Chat(c) => {
                Content::Chat(Chat { messages: messages(&c.messages, f), label: c.label, note: opt(&c.note, f) })
            }
            Content::Correction(c) => Content::Correction(Correction {
                message: c.message,
                corrected: f(&c.corrected),
                note: opt(&c.note, f),
            }),
            Content::Preference(c) => Content::Preference(PreferencePair {
                prompt: messages(&c.prompt, f),
                chosen: f(&c.chosen),
                rejected: f(&c.rejected),
                note: opt(&c.note, f),
            }),
            Content::Example(c) => Content::Example(Example { prompt: f(&c.prompt), ideal: f(&c.ideal) }),
            Content::Rubric(c) => Content::Rubric(RubricRatings {
                messages: messages(&c.messages, f),
                criteria: c
                    .criteria
                    .iter()
                    .map(|k| Criterion { name: f(&k.name), score: k.score, max: k.max, note: opt(&k.note, f) })
                    .collect(),
            }),
            Content::Feedback(c) => Content::Feedback(Feedback {
                messages: messages(&c.messages, f),
                answers: c.answers.iter().map(|a| Answer { question: f(&a.question), answer: f(&a.answer) }).collect(),
                rating: c.rating,
            }),
            Content::Code(c) => Content::Code(CodeWithTests {
                prompt: f(&c.prompt),
                programming_language: f(&c.programming_language),
                code: f(&c.code),
                tests: f(&c.tests),
            }),
            Content::Translation(c) => Content::Translation(TranslationPair {
                source_language: c.source_language.clone(),
                target_language: c.target_language.clone(),
                source: f(&c.source),
                target: f(&c.target),
                note: opt(&c.note, f),
            }),
            Content::Profile(c) => Content::Profile(Profile { name: f(&c.name), about: opt(&c.about, f) }),
            Content::Note(c) => Content::Note(Note { text: f(&c.text) }),
            Content::Petition(c) => Content::Petition(Petition { text: f(&c.text), asks: c.asks }),
        }
    }
}
