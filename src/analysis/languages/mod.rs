//! The languages, one row each. A language with rules or lists of its own has a file, which is
//! named after it and ends in its row; the others only name their stemmer here.
//!
//! `stop_words`, `function_words` and `low_information_words` use the lists, the same way for every
//! language.

mod catalan;
pub(crate) mod derivations;
mod english;
mod french;
pub(crate) mod function_words;
mod galician;
pub(crate) mod inflections;
mod language_analyzer;
pub(crate) mod low_information_words;
pub(crate) mod other_spellings;
mod portuguese;
mod spanish;
pub(crate) mod stop_words;

use pagefind_stem::Algorithm;

pub use self::language_analyzer::LanguageAnalyzer;

/// All languages that have a Snowball stemmer, and Galician. In a language that is not here, words
/// are segmented and folded but not stemmed.
static TABLE: &[LanguageAnalyzer] = &[
    LanguageAnalyzer::with_stemmer(&["ar"], || Algorithm::Arabic),
    catalan::LANGUAGE,
    LanguageAnalyzer::with_stemmer(&["da"], || Algorithm::Danish),
    LanguageAnalyzer::with_stemmer(&["de"], || Algorithm::German),
    LanguageAnalyzer::with_stemmer(&["el"], || Algorithm::Greek),
    english::LANGUAGE,
    LanguageAnalyzer::with_stemmer(&["eo"], || Algorithm::Esperanto),
    spanish::LANGUAGE,
    LanguageAnalyzer::with_stemmer(&["et"], || Algorithm::Estonian),
    LanguageAnalyzer::with_stemmer(&["eu"], || Algorithm::Basque),
    LanguageAnalyzer::with_stemmer(&["fi"], || Algorithm::Finnish),
    french::LANGUAGE,
    LanguageAnalyzer::with_stemmer(&["ga"], || Algorithm::Irish),
    galician::LANGUAGE,
    LanguageAnalyzer::with_stemmer(&["hi"], || Algorithm::Hindi),
    LanguageAnalyzer::with_stemmer(&["hu"], || Algorithm::Hungarian),
    LanguageAnalyzer::with_stemmer(&["hy"], || Algorithm::Armenian),
    LanguageAnalyzer::with_stemmer(&["id"], || Algorithm::Indonesian),
    LanguageAnalyzer::with_stemmer(&["it"], || Algorithm::Italian),
    LanguageAnalyzer::with_stemmer(&["lt"], || Algorithm::Lithuanian),
    LanguageAnalyzer::with_stemmer(&["ne"], || Algorithm::Nepali),
    LanguageAnalyzer::with_stemmer(&["nl"], || Algorithm::Dutch),
    LanguageAnalyzer::with_stemmer(&["no", "nb", "nn"], || Algorithm::Norwegian),
    LanguageAnalyzer::with_stemmer(&["pl"], || Algorithm::Polish),
    portuguese::LANGUAGE,
    LanguageAnalyzer::with_stemmer(&["ro"], || Algorithm::Romanian),
    LanguageAnalyzer::with_stemmer(&["ru"], || Algorithm::Russian),
    LanguageAnalyzer::with_stemmer(&["sr"], || Algorithm::Serbian),
    LanguageAnalyzer::with_stemmer(&["sv"], || Algorithm::Swedish),
    LanguageAnalyzer::with_stemmer(&["ta"], || Algorithm::Tamil),
    LanguageAnalyzer::with_stemmer(&["tr"], || Algorithm::Turkish),
    LanguageAnalyzer::with_stemmer(&["yi"], || Algorithm::Yiddish),
];

/// All rows of the table.
pub fn language_analyzers() -> impl Iterator<Item = &'static LanguageAnalyzer> {
    TABLE.iter()
}

/// The row of a language, given as BCP 47; `None` for a language without one.
pub fn language_analyzer(lang: &str) -> Option<&'static LanguageAnalyzer> {
    let primary = primary_subtag(lang);
    TABLE.iter().find(|language| language.subtags.contains(&primary.as_str()))
}

/// The group of languages that share stems: named after the row (`no` for `nb`), or after the
/// primary subtag where there is no row (`zh` for `zh-Hant`).
pub fn language_group(lang: &str) -> String {
    language_analyzer(lang).map_or_else(|| primary_subtag(lang), |language| language.name().to_owned())
}

fn primary_subtag(lang: &str) -> String {
    lang.split('-').next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::analysis::normalizer::{fold, normalize};
    use crate::analysis::token_variants::{QueryVariants, TokenVariantsCache};

    /// Whether a query word finds an indexed word by its stems.
    pub(crate) fn finds(lang: &str, query: &str, indexed: &str) -> bool {
        let variants = TokenVariantsCache::new(lang).variants(&normalize(indexed));
        QueryVariants::of(&normalize(query), lang).stems.iter().any(|stem| variants.stems.contains(stem))
    }

    /// In each pair, either word finds the other.
    pub(crate) fn assert_found_by_each_other(lang: &str, pairs: &[(&str, &str)]) {
        for (one, other) in pairs {
            assert!(finds(lang, one, other), "{lang}: {one} does not find {other}");
            assert!(finds(lang, other, one), "{lang}: {other} does not find {one}");
        }
    }

    /// In no pair does either word find the other.
    pub(crate) fn assert_apart(lang: &str, pairs: &[(&str, &str)]) {
        for (one, other) in pairs {
            assert!(!finds(lang, one, other) && !finds(lang, other, one), "{lang}: {one} and {other} are one");
        }
    }

    #[test]
    fn every_subtag_has_one_row_and_the_rows_are_in_order() {
        let names: Vec<&str> = language_analyzers().map(LanguageAnalyzer::name).collect();
        assert!(names.is_sorted(), "{names:?}");
        let mut seen = BTreeSet::new();
        for subtag in language_analyzers().flat_map(|language| language.subtags) {
            assert!(seen.insert(subtag), "{subtag} has two rows");
            assert_eq!(*subtag, primary_subtag(subtag), "a primary subtag, in lower case");
        }
    }

    #[test]
    fn the_lists_hold_folded_words() {
        for language in language_analyzers() {
            let connectors = language.connectors.unwrap_or_default();
            for word in language.low_information_words.split_whitespace().chain(connectors.split_whitespace()) {
                assert_eq!(fold(&normalize(word)), word, "{}", language.name());
            }
        }
    }

    #[test]
    fn a_connector_is_a_word_that_carries_grammar() {
        for language in language_analyzers() {
            let low_information: BTreeSet<&str> = language.low_information_words.split_whitespace().collect();
            for word in language.connectors.unwrap_or_default().split_whitespace() {
                let is_listed = low_information.contains(word) || stop_words::is_stop_word(language.name(), word);
                assert!(is_listed, "{}: {word} would count as a content word", language.name());
            }
        }
    }
}
