//! The plan of a query: what stands for each word in each language, what each word weighs, and what
//! an article must hold.

use std::collections::BTreeSet;
use std::fmt;

use crate::analysis::{QueryForms, Zone};
use crate::engine::query::Query;
use crate::engine::ranking::{Counting, LanguageStats, MatchRequirements, WEIGHTS};
use crate::engine::request::SearchRequest;

/// The token variants of one word: an article that has any of them has the word.
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
    pub(crate) fn of(word: &str, languages: &[LanguageStats]) -> WordForms {
        let stems = languages.iter().map(|language| QueryForms::of(word, &language.lang).stems).collect();
        let folded = folded_word(word);
        let typed = (folded != word).then(|| word.to_owned());
        WordForms { stems, folded: vec![folded], typed }
    }
}

/// A word as the vocabulary of all languages has it: folded, not stemmed.
pub(crate) fn folded_word(word: &str) -> String {
    QueryForms::of(word, "und").folded
}

/// Where a variant of a word comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VariantOrigin {
    /// The word as it was typed, or the compound that it is a part of.
    Typed,
    /// The words that begin with it.
    Prefix,
    /// The word and its neighbour written as one.
    Joined,
    /// Its two parts written as two words.
    Split,
    /// A word that the site's synonyms name beside it.
    Synonym,
    /// A word that was probably meant.
    Correction,
    /// A word that was perhaps meant: searched for, but not reported as a correction.
    Guess,
}

/// Something that stands for a word of the query.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Where it comes from.
    pub origin: VariantOrigin,
    /// How it is shown to people.
    pub text: String,
    /// How much an occurrence counts, relative to the word itself.
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
    /// The weight of the word: what an article gains by having it.
    pub weight: f32,
    /// Whether it carries grammar and little else in the language that the query is probably in.
    pub is_function_word: bool,
    /// The same in any language of the site.
    pub is_stop_word: bool,
    /// The document frequency of its variants together, in all languages.
    pub holders: u64,
    /// An estimate of the postings that are read for it.
    pub reads: u64,
    /// Whether it was typed in quotation marks only.
    pub is_quoted: bool,
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
    /// What an article gains by having them at that distance.
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub asked: MatchRequirements,
    /// For every language, in the collection's order, the factor of its articles' scores.
    pub language_factors: Vec<f32>,
    /// What the reader should be told of.
    pub notes: Vec<Note>,
    /// Which words are searched for in another spelling.
    pub correction_mode: CorrectionMode,
    /// Whether there are words that were perhaps meant, see [`Plan::guessing`].
    pub could_guess: bool,
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
    /// The query has so many frequent words that those which say least were not looked for.
    WordsLeftOut {
        /// The words as typed, in the order of the query.
        words: Vec<String>,
    },
    /// A search that finds little was helped in so many ways that not all others were tried.
    HelpLeftOut,
    /// The words of a phrase were looked for singly: it stands beside a whole question, or
    /// nowhere with the other words.
    LoosePhrase,
    /// Nothing but exclusions was typed: they were read as words.
    ExclusionsAsWords,
    /// Nothing holds all words: what holds some of them is answered.
    NotAllWords,
    /// The articles changed since the page before: the list goes on from the same place in a new
    /// one.
    IndexChanged,
}

impl Note {
    /// Whether something that was typed was not looked for, so that the answer would be another one
    /// if it cost less: hits may be missing.
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
            Note::HelpLeftOut => formatter.write_str("not every way to help this search was tried"),
            Note::LoosePhrase => formatter.write_str("the words in quotation marks were looked for singly"),
            Note::ExclusionsAsWords => {
                formatter.write_str("there is nothing to exclude from: what was excluded is what was searched for")
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
    /// The same plan asking for less and less, for one that nothing matches. First the words of a
    /// phrase are looked for singly, and those of a zone in all zones. Then words are left out: those
    /// that no article holds, those of grammar, those beside a topic. At last any word is enough.
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
            plan.asked = asked(&plan.words);
            plans.push(plan.clone());
        }
        let known_that = |is_wanted: fn(&PlannedWord) -> bool| -> Vec<usize> {
            let known = plan.words.iter().enumerate().filter(|(_, word)| word.holders > 0);
            known.filter(|(_, word)| is_wanted(word)).map(|(place, _)| place).collect()
        };
        let known = known_that(|_| true);
        let topics = known_that(|word| word.zone.is_some());
        let words = known_that(|word| word.zone.is_none());
        let telling = known_that(|word| word.zone.is_none() && !word.is_stop_word);
        let words = if telling.is_empty() { words } else { telling };
        // Any of one word is that word, which was looked for without others before.
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

    /// The plan with some of its words only, in the order of the query.
    pub(crate) fn keeping(&self, places: &[usize]) -> Plan {
        let kept = self.words.iter().enumerate().filter(|(place, _)| places.contains(place));
        let words: Vec<PlannedWord> = kept.map(|(_, word)| word.clone()).collect();
        let mut plan = Plan { pairs: pairs(&words), asked: asked(&words), words, ..self.clone() };
        plan.notes.push(Note::NotAllWords);
        plan
    }

    /// The plan for which one of its words is enough.
    pub(crate) fn relaxed(mut self) -> Plan {
        self.asked.is_relaxed = true;
        self
    }

    /// The plan of what is newest of all that is not excluded.
    pub fn without_words(&self) -> Plan {
        Plan {
            excluded: self.excluded.clone(),
            literal: self.literal.clone(),
            language_factors: self.language_factors.clone(),
            ..Plan::default()
        }
    }

    /// The plan without the variants of an origin.
    pub fn without(&self, origin: VariantOrigin) -> Plan {
        let mut plan = self.clone();
        for word in &mut plan.words {
            word.variants.retain(|variant| variant.origin != origin);
        }
        plan
    }

    /// How many postings are read for it, about.
    pub(crate) fn reads(&self) -> u64 {
        self.words.iter().map(|word| word.reads).sum()
    }

    pub(crate) fn loosen(&mut self) {
        self.required.clear();
        self.notes.push(Note::LoosePhrase);
    }

    /// The words that were searched for in another spelling.
    pub fn corrections(&self) -> Vec<Correction> {
        let corrected = self.words.iter().filter_map(|word| {
            let corrections = word.variants.iter().filter(|variant| variant.origin == VariantOrigin::Correction);
            let searched: Vec<String> = corrections.map(|variant| variant.text.clone()).collect();
            (!searched.is_empty()).then(|| Correction { typed: word.text.clone(), searched })
        });
        corrected.collect()
    }
}

/// How many different words stand in phrases.
pub(crate) fn phrase_words(required: &[PlannedClause]) -> usize {
    let words = required.iter().filter_map(|clause| clause.phrases.first()).flatten();
    words.collect::<BTreeSet<_>>().len()
}

/// What an article must hold of words.
pub(crate) fn asked(words: &[PlannedWord]) -> MatchRequirements {
    let free = || words.iter().filter(|word| word.zone.is_none());
    MatchRequirements {
        weight: free().map(|word| word.weight).sum(),
        words: free().count() as u16,
        // One that is left out is held by nothing.
        limited: words.iter().filter(|word| word.zone.is_some() && !word.variants.is_empty()).count() as u16,
        ..MatchRequirements::default()
    }
}

/// The pairs of neighbours: side by side, or with one word, or only stop words, between.
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

/// Which words are searched for in another spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CorrectionMode {
    /// None.
    #[default]
    Off,
    /// Those that are surely misspelt.
    Sure,
    /// Those that are likely to be: for a query that finds little as it is.
    Likely,
    /// All for which there are others: for a query that finds nothing as it is.
    Any,
}

impl CorrectionMode {
    /// That of a request, before it is known whether it finds enough.
    pub fn of(request: &SearchRequest) -> CorrectionMode {
        if request.literal { CorrectionMode::Off } else { CorrectionMode::Sure }
    }
}

/// The most words of a query that are weighed against each other, and the most for which a search is
/// made anew in another spelling.
const MAX_WEIGHED_WORDS: usize = 24;

/// Whether a query is more than a question: a text.
pub(crate) fn is_long(query: &Query) -> bool {
    query.words.len() > MAX_WEIGHED_WORDS
}
