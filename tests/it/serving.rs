//! The server's life, with the real binary and real connections:
//!
//! * the first start indexes and says where it answers; the second serves without indexing;
//! * a running server takes up what another process accepts (added, changed, deleted), builds
//!   (`--full`), rolls back and resumes: without a restart, over connections that are never
//!   closed, and without one failed or empty answer meanwhile;
//! * a reindex takes up the synonyms, under an index version of their own; a broken file of them
//!   changes nothing and is told;
//! * where a reindex holds its lock at the first start, the server indexes once it is free; what
//!   fails while there is something to answer from is told once and tried again;
//! * told to end, it finishes what is in flight and exits with 0; who only holds a connection
//!   open does not keep it;
//! * where nobody reads what it prints it goes on; it does not outlive the thread that keeps its
//!   index;
//! * a port in use is one clear error and exit code 1;
//! * with `--log-format json` every line of the log is a JSON object;
//! * what people search for is not in the log.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use fichero::article::Article;
use fichero::config::Config;
use fichero::engine::SearchEngine;
use fichero::indexing::index_updater::open_engine;
use fichero::indexing::report::Progress;
use fichero::server::serve;
use fichero::storage::catalog::Catalog;
use fichero::storage::catalog::push::Push;
use fichero::storage::data_dir::DataFolder;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Client, Server, fichero, run, run_json, wait_until};

/// A folder with a configuration and a few articles in two languages.
fn site() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fichero.toml"), "[[source]]\nname = \"site\"\npath = \"site\"\n").unwrap();
    fs::create_dir(folder.path().join("site")).unwrap();
    for number in 0..20 {
        write(folder.path(), &format!("en-{number}"), "en", &format!("University number {number}"));
        write(folder.path(), &format!("es-{number}"), "es", &format!("Universidad número {number}"));
    }
    folder
}

/// Writes an article; its work is what stands behind the `-` of its id.
fn write(folder: &Path, id: &str, lang: &str, title: &str) {
    let work = id.split('-').nth(1).unwrap_or(id);
    let text = format!(
        "---\ntitle: \"{title}\"\nlang: {lang}\nwork: \"{work}\"\n---\nThe students of the university read about {title}.\n"
    );
    fs::write(folder.join("site").join(format!("{id}.md")), text).unwrap();
}

fn total(client: &mut Client, query: &str) -> u64 {
    let answer = client.get(&format!("/v1/search?q={query}&literal=true"));
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["total"]["value"].as_u64().unwrap()
}

fn index_version(client: &mut Client) -> String {
    client.get("/health/readyz").json()["index_version"].as_str().unwrap().to_owned()
}

#[test]
fn first_start_indexes_and_second_serves_at_once() {
    let folder = site();
    let first = Server::start(folder.path(), &[]);
    assert!(
        first.announcement.contains(&first.address) && first.announcement.contains("curl"),
        "{}",
        first.announcement
    );
    let mut client = first.client();
    assert_eq!(client.get("/health/readyz").json()["articles"], 40);
    assert_eq!(total(&mut client, "university"), 20);
    let version = index_version(&mut client);
    let (status, log) = first.stop();
    assert!(status.success(), "{status}: {log}");
    assert!(log.contains("built a generation") && log.contains("read a source"), "{log}");

    let before = run_json(folder.path(), &["status", "--json"]);
    assert_eq!(before["last_run"]["state"], "accepted");
    // What is on disk has changed; taking it up is for `reindex` to do, not for a start.
    write(folder.path(), "en-new", "en", "University that came later");
    let second = Server::start(folder.path(), &[]);
    let mut client = second.client();
    assert_eq!(total(&mut client, "university"), 20);
    assert_eq!(index_version(&mut client), version);
    let during = run_json(folder.path(), &["status", "--json"]);
    assert!(during["writer"].as_str().unwrap().contains(&second.id().to_string()), "{during}");
    let (status, log) = second.stop();
    assert!(status.success(), "{status}: {log}");
    assert!(!log.contains("built a generation") && !log.contains("read a source"), "{log}");
    let after = run_json(folder.path(), &["status", "--json"]);
    assert_eq!((&after["last_run"], &after["generation"]), (&before["last_run"], &before["generation"]));
}

#[test]
fn reindex_without_a_generation_leaves_first_indexing_to_the_server() {
    let folder = site();
    let data = DataFolder::open(&folder.path().join("index")).unwrap();
    let lock = data.lock_reindex("test").unwrap();
    let other = thread::spawn(move || {
        thread::sleep(Duration::from_millis(1_000));
        drop(lock);
    });
    let server = Server::start(folder.path(), &[]);
    assert!(other.is_finished(), "it did not wait");
    assert_eq!(total(&mut server.client(), "university"), 20);
    let (_, log) = server.stop();
    assert_eq!(log.matches("a reindex runs").count(), 1, "{log}");
}

#[test]
fn index_failure_is_logged_once_and_retried_while_serving() {
    let folder = site();
    run(folder.path(), &["reindex"]);
    let lock = folder.path().join("index/reindex.lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let mut server = Server::start(folder.path(), &[]);
    wait_until("the failure", || server.log().contains("searches go on"));
    thread::sleep(Duration::from_millis(2_500));
    assert!(server.is_running(), "{}", server.log());
    assert_eq!(total(&mut server.client(), "university"), 20);
    fs::remove_dir(&lock).unwrap();
    write(folder.path(), "en-new", "en", "University that came later");
    run(folder.path(), &["reindex"]);
    wait_until("the new article", || total(&mut server.client(), "university") == 21);
    let (status, log) = server.stop();
    assert_eq!((status.success(), log.matches("searches go on").count()), (true, 1), "{log}");
}

/// Asks all the time over one connection, until told to stop; every answer must be good.
fn ask_without_pause(address: &str, stop: &AtomicBool, answers: &AtomicU64) {
    let mut client = Client::new(address);
    while !stop.load(Ordering::Relaxed) {
        for path in ["/v1/search?q=university&limit=3", "/v1/search?q=universidad+n%C3%BAmero&lang=es", "/v1/search"] {
            let answer = client.get(path);
            assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
            let body = answer.json();
            // One Spanish article is deleted on the way.
            assert!(body["total"]["value"].as_u64().unwrap() >= 19, "{path}: {}", body["total"]);
            assert!(body["hits"].as_array().unwrap().len() >= 3, "{path}: {}", body["index_version"]);
            answers.fetch_add(1, Ordering::Relaxed);
        }
        let related = client.get("/v1/articles/en-7/related");
        assert_eq!(related.status, 200);
        assert!(!related.json()["hits"].as_array().unwrap().is_empty());
        assert_eq!(client.get("/health/readyz").status, 200);
    }
}

#[test]
fn running_server_follows_changes_without_a_failed_or_empty_answer() {
    let folder = site();
    let path = folder.path();
    let mut server = Server::start(path, &[]);
    let (stop, answers) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        // A failed assertion in the steps must not leave the others asking for ever.
        struct StopAtEnd<'a>(&'a AtomicBool);
        impl Drop for StopAtEnd<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _stop = StopAtEnd(&stop);
        for _ in 0..2 {
            scope.spawn(|| ask_without_pause(&server.address, &stop, &answers));
        }
        let mut client = server.client();
        let mut last = 0;
        // The others have had answers since the step before.
        let mut meanwhile = || {
            wait_until("answers meanwhile", || answers.load(Ordering::Relaxed) >= last + 10);
            last = answers.load(Ordering::Relaxed);
        };
        let waits_for = |client: &mut Client, version: &str| {
            wait_until(&format!("version {version}"), || index_version(client) == version);
        };
        meanwhile();

        // Added, changed, deleted: applied to the generation that is there.
        write(path, "en-added", "en", "University with a planetarium");
        write(path, "en-3", "en", "University number three, renamed to lighthouse");
        fs::remove_file(path.join("site/es-4.md")).unwrap();
        let report = run_json(path, &["reindex", "--json"]);
        let source = &report["sources"][0];
        assert_eq!(
            (&source["added"], &source["changed"], &source["deleted"]),
            (&1.into(), &1.into(), &1.into()),
            "{report}"
        );
        assert_eq!((&report["changes"], report.get("generation")), (&3.into(), None), "{report}");
        waits_for(&mut client, "1.43");
        assert_eq!((total(&mut client, "planetarium"), total(&mut client, "lighthouse")), (1, 1));
        assert_eq!(client.get("/v1/articles/es-4").status, 404);
        meanwhile();

        // Nothing changed: nothing is done.
        let report = run_json(path, &["reindex", "--json"]);
        assert_eq!(report["changes"], 0);
        waits_for(&mut client, "1.43");

        // A full build beside it.
        write(path, "en-second", "en", "University with an observatory");
        let report = run_json(path, &["reindex", "--full", "--json"]);
        assert_eq!((&report["changes"], &report["generation"]), (&1.into(), &2.into()), "{report}");
        waits_for(&mut client, "2.44");
        assert_eq!((total(&mut client, "observatory"), total(&mut client, "planetarium")), (1, 1));
        meanwhile();

        // Back, held, and forth again.
        run(path, &["rollback"]);
        waits_for(&mut client, "1.43");
        assert_eq!((total(&mut client, "observatory"), total(&mut client, "planetarium")), (0, 1));
        let status = run_json(path, &["status", "--json"]);
        assert_eq!((&status["held"], &status["pending_changes"]), (&true.into(), &1.into()), "{status}");
        meanwhile();
        assert_eq!(index_version(&mut client), "1.43", "it stays held");
        run(path, &["resume"]);
        waits_for(&mut client, "1.44");
        assert_eq!(total(&mut client, "observatory"), 1);
        assert_eq!(run_json(path, &["status", "--json"])["held"], false);
        meanwhile();

        // The next accepted reindex ends a hold too.
        run_json(path, &["reindex", "--full", "--json"]);
        wait_until("the third generation", || index_version(&mut client) == "3.44");
        run(path, &["rollback"]);
        wait_until("an older generation", || !index_version(&mut client).starts_with("3."));
        write(path, "en-third", "en", "University with an aquarium");
        run_json(path, &["reindex", "--json"]);
        wait_until("the article of the reindex", || total(&mut client, "aquarium") == 1);
        assert_eq!(run_json(path, &["status", "--json"])["held"], false);
        assert!(index_version(&mut client).ends_with(".45"));
        for found in ["observatory", "planetarium", "lighthouse"] {
            assert_eq!(total(&mut client, found), 1, "{found}");
        }
        meanwhile();
    });
    assert!(server.is_running());
    let (status, log) = server.stop();
    assert!(status.success(), "{status}");
    assert!(!log.contains("ERROR"), "{log}");
}

#[test]
fn shutdown_finishes_requests_in_flight() {
    let folder = tempfile::tempdir().unwrap();
    // An answer of more bytes than all buffers between the server and a client that does not
    // read can hold: written as JSON, each of these characters takes six.
    let chars = 2_600_000;
    let article =
        serde_json::json!({ "id": "big", "title": "University", "lang": "en", "body": "\u{1}".repeat(chars) });
    let lines = format!("{article}\n");
    fs::write(folder.path().join("site.jsonl"), lines).unwrap();
    fs::write(folder.path().join("fichero.toml"), "[[source]]\nname = \"site\"\npath = \"site.jsonl\"\n").unwrap();
    let mut server = Server::start(folder.path(), &[]);

    let mut client = server.client();
    client.send(b"GET /v1/articles/big HTTP/1.1\r\nhost: fichero\r\n\r\n");
    let head = client.receive_head();
    assert_eq!(head.status, 200);
    let length: usize = head.headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse().unwrap();
    assert!(length >= 6 * chars, "{length}");
    let mut idle = server.client();
    assert_eq!(idle.get("/health/livez").status, 200);
    server.terminate();
    wait_until("the server to be told", || server.log().contains("told to end"));
    wait_until("an idle connection to be closed", || idle.rest().is_empty());
    assert!(server.is_running(), "an answer is still on its way");
    let body = client.rest();
    assert_eq!(body.len(), length, "the whole answer");
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["id"], "big");
    let status = server.wait();
    assert_eq!(status.code(), Some(0), "{}", server.log());
    assert!(server.log().contains("stopped"), "{}", server.log());
    assert!(std::net::TcpStream::connect(&server.address).is_err(), "nobody listens any more");
}

#[test]
fn shutdown_does_not_wait_for_idle_connections() {
    let folder = site();
    let mut server = Server::start(folder.path(), &[]);
    let silent = server.client();
    let mut half = server.client();
    half.send(b"GET /v1/search?q=x HTTP/1.1\r\nho");
    let mut kept = server.client();
    assert_eq!(total(&mut kept, "university"), 20);
    server.terminate();
    let status = server.wait();
    assert_eq!(status.code(), Some(0), "{}", server.log());
    drop((silent, half, kept));
}

#[test]
fn server_with_a_closed_stdout_follows_changes() {
    let folder = site();
    let mut command = fichero(folder.path());
    let mut server = command.args(["serve", "--listen", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(server.stdout.take());
    let data = DataFolder::existing(&folder.path().join("index"));
    wait_until("the first generation", || data.current().is_some());
    // The first of them may be taken up before the announcement.
    for id in ["first", "second", "third"] {
        let fields = serde_json::json!({"id": id, "lang": "en", "title": "Pushed"});
        let (article, _) = Article::from_fields(fields.as_object().unwrap()).unwrap();
        let mut catalog = Catalog::open(data.path()).unwrap();
        catalog.push(&[Push { id: id.to_owned(), article: Some(Box::new(article)), condition: None }]).unwrap();
        let pushed = catalog.last_seq().unwrap();
        wait_until("what was pushed to be taken up", || {
            open_engine(&data, data.current().unwrap()).is_ok_and(|engine| engine.index_version().seq == pushed)
        });
    }
    assert!(server.try_wait().unwrap().is_none());
    server.kill().unwrap();
    server.wait().unwrap();
}

struct Silent;

impl Progress for Silent {
    fn reading(&self, _: &str, _: u64) {}
    fn building(&self, _: u64) {}
}

#[test]
fn server_ends_if_its_index_thread_ends() {
    let folder = site();
    let file = folder.path().join("fichero.toml");
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let config = Config::load(Some(&file), Some(folder.path().join("index")), listen).unwrap();
    let again = config.clone();
    let error =
        serve(&config, move || Ok(again.clone()), Arc::new(Silent), |_| panic!("as a fault in the thread would"))
            .unwrap_err();
    assert!(error.to_string().contains("see the log"), "{error:#}");
}

#[test]
fn port_in_use_is_one_clear_error() {
    let folder = site();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = fichero(folder.path()).args(["serve", "--listen", &address]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(error.starts_with("fichero: ") && error.contains(&address) && error.contains("--listen"), "{error}");
    assert!(!folder.path().join("index/CURRENT").exists(), "it has not indexed before it failed");
}

#[test]
fn json_log_has_one_object_per_line() {
    let folder = site();
    let server = Server::start(folder.path(), &["--log-format", "json"]);
    let mut client = server.client();
    assert_eq!(total(&mut client, "university"), 20);
    assert_eq!(client.get("/nope").status, 404);
    let (status, log) = server.stop();
    assert!(status.success());
    assert!(log.lines().count() >= 3, "{log}");
    let mut messages = Vec::new();
    let mut spans = Vec::new();
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
        let span = &line["span"];
        assert!(span.is_null() || span["name"] != "site", "a field of the span has the name of another: {line}");
        messages.push(line["fields"]["message"].as_str().unwrap().to_owned());
        spans.extend(
            line["spans"].as_array().into_iter().flatten().map(|span| span["name"].as_str().unwrap().to_owned()),
        );
    }
    assert!(messages.iter().any(|message| message == "read a source"), "{messages:?}");
    assert!(spans.contains(&"reindex".to_owned()) && spans.contains(&"source".to_owned()), "{spans:?}");
    // Commands too.
    let output =
        fichero(folder.path()).args(["--log-format", "json", "reindex"]).env("RUST_LOG", "info").output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.lines().count() >= 2, "{log}");
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object())), "{log}");
}

#[test]
fn queries_are_not_logged() {
    let folder = site();
    for (level, is_logged) in [("", false), ("info", false), ("debug", true)] {
        let environment = if level.is_empty() { vec![] } else { vec![("RUST_LOG", level)] };
        let server = Server::start_with(folder.path(), &[], &environment);
        let mut client = server.client();
        assert_eq!(client.get("/v1/search?q=zanahoria&ui_lang=es").status, 200);
        assert_eq!(client.get("/v1/search?q=zanahoria&nope=1").status, 400);
        assert_eq!(client.get("/v1/search?q=zanahoria&limit=-1").status, 400);
        assert_eq!(client.get("/search?q=zanahoria").status, 200);
        assert_eq!(client.get("/search?q=zanahoria&page=0").status, 400);
        assert_eq!(client.get("/nothing?q=zanahoria").status, 404);
        assert_eq!(client.get("/widgets/related?url=zanahoria").status, 404);
        assert_eq!(client.get("/v1/related?url=zanahoria").status, 404);
        let (status, log) = server.stop();
        assert!(status.success());
        assert!(log.contains("told to end"), "{log}");
        assert_eq!(log.contains("zanahoria"), is_logged, "at {level:?}: {log}");
    }
}

#[test]
fn reindex_applies_synonyms_and_a_broken_file_changes_nothing() {
    let folder = site();
    let write = |text: &str| fs::write(folder.path().join("synonyms.txt"), text).unwrap();
    let config = "synonyms = \"synonyms.txt\"\n[[source]]\nname = \"site\"\npath = \"site\"\n";
    fs::write(folder.path().join("fichero.toml"), config).unwrap();
    write("# none yet\n");
    let server = Server::start(folder.path(), &[]);
    let mut client = server.client();
    let before = index_version(&mut client);
    assert_eq!(total(&mut client, "academy"), 0);
    write("academy, university # ours\n");
    let report = run_json(folder.path(), &["reindex", "--json"]);
    assert_eq!((&report["synonym_groups"], &report["changes"]), (&1.into(), &0.into()), "{report}");
    assert_eq!(total(&mut client, "academy"), 20);
    let with_synonyms = index_version(&mut client);
    assert_ne!(before, with_synonyms, "another state has another version");
    run_json(folder.path(), &["reindex", "--json"]);
    assert_eq!(index_version(&mut client), with_synonyms, "nothing was changed");
    // A full build keeps them.
    run_json(folder.path(), &["reindex", "--full", "--json"]);
    assert_eq!(total(&mut client, "academy"), 20);
    write("\u{feff}academy, university\nalone\n");
    let output = fichero(folder.path()).args(["reindex"]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("synonyms.txt: line 2: a group needs two"), "{said}");
    assert_eq!(total(&mut client, "academy"), 20);
    write("");
    run_json(folder.path(), &["reindex", "--json"]);
    assert_eq!(total(&mut client, "academy"), 0);
    assert!(server.stop().0.success());
}
