//! Caches the lookups of a collection while one search is planned. A relaxed search is planned
//! again with mostly the same lookups, so each walk through the vocabulary is done once.

use std::cell::RefCell;
use std::collections::HashMap;

use super::collection::{Collection, PrefixMatches};
use super::plan::WordForms;
use super::synonyms::SynonymIndex;
use crate::engine::filters::Filters;
use crate::engine::ranking::LanguageStats;

/// Words with their document frequencies.
type Counted = Vec<(String, u64)>;

/// A collection of one state of the articles, with a cache of its lookups.
pub(crate) struct CachedCollection<'c, C> {
    collection: &'c C,
    stem_doc_freqs: RefCell<HashMap<String, u64>>,
    doc_freqs: RefCell<HashMap<String, u64>>,
    fuzzy: RefCell<HashMap<(String, u8), Counted>>,
    co_doc_freqs: RefCell<HashMap<(String, String), u64>>,
    surface_forms: RefCell<HashMap<(String, i64), Option<String>>>,
    prefixes: RefCell<HashMap<(String, usize), PrefixMatches>>,
    sequences: RefCell<Vec<(Vec<WordForms>, bool)>>,
}

impl<'c, C> CachedCollection<'c, C> {
    pub(crate) fn new(collection: &'c C) -> CachedCollection<'c, C> {
        CachedCollection {
            collection,
            stem_doc_freqs: RefCell::default(),
            doc_freqs: RefCell::default(),
            fuzzy: RefCell::default(),
            co_doc_freqs: RefCell::default(),
            surface_forms: RefCell::default(),
            prefixes: RefCell::default(),
            sequences: RefCell::default(),
        }
    }
}

/// The cached value of a key, or a new lookup.
fn known<K: std::hash::Hash + Eq, V: Clone, E>(
    of: &RefCell<HashMap<K, V>>,
    key: K,
    find: impl FnOnce() -> Result<V, E>,
) -> Result<V, E> {
    if let Some(known) = of.borrow().get(&key) {
        return Ok(known.clone());
    }
    let found = find()?;
    of.borrow_mut().insert(key, found.clone());
    Ok(found)
}

impl<C: Collection> Collection for CachedCollection<'_, C> {
    type Error = C::Error;

    fn languages(&self) -> &[LanguageStats] {
        self.collection.languages()
    }

    fn stem_doc_freq(&self, stem: &str) -> Result<u64, C::Error> {
        known(&self.stem_doc_freqs, stem.to_owned(), || self.collection.stem_doc_freq(stem))
    }

    fn fuzzy_terms(&self, folded: &str, max_edits: u8) -> Result<Counted, C::Error> {
        known(&self.fuzzy, (folded.to_owned(), max_edits), || self.collection.fuzzy_terms(folded, max_edits))
    }

    fn doc_freq(&self, folded: &str) -> Result<u64, C::Error> {
        known(&self.doc_freqs, folded.to_owned(), || self.collection.doc_freq(folded))
    }

    fn co_doc_freq(&self, one: &str, other: &str) -> Result<u64, C::Error> {
        known(&self.co_doc_freqs, (one.to_owned(), other.to_owned()), || self.collection.co_doc_freq(one, other))
    }

    fn has_sequence(&self, sequence: &[WordForms]) -> Result<bool, C::Error> {
        if let Some((_, known)) = self.sequences.borrow().iter().find(|(known, _)| known == sequence) {
            return Ok(*known);
        }
        let found = self.collection.has_sequence(sequence)?;
        self.sequences.borrow_mut().push((sequence.to_vec(), found));
        Ok(found)
    }

    fn surface_form(&self, folded: &str, now_s: i64) -> Result<Option<String>, C::Error> {
        known(&self.surface_forms, (folded.to_owned(), now_s), || self.collection.surface_form(folded, now_s))
    }

    fn prefix_terms(&self, prefix: &str, most: usize) -> Result<PrefixMatches, C::Error> {
        known(&self.prefixes, (prefix.to_owned(), most), || self.collection.prefix_terms(prefix, most))
    }

    fn synonyms(&self) -> &SynonymIndex {
        self.collection.synonyms()
    }

    fn could_pass(&self, filters: &Filters) -> bool {
        self.collection.could_pass(filters)
    }
}
