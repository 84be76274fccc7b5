//! Undoes what typesetting and the extraction of text from PDF leave in a text, before it is split
//! into words.
//!
//! * Accents that stand beside their letter are joined with it (`Espa˜na`, `avanc¸o`).
//! * Footnote marks that are glued to a word are removed (`ministros¹`, `taller[6]`); exponents,
//!   formulas and ordinals stay (`m²`, `CO₂`, `1ª`).
//! * The point of the Catalan `l·l` is removed, Kangxi radicals become ideographs, and a degree sign
//!   after `n` or a number is the ordinal sign that it stands for.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{compose, is_combining_mark};

/// A repaired text, and where its parts stand in the original one.
pub(super) struct RepairedText {
    pub(super) text: String,
    edits: Vec<Edit>,
}

/// A range of the repaired text that replaces a range of the original one.
struct Edit {
    repaired: Range<usize>,
    original: Range<usize>,
}

impl RepairedText {
    /// The byte range of the original text for one of the repaired text. What was removed at either
    /// end of it does not belong to it.
    pub(super) fn original(&self, bytes: &Range<usize>) -> Range<usize> {
        let before = self.edits.partition_point(|edit| edit.repaired.end <= bytes.start);
        let last_before = before.checked_sub(1).and_then(|place| self.edits.get(place));
        let start = last_before.map_or(bytes.start, |edit| edit.original.end + (bytes.start - edit.repaired.end));
        let start = self
            .edits
            .get(before)
            .filter(|edit| edit.repaired.start < bytes.start)
            .map_or(start, |edit| edit.original.start);
        let within = self.edits.partition_point(|edit| edit.repaired.start < bytes.end);
        let end = match within.checked_sub(1).and_then(|place| self.edits.get(place)) {
            Some(edit) if bytes.end <= edit.repaired.end => edit.original.end,
            Some(edit) => edit.original.end + (bytes.end - edit.repaired.end),
            None => bytes.end,
        };
        start..end
    }
}

/// The repaired text; `None` if there is nothing to repair.
pub(super) fn repair(text: &str) -> Option<RepairedText> {
    repair_for(text, Purpose::Words)
}

/// The text as a reader would write it: its accents on their letters, no footnote marks in it.
pub(super) fn repaired_for_display(text: &str) -> Cow<'_, str> {
    repair_for(text, Purpose::Display).map_or(Cow::Borrowed(text), |repaired| Cow::Owned(repaired.text))
}

/// A label or word as a reader would write it, also without the asterisks and daggers behind it.
pub fn without_marks(text: &str) -> Cow<'_, str> {
    let text = repaired_for_display(text);
    let is_mark = |c: char| matches!(c, '*' | '†' | '‡' | '§' | '¶');
    let plain = text.trim_end_matches(|c: char| is_mark(c) || c == ',' || c.is_whitespace());
    let is_marked = text.get(plain.len()..).is_some_and(|behind| behind.contains(is_mark));
    if !is_marked || letters_before(plain, plain.len()).chars().count() < MIN_MARKED_LETTERS {
        return text;
    }
    Cow::Owned(plain.to_owned())
}

/// What a text is repaired for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To be split into words.
    Words,
    /// To be shown: signs that belong to a word stay as they are.
    Display,
}

/// The fewest letters of a word that a footnote mark can be glued to: after fewer, `²` is an
/// exponent and `ª` the end of an abbreviation.
const MIN_MARKED_LETTERS: usize = 3;

fn repair_for(text: &str, purpose: Purpose) -> Option<RepairedText> {
    if !text.chars().any(may_need_repair) {
        return None;
    }
    let repairer = Repairer { text, purpose, has_typeset_accents: has_typeset_accents(text) };
    let mut repaired = RepairedText { text: String::with_capacity(text.len()), edits: Vec::new() };
    let (mut at, mut copied) = (0, 0);
    while let Some(c) = char_at(text, at) {
        let next = at + c.len_utf8();
        if !repairer.may_begin_repair(c, next) {
            at = next;
            continue;
        }
        repaired.text.push_str(text.get(copied..at).unwrap_or_default());
        copied = at;
        at = next;
        if let Some((end, replacement)) = repairer.repair_at(&repaired.text, copied, c) {
            let start = repaired.text.len();
            repaired.text.push_str(&replacement);
            repaired.edits.push(Edit { repaired: start..repaired.text.len(), original: copied..end });
            (at, copied) = (end, end);
        }
    }
    repaired.text.push_str(text.get(copied..).unwrap_or_default());
    (!repaired.edits.is_empty()).then_some(repaired)
}

/// Whether a character occurs in anything that is repaired.
fn may_need_repair(c: char) -> bool {
    match c {
        '\0'..='\x7f' => matches!(c, '[' | '~' | '`'),
        '\u{80}'..='\u{ff}' => spacing_accent(c).is_some() || is_note_mark(c) || matches!(c, '°' | '·'),
        'Ŀ' | 'ŀ' => true,
        '\u{2b0}'..='\u{36f}' | '\u{1d2c}'..='\u{1dbf}' | '\u{2070}'..='\u{209c}' => true,
        '\u{2460}'..='\u{24ff}' | '\u{2776}'..='\u{2793}' | '\u{2f00}'..='\u{2fd5}' => true,
        _ => is_catalan_point(c),
    }
}

struct Repairer<'a> {
    text: &'a str,
    purpose: Purpose,
    /// Whether the text has accents beside their letters that are surely no apostrophes.
    has_typeset_accents: bool,
}

impl Repairer<'_> {
    /// Whether something that is repaired may begin with a character; `next` is where it ends.
    fn may_begin_repair(&self, c: char, next: usize) -> bool {
        if c.is_ascii_alphanumeric() || c.is_whitespace() {
            let at = next - c.len_utf8();
            let accent = if c.is_ascii_alphanumeric() { next } else { at };
            if c.is_whitespace() && self.text.get(..at).is_some_and(|head| head.ends_with(char::is_whitespace)) {
                return false;
            }
            return self.text.as_bytes().get(next).is_some_and(|byte| !byte.is_ascii_alphanumeric())
                && accent_at(self.text, accent).is_some();
        }
        may_need_repair(c)
    }

    /// The end of what is replaced at a character, and its replacement; `done` is the text before it,
    /// repaired.
    fn repair_at(&self, done: &str, at: usize, c: char) -> Option<(usize, Cow<'static, str>)> {
        let one = |(end, c): (usize, char)| (end, Cow::Owned(c.to_string()));
        let end = at + c.len_utf8();
        if c.is_ascii_alphanumeric() {
            return self.accent_behind(at, c).map(one);
        }
        if let Some(joined) = self.accent_ahead(at, c) {
            return Some(one(joined));
        }
        match c {
            '[' => {
                let end = reference_end(self.text, at)?;
                is_after_word(done).then(|| (end, gap(done, self.text, end)))
            }
            '\u{2f00}'..='\u{2fd5}' => c.nfkc().next().map(|c| one((end, c))),
            'ŀ' | 'Ŀ' => {
                let next = char_at(self.text, end)?;
                let end = if is_catalan_point(next) { end + next.len_utf8() } else { end };
                begins_with_l(self.text, end).then(|| one((end, if c == 'ŀ' { 'l' } else { 'L' })))
            }
            _ if is_catalan_point(c) => (self.text.get(..at)?.ends_with(['l', 'L']) && begins_with_l(self.text, end))
                .then_some((end, Cow::Borrowed(""))),
            '°' if self.purpose == Purpose::Words => {
                let before = self.text.get(..at)?.chars().next_back()?;
                let is_number_sign = matches!(before, 'n' | 'N') && letters_before(self.text, at).len() == 1;
                let is_ordinal = before.is_ascii_digit() && !char_at(self.text, end).is_some_and(char::is_alphanumeric);
                (is_number_sign || is_ordinal).then(|| one((end, 'º')))
            }
            _ if is_note_mark(c) => self.note_mark(done, at),
            _ => None,
        }
    }

    /// An accent that follows its letter, and that the next letter cannot carry: `Noe¨l`, `franc¸ais`.
    fn accent_behind(&self, at: usize, c: char) -> Option<(usize, char)> {
        let accent = accent_at(self.text, at + c.len_utf8())?;
        let next = char_at(self.text, accent.end);
        let is_next = next.is_some_and(|next| usually_carries(accent.mark, next));
        if matches!(accent.sign, '´' | '`' | '~') || !usually_carries(accent.mark, c) {
            return None;
        }
        let goes_on = next.is_some_and(char::is_alphabetic);
        let is_cedilla = accent.mark == CEDILLA && !is_next;
        let is_set_apart = accent.sign == ' ' && !is_next;
        // After `ı` or before another accent, what comes next has its own.
        let is_free = is_set_apart || is_cedilla || (goes_on && !is_next);
        is_free.then(|| joined(c, accent.mark)).flatten().map(|c| (accent.end, c))
    }

    /// An accent that precedes its letter: `Espa˜na`, `ˆetre`, `pol´ ıtica`.
    fn accent_ahead(&self, at: usize, c: char) -> Option<(usize, char)> {
        let accent = accent_at(self.text, at)?;
        let before = self.text.get(..at)?.chars().next_back().filter(|before| before.is_alphabetic());
        let mut at_letter = accent.end;
        let mut letter = char_at(self.text, at_letter)?;
        if letter == ' ' && before.is_some() && c != '~' && accent.sign != ' ' {
            at_letter += 1;
            letter = char_at(self.text, at_letter).filter(|next| next.is_lowercase())?;
            // These are quotation marks too.
            if matches!(c, '´' | '`' | '¨') && letter != 'ı' && !self.has_typeset_accents {
                return None;
            }
        }
        let is_certain = match c {
            '´' | '`' => letter == 'ı' || self.has_typeset_accents,
            '~' => before.is_some() && matches!(letter, 'n' | 'N'),
            _ => true,
        };
        let is_quotation = before.is_none() && {
            let rest = self.text.get(accent.end..)?;
            rest.trim_start_matches(char::is_alphanumeric).starts_with(c)
        };
        if !is_certain || is_quotation || !usually_carries(accent.mark, letter) {
            return None;
        }
        joined(letter, accent.mark).map(|c| (at_letter + letter.len_utf8(), c))
    }

    /// Footnote marks that are glued to a word, or signs that belong to it.
    fn note_mark(&self, done: &str, at: usize) -> Option<(usize, Cow<'static, str>)> {
        let end = note_marks_end(self.text, at);
        let run = self.text.get(at..end)?;
        let first = run.chars().next()?;
        let head = letters_before(done, done.len());
        let letters = head.chars().count();
        let next = char_at(self.text, end).filter(|next| next.is_alphabetic());
        let removed = || Some((end, gap(done, self.text, end)));
        let kept = || {
            let has_digits = self.purpose == Purpose::Words && run.chars().any(|c| mark_kind(c) != MarkKind::Letter);
            has_digits.then(|| (end, Cow::Owned(run.nfkc().collect::<String>())))
        };
        if letters == 0 {
            let before = done.chars().next_back();
            return match mark_kind(first) {
                MarkKind::Letter => None,
                _ if before.is_some_and(|before| before.is_ascii_digit()) => removed(),
                MarkKind::Superscript if is_after_word(done) => removed(),
                MarkKind::Superscript | MarkKind::Circled => {
                    let word = self.text.get(end..)?.chars().take_while(|c| c.is_alphabetic()).count();
                    (word >= MIN_MARKED_LETTERS).then(removed).flatten()
                }
                MarkKind::Subscript => None,
            };
        }
        let is_short = letters < MIN_MARKED_LETTERS;
        let belongs = match mark_kind(first) {
            MarkKind::Circled => false,
            MarkKind::Letter => is_short || next.is_some() || head.chars().all(|c| "IVXLCDM".contains(c)),
            MarkKind::Subscript => letters == 1 || is_formula(head),
            MarkKind::Superscript if next.is_some() => is_short,
            MarkKind::Superscript => letters == 1 || (is_short && matches!(first, '²' | '³' | '⁻' | '⁺')),
        };
        if belongs { kept() } else { removed() }
    }
}

/// Whether a text ends with a word of some length, perhaps with punctuation after it.
fn is_after_word(text: &str) -> bool {
    let word = text.trim_end_matches(['.', ',', ';', ':', ')', ']', '”', '»', '"', '’', '?', '!']);
    let is_short = letters_before(word, word.len()).chars().count() < MIN_MARKED_LETTERS;
    // After punctuation there is neither an exponent nor an abbreviation.
    !is_short || (word.len() < text.len() && word.ends_with(char::is_alphabetic))
}

fn char_at(text: &str, at: usize) -> Option<char> {
    text.get(at..).and_then(|rest| rest.chars().next())
}

/// The letters that end at a byte.
fn letters_before(text: &str, at: usize) -> &str {
    let head = text.get(..at).unwrap_or_default();
    let is_letter = |c: char| (c.is_alphabetic() || is_combining_mark(c)) && !is_note_mark(c);
    head.get(head.trim_end_matches(is_letter).len()..).unwrap_or_default()
}

/// What replaces a mark: a space where the text would otherwise be glued together.
fn gap(before: &str, text: &str, end: usize) -> Cow<'static, str> {
    let is_glued = before.ends_with(char::is_alphanumeric) && char_at(text, end).is_some_and(char::is_alphanumeric);
    Cow::Borrowed(if is_glued { " " } else { "" })
}

/// The end of a reference to notes such as `[6]`, `[6, 7]` or, in Markdown, `[^6]`.
fn reference_end(text: &str, at: usize) -> Option<usize> {
    let start = at + if text.get(at..)?.starts_with("[^") { 2 } else { 1 };
    let inner = text.get(start..)?;
    let close = inner.find(']')?;
    let numbers = inner.get(..close)?.split([',', ';', '-', '–']).map(str::trim);
    let mut numbers = numbers.map(|number| matches!(number.len(), 1..=3) && number.bytes().all(|b| b.is_ascii_digit()));
    numbers.all(|is_number| is_number).then_some(start + close + 1)
}

/// The points with which `l·l` is written.
fn is_catalan_point(c: char) -> bool {
    matches!(c, '·' | '•' | '‧' | '∙' | '⋅')
}

fn begins_with_l(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with(['l', 'L']))
}

/// Whether letters can be the symbols of chemical elements: `CO`, `NaCl`.
fn is_formula(letters: &str) -> bool {
    let mut last = 'a';
    let is_symbols = letters.chars().all(|c| {
        let follows = c.is_ascii_uppercase() || (c.is_ascii_lowercase() && last.is_ascii_uppercase());
        last = c;
        follows
    });
    is_symbols && letters.len() <= 4
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum MarkKind {
    Superscript,
    Subscript,
    Letter,
    Circled,
}

fn mark_kind(c: char) -> MarkKind {
    match c {
        '\u{2080}'..='\u{208e}' => MarkKind::Subscript,
        '\u{2460}'..='\u{24ff}' | '\u{2776}'..='\u{2793}' => MarkKind::Circled,
        '¹' | '²' | '³' | '\u{2070}' | '\u{2074}'..='\u{207e}' => MarkKind::Superscript,
        _ => MarkKind::Letter,
    }
}

/// Superscripts, subscripts and numbers in circles.
pub(super) fn is_note_mark(c: char) -> bool {
    matches!(c, 'ª' | 'º' | '¹' | '²' | '³' | '\u{2070}'..='\u{209c}')
        || matches!(c, '\u{2b0}'..='\u{2b8}' | '\u{2e0}'..='\u{2e4}' | '\u{1d2c}'..='\u{1d6a}' | '\u{1d78}' | '\u{1d9b}'..='\u{1dbf}')
        || matches!(c, '\u{2460}'..='\u{24ff}' | '\u{2776}'..='\u{2793}')
}

/// The end of a run of marks; commas may separate them.
fn note_marks_end(text: &str, at: usize) -> usize {
    let mut end = at;
    let mut chars = text.get(at..).unwrap_or_default().chars().peekable();
    while let Some(c) = chars.next() {
        let separates =
            matches!(c, ',' | '-' | '–') && end > at && chars.peek().is_some_and(|next| is_note_mark(*next));
        if !is_note_mark(c) && !separates {
            break;
        }
        end += c.len_utf8();
    }
    end
}

/// An accent beside a letter.
struct Accent {
    /// The sign as it stands in the text; a space if a combining mark is set apart by one.
    sign: char,
    /// The combining mark of it.
    mark: char,
    /// Where it ends.
    end: usize,
}

const CEDILLA: char = '\u{327}';

fn spacing_accent(c: char) -> Option<char> {
    Some(match c {
        '`' => '\u{300}',
        '´' => '\u{301}',
        'ˆ' => '\u{302}',
        '˜' | '~' => '\u{303}',
        '¯' => '\u{304}',
        '˘' => '\u{306}',
        '˙' => '\u{307}',
        '¨' => '\u{308}',
        '˚' => '\u{30a}',
        '˝' => '\u{30b}',
        'ˇ' => '\u{30c}',
        '¸' => CEDILLA,
        '˛' => '\u{328}',
        _ => return None,
    })
}

fn accent_at(text: &str, at: usize) -> Option<Accent> {
    let c = char_at(text, at)?;
    let end = at + c.len_utf8();
    if let Some(mark) = spacing_accent(c) {
        return Some(Accent { sign: c, mark, end });
    }
    // A title or label has one space where there are several.
    let rest = text.get(at..).filter(|_| c.is_whitespace())?.trim_start();
    let mark = rest.chars().next().filter(|mark| matches!(mark, '\u{300}'..='\u{30c}' | '\u{327}' | '\u{328}'))?;
    let end = text.len() - rest.len();
    Some(Accent { sign: ' ', mark, end: end + mark.len_utf8() })
}

/// Whether a letter has this accent in the languages that use it most. Nearly every letter has some
/// accent in some language, so that more would join what does not belong together.
fn usually_carries(mark: char, letter: char) -> bool {
    let letters = match mark {
        '\u{300}' | '\u{301}' | '\u{302}' | '\u{308}' => "aeiouı",
        '\u{303}' => "nao",
        '\u{304}' => "aeiou",
        '\u{306}' => "agu",
        '\u{307}' => "cegz",
        '\u{30a}' => "au",
        '\u{30b}' => "ou",
        '\u{30c}' => "cdenrstz",
        CEDILLA => "cs",
        '\u{328}' => "aeiu",
        _ => "",
    };
    letters.contains(letter.to_ascii_lowercase())
}

/// A letter with its accent.
fn joined(letter: char, mark: char) -> Option<char> {
    compose(if letter == 'ı' { 'i' } else { letter }, mark)
}

/// Whether a text has accents beside their letters that cannot be apostrophes, as `´` and `` ` ``
/// can.
fn has_typeset_accents(text: &str) -> bool {
    text.char_indices().any(|(at, c)| {
        let next = || char_at(text, at + c.len_utf8());
        match c {
            '´' | '`' => next() == Some('ı'),
            '~' | '¨' => false,
            _ => spacing_accent(c).is_some_and(|mark| {
                let before = text.get(..at).and_then(|head| head.chars().next_back());
                [before, next()].into_iter().flatten().any(|letter| usually_carries(mark, letter))
            }),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn repaired(text: &str) -> String {
        repair(text).map_or(text.to_owned(), |repaired| repaired.text)
    }

    #[test]
    fn accents_beside_their_letters_are_joined() {
        for (text, expected) in [
            ("monta˜na y se˜nal", "montaña y señal"),
            ("situac¸˜ao, aplica¸c˜oes, for¸ca", "situação, aplicações, força"),
            ("la ling¨u´ıstica del pa´ıs, c´alculo, `a", "la lingüística del país, cálculo, à"),
            ("la fenˆetre ˆıle mˆeme, ga¸con, Citroe¨n", "la fenêtre île même, gaçon, Citroën"),
            ("corazo \u{301}n", "corazón"),
            ("bot \u{301}\u{131}n", "botín"),
            ("bot\n \u{301}\u{131}n", "botín"),
            ("monta˜ na, ling¨ u´ ıstica, hist´ orico", "montaña, lingüística, histórico"),
            ("ca~non", "cañon"),
            ("˜nandu, Cˇapek, S¸ahin", "ñandu, Čapek, Şahin"),
        ] {
            assert_eq!(repaired(text), expected, "{text}");
        }
    }

    #[test]
    fn quotation_marks_primes_and_apostrophes_are_no_accents() {
        for text in ["`orden` y ´otro´", "¨eso¨ es", "l´eau d´hiver", "İstanbul´un", "6´ 30´´", "~5 y /~ana", "a ~ n"]
        {
            assert_eq!(repaired(text), text);
        }
    }

    #[test]
    fn marks_glued_to_words_are_removed() {
        for (text, expected) in [
            ("pastores¹ y cabras²³", "pastores y cabras"),
            ("ovejasᵃ, lanasᵇᶜ; quesos⁽⁴⁾ lechesª", "ovejas, lanas; quesos leches"),
            ("Rojas¹,² y Vega⁵–⁷", "Rojas y Vega"),
            ("rebaño① majada❷ corral₃", "rebaño majada corral"),
            ("pasto[12] prado[3, 4], monte.[5] Valle[^6]", "pasto prado, monte. Valle"),
            ("¹Universidad ①Objetivo", "Universidad Objetivo"),
            ("fin.⁸ (FAO)⁹ 1987¹ et al.²⁻⁴", "fin. (FAO) 1987 et al."),
            ("ONU¹ campo²sierra", "ONU campo sierra"),
        ] {
            assert_eq!(repaired(text), expected, "{text}");
        }
    }

    #[test]
    fn signs_that_belong_to_a_word_stay() {
        for (text, expected) in [
            ("40 km² y 3 cm³", "40 km2 y 3 cm3"),
            ("SO₂, C₂H₅OH, x² + y⁴, v₀", "SO2, C2H5OH, x2 + y4, v0"),
            ("2ª, 3º, 1ᵉʳ, XIXᵉ, Mᵐᵉ, Mª", "2ª, 3º, 1ᵉʳ, XIXᵉ, Mᵐᵉ, Mª"),
            ("① primero, a[6], lista[a]", "① primero, a[6], lista[a]"),
            ("N° 7, 8° foro, 30 °C, 30°C", "Nº 7, 8º foro, 30 °C, 30°C"),
        ] {
            assert_eq!(repaired(text), expected, "{text}");
        }
        assert_eq!(without_marks("40 km² de N° 7"), "40 km² de N° 7");
    }

    #[test]
    fn labels_are_shown_without_their_marks() {
        for (label, expected) in [
            ("Elena Rojas¹", "Elena Rojas"),
            ("Elena Rojas*", "Elena Rojas"),
            ("Elena Rojas²,†", "Elena Rojas"),
            ("Elena Rojas[1]", "Elena Rojas"),
            ("A*", "A*"),
            ("C#", "C#"),
        ] {
            assert_eq!(without_marks(label), expected);
        }
    }

    #[test]
    fn one_letter_is_one_in_every_spelling() {
        for text in ["pel·lícula", "peŀlícula", "peŀ·lícula", "pel•lícula", "pel∙lícula"] {
            assert_eq!(repaired(text), "pellícula");
        }
        assert_eq!(repaired("alumn·e·s, a · b, l · l"), "alumn·e·s, a · b, l · l");
        assert_eq!(repaired("⽔⼭"), "水山");
    }

    #[test]
    fn ranges_are_those_of_the_original_text() {
        let text = "los pastores¹ de monta˜na³";
        let repaired = repair(text).unwrap();
        for (word, original) in [("pastores", "pastores"), ("montaña", "monta˜na")] {
            let at = repaired.text.find(word).unwrap();
            assert_eq!(&text[repaired.original(&(at..at + word.len()))], original);
        }
    }

    proptest! {
        #[test]
        fn every_range_is_one_of_the_original(text in "(\\PC{0,3}|[a-o´˜¨¸¹₂ªᵃ①·ŀ°~ \u{301}\\[\\]6³]{0,6}){0,8}") {
            if let Some(repaired) = repair(&text) {
                let bounds: Vec<usize> = repaired.text.char_indices().map(|(at, _)| at).chain([repaired.text.len()]).collect();
                for pair in bounds.windows(2) {
                    prop_assert!(text.get(repaired.original(&(pair[0]..pair[1]))).is_some());
                }
            }
        }
    }
}
