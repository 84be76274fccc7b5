//! Scores how much of a text the function words of each language make up.

use std::collections::HashMap;
use std::sync::LazyLock;

use unicode_normalization::char::is_combining_mark;

use super::language_analyzers;
use crate::analysis::normalizer::{fold, normalize};

/// The languages with a list of function words; and for every such word, with its accents and
/// without, the languages that have it, one bit per language.
struct Table {
    groups: Vec<&'static str>,
    languages: HashMap<String, u32>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { groups: Vec::new(), languages: HashMap::new() };
    let lists = language_analyzers().filter_map(|language| Some((language.name(), language.detection_words()?)));
    for (bit, (group, list)) in lists.take(u32::BITS as usize).enumerate() {
        table.groups.push(group);
        for word in list.iter().flat_map(|entry| tokens(entry)) {
            let word = normalize(word);
            *table.languages.entry(fold(&word).into_owned()).or_default() |= 1 << bit;
            *table.languages.entry(word.into_owned()).or_default() |= 1 << bit;
        }
    }
    table
});

/// Whether a language group has a list of function words for detection.
pub(crate) fn has_list(group: &str) -> bool {
    TABLE.groups.contains(&group)
}

/// How much of a text the function words of each language make up.
pub(crate) struct Tally {
    /// How many words the text has, without those with digits.
    pub(crate) words: usize,
    weights: [f64; u32::BITS as usize],
}

impl Tally {
    /// Counts the function words of a text, with one look-up per word.
    ///
    /// A word weighs the logarithm of the share of languages that it excludes, so `que` counts less
    /// than `porque`. Elided articles count (`l'eau` is two words here): they distinguish French
    /// and Italian from their neighbours.
    pub(crate) fn of(text: &str) -> Tally {
        let table = &*TABLE;
        let mut tally = Tally { words: 0, weights: [0.0; u32::BITS as usize] };
        let mut lower = String::new();
        for token in tokens(text) {
            lower.clear();
            if token.is_ascii() {
                lower.push_str(token);
                lower.make_ascii_lowercase();
            } else {
                lower.push_str(&normalize(token));
            }
            tally.words += 1;
            let Some(&languages) = table.languages.get(lower.as_str()) else { continue };
            let weight = (table.groups.len() as f64 / f64::from(languages.count_ones())).ln();
            for (bit, sum) in tally.weights.iter_mut().enumerate() {
                *sum += if languages >> bit & 1 == 1 { weight } else { 0.0 };
            }
        }
        tally
    }

    /// The score of every language group with a list: the mean weight of a word of the text.
    pub(crate) fn scores(&self) -> impl Iterator<Item = (&'static str, f64)> {
        let words = self.words.max(1) as f64;
        TABLE.groups.iter().zip(self.weights).map(move |(group, weight)| (*group, weight / words))
    }

    /// The score of one language group, 0 without a list.
    pub(crate) fn score(&self, group: &str) -> f64 {
        self.scores().find(|(name, _)| *name == group).map_or(0.0, |(_, score)| score)
    }
}

/// The words of a text, split at every other character; those with digits are left out.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let is_part =
        |c: char| if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() || is_combining_mark(c) };
    text.split(move |c| !is_part(c)).filter(|token| !token.is_empty() && !token.contains(|c: char| c.is_ascii_digit()))
}
