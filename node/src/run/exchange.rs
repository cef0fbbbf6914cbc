//! The exchange protocol over the network's streams: one request, one reply.

use super::wire::{Base64, Response};
use crate::community::{self, Offer};
use crate::net::{Frames, Multiaddr, Net, Offence, PeerId};
use commonwheel_protocol::agreement::Founding;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::wire::exchange::{Answer, Ask, Refusal};
use commonwheel_protocol::wire::invite::Invite;
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

/// A community's charters with their terms, from the first address whose node knows the charter of the invite.
pub(super) async fn fetch_charter(net: &Net, community: &str, charter: &str, addresses: &[String]) -> Response {
    let (Ok(id), Ok(charter)) = (community.parse::<Cid>(), charter.parse::<Cid>()) else {
        return Response::Failed("expected the ids of a community and of its charter".to_owned());
    };
    let invite = Invite { community: id, charter, addresses: Vec::new() };
    let mut why = "the invite holds no address".to_owned();
    for address in addresses {
        match offer(net, &id, address).await.and_then(|offer| match community::check(&invite, &offer) {
            Ok(_) => Ok(offer),
            Err(error) => Err(error.to_string()),
        }) {
            Ok(Offer { founding, texts, successors }) => {
                let all = |blocks: Vec<Vec<u8>>| blocks.into_iter().map(Base64).collect();
                return Response::Charter(Base64(founding), all(texts), all(successors));
            }
            Err(error) => why = error,
        }
    }
    Response::Failed(why)
}

/// What the node at an address says of a community's charters.
async fn offer(net: &Net, id: &Cid, address: &str) -> Result<Offer, String> {
    let peer = connect(net, address).await?;
    let answer = ask(net, peer, Ask::Charter.to_bytes(id)).await.map(|bytes| Answer::read(&bytes));
    let (founding, terms, successors) = match answer {
        Some(Ok(Answer::Charter { founding, terms, successors })) => (founding, terms, successors),
        Some(Ok(Answer::Refused(Refusal::UnknownCommunity))) => {
            return Err("the node there does not hold this community".to_owned());
        }
        _ => return Err("the node there gave no charter".to_owned()),
    };
    let mut texts = vec![terms];
    // The answer holds the newest terms; the first ones go with the founding.
    if let Ok(founding) = Founding::verify(&founding)
        && !founding.charter().terms.matches(&texts[0])
    {
        let first = Ask::Blocks(vec![founding.charter().terms]).to_bytes(id);
        if let Some(Ok(Answer::Blocks(blocks))) = ask(net, peer, first).await.map(|bytes| Answer::read(&bytes)) {
            texts.extend(blocks);
        }
    }
    Ok(Offer { founding, texts, successors })
}

async fn connect(net: &Net, address: &str) -> Result<PeerId, String> {
    let address = address.parse::<Multiaddr>().map_err(|error| format!("not a multiaddress: {error}"))?;
    net.dial(address).await.map_err(|error| error.to_string())
}
