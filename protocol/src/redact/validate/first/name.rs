//! Names that a phrase introduces.

use super::{after, is_word};
use std::ops::Range;

/// Words that follow "I am" or stand in a closing line with a capital and are no names.
#[rustfmt::skip]
const NOT_NAMES: [&str; 112] = [
    "A", "AI", "After", "All", "Always", "American", "An", "And", "Anonymous", "Any", "As", "Assistant", "At",
    "Australian", "Back", "Best", "Both", "British", "But", "By", "Can", "Canadian", "Chinese", "Christian",
    "Claude", "Could", "Customer", "Das", "Data", "Der", "Die", "Do", "Dutch", "El", "English", "European",
    "Every", "Everyone", "For", "French", "Friday", "From", "Full", "German", "God", "Happy", "Here", "His",
    "How", "I", "If", "In", "Indian", "Irish", "Iron", "Is", "It", "Italian", "Japanese", "Jewish", "Just",
    "La", "Le", "Lead", "Let", "Looking", "Los", "Machine", "Monday", "Muslim", "My", "Native", "Never", "New",
    "No", "Not", "Now", "Of", "On", "Our", "Please", "Portuguese", "Product", "Project", "Registered", "Sales",
    "Saturday", "Senior", "So", "Software", "Spanish", "Sunday", "Support", "Team", "Thank", "Thanks", "That",
    "The", "This", "Thursday", "To", "Today", "Tomorrow", "Tuesday", "United", "Unknown", "We", "Web",
    "Wednesday", "What", "Your", "Yours",
];

/// Last words of what is not a person.
const ROLES: [&str; 6] = ["AI", "Assistant", "Bot", "Department", "Support", "Team"];

/// A span that ends with a word and begins with none of the words that merely take a capital.
pub(in super::super) fn check(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let first = text[span.clone()].split([' ', '-', '\'']).next()?;
    let name = NOT_NAMES.binary_search(&first).is_err() && !ROLES.iter().any(|role| text[span.clone()].ends_with(role));
    (name && !after(text, span.end).is_some_and(|c| is_word(c) || c == '(')).then_some(span)
}

#[cfg(test)]
mod tests {
    use super::super::{Validator, found};
    use super::NOT_NAMES;

    #[test]
    fn a_name_is_not_a_word_that_begins_a_sentence() {
        assert_eq!(found(Validator::Name, "I am Ana Silva.", "Ana Silva"), Some("Ana Silva"));
        assert_eq!(found(Validator::Name, "Regards,\nThe Team", "The Team"), None);
        assert_eq!(found(Validator::Name, "I am Open Assistant.", "Open Assistant"), None);
        assert_eq!(found(Validator::Name, "my name is Env_var", "Env"), None);
        assert!(NOT_NAMES.is_sorted(), "the list is searched by halves");
    }
}
