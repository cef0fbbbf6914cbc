//! How validators accept records: charters, attestations in batches, certificates, the state root.

pub mod attestation;
pub mod certificate;
pub mod charter;
pub mod checks;
pub mod customs;
pub mod federation;
pub mod founding;
pub mod lineage;
pub mod merkle;
pub mod policy;
pub mod reason;
pub mod state;
pub mod succession;

pub use attestation::{Batch, Class, Entry, Verdict};
pub use certificate::Certificate;
pub use charter::Charter;
pub use customs::Customs;
pub use federation::{may_copy, may_copy_header};
pub use founding::Founding;
pub use lineage::Lineage;
pub use policy::{Action, RiskPolicy};
pub use reason::Reason;
pub use succession::Succession;
