//! What the demo does, step by step, and how it shows it.

use super::cluster::{Cluster, Place, until};
use crate::cli::progress;
use crate::import;
use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What to show.
pub struct DemoOptions {
    /// The files to contribute; the bundled sample when there are none.
    pub inputs: Vec<PathBuf>,
    /// In which forms the rows are exported, as `export` names them.
    pub formats: Vec<String>,
    /// Where the dataset goes.
    pub out: PathBuf,
    /// Whether to print nothing but the summary.
    pub quiet: bool,
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// Items found in the files.
    pub items: usize,
    /// Records shared.
    pub shared: usize,
    /// Findings redacted, by kind.
    pub redacted: BTreeMap<String, i64>,
    /// Items held in quarantine on the contributor's machine.
    pub quarantined: usize,
    /// Items left out since the same was shared before.
    pub duplicates: usize,
    /// Items that could not be read or shared.
    pub failed: usize,
    /// Records accepted by the quorum, as the replica holds them.
    pub accepted: usize,
    /// The state root that all nodes share.
    pub state_root: String,
    /// How long it took from the first record to the last certificate on the replica, in seconds.
    pub seconds: f64,
    /// What `verify` proved.
    pub verified: String,
    /// Where the dataset is.
    pub dataset: PathBuf,
}

const STEP: Style = Style::new().bold().fg_color(Some(anstyle::Color::Ansi(AnsiColor::Cyan)));
const SAMPLE: [(&str, &str); 4] = [
    ("conversations.jsonl", include_str!("../../assets/sample/conversations.jsonl")),
    ("open-webui-export.json", include_str!("../../assets/sample/open-webui-export.json")),
    ("questions.jsonl", include_str!("../../assets/sample/questions.jsonl")),
    ("notes.txt", include_str!("../../assets/sample/notes.txt")),
];
const VALIDATORS: [&str; 4] = ["Riverbank co-op", "Orchard co-op", "Harbour co-op", "Foundry co-op"];

/// Runs the demo: temporary homes, real processes, everything stopped at the end.
///
/// # Errors
/// When any step fails; the processes are stopped all the same.
pub fn run(options: &DemoOptions) -> anyhow::Result<Summary> {
    let root = TemporaryHome::create()?;
    let cluster = Cluster::new(std::env::current_exe()?, root.0.clone());
    let inputs = if options.inputs.is_empty() { write_sample(&root.0)? } else { options.inputs.clone() };
    let say = |text: &str| {
        if !options.quiet {
            anstream::eprintln!("{STEP}▸{STEP:#} {text}");
        }
    };

    say("Four co-ops found a community: each signs the charter on its own machine");
    let mut validators = VALIDATORS.iter().map(|name| cluster.place(name)).collect::<anyhow::Result<Vec<_>>>()?;
    cluster.found(&validators, "Riverbank commons", CHARTER)?;
    let shown = validators[0].json(["community", "show"])?;
    say(&format!("  {}", shown["quorum"].as_str().unwrap_or("4 validators: 1 may lie, 1 may be silent")));

    say("Their nodes start and find each other");
    let (first, others) = validators.split_first_mut().context("there are four validators")?;
    first.start(&[])?;
    others.iter_mut().try_for_each(|place| place.start(&first.addresses))?;
    until("the four validators know each other", || {
        Ok(validators.iter().all(|place| place.community().is_ok_and(|c| c.validators_present.len() == 4)))
    })?;

    say("A researcher's replica and a contributor join by one invite");
    let invite = validators[0].json(["community", "invite"])?;
    let invite = invite["invite"].as_str().context("an invite was made")?.to_owned();
    let (mut replica, contributor) = (cluster.place("researcher")?, cluster.place("contributor")?);
    for place in [&replica, &contributor] {
        place.command(["community", "join", &invite, "--yes"])?;
    }
    replica.start(&[])?;

    let begun = Instant::now();
    let told = contribute(&contributor, &inputs, &mut |text| say(text))?;
    let expected = told.shared;
    say(&format!("The validators check {expected} records, sign their verdicts, and agree by quorum"));
    watch(&replica, expected, options.quiet)?;
    let seconds = begun.elapsed().as_secs_f64();
    let state_root = settle(&validators, &replica)?;

    say("The replica exports the dataset, and anyone can verify it offline");
    let out = options.out.as_os_str();
    let formats = options.formats.join(",");
    let export: [&OsStr; 5] = ["export".as_ref(), "--format".as_ref(), formats.as_ref(), "--out".as_ref(), out];
    replica.command(export)?;
    let verified = replica.json([OsStr::new("verify"), out])?;
    replica.stop()?;
    validators.iter_mut().try_for_each(Place::stop)?;
    Ok(Summary {
        items: told.items,
        shared: told.shared,
        redacted: told.redacted,
        quarantined: told.quarantined,
        duplicates: told.duplicates,
        failed: told.failed,
        accepted: expected,
        state_root,
        seconds,
        verified: verified["proved"].as_str().unwrap_or_default().to_owned(),
        dataset: std::fs::canonicalize(&options.out)?,
    })
}

const CHARTER: &str = "\
protocol = 1
f = 1
q = 3
licences = [\"CC0-1.0\", \"CC-BY-4.0\", \"CC-BY-SA-4.0\"]
preference = \"train-ai=y, search=y\"
ruleset = \"core-2\"
bodies = \"certificate\"
terms = \"commons-1\"
recovery = []
";

#[derive(Default)]
struct Told {
    items: usize,
    shared: usize,
    redacted: BTreeMap<String, i64>,
    quarantined: usize,
    duplicates: usize,
    failed: usize,
}

/// Previews and contributes each file, as a person would.
fn contribute(contributor: &Place, inputs: &[PathBuf], say: &mut dyn FnMut(&str)) -> anyhow::Result<Told> {
    let mut told = Told::default();
    for input in inputs {
        let preview = contributor.json([OsStr::new("preview"), input.as_os_str()])?;
        let items = preview["items"].as_array().cloned().unwrap_or_default();
        told.items += items.len();
        let mut found: BTreeMap<String, i64> = BTreeMap::new();
        for (kind, count) in items.iter().filter_map(|item| item["redactions"].as_object()).flatten() {
            *found.entry(kind.clone()).or_default() += count.as_i64().unwrap_or(0);
        }
        found.iter().for_each(|(kind, count)| *told.redacted.entry(kind.clone()).or_default() += count);
        let name = input.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let counts = crate::cli::show::counts(&found);
        let counts = if counts.is_empty() { "nothing to redact".to_owned() } else { format!("redacted {counts}") };
        say(&format!("The contributor shares {name}: {} items, {counts}", items.len()));
        let mut args: Vec<OsString> =
            vec!["contribute".into(), input.into(), "--yes".into(), "--until".into(), "held".into()];
        if published(input)? {
            let source = [OsString::from("--source"), name.into(), "--source-licence".into(), "see the source".into()];
            args.extend(source);
        }
        let outcome = contributor.json(&args)?;
        let count = |field: &str| outcome[field].as_array().map_or(0, Vec::len);
        told.shared += count("shared");
        told.quarantined += count("quarantined");
        told.duplicates += count("duplicates");
        told.failed += count("failed");
        let held = outcome["shared"].as_array().into_iter().flatten().filter(|one| held_or_accepted(one)).count();
        say(&format!(
            "  {} signed, {held} held by validators, {} in quarantine",
            count("shared"),
            count("quarantined")
        ));
    }
    Ok(told)
}

fn held_or_accepted(record: &Value) -> bool {
    record["state"] == "accepted" || record["held_by"].as_array().is_some_and(|held| !held.is_empty())
}

/// Whether a file holds a published dataset, whose source must be named.
fn published(input: &Path) -> anyhow::Result<bool> {
    let mut published = false;
    import::read(input, &mut |item| {
        published |= item.is_ok_and(|item| item.third_party);
        if published { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    Ok(published)
}

/// Shows the replica filling up.
fn watch(replica: &Place, expected: usize, quiet: bool) -> anyhow::Result<()> {
    let bar = progress::items("accepted and replicated");
    bar.set_length(expected as u64);
    if quiet {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let mut best = 0;
    let mut changed = Instant::now();
    loop {
        let community = replica.community()?;
        let complete = community.accepted.saturating_sub(community.incomplete);
        bar.set_position(complete as u64);
        if complete >= expected {
            break;
        }
        if complete > best {
            (best, changed) = (complete, Instant::now());
        }
        anyhow::ensure!(
            changed.elapsed() < super::cluster::PATIENCE,
            "only {complete} of {expected} records were accepted, and nothing has moved for {} s",
            changed.elapsed().as_secs()
        );
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    bar.finish_and_clear();
    Ok(())
}

/// Waits until all nodes have one state root and the same evidence; gives the root.
fn settle(validators: &[Place], replica: &Place) -> anyhow::Result<String> {
    let mut root = String::new();
    until("every node has the same state root and the same certificates", || {
        let all = validators.iter().chain([replica]).map(Place::community).collect::<anyhow::Result<Vec<_>>>()?;
        root = all[0].state_root.clone().unwrap_or_default();
        Ok(all.iter().all(|one| one.state_root == all[0].state_root && one.evidence == all[0].evidence))
    })?;
    Ok(root)
}

fn write_sample(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let folder = root.join("sample");
    std::fs::create_dir_all(&folder)?;
    let write = |(name, text): &(&str, &str)| {
        let path = folder.join(name);
        std::fs::write(&path, text)?;
        Ok(path)
    };
    SAMPLE.iter().map(write).collect()
}

/// A folder that goes when the demo ends, however it ends.
struct TemporaryHome(PathBuf);

impl TemporaryHome {
    fn create() -> anyhow::Result<Self> {
        let mut random = [0u8; 6];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("the system gave no randomness: {error}"))?;
        // Short, since the path of a Unix socket is at most 108 bytes.
        let path = std::env::temp_dir().join(format!("cw-{}", data_encoding::HEXLOWER.encode(&random)));
        std::fs::create_dir(&path).with_context(|| format!("cannot make the temporary folder {}", path.display()))?;
        Ok(TemporaryHome(path))
    }
}

impl Drop for TemporaryHome {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
