//! A seeded generator of typing errors.

use std::ops::Range;

use fastrand::Rng;

use crate::analysis::fold;
use crate::engine::planning::edit_model::neighbour_keys;

/// The minimum length of a word that gets a typing error, in letters.
const MIN_LETTERS: usize = 4;
/// The minimum length of a word that gets a second one, in letters.
const MIN_LETTERS_TWICE: usize = 8;

/// A typing error.
#[derive(Debug, Clone, Copy)]
enum Slip {
    /// A key next to the intended one.
    NeighbourKey,
    /// A doubled letter.
    Doubled,
    /// A missing letter.
    Dropped,
    /// Two swapped letters.
    Transposed,
    /// A letter without its accent.
    MissingAccent,
}

const SLIPS: [Slip; 5] = [Slip::NeighbourKey, Slip::Doubled, Slip::Dropped, Slip::Transposed, Slip::MissingAccent];

impl Slip {
    /// Applies the error at a letter; returns whether that is possible there.
    fn apply(self, letters: &mut Vec<char>, place: usize, rng: &mut Rng) -> bool {
        let Some(slot) = letters.get_mut(place) else { return false };
        let letter = *slot;
        match self {
            Slip::NeighbourKey => {
                let keys: Vec<char> = neighbour_keys(letter).collect();
                let Some(key) = rng.choice(keys) else { return false };
                *slot = key;
            }
            Slip::Doubled => letters.insert(place, letter),
            Slip::Dropped => drop(letters.remove(place)),
            Slip::Transposed => {
                if letters.get(place + 1).is_none_or(|next| *next == letter) {
                    return false;
                }
                letters.swap(place, place + 1);
            }
            Slip::MissingAccent => {
                let Some(bare) = fold(&letter.to_string()).chars().next().filter(|bare| *bare != letter) else {
                    return false;
                };
                *slot = bare;
            }
        }
        true
    }
}

/// A text with `slips` typing errors, each in a different word as far as there are enough words;
/// `None` if there are too few. Words with digits, short words and the first letter of each word
/// stay unchanged.
pub(super) fn misspell(text: &str, slips: usize, rng: &mut Rng) -> Option<String> {
    let mut words: Vec<(Range<usize>, Vec<char>)> =
        words(text).map(|range| (range.clone(), text.get(range).unwrap_or_default().chars().collect())).collect();
    let mut order: Vec<usize> = (0..words.len()).collect();
    rng.shuffle(&mut order);
    let is_long = |place: &usize| words.get(*place).is_some_and(|(_, letters)| letters.len() >= MIN_LETTERS_TWICE);
    let long = order.clone().into_iter().filter(is_long);
    let mut places = order.into_iter().chain(long.collect::<Vec<_>>());
    for _ in 0..slips {
        let (_, letters) = words.get_mut(places.next()?)?;
        slip(letters, rng);
    }
    let mut misspelt = String::with_capacity(text.len() + slips);
    let mut end = 0;
    for (range, letters) in words {
        misspelt.push_str(&text[end..range.start]);
        misspelt.extend(letters);
        end = range.end;
    }
    misspelt.push_str(&text[end..]);
    Some(misspelt)
}

/// Makes one typing error in a word.
fn slip(letters: &mut Vec<char>, rng: &mut Rng) {
    // Most errors are possible at most letters, so this ends soon: doubling a letter is always
    // possible.
    loop {
        let place = rng.usize(1..letters.len());
        if rng.choice(SLIPS).is_some_and(|slip| slip.apply(letters, place, rng)) {
            return;
        }
    }
}

/// The byte ranges of the words that may get a typing error.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut end = 0;
    let runs = text.split(|c: char| !c.is_alphanumeric()).map(move |run| {
        let start = text[end..].find(run).map_or(end, |at| end + at);
        end = start + run.len();
        start..end
    });
    runs.filter(|range| {
        let word = &text[range.clone()];
        word.chars().count() >= MIN_LETTERS && word.chars().all(char::is_alphabetic)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::planning::edit_model::edits;

    #[test]
    fn typing_errors_change_only_eligible_words() {
        let text = "¿Qué universidades de 2018, o COVID19, enseñan educación en línea?";
        let mut seen = std::collections::HashSet::new();
        for seed in 0..300 {
            for slips in 1..=2 {
                let misspelt = misspell(text, slips, &mut Rng::with_seed(seed)).unwrap();
                assert!((1..=2 * slips).contains(&edits(text, &misspelt)), "{misspelt}");
                for kept in ["¿Qué u", " de 2018, o COVID19, e", " en l"] {
                    assert!(misspelt.contains(kept), "{misspelt}");
                }
                assert_eq!(misspell(text, slips, &mut Rng::with_seed(seed)), Some(misspelt.clone()));
                seen.insert(misspelt);
            }
        }
        assert!(seen.len() > 300 && seen.iter().any(|text| text.contains("linea")), "{}", seen.len());
    }

    #[test]
    fn text_with_too_few_words_is_not_misspelt() {
        let of = |text, slips| misspell(text, slips, &mut Rng::with_seed(7)).is_some();
        assert!(of("becas", 1) && !of("becas", 2) && of("movilidad", 2) && of("becas lejos", 2));
        assert!(!of("ods 2018 c19d9 año", 1) && !of("", 1));
    }
}
