//! Signed operations other than records: what authors, members and validators decide.
//!
//! None of them holds free text. What needs words is a record of its own, which can be erased, and
//! which an operation may link to.
//!
//! *Durable* operations are reconciled: resolutions of a quorum and withdrawals of accepted records,
//! which are part of the state, and proofs that a validator has contradicted itself, which are not.
//! All others are live traffic.

pub mod decision;
pub mod equivocation;
pub mod matter;
pub mod member;
pub mod release;
pub mod withdrawal;

pub use decision::{Decision, Ruling};
pub use equivocation::Equivocation;
pub use matter::{Matter, Motion, Resolution};
pub use member::{Flag, Membership, Support};
pub use release::Release;
pub use withdrawal::Withdrawal;

use crate::bytes::{Cid, FieldError, Node, decode};
use crate::limits::OPERATION_BYTES;
use crate::sign::SignedError;

/// An operation whose bytes and signatures have been checked. Whether its signers may do what they
/// do is a question of the charter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// An author takes a record back.
    Withdrawal(Withdrawal),
    /// Somebody wants a person to look at a record.
    Flag(Flag),
    /// Somebody joins a petition.
    Support(Support),
    /// Somebody is admitted as a member.
    Membership(Membership),
    /// One validator's voice for a matter.
    Motion(Motion),
    /// A matter that a quorum has signed.
    Resolution(Resolution),
    /// A validator has contradicted itself.
    Equivocation(Equivocation),
}

/// Why bytes are not an operation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// Longer than an operation may be.
    #[error("an operation is at most {OPERATION_BYTES} bytes; found {0}")]
    Oversized(usize),
    /// A rule of form or signature is broken.
    #[error("the operation is {0}")]
    Signed(#[from] SignedError),
    /// Of a kind that this version does not know.
    #[error("the operation is of a kind that this version does not know; a newer version may")]
    UnknownKind,
}

impl From<FieldError> for OperationError {
    fn from(error: FieldError) -> Self {
        OperationError::Signed(error.into())
    }
}

impl Operation {
    /// Checks received bytes: size, canonical form, fields, and every signature.
    ///
    /// # Errors
    /// The first rule that the bytes break.
    pub fn verify(bytes: &[u8]) -> Result<Self, OperationError> {
        if bytes.len() > OPERATION_BYTES {
            return Err(OperationError::Oversized(bytes.len()));
        }
        let node = decode(bytes).map_err(SignedError::from)?;
        match kind(&node) {
            "withdrawal" => Withdrawal::verify(bytes).map(Operation::Withdrawal),
            "flag" => Ok(Operation::Flag(Flag::verify(bytes)?)),
            "support" => Ok(Operation::Support(Support::verify(bytes)?)),
            "membership" => Ok(Operation::Membership(Membership::verify(bytes)?)),
            "motion" => Ok(Operation::Motion(Motion::verify(bytes)?)),
            "resolution" => Ok(Operation::Resolution(Resolution::verify(bytes)?)),
            "equivocation" => Equivocation::verify(bytes).map(Operation::Equivocation),
            _ => Err(OperationError::UnknownKind),
        }
    }

    /// The community that it is for.
    pub fn community(&self) -> Cid {
        match self {
            Operation::Withdrawal(one) => one.community(),
            Operation::Flag(one) => one.community,
            Operation::Support(one) => one.community,
            Operation::Membership(one) => one.community,
            Operation::Motion(one) => one.matter.community(),
            Operation::Resolution(one) => one.matter().community(),
            Operation::Equivocation(one) => one.community,
        }
    }
}

/// The `type` of a block, or of its payload when it is an envelope of one.
pub(crate) fn kind(node: &Node) -> &str {
    let Node::Map(block) = node else { return "" };
    match (block.get("type"), block.get("payload")) {
        (Some(Node::Text(kind)), _) => kind,
        (None, Some(Node::Map(payload))) => match payload.get("type") {
            Some(Node::Text(kind)) => kind,
            _ => "",
        },
        _ => "",
    }
}
