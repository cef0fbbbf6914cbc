//! How much was found, in numbers.

use crate::cli::output::Output;
use crate::cli::show;
use commonwheel_protocol::redact::{Kind, Redactor};
use serde_json::json;
use std::collections::BTreeMap;

/// What was found in all records together.
#[derive(Default)]
pub(super) struct Summary {
    records: u64,
    findings: BTreeMap<Kind, i64>,
    /// Records with more findings than may be shared without a second look.
    quarantine: u64,
}

impl Summary {
    /// Adds what was found in one record.
    pub fn add(&mut self, redactor: &Redactor) {
        self.records += 1;
        self.quarantine += u64::from(redactor.quarantine());
        for (kind, count) in redactor.counts() {
            *self.findings.entry(kind).or_default() += i64::from(count);
        }
    }

    /// Prints it on standard error, as text or as one line of JSON.
    pub fn print(&self, out: Output) {
        let (records, quarantine) = (self.records, self.quarantine);
        let findings: i64 = self.findings.values().sum();
        let redactions: BTreeMap<String, i64> =
            self.findings.iter().map(|(kind, count)| (kind.to_string(), *count)).collect();
        if out.json {
            let value = json!({
                "records": records, "findings": findings, "redactions": redactions, "quarantine": quarantine,
            });
            anstream::eprintln!("{value}");
            return;
        }
        let kinds = if findings > 0 { format!(" ({})", show::counts(&redactions)) } else { String::new() };
        anstream::eprintln!("{findings} findings in {records} record(s){kinds}");
        if quarantine > 0 {
            anstream::eprintln!("{quarantine} record(s) hold more than may be shared without a second look");
        }
    }
}
