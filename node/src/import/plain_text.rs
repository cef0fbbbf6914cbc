//! Text that is none of the other formats: a transcript, or just something that was said.

use super::fields::{Messages, Why};
use super::stream::Source;
use super::{Format, ImportError, Item};
use commonwheel_protocol::limits;
use commonwheel_protocol::record::content::{Message, Role};
use commonwheel_protocol::text::RawText;
use std::io::Read;

/// Names that start a turn in a transcript, before a colon or ` said:`.
const SPEAKERS: &[(&str, Role)] = &[
    ("User", Role::User),
    ("Human", Role::User),
    ("You", Role::User),
    ("Assistant", Role::Assistant),
    ("AI", Role::Assistant),
    ("ChatGPT", Role::Assistant),
    ("System", Role::System),
    ("Tool", Role::Tool),
];

/// All of the text, if it can be one item and people can read it.
pub(super) fn whole<R: Read>(source: &mut Source<R>) -> Result<RawText, ImportError> {
    let mut text = Vec::new();
    loop {
        let chunk = source.chunk()?;
        let n = chunk.len();
        if n == 0 {
            break;
        }
        if text.is_empty() && looks_like_html(chunk) || chunk.contains(&0) {
            return Err(ImportError::Unrecognised);
        }
        text.extend_from_slice(chunk);
        source.consume(n);
        if text.len() > limits::BODY_BYTES {
            return Err(ImportError::TooLarge { what: "a text file", limit: limits::BODY_BYTES });
        }
    }
    let from = source.place.byte - text.len() as u64;
    let wrong =
        |e: std::string::FromUtf8Error| ImportError::NotUtf8 { byte: from + e.utf8_error().valid_up_to() as u64 };
    String::from_utf8(text).map(RawText::new).map_err(wrong)
}

/// A transcript as a chat; any other text as a chat of one message.
pub(super) fn item(text: &RawText) -> Result<Item, Why> {
    let mut messages = Messages::default();
    for (role, turn) in turns(text.expose(), SPEAKERS).unwrap_or_else(|| vec![(Role::User, text.expose().to_owned())]) {
        if !turn.trim().is_empty() {
            messages.push(Message::new(role, RawText::new(turn.trim())))?;
        }
    }
    messages.into_chat(Format::PlainText)
}

/// The turns of a transcript: a text whose first line that is not blank names one of the speakers.
pub(super) fn turns(text: &str, speakers: &[(&str, Role)]) -> Option<Vec<(Role, String)>> {
    let mut turns: Vec<(Role, String)> = Vec::new();
    for line in text.trim_start().lines() {
        match (speaker(line, speakers), turns.last_mut()) {
            (Some((role, rest)), _) => turns.push((role, rest.to_owned())),
            (None, Some((_, turn))) => {
                turn.push('\n');
                turn.push_str(line);
            }
            (None, None) => return None,
        }
    }
    Some(turns)
}

/// Who speaks on this line and what is left of it. The name may be in bold, as in Markdown.
fn speaker<'a>(line: &'a str, speakers: &[(&str, Role)]) -> Option<(Role, &'a str)> {
    let (bold, rest) = match line.strip_prefix("**") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (name, said) = rest.split_once(':')?;
    let name = name.strip_suffix("**").unwrap_or(name);
    let name = name.strip_suffix(" said").unwrap_or(name);
    let (_, role) = speakers.iter().find(|(speaker, _)| speaker.eq_ignore_ascii_case(name))?;
    Some((*role, if bold { said.strip_prefix("**").unwrap_or(said) } else { said }))
}

fn looks_like_html(text: &[u8]) -> bool {
    let starts = |tag: &str| text.get(..tag.len()).is_some_and(|t| t.eq_ignore_ascii_case(tag.as_bytes()));
    starts("<!doctype html") || starts("<html")
}

#[cfg(test)]
mod tests {
    use super::super::testing::{import, said, sound};
    use super::super::{Format, ImportError};
    use commonwheel_protocol::limits;
    use commonwheel_protocol::record::content::Role;

    #[test]
    fn a_transcript_becomes_a_chat() {
        let expected = [(Role::User, "Hi\n\nthere: you"), (Role::Assistant, "Hello")];
        for text in [
            "User: Hi\n\nthere: you\nAssistant: Hello\n",
            "\n**You:** Hi\n\nthere: you\n**ChatGPT:** Hello",
            "You said:\r\nHi\r\n\r\nthere: you\r\nChatGPT said:\r\nHello\r\n",
            "human: Hi\n\nthere: you\n\nAI:\nHello",
        ] {
            assert_eq!(said(&sound(Format::PlainText, text)[0]), expected, "{text}");
        }
    }

    #[test]
    fn any_other_text_is_one_message() {
        for text in ["A note.\nUser: is quoted here", "[a link](https://example.org)", "{curly}", "[1] a footnote"] {
            assert_eq!(said(&sound(Format::PlainText, text)[0]), [(Role::User, text)]);
        }
    }

    #[test]
    fn what_is_not_text_for_people_is_not_recognised() {
        for text in ["<!DOCTYPE html><p>Hi", "ab\0cd", "\u{7f}ELF\0"] {
            assert!(matches!(import("file.txt", text).format, Err(ImportError::Unrecognised)), "{text}");
        }
        assert!(matches!(import("file.json", "just words").format, Err(ImportError::Unrecognised)));
    }

    #[test]
    fn text_that_does_not_fit_in_a_body_is_too_large() {
        assert_eq!(sound(Format::PlainText, "x".repeat(limits::BODY_BYTES)).len(), 1);
        let imported = import("file.txt", "x".repeat(limits::BODY_BYTES + 1));
        assert!(matches!(imported.format, Err(ImportError::TooLarge { .. })));
    }
}
