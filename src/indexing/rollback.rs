//! Rollback and resume: a person chooses the generation to serve.

use std::time::{Duration, Instant};

use super::index_updater::{ApplyError, EngineSlot, IndexUpdater, readable_generation_before, version_of};
use crate::engine::IndexVersion;
use crate::storage::catalog::{Catalog, CatalogError};
use crate::storage::data_dir::{DataFolder, DataFolderError};

/// How long to wait for a running server to switch.
const SERVER_PATIENCE: Duration = Duration::from_secs(30);

/// Errors of rollback and resume. The messages name the remedy.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    /// There is no generation yet.
    #[error("nothing is published yet: run `fichero reindex`")]
    NothingPublished,
    /// There is no earlier generation to return to.
    #[error("there is no readable generation before {0}: `fichero reindex --full` builds one after it")]
    NothingBefore(u64),
    /// The decision is recorded but not carried out yet.
    #[error("it is recorded, but the running server has not followed: see its log; its next start does")]
    NotFollowed,
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The data folder failed.
    #[error(transparent)]
    Data(#[from] DataFolderError),
    /// Applying changes to the generation failed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

type Result<T, E = PublicationError> = std::result::Result<T, E>;

/// Returns to the generation before the current one and holds further changes. Returns the version
/// that is served afterwards. The next accepted reindex, or [`resume`], ends the hold.
pub fn rollback(data: &DataFolder) -> Result<IndexVersion> {
    let current = data.current().ok_or(PublicationError::NothingPublished)?;
    data.check_in_place()?;
    // Open the catalog first: without write permission the generations cannot be read either, and
    // would look lost.
    let catalog = Catalog::open(data.path())?;
    let Some(previous) = catalog.roll_back(|| readable_generation_before(data, &catalog, current))? else {
        return Err(PublicationError::NothingBefore(current));
    };
    crate::crash_point!("rollback:recorded");
    follow(data, |version| version.generation == previous)
}

/// Ends a hold and applies the changes accepted meanwhile. Returns the version that is served
/// afterwards.
pub fn resume(data: &DataFolder) -> Result<IndexVersion> {
    data.check_in_place()?;
    let catalog = Catalog::open(data.path())?;
    if catalog.publication()?.generation == 0 {
        return Err(PublicationError::NothingPublished);
    }
    catalog.end_hold()?;
    let seq = catalog.last_seq()?;
    follow(data, |version| version.seq >= seq)
}

/// Waits until the publication in the catalog is carried out, by this process or by the holder of
/// the writer lock.
fn follow(data: &DataFolder, is_reached: impl Fn(IndexVersion) -> bool) -> Result<IndexVersion> {
    let begun = Instant::now();
    loop {
        match data.lock_writer("rollback or resume") {
            Ok(lock) => {
                let mut updater = IndexUpdater::open(data.clone(), EngineSlot::default(), lock)?;
                updater.tick_until_idle()?;
            }
            Err(DataFolderError::Locked { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(version) = data.current().and_then(|current| version_of(data, current).ok())
            && is_reached(version)
        {
            return Ok(version);
        }
        if begun.elapsed() > SERVER_PATIENCE {
            return Err(PublicationError::NotFollowed);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
