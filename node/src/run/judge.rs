//! What the core says of messages and peers, in the network's words.

use crate::net::{Offence, Verdict};
use commonwheel_protocol::core::{self, Judgement};

pub(super) fn verdict(judgement: Judgement) -> Verdict {
    match judgement {
        Judgement::Accept => Verdict::Accept,
        Judgement::Ignore => Verdict::Ignore,
        Judgement::Reject => Verdict::Reject,
    }
}

pub(super) fn offence_of(offence: core::Offence) -> Offence {
    match offence {
        core::Offence::Unwanted => Offence::Flood,
        core::Offence::Malformed => Offence::Malformed,
        core::Offence::Oversized => Offence::Oversized,
        core::Offence::False => Offence::Invalid,
    }
}
