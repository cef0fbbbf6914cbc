//! Measurements as Markdown.

use super::{Cost, DELAY_MS, Measured, Part, RECORDS_BEFORE, TICK_MS, TOGETHER, Times};
use std::fmt::Write;

/// Between these two lines of a document the tables stand.
pub const MARKERS: (&str, &str) = ("<!-- scale -->", "<!-- /scale -->");

/// All tables.
pub fn tables(measured: &[Measured]) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "What a node that is no validator receives for one record, in bytes, beyond what it receives without any:\n"
    );
    cost_table(&mut out, measured, "one record by itself", |measured| &measured.alone);
    let together = format!("each of {TOGETHER} at once");
    cost_table(&mut out, measured, &together, |measured| &measured.together);
    let _ = writeln!(
        out,
        "From when the author hands a record over until it is certified, one hop taking {DELAY_MS} ms:\n"
    );
    time_table(&mut out, measured);
    let _ = writeln!(
        out,
        "What a node that is no validator receives in a second, in bytes, with {RECORDS_BEFORE} records held:\n"
    );
    idle_table(&mut out, measured);
    growth(&mut out, measured);
    out
}

/// A document with the tables in place of what stood between the markers.
///
/// # Errors
/// When the markers are not there.
pub fn written_into(document: &str, tables: &str) -> Result<String, String> {
    let (begin, end) = MARKERS;
    let found = document.split_once(begin).and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
    let (before, after) = found.ok_or_else(|| format!("expected {begin} and {end} in the document"))?;
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", tables.trim_end()))
}

fn cost_table(out: &mut String, measured: &[Measured], what: &str, of: impl Fn(&Measured) -> &Cost) {
    let _ = writeln!(
        out,
        "| {what} | headers | verdicts | certificate | the same again | fetched | what waits | reconciled | all | messages |"
    );
    let _ = writeln!(out, "|---|---|---|---|---|---|---|---|---|---|");
    for measured in measured {
        let tally = &of(measured).replica;
        let bytes = |part| count(tally.bytes(part));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.1} |",
            name(measured),
            bytes(Part::Headers),
            bytes(Part::Batches),
            bytes(Part::Certificates),
            bytes(Part::Copies),
            bytes(Part::Fetch),
            bytes(Part::Live),
            bytes(Part::Reconcile),
            count(tally.all_bytes()),
            tally.all_messages(),
        );
    }
    let _ = writeln!(out);
}

fn time_table(out: &mut String, measured: &[Measured]) {
    let _ = writeln!(
        out,
        "| | ms with ticks of {TICK_MS} ms: first node, half, 99 %, all | delays, ticks included | delays, without ticks |"
    );
    let _ = writeln!(out, "|---|---|---|---|");
    for measured in measured {
        let raw = &measured.alone.times;
        let ms = row(raw, &|ms| ms.to_string());
        let delays = |times: &Times| row(times, &|ms| format!("{:.1}", ms as f64 / DELAY_MS as f64));
        let _ = writeln!(out, "| {} | {ms} | {} | {} |", name(measured), delays(raw), delays(&measured.fine));
    }
    let _ = writeln!(out);
}

fn idle_table(out: &mut String, measured: &[Measured]) {
    let _ = writeln!(
        out,
        "| | what waits | reconciliation | proofs | operations | all | more, for each refused record that waits |"
    );
    let _ = writeln!(out, "|---|---|---|---|---|---|---|");
    for measured in measured {
        let idle = &measured.idle;
        let bytes = |part| count(idle.bytes(part));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            name(measured),
            bytes(Part::Live),
            bytes(Part::Reconcile),
            bytes(Part::Prove),
            bytes(Part::Operations),
            count(idle.all_bytes()),
            count(measured.refused.all_bytes()),
        );
    }
    let _ = writeln!(out);
}

/// How bytes grow with nodes, at each number of validators, and with q, at each number of nodes.
fn growth(out: &mut String, measured: &[Measured]) {
    let bytes = |measured: &Measured| measured.alone.replica.all_bytes();
    for few in measured.iter().filter(|measured| measured.setup.nodes == 100) {
        let same = |other: &&Measured| (other.setup.nodes, other.setup.validators) == (1_000, few.setup.validators);
        if let Some(many) = measured.iter().find(same) {
            let _ = writeln!(
                out,
                "- {} validators, from 100 to 1,000 nodes: {:.2} times the bytes for a record by itself, {:.2} times for each of {TOGETHER}.",
                few.setup.validators,
                bytes(many) / bytes(few),
                many.together.replica.all_bytes() / few.together.replica.all_bytes(),
            );
        }
    }
    for nodes in [100, 1_000] {
        let rows: Vec<_> = measured.iter().filter(|measured| measured.setup.nodes == nodes).collect();
        if let (Some(first), Some(last)) = (rows.first(), rows.last())
            && last.quorum > first.quorum
        {
            let points: Vec<_> = rows.iter().map(|row| (row.quorum as f64, bytes(row))).collect();
            let (base, slope, off) = line(&points);
            let _ = writeln!(
                out,
                "- {nodes} nodes: {} bytes and {} more for each of q, within {:.0} %.",
                count(base),
                count(slope),
                off * 100.0
            );
        }
    }
}

/// The line of least squares through points, and how far a point is off, at most, as a share of it.
fn line(points: &[(f64, f64)]) -> (f64, f64, f64) {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / n, y + point.1 / n));
    let (above, below) = points.iter().fold((0.0, 0.0), |(above, below), point| {
        (above + (point.0 - x) * (point.1 - y), below + (point.0 - x) * (point.0 - x))
    });
    let slope = above / below;
    let base = y - slope * x;
    let off = points.iter().map(|(x, y)| ((base + slope * x - y) / y).abs()).fold(0.0, f64::max);
    (base, slope, off)
}

fn row(times: &Times, show: &dyn Fn(u64) -> String) -> String {
    [times.first_ms, times.half_ms, times.most_ms, times.all_ms].map(show).join(", ")
}

fn name(measured: &Measured) -> String {
    let setup = measured.setup;
    format!("{} nodes, {} validators, q = {}", count(setup.nodes as f64), setup.validators, measured.quorum)
}

/// A whole number with commas.
fn count(number: f64) -> String {
    let rounded = number.round() as i64;
    let digits = rounded.unsigned_abs().to_string();
    let mut out = String::from(if rounded < 0 { "−" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_replace_what_stood_between_the_markers() {
        let written = written_into("a\n<!-- scale -->\nold\n<!-- /scale -->\nb\n", "new\n");
        assert_eq!(written.as_deref(), Ok("a\n<!-- scale -->\n\nnew\n\n<!-- /scale -->\nb\n"));
        assert!(written_into("a", "new").is_err());
    }

    #[test]
    fn a_line_is_found_and_numbers_are_written_with_commas() {
        let (base, slope, off) = line(&[(1.0, 12.0), (2.0, 14.0), (4.0, 18.0)]);
        assert!((base - 10.0).abs() < 1e-9 && (slope - 2.0).abs() < 1e-9 && off < 1e-9);
        assert_eq!([count(999.6), count(1_234_567.0), count(-1_000.0)], ["1,000", "1,234,567", "−1,000"]);
    }
}
