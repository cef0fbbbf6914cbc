//! Releases: dated, quorum-signed cuts of the accepted records.
//!
//! A release holds every record that is accepted at its cut and may be released. Its rows lie in
//! *pages*, blocks of their own whose CIDs the release names, so that a million rows need no
//! message larger than a page. An *edition* is a release with the erasures since.

use crate::agreement::merkle::{self, Hash};
use crate::bytes::{Cid, FieldError, Fields, Node, decode, encode};
use crate::licence::Licence;
use crate::limits::{INT_MAX, PAGE_ROWS, RELEASE_PAGES};
use crate::preference::Preference;
use crate::record::RecordId;
use crate::record::header::HourTime;
use crate::sign::{Domain, SignedError};

/// A cut of the accepted records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The community.
    pub community: Cid,
    /// The charter whose validators sign.
    pub charter: Cid,
    /// Counts the community's releases, from 1.
    pub number: i64,
    /// The release before, by its matter's id.
    pub previous: Option<Cid>,
    /// The cut.
    pub time: HourTime,
    /// How many records it holds.
    pub count: i64,
    /// The Merkle root over all rows, in the order of the pages.
    pub root: Hash,
    /// The pages, in order.
    pub pages: Vec<Cid>,
}

/// One record in a release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReleaseRow {
    /// Which record.
    pub record: RecordId,
    /// Its licence.
    pub licence: Licence,
    /// Its preference in effect.
    pub preference: Preference,
}

impl ReleaseRow {
    fn to_node(&self) -> Node {
        Node::List(vec![self.record.0.into(), Node::text(self.licence.spdx()), Node::text(self.preference.to_string())])
    }

    /// The leaf's bytes: `[record, licence, preference]`.
    pub fn leaf(&self) -> Vec<u8> {
        encode(&self.to_node())
    }

    fn read(node: Node) -> Result<Self, FieldError> {
        let wrong = || FieldError::value("rows", "expected [record, licence, preference]");
        let Node::List(parts) = node else { return Err(wrong()) };
        let [Node::Link(record), Node::Text(licence), Node::Text(preference)] = &parts[..] else {
            return Err(wrong());
        };
        Ok(ReleaseRow {
            record: RecordId::linked(*record, "rows")?,
            licence: licence.parse().map_err(|_| wrong())?,
            preference: preference.parse().map_err(|_| wrong())?,
        })
    }
}

impl Release {
    pub(super) fn to_node(&self) -> Node {
        Node::map([
            ("type", Some(Node::text(Domain::Release.name()))),
            ("community", Some(self.community.into())),
            ("charter", Some(self.charter.into())),
            ("number", Some(self.number.into())),
            ("previous", self.previous.map(Node::from)),
            ("time", Some(self.time.unix_s().into())),
            ("count", Some(self.count.into())),
            ("root", Some(Node::bytes(self.root))),
            ("pages", Some(Node::List(self.pages.iter().map(|page| Node::Link(*page)).collect()))),
        ])
    }

    pub(super) fn read(payload: Node) -> Result<Self, FieldError> {
        let mut fields = Fields::of(payload)?;
        fields.constant("type", Domain::Release.name())?;
        fields.present("pages")?;
        let release = Release {
            community: fields.link("community")?,
            charter: fields.link("charter")?,
            number: fields.int_in("number", 1..=INT_MAX)?,
            previous: fields.link_opt("previous")?,
            time: HourTime::read(fields.int("time")?)?,
            count: fields.int_in("count", 0..=(RELEASE_PAGES * PAGE_ROWS) as i64)?,
            root: fields.array("root")?,
            pages: fields.items("pages", RELEASE_PAGES, |node| match node {
                Node::Link(page) => Ok(page),
                other => Err(FieldError::Type { field: "pages", expected: "a link", found: other.kind() }),
            })?,
        };
        fields.end()?;
        match release.pages.len() == (release.count as usize).div_ceil(PAGE_ROWS) {
            true => Ok(release),
            false => Err(FieldError::value("pages", format!("expected one for every {PAGE_ROWS} records"))),
        }
    }
}

/// The pages of rows, which must be in the order of their records; each with its CID.
pub fn pages(rows: &[ReleaseRow]) -> Vec<(Cid, Vec<u8>)> {
    debug_assert!(rows.is_sorted_by_key(|row| row.record), "rows are in the order of their records");
    let page = |rows: &[ReleaseRow]| {
        let bytes = encode(&Node::map([
            ("type", Some(Node::text("page"))),
            ("rows", Some(Node::List(rows.iter().map(|row| row.to_node()).collect()))),
        ]));
        (Cid::of_cbor(&bytes), bytes)
    };
    rows.chunks(PAGE_ROWS).map(page).collect()
}

/// The rows of a page's bytes.
///
/// # Errors
/// The first rule that the bytes break.
pub fn read_page(bytes: &[u8]) -> Result<Vec<ReleaseRow>, SignedError> {
    let mut fields = Fields::of(decode(bytes)?)?;
    fields.constant("type", "page")?;
    let rows = fields.items("rows", PAGE_ROWS, ReleaseRow::read)?;
    fields.end()?;
    Ok(rows)
}

/// The Merkle root over rows.
pub fn root(rows: &[ReleaseRow]) -> Hash {
    merkle::root(&rows.iter().map(ReleaseRow::leaf).collect::<Vec<_>>())
}
