//! The data of a Kubernetes Secret in YAML.

use std::ops::Range;

/// How far from the data "kind: Secret" may stand, and how long the data may be, in bytes.
const DOCUMENT_BYTES: usize = 4096;

/// The entries below the "data:" at `span`, when the document around it is a Secret.
///
/// The entries go whole, from the first name to the last value: the values alone are many.
pub(in super::super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let before = &text[ceil_char(text, span.start.saturating_sub(DOCUMENT_BYTES))..span.start];
    let line = before.rsplit('\n').next().unwrap_or(before);
    let behind = text[span.end..].split('\n').next().unwrap_or_default();
    let indent = line.trim_end_matches("string");
    if !indent.bytes().all(|b| matches!(b, b' ' | b'\t')) || !behind.trim().is_empty() {
        return None;
    }
    let rest = &text[span.end..floor_char(text, text.len().min(span.end + DOCUMENT_BYTES))];
    let mut found: Option<Range<usize>> = None;
    let following = rest.split("\n---").next().unwrap_or(rest);
    let mut at = span.end + behind.len() + 1;
    for line in following.get(behind.len() + 1..)?.split('\n') {
        let inner = line.trim_start();
        if !inner.is_empty() && line.len() - inner.len() <= indent.len() {
            break;
        }
        let (start, end) = (at + line.len() - inner.len(), at + line.trim_end().len());
        let comment = inner.is_empty() || inner.starts_with('#');
        if !comment && (found.is_some() || holds_value(inner)) {
            found = Some(found.map_or(start, |found| found.start)..end);
        }
        at += line.len() + 1;
    }
    let document = before.rsplit("\n---").next().unwrap_or(before);
    found.filter(|_| is_secret(document) || is_secret(following))
}

/// Whether a line of `document` says "kind: Secret".
fn is_secret(document: &str) -> bool {
    document.match_indices("kind:").any(|(at, sign)| {
        let begins = document[..at].ends_with(['\n', ' ', '\t']) || at == 0;
        let kind = document[at + sign.len()..].split('\n').next().unwrap_or_default();
        begins && kind.trim().trim_matches(['"', '\'']).eq_ignore_ascii_case("secret")
    })
}

/// "name: value" with a value that is none of a template, or that follows in the next lines.
fn holds_value(entry: &str) -> bool {
    let value = entry.split_once(':').map(|(_, value)| value.trim().trim_matches(['"', '\'']));
    value.is_some_and(|value| value.len() >= 4 && !value.contains("{{") || matches!(value, ">" | "|" | "|-" | ">-"))
}

fn floor_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn ceil_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::super::super::{Validator, found};

    #[test]
    fn the_entries_of_a_secret_are_found() {
        let head = "apiVersion: v1\nkind: Secret\ndata:\n  # two\n";
        let (entries, tail) = ("user: YW5h\n  word: czNjcmV0", "\nmetadata:\n  name: x\n");
        let text = format!("{head}  {entries}{tail}");
        assert_eq!(found(Validator::Kubernetes, &text, "data:"), Some(entries));
        let after = "data:\n\tk: >\n\t  czNjcmV0\nkind: 'Secret'\n";
        assert_eq!(found(Validator::Kubernetes, after, "data:"), Some("k: >\n\t  czNjcmV0"));
    }

    #[test]
    fn other_documents_are_not() {
        for text in [
            "kind: ConfigMap\ndata:\n  a: bcdef\n",
            "kind: ExternalSecret\ndata:\n  - a: bcdef\n",
            "kind: Secret\ndata:\n  a: ''\n",
            "kind: Secret\n---\ndata:\n  a: bcdef\n",
            "kind: Secret\nx-data: y\n",
            "data:\n  a: bcdef\n",
        ] {
            assert_eq!(found(Validator::Kubernetes, text, "data:"), None, "{text}");
        }
    }
}
