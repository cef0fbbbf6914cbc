//! Simulates a community under many seeds.

use sim::scale::{self, Setup};
use sim::{Plan, Violation, run};
use std::path::PathBuf;
use std::process::ExitCode;

/// Setups that are measured at a time. One of a thousand nodes takes a gigabyte.
const AT_A_TIME: usize = 4;

/// Nodes in a simulation with faults; more take too long to agree within its time.
const MOST_NODES: usize = 200;

const USAGE: &str = "usage: sim [--seeds N] [--nodes K] [--seed S] [--restore-validators]
  --seeds N  how many seeds to run (100, or 1 with --seed)
  --nodes K  how many nodes take part (7)
  --seed S   the first seed (0)
  --restore-validators  with each seed, an old backup takes the place of a validator's disk
or: sim --scale [--nodes K] [--validators V] [--write FILE]
  how traffic and delay grow with 10, 100 and 1,000 nodes and with 4 to 31 validators, or with so many
  --write FILE  put the tables between the markers of a document";

/// What the command line asks for.
#[derive(Default)]
struct Options {
    seed: Option<u64>,
    seeds: Option<u64>,
    nodes: Option<usize>,
    restore_validators: bool,
    scale: bool,
    validators: Option<usize>,
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    let Some(options) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if options.scale {
        return match scale(&options) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("Error: {error}");
                ExitCode::FAILURE
            }
        };
    }
    let first = options.seed.unwrap_or(0);
    let count = options.seeds.unwrap_or(if options.seed.is_some() { 1 } else { 100 });
    let nodes = options.nodes.unwrap_or(0);
    if nodes > MOST_NODES {
        eprintln!("Error: expected at most {MOST_NODES} nodes with faults; found {nodes}");
        return ExitCode::from(2);
    }
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

/// Measures every setup, some at a time, and writes the tables.
fn scale(options: &Options) -> Result<(), sim::Failed> {
    let sizes = options.nodes.map_or(vec![10, 100, 1_000], |nodes| vec![nodes]);
    let validators = options.validators.map_or(vec![4, 7, 13, 31], |validators| vec![validators]);
    let seed = options.seed.unwrap_or(0);
    let setups: Vec<_> = sizes
        .into_iter()
        .flat_map(|nodes| validators.iter().map(move |validators| Setup { nodes, validators: *validators, seed }))
        .filter(|setup| setup.validators < setup.nodes)
        .collect();
    let mut measured = Vec::new();
    for some in setups.chunks(AT_A_TIME) {
        let outcomes: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = some.iter().map(|setup| scope.spawn(|| scale::measure(*setup))).collect();
            running.into_iter().map(std::thread::ScopedJoinHandle::join).collect()
        });
        for outcome in outcomes {
            measured.push(outcome.map_err(|_| "a measurement panicked")??);
        }
        eprintln!("measured {} of {}", measured.len(), setups.len());
    }
    let tables = scale::table::tables(&measured);
    println!("{tables}");
    if let Some(file) = &options.write {
        let written = scale::table::written_into(&std::fs::read_to_string(file)?, &tables)?;
        std::fs::write(file, written)?;
    }
    Ok(())
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
            "--nodes" => options.nodes = Some(number().filter(|nodes| (6..=10_000).contains(nodes))? as usize),
            "--scale" => options.scale = true,
            "--validators" => options.validators = Some(number().filter(|n| (1..=64).contains(n))? as usize),
            "--write" => options.write = Some(arguments.next()?.into()),
            "--restore-validators" => options.restore_validators = true,
            _ => return None,
        }
    }
    Some(options)
}
