//! An article of the reference engine, and what there is of a query in it.

use std::collections::BTreeSet;
use std::convert::Infallible;

use super::comparable::Comparable;
use crate::analysis::{ArticleTerms, TokenVariants, Zone, ZoneTerms};
use crate::article::Article;
use crate::engine::explain::{Evidence, Occurrences};
use crate::engine::planning::{Plan, PlannedClause, PlannedPhrase, Variant, WordForms};
use crate::engine::ranking::{self, LanguageStats, PhraseMatch};
use crate::engine::snippets::{Body, BodyPassage, MAX_MATCH_POSITIONS, MatchPosition, Snippets, body_passages};

pub(super) struct Entry {
    pub(super) article: Article,
    /// The work that it counts as a version of: its own, or a separate one if its work has too many
    /// versions.
    pub(super) work: String,
    /// Whether statistics count the article.
    pub(super) is_counted: bool,
    pub(super) terms: ArticleTerms,
    /// The folded words of all zones.
    pub(super) vocabulary: BTreeSet<String>,
    pub(super) comparable: Comparable,
    /// The index of its language group in `languages`.
    pub(super) group: usize,
}

/// The evidence about one entry.
pub(super) struct EntryEvidence<'e> {
    pub(super) entry: &'e Entry,
    /// The statistics of its language; `None` if it has no counted article.
    pub(super) language: Option<&'e LanguageStats>,
}

impl Evidence for EntryEvidence<'_> {
    type Error = Infallible;

    fn occurrences(&self, variant: &Variant, zone: Zone) -> Result<Occurrences, Infallible> {
        let terms = &self.entry.terms.zones[zone];
        let [forms] = variant.sequence.as_slice() else {
            let stems = sequence_starts(terms, &variant.sequence).len() as u32;
            return Ok(Occurrences { stems, ..Occurrences::default() });
        };
        let stems = forms.stems.iter().flatten().map(|stem| count(terms, &|forms| forms.stems.contains(stem)));
        let inflected = forms.inflected.iter().map(|word| count(terms, &|forms| forms.words.contains(word)));
        let inflected = inflected.max().unwrap_or(0);
        let folded = forms.folded.iter().map(|word| count(terms, &|forms| forms.words.contains(word)));
        let typed = forms.typed.iter().map(|word| count(terms, &|forms| forms.words.contains(word)));
        let stems = stems.max().unwrap_or(0).max(inflected);
        Ok(Occurrences { stems, inflected, folded: folded.sum(), typed: typed.sum() })
    }

    fn phrase(&self, phrase: &PlannedPhrase) -> Result<Option<PhraseMatch>, Infallible> {
        Ok(phrase_match(phrase, self.entry))
    }

    fn length(&self, zone: Zone) -> u32 {
        self.entry.terms.zones[zone].length
    }

    fn mean_length(&self, zone: Zone) -> f32 {
        self.language.map_or(1.0, |language| language.mean_words(zone))
    }
}

pub(super) fn count(terms: &ZoneTerms, is_wanted: &dyn Fn(&TokenVariants) -> bool) -> u32 {
    terms.terms.iter().filter(|(_, forms)| is_wanted(forms)).count() as u32
}

/// Whether the token variants at a position are a form of a word.
pub(super) fn is_form(forms: &TokenVariants, of: &WordForms) -> bool {
    of.stems.iter().flatten().any(|stem| forms.stems.contains(stem))
        || of.folded.iter().chain(&of.inflected).any(|word| forms.words.contains(word))
}

/// The positions of a zone at which a form of a word occurs, in order.
pub(super) fn positions(terms: &ZoneTerms, of: &WordForms) -> BTreeSet<u32> {
    terms.terms.iter().filter(|(_, forms)| is_form(forms, of)).map(|(position, _)| *position).collect()
}

/// The positions of a zone at which a sequence of words begins, in order.
pub(super) fn sequence_starts(terms: &ZoneTerms, sequence: &[WordForms]) -> Vec<u32> {
    let places: Vec<BTreeSet<u32>> = sequence.iter().map(|forms| positions(terms, forms)).collect();
    let Some(first) = places.first() else { return Vec::new() };
    let is_at = |start: u32, offset: u32, forms: &WordForms| {
        (forms.is_any() && offset > 0) || places[offset as usize].contains(&(start + offset))
    };
    let begins = |start: &u32| (0u32..).zip(sequence).all(|(offset, forms)| is_at(*start, offset, forms));
    first.iter().copied().filter(begins).collect()
}

/// How the whole query stands in an entry as a phrase.
pub(super) fn phrase_match(phrase: &PlannedPhrase, entry: &Entry) -> Option<PhraseMatch> {
    let title = &entry.terms.zones[Zone::Title];
    let first = sequence_starts(title, &phrase.telling).first().copied();
    let is_title = first.and_then(|first| phrase.is_title(first, title.length));
    let holds = |zone: &Zone| !sequence_starts(&entry.terms.zones[*zone], &phrase.sequence).is_empty();
    let is_held = Zone::ALL.into_iter().filter(holds).map(|zone| phrase.held_in(zone));
    is_title.into_iter().chain(is_held).max()
}

/// Whether one of a clause's phrases occurs in a zone of the entry.
pub(super) fn holds_clause(entry: &Entry, clause: &PlannedClause) -> bool {
    let holds = |zone: Zone, phrase: &Vec<String>| {
        let as_written = |word: &String| WordForms { folded: vec![word.clone()], ..WordForms::default() };
        let sequence: Vec<WordForms> = phrase.iter().map(as_written).collect();
        !sequence_starts(&entry.terms.zones[zone], &sequence).is_empty()
    };
    clause.zones().any(|zone| clause.phrases.iter().any(|phrase| holds(zone, phrase)))
}

/// The proximity score of neighbouring query words in an entry.
pub(super) fn pairs_score(plan: &Plan, entry: &Entry) -> f32 {
    let stands_at = |zone: Zone, word: usize| -> Vec<u32> {
        let firsts = plan.words[word].variants.iter().filter_map(|variant| variant.sequence.first());
        let places = firsts.flat_map(|forms| positions(&entry.terms.zones[zone], forms));
        places.collect::<BTreeSet<u32>>().into_iter().collect()
    };
    let mut score = 0.0;
    for zone in ranking::pair_zones() {
        for pair in &plan.pairs {
            let frequency =
                ranking::pair_frequency(&stands_at(zone, pair.first), &stands_at(zone, pair.second), pair.gap);
            score += ranking::pair_score(zone, pair.weight, frequency);
        }
    }
    score
}

/// The match positions of an entry's body for snippets.
pub(super) fn match_positions(snippets: &Snippets<'_>, entry: &Entry) -> Vec<MatchPosition> {
    let mut match_positions = Vec::new();
    for pattern in snippets.patterns() {
        let starts = sequence_starts(&entry.terms.zones[Zone::Body], &pattern.sequence);
        for first in starts.into_iter().take(MAX_MATCH_POSITIONS) {
            let last = first + pattern.sequence.len() as u32 - 1;
            match_positions.push(MatchPosition { first, last, words: pattern.words });
        }
    }
    match_positions
}

/// The body of an entry.
pub(super) struct EntryBody<'e>(pub(super) &'e Entry);

impl Body for EntryBody<'_> {
    type Error = Infallible;

    fn passages(&self) -> usize {
        self.0.terms.passage_starts.len()
    }

    fn start(&self, ordinal: usize) -> u32 {
        self.0.terms.passage_starts[ordinal]
    }

    fn passage(&self, ordinal: usize) -> Result<Option<BodyPassage>, Infallible> {
        let lang = self.0.terms.passage_langs.get(ordinal).copied().flatten().map(str::to_owned);
        Ok(body_passages(&self.0.article.body).nth(ordinal).map(|passage| BodyPassage { lang, ..passage }))
    }
}
