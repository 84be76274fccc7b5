//! Checks that the files of an open catalog are still at their paths.

use std::path::{Path, PathBuf};

use super::error::{CatalogError, Result};
use super::names::{LOG, LOG_INDEX, beside};
use crate::storage::file_id::{FileId, Loss};

/// The files that a connection writes into.
#[derive(Debug, Default)]
pub(crate) struct Files {
    catalog: Option<(PathBuf, FileId)>,
    /// The write-ahead log and its index.
    log: Vec<(PathBuf, FileId)>,
}

impl Files {
    /// The files of a catalog that has just been opened.
    pub(crate) fn of(catalog: &Path) -> Files {
        let known = |path: PathBuf| FileId::of(&path).ok().map(|id| (path, id));
        let log = [LOG, LOG_INDEX].into_iter().filter_map(|suffix| known(beside(catalog, suffix))).collect();
        Files { catalog: known(catalog.to_owned()), log }
    }

    /// Returns an error if a file is no longer at its path. Such a file still accepts writes, but
    /// the data is lost when the last process that has it open ends.
    pub(crate) fn check_in_place(&self) -> Result<()> {
        if let Some((path, id)) = &self.catalog {
            match FileId::of(path) {
                Ok(found) if found == *id => {}
                Ok(_) => return Err(CatalogError::Lost(Loss::CatalogReplaced)),
                Err(_) => return Err(CatalogError::Lost(Loss::CatalogGone)),
            }
        }
        let is_in_place = |(path, id): &(PathBuf, FileId)| FileId::of(path).is_ok_and(|found| found == *id);
        if self.log.iter().all(is_in_place) { Ok(()) } else { Err(CatalogError::Lost(Loss::LogGone)) }
    }
}
