//! Commonwheel's settings: what comes with it as data, and how it is read.

pub mod charter;
pub mod node;
pub mod ruleset;
pub mod setting;
pub mod terms;
