//! Counts and times requests.

use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

use crate::http::route_group::route_of;
use crate::http::state::App;
use crate::http::state::search_pool::PoolStatistics;

/// Counts and times every request, and adds the times to `Server-Timing`.
pub(crate) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let (method, route) = (method_label(request.method()), route_of(&request));
    let (mut response, statistics) = PoolStatistics::watch(next.run(request)).await;
    let total = begun.elapsed();
    app.metrics.count_request(method, route, &response, total, statistics);
    let ms = |duration: Duration| duration.as_secs_f64() * 1e3;
    let mut timing = format!("total;dur={:.2}", ms(total));
    if statistics.count > 0 {
        timing = format!("engine;dur={:.2}, wait;dur={:.2}, {timing}", ms(statistics.worked), ms(statistics.waited));
    }
    if let Ok(timing) = HeaderValue::from_str(&timing) {
        response.headers_mut().insert(SERVER_TIMING, timing);
    }
    response
}

/// The label of a method: a client may invent any number of methods.
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
