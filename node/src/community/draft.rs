//! A charter draft on its way round the validators: the charter, its terms, the signatures so far.
//!
//! The file is one DAG-CBOR map `{type: "draft", charter, terms, signatures: [{signer, signature}]}`.

use super::{CommunityError, printable};
use crate::home::read_bounded;
use commonwheel_protocol::agreement::charter::Validator;
use commonwheel_protocol::agreement::{Charter, Founding};
use commonwheel_protocol::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use commonwheel_protocol::identity::Seed;
use commonwheel_protocol::limits::{CHARTER_BYTES, TERMS_BYTES, VALIDATORS};
use commonwheel_protocol::sign::{self, Domain, PublicKey, SignedError};
use std::collections::BTreeMap;
use std::path::Path;

/// A draft.
///
/// Invariant: the terms are the charter's, and each signature is a named validator's and verifies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    charter: Charter,
    terms: String,
    signatures: BTreeMap<PublicKey, [u8; 64]>,
}

/// A draft file: a charter, its terms and a signature for each validator.
const FILE_BYTES: usize = CHARTER_BYTES + TERMS_BYTES + VALIDATORS * 128 + 1024;

impl Draft {
    /// A draft that nobody has signed.
    ///
    /// # Errors
    /// When the terms are not the charter's, or its patterns are not sound.
    pub fn new(charter: Charter, terms: String) -> Result<Self, CommunityError> {
        check_terms(&charter, &terms)?;
        commonwheel_config::ruleset::of_charter(&charter)?;
        Ok(Draft { charter, terms, signatures: BTreeMap::new() })
    }

    /// The draft in a file.
    ///
    /// # Errors
    /// When it cannot be read or breaks a rule.
    pub fn load(path: &Path) -> Result<Self, CommunityError> {
        Draft::read(&read_bounded(path, FILE_BYTES).map_err(CommunityError::io(path))?)
    }

    /// Reads a draft's bytes.
    ///
    /// # Errors
    /// The first rule that they break: a signature by a stranger or a wrong one, other terms.
    pub fn read(bytes: &[u8]) -> Result<Self, CommunityError> {
        let node = decode(bytes).map_err(|_| FieldError::value("draft", "expected canonical DAG-CBOR"))?;
        let mut fields = Fields::of(node)?;
        fields.constant("type", "draft")?;
        let charter = Charter::read(&encode(&Node::Map(fields.map("charter")?)))?;
        let mut draft = Draft::new(charter, fields.text("terms")?)?;
        let signatures = fields.items("signatures", VALIDATORS, |node| {
            let mut entry = Fields::of(node)?;
            let pair = (PublicKey(entry.array("signer")?), entry.array("signature")?);
            entry.end().map(|()| pair)
        })?;
        fields.end()?;
        for (key, signature) in signatures {
            if draft.charter.validator(&key).is_none() {
                return Err(FieldError::value("signatures", "one is by a key that the charter does not name").into());
            }
            sign::verify(Domain::Charter, &key, &draft.charter.to_bytes(), &signature)?;
            draft.signatures.insert(key, signature);
        }
        Ok(draft)
    }

    /// The draft's bytes, to be sent round.
    pub fn to_bytes(&self) -> Vec<u8> {
        let signatures = self.signatures.iter().map(|(key, signature)| {
            Node::map([("signer", Some(Node::bytes(key.0))), ("signature", Some(Node::bytes(*signature)))])
        });
        let charter = decode(&self.charter.to_bytes()).expect("a charter's own bytes are canonical");
        encode(&Node::map([
            ("type", Some(Node::text("draft"))),
            ("charter", Some(charter)),
            ("terms", Some(Node::text(&self.terms))),
            ("signatures", Some(Node::List(signatures.collect()))),
        ]))
    }

    /// The charter that is proposed.
    pub fn charter(&self) -> &Charter {
        &self.charter
    }

    /// The text of its terms.
    pub fn terms(&self) -> &str {
        &self.terms
    }

    /// The id that the community will have.
    pub fn community(&self) -> Cid {
        self.charter.id()
    }

    /// Adds the signature of the validator that `seed` stands for.
    ///
    /// # Errors
    /// [`CommunityError::NotNamed`] when the charter does not name both of its keys;
    /// [`CommunityError::Protocol`] when this code does not understand what it would promise.
    pub fn sign(&mut self, seed: &Seed) -> Result<(), CommunityError> {
        super::join::check_protocol(&self.charter)?;
        let key = seed.validator();
        let named = self.charter.validator(&key.public());
        if named.is_none_or(|validator| validator.encryption != seed.encryption_public()) {
            return Err(CommunityError::NotNamed);
        }
        self.signatures.insert(key.public(), Founding::sign(&self.charter, &key));
        Ok(())
    }

    /// Takes over the signatures of another copy.
    ///
    /// # Errors
    /// [`CommunityError::DifferentDrafts`].
    pub fn merge(&mut self, other: Draft) -> Result<(), CommunityError> {
        if self.charter != other.charter {
            let (first, other) = (self.community(), other.community());
            return Err(CommunityError::DifferentDrafts { first, other });
        }
        self.signatures.extend(other.signatures);
        Ok(())
    }

    /// The validators that have not signed, in the charter's order.
    pub fn missing(&self) -> impl Iterator<Item = &Validator> {
        self.charter.validators.iter().filter(|validator| !self.signatures.contains_key(&validator.signing))
    }

    /// The founding of the community.
    ///
    /// # Errors
    /// [`CommunityError::Unsigned`] names the validators whose signatures are missing.
    pub fn founding(&self) -> Result<Founding, CommunityError> {
        let names: Vec<_> = self.missing().map(|validator| printable(&validator.name)).collect();
        if !names.is_empty() {
            let (missing, of) = (names.len(), self.charter.validators.len());
            return Err(CommunityError::Unsigned { missing, of, names: names.join(", ") });
        }
        Founding::new(&self.charter, &self.signatures).map_err(|error: SignedError| error.into())
    }
}

/// Checks that a text is the terms that a charter names.
pub(super) fn check_terms(charter: &Charter, terms: &str) -> Result<(), CommunityError> {
    let found = commonwheel_config::terms::id(terms);
    if found == charter.terms && terms.len() <= TERMS_BYTES {
        Ok(())
    } else {
        Err(CommunityError::Terms { expected: charter.terms, found })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{charter, draft, seeds};
    use super::*;

    #[test]
    fn signatures_from_separate_copies_come_together_and_found_the_community() {
        let copies = seeds(4).map(|seed| {
            let mut copy = Draft::read(&draft().to_bytes()).unwrap();
            copy.sign(&seed).unwrap();
            Draft::read(&copy.to_bytes()).unwrap()
        });
        let mut whole = draft();
        copies.for_each(|copy| whole.merge(copy).unwrap());
        assert_eq!(whole.founding().unwrap().community(), draft().community());
    }

    #[test]
    fn those_who_have_not_signed_are_named() {
        let mut draft = draft();
        for seed in seeds(4).skip(2) {
            draft.sign(&seed).unwrap();
        }
        let error = draft.founding().unwrap_err().to_string();
        assert!(error.starts_with("2 of 4 signatures are missing: validator 0, validator 1\n"), "{error}");
    }

    #[test]
    fn only_a_named_validator_with_both_keys_can_sign() {
        assert!(matches!(draft().sign(&Seed::new([99; 32])), Err(CommunityError::NotNamed)));
        let mut other = charter();
        other.validators[0].encryption = [7; 32];
        let mut draft = Draft::new(other, "Terms".into()).unwrap();
        assert!(matches!(draft.sign(&seeds(1).next().unwrap()), Err(CommunityError::NotNamed)));
    }

    #[test]
    fn copies_of_another_charter_are_not_merged() {
        let mut other = charter();
        other.drafted += 1;
        let other = Draft::new(other, "Terms".into()).unwrap();
        assert!(matches!(draft().merge(other), Err(CommunityError::DifferentDrafts { .. })));
    }

    #[test]
    fn changed_terms_strangers_and_false_signatures_are_refused() {
        assert!(matches!(Draft::new(charter(), "Others".into()), Err(CommunityError::Terms { .. })));
        let mut signed = draft();
        signed.sign(&seeds(1).next().unwrap()).unwrap();
        let mut stranger = signed.clone();
        stranger.signatures.insert(Seed::new([99; 32]).validator().public(), [0; 64]);
        assert!(matches!(Draft::read(&stranger.to_bytes()), Err(CommunityError::NotADraft(_))));
        for signature in signed.signatures.values_mut() {
            signature[0] ^= 1;
        }
        assert!(matches!(Draft::read(&signed.to_bytes()), Err(CommunityError::Charter(SignedError::Signature))));
        assert!(matches!(Draft::read(b"name = \"x\""), Err(CommunityError::NotADraft(_))));
    }
}
