//! The service over real connections:
//!
//! * heads of requests that are too large, too many or too slow are refused, bodies that do not
//!   come are cut, idle connections and those that read nothing are closed;
//! * whatever connections wait for, they shut nobody out: they give way to new ones, also where file
//!   descriptors run out, and behind a proxy they are those of its clients;
//! * clients are told apart by the address of their connection;
//! * the dashboard shows only what `/metrics` tells, and what waits after a rollback is told;
//! * with the feature `otlp`, spans of requests and reindexes reach a collector.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::open_metrics::scrape;
use crate::support::{self, Server, run, run_json, wait_until};

/// A folder with a site of a few articles and a configuration.
fn folder(http: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("[http]\n{http}\n[[source]]\nname = \"site\"\npath = \"site.jsonl\"\n");
    fs::write(folder.path().join("fichero.toml"), config).unwrap();
    write(folder.path(), 3);
    folder
}

fn write(folder: &Path, count: usize) {
    let lines: String = (0..count)
        .map(|number| format!("{}\n", json!({ "id": format!("a{number}"), "lang": "en", "title": "Harbour" })))
        .collect();
    fs::write(folder.join("site.jsonl"), lines).unwrap();
}

/// The names of metrics in a query.
fn names(expression: &str) -> BTreeSet<String> {
    let words = expression.split(|each: char| !each.is_ascii_alphanumeric() && each != '_');
    words.filter(|word| word.starts_with("fichero_") || word.starts_with("process_")).map(str::to_owned).collect()
}

fn metrics(server: &Server) -> BTreeMap<String, f64> {
    scrape(&server.client().get("/metrics").body)
}

#[test]
fn dashboard_uses_only_existing_metrics() {
    let folder = folder("");
    let server = Server::start(folder.path(), &[]);
    let mut client = server.client();
    assert_eq!(client.get("/v1/search?q=harbour").status, 200);
    assert_eq!(client.get("/nope").status, 404);
    let first = metrics(&server);
    assert_eq!(first["fichero_articles{lang=\"en\"}"], 3.0);
    assert_eq!(first["fichero_last_reindex_outcome{outcome=\"accepted\"}"], 1.0);
    assert!(first["fichero_index_age_seconds"] < 60.0);
    let now_s = jiff::Timestamp::now().as_second() as f64;
    assert!((now_s - first["fichero_last_reindex_timestamp_seconds"]).abs() < 60.0);
    assert!((0.0..60.0).contains(&first["fichero_last_reindex_duration_seconds"]));
    assert_eq!((first["fichero_pending_changes"], first["fichero_changes_held"]), (0.0, 0.0));

    let dashboard: Value = serde_json::from_str(include_str!("../../deploy/grafana-dashboard.json")).unwrap();
    let told: BTreeSet<&str> = first.keys().map(|series| series.split('{').next().unwrap()).collect();
    let mut shown = 0;
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap();
            assert!(!names(expression).is_empty(), "{expression}");
            for name in names(expression) {
                assert!(told.contains(name.as_str()), "{name} of {expression} is not among {told:?}");
                shown += 1;
            }
        }
    }
    for variable in dashboard["templating"]["list"].as_array().unwrap() {
        for name in names(variable["query"].as_str().unwrap()) {
            assert!(told.contains(name.as_str()), "{name}");
        }
    }
    assert!(shown >= 20, "{shown}");

    // What waits after a rollback is told.
    write(folder.path(), 5);
    run_json(folder.path(), &["reindex", "--full", "--json"]);
    wait_until("the second generation", || metrics(&server)["fichero_index_generation"] == 2.0);
    run(folder.path(), &["rollback"]);
    wait_until("the rollback", || metrics(&server)["fichero_index_generation"] == 1.0);
    let held = metrics(&server);
    assert_eq!((held["fichero_changes_held"], held["fichero_pending_changes"]), (1.0, 2.0), "{held:#?}");
    run(folder.path(), &["resume"]);
    wait_until("the resumption", || metrics(&server)["fichero_pending_changes"] == 0.0);
    assert_eq!(metrics(&server)["fichero_articles{lang=\"en\"}"], 5.0);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
}

#[test]
fn rate_limit_is_per_connection_address() {
    let folder = folder("rate_limit = { per_second = 1, burst = 5 }");
    let server = Server::start(folder.path(), &[]);
    let statuses: Vec<u16> = (0..8).map(|_| server.client().get("/v1/search?limit=0").status).collect();
    assert_eq!(statuses[..5], [200; 5]);
    assert!(statuses[5..].contains(&429), "{statuses:?}");
    assert_eq!(server.client().get("/health/readyz").status, 200);
}

#[test]
fn request_heads_are_bounded() {
    let folder = folder("");
    let server = Server::start(folder.path(), &[]);
    let status = |head: String| {
        let mut client = server.client();
        client.send(head.as_bytes());
        let answer = client.receive_head();
        for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "same-origin")] {
            assert!(answer.headers.contains(&(name.into(), value.into())), "{head:.40}: {:?}", answer.headers);
        }
        answer.status
    };
    let host = "host: fichero\r\n";
    let many: String = (0..150).map(|number| format!("x-{number}: y\r\n")).collect();
    assert_eq!(status(format!("GET /health/livez HTTP/1.1\r\n{host}{many}\r\n")), 431);
    let large = "y".repeat(40 << 10);
    assert_eq!(status(format!("GET /health/livez HTTP/1.1\r\n{host}x: {large}\r\n\r\n")), 431);
    let long = "a".repeat(70 << 10);
    assert_eq!(status(format!("GET /v1/search?q={long} HTTP/1.1\r\n{host}\r\n")), 414);
    assert_eq!(status("GET / HTTP/1.1\r\nno header\r\n\r\n".into()), 400);
    let fits = "a".repeat(60 << 10);
    assert_eq!(status(format!("GET /v1/search?q={fits} HTTP/1.1\r\n{host}\r\n")), 200);
    // Without end: cut where it is too much.
    let mut client = server.client();
    client.send(b"GET / HTTP/1.1\r\nx: ");
    client.send(&vec![b'y'; 128 << 10]);
    assert_eq!(client.receive_head().status, 431);
    assert_eq!(server.client().get("/health/livez").status, 200);
}

#[test]
fn slow_heads_time_out_and_idle_connections_are_closed() {
    let folder = folder("idle_timeout_ms = 400");
    let server = Server::start(folder.path(), &[]);
    let mut idle = server.client();
    assert_eq!(idle.get("/health/livez").status, 200);
    let mut silent = server.client();
    let mut slow = server.client();
    slow.send(b"GET /health/livez HTTP/1.1\r\nhost: fich");
    let begun = Instant::now();
    assert_eq!(slow.receive_head().status, 408);
    assert_eq!(slow.rest(), b"", "and closed");
    assert_eq!((idle.rest(), silent.rest()), (Vec::new(), Vec::new()), "closed without a word");
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    // A drop now and then does not keep it open.
    let mut dripping = server.client();
    for byte in b"GET /health/livez" {
        // On a slow machine the end may come before the last drop.
        let _ = dripping.try_send(&[*byte]);
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(dripping.receive_head().status, 408);
}

#[test]
fn slow_bodies_time_out() {
    let folder = folder("request_timeout_ms = 400");
    let server = Server::start(folder.path(), &[]);
    let mut slow = server.client();
    let head =
        "POST /v1/search HTTP/1.1\r\nhost: fichero\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n";
    slow.send(head.as_bytes());
    slow.send(b"{\"q\":");
    let answer = slow.receive();
    assert_eq!((answer.status, &answer.json()["code"]), (408, &json!("body-too-slow")));
    assert_eq!(slow.rest(), b"", "and closed");
    assert_eq!(server.client().get("/v1/search?q=harbour").status, 200);
}

#[test]
fn client_that_reads_nothing_is_disconnected() {
    let folder = folder("idle_timeout_ms = 500");
    // An answer of 150 KB: a few of them are more than waits between two ends.
    let record = |number: usize| {
        let summary = format!("harbour {number} ").repeat(250);
        json!({ "id": format!("a{number}"), "lang": "en", "title": "Harbour", "summary": summary }).to_string()
    };
    fs::write(folder.path().join("site.jsonl"), (0..50).map(record).collect::<Vec<_>>().join("\n")).unwrap();
    let server = Server::start(folder.path(), &[]);
    let mut reader = TcpStream::connect(&server.address).unwrap();
    let asked = 500;
    let mut writer = reader.try_clone().unwrap();
    let asking = thread::spawn(move || {
        // The server stops reading when its answers are not read, and then closes.
        let request = "GET /v1/search?limit=50 HTTP/1.1\r\nhost: fichero\r\n\r\n";
        let _ = writer.write_all(request.repeat(asked).as_bytes());
    });
    let mut made = (0.0, Instant::now());
    wait_until("the server to stop answering", || {
        let count = metrics(&server).get("fichero_searches_total").copied().unwrap_or_default();
        if count != made.0 {
            made = (count, Instant::now());
        }
        count > 0.0 && made.1.elapsed() > Duration::from_secs(3)
    });
    let mut read = Vec::new();
    reader.set_read_timeout(Some(support::PATIENCE)).unwrap();
    // It may end by a reset.
    let _ = reader.read_to_end(&mut read);
    asking.join().unwrap();
    let answered = read.windows(12).filter(|part| *part == b"HTTP/1.1 200").count();
    assert!(answered > 0 && answered < asked, "{answered}");
    assert_eq!(metrics(&server)["fichero_searches_total"], made.0, "nothing was answered afterwards");
}

#[test]
fn longest_idle_connection_is_closed_for_a_new_one() {
    let folder = folder("max_connections = 2\nidle_timeout_ms = 60000");
    let server = Server::start(folder.path(), &[]);
    let (mut first, mut second) = (server.client(), server.client());
    assert_eq!((first.get("/health/livez").status, second.get("/health/livez").status), (200, 200));
    // Whoever was served last is the last to give way.
    assert_eq!(first.get("/health/livez").status, 200);
    let mut third = server.client();
    assert_eq!(third.get("/health/livez").status, 200);
    assert_eq!(second.rest(), b"", "closed without a word");
    assert_eq!((first.get("/health/livez").status, third.get("/health/livez").status), (200, 200));
    // Told to end with connections open, it ends.
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
}

/// How a connection may wait for its client.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Waits {
    Silent,
    InHead,
    InBody,
    AfterAnAnswer,
    UnreadAnswers,
}

/// Opens a connection that waits; `None` where it was closed meanwhile.
fn wait_on(address: &str, how: Waits, from: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    let from = format!("host: fichero\r\nx-forwarded-for: {from}\r\n");
    let sent = match how {
        Waits::Silent => String::new(),
        Waits::InHead => format!("GET /health/livez HTTP/1.1\r\n{from}x: y"),
        Waits::InBody => {
            format!("POST /v1/search HTTP/1.1\r\n{from}content-type: application/json\r\ncontent-length: 9\r\n\r\n{{")
        }
        Waits::AfterAnAnswer => format!("GET /health/livez HTTP/1.1\r\n{from}\r\n"),
        Waits::UnreadAnswers => format!("GET /widgets/fichero.js HTTP/1.1\r\n{from}\r\n").repeat(200),
    };
    stream.write_all(sent.as_bytes()).ok()?;
    if how == Waits::AfterAnAnswer {
        stream.set_read_timeout(Some(support::PATIENCE)).unwrap();
        stream.read_exact(&mut [0; 12]).ok()?;
    }
    Some(stream)
}

#[test]
fn idle_connections_do_not_block_new_ones() {
    let folder = folder("max_connections = 40\nrequest_timeout_ms = 60000\ntrusted_proxies = [\"127.0.0.1/32\"]");
    let config = fs::read_to_string(folder.path().join("fichero.toml")).unwrap();
    fs::write(folder.path().join("direct.toml"), config.replace("127.0.0.1/32", "192.0.2.0/24")).unwrap();
    for config in ["fichero.toml", "direct.toml"] {
        let server = Server::start(folder.path(), &["--config", config]);
        for how in [Waits::Silent, Waits::InHead, Waits::InBody, Waits::AfterAnAnswer, Waits::UnreadAnswers] {
            let waiting: Vec<_> = (0..120).map(|n| wait_on(&server.address, how, &format!("192.0.2.{n}"))).collect();
            for _ in 0..5 {
                let begun = Instant::now();
                let mut reader = server.client();
                assert_eq!(reader.get("/v1/search?q=harbour").status, 200, "{how:?}");
                assert!(begun.elapsed() < Duration::from_secs(5), "{how:?}: {:?}", begun.elapsed());
            }
            drop(waiting);
        }
    }
}

/// Sets how many files a process may have open; what more would be refused.
#[cfg(target_os = "linux")]
fn limit_files(server: &Server, more: u64) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    let open = fs::read_dir(format!("/proc/{}/fd", server.id())).unwrap().count() as u64;
    let limit = Rlimit { current: Some(open + more), maximum: Some(open + more) };
    prlimit(Pid::from_raw(server.id() as i32), Resource::Nofile, limit).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn idle_connections_are_closed_when_file_descriptors_run_out() {
    let folder = folder("");
    let mut server = Server::start(folder.path(), &[]);
    assert_eq!(server.client().get("/v1/search?q=harbour").status, 200);
    limit_files(&server, 12);
    let idle: Vec<_> = (0..60).map(|_| wait_on(&server.address, Waits::Silent, "192.0.2.1")).collect();
    for _ in 0..5 {
        assert_eq!(server.client().get("/v1/search?q=harbour").status, 200);
    }
    assert!(server.is_running());
    let warnings = server.log().matches("could not be accepted").count();
    assert!((1..=3).contains(&warnings), "{warnings}: {}", server.log());
    drop(idle);
}

#[cfg(feature = "otlp")]
#[test]
fn spans_of_requests_and_reindexes_reach_a_collector() {
    use std::net::TcpListener;
    use std::sync::{Arc, Mutex};

    /// The heads and bodies of requests.
    type Received = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let received = Received::default();
    let store = received.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut bytes = Vec::new();
            let mut part = [0; 4_096];
            let (head, length) = loop {
                let read = stream.read(&mut part).unwrap();
                bytes.extend_from_slice(&part[..read]);
                let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
                let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                let length = length.parse::<usize>().unwrap();
                bytes.drain(..end + 4);
                break (head, length);
            };
            while bytes.len() < length {
                let read = stream.read(&mut part).unwrap();
                bytes.extend_from_slice(&part[..read]);
            }
            store.lock().unwrap().push((head, bytes));
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").unwrap();
        }
    });
    let has = |text: &str| {
        received.lock().unwrap().iter().any(|(head, body)| {
            head.starts_with("post /v1/traces") && body.windows(text.len()).any(|part| part == text.as_bytes())
        })
    };

    let folder = folder("");
    let environment = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let output = support::fichero(folder.path()).args(["reindex"]).envs(environment).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(has("reindex") && has("fichero"), "sent before the command ends");
    assert!(!has("/v1/search"));

    let server = Server::start_with(folder.path(), &[], &environment);
    assert_eq!(server.client().get("/v1/search?q=harbour").status, 200);
    let (status, log) = server.stop();
    assert!(status.success(), "{log}");
    assert!(has("request") && has("/v1/search"), "sent before the server ends");
    assert!(!has("harbour"), "what people search for is not sent");
}
