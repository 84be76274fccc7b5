//! Splits text into words, the same way for every language.

mod chars;
mod compound;
mod joiner;
mod spaced_letters;
mod word;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use unicode_normalization::char::is_combining_mark;

pub(crate) use self::chars::is_apostrophe;
use self::chars::{ZERO_WIDTH_SPACE, is_apostrophe_char, is_paired, is_word_char};
pub use self::chars::{is_dash, is_quote, is_unspaced};
pub(crate) use self::compound::elided_length;
use self::compound::{Part, compound};
use self::joiner::{has_point_before, joiner_at, sign_behind};
use self::spaced_letters::with_spaced_words;
pub use self::word::Word;
use super::normalizer::{is_invisible, normalize, simplified};
use super::text_repair::repair;

/// The longest word, in bytes of its normal form; a longer one is truncated, as nobody types it.
const MAX_WORD_BYTES: usize = 120;

/// The words of a text, in order.
///
/// * What typesetting and wrong decoding left is repaired first, see `text_repair.rs`.
/// * Elided articles are dropped (`l'enseignement`, `main-d’œuvre`). Other apostrophes are removed
///   (`don't`), and the part before them is indexed too (`Türkiye'nin`), and so is the part after
///   them if it is long (`O'Reilly`). A possessive `'s` is dropped.
/// * A compound joined by a hyphen, by points in an abbreviation or a name, or by `+` or `&`
///   (`covid-19`, `e-learning`, `Ph.D.`, `EE. UU.`, `Node.js`, `I+D`), gives the whole without its
///   joiners (only `+` and `&` stay) and then its parts. A change between letters and digits
///   (`COVID19`) makes a compound as well.
///   So does a word that a hyphen parts at the end of a line.
/// * A number whose thousands are separated is one word: `12.500`. Where only a space separates
///   them they may be two numbers, so that both parts are given too. Decimals have a point: `3,5`
///   gives `3.5` and its parts.
/// * Initials lose their points: `U.N.E.S.C.O.`. Letters that are set apart by spaces
///   (`A C T A`) give the word too, and so do the digits beside it (`A C T A  2 0 2 4`).
/// * Signs that make another word of a letter or a name stay: `C++`, `C#`, `.NET`.
/// * Scripts without spaces are segmented by dictionary. A dictionary may segment the same
///   characters differently beside others, so Chinese and Japanese also give every pair of adjacent
///   characters.
pub fn words(text: &str) -> Vec<Word<'_>> {
    match repair(text) {
        None => split(text),
        Some(repaired) => {
            let mut words = split(&repaired.text);
            for word in &mut words {
                word.bytes = repaired.original(&word.bytes);
            }
            words
        }
    }
}

fn split(text: &str) -> Vec<Word<'static>> {
    let mut tokenizer = Tokenizer { text, words: Vec::with_capacity(text.len() / 6), position: 0 };
    let mut chars = text.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if !is_word_char(c) {
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut complex = is_unspaced(c);
        let mut digit_edge = false;
        let mut joined = false;
        let mut last = c;
        while let Some(&(at, next)) = chars.peek() {
            if is_word_char(next) || is_combining_mark(next) || is_invisible(next) {
                if next == ZERO_WIDTH_SPACE {
                    break;
                }
                complex |= is_unspaced(next);
                digit_edge |= last.is_ascii_digit() != next.is_ascii_digit();
                end = at + next.len_utf8();
            } else if let Some(joiner) = joiner_at(text, start, at, next) {
                joined = true;
                end = at + joiner;
            } else {
                break;
            }
            last = next;
            while chars.next_if(|(at, _)| *at < end).is_some() {}
        }
        if complex {
            tokenizer.push_unspaced(start..end);
        } else if joined || digit_edge {
            tokenizer.push_compound(start..end);
        } else if let Some(sign) = sign_behind(text, start..end) {
            tokenizer.push_signed(start..end, start..end + sign);
            while chars.next_if(|(at, _)| *at < end + sign).is_some() {}
        } else if has_point_before(text, start..end) {
            tokenizer.push_signed(start..end, start - 1..end);
        } else {
            tokenizer.push(start..end, 1);
            tokenizer.position += 1;
        }
    }
    with_spaced_words(text, tokenizer.words)
}

struct Tokenizer<'a> {
    text: &'a str,
    words: Vec<Word<'static>>,
    position: u32,
}

impl Tokenizer<'_> {
    fn push(&mut self, bytes: Range<usize>, span: u32) {
        let Some(text) = self.text.get(bytes.clone()) else { return };
        self.push_as(normalize(text).into_owned(), bytes, span);
    }

    fn push_as(&mut self, mut text: String, bytes: Range<usize>, span: u32) {
        if text.len() > MAX_WORD_BYTES {
            let end = (0..=MAX_WORD_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            text.truncate(end);
        }
        if !text.is_empty() {
            let is_dashed = is_dashed(self.text, bytes.start);
            self.words.push(Word { text: Cow::Owned(text), bytes, position: self.position, span, is_dashed });
        }
    }

    /// Adds a word with a sign that belongs to it. The word without the sign is another one, which
    /// is added too unless it is a single letter.
    fn push_signed(&mut self, word: Range<usize>, signed: Range<usize>) {
        self.push(signed, 1);
        if self.text.get(word.clone()).is_some_and(|word| word.chars().nth(1).is_some()) {
            self.push(word, 0);
        }
        self.position += 1;
    }

    /// Adds a run that contains joiners, or letters next to digits.
    fn push_compound(&mut self, bytes: Range<usize>) {
        let mut bytes = bytes;
        let Some(mut run) = self.text.get(bytes.clone()) else { return };
        let whole = run;
        while let Some(length) = elided_length(run) {
            bytes.start += length;
            run = &run[length..];
        }
        if let Some((stem, ending)) = run.char_indices().rev().nth(1).map(|(at, _)| run.split_at(at))
            && is_apostrophe_char(ending.chars().next())
            && ending.ends_with(['s', 'S'])
        {
            bytes.end = bytes.start + stem.len();
            run = stem;
        }
        let (closed, parts) = compound(run);
        if let [_] = parts.as_slice() {
            self.push_as(normalize(&closed).into_owned(), bytes.clone(), 1);
            // Turkish writes the suffixes of names after an apostrophe.
            let halves = run.split_once(is_apostrophe).filter(|_| !run.starts_with(|c: char| c.is_ascii_digit()));
            if let Some((head, tail)) = halves {
                if head.chars().nth(1).is_some() {
                    self.push_as(normalize(head).into_owned(), bytes.clone(), 0);
                }
                if tail.chars().nth(MIN_TAIL_LETTERS - 1).is_some() && !tail.contains(is_apostrophe) {
                    self.push(bytes.end - tail.len()..bytes.end, 0);
                }
            }
            // An accent that stands beside its letter looks like the apostrophe of an elision.
            if whole.len() > run.len() && whole.contains(['´', '`']) {
                let closed: String = whole.chars().filter(|c| !is_apostrophe(*c)).collect();
                self.push_as(normalize(&closed).into_owned(), bytes, 0);
            }
            self.position += 1;
            return;
        }
        let single = |part: &Part<'_>| part.text.chars().nth(1).is_none();
        let is_initials = run.contains('.')
            && !run.contains(|c: char| c.is_ascii_digit() || is_dash(c) || c.is_whitespace())
            && parts.iter().all(single);
        if is_initials {
            self.push_as(normalize(&closed).into_owned(), bytes, 1);
            self.position += 1;
            return;
        }
        let span = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        self.push_as(normalize(&closed).into_owned(), bytes.clone(), span);
        for part in parts {
            let text = normalize(&part.text).into_owned();
            self.push_as(text, bytes.start + part.bytes.start..bytes.start + part.bytes.end, 1);
            self.position += 1;
        }
    }

    /// Adds a run in a script without spaces, segmented by dictionary.
    fn push_unspaced(&mut self, bytes: Range<usize>) {
        let Some(run) = self.text.get(bytes.clone()) else { return };
        for word in segments(run) {
            if !run.get(word.clone()).is_some_and(|word| word.chars().any(is_word_char)) {
                continue;
            }
            let word = bytes.start + word.start..bytes.start + word.end;
            let parts = self.simplified_parts(&word);
            self.push(word.clone(), u32::try_from(parts.len()).unwrap_or(1).max(1));
            self.push_pairs(word, bytes.end);
            for part in &parts {
                self.push(part.clone(), 1);
                self.position += 1;
            }
            self.position += u32::from(parts.is_empty());
        }
    }

    /// The parts of a word of traditional Chinese that the dictionary knows as several words of
    /// simplified Chinese; none if it is one word there too. Without them neither way of writing
    /// would find the other.
    fn simplified_parts(&self, word: &Range<usize>) -> Vec<Range<usize>> {
        let Some(text) = self.text.get(word.clone()) else { return Vec::new() };
        if text.chars().all(|c| simplified(c) == c) || text.chars().any(|c| simplified(c).len_utf8() != c.len_utf8()) {
            return Vec::new();
        }
        let in_simplified: String = text.chars().map(simplified).collect();
        let parts = segments(&in_simplified).map(|part| word.start + part.start..word.start + part.end);
        Some(parts.collect::<Vec<_>>()).filter(|parts| parts.len() > 1).unwrap_or_default()
    }

    /// Adds the pairs of ideographs or kana that begin in a word, except the word itself. The last
    /// pair may reach into the next word.
    fn push_pairs(&mut self, word: Range<usize>, run_end: usize) {
        let Some(rest) = self.text.get(word.start..run_end) else { return };
        let mut chars = rest.char_indices().peekable();
        while let Some((at, first)) = chars.next() {
            let begin = word.start + at;
            let Some(&(next_at, next)) = chars.peek() else { return };
            let end = word.start + next_at + next.len_utf8();
            if begin >= word.end {
                return;
            }
            if is_paired(first) && is_paired(next) && !(begin == word.start && end == word.end) {
                self.push(begin..end, 0);
            }
        }
    }
}

/// The words of a text without spaces, by dictionary.
fn segments(run: &str) -> impl Iterator<Item = Range<usize>> {
    static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
        LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));
    let mut start = 0;
    SEGMENTER.segment_str(run).skip(1).map(move |end| std::mem::replace(&mut start, end)..end)
}

/// Whether a hyphen that joins nothing precedes `at`, perhaps with a quotation mark after it.
fn is_dashed(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let before = before.strip_suffix(is_quote).unwrap_or(before);
    before.strip_suffix(is_dash).is_some_and(|head| !head.ends_with(is_word_char))
}

/// The fewest letters after an apostrophe that are a word of their own.
const MIN_TAIL_LETTERS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<(String, u32)> {
        words(text).into_iter().map(|word| (word.text.into_owned(), word.position)).collect()
    }

    fn flat(text: &str) -> String {
        let written_words = words(text).into_iter().filter(|word| word.span > 0);
        written_words.map(|word| word.text.into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_are_split_as_people_mean_them() {
        for (text, expected) in [
            ("L'enseignement d’accès, qu'il", "enseignement accès il"),
            ("the university's students don't", "the university students dont"),
            ("COVID-19 covid19", "covid19 covid 19 covid19 covid 19"),
            ("e-learning", "elearning e learning"),
            ("U.N.E.S.C.O. and the U.S.", "unesco and the us"),
            ("1.000 or 3,5.", "1000 or 3.5 3 5"),
            ("the end.Begin a.m.", "the end begin am"),
            ("- -19 - x", "19 x"),
            ("O'Reilly", "oreilly"),
            ("Türkiye'nin", "türkiyenin"),
            ("C++ & C#, C# .NET (.org)", "c++ c# c# .net .org"),
            ("ＣＲＥＳ　２０１８", "cres 2018"),
            ("l'U.N.E.S.C.O", "unesco"),
        ] {
            assert_eq!(flat(text), expected, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_however_their_thousands_are_separated() {
        for (text, expected) in [
            ("8.750 8,750 8'750 8\u{a0}750 8\u{202f}750", "8750 8750 8750 8750 8750"),
            ("8 750", "8750 8 750"),
            ("1.234.567,8 1,234,567.8", "1234567.8 1234567 8 1234567.8 1234567 8"),
            ("0,125 0.125 2.0", "0.125 0 125 0.125 0 125 2.0 2 0"),
            ("12.03.2019 1,2,3 1.2.3", "12032019 12 03 2019 123 1 2 3 123 1 2 3"),
            ("1.200-1.500", "12001500 1200 1500"),
            ("1998–2004 1998-2004", "1998 2004 19982004 1998 2004"),
            ("2019 200, 12 50, a 1 2000", "2019 200 12 50 a 1 2000"),
            ("4.º 4º 4.ª", "4o 4 o 4o 4 o 4a 4 a"),
        ] {
            assert_eq!(flat(text), expected, "{text}");
        }
    }

    #[test]
    fn abbreviations_are_one_word_and_their_parts() {
        for (text, expected) in [
            ("Ph.D. M.Sc. LL.M", "phd ph d msc m sc llm ll m"),
            ("CC.OO. y CC. OO. de FF. AA.", "ccoo cc oo y ccoo cc oo de ffaa ff aa"),
            ("n.º nº n.os p.ej.", "no no nos n os pej p ej"),
            ("Vue.js; informe.pdf; ASP.NET", "vuejs vue js informepdf informe pdf aspnet asp net"),
            ("J. L. Borges", "jl j l borges"),
            ("llegó.El otro", "llegó el otro"),
            ("www.campus.edu.uy", "www campus edu uy"),
            ("I+D+i, R&D y R & D", "i+d+i i d i r&d r d y r&d r d"),
            ("uno + dos & tres", "uno dos tres"),
            ("a++b c+++ Expo+5", "a++ b c expo 5"),
        ] {
            assert_eq!(flat(text), expected, "{text}");
        }
    }

    #[test]
    fn dashes_between_letters_are_hyphens() {
        for text in ["e-voto", "e–voto", "e‑voto", "e‐voto", "e−voto", "e－voto", "e﹣voto", "e‒voto"] {
            assert_eq!(flat(text), "evoto e voto", "{text}");
        }
        assert_eq!(flat("crece—mucho – poco –dijo– SARS–2"), "crece mucho poco dijo sars2 sars 2");
    }

    #[test]
    fn invisible_characters_join_or_part_words() {
        assert_eq!(flat("uni\u{ad}ver\u{2060}si\u{200d}dad"), "universidad");
        assert_eq!(flat("uno\u{200b}dos"), "uno dos");
        assert_eq!(flat("\u{2067}dos\u{2069} \u{61c}tres"), "dos tres");
        assert_eq!(flat("3\u{fe0f}\u{20e3}"), "3");
    }

    #[test]
    fn apostrophes_of_all_kinds_are_read_alike() {
        for apostrophe in ['\'', '’', 'ʼ', 'ꞌ', '´', 'ʻ'] {
            assert_eq!(flat(&format!("ka{apostrophe}aguy")), "kaaguy", "{apostrophe}");
        }
        for (text, expected) in [
            ("Côte-d’Or, mise-à-l’eau", "côtedor côte or miseàleau mise à eau"),
            ("copo-d'água dell'anno gl'itali", "copodágua copo água anno itali"),
            ("N'Djamena", "ndjamena"),
            ("l'FMI, d'un", "fmi un"),
        ] {
            assert_eq!(flat(text), expected, "{text}");
        }
        let has = |text: &str, word: &str| tokens(text).iter().any(|(found, _)| found == word);
        assert!(has("sant'Onofrio", "onofrio") && has("m´etodo", "metodo") && has("m´etodo", "etodo"));
    }

    #[test]
    fn words_parted_at_the_end_of_a_line_are_found_whole() {
        for hyphen in ["-", "\u{2010}", "\u{ad}"] {
            assert_eq!(flat(&format!("la educa{hyphen}\nción, y")), "la educación educa ción y", "{hyphen:?}");
        }
        assert_eq!(flat("pre-\nY, uno -\ndos 1-\na"), "pre y uno dos 1 a");
    }

    #[test]
    fn letters_set_apart_are_found_as_a_word() {
        assert_eq!(flat("el A C T A final"), "el acta a c t a final");
        let spaced = tokens("A C T A  F I N A L");
        let of = |word: &str| spaced.iter().filter(|(text, _)| text == word).map(|(_, at)| *at).collect::<Vec<_>>();
        assert_eq!((of("acta"), of("final")), (vec![0], vec![1]));
        let spaced = tokens("el A C T A final");
        let of = |word: &str| spaced.iter().filter(|(text, _)| text == word).map(|(_, at)| *at).collect::<Vec<_>>();
        assert_eq!((of("acta"), of("final")), (vec![1, 4], vec![5]));
        assert_eq!(flat("A b C, X Y"), "a b c x y");
        assert_eq!(flat("A C T A\u{2003}2 0 2 4"), "acta 2024");
        assert_eq!(flat("A C T A: 2 0 2 4, 1 2 3"), "acta 2024 1 2 3");
        assert_eq!(flat("A\u{200a}C\u{200a}T\u{200a}A"), "acta a c t a");
    }

    #[test]
    fn repaired_words_point_at_the_original_text() {
        let text = "la monta˜na² de Ma˜nach¹";
        let written: Vec<_> = words(text).into_iter().map(|word| (word.text.into_owned(), &text[word.bytes])).collect();
        let expected = [("la", "la"), ("montaña", "monta˜na"), ("de", "de"), ("mañach", "Ma˜nach")];
        assert_eq!(written, expected.map(|(word, written)| (word.to_owned(), written)));
    }

    #[test]
    fn the_part_before_an_apostrophe_is_indexed_too() {
        assert_eq!(
            tokens("Türkiye'nin a"),
            [("türkiyenin", 0), ("türkiye", 0), ("a", 1)].map(|(w, p)| (w.to_owned(), p))
        );
    }

    #[test]
    fn parts_of_a_compound_have_consecutive_positions() {
        assert_eq!(
            tokens("a b-c d"),
            [("a", 0), ("bc", 1), ("b", 1), ("c", 2), ("d", 3)].map(|(w, p)| (w.to_owned(), p))
        );
    }

    #[test]
    fn scripts_without_spaces_are_segmented_by_dictionary() {
        assert_eq!(flat("高等教育的国际化"), "高等教育 的 国际 化");
        // The dictionary has 圖書館 and not 图书馆.
        assert_eq!(flat("圖書館的學術"), "图书馆 图书 馆 的 学术");
        assert_eq!(flat("图书馆的学术"), "图书 馆 的 学术");
        // The dictionary splits 和学|生 here; the pair is indexed all the same.
        assert!(tokens("高等教育和学生").iter().any(|(word, _)| word == "学生"));
        assert!(tokens("การศึกษาระดับอุดมศึกษา").len() > 2);
        assert!(tokens("高等教育の国際化").len() > 2);
    }

    #[test]
    fn offsets_point_at_the_text() {
        let text = "Él llegó — l’été 2018-19";
        for word in words(text) {
            assert!(text.get(word.bytes.clone()).is_some_and(|found| !found.is_empty()));
        }
    }
}
