//! A charter in readable form.

use crate::cli::status::print_governance;
use crate::community::printable;
use crate::govern::Governance;
use crate::govern::words::{self, date};
use commonwheel_config::charter::encryption_key_text;
use commonwheel_config::{ruleset, terms};
use commonwheel_protocol::agreement::charter::BodyAccess;
use commonwheel_protocol::agreement::customs::Membership;
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
    customs: Customs,
    /// What it succeeds; nothing for a first charter.
    succeeds: Option<Succeeds>,
    /// How the community is governed now; nothing for a draft.
    governance: Option<Governance>,
}

/// Who contributes and who may copy.
#[derive(Serialize)]
struct Customs {
    membership: &'static str,
    languages: Vec<String>,
    export_notes: bool,
    /// How many of a thousand authors' records are kept apart for evaluation.
    #[serde(skip_serializing_if = "Option::is_none")]
    evaluation: Option<i64>,
    federation: Vec<Federated>,
}

/// What another community may copy.
#[derive(Serialize)]
pub(in crate::cli) struct Federated {
    pub community: String,
    pub licences: Vec<&'static str>,
    pub uses: Vec<&'static str>,
    pub kinds: Vec<String>,
    /// Classes of high risk that may be copied all the same.
    pub classes: Vec<&'static str>,
}

impl Federated {
    pub(in crate::cli) fn of(one: &commonwheel_protocol::agreement::customs::Federated) -> Self {
        Federated {
            community: one.community.to_string(),
            licences: one.licences.iter().map(|licence| licence.spdx()).collect(),
            uses: one.uses.iter().map(|category| category.label()).collect(),
            kinds: one.kinds.iter().cloned().collect(),
            classes: one.classes.iter().map(|class| class.as_str()).collect(),
        }
    }

    /// Who may copy what, in a line.
    pub(in crate::cli) fn line(&self) -> String {
        format!("{} may copy {}", self.community, self.what())
    }

    /// What may be copied, in a line.
    pub(in crate::cli) fn what(&self) -> String {
        let uses = match self.uses.is_empty() {
            true => "whatever the preference".to_owned(),
            false => format!("if they allow {}", self.uses.join(" and ")),
        };
        let kinds = if self.kinds.is_empty() { "records".to_owned() } else { self.kinds.join(" and ") };
        let classes = match self.classes.is_empty() {
            true => "nothing of high risk".to_owned(),
            false => format!("of high risk only {}", self.classes.join(" and ")),
        };
        format!("{kinds} under {}, {uses}; {classes}", self.licences.join(", "))
    }
}

/// The place that a successor takes.
#[derive(Serialize)]
struct Succeeds {
    community: String,
    predecessor: String,
    round: i64,
    closing: Vec<String>,
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
            customs: Customs {
                membership: charter.customs.membership.name(),
                languages: charter.customs.languages.iter().cloned().collect(),
                export_notes: charter.customs.export_notes,
                evaluation: charter.customs.evaluation,
                federation: charter.customs.federation.values().map(Federated::of).collect(),
            },
            succeeds: charter.succeeds.as_ref().map(|succeeds| Succeeds {
                community: succeeds.community.to_string(),
                predecessor: succeeds.predecessor.to_string(),
                round: succeeds.round,
                closing: words::ids(&succeeds.closing),
            }),
            governance: None,
        }
    }

    /// The same, with how the community is governed now.
    pub(super) fn governed(self, governance: Governance) -> Self {
        Shown { governance: Some(governance), ..self }
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
        self.write_customs(out)?;
        writeln!(out, "Recovery     {}", if self.recovery.is_empty() { "no keys" } else { "by these keys:" })?;
        self.recovery.iter().try_for_each(|key| writeln!(out, "             {key}"))?;
        writeln!(out, "Drafted      {}, protocol version {}", date(self.drafted_s), self.protocol)?;
        writeln!(out, "Validators")?;
        for validator in &self.validators {
            writeln!(out, "  {}", validator.name)?;
            writeln!(out, "    signing    {}", validator.signing)?;
            writeln!(out, "    encryption {}", validator.encryption)?;
        }
        if let Some(succeeds) = &self.succeeds {
            writeln!(out, "Succeeds     {} in round {}", succeeds.predecessor, succeeds.round)?;
            writeln!(out, "             in the community {}", succeeds.community)?;
            writeln!(out, "             keeping {} release(s) and decision(s)", succeeds.closing.len())?;
        }
        match &self.governance {
            Some(governance) => {
                writeln!(out)?;
                print_governance(out, governance)
            }
            None => Ok(()),
        }
    }

    fn write_customs(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let customs = &self.customs;
        let members = match Membership::named(customs.membership) {
            Some(Membership::Invited) => "only those whom a validator has admitted",
            Some(Membership::Sponsored) => {
                "those whom a validator, or a member whom a validator admitted, has admitted"
            }
            Some(Membership::Open) | None => "any key",
        };
        writeln!(out, "Contribute   {members}")?;
        if !customs.languages.is_empty() {
            writeln!(out, "Languages    {}", customs.languages.join(", "))?;
        }
        let notes = if customs.export_notes { "are" } else { "are not" };
        writeln!(out, "Notes        of members {notes} exported beside the records")?;
        if let Some(share) = customs.evaluation {
            writeln!(
                out,
                "Evaluation   the records of {share} of 1,000 authors are kept apart, and in no export for training"
            )?;
        }
        customs.federation.iter().try_for_each(|one| writeln!(out, "Federation   {}", one.line()))
    }

    fn who_sees(&self) -> &'static str {
        match BodyAccess::named(self.bodies) {
            Some(BodyAccess::OnCertificate) => "for everybody, once accepted; until then for validators alone",
            Some(BodyAccess::OnRelease) => "for everybody, once in a release; until then for validators alone",
            Some(BodyAccess::Gated) | None => "for validators, and for those whom they admit",
        }
    }
}
