//! Every error answer: RFC 9457 `application/problem+json`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::engine::EngineError;

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
    #[serde(skip)]
    retry_after_s: Option<u32>,
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
            retry_after_s: None,
        }
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

    /// A body of another type than JSON.
    pub(super) fn not_json() -> Problem {
        let detail = "the body should be JSON, with Content-Type: application/json".to_owned();
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
        problem.retry_after_s = Some(2);
        problem
    }

    /// More requests than can be worked on or kept waiting.
    pub(super) fn too_busy() -> Problem {
        let detail = "too many searches at once; try again in a moment".to_owned();
        let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too-busy", "Too busy", detail);
        problem.retry_after_s = Some(1);
        problem
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

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after_s = self.retry_after_s;
        let mut response = (status, axum::Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
