//! Error responses: RFC 9457 `application/problem+json`.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::{MAX_TASKS, PushError, StartError};
use crate::engine::EngineError;
use crate::indexing::rollback::PublicationError;
use crate::storage::catalog::CatalogError;
use crate::storage::data_dir::DataFolderError;
use crate::storage::failure::Cause;
use crate::telemetry::with_causes;

/// The media type of every error response.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// The code of an error response. It is attached to the response for the metrics.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProblemCode(pub(crate) &'static str);

/// The problem itself. It is attached to the response for a layer that renders it in another
/// format.
#[derive(Debug, Clone)]
pub(crate) struct ReportedProblem(pub(crate) Arc<Problem>);

/// The constant part of a kind of problem. Only this module knows status codes.
#[derive(Debug)]
pub(crate) struct ProblemKind {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    /// The detail where it is always the same, else an example of it.
    detail: &'static str,
    retry_after_s: Option<u32>,
}

impl ProblemKind {
    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// The human-readable title.
    pub(crate) fn title(&self) -> &'static str {
        self.title
    }

    /// Whether the response has a `Retry-After` header.
    pub(crate) fn has_retry(&self) -> bool {
        self.retry_after_s.is_some()
    }

    const fn new(status: StatusCode, code: &'static str, title: &'static str, detail: &'static str) -> ProblemKind {
        ProblemKind { status, code, title, detail, retry_after_s: None }
    }

    const fn with_retry(mut self, seconds: u32) -> ProblemKind {
        self.retry_after_s = Some(seconds);
        self
    }
}

pub(crate) static UNKNOWN_PARAMETER: ProblemKind = ProblemKind::new(
    StatusCode::BAD_REQUEST,
    "unknown-parameter",
    "Unknown parameter",
    "unknown parameter colour; this route takes id, url",
);
pub(crate) static BAD_VALUE: ProblemKind = ProblemKind::new(
    StatusCode::BAD_REQUEST,
    "bad-value",
    "Bad parameter value",
    "limit should be a whole number from 0 to 100",
);
pub(crate) static BAD_BODY: ProblemKind =
    ProblemKind::new(StatusCode::BAD_REQUEST, "bad-body", "Bad body", "the body should be a JSON object");
pub(crate) static BAD_HOST: ProblemKind = ProblemKind::new(
    StatusCode::BAD_REQUEST,
    "bad-host",
    "Bad host",
    "the request should name the host that it is for, as the header Host does",
);
pub(crate) static NO_ARTICLE: ProblemKind = ProblemKind::new(
    StatusCode::NOT_FOUND,
    "no-such-article",
    "No such article",
    "there is no such article, or it is not published",
);
pub(crate) static NO_ROUTE: ProblemKind = ProblemKind::new(
    StatusCode::NOT_FOUND,
    "no-such-route",
    "Not found",
    "there is nothing at this address; the documentation is at /docs; a slash in an article's id is written %2F",
);
pub(crate) static NO_METHOD: ProblemKind = ProblemKind::new(
    StatusCode::METHOD_NOT_ALLOWED,
    "method-not-allowed",
    "Method not allowed",
    "this address does not take this method",
);
pub(crate) static TOO_LARGE: ProblemKind = ProblemKind::new(
    StatusCode::PAYLOAD_TOO_LARGE,
    "body-too-large",
    "Body too large",
    "the body is larger than 65536 bytes",
);
pub(crate) static MEDIA_TYPE_UNKNOWN: ProblemKind = ProblemKind::new(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported-media-type",
    "Unsupported media type",
    "the body should be of the type application/json, and its Content-Type should say so",
);
pub(crate) static NOT_READY: ProblemKind = ProblemKind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "not-ready",
    "Not ready",
    "the index is being built; try again in a moment",
)
.with_retry(2);
pub(crate) static TOO_BUSY: ProblemKind = ProblemKind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "too-busy",
    "Too busy",
    "too many searches at once; try again in a moment",
)
.with_retry(1);
pub(crate) static ADMIN_OFF: ProblemKind = ProblemKind::new(
    StatusCode::FORBIDDEN,
    "admin-off",
    "Admin is off",
    "nothing can be changed over HTTP, for no admin token is set: set FICHERO_TOKEN in the server's environment, or token_file or token_sha256 under [admin] in its configuration, and start it again",
);
pub(crate) static UNAUTHORIZED: ProblemKind = ProblemKind::new(
    StatusCode::UNAUTHORIZED,
    "unauthorized",
    "Unauthorized",
    "this route needs the admin token: Authorization: Bearer TOKEN",
);
pub(crate) static BAD_HEADER: ProblemKind = ProblemKind::new(
    StatusCode::BAD_REQUEST,
    "bad-header",
    "Bad header",
    "the header If-Match should be * or a list of hashes in quotation marks",
);
pub(crate) static BAD_ARTICLE: ProblemKind = ProblemKind::new(
    StatusCode::BAD_REQUEST,
    "bad-article",
    "Not an article",
    "title and body: both empty, nothing to find",
);
pub(crate) static FLAWED_ARTICLE: ProblemKind = ProblemKind::new(
    StatusCode::UNPROCESSABLE_ENTITY,
    "flawed-article",
    "An article with flaws, which `strict` refuses",
    "layout: no field of an article; left out",
);
pub(crate) static PRECONDITION_FAILED: ProblemKind = ProblemKind::new(
    StatusCode::PRECONDITION_FAILED,
    "precondition-failed",
    "Precondition failed",
    "the article is not as If-Match or If-None-Match wants it; the answer's ETag, where there is one, is the hash of what was pushed last",
);
pub(crate) static NOT_PUSHED: ProblemKind = ProblemKind::new(
    StatusCode::CONFLICT,
    "not-pushed",
    "Not pushed",
    "the article was not pushed, it comes from the source corpus: delete it there",
);
pub(crate) static NO_TASK: ProblemKind = ProblemKind::new(
    StatusCode::NOT_FOUND,
    "no-such-task",
    "No such task",
    "there is no such task; the last 100 since the server's start are kept",
);
pub(crate) static LOCKED: ProblemKind = ProblemKind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "locked",
    "Locked",
    "a reindex is at work; nothing of this was stored, try again",
)
.with_retry(5);
pub(crate) static REINDEX_RUNNING: ProblemKind = ProblemKind::new(
    StatusCode::CONFLICT,
    "reindex-running",
    "A reindex is running",
    "task 3 is running: wait for its end",
);
pub(crate) static NOTHING_PUBLISHED: ProblemKind =
    ProblemKind::new(StatusCode::CONFLICT, "nothing-published", "Nothing is published", "nothing is published yet");
pub(crate) static NO_EARLIER_GENERATION: ProblemKind = ProblemKind::new(
    StatusCode::CONFLICT,
    "no-earlier-generation",
    "No generation to go back to",
    "there is no generation before the present one",
);
pub(crate) static RATE_LIMITED: ProblemKind = ProblemKind::new(
    StatusCode::TOO_MANY_REQUESTS,
    "rate-limited",
    "Too many requests",
    "this client asks too often; try again in a moment",
)
.with_retry(1);
pub(crate) static TOOK_TOO_LONG: ProblemKind = ProblemKind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "took-too-long",
    "Took too long",
    "the answer was not ready in time; try again in a moment",
)
.with_retry(1);
pub(crate) static BODY_TOO_SLOW: ProblemKind = ProblemKind::new(
    StatusCode::REQUEST_TIMEOUT,
    "body-too-slow",
    "Request timeout",
    "the body of the request did not arrive in time",
);
pub(crate) static HEADERS_TOO_LARGE: ProblemKind = ProblemKind::new(
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
    "headers-too-large",
    "Headers too large",
    "the headers of the request are larger than 32768 bytes",
);
pub(crate) static NO_ENCODING: ProblemKind = ProblemKind::new(
    StatusCode::NOT_ACCEPTABLE,
    "no-encoding",
    "Not acceptable",
    "answers are sent as they are, or by gzip, br or zstd; Accept-Encoding allows none of these",
);
pub(crate) static NOT_STORED: ProblemKind = ProblemKind::new(
    StatusCode::INSUFFICIENT_STORAGE,
    "not-stored",
    "Cannot store changes",
    "nothing of this was stored: the disk of the data folder is full: free some space; then try again",
)
.with_retry(30);
pub(crate) static DATA_LOST: ProblemKind = ProblemKind::new(
    StatusCode::SERVICE_UNAVAILABLE,
    "data-lost",
    "The data folder is gone",
    "changes are refused: the data folder was removed, moved away or cannot be reached: put it back, or start the server again",
)
.with_retry(30);
pub(crate) static INTERNAL: ProblemKind = ProblemKind::new(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal",
    "Internal error",
    "the request failed; the server's log says why",
);

/// An error answer (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// A name of the sort of problem, the same for ever.
    #[serde(rename = "type")]
    #[schema(example = "urn:fichero:problem:bad-value")]
    kind: String,
    /// The sort of problem, for people.
    title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// The end of `type`, for programs.
    #[schema(example = "bad-value")]
    code: &'static str,
    /// What is wrong with this request and what would be right.
    detail: String,
    /// The parameters it is about, if it is about some.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    parameters: Vec<String>,
    /// Additional headers of the response; boxed because problems are passed by value.
    #[serde(skip)]
    headers: Box<HeaderMap>,
}

impl Problem {
    /// A problem with the constant detail of its kind.
    pub(crate) fn of(kind: &'static ProblemKind) -> Problem {
        Problem::about(kind, kind.detail.to_owned(), Vec::new())
    }

    fn about(kind: &'static ProblemKind, detail: String, parameters: Vec<String>) -> Problem {
        let mut problem = Problem {
            kind: format!("urn:fichero:problem:{}", kind.code),
            title: kind.title,
            status: kind.status.as_u16(),
            code: kind.code,
            detail,
            parameters,
            headers: Box::default(),
        };
        if let Some(seconds) = kind.retry_after_s {
            problem.retry_after(seconds);
        }
        problem
    }

    fn retry_after(&mut self, seconds: u32) {
        self.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }

    /// Parameters that the route does not take.
    pub(crate) fn unknown_parameters(names: Vec<String>, known: &[&str]) -> Problem {
        let taken = if known.is_empty() { "nothing".to_owned() } else { known.join(", ") };
        let detail = format!("unknown parameter {}; this route takes {taken}", names.join(", "));
        Problem::about(&UNKNOWN_PARAMETER, detail, names)
    }

    /// A parameter with an invalid value.
    pub(crate) fn bad_value(name: &str, expected: &str) -> Problem {
        Problem::about(&BAD_VALUE, format!("{name} should be {expected}"), vec![name.to_owned()])
    }

    /// A body that is no JSON object, or has another shape than the route expects.
    pub(crate) fn bad_body(what: &str) -> Problem {
        Problem::about(&BAD_BODY, format!("the body {what}"), Vec::new())
    }

    /// A request without a host, on a route whose response has absolute addresses.
    pub(crate) fn bad_host() -> Problem {
        Problem::of(&BAD_HOST)
    }

    /// A body of another media type than the route accepts.
    pub(crate) fn media_type(expected: &str) -> Problem {
        let detail = format!("the body should be of the type {expected}, and its Content-Type should say so");
        Problem::about(&MEDIA_TYPE_UNKNOWN, detail, Vec::new())
    }

    /// A body with a content coding; none is accepted.
    pub(crate) fn coded_body() -> Problem {
        let detail = "the body should be sent as it is, without a Content-Encoding".to_owned();
        let mut problem = Problem::about(&MEDIA_TYPE_UNKNOWN, detail, Vec::new());
        problem.headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        problem
    }

    /// A body that is longer than the route accepts.
    pub(crate) fn too_large(max_bytes: usize) -> Problem {
        Problem::about(&TOO_LARGE, format!("the body is larger than {max_bytes} bytes"), Vec::new())
    }

    /// The article does not exist or is not visible.
    pub(crate) fn no_article() -> Problem {
        Problem::of(&NO_ARTICLE)
    }

    /// The route does not exist.
    pub(crate) fn no_route() -> Problem {
        Problem::of(&NO_ROUTE)
    }

    /// The route does not accept the method.
    pub(crate) fn no_method() -> Problem {
        Problem::of(&NO_METHOD)
    }

    /// There is no index yet.
    pub(crate) fn not_ready() -> Problem {
        Problem::of(&NOT_READY)
    }

    /// The engine cannot answer at present. The cause is logged here; only operators see it in a
    /// response.
    fn engine_unavailable(error: &EngineError) -> Problem {
        log(error);
        Problem::not_ready()
    }

    /// The problem of an unavailable engine with its cause, for operators.
    pub(crate) fn engine_status(error: EngineError) -> Problem {
        match error {
            EngineError::Unavailable(_) => Problem { detail: error.to_string(), ..Problem::not_ready() },
            error => error.into(),
        }
    }

    /// All workers are busy and the queue is full.
    pub(crate) fn too_busy() -> Problem {
        Problem::of(&TOO_BUSY)
    }

    /// The client exceeds its rate limit.
    pub(crate) fn rate_limited(wait: Duration) -> Problem {
        let mut problem = Problem::of(&RATE_LIMITED);
        problem.retry_after(u32::try_from(wait.as_millis().div_ceil(1_000).max(1)).unwrap_or(u32::MAX));
        problem
    }

    /// A request with more searches than a client's burst allows.
    pub(crate) fn above_burst(burst: u32) -> Problem {
        let detail = format!("a client may ask {burst} searches at once here; ask fewer in one request");
        Problem::about(&RATE_LIMITED, detail, Vec::new())
    }

    /// The response was not ready in time.
    pub(crate) fn took_too_long() -> Problem {
        Problem::of(&TOOK_TOO_LONG)
    }

    /// The body did not arrive in time.
    pub(crate) fn body_too_slow() -> Problem {
        Problem::of(&BODY_TOO_SLOW)
    }

    /// The headers are larger than the server accepts.
    pub(crate) fn headers_too_large(max_bytes: usize) -> Problem {
        let detail = format!("the headers of the request are larger than {max_bytes} bytes");
        Problem::about(&HEADERS_TOO_LARGE, detail, Vec::new())
    }

    /// The client accepts none of the available encodings.
    pub(crate) fn no_encoding() -> Problem {
        Problem::of(&NO_ENCODING)
    }

    /// No admin token is configured, so nothing can be changed over HTTP.
    pub(crate) fn admin_off() -> Problem {
        Problem::of(&ADMIN_OFF)
    }

    /// The caller sent no admin token (`has_token` is false), or a wrong one.
    pub(crate) fn unauthorized(has_token: bool) -> Problem {
        let (mut problem, challenge) = if has_token {
            let detail = "this is not the admin token".to_owned();
            let challenge = "Bearer realm=\"fichero\", error=\"invalid_token\"";
            (Problem::about(&UNAUTHORIZED, detail, Vec::new()), challenge)
        } else {
            (Problem::of(&UNAUTHORIZED), "Bearer realm=\"fichero\"")
        };
        problem.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        problem
    }

    /// A header with an invalid value.
    pub(crate) fn bad_header(name: &str, expected: &str) -> Problem {
        Problem::about(&BAD_HEADER, format!("the header {name} should be {expected}"), Vec::new())
    }

    /// A body that is no valid article.
    pub(crate) fn bad_article(detail: String) -> Problem {
        Problem::about(&BAD_ARTICLE, detail, Vec::new())
    }

    /// The article has flaws, and must have none.
    pub(crate) fn flawed_article(detail: String) -> Problem {
        Problem::about(&FLAWED_ARTICLE, detail, Vec::new())
    }

    /// A precondition of the request failed; `etag` is the tag of the present article.
    pub(crate) fn precondition_failed(etag: Option<HeaderValue>) -> Problem {
        let mut problem = Problem::of(&PRECONDITION_FAILED);
        if let Some(etag) = etag {
            problem.headers.insert(header::ETAG, etag);
        }
        problem
    }

    /// A deletion of an article that was never pushed and comes from another source.
    pub(crate) fn not_pushed(source: &str) -> Problem {
        let detail = format!("the article was not pushed, it comes from the source {source}: delete it there");
        Problem::about(&NOT_PUSHED, detail, Vec::new())
    }

    /// The task does not exist.
    pub(crate) fn no_task() -> Problem {
        let detail = format!("there is no such task; the last {MAX_TASKS} since the server's start are kept");
        Problem::about(&NO_TASK, detail, Vec::new())
    }

    /// A change that has to wait for another writer; the client may try again.
    fn locked(detail: String) -> Problem {
        Problem::about(&LOCKED, detail, Vec::new())
    }

    /// A change that cannot be stored. The response names the cause, because only a person can fix
    /// it.
    pub(crate) fn not_stored(cause: Cause) -> Problem {
        match cause {
            Cause::Lost(loss) => Problem::about(&DATA_LOST, format!("changes are refused: {loss}"), Vec::new()),
            cause => {
                let detail = format!("nothing of this was stored: {cause}; then try again");
                Problem::about(&NOT_STORED, detail, Vec::new())
            }
        }
    }

    /// The stable code of the problem.
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    /// The parameters with the problem.
    pub(crate) fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// Whether the problem is that there is no index yet.
    pub(crate) fn is_not_ready(&self) -> bool {
        self.code == NOT_READY.code
    }

    /// The detail.
    pub(crate) fn into_detail(self) -> String {
        self.detail
    }

    /// A failed change: the reason why it cannot be stored, or else an internal error.
    fn failed_change(error: &(dyn std::error::Error + 'static)) -> Problem {
        let Some(cause) = Cause::of(error) else { return Problem::internal(error) };
        log(error);
        Problem::not_stored(cause)
    }

    /// An internal error. It is logged here, once; the response does not name it.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
        log(error);
        Problem::of(&INTERNAL)
    }
}

/// Logs an error with its causes.
fn log(error: &(dyn std::error::Error + 'static)) {
    tracing::error!(error = with_causes(error), "a request failed");
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Problem {
        match error {
            EngineError::TimedOut => Problem::took_too_long(),
            EngineError::Unavailable(_) => Problem::engine_unavailable(&error),
            error => Problem::internal(&error),
        }
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
            PushError::NotStored { cause, .. } => {
                log(&error);
                Problem::not_stored(cause)
            }
            error => Problem::internal(&error),
        }
    }
}

impl From<StartError> for Problem {
    fn from(error: StartError) -> Problem {
        match error {
            StartError::TaskRuns(_) | StartError::CommandRuns(_) => {
                Problem::about(&REINDEX_RUNNING, error.to_string(), Vec::new())
            }
            error => Problem::failed_change(&error),
        }
    }
}

impl From<PublicationError> for Problem {
    fn from(error: PublicationError) -> Problem {
        match error {
            PublicationError::NothingPublished => Problem::about(&NOTHING_PUBLISHED, error.to_string(), Vec::new()),
            PublicationError::NothingBefore(_) => Problem::about(&NO_EARLIER_GENERATION, error.to_string(), Vec::new()),
            PublicationError::NotFollowed => Problem::locked(error.to_string()),
            error => Problem::failed_change(&error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (own, code) = (std::mem::take(&mut self.headers), self.code);
        let mut response = (status, axum::Json(&self)).into_response();
        response.extensions_mut().insert(ProblemCode(code));
        response.extensions_mut().insert(ReportedProblem(Arc::new(self)));
        let headers = response.headers_mut();
        headers.extend(*own);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
