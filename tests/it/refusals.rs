//! What HTTP says beside the answers themselves, over real connections:
//!
//! * who is refused before the body is read is told so, told that the connection ends, and comes to
//!   read it; a body that says that it is too long is refused before it comes, a coded one unread;
//! * every answer forbids browsers to guess its type and to tell where a reader comes from;
//! * an answer whose links name one host is not taken for that of another;
//! * who guesses the admin token is slowed, and nobody else is.

use std::fs;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::support::{Answer, Client, Server};

const TOKEN: &str = "correct-horse-battery";

fn start(http: &str) -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("[http]\n{http}\n[[source]]\nname = \"site\"\npath = \"site.jsonl\"\n");
    fs::write(folder.path().join("fichero.toml"), config).unwrap();
    let article = json!({ "id": "a", "lang": "en", "title": "Harbour", "url": "https://www.example.org/harbour" });
    fs::write(folder.path().join("site.jsonl"), article.to_string()).unwrap();
    let server = Server::start_with(folder.path(), &[], &[("FICHERO_TOKEN", TOKEN)]);
    (folder, server)
}

fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    answer.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// The head of a request; `token` is shown where there is one.
fn head(method: &str, path: &str, token: &str, headers: &str) -> String {
    let authorization = if token.is_empty() { String::new() } else { format!("authorization: Bearer {token}\r\n") };
    format!("{method} {path} HTTP/1.1\r\nhost: fichero\r\n{authorization}{headers}\r\n")
}

const JSON: &str = "content-type: application/json\r\n";

/// Refused whatever the body is: method, path, token, headers, status.
const REFUSED: [(&str, &str, &str, &str, u16); 10] = [
    ("PUT", "/v1/articles/x", "", JSON, 401),
    ("PUT", "/v1/articles/x", "not-the-token-at-all", JSON, 401),
    ("POST", "/v1/articles", "", "content-type: application/x-ndjson\r\n", 401),
    ("POST", "/v1/reindex", "", JSON, 401),
    ("PUT", "/v1/articles/x", TOKEN, "content-type: text/plain\r\n", 415),
    ("PUT", "/v1/articles/x", TOKEN, "content-type: application/json\r\ncontent-encoding: gzip\r\n", 415),
    ("POST", "/v1/search", "", JSON, 413),
    ("POST", "/v1/related", "", JSON, 413),
    ("POST", "/nope", "", JSON, 404),
    ("PATCH", "/v1/search", "", JSON, 405),
];

#[test]
fn refused_upload_gets_a_reason_and_connection_close() {
    let (_folder, server) = start("");
    // More than waits between two ends.
    let body = vec![b' '; 12 << 20];
    for (method, path, token, headers, status) in REFUSED {
        for is_chunked in [false, true] {
            let length = match is_chunked {
                true => "transfer-encoding: chunked\r\n".to_owned(),
                false => format!("content-length: {}\r\n", body.len()),
            };
            let mut client = server.client();
            client.send(head(method, path, token, &format!("{headers}{length}")).as_bytes());
            if is_chunked {
                client.send(format!("{:x}\r\n", body.len()).as_bytes());
            }
            client.send(&body);
            let answer = client.receive();
            let told = (answer.status, header(&answer, "connection"));
            assert_eq!(told, (status, Some("close")), "{method} {path} {headers} {is_chunked}");
            assert_eq!(client.rest(), b"", "{method} {path}");
        }
        // Who asks first need not send it at all.
        let mut client = server.client();
        let expects = format!("{headers}content-length: {}\r\nexpect: 100-continue\r\n", body.len());
        client.send(head(method, path, token, &expects).as_bytes());
        let answer = client.receive();
        assert_eq!((answer.status, header(&answer, "connection")), (status, Some("close")), "{method} {path} expects");
    }
    // Whoever sends no body, or one that is read, is kept.
    let mut client = server.client();
    for (method, path, status) in [("GET", "/nope", 404), ("DELETE", "/v1/articles/x", 401)] {
        client.send(head(method, path, "", "").as_bytes());
        let answer = client.receive();
        assert_eq!((answer.status, header(&answer, "connection")), (status, None), "{method} {path}");
    }
    let bad = "{\"q\": 1";
    client.send(format!("{}{bad}", head("POST", "/v1/search", "", &format!("{JSON}content-length: 7\r\n"))).as_bytes());
    assert_eq!(client.receive().status, 400);
    assert_eq!(client.get("/v1/search?q=harbour").status, 200);
}

#[test]
fn declared_oversized_body_is_refused_at_once() {
    let (_folder, server) = start("");
    for (method, path, token) in [
        ("PUT", "/v1/articles/x", TOKEN),
        ("POST", "/v1/search", ""),
        ("POST", "/v1/multi-search", ""),
        ("POST", "/v1/related", ""),
        ("POST", "/v1/reindex", TOKEN),
    ] {
        let mut client = server.client();
        let begun = Instant::now();
        client.send(head(method, path, token, &format!("{JSON}content-length: 1000000000000\r\n")).as_bytes());
        let answer = client.receive();
        assert_eq!((answer.status, &answer.json()["code"]), (413, &json!("body-too-large")), "{method} {path}");
        assert_eq!(header(&answer, "connection"), Some("close"));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}

#[test]
fn encoded_body_is_refused_with_the_accepted_encodings() {
    let (_folder, server) = start("");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(b"{}").unwrap();
    let body = gzip.finish().unwrap();
    for (method, path, media_type) in [
        ("PUT", "/v1/articles/x", "application/json"),
        ("POST", "/v1/articles", "application/x-ndjson"),
        ("POST", "/v1/search", "application/json"),
        ("POST", "/v1/related", "application/json"),
        ("POST", "/v1/reindex", "application/json"),
    ] {
        for coding in ["gzip", "GZIP", "identity, br", "x-unknown", "zstd"] {
            let bearer = format!("Bearer {TOKEN}");
            let headers =
                [("authorization", bearer.as_str()), ("content-type", media_type), ("content-encoding", coding)];
            let answer = server.client().try_request(method, path, &headers, &body).unwrap();
            assert_eq!((answer.status, &answer.json()["code"]), (415, &json!("unsupported-media-type")), "{path}");
            assert_eq!(header(&answer, "accept-encoding"), Some("identity"), "{path} {coding}");
        }
    }
    let headers = [("content-type", "application/json"), ("content-encoding", "identity")];
    let plain = server.client().try_request("POST", "/v1/search", &headers, b"{\"q\": \"harbour\"}").unwrap();
    assert_eq!(plain.status, 200);
}

#[test]
fn every_answer_has_nosniff_and_a_referrer_policy() {
    let (_folder, server) = start("max_waiting = 1");
    let check = |answer: &Answer, what: &str| {
        assert_eq!(header(answer, "x-content-type-options"), Some("nosniff"), "{what}: {answer:?}");
        assert_eq!(header(answer, "referrer-policy"), Some("same-origin"), "{what}: {answer:?}");
    };
    let paths = [
        "/",
        "/search?q=harbour",
        "/docs",
        "/openapi.json",
        "/opensearch.xml",
        "/search.atom?q=harbour",
        "/suggest.json?q=h",
        "/v1/search?q=harbour",
        "/v1/search?nope=1",
        "/v1/articles/a",
        "/v1/articles/none",
        "/v1/related?id=a",
        "/v1/recent",
        "/v1/topics",
        "/v1/suggest?q=h",
        "/v1/tasks/1",
        "/widgets/fichero.js",
        "/widgets/related?id=a",
        "/widgets/related?id=none",
        "/metrics",
        "/health/livez",
        "/health/readyz",
        "/nope",
        "/favicon.ico",
    ];
    for path in paths {
        let first = server.client().get(path);
        check(&first, path);
        for method in ["HEAD", "OPTIONS", "PATCH"] {
            let mut client = server.client();
            client.send(head(method, path, "", "content-length: 0\r\n").as_bytes());
            check(&client.receive_head(), &format!("{method} {path}"));
        }
        let mut preflight = server.client();
        let asks = "origin: https://a.example\r\naccess-control-request-method: GET\r\n";
        preflight.send(head("OPTIONS", path, "", asks).as_bytes());
        check(&preflight.receive_head(), &format!("preflight {path}"));
        if let Some(tag) = header(&first, "etag") {
            let mut client = server.client();
            client.send(head("GET", path, "", &format!("if-none-match: {tag}\r\n")).as_bytes());
            let answer = client.receive_head();
            assert_eq!(answer.status, 304, "{path}");
            check(&answer, &format!("304 {path}"));
        }
    }
}

#[test]
fn answer_for_one_host_is_not_reused_for_another() {
    let (_folder, server) = start("");
    for path in ["/search.atom?q=harbour", "/search?q=harbour"] {
        let asked = |target: &str, headers: &str| {
            let mut client = server.client();
            client.send(format!("GET {target} HTTP/1.1\r\n{headers}\r\n").as_bytes());
            client.receive_head()
        };
        let ours = asked(path, "host: ours.example\r\n");
        let tag = header(&ours, "etag").unwrap();
        let unchanged = format!("if-none-match: {tag}\r\n");
        assert_eq!(asked(path, &format!("host: ours.example\r\n{unchanged}")).status, 304);
        for (target, headers) in [
            (format!("http://evil.example{path}"), "host: ours.example\r\n"),
            (format!("http://ours.example:81{path}"), "host: ours.example\r\n"),
            (path.to_owned(), "host: evil.example\r\n"),
            (path.to_owned(), "host: ours.example\r\nhost: evil.example\r\n"),
            (path.to_owned(), "host: evil.example\r\nhost: ours.example\r\n"),
        ] {
            let theirs = asked(&target, &format!("{headers}{unchanged}"));
            assert_ne!(theirs.status, 304, "{target} {headers}");
            assert_ne!(header(&theirs, "etag"), Some(tag), "{target} {headers}");
        }
        // What names the same host in another way is the same.
        let absolute = asked(&format!("http://ours.example{path}"), &format!("host: evil.example\r\n{unchanged}"));
        assert_eq!(absolute.status, 304, "{path}");
    }
}

fn ask_as(server: &Server, client: &str, token: &str) -> u16 {
    let mut stream = Client::new(&server.address);
    let from = format!("x-forwarded-for: {client}\r\n");
    stream.send(head("GET", "/v1/tasks/1", token, &from).as_bytes());
    stream.receive().status
}

#[test]
fn token_guesses_are_slowed_only_for_the_guessing_client() {
    let (_folder, server) = start("trusted_proxies = [\"127.0.0.1/32\"]");
    let begun = Instant::now();
    let guesses = 20;
    for number in 0..guesses {
        // Another address of one IPv6 network of 64 bits each time.
        let address = format!("2001:db8::{number:x}");
        assert_eq!(ask_as(&server, &address, &format!("a-guess-of-the-token-{number}")), 401);
    }
    assert!(begun.elapsed() >= Duration::from_secs(2), "{:?}", begun.elapsed());
    thread::scope(|scope| {
        for number in 0..8 {
            let server = &server;
            scope.spawn(move || {
                for guess in 0..3 {
                    ask_as(server, "2001:db8::1", &format!("another-guess-{number}-{guess}"));
                }
            });
        }
        // From elsewhere the right one is taken at once, meanwhile.
        for client in ["192.0.2.1", "2001:db8:0:1::1"] {
            let begun = Instant::now();
            assert_eq!(ask_as(&server, client, TOKEN), 404);
            assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        }
        // And from where somebody guesses, in its turn.
        assert_eq!(ask_as(&server, "2001:db8::1", TOKEN), 404);
    });
    // Who has shown no token has guessed none.
    let begun = Instant::now();
    for _ in 0..50 {
        assert_eq!(ask_as(&server, "192.0.2.9", ""), 401);
    }
    assert_eq!(ask_as(&server, "192.0.2.9", TOKEN), 404);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
