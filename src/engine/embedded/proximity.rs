//! How near each other the query's words stand in the best works.

use tantivy::postings::Postings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use super::snapshot::{Place, Snapshot, index_error};
use crate::analysis::Zone;
use crate::engine::EngineError;
use crate::engine::plan::{Plan, PlannedWord};
use crate::engine::ranking::{PAIR_ZONES, pair_frequency, pair_score};

/// For every place, what the nearness of neighbouring words is worth there. The postings of each
/// word are read once, from place to place.
pub(super) fn pairs_scores(snapshot: &Snapshot, plan: &Plan, places: &[Place]) -> Result<Vec<f32>, EngineError> {
    let mut scores = vec![0.0; places.len()];
    if plan.words.len() < 2 {
        return Ok(scores);
    }
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|index| (places[*index].segment, places[*index].doc));
    for zone in PAIR_ZONES {
        let mut before: Vec<Vec<u32>> = Vec::new();
        for (word_place, word) in plan.words.iter().enumerate() {
            let positions = positions(snapshot, zone, word, places, &order)?;
            if let Some(former) = word_place.checked_sub(1).and_then(|former| plan.words.get(former)) {
                for ((score, first), second) in scores.iter_mut().zip(&before).zip(&positions) {
                    if !first.is_empty() && !second.is_empty() {
                        *score += pair_score(zone, (former.weight, word.weight), pair_frequency(first, second));
                    }
                }
            }
            before = positions;
        }
    }
    Ok(scores)
}

/// Where a word stands in a zone of each place, in order. `order` sorts the places.
fn positions(
    snapshot: &Snapshot,
    zone: Zone,
    word: &PlannedWord,
    places: &[Place],
    order: &[usize],
) -> Result<Vec<Vec<u32>>, EngineError> {
    let mut found: Vec<Vec<u32>> = vec![Vec::new(); places.len()];
    let field = snapshot.fields.zones[zone.ordinal()].stems;
    let mut buffer = Vec::new();
    for in_segment in order.chunk_by(|a, b| places[*a].segment == places[*b].segment) {
        let Some(segment) = in_segment.first().and_then(|first| snapshot.segments.get(places[*first].segment)) else {
            continue;
        };
        let inverted = &segment.zones[zone.ordinal()].stems;
        for (group, stems) in word.stems.iter().enumerate() {
            for stem in stems {
                let term = Term::from_field_text(field, stem);
                let list = inverted.read_postings(&term, IndexRecordOption::WithFreqsAndPositions);
                let Some(mut list) = list.map_err(index_error)? else { continue };
                for index in in_segment.iter().filter(|index| segment.lang_of(places[**index].doc).1 == group) {
                    let doc = places[*index].doc;
                    if list.doc() < doc {
                        list.seek(doc);
                    }
                    if list.doc() == TERMINATED {
                        break;
                    }
                    if list.doc() == doc {
                        list.positions(&mut buffer);
                        found[*index].extend_from_slice(&buffer);
                    }
                }
            }
        }
    }
    for positions in &mut found {
        positions.sort_unstable();
        positions.dedup();
    }
    Ok(found)
}
