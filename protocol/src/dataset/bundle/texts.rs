//! Texts from templates, and what stands in them that strangers wrote.
//!
//! The templates are Jinja's, so that readers in other languages fill the very same ones: `texts/` beside this file.
//! Values never become templates. What strangers wrote goes through one of the filters here.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde_json::Value;

/// The longest text of a row, in bytes, that is counted or shown: that of a title or a model's name.
pub const SHORT: usize = crate::limits::SHORT_TEXT_BYTES;

/// A text of a bundle: a file's name, and the template for it.
const TEMPLATES: [(&str, &str); 7] = [
    ("ATTRIBUTION.md", include_str!("texts/attribution.md.jinja")),
    ("CITATION.cff", include_str!("texts/citation.cff.jinja")),
    ("DATASHEET.md", include_str!("texts/datasheet.md.jinja")),
    ("LICENSE.md", include_str!("texts/license.md.jinja")),
    ("croissant.json", include_str!("texts/croissant.json.jinja")),
    ("README.md", include_str!("texts/readme.md.jinja")),
    ("RELEASE-NOTES.md", include_str!("texts/release-notes.md.jinja")),
];

/// The texts of a bundle with these facts, by the names of their files.
pub fn texts(facts: &Value) -> Vec<(&'static str, String)> {
    let mut templates = Environment::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_syntax(syntax());
    templates.set_auto_escape_callback(|_| AutoEscape::None);
    templates.add_filter("line", |text: String| line(&text));
    templates.add_filter("md", |text: String| markdown(&text));
    templates.add_filter("quoted", |text: String| quoted(&text));
    let filled = |(name, template)| {
        let text = templates.render_str(template, Serde(facts));
        (name, text.unwrap_or_else(|error| panic!("the template of {name} fits every export: {error:#}")))
    };
    TEMPLATES.into_iter().map(filled).collect()
}

/// Lines that hold a block alone leave nothing behind.
fn syntax() -> SyntaxConfig {
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    syntax.build().expect("the delimiters are those of Jinja")
}

/// A text as one line: no control characters, no marks that turn the direction of what follows, no line ends that
/// some programs know.
fn line(text: &str) -> String {
    let shown = |char: char| match char {
        '\u{2028}' | '\u{2029}' => ' ',
        char if char.is_control() => ' ',
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' => '\u{fffd}',
        char => char,
    };
    text.chars().map(shown).collect()
}

/// A text as one line of Markdown without markup.
fn markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in line(text).chars() {
        if char.is_ascii_punctuation() {
            escaped.push('\\');
        }
        escaped.push(char);
    }
    escaped
}

/// A text as one line between double quotes, as YAML and JSON read it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_wrote_is_one_line_without_markup() {
        assert_eq!(markdown("a\n# <b>[x](y)|"), "a \\# \\<b\\>\\[x\\]\\(y\\)\\|");
        assert_eq!(markdown("\u{202e}---\r\n\u{2028}é"), "\u{fffd}\\-\\-\\-   é");
        assert_eq!(quoted("a\"\\\n---\n\u{2066}b: c\u{85}"), "\"a\\\"\\\\ --- \u{fffd}b: c \"");
        let read: String = serde_json::from_str(&quoted("\"q\" \\ \t\u{7f} :#")).unwrap();
        assert_eq!(read, "\"q\" \\    :#");
    }
}
