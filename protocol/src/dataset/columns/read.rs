//! The values of a row's text, each read only as far as its column needs.

use super::{COLUMNS, Cell, Field, Form, Kind, Value};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// What a row has for each of [`COLUMNS`], and what it has besides, in the row's order.
type Split<'a> = ([Option<&'a RawValue>; COLUMNS.len()], Vec<(Cow<'a, str>, &'a RawValue)>);

/// Takes a row apart without reading what is in its columns.
pub(super) fn split(line: &str) -> serde_json::Result<Split<'_>> {
    let mut from = serde_json::Deserializer::from_str(line);
    let split = from.deserialize_map(Row)?;
    from.end()?;
    Ok(split)
}

/// One value of this type; none when it is another.
pub(super) fn one<'a>(raw: &'a RawValue, kind: Kind) -> Option<Value<'a>> {
    kind.deserialize(&mut serde_json::Deserializer::from_str(raw.get())).ok()
}

struct Row;

impl<'de> Visitor<'de> for Row {
    type Value = Split<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut found, mut others, mut next) = ([None; COLUMNS.len()], Vec::new(), 0);
        while let Some(Value::Text(key)) = map.next_key_seed(Kind::Text)? {
            let raw = map.next_value()?;
            // Rows have their columns in this order, so that the one that is sought is near.
            let of = |at: &usize| COLUMNS[*at].of == key && COLUMNS[*at].form != Form::More;
            let at = (next..COLUMNS.len()).chain(0..next).find(of);
            match at {
                Some(at) if found[at].is_none() => {
                    found[at] = Some(raw);
                    next = at + 1;
                }
                Some(_) => return Err(A::Error::custom("a column stands there twice")),
                None => others.push((key, raw)),
            }
        }
        Ok((found, others))
    }
}

/// A value of one type.
impl<'de> DeserializeSeed<'de> for Kind {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        match self {
            Kind::Text => from.deserialize_str(self),
            Kind::Int => from.deserialize_i64(self),
            Kind::Bool => from.deserialize_bool(self),
        }
    }
}

impl<'de> Visitor<'de> for Kind {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            Kind::Text => "text",
            Kind::Int => "an integer",
            Kind::Bool => "true or false",
        })
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Self::Value, E> {
        i64::try_from(value).map(Value::Int).map_err(E::custom)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool(value))
    }
}

/// Several values in one column.
#[derive(Clone, Copy)]
pub(super) enum Entries {
    Texts,
    Map(&'static [Field]),
    Maps(&'static [Field]),
    Counts,
}

impl Entries {
    /// The values; none when they are not of this form.
    pub fn read<'a>(self, raw: &'a RawValue) -> Option<Cell<'a>> {
        let mut from = serde_json::Deserializer::from_str(raw.get());
        let read = match self {
            Entries::Texts | Entries::Maps(_) => from.deserialize_seq(self),
            Entries::Map(_) | Entries::Counts => from.deserialize_map(self),
        };
        read.ok().map(Cell::Many)
    }
}

impl<'de> Visitor<'de> for Entries {
    type Value = Vec<Option<Value<'de>>>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("values of a column")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        // Most chats have a few messages.
        let mut values = Vec::with_capacity(if let Entries::Maps(fields) = self { 4 * fields.len() } else { 0 });
        match self {
            Entries::Maps(fields) => while items.next_element_seed(Entry { fields, to: &mut values })?.is_some() {},
            _ => {
                while let Some(text) = items.next_element_seed(Kind::Text)? {
                    values.push(Some(text));
                }
            }
        }
        Ok(values)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        match self {
            Entries::Map(fields) => Entry { fields, to: &mut values }.visit_map(map)?,
            _ => {
                while let Some(key) = map.next_key_seed(Kind::Text)? {
                    values.extend([Some(key), Some(map.next_value_seed(Kind::Int)?)]);
                }
            }
        }
        Ok(values)
    }
}

/// One map, whose values follow those that are there already.
struct Entry<'a, 'de> {
    fields: &'static [Field],
    to: &'a mut Vec<Option<Value<'de>>>,
}

impl<'de> DeserializeSeed<'de> for Entry<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Entry<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a map with the fields of the column")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let begin = self.to.len();
        self.to.resize(begin + self.fields.len(), None);
        while let Some(Value::Text(key)) = map.next_key_seed(Kind::Text)? {
            let at = self.fields.iter().position(|field| field.name == key);
            let at = at.ok_or_else(|| A::Error::custom("a field that the column does not have"))?;
            if self.to[begin + at].replace(map.next_value_seed(self.fields[at].kind)?).is_some() {
                return Err(A::Error::custom("a field stands there twice"));
            }
        }
        let lacks = |(field, value): (&Field, &Option<Value>)| field.required && value.is_none();
        match self.fields.iter().zip(&self.to[begin..]).any(lacks) {
            true => Err(A::Error::custom("a field is missing")),
            false => Ok(()),
        }
    }
}
