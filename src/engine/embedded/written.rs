//! How the articles of an index write a word.

use tantivy::postings::Postings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use super::snapshot::{Place, Snapshot};
use super::snippet::SegmentBody;
use crate::analysis::Zone;
use crate::engine::EngineError;
use crate::engine::recovery::{MAX_ASKED, mostly_written, written_in_body, written_on_card};

/// How most of a few articles write a folded word: of those that hold it, the first by their ids.
pub(super) fn written(snapshot: &Snapshot, folded: &str) -> Result<Option<String>, EngineError> {
    let mut holders = snapshot.all_with(&Term::from_field_text(snapshot.fields.vocabulary, folded))?;
    holders.sort_by_key(|place| snapshot.segments.get(place.segment).map(|segment| segment.id_rank(place.doc)));
    let mut forms = Vec::new();
    for place in holders.into_iter().take(MAX_ASKED) {
        forms.extend(written_by(snapshot, place, folded)?);
    }
    Ok(mostly_written(forms))
}

fn written_by(snapshot: &Snapshot, place: Place, folded: &str) -> Result<Option<String>, EngineError> {
    let Some(segment) = snapshot.segments.get(place.segment) else { return Ok(None) };
    let option = IndexRecordOption::WithFreqsAndPositions;
    if let Some(mut list) = segment.word_postings(snapshot, Zone::Body, folded, option)?
        && list.doc() != TERMINATED
        && (list.doc() == place.doc || (list.doc() < place.doc && list.seek(place.doc) == place.doc))
    {
        let mut positions = Vec::new();
        list.positions(&mut positions);
        if let Some(first) = positions.first()
            && let Some(written) = written_in_body(&SegmentBody::new(segment, place.doc), *first, folded)?
        {
            return Ok(Some(written));
        }
    }
    Ok(written_on_card(&snapshot.card(place)?, folded))
}
