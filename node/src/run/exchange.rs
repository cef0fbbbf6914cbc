//! The exchange protocol over the network's streams: one request, one reply.

use super::wire::{Base64, Response};
use crate::net::{Frames, Multiaddr, Net, Offence, PeerId};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Refusal};
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

/// Connects to an address.
pub(super) async fn dial(net: &Net, address: &str) -> Response {
    match connect(net, address).await {
        Ok(_) => Response::Done,
        Err(why) => Response::Failed(why),
    }
}

/// A community's founding and terms, from the first address that gives them.
pub(super) async fn fetch_charter(net: &Net, community: &str, addresses: &[String]) -> Response {
    let Ok(id) = community.parse::<Cid>() else {
        return Response::Failed("expected a community's id".to_owned());
    };
    let mut why = "the invite holds no address".to_owned();
    for address in addresses {
        let asked = async {
            let peer = connect(net, address).await?;
            match ask(net, peer, Ask::Charter.to_bytes(&id)).await.map(|bytes| Answer::read(&bytes)) {
                Some(Ok(Answer::Charter { founding, terms, .. })) => Ok((founding, terms)),
                Some(Ok(Answer::Refused(Refusal::UnknownCommunity))) => {
                    Err("the node there does not hold this community".to_owned())
                }
                _ => Err("the node there gave no charter".to_owned()),
            }
        };
        match asked.await {
            Ok((founding, terms)) => return Response::Charter(Base64(founding), Base64(terms)),
            Err(error) => why = error,
        }
    }
    Response::Failed(why)
}

async fn connect(net: &Net, address: &str) -> Result<PeerId, String> {
    let address = address.parse::<Multiaddr>().map_err(|error| format!("not a multiaddress: {error}"))?;
    net.dial(address).await.map_err(|error| error.to_string())
}
