//! Proximity of the query's words in the best works.

use tantivy::postings::Postings;
use tantivy::{DocSet, TERMINATED};

use crate::analysis::Zone;
use crate::engine::EngineError;
use crate::engine::cancellation::checkpoint;
use crate::engine::planning::{Plan, PlannedWord};
use crate::engine::ranking::{pair_frequency, pair_score, pair_zones};
use crate::engine::tantivy::reader::phrase_match::{add_positions, form_postings};
use crate::engine::tantivy::reader::segment::DocAddress;
use crate::engine::tantivy::reader::snapshot::Snapshot;

/// For every article, the proximity score of neighbouring words. The postings of each word are read
/// once, in address order.
pub(crate) fn pairs_scores(snapshot: &Snapshot, plan: &Plan, places: &[DocAddress]) -> Result<Vec<f32>, EngineError> {
    if plan.pairs.is_empty() {
        return Ok(vec![0.0; places.len()]);
    }
    let mut order: Vec<(DocAddress, usize)> = places.iter().copied().zip(0..).collect();
    order.sort_by_key(|(place, _)| (place.segment, place.doc));
    let (sorted, indexes): (Vec<DocAddress>, Vec<usize>) = order.into_iter().unzip();
    let mut sorted_scores = vec![0.0; places.len()];
    for zone in pair_zones() {
        let mut stands_at = Vec::with_capacity(plan.words.len());
        for word in &plan.words {
            checkpoint()?;
            stands_at.push(positions(snapshot, zone, word, &sorted)?);
        }
        for pair in &plan.pairs {
            let (Some(firsts), Some(seconds)) = (stands_at.get(pair.first), stands_at.get(pair.second)) else {
                continue;
            };
            for ((score, first), second) in sorted_scores.iter_mut().zip(firsts).zip(seconds) {
                if !first.is_empty() && !second.is_empty() {
                    *score += pair_score(zone, pair.weight, pair_frequency(first, second, pair.gap));
                }
            }
        }
    }
    let mut scores = vec![0.0; places.len()];
    for (index, sorted_score) in indexes.into_iter().zip(sorted_scores) {
        if let Some(score) = scores.get_mut(index) {
            *score = sorted_score;
        }
    }
    Ok(scores)
}

/// The sorted positions of a word in a zone of each article. The addresses come sorted by segment and
/// article. Of variants with several words only the first word counts.
fn positions(
    snapshot: &Snapshot,
    zone: Zone,
    word: &PlannedWord,
    places: &[DocAddress],
) -> Result<Vec<Vec<u32>>, EngineError> {
    let mut found: Vec<(DocAddress, Vec<u32>)> = places.iter().map(|place| (*place, Vec::new())).collect();
    let mut buffer = Vec::new();
    for in_segment in found.chunk_by_mut(|(a, _), (b, _)| a.segment == b.segment) {
        let Some(segment) = in_segment.first().and_then(|(first, _)| snapshot.segments.get(first.segment)) else {
            continue;
        };
        for forms in word.variants.iter().filter_map(|variant| variant.sequence.first()) {
            for mut list in form_postings(snapshot, segment, forms, zone)? {
                for (DocAddress { doc, .. }, positions) in in_segment.iter_mut() {
                    let doc = *doc;
                    if list.doc() < doc {
                        list.seek(doc);
                    }
                    if list.doc() == TERMINATED {
                        break;
                    }
                    if list.doc() == doc {
                        list.positions(&mut buffer);
                        add_positions(positions, &buffer);
                    }
                }
            }
        }
    }
    Ok(found.into_iter().map(|(_, positions)| positions).collect())
}
