//! How validators accept records: charters, attestations in batches, certificates, the state root.

pub mod attestation;
pub mod certificate;
pub mod charter;
pub mod checks;
pub mod merkle;
pub mod policy;
pub mod state;

pub use attestation::{Batch, Class, Entry, Verdict};
pub use certificate::Certificate;
pub use charter::{Charter, Founding};
pub use policy::{Action, RiskPolicy};
