//! Reading "name operator value" in the notations of languages, files and prose.

use std::ops::Range;

/// How far a name goes on behind its keyword, in bytes.
const TAIL_BYTES: usize = 48;
/// How far a name's start is looked for to the left, in bytes.
const HEAD_BYTES: usize = 64;
/// Spaces that may stand in a table of settings.
const SPACE_BYTES: usize = 40;
/// A type between a name and its value, in bytes.
const TYPE_BYTES: usize = 40;
/// What a password is for, in bytes.
const PURPOSE_BYTES: usize = 48;
/// The longest value, in bytes. What is longer is cut here.
const VALUE_BYTES: usize = 4096;

/// Longest first, where one begins with another.
const OPERATORS: [&[u8]; 18] = [
    b":::=", b"===", b"!==", b"::=", b"||=", b"??=", b"==", b"!=", b"=>", b":=", b"?=", b".=", b"+=", b"->", b"<-",
    b"- ", b"=", b":",
];

/// How a value is joined to its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Join {
    /// `name = value`; tight when no space stands around the sign.
    Assigned { tight: bool },
    /// `name == value` or `value == name`.
    Compared,
    /// `f("name", "value")`, `name("value")`.
    Passed,
    /// `--name value`, `name "value"`.
    Beside,
    /// `<name>value</name>`.
    Element,
    /// "name is value".
    Said,
}

/// A value that belongs to a name.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) span: Range<usize>,
    pub(super) quoted: bool,
    pub(super) join: Join,
}

/// Where a name that holds a keyword ends, if it goes on as a name does.
pub(super) fn name_end(bytes: &[u8], keyword_end: usize) -> usize {
    let limit = bytes.len().min(keyword_end + TAIL_BYTES);
    let mut end = keyword_end;
    while end < limit {
        let goes_on = match bytes[end] {
            b'_' => true,
            b'-' | b'.' => bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric),
            byte => byte.is_ascii_alphanumeric(),
        };
        if !goes_on {
            break;
        }
        end += 1;
    }
    end
}

/// Where the name begins that holds the byte at `at`.
pub(super) fn name_start(bytes: &[u8], at: usize) -> usize {
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(**byte, b'_' | b'-' | b'.' | b'$');
    at - bytes[at.saturating_sub(HEAD_BYTES)..at].iter().rev().take_while(in_name).count()
}

/// The value to the right of a name that ends at `end`.
pub(super) fn value_after(text: &str, start: usize, end: usize) -> Option<Value> {
    let bytes = text.as_bytes();
    let mut at = end;
    let escaped = bytes.get(at) == Some(&b'\\');
    let quote_at = at + usize::from(escaped);
    let closed = bytes.get(quote_at).is_some_and(|byte| is_quote(*byte));
    if closed {
        at = quote_at + 1;
    }
    at = skip_index(bytes, at);
    let spaced = skip_spaces(bytes, at);
    match bytes.get(spaced)? {
        b':' | b'=' | b'?' | b'.' | b'+' | b'!' | b'|' | b'<' | b'-' => after_operator(text, at, spaced),
        b'>' if closed || bytes[..start].last() == Some(&b'<') => element(text, spaced + 1, closed),
        b'(' if !closed => passed(text, spaced + 1),
        b',' if closed && is_argument(bytes, start) => passed(text, spaced + 1),
        byte if spaced > at => beside(text, start, spaced, *byte, closed),
        _ => None,
    }
}

/// Whether the quoted name at `start` is the first argument of a call.
fn is_argument(bytes: &[u8], start: usize) -> bool {
    let quote = start.saturating_sub(1);
    bytes[..back_over_spaces(bytes, quote)].last() == Some(&b'(')
}

/// The quoted text to the left of a name that begins at `start`, compared with it.
pub(super) fn value_before(text: &str, start: usize) -> Option<Value> {
    let bytes = text.as_bytes();
    let from = start.saturating_sub(512);
    let mut at = back_over_spaces(bytes, start);
    let signs = bytes[from..at].iter().rev().take_while(|b| matches!(b, b'=' | b'!')).count();
    if !(2..=3).contains(&signs) {
        return None;
    }
    at = back_over_spaces(bytes, at - signs);
    let quote = *bytes.get(at.checked_sub(1)?)?;
    if !is_quote(quote) {
        return None;
    }
    let inside = bytes[from..at - 1].iter().rev().position(|b| *b == quote || *b == b'\n')?;
    let span = at - 1 - inside..at - 1;
    (bytes[span.start - 1] == quote).then_some(Value { span, quoted: true, join: Join::Compared })
}

/// `at` is where the name ends, `sign` where the operator begins.
fn after_operator(text: &str, at: usize, sign: usize) -> Option<Value> {
    let bytes = text.as_bytes();
    let operator = OPERATORS.into_iter().find(|operator| bytes[sign..].starts_with(operator))?;
    let mut behind = sign + operator.len();
    // "a::b" is a path.
    if operator == b":" && bytes.get(behind) == Some(&b':') {
        return None;
    }
    if operator == b":"
        && let Some(assigned) = skip_type(bytes, behind)
    {
        behind = assigned;
    }
    // A hyphen between spaces stands for a colon.
    if operator == b"- " && (sign == at || bytes.get(behind).is_none_or(|b| b.is_ascii_whitespace())) {
        return None;
    }
    let compared = matches!(operator, b"==" | b"===" | b"!=" | b"!==");
    let mut value_at = skip_spaces(bytes, behind);
    // A quoted value may stand in the next line.
    if is_break(bytes, value_at) {
        let next = skip_blank(bytes, value_at);
        value_at = if bytes.get(next).is_some_and(|b| is_quote(*b)) { next } else { return None };
    }
    let tight = at == sign && value_at == behind;
    let join = if compared { Join::Compared } else { Join::Assigned { tight } };
    read(text, value_at, join).filter(|value| value.quoted || !compared)
}

/// Behind "string =" in `var name string = …` or `name: &str = …`.
fn skip_type(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..bytes.len().min(at + TYPE_BYTES)];
    let in_type = |b: &&u8| b.is_ascii_alphanumeric() || b" _&'<>[]:.,?|*".contains(b);
    let len = rest.iter().take_while(in_type).count();
    let named =
        rest[..len].windows(3).any(|w| matches!(&w.to_ascii_lowercase()[..], b"str" | b"cha" | b"tex" | b"byt"));
    let assigned = rest.get(len) == Some(&b'=') && !matches!(rest.get(len + 1), Some(b'=' | b'>'));
    (named && assigned).then_some(at + len + 1)
}

/// `<name>value</name>`, over several lines too.
fn element(text: &str, at: usize, attribute: bool) -> Option<Value> {
    let bytes = text.as_bytes();
    let start = skip_blank(bytes, at);
    let limit = bytes.len().min(start + VALUE_BYTES);
    let len = bytes[start..limit].iter().position(|b| *b == b'<' || b.is_ascii_whitespace())?;
    let end = start + len;
    let closed = bytes[skip_blank(bytes, end)..].starts_with(b"</");
    closed.then_some(Value { span: start..end, quoted: !attribute, join: Join::Element })
}

/// A quoted argument.
fn passed(text: &str, at: usize) -> Option<Value> {
    read(text, skip_blank(text.as_bytes(), at), Join::Passed).filter(|value| value.quoted)
}

/// A value behind a space: of a flag, of an attribute, quoted, or announced by "is".
fn beside(text: &str, start: usize, at: usize, first: u8, closed: bool) -> Option<Value> {
    let bytes = text.as_bytes();
    let rest = &bytes[at..];
    let word = |word: &[u8]| rest.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    if closed {
        return if word(b"value=") { read(text, at + 6, Join::Assigned { tight: true }) } else { None };
    }
    if is_quote(first) {
        return read(text, at, Join::Beside).filter(|value| value.quoted);
    }
    if let Some(assigned) = skip_type(bytes, at) {
        return read(text, skip_spaces(bytes, assigned), Join::Assigned { tight: false });
    }
    for verb in [&b"is "[..], b"is: ", b"was ", b"ist ", b"es ", b"est ", "è ".as_bytes(), "é ".as_bytes()] {
        if word(verb) {
            return read(text, skip_spaces(bytes, at + verb.len()), Join::Said);
        }
    }
    if let Some(verb) = purpose(rest) {
        return read(text, skip_spaces(bytes, at + verb), Join::Said);
    }
    let flag = bytes[start..].starts_with(b"-") || bytes[..start].ends_with(b"-");
    if flag { read(text, at, Join::Beside) } else { None }
}

/// How long "for the server is " is.
fn purpose(rest: &[u8]) -> Option<usize> {
    let begins = [&b"for "[..], b"to ", b"of ", b"on "].iter().any(|word| rest.starts_with(word));
    let line = &rest[..rest.len().min(PURPOSE_BYTES)];
    let line = line.split(|b| matches!(b, b'\n' | b'.' | b'?' | b'!' | b';')).next().unwrap_or(line);
    let verb = line.windows(4).position(|four| four == b" is ").filter(|_| begins)?;
    Some(verb + 4)
}

/// The value that begins at `at`, in quotes or up to where it must end.
pub(super) fn read(text: &str, at: usize, join: Join) -> Option<Value> {
    let bytes = text.as_bytes();
    let literal = literal_prefix(bytes, at);
    let escaped = bytes.get(literal) == Some(&b'\\');
    let quote_at = literal + usize::from(escaped);
    if let Some(quote) = bytes.get(quote_at).copied().filter(|b| is_quote(*b)) {
        return match quoted(text, quote_at + 1, quote, escaped) {
            Some(span) => (!span.is_empty()).then_some(Value { span, quoted: true, join }),
            None => bare(text, quote_at + 1, join),
        };
    }
    bare(text, at, join)
}

/// A value without quotes, or whose quotation has no end.
fn bare(text: &str, at: usize, join: Join) -> Option<Value> {
    let bytes = text.as_bytes();
    let limit = bytes.len().min(at + VALUE_BYTES);
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b',' | b';' | b'<' | b'\\');
    let end = at + bytes.get(at..limit)?.iter().position(ends).unwrap_or(limit - at);
    let end = floor_char(text, end);
    let end = at + parameter_end(&bytes[at..end]);
    let span = at..at + trim_end(&text[at..end]).len();
    (!span.is_empty()).then_some(Value { span, quoted: false, join })
}

/// What is inside a quotation that begins at `start`, if it ends in its line or is too long to tell.
fn quoted(text: &str, start: usize, quote: u8, escaped: bool) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = if bytes[start..].starts_with(&[quote, quote]) { start + 2 } else { start };
    let limit = bytes.len().min(start + VALUE_BYTES);
    let mut end = start;
    while end < limit {
        match bytes[end] {
            b'\\' if escaped && bytes.get(end + 1) == Some(&quote) => return Some(start..end),
            b'\\' if !escaped => end += 1,
            b'\n' if quote != b'`' => return None,
            byte if byte == quote => return Some(start..end),
            _ => {}
        }
        end += 1;
    }
    (limit == start + VALUE_BYTES).then(|| start..floor_char(text, limit))
}

/// Behind a letter that says what kind of literal follows: `b"…"`, `@"…"`.
fn literal_prefix(bytes: &[u8], at: usize) -> usize {
    match &bytes[at..bytes.len().min(at + 2)] {
        [b'b' | b'r' | b'f' | b'u' | b'B' | b'R' | b'F' | b'U' | b'@' | b'$' | b'L' | b'N', quote]
            if is_quote(*quote) =>
        {
            at + 1
        }
        _ => at,
    }
}

/// Where a value ends that another parameter follows, as in "value&name=…".
fn parameter_end(value: &[u8]) -> usize {
    let follows = |at: &usize| {
        let name = |b: &&u8| b.is_ascii_alphanumeric() || matches!(**b, b'_' | b'-' | b'.' | b'[' | b']');
        let after = || &value[at + 1..];
        value[*at] == b'&'
            && after().iter().take_while(name).count().checked_sub(1).is_some_and(|n| after().get(n + 1) == Some(&b'='))
    };
    (1..value.len()).find(follows).unwrap_or(value.len())
}

/// `value` without the signs that belong to the text around it.
fn trim_end(mut value: &str) -> &str {
    while let Some(last) = value.bytes().last() {
        let opener = match last {
            b')' => '(',
            b']' => '[',
            b'}' => '{',
            b'>' => '<',
            b'.' | b':' | b'!' if value.len() > 1 => '\0',
            _ => return value,
        };
        if value.contains(opener) || last == b'!' {
            return value;
        }
        value = &value[..value.len() - 1];
    }
    value
}

/// Behind "]" or "[25]".
fn skip_index(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b']') => at + 1,
        Some(b'[') => {
            let digits = bytes[at + 1..].iter().take(6).take_while(|b| b.is_ascii_digit()).count();
            if bytes.get(at + 1 + digits) == Some(&b']') { at + digits + 2 } else { at }
        }
        _ => at,
    }
}

fn skip_spaces(bytes: &[u8], at: usize) -> usize {
    at + bytes[at.min(bytes.len())..].iter().take(SPACE_BYTES).take_while(|b| matches!(b, b' ' | b'\t')).count()
}

fn skip_blank(bytes: &[u8], at: usize) -> usize {
    at + bytes[at.min(bytes.len())..].iter().take(2 * SPACE_BYTES).take_while(|b| b.is_ascii_whitespace()).count()
}

fn back_over_spaces(bytes: &[u8], at: usize) -> usize {
    at - bytes[..at].iter().rev().take(SPACE_BYTES).take_while(|b| matches!(b, b' ' | b'\t')).count()
}

fn is_break(bytes: &[u8], at: usize) -> bool {
    matches!(bytes.get(at), Some(b'\n' | b'\r'))
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'' | b'`')
}

fn floor_char(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The value after the first "name" in `text`.
    fn after(text: &str) -> Option<(&str, bool, Join)> {
        let start = text.find("name").expect("a name");
        let value = value_after(text, name_start(text.as_bytes(), start), name_end(text.as_bytes(), start + 4))?;
        Some((&text[value.span], value.quoted, value.join))
    }

    #[test]
    fn values_are_read_in_many_notations() {
        let (tight, loose) = (Join::Assigned { tight: true }, Join::Assigned { tight: false });
        for (text, value, quoted, join) in [
            ("name=v1", "v1", false, tight),
            ("name = v1", "v1", false, loose),
            ("name: \"v 1\",", "v 1", true, loose),
            ("{\"name\": \"v1\"}", "v1", true, loose),
            ("{\\\"name\\\":\\\"v1\\\"}", "v1", true, tight),
            ("'name' => 'v1'", "v1", true, loose),
            ("name := `v1`", "v1", true, loose),
            ("name :::= \"v1\"", "v1", true, loose),
            ("var name string = \"v1\"", "v1", true, loose),
            ("const name: &'static str = \"v1\";", "v1", true, loose),
            ("char name[25] = \"v1\";", "v1", true, loose),
            ("ENV[\"name\"] = \"v1\"", "v1", true, loose),
            ("set(\"name\", \"v1\")", "v1", true, Join::Passed),
            ("name('v1')", "v1", true, Join::Passed),
            ("<name>\n  v1\n</name>", "v1", true, Join::Element),
            ("<add key=\"name\" value=\"v1\" />", "v1", true, tight),
            ("--name v1 -x", "v1", false, Join::Beside),
            ("name 'v1'", "v1", true, Join::Beside),
            ("name is v1.", "v1", false, Join::Said),
            ("name for the server is v1", "v1", false, Join::Said),
            ("name - v1", "v1", false, loose),
            ("?name=v1&x=2", "v1", false, tight),
            ("name == \"v1\"", "v1", true, Join::Compared),
            ("f(name=v1)", "v1", false, tight),
            ("{\"x\": \"name=v1\\nB=2\"}", "v1", false, tight),
            ("name =\n    \"v1\"", "v1", true, loose),
            ("name=\"\"\"v1\"\"\"", "v1", true, tight),
            ("name=b'v1'", "v1", true, tight),
        ] {
            assert_eq!(after(text), Some((value, quoted, join)), "{text}");
        }
    }

    #[test]
    fn other_text_has_no_value() {
        for text in [
            "name::new()",
            "name",
            "name\n= x",
            "name v1",
            "name, v1",
            "name == v1",
            "Vec<name> x",
            "name=",
            "name=\"\"",
        ] {
            assert_eq!(after(text), None, "{text}");
        }
    }

    #[test]
    fn a_value_may_stand_before_its_name() {
        let text = "if (\"v1\" == name) {";
        let value = value_before(text, text.find("name").expect("a name")).expect("a value");
        assert_eq!(&text[value.span], "v1");
        assert!(value_before("x == name", 5).is_none());
    }
}
