//! Finds the I/O error inside an error of the index.

use std::error::Error;
use std::io;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

/// A thread of the writer ended; Tantivy reports no cause.
#[derive(Debug, thiserror::Error)]
#[error("a thread that writes the index has ended, most likely because the disk failed")]
pub(crate) struct WriterEnded;

/// Converts an error of writing without claiming more than is known.
pub(crate) fn of_writing(error: TantivyError) -> Box<dyn Error + Send + Sync> {
    match error {
        TantivyError::ErrorInThread(_) => WriterEnded.into(),
        error => error.into(),
    }
}

/// The I/O error inside an error of the system or the index; Tantivy does not expose it as a
/// source.
pub(crate) fn io_error_in<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e io::Error> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return Some(error);
    }
    match error.downcast_ref::<TantivyError>()? {
        TantivyError::IoError(error)
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: error, .. })
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error: error, .. })
        | TantivyError::OpenDirectoryError(OpenDirectoryError::IoError { io_error: error, .. })
        | TantivyError::LockFailure(LockError::IoError(error), _) => Some(error),
        _ => None,
    }
}
