//! What in a text could tell who wrote it, although nothing in it is a name or a number: for a warning at the
//! preview, and for nothing else.
//!
//! Each rule sees one thing that anybody can check by reading: details that stand together, a handle, a link to a
//! profile, a signature, a long tale in the first person, a habit of spelling. None says that the author *is*
//! known, and that none is seen does not say that they are not. So there is no number here.

mod lists;

use super::risk::phrases::{Collection, Phrases};
use super::risk::words::Words;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::LazyLock;

/// So many kinds of detail together are a warning.
const DETAILS: usize = 3;
/// From so many words on a text is long.
const LONG_WORDS: usize = 200;
/// A tale in the first person has at least one such word in so many.
const FIRST_PERSON_ONE_IN: usize = 20;
/// How often a habit of spelling shows itself.
const HABIT: usize = 3;
/// Places reported of each kind.
const SPANS: usize = 8;
/// A line of a signature, in bytes, and how many there are at most.
const SIGNATURE_LINE: usize = 60;
const SIGNATURE_LINES: usize = 4;

/// Something by which an author may be known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clue {
    /// What it is.
    pub kind: ClueKind,
    /// Where it shows, in bytes of the text; in order, at most eight. None for a tale: it is all of it.
    pub spans: Vec<Range<usize>>,
}

/// The kinds of clue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClueKind {
    /// Age, work, place, family, school, dates: several together.
    Details,
    /// A name on some platform.
    Handle,
    /// A link to a profile.
    Profile,
    /// The lines that end a letter.
    Signature,
    /// A long tale in the first person.
    Narrative,
    /// The same unusual spelling again and again.
    Spelling,
}

impl ClueKind {
    /// What was seen, for a person.
    pub fn seen(self) -> &'static str {
        match self {
            ClueKind::Details => "several details about a person stand together; few people share them all",
            ClueKind::Handle => "a handle such as @name",
            ClueKind::Profile => "a link to a profile",
            ClueKind::Signature => "lines that look like a signature",
            ClueKind::Narrative => "a long tale in the first person; who knows you may know it",
            ClueKind::Spelling => "an unusual way of writing that comes back; it may match what you wrote elsewhere",
        }
    }

    /// What can be done about it.
    pub fn advice(self) -> &'static str {
        match self {
            ClueKind::Details => "leave some out or make them vague (\"in my thirties\", \"a town in the north\")",
            ClueKind::Handle | ClueKind::Profile => "take it out if it is yours or of somebody you know",
            ClueKind::Signature => "take it out",
            ClueKind::Narrative => "share a part, change what does not matter, or appear anonymously",
            ClueKind::Spelling => "write it in the usual way if you do not want to be matched",
        }
    }
}

/// What in `text` could tell who wrote it, at most one of each kind.
///
/// `text` is what the person wrote, redacted; what others wrote in the same record says nothing about them.
pub fn clues(text: &str) -> Vec<Clue> {
    let words = Words::of(text);
    let all = [
        (ClueKind::Details, details(&words)),
        (ClueKind::Handle, handles(text)),
        (ClueKind::Profile, profiles(text)),
        (ClueKind::Signature, signature(text)),
        (ClueKind::Spelling, habits(text)),
    ];
    let spans = |(kind, mut spans): (ClueKind, Vec<Range<usize>>)| {
        spans.sort_by_key(|span| span.start);
        spans.truncate(SPANS);
        Clue { kind, spans }
    };
    let mut clues: Vec<Clue> = all.into_iter().filter(|(_, spans)| !spans.is_empty()).map(spans).collect();
    if is_narrative(&words) {
        clues.push(Clue { kind: ClueKind::Narrative, spans: Vec::new() });
    }
    clues.sort_by_key(|clue| clue.kind);
    clues
}

static PHRASES: LazyLock<Option<Phrases<lists::Detail>>> = LazyLock::new(|| {
    let mut all = Collection::new();
    for (detail, phrase) in lists::details() {
        all.add(phrase, detail);
    }
    // The lists are short and fixed; the test `the_lists_compile` proves it.
    all.build().ok()
});

/// One place for each kind of detail, when there are enough kinds.
fn details(words: &Words) -> Vec<Range<usize>> {
    let mut seen = BTreeMap::new();
    if let Some(phrases) = &*PHRASES {
        phrases.each(words, &mut |phrase| {
            for detail in phrase.uses {
                seen.entry(*detail).or_insert_with(|| words.span(phrase.first, phrase.last));
            }
        });
    }
    let enough = seen.len() >= DETAILS;
    if enough { seen.into_values().collect() } else { Vec::new() }
}

fn is_narrative(words: &Words) -> bool {
    let all = words.plain().split(' ').filter(|word| !word.is_empty() && *word != ".");
    let (mut count, mut first_person) = (0, 0);
    for word in all {
        count += 1;
        first_person += usize::from(lists::FIRST_PERSON.contains(&word));
    }
    count >= LONG_WORDS && first_person * FIRST_PERSON_ONE_IN >= count
}

/// `@name` and `u/name` within a line; what begins a line is most often a decorator of code.
fn handles(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut fenced = false;
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let start = from;
        from += line.len();
        fenced ^= line.trim_start().starts_with("```");
        if fenced || line.trim_start().starts_with('@') {
            continue;
        }
        for sign in ["@", "u/"] {
            for (at, _) in line.match_indices(sign) {
                let begin = start + at;
                let name = begin + sign.len();
                let end = name + bytes[name..].iter().take(31).take_while(|b| is_name(**b)).count();
                let free = begin == start || matches!(bytes[begin - 1], b' ' | b'(' | b':' | b',');
                let whole = !matches!(bytes.get(end), Some(b'/' | b'(' | b'@' | b'{'));
                if free && whole && (3..=30).contains(&(end - name)) {
                    found.push(begin..end);
                }
            }
        }
    }
    found
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Links to profiles: of people's own networks always, of others when the line says "my".
fn profiles(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for (site, always) in lists::PROFILES {
        for (start, _) in lower.match_indices(site) {
            let end = start + lower[start..].bytes().take_while(|b| !b.is_ascii_whitespace() && *b != b')').count();
            let line = lower[..start].rsplit('\n').next().unwrap_or_default();
            let own = lists::OWN.iter().any(|word| line.split(|c: char| !c.is_alphabetic()).any(|w| w == *word));
            let whole = !lower[..start].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
            if whole && end > start + site.len() && (*always || own) {
                found.push(start..end);
            }
        }
    }
    found
}

/// The last lines of a text, when a closing or a dash line stands before few short ones.
fn signature(text: &str) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            lines.push((from, line.trim()));
        }
        from += line.len();
    }
    let tail = &lines[lines.len().saturating_sub(SIGNATURE_LINES + 1)..];
    let begins = tail.iter().position(|(_, line)| {
        let closing = line.trim_end_matches([',', '.', '!']).to_lowercase();
        *line == "--" || lists::CLOSINGS.contains(&closing.as_str())
    });
    let Some(at) = begins.filter(|at| at + 1 < tail.len()) else { return Vec::new() };
    let rest = &tail[at + 1..];
    let hidden = |line: &str| line.starts_with('[') && line.ends_with(']');
    let short = rest.iter().all(|(_, line)| line.len() <= SIGNATURE_LINE);
    let shown: Vec<_> = rest.iter().filter(|(_, line)| !hidden(line)).collect();
    match shown.last() {
        Some((last, line)) if short => {
            let end = last + (text[*last..].len() - text[*last..].trim_start().len()) + line.len();
            let whole = shown[0].0..end;
            Vec::from([whole])
        }
        _ => Vec::new(),
    }
}

/// Misspelt, drawn-out words and piled-up signs, when one habit shows itself often enough.
fn habits(text: &str) -> Vec<Range<usize>> {
    let (mut misspelt, mut drawn_out, mut piled) = (Vec::new(), Vec::new(), Vec::new());
    let mut at = 0;
    for word in text.split_inclusive(|c: char| !c.is_alphabetic() && !matches!(c, '!' | '?')) {
        let start = at;
        at += word.len();
        let word = word.trim_end_matches(|c: char| !c.is_alphabetic() && !matches!(c, '!' | '?'));
        let letters = word.trim_end_matches(['!', '?']);
        if word.len() - letters.len() >= 3 {
            piled.push(start + letters.len()..start + word.len());
        }
        if lists::MISSPELT.contains(&letters.to_lowercase().as_str()) {
            misspelt.push(start..start + letters.len());
        }
        let bytes = letters.as_bytes();
        if bytes.len() > 3
            && !bytes.starts_with(b"www")
            && bytes.windows(3).any(|w| w[0].is_ascii_lowercase() && w[0] == w[1] && w[1] == w[2])
        {
            drawn_out.push(start..start + letters.len());
        }
    }
    let distinct: BTreeSet<_> = drawn_out.iter().map(|span| &text[span.clone()]).collect();
    let enough = |spans: Vec<Range<usize>>| if spans.len() >= HABIT { spans } else { Vec::new() };
    let drawn_out = if distinct.len() >= 2 { enough(drawn_out) } else { Vec::new() };
    [enough(misspelt), drawn_out, enough(piled)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<ClueKind> {
        clues(text).into_iter().map(|clue| clue.kind).collect()
    }

    #[test]
    fn the_lists_compile() {
        assert!(PHRASES.is_some());
    }

    #[test]
    fn details_are_a_clue_only_when_several_kinds_stand_together() {
        let text = "I'm 34 years old, I work as a beekeeper and I live in a village of ninety people.";
        let clues = clues(text);
        assert_eq!(clues.len(), 1);
        let seen: Vec<_> = clues[0].spans.iter().map(|span| &text[span.clone()]).collect();
        assert_eq!(seen, ["I'm 34 years old", "I work as", "I live in"]);
        assert_eq!(kinds("I live in a village and my wife keeps bees"), []);
        assert_eq!(
            kinds("J'ai 52 ans, j'habite à la montagne et je travaille chez un boulanger."),
            [ClueKind::Details]
        );
        assert_eq!(
            kinds("Ich bin 41 Jahre alt, wohne in Kiel, ich arbeite als Hebamme; mein Mann auch."),
            [ClueKind::Details]
        );
    }

    #[test]
    fn handles_are_seen_in_sentences_and_not_in_code() {
        let text = "Ask me (@bee_keeper34) or u/hive_mind.";
        let spans: Vec<_> = clues(text)[0].spans.iter().map(|span| &text[span.clone()]).collect();
        assert_eq!(spans, ["@bee_keeper34", "u/hive_mind"]);
        for text in
            ["  @Override\nvoid run()", "npm i @angular/core", "```\nx = a @bcd\n```", "a@bcd", "2 @ 3", "[EMAIL_1]"]
        {
            assert_eq!(kinds(text), [], "{text}");
        }
    }

    #[test]
    fn links_to_profiles_are_seen_when_they_are_somebodys_own() {
        assert_eq!(kinds("see https://www.linkedin.com/in/bee-keeper-34"), [ClueKind::Profile]);
        assert_eq!(kinds("my code is at github.com/beekeeper34 (old)"), [ClueKind::Profile]);
        assert_eq!(kinds("clone https://github.com/rust-lang/rust"), []);
        assert_eq!(kinds("I read linkedin.com/in/"), []);
    }

    #[test]
    fn a_signature_is_short_lines_after_a_closing() {
        assert_eq!(kinds("Could you mend it?\n\nBest regards,\nThe hive on Mill Lane\nRoom 4"), [ClueKind::Signature]);
        assert_eq!(kinds("Text.\n--\nkeeper of bees"), [ClueKind::Signature]);
        assert_eq!(kinds("Text.\nRegards,\n[NAME_1]\n"), [], "the redactor has taken it out");
        assert_eq!(kinds("Thanks!"), []);
    }

    #[test]
    fn a_long_tale_in_the_first_person_is_a_clue() {
        let tale = "I went to the river with my brother, and we saw that my boat was gone. ".repeat(20);
        assert_eq!(kinds(&tale), [ClueKind::Narrative]);
        assert_eq!(kinds(&tale[..300]), []);
        assert_eq!(kinds(&"The river rises in the hills and runs to the sea, as rivers do. ".repeat(40)), []);
    }

    #[test]
    fn a_habit_of_spelling_shows_itself_more_than_once() {
        assert_eq!(kinds("It is definately there. I definately saw it, definately."), [ClueKind::Spelling]);
        assert_eq!(kinds("Sooo good, sooo nice, reallly!"), [ClueKind::Spelling]);
        assert_eq!(kinds("What??? No!!! Why???"), [ClueKind::Spelling]);
        assert_eq!(kinds("It is definately there!!! Sooo nice."), []);
        assert_eq!(kinds("aaaa bbb 1111 www.example.org wwww"), []);
    }

    #[test]
    fn any_text_is_looked_at_without_harm() {
        for text in ["", "\n", "@", "--", "--\n", "u/", "é@ß\u{301}\n--\n\u{200b}", "!!!", "github.com/"] {
            clues(text);
        }
    }
}
