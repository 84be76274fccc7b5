//! The base address of the API, for responses that need absolute addresses.

use axum::http::Uri;
use axum::http::uri::{Authority, PathAndQuery, Scheme};

/// An address such as `https://search.example.org`, optionally with a path; routes such as
/// `/v1/search` are appended to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// Parses an address: `http` or `https`, a host, an optional path, and nothing else.
    ///
    /// ```
    /// use fichero::config::base_url::BaseUrl;
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

    /// The base address for the host that a request names.
    pub(crate) fn of_host(authority: &Authority) -> BaseUrl {
        BaseUrl(format!("http://{authority}"))
    }

    /// The address, without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host, for display.
    pub(crate) fn host(&self) -> &str {
        self.parts().0
    }

    /// The absolute address of a path and query of this API.
    pub(crate) fn join(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.0)
    }

    /// Its path, without a slash at its end.
    pub(crate) fn path(&self) -> &str {
        self.parts().1
    }

    /// The host and the path.
    fn parts(&self) -> (&str, &str) {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        rest.split_at(rest.find('/').unwrap_or(rest.len()))
    }

    /// The absolute address of a request.
    pub(crate) fn of_request(&self, uri: &Uri) -> String {
        self.join(uri.path_and_query().map_or("/", PathAndQuery::as_str))
    }
}

/// Whether an authority is a host with an optional port and no user.
pub(crate) fn is_host(authority: &Authority) -> bool {
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
