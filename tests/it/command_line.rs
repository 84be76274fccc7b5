//! The command line: where options belong, addresses as people write them, and what is printed.

use std::fs;
use std::net::TcpListener;

use tempfile::TempDir;

use crate::support::{Server, fichero, run, run_json, wait_until};

/// A folder with a configuration and three articles.
fn site() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("fichero.toml"), "[[source]]\nname = \"site\"\npath = \"site\"\n").unwrap();
    fs::create_dir(folder.path().join("site")).unwrap();
    let records = [
        r#"{"id": "a", "lang": "en", "title": "Okapi", "kind": "blog", "topics": ["Zoo/Africa"], "published_at": "2020-01-01"}"#,
        r#"{"id": "b", "lang": "en", "title": "Okapi", "kind": "event", "topics": ["Zoo"], "published_at": "2021-01-01"}"#,
        r#"{"id": "c", "lang": "en", "title": "Okapi", "kind": "blog", "published_at": "2022-01-01"}"#,
    ];
    fs::write(folder.path().join("site/list.jsonl"), records.join("\n")).unwrap();
    folder
}

#[test]
fn option_of_serve_without_the_command_names_the_command() {
    let folder = site();
    let output = fichero(folder.path()).args(["--listen", "127.0.0.1:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("`fichero serve --listen ADDRESS`"), "{said}");
}

#[test]
fn port_or_host_alone_is_an_address() {
    let folder = site();
    run(folder.path(), &["reindex"]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for address in [port.to_string(), format!("localhost:{port}")] {
        let output = fichero(folder.path()).args(["serve", "--listen", &address]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{address}: {said}");
    }
    let output = fichero(folder.path()).args(["serve", "--listen", "99999"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn search_takes_the_filters_and_orders_of_the_api() {
    let folder = site();
    run(folder.path(), &["reindex"]);
    let ids = |arguments: &[&str]| -> Vec<String> {
        let answer = run_json(folder.path(), &[&["search", "okapi", "--json"], arguments].concat());
        let hits = answer["hits"].as_array().unwrap();
        hits.iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&["--sort", "date"]), ["a", "b", "c"]);
    assert_eq!(ids(&["--sort", "-date"]), ["c", "b", "a"]);
    assert_eq!(ids(&["--kind", "event"]), ["b"]);
    assert_eq!(ids(&["--year", "2020", "--year", "2022", "--sort=date"]), ["a", "c"]);
    assert_eq!(ids(&["--topic", "zoo", "--sort", "date"]), ["a", "b"]);
    assert_eq!(ids(&["--topic", "Zoo/Africa"]), ["a"]);
    for wrong in [["--sort", "newest"], ["--kind", "essay"], ["--year", "0"]] {
        let output = fichero(folder.path()).args(["search", "okapi"]).args(wrong).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

#[test]
fn rejected_record_is_printed_once() {
    let folder = site();
    fs::write(folder.path().join("site/wrong.jsonl"), "{\"id\": \"wrong\", \"title\": 1e999}\n").unwrap();
    let output = fichero(folder.path()).arg("reindex").output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
    assert_eq!(said.matches("wrong.jsonl").count(), 1, "{said}");
}

#[test]
fn start_is_one_line_with_version_address_data_and_configuration() {
    let folder = site();
    let server = Server::start(folder.path(), &[]);
    let log = server.log();
    let line = log.lines().find(|line| line.contains("starting")).unwrap();
    for part in [env!("CARGO_PKG_VERSION"), &server.address, "index", "fichero.toml"] {
        assert!(line.contains(part), "{part}: {line}");
    }
}

#[cfg(unix)]
#[test]
fn hangup_reloads_the_token_and_the_synonyms_and_ends_nothing() {
    let folder = site();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let config =
        "synonyms = \"synonyms.txt\"\n[admin]\ntoken_file = \"token\"\n[[source]]\nname = \"site\"\npath = \"site\"\n";
    write("fichero.toml", config);
    write("token", "the-first-of-two-tokens");
    write("synonyms.txt", "# none yet\n");
    let mut server = Server::start(folder.path(), &[]);
    let mut client = server.client();
    let mut status_with = |token: &str| {
        let bearer = format!("Bearer {token}");
        client.try_request("GET", "/v1/tasks/none", &[("authorization", &bearer)], b"").unwrap().status
    };
    assert_eq!((status_with("the-first-of-two-tokens"), status_with("the-other-of-two-tokens")), (404, 401));
    write("token", "the-other-of-two-tokens");
    write("synonyms.txt", "okapi, quagga\n");
    let hangup = || {
        let id = server.id().to_string();
        assert!(std::process::Command::new("kill").args(["-HUP", &id]).status().unwrap().success());
    };
    hangup();
    wait_until("the reload", || server.log().contains("reloaded the token"));
    assert_eq!((status_with("the-first-of-two-tokens"), status_with("the-other-of-two-tokens")), (401, 404));
    let found = |query: &str| {
        server.client().get(&format!("/v1/search?q={query}&literal=true")).json()["total"]["value"].as_u64().unwrap()
    };
    assert_eq!(found("quagga"), 3);
    write("fichero.toml", "dta = 1\n");
    hangup();
    wait_until("the refusal", || server.log().contains("the configuration is not reloaded"));
    assert_eq!((found("quagga"), status_with("the-other-of-two-tokens")), (3, 404));
    assert!(server.is_running());
}
