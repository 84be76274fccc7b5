//! Errors of generations.

use std::io;
use std::path::PathBuf;

use crate::engine::EngineError;

/// Why a generation cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum GenerationError {
    /// The folder or a file of it is missing or unreadable.
    #[error("{path}: not a readable generation")]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// The error of the system.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The content of its files is not what was written.
    #[error(
        "{path}: is damaged ({reason}): a server builds another one from the catalog by itself, and so does `fichero reindex --full`"
    )]
    Damaged {
        /// The folder.
        path: PathBuf,
        /// The damage found.
        reason: String,
    },
    /// It was built by a fichero with another schema or analysis.
    #[error(
        "{path}: built by fichero {built_by} for another index format or analysis; `fichero reindex --full` builds one that fits"
    )]
    Unfit {
        /// The folder.
        path: PathBuf,
        /// The version that built it.
        built_by: String,
    },
    /// It belongs to another catalog, or to a later state of its catalog.
    #[error("{path}: was built from another catalog, or from a later state of this one; another is built in its place")]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// Its smoke queries failed.
    #[error("{path}: failed its smoke queries: {reason}")]
    Smoke {
        /// The folder.
        path: PathBuf,
        /// The failure.
        reason: String,
    },
    /// Writing it failed.
    #[error("{path}: could not be written: free space on the disk and check the rights of the folder")]
    Write {
        /// The folder.
        path: PathBuf,
        /// The error of the index.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A query failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

pub(super) type Result<T, E = GenerationError> = std::result::Result<T, E>;

/// Whether an error is about the content of a file, not about reading it.
pub(super) fn is_damage(kind: io::ErrorKind) -> bool {
    matches!(kind, io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}
