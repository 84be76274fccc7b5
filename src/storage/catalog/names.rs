//! The file names of a catalog.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The catalog's file name in the data folder.
pub const FILE_NAME: &str = "catalog.sqlite";

/// The suffixes of SQLite's write-ahead log and of the log's index.
pub(crate) const LOG: &str = "-wal";

pub(crate) const LOG_INDEX: &str = "-shm";

/// The path of a file that SQLite keeps beside a database.
pub(crate) fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(suffix);
    PathBuf::from(name)
}
