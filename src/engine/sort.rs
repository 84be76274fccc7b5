//! Sort orders of hits.

use std::cmp::Reverse;

/// The order of hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Best match first; newest first if the query is empty.
    #[default]
    Relevance,
    /// Newest first; undated articles last.
    Newest,
    /// Oldest first; undated articles last.
    Oldest,
    /// By the beginnings of events, see [`EventPosition`].
    Events,
}

/// Where an article stands in the order of events, seen from a point in time. The variants are in the
/// order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventPosition {
    /// The event begins then (Unix time) or has begun, and has not ended: the earliest first.
    Coming(i64),
    /// The event is over: the one that began last first.
    Over(Reverse<i64>),
    /// The article has no beginning.
    NoEvent,
}

impl EventPosition {
    /// The position at a second of an event with a beginning, and the first second after it, all in
    /// Unix time.
    pub fn at(at_s: i64, event: Option<(i64, i64)>) -> EventPosition {
        match event {
            Some((starts_s, over_s)) if at_s < over_s => EventPosition::Coming(starts_s),
            Some((starts_s, _)) => EventPosition::Over(Reverse(starts_s)),
            None => EventPosition::NoEvent,
        }
    }

    /// Whether the event is over.
    pub fn is_over(self) -> bool {
        matches!(self, EventPosition::Over(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_that_are_not_over_come_first_the_earliest_of_them_and_the_latest_of_the_others() {
        let at = |event| EventPosition::at(100, event);
        let list = [
            at(Some((50, 101))),
            at(Some((100, 100 + 1))),
            at(Some((120, 130))),
            at(Some((90, 100))),
            at(Some((10, 20))),
            at(None),
        ];
        assert!(list.is_sorted(), "{list:?}");
        assert_eq!(list.map(EventPosition::is_over), [false, false, false, true, true, false]);
    }
}
