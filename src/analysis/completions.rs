//! What a reader may be offered while typing: the words and short phrases that tell an article.
//!
//! A title gives its segments between punctuation, from every telling word on; the words that stand
//! together in it without another between; its telling words. Labels (topics, tags, series, names)
//! are taken whole. Of the texts, what the article says again and again. Nothing begins or ends with
//! a function word or another that says little, and nothing is cut off in the middle of what it says,
//! as far as one article can tell: a piece that always goes on the same way is left to the longer
//! one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::languages::low_information_words::Part;
use super::normalizer::{fold, is_invisible, normalize};
use super::token_forms::{Forms, FormsCache};
use super::tokenizer::{Word, elided_length, is_apostrophe, is_unspaced, words};

/// The longest completion, in characters.
pub const MAX_COMPLETION_CHARS: usize = 60;
/// The most telling words of a phrase.
const MAX_TELLING: usize = 4;
/// The most words of a phrase, function words counted.
const MAX_WORDS: usize = 6;
/// The most words of a title that are looked at.
const MAX_TITLE_WORDS: usize = 64;
/// How often a text says what it is offered for.
const MIN_REPEATS: u32 = 3;
/// The most words, and the most phrases, that the texts of one article give.
const MAX_OF_TEXT: usize = 8;
/// The longest word that is offered, in characters: longer ones are codes and addresses.
const MAX_WORD_CHARS: usize = 30;

/// Something that a reader may be offered, from one article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What is compared with what is typed, see [`completion_key`].
    pub key: String,
    /// As the article writes it, a capital that only begins a title taken off where the article's
    /// texts write the word without.
    pub text: String,
    /// Where the article has it.
    pub standing: Standing,
}

/// Where an article has a completion, the place that tells most of it first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// In its title, or a label.
    Heading,
    /// In the name of a person, and in nothing else above its text.
    Name,
    /// In its text only, again and again.
    Text,
}

/// What is compared of a completion with what is typed: case and accents do not matter, nor what
/// stands between words. Text that ends behind a word has a space there.
pub fn completion_key(text: &str) -> String {
    let normal = normalize(text);
    let folded = fold(&normal);
    let mut key = String::with_capacity(folded.len());
    let mut rest = folded.as_ref();
    let mut is_between = true;
    let has_elisions = rest.contains(is_apostrophe);
    while let Some(c) = rest.chars().next() {
        if is_between
            && has_elisions
            && c.is_alphabetic()
            && let Some(length) = elided_length(first_run(rest))
        {
            rest = &rest[length..];
            continue;
        }
        if c.is_alphanumeric() || is_combining_mark(c) {
            key.push(c);
            is_between = false;
        } else if !is_between && !is_apostrophe(c) {
            key.push(' ');
            is_between = true;
        }
        rest = &rest[c.len_utf8()..];
    }
    key
}

/// A text up to its first white space.
fn first_run(text: &str) -> &str {
    text.split(char::is_whitespace).next().unwrap_or_default()
}

/// A word of a text as it was spoken: compounds are one.
pub(crate) struct Spoken<'a> {
    forms: Arc<Forms>,
    written: &'a str,
    /// The elided article before it, with its apostrophe.
    elided: &'a str,
    /// How it follows the word before it.
    link: Link,
    /// Whether it is a piece of an address, a path, a command.
    is_code: bool,
}

/// How a word follows the one before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Not: punctuation stands between them, or nothing before it.
    None,
    /// Behind a space.
    Space,
    /// Behind an ampersand.
    And,
    /// Without anything between, in a script without spaces.
    Glued,
}

impl Spoken<'_> {
    fn normal(&self) -> &str {
        self.forms.words.first().map_or("", String::as_str)
    }

    /// As it is written, without what nobody sees.
    fn plain(&self) -> String {
        if self.written.is_ascii() {
            return self.written.to_owned();
        }
        self.written.chars().filter(|c| !is_invisible(*c)).nfc().collect()
    }

    fn begins_upper(&self) -> bool {
        self.written.starts_with(char::is_uppercase)
    }

    fn role(&self) -> CompletionRole {
        if self.is_code || self.written.chars().nth(MAX_WORD_CHARS).is_some() {
            return CompletionRole::None;
        }
        let is_named = || self.written.chars().take_while(|c| c.is_alphabetic()).nth(2).is_some();
        if self.written.contains(char::is_numeric) {
            // `COVID-19` says something by itself, `2018` and `G20` do not.
            return if is_named() { CompletionRole::Telling } else { CompletionRole::Number };
        }
        match self.forms.part {
            Part::Linking => return CompletionRole::Linking,
            Part::Vague => return CompletionRole::None,
            Part::Telling => {}
        }
        let is_short = self.written.contains(is_unspaced) || self.written.chars().all(char::is_uppercase);
        let shortest = if is_short { 2 } else { 3 };
        let has_letters = self.written.chars().filter(|c| c.is_alphabetic()).nth(shortest - 1).is_some();
        if has_letters { CompletionRole::Telling } else { CompletionRole::None }
    }
}

/// Where a word stands in phrases.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CompletionRole {
    /// Says something by itself; begins phrases and ends them.
    Telling,
    /// Ends phrases.
    Number,
    /// Holds the parts of a phrase together.
    Linking,
    /// Stands in none.
    None,
}

impl CompletionRole {
    fn can_end(self) -> bool {
        matches!(self, CompletionRole::Telling | CompletionRole::Number)
    }
}

/// Takes up the spoken words of a text while it is cut.
pub(crate) struct Speaker<'a> {
    text: &'a str,
    /// Where the last word ended, in bytes, and the position behind it.
    end: usize,
    behind: u32,
}

impl<'a> Speaker<'a> {
    pub(crate) fn of(text: &'a str) -> Speaker<'a> {
        Speaker { text, end: 0, behind: 0 }
    }

    /// The word as it was spoken; `None` where it is a part of the one before it.
    pub(crate) fn take(&mut self, word: &Word<'_>, forms: &Arc<Forms>) -> Option<Spoken<'a>> {
        if word.span == 0 || word.position < self.behind {
            return None;
        }
        let gap = self.text.get(self.end..word.bytes.start)?;
        let written = self.text.get(word.bytes.clone())?;
        let is_first = self.end == 0;
        (self.end, self.behind) = (word.bytes.end, word.position + word.span);
        let mut after = self.text.get(word.bytes.end..).unwrap_or_default().chars();
        let is_code_behind = match after.next() {
            Some('.' | ':' | '-') => after.next().is_some_and(char::is_alphanumeric),
            Some(c) => "_/\\=@<{[(`*+|%~".contains(c),
            None => false,
        };
        if gap == " " && !is_first {
            let forms = Arc::clone(forms);
            return Some(Spoken { forms, written, elided: "", link: Link::Space, is_code: is_code_behind });
        }
        let (spaces, elided) = gap.split_at(gap.trim_end_matches(|c: char| !c.is_whitespace()).len());
        let elided = if elided_length(elided) == Some(elided.len()) { elided } else { "" };
        let link = match gap.strip_suffix(elided).unwrap_or(gap) {
            _ if is_first => Link::None,
            "" if written.starts_with(is_unspaced) => Link::Glued,
            " & " => Link::And,
            plain if !plain.is_empty() && plain.trim().is_empty() && plain.matches('\n').count() < 2 => Link::Space,
            _ => Link::None,
        };
        let before = if elided.is_empty() { gap.chars().next_back() } else { spaces.chars().next_back() };
        let is_code = is_code_behind || before.is_some_and(|c| "_/\\=<>@$#~|%*+{[`.-".contains(c));
        Some(Spoken { forms: Arc::clone(forms), written, elided, link, is_code })
    }
}

/// What the texts of an article say how often, and how they write it.
struct Texts<'t, 'a> {
    spoken: &'t [Spoken<'a>],
    ids: Vec<u32>,
    numbers: HashMap<&'t str, u32>,
    words: Vec<Count>,
}

#[derive(Default, Clone, Copy)]
struct Count {
    times: u32,
    /// Where it stands first.
    first: usize,
    /// Whether it is ever written without a capital.
    is_lower: bool,
}

impl<'t, 'a> Texts<'t, 'a> {
    fn of(spoken: &'t [Spoken<'a>]) -> Texts<'t, 'a> {
        let mut texts =
            Texts { spoken, ids: Vec::with_capacity(spoken.len()), numbers: HashMap::new(), words: Vec::new() };
        for (place, word) in spoken.iter().enumerate() {
            let next = texts.words.len() as u32;
            let id = *texts.numbers.entry(word.normal()).or_insert(next);
            if id == next {
                texts.words.push(Count { first: place, ..Count::default() });
            }
            texts.ids.push(id);
            if let Some(count) = texts.words.get_mut(id as usize) {
                count.times += 1;
                count.is_lower |= !word.is_code && !word.begins_upper();
            }
        }
        texts
    }

    /// A word as the article usually writes it.
    fn usual(&self, word: &Spoken<'_>) -> String {
        let count = || self.words.get(*self.numbers.get(word.normal())? as usize);
        let is_lower = || count().is_some_and(|count| count.is_lower);
        let plain = word.plain();
        if word.begins_upper() && is_lower() { plain.to_lowercase() } else { plain }
    }

    /// Whether some words stand in the texts, one after the other.
    fn hold(&self, words: &[Spoken<'_>]) -> bool {
        let ids: Option<Vec<u32>> = words.iter().map(|word| self.numbers.get(word.normal()).copied()).collect();
        let Some(ids) = ids else { return false };
        let is_linked = |words: &[Spoken<'_>]| words.iter().skip(1).all(|word| word.link != Link::None);
        let places = self.ids.windows(ids.len()).zip(self.spoken.windows(ids.len()));
        places.into_iter().any(|(place, words)| place == ids && is_linked(words))
    }
}

/// A word as it is shown, and its part of a key.
struct Shown {
    text: String,
    key: String,
}

impl Shown {
    fn of(text: String) -> Shown {
        let mut key = completion_key(&text);
        key.truncate(key.trim_end().len());
        Shown { text, key }
    }
}

/// Gathers the completions of one article.
#[derive(Default)]
struct Gatherer {
    found: BTreeMap<String, (String, Standing)>,
}

impl Gatherer {
    fn add<'w>(&mut self, words: impl Iterator<Item = (&'w Spoken<'w>, &'w Shown)>, standing: Standing) {
        let (mut key, mut text) = (String::new(), String::new());
        for (place, (word, shown)) in words.enumerate() {
            if place > 0 {
                let (in_text, in_key) = match word.link {
                    Link::And => (" & ", " "),
                    Link::Glued => ("", ""),
                    Link::Space | Link::None => (" ", " "),
                };
                text.push_str(in_text);
                text.push_str(word.elided);
                key.push_str(in_key);
            }
            text.push_str(&shown.text);
            key.push_str(&shown.key);
        }
        if !key.is_empty() && text.chars().nth(MAX_COMPLETION_CHARS).is_none() {
            let known = &mut self.found.entry(key).or_insert((text, standing)).1;
            *known = standing.min(*known);
        }
    }

    /// A label, whole and from every telling word on, as it is written; a name by its parts, too.
    fn add_label(&mut self, label: &[Spoken<'_>], standing: Standing) {
        for segment in segments(label).filter(|segment| segment.len() <= MAX_WORDS) {
            let shown: Vec<Shown> = segment.iter().map(|word| Shown::of(word.plain())).collect();
            let words = segment.iter().zip(&shown);
            let telling = segment.iter().enumerate().filter(|(_, word)| word.role() == CompletionRole::Telling);
            let telling: Vec<usize> = telling.map(|(at, _)| at).collect();
            if !telling.is_empty() {
                self.add(words.clone(), standing);
            }
            for start in telling {
                if start + 1 < segment.len() && is_whole(segment, start, segment.len() - 1) {
                    self.add(words.clone().skip(start), standing);
                }
                if standing == Standing::Name && is_whole(segment, start, start) {
                    self.add(words.clone().skip(start).take(1), standing);
                }
            }
        }
    }

    fn add_title(&mut self, title: &[Spoken<'_>], texts: &Texts<'_, '_>) {
        for segment in segments(title.get(..MAX_TITLE_WORDS).unwrap_or(title)) {
            let roles: Vec<CompletionRole> = segment.iter().map(Spoken::role).collect();
            let shown: Vec<Shown> = segment.iter().map(|word| Shown::of(texts.usual(word))).collect();
            let Some(last) = roles.iter().rposition(|role| role.can_end()) else { continue };
            for start in telling_places(&roles) {
                let mut telling = 0;
                let mut is_run = true;
                for (end, role) in roles.iter().enumerate().skip(start).take(MAX_WORDS) {
                    telling += usize::from(*role == CompletionRole::Telling);
                    is_run &= role.can_end();
                    if *role == CompletionRole::None || telling > MAX_TELLING {
                        break;
                    }
                    if !role.can_end() || !is_whole(segment, start, end) {
                        continue;
                    }
                    let ends_run = roles.get(end + 1).is_none_or(|next| !next.can_end());
                    let is_held = || segment.get(start..=end).is_some_and(|words| texts.hold(words));
                    if end == start || end == last || (is_run && ends_run) || is_held() {
                        let words = segment.iter().zip(&shown).skip(start).take(end + 1 - start);
                        self.add(words, Standing::Heading);
                    }
                }
            }
        }
    }

    /// What the texts say again and again.
    fn add_texts(&mut self, texts: &Texts<'_, '_>) {
        let role_of = |count: &Count| match texts.spoken.get(count.first) {
            Some(word) if count.times >= MIN_REPEATS => word.role(),
            _ => CompletionRole::None,
        };
        let role_of_word: Vec<CompletionRole> = texts.words.iter().map(role_of).collect();
        let role = |(word, id): (&Spoken<'_>, &u32)| match role_of_word.get(*id as usize) {
            Some(role) if !word.is_code => *role,
            _ => CompletionRole::None,
        };
        let roles: Vec<CompletionRole> = texts.spoken.iter().zip(&texts.ids).map(role).collect();

        let mut phrases: HashMap<&[u32], (u32, usize)> = HashMap::new();
        for start in telling_places(&roles) {
            let mut telling = 1;
            let behind = start + 1;
            let words = texts.spoken.iter().skip(behind).zip(roles.iter().skip(behind));
            for (end, (word, role)) in (behind..).zip(words).take(MAX_WORDS - 1) {
                telling += usize::from(*role == CompletionRole::Telling);
                if word.link == Link::None || *role == CompletionRole::None || telling > MAX_TELLING {
                    break;
                }
                if role.can_end()
                    && is_whole(texts.spoken, start, end)
                    && let Some(ids) = texts.ids.get(start..=end)
                {
                    phrases.entry(ids).or_insert((0, start)).0 += 1;
                }
            }
        }
        phrases.retain(|_, (times, _)| *times >= MIN_REPEATS);
        // A longer phrase as frequent as a part of it says all that the part does.
        let parts = phrases.iter().flat_map(|(words, (times, _))| {
            let lengths = 2..words.len();
            lengths.flat_map(|length| words.windows(length)).map(move |part| (part, *times))
        });
        let goes_on: HashSet<&[u32]> = parts
            .filter(|(part, times)| phrases.get(part).is_some_and(|(of_part, _)| of_part == times))
            .map(|(part, _)| part)
            .collect();
        let mut often: Vec<(u32, usize, usize)> = phrases
            .iter()
            .filter(|(words, _)| !goes_on.contains(*words))
            .map(|(words, (times, first))| (*times, *first, words.len()))
            .collect();
        often.sort_unstable_by_key(|(times, first, length)| (std::cmp::Reverse((*times, *length)), *first));
        let is_single = |count: &&Count| {
            let is_telling = roles.get(count.first) == Some(&CompletionRole::Telling);
            is_telling && is_whole(texts.spoken, count.first, count.first)
        };
        let mut single: Vec<&Count> = texts.words.iter().filter(is_single).collect();
        single.sort_unstable_by_key(|count| (std::cmp::Reverse(count.times), count.first));
        let single = single.into_iter().map(|count| (count.first, 1));
        let often = often.into_iter().map(|(_, first, length)| (first, length));
        for (first, length) in often.take(MAX_OF_TEXT).chain(single.take(MAX_OF_TEXT)) {
            let words = || texts.spoken.iter().skip(first).take(length);
            let shown: Vec<Shown> = words().map(|word| Shown::of(texts.usual(word))).collect();
            self.add(words().zip(&shown), Standing::Text);
        }
    }
}

/// The pieces of a text between punctuation.
fn segments<'s, 'a>(spoken: &'s [Spoken<'a>]) -> impl Iterator<Item = &'s [Spoken<'a>]> {
    spoken.chunk_by(|_, next| next.link != Link::None)
}

/// Whether words are told apart the same way where they stand and by themselves: in a script without
/// spaces a piece of a run may be cut otherwise alone.
fn is_whole(words: &[Spoken<'_>], start: usize, end: usize) -> bool {
    let is_glued = |at: usize| words.get(at).is_some_and(|word| word.link == Link::Glued);
    if !is_glued(start) && !is_glued(end + 1) {
        return true;
    }
    let is_one = |word: &Spoken<'_>| {
        let alone = super::tokenizer::words(word.written);
        alone.iter().filter(|word| word.span > 0).count() == 1
    };
    start == end && words.get(start).is_some_and(is_one)
}

/// Where telling words stand, in order.
fn telling_places(roles: &[CompletionRole]) -> impl Iterator<Item = usize> + '_ {
    let telling = roles.iter().enumerate().filter(|(_, role)| **role == CompletionRole::Telling);
    telling.map(|(place, _)| place)
}

/// What one article gives: its title, its labels, the names of its authors, and the words that its texts were spoken in.
pub(crate) fn completions<'a>(
    title: &'a str,
    labels: impl Iterator<Item = &'a str>,
    names: impl Iterator<Item = &'a str>,
    texts: &[Spoken<'a>],
    cache: &mut FormsCache,
) -> Vec<Completion> {
    let mut speak = |text: &'a str| -> Vec<Spoken<'a>> {
        let mut speaker = Speaker::of(text);
        words(text).iter().filter_map(|word| speaker.take(word, &cache.forms(&word.text))).collect()
    };
    let texts = Texts::of(texts);
    let mut gatherer = Gatherer::default();
    labels.for_each(|label| gatherer.add_label(&speak(label), Standing::Heading));
    names.for_each(|name| gatherer.add_label(&speak(name), Standing::Name));
    gatherer.add_title(&speak(title), &texts);
    gatherer.add_texts(&texts);
    let found = gatherer.found.into_iter();
    found.map(|(key, (text, standing))| Completion { key, text, standing }).collect()
}
