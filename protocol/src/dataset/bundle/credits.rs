//! Whom to credit, and for what: authors, sources and models of the rows under each licence.

use super::counts::{Counts, Weight};
use super::texts::SHORT;
use crate::bytes::Node;
use crate::dataset::authors::Authors;
use crate::dataset::row::Row;
use crate::dataset::views::cells::{json, text, text_of};
use crate::licence::Licence;
use serde::Serialize;

/// The room for authors, in bytes: some 400,000 of them.
const AUTHORS_BYTES: usize = 64 << 20;
/// The room for sources that are third parties.
const SOURCES_BYTES: usize = 16 << 20;
/// The room for models.
const MODELS_BYTES: usize = 1 << 20;

/// What is credited, of rows under one licence: texts that tell one credit from another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<const N: usize> {
    licence: Licence,
    texts: [String; N],
}

impl<const N: usize> Weight for Key<N> {
    fn bytes(&self) -> usize {
        self.texts.iter().map(String::len).sum::<usize>() + 24 * N
    }
}

/// The credits of rows that come one by one in any order.
#[derive(Clone, Debug)]
pub struct Credits {
    /// By the key, empty of anonymous authors, and the name that is to be credited, empty where none is given.
    authors: Counts<Key<2>>,
    /// By the source and the licence under which it came.
    sources: Counts<Key<2>>,
    /// By the model's name.
    models: Counts<Key<1>>,
    /// The author of the row that was taken last: its room is used again.
    author: Key<2>,
}

/// A line of `attribution.jsonl`: all keys in this order, empty where they say nothing of what is credited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Credit<'a> {
    /// `author`, `source` or `model`.
    pub what: &'static str,
    /// The licence of the rows.
    pub licence: &'static str,
    /// The author's key; empty of those who are anonymous.
    pub author: &'a str,
    /// The name that the author's profile shows.
    pub name: &'a str,
    /// The name that the rows ask to be credited.
    pub attribution: &'a str,
    /// Where a third party's part is from.
    pub source: &'a str,
    /// The licence under which it came.
    pub source_licence: &'a str,
    /// The model that wrote or took part.
    pub model: &'a str,
    /// In how many rows.
    pub rows: u64,
}

impl Default for Credits {
    fn default() -> Self {
        Credits {
            authors: Counts::within(AUTHORS_BYTES),
            sources: Counts::within(SOURCES_BYTES),
            models: Counts::within(MODELS_BYTES),
            author: Key { licence: Licence::Cc0, texts: Default::default() },
        }
    }
}

impl Credits {
    /// Takes one row more, under this licence.
    pub fn add(&mut self, row: &Row, licence: Licence) {
        let short = |column| text(row, column).filter(|text| text.len() <= SHORT);
        let Key { licence: under, texts: [author, attribution] } = &mut self.author;
        *under = licence;
        author.clear();
        if row.field("nonce").is_none() {
            row.show_header_text("author", author);
        }
        attribution.clear();
        attribution.push_str(short("attribution").unwrap_or_default());
        self.authors.count(&self.author);
        let Some(Node::List(rights)) = row.body().get("rights") else {
            return self.model(licence, short("model"), None);
        };
        let mut seen = Vec::new();
        for right in rights {
            let Node::Map(right) = right else { continue };
            let of = |key: &str| right.get(key).and_then(text_of).filter(|text| text.len() <= SHORT);
            if let (Some("third-party"), Some(source), Some(from)) = (of("by"), of("source"), of("licence"))
                && !seen.contains(&(source, from))
            {
                seen.push((source, from));
                self.sources.add(Key { licence, texts: [source.to_owned(), from.to_owned()] });
            }
        }
        let wrote = rights.iter().find_map(|right| match right {
            Node::Map(right) if right.get("by").and_then(text_of) == Some("model") => {
                right.get("model").and_then(text_of).filter(|text| text.len() <= SHORT)
            }
            _ => None,
        });
        self.model(licence, short("model"), wrote);
    }

    fn model(&mut self, licence: Licence, named: Option<&str>, wrote: Option<&str>) {
        let wrote = wrote.filter(|wrote| Some(*wrote) != named);
        for model in named.into_iter().chain(wrote) {
            self.models.add(Key { licence, texts: [model.to_owned()] });
        }
    }

    /// Every credit: authors, then sources, then models, each by licence and then by what tells them apart.
    pub fn iter<'a>(&'a self, names: &'a Authors) -> impl Iterator<Item = Credit<'a>> {
        let blank = |what, licence: Licence, rows| Credit {
            what,
            licence: licence.spdx(),
            author: "",
            name: "",
            attribution: "",
            source: "",
            source_licence: "",
            model: "",
            rows,
        };
        let authors = self.authors.iter().map(move |(Key { licence, texts: [author, attribution] }, rows)| {
            let name = names.name(author).unwrap_or_default();
            Credit { author, name, attribution, ..blank("author", *licence, rows) }
        });
        let sources = self.sources.iter().map(move |(Key { licence, texts: [source, source_licence] }, rows)| Credit {
            source,
            source_licence,
            ..blank("source", *licence, rows)
        });
        let models = self
            .models
            .iter()
            .map(move |(Key { licence, texts: [model] }, rows)| Credit { model, ..blank("model", *licence, rows) });
        authors.chain(sources).chain(models)
    }

    /// How many rows have credits for which there was no room: of authors, sources and models.
    pub fn others(&self) -> [u64; 3] {
        [self.authors.others(), self.sources.others(), self.models.others()]
    }

    /// How many authors with a key there are, as far as there was room.
    pub fn keys(&self) -> usize {
        let keys = self.authors.iter().map(|(key, _)| &key.texts[0]).filter(|author| !author.is_empty());
        keys.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// The text of `attribution.jsonl`.
    pub fn to_text(&self, names: &Authors) -> String {
        self.iter(names).map(|credit| json(&credit)).collect()
    }
}
