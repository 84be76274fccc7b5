//! Classes of characters.

use unicode_normalization::char::is_combining_mark;

/// Quotation marks that begin or end a phrase.
pub fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„' | '«' | '»' | '＂')
}

/// Hyphens, and the signs that are typed or set in their place. The em dash is none: it separates.
pub fn is_dash(c: char) -> bool {
    is_hyphen(c) || matches!(c, '‒' | '–' | '−' | '﹣' | '－')
}

pub(super) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '‐' | '‑')
}

pub(super) fn is_space_in_number(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{202f}')
}

pub(super) fn is_word_char(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { c.is_alphanumeric() && !is_letter_apostrophe(c) }
}

pub(super) fn is_letter(c: char) -> bool {
    (c.is_alphabetic() && is_word_char(c) && !is_unspaced(c)) || is_combining_mark(c)
}

pub(crate) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '’' | '‘' | '‛' | '＇' | '´' | '`' | '′') || is_letter_apostrophe(c)
}

/// Apostrophes that Unicode counts among the letters, such as the glottal stop of Guaraní.
pub(super) fn is_letter_apostrophe(c: char) -> bool {
    matches!(c, 'ʻ' | 'ʼ' | 'ʽ' | 'ʾ' | 'ʿ' | 'ˈ' | 'ꞌ' | 'Ꞌ')
}

pub(super) fn is_apostrophe_char(c: Option<char>) -> bool {
    c.is_some_and(is_apostrophe)
}

pub(super) const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// Ideographs and kana.
pub(super) fn is_paired(c: char) -> bool {
    is_unspaced(c) && !matches!(c, '\u{e00}'..='\u{17ff}')
}

/// Whether a character's script is written without spaces between words.
pub fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{3ffff}')
}
