//! Plurals that the stemmers leave apart from their singulars.
//!
//! Snowball's Portuguese keeps *-ão* and *-ões* apart, and neither it nor the Spanish takes the
//! plural off a short word (*año*, *años*): their rules begin behind the first syllables.

/// Endings of Portuguese plurals, typed with accents and without, and those of their singulars.
const PORTUGUESE: [(&str, &str); 9] = [
    ("ções", "ção"),
    ("coes", "cao"),
    ("sões", "são"),
    ("soes", "sao"),
    ("ões", "ão"),
    ("ais", "al"),
    ("éis", "el"),
    ("eis", "el"),
    ("ns", "m"),
];

/// The shortest Portuguese plural that is looked at, in characters.
const MIN_CHARS: usize = 6;
/// The longest word that only loses its `s`, in characters.
const MAX_SHORT_CHARS: usize = 5;

/// The word that a language group's stemmer is to be given.
pub(super) fn singular(word: &str, group: &str) -> Option<String> {
    if !matches!(group, "es" | "pt") {
        return None;
    }
    let chars = word.chars().count();
    if group == "pt" && chars >= MIN_CHARS {
        let ending = PORTUGUESE.into_iter().find_map(|(plural, singular)| Some((word.strip_suffix(plural)?, singular)));
        return ending.map(|(stem, singular)| format!("{stem}{singular}"));
    }
    let is_short = (4..=MAX_SHORT_CHARS).contains(&chars);
    word.strip_suffix('s').filter(|stem| is_short && stem.ends_with(['a', 'e', 'o'])).map(str::to_owned)
}
