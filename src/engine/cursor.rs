//! Where a page ended, so that the next one goes on from there whatever has changed since.

use super::{IndexVersion, Sort};

/// For how long after a first page the state of the articles that it was answered from is held, so
/// that the pages after it are of the same list. In seconds.
pub const HOLD_S: i64 = 300;

/// The end of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// The state of the articles that the page was answered from.
    pub version: IndexVersion,
    /// The present as it was then, Unix time.
    pub now_s: i64,
    /// What the list is ordered by, of the last hit.
    pub key: CursorKey,
    /// The id of the last hit.
    pub id: String,
    /// How many hits there were up to it.
    pub place: usize,
}

/// What a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CursorKey {
    /// By relevance: the score.
    Score(f32),
    /// By date, either way: the second of publication, Unix time.
    Published(Option<i64>),
}

impl Cursor {
    /// Whether its list is ordered by scores, which are those of one state of the articles.
    pub fn is_by_score(&self) -> bool {
        matches!(self.key, CursorKey::Score(_))
    }

    /// Whether the scores of its list are those of another state than this.
    pub fn is_outdated(&self, version: IndexVersion) -> bool {
        self.is_by_score() && self.version != version
    }

    /// Whether its list is in this order. Where the articles changed, a search may be answered by what
    /// is newest that was not before, or the other way round.
    pub fn is_of_order(&self, sort: Sort) -> bool {
        self.is_by_score() == (sort == Sort::Relevance)
    }

    /// The present of the list that the cursor goes on with: that of its first page, as long as
    /// the page's state may be held, and never one to come.
    pub fn present(&self, now_s: i64) -> i64 {
        self.now_s.clamp(now_s.saturating_sub(HOLD_S), now_s)
    }
}
