//! What connects or extends a word: the characters beside it that belong to it.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::chars::{
    is_apostrophe, is_dash, is_hyphen, is_letter, is_quote, is_space_in_number, is_unspaced, is_word_char,
};
use crate::analysis::normalizer::is_invisible;

/// The length of what connects the run from `start` to `at` with the word behind it.
pub(super) fn joiner_at(text: &str, start: usize, at: usize, joiner: char) -> Option<usize> {
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
pub(super) fn is_between_thousands(text: &str, start: usize, at: usize, rest: &str) -> bool {
    let head = text.get(start..at).unwrap_or_default();
    let before = head.len() - head.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let after = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let behind = rest.get(after..).and_then(|rest| rest.chars().next());
    let is_first = before == head.len() && matches!(before, 1..=3) && !head.starts_with('0');
    let goes_on = before == 3 && head.chars().all(|c| c.is_ascii_digit() || is_space_in_number(c));
    after == 3 && !behind.is_some_and(is_word_char) && (is_first || goes_on)
}

/// The length of a point or comma that connects, with the space after it in `EE. UU.`.
pub(super) fn point_length(text: &str, start: usize, at: usize, point: char) -> Option<usize> {
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
pub(super) fn is_catalan(head: &str, tail: &str) -> bool {
    head.ends_with('l') && tail.starts_with('l') && head.chars().nth(1).is_some() && tail.chars().nth(1).is_some()
}

/// The letters of a run that end at a byte.
pub(super) fn letters_before(text: &str, start: usize, at: usize) -> &str {
    let head = text.get(start..at).unwrap_or_default();
    head.get(head.trim_end_matches(is_letter).len()..).unwrap_or_default()
}

/// The letters that a text begins with.
pub(super) fn letters_ahead(text: &str) -> &str {
    text.get(..text.len() - text.trim_start_matches(is_letter).len()).unwrap_or_default()
}

/// The length of a sign after a word that makes another word of it: `C++`, `C#`.
pub(super) fn sign_behind(text: &str, bytes: Range<usize>) -> Option<usize> {
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
pub(super) fn has_point_before(text: &str, bytes: Range<usize>) -> bool {
    let Some(before) = text.get(..bytes.start).and_then(|head| head.strip_suffix('.')) else { return false };
    let Some(word) = text.get(bytes) else { return false };
    let is_free = before.chars().next_back().is_none_or(|c| c.is_whitespace() || is_quote(c) || matches!(c, '(' | '['));
    let is_one_case = word.chars().all(|c| c.is_ascii_uppercase()) || word.chars().all(|c| c.is_ascii_lowercase());
    is_free && is_one_case && matches!(word.len(), 2..=4)
}
