//! `commonwheel hide add|list|remove`.

use super::Context;
use crate::community::printable;
use crate::contribute::hidden::HiddenTerms;
use anyhow::bail;
use clap::{Args, Subcommand};
use commonwheel_protocol::redact::Terms;
use std::io::{self, BufRead, IsTerminal, Read};
use std::process::ExitCode;

/// Terms read from standard input, in bytes.
const INPUT_BYTES: u64 = 256 * 1024;

/// Keep a list of your own terms to hide: names, an employer, places. It never leaves this machine.
///
/// `preview`, `contribute`, `correct` and `redact` put [TERM_1] and so on in their place. A term is
/// found as a whole word, whatever its case, its accents, and the spaces, hyphens or underscores
/// between its words; an s or es may follow, and stays.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  commonwheel hide add 'Ana Silva' Riverbank
  commonwheel hide add                 reads one term a line, so that no term is in your shell's history
  commonwheel hide list
  commonwheel hide remove riverbank")]
pub struct HideArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand, Debug)]
enum Verb {
    /// Add terms: of two letters or digits to 200 bytes each, 1,000 in all.
    Add {
        /// The terms; without any, one a line from standard input.
        #[arg(value_name = "TERM")]
        terms: Vec<String>,
    },
    /// List the terms.
    List,
    /// Take terms off the list, in any spelling.
    Remove {
        /// The terms.
        #[arg(value_name = "TERM", required_unless_present = "all")]
        terms: Vec<String>,
        /// All of them.
        #[arg(long, conflicts_with = "terms")]
        all: bool,
    },
}

/// Whether to hide one's own terms.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct OwnTermsArgs {
    /// Leave the terms that `commonwheel hide` keeps as they are.
    #[arg(long)]
    no_hide: bool,
}

impl OwnTermsArgs {
    /// The terms to hide.
    ///
    /// # Errors
    /// When the list cannot be read.
    pub fn terms(self, context: &Context) -> anyhow::Result<Terms> {
        if self.no_hide {
            return Ok(Terms::none());
        }
        Ok(HiddenTerms::load(&context.home)?.compiled()?)
    }
}

/// Runs the verb.
///
/// # Errors
/// When a term breaks a rule, or the list cannot be read or written.
pub fn run(args: HideArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let mut list = HiddenTerms::load(&context.home)?;
    match args.verb {
        Verb::Add { terms } => {
            let terms = if terms.is_empty() { asked()? } else { terms };
            if terms.is_empty() {
                bail!("expected terms to hide, found none\nHint: name them, or write one a line to standard input");
            }
            let given = terms.len();
            let added = list.add(terms)?;
            list.save(&context.home)?;
            let (known, all) = (given - added, list.terms().len());
            let value = serde_json::json!({ "added": added, "known": known, "terms": all });
            context.out.print(&value, |out| {
                let before = if known > 0 { format!(" ({known} known before)") } else { String::new() };
                writeln!(out, "Added {added} term(s){before}; {all} are hidden from now on")
            })?;
        }
        Verb::List => context.out.print(&list.terms(), |out| {
            if list.terms().is_empty() {
                return writeln!(out, "No terms are hidden; `commonwheel hide add` adds some.");
            }
            list.terms().iter().try_for_each(|term| writeln!(out, "{}", printable(term)))
        })?,
        Verb::Remove { terms, all } => {
            let before = list.terms().len();
            for (number, term) in (1..).zip(&terms) {
                if !list.remove(term) {
                    bail!(
                        "expected terms that are on the list, found that number {number} is not; none was removed\nHint: `commonwheel hide list` shows them"
                    );
                }
            }
            if all {
                list.clear();
            }
            list.save(&context.home)?;
            let left = list.terms().len();
            let removed = before - left;
            context.out.print(&serde_json::json!({ "removed": removed, "terms": left }), |out| {
                writeln!(out, "Removed {removed} term(s); {left} are left")
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Terms from standard input, one a line; at a terminal an empty line ends them.
fn asked() -> anyhow::Result<Vec<String>> {
    let stdin = io::stdin().lock();
    let at_terminal = stdin.is_terminal();
    if at_terminal {
        anstream::eprintln!("One term a line; an empty line ends the list:");
    }
    let mut terms = Vec::new();
    for line in stdin.take(INPUT_BYTES).lines() {
        match line?.trim() {
            "" if at_terminal => break,
            "" => {}
            term => terms.push(term.to_owned()),
        }
    }
    Ok(terms)
}
