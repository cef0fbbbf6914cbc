//! How commands reach a community's records: through the running node, or on the store itself.

use super::wire::{BLOCKS, Base64, Info, MESSAGE_BYTES, Request, Response};
use crate::home::Home;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::ledger::{Blocks, IndexEntry, Ledger, LedgerError, Shelf};
use commonwheel_storage::CarStore;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;

/// A connection to the running node.
pub struct Client(Mutex<UnixStream>);

/// Why the running node did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The connection broke.
    #[error("the connection to the running node broke ({0}); see whether it still runs")]
    Io(#[from] io::Error),
    /// It answered with something else.
    #[error("the running node answered with something unexpected; restart it, so that both are of one version")]
    Unexpected,
    /// It said no.
    #[error("{0}")]
    Failed(String),
}

impl Client {
    /// Connects to the node that runs with a home; `None` when none does.
    pub fn connect(home: &Home) -> Option<Client> {
        UnixStream::connect(home.socket()).ok().map(|stream| Client(Mutex::new(stream)))
    }

    /// Asks one thing.
    ///
    /// # Errors
    /// When the connection breaks, or the node says no.
    pub fn ask(&self, request: &Request) -> Result<Response, ClientError> {
        let bytes = serde_json::to_vec(request).map_err(io::Error::other)?;
        let mut stream = self.0.lock().map_err(|_| ClientError::Unexpected)?;
        stream.write_all(&(bytes.len() as u32).to_be_bytes())?;
        stream.write_all(&bytes)?;
        let mut len = [0; 4];
        stream.read_exact(&mut len)?;
        let len = u32::from_be_bytes(len) as usize;
        if len > MESSAGE_BYTES {
            return Err(ClientError::Unexpected);
        }
        let mut bytes = vec![0; len];
        stream.read_exact(&mut bytes)?;
        match serde_json::from_slice(&bytes).map_err(|_| ClientError::Unexpected)? {
            Response::Failed(why) => Err(ClientError::Failed(why)),
            response => Ok(response),
        }
    }

    /// How the node is.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn info(&self) -> Result<Info, ClientError> {
        match self.ask(&Request::Info)? {
            Response::Info(info) => Ok(info),
            _ => Err(ClientError::Unexpected),
        }
    }

    /// Asks for something that is only done or not done.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub fn tell(&self, request: &Request) -> Result<(), ClientError> {
        match self.ask(request)? {
            Response::Done => Ok(()),
            _ => Err(ClientError::Unexpected),
        }
    }
}

/// A community's records, wherever they are to be had.
pub enum Access {
    /// Through the running node.
    Node(Client, Cid),
    /// On the store itself, since no node runs.
    Store(Box<CarStore>),
}

impl Access {
    /// Reaches a community's records: through the running node, else directly.
    ///
    /// # Errors
    /// When no node runs and the store cannot be opened.
    pub fn open(home: &Home, community: &Cid) -> anyhow::Result<Access> {
        match Client::connect(home) {
            Some(client) => Ok(Access::Node(client, *community)),
            None => Ok(Access::Store(Box::new(super::member::open_store(home, community)?.1))),
        }
    }
}

impl Ledger for Access {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        match self {
            Access::Store(store) => store.block(shelf, cid),
            Access::Node(client, id) => Remote(client, id).block(shelf, cid),
        }
    }

    fn read_blocks(&self, shelf: Shelf, cids: &[Cid]) -> Result<Vec<Option<Vec<u8>>>, LedgerError> {
        match self {
            Access::Store(store) => store.read_blocks(shelf, cids),
            Access::Node(client, id) => Remote(client, id).read_blocks(shelf, cids),
        }
    }

    fn read_into(&self, shelf: Shelf, cids: &[Cid], into: &mut Blocks) -> Result<(), LedgerError> {
        match self {
            Access::Store(store) => store.read_into(shelf, cids, into),
            Access::Node(client, id) => Remote(client, id).read_into(shelf, cids, into),
        }
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        match self {
            Access::Store(store) => store.holds(shelf, cid),
            Access::Node(client, id) => Remote(client, id).holds(shelf, cid),
        }
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        match self {
            Access::Store(store) => store.value(key),
            Access::Node(client, id) => Remote(client, id).value(key),
        }
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        match self {
            Access::Store(store) => store.scan(prefix, after, limit),
            Access::Node(client, id) => Remote(client, id).scan(prefix, after, limit),
        }
    }
}

/// A community's records as the running node holds them.
pub struct Remote<'a>(pub &'a Client, pub &'a Cid);

impl Ledger for Remote<'_> {
    fn block(&self, shelf: Shelf, cid: &Cid) -> Result<Option<Vec<u8>>, LedgerError> {
        bytes(self.0.ask(&Request::Block(self.1.to_string(), shelf.into(), cid.to_string())))
    }

    fn read_blocks(&self, shelf: Shelf, cids: &[Cid]) -> Result<Vec<Option<Vec<u8>>>, LedgerError> {
        let mut all = Vec::with_capacity(cids.len());
        for some in cids.chunks(BLOCKS) {
            let texts = some.iter().map(Cid::to_string).collect();
            match self.0.ask(&Request::Blocks(self.1.to_string(), shelf.into(), texts)) {
                Ok(Response::Blocks(found)) if found.len() == some.len() => {
                    all.extend(found.into_iter().map(|block| block.map(|bytes| bytes.0)));
                }
                other => return Err(wrong(other)),
            }
        }
        Ok(all)
    }

    fn holds(&self, shelf: Shelf, cid: &Cid) -> Result<bool, LedgerError> {
        match self.0.ask(&Request::Holds(self.1.to_string(), shelf.into(), cid.to_string())) {
            Ok(Response::Yes(yes)) => Ok(yes),
            other => Err(wrong(other)),
        }
    }

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        bytes(self.0.ask(&Request::Value(self.1.to_string(), Base64(key.to_vec()))))
    }

    fn scan(&self, prefix: &[u8], after: Option<&[u8]>, limit: usize) -> Result<Vec<IndexEntry>, LedgerError> {
        let after = after.map(|after| Base64(after.to_vec()));
        match self.0.ask(&Request::Scan(self.1.to_string(), Base64(prefix.to_vec()), after, limit)) {
            Ok(Response::Entries(found)) => {
                Ok(found.into_iter().map(|(key, value)| IndexEntry { key: key.0, value: value.0 }).collect())
            }
            other => Err(wrong(other)),
        }
    }
}

fn bytes(answer: Result<Response, ClientError>) -> Result<Option<Vec<u8>>, LedgerError> {
    match answer {
        Ok(Response::Bytes(bytes)) => Ok(bytes.map(|bytes| bytes.0)),
        other => Err(wrong(other)),
    }
}

fn wrong(answer: Result<Response, ClientError>) -> LedgerError {
    LedgerError(answer.err().unwrap_or(ClientError::Unexpected).to_string())
}
