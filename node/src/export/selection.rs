//! What an export holds and what proves it, read from a ledger: the accepted records, or a release.

mod again;
mod apart;
mod difference;
mod revoked;
mod seen;

pub use difference::{Difference, Revised, difference};

use again::known_apart;
pub use again::{ByBody, Earlier, StillOut};

use seen::Walked;

use super::copying::Copying;
use super::list::List;
use super::resolved::{matters, once};
pub use super::selected::{Of, Selected, Selection};
use super::wanted::{Overlapping, Wanted};
use super::{ExportError, Which};
use crate::benchmark::Loaded;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::state::{Standing, StateRoot};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::core::counted::Ids;
use commonwheel_protocol::core::facts::Counting;
use commonwheel_protocol::core::{release, status};
use commonwheel_protocol::dataset::{
    Chosen, Contaminated, Contents, Copied, ForUse, LeftOut, Overlap, Purpose, Split, Tally, Unfit,
};
use commonwheel_protocol::index::{self, Certified, Erasure, prefix};
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::operation::{Matter, Release};
use commonwheel_protocol::record::{RecordId, SignedHeader};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Selects of the accepted records, or of what is left of a release, those that the filter asks for; for another community, of those what it may copy.
///
/// A community that opens its bodies only with a release is copied only by a release: by its newest, when none
/// is asked for.
///
/// # Errors
/// When something that this takes is not here, or the other community may copy nothing.
pub fn select(
    ledger: &impl Ledger,
    which: Option<&Which>,
    wanted: Wanted<'_>,
    to: Option<&Cid>,
) -> Result<Selection, ExportError> {
    let earlier = wanted.earlier;
    let known = Known::load(ledger, &wanted, to)?;
    let root = known.root;
    let opens = known.copying.as_ref().map(|copying| copying.charter().bodies);
    let which = which.or((opens == Some(BodyAccess::OnRelease)).then_some(&Which::Latest));
    let selected = match which {
        None => known.state(),
        Some(which) => known.release(which).and_then(|(id, release)| known.edition(id, &release)),
    };
    let lacks = match &selected {
        Ok(selection) => !selection.incomplete.is_empty(),
        Err(error) => error.lacks_something(),
    };
    let may_change = !known_apart(earlier);
    if lacks && may_change && has_changed(ledger, &root)? { Err(ExportError::Changed) } else { selected }
}

/// Whether the state has another root by now: a node that runs may erase meanwhile what was selected.
///
/// # Errors
/// When the ledger fails.
pub fn has_changed(ledger: &impl Ledger, root: &StateRoot) -> Result<bool, LedgerError> {
    Ok(status::state_root(&status::lineage(ledger)?, ledger)?.as_ref() != Some(root))
}

/// What is known of a community, as far as exports need it.
struct Known<'a, L> {
    ledger: &'a L,
    root: StateRoot,
    path: Vec<Charter>,
    /// What was resolved under charters of the path, with the block that is kept of it.
    matters: BTreeMap<Cid, (Matter, Cid)>,
    counting: Counting,
    walked: Walked,
    /// Whether every accepted record has a row.
    takes_all: bool,
    purged: BTreeSet<RecordId>,
    purpose: Option<Purpose>,
    chosen: Option<Chosen>,
    copying: Option<Copying>,
    benchmarks: Option<&'a Loaded>,
    /// The export that is written again.
    earlier: Option<&'a Earlier>,
    /// Where long lists may lie.
    lists: PathBuf,
}

/// What shows that records were accepted, and which of them have no row that should.
struct Proved {
    /// By id.
    records: List<Selected>,
    incomplete: Vec<RecordId>,
    left_out: LeftOut,
    unfit: Vec<Unfit>,
    /// Records that were not asked for, by their headers and by their bodies.
    unasked: (usize, usize),
    overlapping: Overlapping,
    still_out: StillOut,
}

impl Proved {
    /// Nothing yet, with lists that may lie in a folder.
    fn beside(lists: &Path) -> Self {
        Proved {
            records: List::beside(lists),
            incomplete: Vec::new(),
            left_out: LeftOut::default(),
            unfit: Vec::new(),
            unasked: (0, 0),
            overlapping: Overlapping::default(),
            still_out: StillOut::default(),
        }
    }
}

impl<'a, L: Ledger> Known<'a, L> {
    fn load(ledger: &'a L, wanted: &Wanted<'a>, to: Option<&Cid>) -> Result<Self, ExportError> {
        let earlier = wanted.earlier;
        let lineage = status::lineage(ledger)?;
        let head = lineage.head().charter;
        if !head.understood() {
            return Err(ExportError::Protocol(head.protocol));
        }
        let counting = Counting::load(&lineage, ledger)?;
        // Exports that are read may hold only the pages that they need: an edition follows from them all the same.
        if counting.incomplete && !known_apart(earlier) {
            return Err(ExportError::Unknown);
        }
        let (purged, path) = (counting.all_purged(), lineage.path().into_iter().cloned().collect::<Vec<_>>());
        let matters = matters(&lineage, ledger)?;
        let copying = to.and_then(|to| Copying::new(*to, &path));
        if let Some(copying) = copying.as_ref().filter(|copying| !copying.is_named()) {
            return Err(ExportError::MayNotCopy(*copying.to()));
        }
        let (purpose, chosen) = (wanted.filter.purpose.clone(), Chosen::counting(&wanted.filter));
        let asks = purpose.is_some() || chosen.is_some() || wanted.benchmarks.is_some();
        let takes_all = copying.is_none() && !asks && earlier.is_none();
        let ids: Vec<_> = path.iter().map(Charter::id).collect();
        let lists = wanted.lists.map_or_else(std::env::temp_dir, Path::to_owned);
        let walked = {
            let accepted = counting.counts(head.id());
            let counts = |found: &Certified| !counting.incomplete && accepted(found);
            Walked::of(counting.facts(ledger)?, counts, &ids, ledger, &lists)?
        };
        let root = walked.counted.root(&head.id())?;
        Ok(Known {
            ledger,
            root,
            path,
            matters,
            counting,
            walked,
            takes_all,
            purged,
            purpose,
            chosen,
            copying,
            benchmarks: wanted.benchmarks,
            earlier,
            lists,
        })
    }

    /// Everything that the state is a function of.
    fn state(self) -> Result<Selection, ExportError> {
        let leading = self.path.len() - 1;
        let released = self.released_up_to(leading)?;
        let (counted, ids) = (&self.walked.counted, self.walked.counted.ids());
        let here = self.walked.standings(released.keys().copied())?;
        if let Some(id) = released.keys().find(|id| !here.contains_key(id) && !self.purged.contains(id)) {
            return Err(ExportError::NotHere(*id));
        }
        let notes = self.kept_back(leading, |id| Ok(counted.standing(id)? == Some(Standing::Accepted)))?;
        let apart = self.apart(ids, leading)?;
        let wanted = |id: &RecordId| {
            let accepted = counted.standing_of(id) == Standing::Accepted;
            (accepted && !notes.contains(id), released.get(id).copied().unwrap_or(leading))
        };
        let proved = self.prove(ids.iter(), wanted, |id| apart.contains(id))?;
        let mut tally = Tally { purged: self.purged.len(), ..Tally::default() };
        for standing in counted.standings() {
            tally.add(standing?.1);
        }
        let kept = self.counting.decisions.keys().chain(self.counting.releases.keys()).copied().collect();
        let revocations = self.revoked(&self.counting.releases.values().collect::<Vec<_>>())?;
        let closing = self.named_up_to(leading).into_values();
        Ok(Selection {
            leading,
            pages: once(closing.flat_map(|(release, _)| release.pages.clone())),
            resolutions: self.resolutions(leading, &kept)?,
            withdrawals: self.withdrawals(&proved.records)?,
            copied: self.copied(proved.left_out),
            purpose: self.purposed(&proved.unfit),
            chosen: self.chosen(&proved),
            decontaminated: self.decontaminated(&proved),
            flags: self.flags(&proved)?,
            still_out: proved.still_out,
            revocations,
            tally: tally.keeping_back(notes.len()),
            of: Of::State(self.root),
            root: self.root,
            apart,
            records: proved.records,
            incomplete: proved.incomplete,
            path: self.path,
        })
    }

    /// What is left of a release, and why the rest is gone.
    fn edition(mut self, id: Cid, release: &Release) -> Result<Selection, ExportError> {
        let mut missing = BTreeSet::new();
        let rows = release::rows(release, self.ledger, &mut missing)?;
        let absent = || ExportError::Pages { number: release.number, missing: missing.len() };
        let released: BTreeSet<_> = rows.ok_or_else(absent)?.iter().map(|row| row.record).collect();
        self.walked = self.certified()?;
        let contents = {
            let standings = self.walked.standings(released.iter().copied())?;
            Contents::of(released.iter().copied(), |id| standings.get(id).copied(), &self.purged)
        };
        if let Some(unknown) = contents.unknown.first() {
            return Err(ExportError::NotHere(*unknown));
        }
        let mut records: BTreeSet<_> = released.difference(&self.purged).copied().collect();
        let earlier = self.before(release)?;
        let mut revocations = self.revoked(&earlier.values().copied().chain([release]).collect::<Vec<_>>())?;
        for (id, _) in revocations.iter().filter(|(_, one)| !one.releases.is_empty()) {
            let group = status::group(id, self.ledger)?;
            for id in group {
                if self.walked.counted.contains(&id)? {
                    records.insert(id);
                }
            }
        }
        revocations.retain(|id, one| !one.releases.is_empty() || records.contains(id));
        let place = |charter: &Cid| self.path.iter().position(|one| one.id() == *charter);
        let (last, leading) = (self.path.len() - 1, place(&release.charter).unwrap_or_default());
        let notes = self.kept_back(leading, |id| Ok(contents.rows.contains(id)))?;
        let was_in = |id: &RecordId| contents.rows.contains(id) && !notes.contains(id);
        let records: Vec<_> = records.into_iter().collect();
        let apart = self.apart(&records, leading)?;
        let (under, later) = (self.released_up_to(leading)?, self.released_up_to(last)?);
        let wanted = |id: &RecordId| match released.contains(id) {
            true => (was_in(id), under.get(id).copied().unwrap_or(leading)),
            false => (false, later.get(id).copied().unwrap_or(last)),
        };
        let proved = self.prove(records.each(), wanted, |id| apart.contains(id))?;
        let mut kept = BTreeSet::from([id]);
        let held = |record: &RecordId| released.contains(record) || revocations.get(record).is_some();
        kept.extend(self.erasing(|record| records.binary_search(record).is_ok() || held(record)));
        let decided: Vec<_> = kept.iter().map(|id| self.counts_from(id)).collect();
        kept.extend(earlier.keys());
        let cut = earlier.values().filter_map(|release| place(&release.charter));
        let shown =
            proved.records.iter().map(|one| one.map(|one| one.charter())).collect::<Result<BTreeSet<_>, _>>()?;
        let used = decided.into_iter().chain(cut).chain(shown).chain([leading]);
        // A copy is made by the charter that leads.
        let needed = used.chain(self.copying.as_ref().map(|_| last)).max().unwrap_or_default();
        Ok(Selection {
            leading,
            resolutions: self.resolutions(needed, &kept)?,
            pages: release.pages.clone(),
            withdrawals: self.withdrawals(&proved.records)?,
            copied: self.copied(proved.left_out),
            purpose: self.purposed(&proved.unfit),
            chosen: self.chosen(&proved),
            decontaminated: self.decontaminated(&proved),
            // No two replicas need hold the same.
            flags: Vec::new(),
            still_out: proved.still_out,
            revocations,
            records: proved.records,
            incomplete: proved.incomplete,
            tally: Tally::of_edition(&contents).keeping_back(notes.len()),
            of: Of::Edition { id, number: release.number, contents },
            root: self.root,
            apart,
            path: self.path.into_iter().take(needed + 1).collect(),
        })
    }

    /// Which of the accepted records are about another one and have no row, since the charter exports no notes.
    fn kept_back(
        &self,
        leading: usize,
        accepted: impl Fn(&RecordId) -> Result<bool, LedgerError>,
    ) -> Result<BTreeSet<RecordId>, LedgerError> {
        let mut notes = BTreeSet::new();
        if !self.path[leading].customs.export_notes {
            index::each(self.ledger, &[prefix::ABOUT], |entry| {
                let certified = entry.key.get(1 + Cid::LEN) == Some(&b'c');
                if let Some(id) = index::last_cid(&entry.key).map(RecordId).filter(|_| certified)
                    && accepted(&id)?
                {
                    notes.insert(id);
                }
                Ok(())
            })?;
        }
        Ok(notes)
    }

    /// Whether a record that should have a row gets one, if its body is here; else why not is noted. What headers show is
    /// asked first. A body is read only for what it says; whether it is here, else only for an export that is written again.
    fn has_row(&self, id: &RecordId, apart: bool, proved: &mut Proved) -> Result<bool, ExportError> {
        if self.takes_all {
            return Ok(true);
        }
        let missing = || ExportError::Missing { record: *id, what: "header" };
        let header = self.ledger.block(Shelf::Certified, &id.0)?.ok_or_else(missing)?;
        let header = SignedHeader::verify(&header).map_err(|_| missing())?;
        let header = header.header();
        if let Some(why) = self.copying.as_ref().and_then(|copying| copying.against_header(header)) {
            proved.left_out.add(&why);
            return Ok(false);
        }
        let split = if apart { Split::Evaluation } else { Split::Main };
        let against = |purpose: &Purpose| purpose.against(&header.preference).or_else(|| purpose.against_split(split));
        if let Some(unfit) = self.purpose.as_ref().and_then(against) {
            proved.unfit.push(unfit);
            return Ok(false);
        }
        if self.chosen.as_ref().is_some_and(|chosen| chosen.refuses_header(header)) {
            proved.unasked.0 += 1;
            return Ok(false);
        }
        if let Some(had) = self.earlier.and_then(|earlier| earlier.against(id)) {
            match had {
                // In a copy there may be several reasons, which are counted when all are known.
                again::Had::LeftOut if self.copying.is_some() => self.still_out(id, header, &mut proved.still_out)?,
                again::Had::LeftOut => proved.unasked.1 += 1,
                again::Had::Overlaps(found) => proved.overlapping.put(id, found),
                again::Had::Nothing => proved.incomplete.push(*id),
            }
            return Ok(false);
        }
        let reads = self.benchmarks.is_some() || self.chosen.as_ref().is_some_and(Chosen::reads_bodies);
        if self.copying.is_none() && !reads {
            let here = self.earlier.is_none() || self.ledger.holds(Shelf::Certified, &header.body)?;
            proved.incomplete.extend((!here).then_some(*id));
            return Ok(here);
        }
        let Some(body) = self.ledger.block(Shelf::Certified, &header.body)? else {
            proved.incomplete.push(*id);
            return Ok(false);
        };
        let against = self.copying.as_ref().map_or(Ok(None), |copying| copying.against(header, &body));
        if let Some(why) = against.map_err(|source| ExportError::Unjudged { record: *id, source })? {
            proved.left_out.add(&why);
            return Ok(false);
        }
        let asked = !self.chosen.as_ref().is_some_and(|chosen| chosen.refuses(header, &body));
        proved.unasked.1 += usize::from(!asked);
        let overlaps = |benchmarks| proved.overlapping.take(id, &body, benchmarks);
        Ok(asked && !self.benchmarks.is_some_and(overlaps))
    }

    /// What people asked a person to look at, of the records that have a row; one flag of each member and record.
    fn flags(&self, proved: &Proved) -> Result<Vec<(RecordId, Cid)>, LedgerError> {
        let mut flags = BTreeMap::new();
        if self.copying.is_some() || !self.path.last().is_some_and(|charter| charter.customs.export_notes) {
            return Ok(Vec::new());
        }
        index::each(self.ledger, &[prefix::FLAG], |entry| {
            let id = entry.key.get(1..1 + Cid::LEN).and_then(|id| Cid::from_bytes(id).ok()).map(RecordId);
            let member = entry.key.get(1 + Cid::LEN..).and_then(|rest| rest.first_chunk::<32>().copied());
            if let Some(((id, member), block)) = id.zip(member).zip(index::last_cid(&entry.key))
                && proved.records.of(&id)?.is_some_and(|one| one.row)
            {
                flags.entry((id, member)).or_insert(block);
            }
            Ok(())
        })?;
        Ok(flags.into_iter().map(|((id, _), block)| (id, block)).collect())
    }

    /// For which use the rows are, and how many records are left out for that.
    fn purposed(&self, unfit: &[Unfit]) -> Option<ForUse> {
        let mut purpose = self.purpose.as_ref()?.counting();
        unfit.iter().for_each(|why| purpose.add(*why));
        Some(purpose)
    }

    /// Which records were asked for, and how many others there are.
    fn chosen(&self, proved: &Proved) -> Option<Chosen> {
        let (by_header, by_body) = proved.unasked;
        self.chosen.clone().map(|chosen| Chosen { by_header, by_body, ..chosen })
    }

    /// With what no row overlaps, and what was left out for that.
    fn decontaminated(&self, proved: &Proved) -> Option<(Overlap, Vec<Contaminated>)> {
        let (found, earlier) = (&proved.overlapping, self.earlier.and_then(|earlier| earlier.compared.as_ref()));
        let compared = self.benchmarks.map(|benchmarks| &benchmarks.overlap).or(earlier);
        compared.map(|compared| (found.stated(compared), found.lines(compared)))
    }

    /// For whom the rows are copied, and by which charter.
    fn copied(&self, left_out: LeftOut) -> Option<Copied> {
        self.copying.as_ref().map(|copying| Copied::new(copying.to(), &copying.charter().id(), left_out))
    }

    /// The decisions that count and erase one of these records.
    fn erasing(&self, what: impl Fn(&RecordId) -> bool) -> Vec<Cid> {
        let erases =
            self.counting.decisions.iter().filter(|(_, decision)| decision.ruling.erases().is_some_and(|id| what(&id)));
        erases.map(|(id, _)| *id).collect()
    }

    /// The place of the first charter that shows that a decision counts: one that names it, else its own.
    fn counts_from(&self, id: &Cid) -> usize {
        let names = |charter: &Charter| charter.succeeds.as_ref().is_some_and(|succeeds| succeeds.closing.contains(id));
        let under = self.counting.decisions.get(id).map(|decision| decision.charter);
        let own = || self.path.iter().position(|charter| Some(charter.id()) == under);
        self.path.iter().position(names).or_else(own).unwrap_or_default()
    }

    /// The blocks of the successors up to a place on the path, and of other matters.
    fn resolutions(&self, last: usize, others: &BTreeSet<Cid>) -> Result<Vec<Cid>, ExportError> {
        let successors = self.path[1..=last].iter().map(Charter::id);
        let missing =
            || LedgerError("the store lacks a resolution that it counts; run `commonwheel store check`".into());
        let block = |id: Cid| self.matters.get(&id).map(|(_, block)| *block).ok_or_else(|| missing().into());
        successors.chain(others.iter().copied()).map(block).collect()
    }

    /// The withdrawals of records, one for each record that is withdrawn.
    fn withdrawals(&self, records: &List<Selected>) -> Result<Vec<Cid>, LedgerError> {
        let mut blocks = Vec::new();
        for id in &self.walked.counted.facts().withdrawn {
            if records.of(id)?.is_none() {
                continue;
            }
            let durable = index::operations::erasures(self.ledger, id)?.into_iter();
            blocks.extend(
                durable.filter(|(kind, durable, _)| *durable && *kind == Erasure::Withdrawal).map(|one| one.2).min(),
            );
        }
        Ok(blocks)
    }
}
