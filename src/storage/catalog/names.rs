//! How the files of a catalog are named.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The catalog's file name in the data folder.
pub const FILE_NAME: &str = "catalog.sqlite";

/// What SQLite adds to the catalog's name for the file of the newest changes, and for the index of that.
pub(crate) const LOG: &str = "-wal";

pub(crate) const LOG_INDEX: &str = "-shm";

/// The path of a file that SQLite keeps beside a database.
pub(crate) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    PathBuf::from(name)
}
