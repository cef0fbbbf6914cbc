//! `commonwheel usage`: what a server tells crawlers of the AI-use preferences of exports.

use super::Context;
use crate::usage::{self, Usages};
use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Print what a web server tells crawlers of exports: their AI-use preferences, file by file.
///
/// A file of rows has the preference of its rows. Every other file of an export has the most restrictive of all its
/// rows. The forms are those of draft-ietf-aipref-attach: a rule in robots.txt, or the header Content-Usage.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct UsageArgs {
    /// The folder of an export, or a folder of such folders.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// In which form.
    #[arg(long, value_enum, default_value_t = Form::Robots)]
    pub format: Form,
    /// The path under which the folder is served.
    #[arg(long, value_name = "PATH", default_value = "/", value_parser = path)]
    pub at: String,
    /// The file to write, instead of printing.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A group for robots.txt.
    Robots,
    /// A `_headers` file of a host of static files.
    Headers,
    /// A map for nginx.
    Nginx,
    /// Lines for a site of Caddy.
    Caddy,
}

const EXAMPLES: &str = "\
Examples:
  commonwheel usage /srv/sets                             lines for robots.txt
  commonwheel usage release-3 --at /sets/release-3/       served there
  commonwheel usage /srv/sets --format nginx --out /etc/nginx/conf.d/content-usage.conf
  commonwheel usage /srv/sets --format caddy --out /etc/caddy/content-usage
  commonwheel usage /srv/sets --format headers --out /srv/sets/_headers

robots.txt must lie at the root of the host. What is printed for nginx and Caddy says where it goes. Run this again after each export: a new preference of
a row moves it to another file. It believes manifest.json; `commonwheel verify` checks that.

Exit codes: 0 done; 1 failed; 2 wrong usage.";

fn path(text: &str) -> Result<String, String> {
    match text.starts_with('/') && !text.chars().any(char::is_control) {
        true => Ok(if text.ends_with('/') { text.to_owned() } else { format!("{text}/") }),
        false => Err("expected a path that begins with /, such as /sets/".to_owned()),
    }
}

/// What programs are told.
#[derive(Serialize)]
struct Said<'a> {
    files: Vec<FileSaid>,
    text: &'a str,
}

#[derive(Serialize)]
struct FileSaid {
    path: String,
    content_usage: String,
}

impl Form {
    fn text(self, usages: &Usages, at: &str) -> String {
        match self {
            Form::Robots => usage::robots(usages, at),
            Form::Headers => usage::headers(usages, at),
            Form::Nginx => usage::nginx(usages, at),
            Form::Caddy => usage::caddy(usages, at),
        }
    }
}

/// Prints or writes the lines.
///
/// # Errors
/// When there is no export, or nothing can be written.
pub fn run(args: &UsageArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let usages = usage::of_folder(&args.dir)?;
    let text = args.format.text(&usages, &args.at);
    let files = usages
        .iter()
        .map(|(path, said)| FileSaid { path: format!("{}{path}", args.at), content_usage: said.to_string() });
    let said = Said { files: files.collect(), text: &text };
    if let Some(file) = &args.out {
        std::fs::write(file, &text).with_context(|| format!("could not write {}", file.display()))?;
    }
    context.out.print(&said, |out| match &args.out {
        Some(file) => writeln!(out, "Wrote {}: {} file(s) spoken of", file.display(), usages.len()),
        None => out.write_all(text.as_bytes()),
    })?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_from_the_root_and_ends_in_a_slash() {
        assert_eq!((path("/"), path("/a")), (Ok("/".to_owned()), Ok("/a/".to_owned())));
        assert!(path("a").is_err() && path("").is_err() && path("/a\nb").is_err());
    }
}
