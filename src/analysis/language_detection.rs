//! Detects the language of a text that declares none, and finds passages and articles that are in
//! another language than expected.
//!
//! Two signals are combined. whatlang uses trigrams and alphabets; it knows most languages and
//! improves with the length of the text. The function words are fast to count and reliable after a
//! few lines.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use whatlang::{Lang, Script};

use super::languages::function_words::{Tally, has_list};
use super::languages::{LanguageAnalyzer, language_analyzer};

/// How many pieces of a text are sampled. Where the beginning is in another language, the rest
/// outvotes it. Sampling more pieces, or the whole text, is not more accurate: experiment
/// `languages.pieces`.
const PIECES: usize = 3;
/// How many characters a piece has.
const PIECE_CHARS: usize = 1_000;
/// From this confidence on whatlang decides alone. With a higher threshold, texts in languages
/// without a list of function words are taken for others: experiment `languages.sure`.
const SURE: f64 = 0.5;
/// The score that whatlang's guess adds to the scores of the function words where its confidence is
/// lower. Values near it differ little: experiment `languages.guess`.
const GUESS_SCORE: f64 = 0.25;
/// The fewest words of a foreign passage. With fewer, more lists and commands are taken for one;
/// with more, sentences are missed: experiment `languages.min-words`.
pub(crate) const MIN_WORDS: usize = 10;
/// The lowest function word score of a foreign passage; running text scores higher. It balances
/// missed passages against false ones: experiment `languages.clear-score`.
const CLEAR_SCORE: f64 = 0.3;
/// The highest share of the foreign language's function word score that the own language may reach.
/// With less, neighbours such as Portuguese in Spanish are missed; with more, mixed passages are
/// taken for foreign: experiment `languages.rival-share`.
const RIVAL_SHARE: f64 = 0.75;
/// The fewest characters of a foreign passage in another script: a short sentence.
const MIN_SCRIPT_CHARS: usize = 20;

/// The scripts of each language group that whatlang knows.
static SCRIPTS: LazyLock<HashMap<&'static str, Vec<Script>>> = LazyLock::new(|| {
    let mut scripts: HashMap<&'static str, Vec<Script>> = HashMap::new();
    for script in Script::all() {
        for lang in script.langs() {
            scripts.entry(group_of(code(*lang))).or_default().push(*script);
        }
    }
    // Japanese is written with Chinese characters as well.
    scripts.entry("ja").or_default().push(Script::Mandarin);
    scripts
});

/// The language of a text as the shortest BCP 47 code; `None` where nothing indicates one.
///
/// Meant for documents. On single words it is right for about three of four (whatlang 0.18, en
/// against es), so the language of a query is never detected. It knows the languages of whatlang
/// and those with a list of function words; a text in another language is taken for a neighbour of
/// it (Galician for Portuguese or Spanish). It reads a bounded part of the text.
pub fn detect(text: &str) -> Option<&'static str> {
    detect_sample(&sample(text))
}

fn detect_sample(sample: &str) -> Option<&'static str> {
    let guess = whatlang::detect(sample)?;
    let lang = code(guess.lang());
    if guess.script() != Script::Latin || guess.confidence() >= SURE {
        return Some(lang);
    }
    let guessed = group_of(lang);
    let mut best = (lang, GUESS_SCORE);
    for (group, score) in Tally::of(sample).scores() {
        let (code, score) = if group == guessed { (lang, score + GUESS_SCORE) } else { (group, score) };
        if score > best.1 {
            best = (code, score);
        }
    }
    Some(best.0)
}

/// The language group of a text, where it clearly differs from the expected one (`own_group`, see
/// [`language_group`](super::language_group)).
///
/// `None` where the text is in its own language, is mixed, is too short (under ten words) or has no
/// running text. Also `None` wherever [`detect`] does not know the own language, because it would
/// take it for a neighbour. Fast enough for every paragraph of an article (experiment
/// `languages.foreign-time`): whatlang runs only where the function words or the script contradict
/// the own language.
pub fn foreign_language(text: &str, own_group: &str) -> Option<&'static str> {
    let scripts = SCRIPTS.get(own_group);
    if scripts.is_none() && !has_list(own_group) {
        return None;
    }
    let sample = sample(text);
    let script = whatlang::detect_script(&sample)?;
    if script != Script::Latin {
        let is_own = scripts.is_some_and(|scripts| scripts.contains(&script));
        if is_own || sample.chars().nth(MIN_SCRIPT_CHARS).is_none() {
            return None;
        }
        return detect_sample(&sample).map(group_of);
    }
    let tally = Tally::of(&sample);
    if tally.words < MIN_WORDS {
        return None;
    }
    let own_score = tally.score(own_group);
    let contradicts = |score: f64| score >= CLEAR_SCORE && own_score <= RIVAL_SHARE * score;
    if !tally.scores().any(|(_, score)| contradicts(score)) {
        return None;
    }
    let found = group_of(detect_sample(&sample)?);
    (found != own_group && contradicts(tally.score(found))).then_some(found)
}

/// The part of a text that is read: all of a short one, pieces of a long one.
pub(crate) fn sample(text: &str) -> Cow<'_, str> {
    if text.char_indices().nth(PIECES * PIECE_CHARS).is_none() {
        return Cow::Borrowed(text);
    }
    let mut sample = String::new();
    for piece in 0..PIECES {
        let begin = text.len() / PIECES * piece;
        let rest = (begin..text.len()).find_map(|at| text.get(at..)).unwrap_or_default();
        sample.extend(rest.chars().take(PIECE_CHARS));
        sample.push('\n');
    }
    Cow::Owned(sample)
}

fn group_of(lang: &'static str) -> &'static str {
    language_analyzer(lang).map_or(lang, LanguageAnalyzer::name)
}

/// The ISO 639-1 code where the language has one, else the 639-3 code, as BCP 47 requires.
pub(crate) fn code(lang: Lang) -> &'static str {
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

    const SENTENCES: [(&str, &str); 5] = [
        ("La educación superior es un derecho de todas las personas que viven en la región.", "es"),
        ("O ensino superior é um direito de todas as pessoas da região, sem exceção alguma.", "pt"),
        ("L'enseignement supérieur est un droit pour toutes les personnes de la région.", "fr"),
        ("Higher education is a right of all the people who live in the region.", "en"),
        ("L'educació superior és un dret de totes les persones que viuen a la regió.", "ca"),
    ];

    #[test]
    fn languages_of_sentences_are_detected() {
        for (text, lang) in SENTENCES {
            assert_eq!(detect(text), Some(lang));
        }
        // Two function words suffice where trigrams do not (whatlang says Tagalog).
        assert_eq!(detect("I am begging pardon"), Some("en"));
        assert_eq!(detect("42 — 17"), None);
    }

    #[test]
    fn a_long_text_is_sampled_in_all_its_parts() {
        let [spanish, .., english, _] = SENTENCES.map(|(text, _)| format!("{text}\n"));
        assert_eq!(detect(&format!("{}{}", english.repeat(50), spanish.repeat(150))), Some("es"));
    }

    #[test]
    fn a_foreign_passage_is_detected() {
        for (text, lang) in SENTENCES {
            for own in ["es", "pt", "fr", "en", "ca", "de", "pl", "ru", "zh"] {
                assert_eq!(foreign_language(text, own), (lang != own).then_some(lang), "{lang} in {own}: {text}");
            }
            assert_eq!(foreign_language(text, "gl"), None, "a language that is not detected");
        }
        for (text, own, found) in [
            ("Высшее образование — это право всех людей, живущих в регионе.", "en", Some("ru")),
            ("高等教育是该地区所有人的权利，不分性别、种族、年龄和信仰。", "en", Some("zh")),
            ("高等教育機関国際化推進会議、東京都千代田区霞が関三丁目二番二号。", "ja", None),
            ("Higher education is a right.", "es", None),
            ("Cambridge, Oxford, Harvard, Stanford, Princeton, Yale, Columbia, Berkeley, Cornell, Brown", "es", None),
            (
                "El programa «Higher education for all of the people» se presentó en la sede de la organización.",
                "es",
                None,
            ),
        ] {
            assert_eq!(foreign_language(text, own), found, "{text}");
        }
    }
}
