//! A data folder that something has happened to:
//!
//! * every file of a generation cut or gone, its folder gone, its manifest of another format or
//!   analysis: it is never answered from; `search` says so with the remedy, `status` names it,
//!   `reindex` and a server's start answer again, from the generation before or from the catalog
//!   alone;
//! * `CURRENT` missing, garbage or pointing nowhere: the same;
//! * a generation that is being built is no problem to `status`; a catalog of an older fichero is
//!   told and left as it is;
//! * a generation that was built for a run that was never accepted is not answered from;
//! * a catalog that is damaged (in its header, anywhere in it, in one article), newer, or
//!   something else: one error that names it and the remedy, searches go on, the remedy works;
//! * folders and files without permission, other things in their places: one error with the
//!   remedy, nothing changed;
//! * a disk that is full at any point: one error with the remedy, what was answered is answered,
//!   what was accepted is kept, and with space again the next reindex succeeds.
//!
//! Nowhere a panic, nowhere exit code 0 for a command that has not done its work.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use fichero::engine::tantivy::{Applied, Generation, GenerationWriter};
use fichero::indexing::index_updater::open_engine;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::Server;
use crate::support::state::{
    Articles, Site, assert_same, checked, copy_folder, first_state, second_state, stderr, works,
};

const ARTICLES: usize = 24;

/// Something that happens to a file or a folder.
type PathFault = fn(&Path);
/// Something that happens to a site.
type SiteFault = fn(&Site);

/// A site with one generation.
fn site() -> (Site, Articles) {
    let articles = first_state(ARTICLES);
    let site = Site::with(&articles);
    site.reindex(&[]);
    (site, articles)
}

/// The only error on standard error (above the log, whose lines begin with the time); it must
/// hold every one of the words.
fn must_fail(output: &Output, words: &[&str]) -> String {
    assert_eq!(output.status.code(), Some(1), "{}", stderr(output));
    let told = stderr(output);
    let errors: Vec<&str> = told.lines().filter(|line| line.starts_with("fichero: ")).collect();
    assert_eq!(errors.len(), 1, "{told}");
    for word in words {
        assert!(errors[0].contains(word), "{word:?} is not told: {told}");
    }
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    errors[0].to_owned()
}

/// Runs a server that must not come up.
fn serve_that_fails(site: &Site) -> Output {
    let mut command = Command::new("timeout");
    command.args(["60", env!("CARGO_BIN_EXE_fichero"), "serve", "--listen", "127.0.0.1:0"]).current_dir(site.folder());
    let output = checked(command);
    assert_ne!(output.status.code(), Some(124), "the server did not end: {}", stderr(&output));
    output
}

/// Starts a server, which must answer these articles, and gives back what it logged.
fn must_serve(site: &Site, articles: &Articles) -> String {
    let server = Server::start(site.folder(), &[]);
    let answer = server.client().get("/v1/search?limit=100");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["total"]["value"], works(articles));
    let (status, log) = server.stop();
    assert!(status.success() && !log.contains("panicked"), "{status}: {log}");
    assert_same(site.answered().as_ref(), articles);
    log
}

fn generation(site: &Site) -> PathBuf {
    let data = site.data_folder();
    data.generation(data.current().unwrap())
}

fn without_sources(site: &Site) -> Site {
    let copy = Site::over(Path::new("nowhere"));
    copy_folder(&site.data(), &copy.data());
    copy
}

#[test]
fn generation_with_a_truncated_or_missing_file_gives_complete_answers_or_an_error() {
    let (site, articles) = site();
    let newer = second_state(ARTICLES);
    let mut names: Vec<String> = fs::read_dir(generation(&site))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut refused = 0;
    let cuts: [(&str, PathFault); 4] = [
        ("empty", |path| fs::write(path, "").unwrap()),
        ("half", |path| cut(path, |length| length / 2)),
        ("one byte short", |path| cut(path, |length| length.saturating_sub(1))),
        ("gone", |path| fs::remove_file(path).unwrap()),
    ];
    for name in &names {
        for (how, cut) in cuts {
            let copy = site.copy();
            cut(&generation(&copy).join(name));
            let (data, number) = (copy.data_folder(), copy.data_folder().current().unwrap());
            let is_opened = Generation::open(&data.generation(number)).is_ok();
            assert_eq!(is_opened, open_engine(&data, number).is_ok(), "{name} {how}");
            let found = copy.try_run(&["search", "--json", "--limit", "100", ""]);
            if found.status.success() {
                copy.must_answer_on_the_command_line(&articles);
                copy.reindex(&[]);
            } else {
                refused += 1;
                must_fail(&found, &["cannot be answered from", "fichero reindex"]);
                let status = copy.json(&["status", "--json"]);
                assert_eq!(status["index_version"], Value::Null, "{name} {how}: {status}");
                assert_eq!(status["problems"].as_array().unwrap().len(), 1, "{name} {how}: {status}");
                copy.reindex(&[]);
            }
            copy.must_be_settled(&articles);
        }
    }
    assert!(refused >= names.len(), "{refused} of {names:?}");
    // A change beside the fault is taken up all the same.
    let changed = Site::with(&newer);
    copy_folder(&site.data(), &changed.data());
    fs::remove_dir_all(generation(&changed)).unwrap();
    changed.reindex(&[]);
    changed.must_be_settled(&newer);
}

fn cut(path: &Path, shorter: impl Fn(u64) -> u64) {
    let file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.set_len(shorter(file.metadata().unwrap().len())).unwrap();
}

fn edit_manifest(site: &Site, field: &str, value: Value) {
    let path = generation(site).join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert!(manifest.get(field).is_some());
    manifest[field] = value;
    fs::write(path, manifest.to_string()).unwrap();
}

/// Ways in which a whole generation is lost.
const LOSSES: [(&str, SiteFault); 6] = [
    ("gone", |site| fs::remove_dir_all(generation(site)).unwrap()),
    ("a file", |site| {
        let path = generation(site);
        fs::remove_dir_all(&path).unwrap();
        fs::write(path, "no folder").unwrap();
    }),
    ("empty", |site| {
        let path = generation(site);
        fs::remove_dir_all(&path).unwrap();
        fs::create_dir(path).unwrap();
    }),
    ("of another format", |site| edit_manifest(site, "schema_version", json!(4_000_000_000u32))),
    ("of another analysis", |site| edit_manifest(site, "analysis", json!("another"))),
    ("of no known shape", |site| edit_manifest(site, "schema_version", json!("one"))),
];

#[test]
fn lost_or_foreign_generation_is_rebuilt_from_the_catalog() {
    let (site, articles) = site();
    for (how, lose) in LOSSES {
        let lost = site.copy();
        lose(&lost);
        let lost_version = "1.";
        must_fail(&lost.try_run(&["search", "--json", ""]), &["generations/1", "fichero reindex"]);
        must_fail(&lost.try_run(&["related", "item-001"]), &["generations/1", "fichero reindex"]);
        let status = lost.json(&["status", "--json"]);
        assert_eq!((&status["index_version"], &status["articles"]), (&Value::Null, &json!(ARTICLES)), "{how}");

        // There is no source to read from: it is the catalog that it comes from.
        let served = without_sources(&lost);
        must_serve(&served, &articles);
        let version = served.json(&["search", "--json", ""])["index_version"].as_str().unwrap().to_owned();
        assert!(!version.starts_with(lost_version), "{how}: {version}");
        served.must_hold_no_orphans();

        let report = lost.reindex(&[]);
        assert!(!report["index_version"].as_str().unwrap().starts_with(lost_version), "{how}: {report}");
        lost.must_be_settled(&articles);
    }
}

#[test]
fn lost_generation_is_replaced_by_the_updated_previous_one() {
    let (old, new) = (first_state(ARTICLES), second_state(ARTICLES));
    let site = Site::with(&old);
    site.reindex(&[]);
    site.now_says(&new);
    site.reindex(&["--full"]);
    for (how, lose) in LOSSES {
        let served = site.copy();
        lose(&served);
        let reindexed = served.copy();
        must_serve(&served, &new);
        reindexed.reindex(&[]);
        assert_same(reindexed.answered().as_ref(), &new);
        reindexed.reindex(&["--full"]);
        assert_same(reindexed.answered().as_ref(), &new);
        println!("{how}: {}", reindexed.data_folder().current().unwrap());
    }
}

#[test]
fn generation_under_construction_is_not_reported_as_a_problem() {
    let (site, _) = site();
    let data = site.data_folder();
    let problems = || site.json(&["status", "--json"])["problems"].as_array().unwrap().len();
    let current = data.current().unwrap();
    GenerationWriter::create(&data.generation(current + 1), 1).unwrap();
    assert_eq!(problems(), 1, "nobody builds it");
    let reindex = data.lock_reindex("test").unwrap();
    assert_eq!(problems(), 0);
    GenerationWriter::create(&data.generation(current - 1), 1).unwrap();
    assert_eq!(problems(), 1, "an older one is not built any more");
    data.unpublish().unwrap();
    assert_eq!(problems(), 0, "nothing is published yet");
    drop(reindex);
    assert_eq!(problems(), 2);
}

#[test]
fn missing_or_invalid_pointer_is_reported_and_repaired() {
    let (site, articles) = site();
    let pointers: [Option<&[u8]>; 8] =
        [None, Some(b""), Some(b"one"), Some(b"-1"), Some(b"0"), Some(b"77"), Some(b"\xff\xfe"), Some(b"1\n2\n")];
    for pointer in pointers {
        let broken = site.copy();
        match pointer {
            Some(bytes) => fs::write(broken.data().join("CURRENT"), bytes).unwrap(),
            None => fs::remove_file(broken.data().join("CURRENT")).unwrap(),
        }
        must_fail(&broken.try_run(&["search", "x"]), &["fichero reindex"]);
        let served = without_sources(&broken);
        must_serve(&served, &articles);
        let report = broken.reindex(&[]);
        assert_eq!(report["changes"], 0);
        broken.must_be_settled(&articles);
    }
}

#[test]
fn generation_of_an_unaccepted_run_is_not_served() {
    // As a reindex leaves it that dies after its build and before its acceptance.
    let (old, new) = (first_state(ARTICLES), second_state(ARTICLES));
    let site = Site::with(&new);
    site.reindex(&[]);
    site.now_says(&old);
    let data = site.data();
    let catalog = Connection::open(data.join("catalog.sqlite")).unwrap();
    let unaccepted = "DELETE FROM article; DELETE FROM record; DELETE FROM content; DELETE FROM file;
         UPDATE run SET state = 'staging', generation = NULL; UPDATE publication SET generation = 0";
    catalog.execute_batch(unaccepted).unwrap();
    drop(catalog);
    fs::remove_file(data.join("CURRENT")).unwrap();
    let meta = site.data_folder().generation(1).join("meta.json");
    let text = fs::read_to_string(&meta).unwrap();
    let mut parsed: Value = serde_json::from_str(&text).unwrap();
    assert!(parsed["payload"].is_string());
    let unaccepted = Applied { run: Some(1), ..Applied::default() };
    parsed["payload"] = json!(unaccepted.to_payload().unwrap());
    fs::write(&meta, parsed.to_string()).unwrap();

    must_fail(&site.try_run(&["search", ""]), &["fichero reindex"]);
    must_fail(&site.try_run(&["resume"]), &["fichero reindex"]);
    must_fail(&site.try_run(&["rollback"]), &["fichero reindex"]);
    let served = site.copy();
    must_serve(&served, &old);
    assert_same(Some(&served.accepted()), &old);
    site.reindex(&[]);
    site.must_be_settled(&old);
    assert_eq!(site.json(&["status", "--json"])["previous_generation"], Value::Null);
}

/// Every command that needs the catalog says what is wrong with it.
fn must_all_fail(site: &Site, words: &[&str]) {
    for arguments in [
        &["reindex"][..],
        &["reindex", "--full"],
        &["reindex", "--dry-run"],
        &["status"],
        &["status", "--json"],
        &["resume"],
    ] {
        must_fail(&site.try_run(arguments), words);
    }
    must_fail(&serve_that_fails(site), words);
}

#[test]
fn invalid_catalog_is_reported_and_searches_continue() {
    let (site, articles) = site();
    let newer = |path: &Path| {
        Connection::open(path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    };
    type Fault<'a> = (&'a str, &'a dyn Fn(&Path), &'a [&'a str]);
    let faults: [Fault<'_>; 5] = [
        (
            "another header",
            &|path| overwrite(path, 0, 100, 1),
            &["catalog.sqlite", "damaged", "put back a copy", "fichero reindex"],
        ),
        (
            "text",
            &|path| fs::write(path, "not a database, but long enough to be read as one. ".repeat(100)).unwrap(),
            &["damaged"],
        ),
        ("first page", &|path| overwrite(path, 100, 3_996, 2), &["catalog.sqlite", "damaged", "put back a copy"]),
        ("newer", &newer, &["version 99", "newer fichero"]),
        (
            "a folder",
            &|path| {
                fs::remove_file(path).unwrap();
                fs::create_dir(path).unwrap();
            },
            &["catalog.sqlite", "--data"],
        ),
    ];
    for (how, fault, words) in faults {
        let broken = site.copy();
        let path = broken.data().join("catalog.sqlite");
        let saved = fs::read(&path).unwrap();
        fault(&path);
        let faulty = fs::read(&path).ok();
        must_all_fail(&broken, words);
        broken.must_answer_on_the_command_line(&articles);
        assert_same(broken.answered().as_ref(), &articles);
        assert!(fs::read(&path).ok() == faulty, "{how}: the faulty file was changed");

        // Both ways that the message names.
        let anew = broken.copy();
        let moved = anew.data().join("catalog.sqlite");
        fs::rename(moved, anew.data().join("damaged")).unwrap();
        anew.reindex(&[]);
        anew.must_be_settled(&articles);
        if path.is_dir() {
            fs::remove_dir(&path).unwrap();
        }
        fs::write(&path, saved).unwrap();
        broken.reindex(&[]);
        broken.must_be_settled(&articles);
    }
}

/// Overwrites bytes by noise.
#[test]
fn status_reports_an_older_catalog_without_migrating_it() {
    let (site, articles) = site();
    let catalog = site.data().join("catalog.sqlite");
    let version = || -> u32 {
        Connection::open(&catalog).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    };
    let present = version();
    let older = "DROP INDEX record_by_work; DROP TABLE synonyms; DROP TABLE staged_synonyms; PRAGMA user_version = 1";
    Connection::open(&catalog).unwrap().execute_batch(older).unwrap();
    must_fail(&site.try_run(&["status", "--json"]), &["schema version 1", "`fichero reindex`"]);
    assert_eq!(version(), 1);
    site.reindex(&[]);
    assert_eq!(version(), present);
    assert_eq!(site.json(&["status", "--json"])["problems"], json!([]));
    site.must_be_settled(&articles);
}

fn overwrite(path: &Path, from: usize, length: usize, seed: u64) {
    let mut bytes = fs::read(path).unwrap();
    let mut noise = seed;
    let end = bytes.len().min(from + length);
    for byte in &mut bytes[from..end] {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        *byte = (noise >> 56) as u8;
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn catalog_damage_is_reported_or_harmless() {
    let (old, new) = (first_state(ARTICLES), second_state(ARTICLES));
    let site = Site::with(&old);
    site.reindex(&[]);
    site.now_says(&new);
    let saved = site.data().join("catalog.sqlite");
    let pages = fs::read(&saved).unwrap().len() / 4_096;
    let mut told = 0;
    for page in 1..pages {
        for arguments in [&["reindex"][..], &["reindex", "--full"]] {
            let broken = site.copy();
            let path = broken.data().join("catalog.sqlite");
            overwrite(&path, page * 4_096, 4_096, page as u64);
            let output = broken.try_run(arguments);
            if output.status.success() {
                assert_same(broken.answered().as_ref(), &new);
                continue;
            }
            told += 1;
            must_fail(&output, &["catalog", "put back a copy", "fichero reindex"]);
            let answered = broken.answered().unwrap();
            assert!(answered == old || answered == new);
            for name in ["catalog.sqlite-wal", "catalog.sqlite-shm"] {
                let _ = fs::remove_file(broken.data().join(name));
            }
            fs::remove_file(&path).unwrap();
            broken.reindex(&[]);
            broken.must_be_settled(&new);
        }
    }
    println!("{pages} pages: told {told} times");
    assert!(told > 0);
}

#[test]
fn damaged_catalog_article_is_reported_with_a_working_remedy() {
    let (site, articles) = site();
    for (damage, words) in [
        ("UPDATE content SET article = substr(article, 1, 20) WHERE key = 3", ["is damaged", "put back a copy"]),
        ("UPDATE content SET article = CAST(x'7b22ff' AS TEXT) WHERE key = 3", ["is damaged", "put back a copy"]),
        ("UPDATE content SET article = x'00ff' WHERE key = 3", ["is damaged", "put back a copy"]),
    ] {
        let broken = site.copy();
        Connection::open(broken.data().join("catalog.sqlite")).unwrap().execute_batch(damage).unwrap();
        must_fail(&broken.try_run(&["reindex", "--full"]), &words);
        assert_same(broken.answered().as_ref(), &articles);
        assert_eq!(broken.data_folder().generation_numbers(), [1], "what was built in part was left");
        fs::rename(broken.data().join("catalog.sqlite"), broken.data().join("damaged")).unwrap();
        broken.reindex(&[]);
        broken.must_be_settled(&articles);
    }
}

/// The names and contents of all files below a folder but the locks', whose text says who came.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else if path.extension().is_none_or(|extension| extension != "lock") {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// The binary, as somebody whom permissions bind; `None` where there is no way to be that.
pub fn as_somebody(site: &Site, arguments: &[&str]) -> Option<Output> {
    become_somebody(site, site.command(arguments)).map(checked)
}

/// A command of the binary, to be run as somebody whom permissions bind.
pub fn become_somebody(site: &Site, mut command: Command) -> Option<Command> {
    set_mode(site.folder(), 0o755);
    let probe = site.folder().join("probe");
    fs::create_dir_all(&probe).unwrap();
    set_mode(&probe, 0o555);
    let is_bound = fs::write(probe.join("file"), "").is_err();
    let _ = fs::remove_dir_all(&probe);
    let mut trial = site.command(&["--help"]);
    if !is_bound {
        command.uid(65_534).gid(65_534);
        trial.uid(65_534).gid(65_534);
    }
    if trial.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return Some(command);
    }
    println!("skipped: permissions do not bind this user, and it cannot become another");
    None
}

/// Sets the modes of all files and folders below a folder, itself included.
pub fn set_all_modes(path: &Path, folder: u32, file: u32) {
    if path.is_dir() {
        set_mode(path, 0o755);
        for entry in fs::read_dir(path).unwrap() {
            set_all_modes(&entry.unwrap().path(), folder, file);
        }
        set_mode(path, folder);
    } else {
        set_mode(path, file);
    }
}

#[test]
fn missing_permission_is_one_error_and_changes_nothing() {
    let (old, new) = (first_state(ARTICLES), second_state(ARTICLES));
    let site = Site::with(&old);
    site.reindex(&[]);
    site.reindex(&["--full"]);
    site.now_says(&new);
    let faults: [(&str, PathFault); 4] = [
        ("all read-only", |data| set_all_modes(data, 0o555, 0o444)),
        ("catalog read-only", |data| {
            set_all_modes(data, 0o777, 0o666);
            set_mode(&data.join("catalog.sqlite"), 0o444);
            set_mode(data, 0o555);
        }),
        ("catalog unreadable", |data| {
            set_all_modes(data, 0o777, 0o666);
            set_mode(&data.join("catalog.sqlite"), 0o000);
        }),
        ("data folder closed", |data| set_mode(data, 0o000)),
    ];
    for (how, lock) in faults {
        let locked = Site::with(&new);
        copy_folder(&site.data(), &locked.data());
        let before = contents(&locked.data());
        lock(&locked.data());
        for arguments in [
            &["reindex"][..],
            &["reindex", "--full"],
            &["rollback"],
            &["resume"],
            &["status"],
            &["serve", "--listen", "127.0.0.1:0"],
        ] {
            if arguments[0] == "serve" && how.ends_with("read-only") {
                continue; // it serves: `storage::server_without_the_right_to_write_serves_until_it_has_it`
            }
            let Some(output) = as_somebody(&locked, arguments) else { return };
            if arguments == ["status"] && output.status.success() {
                continue; // reading may do
            }
            let told = must_fail(&output, &[]);
            assert!(
                ["writable", "right to"].iter().any(|word| told.contains(word)) && told.contains("--data"),
                "{how}, {arguments:?}: {told}"
            );
        }
        set_all_modes(&locked.data(), 0o755, 0o644);
        assert!(contents(&locked.data()) == before, "{how}: something was changed");
        assert_same(locked.answered().as_ref(), &old);
        locked.reindex(&[]);
        locked.must_be_settled(&new);
    }
}

#[test]
fn write_protected_backup_can_be_restored() {
    let (site, articles) = site();
    set_all_modes(&site.data(), 0o777, 0o666);
    let backup = site.folder().join("state.sqlite");
    assert!(site.try_run(&["backup", "state.sqlite"]).status.success());
    set_mode(&backup, 0o444);
    let Some(output) = as_somebody(&site, &["restore", "state.sqlite"]) else { return };
    assert!(output.status.success(), "{}", stderr(&output));
    site.reindex(&[]);
    site.must_be_settled(&articles);
}

#[test]
fn unreadable_source_keeps_its_articles() {
    let (site, articles) = site();
    set_all_modes(&site.data(), 0o777, 0o666);
    let sources = site.folder().join("site");
    set_mode(&sources, 0o000);
    let Some(output) = as_somebody(&site, &["reindex", "--json"]) else { return };
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["sources"][0]["deleted"], 0, "{report}");
    assert!(report.to_string().contains("ermission denied"), "{report}");
    set_mode(&sources, 0o755);
    assert_same(site.answered().as_ref(), &articles);
    site.reindex(&[]);
    site.must_be_settled(&articles);
}

#[test]
fn files_and_folders_in_place_of_each_other_are_reported_and_harmless() {
    let (site, articles) = site();
    for name in ["writer.lock", "reindex.lock"] {
        let broken = site.copy();
        fs::remove_file(broken.data().join(name)).unwrap();
        fs::create_dir(broken.data().join(name)).unwrap();
        must_fail(&broken.try_run(&["reindex"]), &[name, "--data"]);
        broken.must_answer_on_the_command_line(&articles);
        fs::remove_dir(broken.data().join(name)).unwrap();
        broken.reindex(&[]);
        broken.must_be_settled(&articles);
    }
    let broken = site.copy();
    fs::rename(broken.data().join("generations"), broken.folder().join("aside")).unwrap();
    fs::write(broken.data().join("generations"), "").unwrap();
    must_fail(&broken.try_run(&["reindex"]), &["generations", "--data"]);
    must_fail(&serve_that_fails(&broken), &["generations", "--data"]);
    must_fail(&broken.try_run(&["search", ""]), &["generations", "fichero reindex"]);
    fs::remove_file(broken.data().join("generations")).unwrap();
    fs::rename(broken.folder().join("aside"), broken.data().join("generations")).unwrap();
    broken.must_be_settled(&articles);

    let broken = site.copy();
    fs::remove_file(broken.data().join("CURRENT")).unwrap();
    fs::create_dir(broken.data().join("CURRENT")).unwrap();
    must_fail(&broken.try_run(&["reindex"]), &["CURRENT", "--data"]);
    fs::remove_dir(broken.data().join("CURRENT")).unwrap();
    broken.reindex(&[]);
    broken.must_be_settled(&articles);

    let none = Site::with(&articles);
    fs::write(none.data(), "a file").unwrap();
    must_fail(&none.try_run(&["reindex"]), &["index", "--data"]);
    must_fail(&serve_that_fails(&none), &["index", "--data"]);
    assert_eq!(fs::read_to_string(none.data()).unwrap(), "a file");
    for arguments in [&["search", "x"][..], &["status"], &["rollback"], &["resume"], &["related", "x"]] {
        must_fail(&none.try_run(arguments), &["fichero reindex", "--data"]);
    }
}

/// What a command without space must leave: one error that speaks of space, what was answered,
/// and, with space again, everything.
fn must_have_survived(site: &Site, output: &Output, before: Option<&Articles>, after: &Articles) {
    must_fail(output, &["space"]);
    match (site.answered(), before) {
        (Some(answered), Some(before)) if answered == *before => {}
        (Some(answered), _) => assert_same(Some(&answered), after),
        (None, before) => assert!(before.is_none(), "what was published is not any more"),
    }
    site.reindex(&[]);
    site.must_be_settled(after);
}

/// A site without an index, one with changes to take up.
fn sites() -> [(Site, Option<Articles>, Articles); 2] {
    let (old, new) = (first_state(ARTICLES), second_state(ARTICLES));
    let indexed = Site::with(&old);
    indexed.reindex(&[]);
    indexed.now_says(&new);
    [(Site::with(&old), None, old.clone()), (indexed, Some(old), new)]
}

#[test]
fn file_size_limit_at_any_point_is_reported_and_harmless() {
    for (site, before, after) in sites() {
        for arguments in [&["reindex"][..], &["reindex", "--full"]] {
            let (mut told, mut is_enough) = (0, false);
            // In blocks of 512 bytes; the writes fail as on a full disk (EFBIG, for ENOSPC).
            for blocks in (0..40).chain((40..1_000).step_by(24)) {
                let copy = site.copy();
                let mut command = Command::new("sh");
                command
                    .args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "sh", &blocks.to_string()])
                    .arg(env!("CARGO_BIN_EXE_fichero"))
                    .args(arguments)
                    .current_dir(copy.folder());
                let output = checked(command);
                if output.status.success() {
                    copy.must_be_settled(&after);
                    is_enough = true;
                    break;
                }
                told += 1;
                must_have_survived(&copy, &output, before.as_ref(), &after);
            }
            println!("{arguments:?}, indexed before: {}: {told} limits were too low", before.is_some());
            assert!(told > 3 && is_enough, "{told}");
        }
    }
}

#[test]
fn full_disk_at_any_point_is_reported_and_harmless() {
    let can_mount = Command::new("unshare")
        .args(["-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs \"$1\"", "sh"])
        .arg(tempfile::tempdir().unwrap().path())
        .output();
    if !can_mount.is_ok_and(|output| output.status.success()) {
        println!("skipped: this user cannot mount a small disk");
        return;
    }
    // The disk is seen by the command alone; what is left on it is copied away.
    let script = "mount -t tmpfs -o size=\"$1\"k tmpfs index && cp -R saved/. index/ || exit 99; shift
        \"$@\"; code=$?; cp -R index/. left/; exit $code";
    for (site, before, after) in sites() {
        let filled: u64 = if before.is_some() {
            contents(&site.data()).iter().map(|(_, bytes)| bytes.len() as u64 / 4_096 + 2).sum()
        } else {
            8
        };
        for arguments in [&["reindex"][..], &["reindex", "--full"]] {
            let (mut told, mut is_enough) = (0, false);
            for pages in (0..400).step_by(6) {
                let copy = Site::over(&site.folder().join("site"));
                for name in ["saved", "left", "index"] {
                    fs::create_dir_all(copy.folder().join(name)).unwrap();
                }
                copy_folder(&site.data(), &copy.folder().join("saved"));
                let mut command = Command::new("unshare");
                command
                    .args(["-rm", "sh", "-c", script, "sh", &((filled + pages) * 4).to_string()])
                    .arg(env!("CARGO_BIN_EXE_fichero"))
                    .args(arguments)
                    .current_dir(copy.folder());
                let output = checked(command);
                if output.status.code() == Some(99) {
                    continue; // too small for what is there already
                }
                fs::remove_dir(copy.data()).unwrap();
                fs::rename(copy.folder().join("left"), copy.data()).unwrap();
                if output.status.success() {
                    copy.must_be_settled(&after);
                    is_enough = true;
                    break;
                }
                told += 1;
                must_have_survived(&copy, &output, before.as_ref(), &after);
            }
            println!("{arguments:?}, indexed before: {}: {told} disks were too small", before.is_some());
            assert!(told > 3 && is_enough, "{told}");
        }
    }
}
