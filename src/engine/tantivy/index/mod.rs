//! A generation on disk: its schema, writer and manifest.

pub(crate) mod backpressure;
pub(crate) mod directory;
pub(crate) mod error;
pub(crate) mod failure;
pub(crate) mod generation;
pub(crate) mod schema;
