//! Errors of the catalog.

use std::path::PathBuf;

use rusqlite::ErrorCode;

use super::names::FILE_NAME;
use crate::owner;
use crate::storage::file_id::Loss;

/// Errors of the catalog. The messages name the remedy.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file is not a database, or it is damaged.
    #[error(
        "the catalog {path} is damaged: put back a copy of it, or move it away and run `fichero reindex` to read every source anew"
    )]
    Damaged {
        /// The catalog's file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The file or its folder cannot be written or opened.
    #[error(
        "the catalog {path} cannot be opened for writing{}: give this user the right to write the file and its folder, or name another folder with --data",
        owner::note_if_foreign(.path)
    )]
    NotWritable {
        /// The catalog's file.
        path: PathBuf,
        /// What SQLite said.
        #[source]
        source: rusqlite::Error,
    },
    /// The disk is full.
    #[error("no space left on the disk of the catalog: free some and run the command again; what was accepted is safe")]
    DiskFull(#[source] rusqlite::Error),
    /// Reading or writing the file failed.
    #[error(
        "the catalog's disk failed: check its space, its health and the limits on files, and run the command again; what was accepted is safe"
    )]
    Disk(#[source] rusqlite::Error),
    /// A newer fichero wrote the file.
    #[error("the catalog has schema version {found}, this fichero knows {known}: use the newer fichero that wrote it")]
    Newer {
        /// The file's version.
        found: usize,
        /// The newest version that this binary knows.
        known: usize,
    },
    /// An older fichero wrote the file, and it was opened for inspection only.
    #[error(
        "the catalog has schema version {found}, this fichero brings it to {known}: run `fichero serve` or `fichero reindex`"
    )]
    Older {
        /// The file's version.
        found: usize,
        /// The version that this binary works with.
        known: usize,
    },
    /// A stored article cannot be parsed.
    #[error(
        "the catalog's article {id:?} is damaged: put back a copy of the catalog, or move it away and run `fichero reindex` to read every source anew"
    )]
    Article {
        /// The article.
        id: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// A file to be restored is not a catalog.
    #[error("it is not a catalog of fichero: name a file that `fichero backup` wrote")]
    NotACatalog,
    /// A file to be restored is damaged.
    #[error("it is damaged ({0}): name another file")]
    NotWhole(String),
    /// The run was accepted or abandoned before.
    #[error("run {0} is not staging any more: another reindex took its place")]
    NotStaging(i64),
    /// Another connection held the write lock for longer than the timeout.
    #[error("the catalog is being written by somebody else: try again in a moment")]
    Busy(#[source] rusqlite::Error),
    /// The open files are no longer at their paths, so what was written may be lost.
    #[error("the catalog is not what was opened")]
    Lost(#[source] Loss),
    /// Anything else that SQLite says.
    #[error("the catalog failed")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for CatalogError {
    fn from(error: rusqlite::Error) -> CatalogError {
        let path = || PathBuf::from(FILE_NAME);
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                CatalogError::Damaged { path: path(), source: error }
            }
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                CatalogError::NotWritable { path: path(), source: error }
            }
            Some(ErrorCode::DiskFull) => CatalogError::DiskFull(error),
            Some(ErrorCode::SystemIoFailure) => CatalogError::Disk(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => CatalogError::Busy(error),
            // SQLite reported no error, but the values it read are not what was written.
            None if matches!(
                error,
                rusqlite::Error::Utf8Error(..)
                    | rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
                    | rusqlite::Error::QueryReturnedNoRows
            ) =>
            {
                CatalogError::Damaged { path: path(), source: error }
            }
            _ => CatalogError::Sqlite(error),
        }
    }
}

pub(crate) type Result<T, E = CatalogError> = std::result::Result<T, E>;
