//! Other spellings of the words of a query: corrected, written together, written apart.

use super::collection::Collection;
use super::edit_model;
use super::plan::{CorrectionMode, PlannedWord, Variant, VariantOrigin, WordForms, is_long};
use super::planner::Planner;
use crate::analysis::{fold, is_stop_word, normalize};
use crate::engine::query::{Query, QueryWord};
use crate::engine::ranking::WEIGHTS;

/// The most words of a query that are corrected.
const MAX_CORRECTED: usize = 4;
/// The most words of a query of which words with two edits are looked for: that is a walk through much of
/// the vocabulary each.
const MAX_FAR: usize = 2;
/// The same in a text, and the most words of one that are corrected.
const MAX_CORRECTED_OF_TEXT: usize = 3;
const MAX_FAR_OF_TEXT: usize = 1;
/// How many candidates for a correction are looked at in the languages of the query.
const MAX_CANDIDATES: usize = 8;
/// The shortest word that two neighbours are joined to, in characters.
const MIN_JOINED_CHARS: usize = 6;
/// The shortest part that a word is split into, in characters.
const MIN_SPLIT_CHARS: usize = 3;
/// The most places at which a word is split.
const MAX_PLACES: usize = 16;
/// For how many splits of a query into known words it is looked up whether these stand in a row.
const MAX_SPLITS: usize = 8;
/// The most words that are searched for in place of one.
const MAX_CORRECTIONS: usize = 3;
/// A correction this much less likely than the best one is left out.
const MIN_CORRECTION_SHARE: f32 = 0.2;
/// How sure it must be that a word was meant, where the query is answered well without it.
/// With less, more queries that are spelt right get a suggestion: experiment `planning.sureness`.
const MIN_SURENESS: f32 = 0.4;
/// The same in a query with another word that surely is misspelt.
const MIN_SURENESS_CARELESS: f32 = 0.0;
/// What is added to how often the word as typed stands with the others: once may be chance.
const TOGETHER_BESIDES: f32 = 0.6;
/// How many of the query's other words are looked at beside a candidate: the rarest.
const MAX_CONTEXT: usize = 4;
/// How many times as often as the word as typed a candidate must stand with the query's other
/// words, for a word that the site knows to be taken for another one misspelt.
const TIMES_AS_OFTEN: f32 = 3.0;

/// A word that may have been meant.
struct CorrectionCandidate {
    variant: Variant,
    /// How many articles of each language hold it.
    holders: Vec<u64>,
    /// How likely it was meant, against other candidates; a logarithm.
    score: f32,
    /// How sure it is that it was meant; 0 where it is as likely as not.
    sureness: f32,
}

/// A word's place in the query, and what may have been meant, the likeliest first.
type Mended = (usize, Vec<CorrectionCandidate>);

impl CorrectionCandidate {
    /// The word, folded.
    fn word(&self) -> Option<&str> {
        self.variant.sequence.first().and_then(|forms| forms.folded.first()).map(String::as_str)
    }
}

impl<C: Collection> Planner<'_, C> {
    /// Adds the likeliest words of the index to words that it does not know. `languages` says how
    /// likely each language is the query's.
    pub(crate) fn add_corrections(
        &mut self,
        query: &Query,
        words: &mut [PlannedWord],
        languages: &[f32],
        correction_mode: CorrectionMode,
    ) -> Result<(), C::Error> {
        let mut mended: Vec<Mended> = Vec::new();
        let mut unsure: Vec<Mended> = Vec::new();
        let most = if is_long(query) { MAX_CORRECTED_OF_TEXT } else { MAX_CORRECTED };
        self.far.set(if is_long(query) { MAX_FAR_OF_TEXT } else { MAX_FAR });
        for (place, typed) in query.words.iter().enumerate() {
            if typed.is_prefix || self.is_known(place) || mended.len() + unsure.len() == most {
                continue;
            }
            let text = fold(&typed.text);
            let context = self.context(query, place, &mended, languages);
            let candidates = self.candidates(&text, edit_model::max_edits(&text), &context, languages)?;
            let sureness = candidates.first().map_or(f32::NEG_INFINITY, |best| best.sureness);
            if sureness >= MIN_SURENESS { &mut mended } else { &mut unsure }.push((place, candidates));
        }
        let is_careless = !mended.is_empty();
        let mut guesses: Vec<Mended> = Vec::new();
        for (place, candidates) in unsure {
            let sureness = candidates.first().map_or(f32::NEG_INFINITY, |best| best.sureness);
            let wanted = match correction_mode {
                CorrectionMode::Any => f32::NEG_INFINITY,
                _ if is_careless || correction_mode == CorrectionMode::Likely => MIN_SURENESS_CARELESS,
                _ => MIN_SURENESS,
            };
            if sureness >= wanted {
                mended.push((place, candidates));
            } else if !candidates.is_empty() {
                guesses.push((place, candidates));
            }
        }
        self.could_guess = !guesses.is_empty();
        if is_careless {
            self.add_further(query, &mut mended, languages)?;
        }
        if matches!(correction_mode, CorrectionMode::Likely | CorrectionMode::Any) {
            let mistaken = self.mistaken(query, &mended, languages)?;
            mended.extend(mistaken);
        }
        self.add_candidates(mended, VariantOrigin::Correction, words)?;
        if self.is_guessing {
            self.add_candidates(guesses, VariantOrigin::Guess, words)?;
        }
        Ok(())
    }

    /// Adds the candidates that are not much less likely than the best of their words.
    fn add_candidates(
        &mut self,
        mended: Vec<Mended>,
        origin: VariantOrigin,
        words: &mut [PlannedWord],
    ) -> Result<(), C::Error> {
        for (place, candidates) in mended {
            let best = candidates.first().map_or(0.0, |best| best.score);
            for candidate in candidates {
                let share = (candidate.score - best).exp();
                if share >= MIN_CORRECTION_SHARE {
                    let Some((variant, holders)) = self.as_written(candidate)? else { continue };
                    let variant = Variant { origin, factor: variant.factor * share, ..variant };
                    self.add(place, variant, &holders, words);
                }
            }
        }
        Ok(())
    }

    /// Adds what is only taken for a slip where there is another one: words of three letters, and
    /// words that no article holds in this form, but in another.
    fn add_further(&self, query: &Query, mended: &mut Vec<Mended>, languages: &[f32]) -> Result<(), C::Error> {
        for (place, typed) in query.words.iter().enumerate().take(MAX_CORRECTED) {
            let text = fold(&typed.text);
            let is_short = text.chars().count() + 1 == edit_model::MIN_CHARS && text.chars().all(char::is_alphabetic);
            let is_mended = mended.iter().any(|(other, _)| *other == place);
            if is_mended || typed.is_prefix || (is_short && self.is_known(place)) {
                continue;
            }
            let max_edits = if is_short { 1 } else { edit_model::max_edits(&text).min(1) };
            if max_edits == 0 || self.collection.doc_freq(&text)? > 0 {
                continue;
            }
            let context = self.context(query, place, mended, languages);
            let mut candidates = self.candidates(&text, max_edits, &context, languages)?;
            candidates.retain(|candidate| {
                candidate.word().is_some_and(|word| !edit_model::may_be_inflected(&text, word) || is_short)
            });
            if candidates.first().is_some_and(|best| best.sureness >= MIN_SURENESS_CARELESS) {
                mended.push((place, candidates));
            }
        }
        Ok(())
    }

    /// The word among those that the site knows which is the likeliest to be another one misspelt,
    /// with that one: it stands with the other words of the query far more often.
    fn mistaken(&self, query: &Query, mended: &[Mended], languages: &[f32]) -> Result<Option<Mended>, C::Error> {
        let mut likeliest: Option<(f32, (usize, CorrectionCandidate))> = None;
        for (place, typed) in query.words.iter().enumerate().take(MAX_CORRECTED) {
            let context = self.context(query, place, mended, languages);
            let is_mended = mended.iter().any(|(other, _)| *other == place);
            let text = fold(&typed.text);
            let is_left = is_mended || typed.is_prefix || typed.is_quoted || context.is_empty();
            // `what` stands beside everything less often than `that` does.
            if is_left || self.is_function_word(&text, languages) {
                continue;
            }
            let together = |word: &str| -> Result<f32, C::Error> {
                let mut least = f32::INFINITY;
                for (other, _) in &context {
                    least = least.min(self.collection.co_doc_freq(word, other)? as f32);
                }
                Ok(least)
            };
            let own = together(&text)?;
            let typed = self.variant(VariantOrigin::Typed, &typed.text, 1.0);
            let is_form = |candidate: &CorrectionCandidate| {
                stems(&candidate.variant).any(|stem| stems(&typed).any(|own| own == stem))
            };
            for candidate in self.candidates(&text, edit_model::max_edits(&text).min(1), &context, languages)? {
                let is_other = |word: &&str| !is_form(&candidate) && !self.is_function_word(word, languages);
                let Some(word) = candidate.word().filter(is_other) else { continue };
                let gain = together(word)? / (own + TOGETHER_BESIDES);
                if gain >= TIMES_AS_OFTEN && likeliest.as_ref().is_none_or(|(best, _)| gain > *best) {
                    likeliest = Some((gain, (place, candidate)));
                }
            }
        }
        Ok(likeliest.map(|(_, (place, candidate))| (place, vec![candidate])))
    }

    /// The words that may have been meant by a folded one, the likeliest first.
    fn candidates(
        &self,
        text: &str,
        max_edits: u8,
        context: &[(String, u64)],
        languages: &[f32],
    ) -> Result<Vec<CorrectionCandidate>, C::Error> {
        if max_edits == 0 {
            return Ok(Vec::new());
        }
        let mut similar = self.collection.fuzzy_terms(text, 1)?;
        similar.retain(|(word, _)| word != text);
        if similar.is_empty() && max_edits > 1 && self.far.get() > 0 {
            self.far.set(self.far.get() - 1);
            similar = self.collection.fuzzy_terms(text, max_edits)?;
        }
        let mut ranked: Vec<(f32, (String, u64))> = Vec::new();
        for (word, articles) in similar {
            ranked.push((edit_model::likelihood(text, &word) * (articles as f32).sqrt(), (word, articles)));
        }
        keep_best(&mut ranked, MAX_CANDIDATES);
        let all: u64 = self.collection.languages().iter().map(|language| language.articles).sum();
        let mut likely: Vec<(f32, CorrectionCandidate)> = Vec::new();
        for (_, (word, articles)) in ranked {
            let variant = self.variant(VariantOrigin::Correction, &word, WEIGHTS.correction);
            let holders = self.holders(&variant)?;
            let expected: f32 = languages.iter().zip(&holders).map(|(share, held)| share * (*held as f32).sqrt()).sum();
            if expected <= 0.0 {
                continue; // no article of a likely language holds it
            }
            let mut nearness = 0.0;
            for (other, held) in context {
                let both = self.collection.co_doc_freq(&word, other)?;
                nearness += edit_model::togetherness(both, articles, *held, all);
            }
            let slips = edit_model::likelihood(text, &word).ln();
            let score = slips + expected.ln() + edit_model::CONTEXT * nearness;
            let sureness = edit_model::sureness(text, &word, expected);
            likely.push((score, CorrectionCandidate { variant, holders, score, sureness }));
        }
        keep_best(&mut likely, MAX_CORRECTIONS);
        let mut likely: Vec<CorrectionCandidate> = likely.into_iter().map(|(_, candidate)| candidate).collect();
        let second = likely.get(1).map(|second| second.score);
        if let Some(best) = likely.first_mut() {
            best.sureness += edit_model::lead(second.map(|second| best.score - second));
        }
        Ok(likely)
    }

    /// A candidate as the site writes it, with its accents, and how many articles hold it; `None` where
    /// readers may see none of these.
    fn as_written(&self, candidate: CorrectionCandidate) -> Result<Option<(Variant, Vec<u64>)>, C::Error> {
        let CorrectionCandidate { variant, holders, .. } = candidate;
        let Some(written) = self.collection.written(&variant.text, self.now_s)? else { return Ok(None) };
        let word = normalize(&written);
        if word == variant.text || !word.chars().all(char::is_alphanumeric) {
            return Ok(Some((Variant { text: written, ..variant }, holders)));
        }
        let accented = self.variant(VariantOrigin::Correction, &word, variant.factor);
        let holders = self.holders(&accented)?;
        Ok(Some((Variant { text: written, ..accented }, holders)))
    }

    /// Whether a folded word carries grammar and little else in the language that is likely the query's.
    fn is_function_word(&self, folded: &str, languages: &[f32]) -> bool {
        let languages = self.collection.languages().iter().zip(languages);
        let stops = languages.filter(|(language, _)| is_stop_word(&language.lang, folded));
        stops.map(|(_, share)| share).sum::<f32>() >= 0.5
    }

    /// The words beside one that say what it is about, folded, the rarest first, with how many
    /// articles hold each.
    fn context(&self, query: &Query, place: usize, mended: &[Mended], languages: &[f32]) -> Vec<(String, u64)> {
        let mut context: Vec<(String, u64)> = Vec::new();
        if is_long(query) {
            return context;
        }
        for (other, word) in query.words.iter().enumerate() {
            let folded = fold(&word.text);
            let held: u64 = self.frequencies.get(other).map_or(0, |of| of.iter().sum());
            if other != place && held > 0 && !word.is_prefix && !self.is_function_word(&folded, languages) {
                context.push((folded.into_owned(), held));
            }
        }
        for best in mended.iter().filter(|(other, _)| *other != place).filter_map(|(_, candidates)| candidates.first())
        {
            context.extend(best.word().map(|word| (word.to_owned(), best.holders.iter().sum())));
        }
        context.sort_by_key(|(_, held)| *held);
        context.truncate(MAX_CONTEXT);
        context
    }

    /// Adds neighbours written together, where an article writes them so: `wheel chair`.
    pub(crate) fn add_joined(&mut self, query: &Query, words: &mut [PlannedWord]) -> Result<(), C::Error> {
        for (first, pair) in query.words.windows(2).enumerate() {
            let is_plain = |word: &QueryWord| !word.is_prefix && word.zone.is_none() && word.compound.is_none();
            if !pair.iter().all(is_plain) {
                continue;
            }
            let joined: String = pair.iter().map(|word| word.text.as_str()).collect();
            if joined.chars().count() < MIN_JOINED_CHARS {
                continue;
            }
            let mut variant = self.variant(VariantOrigin::Joined, &joined, WEIGHTS.joined);
            let holders = self.holders(&variant)?;
            if holders.iter().all(|held| *held == 0) {
                continue;
            }
            if let Some(written) = self.collection.written(&fold(&joined), self.now_s)? {
                variant.text = written;
            }
            for place in [first, first + 1] {
                self.add(place, variant.clone(), &holders, words);
            }
        }
        Ok(())
    }

    /// Adds the two words that an article may write where one was typed: `wheelchair`.
    pub(crate) fn add_split(&mut self, query: &Query, words: &mut [PlannedWord]) -> Result<(), C::Error> {
        let (mut split, mut looked_at) = (0, 0);
        for (place, typed) in query.words.iter().enumerate() {
            // A word that was corrected is known by now.
            if self.is_known(place) || typed.is_prefix || split == MAX_CORRECTED {
                continue;
            }
            split += 1;
            let ends = typed.text.char_indices().map(|(at, _)| at).skip(MIN_SPLIT_CHARS);
            let ends = ends.filter(|at| typed.text[*at..].chars().nth(MIN_SPLIT_CHARS - 1).is_some());
            for (first, second) in ends.take(MAX_PLACES).map(|at| typed.text.split_at(at)) {
                let mut variant = self.variant(VariantOrigin::Split, &format!("{first} {second}"), WEIGHTS.joined);
                variant.sequence = [first, second].map(|part| WordForms::of(part, self.collection.languages())).into();
                let is_known = |part: &str| Ok(self.collection.doc_freq(&fold(part))? > 0);
                if !is_known(first)? || !is_known(second)? || looked_at == MAX_SPLITS {
                    continue;
                }
                looked_at += 1;
                if self.collection.has_in_a_row(&variant.sequence)? {
                    let holders = self.holders(&variant)?;
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

/// The stems of a variant's words, in all languages.
fn stems(variant: &Variant) -> impl Iterator<Item = &String> {
    variant.sequence.iter().flat_map(|forms| forms.stems.iter().flatten())
}

/// Keeps the highest scores, in their order.
fn keep_best<T>(scored: &mut Vec<(f32, T)>, most: usize) {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(most);
}
