//! Beside a server: what is answered from is compared with the catalog and mended where it
//! differs, and a generation that cannot be read is built anew aside.
//!
//! * An audit ([`super::audit`]) runs when a generation is first answered from, after segments were
//!   merged, and every hour. What differs is applied again.
//! * Where an answer could not be read, the checksums of the files are compared. A damaged generation
//!   is marked, so that nobody answers from it after a restart; it goes on answering what it can
//!   until another one is built.
//! * Where the generation that the catalog names cannot be read, another one is built from the
//!   catalog, unless a rollback holds what is answered: then that is a person's decision.
//!
//! Whoever answers looks at checksums; all else is done by the holder of the writer lock. It takes at
//! most a tenth of the time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::applier::EngineSlot;
use super::audit::{AuditFigures, differences};
use super::build::build;
use crate::engine::tantivy::{Contents, EmbeddedEngine, Generation, GenerationError};
use crate::storage::catalog::Catalog;
use crate::storage::data_dir::{DataFolder, DataFolderError};

/// How often is looked whether anything is to be done.
const TICK: Duration = Duration::from_millis(250);
/// How often an index is compared though nothing has happened to it.
const AUDIT_EVERY: Duration = Duration::from_secs(3_600);
/// How many times longer than it took last it rests.
const REST: u32 = 9;
/// How long it rests at least after a failure.
const REST_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How many ids of different articles are logged.
const MAX_LOGGED: usize = 10;

/// Keeps what is answered from right.
pub struct Healer {
    /// The data folder.
    pub data: DataFolder,
    /// What is answered from.
    pub slot: EngineSlot,
    /// Whether this process holds the writer lock.
    pub is_writer: Arc<AtomicBool>,
    /// Set when the process ends.
    pub stop: Arc<AtomicBool>,
    /// What it did, for `/metrics`.
    pub figures: Arc<AuditFigures>,
}

/// The last comparison.
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
    /// Goes on until it is stopped.
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
            let looked = self.look(&engine, &mut catalog, &mut audited);
            let mut rest = begun.elapsed() * REST;
            match looked {
                Ok(()) => last_problem.clear(),
                Err(error) => {
                    rest = rest.max(REST_AFTER_FAILURE);
                    catalog = None;
                    let problem = format!("{error:#}");
                    if problem != last_problem {
                        tracing::error!(
                            error = problem,
                            "the index cannot be compared with the catalog, or not be mended"
                        );
                        last_problem = problem;
                    }
                }
            }
            rests_until = Instant::now() + rest;
        }
    }

    fn look(
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
                "articles differ from the catalog though they were applied again: run `fichero reindex --full`"
            );
            return Ok(());
        }
        tracing::error!(
            articles = different.len(),
            ids,
            "the index held articles otherwise than the catalog; they are applied again"
        );
        Ok(catalog.apply_again(&different)?)
    }

    /// Compares the checksums of the files that are answered from.
    fn verify(&self, engine: &EmbeddedEngine) -> Result<()> {
        let number = engine.generation().manifest().generation;
        match engine.generation().verify() {
            Err(GenerationError::Damaged { path, reason }) => {
                tracing::error!(
                    generation = number,
                    reason,
                    "what is answered from is damaged; another generation is built"
                );
                self.figures.count_damaged();
                if let Err(error) = Generation::condemn(&path, &reason) {
                    tracing::warn!(%error, "the damage cannot be noted in the generation's folder");
                }
                Ok(())
            }
            verified => Ok(verified?),
        }
    }

    /// Builds another generation where the one that the catalog names cannot be read.
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
        // A reindex that runs may be what replaces it.
        let _reindex = match self.data.lock_reindex("serve") {
            Err(DataFolderError::Locked { .. }) => return Ok(()),
            locked => locked?,
        };
        tracing::warn!(generation = publication.generation, %error, "building a generation in the place of one that cannot be read");
        let built = build(&self.data, catalog, None, &|_| ())?.generation;
        if catalog.replace_publication(publication.generation, built)? {
            self.figures.count_rebuilt();
        } else {
            self.data.remove_generation(built)?;
        }
        Ok(())
    }
}
