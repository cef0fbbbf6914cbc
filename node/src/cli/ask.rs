//! Questions to the person at the terminal. They go to standard error; answers come from standard input.

use super::output::Output;
use crate::keys::{PASSPHRASE_VARIABLE, Passphrase};
use anyhow::{Context as _, bail};
use std::io::{self, BufRead, Read, Write};

/// An answer is read up to so many bytes.
const ANSWER_BYTES: u64 = 16 * 1024;

/// Goes on when the person says yes, or has said so before with `--yes`.
///
/// # Errors
/// When they say no, or there is nobody to ask.
pub fn confirm(out: Output, question: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    match self::yes(out, question, false)? {
        true => Ok(()),
        false => bail!("not confirmed; nothing was done"),
    }
}

/// Makes sure that there is somebody to ask.
///
/// # Errors
/// When there is not.
pub fn require_terminal(out: Output) -> anyhow::Result<()> {
    if out.can_ask() {
        return Ok(());
    }
    bail!(
        "this asks questions, and there is no terminal to ask them on\nHint: --yes agrees to everything; --help lists what can be said in options"
    )
}

/// Whether the person says yes; asked again until it is yes or no, so that a slip loses nothing.
///
/// # Errors
/// When there is nobody to ask, or input ends.
pub fn yes(out: Output, question: &str, default: bool) -> anyhow::Result<bool> {
    let (shown, default) = if default { ("[Y/n]", "y") } else { ("[y/N]", "n") };
    loop {
        match yes_or_no(&line(out, &format!("{question} {shown}"), Some(default))?) {
            Some(answer) => return Ok(answer),
            None => anstream::eprintln!("  expected y or n"),
        }
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "n" | "no" | "q" | "quit" => Some(false),
        _ => None,
    }
}

/// What the person answers; `default` when they only press Enter.
///
/// # Errors
/// When there is nobody to ask, or input ends.
pub fn line(out: Output, question: &str, default: Option<&str>) -> anyhow::Result<String> {
    if !out.can_ask() {
        bail!(
            "there is a question, and no terminal to ask it on: {question}\nHint: answer with options; --yes agrees, and --help lists the others"
        );
    }
    answer(&mut io::stdin().lock(), &mut io::stderr().lock(), question, default)
}

/// The person ended the questions with `q`.
#[derive(Debug, thiserror::Error)]
#[error("stopped at your word; nothing was shared")]
pub struct Stopped;

/// What the person answers, as `read` understands it; asked again until it does. Enter takes the
/// default, which the question shows, and `q` stops.
///
/// # Errors
/// [`Stopped`]; or when there is nobody to ask, or input ends.
pub fn read<T>(
    out: Output,
    question: &str,
    default: Option<T>,
    read: impl Fn(&str) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    loop {
        let text = line(out, question, default.as_ref().map(|_| ""))?;
        match (text.as_str(), &default) {
            ("q" | "quit", _) => return Err(Stopped.into()),
            ("", Some(_)) => break,
            _ => match read(&text) {
                Ok(value) => return Ok(value),
                Err(error) if error.is::<Stopped>() => return Err(error),
                // The hint names options; the question is hint enough.
                Err(error) => anstream::eprintln!("  {}", error.to_string().lines().next().unwrap_or_default()),
            },
        }
    }
    default.context("a default was just there")
}

/// A passphrase for a new file: from the environment, or typed twice.
///
/// # Errors
/// When it is too short, the two differ, or there is nobody to ask.
pub fn new_passphrase(file: &str) -> anyhow::Result<Passphrase> {
    if let Some(passphrase) = Passphrase::from_environment() {
        return Ok(passphrase.checked()?);
    }
    let nobody = || {
        anyhow::anyhow!(
            "expected a new passphrase for {file}, found no terminal to ask for it\nHint: run this in a terminal, or set {PASSPHRASE_VARIABLE}"
        )
    };
    let first = Passphrase::asked(&format!("New passphrase for {file}: ")).ok_or_else(nobody)?.checked()?;
    let again = Passphrase::asked("The same again: ").ok_or_else(nobody)?;
    if !first.same(&again) {
        bail!("the two passphrases differ; nothing was written");
    }
    Ok(first)
}

fn answer(
    from: &mut impl BufRead,
    to: &mut impl Write,
    question: &str,
    default: Option<&str>,
) -> anyhow::Result<String> {
    loop {
        write!(to, "{question} ")?;
        to.flush()?;
        let mut text = String::new();
        let read = from.take(ANSWER_BYTES).read_line(&mut text).context("cannot read the answer")?;
        match (text.trim(), default) {
            _ if read == 0 => bail!("input ended before the question was answered; nothing was done"),
            ("", Some(default)) => return Ok(default.to_owned()),
            ("", None) => writeln!(to, "  expected an answer; Ctrl-C stops")?,
            (given, _) => return Ok(given.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(input: &str, default: Option<&str>) -> anyhow::Result<String> {
        answer(&mut input.as_bytes(), &mut Vec::new(), "Which?", default)
    }

    #[test]
    fn enter_takes_the_default_and_without_one_the_question_comes_again() {
        assert_eq!(answered("\n", Some("n")).unwrap(), "n");
        assert_eq!(answered(" yes \n", Some("n")).unwrap(), "yes");
        assert_eq!(answered("\n\nthis\n", None).unwrap(), "this");
        assert!(answered("", Some("n")).is_err());
    }

    #[test]
    fn a_slip_is_neither_yes_nor_no() {
        assert_eq!(
            ["y", "YES", "n", "q", "good"].map(yes_or_no),
            [Some(true), Some(true), Some(false), Some(false), None]
        );
    }

    #[test]
    fn without_a_terminal_the_error_points_to_yes() {
        // Output for programs is never a conversation.
        let error = confirm(Output { json: true }, "Sure?", false).unwrap_err().to_string();
        assert!(error.contains("--yes") && error.contains("Sure?"), "{error}");
        assert!(confirm(Output { json: true }, "Sure?", true).is_ok());
    }
}
