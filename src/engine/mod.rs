//! The interface of a search engine, independent of any index library.
//!
//! [`tantivy`] searches a generation on disk. `oracle` searches a list of articles in memory: it is
//! slow and simple, and the reference that the other engine is tested against (with the feature
//! `test-support`). Both share the query plan ([`planning`]) and the scoring formulas
//! ([`ranking`]); neither shares how matches are found, counted, filtered or sorted.

pub mod cancellation;
pub mod cursor;
pub mod explain;
pub mod facets;
pub mod filters;
#[cfg(feature = "test-support")]
pub mod oracle;
pub mod planning;
pub mod query;
pub mod ranking;
pub mod registry;
pub mod related;
pub mod request;
pub mod response;
pub mod snippets;
pub mod sort;
pub mod suggest;
pub mod tantivy;
pub mod version;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use self::cursor::{Cursor, CursorKey};
pub use self::explain::Explanation;
pub use self::facets::FacetCounts;
pub use self::filters::{Facet, Filters};
pub use self::planning::{Correction, Note};
pub use self::request::{ArticleKey, MAX_LIMIT, MAX_OFFSET, RelatedRequest, RelatedTo, SearchRequest, language_fit};
pub(crate) use self::response::listed_translations;
pub use self::response::{
    ArticleAnswer, Card, DroppedFilter, FallbackTier, Hit, MAX_TRANSLATIONS, Reason, Recovery, RecoveryKind,
    RelatedAnswer, RelatedHit, SearchAnswer, TopicLabel, Total, Translation,
};
pub use self::sort::{EventPosition, Sort};
pub use self::suggest::{SuggestAnswer, SuggestRequest};
pub(crate) use self::tantivy::{WriterEnded, io_error_in};
pub use self::version::IndexVersion;

/// Errors of an engine. A reader's query is never an error.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The index could not be read: it is damaged, or the disk is.
    #[error("the index could not be read")]
    Damaged(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The engine is unavailable; the reason, for operators.
    #[error("the engine cannot answer at present: {0}")]
    Unavailable(String),
    /// The request's deadline has passed, or its client has gone, see [`cancellation`].
    #[error("the work was stopped before its end")]
    TimedOut,
}

/// The status of the engine's current state, for operators and caches. It is read on every request,
/// so it shares its data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EngineStatus {
    /// The version of the state.
    pub version: IndexVersion,
    /// When its index was built, RFC 3339. It distinguishes two indexes with the same version.
    pub built_at: Arc<str>,
    /// The number of visible articles by declared language.
    pub articles_by_language: Arc<BTreeMap<String, u64>>,
    /// When an article last appeared or expired by its dates, in Unix seconds: up to now, and up to
    /// the time of the snapshot, which the statistics are computed for. As long as these and the
    /// version stay the same, the set of visible articles is the same.
    pub visibility_changes_s: [i64; 2],
}

impl EngineStatus {
    /// The number of visible articles.
    pub fn articles(&self) -> u64 {
        self.articles_by_language.values().sum()
    }
}

/// Gives requests the current engine, which may be replaced at any time.
pub trait CurrentEngine: Send + Sync {
    /// The engine; `None` while there is no index that can be read.
    fn engine(&self) -> Option<Arc<dyn SearchEngine>>;
    /// The engine with its current state, so that several queries see the same state.
    fn state(&self) -> Option<Arc<dyn SearchEngine>>;
}

/// Answers searches on one state of the articles at a time.
///
/// Implementations are synchronous; async callers move each request to a worker thread.
pub trait SearchEngine: Send + Sync {
    /// The matching works, best first.
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, EngineError>;
    /// One article, or `None` if there is no visible one.
    fn article(&self, key: &ArticleKey, now_s: i64) -> Result<Option<ArticleAnswer>, EngineError>;
    /// The works most similar to an article; `None` if there is no such article.
    fn related(&self, request: &RelatedRequest) -> Result<Option<RelatedAnswer>, EngineError>;
    /// Suggestions for a partly typed query.
    fn suggest(&self, request: &SuggestRequest) -> Result<SuggestAnswer, EngineError>;
    /// The version of the current state.
    fn index_version(&self) -> IndexVersion;
    /// The status of the current state; `now_s` is the current time in Unix seconds.
    fn status(&self, now_s: i64) -> Result<EngineStatus, EngineError>;
    /// The engine with its current state: all answers of the returned value are from this state.
    fn at_present(&self) -> Box<dyn SearchEngine + '_>;
}
