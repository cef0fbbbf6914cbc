//! The values of a row's text, in one walk along it, each read only as far as its column needs.
//!
//! A row has one text, without white space between its parts: so what stands next is known, and most of it is borrowed.
//! What is of no known form is left to `serde_json`, which also says whether it is JSON.

use super::{COLUMNS, Cell, Column, Field, Form, HEADER_COLUMNS, Kind, Value, unix_s};
use memchr::{memchr, memchr2};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// What a row has in each of [`COLUMNS`] but the last, and what it has besides.
pub(super) struct Taken<'a> {
    /// The cells, in the order of the columns.
    pub cells: [Cell<'a>; COLUMNS.len()],
    /// What is not of its column's form, each with that column's place, in the row's order.
    pub misfits: Vec<(usize, &'a str)>,
    /// What has no column, in the row's order.
    pub others: Vec<(Cow<'a, str>, &'a str)>,
}

/// Takes a row apart; nothing when its text is none of a row.
pub(super) fn taken(line: &str) -> Option<Taken<'_>> {
    // JSON has no such characters in a text, and a row none outside.
    if line.as_bytes().chunks(64).any(|some| some.iter().fold(false, |found, byte| found | (*byte < b' '))) {
        return None;
    }
    let mut walk = Walk { line, at: 0 };
    let columns = &COLUMNS;
    let mut taken = Taken { cells: [const { Cell::None }; COLUMNS.len()], misfits: Vec::new(), others: Vec::new() };
    let (mut seen, mut next) = ([false; COLUMNS.len()], 0);
    let whole = walk.map(|walk, key| {
        // Rows have their columns in this order, so that the one that is sought is near.
        let of = |at: &usize| columns[*at].of == key && columns[*at].form != Form::More;
        let Some(at) = (next..columns.len()).chain(0..next).find(of) else {
            taken.others.push((key, walk.anything()?));
            return Some(());
        };
        if std::mem::replace(&mut seen[at], true) {
            return None;
        }
        next = at + 1;
        let begin = walk.at;
        match walk.cell(&columns[at]) {
            Some(cell) => taken.cells[at] = cell,
            None => {
                walk.at = begin;
                taken.misfits.push((at, walk.anything()?));
            }
        }
        Some(())
    });
    (whole.is_some() && walk.rest().is_empty()).then_some(taken)
}

/// A walk along a line. Each step gives nothing where something else stands, and then has gone no one knows how far.
struct Walk<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Walk<'a> {
    fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    /// Passes over these characters, if they are next.
    fn pass(&mut self, next: &str) -> Option<()> {
        let found = self.line.as_bytes()[self.at..].starts_with(next.as_bytes());
        found.then(|| self.at += next.len())
    }

    /// What stands in a column.
    fn cell(&mut self, column: &Column) -> Option<Cell<'a>> {
        // A column of the header may be `null`; one of the body that is `null` is of another form, since that is not the
        // same as none.
        if self.rest().starts_with("null") && HEADER_COLUMNS.contains(&column.of) {
            self.pass("null")?;
            return Some(Cell::None);
        }
        let mut values = Vec::new();
        match column.form {
            Form::One(kind) => return self.value(kind).map(Cell::One),
            Form::Time => return Some(Cell::One(Value::Int(unix_s(&self.text()?)?.checked_mul(1000)?))),
            Form::Texts => self.list(|walk| {
                values.push(Some(Value::Text(walk.text()?)));
                Some(())
            })?,
            Form::Map(fields) => self.entry(fields, &mut values)?,
            Form::Maps(fields) => {
                // Most chats have a few messages.
                values.reserve(4 * fields.len());
                self.list(|walk| walk.entry(fields, &mut values))?;
            }
            Form::Counts(_) => self.map(|walk, key| {
                values.extend([Some(Value::Text(key)), Some(walk.value(Kind::Int)?)]);
                Some(())
            })?,
            Form::More => return None,
        }
        Some(Cell::Many(values))
    }

    /// One value of this type.
    fn value(&mut self, kind: Kind) -> Option<Value<'a>> {
        match kind {
            Kind::Text => self.text().map(Value::Text),
            Kind::Int => self.integer().map(Value::Int),
            Kind::Bool => {
                let is = self.rest().starts_with('t');
                self.pass(if is { "true" } else { "false" })?;
                Some(Value::Bool(is))
            }
        }
    }

    /// One map, whose values follow those that are there already.
    fn entry(&mut self, fields: &[Field], to: &mut Vec<Option<Value<'a>>>) -> Option<()> {
        let begin = to.len();
        to.resize(begin + fields.len(), None);
        self.map(|walk, key| {
            let at = fields.iter().position(|field| field.name == key)?;
            let before = to[begin + at].replace(walk.value(fields[at].kind)?);
            before.is_none().then_some(())
        })?;
        let lacks = |(field, value): (&Field, &Option<Value>)| field.required && value.is_none();
        (!fields.iter().zip(&to[begin..]).any(lacks)).then_some(())
    }

    /// A list, each item of which `item` reads.
    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.pass("[")?;
        if self.pass("]").is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            if self.pass(",").is_none() {
                return self.pass("]");
            }
        }
    }

    /// A map, each value of which `value` reads after its key.
    fn map(&mut self, mut value: impl FnMut(&mut Self, Cow<'a, str>) -> Option<()>) -> Option<()> {
        self.pass("{")?;
        if self.pass("}").is_some() {
            return Some(());
        }
        loop {
            let key = self.text()?;
            self.pass(":")?;
            value(self, key)?;
            if self.pass(",").is_none() {
                return self.pass("}");
            }
        }
    }

    /// A text, borrowed unless something in it is escaped.
    fn text(&mut self) -> Option<Cow<'a, str>> {
        let begin = self.at;
        self.pass("\"")?;
        let (bytes, mut end, mut is_plain) = (self.line.as_bytes(), self.at, true);
        loop {
            end += memchr2(b'"', b'\\', bytes.get(end..)?)?;
            if bytes[end] == b'"' {
                break;
            }
            (is_plain, end) = (false, end + 2);
        }
        self.at = end + 1;
        if is_plain { Some(Cow::Borrowed(&self.line[begin + 1..end])) } else { unescaped(&self.line[begin..=end]) }
    }

    /// An integer; nothing when it is another number.
    fn integer(&mut self) -> Option<i64> {
        let rest = self.rest();
        let digits = rest.strip_prefix('-').unwrap_or(rest);
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        let is_other = digits.as_bytes().get(count).is_some_and(|next| matches!(next, b'.' | b'e' | b'E'));
        let text = &rest[..rest.len() - digits.len() + count];
        if is_other || text == "-0" || (count > 1 && digits.starts_with('0')) {
            return None;
        }
        self.at += text.len();
        text.parse().ok()
    }

    /// Any value, as its text.
    fn anything(&mut self) -> Option<&'a str> {
        if self.rest().starts_with(' ') {
            return None;
        }
        let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<&RawValue>();
        let value = values.next()?.ok()?;
        self.at += values.byte_offset();
        Some(value.get())
    }
}

/// What a text between its quotation marks says, some of it escaped.
fn unescaped(quoted: &str) -> Option<Cow<'_, str>> {
    let mut rest = &quoted[1..quoted.len() - 1];
    let mut text = String::with_capacity(rest.len());
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        text.push_str(&rest[..at]);
        text.push(match rest.as_bytes().get(at + 1)? {
            b'n' => '\n',
            b'"' => '"',
            b'\\' => '\\',
            b't' => '\t',
            b'r' => '\r',
            // Seldom any other.
            _ => return serde_json::from_str(quoted).ok().map(Cow::Owned),
        });
        rest = &rest[at + 2..];
    }
    text.push_str(rest);
    Some(Cow::Owned(text))
}
