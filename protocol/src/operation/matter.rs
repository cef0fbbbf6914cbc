//! What a quorum of validators signs, one voice at a time.
//!
//! Every validator signs the same payload. A *motion* carries one signature; a *resolution* carries
//! enough of them to convince anyone who has the charter. A matter's id is the CID of its payload,
//! whoever signed, so that it does not matter which of several resolutions proves it.

use super::decision::Decision;
use super::release::Release;
use crate::agreement::Charter;
use crate::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use crate::limits::{OPERATION_BYTES, VALIDATORS};
use crate::record::header::HourTime;
use crate::sign::{self, Domain, PublicKey, SecretKey, SignedError};
use std::collections::BTreeMap;

/// What can be put to the validators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// A charter that takes the place of another.
    Successor(Box<Charter>),
    /// A takedown, a ban, an embargo, and so on.
    Decision(Decision),
    /// A cut of the accepted records.
    Release(Release),
}

impl Matter {
    /// The matter's id: the CID of its payload. A successor's is the charter's own id.
    pub fn id(&self) -> Cid {
        Cid::of_cbor(&self.payload())
    }

    /// The community that it is about.
    pub fn community(&self) -> Cid {
        match self {
            Matter::Successor(charter) => charter.community(),
            Matter::Decision(decision) => decision.community,
            Matter::Release(release) => release.community,
        }
    }

    /// The charter whose validators decide.
    pub fn charter(&self) -> Cid {
        match self {
            Matter::Successor(charter) => {
                charter.succeeds.as_ref().map_or_else(|| charter.id(), |succeeds| succeeds.predecessor)
            }
            Matter::Decision(decision) => decision.charter,
            Matter::Release(release) => release.charter,
        }
    }

    /// When it was written, in seconds since 1970.
    pub fn time_s(&self) -> i64 {
        match self {
            Matter::Successor(charter) => HourTime::hour(charter.drafted).unix_s(),
            Matter::Decision(decision) => decision.time.unix_s(),
            Matter::Release(release) => release.time.unix_s(),
        }
    }

    /// What a signature on it covers.
    pub fn domain(&self) -> Domain {
        match self {
            Matter::Successor(_) => Domain::Charter,
            Matter::Decision(_) => Domain::Decision,
            Matter::Release(_) => Domain::Release,
        }
    }

    /// The payload's canonical bytes.
    pub fn payload(&self) -> Vec<u8> {
        encode(&self.to_node())
    }

    fn to_node(&self) -> Node {
        match self {
            Matter::Successor(charter) => charter.to_node(),
            Matter::Decision(decision) => decision.to_node(),
            Matter::Release(release) => release.to_node(),
        }
    }

    /// The matter with this payload.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn of_payload(payload: &[u8]) -> Result<Self, SignedError> {
        Matter::read(decode(payload)?)
    }

    fn read(payload: Node) -> Result<Self, SignedError> {
        match super::kind(&payload) {
            "charter" => {
                let charter = Charter::read(&encode(&payload))?;
                match charter.succeeds {
                    Some(_) => Ok(Matter::Successor(Box::new(charter))),
                    None => Err(FieldError::Missing("succeeds").into()),
                }
            }
            "decision" => Ok(Matter::Decision(Decision::read(payload)?)),
            "release" => Ok(Matter::Release(Release::read(payload)?)),
            _ => Err(FieldError::value("type", "expected charter, decision or release").into()),
        }
    }
}

/// One validator's voice for a matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Motion {
    /// For what.
    pub matter: Matter,
    /// Whose voice.
    pub signer: PublicKey,
    /// Over the matter's payload.
    pub signature: [u8; 64],
}

impl Motion {
    /// A voice for a matter, with its signature.
    pub fn sign(matter: Matter, key: &SecretKey) -> Self {
        let signature = key.sign(matter.domain(), &matter.payload());
        Motion { matter, signer: key.public(), signature }
    }

    /// Canonical bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        encode(&Node::map([
            ("type", Some(Node::text("motion"))),
            ("payload", Some(self.matter.to_node())),
            ("signer", Some(Node::bytes(self.signer.0))),
            ("signature", Some(Node::bytes(self.signature))),
        ]))
    }

    /// Checks received bytes: form and signature.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let mut fields = Fields::of(decode(bytes)?)?;
        fields.constant("type", "motion")?;
        let payload = Node::Map(fields.map("payload")?);
        let signer = PublicKey(fields.array("signer")?);
        let signature = fields.array("signature")?;
        fields.end()?;
        let matter = Matter::read(payload)?;
        sign::verify(matter.domain(), &signer, &matter.payload(), &signature)?;
        Ok(Motion { matter, signer, signature })
    }
}

/// A matter with signatures, each of which has been checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    matter: Matter,
    signatures: BTreeMap<PublicKey, [u8; 64]>,
    bytes: Vec<u8>,
}

/// Why a resolution does not convince under a charter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unconvincing {
    /// It is put to the validators of another charter.
    #[error("it is put to the validators of another charter")]
    OtherCharter,
    /// Somebody signs who has no voice in it.
    #[error("a signer has no voice in this matter under the charter")]
    Stranger,
    /// Too few voices.
    #[error("it has {found} voices; the charter asks for {expected}")]
    Quorum {
        /// How many it takes.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A validator that the new charter names for the first time has not agreed to serve.
    #[error("a validator that the new charter names has not signed it")]
    Unwilling,
    /// A successor of another community, or of another charter than it says.
    #[error("the new charter names another community")]
    OtherCommunity,
}

impl Resolution {
    /// Puts voices together. `charter` is the one whose validators decide. Of more voices than it
    /// takes, the lowest keys are taken, so that one set of voices gives one resolution.
    ///
    /// # Errors
    /// When they do not convince.
    pub fn form(
        matter: &Matter,
        voices: &BTreeMap<PublicKey, [u8; 64]>,
        charter: &Charter,
    ) -> Result<Self, Unconvincing> {
        let mut signatures = BTreeMap::new();
        let newcomers = newcomers(matter, charter);
        let recovers = |key: &PublicKey| matches!(matter, Matter::Successor(_)) && charter.recovery.contains(key);
        let validators = voices.keys().filter(|key| charter.validator(key).is_some()).count();
        let recovery = voices.keys().filter(|key| recovers(key)).count();
        let by_recovery = !enough(validators, charter, false) && enough(recovery, charter, true);
        let (mut taken, most) = (0, if by_recovery { recovery_quorum(charter) } else { charter.quorum.q() });
        for (key, signature) in voices {
            let votes = match by_recovery {
                true => recovers(key),
                false => charter.validator(key).is_some(),
            };
            if (votes && taken < most) || newcomers.contains(key) {
                taken += usize::from(votes);
                signatures.insert(*key, *signature);
            }
        }
        let resolution = Resolution::of(matter.clone(), signatures);
        resolution.convinces(charter)?;
        Ok(resolution)
    }

    fn of(matter: Matter, signatures: BTreeMap<PublicKey, [u8; 64]>) -> Self {
        let list = signatures.iter().map(|(key, sig)| Node::List(vec![Node::bytes(key.0), Node::bytes(*sig)]));
        let bytes = encode(&Node::map([
            ("type", Some(Node::text("resolution"))),
            ("payload", Some(matter.to_node())),
            ("signatures", Some(Node::List(list.collect()))),
        ]));
        Resolution { matter, signatures, bytes }
    }

    /// Checks received bytes: form and every signature. Whether they are enough is
    /// [`Resolution::convinces`]'s question.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let resolution = Resolution::read(bytes)?;
        let payload = resolution.matter.payload();
        for (key, signature) in &resolution.signatures {
            sign::verify(resolution.matter.domain(), key, &payload, signature)?;
        }
        Ok(resolution)
    }

    /// Reads bytes whose signatures were checked before they were kept, and that cannot have changed since: a store
    /// compares each block with its CID.
    ///
    /// # Errors
    /// The first rule of form that the bytes break.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, SignedError> {
        if bytes.len() > OPERATION_BYTES {
            return Err(FieldError::value("payload", format!("expected at most {OPERATION_BYTES} bytes")).into());
        }
        let mut fields = Fields::of(decode(bytes)?)?;
        fields.constant("type", "resolution")?;
        let payload = Node::Map(fields.map("payload")?);
        let list = fields.items("signatures", 3 * VALIDATORS, read_signature)?;
        fields.end()?;
        if !list.is_sorted_by(|(a, _), (b, _)| a < b) {
            return Err(FieldError::value("signatures", "expected the order of their keys, each once").into());
        }
        Ok(Resolution { matter: Matter::read(payload)?, signatures: list.into_iter().collect(), bytes: bytes.to_vec() })
    }

    /// Whether the voices are enough under the charter that the matter names: a quorum of its
    /// validators; for a successor also most of its recovery keys will do, and every validator that
    /// it names for the first time must have signed.
    ///
    /// # Errors
    /// Why they are not.
    pub fn convinces(&self, charter: &Charter) -> Result<(), Unconvincing> {
        if self.matter.charter() != charter.id() {
            return Err(Unconvincing::OtherCharter);
        }
        if self.matter.community() != charter.community() {
            return Err(Unconvincing::OtherCommunity);
        }
        let newcomers = newcomers(&self.matter, charter);
        let successor = matches!(self.matter, Matter::Successor(_));
        let (mut validators, mut recovery) = (0, 0);
        for key in self.signatures.keys() {
            let validates = charter.validator(key).is_some();
            let recovers = successor && charter.recovery.contains(key);
            if !validates && !recovers && !newcomers.contains(key) {
                return Err(Unconvincing::Stranger);
            }
            validators += usize::from(validates);
            recovery += usize::from(recovers);
        }
        let convincing = enough(validators, charter, false) || (successor && enough(recovery, charter, true));
        if !convincing {
            return Err(Unconvincing::Quorum { expected: charter.quorum.q(), found: validators });
        }
        match newcomers.iter().all(|key| self.signatures.contains_key(key)) {
            true => Ok(()),
            false => Err(Unconvincing::Unwilling),
        }
    }

    /// What is resolved.
    pub fn matter(&self) -> &Matter {
        &self.matter
    }

    /// Who signed.
    pub fn signers(&self) -> impl Iterator<Item = &PublicKey> {
        self.signatures.keys()
    }

    /// One signer's voice.
    pub fn voice(&self, signer: &PublicKey) -> Option<Motion> {
        let signature = *self.signatures.get(signer)?;
        Some(Motion { matter: self.matter.clone(), signer: *signer, signature })
    }

    /// The bytes as they were received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The block's CID. Of several that prove one matter, replicas keep the one with the lowest.
    pub fn cid(&self) -> Cid {
        Cid::of_cbor(&self.bytes)
    }
}

/// How many recovery keys must sign a successor: more than half.
pub fn recovery_quorum(charter: &Charter) -> usize {
    charter.recovery.len() / 2 + 1
}

fn enough(voices: usize, charter: &Charter, recovery: bool) -> bool {
    match recovery {
        true => !charter.recovery.is_empty() && voices >= recovery_quorum(charter),
        false => voices >= charter.quorum.q(),
    }
}

/// The validators that a successor names and its predecessor does not.
pub fn newcomers(matter: &Matter, charter: &Charter) -> Vec<PublicKey> {
    let Matter::Successor(successor) = matter else { return Vec::new() };
    let named = successor.validators.iter().map(|validator| validator.signing);
    named.filter(|key| charter.validator(key).is_none()).collect()
}

fn read_signature(node: Node) -> Result<(PublicKey, [u8; 64]), FieldError> {
    let wrong = || FieldError::value("signatures", "expected [key of 32 bytes, signature of 64 bytes]");
    let Node::List(pair) = node else { return Err(wrong()) };
    let [Node::Bytes(key), Node::Bytes(signature)] = &pair[..] else { return Err(wrong()) };
    let key = <[u8; 32]>::try_from(&key[..]).map_err(|_| wrong())?;
    Ok((PublicKey(key), <[u8; 64]>::try_from(&signature[..]).map_err(|_| wrong())?))
}

#[cfg(test)]
mod tests;
