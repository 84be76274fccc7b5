//! A work of an answer, as it is shown.

use super::search::{Priors, explanation, translations};
use super::select::Candidate;
use super::snapshot::index_error;
use super::snippet::best_passage;
use crate::engine::highlight::Highlighter;
use crate::engine::{EngineError, Hit, SearchRequest};

/// Reads what is shown of a work.
pub(super) fn hit(priors: &Priors<'_>, candidate: Candidate, request: &SearchRequest) -> Result<Hit, EngineError> {
    let (snapshot, plan) = (priors.snapshot, priors.plan);
    let place = candidate.place;
    let card = snapshot.card(place)?;
    let segment = snapshot.segments.get(place.segment).ok_or_else(|| index_error("no such segment"))?;
    let own_lang = segment.lang_of(place.doc).0;
    let highlighter = Highlighter::new(plan, own_lang);
    let best = best_passage(snapshot, segment, place.doc, plan)?;
    let (text, lang) = if best.is_none() && !card.summary.is_empty() {
        (card.summary.clone(), None)
    } else {
        let passage = segment.passage(place.doc, best.unwrap_or(0))?;
        passage.map_or((String::new(), None), |passage| (passage.text, passage.lang))
    };
    let in_passage = Highlighter::new(plan, lang.as_deref().unwrap_or(own_lang));
    let text = crate::article::one_line(&text);
    let explanation = if request.explain { Some(explanation(priors, segment, &candidate)?) } else { None };
    Ok(Hit {
        title_html: highlighter.mark(&card.title),
        snippet_html: in_passage.snippet(&text, request.snippet_chars),
        score: candidate.score,
        translations: translations(snapshot, place, request.now_s)?,
        explanation,
        card,
    })
}
