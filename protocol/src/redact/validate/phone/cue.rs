//! Words beside a number that say that it is a telephone number, or that it is not.

use regex::bytes::{Regex, RegexBuilder};
use std::sync::LazyLock;

/// How far before a number such words are looked for, in bytes.
const BEFORE: usize = 48;
/// And how far after it.
const AFTER: usize = 24;
/// What the words beside a number say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cue {
    /// It is something else: an order, an account, a book.
    Against,
    /// Nothing.
    None,
    /// It is a telephone number.
    For,
}

/// What the words before `start` and after `end` say.
pub(super) fn beside(text: &[u8], start: usize, end: usize) -> Cue {
    let last = |words: &Option<Regex>| words.as_ref().and_then(|words| last_match(words, &text[..start]));
    let (is, is_not) = (last(&BEFORE_IT), last(&OTHER));
    if let Some(other) = is_not
        && is.is_none_or(|word| word < other)
    {
        return Cue::Against;
    }
    let after = &text[end..text.len().min(end + AFTER)];
    match is.is_some() || AFTER_IT.as_ref().is_some_and(|words| words.is_match(after)) {
        true => Cue::For,
        false => Cue::None,
    }
}

/// Where the last match in the last bytes of `before` ends. A word that begins earlier is not cut.
fn last_match(words: &Regex, before: &[u8]) -> Option<usize> {
    let (mut at, mut last) = (before.len().saturating_sub(BEFORE), None);
    while at < before.len()
        && let Some(found) = words.find_at(before, at)
    {
        last = Some(found.end());
        at = found.end().max(at + 1);
    }
    last
}

static BEFORE_IT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&[
        // English
        r"\b(?:tele)?phones?\b",
        r"(?:\b|_)(?:cell|home|work|office|mobile|contact|customer|user|billing|shipping)?_?(?:tele)?phone(?:_?(?:number|num|no|nr))?\b",
        r"\b(?:tel|telf|tlf|tlph|mob|cell|fax|tty)\b",
        r"\b(?:ph|hp) ?(?:[.:]|$)",
        r"\b(?:mobile|cellphone|landline|hotline|helpline|voicemail|pager|whats ?app|viber|wechat|imessage|sms)\b",
        r"\bwa\.me\b",
        r"\b(?:call|calling|phoning|ring|dial|text|texting|reach|contact|message|msg|buzz) (?:me|us|him|her|them|you|back|directly|at|on|using)\b",
        r"\b(?:call|dial|ring|contact|reach|text)(?::| ?\+| ?\(|\s*$)",
        r"\b(?:reach|reached|reachable|contacted|available|called) (?:me |us |him |her |them )?(?:at|on|under|by phone)\b",
        r"\b(?:my|his|her|their|our|your|contact|private|personal|direct|work|home|emergency|daytime|evening) (?:new |old |other |own |us |uk |work |home |private |direct )?(?:number|numbers|no\.|nr\.|digits|line)\b",
        // Spanish
        r"tel(?:e|é)fonos?\b",
        r"m(?:o|ó)vil\b",
        r"\b(?:celular|cel|fijo|fono)\b",
        r"\bll(?:a|á)m[ae](?:me|nos|r|rme|le|la|lo)?\b",
        r"\bmarca(?:r)?(?: el| al)?\b",
        r"\b(?:mi|su|tu|nuestro) n(?:u|ú)mero\b",
        // French
        r"t(?:e|é)l(?:e|é)phon\w*",
        r"\bt(?:e|é)l\b",
        r"\b(?:(?:mon|ton|son|votre|notre|le|du) portable|portable ?:|gsm)\b",
        r"\bappel(?:er|ez|le|es)\b",
        r"\b(?:joindre|joignable|contacter)\b",
        r"\b(?:mon|son|ton|votre|notre) num(?:e|é)ro\b",
        // German
        r"(?:telefon|handy|mobil|mobilfunk|fax|ruf|durchwahl|festnetz)(?:nummer|nr)?\b",
        r"\b(?:ruf|rufe|rufen|erreich\w*|anruf\w*|anzurufen)\b",
        r"\b(?:meine|seine|ihre|unsere|deine) nummer\b",
        // Portuguese
        r"\b(?:telefones?|telem(?:o|ó)vel|zap|fone)\b",
        r"\b(?:lig[aou]e?|ligue|ligar)\b",
        r"\b(?:meu|seu|nosso) n(?:u|ú)mero\b",
        // Italian
        r"\b(?:telefono|cellulare|recapito|chiamami|chiama|chiamare|chiamate|telefonami)\b",
        r"\b(?:mio|suo|nostro) numero\b",
        // Dutch, Polish, Czech, Swedish, Danish, Norwegian, Finnish, Turkish
        r"\b(?:telefoon|telefoonnummer|bel (?:me|mij|ons)|mobiel|mobielnummer)\b",
        r"\b(?:telefonu|telefonie|tel\.|zadzwo\w*|kom(?:o|ó)rk\w*|dzwo\w*|zavolej\w*|mobiln\w*)\b",
        r"\b(?:telefonnummer|mobilnummer|ring (?:mig|mej|meg|oss)|puhelin\w*|numaras(?:i|ı)\w*|telefonum|numaram|cep)\b",
        // Indonesian, Vietnamese
        r"\b(?:telepon|hubungi|nomor hp|no\.? hp)\b",
        "điện thoại|gọi",
        // Russian, Ukrainian, Greek
        "телефон|Телефон|тел\\.|Тел\\.|моб|Моб|звони|мой номер|Мой номер|ватсап|τηλέφωνο|Τηλέφωνο|κινητό|Κινητό|τηλ",
        // Chinese, Japanese, Korean
        "电话|電話|手机|手機|号码是|號碼是|致电|致電|微信|携帯|ケータイ|番号は|전화|휴대폰|연락처|핸드폰",
        // Arabic, Persian, Hebrew, Hindi, Thai
        "هاتف|جوال|موبايل|اتصل|تلفن|موبایل|שלפון|טלפון|נייד|फोन|फ़ोन|मोबाइल|โทร",
    ])
});

static AFTER_IT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&[
        r"^[ ,]{1,2}(?:to (?:call|reach|text|contact) (?:me|us|him|her)|is my (?:\w+ )?(?:number|phone|cell|mobile|line))",
        r"^ ?[(\[](?:mobile|cell|phone|home|work|office|fax|direct|whatsapp|handy|mobil|privat|m(?:o|ó)vil|celular|portable|cellulare|tel)\b",
        "^ ?(?:numara|に電話|までお電話|でんわ)",
    ])
});

static OTHER: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&[
        r"\b(?:isbn|issn|doi|ean|upc|gtin|asin|sku|vin|imei|imsi|iccid|ssn|iban|bic|vat|nhs|pmid|arxiv|orcid|rfc|cve)\b",
        r"\b(?:order|invoice|ticket|account|acct|routing|tracking|serial|reference|ref|case|issue|passport|licen[cs]e|policy|model|part|product|item|batch|lot|version|build|revision|commit|postal|zip|plz)(?: ?(?:number|nummer|no\.?|nr\.?|num|code|id|#))?\b",
        r"\b(?:id|uid|uuid|guid|sha|hash|epoch|timestamp|unix|offset|address|port|pid|seed|bytes)\b",
    ])
});

/// One pattern of all; letters of ASCII match in either case.
fn compile(words: &[&str]) -> Option<Regex> {
    RegexBuilder::new(&words.join("|")).unicode(false).case_insensitive(true).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cue(before: &str, after: &str) -> Cue {
        let text = format!("{before}5550123{after}");
        beside(text.as_bytes(), before.len(), before.len() + 7)
    }

    #[test]
    fn every_list_of_words_compiles() {
        assert!(BEFORE_IT.is_some() && AFTER_IT.is_some() && OTHER.is_some());
    }

    #[test]
    fn carrier_words_of_many_languages_are_known() {
        for before in [
            "call me at ",
            "Phone: ",
            "\"phone_number\": \"",
            "my new number is ",
            "Llámame al ",
            "mi número es el ",
            "Tél. : ",
            "joignable au ",
            "Ruf mich an unter ",
            "Handynummer ",
            "meu número é ",
            "Chiamami al ",
            "bel me op ",
            "电话",
            "携帯：",
            "Мой номер ",
        ] {
            assert_eq!(cue(before, ""), Cue::For, "{before}");
        }
        assert_eq!(cue("so ", " is my mobile number"), Cue::For);
        assert_eq!(cue("Ann ", " (work)"), Cue::For);
    }

    #[test]
    fn words_for_other_things_speak_against_it() {
        assert_eq!(cue("ISBN ", ""), Cue::Against);
        assert_eq!(cue("phone us about order no. ", ""), Cue::Against);
        assert_eq!(cue("my iPhone 5 has ", ""), Cue::None);
        assert_eq!(cue("the callback ", ""), Cue::None);
    }
}
