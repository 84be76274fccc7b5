//! The index against the catalog, and files against what was written:
//!
//! * a running server finds what its index holds otherwise than the catalog (an article too many,
//!   one missing, one in another edition, one of which the catalog has never heard), mends it, and
//!   counts it in its metrics;
//! * `fichero check` does so without a server, and leaves nothing to find;
//! * a generation in which some bytes of any file were changed is never answered from otherwise
//!   than whole; a server comes up all the same, says so, and builds another one by itself, and no
//!   command panics;
//! * where the damage comes while the server runs and an answer fails, another generation takes its
//!   place without a restart;
//! * text that was changed in the catalog is named.

use std::collections::BTreeMap;
use std::fs;

use fichero::article::Article;
use fichero::engine::tantivy::{ArticleAnalyzer, ContentKey, Contents, EmbeddedEngine, Generation};
use serde_json::{Value, json};

use crate::support::open_metrics::scrape;
use crate::support::state::{self, Articles, Site, first_state};
use crate::support::{Client, Server, wait_until};

const ARTICLES: usize = 30;

fn site() -> (Site, Articles) {
    let articles = first_state(ARTICLES);
    let site = Site::with(&articles);
    site.reindex(&[]);
    (site, articles)
}

fn generation(site: &Site) -> Generation {
    let data = site.data_folder();
    Generation::open(&data.generation(data.current().unwrap())).unwrap()
}

fn contents(site: &Site) -> Contents {
    EmbeddedEngine::new(generation(site)).unwrap().contents()
}

fn article(id: &str, title: &str) -> Article {
    let fields = json!({"id": id, "title": title, "lang": "en"});
    Article::from_fields(fields.as_object().unwrap()).unwrap().0
}

/// Changes the index behind the catalog's back, in every way, and says of which ids.
fn estrange(site: &Site) -> Vec<&'static str> {
    let generation = generation(site);
    let applied = generation.applied().unwrap();
    let mut writer = generation.writer().unwrap();
    let mut analyzer = ArticleAnalyzer::default();
    let mut add = |id: &str, title: &str| {
        writer.add(&article(id, title), 1, ContentKey(7), &mut analyzer).unwrap();
    };
    add("item-001", "Another edition beside the right one");
    add("item-002", "Another edition");
    add("stranger", "Nobody wrote this");
    for id in ["item-004", "page-003"] {
        writer.delete(id);
    }
    writer.commit(&applied).unwrap();
    vec!["item-001", "item-002", "item-004", "page-003", "stranger"]
}

fn figure(client: &mut Client, name: &str) -> f64 {
    scrape(&client.get("/metrics").body)[name]
}

#[test]
fn server_reapplies_articles_that_differ_from_the_catalog() {
    let (site, articles) = site();
    let estranged = estrange(&site).len() as f64;
    let server = Server::start(site.folder(), &[]);
    let mut client = server.client();
    wait_until("the audit", || figure(&mut client, "fichero_audit_differences_total") == estranged);
    wait_until("the differences to be applied", || contents(&site).articles() == ARTICLES as u64);
    wait_until("an audit without differences", || {
        figure(&mut client, "fichero_audits_total") >= 1.0 && site.json(&["check", "--json"])["different"] == json!([])
    });
    let (status, log) = server.stop();
    assert!(status.success() && log.contains("stranger") && !log.contains("panicked"), "{status}: {log}");
    site.must_be_settled(&articles);
}

#[test]
fn check_reports_and_repairs_differences() {
    let (site, articles) = site();
    assert_eq!(site.json(&["check", "--json"])["compared"], 1);
    let estranged = estrange(&site);
    let found = site.try_run(&["check", "--json"]);
    assert_eq!(found.status.code(), Some(1));
    let found: Value = serde_json::from_slice(&found.stdout).unwrap();
    assert_eq!((&found["different"], &found["mended"]), (&json!(estranged), &json!(true)));
    assert_eq!(site.answered().as_ref(), Some(&articles));
    assert_eq!(contents(&site).articles(), ARTICLES as u64);
    let again = site.json(&["check", "--json"]);
    assert_eq!((&again["different"], &again["mended"]), (&json!([]), &json!(false)));
    site.must_be_settled(&articles);
}

/// Bytes of a file that are replaced by others, all over it.
fn damages(length: usize) -> impl Iterator<Item = (usize, usize)> {
    let near_the_end = [length.saturating_sub(9), length.saturating_sub(200)];
    near_the_end.into_iter().chain([0, length / 3, length * 2 / 3]).map(move |at| (at, (length - at).min(16)))
}

fn damage(path: &std::path::Path, at: usize, count: usize) {
    let mut bytes = fs::read(path).unwrap();
    for byte in &mut bytes[at..at + count] {
        *byte ^= 0x5a;
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_generation_gives_complete_answers_or_an_error_and_no_panic() {
    let (site, articles) = site();
    let mut refused = 0;
    for entry in fs::read_dir(site.data_folder().generation(1)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let length = fs::metadata(site.data_folder().generation(1).join(&name)).unwrap().len() as usize;
        for (at, count) in damages(length).filter(|(_, count)| *count > 0) {
            let copy = site.copy();
            damage(&copy.data_folder().generation(1).join(&name), at, count);
            let found = copy.try_run(&["search", "--json", "--limit", "100", ""]);
            if found.status.success() {
                copy.must_answer_on_the_command_line(&articles);
            } else {
                refused += 1;
                let status = copy.json(&["status", "--json"]);
                assert_eq!(status["problems"].as_array().unwrap().len(), 1, "{name} at {at}: {status}");
            }
            copy.try_run(&["check"]);
            copy.reindex(&[]);
            copy.must_be_settled(&articles);
        }
    }
    assert!(refused > 30, "{refused}");
}

#[test]
fn server_with_a_damaged_generation_starts_and_rebuilds() {
    let (site, articles) = site();
    site.reindex(&["--full"]);
    let damaged_files: BTreeMap<&str, bool> = [(".term", true), (".store", true), (".fast", false)].into();
    for (extension, is_only) in damaged_files {
        let copy = site.copy();
        let numbers: &[u64] = if is_only { &[1, 2] } else { &[2] };
        for number in numbers {
            let folder = copy.data_folder().generation(*number);
            let paths = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
            let path = paths.filter(|path| path.to_str().unwrap().ends_with(extension)).min().unwrap();
            damage(&path, fs::metadata(&path).unwrap().len() as usize / 2, 8);
        }
        let server = Server::start(copy.folder(), &[]);
        assert_eq!(server.client().get("/v1/search?limit=0").json()["total"]["value"], state::works(&articles));
        wait_until("another generation", || copy.data_folder().current() == Some(3));
        let (status, log) = server.stop();
        assert!(status.success() && log.contains("is damaged") && !log.contains("panicked"), "{status}: {log}");
        copy.reindex(&[]);
        copy.must_be_settled(&articles);
    }
}

#[cfg(unix)]
#[test]
fn damage_under_a_running_server_is_repaired_without_a_restart() {
    use std::io::{Seek, SeekFrom, Write};
    let (site, articles) = site();
    let server = Server::start(site.folder(), &[]);
    let mut client = server.client();
    wait_until("the first audit", || figure(&mut client, "fichero_audits_total") >= 1.0);
    // In place, so that the server sees it in its memory.
    for entry in fs::read_dir(site.data_folder().generation(1)).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().ends_with(".store") {
            let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            file.seek(SeekFrom::Start(4)).unwrap();
            file.write_all(&[0xff; 64]).unwrap();
        }
    }
    wait_until("an answer that fails, and another generation", || {
        client.get("/v1/search?limit=100").status == 500 || site.data_folder().current() == Some(2)
    });
    wait_until("another generation", || site.data_folder().current() == Some(2));
    wait_until("whole answers", || client.get("/v1/search?limit=100").status == 200);
    assert_eq!(figure(&mut client, "fichero_damaged_generations_total"), 1.0);
    assert_eq!(figure(&mut client, "fichero_rebuilt_generations_total"), 1.0);
    let (status, log) = server.stop();
    assert!(status.success() && !log.contains("panicked"), "{status}: {log}");
    site.reindex(&[]);
    site.must_be_settled(&articles);
}

#[test]
fn check_reports_text_that_was_changed_in_the_catalog() {
    let (site, _) = site();
    let catalog = rusqlite::Connection::open(site.data().join("catalog.sqlite")).unwrap();
    let changed =
        catalog.execute("UPDATE content SET article = replace(article, 'mobility', 'nobility') WHERE key = 3", []);
    assert_eq!(changed.unwrap(), 1);
    let found = site.try_run(&["check"]);
    assert_eq!(found.status.code(), Some(1));
    let told = String::from_utf8(found.stdout).unwrap();
    assert!(told.contains("is damaged: push it again") && told.contains("holds what the catalog holds"), "{told}");
}
