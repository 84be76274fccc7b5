//! Text analysis: from text to index terms.
//!
//! ```text
//! text ──> words ──> token variants (exact, folded, stemmed) ──> terms of an article or a query
//!   (text_repair.rs,  (token_variants.rs, by the table of languages/)   (analyzer.rs)
//!    tokenizer/)
//! ```
//!
//! The tokenizer works the same way in every language, so a query needs no language. Only stemming
//! differs, and every stem is tagged with the language of its stemmer (see [`TokenVariants`]).

pub(crate) mod analyzer;
pub(crate) mod completions;
pub(crate) mod dictionary;
pub(crate) mod expected_languages;
pub(crate) mod key_terms;
pub(crate) mod language_detection;
pub(crate) mod languages;
pub(crate) mod minhash;
pub(crate) mod normalizer;
pub(crate) mod passages;
pub(crate) mod text_repair;
pub(crate) mod token_variants;
pub(crate) mod tokenizer;
pub(crate) mod zone;

pub use self::analyzer::{ArticleTerms, HeadingPosition, ZoneTerms};
pub use self::completions::{Completion, CompletionSource, MAX_COMPLETION_CHARS, completion_key};
pub(crate) use self::dictionary::{is_dictionary_word, may_be_of_one_language, shares_dictionary};
pub use self::expected_languages::ExpectedLanguages;
pub use self::key_terms::{KeyTerm, KeyTerms};
pub use self::language_detection::{detect, foreign_language};
pub use self::languages::derivations::derivations;
pub use self::languages::inflections::inflections;
pub use self::languages::low_information_words::PhraseRole;
pub(crate) use self::languages::other_spellings::is_other_spelling;
pub use self::languages::stop_words::is_stop_word;
pub use self::languages::{LanguageAnalyzer, language_analyzer, language_analyzers, language_group};
pub use self::minhash::MinHash;
pub use self::normalizer::{fold, fold_keeping_tilde, normalize};
#[cfg(feature = "test-support")]
pub use self::passages::join_passages;
pub use self::passages::{Passage, PassageKind, passages_of};
pub use self::text_repair::without_marks;
pub use self::token_variants::{QueryVariants, TokenVariants, TokenVariantsCache, dashed, with_variants_cache};
pub use self::tokenizer::{Word, is_dash, is_quote, is_unspaced, words};
pub use self::zone::{ByZone, Zone};

/// A text that identifies the analysis: two indexes are compatible when their fingerprints are
/// equal.
///
/// It names the version of our own rules, the version of every library whose data decides the
/// terms, and every language of the table with its revision.
pub fn fingerprint() -> String {
    let languages: Vec<String> = language_analyzers().map(LanguageAnalyzer::fingerprint).collect();
    format!(
        "words 7; forms 5; zones 2; paragraphs 1; completions 1; key terms 2; icu_segmenter 2; snowball 3 ({})",
        languages.join(" ")
    )
}
