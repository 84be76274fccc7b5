//! Language tags, lines of text and the one form of ids.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::is_combining_mark;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Whether a text has the form of a BCP 47 tag: subtags of 1 to 8 letters and digits, the first
/// of 2 to 8 letters.
pub fn is_language_tag(text: &str) -> bool {
    let mut subtags = text.split('-');
    let primary = subtags.next().unwrap_or_default();
    (2..=8).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && subtags
            .all(|subtag| (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// A language tag in its BCP 47 form: a locale's underscores (`es_CO`) become hyphens. `None` for a
/// text that is no tag either way.
pub fn language_tag(text: &str) -> Option<String> {
    let tag = text.replace('_', "-");
    is_language_tag(&tag).then_some(tag)
}

/// Whether a language matches a wanted one: `pt` matches `pt-BR`, but `pt-BR` does not match `pt`.
pub fn language_is_under(lang: &str, wanted: &str) -> bool {
    lang.len() >= wanted.len()
        && lang.is_char_boundary(wanted.len())
        && lang[..wanted.len()].eq_ignore_ascii_case(wanted)
        && matches!(lang.as_bytes().get(wanted.len()), None | Some(b'-'))
}

/// An id in its one Unicode form: composed (NFC), as most systems write names. Others write accents
/// apart (NFD), so that a file that was copied there and back would have another id.
pub fn composed(id: &str) -> Cow<'_, str> {
    if is_nfc(id) { Cow::Borrowed(id) } else { Cow::Owned(id.nfc().collect()) }
}

/// The text on one line: runs of white space become single spaces, and both ends are trimmed. Between
/// words whose letters are set apart (`A C T A  F I N A L`) stands a `WORD_GAP`.
pub fn one_line(text: &str) -> String {
    // What is set on two lines is two words.
    let text = match text.contains('\n') {
        true => Cow::Owned(text.replace('\n', "\u{2003}")),
        false => Cow::Borrowed(text),
    };
    let mut gaps = letter_gaps(&text).into_iter().peekable();
    let mut line = String::with_capacity(text.len());
    for (begin, word) in words_of(&text) {
        while gaps.next_if(|gap| gap.range.end < begin).is_some() {}
        if !line.is_empty() {
            let is_wide = gaps.peek().is_some_and(|gap| gap.is_wide && gap.range.end == begin);
            line.push(if is_wide { WORD_GAP } else { ' ' });
        }
        line.push_str(word);
    }
    line
}

/// What stands between two words whose letters are set apart by spaces, where white space is collapsed:
/// with a space there, nobody could tell where a word ends.
const WORD_GAP: char = '\u{2003}';

/// The text, with one space between letters that are set apart and a [`WORD_GAP`] between words of them.
pub(crate) fn with_word_gaps(text: &str) -> Cow<'_, str> {
    let gaps = letter_gaps(text);
    if gaps.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut spaced = String::with_capacity(text.len());
    let mut copied = 0;
    for LetterGap { range, is_wide } in gaps {
        spaced.push_str(text.get(copied..range.start).unwrap_or_default());
        spaced.push(if is_wide { WORD_GAP } else { ' ' });
        copied = range.end;
    }
    spaced.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(spaced)
}

/// White space between two letters that are set apart.
struct LetterGap {
    range: Range<usize>,
    /// Whether it is wider than the narrowest around it, and so parts two words.
    is_wide: bool,
}

/// What a letter or digit that is set apart by spaces is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SetApart {
    /// An upper-case letter.
    Upper,
    /// A lower-case letter.
    Lower,
    /// A digit.
    Digit,
}

impl SetApart {
    /// What a single letter with its accents, or a single digit, is; `None` for anything else.
    pub(crate) fn of(letter: &str) -> Option<SetApart> {
        let mut chars = letter.chars();
        let kind = match chars.next()? {
            c if c.is_uppercase() => SetApart::Upper,
            c if c.is_lowercase() => SetApart::Lower,
            c if c.is_ascii_digit() => SetApart::Digit,
            _ => return None,
        };
        chars.all(is_combining_mark).then_some(kind)
    }
}

/// A letter or digit that stands by itself.
struct Letter {
    /// The white space before it, and its width.
    gap: Range<usize>,
    width: usize,
    kind: SetApart,
}

/// The fewest letters set apart that are a word.
pub(crate) const MIN_SPACED_LETTERS: usize = 3;

/// The gaps between letters that are set apart, wherever they are not all single spaces. What parts lines
/// or the cells of a table parts letters, too.
fn letter_gaps(text: &str) -> Vec<LetterGap> {
    let mut gaps = Vec::new();
    let mut letters: Vec<Letter> = Vec::new();
    let mut end = 0;
    for (begin, word) in words_of(text) {
        let gap = end..begin;
        let space = text.get(gap.clone()).unwrap_or_default();
        if space.contains(['\n', '\r', '\t', '\u{2028}', '\u{2029}']) {
            close(&mut letters, &mut gaps);
        }
        match set_apart(word) {
            Some(kind) => {
                let width = space.chars().map(|c| if c == WORD_GAP { 2 } else { 1 }).sum();
                letters.push(Letter { gap, width, kind });
            }
            None => close(&mut letters, &mut gaps),
        }
        end = begin + word.len();
    }
    close(&mut letters, &mut gaps);
    gaps
}

/// Takes the gaps of a run of letters, if there is a word among them and a gap that is no single space.
fn close(letters: &mut Vec<Letter>, gaps: &mut Vec<LetterGap>) {
    let inner = letters.get(1..).unwrap_or_default();
    let narrowest = inner.iter().map(|letter| letter.width).min().unwrap_or(1);
    let follows = |a: &Letter, b: &Letter| b.width == narrowest && a.kind == b.kind;
    let is_word =
        |run: &[Letter]| run.len() >= MIN_SPACED_LETTERS && run.iter().all(|letter| letter.kind != SetApart::Digit);
    if inner.iter().any(|letter| letter.width > 1) && letters.chunk_by(follows).any(is_word) {
        gaps.extend(
            letters.drain(..).skip(1).map(|letter| LetterGap { range: letter.gap, is_wide: letter.width > narrowest }),
        );
    }
    letters.clear();
}

/// What a word is that may have punctuation marks around it, if it is a single letter or digit.
fn set_apart(word: &str) -> Option<SetApart> {
    let word = word.trim_start_matches(['¿', '¡', '«', '“', '"', '(']);
    SetApart::of(word.trim_end_matches([',', ';', ':', '.', '!', '?', '»', '”', '"', ')']))
}

fn is_white(c: char) -> bool {
    c.is_whitespace() || c == '\0'
}

/// The parts of a text between white space, and where they begin.
fn words_of(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive(is_white).filter_map(move |piece| {
        let begin = at;
        at += piece.len();
        let word = piece.trim_end_matches(is_white);
        (!word.is_empty()).then_some((begin, word))
    })
}

/// The beginning of a text, of at most this many bytes.
pub(crate) fn head(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_whose_letters_are_set_apart_stay_words_on_one_line() {
        for (text, expected) in [
            ("  a \n b\tc ", "a b c"),
            ("A C T A", "A C T A"),
            ("A C T A  F I N A L", "A C T A\u{2003}F I N A L"),
            ("A  C  T  A    F  I  N  A  L", "A C T A\u{2003}F I N A L"),
            ("A C T A\u{2003}F I N A L", "A C T A\u{2003}F I N A L"),
            ("A C T A\nF I N A L", "A C T A\u{2003}F I N A L"),
            ("M E M O R I A:  2 0 2 4  final", "M E M O R I A:\u{2003}2 0 2 4 final"),
            ("¡ A C T A\u{a0} D E !  Fin", "¡ A C T A\u{2003}D E ! Fin"),
            ("el  acta  y  a  o  b", "el acta y a o b"),
            ("El acta\u{2003}final  A  B", "El acta final A B"),
            ("1 2  3 4  5 6", "1 2 3 4 5 6"),
        ] {
            assert_eq!(one_line(text), expected, "{text}");
            assert_eq!(one_line(expected), expected);
        }
        assert_eq!(with_word_gaps("A  C  T  A   D  E\nA\tB\tC"), "A C T A\u{2003}D E\nA\tB\tC");
        assert!(matches!(with_word_gaps("el  acta\u{2003}final: A\nB\nC  D"), Cow::Borrowed(_)));
    }

    #[test]
    fn a_head_ends_between_characters() {
        assert_eq!((head("año", 2), head("año", 3), head("año", 9), head("", 1)), ("a", "añ", "año", ""));
    }

    #[test]
    fn a_language_matches_its_regional_variants() {
        assert!(language_is_under("pt-BR", "pt") && language_is_under("PT", "pt"));
        assert!(!language_is_under("pt", "pt-BR") && !language_is_under("ptx", "pt") && !language_is_under("é", "e"));
    }
}
