use super::*;
use crate::export::fixture::Commons;
use std::fs;
use tempfile::TempDir;

struct Case {
    temp: TempDir,
}

impl Case {
    fn new() -> Self {
        let case = Case { temp: TempDir::new().unwrap() };
        let commons = Commons::named("a");
        commons.export(&commons.store(&commons.records()), &case.dir()).unwrap();
        case
    }

    fn dir(&self) -> PathBuf {
        self.temp.path().join("out")
    }

    fn make(&self, options: &Options) -> Result<Torrent, TorrentError> {
        make(&self.dir(), options, &mut |done, all| assert!(done <= all))
    }
}

#[test]
fn the_same_folder_gives_the_same_torrent_wherever_it_lies() {
    let (one, two) = (Case::new(), Case::new());
    let (made, again) = (one.make(&Options::default()).unwrap(), two.make(&Options::default()).unwrap());
    assert_eq!(made, again);
    let link = format!("magnet:?xt=urn:btmh:1220{}&dn={}", HEXLOWER.encode(&made.info_hash), made.name);
    assert_eq!((made.magnet, made.files), (link, folder::files(&one.dir()).unwrap().len()));
    assert!(made.name.starts_with("commonwheel-bafyrei"), "{}", made.name);
    let text = String::from_utf8_lossy(&made.bytes);
    assert!(!text.contains("creat"), "neither when nor by what");
}

#[test]
fn trackers_and_web_seeds_are_named_and_change_no_hash() {
    let case = Case::new();
    let options = Options {
        name: None,
        trackers: vec!["https://t.example/announce?a=b&c".to_owned(), "udp://t.example:1".to_owned()],
        web_seeds: vec!["https://w.example/sets/".to_owned()],
    };
    let (with, without) = (case.make(&options).unwrap(), case.make(&Options::default()).unwrap());
    assert_eq!(with.info_hash, without.info_hash);
    let more = "&tr=https%3A%2F%2Ft.example%2Fannounce%3Fa%3Db%26c&tr=udp%3A%2F%2Ft.example%3A1&ws=https%3A%2F%2Fw.example%2Fsets%2F";
    assert_eq!(with.magnet, without.magnet + more);
    let text = String::from_utf8_lossy(&with.bytes);
    assert!(text.contains("8:announce32:https://t.example/announce?a=b&c13:announce-listll32:https"));
    assert!(text.contains("8:url-listl23:https://w.example/sets/e"));
    let named = case.make(&Options { name: Some("mine".to_owned()), ..Options::default() }).unwrap();
    assert_ne!(named.info_hash, without.info_hash);
}

#[test]
fn only_an_export_as_it_was_written_becomes_a_torrent() {
    let case = Case::new();
    let path = case.dir().join(names::README);
    let good = fs::read(&path).unwrap();
    fs::write(&path, b"other").unwrap();
    assert!(matches!(
        case.make(&Options::default()),
        Err(TorrentError::Changed { why: "is not as SHA256SUMS says", .. })
    ));
    fs::remove_file(&path).unwrap();
    assert!(
        matches!(case.make(&Options::default()), Err(TorrentError::Changed { why, .. }) if why.contains("not here"))
    );
    fs::write(&path, &good).unwrap();
    fs::write(case.dir().join("more"), b"").unwrap();
    assert!(matches!(
        case.make(&Options::default()),
        Err(TorrentError::Changed { why: "is no part of the export", .. })
    ));
    fs::remove_file(case.dir().join("more")).unwrap();
    assert!(case.make(&Options::default()).is_ok());
    assert!(matches!(make(case.temp.path(), &Options::default(), &mut |_, _| {}), Err(TorrentError::NotAnExport(_))));
}

#[test]
fn names_that_clients_would_take_for_something_else_are_refused() {
    for name in ["", ".", "..", "a/b", "a\\b", "a\nb", "a\0", "\u{9b}", &"a".repeat(256)] {
        assert!(matches!(part(name), Err(TorrentError::Name(_))), "{name:?}");
        let case = Options { name: Some(name.to_owned()), ..Options::default() };
        assert!(matches!(Case::new().make(&case), Err(TorrentError::Name(_))), "{name:?}");
    }
    assert!(part(&"a".repeat(255)).is_ok() && part("preference=search-y.train-ai-n").is_ok());
    let tree = || Tree { length: 0, root: None, layer: vec![] };
    let mut folder = Folder::default();
    assert!(folder.add("a/../b", tree()).is_err() && folder.add("/a", tree()).is_err());
    folder.add("a", tree()).unwrap();
    assert!(folder.add("a/b", tree()).is_err(), "one name for a file and a folder");
}

#[test]
fn pieces_are_as_short_as_gives_no_more_than_the_most() {
    for (total, piece) in [
        (0, 16 << 10),
        (2048 * (16 << 10), 16 << 10),
        (2048 * (16 << 10) + 1, 32 << 10),
        (1 << 30, 512 << 10),
        (1 << 45, 16 << 20),
    ] {
        assert_eq!(piece_bytes(total), piece, "{total}");
    }
}
