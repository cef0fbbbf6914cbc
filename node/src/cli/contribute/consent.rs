//! The last question before anything leaves this machine.

use super::interview::WAITS;
use crate::cli::ask;
use crate::cli::output::Output;
use crate::community::printable;
use crate::contribute::Choices;
use commonwheel_protocol::agreement::Charter;
use commonwheel_protocol::agreement::customs::Federated;

/// Asks for consent to share. Of the `records`, `look` keep false alarms;
/// `more` may follow without asking again.
pub(super) fn consent(
    (records, look): (usize, usize),
    more: usize,
    run: &Choices,
    charter: &Charter,
    out: Output,
) -> anyhow::Result<bool> {
    let credit = run.credit.as_ref().map(|name| format!(", credit {}", printable(name))).unwrap_or_default();
    let more = if more > 0 { format!(" (and up to {more} more that follow on the same terms)") } else { String::new() };
    let look = match look {
        0 => String::new(),
        _ => format!("\nFalse alarms stay in the text of {look} record(s): {WAITS}."),
    };
    anstream::eprintln!(
        "\nReady to share {records} record(s){more} with {}:\n  \
         licence {}, preference {}, as {}{credit}.\n\
         With your consent you assure that\n  \
         - you are of age,\n  \
         - you have the right to share this,\n  \
         - it holds no sensitive data about anybody.\n\
         You can withdraw it later; copies that somebody took before then keep this licence.{}{look}",
        printable(&charter.name),
        run.licence,
        run.preference,
        run.mode.name(),
        copied_by(charter, run)
    );
    ask::yes(out, "Sign and share?", false)
}

/// Which other communities may copy what is shared on these terms; nothing when none may.
fn copied_by(charter: &Charter, run: &Choices) -> String {
    let federation = charter.customs.federation.values();
    let may = federation.filter(|one| one.against(run.licence, &run.preference).is_none());
    let line = |one: &Federated| {
        let classes: Vec<_> = one.classes.iter().map(|class| class.as_str()).collect();
        let risk = if classes.is_empty() { "nothing".to_owned() } else { format!("only {}", classes.join(" and ")) };
        format!("\n  {} ({risk} of high risk)", one.community)
    };
    let lines: String = may.map(line).collect();
    match lines.is_empty() {
        true => lines,
        false => format!(
            "\nOn these terms the charter lets other communities copy it into their datasets, where a withdrawal reaches it too:{lines}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contribute::RightsChoice;
    use crate::contribute::choices::{default_licence, preference};
    use commonwheel_protocol::bytes::Cid;
    use commonwheel_protocol::identity::AuthorMode;
    use commonwheel_protocol::preference::Category;
    use commonwheel_protocol::record::content::Label;
    use commonwheel_protocol::redact::RiskClass;

    #[test]
    fn who_may_copy_is_said_before_consent_where_licence_and_preference_let_them() {
        let mut charter = crate::community::testing::charter();
        let one = Federated {
            community: Cid::of_cbor(b"another"),
            licences: [default_licence(&charter)].into(),
            uses: [Category::Evaluate].into(),
            kinds: [].into(),
            classes: [RiskClass::Medical].into(),
        };
        charter.customs.federation.insert(one.community, one.clone());
        let said = |given: &str| {
            let (preference_given, preference) = preference(given).unwrap();
            let run = Choices {
                licence: default_licence(&charter),
                preference_given,
                preference,
                mode: AuthorMode::Pseudonym,
                rights: RightsChoice::Own,
                label: Label::Good,
                language: None,
                model: None,
                credit: None,
            };
            copied_by(&charter, &run)
        };
        assert!(said("evaluate=y, train-ai=n").ends_with(&format!("{} (only medical of high risk)", one.community)));
        assert_eq!(said("train-ai=y"), "", "what is left open is not allowed");
    }
}
