//! What somebody looks for: words and phrases, all of which a record must hold.

use super::words::each_word;
use serde::{Deserialize, Serialize};

/// The most words of a query.
pub const QUERY_WORDS: usize = 64;

/// Phrases, each one word or several that stand side by side. A record is found when it holds all of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query(Vec<Vec<String>>);

/// Why nothing can be looked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// No letter and no digit.
    #[error("expected a word to look for; letters and digits make words, and there are none")]
    NoWord,
    /// Too many.
    #[error("expected at most {QUERY_WORDS} words to look for, found {0}")]
    TooMany(usize),
}

impl Query {
    /// Reads what was typed. What stands between quotation marks is a phrase, and so is an argument with spaces in
    /// it, of which the shell has taken the marks; so is what is typed as one and has several words, such as
    /// `e-mail` or `水车`.
    ///
    /// # Errors
    /// When there is no word in it, or there are too many.
    pub fn read<S: AsRef<str>>(arguments: &[S]) -> Result<Query, QueryError> {
        let mut phrases: Vec<Vec<String>> = Vec::new();
        let mut add = |text: &str| {
            let mut words = Vec::new();
            each_word(text, &mut |word, _| words.push(word.to_owned()));
            if !words.is_empty() && !phrases.contains(&words) {
                phrases.push(words);
            }
        };
        for argument in arguments {
            let argument = argument.as_ref();
            if !argument.contains(is_mark) {
                add(argument);
                continue;
            }
            for (number, part) in argument.split(is_mark).enumerate() {
                match number % 2 {
                    0 => part.split_whitespace().for_each(&mut add),
                    _ => add(part),
                }
            }
        }
        let words = phrases.iter().map(Vec::len).sum();
        match words {
            0 => Err(QueryError::NoWord),
            words if words > QUERY_WORDS => Err(QueryError::TooMany(words)),
            _ => Ok(Query(phrases)),
        }
    }

    /// The phrases, in the order in which they were typed. Each has a word.
    pub fn phrases(&self) -> &[Vec<String>] {
        &self.0
    }
}

fn is_mark(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}' | '«' | '»')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Vec<String> {
        Query::read(arguments).unwrap().phrases().iter().map(|phrase| phrase.join(" ")).collect()
    }

    #[test]
    fn words_and_phrases_are_told_apart() {
        assert_eq!(read(&["Kettle", "old mill", "KETTLE"]), ["kettle", "old mill"]);
        assert_eq!(read(&["say \"Good  morning\" twice"]), ["say", "good morning", "twice"]);
        assert_eq!(read(&["„Guten Tag“", "«bonjour à tous", "„“"]), ["guten tag", "bonjour a tous"]);
        assert_eq!(read(&["e-mail", "水车", "don't"]), ["e mail", "水 车", "dont"]);
    }

    #[test]
    fn what_holds_no_word_or_too_many_is_refused() {
        assert_eq!(Query::read(&["?!", ""]), Err(QueryError::NoWord));
        assert_eq!(Query::read::<&str>(&[]), Err(QueryError::NoWord));
        let many: Vec<_> = (0..=QUERY_WORDS).map(|number| number.to_string()).collect();
        assert_eq!(Query::read(&many), Err(QueryError::TooMany(QUERY_WORDS + 1)));
        assert!(Query::read(&many[1..]).is_ok());
    }
}
