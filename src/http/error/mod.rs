//! Error responses: problem details (RFC 9457).

pub(crate) mod problem;
pub(crate) mod responses;
