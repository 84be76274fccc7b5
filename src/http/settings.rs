//! What the API is told by the configuration.

use std::sync::Arc;

use crate::admin::Admin;
use crate::engine::ranking::DEFAULT_RECENCY;

/// How the API behaves; the defaults work.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How much newer articles are preferred, see [`crate::engine::ranking::recency_factor`].
    pub recency: f32,
    /// What may be changed over the API; without it, nothing may.
    pub admin: Option<Arc<Admin>>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { recency: DEFAULT_RECENCY, admin: None }
    }
}
