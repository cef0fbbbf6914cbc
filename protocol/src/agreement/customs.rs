//! What a charter may say beyond the numbers: who contributes, in which languages, who may copy.

use crate::bytes::{Cid, FieldError, Fields, Key, Node};
use crate::licence::Licence;
use crate::limits::{FEDERATED, LANGUAGES};
use crate::preference::Category;
use crate::record::body::is_language_tag;
use crate::redact::RiskClass;
use std::collections::{BTreeMap, BTreeSet};

/// Who may contribute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Membership {
    /// Any key.
    #[default]
    Open,
    /// Keys that a validator has admitted.
    Invited,
    /// Keys that a validator, or a member whom a validator has admitted, has admitted.
    Sponsored,
}

impl Membership {
    /// Every kind.
    pub const ALL: [Membership; 3] = [Membership::Open, Membership::Invited, Membership::Sponsored];

    /// The name in charters.
    pub fn name(self) -> &'static str {
        match self {
            Membership::Open => "open",
            Membership::Invited => "invited",
            Membership::Sponsored => "sponsored",
        }
    }

    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Membership::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Of a thousand authors, the most whose records may be kept apart for evaluation.
pub const EVALUATION_MOST: i64 = 500;

/// What another community may copy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Federated {
    /// Which community.
    pub community: Cid,
    /// Under which licences. At least one.
    pub licences: BTreeSet<Licence>,
    /// Only records whose preference allows all of these uses. May be empty.
    pub uses: BTreeSet<Category>,
    /// Only records of these kinds; any kind when there is none.
    pub kinds: BTreeSet<String>,
    /// The classes of high risk of which records may be copied all the same; none when there is none.
    pub classes: BTreeSet<RiskClass>,
}

/// Everything here may be left out of a charter; [`Customs::default`] is what that means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Customs {
    /// Who may contribute.
    pub membership: Membership,
    /// The languages that records may name, as the first subtag of a BCP 47 tag; any, when there is none.
    pub languages: BTreeSet<String>,
    /// Whether flags and notes are exported beside the records.
    pub export_notes: bool,
    /// How many of a thousand authors' records exports keep apart for evaluation; none when there is none. At most
    /// [`EVALUATION_MOST`].
    pub evaluation: Option<i64>,
    /// Who may copy what.
    pub federation: BTreeMap<Cid, Federated>,
}

impl Customs {
    /// The map of a charter; nothing when it says nothing, so that there is one encoding.
    pub(super) fn to_node(&self) -> Option<Node> {
        let texts =
            |set: &BTreeSet<String>| (!set.is_empty()).then(|| Node::List(set.iter().map(Node::text).collect()));
        let other = self.membership != Membership::Open;
        (*self != Customs::default()).then(|| {
            Node::map([
                ("membership", other.then(|| Node::text(self.membership.name()))),
                ("languages", texts(&self.languages)),
                ("export_notes", self.export_notes.then_some(Node::Bool(true))),
                ("evaluation", self.evaluation.map(Node::Int)),
                (
                    "federation",
                    (!self.federation.is_empty())
                        .then(|| Node::List(self.federation.values().map(Federated::to_node).collect())),
                ),
            ])
        })
    }

    /// Reads the map of a charter.
    pub(super) fn read(map: Option<BTreeMap<Key, Node>>) -> Result<Self, FieldError> {
        let Some(map) = map else { return Ok(Customs::default()) };
        let mut fields = Fields::of(Node::Map(map.clone()))?;
        let membership = fields.text_opt("membership")?;
        let customs = Customs {
            membership: match membership {
                None => Membership::Open,
                Some(name) => Membership::named(&name)
                    .ok_or_else(|| FieldError::value("membership", "expected open, invited or sponsored"))?,
            },
            languages: fields.items("languages", LANGUAGES, language)?.into_iter().collect(),
            export_notes: fields.bool_opt("export_notes")?.unwrap_or(false),
            evaluation: fields.int_opt("evaluation")?,
            federation: fields
                .items("federation", FEDERATED, Federated::read)?
                .into_iter()
                .map(|one| (one.community, one))
                .collect(),
        };
        fields.end()?;
        if customs.evaluation.is_some_and(|share| !(1..=EVALUATION_MOST).contains(&share)) {
            return Err(FieldError::value("evaluation", "expected 1 to 500, of a thousand"));
        }
        // One encoding: nothing that stands for itself, every list in order and without repetition.
        if customs.to_node() != Some(Node::Map(map)) {
            return Err(FieldError::value("customs", "expected each list in order, each entry once, and no default"));
        }
        Ok(customs)
    }
}

impl Federated {
    fn to_node(&self) -> Node {
        let list = |texts: Vec<Node>| (!texts.is_empty()).then_some(Node::List(texts));
        Node::map([
            ("community", Some(self.community.into())),
            ("licences", list(self.licences.iter().map(|licence| Node::text(licence.spdx())).collect())),
            ("uses", list(self.uses.iter().map(|category| Node::text(category.label())).collect())),
            ("kinds", list(self.kinds.iter().map(Node::text).collect())),
            ("classes", list(self.classes.iter().map(|class| Node::text(class.as_str())).collect())),
        ])
    }

    fn read(node: Node) -> Result<Self, FieldError> {
        let mut fields = Fields::of(node)?;
        let federated = Federated {
            community: fields.link("community")?,
            licences: fields
                .items("licences", Licence::ALL.len(), |node| match node {
                    Node::Text(id) => id.parse().map_err(|e| FieldError::value("licences", format!("{e}"))),
                    other => Err(FieldError::Type { field: "licences", expected: "text", found: other.kind() }),
                })?
                .into_iter()
                .collect(),
            uses: fields
                .items("uses", Category::ALL.len(), |node| match node {
                    Node::Text(name) => Category::labelled(&name)
                        .ok_or_else(|| FieldError::value("uses", "expected evaluate, search or train-ai")),
                    other => Err(FieldError::Type { field: "uses", expected: "text", found: other.kind() }),
                })?
                .into_iter()
                .collect(),
            kinds: fields.items("kinds", 32, kind)?.into_iter().collect(),
            classes: fields
                .items("classes", RiskClass::ALL.len(), |node| match node {
                    Node::Text(name) => RiskClass::named(&name)
                        .ok_or_else(|| FieldError::value("classes", "expected classes of high risk, such as medical")),
                    other => Err(FieldError::Type { field: "classes", expected: "text", found: other.kind() }),
                })?
                .into_iter()
                .collect(),
        };
        fields.end()?;
        if federated.licences.is_empty() {
            return Err(FieldError::value("licences", "expected at least one licence that may be copied"));
        }
        Ok(federated)
    }
}

fn kind(node: Node) -> Result<String, FieldError> {
    match node {
        Node::Text(kind) if is_word(&kind) => Ok(kind.into()),
        _ => Err(FieldError::value("kinds", "expected kinds of records, such as chat")),
    }
}

fn language(node: Node) -> Result<String, FieldError> {
    match node {
        Node::Text(tag) if is_language_tag(&tag) && is_word(&tag) && !tag.contains('-') => Ok(tag.into()),
        _ => Err(FieldError::value("languages", "expected primary subtags in lower case, such as es")),
    }
}

/// Whether text is a word that may stand in a signed operation, which has no free text: 1 to 32 lower-case
/// letters, digits and hyphens.
pub fn is_word(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
