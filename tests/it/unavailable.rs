//! An engine that is always unavailable, the second implementation of [`SearchEngine`] beside those
//! that answer: every public route answers 503, `readyz` says why, nothing panics, and what needs no engine answers.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::{Router, body};
use fichero::engine::{
    ArticleAnswer, ArticleKey, CurrentEngine, EngineError, EngineStatus, IndexVersion, RelatedAnswer, RelatedRequest,
    SearchAnswer, SearchEngine, SearchRequest, SuggestAnswer, SuggestRequest,
};
use fichero::http::{Settings, router};
use serde_json::Value;
use tower::ServiceExt;

const REASON: &str = "all three nodes are asleep";

#[derive(Clone, Copy)]
struct Unavailable;

fn unavailable<T>() -> Result<T, EngineError> {
    Err(EngineError::Unavailable(REASON.to_owned()))
}

impl SearchEngine for Unavailable {
    fn search(&self, _: &SearchRequest) -> Result<SearchAnswer, EngineError> {
        unavailable()
    }

    fn article(&self, _: &ArticleKey, _: i64) -> Result<Option<ArticleAnswer>, EngineError> {
        unavailable()
    }

    fn related(&self, _: &RelatedRequest) -> Result<Option<RelatedAnswer>, EngineError> {
        unavailable()
    }

    fn suggest(&self, _: &SuggestRequest) -> Result<SuggestAnswer, EngineError> {
        unavailable()
    }

    fn index_version(&self) -> IndexVersion {
        IndexVersion::default()
    }

    fn status(&self, _: i64) -> Result<EngineStatus, EngineError> {
        unavailable()
    }

    fn at_present(&self) -> Box<dyn SearchEngine + '_> {
        Box::new(*self)
    }
}

impl CurrentEngine for Unavailable {
    fn engine(&self) -> Option<Arc<dyn SearchEngine>> {
        Some(Arc::new(*self))
    }

    fn state(&self) -> Option<Arc<dyn SearchEngine>> {
        self.engine()
    }
}

async fn ask(router: &Router, method: Method, path: &str, body: &'static str) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path).header("host", "fichero");
    let request = request.header("content-type", "application/json").body(Body::from(body)).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

#[tokio::test]
async fn unavailable_engine_answers_503_and_readyz_says_why() {
    let router = router(Arc::new(Unavailable), Settings::default());
    for (method, path, body) in [
        (Method::GET, "/v1/search?q=a", ""),
        (Method::POST, "/v1/search", r#"{"q": "a"}"#),
        (Method::GET, "/v1/suggest?q=a", ""),
        (Method::GET, "/suggest.json?q=a", ""),
        (Method::GET, "/search.atom?q=a", ""),
        (Method::GET, "/v1/topics", ""),
        (Method::GET, "/v1/recent", ""),
        (Method::GET, "/v1/articles?url=https://example.org/a", ""),
        (Method::GET, "/v1/articles/a", ""),
        (Method::GET, "/v1/articles/a/related", ""),
        (Method::GET, "/v1/related?id=a", ""),
        (Method::POST, "/v1/related", r#"{"title": "A draft"}"#),
        (Method::GET, "/health/readyz", ""),
    ] {
        let (status, answer) = ask(&router, method.clone(), path, body).await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{method} {path}: {answer}");
        let problem: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(problem["code"], "not-ready", "{method} {path}");
        // Operators are told why, readers are not.
        let is_told = problem["detail"].as_str().unwrap().contains(REASON);
        assert_eq!(is_told, path == "/health/readyz", "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn routes_without_an_engine_answer_while_it_is_unavailable() {
    let router = router(Arc::new(Unavailable), Settings::default());
    for path in ["/", "/docs", "/openapi.json", "/opensearch.xml", "/health/livez", "/metrics", "/widgets/fichero.js"] {
        let (status, answer) = ask(&router, Method::GET, path, "").await;
        assert_eq!(status, StatusCode::OK, "{path}: {answer}");
    }
    let searches = r#"{"searches": [{"q": "a"}]}"#;
    let (status, answers) = ask(&router, Method::POST, "/v1/multi-search", searches).await;
    assert_eq!(status, StatusCode::OK, "each search has an answer of its own");
    assert!(answers.contains("\"status\":503") && !answers.contains(REASON), "{answers}");
    let (_, metrics) = ask(&router, Method::GET, "/metrics", "").await;
    assert!(metrics.contains("fichero_ready 0"), "{metrics}");
}
