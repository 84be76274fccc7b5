//! The oracle: every question answered by going through a list of articles, one by one, text in
//! hand. It is slow and obvious; the embedded engine must say the same.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;

use super::highlight::Highlighter;
use super::plan::{Collection, Plan};
use super::ranking::{self, LanguageStats};
use super::related::{REASON_TERMS, telling_terms};
use super::{
    ArticleAnswer, ArticleKey, Card, EngineError, Filters, Hit, IndexVersion, Reason, RelatedAnswer, RelatedHit,
    RelatedRequest, SearchAnswer, SearchEngine, SearchRequest, Sort, Total, Translation, language_fit,
};
use crate::analysis::{ArticleTerms, Zone, ZoneTerms, join_passages, language_group, passages_of};
use crate::article::{Article, one_line};

/// Answers from a list of articles held in memory.
pub struct BruteForceEngine {
    entries: Vec<Entry>,
    languages: Vec<LanguageStats>,
    version: IndexVersion,
}

struct Entry {
    article: Article,
    terms: ArticleTerms,
    /// The language group's place in `languages`.
    group: usize,
}

impl BruteForceEngine {
    /// Takes the articles of one state of a site.
    pub fn new(articles: Vec<Article>, version: IndexVersion) -> BruteForceEngine {
        let mut caches = HashMap::new();
        let mut languages: BTreeMap<String, LanguageStats> = BTreeMap::new();
        let mut entries = Vec::new();
        for article in articles.into_iter().filter(|article| !article.hidden) {
            let terms = ArticleTerms::of(&article, &mut caches);
            let group = language_group(&article.lang);
            let stats =
                languages.entry(group.clone()).or_insert(LanguageStats { lang: group, articles: 0, words: [0; 4] });
            stats.articles += 1;
            for (sum, zone) in stats.words.iter_mut().zip(&terms.zones) {
                *sum += u64::from(zone.length);
            }
            entries.push(Entry { article, terms, group: 0 });
        }
        let languages: Vec<LanguageStats> = languages.into_values().collect();
        for entry in &mut entries {
            let group = language_group(&entry.article.lang);
            entry.group = languages.iter().position(|language| language.lang == group).unwrap_or(usize::MAX);
        }
        BruteForceEngine { entries, languages, version }
    }

    /// How well an entry holds one word in any of `stems`; 0 where it does not.
    fn zones_score(&self, entry: &Entry, stems: &[String]) -> f32 {
        let mut score = 0.0;
        for zone in Zone::ALL {
            let terms = &entry.terms.zones[zone.ordinal()];
            let count = stems.iter().map(|stem| count(terms, stem)).max().unwrap_or(0);
            if count > 0 {
                let mean = self.languages[entry.group].mean_words(zone);
                score += ranking::zone_score(zone, count, terms.length, mean);
            }
        }
        score
    }

    /// The visible article that is meant.
    fn find(&self, key: &ArticleKey, now_s: i64) -> Option<&Entry> {
        let visible = self.entries.iter().filter(|entry| entry.article.is_visible_at(now_s));
        let meant = visible.filter(|entry| match key {
            ArticleKey::Id(id) => entry.article.id == *id,
            ArticleKey::Url(url) => entry.article.url.as_ref() == Some(url),
        });
        meant.min_by(|a, b| a.article.id.cmp(&b.article.id))
    }

    fn translations(&self, article: &Article, now_s: i64) -> Vec<Translation> {
        let mut translations: Vec<Translation> = self
            .entries
            .iter()
            .map(|entry| &entry.article)
            .filter(|other| other.work == article.work && other.id != article.id && other.is_visible_at(now_s))
            .map(|other| Card::of(other).into_translation())
            .collect();
        translations.sort_by(|a, b| (&a.lang, &a.id).cmp(&(&b.lang, &b.id)));
        translations
    }

    fn hit(&self, plan: &Plan, choice: &Choice<'_>, request: &SearchRequest) -> Hit {
        let entry = choice.entry;
        let highlighter = Highlighter::new(plan, Some(entry.group), &entry.article.lang);
        let passages: Vec<&str> = passages_of(&entry.article.body).map(|passage| passage.text).collect();
        let text = match best_passage(plan, entry) {
            Some(ordinal) => passages.get(ordinal).copied(),
            None if !entry.article.summary.is_empty() => Some(entry.article.summary.as_str()),
            None => passages.first().copied(),
        };
        Hit {
            card: Card::of(&entry.article),
            title_html: highlighter.mark(&entry.article.title),
            snippet_html: highlighter.snippet(&one_line(text.unwrap_or_default()), request.snippet_chars),
            score: choice.score,
            translations: self.translations(&entry.article, request.now_s),
        }
    }

    /// The best version of every work, in order.
    fn order<'e>(versions: Vec<Choice<'e>>, sort: Sort) -> Vec<Choice<'e>> {
        let mut works: BTreeMap<&str, Choice<'e>> = BTreeMap::new();
        for version in versions {
            let work = version.entry.article.work.as_str();
            let best_score = works.get(work).map_or(version.score, |known| known.score.max(version.score));
            let wins = works.get(work).is_none_or(|known| {
                let by_score = version.own_score.total_cmp(&known.own_score);
                let by_id = known.entry.article.id.cmp(&version.entry.article.id);
                version.fit.cmp(&known.fit).then(by_score).then(by_id) == Ordering::Greater
            });
            if wins {
                works.insert(work, version);
            }
            if let Some(known) = works.get_mut(work) {
                known.score = best_score;
            }
        }
        let mut works: Vec<Choice<'e>> = works.into_values().collect();
        let date = |choice: &Choice<'_>| choice.entry.article.published_at.as_ref().map(|at| at.start_s());
        works.sort_by(|a, b| {
            let order = match sort {
                Sort::Relevance => b.score.total_cmp(&a.score),
                Sort::Newest => date(b).cmp(&date(a)),
                Sort::Oldest => (date(a).is_none(), date(a)).cmp(&(date(b).is_none(), date(b))),
            };
            order.then_with(|| a.entry.article.id.cmp(&b.entry.article.id))
        });
        works
    }
}

/// A version that could be shown for its work.
struct Choice<'e> {
    entry: &'e Entry,
    /// The best of the work's.
    score: f32,
    own_score: f32,
    fit: u8,
}

fn count(terms: &ZoneTerms, stem: &str) -> u32 {
    terms.terms.iter().filter(|(_, forms)| forms.stems.iter().any(|known| known == stem)).count() as u32
}

fn passes(filters: &Filters, article: &Article, now_s: i64) -> bool {
    article.is_visible_at(now_s)
        && filters.takes_lang(&article.lang)
        && filters.takes_kind(article.kind)
        && filters.takes_date(article.published_at.as_ref().map(|at| at.start_s()))
        && filters.takes_topics(article.topics.iter().flat_map(|topic| topic.prefixes()))
}

/// Whether a zone of the entry holds folded words one after the other.
fn holds_phrase(entry: &Entry, phrase: &[String]) -> bool {
    entry.terms.zones.iter().any(|zone| {
        let stands_at = |word: &String| -> HashSet<u32> {
            let holders = zone.terms.iter().filter(|(_, forms)| forms.words.contains(word));
            holders.map(|(position, _)| *position).collect()
        };
        let places: Vec<HashSet<u32>> = phrase.iter().map(stands_at).collect();
        places.first().is_some_and(|first| {
            first.iter().any(|start| (0u32..).zip(&places).all(|(offset, places)| places.contains(&(start + offset))))
        })
    })
}

/// What it is worth that neighbours of the query stand near each other in an entry.
fn pairs_score(plan: &Plan, entry: &Entry) -> f32 {
    let positions = |zone: Zone, word: usize| -> Vec<u32> {
        let stems = &plan.words[word].stems[entry.group];
        let terms = entry.terms.zones[zone.ordinal()].terms.iter();
        let holders = terms.filter(|(_, forms)| forms.stems.iter().any(|stem| stems.contains(stem)));
        let mut positions: Vec<u32> = holders.map(|(position, _)| *position).collect();
        positions.dedup();
        positions
    };
    let mut score = 0.0;
    for zone in ranking::PAIR_ZONES {
        for second in 1..plan.words.len() {
            let frequency = ranking::pair_frequency(&positions(zone, second - 1), &positions(zone, second));
            let weights = (plan.words[second - 1].weight, plan.words[second].weight);
            score += ranking::pair_score(zone, weights, frequency);
        }
    }
    score
}

fn best_passage(plan: &Plan, entry: &Entry) -> Option<usize> {
    let starts = &entry.terms.passage_starts;
    let mut held: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (word_place, word) in plan.words.iter().enumerate() {
        for (position, forms) in &entry.terms.zones[Zone::Body.ordinal()].terms {
            if word.stems.get(entry.group)?.iter().any(|stem| forms.stems.contains(stem)) {
                let passage = starts.iter().rposition(|start| start <= position).unwrap_or(0);
                let words = held.entry(passage).or_default();
                if !words.contains(&word_place) {
                    words.push(word_place);
                }
            }
        }
    }
    let mut best: Option<(usize, f32)> = None;
    for (passage, words) in held {
        let weight: f32 = words.iter().map(|word| plan.words[*word].weight).sum();
        if best.is_none_or(|(_, most)| weight > most) {
            best = Some((passage, weight));
        }
    }
    best.map(|(passage, _)| passage)
}

impl Collection for BruteForceEngine {
    type Error = Infallible;

    fn languages(&self) -> &[LanguageStats] {
        &self.languages
    }

    fn matching(&self, stem: &str) -> Result<u64, Infallible> {
        let holders = |zone: Zone| {
            self.entries.iter().filter(|entry| count(&entry.terms.zones[zone.ordinal()], stem) > 0).count() as u64
        };
        Ok(Zone::ALL.map(holders).into_iter().max().unwrap_or(0))
    }
}

impl SearchEngine for BruteForceEngine {
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, EngineError> {
        let Ok(plan) = Plan::new(&request.query, request.ui_lang.as_deref(), self);
        let mut versions = Vec::new();
        for entry in &self.entries {
            let (mut words, mut weight, mut score) = (0, 0.0, 0.0);
            for word in &plan.words {
                let zones = self.zones_score(entry, &word.stems[entry.group]);
                if zones > 0.0 {
                    words += 1;
                    weight += word.weight;
                    score += word.weight * zones;
                }
            }
            let matches = plan.words.is_empty() || ranking::matches(plan.words.len(), words, plan.weight, weight);
            if matches
                && passes(&request.filters, &entry.article, request.now_s)
                && plan.phrases.iter().all(|phrase| holds_phrase(entry, phrase))
                && (holds_phrase(entry, &plan.literal)
                    || !plan.excluded.iter().any(|phrase| holds_phrase(entry, phrase)))
            {
                let fit = language_fit(&entry.article.lang, request.ui_lang.as_deref());
                versions.push(Choice { entry, score, own_score: score, fit });
            }
        }
        let sort = if plan.words.is_empty() && request.sort == Sort::Relevance { Sort::Newest } else { request.sort };
        let mut works = Self::order(versions, sort);
        if sort == Sort::Relevance {
            for choice in works.iter_mut().take(ranking::PAIR_DEPTH) {
                choice.score += pairs_score(&plan, choice.entry);
            }
            works.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.entry.article.id.cmp(&b.entry.article.id)));
        }
        let total = Total::exact(works.len());
        let page = works.iter().skip(request.offset).take(request.limit);
        let hits = page.map(|choice| self.hit(&plan, choice, request)).collect();
        Ok(SearchAnswer { total, hits, index_version: self.version })
    }

    fn article(&self, key: &ArticleKey, now_s: i64) -> Result<Option<ArticleAnswer>, EngineError> {
        Ok(self.find(key, now_s).map(|entry| ArticleAnswer {
            card: Card::of(&entry.article),
            body: join_passages(passages_of(&entry.article.body)),
            translations: self.translations(&entry.article, now_s),
            index_version: self.version,
        }))
    }

    fn related(&self, request: &RelatedRequest) -> Result<Option<RelatedAnswer>, EngineError> {
        let Some(source) = self.find(&request.key, request.now_s) else { return Ok(None) };
        let articles = self.languages[source.group].articles;
        let Ok(terms) = telling_terms(source.terms.key_terms(), articles, |stem| self.matching(stem));
        let mut topics: Vec<_> = source.article.topics.iter().collect();
        topics.sort_by_key(|topic| std::cmp::Reverse(topic.path.matches('/').count()));
        let own = Filters {
            langs: match request.filters.langs.as_slice() {
                [] => source.article.lang.split('-').next().map(str::to_owned).into_iter().collect(),
                langs => langs.to_vec(),
            },
            ..request.filters.clone()
        };
        let mut seen: HashSet<&str> = HashSet::from([source.article.work.as_str()]);
        let mut hits: Vec<RelatedHit> = Vec::new();
        let mut step = |filters: &Filters, sort: Sort, score: &dyn Fn(&Entry) -> Option<(f32, Reason)>| {
            let candidates: Vec<&Entry> = self
                .entries
                .iter()
                .filter(|entry| !seen.contains(entry.article.work.as_str()))
                .filter(|entry| passes(filters, &entry.article, request.now_s))
                .collect();
            let versions = candidates.into_iter().filter_map(|entry| {
                let (score, _) = score(entry)?;
                Some(Choice { entry, score, own_score: score, fit: 0 })
            });
            let missing = request.limit.saturating_sub(hits.len());
            for choice in Self::order(versions.collect(), sort).into_iter().take(missing) {
                seen.insert(choice.entry.article.work.as_str());
                let reasons = score(choice.entry).map(|(_, reason)| reason).into_iter().collect();
                hits.push(RelatedHit { card: Card::of(&choice.entry.article), score: choice.score, reasons });
            }
        };
        for filters in [&own, &request.filters] {
            step(filters, Sort::Relevance, &|entry| {
                let held: Vec<_> = terms
                    .iter()
                    .filter(|_| entry.group == source.group)
                    .map(|term| (term, self.zones_score(entry, std::slice::from_ref(&term.stem))))
                    .filter(|(_, zones)| *zones > 0.0)
                    .collect();
                let mut score = 0.0;
                for (term, zones) in &held {
                    score += term.weight * zones;
                }
                let words = held.iter().take(REASON_TERMS).map(|(term, _)| term.word.clone()).collect();
                (!held.is_empty()).then_some((score, Reason::Terms { terms: words }))
            });
            for topic in topics.iter().filter(|_| filters.topics.is_empty()) {
                let below = Filters { topics: vec![topic.path.clone()], ..filters.clone() };
                let reason = Reason::Topic { path: topic.path.clone(), label: topic.label().to_owned() };
                step(&below, Sort::Newest, &|_| Some((0.0, reason.clone())));
            }
            step(filters, Sort::Newest, &|_| Some((0.0, Reason::Recent)));
        }
        Ok(Some(RelatedAnswer { id: source.article.id.clone(), hits, index_version: self.version }))
    }

    fn index_version(&self) -> IndexVersion {
        self.version
    }
}
