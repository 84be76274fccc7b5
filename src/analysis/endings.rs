//! Plurals that the stemmers leave apart from their singulars.
//!
//! Snowball's Portuguese keeps *-ão* and *-ões* apart, and neither it nor the Spanish takes the
//! plural off a short word (*año*, *años*): their rules begin behind the first syllables.

/// Endings of Portuguese plurals, typed with accents and without, those of their singulars, and
/// the shortest plural that is looked at, in characters (*ações*, but not *pais*).
const PORTUGUESE: [(&str, &str, usize); 6] =
    [("ões", "ão", 5), ("oes", "ao", 5), ("ais", "al", 6), ("éis", "el", 6), ("eis", "el", 6), ("ns", "m", 6)];

/// The longest word that only loses its `s`, in characters.
const MAX_SHORT_CHARS: usize = 5;

/// The word that a language group's stemmer is to be given.
pub(super) fn singular(word: &str, group: &str) -> Option<String> {
    if !matches!(group, "es" | "pt") {
        return None;
    }
    let chars = word.chars().count();
    if group == "pt" {
        let mut endings = PORTUGUESE.into_iter().filter(|(_, _, shortest)| chars >= *shortest);
        let ending = endings.find_map(|(plural, singular, _)| Some((word.strip_suffix(plural)?, singular)));
        if let Some((stem, singular)) = ending {
            return Some(format!("{stem}{singular}"));
        }
        if chars > MAX_SHORT_CHARS {
            return None;
        }
    }
    let is_short = (4..=MAX_SHORT_CHARS).contains(&chars);
    word.strip_suffix('s').filter(|stem| is_short && stem.ends_with(['a', 'e', 'o'])).map(str::to_owned)
}
