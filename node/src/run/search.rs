//! Searching, by the one who holds the store: the running node, or the command itself when none runs.

use super::client::{Access, ClientError};
use super::wire::{Request, Response};
use commonwheel_protocol::dataset::Filter;
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::search::Query;
use commonwheel_storage::CarStore;
use commonwheel_storage::search::{CaughtUp, Hit, Holders};
use serde::{Deserialize, Serialize};

/// What is asked of a community's search index.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchAsk {
    /// Take up some records more.
    CatchUp,
    /// The records that hold words and match a filter, at most so many.
    Find(Query, Filter, usize),
    /// For each of some fingerprints the records that hold it, at most so many of each by name.
    Holders(Vec<u64>, usize),
}

/// What it answers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SearchAnswer {
    /// How much is done, of how much.
    CaughtUp(u64, u64),
    /// Records with their scores.
    Found(Vec<(String, u64)>),
    /// Records of each fingerprint, and how many there are.
    Holders(Vec<(Vec<String>, u64)>),
}

/// Records that a command takes up at once when no node runs.
const OWN_SLICE: usize = 16_384;
/// The most records that are found.
pub const FOUND: usize = 10_000;
/// The most fingerprints of one question: a node looks after nothing else while it answers.
pub const PRINTS: usize = 256;

/// Answers a command that asks the running node. What takes long is done beside it.
pub(super) fn answer(store: &mut CarStore, ask: SearchAsk) -> Response {
    let answered = match ask {
        SearchAsk::CatchUp => {
            store.catch_up_search_beside().map(|CaughtUp { done, all }| SearchAnswer::CaughtUp(done, all))
        }
        SearchAsk::Find(query, filter, limit) => store
            .search(&query, &filter, limit.min(FOUND))
            .map(|hits| SearchAnswer::Found(hits.into_iter().map(|hit| (hit.record.to_string(), hit.score)).collect())),
        SearchAsk::Holders(mut prints, most) => {
            prints.truncate(PRINTS);
            let texts = |one: Holders| (one.records.iter().map(RecordId::to_string).collect(), one.all);
            store.holders(&prints, most).map(|all| SearchAnswer::Holders(all.into_iter().map(texts).collect()))
        }
    };
    answered.map_or_else(|error| Response::Failed(error.to_string()), Response::Searched)
}

impl Access {
    /// Brings the search index further, and says how far it has come. It is complete when `done` is `all`.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn catch_up(&mut self) -> anyhow::Result<CaughtUp> {
        match self {
            Access::Store(store) => Ok(store.catch_up_search(OWN_SLICE)?),
            Access::Node(..) => match self.ask(SearchAsk::CatchUp)? {
                SearchAnswer::CaughtUp(done, all) => Ok(CaughtUp { done, all }),
                _ => Err(ClientError::Unexpected.into()),
            },
        }
    }

    /// The records that hold all of a query and match a filter, as far as the search index has come, the most
    /// relevant first: at most so many, and at most [`FOUND`].
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn find(&mut self, query: &Query, filter: &Filter, limit: usize) -> anyhow::Result<Vec<Hit>> {
        match self {
            Access::Store(store) => Ok(store.search(query, filter, limit.min(FOUND))?),
            Access::Node(..) => match self.ask(SearchAsk::Find(query.clone(), filter.clone(), limit))? {
                SearchAnswer::Found(found) => {
                    let hit = |(id, score): (String, u64)| Some(Hit { record: id.parse().ok()?, score });
                    Ok(found.into_iter().filter_map(hit).collect())
                }
                _ => Err(ClientError::Unexpected.into()),
            },
        }
    }

    /// For each of some fingerprints the records that hold it, at most `most` of each by name.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn holders(&mut self, prints: &[u64], most: usize) -> anyhow::Result<Vec<Holders>> {
        let mut all = Vec::new();
        for some in prints.chunks(PRINTS) {
            match self {
                Access::Store(store) => all.extend(store.holders(some, most)?),
                Access::Node(..) => match self.ask(SearchAsk::Holders(some.to_vec(), most))? {
                    SearchAnswer::Holders(found) if found.len() == some.len() => {
                        all.extend(found.into_iter().map(|(records, all)| Holders {
                            records: records.iter().filter_map(|id| id.parse().ok()).collect(),
                            all,
                        }));
                    }
                    _ => return Err(ClientError::Unexpected.into()),
                },
            }
        }
        Ok(all)
    }

    fn ask(&self, ask: SearchAsk) -> Result<SearchAnswer, ClientError> {
        let Access::Node(client, community) = self else { return Err(ClientError::Unexpected) };
        match client.ask(&Request::Search(community.to_string(), ask))? {
            Response::Searched(answer) => Ok(answer),
            _ => Err(ClientError::Unexpected),
        }
    }
}
