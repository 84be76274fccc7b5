//! Catalan. Its Snowball stemmer unifies few plurals with their singulars, because these also differ
//! in their spelling (*beca*, *beques*) or by an *n* (*camí*, *camins*). So the form that a word shares
//! with its plural and its feminine is stemmed instead.

use pagefind_stem::Algorithm;

use super::language_analyzer::{LanguageAnalyzer, irregular, replace_ending};

pub(super) const LANGUAGE: LanguageAnalyzer = LanguageAnalyzer {
    common_form: Some(common_form),
    paradigms: &[PARADIGMS],
    revision: 1,
    ..LanguageAnalyzer::with_stemmer(&["ca"], || Algorithm::Catalan)
};

/// The shortest word that loses an ending, in characters.
const MIN_CHARS: usize = 4;
/// Endings of verbs, which are left to the stemmer.
const VERB_ENDINGS: &[&str] =
    &["ava", "aves", "aven", "aria", "aries", "arien", "eria", "eries", "iria", "iries", "essis", "éssim"];
/// Words that are too short for the rules below, and feminines of another root.
const IRREGULAR: &[(&str, &str)] = &[
    ("bo", "bon"),
    ("ple", "plen"),
    ("fre", "fren"),
    ("pla", "plan"),
    ("mà", "man"),
    ("ma", "man"),
    ("pi", "pin"),
    ("vi", "vin"),
    ("dia", "di"),
    ("actriu", "actor"),
    ("actrius", "actor"),
    ("emperadriu", "emperador"),
    ("emperadrius", "emperador"),
];
/// Words that gain an *n* in the plural and the feminine: *germà*, *camí*, *comú*.
const BEFORE_N: &[(&str, &str, usize)] = &[("à", "an", 3), ("í", "in", 3), ("ú", "un", 3)];
/// The spellings of a last consonant before other vowels, and the one of the common form.
const CONSONANTS: &[(&str, &str, usize)] = &[
    ("qu", "c", 3),
    ("ç", "c", 3),
    ("gu", "g", 3),
    ("gü", "g", 4),
    ("tj", "g", 3),
    ("tg", "g", 3),
    ("j", "g", 3),
    ("ss", "s", 4),
    ("ov", "ou", 3),
    ("iv", "iu", 3),
    ("ev", "eu", 3),
    ("lòg", "leg", 4),
    ("log", "leg", 4),
    ("aig", "ag", 4),
];
/// The shortest word in which a last *g* becomes a *c* (*antiga*, *antic*, but not *vaga*), and *eu*
/// an *e* (*europea*, *europeu*), without the ending, in characters.
const MIN_ROOT_CHARS: usize = 4;

/// The form that a word shares with its plural and its feminine: a root without ending.
fn common_form(word: &str) -> Option<String> {
    if let Some(form) = irregular(word, IRREGULAR) {
        return Some(form);
    }
    if word.chars().count() < MIN_CHARS {
        return replace_ending(word, BEFORE_N);
    }
    if VERB_ENDINGS.iter().any(|ending| word.ends_with(ending)) {
        return None;
    }
    if let Some(stem) = word.strip_suffix("ons").filter(|stem| stem.chars().count() > 1) {
        return Some(format!("{stem}ó"));
    }
    if word.ends_with("ió") {
        return None;
    }
    if let Some(form) = replace_ending(word, BEFORE_N) {
        return Some(form);
    }
    Some(with_last_consonant(without_ending(word)))
}

/// A word without the endings of its gender and number.
fn without_ending(word: &str) -> &str {
    let Some(stem) = word.strip_suffix('s') else { return word.strip_suffix(['a', 'e', 'o']).unwrap_or(word) };
    if let Some(stem) = stem.strip_suffix(['e', 'o']) {
        return stem;
    }
    // An *s* after another vowel belongs to the word: *pas*, *anglès*, *famós*.
    let is_plural = stem.ends_with(['u', 'i', 'à']) || stem.ends_with(is_consonant);
    if is_plural { stem } else { word }
}

fn is_consonant(c: char) -> bool {
    c.is_alphabetic() && !"aeiouàèéíïóòúü".contains(c)
}

/// A root with the common spelling of its last consonant.
fn with_last_consonant(root: &str) -> String {
    let root = replace_ending(root, CONSONANTS).unwrap_or_else(|| root.to_owned());
    let endings = [
        ("oig", "og", MIN_ROOT_CHARS),
        ("eig", "ec", MIN_ROOT_CHARS),
        ("ús", "us", 5),
        ("ès", "es", 4),
        ("ós", "os", 4),
        ("g", "c", MIN_ROOT_CHARS),
        ("eu", "e", MIN_ROOT_CHARS),
    ];
    replace_ending(&root, &endings).unwrap_or(root)
}

/// The endings of the forms of one word, folded.
const PARADIGMS: &[&str] = &[
    "a es",
    "e es",
    "o os",
    "- s",
    "ca ques",
    "ga gues",
    "ja ges",
    "qua ques",
    "gua gues",
    "ca ces",
    "s sos",
    "s ssos",
    "c cos",
    "x xos",
    "t tos",
    "a ans",
    "i ins",
    "o ons",
    "u uns",
    "e ens",
    "ic ica ics iques",
    "ic iga ics igues",
    "at ada ats ades",
    "it ida its ides",
    "or ora ors ores",
    "er era ers eres",
    "al ala als ales",
    "ol ola ols oles",
    "ari aria aris aries",
    "es esa esos eses",
    "a ana ans anes",
    "i ina ins ines",
    "o ona ons ones",
    "os osa osos oses",
    "u va us ves",
    "u a us es",
    "leg loga legs logues",
    "e a es",
    "t ta ts tes",
    "n na ns nes",
];

#[cfg(test)]
mod tests {
    use crate::analysis::languages::tests::{assert_apart, assert_found_by_each_other};

    #[test]
    fn forms_of_a_word_find_each_other() {
        assert_found_by_each_other(
            "ca",
            &[
                ("biblioteques", "biblioteca"),
                ("botigues", "botiga"),
                ("pluges", "pluja"),
                ("dansa", "danses"),
                ("jardins", "jardí"),
                ("nacions", "nació"),
                ("germana", "germans"),
                ("progressos", "progrés"),
                ("antigues", "antic"),
                ("noves", "nou"),
                ("psicologa", "psicòlegs"),
            ],
        );
        assert_apart("ca", &[("vaga", "vaca"), ("mes", "me")]);
    }
}
