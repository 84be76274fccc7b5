//! fichero: full-text search and related articles for multilingual institutional sites.
//!
//! The modules are rooms along the way of the data:
//!
//! ```text
//! sources ──> catalog ──> generation ──> engine ──> http
//! (ingest)   (catalog)   (build, applier)  (engine)   (http)
//! ```
//!
//! * [`article`]: what everything is about.
//! * [`crate::sources`]: files become articles.
//! * [`analysis`]: text becomes terms.
//! * [`crate::storage::catalog`]: the durable truth.
//! * [`engine`]: what a search engine answers, and two that do.
//! * [`crate::engine::query`]: what a person typed, understood.
//! * [`crate::indexing::reindex`], [`crate::indexing::accept`], [`crate::indexing::build`], [`crate::indexing::applier`]: from sources to a published generation.
//! * [`crate::indexing::publish_gate`]: what a reindex has to hold to be published by itself.
//! * [`crate::indexing::audit`], [`crate::indexing::healing`], [`crate::indexing::check`]: whether the index holds what the catalog holds, and files
//!   what was written; [`panics`]: those of a library over damaged files, as errors.
//! * [`crate::indexing::related_refresh`]: the related works of a site that has changed.
//! * [`evaluation`]: judgements become figures.
//! * [`http`]: the API; [`admin`]: what may be changed over it, and by whom.
//! * [`crate::storage::backup`]: the catalog as one file, and back.
//! * [`config`], [`telemetry`], [`crate::storage::data_dir`]: what the program needs to run.
//! * [`crate::storage::file_id`], [`crate::storage::failure`]: whether what is written is kept, and why not; [`crate::storage::sweep`]: what dead
//!   processes left.

pub mod admin;
pub mod analysis;
pub mod article;
pub mod config;
pub mod durable;
pub mod engine;
pub mod evaluation;
#[cfg(feature = "crash-points")]
pub mod failpoints;
pub mod http;
pub mod indexing;
pub mod panics;
pub mod server;
pub mod sources;
pub mod storage;
pub mod telemetry;

/// Marks a point at which a test can end the process; nothing without the feature
/// `crash-points`.
#[macro_export]
macro_rules! crash_point {
    ($name:literal) => {
        #[cfg(feature = "crash-points")]
        $crate::failpoints::reach($name);
    };
}
