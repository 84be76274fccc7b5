//! Files as a source.

pub(crate) mod reader;
pub(crate) mod walk;
