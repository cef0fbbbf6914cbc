//! Letters of names, by fixed tables: a newer version of Unicode changes nothing.

/// Whether names of the Latin, Greek and Cyrillic scripts are written with this character.
pub(super) fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || (is_cased_beyond_ascii(c) && !matches!(c, '×' | '÷'))
}

fn is_cased_beyond_ascii(c: char) -> bool {
    matches!(c, '\u{C0}'..='\u{24F}' | '\u{386}'..='\u{3CE}' | '\u{400}'..='\u{52F}' | '\u{1E00}'..='\u{1EFF}')
}

/// Whether a letter is a capital.
pub(super) fn is_capital(c: char) -> bool {
    let even = u32::from(c).is_multiple_of(2);
    match c {
        'A'..='Z' | '\u{C0}'..='\u{DE}' => c != '×',
        '\u{139}'..='\u{148}' | '\u{179}'..='\u{17E}' => !even,
        '\u{100}'..='\u{177}' => even,
        '\u{178}' | 'Ơ' | 'Ư' => true,
        '\u{1CD}'..='\u{1DC}' => !even,
        '\u{1DE}'..='\u{1EF}' | '\u{1F8}'..='\u{21F}' | '\u{222}'..='\u{233}' => even,
        '\u{386}'..='\u{3AB}' => c != 'ΐ',
        '\u{400}'..='\u{42F}' => true,
        '\u{460}'..='\u{52F}' | '\u{1E00}'..='\u{1EFF}' => even,
        _ => false,
    }
}

/// Letters of scripts without capitals in which names are a few characters in a row: Arabic,
/// Hebrew, the scripts of India, Thai, Chinese, Japanese and Korean.
pub(super) fn is_uncased(c: char) -> bool {
    matches!(c,
        '\u{5D0}'..='\u{5EA}' | '\u{620}'..='\u{64A}' | '\u{66E}'..='\u{6D3}' | '\u{900}'..='\u{D7F}'
        | '\u{E01}'..='\u{E4E}' | '\u{3041}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}')
}

/// A word in lower case without accents, as far as the Latin script goes; other letters are kept.
pub(super) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(word.len());
    for c in word.chars() {
        match c {
            'ß' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'þ' | 'Þ' => folded.push_str("th"),
            _ => folded.push(plain(c)),
        }
    }
    folded
}

/// The letter below the accents.
fn plain(c: char) -> char {
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        'À'..='Å' | 'à'..='å' | 'Ā'..='ą' | 'Ǎ' | 'ǎ' | 'Ạ'..='ặ' => 'a',
        'Ç' | 'ç' | 'Ć'..='č' => 'c',
        'Ď'..='đ' | 'Ð' | 'ð' => 'd',
        'È'..='Ë' | 'è'..='ë' | 'Ē'..='ě' | 'Ẹ'..='ệ' => 'e',
        'Ĝ'..='ģ' | 'Ǧ' | 'ǧ' => 'g',
        'Ĥ'..='ħ' => 'h',
        'Ì'..='Ï' | 'ì'..='ï' | 'Ĩ'..='ı' | 'Ỉ'..='ị' => 'i',
        'Ĵ' | 'ĵ' => 'j',
        'Ķ' | 'ķ' => 'k',
        'Ĺ'..='ł' => 'l',
        'Ñ' | 'ñ' | 'Ń'..='ň' => 'n',
        'Ò'..='Ö' | 'ò'..='ö' | 'Ø' | 'ø' | 'Ō'..='ő' | 'Ơ' | 'ơ' | 'Ọ'..='ợ' => 'o',
        'Ŕ'..='ř' => 'r',
        'Ś'..='š' | 'Ș' | 'ș' => 's',
        'Ţ'..='ŧ' | 'Ț' | 'ț' => 't',
        'Ù'..='Ü' | 'ù'..='ü' | 'Ũ'..='ų' | 'Ư' | 'ư' | 'Ụ'..='ự' => 'u',
        'Ŵ' | 'ŵ' => 'w',
        'Ý' | 'ý' | 'ÿ' | 'Ŷ'..='Ÿ' | 'Ỳ'..='ỹ' => 'y',
        'Ź'..='ž' => 'z',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_are_known_in_the_scripts_that_have_them() {
        for c in "AZÀÖØÞĀŁŃŐŚŽŹŸȘỤΑΩЯЁҐ".chars() {
            assert!(is_capital(c) && is_letter(c), "{c}");
        }
        for c in "azßàöøÿāłńőśžźșụαωяёґ".chars() {
            assert!(!is_capital(c) && is_letter(c), "{c}");
        }
        assert!(!is_letter('×') && !is_capital('×') && !is_letter('1') && !is_letter('李'));
    }

    #[test]
    fn accents_are_left_out() {
        assert_eq!(fold("José-Ángel"), "jose-angel");
        assert_eq!(fold("ŁUKASZ Große"), "lukasz grosse");
        assert_eq!(fold("Zdeněk Đặng Ștefan"), "zdenek dang stefan");
    }
}
