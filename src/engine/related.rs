//! What makes one article related to another, free of any index.

use super::plan::{Origin, PlannedWord, Variant, WordForms};
use super::ranking::{self, Counting};
use crate::analysis::KeyTerm;

/// How many of an article's terms are looked for.
pub const MAX_TERMS: usize = 40;

/// How many shared terms a reason names.
pub const REASON_TERMS: usize = 4;

/// Terms that more of a language's articles hold than this share say nothing about one of them.
const MAX_TERM_SHARE: f64 = 0.5;

/// A term of the article that is asked about, with what sharing it is worth.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedTerm {
    /// The stem, tagged with its language.
    pub stem: String,
    /// The word as the article writes it.
    pub word: String,
    /// What it is worth.
    pub weight: f32,
}

impl WeightedTerm {
    /// The term as a word to be looked for.
    pub fn as_word(&self) -> PlannedWord {
        let forms = WordForms { stems: vec![vec![self.stem.clone()]], ..WordForms::default() };
        let variant = Variant {
            origin: Origin::Typed,
            text: self.word.clone(),
            factor: 1.0,
            counting: Counting::Stems,
            sequence: vec![forms],
        };
        PlannedWord {
            text: self.word.clone(),
            zone: None,
            variants: vec![variant],
            weight: self.weight,
            is_function_word: false,
            is_quoted: false,
        }
    }
}

/// The telling terms of an article, the weightiest first: its key terms by log frequency and
/// inverse document frequency within its language. `matching` says how many of the language's
/// `articles` hold a stem. A term that no other article holds leads nowhere and is left out.
pub fn telling_terms<E>(
    key_terms: Vec<KeyTerm>,
    articles: u64,
    mut matching: impl FnMut(&str) -> Result<u64, E>,
) -> Result<Vec<WeightedTerm>, E> {
    let mut terms = Vec::with_capacity(key_terms.len());
    for term in key_terms {
        let holders = matching(&term.stem)?;
        // On a handful of articles every shared word is held by a large share of them.
        let is_common = articles > 20 && holders as f64 > MAX_TERM_SHARE * articles as f64;
        if holders < 2 || is_common {
            continue;
        }
        let weight = (1.0 + term.frequency.ln()) * ranking::idf(articles, holders);
        terms.push(WeightedTerm { stem: term.stem, word: term.word, weight });
    }
    terms.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| a.stem.cmp(&b.stem)));
    terms.truncate(MAX_TERMS);
    Ok(terms)
}
