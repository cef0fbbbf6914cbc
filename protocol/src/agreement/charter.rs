//! A community's charter: what it has agreed on. How a first charter comes to be is in
//! [`super::founding`], how another takes its place in [`super::lineage`].

use super::customs::Customs;
use super::policy::RiskPolicy;
use super::succession::Succession;
use crate::bytes::{Cid, Codec, FieldError, Fields, Key, Node, decode, encode};
use crate::licence::Licence;
use crate::limits::{BODY_BYTES, CHARTER_BYTES, SHORT_TEXT_BYTES, VALIDATORS};
use crate::preference::Preference;
use crate::redact::{CommunityPattern, effective_id, pattern};
use crate::sign::{Domain, PublicKey, SignedError};
use std::collections::{BTreeMap, BTreeSet};

/// The protocol version that this code understands in full.
pub const PROTOCOL: i64 = 1;

/// One validator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validator {
    /// A name to show.
    pub name: String,
    /// The key that signs verdicts.
    pub signing: PublicKey,
    /// The X25519 key to which bodies can be sealed.
    pub encryption: [u8; 32],
}

/// Who, other than validators, may have bodies, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyAccess {
    /// Anyone, once there is a certificate.
    OnCertificate,
    /// Anyone, once the record is in a release.
    OnRelease,
    /// Nobody without a grant of the community.
    Gated,
}

impl BodyAccess {
    const ALL: [BodyAccess; 3] = [BodyAccess::OnCertificate, BodyAccess::OnRelease, BodyAccess::Gated];

    /// The policy's name in charters.
    pub fn name(self) -> &'static str {
        match self {
            BodyAccess::OnCertificate => "certificate",
            BodyAccess::OnRelease => "release",
            BodyAccess::Gated => "gated",
        }
    }

    /// The policy with this name.
    pub fn named(name: &str) -> Option<Self> {
        BodyAccess::ALL.into_iter().find(|access| access.name() == name)
    }
}

/// How many validators there are, how many may lie, and how many must agree.
///
/// Invariant: `q > (n + f) / 2` and `q <= n - f`, so that two quorums share an honest validator
/// and the honest ones suffice for a quorum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quorum {
    n: usize,
    f: usize,
    q: usize,
}

impl Quorum {
    /// Checks the arithmetic.
    ///
    /// # Errors
    /// In words, when the numbers do not hold together.
    pub fn new(n: usize, f: usize, q: usize) -> Result<Self, FieldError> {
        if n == 0 || n > VALIDATORS {
            return Err(FieldError::value("validators", format!("expected 1 to {VALIDATORS}, found {n}")));
        }
        if f >= n || 2 * q <= n + f || q > n - f {
            let most = (n - 1) / 3;
            let least = (n + most) / 2 + 1;
            let why = format!(
                "with {n} validators and f = {f}, a quorum q must be more than (n + f) / 2 and at most n - f; found q = {q}. \
                 For {n} validators, f = {most} and q = {least} hold"
            );
            return Err(FieldError::value("q", why));
        }
        Ok(Quorum { n, f, q })
    }

    /// Validators.
    pub fn n(self) -> usize {
        self.n
    }

    /// How many of them may lie.
    pub fn f(self) -> usize {
        self.f
    }

    /// How many must accept.
    pub fn q(self) -> usize {
        self.q
    }

    /// What the numbers mean, in a sentence.
    pub fn meaning(self) -> String {
        match self.n {
            1 => "single-steward: 1 validator decides alone; this is not consensus".to_owned(),
            n => format!("{n} validators: {} may lie, {} may be silent", self.f, n - self.q),
        }
    }
}

/// What a community has agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charter {
    /// The community's name.
    pub name: String,
    /// What it collects and why.
    pub scope: String,
    /// The protocol version that validators go by.
    pub protocol: i64,
    /// At least one; no key twice.
    pub validators: Vec<Validator>,
    /// The numbers of agreement.
    pub quorum: Quorum,
    /// The licences that records may carry. At least one.
    pub licences: BTreeSet<Licence>,
    /// The preference that contributors start from.
    pub preference: Preference,
    /// The ruleset that bodies are redacted by, without the patterns.
    pub ruleset: Cid,
    /// What the community adds to it.
    pub patterns: Vec<CommunityPattern>,
    /// What is done about each class of high risk.
    pub risks: RiskPolicy,
    /// Who may have bodies.
    pub bodies: BodyAccess,
    /// Numbers: limits, retention, window, release pace. Every key of [`NUMBERS`].
    pub numbers: BTreeMap<String, i64>,
    /// The raw CID of the terms that contributors accept.
    pub terms: Cid,
    /// Keys that can sign nothing but a successor.
    pub recovery: Vec<PublicKey>,
    /// When it was drafted, in seconds since 1970: what makes two communities of one name differ.
    pub drafted: i64,
    /// Who may contribute, in which languages, what of the talk is exported, who may copy.
    pub customs: Customs,
    /// What it takes the place of; nothing in a first charter.
    pub succeeds: Option<Succession>,
}

/// The numbers of a charter: name, least, most, and what is used when a draft does not say.
pub const NUMBERS: [(&str, i64, i64, i64); 8] = [
    ("body_bytes", 1024, BODY_BYTES as i64, BODY_BYTES as i64),
    ("records_per_author_per_hour", 1, 1_000_000, 10_000),
    ("waiting_days", 1, 3650, 30),
    ("refused_days", 1, 3650, 30),
    ("past_hours", 24, 24 * 366, 24 * 31),
    ("future_hours", 1, 48, 2),
    ("quarantine_above", 0, 1000, 5),
    ("release_cadence_days", 1, 3650, 30),
];

impl Charter {
    /// The charter's id: the CID of its bytes. The first charter's id is the community's id.
    pub fn id(&self) -> Cid {
        Cid::of_cbor(&self.to_bytes())
    }

    /// The community's id: that of its first charter.
    pub fn community(&self) -> Cid {
        self.succeeds.as_ref().map_or_else(|| self.id(), |succeeds| succeeds.community)
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&self.to_node())
    }

    /// One of the [`NUMBERS`].
    pub fn number(&self, name: &str) -> i64 {
        debug_assert!(NUMBERS.iter().any(|(known, ..)| *known == name), "unknown number {name}");
        self.numbers.get(name).copied().unwrap_or(0)
    }

    /// The id that headers name: of the ruleset together with the patterns.
    pub fn ruleset_id(&self) -> Cid {
        effective_id(&self.ruleset, &self.patterns)
    }

    /// The validator that a key belongs to.
    pub fn validator(&self, key: &PublicKey) -> Option<&Validator> {
        self.validators.iter().find(|validator| validator.signing == *key)
    }

    /// Whether this code understands all that the charter's protocol version allows.
    pub fn understood(&self) -> bool {
        self.protocol == PROTOCOL
    }

    pub(crate) fn to_node(&self) -> Node {
        let validators = self.validators.iter().map(|v| {
            Node::map([
                ("name", Some(Node::text(&v.name))),
                ("signing", Some(Node::bytes(v.signing.0))),
                ("encryption", Some(Node::bytes(v.encryption))),
            ])
        });
        Node::map([
            ("type", Some(Node::text(Domain::Charter.name()))),
            ("name", Some(Node::text(&self.name))),
            ("scope", Some(Node::text(&self.scope))),
            ("protocol", Some(self.protocol.into())),
            ("validators", Some(Node::List(validators.collect()))),
            ("f", Some((self.quorum.f as i64).into())),
            ("q", Some((self.quorum.q as i64).into())),
            ("licences", Some(Node::List(self.licences.iter().map(|l| Node::text(l.spdx())).collect()))),
            ("preference", Some(Node::text(self.preference.to_string()))),
            ("ruleset", Some(self.ruleset.into())),
            ("patterns", pattern::to_node(&self.patterns)),
            ("risks", self.risks.to_node()),
            ("bodies", Some(Node::text(self.bodies.name()))),
            ("numbers", Some(Node::Map(self.numbers.iter().map(|(k, v)| (Key::new(k), Node::Int(*v))).collect()))),
            ("terms", Some(self.terms.into())),
            ("recovery", Some(Node::List(self.recovery.iter().map(|key| Node::bytes(key.0)).collect()))),
            ("drafted", Some(self.drafted.into())),
            ("customs", self.customs.to_node()),
            ("succeeds", self.succeeds.as_ref().map(Succession::to_node)),
        ])
    }

    /// Reads a charter's canonical bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn read(bytes: &[u8]) -> Result<Self, SignedError> {
        if bytes.len() > CHARTER_BYTES {
            let why = format!("expected at most {CHARTER_BYTES} bytes, found {}", bytes.len());
            return Err(FieldError::value("charter", why).into());
        }
        let mut fields = Fields::of(decode(bytes)?)?;
        fields.constant("type", Domain::Charter.name())?;
        ["validators", "licences", "recovery"].into_iter().try_for_each(|list| fields.present(list))?;
        fields.none_empty(&["patterns"])?;
        let validators = fields.items("validators", VALIDATORS, read_validator)?;
        let f = fields.int_in("f", 0..=VALIDATORS as i64)? as usize;
        let q = fields.int_in("q", 1..=VALIDATORS as i64)? as usize;
        let charter = Charter {
            name: short(&mut fields, "name")?,
            scope: fields.text("scope")?,
            protocol: fields.int_in("protocol", 1..=i64::from(u16::MAX))?,
            quorum: Quorum::new(validators.len(), f, q)?,
            validators,
            licences: fields
                .items("licences", Licence::ALL.len(), |node| match node {
                    Node::Text(id) => id.parse().map_err(|e| FieldError::value("licences", format!("{e}"))),
                    other => Err(FieldError::Type { field: "licences", expected: "text", found: other.kind() }),
                })?
                .into_iter()
                .collect(),
            preference: fields
                .text("preference")?
                .parse()
                .map_err(|e| FieldError::value("preference", format!("{e}")))?,
            ruleset: raw(fields.link("ruleset")?, "ruleset")?,
            patterns: pattern::read_all(&mut fields)?,
            risks: RiskPolicy::read(fields.map_opt("risks")?)?,
            bodies: BodyAccess::named(&fields.text("bodies")?)
                .ok_or_else(|| FieldError::value("bodies", "expected certificate, release or gated"))?,
            numbers: read_numbers(fields.map("numbers")?)?,
            terms: raw(fields.link("terms")?, "terms")?,
            recovery: fields.items("recovery", VALIDATORS, |node| match node {
                Node::Bytes(key) => key
                    .try_into()
                    .map(PublicKey)
                    .map_err(|_| FieldError::value("recovery", "expected keys of 32 bytes")),
                other => Err(FieldError::Type { field: "recovery", expected: "a byte string", found: other.kind() }),
            })?,
            drafted: fields.int_in("drafted", 0..=crate::limits::INT_MAX)?,
            customs: Customs::read(fields.map_opt("customs")?)?,
            succeeds: fields.map_opt("succeeds")?.map(Succession::read).transpose()?,
        };
        fields.end()?;
        charter.check(bytes)?;
        Ok(charter)
    }

    fn check(&self, bytes: &[u8]) -> Result<(), FieldError> {
        let keys: BTreeSet<_> = self.validators.iter().map(|v| v.signing).collect();
        if keys.len() != self.validators.len() {
            return Err(FieldError::value("validators", "one signing key stands twice"));
        }
        if self.licences.is_empty() {
            return Err(FieldError::value("licences", "expected at least one"));
        }
        if self.to_bytes() != bytes {
            return Err(FieldError::value("licences", "expected each once, in the order of their ids"));
        }
        Ok(())
    }
}

fn raw(cid: Cid, field: &'static str) -> Result<Cid, FieldError> {
    if cid.codec() == Codec::Raw { Ok(cid) } else { Err(FieldError::value(field, "expected a raw link")) }
}

fn short(fields: &mut Fields, field: &'static str) -> Result<String, FieldError> {
    let text = fields.text(field)?;
    if (1..=SHORT_TEXT_BYTES).contains(&text.len()) {
        Ok(text)
    } else {
        Err(FieldError::value(field, format!("expected 1 to {SHORT_TEXT_BYTES} bytes, found {}", text.len())))
    }
}

fn read_validator(node: Node) -> Result<Validator, FieldError> {
    let mut fields = Fields::of(node)?;
    let validator = Validator {
        name: short(&mut fields, "name")?,
        signing: PublicKey(fields.array("signing")?),
        encryption: fields.array("encryption")?,
    };
    fields.end()?;
    Ok(validator)
}

fn read_numbers(mut map: BTreeMap<Key, Node>) -> Result<BTreeMap<String, i64>, FieldError> {
    let mut numbers = BTreeMap::new();
    for (name, least, most, _) in NUMBERS {
        match map.remove(name) {
            Some(Node::Int(value)) if (least..=most).contains(&value) => numbers.insert(name.to_owned(), value),
            _ => return Err(FieldError::value("numbers", format!("expected {name} between {least} and {most}"))),
        };
    }
    if map.is_empty() { Ok(numbers) } else { Err(FieldError::Unknown(map.len())) }
}

#[cfg(test)]
pub(crate) mod tests;
