//! Whoever holds the writer lock keeps the published generation in step with the catalog.

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

/// How many changes are applied in one commit, and how many bytes of them.
const BATCH: usize = 2_000;
const BATCH_BYTES: usize = 16 << 20;

/// The file of a generation that Tantivy writes anew with every commit.
pub(crate) const LAST_COMMIT_FILE: &str = "meta.json";
/// How long a generation that could not be read is not tried again.
const REFUSED_REST: Duration = Duration::from_secs(3);

/// The engine that answers at present; empty until there is a readable generation.
pub type EngineSlot = Arc<ArcSwapOption<EmbeddedEngine>>;

impl CurrentEngine for ArcSwapOption<EmbeddedEngine> {
    fn engine(&self) -> Option<Arc<dyn SearchEngine>> {
        self.load_full().map(|engine| engine as Arc<dyn SearchEngine>)
    }

    fn state(&self) -> Option<Arc<dyn SearchEngine>> {
        self.load().as_ref().map(|engine| engine.held_state())
    }
}

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
    /// What was accepted is not answered.
    #[error("the changes are accepted but not published: run the command again, or `fichero reindex --full`")]
    NotPublished(#[source] Option<GenerationError>),
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
    /// A generation that the catalog names and that could not be read; it is told once.
    refused: Option<Refused>,
    /// Why what dead processes left could not be removed; it is told once.
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

impl Applier {
    /// Takes over a data folder: answers from the published generation, or from the newest one
    /// that can be read; `slot` stays empty where there is none.
    pub fn open(data: DataFolder, slot: EngineSlot, lock: Lock) -> Result<Applier> {
        data.check_in_place()?;
        let catalog = Catalog::open(data.path())?;
        // From here on it is this catalog.
        data.check_in_place()?;
        let mut applier = Applier {
            data,
            catalog,
            slot,
            writer: None,
            refused: None,
            unswept: String::new(),
            analyzer: ArticleAnalyzer::default(),
            _lock: lock,
        };
        if applier.slot.load().is_none() {
            sweep::sweep_files(&applier.data);
            applier.answer_from_what_is_there()?;
        }
        Ok(applier)
    }

    fn answer_from_what_is_there(&mut self) -> Result<()> {
        let mut candidates: Vec<u64> = self.data.generation_numbers();
        candidates.reverse();
        candidates.splice(0..0, self.data.current());
        for number in candidates {
            match self.open_whole(number)? {
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

    fn open_whole(&self, number: u64) -> Result<Result<EmbeddedEngine, GenerationError>> {
        open_whole(&self.data, &self.catalog, number)
    }

    /// Whether there is a catalog of articles but no generation to answer from. Where no run was
    /// ever accepted there may be pushes, and the sources are still to be read.
    pub fn needs_rebuild(&self) -> Result<bool> {
        Ok(self.slot.load().is_none() && self.catalog.article_count()? > 0 && self.catalog.last_run(true)?.is_some())
    }

    /// Whether the folder of what is answered from is gone, or was found damaged: searches go on, but
    /// nothing may be applied to it any more.
    pub fn has_lost_its_generation(&self) -> bool {
        self.answering().is_some_and(|number| {
            let path = self.data.generation(number);
            !path.join(LAST_COMMIT_FILE).exists() || Generation::is_condemned(&path)
        })
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
        self.check_in_place()?;
        let publication = self.catalog.publication()?;
        let answering = self.answering();
        let wants_other = publication.generation != 0 && answering != Some(publication.generation);
        if wants_other && self.may_try(publication.generation) {
            match self.switch(publication) {
                Ok(()) => return Ok(Step::Switched(publication.generation)),
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

    /// Lets go of what it writes into where that is not at its path any more: the index is written
    /// by path, into whatever stands there.
    fn check_in_place(&mut self) -> Result<()> {
        let is_in_place = self.data.check_in_place().map_err(ApplyError::from);
        is_in_place.and_then(|()| Ok(self.catalog.check_in_place()?)).inspect_err(|_| self.writer = None)
    }

    /// Whether a generation was not refused just now.
    fn may_try(&self, generation: u64) -> bool {
        let refused = self.refused.as_ref().filter(|refused| refused.generation == generation);
        refused.is_none_or(|refused| refused.tried_at.elapsed() >= REFUSED_REST)
    }

    fn refuse(&mut self, generation: u64, error: GenerationError) {
        if self.refused.as_ref().is_none_or(|refused| refused.generation != generation) {
            tracing::error!(generation, error = %error, "the published generation cannot be read");
        }
        self.refused = Some(Refused { generation, error, tried_at: Instant::now() });
    }

    /// Steps until what a run accepted is answered: its generation, where it built one, and all
    /// changes up to `seq`. What failed once is tried once more.
    pub(crate) fn settle_at(&mut self, generation: Option<u64>, seq: u64) -> Result<IndexVersion> {
        self.settle()?;
        if !self.is_at(generation, seq) && self.refused.is_some() {
            self.refused = None;
            self.settle()?;
        }
        self.check_in_place()?;
        match self.slot.load().as_ref() {
            Some(engine) if self.is_at(generation, seq) => Ok(engine.index_version()),
            _ => Err(ApplyError::NotPublished(self.refused.take().map(|refused| refused.error))),
        }
    }

    /// Whether this is answered, and published.
    fn is_at(&self, generation: Option<u64>, seq: u64) -> bool {
        self.slot.load().as_ref().is_some_and(|engine| {
            let version = engine.index_version();
            generation.is_none_or(|generation| version.generation == generation)
                && version.seq >= seq
                && self.data.current() == Some(version.generation)
        })
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
            engine.take_over(answering);
        }
        self.slot.store(Some(Arc::new(engine)));
        self.refused = None;
        tracing::info!(generation = number, "switched to a generation");
        let swept = self.sweep(number, previous);
        self.tell_unswept(swept);
        Ok(())
    }

    /// Removes generations that are neither current nor the one before nor that of a run that
    /// waits. A reindex that builds one now keeps its folder.
    fn sweep(&self, current: u64, previous: Option<u64>) -> Result<(), SweepError> {
        let older = previous_generation(&self.data, &self.catalog, current)?;
        let mut keep: Vec<u64> =
            [Some(current), previous, older, self.waiting_generation()?].into_iter().flatten().collect();
        keep.extend(self.data.generation_numbers().into_iter().filter(|number| *number > current));
        Ok(self.data.sweep(&keep)?)
    }

    /// Removes what dead builds left behind. Only for whoever holds the reindex lock.
    pub fn sweep_orphans(&mut self) {
        let swept = self.try_sweep_orphans();
        self.tell_unswept(swept);
        sweep::sweep_backups(&self.data);
    }

    /// As [`Applier::sweep_orphans`], where there is something to remove and nobody builds.
    pub(crate) fn sweep_orphans_of_the_dead(&mut self) {
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
        self.tell_unswept(swept);
    }

    /// What stays costs room and nothing else.
    fn tell_unswept(&mut self, swept: Result<(), SweepError>) {
        let problem = swept.err().map(|error| format!("{:#}", anyhow::Error::from(error))).unwrap_or_default();
        if !problem.is_empty() && problem != self.unswept {
            tracing::warn!(error = problem, "what dead processes left stays; it is tried again");
        }
        self.unswept = problem;
    }

    fn try_sweep_orphans(&self) -> Result<(), SweepError> {
        let Some(current) = self.answering() else { return Ok(()) };
        let previous = previous_generation(&self.data, &self.catalog, current)?;
        let asked = self.catalog.publication()?.generation;
        let keep: Vec<u64> =
            [Some(current), previous, Some(asked), self.waiting_generation()?].into_iter().flatten().collect();
        Ok(self.data.sweep(&keep)?)
    }

    fn waiting_generation(&self) -> Result<Option<u64>, CatalogError> {
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
                    writer.add(&found.article, found.work, ContentKey::of(&found.hash), &mut self.analyzer)?;
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
    let [last_visibility_change_s, counted_turn_s] =
        engine.status_at(jiff::Timestamp::now().as_second()).visibility_changes_s;
    if engine.generation().applied()?.seq != engine.index_version().seq || last_visibility_change_s > counted_turn_s {
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

/// Opens a generation that is the catalog's and whose files are as they were written; notes for good
/// where they are not.
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
        tracing::warn!(generation = number, %error, "the damage cannot be noted in the generation's folder");
    }
    Ok(opened)
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

/// Opens the engine of a generation whose files are as they were written.
pub fn open_engine(data: &DataFolder, number: u64) -> Result<EmbeddedEngine, GenerationError> {
    let generation = Generation::open(&data.generation(number))?;
    generation.verify()?;
    EmbeddedEngine::new(generation)
}
