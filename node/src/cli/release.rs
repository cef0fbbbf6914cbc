//! `commonwheel release`: dated, quorum-signed cuts of the accepted records.

use super::{Context, ask, export};
use crate::export::Which;
use crate::govern::{Came, OpenMatter, Seat, Wanted, words};
use anyhow::bail;
use clap::{Args, Parser, Subcommand};
use commonwheel_protocol::core::release::{self, Comparison};
use commonwheel_protocol::ledger::{Ledger, Shelf};
use commonwheel_protocol::operation::{Matter, Release, Resolution};
use serde::Serialize;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Cut, review and sign releases: what of the accepted records a quorum publishes under a number and a date.
///
/// A release names every record in it by its id. Each validator compares it with what it holds itself before it signs,
/// and refuses when a record is not accepted there, has other terms, or is under an embargo.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel release propose            one validator drafts it and signs
  commonwheel release review             the others compare it with what they hold
  commonwheel release sign               and sign; with a quorum it is out
  commonwheel release list
  commonwheel release build              the newest as a bundle, in release-NUMBER
  commonwheel release build 2 --format jsonl,sft --out second

Exit codes: 0 done; 1 failed; 2 wrong usage; 4 `review` found something that speaks against signing.")]
pub struct ReleaseArgs {
    #[command(subcommand)]
    verb: Verb,
    /// The community: its id, the beginning of it, or its name. Not needed when you joined one.
    #[arg(long, global = true, value_name = "COMMUNITY")]
    community: Option<String>,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Draft a release of everything that is accepted here and under no embargo, and sign it.
    Propose {
        /// Propose it though another with its number is open, or nothing has changed since the last.
        #[arg(long)]
        anew: bool,
    },
    /// Compare a proposed release with what this node holds, and say whether it may be signed.
    Review {
        /// Its id or the beginning of it. Not needed when one is open.
        id: Option<String>,
    },
    /// Sign a proposed release. The node compares it first, and says why if it does not sign.
    Sign {
        /// Its id or the beginning of it. Not needed when one is open.
        id: Option<String>,
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Write a release as a bundle: `export --release` with a folder named for it, and with what can be said of how good
    /// each row is. The same edition gives the same bytes on every machine.
    Build {
        /// Its number, its id or the beginning of it, or `latest`.
        #[arg(default_value = "latest")]
        release: Which,
        /// The folder to write; else release-NUMBER here.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// The forms of the rows, as `export --format` takes them.
        #[arg(long, value_name = "FORMAT", value_delimiter = ',', default_values = ["jsonl", "quality"])]
        format: Vec<String>,
        /// Replace an earlier export of the same community.
        #[arg(long)]
        force: bool,
    },
    /// List releases, the newest first, and those that are proposed.
    List,
    /// Show one release, resolved or proposed.
    Show {
        /// Its id, the beginning of it, or its number.
        id: String,
    },
}

/// Runs the verb.
///
/// # Errors
/// When there is no such release, or the node does not sign.
pub fn run(args: &ReleaseArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let seat = Seat::open(&context.home, args.community.as_deref())?;
    match &args.verb {
        Verb::Build { release, out, format, force } => {
            let out = out.clone().unwrap_or_else(|| PathBuf::from(folder_of(&seat, release)));
            // `export` opens the store itself.
            drop(seat);
            build(args, release, &out, format, *force, context)
        }
        Verb::Propose { anew } => propose(&seat, *anew, context),
        Verb::Review { id } => review(&seat, id.as_deref(), context),
        Verb::Sign { id, yes } => sign(&seat, id.as_deref(), *yes, context),
        Verb::List => list(&seat, context),
        Verb::Show { id } => show(&seat, id, context),
    }
}

/// How the folder of a release is called.
fn folder_of(seat: &Seat, release: &Which) -> String {
    match (release, seat.counting.newest()) {
        (Which::Latest, Some((_, newest))) => format!("release-{}", newest.number),
        _ => format!("release-{release}"),
    }
}

/// `export`, as its own words say it, so that everything else is as by default there.
fn build(
    args: &ReleaseArgs,
    release: &Which,
    out: &Path,
    format: &[String],
    force: bool,
    context: &Context,
) -> anyhow::Result<ExitCode> {
    let mut words: Vec<OsString> = ["export", "--release", &release.to_string()].map(OsString::from).to_vec();
    words.extend(["--format".into(), format.join(",").into(), "--out".into(), out.as_os_str().to_owned()]);
    words.extend(args.community.iter().flat_map(|community| ["--community".into(), OsString::from(community)]));
    words.extend(force.then(|| "--force".into()));
    match Export::try_parse_from(words) {
        Ok(export) => export::run(&export.args, context),
        Err(error) => error.exit(),
    }
}

/// The words of `export`.
#[derive(Parser, Debug)]
#[command(name = "commonwheel export")]
struct Export {
    #[command(flatten)]
    args: export::ExportArgs,
}

fn propose(seat: &Seat, anew: bool, context: &Context) -> anyhow::Result<ExitCode> {
    seat.node()?;
    let draft = match release::draft(&seat.leading.lineage, seat.now_s, &seat.access)? {
        Ok(draft) => draft,
        Err(why) => bail!("there can be no release now: {why}\nHint: `commonwheel status` shows what is held here"),
    };
    if let Some((id, newest)) = seat.counting.newest()
        && (newest.root, newest.charter) == (draft.release.root, draft.release.charter)
        && !anew
    {
        bail!(
            "nothing has changed since release {}, {id}\nHint: wait until more is accepted; --anew proposes the same under another date",
            newest.number
        );
    }
    let matter = Matter::Release(draft.release.clone());
    let same = |open: &&commonwheel_protocol::core::matters::Open| {
        let number = match &open.matter {
            Matter::Release(release) => release.number,
            _ => 0,
        };
        number == draft.release.number && open.id != matter.id()
    };
    if let Some(open) = seat.open_matters(Wanted::Release)?.iter().find(same)
        && !anew
    {
        bail!(
            "release {} is proposed already, with other records or another hour: {}\nHint: `commonwheel release review` compares it; --anew proposes another beside it",
            draft.release.number,
            open.id
        );
    }
    told(&seat.vote(&matter, &draft.pages)?, context)
}

fn told(came: &Came, context: &Context) -> anyhow::Result<ExitCode> {
    context.out.print(came, |out| {
        writeln!(out, "{}", came.line())?;
        writeln!(out, "Its id: {}", came.id)?;
        match came.resolved {
            true => writeln!(out, "Next: `commonwheel release list`"),
            false => writeln!(out, "Next: the other validators run `commonwheel release review`, and `release sign`."),
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A comparison, for printing.
#[derive(Serialize)]
struct Review {
    id: String,
    number: i64,
    count: i64,
    /// Whether nothing speaks against signing it.
    may_be_signed: bool,
    /// The same in a sentence.
    verdict: String,
    same: usize,
    pages_missing: usize,
    not_accepted: Vec<String>,
    differing: Vec<String>,
    embargoed: Vec<String>,
    dropped: Vec<String>,
    left_out: usize,
}

impl Review {
    fn of(id: String, release: &Release, found: &Comparison) -> Self {
        let ids = |records: &[commonwheel_protocol::record::RecordId]| -> Vec<String> {
            records.iter().map(ToString::to_string).collect()
        };
        let objection = found.objection();
        let verdict = match &objection {
            Some(why) => format!("It should not be signed: {why}."),
            None => format!("It may be signed: all {} record(s) are as this node holds them.", found.same),
        };
        Review {
            id,
            number: release.number,
            count: release.count,
            may_be_signed: objection.is_none(),
            verdict,
            same: found.same,
            pages_missing: found.pages_missing.len(),
            not_accepted: ids(&found.not_accepted),
            differing: ids(&found.differing),
            embargoed: ids(&found.embargoed),
            dropped: ids(&found.dropped),
            left_out: found.left_out,
        }
    }

    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "Release {} of {} record(s): {}", self.number, self.count, self.id)?;
        writeln!(out, "  the same here    {}", self.same)?;
        if self.pages_missing > 0 {
            writeln!(out, "  pages missing    {}", self.pages_missing)?;
        }
        for (what, records) in [
            ("not accepted", &self.not_accepted),
            ("other terms here", &self.differing),
            ("under embargo", &self.embargoed),
            ("dropped", &self.dropped),
        ] {
            if !records.is_empty() {
                writeln!(out, "  {what:<16} {}", records.len())?;
                records.iter().take(5).try_for_each(|record| writeln!(out, "    {record}"))?;
            }
        }
        writeln!(out, "  accepted since   {} (not in it; the next release has them)", self.left_out)?;
        writeln!(out, "{}", self.verdict)
    }
}

fn review(seat: &Seat, id: Option<&str>, context: &Context) -> anyhow::Result<ExitCode> {
    let review = compare(seat, id)?.0;
    context.out.print(&review, |out| review.write(out))?;
    Ok(if review.may_be_signed { ExitCode::SUCCESS } else { ExitCode::from(4) })
}

fn compare(seat: &Seat, id: Option<&str>) -> anyhow::Result<(Review, Matter)> {
    let open = seat.one_open(Wanted::Release, id)?;
    let Matter::Release(release) = &open.matter else { bail!("expected a release; this is a bug") };
    let found = release::compare(release, &seat.leading.lineage, &seat.counting, seat.now_s, &seat.access)?;
    Ok((Review::of(open.id.to_string(), release, &found), open.matter))
}

fn sign(seat: &Seat, id: Option<&str>, yes: bool, context: &Context) -> anyhow::Result<ExitCode> {
    seat.node()?;
    let (review, matter) = compare(seat, id)?;
    if !context.out.json {
        review.write(&mut anstream::stderr().lock())?;
    }
    if !review.may_be_signed {
        bail!("not signed. {}\nHint: `commonwheel release review` shows more", review.verdict);
    }
    ask::confirm(context.out, "Sign this release?", yes)?;
    told(&seat.vote(&matter, &[])?, context)
}

/// A release, for printing.
#[derive(Serialize)]
struct Shown {
    id: String,
    number: i64,
    /// `released`, `open`, or `evidence`: signed by a quorum, but under a charter whose successor does not keep it.
    state: &'static str,
    time_s: i64,
    count: i64,
    charter: String,
    previous: Option<String>,
    root: String,
    pages: usize,
    pages_here: usize,
    signers: Vec<String>,
    open: Option<OpenMatter>,
}

impl Shown {
    fn of(seat: &Seat, release: &Release, state: &'static str) -> anyhow::Result<Self> {
        let mut pages_here = 0;
        for page in &release.pages {
            pages_here += usize::from(seat.access.holds(Shelf::Certified, page)?);
        }
        Ok(Shown {
            id: Matter::Release(release.clone()).id().to_string(),
            number: release.number,
            state,
            time_s: release.time.unix_s(),
            count: release.count,
            charter: release.charter.to_string(),
            previous: release.previous.map(|previous| previous.to_string()),
            root: data_encoding::HEXLOWER.encode(&release.root),
            pages: release.pages.len(),
            pages_here,
            signers: Vec::new(),
            open: None,
        })
    }

    fn resolved(seat: &Seat, resolution: &Resolution) -> anyhow::Result<Option<Self>> {
        let Matter::Release(release) = resolution.matter() else { return Ok(None) };
        let counts = seat.counting.releases.contains_key(&resolution.matter().id());
        let mut shown = Shown::of(seat, release, if counts { "released" } else { "evidence" })?;
        let path = seat.leading.lineage.path();
        shown.signers = resolution.signers().map(|key| words::name(key, path.iter().rev().copied())).collect();
        Ok(Some(shown))
    }

    fn line(&self) -> String {
        let open = match &self.open {
            Some(open) => open.progress(),
            None => format!("signed by {}", self.signers.join(", ")),
        };
        let (day, note) = (words::date(self.time_s), if self.state == "evidence" { " (no longer counts)" } else { "" });
        format!("{:>4}  {day}  {:>8} record(s)  {}{note}\n      {open}", self.number, self.count, self.id)
    }
}

/// Every release: resolved ones with the newest first, then open ones.
fn all(seat: &Seat) -> anyhow::Result<Vec<Shown>> {
    let mut shown = Vec::new();
    for resolution in seat.resolved(Wanted::Release)?.values() {
        shown.extend(Shown::resolved(seat, resolution)?);
    }
    shown.sort_by_key(|one| std::cmp::Reverse(one.number));
    for open in seat.open_matters(Wanted::Release)? {
        if let Matter::Release(release) = &open.matter {
            let mut one = Shown::of(seat, release, "open")?;
            let matter = OpenMatter::of(&open, &seat.leading.lineage, None);
            one.signers.clone_from(&matter.signers);
            one.open = Some(matter);
            shown.push(one);
        }
    }
    Ok(shown)
}

fn list(seat: &Seat, context: &Context) -> anyhow::Result<ExitCode> {
    let all = all(seat)?;
    context.out.print(&all, |out| {
        if all.is_empty() {
            return writeln!(out, "No release yet. A validator proposes one with `commonwheel release propose`.");
        }
        all.iter().filter(|one| one.open.is_none()).try_for_each(|one| writeln!(out, "{}", one.line()))?;
        if all.iter().any(|one| one.open.is_some()) {
            writeln!(out, "Proposed:")?;
        }
        all.iter().filter(|one| one.open.is_some()).try_for_each(|one| writeln!(out, "{}", one.line()))
    })?;
    Ok(ExitCode::SUCCESS)
}

fn show(seat: &Seat, id: &str, context: &Context) -> anyhow::Result<ExitCode> {
    let fits = |one: &Shown| one.id.starts_with(id) || (one.open.is_none() && one.number.to_string() == id);
    let mut found: Vec<_> = all(seat)?.into_iter().filter(fits).collect();
    let one = match found.len() {
        1 => found.remove(0),
        0 => bail!("no release here has the id or number {id}\nHint: `commonwheel release list` shows them"),
        several => bail!(
            "expected one release, found {several}\nHint: give more of its id; `commonwheel release list` shows ids"
        ),
    };
    context.out.print(&one, |out| {
        writeln!(out, "Release   {} ({})", one.number, one.state)?;
        writeln!(out, "Id        {}", one.id)?;
        writeln!(out, "Cut       {}", words::date(one.time_s))?;
        writeln!(out, "Records   {}, in {} page(s), of which {} here", one.count, one.pages, one.pages_here)?;
        writeln!(out, "Root      {}", one.root)?;
        writeln!(out, "Charter   {}", one.charter)?;
        writeln!(out, "Follows   {}", one.previous.as_deref().unwrap_or("none: it is the first"))?;
        writeln!(out, "Signed by {}", one.signers.join(", "))?;
        one.open.as_ref().map_or(Ok(()), |open| writeln!(out, "Open      {}", open.progress()))
    })?;
    Ok(ExitCode::SUCCESS)
}
