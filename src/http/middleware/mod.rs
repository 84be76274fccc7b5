//! The layers that every request passes.

pub(crate) mod caching;
pub(crate) mod client_ip;
pub(crate) mod compression;
pub(crate) mod cors;
pub(crate) mod html_errors;
pub(crate) mod id_in_path;
pub(crate) mod observe;
pub(crate) mod rate_limit;
pub(crate) mod timeouts;
