//! A charter's customs: who contributes, in which languages, what of the talk is exported, who may copy.

use super::nonempty;
use crate::node::{LICENCES, licence};
use crate::setting::{SettingError, Table};
use commonwheel_protocol::agreement::Customs;
use commonwheel_protocol::agreement::customs::{EVALUATION_MOST, Federated, Membership, is_word};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::limits::{FEDERATED, LANGUAGES};
use commonwheel_protocol::preference::Category;
use commonwheel_protocol::redact::RiskClass;
use toml::Value;

const LANGUAGE: &str = "a primary language subtag in lower case, such as \"es\"";
const COMMUNITY: &str = "a community's id, as `commonwheel community list` prints it";
const USE: &str = "a use, one of evaluate, search and train-ai";
const KIND: &str = "a kind of record, such as \"chat\"";
const CLASS: &str =
    "a class of high risk, one of minors, medical, biometric, location, credentials and prompt-injection";

/// The customs in a charter's file; what it leaves out is as usual.
pub(super) fn read(top: &mut Table) -> Result<Customs, SettingError> {
    let mut table = top.table("customs")?;
    let membership = table.value_opt("membership", "open, invited or sponsored", |v| Membership::named(v.as_str()?))?;
    let languages = table.list_opt("languages", LANGUAGE, language)?.unwrap_or_default();
    let export_notes = table.value_opt("export_notes", "true or false", Value::as_bool)?.unwrap_or(false);
    let share = "how many of a thousand authors' records are kept apart for evaluation, 1 to 500";
    let evaluation = table
        .value_opt("evaluation", share, |v| v.as_integer().filter(|share| (1..=EVALUATION_MOST).contains(share)))?;
    table.end()?;
    let federation = top.tables("federation")?.into_iter().map(federated).collect::<Result<Vec<_>, _>>()?;
    within("customs.languages", languages.len(), LANGUAGES)?;
    within("federation", federation.len(), FEDERATED)?;
    let mut customs = Customs {
        membership: membership.unwrap_or_default(),
        languages: languages.into_iter().collect(),
        export_notes,
        evaluation,
        ..Customs::default()
    };
    for (at, one) in federation.into_iter().enumerate() {
        if customs.federation.insert(one.community, one).is_some() {
            let key = format!("federation[{at}].community");
            return Err(SettingError::Rule { key, why: "this community stands there already; name each once".into() });
        }
    }
    Ok(customs)
}

fn federated(mut table: Table) -> Result<Federated, SettingError> {
    let key = table.key("licences");
    let federated = Federated {
        community: table.value("community", COMMUNITY, |v| v.as_str()?.parse::<Cid>().ok())?,
        licences: table.list_opt("licences", LICENCES, licence)?.unwrap_or_default().into_iter().collect(),
        uses: table
            .list_opt("uses", USE, |v| Category::labelled(v.as_str()?))?
            .unwrap_or_default()
            .into_iter()
            .collect(),
        kinds: table.list_opt("kinds", KIND, word)?.unwrap_or_default().into_iter().collect(),
        classes: table
            .list_opt("classes", CLASS, |v| RiskClass::named(v.as_str()?))?
            .unwrap_or_default()
            .into_iter()
            .collect(),
    };
    table.end()?;
    match federated.licences.is_empty() {
        true => Err(SettingError::Missing { key, expected: "at least one licence that may be copied".into() }),
        false => Ok(federated),
    }
}

fn within(key: &str, found: usize, most: usize) -> Result<(), SettingError> {
    match found <= most {
        true => Ok(()),
        false => Err(SettingError::Rule { key: key.into(), why: format!("expected at most {most}; found {found}") }),
    }
}

fn word(value: &Value) -> Option<String> {
    nonempty(value).filter(|text| is_word(text))
}

fn language(value: &Value) -> Option<String> {
    word(value).filter(|text| (2..=3).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_lowercase()))
}
