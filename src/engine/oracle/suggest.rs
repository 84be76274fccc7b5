//! Suggestions, by iterating over all articles.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::BruteForceEngine;
use super::entry::Entry;
use crate::analysis::CompletionSource;
use crate::engine::planning::Collection;
use crate::engine::ranking::LanguageStats;
use crate::engine::suggest::{MisspeltText, Offer, Suggester, Typed, WorkCounts, Writing};
use crate::engine::{Card, EngineError, SuggestRequest};

impl Suggester for BruteForceEngine {
    fn begun(&self, key: &str, with: &[String], request: &SuggestRequest) -> Result<Vec<Offer>, EngineError> {
        Ok(offers(self, with, request, |known| if known.starts_with(key) { 1.0 } else { 0.0 }))
    }

    fn mended(
        &self,
        misspelt: &MisspeltText,
        with: &[String],
        request: &SuggestRequest,
    ) -> Result<Vec<Offer>, EngineError> {
        Ok(offers(self, with, request, |known| misspelt.likelihood(known)))
    }

    fn exact(&self, key: &str, request: &SuggestRequest) -> Result<Option<Offer>, EngineError> {
        Ok(offers(self, &[], request, |known| if known == key { 1.0 } else { 0.0 }).pop())
    }

    fn similar_words(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, EngineError> {
        let Ok(words) = self.fuzzy_terms(folded, max_edits);
        Ok(words)
    }

    fn languages(&self) -> &[LanguageStats] {
        &self.languages
    }

    fn headed(&self, typed: &Typed, request: &SuggestRequest) -> Result<Vec<Card>, EngineError> {
        Ok(headed(self, typed, request))
    }
}

/// The visible entries in an allowed language.
fn entries<'e>(engine: &'e BruteForceEngine, request: &'e SuggestRequest) -> impl Iterator<Item = &'e Entry> {
    let is_offered =
        |entry: &&Entry| entry.article.is_visible_at(request.now_s) && request.takes_lang(&entry.article.lang);
    engine.entries.iter().filter(is_offered)
}

/// The completions in the articles with a positive likelihood.
fn offers(
    engine: &BruteForceEngine,
    with: &[String],
    request: &SuggestRequest,
    likelihood: impl Fn(&str) -> f32,
) -> Vec<Offer> {
    #[derive(Default)]
    struct HeldWord<'e> {
        works: BTreeMap<&'e str, CompletionSource>,
        writings: BTreeMap<(&'e str, &'e str), u64>,
    }
    let mut held: BTreeMap<&str, HeldWord<'_>> = BTreeMap::new();
    let holds = |entry: &&Entry, word: &String| {
        let mut forms = entry.terms.zones.iter().flat_map(|zone| &zone.terms).map(|(_, forms)| forms);
        forms.any(|forms| forms.words.contains(word))
    };
    for entry in entries(engine, request).filter(|entry| with.iter().all(|word| holds(entry, word))) {
        for completion in &entry.terms.completions {
            let of_key = held.entry(&completion.key).or_default();
            let known = of_key.works.entry(&entry.work).or_insert(completion.source);
            *known = completion.source.min(*known);
            *of_key.writings.entry((&entry.article.lang, &completion.text)).or_insert(0) += 1;
        }
    }
    let writing = |((lang, text), articles): ((&str, &str), u64)| Writing {
        text: text.to_owned(),
        lang: lang.to_owned(),
        articles,
    };
    let offer = |(key, held): (&str, HeldWord<'_>)| {
        let mut counts = WorkCounts::default();
        held.works.into_values().for_each(|source| counts.add(source));
        Offer {
            key: key.to_owned(),
            counts,
            writings: held.writings.into_iter().map(writing).collect(),
            likelihood: likelihood(key),
            is_composed: false,
        }
    };
    held.into_iter().map(offer).filter(|offer| offer.likelihood > 0.0).collect()
}

/// The works whose title or labels match what was typed.
fn headed(engine: &BruteForceEngine, typed: &Typed, request: &SuggestRequest) -> Vec<Card> {
    let mut ranked = Vec::new();
    for entry in entries(engine, request) {
        let words = entry.terms.heading_words();
        if let Some(place) = typed.place(&words) {
            let article = &entry.article;
            let newness = article.published_at.as_ref().map(|at| at.start_s());
            ranked.push((Reverse((request.fit(&article.lang), place, newness)), &article.id, entry));
        }
    }
    ranked.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    let mut works = BTreeSet::new();
    let first_of_work = ranked.into_iter().map(|(_, _, entry)| entry).filter(|entry| works.insert(&entry.work));
    first_of_work.take(request.limit).map(|entry| Card::of(&entry.article)).collect()
}
