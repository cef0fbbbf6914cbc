//! A deterministic simulator of a community.
//!
//! It drives the real [`commonwheel_protocol::core::Core`] with bytes, over a simulated network,
//! with stores in memory, in virtual time, from one seed. What drives a core here does what the
//! real node does: `step`, commit the batch, and only then the effects. Start reading at
//! [`plan`] (what is simulated), then [`world`] (how), [`disk`] and [`hostile`] (what goes wrong there),
//! then [`check`] (what must hold). [`scale`] is apart: many nodes, no faults, and counting.

pub mod check;
pub mod community;
pub mod disk;
pub mod hostile;
pub mod introduce;
mod network;
mod node;
mod penalties;
pub mod plan;
mod planted;
mod random;
pub mod records;
pub mod scale;
pub mod world;

pub use disk::Loss;
pub use hostile::Kind;
pub use node::CrashPoint;
pub use plan::{Deed, Forkers, Phase, Plan, Planted, Signers, Voters, Weather};
pub use world::{Report, Violation, run};

/// Why something could not be set up: a fault of the simulator, or of the core.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;
