//! A query made ready for the articles at hand: which terms stand for each word in each
//! language, and what each word weighs.

use super::ranking::{self, LanguageStats};
use crate::analysis::{QueryForms, fold, is_stop_word, language_group};
use crate::query::Query;

/// What a plan needs to know of the articles.
pub trait Collection {
    /// What can go wrong in looking a term up.
    type Error;
    /// The language groups there are, in a fixed order.
    fn languages(&self) -> &[LanguageStats];
    /// How many articles hold a stem in some zone, at least (the zone with the most counts).
    fn matching(&self, stem: &str) -> Result<u64, Self::Error>;
}

/// One word of the query, ready to be looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedWord {
    /// For every language, in the collection's order, the stems that stand for the word.
    pub stems: Vec<Vec<String>>,
    /// What holding it is worth.
    pub weight: f32,
}

/// A query made ready.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The words, in the order of the query.
    pub words: Vec<PlannedWord>,
    /// Folded words that must stand in one zone in this order.
    pub phrases: Vec<Vec<String>>,
    /// Folded words, or sequences of them, that must not occur.
    pub excluded: Vec<Vec<String>>,
    /// Folded words that save an article from exclusion when it holds them in this order.
    pub literal: Vec<String>,
    /// The weight of all words.
    pub weight: f32,
    /// How likely each language is the query's, in the collection's order.
    pub languages: Vec<f32>,
}

impl Plan {
    /// Plans a query over a collection.
    pub fn new<C: Collection>(query: &Query, ui_lang: Option<&str>, collection: &C) -> Result<Plan, C::Error> {
        let languages = collection.languages();
        let mut words = Vec::with_capacity(query.words.len());
        let mut frequencies = vec![Vec::with_capacity(query.words.len()); languages.len()];
        for word in &query.words {
            let mut stems = Vec::with_capacity(languages.len());
            for (language, frequencies) in languages.iter().zip(&mut frequencies) {
                let mut forms = QueryForms::of(&word.text, &language.lang).stems;
                if let Some(compound) = &word.compound {
                    for stem in QueryForms::of(compound, &language.lang).stems {
                        if !forms.contains(&stem) {
                            forms.push(stem);
                        }
                    }
                }
                let mut matching = 0;
                for stem in &forms {
                    matching = collection.matching(stem)?.max(matching);
                }
                frequencies.push(matching);
                stems.push(forms);
            }
            words.push(PlannedWord { stems, weight: 0.0 });
        }
        let articles: Vec<u64> = languages.iter().map(|language| language.articles).collect();
        let reader = ui_lang.map(language_group);
        let is_readers: Vec<bool> =
            languages.iter().map(|language| reader.as_deref() == Some(&language.lang)).collect();
        let posterior = ranking::language_posterior(&articles, &frequencies, &is_readers);
        for (place, (word, typed)) in words.iter_mut().zip(&query.words).enumerate() {
            let folded = fold(&typed.text);
            for ((language, share), frequencies) in languages.iter().zip(&posterior).zip(&frequencies) {
                let idf = ranking::idf(language.articles, frequencies.get(place).copied().unwrap_or(0));
                let factor = if is_stop_word(&language.lang, &folded) { ranking::STOP_WORD_FACTOR } else { 1.0 };
                word.weight += share * idf * factor;
            }
        }
        let fold = |phrase: &Vec<String>| phrase.iter().map(|word| QueryForms::of(word, "und").folded).collect();
        Ok(Plan {
            weight: words.iter().map(|word| word.weight).sum(),
            words,
            phrases: query.phrases.iter().map(fold).collect(),
            excluded: query.excluded.iter().map(fold).collect(),
            literal: fold(&query.literal),
            languages: posterior,
        })
    }
}
