//! What is measured from outside: Presidio in a Python of its own, and the program through stdin and stdout.

use crate::Contender;
use anyhow::{Context, Result, ensure};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

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

/// How often the corpus goes through the program at once, so that its start does not count for much.
const REPEATS: usize = 4;

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

    /// Seconds by the wall for one time through the records.
    fn seconds(&mut self, records: usize) -> Result<f64> {
        let path = std::env::temp_dir().join(format!("commonwheel-peers-{}", std::process::id()));
        let mut file = File::create(&path)?;
        for _ in 0..REPEATS {
            self.records[..records].iter().try_for_each(|record| file.write_all(record.as_bytes()))?;
        }
        let start = Instant::now();
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
        let seconds = start.elapsed().as_secs_f64();
        std::fs::remove_file(&path)?;
        ensure!(status.success(), "{} redact failed: {status}", self.path.display());
        Ok(seconds / REPEATS as f64)
    }
}
