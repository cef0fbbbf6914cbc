//! Reads the files that people have into contents that can be reviewed, redacted and signed.
//!
//! The format is told from what is inside, never from the file's name alone. Files are read item by
//! item in bounded memory, except those whose items are spread over the file ([`limits`] bounds
//! what is kept). All text leaves here as [`RawText`]; names and ids of people, chats and accounts
//! are not read at all.

#![cfg_attr(test, allow(clippy::unwrap_used))]

use crate::gunzip::{self, Damage, Gunzip};
use commonwheel_protocol::record::RecordId;
use commonwheel_protocol::record::content::{Asks, Content, Note, Petition};
use commonwheel_protocol::text::RawText;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;
use stream::Source;

mod archive;
mod assistants;
mod chatgpt;
mod detect;
mod fields;
#[cfg(test)]
mod gzip_tests;
#[cfg(test)]
mod hostile_tests;
mod json;
pub mod limits;
mod native;
mod oasst;
mod open_webui;
mod open_webui_text;
mod openai;
mod plain_text;
mod preference;
mod rows;
mod run;
#[cfg(test)]
mod samples;
mod shared;
mod stream;
mod surrogates;
#[cfg(test)]
mod testing;
mod utf16;
#[cfg(test)]
mod view_tests;

/// One thing to submit, as a file gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The format of the file.
    pub format: Format,
    /// Where in the file, such as `chat 3` or `line 17`; never content.
    pub position: String,
    /// The file's own title for it, cut to what a record can hold.
    pub title: Option<RawText>,
    /// The content.
    pub content: Content<RawText>,
    /// A BCP 47 tag, if the file names the language.
    pub language: Option<String>,
    /// The model that wrote the last answer; earlier messages name theirs where it differs.
    pub model: Option<RawText>,
    /// The file's own tags, as many as a record can hold.
    pub tags: Vec<RawText>,
    /// Whether the label is the file's, or the content has none; otherwise `Good` is only a default that
    /// a person has to be asked about.
    pub labelled: bool,
    /// Whether the format is that of published datasets, so that others hold the rights.
    pub third_party: bool,
    /// The record that a correction corrects; none for other content.
    pub corrects: Option<RecordId>,
    /// The record that a note or a petition is about; none for other content.
    pub about: Option<RecordId>,
}

impl Item {
    /// What a person says about a record.
    pub fn note(text: &str, about: RecordId) -> Self {
        let content = Content::Note(Note { text: RawText::new(text) });
        Item { about: Some(about), ..Item::new(Format::Commonwheel, content) }
    }

    /// What a person asks the community for.
    pub fn petition(text: &str, asks: Asks, about: Option<RecordId>) -> Self {
        let content = Content::Petition(Petition { text: RawText::new(text), asks });
        Item { about, ..Item::new(Format::Commonwheel, content) }
    }

    /// An item without a position, title or anything else that a content does not have of itself.
    pub fn new(format: Format, content: Content<RawText>) -> Self {
        let labelled = !matches!(content, Content::Chat(_));
        Item {
            format,
            position: String::new(),
            title: None,
            content,
            language: None,
            model: None,
            tags: Vec::new(),
            labelled,
            third_party: format.third_party(),
            corrects: None,
            about: None,
        }
    }
}

/// Why one item was left out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {why}")]
pub struct ItemError {
    /// Where in the file; never content.
    pub position: String,
    /// What was expected and what was found; never content.
    pub why: String,
}

/// What a file can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// Commonwheel's own: records of any kind, in the field names of a body.
    Commonwheel,
    /// Chats exported from Open WebUI, by a user or by an administrator.
    OpenWebUi,
    /// Feedback exported from Open WebUI, with the chats it is about.
    OpenWebUiFeedback,
    /// The archive that ChatGPT sends, or the `conversations.json` in it.
    ChatGpt,
    /// The archive that Claude sends, or the `conversations.json` in it.
    Claude,
    /// A chat exported from LibreChat.
    LibreChat,
    /// Open Assistant message trees or single messages.
    Oasst,
    /// Messages with a role and a content, as in OpenAI's chat interface.
    OpenAiChat,
    /// Rows of question and answer, as in GSM8K.
    QuestionAnswer,
    /// Rows of problem and solution, as in MATH.
    Math,
    /// Rows of prompt and response with ratings, as in HelpSteer.
    HelpSteer,
    /// Rows with a conversation of speakers and values, as ShareGPT has them.
    ShareGpt,
    /// Rows with a conversation of roles and contents, as in WildChat.
    WildChat,
    /// What Public AI's first data flywheel, a plug-in of Open WebUI, sends to its dataset.
    Flywheel,
    /// Rows with a chosen and a rejected answer, as TRL's preference trainers take them.
    Preference,
    /// Rows with an answer that is desirable or not, as TRL's KTO trainer takes them.
    Kto,
    /// Rows with a chosen and a rejected transcript, as in HH-RLHF.
    HhRlhf,
    /// Rows of instruction, input and output, as in Alpaca.
    Alpaca,
    /// Rows of instruction, context and response, as in Dolly.
    Dolly,
    /// Any other text; a transcript becomes a chat.
    PlainText,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 20] = [
        Format::Commonwheel,
        Format::OpenWebUi,
        Format::OpenWebUiFeedback,
        Format::ChatGpt,
        Format::Claude,
        Format::LibreChat,
        Format::Oasst,
        Format::OpenAiChat,
        Format::QuestionAnswer,
        Format::Math,
        Format::HelpSteer,
        Format::ShareGpt,
        Format::WildChat,
        Format::Flywheel,
        Format::Preference,
        Format::Kto,
        Format::HhRlhf,
        Format::Alpaca,
        Format::Dolly,
        Format::PlainText,
    ];

    /// The name to show.
    pub fn name(self) -> &'static str {
        match self {
            Format::Commonwheel => "Commonwheel records",
            Format::OpenWebUi => "Open WebUI chats",
            Format::OpenWebUiFeedback => "Open WebUI feedback",
            Format::ChatGpt => "ChatGPT export",
            Format::Claude => "Claude export",
            Format::LibreChat => "LibreChat export",
            Format::Oasst => "OASST messages",
            Format::OpenAiChat => "OpenAI-style chat",
            Format::QuestionAnswer => "questions and answers",
            Format::Math => "MATH rows",
            Format::HelpSteer => "HelpSteer rows",
            Format::ShareGpt => "ShareGPT rows",
            Format::WildChat => "WildChat rows",
            Format::Flywheel => "data flywheel payloads",
            Format::Preference => "TRL preference rows",
            Format::Kto => "TRL KTO rows",
            Format::HhRlhf => "HH-RLHF rows",
            Format::Alpaca => "Alpaca rows",
            Format::Dolly => "Dolly rows",
            Format::PlainText => "plain text",
        }
    }

    /// What one element of such a file is called.
    fn noun(self) -> &'static str {
        match self {
            Format::OpenWebUi | Format::ChatGpt | Format::OpenAiChat => "chat",
            Format::Claude | Format::LibreChat | Format::Flywheel => "chat",
            Format::OpenWebUiFeedback => "feedback",
            Format::Commonwheel => "record",
            Format::PlainText => "text",
            _ => "row",
        }
    }

    /// Whether such a file is a published dataset rather than somebody's own words.
    fn third_party(self) -> bool {
        match self {
            Format::OpenWebUi | Format::OpenWebUiFeedback | Format::ChatGpt => false,
            Format::Claude | Format::LibreChat => false,
            Format::Commonwheel | Format::OpenAiChat | Format::PlainText => false,
            Format::Oasst | Format::QuestionAnswer | Format::Alpaca | Format::Dolly => true,
            Format::Preference | Format::Kto | Format::HhRlhf => true,
            Format::Math | Format::HelpSteer | Format::ShareGpt | Format::WildChat | Format::Flywheel => true,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a file as a whole cannot be imported, or cannot be read further.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is no such file.
    #[error("expected a file, found nothing at this path; check the path")]
    NotFound,
    /// It is a directory.
    #[error("expected a file, found a directory; name the files in it")]
    Directory,
    /// The system cannot read it.
    #[error("cannot read the file: {0}")]
    Io(#[from] std::io::Error),
    /// There is nothing in it.
    #[error("expected text, found nothing in the file")]
    Empty,
    /// It is not UTF-8.
    #[error("expected UTF-8, found something else at byte {byte} (counted from 0); save or convert it as UTF-8")]
    NotUtf8 {
        /// The offset of the first byte that is wrong.
        byte: u64,
    },
    /// It is none of the known formats.
    #[error("expected one of: {}; found something else", understood())]
    Unrecognised,
    /// Something in it exceeds a limit.
    #[error("expected at most {} MiB in {what}, found more; split it", limit >> 20)]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit in bytes.
        limit: usize,
    },
    /// Too many messages have to be kept at once.
    #[error("expected at most {limit} single messages in one file, found more; split the file")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// An item has too many values.
    #[error("expected at most {} values in one item, found more; split the file", limits::VALUES)]
    TooManyValues,
    /// A field stands twice in one object of an item.
    #[error(
        "expected every field and every id once in its object, found one twice; readers differ in which they believe"
    )]
    Twice,
    /// The JSON ends too early.
    #[error("expected more JSON, found the end at line {line}, column {column}; the file is cut off: fetch it again")]
    Truncated {
        /// From 1.
        line: u64,
        /// From 1, in bytes.
        column: u64,
    },
    /// It starts like JSON and is not.
    #[error("expected JSON, found a mistake (or over 127 levels of nesting) at line {line}, column {column}")]
    Broken {
        /// From 1.
        line: u64,
        /// From 1, in bytes.
        column: u64,
    },
    /// The archive is encrypted.
    #[error("expected a readable zip archive, found an encrypted one; unpack it and import conversations.json")]
    EncryptedZip,
    /// The archive is damaged or uses a method that is not supported.
    #[error("expected a sound zip archive, found a damaged or unusual one; unpack it or fetch it again")]
    BrokenZip,
    /// The archive is not an export.
    #[error("expected conversations.json in the zip archive, found none; unpack it and import the files in it")]
    NoConversations,
    /// The archive unpacks to far more than an export would.
    #[error("expected conversations.json of at most {} MiB, packed at most {} times, found more; unpack it and import \
             the file if you trust it", limits::UNPACKED_BYTES >> 20, limits::UNPACKED_RATIO)]
    ZipBomb,
    /// The file is packed with gzip, and something is wrong with that.
    #[error(transparent)]
    Gzip(#[from] Damage),
    /// An archive is packed with gzip.
    #[error("expected text in the gzip file, found an archive; unpack it and import the files in it")]
    ArchiveInGzip,
}

fn understood() -> String {
    Format::ALL.map(Format::name).join(", ")
}

/// Takes every item and every item's error; says whether to go on.
pub type Sink<'a> = dyn FnMut(Result<Item, ItemError>) -> ControlFlow<()> + 'a;

/// Hands every item of the file at `path` to `sink` and returns the file's format.
///
/// # Errors
/// When there is no such file, and as [`read_from`].
pub fn read(path: &Path, sink: &mut Sink<'_>) -> Result<Format, ImportError> {
    read_from(open(path)?, named_json(path), sink)
}

/// The file at `path`.
///
/// # Errors
/// When there is none, it is a directory, or may not be read.
pub fn open(path: &Path) -> Result<File, ImportError> {
    let not_found = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => ImportError::NotFound,
        _ => ImportError::Io(e),
    };
    if path.metadata().map_err(not_found)?.is_dir() {
        return Err(ImportError::Directory);
    }
    Ok(File::open(path)?)
}

/// Whether a file's name promises JSON, packed or not.
pub fn named_json(path: &Path) -> bool {
    let path = match path.extension() {
        Some(end) if end.eq_ignore_ascii_case("gz") => path.file_stem().map_or(path, Path::new),
        _ => path,
    };
    let extension = path.extension();
    extension.is_some_and(|e| ["json", "jsonl", "ndjson"].iter().any(|json| e.eq_ignore_ascii_case(json)))
}

/// Hands every item of the file to `sink` and returns the file's format.
///
/// An item that cannot be read is handed over as an [`ItemError`] and the rest goes on; so is what ends the reading of
/// a file of which items were read. When `sink` breaks off, that is no error.
///
/// # Errors
/// When no item of the file tells what it is: it is empty, something else, damaged from the start.
pub fn read_from<F: Read + Seek>(mut file: F, named_json: bool, sink: &mut Sink<'_>) -> Result<Format, ImportError> {
    let mut magic = Vec::new();
    file.by_ref().take(4).read_to_end(&mut magic)?;
    file.rewind()?;
    match magic[..] {
        [b'P', b'K', 3, 4] => archive::read(file, sink),
        // An archive without files starts with its end.
        [b'P', b'K', 5, 6] => Err(ImportError::NoConversations),
        _ if gunzip::is_gzip(&magic) => {
            let packed = file.seek(SeekFrom::End(0))?;
            file.rewind()?;
            let mut run = run::Run::new(sink);
            run.text(unpacked(Gunzip::new(file, packed)), named_json);
            run.finish()
        }
        _ => {
            let mut run = run::Run::new(sink);
            run.text(Source::new(file), named_json);
            run.finish()
        }
    }
}

/// The text in a gzip file, unless it is an archive.
fn unpacked<R: Read>(packed: Gunzip<R>) -> Result<Source<Gunzip<R>>, ImportError> {
    let mut source = Source::new(packed)?;
    let start = source.ahead();
    let tar = start.get(257..262).is_some_and(|magic| magic == b"ustar");
    match tar || start.starts_with(b"PK\x03\x04") || gunzip::is_gzip(start) {
        true => Err(ImportError::ArchiveInGzip),
        false => Ok(source),
    }
}
