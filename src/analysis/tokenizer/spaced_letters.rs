//! Words whose letters are set apart by spaces.

use std::borrow::Cow;

use super::word::Word;
use crate::article::text::{MIN_SPACED_LETTERS, SetApart};

/// The most bytes of one letter, with an accent of its own.
pub(super) const MAX_LETTER_BYTES: usize = 4;

/// The words, and those whose letters are set apart by spaces. Such a word is added before its
/// letters, like a compound, and again at the last of them, so that the next word follows it in a
/// phrase. Where several stand side by side there is no doubt that they are words, and each has one
/// position, so that all of them are a phrase. Digits that are set apart are a number beside such a word
/// only: elsewhere they are numbers of a list.
pub(super) fn with_spaced_words(text: &str, words: Vec<Word<'static>>) -> Vec<Word<'static>> {
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
pub(super) fn is_space_between_letters(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2004}'..='\u{200a}' | '\u{202f}')
}
