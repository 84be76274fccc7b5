//! How the service is operated, through the in-process router:
//!
//! * an answer from the index has an entity tag and may be kept for a while; an unchanged one
//!   answers 304 without a search; what it depends on changes its tag: index, address, language,
//!   media type, settings, an article whose time has come; one tag never stands for two states;
//! * errors are never kept;
//! * an answer is the same in every encoding, and small ones are not compressed;
//! * any origin, or those that are named, may read public answers; none may ask for changes;
//! * `HEAD` answers as `GET` without the body, `OPTIONS` what a route takes, on every route;
//! * `Server-Timing` tells what the engine and the waiting took;
//! * beyond the searches that may wait, one is refused at once;
//! * a client beyond its rate is told when to come back; proxies are believed where they are
//!   trusted; operators are not limited; several searches in one request count as many;
//! * headers that are too large are refused; bodies too;
//! * `/metrics` is well formed and counts what happened.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use fichero::config::SourceConfig;
use fichero::config::http::{RateLimit, ServiceSettings};
use fichero::http::{Settings, router};
use fichero::indexing::index_updater::{EngineSlot, IndexUpdater};
use fichero::indexing::reindex::{self, Options};
use fichero::indexing::report::Progress;
use fichero::storage::data_dir::DataFolder;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support;
use crate::support::open_metrics::scrape;
use crate::support::served::{CORPUS, RUNTIME};

struct Silent;

impl Progress for Silent {
    fn reading(&self, _: &str, _: u64) {}
    fn building(&self, _: u64) {}
}

static SITE: LazyLock<Router> = LazyLock::new(|| router(CORPUS.slot.clone(), Settings::default()));

fn sources(path: &Path) -> [SourceConfig; 1] {
    [SourceConfig { name: "site".to_owned(), path: path.to_owned(), ..SourceConfig::default() }]
}

/// The corpus, served in another way.
fn operated(service: ServiceSettings) -> Router {
    router(CORPUS.slot.clone(), Settings { service, ..Settings::default() })
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn tag(&self) -> String {
        let tag = self.header("etag");
        assert!(tag.starts_with("W/\"") && tag.len() > 10, "{self:?}");
        tag.to_owned()
    }

    /// Checks that it is a problem of this code.
    fn is_problem(&self, status: StatusCode, code: &str) {
        assert_eq!((self.status, self.json()["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.header("etag"), "");
    }
}

async fn answer(router: &Router, request: Request<Body>) -> Answer {
    let (parts, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: parts.status, headers: parts.headers, body }
}

fn ask(router: &Router, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
    RUNTIME.block_on(answer(router, request(method, path, headers)))
}

fn request(method: &str, path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::empty()).unwrap()
}

fn get(router: &Router, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(router, "GET", path, headers)
}

/// An article of the corpus, its id as it stands in an address.
fn some_id() -> String {
    let body = get(&SITE, "/v1/search?q=virtual", &[]).json();
    form_urlencoded::byte_serialize(body["hits"][0]["id"].as_str().unwrap().as_bytes()).collect()
}

/// The routes that answer from the index.
fn index_routes() -> Vec<String> {
    let id = some_id();
    vec![
        "/v1/search".to_owned(),
        "/v1/search?q=movilidad+virtual&lang=es".to_owned(),
        format!("/v1/articles/{id}"),
        format!("/v1/articles?id={id}"),
        format!("/v1/articles/{id}/related"),
        format!("/v1/related?id={id}"),
        "/v1/topics".to_owned(),
        format!("/v1/recent?exclude={id}"),
    ]
}

#[test]
fn unchanged_page_answers_304_without_a_search() {
    for path in index_routes() {
        let first = get(&SITE, &path, &[]);
        assert_eq!(first.status, StatusCode::OK, "{path}");
        assert_eq!(first.header("cache-control"), "public, max-age=60, must-revalidate");
        assert_eq!(first.header("vary"), "Accept-Language, Accept, Accept-Encoding");
        assert!(first.header("server-timing").contains("engine;dur="), "{first:?}");
        let tag = first.tag();
        assert_eq!(get(&SITE, &path, &[]).tag(), tag, "the same again");
        // Weak comparison, RFC 9110, 13.1.2: the strong form of a tag is as good.
        for named in [tag.clone(), format!("\"x\", {tag}, W/\"y\""), tag.replace("W/", "")] {
            for method in ["GET", "HEAD"] {
                let again = ask(&SITE, method, &path, &[("if-none-match", &named)]);
                assert_eq!(again.status, StatusCode::NOT_MODIFIED, "{method} {path} {named}");
                assert!(again.body.is_empty());
                for name in ["etag", "cache-control", "vary"] {
                    assert_eq!(again.header(name), first.header(name), "{name}");
                }
                assert!(!again.header("server-timing").contains("engine"), "a search ran: {again:?}");
            }
        }
        assert_eq!(get(&SITE, &path, &[("if-none-match", "*")]).status, StatusCode::NOT_MODIFIED);
        for other in ["\"x\"", "W/\"x\", \"y\"", "nonsense", "\"", ""] {
            assert_eq!(get(&SITE, &path, &[("if-none-match", other)]).status, StatusCode::OK, "{other}");
        }
    }
    // What there is not is not unchanged.
    let none = get(&SITE, "/v1/articles/there-is-none", &[("if-none-match", "*")]);
    none.is_problem(StatusCode::NOT_FOUND, "no-such-article");
    // What does not come from the index has no tag of it.
    for path in ["/health/livez", "/health/readyz", "/metrics"] {
        let answer = get(&SITE, path, &[]);
        assert_eq!((answer.header("etag"), answer.header("cache-control")), ("", "no-store"), "{path}");
    }
    let welcome = get(&SITE, "/", &[]);
    assert_eq!((welcome.header("etag"), welcome.header("cache-control")), ("", "no-cache"));
    for path in ["/nope", "/v1/search?nope=1", "/v1/articles/there-is-none"] {
        let problem = get(&SITE, path, &[]);
        assert_eq!((problem.header("etag"), problem.header("cache-control")), ("", "no-store"), "{path}");
    }
}

#[test]
fn etag_changes_with_everything_the_answer_depends_on() {
    let path = "/v1/search?q=movilidad";
    let tag = get(&SITE, path, &[]).tag();
    let mut tags = BTreeMap::from([(tag.clone(), "itself".to_owned())]);
    let mut differs = |what: &str, answer: Answer| {
        assert_eq!(answer.status, StatusCode::OK, "{what}");
        let former = tags.insert(answer.tag(), what.to_owned());
        assert_eq!(former, None, "{what} has the tag of another");
    };
    differs("another query", get(&SITE, "/v1/search?q=movilidade", &[]));
    differs("another page", get(&SITE, "/v1/search?q=movilidad&offset=10", &[]));
    differs("a language", get(&SITE, path, &[("accept-language", "es")]));
    differs("another language", get(&SITE, path, &[("accept-language", "pt-BR")]));
    differs("a media type", get(&SITE, path, &[("accept", "application/json")]));
    differs("another path", get(&SITE, &format!("/v1/related?id={}", some_id()), &[]));
    differs(
        "other settings",
        get(&router(CORPUS.slot.clone(), Settings { recency: 0.0, ..Settings::default() }), path, &[]),
    );
    // One client's encoding or address is nothing to the answer.
    assert_eq!(get(&SITE, path, &[("accept-encoding", "br"), ("user-agent", "x")]).tag(), tag);
    let brief = operated(ServiceSettings { cache_s: 5, ..ServiceSettings::default() });
    assert_eq!(get(&brief, path, &[]).header("cache-control"), "public, max-age=5, must-revalidate");
}

/// A site of one file, which is indexed again after every change.
struct Changing {
    folder: tempfile::TempDir,
    data: DataFolder,
    slot: EngineSlot,
    updater: IndexUpdater,
}

impl Changing {
    fn new() -> Changing {
        let folder = tempfile::tempdir().unwrap();
        let data = DataFolder::open(&folder.path().join("data")).unwrap();
        let slot = EngineSlot::default();
        let updater = IndexUpdater::open(data.clone(), slot.clone(), data.lock_writer("test").unwrap()).unwrap();
        Changing { folder, data, slot, updater }
    }

    fn write(&mut self, articles: &[Value], full: bool) {
        let path = self.folder.path().join("site.jsonl");
        fs::write(&path, articles.iter().map(|article| format!("{article}\n")).collect::<String>()).unwrap();
        let _lock = self.data.lock_reindex("test").unwrap();
        let options = Options { full, ..Options::default() };
        let report = reindex::run(&self.data, &sources(&path), &options, &Silent, Some(&mut self.updater)).unwrap();
        assert!(report.sources.iter().all(|source| source.rejected == 0), "{report:?}");
    }
}

fn article(id: &str, title: &str) -> Value {
    json!({ "id": id, "lang": "en", "title": title, "body": "What the students of the university read." })
}

#[test]
fn etag_identifies_one_state_of_the_index() {
    let mut site = Changing::new();
    site.write(&[article("a", "Harbour")], false);
    let router = router(site.slot.clone(), Settings::default());
    let path = "/v1/search?q=harbour";
    let first = get(&router, path, &[]);
    site.write(&[article("a", "Harbour"), article("b", "Harbour lights")], false);
    let second = get(&router, path, &[("if-none-match", &first.tag())]);
    assert_eq!((second.status, &second.json()["total"]["value"]), (StatusCode::OK, &json!(2)));
    site.write(&[article("a", "Harbour"), article("b", "Harbour lights")], true);
    let third = get(&router, path, &[("if-none-match", &second.tag())]);
    assert_eq!(third.status, StatusCode::OK, "another generation");

    // Asked while it changes, no tag stands for two states, nor for one that was not answered.
    let stop = AtomicBool::new(false);
    let states = std::thread::scope(|scope| {
        let askers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| {
                    let mut states: Vec<(String, String)> = Vec::new();
                    while !stop.load(Ordering::Relaxed) {
                        let answer = get(&router, path, &[]);
                        let version = answer.json()["index_version"].as_str().unwrap().to_owned();
                        match answer.header("etag") {
                            "" => assert_eq!(answer.header("cache-control"), "no-cache"),
                            tag => states.push((tag.to_owned(), version)),
                        }
                    }
                    states
                })
            })
            .collect();
        for round in 0..12 {
            site.write(&[article("a", &format!("Harbour {round}"))], round == 6);
        }
        stop.store(true, Ordering::Relaxed);
        askers.into_iter().flat_map(|asker| asker.join().unwrap()).collect::<Vec<_>>()
    });
    let mut known: HashMap<String, String> = HashMap::new();
    for (tag, version) in &states {
        assert_eq!(known.entry(tag.clone()).or_insert_with(|| version.clone()), version);
    }
    assert!(known.len() >= 3, "{known:?}");
    assert_eq!(known.values().collect::<BTreeSet<_>>().len(), known.len());
}

#[test]
fn etag_changes_when_an_article_appears() {
    let mut site = Changing::new();
    let at =
        |seconds: i64| jiff::Timestamp::from_second(jiff::Timestamp::now().as_second() + seconds).unwrap().to_string();
    let (mut coming, mut going) = (article("coming", "Harbour"), article("going", "Harbour"));
    coming["published_at"] = at(4).into();
    going["expires_at"] = at(8).into();
    site.write(&[article("a", "Harbour"), coming, going], false);
    let router = router(site.slot.clone(), Settings::default());
    let path = "/v1/search?q=harbour";
    let mut totals = Vec::new();
    let mut answer = get(&router, path, &[]);
    let begun = Instant::now();
    while totals.len() < 3 && begun.elapsed() < support::PATIENCE {
        totals.push(answer.json()["total"]["value"].as_u64().unwrap());
        let tag = answer.tag();
        loop {
            answer = get(&router, path, &[("if-none-match", &tag)]);
            if answer.status == StatusCode::OK || begun.elapsed() > Duration::from_secs(12) {
                break;
            }
            assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
            std::thread::sleep(Duration::from_millis(50));
        }
        if answer.status != StatusCode::OK {
            break;
        }
    }
    assert_eq!(totals, [2, 3, 2], "before, between and after");
}

fn decoded(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match encoding {
        "gzip" => flate2::read::GzDecoder::new(bytes).read_to_end(&mut plain).unwrap(),
        "br" => brotli::Decompressor::new(bytes, 4_096).read_to_end(&mut plain).unwrap(),
        "zstd" => zstd::stream::read::Decoder::new(bytes).unwrap().read_to_end(&mut plain).unwrap(),
        other => panic!("{other} is no encoding"),
    };
    plain
}

#[test]
fn answer_is_the_same_in_every_encoding() {
    let large = format!("/v1/articles/{}", some_id());
    let plain = get(&SITE, &large, &[]);
    assert_eq!(plain.header("content-encoding"), "");
    assert!(plain.body.len() > 1_024, "{}", plain.body.len());
    for encoding in ["gzip", "br", "zstd"] {
        let packed = get(&SITE, &large, &[("accept-encoding", encoding)]);
        assert_eq!(packed.header("content-encoding"), encoding);
        assert_eq!(packed.headers.get_all("vary").iter().count(), 1, "{:?}", packed.headers);
        assert!(packed.body.len() < plain.body.len(), "{encoding}: {} bytes", packed.body.len());
        assert_eq!(decoded(encoding, &packed.body), plain.body, "{encoding}");
        assert_eq!(packed.tag(), plain.tag());
        let again = get(&SITE, &large, &[("accept-encoding", encoding), ("if-none-match", &plain.tag())]);
        assert_eq!((again.status, again.header("content-encoding")), (StatusCode::NOT_MODIFIED, ""));
    }
    for (accepted, chosen) in
        [("gzip;q=0.5, br;q=0.9", "br"), ("deflate", ""), ("identity", ""), ("gzip;q=0", ""), ("*", "?"), ("", "")]
    {
        let found = get(&SITE, &large, &[("accept-encoding", accepted)]);
        assert_eq!(found.status, StatusCode::OK, "{accepted}");
        assert!(chosen == "?" || found.header("content-encoding") == chosen, "{accepted}: {found:?}");
    }
    let small = get(&SITE, "/v1/search?q=zzzzqqqq&literal=true", &[("accept-encoding", "gzip, br, zstd")]);
    assert_eq!((small.status, small.header("content-encoding")), (StatusCode::OK, ""));
    let refused = get(&SITE, &large, &[("accept-encoding", "identity;q=0")]);
    refused.is_problem(StatusCode::NOT_ACCEPTABLE, "no-encoding");
}

#[test]
fn cors_allows_reads_from_configured_origins_and_no_changes() {
    let origin = ("origin", "https://site.example");
    let preflight = |router: &Router, origin: &str, method: &str, path: &str| {
        let headers = [("origin", origin), ("access-control-request-method", method)];
        ask(router, "OPTIONS", path, &headers)
    };
    for path in ["/v1/search?q=x", "/v1/articles/there-is-none", "/v1/search?nope=1"] {
        let answer = get(&SITE, path, &[origin]);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert!(
            !format!("{:?}", answer.headers.get_all("vary").iter().collect::<Vec<_>>())
                .to_lowercase()
                .contains("origin")
        );
        assert!(answer.header("access-control-expose-headers").contains("etag"), "{answer:?}");
    }
    let allowed = preflight(&SITE, "https://site.example", "GET", "/v1/search");
    assert!(allowed.status.is_success());
    assert_eq!(allowed.header("access-control-allow-origin"), "*");
    assert!(allowed.header("access-control-allow-methods").contains("GET"));
    let asked = [
        ("origin", "https://site.example"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "if-none-match,traceparent,x-monitor-id"),
    ];
    let allowed_headers = ask(&SITE, "OPTIONS", "/v1/search", &asked);
    assert_eq!(allowed_headers.header("access-control-allow-headers"), "if-none-match,traceparent,x-monitor-id");
    assert_eq!(allowed_headers.header("access-control-allow-credentials"), "");
    assert_eq!(allowed.header("access-control-max-age"), "86400");

    let origins = ["https://site.example"].map(|origin| origin.to_owned().try_into().unwrap()).to_vec();
    let named = operated(ServiceSettings { cors_origins: Some(origins), ..ServiceSettings::default() });
    let answer = get(&named, "/v1/search?q=x", &[origin]);
    assert_eq!(answer.header("access-control-allow-origin"), "https://site.example");
    let vary: Vec<&str> = answer.headers.get_all("vary").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(vary.join(",").to_lowercase().contains("origin"), "{vary:?}");
    let other = get(&named, "/v1/search?q=x", &[("origin", "https://other.example")]);
    assert_eq!((other.status, other.header("access-control-allow-origin")), (StatusCode::OK, ""));
    assert_eq!(
        preflight(&named, "https://other.example", "GET", "/v1/search").header("access-control-allow-origin"),
        ""
    );

    for router in [&*SITE, &named] {
        for (method, path) in [
            ("PUT", "/v1/articles/x"),
            ("DELETE", "/v1/articles/x"),
            ("POST", "/v1/articles"),
            ("POST", "/v1/reindex"),
            ("GET", "/v1/tasks/1"),
            ("POST", "/v1/rollback"),
            ("POST", "/v1/resume"),
        ] {
            for answer in [preflight(router, origin.1, method, path), ask(router, method, path, &[origin])] {
                assert_eq!(answer.header("access-control-allow-origin"), "", "{method} {path}: {answer:?}");
                assert_eq!(answer.header("access-control-allow-methods"), "");
            }
        }
    }
}

const ROUTES: [&str; 13] = [
    "/",
    "/v1/topics",
    "/v1/recent",
    "/v1/suggest",
    "/suggest.json",
    "/v1/search",
    "/v1/articles",
    "/v1/articles/x",
    "/v1/articles/x/related",
    "/v1/related",
    "/health/livez",
    "/health/readyz",
    "/metrics",
];

#[test]
fn head_and_options_work_on_every_route() {
    for path in ROUTES {
        let options = ask(&SITE, "OPTIONS", path, &[]);
        assert_eq!((options.status, options.body.len()), (StatusCode::NO_CONTENT, 0), "{path}: {options:?}");
        let allowed: BTreeSet<&str> = options.header("allow").split(',').collect();
        assert!(allowed.is_superset(&BTreeSet::from(["GET", "HEAD", "OPTIONS"])), "{path}: {allowed:?}");
        let refused = ask(&SITE, "PATCH", path, &[]);
        refused.is_problem(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed");
        assert_eq!(refused.header("allow"), options.header("allow"), "{path}");
    }
    for path in ["/v1/reindex", "/v1/rollback", "/v1/resume", "/v1/tasks/1"] {
        let options = ask(&SITE, "OPTIONS", path, &[]);
        assert_eq!(options.status, StatusCode::NO_CONTENT, "{path}: {options:?}");
        assert!(options.header("allow").contains("OPTIONS"), "{path}: {options:?}");
        let refused = ask(&SITE, "PATCH", path, &[]);
        refused.is_problem(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed");
        assert_eq!(refused.header("allow"), options.header("allow"), "{path}");
    }
    let posts = ask(&SITE, "OPTIONS", "/v1/multi-search", &[]);
    assert_eq!((posts.status, posts.header("allow")), (StatusCode::NO_CONTENT, "POST,OPTIONS"));
    assert_eq!(ask(&SITE, "HEAD", "/v1/multi-search", &[]).status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(ask(&SITE, "OPTIONS", "/nope", &[]).status, StatusCode::NOT_FOUND);

    let paths =
        index_routes().into_iter().chain(["/", "/health/livez", "/nope", "/v1/search?nope=1"].map(str::to_owned));
    for path in paths {
        for headers in [vec![], vec![("accept-encoding", "gzip")], vec![("origin", "https://a.example")]] {
            let (get, head) = (get(&SITE, &path, &headers), ask(&SITE, "HEAD", &path, &headers));
            assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
            let names = |answer: &Answer| -> BTreeMap<String, String> {
                let headers = answer.headers.iter();
                let texts = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
                texts.filter(|(name, _)| name != "server-timing" && name != "content-length").collect()
            };
            assert_eq!(names(&head), names(&get), "{path}");
            let has_length = !get.header("content-length").is_empty();
            assert_eq!(!head.header("content-length").is_empty(), has_length, "{path} {headers:?}");
            assert_eq!(has_length, get.header("content-encoding").is_empty(), "{path} {headers:?}");
        }
    }
    let id = some_id();
    let (get, head) =
        (get(&SITE, &format!("/v1/articles/{id}"), &[]), ask(&SITE, "HEAD", &format!("/v1/articles/{id}"), &[]));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
}

#[test]
fn server_timing_reports_engine_and_wait_time() {
    let answer = get(&SITE, "/v1/search?q=movilidad", &[]);
    let timing = answer.header("server-timing");
    let of = |name: &str| -> f64 {
        let part = timing.split(", ").find_map(|part| part.strip_prefix(&format!("{name};dur="))).expect(timing);
        part.parse().unwrap()
    };
    assert!(of("engine") > 0.0 && of("wait") >= 0.0, "{timing}");
    assert!(of("total") + 0.02 >= of("engine") + of("wait"), "{timing}");
    let answer = get(&SITE, "/health/livez", &[]);
    assert!(answer.header("server-timing").starts_with("total;dur="), "{answer:?}");
}

#[test]
fn search_beyond_the_queue_limit_is_refused_at_once() {
    let busy = operated(ServiceSettings { max_waiting: 0, ..ServiceSettings::default() });
    let answers = RUNTIME.block_on(async {
        let asked: Vec<_> = (0..200)
            .map(|number| {
                let busy = busy.clone();
                tokio::spawn(async move {
                    let begun = Instant::now();
                    let path = format!("/v1/search?q=movilidad+virtual+{number}");
                    (answer(&busy, request("GET", &path, &[])).await, begun.elapsed())
                })
            })
            .collect();
        let mut answers = Vec::new();
        for asked in asked {
            answers.push(asked.await.unwrap());
        }
        answers
    });
    let (good, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(answer, _)| answer.status == StatusCode::OK);
    assert!(!good.is_empty() && !refused.is_empty(), "{} good, {} refused", good.len(), refused.len());
    for (answer, took) in refused {
        answer.is_problem(StatusCode::SERVICE_UNAVAILABLE, "too-busy");
        assert_eq!(answer.header("retry-after"), "1");
        assert!(*took < Duration::from_secs(1), "{took:?}");
    }
    // By default as many may wait.
    let path = "/v1/search?q=movilidad";
    let few = RUNTIME.block_on(async {
        let asked: Vec<_> =
            (0..32).map(|_| tokio::spawn(async { answer(&SITE, request("GET", path, &[])).await })).collect();
        let mut statuses = Vec::new();
        for asked in asked {
            statuses.push(asked.await.unwrap().status);
        }
        statuses
    });
    assert_eq!(few, vec![StatusCode::OK; 32]);
}

fn limited(trusted: &[&str]) -> Router {
    let rate_limit = RateLimit { per_second: 1.try_into().unwrap(), burst: 3.try_into().unwrap() };
    let trusted_proxies = trusted.iter().map(|network| network.parse().unwrap()).collect();
    operated(ServiceSettings { rate_limit: Some(rate_limit), trusted_proxies, ..ServiceSettings::default() })
}

fn ask_from(router: &Router, peer: &str, path: &str, forwarded: &str) -> Answer {
    let mut request = request("GET", path, &[("x-forwarded-for", forwarded), ("origin", "https://a.example")]);
    request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1_000)));
    RUNTIME.block_on(answer(router, request))
}

#[test]
fn rate_limited_client_gets_retry_after() {
    let path = "/v1/search?q=x&limit=0";
    let router = limited(&[]);
    // Nobody is trusted: what the client says of itself is nothing.
    for number in 0..3 {
        assert_eq!(ask_from(&router, "192.0.2.1", path, &format!("10.0.0.{number}")).status, StatusCode::OK);
    }
    let refused = ask_from(&router, "192.0.2.1", path, "10.0.0.9");
    refused.is_problem(StatusCode::TOO_MANY_REQUESTS, "rate-limited");
    assert_eq!(refused.header("retry-after"), "1");
    assert_eq!(refused.header("access-control-allow-origin"), "*", "a page can read why");
    assert_eq!(ask_from(&router, "192.0.2.2", path, "").status, StatusCode::OK, "another client");
    for path in ["/health/livez", "/health/readyz", "/metrics"] {
        assert_eq!(ask_from(&router, "192.0.2.1", path, "").status, StatusCode::OK, "{path}");
    }
    let metrics = scrape(&get(&router, "/metrics", &[]).body);
    assert_eq!(metrics["fichero_problems_total{code=\"rate-limited\"}"], 1.0);
    std::thread::sleep(Duration::from_millis(1_050));
    assert_eq!(ask_from(&router, "192.0.2.1", path, "").status, StatusCode::OK, "a second later");

    let router = limited(&["127.0.0.1/32", "10.0.0.0/8"]);
    for _ in 0..3 {
        assert_eq!(ask_from(&router, "127.0.0.1", path, "1.1.1.1, 198.51.100.1, 10.0.0.1").status, StatusCode::OK);
    }
    assert_eq!(ask_from(&router, "127.0.0.1", path, "2.2.2.2, 198.51.100.1").status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask_from(&router, "127.0.0.1", path, "198.51.100.2").status, StatusCode::OK);
}

#[test]
fn multi_search_counts_each_search_for_the_rate_limit() {
    let rate_limit = RateLimit { per_second: 1.try_into().unwrap(), burst: 6.try_into().unwrap() };
    let router = operated(ServiceSettings { rate_limit: Some(rate_limit), ..ServiceSettings::default() });
    let several = |peer: &str, searches: usize| {
        let mut request = request("POST", "/v1/multi-search", &[("content-type", "application/json")]);
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1_000)));
        *request.body_mut() =
            Body::from(json!({ "searches": vec![json!({ "q": "x", "limit": 0 }); searches] }).to_string());
        RUNTIME.block_on(answer(&router, request))
    };
    assert_eq!(several("192.0.2.1", 4).status, StatusCode::OK);
    several("192.0.2.1", 4).is_problem(StatusCode::TOO_MANY_REQUESTS, "rate-limited");
    assert_eq!(several("192.0.2.2", 6).status, StatusCode::OK, "all that it may ask at once");
    several("192.0.2.2", 1).is_problem(StatusCode::TOO_MANY_REQUESTS, "rate-limited");
    several("192.0.2.3", 7).is_problem(StatusCode::TOO_MANY_REQUESTS, "rate-limited");
}

#[test]
fn cursor_page_has_no_etag() {
    let first = get(&SITE, "/v1/search?q=movilidad&limit=2", &[]).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = get(&SITE, &format!("/v1/search?q=movilidad&limit=2&cursor={cursor}"), &[]);
    assert_eq!((second.status, second.header("etag")), (StatusCode::OK, ""));
    assert_eq!(second.header("cache-control"), "no-cache");
}

#[test]
fn post_searches_allow_cors_are_counted_and_not_cached() {
    let site = operated(ServiceSettings::default());
    let post = |path: &str, body: String| {
        let mut request =
            request("POST", path, &[("content-type", "application/json"), ("origin", "https://a.example")]);
        *request.body_mut() = Body::from(body);
        RUNTIME.block_on(answer(&site, request))
    };
    let one = post("/v1/search", json!({ "q": "zzzzqqqq", "literal": true }).to_string());
    assert_eq!((one.status, one.header("cache-control"), one.header("etag")), (StatusCode::OK, "no-store", ""));
    assert_eq!(one.header("access-control-allow-origin"), "*");
    let several = json!({ "searches": [{ "q": "movilidad" }, { "q": "zzzzqqqq" }, { "q": "virtual" }] });
    assert_eq!(post("/v1/multi-search", several.to_string()).status, StatusCode::OK);
    let large = post("/v1/search", json!({ "q": "x".repeat(65 << 10) }).to_string());
    large.is_problem(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large");
    let metrics = scrape(&get(&site, "/metrics", &[]).body);
    assert_eq!((metrics["fichero_searches_total"], metrics["fichero_searches_without_results_total"]), (4.0, 2.0));
}

#[test]
fn too_large_headers_are_refused() {
    let large = "x".repeat(33 << 10);
    get(&SITE, "/v1/search", &[("x-large", &large)])
        .is_problem(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers-too-large");
    let fits = "x".repeat(30 << 10);
    assert_eq!(get(&SITE, "/v1/search", &[("x-large", &fits)]).status, StatusCode::OK);
}

#[test]
fn metrics_count_what_happened() {
    let site = operated(ServiceSettings::default());
    let id = some_id();
    let tag = get(&site, "/v1/search?q=movilidad", &[]).tag();
    get(&site, "/v1/search?q=movilidad", &[("if-none-match", &tag)]);
    get(&site, "/v1/search?q=zzzzqqqq", &[]);
    get(&site, "/v1/search?nope=1", &[]);
    get(&site, &format!("/v1/articles/{id}"), &[]);
    get(&site, "/v1/articles/there-is-none", &[]);
    for path in ["/nope", "/nope/again", "/v3"] {
        get(&site, path, &[]);
    }
    ask(&site, "BREW", "/v1/search", &[]);
    ask(&site, "PROPFIND", "/v1/search", &[]);
    let answer = get(&site, "/metrics", &[]);
    assert_eq!(answer.header("content-type"), "application/openmetrics-text; version=1.0.0; charset=utf-8");
    let metrics = scrape(&answer.body);
    let requests = |method: &str, route: &str, status: u16| {
        let name = format!("fichero_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}");
        metrics.get(&name).copied().unwrap_or_else(|| panic!("{name} of {metrics:#?}"))
    };
    assert_eq!(requests("GET", "/v1/search", 200), 2.0);
    assert_eq!(requests("GET", "/v1/search", 304), 1.0);
    assert_eq!(requests("GET", "/v1/search", 400), 1.0);
    assert_eq!(requests("GET", "/v1/articles/{id}", 200), 1.0);
    assert_eq!(requests("GET", "/v1/articles/{id}", 404), 1.0);
    assert_eq!(requests("GET", "unmatched", 404), 3.0, "addresses that a client makes up are one");
    assert_eq!(requests("other", "/v1/search", 405), 2.0, "and so are methods");
    assert_eq!(metrics["fichero_searches_total"], 2.0);
    assert_eq!(metrics["fichero_searches_without_results_total"], 1.0);
    assert_eq!(metrics["fichero_problems_total{code=\"no-such-route\"}"], 3.0);
    assert_eq!(metrics["fichero_request_duration_seconds_count{route=\"/v1/search\"}"], 6.0);
    assert_eq!(metrics["fichero_engine_duration_seconds_count{route=\"/v1/search\"}"], 2.0, "304 needs no engine");
    assert!(metrics["fichero_engine_duration_seconds_sum{route=\"/v1/search\"}"] > 0.0);
    let engine = CORPUS.slot.load_full().unwrap();
    for (lang, count) in engine.status_at(0).articles_by_language.iter() {
        assert_eq!(metrics[&format!("fichero_articles{{lang=\"{lang}\"}}")], *count as f64);
    }
    assert_eq!(metrics["fichero_ready"], 1.0);
    assert_eq!(metrics[&format!("fichero_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))], 1.0);
    let started = jiff::Timestamp::now().as_second() as f64 - metrics["process_start_time_seconds"];
    assert!((-1.0..3_600.0).contains(&started), "{started}");
    if cfg!(target_os = "linux") {
        assert!(metrics["process_cpu_seconds_total"] > 0.0);
    }
    assert_eq!(metrics["fichero_index_generation"], 1.0);
    assert!(metrics["process_resident_memory_bytes"] > 1e6);
    assert!(!String::from_utf8_lossy(&answer.body).contains("movilidad"), "what people search for is not told");

    let empty = router(EngineSlot::default(), Settings::default());
    assert_eq!(scrape(&get(&empty, "/metrics", &[]).body)["fichero_ready"], 0.0);
}
