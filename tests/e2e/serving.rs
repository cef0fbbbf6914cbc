//! Passing exports on: torrents, and what a web server says of them.

use crate::files::tree;
use crate::scene::{Scene, contribute, settled, text};
use commonwheel_node::demo::cluster::Place;
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// An export of two chats that may be trained on and one that may not.
fn export(scene: &mut Scene, name: &str) -> PathBuf {
    let contributor = scene.join("contributor");
    contribute(&contributor, &scene.chats("kettles", 2), &["--until", "accepted"]);
    let refusing = ["--preference", "train-ai=n, search=y", "--until", "accepted"];
    contribute(&contributor, &scene.chats("spoons", 1), &refusing);
    let steward = &scene.validators[0];
    settled([steward], 3);
    let out = scene.root().join(name);
    steward.command(["export".as_ref(), "--out".as_ref(), out.as_os_str()]).unwrap();
    out
}

/// Runs a command without `--json`, which ends with this code.
fn ends(place: &Place, args: &[&OsStr], code: i32) -> Output {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_commonwheel"));
    let output = command.arg("--home").arg(place.home.path()).args(args).output().unwrap();
    assert_eq!(output.status.code(), Some(code), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// Runs a command that fails with this code and says all of this.
fn fails(place: &Place, args: &[&OsStr], code: i32, parts: &[&str]) {
    let output = ends(place, args, code);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(output.stdout.is_empty() && !error.contains("panicked"), "{args:?}: {error}");
    parts.iter().for_each(|part| assert!(error.contains(part), "{args:?} does not say {part:?}: {error}"));
}

fn words<'a>(words: &[&'a str]) -> Vec<&'a OsStr> {
    words.iter().map(|word| OsStr::new(*word)).collect()
}

#[test]
fn a_torrent_is_the_same_for_everybody_and_written_only_of_an_export_that_is_whole() {
    let mut scene = Scene::of_one("certificate");
    let dir = export(&mut scene, "set");
    let place = &scene.validators[0];
    let with = |more: &[&'static str]| [&[OsStr::new("torrent"), dir.as_os_str()][..], &words(more)].concat();
    let torrent = dir.with_extension("torrent");

    let made = place.json(with(&[])).unwrap();
    assert_eq!(made["torrent"], torrent.to_str().unwrap());
    let magnet = format!("magnet:?xt=urn:btmh:1220{}", text(&made["info_hash"]));
    assert!(text(&made["magnet"]).starts_with(&magnet), "{made}");
    let files = tree(&dir);
    let bytes: usize = files.values().map(Vec::len).sum();
    assert_eq!((made["files"].as_u64(), made["total_bytes"].as_u64()), (Some(files.len() as u64), Some(bytes as u64)));
    let first = fs::read(&torrent).unwrap();
    // Elsewhere, under another name of the folder, it is the same; and again it is no other file.
    let copy = scene.root().join("copy");
    copied(&dir, &copy);
    place.json([OsStr::new("torrent"), copy.as_os_str()]).unwrap();
    assert_eq!(fs::read(copy.with_extension("torrent")).unwrap(), first);
    let said = ends(place, &with(&[]), 0).stdout;
    assert!(String::from_utf8(said).unwrap().lines().any(|line| line.starts_with(&magnet)));

    let tracker = ["--tracker", "udp://t.example:6969/announce", "--web-seed", "https://w.example/sets"];
    fails(place, &with(&tracker), 1, &["is there already, with other bytes", "Hint: --force"]);
    assert_eq!(fs::read(&torrent).unwrap(), first, "what was there stays");
    let announced = place.json([with(&tracker), words(&["--force"])].concat()).unwrap();
    assert_eq!(announced["info_hash"], made["info_hash"], "trackers are no part of what is hashed");
    assert!(text(&announced["magnet"]).contains("tr=udp%3A"), "{announced}");

    fails(place, &with(&["--tracker", "t.example"]), 2, &["expected a URL"]);
    fails(place, &words(&["torrent"]), 2, &["DIR"]);
    let inside = dir.join("a.torrent");
    fails(place, &[with(&["--out"]), vec![inside.as_os_str()]].concat(), 1, &["lies in the folder", "Hint:"]);
    let nowhere = scene.root().join("nowhere");
    fails(place, &[OsStr::new("torrent"), nowhere.as_os_str()], 1, &["there is no folder"]);
    fails(place, &[OsStr::new("torrent"), scene.root().as_os_str()], 1, &["is not an export"]);
    let rows = tree(&copy).into_keys().find(|path| path.starts_with("data")).unwrap();
    fs::write(copy.join(rows), "changed").unwrap();
    fails(place, &[OsStr::new("torrent"), copy.as_os_str(), "--force".as_ref()], 1, &["Error:", "data/"]);
    assert_eq!(fs::read(copy.with_extension("torrent")).unwrap(), first, "no torrent of what is damaged");
    scene.validators[0].stop().unwrap();
}

#[test]
fn each_file_of_an_export_is_spoken_of_in_every_form_and_what_is_no_export_is_refused() {
    let mut scene = Scene::of_one("certificate");
    let dir = export(&mut scene, "set");
    let place = &scene.validators[0];
    let with = |more: &[&'static str]| [&[OsStr::new("usage"), dir.as_os_str()][..], &words(more)].concat();
    let printed = |more: &[&'static str]| String::from_utf8(ends(place, &with(more), 0).stdout).unwrap();

    let said = place.json(with(&["--at", "/sets"])).unwrap();
    let files = said["files"].as_array().unwrap();
    assert_eq!(files.len(), tree(&dir).len());
    let of = |path: &str| {
        let file = files.iter().find(|file| text(&file["path"]).starts_with(path)).unwrap();
        text(&file["content_usage"])
    };
    assert_eq!(of("/sets/README.md"), "search=y, train-ai=n", "the strictest of all rows");
    let rows: Vec<_> = files.iter().filter(|file| text(&file["path"]).starts_with("/sets/data/")).collect();
    let usages: Vec<_> = rows.iter().map(|file| text(&file["content_usage"])).collect();
    assert_eq!(usages, ["search=y, train-ai=n", "search=y, train-ai=y"]);
    assert_eq!(text(&said["text"]), printed(&["--at", "/sets/"]));

    let robots = printed(&[]);
    assert!(robots.starts_with("User-agent: *\nContent-Usage: / search=y, train-ai=n\n"), "{robots}");
    let path = |file: &Value| text(&file["path"]).replacen("/sets/", "/", 1);
    for (form, quoted) in [("nginx", true), ("caddy", true), ("headers", false)] {
        let lines = printed(&["--format", form]);
        for file in files {
            let (path, usage) = (path(file), text(&file["content_usage"]));
            let one = match quoted {
                true => format!("\"{path}\" \"{usage}\""),
                false => format!("{path}\n  Content-Usage: {usage}\n"),
            };
            assert!(lines.contains(&one), "{form} does not say {one}: {lines}");
        }
    }
    let out = scene.root().join("robots.txt");
    let told = String::from_utf8(ends(place, &[with(&["--out"]), vec![out.as_os_str()]].concat(), 0).stdout).unwrap();
    assert!(told.contains("robots.txt") && fs::read_to_string(&out).unwrap() == robots, "{told}");

    fails(place, &with(&["--at", "sets"]), 2, &["expected a path that begins with /"]);
    fails(place, &with(&["--format", "apache"]), 2, &["robots", "headers", "nginx", "caddy"]);
    fails(place, &[OsStr::new("usage"), dir.join("data").as_os_str()], 1, &["holds no export", "manifest.json"]);
    fails(place, &[OsStr::new("usage"), scene.root().join("nowhere").as_os_str()], 1, &["could not read"]);
    let manifest = dir.join("manifest.json");
    let changed = fs::read_to_string(&manifest).unwrap().replace("train-ai=y\"", "train-ai=y\\nX: y\"");
    fs::write(&manifest, changed).unwrap();
    fails(place, &with(&[]), 1, &["expected the manifest of an export", "Hint: `commonwheel verify`"]);
    scene.validators[0].stop().unwrap();
}

/// Copies a folder.
fn copied(from: &Path, to: &Path) {
    for (path, bytes) in tree(from) {
        let path = to.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}
