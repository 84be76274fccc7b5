//! Every error answer: RFC 9457 `application/problem+json`.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::admin::{MAX_TASKS, PushError, StartError, TOKEN_VARIABLE};
use crate::catalog::CatalogError;
use crate::data_folder::DataFolderError;
use crate::engine::EngineError;
use crate::publication::PublicationError;

/// The media type of every error answer.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// The code of an error answer, left with the response for whoever counts them.
#[derive(Debug, Clone, Copy)]
pub(super) struct ProblemCode(pub(super) &'static str);

/// An error answer. The only place that knows status codes.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parameters: Vec<String>,
    /// What the answer says besides in its head; boxed, for problems are passed by value.
    #[serde(skip)]
    headers: Box<HeaderMap>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: String) -> Problem {
        Problem {
            kind: format!("urn:fichero:problem:{code}"),
            title,
            status: status.as_u16(),
            code,
            detail,
            parameters: Vec::new(),
            headers: Box::default(),
        }
    }

    fn retry_after(&mut self, seconds: u32) {
        self.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }

    /// Parameters that the route does not have.
    pub(super) fn unknown_parameters(names: Vec<String>, known: &[&str]) -> Problem {
        let detail = format!("unknown parameter {}; this route takes {}", names.join(", "), known.join(", "));
        let mut problem = Problem::new(StatusCode::BAD_REQUEST, "unknown-parameter", "Unknown parameter", detail);
        problem.parameters = names;
        problem
    }

    /// A parameter with a value that it cannot have.
    pub(super) fn bad_value(name: &str, expected: &str) -> Problem {
        let detail = format!("{name} should be {expected}");
        let mut problem = Problem::new(StatusCode::BAD_REQUEST, "bad-value", "Bad parameter value", detail);
        problem.parameters = vec![name.to_owned()];
        problem
    }

    /// A body that is no JSON object, or not of the form that the route reads.
    pub(super) fn bad_body(what: &str) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "bad-body", "Bad body", format!("the body {what}"))
    }

    /// A body of another media type than the route reads.
    pub(super) fn media_type(expected: &str) -> Problem {
        let detail = format!("the body should be of the type {expected}, and its Content-Type should say so");
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type", detail)
    }

    /// A body that is longer than the route reads.
    pub(super) fn too_large(max_bytes: usize) -> Problem {
        let detail = format!("the body is larger than {max_bytes} bytes");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large", detail)
    }

    /// No such article.
    pub(super) fn no_article() -> Problem {
        let detail = "there is no such article, or it is not published".to_owned();
        Problem::new(StatusCode::NOT_FOUND, "no-such-article", "No such article", detail)
    }

    /// No such route.
    pub(super) fn no_route() -> Problem {
        let detail = "there is nothing at this address; the search is at /v1/search?q=".to_owned();
        Problem::new(StatusCode::NOT_FOUND, "no-such-route", "Not found", detail)
    }

    /// A route that does not take the method.
    pub(super) fn no_method() -> Problem {
        let detail = "this address does not take this method".to_owned();
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail)
    }

    /// There is no index to answer from yet.
    pub(super) fn not_ready() -> Problem {
        let detail = "the index is being built; try again in a moment".to_owned();
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", "Not ready", detail);
        problem.retry_after(2);
        problem
    }

    /// More requests than can be worked on or kept waiting.
    pub(super) fn too_busy() -> Problem {
        let detail = "too many requests at once; try again in a moment".to_owned();
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-busy", "Too busy", detail);
        problem.retry_after(1);
        problem
    }

    /// Nobody may change anything over HTTP.
    pub(super) fn admin_off() -> Problem {
        let detail = format!(
            "nothing can be changed over HTTP, for no admin token is set: set {TOKEN_VARIABLE} in the server's environment, or token_file or token_sha256 under [admin] in its configuration, and start it again"
        );
        Problem::new(StatusCode::FORBIDDEN, "admin-off", "Admin is off", detail)
    }

    /// The caller showed no token, or another one.
    pub(super) fn unauthorized(is_shown: bool) -> Problem {
        let (detail, challenge) = if is_shown {
            ("this is not the admin token", "Bearer realm=\"fichero\", error=\"invalid_token\"")
        } else {
            ("this route needs the admin token: Authorization: Bearer TOKEN", "Bearer realm=\"fichero\"")
        };
        let mut problem = Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", "Unauthorized", detail.to_owned());
        problem.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        problem
    }

    /// A header with a value that it cannot have.
    pub(super) fn bad_header(name: &str, expected: &str) -> Problem {
        let detail = format!("the header {name} should be {expected}");
        Problem::new(StatusCode::BAD_REQUEST, "bad-header", "Bad header", detail)
    }

    /// A body that is no article.
    pub(super) fn bad_article(detail: String) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "bad-article", "Not an article", detail)
    }

    /// The article is not as the caller wants it to be; `etag` says how it is.
    pub(super) fn precondition_failed(etag: Option<HeaderValue>) -> Problem {
        let detail = "the article is not as If-Match or If-None-Match wants it; the answer's ETag, where there is one, is the hash of what was pushed last".to_owned();
        let mut problem =
            Problem::new(StatusCode::PRECONDITION_FAILED, "precondition-failed", "Precondition failed", detail);
        if let Some(etag) = etag {
            problem.headers.insert(header::ETAG, etag);
        }
        problem
    }

    /// A deletion of what was never pushed and another source has.
    pub(super) fn not_pushed(source: &str) -> Problem {
        let detail = format!("the article was not pushed, it comes from the source {source}: delete it there");
        Problem::new(StatusCode::CONFLICT, "not-pushed", "Not pushed", detail)
    }

    /// No such task.
    pub(super) fn no_task() -> Problem {
        let detail = format!("there is no such task; the last {MAX_TASKS} since the server's start are kept");
        Problem::new(StatusCode::NOT_FOUND, "no-such-task", "No such task", detail)
    }

    /// A change that waits for somebody else's; try again.
    fn locked(detail: String) -> Problem {
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "locked", "Locked", detail);
        problem.retry_after(5);
        problem
    }

    /// A client that asks more often than it may.
    pub(super) fn rate_limited(wait: Duration) -> Problem {
        let detail = "this client asks too often; try again in a moment".to_owned();
        let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many requests", detail);
        problem.retry_after(u32::try_from(wait.as_millis().div_ceil(1_000).max(1)).unwrap_or(u32::MAX));
        problem
    }

    /// An answer that was not ready in time.
    pub(super) fn took_too_long() -> Problem {
        let detail = "the answer was not ready in time; try again in a moment".to_owned();
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "took-too-long", "Took too long", detail);
        problem.retry_after(1);
        problem
    }

    /// A body that did not arrive in time.
    pub(super) fn body_too_slow() -> Problem {
        let detail = "the body of the request did not arrive in time".to_owned();
        Problem::new(StatusCode::REQUEST_TIMEOUT, "body-too-slow", "Request timeout", detail)
    }

    /// Headers that are larger than the service reads.
    pub(super) fn headers_too_large(max_bytes: usize) -> Problem {
        let detail = format!("the headers of the request are larger than {max_bytes} bytes");
        let (status, title) = (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Headers too large");
        Problem::new(status, "headers-too-large", title, detail)
    }

    /// A client that takes no encoding in which answers are sent.
    pub(super) fn no_encoding() -> Problem {
        let detail = "answers are sent as they are, or by gzip, br or zstd; Accept-Encoding allows none of these";
        Problem::new(StatusCode::NOT_ACCEPTABLE, "no-encoding", "Not acceptable", detail.to_owned())
    }

    /// The stable name of what is wrong.
    pub(super) fn code(&self) -> &'static str {
        self.code
    }

    /// What is wrong, in words.
    pub(super) fn into_detail(self) -> String {
        self.detail
    }

    /// Our own fault: logged here, once, and not told.
    pub(super) fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
        let mut causes = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push_str(": ");
            causes.push_str(&cause.to_string());
            source = cause.source();
        }
        tracing::error!(error = causes, "a request failed");
        let detail = "the request failed; the server's log says why".to_owned();
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail)
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Problem {
        Problem::internal(&error)
    }
}

impl From<PushError> for Problem {
    fn from(error: PushError) -> Problem {
        match error {
            PushError::Catalog(CatalogError::Busy(_)) => {
                Problem::locked("somebody else writes for long; nothing of this was stored, try again".to_owned())
            }
            PushError::Data(DataFolderError::Locked { holder, .. }) => {
                Problem::locked(format!("{holder} is at work; nothing of this was stored, try again"))
            }
            error => Problem::internal(&error),
        }
    }
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Problem {
        match error {
            StartError::TaskRuns(_) | StartError::CommandRuns(_) => {
                Problem::new(StatusCode::CONFLICT, "reindex-running", "A reindex is running", error.to_string())
            }
            error => Problem::internal(&error),
        }
    }
}

impl From<PublicationError> for Problem {
    fn from(error: PublicationError) -> Problem {
        match error {
            PublicationError::NothingPublished => {
                Problem::new(StatusCode::CONFLICT, "nothing-published", "Nothing is published", error.to_string())
            }
            PublicationError::NothingBefore(_) => Problem::new(
                StatusCode::CONFLICT,
                "no-earlier-generation",
                "No generation to go back to",
                error.to_string(),
            ),
            PublicationError::NotFollowed => Problem::locked(error.to_string()),
            error => Problem::internal(&error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (own, code) = (std::mem::take(&mut self.headers), self.code);
        let mut response = (status, axum::Json(self)).into_response();
        response.extensions_mut().insert(ProblemCode(code));
        let headers = response.headers_mut();
        headers.extend(*own);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
