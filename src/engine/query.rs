//! Parses what a person typed. Parsing never fails: text without a meaning as an operator is read
//! as words.

use std::ops::Range;

use crate::analysis::{Zone, dashed, fold, is_dash, is_quote, normalize, words};

/// The maximum number of characters parsed; the rest is cut off.
pub const MAX_CHARS: usize = 512;

/// The maximum number of words; the rest is cut off.
pub const MAX_WORDS: usize = 40;

/// The maximum number of phrases, and of exclusions; the rest is cut off.
const MAX_CLAUSES: usize = 12;

/// The zone prefixes of queries, in the languages of the readers: `title:`, `autor:`, `thème:`.
/// Accents are ignored.
const ZONE_NAMES: [(&str, Zone); 12] = [
    ("title", Zone::Title),
    ("titulo", Zone::Title),
    ("titre", Zone::Title),
    ("author", Zone::Authors),
    ("autor", Zone::Authors),
    ("autora", Zone::Authors),
    ("auteur", Zone::Authors),
    ("topic", Zone::Topics),
    ("tema", Zone::Topics),
    ("topico", Zone::Topics),
    ("theme", Zone::Topics),
    ("sujet", Zone::Topics),
];

/// One word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryWord {
    /// Its normal form.
    pub text: String,
    /// The compound it is a part of (`elearning` for the `e` of `e-learning`), or the part before
    /// its apostrophe (`türkiye` for `Türkiye'nin`): a match of it counts as a match of the word.
    pub compound: Option<String>,
    /// Whether it is a prefix: `movil*`.
    pub is_prefix: bool,
    /// The only zone to search, if any: `title:movilidad`.
    pub zone: Option<Zone>,
    /// Whether all its occurrences were in quotation marks.
    pub is_quoted: bool,
    /// Whether it was typed in capitals, in a query that is not all in capitals: `WHO`.
    pub is_acronym: bool,
}

/// Whether a written word has several letters and all are capitals.
pub(crate) fn is_acronym(written: &str) -> bool {
    let letters = || written.chars().filter(|c| c.is_alphabetic());
    letters().count() > 1 && letters().all(char::is_uppercase)
}

/// A sequence of words that must, or must not, occur.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Clause {
    /// The words in their normal form.
    pub words: Vec<String>,
    /// Whether the last word is a prefix.
    pub is_prefix: bool,
    /// The only zone to search, if any.
    pub zone: Option<Zone>,
}

/// A query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What was typed.
    pub text: String,
    /// The distinct words to rank by, including those of phrases.
    pub words: Vec<QueryWord>,
    /// Phrases that must occur within one zone.
    pub phrases: Vec<Clause>,
    /// Words or phrases that must not occur.
    pub excluded: Vec<Clause>,
    /// If the text has exclusions: all its words in order, including those after a hyphen. An
    /// article that contains this whole sequence is what was typed, and is not excluded.
    pub literal: Vec<String>,
    /// Whether the text was longer than [`MAX_CHARS`], or had more words than [`MAX_WORDS`].
    pub is_cut: bool,
}

/// One piece of a query, delimited by spaces or quotation marks.
struct QueryPiece<'q> {
    text: &'q str,
    is_excluded: bool,
    is_phrase: bool,
    is_prefix: bool,
    zone: Option<Zone>,
}

impl<'q> QueryPiece<'q> {
    /// Parses the first piece of a text that does not begin with white space; returns the rest too.
    fn read(text: &'q str) -> (QueryPiece<'q>, &'q str) {
        let begins_word = |rest: &str| rest.starts_with(|c: char| c.is_alphanumeric() || is_quote(c));
        let (is_excluded, text) = match text.strip_prefix(is_dash) {
            Some(after) if begins_word(after) => (!is_parenthesis(after), after),
            _ => (false, text),
        };
        let named = text.split_once(':').filter(|(_, rest)| begins_word(rest));
        let named = named.and_then(|(name, rest)| Some((zone_named(name)?, rest)));
        let (zone, text) = named.map_or((None, text), |(zone, rest)| (Some(zone), rest));
        if let Some((inner, rest)) = quoted(text) {
            return (QueryPiece { text: inner, is_excluded, is_phrase: true, is_prefix: false, zone }, rest);
        }
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (text, rest) = text.split_at(end);
        let stem = text.trim_end_matches('*');
        let is_prefix = stem.len() < text.len() && stem.ends_with(char::is_alphanumeric);
        (QueryPiece { text, is_excluded, is_phrase: false, is_prefix, zone }, rest)
    }

    /// Whether it has no operators.
    fn is_plain(&self) -> bool {
        !self.is_excluded && !self.is_phrase && !self.is_prefix && self.zone.is_none()
    }

    /// The piece as a clause; `None` if it has no words.
    fn clause(&self) -> Option<Clause> {
        let words = plain_words(self.text);
        (!words.is_empty()).then_some(Clause { words, is_prefix: self.is_prefix, zone: self.zone })
    }
}

/// Whether the text after a dash is a parenthesis that another dash closes: *la universidad -pública
/// y gratuita- en la región*.
fn is_parenthesis(text: &str) -> bool {
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek();
        if is_dash(c) {
            let ends_word = before.is_alphanumeric() || is_quote(before) || matches!(before, ')' | '.' | '?' | '!');
            let ends = after.is_none_or(|after| after.is_whitespace() || matches!(after, ',' | '.' | ';' | ':' | ')'));
            if ends_word && ends {
                return true;
            }
            if before.is_whitespace() && !ends {
                return false;
            }
        }
        before = c;
    }
    false
}

fn zone_named(name: &str) -> Option<Zone> {
    let name = normalize(name);
    let name = fold(&name);
    ZONE_NAMES.iter().find(|(known, _)| *known == name).map(|(_, zone)| *zone)
}

/// The text inside leading quotation marks, and the text after them.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix(is_quote)?;
    let end = inner.find(is_quote)?;
    let close = inner[end..].chars().next()?;
    Some((&inner[..end], &inner[end + close.len_utf8()..]))
}

impl Query {
    /// Parses a query: words, `"a phrase"`, `-word`, `-"a phrase"`, `begin*`, and `title:`,
    /// `author:` or `topic:` before a word or a phrase. A dash that a keyboard made of the hyphen
    /// excludes too.
    pub fn parse(text: &str) -> Query {
        let (read, is_cut) = match text.char_indices().nth(MAX_CHARS) {
            Some((end, _)) => (cut(text, end), true),
            None => (text, false),
        };
        let mut query = Query { text: text.to_owned(), is_cut, ..Query::default() };
        let mut exclusions = Vec::new();
        // Some words have spaces in them (`8 750`, `EE. UU.`), so that pieces are read together.
        let mut plain: Option<Range<usize>> = None;
        let mut rest = read.trim_start();
        while !rest.is_empty() {
            let (piece, tail) = QueryPiece::read(rest);
            let end = read.len() - tail.len();
            rest = tail.trim_start();
            if piece.is_plain() {
                plain = Some(plain.map_or(end - piece.text.len(), |plain| plain.start)..end);
                continue;
            }
            query.add_plain(read, plain.take());
            if piece.is_excluded {
                query.is_cut |= !add_clause(&mut query.excluded, piece.clause());
                exclusions.push(piece);
                continue;
            }
            if piece.is_phrase {
                query.is_cut |= !add_clause(&mut query.phrases, piece.clause());
            }
            query.add_words(&piece);
        }
        query.add_plain(read, plain);
        if !read.chars().any(char::is_lowercase) {
            query.words.iter_mut().for_each(|word| word.is_acronym = false);
        }
        if !query.excluded.is_empty() {
            let spoken = words(read).into_iter().filter(|word| word.span == 1);
            query.literal =
                spoken.map(|word| if word.is_dashed { dashed(&word.text) } else { word.text.into_owned() }).collect();
            if query.words.is_empty() {
                // A query of only exclusions, such as `-1`, is searched for as words.
                query.excluded.clear();
                for exclusion in exclusions {
                    query.add_words(&QueryPiece { is_phrase: false, is_prefix: false, ..exclusion });
                }
            }
        }
        query
    }

    /// Whether the query has no words.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    fn add_plain(&mut self, text: &str, range: Option<Range<usize>>) {
        if let Some(text) = range.and_then(|range| text.get(range)) {
            self.add_words(&QueryPiece { text, is_excluded: false, is_phrase: false, is_prefix: false, zone: None });
        }
    }

    fn add_words(&mut self, piece: &QueryPiece<'_>) {
        let mut compound: Option<(String, u32)> = None;
        let mut cut = words(piece.text).into_iter().peekable();
        while let Some(word) = cut.next() {
            match word.span {
                0 => continue,
                1 => {}
                span => {
                    compound = Some((word.text.into_owned(), word.position + span));
                    continue;
                }
            }
            let within = compound.as_ref().filter(|(_, end)| word.position < *end).map(|(text, _)| text.clone());
            // The part before an apostrophe has the same position in the text.
            let head = cut.peek().filter(|next| next.span == 0 && next.bytes == word.bytes);
            let word = QueryWord {
                compound: within.or(head.map(|head| head.text.to_string())),
                is_prefix: piece.is_prefix && cut.clone().all(|behind| behind.span == 0),
                zone: piece.zone,
                is_quoted: piece.is_phrase,
                is_acronym: piece.text.get(word.bytes.clone()).is_some_and(is_acronym),
                text: word.text.into_owned(),
            };
            let is_known = |known: &QueryWord| {
                known.text == word.text && known.zone == word.zone && known.is_prefix == word.is_prefix
            };
            if let Some(known) = self.words.iter_mut().find(|known| is_known(known)) {
                known.is_quoted &= word.is_quoted;
                known.is_acronym &= word.is_acronym;
                continue;
            }
            if self.words.len() == MAX_WORDS {
                self.is_cut = true;
                return;
            }
            self.words.push(word);
        }
    }
}

/// Adds a clause unless it is present; returns false if there was no room.
fn add_clause(clauses: &mut Vec<Clause>, clause: Option<Clause>) -> bool {
    let Some(clause) = clause.filter(|clause| !clauses.contains(clause)) else { return true };
    let has_room = clauses.len() < MAX_CLAUSES;
    if has_room {
        clauses.push(clause);
    }
    has_room
}

/// The text up to a byte, without a word that the cut would split: half a word matches nothing. A
/// text without spaces is cut at the byte.
fn cut(text: &str, end: usize) -> &str {
    let (read, rest) = text.split_at(end);
    if rest.starts_with(char::is_whitespace) {
        return read;
    }
    read.rfind(char::is_whitespace).map(|space| &read[..space]).filter(|read| !read.trim().is_empty()).unwrap_or(read)
}

/// The words of a phrase, without the compounds that are indexed next to their parts.
fn plain_words(piece: &str) -> Vec<String> {
    words(piece).into_iter().filter(|word| word.span == 1).map(|word| normalize(&word.text).into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(clauses: &[Clause]) -> Vec<Vec<&str>> {
        clauses.iter().map(|clause| clause.words.iter().map(String::as_str).collect()).collect()
    }

    fn typed(query: &Query) -> Vec<&str> {
        query.words.iter().map(|word| word.text.as_str()).collect()
    }

    #[test]
    fn words_phrases_and_exclusions_are_parsed() {
        let query = Query::parse("Movilidad \"educación superior\" -covid -\"a b\" - x-ray");
        assert_eq!(typed(&query), ["movilidad", "educación", "superior", "x", "ray"]);
        assert_eq!(query.words[4].compound.as_deref(), Some("xray"));
        assert_eq!(rows(&query.phrases), [vec!["educación", "superior"]]);
        assert_eq!(rows(&query.excluded), [vec!["covid"], vec!["a", "b"]]);
    }

    #[test]
    fn dash_before_a_word_excludes_however_it_was_set() {
        for dash in ['-', '–', '−', '‐', '‑', '－'] {
            let query = Query::parse(&format!("faros {dash}puertos"));
            assert_eq!((typed(&query), rows(&query.excluded)), (vec!["faros"], vec![vec!["puertos"]]), "{dash}");
        }
        for text in ["faros — puertos", "faros —puertos", "faros – puertos", "faros–puertos"] {
            assert!(Query::parse(text).excluded.is_empty(), "{text}");
        }
    }

    #[test]
    fn words_between_dashes_are_a_parenthesis() {
        for text in ["el faro -alto y viejo- del cabo", "el faro –alto y viejo–, del cabo", "faro -viejo-"] {
            let query = Query::parse(text);
            assert!(query.excluded.is_empty() && typed(&query).contains(&"viejo"), "{text}");
        }
        assert_eq!(rows(&Query::parse("faro -alto -viejo pre-").excluded), [["alto"]]);
        assert_eq!(rows(&Query::parse("faro -alto -viejo").excluded), [["alto"], ["viejo"]]);
    }

    #[test]
    fn exclusions_alone_are_read_as_words_in_their_zone() {
        let query = Query::parse("-title:faro -\"del cabo\"");
        let zones: Vec<_> = query.words.iter().map(|word| (word.text.as_str(), word.zone)).collect();
        assert_eq!(zones, [("faro", Some(Zone::Title)), ("del", None), ("cabo", None)]);
        assert!(query.excluded.is_empty() && query.phrases.is_empty());
    }

    #[test]
    fn words_that_are_set_or_typed_otherwise_are_parsed_as_the_words() {
        for (text, expected) in [
            ("monta˜na", vec!["montaña"]),
            ("pastores¹", vec!["pastores"]),
            ("C++ C# .NET", vec!["c++", "c#", ".net"]),
            ("l´eau", vec!["eau"]),
            ("8.750", vec!["8750"]),
        ] {
            assert_eq!(typed(&Query::parse(text)), expected, "{text}");
        }
        let compounds = |text: &str| -> Vec<Option<String>> {
            Query::parse(text).words.into_iter().map(|word| word.compound).collect()
        };
        for (text, compound) in [("8 750", "8750"), ("EE. UU.", "eeuu"), ("a c t a", "acta"), ("I+D", "i+d")] {
            assert!(compounds(text).iter().all(|of| of.as_deref() == Some(compound)), "{text}");
        }
        assert_eq!(compounds("C++"), [None]);
    }

    #[test]
    fn word_also_typed_outside_quotation_marks_is_not_quoted() {
        let quoted = |text: &str| -> Vec<bool> { Query::parse(text).words.iter().map(|word| word.is_quoted).collect() };
        assert_eq!(quoted("a \"b c\" \"a\" c"), [false, true, false]);
    }

    #[test]
    fn zone_prefixes_are_parsed_in_the_languages_of_the_readers() {
        let query = Query::parse("title:Movilidad autor:\"Ana Pérez\" -tema:becas título:x");
        let zones: Vec<_> = query.words.iter().map(|word| (word.text.as_str(), word.zone)).collect();
        let authors = Some(Zone::Authors);
        let title = Some(Zone::Title);
        assert_eq!(zones, [("movilidad", title), ("ana", authors), ("pérez", authors), ("x", title)]);
        assert_eq!((query.phrases[0].zone, query.excluded[0].zone), (authors, Some(Zone::Topics)));
        for malformed in ["title:", "title: x", "colour:red", ":x", "title::x", "http://title:x"] {
            assert!(Query::parse(malformed).words.iter().all(|word| word.zone.is_none()), "{malformed}");
        }
    }

    #[test]
    fn star_after_a_word_makes_it_a_prefix() {
        let prefixes =
            |text: &str| -> Vec<bool> { Query::parse(text).words.iter().map(|word| word.is_prefix).collect() };
        assert_eq!(prefixes("movil* virtual"), [true, false]);
        assert_eq!(prefixes("e-lear* title:mov**"), [false, true, true]);
        assert_eq!(prefixes("* a*b **c \"d*\" e,*"), [false; 5]);
        assert!(Query::parse("a -mov*").excluded[0].is_prefix);
    }

    #[test]
    fn malformed_operators_are_parsed_as_words() {
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
        fn any_text_is_parsed(text in "\\PC{0,80}") {
            let _ = Query::parse(&text);
        }
    }
}
