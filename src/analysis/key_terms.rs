//! The words and phrases that an article could be told by, as it writes them.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::languages::stop_words::is_stop_word;
use super::token_forms::Forms;
use super::tokenizer::Word;
use super::zone::{ByZone, Zone};

/// A word or a phrase that an article could be told by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredTerm", into = "StoredTerm")]
pub struct KeyTerm {
    /// The stem, tagged with its language; of a phrase, those of its two words, separated by a
    /// space.
    pub stem: String,
    /// As the article writes it, in small letters where it does so anywhere.
    pub written: String,
    /// How often it stands there, an occurrence in the title counted three times.
    pub frequency: f32,
    /// The zone with the most text of those that it stands in.
    pub zone: Zone,
    /// Whether it stands in the title.
    pub in_title: bool,
}

/// A key term as it is stored: short.
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

/// The key terms of an article, the most frequent first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct KeyTerms {
    /// Its words but those that only carry grammar, at most 256.
    pub words: Vec<KeyTerm>,
    /// Pairs of such words that stand next to each other, or with only grammar between them, in
    /// its title, teaser, topics or tags, or more than once in its body; at most 48.
    pub phrases: Vec<KeyTerm>,
}

/// How many times an occurrence in a zone counts for a key term: the title is
/// what the article is about, experiment `related.title-terms`.
const COUNTS: ByZone<f32> = ByZone::new([3.0, 1.0, 1.0, 1.0, 0.0]);

/// The zones with the most text first.
const BY_TEXT: [Zone; 4] = [Zone::Body, Zone::Summary, Zone::Title, Zone::Topics];

/// The most words that are kept of an article. Which of them are telling depends on the other
/// articles, so that fewer lose some: experiment `related.kept-words`.
const MAX_WORDS: usize = 256;
/// The most phrases that are kept of an article.
const MAX_PHRASES: usize = 48;

/// The most words without meaning of their own inside a phrase: *derecho a la educación*.
const MAX_GAP: u32 = 2;

/// What is seen of one word form, or of two in a row.
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
        self.frequency += COUNTS[zone];
        self.occurrences += 1;
        self.zones[zone] = true;
        // A sentence begins with a capital; a name has one everywhere.
        let is_small = |text: &str| text.chars().next().is_some_and(char::is_lowercase);
        if is_small(written) && !is_small(self.written) {
            self.written = written;
        }
    }

    fn into_term(self, stem: String) -> KeyTerm {
        let zone = BY_TEXT.into_iter().find(|zone| self.zones[*zone]).unwrap_or(Zone::Body);
        KeyTerm {
            stem,
            written: self.written.split_whitespace().collect::<Vec<_>>().join(" "),
            frequency: self.frequency,
            zone,
            in_title: self.zones[Zone::Title],
        }
    }
}

/// Which form a word has, told by where it is kept: a cache gives the same one for the same word.
type FormAt = usize;

/// Gathers the key terms of an article while its texts are cut into words.
pub(crate) struct Gathering<'a> {
    group: String,
    /// `None` for a word that tells nothing.
    words: FxHashMap<FormAt, Option<(Arc<Forms>, SeenTerm<'a>)>>,
    pairs: FxHashMap<(FormAt, FormAt), SeenTerm<'a>>,
}

/// The word before the present one that tells something.
#[derive(Clone, Copy)]
pub(crate) struct Before {
    form: FormAt,
    position: u32,
    start: usize,
    end: usize,
}

impl<'a> Gathering<'a> {
    /// For an article of a language group.
    pub(crate) fn new(group: String) -> Gathering<'a> {
        Gathering { group, words: FxHashMap::default(), pairs: FxHashMap::default() }
    }

    /// Takes up a word of a text of a zone; `before` is what the word before it gave.
    pub(crate) fn take(
        &mut self,
        zone: Zone,
        text: &'a str,
        word: &Word<'_>,
        forms: &Arc<Forms>,
        before: Option<Before>,
    ) -> Option<Before> {
        let written = text.get(word.bytes.clone())?;
        let form = Arc::as_ptr(forms) as FormAt;
        let group = &self.group;
        let seen = self
            .words
            .entry(form)
            .or_insert_with(|| is_telling(group, forms).then(|| (Arc::clone(forms), SeenTerm::new(written))));
        let Some((_, seen)) = seen else {
            // Grammar stands inside a phrase, a number ends one.
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
        Some(Before { form, position: word.position, start: word.bytes.start, end: word.bytes.end })
    }

    /// All of them.
    pub(crate) fn finish(self) -> KeyTerms {
        let stem = |form: &FormAt| -> Option<&str> {
            let (forms, _) = self.words.get(form)?.as_ref()?;
            forms.stems.first().map(String::as_str)
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
        let words =
            self.words.into_values().flatten().filter_map(|(forms, seen)| Some((forms.stems.first()?.clone(), seen)));
        KeyTerms { words: merged(words.collect(), MAX_WORDS), phrases }
    }
}

/// One term a stem, written as its most frequent form, the most frequent terms first.
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
    terms.sort_by(|a, b| b.frequency.total_cmp(&a.frequency).then_with(|| a.stem.cmp(&b.stem)));
    terms.truncate(most);
    terms
}

/// Whether a word could tell an article: letters, more than one, and not only grammar.
fn is_telling(group: &str, forms: &Forms) -> bool {
    let Some(word) = forms.words.first() else { return false };
    word.chars().any(char::is_alphabetic)
        && (!word.is_ascii() || word.len() >= 2)
        && !is_stop_word(group, forms.folded())
}
