//! Cursors as opaque texts.

use std::cmp::Reverse;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use super::types::Form;
use crate::engine::{Cursor, CursorKey, EventPosition, IndexVersion, SearchRequest};

/// A cursor with the fingerprint of its search.
pub(crate) struct SearchCursor {
    /// The end of the page.
    pub(crate) cursor: Cursor,
    search: u64,
}

/// The serialized form of a cursor.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SerializedCursor {
    #[serde(rename = "v")]
    version: (u64, u64),
    #[serde(rename = "n")]
    now_s: i64,
    /// The bits of the score: a decimal number might not round-trip.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    score_bits: Option<u32>,
    #[serde(rename = "d", default, skip_serializing_if = "Option::is_none")]
    published_s: Option<i64>,
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    event: Option<SerializedEvent>,
    #[serde(rename = "i")]
    id: String,
    #[serde(rename = "p")]
    place: usize,
    #[serde(rename = "q")]
    search: u64,
}

/// A position in the order of events, and the time from which the list is seen.
#[derive(Serialize, Deserialize)]
struct SerializedEvent {
    #[serde(rename = "t")]
    seen_s: i64,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    starts_s: Option<i64>,
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    is_over: bool,
}

impl SerializedEvent {
    fn of(position: EventPosition, seen_s: i64) -> SerializedEvent {
        let starts_s = match position {
            EventPosition::Coming(starts_s) | EventPosition::Over(Reverse(starts_s)) => Some(starts_s),
            EventPosition::NoEvent => None,
        };
        SerializedEvent { seen_s, starts_s, is_over: position.is_over() }
    }

    fn key(&self) -> CursorKey {
        let position = match self.starts_s {
            Some(starts_s) if self.is_over => EventPosition::Over(Reverse(starts_s)),
            Some(starts_s) => EventPosition::Coming(starts_s),
            None => EventPosition::NoEvent,
        };
        CursorKey::Event(position, self.seen_s)
    }
}

impl SearchCursor {
    /// Whether the cursor belongs to this search; parameters of the page do not matter.
    pub(crate) fn is_of(&self, request: &SearchRequest) -> bool {
        self.search == fingerprint(request)
    }
}

/// Encodes a cursor of a search.
pub(crate) fn encode(cursor: &Cursor, request: &SearchRequest) -> String {
    let (score_bits, published_s, event) = match cursor.key {
        CursorKey::Score(score) => (Some(score.to_bits()), None, None),
        CursorKey::Published(published_s) => (None, published_s, None),
        CursorKey::Event(position, seen_s) => (None, None, Some(SerializedEvent::of(position, seen_s))),
    };
    let serialized = SerializedCursor {
        version: (cursor.version.generation, cursor.version.seq),
        now_s: cursor.now_s,
        score_bits,
        published_s,
        event,
        id: cursor.id.clone(),
        place: cursor.place,
        search: fingerprint(request),
    };
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&serialized).unwrap_or_default())
}

/// A hash of everything that determines the list of a search.
fn fingerprint(request: &SearchRequest) -> u64 {
    let SearchRequest { query, filters, without, ui_lang, group, sort, literal, .. } = request;
    let hash = blake3::hash(format!("{:?}", (query, filters, without, ui_lang, group, sort, literal)).as_bytes());
    hash.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The form of a cursor in a request.
pub(crate) struct CursorText;

impl Form for CursorText {
    type Value = SearchCursor;

    fn read(&self, text: &str) -> Option<SearchCursor> {
        let serialized: SerializedCursor = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let key = match (serialized.score_bits, &serialized.event) {
            (Some(bits), _) => CursorKey::Score(f32::from_bits(bits)),
            (None, Some(event)) => event.key(),
            (None, None) => CursorKey::Published(serialized.published_s),
        };
        let version = IndexVersion { generation: serialized.version.0, seq: serialized.version.1 };
        let cursor = Cursor { version, now_s: serialized.now_s, key, id: serialized.id, place: serialized.place };
        Some(SearchCursor { cursor, search: serialized.search })
    }

    fn expected(&self) -> String {
        "what an answer to the same search gave as next_cursor".to_owned()
    }

    fn schema(&self) -> Schema {
        ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z0-9_-]+$")).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::query::Query;

    #[test]
    fn a_cursor_round_trips_and_belongs_to_its_search() {
        let request = SearchRequest::new(Query::parse("movilidad"), 1);
        let version = IndexVersion { generation: 3, seq: u64::MAX };
        for key in [CursorKey::Score(0.1), CursorKey::Published(None), CursorKey::Published(Some(-5))] {
            let cursor = Cursor { version, now_s: 7, key, id: "ñ/\"1\"".to_owned(), place: 20 };
            let read = CursorText.read(&encode(&cursor, &request)).unwrap();
            assert!(read.is_of(&SearchRequest { limit: 3, ..request.clone() }));
            assert!(!read.is_of(&SearchRequest { group: false, ..request.clone() }));
            assert_eq!(read.cursor, cursor);
        }
        for text in ["", "x", "e30", "%%%", "bnVsbA"] {
            assert!(CursorText.read(text).is_none(), "{text}");
        }
    }
}
