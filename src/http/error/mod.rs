//! What went wrong, as callers are told: problem details by RFC 9457.

pub(crate) mod problem;
pub(crate) mod responses;
