//! What a check has proved, in a sentence.

use super::problem::shown;
use super::views::ByAnother;
use commonwheel_protocol::dataset::{BenchmarkFile, Chosen, Copied, ForUse, Manifest, MergedRows, Overlap, ViewRows};
use commonwheel_protocol::record::RecordId;
use serde::Serialize;
use std::collections::BTreeSet;

/// What was proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifySummary {
    /// The community's id.
    pub community: String,
    /// The community's name, in that charter.
    pub name: String,
    /// The charter that leads, or that of the release.
    pub charter: String,
    /// The state root, computed from what is here; none for an edition.
    pub state_root: Option<String>,
    /// The number of the release.
    pub release: Option<i64>,
    /// The edition of the release, computed from what is here.
    pub edition: Option<String>,
    /// How many records are accepted, or left of the release.
    pub records: usize,
    /// How many of them have a row.
    pub rows: usize,
    /// How many have none.
    pub incomplete: usize,
    /// How many their authors have withdrawn.
    pub withdrawn: usize,
    /// How many a quorum has taken down.
    pub taken_down: usize,
    /// How many a quorum has taken down, header and all.
    pub purged: usize,
    /// How many their revisions have superseded.
    pub superseded: usize,
    /// How many are about another record, and kept back since the charter exports no notes.
    pub notes: usize,
    /// How many validators accepted each record, of how many, for each charter that rows name.
    pub accepted_by: Vec<(usize, usize)>,
    /// How many signed flags of its records lie beside the rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<usize>,
    /// For which use it is, and what was left out for that; nothing where it holds everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<ForUse>,
    /// Which records were asked for, and how many others there are; nothing where all were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Chosen>,
    /// With which benchmarks no row is said to overlap, and how many records were left out for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decontaminated: Option<Overlap>,
    /// The benchmarks with which the rows were compared now: they overlap with no item of these that could be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub compared: Vec<BenchmarkFile>,
    /// The same rows in other forms, each made again from the rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub views: Vec<ViewRows>,
    /// Files of columns that another version of this program says it wrote: other bytes, and the same values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub by_others: Vec<ByAnother>,
    /// The rows as works under one licence each, made again from the rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<MergedRows>,
    /// The records that have no row for what their bodies say, which only the export says.
    #[serde(skip)]
    pub left_out_by_body: BTreeSet<RecordId>,
    /// For whom the rows were copied, and what was left out; nothing in an export of a community for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copied: Option<Copied>,
    /// What was proved of the copies beside it.
    pub copies: Vec<VerifySummary>,
}

impl VerifySummary {
    pub(super) fn new(manifest: Manifest, name: String, quorums: impl Iterator<Item = (usize, usize)>) -> Self {
        VerifySummary {
            release: manifest.release.map(|release| release.number),
            records: manifest.records,
            rows: manifest.rows,
            incomplete: manifest.incomplete.len(),
            withdrawn: manifest.withdrawn,
            taken_down: manifest.taken_down,
            purged: manifest.purged,
            superseded: manifest.superseded,
            notes: manifest.notes,
            accepted_by: quorums.collect::<BTreeSet<_>>().into_iter().collect(),
            flags: manifest.flags,
            purpose: manifest.purpose,
            filter: manifest.filter,
            decontaminated: manifest.decontaminated,
            compared: Vec::new(),
            views: manifest.views,
            by_others: Vec::new(),
            left_out_by_body: BTreeSet::new(),
            merged: manifest.merged,
            copied: manifest.copied,
            copies: Vec::new(),
            name,
            community: manifest.community,
            charter: manifest.charter,
            state_root: manifest.state_root,
            edition: manifest.edition,
        }
    }

    /// What was proved, in a sentence.
    pub fn sentence(&self) -> String {
        let release = self.release.map_or_else(String::new, |number| format!(" of release {number}"));
        let quorums: Vec<_> = self.accepted_by.iter().map(|(q, n)| format!("{q} of {n}")).collect();
        let accepted = match quorums.is_empty() {
            true => String::new(),
            false => format!(", each signed by its author and accepted by {} validators", quorums.join(" or ")),
        };
        let copied = if self.copied.is_some() { " copied" } else { "" };
        let purpose = self.purpose.as_ref().map_or_else(String::new, for_use);
        let flags = match self.flags {
            None => String::new(),
            Some(1) => " 1 flag lies beside them.".to_owned(),
            Some(count) => format!(" {} flags lie beside them.", thousands(count)),
        };
        let by_others = match (self.by_others.len(), self.is_checked()) {
            (0, _) => String::new(),
            (1, true) => {
                " 1 file of columns is by another version of the program: other bytes, the same values.".to_owned()
            }
            (count, true) => format!(
                " {} files of columns are by other versions of the program: other bytes, the same values.",
                thousands(count)
            ),
            (count, false) => format!(
                " {} file(s) of columns are by other versions of the program, and hold things that this one does not know and \
                 did not compare.",
                thousands(count)
            ),
        };
        let (rows, completeness) = (counted(self.rows), self.completeness());
        let compared = match self.decontaminated.is_some() || self.compared.is_empty() {
            true => String::new(),
            false => format!(" No row overlaps with {}.", files(&self.compared)),
        };
        let own = format!("{rows}{release}{copied}{purpose}{accepted}; {completeness}.{compared}{flags}{by_others}");
        let copies =
            self.copies.iter().map(|copy| format!(" From {} ({}): {}", copy.name, copy.community, copy.sentence()));
        [own].into_iter().chain(copies).collect()
    }

    /// Whether all that its files of columns hold was compared with what it must be.
    pub fn is_checked(&self) -> bool {
        self.by_others.iter().all(|file| file.not_compared.is_empty())
    }

    fn completeness(&self) -> String {
        let superseded =
            if self.superseded == 1 { "superseded by its revision" } else { "superseded by their revisions" };
        let gone = [
            (self.withdrawn, "withdrawn"),
            (self.taken_down, "taken down"),
            (self.purged, "taken down with all traces"),
            (self.superseded, superseded),
            (self.notes, if self.notes == 1 { "note kept back" } else { "notes kept back" }),
        ];
        let gone = gone.into_iter().filter(|(count, _)| *count > 0);
        let gone = gone.map(|(count, how)| format!("{} {how}", thousands(count)));
        let unfit = self.purpose.iter().flat_map(|purpose| purpose.reasons());
        let unfit = unfit.map(|(count, why)| format!("{} left out {why}", thousands(count)));
        let gone: Vec<_> =
            gone.chain(unfit).chain(self.left_out()).chain(self.unasked()).chain(self.overlapping()).collect();
        match (self.incomplete, gone.is_empty()) {
            (0, true) => "complete".to_owned(),
            (0, false) => format!("complete except {}", gone.join(", ")),
            (missing, none) => {
                let have = if missing == 1 { "more record has" } else { "more records have" };
                let besides = if none { String::new() } else { format!(", besides {}", gone.join(", ")) };
                format!("incomplete: {} {have} no row here{besides}", thousands(missing))
            }
        }
    }
}

impl VerifySummary {
    /// What was left out of a copy: what headers show, and what only the copy says.
    fn left_out(&self) -> impl Iterator<Item = String> {
        let left_out = self.copied.as_ref().map(|copied| copied.left_out).unwrap_or_default();
        let shown = [(left_out.licence, "for the licence"), (left_out.usage, "for the AI-use preference")];
        let shown = shown.into_iter().filter(|(count, _)| *count > 0);
        let shown = shown.map(|(count, why)| format!("{} left out {why}", thousands(count)));
        let said = left_out.by_body();
        let said = (said > 0)
            .then(|| format!("{} left out for kind or class of high risk, which only the copy says", thousands(said)));
        shown.chain(said)
    }
}

impl VerifySummary {
    /// What was not asked for: what headers show, and what only the export says.
    fn unasked(&self) -> Option<String> {
        let chosen = self.filter.as_ref().filter(|chosen| chosen.left_out() > 0)?;
        let said = match chosen.by_body {
            0 => String::new(),
            count => format!(", {} of them for what their texts say, which only the export says", thousands(count)),
        };
        let asks = shown(&chosen.asks.to_string());
        Some(format!("{} left out since they are not what was asked for ({asks}){said}", thousands(chosen.left_out())))
    }
}

impl VerifySummary {
    /// What was left out since it overlaps with benchmarks, and what of that was checked.
    fn overlapping(&self) -> Option<String> {
        let said = self.decontaminated.as_ref()?;
        let (again, other): (Vec<_>, Vec<_>) = said.files.iter().partition(|file| self.compared.contains(file));
        let again = match again.is_empty() {
            true => String::new(),
            false => format!("; no row overlaps with {}", files(again)),
        };
        let other = match other.is_empty() {
            true => String::new(),
            false => format!("; that no row overlaps with {}, only the export says", files(other)),
        };
        let count = thousands(said.left_out);
        Some(format!("{count} left out since they are said to overlap with benchmarks{again}{other}"))
    }
}

impl VerifySummary {
    /// Whether everything that was to be checked could be, in the copies too: not where files of columns hold what this
    /// version does not know, or items of a benchmark could not be read.
    pub fn is_whole(&self) -> bool {
        let read = self.compared.iter().all(|file| file.unread == 0);
        self.is_checked() && read && self.copies.iter().all(VerifySummary::is_whole)
    }
}

/// For which use, and what of the rows is here by a promise alone.
fn for_use(purpose: &ForUse) -> String {
    let rows = match purpose.relied_on.values().sum::<usize>() {
        0 => return format!(" for {}", purpose.usage),
        1 => "1 row is".to_owned(),
        rows => format!("{} rows are", thousands(rows)),
    };
    let signals: Vec<_> = purpose.relied_on.keys().map(String::as_str).collect();
    format!(" for {}, honouring {} ({rows} here only by that promise)", purpose.usage, signals.join(" and "))
}

/// The names of benchmarks, each with how many of its items were compared with nothing.
fn files<'a>(files: impl IntoIterator<Item = &'a BenchmarkFile>) -> String {
    let name = |file: &BenchmarkFile| match file.unread {
        0 => shown(&file.name),
        unread => format!(
            "{} (but for {} of its {} items, which could not be read)",
            shown(&file.name),
            thousands(unread),
            thousands(file.items)
        ),
    };
    files.into_iter().map(name).collect::<Vec<_>>().join(", ")
}

fn counted(records: usize) -> String {
    format!("{} record{}", thousands(records), if records == 1 { "" } else { "s" })
}

/// A count as people write it: 1,312.
pub fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
