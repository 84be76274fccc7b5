//! What a search engine answers, in our own words; nothing here knows how.
//!
//! [`tantivy`] answers from a generation on disk, `oracle` from a list of articles held
//! in memory: slow, obvious, and therefore what the other one is tested against (with the feature
//! `test-support`). Both share the plan of a query ([`planning`]) and the formulas ([`ranking`]);
//! neither shares how matches are found, counted, filtered or ordered.

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
    ArticleAnswer, Card, DroppedFilter, Hit, MAX_TRANSLATIONS, Reason, Recovery, RecoveryKind, RelatedAnswer,
    RelatedHit, Rung, SearchAnswer, TopicLabel, Total, Translation,
};
pub use self::sort::Sort;
pub use self::suggest::{SuggestAnswer, SuggestRequest};
pub(crate) use self::tantivy::{WriterEnded, io_error_in};
pub use self::version::IndexVersion;

/// What can go wrong inside an engine. A reader's query is never an error.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The index could not be read.
    #[error("the index could not be read")]
    Index(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The engine cannot be reached at present; what it is, in words for operators.
    #[error("the engine cannot answer at present: {0}")]
    Unavailable(String),
    /// Nobody waits for the answer any more, see [`cancellation`].
    #[error("the work was stopped before its end")]
    Stopped,
}

/// What operators and caches are told of the state that an engine answers from. It is asked for at
/// every request, and shares what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EngineStatus {
    /// Which state it is.
    pub version: IndexVersion,
    /// When its index was built, RFC 3339; two indexes can have come to one version, but not at one
    /// time.
    pub built_at: Arc<str>,
    /// How many articles readers may see of each language, as it was declared.
    pub articles_by_language: Arc<BTreeMap<String, u64>>,
    /// When an article has appeared or expired last, by its dates: up to the present, and up to when
    /// the state was taken, from which the statistics are; all Unix time. While these and the version
    /// stay, every article that was seen is seen, and no other.
    pub visibility_changes_s: [i64; 2],
}

impl EngineStatus {
    /// How many articles readers may see.
    pub fn articles(&self) -> u64 {
        self.articles_by_language.values().sum()
    }
}

/// Where requests find the engine that answers at present: another one may take its place at any time.
pub trait CurrentEngine: Send + Sync {
    /// The engine; `None` while there is no index that can be read.
    fn engine(&self) -> Option<Arc<dyn SearchEngine>>;
    /// The engine as it is at this instant, for several questions that are answered from one state.
    fn state(&self) -> Option<Arc<dyn SearchEngine>>;
}

/// Answers searches over one state of the articles at a time.
///
/// Implementations are synchronous; a caller in async code crosses over once a request.
pub trait SearchEngine: Send + Sync {
    /// The works that match, best first.
    fn search(&self, request: &SearchRequest) -> Result<SearchAnswer, EngineError>;
    /// One article, or `None` where there is none that readers may see.
    fn article(&self, key: &ArticleKey, now_s: i64) -> Result<Option<ArticleAnswer>, EngineError>;
    /// The works nearest to an article; `None` where there is no such article.
    fn related(&self, request: &RelatedRequest) -> Result<Option<RelatedAnswer>, EngineError>;
    /// What a reader may be offered for what is typed so far.
    fn suggest(&self, request: &SuggestRequest) -> Result<SuggestAnswer, EngineError>;
    /// The state of the articles that answers are given from.
    fn index_version(&self) -> IndexVersion;
    /// What operators and caches are told of that state; `now_s` is the present, Unix time.
    fn status(&self, now_s: i64) -> Result<EngineStatus, EngineError>;
    /// The engine as it is at this instant: while this is held, all its answers are of one state.
    fn at_present(&self) -> Box<dyn SearchEngine + '_>;
}
