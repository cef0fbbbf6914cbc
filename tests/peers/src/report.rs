//! The figures as tables in Markdown, with the goals.

use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::path::Path;

/// How many times as fast we must be as each of the others, in the same run.
const GOALS: [(&str, f64); 4] = [
    ("one lazy-DFA pass", 0.3),
    ("datafog-core", 2.0),
    ("redact-core", 15.0),
    ("Presidio, all recognizers by pattern", 1000.0),
];
/// How fast the program must be through stdin and stdout, in MB/s.
const PROGRAM_GOALS: [(&str, f64); 2] = [("seeded chat", 50.0), ("clean text", 75.0)];
/// On a text that is made to be slow, how many times slower the longer one may be for each byte.
const MOST_SLOWER: f64 = 3.0;

#[derive(Default)]
pub struct Report {
    corpora: Vec<(&'static str, f64, Vec<Row>)>,
    hard: Vec<(&'static str, [f64; 2])>,
}

struct Row {
    name: String,
    /// MB/s: median, slowest and fastest round.
    median: f64,
    slowest: f64,
    fastest: f64,
    /// Our speed as a multiple of this one, the median over the rounds of the ratio within a round.
    ours: f64,
}

impl Report {
    /// A corpus, its bytes, and the speeds of each contender by round in MB/s, ours first.
    pub fn corpus(&mut self, name: &'static str, bytes: f64, speeds: Vec<(String, Vec<f64>)>) {
        let ours = speeds.first().map(|(_, speeds)| speeds.clone()).unwrap_or_default();
        let rows = speeds.into_iter().map(|(name, speeds)| Row {
            name,
            ours: median(ours.iter().zip(&speeds).map(|(ours, other)| ours / other)),
            median: median(speeds.iter().copied()),
            slowest: speeds.iter().copied().fold(f64::INFINITY, f64::min),
            fastest: speeds.iter().copied().fold(0.0, f64::max),
        });
        self.corpora.push((name, bytes, rows.collect()));
    }

    pub fn hard(&mut self, name: &'static str, speeds: [f64; 2]) {
        self.hard.push((name, speeds));
    }

    pub fn markdown(&self) -> String {
        let mut text = String::new();
        for (name, bytes, rows) in &self.corpora {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "On {name}, {:.1} MB:\n", bytes / 1e6);
            text.push_str("| | MB/s | range | Commonwheel is | goal |\n|---|---|---|---|---|\n");
            for row in rows {
                let ratio = goal(&row.name).map(|goal| format!("≥ {goal} ×"));
                let speed = || program_goal(name, row).map(|goal| format!("≥ {goal} MB/s"));
                let goal = ratio.or_else(speed).unwrap_or_default();
                let (median, low, high) = (figure(row.median), figure(row.slowest), figure(row.fastest));
                let _ =
                    writeln!(text, "| {} | {median} | {low} to {high} | {} × | {goal} |", row.name, figure(row.ours));
            }
            text.push('\n');
        }
        text.push_str("On texts that are made to be slow, one record each:\n\n");
        text.push_str("| repeated | MB/s at 100 KB | MB/s at 1 MB | slower |\n|---|---|---|---|\n");
        for (name, [short, long]) in &self.hard {
            let _ = writeln!(text, "| {name} | {} | {} | {} × |", figure(*short), figure(*long), figure(short / long));
        }
        text
    }

    /// The goals that this run does not keep.
    pub fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        for (corpus, _, rows) in &self.corpora {
            for row in rows {
                if let Some(goal) = goal(&row.name).filter(|goal| row.ours < *goal) {
                    missed.push(format!("{corpus}: {:.2} × {}, expected at least {goal}", row.ours, row.name));
                }
                if let Some(goal) = program_goal(corpus, row).filter(|goal| row.median < *goal) {
                    missed.push(format!("{corpus}: {} {:.1} MB/s, expected at least {goal}", row.name, row.median));
                }
            }
        }
        let slower = |(name, [short, long]): &(&str, [f64; 2])| {
            (short / long > MOST_SLOWER).then(|| format!("{name}: a longer text is {:.1} × slower", short / long))
        };
        missed.extend(self.hard.iter().filter_map(slower));
        missed
    }
}

fn goal(name: &str) -> Option<f64> {
    GOALS.iter().find(|(other, _)| *other == name).map(|(_, goal)| *goal)
}

/// The goal for a row of the program.
fn program_goal(corpus: &str, row: &Row) -> Option<f64> {
    let goal = PROGRAM_GOALS.iter().find(|(name, _)| *name == corpus).map(|(_, goal)| *goal);
    goal.filter(|_| row.name.starts_with('`'))
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

/// Three digits, whatever the size.
fn figure(number: f64) -> String {
    let digits = (2.0 - number.abs().max(1e-9).log10().floor()).clamp(0.0, 6.0) as usize;
    format!("{number:.digits$}")
}

/// Puts text between `<!-- name -->` and `<!-- /name -->` in a document, which must have them.
pub fn write(path: &Path, name: &str, text: &str) -> Result<()> {
    let old = std::fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let (before, rest) = old.split_once(&begin).with_context(|| format!("expected {begin} in {}", path.display()))?;
    let (_, after) = rest.split_once(&end).with_context(|| format!("expected {end} in {}", path.display()))?;
    std::fs::write(path, format!("{before}{begin}\n\n{}\n\n{end}{after}", text.trim_end()))?;
    Ok(())
}
