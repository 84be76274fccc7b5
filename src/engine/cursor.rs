//! The end of a page, so that the next page continues there even if the articles changed.

use super::{EventPosition, IndexVersion, Sort};

/// How long, in seconds, the snapshot of a first page is retained, so that its following pages show
/// the same list.
pub const HOLD_S: i64 = 300;

/// The end of a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Cursor {
    /// The index version of the page.
    pub version: IndexVersion,
    /// The time of the page, in Unix seconds.
    pub now_s: i64,
    /// The sort key of the last hit.
    pub key: CursorKey,
    /// The id of the last hit.
    pub id: String,
    /// The number of hits up to and including it.
    pub place: usize,
}

/// A sort key.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CursorKey {
    /// By relevance: the score.
    Score(f32),
    /// By date, in either direction: the time of publication in Unix seconds.
    Published(Option<i64>),
    /// By the beginnings of events: the position, and the time from which the whole list is seen, in
    /// Unix seconds.
    Event(EventPosition, i64),
}

impl Cursor {
    /// Whether its list is sorted by score. Scores are comparable within one state only.
    pub fn is_by_score(&self) -> bool {
        matches!(self.key, CursorKey::Score(_))
    }

    /// Whether the scores of its list belong to another version.
    pub fn is_outdated(&self, version: IndexVersion) -> bool {
        self.is_by_score() && self.version != version
    }

    /// Whether its list has this order. After a change of the articles, a search may find
    /// nothing although it did before, or the other way round.
    pub fn is_of_order(&self, sort: Sort) -> bool {
        match self.key {
            CursorKey::Score(_) => sort == Sort::Relevance,
            CursorKey::Published(_) => matches!(sort, Sort::Newest | Sort::Oldest),
            CursorKey::Event(..) => sort == Sort::Events,
        }
    }

    /// The time to evaluate visibility at when the list continues: that of its first page, as long
    /// as that page's snapshot may be retained, and never in the future.
    pub fn present(&self, now_s: i64) -> i64 {
        self.now_s.clamp(now_s.saturating_sub(HOLD_S), now_s)
    }
}
