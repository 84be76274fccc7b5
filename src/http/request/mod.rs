//! Parses requests into typed values: parameters, bodies, headers.

pub(crate) mod auth;
pub(crate) mod base_url;
pub(crate) mod clock;
pub(crate) mod cursor;
pub(crate) mod guesses;
pub(crate) mod json_body;
pub(crate) mod ndjson;
pub(crate) mod negotiation;
pub(crate) mod query;
pub(crate) mod registry;
pub(crate) mod types;
