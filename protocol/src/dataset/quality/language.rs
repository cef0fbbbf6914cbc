//! In which language a text seems to be.
//!
//! The crate `whatlang` compares trigrams and alphabets. It draws no lots and calls no transcendental function, so that one
//! version of it says the same on every machine; another one may say something else, which is why it is pinned.

use whatlang::Lang;

/// How much of a row's text is looked at, in characters: more of it makes no difference that matters.
pub(super) const LOOKED_AT: usize = 4096;

/// A language, and how sure it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Detected {
    lang: Option<Lang>,
    /// In percent.
    pub confidence: u8,
}

impl Detected {
    /// The language of a text. Where two languages fit it equally well, none is named.
    pub fn of(text: &str) -> Self {
        let Some(found) = whatlang::detect(text) else { return Detected::default() };
        // From 0 to 1; what is cut off is less than one in a hundred.
        let confidence = (found.confidence() * 100.0) as u8;
        Detected { lang: (confidence > 0).then(|| found.lang()), confidence }
    }

    /// Its subtag in BCP 47; nothing where there is no language.
    pub fn tag(self) -> &'static str {
        self.lang.map_or("", tag)
    }
}

/// The primary language subtag: the shortest code, as BCP 47 has it.
fn tag(lang: Lang) -> &'static str {
    match lang {
        Lang::Epo => "eo",
        Lang::Eng => "en",
        Lang::Rus => "ru",
        Lang::Cmn => "zh",
        Lang::Spa => "es",
        Lang::Por => "pt",
        Lang::Ita => "it",
        Lang::Ben => "bn",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Ukr => "uk",
        Lang::Kat => "ka",
        Lang::Ara => "ar",
        Lang::Hin => "hi",
        Lang::Jpn => "ja",
        Lang::Heb => "he",
        Lang::Yid => "yi",
        Lang::Pol => "pl",
        Lang::Amh => "am",
        Lang::Jav => "jv",
        Lang::Kor => "ko",
        Lang::Nob => "nb",
        Lang::Dan => "da",
        Lang::Swe => "sv",
        Lang::Fin => "fi",
        Lang::Tur => "tr",
        Lang::Nld => "nl",
        Lang::Hun => "hu",
        Lang::Ces => "cs",
        Lang::Ell => "el",
        Lang::Bul => "bg",
        Lang::Bel => "be",
        Lang::Mar => "mr",
        Lang::Kan => "kn",
        Lang::Ron => "ro",
        Lang::Slv => "sl",
        Lang::Hrv => "hr",
        Lang::Srp => "sr",
        Lang::Mkd => "mk",
        Lang::Lit => "lt",
        Lang::Lav => "lv",
        Lang::Est => "et",
        Lang::Tam => "ta",
        Lang::Vie => "vi",
        Lang::Urd => "ur",
        Lang::Tha => "th",
        Lang::Guj => "gu",
        Lang::Uzb => "uz",
        Lang::Pan => "pa",
        Lang::Aze => "az",
        Lang::Ind => "id",
        Lang::Tel => "te",
        Lang::Pes => "fa",
        Lang::Mal => "ml",
        Lang::Ori => "or",
        Lang::Mya => "my",
        Lang::Nep => "ne",
        Lang::Sin => "si",
        Lang::Khm => "km",
        Lang::Tuk => "tk",
        Lang::Aka => "ak",
        Lang::Zul => "zu",
        Lang::Sna => "sn",
        Lang::Afr => "af",
        Lang::Lat => "la",
        Lang::Slk => "sk",
        Lang::Cat => "ca",
        Lang::Tgl => "tl",
        Lang::Hye => "hy",
        Lang::Cym => "cy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn languages_are_told_by_the_tags_that_records_use() {
        for (text, expected) in [
            ("The old mill by the river had not turned for thirty years when Ana came to mend the wheel.", "en"),
            ("El viejo molino junto al río llevaba treinta años sin girar cuando Ana vino a reparar la rueda.", "es"),
            ("Die alte Mühle am Fluss hatte sich seit dreißig Jahren nicht gedreht, als Ana das Rad reparierte.", "de"),
            (
                "Это было хорошее время, и все знали, что мельница скоро будет работать, если весной поднимется вода.",
                "ru",
            ),
            ("老水车在河边停了三十年，今年春天安娜把它修好了。", "zh"),
            ("古い水車は三十年間回っていませんでしたが、アナが直しに来ました。", "ja"),
        ] {
            let found = Detected::of(text);
            assert_eq!((found.tag(), found.confidence), (expected, 100), "{text}");
        }
        for nothing in ["", "1234 5678", "…—!"] {
            assert_eq!(Detected::of(nothing), Detected::default(), "{nothing:?}");
        }
    }

    #[test]
    fn every_language_has_a_tag_of_its_own() {
        let tags: BTreeSet<_> = Lang::all().iter().map(|lang| tag(*lang)).collect();
        assert_eq!(tags.len(), Lang::all().len());
        assert!(tags.iter().all(|tag| tag.len() == 2));
    }

    proptest! {
        #[test]
        fn any_text_has_a_language_or_none(text in any::<String>()) {
            let found = Detected::of(&text);
            prop_assert!(found.confidence <= 100 && found.tag().is_empty() == (found.confidence == 0));
            prop_assert_eq!(found, Detected::of(&text));
        }
    }
}
