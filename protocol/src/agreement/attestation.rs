//! Verdicts of one validator, many under one signature.

use super::merkle::{self, Hash};
use crate::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use crate::limits::ATTESTATION_ENTRIES;
use crate::record::RecordId;
use crate::sign::{self, Domain, PublicKey, SecretKey, SignedError};

/// Why a record is refused or held back, as coarsely as the public may know. The detail goes to
/// the author alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The body is not well-formed, or of a kind that is not known.
    Schema,
    /// Larger than the charter allows, or not of the size that the header names.
    Size,
    /// A licence that the charter does not allow.
    Licence,
    /// The preference given and the canonical one differ.
    Preference,
    /// The second redaction pass found something, or not what was declared.
    PersonalData,
    /// Of a class of high risk that the charter blocks. Which one is nobody's business but the author's.
    Sensitive,
    /// Other terms, another ruleset, or an assurance is missing.
    Terms,
    /// Outside the charter's time window.
    Time,
    /// Too many records in an hour.
    Rate,
    /// A person has to look.
    Review,
    /// The author is no member, or is banned.
    Membership,
    /// The author has shared exactly this before.
    Duplicate,
}

impl Class {
    /// Every class.
    pub const ALL: [Class; 12] = [
        Class::Schema,
        Class::Size,
        Class::Licence,
        Class::Preference,
        Class::PersonalData,
        Class::Sensitive,
        Class::Terms,
        Class::Time,
        Class::Rate,
        Class::Review,
        Class::Membership,
        Class::Duplicate,
    ];

    /// The class's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Class::Schema => "schema",
            Class::Size => "size",
            Class::Licence => "licence",
            Class::Preference => "preference",
            Class::PersonalData => "personal-data",
            Class::Sensitive => "sensitive",
            Class::Terms => "terms",
            Class::Time => "time",
            Class::Rate => "rate",
            Class::Review => "review",
            Class::Membership => "membership",
            Class::Duplicate => "duplicate",
        }
    }
}

/// What a validator says of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Irrevocable, and a promise that the validator holds the body durably.
    Accept,
    /// Refused for now; may become an acceptance.
    Reject(Class),
    /// Held back for a person; may become an acceptance.
    Quarantine(Class),
}

impl Verdict {
    /// The verdict's name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Accept => "accept",
            Verdict::Reject(_) => "reject",
            Verdict::Quarantine(_) => "quarantine",
        }
    }

    /// The public reason, when there is one.
    pub fn class(self) -> Option<Class> {
        match self {
            Verdict::Accept => None,
            Verdict::Reject(class) | Verdict::Quarantine(class) => Some(class),
        }
    }
}

/// One verdict in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// On which record.
    pub record: RecordId,
    /// What is said.
    pub verdict: Verdict,
}

impl Entry {
    /// The leaf's bytes: `[record, verdict]`, or `[record, verdict, class]`.
    pub fn leaf(&self) -> Vec<u8> {
        encode(&self.to_node())
    }

    pub(crate) fn to_node(self) -> Node {
        let mut parts = vec![self.record.0.into(), Node::text(self.verdict.name())];
        parts.extend(self.verdict.class().map(|class| Node::text(class.name())));
        Node::List(parts)
    }

    pub(crate) fn read(node: Node) -> Result<Self, FieldError> {
        let wrong = || FieldError::value("entries", "expected [record, verdict] or [record, verdict, class]");
        let Node::List(parts) = node else { return Err(wrong()) };
        let class = |name: &str| Class::ALL.into_iter().find(|class| class.name() == name).ok_or_else(wrong);
        let (record, verdict) = match &parts[..] {
            [Node::Link(record), Node::Text(verdict)] if verdict == "accept" => (*record, Verdict::Accept),
            [Node::Link(record), Node::Text(verdict), Node::Text(name)] => match verdict.as_str() {
                "reject" => (*record, Verdict::Reject(class(name)?)),
                "quarantine" => (*record, Verdict::Quarantine(class(name)?)),
                _ => return Err(wrong()),
            },
            _ => return Err(wrong()),
        };
        Ok(Entry { record: RecordId::linked(record, "entries")?, verdict })
    }
}

/// What the validator's signature covers: who, under which charter, which batch, and its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRoot {
    /// The community.
    pub community: Cid,
    /// The charter under which the validator speaks.
    pub charter: Cid,
    /// Who speaks.
    pub validator: PublicKey,
    /// Counts the validator's batches under this charter, from 1.
    pub number: i64,
    /// The Merkle root of the entries' leaves.
    pub root: Hash,
    /// How many entries.
    pub count: usize,
    /// The envelope as it was received.
    envelope: Node,
}

impl SignedRoot {
    /// Checks a signed root.
    ///
    /// # Errors
    /// The first rule that it breaks.
    pub fn verify(envelope: Node) -> Result<Self, SignedError> {
        let mut fields = sign::open_node(Domain::Attestation, "validator", envelope.clone())?;
        let signed = SignedRoot {
            community: fields.link("community")?,
            charter: fields.link("charter")?,
            validator: PublicKey(fields.array("validator")?),
            number: fields.int_in("number", 1..=crate::limits::INT_MAX)?,
            root: fields.array("root")?,
            count: fields.int_in("count", 1..=ATTESTATION_ENTRIES as i64)? as usize,
            envelope,
        };
        fields.end()?;
        Ok(signed)
    }

    /// The envelope, to put into a certificate.
    pub fn envelope(&self) -> &Node {
        &self.envelope
    }
}

/// A batch of verdicts that has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    signed: SignedRoot,
    entries: Vec<Entry>,
    bytes: Vec<u8>,
}

impl Batch {
    /// Signs verdicts. `entries` holds 1 to [`ATTESTATION_ENTRIES`].
    pub fn sign(community: Cid, charter: Cid, number: i64, entries: &[Entry], key: &SecretKey) -> Vec<u8> {
        assert!((1..=ATTESTATION_ENTRIES).contains(&entries.len()), "a batch is within its limit");
        let leaves: Vec<_> = entries.iter().map(Entry::leaf).collect();
        let payload = Node::map([
            ("type", Some(Node::text(Domain::Attestation.name()))),
            ("community", Some(community.into())),
            ("charter", Some(charter.into())),
            ("validator", Some(Node::bytes(key.public().0))),
            ("number", Some(number.into())),
            ("root", Some(Node::bytes(merkle::root(&leaves)))),
            ("count", Some((entries.len() as i64).into())),
        ]);
        let signature = key.sign(Domain::Attestation, &encode(&payload));
        let envelope = Node::map([("payload", Some(payload)), ("signature", Some(Node::bytes(signature)))]);
        encode(&Node::map([
            ("type", Some(Node::text("batch"))),
            ("signed", Some(envelope)),
            ("entries", Some(Node::List(entries.iter().map(|entry| entry.to_node()).collect()))),
        ]))
    }

    /// Checks received bytes: form, signature, and that the entries hash to the signed root.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let mut fields = Fields::of(decode(bytes)?)?;
        fields.constant("type", "batch")?;
        let envelope = Node::Map(fields.map("signed")?);
        let entries = fields.items("entries", ATTESTATION_ENTRIES, Entry::read)?;
        fields.end()?;
        let signed = SignedRoot::verify(envelope)?;
        let leaves: Vec<_> = entries.iter().map(Entry::leaf).collect();
        if leaves.len() != signed.count || merkle::root(&leaves) != signed.root {
            return Err(FieldError::value("entries", "they do not hash to the signed root").into());
        }
        Ok(Batch { signed, entries, bytes: bytes.to_vec() })
    }

    /// What the signature covers.
    pub fn signed(&self) -> &SignedRoot {
        &self.signed
    }

    /// The verdicts.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The bytes as they were received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The path that proves entry `index`.
    pub fn proof(&self, index: usize) -> Vec<Hash> {
        let leaves: Vec<_> = self.entries.iter().map(Entry::leaf).collect();
        merkle::proof(&leaves, index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(i: u8) -> Entry {
        let verdict = match i % 3 {
            0 => Verdict::Accept,
            1 => Verdict::Reject(Class::PersonalData),
            _ => Verdict::Quarantine(Class::Review),
        };
        Entry { record: RecordId(Cid::of_cbor(&[i])), verdict }
    }

    #[test]
    fn a_batch_reads_back_and_proves_each_entry() {
        let key = SecretKey::from_seed(&[1; 32]);
        let entries: Vec<_> = (0..7).map(entry).collect();
        let bytes = Batch::sign(Cid::of_cbor(b"c"), Cid::of_cbor(b"c"), 1, &entries, &key);
        let batch = Batch::verify(&bytes).unwrap();
        assert_eq!(batch.entries(), entries);
        for (index, entry) in entries.iter().enumerate() {
            let root = merkle::root_from_proof(&entry.leaf(), index, 7, &batch.proof(index));
            assert_eq!(root, Some(batch.signed().root));
        }
    }

    #[test]
    fn entries_that_were_not_signed_are_refused() {
        let key = SecretKey::from_seed(&[1; 32]);
        let bytes = Batch::sign(Cid::of_cbor(b"c"), Cid::of_cbor(b"c"), 1, &[entry(1), entry(2)], &key);
        let Node::Map(mut block) = decode(&bytes).unwrap() else { unreachable!() };
        block.insert("entries".into(), Node::List(vec![entry(0).to_node(), entry(2).to_node()]));
        assert!(matches!(Batch::verify(&encode(&Node::Map(block))), Err(SignedError::Fields(_))));
    }
}
