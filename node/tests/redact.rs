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
fn an_unknown_ruleset_is_refused_with_the_known_ones() -> anyhow::Result<()> {
    let filter = Filter::new()?;
    let (code, out, errors) = said(&filter.run(&["redact", "--jsonl", "--ruleset", "core-0"], "{\"text\": \"\"}")?);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(errors.contains("core-1") && errors.contains("--ruleset"), "{errors}");
    let (code, ..) = said(&filter.run(&["redact", "--jsonl", "--ruleset", "core-1"], "{\"text\": \"\"}")?);
    assert_eq!(code, Some(0));
    Ok(())
}
