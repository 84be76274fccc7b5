//! Related articles over a snapshot.
//!
//! A ladder: articles that share the telling terms, then those under the same topics, then the
//! newest; on each rung the article's own language first. A rung is only stepped on while works
//! are missing.

use std::collections::HashSet;

use tantivy::DocSet;
use tantivy::schema::IndexRecordOption;

use super::filter::Filter;
use super::scoring::Accumulator;
use super::search::versions;
use super::select::{Candidate, Works};
use super::snapshot::{Place, Snapshot};
use crate::analysis::Zone;
use crate::engine::plan::Collection;
use crate::engine::related::{REASON_TERMS, WeightedTerm, telling_terms};
use crate::engine::{EngineError, Filters, Reason, RelatedAnswer, RelatedHit, RelatedRequest, Sort};

/// The works nearest to the article at a place.
pub(super) fn related(
    snapshot: &Snapshot,
    place: Place,
    request: &RelatedRequest,
) -> Result<Option<RelatedAnswer>, EngineError> {
    let Some(segment) = snapshot.segments.get(place.segment) else { return Ok(None) };
    if !segment.is_visible(place.doc, request.now_s) {
        return Ok(None);
    }
    let (lang, group) = segment.lang_of(place.doc);
    let articles = snapshot.languages.get(group).map_or(0, |language| language.articles);
    let terms = telling_terms(snapshot.key_terms(place)?, articles, |stem| snapshot.matching(stem))?;
    let mut ladder = Ladder { snapshot, request, seen: HashSet::new(), hits: Vec::new() };
    for version in versions(snapshot, place)? {
        ladder.seen.insert(version);
    }
    let topic = deepest_topics(snapshot, place)?;
    let own = Filters { langs: own_language(request, lang), ..request.filters.clone() };
    for filters in [&own, &request.filters] {
        ladder.by_terms(&terms, filters)?;
        for (path, label) in &topic {
            ladder.by_topic(path, label, filters)?;
        }
        ladder.newest(filters)?;
    }
    let id = segment.id_of(place.doc)?;
    Ok(Some(RelatedAnswer { id, hits: ladder.hits, index_version: snapshot.version }))
}

fn own_language(request: &RelatedRequest, lang: &str) -> Vec<String> {
    match request.filters.langs.as_slice() {
        [] => lang.split('-').next().map(str::to_owned).into_iter().collect(),
        langs => langs.to_vec(),
    }
}

/// The topics of an article, the deepest first.
fn deepest_topics(snapshot: &Snapshot, place: Place) -> Result<Vec<(String, String)>, EngineError> {
    let mut topics: Vec<(String, String)> =
        snapshot.card(place)?.topics.into_iter().map(|topic| (topic.path, topic.label)).collect();
    topics.sort_by_key(|(path, _)| std::cmp::Reverse(path.matches('/').count()));
    Ok(topics)
}

struct Ladder<'s> {
    snapshot: &'s Snapshot,
    request: &'s RelatedRequest,
    /// Every version of every work that is answered, or must not be.
    seen: HashSet<Place>,
    hits: Vec<RelatedHit>,
}

impl Ladder<'_> {
    fn missing(&self) -> usize {
        self.request.limit.saturating_sub(self.hits.len())
    }

    fn by_terms(&mut self, terms: &[WeightedTerm], filters: &Filters) -> Result<(), EngineError> {
        if self.missing() == 0 || terms.is_empty() {
            return Ok(());
        }
        let snapshot = self.snapshot;
        let filter = Filter::new(&snapshot.values, filters);
        let mut works = Works::new(snapshot, true, Sort::Relevance);
        for (ordinal, segment) in snapshot.segments.iter().enumerate() {
            let mut accumulator = Accumulator::new(snapshot, segment);
            for term in terms {
                accumulator.add(&term.as_word())?;
            }
            for (doc, held) in accumulator.held() {
                let place = Place { segment: ordinal, doc };
                let is_new = !self.seen.contains(&place) && segment.is_visible(doc, self.request.now_s);
                if is_new && filter.passes(segment, place) {
                    works.take(place, held.score, 0);
                }
            }
        }
        for candidate in works.page(Sort::Relevance, 0, self.missing()).0 {
            let shared = shared_terms(snapshot, candidate.place, terms)?;
            self.answer(candidate, Reason::Terms { terms: shared })?;
        }
        Ok(())
    }

    fn by_topic(&mut self, path: &str, label: &str, filters: &Filters) -> Result<(), EngineError> {
        if !filters.topics.is_empty() {
            return Ok(());
        }
        let filters = Filters { topics: vec![path.to_owned()], ..filters.clone() };
        self.newest_of(&filters, &Reason::Topic { path: path.to_owned(), label: label.to_owned() })
    }

    fn newest(&mut self, filters: &Filters) -> Result<(), EngineError> {
        self.newest_of(filters, &Reason::Recent)
    }

    fn newest_of(&mut self, filters: &Filters, reason: &Reason) -> Result<(), EngineError> {
        if self.missing() == 0 {
            return Ok(());
        }
        let filter = Filter::new(&self.snapshot.values, filters);
        let mut works = Works::new(self.snapshot, true, Sort::Newest);
        for (ordinal, segment) in self.snapshot.segments.iter().enumerate() {
            for doc in segment.reader.doc_ids_alive() {
                let place = Place { segment: ordinal, doc };
                let is_new = !self.seen.contains(&place) && segment.is_visible(doc, self.request.now_s);
                if is_new && filter.passes(segment, place) {
                    works.take(place, 0.0, 0);
                }
            }
        }
        for candidate in works.page(Sort::Newest, 0, self.missing()).0 {
            self.answer(candidate, reason.clone())?;
        }
        Ok(())
    }

    fn answer(&mut self, candidate: Candidate, reason: Reason) -> Result<(), EngineError> {
        self.seen.extend(versions(self.snapshot, candidate.place)?);
        let card = self.snapshot.card(candidate.place)?;
        self.hits.push(RelatedHit { card, score: candidate.score, reasons: vec![reason] });
        Ok(())
    }
}

/// The weightiest terms that an article shares, as words.
fn shared_terms(snapshot: &Snapshot, place: Place, terms: &[WeightedTerm]) -> Result<Vec<String>, EngineError> {
    let mut shared: Vec<String> = Vec::new();
    let Some(segment) = snapshot.segments.get(place.segment) else { return Ok(shared) };
    for weighted in terms {
        for zone in Zone::ALL {
            let list = segment.stem_postings(snapshot, zone, &weighted.stem, IndexRecordOption::Basic)?;
            let Some(mut list) = list else { continue };
            if list.doc() <= place.doc && list.seek(place.doc) == place.doc {
                shared.push(weighted.word.clone());
                break;
            }
        }
        if shared.len() == REASON_TERMS {
            break;
        }
    }
    Ok(shared)
}
