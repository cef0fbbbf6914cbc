//! How gossip is configured: what a message's id is, and what costs a peer its standing.

use commonwheel_protocol::limits::GOSSIP_BYTES;
use libp2p::gossipsub::{
    self, ConfigBuilderError, Message, MessageAuthenticity, MessageId, PeerScoreParams, PeerScoreThresholds,
    TopicScoreParams, ValidationMode, score_parameter_decay,
};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// What a message's topic and framing may add to its content on the wire.
const ENVELOPE_BYTES: usize = 1024;
/// Topics are short: a prefix and a community's id.
pub const TOPIC_BYTES: usize = 256;
/// Heartbeats for which a message waits for its verdict; afterwards it is not forwarded.
const VERDICT_HEARTBEATS: usize = 20;

const _: () = assert!(TOPIC_BYTES * 2 < ENVELOPE_BYTES, "the envelope holds the topic and framing");

/// A gossipsub that forwards nothing before a verdict, with peer scoring on.
///
/// # Errors
/// When gossipsub refuses a parameter: a fault of this file, covered by a test.
pub(super) fn behaviour() -> Result<gossipsub::Behaviour, String> {
    let config = config().map_err(|error| error.to_string())?;
    // What messages carry is signed already, so the envelope is not; it names no author either.
    let mut gossip = gossipsub::Behaviour::new(MessageAuthenticity::Anonymous, config)?;
    gossip.with_peer_score(score(), thresholds())?;
    Ok(gossip)
}

fn config() -> Result<gossipsub::Config, ConfigBuilderError> {
    let second = Duration::from_secs(1);
    gossipsub::ConfigBuilder::default()
        .validate_messages()
        .validation_mode(ValidationMode::Anonymous)
        .message_id_fn(message_id)
        .max_transmit_size(GOSSIP_BYTES + ENVELOPE_BYTES)
        .duplicate_cache_time(60 * second)
        .history_length(VERDICT_HEARTBEATS)
        .heartbeat_initial_delay(second)
        .heartbeat_interval(second)
        .flood_publish(true)
        .build()
}

/// SHA-256 over the topic (preceded by its length, four bytes, big-endian) and the content.
///
/// The topic is part of it so that nobody can suppress a message by sending its bytes on another
/// community's topic first, where they would be taken for the original.
fn message_id(message: &Message) -> MessageId {
    let topic = message.topic.as_str().as_bytes();
    let length = u32::try_from(topic.len()).unwrap_or(u32::MAX);
    let mut hash = Sha256::new();
    hash.update(length.to_be_bytes());
    hash.update(topic);
    hash.update(&message.data);
    MessageId::new(&hash.finalize())
}

/// What counts, apart from topics. The application's score is minus the peer's penalty points.
fn score() -> PeerScoreParams {
    PeerScoreParams {
        topic_score_cap: 10.0,
        app_specific_weight: 1.0,
        // Several nodes of one co-op share an address, behind NAT or on one machine, and quorums
        // count keys, not peers: many nodes on one address are no offence.
        ip_colocation_factor_weight: 0.0,
        // A few early grafts or missed promises happen when honest nodes restart.
        behaviour_penalty_threshold: 6.0,
        ..PeerScoreParams::default()
    }
}

/// What counts within one topic.
pub(super) fn topic_score() -> TopicScoreParams {
    let ten_minutes = score_parameter_decay(Duration::from_secs(600));
    TopicScoreParams {
        topic_weight: 1.0,
        // Good standing is worth little, so that it cannot be saved up and spent.
        time_in_mesh_weight: 0.01,
        time_in_mesh_quantum: Duration::from_secs(1),
        time_in_mesh_cap: 300.0,
        first_message_deliveries_weight: 0.1,
        first_message_deliveries_decay: ten_minutes,
        first_message_deliveries_cap: 50.0,
        // A quiet community delivers few messages: a deficit says nothing about a peer.
        mesh_message_deliveries_weight: 0.0,
        mesh_failure_penalty_weight: 0.0,
        // Rejected messages count squared, beside the penalty points: three cost 90 and 90 points.
        invalid_message_deliveries_weight: -10.0,
        invalid_message_deliveries_decay: ten_minutes,
        ..TopicScoreParams::default()
    }
}

fn thresholds() -> PeerScoreThresholds {
    PeerScoreThresholds {
        gossip_threshold: -20.0,
        publish_threshold: -50.0,
        // Lower than three rejected messages, since the fourth gets a peer banned: one that is only
        // not listened to would never send that, and stay connected for nothing.
        graylist_threshold: -200.0,
        accept_px_threshold: 10.0,
        opportunistic_graft_threshold: 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use libp2p::gossipsub::TopicHash;

    #[test]
    fn gossipsub_accepts_the_parameters() {
        assert!(behaviour().is_ok());
        assert_eq!(topic_score().validate(), Ok(()));
    }

    #[test]
    fn the_same_bytes_on_another_topic_are_another_message() {
        let id = |topic: &str, data: &[u8]| {
            let topic = TopicHash::from_raw(topic);
            message_id(&Message { source: None, data: data.to_vec(), sequence_number: None, topic })
        };
        assert_eq!(id("a", b"bytes"), id("a", b"bytes"));
        assert_ne!(id("a", b"bytes"), id("b", b"bytes"));
        assert_ne!(id("a", b"bc"), id("ab", b"c"));
    }
}
