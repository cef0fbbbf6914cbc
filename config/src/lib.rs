//! Commonwheel's settings: what comes with it as data, and how it is read.

pub mod ruleset;
