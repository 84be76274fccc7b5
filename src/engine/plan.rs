//! A query made ready for the articles at hand: what stands for each word in each language, and
//! what each word weighs.

use std::collections::BTreeSet;
use std::fmt;

use super::ranking::{self, Asked, Counting, LanguageStats, WEIGHTS};
use super::spelling;
use super::synonyms::SynonymIndex;
use crate::analysis::{QueryForms, Zone, fold, is_stop_word, language_group};
use crate::query::{Clause, Query, QueryWord};

/// What a plan needs to know of the articles.
pub trait Collection {
    /// What can go wrong in looking a term up.
    type Error;
    /// The language groups there are, in a fixed order.
    fn languages(&self) -> &[LanguageStats];
    /// How many articles hold a stem in some zone, at least (the zone with the most counts).
    fn matching(&self, stem: &str) -> Result<u64, Self::Error>;
    /// The folded words within so many edits of one (a transposition is one), with how many
    /// articles hold each, in the order of the words.
    fn similar(&self, folded: &str, max_edits: u8) -> Result<Vec<(String, u64)>, Self::Error>;
    /// The folded words that begin with a text, with how many articles hold each, in the order of
    /// the words.
    fn beginning_with(&self, prefix: &str) -> Result<Vec<(String, u64)>, Self::Error>;
    /// What stands for what.
    fn synonyms(&self) -> &SynonymIndex;
}

/// The forms of one word.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WordForms {
    /// For every language, in the collection's order, the stems that stand for the word.
    pub stems: Vec<Vec<String>>,
    /// Folded words that stand for it in every language.
    pub folded: Vec<String>,
    /// The word as typed, where it was typed with accents.
    pub typed: Option<String>,
}

impl WordForms {
    fn of(word: &str, languages: &[LanguageStats]) -> WordForms {
        let stems = languages.iter().map(|language| QueryForms::of(word, &language.lang).stems).collect();
        let folded = QueryForms::of(word, "und").folded;
        let typed = (folded != word).then(|| word.to_owned());
        WordForms { stems, folded: vec![folded], typed }
    }
}

/// Where a variant of a word comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The word as it was typed, or the compound that it is a part of.
    Typed,
    /// The words that begin with it.
    Prefix,
    /// The word and its neighbour written as one, or its two parts as two.
    Joined,
    /// A word that the site's synonyms name beside it.
    Synonym,
    /// A word that was probably meant.
    Correction,
}

/// Something that stands for a word of the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Where it comes from.
    pub origin: Origin,
    /// The words of it that people read.
    pub text: String,
    /// What holding it is worth, of the word itself.
    pub factor: f32,
    /// Which occurrences count.
    pub counting: Counting,
    /// Its words, one after the other; mostly one.
    pub sequence: Vec<WordForms>,
}

/// One word of the query, ready to be looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedWord {
    /// The word as typed.
    pub text: String,
    /// The only zone in which it is looked for.
    pub zone: Option<Zone>,
    /// What stands for it.
    pub variants: Vec<Variant>,
    /// What holding it is worth.
    pub weight: f32,
}

impl PlannedWord {
    /// The zones in which it is looked for.
    pub fn zones(&self) -> impl Iterator<Item = Zone> + use<> {
        zones(self.zone)
    }
}

/// One zone, or all.
fn zones(only: Option<Zone>) -> impl Iterator<Item = Zone> {
    Zone::ALL.into_iter().filter(move |zone| only.is_none_or(|only| only == *zone))
}

/// Two words that stand near each other in the query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The first one's place among the words.
    pub first: usize,
    /// The second one's place.
    pub second: usize,
    /// How many words behind the first the second stands.
    pub gap: u32,
    /// What it is worth that they stand like that.
    pub weight: f32,
}

/// Word sequences of which one must stand, or must not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlannedClause {
    /// The folded words of each.
    pub phrases: Vec<Vec<String>>,
    /// The only zone in which they are looked for.
    pub zone: Option<Zone>,
}

impl PlannedClause {
    /// The zones in which it is looked for.
    pub fn zones(&self) -> impl Iterator<Item = Zone> + use<> {
        zones(self.zone)
    }
}

/// A word of the query that was searched for in another spelling.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Correction {
    /// The word as typed.
    pub typed: String,
    /// The words searched for in its place, the likeliest first.
    pub searched: Vec<String>,
}

/// A query made ready.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The words, in the order of the query.
    pub words: Vec<PlannedWord>,
    /// The neighbours among them.
    pub pairs: Vec<Pair>,
    /// What must stand.
    pub required: Vec<PlannedClause>,
    /// What must not stand.
    pub excluded: Vec<PlannedClause>,
    /// What saves an article from exclusion when it stands there.
    pub literal: PlannedClause,
    /// What an article must hold to match.
    pub asked: Asked,
    /// For every language, in the collection's order, the factor of its articles' scores.
    pub language_factors: Vec<f32>,
    /// What the reader should be told of.
    pub notes: Vec<Note>,
}

/// Something that a reader should know of how the query was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A prefix stands for more words than are looked for.
    ManyWords {
        /// The prefix as typed.
        prefix: String,
        /// How many words begin with it.
        words: usize,
        /// How many of them it stands for.
        used: usize,
    },
    /// The words of a phrase were looked for singly: it stands beside a whole question, or
    /// nowhere with the other words.
    LoosePhrase,
    /// Nothing holds all words: what holds one of them is answered.
    NotAllWords,
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::ManyWords { prefix, words, used } => {
                write!(formatter, "{prefix} stands for the {used} most frequent of {words} words")
            }
            Note::LoosePhrase => formatter.write_str("the words in quotation marks were looked for singly"),
            Note::NotAllWords => formatter.write_str("no article holds all the words: these hold some of them"),
        }
    }
}

/// The most words that a prefix stands for: those that most articles hold.
pub const MAX_PREFIX_WORDS: usize = 128;
/// How many articles may hold these words, each counted by itself; the first word is always taken.
const MAX_PREFIX_HOLDERS: u64 = 20_000;
/// The most words beside phrases that must stand as they are. With more it is somebody's question
/// that names something in quotation marks: there an exact phrase costs nDCG@10 .011 on xquad-ar
/// and .010 on xquad-ru.
const MAX_BESIDE_PHRASES: usize = 3;
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

impl Plan {
    /// Plans a query over a collection.
    pub fn new<C: Collection>(query: &Query, ui_lang: Option<&str>, collection: &C) -> Result<Plan, C::Error> {
        let mut planner = Planner { collection, frequencies: Vec::new(), notes: Vec::new() };
        let mut words = Vec::with_capacity(query.words.len());
        for word in &query.words {
            words.push(planner.word(word)?);
        }
        planner.add_synonyms(query, &mut words)?;
        planner.add_joined(query, &mut words)?;
        let posterior = planner.languages(ui_lang);
        planner.add_corrections(query, &mut words, &posterior)?;
        planner.add_split(query, &mut words)?;
        let posterior = planner.languages(ui_lang);
        let languages = collection.languages();
        let mut stop_shares = Vec::with_capacity(words.len());
        for (word, frequencies) in words.iter_mut().zip(&planner.frequencies) {
            let folded = fold(&word.text);
            let mut stop_share = 0.0;
            for ((language, share), frequency) in languages.iter().zip(&posterior).zip(frequencies) {
                let is_stop = is_stop_word(&language.lang, &folded);
                let factor = if is_stop { WEIGHTS.stop_word } else { 1.0 };
                stop_share += if is_stop { *share } else { 0.0 };
                word.weight += share * ranking::idf(language.articles, *frequency) * factor;
            }
            stop_shares.push(stop_share);
        }
        let best = posterior.iter().copied().fold(0.0, f32::max);
        let free = || words.iter().filter(|word| word.zone.is_none());
        let mut required = Vec::new();
        for clause in &query.phrases {
            required.push(planner.clause(clause)?);
        }
        let mut excluded = Vec::new();
        for clause in &query.excluded {
            excluded.push(planner.clause(clause)?);
        }
        let asked = Asked {
            weight: free().map(|word| word.weight).sum(),
            words: free().count() as u16,
            limited: words.iter().filter(|word| word.zone.is_some()).count() as u16,
            is_code: is_code(&query.words),
            is_relaxed: false,
        };
        let mut plan = Plan {
            pairs: pairs(&words, &stop_shares),
            words,
            required,
            excluded,
            literal: PlannedClause { phrases: vec![folded(&query.literal)], zone: None },
            asked,
            language_factors: posterior.iter().map(|share| ranking::language_factor(*share, best)).collect(),
            notes: planner.notes,
        };
        if !plan.required.is_empty() && plan.words.len() > phrase_words(&plan.required) + MAX_BESIDE_PHRASES {
            plan.loosen();
        }
        Ok(plan)
    }

    /// The same, asking for less; for a plan that nothing matches. `None` where less would be
    /// nothing that was asked for.
    pub fn relaxed(mut self) -> Option<Plan> {
        if !self.required.is_empty() {
            // A phrase alone is exact.
            if self.words.len() <= phrase_words(&self.required) {
                return None;
            }
            self.loosen();
            return Some(self);
        }
        if self.asked.words == 2 && !self.asked.is_relaxed && !self.asked.is_code {
            self.asked.is_relaxed = true;
            self.notes.push(Note::NotAllWords);
            return Some(self);
        }
        None
    }

    fn loosen(&mut self) {
        self.required.clear();
        self.notes.push(Note::LoosePhrase);
    }

    /// The words that were searched for in another spelling.
    pub fn corrections(&self) -> Vec<Correction> {
        let corrected = self.words.iter().filter_map(|word| {
            let corrections = word.variants.iter().filter(|variant| variant.origin == Origin::Correction);
            let searched: Vec<String> = corrections.map(|variant| variant.text.clone()).collect();
            (!searched.is_empty()).then(|| Correction { typed: word.text.clone(), searched })
        });
        corrected.collect()
    }
}

/// Keeps the highest scores, in their order.
fn keep_best<T>(scored: &mut Vec<(f32, T)>, most: usize) {
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.truncate(most);
}

/// Whether words are the parts of one compound with a digit in it.
fn is_code(words: &[QueryWord]) -> bool {
    let compound = words.first().and_then(|word| word.compound.as_ref());
    let is_part = |word: &QueryWord| word.compound.as_ref() == compound;
    compound.is_some_and(|compound| compound.contains(|c: char| c.is_ascii_digit())) && words.iter().all(is_part)
}

/// How many different words stand in phrases.
fn phrase_words(required: &[PlannedClause]) -> usize {
    let words = required.iter().filter_map(|clause| clause.phrases.first()).flatten();
    words.collect::<BTreeSet<_>>().len()
}

fn folded(words: &[String]) -> Vec<String> {
    words.iter().map(|word| QueryForms::of(word, "und").folded).collect()
}

/// The pairs of neighbours: side by side, or with one word, or only stop words, between.
fn pairs(words: &[PlannedWord], stop_shares: &[f32]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for second in 1..words.len() {
        let mut between = 0.0;
        for first in (0..second).rev() {
            if words[first].zone.is_some() || words[second].zone.is_some() {
                break;
            }
            let weight =
                words[first].weight.min(words[second].weight) * (1.0 - (1.0 - WEIGHTS.pair_over_word) * between);
            pairs.push(Pair { first, second, gap: (second - first) as u32, weight });
            if stop_shares[first] < 0.5 {
                if between > 0.0 {
                    break;
                }
                between = 1.0;
            }
        }
    }
    pairs
}

struct Planner<'c, C> {
    collection: &'c C,
    /// For every word, in how many articles of each language it stands in any variant.
    frequencies: Vec<Vec<u64>>,
    notes: Vec<Note>,
}

impl<C: Collection> Planner<'_, C> {
    /// How likely each language is the query's, as far as its words are known.
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

    fn word(&mut self, word: &QueryWord) -> Result<PlannedWord, C::Error> {
        let languages = self.collection.languages();
        let mut variants = Vec::new();
        let mut frequencies = vec![0; languages.len()];
        if word.is_prefix {
            let found = self.prefix(&word.text)?;
            let all: u64 = languages.iter().map(|language| language.articles).sum();
            let holders: u64 = found.iter().map(|(_, articles)| articles).sum();
            for (frequency, language) in frequencies.iter_mut().zip(languages) {
                *frequency = (holders * language.articles).checked_div(all).unwrap_or(0).min(language.articles);
            }
            let folded = found.into_iter().map(|(word, _)| word).collect();
            variants.push(Variant {
                origin: Origin::Prefix,
                text: format!("{}*", word.text),
                factor: WEIGHTS.prefix,
                counting: Counting::Words,
                sequence: vec![WordForms { folded, ..WordForms::default() }],
            });
        } else {
            for text in [Some(&word.text), word.compound.as_ref()].into_iter().flatten() {
                let variant = self.variant(Origin::Typed, text, 1.0);
                self.count(&variant, &mut frequencies)?;
                variants.push(variant);
            }
        }
        self.frequencies.push(frequencies);
        Ok(PlannedWord { text: word.text.clone(), zone: word.zone, variants, weight: 0.0 })
    }

    fn note(&mut self, note: Note) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// The words that begin with a text, the most held first.
    fn prefix(&mut self, text: &str) -> Result<Vec<(String, u64)>, C::Error> {
        let mut found = self.collection.beginning_with(&fold(text))?;
        found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let mut holders = 0;
        let affordable = found.iter().take(MAX_PREFIX_WORDS).take_while(|(_, articles)| {
            holders += articles;
            holders <= MAX_PREFIX_HOLDERS || holders == *articles
        });
        let used = affordable.count();
        if used < found.len() {
            self.note(Note::ManyWords { prefix: format!("{text}*"), words: found.len(), used });
            found.truncate(used);
        }
        Ok(found)
    }

    fn variant(&self, origin: Origin, text: &str, factor: f32) -> Variant {
        let forms = WordForms::of(text, self.collection.languages());
        let counting = Counting::Forms { has_accents: forms.typed.is_some() };
        Variant { origin, text: text.to_owned(), factor, counting, sequence: vec![forms] }
    }

    /// Raises the frequencies to those of a variant; of a sequence, to those of its rarest word.
    fn count(&self, variant: &Variant, frequencies: &mut [u64]) -> Result<(), C::Error> {
        for (language, frequency) in frequencies.iter_mut().enumerate() {
            let mut rarest = u64::MAX;
            for forms in &variant.sequence {
                let mut matching = 0;
                for stem in forms.stems.get(language).into_iter().flatten() {
                    matching = self.collection.matching(stem)?.max(matching);
                }
                rarest = rarest.min(matching);
                if rarest == 0 {
                    break;
                }
            }
            *frequency = rarest.max(*frequency);
        }
        Ok(())
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
                origin: Origin::Synonym,
                text: found.words.join(" "),
                factor: WEIGHTS.synonym,
                counting: Counting::Stems,
                sequence,
            };
            for place in found.span.clone() {
                self.add(place, variant.clone(), words)?;
            }
        }
        Ok(())
    }

    /// Adds the likeliest words of the index to words that it does not know. `languages` says how
    /// likely each language is the query's.
    fn add_corrections(&mut self, query: &Query, words: &mut [PlannedWord], languages: &[f32]) -> Result<(), C::Error> {
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
            let mut likely: Vec<(f32, Variant)> = Vec::new();
            for (_, word) in ranked {
                let variant = self.variant(Origin::Correction, &word, WEIGHTS.correction);
                let mut holders = vec![0; languages.len()];
                self.count(&variant, &mut holders)?;
                let expected: f32 =
                    languages.iter().zip(&holders).map(|(share, held)| share * (*held as f32).sqrt()).sum();
                likely.push((spelling::likelihood(&text, &word) * expected, variant));
            }
            keep_best(&mut likely, MAX_CORRECTIONS);
            let best = likely.first().map_or(0.0, |(score, _)| *score);
            if best <= 0.0 {
                continue; // no live article of a likely language holds one
            }
            for (score, mut variant) in likely.into_iter().filter(|(score, _)| *score >= MIN_CORRECTION_SHARE * best) {
                variant.factor *= score / best;
                self.add(place, variant, words)?;
            }
        }
        Ok(())
    }

    /// Adds neighbours written together, where an article writes them so: `wheel chair`.
    fn add_joined(&mut self, query: &Query, words: &mut [PlannedWord]) -> Result<(), C::Error> {
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
            let mut holders = vec![0; self.collection.languages().len()];
            self.count(&variant, &mut holders)?;
            if holders.iter().all(|held| *held == 0) {
                continue;
            }
            for place in [second - 1, second] {
                self.add(place, variant.clone(), words)?;
            }
        }
        Ok(())
    }

    /// Adds the two words that an article may write where one was typed: `wheelchair`.
    fn add_split(&mut self, query: &Query, words: &mut [PlannedWord]) -> Result<(), C::Error> {
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
                let mut holders = vec![0; self.collection.languages().len()];
                self.count(&variant, &mut holders)?;
                if holders.iter().any(|held| *held > 0) {
                    self.add(place, variant, words)?;
                }
            }
        }
        Ok(())
    }

    /// Whether some article holds the word at a place.
    fn is_known(&self, place: usize) -> bool {
        self.frequencies.get(place).is_none_or(|of| of.iter().any(|frequency| *frequency > 0))
    }

    /// Adds a variant to the word at a place.
    fn add(&mut self, place: usize, variant: Variant, words: &mut [PlannedWord]) -> Result<(), C::Error> {
        let (Some(word), Some(frequencies)) = (words.get_mut(place), self.frequencies.get_mut(place)) else {
            return Ok(());
        };
        let mut counted = std::mem::take(frequencies);
        self.count(&variant, &mut counted)?;
        if let Some(frequencies) = self.frequencies.get_mut(place) {
            *frequencies = counted;
        }
        word.variants.push(variant);
        Ok(())
    }

    fn clause(&mut self, clause: &Clause) -> Result<PlannedClause, C::Error> {
        let mut phrases = vec![folded(&clause.words)];
        if clause.is_prefix
            && let Some(last) = clause.words.last()
        {
            let stem = phrases.pop().unwrap_or_default();
            for (word, _) in self.prefix(last)? {
                let mut phrase = stem.clone();
                phrase.pop();
                phrase.push(word);
                phrases.push(phrase);
            }
        }
        Ok(PlannedClause { phrases, zone: clause.zone })
    }
}
