//! Reading a map field by field, so that nothing in it goes unread.

use super::{Cid, Key, Node};
use std::collections::BTreeMap;

/// Why a map does not have the fields that it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// Not a map at all.
    #[error("expected a map; found {0}")]
    NotAMap(&'static str),
    /// A required field is not there.
    #[error("the field {0:?} is missing")]
    Missing(&'static str),
    /// A field holds another kind of value.
    #[error("the field {field:?} should be {expected}; found {found}")]
    Type {
        /// Which field.
        field: &'static str,
        /// What it should hold.
        expected: &'static str,
        /// What it holds.
        found: &'static str,
    },
    /// A field's value is not allowed.
    #[error("the field {field:?} is not valid: {why}")]
    Value {
        /// Which field.
        field: &'static str,
        /// What is expected; never the value itself, which may be personal.
        why: String,
    },
    /// Fields that are not known here; only `ext` may hold such.
    #[error("{0} unknown field(s); unknown fields are allowed only under \"ext\"")]
    Unknown(usize),
}

impl FieldError {
    /// A value that is not allowed.
    pub fn value(field: &'static str, why: impl Into<String>) -> Self {
        FieldError::Value { field, why: why.into() }
    }
}

/// The fields of a map that have not been read yet.
pub struct Fields(BTreeMap<Key, Node>);

macro_rules! typed {
    ($(#[$doc:meta])* $required:ident, $optional:ident, $variant:ident, $type:ty, $expected:literal) => {
        $(#[$doc])*
        ///
        /// # Errors
        /// When it is missing or holds another kind of value.
        pub fn $required(&mut self, field: &'static str) -> Result<$type, FieldError> {
            self.$optional(field)?.ok_or(FieldError::Missing(field))
        }

        /// The same, when the field may be absent.
        ///
        /// # Errors
        /// When it holds another kind of value.
        pub fn $optional(&mut self, field: &'static str) -> Result<Option<$type>, FieldError> {
            match self.0.remove(field) {
                None => Ok(None),
                Some(Node::$variant(value)) => Ok(Some(<$type>::from(value))),
                Some(other) => Err(FieldError::Type { field, expected: $expected, found: other.kind() }),
            }
        }
    };
}

impl Fields {
    /// The fields of a map.
    ///
    /// # Errors
    /// When the value is not a map.
    pub fn of(node: Node) -> Result<Self, FieldError> {
        match node {
            Node::Map(entries) => Ok(Fields(entries)),
            other => Err(FieldError::NotAMap(other.kind())),
        }
    }

    typed!(/// Takes a text field.
        text, text_opt, Text, String, "a text string");
    typed!(/// Takes a byte string field.
        bytes, bytes_opt, Bytes, Vec<u8>, "a byte string");
    typed!(/// Takes an integer field.
        int, int_opt, Int, i64, "an integer");
    typed!(/// Takes a boolean field.
        bool, bool_opt, Bool, bool, "a boolean");
    typed!(/// Takes a list field.
        list, list_opt, List, Vec<Node>, "a list");
    typed!(/// Takes a map field.
        map, map_opt, Map, BTreeMap<Key, Node>, "a map");
    typed!(/// Takes a link field.
        link, link_opt, Link, Cid, "a link");

    /// Takes a byte string of exactly `N` bytes.
    ///
    /// # Errors
    /// When it is missing, of another kind or of another length.
    pub fn array<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], FieldError> {
        self.array_opt(field)?.ok_or(FieldError::Missing(field))
    }

    /// The same, when the field may be absent.
    ///
    /// # Errors
    /// When it is of another kind or of another length.
    pub fn array_opt<const N: usize>(&mut self, field: &'static str) -> Result<Option<[u8; N]>, FieldError> {
        let Some(bytes) = self.bytes_opt(field)? else { return Ok(None) };
        let found = bytes.len();
        let exact =
            bytes.try_into().map_err(|_| FieldError::value(field, format!("expected {N} bytes, found {found}")));
        exact.map(Some)
    }

    /// Takes an integer within `range`.
    ///
    /// # Errors
    /// When it is missing, of another kind or outside the range.
    pub fn int_in(&mut self, field: &'static str, range: std::ops::RangeInclusive<i64>) -> Result<i64, FieldError> {
        let value = self.int(field)?;
        if range.contains(&value) {
            Ok(value)
        } else {
            Err(FieldError::value(field, format!("expected {} to {}, found {value}", range.start(), range.end())))
        }
    }

    /// Takes a constant text field, such as an operation's type.
    ///
    /// # Errors
    /// When it holds anything else.
    pub fn constant(&mut self, field: &'static str, expected: &'static str) -> Result<(), FieldError> {
        if self.text(field)? == expected {
            Ok(())
        } else {
            Err(FieldError::value(field, format!("expected {expected:?}")))
        }
    }

    /// Makes sure that a field is there, whatever it holds.
    ///
    /// # Errors
    /// When it is missing.
    pub fn present(&self, field: &'static str) -> Result<(), FieldError> {
        if self.0.contains_key(field) { Ok(()) } else { Err(FieldError::Missing(field)) }
    }

    /// Takes a list of at most `max` items, each read by `read`; an absent field is an empty list.
    ///
    /// # Errors
    /// When it is of another kind or too long, or an item is refused.
    pub fn items<T>(
        &mut self,
        field: &'static str,
        max: usize,
        read: impl FnMut(Node) -> Result<T, FieldError>,
    ) -> Result<Vec<T>, FieldError> {
        let items = self.list_opt(field)?.unwrap_or_default();
        if items.len() > max {
            return Err(FieldError::value(field, format!("expected at most {max} items, found {}", items.len())));
        }
        items.into_iter().map(read).collect()
    }

    /// Passes when none of these fields is an empty list or map. Such fields are left out instead,
    /// so that one value has one encoding.
    ///
    /// # Errors
    /// When one of them is there and empty.
    pub fn none_empty(&self, fields: &[&'static str]) -> Result<(), FieldError> {
        let empty = |field: &&&'static str| match self.0.get(**field) {
            Some(Node::List(items)) => items.is_empty(),
            Some(Node::Map(entries)) => entries.is_empty(),
            _ => false,
        };
        fields.iter().find(empty).map_or(Ok(()), |field| Err(FieldError::value(field, "leave it out when it is empty")))
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// When a field has not been read.
    pub fn end(self) -> Result<(), FieldError> {
        if self.0.is_empty() { Ok(()) } else { Err(FieldError::Unknown(self.0.len())) }
    }
}
