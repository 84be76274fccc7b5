//! Rollback and resume: which generation is answered from, decided by a person.

use std::time::{Duration, Instant};

use super::applier::{Applier, ApplyError, EngineSlot, readable_generation_before, version_of};
use crate::engine::IndexVersion;
use crate::storage::catalog::{Catalog, CatalogError};
use crate::storage::data_dir::{DataFolder, DataFolderError};

/// How long a running server may take to follow.
const SERVER_PATIENCE: Duration = Duration::from_secs(30);

/// Why what is answered from was not changed. The messages name the remedy.
#[derive(Debug, thiserror::Error)]
pub enum PublicationError {
    /// There is no generation yet.
    #[error("nothing is published yet: run `fichero reindex`")]
    NothingPublished,
    /// There is none to go back to.
    #[error("there is no readable generation before {0}: `fichero reindex --full` builds one after it")]
    NothingBefore(u64),
    /// It is decided and not carried out yet.
    #[error("it is recorded, but the running server has not followed: see its log; its next start does")]
    NotFollowed,
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The data folder failed.
    #[error(transparent)]
    Data(#[from] DataFolderError),
    /// Bringing the generation up to date failed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}

type Result<T, E = PublicationError> = std::result::Result<T, E>;

/// Goes back to the generation before the current one and holds further changes; returns the
/// state that is reached. The next accepted reindex, or [`resume`], ends the hold.
pub fn rollback(data: &DataFolder) -> Result<IndexVersion> {
    let current = data.current().ok_or(PublicationError::NothingPublished)?;
    data.check_in_place()?;
    // First: without the right to write, the generations cannot be read either, and look lost.
    let catalog = Catalog::open(data.path())?;
    let Some(previous) = catalog.roll_back(|| readable_generation_before(data, &catalog, current))? else {
        return Err(PublicationError::NothingBefore(current));
    };
    crate::crash_point!("rollback:recorded");
    follow(data, |version| version.generation == previous)
}

/// Ends a hold: what was accepted meanwhile is applied. Returns the state that is reached.
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

/// Has the catalog's wish carried out, by this process or by the one that holds the lock.
fn follow(data: &DataFolder, is_reached: impl Fn(IndexVersion) -> bool) -> Result<IndexVersion> {
    let begun = Instant::now();
    loop {
        match data.lock_writer("rollback or resume") {
            Ok(lock) => {
                let mut applier = Applier::open(data.clone(), EngineSlot::default(), lock)?;
                applier.settle()?;
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
