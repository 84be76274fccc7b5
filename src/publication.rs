//! Rollback and resume: which generation is answered from, decided by a person.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::applier::{Applier, EngineSlot, open_engine, previous_generation};
use crate::catalog::{Catalog, Publication};
use crate::data_folder::{DataFolder, DataFolderError};
use crate::engine::{IndexVersion, SearchEngine};

/// How long a running server may take to follow.
const SERVER_PATIENCE: Duration = Duration::from_secs(30);

/// Goes back to the generation before the current one and holds further changes; returns its
/// number. The next accepted reindex, or [`resume`], ends the hold.
pub fn rollback(data: &DataFolder) -> Result<u64> {
    let current = data.current().context("nothing is published yet: run `fichero reindex`")?;
    // First: without the right to write, the generations cannot be read either, and look lost.
    let mut catalog = Catalog::open(data.path())?;
    let Some(previous) = previous_generation(data, &catalog, current)? else {
        bail!("there is no readable generation before {current}: `fichero reindex --full` builds one after it");
    };
    catalog.set_publication(Publication { generation: previous, is_held: true })?;
    crate::crash_point!("rollback:recorded");
    follow(data, |version| version.generation == previous)?;
    Ok(previous)
}

/// Ends a hold: what was accepted meanwhile is applied. Returns the state that is reached.
pub fn resume(data: &DataFolder) -> Result<IndexVersion> {
    let mut catalog = Catalog::open(data.path())?;
    let generation = catalog.publication()?.generation;
    if generation == 0 {
        bail!("nothing is published yet: run `fichero reindex`");
    }
    catalog.set_publication(Publication { generation, is_held: false })?;
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
            Err(DataFolderError::Locked { .. }) => std::thread::sleep(Duration::from_millis(50)),
            Err(error) => return Err(error.into()),
        }
        if let Some(engine) = data.current().and_then(|current| open_engine(data, current).ok())
            && is_reached(engine.index_version())
        {
            return Ok(engine.index_version());
        }
        if begun.elapsed() > SERVER_PATIENCE {
            bail!("it is recorded, but the running server has not followed: see its log; its next start does");
        }
    }
}
