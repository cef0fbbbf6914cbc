//! A charter in readable form.

use crate::community::printable;
use commonwheel_config::charter::encryption_key_text;
use commonwheel_config::{ruleset, terms};
use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::{Action, Charter};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;

/// A charter as it is shown, with names for what it names by hash.
#[derive(Serialize)]
pub(super) struct Shown {
    pub(super) id: String,
    name: String,
    scope: String,
    quorum: String,
    n: usize,
    f: usize,
    q: usize,
    validators: Vec<Validator>,
    licences: Vec<&'static str>,
    preference: String,
    bodies: &'static str,
    ruleset: String,
    /// What the community adds to the ruleset: label and pattern.
    patterns: BTreeMap<String, String>,
    /// What is done about each class of high risk.
    risks: BTreeMap<&'static str, &'static str>,
    terms: String,
    numbers: BTreeMap<String, i64>,
    recovery: Vec<String>,
    protocol: i64,
    drafted_s: i64,
}

#[derive(Serialize)]
struct Validator {
    name: String,
    signing: String,
    encryption: String,
}

impl Shown {
    pub(super) fn of(charter: &Charter) -> Self {
        let builtin = ruleset::by_id(&charter.ruleset).map(|rules| format!("{}-{}", rules.name(), rules.version()));
        let validator = |v: &commonwheel_protocol::agreement::charter::Validator| Validator {
            name: printable(&v.name),
            signing: v.signing.to_string(),
            encryption: encryption_key_text(&v.encryption),
        };
        Shown {
            id: charter.id().to_string(),
            name: printable(&charter.name),
            scope: printable(&charter.scope),
            quorum: charter.quorum.meaning(),
            n: charter.quorum.n(),
            f: charter.quorum.f(),
            q: charter.quorum.q(),
            validators: charter.validators.iter().map(validator).collect(),
            licences: charter.licences.iter().map(|licence| licence.spdx()).collect(),
            preference: charter.preference.to_string(),
            bodies: charter.bodies.name(),
            ruleset: builtin.unwrap_or_else(|| charter.ruleset.to_string()),
            patterns: charter.patterns.iter().map(|one| (one.label.clone(), printable(&one.pattern))).collect(),
            risks: charter.risks.iter().map(|(class, action)| (class.as_str(), action.name())).collect(),
            terms: terms::name_of(&charter.terms).map_or_else(|| charter.terms.to_string(), str::to_owned),
            numbers: charter.numbers.clone(),
            recovery: charter.recovery.iter().map(ToString::to_string).collect(),
            protocol: charter.protocol,
            drafted_s: charter.drafted,
        }
    }

    pub(super) fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let number = |name: &str| self.numbers.get(name).copied().unwrap_or(0);
        writeln!(out, "{}\n{}\n", self.name, self.scope)?;
        writeln!(out, "Id           {}", self.id)?;
        writeln!(out, "Agreement    {}", self.quorum)?;
        writeln!(out, "             {} of {} must accept a record", self.q, self.n)?;
        writeln!(out, "Licences     {}", self.licences.join(", "))?;
        writeln!(out, "AI use       {} (offered first; each record can say otherwise)", self.preference)?;
        writeln!(out, "Texts        {}", self.who_sees())?;
        writeln!(out, "Redaction    {}; to a person above {} findings", self.ruleset, number("quarantine_above"))?;
        self.patterns.iter().try_for_each(|(label, pattern)| writeln!(out, "             and {label}: {pattern}"))?;
        let mut heading = "High risk";
        for action in Action::ALL {
            let classes: Vec<_> =
                self.risks.iter().filter(|(_, done)| **done == action.name()).map(|(c, _)| *c).collect();
            if !classes.is_empty() {
                writeln!(out, "{heading:<12} {}: {}", action.meaning(), classes.join(", "))?;
                heading = "";
            }
        }
        writeln!(out, "Terms        {}", self.terms)?;
        writeln!(
            out,
            "Limits       {} bytes a text; {} records an author and hour",
            number("body_bytes"),
            number("records_per_author_per_hour")
        )?;
        writeln!(
            out,
            "To erase     waiting texts after {} days, refused ones after {}",
            number("waiting_days"),
            number("refused_days")
        )?;
        writeln!(
            out,
            "Record time  at most {} hours in the past, {} in the future",
            number("past_hours"),
            number("future_hours")
        )?;
        writeln!(out, "Releases     every {} days", number("release_cadence_days"))?;
        writeln!(out, "Recovery     {}", if self.recovery.is_empty() { "no keys" } else { "by these keys:" })?;
        self.recovery.iter().try_for_each(|key| writeln!(out, "             {key}"))?;
        writeln!(out, "Drafted      {}, protocol version {}", date(self.drafted_s), self.protocol)?;
        writeln!(out, "Validators")?;
        for validator in &self.validators {
            writeln!(out, "  {}", validator.name)?;
            writeln!(out, "    signing    {}", validator.signing)?;
            writeln!(out, "    encryption {}", validator.encryption)?;
        }
        Ok(())
    }

    fn who_sees(&self) -> &'static str {
        match BodyAccess::named(self.bodies) {
            Some(BodyAccess::OnCertificate) => "for everybody, once accepted; until then for validators alone",
            Some(BodyAccess::OnRelease) => "for everybody, once in a release; until then for validators alone",
            Some(BodyAccess::Gated) | None => "for validators, and for those whom they admit",
        }
    }
}

/// The day of a moment, in UTC: `2026-11-22`. From the proleptic Gregorian calendar's cycle of
/// 400 years (146,097 days), with years that begin in March so that leap days come last.
pub(super) fn date(unix_s: i64) -> String {
    let days = unix_s.div_euclid(86_400) + 719_468; // since 0000-03-01
    let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153; // 0 is March
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", 400 * cycle + year + carry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (unix_s, day) in [
            (0, "1970-01-01"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_800_000_000, "2027-01-15"),
            (4_107_542_399, "2100-02-28"),
            (4_107_542_400, "2100-03-01"),
            (-1, "1969-12-31"),
        ] {
            assert_eq!(date(unix_s), day);
        }
    }
}
