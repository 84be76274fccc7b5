//! The language of a text that does not declare one.

use whatlang::Lang;

/// How much of a text is looked at: detection does not get better after this.
const MAX_CHARS: usize = 4_000;

/// What was found out about a text's language.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detection {
    /// BCP 47, the shortest code of the language.
    pub lang: &'static str,
    /// 0 to 1; how far it is ahead of the runner-up.
    pub confidence: f64,
    /// Whether the text is long and clear enough to contradict a declaration.
    pub is_reliable: bool,
}

/// Detects the language of a text; `None` where there is nothing to go by.
///
/// Meant for documents: on single words it is right for about three of four
/// (whatlang 0.18, en against es), so that queries are never detected.
pub fn detect(text: &str) -> Option<Detection> {
    let end = text.char_indices().nth(MAX_CHARS).map_or(text.len(), |(at, _)| at);
    let info = whatlang::detect(&text[..end])?;
    Some(Detection { lang: code(info.lang()), confidence: info.confidence(), is_reliable: info.is_reliable() })
}

/// ISO 639-1 where the language has such a code, else 639-3, as BCP 47 asks for.
fn code(lang: Lang) -> &'static str {
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
        other => other.code(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_told_apart() {
        for (text, lang) in [
            ("La educación superior es un derecho de todas las personas de la región.", "es"),
            ("O ensino superior é um direito de todas as pessoas da região, sem exceção.", "pt"),
            ("L'enseignement supérieur est un droit pour toutes les personnes de la région.", "fr"),
            ("Higher education is a right of all the people who live in the region.", "en"),
        ] {
            assert_eq!(detect(text).map(|found| found.lang), Some(lang));
        }
        assert_eq!(detect("42 — 17"), None);
    }
}
