//! fichero: full-text search and related articles for multilingual institutional sites.
//!
//! The modules are the layers of `ARCHITECTURE.md`, from below:
//!
//! * [`article`]: the article model.
//! * [`analysis`]: text to terms.
//! * [`engine`]: the interface of a search engine, and its implementations.
//! * [`storage`]: the catalog, which is the system of record, and the data folder.
//! * [`sources`]: files to articles.
//! * [`evaluation`]: measures search quality with judged queries.
//! * [`config`]: the configuration from flags, environment and file.
//! * [`indexing`]: reads sources, builds and publishes generations, and keeps the published one in
//!   step with the catalog.
//! * [`admin`]: changes over HTTP and their authorization; [`http`]: the API, and pages.
//! * [`server`]: the threads of a running server.
//!
//! Besides these: [`durable`], atomic replacement of files; [`owner`], who owns files; [`panics`],
//! which turns panics of libraries on damaged files into errors; [`telemetry`].

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
pub mod owner;
pub mod panics;
pub mod server;
pub mod sources;
pub mod storage;
pub mod telemetry;

/// Marks a point at which a test can abort the process; expands to nothing without the feature
/// `crash-points`.
#[macro_export]
macro_rules! crash_point {
    ($name:literal) => {
        #[cfg(feature = "crash-points")]
        $crate::failpoints::reach($name);
    };
}
