//! Builds the hits of a page.

use super::boosts::Priors;
use super::collector::WorkCandidate;
use super::evidence::PageEvidence;
use super::explain::explanation;
use super::match_positions::match_positions;
use crate::engine::cancellation::checkpoint;
use crate::engine::snippets::Snippets;
use crate::engine::tantivy::reader::articles::translations;
use crate::engine::tantivy::reader::body::SegmentBody;
use crate::engine::tantivy::reader::segment::{DocAddress, index_error};
use crate::engine::{EngineError, Hit, SearchRequest};

/// Reads the displayed data of works.
pub(crate) fn hits(
    priors: &Priors<'_>,
    page: Vec<WorkCandidate>,
    request: &SearchRequest,
) -> Result<Vec<Hit>, EngineError> {
    let snapshot = priors.snapshot;
    let snippets = Snippets::new(priors.plan, request, page.len());
    let places: Vec<DocAddress> = page.iter().map(|candidate| candidate.place).collect();
    let mut match_positions = match_positions(snapshot, &snippets, &places)?;
    let evidence = PageEvidence::new(snapshot, &places);
    let mut hits = Vec::with_capacity(page.len());
    for candidate in page {
        checkpoint()?;
        let place = candidate.place;
        let card = snapshot.card(place)?;
        let segment = snapshot.segments.get(place.segment).ok_or_else(|| index_error("no such segment"))?;
        let lang = segment.lang_of(place.doc).0;
        let body = SegmentBody::new(segment, place.doc);
        let match_positions = match_positions.remove(&place).unwrap_or_default();
        let explanation =
            if request.explain { Some(explanation(priors, &evidence, segment, &candidate)?) } else { None };
        let (translations, translations_total) = translations(snapshot, place, request.now_s)?;
        hits.push(Hit {
            title_html: snippets.title_html(&card.title, lang),
            snippet_html: snippets.snippet_html(&body, match_positions, &card.summary, lang)?,
            score: candidate.score,
            translations,
            translations_total,
            explanation,
            card,
        });
    }
    Ok(hits)
}
