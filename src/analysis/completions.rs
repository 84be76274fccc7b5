//! What one article contributes to suggestions while a reader types: words and short phrases.
//!
//! A title gives its segments between punctuation, from every content word on; its runs of adjacent
//! content words; and its single content words. Labels (topics, tags, series, names) are taken
//! whole. The texts give what they repeat often. No completion begins or ends with a function word
//! or another low-information word. As far as one article can tell, no completion is truncated: a
//! phrase that always continues the same way is dropped for the longer one.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::languages::low_information_words::PhraseRole;
use super::normalizer::{fold, is_invisible, normalize};
use super::text_repair::{is_note_mark, repaired_for_display, without_marks};
use super::token_variants::{TokenVariants, TokenVariantsCache};
use super::tokenizer::{Word, elided_length, is_apostrophe, is_unspaced, words};

/// The longest completion, in characters.
pub const MAX_COMPLETION_CHARS: usize = 60;
/// The most content words of a phrase.
const MAX_CONTENT_WORDS: usize = 4;
/// The most words of a phrase, function words included.
const MAX_WORDS: usize = 6;
/// The most words of a title that are read.
const MAX_TITLE_WORDS: usize = 64;
/// The least number of times that the texts repeat a completion taken from them.
const MIN_REPEATS: u32 = 3;
/// The most words, and the most phrases, that the texts of one article give.
const MAX_OF_TEXT: usize = 8;
/// The longest word in a completion, in characters: longer words are codes and addresses.
const MAX_WORD_CHARS: usize = 30;

/// A completion that one article offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The key that is compared with the typed text, see [`completion_key`].
    pub key: String,
    /// The text as the article writes it. A capital at the beginning of a word becomes lower case
    /// where the article's texts also write the word without it.
    pub text: String,
    /// Where the article has it.
    pub source: CompletionSource,
}

/// Where an article has a completion, the most indicative place first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompletionSource {
    /// In its title or a label.
    Heading,
    /// In the name of a person, and not in its title or another label.
    Name,
    /// Only in its texts, repeated.
    Text,
}

/// The form of a completion that is compared with the typed text. It ignores case, accents and the
/// characters between words. A text that continues after a word has a space there.
pub fn completion_key(text: &str) -> String {
    let repaired = repaired_for_display(text);
    let normal = normalize(&repaired);
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

/// A word as the text writes it; a compound is one word.
pub(crate) struct WrittenWord<'a> {
    variants: Arc<TokenVariants>,
    written: &'a str,
    /// The elided article before it, with its apostrophe.
    elided: &'a str,
    /// How it is connected to the word before it.
    link: Link,
    /// Whether it is part of an address, a path or a command.
    is_code: bool,
}

/// How a word is connected to the one before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    /// Not connected: punctuation separates them, or it is the first word.
    None,
    /// By a space.
    Space,
    /// By an ampersand.
    And,
    /// Directly, in a script without spaces.
    Glued,
}

impl WrittenWord<'_> {
    fn normal(&self) -> &str {
        self.variants.words.first().map_or("", String::as_str)
    }

    /// The word as written, without invisible characters, footnote marks, and the spaces between
    /// letters that are set apart.
    fn plain(&self) -> String {
        let written = without_marks(self.written);
        if self.is_spaced() {
            return written.chars().filter(|c| !c.is_whitespace()).collect();
        }
        if written.is_ascii() {
            return written.into_owned();
        }
        written.chars().filter(|c| !is_invisible(*c)).nfc().collect()
    }

    /// Whether its letters are set apart by spaces.
    fn is_spaced(&self) -> bool {
        self.written.contains(char::is_whitespace)
            && self.written.split(char::is_whitespace).all(|part| {
                let mut letters = part.chars();
                letters.next().is_some_and(char::is_alphabetic) && letters.all(is_combining_mark)
            })
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
            // `COVID-19` is meaningful by itself, `2018` and `G20` are not.
            return if is_named() { CompletionRole::Content } else { CompletionRole::Number };
        }
        match self.variants.role {
            PhraseRole::Connector => return CompletionRole::Connector,
            PhraseRole::LowInformation => return CompletionRole::None,
            PhraseRole::Content => {}
        }
        let is_short = self.written.contains(is_unspaced) || self.written.chars().all(char::is_uppercase);
        let shortest = if is_short { 2 } else { 3 };
        let has_letters = self.written.chars().filter(|c| c.is_alphabetic()).nth(shortest - 1).is_some();
        if has_letters { CompletionRole::Content } else { CompletionRole::None }
    }
}

/// What a word can do in a phrase.
#[derive(Clone, Copy, PartialEq, Eq)]
enum CompletionRole {
    /// Meaningful by itself; can begin and end a phrase.
    Content,
    /// Can end a phrase, but not begin one.
    Number,
    /// Connects the parts of a phrase; can neither begin nor end one.
    Connector,
    /// Occurs in no phrase.
    None,
}

impl CompletionRole {
    fn can_end(self) -> bool {
        matches!(self, CompletionRole::Content | CompletionRole::Number)
    }
}

/// Reads the words of a text as they are written, while the text is tokenized.
pub(crate) struct WrittenWords<'a> {
    text: &'a str,
    /// The byte offset at which the last word ended, and the position after it.
    end: usize,
    behind: u32,
}

impl<'a> WrittenWords<'a> {
    pub(crate) fn of(text: &'a str) -> WrittenWords<'a> {
        WrittenWords { text, end: 0, behind: 0 }
    }

    /// The word as written; `None` where it is a part of the one before it.
    pub(crate) fn take(&mut self, word: &Word<'_>, variants: &Arc<TokenVariants>) -> Option<WrittenWord<'a>> {
        if word.span == 0 || word.position < self.behind {
            return None;
        }
        let gap = self.text.get(self.end..word.bytes.start)?.trim_start_matches(is_note_mark);
        let written = self.text.get(word.bytes.clone())?;
        let is_first = self.end == 0;
        (self.end, self.behind) = (word.bytes.end, word.position + word.span);
        let mut after = self.text.get(word.bytes.end..).unwrap_or_default().chars();
        let is_code_behind = is_file_or_host(written)
            || match after.next() {
                Some('.' | ':' | '-') => after.next().is_some_and(char::is_alphanumeric),
                Some(c) => "_/\\=@<{[(`*+|%~".contains(c),
                None => false,
            };
        if gap == " " && !is_first {
            let variants = Arc::clone(variants);
            return Some(WrittenWord { variants, written, elided: "", link: Link::Space, is_code: is_code_behind });
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
        Some(WrittenWord { variants: Arc::clone(variants), written, elided, link, is_code })
    }
}

/// Whether a word with a point in it is the name of a file or a server rather than an abbreviation
/// or a name such as `Node.js`.
fn is_file_or_host(written: &str) -> bool {
    let mut parts = written.split('.');
    let first = parts.next().unwrap_or_default();
    first.chars().nth(2).is_some()
        && first.chars().all(|c| c.is_lowercase() || c == '-')
        && parts.next().is_some_and(|second| second.starts_with(char::is_alphabetic))
}

/// The words of an article's texts: how often each occurs, and how it is written.
struct Texts<'t, 'a> {
    written_words: &'t [WrittenWord<'a>],
    ids: Vec<u32>,
    numbers: HashMap<&'t str, u32>,
    words: Vec<Count>,
}

#[derive(Default, Clone, Copy)]
struct Count {
    times: u32,
    /// The index of its first occurrence.
    first: usize,
    /// Whether it is ever written without a capital.
    is_lower: bool,
}

impl<'t, 'a> Texts<'t, 'a> {
    fn of(written_words: &'t [WrittenWord<'a>]) -> Texts<'t, 'a> {
        let mut texts = Texts {
            written_words,
            ids: Vec::with_capacity(written_words.len()),
            numbers: HashMap::new(),
            words: Vec::new(),
        };
        for (index, word) in written_words.iter().enumerate() {
            let next = texts.words.len() as u32;
            let id = *texts.numbers.entry(word.normal()).or_insert(next);
            if id == next {
                texts.words.push(Count { first: index, ..Count::default() });
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
    fn usual(&self, word: &WrittenWord<'_>) -> String {
        let count = || self.words.get(*self.numbers.get(word.normal())? as usize);
        let is_lower = || count().is_some_and(|count| count.is_lower);
        let plain = word.plain();
        if word.begins_upper() && is_lower() { plain.to_lowercase() } else { plain }
    }

    /// Whether the texts contain these words as a sequence.
    fn contain(&self, words: &[WrittenWord<'_>]) -> bool {
        let ids: Option<Vec<u32>> = words.iter().map(|word| self.numbers.get(word.normal()).copied()).collect();
        let Some(ids) = ids else { return false };
        let is_linked = |words: &[WrittenWord<'_>]| words.iter().skip(1).all(|word| word.link != Link::None);
        let windows = self.ids.windows(ids.len()).zip(self.written_words.windows(ids.len()));
        windows.into_iter().any(|(window, words)| window == ids && is_linked(words))
    }
}

/// A word as it is displayed, and its part of the key.
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

/// Collects the completions of one article.
#[derive(Default)]
struct CompletionCollector {
    found: BTreeMap<String, (String, CompletionSource)>,
}

impl CompletionCollector {
    fn add<'w>(&mut self, words: impl Iterator<Item = (&'w WrittenWord<'w>, &'w Shown)>, source: CompletionSource) {
        let (mut key, mut text) = (String::new(), String::new());
        for (index, (word, shown)) in words.enumerate() {
            if index > 0 {
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
            let known = &mut self.found.entry(key).or_insert((text, source)).1;
            *known = source.min(*known);
        }
    }

    /// Adds a label as it is written: whole, and from every content word on. Of a name, adds each
    /// part too.
    fn add_label(&mut self, label: &[WrittenWord<'_>], source: CompletionSource) {
        for segment in segments(label).filter(|segment| segment.len() <= MAX_WORDS) {
            let shown: Vec<Shown> = segment.iter().map(|word| Shown::of(word.plain())).collect();
            let words = segment.iter().zip(&shown);
            let content = segment.iter().enumerate().filter(|(_, word)| word.role() == CompletionRole::Content);
            let content: Vec<usize> = content.map(|(at, _)| at).collect();
            if !content.is_empty() {
                self.add(words.clone(), source);
            }
            for start in content {
                if start + 1 < segment.len() && is_whole(segment, start, segment.len() - 1) {
                    self.add(words.clone().skip(start), source);
                }
                if source == CompletionSource::Name && is_whole(segment, start, start) {
                    self.add(words.clone().skip(start).take(1), source);
                }
            }
        }
    }

    fn add_title(&mut self, title: &[WrittenWord<'_>], texts: &Texts<'_, '_>) {
        for segment in segments(title.get(..MAX_TITLE_WORDS).unwrap_or(title)) {
            let roles: Vec<CompletionRole> = segment.iter().map(WrittenWord::role).collect();
            let shown: Vec<Shown> = segment.iter().map(|word| Shown::of(texts.usual(word))).collect();
            let Some(last) = roles.iter().rposition(|role| role.can_end()) else { continue };
            for start in content_indexes(&roles) {
                let mut content = 0;
                let mut is_run = true;
                for (end, role) in roles.iter().enumerate().skip(start).take(MAX_WORDS) {
                    content += usize::from(*role == CompletionRole::Content);
                    is_run &= role.can_end();
                    if *role == CompletionRole::None || content > MAX_CONTENT_WORDS {
                        break;
                    }
                    if !role.can_end() || !is_whole(segment, start, end) {
                        continue;
                    }
                    let ends_run = roles.get(end + 1).is_none_or(|next| !next.can_end());
                    let is_in_texts = || segment.get(start..=end).is_some_and(|words| texts.contain(words));
                    if end == start || end == last || (is_run && ends_run) || is_in_texts() {
                        let words = segment.iter().zip(&shown).skip(start).take(end + 1 - start);
                        self.add(words, CompletionSource::Heading);
                    }
                }
            }
        }
    }

    /// Adds what the texts repeat.
    fn add_texts(&mut self, texts: &Texts<'_, '_>) {
        let role_of = |count: &Count| match texts.written_words.get(count.first) {
            Some(word) if count.times >= MIN_REPEATS => word.role(),
            _ => CompletionRole::None,
        };
        let role_of_word: Vec<CompletionRole> = texts.words.iter().map(role_of).collect();
        let role = |(word, id): (&WrittenWord<'_>, &u32)| match role_of_word.get(*id as usize) {
            Some(role) if !word.is_code => *role,
            _ => CompletionRole::None,
        };
        let roles: Vec<CompletionRole> = texts.written_words.iter().zip(&texts.ids).map(role).collect();

        let mut phrases: HashMap<&[u32], (u32, usize)> = HashMap::new();
        for start in content_indexes(&roles) {
            let mut content = 1;
            let behind = start + 1;
            let words = texts.written_words.iter().skip(behind).zip(roles.iter().skip(behind));
            for (end, (word, role)) in (behind..).zip(words).take(MAX_WORDS - 1) {
                content += usize::from(*role == CompletionRole::Content);
                if word.link == Link::None || *role == CompletionRole::None || content > MAX_CONTENT_WORDS {
                    break;
                }
                if role.can_end()
                    && is_whole(texts.written_words, start, end)
                    && let Some(ids) = texts.ids.get(start..=end)
                {
                    phrases.entry(ids).or_insert((0, start)).0 += 1;
                }
            }
        }
        phrases.retain(|_, (times, _)| *times >= MIN_REPEATS);
        // A part that occurs only inside a longer phrase adds nothing to that phrase.
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
            let is_content = roles.get(count.first) == Some(&CompletionRole::Content);
            is_content && is_whole(texts.written_words, count.first, count.first)
        };
        let mut single: Vec<&Count> = texts.words.iter().filter(is_single).collect();
        single.sort_unstable_by_key(|count| (std::cmp::Reverse(count.times), count.first));
        let single = single.into_iter().map(|count| (count.first, 1));
        let often = often.into_iter().map(|(_, first, length)| (first, length));
        for (first, length) in often.take(MAX_OF_TEXT).chain(single.take(MAX_OF_TEXT)) {
            let words = || texts.written_words.iter().skip(first).take(length);
            let shown: Vec<Shown> = words().map(|word| Shown::of(texts.usual(word))).collect();
            self.add(words().zip(&shown), CompletionSource::Text);
        }
    }
}

/// The parts of a text between punctuation.
fn segments<'s, 'a>(written_words: &'s [WrittenWord<'a>]) -> impl Iterator<Item = &'s [WrittenWord<'a>]> {
    written_words.chunk_by(|_, next| next.link != Link::None)
}

/// Whether these words would be tokenized the same way on their own. In a script without spaces the
/// tokenizer may split a part of a run differently.
fn is_whole(words: &[WrittenWord<'_>], start: usize, end: usize) -> bool {
    let is_glued = |at: usize| words.get(at).is_some_and(|word| word.link == Link::Glued);
    if !is_glued(start) && !is_glued(end + 1) {
        return true;
    }
    let is_one = |word: &WrittenWord<'_>| {
        let alone = super::tokenizer::words(word.written);
        let end = alone.iter().map(|word| word.position + 1).max();
        alone.first().is_some_and(|first| first.span > 0 && Some(first.span) == end)
    };
    start == end && words.get(start).is_some_and(is_one)
}

/// The indexes of content words, in order.
fn content_indexes(roles: &[CompletionRole]) -> impl Iterator<Item = usize> + '_ {
    let content = roles.iter().enumerate().filter(|(_, role)| **role == CompletionRole::Content);
    content.map(|(index, _)| index)
}

/// The completions of one article: of its title, its labels, the names of its authors, and the
/// words of its texts as they are written.
pub(crate) fn completions<'a>(
    title: &'a str,
    labels: impl Iterator<Item = &'a str>,
    names: impl Iterator<Item = &'a str>,
    texts: &[WrittenWord<'a>],
    cache: &mut TokenVariantsCache,
) -> Vec<Completion> {
    let mut read = |text: &'a str| -> Vec<WrittenWord<'a>> {
        let mut reader = WrittenWords::of(text);
        words(text).iter().filter_map(|word| reader.take(word, &cache.variants(&word.text))).collect()
    };
    let texts = Texts::of(texts);
    let mut collector = CompletionCollector::default();
    labels.for_each(|label| collector.add_label(&read(label), CompletionSource::Heading));
    names.for_each(|name| collector.add_label(&read(name), CompletionSource::Name));
    collector.add_title(&read(title), &texts);
    collector.add_texts(&texts);
    let found = collector.found.into_iter();
    found.map(|(key, (text, source))| Completion { key, text, source }).collect()
}
