//! Words beside a number that say that it is a telephone number, or that it is not.

use regex::bytes::{Regex, RegexBuilder};
use std::sync::LazyLock;

/// How far before a number such words are looked for, in bytes.
const BEFORE: usize = 48;
/// And how far after it.
const AFTER: usize = 24;
/// Letters of one of them that are looked at.
const WORD: usize = 16;

/// Whether a word before `start` or after `end` says that what stands between is a telephone number.
pub(super) fn speaks_for(text: &[u8], start: usize, end: usize) -> bool {
    let after = &text[end..text.len().min(end + AFTER)];
    BEFORE_IT.as_ref().is_some_and(|words| is_near_end(words, &text[..start]))
        || AFTER_IT.as_ref().is_some_and(|words| words.is_match(after))
}

/// Whether the word directly before `start` or after `end` says that it is something else: the
/// number of an order, an amount.
pub(super) fn speaks_against(text: &[u8], start: usize, end: usize) -> bool {
    let after = &text[end..text.len().min(end + AFTER)];
    // A unit stands behind a space, or is a sign or letters.
    let unit = |byte: &u8| !byte.is_ascii() || matches!(byte, b' ' | b'%') || byte.is_ascii_alphabetic();
    numbers_something_else(&text[start.saturating_sub(BEFORE)..start])
        || after.first().is_some_and(unit) && UNIT.as_ref().is_some_and(|words| words.is_match(after))
}

/// Whether the last words of `before` are "order number", "Rechnung Nr." or the like.
fn numbers_something_else(before: &[u8]) -> bool {
    let mut rest = before;
    // "account", "number", "is", and one to spare.
    for _ in 0..4 {
        let joins = |byte: u8| matches!(byte, b' ' | b'"' | b'\'' | b':' | b'=' | b'#' | b'.');
        let between = rest.iter().rev().take(5).take_while(|byte| joins(**byte)).count();
        rest = &rest[..rest.len() - between];
        let length = rest.iter().rev().take(WORD).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (left, word) = rest.split_at(rest.len() - length);
        let mut lower = [0; WORD];
        let lower = &mut lower[..length];
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        let lower = &*lower;
        match lower.strip_suffix(b"nummer").or_else(|| lower.strip_suffix(b"number")).unwrap_or(lower) {
            b"" if length == 0 => return false,
            b"" | b"is" | b"was" | b"ist" | b"est" | b"es" | b"no" | b"nr" | b"num" | b"code" => rest = left,
            word => return OTHER.binary_search(&word).is_ok(),
        }
    }
    false
}

/// Whether a match begins in the last bytes of `before`. A word that begins earlier is not cut.
fn is_near_end(words: &Regex, before: &[u8]) -> bool {
    words.is_match_at(before, before.len().saturating_sub(BEFORE))
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

/// What has numbers that are none of a telephone, sorted.
#[rustfmt::skip]
const OTHER: [&[u8]; 100] = [
    b"abn", b"account", b"acct", b"acn", b"arxiv", b"asin", b"batch", b"bestell", b"bestellung", b"bic",
    b"bsn", b"build", b"card", b"case", b"cnpj", b"commande", b"commit", b"compte", b"conta", b"cpf",
    b"cuenta", b"customer", b"cve", b"dni", b"doi", b"dossier", b"ean", b"epoch", b"factura", b"facture",
    b"fattura", b"fatura", b"gtin", b"guid", b"hash", b"iban", b"iccid", b"id", b"imei", b"imsi", b"invoice",
    b"isbn", b"issn", b"issue", b"item", b"konto", b"kunden", b"kvk", b"licence", b"license", b"lot",
    b"member", b"model", b"mrn", b"nhs", b"nif", b"nip", b"npi", b"offset", b"orcid", b"order", b"ordine",
    b"part", b"passport", b"pedido", b"pesel", b"pid", b"plz", b"pmid", b"policy", b"postal", b"product",
    b"rechnung", b"rechnungs", b"ref", b"reference", b"regon", b"revision", b"rfc", b"routing", b"seed",
    b"serial", b"sha", b"siren", b"siret", b"sku", b"ssn", b"tax", b"tfn", b"ticket", b"timestamp",
    b"tracking", b"tva", b"uid", b"upc", b"uuid", b"vat", b"version", b"vin", b"zip",
];

/// Directly after a number: what there are so many of.
static UNIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    compile(&[
        r"^ ?(?:€|£|¥|%|°|zł|kč|₽|руб)",
        r"^ (?:usd|eur|gbp|chf|pln|sek|nok|dkk|euros?|dollars?|pesos?|k[mg]|mm|cm|ms|[kmg]i?b|bytes?|rows|lines|items|records|users|tokens|people|inhabitants|habitants|habitantes|abitanti|einwohner|personas|pessoas)\b",
    ])
});

/// One pattern of all; letters of ASCII match in either case.
fn compile(words: &[&str]) -> Option<Regex> {
    RegexBuilder::new(&words.join("|")).unicode(false).case_insensitive(true).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(before: &str, after: &str) -> (String, usize, usize) {
        (format!("{before}5550123{after}"), before.len(), before.len() + 7)
    }

    fn is_for(before: &str, after: &str) -> bool {
        let (text, start, end) = text(before, after);
        speaks_for(text.as_bytes(), start, end)
    }

    fn is_against(before: &str, after: &str) -> bool {
        let (text, start, end) = text(before, after);
        speaks_against(text.as_bytes(), start, end)
    }

    #[test]
    fn every_list_of_words_compiles() {
        assert!(BEFORE_IT.is_some() && AFTER_IT.is_some() && UNIT.is_some());
        assert!(OTHER.is_sorted());
    }

    #[test]
    fn carrier_words_of_many_languages_are_known() {
        #[rustfmt::skip]
        let words = [
            "call me at ", "Phone: ", "\"phone_number\": \"", "my new number is ", "Llámame al ", "mi número es el ",
            "Tél. : ", "joignable au ", "Ruf mich an unter ", "Handynummer ", "meu número é ", "Chiamami al ",
            "bel me op ", "电话", "携帯：", "Мой номер ", "Numer telefonu ", "zadzwoń ",
        ];
        for before in words {
            assert!(is_for(before, ""), "{before}");
        }
        assert!(is_for("so ", " is my mobile number"));
        assert!(is_for("Ann ", " (work)"));
        assert!(!is_for("my iPhone 5 has ", "") && !is_for("the callback ", "") && !is_for("telegraph ", ""));
    }

    #[test]
    fn words_for_other_things_speak_against_it() {
        for before in ["ISBN ", "order no. ", "Rechnungsnummer: ", "account number is ", "ID=", "\"id\": \""] {
            assert!(is_against(before, ""), "{before}");
        }
        assert!(is_against("", " €") && is_against("", " people"));
        assert!(!is_against("my order is late, phone ", "") && !is_against("a solid ", " kmh"));
    }
}
