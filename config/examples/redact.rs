//! Reads one `{"text": …}` a line and writes its findings, one line each.

use commonwheel_config::ruleset;
use serde_json::{Value, json};
use std::io::{BufRead, Write};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let ruleset = match std::env::args().nth(1).as_deref() {
        Some("core-1") => ruleset::builtins().next().ok_or("no ruleset")?,
        _ => ruleset::builtin(),
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let value: Value = serde_json::from_str(&line?)?;
        let text = value["text"].as_str().ok_or("no text")?;
        let found = ruleset.find(text);
        let spans: Vec<Value> = found
            .iter()
            .map(|f| json!({"start": f.span.start, "end": f.span.end, "kind": f.kind.as_str(), "confidence": f.confidence}))
            .collect();
        let core = found.iter().filter(|f| f.core).count() as u32;
        writeln!(out, "{}", json!({"redacted": "", "spans": spans, "quarantine": core > ruleset.quarantine_above()}))?;
    }
    Ok(())
}
