//! Finds the positions of the query's words in bodies, from the index.

use std::collections::HashMap;

use tantivy::DocId;

use crate::analysis::Zone;
use crate::engine::EngineError;
use crate::engine::cancellation::checkpoint;
use crate::engine::snippets::{MAX_MATCH_POSITIONS, MatchPosition, Snippets};
use crate::engine::tantivy::reader::phrase_match::sequence_starts;
use crate::engine::tantivy::reader::segment::{DocAddress, index_error};
use crate::engine::tantivy::reader::snapshot::Snapshot;

/// For every article, the match positions in its body for snippets. The postings of each word are
/// read once for all articles of a segment; no text is read.
pub(crate) fn match_positions(
    snapshot: &Snapshot,
    snippets: &Snippets<'_>,
    places: &[DocAddress],
) -> Result<HashMap<DocAddress, Vec<MatchPosition>>, EngineError> {
    let mut found: HashMap<DocAddress, Vec<MatchPosition>> = HashMap::new();
    let mut sorted: Vec<DocAddress> = places.to_vec();
    sorted.sort_by_key(|place| (place.segment, place.doc));
    for in_segment in sorted.chunk_by(|a, b| a.segment == b.segment) {
        let Some(&DocAddress { segment: ordinal, .. }) = in_segment.first() else { continue };
        let segment = snapshot.segments.get(ordinal).ok_or_else(|| index_error("no such segment"))?;
        let docs: Vec<DocId> = in_segment.iter().map(|place| place.doc).collect();
        for pattern in snippets.patterns() {
            checkpoint()?;
            let last = pattern.sequence.len().saturating_sub(1) as u32;
            for (doc, starts) in sequence_starts(snapshot, segment, &pattern.sequence, Zone::Body, &docs)? {
                let match_positions = starts.into_iter().take(MAX_MATCH_POSITIONS);
                let match_positions = match_positions.map(|first| MatchPosition {
                    first,
                    last: first.saturating_add(last),
                    words: pattern.words,
                });
                found.entry(DocAddress { segment: ordinal, doc }).or_default().extend(match_positions);
            }
        }
    }
    Ok(found)
}
