use super::text::ROBOTS_BYTES;
use super::*;
use crate::export::fixture::Commons;
use commonwheel_protocol::licence::Licence;
use std::fs;
use tempfile::TempDir;

fn usages(files: &[(&str, &str)]) -> Usages {
    let said = |raw: &str| if raw.is_empty() { Preference::default() } else { Preference::read(raw).unwrap() };
    files.iter().map(|(path, raw)| ((*path).to_owned(), said(raw))).collect()
}

/// What a crawler takes for a path: the rule with the longest path that matches (RFC 9309, section 2.2.2).
fn crawled(robots: &str, path: &str) -> String {
    let rules = robots.lines().filter_map(|line| line.strip_prefix("Content-Usage: ")?.split_once(' '));
    let matching = rules.filter(|(rule, _)| match rule.strip_suffix('$') {
        Some(whole) => whole == path,
        None => path.starts_with(rule),
    });
    matching.max_by_key(|(rule, _)| rule.len()).map(|(_, said)| said.to_owned()).unwrap_or_default()
}

#[test]
fn a_folder_has_one_rule_where_all_in_it_is_alike_and_else_what_holds_for_all() {
    let files = usages(&[
        ("README.md", "train-ai=n"),
        ("data/a/1", "search=y, train-ai=n"),
        ("data/a/2", "search=y, train-ai=n"),
        ("data/b/1", "train-ai=y"),
        ("data/b c*$/1", "search=y"),
    ]);
    let text = robots(&files, "/sets/");
    let expected = "User-agent: *\n\
        Content-Usage: /sets/ train-ai=n\n\
        Content-Usage: /sets/data/a/ search=y, train-ai=n\n\
        Content-Usage: /sets/data/b/ train-ai=y\n\
        Content-Usage: /sets/data/b%20c%2A%24/ search=y\n";
    assert_eq!(text, expected);
    for (path, said) in &files {
        let path = crate::percent::encode(&format!("/sets/{path}"), b"/=");
        assert_eq!(crawled(&text, &path), said.to_string(), "{path}");
    }
    assert_eq!(crawled(&text, "/sets/other"), "train-ai=n");
    assert_eq!(crawled(&text, "/elsewhere"), "");
}

#[test]
fn what_says_nothing_is_never_read_as_a_yes() {
    let text = robots(&usages(&[("a/1", "train-ai=y"), ("a/2", ""), ("b/1", "train-ai=y")]), "/");
    assert_eq!((crawled(&text, "/a/1"), crawled(&text, "/a/2")), ("train-ai=y".to_owned(), String::new()));
    let refused = robots(&usages(&[("a/1", "train-ai=n"), ("a/2", "")]), "/");
    assert_eq!(crawled(&refused, "/a/2"), "train-ai=n", "what lies beside a refusal is refused with it");
}

#[test]
fn a_list_that_no_crawler_would_read_to_its_end_becomes_shorter_and_stricter() {
    let names: Vec<_> = (0..30_000).map(|n| (format!("data/{}/{n}", n % 3), n)).collect();
    let said = |n: i32| if n % 2 == 0 { "train-ai=y" } else { "search=y, train-ai=n" };
    let files: Vec<_> = names.iter().map(|(path, n)| (path.as_str(), said(*n))).collect();
    let text = robots(&usages(&files), "/");
    assert!(text.len() < ROBOTS_BYTES && crawled(&text, "/data/1/10") == "train-ai=n", "{}", text.len());
}

#[test]
fn other_forms_name_each_file_once_with_its_path_as_they_read_it() {
    let files = usages(&[("a b/\"1\"", "train-ai=n;exceptions=cc-cr"), ("data/licence=MIT/1", "search=y"), ("x", "")]);
    let expected = "/a%20b/%221%22\n  Content-Usage: train-ai=n;exceptions=cc-cr\n\
        /data/licence=MIT/1\n  Content-Usage: search=y\n";
    assert_eq!(headers(&files, "/"), expected);
    let map = nginx(&files, "/s/");
    assert!(map.contains("\nmap $uri $content_usage {\n    default \"\";\n"));
    assert!(map.contains("    \"/s/a b/\\\"1\\\"\" \"train-ai=n;exceptions=cc-cr\";\n"));
    assert!(map.contains("    \"/s/data/licence=MIT/1\" \"search=y\";\n") && !map.contains("/s/x"));
    let site = caddy(&files, "/s/");
    assert!(site.contains("    \"~^/s/a\\x20b/\\x221\\x22$\" \"train-ai=n;exceptions=cc-cr\"\n"), "{site}");
    assert!(site.contains("    \"/s/data/licence=MIT/1\" \"search=y\"\n") && !site.contains("/s/x"), "{site}");
}

#[test]
fn nginx_is_given_room_for_the_longest_path_and_for_all_of_them() {
    let room = |path: &str| nginx(&usages(&[(path, "search=y")]), "/");
    // Two pointers, a length and the path, filled up to a pointer: 64 bytes, then more.
    assert!(room(&"a".repeat(38)).contains("map_hash_bucket_size 64;\n"));
    assert!(room(&"a".repeat(64)).contains("map_hash_bucket_size 128;\n"));
    assert!(room(&"a".repeat(300)).contains("map_hash_bucket_size 512;\nmap_hash_max_size 2048;\n"));
    let many: Vec<_> = (0..5000).map(|n| format!("{n}")).collect();
    let many: Vec<_> = many.iter().map(|path| (path.as_str(), "search=y")).collect();
    assert!(nginx(&usages(&many), "/").contains("map_hash_max_size 16384;\n"));
}

#[test]
fn each_file_of_an_export_says_what_holds_for_all_that_is_in_it() {
    let (commons, temp) = (Commons::named("a"), TempDir::new().unwrap());
    let said = ["train-ai=y", "search=y, train-ai=n", "train-ai=n;exceptions=cc-cr"];
    let records = (1..).zip(said).map(|(n, said)| commons.profile(n, Licence::Cc0, said));
    let records: Vec<_> = records.collect();
    commons.export(&commons.store(&records), &temp.path().join("one")).unwrap();
    commons.export(&commons.store(&records[..1]), &temp.path().join("two")).unwrap();
    fs::write(temp.path().join("other"), "no export").unwrap();
    let usages = of_folder(temp.path()).unwrap();
    let expected: BTreeSet<_> = said.iter().map(|raw| Preference::read(raw).unwrap()).collect();
    let of_rows = usages.iter().filter(|(path, _)| path.starts_with("one/data/")).map(|(_, said)| said.clone());
    assert_eq!(of_rows.collect::<BTreeSet<_>>(), expected);
    for name in [names::README, names::OPERATIONS, names::SUMS, names::REVOCATIONS] {
        assert_eq!(usages[&format!("one/{name}")].to_string(), "train-ai=n");
        assert_eq!(usages[&format!("two/{name}")].to_string(), "train-ai=y");
    }
    assert!(!usages.contains_key("other"));
    assert_eq!(of_folder(&temp.path().join("two")).unwrap()[names::README].to_string(), "train-ai=y");
    let text = robots(&usages, "/");
    for (path, said) in &usages {
        assert_eq!(crawled(&text, &format!("/{path}")), said.to_string(), "{path}");
    }
    assert!(matches!(of_folder(&temp.path().join("one/data")), Err(UsageError::NoExport(_))));
}

#[test]
fn a_manifest_with_another_preference_than_any_is_refused() {
    let (commons, temp) = (Commons::named("a"), TempDir::new().unwrap());
    let record = commons.profile(1, Licence::Cc0, "train-ai=y");
    commons.export(&commons.store([&record]), &temp.path().join("one")).unwrap();
    let path = temp.path().join("one").join(names::MANIFEST);
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replace("train-ai=y\"", "train-ai=y\\r\\nX: y\"");
    assert_ne!(changed, text);
    fs::write(&path, changed).unwrap();
    assert!(matches!(of_folder(temp.path()), Err(UsageError::Manifest { .. })));
}
