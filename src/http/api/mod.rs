//! The JSON API: one file per group of routes.

pub(crate) mod admin;
pub(crate) mod articles;
pub(crate) mod draft;
pub(crate) mod push;
pub(crate) mod recent;
pub(crate) mod related;
pub(crate) mod search;
pub(crate) mod suggest;
pub(crate) mod topics;
