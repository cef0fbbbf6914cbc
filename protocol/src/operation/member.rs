//! What members do besides sharing: flag a record, join a petition, admit others.

use super::decision::closed;
use crate::bytes::{Cid, FieldError, Fields, Node};
use crate::record::RecordId;
use crate::record::header::HourTime;
use crate::sign::{self, Domain, PublicKey, SecretKey, SignedError};

closed! {
    /// Why a person should look at a record.
    FlagReason, "reason", {
        /// It holds somebody's data.
        PersonalData => "personal-data",
        /// It is about the person who flags it, who is not its author.
        AboutMe => "about-me",
        /// Somebody else's work.
        Rights => "rights",
        /// Against a law.
        Unlawful => "unlawful",
        /// Dangerous to somebody.
        Safety => "safety",
        /// Wrong, empty or made by machine in bulk.
        Quality => "quality",
        /// The same as another record.
        Duplicate => "duplicate",
        /// Another reason; a note should explain.
        Other => "other",
    }
}

/// Somebody wants a person to look at a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The community.
    pub community: Cid,
    /// Who.
    pub member: PublicKey,
    /// Which record.
    pub record: RecordId,
    /// Why.
    pub reason: FlagReason,
    /// When.
    pub time: HourTime,
}

impl Flag {
    /// The signed bytes. `member` must be the key's public half.
    pub fn sign(&self, key: &SecretKey) -> Vec<u8> {
        assert_eq!(key.public(), self.member, "a flag is signed by the key that it names");
        key.seal(
            Domain::Flag,
            Node::map([
                ("type", Some(Node::text(Domain::Flag.name()))),
                ("community", Some(self.community.into())),
                ("member", Some(Node::bytes(self.member.0))),
                ("record", Some(self.record.0.into())),
                ("reason", Some(Node::text(self.reason.name()))),
                ("time", Some(self.time.unix_s().into())),
            ]),
        )
    }

    /// Checks received bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let mut fields = sign::open(Domain::Flag, "member", bytes)?;
        let flag = Flag {
            community: fields.link("community")?,
            member: PublicKey(fields.array("member")?),
            record: record(&mut fields, "record")?,
            reason: FlagReason::read(&mut fields)?,
            time: HourTime::read(fields.int("time")?)?,
        };
        fields.end()?;
        Ok(flag)
    }
}

/// Somebody joins a petition, which is a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Support {
    /// The community.
    pub community: Cid,
    /// Who.
    pub member: PublicKey,
    /// The petition.
    pub petition: RecordId,
    /// When.
    pub time: HourTime,
}

impl Support {
    /// The signed bytes. `member` must be the key's public half.
    pub fn sign(&self, key: &SecretKey) -> Vec<u8> {
        assert_eq!(key.public(), self.member, "support is signed by the key that it names");
        key.seal(
            Domain::Support,
            Node::map([
                ("type", Some(Node::text(Domain::Support.name()))),
                ("community", Some(self.community.into())),
                ("member", Some(Node::bytes(self.member.0))),
                ("petition", Some(self.petition.0.into())),
                ("time", Some(self.time.unix_s().into())),
            ]),
        )
    }

    /// Checks received bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let mut fields = sign::open(Domain::Support, "member", bytes)?;
        let support = Support {
            community: fields.link("community")?,
            member: PublicKey(fields.array("member")?),
            petition: record(&mut fields, "petition")?,
            time: HourTime::read(fields.int("time")?)?,
        };
        fields.end()?;
        Ok(support)
    }
}

/// Somebody is admitted: by a validator, or by a member where the charter lets members sponsor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The community.
    pub community: Cid,
    /// Who admits.
    pub sponsor: PublicKey,
    /// Who is admitted.
    pub member: PublicKey,
    /// When.
    pub time: HourTime,
}

impl Membership {
    /// The signed bytes. `sponsor` must be the key's public half.
    pub fn sign(&self, key: &SecretKey) -> Vec<u8> {
        assert_eq!(key.public(), self.sponsor, "a membership is signed by the sponsor that it names");
        key.seal(
            Domain::Membership,
            Node::map([
                ("type", Some(Node::text(Domain::Membership.name()))),
                ("community", Some(self.community.into())),
                ("sponsor", Some(Node::bytes(self.sponsor.0))),
                ("member", Some(Node::bytes(self.member.0))),
                ("time", Some(self.time.unix_s().into())),
            ]),
        )
    }

    /// Checks received bytes.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, SignedError> {
        let mut fields = sign::open(Domain::Membership, "sponsor", bytes)?;
        let membership = Membership {
            community: fields.link("community")?,
            sponsor: PublicKey(fields.array("sponsor")?),
            member: PublicKey(fields.array("member")?),
            time: HourTime::read(fields.int("time")?)?,
        };
        fields.end()?;
        Ok(membership)
    }
}

fn record(fields: &mut Fields, field: &'static str) -> Result<RecordId, FieldError> {
    RecordId::linked(fields.link(field)?, field)
}
