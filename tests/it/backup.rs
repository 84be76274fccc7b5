//! Backup and restore, by the binary:
//!
//! * while a server serves and takes pushes, a backup is a whole catalog of one instant, and ends;
//! * restored, exactly the state of the backup is answered, whatever came after it, at once after
//!   the next start and after everything that may follow; no generation of the former history is
//!   ever answered from again;
//! * what was replaced is kept, under a name that is told;
//! * a backup overwrites nothing unasked, and what cannot be restored changes nothing;
//! * nobody's feet are trodden on: a restore beside a server says so.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use fichero::storage::catalog::Catalog;
use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Client, Server, fichero, run, run_json, wait_until};

const TOKEN: &str = "correct-horse-battery";

fn site() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fichero.toml"), "[[source]]\nname = \"site\"\npath = \"site\"\n").unwrap();
    fs::create_dir(folder.path().join("site")).unwrap();
    for number in 0..20 {
        fs::write(folder.path().join(format!("site/page-{number}.md")), format!("# Page {number}\n")).unwrap();
    }
    folder
}

fn start(folder: &TempDir) -> Server {
    Server::start_with(folder.path(), &[], &[("FICHERO_TOKEN", TOKEN)])
}

fn send(client: &mut Client, method: &str, path: &str, body: &Value) -> Value {
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = client.try_request(method, path, &headers, body.as_bytes()).unwrap();
    assert!((200..300).contains(&answer.status), "{answer:?}");
    answer.json()
}

fn put(client: &mut Client, id: &str, title: &str) {
    send(client, "PUT", &format!("/v1/articles/{id}"), &json!({"title": title}));
}

/// Everything that a server answers, id and title.
fn answered(client: &mut Client) -> BTreeSet<(String, String)> {
    let answer = client.get("/v1/search?limit=100").json();
    let text = |hit: &Value, field: &str| hit[field].as_str().unwrap().to_owned();
    answer["hits"].as_array().unwrap().iter().map(|hit| (text(hit, "id"), text(hit, "title"))).collect()
}

fn is_answered(client: &mut Client, expected: &BTreeSet<(String, String)>) {
    wait_until("the state that is expected", || answered(client) == *expected);
}

/// Runs a command that must fail, and gives back what it said.
fn fails(folder: &TempDir, arguments: &[&str]) -> String {
    let output = fichero(folder.path()).args(arguments).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("fichero: ") && !error.contains("panicked"), "{error}");
    error
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("index")).unwrap().map(|entry| entry.unwrap().path());
    let is_kept = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("catalog-before-");
    entries.filter(is_kept).collect()
}

#[test]
fn restore_serves_exactly_what_was_backed_up() {
    let folder = site();
    let server = start(&folder);
    let mut client = server.client();
    put(&mut client, "first", "Okapi");
    put(&mut client, "gone", "Gnu");
    run_json(folder.path(), &["reindex", "--full", "--json"]);
    wait_until("the push", || answered(&mut client).len() == 22);
    let state = answered(&mut client);
    run(folder.path(), &["backup", "state.sqlite"]);

    // As much as may happen afterwards, so that every number is taken once more.
    put(&mut client, "first", "Okapi, edited");
    put(&mut client, "second", "Tapir");
    send(&mut client, "DELETE", "/v1/articles/gone", &Value::Null);
    fs::write(folder.path().join("site/page-3.md"), "# Page 3, edited\n").unwrap();
    run_json(folder.path(), &["reindex", "--full", "--json"]);
    wait_until("the changes", || answered(&mut client).iter().any(|(_, title)| title == "Page 3, edited"));
    let later = answered(&mut client);
    assert_ne!(later, state);

    let error = fails(&folder, &["restore", "state.sqlite"]);
    assert!(error.contains("fichero serve") && error.contains("run the restore again"), "{error}");
    assert_eq!(answered(&mut client), later);
    assert!(server.stop().0.success());

    let told = String::from_utf8(run(folder.path(), &["restore", "state.sqlite"]).stdout).unwrap();
    let former = kept(folder.path());
    assert_eq!(former.len(), 1);
    assert!(told.contains(former[0].file_name().unwrap().to_str().unwrap()), "{told}");
    // Nothing is answered from what came after the backup, by nobody.
    assert!(fails(&folder, &["search", "tapir"]).contains("nothing is published"));
    assert!(fails(&folder, &["rollback"]).contains("nothing is published"));
    let server = start(&folder);
    let mut client = server.client();
    assert_eq!(answered(&mut client), state);
    let log = server.log();
    assert!(!log.contains("ERROR"), "{log}");

    // The numbers that the former history had used are used for other things now.
    let mut expected = state.clone();
    for number in 0..8 {
        put(&mut client, &format!("new-{number}"), "Eland");
        expected.insert((format!("new-{number}"), "Eland".to_owned()));
    }
    is_answered(&mut client, &expected);
    assert!(fails(&folder, &["rollback"]).contains("no readable generation before"), "to a former history");
    assert!(server.stop().0.success());
    let server = start(&folder);
    is_answered(&mut server.client(), &expected);
    assert!(server.stop().0.success());

    // And what was kept is a backup as well.
    run(folder.path(), &["restore", former[0].to_str().unwrap()]);
    let server = start(&folder);
    is_answered(&mut server.client(), &later);
    assert_eq!(kept(folder.path()).len(), 2);
    assert!(server.stop().0.success());
}

#[test]
fn restore_works_without_or_with_a_damaged_former_catalog() {
    let folder = site();
    run(folder.path(), &["reindex"]);
    run(folder.path(), &["backup", "state.sqlite"]);
    let other = site();
    fs::remove_dir_all(other.path().join("site")).unwrap();
    let backup = folder.path().join("state.sqlite");
    run(other.path(), &["restore", backup.to_str().unwrap()]);
    assert!(kept(other.path()).is_empty());
    let server = start(&other);
    assert_eq!(answered(&mut server.client()).len(), 20);
    assert!(server.stop().0.success());

    let catalog = folder.path().join("index/catalog.sqlite");
    fs::write(&catalog, b"not a database, or not any more").unwrap();
    run(folder.path(), &["restore", "state.sqlite"]);
    assert_eq!(fs::read(&kept(folder.path())[0]).unwrap(), b"not a database, or not any more");
    run(folder.path(), &["reindex"]);
    assert_eq!(run_json(folder.path(), &["search", "--json", "page"])["total"]["value"], 20);
}

#[test]
fn backup_does_not_overwrite_without_force() {
    let folder = site();
    assert!(fails(&folder, &["backup", "state.sqlite"]).contains("no index here yet"));
    run(folder.path(), &["reindex"]);
    fs::write(folder.path().join("state.sqlite"), "mine").unwrap();
    let error = fails(&folder, &["backup", "state.sqlite"]);
    assert!(error.contains("state.sqlite is there already") && error.contains("--force"), "{error}");
    assert_eq!(fs::read(folder.path().join("state.sqlite")).unwrap(), b"mine");
    run(folder.path(), &["backup", "--force", "state.sqlite"]);
    let copy = Connection::open(folder.path().join("state.sqlite")).unwrap();
    assert_eq!(copy.query_row("SELECT COUNT(*) FROM record", [], |row| row.get::<_, u64>(0)).unwrap(), 20);
    assert!(fails(&folder, &["backup", "--force", "index/catalog.sqlite"]).contains("in the data folder"));
    assert!(fails(&folder, &["backup", "no/such/folder/state.sqlite"]).contains("no/such/folder"));
    let names: BTreeSet<String> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, ["fichero.toml", "index", "site", "state.sqlite"].map(str::to_owned).into());
}

#[test]
fn failed_restore_changes_nothing() {
    let folder = site();
    run(folder.path(), &["reindex"]);
    run(folder.path(), &["backup", "good.sqlite"]);
    let good = fs::read(folder.path().join("good.sqlite")).unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(
        path("text.sqlite"),
        "no database at all, but some text that is longer than a header of a hundred bytes, as it should be",
    )
    .unwrap();
    fs::write(path("empty.sqlite"), "").unwrap();
    fs::write(path("cut.sqlite"), &good[..good.len() / 2]).unwrap();
    let mut damaged = good.clone();
    let middle = 4096 * 3;
    damaged[middle..middle + 4096 * 4].fill(0xa5);
    fs::write(path("damaged.sqlite"), damaged).unwrap();
    Connection::open(path("other.sqlite")).unwrap().execute_batch("CREATE TABLE record (id); ").unwrap();
    fs::copy(path("good.sqlite"), path("newer.sqlite")).unwrap();
    Connection::open(path("newer.sqlite")).unwrap().pragma_update(None, "user_version", 999).unwrap();
    fs::copy(path("good.sqlite"), path("used.sqlite")).unwrap();
    fs::write(path("used.sqlite-wal"), "changes").unwrap();
    let before = Catalog::open(&path("index")).unwrap().identity().unwrap();
    for (name, part) in [
        ("text.sqlite", "not a catalog of fichero"),
        ("empty.sqlite", "not a catalog of fichero"),
        ("other.sqlite", "not a catalog of fichero"),
        ("cut.sqlite", "damaged"),
        ("damaged.sqlite", "damaged"),
        ("newer.sqlite", "use the newer fichero"),
        ("used.sqlite", "in use, not a backup"),
        ("none.sqlite", "none.sqlite: reading the backup failed"),
    ] {
        let error = fails(&folder, &["restore", name]);
        assert!(error.contains(part) && error.contains(name), "{name}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    assert_eq!(Catalog::open(&path("index")).unwrap().identity().unwrap(), before);
    assert_eq!(run_json(folder.path(), &["search", "--json", "page"])["total"]["value"], 20);
    assert!(kept(folder.path()).is_empty());
    let left: Vec<_> = fs::read_dir(path("index")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_str().unwrap().ends_with(".new")), "{left:?}");
}

#[test]
fn backup_during_pushes_is_a_consistent_snapshot() {
    let folder = site();
    let server = start(&folder);
    // So large that the copy takes many steps, between which pushes come in.
    let body = "Words and words. ".repeat(2_000);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let pushing = scope.spawn(|| {
            let mut client = server.client();
            let mut count = 0u64;
            while !stop.load(Ordering::SeqCst) {
                // Two articles at a time, by a stream: they are stored together.
                let lines: String = (0..2)
                    .map(|part| {
                        let article = json!({"id": format!("p-{count}-{part}"), "lang": "en", "hidden": true, "title": count, "body": body});
                        format!("{article}\n")
                    })
                    .collect();
                let bearer = format!("Bearer {TOKEN}");
                client.send(format!("POST /v1/articles HTTP/1.1\r\nhost: x\r\nauthorization: {bearer}\r\ncontent-type: application/x-ndjson\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{lines}", lines.len()).as_bytes());
                let answer = String::from_utf8(client.rest()).unwrap();
                assert_eq!(answer.matches("\"created\"").count(), 2, "{answer}");
                client = server.client();
                count += 1;
            }
            count
        });
        let mut counts = Vec::new();
        for round in 0..4 {
            thread::sleep(std::time::Duration::from_millis(300));
            let name = format!("round-{round}.sqlite");
            run(folder.path(), &["backup", &name]);
            let copy = Connection::open(folder.path().join(&name)).unwrap();
            let count = |query: &str| copy.query_row(query, [], |row| row.get::<_, u64>(0)).unwrap();
            let pushed = count("SELECT COUNT(*) FROM record WHERE source = 'pushes'");
            assert_eq!(pushed % 2, 0, "half of what was stored together");
            assert_eq!(count("SELECT COUNT(*) FROM content WHERE key NOT IN (SELECT content FROM record)"), 0);
            assert_eq!(count("SELECT MAX(seq) FROM article"), pushed + 20);
            counts.push(pushed / 2);
        }
        stop.store(true, Ordering::SeqCst);
        let all = pushing.join().unwrap();
        println!("{counts:?} of {all}");
        assert!(counts.windows(2).all(|pair| pair[0] < pair[1]) && counts[3] <= all, "{counts:?} of {all}");
    });
    assert!(server.stop().0.success());
}
