//! Simulates a community under many seeds.

use sim::{Plan, Violation, run};
use std::process::ExitCode;

const USAGE: &str = "usage: sim [--seeds N] [--nodes K] [--seed S] [--restore-validators]
  --seeds N  how many seeds to run (100, or 1 with --seed)
  --nodes K  how many nodes take part (7)
  --seed S   the first seed (0)
  --restore-validators  with each seed, an old backup takes the place of a validator's disk";

/// What the command line asks for.
#[derive(Default)]
struct Options {
    seed: Option<u64>,
    seeds: Option<u64>,
    nodes: Option<usize>,
    restore_validators: bool,
}

fn main() -> ExitCode {
    let Some(options) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let first = options.seed.unwrap_or(0);
    let count = options.seeds.unwrap_or(if options.seed.is_some() { 1 } else { 100 });
    let (mut failed, mut steps, mut accepted) = (0u64, 0, 0);
    for seed in first..first.saturating_add(count) {
        let mut plan = Plan::from_seed(seed, options.nodes);
        if options.restore_validators {
            plan = plan.with_a_restored_validator();
        }
        let outcome = std::panic::catch_unwind(|| run(&plan));
        match outcome {
            Ok(Ok(report)) => {
                steps += report.steps;
                accepted += report.accepted;
            }
            Ok(Err(violation)) => {
                failed += 1;
                println!("{}", Violation { options: options.again(), ..violation });
            }
            Err(_) => {
                failed += 1;
                let again = options.again();
                println!("seed {seed}: a panic; repeat with `cargo run --release -p sim -- --seed {seed}{again}`");
            }
        }
    }
    println!("{count} seeds, {failed} failed; {steps} steps, {accepted} records accepted");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Options {
    /// What else repeating one seed takes.
    fn again(&self) -> String {
        let nodes = self.nodes.map_or(String::new(), |nodes| format!(" --nodes {nodes}"));
        format!("{nodes}{}", if self.restore_validators { " --restore-validators" } else { "" })
    }
}

fn arguments() -> Option<Options> {
    let mut options = Options::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let mut number = || arguments.next()?.parse::<u64>().ok();
        match name.as_str() {
            "--seed" => options.seed = Some(number()?),
            "--seeds" => options.seeds = Some(number()?),
            "--nodes" => options.nodes = Some(number().filter(|nodes| (3..=200).contains(nodes))? as usize),
            "--restore-validators" => options.restore_validators = true,
            _ => return None,
        }
    }
    Some(options)
}
