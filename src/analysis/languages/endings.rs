//! Plurals that the stemmers leave apart from their singulars.
//!
//! Snowball's Portuguese keeps *-ão* and *-ões* apart and takes no plural off a short word
//! (*ano*, *anos*): its rules begin behind the first syllables. Its Spanish takes the ends of some
//! plurals for those of verbs (*préstamos*, *líneas*), of others for nothing (*caracteres*).

/// Endings of Portuguese plurals, typed with accents and without, those of their singulars, and
/// the shortest plural that is looked at, in characters (*ações*, but not *pais*).
const PORTUGUESE: [(&str, &str, usize); 6] =
    [("ões", "ão", 5), ("oes", "ao", 5), ("ais", "al", 6), ("éis", "el", 6), ("eis", "el", 6), ("ns", "m", 6)];

/// The shortest plural that loses its `s`, in characters.
const MIN_CHARS: usize = 4;
/// The shortest Spanish one of a word that ends in a consonant (*láseres*, but not *Andes*).
const MIN_CONSONANT_CHARS: usize = 7;
/// The longest Portuguese one; the stemmer sees to longer ones.
const MAX_PORTUGUESE_CHARS: usize = 5;

/// The word that the Portuguese stemmer is to be given in place of a plural.
pub(crate) fn portuguese_singular(word: &str) -> Option<String> {
    let chars = word.chars().count();
    let mut endings = PORTUGUESE.into_iter().filter(|(_, _, shortest)| chars >= *shortest);
    let ending = endings.find_map(|(plural, singular, _)| Some((word.strip_suffix(plural)?, singular)));
    if let Some((stem, singular)) = ending {
        return Some(format!("{stem}{singular}"));
    }
    let is_short = (MIN_CHARS..=MAX_PORTUGUESE_CHARS).contains(&chars);
    word.strip_suffix('s').filter(|stem| is_short && stem.ends_with(['a', 'e', 'o'])).map(str::to_owned)
}

/// What a Spanish word may be the plural of, for its stem to stand beside the word's own.
pub(crate) fn spanish_singular(word: &str) -> Option<String> {
    let stem = word.strip_suffix('s').filter(|_| word.chars().count() >= MIN_CHARS)?;
    if let Some(stem) = stem.strip_suffix("ce") {
        return Some(format!("{stem}z"));
    }
    let is_long = word.chars().count() >= MIN_CONSONANT_CHARS;
    if let Some(consonant) = stem.strip_suffix('e').filter(|stem| is_long && stem.ends_with(['d', 'n', 'r'])) {
        return Some(consonant.to_owned());
    }
    stem.ends_with(['a', 'e', 'i', 'o', 'u', 'á', 'é', 'ó']).then(|| stem.to_owned())
}
