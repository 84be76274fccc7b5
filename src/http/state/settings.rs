//! What the API is told by the configuration.

use std::path::PathBuf;
use std::sync::Arc;

use crate::admin::Admin;
use crate::config::base_url::BaseUrl;
use crate::config::http::ServiceSettings;
use crate::engine::ranking::DEFAULT_RECENCY;
use crate::indexing::audit::AuditFigures;
use crate::storage::failure::Storage;

/// How the API behaves; the defaults work. What shapes answers belongs into their entity tags
/// (`caching.rs`) too.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How much newer articles are preferred, see [`crate::engine::ranking::recency_factor`].
    pub recency: f32,
    /// Under which address the API is reached from outside; without it, each request's own host.
    pub public_url: Option<BaseUrl>,
    /// What readers know the site as, in titles and feeds; without it, the host of its address.
    pub site_name: Option<String>,
    /// What may be changed over the API; without it, nothing may.
    pub admin: Option<Arc<Admin>>,
    /// The data folder, whose state `/metrics` tells; without one, it tells of the engine only.
    pub data: Option<PathBuf>,
    /// What audits of the index came to; without them, `/metrics` tells of none.
    pub audits: Option<Arc<AuditFigures>>,
    /// Whether changes can be stored, see `/health/readyz`.
    pub storage: Arc<Storage>,
    /// How the service is operated.
    pub service: ServiceSettings,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            recency: DEFAULT_RECENCY,
            public_url: None,
            site_name: None,
            admin: None,
            data: None,
            audits: None,
            storage: Arc::default(),
            service: ServiceSettings::default(),
        }
    }
}

impl Settings {
    /// What readers are told that they search in, at an address.
    pub(crate) fn name_at<'a>(&'a self, base: &'a BaseUrl) -> &'a str {
        self.site_name.as_deref().unwrap_or_else(|| base.host())
    }
}
