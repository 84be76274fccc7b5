//! A background thread of the server: audits the served generation against the catalog, applies
//! differences again, and rebuilds an unreadable generation.
//!
//! * An audit ([`super::audit`]) runs when a generation is first served, after segments were
//!   merged, and every hour. Articles that differ are applied again.
//! * When an answer could not be read, the checksums of the files are compared. A damaged
//!   generation is marked, so that it is not served after a restart; it answers what it can until
//!   another one is built.
//! * When the generation that the catalog names cannot be read, another one is built from the
//!   catalog, unless changes are held after a rollback: then a person decides.
//!
//! Every serving process compares checksums; only the holder of the writer lock does the rest. The
//! thread runs at most a tenth of the time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::audit::{AuditFigures, differences};
use super::build::build;
use super::index_updater::EngineSlot;
use crate::engine::tantivy::{Contents, EmbeddedEngine, Generation, GenerationError};
use crate::storage::catalog::Catalog;
use crate::storage::data_dir::{DataFolder, DataFolderError};

/// How often the thread checks whether there is work.
const TICK: Duration = Duration::from_millis(250);
/// The interval between audits of an unchanged index.
const AUDIT_EVERY: Duration = Duration::from_secs(3_600);
/// The pause after a check, as a multiple of its duration.
const REST: u32 = 9;
/// The minimum pause after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How many ids of differing articles are logged.
const MAX_LOGGED: usize = 10;

/// Detects and repairs damage of the served generation.
pub struct Healer {
    /// The data folder.
    pub data: DataFolder,
    /// The current engine.
    pub slot: EngineSlot,
    /// Whether this process holds the writer lock.
    pub is_writer: Arc<AtomicBool>,
    /// Set when the process ends.
    pub stop: Arc<AtomicBool>,
    /// Its counters, for `/metrics`.
    pub figures: Arc<AuditFigures>,
}

/// The last audit.
struct Audited {
    generation: u64,
    segments: BTreeSet<String>,
    at: Instant,
    different: Vec<String>,
}

impl Audited {
    fn is_due(&self, contents: &Contents) -> bool {
        self.generation != contents.version().generation
            || self.at.elapsed() >= AUDIT_EVERY
            || !self.segments.is_subset(&contents.segments())
    }
}

impl Healer {
    /// Runs until it is stopped.
    pub fn keep(&self) {
        let (mut catalog, mut audited) = (None, None);
        let mut last_problem = String::new();
        let mut rests_until = Instant::now();
        while !self.stop.load(Ordering::SeqCst) {
            thread::sleep(TICK);
            if Instant::now() < rests_until {
                continue;
            }
            let Some(engine) = self.slot.load_full() else { continue };
            let begun = Instant::now();
            let checked = self.check(&engine, &mut catalog, &mut audited);
            let mut rest = begun.elapsed() * REST;
            match checked {
                Ok(()) => last_problem.clear(),
                Err(error) => {
                    rest = rest.max(REST_AFTER_FAILURE);
                    catalog = None;
                    let problem = format!("{error:#}");
                    if problem != last_problem {
                        tracing::error!(error = problem, "cannot audit or repair the index");
                        last_problem = problem;
                    }
                }
            }
            rests_until = Instant::now() + rest;
        }
    }

    fn check(
        &self,
        engine: &EmbeddedEngine,
        catalog: &mut Option<Catalog>,
        audited: &mut Option<Audited>,
    ) -> Result<()> {
        if engine.take_suspicion() {
            self.verify(engine)?;
        }
        if !self.is_writer.load(Ordering::SeqCst) {
            return Ok(());
        }
        // What stands in the place of the data folder is not touched; the writer's thread reports it.
        if self.data.check_in_place().is_err() {
            return Ok(());
        }
        let catalog = match catalog {
            Some(catalog) => catalog,
            none => none.insert(Catalog::open(self.data.path())?),
        };
        self.replace_unreadable(catalog)?;
        let contents = engine.contents();
        if audited.as_ref().is_some_and(|audited| !audited.is_due(&contents)) {
            return Ok(());
        }
        let begun = Instant::now();
        let different = differences(catalog, &contents)?;
        self.figures.count_audit(different.len(), begun.elapsed());
        let former = audited.replace(Audited {
            generation: contents.version().generation,
            segments: contents.segments(),
            at: Instant::now(),
            different: different.clone(),
        });
        if different.is_empty() {
            return Ok(());
        }
        let ids = different.iter().take(MAX_LOGGED).cloned().collect::<Vec<_>>().join(", ");
        if former.is_some_and(|former| former.different == different && former.at.elapsed() < AUDIT_EVERY) {
            tracing::error!(
                articles = different.len(),
                ids,
                "articles still differ from the catalog after they were applied again: run `fichero reindex --full`"
            );
            return Ok(());
        }
        tracing::error!(
            articles = different.len(),
            ids,
            "articles in the index differ from the catalog; applying them again"
        );
        Ok(catalog.apply_again(&different)?)
    }

    /// Compares the checksums of the served generation's files.
    fn verify(&self, engine: &EmbeddedEngine) -> Result<()> {
        let number = engine.generation().manifest().generation;
        match engine.generation().verify() {
            Err(GenerationError::Damaged { path, reason }) => {
                tracing::error!(generation = number, reason, "the served generation is damaged; building another one");
                self.figures.count_damaged();
                if let Err(error) = Generation::condemn(&path, &reason) {
                    tracing::warn!(%error, "cannot mark the generation as damaged");
                }
                Ok(())
            }
            verified => Ok(verified?),
        }
    }

    /// Builds another generation if the one that the catalog names cannot be read.
    fn replace_unreadable(&self, catalog: &Catalog) -> Result<()> {
        let publication = catalog.publication()?;
        if publication.generation == 0 || publication.is_held {
            return Ok(());
        }
        let path = self.data.generation(publication.generation);
        let answering = self.slot.load().as_ref().map(|engine| engine.generation().manifest().generation);
        if answering == Some(publication.generation) && !Generation::is_condemned(&path) {
            return Ok(());
        }
        let Err(error) = Generation::open(&path) else { return Ok(()) };
        // A running reindex may replace it anyway.
        let _reindex = match self.data.lock_reindex("serve") {
            Err(DataFolderError::Locked { .. }) => return Ok(()),
            locked => locked?,
        };
        tracing::warn!(generation = publication.generation, %error, "building a generation to replace one that cannot be read");
        let built = build(&self.data, catalog, None, &|_| ())?.generation;
        if catalog.replace_publication(publication.generation, built)? {
            self.figures.count_rebuilt();
        } else {
            self.data.remove_generation(built)?;
        }
        Ok(())
    }
}
