//! What the system said, inside an error of the index.

use std::error::Error;
use std::io;

use tantivy::TantivyError;
use tantivy::directory::error::{LockError, OpenDirectoryError, OpenReadError, OpenWriteError};

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
