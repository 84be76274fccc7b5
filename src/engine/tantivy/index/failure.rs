//! What the system said, inside an error of the index.

use std::error::Error;
use std::io;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

/// A thread of the writer ended: all that Tantivy knows of it.
#[derive(Debug, thiserror::Error)]
#[error("a thread that writes the index has ended, most likely because the disk failed")]
pub(crate) struct WriterEnded;

/// What kept something from being written, in words that say no more than is known.
pub(crate) fn of_writing(error: TantivyError) -> Box<dyn Error + Send + Sync> {
    match error {
        TantivyError::ErrorInThread(_) => WriterEnded.into(),
        error => error.into(),
    }
}

/// What the system said, where an error is of the system or of the index; Tantivy names it as no
/// error's source.
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
