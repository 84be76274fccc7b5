//! What the browser visits: fichero over the corpus, and a site of static pages, which are the
//! files of `examples/site`, pages made by a test, pictures of any size, and stands: servers that answer
//! as a test says.

use std::collections::HashMap;
use std::net::TcpListener as StdListener;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, mpsc};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tower::ServiceExt;

use crate::support::served::CORPUS;

/// What the demo site and the documents call the server.
const DEMO_SERVER: &str = "http://127.0.0.1:8080";
const SCRIPT: &str = "/widgets/fichero.js";
/// How long a question may take to come.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long none must come where none is to come: longer than the script waits for the next letter.
const QUIET: Duration = Duration::from_millis(500);

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// Serves a router at an address of its own.
pub(crate) fn serve(router: Router) -> String {
    let listener = StdListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    RUNTIME.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        axum::serve(listener, router).await.unwrap();
    });
    address
}

/// Where fichero answers.
pub(crate) static FICHERO: LazyLock<String> = LazyLock::new(|| serve(CORPUS.router.clone()));

/// Where the pages are.
pub(crate) static SITE: LazyLock<String> = LazyLock::new(|| serve(Router::new().fallback(page)));

/// Nothing listens there.
pub(crate) const AWAY: &str = "http://127.0.0.1:9";

/// A page's content and its policy.
type Made = (String, Option<String>);

static MADE: LazyLock<Mutex<HashMap<String, Made>>> = LazyLock::new(Mutex::default);
static STANDS: LazyLock<Mutex<HashMap<String, mpsc::Sender<Asked>>>> = LazyLock::new(Mutex::default);
static NUMBER: AtomicUsize = AtomicUsize::new(0);

async fn page(request: Request) -> Response {
    let path = request.uri().path().to_owned();
    if path == "/favicon.ico" {
        return StatusCode::NO_CONTENT.into_response();
    }
    if let Some((key, _)) = path.strip_prefix("/stand/").and_then(|rest| rest.split_once('/')) {
        return stand(key.to_owned(), &path, request.uri()).await;
    }
    if let Some((width, height)) = path.strip_prefix("/picture/").and_then(|size| size.split_once('x')) {
        let picture = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}'><rect width='100%' height='100%' fill='teal'/></svg>"
        );
        return ([(header::CONTENT_TYPE, "image/svg+xml")], picture).into_response();
    }
    if let Some(key) = path.strip_prefix("/made/") {
        let Some((html, policy)) = MADE.lock().unwrap().get(key).cloned() else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mut response = ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
        if let Some(policy) = policy {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy.parse().unwrap());
        }
        return response;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/site");
    let Ok(text) = std::fs::read_to_string(folder.join(path.trim_start_matches('/'))) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = if path.ends_with(".css") { "text/css" } else { "text/html; charset=utf-8" };
    ([(header::CONTENT_TYPE, kind)], text.replace(DEMO_SERVER, &FICHERO)).into_response()
}

/// A page of the demo site.
pub(crate) fn demo(path: &str) -> String {
    format!("{}/{path}", *SITE)
}

/// Makes a page in a language, with the script, and gives back its address. `FICHERO` and
/// `SITE` in its body and its policy stand for the two servers.
pub(crate) fn made(lang: &str, body: &str) -> String {
    made_with(lang, "<script type=module src=FICHERO/widgets/fichero.js></script>", body, None)
}

/// The same, with any head and under a policy.
pub(crate) fn made_with(lang: &str, head: &str, body: &str, policy: Option<&str>) -> String {
    let dir = if lang == "ar" { "rtl" } else { "ltr" };
    let html = format!(
        "<!doctype html>\n<html lang={lang} dir={dir}><head><meta charset=utf-8><title>Page</title>\
        <meta name=viewport content='width=device-width, initial-scale=1'>{head}</head><body>{body}</body></html>"
    );
    let filled = |text: &str| text.replace("FICHERO", &FICHERO).replace("SITE", &SITE);
    let key = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
    let address = format!("{}/made/{key}", *SITE);
    MADE.lock().unwrap().insert(key, (filled(&html), policy.map(filled)));
    address
}

/// A question that came to a stand.
pub(crate) struct Asked {
    /// `/v1/suggest`.
    pub(crate) path: String,
    pub(crate) parameters: Vec<(String, String)>,
    uri: String,
    answer: oneshot::Sender<Response>,
}

impl Asked {
    /// The value of a parameter.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Answers as fichero does.
    pub(crate) fn forward(self) {
        let request = Request::get(&self.uri).body(Body::empty()).unwrap();
        let response = RUNTIME.block_on(CORPUS.router.clone().oneshot(request)).unwrap();
        let _ = self.answer.send(response);
    }

    pub(crate) fn answer(self, body: &Value) {
        let _ = self.answer.send(axum::Json(body.clone()).into_response());
    }

    pub(crate) fn fail(self) {
        let _ = self.answer.send(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    }

    /// Whether nobody waits for the answer any more.
    pub(crate) fn is_given_up(&self) -> bool {
        self.answer.is_closed()
    }
}

/// A server that answers when and as a test says. It also has the script.
pub(crate) struct Stand {
    /// Its address, for `server`.
    pub(crate) address: String,
    questions: mpsc::Receiver<Asked>,
}

impl Stand {
    pub(crate) fn new() -> Stand {
        let key = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
        let (sender, questions) = mpsc::channel();
        let address = format!("{}/stand/{key}/", *SITE);
        STANDS.lock().unwrap().insert(key, sender);
        Stand { address, questions }
    }

    /// Waits for the next question.
    pub(crate) fn next(&self) -> Asked {
        self.questions.recv_timeout(PATIENCE).expect("a question to the server")
    }

    /// Whether no question has come that was not seen, and none comes.
    pub(crate) fn is_quiet(&self) -> bool {
        self.questions.recv_timeout(QUIET).is_err()
    }
}

async fn stand(key: String, path: &str, uri: &Uri) -> Response {
    let path = path.trim_start_matches("/stand/").trim_start_matches(&key).to_owned();
    if path == SCRIPT {
        let request = Request::get(SCRIPT).body(Body::empty()).unwrap();
        return CORPUS.router.clone().oneshot(request).await.unwrap();
    }
    let query = uri.query().unwrap_or_default();
    let parameters = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let (answer, answered) = oneshot::channel();
    let asked = Asked { uri: format!("{path}?{query}"), path, parameters, answer };
    let sender = STANDS.lock().unwrap().get(&key).cloned();
    if sender.is_none_or(|sender| sender.send(asked).is_err()) {
        return StatusCode::NOT_FOUND.into_response();
    }
    // Where a test lets go of a question, the connection ends without an answer.
    answered.await.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}
