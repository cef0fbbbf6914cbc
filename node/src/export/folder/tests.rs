use super::*;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Where a writer stages that is stopped: its own process.
const STAGES: &str = "COMMONWHEEL_TEST_STAGES";

fn staging(target: &Path) -> Staging {
    Staging::beside(target, "a community", true).unwrap()
}

fn names_in(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn what_was_left_by_whoever_was_stopped_goes_and_what_is_written_now_stays() {
    let temp = TempDir::new().unwrap();
    let out = temp.path().join("out");
    let live = staging(&out);
    for name in [".out.1.partial", ".out.2.earlier", ".out.x.partial", ".other.1.partial", ".out.3.partial.d"] {
        fs::create_dir_all(temp.path().join(name).join("data")).unwrap();
    }
    fs::write(temp.path().join(".out.4.partial"), "no folder").unwrap();
    let second = staging(&out);
    let stay = [
        ".other.1.partial",
        ".out.0.partial",
        ".out.1.partial",
        ".out.3.partial.d",
        ".out.4.partial",
        ".out.x.partial",
    ];
    assert_eq!(names_in(temp.path()), stay.map(str::to_owned).into());
    assert_eq!(second.path(), temp.path().join(".out.1.partial"), "its own, under the name that became free");
    fs::write(live.path().join("file"), "of the first").unwrap();
    drop(second);
    live.publish().unwrap();
    assert_eq!(fs::read_to_string(out.join("file")).unwrap(), "of the first");
    assert!(!names_in(temp.path()).contains(".out.0.partial"));
}

#[test]
fn what_replaces_another_folder_leaves_none_of_its_files() {
    let temp = TempDir::new().unwrap();
    let out = temp.path().join("out");
    fs::create_dir(&out).unwrap();
    let new = staging(&out);
    fs::write(out.join("erased"), "a text").unwrap();
    fs::write(new.path().join("file"), "new").unwrap();
    new.publish().unwrap();
    assert_eq!((names_in(temp.path()), names_in(&out)), (["out".to_owned()].into(), ["file".to_owned()].into()));
}

#[test]
fn whoever_is_told_to_end_leaves_nothing_of_what_they_wrote() {
    if let Some(dir) = env::var_os(STAGES) {
        stop::cleanly().unwrap();
        let staging = staging(&Path::new(&dir).join("out"));
        writeln!(io::stdout(), "\nwriting").unwrap();
        for n in 0.. {
            // When the folder is gone, so is the way into it.
            fs::write(staging.path().join(n.to_string()), "a text").unwrap();
        }
    }
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let temp = TempDir::new().unwrap();
        let test = "export::folder::tests::whoever_is_told_to_end_leaves_nothing_of_what_they_wrote";
        let mut writer = Command::new(env::current_exe().unwrap());
        let writer = writer.args(["--exact", test, "--nocapture"]).env(STAGES, temp.path());
        let mut writer = writer.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line == "writing"));
        assert_eq!(names_in(temp.path()), [".out.0.partial".to_owned()].into());
        let sent = Command::new("kill").args([format!("-{signal}"), writer.id().to_string()]).status().unwrap();
        assert!(sent.success());
        assert_eq!(writer.wait().unwrap().code(), Some(code), "{signal}");
        assert_eq!(names_in(temp.path()), BTreeSet::new(), "{signal}");
    }
}
