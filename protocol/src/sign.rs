//! Signatures: Ed25519 over a domain-separated message, checked with one rule everywhere.
//!
//! Sources: RFC 8032; the strict verification of ed25519-dalek (canonical points, no small order).

use crate::bytes::base32;
use crate::bytes::{DecodeError, FieldError, Fields, Node, decode, encode};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use std::fmt;
use std::str::FromStr;

/// What a signature is for. A signature made for one purpose is void for every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// A record's header, by its author.
    Record,
    /// A charter, by each validator that it names.
    Charter,
    /// A batch of verdicts, by a validator.
    Attestation,
    /// "I hold these bodies", by a validator.
    Receipt,
    /// "This is my key, this is the newest charter", by a validator, for one session.
    Session,
    /// Who asks for bodies, for what use, under which terms.
    Statement,
    /// A record taken back, by its author.
    Withdrawal,
    /// A decision about a record, a key, or what is new, by each validator that is for it.
    Decision,
    /// A release, by each validator that has rebuilt it.
    Release,
    /// "A person should look at this record", by a member.
    Flag,
    /// "I join this petition", by a member.
    Support,
    /// "This key may contribute", by a validator or a member.
    Membership,
    /// "I have these operations, and have done what they ask", by a validator.
    Acknowledgement,
}

impl Domain {
    /// The purpose's name: the `type` of the signed payload.
    pub fn name(self) -> &'static str {
        match self {
            Domain::Record => "record",
            Domain::Charter => "charter",
            Domain::Attestation => "attestation",
            Domain::Receipt => "receipt",
            Domain::Session => "session",
            Domain::Statement => "statement",
            Domain::Withdrawal => "withdrawal",
            Domain::Decision => "decision",
            Domain::Release => "release",
            Domain::Flag => "flag",
            Domain::Support => "support",
            Domain::Membership => "membership",
            Domain::Acknowledgement => "acknowledgement",
        }
    }

    /// The bytes that are signed: `commonwheel/1/<purpose>`, a zero byte, the payload's DAG-CBOR.
    pub fn message(self, payload: &[u8]) -> Vec<u8> {
        let mut message = Vec::with_capacity(32 + payload.len());
        message.extend_from_slice(b"commonwheel/1/");
        message.extend_from_slice(self.name().as_bytes());
        message.push(0);
        message.extend_from_slice(payload);
        message
    }
}

/// An Ed25519 public key. Written as multibase base32 of the multicodec `ed25519-pub`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; 32]);

/// The multicodec prefix of an Ed25519 public key, as a varint.
const ED25519_PUB: [u8; 2] = [0xed, 0x01];

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; ED25519_PUB.len() + 32];
        bytes[..ED25519_PUB.len()].copy_from_slice(&ED25519_PUB);
        bytes[ED25519_PUB.len()..].copy_from_slice(&self.0);
        base32::show(&bytes, f)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not a public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an Ed25519 public key in base32, 56 characters beginning with \"b5u\"; found {0} characters")]
pub struct KeyTextError(usize);

impl FromStr for PublicKey {
    type Err = KeyTextError;

    fn from_str(text: &str) -> Result<Self, KeyTextError> {
        let wrong = || KeyTextError(text.chars().count());
        let bytes = base32::read(text).ok_or_else(wrong)?;
        let key = bytes.strip_prefix(&ED25519_PUB).ok_or_else(wrong)?;
        key.try_into().map(PublicKey).map_err(|_| wrong())
    }
}

/// A secret key that signs. It prints only its public half.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// The key whose RFC 8032 seed is `seed`.
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        SecretKey(SigningKey::from_bytes(seed))
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// A signature over a payload, for one purpose.
    pub fn sign(&self, domain: Domain, payload: &[u8]) -> [u8; 64] {
        self.0.sign(&domain.message(payload)).to_bytes()
    }

    /// A signed envelope: the map `{payload, signature}` in canonical bytes.
    pub fn seal(&self, domain: Domain, payload: Node) -> Vec<u8> {
        let signature = self.sign(domain, &encode(&payload));
        encode(&Node::map([("payload", Some(payload)), ("signature", Some(Node::bytes(signature)))]))
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey(of {})", self.public())
    }
}

/// Why signed bytes are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignedError {
    /// Not canonical DAG-CBOR.
    #[error("not canonical DAG-CBOR: {0}")]
    Bytes(#[from] DecodeError),
    /// Not the fields that this kind of operation has.
    #[error("not well-formed: {0}")]
    Fields(#[from] FieldError),
    /// The signature is not the key's.
    #[error("the signature does not verify for the key that the payload names")]
    Signature,
}

/// Checks one signature strictly.
///
/// # Errors
/// [`SignedError::Signature`] when it is not this key's signature for this purpose.
pub fn verify(domain: Domain, key: &PublicKey, payload: &[u8], signature: &[u8; 64]) -> Result<(), SignedError> {
    let key = VerifyingKey::from_bytes(&key.0).map_err(|_| SignedError::Signature)?;
    let signature = Signature::from_bytes(signature);
    key.verify_strict(&domain.message(payload), &signature).map_err(|_| SignedError::Signature)
}

/// Opens a signed envelope: checks the bytes, the payload's `type`, and the signature of the key
/// in the payload's field `signer`. The fields returned no longer hold `type`, but still `signer`.
///
/// # Errors
/// The first rule that the bytes break.
pub fn open(domain: Domain, signer: &'static str, bytes: &[u8]) -> Result<Fields, SignedError> {
    open_node(domain, signer, decode(bytes)?)
}

/// The same for an envelope that is part of a larger block.
///
/// # Errors
/// The first rule that the envelope breaks.
pub fn open_node(domain: Domain, signer: &'static str, envelope: Node) -> Result<Fields, SignedError> {
    let mut envelope = Fields::of(envelope)?;
    let payload = Node::Map(envelope.map("payload")?);
    let signature = envelope.array::<64>("signature")?;
    envelope.end()?;
    let bytes = encode(&payload);
    let mut fields = Fields::of(payload.clone())?;
    fields.constant("type", domain.name())?;
    let key = PublicKey(fields.array(signer)?);
    verify(domain, &key, &bytes, &signature)?;
    let mut fields = Fields::of(payload)?;
    fields.constant("type", domain.name())?;
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SecretKey {
        SecretKey::from_seed(&[7; 32])
    }

    fn payload(kind: &str) -> Node {
        Node::map([("type", Some(Node::text(kind))), ("author", Some(Node::bytes(key().public().0)))])
    }

    #[test]
    fn a_signature_is_void_for_another_purpose() {
        let sealed = key().seal(Domain::Record, payload("record"));
        assert!(open(Domain::Record, "author", &sealed).is_ok());
        let relabelled = key().seal(Domain::Receipt, payload("record"));
        assert!(matches!(open(Domain::Record, "author", &relabelled), Err(SignedError::Signature)));
    }

    #[test]
    fn one_changed_byte_voids_the_envelope() {
        let sealed = key().seal(Domain::Record, payload("record"));
        for at in 0..sealed.len() {
            let mut tampered = sealed.clone();
            tampered[at] ^= 1;
            assert!(open(Domain::Record, "author", &tampered).is_err(), "byte {at}");
        }
    }

    #[test]
    fn keys_of_small_order_verify_nothing() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let signature = [&identity[..], &[0; 32]].concat().try_into().unwrap();
        assert_eq!(verify(Domain::Record, &PublicKey(identity), b"any", &signature), Err(SignedError::Signature));
    }

    /// Keys and signatures with a part of small order, which verify only when both sides of the
    /// equation are multiplied by the cofactor. Ours are not (SPEC, section 5).
    #[test]
    fn the_equation_is_not_multiplied_by_the_cofactor() {
        let cases = [
            (
                "99555efe5dbf5b50b6fb4d8c38ee05c4ea8a97011c08e11366e8c8c00e8ce5d5",
                "72e6529f8c273f1fc66688cf15ab63195702c173034b6346c210131b799791276676006bff1cd9ab53968b170cef9e37\
                 b71abcaa3a75c600d36367ccc02bf60f",
            ),
            (
                "88aa55e6afeed8960a3191de78600347db8acd0a3795412f275f049b86260488",
                "a578ab6c65a8c74b4f1b3ab3ee5e16dafd8756b3f4bc79201a09e09ff90995fe7f5e27fe5103013779eace5dbd67b42f\
                 89cad8a80d5f618ee596fc04c797750f",
            ),
        ];
        let hex = |text: &str| data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap();
        for (key, signature) in cases {
            let key = PublicKey(hex(key).try_into().unwrap());
            let signature = hex(signature).try_into().unwrap();
            assert_eq!(verify(Domain::Record, &key, &[0xa0], &signature), Err(SignedError::Signature));
        }
    }

    #[test]
    fn public_keys_round_trip_as_text() {
        let text = key().public().to_string();
        assert!(text.starts_with("b5u"), "{text}");
        assert_eq!(text.parse(), Ok(key().public()));
        assert_eq!(text.len(), 56);
        assert!("b5u".parse::<PublicKey>().is_err());
    }

    #[test]
    fn debug_of_a_secret_key_shows_only_the_public_half() {
        let shown = format!("{:?}", key());
        assert!(shown.contains(&key().public().to_string()) && shown.len() < 80);
    }
}
