//! What the API is told by the configuration.

use crate::engine::ranking::DEFAULT_RECENCY;

/// How the API behaves; the defaults work.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How much newer articles are preferred, see [`crate::engine::ranking::recency_factor`].
    pub recency: f32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { recency: DEFAULT_RECENCY }
    }
}
