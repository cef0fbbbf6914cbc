//! What the tests of the importers share.

use super::{Format, ImportError, Item, ItemError, named_json, read_from};
use commonwheel_protocol::record::content::{Chat, Content, PreferencePair, Role};
use commonwheel_protocol::text::RawText;
use std::io::{Cursor, Read, Seek};
use std::ops::ControlFlow;

/// What an import gave.
#[derive(Debug)]
pub struct Imported {
    pub format: Result<Format, ImportError>,
    pub items: Vec<Item>,
    pub errors: Vec<ItemError>,
}

/// Imports `bytes` as a file of this name.
pub fn import(name: &str, bytes: impl AsRef<[u8]>) -> Imported {
    import_from(name, Cursor::new(bytes))
}

/// Imports a file of this name.
pub fn import_from(name: &str, file: impl Read + Seek) -> Imported {
    let (mut items, mut errors) = (Vec::new(), Vec::new());
    let format = read_from(file, named_json(name.as_ref()), &mut |item| {
        match item {
            Ok(item) => items.push(item),
            Err(error) => errors.push(error),
        }
        ControlFlow::Continue(())
    });
    Imported { format, items, errors }
}

/// The items of a file that has to be sound and of this format.
pub fn sound(format: Format, bytes: impl AsRef<[u8]>) -> Vec<Item> {
    let imported = import("file", bytes);
    assert_eq!(imported.errors, []);
    assert_eq!(imported.format.unwrap(), format);
    imported.items
}

/// The reason why the only item of a file is left out.
pub fn why(bytes: impl AsRef<[u8]>) -> String {
    let imported = import("file", bytes);
    assert!(imported.items.is_empty(), "{:?}", imported.items);
    assert_eq!(imported.errors.len(), 1, "{:?}", imported.errors);
    imported.errors[0].why.clone()
}

/// The chat in an item.
pub fn chat(item: &Item) -> &Chat<RawText> {
    match &item.content {
        Content::Chat(chat) => chat,
        other => panic!("expected a chat, found {}", other.kind()),
    }
}

/// The preference pair in an item.
pub fn pair(item: &Item) -> &PreferencePair<RawText> {
    match &item.content {
        Content::Preference(pair) => pair,
        other => panic!("expected a preference pair, found {}", other.kind()),
    }
}

/// Who said what in the chat of an item.
pub fn said(item: &Item) -> Vec<(Role, &str)> {
    chat(item).messages.iter().map(|m| (m.role, m.text.expose())).collect()
}

/// The texts.
pub fn plain(texts: &[RawText]) -> Vec<&str> {
    texts.iter().map(RawText::expose).collect()
}
