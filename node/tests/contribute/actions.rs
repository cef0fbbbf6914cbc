//! What people do with records that are there: take them back, ask for a look, look.

use super::{World, share, text};
use anyhow::{Context as _, ensure};
use commonwheel_node::demo::cluster::{Place, until};
use commonwheel_protocol::agreement::merkle;
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::record::SignedHeader;
use serde_json::{Value, json};
use std::path::Path;

fn example(prompt: &str) -> Value {
    json!({"kind": "example", "prompt": prompt, "ideal": "Patience and glue."})
}

/// Shares an example, with more options, and gives its id.
fn shared(world: &World, prompt: &str, more: &[&str]) -> anyhow::Result<String> {
    let file = world.file(&format!("{}.jsonl", prompt.len()), &[example(prompt)])?;
    let (_, outcome) = share(&world.contributor, &file, more)?;
    Ok(text(&outcome["shared"][0], "id").with_context(|| outcome.to_string())?.to_owned())
}

fn refused(place: &Place, args: &[&str], expected: &str) -> anyhow::Result<()> {
    let output = place.try_command(args)?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(1) && said.contains(expected), "expected {expected:?}, found {said}");
    Ok(())
}

#[test]
fn an_author_takes_a_record_back_and_sees_who_has_erased_it() -> anyhow::Result<()> {
    let world = World::begin()?;
    let (contributor, validator) = (&world.contributor, &world.validator);
    let record = shared(&world, "How do I mend a kettle?", &[])?;
    let seen = validator.json(["show", &record])?;
    ensure!(seen["row"]["prompt"] == "How do I mend a kettle?", "{seen}");
    refused(validator, &["withdraw", &record, "--yes"], "somebody else's")?;
    refused(contributor, &["withdraw", &record], "--yes")?;

    let folder = world.folder.path().join("mine");
    let place = folder.to_str().context("a path in UTF-8")?;
    contributor.json(["mine", "--export", place])?;
    refused(contributor, &["mine", "--export", place], "new or empty folder")?;
    checked(&folder, &record, &contributor.json(["status"])?["communities"][0])?;

    let outcome = contributor.json(["withdraw", &record, "--yes"])?;
    let one = &outcome["withdrawn"][0];
    ensure!(one["erased_by"] == json!(["bakery"]) && one["done"] == true, "{outcome}");
    let status = contributor.json(["status", &record])?;
    ensure!(status["state"] == "withdrawn" && status["erased_by"] == json!(["bakery"]), "{status}");
    let status = validator.json(["status", &record])?;
    ensure!(status["state"] == "withdrawn" && status["body_here"] == false, "{status}");
    ensure!(contributor.json(["mine"])?[0]["state"] == "withdrawn");
    let again = contributor.json(["withdraw", &record, "--yes"])?;
    ensure!(again["withdrawn"][0]["done"] == true, "{again}");
    Ok(())
}

/// What the README of an export says, as far as it is about the state.
fn checked(folder: &Path, record: &str, community: &Value) -> anyhow::Result<()> {
    let place = folder.join(text(community, "id")?);
    let one: Value = serde_json::from_slice(&std::fs::read(place.join(format!("{record}.json")))?)?;
    let bytes = |block: &Value| -> anyhow::Result<Vec<u8>> {
        let bytes = data_encoding::BASE64.decode(text(block, "cbor")?.as_bytes())?;
        ensure!(Cid::of_cbor(&bytes).to_string() == text(block, "cid")?, "{block}");
        Ok(bytes)
    };
    ensure!(text(&one["header"], "cid")? == record, "{one}");
    let (header, body) = (bytes(&one["header"])?, bytes(&one["body"])?);
    ensure!(SignedHeader::verify(&header)?.commits_to(&body));
    bytes(&one["certificate"])?;
    ensure!(one["receipts"].as_array().is_some_and(|receipts| receipts.len() == 1), "{one}");
    let state = &one["state"];
    ensure!(state["cid"] == community["state_root"] && state["standing"] == "accepted", "{state}");
    bytes(state)?;
    let leaf = [&record.parse::<Cid>()?.to_bytes()[..], &[1]].concat();
    let path: Vec<[u8; 32]> = serde_json::from_value::<Vec<String>>(state["path"].clone())?
        .iter()
        .map(|hash| {
            data_encoding::HEXLOWER
                .decode(hash.as_bytes())?
                .try_into()
                .map_err(|_| anyhow::anyhow!("expected 32 bytes"))
        })
        .collect::<anyhow::Result<_>>()?;
    let (index, count) = (state["index"].as_u64().unwrap_or(99), state["says"]["count"].as_u64().unwrap_or(0));
    let root = merkle::root_from_proof(&leaf, index as usize, count as usize, &path).context("a path that fits")?;
    let said = text(&state["says"]["records"]["/"], "bytes")?;
    ensure!(data_encoding::BASE64_NOPAD.encode(&root) == said, "{state}");
    Ok(())
}

#[test]
fn all_that_is_ones_own_can_be_withdrawn_at_once_anonymous_and_waiting_records_too() -> anyhow::Result<()> {
    let world = World::begin()?;
    let contributor = &world.contributor;
    let first = shared(&world, "How do I mend a clock?", &["--as", "anonymous"])?;
    let alarm = ["--false-alarm", "1:EMAIL_1", "--as", "anonymous"];
    let waiting = shared(&world, "Is ana@example.org a made-up address?", &alarm)?;
    ensure!(contributor.json(["status", &waiting])?["state"] == "quarantined");

    let outcome = contributor.json(["withdraw", "--all-mine", "--yes"])?;
    let done = outcome["withdrawn"].as_array().context("a list")?;
    ensure!(done.len() == 2 && done.iter().all(|one| one["done"] == true), "{outcome}");
    for record in [&first, &waiting] {
        for place in [contributor, &world.validator] {
            let status = place.json(["status", record])?;
            ensure!(status["state"] == "withdrawn" && status["body_here"] == false, "{status}");
        }
    }
    let mine = contributor.json(["mine"])?;
    ensure!(mine.as_array().is_some_and(|all| all.iter().all(|one| one["state"] == "withdrawn")), "{mine}");
    refused(contributor, &["withdraw", "--all-mine", "--yes"], "no record of yours")?;
    Ok(())
}

#[test]
fn a_person_looks_at_what_a_validator_holds_back_and_the_author_learns_why_it_is_refused() -> anyhow::Result<()> {
    let mut world = World::begin()?;
    world.contributor.start(&[])?;
    let alarm = ["--false-alarm", "1:EMAIL_1"];
    let fine = shared(&world, "Is ana@example.org a made-up address?", &alarm)?;
    let bad = shared(&world, "Is bernardo@example.org a made-up address?", &alarm)?;
    let validator = &world.validator;
    let queue = validator.json(["review", "list"])?;
    let ids: Vec<_> = queue.as_array().context("a list")?.iter().map(|one| one["id"].clone()).collect();
    ensure!(ids.len() == 2 && ids.contains(&json!(fine)) && ids.contains(&json!(bad)), "{queue}");
    ensure!(queue[0]["held_back"] == "review" && queue[0]["kind"] == "example", "{queue}");
    ensure!(validator.json(["review", "show", &fine])?["row"]["ideal"] == "Patience and glue.");

    validator.json(["review", "accept", &fine])?;
    until("the record is accepted", || Ok(validator.json(["status", &fine])?["state"] == "accepted"))?;
    let note = "It is real: write to bernardo@example.org";
    let said = validator.json(["review", "reject", &bad, "--note", note, "--moderator", "ines"])?;
    ensure!(said["note"] == "It is real: write to [EMAIL_1]", "{said}");
    ensure!(validator.json(["review", "list"])? == json!([]));
    let reviews = &validator.json(["status", &bad])?["reviews"];
    ensure!(reviews[0]["moderator"] == "ines" && reviews[0]["opinion"] == "reject", "{reviews}");

    until("the author learns why", || {
        let status = world.contributor.json(["status", &bad])?;
        Ok(status["reason"].as_str().is_some_and(|why| why.ends_with("It is real: write to [EMAIL_1]")))
    })?;
    refused(&world.contributor, &["review", "list"], "no validator's")
}

#[test]
fn a_flag_brings_an_accepted_record_before_a_person_once() -> anyhow::Result<()> {
    let world = World::begin()?;
    let (contributor, validator) = (&world.contributor, &world.validator);
    let record = shared(&world, "How do I mend a boat?", &[])?;
    refused(contributor, &["flag", "--about-me", &record], "your own")?;
    let outcome = contributor.json(["flag", &record, "--reason", "quality"])?;
    ensure!(outcome["taken_by"] == json!(["bakery"]), "{outcome}");
    contributor.json(["flag", &record, "--reason", "quality"])?;
    let status = validator.json(["status", &record])?;
    ensure!(status["flags"] == json!({"quality": 1}), "{status}");
    let queue = validator.json(["review", "list"])?;
    ensure!(queue[0]["id"] == record && queue[0]["flags"][0]["reason"] == "quality", "{queue}");
    refused(validator, &["review", "reject", &record], "takedown")?;
    validator.json(["review", "accept", &record, "--note", "fine"])?;
    ensure!(validator.json(["review", "list"])? == json!([]));
    Ok(())
}

#[test]
fn a_revision_takes_the_place_of_a_record_under_the_same_key_and_terms() -> anyhow::Result<()> {
    let world = World::begin()?;
    let (contributor, validator) = (&world.contributor, &world.validator);
    let first = shared(&world, "How do I mend a sail?", &["--as", "anonymous", "--licence", "CC0-1.0"])?;
    let file = world.file("better.jsonl", &[example("How do I mend a torn sail?")])?;
    let path = file.to_str().context("a path in UTF-8")?;
    refused(validator, &["revise", &first, path, "--yes"], "somebody else's")?;
    let outcome = contributor.json(["revise", &first, path, "--yes", "--until", "accepted"])?;
    let second = text(&outcome["shared"][0], "id").with_context(|| outcome.to_string())?.to_owned();
    let (old, new) = (validator.json(["status", &first])?, validator.json(["show", &second])?);
    ensure!(old["state"] == "superseded" && old["superseded_by"] == second && old["body_here"] == false, "{old}");
    ensure!(new["row"]["licence"] == "CC0-1.0" && new["row"]["revises"] == first, "{new}");
    ensure!(new["row"]["author_mode"] == "anonymous", "{new}");
    refused(contributor, &["revise", &first, path, "--yes"], &second)?;

    let outcome = contributor.json(["withdraw", &first, "--yes"])?;
    ensure!(outcome["withdrawn"][0]["revisions"] == json!([second]), "{outcome}");
    ensure!(validator.json(["status", &second])?["state"] == "withdrawn");
    Ok(())
}

#[test]
fn people_talk_about_a_record_and_support_a_petition() -> anyhow::Result<()> {
    let world = World::begin()?;
    let (contributor, validator) = (&world.contributor, &world.validator);
    let record = shared(&world, "How do I mend a net?", &[])?;
    let said = "Knots first; ask ana@example.org.";
    validator.json(["note", &record, said, "--yes", "--until", "accepted"])?;
    until("the contributor hears of the note", || {
        let _ = share(contributor, &world.file("other.jsonl", &[example("How do I mend a rope?")])?, &["--again"])?;
        Ok(contributor.json(["notes", &record])? != json!([]))
    })?;
    let notes = contributor.json(["notes", &record])?;
    ensure!(notes[0]["text"] == "Knots first; ask [EMAIL_1]." && notes[0]["kind"] == "note", "{notes}");
    ensure!(contributor.json(["show", &record])?["notes"] == notes);

    let asked = ["petition", "new", "No new nets until spring.", "--asks", "freeze", "--yes", "--until", "accepted"];
    let outcome = contributor.json(asked)?;
    let petition = text(&outcome["shared"][0], "id").with_context(|| outcome.to_string())?;
    for _ in 0..2 {
        contributor.json(["petition", "support", petition])?;
    }
    validator.json(["petition", "support", petition])?;
    refused(contributor, &["petition", "support", &record], "expected a petition")?;
    let list = validator.json(["petition", "list"])?;
    ensure!(list[0]["id"] == petition && list[0]["asks"] == "freeze" && list[0]["supporters"] == 2, "{list}");
    Ok(())
}

#[test]
fn what_is_put_off_is_shared_when_it_is_due_and_not_withheld() -> anyhow::Result<()> {
    let world = World::begin()?;
    let contributor = &world.contributor;
    let put_off = |prompt: &str, more: &[&str]| -> anyhow::Result<Value> {
        let file = world.file("later.jsonl", &[example(prompt)])?;
        let mut args = vec!["contribute", file.to_str().context("UTF-8")?, "--yes"];
        args.extend(more);
        contributor.json(args)
    };
    let outcome = put_off("How do I mend an oar? Ask ana@example.org.", &["--later"])?;
    ensure!(outcome["later"].as_array().map(Vec::len) == Some(1) && outcome["shared"] == json!([]), "{outcome}");
    put_off("How do I mend a rudder?", &["--later", "2999-01-01"])?;
    let again = put_off("How do I mend a rudder?", &[])?;
    ensure!(again["duplicates"].as_array().map(Vec::len) == Some(1), "{again}");
    ensure!(contributor.json(["mine"])? == json!([]), "nothing is signed");
    let kept = std::fs::read_to_string(contributor.home.later().join("0001.json"))?;
    let kept: Value = serde_json::from_str(&kept)?;
    let body = data_encoding::BASE64.decode(text(&kept, "body")?.as_bytes())?;
    ensure!(!String::from_utf8_lossy(&body).contains("ana@example.org"), "only redacted text is kept");

    contributor.json(["withhold"])?;
    let outcome = contributor.json(["contribute", "--due"])?;
    ensure!(outcome["shared"] == json!([]) && outcome["withheld"]["since"].is_i64(), "{outcome}");
    contributor.json(["withhold", "--end"])?;
    let outcome = contributor.json(["contribute", "--due"])?;
    let record = text(&outcome["shared"][0], "id").with_context(|| outcome.to_string())?;
    ensure!(outcome["left"] == 1, "{outcome}");
    until("it is accepted", || Ok(world.validator.json(["status", record])?["state"] == "accepted"))?;
    let left = contributor.json(["later", "list"])?;
    ensure!(left[0]["number"] == 2 && left[0]["due"] == "2999-01-01T00:00:00Z", "{left}");
    contributor.json(["later", "discard", "2", "--yes"])?;
    ensure!(contributor.json(["later", "list"])? == json!([]));
    Ok(())
}

#[test]
fn a_running_node_shares_what_is_due() -> anyhow::Result<()> {
    let mut world = World::begin()?;
    let file = world.file("later.jsonl", &[example("How do I mend a mast?")])?;
    world.contributor.json(["contribute", file.to_str().context("UTF-8")?, "--yes", "--later"])?;
    world.contributor.start(&[])?;
    until("the node shares it", || {
        let mine = world.contributor.json(["mine"])?;
        Ok(mine[0]["state"] == "accepted")
    })
}
