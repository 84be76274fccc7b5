//! Collects matching articles into a page of works: one version per work, totals, order.

use std::cmp::Ordering;

use super::boosts::Priors;
use super::proximity::pairs_scores;
use crate::engine::planning::Plan;
use crate::engine::ranking::Coverage;
use crate::engine::tantivy::reader::segment::DocAddress;
use crate::engine::tantivy::reader::snapshot::Snapshot;
use crate::engine::{Cursor, CursorKey, EngineError, EventPosition, SearchRequest, Sort, ranking};

/// A matching work, with the version to show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WorkCandidate {
    pub(crate) place: DocAddress,
    /// The best score among the work's versions.
    pub(crate) score: f32,
    /// The proximity part of the score.
    pub(crate) proximity: f32,
    /// The score of the version to show, without proximity.
    pub(crate) version_score: f32,
    /// Whether no version of it matches more than a part of the query.
    is_part: bool,
    /// Whether a version of it holds all telling words.
    is_full: bool,
    /// What its scores were lowered by, see [`Works::set_parts_apart`].
    pub(crate) part_factor: f32,
    fit: u8,
    published: Option<i64>,
    event: EventPosition,
    /// The rank of its id, which breaks ties.
    id_rank: u32,
}

/// Keeps one candidate per work, or every version if they are not grouped.
pub(crate) struct Works<'s> {
    snapshot: &'s Snapshot,
    /// For every work number, its index in `candidates` plus one; 0 for none. `None` if every
    /// version is kept.
    slots: Option<Vec<u32>>,
    /// Whether the better match is shown among versions that fit the reader equally. Not in a list
    /// by date, where the position of a work must not depend on other articles.
    by_score: bool,
    /// The second, in Unix time, from which the order of events is seen; `None` in another order.
    events_seen_s: Option<i64>,
    candidates: Vec<WorkCandidate>,
}

impl<'s> Works<'s> {
    /// No works yet, of a request whose hits have this order.
    pub(crate) fn new(snapshot: &'s Snapshot, request: &SearchRequest, sort: Sort) -> Works<'s> {
        Works {
            snapshot,
            slots: request.group.then(|| vec![0; snapshot.works]),
            by_score: sort == Sort::Relevance,
            events_seen_s: (sort == Sort::Events).then(|| request.events_seen_s()),
            candidates: Vec::new(),
        }
    }

    /// Adds a version that matches and passes the filters. `fit` says how well its language fits
    /// the reader, see [`crate::engine::language_fit`].
    pub(crate) fn take(&mut self, place: DocAddress, score: f32, fit: u8, coverage: Coverage, is_full: bool) {
        let Some(segment) = self.snapshot.segments.get(place.segment) else { return };
        let published = segment.published.first(place.doc);
        let candidate = WorkCandidate {
            place,
            score,
            proximity: 0.0,
            version_score: score,
            is_part: coverage == Coverage::Part,
            is_full,
            part_factor: 1.0,
            fit,
            published,
            event: self.events_seen_s.map_or(EventPosition::NoEvent, |at_s| segment.event_position(place.doc, at_s)),
            id_rank: segment.id_rank(place.doc),
        };
        let Some(slots) = &mut self.slots else { return self.candidates.push(candidate) };
        let Some(slot) = slots.get_mut(segment.work_of(place.doc) as usize) else { return };
        let Some(known) = (*slot as usize).checked_sub(1).and_then(|at| self.candidates.get_mut(at)) else {
            self.candidates.push(candidate);
            *slot = u32::try_from(self.candidates.len()).unwrap_or(u32::MAX);
            return;
        };
        let best = known.score.max(score);
        let (is_part, is_full) = (known.is_part && candidate.is_part, known.is_full || is_full);
        let by_score = if self.by_score { score.total_cmp(&known.version_score) } else { Ordering::Equal };
        let order = fit.cmp(&known.fit).then(by_score);
        if order.then(known.id_rank.cmp(&candidate.id_rank)) == Ordering::Greater {
            *known = candidate;
        }
        known.score = best;
        (known.is_part, known.is_full) = (is_part, is_full);
    }

    /// The number of works.
    pub(crate) fn len(&self) -> usize {
        self.candidates.len()
    }

    /// The number of works that hold all telling words.
    pub(crate) fn full(&self) -> usize {
        self.candidates.iter().filter(|candidate| candidate.is_full).count()
    }

    /// Lowers the scores of all partial matches by one factor, so that they come after the others.
    pub(crate) fn set_parts_apart(&mut self) {
        let scores = self.candidates.iter().map(|candidate| (candidate.is_part, candidate.score));
        let factor = ranking::part_factor(scores);
        for candidate in self.candidates.iter_mut().filter(|candidate| candidate.is_part) {
            candidate.is_part = false;
            candidate.score *= factor;
            candidate.proximity *= factor;
            candidate.version_score *= factor;
            candidate.part_factor = factor;
        }
    }

    /// Adds proximity to the scores of the best works, see [`ranking::PAIR_DEPTH`]. Of works that
    /// tie at that depth, those with the lower ids.
    pub(crate) fn add_proximity(&mut self, plan: &Plan, priors: &Priors<'_>) -> Result<(), EngineError> {
        if plan.pairs.is_empty() {
            return Ok(());
        }
        if self.candidates.len() > ranking::PAIR_DEPTH {
            // No more works are added from here on, so the slots may become stale.
            self.candidates.select_nth_unstable_by(ranking::PAIR_DEPTH - 1, |a, b| order(Sort::Relevance, a, b));
        }
        let best: Vec<DocAddress> =
            self.candidates.iter().take(ranking::PAIR_DEPTH).map(|candidate| candidate.place).collect();
        let scores = pairs_scores(self.snapshot, plan, &best)?;
        for (candidate, score) in self.candidates.iter_mut().zip(scores) {
            let Some(segment) = self.snapshot.segments.get(candidate.place.segment) else { continue };
            candidate.proximity = score * priors.factor(segment, candidate.place.doc);
            candidate.score += candidate.proximity;
        }
        Ok(())
    }

    /// Removes the works up to the end of an earlier page. If the list is from another state of the
    /// articles or another time (`is_moved`), the last work of that page may have another position
    /// or be gone: if it is gone, the number of works to skip is returned instead.
    pub(crate) fn go_on_after(&mut self, sort: Sort, cursor: &Cursor, is_moved: bool) -> Result<usize, EngineError> {
        if !cursor.is_of_order(sort) {
            return Ok(cursor.place);
        }
        // The rank of the first id after the cursor's: the cursor's own rank is lower.
        let mut last = WorkCandidate { id_rank: self.snapshot.ids_until(&cursor.id)?, ..WorkCandidate::NOWHERE };
        match cursor.key {
            CursorKey::Score(score) => last.score = score,
            CursorKey::Published(published) => last.published = published,
            CursorKey::Event(event, _) => last.event = event,
        }
        if is_moved {
            let place = self.snapshot.find(self.snapshot.fields.id, &cursor.id)?;
            let known = self.candidates.iter().find(|candidate| Some(candidate.place) == place);
            let Some(known) = known else { return Ok(cursor.place.saturating_sub(1)) };
            last.score = known.score;
        }
        self.candidates.retain(|candidate| order(sort, candidate, &last) != Ordering::Less);
        Ok(0)
    }

    /// The works from `offset` on, sorted, at most `limit`, and whether there are more. Ties are
    /// broken by id.
    pub(crate) fn page(mut self, sort: Sort, offset: usize, limit: usize) -> (Vec<WorkCandidate>, bool) {
        let end = offset.saturating_add(limit).min(self.candidates.len());
        if offset >= end {
            return (Vec::new(), false);
        }
        let has_more = end < self.candidates.len();
        if has_more {
            self.candidates.select_nth_unstable_by(end - 1, |a, b| order(sort, a, b));
            self.candidates.truncate(end);
        }
        self.candidates.sort_unstable_by(|a, b| order(sort, a, b));
        (self.candidates.split_off(offset), has_more)
    }
}

impl WorkCandidate {
    /// The sort key of a cursor after this work.
    pub(crate) fn key(&self, sort: Sort, request: &SearchRequest) -> CursorKey {
        match sort {
            Sort::Relevance => CursorKey::Score(self.score),
            Sort::Newest | Sort::Oldest => CursorKey::Published(self.published),
            Sort::Events => CursorKey::Event(self.event, request.events_seen_s()),
        }
    }

    const NOWHERE: WorkCandidate = WorkCandidate {
        place: DocAddress { segment: usize::MAX, doc: 0 },
        score: 0.0,
        proximity: 0.0,
        version_score: 0.0,
        fit: 0,
        is_part: false,
        is_full: false,
        part_factor: 1.0,
        published: None,
        event: EventPosition::NoEvent,
        id_rank: 0,
    };
}

fn order(sort: Sort, a: &WorkCandidate, b: &WorkCandidate) -> Ordering {
    let wanted = match sort {
        Sort::Relevance => a.is_part.cmp(&b.is_part).then(b.score.total_cmp(&a.score)),
        Sort::Newest => b.published.cmp(&a.published),
        Sort::Oldest => (a.published.is_none(), a.published).cmp(&(b.published.is_none(), b.published)),
        Sort::Events => a.event.cmp(&b.event),
    };
    wanted.then(a.id_rank.cmp(&b.id_rank))
}
