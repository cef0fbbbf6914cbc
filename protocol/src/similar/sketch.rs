//! What is kept of a body to compare it: a MinHash of its shingles, and a hash of its content.

use super::words::{each_word, mixed};
use crate::bytes::{Node, decode, encode};
use crate::record::content::{Content, Message, Role};
use crate::record::{Body, BodyError};
use sha2::{Digest, Sha256};

/// Words in a shingle.
const SHINGLE: usize = 3;
/// Different shingles below which a text is too short to say that it was copied, or to let anybody find out
/// by trying whether it was.
const LEAST_SHINGLES: usize = 16;
/// How many marks a sketch has. Two sketches share, of these, about the part that their texts share of their
/// shingles.
pub(super) const MARKS: usize = 128;
/// Where the seeds begin. They are fixed, so that two validators make the same sketch of a body.
const FIRST_SEED: u64 = 0x636f_6d6d_6f6e_7765;
/// What each shingle's hash is changed by, for each mark: bits that are turned over, and an odd factor.
static SEEDS: [[u32; MARKS]; 2] = {
    let (mut seeds, mut i) = ([[0; MARKS]; 2], 0);
    while i < MARKS {
        let seed = mixed(FIRST_SEED.wrapping_add(i as u64));
        seeds[0][i] = (seed >> 32) as u32;
        seeds[1][i] = seed as u32 | 1;
        i += 1;
    }
    seeds
};

/// A hash of a body's content, its salt left out: equal for records that say exactly the same. It would confirm a
/// guess about an erased text, so that it is never stored or sent.
pub(super) type ContentHash = [u8; 16];

/// What is compared of a body. Like a text's hash it confirms guesses, so that it is kept in memory alone, and
/// no longer than the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Sketch {
    pub(super) content: ContentHash,
    /// None when the text is too short.
    pub(super) marks: Option<[u8; MARKS]>,
}

impl std::fmt::Debug for Sketch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sketch(hidden)")
    }
}

impl Sketch {
    /// The sketch of a body's bytes; `None` for a profile, since names need not be unique.
    ///
    /// # Errors
    /// When the bytes are not a body.
    pub fn of(body: &[u8]) -> Result<Option<Sketch>, BodyError> {
        let parsed = Body::<String>::verify(body)?;
        if matches!(parsed.content, Content::Profile(_)) {
            return Ok(None);
        }
        let mut whole = decode(body)?;
        if let Node::Map(fields) = &mut whole {
            fields.remove("salt");
        }
        let mut content = ContentHash::default();
        let hash: [u8; 32] = Sha256::digest(encode(&whole)).into();
        content.copy_from_slice(&hash[..16]);
        Ok(Some(Sketch { content, marks: marks(&shingles(&parsed.content)) }))
    }

    /// How much of their words' order two texts share, in percent; 0 when one is too short to say.
    pub fn similarity(&self, other: &Sketch) -> u8 {
        let (Some(mine), Some(others)) = (&self.marks, &other.marks) else { return 0 };
        likeness(mine, others)
    }
}

/// How many of the marks are equal, in percent.
pub(super) fn likeness(marks: &[u8; MARKS], others: &[u8; MARKS]) -> u8 {
    let same = marks.iter().zip(others).filter(|(a, b)| a == b).count();
    u8::try_from(100 * same / MARKS).unwrap_or(100)
}

/// The hashes of a content's shingles, each once, in order. No shingle reaches from one text into the next, so
/// that the order of messages does not matter.
fn shingles(content: &Content<String>) -> Vec<u64> {
    let mut shingles = Vec::new();
    each_text(content, &mut |text| {
        let (mut window, mut words) = ([0u64; SHINGLE], 0);
        each_word(text, &mut |word| {
            window.rotate_left(1);
            window[SHINGLE - 1] = word;
            words += 1;
            if words >= SHINGLE {
                shingles.push(hash(&window));
            }
        });
        // A text of fewer words than a shingle is one by itself.
        if (1..SHINGLE).contains(&words) {
            shingles.push(hash(&window));
        }
    });
    shingles.sort_unstable();
    shingles.dedup();
    shingles
}

fn hash(window: &[u64; SHINGLE]) -> u64 {
    window.iter().fold(0, |hash, word| mixed(hash ^ word))
}

fn marks(shingles: &[u64]) -> Option<[u8; MARKS]> {
    if shingles.len() < LEAST_SHINGLES {
        return None;
    }
    let mut least = [u32::MAX; MARKS];
    let [turned, factors] = &SEEDS;
    for shingle in shingles {
        // The upper half: all bits of the hash are mixed, so that either would do. Halves fit more to a register.
        let shingle = (shingle >> 32) as u32;
        for ((least, turned), factor) in least.iter_mut().zip(turned).zip(factors) {
            *least = (*least).min((shingle ^ turned).wrapping_mul(*factor));
        }
    }
    // The least of many is small: its upper bits say little. Mixed again, any byte says as much as another.
    Some(least.map(|least| mixed(u64::from(least)) as u8))
}

/// The texts that make a record what it is. Left out: what a community or a program puts beside many records
/// (instructions to a model, a form's questions, criteria), and what is said about the record (titles, notes, tags).
fn each_text(content: &Content<String>, see: &mut dyn FnMut(&str)) {
    let messages = |list: &[Message<String>], see: &mut dyn FnMut(&str)| {
        list.iter().filter(|message| message.role != Role::System).for_each(|message| see(&message.text));
    };
    match content {
        Content::Chat(chat) => messages(&chat.messages, see),
        Content::Correction(correction) => see(&correction.corrected),
        Content::Preference(pair) => {
            messages(&pair.prompt, see);
            [&pair.chosen, &pair.rejected].into_iter().for_each(|text| see(text));
        }
        Content::Example(example) => [&example.prompt, &example.ideal].into_iter().for_each(|text| see(text)),
        Content::Rubric(rubric) => messages(&rubric.messages, see),
        Content::Feedback(feedback) => {
            messages(&feedback.messages, see);
            feedback.answers.iter().for_each(|answer| see(&answer.answer));
        }
        Content::Code(code) => [&code.prompt, &code.code, &code.tests].into_iter().for_each(|text| see(text)),
        Content::Translation(pair) => [&pair.source, &pair.target].into_iter().for_each(|text| see(text)),
        // People may well say the same of many records, and ask for the same.
        Content::Profile(_) | Content::Note(_) | Content::Petition(_) => {}
    }
}
