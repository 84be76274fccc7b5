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
//! * [`ingest`]: files become articles.
//! * [`analysis`]: text becomes terms.
//! * [`catalog`]: the durable truth.
//! * [`engine`]: what a search engine answers, and two that do.
//! * [`query`]: what a person typed, understood.
//! * [`reindex`], [`acceptance`], [`build`], [`applier`]: from sources to a published generation.
//! * [`gate`]: what a reindex has to hold to be published by itself.
//! * [`audit`], [`healing`], [`check`]: whether the index holds what the catalog holds, and files
//!   what was written; [`panics`]: those of a library over damaged files, as errors.
//! * [`nearest`]: the related works of a site that has changed.
//! * [`evaluation`]: judgements become figures.
//! * [`http`]: the API; [`admin`]: what may be changed over it, and by whom.
//! * [`backup`]: the catalog as one file, and back.
//! * [`config`], [`telemetry`], [`data_folder`]: what the program needs to run.
//! * [`place`], [`storage`]: whether what is written is kept, and why not; [`sweep`]: what dead
//!   processes left.

pub mod acceptance;
pub mod admin;
pub mod analysis;
pub mod applier;
pub mod article;
pub mod audit;
pub mod backup;
pub mod build;
pub mod catalog;
pub mod check;
pub mod config;
#[cfg(feature = "crash-points")]
pub mod crash;
pub mod data_folder;
pub mod engine;
pub mod evaluation;
pub mod gate;
pub mod healing;
pub mod http;
pub mod ingest;
pub mod nearest;
pub mod panics;
pub mod place;
pub mod publication;
pub mod query;
pub mod reindex;
pub mod serve;
pub mod status;
pub mod storage;
pub mod sweep;
pub mod telemetry;

/// Marks a point at which a test can end the process; nothing without the feature
/// `crash-points`.
#[macro_export]
macro_rules! crash_point {
    ($name:literal) => {
        #[cfg(feature = "crash-points")]
        $crate::crash::reach($name);
    };
}
