//! Input that nobody should write, and everybody does:
//!
//! * every broken file and record is reported by name (file, line, reason); the rest goes on, and
//!   the exit code is 0: a refused record is no failure of the run;
//! * nothing that a file holds can exhaust the program: deep nesting, alias bombs, lines of 50 MB
//!   and files of 200 MB are refused in bounded memory;
//! * a field of the wrong type is left out and named, or the record refused where it must not be
//!   shown by mistake;
//! * no answer holds an address that is not of the web, also of articles that an earlier version
//!   took in;
//! * any id of 1 to 200 characters without control characters works, over HTTP too;
//! * naughty strings (a list of our own, and the big one where ../shared is) as titles, bodies and
//!   queries: no panic, every query answers, and each with a letter or digit is found by an exact
//!   copy of it;
//! * so is any string at all (random ones).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use fichero::analysis::words;
use fichero::engine::SearchEngine;
use fichero::engine::query::Query;
use fichero::http::{Settings, router};
use fichero::indexing::index_updater::{EngineSlot, IndexUpdater};
use fichero::indexing::reindex::Options;
use fichero::indexing::report::Rejected;
use fichero::storage::catalog::Catalog;
use fichero::storage::catalog::push::Push;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::support;
use crate::support::site::{Site, article, counts, found, markdown, request, shared};

/// What is told of each file of a report: its line and the reason.
fn told(problems: &Value) -> BTreeMap<String, Vec<(Option<u64>, String)>> {
    let mut told: BTreeMap<String, Vec<(Option<u64>, String)>> = BTreeMap::new();
    for problem in problems.as_array().unwrap() {
        let reason = problem["reason"].as_str().unwrap().to_owned();
        told.entry(problem["file"].as_str().unwrap().to_owned()).or_default().push((problem["line"].as_u64(), reason));
    }
    told
}

/// Anchors that double nine times nine: a billion texts, if they were written out.
fn alias_bomb() -> String {
    let mut text = "---\ntitle: Bomb\na0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..10 {
        let alias = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(", ")));
    }
    text + "tags: *a9\n---\nBody.\n"
}

#[test]
fn broken_records_are_reported_and_the_rest_is_indexed() {
    let site = Site::new();
    let deep = 100_000;
    let nested = |open: &str, close: &str| format!("{}{}", open.repeat(deep), close.repeat(deep));
    let files: Vec<(&str, Vec<u8>, Option<u64>, &str)> = vec![
        ("latin1.md", b"# Caf\xe9\n\nWords.".to_vec(), None, "not UTF-8: byte 6"),
        ("latin1.txt", b"Caf\xe9 and more words".to_vec(), None, "not UTF-8: byte 4"),
        ("utf16.md", b"\xff\xfe#\0 \0A".to_vec(), None, "UTF-16LE that ends or breaks within a character"),
        (
            "deep-flow.md",
            markdown(&format!("title: {}", nested("[", "]")), "x").into(),
            Some(1),
            "front matter is not YAML",
        ),
        (
            "deep-map.md",
            markdown(&format!("title: {}", nested("{a: ", "}")), "x").into(),
            Some(1),
            "front matter is not YAML",
        ),
        (
            "deep-block.md",
            markdown(&(0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect::<String>(), "x").into(),
            Some(1),
            "front matter is not YAML",
        ),
        (
            "deep-toml.md",
            format!("+++\ntitle = {}\n+++\nx", nested("[", "]")).into(),
            Some(1),
            "front matter is not TOML",
        ),
        (
            "deep-toml-table.md",
            format!("+++\ntitle = {}1{}\n+++\nx", "{a = ".repeat(deep), "}".repeat(deep)).into(),
            Some(1),
            "front matter is not TOML",
        ),
        ("bomb.md", alias_bomb().into(), Some(1), "front matter is not YAML"),
        ("itself.md", markdown("title: &a [*a]", "x").into(), Some(1), "front matter is not YAML"),
        ("twice.md", markdown("title: A\ntitle: B", "x").into(), Some(1), "front matter is not YAML"),
        ("list.md", markdown("- a\n- b", "x").into(), Some(1), "front matter is not a list of fields"),
        ("unclosed.md", b"---\ntitle: x\n".to_vec(), Some(1), "the front matter that begins with --- does not end"),
        ("empty.md", Vec::new(), None, "title and body: both empty"),
        ("blank.md", b"\xef\xbb\xbf \n\n\t\n".to_vec(), None, "title and body: both empty"),
        ("empty-matter.md", b"---\n---\n".to_vec(), Some(1), "title and body: both empty"),
        ("empty.txt", Vec::new(), None, "the page dump holds no text"),
        ("menu.txt", b"Home\n\nAbout\n\nContact\n".to_vec(), None, "no article was found"),
    ];
    for (name, content, ..) in &files {
        site.write(&format!("site/{name}"), content);
    }
    let mut list: Vec<u8> = Vec::new();
    let mut expected_lines: Vec<(Option<u64>, &str)> = Vec::new();
    let nested_json = format!("{{\"id\": \"deep\", \"title\": {}}}", nested("[", "]"));
    let nested_object = format!("{}1{}", "{\"a\":".repeat(deep), "}".repeat(deep));
    let long_id = json!({"id": "é".repeat(201), "title": "Long"}).to_string();
    let rows: Vec<(&[u8], &str)> = vec![
        (br#"{"id": "first", "title": "The first zebra"}"#, ""),
        (b"{\"id\": \"latin\", \"title\": \"caf\xe9\"}", "not UTF-8: byte 30 of the line"),
        (b"{\"id\": \"cut\", \"title\": \"", "not a JSON object"),
        (b"[1, 2]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (b"", ""),
        (b"   \t ", ""),
        (nested_json.as_bytes(), "not a JSON object: recursion limit"),
        (nested_object.as_bytes(), "not a JSON object: recursion limit"),
        (br#"{"title": "No id"}"#, "id: missing or empty"),
        (br#"{"id": "", "title": "Empty id"}"#, "id: missing or empty"),
        (br#"{"id": "   ", "title": "Blank id"}"#, "id: missing or empty"),
        (br#"{"id": null, "title": "Null id"}"#, "id: missing or empty"),
        (br#"{"id": ["x"], "title": "List id"}"#, "id: should be text"),
        (long_id.as_bytes(), "id: 201 characters, at most 200"),
        (br#"{"id": "a\u0007b", "title": "Bell"}"#, "id: holds a control character"),
        (br#"{"id": "a\nb", "title": "Line end"}"#, "id: holds a control character"),
        (br#"{"id": "a\u0085b", "title": "C1"}"#, "id: holds a control character"),
        (br#"{"id": "half\ud800", "title": "Half a pair"}"#, "not a JSON object"),
        (br#"{"id": "nothing"}"#, "title and body: both empty"),
        (br#"{"id": "first", "title": "Again"}"#, "duplicate id, kept from list.jsonl"),
        (br#"{"id": "last", "title": "The last zebra"}"#, ""),
    ];
    for (place, (line, reason)) in rows.iter().enumerate() {
        list.extend_from_slice(line);
        list.extend_from_slice(if place % 2 == 0 { b"\n" } else { b"\r\n" });
        if !reason.is_empty() {
            expected_lines.push((Some(place as u64 + 1), reason));
        }
    }
    list.truncate(list.len() - 2);
    site.write("site/list.jsonl", &list);
    for good in ["a", "m/n", "z"] {
        site.write(&format!("site/{good}.md"), markdown(&format!("title: Zebra {good}"), "Words."));
    }
    site.write("site/only-matter.md", "---\ntitle: Zebra without a body\n---");
    site.write("site/empty.jsonl", "");
    for other in ["photo.png", "notes.docx", "README", ".hidden.md", "page.html"] {
        site.write(&format!("site/{other}"), b"\x89PNG\xff zebra");
    }
    fs::create_dir(site.path("site/folder.md")).unwrap();

    for (run, arguments) in [["reindex", "--json"].as_slice(), &["reindex", "--json"], &["reindex", "--json", "--full"]]
        .into_iter()
        .enumerate()
    {
        let site_path = site.path("site");
        let arguments = [arguments, &[site_path.to_str().unwrap()]].concat();
        let report = support::run_json(site.folder(), &arguments);
        let source = &report["sources"][0];
        let mut reported = told(&source["rejections"]);
        assert_eq!(source["rejected"], files.len() + expected_lines.len(), "{reported:#?}");
        for (name, _, line, start) in &files {
            let problems = reported.remove(*name).unwrap_or_else(|| panic!("{name} is not reported"));
            let [(at, reason)] = problems.as_slice() else { panic!("{name}: {problems:?}") };
            assert!(at == line && reason.starts_with(start) && reason.len() < 400, "{name}: {at:?} {reason}");
        }
        let problems = reported.remove("list.jsonl").unwrap();
        assert_eq!(problems.len(), expected_lines.len(), "{problems:#?}");
        for ((at, reason), (line, start)) in problems.iter().zip(&expected_lines) {
            assert!(at == line && reason.starts_with(start), "{line:?} {start}: {at:?} {reason}");
        }
        assert!(reported.is_empty(), "{reported:#?}");
        assert_eq!(
            (&source["added"], &report["changes"]),
            (&json!(if run == 0 { 6 } else { 0 }), &json!(if run == 0 { 6 } else { 0 }))
        );
        let zebras: HashSet<String> = found(&site.engine(), "zebra").into_iter().collect();
        let good = ["a", "m/n", "z", "only-matter", "first", "last"].map(str::to_owned);
        assert_eq!(zebras, HashSet::from(good));
    }
    // By hand, what is no source is named too.
    let output = support::fichero(site.folder()).args(["reindex", "site/photo.png"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("photo.png: a file without articles: only .md"));
}

#[test]
fn empty_folder_is_reported() {
    let site = Site::with(&["empty", "full"]);
    site.write("full/a.md", markdown("title: Alpha", "Words."));
    let report = site.reindex();
    assert_eq!((counts(&report.sources[0]), counts(&report.sources[1])), ([0, 0, 0, 0, 1], [1, 0, 0, 0, 0]));
    assert!(report.sources[0].rejections[0].reason.starts_with("no .md"), "{report:?}");
    assert!(report.is_complete());
}

#[cfg(unix)]
#[test]
fn dangling_and_cyclic_links_are_reported_and_the_rest_is_indexed() {
    use std::os::unix::fs::symlink;
    let site = Site::new();
    site.write("site/a.md", markdown("title: Alpha zebra", "Words."));
    site.write("site/part/b.md", markdown("title: Beta zebra", "Words."));
    site.write("outside/c.md", markdown("title: Gamma zebra", "Words."));
    symlink("nowhere.md", site.path("site/dangling.md")).unwrap();
    symlink("..", site.path("site/part/loop")).unwrap();
    symlink("self.md", site.path("site/self.md")).unwrap();
    symlink("../outside", site.path("site/linked")).unwrap();
    #[cfg(target_os = "linux")]
    symlink("/proc/self/mem", site.path("site/unreadable.md")).unwrap();
    let site_path = site.path("site");
    for run in 0..2 {
        let report = support::run_json(site.folder(), &["reindex", "--json", site_path.to_str().unwrap()]);
        let reported = told(&report["sources"][0]["rejections"]);
        let mut names: Vec<&str> = reported.keys().map(String::as_str).collect();
        names.retain(|name| *name != "unreadable.md");
        assert_eq!(names, ["dangling.md", "part/loop", "self.md"], "{reported:#?}");
        #[cfg(target_os = "linux")]
        assert!(reported["unreadable.md"][0].1.ends_with("what was read of it before stays"), "{reported:#?}");
        assert_eq!(report["changes"], if run == 0 { 3 } else { 0 });
        let zebras: HashSet<String> = found(&site.engine(), "zebra").into_iter().collect();
        assert_eq!(zebras, HashSet::from(["a", "part/b", "linked/c"].map(str::to_owned)));
    }
}

/// A file that may not be read keeps its article. Root may read everything.
#[cfg(unix)]
#[test]
fn unreadable_file_keeps_its_article() {
    use std::os::unix::fs::PermissionsExt;
    let site = Site::new();
    site.write("site/a.md", markdown("title: Alpha", "Words."));
    site.write("site/b.md", markdown("title: Beta", "Words."));
    site.write("site/part/c.md", markdown("title: Gamma", "Words."));
    site.reindex();
    let forbid =
        |name: &str, mode: u32| fs::set_permissions(site.path(name), fs::Permissions::from_mode(mode)).unwrap();
    forbid("site/b.md", 0o000);
    forbid("site/part", 0o000);
    if fs::read(site.path("site/b.md")).is_ok() {
        forbid("site/part", 0o755);
        println!("skipped: this user may read everything");
        return;
    }
    let report = site.reindex();
    let names: Vec<&str> = report.sources[0].rejections.iter().map(|rejected| rejected.file.as_str()).collect();
    assert!(names.contains(&"b.md") && names.contains(&"part"), "{names:?}");
    assert_eq!((report.sources[0].deleted, report.changes, site.titles().len()), (0, 0, 3));
    forbid("site", 0o000);
    let report = site.reindex();
    assert!(report.sources[0].failed.is_some() && site.titles().len() == 3, "{report:?}");
    for name in ["site", "site/part"] {
        forbid(name, 0o755);
    }
}

#[test]
fn field_of_the_wrong_type_is_reported_and_only_it_is_dropped() {
    let wrong = [json!(["a", {"b": 1}]), json!({"a": 1}), json!([[]])];
    let mut records = Vec::new();
    let mut expect: BTreeMap<String, (bool, &str)> = BTreeMap::new();
    let mut add = |field: &'static str, value: Value, is_refused: bool| {
        let id = format!("{field} {}", records.len());
        let mut record = json!({"id": id, "title": "Zebra", "body": "Words.", "lang": "en"});
        record[field] = value;
        records.push(record);
        expect.insert(id, (is_refused, field));
    };
    for value in &wrong {
        for field in ["title", "summary", "body", "work", "expires_at"] {
            add(field, value.clone(), true);
        }
        for field in ["url", "lang", "kind", "published_at", "updated_at", "starts_at", "ends_at", "series", "image"] {
            add(field, value.clone(), false);
        }
        for field in ["links", "authors", "tags"] {
            add(field, value.clone(), false);
        }
    }
    for value in [json!({"label": "x"}), json!([["a"]])] {
        add("topics", value, false);
    }
    for value in [json!("yes"), json!(1), json!([]), json!({})] {
        add("hidden", value, true);
    }
    for value in [
        "2017-29-07",
        "2021-02-30",
        "yesterday",
        "2021-13-01",
        "2021-1-1",
        "0000-00-00",
        "99999-01-01",
        "2021-01-20T25:00:00Z",
        "٢٠٢١-٠١-٢٠",
    ] {
        for field in ["published_at", "updated_at", "starts_at", "ends_at"] {
            add(field, json!(value), false);
        }
        add("expires_at", json!(value), true);
    }
    for value in ["-", "e", "english language", "123", "en-", "en--us", "toolongtag"] {
        add("lang", json!(value), false);
    }
    add("kind", json!("essay"), false);
    for field in ["url", "series", "image"] {
        add(field, json!("x".repeat(4_001)), false);
    }
    add("title", json!("x".repeat(4_001)), true);
    let site = Site::new();
    site.write("site/list.jsonl", records.iter().map(|record| format!("{record}\n")).collect::<String>());
    let report = site.reindex();
    let source = &report.sources[0];
    let by_id = |problems: &[Rejected]| -> BTreeMap<String, Rejected> {
        problems.iter().map(|problem| (problem.id.clone().unwrap(), problem.clone())).collect()
    };
    let (rejections, flaws) = (by_id(&source.rejections), by_id(&source.flaws));
    for record in &records {
        let id = record["id"].as_str().unwrap();
        assert!(rejections.contains_key(id) || flaws.contains_key(id), "{record} is not named");
    }
    assert_eq!(rejections.len() + flaws.len(), expect.len());
    let articles = site.articles();
    for (line, record) in records.iter().enumerate() {
        let id = record["id"].as_str().unwrap();
        let (is_refused, field) = expect[id];
        let problem = if is_refused { rejections.get(id) } else { flaws.get(id) };
        let problem = problem.unwrap_or_else(|| panic!("{record} is not named"));
        assert!(problem.reason.starts_with(&format!("{field}: ")) && problem.reason.len() < 300, "{problem:?}");
        assert_eq!((problem.file.as_str(), problem.line), ("list.jsonl", Some(line as u64 + 1)));
        assert_eq!(articles.contains_key(id), !is_refused, "{record}");
    }
    assert_eq!(source.added as usize, flaws.len());
    let total = site.engine().search(&request("zebra")).unwrap().total.value;
    assert_eq!(total as usize, flaws.len());
}

/// Runs the binary to its end and gives back what it printed, and the most memory that it was
/// seen to hold, in bytes.
#[cfg(target_os = "linux")]
fn run_watched(folder: &std::path::Path, arguments: &[&str]) -> (Value, u64) {
    use std::process::Stdio;
    let out = folder.join("out.json");
    let mut command = support::fichero(folder);
    let mut child = command.args(arguments).stdout(File::create(&out).unwrap()).stderr(Stdio::null()).spawn().unwrap();
    let mut peak = 0;
    let status = loop {
        // The high-water mark only grows: a look missed loses what came after the last one.
        let told = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let mark = told.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(mark.unwrap_or(0u64) << 10);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    };
    assert_eq!(status.code(), Some(0), "{arguments:?}");
    (serde_json::from_slice(&fs::read(out).unwrap()).unwrap(), peak)
}

#[cfg(target_os = "linux")]
#[test]
fn enormous_lines_and_files_are_refused_in_bounded_memory() {
    const MB: usize = 1 << 20;
    let site = Site::new();
    site.write("site/a.md", markdown("title: Alpha zebra", "Words."));
    let site_path = site.path("site");
    let arguments = ["reindex", "--json", site_path.to_str().unwrap()];
    let (_, usual) = run_watched(site.folder(), &arguments);

    for name in ["huge.md", "huge.txt"] {
        File::create(site.path(&format!("site/{name}"))).unwrap().set_len(200 * MB as u64).unwrap();
    }
    let mut list = File::create(site.path("site/huge.jsonl")).unwrap();
    writeln!(list, "{}", json!({"id": "first", "title": "The first zebra"})).unwrap();
    writeln!(list, "{{\"id\": \"long\", \"title\": \"{}\"}}", "x".repeat(50 * MB)).unwrap();
    writeln!(list, "{}", "\u{e9}".repeat(25 * MB)).unwrap();
    for _ in 0..100 {
        writeln!(list, "{}", " ".repeat(MB)).unwrap();
    }
    write!(list, "{}", json!({"id": "last", "title": "The last zebra"})).unwrap();
    drop(list);
    let mut endless = File::create(site.path("site/one-line.ndjson")).unwrap();
    for _ in 0..200 {
        endless.write_all(&vec![b'['; MB]).unwrap();
    }
    drop(endless);
    let (report, peak) = run_watched(site.folder(), &arguments);
    let source = &report["sources"][0];
    let reported = told(&source["rejections"]);
    for (name, line, start) in [
        ("huge.md", None, "larger than 16 MB"),
        ("huge.txt", None, "larger than 16 MB"),
        ("huge.jsonl", Some(2), "a line of 524288"),
        ("huge.jsonl", Some(3), "a line of 52428801 bytes"),
        ("one-line.ndjson", Some(1), "a line of 209715200 bytes"),
    ] {
        let is_told = reported[name].iter().any(|(at, reason)| *at == line && reason.starts_with(start));
        assert!(is_told, "{name} {line:?}: {reported:?}");
    }
    assert_eq!((&source["added"], &source["unchanged"], &source["rejected"]), (&json!(2), &json!(1), &json!(5)));
    assert_eq!(found(&site.engine(), "zebra").len(), 3);
    println!(
        "peak of {} MB over the usual {} MB, for files of {} MB",
        (peak - usual.min(peak)) / MB as u64,
        usual / MB as u64,
        800
    );
    assert!(peak < usual + 64 * MB as u64, "{} MB, usually {} MB", peak / MB as u64, usual / MB as u64);
}

// Ids

#[test]
fn any_id_works_in_the_catalog_the_engine_and_over_http() {
    let longest = "é".repeat(200);
    let ids = [
        "a/b/c",
        "/",
        "//",
        "/leading",
        "trailing/",
        "\"quoted\"",
        "it's",
        "'; DROP TABLE article; --",
        "a b",
        " a b ",
        "ä/ö ü",
        "日本/語",
        "100%",
        "%2F",
        "%zz",
        "a+b",
        "a?b#c&d=e",
        ".",
        "..",
        "../../etc/passwd",
        "a\\b",
        "<script>",
        "null",
        "0",
        "-1",
        "en:x",
        "🏳️‍🌈",
        "é",
        "É",
        "\u{202e}abc",
        "\u{feff}x",
        "a\u{200b}b",
        "a\u{2028}b",
        "{}",
        "[x]",
        "*",
        "?",
        "related",
        "x/related",
        "\u{10ffff}",
        longest.as_str(),
    ];
    let lines = ids
        .iter()
        .enumerate()
        .map(|(place, id)| format!("{}\n", json!({"id": id, "title": format!("Zebra {place}"), "lang": "en"})));
    let site = Site::new();
    site.write("site/list.jsonl", lines.collect::<String>());
    let report = site.reindex();
    assert_eq!(counts(&report.sources[0]), [ids.len() as u64, 0, 0, 0, 0], "{:?}", report.sources[0].rejections);
    let report = site.reindex_with(&Options { full: true, ..Options::default() });
    assert_eq!((counts(&report.sources[0]), report.changes), ([0, 0, ids.len() as u64, 0, 0], 0));
    let slot = EngineSlot::default();
    slot.store(Some(Arc::new(site.engine())));
    let router = router(slot, Settings::default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let get = |path: String| {
        runtime.block_on(async {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            (status, serde_json::from_slice::<Value>(&body).unwrap_or_default())
        })
    };
    let engine = site.engine();
    assert_eq!(found(&engine, "zebra").into_iter().collect::<HashSet<_>>(), ids.map(str::to_owned).into());
    for (place, id) in ids.iter().enumerate() {
        let title = format!("Zebra {place}");
        assert_eq!(article(&engine, id).map(|found| found.card.title).as_ref(), Some(&title), "{id:?}");
        let escaped: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        for path in [format!("/v1/articles/{escaped}"), format!("/v1/articles?id={escaped}")] {
            let (status, body) = get(path);
            assert_eq!((status, &body["id"], &body["title"]), (StatusCode::OK, &json!(id), &json!(title)), "{id:?}");
        }
        let (status, body) = get(format!("/v1/articles/{escaped}/related"));
        assert_eq!((status, body["hits"].as_array().map(Vec::is_empty)), (StatusCode::OK, Some(false)), "{id:?}");
    }
}

// Naughty strings

/// Strings of our own that break programs.
const NAUGHTY: [&str; 72] = [
    "undefined",
    "NULL",
    "(null)",
    "true",
    "NaN",
    "Infinity",
    "1e999",
    "0x1F",
    "1/0",
    "1.000,00",
    "1'000'000.00",
    "1,000.00",
    "007",
    "+34 91 000 00 00",
    "$1.00",
    "50%",
    "C++",
    "C#",
    ".NET",
    "a.m.",
    "U.S.A.",
    "AT&T",
    "R&D",
    "don't",
    "l'œuvre",
    "d’abord",
    "rock 'n' roll",
    "O'Neil-O'Brien",
    "a_b",
    "foo/bar",
    "a\\b",
    "C:\\temp\\new",
    "../../etc/passwd",
    "https://user@site.example:80/a?b=c&d#e",
    "x@y.example",
    "<script>alert(1)</script>",
    "<mark>x</mark>",
    "&lt;b&gt;",
    "'; DROP TABLE article; --",
    "{{7*7}}",
    "${x}",
    "%s%n",
    "%00abc",
    "title:x",
    "a AND NOT b",
    "[a TO z]",
    "\"open quote",
    "\"closed quote\" and more",
    "«comillas»",
    "“a” „b“",
    "((((x",
    "*a*",
    "a~2^3",
    "é",
    "e\u{301}",
    "ﬁn",
    "Ⅷ",
    "ǆ",
    "İstanbul ı",
    "ΟΔΟΣ οδός",
    "½ cup",
    "²",
    "٣",
    "高等教育",
    "ﾃｽﾄ ア",
    "การศึกษา",
    "한국어",
    "שָׁלוֹם",
    "مرحبـــا",
    "हिन्दी",
    "a\u{200d}b\u{ad}c",
    "🇪🇸 1️⃣ 👩‍👩‍👧 x",
];

/// All ids that a query is answered with, page by page.
fn all_found(engine: &dyn SearchEngine, query: &str) -> HashSet<String> {
    let mut ids = HashSet::new();
    loop {
        let mut page = request(query);
        page.offset = ids.len();
        let answer = engine.search(&page).unwrap();
        let total = answer.total.value as usize;
        let is_last = answer.hits.is_empty();
        ids.extend(answer.hits.into_iter().map(|hit| hit.card.id));
        if is_last || ids.len() >= total {
            assert_eq!(ids.len(), total, "{query:?}");
            return ids;
        }
    }
}

/// A text as a record has it whose markup is not to be understood as such.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('[', "&#91;").replace('`', "&#96;")
}

/// Indexes every string as a title, as a summary and as a body, and tells which are not found by
/// their own copy.
fn lost<S: AsRef<str>>(strings: &[S]) -> Vec<String> {
    let mut list = String::new();
    let mut expected_rejections = 0;
    for (place, text) in strings.iter().enumerate() {
        let text = text.as_ref();
        // Some declare a language, some leave it to be found out.
        let lang = ["en", "es", "zh", ""][place % 4];
        for field in ["title", "summary", "body"] {
            let mut record = json!({"id": format!("{field} {place}"), "lang": lang, "title": ""});
            record[field] = escaped(text).into();
            list.push_str(&format!("{record}\n"));
            let is_blank = text.chars().all(|c| c.is_whitespace() || c == '\0');
            expected_rejections += u64::from(is_blank);
        }
    }
    let site = Site::new();
    site.write("site/list.jsonl", list);
    let report = site.reindex();
    assert_eq!(report.sources[0].rejected, expected_rejections, "{:?}", report.sources[0].rejections);
    let engine = site.engine();
    let mut lost = Vec::new();
    for (place, text) in strings.iter().enumerate() {
        let text = text.as_ref();
        let found = all_found(&engine, text);
        if words(text).is_empty() {
            continue;
        }
        // `title:x` asks for titles only.
        let is_limited = Query::parse(text).words.iter().any(|word| word.zone.is_some());
        for field in ["title", "summary", "body"].into_iter().take(if is_limited { 1 } else { 3 }) {
            let id = format!("{field} {place}");
            if !found.contains(&id) {
                lost.push(format!("{field} {text:?}"));
            }
        }
    }
    lost
}

fn reads_as_exclusion(text: &str) -> bool {
    !Query::parse(text).excluded.is_empty()
}

#[test]
fn naughty_strings_are_found_by_their_own_copy() {
    assert!(NAUGHTY.iter().all(|text| !words(text).is_empty()), "each is worth its place");
    assert_eq!(lost(&NAUGHTY), [""; 0]);
    assert_eq!(
        lost(&["", " ", "\t\n", "\0", "\u{1}\u{1f}", "-", "\"\"", "\u{200b}", "…", "¿?", "🙂", "\u{301}", "(((", "--"]),
        [""; 0]
    );
}

#[test]
fn long_strings_are_found_by_their_own_copy() {
    let strings = [
        format!("{} end", "a".repeat(510)),
        "x".repeat(3_000),
        format!("{}-{}", "y".repeat(130), "z".repeat(600)),
        "word ".repeat(700),
        (0..900).map(|number| format!("w{number} ")).take(500).collect::<String>(),
        "高等教育和学生".repeat(300),
        "a\u{301}".repeat(900),
        format!("\"{}\" {}", "q ".repeat(300), "tail"),
    ];
    assert_eq!(lost(&strings), [""; 0]);
}

#[test]
fn a_string_that_reads_as_an_exclusion_is_found_by_its_own_copy() {
    let strings = [
        "-1",
        "-$1.00",
        "-1/2",
        "-Infinity",
        "-1#IND",
        "-\"a b\"",
        "`ls -al /`",
        "System(\"ls -al /\")",
        "-a -b",
        "a -a",
    ];
    assert_eq!(lost(&strings), [""; 0]);
}

#[test]
fn control_characters_do_not_hide_a_string_from_its_own_copy() {
    let strings: Vec<String> =
        (0..0xa0).filter_map(char::from_u32).filter(|c| c.is_control()).map(|c| format!("left{c}right")).collect();
    assert_eq!(strings.len(), 65);
    assert_eq!(lost(&strings), [""; 0]);
}

#[test]
fn the_big_list_of_naughty_strings_is_found_by_its_own_copies() {
    let Some(path) = shared("data/sources/blns/blns.json") else { return };
    let all: Vec<String> = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let different: BTreeSet<&String> = all.iter().collect();
    let strings: Vec<&String> = different.iter().copied().filter(|text| !reads_as_exclusion(text)).collect();
    let with_words = strings.iter().filter(|text| !words(text).is_empty()).count();
    println!(
        "{} naughty strings, {with_words} of them with a word, {} apart that read as exclusions",
        strings.len(),
        different.len() - strings.len()
    );
    assert!(strings.len() > 480 && with_words > 400);
    // Every letter and digit is a word, or part of one.
    for text in &all {
        assert_eq!(text.chars().any(char::is_alphanumeric), !words(text).is_empty(), "{text:?}");
    }
    assert_eq!(lost(&strings), [""; 0]);
}

/// Strings of the characters that stand between words, or make two ways of writing one.
fn tricky() -> impl Strategy<Value = String> {
    let pieces = [
        "a",
        "B",
        "é",
        "e\u{301}",
        "ñ",
        "n\u{303}",
        "ß",
        "İ",
        "ﬁ",
        "Ⅷ",
        "½",
        "1",
        "２",
        "٣",
        "l",
        "d",
        "qu",
        "s",
        "foo",
        "Straße",
        "高",
        "等教育",
        "の",
        "ก",
        "าร",
        "한",
        "ש\u{5c1}",
        "ह\u{93f}",
        "ـ",
        "'",
        "’",
        "´",
        "-",
        "‐",
        ".",
        ",",
        "_",
        "/",
        ":",
        "\"",
        "«",
        "“",
        "\u{ad}",
        "\u{200b}",
        "\u{200d}",
        "\u{301}",
        "\u{202e}",
        " ",
        " ",
        "\n",
        "\n\n",
        "\u{a0}",
        "\u{2028}",
        "\t",
        "🙂",
        "🇪",
        "\u{fe0f}",
    ];
    vec(prop::sample::select(pieces.to_vec()), 1..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 120, ..ProptestConfig::default() })]
    #[test]
    fn any_string_is_found_by_its_own_copy(
        strings in vec(prop_oneof![
            any::<String>(),
            vec(any::<char>(), 0..40).prop_map(|chars| chars.into_iter().collect::<String>()),
            tricky(),
            tricky(),
        ], 1..120)
    ) {
        // A `-` before a word says that it must not occur; NUL has a test of its own.
        let strings: Vec<String> = strings.iter().map(|text| text.replace('\0', "\u{1}")).filter(|text| !reads_as_exclusion(text)).collect();
        prop_assert_eq!(lost(&strings), Vec::<String>::new());
    }
}

/// Addresses that run, hold or open something where they are followed.
const NOT_OF_THE_WEB: [&str; 14] = [
    "javascript:payload()",
    " JaVaScRiPt:payload()",
    "\u{1}javascript:payload()",
    "java\tscript:payload()",
    "java\u{1}script:payload()",
    "\u{feff}javascript:payload()",
    "javascript&#58;payload()",
    "javascript&colon;payload()",
    "javascript://a.example/%0apayload()",
    "vbscript:payload",
    "data:text/html,payload",
    "file:///payload",
    "ftp://a.example/payload",
    "blob:https://a.example/payload",
];

#[test]
fn answers_contain_only_web_addresses() {
    let site = Site::new();
    let records = NOT_OF_THE_WEB.iter().enumerate().map(|(number, address)| {
        json!({ "id": format!("new{number}"), "lang": "en", "title": "Harbour lights", "url": address, "image": address })
    });
    let lines: Vec<String> = records.map(|record| record.to_string()).collect();
    site.write("site/list.jsonl", lines.join("\n"));
    site.reindex();
    let articles = site.articles();
    assert_eq!(articles.len(), NOT_OF_THE_WEB.len());
    assert!(articles.values().all(|article| article.url.is_none() && article.image.is_none()), "{articles:?}");

    // As a version took them that did not look at the scheme, each with a translation.
    let mut pushes = Vec::new();
    for (number, address) in NOT_OF_THE_WEB.iter().enumerate() {
        for lang in ["en", "es"] {
            let mut old = articles["new0"].clone();
            (old.id, old.work, old.lang) = (format!("old{number}-{lang}"), format!("old{number}"), lang.to_owned());
            (old.url, old.image) = (Some((*address).to_owned()), Some((*address).to_owned()));
            pushes.push(Push { id: old.id.clone(), article: Some(Box::new(old)), condition: None });
        }
    }
    Catalog::open(site.data().path()).unwrap().push(&pushes).unwrap();
    let data = site.data();
    let slot = EngineSlot::default();
    let mut updater = IndexUpdater::open(data.clone(), slot.clone(), data.lock_writer("test").unwrap()).unwrap();
    updater.tick_until_idle().unwrap();
    let router = router(slot, Settings::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build().unwrap();
    let ask = |path: &str, accept: &str| {
        runtime.block_on(async {
            let request = Request::get(path).header("host", "fichero").header("accept", accept);
            let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let status = response.status();
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            (status, String::from_utf8(body.to_vec()).unwrap())
        })
    };
    for path in [
        "/v1/search?q=harbour&limit=100",
        "/v1/search?q=harbour&limit=100&group=false",
        "/search?q=harbour",
        "/search.atom?q=harbour&limit=100",
        "/v1/suggest?q=harb&limit=20",
        "/suggest.json?q=harb",
        "/v1/recent?limit=100",
        "/v1/related?id=old0-en&limit=20",
        "/v1/articles?id=old0-en",
        "/v1/articles/old2-es",
        "/widgets/related?id=old0-en",
        "/v1/topics",
    ] {
        for accept in ["application/json", "application/ld+json", "text/html"] {
            let (status, text) = ask(path, accept);
            assert_eq!(status, StatusCode::OK, "{path}: {text}");
            assert!(!text.to_lowercase().contains("payload"), "{path} {accept}: {text}");
        }
    }
    let (_, all) = ask("/v1/search?q=harbour&limit=100&group=false", "application/json");
    let all: Value = serde_json::from_str(&all).unwrap();
    assert_eq!(all["total"]["value"].as_u64(), Some(3 * NOT_OF_THE_WEB.len() as u64));
}
