//! How near each other the query's words stand in the best works.

use tantivy::postings::Postings;
use tantivy::{DocSet, TERMINATED};

use crate::analysis::Zone;
use crate::engine::EngineError;
use crate::engine::cancellation::checkpoint;
use crate::engine::planning::{Plan, PlannedWord};
use crate::engine::ranking::{pair_frequency, pair_score, pair_zones};
use crate::engine::tantivy::reader::phrase_match::{add_positions, form_postings};
use crate::engine::tantivy::reader::segment::Place;
use crate::engine::tantivy::reader::snapshot::Snapshot;

/// For every place, what the nearness of neighbouring words is worth there. The postings of each
/// word are read once, from place to place.
pub(crate) fn pairs_scores(snapshot: &Snapshot, plan: &Plan, places: &[Place]) -> Result<Vec<f32>, EngineError> {
    let mut scores = vec![0.0; places.len()];
    if plan.pairs.is_empty() {
        return Ok(scores);
    }
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|index| (places[*index].segment, places[*index].doc));
    for zone in pair_zones() {
        let mut stands_at = Vec::with_capacity(plan.words.len());
        for word in &plan.words {
            checkpoint()?;
            stands_at.push(positions(snapshot, zone, word, places, &order)?);
        }
        for pair in &plan.pairs {
            let (Some(firsts), Some(seconds)) = (stands_at.get(pair.first), stands_at.get(pair.second)) else {
                continue;
            };
            for ((score, first), second) in scores.iter_mut().zip(firsts).zip(seconds) {
                if !first.is_empty() && !second.is_empty() {
                    *score += pair_score(zone, pair.weight, pair_frequency(first, second, pair.gap));
                }
            }
        }
    }
    Ok(scores)
}

/// Where a word stands in a zone of each place, in order. `order` sorts the places. Of variants
/// of several words only the first counts.
fn positions(
    snapshot: &Snapshot,
    zone: Zone,
    word: &PlannedWord,
    places: &[Place],
    order: &[usize],
) -> Result<Vec<Vec<u32>>, EngineError> {
    let mut found: Vec<Vec<u32>> = vec![Vec::new(); places.len()];
    let mut buffer = Vec::new();
    for in_segment in order.chunk_by(|a, b| places[*a].segment == places[*b].segment) {
        let Some(segment) = in_segment.first().and_then(|first| snapshot.segments.get(places[*first].segment)) else {
            continue;
        };
        for forms in word.variants.iter().filter_map(|variant| variant.sequence.first()) {
            for mut list in form_postings(snapshot, segment, forms, zone)? {
                for index in in_segment {
                    let doc = places[*index].doc;
                    if list.doc() < doc {
                        list.seek(doc);
                    }
                    if list.doc() == TERMINATED {
                        break;
                    }
                    if list.doc() == doc {
                        list.positions(&mut buffer);
                        add_positions(&mut found[*index], &buffer);
                    }
                }
            }
        }
    }
    Ok(found)
}
