//! Query relaxation: a search without results is retried with corrected spelling, fewer words or
//! wider filters. If all of it finds nothing, the answer has the newest articles apart from its hits.
//! The reader is told what was done.
//!
//! The decisions are made here for all engines; an engine only finds the matches of a plan under
//! filters. Decisions depend on the complete matches, never on the requested page, so all pages of
//! a search show the same list.

pub(crate) use super::rewording::{form_in_body, form_on_card, most_frequent_form};

use std::cell::Cell;

use super::budget::most_reads;
use super::collection::Collection;
use super::plan::{CorrectionMode, Note, Plan, Variant, VariantOrigin, is_long};
use super::rewording::worded;
use crate::analysis::fold;
use crate::article::Kind;
use crate::engine::filters::{Facet, Filters};
use crate::engine::response::{DroppedFilter, Recovery, RecoveryKind};
use crate::engine::{SearchRequest, ranking};

/// The matches of a plan.
pub(crate) struct FoundMatches<M> {
    /// The matches, in the engine's own representation.
    pub(crate) matches: M,
    /// The number of versions that match the query and pass the filters.
    pub(crate) versions: usize,
    /// The number of versions that match it in part, see [`ranking::Coverage::Part`]. They are among
    /// the matches.
    pub(crate) parts: usize,
    /// How many of them contain nearly the whole query, see [`is_whole`].
    pub(crate) whole: usize,
}

/// The answer to a search, possibly relaxed.
pub(crate) struct RelaxedAnswer<M> {
    /// The plan that was searched for.
    pub(crate) plan: Plan,
    /// Its matches.
    pub(crate) matches: M,
    /// How the query was relaxed or corrected; `None` if it was not.
    pub(crate) recovery: Option<Recovery>,
}

/// The share of a query's weight that counts as nearly the whole query.
const WHOLE_SHARE: f32 = 0.9;

/// Whether a match contains nearly the whole query.
pub(crate) fn is_whole(requirements: &ranking::MatchRequirements, held: &ranking::MatchState) -> bool {
    held.weight >= WHOLE_SHARE * requirements.weight
}

/// How many articles are read to find the surface form of a word.
pub(crate) const MAX_ASKED: usize = 8;

/// A query that no version contains as a whole may have a misspelt word. It is corrected if more
/// versions than this contain the whole corrected query.
const WEAKLY_HELD: usize = 2;
/// The cost limit of a search including all relaxation, as a multiple of that of one query.
const HELP_READS: u64 = 2;
/// The maximum number of words that are searched for individually, to find those with matches under
/// the filters.
const MAX_SINGLE: usize = 4;

/// Searches with a plan and, if it finds nothing, with relaxed ones.
///
/// A search that needs no relaxation is one pass. Relaxation is bounded: three passes for
/// corrections, one for each corrected word, one with soft expansions, one for joined words, seven
/// with fewer words, [`MAX_SINGLE`] for single words, and two for each wider set of filters, of
/// which there are seven and one or two per level of a topic.
pub(crate) fn search<C: Collection, M>(
    collection: &C,
    plan: Plan,
    request: &SearchRequest,
    matching: impl Fn(&Plan, &Filters) -> Result<FoundMatches<M>, C::Error>,
) -> Result<RelaxedAnswer<M>, C::Error> {
    let articles = collection.languages().iter().map(|language| language.articles).sum();
    let helper = Helper { collection, request, matching, articles, spent: Cell::new(0), is_cut: Cell::new(false) };
    let found = helper.matching(&plan, &request.filters)?;
    // A list without a query is never relaxed.
    if request.literal || (plan.words.is_empty() && plan.required.is_empty()) {
        return Ok(RelaxedAnswer { plan, matches: found.matches, recovery: None });
    }
    let (mut plan, found) = helper.corrected(plan, found)?;
    if found.versions == 0 && helper.is_part_of_list(&plan, &found)? {
        plan.notes.push(Note::NotAllWords);
        let (plan, found) = helper.guessed(plan, found)?;
        return Ok(helper.noted(RelaxedAnswer { plan, matches: found.matches, recovery: None }));
    }
    if found.versions > 0 {
        let recovery = helper.respelling(&plan)?;
        let (plan, found) = helper.guessed(plan, found)?;
        return Ok(helper.noted(RelaxedAnswer { plan, matches: found.matches, recovery }));
    }
    let fewer = plan.with_fewer_words();
    let helped = match helper.fewer_words(&fewer)? {
        Some(helped) => Some(helped),
        None => match helper.wider_filters(&plan, fewer.last())? {
            Some(helped) => Some(helped),
            None => helper.newest(&plan)?,
        },
    };
    Ok(helper.noted(helped.unwrap_or(RelaxedAnswer { plan, matches: found.matches, recovery: None })))
}

/// The state of a search with relaxation.
struct Helper<'r, C, F> {
    collection: &'r C,
    request: &'r SearchRequest,
    matching: F,
    /// The number of articles.
    articles: u64,
    /// The estimated number of postings and articles read so far.
    spent: Cell<u64>,
    /// Whether an attempt was skipped because of the cost limit.
    is_cut: Cell<bool>,
}

/// A wider set of filters.
#[derive(Clone)]
struct Wider {
    kind: RecoveryKind,
    filters: Filters,
    dropped: Vec<DroppedFilter>,
}

impl<C, M, F> Helper<'_, C, F>
where
    C: Collection,
    F: Fn(&Plan, &Filters) -> Result<FoundMatches<M>, C::Error>,
{
    /// The matches of a plan under filters.
    fn matching(&self, plan: &Plan, filters: &Filters) -> Result<FoundMatches<M>, C::Error> {
        let found = (self.matching)(plan, filters)?;
        self.spent.set(self.spent.get() + plan.reads() + found.versions as u64);
        Ok(found)
    }

    /// Whether the cost limit allows to search with a plan. Deterministic: the same request always
    /// has the same result.
    fn affords(&self, plan: &Plan) -> bool {
        let affords = self.spent.get() + plan.reads() <= HELP_READS * most_reads(self.articles);
        self.is_cut.set(self.is_cut.get() || !affords);
        affords
    }

    /// The answer, with a note if attempts were skipped.
    fn noted(&self, mut answered: RelaxedAnswer<M>) -> RelaxedAnswer<M> {
        if self.is_cut.get() {
            answered.plan.notes.push(Note::HelpLeftOut);
        }
        answered
    }

    /// The plan with corrections that would otherwise be too uncertain, if the query is weakly
    /// matched and the corrected plan finds more.
    fn corrected(&self, plan: Plan, found: FoundMatches<M>) -> Result<(Plan, FoundMatches<M>), C::Error> {
        // A match of the whole query under filters is one without filters too.
        if is_long(&self.request.query) || plan.words.is_empty() || found.whole > 0 {
            return Ok((plan, found));
        }
        // Decide without filters, so that a facet count equals the result of its filter.
        let everywhere = Filters::default();
        let is_filtered = self.request.filters != everywhere;
        let counts = |found: &FoundMatches<M>| (found.versions, found.whole);
        let (versions, whole) = if is_filtered { counts(&self.matching(&plan, &everywhere)?) } else { counts(&found) };
        if whole > 0 {
            return Ok((plan, found));
        }
        let correction_mode = if versions == 0 { CorrectionMode::Any } else { CorrectionMode::Likely };
        let corrected = Plan::new(self.request, correction_mode, self.collection)?;
        if corrected.corrections() == plan.corrections() {
            return Ok((plan, found));
        }
        let better = self.matching(&corrected, &everywhere)?;
        let is_better = match versions {
            // If neither finds anything, the plan is relaxed further, which needs at least one
            // known word.
            0 => better.versions > 0 || plan.words.iter().all(|word| word.doc_freq == 0),
            _ => better.whole > WEAKLY_HELD,
        };
        if !is_better {
            return Ok((plan, found));
        }
        let better = if is_filtered { self.matching(&corrected, &self.request.filters)? } else { better };
        Ok((corrected, better))
    }

    /// Whether the filters leave only partial matches of a query that has others without them. They are
    /// listed as they are, so that a facet count equals the result of its filter.
    fn is_part_of_list(&self, plan: &Plan, found: &FoundMatches<M>) -> Result<bool, C::Error> {
        let everywhere = Filters::default();
        if found.parts == 0 || self.request.filters == everywhere {
            return Ok(false);
        }
        Ok(self.finds(plan, &everywhere)?.is_some())
    }

    /// The plan with soft expansions, if there are any. What is reported was decided without them.
    fn guessed(&self, plan: Plan, found: FoundMatches<M>) -> Result<(Plan, FoundMatches<M>), C::Error> {
        if !plan.could_expand {
            return Ok((plan, found));
        }
        let guessing = plan.with_soft_expansions(self.request, self.collection)?;
        if !self.affords(&guessing) {
            return Ok((plan, found));
        }
        let with_guesses = self.matching(&guessing, &self.request.filters)?;
        let guessing = Plan { notes: plan.notes.clone(), ..guessing };
        Ok(if with_guesses.versions + with_guesses.parts > 0 { (guessing, with_guesses) } else { (plan, found) })
    }

    /// The reported spelling of a plan with matches.
    fn respelling(&self, plan: &Plan) -> Result<Option<Recovery>, C::Error> {
        let has = |origin| plan.words.iter().flat_map(|word| &word.variants).any(|variant| variant.origin == origin);
        let kind = if has(VariantOrigin::Correction) {
            if !self.is_known_whole(plan)? || !self.has_corrected(plan)? {
                return Ok(None); // corrections are reported, but this is not a query to suggest
            }
            RecoveryKind::Spelling
        } else if has(VariantOrigin::Split) {
            RecoveryKind::Split
        } else if has(VariantOrigin::Joined)
            && self.finds(&plan.without(VariantOrigin::Joined), &self.request.filters)?.is_none()
        {
            RecoveryKind::Joined
        } else {
            return Ok(None);
        };
        Ok(Some(self.recovery(kind, plan, Vec::new(), Vec::new())))
    }

    /// Whether every corrected word has a match that passes the filters.
    fn has_corrected(&self, plan: &Plan) -> Result<bool, C::Error> {
        let is_corrected = |variant: &Variant| variant.origin == VariantOrigin::Correction;
        for (place, word) in plan.words.iter().enumerate() {
            if word.variants.iter().any(is_corrected)
                && self.finds(&plan.keeping(&[place]), &self.request.filters)?.is_none()
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether every word, as searched for, occurs in some article.
    fn is_known_whole(&self, plan: &Plan) -> Result<bool, C::Error> {
        for word in &plan.words {
            let is_other = |origin| matches!(origin, VariantOrigin::Correction | VariantOrigin::Prefix);
            let is_mended = word.variants.iter().any(|variant| is_other(variant.origin));
            if !is_mended && self.collection.doc_freq(&fold(&word.text))? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The search with less of the query: phrases as single words, then without low-information
    /// words, finally with any of the others.
    fn fewer_words(&self, fewer: &[Plan]) -> Result<Option<RelaxedAnswer<M>>, C::Error> {
        for plan in fewer {
            let Some(mut found) = self.finds(plan, &self.request.filters)? else { continue };
            let mut plan = plan.clone();
            if let Some(held) = self.only_held(&plan)? {
                plan = held;
                found = self.matching(&plan, &self.request.filters)?;
            }
            let is_any = plan.requirements.is_relaxed && plan.words.len() > 1;
            let kind = if is_any { RecoveryKind::AnyWord } else { RecoveryKind::FewerWords };
            let recovery = Some(self.recovery(kind, &plan, Vec::new(), Vec::new()));
            return Ok(Some(RelaxedAnswer { plan, matches: found.matches, recovery }));
        }
        Ok(None)
    }

    /// An any-word plan without the words that have no match under the filters; `None` if all have
    /// one.
    fn only_held(&self, plan: &Plan) -> Result<Option<Plan>, C::Error> {
        let count = plan.words.len();
        if !plan.requirements.is_relaxed || count > MAX_SINGLE || self.request.filters == Filters::default() {
            return Ok(None);
        }
        let mut held = Vec::new();
        for place in 0..count {
            if self.finds(&plan.keeping(&[place]), &self.request.filters)?.is_some() {
                held.push(place);
            }
        }
        Ok((held.len() < count && !held.is_empty()).then(|| plan.keeping(&held).relaxed()))
    }

    /// The matches of a plan under filters; `None` if there are none.
    fn finds(&self, plan: &Plan, filters: &Filters) -> Result<Option<FoundMatches<M>>, C::Error> {
        if !self.collection.could_pass(filters) || !self.affords(plan) {
            return Ok(None);
        }
        Ok(Some(self.matching(plan, filters)?).filter(|found| found.versions > 0))
    }

    /// The search under wider filters, with the whole query or the shortest relaxed plan.
    fn wider_filters(&self, plan: &Plan, least: Option<&Plan>) -> Result<Option<RelaxedAnswer<M>>, C::Error> {
        for wider in wider(&self.request.filters) {
            for plan in [Some(plan), least].into_iter().flatten() {
                if let Some(found) = self.finds(plan, &wider.filters)? {
                    return Ok(Some(self.widened(wider, plan.clone(), found)));
                }
            }
        }
        Ok(None)
    }

    /// The newest articles under the filters, or under wider ones.
    fn newest(&self, plan: &Plan) -> Result<Option<RelaxedAnswer<M>>, C::Error> {
        let as_requested =
            Wider { kind: RecoveryKind::Newest, filters: self.request.filters.clone(), dropped: Vec::new() };
        let whole_site =
            Wider { filters: Filters::default(), dropped: named(&self.request.filters), ..as_requested.clone() };
        let wider = wider(&self.request.filters).into_iter().map(|wider| Wider { kind: RecoveryKind::Newest, ..wider });
        let plan = plan.without_words();
        for wider in [as_requested].into_iter().chain(wider).chain([whole_site]) {
            // The fallback is never skipped for cost: listing articles is cheap.
            if !self.collection.could_pass(&wider.filters) {
                continue;
            }
            let found = self.matching(&plan, &wider.filters)?;
            if found.versions > 0 {
                return Ok(Some(self.widened(wider, plan, found)));
            }
        }
        Ok(None)
    }

    fn widened(&self, wider: Wider, plan: Plan, found: FoundMatches<M>) -> RelaxedAnswer<M> {
        let Wider { kind, filters, dropped } = wider;
        let topics = if filters.topics == self.request.filters.topics { Vec::new() } else { filters.topics.clone() };
        let recovery = Some(self.recovery(kind, &plan, dropped, topics));
        RelaxedAnswer { plan, matches: found.matches, recovery }
    }

    /// The report about an answered plan; `filters` were dropped.
    fn recovery(&self, kind: RecoveryKind, plan: &Plan, filters: Vec<DroppedFilter>, topics: Vec<String>) -> Recovery {
        let (to, to_html, dropped_words) = worded(&self.request.query, plan, kind);
        let from = self.request.query.text.clone();
        Recovery { kind, from, to, to_html, dropped_words, dropped_filters: filters, topics }
    }
}

/// Wider and wider filters, each with what was dropped: the languages, one other filter after the
/// other, all except the topics, and the topics level by level.
fn wider(filters: &Filters) -> Vec<Wider> {
    let mut wider: Vec<Wider> = Vec::new();
    let mut add = |kind, filters: Filters, of: &Filters| {
        let left = named(&filters);
        let dropped: Vec<DroppedFilter> = named(of).into_iter().filter(|filter| !left.contains(filter)).collect();
        if !dropped.is_empty() && wider.iter().all(|known| known.filters != filters) {
            wider.push(Wider { kind, filters, dropped });
        }
    };
    if !filters.langs.is_empty() {
        add(RecoveryKind::OtherLanguages, filters.without(Facet::Lang), filters);
    }
    let only_topics = Filters {
        topics: filters.topics.clone(),
        kinds_not: filters.kinds_not.clone(),
        topics_not: filters.topics_not.clone(),
        tags_not: filters.tags_not.clone(),
        ..Filters::default()
    };
    add(RecoveryKind::FewerFilters, Filters { from: None, until: None, ..filters.clone() }, filters);
    for facet in [Facet::Year, Facet::Author, Facet::Tag, Facet::Kind] {
        add(RecoveryKind::FewerFilters, filters.without(facet), filters);
    }
    add(RecoveryKind::FewerFilters, only_topics.clone(), filters);
    for own in [filters, &only_topics] {
        let mut topics = filters.topics.clone();
        while !topics.is_empty() {
            let broader = |path: &String| path.rsplit_once('/').map(|(above, _)| above.to_owned());
            // If one of several topics is at the top level, the topic filter is dropped.
            topics = topics.iter().map(broader).collect::<Option<Vec<String>>>().unwrap_or_default();
            topics.sort();
            topics.dedup();
            add(RecoveryKind::BroaderTopic, Filters { topics: topics.clone(), ..own.clone() }, filters);
        }
        if only_topics == *filters {
            break;
        }
    }
    wider
}

/// The filters as request parameters.
fn named(filters: &Filters) -> Vec<DroppedFilter> {
    let Filters { langs, kinds, topics, tags, authors, years, from, until, kinds_not, topics_not, tags_not } = filters;
    let kinds_of = |kinds: &[Kind]| kinds.iter().map(|kind| kind.as_str().to_owned()).collect::<Vec<_>>();
    let groups: [(&'static str, Vec<String>); 11] = [
        ("lang", langs.clone()),
        ("kind", kinds_of(kinds)),
        ("topic", topics.clone()),
        ("tag", tags.clone()),
        ("author", authors.clone()),
        ("year", years.iter().map(ToString::to_string).collect()),
        ("date_from", from.iter().map(ToString::to_string).collect()),
        ("date_to", until.map(|until| until.last().to_string()).into_iter().collect()),
        ("kind_not", kinds_of(kinds_not)),
        ("topic_not", topics_not.clone()),
        ("tag_not", tags_not.clone()),
    ];
    let named = |(name, values): (&'static str, Vec<String>)| {
        values.into_iter().map(move |value| DroppedFilter { name, value })
    };
    groups.into_iter().flat_map(named).collect()
}
