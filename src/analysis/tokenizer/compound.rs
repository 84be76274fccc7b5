//! Compounds and their parts: words with hyphens, points, apostrophes and digits in them.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

use super::chars::{is_apostrophe, is_space_in_number, is_word_char};
use crate::analysis::normalizer::is_invisible;

/// A part of a compound.
pub(super) struct Part<'a> {
    pub(super) bytes: Range<usize>,
    pub(super) text: Cow<'a, str>,
}

/// A compound as one word, and its parts: split at joiners and between letters and digits, but not
/// at apostrophes. Elided articles are no parts.
pub(super) fn compound(run: &str) -> (String, Vec<Part<'_>>) {
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
pub(super) fn number_length(text: &str) -> usize {
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

pub(super) fn separates_digits(c: char) -> bool {
    matches!(c, '.' | ',') || is_apostrophe(c) || is_space_in_number(c)
}

/// Adds a number to a compound. Thousands are one part, unless only a plain space separates them.
pub(super) fn add_number<'a>(number: &'a str, at: usize, closed: &mut String, parts: &mut Vec<Part<'a>>) {
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
pub(super) fn are_thousands(groups: &[&str], separators: &[char]) -> bool {
    let Some((first, rest)) = groups.split_first() else { return false };
    !rest.is_empty()
        && matches!(first.len(), 1..=3)
        && !first.starts_with('0')
        && rest.iter().all(|group| group.len() == 3)
        && separators.windows(2).all(|pair| pair.first() == pair.last())
}

/// Prefixes that French, Italian, Catalan and Portuguese elide before a vowel.
pub(super) const ELIDED: [&str; 30] = [
    "l", "d", "j", "m", "n", "s", "t", "c", "v", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "un", "all", "coll",
    "dall", "dell", "nell", "sull", "quell", "quest", "gl", "agl", "dagl", "degl", "negl", "sugl", "quegl",
];

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
pub(super) fn begins_with_consonant(word: &str) -> bool {
    let mut chars = word.chars();
    let first = chars.next().unwrap_or(' ');
    let is_consonant = first.is_ascii_alphabetic() && !"aeiouyhAEIOUYH".contains(first);
    let is_initials = first.is_uppercase() && chars.next().is_some_and(char::is_uppercase);
    is_consonant && !is_initials
}
