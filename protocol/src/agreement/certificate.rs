//! Certificates: enough accepting verdicts to convince anyone, small and portable.

use super::attestation::{Batch, Entry, SignedRoot, Verdict};
use super::charter::Charter;
use super::merkle::{self, Hash};
use crate::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use crate::limits::{ATTESTATION_ENTRIES, CERTIFICATE_BYTES, VALIDATORS};
use crate::record::RecordId;
use crate::record::header::HourTime;
use crate::sign::{PublicKey, SignedError};
use std::collections::BTreeSet;

/// One validator's acceptance: its signed root, and the path from the record to that root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    signed: SignedRoot,
    index: usize,
    path: Vec<Hash>,
}

impl Acceptance {
    /// The acceptance of entry `index` of a batch; `None` when that entry is no acceptance.
    pub fn of(batch: &Batch, index: usize) -> Option<Self> {
        let entry = batch.entries().get(index)?;
        (entry.verdict == Verdict::Accept).then(|| Acceptance {
            signed: batch.signed().clone(),
            index,
            path: batch.proof(index),
        })
    }

    /// Who accepts.
    pub fn validator(&self) -> PublicKey {
        self.signed.validator
    }
}

/// A certificate whose proofs have been checked against a charter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    record: RecordId,
    time: HourTime,
    charter: Cid,
    validators: Vec<PublicKey>,
    bytes: Vec<u8>,
}

/// Why bytes are not a certificate under a charter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Longer than a certificate may be.
    #[error("a certificate is at most {CERTIFICATE_BYTES} bytes; found {0}")]
    Oversized(usize),
    /// A rule of form or signature is broken.
    #[error("the certificate is {0}")]
    Signed(#[from] SignedError),
    /// It speaks of another charter.
    #[error("the certificate is under another charter")]
    OtherCharter,
    /// A signer is not a validator.
    #[error("a signer in the certificate is not a validator of the charter")]
    NotAValidator,
    /// Signers out of order or twice.
    #[error("the certificate's validators must stand in the order of their keys, each once")]
    Order,
    /// A path does not lead to the signed root.
    #[error("a proof in the certificate does not lead to its signed root")]
    Proof,
    /// Not as many acceptances as the quorum.
    #[error("the certificate holds {found} acceptances; the charter's quorum is {expected}")]
    Quorum {
        /// q.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

impl From<FieldError> for CertificateError {
    fn from(error: FieldError) -> Self {
        CertificateError::Signed(error.into())
    }
}

impl Certificate {
    /// Puts acceptances together: the q with the lowest keys. `acceptances` must be of this record,
    /// by distinct validators.
    pub fn form(
        record: RecordId,
        time: HourTime,
        charter: &Charter,
        mut acceptances: Vec<Acceptance>,
    ) -> Result<Self, CertificateError> {
        acceptances.sort_by_key(Acceptance::validator);
        acceptances.truncate(charter.quorum.q());
        let proofs = acceptances.iter().map(|acceptance| {
            let path = acceptance.path.iter().map(|hash| Node::bytes(*hash)).collect();
            Node::map([
                ("signed", Some(acceptance.signed.envelope().clone())),
                ("index", Some((acceptance.index as i64).into())),
                ("path", Some(Node::List(path))),
            ])
        });
        let node = Node::map([
            ("type", Some(Node::text("certificate"))),
            ("record", Some(record.0.into())),
            ("time", Some(time.unix_s().into())),
            ("charter", Some(charter.id().into())),
            ("acceptances", Some(Node::List(proofs.collect()))),
        ]);
        Certificate::verify(&encode(&node), charter)
    }

    /// Checks received bytes against a charter: exactly q acceptances by distinct validators.
    ///
    /// The time must still be compared with the header's ([`Certificate::time`]).
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8], charter: &Charter) -> Result<Self, CertificateError> {
        if bytes.len() > CERTIFICATE_BYTES {
            return Err(CertificateError::Oversized(bytes.len()));
        }
        let mut fields = Fields::of(decode(bytes).map_err(SignedError::from)?)?;
        fields.constant("type", "certificate")?;
        let record = RecordId::linked(fields.link("record")?, "record")?;
        let time = HourTime::read(fields.int("time")?)?;
        let charter_id = fields.link("charter")?;
        let proofs = fields.items("acceptances", VALIDATORS, Ok)?;
        fields.end()?;
        if charter_id != charter.id() {
            return Err(CertificateError::OtherCharter);
        }
        if proofs.len() != charter.quorum.q() {
            return Err(CertificateError::Quorum { expected: charter.quorum.q(), found: proofs.len() });
        }
        let mut validators = BTreeSet::new();
        for proof in proofs {
            let validator = check_proof(proof, record, &charter_id, charter)?;
            if validators.last().is_some_and(|last| *last >= validator) {
                return Err(CertificateError::Order);
            }
            validators.insert(validator);
        }
        let validators = validators.into_iter().collect();
        Ok(Certificate { record, time, charter: charter_id, validators, bytes: bytes.to_vec() })
    }

    /// What is certified.
    pub fn record(&self) -> RecordId {
        self.record
    }

    /// The header's time as the certificate repeats it, so that certificates order by it.
    pub fn time(&self) -> HourTime {
        self.time
    }

    /// The charter under which it was accepted.
    pub fn charter(&self) -> Cid {
        self.charter
    }

    /// Who accepted.
    pub fn validators(&self) -> &[PublicKey] {
        &self.validators
    }

    /// The bytes as they were received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The certificate's CID. Of several for one record, replicas keep the one with the lowest.
    pub fn cid(&self) -> Cid {
        Cid::of_cbor(&self.bytes)
    }
}

fn check_proof(node: Node, record: RecordId, id: &Cid, charter: &Charter) -> Result<PublicKey, CertificateError> {
    let mut fields = Fields::of(node)?;
    let signed = SignedRoot::verify(Node::Map(fields.map("signed")?))?;
    let index = fields.int_in("index", 0..=ATTESTATION_ENTRIES as i64 - 1)? as usize;
    let path = read_path(&mut fields)?;
    fields.end()?;
    if signed.charter != *id || signed.community != charter.community() {
        return Err(CertificateError::OtherCharter);
    }
    if charter.validator(&signed.validator).is_none() {
        return Err(CertificateError::NotAValidator);
    }
    let leaf = Entry { record, verdict: Verdict::Accept }.leaf();
    if merkle::root_from_proof(&leaf, index, signed.count, &path) != Some(signed.root) {
        return Err(CertificateError::Proof);
    }
    Ok(signed.validator)
}

/// The hashes that lead from a leaf to a signed root.
pub(crate) fn read_path(fields: &mut Fields) -> Result<Vec<Hash>, FieldError> {
    fields.items("path", 16, |node| match node {
        Node::Bytes(hash) => hash.try_into().map_err(|_| FieldError::value("path", "expected hashes of 32 bytes")),
        other => Err(FieldError::Type { field: "path", expected: "a byte string", found: other.kind() }),
    })
}

#[cfg(test)]
mod tests {
    use super::super::charter::tests::{charter, seeds};
    use super::*;

    fn accept(charter: &Charter, who: usize, record: RecordId, verdict: Verdict) -> Option<Acceptance> {
        let id = charter.id();
        let entries =
            [Entry { record: RecordId(Cid::of_cbor(b"another")), verdict: Verdict::Accept }, Entry { record, verdict }];
        let bytes = Batch::sign(id, id, 1, &entries, &seeds(who + 1)[who].validator());
        Acceptance::of(&Batch::verify(&bytes).unwrap(), 1)
    }

    #[test]
    fn a_quorum_of_acceptances_makes_a_certificate_and_fewer_do_not() {
        let charter = charter(4, 1, 3);
        let record = RecordId(Cid::of_cbor(b"record"));
        let time = HourTime::hour(7200);
        let accepts: Vec<_> = (0..4).map(|i| accept(&charter, i, record, Verdict::Accept).unwrap()).collect();
        let certificate = Certificate::form(record, time, &charter, accepts.clone()).unwrap();
        assert_eq!(certificate.validators().len(), 3);
        assert_eq!(Certificate::verify(certificate.bytes(), &charter), Ok(certificate.clone()));
        assert!(certificate.bytes().len() < 2048, "{} bytes", certificate.bytes().len());
        let two = Certificate::form(record, time, &charter, accepts[..2].to_vec());
        assert_eq!(two, Err(CertificateError::Quorum { expected: 3, found: 2 }));
    }

    #[test]
    fn one_validator_counts_once_and_strangers_do_not_count() {
        let charter = charter(4, 1, 3);
        let record = RecordId(Cid::of_cbor(b"record"));
        let time = HourTime::hour(7200);
        let one = accept(&charter, 0, record, Verdict::Accept).unwrap();
        let thrice = Certificate::form(record, time, &charter, vec![one.clone(), one.clone(), one.clone()]);
        assert_eq!(thrice, Err(CertificateError::Order));
        let stranger = accept(&charter, 4, record, Verdict::Accept).unwrap();
        let two = accept(&charter, 1, record, Verdict::Accept).unwrap();
        let formed = Certificate::form(record, time, &charter, vec![one, two, stranger]);
        assert_eq!(formed, Err(CertificateError::NotAValidator));
    }

    #[test]
    fn a_rejection_is_no_acceptance_and_another_record_is_not_certified() {
        let charter = charter(1, 0, 1);
        let record = RecordId(Cid::of_cbor(b"record"));
        assert!(accept(&charter, 0, record, Verdict::Reject(super::super::Class::Size)).is_none());
        let accepted = accept(&charter, 0, record, Verdict::Accept).unwrap();
        let other = RecordId(Cid::of_cbor(b"other"));
        let formed = Certificate::form(other, HourTime::hour(0), &charter, vec![accepted]);
        assert_eq!(formed, Err(CertificateError::Proof));
    }
}
