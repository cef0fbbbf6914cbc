//! Every text in a JSON value, handed out while the value is read: names of entries are none.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// What is found in a value.
pub enum Text<'a> {
    /// An element of an array that lies in no other begins.
    Item,
    /// A text.
    Said(&'a str),
}

impl<'a> Text<'a> {
    /// The text.
    pub fn said(self) -> Option<&'a str> {
        match self {
            Text::Item => None,
            Text::Said(text) => Some(text),
        }
    }
}

type See<'a> = dyn FnMut(Text<'_>) -> Result<(), ()> + 'a;

/// Reads a value; what is given sees its texts in order, and stops it.
pub struct Texts<'a, 'b>(pub &'a mut See<'b>);

/// A value inside an array.
struct Inside<'a, 'b>(&'a mut See<'b>);

impl<'de> DeserializeSeed<'de> for Texts<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(Walk { see: self.0, inside: false })
    }
}

impl<'de> DeserializeSeed<'de> for Inside<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(Walk { see: self.0, inside: true })
    }
}

struct Walk<'a, 'b> {
    see: &'a mut See<'b>,
    inside: bool,
}

impl Walk<'_, '_> {
    fn tell<E: Error>(&mut self, text: Text<'_>) -> Result<(), E> {
        (self.see)(text).map_err(|()| E::custom("stopped"))
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_str<E: Error>(mut self, text: &str) -> Result<(), E> {
        self.tell(Text::Said(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        loop {
            let next = match self.inside {
                true => list.next_element_seed(Inside(self.see))?,
                // An element begins when it is there: so it is told from inside.
                false => list.next_element_seed(Element(self.see))?,
            };
            if next.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key::<IgnoredAny>()?.is_some() {
            match self.inside {
                true => map.next_value_seed(Inside(self.see))?,
                false => map.next_value_seed(Texts(self.see))?,
            }
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}

/// An element of an array that lies in no other.
struct Element<'a, 'b>(&'a mut See<'b>);

impl<'de> DeserializeSeed<'de> for Element<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        let mut walk = Walk { see: self.0, inside: true };
        walk.tell(Text::Item)?;
        from.deserialize_any(walk)
    }
}
