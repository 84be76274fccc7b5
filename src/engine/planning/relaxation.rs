//! A search that finds nothing is helped: by another spelling, by fewer words, by wider filters, at
//! last by what is newest. The reader is told what was done.
//!
//! The decisions are made here, once for all engines: an engine only says what matches a plan under
//! filters. They follow from what is found in all, never from the page that is asked for, so that
//! all pages of a search are of one list.

pub(crate) use super::rewording::{mostly_written, written_in_body, written_on_card};

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

/// What an engine found of a plan.
pub(crate) struct FoundMatches<M> {
    /// What matches, in the engine's own form.
    pub(crate) matches: M,
    /// How many versions pass the filters.
    pub(crate) versions: usize,
    /// How many of them hold nearly all that was asked for, see [`is_whole`].
    pub(crate) whole: usize,
}

/// A search as it was answered.
pub(crate) struct RelaxedAnswer<M> {
    /// What was searched for.
    pub(crate) plan: Plan,
    /// What was found.
    pub(crate) matches: M,
    /// How that came about, where it was not by the search as it was typed.
    pub(crate) recovery: Option<Recovery>,
}

/// The part of a query's weight that is nearly all of it.
const WHOLE_SHARE: f32 = 0.9;

/// Whether an article that holds this holds nearly all that was asked for.
pub(crate) fn is_whole(asked: &ranking::MatchRequirements, held: &ranking::MatchState) -> bool {
    held.weight >= WHOLE_SHARE * asked.weight
}

/// How many articles are asked how they write a word.
pub(crate) const MAX_ASKED: usize = 8;

/// A query that no version holds whole is weakly matched: a word of it may be another one misspelt,
/// where more versions than these hold it with that one.
const WEAKLY_HELD: usize = 2;
/// How many times as much as one query may read, the search as it was typed and all that help it may
/// together.
const HELP_READS: u64 = 2;
/// The most words of which each is looked for by itself, to tell which of them the filters leave.
const MAX_SINGLE: usize = 4;

/// Searches by a plan, and where that finds nothing, in other ways.
///
/// A search that needs no help is one pass. One that does is bounded: three passes to mend words, one
/// for each that was, one with guesses, one for joined words, seven with less asked for and
/// [`MAX_SINGLE`] for single words, and two for each wider set of filters, of which there are seven and
/// one or two a level of a topic.
pub(crate) fn search<C: Collection, M>(
    collection: &C,
    plan: Plan,
    request: &SearchRequest,
    matching: impl Fn(&Plan, &Filters) -> Result<FoundMatches<M>, C::Error>,
) -> Result<RelaxedAnswer<M>, C::Error> {
    let articles = collection.languages().iter().map(|language| language.articles).sum();
    let helper = Helper { collection, request, matching, articles, spent: Cell::new(0), is_cut: Cell::new(false) };
    let found = helper.matching(&plan, &request.filters)?;
    // A list without a query has what was asked for, or nothing.
    if request.literal || (plan.words.is_empty() && plan.required.is_empty()) {
        return Ok(RelaxedAnswer { plan, matches: found.matches, recovery: None });
    }
    let (plan, found) = helper.mended(plan, found)?;
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

/// A search that is being helped.
struct Helper<'r, C, F> {
    collection: &'r C,
    request: &'r SearchRequest,
    matching: F,
    /// How many articles there are.
    articles: u64,
    /// How many postings and articles were read so far, about.
    spent: Cell<u64>,
    /// Whether something was not tried because that was too much.
    is_cut: Cell<bool>,
}

/// A way to help a search with filters.
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
    /// What matches a plan under filters.
    fn matching(&self, plan: &Plan, filters: &Filters) -> Result<FoundMatches<M>, C::Error> {
        let found = (self.matching)(plan, filters)?;
        self.spent.set(self.spent.get() + plan.reads() + found.versions as u64);
        Ok(found)
    }

    /// Whether there is enough left to search by a plan. What follows from that is the same every time.
    fn affords(&self, plan: &Plan) -> bool {
        let affords = self.spent.get() + plan.reads() <= HELP_READS * most_reads(self.articles);
        self.is_cut.set(self.is_cut.get() || !affords);
        affords
    }

    /// The answer, which says whether there was more to try.
    fn noted(&self, mut answered: RelaxedAnswer<M>) -> RelaxedAnswer<M> {
        if self.is_cut.get() {
            answered.plan.notes.push(Note::HelpLeftOut);
        }
        answered
    }

    /// The plan with words mended that the site knows, or that may well be right, where it is
    /// matched weakly and the mended one finds more.
    fn mended(&self, plan: Plan, found: FoundMatches<M>) -> Result<(Plan, FoundMatches<M>), C::Error> {
        // What is held whole under filters is so without them, too.
        if is_long(&self.request.query) || plan.words.is_empty() || found.whole > 0 {
            return Ok((plan, found));
        }
        // Filters aside: what is counted under a facet is what its filter gives.
        let everywhere = Filters::default();
        let is_filtered = self.request.filters != everywhere;
        let counts = |found: &FoundMatches<M>| (found.versions, found.whole);
        let (versions, whole) = if is_filtered { counts(&self.matching(&plan, &everywhere)?) } else { counts(&found) };
        if whole > 0 {
            return Ok((plan, found));
        }
        let correction_mode = if versions == 0 { CorrectionMode::Any } else { CorrectionMode::Likely };
        let mended = Plan::new(self.request, correction_mode, self.collection)?;
        if mended.corrections() == plan.corrections() {
            return Ok((plan, found));
        }
        let better = self.matching(&mended, &everywhere)?;
        let is_better = match versions {
            // What both find nothing of is asked for in other ways, for which something must be known.
            0 => better.versions > 0 || plan.words.iter().all(|word| word.holders == 0),
            _ => better.whole > WEAKLY_HELD,
        };
        if !is_better {
            return Ok((plan, found));
        }
        let better = if is_filtered { self.matching(&mended, &self.request.filters)? } else { better };
        Ok((mended, better))
    }

    /// The plan with words that were perhaps meant, where there are any. What is told was decided
    /// without them.
    fn guessed(&self, plan: Plan, found: FoundMatches<M>) -> Result<(Plan, FoundMatches<M>), C::Error> {
        if !plan.could_guess {
            return Ok((plan, found));
        }
        let guessing = plan.guessing(self.request, self.collection)?;
        let with_guesses = self.finds(&guessing, &self.request.filters)?;
        Ok(with_guesses.map_or((plan, found), |found| (guessing, found)))
    }

    /// What is to be told of a plan that finds something: how its words are spelt.
    fn respelling(&self, plan: &Plan) -> Result<Option<Recovery>, C::Error> {
        let has = |origin| plan.words.iter().flat_map(|word| &word.variants).any(|variant| variant.origin == origin);
        let kind = if has(VariantOrigin::Correction) {
            if !self.is_known_whole(plan)? || !self.has_corrected(plan)? {
                return Ok(None); // the corrections are told, but this would be no query to suggest
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
        Ok(Some(self.told(kind, plan, Vec::new(), Vec::new())))
    }

    /// Whether something that passes the filters holds each word that was corrected.
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

    /// Whether some article writes every word as it is searched for.
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

    /// The search with less of what was typed: phrases as single words, then without words that tell
    /// nothing, at last by any of the others.
    fn fewer_words(&self, fewer: &[Plan]) -> Result<Option<RelaxedAnswer<M>>, C::Error> {
        for plan in fewer {
            let Some(mut found) = self.finds(plan, &self.request.filters)? else { continue };
            let mut plan = plan.clone();
            if let Some(held) = self.only_held(&plan)? {
                plan = held;
                found = self.matching(&plan, &self.request.filters)?;
            }
            let is_any = plan.asked.is_relaxed && plan.words.len() > 1;
            let kind = if is_any { RecoveryKind::AnyWord } else { RecoveryKind::FewerWords };
            let recovery = Some(self.told(kind, &plan, Vec::new(), Vec::new()));
            return Ok(Some(RelaxedAnswer { plan, matches: found.matches, recovery }));
        }
        Ok(None)
    }

    /// A plan for which any word is enough, without those that nothing under the filters holds, where
    /// there are such.
    fn only_held(&self, plan: &Plan) -> Result<Option<Plan>, C::Error> {
        let count = plan.words.len();
        if !plan.asked.is_relaxed || count > MAX_SINGLE || self.request.filters == Filters::default() {
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

    /// What is found by a plan under filters, where something is.
    fn finds(&self, plan: &Plan, filters: &Filters) -> Result<Option<FoundMatches<M>>, C::Error> {
        if !self.collection.could_pass(filters) || !self.affords(plan) {
            return Ok(None);
        }
        Ok(Some(self.matching(plan, filters)?).filter(|found| found.versions > 0))
    }

    /// The search under wider filters, whole or with the least of its words.
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

    /// What is newest under the filters, or under wider ones.
    fn newest(&self, plan: &Plan) -> Result<Option<RelaxedAnswer<M>>, C::Error> {
        let asked = Wider { kind: RecoveryKind::Newest, filters: self.request.filters.clone(), dropped: Vec::new() };
        let whole_site = Wider { filters: Filters::default(), dropped: named(&self.request.filters), ..asked.clone() };
        let wider = wider(&self.request.filters).into_iter().map(|wider| Wider { kind: RecoveryKind::Newest, ..wider });
        let plan = plan.without_words();
        for wider in [asked].into_iter().chain(wider).chain([whole_site]) {
            // Something is always answered: going through the articles is cheap.
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
        let recovery = Some(self.told(kind, &plan, dropped, topics));
        RelaxedAnswer { plan, matches: found.matches, recovery }
    }

    /// What is to be told of a plan that is answered; `filters` were left out.
    fn told(&self, kind: RecoveryKind, plan: &Plan, filters: Vec<DroppedFilter>, topics: Vec<String>) -> Recovery {
        let (to, to_html, dropped_words) = worded(&self.request.query, plan, kind);
        let from = self.request.query.text.clone();
        Recovery { kind, from, to, to_html, dropped_words, dropped_filters: filters, topics }
    }
}

/// The filters with less and less asked for, each with what was left out: the languages, one other
/// filter after the other, all but the topics, and the topics level by level.
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
    add(RecoveryKind::FewerFilters, Filters { from_s: None, until_s: None, ..filters.clone() }, filters);
    for facet in [Facet::Year, Facet::Author, Facet::Tag, Facet::Kind] {
        add(RecoveryKind::FewerFilters, filters.without(facet), filters);
    }
    add(RecoveryKind::FewerFilters, only_topics.clone(), filters);
    for own in [filters, &only_topics] {
        let mut topics = filters.topics.clone();
        while !topics.is_empty() {
            let broader = |path: &String| path.rsplit_once('/').map(|(above, _)| above.to_owned());
            // Where one of several topics has nothing above it, any topic will do.
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

/// The filters by the parameters that ask for them.
fn named(filters: &Filters) -> Vec<DroppedFilter> {
    let Filters { langs, kinds, topics, tags, authors, years, from_s, until_s, kinds_not, topics_not, tags_not } =
        filters;
    let kinds_of = |kinds: &[Kind]| kinds.iter().map(|kind| kind.as_str().to_owned()).collect::<Vec<_>>();
    /// A day is named by its date, any other time by the second.
    fn moment(at_s: i64, is_day: bool) -> Option<String> {
        let at = jiff::Timestamp::from_second(at_s).ok()?.to_string();
        Some(if is_day { at.split('T').next()?.to_owned() } else { at })
    }
    let is_midnight = |at_s: i64| at_s % 86_400 == 0;
    let groups: [(&'static str, Vec<String>); 11] = [
        ("lang", langs.clone()),
        ("kind", kinds_of(kinds)),
        ("topic", topics.clone()),
        ("tag", tags.clone()),
        ("author", authors.clone()),
        ("year", years.iter().map(ToString::to_string).collect()),
        ("date_from", from_s.and_then(|at| moment(at, is_midnight(at))).into_iter().collect()),
        ("date_to", until_s.and_then(|at| moment(at - 1, is_midnight(at))).into_iter().collect()),
        ("kind_not", kinds_of(kinds_not)),
        ("topic_not", topics_not.clone()),
        ("tag_not", tags_not.clone()),
    ];
    let named = |(name, values): (&'static str, Vec<String>)| {
        values.into_iter().map(move |value| DroppedFilter { name, value })
    };
    groups.into_iter().flat_map(named).collect()
}
