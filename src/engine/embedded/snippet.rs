//! Which passages of a body are shown for a query.

use tantivy::postings::Postings;
use tantivy::{DocId, DocSet};

use super::sequence::form_postings;
use super::snapshot::{Segment, Snapshot};
use crate::analysis::Zone;
use crate::engine::EngineError;
use crate::engine::plan::Plan;

/// The passage of an article's body that holds most of the query's weight, the first of equals;
/// found from the positions of the words, without reading any text.
pub(super) fn best_passage(
    snapshot: &Snapshot,
    segment: &Segment,
    doc: DocId,
    plan: &Plan,
) -> Result<Option<usize>, EngineError> {
    let mut held: Vec<(usize, usize)> = Vec::new();
    let mut starts: Option<Vec<u32>> = None;
    let mut positions = Vec::new();
    for (place, word) in plan.words.iter().enumerate() {
        for forms in word.variants.iter().flat_map(|variant| &variant.sequence) {
            for mut list in form_postings(snapshot, segment, forms, Zone::Body)? {
                if list.doc() > doc || list.seek(doc) != doc {
                    continue;
                }
                list.positions(&mut positions);
                let starts = starts.get_or_insert_with(|| segment.passage_starts(doc));
                held.extend(
                    positions.iter().map(|at| (starts.partition_point(|start| start <= at).saturating_sub(1), place)),
                );
            }
        }
    }
    held.sort_unstable();
    held.dedup();
    let mut best: Option<(usize, f32)> = None;
    for passage in held.chunk_by(|a, b| a.0 == b.0) {
        let weight = passage.iter().filter_map(|(_, word)| plan.words.get(*word)).map(|word| word.weight).sum();
        if best.is_none_or(|(_, most)| weight > most) {
            best = passage.first().map(|(ordinal, _)| (*ordinal, weight));
        }
    }
    Ok(best.map(|(ordinal, _)| ordinal))
}
