//! The exchange protocol over the network's streams: one request, one reply.

use crate::net::{Frames, Net, Offence, PeerId};
use tokio::sync::{mpsc, oneshot};

/// A request of a peer, on its way to the driver.
pub(super) struct PeerRequest {
    pub from: PeerId,
    pub bytes: Vec<u8>,
    pub reply: oneshot::Sender<Vec<u8>>,
}

/// Sends a request and gives the reply; `None` when there was none, for whatever reason.
pub(super) async fn ask(net: &Net, peer: PeerId, bytes: Vec<u8>) -> Option<Vec<u8>> {
    let answer = async {
        let mut frames = net.open(peer).await.ok()?;
        frames.send(&bytes).await.ok()?;
        let answer = frames.recv().await.ok()??;
        let _ = frames.close().await;
        Some(answer)
    };
    let answer = answer.await;
    if answer.is_none() {
        tracing::debug!(%peer, "a request had no answer");
    }
    answer
}

/// Serves one incoming stream until the peer closes it.
pub(super) async fn serve(net: Net, mut frames: Frames, requests: mpsc::Sender<PeerRequest>) {
    let from = frames.peer();
    loop {
        let bytes = match frames.recv().await {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(error) => {
                tracing::debug!(peer = %from, %error, "an exchange stream ended");
                if error.is_senders_fault() {
                    net.penalise(from, Offence::Oversized);
                }
                return;
            }
        };
        let (reply, answer) = oneshot::channel();
        if requests.send(PeerRequest { from, bytes, reply }).await.is_err() {
            return;
        }
        let Ok(answer) = answer.await else { return };
        if frames.send(&answer).await.is_err() {
            return;
        }
    }
}
