//! What a person typed, understood. Reading a query never fails: whatever has no meaning as an
//! operator is read as words.

use crate::analysis::{dashed, is_quote, normalize, words};

/// The characters of a query that are read; the rest is cut.
pub const MAX_CHARS: usize = 512;

/// One word that is searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryWord {
    /// Its normal form.
    pub text: String,
    /// The compound it is a part of (`elearning` for the `e` of `e-learning`), which stands for
    /// it too.
    pub compound: Option<String>,
}

/// A query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What was typed.
    pub text: String,
    /// The words to rank by, each once, those of phrases among them.
    pub words: Vec<QueryWord>,
    /// Sequences of words that must stand in one zone, one after the other.
    pub phrases: Vec<Vec<String>>,
    /// Words or phrases that must not occur.
    pub excluded: Vec<Vec<String>>,
    /// All words of the text in their order, where it excludes some, those behind a hyphen with
    /// it: an article that holds this whole sequence is what was typed, and is not excluded.
    pub literal: Vec<String>,
    /// Whether the text was longer than [`MAX_CHARS`].
    pub is_cut: bool,
}

impl Query {
    /// Reads a query: words, `"a phrase"`, `-word` and `-"a phrase"`.
    pub fn parse(text: &str) -> Query {
        let (read, is_cut) = match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => (cut(text, end), true),
            None => (text, false),
        };
        let mut query = Query { text: text.to_owned(), is_cut, ..Query::default() };
        let mut rest = read;
        while let Some(start) = rest.find(|c: char| !c.is_whitespace()) {
            rest = &rest[start..];
            let (is_excluded, after) = match rest.strip_prefix('-') {
                Some(after) if after.starts_with(|c: char| c.is_alphanumeric() || is_quote(c)) => (true, after),
                _ => (false, rest),
            };
            let quoted = after.chars().next().filter(|c| is_quote(*c)).and_then(|open| {
                let inner = &after[open.len_utf8()..];
                let end = inner.find(is_quote)?;
                let close = inner[end..].chars().next()?;
                Some((&inner[..end], &inner[end + close.len_utf8()..]))
            });
            let (piece, tail, is_phrase) = match quoted {
                Some((inner, tail)) => (inner, tail, true),
                None => {
                    let end = after.find(char::is_whitespace).unwrap_or(after.len());
                    (&after[..end], &after[end..], false)
                }
            };
            rest = tail;
            if is_excluded {
                let phrase = plain_words(piece);
                if !phrase.is_empty() {
                    query.excluded.push(phrase);
                }
                continue;
            }
            if is_phrase {
                let phrase = plain_words(piece);
                if !phrase.is_empty() {
                    query.phrases.push(phrase);
                }
            }
            query.add_words(piece);
        }
        if !query.excluded.is_empty() {
            let spoken = words(read).into_iter().filter(|word| word.span == 1);
            query.literal =
                spoken.map(|word| if word.is_dashed { dashed(&word.text) } else { word.text.into_owned() }).collect();
            if query.words.is_empty() {
                // Nothing is left to exclude from: `-1` is what is searched for.
                query.excluded.clear();
                query.add_words(read);
            }
        }
        query
    }

    /// Whether nothing is searched for: no word was typed.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn add_words(&mut self, piece: &str) {
        let mut compound: Option<(String, u32)> = None;
        for word in words(piece) {
            if word.span == 0 {
                continue;
            }
            if word.span > 1 {
                compound = Some((word.text.into_owned(), word.position + word.span));
                continue;
            }
            let within = compound.as_ref().filter(|(_, end)| word.position < *end).map(|(text, _)| text.clone());
            let word = QueryWord { text: word.text.into_owned(), compound: within };
            if self.words.iter().all(|known| known.text != word.text) {
                self.words.push(word);
            }
        }
    }
}

/// The text up to a byte, without the word that the cut would go through: half of it is in no
/// article. A text without spaces is cut where it stands.
fn cut(text: &str, end: usize) -> &str {
    let (read, rest) = text.split_at(end);
    if rest.starts_with(char::is_whitespace) {
        return read;
    }
    read.rfind(char::is_whitespace).map(|space| &read[..space]).filter(|read| !read.trim().is_empty()).unwrap_or(read)
}

/// The words of a phrase without compounds, which stand beside their parts.
fn plain_words(piece: &str) -> Vec<String> {
    words(piece).into_iter().filter(|word| word.span == 1).map(|word| normalize(&word.text).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn typed(query: &Query) -> Vec<&str> {
        query.words.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn words_phrases_and_exclusions_are_told_apart() {
        let query = Query::parse("Movilidad \"educación superior\" -covid -\"a b\" - x-ray");
        assert_eq!(typed(&query), ["movilidad", "educación", "superior", "x", "ray"]);
        assert_eq!(query.words[4].compound.as_deref(), Some("xray"));
        assert_eq!(query.phrases, [["educación", "superior"]]);
        assert_eq!(query.excluded, [vec!["covid"], vec!["a", "b"]]);
    }

    #[test]
    fn what_is_malformed_is_words() {
        assert_eq!(typed(&Query::parse("\"open")), ["open"]);
        assert_eq!(
            typed(&Query::parse("https://site.example/z?a=b:c (d) AND [e TO f] g^2~ *")),
            ["https", "site", "example", "z", "a", "b", "c", "d", "and", "e", "to", "f", "g", "2"]
        );
        assert!(Query::parse("\"\" - -- \u{0} ' ").is_empty());
        assert!(Query::parse(&"a ".repeat(600)).is_cut);
        assert_eq!(typed(&Query::parse(&format!("{} word", "a ".repeat(254)))), ["a"]);
        assert_eq!(typed(&Query::parse(&"a".repeat(600))), ["a".repeat(120)]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,80}") {
            let _ = Query::parse(&text);
        }
    }
}
