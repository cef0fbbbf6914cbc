//! A row's one text, written from its values as they are: an export writes as many as there are records.

use super::{COLUMNS, Form, PLACES, Row, RowError, field};
use crate::bytes::{Cid, Node};
use crate::dataset::civil;
use crate::dataset::dag_json::DagJson;
use crate::sign::PublicKey;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::fmt;
use std::io::Write;

/// The room for a row of a short chat, in bytes. Longer ones grow.
const SHORT_ROW: usize = 2 << 10;

/// What a column of the header shows.
enum Shown<'a> {
    Null,
    Integer(i64),
    Text(&'a str),
    Cid(Cid),
    Key(PublicKey),
    Hex(&'a [u8]),
    Time(String),
}

impl Row {
    /// The row's one text: an object on one line, without a newline.
    ///
    /// # Errors
    /// When a value of the header has no text form.
    pub fn line(&self) -> Result<String, RowError> {
        let mut line = Vec::with_capacity(SHORT_ROW);
        self.write(&mut line)?;
        Ok(String::from_utf8(line).expect("JSON and hexadecimal are UTF-8"))
    }

    /// Appends the row's one text as UTF-8, for who writes many.
    ///
    /// # Errors
    /// As [`Row::line`]; then a part of it may have been appended.
    pub fn write(&self, to: &mut Vec<u8>) -> Result<(), RowError> {
        let mut line = Line { to, begun: false };
        for (name, form) in COLUMNS {
            line.key(name);
            line.shown(&self.header_value(name, form)?);
        }
        let place = |name: &str| PLACES.place(name).unwrap_or(usize::MAX);
        let placed = self.body.iter().map(|(name, value)| (place(name), name, value));
        let mut body: Vec<_> = placed.collect();
        // Those without a place stay behind the others, in the order of their bytes.
        body.sort_by_key(|(place, ..)| *place);
        for (_, name, value) in body {
            line.key(name);
            match value {
                Node::Bytes(salt) if name == "salt" => line.shown(&Shown::Hex(salt)),
                value => line.json(&DagJson(value)),
            }
        }
        line.to.push(b'}');
        Ok(())
    }

    /// The text in a column of the header; none where it is `null` or a number.
    pub(in crate::dataset) fn header_text(&self, column: &str) -> Option<String> {
        let mut text = String::new();
        self.show_header_text(column, &mut text).then_some(text)
    }

    /// Appends the same to a text, and says whether there was one.
    pub(in crate::dataset) fn show_header_text(&self, column: &str, to: &mut String) -> bool {
        let Some((name, form)) = COLUMNS.into_iter().find(|(name, _)| *name == column) else { return false };
        let Ok(shown) = self.header_value(name, form) else { return false };
        match shown {
            Shown::Null | Shown::Integer(_) => return false,
            Shown::Text(text) => to.push_str(text),
            Shown::Cid(cid) => show(&cid, to),
            Shown::Key(key) => show(&key, to),
            Shown::Hex(bytes) => show(&HEXLOWER.encode_display(bytes), to),
            Shown::Time(time) => to.push_str(&time),
        }
        true
    }

    fn header_value(&self, name: &'static str, form: Form) -> Result<Shown<'_>, RowError> {
        Ok(match form {
            Form::Id => Shown::Cid(self.id.0),
            Form::Charter => Shown::Cid(self.charter),
            Form::AuthorMode if self.field("nonce").is_some() => Shown::Text("anonymous"),
            Form::AuthorMode => Shown::Text("key"),
            Form::Signature => Shown::Hex(&self.signature),
            _ => match self.field(field(name)) {
                Some(value) => form.show(name, value)?,
                None => Shown::Null,
            },
        })
    }
}

impl Form {
    fn show<'n>(self, name: &'static str, value: &'n Node) -> Result<Shown<'n>, RowError> {
        match (self, value) {
            (Form::Link, Node::Link(cid)) => Ok(Shown::Cid(*cid)),
            (Form::Key, Node::Bytes(bytes)) => {
                let key = <[u8; 32]>::try_from(&bytes[..]).map_err(|_| RowError::Column(name))?;
                Ok(Shown::Key(PublicKey(key)))
            }
            (Form::Hex, Node::Bytes(bytes)) => Ok(Shown::Hex(bytes)),
            (Form::Plain, Node::Text(text)) => Ok(Shown::Text(text)),
            (Form::Plain, Node::Int(number)) => Ok(Shown::Integer(*number)),
            (Form::Time, Node::Int(time)) => civil::rfc3339(*time).map(Shown::Time).ok_or(RowError::Time),
            _ => Err(RowError::Column(name)),
        }
    }
}

fn show(value: &impl fmt::Display, to: &mut String) {
    fmt::Write::write_fmt(to, format_args!("{value}")).expect("writing to memory cannot fail");
}

/// A JSON object that is being written.
struct Line<'l> {
    to: &'l mut Vec<u8>,
    begun: bool,
}

impl Line<'_> {
    fn key(&mut self, name: &str) {
        self.to.push(if self.begun { b',' } else { b'{' });
        self.begun = true;
        self.json(name);
        self.to.push(b':');
    }

    fn json(&mut self, value: &(impl Serialize + ?Sized)) {
        serde_json::to_writer(&mut self.to, value).expect("writing JSON to memory cannot fail");
    }

    fn shown(&mut self, value: &Shown<'_>) {
        // Neither ids nor keys nor times have a character that JSON escapes.
        let quoted = match value {
            Shown::Null => return self.json(&()),
            Shown::Integer(number) => return self.json(number),
            Shown::Text(text) => return self.json(*text),
            Shown::Cid(cid) => write!(self.to, "\"{cid}\""),
            Shown::Key(key) => write!(self.to, "\"{key}\""),
            Shown::Time(time) => write!(self.to, "\"{time}\""),
            Shown::Hex(bytes) => write!(self.to, "\"{}\"", HEXLOWER.encode_display(bytes)),
        };
        quoted.expect("writing to memory cannot fail");
    }
}
