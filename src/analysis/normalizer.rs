//! Normalization and diacritic folding: the same word, however it is typed.

use std::borrow::Cow;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Compatibility-normalizes (NFKC) and lower-cases a text. Ligatures, full-width and decomposed
/// forms become one form, final sigma becomes sigma, digits of every script become ASCII digits,
/// traditional Chinese becomes simplified, invisible characters and Cyrillic stress marks are
/// removed.
pub fn normalize(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let mut before = '\0';
    let lower = text.nfkc().flat_map(char::to_lowercase).filter(|c| {
        let is_stress = matches!(c, '\u{300}' | '\u{301}') && is_cyrillic_vowel(before);
        before = *c;
        !is_stress && !is_invisible(*c)
    });
    // Lower-casing can decompose (İ becomes i with a dot above), hence the second composition.
    let plain = lower.map(|c| match c {
        'ς' => 'σ',
        '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}' => simplified(c),
        c => ascii_digit(c).unwrap_or(c),
    });
    Cow::Owned(plain.nfc().collect())
}

fn is_cyrillic_vowel(c: char) -> bool {
    matches!(c, 'а' | 'е' | 'и' | 'о' | 'у' | 'ы' | 'э' | 'ю' | 'я' | 'і' | 'ї' | 'є')
}

/// The simplified form of a Chinese character, so that both ways of writing find each other.
pub(crate) fn simplified(c: char) -> char {
    static PAIRS: LazyLock<Vec<(char, char)>> = LazyLock::new(|| {
        let lines = include_str!("simplified_chinese.txt").lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.flat_map(str::split_whitespace).map(str::chars);
        pairs.filter_map(|mut pair| pair.next().zip(pair.next())).collect()
    });
    let found = PAIRS.binary_search_by_key(&c, |(traditional, _)| *traditional).ok();
    found.and_then(|place| PAIRS.get(place)).map_or(c, |(_, simplified)| *simplified)
}

/// The ASCII digit for a decimal digit of another script; the ten digits of a script are
/// consecutive.
fn ascii_digit(c: char) -> Option<char> {
    const ZEROS: [char; 14] = [
        '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}', '\u{be6}', '\u{c66}',
        '\u{ce6}', '\u{d66}', '\u{e50}', '\u{17e0}',
    ];
    let zero = ZEROS.into_iter().find(|zero| (0..10).contains(&(c as i64 - *zero as i64)))?;
    char::from_digit(c as u32 - zero as u32, 10)
}

/// Soft hyphens, zero-width spaces and joiners, direction marks, and what makes a keycap of a digit:
/// readers do not type them.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}')
        || matches!(c, '\u{2060}'..='\u{2069}' | '\u{20e3}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

/// A normalized word without its accents; letters that readers replace are replaced (`ß` by `ss`,
/// `œ` by `oe`, `ø` by `o`).
///
/// Marks are removed from Latin and Greek letters and from the Cyrillic `ё`, and so are Arabic and
/// Hebrew vowel points. Marks that make letters of their own script (Devanagari, Thai, `й`) stay.
pub fn fold(word: &str) -> Cow<'_, str> {
    fold_with(word, false)
}

/// Like [`fold`], but `ñ` stays: *año* is not *ano*.
pub fn fold_keeping_tilde(word: &str) -> Cow<'_, str> {
    fold_with(word, true)
}

fn fold_with(word: &str, keep_tilde: bool) -> Cow<'_, str> {
    if word.is_ascii() {
        return Cow::Borrowed(word);
    }
    let mut folded = String::with_capacity(word.len());
    let mut base = '\0';
    for c in word.nfd() {
        if is_combining_mark(c) {
            let tilde = keep_tilde && c == '\u{303}' && base == 'n';
            let vowel_point =
                matches!(c, '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{64b}'..='\u{65f}' | '\u{670}');
            if tilde || !(sheds_marks(base) || vowel_point) {
                folded.push(c);
            }
            continue;
        }
        base = c;
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'đ' | 'ð' => folded.push('d'),
            'ł' => folded.push('l'),
            'ı' => folded.push('i'),
            'ٱ' => folded.push('ا'),
            'ـ' => {} // the Arabic stretching line
            c => folded.push(c),
        }
    }
    Cow::Owned(folded.nfc().collect())
}

fn sheds_marks(base: char) -> bool {
    matches!(base, 'a'..='z' | 'е' | '\u{370}'..='\u{3ff}' | '\u{180}'..='\u{24f}' | '\u{df}'..='\u{ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_word_normalize_to_one() {
        for (typed, normal, folded) in [
            ("Educacio\u{301}n", "educación", "educacion"),
            ("ﬁnance", "finance", "finance"),
            ("ＵＮＥＳＣＯ", "unesco", "unesco"),
            ("Straße", "straße", "strasse"),
            ("ΟΔΟΣ", "οδοσ", "οδοσ"),
            ("cœur", "cœur", "coeur"),
            ("ёлка", "ёлка", "елка"),
            ("йод", "йод", "йод"),
            ("हिन्दी", "हिन्दी", "हिन्दी"),
            ("sof\u{ad}t", "soft", "soft"),
            ("İstanbul", "i\u{307}stanbul", "istanbul"),
            ("٢٠١٨", "2018", "2018"),
            ("доро\u{301}га", "дорога", "дорога"),
            ("ѓакон", "ѓакон", "ѓакон"),
            ("ٱلكتاب", "ٱلكتاب", "الكتاب"),
            ("7\u{fe0f}\u{20e3}", "7", "7"),
            ("圖書館", "图书馆", "图书馆"),
            ("图书馆", "图书馆", "图书馆"),
        ] {
            let normalized = normalize(typed);
            assert_eq!((normalized.as_ref(), fold(&normalized).as_ref()), (normal, folded), "{typed}");
        }
        assert_eq!((fold("año"), fold_keeping_tilde("campañá")), ("ano".into(), "campaña".into()));
    }
}
