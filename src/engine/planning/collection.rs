//! The term statistics that planning uses; each engine provides them.

use super::plan::WordForms;
use super::synonyms::SynonymIndex;
use crate::engine::filters::Filters;
use crate::engine::ranking::LanguageStats;

/// The statistics of an engine's articles.
pub trait Collection {
    /// The error of a lookup.
    type Error;
    /// The language groups, in a fixed order.
    fn languages(&self) -> &[LanguageStats];
    /// The document frequency of a stem in the zone where it is highest: a lower bound of the
    /// total.
    fn stem_doc_freq(&self, stem: &str) -> Result<u64, Self::Error>;
    /// The folded words within `max_edits` edits of `folded` (a transposition is one edit), each
    /// with its document frequency, in word order.
    fn fuzzy_terms(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, Self::Error>;
    /// The document frequency of a folded word.
    fn doc_freq(&self, folded: &str) -> Result<u64, Self::Error>;
    /// The number of articles that contain both folded words.
    fn co_doc_freq(&self, one: &str, other: &str) -> Result<u64, Self::Error>;
    /// Whether any article contains these words as a phrase within one zone.
    fn has_sequence(&self, sequence: &[WordForms]) -> Result<bool, Self::Error>;
    /// The surface form of a folded word: with its accents, and with capitals if it has them within
    /// sentences. `None` if no article that contains it is visible at `now_s` (Unix seconds).
    fn surface_form(&self, folded: &str, now_s: i64) -> Result<Option<String>, Self::Error>;
    /// The folded words with a prefix, at most `most`: those with the highest document frequencies.
    fn prefix_terms(&self, prefix: &str, most: usize) -> Result<PrefixMatches, Self::Error>;
    /// The synonyms of the site.
    fn synonyms(&self) -> &SynonymIndex;
    /// Whether any article could pass the filters. `false` is certain: a facet has none of the
    /// requested values. It never iterates over the articles.
    fn could_pass(&self, _: &Filters) -> bool {
        true
    }
}

/// Words with a common prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PrefixMatches {
    /// The words with the highest document frequencies, each with its frequency, highest first;
    /// ties in word order.
    pub words: Vec<(String, u64)>,
    /// The number of words with the prefix; a lower bound if there are very many.
    pub count: usize,
}

impl PrefixMatches {
    /// The most frequent of all words with a common prefix.
    pub fn best_of(mut words: Vec<(String, u64)>, most: usize) -> PrefixMatches {
        let count = words.len();
        words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        words.truncate(most);
        PrefixMatches { words, count }
    }
}
