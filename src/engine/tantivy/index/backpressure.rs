//! Limits the size of documents that wait for the indexing threads.
//!
//! Tantivy's queue holds up to 10,000 batches of any size: articles that are analysed faster than
//! they are indexed would accumulate in memory.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tantivy::TantivyDocument;
use tantivy::schema::document::Document;

/// The maximum number of bytes that wait to be indexed.
const MAX_BYTES: usize = 8 << 20;
/// After this time a document is admitted in any case: if the indexing threads have died, adding
/// the document returns the error.
const PATIENCE: Duration = Duration::from_secs(10);

/// Counts the waiting bytes.
#[derive(Default)]
pub(crate) struct InFlight {
    bytes: Mutex<usize>,
    indexed: Condvar,
}

/// A backpressure guard: its document counts as waiting until it is dropped.
pub(crate) struct InFlightDocument {
    document: TantivyDocument,
    bytes: usize,
    in_flight: Arc<InFlight>,
}

impl InFlight {
    /// Admits a document of about `bytes` bytes once there is room for it. A single document is
    /// always admitted.
    pub(crate) fn admit(self: &Arc<InFlight>, document: TantivyDocument, bytes: usize) -> InFlightDocument {
        // The count stays valid if a thread panics while it holds the lock.
        let waiting = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let is_full = |waiting: &mut usize| *waiting > 0 && *waiting + bytes > MAX_BYTES;
        let outcome = self.indexed.wait_timeout_while(waiting, PATIENCE, is_full);
        let (mut waiting, _) = outcome.unwrap_or_else(PoisonError::into_inner);
        *waiting += bytes;
        InFlightDocument { document, bytes, in_flight: Arc::clone(self) }
    }
}

impl Drop for InFlightDocument {
    fn drop(&mut self) {
        let mut waiting = self.in_flight.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *waiting = waiting.saturating_sub(self.bytes);
        self.in_flight.indexed.notify_all();
    }
}

impl Document for InFlightDocument {
    type Value<'a> = <TantivyDocument as Document>::Value<'a>;
    type FieldsValuesIter<'a> = <TantivyDocument as Document>::FieldsValuesIter<'a>;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.document.iter_fields_and_values()
    }
}
