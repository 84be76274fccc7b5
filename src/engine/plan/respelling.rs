//! Other spellings of the words of a query: corrected, written together, written apart.

use super::planner::{Collection, Planner};
use super::{Origin, PlannedWord, Variant, WordForms};
use crate::analysis::fold;
use crate::engine::ranking::WEIGHTS;
use crate::engine::spelling;
use crate::query::{Query, QueryWord};

/// The most words of a query that are corrected.
const MAX_CORRECTED: usize = 8;
/// How many candidates for a correction are looked at in the languages of the query.
const MAX_CANDIDATES: usize = 8;
/// The shortest word that two neighbours are joined to, in characters.
const MIN_JOINED_CHARS: usize = 6;
/// The shortest part that a word is split into, in characters.
const MIN_SPLIT_CHARS: usize = 3;
/// The most places at which a word is split.
const MAX_SPLITS: usize = 16;
/// The most words that are searched for in place of one.
const MAX_CORRECTIONS: usize = 3;
/// A correction this much less likely than the best one is left out.
const MIN_CORRECTION_SHARE: f32 = 0.2;

impl<C: Collection> Planner<'_, C> {
    /// Adds the likeliest words of the index to words that it does not know. `languages` says how
    /// likely each language is the query's.
    pub(super) fn add_corrections(
        &mut self,
        query: &Query,
        words: &mut [PlannedWord],
        languages: &[f32],
    ) -> Result<(), C::Error> {
        let mut corrected = 0;
        for (place, typed) in query.words.iter().enumerate() {
            let text = fold(&typed.text);
            let max_edits = spelling::max_edits(&text);
            if self.is_known(place) || typed.is_prefix || max_edits == 0 || corrected == MAX_CORRECTED {
                continue;
            }
            corrected += 1;
            let mut similar = self.collection.similar(&text, 1)?;
            if similar.is_empty() && max_edits > 1 {
                similar = self.collection.similar(&text, max_edits)?;
            }
            let mut ranked: Vec<(f32, String)> = Vec::new();
            for (word, articles) in similar {
                ranked.push((spelling::likelihood(&text, &word) * (articles as f32).sqrt(), word));
            }
            keep_best(&mut ranked, MAX_CANDIDATES);
            let mut likely: Vec<(f32, (Variant, Vec<u64>))> = Vec::new();
            for (_, word) in ranked {
                let variant = self.variant(Origin::Correction, &word, WEIGHTS.correction);
                let holders = self.holders(&variant)?;
                let expected: f32 =
                    languages.iter().zip(&holders).map(|(share, held)| share * (*held as f32).sqrt()).sum();
                likely.push((spelling::likelihood(&text, &word) * expected, (variant, holders)));
            }
            keep_best(&mut likely, MAX_CORRECTIONS);
            let best = likely.first().map_or(0.0, |(score, _)| *score);
            if best <= 0.0 {
                continue; // no live article of a likely language holds one
            }
            likely.retain(|(score, _)| *score >= MIN_CORRECTION_SHARE * best);
            for (score, (mut variant, holders)) in likely {
                variant.factor *= score / best;
                self.add(place, variant, &holders, words);
            }
        }
        Ok(())
    }

    /// Adds neighbours written together, where an article writes them so: `wheel chair`.
    pub(super) fn add_joined(&mut self, query: &Query, words: &mut [PlannedWord]) -> Result<(), C::Error> {
        for second in 1..query.words.len() {
            let pair = [&query.words[second - 1], &query.words[second]];
            let is_plain = |word: &&QueryWord| !word.is_prefix && word.zone.is_none() && word.compound.is_none();
            if !pair.iter().all(is_plain) {
                continue;
            }
            let joined = format!("{}{}", pair[0].text, pair[1].text);
            if joined.chars().count() < MIN_JOINED_CHARS {
                continue;
            }
            let variant = self.variant(Origin::Joined, &joined, WEIGHTS.joined);
            let holders = self.holders(&variant)?;
            if holders.iter().all(|held| *held == 0) {
                continue;
            }
            for place in [second - 1, second] {
                self.add(place, variant.clone(), &holders, words);
            }
        }
        Ok(())
    }

    /// Adds the two words that an article may write where one was typed: `wheelchair`.
    pub(super) fn add_split(&mut self, query: &Query, words: &mut [PlannedWord]) -> Result<(), C::Error> {
        let mut split = 0;
        for (place, typed) in query.words.iter().enumerate() {
            // A word that was corrected is known by now.
            if self.is_known(place) || typed.is_prefix || split == MAX_CORRECTED {
                continue;
            }
            split += 1;
            let ends = typed.text.char_indices().map(|(at, _)| at).skip(MIN_SPLIT_CHARS);
            let ends = ends.filter(|at| typed.text[*at..].chars().nth(MIN_SPLIT_CHARS - 1).is_some());
            for (first, second) in ends.take(MAX_SPLITS).map(|at| typed.text.split_at(at)) {
                let mut variant = self.variant(Origin::Joined, &format!("{first} {second}"), WEIGHTS.joined);
                variant.sequence = [first, second].map(|part| WordForms::of(part, self.collection.languages())).into();
                let holders = self.holders(&variant)?;
                if holders.iter().any(|held| *held > 0) {
                    self.add(place, variant, &holders, words);
                }
            }
        }
        Ok(())
    }

    /// Whether some article holds the word at a place.
    fn is_known(&self, place: usize) -> bool {
        self.frequencies.get(place).is_none_or(|of| of.iter().any(|frequency| *frequency > 0))
    }
}

/// Keeps the highest scores, in their order.
fn keep_best<T>(scored: &mut Vec<(f32, T)>, most: usize) {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(most);
}
