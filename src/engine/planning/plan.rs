//! The plan of a query: the term expansions of each word in each language, the weight of each word,
//! and what an article must contain to match.

use std::collections::BTreeSet;
use std::fmt;

use crate::analysis::{QueryVariants, Zone};
use crate::engine::query::Query;
use crate::engine::ranking::{Counting, LanguageStats, MatchRequirements, PhraseMatch, QueryTerm, WEIGHTS};
use crate::engine::request::SearchRequest;

/// The token variants of one word: an article that contains any of them contains the word.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WordForms {
    /// The stems of the word for every language, in the collection's order.
    pub stems: Vec<Vec<String>>,
    /// Folded words that match it in every language.
    pub folded: Vec<String>,
    /// The word as typed, if it was typed with accents.
    pub typed: Option<String>,
    /// Inflections of the word that the site contains, folded. They match like stems; in a short
    /// query they also distinguish the word from others of its stem.
    pub inflected: Vec<String>,
}

impl WordForms {
    /// Whether it stands for any word.
    pub(crate) fn is_any(&self) -> bool {
        self.stems.is_empty() && self.folded.is_empty()
    }

    pub(crate) fn of(word: &str, languages: &[LanguageStats]) -> WordForms {
        let stems = languages.iter().map(|language| QueryVariants::of(word, &language.lang).stems).collect();
        let folded = folded_word(word);
        let typed = (folded != word).then(|| word.to_owned());
        WordForms { stems, folded: vec![folded], typed, inflected: Vec::new() }
    }
}

/// A word in the form of the language-independent vocabulary: folded, not stemmed.
pub(crate) fn folded_word(word: &str) -> String {
    QueryVariants::of(word, "und").folded
}

/// The origin of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariantOrigin {
    /// The word as typed, or the compound that it is a part of.
    Typed,
    /// Words with it as a prefix.
    Prefix,
    /// The word and its neighbour joined into one.
    Joined,
    /// The word split into two.
    Split,
    /// A synonym from the site's list.
    Synonym,
    /// A word of the same family, for a word that does not occur.
    Family,
    /// A spelling correction.
    Correction,
    /// A soft expansion: a word that was perhaps meant, searched for but not reported as a
    /// correction.
    SoftExpansion,
}

/// A term expansion of a word of the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Its origin.
    pub origin: VariantOrigin,
    /// Its text for display.
    pub text: String,
    /// The weight of an occurrence, relative to the word itself.
    pub factor: f32,
    /// Which occurrences count.
    pub counting: Counting,
    /// Its words as a phrase; usually one.
    pub sequence: Vec<WordForms>,
}

/// One planned word of the query.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedWord {
    /// The word as typed.
    pub text: String,
    /// The only zone to search, if any.
    pub zone: Option<Zone>,
    /// Its variants.
    pub variants: Vec<Variant>,
    /// The weight of the word: the score of containing it.
    pub weight: f32,
    /// Whether it is a function word in the probable language of the query.
    pub is_function_word: bool,
    /// Whether it is a stop word in any language of the site.
    pub is_stop_word: bool,
    /// Whether it says what is looked for: it is searched for, and is no function word, or the query
    /// has nothing else.
    pub is_telling: bool,
    /// The document frequency of its variants together, in all languages.
    pub doc_freq: u64,
    /// The estimated number of postings read for it.
    pub reads: u64,
    /// Whether all its occurrences were in quotation marks.
    pub is_quoted: bool,
}

impl PlannedWord {
    /// What it counts for.
    pub(crate) fn term(&self) -> QueryTerm {
        QueryTerm { weight: self.weight, is_limited: self.zone.is_some(), is_telling: self.is_telling }
    }

    /// The forms of it as one word, in its spelling and in corrected ones. Where other words of its stem
    /// count less, they are none.
    fn written_forms(&self) -> WordForms {
        let mut forms = WordForms::default();
        // Each once: their occurrences are read for each.
        let mut stems = BTreeSet::new();
        let is_it = |variant: &&Variant| matches!(variant.origin, VariantOrigin::Typed | VariantOrigin::Correction);
        for variant in self.variants.iter().filter(is_it) {
            let [word] = variant.sequence.as_slice() else { continue };
            forms.folded.extend(word.folded.iter().cloned());
            match variant.counting.is_bounded() {
                true => forms.inflected.extend(word.inflected.iter().cloned()),
                false => stems.extend(word.stems.iter().flatten().cloned()),
            }
        }
        WordForms { stems: vec![stems.into_iter().collect()], ..forms }
    }

    /// The zones to search.
    pub fn zones(&self) -> impl Iterator<Item = Zone> + use<> {
        zones(self.zone)
    }
}

/// The given zone, or all zones.
fn zones(only: Option<Zone>) -> impl Iterator<Item = Zone> {
    Zone::ALL.into_iter().filter(move |zone| only.is_none_or(|only| only == *zone))
}

/// Two neighbouring words of the query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pair {
    /// The index of the first word.
    pub first: usize,
    /// The index of the second word.
    pub second: usize,
    /// Their distance in the query, in words.
    pub gap: u32,
    /// The score of having them at that distance.
    pub weight: f32,
}

/// The whole query as a phrase.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedPhrase {
    /// Its telling words; a word between them that is none stands for any word. A single one as it was
    /// typed only.
    pub telling: Vec<WordForms>,
    /// What stands side by side where the phrase is held: its telling words, or all words if only one
    /// tells (`da Silva`). Empty for a query of one word.
    pub sequence: Vec<WordForms>,
    /// The number of function words before and after these.
    pub around: (u32, u32),
    /// The weight of its words together.
    pub weight: f32,
}

impl PlannedPhrase {
    /// How a title of `length` words is what was typed, given where its telling words first stand.
    pub(crate) fn is_title(&self, first: u32, length: u32) -> Option<PhraseMatch> {
        let (before, after) = self.around;
        if first <= before && first + self.telling.len() as u32 + after >= length {
            return Some(PhraseMatch::TitleIs);
        }
        (first == before).then_some(PhraseMatch::TitleBegins)
    }

    /// How a zone that holds the sequence holds the query.
    pub(crate) fn held_in(&self, zone: Zone) -> PhraseMatch {
        let has_function_words_only_beside = self.sequence != self.telling;
        if zone == Zone::Authors && has_function_words_only_beside { PhraseMatch::InName } else { PhraseMatch::Within }
    }
}

/// Alternative phrases, one of which must, or must not, occur.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PlannedClause {
    /// The folded words of each phrase.
    pub phrases: Vec<Vec<String>>,
    /// The only zone to search, if any.
    pub zone: Option<Zone>,
}

impl PlannedClause {
    /// The zones to search.
    pub fn zones(&self) -> impl Iterator<Item = Zone> + use<> {
        zones(self.zone)
    }
}

/// A word of the query that was searched for in another spelling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// The word as typed.
    pub typed: String,
    /// The words searched for in its place, the likeliest first.
    pub searched: Vec<String>,
}

/// A planned query.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// The words, in the order of the query.
    pub words: Vec<PlannedWord>,
    /// The pairs of neighbouring words.
    pub pairs: Vec<Pair>,
    /// The whole query as a phrase, if it can be one.
    pub phrase: Option<PlannedPhrase>,
    /// Clauses that must occur.
    pub required: Vec<PlannedClause>,
    /// Clauses that must not occur.
    pub excluded: Vec<PlannedClause>,
    /// An article that contains this is not excluded.
    pub literal: PlannedClause,
    /// What an article must contain to match.
    pub requirements: MatchRequirements,
    /// The score factor of every language, in the collection's order.
    pub language_factors: Vec<f32>,
    /// Notes for the reader.
    pub notes: Vec<Note>,
    /// Which words are corrected.
    pub correction_mode: CorrectionMode,
    /// Whether soft expansions exist, see [`Plan::with_soft_expansions`].
    pub could_expand: bool,
}

/// A note for the reader about how the query was interpreted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// A prefix matches more words than were searched for.
    ManyWords {
        /// The prefix as typed.
        prefix: String,
        /// The number of words with this prefix.
        words: usize,
        /// How many of them were searched for.
        used: usize,
    },
    /// The query has so many frequent words that those with the lowest weights were not searched
    /// for.
    WordsLeftOut {
        /// The words as typed, in the order of the query.
        words: Vec<String>,
    },
    /// A word does not occur: words of its family were searched for.
    WordFamily {
        /// The word as typed.
        typed: String,
        /// The words searched for.
        searched: Vec<String>,
    },
    /// The cost limit was reached before all ways to relax the query were tried.
    HelpLeftOut,
    /// The words of a phrase were searched for individually, because the phrase is part of a longer
    /// question or does not occur with the other words.
    LoosePhrase,
    /// The query has only exclusions: they were read as words.
    ExclusionsAsWords,
    /// The only word of the query occurs nowhere: words that begin with it were searched for.
    Beginnings {
        /// The word as typed.
        word: String,
    },
    /// No article contains all words: the results contain some of them.
    NotAllWords,
    /// The articles changed since the previous page: a new list continues from the same position.
    IndexChanged,
}

impl Note {
    /// Whether part of the query was not searched for because of its cost, so that hits may be
    /// missing.
    pub fn is_partial(&self) -> bool {
        matches!(self, Note::ManyWords { .. } | Note::WordsLeftOut { .. } | Note::HelpLeftOut)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::ManyWords { prefix, words, used } => {
                write!(formatter, "{prefix} stands for the {used} most frequent of {words} words")
            }
            Note::WordsLeftOut { words } => {
                write!(formatter, "the query is too long to look for all of its words; left out: {}", words.join(", "))
            }
            Note::WordFamily { typed, searched } => {
                write!(
                    formatter,
                    "no article contains “{typed}”: words of its family were searched for: {}",
                    searched.join(", ")
                )
            }
            Note::HelpLeftOut => formatter.write_str("not every way to help this search was tried"),
            Note::LoosePhrase => formatter.write_str("the words in quotation marks were looked for singly"),
            Note::ExclusionsAsWords => {
                formatter.write_str("there is nothing to exclude from: what was excluded is what was searched for")
            }
            Note::Beginnings { word } => {
                write!(formatter, "no article holds the word {word}: these hold words that begin with it")
            }
            Note::NotAllWords => formatter.write_str("none of these articles holds all the words"),
            Note::IndexChanged => {
                formatter.write_str("the articles changed since the page before: this goes on from the same place")
            }
        }
    }
}

/// The most words beside phrases that must stand as they are. With more it is somebody's question
/// that names something in quotation marks, and answers do not hold it as it stands: experiment
/// `planning.beside-phrases`.
pub(crate) const MAX_BESIDE_PHRASES: usize = 3;

impl Plan {
    /// Relaxed plans, in order, for a plan without matches. First the words of a phrase are
    /// searched for individually, and words limited to a zone in all zones. Then words are left
    /// out: unknown words, stop words, words other than topics. Finally any word is enough.
    pub fn with_fewer_words(&self) -> Vec<Plan> {
        let mut plans = Vec::new();
        let mut plan = self.clone();
        if !plan.required.is_empty() {
            plan.loosen();
            plans.push(plan.clone());
        }
        if plan.words.iter().any(|word| word.zone.is_some_and(|zone| zone != Zone::Topics)) {
            for word in &mut plan.words {
                word.zone = word.zone.filter(|zone| *zone == Zone::Topics);
            }
            mark_telling(&mut plan.words);
            plan.requirements = requirements(&plan.words);
            plans.push(plan.clone());
        }
        // Function words alone do not answer a query that has others.
        let has_telling = plan.words.iter().any(|word| word.doc_freq > 0 && (word.is_telling || word.zone.is_some()));
        let known_that = |is_wanted: fn(&PlannedWord) -> bool| -> Vec<usize> {
            let known = plan.words.iter().enumerate().filter(|(_, word)| word.doc_freq > 0 && has_telling);
            known.filter(|(_, word)| is_wanted(word)).map(|(place, _)| place).collect()
        };
        let known = known_that(|_| true);
        let topics = known_that(|word| word.zone.is_some());
        let words = known_that(|word| word.zone.is_none());
        let discriminative = known_that(|word| word.zone.is_none() && !word.is_stop_word);
        let words = if discriminative.is_empty() { words } else { discriminative };
        // With only one word left, "any word" equals an earlier plan.
        let is_other = words.len() > 1 || (!words.is_empty() && !topics.is_empty());
        let mut kept = plan.words.len();
        for places in [known, [topics.as_slice(), &words].concat(), topics] {
            if !places.is_empty() && places.len() < kept {
                kept = places.len();
                plans.push(plan.keeping(&places));
            }
        }
        if is_other {
            plans.push(plan.keeping(&words).relaxed());
        }
        plans
    }

    /// The plan with only some of its words, in query order.
    pub(crate) fn keeping(&self, places: &[usize]) -> Plan {
        let kept = self.words.iter().enumerate().filter(|(place, _)| places.contains(place));
        let mut words: Vec<PlannedWord> = kept.map(|(_, word)| word.clone()).collect();
        mark_telling(&mut words);
        let mut plan = Plan {
            pairs: pairs(&words),
            phrase: phrase(&words),
            requirements: requirements(&words),
            words,
            ..self.clone()
        };
        plan.notes.push(Note::NotAllWords);
        plan
    }

    /// The plan with any one of its words required.
    pub(crate) fn relaxed(mut self) -> Plan {
        self.requirements.is_relaxed = true;
        self
    }

    /// The plan for the newest articles, keeping the exclusions.
    pub fn without_words(&self) -> Plan {
        Plan {
            excluded: self.excluded.clone(),
            literal: self.literal.clone(),
            language_factors: self.language_factors.clone(),
            ..Plan::default()
        }
    }

    /// The plan without the variants of one origin.
    pub fn without(&self, origin: VariantOrigin) -> Plan {
        let mut plan = self.clone();
        for word in &mut plan.words {
            word.variants.retain(|variant| variant.origin != origin);
        }
        plan
    }

    /// The estimated number of postings read for it.
    pub(crate) fn reads(&self) -> u64 {
        self.words.iter().map(|word| word.reads).sum()
    }

    pub(crate) fn loosen(&mut self) {
        self.required.clear();
        self.notes.push(Note::LoosePhrase);
    }

    /// The corrected words.
    pub fn corrections(&self) -> Vec<Correction> {
        let corrected = self.words.iter().filter_map(|word| {
            let corrections = word.variants.iter().filter(|variant| variant.origin == VariantOrigin::Correction);
            let searched: Vec<String> = corrections.map(|variant| variant.text.clone()).collect();
            (!searched.is_empty()).then(|| Correction { typed: word.text.clone(), searched })
        });
        corrected.collect()
    }
}

/// The number of distinct words in phrases.
pub(crate) fn phrase_words(required: &[PlannedClause]) -> usize {
    let words = required.iter().filter_map(|clause| clause.phrases.first()).flatten();
    words.collect::<BTreeSet<_>>().len()
}

/// Marks the words that say what is looked for: all that are searched for, except for function words
/// if there is any other word.
pub(crate) fn mark_telling(words: &mut [PlannedWord]) {
    let is_all = words.iter().all(|word| word.is_function_word && word.zone.is_none());
    for word in words {
        word.is_telling = (is_all || !word.is_function_word) && !word.variants.is_empty();
    }
}

/// The match requirements of some words.
pub(crate) fn requirements(words: &[PlannedWord]) -> MatchRequirements {
    let free = || words.iter().filter(|word| word.zone.is_none() && word.is_telling);
    MatchRequirements {
        weight: free().map(|word| word.weight).sum(),
        words: free().count() as u16,
        typed_words: words.len() as u16,
        // A word that was left out cannot match.
        limited: words.iter().filter(|word| word.zone.is_some() && !word.variants.is_empty()).count() as u16,
        ..MatchRequirements::default()
    }
}

/// The pairs of neighbours: adjacent, or separated by one word or only by function words.
pub(crate) fn pairs(words: &[PlannedWord]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (second, word) in words.iter().enumerate() {
        let mut between = 0.0;
        for (first, before) in words.iter().enumerate().take(second).rev() {
            if before.zone.is_some() || word.zone.is_some() {
                break;
            }
            let weight = before.weight.min(word.weight) * (1.0 - (1.0 - WEIGHTS.pair_over_word) * between);
            pairs.push(Pair { first, second, gap: (second - first) as u32, weight });
            if !before.is_function_word {
                if between > 0.0 {
                    break;
                }
                between = 1.0;
            }
        }
    }
    pairs
}

/// The words as one phrase. `None` if it cannot stand anywhere, or is limited to a zone.
pub(crate) fn phrase(words: &[PlannedWord]) -> Option<PlannedPhrase> {
    let first = words.iter().position(|word| word.is_telling)?;
    let last = words.iter().rposition(|word| word.is_telling)?;
    let is_no_phrase = |word: &PlannedWord| {
        let is_prefix = word.variants.iter().any(|variant| variant.origin == VariantOrigin::Prefix);
        word.zone.is_some() || is_prefix || (word.is_telling && word.doc_freq == 0)
    };
    if words.iter().any(is_no_phrase) {
        return None;
    }
    let forms = |word: &PlannedWord| {
        let forms = if word.is_telling { word.written_forms() } else { WordForms::default() };
        // A title that is one other form of one word (`Público` for `públicas`) is not what was typed.
        if first == last { WordForms { folded: forms.folded, ..WordForms::default() } } else { forms }
    };
    let telling: Vec<WordForms> = words.get(first..=last)?.iter().map(forms).collect();
    let sequence = match (first == last, words.len()) {
        (true, 1) => Vec::new(),
        (true, _) => words.iter().map(PlannedWord::written_forms).collect(),
        (false, _) => telling.clone(),
    };
    let weight = words.iter().filter(|word| word.is_telling).map(|word| word.weight).sum();
    Some(PlannedPhrase { telling, sequence, around: (first as u32, (words.len() - 1 - last) as u32), weight })
}

/// Which words are corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CorrectionMode {
    /// No words.
    #[default]
    Off,
    /// Words that are certainly misspelt.
    Sure,
    /// Words that are likely misspelt: for a query that finds little.
    Likely,
    /// All words with candidates: for a query that finds nothing.
    Any,
}

impl CorrectionMode {
    /// The mode of a request before its first search.
    pub fn of(request: &SearchRequest) -> CorrectionMode {
        if request.literal { CorrectionMode::Off } else { CorrectionMode::Sure }
    }
}

/// The maximum number of words for which corrections use the other words as context, and for which
/// a search is repeated with corrections.
const MAX_WEIGHED_WORDS: usize = 24;

/// Whether a query is a text rather than a question.
pub(crate) fn is_long(query: &Query) -> bool {
    query.words.len() > MAX_WEIGHED_WORDS
}
