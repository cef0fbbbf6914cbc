//! What is found and where: marked in the text on a person's own terminal, as a list elsewhere.

use super::input::Text;
use crate::cli::show::{DIM, MARK};
use crate::community::printable;
use commonwheel_protocol::redact::{Kind, Piece, Redactor, Stream};
use serde::Serialize;
use std::io::{self, Write};

/// How findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// The whole text with each finding marked: only for the eyes of whom it belongs to.
    Marked,
    /// One line for each finding, without its text.
    List,
    /// The same as JSON.
    Json,
}

/// A finding, without its text.
#[derive(Serialize)]
struct Found<'a> {
    line: usize,
    column: usize,
    start: usize,
    end: usize,
    kind: &'static str,
    confidence: u8,
    placeholder: &'a str,
}

/// Shows what is found in a text; gives back what found it.
///
/// # Errors
/// When the input is not UTF-8, or cannot be shown.
pub(super) fn explain<'a>(
    mut text: Text,
    redactor: Redactor<'a>,
    form: Form,
    out: &mut dyn Write,
) -> anyhow::Result<Redactor<'a>> {
    let mut stream = Stream::new(redactor);
    let mut at = Place { line: 1, column: 1, offset: 0 };
    let mut shown: io::Result<()> = Ok(());
    let mut take = |piece: Piece| {
        let was = at;
        at.pass(text_of(&piece));
        if shown.is_ok() {
            shown = show(&piece, was, form, out);
        }
    };
    while let Some(text) = text.next()? {
        stream.push(text, &mut take);
    }
    let redactor = stream.finish(&mut take);
    shown?;
    if form == Form::Marked && at.column > 1 {
        writeln!(out)?;
    }
    out.flush()?;
    Ok(redactor)
}

/// A place in a text: line and column in characters from 1, offset in bytes.
#[derive(Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
    offset: usize,
}

impl Place {
    fn pass(&mut self, text: &str) {
        self.offset += text.len();
        match text.rfind('\n') {
            None => self.column += text.chars().count(),
            Some(last) => {
                self.line += text.bytes().filter(|byte| *byte == b'\n').count();
                self.column = text[last + 1..].chars().count() + 1;
            }
        }
    }
}

fn text_of<'a>(piece: &Piece<'a>) -> &'a str {
    match piece {
        Piece::Plain(text) => text,
        Piece::Hidden { original, .. } => original,
    }
}

fn show(piece: &Piece, at: Place, form: Form, out: &mut dyn Write) -> io::Result<()> {
    let Piece::Hidden { original, placeholder, kind, confidence } = piece else {
        return if form == Form::Marked { write!(out, "{}", printable(text_of(piece))) } else { Ok(()) };
    };
    let found = found(original.len(), at, *kind, *confidence, placeholder);
    match form {
        Form::Marked => {
            let name = placeholder.trim_end_matches(']');
            write!(out, "{MARK}{}{MARK:#}{DIM}{name} {confidence} %]{DIM:#}", printable(original))
        }
        Form::List => writeln!(
            out,
            "{:>9} {:<16} {:>3} %  {placeholder}",
            format!("{}:{}", found.line, found.column),
            found.kind,
            found.confidence
        ),
        Form::Json => {
            serde_json::to_writer(&mut *out, &found)?;
            writeln!(out)
        }
    }
}

fn found(bytes: usize, at: Place, kind: Kind, confidence: u8, placeholder: &str) -> Found<'_> {
    Found {
        line: at.line,
        column: at.column,
        start: at.offset,
        end: at.offset + bytes,
        kind: kind.as_str(),
        confidence,
        placeholder,
    }
}

#[cfg(test)]
mod tests {
    use super::super::input::Input;
    use super::*;

    fn explained(form: Form) -> String {
        let ruleset = commonwheel_config::ruleset::by_name("core-1").unwrap();
        let text = "é ana@example.org\n\u{1b}[2Jcall +1 212 555 0123";
        let input = Input { name: "f".into(), reader: Box::new(text.as_bytes()) };
        let mut out = Vec::new();
        explain(Text::of(input), Redactor::new(&ruleset), form, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn on_a_terminal_each_finding_is_marked_in_its_text() {
        let shown = anstream::adapter::strip_str(&explained(Form::Marked)).to_string();
        assert_eq!(shown, "é ana@example.org[EMAIL_1 97 %]\n\u{fffd}[2Jcall +1 212 555 0123[PHONE_1 95 %]\n");
    }

    #[test]
    fn elsewhere_places_are_listed_and_no_values() {
        assert_eq!(
            explained(Form::List),
            "      1:3 email             97 %  [EMAIL_1]\n     2:10 phone             95 %  [PHONE_1]\n"
        );
        let first: serde_json::Value = serde_json::from_str(explained(Form::Json).lines().next().unwrap()).unwrap();
        let expected = serde_json::json!({
            "line": 1, "column": 3, "start": 3, "end": 18, "kind": "email", "confidence": 97, "placeholder": "[EMAIL_1]"
        });
        assert_eq!(first, expected);
    }
}
