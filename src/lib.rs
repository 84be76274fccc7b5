//! fichero: full-text search and related articles for multilingual institutional sites.
//!
//! The modules are the layers of `ARCHITECTURE.md`, from below:
//!
//! * [`article`]: what everything is about.
//! * [`analysis`]: text becomes terms.
//! * [`engine`]: what a search engine answers, and one that does.
//! * [`storage`]: the catalog, which is the durable truth, and the data folder around it.
//! * [`sources`]: files become articles.
//! * [`evaluation`]: judged queries become figures.
//! * [`config`]: flags, file and environment become one configuration.
//! * [`indexing`]: from sources to a published generation, and what keeps it right.
//! * [`admin`]: what may be changed over HTTP, and by whom; [`http`]: the API, and pages.
//! * [`server`]: everything that runs while fichero serves.
//!
//! Beside them: [`durable`], files that are replaced whole; [`panics`], those of a library over
//! damaged files, as errors; [`telemetry`].

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
