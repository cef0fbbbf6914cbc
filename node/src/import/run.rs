//! Takes a file apart, tells its format by the first item, and sends every item to its reader.

use super::fields::{Messages, Why, field, too_much_text};
use super::plain_text;
use super::stream::{Piece, Scanner, Source};
use super::{
    Format, ImportError, Item, ItemError, Sink, assistants, chatgpt, limits, native, oasst, open_webui, openai,
    preference, rows, shared,
};
use serde_json::Value;
use std::io::Read;
use std::ops::ControlFlow;

/// One import under way.
pub(super) struct Run<'s, 'f> {
    sink: &'s mut Sink<'f>,
    format: Option<Format>,
    /// Elements so far, in all parts of an archive.
    elements: u64,
    /// The first mistake before the format was known.
    first_error: Option<ImportError>,
    /// The single messages of one chat.
    thread: Option<Result<Messages, Why>>,
    /// The single messages of many trees.
    forest: oasst::Forest,
    stopped: bool,
}

impl<'s, 'f> Run<'s, 'f> {
    /// An import that has read nothing yet.
    pub fn new(sink: &'s mut Sink<'f>) -> Self {
        let (elements, forest) = (0, oasst::Forest::default());
        Run { sink, format: None, elements, first_error: None, thread: None, forest, stopped: false }
    }

    /// Reads one file. `must_be_json` says that its name promises JSON.
    pub fn text<R: Read>(&mut self, source: &mut Source<R>, must_be_json: bool) -> Result<(), ImportError> {
        let Some(first) = source.peek()? else { return Err(ImportError::Empty) };
        let chunk = source.chunk()?;
        let second = chunk[1..].iter().find(|b| !b.is_ascii_whitespace());
        match (first, second) {
            (b'[', Some(b'{' | b'[' | b']' | b'"') | None) => self.array(source),
            (b'{', Some(b'"' | b'}') | None) => self.lines(source),
            (b'[' | b'{', _) if must_be_json => Err(source.broken()),
            _ if must_be_json => Err(ImportError::Unrecognised),
            _ => {
                self.format = Some(Format::PlainText);
                let item = plain_text::item(&plain_text::whole(source)?);
                self.emit("text".into(), item);
                Ok(())
            }
        }
    }

    /// Hands over what was kept until the end, and returns the format.
    pub fn finish(mut self) -> Result<Format, ImportError> {
        if let Some(thread) = self.thread.take() {
            self.emit("chat 1".into(), thread.and_then(|t| t.into_chat(Format::OpenAiChat)));
        }
        // A break only ends the walk: what was kept is not worth an answer then.
        let _ = std::mem::take(&mut self.forest).finish(&mut |position, item| {
            self.emit(position, item);
            if self.stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let nothing = if self.elements == 0 { ImportError::Empty } else { ImportError::Unrecognised };
        self.format.ok_or(self.first_error.unwrap_or(nothing))
    }

    fn array<R: Read>(&mut self, source: &mut Source<R>) -> Result<(), ImportError> {
        source.consume(1);
        let (mut first, mut comma) = (true, true);
        while !self.stopped {
            match source.peek()? {
                None => return Err(source.truncated()),
                Some(b']') if first || !comma => break,
                Some(b',') if !comma => {
                    source.consume(1);
                    comma = true;
                }
                Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') if comma => {
                    let start = (source.line, source.column);
                    self.element(source, Scanner::default(), Vec::new(), start)?;
                    (first, comma) = (false, false);
                }
                Some(_) => return Err(source.broken()),
            }
        }
        if !self.stopped {
            source.consume(1);
            if source.peek()?.is_some() {
                return Err(source.broken());
            }
        }
        Ok(())
    }

    /// Reads the value that starts at `start` and goes on here after `begun`.
    fn element<R: Read>(
        &mut self,
        source: &mut Source<R>,
        mut scanner: Scanner,
        begun: Vec<u8>,
        start: (u64, u64),
    ) -> Result<(), ImportError> {
        let piece = source.value(&mut scanner, begun, limits::ELEMENT_BYTES)?;
        self.elements += 1;
        let position = format!("{} {}", self.format.map_or("item", Format::noun), self.elements);
        if piece == Piece::TooLarge {
            self.too_large(position, "one item", limits::ELEMENT_BYTES)?;
            return source.skip_value(&mut scanner);
        }
        self.piece(position, piece, start)
    }

    /// Reads JSON Lines, or objects that go over several lines.
    fn lines<R: Read>(&mut self, source: &mut Source<R>) -> Result<(), ImportError> {
        while !self.stopped {
            let (number, column) = (source.line, source.column);
            let piece = match source.line(limits::LINE_BYTES)? {
                None => break,
                Some(Piece::Whole(line)) if line.trim_ascii().is_empty() => continue,
                Some(piece) => piece,
            };
            self.elements += 1;
            let position = format!("line {number}");
            if piece == Piece::TooLarge {
                self.too_large(position, "one line", limits::LINE_BYTES)?;
                source.skip_line()?;
                continue;
            }
            if let (1, Piece::Whole(line)) = (self.elements, &piece) {
                let mut scanner = Scanner::default();
                if scanner.feed(line.trim_ascii_start()).is_none() && !scanner.in_string() {
                    self.elements = 0;
                    return self.objects(source, scanner, line, (number, column));
                }
            }
            self.piece(position, piece, (number, column))?;
        }
        Ok(())
    }

    /// Reads objects that go over several lines, the first of which is `line`.
    fn objects<R: Read>(
        &mut self,
        source: &mut Source<R>,
        scanner: Scanner,
        line: &[u8],
        start: (u64, u64),
    ) -> Result<(), ImportError> {
        self.element(source, scanner, [line, b"\n"].concat(), start)?;
        while !self.stopped {
            match source.peek()? {
                None => break,
                Some(b'{') => {
                    let start = (source.line, source.column);
                    self.element(source, Scanner::default(), Vec::new(), start)?;
                }
                Some(_) => return Err(source.broken()),
            }
        }
        Ok(())
    }

    fn too_large(&mut self, position: String, what: &'static str, limit: usize) -> Result<(), ImportError> {
        if self.format.is_none() {
            return Err(ImportError::TooLarge { what, limit });
        }
        self.emit(position, Err(format!("expected at most {} MiB in {what}, found more", limit >> 20)));
        Ok(())
    }

    /// Parses a piece that starts at `start` and reads it.
    fn piece(&mut self, position: String, piece: Piece, start: (u64, u64)) -> Result<(), ImportError> {
        let Piece::Whole(bytes) = piece else { return Ok(()) };
        let error = match serde_json::from_slice::<Value>(&bytes) {
            Ok(value) => return self.value(position, &value),
            Err(error) => error,
        };
        let line = start.0 + (error.line() as u64).saturating_sub(1);
        let column = error.column() as u64 + if error.line() <= 1 { start.1 - 1 } else { 0 };
        let whole =
            if error.is_eof() { ImportError::Truncated { line, column } } else { ImportError::Broken { line, column } };
        self.emit(position, Err(whole.to_string()));
        if self.format.is_none() {
            if self.elements > limits::UNREADABLE_ITEMS {
                return Err(whole);
            }
            self.first_error.get_or_insert(whole);
        }
        Ok(())
    }

    fn value(&mut self, position: String, value: &Value) -> Result<(), ImportError> {
        let format = match self.format {
            Some(format) => format,
            None => *self.format.insert(detect(value).ok_or(ImportError::Unrecognised)?),
        };
        let position = match position.strip_prefix("item ") {
            Some(number) => format!("{} {number}", format.noun()),
            None => position,
        };
        match format {
            Format::Commonwheel => self.emit(position, native::record(value)),
            Format::OpenWebUi => {
                self.emit(position.clone(), open_webui::chat(value));
                open_webui::pairs(value).into_iter().for_each(|pair| self.emit(position.clone(), pair));
            }
            Format::OpenWebUiFeedback => self.emit(position, open_webui::feedback(value)),
            Format::ChatGpt => self.emit(position, chatgpt::chat(value)),
            Format::Claude => self.emit(position, assistants::claude(value)),
            Format::LibreChat => self.emit(position, assistants::librechat(value)),
            Format::Oasst => match oasst::tree(value) {
                Some(items) => items.into_iter().for_each(|item| self.emit(position.clone(), item)),
                None => {
                    if let Err(why) = self.forest.push(&position, value)? {
                        self.emit(position, Err(why));
                    }
                }
            },
            Format::OpenAiChat if field(value, "messages").is_some() || field(value, "role").is_none() => {
                self.emit(position, openai::chat(value));
            }
            Format::OpenAiChat => {
                let thread = self.thread.get_or_insert_with(|| Ok(Messages::default()));
                if let Ok(messages) = thread
                    && let Err(why) = openai::message(value).and_then(|m| messages.push(m))
                {
                    *thread = Err(format!("message {}: {why}", self.elements));
                }
            }
            Format::QuestionAnswer => self.emit(position, rows::question_answer(value)),
            Format::Math => self.emit(position, rows::math(value)),
            Format::HelpSteer => self.emit(position, rows::helpsteer(value)),
            Format::ShareGpt => self.emit(position, shared::sharegpt(value)),
            Format::WildChat => self.emit(position, shared::wildchat(value)),
            Format::Flywheel => self.emit(position, shared::flywheel(value)),
            Format::Preference | Format::HhRlhf => self.emit(position, preference::pair(format, value)),
            Format::Kto => self.emit(position, preference::kto(value)),
            Format::Alpaca => self.emit(position, rows::alpaca(value)),
            Format::Dolly => self.emit(position, rows::dolly(value)),
            Format::PlainText => {}
        }
        Ok(())
    }

    fn emit(&mut self, position: String, item: Result<Item, Why>) {
        if self.stopped {
            return;
        }
        let item = match item.and_then(fitting) {
            Ok(item) => Ok(Item { position, ..item }),
            Err(why) => Err(ItemError { position, why }),
        };
        self.stopped = (self.sink)(item) == ControlFlow::Break(());
    }
}

/// The item, if all its text fits in a body.
fn fitting(item: Item) -> Result<Item, Why> {
    let mut bytes = 0;
    item.content.map(&mut |text| bytes += text.len());
    if bytes > commonwheel_protocol::limits::BODY_BYTES { Err(too_much_text()) } else { Ok(item) }
}

/// The format that an item shows by its fields.
fn detect(value: &Value) -> Option<Format> {
    let has = |key| field(value, key).is_some();
    let object = |key| value.get(key).is_some_and(Value::is_object);
    let list = |key| value.get(key).is_some_and(Value::is_array);
    if native::is_record(value) {
        Some(Format::Commonwheel)
    } else if object("mapping") {
        Some(Format::ChatGpt)
    } else if object("data") && (has("snapshot") || object("meta")) {
        Some(Format::OpenWebUiFeedback)
    } else if list("chat_messages") {
        Some(Format::Claude)
    } else if list("messages") && has("conversationId") {
        Some(Format::LibreChat)
    } else if list("clean_content") {
        Some(Format::Flywheel)
    } else if list("conversations") {
        Some(Format::ShareGpt)
    } else if list("conversation") {
        Some(Format::WildChat)
    } else if object("chat") || object("history") {
        Some(Format::OpenWebUi)
    } else if object("prompt") && has("message_tree_id") || has("message_id") && has("text") {
        Some(Format::Oasst)
    } else if has("messages") || has("role") && value.get("content").is_some() {
        Some(Format::OpenAiChat)
    } else if has("question") && has("answer") {
        Some(Format::QuestionAnswer)
    } else if has("problem") && has("solution") {
        Some(Format::Math)
    } else if has("prompt") && has("response") && has("helpfulness") {
        Some(Format::HelpSteer)
    } else if has("chosen") && has("rejected") {
        let transcript = !has("prompt") && value["chosen"].is_string();
        Some(if transcript { Format::HhRlhf } else { Format::Preference })
    } else if has("completion") && has("label") {
        Some(Format::Kto)
    } else if has("instruction") && has("output") {
        Some(Format::Alpaca)
    } else if has("instruction") && has("response") {
        Some(Format::Dolly)
    } else if value["kind"].is_string() {
        Some(Format::Commonwheel)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{import, said, sound};
    use super::super::{Format, ImportError, limits, read};
    use serde_json::json;
    use std::ops::ControlFlow;

    fn row(text: &str) -> String {
        json!({"question": text, "answer": "4"}).to_string()
    }

    #[test]
    fn every_whole_file_error_is_told_apart() {
        assert!(matches!(
            read("/nowhere/at/all".as_ref(), &mut |_| ControlFlow::Continue(())),
            Err(ImportError::NotFound)
        ));
        assert!(matches!(
            read(std::env::temp_dir().as_path(), &mut |_| ControlFlow::Continue(())),
            Err(ImportError::Directory)
        ));
        for (text, expected) in [
            (&b""[..], "nothing in the file"),
            (b" \n\t\n", "nothing in the file"),
            (b"\xEF\xBB\xBF", "nothing in the file"),
            (b"[]", "nothing in the file"),
            (b"\xFF\xFEH\0i\0", "found UTF-16"),
            (b"\xFE\xFF\0H\0i", "found UTF-16"),
            (b"{\0\"\0", "found UTF-16"),
            (b"caf\xE9 au lait", "at byte 3 "),
            (b"{\"secret\":1}", "expected one of: Commonwheel records, "),
            (b"[\"secret\"]", "expected one of: Commonwheel records, "),
            (b"[{\"question\":\"1\",\n\"ans", "the end at line 2, column 5"),
            (b"{\"question\":\"1", "the end at line 1, column 14"),
            (b"{\n\"question\":\"1", "the end at line 2, column 14"),
            (b"[{\"question\" 1}]", "a mistake (or over 127 levels of nesting) at line 1, column 14"),
        ] {
            let error = import("file", text).format.unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
            assert!(!error.contains("secret"));
        }
    }

    #[test]
    fn items_before_the_end_of_a_cut_off_file_are_kept() {
        let imported = import("file", format!("[{},\n{}", row("2+2?"), &row("3+1?")[..20]));
        assert!(matches!(imported.format, Err(ImportError::Truncated { line: 2, column: 21 })));
        assert_eq!(imported.items.len(), 1);
    }

    #[test]
    fn malformed_items_cost_only_themselves() {
        let lone_surrogate = r#"{"question":"\ud800","answer":"4"}"#;
        let imported = import("file", format!("[{},{lone_surrogate},{{\"secret\" 1}},7,{}]", row("1"), row("2")));
        assert_eq!(imported.format.unwrap(), Format::QuestionAnswer);
        assert_eq!((imported.items.len(), imported.errors.len()), (2, 3));
        let imported = import("file", format!("{{\"broken\n{}\n{{\"question\":\n{}", row("1"), row("2")));
        let lines: Vec<_> = imported.errors.iter().map(|e| e.position.as_str()).collect();
        assert_eq!((lines, imported.items.len()), (vec!["line 1", "line 3"], 2));
    }

    #[test]
    fn a_line_over_the_limit_costs_only_itself_unless_it_is_the_first() {
        let huge = row(&"x".repeat(limits::LINE_BYTES));
        let imported = import("file", format!("{}\n{huge}\n{}", row("1"), row("2")));
        assert_eq!(imported.errors[0].to_string(), "line 2: expected at most 16 MiB in one line, found more");
        assert_eq!(imported.items[1].position, "line 3");
        assert!(matches!(import("file", huge).format, Err(ImportError::TooLarge { .. })));
    }

    #[test]
    fn an_element_over_the_limit_costs_only_itself() {
        let huge = row(&"x".repeat(limits::ELEMENT_BYTES));
        let imported = import("file", format!("[{},{huge},{}]", row("1"), row("2")));
        assert_eq!(imported.errors[0].to_string(), "row 2: expected at most 32 MiB in one item, found more");
        assert_eq!(imported.items[1].position, "row 3");
    }

    #[test]
    fn a_byte_order_mark_is_no_content() {
        assert_eq!(sound(Format::QuestionAnswer, format!("\u{feff}{}", row("1"))).len(), 1);
        assert_eq!(said(&sound(Format::PlainText, "\u{feff}Hello")[0])[0].1, "Hello");
    }

    #[test]
    fn breaking_off_stops_the_import() {
        let (dir, mut seen) = (tempfile::tempdir().unwrap(), 0);
        let path = dir.path().join("rows.jsonl");
        std::fs::write(&path, [row("1"), row("2"), "{".into()].join("\n")).unwrap();
        let format = read(&path, &mut |_| {
            seen += 1;
            ControlFlow::Break(())
        });
        assert_eq!((format.unwrap(), seen), (Format::QuestionAnswer, 1));
    }
}
