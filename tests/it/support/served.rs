//! The API through the in-process router, over the project's own corpus or any other source.

use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode, header};
use fichero::article::Article;
use fichero::config::SourceConfig;
use fichero::config::http::ServiceSettings;
use fichero::http::{Settings, router};
use fichero::indexing::index_updater::{EngineSlot, open_engine};
use fichero::indexing::reindex::{Options, reindex};
use fichero::indexing::report::Progress;
use fichero::storage::catalog::Catalog;
use fichero::storage::data_dir::DataFolder;
use serde_json::Value;
use tower::ServiceExt;

struct Silent;

impl Progress for Silent {
    fn reading(&self, _: &str, _: u64) {}
    fn building(&self, _: u64) {}
}

/// A site that is served, and the articles that it should have.
pub struct Site {
    pub router: Router,
    pub slot: EngineSlot,
    pub articles: Vec<Article>,
}

/// Indexes a source, nothing of which may be refused, and serves it.
pub fn index(source: &Path, data: &Path) -> Site {
    // A build without optimisations on a busy machine takes its time; suites about time set their own.
    let service =
        ServiceSettings { request_timeout_ms: NonZeroU32::new(60_000).unwrap(), ..ServiceSettings::default() };
    index_with(source, data, Settings { service, ..Settings::default() })
}

/// The same, with settings; the source is read as pushes are.
pub fn index_with(source: &Path, data: &Path, settings: Settings) -> Site {
    let data = DataFolder::open(data).unwrap();
    let reading = settings.reading.clone();
    let sources = [SourceConfig { name: "corpus".to_owned(), path: source.to_owned(), reading }];
    let report = reindex(&data, &sources, &Options::default(), &Silent).unwrap();
    assert_eq!(report.sources[0].rejected, 0, "{report:?}");
    let articles = Catalog::open(data.path()).unwrap().all_articles().unwrap();
    let engine = open_engine(&data, data.current().unwrap()).unwrap();
    let slot = EngineSlot::default();
    slot.store(Some(Arc::new(engine)));
    Site { router: router(slot.clone(), settings), slot, articles }
}

/// What runs the routers of all suites.
pub static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap());

/// The corpus, indexed once. What the engine has opened it keeps: the folder need not stay.
pub static CORPUS: LazyLock<Site> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let mut site = index(&crate::support::corpus(), folder.path());
    let now_s = jiff::Timestamp::now().as_second();
    site.articles.retain(|article| article.is_visible_at(now_s));
    assert!(site.articles.len() >= 80, "{}", site.articles.len());
    site
});

/// An answer in JSON.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

/// An answer of any type that is text.
pub struct TextAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

/// Asks for text.
pub fn ask_text(router: &Router, request: Request<Body>) -> TextAnswer {
    let (status, headers, body) = ask_bytes(router, request);
    TextAnswer { status, headers, body: String::from_utf8(body).expect("answers are UTF-8") }
}

/// Asks a router; the body as it is sent.
pub fn ask_bytes(router: &Router, request: Request<Body>) -> (StatusCode, HeaderMap, Vec<u8>) {
    RUNTIME.block_on(async {
        let response = router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (parts.status, parts.headers, body.to_vec())
    })
}

/// How long an answer is as it is sent, in bytes.
pub fn length(router: &Router, request: Request<Body>) -> usize {
    ask_bytes(router, request).2.len()
}

/// Asks for JSON.
pub fn ask(router: &Router, request: Request<Body>) -> Answer {
    let TextAnswer { status, headers, body } = ask_text(router, request);
    let body = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{status}: no JSON: {body}"));
    Answer { status, headers, body }
}

/// Gets JSON from a router.
pub fn get_from(router: &Router, path: &str) -> Answer {
    ask(router, Request::get(path).body(Body::empty()).unwrap())
}

/// Gets JSON from the served corpus.
pub fn get(path: &str) -> Answer {
    get_from(&CORPUS.router, path)
}

/// Posts JSON to the served corpus.
pub fn post(path: &str, body: &Value) -> Answer {
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/json");
    ask(&CORPUS.router, request.body(Body::from(body.to_string())).unwrap())
}

/// A good answer's body.
pub fn good(path: &str) -> Value {
    let answer = get(path);
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    answer.body
}

/// Checks the form of an error (RFC 9457) and gives back its code and the parameters it names.
pub fn problem(answer: &Answer, status: StatusCode) -> (String, Vec<String>) {
    let body = &answer.body;
    assert_eq!(answer.status, status, "{body}");
    assert_eq!(answer.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(body["status"], status.as_u16());
    for field in ["type", "title", "code", "detail"] {
        assert!(!body[field].as_str().unwrap().is_empty(), "{field} of {body}");
    }
    let parameters = body.get("parameters").map(|names| serde_json::from_value(names.clone()).unwrap());
    (body["code"].as_str().unwrap().to_owned(), parameters.unwrap_or_default())
}

/// Percent-encodes a part of a path or of a query.
pub fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
