//! An article as the index takes it: the terms of its zones, and its body in passages.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::completions::{Completion, Speaker, Spoken, completions};
use super::key_terms::{Gathering, KeyTerms};
use super::language_detection::foreign_language;
use super::languages::language_group;
use super::minhash::MinHash;
use super::normalizer::fold_keeping_tilde;
use super::passages::passages_of;
use super::token_forms::{Forms, FormsCache, dashed, with_forms_cache};
use super::tokenizer::words;
use super::zone::{ByZone, Zone};
use crate::article::{Article, slug};

/// The terms of one zone, in the order of their positions.
#[derive(Debug, Clone, Default)]
pub struct ZoneTerms {
    /// Positions with the forms of the word that stands there; a compound shares the position of
    /// its first part.
    pub terms: Vec<(u32, Arc<Forms>)>,
    /// How many words the zone has, compounds not counted twice.
    pub length: u32,
}

/// Everything the index takes of an article's text.
#[derive(Debug, Clone, Default)]
pub struct ArticleTerms {
    /// The zones, in the order of [`Zone::ALL`].
    pub zones: ByZone<ZoneTerms>,
    /// For every passage of [`passages_of`], the position of its first word in the body.
    pub passage_starts: Vec<u32>,
    /// For every passage, the language that it is in where that is clearly not the article's: its
    /// words stand for themselves in both.
    pub passage_langs: Vec<Option<&'static str>>,
    /// What the article could be told by.
    pub key_terms: KeyTerms,
    /// What tells copies of its text; `None` for one too short to tell.
    pub sketch: Option<MinHash>,
    /// What readers may be offered for it while they type.
    pub completions: Vec<Completion>,
}

impl ArticleTerms {
    /// Analyses an article in its language. `caches` is kept by the caller from article to
    /// article, one cache a language.
    pub fn of(article: &Article, caches: &mut HashMap<String, FormsCache>) -> ArticleTerms {
        if !caches.contains_key(&article.lang) {
            caches.insert(article.lang.clone(), FormsCache::new(&article.lang));
        }
        let Some(cache) = caches.get_mut(&article.lang) else { return ArticleTerms::default() };
        let mut terms = ArticleTerms::default();
        let mut gathering = Gathering::new(language_group(&article.lang));
        terms.zone(Zone::Title, &article.title, cache, &mut gathering);
        let mut spoken = terms.zone(Zone::Summary, &article.summary, cache, &mut gathering);
        let own = language_group(&article.lang);
        for passage in passages_of(&article.body) {
            terms.passage_starts.push(terms.zones[Zone::Body].length);
            let first = terms.zones[Zone::Body].terms.len();
            spoken.extend(terms.zone(Zone::Body, passage.text, cache, &mut gathering));
            let foreign = foreign_language(passage.text, &own);
            terms.passage_langs.push(foreign);
            if let Some(lang) = foreign {
                with_forms_cache(lang, |cache| terms.add_stems(Zone::Body, first, cache));
            }
        }
        for label in article.topics.iter().flat_map(|topic| &topic.labels) {
            // What a menu calls its topics is not the article's own way to write.
            terms.zone(Zone::Topics, label, cache, &mut Gathering::new(String::new()));
        }
        for topic in &article.topics {
            for (name, _) in topic.path.split('/').zip(&topic.labels).filter(|(name, label)| slug(label) != *name) {
                terms.zone(Zone::Topics, &name.replace('-', " "), cache, &mut Gathering::new(String::new()));
            }
        }
        for label in article.tags.iter().chain(&article.series) {
            terms.zone(Zone::Topics, label, cache, &mut gathering);
        }
        for author in &article.authors {
            terms.zone(Zone::Authors, author, cache, &mut Gathering::new(String::new()));
        }
        terms.key_terms = gathering.finish();
        terms.sketch = MinHash::of([Zone::Summary, Zone::Body].into_iter().flat_map(|zone| &terms.zones[zone].terms));
        let labels = article.topics.iter().flat_map(|topic| &topic.labels).chain(&article.tags);
        let labels = labels.chain(&article.series).map(String::as_str);
        let names = article.authors.iter().map(String::as_str);
        terms.completions = completions(&article.title, labels, names, &spoken, cache);
        terms
    }

    /// Adds to the terms of a zone, from one on, the stems that another language makes of them.
    fn add_stems(&mut self, zone: Zone, first: usize, cache: &mut FormsCache) {
        for (_, forms) in self.zones[zone].terms.iter_mut().skip(first) {
            let Some(typed) = forms.words.first() else { continue };
            let stems = cache.forms(typed).stems.clone();
            Arc::make_mut(forms).stems.extend(stems);
        }
    }

    /// The folded words of all zones, each once.
    pub fn vocabulary(&self) -> BTreeSet<&str> {
        let forms = self.zones.iter().flat_map(|zone| &zone.terms).map(|(_, forms)| forms);
        forms.map(|forms| forms.folded()).collect()
    }

    /// The words that an article is headed and filed by (title, topics and other labels, authors) as
    /// they are looked for, each once, at the best of its places.
    pub fn head_words(&self) -> Vec<(Cow<'_, str>, HeadPlace)> {
        let mut words: Vec<(Cow<'_, str>, HeadPlace)> = Vec::new();
        for zone in [Zone::Title, Zone::Topics, Zone::Authors] {
            for (position, forms) in &self.zones[zone].terms {
                let place = match (zone, position) {
                    (Zone::Title, 0) => HeadPlace::TitleBegin,
                    (Zone::Title, _) => HeadPlace::Title,
                    _ => HeadPlace::Label,
                };
                words.push((Cow::Borrowed(forms.folded()), place));
                if let Some(word) = forms.words.first().filter(|word| word.contains('ñ')) {
                    words.push((fold_keeping_tilde(word), place));
                }
            }
        }
        words.sort_unstable_by(|a, b| b.cmp(a));
        words.dedup_by(|later, earlier| later.0 == earlier.0);
        words
    }

    /// Takes up a zone; gives back its words as they were spoken.
    fn zone<'a>(
        &mut self,
        name: Zone,
        text: &'a str,
        cache: &mut FormsCache,
        gathering: &mut Gathering<'a>,
    ) -> Vec<Spoken<'a>> {
        let mut speaker = Speaker::of(text);
        let mut spoken = Vec::new();
        let zone = &mut self.zones[name];
        let mut before = None;
        let first = zone.length;
        for word in words(text) {
            let position = first.saturating_add(word.position);
            zone.length = zone.length.max(position.saturating_add(1));
            let mut forms = cache.forms(&word.text);
            before = gathering.take(name, text, &word, &forms, before);
            spoken.extend(speaker.take(&word, &forms));
            if word.is_dashed {
                let with_hyphen: Vec<String> = forms.words.iter().map(|form| dashed(form)).collect();
                Arc::make_mut(&mut forms).words.extend(with_hyphen);
            }
            zone.terms.push((position, forms));
        }
        spoken
    }
}

/// Where a head word of an article stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeadPlace {
    /// In a topic or another label, or in a name.
    Label,
    /// In the title.
    Title,
    /// At the beginning of the title.
    TitleBegin,
}
