//! What the benchmark and the adapter share: the redactors, each behind the same two questions.

pub mod chance;
pub mod corpus;
pub mod engine;
