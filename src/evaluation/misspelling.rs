//! Queries as hurried people type them: a seeded generator of slips.

use std::ops::Range;

use fastrand::Rng;

use crate::analysis::fold;
use crate::engine::planning::edit_model::neighbour_keys;

/// The shortest word that gets a slip, in letters.
const MIN_LETTERS: usize = 4;
/// The shortest word that gets a second one, in letters.
const MIN_LETTERS_TWICE: usize = 8;

/// A slip of the hand.
#[derive(Debug, Clone, Copy)]
enum Slip {
    /// A key beside the one that was meant.
    NeighbourKey,
    /// A letter twice.
    Doubled,
    /// A letter left out.
    Dropped,
    /// Two letters in each other's place.
    Transposed,
    /// A letter without its accent.
    MissingAccent,
}

const SLIPS: [Slip; 5] = [Slip::NeighbourKey, Slip::Doubled, Slip::Dropped, Slip::Transposed, Slip::MissingAccent];

impl Slip {
    /// Makes the slip at a letter; whether it can happen there.
    fn happen(self, letters: &mut Vec<char>, place: usize, rng: &mut Rng) -> bool {
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

/// A text with so many slips, each in a word of its own as far as there are such; `None` where
/// there are not words enough. Words with digits, and short ones, stay as they are, as does each
/// word's first letter.
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

/// Makes one slip in a word.
fn slip(letters: &mut Vec<char>, rng: &mut Rng) {
    // Most slips can happen at most letters: this ends soon. A doubled letter always can.
    loop {
        let place = rng.usize(1..letters.len());
        if rng.choice(SLIPS).is_some_and(|slip| slip.happen(letters, place, rng)) {
            return;
        }
    }
}

/// Where the words stand that may get a slip, in bytes.
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
    fn slips_happen_where_they_may_and_nowhere_else() {
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
    fn there_must_be_words_enough() {
        let of = |text, slips| misspell(text, slips, &mut Rng::with_seed(7)).is_some();
        assert!(of("becas", 1) && !of("becas", 2) && of("movilidad", 2) && of("becas lejos", 2));
        assert!(!of("ods 2018 c19d9 año", 1) && !of("", 1));
    }
}
