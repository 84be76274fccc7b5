//! The engine that runs in the process, with one Tantivy index per generation.
//!
//! A request uses one snapshot (`snapshot.rs`) until it ends; a change of the index swaps in a new
//! one, so that nobody waits or sees a partial change.

pub mod index;
pub mod reader;
pub(crate) mod related;
pub(crate) mod search;
pub mod suggest;

pub(crate) use self::index::failure::{WriterEnded, io_error_in};
pub use self::index::generation::{
    Applied, ArticleAnalyzer, BUILD_HEAP_BYTES, Generation, GenerationError, GenerationWriter, Manifest, build_threads,
    is_indexed,
};
pub use self::index::schema::{ContentKey, SCHEMA_VERSION};
pub use self::reader::contents::Contents;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;

use self::reader::articles::{article, place};
use self::reader::segment::{DocAddress, KnownSegments, index_error};
use self::reader::snapshot::Snapshot;
#[cfg(feature = "test-support")]
use super::planning::{CorrectionMode, Plan};
use super::{
    ArticleAnswer, ArticleKey, EngineError, EngineStatus, IndexVersion, RelatedAnswer, RelatedRequest, SearchAnswer,
    SearchEngine, SearchRequest, SuggestAnswer, SuggestRequest,
};
use crate::panics::contain;

/// An engine over one generation.
pub struct EmbeddedEngine {
    generation: Generation,
    /// When the generation was built.
    built_at: Arc<str>,
    snapshot: ArcSwap<Snapshot>,
    /// Retained snapshots, the oldest first, on which lists that began there continue.
    retained: ArcSwap<Vec<Arc<Snapshot>>>,
    is_suspect: Arc<AtomicBool>,
}

/// The maximum number of retained snapshots.
const MAX_RETAINED: usize = 16;

impl EmbeddedEngine {
    /// An engine over the last commit of a generation.
    pub fn new(generation: Generation) -> Result<EmbeddedEngine, GenerationError> {
        let snapshot = ArcSwap::from_pointee(generation.snapshot(KnownSegments::new())?);
        let built_at = generation.manifest().built_at.as_str().into();
        Ok(EmbeddedEngine { generation, built_at, snapshot, retained: ArcSwap::default(), is_suspect: Arc::default() })
    }

    /// Inherits the snapshots of the engine that this one replaces, so that their lists can
    /// continue.
    pub fn inherit_snapshots(&self, previous: &EmbeddedEngine) {
        let mut retained = previous.retained.load().as_ref().clone();
        retained.push(previous.snapshot.load_full());
        self.retained.store(Arc::new(retained));
    }

    /// Releases retained snapshots on which no list can continue; `now_s` is the current time in
    /// Unix seconds.
    pub fn release_retained(&self, now_s: i64) {
        let retained = self.retained.load();
        if retained.iter().any(|snapshot| !snapshot.is_held(now_s)) {
            let held = retained.iter().filter(|snapshot| snapshot.is_held(now_s)).cloned().collect();
            self.retained.store(Arc::new(held));
        }
    }

    /// Opens a snapshot of the latest commit.
    pub fn reload(&self) -> Result<(), GenerationError> {
        let best = self.snapshot.load().known_best();
        let previous = self.snapshot.swap(Arc::new(self.generation.snapshot(best)?));
        let mut retained = self.retained.load().as_ref().clone();
        retained.push(previous);
        retained.drain(..retained.len().saturating_sub(MAX_RETAINED));
        self.retained.store(Arc::new(retained));
        Ok(())
    }

    /// Whether the nearest works of the current articles are stored, so that related articles are
    /// read instead of computed. If they are not, the file is looked for again: the holder of the
    /// writer lock may have written it since.
    pub fn has_nearest(&self) -> bool {
        let snapshot = self.snapshot.load();
        snapshot.nearest.load().is_some() || self.generation.find_nearest(&snapshot)
    }

    /// Computes the nearest works of every article with `threads` threads and stores them. Stops if
    /// the articles change or `is_wanted` returns false. Only the holder of the writer lock may
    /// call it.
    pub fn keep_nearest(&self, threads: usize, is_wanted: &(dyn Fn() -> bool + Sync)) -> Result<(), GenerationError> {
        let snapshot = self.snapshot.load_full();
        let is_present = || is_wanted() && Arc::ptr_eq(&snapshot, &self.snapshot.load());
        self.generation.keep_nearest_of(&snapshot, threads, &is_present)
    }

    /// Returns the generation, so that it can be changed before another engine opens it.
    pub fn into_generation(self) -> Generation {
        self.generation
    }

    /// The generation.
    pub fn generation(&self) -> &Generation {
        &self.generation
    }

    /// Records that its files may be damaged, because a read or a write failed.
    pub fn suspect(&self) {
        self.is_suspect.store(true, Ordering::Relaxed);
    }

    /// Whether its files may be damaged; clears the flag.
    pub fn take_suspicion(&self) -> bool {
        self.is_suspect.swap(false, Ordering::Relaxed)
    }

    /// The articles in its current snapshot.
    pub fn contents(&self) -> Contents {
        Contents(self.snapshot.load_full())
    }

    /// Like [`SearchEngine::status`], but infallible.
    pub fn status_at(&self, now_s: i64) -> EngineStatus {
        self.state().status_at(now_s)
    }

    /// Like [`SearchEngine::at_present`], but owned.
    pub fn owned_state(&self) -> Arc<dyn SearchEngine> {
        Arc::new(self.state())
    }

    fn state(&self) -> EngineState {
        EngineState {
            present: self.snapshot.load_full(),
            retained: self.retained.load_full(),
            built_at: Arc::clone(&self.built_at),
            is_suspect: Arc::clone(&self.is_suspect),
        }
    }

    /// The plan of a search over the current articles.
    #[cfg(feature = "test-support")]
    pub fn plan(&self, request: &SearchRequest) -> Result<Plan, EngineError> {
        Plan::new(request, CorrectionMode::of(request), self.snapshot.load().as_ref())
    }

    /// Like [`SearchEngine::search`], with the plan given by the caller: a benchmark omits a part
    /// of a plan to measure its cost.
    #[cfg(feature = "test-support")]
    pub fn search_planned(&self, plan: Plan, request: &SearchRequest) -> Result<SearchAnswer, EngineError> {
        search::search_planned(&self.snapshot.load_full(), plan, request)
    }
}

/// The state of an engine: its current snapshot, and the retained ones.
#[derive(Clone)]
struct EngineState {
    present: Arc<Snapshot>,
    retained: Arc<Vec<Arc<Snapshot>>>,
    built_at: Arc<str>,
    is_suspect: Arc<AtomicBool>,
}

impl EngineState {
    fn status_at(&self, now_s: i64) -> EngineStatus {
        EngineStatus {
            version: self.present.version,
            built_at: Arc::clone(&self.built_at),
            articles_by_language: Arc::clone(&self.present.articles_by_lang),
            visibility_changes_s: [self.present.last_visibility_change_s(now_s), self.present.visibility_changed_s()],
        }
    }

    /// Runs a query on the files of the index. If it fails or panics, the files may be damaged.
    fn read<T>(&self, answer: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
        let answer = contain(answer).unwrap_or_else(|panic| Err(index_error(panic)));
        if matches!(answer, Err(EngineError::Damaged(_))) {
            self.is_suspect.store(true, Ordering::Relaxed);
        }
        answer
    }

    /// The current snapshot, or the retained one in which a list by relevance began. Snapshots of
    /// one version, between which articles appeared or expired, are distinguished by time.
    fn of(&self, request: &SearchRequest) -> &Snapshot {
        let Some(cursor) = request.after.as_ref().filter(|cursor| cursor.is_by_score()) else { return &self.present };
        let is_of_version = |state: &Snapshot| state.version == cursor.version;
        let began_in = |state: &Snapshot| is_of_version(state) && state.taken_s <= cursor.now_s;
        if began_in(&self.present) {
            return &self.present;
        }
        let held = || self.retained.iter().rev().filter(|state| is_of_version(state) && state.is_held(request.now_s));
        let any_of_version = || held().next().filter(|_| !is_of_version(&self.present));
        held().find(|state| began_in(state)).or_else(any_of_version).unwrap_or(&self.present)
    }
}

impl SearchEngine for EngineState {
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, EngineError> {
        self.read(|| search::search(self.of(request), request))
    }

    fn article(&self, key: &ArticleKey, now_s: i64) -> Result<Option<ArticleAnswer>, EngineError> {
        self.read(|| match place(&self.present, key, now_s)? {
            Some(place) => article(&self.present, place, now_s),
            None => Ok(None),
        })
    }

    fn related(&self, request: &RelatedRequest) -> Result<Option<RelatedAnswer>, EngineError> {
        self.read(|| related::related(&self.present, request))
    }

    fn suggest(&self, request: &SuggestRequest) -> Result<SuggestAnswer, EngineError> {
        self.read(|| super::suggest::suggest(self, request))
    }

    fn index_version(&self) -> IndexVersion {
        self.present.version
    }

    fn status(&self, now_s: i64) -> Result<EngineStatus, EngineError> {
        Ok(self.status_at(now_s))
    }

    fn at_present(&self) -> Box<dyn SearchEngine + '_> {
        Box::new(self.clone())
    }
}

impl SearchEngine for EmbeddedEngine {
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, EngineError> {
        self.state().search(request)
    }

    fn article(&self, key: &ArticleKey, now_s: i64) -> Result<Option<ArticleAnswer>, EngineError> {
        self.state().article(key, now_s)
    }

    fn related(&self, request: &RelatedRequest) -> Result<Option<RelatedAnswer>, EngineError> {
        self.state().related(request)
    }

    fn suggest(&self, request: &SuggestRequest) -> Result<SuggestAnswer, EngineError> {
        self.state().suggest(request)
    }

    fn index_version(&self) -> IndexVersion {
        self.snapshot.load().version
    }

    fn status(&self, now_s: i64) -> Result<EngineStatus, EngineError> {
        Ok(self.status_at(now_s))
    }

    fn at_present(&self) -> Box<dyn SearchEngine + '_> {
        Box::new(self.state())
    }
}
