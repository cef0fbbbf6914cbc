//! What the rows of an export are, counted while they go by: what the texts of a bundle say of them.

use super::columns::Columns;
use super::counts::Counts;
use super::credits::Credits;
use super::texts::SHORT;
use crate::bytes::Node;
use crate::dataset::authors::Authors;
use crate::dataset::civil::rfc3339;
use crate::dataset::partition::Partition;
use crate::dataset::parts::{Bound, binding};
use crate::dataset::row::{Names, Row};
use crate::dataset::views::cells::text_of;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The room for the values of one column, in bytes: some thousand short ones.
const VALUES_BYTES: usize = 64 << 10;

/// The columns of which values are counted, by the names that templates give them.
const COUNTED: [(&str, &str); 6] = [
    ("imported_from", "imported_from"),
    ("kinds", "kind"),
    ("labels", "label"),
    ("languages", "language"),
    ("models", "model"),
    ("vocabularies", "vocabulary"),
];

/// The columns of [`COUNTED`].
static COLUMNS: LazyLock<Names> = LazyLock::new(|| Names::of(COUNTED.map(|(_, column)| column)));

/// The rows of an export, counted one by one in any order. Memory does not grow with their number, but for the names
/// of authors.
#[derive(Clone, Debug)]
pub struct Census {
    rows: u64,
    anonymous: u64,
    revisions: u64,
    corrections: u64,
    /// The first and the last time of a header, seconds since 1970.
    times: Option<(i64, i64)>,
    values: [Counts<String>; COUNTED.len()],
    /// By what rights, each once a row.
    rights: Counts<String>,
    /// Which kinds of findings were redacted, each once a row.
    redactions: Counts<String>,
    columns: BTreeMap<Partition, Columns>,
    bound: BTreeMap<Partition, Bound>,
    credits: Credits,
    names: Authors,
}

impl Default for Census {
    fn default() -> Self {
        let counts = || Counts::within(VALUES_BYTES);
        Census {
            rows: 0,
            anonymous: 0,
            revisions: 0,
            corrections: 0,
            times: None,
            values: std::array::from_fn(|_| counts()),
            rights: counts(),
            redactions: counts(),
            columns: BTreeMap::new(),
            bound: BTreeMap::new(),
            credits: Credits::default(),
            names: Authors::default(),
        }
    }
}

impl Census {
    /// Takes one row more, which lies in this file.
    pub fn add(&mut self, row: &Row, partition: &Partition) {
        self.rows += 1;
        self.anonymous += u64::from(row.field("nonce").is_some());
        self.revisions += u64::from(row.field("revises").is_some());
        self.corrections += u64::from(row.field("corrects").is_some());
        if let Some(Node::Int(time)) = row.field("time") {
            let (first, last) = self.times.unwrap_or((*time, *time));
            self.times = Some((first.min(*time), last.max(*time)));
        }
        for (column, value) in row.body() {
            if let (Some(at), Some(text)) = (COLUMNS.place(column), text_of(value).filter(|text| text.len() <= SHORT)) {
                self.values[at].see(text);
            }
        }
        if let Some(Node::List(rights)) = row.body().get("rights") {
            let by = rights.iter().filter_map(|right| match right {
                Node::Map(right) => right.get("by").and_then(text_of).filter(|by| by.len() <= SHORT),
                _ => None,
            });
            let mut by: Vec<_> = by.collect();
            by.sort_unstable();
            by.dedup();
            by.into_iter().for_each(|by| self.rights.see(by));
        }
        if let Some(Node::Map(redactions)) = row.body().get("redactions") {
            redactions.keys().filter(|kind| kind.len() <= SHORT).for_each(|kind| self.redactions.see(kind));
        }
        match self.columns.get_mut(partition) {
            Some(columns) => columns.add(row.body()),
            None => self.columns.entry(partition.clone()).or_default().add(row.body()),
        }
        let bound = binding(partition.licence, row.body().get("rights"));
        match self.bound.get_mut(partition) {
            Some(rows) => *rows.entry(bound).or_default() += 1,
            None => drop(self.bound.insert(partition.clone(), Bound::from([(bound, 1)]))),
        }
        self.credits.add(row, partition.licence);
        self.names.add(row);
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The columns of the rows of each file.
    pub fn columns(&self) -> &BTreeMap<Partition, Columns> {
        &self.columns
    }

    /// By which licences the rows of each file are bound, where they are mixed with others.
    pub fn bound(&self) -> &BTreeMap<Partition, Bound> {
        &self.bound
    }

    /// Whom to credit.
    pub fn credits(&self) -> &Credits {
        &self.credits
    }

    /// The names of authors.
    pub fn names(&self) -> &Authors {
        &self.names
    }

    /// The kinds of the rows.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.values[1].iter().map(|(kind, _)| &kind[..])
    }

    /// The languages that rows name.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.values[3].iter().map(|(language, _)| &language[..])
    }

    /// What templates call `counts`.
    pub fn to_value(&self) -> Value {
        let [authors, sources, models] = self.credits.others();
        let mut value = json!({
            "rows": self.rows,
            "anonymous": self.anonymous,
            "keyed": self.rows - self.anonymous,
            "authors": self.credits.keys(),
            "revisions": self.revisions,
            "corrections": self.corrections,
            "first": self.times.and_then(|(first, _)| rfc3339(first)),
            "last": self.times.and_then(|(_, last)| rfc3339(last)),
            "rights": counted(&self.rights),
            "redactions": counted(&self.redactions),
            "uncredited": {"authors": authors, "sources": sources, "models": models},
        });
        for ((name, _), counts) in COUNTED.iter().zip(&self.values) {
            value[*name] = counted(counts);
        }
        value
    }
}

/// The values, the most frequent first and then by their bytes.
fn counted(counts: &Counts<String>) -> Value {
    let mut values: Vec<_> = counts.iter().collect();
    values.sort_by(|(_, a), (_, b)| b.cmp(a));
    let values: Vec<_> = values.into_iter().map(|(value, rows)| json!({"value": value, "rows": rows})).collect();
    json!({"values": values, "others": counts.others()})
}
