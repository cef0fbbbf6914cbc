//! Questions to a person at the terminal.

use super::output::Output;
use anyhow::bail;
use std::io::{BufRead, IsTerminal, Write};

/// Makes sure that there is somebody to ask.
///
/// # Errors
/// When input or output is not a terminal.
pub fn require_terminal(out: Output) -> anyhow::Result<()> {
    if out.can_ask() {
        return Ok(());
    }
    bail!("this asks questions, and there is no terminal to ask at\nHint: add --yes to consent to everything in a script")
}

/// A line from the terminal; the default when it is empty.
///
/// # Errors
/// When there is no terminal, or it is closed.
pub fn line(question: &str, default: Option<&str>) -> anyhow::Result<String> {
    if !std::io::stdin().is_terminal() {
        bail!("this asks questions, and there is no terminal to ask at\nHint: add --yes to consent to everything in a script")
    }
    let shown = default.map(|default| format!(" [{default}]")).unwrap_or_default();
    anstream::eprint!("{question}{shown} ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    if std::io::stdin().lock().read_line(&mut answer)? == 0 {
        bail!("the terminal was closed before an answer came; nothing was done");
    }
    let answer = answer.trim();
    Ok(if answer.is_empty() { default.unwrap_or_default().to_owned() } else { answer.to_owned() })
}

/// Yes or no.
///
/// # Errors
/// As [`line`].
pub fn yes(question: &str, default: bool) -> anyhow::Result<bool> {
    let answer = line(question, Some(if default { "Y/n" } else { "y/N" }))?;
    Ok(match answer.to_lowercase().as_str() {
        "y" | "yes" => true,
        "n" | "no" => false,
        _ => default,
    })
}
