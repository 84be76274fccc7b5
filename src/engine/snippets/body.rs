//! What a snippet reads of a body: the positions of matches, and the passages that are chosen by them.

use std::collections::BTreeMap;

use crate::analysis::passages_of;

/// The maximum number of passages read for one snippet.
pub(super) const MAX_READ: usize = 8;

/// A position in a body where words of the query match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct MatchPosition {
    /// The position of the first matching word in the body.
    pub first: u32,
    /// The position of the last matching word.
    pub last: u32,
    /// The matching words of the query, one bit each, by their index in the plan.
    pub words: u64,
}

/// One passage of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BodyPassage {
    /// Its text.
    pub text: String,
    /// Its language, if it is not the article's.
    pub lang: Option<String>,
    /// Whether it continues the paragraph of the previous passage.
    pub continues: bool,
    /// Whether the next passage continues its paragraph with more than white space.
    pub is_continued: bool,
}

/// A body whose passages are read individually.
pub trait Body {
    /// The error of reading a passage.
    type Error;
    /// The number of passages.
    fn passages(&self) -> usize;
    /// The position of a passage's first word in the body; non-decreasing.
    fn start(&self, ordinal: usize) -> u32;
    /// Reads a passage; `None` if it does not exist.
    fn passage(&self, ordinal: usize) -> Result<Option<BodyPassage>, Self::Error>;
}

/// A summary, which is read like a body.
pub(super) struct Summary {
    passages: Vec<BodyPassage>,
}

impl Summary {
    pub(super) fn new(summary: &str) -> Summary {
        Summary { passages: body_passages(summary).take(MAX_READ + 1).collect() }
    }
}

impl Body for Summary {
    type Error = std::convert::Infallible;

    fn passages(&self) -> usize {
        self.passages.len()
    }

    fn start(&self, _: usize) -> u32 {
        0
    }

    fn passage(&self, ordinal: usize) -> Result<Option<BodyPassage>, Self::Error> {
        Ok(self.passages.get(ordinal).cloned())
    }
}

/// The passages of a text, in the language of its article.
pub fn body_passages(text: &str) -> impl Iterator<Item = BodyPassage> {
    let mut passages = passages_of(text).peekable();
    std::iter::from_fn(move || {
        let passage = passages.next()?;
        Some(BodyPassage {
            text: passage.text.to_owned(),
            lang: None,
            continues: passage.continues(),
            is_continued: passages.peek().is_some_and(|next| next.continues() && !next.text.trim().is_empty()),
        })
    })
}

/// The read passages, by ordinal.
pub(super) type Read = BTreeMap<usize, BodyPassage>;

pub(super) fn read_one<B: Body>(body: &B, ordinal: usize, read: &mut Read) -> Result<(), B::Error> {
    if !read.contains_key(&ordinal)
        && let Some(passage) = body.passage(ordinal)?
    {
        read.insert(ordinal, passage);
    }
    Ok(())
}

/// Reads passages from `first` on until there are enough characters.
pub(super) fn read_on<B: Body>(body: &B, first: usize, chars: usize, read: &mut Read) -> Result<(), B::Error> {
    for ordinal in first..body.passages() {
        if read.len() >= MAX_READ || is_filled(read, chars) {
            break;
        }
        read_one(body, ordinal, read)?;
    }
    Ok(())
}

/// Whether there are more than `most` characters.
pub(super) fn is_filled(read: &Read, most: usize) -> bool {
    let mut chars = read.values().flat_map(|passage| passage.text.chars());
    chars.nth(most).is_some()
}

/// A passage with matches.
pub(super) struct MatchedPassage {
    pub(super) ordinal: usize,
    /// The passage of the last match; usually the same.
    pub(super) last: usize,
    pub(super) words: u64,
    /// The weight of the matching words.
    pub(super) weight: f32,
    /// The length of the shortest span with all of these words, in positions.
    pub(super) extent: u32,
}

/// The passages with matches, in order.
pub(super) fn matched_passages<B: Body>(
    body: &B,
    mut match_positions: Vec<MatchPosition>,
    weight: &dyn Fn(u64) -> f32,
) -> Vec<MatchedPassage> {
    match_positions.sort_unstable();
    let mut held: Vec<MatchedPassage> = Vec::new();
    let mut rest = match_positions.as_slice();
    while let Some(matched) = rest.first() {
        let ordinal = passage_at(body, matched.first, held.last().map_or(0, |last| last.ordinal));
        let end = if ordinal + 1 < body.passages() { body.start(ordinal + 1) } else { u32::MAX };
        let (inside, behind) = rest.split_at(rest.partition_point(|matched| matched.first < end).max(1));
        rest = behind;
        let words = inside.iter().fold(0, |words, matched| words | matched.words);
        let last = inside.iter().map(|matched| matched.last).max().unwrap_or(0);
        let last = if last < end { ordinal } else { passage_at(body, last, ordinal) };
        held.push(MatchedPassage { ordinal, last, words, weight: weight(words), extent: extent(inside, words) });
    }
    held
}

/// The passage that contains a position, at or after passage `from`; galloping search.
pub(super) fn passage_at<B: Body>(body: &B, position: u32, from: usize) -> usize {
    let (mut known, mut beyond) = (from, body.passages());
    let mut step = 1;
    while known + step < beyond {
        if body.start(known + step) > position {
            beyond = known + step;
            break;
        }
        known += step;
        step *= 2;
    }
    while known + 1 < beyond {
        let middle = known.midpoint(beyond);
        if body.start(middle) <= position {
            known = middle;
        } else {
            beyond = middle;
        }
    }
    known
}

/// The length of the shortest span of positions with all of some words.
pub(super) fn extent(match_positions: &[MatchPosition], words: u64) -> u32 {
    if words.is_power_of_two() {
        let extents = match_positions.iter().map(|matched| matched.last.saturating_sub(matched.first));
        return extents.min().unwrap_or(0);
    }
    let places: Vec<u64> = (0..u64::BITS).map(|place| 1 << place).filter(|bit| words & bit != 0).collect();
    let mut seen: Vec<Option<u32>> = vec![None; places.len()];
    let mut least = u32::MAX;
    for matched in match_positions {
        for (bit, seen) in places.iter().zip(&mut seen) {
            if matched.words & bit != 0 {
                *seen = Some(matched.first);
            }
        }
        // `None` sorts before any position.
        if let Some(first) = seen.iter().min().copied().flatten() {
            least = least.min(matched.last.saturating_sub(first));
        }
    }
    least
}
