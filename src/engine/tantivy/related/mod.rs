//! Related works over a snapshot.
//!
//! The similarity of every work to an article is computed from the postings ([`scorer`]), for all
//! articles when a generation is built ([`neighbours_file`]); which works are shown is chosen at
//! query time. Fallback tiers: similar works, then the newest of the same kind, then the newest.
//! Works in the source article's language go through all tiers before other languages, unless the
//! request accepts any language. A tier is only used while works are missing.

pub(crate) mod neighbours_file;
pub(crate) mod scorer;

pub(crate) use self::neighbours_file::{StoreError, keep};

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use self::neighbours_file::asked_versions;
use self::scorer::{Scorer, VersionProfile};
use super::reader::articles::place;
use super::reader::neighbours::{LookedFor, RelatedCandidate};
use super::reader::segment::DocAddress;
use super::reader::snapshot::Snapshot;
use super::search::filter::Filter;
use crate::analysis::{ArticleTerms, KeyTerm, language_group};
use crate::article::Article;
use crate::engine::cancellation::checkpoint;
use crate::engine::filters::Filters;
use crate::engine::related::diversify::{self, NearDuplicates, in_order};
use crate::engine::related::document_profile::work_key;
use crate::engine::related::reasons::{SurfaceForms, reasons};
use crate::engine::related::{DocumentProfile, KEPT, Shared, Similarity};
use crate::engine::{
    ArticleKey, Card, EngineError, FallbackTier, Reason, RelatedAnswer, RelatedHit, RelatedRequest, RelatedTo,
    language_fit,
};

/// The works most similar to the origin of a request.
pub(crate) fn related(snapshot: &Snapshot, request: &RelatedRequest) -> Result<Option<RelatedAnswer>, EngineError> {
    let origin = match &request.to {
        RelatedTo::Article(key) => match place(snapshot, key, request.now_s)? {
            Some(place) => RelatedTarget::of_article(snapshot, place, request.now_s)?,
            None => None,
        },
        RelatedTo::Draft(article) => Some(RelatedTarget::of_draft(snapshot, article, request.now_s)?),
    };
    let Some(origin) = origin else { return Ok(None) };
    let id = origin.place.is_some().then(|| origin.card.id.clone());
    let mut tiers = FallbackTiers::new(snapshot, request, &origin);
    tiers.fill()?;
    Ok(Some(RelatedAnswer { id, hits: tiers.hits, index_version: snapshot.version }))
}

/// The origin of a request for related works.
struct RelatedTarget {
    card: Card,
    profile: DocumentProfile,
    /// Its address, if it is in the index.
    place: Option<DocAddress>,
    /// Its own work, and for a draft the works that it would replace.
    own: Vec<u32>,
    /// The counted versions of its work, by id, followed by itself if it is not counted yet; empty
    /// for a draft.
    versions: Vec<DocAddress>,
    /// Its index among them.
    version: usize,
    sketches: NearDuplicates,
}

impl RelatedTarget {
    /// The origin for a visible article.
    fn of_article(snapshot: &Snapshot, place: DocAddress, now_s: i64) -> Result<Option<RelatedTarget>, EngineError> {
        let Some(segment) = snapshot.segments.get(place.segment) else { return Ok(None) };
        if !segment.is_visible(place.doc, now_s) {
            return Ok(None);
        }
        let work = snapshot.work_of(place);
        let uncounted = Some(place).filter(|place| !snapshot.is_counted(*place));
        let versions: Vec<DocAddress> = snapshot.counted_versions(work).chain(uncounted).collect();
        let mut sketches = NearDuplicates::default();
        for version in &versions {
            sketches.show(snapshot.sketch(*version));
        }
        Ok(Some(RelatedTarget {
            card: snapshot.card(place)?,
            profile: snapshot.profile(place)?,
            place: Some(place),
            own: vec![work],
            version: versions.iter().position(|version| *version == place).unwrap_or(0),
            versions,
            sketches,
        }))
    }

    fn of_draft(snapshot: &Snapshot, article: &Article, now_s: i64) -> Result<RelatedTarget, EngineError> {
        let terms = ArticleTerms::of(article, &mut HashMap::new());
        let mut places = snapshot.all_with_key(&work_key(&article.work))?;
        let url = article.url.clone().map(ArticleKey::Url);
        for key in [ArticleKey::Id(article.id.clone())].into_iter().chain(url) {
            places.extend(place(snapshot, &key, now_s)?);
        }
        places.retain(|place| snapshot.is_visible(*place, now_s));
        let mut own: Vec<u32> = places.iter().map(|place| snapshot.work_of(*place)).collect();
        own.sort_unstable();
        own.dedup();
        let mut sketches = NearDuplicates::default();
        sketches.show(terms.sketch);
        let profile = DocumentProfile::of(article, &terms);
        Ok(RelatedTarget {
            card: Card::of(article),
            profile,
            place: None,
            own,
            versions: Vec::new(),
            version: 0,
            sketches,
        })
    }

    /// The surface forms of the compared terms.
    fn written(
        &self,
        snapshot: &Snapshot,
        version: usize,
        looked_for: &LookedFor,
    ) -> Result<SurfaceForms, EngineError> {
        let other;
        let profile = match self.place.filter(|_| version != self.version) {
            Some(_) => {
                let Some(place) = self.versions.get(version) else { return Ok(SurfaceForms::default()) };
                other = snapshot.profile(*place)?;
                &other
            }
            None => &self.profile,
        };
        let written = |terms: &[KeyTerm], places: &[usize]| {
            places.iter().map(|place| terms.get(*place).map_or(String::new(), |term| term.written.clone())).collect()
        };
        Ok(SurfaceForms {
            words: written(&profile.terms.words, &looked_for.words),
            phrases: written(&profile.terms.phrases, &looked_for.phrases),
            is_translated: version != self.version,
        })
    }
}

/// Works that may be shown, best first, and whether the list is complete.
struct Pool {
    works: Vec<RelatedCandidate>,
    looked_for: Vec<LookedFor>,
    is_whole: bool,
}

/// A version of a work that may be shown.
#[derive(Clone, Copy)]
struct RelatedChoice {
    place: DocAddress,
    candidate: RelatedCandidate,
    published: Option<i64>,
    id_rank: u32,
}

struct FallbackTiers<'s> {
    snapshot: &'s Snapshot,
    request: &'s RelatedRequest,
    origin: &'s RelatedTarget,
    /// The similar works, if they had to be computed.
    worked_out: Option<Pool>,
    /// Works that are already in the answer or must not be.
    seen: HashSet<u32>,
    copies: NearDuplicates,
    /// Whether works were skipped as near-duplicates.
    had_copies: bool,
    hits: Vec<RelatedHit>,
}

impl<'s> FallbackTiers<'s> {
    fn new(snapshot: &'s Snapshot, request: &'s RelatedRequest, origin: &'s RelatedTarget) -> FallbackTiers<'s> {
        FallbackTiers {
            snapshot,
            request,
            origin,
            worked_out: None,
            seen: origin.own.iter().copied().collect(),
            copies: origin.sketches.clone(),
            had_copies: false,
            hits: Vec::new(),
        }
    }

    fn fill(&mut self) -> Result<(), EngineError> {
        let all = &self.request.filters;
        let own_lang = self.origin.card.lang.split('-').next().map(str::to_owned);
        let own = Filters { langs: own_lang.into_iter().collect(), ..all.clone() };
        let is_asked = !all.langs.is_empty();
        let kind = |filters: &Filters| {
            let kinds = &filters.kinds;
            let fits = kinds.is_empty() || kinds.contains(&self.origin.card.kind);
            fits.then(|| Filters { kinds: vec![self.origin.card.kind.clone()], ..filters.clone() })
        };
        let languages: Vec<&Filters> = if is_asked { vec![all] } else { vec![&own, all] };
        if self.request.any_lang {
            self.by_similarity(all, false)?;
            for filters in &languages {
                self.newest(kind(filters).as_ref(), FallbackTier::Kind)?;
            }
            for filters in &languages {
                self.newest(Some(filters), FallbackTier::Recent)?;
            }
        } else {
            for filters in &languages {
                self.by_similarity(filters, std::ptr::eq(*filters, &own))?;
                self.newest(kind(filters).as_ref(), FallbackTier::Kind)?;
                self.newest(Some(filters), FallbackTier::Recent)?;
            }
        }
        if self.hits.is_empty() && self.had_copies {
            // A near-duplicate is better than nothing.
            self.copies = NearDuplicates::default();
            self.newest(Some(all), FallbackTier::Recent)?;
        }
        Ok(())
    }

    fn missing(&self) -> usize {
        self.request.limit.saturating_sub(self.hits.len())
    }

    /// Adds similar works, from the stored ones if they suffice, else computed now.
    fn by_similarity(&mut self, filters: &Filters, is_own_language: bool) -> Result<(), EngineError> {
        if self.missing() == 0 {
            return Ok(());
        }
        if self.worked_out.is_none()
            && let Some(pool) = self.kept(is_own_language)
            && let Some(shown) = self.chosen(&pool, filters)
        {
            return self.show_near(shown, &pool.looked_for);
        }
        let mut pool = match self.worked_out.take() {
            Some(pool) => pool,
            None => self.work_out(diversify::choice(self.request.limit))?,
        };
        let mut shown = self.chosen(&pool, filters);
        if shown.is_none() {
            pool = self.work_out(usize::MAX)?;
            shown = self.chosen(&pool, filters);
        }
        self.show_near(shown.unwrap_or_default(), &pool.looked_for)?;
        self.worked_out = Some(pool);
        Ok(())
    }

    /// The stored similar works of the source article.
    fn kept(&self, is_own_language: bool) -> Option<Pool> {
        let place = self.origin.place?;
        if !self.snapshot.counts_all_seen(self.request.now_s) {
            return None; // the stored works do not include articles that have just appeared
        }
        let store = self.snapshot.nearest.load();
        let mut kept = store.as_ref()?.of(self.snapshot.work_of(place))?;
        let own = kept.in_language.get_mut(self.origin.version).map(std::mem::take)?;
        let mut works = kept.of_all;
        if is_own_language {
            works = own;
        } else {
            // If a work shares terms with this version, report these terms.
            for work in &mut works {
                if let Some(known) = own.iter().find(|known| known.work == work.work) {
                    *work = *known;
                }
            }
        }
        Some(Pool { is_whole: works.len() < KEPT, works, looked_for: kept.looked_for })
    }

    /// All similar works, without those that share only topics if there are `enough` others.
    fn work_out(&self, enough: usize) -> Result<Pool, EngineError> {
        let asked = match self.origin.place {
            Some(place) => {
                let uncounted = Some(place).filter(|place| !self.snapshot.is_counted(*place));
                asked_versions(self.snapshot, self.snapshot.work_of(place), uncounted)?
            }
            None => {
                let group = language_group(&self.origin.card.lang);
                let group = self.snapshot.languages.iter().position(|language| language.lang == group);
                vec![VersionProfile {
                    profile: self.origin.profile.clone(),
                    group,
                    is_indexed: !self.origin.own.is_empty(),
                }]
            }
        };
        let near = Scorer::new(self.snapshot).near(&asked, &self.origin.own, enough)?;
        let works = near.candidates(self.origin.version);
        Ok(Pool { works, looked_for: near.looked_for, is_whole: near.is_whole })
    }

    /// The works of a pool to show, in order; `None` if the pool may be incomplete.
    fn chosen(&self, pool: &Pool, filters: &Filters) -> Option<Vec<RelatedChoice>> {
        let filter = Filter::new(&self.snapshot.values, filters);
        let choice = diversify::choice(self.request.limit);
        let mut rest: Vec<RelatedCandidate> =
            pool.works.iter().filter(|candidate| !self.seen.contains(&candidate.work)).copied().collect();
        let mut choices = self.next_choices(&mut rest, choice, &filter);
        if !pool.is_whole && choices.len() < choice {
            return None;
        }
        let similarity: Vec<Similarity> =
            choices.iter().take(choice).map(|choice| choice.candidate.similarity).collect();
        let mut order = in_order(&similarity).into_iter().chain(similarity.len()..);
        let mut copies = self.copies.clone();
        let mut shown = Vec::new();
        while shown.len() < self.missing()
            && let Some(at) = order.next()
        {
            if at == choices.len() {
                choices.extend(self.next_choices(&mut rest, choice, &filter));
            }
            let Some(choice) = choices.get(at) else { break };
            let sketch = self.snapshot.sketch(choice.place);
            if !copies.has(sketch) {
                copies.show(sketch);
                shown.push(*choice);
            }
        }
        (pool.is_whole || shown.len() == self.missing()).then_some(shown)
    }

    /// Removes and returns the next works that may be shown, most similar first: at least `many`
    /// while there are some. Few of the many similar works are ever needed.
    fn next_choices(
        &self,
        rest: &mut Vec<RelatedCandidate>,
        at_least: usize,
        filter: &Filter<'_>,
    ) -> Vec<RelatedChoice> {
        let mut choices = Vec::new();
        let mut many = at_least * 2;
        while choices.len() < at_least && !rest.is_empty() {
            let nearest = take_nearest(rest, many);
            let mut passing: Vec<RelatedChoice> =
                nearest.into_iter().filter_map(|candidate| self.choice(candidate, filter)).collect();
            passing.sort_unstable_by(|a, b| {
                let by_similarity = a.candidate.similarity.order(&b.candidate.similarity);
                by_similarity.then(b.published.cmp(&a.published)).then(a.id_rank.cmp(&b.id_rank))
            });
            choices.extend(passing);
            many *= 4;
        }
        choices
    }

    /// The version of a work to show, if one passes.
    fn choice(&self, candidate: RelatedCandidate, filter: &Filter<'_>) -> Option<RelatedChoice> {
        let choices = self.snapshot.versions(candidate.work).iter().filter_map(|place| {
            let segment = self.snapshot.segments.get(place.segment)?;
            let passes = segment.is_visible(place.doc, self.request.now_s) && filter.passes(segment, *place);
            let fit = language_fit(segment.lang_of(place.doc).0, Some(&self.origin.card.lang));
            let published = segment.published.first(place.doc);
            passes.then(|| {
                (fit, RelatedChoice { place: *place, candidate, published, id_rank: segment.id_rank(place.doc) })
            })
        });
        choices.max_by_key(|(fit, choice)| (*fit, Reverse(choice.id_rank))).map(|(_, choice)| choice)
    }

    fn show_near(&mut self, shown: Vec<RelatedChoice>, looked_for: &[LookedFor]) -> Result<(), EngineError> {
        let mut written: HashMap<usize, SurfaceForms> = HashMap::new();
        for RelatedChoice { place, candidate, .. } in shown {
            let RelatedCandidate { work, similarity, version } = candidate;
            let written = match written.entry(version) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => {
                    let looked_for = looked_for.get(version).cloned().unwrap_or_default();
                    new.insert(self.origin.written(self.snapshot, version, &looked_for)?)
                }
            };
            checkpoint()?;
            let card = self.snapshot.card(place)?;
            let why = self.reasons(similarity.shared, written, &card, work)?;
            self.show(place, work, card, similarity.score, similarity.tier(), why);
        }
        Ok(())
    }

    /// The reasons for a work shown with a card. If the two versions have nothing in common, other
    /// versions of their works share a topic or the series.
    fn reasons(
        &self,
        shared: Shared,
        written: &SurfaceForms,
        card: &Card,
        work: u32,
    ) -> Result<Vec<Reason>, EngineError> {
        let why = reasons(shared, written, &self.origin.card, &self.origin.profile.topics, card);
        if !why.is_empty() {
            return Ok(why);
        }
        let (mut asked, mut whole) = (self.origin.card.clone(), card.clone());
        for place in self.snapshot.counted_versions(work) {
            whole.topics.extend(self.snapshot.card(place)?.topics);
        }
        let mut topics = self.origin.profile.topics.clone();
        // The published version that a draft would replace was not compared.
        for place in &self.origin.versions {
            topics.extend(self.snapshot.profile(*place)?.topics);
            asked.series = asked.series.or(self.snapshot.card(*place)?.series);
        }
        Ok(reasons(shared, written, &asked, &topics, &whole))
    }

    /// Adds the newest works.
    fn newest(&mut self, filters: Option<&Filters>, tier: FallbackTier) -> Result<(), EngineError> {
        let Some(filters) = filters.filter(|_| self.missing() > 0) else { return Ok(()) };
        let filter = Filter::new(&self.snapshot.values, filters);
        let nothing = |work| RelatedCandidate { work, similarity: Similarity::default(), version: 0 };
        let works =
            (0..u32::try_from(self.snapshot.works).unwrap_or(u32::MAX)).filter(|work| !self.seen.contains(work));
        let mut choices: Vec<RelatedChoice> = works.filter_map(|work| self.choice(nothing(work), &filter)).collect();
        choices.sort_unstable_by_key(|choice| (Reverse(choice.published), choice.id_rank));
        for RelatedChoice { place, candidate, .. } in choices {
            if self.missing() == 0 {
                break;
            }
            if self.copies.has(self.snapshot.sketch(place)) {
                self.had_copies = true;
                continue;
            }
            checkpoint()?;
            let why = if tier == FallbackTier::Kind { Reason::Kind } else { Reason::Recent };
            let card = self.snapshot.card(place)?;
            self.show(place, candidate.work, card, 0.0, tier, vec![why]);
        }
        Ok(())
    }

    fn show(&mut self, place: DocAddress, work: u32, card: Card, score: f32, tier: FallbackTier, reasons: Vec<Reason>) {
        self.seen.insert(work);
        self.copies.show(self.snapshot.sketch(place));
        let other_language = language_group(&card.lang) != language_group(&self.origin.card.lang);
        self.hits.push(RelatedHit { card, score, tier, other_language, reasons });
    }
}

/// Removes and returns the most similar works, unsorted: `many`, and those that tie with the last
/// of them.
fn take_nearest(rest: &mut Vec<RelatedCandidate>, many: usize) -> Vec<RelatedCandidate> {
    if rest.len() <= many {
        return std::mem::take(rest);
    }
    let (_, last, _) = rest.select_nth_unstable_by(many, |a, b| a.similarity.order(&b.similarity));
    let last = last.similarity;
    rest.extract_if(.., |candidate| candidate.similarity.order(&last).is_le()).collect()
}
