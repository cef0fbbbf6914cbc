//! What goes wrong at the command line: each a clear error, a code that is not zero, and nothing
//! half-written.

use crate::files::{chats, tree};
use crate::scene::{Scene, contribute, names, settled, shared};
use commonwheel_node::demo::cluster::{Place, until};
use commonwheel_protocol::bytes::Cid;
use commonwheel_protocol::wire::invite::Invite;
use std::ffi::{OsStr, OsString};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

#[test]
fn a_file_that_is_not_what_it_should_be_is_an_error_and_nothing_of_it_is_shared() {
    let scene = Scene::of_one("certificate");
    let place = scene.join("contributor");
    let many = chats("kettles", 300);
    let files: [(&str, &[u8], &str); 6] = [
        ("malformed.json", b"{\"messages\": }", "expected"),
        ("cut.json", b"[{\"messages\": [", "cut off"),
        ("latin1.txt", b"caf\xe9 au lait", "expected UTF-8"),
        ("binary.dat", &[0x7f, b'E', b'L', b'F', 2, 1, 0xff, 0xfe, 0, 0], "expected one of"),
        ("empty.json", b"", "expected text, found nothing"),
        ("absent.json", b"", "expected a file, found nothing at this path"),
    ];
    for (name, content, said) in files {
        let file = scene.file(name, content);
        if name == "absent.json" {
            std::fs::remove_file(&file).unwrap();
        }
        fails(&place, [OsStr::new("contribute"), file.as_ref(), "--yes".as_ref()], 1, &[name, said]);
    }
    let good = scene.chats("clocks", 1);
    let refused = |more: &[&str], said: &[&str]| {
        let args = ["contribute".as_ref(), good.as_os_str()].into_iter().chain(more.iter().map(OsStr::new));
        fails(&place, args, 1, said);
    };
    refused(&[], &["no terminal", "Hint: --yes"]);
    refused(&["--yes", "--licence", "WTFPL"], &["WTFPL", "CC0-1.0", "Hint:"]);
    refused(&["--yes", "--preference", "train-ai=yes please"], &["expected a preference like \"train-ai=n"]);
    refused(&["--yes", "--preference", "sing=y"], &["known are train-ai"]);
    assert_eq!(place.json(["mine"]).unwrap(), serde_json::json!([]), "nothing was shared");
    assert_eq!(scene.validators[0].community().unwrap().waiting, 0);

    // One bad item is reported and the rest goes on.
    let mixed = many.lines().take(2).collect::<Vec<_>>().join("\n{\"messages\": [\n") + "\n{\"messages\": []}\n";
    let outcome = contribute(&place, &scene.file("mixed.jsonl", mixed), &["--until", "accepted"]);
    assert_eq!((shared(&outcome).len(), names(&outcome["failed"]).len()), (2, 2), "{outcome}");
    let again = scene.file("worse.jsonl", chats("spoons", 1) + "{\"messages\": []}\n");
    let partly = place.try_command([OsStr::new("contribute"), again.as_ref(), "--yes".as_ref()]).unwrap();
    assert_eq!(partly.status.code(), Some(3));
    let told = String::from_utf8_lossy(&partly.stdout).into_owned();
    assert!(told.contains("worse.jsonl: line 2"), "{told}");

    // So are a file that is cut off, one that is none, and one in another encoding beside it.
    let cut = scene.file("cut off.json", format!("[{}", chats("forks", 2).replace('\n', ",")));
    let empty = scene.file("\u{1b}[2Jempty\u{202e}.json", "");
    let utf16: Vec<u8> = format!("\u{feff}{}", chats("cups", 1)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let utf16 = scene.file("utf16.jsonl", utf16);
    let several = [OsStr::new("contribute"), cut.as_ref(), empty.as_ref(), utf16.as_ref(), "--yes".as_ref()];
    let partly = place.try_command(several).unwrap();
    assert_eq!(partly.status.code(), Some(3), "{}", said(&partly));
    let outcome: serde_json::Value = serde_json::from_slice(&partly.stdout).unwrap();
    assert_eq!(shared(&outcome).len(), 3, "{outcome}");
    let failed = names(&outcome["failed"]).join("\n");
    assert!(failed.contains("cut off.json: chat 3: expected more JSON, found the end"), "{failed}");
    assert!(failed.contains("[2Jempty\u{fffd}.json: the file: expected text, found nothing"), "{failed}");
    assert!(!failed.contains(['\u{1b}', '\u{202e}']), "{failed}");
}

#[test]
fn a_packed_file_is_read_and_one_that_is_cut_off_or_a_bomb_costs_itself() {
    let scene = Scene::of_one("certificate");
    let place = scene.join("contributor");
    let whole = gzip(chats("clocks", 2));
    let cut = gzip(chats("kettles", 300));
    let bomb = gzip(chats("forks", 1) + &" ".repeat(16 << 20));
    let files = [
        scene.file("whole.jsonl.gz", &whole),
        scene.file("cut.jsonl.gz", &cut[..cut.len() / 2]),
        scene.file("bomb.jsonl.gz", &bomb),
        scene.file("no text.json.gz", gzip("\u{7f}ELF")),
    ];
    let args = |words: &[&str], files: &[PathBuf]| {
        words.iter().map(OsString::from).chain(files.iter().map(OsString::from)).collect::<Vec<_>>()
    };
    let sound = place.try_command(args(&["contribute", "--yes"], &files[..1])).unwrap();
    assert_eq!(sound.status.code(), Some(0), "{}", said(&sound));
    let partly = place.try_command(args(&["preview"], &files)).unwrap();
    assert_eq!(partly.status.code(), Some(3), "{}", said(&partly));
    let preview: serde_json::Value = serde_json::from_slice(&partly.stdout).unwrap();
    // In the order of the names: bomb, cut, no text.
    let (items, errors) = (preview["items"].as_array().unwrap().len(), names(&preview["errors"]));
    assert!((3..300).contains(&items), "what is whole before the cut is read: {items}");
    for (error, part) in errors.iter().zip(["packed at most 100 times", "cut off: fetch it again", "expected one of"]) {
        assert!(error.contains(part), "{errors:?}");
    }
    assert_eq!(errors.len(), 3, "{errors:?}");
    fails(&place, args(&["contribute", "--yes"], &files[3..]), 1, &["no text.json.gz", "expected one of"]);
    fails(&place, args(&["preview"], &[scene.file("two bytes.gz", [0x1f, 0x8b])]), 1, &["cut off", "Hint:"]);
}

/// These bytes, packed.
fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(bytes.as_ref()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_place_that_is_taken_or_not_there_is_an_error_with_a_way_out() {
    let mut scene = Scene::of_one("certificate");
    let invite = scene.invite();
    let stranger = scene.stranger("stranger");
    let mut damaged = invite.clone();
    damaged.replace_range(40..41, if &invite[40..41] == "a" { "b" } else { "a" });
    fails(&stranger, ["community", "join", &damaged, "--yes"], 1, &["the invite is damaged"]);
    let mut elsewhere: Invite = invite.parse().unwrap();
    elsewhere.community = Cid::of_cbor(b"elsewhere");
    elsewhere.charter = elsewhere.community;
    let elsewhere = elsewhere.to_string();
    fails(&stranger, ["community", "join", &elsewhere, "--yes"], 1, &["does not hold this community", "Hint:"]);
    fails(&stranger, ["community", "join", "hello", "--yes"], 1, &["expected an invite"]);
    assert!(!stranger.home.communities().exists(), "no community was half-joined");

    let validator = &scene.validators[0];
    fails(validator, ["run"], 1, &["a node already runs", "stop it first"]);
    let taken = validator.addresses[0].split("/p2p/").next().unwrap().to_owned();
    fails(&stranger, ["run", "--listen", &taken], 1, &[&taken, "in use by another program"]);
    fails(validator, ["store", "check"], 1, &["uses its stores", "Hint:"]);
    let unknown = Cid::of_cbor(b"no such record").to_string();
    fails(validator, ["status", &unknown], 1, &[&unknown, "Hint:"]);
    let typo = said(&validator.try_command(["status", "bafy"]).unwrap());
    assert!(typo.contains("expected a content id"), "{typo}");

    let contributor = scene.join("contributor");
    let records = contribute(&contributor, &scene.chats("kettles", 3), &["--until", "accepted"]);
    settled(scene.running(), shared(&records).len());
    let held = scene.store(&contributor);
    fails(&contributor, ["mine"], 1, &["is in use", "Hint:"]);
    fails(&contributor, ["run"], 1, &["is in use", "Hint:"]);
    drop(held);

    let foreign = scene.root().join("photos");
    std::fs::create_dir(&foreign).unwrap();
    std::fs::write(foreign.join("holiday.jpg"), b"a picture").unwrap();
    let into = |out: &Path| ["export", "--out"].map(OsString::from).into_iter().chain([out.into()]).collect::<Vec<_>>();
    for force in [None, Some("--force")] {
        let args = into(&foreign).into_iter().chain(force.map(OsString::from));
        fails(&scene.validators[0], args, 1, &["is not a place for this export", "Hint:"]);
        assert_eq!(tree(&foreign).into_values().collect::<Vec<_>>(), [b"a picture"]);
    }

    let export = scene.root().join("export");
    scene.validators[0].command(into(&export)).unwrap();
    let rows = tree(&export).into_keys().find(|path| path.starts_with("data")).unwrap();
    let text = std::fs::read_to_string(export.join(&rows)).unwrap();
    std::fs::write(export.join(&rows), text.replacen("patience", "strength", 1)).unwrap();
    let verified = stranger.try_command([OsStr::new("verify"), export.as_ref()]).unwrap();
    assert_eq!(verified.status.code(), Some(4), "{}", said(&verified));
    let report: serde_json::Value = serde_json::from_slice(&verified.stdout).unwrap();
    assert!(report["valid"] == false && !report["problems"].as_array().unwrap().is_empty(), "{report}");
    scene.validators[0].stop().unwrap();
}

#[test]
fn a_full_disk_is_a_clear_error_and_leaves_nothing_half_written() {
    let mut scene = Scene::of_one("certificate");
    let contributor = scene.join("contributor");
    let chat =
        |n: usize| chats("kettles", n + 1).lines().last().unwrap().replace("Take", &"Take patience. ".repeat(9000));
    let large = scene.file("large.jsonl", (0..40).map(chat).collect::<Vec<_>>().join("\n"));
    let args = [OsStr::new("contribute"), large.as_ref(), "--yes".as_ref(), "--until".as_ref(), "accepted".as_ref()];
    let full = on_a_small_disk(&contributor, &args);
    assert_eq!(full.status.code(), Some(1), "{}", said(&full));
    let error = said(&full);
    assert!(error.contains("Error:") && error.contains("cannot append to") && error.contains("waiting"), "{error}");
    assert_eq!(contributor.json(["mine"]).unwrap(), serde_json::json!([]), "nothing counts as shared");
    assert_eq!(contributor.json(["store", "check"]).unwrap()["sound"], true);

    // With room again the same command does it all.
    assert_eq!(shared(&contribute(&contributor, &large, &["--until", "accepted"])).len(), 40);
    settled(scene.running(), 40);
    let export = scene.root().join("export");
    let before = std::fs::read_dir(scene.root()).unwrap().count();
    let full = on_a_small_disk(&scene.validators[0], &[OsStr::new("export"), "--out".as_ref(), export.as_ref()]);
    assert_eq!(full.status.code(), Some(1), "{}", said(&full));
    assert!(said(&full).starts_with("Error: could not write"), "{}", said(&full));
    assert_eq!(std::fs::read_dir(scene.root()).unwrap().count(), before, "no part of the export is left");
    scene.validators[0].stop().unwrap();
}

#[test]
fn a_huge_file_is_read_in_bounded_memory() {
    let scene = Scene::of_one("certificate");
    let contributor = scene.join("contributor");
    let mebibyte = vec![b'a'; 1 << 20];
    let huge = scene.root().join("one-string.json");
    let mut file = std::fs::File::create(&huge).unwrap();
    file.write_all(b"{\"messages\": [{\"role\": \"user\", \"content\": \"").unwrap();
    (0..1024).for_each(|_| file.write_all(&mebibyte).unwrap());
    let (output, peak) = measured(&contributor, &[OsStr::new("contribute"), huge.as_ref(), "--yes".as_ref()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("expected at most") && said(&output).contains("split it"), "{}", said(&output));
    assert!(peak < MOST_MEMORY, "{peak} bytes");
    std::fs::remove_file(huge).unwrap();

    let many = scene.root().join("many-items.json");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&many).unwrap());
    let item = chats("kettles", 1).trim_end().replace("Take", &"Take patience. ".repeat(4000));
    write!(file, "[{item}").unwrap();
    (0..2000).for_each(|_| write!(file, ",{item}").unwrap());
    write!(file, "]").unwrap();
    file.flush().unwrap();
    assert!(many.metadata().unwrap().len() > 100 << 20);
    let args = [OsStr::new("contribute"), many.as_ref(), "--yes".as_ref(), "--pick".as_ref(), "1,2000".as_ref()];
    let (output, peak) = measured(&contributor, &args);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(peak < MOST_MEMORY, "{peak} bytes");
}

/// Far below the files' sizes, far above what reading them item by item takes.
const MOST_MEMORY: u64 = 200 << 20;

/// Runs a command that must end with this code and an error that says all of this.
fn fails<S: AsRef<OsStr>>(place: &Place, args: impl IntoIterator<Item = S>, code: i32, parts: &[&str]) {
    let args: Vec<_> = args.into_iter().map(|arg| arg.as_ref().to_owned()).collect();
    let output = place.try_command(&args).unwrap();
    let error = said(&output);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {error}");
    assert!(error.lines().any(|line| line.starts_with("Error: ")), "{args:?}: {error}");
    assert!(!error.contains("panicked"), "{args:?}: {error}");
    for part in parts {
        let line_of_its_own = !part.starts_with("Hint:") || error.lines().any(|line| line.starts_with(part));
        assert!(error.contains(part) && line_of_its_own, "{args:?} does not say {part:?}: {error}");
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Runs a command that may write no file above 1 MiB: as on a full disk, writing fails, and what
/// was there stays.
fn on_a_small_disk(place: &Place, args: &[&OsStr]) -> Output {
    let command = place.prepared();
    let mut shell = Command::new("sh");
    // In blocks of 512 bytes. The signal is ignored, so that the write returns an error.
    shell.args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$@\"", "sh"]).arg(command.get_program());
    shell.args(command.get_args()).args(args).stdin(Stdio::null()).output().unwrap()
}

/// Runs a command, and tells the most memory that it held at a time, in bytes.
fn measured(place: &Place, args: &[&OsStr]) -> (Output, u64) {
    let child = place.spawn(args).unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    until("the command has ended", || {
        // An ended process, not yet waited for, has no memory line any more.
        let now = std::fs::read_to_string(&status)?;
        let line = now.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let Some(kib) = line.and_then(|line| line.trim().split(' ').next()) else { return Ok(true) };
        peak = peak.max(kib.parse::<u64>()? * 1024);
        Ok(false)
    })
    .unwrap();
    assert!(peak > 0, "the command was seen at work");
    (child.wait_with_output().unwrap(), peak)
}
