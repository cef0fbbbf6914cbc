//! What a pattern may not say, because it means something else with another version of Unicode.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{
    AssertionKind, Ast, ClassPerl, ClassPerlKind, ClassSetItem, ClassUnicode, Flag, Flags, GroupKind, Visitor, visit,
};

/// The first thing in a pattern that Unicode's tables decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unpinned {
    /// A class or the edge of a word, by the letter after its backslash.
    Class(char),
    /// Flags that ignore case beyond ASCII, or could: `i` without `-u` beside it, or `u`.
    Case,
}

/// Nothing, if the pattern means the same with every version of Unicode.
///
/// A pattern that cannot be read passes here: the compiler says better what is wrong with it.
pub(super) fn check(pattern: &str) -> Result<(), Unpinned> {
    Parser::new().parse(pattern).map_or(Ok(()), |ast| visit(&ast, Reader))
}

struct Reader;

impl Visitor for Reader {
    type Output = ();
    type Err = Unpinned;

    fn finish(self) -> Result<(), Unpinned> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Unpinned> {
        match ast {
            Ast::Flags(set) => flags(&set.flags),
            Ast::Group(group) => match &group.kind {
                GroupKind::NonCapturing(set) => flags(set),
                GroupKind::CaptureIndex(_) | GroupKind::CaptureName { .. } => Ok(()),
            },
            Ast::ClassPerl(class) => perl(class),
            Ast::ClassUnicode(class) => unicode(class),
            Ast::Assertion(assertion) => edge_of_word(&assertion.kind),
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Unpinned> {
        match item {
            ClassSetItem::Perl(class) => perl(class),
            ClassSetItem::Unicode(class) => unicode(class),
            _ => Ok(()),
        }
    }
}

fn flags(flags: &Flags) -> Result<(), Unpinned> {
    let (case, unicode) = (flags.flag_state(Flag::CaseInsensitive), flags.flag_state(Flag::Unicode));
    match (case, unicode) {
        (Some(true), None) | (_, Some(true)) => Err(Unpinned::Case),
        _ => Ok(()),
    }
}

fn perl(class: &ClassPerl) -> Result<(), Unpinned> {
    let letter = match class.kind {
        ClassPerlKind::Digit => 'd',
        ClassPerlKind::Space => 's',
        ClassPerlKind::Word => 'w',
    };
    Err(Unpinned::Class(if class.negated { letter.to_ascii_uppercase() } else { letter }))
}

fn unicode(class: &ClassUnicode) -> Result<(), Unpinned> {
    Err(Unpinned::Class(if class.negated { 'P' } else { 'p' }))
}

fn edge_of_word(kind: &AssertionKind) -> Result<(), Unpinned> {
    match kind {
        AssertionKind::StartLine | AssertionKind::EndLine | AssertionKind::StartText | AssertionKind::EndText => Ok(()),
        AssertionKind::NotWordBoundary => Err(Unpinned::Class('B')),
        AssertionKind::WordBoundaryStartAngle => Err(Unpinned::Class('<')),
        AssertionKind::WordBoundaryEndAngle => Err(Unpinned::Class('>')),
        AssertionKind::WordBoundary
        | AssertionKind::WordBoundaryStart
        | AssertionKind::WordBoundaryEnd
        | AssertionKind::WordBoundaryStartHalf
        | AssertionKind::WordBoundaryEndHalf => Err(Unpinned::Class('b')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_is_ignored_within_ascii_alone() {
        for pinned in
            ["(?i-u:flat)", "(?si-u:a.b)", "(?-ui:k)", "(?i-u)flat", "(?-i:k)", "(?sm:^.)", r"\(?i\)", "[(?i)]"]
        {
            assert_eq!(check(pinned), Ok(()), "{pinned}");
        }
        let unpinned = [
            "(?i)flat",
            "(?i:flat)",
            "(?mi)flat",
            "(?si:flat)",
            "(?i-s:flat)",
            "(?iu:flat)",
            "(?-u)a(?i:flat)",
            "(?i-u:fl(?u:at))",
            "(?i-u)fl(?u)at",
            "(?x)( ?i:flat)",
            "a|(b(?is-m:c)+){2}",
        ];
        for unpinned in unpinned {
            assert_eq!(check(unpinned), Err(Unpinned::Case), "{unpinned}");
        }
    }

    #[test]
    fn classes_and_edges_of_words_are_spelt_out() {
        for pinned in ["[0-9]", r"\\d", r"[\\w]", "[[:alpha:]]", r"^\A.\z$", r"\x{e9}\."] {
            assert_eq!(check(pinned), Ok(()), "{pinned}");
        }
        let unpinned = [
            (r"M\d+", 'd'),
            (r"[^a\W]", 'W'),
            (r"[a-z&&[\s]]", 's'),
            (r"\pL", 'p'),
            (r"[\PL]", 'P'),
            (r"x\b", 'b'),
            (r"x\B", 'B'),
            (r"\b{start}x", 'b'),
            (r"\<x", '<'),
            (r"x\>", '>'),
        ];
        for (pattern, class) in unpinned {
            assert_eq!(check(pattern), Err(Unpinned::Class(class)), "{pattern}");
        }
    }
}
