//! What all handlers share.

pub(crate) mod queue;
pub(crate) mod search_pool;
pub(crate) mod settings;
