//! Reads sources, builds and publishes generations, and keeps the published one in step with the
//! catalog.

pub mod accept;
pub mod audit;
pub mod build;
pub mod check;
pub mod healing;
pub mod index_updater;
pub mod publish_gate;
pub mod reindex;
pub mod related_refresh;
pub mod report;
pub mod rollback;
pub(crate) mod source_plan;
pub(crate) mod staging;
pub mod status;
