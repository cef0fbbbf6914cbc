//! Panics of libraries over bytes that may be damaged or hostile: caught, and silent.
//!
//! The standard library prints a panic before anybody can catch it, with whatever the library that panicked put into its
//! message: perhaps the bytes that it failed over. So its hook is passed over while a thread does such work, and only then
//! and only for that thread.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

static HOOK: Once = Once::new();

/// What the work gives; `None` where it panicked, of which nothing is printed. What it was doing with values that are
/// used afterwards may be half done.
pub fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            // Where a thread ends and has no such mark any more, it has no such work either.
            if !IS_SILENT.try_with(Cell::get).unwrap_or(false) {
                before(info);
            }
        }));
    });
    let before = IS_SILENT.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_SILENT.set(before);
    done.ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Says that this process is the one whose panics are looked at.
    const CHILD: &str = "COMMONWHEEL_TEST_PANICS";

    #[test]
    fn a_panic_that_is_caught_prints_nothing_and_any_other_does() {
        if std::env::var_os(CHILD).is_some() {
            assert_eq!(caught(|| 7), Some(7));
            assert_eq!(caught(|| -> u8 { panic!("secret one") }), None);
            let inner = || {
                assert_eq!(caught(|| -> u8 { panic!("secret two") }), None);
                panic!("secret three")
            };
            assert_eq!(caught(inner), None::<u8>, "work in such work is as silent as it is");
            // While this thread is silent another is not.
            caught(|| std::thread::spawn(|| panic!("told one")).join().is_err());
            panic!("told two");
        }
        let name = concat!(module_path!(), "::a_panic_that_is_caught_prints_nothing_and_any_other_does");
        let mut process = Command::new(std::env::current_exe().unwrap());
        process.args(["--exact", "--nocapture", name.split_once("::").unwrap().1]).env(CHILD, "1");
        let output = process.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains("told one") && said.contains("told two"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}
