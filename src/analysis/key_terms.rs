//! Key terms: the words and phrases that may distinguish an article, as it writes them.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::languages::stop_words::is_stop_word;
use super::text_repair::without_marks;
use super::token_variants::TokenVariants;
use super::tokenizer::Word;
use super::zone::{ByZone, Zone};

/// A word or phrase that may distinguish an article.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredTerm", into = "StoredTerm")]
pub struct KeyTerm {
    /// The stem, tagged with its language. For a phrase, the stems of its two words, separated by a
    /// space.
    pub stem: String,
    /// As the article writes it, in lower case where the article does so anywhere.
    pub written: String,
    /// How often it occurs outside the title: how much the text dwells on it.
    pub frequency: f32,
    /// Of the zones in which it occurs, the one with the most text.
    pub zone: Zone,
    /// Whether it occurs in the title.
    pub in_title: bool,
}

/// The compact serialized form of a key term.
#[derive(Serialize, Deserialize)]
struct StoredTerm(String, String, f32, u8, bool);

impl From<StoredTerm> for KeyTerm {
    fn from(StoredTerm(stem, written, frequency, zone, in_title): StoredTerm) -> KeyTerm {
        let zone = Zone::ALL.get(usize::from(zone)).copied().unwrap_or(Zone::Body);
        KeyTerm { stem, written, frequency, zone, in_title }
    }
}

impl From<KeyTerm> for StoredTerm {
    fn from(term: KeyTerm) -> StoredTerm {
        StoredTerm(term.stem, term.written, term.frequency, term.zone as u8, term.in_title)
    }
}

/// The key terms of an article, the most frequent first, where one that is in the title counts for
/// more.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KeyTerms {
    /// Its words without stop words, at most 256.
    pub words: Vec<KeyTerm>,
    /// Pairs of such words that are adjacent, or separated only by stop words, in its title,
    /// teaser, topics or tags, or more than once in its body; at most 48.
    pub phrases: Vec<KeyTerm>,
}

/// How many occurrences a place in the title is worth where the terms that are kept are chosen: it says
/// what the article is about. Experiment `related.title-terms`.
const TITLE_OCCURRENCES: f32 = 3.0;

/// The zones with the most text first.
const BY_TEXT: [Zone; 4] = [Zone::Body, Zone::Summary, Zone::Title, Zone::Topics];

/// The most words that an article keeps. Which of them are discriminative depends on the other
/// articles, and a lower limit loses some: experiment `related.kept-words`.
const MAX_WORDS: usize = 256;
/// The most phrases that an article keeps.
const MAX_PHRASES: usize = 48;

/// The most stop words inside a phrase: *derecho a la educación*.
const MAX_GAP: u32 = 2;

/// The statistics of one word form, or of two in a row.
struct SeenTerm<'a> {
    written: &'a str,
    frequency: f32,
    occurrences: u32,
    zones: ByZone<bool>,
}

impl<'a> SeenTerm<'a> {
    fn new(written: &'a str) -> SeenTerm<'a> {
        SeenTerm { written, frequency: 0.0, occurrences: 0, zones: ByZone::default() }
    }

    fn count(&mut self, zone: Zone, written: &'a str) {
        if !matches!(zone, Zone::Title | Zone::Authors) {
            self.frequency += 1.0;
        }
        self.occurrences += 1;
        self.zones[zone] = true;
        // The beginning of a sentence is capitalized; a name is capitalized everywhere.
        let is_small = |text: &str| text.chars().next().is_some_and(char::is_lowercase);
        if is_small(written) && !is_small(self.written) {
            self.written = written;
        }
    }

    fn into_term(self, stem: String) -> KeyTerm {
        let zone = BY_TEXT.into_iter().find(|zone| self.zones[*zone]).unwrap_or(Zone::Body);
        KeyTerm {
            stem,
            written: without_marks(self.written).split_whitespace().collect::<Vec<_>>().join(" "),
            frequency: self.frequency,
            zone,
            in_title: self.zones[Zone::Title],
        }
    }
}

/// Identifies the variants of a word by their address: a cache returns the same allocation for the
/// same word.
type FormAt = usize;

/// Collects the key terms of an article while its texts are tokenized.
pub(crate) struct KeyTermCollector<'a> {
    group: String,
    /// `None` for a word that is no candidate.
    words: FxHashMap<FormAt, Option<(Arc<TokenVariants>, SeenTerm<'a>)>>,
    pairs: FxHashMap<(FormAt, FormAt), SeenTerm<'a>>,
}

/// The last candidate before the current word.
#[derive(Clone, Copy)]
pub(crate) struct PrecedingTerm {
    form: FormAt,
    position: u32,
    start: usize,
    end: usize,
}

impl<'a> KeyTermCollector<'a> {
    /// A collector for an article of a language group.
    pub(crate) fn new(group: String) -> KeyTermCollector<'a> {
        KeyTermCollector { group, words: FxHashMap::default(), pairs: FxHashMap::default() }
    }

    /// Adds a word of a text of a zone; `before` is the result for the word before it.
    pub(crate) fn take(
        &mut self,
        zone: Zone,
        text: &'a str,
        word: &Word<'_>,
        variants: &Arc<TokenVariants>,
        before: Option<PrecedingTerm>,
    ) -> Option<PrecedingTerm> {
        let written = text.get(word.bytes.clone())?;
        let form = Arc::as_ptr(variants) as FormAt;
        let group = &self.group;
        let seen = self
            .words
            .entry(form)
            .or_insert_with(|| is_candidate(group, variants).then(|| (Arc::clone(variants), SeenTerm::new(written))));
        let Some((_, seen)) = seen else {
            // A stop word may stand inside a phrase; a number ends one.
            return before.filter(|_| word.text.chars().all(char::is_alphabetic));
        };
        seen.count(zone, written);
        if word.span != 1 {
            return None;
        }
        if let Some(before) = before
            && word.position.saturating_sub(before.position) <= MAX_GAP + 1
            && let Some(between) = text.get(before.end..word.bytes.start)
            && between.chars().all(|c| c.is_alphabetic() || c == ' ' || c == '\n' || c == '\'' || c == '’' || c == '-')
            && let Some(written) = text.get(before.start..word.bytes.end)
        {
            self.pairs.entry((before.form, form)).or_insert_with(|| SeenTerm::new(written)).count(zone, written);
        }
        Some(PrecedingTerm { form, position: word.position, start: word.bytes.start, end: word.bytes.end })
    }

    /// The collected key terms.
    pub(crate) fn finish(self) -> KeyTerms {
        let stem = |form: &FormAt| -> Option<&str> {
            let (variants, _) = self.words.get(form)?.as_ref()?;
            variants.stems.first().map(String::as_str)
        };
        let is_phrase = |seen: &SeenTerm<'_>| {
            seen.occurrences > 1 || seen.zones.iter().zip(Zone::ALL).any(|(is, zone)| *is && zone != Zone::Body)
        };
        let phrases =
            self.pairs.into_iter().filter(|(_, seen)| is_phrase(seen)).filter_map(|((first, second), seen)| {
                let (first, second) = (stem(&first)?, stem(&second)?);
                (first != second).then(|| (format!("{first} {second}"), seen))
            });
        let phrases = merged(phrases.collect(), MAX_PHRASES);
        let words = self
            .words
            .into_values()
            .flatten()
            .filter_map(|(variants, seen)| Some((variants.stems.first()?.clone(), seen)));
        KeyTerms { words: merged(words.collect(), MAX_WORDS), phrases }
    }
}

/// One term per stem, written as its most frequent form; the most frequent terms first.
fn merged(mut seen: Vec<(String, SeenTerm<'_>)>, most: usize) -> Vec<KeyTerm> {
    seen.sort_by(|(a_stem, a), (b_stem, b)| {
        let by_use = b.frequency.total_cmp(&a.frequency).then_with(|| a.written.cmp(b.written));
        a_stem.cmp(b_stem).then(by_use)
    });
    let mut terms: Vec<KeyTerm> = Vec::with_capacity(seen.len());
    for (stem, seen) in seen {
        match terms.last_mut().filter(|last| last.stem == stem) {
            Some(last) => {
                let other = seen.into_term(stem);
                last.frequency += other.frequency;
                last.in_title |= other.in_title;
                let rank = |zone: Zone| BY_TEXT.iter().position(|known| *known == zone);
                if rank(other.zone) < rank(last.zone) {
                    last.zone = other.zone;
                }
            }
            None => terms.push(seen.into_term(stem)),
        }
    }
    let rank = |term: &KeyTerm| term.frequency + if term.in_title { TITLE_OCCURRENCES } else { 0.0 };
    terms.sort_by(|a, b| rank(b).total_cmp(&rank(a)).then_with(|| a.stem.cmp(&b.stem)));
    terms.truncate(most);
    terms
}

/// Whether a word may be a key term: it has letters, more than one character, and is no stop word.
fn is_candidate(group: &str, variants: &TokenVariants) -> bool {
    let Some(word) = variants.words.first() else { return false };
    word.chars().any(char::is_alphabetic)
        && (!word.is_ascii() || word.len() >= 2)
        && !is_stop_word(group, variants.folded())
}
