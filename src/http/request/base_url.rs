//! The address under which the API is reached, for what must name it whole.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::{Authority, PathAndQuery, Scheme};
use axum::http::{HeaderMap, Uri, header};

use crate::http::App;
use crate::http::error::problem::Problem;
use crate::http::state::settings::Settings;

/// `https://search.example.org`, or with a path: where `/v1/search` is appended to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Reads an address: `http` or `https`, a host, perhaps a path, nothing else.
    ///
    /// ```
    /// use fichero::http::BaseUrl;
    /// assert_eq!(BaseUrl::parse("https://example.org/search/").unwrap().as_str(), "https://example.org/search");
    /// assert_eq!(BaseUrl::parse("example.org"), None);
    /// ```
    pub fn parse(text: &str) -> Option<BaseUrl> {
        let uri: Uri = text.trim_end_matches('/').parse().ok()?;
        let scheme = uri.scheme().filter(|scheme| [&Scheme::HTTP, &Scheme::HTTPS].contains(scheme))?;
        let authority = uri.authority().filter(|authority| is_host(authority))?;
        if uri.query().is_some() || text.contains('#') {
            return None;
        }
        Some(BaseUrl(format!("{scheme}://{authority}{}", uri.path().trim_end_matches('/'))))
    }

    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, for people.
    pub(crate) fn host(&self) -> &str {
        self.parts().0
    }

    /// The whole address of a path and query of this API.
    pub(crate) fn join(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.0)
    }

    /// The path that it has, without a slash at its end.
    pub(crate) fn path(&self) -> &str {
        self.parts().1
    }

    /// The host and the path.
    fn parts(&self) -> (&str, &str) {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        rest.split_at(rest.find('/').unwrap_or(rest.len()))
    }

    /// What the configuration says, else what a request says of itself, if it does.
    pub(crate) fn of(settings: &Settings, uri: &Uri, headers: &HeaderMap) -> Option<BaseUrl> {
        if let Some(configured) = &settings.public_url {
            return Some(configured.clone());
        }
        // Of two headers Host, a proxy may have believed the other one.
        let is_named_once = headers.get_all(header::HOST).iter().nth(1).is_none();
        let named = || headers.get(header::HOST).filter(|_| is_named_once)?.to_str().ok()?.parse::<Authority>().ok();
        let authority = uri.authority().cloned().or_else(named).filter(is_host)?;
        Some(BaseUrl(format!("http://{authority}")))
    }

    /// The whole address of a request.
    pub(crate) fn of_request(&self, uri: &Uri) -> String {
        self.join(uri.path_and_query().map_or("/", PathAndQuery::as_str))
    }
}

/// Refuses a request that does not say which host it is for.
impl FromRequestParts<App> for BaseUrl {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<BaseUrl, Problem> {
        BaseUrl::of(&app.settings, &parts.uri, &parts.headers).ok_or_else(Problem::bad_host)
    }
}

/// Whether an authority is a host, perhaps with a port, and names no user.
fn is_host(authority: &Authority) -> bool {
    !authority.as_str().contains('@') && !authority.host().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_a_host_and_perhaps_a_path() {
        for (text, expected) in [
            ("https://example.org", Some("https://example.org")),
            ("http://example.org:8080/", Some("http://example.org:8080")),
            ("https://example.org/a/b//", Some("https://example.org/a/b")),
            ("https://[::1]:8080", Some("https://[::1]:8080")),
            ("ftp://example.org", None),
            ("https://", None),
            ("/a", None),
            ("", None),
            ("https://me:secret@example.org", None),
            ("https://example.org/?q=x", None),
            ("https://example.org/#x", None),
            ("https://exa mple.org", None),
        ] {
            assert_eq!(BaseUrl::parse(text).as_ref().map(BaseUrl::as_str), expected, "{text}");
        }
    }
}
