//! Splits text into words, the same way for every language.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use unicode_normalization::char::is_combining_mark;

use super::normalizer::{is_invisible, normalize, simplified};
use super::text_repair::repair;
use crate::article::text::{MIN_SPACED_LETTERS, SetApart};

/// The longest word, in bytes of its normal form; a longer one is truncated, as nobody types it.
const MAX_WORD_BYTES: usize = 120;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word<'a> {
    /// Its normal form, see [`normalize`].
    pub text: Cow<'a, str>,
    /// Its byte range in the text.
    pub bytes: Range<usize>,
    /// Its ordinal in the text. The parts of a compound have consecutive positions; the compound
    /// itself has the position of its first part.
    pub position: u32,
    /// How many positions it spans: 1 for a plain word, more for a compound, 0 for an additional
    /// term (a pair of letters inside a script without spaces, or the part before an apostrophe).
    pub span: u32,
    /// Whether a hyphen that joins nothing precedes it: `-al` in `ls -al`. A query would read that
    /// hyphen as an exclusion; this flag lets an exact phrase match it.
    pub is_dashed: bool,
}

/// The words of a text, in order.
///
/// * What typesetting and wrong decoding left is repaired first, see `text_repair.rs`.
/// * Elided articles are dropped (`l'enseignement`, `main-d’œuvre`). Other apostrophes are removed
///   (`don't`), and the part before them is indexed too (`Türkiye'nin`), and so is the part after
///   them if it is long (`O'Reilly`). A possessive `'s` is dropped.
/// * A compound joined by a hyphen, by points in an abbreviation or a name, or by `+` or `&`
///   (`covid-19`, `e-learning`, `Ph.D.`, `EE. UU.`, `Node.js`, `I+D`), gives the whole without its
///   joiners (only `+` and `&` stay) and then its parts. A change between letters and digits
///   (`COVID19`) makes a compound as well.
///   So does a word that a hyphen parts at the end of a line.
/// * A number whose thousands are separated is one word: `12.500`. Where only a space separates
///   them they may be two numbers, so that both parts are given too. Decimals have a point: `3,5`
///   gives `3.5` and its parts.
/// * Initials lose their points: `U.N.E.S.C.O.`. Letters that are set apart by spaces
///   (`A C T A`) give the word too, and so do the digits beside it (`A C T A  2 0 2 4`).
/// * Signs that make another word of a letter or a name stay: `C++`, `C#`, `.NET`.
/// * Scripts without spaces are segmented by dictionary. A dictionary may segment the same
///   characters differently beside others, so Chinese and Japanese also give every pair of adjacent
///   characters.
pub fn words(text: &str) -> Vec<Word<'_>> {
    match repair(text) {
        None => split(text),
        Some(repaired) => {
            let mut words = split(&repaired.text);
            for word in &mut words {
                word.bytes = repaired.original(&word.bytes);
            }
            words
        }
    }
}

fn split(text: &str) -> Vec<Word<'static>> {
    let mut tokenizer = Tokenizer { text, words: Vec::with_capacity(text.len() / 6), position: 0 };
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !is_word_char(c) {
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut complex = is_unspaced(c);
        let mut digit_edge = false;
        let mut joined = false;
        let mut last = c;
        while let Some(&(at, next)) = chars.peek() {
            if is_word_char(next) || is_combining_mark(next) || is_invisible(next) {
                if next == ZERO_WIDTH_SPACE {
                    break;
                }
                complex |= is_unspaced(next);
                digit_edge |= last.is_ascii_digit() != next.is_ascii_digit();
                end = at + next.len_utf8();
            } else if let Some(joiner) = joiner_at(text, start, at, next) {
                joined = true;
                end = at + joiner;
            } else {
                break;
            }
            last = next;
            while chars.next_if(|(at, _)| *at < end).is_some() {}
        }
        if complex {
            tokenizer.push_unspaced(start..end);
        } else if joined || digit_edge {
            tokenizer.push_compound(start..end);
        } else if let Some(sign) = sign_behind(text, start..end) {
            tokenizer.push_signed(start..end, start..end + sign);
            while chars.next_if(|(at, _)| *at < end + sign).is_some() {}
        } else if has_point_before(text, start..end) {
            tokenizer.push_signed(start..end, start - 1..end);
        } else {
            tokenizer.push(start..end, 1);
            tokenizer.position += 1;
        }
    }
    with_spaced_words(text, tokenizer.words)
}

struct Tokenizer<'a> {
    text: &'a str,
    words: Vec<Word<'static>>,
    position: u32,
}

impl Tokenizer<'_> {
    fn push(&mut self, bytes: Range<usize>, span: u32) {
        let Some(text) = self.text.get(bytes.clone()) else { return };
        self.push_as(normalize(text).into_owned(), bytes, span);
    }

    fn push_as(&mut self, mut text: String, bytes: Range<usize>, span: u32) {
        if text.len() > MAX_WORD_BYTES {
            let end = (0..=MAX_WORD_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(end);
        }
        if !text.is_empty() {
            let is_dashed = is_dashed(self.text, bytes.start);
            self.words.push(Word { text: Cow::Owned(text), bytes, position: self.position, span, is_dashed });
        }
    }

    /// Adds a word with a sign that belongs to it. The word without the sign is another one, which
    /// is added too unless it is a single letter.
    fn push_signed(&mut self, word: Range<usize>, signed: Range<usize>) {
        self.push(signed, 1);
        if self.text.get(word.clone()).is_some_and(|word| word.chars().nth(1).is_some()) {
            self.push(word, 0);
        }
        self.position += 1;
    }

    /// Adds a run that contains joiners, or letters next to digits.
    fn push_compound(&mut self, bytes: Range<usize>) {
        let mut bytes = bytes;
        let Some(mut run) = self.text.get(bytes.clone()) else { return };
        let whole = run;
        while let Some(length) = elided_length(run) {
            bytes.start += length;
            run = &run[length..];
        }
        if let Some((stem, ending)) = run.char_indices().rev().nth(1).map(|(at, _)| run.split_at(at))
            && is_apostrophe_char(ending.chars().next())
            && ending.ends_with(['s', 'S'])
        {
            bytes.end = bytes.start + stem.len();
            run = stem;
        }
        let (closed, parts) = compound(run);
        if let [_] = parts.as_slice() {
            self.push_as(normalize(&closed).into_owned(), bytes.clone(), 1);
            // Turkish writes the suffixes of names after an apostrophe.
            let halves = run.split_once(is_apostrophe).filter(|_| !run.starts_with(|c: char| c.is_ascii_digit()));
            if let Some((head, tail)) = halves {
                if head.chars().nth(1).is_some() {
                    self.push_as(normalize(head).into_owned(), bytes.clone(), 0);
                }
                if tail.chars().nth(MIN_TAIL_LETTERS - 1).is_some() && !tail.contains(is_apostrophe) {
                    self.push(bytes.end - tail.len()..bytes.end, 0);
                }
            }
            // An accent that stands beside its letter looks like the apostrophe of an elision.
            if whole.len() > run.len() && whole.contains(['´', '`']) {
                let closed: String = whole.chars().filter(|c| !is_apostrophe(*c)).collect();
                self.push_as(normalize(&closed).into_owned(), bytes, 0);
            }
            self.position += 1;
            return;
        }
        let single = |part: &Part<'_>| part.text.chars().nth(1).is_none();
        let is_initials = run.contains('.')
            && !run.contains(|c: char| c.is_ascii_digit() || is_dash(c) || c.is_whitespace())
            && parts.iter().all(single);
        if is_initials {
            self.push_as(normalize(&closed).into_owned(), bytes, 1);
            self.position += 1;
            return;
        }
        let span = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        self.push_as(normalize(&closed).into_owned(), bytes.clone(), span);
        for part in parts {
            let text = normalize(&part.text).into_owned();
            self.push_as(text, bytes.start + part.bytes.start..bytes.start + part.bytes.end, 1);
            self.position += 1;
        }
    }

    /// Adds a run in a script without spaces, segmented by dictionary.
    fn push_unspaced(&mut self, bytes: Range<usize>) {
        let Some(run) = self.text.get(bytes.clone()) else { return };
        for word in segments(run) {
            if !run.get(word.clone()).is_some_and(|word| word.chars().any(is_word_char)) {
                continue;
            }
            let word = bytes.start + word.start..bytes.start + word.end;
            let parts = self.simplified_parts(&word);
            self.push(word.clone(), u32::try_from(parts.len()).unwrap_or(1).max(1));
            self.push_pairs(word, bytes.end);
            for part in &parts {
                self.push(part.clone(), 1);
                self.position += 1;
            }
            self.position += u32::from(parts.is_empty());
        }
    }

    /// The parts of a word of traditional Chinese that the dictionary knows as several words of
    /// simplified Chinese; none if it is one word there too. Without them neither way of writing
    /// would find the other.
    fn simplified_parts(&self, word: &Range<usize>) -> Vec<Range<usize>> {
        let Some(text) = self.text.get(word.clone()) else { return Vec::new() };
        if text.chars().all(|c| simplified(c) == c) || text.chars().any(|c| simplified(c).len_utf8() != c.len_utf8()) {
            return Vec::new();
        }
        let in_simplified: String = text.chars().map(simplified).collect();
        let parts = segments(&in_simplified).map(|part| word.start + part.start..word.start + part.end);
        Some(parts.collect::<Vec<_>>()).filter(|parts| parts.len() > 1).unwrap_or_default()
    }

    /// Adds the pairs of ideographs or kana that begin in a word, except the word itself. The last
    /// pair may reach into the next word.
    fn push_pairs(&mut self, word: Range<usize>, run_end: usize) {
        let Some(rest) = self.text.get(word.start..run_end) else { return };
        let mut chars = rest.char_indices().peekable();
        while let Some((at, first)) = chars.next() {
            let begin = word.start + at;
            let Some(&(next_at, next)) = chars.peek() else { return };
            let end = word.start + next_at + next.len_utf8();
            if begin >= word.end {
                return;
            }
            if is_paired(first) && is_paired(next) && !(begin == word.start && end == word.end) {
                self.push(begin..end, 0);
            }
        }
    }
}

/// The words of a text without spaces, by dictionary.
fn segments(run: &str) -> impl Iterator<Item = Range<usize>> {
    static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
        LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));
    let mut start = 0;
    SEGMENTER.segment_str(run).skip(1).map(move |end| std::mem::replace(&mut start, end)..end)
}

/// Whether a hyphen that joins nothing precedes `at`, perhaps with a quotation mark after it.
fn is_dashed(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let before = before.strip_suffix(is_quote).unwrap_or(before);
    before.strip_suffix(is_dash).is_some_and(|head| !head.ends_with(is_word_char))
}

/// Quotation marks that begin or end a phrase.
pub fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '＂')
}

/// Hyphens, and the signs that are typed or set in their place. The em dash is none: it separates.
pub fn is_dash(c: char) -> bool {
    is_hyphen(c) || matches!(c, '‒' | '–' | '−' | '﹣' | '－')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '‐' | '‑')
}

/// A part of a compound.
struct Part<'a> {
    bytes: Range<usize>,
    text: Cow<'a, str>,
}

/// A compound as one word, and its parts: split at joiners and between letters and digits, but not
/// at apostrophes. Elided articles are no parts.
fn compound(run: &str) -> (String, Vec<Part<'_>>) {
    let mut closed = String::with_capacity(run.len());
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(c) = run.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = &run[at..];
        if c.is_ascii_digit() {
            let number = &rest[..number_length(rest)];
            add_number(number, at, &mut closed, &mut parts);
            at += number.len();
            continue;
        }
        let is_part = |c: char| is_apostrophe(c) || is_word_char(c) || is_combining_mark(c) || is_invisible(c);
        let length = rest.find(|c: char| c.is_ascii_digit() || !is_part(c)).unwrap_or(rest.len());
        if length == 0 {
            closed.extend(matches!(c, '+' | '&').then_some(c));
            at += c.len_utf8();
            continue;
        }
        let mut piece = &rest[..length];
        closed.extend(piece.chars().filter(|c| !is_apostrophe(*c)));
        while let Some(length) = elided_length(piece) {
            piece = &piece[length..];
        }
        at += length;
        if piece.contains(is_word_char) {
            let text = if piece.contains(is_apostrophe) {
                Cow::Owned(piece.chars().filter(|c| !is_apostrophe(*c)).collect())
            } else {
                Cow::Borrowed(piece)
            };
            parts.push(Part { bytes: at - piece.len()..at, text });
        }
    }
    (closed, parts)
}

/// The length of the number that a text begins with, with what separates its digits.
fn number_length(text: &str) -> usize {
    let mut length = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let separates = separates_digits(c) && chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
        if !c.is_ascii_digit() && !separates {
            break;
        }
        length = at + c.len_utf8();
    }
    length
}

fn separates_digits(c: char) -> bool {
    matches!(c, '.' | ',') || is_apostrophe(c) || is_space_in_number(c)
}

fn is_space_in_number(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}')
}

/// Adds a number to a compound. Thousands are one part, unless only a plain space separates them.
fn add_number<'a>(number: &'a str, at: usize, closed: &mut String, parts: &mut Vec<Part<'a>>) {
    let groups: Vec<&str> = number.split(separates_digits).collect();
    let separators: Vec<char> = number.chars().filter(|c| separates_digits(*c)).collect();
    let fraction = match (groups.split_last(), separators.split_last()) {
        (Some((_, whole)), Some((last, before)))
            if matches!(last, '.' | ',')
                && !before.contains(last)
                && (before.is_empty() || are_thousands(whole, before)) =>
        {
            (!are_thousands(&groups, &separators)).then_some(whole.len())
        }
        _ => None,
    };
    let whole_groups = fraction.unwrap_or(groups.len());
    let whole_separators = separators.get(..whole_groups.saturating_sub(1)).unwrap_or_default();
    let is_one = are_thousands(groups.get(..whole_groups).unwrap_or_default(), whole_separators)
        && !whole_separators.contains(&' ');
    let mut start = at;
    let mut whole: Option<Part<'a>> = None;
    for (place, group) in groups.iter().enumerate() {
        if fraction == Some(place) {
            closed.push('.');
        }
        closed.push_str(group);
        let bytes = start..start + group.len();
        start = bytes.end + separators.get(place).map_or(0, |separator| separator.len_utf8());
        match &mut whole {
            Some(part) if is_one && place < whole_groups => {
                part.bytes.end = bytes.end;
                part.text.to_mut().push_str(group);
            }
            _ => parts.extend(whole.replace(Part { bytes, text: Cow::Borrowed(group) })),
        }
    }
    parts.extend(whole);
}

/// Whether groups of digits are one number with its thousands separated, all in the same way.
fn are_thousands(groups: &[&str], separators: &[char]) -> bool {
    let Some((first, rest)) = groups.split_first() else { return false };
    !rest.is_empty()
        && matches!(first.len(), 1..=3)
        && !first.starts_with('0')
        && rest.iter().all(|group| group.len() == 3)
        && separators.windows(2).all(|pair| pair.first() == pair.last())
}

/// Prefixes that French, Italian, Catalan and Portuguese elide before a vowel.
const ELIDED: [&str; 30] = [
    "l", "d", "j", "m", "n", "s", "t", "c", "v", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "un", "all", "coll",
    "dall", "dell", "nell", "sull", "quell", "quest", "gl", "agl", "dagl", "degl", "negl", "sugl", "quegl",
];

/// The fewest letters after an apostrophe that are a word of their own.
const MIN_TAIL_LETTERS: usize = 4;

/// The length in bytes of an elided article and its apostrophe at the beginning of a run.
pub(crate) fn elided_length(run: &str) -> Option<usize> {
    let at = run.find(is_apostrophe)?;
    let apostrophe = run[at..].chars().next()?;
    let prefix = &run[..at];
    let rest = &run[at + apostrophe.len_utf8()..];
    let is_elided = ELIDED.iter().any(|elided| prefix.eq_ignore_ascii_case(elided)) && !begins_with_consonant(rest);
    is_elided.then_some(at + apostrophe.len_utf8())
}

/// Whether a word begins with a consonant, before which nothing is elided. Initials may be spoken
/// with a vowel: *l'FMI*.
fn begins_with_consonant(word: &str) -> bool {
    let mut chars = word.chars();
    let first = chars.next().unwrap_or(' ');
    let is_consonant = first.is_ascii_alphabetic() && !"aeiouyhAEIOUYH".contains(first);
    let is_initials = first.is_uppercase() && chars.next().is_some_and(char::is_uppercase);
    is_consonant && !is_initials
}

fn is_word_char(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() && !is_letter_apostrophe(c) }
}

/// The length of what connects the run from `start` to `at` with the word behind it.
fn joiner_at(text: &str, start: usize, at: usize, joiner: char) -> Option<usize> {
    let behind = at + joiner.len_utf8();
    let rest = text.get(behind..)?;
    let next = rest.chars().next()?;
    match joiner {
        ' ' if next.is_alphabetic() => None,
        // A word that was parted at the end of a line.
        '\n' => {
            let is_parted = text.get(start..at)?.ends_with('\u{ad}') && next.is_lowercase();
            is_parted.then_some(1)
        }
        _ if is_hyphen(joiner) && next == '\n' => {
            let before = text.get(start..at)?.chars().next_back()?;
            let is_parted = before.is_alphabetic() && rest.chars().nth(1)?.is_lowercase();
            is_parted.then(|| joiner.len_utf8() + 1)
        }
        '.' | ',' => point_length(text, start, at, joiner),
        '+' | '&' => {
            let (before, after) = (letters_before(text, start, at), letters_ahead(rest));
            let longest = if joiner == '&' { 3 } else { 2 };
            let are_short =
                |letters: &str| matches!(letters.chars().count(), 1..) && letters.chars().count() <= longest;
            let is_alone = rest.get(after.len()..).is_none_or(|rest| !rest.starts_with(is_word_char));
            (are_short(before) && are_short(after) && is_alone).then_some(1)
        }
        ' ' if matches!(next, '+' | '&') => {
            let after = rest.get(1..)?.strip_prefix(' ')?;
            let is_single = |letters: &str| letters.chars().count() == 1;
            let are_single = is_single(letters_before(text, start, at)) && is_single(letters_ahead(after));
            (are_single && !after.get(1..)?.starts_with(is_word_char)).then_some(3)
        }
        _ if is_space_in_number(joiner) => is_between_thousands(text, start, at, rest).then(|| joiner.len_utf8()),
        _ if is_apostrophe(joiner) || is_dash(joiner) => {
            let before = text.get(start..at)?.trim_end_matches(is_invisible).chars().next_back()?;
            let is_range = !is_hyphen(joiner) && is_dash(joiner) && before.is_numeric() && next.is_numeric();
            let joins = is_word_char(next) && (is_word_char(before) || is_combining_mark(before)) && !is_range;
            joins.then(|| joiner.len_utf8())
        }
        _ => None,
    }
}

/// Whether a space separates thousands: before it stand up to three digits, after it just three.
fn is_between_thousands(text: &str, start: usize, at: usize, rest: &str) -> bool {
    let head = text.get(start..at).unwrap_or_default();
    let before = head.len() - head.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let after = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let behind = rest.get(after..).and_then(|rest| rest.chars().next());
    let is_first = before == head.len() && matches!(before, 1..=3) && !head.starts_with('0');
    let goes_on = before == 3 && head.chars().all(|c| c.is_ascii_digit() || is_space_in_number(c));
    after == 3 && !behind.is_some_and(is_word_char) && (is_first || goes_on)
}

/// The length of a point or comma that connects, with the space after it in `EE. UU.`.
fn point_length(text: &str, start: usize, at: usize, point: char) -> Option<usize> {
    let rest = text.get(at + 1..)?;
    let next = rest.chars().next()?;
    let before = text.get(start..at)?.chars().next_back()?;
    if before.is_ascii_digit() {
        let is_ordinal = point == '.' && matches!(next, 'º' | 'ª') && !rest.chars().nth(1).is_some_and(is_word_char);
        return (next.is_ascii_digit() || is_ordinal).then_some(1);
    }
    if point == ',' {
        return None;
    }
    let head = letters_before(text, start, at);
    let head_letters = head.chars().count();
    if head_letters == 0 {
        return None;
    }
    if matches!(next, ' ' | '\u{a0}') {
        let after = rest.get(next.len_utf8()..)?;
        let tail = letters_ahead(after);
        let behind = after.get(tail.len()..)?.strip_prefix('.')?;
        let is_short = head_letters <= 2 && matches!(tail.chars().count(), 1..=3);
        let are_capitals = head.starts_with(char::is_uppercase) && tail.starts_with(char::is_uppercase);
        // `Ph.D. M.Sc.` are two.
        let is_spaced = text.get(start..at)?.split('.').skip(1).all(|part| part.starts_with(char::is_whitespace));
        let joins = is_short && are_capitals && is_spaced && !behind.starts_with(is_word_char);
        return joins.then_some(1 + next.len_utf8());
    }
    let tail = letters_ahead(rest);
    let tail_letters = tail.chars().count();
    let behind = rest.get(tail.len()..).unwrap_or_default();
    if tail_letters == 0 || behind.starts_with(is_word_char) {
        return None;
    }
    let is_last = !behind.strip_prefix('.').is_some_and(|behind| behind.starts_with(is_word_char));
    let is_first = text.get(..at - head.len()).is_none_or(|head| !head.ends_with(['.', '@', '/', '-', '_']));
    let are_capitals = head.starts_with(char::is_uppercase) && tail.starts_with(char::is_uppercase);
    let (shorter, longer) = (head_letters.min(tail_letters), head_letters.max(tail_letters));
    let is_upper = |letters: &str| letters.chars().all(char::is_uppercase);
    // `U.N.`, `n.º`, `Ph.D.`, `EE.UU.`, `ASP.NET`
    let is_short = shorter == 1 || (are_capitals && shorter == 2) || (is_upper(head) && is_upper(tail));
    let is_abbreviation = is_short && longer <= 4;
    // `Node.js`
    let is_name = is_first
        && is_last
        && head_letters > 1
        && matches!(tail_letters, 2..=3)
        && tail.chars().all(char::is_lowercase)
        && !behind.starts_with(['/', '@', '_']);
    (is_abbreviation || is_name || is_catalan(head, tail)).then_some(1)
}

/// Whether a point between two words is that of a Catalan `l·l`.
fn is_catalan(head: &str, tail: &str) -> bool {
    head.ends_with('l') && tail.starts_with('l') && head.chars().nth(1).is_some() && tail.chars().nth(1).is_some()
}

/// The letters of a run that end at a byte.
fn letters_before(text: &str, start: usize, at: usize) -> &str {
    let head = text.get(start..at).unwrap_or_default();
    head.get(head.trim_end_matches(is_letter).len()..).unwrap_or_default()
}

/// The letters that a text begins with.
fn letters_ahead(text: &str) -> &str {
    text.get(..text.len() - text.trim_start_matches(is_letter).len()).unwrap_or_default()
}

fn is_letter(c: char) -> bool {
    (c.is_alphabetic() && is_word_char(c) && !is_unspaced(c)) || is_combining_mark(c)
}

/// The length of a sign after a word that makes another word of it: `C++`, `C#`.
fn sign_behind(text: &str, bytes: Range<usize>) -> Option<usize> {
    let rest = text.get(bytes.end..).filter(|rest| rest.starts_with(['+', '#']))?;
    let sign = ["++", "#"].into_iter().find(|sign| rest.starts_with(sign))?;
    let behind = rest.get(sign.len()..)?.chars().next();
    let belongs = match sign {
        "#" => bytes.len() == 1 && !behind.is_some_and(|c| is_word_char(c) && !is_unspaced(c)),
        _ => behind != Some('+'),
    };
    belongs.then_some(sign.len())
}

/// Whether a word has a point before it that belongs to it: `.NET`, `.org`.
fn has_point_before(text: &str, bytes: Range<usize>) -> bool {
    let Some(before) = text.get(..bytes.start).and_then(|head| head.strip_suffix('.')) else { return false };
    let Some(word) = text.get(bytes) else { return false };
    let is_free = before.chars().next_back().is_none_or(|c| c.is_whitespace() || is_quote(c) || matches!(c, '(' | '['));
    let is_one_case = word.chars().all(|c| c.is_ascii_uppercase()) || word.chars().all(|c| c.is_ascii_lowercase());
    is_free && is_one_case && matches!(word.len(), 2..=4)
}

/// The most bytes of one letter, with an accent of its own.
const MAX_LETTER_BYTES: usize = 4;

/// The words, and those whose letters are set apart by spaces. Such a word is added before its
/// letters, like a compound, and again at the last of them, so that the next word follows it in a
/// phrase. Where several stand side by side there is no doubt that they are words, and each has one
/// position, so that all of them are a phrase. Digits that are set apart are a number beside such a word
/// only: elsewhere they are numbers of a list.
fn with_spaced_words(text: &str, words: Vec<Word<'static>>) -> Vec<Word<'static>> {
    let letter = |word: &Word<'_>| text.get(word.bytes.clone()).filter(|_| word.span == 1).and_then(SetApart::of);
    let follows = |word: &Word<'_>, next: &Word<'_>| {
        if word.bytes.len().max(next.bytes.len()) > MAX_LETTER_BYTES {
            return false;
        }
        let gap = text.get(word.bytes.end..next.bytes.start);
        gap.is_some_and(|gap| gap.chars().count() == 1 && gap.starts_with(is_space_between_letters))
            && letter(word).is_some_and(|kind| letter(next) == Some(kind))
    };
    let kind_of = |run: &[Word<'_>]| run.first().filter(|_| run.len() >= MIN_SPACED_LETTERS).and_then(letter);
    let is_spaced = |run: &[Word<'_>]| kind_of(run).is_some_and(|kind| kind != SetApart::Digit);
    if !words.chunk_by(follows).any(is_spaced) {
        return words;
    }
    let runs: Vec<&[Word<'_>]> = words.chunk_by(follows).collect();
    let beside =
        |place: usize| [place.checked_sub(1), Some(place + 1)].into_iter().flatten().filter_map(|at| runs.get(at));
    let mut found = Vec::with_capacity(words.len() + 8);
    // How many positions the words before have less than their letters.
    let mut less = 0;
    for (place, run) in runs.iter().enumerate() {
        let is_beside_word = beside(place).any(|other| is_spaced(other));
        let is_word = is_spaced(run) || (kind_of(run).is_some() && is_beside_word);
        let moved = |word: &Word<'static>| Word { position: word.position.saturating_sub(less), ..word.clone() };
        let (Some(first), Some(last)) = (run.first().filter(|_| is_word), run.last()) else {
            found.extend(run.iter().map(moved));
            continue;
        };
        let length = u32::try_from(run.len()).unwrap_or(u32::MAX);
        let whole = Word {
            text: Cow::Owned(run.iter().map(|word| word.text.as_ref()).collect()),
            bytes: first.bytes.start..last.bytes.end,
            span: length,
            ..moved(first)
        };
        let is_beside_number = beside(place).any(|other| kind_of(other).is_some());
        if is_beside_word || is_beside_number {
            let letters = run.iter().map(|letter| Word { position: whole.position, span: 0, ..letter.clone() });
            found.push(Word { span: 1, ..whole.clone() });
            found.extend(letters);
            less += length.saturating_sub(1);
        } else {
            found.push(whole.clone());
            found.extend(run.iter().map(moved));
            found.push(Word { position: last.position.saturating_sub(less), span: 0, ..whole });
        }
    }
    found
}

/// Spaces that are set between the letters of a word, and not between words: none wider than a third of
/// an em.
fn is_space_between_letters(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2004}'..='\u{200a}' | '\u{202f}')
}

pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '‛' | '＇' | '´' | '`' | '′') || is_letter_apostrophe(c)
}

/// Apostrophes that Unicode counts among the letters, such as the glottal stop of Guaraní.
fn is_letter_apostrophe(c: char) -> bool {
    matches!(c, 'ʻ' | 'ʼ' | 'ʽ' | 'ʾ' | 'ʿ' | 'ˈ' | 'ꞌ' | 'Ꞌ')
}

fn is_apostrophe_char(c: Option<char>) -> bool {
    c.is_some_and(is_apostrophe)
}

const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// Ideographs and kana.
fn is_paired(c: char) -> bool {
    is_unspaced(c) && !matches!(c, '\u{e00}'..='\u{17ff}')
}

/// Whether a character's script is written without spaces between words.
pub fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<(String, u32)> {
        words(text).into_iter().map(|word| (word.text.into_owned(), word.position)).collect()
    }

    fn flat(text: &str) -> String {
        let written_words = words(text).into_iter().filter(|word| word.span > 0);
        written_words.map(|word| word.text.into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_split_as_people_mean_them() {
        for (text, expected) in [
            ("L'enseignement d’accès, qu'il", "enseignement accès il"),
            ("the university's students don't", "the university students dont"),
            ("COVID-19 covid19", "covid19 covid 19 covid19 covid 19"),
            ("e-learning", "elearning e learning"),
            ("U.N.E.S.C.O. and the U.S.", "unesco and the us"),
            ("1.000 or 3,5.", "1000 or 3.5 3 5"),
            ("the end.Begin a.m.", "the end begin am"),
            ("- -19 - x", "19 x"),
            ("O'Reilly", "oreilly"),
            ("Türkiye'nin", "türkiyenin"),
            ("C++ & C#, C# .NET (.org)", "c++ c# c# .net .org"),
            ("ＣＲＥＳ　２０１８", "cres 2018"),
            ("l'U.N.E.S.C.O", "unesco"),
        ] {
            assert_eq!(flat(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_however_their_thousands_are_separated() {
        for (text, expected) in [
            ("8.750 8,750 8'750 8\u{a0}750 8\u{202f}750", "8750 8750 8750 8750 8750"),
            ("8 750", "8750 8 750"),
            ("1.234.567,8 1,234,567.8", "1234567.8 1234567 8 1234567.8 1234567 8"),
            ("0,125 0.125 2.0", "0.125 0 125 0.125 0 125 2.0 2 0"),
            ("12.03.2019 1,2,3 1.2.3", "12032019 12 03 2019 123 1 2 3 123 1 2 3"),
            ("1.200-1.500", "12001500 1200 1500"),
            ("1998–2004 1998-2004", "1998 2004 19982004 1998 2004"),
            ("2019 200, 12 50, a 1 2000", "2019 200 12 50 a 1 2000"),
            ("4.º 4º 4.ª", "4o 4 o 4o 4 o 4a 4 a"),
        ] {
            assert_eq!(flat(text), expected, "{text}");
        }
    }

    #[test]
    fn abbreviations_are_one_word_and_their_parts() {
        for (text, expected) in [
            ("Ph.D. M.Sc. LL.M", "phd ph d msc m sc llm ll m"),
            ("CC.OO. y CC. OO. de FF. AA.", "ccoo cc oo y ccoo cc oo de ffaa ff aa"),
            ("n.º nº n.os p.ej.", "no no nos n os pej p ej"),
            ("Vue.js; informe.pdf; ASP.NET", "vuejs vue js informepdf informe pdf aspnet asp net"),
            ("J. L. Borges", "jl j l borges"),
            ("llegó.El otro", "llegó el otro"),
            ("www.campus.edu.uy", "www campus edu uy"),
            ("I+D+i, R&D y R & D", "i+d+i i d i r&d r d y r&d r d"),
            ("uno + dos & tres", "uno dos tres"),
            ("a++b c+++ Expo+5", "a++ b c expo 5"),
        ] {
            assert_eq!(flat(text), expected, "{text}");
        }
    }

    #[test]
    fn dashes_between_letters_are_hyphens() {
        for text in ["e-voto", "e–voto", "e‑voto", "e‐voto", "e−voto", "e－voto", "e﹣voto", "e‒voto"] {
            assert_eq!(flat(text), "evoto e voto", "{text}");
        }
        assert_eq!(flat("crece—mucho – poco –dijo– SARS–2"), "crece mucho poco dijo sars2 sars 2");
    }

    #[test]
    fn invisible_characters_join_or_part_words() {
        assert_eq!(flat("uni\u{ad}ver\u{2060}si\u{200d}dad"), "universidad");
        assert_eq!(flat("uno\u{200b}dos"), "uno dos");
        assert_eq!(flat("\u{2067}dos\u{2069} \u{61c}tres"), "dos tres");
        assert_eq!(flat("3\u{fe0f}\u{20e3}"), "3");
    }

    #[test]
    fn apostrophes_of_all_kinds_are_read_alike() {
        for apostrophe in ['\'', '’', 'ʼ', 'ꞌ', '´', 'ʻ'] {
            assert_eq!(flat(&format!("ka{apostrophe}aguy")), "kaaguy", "{apostrophe}");
        }
        for (text, expected) in [
            ("Côte-d’Or, mise-à-l’eau", "côtedor côte or miseàleau mise à eau"),
            ("copo-d'água dell'anno gl'itali", "copodágua copo água anno itali"),
            ("N'Djamena", "ndjamena"),
            ("l'FMI, d'un", "fmi un"),
        ] {
            assert_eq!(flat(text), expected, "{text}");
        }
        let has = |text: &str, word: &str| tokens(text).iter().any(|(found, _)| found == word);
        assert!(has("sant'Onofrio", "onofrio") && has("m´etodo", "metodo") && has("m´etodo", "etodo"));
    }

    #[test]
    fn words_parted_at_the_end_of_a_line_are_found_whole() {
        for hyphen in ["-", "\u{2010}", "\u{ad}"] {
            assert_eq!(flat(&format!("la educa{hyphen}\nción, y")), "la educación educa ción y", "{hyphen:?}");
        }
        assert_eq!(flat("pre-\nY, uno -\ndos 1-\na"), "pre y uno dos 1 a");
    }

    #[test]
    fn letters_set_apart_are_found_as_a_word() {
        assert_eq!(flat("el A C T A final"), "el acta a c t a final");
        let spaced = tokens("A C T A  F I N A L");
        let of = |word: &str| spaced.iter().filter(|(text, _)| text == word).map(|(_, at)| *at).collect::<Vec<_>>();
        assert_eq!((of("acta"), of("final")), (vec![0], vec![1]));
        let spaced = tokens("el A C T A final");
        let of = |word: &str| spaced.iter().filter(|(text, _)| text == word).map(|(_, at)| *at).collect::<Vec<_>>();
        assert_eq!((of("acta"), of("final")), (vec![1, 4], vec![5]));
        assert_eq!(flat("A b C, X Y"), "a b c x y");
        assert_eq!(flat("A C T A\u{2003}2 0 2 4"), "acta 2024");
        assert_eq!(flat("A C T A: 2 0 2 4, 1 2 3"), "acta 2024 1 2 3");
        assert_eq!(flat("A\u{200a}C\u{200a}T\u{200a}A"), "acta a c t a");
    }

    #[test]
    fn repaired_words_point_at_the_original_text() {
        let text = "la monta˜na² de Ma˜nach¹";
        let written: Vec<_> = words(text).into_iter().map(|word| (word.text.into_owned(), &text[word.bytes])).collect();
        let expected = [("la", "la"), ("montaña", "monta˜na"), ("de", "de"), ("mañach", "Ma˜nach")];
        assert_eq!(written, expected.map(|(word, written)| (word.to_owned(), written)));
    }

    #[test]
    fn the_part_before_an_apostrophe_is_indexed_too() {
        assert_eq!(
            tokens("Türkiye'nin a"),
            [("türkiyenin", 0), ("türkiye", 0), ("a", 1)].map(|(w, p)| (w.to_owned(), p))
        );
    }

    #[test]
    fn parts_of_a_compound_have_consecutive_positions() {
        assert_eq!(
            tokens("a b-c d"),
            [("a", 0), ("bc", 1), ("b", 1), ("c", 2), ("d", 3)].map(|(w, p)| (w.to_owned(), p))
        );
    }

    #[test]
    fn scripts_without_spaces_are_segmented_by_dictionary() {
        assert_eq!(flat("高等教育的国际化"), "高等教育 的 国际 化");
        // The dictionary has 圖書館 and not 图书馆.
        assert_eq!(flat("圖書館的學術"), "图书馆 图书 馆 的 学术");
        assert_eq!(flat("图书馆的学术"), "图书 馆 的 学术");
        // The dictionary splits 和学|生 here; the pair is indexed all the same.
        assert!(tokens("高等教育和学生").iter().any(|(word, _)| word == "学生"));
        assert!(tokens("การศึกษาระดับอุดมศึกษา").len() > 2);
        assert!(tokens("高等教育の国際化").len() > 2);
    }

    #[test]
    fn offsets_point_at_the_text() {
        let text = "Él llegó — l’été 2018-19";
        for word in words(text) {
            assert!(text.get(word.bytes.clone()).is_some_and(|found| !found.is_empty()));
        }
    }
}
