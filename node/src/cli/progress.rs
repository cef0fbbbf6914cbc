//! Progress on standard error: only on a terminal, and only when the work is long.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::Duration;

/// A bar that counts things.
pub fn items(what: &'static str) -> ProgressBar {
    bar("{msg} {bar:30} {human_pos}/{human_len} {eta}", what)
}

/// A count of things whose number is not known before.
pub fn count(what: &'static str) -> ProgressBar {
    bar("{human_pos} {msg} {elapsed}", what)
}

/// A bar that counts bytes.
pub fn bytes(what: &'static str) -> ProgressBar {
    bar("{msg} {bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}", what)
}

fn bar(template: &str, what: &'static str) -> ProgressBar {
    // Hidden on anything but a terminal; drawn for the first time after a quarter of a second.
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(4));
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style);
    bar.set_message(what);
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
