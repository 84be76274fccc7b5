//! The statistics of terms that a plan is made from; each engine provides them.

use super::plan::WordForms;
use super::synonyms::SynonymIndex;
use crate::engine::filters::Filters;
use crate::engine::ranking::LanguageStats;

/// The articles that an engine searches, as far as planning needs to know them.
pub trait Collection {
    /// What a lookup can fail with.
    type Error;
    /// The language groups there are, in a fixed order.
    fn languages(&self) -> &[LanguageStats];
    /// The document frequency of a stem: that of the zone which has most, so that it is a lower bound.
    fn stem_doc_freq(&self, stem: &str) -> Result<u64, Self::Error>;
    /// The folded words within so many edits of one (a transposition is one edit), each with its
    /// document frequency, in the order of the words.
    fn fuzzy_terms(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, Self::Error>;
    /// The document frequency of a folded word.
    fn doc_freq(&self, folded: &str) -> Result<u64, Self::Error>;
    /// How many articles hold both of two folded words.
    fn co_doc_freq(&self, one: &str, other: &str) -> Result<u64, Self::Error>;
    /// Whether some article has these words as a phrase, within one zone.
    fn has_in_a_row(&self, sequence: &[WordForms]) -> Result<bool, Self::Error>;
    /// The surface form of a folded word: with its accents, and with capitals if it has them within
    /// sentences. `None` if no article holds it that is visible at a time (Unix).
    fn written(&self, folded: &str, now_s: i64) -> Result<Option<String>, Self::Error>;
    /// The folded words that begin with a prefix, at most so many: those with the highest document
    /// frequencies.
    fn prefix_terms(&self, prefix: &str, most: usize) -> Result<Begun, Self::Error>;
    /// The synonyms of the site.
    fn synonyms(&self) -> &SynonymIndex;
    /// Whether any article could pass the filters. `false` is certain: a facet has none of the values
    /// asked for. It never goes through the articles.
    fn could_pass(&self, _: &Filters) -> bool {
        true
    }
}

/// Words with a common prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Begun {
    /// The words with the highest document frequencies, each with its own: the highest first, equal
    /// ones in the order of the words.
    pub words: Vec<(String, u64)>,
    /// How many words have the prefix; a lower bound if there are very many.
    pub count: usize,
}

impl Begun {
    /// The most frequent of all words with a common prefix.
    pub fn best_of(mut words: Vec<(String, u64)>, most: usize) -> Begun {
        let count = words.len();
        words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        words.truncate(most);
        Begun { words, count }
    }
}
