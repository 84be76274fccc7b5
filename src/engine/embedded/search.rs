//! A search over a snapshot.

use std::collections::HashSet;

use tantivy::postings::Postings;
use tantivy::query::{EnableScoring, PhraseQuery, Query as _, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet, TERMINATED, Term};

use super::scoring::Accumulator;
use super::select::{Candidate, SegmentFilter, Works};
use super::snapshot::{Place, Segment, Snapshot, index_error};
use crate::analysis::Zone;
use crate::engine::highlight::Highlighter;
use crate::engine::plan::Plan;
use crate::engine::ranking;
use crate::engine::{
    ArticleAnswer, Card, EngineError, Hit, SearchAnswer, SearchRequest, Sort, Total, Translation, language_fit,
};

/// The works that match, best first.
pub(super) fn search(snapshot: &Snapshot, request: &SearchRequest) -> Result<SearchAnswer, EngineError> {
    let query = &request.query;
    let plan = Plan::new(query, request.ui_lang.as_deref(), snapshot)?;
    let mut works = Works::new(snapshot);
    for (ordinal, segment) in snapshot.segments.iter().enumerate() {
        let filter = SegmentFilter::new(segment, &request.filters, request.now_s)?;
        let fits: Vec<u8> = segment.langs.iter().map(|lang| language_fit(lang, request.ui_lang.as_deref())).collect();
        let mut required: Vec<HashSet<DocId>> = Vec::with_capacity(plan.phrases.len());
        for phrase in &plan.phrases {
            required.push(docs_with_phrase(snapshot, segment, phrase)?);
        }
        let mut excluded = HashSet::new();
        for phrase in &plan.excluded {
            excluded.extend(docs_with_phrase(snapshot, segment, phrase)?);
        }
        if !excluded.is_empty() {
            for doc in docs_with_phrase(snapshot, segment, &plan.literal)? {
                excluded.remove(&doc);
            }
        }
        let mut take = |doc: DocId, score: f32| -> Result<(), EngineError> {
            let holds_phrases = required.iter().all(|docs| docs.contains(&doc));
            if !holds_phrases || excluded.contains(&doc) || !filter.passes(doc) {
                return Ok(());
            }
            let fit = fits.get(segment.lang.get_val(doc) as usize).copied().unwrap_or(0);
            works.take(Place { segment: ordinal, doc }, score, fit)
        };
        if plan.words.is_empty() {
            for doc in segment.reader.doc_ids_alive() {
                take(doc, 0.0)?;
            }
            continue;
        }
        let mut accumulator = Accumulator::new(segment, &snapshot.fields, &snapshot.languages);
        for word in &plan.words {
            accumulator.add(&word.stems, word.weight)?;
        }
        for (doc, held) in accumulator.held() {
            if ranking::matches(plan.words.len(), held.words as usize, plan.weight, held.weight) {
                take(doc, held.score)?;
            }
        }
    }
    let sort = if plan.words.is_empty() && request.sort == Sort::Relevance { Sort::Newest } else { request.sort };
    if sort == Sort::Relevance {
        works.add_nearness(&plan)?;
    }
    let total = Total::exact(works.len());
    let mut hits = Vec::with_capacity(request.limit);
    for candidate in works.page(sort, request.offset, request.limit)? {
        hits.push(hit(snapshot, &plan, candidate, request)?);
    }
    Ok(SearchAnswer { total, hits, index_version: snapshot.version })
}

/// The articles of a segment that hold words (folded) in this order in one zone.
fn docs_with_phrase(snapshot: &Snapshot, segment: &Segment, phrase: &[String]) -> Result<HashSet<DocId>, EngineError> {
    let mut docs = HashSet::new();
    for zone in Zone::ALL {
        let field = snapshot.fields.zones[zone.ordinal()].words;
        let mut terms: Vec<Term> = phrase.iter().map(|word| Term::from_field_text(field, word)).collect();
        let query: Box<dyn tantivy::query::Query> = match terms.len() {
            0 => continue,
            1 => Box::new(TermQuery::new(terms.remove(0), IndexRecordOption::Basic)),
            _ => Box::new(PhraseQuery::new(terms)),
        };
        let scoring = EnableScoring::disabled_from_searcher(&snapshot.searcher);
        let weight = query.weight(scoring).map_err(index_error)?;
        let mut found = weight.scorer(&segment.reader, 1.0).map_err(index_error)?;
        while found.doc() != TERMINATED {
            docs.insert(found.doc());
            found.advance();
        }
    }
    Ok(docs)
}

fn hit(snapshot: &Snapshot, plan: &Plan, candidate: Candidate, request: &SearchRequest) -> Result<Hit, EngineError> {
    let place = candidate.place;
    let card = snapshot.card(place)?;
    let segment = snapshot.segments.get(place.segment).ok_or_else(|| index_error("no such segment"))?;
    let (lang, group) = segment.lang_of(place.doc);
    let highlighter = Highlighter::new(plan, Some(group), lang);
    let passage = best_passage(snapshot, segment, place.doc, plan, group)?;
    let text = match passage {
        Some(ordinal) => segment.passage(place.doc, ordinal)?.map(|(_, text)| text),
        None if !card.summary.is_empty() => Some(card.summary.clone()),
        None => segment.passage(place.doc, 0)?.map(|(_, text)| text),
    };
    let text = crate::article::one_line(&text.unwrap_or_default());
    Ok(Hit {
        title_html: highlighter.mark(&card.title),
        snippet_html: highlighter.snippet(&text, request.snippet_chars),
        score: candidate.score,
        translations: translations(snapshot, place, request.now_s)?,
        card,
    })
}

/// The passage of an article's body that holds most of the query's weight, the first of equals;
/// found from the positions of the words, without reading any text.
fn best_passage(
    snapshot: &Snapshot,
    segment: &Segment,
    doc: DocId,
    plan: &Plan,
    group: usize,
) -> Result<Option<usize>, EngineError> {
    let body = Zone::Body.ordinal();
    let mut held: Vec<(usize, usize)> = Vec::new();
    let mut starts: Option<Vec<u32>> = None;
    let mut positions = Vec::new();
    for (place, word) in plan.words.iter().enumerate() {
        for stem in word.stems.get(group).into_iter().flatten() {
            let term = Term::from_field_text(snapshot.fields.zones[body].stems, stem);
            let list = segment.zones[body].stems.read_postings(&term, IndexRecordOption::WithFreqsAndPositions);
            let Some(mut list) = list.map_err(index_error)? else { continue };
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

/// The other visible versions of an article's work, by language.
pub(super) fn translations(snapshot: &Snapshot, place: Place, now_s: i64) -> Result<Vec<Translation>, EngineError> {
    let mut translations = Vec::new();
    for other in versions(snapshot, place)? {
        let segment = &snapshot.segments[other.segment];
        if other != place && segment.is_visible(other.doc, now_s) {
            translations.push(snapshot.card(other)?.into_translation());
        }
    }
    translations.sort_by(|a, b| (&a.lang, &a.id).cmp(&(&b.lang, &b.id)));
    Ok(translations)
}

/// All versions of an article's work, itself among them.
pub(super) fn versions(snapshot: &Snapshot, place: Place) -> Result<Vec<Place>, EngineError> {
    let Some(segment) = snapshot.segments.get(place.segment) else { return Ok(Vec::new()) };
    let work = segment.work.get_val(place.doc);
    snapshot.all_with(&Term::from_field_u64(snapshot.fields.work, work))
}

/// An article, whole: its card, its text put together from its passages, its translations.
pub(super) fn article(snapshot: &Snapshot, place: Place, now_s: i64) -> Result<Option<ArticleAnswer>, EngineError> {
    let Some(segment) = snapshot.segments.get(place.segment) else { return Ok(None) };
    if !segment.is_visible(place.doc, now_s) {
        return Ok(None);
    }
    let card: Card = snapshot.card(place)?;
    let mut body = String::new();
    for ordinal in 0..segment.passage_starts(place.doc).len() {
        let Some((continues, text)) = segment.passage(place.doc, ordinal)? else { break };
        if !continues && !body.is_empty() {
            body.push_str("\n\n");
        }
        body.push_str(&text);
    }
    Ok(Some(ArticleAnswer {
        card,
        body,
        translations: translations(snapshot, place, now_s)?,
        index_version: snapshot.version,
    }))
}
