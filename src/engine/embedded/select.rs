//! From matching articles to a page of works: filters, one version a work, totals, order.

use std::cmp::Ordering;

use tantivy::DocId;

use super::proximity::pairs_scores;
use super::search::Priors;
use super::snapshot::{Place, Segment, Snapshot, index_error};
use crate::engine::plan::Plan;
use crate::engine::{EngineError, Filters, Sort, ranking};

/// The filters of a request, resolved for one segment.
pub(super) struct SegmentFilter<'s> {
    segment: &'s Segment,
    filters: &'s Filters,
    /// By the ordinal of the language.
    langs: Vec<bool>,
    /// Ordinals of the topics asked for that the segment has.
    topics: Vec<u64>,
}

impl<'s> SegmentFilter<'s> {
    pub(super) fn new(segment: &'s Segment, filters: &'s Filters) -> Result<SegmentFilter<'s>, EngineError> {
        let mut topics = Vec::new();
        if let Some(column) = &segment.topic {
            for topic in &filters.topics {
                topics.extend(column.dictionary().term_ord(topic).map_err(index_error)?);
            }
        }
        let langs = segment.langs.iter().map(|lang| filters.takes_lang(lang)).collect();
        Ok(SegmentFilter { segment, filters, langs, topics })
    }

    /// Whether an article passes.
    pub(super) fn passes(&self, doc: DocId) -> bool {
        let segment = self.segment;
        (self.filters.langs.is_empty() || self.langs.get(segment.lang.get_val(doc) as usize) == Some(&true))
            && (self.filters.kinds.is_empty()
                || self.filters.kinds.iter().any(|kind| *kind as u64 == segment.kind.get_val(doc)))
            && (!self.filters.has_dates() || self.filters.takes_date(segment.published.first(doc)))
            && (self.filters.topics.is_empty() || self.has_topic(doc))
    }

    fn has_topic(&self, doc: DocId) -> bool {
        let Some(column) = &self.segment.topic else { return false };
        column.ords().values_for_doc(doc).any(|topic| self.topics.contains(&topic))
    }
}

/// A work that matches, in the version to show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) place: Place,
    /// The best score among the work's versions.
    pub(super) score: f32,
    /// What of it the nearness of words is worth.
    pub(super) nearness: f32,
    /// The score of the version to show, without that.
    pub(super) version_score: f32,
    fit: u8,
    published: Option<i64>,
    /// Where its id stands among all: ties are broken by it.
    id_rank: u32,
}

/// Keeps one candidate a work.
pub(super) struct Works<'s> {
    snapshot: &'s Snapshot,
    /// For every work number, its place in `candidates` plus one; 0 for none.
    slots: Vec<u32>,
    candidates: Vec<Candidate>,
}

impl<'s> Works<'s> {
    pub(super) fn new(snapshot: &'s Snapshot) -> Works<'s> {
        Works { snapshot, slots: vec![0; snapshot.works], candidates: Vec::new() }
    }

    /// Takes up a version that matches and passes. `fit` says how well its language suits the
    /// reader, see [`crate::engine::language_fit`].
    pub(super) fn take(&mut self, place: Place, score: f32, fit: u8) {
        let Some(segment) = self.snapshot.segments.get(place.segment) else { return };
        let published = segment.published.first(place.doc);
        let candidate = Candidate {
            place,
            score,
            nearness: 0.0,
            version_score: score,
            fit,
            published,
            id_rank: segment.id_rank(place.doc),
        };
        let Some(slot) = self.slots.get_mut(segment.work.get_val(place.doc) as usize) else { return };
        let Some(known) = (*slot as usize).checked_sub(1).and_then(|at| self.candidates.get_mut(at)) else {
            self.candidates.push(candidate);
            *slot = u32::try_from(self.candidates.len()).unwrap_or(u32::MAX);
            return;
        };
        let best = known.score.max(score);
        let order = fit.cmp(&known.fit).then(score.total_cmp(&known.version_score));
        if order.then(known.id_rank.cmp(&candidate.id_rank)) == Ordering::Greater {
            *known = candidate;
        }
        known.score = best;
    }

    /// How many works there are.
    pub(super) fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Adds what the nearness of words is worth to the best works' scores, see
    /// [`ranking::PAIR_DEPTH`]. Of works that tie at that depth, those with the lower ids.
    pub(super) fn add_nearness(&mut self, plan: &Plan, priors: &Priors<'_>) -> Result<(), EngineError> {
        if plan.pairs.is_empty() {
            return Ok(());
        }
        if self.candidates.len() > ranking::PAIR_DEPTH {
            // No more works are taken up from here on, so that their slots may go stale.
            self.candidates.select_nth_unstable_by(ranking::PAIR_DEPTH - 1, |a, b| order(Sort::Relevance, a, b));
        }
        let best: Vec<Place> =
            self.candidates.iter().take(ranking::PAIR_DEPTH).map(|candidate| candidate.place).collect();
        let scores = pairs_scores(self.snapshot, plan, &best)?;
        for (candidate, score) in self.candidates.iter_mut().zip(scores) {
            let Some(segment) = self.snapshot.segments.get(candidate.place.segment) else { continue };
            candidate.nearness = score * priors.factor(segment, candidate.place.doc);
            candidate.score += candidate.nearness;
        }
        Ok(())
    }

    /// The works from `offset` on, in order, at most `limit`. Ties are broken by id.
    pub(super) fn page(mut self, sort: Sort, offset: usize, limit: usize) -> Vec<Candidate> {
        let end = offset.saturating_add(limit).min(self.candidates.len());
        if offset >= end {
            return Vec::new();
        }
        if end < self.candidates.len() {
            self.candidates.select_nth_unstable_by(end - 1, |a, b| order(sort, a, b));
            self.candidates.truncate(end);
        }
        self.candidates.sort_unstable_by(|a, b| order(sort, a, b));
        self.candidates.split_off(offset)
    }
}

fn order(sort: Sort, a: &Candidate, b: &Candidate) -> Ordering {
    let wanted = match sort {
        Sort::Relevance => b.score.total_cmp(&a.score),
        Sort::Newest => b.published.cmp(&a.published),
        Sort::Oldest => (a.published.is_none(), a.published).cmp(&(b.published.is_none(), b.published)),
    };
    wanted.then(a.id_rank.cmp(&b.id_rank))
}
