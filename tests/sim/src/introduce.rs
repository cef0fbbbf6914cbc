//! The other validators of a lone core, as far as it takes for it to sign.
//!
//! A validator signs nothing until the others have said what it has signed before: it may have been
//! restored from a backup.

use crate::community::Community;
use commonwheel_protocol::core::{Core, Effect, Input, Millis, Step};
use commonwheel_protocol::ledger::{LedgerError, Store};
use commonwheel_protocol::sign::SecretKey;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Peer, Session};
use commonwheel_protocol::wire::gossip::Message;
use commonwheel_storage::MemoryStore;

/// Connects a core whose transport id is `me` with the other validators, which prove their keys, say that it
/// has signed nothing that they know, and are gone again.
///
/// # Errors
/// When the store fails.
pub fn introduce(
    core: &mut Core,
    store: &mut MemoryStore,
    me: &Peer,
    community: &Community,
    now: Millis,
) -> Result<(), LedgerError> {
    let own = core.validator();
    let others = community.validators.iter().filter(|key| Some(key.public()) != own).enumerate();
    for (i, key) in others {
        let peer = Peer(vec![200, i as u8]);
        let mut left = go(core, store, now, Input::Connected(peer.clone()))?.effects;
        left.extend(go(core, store, now, Input::Tick)?.effects);
        while let Some(effect) = left.pop() {
            let Effect::Ask { peer: to, ask, bytes } = effect else { continue };
            let bytes = (to == peer).then(|| reply(&bytes, me, &peer, key, community)).flatten();
            left.extend(go(core, store, now, Input::Reply { ask, bytes })?.effects);
            if left.is_empty() && !core.present_validators().contains(&key.public()) {
                break;
            }
        }
        let mut left = go(core, store, now, Input::Tick)?.effects;
        while let Some(effect) = left.pop() {
            let Effect::Ask { ask, bytes, .. } = effect else { continue };
            let bytes = reply(&bytes, me, &peer, key, community);
            left.extend(go(core, store, now, Input::Reply { ask, bytes })?.effects);
        }
        let _ = go(core, store, now, Input::Disconnected(peer))?;
    }
    Ok(())
}

fn go(core: &mut Core, store: &mut MemoryStore, now: Millis, input: Input) -> Result<Step, LedgerError> {
    let step = core.step(now, input, store)?;
    store.commit(&step.batch)?;
    Ok(step)
}

fn reply(ask: &[u8], me: &Peer, peer: &Peer, key: &SecretKey, community: &Community) -> Option<Vec<u8>> {
    let answer = match Ask::read(ask).ok()?.1 {
        Ask::Prove => {
            let session = Session {
                community: community.id(),
                charter: community.charter().id(),
                validator: key.public(),
                asker: me.clone(),
                answerer: peer.clone(),
            };
            Answer::Session(session.sign(key))
        }
        Ask::Own { .. } => Answer::Spread { message: Message::default().to_bytes(), next: None },
        _ => return None,
    };
    Some(answer.to_bytes())
}
