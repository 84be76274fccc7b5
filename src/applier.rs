//! Whoever holds the writer lock keeps the published generation in step with the catalog.

use std::sync::Arc;

use arc_swap::ArcSwapOption;

use crate::build::{BuildError, build};
use crate::catalog::{Catalog, CatalogError, Publication};
use crate::crash_point;
use crate::data_folder::{DataFolder, DataFolderError, Lock};
use crate::engine::embedded::{ArticleAnalyzer, EmbeddedEngine, Generation, GenerationError, GenerationWriter};
use crate::engine::{IndexVersion, SearchEngine};

/// How many changes are applied in one commit, and how many bytes of them.
const BATCH: usize = 2_000;
const BATCH_BYTES: usize = 16 << 20;

/// The engine that answers at present; empty until there is a readable generation.
pub type EngineSlot = Arc<ArcSwapOption<EmbeddedEngine>>;

/// What can go wrong in keeping the generation in step.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The catalog failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A generation failed.
    #[error(transparent)]
    Generation(#[from] GenerationError),
    /// The data folder failed.
    #[error(transparent)]
    Data(#[from] DataFolderError),
    /// A rebuild failed.
    #[error(transparent)]
    Build(#[from] BuildError),
}

type Result<T, E = ApplyError> = std::result::Result<T, E>;

/// What a step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// There was nothing to do.
    Idle,
    /// Changes were applied to the current generation.
    Applied(u64),
    /// Another generation was published.
    Switched(u64),
}

/// Applies changes and publishes generations; there is one a data folder, held by a lock.
pub struct Applier {
    data: DataFolder,
    catalog: Catalog,
    slot: EngineSlot,
    writer: Option<GenerationWriter>,
    /// A generation that the catalog names and that cannot be read; it is told once.
    refused: Option<u64>,
    analyzer: ArticleAnalyzer,
    _lock: Lock,
}

impl Applier {
    /// Takes over a data folder: answers from the published generation, or from the newest one
    /// that can be read; `slot` stays empty where there is none.
    pub fn open(data: DataFolder, slot: EngineSlot, lock: Lock) -> Result<Applier> {
        let catalog = Catalog::open(data.path())?;
        let mut applier = Applier {
            data,
            catalog,
            slot,
            writer: None,
            refused: None,
            analyzer: ArticleAnalyzer::default(),
            _lock: lock,
        };
        if applier.slot.load().is_none() {
            applier.answer_from_what_is_there()?;
        }
        Ok(applier)
    }

    fn answer_from_what_is_there(&mut self) -> Result<()> {
        let mut candidates: Vec<u64> = self.data.generation_numbers();
        candidates.reverse();
        candidates.splice(0..0, self.data.current());
        for number in candidates {
            match open_generation_of(&self.data, &self.catalog, number)?.and_then(EmbeddedEngine::new) {
                Ok(engine) if is_settled(engine.generation()) => {
                    self.slot.store(Some(Arc::new(engine)));
                    return Ok(());
                }
                Ok(_) => {
                    tracing::info!(generation = number, "passing over a generation whose run was not seen accepted")
                }
                Err(error) => tracing::warn!(generation = number, error = %error, "passing over a generation"),
            }
        }
        Ok(())
    }

    /// Whether there is a catalog of articles but no generation to answer from. Where no run was
    /// ever accepted there may be pushes, and the sources are still to be read.
    pub fn needs_rebuild(&self) -> Result<bool> {
        Ok(self.slot.load().is_none() && self.catalog.article_count()? > 0 && self.catalog.last_run(true)?.is_some())
    }

    /// Whether there is a generation to answer from.
    pub fn is_answering(&self) -> bool {
        self.slot.load().is_some()
    }

    /// Builds and publishes a generation of the catalog as it is.
    pub fn rebuild(&mut self, progress: &dyn Fn(u64)) -> Result<()> {
        let built = build(&self.data, &self.catalog, None, progress)?;
        self.catalog.publish(built.generation)?;
        self.step()?;
        Ok(())
    }

    /// Does what the catalog asks for: switches to the generation that it names, and applies the
    /// changes that are not in it yet, unless they are held.
    pub fn step(&mut self) -> Result<Step> {
        let publication = self.catalog.publication()?;
        let answering = self.answering();
        let wants_other = publication.generation != 0 && answering != Some(publication.generation);
        if wants_other && self.refused != Some(publication.generation) {
            match self.switch(publication) {
                Ok(()) => return Ok(Step::Switched(publication.generation)),
                Err(
                    error @ ApplyError::Generation(
                        GenerationError::Unreadable { .. }
                        | GenerationError::Unfit { .. }
                        | GenerationError::Foreign { .. }
                        | GenerationError::Engine(_),
                    ),
                ) => {
                    tracing::error!(generation = publication.generation, error = %error, "the published generation cannot be read");
                    self.refused = Some(publication.generation);
                }
                Err(error) => return Err(error),
            }
        }
        let Some(engine) = self.slot.load_full() else { return Ok(Step::Idle) };
        engine.release_former(jiff::Timestamp::now().as_second());
        if self.data.current() != Some(engine.generation().manifest().generation) {
            self.data.publish(engine.generation().manifest().generation)?;
        }
        let applied = if publication.is_held {
            self.writer = None;
            0
        } else {
            self.catch_up(engine.generation())?
        };
        refresh(&engine)?;
        Ok(if applied == 0 { Step::Idle } else { Step::Applied(applied) })
    }

    /// Steps until there is nothing left to do.
    pub fn settle(&mut self) -> Result<()> {
        while self.step()? != Step::Idle {}
        Ok(())
    }

    fn answering(&self) -> Option<u64> {
        self.slot.load().as_ref().map(|engine| engine.generation().manifest().generation)
    }

    /// Opens another generation, brings it up to date, points at it and answers from it.
    fn switch(&mut self, publication: Publication) -> Result<()> {
        let number = publication.generation;
        let generation = Generation::open(&self.data.generation(number))?;
        generation.check_belongs(&self.catalog.identity()?, self.catalog.last_seq()?)?;
        crash_point!("switch:opened");
        self.writer = None;
        if !publication.is_held {
            self.catch_up(&generation)?;
        }
        self.writer = None;
        drop(generation);
        let engine = open_engine(&self.data, number)?;
        crash_point!("switch:caught-up");
        self.data.publish(number)?;
        crash_point!("switch:published");
        let previous = self.answering();
        if let Some(answering) = self.slot.load().as_ref() {
            engine.take_over(answering);
        }
        self.slot.store(Some(Arc::new(engine)));
        self.refused = None;
        tracing::info!(generation = number, "switched to a generation");
        self.sweep(number, previous)
    }

    /// Removes generations that are neither current nor the one before nor that of a run that
    /// waits. A reindex that builds one now keeps its folder.
    fn sweep(&self, current: u64, previous: Option<u64>) -> Result<()> {
        let older = previous_generation(&self.data, &self.catalog, current)?;
        let mut keep: Vec<u64> =
            [Some(current), previous, older, self.waiting_generation()?].into_iter().flatten().collect();
        keep.extend(self.data.generation_numbers().into_iter().filter(|number| *number > current));
        Ok(self.data.sweep(&keep)?)
    }

    /// Removes what dead builds left behind. Only while no reindex runs.
    pub fn sweep_orphans(&self) -> Result<()> {
        let Some(current) = self.answering() else { return Ok(()) };
        let previous = previous_generation(&self.data, &self.catalog, current)?;
        let asked = self.catalog.publication()?.generation;
        let keep: Vec<u64> =
            [Some(current), previous, Some(asked), self.waiting_generation()?].into_iter().flatten().collect();
        Ok(self.data.sweep(&keep)?)
    }

    fn waiting_generation(&self) -> Result<Option<u64>> {
        Ok(self.catalog.waiting_run()?.and_then(|run| run.generation))
    }

    /// Applies every change after what a generation holds; returns how many there were, a change of
    /// the synonyms being one.
    fn catch_up(&mut self, generation: &Generation) -> Result<u64> {
        let mut applied = generation.applied()?;
        let mut changes_applied = 0;
        let mut is_new_state = false;
        if applied.run.is_some() {
            // Its build held the run's changes already; they need applying only when others
            // came in between.
            if let Some((base_seq, last_seq)) = self.catalog.seqs_of_generation(generation.manifest().generation)?
                && base_seq == applied.seq
            {
                applied.seq = last_seq;
            }
            applied.run = None;
            is_new_state = true;
        }
        let synonyms_seq = self.catalog.synonyms_seq()?;
        if applied.synonyms_seq != synonyms_seq {
            match serde_json::from_str(&self.catalog.synonyms()?) {
                Ok(synonyms) => applied.synonyms = synonyms,
                Err(error) => {
                    tracing::error!(%error, "the synonyms in the catalog are damaged: keeping the former ones until their file changes")
                }
            }
            applied.synonyms_seq = synonyms_seq;
            is_new_state = true;
        }
        loop {
            let changes = self.catalog.changes_after(applied.seq, BATCH, BATCH_BYTES)?;
            if changes.is_empty() {
                if applied.seq < synonyms_seq {
                    // A change of the synonyms has the last `seq` of its run.
                    applied.seq = synonyms_seq;
                    is_new_state = true;
                    changes_applied += 1;
                }
                if !is_new_state {
                    return Ok(changes_applied);
                }
            }
            is_new_state = false;
            if self.writer.is_none() {
                self.writer = Some(generation.writer()?);
            }
            let Some(writer) = &mut self.writer else { return Ok(changes_applied) };
            for change in changes {
                writer.delete(&change.id);
                if let Some(found) = &change.article {
                    writer.add(&found.article, found.work, &mut self.analyzer)?;
                }
                applied.seq = change.seq;
                changes_applied += 1;
            }
            writer.commit(&applied)?;
        }
    }
}

/// The generation that a rollback would go to: the newest below a number that can be opened and
/// belongs to the catalog.
pub fn previous_generation(data: &DataFolder, catalog: &Catalog, current: u64) -> Result<Option<u64>, CatalogError> {
    newest_below(data, catalog, current, |_| true)
}

/// As [`previous_generation`], of those that can be read whole.
pub(crate) fn readable_generation_before(
    data: &DataFolder,
    catalog: &Catalog,
    current: u64,
) -> Result<Option<u64>, CatalogError> {
    newest_below(data, catalog, current, |generation| EmbeddedEngine::new(generation).is_ok())
}

fn newest_below(
    data: &DataFolder,
    catalog: &Catalog,
    current: u64,
    is_good: impl Fn(Generation) -> bool,
) -> Result<Option<u64>, CatalogError> {
    for number in data.generation_numbers().into_iter().rev().filter(|number| *number < current) {
        let opened = open_generation_of(data, catalog, number)?.ok().filter(is_settled);
        if opened.is_some_and(&is_good) {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Has an engine answer what was committed to its generation, by whichever process, and count the
/// articles that have appeared since and not those that have expired.
pub(crate) fn refresh(engine: &EmbeddedEngine) -> Result<(), GenerationError> {
    let [last_turn_s, counted_turn_s] = engine.last_turns_s(jiff::Timestamp::now().as_second());
    if engine.generation().applied()?.seq != engine.index_version().seq || last_turn_s > counted_turn_s {
        engine.reload()?;
    }
    Ok(())
}

/// Opens a generation that belongs to a catalog; the inner error says why it cannot be answered
/// from.
pub(crate) fn open_generation_of(
    data: &DataFolder,
    catalog: &Catalog,
    number: u64,
) -> Result<Result<Generation, GenerationError>, CatalogError> {
    let (identity, last_seq) = (catalog.identity()?, catalog.last_seq()?);
    Ok(Generation::open(&data.generation(number)).and_then(|generation| {
        generation.check_belongs(&identity, last_seq)?;
        Ok(generation)
    }))
}

/// Whether everything in a generation was accepted. One that was built for a run and not caught
/// up since may hold what a reindex staged and never accepted, because it died in between; only
/// the catalog, by naming it, says otherwise.
fn is_settled(generation: &Generation) -> bool {
    generation.applied().is_ok_and(|applied| applied.run.is_none())
}

/// The state that a generation holds, without reading it whole.
pub(crate) fn version_of(data: &DataFolder, number: u64) -> Result<IndexVersion, GenerationError> {
    Generation::open(&data.generation(number))?.version()
}

/// Opens the engine of a generation.
pub fn open_engine(data: &DataFolder, number: u64) -> Result<EmbeddedEngine, GenerationError> {
    EmbeddedEngine::new(Generation::open(&data.generation(number))?)
}
