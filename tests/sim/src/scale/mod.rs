//! How traffic and delay grow with the number of nodes and of validators.
//!
//! Real cores in a mesh as gossip makes it, every hop with the same delay, nothing lost: what is
//! counted is what the protocol sends. Start at [`measure`]; the mesh is in `mesh`, the event loop in
//! `engine`, what is counted in `tally`, how it is written in `table`.

mod engine;
mod mesh;
mod seeded;
pub mod table;
mod tally;

pub use tally::{Part, Tally};

use crate::Failed;
use engine::Engine;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Nodes in all; the author is one more.
    pub nodes: usize,
    /// Validators among them.
    pub validators: usize,
    /// From which the mesh and the moments of ticks follow.
    pub seed: u64,
}

/// How long one hop takes.
pub const DELAY_MS: u64 = 50;
/// Between two ticks of a node, as in the real driver.
pub const TICK_MS: u64 = 100;
/// The same of validators and author when what ticks cost is to be left out.
pub const FINE_TICK_MS: u64 = 1;
/// Records certified before, on every node: more than reconciliation lists one by one.
pub const RECORDS_BEFORE: usize = 40;
/// Records contributed one after the other in the first part.
pub const APART: usize = 4;
/// Records contributed together in the second part.
pub const TOGETHER: usize = 16;
/// Bytes of filler in each body.
pub const BODY_BYTES: usize = 1_000;

/// Each part of a measurement lasts two of the core's regular rounds of questions.
const WINDOW_MS: u64 = 10_000;
/// Until every node has met its neighbours and asked them once.
const WARM_UP_MS: u64 = 11_000;

/// When records were certified, in milliseconds after their author handed them over; the mean of
/// several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// On the first node.
    pub first_ms: u64,
    /// On half of the nodes.
    pub half_ms: u64,
    /// On 99 of a hundred.
    pub most_ms: u64,
    /// On every node.
    pub all_ms: u64,
}

/// What one record costs, beyond what is sent without any.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cost {
    /// What a node that is no validator receives for one record.
    pub replica: Tally,
    /// What a validator receives for it.
    pub validator: Tally,
    /// How long it took.
    pub times: Times,
}

/// What was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Of what.
    pub setup: Setup,
    /// The charter's q.
    pub quorum: usize,
    /// What a node that is no validator receives in a second in which nothing happens.
    pub idle: Tally,
    /// The same of a validator.
    pub idle_validator: Tally,
    /// What a node that is no validator receives more in a second, while a refused record waits.
    pub refused: Tally,
    /// Each of [`APART`] records, one after the other.
    pub alone: Cost,
    /// Each of [`TOGETHER`] records that are handed over at once.
    pub together: Cost,
    /// One record by itself when ticks cost nothing.
    pub fine: Times,
}

/// Measures one setup.
///
/// # Errors
/// When a node blames another or a store fails, or a record is not accepted: faults of the
/// simulator or of the core.
pub fn measure(setup: Setup) -> Result<Measured, Failed> {
    let mut engine = Engine::new(setup)?;
    engine.run_for(WARM_UP_MS)?;
    let (idle, idle_validator) = engine.count(WINDOW_MS)?;
    let alone = cost(&mut engine, (APART, 1), (&idle, &idle_validator))?;
    let together = cost(&mut engine, (1, TOGETHER), (&idle, &idle_validator))?;
    engine.tick_finely(true);
    engine.run_for(2 * TICK_MS)?;
    let contributed = engine.contribute(1)?;
    engine.run_for(WINDOW_MS / 5)?;
    let fine = engine.times(&contributed)?;
    engine.tick_finely(false);
    engine.contribute_refused()?;
    engine.run_for(WINDOW_MS)?;
    let seconds = WINDOW_MS as f64 / 1000.0;
    let refused = engine.count(WINDOW_MS)?.0.minus(&idle).over(seconds);
    let quorum = engine.quorum();
    let (idle, idle_validator) = (idle.over(seconds), idle_validator.over(seconds));
    Ok(Measured { setup, quorum, idle, idle_validator, refused, alone, together, fine })
}

/// What a record costs of which so many are handed over so many times in a window.
fn cost(
    engine: &mut Engine,
    (times, records): (usize, usize),
    (idle, idle_validator): (&Tally, &Tally),
) -> Result<Cost, Failed> {
    engine.forget_received();
    let mut contributed = Vec::new();
    for _ in 0..times {
        contributed.extend(engine.contribute(records)?);
        // Not a multiple of what lies between two ticks.
        engine.run_for(WINDOW_MS / times as u64 - 37)?;
    }
    let (replica, validator) = engine.count_more(37 * times as u64)?;
    let all = (times * records) as f64;
    let per_record = |received: Tally, idle: &Tally| received.minus(idle).over(all);
    Ok(Cost {
        replica: per_record(replica, idle),
        validator: per_record(validator, idle_validator),
        times: engine.times(&contributed)?,
    })
}
