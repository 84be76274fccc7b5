//! The settings of the HTTP layer.

use std::path::PathBuf;
use std::sync::Arc;

use crate::admin::Admin;
use crate::config::base_url::BaseUrl;
use crate::config::http::ServiceSettings;
use crate::engine::ranking::DEFAULT_RECENCY;
use crate::indexing::audit::AuditFigures;
use crate::sources::ReadingRules;
use crate::storage::failure::Storage;

/// The settings of the HTTP layer; the defaults work. A setting that changes responses must be part
/// of their entity tags (`caching.rs`) too.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How strongly newer articles are preferred, see [`crate::engine::ranking::recency_factor`].
    pub recency: f32,
    /// The public address of the API; without it, each request's own host.
    pub public_url: Option<BaseUrl>,
    /// The name of the site, in titles and feeds; without it, the host of its address.
    pub site_name: Option<String>,
    /// The rules by which pushes and drafts are read. Their time zone is that of the days and years in
    /// which articles are counted, filtered and shown.
    pub reading: ReadingRules,
    /// The admin functions; without them, nothing can be changed over the API.
    pub admin: Option<Arc<Admin>>,
    /// The data folder whose state `/metrics` reports; without it, only the engine is reported.
    pub data: Option<PathBuf>,
    /// The results of audits of the index; without them, `/metrics` reports none.
    pub audits: Option<Arc<AuditFigures>>,
    /// Whether changes can be stored, see `/health/readyz`.
    pub storage: Arc<Storage>,
    /// The operation of the service.
    pub service: ServiceSettings,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            recency: DEFAULT_RECENCY,
            public_url: None,
            site_name: None,
            reading: ReadingRules::default(),
            admin: None,
            data: None,
            audits: None,
            storage: Arc::default(),
            service: ServiceSettings::default(),
        }
    }
}

impl Settings {
    /// The name of the site at an address.
    pub(crate) fn name_at<'a>(&'a self, base: &'a BaseUrl) -> &'a str {
        self.site_name.as_deref().unwrap_or_else(|| base.host())
    }
}
