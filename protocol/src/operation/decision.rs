//! What a quorum decides about one record, one key, or about what is new.

use crate::agreement::customs::is_word;
use crate::bytes::{Cid, FieldError, Fields, Key, Node};
use crate::preference::Preference;
use crate::record::RecordId;
use crate::record::header::HourTime;
use crate::sign::{Domain, PublicKey};
use std::collections::BTreeMap;

/// A decision, for its reason, until its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The community.
    pub community: Cid,
    /// The charter whose validators decide.
    pub charter: Cid,
    /// What is decided.
    pub ruling: Ruling,
    /// Why, from a closed list.
    pub reason: Reason,
    /// What would end it before its time.
    pub condition: Condition,
    /// Until when; always there for what holds new records back.
    pub until: Option<HourTime>,
    /// A note in the community's own records that says more.
    pub explained: Option<RecordId>,
    /// When it was proposed.
    pub time: HourTime,
}

/// What can be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The body of a record, and of every revision of it, is erased.
    Takedown(RecordId),
    /// The header too.
    Purge(RecordId),
    /// A key may no longer contribute.
    Ban(PublicKey),
    /// No release, and no body on release, of what is in scope.
    Embargo(Scope),
    /// No new record is accepted.
    Freeze,
    /// New records may not allow more than this.
    Shift(Preference),
    /// At most so many records of one author in an hour.
    RateCap(i64),
    /// A decision ends.
    Lift(Cid),
}

/// What an embargo is about: everything, or what has this language, tag or kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// A primary language subtag.
    pub language: Option<String>,
    /// A tag.
    pub tag: Option<String>,
    /// A kind of record.
    pub kind: Option<String>,
}

macro_rules! closed {
    ($(#[$doc:meta])* $name:ident, $field:literal, { $($(#[$case_doc:meta])* $case:ident => $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$case_doc])* $case),* }

        impl $name {
            /// Every one.
            pub const ALL: &'static [$name] = &[$($name::$case),*];

            /// The name on the wire.
            pub fn name(self) -> &'static str {
                match self { $($name::$case => $text),* }
            }

            /// The one with this name.
            pub fn named(name: &str) -> Option<Self> {
                $name::ALL.iter().copied().find(|one| one.name() == name)
            }

            pub(crate) fn read(fields: &mut Fields) -> Result<Self, FieldError> {
                let names: Vec<_> = $name::ALL.iter().map(|one| one.name()).collect();
                let wrong = || FieldError::value($field, format!("expected one of {}", names.join(", ")));
                $name::named(&fields.text($field)?).ok_or_else(wrong)
            }
        }
    };
}
pub(crate) use closed;

closed! {
    /// Why something is decided.
    Reason, "reason", {
        /// Somebody's data that must not be public.
        PersonalData => "personal-data",
        /// No consent of somebody concerned.
        Consent => "consent",
        /// Not the contributor's to share.
        Rights => "rights",
        /// Against a law.
        Unlawful => "unlawful",
        /// Dangerous to somebody.
        Safety => "safety",
        /// Not worth keeping.
        Quality => "quality",
        /// Too much at once, or by machine.
        Flood => "flood",
        /// To negotiate over how the data is used.
        Negotiation => "negotiation",
        /// Against how the data was used.
        Protest => "protest",
        /// Another reason; a note should explain.
        Other => "other",
    }
}

closed! {
    /// What would end a decision before its time.
    Condition, "condition", {
        /// Nothing but a decision that lifts it.
        Lifted => "lifted",
        /// An agreement with those who use the data.
        Agreement => "agreement",
        /// Payment that was agreed.
        Payment => "payment",
        /// An audit of how the data is used.
        Audit => "audit",
        /// A new charter.
        Charter => "charter",
    }
}

impl Ruling {
    /// The ruling's name on the wire.
    pub fn name(&self) -> &'static str {
        match self {
            Ruling::Takedown(_) => "takedown",
            Ruling::Purge(_) => "purge",
            Ruling::Ban(_) => "ban",
            Ruling::Embargo(_) => "embargo",
            Ruling::Freeze => "freeze",
            Ruling::Shift(_) => "shift",
            Ruling::RateCap(_) => "rate-cap",
            Ruling::Lift(_) => "lift",
        }
    }

    /// Whether it must have an end.
    pub fn needs_end(&self) -> bool {
        matches!(self, Ruling::Embargo(_) | Ruling::Freeze | Ruling::Shift(_) | Ruling::RateCap(_))
    }

    /// The record that it erases.
    pub fn erases(&self) -> Option<RecordId> {
        match self {
            Ruling::Takedown(record) | Ruling::Purge(record) => Some(*record),
            _ => None,
        }
    }

    fn to_node(&self) -> Node {
        let word = |word: &Option<String>| word.as_ref().map(Node::text);
        let mut parts: BTreeMap<Key, Node> = BTreeMap::from([(Key::new("rule"), Node::text(self.name()))]);
        let mut set = |key: &str, value: Option<Node>| parts.extend(value.map(|value| (Key::new(key), value)));
        match self {
            Ruling::Takedown(record) | Ruling::Purge(record) => set("record", Some(record.0.into())),
            Ruling::Ban(key) => set("key", Some(Node::bytes(key.0))),
            Ruling::Embargo(scope) => {
                set("language", word(&scope.language));
                set("tag", word(&scope.tag));
                set("kind", word(&scope.kind));
            }
            Ruling::Freeze => {}
            Ruling::Shift(preference) => set("preference", Some(Node::text(preference.to_string()))),
            Ruling::RateCap(most) => set("records_per_author_per_hour", Some((*most).into())),
            Ruling::Lift(decision) => set("decision", Some((*decision).into())),
        }
        Node::Map(parts)
    }

    fn read(map: BTreeMap<Key, Node>) -> Result<Self, FieldError> {
        let mut fields = Fields::of(Node::Map(map))?;
        let word = |fields: &mut Fields, field| match fields.text_opt(field)? {
            Some(text) if !is_word(&text) => {
                Err(FieldError::value(field, "expected 1 to 32 lower-case letters, digits and hyphens"))
            }
            word => Ok(word),
        };
        let ruling = match fields.text("rule")?.as_str() {
            "takedown" => Ruling::Takedown(RecordId::linked(fields.link("record")?, "record")?),
            "purge" => Ruling::Purge(RecordId::linked(fields.link("record")?, "record")?),
            "ban" => Ruling::Ban(PublicKey(fields.array("key")?)),
            "embargo" => Ruling::Embargo(Scope {
                language: word(&mut fields, "language")?,
                tag: word(&mut fields, "tag")?,
                kind: word(&mut fields, "kind")?,
            }),
            "freeze" => Ruling::Freeze,
            "shift" => Ruling::Shift(
                fields.text("preference")?.parse().map_err(|e| FieldError::value("preference", format!("{e}")))?,
            ),
            "rate-cap" => Ruling::RateCap(fields.int_in("records_per_author_per_hour", 0..=1_000_000)?),
            "lift" => Ruling::Lift(fields.link("decision")?),
            _ => return Err(FieldError::value("rule", "expected a ruling of protocol version 1")),
        };
        fields.end()?;
        Ok(ruling)
    }
}

impl Decision {
    pub(super) fn to_node(&self) -> Node {
        Node::map([
            ("type", Some(Node::text(Domain::Decision.name()))),
            ("community", Some(self.community.into())),
            ("charter", Some(self.charter.into())),
            ("ruling", Some(self.ruling.to_node())),
            ("reason", Some(Node::text(self.reason.name()))),
            ("condition", Some(Node::text(self.condition.name()))),
            ("until", self.until.map(|until| until.unix_s().into())),
            ("explained", self.explained.map(|record| record.0.into())),
            ("time", Some(self.time.unix_s().into())),
        ])
    }

    pub(super) fn read(payload: Node) -> Result<Self, FieldError> {
        let mut fields = Fields::of(payload)?;
        fields.constant("type", Domain::Decision.name())?;
        let decision = Decision {
            community: fields.link("community")?,
            charter: fields.link("charter")?,
            ruling: Ruling::read(fields.map("ruling")?)?,
            reason: Reason::read(&mut fields)?,
            condition: Condition::read(&mut fields)?,
            until: fields.int_opt("until")?.map(end).transpose()?,
            explained: fields.link_opt("explained")?.map(|cid| RecordId::linked(cid, "explained")).transpose()?,
            time: HourTime::read(fields.int("time")?)?,
        };
        fields.end()?;
        if decision.ruling.needs_end() && decision.until.is_none() {
            return Err(FieldError::value("until", "expected an end: what holds new records back must have one"));
        }
        Ok(decision)
    }

    /// Whether it holds at a moment, as far as its own end goes.
    pub fn holds_at(&self, unix_s: i64) -> bool {
        self.until.is_none_or(|until| unix_s < until.unix_s())
    }
}

fn end(unix_s: i64) -> Result<HourTime, FieldError> {
    HourTime::read(unix_s).map_err(|_| FieldError::value("until", "expected seconds since 1970 rounded to the hour"))
}
