//! Words with two right spellings: those of two countries, and those before and after a reform.
//!
//! The table of a language lists letters that stand in each other's place (`isation`, `ization`), folded.

use super::language_analyzer;

/// The shortest word with another spelling, in characters.
const MIN_CHARS: usize = 4;

/// Whether two folded words are spellings of one word in a language (BCP 47), by one of the differences
/// that its table lists.
pub(crate) fn is_other_spelling(one: &str, other: &str, lang: &str) -> bool {
    let pairs = language_analyzer(lang).map_or(&[][..], |analyzer| analyzer.other_spellings);
    let is_long = one.chars().count().min(other.chars().count()) >= MIN_CHARS;
    is_long && pairs.iter().any(|(a, b)| is_replaced(one, other, a, b) || is_replaced(one, other, b, a))
}

/// Whether a word becomes another if `from` is replaced at one place.
fn is_replaced(word: &str, other: &str, from: &str, to: &str) -> bool {
    word.match_indices(from).any(|(at, _)| {
        let rest = other.strip_prefix(&word[..at]).and_then(|rest| rest.strip_prefix(to));
        rest == word.get(at + from.len()..)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_word_are_told_from_other_words() {
        for (lang, one, other) in [
            ("en", "organisation", "organization"),
            ("en", "behaviour", "behavior"),
            ("en", "centre", "center"),
            ("en", "enrolment", "enrollment"),
            ("en", "programme", "program"),
            ("en", "paediatric", "pediatric"),
            ("en", "defence", "defense"),
            ("es", "postgrado", "posgrado"),
            ("es", "transcendente", "trascendente"),
            ("es", "psicologia", "sicologia"),
            ("es", "setiembre", "septiembre"),
            ("pt", "projecto", "projeto"),
            ("pt", "accao", "acao"),
            ("pt", "optimo", "otimo"),
        ] {
            let is_same = is_other_spelling(one, other, lang) && is_other_spelling(other, one, lang);
            assert!(is_same, "{lang}: {one}, {other}");
        }
        for (lang, one, other) in [
            ("es", "pregrado", "posgrado"),
            ("es", "cuarentena", "cuarenta"),
            ("en", "flour", "flower"),
            ("pt", "gato", "gasto"),
        ] {
            assert!(!is_other_spelling(one, other, lang), "{lang}: {one}, {other}");
        }
    }
}
