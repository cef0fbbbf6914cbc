//! A contributor's way, with real processes: from files of every kind to accepted records.

#[path = "contribute/actions.rs"]
mod actions;

use anyhow::{Context as _, ensure};
use commonwheel_node::demo::cluster::{Cluster, Place, until};
use serde_json::{Value, json};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// A one-validator community, its node running, and a contributor who has joined it.
struct World {
    validator: Place,
    contributor: Place,
    folder: tempfile::TempDir,
}

impl World {
    fn begin() -> anyhow::Result<World> {
        World::begin_with("")
    }

    /// The same, with more in the charter.
    fn begin_with(more: &str) -> anyhow::Result<World> {
        let folder = tempfile::tempdir()?;
        let cluster = Cluster::new(env!("CARGO_BIN_EXE_commonwheel"), folder.path());
        let mut validators = vec![cluster.place("bakery")?];
        cluster.found(&validators, "Riverbank", &format!("{SETTINGS}{more}"))?;
        let mut validator = validators.pop().context("one was just made")?;
        validator.start(&[])?;
        let contributor = cluster.place("contributor")?;
        let invite = validator.json(["community", "invite"])?;
        contributor.command(["community", "join", text(&invite, "invite")?, "--yes"])?;
        Ok(World { validator, contributor, folder })
    }

    fn file(&self, name: &str, rows: &[Value]) -> anyhow::Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, rows.iter().map(|row| format!("{row}\n")).collect::<String>())?;
        Ok(path)
    }
}

const SETTINGS: &str = "protocol = 1\nf = 0\nq = 1\nlicences = [\"CC0-1.0\", \"CC-BY-4.0\"]\n\
                        preference = \"train-ai=y\"\nruleset = \"core-2\"\nbodies = \"certificate\"\n\
                        terms = \"commons-1\"\nrecovery = []\n";

fn text<'a>(value: &'a Value, key: &str) -> anyhow::Result<&'a str> {
    value[key].as_str().with_context(|| format!("expected {key} in {value}"))
}

fn count(value: &Value, key: &str) -> usize {
    value[key].as_array().map_or(0, Vec::len)
}

fn share(place: &Place, file: &Path, more: &[&str]) -> anyhow::Result<(Option<i32>, Value)> {
    let mut args =
        vec![OsStr::new("contribute"), file.as_os_str(), "--yes".as_ref(), "--until".as_ref(), "accepted".as_ref()];
    args.extend(more.iter().map(OsStr::new));
    let output = place.try_command(args)?;
    Ok((output.status.code(), serde_json::from_slice(&output.stdout)?))
}

fn chat() -> Value {
    json!([{"role": "user", "content": "Capital of Peru?"}, {"role": "assistant", "content": "Lima."}])
}

#[test]
fn records_of_every_kind_are_accepted_and_anybody_can_correct_them() -> anyhow::Result<()> {
    let world = World::begin()?;
    let (contributor, validator) = (&world.contributor, &world.validator);
    let file = world.file("records.jsonl", &[
        json!({"kind": "chat", "messages": chat(), "label": "good", "title": "Peru"}),
        json!({"kind": "preference", "messages": [chat()[0]], "chosen": "Lima.", "rejected": "Cusco."}),
        json!({"kind": "example", "prompt": "1+1?", "ideal": "2"}),
        json!({"kind": "rubric", "messages": chat(), "criteria": [{"name": "brief", "score": 5, "max": 5}]}),
        json!({"kind": "feedback", "answers": [{"question": "Useful?", "answer": "Very"}], "rating": 9}),
        json!({"kind": "code", "prompt": "Add.", "programming_language": "Python", "code": "a + b", "tests": "assert 1"}),
        json!({"kind": "translation", "source_language": "en", "target_language": "es", "source_text": "Tea", "target_text": "Té"}),
        json!({"kind": "example", "prompt": "no ideal"}),
    ])?;

    let preview = contributor.json([OsStr::new("preview"), file.as_os_str()])?;
    assert_eq!((count(&preview, "items"), count(&preview, "errors")), (7, 1));
    assert_eq!(contributor.json(["mine"])?, json!([]), "a preview shares nothing");

    let (code, shared) = share(contributor, &file, &["--licence", "CC0-1.0"])?;
    assert_eq!((code, count(&shared, "shared"), count(&shared, "failed")), (Some(3), 7, 1), "{shared}");
    let mine = contributor.json(["mine"])?;
    let mine = mine.as_array().context("mine is a list")?;
    assert!(mine.iter().all(|one| one["state"] == "accepted" && one["licence"] == "CC0-1.0"), "{mine:?}");
    assert_eq!(mine.len(), 7);
    let (_, again) = share(contributor, &file, &[])?;
    assert_eq!((count(&again, "shared"), count(&again, "duplicates")), (0, 7), "nothing is shared twice");

    let chat = mine.iter().find(|one| one["kind"] == "chat").context("a chat was shared")?;
    let better = world.folder.path().join("better.txt");
    std::fs::write(&better, "Lima, since 1535.\n")?;
    let correct = |message: &str| {
        let record = chat["id"].as_str().unwrap_or_default();
        let text = better.to_str().unwrap_or_default();
        validator.try_command(["correct", record, "--message", message, "--text", text, "--yes", "--until", "accepted"])
    };
    let refused = correct("2")?;
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("from 0 to 1; found 2"));
    let corrected: Value = serde_json::from_slice(&correct("1")?.stdout)?;
    let id = text(&corrected["shared"][0], "id")?;
    let status = validator.json(["status", id])?;
    assert_eq!((&status["state"], &status["corrects"]), (&json!("accepted"), &chat["id"]));

    let stopped = contributor.json(["status"])?;
    assert_eq!((&stopped["running"], &stopped["communities"][0]["accepted"]), (&json!(false), &json!(7)));
    Ok(())
}

#[test]
fn a_correction_in_quarantine_keeps_what_it_corrects_and_by_what_right() -> anyhow::Result<()> {
    let world = World::begin()?;
    let contributor = &world.contributor;
    let example =
        world.file("example.jsonl", &[json!({"kind": "example", "prompt": "Whom to ask?", "ideal": "Nobody"})])?;
    let (_, shared) = share(contributor, &example, &[])?;
    let corrects = text(&shared["shared"][0], "id")?;
    let addresses: String = ('a'..='h').map(|name| format!("{name}@example.org ")).collect();
    let row = json!({"kind": "correction", "corrects": corrects, "corrected": addresses});
    let correction = world.file("correction.jsonl", &[row])?;

    let source = ["--source", "The parish bulletin", "--source-licence", "CC0-1.0"];
    for _ in 0..2 {
        let (code, held) = share(contributor, &correction, &source)?;
        assert_eq!((code, count(&held, "shared"), count(&held, "quarantined")), (Some(3), 0, 1), "{held}");
    }
    assert_eq!(contributor.json(["quarantine", "list"])?.as_array().map(Vec::len), Some(1), "held once");

    let released = contributor.json(["quarantine", "release", "1", "--yes"])?;
    let id = text(&released, "id")?;
    until("the correction is accepted on the validator", || {
        let status = world.validator.json(["status", id])?;
        ensure!(status["corrects"] == corrects, "{status}");
        Ok(status["state"] == "accepted")
    })?;
    let out = world.folder.path().join("dataset");
    world.validator.command([
        OsStr::new("export"),
        "--format".as_ref(),
        "jsonl".as_ref(),
        "--out".as_ref(),
        out.as_os_str(),
    ])?;
    let rows = rows(&out.join("data"))?;
    let row = rows.iter().find(|row| row["id"] == id).context("the correction is in the export")?;
    assert_eq!(row["rights"][0]["source"], "The parish bulletin", "{row}");
    Ok(())
}

#[test]
fn a_record_with_false_alarms_declares_as_many_as_are_found_and_waits_for_a_person() -> anyhow::Result<()> {
    let world = World::begin()?;
    let (contributor, validator) = (&world.contributor, &world.validator);
    let file = world.file("parts.jsonl", &[
        json!({"kind": "example", "prompt": "Is it help@example.org or bo@example.org?", "ideal": "help@example.org, says ana@example.org"}),
        json!({"kind": "example", "prompt": "Whom to ask?", "ideal": "Ana at Riverbank"}),
    ])?;
    contributor.command(["hide", "add", "Riverbank"])?;
    let path = file.to_str().context("a path in UTF-8")?;

    let preview = contributor.json(["preview", path, "--false-alarm", "1:EMAIL_1", "--false-alarm", "2:TERM_1"])?;
    let texts = ["Is it help@example.org or [EMAIL_2]?", "help@example.org, says [EMAIL_3]"];
    assert_eq!(preview["items"][0]["texts"], json!(texts), "{preview}");
    assert_eq!(preview["items"][0]["found"][0], json!({"name": "EMAIL_1", "confidence": 97, "false_alarm": true}));
    assert_eq!(preview["items"][1]["texts"][1], "Ana at Riverbank");
    let shown = contributor.json(["preview", path])?;
    assert_eq!(shown["items"][1]["texts"][1], "Ana at [TERM_1]");

    let wrong = ["--false-alarm", "1:EMAIL_4", "--false-alarm", "7:NAME_1", "--pick", "1"];
    let (code, failed) = share(contributor, &file, &wrong)?;
    assert_eq!((code, count(&failed, "shared"), count(&failed, "failed")), (Some(1), 0, 2), "{failed}");
    assert!(failed["failed"].to_string().contains("found EMAIL_4"), "{failed}");

    // One value of one text is left in two places; a term of one's own is nothing to the validators.
    let (code, shared) = share(contributor, &file, &["--false-alarm", "1:EMAIL_1", "--false-alarm", "2:TERM_1"])?;
    assert_eq!((code, count(&shared, "shared")), (Some(3), 2), "{shared}");
    assert_eq!(
        (&shared["shared"][0]["state"], &shared["shared"][0]["false_alarms"]),
        (&json!("quarantined"), &json!(2))
    );
    assert_eq!((&shared["shared"][1]["state"], &shared["shared"][1]["false_alarms"]), (&json!("accepted"), &json!(0)));
    let status = validator.json(["status", text(&shared["shared"][0], "id")?])?;
    assert_eq!(
        (&status["state"], &status["verdicts"][0]["class"]),
        (&json!("quarantined"), &json!("review")),
        "{status}"
    );

    let accepted = text(&shared["shared"][1], "id")?;
    let better = world.folder.path().join("better.txt");
    std::fs::write(&better, "Ask help@example.org or ana@example.org\n")?;
    let correct = |names: &str| {
        let better = better.to_str().unwrap_or_default();
        let args = ["correct", accepted, "--text", better, "--yes", "--until", "accepted", "--false-alarm", names];
        contributor.try_command(args)
    };
    assert!(String::from_utf8_lossy(&correct("EMAIL_3")?.stderr).contains("found EMAIL_3"));
    let corrected: Value = serde_json::from_slice(&correct("EMAIL_1,EMAIL_2")?.stdout)?;
    assert_eq!(
        (&corrected["shared"][0]["state"], &corrected["shared"][0]["false_alarms"]),
        (&json!("quarantined"), &json!(2))
    );
    Ok(())
}

#[test]
fn a_published_dataset_without_a_source_costs_only_itself() -> anyhow::Result<()> {
    let world = World::begin()?;
    let rows: Vec<_> = (0..3).map(|n| json!({"question": format!("{n}+1?"), "answer": "more"})).collect();
    let file = world.file("questions.jsonl", &rows)?;
    let (code, refused) = share(&world.contributor, &file, &[])?;
    assert_eq!((code, count(&refused, "failed"), count(&refused, "shared")), (Some(1), 1, 0), "{refused}");
    let (code, shared) = share(&world.contributor, &file, &["--source", "GSM8K", "--source-licence", "MIT"])?;
    assert_eq!((code, count(&shared, "shared")), (Some(0), 3), "{shared}");
    Ok(())
}

#[test]
fn a_communitys_patterns_and_policy_hold_from_the_preview_to_the_dataset() -> anyhow::Result<()> {
    let world = World::begin_with("[[patterns]]\nlabel = \"member-number\"\npattern = 'RB-[0-9]{6}'\n")?;
    let example = |prompt: &str| json!({"kind": "example", "prompt": prompt, "ideal": "So"});
    let file = world.file(
        "records.jsonl",
        &[
            example("My member number is RB-204881, is RB-204881 a good number?"),
            example("I was diagnosed with asthma."),
            example("Here is my fingerprint template: 464D5200"),
        ],
    )?;
    let contributor = &world.contributor;
    let preview =
        contributor.json(["preview".as_ref(), file.as_os_str(), "--community".as_ref(), "Riverbank".as_ref()])?;
    let risks: Vec<_> = (0..3)
        .map(|i| (&preview["items"][i]["risks"][0]["class"], &preview["items"][i]["risks"][0]["action"]))
        .collect();
    let (none, text) = (Value::Null, |text: &str| json!(text));
    assert_eq!(risks, [(&none, &none), (&text("medical"), &text("review")), (&text("biometric"), &text("block"))]);

    let output = contributor.try_command([
        "contribute".as_ref(),
        file.as_os_str(),
        "--yes".as_ref(),
        "--until".as_ref(),
        "held".as_ref(),
    ])?;
    let shared: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!((count(&shared, "shared"), count(&shared, "failed")), (2, 1), "{shared}");
    assert!(shared["failed"][0].as_str().is_some_and(|why| why.contains("biometric")), "{shared}");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("medical") && said.contains("waits for a person"), "{said}");

    let ids = [text_of(&shared["shared"][0]["id"]), text_of(&shared["shared"][1]["id"])];
    until("one is accepted and the other waits for a person", || {
        let state = |id: &str| Ok::<_, anyhow::Error>(world.validator.json(["status", id])?["state"].clone());
        Ok(state(&ids[0])? == "accepted" && state(&ids[1])? == "quarantined")
    })?;
    let out = world.folder.path().join("dataset");
    world.validator.command([
        "export".as_ref(),
        "--format".as_ref(),
        "jsonl".as_ref(),
        "--out".as_ref(),
        out.as_os_str(),
    ])?;
    let rows = rows(&out.join("data"))?;
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["prompt"], "My member number is [CUSTOM_1], is [CUSTOM_1] a good number?", "{}", rows[0]);
    Ok(())
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let place = Cluster::new(env!("CARGO_BIN_EXE_commonwheel"), folder.path()).place("reader")?;
    let file = folder.path().join("rows.jsonl");
    std::fs::write(&file, json!({"kind": "example", "prompt": "1+1?", "ideal": "2"}).to_string())?;
    for args in [vec!["preview", file.to_str().context("a path in UTF-8")?], vec!["completions", "bash"]] {
        let mut child = place.spawn(args)?;
        drop(child.stdout.take());
        let output = child.wait_with_output()?;
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
    Ok(())
}

/// Every row of an export.
fn rows(folder: &Path) -> anyhow::Result<Vec<Value>> {
    let mut rows = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            rows.extend(self::rows(&path)?);
        } else if path.extension().is_some_and(|ext| ext == "jsonl") {
            let text = std::fs::read_to_string(&path)?;
            rows.extend(text.lines().map(serde_json::from_str::<Value>).collect::<Result<Vec<_>, _>>()?);
        }
    }
    Ok(rows)
}
