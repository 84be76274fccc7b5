//! Finds phrases in a segment's articles.

use std::collections::BTreeMap;

use tantivy::postings::{Postings, SegmentPostings};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED};

use super::segment::Segment;
use super::snapshot::Snapshot;
use crate::analysis::Zone;
use crate::engine::EngineError;
use crate::engine::cancellation::Steps;
use crate::engine::planning::WordForms;

/// The postings of all token variants of a word in a zone, with positions.
pub(crate) fn form_postings(
    snapshot: &Snapshot,
    segment: &Segment,
    forms: &WordForms,
    zone: Zone,
) -> Result<Vec<SegmentPostings>, EngineError> {
    let option = IndexRecordOption::WithFreqsAndPositions;
    let mut lists = Vec::new();
    for stem in forms.stems.iter().flatten() {
        lists.extend(segment.stem_postings(&snapshot.fields, zone, stem, option)?);
    }
    for word in forms.folded.iter().chain(&forms.inflected) {
        lists.extend(segment.word_postings(&snapshot.fields, zone, word, option)?);
    }
    Ok(lists)
}

/// Merges sorted positions without duplicates. Usually both are equal: those of a word and of its
/// stem.
pub(crate) fn add_positions(known: &mut Vec<u32>, positions: &[u32]) {
    if known.is_empty() {
        known.extend_from_slice(positions);
    } else if known != positions {
        known.extend_from_slice(positions);
        known.sort(); // merges the two
        known.dedup();
    }
}

/// The frequency of a phrase in a zone, for each article that contains it.
pub(crate) fn sequence_counts(
    snapshot: &Snapshot,
    segment: &Segment,
    sequence: &[WordForms],
    zone: Zone,
) -> Result<BTreeMap<DocId, usize>, EngineError> {
    sequence_counts_of(snapshot, segment, sequence, zone, &docs_with_all(snapshot, segment, sequence, zone)?)
}

/// The same for some articles only, in order.
pub(crate) fn sequence_counts_of(
    snapshot: &Snapshot,
    segment: &Segment,
    sequence: &[WordForms],
    zone: Zone,
    docs: &[DocId],
) -> Result<BTreeMap<DocId, usize>, EngineError> {
    let starts = sequence_starts(snapshot, segment, sequence, zone, docs)?;
    Ok(starts.into_iter().map(|(doc, starts)| (doc, starts.len())).collect())
}

/// The articles that contain all words of a sequence in a zone, in order: positions are read only
/// for these.
fn docs_with_all(
    snapshot: &Snapshot,
    segment: &Segment,
    sequence: &[WordForms],
    zone: Zone,
) -> Result<Vec<DocId>, EngineError> {
    let mut steps = Steps::default();
    let mut common: Option<Vec<DocId>> = None;
    for forms in sequence {
        let mut docs: Vec<DocId> = Vec::new();
        for mut list in form_postings(snapshot, segment, forms, zone)? {
            match &common {
                None => {
                    while list.doc() != TERMINATED {
                        docs.push(list.doc());
                        list.advance();
                        steps.step()?;
                    }
                }
                Some(common) => {
                    for doc in common {
                        if list.doc() < *doc {
                            list.seek(*doc);
                        }
                        if list.doc() == *doc {
                            docs.push(*doc);
                        }
                        steps.step()?;
                    }
                }
            }
        }
        docs.sort_unstable();
        docs.dedup();
        if docs.is_empty() {
            return Ok(docs);
        }
        common = Some(docs);
    }
    Ok(common.unwrap_or_default())
}

/// The sorted start positions of a phrase in a zone, for each of some articles (in order) that
/// contains it.
pub(crate) fn sequence_starts(
    snapshot: &Snapshot,
    segment: &Segment,
    sequence: &[WordForms],
    zone: Zone,
    docs: &[DocId],
) -> Result<BTreeMap<DocId, Vec<u32>>, EngineError> {
    // For every article, the start positions of the words so far.
    let mut begins: BTreeMap<DocId, Vec<u32>> = BTreeMap::new();
    let mut buffer = Vec::new();
    let mut steps = Steps::default();
    for (offset, forms) in (0u32..).zip(sequence) {
        let mut next: BTreeMap<DocId, Vec<u32>> = BTreeMap::new();
        for mut list in form_postings(snapshot, segment, forms, zone)? {
            let mut take = |list: &mut SegmentPostings| {
                if offset == 0 {
                    list.positions(&mut buffer);
                    add_positions(next.entry(list.doc()).or_default(), &buffer);
                } else if let Some(known) = begins.get(&list.doc()) {
                    list.positions(&mut buffer);
                    let goes_on = |start: &u32| buffer.binary_search(&start.saturating_add(offset)).is_ok();
                    let starts: Vec<u32> = known.iter().copied().filter(goes_on).collect();
                    add_positions(next.entry(list.doc()).or_default(), &starts);
                }
            };
            for doc in docs {
                steps.step()?;
                if list.doc() < *doc {
                    list.seek(*doc);
                }
                if list.doc() == *doc {
                    take(&mut list);
                }
            }
        }
        next.retain(|_, starts| !starts.is_empty());
        begins = next;
    }
    Ok(begins)
}
