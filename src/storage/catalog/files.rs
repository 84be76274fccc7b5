//! The files of a catalog: whether they are still at their paths, and how they are read on a disk
//! that takes nothing.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::error::{CatalogError, Result};
use super::{Catalog, migrations};
use crate::storage::failure;
use crate::storage::file_id::{FileId, Loss};

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

/// The files that a connection writes into.
#[derive(Debug, Default)]
pub(crate) struct Files {
    catalog: Option<(PathBuf, FileId)>,
    /// The newest changes, and the index of these.
    log: Vec<(PathBuf, FileId)>,
}

impl Files {
    /// Those of a catalog that has just been opened.
    pub(crate) fn of(catalog: &Path) -> Files {
        let known = |path: PathBuf| FileId::of(&path).ok().map(|id| (path, id));
        let log = [LOG, LOG_INDEX].into_iter().filter_map(|suffix| known(beside(catalog, suffix))).collect();
        Files { catalog: known(catalog.to_owned()), log }
    }
}

impl Catalog {
    /// Opens a catalog on a disk that takes nothing. SQLite makes a file beside it even to read,
    /// unless it is told that nobody changes it: so it is where nobody has it open.
    pub(crate) fn open_unwritable(path: &Path) -> Option<Catalog> {
        let is_logged = beside(path, LOG).metadata().is_ok_and(|log| log.len() > 0);
        if !path.exists() || is_logged || failure::probe(path.parent()?).is_none() {
            return None;
        }
        let mut address = url::Url::from_file_path(std::path::absolute(path).ok()?).ok()?;
        address.set_query(Some("immutable=1"));
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
        let connection = Connection::open_with_flags(address.as_str(), flags).ok()?;
        migrations::check(&connection).ok()?;
        Some(Catalog { connection, files: Files::default() })
    }

    /// Refuses to go on with files that are not at their paths any more: they take whatever is
    /// written, and are gone with the last process that has them open.
    pub fn check_in_place(&self) -> Result<()> {
        if let Some((path, id)) = &self.files.catalog {
            match FileId::of(path) {
                Ok(found) if found == *id => {}
                Ok(_) => return Err(CatalogError::Lost(Loss::CatalogReplaced)),
                Err(_) => return Err(CatalogError::Lost(Loss::CatalogGone)),
            }
        }
        let is_in_place = |(path, id): &(PathBuf, FileId)| FileId::of(path).is_ok_and(|found| found == *id);
        if self.files.log.iter().all(is_in_place) { Ok(()) } else { Err(CatalogError::Lost(Loss::LogGone)) }
    }
}
