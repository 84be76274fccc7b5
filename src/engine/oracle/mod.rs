//! The oracle: an engine that answers every query by iterating over a list of articles and their
//! texts. It is slow and simple; the embedded engine must give the same answers.

#![expect(clippy::indexing_slicing, reason = "only tests ask the oracle: a place that is missing should end them")]

pub(crate) mod comparable;
pub(crate) mod entry;
pub(crate) mod facets;
pub(crate) mod related;
pub(crate) mod suggest;

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;
use std::sync::Arc;

use self::comparable::Comparable;
use self::entry::{
    Entry, EntryBody, EntryEvidence, count, holds_clause, match_positions, pairs_score, phrase_match, sequence_starts,
};
use super::cursor::{Cursor, CursorKey};
use super::explain::{Evidence, ScoreBreakdown, explain};
use super::planning::edit_model;
use super::planning::relaxation::{
    self, FoundMatches, MAX_ASKED, RelaxedAnswer, form_in_body, form_on_card, is_whole, most_frequent_form,
};
use super::planning::synonyms::{SynonymGroup, SynonymIndex};
use super::planning::{Collection, CorrectionMode, Note, Plan, PlannedWord, PrefixMatches, Variant, WordForms};
use super::ranking::{self, Coverage, LanguageStats, MatchState, bounded_score};
use super::snippets::Snippets;
use super::{
    ArticleAnswer, ArticleKey, Card, EngineError, EngineStatus, EventPosition, Filters, Hit, IndexVersion,
    RecoveryKind, RelatedAnswer, RelatedRequest, SearchAnswer, SearchEngine, SearchRequest, Sort, SuggestAnswer,
    SuggestRequest, Total, Translation, language_fit, listed_translations,
};
use crate::analysis::{
    ArticleTerms, ByZone, TokenVariants, Zone, join_passages, language_group, passages_of, without_marks,
};
use crate::article::{Article, MAX_VERSIONS, Moment, composed, event_span_s, url_key};
use crate::engine::filters::label_key;

/// An engine over a list of articles in memory.
pub struct BruteForceEngine {
    entries: Vec<Entry>,
    languages: Vec<LanguageStats>,
    /// The folded words of the counted entries, with their document frequencies.
    dictionary: BTreeMap<String, u64>,
    synonyms: SynonymIndex,
    /// The spelling of each tag and each author, by [`label_key`].
    tags: BTreeMap<String, String>,
    authors: BTreeMap<String, String>,
    /// The time of the snapshot in Unix seconds: statistics count the articles that were visible
    /// then.
    opened_s: i64,
    version: IndexVersion,
}

impl BruteForceEngine {
    /// An engine over the articles and synonyms of one state of a site.
    pub fn new(articles: Vec<Article>, synonyms: Vec<SynonymGroup>, version: IndexVersion) -> BruteForceEngine {
        let opened_s = jiff::Timestamp::now().as_second();
        let mut caches = HashMap::new();
        let mut languages: BTreeMap<String, LanguageStats> = BTreeMap::new();
        let mut entries = Vec::new();
        for article in articles.into_iter().filter(|article| !article.hidden) {
            let terms = ArticleTerms::of(&article, &mut caches);
            let comparable = Comparable::of(&article, &terms);
            let is_counted = article.is_visible_at(opened_s);
            let work = article.work.clone();
            let vocabulary = terms.vocabulary().into_iter().map(str::to_owned).collect();
            entries.push(Entry { article, work, is_counted, terms, vocabulary, comparable, group: 0 });
        }
        let mut dictionary: BTreeMap<String, u64> = BTreeMap::new();
        for Entry { article, terms, vocabulary, .. } in entries.iter().filter(|entry| entry.is_counted) {
            let group = language_group(&article.lang);
            let stats = languages.entry(group.clone()).or_insert(LanguageStats {
                lang: group,
                articles: 0,
                words: ByZone::default(),
            });
            stats.articles += 1;
            for (sum, zone) in stats.words.iter_mut().zip(&terms.zones) {
                *sum += u64::from(zone.length);
            }
            for word in vocabulary {
                *dictionary.entry(word.clone()).or_insert(0) += 1;
            }
        }
        split_large_works(&mut entries);
        let languages: Vec<LanguageStats> = languages.into_values().collect();
        for entry in &mut entries {
            let group = language_group(&entry.article.lang);
            entry.group = languages.iter().position(|language| language.lang == group).unwrap_or(usize::MAX);
        }
        let synonyms = SynonymIndex::new(synonyms, &languages);
        let spelled = |of: fn(&Article) -> &Vec<String>| {
            let labels = |entry| {
                let Entry { article, .. }: &Entry = entry;
                of(article).iter().map(|label| (article.is_visible_at(opened_s), label))
            };
            spellings(entries.iter().flat_map(labels))
        };
        let (tags, authors) = (spelled(|article| &article.tags), spelled(|article| &article.authors));
        BruteForceEngine { entries, languages, dictionary, synonyms, tags, authors, opened_s, version }
    }

    /// The entries that statistics count.
    fn counted(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.is_counted)
    }

    /// The score of a word in an entry, before the word's weight; 0 if it does not match.
    fn word_score(&self, entry: &Entry, word: &PlannedWord) -> f32 {
        let evidence = EntryEvidence { entry, language: self.languages.get(entry.group) };
        let is_itself = |variant: &Variant| {
            word.zones().any(|zone| {
                let Ok(found) = evidence.occurrences(variant, zone);
                found.is_itself()
            })
        };
        let variant_score = |variant: &Variant| {
            let zones = word.zones().map(|zone| self.zone_score(entry, variant, zone));
            let score = zones.sum::<f32>();
            let is_bounded = score > 0.0 && variant.counting.is_bounded();
            variant.factor * if is_bounded { bounded_score(score, is_itself(variant)) } else { score }
        };
        word.variants.iter().map(variant_score).fold(0.0, f32::max)
    }

    fn zone_score(&self, entry: &Entry, variant: &Variant, zone: Zone) -> f32 {
        let evidence = EntryEvidence { entry, language: self.languages.get(entry.group) };
        let Ok(found) = evidence.occurrences(variant, zone);
        match found.frequency(variant, zone) {
            0.0 => 0.0,
            frequency => ranking::zone_score(zone, frequency, evidence.length(zone), evidence.mean_length(zone)),
        }
    }

    /// The visible entries that match a plan.
    fn versions(&self, plan: &Plan, request: &SearchRequest) -> Vec<OracleChoice<'_>> {
        let (mut versions, mut has_title_of_both) = (Vec::new(), false);
        let visible = || self.entries.iter().filter(|entry| entry.article.is_visible_at(request.now_s));
        let holds_excluded = |entry: &&Entry| {
            !holds_clause(entry, &plan.literal) && plan.excluded.iter().any(|clause| holds_clause(entry, clause))
        };
        let excluded: HashSet<&str> = visible().filter(holds_excluded).map(|entry| entry.work.as_str()).collect();
        for entry in visible().filter(|entry| !excluded.contains(entry.work.as_str())) {
            let mut held = MatchState::default();
            for word in &plan.words {
                let score = self.word_score(entry, word);
                if score > 0.0 {
                    held.take(&word.term(), score);
                    let in_title = |variant| self.zone_score(entry, variant, Zone::Title) > 0.0;
                    let is_in_title = word.zone.is_none() && word.variants.iter().any(in_title);
                    held.title_words += u16::from(word.is_telling && is_in_title);
                }
            }
            let holds_all = plan.words.is_empty() || plan.requirements.holds_all(&held);
            if let Some(phrase) = plan.phrase.as_ref().filter(|_| holds_all) {
                held.score +=
                    phrase_match(phrase, entry).map_or(0.0, |found| ranking::phrase_score(phrase.weight, found));
            }
            let coverage = if plan.words.is_empty() { Coverage::Enough } else { plan.requirements.met_by(&held) };
            let takes_parts = request.sort == Sort::Relevance && !request.literal;
            let matches = coverage == Coverage::Enough || (takes_parts && coverage > Coverage::None);
            if matches && plan.required.iter().all(|clause| holds_clause(entry, clause)) {
                let fit = language_fit(&entry.article.lang, request.ui_lang.as_deref());
                let (language, recency) = self.priors(plan, entry, request);
                let score = held.score * plan.requirements.coverage(&held) * language * recency;
                let breakdown = ScoreBreakdown { score, version: score, proximity: 0.0, language, recency, part: 1.0 };
                let is_part = coverage < Coverage::Enough;
                has_title_of_both |= plan.requirements.is_title_of_both(&held);
                versions.push(OracleChoice {
                    entry,
                    breakdown,
                    fit,
                    is_whole: !is_part && is_whole(&plan.requirements, &held),
                    is_part,
                    is_title_part: coverage == Coverage::TitlePart,
                    is_full: holds_all && !plan.notes.contains(&Note::NotAllWords),
                });
            }
        }
        versions.retain(|version| !(version.is_title_part && has_title_of_both));
        versions
    }

    /// The factors of an entry's score for its language and its age.
    fn priors(&self, plan: &Plan, entry: &Entry, request: &SearchRequest) -> (f32, f32) {
        let published = |entry: &Entry| entry.article.published_at.as_ref().map(|at| at.start_s());
        let newest_s = self.counted().filter_map(published).max().map(|newest| newest.min(request.now_s));
        (
            plan.language_factors.get(entry.group).copied().unwrap_or(1.0),
            ranking::recency_factor(request.recency, published(entry), newest_s),
        )
    }

    /// The visible article with a key.
    fn find(&self, key: &ArticleKey, now_s: i64) -> Option<&Entry> {
        let visible = self.entries.iter().filter(|entry| entry.article.is_visible_at(now_s));
        let has_address = |entry: &Entry, asked: &str| {
            let url = entry.article.url.as_deref();
            url.is_some_and(|url| url_key::key(url) == url_key::key(asked))
        };
        let meant = visible.filter(|entry| match key {
            ArticleKey::Id(id) => entry.article.id == composed(id),
            ArticleKey::Url(url) => has_address(entry, url),
        });
        meant.min_by(|a, b| a.article.id.cmp(&b.article.id))
    }

    fn translations(&self, entry: &Entry, now_s: i64) -> (Vec<Translation>, Option<u64>) {
        let others = self.entries.iter().filter(|other| other.work == entry.work);
        let others = others.map(|other| &other.article).filter(|other| other.id != entry.article.id);
        let visible = others.filter(|other| other.is_visible_at(now_s));
        listed_translations(
            visible.map(|other| (other.lang.as_str(), &other.id, Card::of(other).into_translation())).collect(),
        )
    }

    fn hit(&self, plan: &Plan, snippets: &Snippets<'_>, choice: &OracleChoice<'_>, request: &SearchRequest) -> Hit {
        let entry = choice.entry;
        let lang = entry.article.lang.as_str();
        let match_positions = match_positions(snippets, entry);
        let Ok(snippet_html) = snippets.snippet_html(&EntryBody(entry), match_positions, &entry.article.summary, lang);
        let evidence = EntryEvidence { entry, language: self.languages.get(entry.group) };
        let explanation = request.explain.then(|| {
            let Ok(explanation) = explain(plan, &evidence, &choice.breakdown);
            explanation
        });
        let (translations, translations_total) = self.translations(entry, request.now_s);
        Hit {
            explanation,
            card: Card::of(&entry.article),
            title_html: snippets.title_html(&entry.article.title, lang),
            snippet_html,
            score: choice.breakdown.score,
            translations,
            translations_total,
        }
    }

    /// The best version of every work (without grouping, every version), sorted.
    fn order<'e>(versions: Vec<OracleChoice<'e>>, sort: Sort, request: &SearchRequest) -> Vec<OracleChoice<'e>> {
        let mut works: BTreeMap<&str, OracleChoice<'e>> = BTreeMap::new();
        for version in versions {
            let article = &version.entry.article;
            let work = if request.group { version.entry.work.as_str() } else { article.id.as_str() };
            let best_score = works
                .get(work)
                .map_or(version.breakdown.score, |known| known.breakdown.score.max(version.breakdown.score));
            let known = works.get(work);
            let is_part = version.is_part && known.is_none_or(|known| known.is_part);
            let is_full = version.is_full || known.is_some_and(|known| known.is_full);
            let wins = works.get(work).is_none_or(|known| {
                let by_score = match sort {
                    Sort::Relevance => version.breakdown.version.total_cmp(&known.breakdown.version),
                    Sort::Newest | Sort::Oldest | Sort::Events => Ordering::Equal,
                };
                let by_id = known.entry.article.id.cmp(&version.entry.article.id);
                version.fit.cmp(&known.fit).then(by_score).then(by_id) == Ordering::Greater
            });
            if wins {
                works.insert(work, version);
            }
            if let Some(known) = works.get_mut(work) {
                known.breakdown.score = best_score;
                (known.is_part, known.is_full) = (is_part, is_full);
            }
        }
        let mut works: Vec<OracleChoice<'e>> = works.into_values().collect();
        let is_part = |choice: &OracleChoice<'_>| sort == Sort::Relevance && choice.is_part;
        works.sort_by(|a, b| {
            is_part(a).cmp(&is_part(b)).then(compare(sort, &a.place(sort, request), &b.place(sort, request)))
        });
        works
    }
}

/// Makes the counted versions of a work after the first [`MAX_VERSIONS`] (by id) separate works.
fn split_large_works(entries: &mut [Entry]) {
    let mut works: BTreeMap<String, Vec<&mut Entry>> = BTreeMap::new();
    for entry in entries.iter_mut().filter(|entry| entry.is_counted) {
        works.entry(entry.work.clone()).or_default().push(entry);
    }
    for (work, mut versions) in works {
        versions.sort_by(|a, b| a.article.id.cmp(&b.article.id));
        for entry in versions.into_iter().skip(MAX_VERSIONS) {
            entry.work = format!("{work} without {}", entry.article.id);
        }
    }
}

/// The position of a version in a list: its sort key and its id.
type ListPlace<'e> = (CursorKey, &'e str);

fn compare(sort: Sort, a: &ListPlace<'_>, b: &ListPlace<'_>) -> Ordering {
    let by_key = match (a.0, b.0) {
        (CursorKey::Score(a), CursorKey::Score(b)) => b.total_cmp(&a),
        (CursorKey::Published(a), CursorKey::Published(b)) if sort == Sort::Oldest => {
            (a.is_none(), a).cmp(&(b.is_none(), b))
        }
        (CursorKey::Published(a), CursorKey::Published(b)) => b.cmp(&a),
        (CursorKey::Event(a, _), CursorKey::Event(b, _)) => a.cmp(&b),
        _ => Ordering::Equal,
    };
    by_key.then_with(|| a.1.cmp(b.1))
}

/// A version that may be shown for its work.
struct OracleChoice<'e> {
    entry: &'e Entry,
    /// Its score is the best of the work's versions.
    breakdown: ScoreBreakdown,
    fit: u8,
    /// Whether it matches nearly the whole query.
    is_whole: bool,
    /// Whether it matches only a part of the query.
    is_part: bool,
    /// Whether that part is a word in its title.
    is_title_part: bool,
    /// Whether it holds all telling words.
    is_full: bool,
}

impl<'e> OracleChoice<'e> {
    fn place(&self, sort: Sort, request: &SearchRequest) -> ListPlace<'e> {
        let article = &self.entry.article;
        let key = match sort {
            Sort::Relevance => CursorKey::Score(self.breakdown.score),
            Sort::Newest | Sort::Oldest => CursorKey::Published(article.published_at.as_ref().map(|at| at.start_s())),
            Sort::Events => {
                let seen_s = request.events_seen_s();
                let event = event_span_s(article.starts_at.as_ref(), article.ends_at.as_ref());
                CursorKey::Event(EventPosition::at(seen_s, event), seen_s)
            }
        };
        (key, article.id.as_str())
    }
}

impl Collection for BruteForceEngine {
    type Error = Infallible;

    fn languages(&self) -> &[LanguageStats] {
        &self.languages
    }

    fn stem_doc_freq(&self, stem: &str) -> Result<u64, Infallible> {
        let holds = |forms: &TokenVariants| forms.stems.iter().any(|known| known == stem);
        let doc_freq = |zone: Zone| {
            let doc_freq = self.counted().filter(|entry| count(&entry.terms.zones[zone], &holds) > 0);
            doc_freq.count() as u64
        };
        Ok(Zone::ALL.map(doc_freq).into_iter().max().unwrap_or(0))
    }

    fn fuzzy_terms(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, Infallible> {
        Ok(self.words_that(|word| edit_model::edits(folded, word) <= usize::from(max_edits)))
    }

    fn doc_freq(&self, folded: &str) -> Result<u64, Infallible> {
        Ok(self.dictionary.get(folded).copied().unwrap_or(0))
    }

    fn co_doc_freq(&self, one: &str, other: &str) -> Result<u64, Infallible> {
        let holds = |entry: &&Entry| [one, other].iter().all(|word| entry.vocabulary.contains(*word));
        Ok(self.counted().filter(holds).count() as u64)
    }

    fn has_sequence(&self, sequence: &[WordForms]) -> Result<bool, Infallible> {
        let mut zones = self.counted().flat_map(|entry| &entry.terms.zones);
        Ok(zones.any(|zone| !sequence_starts(zone, sequence).is_empty()))
    }

    fn surface_form(&self, folded: &str, now_s: i64) -> Result<Option<String>, Infallible> {
        let visible = self.entries.iter().filter(|entry| entry.article.is_visible_at(now_s));
        let mut holders: Vec<&Entry> = visible.filter(|entry| entry.vocabulary.contains(folded)).collect();
        holders.sort_by(|a, b| a.article.id.cmp(&b.article.id));
        let written = |entry: &Entry| {
            let is_it = |(_, forms): &&(u32, Arc<TokenVariants>)| forms.words.iter().any(|word| word == folded);
            let first = entry.terms.zones[Zone::Body].terms.iter().find(is_it);
            let in_body = first.and_then(|(position, _)| {
                let Ok(written) = form_in_body(&EntryBody(entry), *position, folded);
                written
            });
            in_body.or_else(|| form_on_card(&Card::of(&entry.article), folded))
        };
        Ok(most_frequent_form(holders.into_iter().take(MAX_ASKED).filter_map(written)))
    }

    fn prefix_terms(&self, prefix: &str, most: usize) -> Result<PrefixMatches, Infallible> {
        Ok(PrefixMatches::best_of(self.words_that(|word| word.starts_with(prefix)), most))
    }

    fn synonyms(&self) -> &SynonymIndex {
        &self.synonyms
    }
}

impl BruteForceEngine {
    /// The folded words that satisfy a condition, with their document frequencies.
    fn words_that(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<(String, u64)> {
        let wanted = self.dictionary.iter().filter(|(word, _)| is_wanted(word));
        wanted.map(|(word, doc_freq)| (word.clone(), *doc_freq)).collect()
    }
}

/// Implemented for the reference, because the oracle has only one state.
impl SearchEngine for &BruteForceEngine {
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, EngineError> {
        (**self).search(request)
    }

    fn article(&self, key: &ArticleKey, now_s: i64) -> Result<Option<ArticleAnswer>, EngineError> {
        (**self).article(key, now_s)
    }

    fn related(&self, request: &RelatedRequest) -> Result<Option<RelatedAnswer>, EngineError> {
        (**self).related(request)
    }

    fn suggest(&self, request: &SuggestRequest) -> Result<SuggestAnswer, EngineError> {
        (**self).suggest(request)
    }

    fn index_version(&self) -> IndexVersion {
        (**self).index_version()
    }

    fn status(&self, now_s: i64) -> Result<EngineStatus, EngineError> {
        (**self).status(now_s)
    }

    fn at_present(&self) -> Box<dyn SearchEngine + '_> {
        Box::new(*self)
    }
}

impl SearchEngine for BruteForceEngine {
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, EngineError> {
        let Ok(plan) = Plan::new(request, CorrectionMode::of(request), self);
        let left_out = request.without.iter().filter_map(|key| self.find(key, request.now_s));
        let left_out: HashSet<&str> = left_out.map(|entry| entry.work.as_str()).collect();
        let matching = |plan: &Plan, filters: &Filters| {
            let mut versions = self.versions(plan, request);
            versions.retain(|choice| !left_out.contains(choice.entry.work.as_str()));
            let facets = self.count(&versions, filters, request);
            versions.retain(|choice| filters.take(&choice.entry.article));
            let whole = versions.iter().filter(|choice| choice.is_whole).count();
            let parts = versions.iter().filter(|choice| choice.is_part).count();
            Ok(FoundMatches { versions: versions.len() - parts, parts, whole, matches: (versions, facets) })
        };
        let Ok(answered) = relaxation::search(self, plan, request, matching);
        let RelaxedAnswer { plan, matches: (mut versions, mut facets), recovery } = answered;
        let sort = if plan.words.is_empty() && request.sort == Sort::Relevance { Sort::Newest } else { request.sort };
        let mut newest = Vec::new();
        if recovery.as_ref().is_some_and(|recovery| recovery.kind == RecoveryKind::Newest) {
            let mut works = Self::order(std::mem::take(&mut versions), Sort::Newest, request);
            works.truncate(request.limit);
            let snippets = Snippets::new(&plan, request, works.len());
            newest = works.iter().map(|choice| self.hit(&plan, &snippets, choice, request)).collect();
            facets = self.count(&[], &request.filters, request);
        }
        let mut works = Self::order(versions, sort, request);
        if sort == Sort::Relevance {
            for choice in works.iter_mut().take(ranking::PAIR_DEPTH) {
                choice.breakdown.proximity =
                    pairs_score(&plan, choice.entry) * choice.breakdown.language * choice.breakdown.recency;
                choice.breakdown.score += choice.breakdown.proximity;
            }
            let factor = ranking::part_factor(works.iter().map(|choice| (choice.is_part, choice.breakdown.score)));
            for ScoreBreakdown { score, version, proximity, part, .. } in
                works.iter_mut().filter(|choice| choice.is_part).map(|choice| &mut choice.breakdown)
            {
                for score in [score, version, proximity, part] {
                    *score *= factor;
                }
            }
            works.sort_by(|a, b| compare(sort, &a.place(sort, request), &b.place(sort, request)));
        }
        let total = works.len();
        let full = works.iter().filter(|choice| choice.is_full).count();
        let mut offset = request.offset;
        let mut notes = plan.notes.clone();
        if let Some(cursor) = &request.after {
            let mut last = (cursor.key, cursor.id.as_str());
            let is_of_order = cursor.is_of_order(sort);
            if cursor.is_outdated(self.version) || !is_of_order {
                notes.push(Note::IndexChanged);
            }
            if !is_of_order {
                (last, offset) = ((CursorKey::Score(f32::INFINITY), ""), offset + cursor.place);
            } else if cursor.is_outdated(self.version) {
                match works.iter().find(|choice| choice.entry.article.id == cursor.id) {
                    Some(known) => last.0 = known.place(sort, request).0,
                    None => {
                        (last, offset) =
                            ((CursorKey::Score(f32::INFINITY), ""), offset + cursor.place.saturating_sub(1))
                    }
                }
            }
            works.retain(|choice| compare(sort, &choice.place(sort, request), &last) == Ordering::Greater);
        }
        let place = total - works.len() + offset;
        let page: Vec<&OracleChoice<'_>> = works.iter().skip(offset).take(request.limit).collect();
        let has_more = offset + page.len() < works.len();
        let next = page.last().filter(|_| has_more).map(|last| {
            let (key, id) = last.place(sort, request);
            Cursor { version: self.version, now_s: request.now_s, key, id: id.to_owned(), place: place + page.len() }
        });
        let snippets = Snippets::new(&plan, request, page.len());
        let hits = page.into_iter().map(|choice| self.hit(&plan, &snippets, choice, request)).collect();
        let corrections = plan.corrections();
        let total = Total::exact(total, full);
        let index_version = self.version;
        Ok(SearchAnswer { total, place, hits, newest, corrections, recovery, facets, next, notes, index_version })
    }

    fn article(&self, key: &ArticleKey, now_s: i64) -> Result<Option<ArticleAnswer>, EngineError> {
        Ok(self.find(key, now_s).map(|entry| {
            let (translations, translations_total) = self.translations(entry, now_s);
            ArticleAnswer {
                card: Card::of(&entry.article),
                body: join_passages(passages_of(&entry.article.body)),
                translations,
                translations_total,
                index_version: self.version,
            }
        }))
    }

    fn related(&self, request: &RelatedRequest) -> Result<Option<RelatedAnswer>, EngineError> {
        Ok(self.related_works(request))
    }

    fn suggest(&self, request: &SuggestRequest) -> Result<SuggestAnswer, EngineError> {
        super::suggest::suggest(self, request)
    }

    fn index_version(&self) -> IndexVersion {
        self.version
    }

    fn status(&self, now_s: i64) -> Result<EngineStatus, EngineError> {
        let mut articles_by_language = BTreeMap::new();
        for entry in self.counted() {
            *articles_by_language.entry(entry.article.lang.clone()).or_insert(0) += 1;
        }
        let changes = |article: &Article| {
            let published = article.published_at.as_ref().map(Moment::start_s);
            let expires = article.expires_at.as_ref().map(Moment::end_s);
            let is_ever_seen = published.zip(expires).is_none_or(|(published, expires)| published < expires);
            [published, expires].into_iter().flatten().filter(move |_| is_ever_seen)
        };
        let visible = || self.entries.iter().filter(|entry| !entry.article.hidden);
        let last = |until_s: i64| {
            let all = visible().flat_map(|entry| changes(&entry.article));
            all.filter(|at_s| *at_s <= until_s).max().unwrap_or(i64::MIN)
        };
        Ok(EngineStatus {
            version: self.version,
            built_at: Arc::default(),
            articles_by_language: Arc::new(articles_by_language),
            visibility_changes_s: [last(now_s), last(self.opened_s)],
        })
    }

    fn at_present(&self) -> Box<dyn SearchEngine + '_> {
        Box::new(self)
    }
}

/// The spelling of each label: the first one of a visible article, or else the first of all.
fn spellings<'a>(labels: impl Iterator<Item = (bool, &'a String)>) -> BTreeMap<String, String> {
    let mut spellings: BTreeMap<String, (bool, &String)> = BTreeMap::new();
    for (is_visible, label) in labels {
        let known = spellings.entry(label_key(label)).or_insert((!is_visible, label));
        *known = (*known).min((!is_visible, label));
    }
    spellings.into_iter().map(|(key, (_, label))| (key, without_marks(label).into_owned())).collect()
}
