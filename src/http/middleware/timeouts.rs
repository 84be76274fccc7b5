//! Limits the size of a request's headers and the duration of a request.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

use crate::http::error::problem::Problem;
use crate::http::route_group::RouteGroup;
use crate::http::state::App;
use crate::http::state::search_pool::until;

/// The most bytes of the names and values of a request's headers.
const MAX_HEADER_BYTES: usize = 32 << 10;

/// Refuses a request whose headers are larger than those of any browser.
pub(crate) async fn limit_headers(request: Request, next: Next) -> Response {
    if header_bytes(request.headers()) > MAX_HEADER_BYTES {
        return Problem::headers_too_large(MAX_HEADER_BYTES).into_response();
    }
    next.run(request).await
}

fn header_bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum()
}

/// Ends a request that takes too long. The error says who is responsible: the client while its body
/// is awaited, else the server.
///
/// For a public request the limit applies to the whole request. For an admin request it applies to
/// each wait for its body; once the body has arrived, its work is not cancelled.
pub(crate) async fn limit_time(State(app): State<App>, request: Request, next: Next) -> Response {
    let limit = app.settings.service.request_timeout();
    let is_admin = RouteGroup::of(&request) == RouteGroup::Admin;
    let waiting = BodyWait::default();
    let mut request = request.map(|body| Body::new(WatchedBody { body, waiting: waiting.clone() }));
    request.extensions_mut().insert(waiting.clone());
    let begun = Instant::now();
    let deadline = || match is_admin {
        true => waiting.since().map(|since| since + limit),
        false => Some(begun + limit),
    };
    let answer = async {
        match is_admin {
            // A change is not cancelled half-way.
            true => next.run(request).await,
            false => until((begun + limit).into_std(), next.run(request)).await,
        }
    };
    let mut answer = std::pin::pin!(answer);
    loop {
        let wake = deadline().unwrap_or_else(|| Instant::now() + limit);
        tokio::select! {
            response = &mut answer => return response,
            () = sleep_until(wake) => {}
        }
        // The client may have sent more meanwhile.
        if deadline().is_some_and(|deadline| deadline <= Instant::now()) {
            let is_body_late = waiting.since().is_some();
            return if is_body_late { Problem::body_too_slow() } else { Problem::took_too_long() }.into_response();
        }
    }
}

/// Since when the next part of a body is awaited, if it is. A handler finds it among the request's
/// extensions.
#[derive(Debug, Clone, Default)]
pub(crate) struct BodyWait(Arc<Mutex<Option<Instant>>>);

impl BodyWait {
    /// Notes that the body is not awaited until it is polled again.
    pub(crate) fn end(&self) {
        self.set(false);
    }

    fn since(&self) -> Option<Instant> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, is_waiting: bool) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *since = if is_waiting { since.or_else(|| Some(Instant::now())) } else { None };
    }
}

/// A body that records when it is awaited.
struct WatchedBody {
    body: Body,
    waiting: BodyWait,
}

impl HttpBody for WatchedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        self.waiting.set(frame.is_pending());
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::{get, post, put};
    use axum::{Extension, Router};
    use tokio::sync::mpsc;
    use tower::ServiceExt;

    use super::*;
    use crate::config::http::ServiceSettings;
    use crate::http::docs::openapi;
    use crate::http::route_group::RouteTable;
    use crate::http::state::settings::Settings;
    use crate::indexing::index_updater::EngineSlot;

    const LIMIT_MS: u32 = 800;

    /// Routes that count the bytes that they receive, behind the limit.
    fn router() -> Router {
        let request_timeout_ms = NonZeroU32::new(LIMIT_MS).unwrap();
        let service = ServiceSettings { request_timeout_ms, ..ServiceSettings::default() };
        let settings = Settings { service, ..Settings::default() };
        let document = openapi::ApiDocument::of(openapi::outline(&settings), &settings);
        let app = App::new(EngineSlot::default(), RouteTable::default(), document, settings);
        let count = || post(|body: Bytes| async move { body.len().to_string() });
        let limited = |routes: Router, group: RouteGroup| {
            routes.layer(from_fn_with_state(app.clone(), limit_time)).layer(Extension(group))
        };
        let public = Router::new()
            .route("/v1/search", count())
            .route("/slow", get(|| async { tokio::time::sleep(Duration::from_secs(60)).await }));
        let admin = Router::new()
            .route("/v1/articles", count())
            .route(
                "/v1/articles/{id}",
                put(|body: Body| async move {
                    tokio::time::sleep(Duration::from_millis(1_500)).await;
                    axum::body::to_bytes(body, usize::MAX).await.unwrap().len().to_string()
                }),
            )
            .route("/v1/rollback", post(|| async { tokio::time::sleep(Duration::from_millis(1_500)).await }));
        limited(public, RouteGroup::Api).merge(limited(admin, RouteGroup::Admin))
    }

    /// A body of several parts with pauses between them; `ends` says whether it ends.
    fn body(parts: usize, pause: Duration, ends: bool) -> Body {
        let (send, receive) = mpsc::channel::<Frame<Bytes>>(1);
        tokio::spawn(async move {
            for _ in 0..parts {
                tokio::time::sleep(pause).await;
                if send.send(Frame::data(Bytes::from_static(b"part"))).await.is_err() {
                    return;
                }
            }
            if !ends {
                send.closed().await;
            }
        });
        Body::new(Channel(receive))
    }

    struct Channel(mpsc::Receiver<Frame<Bytes>>);

    impl HttpBody for Channel {
        type Data = Bytes;
        type Error = std::convert::Infallible;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
            self.0.poll_recv(context).map(|frame| frame.map(Ok))
        }
    }

    fn ask(method: &str, path: &str, body: impl FnOnce() -> Body) -> (StatusCode, String, Duration) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let request = Request::builder().method(method).uri(path).body(body()).unwrap();
            let begun = Instant::now();
            let response = router().oneshot(request).await.unwrap();
            let took = begun.elapsed();
            let status = response.status();
            let text = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            (status, String::from_utf8_lossy(&text).into_owned(), took)
        })
    }

    const BRIEF: Duration = Duration::from_millis(10);
    const PAUSE: Duration = Duration::from_millis(100);

    #[test]
    fn a_late_response_is_the_servers_fault() {
        let (status, text, took) = ask("GET", "/slow", Body::empty);
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{text}");
        assert!(text.contains("took-too-long"), "{text}");
        assert!(took >= Duration::from_millis(u64::from(LIMIT_MS)) && took < Duration::from_secs(30), "{took:?}");
    }

    #[test]
    fn a_late_body_is_the_clients_fault() {
        for (path, parts, pause) in [
            ("/v1/search", 0, BRIEF),
            ("/v1/search", 3, BRIEF),
            // It keeps arriving, but too slowly for a search.
            ("/v1/search", 100, PAUSE),
            ("/v1/articles", 0, BRIEF),
            ("/v1/articles", 3, BRIEF),
        ] {
            let (status, text, took) = ask("POST", path, || body(parts, pause, false));
            assert_eq!(status, StatusCode::REQUEST_TIMEOUT, "{path} {parts}: {text}");
            assert!(text.contains("body-too-slow"), "{text}");
            assert!(took < Duration::from_secs(5), "{path} {parts}: {took:?}");
        }
    }

    #[test]
    fn a_request_in_time_is_answered() {
        let (status, text, _) = ask("POST", "/v1/search", || body(3, BRIEF, true));
        assert_eq!((status, text.as_str()), (StatusCode::OK, "12"));
        // A push may last as long as data keeps arriving.
        let (status, text, took) = ask("POST", "/v1/articles", || body(12, PAUSE, true));
        assert_eq!((status, text.as_str()), (StatusCode::OK, "48"));
        assert!(took >= PAUSE * 12, "{took:?}");
        // The client is not responsible while its body is not read.
        let (status, text, _) = ask("PUT", "/v1/articles/x", || body(3, BRIEF, true));
        assert_eq!((status, text.as_str()), (StatusCode::OK, "12"));
        // And a change is not cancelled half-way.
        let (status, ..) = ask("POST", "/v1/rollback", Body::empty);
        assert_eq!(status, StatusCode::OK);
    }
}
