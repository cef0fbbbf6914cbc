//! The local handle's server: a Unix socket that only the owner of the home can open.

use super::RunError;
use super::wire::{MESSAGE_BYTES, Request, Response};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot, watch};

/// A command's request, on its way to the driver.
pub(super) struct Call {
    pub request: Request,
    pub reply: oneshot::Sender<Response>,
}

/// Binds the socket, replacing what a node that was killed has left.
pub(super) fn bind(path: &Path) -> Result<UnixListener, RunError> {
    let wrong = |source| RunError::Socket { path: path.to_owned(), source };
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(wrong(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(wrong)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).map_err(wrong)?;
    Ok(listener)
}

/// Serves commands until the node stops.
pub(super) async fn serve(listener: UnixListener, calls: mpsc::Sender<Call>, mut stopped: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stop| *stop) => return,
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let calls = calls.clone();
                    tokio::spawn(async move {
                        if let Err(error) = talk(stream, calls).await {
                            tracing::debug!(%error, "a command's connection ended");
                        }
                    });
                }
            }
        }
    }
}

async fn talk(mut stream: UnixStream, calls: mpsc::Sender<Call>) -> std::io::Result<()> {
    loop {
        let len = match stream.read_u32().await {
            Ok(len) => len as usize,
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        };
        if len > MESSAGE_BYTES {
            return Err(std::io::Error::other("a command's message is too large"));
        }
        let mut bytes = vec![0; len];
        stream.read_exact(&mut bytes).await?;
        let response = match serde_json::from_slice::<Request>(&bytes) {
            Ok(request) => ask_driver(request, &calls).await,
            Err(_) => Response::Failed("the running node is of another version; restart it".to_owned()),
        };
        let bytes = serde_json::to_vec(&response)?;
        stream.write_u32(bytes.len() as u32).await?;
        stream.write_all(&bytes).await?;
        stream.flush().await?;
    }
}

async fn ask_driver(request: Request, calls: &mpsc::Sender<Call>) -> Response {
    let stopping = || Response::Failed("the node is stopping".to_owned());
    let (reply, answer) = oneshot::channel();
    if calls.send(Call { request, reply }).await.is_err() {
        return stopping();
    }
    answer.await.unwrap_or_else(|_| stopping())
}
