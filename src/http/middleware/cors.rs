//! Cross-origin access, and responses to `OPTIONS`.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tower::{Layer, Service};
use tower_http::cors::{AllowHeaders, AllowOrigin, Any, CorsLayer};

use crate::config::http::{Origin, ServiceSettings};
use crate::http::route_group::{RouteGroup, preflight_method};

/// How long a browser may cache the response to a preflight.
const PREFLIGHT_MAX_AGE: Duration = Duration::from_secs(86_400);

/// The policy for cross-origin reads of public responses.
pub(crate) fn policy(settings: &ServiceSettings) -> CorsLayer {
    // Without a list of origins, the response is the same for all, and a cache needs only one copy.
    let (origins, vary) = match &settings.cors_origins {
        None => (AllowOrigin::from(Any), Vec::new()),
        Some(origins) => (AllowOrigin::list(origins.iter().map(Origin::header_value)), vec![header::ORIGIN]),
    };
    CorsLayer::new()
        .allow_origin(origins)
        .vary(vary)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        // Whatever is asked for: monitoring scripts add headers to every request of a page, and without
        // credentials none of them gives a right.
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([header::ETAG, header::RETRY_AFTER, HeaderName::from_static("server-timing")])
        .max_age(PREFLIGHT_MAX_AGE)
}

/// Applies the policy to public requests and to preflights for them.
pub(crate) async fn share(State(policy): State<CorsLayer>, request: Request, next: Next) -> Response {
    let is_preflight = preflight_method(request.method(), request.headers()).is_some();
    let is_plain_options = request.method() == Method::OPTIONS && !is_preflight;
    if !RouteGroup::of(&request).is_public() || is_plain_options {
        return next.run(request).await;
    }
    // The service is always ready and infallible.
    match policy.layer(next).call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Answers `OPTIONS` for every route; the router adds its `Allow`.
pub(crate) async fn options(request: Request, next: Next) -> Response {
    let is_options = request.method() == Method::OPTIONS;
    let response = next.run(request).await;
    if is_options && response.status() == StatusCode::METHOD_NOT_ALLOWED {
        return StatusCode::NO_CONTENT.into_response();
    }
    response
}

/// Adds `OPTIONS` to `Allow`: every route accepts it.
pub(crate) async fn allow_options(mut response: Response) -> Response {
    if let Some(allowed) = response.headers().get(header::ALLOW).and_then(|value| value.to_str().ok())
        && let Ok(allowed) = HeaderValue::from_str(&format!("{allowed},OPTIONS"))
    {
        response.headers_mut().insert(header::ALLOW, allowed);
    }
    response
}
