//! A community's founding: its first charter, signed by every validator that it names.

use super::charter::Charter;
use crate::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use crate::limits::{CHARTER_BYTES, VALIDATORS};
use crate::sign::{self, Domain, PublicKey, SecretKey, SignedError};
use std::collections::BTreeMap;

/// A charter with the signatures of every validator that it names: what makes a community exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Founding {
    charter: Charter,
    bytes: Vec<u8>,
}

impl Founding {
    /// Puts the signatures together.
    ///
    /// # Errors
    /// When one is missing, does not verify, or is by somebody the charter does not name.
    pub fn new(charter: &Charter, signatures: &BTreeMap<PublicKey, [u8; 64]>) -> Result<Self, SignedError> {
        let list = charter.validators.iter().filter_map(|v| Some(Node::bytes(*signatures.get(&v.signing)?)));
        let node = Node::map([
            ("type", Some(Node::text("founding"))),
            ("charter", Some(charter.to_node())),
            ("signatures", Some(Node::List(list.collect()))),
        ]);
        Founding::verify(&encode(&node))
    }

    /// One validator's signature under a draft.
    pub fn sign(charter: &Charter, key: &SecretKey) -> [u8; 64] {
        key.sign(Domain::Charter, &charter.to_bytes())
    }

    /// Checks received bytes: the charter, and one signature for each validator in its order.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        if bytes.len() > CHARTER_BYTES {
            let why = format!("expected at most {CHARTER_BYTES} bytes, found {}", bytes.len());
            return Err(FieldError::value("charter", why).into());
        }
        let mut fields = Fields::of(decode(bytes)?)?;
        fields.constant("type", "founding")?;
        let payload = encode(&Node::Map(fields.map("charter")?));
        let charter = Charter::read(&payload)?;
        let signatures = fields.items("signatures", VALIDATORS, |node| match node {
            Node::Bytes(bytes) => <[u8; 64]>::try_from(bytes)
                .map_err(|_| FieldError::value("signatures", "expected signatures of 64 bytes")),
            other => Err(FieldError::Type { field: "signatures", expected: "a byte string", found: other.kind() }),
        })?;
        fields.end()?;
        if charter.succeeds.is_some() {
            return Err(FieldError::value("succeeds", "expected a first charter, which succeeds none").into());
        }
        if signatures.len() != charter.validators.len() {
            let why =
                format!("expected one by each of {} validators, found {}", charter.validators.len(), signatures.len());
            return Err(FieldError::value("signatures", why).into());
        }
        for (validator, signature) in charter.validators.iter().zip(&signatures) {
            sign::verify(Domain::Charter, &validator.signing, &payload, signature)?;
        }
        Ok(Founding { charter, bytes: bytes.to_vec() })
    }

    /// The charter.
    pub fn charter(&self) -> &Charter {
        &self.charter
    }

    /// The bytes as they were received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The CID of the founding block.
    pub fn cid(&self) -> Cid {
        Cid::of_cbor(&self.bytes)
    }

    /// The community that it founds.
    pub fn community(&self) -> Cid {
        self.charter.id()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::charter::tests::{charter, seeds};
    use super::*;

    pub(crate) fn founded(n: usize, f: usize, q: usize) -> Founding {
        let charter = charter(n, f, q);
        let signed = seeds(n).into_iter().map(|s| (s.validator().public(), Founding::sign(&charter, &s.validator())));
        Founding::new(&charter, &signed.collect()).unwrap()
    }

    #[test]
    fn a_community_exists_only_when_every_named_validator_has_signed() {
        let charter = charter(4, 1, 3);
        let mut signatures: BTreeMap<_, _> =
            seeds(4).iter().map(|s| (s.validator().public(), Founding::sign(&charter, &s.validator()))).collect();
        let founding = Founding::new(&charter, &signatures).unwrap();
        assert_eq!(founding.community(), charter.id());
        assert_eq!(Founding::verify(founding.bytes()), Ok(founding));
        let other = seeds(5)[4].validator();
        let last = *signatures.keys().last().unwrap();
        signatures.insert(last, Founding::sign(&charter, &other));
        assert_eq!(Founding::new(&charter, &signatures), Err(SignedError::Signature));
        signatures.remove(&last);
        assert!(matches!(Founding::new(&charter, &signatures), Err(SignedError::Fields(_))));
    }
}
