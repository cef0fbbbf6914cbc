//! `commonwheel mine --export DIR`: everything that the network holds of a person's records, with its proofs.

use crate::cli::{Context, own};
use crate::community::{self, Community};
use crate::home;
use crate::run::Access;
use anyhow::{Context as _, bail};
use commonwheel_protocol::agreement::state::Inclusion;
use commonwheel_protocol::bytes::{Cid, decode};
use commonwheel_protocol::core::status;
use commonwheel_protocol::dataset::pretty;
use commonwheel_protocol::identity::{AuthorMode, Seed};
use commonwheel_protocol::index::{self, prefix};
use commonwheel_protocol::ledger::{Ledger, LedgerError, Shelf};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::sign::PublicKey;
use data_encoding::{BASE64, HEXLOWER};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;

/// Writes a folder for each community, with a file for each record.
///
/// # Errors
/// When the folder is not new or cannot be written, or a store cannot be read.
pub fn run(folder: &Path, communities: &[Cid], seed: &Seed, context: &Context) -> anyhow::Result<ExitCode> {
    let taken = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file();
    if taken {
        bail!("expected a new or empty folder at {}, found something there\nHint: name another", folder.display());
    }
    let mut counts = BTreeMap::new();
    for id in communities {
        let community = community::load(&context.home, id)?;
        let access = Access::open(&context.home, id)?;
        let own: BTreeMap<_, _> = own::records(seed, id, &access)?.into_iter().collect();
        if own.is_empty() {
            continue;
        }
        let place = folder.join(id.to_string());
        home::create_folder(&place).with_context(|| format!("cannot make the folder {}", place.display()))?;
        write(&place.join("community.json"), &of_community(&community, &access, seed)?)?;
        let lineage = status::lineage(&access)?;
        let charter = lineage.head().charter.id();
        let known: BTreeSet<_> = own.keys().copied().collect();
        let proofs = status::facts(&lineage, &access)?.map(|facts| facts.prove(&charter, &known)).unwrap_or_default();
        for (record, mode) in &own {
            let certificate = status::certificate(record, &lineage, &access)?;
            let mut value = of_record(record, *mode, &access)?;
            value["certificate"] = certificate.map_or(Value::Null, |certificate| block(certificate.bytes()));
            value["state"] = proofs.get(record).map_or(Value::Null, in_state);
            write(&place.join(format!("{record}.json")), &value)?;
        }
        counts.insert(id.to_string(), own.len());
    }
    if counts.is_empty() {
        bail!(
            "no record of yours is on this machine\nHint: those shared from another machine appear after `commonwheel run`"
        );
    }
    let readme = folder.join("README.md");
    home::write_new(&readme, README.as_bytes()).with_context(|| format!("cannot write {}", readme.display()))?;
    let total: usize = counts.values().sum();
    let value = json!({ "folder": folder, "records": counts });
    context.out.print(&value, |out| {
        writeln!(out, "Wrote {total} record(s) to {}; its README.md says how to check them.", folder.display())?;
        writeln!(out, "The folder shows that they are all yours, the anonymous ones too: keep it to yourself.")
    })?;
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, value: &Value) -> anyhow::Result<()> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    home::write_new(path, &text).with_context(|| format!("cannot write {}", path.display()))
}

/// A block, as its bytes and as what they say.
fn block(bytes: &[u8]) -> Value {
    let says = decode(bytes).ok().and_then(|node| serde_json::from_str::<Value>(&pretty(&node)).ok());
    json!({ "cid": Cid::of_cbor(bytes).to_string(), "cbor": BASE64.encode(bytes), "says": says })
}

fn of_community(community: &Community, access: &Access, seed: &Seed) -> anyhow::Result<Value> {
    let id = community.id();
    let lineage = status::lineage(access)?;
    let mut successors = Vec::new();
    for (_, cid) in index::operations::resolutions(access, Some(b's'))? {
        successors.extend(access.block(Shelf::Certified, &cid)?.map(|bytes| block(&bytes)));
    }
    let keys = [seed.named(&id).public(), seed.pseudonym(&id).public()];
    Ok(json!({
        "community": id.to_string(),
        "founding": block(community.founding.bytes()),
        "successors": successors,
        "terms": community.terms,
        "leading_charter": lineage.head().charter.id().to_string(),
        "state_root": status::state_root(&lineage, access)?.map(|root| root.to_string()),
        "flags": said_by(&keys, prefix::FLAG, access)?,
        "support": said_by(&keys, prefix::SUPPORT, access)?,
    }))
}

/// The flags or the support that these keys have signed.
fn said_by(keys: &[PublicKey], prefix: u8, access: &Access) -> Result<Vec<Value>, LedgerError> {
    let mut blocks = Vec::new();
    index::each(access, &[prefix], |entry| {
        let member = entry.key.get(1 + Cid::LEN..).and_then(|rest| rest.first_chunk::<32>());
        if member.is_some_and(|member| keys.contains(&PublicKey(*member)))
            && let Some(cid) = index::last_cid(&entry.key)
        {
            blocks.extend(access.block(Shelf::Live, &cid)?.map(|bytes| block(&bytes)));
        }
        Ok(())
    })?;
    Ok(blocks)
}

/// The blocks that an index prefix leads to, each once.
fn led_to(start: &[u8], shelves: &[Shelf], access: &Access) -> Result<Vec<Value>, LedgerError> {
    let mut cids = BTreeSet::new();
    index::each(access, start, |entry| {
        cids.extend(index::last_cid(&entry.key));
        Ok(())
    })?;
    let mut blocks = Vec::new();
    for cid in cids {
        for shelf in shelves {
            if let Some(bytes) = access.block(*shelf, &cid)? {
                blocks.push(block(&bytes));
                break;
            }
        }
    }
    Ok(blocks)
}

fn of_record(record: &RecordId, mode: AuthorMode, access: &Access) -> Result<Value, LedgerError> {
    const BOTH: [Shelf; 2] = [Shelf::Certified, Shelf::Live];
    let id = record.0.to_bytes();
    let header = own::header(record, access)?;
    let body = match &header {
        Some(header) => status::body(&header.header().body, access)?,
        None => None,
    };
    let mut acknowledgements = Vec::new();
    for (_, _, operation) in index::operations::erasures(access, record)? {
        let start = index::key(prefix::ACKNOWLEDGED, &[&operation.to_bytes()]);
        acknowledgements.extend(led_to(&start, &[Shelf::Live], access)?);
    }
    Ok(json!({
        "record": record.to_string(),
        "author_mode": mode.name(),
        "header": header.map(|header| block(header.bytes())),
        "body": body.map(|bytes| block(&bytes)),
        "receipts": led_to(&index::key(prefix::RECEIPT, &[&id]), &[Shelf::Live], access)?,
        "verdicts": led_to(&index::key(prefix::VERDICT, &[&id]), &[Shelf::Live], access)?,
        "flags": led_to(&index::key(prefix::FLAG, &[&id]), &[Shelf::Live], access)?,
        "erasures": led_to(&index::key(prefix::ERASURE, &[&id]), &BOTH, access)?,
        "acknowledgements": acknowledgements,
    }))
}

fn in_state(proof: &Inclusion) -> Value {
    let mut value = block(&proof.block.to_bytes());
    value["standing"] = json!(proof.standing.name());
    value["index"] = json!(proof.index);
    value["path"] = proof.path.iter().map(|hash| HEXLOWER.encode(hash)).collect();
    value
}

const README: &str = "\
# What the network holds of your records

A folder for each community, in it `community.json` and a file for each record of yours. Every block stands there
twice: `cbor` is its bytes in base64, which alone count; `says` is the same for people to read. `cid` is its content id.
`null` says that it is not on the machine that wrote this: a text that was withdrawn, or has not been fetched.

It shows that all of these records are yours, also the anonymous ones. Keep it to yourself.

## How to check it

docs/SPEC.md of Commonwheel says how each block is built (by section number below); any DAG-CBOR and Ed25519 library
will do.

1. **Each block**: the SHA-256 of the bytes of `cbor` is the digest in `cid` (section 3).
2. **Header**: signed by the `author` that it names, in the domain `record` (sections 5 and 8). Its `cid` is the record's
   id. It names the licence, the preference and the terms that you accepted.
3. **Body**: its `cid` is the header's `body` (section 9).
4. **Receipts**: each names the record and is signed by a validator of the charter, who says that it holds the text
   (section 16).
5. **Verdicts**: batches that validators signed; each has an entry for the record (section 11).
6. **Certificate**: acceptances by a quorum, each with the path of a Merkle tree from the record's entry to the root
   that a validator signed (sections 12 and 13). The validators' keys are in `founding` of `community.json`, or in the
   newest of `successors`.
7. **State**: `cbor` is the block whose `cid` is the state root, the one that every node with the same records shows
   (`commonwheel status`). The leaf is the 36 bytes of the record's id and one byte for its standing (1 accepted,
   2 superseded, 3 withdrawn, 4 taken down). With `index`, the block's `count` and `path` it leads to the block's
   `records`, by the tree of section 12. So your record's standing is part of what everybody agreed on (section 14).
8. **Erasures**: your withdrawal, or the decision of a quorum; the **acknowledgements** are the validators' signed words
   that they carried it out.
";
