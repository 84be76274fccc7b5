//! How well every article of a segment holds a list of weighted words, word by word.

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED, Term};

use super::schema::Fields;
use super::snapshot::{Segment, index_error};
use crate::analysis::Zone;
use crate::engine::EngineError;
use crate::engine::ranking::{self, LanguageStats};

/// What an article holds of the words added so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Held {
    /// The sum of the words' scores.
    pub(super) score: f32,
    /// The weight of the words it holds.
    pub(super) weight: f32,
    /// How many words it holds.
    pub(super) words: u32,
}

/// Sums up, for the articles of one segment, what they hold. Its memory is one slot an article
/// of the segment; only the slots of articles that hold a word are touched.
pub(super) struct Accumulator<'s> {
    segment: &'s Segment,
    fields: &'s Fields,
    languages: &'s [LanguageStats],
    /// What each article's zones are worth for the present word.
    zones: Vec<f32>,
    /// The articles that hold the present word.
    holders: Vec<DocId>,
    held: Vec<Held>,
    touched: Vec<DocId>,
}

impl<'s> Accumulator<'s> {
    pub(super) fn new(segment: &'s Segment, fields: &'s Fields, languages: &'s [LanguageStats]) -> Accumulator<'s> {
        let slots = segment.reader.max_doc() as usize;
        Accumulator {
            segment,
            fields,
            languages,
            zones: vec![0.0; slots],
            holders: Vec::new(),
            held: vec![Held::default(); slots],
            touched: Vec::new(),
        }
    }

    /// Adds a word: `stems[g]` stand for it in language group `g`.
    pub(super) fn add(&mut self, stems: &[Vec<String>], weight: f32) -> Result<(), EngineError> {
        for zone in Zone::ALL {
            for (group, stems) in stems.iter().enumerate() {
                let Some(language) = self.languages.get(group) else { continue };
                let mean = language.mean_words(zone);
                let mut lists = Vec::with_capacity(stems.len());
                for stem in stems {
                    lists.extend(self.postings(zone, stem)?);
                }
                match lists.as_mut_slice() {
                    [] => {}
                    [list] => {
                        while list.doc() != TERMINATED {
                            self.count(zone, list.doc(), list.term_freq(), mean);
                            list.advance();
                        }
                    }
                    lists => self.count_merged(zone, lists, mean),
                }
            }
        }
        for doc in self.holders.drain(..) {
            let zones = std::mem::take(&mut self.zones[doc as usize]);
            let held = &mut self.held[doc as usize];
            if held.words == 0 {
                self.touched.push(doc);
            }
            held.words += 1;
            held.weight += weight;
            held.score += weight * zones;
        }
        Ok(())
    }

    /// The articles that hold a word, with what they hold. Deleted ones may be among them.
    pub(super) fn held(&self) -> impl Iterator<Item = (DocId, Held)> + '_ {
        self.touched.iter().map(|doc| (*doc, self.held[*doc as usize]))
    }

    fn postings(&self, zone: Zone, stem: &str) -> Result<Option<SegmentPostings>, EngineError> {
        let term = Term::from_field_text(self.fields.zones[zone.ordinal()].stems, stem);
        let inverted = &self.segment.zones[zone.ordinal()].stems;
        inverted.read_postings(&term, IndexRecordOption::WithFreqs).map_err(index_error)
    }

    /// Two stems of a word mostly stand at the same places: the one that stands more often counts.
    fn count_merged(&mut self, zone: Zone, lists: &mut [SegmentPostings], mean: f32) {
        loop {
            let doc = lists.iter().map(SegmentPostings::doc).min().unwrap_or(TERMINATED);
            if doc == TERMINATED {
                return;
            }
            let mut count = 0;
            for list in lists.iter_mut().filter(|list| list.doc() == doc) {
                count = count.max(list.term_freq());
                list.advance();
            }
            self.count(zone, doc, count, mean);
        }
    }

    fn count(&mut self, zone: Zone, doc: DocId, count: u32, mean: f32) {
        let length = self.segment.zones[zone.ordinal()].length.get_val(doc) as u32;
        let zones = &mut self.zones[doc as usize];
        if *zones == 0.0 {
            self.holders.push(doc);
        }
        *zones += ranking::zone_score(zone, count, length, mean);
    }
}
