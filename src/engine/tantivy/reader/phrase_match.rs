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
use crate::engine::planning::{PlannedPhrase, WordForms};
use crate::engine::ranking::PhraseMatch;

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

/// How the whole query stands as a phrase in those of some articles (in order) that contain it.
pub(crate) fn phrase_matches(
    snapshot: &Snapshot,
    segment: &Segment,
    phrase: &PlannedPhrase,
    docs: &[DocId],
) -> Result<BTreeMap<DocId, PhraseMatch>, EngineError> {
    let mut found: BTreeMap<DocId, PhraseMatch> = BTreeMap::new();
    let in_titles = sequence_starts(snapshot, segment, &phrase.telling, Zone::Title, docs)?;
    for zone in Zone::ALL.into_iter().filter(|_| !phrase.sequence.is_empty()) {
        if zone == Zone::Title && phrase.sequence == phrase.telling {
            found.extend(in_titles.keys().map(|doc| (*doc, PhraseMatch::Within)));
        } else {
            let held = phrase.held_in(zone);
            for doc in sequence_starts(snapshot, segment, &phrase.sequence, zone, docs)?.into_keys() {
                let known = found.entry(doc).or_insert(held);
                *known = (*known).max(held);
            }
        }
    }
    let lengths = &segment.zones[Zone::Title].length;
    for (doc, starts) in in_titles {
        let first = starts.first().copied().unwrap_or(u32::MAX);
        if let Some(title) = phrase.is_title(first, lengths.get_val(doc) as u32) {
            let known = found.entry(doc).or_insert(title);
            *known = (*known).max(title);
        }
    }
    Ok(found)
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
    let mut words: Vec<(u32, Vec<SegmentPostings>)> = Vec::with_capacity(sequence.len());
    for (offset, forms) in (0u32..).zip(sequence).filter(|(_, forms)| !forms.is_any()) {
        words.push((offset, form_postings(snapshot, segment, forms, zone)?));
    }
    // The rarest word first, so that most articles are left after one look.
    words.sort_by_key(|(_, lists)| lists.iter().map(|list| u64::from(list.doc_freq())).sum::<u64>());
    let mut found: BTreeMap<DocId, Vec<u32>> = BTreeMap::new();
    let (mut starts, mut positions, mut buffer) = (Vec::new(), Vec::new(), Vec::new());
    let mut steps = Steps::default();
    for doc in docs {
        steps.step()?;
        // Positions are read only where all words stand in the zone.
        if !words.iter_mut().all(|(_, lists)| is_in_any(lists, *doc)) {
            continue;
        }
        starts.clear();
        for (place, (offset, lists)) in words.iter_mut().enumerate() {
            positions.clear();
            for list in lists.iter_mut().filter(|list| list.doc() == *doc) {
                list.positions(&mut buffer);
                add_positions(&mut positions, &buffer);
            }
            match place {
                0 => starts.extend(positions.iter().filter_map(|position| position.checked_sub(*offset))),
                _ => starts.retain(|start: &u32| positions.binary_search(&(start + *offset)).is_ok()),
            }
            if starts.is_empty() {
                break;
            }
        }
        if !starts.is_empty() {
            found.insert(*doc, starts.clone());
        }
    }
    Ok(found)
}

/// Advances posting lists to an article; whether any of them has it.
fn is_in_any(lists: &mut [SegmentPostings], doc: DocId) -> bool {
    let mut is_in = false;
    for list in lists {
        if list.doc() < doc {
            list.seek(doc);
        }
        is_in |= list.doc() == doc;
    }
    is_in
}
