//! Bencoding, as far as it is written here.
//!
//! Source: BEP 3, *bencoding*: integers, byte strings, lists, and dictionaries whose keys are in the order of their
//! bytes. Nothing is read, so that there is nothing to be strict about.

use std::collections::BTreeMap;

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// An integer.
    Int(u64),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A dictionary.
    Dict(BTreeMap<Vec<u8>, Value>),
}

impl Value {
    /// A byte string of a text.
    pub fn text(text: impl AsRef<str>) -> Value {
        Value::Bytes(text.as_ref().as_bytes().to_vec())
    }

    /// A dictionary of these entries.
    pub fn dict<K: AsRef<[u8]>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Dict(entries.into_iter().map(|(key, value)| (key.as_ref().to_vec(), value)).collect())
    }

    /// Its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    fn write(&self, to: &mut Vec<u8>) {
        let string = |to: &mut Vec<u8>, bytes: &[u8]| {
            to.extend_from_slice(bytes.len().to_string().as_bytes());
            to.push(b':');
            to.extend_from_slice(bytes);
        };
        match self {
            Value::Int(number) => to.extend_from_slice(format!("i{number}e").as_bytes()),
            Value::Bytes(bytes) => string(to, bytes),
            Value::List(values) => {
                to.push(b'l');
                values.iter().for_each(|value| value.write(to));
                to.push(b'e');
            }
            Value::Dict(entries) => {
                to.push(b'd');
                for (key, value) in entries {
                    string(to, key);
                    value.write(to);
                }
                to.push(b'e');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_the_one_text_of_the_specification() {
        let value = Value::dict([
            ("spam", Value::List(vec![Value::text("a"), Value::Int(0)])),
            ("cow", Value::text("moo")),
            ("", Value::dict::<&str>([])),
        ]);
        assert_eq!(value.to_bytes(), b"d0:de3:cow3:moo4:spaml1:ai0eee");
    }
}
