//! Words of the same family as a word: those derived from it, or from the same root (*clima*,
//! *climático*).
//!
//! The table of a language lists groups of suffixes that replace each other (`idad itado itar`; `-` is
//! no suffix). What is made this way need not be a word: only those that the site contains are searched
//! for, and only where the word itself and its inflections do not occur.

use std::collections::HashSet;

use super::inflections::{by_paradigms, endings};
use super::language_analyzer;
use crate::analysis::normalizer::fold;

/// The fewest characters before a suffix.
const MIN_ROOT_CHARS: usize = 4;
/// The fewest characters before a suffix that is long enough to be nothing else (*elección*, *elegir*).
const MIN_ROOT_CHARS_OF_LONG: usize = 2;
/// The length of such a suffix, in characters.
const LONG_SUFFIX_CHARS: usize = 4;

/// What may be words of a word's family in a language (BCP 47), folded, those with the longest common
/// root first.
pub fn derivations(word: &str, lang: &str) -> Vec<String> {
    let Some(analyzer) = language_analyzer(lang) else { return Vec::new() };
    let folded = fold(word).into_owned();
    // The singular and the masculine are never longer.
    let mut forms = by_paradigms(&folded, analyzer);
    forms.retain(|form| form.len() <= folded.len());
    forms.push(folded);
    let mut found: Vec<(usize, String)> = Vec::new();
    for form in &forms {
        for group in analyzer.derivations {
            for own in endings(group) {
                let Some(root) = form.strip_suffix(own) else { continue };
                let is_long = |suffix: &str| suffix.len() >= LONG_SUFFIX_CHARS;
                let others = endings(group).filter(|other| {
                    let min_chars =
                        if is_long(own) && other.len() > 1 { MIN_ROOT_CHARS_OF_LONG } else { MIN_ROOT_CHARS };
                    *other != own && root.len() >= min_chars
                });
                found.extend(others.map(|ending| (root.len(), format!("{root}{ending}"))));
            }
        }
    }
    found.retain(|(_, other)| !forms.contains(other));
    found.sort_by(|(a_root, a), (b_root, b)| b_root.cmp(a_root).then_with(|| a.cmp(b)));
    let mut seen = HashSet::new();
    found.retain(|(_, other)| seen.insert(other.clone()));
    found.into_iter().map(|(_, other)| other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_family_are_derived_from_each_other() {
        for (lang, word, other) in [
            ("es", "capacitados", "capacidad"),
            ("es", "bolivianas", "bolivia"),
            ("es", "problemático", "problema"),
            ("es", "elección", "elegir"),
            ("pt", "tradutores", "traduzir"),
            ("fr", "souscrire", "souscription"),
            ("en", "description", "describe"),
        ] {
            let found = derivations(word, lang);
            assert!(found.iter().any(|found| found == other), "{lang} {word}: {found:?}");
        }
    }

    #[test]
    fn a_word_is_not_derived_from_its_inflections_nor_from_a_short_root() {
        let found = derivations("gatos", "es");
        assert!(!found.iter().any(|found| ["gato", "gata"].contains(&found.as_str())), "{found:?}");
        assert!(derivations("oso", "es").is_empty() && derivations("Haus", "de").is_empty());
    }
}
