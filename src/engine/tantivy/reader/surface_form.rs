//! Finds the surface form of a word.

use tantivy::postings::Postings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED, Term};

use super::segment::DocAddress;
use super::snapshot::Snapshot;
use crate::analysis::Zone;
use crate::engine::EngineError;
use crate::engine::planning::relaxation::{MAX_ASKED, form_in_body, form_on_card, most_frequent_form};
use crate::engine::tantivy::reader::body::SegmentBody;

/// The most frequent surface form of a folded word in a few articles: the first by id that contain
/// it and are visible at a time in Unix seconds.
pub(crate) fn written(snapshot: &Snapshot, folded: &str, now_s: i64) -> Result<Option<String>, EngineError> {
    let mut doc_freq = snapshot.all_with(&Term::from_field_text(snapshot.fields.vocabulary, folded))?;
    doc_freq.retain(|place| snapshot.is_visible(*place, now_s));
    let rank = |place: &DocAddress| snapshot.segments.get(place.segment).map(|segment| segment.id_rank(place.doc));
    if doc_freq.len() > MAX_ASKED {
        doc_freq.select_nth_unstable_by_key(MAX_ASKED, rank);
        doc_freq.truncate(MAX_ASKED);
    }
    doc_freq.sort_unstable_by_key(rank);
    let mut forms = Vec::new();
    for place in doc_freq {
        forms.extend(written_by(snapshot, place, folded)?);
    }
    Ok(most_frequent_form(forms))
}

fn written_by(snapshot: &Snapshot, place: DocAddress, folded: &str) -> Result<Option<String>, EngineError> {
    let Some(segment) = snapshot.segments.get(place.segment) else { return Ok(None) };
    let option = IndexRecordOption::WithFreqsAndPositions;
    if let Some(mut list) = segment.word_postings(&snapshot.fields, Zone::Body, folded, option)?
        && list.doc() != TERMINATED
        && (list.doc() == place.doc || (list.doc() < place.doc && list.seek(place.doc) == place.doc))
    {
        let mut positions = Vec::new();
        list.positions(&mut positions);
        if let Some(first) = positions.first()
            && let Some(written) = form_in_body(&SegmentBody::new(segment, place.doc), *first, folded)?
        {
            return Ok(Some(written));
        }
    }
    Ok(form_on_card(&snapshot.card(place)?, folded))
}
