//! From text to terms.
//!
//! ```text
//! text ──> words ──> forms (exact, folded, stemmed) ──> terms of an article or a query
//!         (words.rs)  (forms.rs, by the table of language.rs)   (document.rs)
//! ```
//!
//! Words are cut the same way in every language, so that a query needs no language; only the
//! stemming differs, and a stem carries the language it was made by (see [`Forms`]).

mod completions;
mod detect;
mod document;
mod endings;
mod fold;
mod forms;
mod function_words;
mod key_terms;
mod language;
mod sketch;
mod stop_words;
mod vague_words;
mod words;

pub use completions::{Completion, MAX_COMPLETION_CHARS, Standing, completion_key};
pub use detect::{detect, foreign_language};
#[cfg(feature = "test-support")]
pub use document::join_passages;
pub use document::{ArticleTerms, HeadPlace, Passage, PassageKind, ZONES, Zone, ZoneTerms, passages_of};
pub use fold::{fold, fold_keeping_tilde, normalize};
pub use forms::{Forms, FormsCache, QueryForms, dashed, with_forms_cache};
pub use key_terms::{KeyTerm, KeyTerms};
pub use language::{Chain, chain_of, chains, language_group};
pub use sketch::Sketch;
pub use stop_words::is_stop_word;
pub use vague_words::Part;
pub use words::{Word, is_quote, is_unspaced, words};

/// What the analysis does, in one text: two indexes fit each other when theirs is the same.
///
/// It names the version of our own rules and of every library whose data decides the terms.
pub fn fingerprint() -> String {
    let stemmers: Vec<&str> = chains().map(Chain::name).collect();
    format!(
        "words 5; forms 4; zones 2; paragraphs 1; completions 1; icu_segmenter 2; snowball 3 ({})",
        stemmers.join(" ")
    )
}
