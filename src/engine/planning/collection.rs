//! What a plan asks of the articles at hand.

use super::plan::WordForms;
use super::synonyms::SynonymIndex;
use crate::engine::filters::Filters;
use crate::engine::ranking::LanguageStats;

/// What a plan needs to know of the articles.
pub trait Collection {
    /// What can go wrong in looking a term up.
    type Error;
    /// The language groups there are, in a fixed order.
    fn languages(&self) -> &[LanguageStats];
    /// How many articles hold a stem in some zone, at least (the zone with the most counts).
    fn stem_doc_freq(&self, stem: &str) -> Result<u64, Self::Error>;
    /// The folded words within so many edits of one (a transposition is one), with how many
    /// articles hold each, in the order of the words.
    fn fuzzy_terms(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, Self::Error>;
    /// How many articles hold a folded word.
    fn doc_freq(&self, folded: &str) -> Result<u64, Self::Error>;
    /// How many articles hold each of two folded words.
    fn co_doc_freq(&self, one: &str, other: &str) -> Result<u64, Self::Error>;
    /// Whether words stand one after the other in some zone of an article.
    fn has_in_a_row(&self, sequence: &[WordForms]) -> Result<bool, Self::Error>;
    /// How the site writes a folded word: with its accents, and in capitals where it has them
    /// within sentences. `None` where no article holds it that readers may see at a time (Unix).
    fn written(&self, folded: &str, now_s: i64) -> Result<Option<String>, Self::Error>;
    /// The folded words that begin with a text: of those that most articles hold, so many.
    fn prefix_terms(&self, prefix: &str, most: usize) -> Result<Begun, Self::Error>;
    /// What stands for what.
    fn synonyms(&self) -> &SynonymIndex;
    /// Whether anything could pass filters; `false` only where a facet asked for has none of the
    /// values, told without going through the articles.
    fn could_pass(&self, _: &Filters) -> bool {
        true
    }
}

/// Words that begin alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Begun {
    /// The words that most articles hold, with how many do: the most held first, else in the order
    /// of the words.
    pub words: Vec<(String, u64)>,
    /// How many words there are; of very many, at least.
    pub count: usize,
}

impl Begun {
    /// The best of all words that begin alike.
    pub fn best_of(mut words: Vec<(String, u64)>, most: usize) -> Begun {
        let count = words.len();
        words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        words.truncate(most);
        Begun { words, count }
    }
}
