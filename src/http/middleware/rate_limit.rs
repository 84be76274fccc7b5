//! The rate limit: one token bucket per client.

use std::num::NonZeroU32;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::client_ip::client_address;
use crate::http::route_group::RouteGroup;
use crate::http::state::App;
use crate::http::state::rate_limiter::bucket_of;
use crate::http::state::search_pool::for_client;

/// Lets a public request pass while its client has tokens. The inner layers know the client.
pub(crate) async fn limit_rate(State(app): State<App>, request: Request, next: Next) -> Response {
    let bucket = bucket_of(client_address(&request, &app.settings.service.trusted_proxies));
    if let Some(limiter) = app.rate_limiter.as_ref()
        && RouteGroup::of(&request).is_public()
        && let Err(problem) = limiter.take(bucket, NonZeroU32::MIN)
    {
        return problem.into_response();
    }
    for_client(bucket, next.run(request)).await
}
