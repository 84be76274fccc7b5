//! The text of an article as the index stores it: the terms of its zones, and its body in passages.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::completions::{Completion, WrittenWord, WrittenWords, completions};
use super::key_terms::{KeyTermCollector, KeyTerms};
use super::language_detection::foreign_language;
use super::languages::language_group;
use super::minhash::MinHash;
use super::normalizer::fold_keeping_tilde;
use super::passages::passages_of;
use super::token_variants::{TokenVariants, TokenVariantsCache, dashed, with_variants_cache};
use super::tokenizer::words;
use super::zone::{ByZone, Zone};
use crate::article::{Article, OwnData, SearchedAs, slug};

/// The texts of an article's own fields that are searched as a part of it.
fn own_texts(article: &Article, part: SearchedAs) -> impl Iterator<Item = &str> {
    article.fields.values().flat_map(move |value| value.texts_searched_as(part))
}

/// Those of them that are short, and may complete what is typed.
fn own_labels(article: &Article, part: SearchedAs) -> impl Iterator<Item = &str> {
    let short = article.fields.values().filter(|value| matches!(value.data, OwnData::Keyword(_)));
    short.flat_map(move |value| value.texts_searched_as(part))
}

/// The terms of one zone, in the order of their positions.
#[derive(Debug, Clone, Default)]
pub struct ZoneTerms {
    /// Positions with the variants of the word at each; a compound shares the position of its first
    /// part.
    pub terms: Vec<(u32, Arc<TokenVariants>)>,
    /// How many words the zone has; compounds are not counted twice.
    pub length: u32,
}

/// Everything that is indexed of an article's text.
#[derive(Debug, Clone, Default)]
pub struct ArticleTerms {
    /// The zones, in the order of [`Zone::ALL`].
    pub zones: ByZone<ZoneTerms>,
    /// For every passage of [`passages_of`], the position of its first word in the body.
    pub passage_starts: Vec<u32>,
    /// For every passage, its language where that clearly differs from the article's. The words of
    /// such a passage are stemmed in both languages.
    pub passage_langs: Vec<Option<&'static str>>,
    /// The candidates for terms that distinguish the article from others.
    pub key_terms: KeyTerms,
    /// The signature for near-duplicate detection; `None` for a text too short for one.
    pub sketch: Option<MinHash>,
    /// What the article contributes to suggestions while a reader types.
    pub completions: Vec<Completion>,
}

impl ArticleTerms {
    /// Analyses an article in its language. The caller keeps `caches` from article to article, one
    /// cache per language.
    pub fn of(article: &Article, caches: &mut HashMap<String, TokenVariantsCache>) -> ArticleTerms {
        if !caches.contains_key(&article.lang) {
            caches.insert(article.lang.clone(), TokenVariantsCache::new(&article.lang));
        }
        let Some(cache) = caches.get_mut(&article.lang) else { return ArticleTerms::default() };
        let mut terms = ArticleTerms::default();
        let mut collector = KeyTermCollector::new(language_group(&article.lang));
        terms.zone(Zone::Title, &article.title, cache, &mut collector);
        let mut written_words = terms.zone(Zone::Summary, &article.summary, cache, &mut collector);
        for text in own_texts(article, SearchedAs::Summary) {
            terms.zone(Zone::Summary, text, cache, &mut KeyTermCollector::new(String::new()));
        }
        let own = language_group(&article.lang);
        for passage in passages_of(&article.body) {
            terms.passage_starts.push(terms.zones[Zone::Body].length);
            let first = terms.zones[Zone::Body].terms.len();
            written_words.extend(terms.zone(Zone::Body, passage.text, cache, &mut collector));
            let foreign = foreign_language(passage.text, &own);
            terms.passage_langs.push(foreign);
            if let Some(lang) = foreign {
                with_variants_cache(lang, |cache| terms.add_stems(Zone::Body, first, cache));
            }
        }
        for label in article.topics.iter().flat_map(|topic| &topic.labels) {
            // The labels of the menu do not show how the article itself writes its terms.
            terms.zone(Zone::Topics, label, cache, &mut KeyTermCollector::new(String::new()));
        }
        for topic in &article.topics {
            for (name, _) in topic.path.split('/').zip(&topic.labels).filter(|(name, label)| slug(label) != *name) {
                terms.zone(Zone::Topics, &name.replace('-', " "), cache, &mut KeyTermCollector::new(String::new()));
            }
        }
        for label in article.tags.iter().chain(&article.series) {
            terms.zone(Zone::Topics, label, cache, &mut collector);
        }
        for label in own_texts(article, SearchedAs::Topics) {
            terms.zone(Zone::Topics, label, cache, &mut KeyTermCollector::new(String::new()));
        }
        for author in article.authors.iter().map(String::as_str).chain(own_texts(article, SearchedAs::Authors)) {
            terms.zone(Zone::Authors, author, cache, &mut KeyTermCollector::new(String::new()));
        }
        terms.key_terms = collector.finish();
        terms.sketch = MinHash::of([Zone::Summary, Zone::Body].into_iter().flat_map(|zone| &terms.zones[zone].terms));
        let labels = article.topics.iter().flat_map(|topic| &topic.labels).chain(&article.tags);
        let labels = labels.chain(&article.series).map(String::as_str).chain(own_labels(article, SearchedAs::Topics));
        let names = article.authors.iter().map(String::as_str).chain(own_labels(article, SearchedAs::Authors));
        terms.completions = completions(&article.title, labels, names, &written_words, cache);
        terms
    }

    /// Adds to the terms of a zone, from index `first` on, the stems of another language.
    fn add_stems(&mut self, zone: Zone, first: usize, cache: &mut TokenVariantsCache) {
        for (_, variants) in self.zones[zone].terms.iter_mut().skip(first) {
            let Some(typed) = variants.words.first() else { continue };
            let stems = cache.variants(typed).stems.clone();
            Arc::make_mut(variants).stems.extend(stems);
        }
    }

    /// The folded words of all zones, each once.
    pub fn vocabulary(&self) -> BTreeSet<&str> {
        let variants = self.zones.iter().flat_map(|zone| &zone.terms).map(|(_, variants)| variants);
        variants.map(|variants| variants.folded()).collect()
    }

    /// The words of the title, of topics and other labels and of author names, folded and with
    /// their `ñ`, in descending order. Each occurs once, at its best position.
    pub fn heading_words(&self) -> Vec<(Cow<'_, str>, HeadingPosition)> {
        let mut words: Vec<(Cow<'_, str>, HeadingPosition)> = Vec::new();
        for zone in [Zone::Title, Zone::Topics, Zone::Authors] {
            for (position, variants) in &self.zones[zone].terms {
                let heading_position = match (zone, position) {
                    (Zone::Title, 0) => HeadingPosition::TitleBegin,
                    (Zone::Title, _) => HeadingPosition::Title,
                    _ => HeadingPosition::Label,
                };
                words.push((Cow::Borrowed(variants.folded()), heading_position));
                if let Some(word) = variants.words.first().filter(|word| word.contains('ñ')) {
                    words.push((fold_keeping_tilde(word), heading_position));
                }
            }
        }
        words.sort_unstable_by(|a, b| b.cmp(a));
        words.dedup_by(|later, earlier| later.0 == earlier.0);
        words
    }

    /// Analyses a text of a zone; returns its words as they are written.
    fn zone<'a>(
        &mut self,
        name: Zone,
        text: &'a str,
        cache: &mut TokenVariantsCache,
        collector: &mut KeyTermCollector<'a>,
    ) -> Vec<WrittenWord<'a>> {
        let mut reader = WrittenWords::of(text);
        let mut written_words = Vec::new();
        let zone = &mut self.zones[name];
        let mut before = None;
        let first = zone.length;
        for word in words(text) {
            let position = first.saturating_add(word.position);
            zone.length = zone.length.max(position.saturating_add(1));
            let mut variants = cache.variants(&word.text);
            before = collector.take(name, text, &word, &variants, before);
            written_words.extend(reader.take(&word, &variants));
            if word.is_dashed {
                let with_hyphen: Vec<String> = variants.words.iter().map(|form| dashed(form)).collect();
                Arc::make_mut(&mut variants).words.extend(with_hyphen);
            }
            zone.terms.push((position, variants));
        }
        written_words
    }
}

/// Where a heading word of an article occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeadingPosition {
    /// In a topic, another label or a name.
    Label,
    /// In the title.
    Title,
    /// The first word of the title.
    TitleBegin,
}
