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

use super::languages::endings::{portuguese_singular, spanish_singular};
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
    stemmer: Option<Stemmer>,
}

impl LanguageForms {
    fn new(lang: &str) -> LanguageForms {
        let stemmer = language_analyzer(lang).map(LanguageAnalyzer::stemmer);
        LanguageForms { tag: language_group(lang), stemmer }
    }

    fn stem(&self, word: &str) -> String {
        match &self.stemmer {
            Some(stemmer) => match portuguese_singular(word).filter(|_| self.tag == "pt") {
                Some(singular) => stemmer.stem(&singular).into_owned(),
                None => stemmer.stem(word).into_owned(),
            },
            None => word.to_owned(),
        }
    }

    fn tagged(&self, stem: &str) -> String {
        format!("{}{TAG_END}{stem}", self.tag)
    }

    /// The stems of the word and of its folded form, each folded by `fold_stem`; of what may be a
    /// Spanish plural, those of its singular too.
    fn stems(&self, word: &str, fold_stem: impl Fn(&str) -> String, into: &mut Vec<String>) {
        let folded = fold_stem(word);
        let mut push = |word: &str| push_new(into, self.tagged(&fold_stem(&self.stem(word))));
        push(word);
        if folded != word {
            push(&folded);
        }
        if self.tag == "es" {
            for word in [word, &folded] {
                spanish_singular(word).iter().for_each(|singular| push(singular));
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
    use super::*;

    fn meets(query: &str, indexed: &str, lang: &str) -> bool {
        let forms = FormsCache::new(lang).forms(indexed);
        QueryForms::of(query, lang).stems.iter().any(|stem| forms.stems.contains(stem))
    }

    #[test]
    fn accents_and_plurals_meet_both_ways() {
        for (one, other, lang) in [
            ("educacion", "educación", "es"),
            ("universidades", "universidad", "es"),
            ("investigaciones", "investigación", "es"),
            ("investigacion", "investigaciones", "es"),
            ("inscricao", "inscrição", "pt"),
            ("inscrição", "inscrições", "pt"),
            ("avaliacao", "avaliações", "pt"),
            ("avaliacoes", "avaliação", "pt"),
            ("nacionais", "nacional", "pt"),
            ("anos", "ano", "pt"),
            ("años", "año", "es"),
            ("artes", "arte", "es"),
            ("préstamos", "préstamo", "es"),
            ("lineas", "línea", "es"),
            ("caracteres", "carácter", "es"),
            ("veces", "vez", "es"),
            ("etudiants", "étudiant", "fr"),
            ("studies", "study", "en"),
            ("университета", "университет", "ru"),
        ] {
            assert!(meets(one, other, lang) && meets(other, one, lang), "{one} {other}");
        }
    }

    #[test]
    fn a_tilde_that_was_typed_counts() {
        assert!(meets("ano", "año", "es") && meets("año", "año", "es") && !meets("año", "ano", "es"));
    }
}
