//! What is told where something cannot be stored, by the binary:
//!
//! * a command that ends with success has done what it reports, whichever file of the data folder
//!   could not be opened once;
//! * a push into a data folder, a catalog or a log of it that was removed or replaced is refused,
//!   told as not ready and logged; searches go on, and where the same comes back, so do pushes;
//! * whatever stands in the place of the data folder is not touched;
//! * a server whose published generation is removed builds another one;
//! * a server on a disk that takes nothing answers, at its start too, says everywhere that it is
//!   read-only and why, refuses pushes with the cause and no path, and goes on by itself;
//! * a reindex that fails gives back the disk space that it took, also where the disk is full;
//! * what killed reindexes and backups left is removed by a server and by the next run, and never
//!   while its maker may live.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use fichero::engine::tantivy::GenerationWriter;
use serde_json::{Value, json};

use crate::faults::{as_somebody, become_somebody, set_all_modes};
use crate::support::state::{Articles, Site, assert_same, checked, copy_folder, first_state, stderr};
use crate::support::{Answer, Client, Server, wait_until};

const ARTICLES: usize = 12;
const TOKEN: &str = "correct-horse-battery";

fn site() -> (Site, Articles) {
    let articles = first_state(ARTICLES);
    let site = Site::with(&articles);
    site.reindex(&[]);
    (site, articles)
}

fn start(site: &Site) -> Server {
    Server::start_with(site.folder(), &[], &[("FICHERO_TOKEN", TOKEN)])
}

fn push(client: &mut Client, id: &str) -> Answer {
    let bearer = format!("Bearer {TOKEN}");
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let body = json!({"title": format!("Pushed {id}"), "lang": "en"}).to_string();
    client.try_request("PUT", &format!("/v1/articles/{id}"), &headers, body.as_bytes()).unwrap()
}

fn is_found(client: &mut Client, id: &str) -> bool {
    client.get(&format!("/v1/articles/{id}")).status == 200
}

fn metrics(client: &mut Client) -> String {
    String::from_utf8(client.get("/metrics").body).unwrap()
}

/// The names and contents of all files below a folder.
fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// Fails unless a server refuses pushes for what it lost, and says so everywhere.
fn must_be_lost(server: &Server, client: &mut Client, name: &str) {
    let refused = push(client, "lost");
    let problem = refused.json();
    assert_eq!((refused.status, &problem["code"]), (503, &json!("data-lost")), "{name}: {problem}");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("put ") || detail.contains("start it again"), "no remedy: {detail}");
    assert!(!problem.to_string().contains("index/") && !problem.to_string().contains(".sqlite"), "{problem}");
    let ready = client.get("/health/readyz");
    assert_eq!((ready.status, &ready.json()["code"]), (503, &json!("data-lost")), "{name}");
    assert_eq!(client.get("/health/livez").status, 200);
    assert_eq!(client.get("/v1/search?q=mobility").status, 200);
    assert!(metrics(client).contains(&format!("fichero_read_only_cause{{cause=\"{name}\"}} 1")), "{name}");
    assert!(server.log().contains(detail.split_once(": ").unwrap().1), "{}", server.log());
}

/// Something that happens to a data folder; the second path is one aside.
type Fault = fn(&Path, &Path);

#[test]
fn push_is_refused_while_folder_or_catalog_is_missing() {
    fn away(data: &Path, aside: &Path) {
        fs::rename(data, aside).unwrap();
    }
    fn catalog_away(data: &Path, aside: &Path) {
        fs::rename(data.join("catalog.sqlite"), aside).unwrap();
    }
    let faults: [(&str, Fault, Fault); 4] = [
        ("folder-gone", away, |data, aside| fs::rename(aside, data).unwrap()),
        (
            "folder-replaced",
            |data, aside| {
                away(data, aside);
                copy_folder(aside, data);
            },
            |data, aside| {
                // Not removed, since the server goes on asking for its lock there.
                fs::rename(data, data.with_file_name("replaced")).unwrap();
                fs::rename(aside, data).unwrap();
            },
        ),
        ("catalog-gone", catalog_away, |data, aside| fs::rename(aside, data.join("catalog.sqlite")).unwrap()),
        (
            "catalog-replaced",
            |data, aside| {
                catalog_away(data, aside);
                fs::copy(aside, data.join("catalog.sqlite")).unwrap();
            },
            |data, aside| fs::rename(aside, data.join("catalog.sqlite")).unwrap(),
        ),
    ];
    for (name, happen, undo) in faults {
        let (site, _) = site();
        let (data, aside) = (site.data(), site.folder().join("aside"));
        let server = start(&site);
        let mut client = server.client();
        assert_eq!(push(&mut client, "before").status, 201);
        wait_until("the push", || is_found(&mut client, "before"));
        happen(&data, &aside);
        assert_eq!(push(&mut client, "at-once").status, 503, "{name}");
        let untouched = data.exists().then(|| contents(&data));
        wait_until("the server to notice", || client.get("/health/readyz").status == 503);
        must_be_lost(&server, &mut client, name);
        if name.starts_with("folder") {
            assert!(data.exists().then(|| contents(&data)) == untouched, "{name}: what stands there was changed");
        }
        undo(&data, &aside);
        wait_until("the server to go on", || client.get("/health/readyz").status == 200);
        assert_eq!(push(&mut client, "after").status, 201, "{name}");
        wait_until("the push", || is_found(&mut client, "after"));
        assert!(is_found(&mut client, "before") && !is_found(&mut client, "at-once"), "{name}");
        let (status, log) = server.stop();
        assert!(status.success() && !log.contains("panicked"), "{log}");
        let accepted = site.accepted();
        assert!(accepted.contains_key("before") && accepted.contains_key("after"), "{name}");
        assert_eq!(accepted.len(), ARTICLES + 2, "{name}");
    }
}

#[test]
fn push_is_refused_without_the_catalog_log_and_shutdown_saves_its_content() {
    for removed in ["catalog.sqlite-wal", "catalog.sqlite-shm"] {
        let (site, _) = site();
        let server = start(&site);
        let mut client = server.client();
        assert_eq!(push(&mut client, "before").status, 201);
        fs::remove_file(site.data().join(removed)).unwrap();
        wait_until("the server to notice", || client.get("/health/readyz").status == 503);
        must_be_lost(&server, &mut client, "log-gone");
        assert!(server.stop().0.success());
        let server = start(&site);
        let mut client = server.client();
        assert_eq!(push(&mut client, "after").status, 201, "{removed}");
        wait_until("both pushes", || is_found(&mut client, "before") && is_found(&mut client, "after"));
        assert!(server.stop().0.success());
    }
}

#[test]
fn removed_generation_is_rebuilt_while_the_server_answers() {
    let (site, _) = site();
    let server = start(&site);
    let mut client = server.client();
    let data = site.data_folder();
    fs::remove_dir_all(data.generation(data.current().unwrap())).unwrap();
    assert_eq!(push(&mut client, "during").status, 201);
    wait_until("the push", || {
        assert_eq!(client.get("/v1/search?q=mobility").status, 200);
        is_found(&mut client, "during")
    });
    assert!(server.stop().0.success());
    assert_same(site.answered().as_ref(), &site.accepted());
}

/// Fails unless a server says everywhere that it is read-only for a cause, and answers.
fn must_be_read_only(site: &Site, client: &mut Client, cause: &str) {
    let refused = push(client, "refused");
    let problem = refused.json();
    assert_eq!((refused.status, &problem["code"]), (507, &json!("not-stored")), "{problem}");
    assert!(refused.headers.iter().any(|(name, _)| name == "retry-after"), "{:?}", refused.headers);
    assert!(!problem.to_string().contains(site.folder().to_str().unwrap()), "{problem}");
    assert!(!problem.to_string().contains(".sqlite"), "{problem}");
    let ready = client.get("/health/readyz");
    let body = ready.json();
    assert_eq!((ready.status, &body["read_only"], &body["cause"]), (200, &json!(true), &json!(cause)), "{body}");
    assert!(problem["detail"].as_str().unwrap().contains(body["detail"].as_str().unwrap()), "{problem}, {body}");
    let answer = client.get("/v1/search?q=mobility");
    assert_eq!((answer.status, answer.json()["total"]["value"].as_u64()), (200, Some(ARTICLES as u64 / 2)));
    assert!(metrics(client).contains(&format!("fichero_read_only_cause{{cause=\"{cause}\"}} 1")), "{cause}");
}

fn must_take_pushes_again(client: &mut Client, id: &str) {
    wait_until("the server to go on by itself", || client.get("/health/readyz").json()["read_only"] == json!(false));
    assert_eq!(push(client, id).status, 201);
    wait_until("the push", || is_found(client, id));
    assert!(metrics(client).contains("fichero_read_only 0"));
}

/// A shell in whose place a server starts, after a script.
fn shell(site: &Site, wrapper: &[&str], script: &str) -> Command {
    let mut command = Command::new(wrapper[0]);
    command.args(&wrapper[1..]).args(["-c", &format!("{script}; exec \"$@\""), "sh"]);
    command.arg(env!("CARGO_BIN_EXE_fichero")).args(["serve", "--listen", "127.0.0.1:0"]);
    command.current_dir(site.folder()).env("FICHERO_TOKEN", TOKEN).env_remove("FICHERO_DATA");
    command
}

#[test]
fn server_without_write_permission_is_read_only_until_it_has_it() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        println!("skipped: there is no prlimit to raise a limit with");
        return;
    }
    let (site, _) = site();
    // Writes fail as on a full disk (EFBIG, for ENOSPC).
    let server = Server::start_by(shell(&site, &["sh"], "trap '' XFSZ; ulimit -S -f 0"), site.folder());
    let mut client = server.client();
    must_be_read_only(&site, &mut client, "file-limit");
    let limit = |to: &str| {
        let id = server.id().to_string();
        assert!(Command::new("prlimit").args(["--pid", &id, &format!("--fsize={to}:")]).status().unwrap().success());
    };
    limit("unlimited");
    must_take_pushes_again(&mut client, "again");
    // And while it runs.
    limit("0");
    wait_until("a push to be refused", || push(&mut client, "refused").status == 507);
    must_be_read_only(&site, &mut client, "file-limit");
    limit("unlimited");
    must_take_pushes_again(&mut client, "at-last");
    assert!(server.stop().0.success());
    site.reindex(&[]);
    assert_same(site.answered().as_ref(), &site.accepted());
}

/// Runs a command in the site's folder, with the mounts that a server sees.
fn in_the_namespace_of(server: &Server, site: &Site, arguments: &[&str]) -> Output {
    let mut command = Command::new("nsenter");
    command.args(["-t", &server.id().to_string(), "-U", "-m", "--preserve-credentials"]);
    command.args(["sh", "-c", "cd \"$1\"; shift; exec \"$@\"", "sh"]).arg(site.folder()).args(arguments);
    checked(command)
}

fn can_mount() -> bool {
    let folder = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o size=64k tmpfs \"$1\" && nsenter --version";
    let output = Command::new("unshare").args(["-rm", "sh", "-c", script, "sh"]).arg(folder.path()).output();
    let can = output.is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped: this user cannot mount a disk of its own");
    }
    can
}

#[test]
fn server_on_a_read_only_disk_starts_and_recovers() {
    if !can_mount() {
        return;
    }
    let (site, _) = site();
    let mount = "mount --bind index index && mount -o remount,bind,ro index";
    let server = Server::start_by(shell(&site, &["unshare", "-rm", "sh"], mount), site.folder());
    let mut client = server.client();
    must_be_read_only(&site, &mut client, "read-only");
    let log = server.log();
    assert!(log.contains("the disk of the data folder is read-only"), "{log}");
    let run = |arguments: &[&str]| {
        let binary = env!("CARGO_BIN_EXE_fichero");
        in_the_namespace_of(&server, &site, &[&[binary], arguments].concat())
    };
    let status = run(&["status", "--json"]);
    let status: Value = serde_json::from_slice(&status.stdout).unwrap_or_else(|_| panic!("{}", stderr(&status)));
    assert!(status["read_only"].as_str().unwrap().contains("read-only"), "{status}");
    assert_eq!(status["articles"], ARTICLES);
    // One that was written while nothing could be stored beside it.
    let saved = run(&["backup", "saved.sqlite"]);
    assert!(saved.status.success() && site.folder().join("saved.sqlite").exists(), "{}", stderr(&saved));
    let found = run(&["search", "--json", "mobility"]);
    assert!(found.status.success(), "{}", stderr(&found));
    assert_eq!(run(&["reindex"]).status.code(), Some(1));
    let remounted = in_the_namespace_of(&server, &site, &["mount", "-o", "remount,bind,rw", "index"]);
    assert!(remounted.status.success(), "{}", stderr(&remounted));
    must_take_pushes_again(&mut client, "again");
    assert!(server.stop().0.success());
}

#[test]
fn server_without_the_right_to_write_serves_until_it_has_it() {
    let (site, articles) = site();
    set_all_modes(&site.data(), 0o555, 0o444);
    let Some(command) = become_somebody(&site, shell(&site, &["sh"], "true")) else { return };
    let server = Server::start_by(command, site.folder());
    let mut client = server.client();
    must_be_read_only(&site, &mut client, "no-permission");
    assert!(server.log().contains("no right to write into the data folder"), "{}", server.log());
    let run = |arguments: &[&str]| as_somebody(&site, arguments).unwrap();
    let status = run(&["status", "--json"]);
    let status: Value = serde_json::from_slice(&status.stdout).unwrap_or_else(|_| panic!("{}", stderr(&status)));
    assert!(status["read_only"].as_str().unwrap().contains("no right to write"), "{status}");
    assert_eq!((&status["articles"], &status["problems"]), (&json!(ARTICLES), &json!([])), "{status}");
    let found = run(&["search", "--json", "mobility"]);
    assert!(found.status.success(), "{}", stderr(&found));
    set_all_modes(&site.data(), 0o777, 0o666);
    must_take_pushes_again(&mut client, "again");
    assert!(server.stop().0.success());
    assert_eq!(site.accepted().len(), articles.len() + 1);
}

#[test]
fn server_on_a_full_disk_starts_and_recovers() {
    if !can_mount() {
        return;
    }
    let (site, _) = site();
    copy_folder(&site.data(), &site.folder().join("saved"));
    // Filled to the last page.
    let mount = "mount -t tmpfs -o size=16m tmpfs index && cp -R saved/. index/ && \
         { dd if=/dev/zero of=index/filler bs=4096 2>/dev/null || true; }";
    let server = Server::start_by(shell(&site, &["unshare", "-rm", "sh"], mount), site.folder());
    let mut client = server.client();
    assert_eq!(client.get("/health/readyz").json()["cause"], "disk-full", "not told from the first answer on");
    must_be_read_only(&site, &mut client, "disk-full");
    std::thread::sleep(Duration::from_millis(2_500));
    let log = server.log();
    assert!(log.matches("cannot be kept in step").count() <= 1, "told again and again: {log}");
    let removed = in_the_namespace_of(&server, &site, &["rm", "index/filler"]);
    assert!(removed.status.success(), "{}", stderr(&removed));
    must_take_pushes_again(&mut client, "again");
    assert!(server.stop().0.success());
}

/// Long articles that no compression makes short, as one file of a source.
fn long_articles(count: u64) -> String {
    let word = |number: u64| format!("{:x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let article = |at: u64| {
        let body: Vec<String> = (0..700).map(|place| word(at * 700 + place + 1)).collect();
        json!({"id": format!("long-{at}"), "lang": "en", "title": format!("Long {at}"), "body": body.join(" ")})
            .to_string()
            + "\n"
    };
    (0..count).map(article).collect()
}

/// What the files of a data folder take up, without the log that every connection may make.
fn bytes_in(server: &Server, site: &Site) -> u64 {
    let listed = in_the_namespace_of(server, site, &["du", "-s", "--apparent-size", "-B1", "index"]);
    let listed = String::from_utf8(listed.stdout).unwrap();
    listed.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn failed_reindex_gives_its_disk_space_back() {
    if !can_mount() {
        return;
    }
    // The catalog fills the disk; it fits, and the generation that is built from it does not.
    for (room, count) in [("size=7m", 900), ("size=15m", 400)] {
        let (site, _) = site();
        copy_folder(&site.data(), &site.folder().join("saved"));
        let mount = format!("mount -t tmpfs -o {room} tmpfs index && cp -R saved/. index/");
        let server = Server::start_by(shell(&site, &["unshare", "-rm", "sh"], &mount), site.folder());
        let mut client = server.client();
        assert_eq!(push(&mut client, "before").status, 201);
        wait_until("the push", || is_found(&mut client, "before"));
        let before = bytes_in(&server, &site);
        fs::write(site.folder().join("site/long.jsonl"), long_articles(count)).unwrap();
        let run = |arguments: &[&str]| {
            in_the_namespace_of(&server, &site, &[&[env!("CARGO_BIN_EXE_fichero")], arguments].concat())
        };
        let failed = run(&["reindex", "--full"]);
        let told = stderr(&failed);
        assert_eq!(failed.status.code(), Some(1), "{room}: {told}");
        assert!(told.to_lowercase().contains("no space left on") && told.contains("free s"), "{room}: {told}");
        let after = bytes_in(&server, &site);
        assert!(after < before + (256 << 10), "{room}: {after} bytes after, {before} before: {told}");
        assert!(is_found(&mut client, "before") && !is_found(&mut client, "long-0"), "{room}");
        wait_until("the server to take pushes", || push(&mut client, "after").status == 201);
        // With the source small again, what is left is room enough.
        fs::write(site.folder().join("site/long.jsonl"), long_articles(1)).unwrap();
        let again = run(&["reindex"]);
        assert!(again.status.success(), "{room}: {}", stderr(&again));
        wait_until("the run", || is_found(&mut client, "long-0") && is_found(&mut client, "after"));
        assert!(server.stop().0.success());
    }
}

/// As a reindex leaves a generation that is killed while it builds it.
fn half_built(site: &Site, number: u64) -> PathBuf {
    let path = site.data_folder().generation(number);
    GenerationWriter::create(&path, 1).unwrap();
    fs::write(path.join("nearest.bin.new"), "half").unwrap();
    path
}

/// As a backup leaves things that is killed; the note and what was written in part.
fn dead_backup(site: &Site) -> [PathBuf; 3] {
    let unfinished = site.folder().join(".state.sqlite0123.new");
    let left = [site.data().join(".backup-0123.unfinished"), unfinished.clone(), unfinished.with_extension("new-wal")];
    fs::write(&left[1], "half").unwrap();
    fs::write(&left[2], "half").unwrap();
    fs::write(&left[0], unfinished.as_os_str().as_encoded_bytes()).unwrap();
    left
}

#[test]
fn running_server_sweeps_orphans_of_killed_processes() {
    let (site, articles) = site();
    let server = start(&site);
    let reindex = site.data_folder().lock_reindex("test").unwrap();
    let built = half_built(&site, 2);
    std::thread::sleep(Duration::from_millis(2_500));
    assert!(built.exists(), "swept while a reindex may build it");
    drop(reindex);
    let left = dead_backup(&site);
    wait_until("the server to sweep", || !built.exists() && left.iter().all(|path| !path.exists()));
    assert_same(site.answered().as_ref(), &articles);
    // A run that waits keeps what was built for it.
    let mut strict = site.command(&["--config", "strict.toml", "reindex"]);
    site.now_says(&first_state(ARTICLES / 2));
    assert_eq!(strict.output().unwrap().status.code(), Some(1));
    std::thread::sleep(Duration::from_millis(2_500));
    let waiting = site.json(&["status", "--json"])["waiting_run"]["generation"].as_u64().unwrap();
    assert!(site.data_folder().generation(waiting).exists());
    site.run(&["accept"]);
    assert!(server.stop().0.success());
    assert_same(site.answered().as_ref(), &first_state(ARTICLES / 2));
}

#[test]
fn next_reindex_sweeps_orphans_with_and_without_a_server() {
    for has_server in [false, true] {
        let (site, articles) = site();
        let data = site.data_folder();
        // Stands for a server: one of its own would sweep first.
        let _writer = has_server.then(|| data.lock_writer("test").unwrap());
        let (built, left) = (half_built(&site, 7), dead_backup(&site));
        let of_its_own =
            [".CURRENT.new", ".catalog.sqliteAbc.new", "generations/1/.tmpAbc", "generations/1/nearest.bin.new"]
                .map(|name| site.data().join(name));
        of_its_own.iter().for_each(|path| fs::write(path, "half").unwrap());
        site.reindex(&[]);
        assert!(!built.exists() && left.iter().all(|path| !path.exists()));
        // What may be the server's is left to it.
        assert!(of_its_own.iter().all(|path| path.exists() == has_server));
        assert_same(site.answered().as_ref(), &articles);
    }
}

#[test]
fn unremovable_orphan_is_logged_once_and_harmless() {
    if !can_mount() {
        return;
    }
    let (site, articles) = site();
    let mount = "mkdir index/generations/9 && mount -t tmpfs tmpfs index/generations/9";
    let server = Server::start_by(shell(&site, &["unshare", "-rm", "sh"], mount), site.folder());
    std::thread::sleep(Duration::from_millis(3_500));
    let log = server.log();
    assert_eq!(log.matches("cannot remove files of dead processes").count(), 1, "{log}");
    let mut client = server.client();
    assert_eq!(push(&mut client, "meanwhile").status, 201);
    wait_until("the push", || is_found(&mut client, "meanwhile"));
    assert!(server.stop().0.success());
    site.reindex(&[]);
    assert_eq!(site.answered().unwrap().len(), articles.len() + 1);
    assert_eq!(site.data_folder().generation_numbers().len(), 1);
}

/// A library that has the nth file below a folder that is opened fail as on a broken disk, and
/// leaves how many were opened in a file.
const BROKEN_DISK: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static atomic_int opened;
static int may_open(const char *path) {
    const char *folder = getenv("BROKEN_FOLDER"), *nth = getenv("BROKEN_NTH");
    if (!folder || !nth || !strstr(path, folder)) return 1;
    return atomic_fetch_add(&opened, 1) + 1 != atoi(nth);
}
#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; va_start(rest, flags); int mode = va_arg(rest, int); va_end(rest); \
        int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, #name); \
        if (!may_open(path)) { errno = EIO; return -1; } \
        return next(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)
__attribute__((destructor)) static void tell(void) {
    const char *count = getenv("BROKEN_COUNT");
    FILE *file = count ? fopen(count, "w") : NULL;
    if (file) { fprintf(file, "%d", atomic_load(&opened)); fclose(file); }
}
"#;

#[test]
fn successful_reindex_is_served_despite_failed_opens() {
    let tools = tempfile::tempdir().unwrap();
    let (source, library, count) =
        (tools.path().join("disk.c"), tools.path().join("disk.so"), tools.path().join("count"));
    fs::write(&source, BROKEN_DISK).unwrap();
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").output();
    if !cfg!(target_os = "linux") || !compiled.is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no compiler for a library that breaks the disk");
        return;
    }
    let articles = first_state(ARTICLES);
    let run = |site: &Site, nth: usize, arguments: &[&str]| {
        let mut command = site.command(arguments);
        command.env("LD_PRELOAD", &library).env("BROKEN_FOLDER", "index/generations");
        command.env("BROKEN_NTH", nth.to_string()).env("BROKEN_COUNT", &count);
        checked(command)
    };
    let site = Site::with(&articles);
    assert!(run(&site, 0, &["reindex"]).status.success());
    let opened: usize = fs::read_to_string(&count).unwrap().parse().unwrap();
    assert!(opened > 20, "{opened}: the library is not loaded");
    let begun = Instant::now();
    let (mut told, mut done) = (0, 0);
    // The last ones are those of the publication.
    for nth in (1..=opened).rev().take(60) {
        let site = Site::with(&articles);
        let output = run(&site, nth, &["reindex", "--json"]);
        if output.status.success() {
            done += 1;
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert!(report["index_version"].is_string(), "{nth}: {report}");
            assert_same(site.answered().as_ref(), &articles);
        } else {
            told += 1;
            assert_eq!(output.status.code(), Some(1));
            assert!(stderr(&output).contains("fichero: "), "{nth}: {}", stderr(&output));
            site.reindex(&[]);
        }
        site.must_be_settled(&articles);
    }
    println!("{opened} files opened; {done} done all the same, {told} told, {:?}", begun.elapsed());
    assert!(File::open(&library).is_ok() && done > 0);
}
