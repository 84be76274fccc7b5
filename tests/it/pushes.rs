//! Changes over HTTP: pushes, reindexes as tasks, rollback and resume.
//!
//! * nothing of it without the token, and the token is told nowhere; where none is set, the answer
//!   says how to set one;
//! * a push is created, changed or unchanged, and says so; the same content again changes nothing;
//! * `If-Match` and `If-None-Match` are kept, and who is refused is told the present hash;
//! * whatever is wrong with a request is a problem that names it;
//! * a date of publication that cannot be understood refuses a push, for it may be an embargo;
//! * an id that a source has is answered as the source says, the push waits behind it, and says so;
//! * a stream has one result a line, whatever the lines are and however they are cut; it is read no
//!   faster than its results are taken, and has time while its lines are stored; a client that
//!   breaks off loses nothing that was acknowledged;
//! * a reindex is a task that tells how far it is; there is one at a time; pruning keeps pushes;
//! * a push does not wait for the end of a reindex, nor for a source that does not answer it;
//! * any order of pushes, deletions, edits, reindexes, rollbacks and resumes ends as a plain model
//!   says;
//! * a running server finds a push within a second, keeps it when it is killed, relates it, offers it
//!   no longer than it is there, and streams of any length in bounded memory.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Once};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use fichero::admin::{Admin, Token};
use fichero::config::Config;
use fichero::config::http::ServiceSettings;
use fichero::http::{Settings, router};
use fichero::indexing::index_updater::{EngineSlot, IndexUpdater};
use fichero::indexing::reindex::Options;
use fichero::indexing::report::Progress;
use fichero::indexing::status::status;
use fichero::storage::catalog::Catalog;
use fichero::storage::catalog::push::PUSHES;
use futures_util::{StreamExt, stream};
use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support::site::{Site, article, found};
use crate::support::{self, Client, Server, wait_until};

const TOKEN: &str = "correct-horse-battery";
const JSON: (&str, &str) = ("content-type", "application/json");
const NDJSON: (&str, &str) = ("content-type", "application/x-ndjson");

/// The API over a site, without a server: what was accepted is applied by [`Api::settle`].
struct Api {
    site: Site,
    router: Router,
    runtime: tokio::runtime::Runtime,
}

/// An answer as it came.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    fn lines(&self) -> Vec<Value> {
        self.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

impl Api {
    /// A site whose one source says these articles, published.
    fn over(articles: &[(&str, &str)]) -> Api {
        Api::serving(articles, ServiceSettings::default())
    }

    fn serving(articles: &[(&str, &str)], service: ServiceSettings) -> Api {
        let site = Site::new();
        write(&site, articles.iter().copied());
        site.reindex();
        let config = site.path("fichero.toml");
        fs::write(&config, "data = \"index\"\n[[source]]\nname = \"site\"\npath = \"site\"\n").unwrap();
        let config = Config::load(Some(&config), None, None).unwrap();
        let token = Token::new(TOKEN, "here").unwrap();
        let admin = Some(Arc::new(Admin::new(site.data(), config, token)));
        let router = router(EngineSlot::default(), Settings { admin, service, ..Settings::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        Api { site, router, runtime }
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.runtime.block_on(async {
            let answer = self.router.clone().oneshot(request.body(body.into()).unwrap()).await.unwrap();
            let (status, headers) = (answer.status(), answer.headers().clone());
            let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
            Answer { status, headers, text: String::from_utf8(body.to_vec()).unwrap() }
        })
    }

    /// As [`Api::send`], with the token.
    fn admin(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let token = format!("Bearer {TOKEN}");
        self.send(method, path, &[headers, &[("authorization", token.as_str())]].concat(), body)
    }

    fn put(&self, id: &str, article: Value) -> Answer {
        self.admin("PUT", &format!("/v1/articles/{id}"), &[JSON], article.to_string())
    }

    fn delete(&self, id: &str) -> Answer {
        self.admin("DELETE", &format!("/v1/articles/{id}"), &[], "")
    }

    fn stream(&self, lines: impl Into<Body>) -> Vec<Value> {
        let answer = self.admin("POST", "/v1/articles", &[NDJSON], lines);
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), "application/x-ndjson");
        answer.lines()
    }

    /// Runs a task to its end.
    fn reindex(&self, body: Value) -> Value {
        let answer = self.admin("POST", "/v1/reindex", &[JSON], body.to_string());
        assert_eq!(answer.status, 202, "{}", answer.text);
        let mut task = answer.json();
        assert_eq!(answer.header("location"), format!("/v1/tasks/{}", task["id"].as_str().unwrap()));
        wait_until("the task's end", || {
            task = self.admin("GET", answer.header("location"), &[], "").json();
            !task["ended_at"].is_null()
        });
        task
    }

    /// Does what a server does within a tick.
    fn settle(&self) {
        let data = self.site.data();
        let mut index_updater =
            IndexUpdater::open(data.clone(), EngineSlot::default(), data.lock_writer("test").unwrap()).unwrap();
        index_updater.tick_until_idle().unwrap();
    }

    fn last_seq(&self) -> u64 {
        Catalog::open(self.site.data().path()).unwrap().last_seq().unwrap()
    }
}

/// Makes a site's source say these articles.
fn write<'a>(site: &Site, articles: impl Iterator<Item = (&'a str, &'a str)>) {
    let lines: String = articles.map(|(id, title)| format!("{}\n", json!({"id": id, "title": title}))).collect();
    site.write("site/list.jsonl", lines);
}

fn is_problem(answer: &Answer, status: u16, code: &str, part: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let problem = answer.json();
    assert_eq!((problem["code"].as_str(), problem["status"].as_u64()), (Some(code), Some(status.into())));
    assert!(problem["detail"].as_str().unwrap().contains(part), "{part}: {problem}");
}

/// A body that nobody may ask for.
fn unread() -> Body {
    Body::from_stream(stream::once(async { panic!("the body was read") as Result<Bytes, Infallible> }))
}

/// Every route that changes something, with a body that would be good.
const ROUTES: [(&str, &str); 7] = [
    ("PUT", "/v1/articles/a"),
    ("DELETE", "/v1/articles/a"),
    ("POST", "/v1/articles"),
    ("POST", "/v1/reindex"),
    ("GET", "/v1/tasks/1-1"),
    ("POST", "/v1/rollback"),
    ("POST", "/v1/resume"),
];

#[test]
fn id_is_the_same_in_every_unicode_form() {
    let api = Api::over(&[]);
    let (composed, apart) = ("ni%C3%B1ez", "nin%CC%83ez");
    assert_eq!(api.put(apart, json!({"title": "Uno"})).status, 201);
    let again = api.put(composed, json!({"id": "nin\u{303}ez", "title": "Dos"}));
    assert_eq!((again.status, again.json()["id"].as_str()), (StatusCode::OK, Some("niñez")));
    let lines = "{\"id\": \"nin\u{303}ez\", \"delete\": true}\n";
    assert_eq!(api.stream(lines)[0]["status"], "deleted");
    assert_eq!(api.put(composed, json!({"title": "Tres"})).status, 201);
    assert_eq!(api.delete(apart).json()["status"], "deleted");
}

#[test]
fn words_whose_letters_are_set_apart_are_found_in_pushes() {
    let api = Api::over(&[]);
    api.put("title", json!({"title": "M E M O R I A  A N U A L", "body": "Nada."}));
    api.put("body", json!({"title": "Nada", "body": "Uno.\n\nM E M O R I A  A N U A L\n\nDos."}));
    api.put("html", json!({"title": "Nada", "body": "<p>M E M O R I A&nbsp; A N U A L</p>"}));
    api.settle();
    let mut ids = found(&api.site.engine(), "\"memoria anual\"");
    ids.sort_unstable();
    assert_eq!(ids, ["body", "html", "title"]);
}

#[test]
fn changes_require_the_token() {
    let api = Api::over(&[("folder", "Zebra")]);
    let off = Api { router: router(EngineSlot::default(), Settings::default()), ..Api::over(&[]) };
    for (method, path) in ROUTES {
        let bearer = format!("Bearer {TOKEN}");
        let answer = off.send(method, path, &[JSON, ("authorization", &bearer)], unread());
        is_problem(&answer, 403, "admin-off", "FICHERO_TOKEN");
        let answer = api.send(method, path, &[JSON], unread());
        is_problem(&answer, 401, "unauthorized", "Authorization: Bearer");
        assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"fichero\"");
        for wrong in ["correct-horse-batterz", "correct-horse-battery2", "x", ""] {
            let answer = api.send(method, path, &[JSON, ("authorization", &format!("Bearer {wrong}"))], unread());
            assert_eq!(answer.status, 401, "{wrong}");
            assert!(answer.header("www-authenticate").starts_with("Bearer"));
            assert!(!answer.text.contains("horse"), "{}", answer.text);
        }
        for other in [format!("Basic {TOKEN}"), TOKEN.to_owned(), format!("Bearer{TOKEN}")] {
            assert_eq!(api.send(method, path, &[JSON, ("authorization", &other)], unread()).status, 401, "{other}");
        }
        let lower = format!("bearer {TOKEN}");
        assert_ne!(api.send(method, path, &[("authorization", &lower)], "").status, 401, "{method} {path}");
        assert!(!format!("{api:?}", api = Token::new(TOKEN, "here")).contains("horse"));
    }
    assert!(!api.site.articles().contains_key("a"));
}

#[test]
fn push_to_a_work_with_too_many_versions_is_reported() {
    let api = Api::over(&[("folder", "Zebra")]);
    let line = |number: usize| json!({"id": format!("v{number}"), "work": "many", "title": "Okapi"}).to_string() + "\n";
    let results = api.stream((0..1_001).map(line).collect::<String>());
    assert!(results[..1_000].iter().all(|result| result.get("flaws").is_none()), "{:?}", results[0]);
    assert!(results[1_000]["flaws"][0].as_str().unwrap().starts_with("work: \"many\" has more than 1000 versions"));
    assert_eq!(api.put("v5", json!({"work": "many", "title": "Okapi"})).json()["flaws"].as_array().unwrap().len(), 1);
    api.delete("v9");
    assert!(api.put("v5", json!({"work": "many", "title": "Okapi"})).json().get("flaws").is_none());
}

#[test]
fn article_is_pushed_and_deleted_by_an_id_in_the_query_or_with_its_slashes() {
    let api = Api::over(&[("folder", "Zebra")]);
    let article = json!({"title": "Okapi"}).to_string();
    for path in ["/v1/articles?id=es/a//b", "/v1/articles?id=es%2F2024%2Fa", "/v1/articles/es/2024/b"] {
        let pushed = api.admin("PUT", path, &[JSON], article.clone());
        assert_eq!((pushed.status.as_u16(), &pushed.json()["status"]), (201, &json!("created")), "{path}");
        let again = api.admin("PUT", path, &[JSON, ("if-none-match", "*")], article.clone());
        assert_eq!(again.status, 412, "{path}");
        let deleted = api.admin("DELETE", path, &[], "");
        assert_eq!((deleted.status.as_u16(), &deleted.json()["status"]), (200, &json!("deleted")), "{path}");
    }
    api.admin("PUT", "/v1/articles?id=es/a", &[JSON], article.clone());
    assert_eq!(api.delete("es/a").json()["status"], "deleted");
    for method in ["PUT", "DELETE"] {
        assert_eq!(api.admin(method, "/v1/articles", &[JSON], article.clone()).status, 400, "{method}");
        assert_eq!(api.send(method, "/v1/articles?id=es/a", &[JSON], article.clone()).status, 401, "{method}");
    }
}

#[test]
fn push_names_unknown_fields_and_is_refused_for_them_if_strict() {
    let api = Api::over(&[("folder", "Zebra")]);
    let article = json!({"id": "a", "Title": "Okapi", "layout": "wide"});
    let strict = |path: &str, kind, body: String| api.admin("POST", &format!("{path}?strict=true"), &[kind], body);
    let refused = api.admin("PUT", "/v1/articles/a?strict=true", &[JSON], article.to_string());
    is_problem(&refused, 422, "flawed-article", "layout: no field of an article");
    let lines = strict("/v1/articles", NDJSON, format!("{article}\n{}", json!({"id": "b", "title": "Okapi"}))).lines();
    assert_eq!((&lines[0]["code"], &lines[1]["status"]), (&json!("flawed-article"), &json!("created")));
    assert!(!api.site.articles().contains_key("a"));
    let answer = api.put("a", article);
    assert_eq!(answer.json()["flaws"], json!(["layout: no field of an article; left out"]), "{}", answer.text);
    assert_eq!(api.site.titles()["a"], "Okapi");
    is_problem(&api.put("c", json!({"title": "Okapi", "hiden": true})), 400, "bad-article", "hiden: is hidden meant?");
}

#[test]
fn push_reports_its_outcome_and_repeating_it_changes_nothing() {
    let api = Api::over(&[("folder", "Zebra")]);
    let before = api.last_seq();
    let answer = api.put("a%2F1", json!({"title": "Okapi", "lang": "en", "updated_at": "2017-29-07"}));
    assert_eq!(answer.status, 201, "{}", answer.text);
    let created = answer.json();
    assert_eq!((&created["id"], &created["status"]), (&json!("a/1"), &json!("created")));
    assert_eq!(created["seq"], before + 1);
    assert!(created["flaws"][0].as_str().unwrap().starts_with("updated_at: "), "{created}");
    assert_eq!(answer.header("etag"), format!("\"{}\"", created["hash"].as_str().unwrap()));

    let answer = api.put("a%2F1", json!({"lang": "en", "id": "a/1", "title": " Okapi "}));
    assert_eq!(answer.status, 200);
    let again = answer.json();
    assert_eq!(
        (&again["status"], &again["seq"], &again["hash"]),
        (&json!("unchanged"), &created["seq"], &created["hash"])
    );
    assert_eq!(api.last_seq(), before + 1);

    let changed = api.put("a%2F1", json!({"title": "Okapi in the zoo"})).json();
    assert_eq!((&changed["status"], &changed["seq"]), (&json!("changed"), &json!(before + 2)));
    assert_ne!(changed["hash"], created["hash"]);
    api.settle();
    assert_eq!(found(&api.site.engine(), "okapi zoo"), ["a/1"]);

    let deleted = api.delete("a%2F1").json();
    assert_eq!(
        (&deleted["status"], &deleted["seq"], deleted.get("hash")),
        (&json!("deleted"), &json!(before + 3), None)
    );
    let again = api.delete("a%2F1").json();
    assert_eq!((&again["status"], api.last_seq()), (&json!("unchanged"), before + 3));
    assert_eq!(api.delete("never").json()["status"], "unchanged");
    api.settle();
    assert!(found(&api.site.engine(), "okapi").is_empty());
    assert_eq!(api.put("a%2F1", json!({"title": "Okapi"})).json()["status"], "created");
}

#[test]
fn push_conditions_are_enforced() {
    let api = Api::over(&[("folder", "Zebra")]);
    let put = |title: &str, name: &str, value: &str| {
        api.admin("PUT", "/v1/articles/a", &[JSON, (name, value)], json!({"title": title}).to_string())
    };
    let is_refused = |answer: &Answer, etag: Option<&str>| {
        is_problem(answer, 412, "precondition-failed", "If-Match");
        assert_eq!(answer.headers.get("etag").map(|etag| etag.to_str().unwrap()), etag);
    };
    is_refused(&put("One", "if-match", "*"), None);
    is_refused(&put("One", "if-match", "\"00\""), None);
    let first = put("One", "if-none-match", "*");
    assert_eq!(first.status, 201);
    let first = first.header("etag");
    is_refused(&put("Two", "if-none-match", "*"), Some(first));
    is_refused(&put("Two", "if-none-match", first), Some(first));
    is_refused(&put("Two", "if-match", &format!("W/{first}")), Some(first));
    is_refused(&put("One", "if-match", "\"00\""), Some(first));
    let second = put("Two", "if-match", &format!("\"00\", {first}"));
    assert_eq!((second.status, second.json()["status"].as_str()), (StatusCode::OK, Some("changed")));
    is_refused(&put("Three", "if-match", first), Some(second.header("etag")));
    assert_eq!(put("Three", "if-match", "*").status, 200);
    is_refused(
        &api.admin("DELETE", "/v1/articles/a", &[("if-match", first)], ""),
        Some(put("Three", "if-match", "*").header("etag")),
    );
    assert_eq!(api.admin("DELETE", "/v1/articles/a", &[("if-match", "*")], "").json()["status"], "deleted");
    for bad in ["no-quotes", "\"a\", b", ""] {
        is_problem(&put("x", "if-match", bad), 400, "bad-header", "If-Match");
        is_problem(&put("x", "if-none-match", bad), 400, "bad-header", "If-None-Match");
    }
    // Who wants to create an article does not want to stand behind one.
    let answer =
        api.admin("PUT", "/v1/articles/folder", &[JSON, ("if-none-match", "*")], json!({"title": "x"}).to_string());
    is_refused(&answer, None);
    assert!(!api.site.articles().contains_key("a"));
}

#[test]
fn invalid_push_is_reported() {
    let api = Api::over(&[("folder", "Zebra")]);
    let put = |path: &str, headers: &[(&str, &str)], body: &str| api.admin("PUT", path, headers, body.to_owned());
    let a = "/v1/articles/a";
    let good = r#"{"title": "x"}"#;
    is_problem(&put(a, &[], good), 415, "unsupported-media-type", "application/json");
    is_problem(&put(a, &[("content-type", "text/plain")], good), 415, "unsupported-media-type", "application/json");
    is_problem(&put(a, &[JSON], "{\"title\": \n x}"), 400, "bad-body", "line 2 column 2");
    is_problem(&put(a, &[JSON], "[]"), 400, "bad-body", "not a JSON object");
    is_problem(&put(a, &[JSON], ""), 400, "bad-body", "not a JSON object");
    is_problem(
        &put(a, &[JSON], r#"{"id": "b", "title": "x"}"#),
        400,
        "bad-article",
        "\"b\" in the body, \"a\" in the address",
    );
    is_problem(&put(a, &[JSON], r#"{"title": ["x"]}"#), 400, "bad-article", "title: should be text");
    is_problem(&put(a, &[JSON], r#"{"id": {}, "title": "x"}"#), 400, "bad-article", "id: should be text");
    is_problem(&put(a, &[JSON], "{}"), 400, "bad-article", "nothing to find");
    is_problem(&put("/v1/articles/%20", &[JSON], good), 400, "bad-article", "id: missing or empty");
    is_problem(&put("/v1/articles/a%07", &[JSON], good), 400, "bad-article", "control character");
    is_problem(&put("/v1/articles/%ff", &[JSON], good), 400, "bad-article", "UTF-8");
    is_problem(&put("/v1/articles/a?dry_run=1", &[JSON], good), 400, "unknown-parameter", "dry_run");
    let long = format!(r#"{{"title": "{}"}}"#, "x".repeat(16 << 20));
    is_problem(&put(a, &[JSON], &long), 413, "body-too-large", "16777216");
    is_problem(
        &api.admin("POST", "/v1/articles", &[JSON], "{}"),
        415,
        "unsupported-media-type",
        "application/x-ndjson",
    );
    is_problem(&api.admin("DELETE", "/v1/articles/folder", &[], ""), 409, "not-pushed", "source site");
    is_problem(&api.admin("POST", "/v1/reindex", &[JSON], r#"{"ful": true}"#), 400, "bad-body", "ful");
    is_problem(&api.admin("POST", "/v1/reindex", &[JSON], r#"{"full": 1}"#), 400, "bad-body", "line 1 column 10");
    is_problem(&api.admin("POST", "/v1/reindex", &[], "{}"), 415, "unsupported-media-type", "application/json");
    is_problem(&api.admin("POST", "/v1/reindex", &[JSON], " ".repeat(70_000)), 413, "body-too-large", "65536");
    is_problem(&api.admin("POST", "/v1/rollback?x=1", &[], ""), 400, "unknown-parameter", "x");
    is_problem(&api.admin("GET", "/v1/tasks/7-7", &[], ""), 404, "no-such-task", "no such task");
    is_problem(&api.admin("POST", "/v1/rollback", &[], ""), 409, "no-earlier-generation", "--full");
    is_problem(&api.admin("PATCH", a, &[], ""), 405, "method-not-allowed", "");
    assert_eq!(api.site.articles().len(), 1, "nothing was stored");
}

#[test]
fn push_with_an_invalid_published_at_is_refused() {
    let api = Api::over(&[]);
    for published_at in [json!("2099-13-01"), json!("soon"), json!(["2099-01-01"]), json!({})] {
        let article = json!({"id": "a", "title": "Secret", "published_at": published_at});
        is_problem(&api.put("a", article.clone()), 400, "bad-article", "published_at: should be");
        let refused = api.stream(article.to_string());
        assert_eq!((&refused[0]["status"], &refused[0]["code"]), (&json!("refused"), &json!("bad-article")));
    }
    assert!(api.site.articles().is_empty());
    let article = json!({"title": "Seen", "published_at": null, "starts_at": "soon"});
    assert_eq!(api.put("a", article).json()["flaws"].as_array().unwrap().len(), 1);
}

#[test]
fn source_overrides_a_push_of_the_same_id() {
    let api = Api::over(&[("both", "From the folder"), ("other", "Other")]);
    let before = api.last_seq();
    let pushed = api.put("both", json!({"title": "Pushed"})).json();
    assert_eq!(
        (&pushed["status"], &pushed["shadowed_by"], pushed.get("seq")),
        (&json!("created"), &json!("site"), None)
    );
    // The catalog counts it, for a generation that is built for a run that waits.
    assert_eq!((api.last_seq(), api.site.titles()["both"].as_str()), (before + 1, "From the folder"));
    let status = status(&api.site.data()).unwrap();
    let pushes = status.sources.iter().find(|source| source.name == PUSHES).unwrap();
    assert_eq!((pushes.articles, pushes.overridden, pushes.configured), (1, 1, true));
    // It comes up when the source lets go of the id, and goes behind when it takes it again.
    write(&api.site, [("other", "Other")].into_iter());
    api.site.reindex();
    assert_eq!(api.site.titles()["both"], "Pushed");
    let again = api.put("both", json!({"title": "Pushed"})).json();
    assert_eq!((&again["status"], again["seq"].is_u64(), again.get("shadowed_by")), (&json!("unchanged"), true, None));
    write(&api.site, [("both", "Again"), ("other", "Other")].into_iter());
    let report = api.site.reindex();
    assert_eq!(report.sources[0].shared_ids, ["both (also in pushes)"]);
    assert_eq!(api.site.titles()["both"], "Again");
    let deleted = api.delete("both").json();
    assert_eq!((&deleted["status"], &deleted["shadowed_by"]), (&json!("deleted"), &json!("site")));
    assert_eq!(api.site.titles()["both"], "Again");
}

#[test]
fn next_writer_serves_what_another_process_applied() {
    let api = Api::over(&[("folder", "Zebra")]);
    let (data, slot) = (api.site.data(), EngineSlot::default());
    let take_over = || IndexUpdater::open(data.clone(), slot.clone(), data.lock_writer("test").unwrap()).unwrap();
    take_over().tick_until_idle().unwrap();
    api.put("pushed", json!({"title": "Okapi"}));
    api.settle();
    take_over().tick_until_idle().unwrap();
    assert_eq!(found(slot.load_full().unwrap().as_ref(), "okapi"), ["pushed"]);
}

#[test]
fn only_a_deletion_removes_a_push() {
    let api = Api::over(&[("folder", "Zebra")]);
    api.put("pushed", json!({"title": "Okapi"}));
    for body in [json!({}), json!({"full": true}), json!({"prune": true}), json!({"full": true, "prune": true})] {
        let task = api.reindex(body);
        assert_eq!(task["state"], "done", "{task}");
        assert_eq!((&task["report"]["unconfigured"], &task["report"]["pruned"]), (&json!([]), &json!([])), "{task}");
        assert_eq!(found(&api.site.engine(), "okapi"), ["pushed"]);
    }
    // A folder of that name, given by hand, is another source.
    api.site.write("pushes/a.md", "# Gnu\n");
    let by_hand = Options { paths: vec![api.site.path("pushes")], prune: true, ..Options::default() };
    api.site.reindex_with(&by_hand);
    assert_eq!(api.site.titles().into_keys().collect::<Vec<_>>(), ["a", "folder", "pushed"]);
    // Held by a rollback, applied by a resume.
    api.reindex(json!({"full": true}));
    api.put("held", json!({"title": "Tapir"}));
    api.settle();
    let answer = api.admin("POST", "/v1/rollback", &[], "");
    assert_eq!((answer.status, &answer.json()["held"]), (StatusCode::OK, &json!(true)), "{}", answer.text);
    api.put("later", json!({"title": "Tapir too"}));
    api.settle();
    assert!(found(&api.site.engine(), "tapir").is_empty());
    let held = status(&api.site.data()).unwrap();
    assert_eq!((held.held, held.pending_changes), (true, 2), "{held:?}");
    let answer = api.admin("POST", "/v1/resume", &[], "");
    assert_eq!(answer.json()["held"], false);
    assert!(answer.json()["index_version"].as_str().unwrap().ends_with(&format!(".{}", api.last_seq())));
    let mut tapirs = found(&api.site.engine(), "tapir");
    tapirs.sort();
    assert_eq!(tapirs, ["held", "later"]);
}

#[test]
fn stream_has_a_result_for_every_line() {
    let api = Api::over(&[("folder", "Zebra")]);
    api.put("old", json!({"title": "Old"}));
    let long = format!(r#"{{"id": "long", "title": "{}"}}"#, "x".repeat(16 << 20));
    let lines: Vec<(Vec<u8>, &str, &str)> = vec![
        (b"\xef\xbb\xbf{\"id\": \"one\", \"title\": \"Okapi one\"}".to_vec(), "created", ""),
        (b"".to_vec(), "", ""),
        (br#"{"id": "two", "title": "Okapi", "kind": "essay"}"#.to_vec(), "created", ""),
        (br#"{"id": "two", "title": "Okapi two"}"#.to_vec(), "changed", ""),
        (br#"{"id": "two", "title": "Okapi two"}"#.to_vec(), "unchanged", ""),
        (b"{\"id\": \"cut\",".to_vec(), "bad-json", "line 1 column 13"),
        (b"{\"id\": \"latin\", \"title\": \"caf\xe9\"}".to_vec(), "bad-json", "byte 30"),
        (br#"{"title": "No id"}"#.to_vec(), "bad-article", "id: missing"),
        (br#"{"id": "list", "title": []}"#.to_vec(), "bad-article", "title: should be text"),
        (long.into_bytes(), "line-too-long", "a line of 16777"),
        (br#"{"id": "old", "delete": true}"#.to_vec(), "deleted", ""),
        (br#"{"id": "old", "delete": true}"#.to_vec(), "unchanged", ""),
        (br#"{"id": "folder", "delete": true}"#.to_vec(), "not-pushed", "site"),
        (br#"{"id": "x", "title": "x", "delete": "yes"}"#.to_vec(), "bad-article", "delete: should be true or false"),
        (br#"{"delete": true}"#.to_vec(), "bad-article", "id: missing"),
        (b"  \r".to_vec(), "", ""),
        (br#"{"id": 7, "title": "Okapi seven", "delete": false}"#.to_vec(), "created", ""),
    ];
    let body = lines.iter().map(|(line, ..)| line.as_slice()).collect::<Vec<_>>().join(&b'\n');
    let results = api.stream(body);
    let mut results = results.iter();
    for (place, (_, expected, reason)) in lines.iter().enumerate() {
        if expected.is_empty() {
            continue;
        }
        let result = results.next().unwrap();
        assert_eq!(result["line"], place + 1, "{result}");
        let (status, code) = if reason.is_empty() { (*expected, Value::Null) } else { ("refused", json!(expected)) };
        assert_eq!((&result["status"], &result["code"]), (&json!(status), &code), "{result}");
        assert!(result["reason"].as_str().unwrap_or_default().contains(reason), "{result}");
        assert_eq!(result["hash"].is_string(), ["created", "changed"].contains(&status) || place == 4, "{result}");
    }
    assert!(results.next().is_none());
    api.settle();
    let mut okapis = found(&api.site.engine(), "okapi");
    okapis.sort();
    assert_eq!(okapis, ["7", "one", "two"]);
}

#[test]
fn stream_results_can_be_compressed() {
    let api = Api::over(&[("folder", "Zebra")]);
    let lines: String =
        (0..2_000).map(|number| format!("{}\n", json!({"id": format!("n-{number}"), "title": "Okapi"}))).collect();
    let bearer = format!("Bearer {TOKEN}");
    for encoding in ["gzip", "br", "zstd"] {
        let request = Request::post("/v1/articles")
            .header("authorization", &bearer)
            .header("content-type", "application/x-ndjson")
            .header("accept-encoding", encoding);
        let body = api.runtime.block_on(async {
            let answer = api.router.clone().oneshot(request.body(Body::from(lines.clone())).unwrap()).await.unwrap();
            assert_eq!(answer.headers()["content-encoding"].to_str().unwrap(), encoding);
            to_bytes(answer.into_body(), usize::MAX).await.unwrap()
        });
        // Each result holds a hash, which cannot be shortened by much.
        assert!(body.len() > 2_000 * 32 && body.len() < 2_000 * 128, "{encoding}: {}", body.len());
    }
    assert_eq!(api.site.titles().len(), 2_001);
}

#[test]
fn stream_is_read_no_faster_than_its_results_are_consumed() {
    let api = Api::over(&[("folder", "Zebra")]);
    let (sent, chunk) = (Arc::new(AtomicUsize::new(0)), 1_000);
    let counted = Arc::clone(&sent);
    let body = Body::from_stream(stream::iter(0..100usize).map(move |part| {
        counted.fetch_add(1, Ordering::SeqCst);
        let lines: String = (0..chunk).map(|line| format!("{{\"id\": \"{part}-{line}\"}}\n")).collect();
        Ok::<_, Infallible>(lines)
    }));
    let request = Request::post("/v1/articles")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/x-ndjson");
    let (taken, lines) = api.runtime.block_on(async {
        let answer = api.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let mut results = answer.into_body().into_data_stream();
        let first = results.next().await.unwrap().unwrap();
        tokio::time::sleep(Duration::from_millis(300)).await;
        let taken = sent.load(Ordering::SeqCst);
        let mut lines = first.iter().filter(|byte| **byte == b'\n').count();
        while let Some(part) = results.next().await {
            lines += part.unwrap().iter().filter(|byte| **byte == b'\n').count();
        }
        (taken, lines)
    });
    assert!(taken <= 2, "{taken} of 100 chunks were read while nobody took results");
    assert_eq!((sent.load(Ordering::SeqCst), lines), (100, 100 * chunk));
}

#[test]
fn storing_time_does_not_count_for_the_request_timeout() {
    let service = ServiceSettings { request_timeout_ms: NonZeroU32::new(500).unwrap(), ..ServiceSettings::default() };
    let api = Api::serving(&[("folder", "Zebra")], service);
    // Another process writes to the catalog.
    let other = Connection::open(api.site.data().path().join("catalog.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(2_000));
        other.execute_batch("COMMIT").unwrap();
    });
    let lines = stream::iter(["{\"id\": \"one\", \"title\": \"One\"}\n"]).chain(stream::once(async {
        tokio::time::sleep(Duration::from_millis(2_500)).await;
        "{\"id\": \"two\", \"title\": \"Two\"}"
    }));
    let results = api.stream(Body::from_stream(lines.map(Ok::<_, Infallible>)));
    other.join().unwrap();
    assert_eq!(results.iter().map(|result| &result["status"]).collect::<Vec<_>>(), ["created", "created"]);
}

#[test]
fn aborted_stream_keeps_acknowledged_pushes() {
    let api = Api::over(&[("folder", "Zebra")]);
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel::<Result<&str, std::io::Error>>();
    let body = Body::from_stream(stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|part| (part, receiver))
    }));
    let request = Request::post("/v1/articles")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("content-type", "application/x-ndjson");
    let lines: Vec<Value> = api.runtime.block_on(async {
        sender.send(Ok("{\"id\": \"one\", \"title\": \"One\"}\n{\"id\": \"two\", ")).unwrap();
        let answer = api.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let mut results = answer.into_body().into_data_stream();
        let first = results.next().await.unwrap().unwrap();
        sender.send(Ok("\"title\": \"Two\"}\n{\"id\": \"three\", \"title\": \"Three\"}")).unwrap();
        sender.send(Err(std::io::ErrorKind::ConnectionReset.into())).unwrap();
        let second = results.next().await.unwrap().unwrap();
        assert!(results.next().await.is_none());
        [first, second].iter().map(|line| serde_json::from_slice(line).unwrap()).collect()
    });
    assert_eq!(lines.iter().map(|line| line["id"].as_str().unwrap()).collect::<Vec<_>>(), ["one", "two"]);
    // The third line came whole, but for its end: nobody knows whether more was to come.
    assert_eq!(api.site.titles().into_keys().collect::<Vec<_>>(), ["folder", "one", "two"]);
}

#[test]
fn reindex_is_a_task_and_runs_once_at_a_time() {
    let api = Api::over(&[("folder", "Zebra")]);
    write(&api.site, [("folder", "Zebra"), ("new", "Okapi")].into_iter());
    let tried = api.reindex(json!({"dry_run": true}));
    assert_eq!((&tried["report"]["dry_run"], api.site.titles().len()), (&json!(true), 1), "{tried}");
    let done = api.reindex(json!({}));
    assert_eq!(
        (&done["state"], &done["progress"]["source"], &done["progress"]["articles_read"]),
        (&json!("done"), &json!("site"), &json!(2))
    );
    assert_eq!((&done["report"]["changes"], done.get("error")), (&json!(1), None), "{done}");
    assert!(done["started_at"].as_str() <= done["ended_at"].as_str(), "{done}");
    assert_eq!(found(&api.site.engine(), "okapi"), ["new"]);
    let full = api.reindex(json!({"full": true}));
    assert_eq!((&full["report"]["generation"], &full["progress"]["articles_built"]), (&json!(2), &json!(2)), "{full}");

    // While somebody else writes, a task cannot get on.
    let catalog = rusqlite::Connection::open(api.site.data().path().join("catalog.sqlite")).unwrap();
    catalog.execute_batch("BEGIN IMMEDIATE").unwrap();
    let answer = api.admin("POST", "/v1/reindex", &[], "");
    assert_eq!(answer.status, 202);
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    is_problem(&api.admin("POST", "/v1/reindex", &[], ""), 409, "reindex-running", &id);
    wait_until("the task to run", || api.admin("GET", answer.header("location"), &[], "").json()["state"] == "running");
    catalog.execute_batch("ROLLBACK").unwrap();
    wait_until("the task's end", || api.admin("GET", answer.header("location"), &[], "").json()["state"] == "done");

    let lock = api.site.data().lock_reindex("reindex").unwrap();
    is_problem(&api.admin("POST", "/v1/reindex", &[], ""), 409, "reindex-running", "fichero reindex, process");
    drop(lock);
    // What fails says why, and another one may follow.
    catalog.execute_batch("ALTER TABLE run RENAME TO gone").unwrap();
    let failed = api.reindex(json!({}));
    assert_eq!((&failed["state"], failed.get("report")), (&json!("failed"), None), "{failed}");
    assert!(failed["error"].as_str().unwrap().contains("catalog"), "{failed}");
    catalog.execute_batch("ALTER TABLE gone RENAME TO run").unwrap();
    assert_eq!(api.reindex(json!({}))["state"], "done");
    // Another start of the server never names a task the same.
    assert_ne!(Api::over(&[]).reindex(json!({}))["id"], tried["id"]);
}

#[test]
fn task_reports_gate_refusals_and_unreadable_sources() {
    let ids: Vec<String> = (0..20).map(|number| format!("n-{number}")).collect();
    let articles: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "Zebra")).collect();
    let api = Api::over(&articles);
    api.put("pushed", json!({"title": "Okapi"}));
    write(&api.site, articles[..10].iter().copied());
    let refused = api.reindex(json!({}));
    assert_eq!((&refused["state"], &refused["report"]["outcome"]), (&json!("waiting"), &json!("waiting")), "{refused}");
    let error = refused["error"].as_str().unwrap();
    assert!(error.contains("10 of 2") && error.contains("fichero accept"), "{error}");
    assert_eq!(api.site.titles().len(), 21);
    let tried = api.reindex(json!({"dry_run": true}));
    assert_eq!((&tried["state"], tried.get("error")), (&json!("done"), None), "{tried}");
    write(&api.site, articles.iter().copied());
    assert_eq!(api.reindex(json!({}))["state"], "done");
    fs::remove_dir_all(api.site.path("site")).unwrap();
    let done = api.reindex(json!({}));
    assert_eq!(done["state"], "done", "{done}");
    assert!(done["error"].as_str().unwrap().starts_with("site: "), "{done}");
    assert_eq!(api.site.titles().len(), 21);
}

#[test]
fn pushed_draft_of_another_tool_is_not_shown_and_says_so() {
    let api = Api::over(&[("folder", "Zebra")]);
    let answer = api.put("a", json!({"title": "Okapi", "status": "draft"}));
    assert_eq!(answer.status.as_u16(), 201);
    assert_eq!(answer.json()["flaws"], json!(["status: draft: not public; stored, and not shown"]));
    assert!(api.site.articles()["a"].hidden);
    let answer = api.put("b", json!({"title": "Okapi", "draft": "perhaps"}));
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (400, &json!("bad-article")));
}

#[test]
fn push_does_not_wait_for_a_reindex() {
    let api = Api::over(&[("folder", "Zebra")]);
    let lines: String = (0..8_000)
        .map(|number| format!("{}\n", json!({"id": format!("n-{number}"), "title": "Okapi", "hidden": true})))
        .collect();
    api.site.write("site/many.jsonl", lines);
    let is_done = AtomicBool::new(false);
    let (mut waits, mut all) = (Vec::new(), Duration::ZERO);
    thread::scope(|scope| {
        scope.spawn(|| {
            api.site.reindex();
            is_done.store(true, Ordering::SeqCst);
        });
        let begun = Instant::now();
        for number in 0.. {
            let pushed = Instant::now();
            assert_eq!(api.put("pushed", json!({"title": number, "hidden": true})).status.as_u16() / 100, 2);
            if is_done.load(Ordering::SeqCst) {
                break;
            }
            waits.push(pushed.elapsed());
            std::thread::sleep(Duration::from_millis(10));
        }
        all = begun.elapsed();
    });
    waits.sort();
    let longest = *waits.last().unwrap();
    println!("{} pushes in the {all:?} of a reindex, none of more than {longest:?}", waits.len());
    assert!(waits.len() >= 3 && longest < all / 2, "{waits:?} in {all:?}");
}

/// Puts a pipe in the place of a file once the first record is read: who reads it waits until
/// somebody writes.
struct Stalling(PathBuf, Once);

impl Progress for Stalling {
    fn reading(&self, _: &str, _: u64) {
        self.1.call_once(|| {
            fs::remove_file(&self.0).unwrap();
            assert!(Command::new("mkfifo").arg(&self.0).status().unwrap().success());
        });
    }

    fn building(&self, _: u64) {}
}

#[test]
fn push_does_not_wait_for_a_stalled_source() {
    let api = Api::over(&[("folder", "Zebra")]);
    for number in 10..40 {
        api.site.write(&format!("site/page-{number}.md"), "An okapi.");
    }
    let stalling = Stalling(api.site.path("site/page-39.md"), Once::new());
    let took = thread::scope(|scope| {
        let reindex = scope.spawn(|| api.site.reindex_into("index", &Options::default(), &stalling));
        wait_until("the source to stall", || stalling.1.is_completed());
        thread::sleep(Duration::from_millis(300));
        let begun = Instant::now();
        let status = api.put("pushed", json!({"title": "Pushed"})).status;
        let took = begun.elapsed();
        assert!(!reindex.is_finished());
        fs::write(&stalling.0, "An okapi.").unwrap();
        assert_eq!(status, 201);
        took
    });
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!(api.site.titles().len(), 32);
}

// Any order

#[derive(Debug, Clone)]
enum Deed {
    Put(usize, usize),
    Delete(usize),
    Write(usize, usize),
    Remove(usize),
    Reindex { is_full: bool },
    Rollback,
    Resume,
}

fn deed() -> impl Strategy<Value = Deed> {
    let (id, edition) = (0..3usize, 0..3usize);
    prop_oneof![
        4 => (id.clone(), edition.clone()).prop_map(|(id, edition)| Deed::Put(id, edition)),
        2 => id.clone().prop_map(Deed::Delete),
        2 => (id.clone(), edition).prop_map(|(id, edition)| Deed::Write(id, edition)),
        1 => id.prop_map(Deed::Remove),
        2 => any::<bool>().prop_map(|is_full| Deed::Reindex { is_full }),
        2 => Just(Deed::Rollback),
        1 => Just(Deed::Resume),
    ]
}

type Titles = BTreeMap<String, String>;

/// What should be answered, told as plainly as possible.
#[derive(Debug)]
struct Model {
    folder: Titles,
    accepted: Titles,
    pushes: Titles,
    is_held: bool,
    generations: BTreeMap<u64, Titles>,
    current: u64,
    newest: u64,
}

impl Model {
    fn new(folder: Titles) -> Model {
        let generations = BTreeMap::from([(1, folder.clone())]);
        let accepted = folder.clone();
        Model { folder, accepted, pushes: Titles::new(), is_held: false, generations, current: 1, newest: 1 }
    }

    fn catalog(&self) -> Titles {
        self.pushes.clone().into_iter().chain(self.accepted.clone()).collect()
    }

    fn before(&self, number: u64) -> Option<u64> {
        self.generations.range(..number).next_back().map(|(number, _)| *number)
    }

    /// Answers from another generation; older ones than the one before it are swept.
    fn switch(&mut self, to: u64) {
        let from = std::mem::replace(&mut self.current, to);
        let before = self.before(to);
        self.generations.retain(|number, _| *number >= to || *number == from || Some(*number) == before);
    }

    fn apply(&mut self) {
        if !self.is_held {
            self.generations.insert(self.current, self.catalog());
        }
    }
}

fn perform(api: &Api, model: &mut Model, deed: &Deed) -> Result<(), TestCaseError> {
    let id = |id: &usize| format!("id-{id}");
    let title = |who: &str, edition: &usize| format!("{who} {edition}");
    match deed {
        Deed::Put(at, edition) => {
            let (id, title) = (id(at), title("Pushed", edition));
            let before = model.pushes.insert(id.clone(), title.clone());
            let expected = match before {
                None => "created",
                Some(before) if before == title => "unchanged",
                Some(_) => "changed",
            };
            let seq = api.last_seq();
            let result = api.put(&id, json!({"title": title})).json();
            prop_assert_eq!(&result["status"], expected);
            prop_assert_eq!(result.get("shadowed_by").is_some(), model.accepted.contains_key(&id));
            prop_assert_eq!(api.last_seq(), seq + u64::from(expected != "unchanged"));
        }
        Deed::Delete(at) => {
            let id = id(at);
            let expected = match (model.pushes.remove(&id), model.accepted.contains_key(&id)) {
                (Some(_), _) => json!("deleted"),
                (None, false) => json!("unchanged"),
                (None, true) => Value::Null,
            };
            let answer = api.delete(&id);
            let told = answer.json();
            prop_assert_eq!(told["status"].as_str(), expected.as_str());
            prop_assert_eq!(answer.status == 409, expected.is_null());
        }
        Deed::Write(at, edition) => {
            model.folder.insert(id(at), title("Written", edition));
            write(&api.site, model.folder.iter().map(|(id, title)| (id.as_str(), title.as_str())));
        }
        Deed::Remove(at) => {
            model.folder.remove(&id(at));
            write(&api.site, model.folder.iter().map(|(id, title)| (id.as_str(), title.as_str())));
        }
        Deed::Reindex { is_full } => {
            let task = api.reindex(json!({"full": is_full}));
            prop_assert_eq!(&task["state"], "done");
            model.accepted = model.folder.clone();
            model.is_held = false;
            // A generation that was rolled back from is given up.
            model.generations.retain(|number, _| *number <= model.current);
            if *is_full {
                model.newest += 1;
                model.generations.insert(model.newest, Titles::new());
                model.switch(model.newest);
            }
        }
        Deed::Rollback => {
            let answer = api.admin("POST", "/v1/rollback", &[], "");
            match model.before(model.current) {
                None => prop_assert_eq!(answer.status, 409),
                Some(before) => {
                    prop_assert_eq!(answer.status, 200);
                    model.is_held = true;
                    model.switch(before);
                }
            }
        }
        Deed::Resume => {
            prop_assert_eq!(api.admin("POST", "/v1/resume", &[], "").status, 200);
            model.is_held = false;
        }
    }
    model.apply();
    api.settle();
    let engine = api.site.engine();
    let answered: Titles = ["always", "id-0", "id-1", "id-2"]
        .iter()
        .filter_map(|id| Some(((*id).to_owned(), article(&engine, id)?.card.title)))
        .collect();
    prop_assert_eq!(&answered, &model.generations[&model.current], "after {:?}: {:?}", deed, model);
    prop_assert_eq!(engine.status_at(0).articles(), answered.len() as u64);
    prop_assert_eq!(api.site.titles(), model.catalog());
    let state = status(&api.site.data()).unwrap();
    prop_assert_eq!((state.held, state.generation), (model.is_held, Some(model.current)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, max_shrink_iters: 30, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_match_a_simple_model(deeds in prop::collection::vec(deed(), 1..16)) {
        let api = Api::over(&[("always", "Always there")]);
        let mut model = Model::new(Titles::from([("always".to_owned(), "Always there".to_owned())]));
        for deed in &deeds {
            perform(&api, &mut model, deed)?;
        }
    }
}

// With a server

/// A folder with a configuration and one article.
fn served() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fichero.toml"), "[[source]]\nname = \"site\"\npath = \"site\"\n").unwrap();
    fs::create_dir(folder.path().join("site")).unwrap();
    fs::write(folder.path().join("site/a.md"), "# Zebra\n").unwrap();
    folder
}

fn start(folder: &tempfile::TempDir) -> Server {
    Server::start_with(folder.path(), &[], &[("FICHERO_TOKEN", TOKEN), ("RUST_LOG", "trace")])
}

fn put(client: &mut Client, id: &str, title: &str) -> Value {
    let bearer = format!("Bearer {TOKEN}");
    let body = json!({"title": title}).to_string();
    let answer = client
        .try_request("PUT", &format!("/v1/articles/{id}"), &[JSON, ("authorization", &bearer)], body.as_bytes())
        .unwrap();
    assert!(answer.status == 201 || answer.status == 200, "{answer:?}");
    answer.json()
}

fn total(client: &mut Client, query: &str) -> u64 {
    client.get(&format!("/v1/search?q={query}&literal=true")).json()["total"]["value"].as_u64().unwrap()
}

#[test]
fn push_is_searchable_within_a_second_and_survives_a_kill() {
    let folder = served();
    let server = start(&folder);
    let mut client = server.client();
    let mut waits = Vec::new();
    for (number, word) in ["okapi", "tapir", "gnu", "eland", "kudu"].into_iter().enumerate() {
        let begun = Instant::now();
        put(&mut client, &format!("pushed-{number}"), word);
        wait_until("the push to be found", || total(&mut client, word) == 1);
        waits.push(begun.elapsed());
    }
    waits.sort();
    println!("found after {waits:?}");
    assert!(waits[2] < Duration::from_secs(1), "{waits:?}");
    put(&mut client, "last", "Quagga");
    let log = server.log();
    // As a power cut: no signal that it could follow.
    drop(server);
    assert!(log.contains("/v1/articles/pushed-0"), "requests are in the log at this level");
    assert!(!log.contains("horse"), "the token is in the log");
    let server = start(&folder);
    let mut client = server.client();
    wait_until("the last push", || total(&mut client, "quagga") == 1);
    assert_eq!(total(&mut client, "okapi"), 1);
    let status = support::run_json(folder.path(), &["status", "--json"]);
    let pushes = status["sources"].as_array().unwrap().iter().find(|source| source["name"] == "pushes").unwrap();
    assert_eq!(pushes["articles"], 6, "{status}");
    assert!(server.stop().0.success());
}

#[test]
fn related_works_follow_a_push_within_a_second_and_are_stored_again() {
    const A: &str = "Glaciers feed the rivers of the Andes";
    const B: &str = "Rivers of the Andes, and the glaciers above them";
    let folder = served();
    let server = start(&folder);
    let mut client = server.client();
    let related = |client: &mut Client| -> Vec<String> {
        let hits = client.get("/v1/articles/p1/related").json()["hits"].take();
        let ids = hits.as_array().unwrap().iter().map(|hit| hit["id"].as_str().unwrap().to_owned());
        ids.filter(|id| id.starts_with('p')).collect()
    };
    let nearest = folder.path().join("index/generations/1/nearest.bin");
    let kept_at = || fs::metadata(&nearest).and_then(|file| file.modified()).ok();
    // Before the pushes: once they are seen, they may be kept.
    let was_kept = kept_at();
    put(&mut client, "p1", A);
    put(&mut client, "p2", B);
    wait_until("the pushes to be related", || {
        client.get("/v1/articles/p1").status == 200 && related(&mut client) == ["p2"]
    });
    wait_until("the nearest works to be kept anew", || kept_at() != was_kept);
    assert_eq!(related(&mut client), ["p2"], "kept or not, the answer is the same");
    let hidden = json!({"title": A, "hidden": true}).to_string();
    let headers = [("authorization", &*format!("Bearer {TOKEN}")), JSON];
    let mut waits = Vec::new();
    for _ in 0..5 {
        let begun = Instant::now();
        let answer = client.try_request("PUT", "/v1/articles/p2", &headers, hidden.as_bytes()).unwrap();
        assert!(answer.status < 300, "{answer:?}");
        wait_until("the hidden article to be gone", || related(&mut client).is_empty());
        waits.push(begun.elapsed());
        put(&mut client, "p2", B);
        wait_until("the article to be back", || related(&mut client) == ["p2"]);
    }
    waits.sort();
    assert!(waits[2] < Duration::from_secs(1), "{waits:?}");
}

#[test]
fn hidden_or_deleted_articles_are_not_suggested() {
    const TITLE: &str = "Quokkas of the islands";
    let folder = served();
    let server = start(&folder);
    let mut client = server.client();
    let offers = |client: &mut Client| -> usize {
        let answer = client.get("/v1/suggest?q=quok").json();
        answer["completions"].as_array().unwrap().len() + answer["articles"].as_array().unwrap().len()
    };
    let total = |client: &mut Client| client.get("/v1/search?q=quokkas&literal=true").json()["total"]["value"].clone();
    let headers = [("authorization", &*format!("Bearer {TOKEN}")), JSON];
    let hidden = json!({"title": TITLE, "hidden": true}).to_string();
    for (method, body) in [("PUT", hidden.as_bytes()), ("DELETE", b"")] {
        put(&mut client, "p1", TITLE);
        wait_until("the push to be offered", || offers(&mut client) == 2);
        let answer = client.try_request(method, "/v1/articles/p1", &headers, body).unwrap();
        assert!(answer.status < 300, "{answer:?}");
        wait_until("the article to be gone", || total(&mut client) == 0);
        assert_eq!(offers(&mut client), 0, "{method}");
    }
}

#[test]
fn invalid_token_prevents_the_server_start() {
    let folder = served();
    let fails = |config: &str, variable: Option<&str>, part: &str| {
        let config = format!("{config}\n[[source]]\nname = \"site\"\npath = \"site\"\n");
        fs::write(folder.path().join("fichero.toml"), config).unwrap();
        let mut command = support::fichero(folder.path());
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        if let Some(value) = variable {
            command.env("FICHERO_TOKEN", value);
        }
        let output = command.output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{error}");
        assert!(error.contains(part) && !error.contains("horse"), "{error}");
    };
    fails("", Some("short-horse"), "FICHERO_TOKEN: the admin token has 11 characters");
    fails("", Some(""), "FICHERO_TOKEN: the admin token has 0 characters");
    fails("[admin]\ntoken_file = \"token\"", Some(TOKEN), "by FICHERO_TOKEN and by token_file");
    fails("[admin]\ntoken_file = \"token\"", None, "token: the file of the admin token cannot be read");
    fails("[admin]\ntoken_sha256 = \"00\"", None, "64 hexadecimal digits");
    fails("[admin]\ntoken_file = \"token\"\ntoken_sha256 = \"00\"", None, "token_file and token_sha256");
    fails("[admin]\ntoken = \"correct-horse-battery\"", None, "unknown field");

    // A file that everybody can read is told of.
    fs::write(folder.path().join("token"), format!("{TOKEN}\n")).unwrap();
    let config = "[admin]\ntoken_file = \"token\"\n[[source]]\nname = \"site\"\npath = \"site\"\n";
    fs::write(folder.path().join("fichero.toml"), config).unwrap();
    for (mode, is_told) in [(0o644, true), (0o600, false)] {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder.path().join("token"), fs::Permissions::from_mode(mode)).unwrap();
        let server = Server::start(folder.path(), &[]);
        put(&mut server.client(), "pushed", "Okapi");
        let (_, log) = server.stop();
        assert_eq!(log.contains("everybody on this machine can read"), is_told, "{log}");
        assert!(!log.contains("horse"), "{log}");
    }
}

/// The most memory that a process ever held, in bytes.
#[cfg(target_os = "linux")]
fn peak_memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let mark = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")).unwrap();
    mark.parse::<u64>().unwrap() << 10
}

#[cfg(target_os = "linux")]
#[test]
fn stream_of_any_length_uses_bounded_memory() {
    const MB: usize = 1 << 20;
    let folder = served();
    let server = Server::start_with(folder.path(), &[], &[("FICHERO_TOKEN", TOKEN)]);
    // Hidden: what is measured is the way into the catalog.
    let big = json!({"id": "big", "lang": "en", "title": "Big", "hidden": true, "tags": ["x".repeat(MB)]}).to_string();
    let small: String = (0..4_000)
        .map(|number| json!({"id": format!("s-{number}"), "title": "Small", "hidden": true}).to_string() + "\n")
        .collect();
    let mut parts: Vec<Arc<Vec<u8>>> = Vec::new();
    let (big, broken) = (Arc::new((big + "\n").into_bytes()), Arc::new([vec![b'['; MB], vec![b'\n']].concat()));
    let (spaces, small) = (Arc::new(vec![b' '; MB]), Arc::new(small.into_bytes()));
    for _ in 0..4 {
        parts.extend(std::iter::repeat_n(Arc::clone(&big), 16));
        parts.extend(std::iter::repeat_n(Arc::clone(&broken), 8));
        parts.push(Arc::clone(&small));
        // One line of 26 MB.
        parts.extend(std::iter::repeat_n(Arc::clone(&spaces), 25));
        parts.push(Arc::clone(&broken));
    }
    let sum: usize = parts.iter().map(|part| part.len()).sum();
    assert!(sum > 200 * MB, "{sum}");
    let usual = peak_memory(server.id());
    let stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let head = format!(
        "POST /v1/articles HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-type: application/x-ndjson\r\ncontent-length: {sum}\r\nconnection: close\r\n\r\n"
    );
    let begun = Instant::now();
    let sending = std::thread::spawn(move || {
        writer.write_all(head.as_bytes()).unwrap();
        for part in parts {
            writer.write_all(&part).unwrap();
        }
    });
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    for line in BufReader::new(stream).lines() {
        let line = line.unwrap();
        // The answer's head, and the sizes of its chunks, are no results.
        if let Ok(result @ Value::Object(_)) = serde_json::from_str(&line) {
            let name = result["code"].as_str().or(result["status"].as_str()).unwrap();
            *statuses.entry(name.to_owned()).or_default() += 1;
        }
    }
    sending.join().unwrap();
    let expected = [("bad-json", 32), ("created", 4_001), ("line-too-long", 4), ("unchanged", 12_063)];
    assert_eq!(statuses, expected.map(|(name, count)| (name.to_owned(), count)).into());
    let peak = peak_memory(server.id());
    println!(
        "{} MB in {:?}: at most {} MB, {} MB before",
        sum / MB,
        begun.elapsed(),
        peak / MB as u64,
        usual / MB as u64
    );
    assert!(peak < usual + 96 * MB as u64, "{} MB, {} MB before", peak / MB as u64, usual / MB as u64);
    assert!(server.stop().0.success());
}
