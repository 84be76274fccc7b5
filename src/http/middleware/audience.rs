//! Who a route is for: it decides which origins, limits and caches stand before it.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, Method, header};

/// Who a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Readers and the site's pages: any origin may ask, within the rate limit.
    Public,
    /// Those who watch the service: never limited, so that a busy one can still be looked at.
    Operator,
    /// Those who may change something: never from the page of any origin.
    Admin,
}

/// The routes that take a `POST` because a query can be long, and change nothing.
const PUBLIC_POSTS: [&str; 3] = ["/v1/search", "/v1/multi-search", "/v1/related"];
/// The routes that are an administrator's whatever the method.
const ADMIN_ROUTES: [&str; 4] = ["/v1/reindex", "/v1/tasks", "/v1/rollback", "/v1/resume"];

impl Audience {
    /// Who a request is for. A preflight counts as the request that it asks about.
    pub(crate) fn of(request: &Request) -> Audience {
        let method = match preflight_method(request.method(), request.headers()) {
            Some(asked) => asked,
            None => request.method().clone(),
        };
        Audience::of_route(&method, request.uri().path())
    }

    fn of_route(method: &Method, path: &str) -> Audience {
        let is_below =
            |route: &str| path.strip_prefix(route).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if path == "/metrics" || path.starts_with("/health/") {
            return Audience::Operator;
        }
        let is_public = match *method {
            Method::GET | Method::HEAD | Method::OPTIONS => !ADMIN_ROUTES.iter().any(|route| is_below(route)),
            Method::POST => PUBLIC_POSTS.contains(&path),
            _ => false,
        };
        if is_public { Audience::Public } else { Audience::Admin }
    }
}

/// The method that a CORS preflight asks about; `None` where the request is none.
pub(crate) fn preflight_method(method: &Method, headers: &HeaderMap) -> Option<Method> {
    if method != Method::OPTIONS || !headers.contains_key(header::ORIGIN) {
        return None;
    }
    let asked = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?;
    Method::from_bytes(asked.as_bytes()).ok()
}

/// The route's template, such as `/v1/articles/{id}`: what figures are kept by.
pub(crate) fn route_of(request: &Request) -> String {
    request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_something_is_an_administrators() {
        for (method, path, expected) in [
            (Method::GET, "/v1/search", Audience::Public),
            (Method::HEAD, "/v1/articles/x", Audience::Public),
            (Method::POST, "/v1/search", Audience::Public),
            (Method::POST, "/v1/multi-search", Audience::Public),
            (Method::GET, "/", Audience::Public),
            (Method::GET, "/v1/reindexed", Audience::Public),
            (Method::POST, "/v1/articles", Audience::Admin),
            (Method::PUT, "/v1/articles/x", Audience::Admin),
            (Method::DELETE, "/v1/articles/x", Audience::Admin),
            (Method::PATCH, "/v1/search", Audience::Admin),
            (Method::POST, "/v1/reindex", Audience::Admin),
            (Method::GET, "/v1/tasks/7", Audience::Admin),
            (Method::POST, "/v1/rollback", Audience::Admin),
            (Method::POST, "/v1/resume", Audience::Admin),
            (Method::GET, "/metrics", Audience::Operator),
            (Method::GET, "/health/readyz", Audience::Operator),
        ] {
            assert_eq!(Audience::of_route(&method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_preflight_is_for_whom_its_request_is() {
        let asked = |method: &str| {
            let request = Request::options("/v1/articles/x")
                .header(header::ORIGIN, "https://a.example")
                .header(header::ACCESS_CONTROL_REQUEST_METHOD, method)
                .body(axum::body::Body::empty())
                .unwrap();
            Audience::of(&request)
        };
        assert_eq!(asked("GET"), Audience::Public);
        assert_eq!(asked("PUT"), Audience::Admin);
    }
}
