//! Spelling variants of the words of a query: corrected, joined, split.

use super::collection::Collection;
use super::edit_model;
use super::plan::{CorrectionMode, PlannedWord, Variant, VariantOrigin, WordForms, is_long};
use super::planner::Planner;
use crate::analysis::{fold, is_dictionary_word, is_other_spelling, is_stop_word, may_be_of_one_language, normalize};
use crate::engine::query::{Query, QueryWord};
use crate::engine::ranking::WEIGHTS;

/// The maximum number of corrected words of a query.
const MAX_CORRECTED: usize = 4;
/// The maximum number of words for which candidates at two edits are looked up: each is a walk
/// through much of the vocabulary.
const MAX_FAR: usize = 2;
/// The same two limits for a text.
const MAX_CORRECTED_OF_TEXT: usize = 3;
const MAX_FAR_OF_TEXT: usize = 1;
/// How many candidates of a correction are scored for the languages of the query.
const MAX_CANDIDATES: usize = 8;
/// The minimum length of a joined word, in characters.
const MIN_JOINED_CHARS: usize = 6;
/// The minimum length of each part of a split word, in characters.
const MIN_SPLIT_CHARS: usize = 3;
/// The maximum number of positions at which a word is split.
const MAX_PLACES: usize = 16;
/// How many splits of a query into known words are checked to occur as a phrase.
const MAX_SPLITS: usize = 8;
/// The maximum number of corrections of one word.
const MAX_CORRECTIONS: usize = 3;
/// A correction with a smaller likelihood than this share of the best one is left out.
const MIN_CORRECTION_SHARE: f32 = 0.2;
/// How sure it must be that a word was meant, where the query is answered well without it.
/// With less, more queries that are spelt right get a suggestion: experiment `planning.sureness`.
const MIN_SURENESS: f32 = 0.4;
/// The same threshold in a query with another word that is certainly misspelt.
const MIN_SURENESS_CARELESS: f32 = 0.0;
/// The same threshold for a word alone that nothing is found for, and a candidate at two edits. What is
/// farther from every word of the site is mostly a good word that the site does not hold (`sospecha`
/// is not `cosecha`): experiment `planning.alone`.
const MIN_SURENESS_ALONE: f32 = -6.0;
/// Smoothing of how often the typed word co-occurs with the others: once may be chance.
const TOGETHER_BESIDES: f32 = 0.6;
/// How many of the query's other words are used as context of a candidate: the rarest.
const MAX_CONTEXT: usize = 4;
/// How many times as often as the typed word a candidate must co-occur with the query's other
/// words, so that a known word is taken for a misspelling.
const TIMES_AS_OFTEN: f32 = 3.0;

/// In how many articles the correction of a word that is spelt right must stand with every other word of
/// the query: more than chance brings together. Experiment `planning.words`.
const MIN_TOGETHER_OF_WORD: u64 = 2;
/// How likely a slip it must be to turn what was meant into a word that is spelt right, see
/// [`edit_model::likelihood`]: a letter too few, two that changed places, a neighbouring key.
const MIN_LIKELIHOOD_OF_WORD: f32 = 0.8;

/// A candidate of a correction.
struct CorrectionCandidate {
    variant: Variant,
    /// Its document frequency by language.
    doc_freqs: Vec<u64>,
    /// The logarithm of its likelihood, relative to other candidates.
    score: f32,
    /// The log odds that it was meant; 0 is even odds.
    sureness: f32,
}

/// The index of a query word, and its candidates, the most likely first.
type CorrectedWord = (usize, Vec<CorrectionCandidate>);

impl CorrectionCandidate {
    /// The word, folded.
    fn word(&self) -> Option<&str> {
        self.variant.sequence.first().and_then(|forms| forms.folded.first()).map(String::as_str)
    }
}

impl<C: Collection> Planner<'_, C> {
    /// Adds corrections to unknown words. `languages` is the probability of each language being the
    /// query's.
    pub(crate) fn add_corrections(
        &mut self,
        query: &Query,
        words: &mut [PlannedWord],
        languages: &[f32],
        correction_mode: CorrectionMode,
    ) -> Result<(), C::Error> {
        let mut corrected: Vec<CorrectedWord> = Vec::new();
        let mut unsure: Vec<CorrectedWord> = Vec::new();
        let most = if is_long(query) { MAX_CORRECTED_OF_TEXT } else { MAX_CORRECTED };
        self.far.set(if is_long(query) { MAX_FAR_OF_TEXT } else { MAX_FAR });
        for (place, typed) in query.words.iter().enumerate() {
            if typed.is_prefix || self.is_known(place) || corrected.len() + unsure.len() == most {
                continue;
            }
            let text = fold(&typed.text);
            let context = self.context(query, place, &corrected, languages);
            let mut candidates = self.candidates(&text, edit_model::max_edits(&text), &context, languages)?;
            if self.is_spelt_right(&text) {
                self.keep_meant(&text, &mut candidates, &context)?;
            }
            let sureness = candidates.first().map_or(f32::NEG_INFINITY, |best| best.sureness);
            if sureness >= MIN_SURENESS { &mut corrected } else { &mut unsure }.push((place, candidates));
        }
        let is_careless = !corrected.is_empty();
        let mut soft_expansions: Vec<CorrectedWord> = Vec::new();
        for (place, candidates) in unsure {
            let sureness = candidates.first().map_or(f32::NEG_INFINITY, |best| best.sureness);
            let wanted = match correction_mode {
                CorrectionMode::Any if query.words.len() == 1 && is_far(query, place, &candidates) => {
                    MIN_SURENESS_ALONE
                }
                CorrectionMode::Any => f32::NEG_INFINITY,
                _ if is_careless || correction_mode == CorrectionMode::Likely => MIN_SURENESS_CARELESS,
                _ => MIN_SURENESS,
            };
            if sureness >= wanted {
                corrected.push((place, candidates));
            } else if !candidates.is_empty() {
                soft_expansions.push((place, candidates));
            }
        }
        self.could_expand = !soft_expansions.is_empty();
        if is_careless {
            self.add_further(query, &mut corrected, languages)?;
        }
        if matches!(correction_mode, CorrectionMode::Likely | CorrectionMode::Any) {
            let mistaken = self.mistaken(query, &corrected, languages)?;
            corrected.extend(mistaken);
        }
        self.add_candidates(corrected, VariantOrigin::Correction, words)?;
        if self.is_expanding {
            self.add_candidates(soft_expansions, VariantOrigin::SoftExpansion, words)?;
        }
        Ok(())
    }

    /// Adds the candidates that are not much less likely than the best one of their word.
    fn add_candidates(
        &mut self,
        corrected: Vec<CorrectedWord>,
        origin: VariantOrigin,
        words: &mut [PlannedWord],
    ) -> Result<(), C::Error> {
        for (place, candidates) in corrected {
            let best = candidates.first().map_or(0.0, |best| best.score);
            for candidate in candidates {
                let share = (candidate.score - best).exp();
                if share >= MIN_CORRECTION_SHARE {
                    let Some((variant, doc_freqs)) = self.as_written(candidate)? else { continue };
                    let variant = Variant { origin, factor: variant.factor * share, ..variant };
                    self.add(place, variant, &doc_freqs, words);
                }
            }
        }
        Ok(())
    }

    /// Adds corrections that are only accepted if another word is misspelt: of words of three
    /// letters, and of words that occur in another form but not in this one.
    fn add_further(
        &self,
        query: &Query,
        corrected: &mut Vec<CorrectedWord>,
        languages: &[f32],
    ) -> Result<(), C::Error> {
        for (place, typed) in query.words.iter().enumerate().take(MAX_CORRECTED) {
            let text = fold(&typed.text);
            let is_short = text.chars().count() + 1 == edit_model::MIN_CHARS && text.chars().all(char::is_alphabetic);
            let is_mended = corrected.iter().any(|(other, _)| *other == place);
            if is_mended || typed.is_prefix || (is_short && self.is_known(place)) {
                continue;
            }
            let max_edits = if is_short { 1 } else { edit_model::max_edits(&text).min(1) };
            if max_edits == 0 || self.is_spelt_right(&text) || self.collection.doc_freq(&text)? > 0 {
                continue;
            }
            let context = self.context(query, place, corrected, languages);
            let mut candidates = self.candidates(&text, max_edits, &context, languages)?;
            candidates.retain(|candidate| {
                candidate.word().is_some_and(|word| !edit_model::may_be_inflected(&text, word) || is_short)
            });
            if candidates.first().is_some_and(|best| best.sureness >= MIN_SURENESS_CARELESS) {
                corrected.push((place, candidates));
            }
        }
        Ok(())
    }

    /// The known word that is most likely a misspelling, with its correction, which co-occurs far
    /// more often with the other words of the query.
    fn mistaken(
        &self,
        query: &Query,
        corrected: &[CorrectedWord],
        languages: &[f32],
    ) -> Result<Option<CorrectedWord>, C::Error> {
        let mut likeliest: Option<(f32, (usize, CorrectionCandidate))> = None;
        for (place, typed) in query.words.iter().enumerate().take(MAX_CORRECTED) {
            let context = self.context(query, place, corrected, languages);
            let is_mended = corrected.iter().any(|(other, _)| *other == place);
            let text = fold(&typed.text);
            let is_other_word = !self.is_known(place) && self.is_spelt_right(&text);
            let is_left = is_mended || is_other_word || typed.is_prefix || typed.is_quoted || context.is_empty();
            // Function words co-occur with everything: `what` would lose against `that`.
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

    /// Whether a folded word is in the word list of a language of the site.
    pub(super) fn is_spelt_right(&self, folded: &str) -> bool {
        is_dictionary_word(folded, self.collection.languages().iter().map(|language| language.lang.as_str()))
    }

    /// Keeps, of the candidates for a word that is spelt right, those that were meant all the same: the
    /// same word in another spelling, and a likely slip away what stands together with the other words.
    fn keep_meant(
        &self,
        text: &str,
        candidates: &mut Vec<CorrectionCandidate>,
        context: &[(String, u64)],
    ) -> Result<(), C::Error> {
        let mut meant = Vec::new();
        for candidate in candidates.drain(..) {
            let Some(word) = candidate.word() else { continue };
            let is_likely = edit_model::likelihood(text, word) >= MIN_LIKELIHOOD_OF_WORD && !context.is_empty();
            let mut is_meant = is_likely && edit_model::edits(text, word) == 1;
            for (other, _) in context {
                is_meant = is_meant && self.collection.co_doc_freq(word, other)? >= MIN_TOGETHER_OF_WORD;
            }
            if is_meant || self.is_respelt(text, word) {
                meant.push(candidate);
            }
        }
        *candidates = meant;
        Ok(())
    }

    /// Whether two folded words are spellings of one word in a language of the site.
    fn is_respelt(&self, one: &str, other: &str) -> bool {
        self.collection.languages().iter().any(|language| is_other_spelling(one, other, &language.lang))
    }

    /// The candidates of a folded word, the most likely first.
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
            let doc_freqs = self.doc_freqs(&variant)?;
            let expected: f32 =
                languages.iter().zip(&doc_freqs).map(|(share, held)| share * (*held as f32).sqrt()).sum();
            if expected <= 0.0 {
                continue; // no article of a likely language contains it
            }
            let mut co_occurrence = 0.0;
            for (other, held) in context {
                let both = self.collection.co_doc_freq(&word, other)?;
                co_occurrence += edit_model::togetherness(both, articles, *held, all);
            }
            let slips = edit_model::likelihood(text, &word).ln();
            let score = slips + expected.ln() + edit_model::CONTEXT * co_occurrence;
            let sureness = edit_model::sureness(text, &word, expected);
            likely.push((score, CorrectionCandidate { variant, doc_freqs, score, sureness }));
        }
        keep_best(&mut likely, MAX_CORRECTIONS);
        let mut likely: Vec<CorrectionCandidate> = likely.into_iter().map(|(_, candidate)| candidate).collect();
        let second = likely.get(1).map(|second| second.score);
        if let Some(best) = likely.first_mut() {
            best.sureness += edit_model::lead(second.map(|second| best.score - second));
        }
        Ok(likely)
    }

    /// A candidate in the site's spelling, with its accents, and its document frequencies; `None`
    /// if no visible article contains it.
    fn as_written(&self, candidate: CorrectionCandidate) -> Result<Option<(Variant, Vec<u64>)>, C::Error> {
        let CorrectionCandidate { variant, doc_freqs, .. } = candidate;
        let Some(written) = self.collection.surface_form(&variant.text, self.now_s)? else { return Ok(None) };
        let word = normalize(&written);
        if word == variant.text || !word.chars().all(char::is_alphanumeric) {
            return Ok(Some((Variant { text: written, ..variant }, doc_freqs)));
        }
        let accented = self.variant(VariantOrigin::Correction, &word, variant.factor);
        let doc_freqs = self.doc_freqs(&accented)?;
        Ok(Some((Variant { text: written, ..accented }, doc_freqs)))
    }

    /// Whether a folded word is a function word in the probable language of the query.
    fn is_function_word(&self, folded: &str, languages: &[f32]) -> bool {
        let languages = self.collection.languages().iter().zip(languages);
        let stops = languages.filter(|(language, _)| is_stop_word(&language.lang, folded));
        stops.map(|(_, share)| share).sum::<f32>() >= 0.5
    }

    /// The content words of the query besides the one at an index, folded, the rarest first, each
    /// with its document frequency.
    fn context(
        &self,
        query: &Query,
        place: usize,
        corrected: &[CorrectedWord],
        languages: &[f32],
    ) -> Vec<(String, u64)> {
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
        for best in
            corrected.iter().filter(|(other, _)| *other != place).filter_map(|(_, candidates)| candidates.first())
        {
            context.extend(best.word().map(|word| (word.to_owned(), best.doc_freqs.iter().sum())));
        }
        context.sort_by_key(|(_, held)| *held);
        context.truncate(MAX_CONTEXT);
        context
    }

    /// Adds the joined form of neighbouring words, if it occurs in the index: `wheel chair`.
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
            let doc_freqs = self.doc_freqs(&variant)?;
            if doc_freqs.iter().all(|held| *held == 0) {
                continue;
            }
            if let Some(written) = self.collection.surface_form(&fold(&joined), self.now_s)? {
                variant.text = written;
            }
            for place in [first, first + 1] {
                self.add(place, variant.clone(), &doc_freqs, words);
            }
        }
        Ok(())
    }

    /// Adds the two parts of an unknown word, if they occur as a phrase: `wheelchair`.
    pub(crate) fn add_split(&mut self, query: &Query, words: &mut [PlannedWord]) -> Result<(), C::Error> {
        let (mut split, mut looked_at) = (0, 0);
        for (place, typed) in query.words.iter().enumerate() {
            // A corrected word counts as known here.
            if self.is_known(place) || typed.is_prefix || split == MAX_CORRECTED {
                continue;
            }
            split += 1;
            let folded = fold(&typed.text);
            let is_spelt_right = self.is_spelt_right(&folded);
            let ends = typed.text.char_indices().map(|(at, _)| at).skip(MIN_SPLIT_CHARS);
            let ends = ends.filter(|at| typed.text[*at..].chars().nth(MIN_SPLIT_CHARS - 1).is_some());
            for (first, second) in ends.take(MAX_PLACES).map(|at| typed.text.split_at(at)) {
                let is_of_other = |part: &str| is_spelt_right && !may_be_of_one_language(&folded, &fold(part));
                if is_of_other(first) || is_of_other(second) {
                    continue;
                }
                let is_known = |part: &str| Ok(self.collection.doc_freq(&fold(part))? > 0);
                if !is_known(first)? || !is_known(second)? || looked_at == MAX_SPLITS {
                    continue;
                }
                looked_at += 1;
                let mut variant = self.variant(VariantOrigin::Split, &format!("{first} {second}"), WEIGHTS.joined);
                variant.sequence = [first, second].map(|part| WordForms::of(part, self.collection.languages())).into();
                if self.collection.has_sequence(&variant.sequence)? {
                    let doc_freqs = self.doc_freqs(&variant)?;
                    self.add(place, variant, &doc_freqs, words);
                }
            }
        }
        Ok(())
    }

    /// Whether the word at an index occurs in the index.
    pub(super) fn is_known(&self, place: usize) -> bool {
        self.frequencies.get(place).is_none_or(|of| of.iter().any(|frequency| *frequency > 0))
    }
}

/// Whether the best candidate for a word of the query is at more than one edit.
fn is_far(query: &Query, place: usize, candidates: &[CorrectionCandidate]) -> bool {
    let best = candidates.first().and_then(CorrectionCandidate::word);
    best.zip(query.words.get(place)).is_some_and(|(best, typed)| edit_model::edits(&fold(&typed.text), best) > 1)
}

/// The stems of a variant's words, in all languages.
fn stems(variant: &Variant) -> impl Iterator<Item = &String> {
    variant.sequence.iter().flat_map(|forms| forms.stems.iter().flatten())
}

/// Keeps the highest scores, sorted.
fn keep_best<T>(scored: &mut Vec<(f32, T)>, most: usize) {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(most);
}
