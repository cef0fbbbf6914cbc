//! Takes a file apart, tells its format by the first item, and sends every item to its reader.

use super::detect::detect;
use super::fields::{Messages, Why, field, too_much_text};
use super::json::{self, Json, Trouble};
use super::plain_text;
use super::stream::{Piece, Place, Scanner, Source};
use super::{
    Format, ImportError, Item, ItemError, Sink, assistants, chatgpt, limits, native, oasst, open_webui, openai,
    preference, rows, shared, surrogates,
};
use std::io::Read;
use std::ops::ControlFlow;

/// One import under way.
pub(super) struct Run<'s, 'f> {
    sink: &'s mut Sink<'f>,
    format: Option<Format>,
    /// Elements so far, in all parts of an archive.
    elements: u64,
    /// The line of the element that is read, where elements are named by their lines.
    line: Option<u64>,
    /// The first mistake before the format was known: the file's, if it never is.
    first_error: Option<ImportError>,
    /// Items left out before the format was known.
    early: Vec<ItemError>,
    /// The single messages of one chat.
    thread: Option<Result<Messages, Why>>,
    /// The single messages of many trees.
    forest: oasst::Forest,
    stopped: bool,
}

impl<'s, 'f> Run<'s, 'f> {
    /// An import that has read nothing yet.
    pub fn new(sink: &'s mut Sink<'f>) -> Self {
        Run {
            sink,
            format: None,
            elements: 0,
            line: None,
            first_error: None,
            early: Vec::new(),
            thread: None,
            forest: oasst::Forest::default(),
            stopped: false,
        }
    }

    /// Reads one file. `must_be_json` says that its name promises JSON. What ends the reading early is reported like an
    /// item that is left out once the format is known, and is the file's own error else.
    pub fn text<R: Read>(&mut self, source: Result<Source<R>, ImportError>, must_be_json: bool) {
        if let Err(error) = source.and_then(|mut source| self.walk(&mut source, must_be_json)) {
            self.ends(error);
        }
    }

    /// Notes why nothing more can be read of a file.
    pub fn ends(&mut self, error: ImportError) {
        let Some(format) = self.format else {
            self.first_error.get_or_insert(error);
            return;
        };
        let position = match self.line {
            Some(line) => format!("line {line}"),
            None => format!("{} {}", format.noun(), self.elements + 1),
        };
        self.emit(position, Err(error.to_string()));
    }

    /// Hands over what was kept until the end, and returns the format.
    pub fn finish(mut self) -> Result<Format, ImportError> {
        if let Some(thread) = self.thread.take() {
            self.emit("chat 1".into(), thread.and_then(|t| t.into_chat(Format::OpenAiChat)));
        }
        // A break only ends the walk: what was kept is not worth an answer then.
        let _ = std::mem::take(&mut self.forest).finish(&mut |position, items| {
            self.emit_all(position, items);
            if self.stopped { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        let nothing = if self.elements == 0 { ImportError::Empty } else { ImportError::Unrecognised };
        self.format.ok_or(self.first_error.unwrap_or(nothing))
    }

    fn walk<R: Read>(&mut self, source: &mut Source<R>, must_be_json: bool) -> Result<(), ImportError> {
        let Some(first) = source.peek()? else { return Err(ImportError::Empty) };
        let chunk = source.ahead();
        let second = chunk[1..].iter().find(|b| !b.is_ascii_whitespace());
        match (first, second) {
            (b'[', Some(b'{' | b'[' | b']' | b'"') | None) => self.array(source),
            (b'{', Some(b'"' | b'}') | None) => self.lines(source),
            (b'[' | b'{', _) if must_be_json => Err(source.broken()),
            _ if must_be_json => Err(ImportError::Unrecognised),
            _ => {
                let text = plain_text::whole(source)?;
                self.format = Some(Format::PlainText);
                self.emit("text".into(), plain_text::item(&text));
                Ok(())
            }
        }
    }

    fn array<R: Read>(&mut self, source: &mut Source<R>) -> Result<(), ImportError> {
        source.consume(1);
        let (mut first, mut comma, mut value) = (true, true, Vec::new());
        while !self.stopped {
            match source.peek()? {
                None => return Err(source.truncated()),
                Some(b']') if first || !comma => break,
                Some(b',') if !comma => {
                    source.consume(1);
                    comma = true;
                }
                Some(b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') if comma => {
                    value.clear();
                    self.element(source, Scanner::default(), &mut value, source.place)?;
                    (first, comma) = (false, false);
                }
                Some(_) => (first, comma) = (false, self.between(source)?),
            }
        }
        if self.stopped {
            return Ok(());
        }
        source.consume(1);
        match source.peek()? {
            None => Ok(()),
            Some(_) => Err(source.broken()),
        }
    }

    /// Reports what stands between two elements and should not, and moves on to where one may begin again. Says whether
    /// one may begin right there.
    fn between<R: Read>(&mut self, source: &mut Source<R>) -> Result<bool, ImportError> {
        let error = source.broken();
        let Some(format) = self.format else { return Err(error) };
        self.emit(format!("{} {}", format.noun(), self.elements + 1), Err(error.to_string()));
        Ok(match source.skip(|byte| matches!(byte, b',' | b']' | b'{'))? {
            Some(b',') => {
                source.consume(1);
                true
            }
            next => next == Some(b'{'),
        })
    }

    /// Reads the value that starts at `start` and goes on here after what is in `value`.
    fn element<R: Read>(
        &mut self,
        source: &mut Source<R>,
        mut scanner: Scanner,
        value: &mut Vec<u8>,
        start: Place,
    ) -> Result<(), ImportError> {
        let piece = source.value(&mut scanner, value, limits::ELEMENT_BYTES)?;
        self.elements += 1;
        let position = format!("{} {}", self.format.map_or("item", Format::noun), self.elements);
        if piece == Piece::TooLarge {
            self.leave_out(position, ImportError::TooLarge { what: "one item", limit: limits::ELEMENT_BYTES })?;
            return source.skip_value(&mut scanner);
        }
        self.piece(position, value, start)
    }

    /// Reads JSON Lines, or objects that go over several lines.
    fn lines<R: Read>(&mut self, source: &mut Source<R>) -> Result<(), ImportError> {
        let mut line = Vec::new();
        while !self.stopped {
            let start = source.place;
            self.line = Some(start.line);
            let piece = match source.line(&mut line, limits::LINE_BYTES)? {
                None => break,
                Some(Piece::Whole) if line.trim_ascii().is_empty() => continue,
                Some(piece) => piece,
            };
            self.elements += 1;
            let position = format!("line {}", start.line);
            if piece == Piece::TooLarge {
                self.leave_out(position, ImportError::TooLarge { what: "one line", limit: limits::LINE_BYTES })?;
                source.skip_line()?;
                continue;
            }
            if self.elements == 1 {
                let mut scanner = Scanner::default();
                if scanner.feed(line.trim_ascii_start()).is_none() && !scanner.in_string() {
                    self.elements = 0;
                    line.push(b'\n');
                    return self.objects(source, scanner, line, start);
                }
            }
            self.piece(position, &line, start)?;
        }
        Ok(())
    }

    /// Reads objects that go over several lines, the first of which is in `value`.
    fn objects<R: Read>(
        &mut self,
        source: &mut Source<R>,
        scanner: Scanner,
        mut value: Vec<u8>,
        start: Place,
    ) -> Result<(), ImportError> {
        self.line = None;
        self.element(source, scanner, &mut value, start)?;
        while !self.stopped {
            match source.peek()? {
                None => break,
                Some(b'{') => {
                    value.clear();
                    self.element(source, Scanner::default(), &mut value, source.place)?;
                }
                Some(_) => return Err(source.broken()),
            }
        }
        Ok(())
    }

    /// Parses a piece that starts at `start` and reads it.
    fn piece(&mut self, position: String, bytes: &[u8], start: Place) -> Result<(), ImportError> {
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let byte = start.byte + error.valid_up_to() as u64;
                return self.leave_out(position, ImportError::NotUtf8 { byte });
            }
        };
        let trouble = match json::parse(text) {
            Ok(value) => return self.value(position, &value),
            Err(trouble) => trouble,
        };
        if let (Trouble::Syntax(_), Some(mended)) = (&trouble, surrogates::mended(text))
            && let Ok(value) = json::parse(&mended)
        {
            return self.value(position, &value);
        }
        let error = match trouble {
            Trouble::TooMany => ImportError::TooManyValues,
            Trouble::Twice => ImportError::Twice,
            Trouble::Syntax(error) => {
                let line = start.line + (error.line() as u64).saturating_sub(1);
                let column = error.column() as u64 + if error.line() <= 1 { start.column - 1 } else { 0 };
                match error.is_eof() {
                    true => ImportError::Truncated { line, column },
                    false => ImportError::Broken { line, column },
                }
            }
        };
        self.leave_out(position, error)
    }

    /// Reports an item that cannot be read. It is the file's error when too many come before one that can.
    fn leave_out(&mut self, position: String, error: ImportError) -> Result<(), ImportError> {
        self.emit(position, Err(error.to_string()));
        if self.format.is_none() {
            if self.elements > limits::UNREADABLE_ITEMS {
                return Err(self.first_error.take().unwrap_or(error));
            }
            self.first_error.get_or_insert(error);
        }
        Ok(())
    }

    fn value(&mut self, position: String, value: &Json<'_>) -> Result<(), ImportError> {
        let format = match self.format {
            Some(format) => format,
            None => match detect(value) {
                Some(format) => self.begin(format),
                None => return self.leave_out(position, ImportError::Unrecognised),
            },
        };
        let position = match position.strip_prefix("item ") {
            Some(number) => format!("{} {number}", format.noun()),
            None => position,
        };
        match format {
            Format::Commonwheel => self.emit(position, native::record(value)),
            Format::OpenWebUi => {
                self.emit(position.clone(), open_webui::chat(value));
                self.emit_all(position, &mut open_webui::pairs(value));
            }
            Format::OpenWebUiFeedback => {
                self.emit(position.clone(), open_webui::feedback(value));
                self.emit_all(position, &mut open_webui::compared(value));
            }
            Format::ChatGpt => self.emit(position, chatgpt::chat(value)),
            Format::Claude => self.emit(position, assistants::claude(value)),
            Format::LibreChat => self.emit(position, assistants::librechat(value)),
            Format::Oasst => match oasst::tree(value) {
                Some(Ok(tree)) => self.emit_all(position, &mut tree.items()),
                Some(Err(why)) => self.emit(position, Err(why)),
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

    /// Takes the format that was found, and reports what was left out before.
    fn begin(&mut self, format: Format) -> Format {
        self.format = Some(format);
        for error in std::mem::take(&mut self.early) {
            self.emit(error.position, Err(error.why));
        }
        format
    }

    /// Hands over items that one item of the file gives, one by one, as many as one may give.
    fn emit_all(&mut self, position: String, items: &mut dyn Iterator<Item = Result<Item, Why>>) {
        let (mut most, mut left) = (limits::PAIRS, limits::PAIRS_BYTES);
        for item in items {
            // What cannot be read may have cost as much as the largest that can.
            let bytes = item.as_ref().map_or(commonwheel_protocol::limits::BODY_BYTES, text_bytes);
            (most, left) = match (most.checked_sub(1), left.checked_sub(bytes)) {
                (Some(most), Some(left)) => (most, left),
                _ => return self.emit(position, Err(too_many_pairs())),
            };
            self.emit(position.clone(), item);
            if self.stopped {
                return;
            }
        }
    }

    fn emit(&mut self, position: String, item: Result<Item, Why>) {
        if self.stopped {
            return;
        }
        let item = match item.and_then(fitting) {
            Ok(item) => Ok(Item { position, ..item }),
            Err(why) if self.format.is_none() => return self.early.push(ItemError { position, why }),
            Err(why) => Err(ItemError { position, why }),
        };
        self.stopped = (self.sink)(item) == ControlFlow::Break(());
    }
}

/// The item, if all its text fits in a body.
fn fitting(item: Item) -> Result<Item, Why> {
    if text_bytes(&item) > commonwheel_protocol::limits::BODY_BYTES { Err(too_much_text()) } else { Ok(item) }
}

fn text_bytes(item: &Item) -> usize {
    let mut bytes = 0;
    item.content.map(&mut |text| bytes += text.len());
    bytes
}

fn too_many_pairs() -> Why {
    format!(
        "expected at most {} preference pairs, of {} MiB together, found more; the first ones are read",
        limits::PAIRS,
        limits::PAIRS_BYTES >> 20
    )
}

#[cfg(test)]
mod tests;
