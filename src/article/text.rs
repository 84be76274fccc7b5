//! Language tags, lines of text and the one form of ids.

use std::borrow::Cow;

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

/// The text on one line: runs of white space become single spaces, and both ends are trimmed.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c == '\0').filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
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
    fn a_head_ends_between_characters() {
        assert_eq!((head("año", 2), head("año", 3), head("año", 9), head("", 1)), ("a", "añ", "año", ""));
    }

    #[test]
    fn a_language_matches_its_regional_variants() {
        assert!(language_is_under("pt-BR", "pt") && language_is_under("PT", "pt"));
        assert!(!language_is_under("pt", "pt-BR") && !language_is_under("ptx", "pt") && !language_is_under("é", "e"));
    }
}
