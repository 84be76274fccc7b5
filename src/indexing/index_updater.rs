//! Keeps the published generation in step with the catalog. Only the holder of the writer lock does
//! this.

use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;

use super::build::{BuildError, build};
use crate::crash_point;
use crate::engine::tantivy::{
    ArticleAnalyzer, ContentKey, EmbeddedEngine, Generation, GenerationError, GenerationWriter,
};
use crate::engine::{CurrentEngine, IndexVersion, SearchEngine};
use crate::storage::catalog::{Catalog, CatalogError, Publication};
use crate::storage::data_dir::{DataFolder, DataFolderError, Lock};
use crate::storage::sweep::{self, SweepError};

/// The limits of one commit: changes, and bytes of their texts.
const BATCH: usize = 2_000;
const BATCH_BYTES: usize = 16 << 20;

/// The file of a generation that Tantivy rewrites with every commit.
pub(crate) const LAST_COMMIT_FILE: &str = "meta.json";
/// How long to wait before a generation that could not be read is tried again.
const REFUSED_REST: Duration = Duration::from_secs(3);

/// The current engine; empty until there is a readable generation.
pub type EngineSlot = Arc<ArcSwapOption<EmbeddedEngine>>;

impl CurrentEngine for ArcSwapOption<EmbeddedEngine> {
    fn engine(&self) -> Option<Arc<dyn SearchEngine>> {
        self.load_full().map(|engine| engine as Arc<dyn SearchEngine>)
    }

    fn state(&self) -> Option<Arc<dyn SearchEngine>> {
        self.load().as_ref().map(|engine| engine.owned_state())
    }
}

/// Errors of the index updater.
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
    /// Accepted changes could not be published.
    #[error("the changes are accepted but not published: run the command again, or `fichero reindex --full`")]
    NotPublished(#[source] Option<GenerationError>),
}

type Result<T, E = ApplyError> = std::result::Result<T, E>;

/// The result of one tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tick {
    /// There was nothing to do.
    Idle,
    /// Changes were applied to the current generation.
    Applied(u64),
    /// Another generation was published.
    Switched(u64),
}

/// Applies changes and publishes generations. The writer lock ensures one per data folder.
pub struct IndexUpdater {
    data: DataFolder,
    catalog: Catalog,
    slot: EngineSlot,
    writer: Option<GenerationWriter>,
    /// The generation that the catalog names and that could not be read; logged once.
    refused: Option<Refused>,
    /// The last error of removing files of dead processes; logged once.
    unswept: String,
    analyzer: ArticleAnalyzer,
    _lock: Lock,
}

/// A generation that could not be read.
struct Refused {
    generation: u64,
    error: GenerationError,
    tried_at: Instant,
}

impl IndexUpdater {
    /// Opens a data folder and serves the published generation, or the newest one that can be read;
    /// `slot` stays empty if there is none.
    pub fn open(data: DataFolder, slot: EngineSlot, lock: Lock) -> Result<IndexUpdater> {
        data.check_in_place()?;
        let catalog = Catalog::open(data.path())?;
        // Check again, to record this catalog's identity.
        data.check_in_place()?;
        let mut updater = IndexUpdater {
            data,
            catalog,
            slot,
            writer: None,
            refused: None,
            unswept: String::new(),
            analyzer: ArticleAnalyzer::default(),
            _lock: lock,
        };
        if updater.slot.load().is_none() {
            sweep::sweep_files(&updater.data);
            updater.serve_readable_generation()?;
        }
        Ok(updater)
    }

    fn serve_readable_generation(&mut self) -> Result<()> {
        let mut candidates: Vec<u64> = self.data.generation_numbers();
        candidates.reverse();
        candidates.splice(0..0, self.data.current());
        for number in candidates {
            match self.open_whole(number)? {
                Ok(engine) if is_accepted(engine.generation()) => {
                    self.slot.store(Some(Arc::new(engine)));
                    return Ok(());
                }
                Ok(_) => {
                    tracing::info!(generation = number, "skipping a generation whose run may not have been accepted")
                }
                Err(error) => tracing::warn!(generation = number, error = %error, "skipping a generation"),
            }
        }
        Ok(())
    }

    fn open_whole(&self, number: u64) -> Result<Result<EmbeddedEngine, GenerationError>> {
        open_whole(&self.data, &self.catalog, number)
    }

    /// Whether a generation must be built: none is served, the catalog has articles, and a run was
    /// accepted. Without an accepted run the catalog may hold pushes only, and the sources are
    /// still to be read.
    pub fn needs_rebuild(&self) -> Result<bool> {
        Ok(self.slot.load().is_none() && self.catalog.article_count()? > 0 && self.catalog.last_run(true)?.is_some())
    }

    /// Whether the folder of the served generation is missing or marked as damaged: searches still
    /// work, but no change may be applied to it.
    pub fn has_lost_its_generation(&self) -> bool {
        self.answering().is_some_and(|number| {
            let path = self.data.generation(number);
            !path.join(LAST_COMMIT_FILE).exists() || Generation::is_condemned(&path)
        })
    }

    /// Whether a generation is being served.
    pub fn is_answering(&self) -> bool {
        self.slot.load().is_some()
    }

    /// Builds a generation of the catalog's current articles and publishes it.
    pub fn rebuild(&mut self, progress: &dyn Fn(u64)) -> Result<()> {
        let built = build(&self.data, &self.catalog, None, progress)?;
        self.catalog.publish(built.generation)?;
        self.tick()?;
        Ok(())
    }

    /// Follows the catalog: switches to the generation that it names, or applies the changes that
    /// the generation lacks, unless changes are held.
    pub fn tick(&mut self) -> Result<Tick> {
        self.check_in_place()?;
        let publication = self.catalog.publication()?;
        let answering = self.answering();
        let wants_other = publication.generation != 0 && answering != Some(publication.generation);
        if wants_other && self.may_try(publication.generation) {
            match self.switch(publication) {
                Ok(()) => return Ok(Tick::Switched(publication.generation)),
                Err(ApplyError::Generation(
                    error @ (GenerationError::Unreadable { .. }
                    | GenerationError::Damaged { .. }
                    | GenerationError::Unfit { .. }
                    | GenerationError::Foreign { .. }
                    | GenerationError::Engine(_)),
                )) => self.refuse(publication.generation, error),
                Err(error) => return Err(error),
            }
        }
        let Some(engine) = self.slot.load_full() else { return Ok(Tick::Idle) };
        engine.release_retained(jiff::Timestamp::now().as_second());
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
        Ok(if applied == 0 { Tick::Idle } else { Tick::Applied(applied) })
    }

    /// Drops the index writer if the data folder or the catalog is no longer at its path: Tantivy
    /// writes by path, so it would write into whatever is there now.
    fn check_in_place(&mut self) -> Result<()> {
        let is_in_place = self.data.check_in_place().map_err(ApplyError::from);
        is_in_place.and_then(|()| Ok(self.catalog.check_in_place()?)).inspect_err(|_| self.writer = None)
    }

    /// Whether enough time has passed since a generation could not be read.
    fn may_try(&self, generation: u64) -> bool {
        let refused = self.refused.as_ref().filter(|refused| refused.generation == generation);
        refused.is_none_or(|refused| refused.tried_at.elapsed() >= REFUSED_REST)
    }

    fn refuse(&mut self, generation: u64, error: GenerationError) {
        if self.refused.as_ref().is_none_or(|refused| refused.generation != generation) {
            let causes: Vec<String> = anyhow::Chain::new(&error).map(ToString::to_string).collect();
            tracing::error!(generation, error = causes.join(": "), "the published generation cannot be read");
        }
        self.refused = Some(Refused { generation, error, tried_at: Instant::now() });
    }

    /// Ticks until the changes of an accepted run are served: its generation, if it built one, and
    /// all changes up to `seq`. A generation that could not be read is tried once more.
    pub(crate) fn tick_until_served(&mut self, generation: Option<u64>, seq: u64) -> Result<IndexVersion> {
        self.tick_until_idle()?;
        if !self.is_at(generation, seq) && self.refused.is_some() {
            self.refused = None;
            self.tick_until_idle()?;
        }
        self.check_in_place()?;
        match self.slot.load().as_ref() {
            Some(engine) if self.is_at(generation, seq) => Ok(engine.index_version()),
            _ => Err(ApplyError::NotPublished(self.refused.take().map(|refused| refused.error))),
        }
    }

    /// Whether this generation and `seq` are served and published.
    fn is_at(&self, generation: Option<u64>, seq: u64) -> bool {
        self.slot.load().as_ref().is_some_and(|engine| {
            let version = engine.index_version();
            generation.is_none_or(|generation| version.generation == generation)
                && version.seq >= seq
                && self.data.current() == Some(version.generation)
        })
    }

    /// Ticks until there is nothing left to do.
    pub fn tick_until_idle(&mut self) -> Result<()> {
        while self.tick()? != Tick::Idle {}
        Ok(())
    }

    fn answering(&self) -> Option<u64> {
        self.slot.load().as_ref().map(|engine| engine.generation().manifest().generation)
    }

    /// Opens another generation, applies the missing changes, publishes it and serves it.
    fn switch(&mut self, publication: Publication) -> Result<()> {
        let number = publication.generation;
        let generation = self.open_whole(number)??.into_generation();
        crash_point!("switch:opened");
        self.writer = None;
        if !publication.is_held {
            self.catch_up(&generation)?;
        }
        self.writer = None;
        let engine = EmbeddedEngine::new(generation)?;
        crash_point!("switch:caught-up");
        self.data.publish(number)?;
        crash_point!("switch:published");
        let previous = self.answering();
        if let Some(answering) = self.slot.load().as_ref() {
            engine.inherit_snapshots(answering);
        }
        self.slot.store(Some(Arc::new(engine)));
        self.refused = None;
        tracing::info!(generation = number, "switched to a generation");
        let swept = self.sweep(number, previous);
        self.log_sweep_failure(swept);
        Ok(())
    }

    /// Removes old generations. Keeps the current one, the one served before, the rollback target
    /// and that of a pending run, and all later ones, because a reindex may be building one.
    fn sweep(&self, current: u64, previous: Option<u64>) -> Result<(), SweepError> {
        let older = previous_generation(&self.data, &self.catalog, current)?;
        let mut keep: Vec<u64> =
            [Some(current), previous, older, self.waiting_generation()?].into_iter().flatten().collect();
        keep.extend(self.data.generation_numbers().into_iter().filter(|number| *number > current));
        Ok(self.data.sweep(&keep)?)
    }

    /// Removes partly built generations of dead processes. The caller must hold the reindex lock.
    pub fn sweep_orphans(&mut self) {
        let swept = self.try_sweep_orphans();
        self.log_sweep_failure(swept);
        sweep::sweep_backups(&self.data);
    }

    /// Like [`IndexUpdater::sweep_orphans`], but takes the reindex lock itself, and only if there
    /// is something to remove and no reindex runs.
    pub(crate) fn sweep_orphans_if_any(&mut self) {
        sweep::sweep_backups(&self.data);
        let swept = match sweep::unpublished_generations(&self.data, &self.catalog) {
            Ok(orphans) if orphans.is_empty() => return,
            Ok(_) => match self.data.lock_reindex_briefly() {
                Ok(_reindex_lock) => sweep::sweep_generations(&self.data, &self.catalog),
                Err(DataFolderError::Locked { .. }) => return,
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        };
        self.log_sweep_failure(swept);
    }

    /// Logs a sweep that failed. Files that stay only cost disk space.
    fn log_sweep_failure(&mut self, swept: Result<(), SweepError>) {
        let problem = swept.err().map(|error| format!("{:#}", anyhow::Error::from(error))).unwrap_or_default();
        if !problem.is_empty() && problem != self.unswept {
            tracing::warn!(error = problem, "cannot remove files of dead processes; trying again later");
        }
        self.unswept = problem;
    }

    fn try_sweep_orphans(&self) -> Result<(), SweepError> {
        let Some(current) = self.answering() else { return Ok(()) };
        let previous = previous_generation(&self.data, &self.catalog, current)?;
        let to_serve = self.catalog.publication()?.generation;
        let keep: Vec<u64> =
            [Some(current), previous, Some(to_serve), self.waiting_generation()?].into_iter().flatten().collect();
        Ok(self.data.sweep(&keep)?)
    }

    fn waiting_generation(&self) -> Result<Option<u64>, CatalogError> {
        Ok(self.catalog.waiting_run()?.and_then(|run| run.generation))
    }

    /// Applies every change that a generation lacks; returns how many there were. A change of the
    /// synonyms counts as one.
    fn catch_up(&mut self, generation: &Generation) -> Result<u64> {
        let mut applied = generation.applied()?;
        let mut changes_applied = 0;
        let mut is_new_state = false;
        if applied.run.is_some() {
            // The build already contains the run's changes. They need to be applied only if other
            // changes came in between.
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
                    writer.add(&found.article, found.work, ContentKey::of(&found.hash), &mut self.analyzer)?;
                }
                applied.seq = change.seq;
                changes_applied += 1;
            }
            writer.commit(&applied)?;
            self.data.hand_over(&self.data.generation(generation.manifest().generation));
        }
    }
}

/// The generation that a rollback would return to: the newest one below `current` that can be
/// opened and belongs to the catalog.
pub fn previous_generation(data: &DataFolder, catalog: &Catalog, current: u64) -> Result<Option<u64>, CatalogError> {
    newest_below(data, catalog, current, |_| true)
}

/// Like [`previous_generation`], but only generations whose files verify and can be served.
pub(crate) fn readable_generation_before(
    data: &DataFolder,
    catalog: &Catalog,
    current: u64,
) -> Result<Option<u64>, CatalogError> {
    let is_whole = |generation: Generation| generation.verify().is_ok() && EmbeddedEngine::new(generation).is_ok();
    newest_below(data, catalog, current, is_whole)
}

fn newest_below(
    data: &DataFolder,
    catalog: &Catalog,
    current: u64,
    is_good: impl Fn(Generation) -> bool,
) -> Result<Option<u64>, CatalogError> {
    for number in data.generation_numbers().into_iter().rev().filter(|number| *number < current) {
        let opened = open_generation_of(data, catalog, number)?.ok().filter(is_accepted);
        if opened.is_some_and(&is_good) {
            return Ok(Some(number));
        }
    }
    Ok(None)
}

/// Reloads an engine if any process committed to its generation, or if an article appeared or
/// expired since the last count.
pub(crate) fn refresh(engine: &EmbeddedEngine) -> Result<(), GenerationError> {
    let [last_visibility_change_s, counted_visibility_change_s] =
        engine.status_at(jiff::Timestamp::now().as_second()).visibility_changes_s;
    if engine.generation().applied()?.seq != engine.index_version().seq
        || last_visibility_change_s > counted_visibility_change_s
    {
        engine.reload()?;
    }
    Ok(())
}

/// Opens a generation and checks that it belongs to the catalog; the inner error says why it cannot
/// be served.
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

/// Opens a generation of the catalog and verifies its checksums. A damaged generation is marked as
/// such in its folder.
pub(crate) fn open_whole(
    data: &DataFolder,
    catalog: &Catalog,
    number: u64,
) -> Result<Result<EmbeddedEngine, GenerationError>> {
    let opened = open_generation_of(data, catalog, number)?;
    let opened = opened.and_then(|generation| generation.verify().map(|()| generation)).and_then(EmbeddedEngine::new);
    if let Err(GenerationError::Damaged { path, reason }) = &opened
        && !Generation::is_condemned(path)
        && let Err(error) = Generation::condemn(path, reason)
    {
        tracing::warn!(generation = number, %error, "cannot mark the generation as damaged");
    }
    Ok(opened)
}

/// Whether everything in a generation was accepted. A generation that was built for a run and never
/// caught up may contain changes that were never accepted, because the reindex died; only the
/// catalog can confirm it by naming it.
fn is_accepted(generation: &Generation) -> bool {
    generation.applied().is_ok_and(|applied| applied.run.is_none())
}

/// The version of a generation, without verifying its files.
pub(crate) fn version_of(data: &DataFolder, number: u64) -> Result<IndexVersion, GenerationError> {
    Generation::open(&data.generation(number))?.version()
}

/// Verifies the checksums of a generation and opens its engine.
pub fn open_engine(data: &DataFolder, number: u64) -> Result<EmbeddedEngine, GenerationError> {
    let generation = Generation::open(&data.generation(number))?;
    generation.verify()?;
    EmbeddedEngine::new(generation)
}
