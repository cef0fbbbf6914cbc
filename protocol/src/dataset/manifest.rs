//! What lies where in an export, and the files of it that follow from the others.

use super::chosen::Chosen;
use super::copied::Copied;
use super::edition::{Contents, Gone};
use super::merged::MergedRows;
use super::overlap::Overlap;
use super::partition::Partition;
use super::purpose::ForUse;
use super::split::Split;
use crate::agreement::Charter;
use crate::agreement::state::{Standing, StateRoot};
use crate::bytes::Cid;
use crate::record::RecordId;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the layout and of the rows.
pub const FORMAT: &str = "commonwheel-export/3";

/// The names of the files that every export has.
pub mod names {
    /// The rows, one folder a licence, in it one a preference, one file a month.
    pub const DATA: &str = "data";
    /// The founding, the terms, then each record's certificate, as a CARv1 archive.
    pub const CERTIFICATES: &str = "certificates.car";
    /// The founding, its successors, what was decided, and why records have no row, as a CARv1 archive.
    pub const OPERATIONS: &str = "operations.car";
    /// What people asked a person to look at, as a CARv1 archive. Only where the charter exports notes, and there are
    /// some.
    pub const FLAGS: &str = "flags.car";
    /// The charter as DAG-JSON.
    pub const CHARTER: &str = "charter.json";
    /// What the export holds.
    pub const MANIFEST: &str = "manifest.json";
    /// For people.
    pub const README: &str = "README.md";
    /// The hash of every other file, as `sha256sum -c` reads it.
    pub const SUMS: &str = "SHA256SUMS";
    /// What earlier exports held and is erased since, as JSON Lines.
    pub const REVOCATIONS: &str = "revocations.jsonl";
    /// The terms that contributors accepted.
    pub const TERMS: &str = "TERMS.md";
    /// The rows as works under one licence each, one folder a licence, one file a month. Only where they were asked for.
    pub const MERGED: &str = "merged";
    /// The rows in other forms, one folder a format, in it the same folders. Only where there are any.
    pub const VIEWS: &str = "views";
    /// The records that were left out since they overlap with a benchmark. Only where rows were compared with some.
    pub const CONTAMINATED: &str = "contaminated.jsonl";
    /// Copies from other communities, one folder each, named by the community's id. Only where there are any.
    pub const COPIES: &str = "copies";
}

/// What an export holds. The same accepted records give the same manifest on every machine, and so do the
/// same release and erasures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// The protocol version of the charter.
    pub protocol: i64,
    /// The community's id.
    pub community: String,
    /// The charter that leads, or that of the release.
    pub charter: String,
    /// The charters from the first to that one.
    pub charters: Vec<String>,
    /// The state root under that charter; `null` for an edition.
    pub state_root: Option<String>,
    /// The release of which this is an edition; `null` for the accepted records of a state.
    pub release: Option<ReleaseName>,
    /// The edition's name; `null` for a state, and while a row is missing.
    pub edition: Option<String>,
    /// How many records are accepted, or are in the release and not erased; without notes that are kept back.
    pub records: usize,
    /// How many of them have a row here.
    pub rows: usize,
    /// How many records a newer revision has superseded.
    pub superseded: usize,
    /// How many their authors have withdrawn.
    pub withdrawn: usize,
    /// How many a quorum has taken down.
    pub taken_down: usize,
    /// How many a quorum has taken down with their headers, as far as this export names them.
    pub purged: usize,
    /// How many accepted records are about another record, and have no row since the charter exports no notes.
    pub notes: usize,
    /// The files of rows, by path.
    pub files: Vec<FileRows>,
    /// The records of the release that were erased since; none for a state.
    pub erased: Vec<ErasedRow>,
    /// The ids of records that should have a row and have none, because their bodies were not at hand.
    pub incomplete: Vec<String>,
    /// How many flags of its records are here; nothing where there are none, or they are not exported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<usize>,
    /// For which use it was written; nothing where it holds everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<ForUse>,
    /// Which records were asked for; nothing where all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Chosen>,
    /// With which benchmarks no row overlaps; nothing where rows were compared with none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decontaminated: Option<Overlap>,
    /// The same rows in other forms, in the order of the formats' names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<ViewRows>,
    /// The rows as works under one licence each, by that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<MergedRows>,
    /// For whom these rows were copied; nothing in an export of a community for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copied: Option<Copied>,
    /// The communities of which copies lie beside the rows, by id.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<String>,
}

/// One file of rows, in the canonical form or another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRows {
    /// Its path inside the export.
    pub path: String,
    /// The licence of each of its rows.
    pub licence: String,
    /// Their AI-use preference, as the rows have it.
    pub preference: String,
    /// The month of their headers' time.
    pub month: String,
    /// `evaluation` where they are kept apart for that; else nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// How many rows it has, without its heading.
    pub rows: usize,
    /// How long it is.
    pub bytes: u64,
    /// The SHA-256 of it, in hexadecimal.
    pub sha256: String,
}

/// What shows of a file when it is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// How long it is, in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

impl FileRows {
    /// What a manifest says of the file at this path, which holds so many rows of a partition.
    pub fn new(path: String, partition: &Partition, rows: usize, sealed: &Sealed) -> Self {
        FileRows {
            path,
            licence: partition.licence.to_string(),
            preference: partition.preference.to_string(),
            month: partition.month.to_string(),
            split: (partition.split == Split::Evaluation).then(|| partition.split.name().to_owned()),
            rows,
            bytes: sealed.bytes,
            sha256: HEXLOWER.encode(&sealed.sha256),
        }
    }
}

/// The rows in another form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ViewRows {
    /// The name of a [`super::View`].
    pub format: String,
    /// How many rows of the export it carries, in one line or several.
    pub rows: usize,
    /// How many it leaves out, since the format cannot carry them.
    pub left_out: usize,
    /// Its files, by path, each with how many lines it has after its heading.
    pub files: Vec<FileRows>,
}

/// Which release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseName {
    /// Its number.
    pub number: i64,
    /// Its matter's id.
    pub id: String,
}

/// A record of a release that was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasedRow {
    /// Which record.
    pub id: String,
    /// Why: the name of a [`Gone`].
    pub why: String,
}

/// What an export is of.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// The accepted records of a state.
    State(&'a StateRoot),
    /// What is left of a release.
    Edition {
        /// The release's matter.
        id: &'a Cid,
        /// Its number.
        number: i64,
        /// What is left of it.
        contents: &'a Contents,
        /// The edition's name, when no row is missing.
        edition: Option<Cid>,
    },
}

/// How many records became what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Accepted.
    pub accepted: usize,
    /// Superseded by a revision.
    pub superseded: usize,
    /// Withdrawn.
    pub withdrawn: usize,
    /// Taken down.
    pub taken_down: usize,
    /// Taken down, header and all.
    pub purged: usize,
    /// Accepted, about another record, and kept back.
    pub notes: usize,
}

impl Tally {
    /// Of the records of a state.
    pub fn of_state(standings: impl Iterator<Item = Standing>, purged: usize) -> Self {
        let mut tally = Tally { purged, ..Tally::default() };
        standings.for_each(|standing| tally.add(standing));
        tally
    }

    /// Counts one more record of a state.
    pub fn add(&mut self, standing: Standing) {
        *match standing {
            Standing::Accepted => &mut self.accepted,
            Standing::Superseded => &mut self.superseded,
            Standing::Withdrawn => &mut self.withdrawn,
            Standing::TakenDown => &mut self.taken_down,
        } += 1;
    }

    /// Of the records of a release.
    pub fn of_edition(contents: &Contents) -> Self {
        Tally {
            accepted: contents.rows.len(),
            superseded: contents.count(Gone::Superseded),
            withdrawn: contents.count(Gone::Withdrawn),
            taken_down: contents.count(Gone::TakenDown),
            purged: contents.count(Gone::Purged),
            notes: 0,
        }
    }

    /// The same, when so many of the accepted records are notes that are kept back.
    pub fn keeping_back(self, notes: usize) -> Self {
        Tally { accepted: self.accepted - notes, notes, ..self }
    }
}

impl Manifest {
    /// The manifest of an export. `path` leads from the first charter to the one that leads, or to that of
    /// the release; `files` says how many rows each file has, and what it is; `incomplete` is in ascending order.
    pub fn new(
        path: &[Charter],
        subject: &Subject,
        tally: &Tally,
        files: &BTreeMap<Partition, (usize, Sealed)>,
        incomplete: &[RecordId],
    ) -> Self {
        let ids: Vec<_> = path.iter().map(|charter| charter.id().to_string()).collect();
        let (mut state_root, mut release, mut edition, mut erased) = (None, None, None, Vec::new());
        match subject {
            Subject::State(root) => state_root = Some(root.to_string()),
            Subject::Edition { id, number, contents, edition: name } => {
                release = Some(ReleaseName { number: *number, id: id.to_string() });
                edition = name.map(|name| name.to_string());
                let row = |(id, why): (&RecordId, &Gone)| ErasedRow { id: id.to_string(), why: why.name().to_owned() };
                erased = contents.erased.iter().map(row).collect();
            }
        }
        Manifest {
            format: FORMAT.to_owned(),
            protocol: path.last().map_or(0, |charter| charter.protocol),
            community: path.first().map_or_else(String::new, |charter| charter.community().to_string()),
            charter: ids.last().cloned().unwrap_or_default(),
            charters: ids,
            state_root,
            release,
            edition,
            records: tally.accepted,
            rows: files.values().map(|(rows, _)| rows).sum(),
            superseded: tally.superseded,
            withdrawn: tally.withdrawn,
            taken_down: tally.taken_down,
            purged: tally.purged,
            notes: tally.notes,
            files: files.iter().map(|(one, (rows, file))| FileRows::new(one.path(), one, *rows, file)).collect(),
            erased,
            incomplete: incomplete.iter().map(RecordId::to_string).collect(),
            flags: None,
            purpose: None,
            filter: None,
            decontaminated: None,
            views: Vec::new(),
            merged: Vec::new(),
            copied: None,
            copies: Vec::new(),
        }
    }

    /// The same with so many flags beside the rows.
    pub fn flagged(self, flags: Option<usize>) -> Self {
        Manifest { flags, ..self }
    }

    /// The same for one use, if it is for one.
    pub fn for_use(self, purpose: Option<ForUse>) -> Self {
        Manifest { purpose, ..self }
    }

    /// The same for those who asked for some records, if they did.
    pub fn filtered(self, filter: Option<Chosen>) -> Self {
        Manifest { filter, ..self }
    }

    /// The same without what overlaps with benchmarks, if rows were compared with some.
    pub fn decontaminated(self, decontaminated: Option<Overlap>) -> Self {
        Manifest { decontaminated, ..self }
    }

    /// The same with views of the rows.
    pub fn viewed(self, views: Vec<ViewRows>) -> Self {
        Manifest { views, ..self }
    }

    /// The same with works that the rows become.
    pub fn merged(self, merged: Vec<MergedRows>) -> Self {
        Manifest { merged, ..self }
    }

    /// The same as a copy for another community, if it is one.
    pub fn copied(self, copied: Option<Copied>) -> Self {
        Manifest { copied, ..self }
    }

    /// The same with copies from these communities, in ascending order, beside the rows.
    pub fn beside(self, copies: &[Cid]) -> Self {
        Manifest { copies: copies.iter().map(Cid::to_string).collect(), ..self }
    }

    /// The text of the file.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("writing JSON to memory cannot fail");
        text.push('\n');
        text
    }

    /// The community that the text of an export's manifest names, whatever the version of its format.
    pub fn community_in(text: &str) -> Option<String> {
        /// All that is kept of it: the rest may be very long.
        #[derive(Deserialize)]
        struct Named {
            format: String,
            community: String,
        }
        let named: Named = serde_json::from_str(text).ok()?;
        let family = FORMAT.rsplit_once('/').map_or(FORMAT, |(family, _)| family);
        (named.format.rsplit_once('/')?.0 == family).then_some(named.community)
    }

    /// Reads the text of the file; `None` when it is none of this [`FORMAT`].
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|manifest: &Manifest| manifest.format == FORMAT)
    }
}
