//! The filter: what goes in, what comes out, what is said when it cannot.

use anyhow::Context as _;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs `commonwheel redact` with a home of its own.
struct Filter {
    home: tempfile::TempDir,
}

impl Filter {
    fn new() -> anyhow::Result<Filter> {
        Ok(Filter { home: tempfile::tempdir()? })
    }

    fn run(&self, args: &[&str], input: impl AsRef<[u8]>) -> anyhow::Result<Output> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_commonwheel"))
            .arg("--home")
            .arg(self.home.path())
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut stdin = child.stdin.take().context("it is piped")?;
        let input = input.as_ref().to_vec();
        // A program that ends early closes the pipe, which is none of our business.
        let feed = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output()?;
        feed.join().ok().context("the feeder does not panic")?;
        Ok(output)
    }
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn rows(text: &str) -> anyhow::Result<Vec<Value>> {
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

#[test]
fn each_line_is_a_record_of_its_own_with_offsets_in_bytes() -> anyhow::Result<()> {
    let input = [
        json!({"text": "é \"Mail\"\tana@example.org, bo@example.org, ana@example.org", "id": [1]}),
        json!({"text": "bo@example.org"}),
        json!({"text": ""}),
    ];
    let input: String = input.iter().map(|row| format!("{row}\n")).collect();
    let (code, out, errors) = said(&Filter::new()?.run(&["redact", "--jsonl"], input)?);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let span = |start, end| json!({"start": start, "end": end, "kind": "email", "confidence": 97});
    assert_eq!(
        rows(&out)?,
        [
            json!({
                "redacted": "é \"Mail\"\t[EMAIL_1], [EMAIL_2], [EMAIL_1]",
                "spans": [span(10, 25), span(27, 41), span(43, 58)],
                "quarantine": false,
            }),
            json!({"redacted": "[EMAIL_1]", "spans": [span(0, 14)], "quarantine": false}),
            json!({"redacted": "", "spans": [], "quarantine": false}),
        ]
    );
    Ok(())
}

#[test]
fn a_line_with_many_findings_is_marked_for_a_second_look() -> anyhow::Result<()> {
    let addresses = |n| (0..n).map(|i| format!("a{i}@example.org ")).collect::<String>();
    let input = format!("{}\n{}", json!({"text": addresses(5)}), json!({"text": addresses(6)}));
    let (_, out, _) = said(&Filter::new()?.run(&["redact", "--jsonl"], input)?);
    let marked: Vec<_> = rows(&out)?.iter().map(|row| row["quarantine"].clone()).collect();
    assert_eq!(marked, [false, true]);
    Ok(())
}

#[test]
fn the_first_bad_line_ends_the_run_and_its_words_are_not_repeated() -> anyhow::Result<()> {
    let filter = Filter::new()?;
    let bad = [
        "{\"text\": \"ana@example.org\"",
        "{\"txt\": \"ana@example.org\"}",
        "{\"text\": {\"ana@example.org\": 1}}",
        "[\"ana@example.org\"]",
        "ana@example.org",
        "{\"text\": \"\\ud800 ana@example.org\"}",
        "",
    ];
    for line in bad {
        let input = format!("{{\"text\": \"a\"}}\n{line}\n{{\"text\": \"b\"}}\n");
        let (code, out, errors) = said(&filter.run(&["redact", "--jsonl"], input)?);
        assert_eq!((code, rows(&out)?.len()), (Some(1), 1), "{line}");
        assert!(errors.contains("standard input, line 2: expected {\"text\""), "{line}: {errors}");
        assert!(!errors.contains("ana"), "{line}: {errors}");
    }
    let (code, out, errors) = said(&filter.run(&["redact", "--jsonl"], b"{\"text\": \"a\xff\"}")?);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(errors.contains("line 1"), "{errors}");
    let long = format!("{{\"text\": \"{}\"}}", "a".repeat(16 << 20));
    let (code, _, errors) = said(&filter.run(&["redact", "--jsonl"], long)?);
    assert!(code == Some(1) && errors.contains("16 MiB"), "{errors}");
    Ok(())
}

#[test]
fn an_answer_comes_before_the_next_question() -> anyhow::Result<()> {
    use std::io::{BufRead, BufReader};
    let home = tempfile::tempdir()?;
    let mut child = Command::new(env!("CARGO_BIN_EXE_commonwheel"))
        .args(["redact", "--jsonl", "--home"])
        .arg(home.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().context("it is piped")?;
    let mut stdout = BufReader::new(child.stdout.take().context("it is piped")?);
    for n in 0..3 {
        writeln!(stdin, "{}", json!({"text": format!("question {n}")}))?;
        let mut answer = String::new();
        stdout.read_line(&mut answer)?;
        assert_eq!(serde_json::from_str::<Value>(&answer)?["redacted"], format!("question {n}"));
    }
    drop(stdin);
    assert!(child.wait()?.success());
    Ok(())
}

#[test]
fn a_text_comes_out_as_it_was_but_for_what_is_found() -> anyhow::Result<()> {
    let filter = Filter::new()?;
    let text = "\u{feff}Dear Bo,\r\n\tmail ana@example.org\u{0}or bo@example.org. \n\nBest regards,\nAna Silva\n\nana@example.org";
    let redacted = "\u{feff}Dear Bo,\r\n\tmail [EMAIL_1]\u{0}or [EMAIL_2]. \n\nBest regards,\n[NAME_1]\n\n[EMAIL_1]";
    let (code, out, errors) = said(&filter.run(&["redact"], text)?);
    assert_eq!((code, out.as_str(), errors.as_str()), (Some(0), redacted, ""));
    let (_, again, _) = said(&filter.run(&["redact"], out.as_str())?);
    assert_eq!(again, redacted, "a second time changes nothing");
    assert_eq!(said(&filter.run(&["redact"], "")?), (Some(0), String::new(), String::new()));
    Ok(())
}

#[test]
fn a_long_text_is_redacted_as_one_record_wherever_it_is_cut() -> anyhow::Result<()> {
    let part = |n: usize| {
        format!("{} é mail a{n}@example.org, ana@example.org.\n\nRegards,\nAna Silva\n", "word ".repeat(n % 40))
    };
    let redacted = |n: usize| {
        format!(
            "{} é mail [EMAIL_{}], [EMAIL_2].\n\nRegards,\n[NAME_1]\n",
            "word ".repeat(n % 40),
            if n == 0 { 1 } else { n + 2 }
        )
    };
    let all = |part: &dyn Fn(usize) -> String| (0..12_000).map(part).collect::<String>();
    let (code, out, _) = said(&Filter::new()?.run(&["redact"], all(&part))?);
    assert_eq!(code, Some(0));
    assert!(out == all(&redacted), "the two differ");
    Ok(())
}

#[test]
fn a_byte_that_is_no_text_stops_the_filter_before_anything_near_it_is_written() -> anyhow::Result<()> {
    let filter = Filter::new()?;
    let (code, out, errors) = said(&filter.run(&["redact"], b"Mail\nana@exam\xffple.org")?);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(errors.contains("standard input") && errors.contains("offset 13 (line 2)"), "{errors}");
    assert!(!errors.contains("ana"), "{errors}");
    let (code, out, errors) = said(&filter.run(&["redact"], b"\xff\xfea\0n\0a\0")?);
    assert!(code == Some(1) && out.is_empty() && errors.contains("UTF-16"), "{errors}");
    Ok(())
}

#[test]
fn each_file_is_a_record_of_its_own_and_a_missing_one_is_an_error() -> anyhow::Result<()> {
    let filter = Filter::new()?;
    let path = |name: &str| filter.home.path().join(name).display().to_string();
    std::fs::write(path("a"), "ana@example.org\n")?;
    std::fs::write(path("b"), "bo@example.org\n")?;
    let (code, out, _) =
        said(&filter.run(&["redact", &path("a"), "-", &path("b")], "cy@example.org ana@example.org\n")?);
    assert_eq!((code, out.as_str()), (Some(0), "[EMAIL_1]\n[EMAIL_1] [EMAIL_2]\n[EMAIL_1]\n"));
    let (code, _, errors) = said(&filter.run(&["redact", &path("none")], "")?);
    assert!(code == Some(1) && errors.contains("cannot read"), "{errors}");
    Ok(())
}

#[test]
fn own_terms_are_hidden_unless_they_are_left_out() -> anyhow::Result<()> {
    let filter = Filter::new()?;
    let run = |args: &[&str], input: &str| -> anyhow::Result<_> { Ok(said(&filter.run(args, input)?)) };
    assert_eq!(run(&["hide", "add", "Riverbank", "Niño"], "")?.0, Some(0));
    assert_eq!(
        run(&["hide", "add"], "Bo Lee\n\nRIVERBANK\n")?.1,
        "Added 1 term(s) (1 known before); 3 are hidden from now on\n"
    );
    assert_eq!(run(&["hide", "list"], "")?.1, "Riverbank\nNiño\nBo Lee\n");
    let text = "riverbank's EMAIL, of bo-lee and NINO [EMAIL_1]";
    assert_eq!(run(&["redact"], text)?.1, "[TERM_1]'s EMAIL, of [TERM_2] and [TERM_3] [EMAIL_1]");
    assert_eq!(run(&["redact", "--no-hide"], text)?.1, text);
    let row = &rows(&run(&["redact", "--jsonl"], "{\"text\": \"Riverbank\"}")?.1)?[0];
    assert_eq!((&row["redacted"], &row["spans"][0]["kind"]), (&json!("[TERM_1]"), &json!("term")));
    let (code, _, errors) = run(&["hide", "remove", "Niño", "Riverside"], "")?;
    assert!(code == Some(1) && errors.contains("number 2") && !errors.contains("Riverside"), "{errors}");
    assert_eq!(run(&["hide", "remove", "bo lee"], "")?.1, "Removed 1 term(s); 2 are left\n");
    std::fs::write(filter.home.path().join("hide.txt"), b"\xff")?;
    let (code, out, _) = run(&["redact"], text)?;
    assert_eq!((code, out.as_str()), (Some(1), ""), "nothing is shown when the terms cannot be read");
    assert_eq!(run(&["hide", "remove", "--all"], "")?.0, Some(1));
    Ok(())
}

#[test]
fn what_is_explained_to_a_pipe_holds_no_value() -> anyhow::Result<()> {
    let filter = Filter::new()?;
    let (code, out, _) = said(&filter.run(&["redact", "--explain"], "a\né ana@example.org")?);
    assert_eq!((code, out.as_str()), (Some(0), "      2:3 email             97 %  [EMAIL_1]\n"));
    let (_, out, _) = said(&filter.run(&["--json", "redact", "--explain"], "a\né ana@example.org")?);
    assert_eq!(rows(&out)?[0]["start"], 5);
    assert!(!out.contains("ana"), "{out}");
    Ok(())
}

#[test]
fn the_summary_goes_to_standard_error_when_asked_for() -> anyhow::Result<()> {
    let filter = Filter::new()?;
    let (_, out, errors) = said(&filter.run(&["redact", "--summary"], "ana@example.org, bo@example.org")?);
    assert_eq!((out.as_str(), errors.as_str()), ("[EMAIL_1], [EMAIL_2]", "2 findings in 1 record(s) (2 email)\n"));
    let (_, _, errors) =
        said(&filter.run(&["--json", "redact", "--jsonl"], "{\"text\": \"\"}\n{\"text\": \"a@example.org\"}")?);
    assert_eq!(rows(&errors)?, [json!({"records": 2, "findings": 1, "redactions": {"email": 1}, "quarantine": 0})]);
    Ok(())
}

#[test]
fn the_ruleset_is_printed_as_the_file_whose_hash_is_its_id() -> anyhow::Result<()> {
    let filter = Filter::new()?;
    let (code, file, errors) = said(&filter.run(&["redact", "--rules", "--ruleset", "core-1"], "")?);
    let read = commonwheel_config::ruleset::parse(&file)?;
    assert_eq!((code, read.name(), read.version()), (Some(0), "core", 1));
    assert!(errors.contains(&format!("core-1, id {}", read.id())), "{errors}");
    let id = read.id().to_string();
    let (_, out, _) = said(&filter.run(&["--json", "redact", "--rules", "--ruleset", &id], "")?);
    let value = &rows(&out)?[0];
    assert_eq!((&value["id"], &value["version"]), (&json!(id), &json!(1)));
    assert!(value["rules"].as_array().is_some_and(|rules| rules.iter().all(|rule| rule["kind"].is_string())));
    Ok(())
}

#[test]
fn an_unknown_ruleset_is_refused_with_the_known_ones() -> anyhow::Result<()> {
    let filter = Filter::new()?;
    let (code, out, errors) = said(&filter.run(&["redact", "--jsonl", "--ruleset", "core-0"], "{\"text\": \"\"}")?);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(errors.contains("core-1") && errors.contains("--ruleset"), "{errors}");
    let (code, ..) = said(&filter.run(&["redact", "--jsonl", "--ruleset", "core-1"], "{\"text\": \"\"}")?);
    assert_eq!(code, Some(0));
    Ok(())
}
