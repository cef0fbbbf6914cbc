//! Simulates a community under many seeds.

use sim::{Plan, run};
use std::process::ExitCode;

const USAGE: &str = "usage: sim [--seeds N] [--nodes K] [--seed S]
  --seeds N  how many seeds to run (100, or 1 with --seed)
  --nodes K  how many nodes take part (7)
  --seed S   the first seed (0)";

fn main() -> ExitCode {
    let Some((first, count, nodes)) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let (mut failed, mut steps, mut accepted) = (0u64, 0, 0);
    for seed in first..first.saturating_add(count) {
        let plan = Plan::from_seed(seed, nodes);
        let outcome = std::panic::catch_unwind(|| run(&plan));
        match outcome {
            Ok(Ok(report)) => {
                steps += report.steps;
                accepted += report.accepted;
            }
            Ok(Err(violation)) => {
                failed += 1;
                let nodes = nodes.map_or(String::new(), |nodes| format!(" --nodes {nodes}"));
                println!("{violation}{nodes}");
            }
            Err(_) => {
                failed += 1;
                println!("seed {seed}: a panic; repeat with `cargo run --release -p sim -- --seed {seed}`");
            }
        }
    }
    println!("{count} seeds, {failed} failed; {steps} steps, {accepted} records accepted");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn arguments() -> Option<(u64, u64, Option<usize>)> {
    let (mut seed, mut seeds, mut nodes) = (None, None, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value: u64 = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--seed" => seed = Some(value),
            "--seeds" => seeds = Some(value),
            "--nodes" if (3..=40).contains(&value) => nodes = Some(value as usize),
            _ => return None,
        }
    }
    let count = seeds.unwrap_or(if seed.is_some() { 1 } else { 100 });
    Some((seed.unwrap_or(0), count, nodes))
}
