//! Why a record is not accepted, as a closed list: a code for its author, a coarse class for everyone.

use super::attestation::{Class, Verdict};

/// Which check failed. The author sees the code and the detail; everyone else the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The charter does not allow the licence.
    Licence,
    /// Other terms than the charter's were accepted.
    Terms,
    /// Another ruleset than the charter's, or other patterns, redacted it.
    Ruleset,
    /// An assurance is missing.
    Assurances,
    /// Outside the charter's time window.
    Time,
    /// Too large, or not the body that the header names.
    Size,
    /// The bytes are not a body.
    Body,
    /// A correction that names nothing, or a record that names what it corrects and is none.
    Corrects,
    /// A note about nothing, or a record that names what it is about and is neither note nor petition.
    About,
    /// It revises a record of another key.
    Revises,
    /// In a language that the charter does not list.
    Language,
    /// The preference given and the canonical one differ.
    Preference,
    /// The second redaction pass found something, or not what was declared.
    PersonalData,
    /// Of a class of high risk that the charter blocks.
    Blocked,
    /// Too many records of its author in an hour.
    Rate,
    /// Its author has shared exactly this before.
    OwnDuplicate,
    /// Of a class of high risk that a person looks at.
    HighRisk,
    /// Its author declared false alarms.
    FalseAlarms,
    /// Another author has shared exactly this.
    SameAsAnothers,
    /// Another author has shared nearly this.
    LikeAnothers,
    /// For now the community accepts less than this preference allows.
    HeldBack,
    /// The community has banned the key.
    Banned,
    /// Nobody who may has admitted the key.
    NotAdmitted,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 23] = [
        Reason::Licence,
        Reason::Terms,
        Reason::Ruleset,
        Reason::Assurances,
        Reason::Time,
        Reason::Size,
        Reason::Body,
        Reason::Corrects,
        Reason::About,
        Reason::Revises,
        Reason::Language,
        Reason::Preference,
        Reason::PersonalData,
        Reason::Blocked,
        Reason::Rate,
        Reason::OwnDuplicate,
        Reason::HighRisk,
        Reason::FalseAlarms,
        Reason::SameAsAnothers,
        Reason::LikeAnothers,
        Reason::HeldBack,
        Reason::Banned,
        Reason::NotAdmitted,
    ];

    /// The reason's name, the same for ever: its class and what exactly.
    pub fn code(self) -> &'static str {
        match self {
            Reason::Licence => "licence.not-allowed",
            Reason::Terms => "terms.not-current",
            Reason::Ruleset => "terms.other-ruleset",
            Reason::Assurances => "terms.assurance-missing",
            Reason::Time => "time.outside-window",
            Reason::Size => "size.not-as-named",
            Reason::Body => "schema.not-a-body",
            Reason::Corrects => "schema.correction-link",
            Reason::About => "schema.about-link",
            Reason::Revises => "schema.revises-anothers",
            Reason::Language => "schema.language-not-listed",
            Reason::Preference => "preference.differs",
            Reason::PersonalData => "personal-data.found",
            Reason::Blocked => "sensitive.blocked",
            Reason::Rate => "rate.author",
            Reason::OwnDuplicate => "duplicate.own",
            Reason::HighRisk => "review.high-risk",
            Reason::FalseAlarms => "review.false-alarms",
            Reason::SameAsAnothers => "review.same-as-anothers",
            Reason::LikeAnothers => "review.like-anothers",
            Reason::HeldBack => "preference.held-back",
            Reason::Banned => "membership.banned",
            Reason::NotAdmitted => "membership.not-admitted",
        }
    }

    /// What the public may know of it.
    pub fn class(self) -> Class {
        match self {
            Reason::Licence => Class::Licence,
            Reason::Terms | Reason::Ruleset | Reason::Assurances => Class::Terms,
            Reason::Time => Class::Time,
            Reason::Size => Class::Size,
            Reason::Body | Reason::Corrects | Reason::About | Reason::Revises | Reason::Language => Class::Schema,
            Reason::Preference | Reason::HeldBack => Class::Preference,
            Reason::Banned | Reason::NotAdmitted => Class::Membership,
            Reason::PersonalData => Class::PersonalData,
            Reason::Blocked => Class::Sensitive,
            Reason::Rate => Class::Rate,
            Reason::OwnDuplicate => Class::Duplicate,
            Reason::HighRisk | Reason::FalseAlarms | Reason::SameAsAnothers | Reason::LikeAnothers => Class::Review,
        }
    }

    /// Whether it waits for a person to look, rather than being refused.
    pub fn needs_person(self) -> bool {
        self.class() == Class::Review
    }

    /// What is attested.
    pub fn verdict(self) -> Verdict {
        match self.needs_person() {
            true => Verdict::Quarantine(self.class()),
            false => Verdict::Reject(self.class()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_code_is_a_reason_s_own_and_begins_with_its_class() {
        let codes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(reason.code().split('.').next(), Some(reason.class().name()), "{reason:?}");
        }
        let classes: BTreeSet<_> = Reason::ALL.iter().map(|reason| reason.class()).collect();
        assert_eq!(classes.into_iter().collect::<Vec<_>>(), Class::ALL, "every class has a reason");
    }

    #[test]
    fn what_a_person_looks_at_is_never_refused() {
        for reason in Reason::ALL {
            assert_eq!(matches!(reason.verdict(), Verdict::Quarantine(Class::Review)), reason.needs_person());
        }
    }
}
