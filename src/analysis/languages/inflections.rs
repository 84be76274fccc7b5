//! The inflections of a word: its plural, its feminine and, in English, the regular forms of its verb.
//!
//! The table of a language lists paradigms, each with the endings of the forms of one word
//! (`or ora ores oras`; `-` is no ending). A word with one of these endings may have all others. What
//! is made this way need not be a word: only those that the site contains are searched for.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::language_analyzer::LanguageAnalyzer;
use super::{language_analyzer, language_analyzers};
use crate::analysis::normalizer::{fold, normalize};
use crate::analysis::token_variants::QueryVariants;

/// The fewest characters before an ending.
const MIN_ROOT_CHARS: usize = 2;
/// The ending of a form without an ending.
const NO_ENDING: &str = "-";

/// The plurals of loans that end in a consonant which no word of the language has there: *rankings*.
pub(super) const LOAN_PLURALS: &[&str] =
    &["b bs", "c cs", "d ds", "f fs", "g gs", "k ks", "l ls", "n ns", "p ps", "r rs", "t ts", "w ws"];

/// The irregular forms of each language with their words, folded, by its name.
static IRREGULAR_FORMS: LazyLock<HashMap<&str, Vec<(String, String)>>> = LazyLock::new(|| {
    let plain = |word: &str| fold(&normalize(word)).into_owned();
    let forms_of = |analyzer: &'static LanguageAnalyzer| {
        let forms = analyzer.irregular_forms.iter().map(|(form, word)| (plain(form), plain(word)));
        (analyzer.name(), forms.collect())
    };
    language_analyzers().map(forms_of).collect()
});

/// What may be other inflections of a word in a language (BCP 47), folded; `None` where the language
/// has no paradigms.
pub fn inflections(word: &str, lang: &str) -> Option<Vec<String>> {
    let analyzer = language_analyzer(lang).filter(|analyzer| !analyzer.paradigms.is_empty())?;
    let folded = fold(word);
    let own = QueryVariants::of(word, lang);
    let is_of_word = |form: &String| {
        // Of a folded word the stems may differ between its forms.
        analyzer.cuts_folded_words_short
            || QueryVariants::of(form, lang).stems.iter().any(|stem| own.stems.contains(stem))
    };
    let mut forms = by_paradigms(&folded, analyzer);
    forms.retain(is_of_word);
    forms.extend(irregular(&folded, analyzer));
    forms.sort_unstable();
    forms.dedup();
    Some(forms)
}

/// The endings of a paradigm, or the suffixes of a group.
pub(super) fn endings(paradigm: &'static str) -> impl Iterator<Item = &'static str> {
    paradigm.split(' ').map(|ending| if ending == NO_ENDING { "" } else { ending })
}

/// What may be other inflections of a folded word by the paradigms of its language.
pub(super) fn by_paradigms(folded: &str, analyzer: &LanguageAnalyzer) -> Vec<String> {
    let mut forms = Vec::new();
    for paradigm in analyzer.paradigms.iter().copied().flatten() {
        for own in endings(paradigm) {
            let Some(root) = folded.strip_suffix(own) else { continue };
            if root.chars().nth(MIN_ROOT_CHARS - 1).is_some() {
                forms.extend(endings(paradigm).filter(|ending| *ending != own).map(|ending| format!("{root}{ending}")));
            }
        }
    }
    forms
}

/// The irregular forms of a word, and the word of an irregular form.
fn irregular(folded: &str, analyzer: &LanguageAnalyzer) -> Vec<String> {
    let known = IRREGULAR_FORMS.get(analyzer.name());
    let other = |(form, word): &(String, String)| match (form == folded, word == folded) {
        (true, _) => Some(word.clone()),
        (false, true) => Some(form.clone()),
        (false, false) => None,
    };
    known.into_iter().flatten().filter_map(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plural_and_feminine_are_inflections_and_words_of_the_same_stem_are_not() {
        for (lang, word, inflected, other) in [
            ("es", "publicaciones", "publicacion", "publicas"),
            ("es", "directora", "directores", "direccion"),
            ("pt", "nível", "niveis", "nivelar"),
            ("pt", "irmã", "irmaos", "irmandade"),
            ("fr", "lectrice", "lecteurs", "lecture"),
            ("en", "universities", "university", "universal"),
            ("en", "mice", "mouse", "mousing"),
            ("en", "study", "studying", "student"),
            ("ca", "botiga", "botigues", "botiguer"),
        ] {
            let forms = inflections(word, lang).unwrap();
            assert!(forms.iter().any(|form| form == inflected), "{lang} {word}: {forms:?}");
            assert!(!forms.iter().any(|form| form == other), "{lang} {word}: {forms:?}");
        }
        assert_eq!(inflections("Haus", "de"), None);
    }
}
