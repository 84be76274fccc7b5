//! What an index holds, article by article, to be compared with the catalog.

use std::collections::BTreeSet;
use std::sync::Arc;

use tantivy::Term;

use super::segment::index_error;
use super::snapshot::Snapshot;
use crate::engine::tantivy::index::schema::ContentKey;
use crate::engine::{EngineError, IndexVersion};
use crate::panics::contain;

/// One state of an index, to be looked through.
pub struct Contents(pub(crate) Arc<Snapshot>);

impl Contents {
    /// Which state it is.
    pub fn version(&self) -> IndexVersion {
        self.0.version
    }

    /// How many articles it holds.
    pub fn articles(&self) -> u64 {
        self.0.living()
    }

    /// The names of the segments that it consists of. Where one is gone in a later state, some were
    /// merged.
    pub fn segments(&self) -> BTreeSet<String> {
        self.0.segments.iter().map(|segment| segment.reader.segment_id().uuid_string()).collect()
    }

    /// What is held under an id: nothing or one content, and several only by mistake.
    pub fn of(&self, id: &str) -> Result<Vec<ContentKey>, EngineError> {
        let read = || {
            let places = self.0.all_with(&Term::from_field_text(self.0.fields.id, id))?;
            let keys =
                places.iter().filter_map(|place| Some(self.0.segments.get(place.segment)?.content_of(place.doc)));
            Ok(keys.collect())
        };
        contain(read).unwrap_or_else(|panic| Err(index_error(panic)))
    }

    /// Calls `take` with the id of every article that is held, in no order.
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
