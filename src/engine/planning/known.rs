//! Caches the lookups of a collection while one search is planned. A relaxed search is planned
//! again with mostly the same lookups, so each walk through the vocabulary is done once.

use std::cell::RefCell;
use std::collections::HashMap;

use super::collection::{Begun, Collection};
use super::plan::WordForms;
use super::synonyms::SynonymIndex;
use crate::engine::filters::Filters;
use crate::engine::ranking::LanguageStats;

/// Words with their document frequencies.
type Counted = Vec<(String, u64)>;

/// A collection of one state of the articles, with a cache of its lookups.
pub(crate) struct Known<'c, C> {
    collection: &'c C,
    stem_doc_freqs: RefCell<HashMap<String, u64>>,
    doc_freqs: RefCell<HashMap<String, u64>>,
    fuzzy: RefCell<HashMap<(String, u8), Counted>>,
    together: RefCell<HashMap<(String, String), u64>>,
    written: RefCell<HashMap<(String, i64), Option<String>>>,
    begun: RefCell<HashMap<(String, usize), Begun>>,
    in_a_row: RefCell<Vec<(Vec<WordForms>, bool)>>,
}

impl<'c, C> Known<'c, C> {
    pub(crate) fn new(collection: &'c C) -> Known<'c, C> {
        Known {
            collection,
            stem_doc_freqs: RefCell::default(),
            doc_freqs: RefCell::default(),
            fuzzy: RefCell::default(),
            together: RefCell::default(),
            written: RefCell::default(),
            begun: RefCell::default(),
            in_a_row: RefCell::default(),
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

impl<C: Collection> Collection for Known<'_, C> {
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
        known(&self.together, (one.to_owned(), other.to_owned()), || self.collection.co_doc_freq(one, other))
    }

    fn has_in_a_row(&self, sequence: &[WordForms]) -> Result<bool, C::Error> {
        if let Some((_, known)) = self.in_a_row.borrow().iter().find(|(known, _)| known == sequence) {
            return Ok(*known);
        }
        let found = self.collection.has_in_a_row(sequence)?;
        self.in_a_row.borrow_mut().push((sequence.to_vec(), found));
        Ok(found)
    }

    fn written(&self, folded: &str, now_s: i64) -> Result<Option<String>, C::Error> {
        known(&self.written, (folded.to_owned(), now_s), || self.collection.written(folded, now_s))
    }

    fn prefix_terms(&self, prefix: &str, most: usize) -> Result<Begun, C::Error> {
        known(&self.begun, (prefix.to_owned(), most), || self.collection.prefix_terms(prefix, most))
    }

    fn synonyms(&self) -> &SynonymIndex {
        self.collection.synonyms()
    }

    fn could_pass(&self, filters: &Filters) -> bool {
        self.collection.could_pass(filters)
    }
}
