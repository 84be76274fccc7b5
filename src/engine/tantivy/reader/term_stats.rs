//! Term statistics of a snapshot: document frequencies, similar terms, and terms with a common
//! prefix.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io;

use tantivy::postings::TermInfo;
use tantivy::query::FuzzyTermQuery;
use tantivy::schema::IndexRecordOption;
use tantivy::termdict::TermDictionary;
use tantivy::{DocSet, TERMINATED, Term};

use super::phrase_match::sequence_counts;
use super::prefix_terms::{SPARE, TermsUnderPrefix};
use super::segment::index_error;
use super::snapshot::Snapshot;
use super::surface_form::written;
use crate::analysis::{ByZone, Zone};
use crate::engine::EngineError;
use crate::engine::filters::{Facet, Filters};
use crate::engine::planning::synonyms::SynonymIndex;
use crate::engine::planning::{Collection, PrefixMatches, WordForms};
use crate::engine::ranking::LanguageStats;

impl Collection for Snapshot {
    type Error = EngineError;

    fn languages(&self) -> &[LanguageStats] {
        &self.languages
    }

    fn stem_doc_freq(&self, stem: &str) -> Result<u64, EngineError> {
        let mut sums = ByZone::<u64>::default();
        for segment in &self.segments {
            for ((sum, zone), fields) in sums.iter_mut().zip(&segment.zones).zip(&self.fields.zones) {
                let term = Term::from_field_text(fields.stems, stem);
                let found = segment.doc_freq_of(&zone.stems, zone.stems.get_term_info(&term));
                *sum += u64::from(found.map_err(index_error)?);
            }
        }
        Ok(sums.into_iter().max().unwrap_or(0))
    }

    fn fuzzy_terms(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, EngineError> {
        let term = Term::from_field_text(self.fields.vocabulary, folded);
        let automaton = FuzzyTermQuery::new(term, max_edits, true).automaton().map_err(index_error)?;
        self.words_of(|terms, take| {
            let mut words = terms.search(&automaton).into_stream()?;
            while let Some((word, term)) = words.next() {
                take(word, term)?;
            }
            Ok(())
        })
    }

    fn doc_freq(&self, folded: &str) -> Result<u64, EngineError> {
        let term = Term::from_field_text(self.fields.vocabulary, folded);
        let mut sum = 0;
        for segment in &self.segments {
            let found = segment.doc_freq_of(&segment.vocabulary, segment.vocabulary.get_term_info(&term));
            sum += u64::from(found.map_err(index_error)?);
        }
        Ok(sum)
    }

    fn co_doc_freq(&self, one: &str, other: &str) -> Result<u64, EngineError> {
        let mut doc_freq = 0;
        for segment in &self.segments {
            let list = |word: &str| {
                let term = Term::from_field_text(self.fields.vocabulary, word);
                segment.vocabulary.read_postings(&term, IndexRecordOption::Basic).map_err(index_error)
            };
            let (Some(mut one), Some(mut other)) = (list(one)?, list(other)?) else { continue };
            let mut doc = one.doc();
            while doc != TERMINATED {
                let met = if other.doc() < doc { other.seek(doc) } else { other.doc() };
                if met == doc {
                    doc_freq += u64::from(segment.is_counted(doc));
                    doc = one.advance();
                } else {
                    doc = if met == TERMINATED { TERMINATED } else { one.seek(met) };
                }
            }
        }
        Ok(doc_freq)
    }

    fn has_sequence(&self, sequence: &[WordForms]) -> Result<bool, EngineError> {
        for segment in &self.segments {
            for zone in Zone::ALL {
                let mut docs = sequence_counts(self, segment, sequence, zone)?.into_keys();
                if docs.any(|doc| segment.is_counted(doc)) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn surface_form(&self, folded: &str, now_s: i64) -> Result<Option<String>, EngineError> {
        written(self, folded, now_s)
    }

    fn prefix_terms(&self, prefix: &str, most: usize) -> Result<PrefixMatches, EngineError> {
        if self.segments.iter().any(|segment| segment.beginnings.under(prefix).is_some()) {
            return frequent_prefix_terms(self, prefix, most);
        }
        // The largest character, to end the range after all words with the prefix.
        let end = format!("{prefix}{}", char::MAX);
        let words = self.words_of(|terms, take| {
            let mut words = terms.range().ge(prefix).lt(&end).into_stream()?;
            while let Some((word, term)) = words.next() {
                take(word, term)?;
            }
            Ok(())
        });
        Ok(PrefixMatches::best_of(words?, most))
    }

    fn synonyms(&self) -> &SynonymIndex {
        &self.synonyms
    }

    fn could_pass(&self, filters: &Filters) -> bool {
        let has_value = |facet| self.values.meant(facet, filters).is_none_or(|meant| meant.contains(&true));
        Facet::ALL.into_iter().all(has_value)
    }
}

impl Snapshot {
    /// Words of the vocabulary with their document frequencies over all segments. `walk` selects
    /// words of one segment.
    fn words_of(
        &self,
        walk: impl Fn(&TermDictionary, &mut dyn FnMut(&[u8], &TermInfo) -> io::Result<()>) -> io::Result<()>,
    ) -> Result<Vec<(String, u64)>, EngineError> {
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for segment in &self.segments {
            let mut take = |word: &[u8], term: &TermInfo| {
                let doc_freq = segment.doc_freq(&segment.vocabulary, term)?;
                if doc_freq > 0 {
                    *found.entry(String::from_utf8_lossy(word).into_owned()).or_insert(0) += u64::from(doc_freq);
                }
                Ok(())
            };
            walk(segment.vocabulary.terms(), &mut take).map_err(index_error)?;
        }
        Ok(found.into_iter().collect())
    }
}

/// The most frequent of very many words with a prefix. The most frequent words of each segment are
/// collected and then counted over all segments.
pub(crate) fn frequent_prefix_terms(
    snapshot: &Snapshot,
    prefix: &str,
    most: usize,
) -> Result<PrefixMatches, EngineError> {
    let end = format!("{prefix}{}", char::MAX);
    let mut found: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    let mut most_in_one = 0;
    for segment in &snapshot.segments {
        let terms = segment.vocabulary.terms();
        if let Some(TermsUnderPrefix { words, best }) = segment.beginnings.under(prefix) {
            most_in_one = most_in_one.max(*words);
            for (articles, ordinal) in best.iter().take(most + most / 4 + SPARE) {
                let mut word = Vec::new();
                if terms.ord_to_term(*ordinal, &mut word).map_err(index_error)? {
                    *found.entry(word).or_insert(0) += u64::from(*articles);
                }
            }
        } else {
            let mut words = terms.range().ge(prefix).lt(&end).into_stream().map_err(index_error)?;
            while let Some((word, info)) = words.next() {
                let articles = segment.doc_freq(&segment.vocabulary, info).map_err(index_error)?;
                if articles > 0 {
                    *found.entry(word.to_vec()).or_insert(0) += u64::from(articles);
                }
            }
        }
    }
    let count = most_in_one.max(found.len());
    let mut found: Vec<(Vec<u8>, u64)> = found.into_iter().collect();
    // A stable sort: ties stay in word order.
    found.sort_by_key(|(_, articles)| Reverse(*articles));
    let mut words = Vec::with_capacity(most);
    for (word, _) in found {
        if words.len() == most {
            break;
        }
        let word = String::from_utf8_lossy(&word).into_owned();
        let articles = snapshot.doc_freq(&word)?;
        if articles > 0 {
            words.push((word, articles));
        }
    }
    Ok(PrefixMatches { count, ..PrefixMatches::best_of(words, most) })
}
