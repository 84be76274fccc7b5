//! Cuts texts to fragments around their marks: whole words, within a maximum number of characters.

use std::ops::Range;

use icu_segmenter::GraphemeClusterSegmenter;

use super::highlighter::{Mark, TextToken};
use crate::analysis::is_unspaced;

/// The characters between two fragments: an ellipsis between two spaces.
const BETWEEN_CHARS: usize = 3;
/// The minimum number of characters per fragment.
const FRAGMENT_CHARS: usize = 40;
/// The number of characters reserved for the context of a fragment's marks.
const CONTEXT_CHARS: usize = 15;
/// A sentence of which at most this many characters would be shown is dropped, if that costs at
/// most this share of the fragment (a divisor).
const STUB_CHARS: usize = 15;
const STUB_SHARE: usize = 8;

/// The kind of boundary at a character, in ascending order of preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Begin {
    /// No boundary.
    Nothing,
    Word,
    Clause,
    Sentence,
}

/// A single-line text that fragments are cut from.
#[derive(Debug)]
pub(crate) struct SnippetText {
    pub(crate) text: String,
    pub(crate) marks: Vec<Mark>,
    /// The sorted byte offsets of its paragraphs.
    paragraphs: Vec<usize>,
    /// Whether its end is the end of a paragraph.
    closes: bool,
    /// The byte offset of every character, and of the end.
    at: Vec<usize>,
    /// The marks of words, in characters.
    word_marks: Vec<(Range<usize>, u64)>,
    /// The boundary at every character and at the end.
    begins: Vec<Begin>,
    /// For every character and the end, whether a fragment may end before it.
    ends: Vec<bool>,
}

/// A part of a piece.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fragment {
    /// The index of the piece.
    pub(crate) piece: usize,
    /// Its range in the piece's text.
    pub(crate) bytes: Range<usize>,
}

/// The range that a fragment is built around, in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
struct FragmentCore {
    piece: usize,
    chars: Range<usize>,
}

impl SnippetText {
    /// Prepares a text with its words, marks and paragraph starts (in bytes).
    pub(crate) fn new(
        text: String,
        tokens: &[TextToken],
        marks: Vec<Mark>,
        paragraphs: Vec<usize>,
        closes: bool,
    ) -> SnippetText {
        let at: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let place = |byte: usize| at.partition_point(|known| *known < byte);
        let word_marks = marks.iter().filter(|mark| mark.words != 0);
        let word_marks = word_marks.map(|mark| (place(mark.bytes.start)..place(mark.bytes.end), mark.words)).collect();
        let mut is_word = vec![false; at.len()];
        for token in tokens.iter().filter(|token| token.is_spoken) {
            if let Some(is_word) = is_word.get_mut(place(token.bytes.start)) {
                *is_word = true;
            }
        }
        let mut is_paragraph = vec![false; at.len()];
        for byte in paragraphs.iter().chain(&[0]) {
            if let Some(is_paragraph) = is_paragraph.get_mut(place(*byte)) {
                *is_paragraph = true;
            }
        }
        let mut begins = Vec::with_capacity(at.len());
        let mut ends = Vec::with_capacity(at.len());
        let mut before = TextBefore::default();
        for ((c, is_word), is_paragraph) in text.chars().zip(is_word).zip(is_paragraph) {
            let begin = if is_paragraph { Begin::Sentence } else { before.begin(c, is_word) };
            ends.push(before.last.is_some_and(|last| !last.is_whitespace()) && (begin > Begin::Nothing || c == ' '));
            begins.push(begin);
            before.pass(c);
        }
        begins.push(Begin::Nothing);
        ends.push(true);
        SnippetText { text, marks, paragraphs, closes, at, word_marks, begins, ends }
    }

    /// Whether a paragraph starts at a byte.
    pub(crate) fn begins_paragraph(&self, byte: usize) -> bool {
        self.paragraphs.binary_search(&byte).is_ok()
    }

    /// Whether a paragraph ends at a byte; the next one starts after a space.
    pub(crate) fn ends_paragraph(&self, byte: usize) -> bool {
        if byte == self.text.len() { self.closes } else { self.begins_paragraph(byte + 1) }
    }

    /// The number of its characters.
    fn chars(&self) -> usize {
        self.at.len() - 1
    }

    fn begin(&self, place: usize) -> Begin {
        self.begins.get(place).copied().unwrap_or(Begin::Nothing)
    }

    fn may_end(&self, place: usize) -> bool {
        self.ends.get(place).copied().unwrap_or(false)
    }

    fn byte(&self, place: usize) -> usize {
        self.at.get(place).copied().unwrap_or(self.text.len())
    }

    /// The last index up to `to` at which a grapheme cluster ends, given that one starts at `from`.
    fn cluster_end(&self, from: usize, to: usize) -> usize {
        let begin = self.byte(from);
        // Segment the rest of the text, because a cluster may extend beyond `to`.
        let rest = self.text.get(begin..).unwrap_or_default();
        let limit = self.byte(to) - begin;
        let ends = GraphemeClusterSegmenter::new().segment_str(rest).take_while(|end| *end <= limit);
        let end = begin + ends.last().unwrap_or(0);
        self.at.partition_point(|byte| *byte < end)
    }

    /// The range, extended to whole words.
    fn whole_words(&self, range: &Range<usize>, limits: &Range<usize>) -> Range<usize> {
        let starts = (limits.start..=range.start).rev();
        let start = starts.into_iter().find(|place| self.begin(*place) > Begin::Nothing).unwrap_or(range.start);
        let end = (range.end..=limits.end).find(|place| self.may_end(*place)).unwrap_or(range.end);
        start..end
    }

    /// Extends a core to at most `room` characters within limits.
    fn grow(&self, core: &Range<usize>, limits: &Range<usize>, room: usize) -> Range<usize> {
        if limits.len() <= room {
            return self.trimmed(limits.clone());
        }
        let whole = self.whole_words(core, limits);
        if whole.len() > room {
            // Words longer than the room are cut between clusters, keeping the beginning of the
            // mark.
            let start =
                if core.end <= whole.start + room { whole.start } else { self.cluster_end(whole.start, core.start) };
            return start..self.last_end(start, start, (start + room).min(limits.end));
        }
        let spare = room - whole.len();
        let start = self.lead(whole.start, limits.start, spare);
        let end = self.last_end(start, whole.end, (start + room).min(limits.end));
        let left = room.saturating_sub(end - start);
        if end < limits.end || left == 0 {
            return self.trimmed(start..end);
        }
        // The text ends early: use the remaining room before the core.
        let earliest = start.saturating_sub(left).max(limits.start);
        let begins = |at_least: Begin| (earliest..start).find(|place| self.begin(*place) >= at_least);
        let start = begins(Begin::Sentence).or_else(|| begins(Begin::Word)).unwrap_or(start);
        self.trimmed(start..end)
    }

    /// The start before a core, with `spare` characters: at its sentence or a clause if they are
    /// near.
    fn lead(&self, core: usize, limit: usize, spare: usize) -> usize {
        let within = |share: usize| core.saturating_sub(share).max(limit)..=core;
        let is_at_least = |begin: Begin| move |place: &usize| self.begin(*place) >= begin;
        let sentence = within(spare * 2 / 3).rev().find(is_at_least(Begin::Sentence));
        let clause = || within(spare / 2).find(is_at_least(Begin::Clause));
        let word = || within(spare / 3).find(is_at_least(Begin::Word));
        sentence.or_else(clause).or_else(word).unwrap_or(core)
    }

    /// The last index in a range at which a fragment starting at `start` may end.
    fn last_end(&self, start: usize, earliest: usize, latest: usize) -> usize {
        let end = (earliest.max(start + 1)..=latest).rev().find(|place| self.may_end(*place));
        end.unwrap_or_else(|| self.cluster_end(start, latest))
    }

    /// A fragment without the first few words of an incomplete sentence, if these are after
    /// `earliest`.
    fn without_stub(&self, range: Range<usize>, earliest: usize) -> Range<usize> {
        if self.ends_paragraph(self.byte(range.end)) {
            return range;
        }
        let most = STUB_CHARS.min(range.len() / STUB_SHARE);
        let mut stubs = (range.end.saturating_sub(most).max(earliest + 1)..range.end).rev();
        match stubs.find(|place| self.begin(*place) == Begin::Sentence) {
            Some(stub) => self.trimmed(range.start..stub),
            None => range,
        }
    }

    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let is_space = |place: usize| self.text.get(self.byte(place)..).is_some_and(|rest| rest.starts_with(' '));
        let start = range.clone().find(|place| !is_space(*place)).unwrap_or(range.end);
        let end = (start..range.end).rev().find(|place| !is_space(*place)).map_or(start, |last| last + 1);
        start..end
    }
}

/// The text before a character.
#[derive(Default)]
struct TextBefore {
    last: Option<char>,
    /// The last character that is neither white space nor a closing bracket or quotation mark.
    last_visible: Option<char>,
}

impl TextBefore {
    /// The boundary before a character; `is_word` says that a word starts there.
    fn begin(&self, c: char, is_word: bool) -> Begin {
        let Some(last) = self.last else { return Begin::Sentence };
        if c.is_whitespace() {
            return Begin::Nothing;
        }
        let word_marks = self.last_visible.unwrap_or(last);
        if !last.is_whitespace() {
            let is_cut = is_word && (is_unspaced(c) || is_unspaced(last) || is_wide_stop(last));
            return match last {
                _ if !is_cut => Begin::Nothing,
                '。' | '！' | '？' => Begin::Sentence,
                '，' | '、' | '；' | '：' => Begin::Clause,
                _ => Begin::Word,
            };
        }
        if !c.is_ascii() && !begins_cluster(c) {
            return Begin::Nothing;
        }
        match word_marks {
            '.' | '!' | '?' | '…' | '؟' | '।' | '。' | '！' | '？' if !c.is_lowercase() => Begin::Sentence,
            ',' | ';' | ':' | '—' | '–' | '،' | '؛' | '，' | '、' | '；' | '：' => Begin::Clause,
            _ if matches!(c, '(' | '[' | '«' | '“' | '¿' | '¡') => Begin::Clause,
            _ => Begin::Word,
        }
    }

    fn pass(&mut self, c: char) {
        self.last = Some(c);
        if !c.is_whitespace() && !matches!(c, ')' | ']' | '"' | '»' | '”' | '’' | '\'' | '」' | '』' | '）') {
            self.last_visible = Some(c);
        }
    }
}

fn is_wide_stop(c: char) -> bool {
    matches!(c, '。' | '！' | '？' | '，' | '、' | '；' | '：')
}

/// Whether a character after a space starts a new grapheme cluster.
fn begins_cluster(c: char) -> bool {
    let text = String::from_iter([' ', c]);
    GraphemeClusterSegmenter::new().segment_str(&text).any(|end| end == 1)
}

/// The fragments to show, in order: at most `most`, with at most `max_chars` characters in total
/// including separators. `weight` returns the weight of query words.
pub(crate) fn fragments(
    pieces: &[SnippetText],
    weight: &dyn Fn(u64) -> f32,
    most: usize,
    max_chars: usize,
) -> Vec<Fragment> {
    if let [only] = pieces
        && only.chars() + usize::from(!only.begins_paragraph(0)) + usize::from(!only.closes) <= max_chars
    {
        return vec![Fragment { piece: 0, bytes: 0..only.text.len() }];
    }
    // Always reserve room for both ellipses at the ends.
    let room = max_chars.saturating_sub(2);
    let most = most.min(max_chars / FRAGMENT_CHARS).max(1);
    let mut cores = cores(pieces, weight, most, room);
    cores.sort_by_key(|core| (core.piece, core.chars.start));
    let room = room.saturating_sub(BETWEEN_CHARS * cores.len().saturating_sub(1));
    let limits = limits(pieces, &cores);
    let rooms = rooms(&cores, &limits, room);
    let mut grown: Vec<FragmentCore> = Vec::with_capacity(cores.len());
    for ((core, limits), room) in cores.iter().zip(&limits).zip(rooms) {
        let Some(piece) = pieces.get(core.piece) else { continue };
        let chars = piece.without_stub(piece.grow(&core.chars, limits, room), core.chars.end);
        match grown.last_mut() {
            _ if chars.is_empty() => {}
            Some(last) if last.piece == core.piece && chars.start <= last.chars.end + 1 => last.chars.end = chars.end,
            _ => grown.push(FragmentCore { piece: core.piece, chars }),
        }
    }
    let bytes_of = |core: FragmentCore| {
        let piece = pieces.get(core.piece)?;
        Some(Fragment { piece: core.piece, bytes: piece.byte(core.chars.start)..piece.byte(core.chars.end) })
    };
    grown.into_iter().filter_map(bytes_of).collect()
}

/// Selects the cores of fragments: the shortest range with most of the query's weight, then ranges
/// with words that it lacks; and if their pieces are short, marks in other pieces.
fn cores(pieces: &[SnippetText], weight: &dyn Fn(u64) -> f32, most: usize, room: usize) -> Vec<FragmentCore> {
    let mut cores: Vec<FragmentCore> = Vec::new();
    let mut covered = 0;
    while cores.len() < most {
        let taken: usize = cores.iter().map(|core| core.chars.len() + CONTEXT_CHARS + BETWEEN_CHARS).sum();
        let room = room.saturating_sub(taken);
        let new = best_core(pieces, room, &|core, words| {
            let is_taken = cores.iter().any(|other| {
                other.piece == core.piece && other.chars.start < core.chars.end && core.chars.start < other.chars.end
            });
            if is_taken { 0.0 } else { weight(words & !covered) }
        });
        let held = || -> usize {
            let is_shown = |place: &usize| cores.iter().any(|core| core.piece == *place);
            (0..pieces.len()).filter(is_shown).filter_map(|place| pieces.get(place)).map(SnippetText::chars).sum()
        };
        let more = || {
            let is_new = |core: &FragmentCore| cores.iter().all(|other| other.piece != core.piece);
            let found = best_core(pieces, room, &|core, words| if is_new(core) { weight(words) } else { 0.0 });
            found.filter(|_| held() < room)
        };
        let Some((core, words)) = new.or_else(more) else { break };
        covered |= words;
        cores.push(core);
    }
    if cores.is_empty() {
        // No mark fits: use the beginning of the first mark, or of the text.
        let first = pieces.iter().enumerate().find_map(|(piece, text)| {
            let (chars, _) = text.word_marks.first()?;
            Some(FragmentCore { piece, chars: chars.clone() })
        });
        cores.push(first.unwrap_or(FragmentCore { piece: 0, chars: 0..0 }));
    }
    cores
}

/// The range of at most `room` characters, from a mark to a mark, with the highest value; of equal
/// ones the shortest, then the first. `None` if no value is positive.
fn best_core(
    pieces: &[SnippetText],
    room: usize,
    value_of: &dyn Fn(&FragmentCore, u64) -> f32,
) -> Option<(FragmentCore, u64)> {
    let mut best: Option<(f32, FragmentCore, u64)> = None;
    for (place, piece) in pieces.iter().enumerate() {
        let all = piece.word_marks.iter().fold(0, |words, (_, word_marks)| words | word_marks);
        for (first, (begin, _)) in piece.word_marks.iter().enumerate() {
            let mut words = 0;
            for (mark, word_marks) in piece.word_marks.iter().skip(first) {
                let core = FragmentCore { piece: place, chars: begin.start..mark.end };
                if core.chars.len() > room {
                    break;
                }
                if words | word_marks == words {
                    continue;
                }
                words |= word_marks;
                let value = value_of(&core, words);
                let is_better = best.as_ref().is_none_or(|(most, known, _)| {
                    value > *most || (value == *most && core.chars.len() < known.chars.len())
                });
                if value > 0.0 && is_better {
                    best = Some((value, core, words));
                }
                if words == all {
                    break;
                }
            }
        }
    }
    best.map(|(_, core, words)| (core, words))
}

/// The limits of each fragment: the ends of its piece, and halfway to the next core.
fn limits(pieces: &[SnippetText], cores: &[FragmentCore]) -> Vec<Range<usize>> {
    let beside = |place: Option<usize>, core: &FragmentCore| {
        place.and_then(|place| cores.get(place)).filter(|other| other.piece == core.piece)
    };
    let limits = cores.iter().enumerate().map(|(place, core)| {
        let before = beside(place.checked_sub(1), core);
        let behind = beside(Some(place + 1), core);
        let start = before.map_or(0, |before| before.chars.end.midpoint(core.chars.start));
        let end = pieces.get(core.piece).map_or(0, SnippetText::chars);
        start..behind.map_or(end, |behind| core.chars.end.midpoint(behind.chars.start))
    });
    limits.collect()
}

/// Distributes room among fragments: each gets its core, and an equal share of the rest unless it
/// can use less.
fn rooms(cores: &[FragmentCore], limits: &[Range<usize>], room: usize) -> Vec<usize> {
    let mut rooms: Vec<usize> = cores.iter().map(|core| core.chars.len()).collect();
    let mut spare = room.saturating_sub(rooms.iter().sum());
    let wants = rooms.iter_mut().zip(limits).map(|(room, limit)| (limit.len().saturating_sub(*room), room));
    let mut wants: Vec<(usize, &mut usize)> = wants.collect();
    wants.sort_by_key(|(wanted, _)| *wanted);
    let count = wants.len();
    for (served, (wanted, room)) in wants.into_iter().enumerate() {
        let given = wanted.min(spare / (count - served));
        *room += given;
        spare -= given;
    }
    if let [only] = rooms.as_mut_slice() {
        *only = (*only).min(room);
    }
    rooms
}
