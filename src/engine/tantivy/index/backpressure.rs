//! Documents on their way to the indexing threads, bounded by their size.
//!
//! Tantivy's queue holds up to 10,000 batches whatever they weigh: articles that are analysed
//! faster than they are indexed would pile up in memory.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use tantivy::TantivyDocument;
use tantivy::schema::document::Document;

/// The bytes that may wait to be indexed.
const MAX_BYTES: usize = 8 << 20;
/// After this long a document is let through in any case: if the indexing threads have died,
/// handing it over tells so.
const PATIENCE: Duration = Duration::from_secs(10);

/// Counts the bytes that wait.
#[derive(Default)]
pub(crate) struct InFlight {
    bytes: Mutex<usize>,
    indexed: Condvar,
}

/// A document that counts as waiting until it is dropped.
pub(crate) struct InFlightDocument {
    document: TantivyDocument,
    bytes: usize,
    in_flight: Arc<InFlight>,
}

impl InFlight {
    /// Takes a document of about so many bytes, when there is room for it. One is always let in.
    pub(crate) fn admit(self: &Arc<InFlight>, document: TantivyDocument, bytes: usize) -> InFlightDocument {
        // The count is valid whatever panicked while it was held.
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
