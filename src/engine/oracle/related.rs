//! Related works, by iterating over all articles.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::convert::Infallible;

use super::BruteForceEngine;
use super::entry::Entry;
use crate::analysis::{ArticleTerms, KeyTerm, language_group};
use crate::article::Article;
use crate::engine::filters::Filters;
use crate::engine::ranking::articles_of;
use crate::engine::related::diversify::{self, NearDuplicates, in_order};
use crate::engine::related::reasons::{SurfaceForms, reasons};
use crate::engine::related::{
    self, DocumentProfile, LEADING_WORDS, MAX_PHRASES, MAX_WORDS, Shared, SharedTerms, Similarity, SimilarityEvidence,
    WeightedTerm, author_score, topic_scores,
};
use crate::engine::{
    ArticleKey, Card, FallbackTier, Reason, RelatedAnswer, RelatedHit, RelatedRequest, RelatedTo, TopicLabel,
    language_fit,
};

/// A version of the source article: its profile and its language group.
struct OracleVersion<'e> {
    profile: &'e DocumentProfile,
    lang: String,
    is_indexed: bool,
}

/// The origin of a request for related works.
struct OracleTarget<'e> {
    card: Card,
    /// The versions of its work, by id; for a draft, the draft itself.
    versions: Vec<OracleVersion<'e>>,
    version: usize,
    own: HashSet<&'e str>,
    copies: NearDuplicates,
}

/// The terms of a version and the score of sharing each.
struct OracleTerms {
    words: Vec<WeightedTerm>,
    phrases: Vec<WeightedTerm>,
    topics: Vec<f32>,
    authors: Vec<f32>,
}

impl OracleTerms {
    /// Adds what another profile shares besides its words.
    fn take_others(&self, profile: &DocumentProfile, other: &DocumentProfile, evidence: &mut SimilarityEvidence) {
        let mut flags = Shared::default();
        let mut topics = 0.0;
        for (topic, score) in profile.topics.iter().zip(&self.topics) {
            if *score > 0.0 && stands_under(other, &topic.path) {
                topics += score;
                flags = flags.and(Shared::TOPIC);
            }
        }
        let authors = profile.authors.iter().zip(&self.authors).filter(|(author, _)| other.authors.contains(author));
        let flag = |is: bool, flag: Shared| if is { flag } else { Shared::default() };
        flags = flags
            .and(flag(profile.series.is_some() && profile.series == other.series, Shared::SERIES))
            .and(flag(other.url.as_ref().is_some_and(|url| profile.links.contains(url)), Shared::LINKED))
            .and(flag(profile.url.as_ref().is_some_and(|url| other.links.contains(url)), Shared::LINKS_HERE));
        evidence.take(topics, authors.map(|(_, score)| score).sum(), flags);
    }
}

fn stands_under(profile: &DocumentProfile, path: &str) -> bool {
    profile.topics.iter().any(|topic| topic.path == path)
}

/// A similar work, its similarity, and the surface forms of the shared terms.
struct OracleSimilarity<'e> {
    work: &'e str,
    similarity: Similarity,
    written: SurfaceForms,
}

impl BruteForceEngine {
    pub(crate) fn related_works(&self, request: &RelatedRequest) -> Option<RelatedAnswer> {
        let drafted;
        let (origin, id) = match &request.to {
            RelatedTo::Article(key) => {
                let entry = self.find(key, request.now_s)?;
                (self.origin_of_entry(entry), Some(entry.article.id.clone()))
            }
            RelatedTo::Draft(article) => {
                let terms = ArticleTerms::of(article, &mut HashMap::new());
                drafted = DocumentProfile::of(article, &terms);
                (self.origin_of_draft(article, &terms, &drafted, request.now_s), None)
            }
        };
        let near = self.near(&origin);
        let hits = self.fill(&origin, &near, request);
        Some(RelatedAnswer { id, hits, index_version: self.version })
    }

    fn origin_of_entry<'e>(&'e self, entry: &'e Entry) -> OracleTarget<'e> {
        let mut versions: Vec<&Entry> = self.counted().filter(|other| other.work == entry.work).collect();
        versions.sort_by(|a, b| a.article.id.cmp(&b.article.id));
        versions.extend(Some(entry).filter(|entry| !entry.is_counted));
        let mut copies = NearDuplicates::default();
        versions.iter().for_each(|version| copies.show(version.terms.sketch));
        OracleTarget {
            card: Card::of(&entry.article),
            version: versions.iter().position(|version| std::ptr::eq(*version, entry)).unwrap_or(0),
            versions: versions
                .into_iter()
                .map(|version| OracleVersion {
                    profile: &version.comparable.profile,
                    lang: language_group(&version.article.lang),
                    is_indexed: version.is_counted,
                })
                .collect(),
            own: HashSet::from([entry.work.as_str()]),
            copies,
        }
    }

    fn origin_of_draft<'e>(
        &'e self,
        article: &Article,
        terms: &ArticleTerms,
        profile: &'e DocumentProfile,
        now_s: i64,
    ) -> OracleTarget<'e> {
        let mut own: HashSet<&str> = HashSet::new();
        let versions = self.entries.iter().filter(|entry| entry.article.work == article.work);
        own.extend(versions.filter(|entry| entry.article.is_visible_at(now_s)).map(|entry| entry.work.as_str()));
        let by_id = self.find(&ArticleKey::Id(article.id.clone()), now_s);
        let by_url = article.url.clone().and_then(|url| self.find(&ArticleKey::Url(url), now_s));
        own.extend([by_id, by_url].into_iter().flatten().map(|entry| entry.work.as_str()));
        let mut copies = NearDuplicates::default();
        copies.show(terms.sketch);
        OracleTarget {
            card: Card::of(article),
            versions: vec![OracleVersion { profile, lang: language_group(&article.lang), is_indexed: !own.is_empty() }],
            version: 0,
            own,
            copies,
        }
    }

    fn doc_freq(&self, term: &KeyTerm) -> u64 {
        let holds = |entry: &&Entry| match term.stem.contains(' ') {
            true => entry.comparable.has_phrase(&term.stem),
            false => entry.comparable.stems[term.zone].contains_key(&term.stem),
        };
        self.counted().filter(holds).count() as u64
    }

    fn weightiest(&self, terms: &[KeyTerm], most: usize, version: &OracleVersion<'_>) -> Vec<WeightedTerm> {
        let articles = articles_of(&self.languages, &version.lang);
        let own = version.is_indexed.into();
        let Ok(terms) =
            related::weightiest(terms, most, articles, own, |term| Ok::<u64, Infallible>(self.doc_freq(term)));
        terms
    }

    /// The similarity of every other work that shares anything.
    fn near<'e>(&'e self, origin: &OracleTarget<'_>) -> Vec<OracleSimilarity<'e>> {
        let mut works: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in self.counted().filter(|entry| !origin.own.contains(entry.work.as_str())) {
            works.entry(&entry.work).or_default().push(entry);
        }
        let looked_for: Vec<OracleTerms> = origin.versions.iter().map(|version| self.looked_for(version)).collect();
        let near = works.into_iter().filter_map(|(work, entries)| {
            let mut evidence = SimilarityEvidence::default();
            let mut terms = Vec::new();
            let mut common = 0;
            for (version, looked_for) in origin.versions.iter().zip(&looked_for) {
                let mut best: f32 = 0.0;
                let mut shared = SharedTerms::default();
                let has_lang = entries.iter().any(|entry| self.languages[entry.group].lang == version.lang);
                for entry in &entries {
                    if self.languages[entry.group].lang == version.lang {
                        let (text, terms) = self.text(version, looked_for, entry);
                        best = best.max(text);
                        shared = shared.and(terms);
                    }
                    looked_for.take_others(version.profile, &entry.comparable.profile, &mut evidence);
                }
                let articles = articles_of(&self.languages, &version.lang);
                evidence.add_text(best, articles);
                common += if has_lang { articles } else { 0 };
                terms.push(shared);
            }
            let time = origin.versions.iter().filter_map(|version| version.profile.eventful_day).flat_map(|one| {
                let others = entries.iter().filter_map(|entry| entry.comparable.profile.eventful_day);
                others.map(move |other| related::time_score(one.abs_diff(other)))
            });
            let similarity = evidence.similarity(common, time.fold(0.0, f32::max))?;
            let asked = terms.get(origin.version).copied().unwrap_or_default();
            let version = match asked.is_none() {
                true => terms.iter().position(|terms| !terms.is_none()).unwrap_or(origin.version),
                false => origin.version,
            };
            let written = |terms: &[KeyTerm], looked_for: &[WeightedTerm]| {
                looked_for.iter().map(|term| terms[term.place].written.clone()).collect()
            };
            let profile = &origin.versions[version].profile.terms;
            let OracleTerms { words, phrases, .. } = &looked_for[version];
            Some(OracleSimilarity {
                work,
                similarity: Similarity { shared: similarity.shared.and(terms[version].reported()), ..similarity },
                written: SurfaceForms {
                    words: written(&profile.words, words),
                    phrases: written(&profile.phrases, phrases),
                    is_translated: version != origin.version,
                },
            })
        });
        near.collect()
    }

    /// The text score of an entry for a version in its language, and the terms they share.
    fn text(&self, asked: &OracleVersion<'_>, looked_for: &OracleTerms, entry: &Entry) -> (f32, SharedTerms) {
        let OracleTerms { words, phrases, .. } = looked_for;
        let terms = &asked.profile.terms;
        let (mut sum, mut shared) = (0.0, SharedTerms::default());
        let take_word = |at: usize, sum: &mut f32, shared: &mut SharedTerms| {
            let term = &terms.words[words[at].place];
            for zone in related::zones() {
                if let Some(count) = entry.comparable.stems[zone].get(&term.stem) {
                    let length = entry.terms.zones[zone].length;
                    let mean = self.languages[entry.group].mean_words(zone);
                    *sum += words[at].weight * related::zone_score(zone, *count, length, mean);
                    let in_both = related::is_prominent(zone, *count) && related::is_prominent_term(term, &asked.lang);
                    shared.take(Shared::word(at), in_both);
                }
            }
        };
        let leading = words.len().min(LEADING_WORDS);
        (0..leading).for_each(|at| take_word(at, &mut sum, &mut shared));
        for (at, phrase) in phrases.iter().enumerate() {
            let term = &terms.phrases[phrase.place];
            if entry.comparable.has_phrase(&term.stem) {
                sum += phrase.weight * related::phrase_score();
                shared.take(Shared::phrase(at), related::is_prominent_term(term, &asked.lang));
            }
        }
        if !shared.is_none() {
            (leading..words.len()).for_each(|at| take_word(at, &mut sum, &mut shared));
        }
        (sum / related::whole_text(words, phrases), shared)
    }

    /// The terms of a version and their scores.
    fn looked_for(&self, version: &OracleVersion<'_>) -> OracleTerms {
        let profile = version.profile;
        let articles = self.counted().count() as u64;
        let with = |holds: &dyn Fn(&DocumentProfile) -> bool| {
            self.counted().filter(|entry| holds(&entry.comparable.profile)).count() as u64
        };
        let topics = profile.topics.iter().map(|topic| with(&|other| stands_under(other, &topic.path)));
        let authors = profile.authors.iter().map(|author| with(&|other| other.authors.contains(author)));
        OracleTerms {
            words: self.weightiest(&profile.terms.words, MAX_WORDS, version),
            phrases: self.weightiest(&profile.terms.phrases, MAX_PHRASES, version),
            topics: topic_scores(articles, &topics.collect::<Vec<u64>>()),
            authors: authors.map(|doc_freq| author_score(articles, doc_freq)).collect(),
        }
    }

    fn fill(
        &self,
        origin: &OracleTarget<'_>,
        near: &[OracleSimilarity<'_>],
        request: &RelatedRequest,
    ) -> Vec<RelatedHit> {
        let all = &request.filters;
        let own_lang = origin.card.lang.split('-').next().map(str::to_owned);
        let own = Filters { langs: own_lang.into_iter().collect(), ..all.clone() };
        let languages: Vec<&Filters> = if all.langs.is_empty() { vec![&own, all] } else { vec![all] };
        let mut tiers = OracleTiers {
            engine: self,
            origin,
            near,
            request,
            seen: origin.own.clone(),
            copies: origin.copies.clone(),
            hits: Vec::new(),
        };
        if request.any_lang {
            tiers.by_similarity(all);
            languages.iter().for_each(|filters| tiers.newest(filters, FallbackTier::Kind));
            languages.iter().for_each(|filters| tiers.newest(filters, FallbackTier::Recent));
        } else {
            for filters in languages {
                tiers.by_similarity(filters);
                tiers.newest(filters, FallbackTier::Kind);
                tiers.newest(filters, FallbackTier::Recent);
            }
        }
        if tiers.hits.is_empty() {
            tiers.copies = NearDuplicates::default();
            tiers.newest(all, FallbackTier::Recent);
        }
        tiers.hits
    }
}

struct OracleTiers<'e> {
    engine: &'e BruteForceEngine,
    origin: &'e OracleTarget<'e>,
    near: &'e [OracleSimilarity<'e>],
    request: &'e RelatedRequest,
    seen: HashSet<&'e str>,
    copies: NearDuplicates,
    hits: Vec<RelatedHit>,
}

impl<'e> OracleTiers<'e> {
    fn missing(&self) -> usize {
        self.request.limit.saturating_sub(self.hits.len())
    }

    /// The version to show of every work that passes the filters, the newest first.
    fn versions(&self, filters: &Filters) -> Vec<&'e Entry> {
        let mut works: BTreeMap<&str, &Entry> = BTreeMap::new();
        let rank = |entry: &'e Entry| {
            (language_fit(&entry.article.lang, Some(&self.origin.card.lang)), Reverse(&entry.article.id))
        };
        for entry in &self.engine.entries {
            let work = entry.work.as_str();
            if !self.seen.contains(work)
                && entry.article.is_visible_at(self.request.now_s)
                && filters.take(&entry.article)
                && works.get(work).is_none_or(|known| rank(entry) > rank(known))
            {
                works.insert(work, entry);
            }
        }
        let mut versions: Vec<&Entry> = works.into_values().collect();
        let published = |entry: &Entry| entry.article.published_at.as_ref().map(|at| at.start_s());
        versions.sort_by_key(|entry| (Reverse(published(entry)), &entry.article.id));
        versions
    }

    fn by_similarity(&mut self, filters: &Filters) {
        let versions = self.versions(filters);
        let found = versions.into_iter().filter_map(|entry| {
            let near = self.near.iter().find(|near| near.work == entry.work)?;
            Some((entry, near))
        });
        let mut found: Vec<(&Entry, &OracleSimilarity<'_>)> = found.collect();
        found.sort_by(|(_, a), (_, b)| a.similarity.order(&b.similarity));
        let choice = diversify::choice(self.request.limit);
        let similarity: Vec<Similarity> = found.iter().take(choice).map(|(_, near)| near.similarity).collect();
        for at in in_order(&similarity).into_iter().chain(similarity.len()..found.len()) {
            let (entry, near) = found[at];
            let mut card = Card::of(&entry.article);
            let asked = &self.origin.versions[self.origin.version].profile.topics;
            let mut why = reasons(near.similarity.shared, &near.written, &self.origin.card, asked, &card);
            if why.is_empty() {
                let versions = self.engine.counted().filter(|other| other.work == entry.work);
                card.topics = versions.flat_map(|version| Card::of(&version.article).topics).collect();
                let asked = self.origin.versions.iter().flat_map(|version| version.profile.topics.iter().cloned());
                let asked: Vec<TopicLabel> = asked.collect();
                let mut whole = self.origin.card.clone();
                let is_published = matches!(self.request.to, RelatedTo::Article(_));
                let own =
                    self.engine.counted().filter(|other| is_published && self.origin.own.contains(other.work.as_str()));
                let mut own: Vec<&Article> = own.map(|entry| &entry.article).collect();
                own.sort_by(|a, b| a.id.cmp(&b.id));
                whole.series = whole.series.or(own.iter().find_map(|article| article.series.clone()));
                why = reasons(near.similarity.shared, &near.written, &whole, &asked, &card);
            }
            self.show(entry, near.similarity.score, near.similarity.tier(), why);
        }
    }

    fn newest(&mut self, filters: &Filters, tier: FallbackTier) {
        let why = if tier == FallbackTier::Kind { Reason::Kind } else { Reason::Recent };
        let kind = self.origin.card.kind.clone();
        let mut filters = filters.clone();
        if tier == FallbackTier::Kind {
            if !filters.kinds.is_empty() && !filters.kinds.contains(&kind) {
                return;
            }
            filters.kinds = vec![kind];
        }
        for entry in self.versions(&filters) {
            self.show(entry, 0.0, tier, vec![why.clone()]);
        }
    }

    /// Adds a work to the answer, unless it is full or a near-duplicate is already shown.
    fn show(&mut self, entry: &'e Entry, score: f32, tier: FallbackTier, reasons: Vec<Reason>) {
        if self.missing() == 0 || self.copies.has(entry.terms.sketch) {
            return;
        }
        self.seen.insert(&entry.work);
        self.copies.show(entry.terms.sketch);
        let other_language = language_group(&entry.article.lang) != language_group(&self.origin.card.lang);
        let card = Card::of(&entry.article);
        self.hits.push(RelatedHit { card, score, tier, other_language, reasons });
    }
}
