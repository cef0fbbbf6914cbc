//! The same in the forms that servers and crawlers read.

use super::{Usages, together};
use crate::percent;
use commonwheel_protocol::preference::Preference;
use std::collections::{BTreeMap, BTreeSet};

/// The most that every crawler reads of a robots.txt (RFC 9309, section 2.5).
pub const ROBOTS_BYTES: usize = 500 * 1024;
/// What may stand in a path besides unreserved characters: those of RFC 3986 that mean nothing to robots.txt.
const IN_PATH: &[u8] = b"/=+,;:@!&'()";
/// How many folders deep the files of an export lie at most, those of copies in a folder of exports included.
const DEPTH: usize = 12;

/// A group for robots.txt. A folder whose files say the same has one rule; any other has one with what may be said of
/// all in it, and rules for what is in it. Where that would be longer than crawlers read, only the outer folders have
/// rules. `at` is the path under which the folder is served, with `/` at both ends.
pub fn robots(usages: &Usages, at: &str) -> String {
    let written = (0..=DEPTH).rev().map(|depth| {
        let mut text = "User-agent: *\n".to_owned();
        let all: Vec<_> = usages.iter().map(|(path, said)| (path.as_str(), said)).collect();
        rules(&all, at, &Preference::default(), depth, &mut text);
        text
    });
    let mut written = written.skip_while(|text| text.len() > ROBOTS_BYTES);
    // With one rule for all there is no list that is too long.
    written.next().unwrap_or_default()
}

fn rules(files: &[(&str, &Preference)], at: &str, outer: &Preference, depth: usize, text: &mut String) {
    let said: BTreeSet<_> = files.iter().map(|(_, said)| *said).collect();
    let all = together(said.iter().copied());
    rule(at, "", &all, outer, text);
    if said.len() < 2 || depth == 0 {
        return;
    }
    let outer = if all == Preference::default() { outer } else { &all };
    let mut inside: BTreeMap<&str, Vec<(&str, &Preference)>> = BTreeMap::new();
    for (path, said) in files {
        match path.split_once('/') {
            Some((folder, rest)) => inside.entry(folder).or_default().push((rest, said)),
            None => rule(&format!("{at}{path}"), "$", said, outer, text),
        }
    }
    for (folder, files) in inside {
        rules(&files, &format!("{at}{folder}/"), outer, depth - 1, text);
    }
}

/// A rule, unless it says nothing or what holds anyway.
fn rule(path: &str, end: &str, said: &Preference, outer: &Preference, text: &mut String) {
    if *said != Preference::default() && said != outer {
        text.push_str(&format!("Content-Usage: {}{end} {said}\n", percent::encode(path, IN_PATH)));
    }
}

/// The lines of a `_headers` file, as hosts of static files read it: each path, and below it its header.
pub fn headers(usages: &Usages, at: &str) -> String {
    let lines = saying(usages).map(|(path, said)| {
        let path = percent::encode(&format!("{at}{path}"), b"/=");
        format!("{path}\n  Content-Usage: {said}\n")
    });
    lines.collect()
}

/// A map for nginx, from the path to the value of the header, with the line that sets it.
pub fn nginx(usages: &Usages, at: &str) -> String {
    let (mut lines, mut longest, mut count) = (String::new(), 0, 0_usize);
    for (path, said) in saying(usages) {
        // nginx compares with the path as it is decoded.
        let path = format!("{at}{path}");
        if path.contains(char::is_control) {
            // No export has such a file: what stands here goes to a terminal and to a server.
            continue;
        }
        (longest, count) = (longest.max(path.len()), count + 1);
        let path = path.replace('\\', "\\\\").replace('"', "\\\"");
        lines.push_str(&format!("    \"{path}\" \"{said}\";\n"));
    }
    // By default nginx takes no path above some 40 bytes, and is slow to look up one of thousands.
    let bucket = (longest + NGINX_BESIDE).next_power_of_two().max(64);
    let buckets = (2 * count).next_power_of_two().max(2048);
    format!(
        "# At the level of http. If these are set elsewhere, set the larger there.\n\
         map_hash_bucket_size {bucket};\nmap_hash_max_size {buckets};\n\
         map $uri $content_usage {{\n    default \"\";\n{lines}}}\n\
         # In the server or location; no header is sent where the value is empty:\n\
         # add_header Content-Usage $content_usage always;\n"
    )
}

/// What nginx's table keeps beside a path: two pointers, a length, and what fills up a third.
const NGINX_BESIDE: usize = 8 + 8 + 2 + 7;

/// Lines for a site of Caddy: a map from the path to the value of the header, and what sets it.
pub fn caddy(usages: &Usages, at: &str) -> String {
    let mut text = "# In a site of the Caddyfile, or in a file that it imports there.\n\
        map {http.request.orig_uri.path} {content_usage} {\n"
        .to_owned();
    for (path, said) in saying(usages) {
        text.push_str(&format!("    \"{}\" \"{said}\"\n", caddy_path(&format!("{at}{path}"))));
    }
    text.push_str("    default \"\"\n}\n@content_usage expression `{content_usage} != \"\"`\n");
    text.push_str("header @content_usage Content-Usage {content_usage}\n");
    text
}

/// A path as Caddy compares it, decoded. What would mean something in quotation marks is written as a pattern.
fn caddy_path(path: &str) -> String {
    let special = |c: char| c.is_control() || matches!(c, '"' | '\\' | '{' | '}' | '`');
    if !path.contains(special) {
        return path.to_owned();
    }
    let written = path.chars().map(|c| match c {
        c if c.is_ascii() && !c.is_ascii_alphanumeric() && c != '/' => format!("\\x{:02X}", u32::from(c)),
        c => c.to_string(),
    });
    format!("~^{}$", written.collect::<String>())
}

/// The files of which something is said.
fn saying(usages: &Usages) -> impl Iterator<Item = (&String, &Preference)> {
    usages.iter().filter(|(_, said)| **said != Preference::default())
}
