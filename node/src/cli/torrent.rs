//! `commonwheel torrent`: a BitTorrent v2 torrent of an export.

use super::Context;
use super::export::Bar;
use crate::torrent::{self, Options};
use anyhow::{Context as _, bail, ensure};
use clap::Args;
use commonwheel_protocol::dataset::names;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write a torrent of an export, and print its magnet link.
///
/// The torrent is BitTorrent v2, and the same for everybody who has the same files: it names no date, program or
/// machine. Pieces have the least power of two of bytes, from 16 KiB to 16 MiB, that gives at most 2,048 of them.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub struct TorrentArgs {
    /// The folder that `export` or `release build` wrote.
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// A tracker. May be given several times, the first first.
    #[arg(long, value_name = "URL", value_parser = tracker)]
    pub tracker: Vec<String>,
    /// A web server's folder in which the folder lies under the torrent's name. May be given several times.
    #[arg(long, value_name = "URL", value_parser = web_seed)]
    pub web_seed: Vec<String>,
    /// The name under which clients keep the folder; else that of the edition, or of the state.
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The file to write; else DIR.torrent, beside the folder.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Replace another file of this name.
    #[arg(long)]
    pub force: bool,
}

const EXAMPLES: &str = "\
Examples:
  commonwheel torrent release-3
  commonwheel torrent release-3 --tracker udp://tracker.example:6969/announce
  commonwheel torrent release-3 --web-seed https://data.example/sets/

To seed, give your client the torrent and the folder under the name that is printed. Run
`commonwheel verify` on what you fetch: a torrent shows that the bytes are the publisher's, not
that a community accepted them.

Exit codes: 0 done; 1 failed; 2 wrong usage.";

/// The longest URL.
const URL_BYTES: usize = 2048;

fn url(text: &str, schemes: &[&str]) -> Result<String, String> {
    let known = schemes.iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| rest.starts_with("://")));
    let plain = text.len() <= URL_BYTES && text.bytes().all(|byte| byte.is_ascii_graphic());
    match known && plain {
        true => Ok(text.to_owned()),
        false => Err(format!("expected a URL that begins with one of {}, without spaces", schemes.join(", "))),
    }
}

fn tracker(text: &str) -> Result<String, String> {
    url(text, &["http", "https", "udp", "ws", "wss"])
}

/// Clients add the torrent's name only to what ends in a slash.
fn web_seed(text: &str) -> Result<String, String> {
    url(text, &["http", "https", "ftp"]).map(|url| if url.ends_with('/') { url } else { url + "/" })
}

/// What is printed.
#[derive(Serialize)]
struct Made<'a> {
    torrent: &'a Path,
    magnet: &'a str,
    info_hash: String,
    name: &'a str,
    piece_bytes: u64,
    files: usize,
    total_bytes: u64,
}

/// Writes the torrent and prints its link.
///
/// # Errors
/// When the folder is no export, or nothing could be written.
pub fn run(args: &TorrentArgs, context: &Context) -> anyhow::Result<ExitCode> {
    let file = place(args)?;
    let options = Options { name: args.name.clone(), trackers: args.tracker.clone(), web_seeds: args.web_seed.clone() };
    let mut bar = Bar::new("Hashing");
    let made = torrent::make(&args.dir, &options, &mut |done, all| bar.show(done, all))?;
    bar.end();
    write(&file, &made.bytes, args.force)?;
    let printed = Made {
        torrent: &file,
        magnet: &made.magnet,
        info_hash: HEXLOWER.encode(&made.info_hash),
        name: &made.name,
        piece_bytes: made.piece_bytes,
        files: made.files,
        total_bytes: made.total_bytes,
    };
    context.out.print(&printed, |out| {
        writeln!(out, "Wrote {}: {} file(s), {} byte(s)", file.display(), made.files, made.total_bytes)?;
        writeln!(out, "Folder:    {}", made.name)?;
        writeln!(out, "{}", made.magnet)
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Where the torrent is written: never into the folder, of which it would be a part.
fn place(args: &TorrentArgs) -> anyhow::Result<PathBuf> {
    let dir = fs::canonicalize(&args.dir).with_context(|| format!("there is no folder {}", args.dir.display()))?;
    ensure!(dir.join(names::MANIFEST).is_file(), "{} is not an export: it holds no manifest.json", args.dir.display());
    let Some(name) = dir.file_name() else { bail!("{} has no name", args.dir.display()) };
    let beside = || {
        let mut file = name.to_owned();
        file.push(".torrent");
        dir.with_file_name(file)
    };
    let file = std::path::absolute(args.out.clone().unwrap_or_else(beside))?;
    let parent = file
        .parent()
        .map(fs::canonicalize)
        .transpose()
        .with_context(|| format!("there is no folder for {}", file.display()))?;
    ensure!(
        parent.is_some_and(|parent| !parent.starts_with(&dir)),
        "{} lies in the folder that it is of\nHint: name a file elsewhere with --out",
        file.display()
    );
    Ok(file)
}

/// Writes the file whole or not at all.
fn write(file: &Path, bytes: &[u8], force: bool) -> anyhow::Result<()> {
    let other = fs::read(file).is_ok_and(|found| found != bytes);
    ensure!(force || !other, "{} is there already, with other bytes\nHint: --force replaces it", file.display());
    let mut partial = file.as_os_str().to_owned();
    partial.push(".partial");
    let written = fs::write(&partial, bytes).and_then(|()| fs::File::open(&partial)?.sync_all());
    written.and_then(|()| fs::rename(&partial, file)).map_err(|error| {
        let _ = fs::remove_file(&partial);
        anyhow::anyhow!("could not write {}: {error}", file.display())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_of_known_schemes_and_plain() {
        assert_eq!(tracker("udp://t.example:1/announce").as_deref(), Ok("udp://t.example:1/announce"));
        assert_eq!(web_seed("https://w.example/sets").as_deref(), Ok("https://w.example/sets/"));
        for wrong in ["t.example", "file:///etc/passwd", "https:w", "http://a b", "http://a\nb", "http://\u{fc}"] {
            assert!(tracker(wrong).is_err() && web_seed(wrong).is_err(), "{wrong:?}");
        }
        assert!(web_seed("udp://t.example").is_err());
        assert!(tracker(&format!("http://{}", "a".repeat(URL_BYTES))).is_err());
    }
}
