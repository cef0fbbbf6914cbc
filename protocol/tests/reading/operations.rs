//! What the code finds in operations other than records.

use commonwheel_protocol::agreement::merkle;
use commonwheel_protocol::operation::equivocation::Contradiction;
use commonwheel_protocol::operation::release::ReleaseRow;
use commonwheel_protocol::operation::{Matter, Operation};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

/// Its kind, its community, who signs, and about what.
pub fn facts(operation: &Operation) -> Value {
    let mut facts = match operation {
        Operation::Withdrawal(one) => {
            let author = one.header().header().author.to_string();
            json!({ "kind": "withdrawal", "record": one.record().to_string(), "author": author })
        }
        Operation::Flag(one) => {
            json!({ "kind": "flag", "member": one.member.to_string(), "record": one.record.to_string() })
        }
        Operation::Support(one) => {
            json!({ "kind": "support", "member": one.member.to_string(), "petition": one.petition.to_string() })
        }
        Operation::Membership(one) => {
            json!({ "kind": "membership", "sponsor": one.sponsor.to_string(), "member": one.member.to_string() })
        }
        Operation::Motion(one) => matter("motion", &one.matter, "signer", json!(one.signer.to_string())),
        Operation::Resolution(one) => {
            matter("resolution", one.matter(), "signers", one.signers().map(ToString::to_string).collect())
        }
        Operation::Equivocation(one) => {
            let (what, of) = match one.contradiction {
                Contradiction::Number(number) => ("number", json!(number)),
                Contradiction::Verdict(record) => ("verdict", json!(record.to_string())),
                Contradiction::Round(round) => ("round", json!(round)),
            };
            json!({ "kind": "equivocation", "charter": one.charter.to_string(),
                "validator": one.validator.to_string(), "contradiction": what, "of": of })
        }
    };
    facts["community"] = json!(operation.community().to_string());
    facts
}

fn matter(kind: &str, matter: &Matter, signer: &str, who: Value) -> Value {
    let mut facts = json!({ "kind": kind, "charter": matter.charter().to_string(), "matter": matter.id().to_string() });
    facts[signer] = who;
    facts
}

/// How many rows a page has, and the root over them alone.
pub fn page_facts(rows: &[ReleaseRow]) -> Value {
    let leaves: Vec<_> = rows.iter().map(ReleaseRow::leaf).collect();
    json!({ "rows": rows.len(), "root": HEXLOWER.encode(&merkle::root(&leaves)) })
}
