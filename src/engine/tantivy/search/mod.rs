//! A search over a snapshot.

pub(crate) mod boosts;
pub(crate) mod clauses;
pub(crate) mod collector;
pub(crate) mod evidence;
pub(crate) mod explain;
pub(crate) mod facet_collector;
pub(crate) mod filter;
pub(crate) mod hits;
pub(crate) mod match_positions;
pub(crate) mod proximity;
pub(crate) mod scorer;

use std::collections::HashSet;

use self::boosts::Priors;
use self::clauses::Clauses;
use self::collector::Works;
use self::facet_collector::Counter;
use self::filter::Filter;
use self::hits::hits;
use self::scorer::Accumulator;
use super::reader::articles::place;
use super::reader::segment::{DocAddress, Segment};
use super::reader::snapshot::Snapshot;
use crate::engine::cancellation::Steps;
use crate::engine::planning::relaxation::{self, FoundMatches, RelaxedAnswer, is_whole};
use crate::engine::planning::{CachedCollection, CorrectionMode, Note, Plan};
use crate::engine::ranking::{Coverage, MatchState};
use crate::engine::{
    Cursor, EngineError, Filters, RecoveryKind, SearchAnswer, SearchRequest, Sort, Total, language_fit,
};

/// The matching works, best first.
pub(crate) fn search(snapshot: &Snapshot, request: &SearchRequest) -> Result<SearchAnswer, EngineError> {
    let collection = CachedCollection::new(snapshot);
    let plan = Plan::new(request, CorrectionMode::of(request), &collection)?;
    search_in(snapshot, &collection, plan, request)
}

/// The works that match a plan or, if there are none, a relaxed plan.
#[cfg(feature = "test-support")]
pub(crate) fn search_planned(
    snapshot: &Snapshot,
    plan: Plan,
    request: &SearchRequest,
) -> Result<SearchAnswer, EngineError> {
    search_in(snapshot, &CachedCollection::new(snapshot), plan, request)
}

fn search_in(
    snapshot: &Snapshot,
    collection: &CachedCollection<'_, Snapshot>,
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
    answer(snapshot, relaxation::search(collection, plan, request, matching)?, request)
}

/// The matches of a plan.
struct Matches<'s> {
    /// The works that pass the filters, unsorted.
    works: Works<'s>,
    counter: Counter<'s>,
}

/// The numbers of the works that the request excludes.
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

/// A single pass over the matches collects works, total and facets.
fn matching<'s>(
    snapshot: &'s Snapshot,
    plan: &Plan,
    filters: &Filters,
    request: &SearchRequest,
    without: &HashSet<u32>,
    clauses: &Clauses<'_>,
) -> Result<FoundMatches<Matches<'s>>, EngineError> {
    let priors = Priors { snapshot, plan, recency: request.recency, now_s: request.now_s };
    let filter = Filter::new(&snapshot.values, filters);
    let mut works = Works::new(snapshot, request, sort_of(plan, request));
    let mut counter = Counter::new(snapshot, &request.facets, request.group);
    let takes_parts = request.sort == Sort::Relevance && !request.literal;
    let least = if takes_parts { Coverage::TitlePart } else { Coverage::Enough };
    let requirements = &plan.requirements;
    let is_whole_query = !plan.notes.contains(&Note::NotAllWords);
    let (mut versions, mut parts, mut whole) = (0, 0, 0);
    let excluded = clauses.excluded(plan)?;
    let required: Result<Vec<_>, EngineError> = plan.required.iter().map(|clause| clauses.held(clause)).collect();
    let required = required?;
    let mut steps = Steps::default();
    // Matches in part, unless there is a title of both words.
    let mut title_parts: Vec<(DocAddress, MatchState)> = Vec::new();
    let mut has_title_of_both = false;
    let fit = |lang: &String| language_fit(lang, request.ui_lang.as_deref());
    let fits: Vec<Vec<u8>> = snapshot.segments.iter().map(|segment| segment.langs.iter().map(fit).collect()).collect();
    let is_candidate = |segment: &Segment, DocAddress { segment: ordinal, doc }: DocAddress| {
        required.iter().filter_map(|docs| docs.get(ordinal)).all(|docs| docs.contains(&doc))
            && segment.is_visible(doc, request.now_s)
            && !excluded.contains(&segment.work_of(doc))
    };
    let mut take = |place: DocAddress, held: &MatchState, coverage: Coverage| {
        let (Some(segment), Some(fits)) = (snapshot.segments.get(place.segment), fits.get(place.segment)) else {
            return;
        };
        if without.contains(&segment.work_of(place.doc)) {
            return;
        }
        let failed = filter.failed(segment, place);
        counter.take(place, failed);
        if failed.is_none() {
            versions += usize::from(coverage == Coverage::Enough);
            parts += usize::from(coverage == Coverage::Part);
            whole += usize::from(coverage == Coverage::Enough && is_whole(requirements, held));
            let fit = fits.get(segment.lang.get_val(place.doc) as usize).copied().unwrap_or(0);
            let score = held.score * requirements.coverage(held) * priors.factor(segment, place.doc);
            works.take(place, score, fit, coverage, requirements.holds_all(held) && is_whole_query);
        }
    };
    for (ordinal, segment) in snapshot.segments.iter().enumerate() {
        if plan.words.is_empty() {
            for doc in segment.reader.doc_ids_alive() {
                let place = DocAddress { segment: ordinal, doc };
                if is_candidate(segment, place) {
                    take(place, &MatchState::default(), Coverage::Enough);
                }
                steps.step()?;
            }
            continue;
        }
        let mut accumulator = Accumulator::new(snapshot, segment, plan);
        for word in &plan.words {
            accumulator.add(word)?;
        }
        accumulator.add_phrase(plan)?;
        for (doc, held) in accumulator.held() {
            steps.step()?;
            let coverage = requirements.met_by(&held);
            let place = DocAddress { segment: ordinal, doc };
            if coverage < least || !is_candidate(segment, place) {
                continue;
            }
            has_title_of_both |= requirements.is_title_of_both(&held);
            match coverage {
                Coverage::TitlePart => title_parts.push((place, held)),
                _ => take(place, &held, coverage),
            }
        }
    }
    for (place, held) in title_parts.into_iter().filter(|_| !has_title_of_both) {
        take(place, &held, Coverage::Part);
    }
    Ok(FoundMatches { matches: Matches { works, counter }, versions, parts, whole })
}

/// The order of an answer: without a query, relevance means newest first.
fn sort_of(plan: &Plan, request: &SearchRequest) -> Sort {
    if plan.words.is_empty() && request.sort == Sort::Relevance { Sort::Newest } else { request.sort }
}

/// The requested page of works.
fn answer(
    snapshot: &Snapshot,
    answered: RelaxedAnswer<Matches<'_>>,
    request: &SearchRequest,
) -> Result<SearchAnswer, EngineError> {
    let RelaxedAnswer { plan, matches: Matches { mut works, mut counter }, recovery } = answered;
    let is_newest = recovery.as_ref().is_some_and(|recovery| recovery.kind == RecoveryKind::Newest);
    let sort = sort_of(&plan, request);
    let priors = Priors { snapshot, plan: &plan, recency: request.recency, now_s: request.now_s };
    if sort == Sort::Relevance {
        works.add_proximity(&plan, &priors)?;
        works.set_parts_apart();
    }
    let mut newest = Vec::new();
    if is_newest {
        // What is newest is no match: no page, total or count is of it.
        let (page, _) = works.page(Sort::Newest, 0, request.limit);
        newest = hits(&priors, page, request)?;
        works = Works::new(snapshot, request, sort);
        counter = Counter::new(snapshot, &request.facets, request.group);
    }
    let (total, full) = (works.len(), works.full());
    let mut offset = request.offset;
    let mut is_changed = false;
    if let Some(cursor) = &request.after {
        is_changed = cursor.is_outdated(snapshot.version) || !cursor.is_of_order(sort);
        // Scores also change with time, because of recency.
        let is_moved = is_changed || (cursor.is_by_score() && cursor.now_s != request.now_s);
        offset = offset.saturating_add(works.go_on_after(sort, cursor, is_moved)?);
    }
    let place = total - works.len() + offset;
    let (page, has_more) = works.page(sort, offset, request.limit);
    let last = page.last().filter(|_| has_more).map(|last| last.key(sort, request));
    let hits = hits(&priors, page, request)?;
    let next = last.zip(hits.last()).map(|(key, hit)| Cursor {
        version: snapshot.version,
        now_s: request.now_s,
        key,
        id: hit.card.id.clone(),
        place: place + hits.len(),
    });
    // Only a first page retains the snapshot: a cursor could come from anyone, and extend it
    // forever.
    if request.after.is_none() && next.as_ref().is_some_and(Cursor::is_by_score) {
        snapshot.hold(request.now_s);
    }
    let corrections = plan.corrections();
    let mut notes = plan.notes;
    if is_changed {
        notes.push(Note::IndexChanged);
    }
    let facets = counter.counts(request.ui_lang.as_deref())?;
    let total = Total::exact(total, full);
    let index_version = snapshot.version;
    Ok(SearchAnswer { total, place, hits, newest, corrections, recovery, facets, next, notes, index_version })
}
