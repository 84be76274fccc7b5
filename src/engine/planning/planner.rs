//! Builds the plan of a query over a collection.

use std::cell::Cell;

use super::budget;
use super::collection::{Collection, PrefixMatches};
use super::plan::{
    CorrectionMode, MAX_BESIDE_PHRASES, Note, Plan, PlannedClause, PlannedWord, Variant, VariantOrigin, WordForms,
    folded_word, is_long, mark_telling, pairs, phrase, phrase_words, requirements,
};
use crate::analysis::{
    PhraseRole, derivations, fold, inflections, is_stop_word, language_group, may_be_of_one_language, shares_dictionary,
};
use crate::engine::SearchRequest;
use crate::engine::query::{Clause, Query, QueryWord, is_acronym};
use crate::engine::ranking::{self, Counting, MatchRequirements, WEIGHTS};

/// The maximum number of words for all prefixes of a query together: the most frequent ones. Each
/// prefix has the same share.
pub const MAX_PREFIX_WORDS: usize = 128;
/// The shortest word that may be the beginning of another without a `*`, in characters.
const MIN_BEGINNING_CHARS: usize = 4;
/// A stop word may be a name if at most one in so many articles holds it.
const MIN_ARTICLES_PER_NAME: u64 = 20;
/// The limit of the summed document frequencies of these words; the first word of a prefix is
/// always used.
const MAX_PREFIX_DOC_FREQ_SUM: u64 = 20_000;

/// The most words of a query in which inflections are distinguished from other words of a stem.
/// Longer queries are questions, whose answers say things in many forms: experiment
/// `planning.inflected-words`.
const MAX_INFLECTED_WORDS: usize = 3;

/// The most words of a family that are searched for in place of a word.
const MAX_FAMILY_WORDS: usize = 3;
/// The endings with which a word of a family is looked up: the singular and the plurals of most words
/// in the languages that have families.
const PLURAL_ENDINGS: [&str; 3] = ["", "s", "es"];

impl Plan {
    /// Plans a request's query over a collection.
    pub fn new<C: Collection>(
        request: &SearchRequest,
        correction_mode: CorrectionMode,
        collection: &C,
    ) -> Result<Plan, C::Error> {
        Plan::planned(request, correction_mode, is_long(&request.query), collection)
    }

    /// The plan with soft expansions of words that may be misspelt: they are searched for and score
    /// proportionally, but are not reported as corrections.
    pub fn with_soft_expansions<C: Collection>(
        &self,
        request: &SearchRequest,
        collection: &C,
    ) -> Result<Plan, C::Error> {
        Plan::planned(request, self.correction_mode, true, collection)
    }

    fn planned<C: Collection>(
        request: &SearchRequest,
        correction_mode: CorrectionMode,
        is_expanding: bool,
        collection: &C,
    ) -> Result<Plan, C::Error> {
        let (query, ui_lang, now_s) = (&request.query, request.ui_lang.as_deref(), request.now_s);
        let is_turned = query.excluded.is_empty() && !query.literal.is_empty();
        let notes = if is_turned { vec![Note::ExclusionsAsWords] } else { Vec::new() };
        let in_words = query.words.iter().filter(|word| word.is_prefix);
        let in_clauses = query.phrases.iter().chain(&query.excluded).filter(|clause| clause.is_prefix);
        let mut planner = Planner {
            collection,
            now_s,
            frequencies: Vec::new(),
            prefixes: (in_words.count() + in_clauses.count()).max(1),
            notes,
            far: Cell::new(0),
            is_expanding,
            could_expand: false,
            is_short: query.words.len() <= MAX_INFLECTED_WORDS,
        };
        let mut words = Vec::with_capacity(query.words.len());
        for word in &query.words {
            words.push(planner.word(word)?);
        }
        planner.add_synonyms(query, &mut words)?;
        if correction_mode != CorrectionMode::Off {
            planner.add_beginnings(query, &mut words)?;
            planner.add_joined(query, &mut words)?;
        }
        let posterior = planner.languages(ui_lang);
        if correction_mode != CorrectionMode::Off {
            planner.add_corrections(query, &mut words, &posterior, correction_mode)?;
            planner.add_split(query, &mut words)?;
            // What is surely misspelt is no relative of another word.
            planner.add_families(query, &mut words)?;
        }
        let posterior = planner.languages(ui_lang);
        let languages = collection.languages();
        for ((word, typed), frequencies) in words.iter_mut().zip(&query.words).zip(&planner.frequencies) {
            let folded = fold(&word.text);
            let is_name = planner.is_name(typed, &folded, frequencies)?;
            let mut stop_share = 0.0;
            for ((language, share), frequency) in languages.iter().zip(&posterior).zip(frequencies) {
                let is_stop = !is_name && is_stop_word(&language.lang, &folded);
                let factor = if is_stop { WEIGHTS.stop_word } else { 1.0 };
                stop_share += if is_stop { *share } else { 0.0 };
                word.is_stop_word |= is_stop;
                word.weight += share * ranking::idf(language.articles, *frequency) * factor;
            }
            word.is_function_word = stop_share >= 0.5;
            word.doc_freq = frequencies.iter().sum();
        }
        let articles = languages.iter().map(|language| language.articles).sum();
        let left_out = budget::leave_out(&mut words, budget::most_reads(articles));
        if !left_out.is_empty() {
            planner.note(Note::WordsLeftOut { words: left_out });
        }
        mark_telling(&mut words);
        let best = posterior.iter().copied().fold(0.0, f32::max);
        let mut required = Vec::new();
        for clause in &query.phrases {
            required.push(planner.clause(clause)?);
        }
        let mut excluded = Vec::new();
        for clause in &query.excluded {
            excluded.push(planner.clause(clause)?);
        }
        let is_whole = words.iter().all(|word| !word.variants.is_empty());
        let requirements = MatchRequirements { is_code: is_whole && is_code(&query.words), ..requirements(&words) };
        let mut plan = Plan {
            pairs: pairs(&words),
            phrase: phrase(&words),
            words,
            required,
            excluded,
            literal: PlannedClause { phrases: vec![folded(&query.literal)], zone: None },
            requirements,
            language_factors: posterior.iter().map(|share| ranking::language_factor(*share, best)).collect(),
            notes: planner.notes,
            correction_mode,
            could_expand: planner.could_expand && !is_expanding,
        };
        if correction_mode != CorrectionMode::Off
            && !plan.required.is_empty()
            && plan.words.len() > phrase_words(&plan.required) + MAX_BESIDE_PHRASES
        {
            plan.loosen();
        }
        Ok(plan)
    }
}

/// Whether all words are parts of one compound with a digit in it, or two words of which one is a
/// number: `ODS 4` is not `ODS 14`.
fn is_code(words: &[QueryWord]) -> bool {
    let has_number = words.iter().any(|word| word.text.chars().all(|c| c.is_ascii_digit()));
    if words.len() == 2 && has_number {
        return true;
    }
    let compound = words.first().and_then(|word| word.compound.as_ref());
    let is_part = |word: &QueryWord| word.compound.as_ref() == compound;
    compound.is_some_and(|compound| compound.contains(|c: char| c.is_ascii_digit())) && words.iter().all(is_part)
}

fn folded(words: &[String]) -> Vec<String> {
    words.iter().map(|word| folded_word(word)).collect()
}

/// The state while a query is planned.
pub(crate) struct Planner<'c, C> {
    pub(crate) collection: &'c C,
    /// The current time in Unix seconds.
    pub(crate) now_s: i64,
    /// For every word, the document frequency of its variants in each language.
    pub(crate) frequencies: Vec<Vec<u64>>,
    /// The number of prefixes in the query; at least 1.
    prefixes: usize,
    notes: Vec<Note>,
    /// For how many more words candidates at two edits may be looked up.
    pub(crate) far: Cell<usize>,
    /// Whether soft expansions are added.
    pub(crate) is_expanding: bool,
    /// Whether soft expansions exist.
    pub(crate) could_expand: bool,
    /// Whether the query has so few words that inflections are distinguished from other words of a
    /// stem.
    is_short: bool,
}

impl<C: Collection> Planner<'_, C> {
    /// The posterior probability of each language being the query's, given the known words.
    fn languages(&self, ui_lang: Option<&str>) -> Vec<f32> {
        let languages = self.collection.languages();
        let reader = ui_lang.map(language_group);
        let is_readers: Vec<bool> =
            languages.iter().map(|language| reader.as_deref() == Some(&language.lang)).collect();
        let articles: Vec<u64> = languages.iter().map(|language| language.articles).collect();
        let by_language: Vec<Vec<u64>> = (0..languages.len())
            .map(|language| self.frequencies.iter().map(|of| of.get(language).copied().unwrap_or(0)).collect())
            .collect();
        ranking::language_posterior(&articles, &by_language, &is_readers)
    }

    /// Whether a word that is written like a stop word is a name: typed in capitals, or rare on the
    /// site and mostly in capitals there (`WHO`, `UNA`).
    fn is_name(&self, word: &QueryWord, folded: &str, frequencies: &[u64]) -> Result<bool, C::Error> {
        let languages = self.collection.languages();
        if word.is_acronym || !languages.iter().any(|language| is_stop_word(&language.lang, folded)) {
            return Ok(word.is_acronym);
        }
        let articles: u64 = languages.iter().map(|language| language.articles).sum();
        let doc_freq: u64 = frequencies.iter().sum();
        if doc_freq == 0 || doc_freq * MIN_ARTICLES_PER_NAME > articles {
            return Ok(false);
        }
        let written = self.collection.surface_form(folded, self.now_s)?;
        Ok(written.is_some_and(|written| is_acronym(&written)))
    }

    fn word(&mut self, word: &QueryWord) -> Result<PlannedWord, C::Error> {
        let languages = self.collection.languages();
        let mut variants = Vec::new();
        let mut frequencies = vec![0; languages.len()];
        let mut reads = 0;
        if word.is_prefix {
            let found = self.prefix(&word.text)?;
            reads += found.iter().map(|(_, articles)| articles).sum::<u64>();
            let (variant, doc_freqs) = self.beginnings(&word.text, found);
            frequencies = doc_freqs;
            variants.push(variant);
        } else {
            for text in [Some(&word.text), word.compound.as_ref()].into_iter().flatten() {
                let mut variant = self.variant(VariantOrigin::Typed, text, 1.0);
                let mut doc_freqs = self.doc_freqs(&variant)?;
                reads += self.add_inflections(&mut variant, &mut doc_freqs)?;
                raise(&mut frequencies, &doc_freqs);
                reads += budget::reads(&variant, &doc_freqs);
                variants.push(variant);
            }
        }
        self.frequencies.push(frequencies);
        Ok(PlannedWord {
            text: word.text.clone(),
            zone: word.zone,
            variants,
            weight: 0.0,
            is_function_word: false,
            is_stop_word: false,
            is_telling: true,
            doc_freq: 0,
            reads,
            is_quoted: word.is_quoted,
        })
    }

    /// Adds to a typed word its inflections that the site contains, in the languages that know the word;
    /// in all languages if none does. Returns the number of postings to read for them.
    ///
    /// If the word itself or an inflection occurs, other words of its stem are bounded; but not if one
    /// of these languages has no table of inflections.
    fn add_inflections(&self, variant: &mut Variant, doc_freqs: &mut [u64]) -> Result<u64, C::Error> {
        let is_unknown = doc_freqs.iter().all(|doc_freq| *doc_freq == 0);
        let ([forms], Counting::Forms { is_bounded, .. }) = (variant.sequence.as_mut_slice(), &mut variant.counting)
        else {
            return Ok(0);
        };
        if !self.is_short && !is_unknown {
            return Ok(0);
        }
        let mut reads = 0;
        let mut have_tables = true;
        for (language, doc_freq) in self.collection.languages().iter().zip(doc_freqs) {
            if !is_unknown && *doc_freq == 0 {
                continue;
            }
            let Some(inflected) = inflections(&variant.text, &language.lang) else {
                have_tables = false;
                continue;
            };
            for form in inflected {
                let articles = self.collection.doc_freq(&form)?;
                if articles > 0 && !forms.inflected.contains(&form) {
                    reads += articles;
                    if is_unknown {
                        *doc_freq = articles.min(language.articles).max(*doc_freq);
                    }
                    forms.inflected.push(form);
                }
            }
        }
        let mut occurs = !forms.inflected.is_empty();
        for folded in &forms.folded {
            occurs = occurs || self.collection.doc_freq(folded)? > 0;
        }
        *is_bounded = self.is_short && have_tables && occurs;
        Ok(reads)
    }

    /// The variant for words with a prefix, and its estimated document frequency in each language.
    fn beginnings(&self, text: &str, found: Vec<(String, u64)>) -> (Variant, Vec<u64>) {
        let languages = self.collection.languages();
        let all: u64 = languages.iter().map(|language| language.articles).sum();
        let doc_freq_sum: u64 = found.iter().map(|(_, articles)| articles).sum();
        let share = |articles: u64| (doc_freq_sum * articles).checked_div(all).unwrap_or(0).min(articles);
        let doc_freqs = languages.iter().map(|language| share(language.articles)).collect();
        let folded = found.into_iter().map(|(word, _)| word).collect();
        let variant = Variant {
            origin: VariantOrigin::Prefix,
            text: format!("{text}*"),
            factor: WEIGHTS.prefix,
            counting: Counting::Words,
            sequence: vec![WordForms { folded, ..WordForms::default() }],
        };
        (variant, doc_freqs)
    }

    /// Searches for the words that begin with the only word of a query, if it occurs nowhere:
    /// somebody typed the beginning of a word, or a part of a compound (`micro`).
    fn add_beginnings(&mut self, query: &Query, words: &mut [PlannedWord]) -> Result<(), C::Error> {
        let [word] = query.words.as_slice() else { return Ok(()) };
        let is_short = word.text.chars().count() < MIN_BEGINNING_CHARS;
        if is_short || word.is_prefix || !query.phrases.is_empty() || self.is_known(0) {
            return Ok(());
        }
        let mut found = self.prefix(&word.text)?;
        let folded = fold(&word.text);
        if self.is_spelt_right(&folded) {
            found.retain(|(word, _)| may_be_of_one_language(&folded, word));
        }
        if found.is_empty() {
            return Ok(());
        }
        let (variant, doc_freqs) = self.beginnings(&word.text, found);
        self.note(Note::Beginnings { word: word.text.clone() });
        self.add(0, variant, &doc_freqs, words);
        Ok(())
    }

    fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The words with a prefix, the most frequent first.
    fn prefix(&mut self, text: &str) -> Result<Vec<(String, u64)>, C::Error> {
        let (most_words, max_doc_freq_sum) =
            (MAX_PREFIX_WORDS.div_ceil(self.prefixes), MAX_PREFIX_DOC_FREQ_SUM.div_ceil(self.prefixes as u64));
        let PrefixMatches { words: mut found, count } = self.collection.prefix_terms(&fold(text), most_words)?;
        let mut doc_freq_sum = 0;
        let affordable = found.iter().take_while(|(_, articles)| {
            doc_freq_sum += articles;
            doc_freq_sum <= max_doc_freq_sum || doc_freq_sum == *articles
        });
        let used = affordable.count();
        if used < count {
            self.note(Note::ManyWords { prefix: format!("{text}*"), words: count, used });
            found.truncate(used);
        }
        Ok(found)
    }

    pub(crate) fn variant(&self, origin: VariantOrigin, text: &str, factor: f32) -> Variant {
        let forms = WordForms::of(text, self.collection.languages());
        let counting = Counting::Forms { has_accents: forms.typed.is_some(), is_bounded: false };
        Variant { origin, text: text.to_owned(), factor, counting, sequence: vec![forms] }
    }

    /// The document frequency of a variant in each language; for a sequence, that of its rarest
    /// word.
    pub(crate) fn doc_freqs(&self, variant: &Variant) -> Result<Vec<u64>, C::Error> {
        let mut doc_freqs = Vec::new();
        for language in 0..self.collection.languages().len() {
            let mut rarest = u64::MAX;
            for forms in &variant.sequence {
                let mut matching = 0;
                for stem in forms.stems.get(language).into_iter().flatten() {
                    matching = self.collection.stem_doc_freq(stem)?.max(matching);
                }
                rarest = rarest.min(matching);
                if rarest == 0 {
                    break;
                }
            }
            doc_freqs.push(rarest);
        }
        Ok(doc_freqs)
    }

    /// Adds words of their family to words that do not occur in any form: *Venezuela* for
    /// *venezolanos*.
    fn add_families(&mut self, query: &Query, words: &mut [PlannedWord]) -> Result<(), C::Error> {
        for (place, typed) in query.words.iter().enumerate() {
            if typed.is_prefix || typed.is_quoted || self.is_known(place) {
                continue;
            }
            let mut searched = Vec::new();
            let folded = fold(&typed.text);
            let is_spelt_right = self.is_spelt_right(&folded);
            for language in self.collection.languages() {
                for candidate in derivations(&typed.text, &language.lang) {
                    // A word is derived in its own language, and from words that say something.
                    let is_own = !is_spelt_right || shares_dictionary(&folded, &candidate, &language.lang);
                    let is_telling = PhraseRole::of(&language.lang, &candidate) == PhraseRole::Content;
                    let is_new = searched.len() < MAX_FAMILY_WORDS && !searched.contains(&candidate);
                    if is_own && is_telling && is_new && self.occurs(&candidate)? {
                        searched.push(candidate);
                    }
                }
            }
            for word in &searched {
                let variant = self.variant(VariantOrigin::Family, word, WEIGHTS.family);
                let doc_freqs = self.doc_freqs(&variant)?;
                self.add(place, variant, &doc_freqs, words);
            }
            if !searched.is_empty() {
                self.note(Note::WordFamily { typed: typed.text.clone(), searched });
            }
        }
        Ok(())
    }

    /// Whether any article contains a folded word or its plural.
    fn occurs(&self, folded: &str) -> Result<bool, C::Error> {
        for ending in PLURAL_ENDINGS {
            if self.collection.doc_freq(&format!("{folded}{ending}"))? > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn add_synonyms(&mut self, query: &Query, words: &mut [PlannedWord]) -> Result<(), C::Error> {
        let languages = self.collection.languages();
        let texts: Vec<&str> = query.words.iter().map(|word| word.text.as_str()).collect();
        for found in self.collection.synonyms().of(&texts, languages) {
            let sequence: Vec<WordForms> = found
                .words
                .iter()
                .map(|word| {
                    let mut forms = WordForms { folded: Vec::new(), typed: None, ..WordForms::of(word, languages) };
                    if let Some(lang) = &found.lang {
                        for (stems, language) in forms.stems.iter_mut().zip(languages) {
                            if language.lang != *lang {
                                stems.clear();
                            }
                        }
                    }
                    forms
                })
                .collect();
            let variant = Variant {
                origin: VariantOrigin::Synonym,
                text: found.words.join(" "),
                factor: WEIGHTS.synonym,
                counting: Counting::Stems,
                sequence,
            };
            let doc_freqs = self.doc_freqs(&variant)?;
            for place in found.span {
                self.add(place, variant.clone(), &doc_freqs, words);
            }
        }
        Ok(())
    }

    /// Adds a variant with its document frequencies by language to the word at an index.
    pub(crate) fn add(&mut self, place: usize, variant: Variant, doc_freqs: &[u64], words: &mut [PlannedWord]) {
        if let (Some(word), Some(frequencies)) = (words.get_mut(place), self.frequencies.get_mut(place)) {
            raise(frequencies, doc_freqs);
            word.reads += budget::reads(&variant, doc_freqs);
            word.variants.push(variant);
        }
    }

    fn clause(&mut self, clause: &Clause) -> Result<PlannedClause, C::Error> {
        let mut words = folded(&clause.words);
        let mut phrases = Vec::new();
        match clause.words.last().filter(|_| clause.is_prefix) {
            None => phrases.push(words),
            Some(last) => {
                words.pop();
                for (word, _) in self.prefix(last)? {
                    phrases.push([words.as_slice(), &[word]].concat());
                }
            }
        }
        Ok(PlannedClause { phrases, zone: clause.zone })
    }
}

/// Raises each frequency to the maximum of both.
fn raise(frequencies: &mut [u64], others: &[u64]) {
    for (frequency, other) in frequencies.iter_mut().zip(others) {
        *frequency = (*frequency).max(*other);
    }
}
