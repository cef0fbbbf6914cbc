//! Redacting a text that is too long to hold, piece by piece.

use super::find::Finding;
use super::{Kind, Redactor, placeholder};
use zeroize::Zeroizing;

/// Text that is looked at and given out at a time.
const BLOCK_BYTES: usize = 512 * 1024;
/// Text that must follow before a place is given out: longer than any finding, a private key
/// included, and what stands behind it.
const AHEAD_BYTES: usize = 32 * 1024;
/// Text given out that is looked at again as what stands before the next: no rule looks further back.
const BEHIND_BYTES: usize = 4 * 1024;

/// Redacts one endless text in bounded memory.
///
/// It is looked at through a window that moves on only as far as enough text follows, and keeps some
/// of what was given out. So a place is judged as in the whole text, wherever the input was cut, and
/// a finding is given out whole: over line breaks too. Placeholders are those of one record.
pub struct Stream<'a> {
    redactor: Redactor<'a>,
    sizes: Sizes,
    window: Zeroizing<String>,
    /// How much of the window has been given out.
    done: usize,
    placeholder: String,
}

#[derive(Clone, Copy)]
struct Sizes {
    block: usize,
    ahead: usize,
    behind: usize,
}

/// A stretch of the text, as it is given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Nothing was found in it.
    Plain(&'a str),
    /// It was found, and a placeholder stands for it.
    Hidden {
        /// What the placeholder replaces: only for a person at their own screen.
        original: &'a str,
        /// The placeholder, in brackets.
        placeholder: &'a str,
        /// What was found.
        kind: Kind,
        /// How sure this is, in percent.
        confidence: u8,
    },
}

impl<'a> Stream<'a> {
    /// A stream that is redacted by a redactor for it alone.
    pub fn new(redactor: Redactor<'a>) -> Self {
        Stream::with_sizes(redactor, Sizes { block: BLOCK_BYTES, ahead: AHEAD_BYTES, behind: BEHIND_BYTES })
    }

    fn with_sizes(redactor: Redactor<'a>, sizes: Sizes) -> Self {
        Stream { redactor, sizes, window: Zeroizing::default(), done: 0, placeholder: String::new() }
    }

    /// Takes more of the text, and hands what can be judged by now to `out`, in order.
    pub fn push(&mut self, mut text: &str, out: &mut dyn FnMut(Piece)) {
        let full = self.sizes.window();
        while !text.is_empty() {
            // A window always has room for one character more.
            let room = boundary(text, full.saturating_sub(self.window.len()).max(4));
            self.window.push_str(&text[..room]);
            text = &text[room..];
            if self.window.len() >= full {
                self.give(self.window.len() - self.sizes.ahead, out);
            }
        }
    }

    /// Hands the rest of the text to `out`; gives back the redactor, which knows what was found.
    pub fn finish(mut self, out: &mut dyn FnMut(Piece)) -> Redactor<'a> {
        while self.done < self.window.len() {
            self.give(self.window.len(), out);
        }
        self.redactor
    }

    /// Gives out the window up to about `limit`.
    fn give(&mut self, limit: usize, out: &mut dyn FnMut(Piece)) {
        self.redactor.respect_placeholders(&self.window);
        let found = self.redactor.find(&self.window);
        let limit = self.cut(limit, &found);
        let mut from = self.done;
        for mut finding in found {
            // What is found only now in text that has been given out cannot be hidden any more.
            finding.span.start = finding.span.start.max(from);
            if finding.span.is_empty() || finding.span.end > limit {
                continue;
            }
            if from < finding.span.start {
                out(Piece::Plain(&self.window[from..finding.span.start]));
            }
            from = finding.span.end;
            self.hide(&finding, out);
        }
        if from < limit {
            out(Piece::Plain(&self.window[from..limit]));
        }
        let behind = self.pause(limit.saturating_sub(self.sizes.behind), 0);
        self.window.drain(..behind);
        self.done = limit - behind;
    }

    fn hide(&mut self, finding: &Finding, out: &mut dyn FnMut(Piece)) {
        let original = &self.window[finding.span.clone()];
        let number = self.redactor.number(finding.kind, original);
        self.redactor.count(finding);
        self.placeholder.clear();
        placeholder::write(&mut self.placeholder, finding.kind, number);
        let (kind, confidence) = (finding.kind, finding.confidence);
        out(Piece::Hidden { original, placeholder: &self.placeholder, kind, confidence });
    }

    /// Where to stop: at `limit` or somewhat before, at a line break or else a space if there is one, and
    /// in no finding. Always behind what was given out.
    fn cut(&self, limit: usize, found: &[Finding]) -> usize {
        let limit = if limit == self.window.len() { limit } else { self.pause(limit, self.done) };
        let over = found.iter().find(|finding| finding.span.start < limit && limit < finding.span.end);
        match over {
            Some(finding) if finding.span.start > self.done => finding.span.start,
            Some(finding) => finding.span.end,
            None => limit,
        }
    }

    /// Behind the last line break, or else the last space, not far before `at` and behind `from`; if
    /// there is none, where the character at `at` begins.
    fn pause(&self, at: usize, from: usize) -> usize {
        let at = boundary(&self.window, at);
        let near = boundary(&self.window, at.saturating_sub(self.sizes.behind)).max(from);
        let text = &self.window[near..at];
        text.rfind('\n').or_else(|| text.rfind(' ')).map_or(at, |space| near + space + 1)
    }
}

impl Sizes {
    /// The most text that is held, but for a character.
    fn window(self) -> usize {
        2 * self.behind + self.block + self.ahead
    }
}

/// Where the character begins that `at` is in or at; the end of a text that is not as long.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    // A character has at most four bytes, and every text begins at a boundary.
    (0..=at.min(3)).map(|back| at - back).find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::{RuleSpec, Ruleset, RulesetSpec, Terms};
    use super::*;
    use crate::bytes::Cid;
    use crate::text::RawText;
    use proptest::prelude::*;

    /// Names after "I am", over a line break too, runs of digits, and keys of many lines.
    fn ruleset() -> Ruleset {
        let rules = [
            (Kind::Name, "am[ \n]+[A-Z][a-z]+"),
            (Kind::Phone, "[0-9]{5,9}"),
            (Kind::PrivateKey, "<(?:[a-z]*\n){0,9}[a-z]*>"),
        ];
        let rules = rules.map(|(kind, pattern)| RuleSpec::searching(kind, pattern)).to_vec();
        Ruleset::compile(RulesetSpec::of("t", rules), Cid::of_cbor(b"")).expect("it is within the limits")
    }

    const SMALL: Sizes = Sizes { block: 64, ahead: 160, behind: 32 };

    fn streamed(redactor: Redactor, text: &str, pushed: usize) -> (String, String, usize) {
        let mut stream = Stream::with_sizes(redactor, SMALL);
        let (mut redacted, mut original, mut held) = (String::new(), String::new(), 0);
        let mut take = |piece: Piece| match piece {
            Piece::Plain(text) => {
                redacted.push_str(text);
                original.push_str(text);
            }
            Piece::Hidden { original: text, placeholder, .. } => {
                redacted.push_str(placeholder);
                original.push_str(text);
            }
        };
        let mut rest = text;
        while !rest.is_empty() {
            let at = boundary(rest, pushed.max(4));
            stream.push(&rest[..at], &mut take);
            rest = &rest[at..];
            held = held.max(stream.window.len());
        }
        stream.finish(&mut take);
        (redacted, original, held)
    }

    proptest! {
        #[test]
        fn a_stream_is_redacted_as_the_whole_text_however_it_comes(
            parts in proptest::collection::vec(
                prop_oneof![
                    "[a-zé \n]{1,80}",
                    "I am(\n| )[A-Z][a-z]{1,9}",
                    "[0-9]{4,12} ",
                    "<([a-z]{1,9}\n){1,9}[a-z]{0,3}>",
                    Just("[PHONE_3]".to_owned()),
                    Just("acme ".to_owned()),
                ],
                0..60,
            ),
            pushed in 1usize..200,
        ) {
            let (ruleset, text) = (ruleset(), parts.concat());
            let terms = Terms::new(&["Acme"]).unwrap();
            let new = || Redactor::new(&ruleset).hiding(&terms);
            let mut whole = new();
            whole.respect_placeholders(&text);
            let whole = whole.redact(&RawText::new(text.as_str())).text;
            let mut respects = new();
            respects.respect_placeholders(&text);
            let (redacted, original, held) = streamed(respects, &text, pushed);
            prop_assert_eq!(&redacted, whole.as_str());
            prop_assert_eq!(original, text);
            // A window that a finding fills takes in another character at a time, until it is given out.
            prop_assert!(held <= SMALL.window() + 8);
            prop_assert_eq!(ruleset.second_pass(&redacted), 0);
        }
    }

    #[test]
    fn a_finding_longer_than_the_window_is_hidden_as_far_as_it_is_found() {
        let digits = RuleSpec::searching(Kind::Phone, "[0-9]+");
        let ruleset =
            Ruleset::compile(RulesetSpec::of("t", vec![digits]), Cid::of_cbor(b"")).expect("within the limits");
        let text = format!("x {} y", "7".repeat(2000));
        let (redacted, original, _) = streamed(Redactor::new(&ruleset), &text, 50);
        assert_eq!(original, text);
        assert!(
            !redacted.contains('7') && redacted.starts_with("x [PHONE_1]") && redacted.ends_with("] y"),
            "{redacted}"
        );
    }

    #[test]
    fn values_keep_their_placeholder_over_the_whole_stream_and_are_counted() {
        let ruleset = ruleset();
        let mut stream = Stream::with_sizes(Redactor::new(&ruleset), SMALL);
        let mut seen = Vec::new();
        let mut take = |piece: Piece| {
            if let Piece::Hidden { placeholder, .. } = piece {
                seen.push(placeholder.to_owned());
            }
        };
        (0..100).for_each(|n| stream.push(&format!("call {} or 1234567\n", 10_000 + n), &mut take));
        let phones = stream.finish(&mut take).counts().find(|(kind, _)| *kind == Kind::Phone);
        assert_eq!(phones, Some((Kind::Phone, 200)));
        assert!(seen.iter().skip(1).step_by(2).all(|placeholder| placeholder == "[PHONE_2]"), "{seen:?}");
        assert_eq!(seen[198], "[PHONE_101]");
    }
}
