//! Bundles: texts that follow from what is here, whatever strangers wrote into it.

use super::*;
use crate::export::Which;
use crate::export::events::Events;
use crate::export::fixture::{Certified, Commons};
use commonwheel_protocol::bytes::{Node, encode};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

const HOSTILE: &str = "\"---\"\n---\n# <script>alert(1)</script> | [x](javascript:1) ``` : {a} 'b' \\ \u{202e}\u{2066}\u{2028}\u{85}\u{0}é{{ 7 * 7 }}{% raw %}";

struct Case {
    commons: Commons,
    records: Vec<Certified>,
    temp: TempDir,
}

impl Case {
    /// A community, its validators and a profile under this name, which also says everything else that is said freely.
    fn named(name: &str) -> Case {
        let commons = Commons::with(name, |charter| {
            charter.scope = name.to_owned();
            charter.validators.iter_mut().for_each(|validator| validator.name = name.to_owned());
        });
        let said = |key: &'static str| (key, Some(Node::text(name)));
        let by = |by: &str| ("by", Some(Node::text(by)));
        let third = Node::map([by("third-party"), said("source"), said("licence")]);
        let rights = || Some(Node::List(vec![third.clone(), Node::map([by("model"), said("model")])]));
        let sure = ["has_rights", "no_sensitive_data", "of_age"].map(|one| (one, Some(Node::Bool(true))));
        let body = |kind: &str, salt: u8, more: &[(&'static str, Option<Node>)]| {
            let fixed =
                [("kind", Some(Node::text(kind))), ("salt", Some(Node::bytes([salt; 32]))), ("rights", rights())];
            let free = ["name", "attribution", "model", "imported_from", "title"].map(said);
            encode(&Node::map(fixed.into_iter().chain(free).chain(more.iter().cloned())))
        };
        let profile = [
            ("preference_given", Some(Node::text("train-ai=n;exceptions=cc-cr, search=y"))),
            ("vocabulary", Some(Node::text("ietf-aipref-07"))),
            ("assurances", Some(Node::map(sure))),
        ];
        let to_come = ["language", "label", "a column: of - its own"].map(said);
        let mut records = vec![commons.certified(1, body("profile", 1, &profile))];
        records.extend([3, 13].map(|n| commons.certified(n, body(name, n, &to_come))));
        let case = Case { commons, records, temp: TempDir::new().unwrap() };
        case.commons.export(&case.commons.store(&case.records), &case.dir()).unwrap();
        case
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.dir().join(name)).unwrap()
    }
}

/// For readers that share no code with this one.
pub(super) fn write_for_readers(folder: &Path) {
    let case = Case::named(HOSTILE);
    case.commons.export(&case.commons.store(&case.records), &folder.join("with-hostile-names")).unwrap();
}

const TEXTS: [&str; 7] =
    ["README.md", "DATASHEET.md", "LICENSE.md", "ATTRIBUTION.md", "CITATION.cff", "RELEASE-NOTES.md", "croissant.json"];

#[test]
fn what_strangers_wrote_changes_no_structure() {
    let (hostile, plain) = (Case::named(HOSTILE), Case::named("a"));
    let checked = verify(&hostile.dir(), &Expected::default(), &mut |_, _| {});
    assert!(checked.is_ok(), "{checked:?}");
    let shown = |case: &Case, name: &str| {
        let text = case.text(name);
        let fences = text.lines().filter(|line| line.starts_with("```")).count();
        (text.lines().count(), text.matches("\n---\n").count(), fences)
    };
    for name in TEXTS {
        let text = hostile.text(name);
        if name != "README.md" {
            assert_eq!(shown(&hostile, name), shown(&plain, name), "{name}");
        }
        assert!(!text.contains(['\u{202e}', '\u{2066}', '\u{2028}', '\u{85}', '\0']), "{name}");
        assert!(!text.contains("49"), "{name} is filled once, not twice");
    }
    let readme = hostile.text("README.md");
    let card = readme.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).unwrap().0;
    let pretty = card.lines().find_map(|line| line.strip_prefix("pretty_name: ")).unwrap();
    let pretty: String = serde_json::from_str(pretty).unwrap();
    let croissant: Value = serde_json::from_str(&hostile.text("croissant.json")).unwrap();
    assert_eq!(croissant["name"], pretty);
    assert!(pretty.starts_with("\"---\" --- # <script>") && pretty.contains("{{ 7 * 7 }}"), "{pretty}");
    for name in ["README.md", "DATASHEET.md", "ATTRIBUTION.md"] {
        let text = hostile.text(name);
        let prose = text.rsplit("\n---\n").next().unwrap();
        let outside = prose.lines().filter(|line| !line.starts_with("    "));
        assert!(outside.into_iter().all(|line| !line.replace("\\<", "").contains("<script")), "{name}");
    }
}

#[test]
fn a_changed_byte_in_any_text_of_an_editions_bundle_is_found_and_named() {
    let (events, temp) = (Events::new(), TempDir::new().unwrap());
    let dir = temp.path().join("out");
    events.commons.export_release(&events.store(), &dir, Some(Which::Latest)).unwrap();
    let all: BTreeMap<_, _> = folder::files(&dir)
        .unwrap()
        .into_iter()
        .map(|path| (path.clone(), fs::read(dir.join(&path)).unwrap()))
        .collect();
    let texts =
        TEXTS.into_iter().chain(["attribution.jsonl", "release.json", "LICENSES/CC0-1.0.txt", "LICENSES/MIT.txt"]);
    for path in texts {
        for at in [0, all[path].len() / 2, all[path].len() - 1] {
            let mut changed = all[path].clone();
            changed[at] ^= 1;
            fs::write(dir.join(path), &changed).unwrap();
            let sum = |(name, bytes): (&String, &Vec<u8>)| {
                let bytes = if name == path { &changed } else { bytes };
                format!("{}  {name}\n", HEXLOWER.encode(&Sha256::digest(bytes)))
            };
            let sums: String = all.iter().filter(|(name, _)| *name != names::SUMS).map(sum).collect();
            fs::write(dir.join(names::SUMS), sums).unwrap();
            let Err(VerifyError::Failed(problems)) = verify(&dir, &Expected::default(), &mut |_, _| {}) else {
                panic!("{path} with another byte at {at} is verified")
            };
            assert!(problems.iter().any(|problem| problem.to_string().contains(path)), "{path}: {problems:?}");
        }
        fs::write(dir.join(path), &all[path]).unwrap();
    }
    fs::write(dir.join(names::SUMS), &all[names::SUMS]).unwrap();
    assert!(verify(&dir, &Expected::default(), &mut |_, _| {}).is_ok());
}

#[test]
fn a_bundle_holds_the_texts_of_the_licences_that_rows_carry_and_no_other() {
    let case = Case::named("a");
    let files = folder::files(&case.dir()).unwrap();
    let legal: Vec<_> = files.iter().filter_map(|path| path.strip_prefix("LICENSES/")).collect();
    assert_eq!(legal, ["CC-BY-4.0.txt", "CC0-1.0.txt"]);
    assert!(!files.contains("release.json"), "a state has no release");
}

#[test]
fn authors_are_credited_by_name_where_they_have_one_and_anonymous_ones_are_not_told_apart() {
    let case = Case::named("a");
    let lines: Vec<Value> =
        case.text("attribution.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |what: &str| lines.iter().filter(|line| line["what"] == what).cloned().collect::<Vec<_>>();
    let names: Vec<_> = of("author").iter().map(|line| line["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.iter().filter(|name| *name == "a").count(), 1, "one profile: {lines:?}");
    let anonymous: Vec<_> = of("author").into_iter().filter(|line| line["author"] == "").collect();
    assert_eq!(anonymous.len(), 1);
    assert_eq!(anonymous[0]["name"], "");
    assert!(of("source").iter().all(|line| line["source"] == "a" && line["source_licence"] == "a"));
    let rows = |what: &str| of(what).iter().map(|line| line["rows"].as_u64().unwrap()).sum::<u64>();
    assert_eq!((rows("author"), rows("source"), rows("model")), (3, 3, 3));
}
