//! The articles in an index, to be compared with the catalog.

use std::collections::BTreeSet;
use std::sync::Arc;

use tantivy::Term;

use super::segment::index_error;
use super::snapshot::Snapshot;
use crate::engine::tantivy::index::schema::ContentKey;
use crate::engine::{EngineError, IndexVersion};
use crate::panics::contain;

/// One state of an index, for iteration.
pub struct Contents(pub(crate) Arc<Snapshot>);

impl Contents {
    /// The version of the state.
    pub fn version(&self) -> IndexVersion {
        self.0.version
    }

    /// The number of articles in it.
    pub fn articles(&self) -> u64 {
        self.0.living()
    }

    /// The names of its segments. If one is missing in a later state, segments were merged.
    pub fn segments(&self) -> BTreeSet<String> {
        self.0.segments.iter().map(|segment| segment.reader.segment_id().uuid_string()).collect()
    }

    /// The contents indexed under an id: none or one, and several only if something went wrong.
    pub fn of(&self, id: &str) -> Result<Vec<ContentKey>, EngineError> {
        let read = || {
            let places = self.0.all_with(&Term::from_field_text(self.0.fields.id, id))?;
            let keys =
                places.iter().filter_map(|place| Some(self.0.segments.get(place.segment)?.content_of(place.doc)));
            Ok(keys.collect())
        };
        contain(read).unwrap_or_else(|panic| Err(index_error(panic)))
    }

    /// Calls `take` with the id of every article, in no particular order.
    pub fn for_each_id<E: From<EngineError>>(&self, mut take: impl FnMut(String) -> Result<(), E>) -> Result<(), E> {
        for segment in &self.0.segments {
            for doc in segment.reader.doc_ids_alive() {
                let id = contain(|| segment.id_of(doc)).unwrap_or_else(|panic| Err(index_error(panic)));
                take(id?)?;
            }
        }
        Ok(())
    }
}
