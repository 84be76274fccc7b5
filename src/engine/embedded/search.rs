//! A search over a snapshot.

use std::collections::HashSet;

use tantivy::DocId;

use super::clauses::{Clauses, Docs};
use super::evidence::PageEvidence;
use super::facets::Counter;
use super::filter::Filter;
use super::hit::hits;
use super::place;
use super::scoring::Accumulator;
use super::select::{Candidate, Works};
use super::snapshot::{Place, Segment, Snapshot};
use crate::engine::explain::{Explanation, Made, explain};
use crate::engine::plan::{Known, Mending, Note, Plan};
use crate::engine::ranking;
use crate::engine::recovery::{self, Answered, Found, is_whole};
use crate::engine::supervision::Steps;
use crate::engine::{
    ArticleAnswer, Card, Cursor, EngineError, Filters, SearchAnswer, SearchRequest, Sort, Total, Translation,
    language_fit, listed_translations,
};

/// The works that match, best first.
pub(super) fn search(snapshot: &Snapshot, request: &SearchRequest) -> Result<SearchAnswer, EngineError> {
    let collection = Known::new(snapshot);
    let plan = Plan::new(request, Mending::of(request), &collection)?;
    search_in(snapshot, &collection, plan, request)
}

/// The works that match a plan, or where none do, those that are found in other ways.
#[cfg(feature = "test-support")]
pub(super) fn search_planned(
    snapshot: &Snapshot,
    plan: Plan,
    request: &SearchRequest,
) -> Result<SearchAnswer, EngineError> {
    search_in(snapshot, &Known::new(snapshot), plan, request)
}

fn search_in(
    snapshot: &Snapshot,
    collection: &Known<'_, Snapshot>,
    plan: Plan,
    request: &SearchRequest,
) -> Result<SearchAnswer, EngineError> {
    let is_of_list = |cursor: &&Cursor| cursor.is_by_score() && !cursor.is_outdated(snapshot.version);
    let request = match request.after.as_ref().filter(is_of_list) {
        Some(cursor) => &SearchRequest { now_s: cursor.present(request.now_s), ..request.clone() },
        None => request,
    };
    let without = without(snapshot, request)?;
    let clauses = Clauses::new(snapshot, request.now_s);
    let matching = |plan: &Plan, filters: &Filters| matching(snapshot, plan, filters, request, &without, &clauses);
    answer(snapshot, recovery::search(collection, plan, request, matching)?, request)
}

/// What matches a plan.
struct Matches<'s> {
    /// The works that pass the filters, in no order.
    works: Works<'s>,
    counter: Counter<'s>,
}

/// The numbers of the works that the request leaves out.
fn without(snapshot: &Snapshot, request: &SearchRequest) -> Result<HashSet<u32>, EngineError> {
    let mut works = HashSet::new();
    for key in &request.without {
        if let Some(place) = place(snapshot, key, request.now_s)?
            && let Some(segment) = snapshot.segments.get(place.segment)
            && segment.is_visible(place.doc, request.now_s)
        {
            works.insert(segment.work_of(place.doc));
        }
    }
    Ok(works)
}

/// The one pass over the matches: works, total and facets.
fn matching<'s>(
    snapshot: &'s Snapshot,
    plan: &Plan,
    filters: &Filters,
    request: &SearchRequest,
    without: &HashSet<u32>,
    clauses: &Clauses<'_>,
) -> Result<Found<Matches<'s>>, EngineError> {
    let priors = Priors { snapshot, plan, recency: request.recency, now_s: request.now_s };
    let filter = Filter::new(&snapshot.values, filters);
    let mut works = Works::new(snapshot, request.group, sort_of(plan, request));
    let mut counter = Counter::new(snapshot, &request.facets, request.group);
    let (mut versions, mut whole) = (0, 0);
    let excluded = clauses.excluded(plan)?;
    let required: Result<Vec<_>, EngineError> = plan.required.iter().map(|clause| clauses.held(clause)).collect();
    let required = required?;
    let mut steps = Steps::default();
    for (ordinal, segment) in snapshot.segments.iter().enumerate() {
        let required: Vec<&Docs> = required.iter().filter_map(|docs| docs.get(ordinal)).collect();
        let fits: Vec<u8> = segment.langs.iter().map(|lang| language_fit(lang, request.ui_lang.as_deref())).collect();
        let mut take = |doc: DocId, score: f32, holds_all: bool| {
            if !required.iter().all(|docs| docs.contains(&doc)) || !segment.is_visible(doc, request.now_s) {
                return;
            }
            let place = Place { segment: ordinal, doc };
            let work = segment.work_of(doc);
            if without.contains(&work) || excluded.contains(&work) {
                return;
            }
            let failed = filter.failed(segment, place);
            counter.take(place, failed);
            if failed.is_none() {
                versions += 1;
                whole += usize::from(holds_all);
                let fit = fits.get(segment.lang.get_val(doc) as usize).copied().unwrap_or(0);
                works.take(place, score * priors.factor(segment, doc), fit);
            }
        };
        if plan.words.is_empty() {
            for doc in segment.reader.doc_ids_alive() {
                take(doc, 0.0, true);
                steps.step()?;
            }
            continue;
        }
        let mut accumulator = Accumulator::new(snapshot, segment);
        for word in &plan.words {
            accumulator.add(word)?;
        }
        for (doc, held) in accumulator.held() {
            steps.step()?;
            if plan.asked.is_held(&held) {
                take(doc, held.score * plan.asked.coverage(&held), is_whole(&plan.asked, &held));
            }
        }
    }
    Ok(Found { matches: Matches { works, counter }, versions, whole })
}

/// The order of an answer: where nothing is searched for, nothing is more relevant.
fn sort_of(plan: &Plan, request: &SearchRequest) -> Sort {
    if plan.words.is_empty() && request.sort == Sort::Relevance { Sort::Newest } else { request.sort }
}

/// The asked-for page of works.
fn answer(
    snapshot: &Snapshot,
    answered: Answered<Matches<'_>>,
    request: &SearchRequest,
) -> Result<SearchAnswer, EngineError> {
    let Answered { plan, matches: Matches { mut works, counter }, recovery } = answered;
    let sort = sort_of(&plan, request);
    let priors = Priors { snapshot, plan: &plan, recency: request.recency, now_s: request.now_s };
    if sort == Sort::Relevance {
        works.add_nearness(&plan, &priors)?;
    }
    let total = works.len();
    let mut offset = request.offset;
    let mut is_changed = false;
    if let Some(cursor) = &request.after {
        is_changed = cursor.is_outdated(snapshot.version) || !cursor.is_of_order(sort);
        // Scores are of another list also where the time has gone on.
        let is_moved = is_changed || (cursor.is_by_score() && cursor.now_s != request.now_s);
        offset = offset.saturating_add(works.go_on_after(sort, cursor, is_moved)?);
    }
    let place = total - works.len() + offset;
    let (page, has_more) = works.page(sort, offset, request.limit);
    let last = page.last().filter(|_| has_more).map(|last| last.key(sort));
    let hits = hits(&priors, page, request)?;
    let next = last.zip(hits.last()).map(|(key, hit)| Cursor {
        version: snapshot.version,
        now_s: request.now_s,
        key,
        id: hit.card.id.clone(),
        place: place + hits.len(),
    });
    // A cursor that comes back extends nothing: it could be anybody's, and go on for ever.
    if request.after.is_none() && next.as_ref().is_some_and(Cursor::is_by_score) {
        snapshot.hold(request.now_s);
    }
    let corrections = plan.corrections();
    let mut notes = plan.notes;
    if is_changed {
        notes.push(Note::IndexChanged);
    }
    let facets = counter.counts(request.ui_lang.as_deref())?;
    let total = Total::exact(total);
    let index_version = snapshot.version;
    Ok(SearchAnswer { total, place, hits, corrections, recovery, facets, next, notes, index_version })
}

/// What an article's score is multiplied by for what it is, whatever it holds.
pub(super) struct Priors<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) plan: &'s Plan,
    recency: f32,
    now_s: i64,
}

impl Priors<'_> {
    /// The factor of an article.
    pub(super) fn factor(&self, segment: &Segment, doc: DocId) -> f32 {
        self.language(segment, doc) * self.recency(segment, doc)
    }

    fn language(&self, segment: &Segment, doc: DocId) -> f32 {
        self.plan.language_factors.get(segment.lang_of(doc).1).copied().unwrap_or(1.0)
    }

    fn recency(&self, segment: &Segment, doc: DocId) -> f32 {
        let newest_s = self.snapshot.newest_s.map(|newest| newest.min(self.now_s));
        ranking::recency_factor(self.recency, segment.published.first(doc), newest_s)
    }
}

/// Why a work has its score.
pub(super) fn explanation<'s>(
    priors: &Priors<'s>,
    evidence: &PageEvidence<'s>,
    segment: &'s Segment,
    candidate: &Candidate,
) -> Result<Explanation, EngineError> {
    let doc = candidate.place.doc;
    let made = Made {
        score: candidate.score,
        version: candidate.version_score,
        nearness: candidate.nearness,
        language: priors.language(segment, doc),
        recency: priors.recency(segment, doc),
    };
    explain(priors.plan, &evidence.of(segment, candidate.place), &made)
}

/// The other visible versions of an article's work, see [`crate::engine::Hit::translations`].
pub(super) fn translations(
    snapshot: &Snapshot,
    place: Place,
    now_s: i64,
) -> Result<(Vec<Translation>, Option<u64>), EngineError> {
    let others = snapshot.versions(snapshot.work_of(place)).iter().filter(|other| **other != place);
    let versions = others.filter_map(|other| {
        let segment = snapshot.segments.get(other.segment).filter(|segment| segment.is_visible(other.doc, now_s))?;
        Some((segment.lang_of(other.doc).0, segment.id_rank(other.doc), *other))
    });
    let (listed, total) = listed_translations(versions.collect());
    let translation = |place| Ok(snapshot.card(place)?.into_translation());
    Ok((listed.into_iter().map(translation).collect::<Result<_, EngineError>>()?, total))
}

/// An article, whole: its card, its text put together from its passages, its translations.
pub(super) fn article(snapshot: &Snapshot, place: Place, now_s: i64) -> Result<Option<ArticleAnswer>, EngineError> {
    let Some(segment) = snapshot.segments.get(place.segment) else { return Ok(None) };
    if !segment.is_visible(place.doc, now_s) {
        return Ok(None);
    }
    let card: Card = snapshot.card(place)?;
    let mut body = String::new();
    for ordinal in 0..segment.passages(place.doc) {
        let Some(passage) = segment.passage(place.doc, ordinal)? else { break };
        if !passage.continues && !body.is_empty() {
            body.push_str("\n\n");
        }
        body.push_str(&passage.text);
    }
    let (translations, translations_total) = translations(snapshot, place, now_s)?;
    Ok(Some(ArticleAnswer { card, body, translations, translations_total, index_version: snapshot.version }))
}
