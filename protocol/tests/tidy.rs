//! Rules about the source, as tests: who may depend on whom, what the pure crate may not touch, who
//! may name unredacted text, what must not be left lying about, and that documents point at files.
//!
//! [`broken`] is a function of a list of files, so that each rule is seen to fail on a made-up tree.

use std::fs;
use std::path::{Path, PathBuf};

/// Lines in one Rust file.
const MOST_LINES: usize = 500;
/// Our packages, the folder of each, and which of ours it may depend on.
const PACKAGES: [(&str, &str, &[&str]); 5] = [
    ("commonwheel-protocol", "protocol", &[]),
    ("commonwheel-storage", "storage", &["commonwheel-protocol"]),
    ("commonwheel-config", "config", &["commonwheel-protocol"]),
    ("commonwheel", "node", &["commonwheel-protocol", "commonwheel-storage", "commonwheel-config"]),
    ("sim", "tests/sim", &["commonwheel-protocol", "commonwheel-storage", "commonwheel-config"]),
];
/// Packages from elsewhere, by the beginning of their names, and the folders that may depend on them.
const FENCED: [(&str, &[&str]); 4] =
    [("tokio", &["node"]), ("libp2p", &["node"]), ("sled", &["storage"]), ("tantivy", &["storage"])];
/// What would make the pure crate depend on where and when it runs. Addresses of `std::net` are
/// only numbers; its sockets are not.
const IMPURE: [&str; 17] = [
    "SystemTime",
    "Instant",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "ToSocketAddrs",
    "HashMap",
    "HashSet",
    "RandomState",
    "rand",
    "getrandom",
    "OsRng",
    "use std::{",
];
/// Where unredacted text may be named: its type, the redactor, the importers, and what hands the
/// one to the other. Tests, examples and benches redact text of their own making.
const RAW: [&str; 12] = [
    "protocol/src/text.rs",
    "protocol/src/redact/",
    "node/src/import/",
    "node/src/contribute/notes/tests.rs",
    "node/src/contribute/prepare.rs",
    "node/src/cli/contribute/correct.rs",
    "node/src/cli/redact.rs",
    "node/src/cli/contribute/sharing/tests.rs",
    "node/src/contribute/sign.rs",
    "node/src/export/fixture.rs",
    "node/src/verify/view_tests.rs",
    "node/src/verify/overlap_tests.rs",
];
/// Where something may be printed.
const PRINTS: [&str; 3] = ["node/src/cli/", "node/src/main.rs", "node/src/demo/"];
/// The marks of unfinished work, and what prints without asking how.
const LEFTOVERS: [&str; 3] = ["dbg!", "todo!", "unimplemented!"];
const PRINTERS: [&str; 4] = ["println!", "eprintln!", "print!", "eprint!"];

#[test]
fn the_source_keeps_its_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let files = files(&root);
    assert!(files.iter().filter(|file| file.path.ends_with(".rs")).count() > 100, "the walker finds the source");
    let broken = broken(&files);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// A text file of the workspace.
struct File {
    /// From the workspace's root, with `/`.
    path: String,
    text: String,
}

/// Every file below a folder whose rules are tested, in order; no hidden folders, no build output.
fn files(root: &Path) -> Vec<File> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
            let from_root = path.strip_prefix(root).expect("below the root").to_string_lossy().replace('\\', "/");
            if path.is_dir() {
                if !name.starts_with('.') && name != "target" && name != "node_modules" {
                    folders.push(path);
                }
            } else if [".rs", ".toml", ".md"].iter().any(|ending| name.ends_with(ending)) {
                files.push(File { path: from_root, text: fs::read_to_string(&path).expect("a text file") });
            } else {
                // What documents may point at; its content does not matter.
                files.push(File { path: from_root, text: String::new() });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files
}

/// Every breach of a rule: the file, the line where there is one, and what to do.
fn broken(files: &[File]) -> Vec<String> {
    let mut broken = Vec::new();
    for file in files {
        if file.path.ends_with("Cargo.toml") {
            dependencies(file, &mut broken);
        } else if file.path.ends_with(".rs") {
            rust(file, &mut broken);
        } else if file.path.ends_with(".md") {
            document(file, files, &mut broken);
        }
    }
    broken
}

fn dependencies(file: &File, broken: &mut Vec<String>) {
    let Some((_, folder, allowed)) = PACKAGES.iter().find(|(_, folder, _)| file.path == format!("{folder}/Cargo.toml"))
    else {
        return;
    };
    let manifest: toml::Table = file.text.parse().expect("a manifest in TOML");
    let mut names = Vec::new();
    named_dependencies(&manifest, &mut names);
    for name in names {
        let ours = PACKAGES.iter().any(|(package, ..)| *package == name);
        let fence = FENCED.iter().find(|(prefix, _)| name.starts_with(prefix));
        if ours && !allowed.contains(&name.as_str()) {
            broken.push(format!("{}: {folder} may not depend on {name}; move what needs it", file.path));
        }
        if fence.is_some_and(|(_, folders)| !folders.contains(folder)) {
            broken.push(format!("{}: {name} belongs behind another crate's door", file.path));
        }
    }
    if manifest.get("lints").and_then(|lints| lints.get("workspace")).is_none() {
        broken.push(format!("{}: expected [lints] workspace = true, which forbids unsafe code", file.path));
    }
}

/// The names below every table of dependencies: normal, for tests, for builds, for one platform.
fn named_dependencies(table: &toml::Table, names: &mut Vec<String>) {
    for (key, value) in table {
        if let Some(inner) = value.as_table() {
            match key.ends_with("dependencies") {
                true => names.extend(inner.iter().map(|(name, value)| {
                    value.get("package").and_then(|package| package.as_str()).unwrap_or(name).to_owned()
                })),
                false => named_dependencies(inner, names),
            }
        }
    }
}

fn rust(file: &File, broken: &mut Vec<String>) {
    let lines = file.text.lines().count();
    if lines > MOST_LINES {
        broken.push(format!("{}: {lines} lines; look for the second idea and give it a file", file.path));
    }
    let path = file.path.as_str();
    let library = path.contains("src/") && !path.starts_with("tests/");
    let within = |places: &[&str]| places.iter().any(|place| path.starts_with(place));
    for (number, line) in (1..).zip(file.text.lines()) {
        let code = code(line);
        let mut say = |what: String| broken.push(format!("{path}:{number}: {what}"));
        if library && path.starts_with("protocol/") {
            for word in IMPURE.iter().filter(|word| names(&code, word)) {
                say(format!("{word} in the pure crate; take it as an argument, or import it by its full path"));
            }
        }
        // The end-to-end tests are a target of node's.
        let network = path.starts_with("node/") || path.starts_with("tests/e2e/");
        if !network && (names(&code, "tokio") || names(&code, "libp2p")) {
            say("only node and its tests may name tokio and libp2p".to_owned());
        }
        if path.starts_with("tests/sim/") && names(&code, "commonwheel_node") {
            say("the simulator drives the core, never the node".to_owned());
        }
        if library && !within(&RAW) && names(&code, "RawText") {
            say("unredacted text may not be named here".to_owned());
        }
        for word in LEFTOVERS.iter().filter(|word| names(&code, word)) {
            say(format!("{word} is for work under way"));
        }
        if library && !within(&PRINTS) && PRINTERS.iter().any(|word| names(&code, word)) {
            say("only the command line prints; use tracing, or return it".to_owned());
        }
        if code.trim_start().starts_with("#[ignore") {
            say("a test that is never run cannot fail; mend it or delete it".to_owned());
        }
    }
}

/// A line without its comment and without what stands between quotation marks.
fn code(line: &str) -> String {
    let mut code = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line.char_indices() {
        match (quoted, c) {
            (false, '/') if line[at..].starts_with("//") => break,
            // A quotation mark as a character is no beginning of a string.
            (false, '"') if !line[..at].ends_with('\'') => quoted = true,
            (true, '"') if !escaped => quoted = false,
            (false, _) => code.push(c),
            _ => {}
        }
        escaped = quoted && c == '\\' && !escaped;
    }
    code
}

/// Whether a name stands in code by itself, and not as a part of a longer one.
fn names(code: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + name.len()..].chars().next();
        !(before.is_some_and(part) || after.is_some_and(part) && name.ends_with(part))
    })
}

/// Links of a document, and the files that it names by their path from the root.
fn document(file: &File, files: &[File], broken: &mut Vec<String>) {
    let exists = |path: &str| files.iter().any(|file| file.path == path || file.path.starts_with(&format!("{path}/")));
    let mut fenced = false;
    for (number, line) in (1..).zip(file.text.lines()) {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        for target in links(line) {
            let target = target.split('#').next().unwrap_or_default();
            if !target.is_empty() && !target.contains(':') && !exists(&resolved(&file.path, target)) {
                broken.push(format!("{}:{number}: the link to {target} leads nowhere", file.path));
            }
        }
        for named in line.split('`').skip(1).step_by(2) {
            let ours = PACKAGES.iter().any(|(_, folder, _)| named.starts_with(&format!("{folder}/")));
            let a_file = [".rs", ".md", ".toml"].iter().any(|ending| named.ends_with(ending));
            if (ours || named.starts_with("docs/"))
                && a_file
                && !named.contains(['{', '<', '*', '…', ' '])
                && !exists(named)
            {
                broken.push(format!("{}:{number}: there is no file {named}", file.path));
            }
        }
    }
}

/// The targets of `[text](target)` in a line.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("](").filter_map(|(at, _)| line[at + 2..].split_once(')').map(|(target, _)| target))
}

/// A path that is relative to a document, from the root.
fn resolved(document: &str, target: &str) -> String {
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// The breaches in a tree of one file beside others that break nothing.
fn breaches(path: &str, text: &str) -> Vec<String> {
    let file = |path: &str, text: &str| File { path: path.into(), text: text.into() };
    broken(&[file("docs/SPEC.md", ""), file("protocol/src/lib.rs", "pub mod text;"), file(path, text)])
}

fn assert_breaks(path: &str, text: &str, what: &str) {
    let found = breaches(path, text);
    assert!(found.len() == 1 && found[0].contains(what), "{path} with {text:?}: {found:?}");
}

fn assert_keeps(path: &str, text: &str) {
    assert_eq!(breaches(path, text), Vec::<String>::new(), "{path} with {text:?}");
}

fn manifest(kind: &str, dependency: &str) -> String {
    format!("[package]\nname = \"x\"\n[{kind}]\n{dependency}\n[lints]\nworkspace = true\n")
}

#[test]
fn crates_depend_only_in_the_directions_of_the_design() {
    let ours = |package| manifest("dependencies", &format!("{package}.workspace = true"));
    assert_breaks("protocol/Cargo.toml", &ours("commonwheel-config"), "may not depend on");
    assert_breaks("storage/Cargo.toml", &ours("commonwheel-config"), "may not depend on");
    assert_breaks("config/Cargo.toml", &ours("commonwheel-storage"), "may not depend on");
    assert_breaks("tests/sim/Cargo.toml", &ours("commonwheel"), "may not depend on");
    assert_keeps("tests/sim/Cargo.toml", &ours("commonwheel-storage"));
    assert_keeps("node/Cargo.toml", &ours("commonwheel-storage"));
    assert_breaks("protocol/Cargo.toml", &manifest("dev-dependencies", "tokio = \"1\""), "another crate's door");
    assert_breaks(
        "config/Cargo.toml",
        &manifest("target.x.dependencies", "libp2p-core = \"1\""),
        "another crate's door",
    );
    let renamed = manifest("dependencies", "net = { package = \"libp2p\", version = \"1\" }");
    assert_breaks("storage/Cargo.toml", &renamed, "another crate's door");
    assert_breaks("node/Cargo.toml", "[package]\nname = \"x\"", "forbids unsafe code");
}

#[test]
fn the_pure_crate_names_no_clock_disk_network_or_chance() {
    for word in IMPURE {
        assert_breaks("protocol/src/core/mod.rs", &format!("    {word} x"), word);
        assert_keeps("storage/benches/store.rs", &format!("    {word} x"));
    }
    assert_keeps("protocol/src/core/mod.rs", "/// Takes a `HashMap`.\nlet operand = \"rand\"; // std::fs\n");
    assert_keeps("protocol/src/core/mod.rs", "use std::net::Ipv4Addr;");
    assert_breaks("storage/src/lib.rs", "use tokio::fs;", "only node");
    assert_breaks("tests/sim/src/lib.rs", "use commonwheel_node::run;", "never the node");
}

#[test]
fn unredacted_text_is_named_only_between_importers_and_the_redactor() {
    let text = "fn keep(text: RawText) {}";
    for path in
        ["node/src/run/driver.rs", "protocol/src/record/body.rs", "storage/src/store.rs", "node/src/cli/show.rs"]
    {
        assert_breaks(path, text, "unredacted");
    }
    for path in ["node/src/import/oasst.rs", "protocol/src/redact/redactor.rs", "config/tests/redaction.rs"] {
        assert_keeps(path, text);
    }
}

#[test]
fn nothing_is_left_lying_about() {
    for word in LEFTOVERS {
        assert_breaks("config/src/node.rs", &format!("{word}(1)"), word);
    }
    for word in PRINTERS {
        assert_breaks("node/src/run/mod.rs", &format!("{word}(x);"), "prints");
        assert_keeps("node/src/cli/run.rs", &format!("{word}(x);"));
    }
    assert_breaks("config/tests/a.rs", "    #[ignore]", "never run");
    assert_breaks("config/tests/a.rs", &"\n".repeat(MOST_LINES + 1), "lines");
    assert_keeps("config/tests/a.rs", &"\n".repeat(MOST_LINES));
    assert_keeps("config/src/a.rs", "let c = '\"'; // dbg!\nlet s = \"a \\\" todo!\";");
}

#[test]
fn documents_point_at_files() {
    assert_keeps(
        "docs/adr/a.md",
        "See [the spec](../SPEC.md#part), [us](https://example.org) and `protocol/src/lib.rs`.",
    );
    assert_breaks("docs/adr/a.md", "See [the spec](SPEC.md).", "leads nowhere");
    assert_breaks("README.md", "See `protocol/src/gone.rs`.", "no file");
    assert_keeps("README.md", "```\n[not](a-link)\n```\n`protocol/src/{a,b}.rs`");
}

#[test]
fn the_walker_finds_nested_files_and_leaves_build_output_alone() {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("tidy");
    let _ = fs::remove_dir_all(&root);
    for path in ["protocol/src/core/mod.rs", "target/debug/build.rs", ".git/hooks.rs", "README.md"] {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("below the root")).expect("a folder");
        fs::write(path, "use std::fs;").expect("a file");
    }
    let files = files(&root);
    assert_eq!(
        files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        ["README.md", "protocol/src/core/mod.rs"]
    );
    assert_eq!(broken(&files).len(), 1, "the rules are asked of what the walker found");
}
