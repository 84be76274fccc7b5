//! The forms of a word: what the index holds of it, and what a query looks for.
//!
//! A word stands in the index as typed (`educación`), folded (`educacion`) and stemmed. Stemming
//! and folding do not commute in Spanish (*-ón* is an ending, *-on* is none), so that a stem is
//! made of the word as typed and of the folded word, and both are folded: whichever way a reader
//! types it, one of them meets. On the 1,753 accented words of the UNESCO Thesaurus this loses
//! none; either order alone loses up to 37 % (see `tests/it/thesaurus.rs`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use pagefind_stem::Stemmer;

use super::languages::low_information_words::Part;
use super::languages::{LanguageAnalyzer, language_analyzer, language_group};
use super::normalizer::{fold, fold_keeping_tilde};

/// The separator between a stem and the language that it was made in. No word holds one.
const TAG_END: char = ':';

/// What the index holds of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forms {
    /// The word as typed (normalised), then its folded form where that differs, then the folded
    /// form that keeps `ñ` where that differs too.
    pub words: Vec<String>,
    /// Its stems, tagged with the language: `es:educ`.
    pub stems: Vec<String>,
    /// What it does in a phrase of its language.
    pub part: Part,
}

/// What a query looks for, of one word in one language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryForms {
    /// The folded word: found among [`Forms::words`] however the article accents it.
    pub folded: String,
    /// Its stems, tagged with the language.
    pub stems: Vec<String>,
}

struct LanguageForms {
    tag: String,
    analyzer: Option<&'static LanguageAnalyzer>,
    stemmer: Option<Stemmer>,
}

impl LanguageForms {
    fn new(lang: &str) -> LanguageForms {
        let analyzer = language_analyzer(lang);
        LanguageForms { tag: language_group(lang), analyzer, stemmer: analyzer.and_then(LanguageAnalyzer::stemmer) }
    }

    fn stem(&self, word: &str) -> String {
        let singular = self.analyzer.and_then(|analyzer| analyzer.singular_to_stem(word));
        let word = singular.as_deref().unwrap_or(word);
        self.stemmer.as_ref().map_or_else(|| word.to_owned(), |stemmer| stemmer.stem(word).into_owned())
    }

    fn tagged(&self, stem: &str) -> String {
        format!("{}{TAG_END}{stem}", self.tag)
    }

    /// The stems of the word and of its folded form, each folded by `fold_stem`, and those of their
    /// singulars where the language wants them beside.
    fn stems(&self, word: &str, fold_stem: impl Fn(&str) -> String, into: &mut Vec<String>) {
        let folded = fold_stem(word);
        let mut push = |word: &str| push_new(into, self.tagged(&fold_stem(&self.stem(word))));
        push(word);
        if folded != word {
            push(&folded);
        }
        if let Some(analyzer) = self.analyzer {
            for word in [word, &folded] {
                analyzer.singular_beside(word).iter().for_each(|singular| push(singular));
            }
        }
    }
}

fn push_new(list: &mut Vec<String>, item: String) {
    if !list.contains(&item) {
        list.push(item);
    }
}

impl Forms {
    /// The word without its accents.
    pub fn folded(&self) -> &str {
        let folded = self.words.get(1).filter(|word| !word.starts_with(DASH));
        folded.or(self.words.first()).map_or("", String::as_str)
    }

    fn of(word: &str, language: &LanguageForms) -> Forms {
        let mut words = vec![word.to_owned()];
        let mut stems = Vec::with_capacity(2);
        language.stems(word, |stem| fold(stem).into_owned(), &mut stems);
        push_new(&mut words, fold(word).into_owned());
        if word.contains('ñ') {
            push_new(&mut words, fold_keeping_tilde(word).into_owned());
            language.stems(word, |stem| fold_keeping_tilde(stem).into_owned(), &mut stems);
        }
        let part = words.get(1).or(words.first()).map_or(Part::Telling, |folded| Part::of(&language.tag, folded));
        Forms { words, stems, part }
    }
}

impl QueryForms {
    /// The forms to look for of a normalised word, in a language given as BCP 47.
    ///
    /// A word typed with `ñ` is looked for with it; one typed with `n` is found under both.
    pub fn of(word: &str, lang: &str) -> QueryForms {
        let language = LanguageForms::new(lang);
        let fold_stem = if word.contains('ñ') {
            |stem: &str| fold_keeping_tilde(stem).into_owned()
        } else {
            |stem: &str| fold(stem).into_owned()
        };
        let mut stems = Vec::with_capacity(2);
        language.stems(word, fold_stem, &mut stems);
        QueryForms { folded: fold_stem(word), stems }
    }
}

/// The forms of the words of one language, each worked out once.
///
/// Words follow Zipf's law: a bounded cache answers nearly all of them.
pub struct FormsCache {
    language: LanguageForms,
    known: HashMap<String, Arc<Forms>>,
}

impl FormsCache {
    const MAX_WORDS: usize = 10_000;

    /// An empty cache for a language given as BCP 47.
    pub fn new(lang: &str) -> FormsCache {
        FormsCache { language: LanguageForms::new(lang), known: HashMap::new() }
    }

    /// The forms of a normalised word.
    pub fn forms(&mut self, word: &str) -> Arc<Forms> {
        if let Some(forms) = self.known.get(word) {
            return Arc::clone(forms);
        }
        if self.known.len() >= Self::MAX_WORDS {
            self.known.clear();
        }
        let forms = Arc::new(Forms::of(word, &self.language));
        self.known.insert(word.to_owned(), Arc::clone(&forms));
        forms
    }
}

/// What a word behind a hyphen that joins nothing is kept with; no other word begins with it.
const DASH: char = '-';

/// How a word behind a hyphen that joins nothing is kept, besides its other forms.
pub fn dashed(word: &str) -> String {
    format!("{DASH}{word}")
}

thread_local! {
    static CACHES: RefCell<HashMap<String, FormsCache>> = RefCell::new(HashMap::new());
}

/// How many languages a thread keeps a cache for.
const MAX_CACHED_LANGUAGES: usize = 40;

/// Lends this thread's cache of a language: what is shown of hits holds the same words again and
/// again.
pub fn with_forms_cache<T>(lang: &str, work: impl FnOnce(&mut FormsCache) -> T) -> T {
    CACHES.with_borrow_mut(|caches| {
        if !caches.contains_key(lang) && caches.len() >= MAX_CACHED_LANGUAGES {
            caches.clear();
        }
        work(caches.entry(lang.to_owned()).or_insert_with(|| FormsCache::new(lang)))
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
