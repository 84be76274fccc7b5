//! Counts and times requests.

use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::route_group::route_of;
use crate::http::state::App;
use crate::http::state::search_pool::PoolStatistics;

/// Counts and times every request, and tells the client what its own took.
pub(crate) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (method, route) = (method_label(request.method()), route_of(&request));
    let (mut response, crossings) = PoolStatistics::watch(next.run(request)).await;
    let whole = begun.elapsed();
    app.metrics.count_request(method, route, &response, whole, crossings);
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let mut timing = format!("total;dur={:.2}", ms(whole));
    if crossings.count > 0 {
        timing = format!("engine;dur={:.2}, wait;dur={:.2}, {timing}", ms(crossings.worked), ms(crossings.waited));
    }
    if let Ok(timing) = HeaderValue::from_str(&timing) {
        response.headers_mut().insert(SERVER_TIMING, timing);
    }
    response
}

/// A client may make up methods without end.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

const SERVER_TIMING: HeaderName = HeaderName::from_static("server-timing");
