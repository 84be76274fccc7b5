//! The evidence about the articles of a page, for their explanations. The postings of each word are
//! read once for all of them.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet};

use crate::analysis::Zone;
use crate::engine::EngineError;
use crate::engine::cancellation::checkpoint;
use crate::engine::explain::{Evidence, Occurrences};
use crate::engine::planning::{PlannedPhrase, Variant};
use crate::engine::ranking::PhraseMatch;
use crate::engine::tantivy::reader::phrase_match::{phrase_matches, sequence_counts_of};
use crate::engine::tantivy::reader::segment::{DocAddress, Segment};
use crate::engine::tantivy::reader::snapshot::Snapshot;

/// The memory address of a variant, which identifies it within its plan; the plan outlives this.
type VariantAt = usize;
/// For each of some articles, how often a variant occurs in a zone.
type OccurrencesByDoc = FxHashMap<DocId, Occurrences>;

/// The articles of a page.
pub(crate) struct PageEvidence<'s> {
    snapshot: &'s Snapshot,
    /// For every segment, the articles, in order.
    docs: Vec<Vec<DocId>>,
    counted: RefCell<FxHashMap<(VariantAt, Zone, usize), OccurrencesByDoc>>,
}

impl<'s> PageEvidence<'s> {
    pub(crate) fn new(snapshot: &'s Snapshot, places: &[DocAddress]) -> PageEvidence<'s> {
        let mut docs = vec![Vec::new(); snapshot.segments.len()];
        for place in places {
            if let Some(docs) = docs.get_mut(place.segment) {
                docs.push(place.doc);
            }
        }
        docs.iter_mut().for_each(|docs| docs.sort_unstable());
        PageEvidence { snapshot, docs, counted: RefCell::default() }
    }

    /// The evidence about one of the articles; `segment` is its segment.
    pub(crate) fn of<'p>(&'p self, segment: &'s Segment, place: DocAddress) -> ArticleEvidence<'p, 's> {
        ArticleEvidence { page: self, segment, place }
    }

    fn count(
        &self,
        segment: &Segment,
        ordinal: usize,
        variant: &Variant,
        zone: Zone,
    ) -> Result<OccurrencesByDoc, EngineError> {
        checkpoint()?;
        let (snapshot, docs) = (self.snapshot, self.docs.get(ordinal).map(Vec::as_slice).unwrap_or_default());
        let mut counts = OccurrencesByDoc::default();
        let [forms] = variant.sequence.as_slice() else {
            for (doc, count) in sequence_counts_of(snapshot, segment, &variant.sequence, zone, docs)? {
                counts.entry(doc).or_default().stems = count as u32;
            }
            return Ok(counts);
        };
        let option = IndexRecordOption::WithFreqs;
        for stem in forms.stems.iter().flatten() {
            each(segment.stem_postings(&snapshot.fields, zone, stem, option)?, docs, |doc, count| {
                let stems = &mut counts.entry(doc).or_default().stems;
                *stems = count.max(*stems);
            });
        }
        for word in &forms.inflected {
            let list = segment.word_postings(&snapshot.fields, zone, word, option)?;
            each(list, docs, |doc, count| {
                let found = counts.entry(doc).or_default();
                found.stems = count.max(found.stems);
                found.inflected = count.max(found.inflected);
            });
        }
        for word in &forms.folded {
            let list = segment.word_postings(&snapshot.fields, zone, word, option)?;
            each(list, docs, |doc, count| counts.entry(doc).or_default().folded += count);
        }
        if let Some(word) = &forms.typed {
            let list = segment.word_postings(&snapshot.fields, zone, word, option)?;
            each(list, docs, |doc, count| counts.entry(doc).or_default().typed = count);
        }
        Ok(counts)
    }
}

/// Calls `take` for those of some sorted articles that are in a postings list.
fn each(list: Option<SegmentPostings>, docs: &[DocId], mut take: impl FnMut(DocId, u32)) {
    let Some(mut list) = list else { return };
    for doc in docs {
        if list.doc() < *doc {
            list.seek(*doc);
        }
        if list.doc() == *doc {
            take(*doc, list.term_freq());
        }
    }
}

/// One article of a page.
pub(crate) struct ArticleEvidence<'p, 's> {
    page: &'p PageEvidence<'s>,
    segment: &'s Segment,
    place: DocAddress,
}

impl Evidence for ArticleEvidence<'_, '_> {
    type Error = EngineError;

    fn occurrences(&self, variant: &Variant, zone: Zone) -> Result<Occurrences, EngineError> {
        let DocAddress { segment, doc } = self.place;
        let key = (std::ptr::from_ref(variant).addr(), zone, segment);
        if let Some(counts) = self.page.counted.borrow().get(&key) {
            return Ok(counts.get(&doc).copied().unwrap_or_default());
        }
        let counts = self.page.count(self.segment, segment, variant, zone)?;
        let found = counts.get(&doc).copied().unwrap_or_default();
        self.page.counted.borrow_mut().insert(key, counts);
        Ok(found)
    }

    fn phrase(&self, phrase: &PlannedPhrase) -> Result<Option<PhraseMatch>, EngineError> {
        let doc = self.place.doc;
        Ok(phrase_matches(self.page.snapshot, self.segment, phrase, &[doc])?.remove(&doc))
    }

    fn length(&self, zone: Zone) -> u32 {
        self.segment.zones[zone].length.get_val(self.place.doc) as u32
    }

    fn mean_length(&self, zone: Zone) -> f32 {
        let language = self.page.snapshot.languages.get(self.segment.lang_of(self.place.doc).1);
        language.map_or(1.0, |language| language.mean_words(zone))
    }
}
