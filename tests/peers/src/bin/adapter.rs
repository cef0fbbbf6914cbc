//! A redactor behind the scorer's door: `adapter ENGINE` reads one {"text"} a line and writes one {"spans"} a line,
//! offsets in bytes.

use anyhow::{Context, Result};
use std::io::{BufRead, BufWriter, Write};

fn main() -> Result<()> {
    let name = std::env::args().nth(1).context("expected the name of an engine")?;
    let mut engine = peers::engine::named(&name)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let record: serde_json::Value = serde_json::from_str(&line?)?;
        let text = record["text"].as_str().context("expected a text in each line")?;
        let span = |(start, end, kind)| serde_json::json!({"start": start, "end": end, "kind": kind});
        let spans: Vec<_> = engine.find(text)?.into_iter().map(span).collect();
        writeln!(out, "{}", serde_json::json!({ "spans": spans }))?;
    }
    Ok(out.flush()?)
}
