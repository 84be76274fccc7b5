//! Text that was decoded wrongly before it came: UTF-8 taken for Windows-1252 (`educaciÃ³n`).

use encoding_rs::WINDOWS_1252;
use serde_json::{Map, Value};

use crate::article::ArticleProblem;

/// Fields whose values are names, not text.
const NAMES: [&str; 6] = ["id", "_id", "work", "url", "image", "links"];
/// How many characters of the text a message quotes before and after the place.
const QUOTED_CHARS: usize = 20;

/// Puts a text right, if that is certain; returns what to tell about it.
pub(crate) fn mend(text: &mut String) -> Option<ArticleProblem> {
    let mut evidence = Evidence::default();
    evidence.add(text);
    if evidence.is_certain() {
        *text = mended(text);
    }
    evidence.problem()
}

/// Puts all texts of a record right, if that is certain; returns what to tell about it.
pub(crate) fn mend_fields(fields: &mut Map<String, Value>) -> Option<ArticleProblem> {
    let mut evidence = Evidence::default();
    for_each_text(fields, &mut |text| evidence.add(text));
    if evidence.is_certain() {
        for_each_text(fields, &mut |text| *text = mended(text));
    }
    evidence.problem()
}

fn for_each_text(fields: &mut Map<String, Value>, take: &mut impl FnMut(&mut String)) {
    for (_, value) in fields.iter_mut().filter(|(name, _)| !NAMES.contains(&name.as_str())) {
        for_each_text_of(value, take);
    }
}

fn for_each_text_of(value: &mut Value, take: &mut impl FnMut(&mut String)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(values) => values.iter_mut().for_each(|value| for_each_text_of(value, take)),
        Value::Object(fields) => for_each_text(fields, take),
        _ => {}
    }
}

/// What the characters beyond ASCII say about a text.
#[derive(Debug, Default)]
struct Evidence {
    /// Characters that are nothing but themselves.
    genuine: usize,
    /// The first place that no text has unless it was decoded wrongly.
    telltale: Option<String>,
    /// The first place where a letter was replaced by U+FFFD.
    lost: Option<String>,
}

impl Evidence {
    fn add(&mut self, text: &str) {
        if text.is_ascii() {
            return;
        }
        let letters: Vec<char> = text.chars().collect();
        let mut at = 0;
        while let Some(letter) = letters.get(at) {
            let before = at.checked_sub(1).and_then(|before| letters.get(before)).copied().unwrap_or(' ');
            let rest = letters.get(at..).unwrap_or_default();
            let length = match character_of(rest) {
                Some((_, length)) => {
                    let after = rest.get(length).copied().unwrap_or(' ');
                    let last = rest.get(length - 1).copied().unwrap_or(' ');
                    if self.telltale.is_none() && is_telltale(before, length, last, after) {
                        self.telltale = Some(quoted(&letters, at));
                    }
                    length
                }
                None => {
                    let after = rest.get(1).copied().unwrap_or(' ');
                    if *letter == char::REPLACEMENT_CHARACTER {
                        if self.lost.is_none() && (before.is_alphabetic() || after.is_alphabetic()) {
                            self.lost = Some(quoted(&letters, at));
                        }
                    } else if !letter.is_ascii() {
                        self.genuine += 1;
                    }
                    1
                }
            };
            at += length;
        }
    }

    /// Whether all of the text was decoded wrongly, so that it can be put right.
    fn is_certain(&self) -> bool {
        self.telltale.is_some() && self.genuine == 0 && self.lost.is_none()
    }

    fn problem(self) -> Option<ArticleProblem> {
        match (self.is_certain(), self.telltale, self.lost) {
            (true, Some(place), _) => Some(ArticleProblem::MendedEncoding(place)),
            (false, Some(place), _) | (_, None, Some(place)) => Some(ArticleProblem::WrongEncoding(place)),
            _ => None,
        }
    }
}

/// Whether no text has this sequence of so many characters in this place, unless it was decoded
/// wrongly: `Ã` and a space or quote may end a word in capitals, but not one in small letters.
fn is_telltale(before: char, length: usize, last: char, after: char) -> bool {
    let may_end_word = last.is_whitespace() || matches!(last, '»' | '”' | '’' | '›' | '…');
    length > 2 || before.is_lowercase() || (before.is_alphabetic() && after.is_alphabetic() && !may_end_word)
}

/// The character whose bytes in UTF-8 the text begins with, each byte as a character, and their number.
fn character_of(letters: &[char]) -> Option<(char, usize)> {
    let first = byte_of(*letters.first()?)?;
    let length = match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let bytes: Vec<u8> = letters.get(..length)?.iter().map_while(|letter| byte_of(*letter)).collect();
    let mut decoded = std::str::from_utf8(&bytes).ok()?.chars();
    match (decoded.next(), decoded.next()) {
        (Some(character), None) if !character.is_control() => Some((character, length)),
        _ => None,
    }
}

/// The byte that a character beyond ASCII has in Windows-1252 or Latin-1.
fn byte_of(letter: char) -> Option<u8> {
    if let code @ 0x80..=0xff = u32::from(letter) {
        return u8::try_from(code).ok();
    }
    let mut buffer = [0; 4];
    let (encoded, _, has_errors) = WINDOWS_1252.encode(letter.encode_utf8(&mut buffer));
    encoded.first().copied().filter(|byte| !has_errors && !byte.is_ascii())
}

fn mended(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut mended = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        let (character, length) = character_of(letters.get(at..).unwrap_or_default()).unwrap_or((*letter, 1));
        mended.push(character);
        at += length;
    }
    mended
}

fn quoted(letters: &[char], at: usize) -> String {
    let around = at.saturating_sub(QUOTED_CHARS)..letters.len().min(at + QUOTED_CHARS);
    let text: String = letters.get(around).unwrap_or_default().iter().collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn garble(text: &str) -> String {
        WINDOWS_1252.decode_without_bom_handling(text.as_bytes()).0.into_owned()
    }

    #[test]
    fn text_that_was_wholly_decoded_wrongly_is_put_right() {
        for text in [
            "La educación de América Latina: “más” y ¿cuándo? – fin",
            "L’École où l’on apprend, à côté",
            "EDUCACIÓN",
            "İstanbul’da yağmur ve 日本語",
        ] {
            let mut given = garble(text);
            assert!(matches!(mend(&mut given), Some(ArticleProblem::MendedEncoding(_))), "{text}");
            assert_eq!(given, text);
        }
        let latin1: String = "Élan à la française".bytes().map(char::from).collect();
        let mut given = latin1;
        mend(&mut given);
        assert_eq!(given, "Élan à la française");
    }

    #[test]
    fn text_that_is_only_partly_wrong_is_told_and_kept() {
        for text in ["La educación y la regiÃ³n", "La educaci\u{fffd}n", "Educaci\u{fffd}n y regiÃ³n"] {
            let mut given = text.to_owned();
            assert!(matches!(mend(&mut given), Some(ArticleProblem::WrongEncoding(_))), "{text}");
            assert_eq!(given, text);
        }
    }

    #[test]
    fn right_text_is_left_alone() {
        for text in [
            "La educación, «la niñez» y el año",
            "AMANHÃ\u{a0}QUE VEM",
            "«IRMû",
            "MAÇÃ “DOCE”",
            "plain ASCII",
            "日本語の文章",
            "Ação e São Tomé",
            "the sign \u{fffd} alone",
        ] {
            let mut given = text.to_owned();
            assert_eq!((mend(&mut given), given.as_str()), (None, text));
        }
    }

    #[test]
    fn texts_of_a_record_are_put_right_together_and_names_are_kept() {
        let record =
            json!({"id": garble("añil"), "title": garble("Educación"), "tags": [garble("niñez")], "body": "x"});
        let Value::Object(mut fields) = record else { unreachable!() };
        assert!(mend_fields(&mut fields).is_some());
        let expected = json!({"id": garble("añil"), "title": "Educación", "tags": ["niñez"], "body": "x"});
        assert_eq!(Value::Object(fields), expected);
    }
}
