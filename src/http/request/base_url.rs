//! The address under which a request reaches the API.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};

use crate::config::base_url::{BaseUrl, is_host};
use crate::http::error::problem::Problem;
use crate::http::state::App;
use crate::http::state::settings::Settings;

impl BaseUrl {
    /// The configured address, else the one in the request, if it has one.
    pub(crate) fn of(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> Option<BaseUrl> {
        if let Some(configured) = &settings.public_url {
            return Some(configured.clone());
        }
        // With two `Host` headers, a proxy may have used the other one.
        let is_named_once = headers.get_all(header::HOST).iter().nth(1).is_none();
        let named = || headers.get(header::HOST).filter(|_| is_named_once)?.to_str().ok()?.parse::<Authority>().ok();
        let authority = uri.authority().cloned().or_else(named).filter(is_host)?;
        Some(BaseUrl::of_host(&authority))
    }
}

/// Refuses a request without a host.
impl FromRequestParts<App> for BaseUrl {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<BaseUrl, Problem> {
        BaseUrl::of(&app.settings, &parts.uri, &parts.headers).ok_or_else(Problem::bad_host)
    }
}
