//! Splits text into words, the same way for every language.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use unicode_normalization::char::is_combining_mark;

use super::normalizer::{is_invisible, normalize};

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
/// * Elided articles are dropped (`l'enseignement`, `d’accès`). Other apostrophes are removed
///   (`don't`), and the part before them is indexed too (`Türkiye'nin`). A possessive `'s` is
///   dropped.
/// * A compound joined by hyphens, or by points and commas within a number (`covid-19`,
///   `e-learning`, `1.000`), gives the whole without its joiners and then its parts. A change
///   between letters and digits (`COVID19`) makes a compound as well.
/// * Initials lose their points: `U.N.E.S.C.O.`.
/// * Scripts without spaces are segmented by dictionary. A dictionary may segment the same
///   characters differently beside others, so Chinese and Japanese also give every pair of adjacent
///   characters.
pub fn words(text: &str) -> Vec<Word<'_>> {
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
                complex |= is_unspaced(next);
                digit_edge |= last.is_ascii_digit() != next.is_ascii_digit();
            } else if is_joiner(next) && follows_word_char(text, at + next.len_utf8()) && joins(last, next, text, at) {
                joined = true;
            } else {
                break;
            }
            last = next;
            end = at + next.len_utf8();
            chars.next();
        }
        if complex {
            tokenizer.push_unspaced(start..end);
        } else if joined || digit_edge {
            tokenizer.push_compound(start..end);
        } else {
            tokenizer.push(start..end, 1);
            tokenizer.position += 1;
        }
    }
    tokenizer.words
}

struct Tokenizer<'a> {
    text: &'a str,
    words: Vec<Word<'a>>,
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

    /// Adds a run that contains joiners, or letters next to digits.
    fn push_compound(&mut self, bytes: Range<usize>) {
        let mut bytes = bytes;
        let Some(mut run) = self.text.get(bytes.clone()) else { return };
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
        let parts = parts(run);
        if let [only] = parts.as_slice() {
            let word = &run[only.clone()];
            let closed: String = word.chars().filter(|c| !is_apostrophe(*c)).collect();
            self.push_as(normalize(&closed).into_owned(), bytes.clone(), 1);
            // Turkish writes the suffixes of names after an apostrophe.
            if let Some((head, _)) = word.split_once(is_apostrophe)
                && head.chars().nth(1).is_some()
            {
                self.push_as(normalize(head).into_owned(), bytes, 0);
            }
            self.position += 1;
            return;
        }
        let closed: String = run.chars().filter(|c| !is_joiner(*c)).collect();
        let single = |part: &Range<usize>| run[part.clone()].chars().nth(1).is_none();
        let initials =
            run.contains('.') && !run.contains(|c: char| c.is_ascii_digit() || c == '-') && parts.iter().all(single);
        if initials {
            self.push_as(normalize(&closed).into_owned(), bytes, 1);
            self.position += 1;
            return;
        }
        let span = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        self.push_as(normalize(&closed).into_owned(), bytes.clone(), span);
        for part in parts {
            self.push(bytes.start + part.start..bytes.start + part.end, 1);
            self.position += 1;
        }
    }

    /// Adds a run in a script without spaces, segmented by dictionary.
    fn push_unspaced(&mut self, bytes: Range<usize>) {
        static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
            LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));
        let Some(run) = self.text.get(bytes.clone()) else { return };
        let mut start = 0;
        for end in SEGMENTER.segment_str(run).skip(1) {
            if run.get(start..end).is_some_and(|part| part.chars().any(is_word_char)) {
                self.push(bytes.start + start..bytes.start + end, 1);
                self.push_pairs(bytes.start + start..bytes.start + end, bytes.end);
                self.position += 1;
            }
            start = end;
        }
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

/// Whether a hyphen that joins nothing precedes `at`, perhaps with a quotation mark after it.
fn is_dashed(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let before = before.strip_suffix(is_quote).unwrap_or(before);
    before.strip_suffix('-').is_some_and(|head| !head.ends_with(is_word_char))
}

/// Quotation marks that begin or end a phrase.
pub fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '＂')
}

/// The parts of a compound: split at joiners and between letters and digits, but not at
/// apostrophes.
fn parts(run: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = None;
    let mut last = '\0';
    for (at, c) in run.char_indices() {
        let joiner = is_joiner(c) && !is_apostrophe(c);
        let edge = is_word_char(c) && is_word_char(last) && c.is_ascii_digit() != last.is_ascii_digit();
        if (joiner || edge)
            && let Some(from) = start.take()
        {
            parts.push(from..at);
        }
        if !joiner && start.is_none() {
            start = Some(at);
        }
        last = c;
    }
    parts.extend(start.map(|from| from..run.len()));
    parts
}

/// Prefixes that French, Italian, Catalan and Portuguese elide before a vowel.
const ELIDED: [&str; 20] = [
    "l", "d", "j", "m", "n", "s", "t", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "un", "all", "dall", "dell",
    "nell", "sull", "quell",
];

/// The length in bytes of an elided article and its apostrophe at the beginning of a run.
pub(crate) fn elided_length(run: &str) -> Option<usize> {
    let at = run.find(is_apostrophe)?;
    let apostrophe = run[at..].chars().next()?;
    let prefix = &run[..at];
    let rest = &run[at + apostrophe.len_utf8()..];
    let is_possessive = rest.eq_ignore_ascii_case("s");
    (!is_possessive && ELIDED.iter().any(|elided| prefix.eq_ignore_ascii_case(elided)))
        .then_some(at + apostrophe.len_utf8())
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric()
}

fn follows_word_char(text: &str, at: usize) -> bool {
    text.get(at..).and_then(|rest| rest.chars().next()).is_some_and(is_word_char)
}

/// Whether a joiner between two word characters connects them.
fn joins(before: char, joiner: char, text: &str, at: usize) -> bool {
    if joiner == '.' || joiner == ',' {
        let after = text.get(at + 1..).unwrap_or_default();
        let mut after = after.chars();
        let next = after.next().unwrap_or(' ');
        if before.is_ascii_digit() {
            return next.is_ascii_digit();
        }
        // Initials: single letters on both sides.
        let single_before = text.get(..at).and_then(|head| head.chars().rev().nth(1)).is_none_or(|c| !is_word_char(c));
        return joiner == '.'
            && single_before
            && !next.is_ascii_digit()
            && after.next().is_none_or(|c| !is_word_char(c));
    }
    is_word_char(before)
}

pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | 'ʼ' | '＇' | '´' | '`')
}

fn is_apostrophe_char(c: Option<char>) -> bool {
    c.is_some_and(is_apostrophe)
}

fn is_joiner(c: char) -> bool {
    is_apostrophe(c) || matches!(c, '-' | '‐' | '‑' | '.' | ',')
}

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
            ("1.000 or 3,5.", "1000 1 000 or 35 3 5"),
            ("end.Begin a.m.", "end begin am"),
            ("- -19 - x", "19 x"),
            ("O'Reilly", "oreilly"),
            ("Türkiye'nin", "türkiyenin"),
            ("C++ & C#", "c c"),
            ("ＣＲＥＳ　２０１８", "cres 2018"),
            ("l'U.N.E.S.C.O", "unesco"),
        ] {
            assert_eq!(flat(text), expected, "{text}");
        }
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
