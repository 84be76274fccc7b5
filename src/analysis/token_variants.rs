//! The variants of a word: what the index stores for it, and what a query looks up.
//!
//! The index stores a word as typed (`educación`), folded (`educacion`) and stemmed. Stemming and
//! folding do not commute in Spanish (*-ón* is an ending, *-on* is none). So the word as typed and
//! the folded word are both stemmed, and both stems are folded: however a reader types the word,
//! one of them matches. On the 1,753 accented words of the UNESCO Thesaurus this loses none; either
//! order alone loses up to 37 % (see `tests/it/thesaurus.rs`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use pagefind_stem::Stemmer;

use super::languages::low_information_words::PhraseRole;
use super::languages::{LanguageAnalyzer, language_analyzer, language_group};
use super::normalizer::{fold, fold_keeping_tilde};

/// The separator between a language tag and a stem. No word contains it.
const TAG_END: char = ':';

/// What the index stores for a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenVariants {
    /// The word as typed (normalised), then its folded form where that differs, then the folded
    /// form that keeps `ñ` where that differs too.
    pub words: Vec<String>,
    /// Its stems, tagged with the language: `es:educ`.
    pub stems: Vec<String>,
    /// What the word can do in a phrase of its language.
    pub role: PhraseRole,
}

/// What a query looks up for one word in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryVariants {
    /// The folded word: it matches [`TokenVariants::words`] however the article accents it.
    pub folded: String,
    /// Its stems, tagged with the language.
    pub stems: Vec<String>,
}

struct VariantGenerator {
    tag: String,
    analyzer: Option<&'static LanguageAnalyzer>,
    stemmer: Option<Stemmer>,
}

impl VariantGenerator {
    fn new(lang: &str) -> VariantGenerator {
        let analyzer = language_analyzer(lang);
        VariantGenerator { tag: language_group(lang), analyzer, stemmer: analyzer.and_then(LanguageAnalyzer::stemmer) }
    }

    fn stem(&self, word: &str) -> String {
        let common = self.analyzer.and_then(|analyzer| analyzer.common_form(word));
        let word = common.as_deref().unwrap_or(word);
        self.stemmer.as_ref().map_or_else(|| word.to_owned(), |stemmer| stemmer.stem(word).into_owned())
    }

    fn tagged(&self, stem: &str) -> String {
        format!("{}{TAG_END}{stem}", self.tag)
    }

    /// Adds the stems of the word and of its folded form, each folded by `fold_stem`, and those of
    /// their other forms where the language stems both.
    fn stems(&self, word: &str, fold_stem: impl Fn(&str) -> String, into: &mut Vec<String>) {
        let folded = fold_stem(word);
        let own = fold_stem(&self.stem(word));
        push_new(into, self.tagged(&own));
        if folded != word {
            let of_folded = fold_stem(&self.stem(&folded));
            if !self.is_cut_short(word, &own, &of_folded) {
                push_new(into, self.tagged(&of_folded));
            }
        }
        if let Some(analyzer) = self.analyzer {
            for other in [word, &folded].into_iter().filter_map(|word| analyzer.other_form(word)) {
                push_new(into, self.tagged(&fold_stem(&self.stem(&other))));
            }
        }
    }

    /// Whether a word lost more than its own ending because its accent was missing. It did not where
    /// the accent belongs to the last syllable, before an *s* (*ingleses*, *inglés*).
    fn is_cut_short(&self, word: &str, own: &str, of_folded: &str) -> bool {
        let is_likely = self.analyzer.is_some_and(LanguageAnalyzer::cuts_folded_words_short);
        is_likely && of_folded.len() < own.len() && word.strip_suffix('s').is_none_or(ends_in_ascii)
    }
}

fn ends_in_ascii(word: &str) -> bool {
    word.chars().next_back().is_some_and(|last| last.is_ascii())
}

fn push_new(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}

impl TokenVariants {
    /// The word without its accents.
    pub fn folded(&self) -> &str {
        let folded = self.words.get(1).filter(|word| !word.starts_with(DASH));
        folded.or(self.words.first()).map_or("", String::as_str)
    }

    fn of(word: &str, language: &VariantGenerator) -> TokenVariants {
        let mut words = vec![word.to_owned()];
        let mut stems = Vec::with_capacity(2);
        language.stems(word, |stem| fold(stem).into_owned(), &mut stems);
        push_new(&mut words, fold(word).into_owned());
        if word.contains('ñ') {
            push_new(&mut words, fold_keeping_tilde(word).into_owned());
            language.stems(word, |stem| fold_keeping_tilde(stem).into_owned(), &mut stems);
        }
        let role =
            words.get(1).or(words.first()).map_or(PhraseRole::Content, |folded| PhraseRole::of(&language.tag, folded));
        TokenVariants { words, stems, role }
    }
}

impl QueryVariants {
    /// The variants to look up for a normalized word, in a language given as BCP 47.
    ///
    /// A word typed with `ñ` matches only words with `ñ`; one typed with `n` matches both.
    pub fn of(word: &str, lang: &str) -> QueryVariants {
        let language = VariantGenerator::new(lang);
        let fold_stem = if word.contains('ñ') {
            |stem: &str| fold_keeping_tilde(stem).into_owned()
        } else {
            |stem: &str| fold(stem).into_owned()
        };
        let mut stems = Vec::with_capacity(2);
        language.stems(word, fold_stem, &mut stems);
        QueryVariants { folded: fold_stem(word), stems }
    }
}

/// The variants of the words of one language, each computed once.
///
/// Words follow Zipf's law, so a bounded cache serves nearly all of them.
pub struct TokenVariantsCache {
    language: VariantGenerator,
    known: HashMap<String, Arc<TokenVariants>>,
}

impl TokenVariantsCache {
    const MAX_WORDS: usize = 10_000;

    /// An empty cache for a language given as BCP 47.
    pub fn new(lang: &str) -> TokenVariantsCache {
        TokenVariantsCache { language: VariantGenerator::new(lang), known: HashMap::new() }
    }

    /// The variants of a normalized word.
    pub fn variants(&mut self, word: &str) -> Arc<TokenVariants> {
        if let Some(variants) = self.known.get(word) {
            return Arc::clone(variants);
        }
        if self.known.len() >= Self::MAX_WORDS {
            self.known.clear();
        }
        let variants = Arc::new(TokenVariants::of(word, &self.language));
        self.known.insert(word.to_owned(), Arc::clone(&variants));
        variants
    }
}

/// The prefix of a word after a hyphen that joins nothing; no other word begins with it.
const DASH: char = '-';

/// The extra index term of a word after a hyphen that joins nothing.
pub fn dashed(word: &str) -> String {
    format!("{DASH}{word}")
}

thread_local! {
    static CACHES: RefCell<HashMap<String, TokenVariantsCache>> = RefCell::new(HashMap::new());
}

/// The most languages for which a thread keeps a cache.
const MAX_CACHED_LANGUAGES: usize = 40;

/// Runs `work` with this thread's cache of a language: the texts of hits repeat the same words.
pub fn with_variants_cache<T>(lang: &str, work: impl FnOnce(&mut TokenVariantsCache) -> T) -> T {
    CACHES.with_borrow_mut(|caches| {
        if !caches.contains_key(lang) && caches.len() >= MAX_CACHED_LANGUAGES {
            caches.clear();
        }
        work(caches.entry(lang.to_owned()).or_insert_with(|| TokenVariantsCache::new(lang)))
    })
}

#[cfg(test)]
mod tests {
    use crate::analysis::languages::tests::{assert_apart, assert_found_by_each_other, finds};

    #[test]
    fn forms_of_languages_that_only_have_a_stemmer_meet() {
        assert_found_by_each_other("ru", &[("университета", "университет")]);
        assert_found_by_each_other("de", &[("Häuser", "hauser")]);
        assert_apart("und", &[("house", "houses")]);
    }

    #[test]
    fn a_tilde_that_was_typed_counts() {
        assert!(finds("es", "ano", "año") && finds("es", "año", "año") && !finds("es", "año", "ano"));
    }
}
