//! What is measured from outside: Presidio in a Python of its own, and the program through stdin and stdout.

use crate::Contender;
use anyhow::{Context, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Presidio's recognizers by pattern. It is told how many records to do, and answers with its processor time.
pub struct Presidio {
    recognizers: &'static str,
    process: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Presidio {
    /// Starts Presidio with the "default" recognizers or with those of "all" countries.
    pub fn start(python: &Path, recognizers: &'static str, records: &[String]) -> Result<Presidio> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/presidio.py");
        let mut process =
            Command::new(python).arg(script).arg(recognizers).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut ask = process.stdin.take().context("a pipe to Presidio")?;
        let answers = BufReader::new(process.stdout.take().context("a pipe from Presidio")?);
        writeln!(ask, "{}", serde_json::to_string(records)?)?;
        Ok(Presidio { recognizers, process, ask, answers })
    }
}

impl Contender for Presidio {
    fn name(&self) -> String {
        format!("Presidio, {} recognizers by pattern", self.recognizers)
    }

    fn seconds(&mut self, records: usize) -> Result<f64> {
        writeln!(self.ask, "{records}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        line.trim().parse().with_context(|| format!("expected seconds from Presidio; found {line:?}"))
    }
}

impl Drop for Presidio {
    fn drop(&mut self) {
        // It ends by itself when it is asked nothing more; if it has ended already, there is nothing to do.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `commonwheel redact` with these arguments, from a file to nowhere.
pub struct Program {
    path: PathBuf,
    arguments: Vec<String>,
    records: Vec<String>,
}

/// So many bytes go through the program at once, at least, so that its start does not decide.
const PROGRAM_BYTES: usize = 16_000_000;

impl Program {
    pub fn new(path: &Path, arguments: &[&str], records: &[String]) -> Result<Program> {
        let json = |text: &String| serde_json::json!({ "text": text }).to_string() + "\n";
        let lines = arguments.contains(&"--jsonl");
        let records = records.iter().map(|text| if lines { json(text) } else { text.clone() }).collect();
        Ok(Program { path: path.to_owned(), arguments: arguments.iter().map(|&a| a.to_owned()).collect(), records })
    }
}

impl Contender for Program {
    fn name(&self) -> String {
        format!("`commonwheel redact{}`", self.arguments.iter().map(|a| format!(" {a}")).collect::<String>())
    }

    /// Seconds of the processor, the start of the program included, for one time through the records; they go
    /// through it again and again.
    fn seconds(&mut self, records: usize) -> Result<f64> {
        let path = std::env::temp_dir().join(format!("commonwheel-peers-{}", std::process::id()));
        let mut file = BufWriter::new(File::create(&path)?);
        let length: usize = self.records[..records].iter().map(String::len).sum();
        let repeats = PROGRAM_BYTES.div_ceil(length);
        for record in (0..repeats).flat_map(|_| &self.records[..records]) {
            file.write_all(record.as_bytes())?;
        }
        file.flush()?;
        let before = children_seconds()?;
        let mut command = Command::new(&self.path);
        command
            .arg("redact")
            .args(&self.arguments)
            .stdin(File::open(&path)?)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().with_context(|| format!("{} cannot be run", self.path.display()))?;
        let mut out = process.stdout.take().context("a pipe from the program")?;
        std::io::copy(&mut out, &mut std::io::sink())?;
        let status = process.wait()?;
        let seconds = children_seconds()? - before;
        std::fs::remove_file(&path)?;
        ensure!(status.success(), "{} redact failed: {status}", self.path.display());
        Ok(seconds / repeats as f64)
    }
}

/// What the processor did for the processes that were started here and have ended, for them and on their behalf.
fn children_seconds() -> Result<f64> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}
