//! What structures of Thrift's compact protocol say, looked at before a library believes it.
//!
//! The library goes by the numbers of fields and not by what kind they say they are, takes the last of several with one
//! number, and makes room for what is claimed. So nothing is passed here that two readers could take for two things: each
//! field once, in order, and of the kind that it must have. Sources: Thrift's compact protocol, Parquet's `parquet.thrift`.

/// What a field holds.
#[derive(Clone, Copy)]
enum Shape {
    Bool,
    Byte,
    Int,
    Bytes,
    Struct(&'static [(u8, Shape)]),
}
use Shape::{Bool, Byte, Bytes, Int, Struct};

const STATISTICS: &[(u8, Shape)] =
    &[(1, Bytes), (2, Bytes), (3, Int), (4, Int), (5, Bytes), (6, Bytes), (7, Bool), (8, Bool), (9, Int)];
const DATA: &[(u8, Shape)] = &[(1, Int), (2, Int), (3, Int), (4, Int), (5, Struct(STATISTICS))];
const DICTIONARY: &[(u8, Shape)] = &[(1, Int), (2, Int), (3, Bool)];
const DATA_2: &[(u8, Shape)] =
    &[(1, Int), (2, Int), (3, Int), (4, Int), (5, Int), (6, Int), (7, Bool), (8, Struct(STATISTICS))];
const PAGE: &[(u8, Shape)] =
    &[(1, Int), (2, Int), (3, Int), (4, Int), (5, Struct(DATA)), (7, Struct(DICTIONARY)), (8, Struct(DATA_2))];

const EMPTY: Shape = Struct(&[]);
const DECIMAL: Shape = Struct(&[(1, Int), (2, Int)]);
const TIME: Shape = Struct(&[(1, Bool), (2, Struct(&[(1, EMPTY), (2, EMPTY), (3, EMPTY)]))]);
const INTEGER: Shape = Struct(&[(1, Byte), (2, Bool)]);
const LOGICAL: &[(u8, Shape)] = &[
    (1, EMPTY),
    (2, EMPTY),
    (3, EMPTY),
    (4, EMPTY),
    (5, DECIMAL),
    (6, EMPTY),
    (7, TIME),
    (8, TIME),
    (10, INTEGER),
    (11, EMPTY),
    (12, EMPTY),
    (13, EMPTY),
    (14, EMPTY),
    (15, EMPTY),
    (16, Struct(&[(1, Byte)])),
    (17, Struct(&[(1, Bytes)])),
    (18, Struct(&[(1, Bytes), (2, Int)])),
];
const ELEMENT: &[(u8, Shape)] = &[
    (1, Int),
    (2, Int),
    (3, Int),
    (4, Bytes),
    (5, Int),
    (6, Int),
    (7, Int),
    (8, Int),
    (9, Int),
    (10, Struct(LOGICAL)),
];

/// The numbers of a page's header: each with its place, which is that of the field and that in it, or 0.
///
/// Nothing when the header is none, or does not end in these bytes.
pub fn page(header: &[u8]) -> Option<Vec<((u8, u8), i64)>> {
    let mut found = Vec::new();
    Walk(header).structure(PAGE, &mut |outer, inner, value| found.push(((outer, inner), value)))?;
    Some(found)
}

/// Whether the schema in a file's description has at most so many elements, lying at most so deep in each other, as many
/// as they say.
pub fn schema_is_sound(description: &[u8], most: usize, deepest: usize) -> bool {
    schema(description, most, deepest).is_some()
}

fn schema(description: &[u8], most: usize, deepest: usize) -> Option<()> {
    let (mut walk, mut last) = (Walk(description), 0);
    // The version, then the schema.
    let mut next = walk.field(&mut last)??;
    if next == (1, 5) {
        walk.integer()?;
        next = walk.field(&mut last)??;
    }
    let count = (next == (2, 9)).then(|| walk.list_of_structures())??;
    if count > most {
        return None;
    }
    // How many elements are still to come of each group that has begun.
    let mut open = vec![1];
    for before in 0..count {
        let mut children = 0;
        walk.structure(ELEMENT, &mut |field, inner, value| {
            if (field, inner) == (5, 0) {
                children = value;
            }
        })?;
        let children = usize::try_from(children).ok().filter(|children| *children < count - before)?;
        while open.last() == Some(&0) {
            open.pop();
        }
        *open.last_mut()? -= 1;
        open.push(children);
        if open.len() > deepest {
            return None;
        }
    }
    Some(())
}

/// Bytes that are walked through. Every step gives nothing where they end.
struct Walk<'a>(&'a [u8]);

impl Walk<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Seven bits in each byte, the lowest first.
    fn unsigned(&mut self) -> Option<u64> {
        let mut value = 0;
        for place in 0..9 {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    /// The same, the sign in the lowest bit.
    fn integer(&mut self) -> Option<i64> {
        let value = self.unsigned()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The number and the kind of the next field of a structure, after the last; `Some(None)` at the structure's end.
    fn field(&mut self, last: &mut u8) -> Option<Option<(u8, u8)>> {
        let next = self.byte()?;
        let (step, kind) = (next >> 4, next & 15);
        if kind == 0 {
            return (step == 0).then_some(None);
        }
        // A field that names its number in full could come twice.
        *last = (step > 0).then_some(*last)?.checked_add(step)?;
        Some(Some((*last, kind)))
    }

    fn list_of_structures(&mut self) -> Option<usize> {
        let head = self.byte()?;
        let count = if head >> 4 == 15 { self.unsigned()? } else { u64::from(head >> 4) };
        (head & 15 == 12).then(|| usize::try_from(count).ok())?
    }

    /// Walks through a structure, and hands out its integers: with the field's number and 0, or with the numbers of the
    /// field and of the one in it.
    fn structure(&mut self, shape: &[(u8, Shape)], see: &mut dyn FnMut(u8, u8, i64)) -> Option<()> {
        let mut last = 0;
        while let Some((number, kind)) = self.field(&mut last)? {
            let shape = shape.iter().find(|(one, _)| *one == number)?.1;
            match (shape, kind) {
                (Bool, 1 | 2) => {}
                (Byte, 3) => drop(self.byte()?),
                (Int, 5 | 6) => see(number, 0, self.integer()?),
                (Bytes, 8) => {
                    let length = usize::try_from(self.unsigned()?).ok()?;
                    self.0 = self.0.get(length..)?;
                }
                (Struct(inner), 12) => self.structure(inner, &mut |field, deeper, value| {
                    if deeper == 0 {
                        see(number, field, value);
                    }
                })?,
                _ => return None,
            }
        }
        Some(())
    }
}
