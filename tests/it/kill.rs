//! SIGKILL at random instants (seeded, spread over the time that the command takes), and two
//! commands at once:
//!
//! * a first, an incremental and a full reindex, and a server's first indexing, killed: what was
//!   published is answered, whole, right after; the next server start answers what was accepted;
//!   the next reindex makes everything as the sources say, and leaves no orphan;
//! * a server killed while another process reindexes beside it: all its answers until then were
//!   whole, and the reindex ends well without it;
//! * a reindex killed beside a server: the server never gives a failed, empty or mixed answer,
//!   and takes up what the next reindex accepts;
//! * a server killed again and again among pushes, each start on what the merges of the one before
//!   left over: article by article, what was acknowledged is answered, and nothing that was deleted,
//!   hidden or changed comes back;
//! * files that a commit wrote before it was cut off do not hinder the same commit made again;
//! * of two reindexes at once, the second says who holds the lock, and exits with 1.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use fichero::article::Article;
use fichero::indexing::index_updater::{EngineSlot, IndexUpdater};
use fichero::storage::catalog::Catalog;
use fichero::storage::catalog::push::Push;
use serde_json::json;

use crate::support::state::{Articles, Interrupted, Site, Text, assert_same, first_state, second_state, stderr, works};
use crate::support::{Client, Server, wait_until};

const SIGKILL: i32 = 9;
const ARTICLES: usize = 60;

/// Random numbers, the same in every run (SplitMix64).
struct Instants(u64);

impl Instants {
    /// The next number, from 0 up to 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn quietly(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Lets a command run for a while, then kills it; tells how it ended.
fn kill_after(command: Command, while_it_ran: Duration) -> ExitStatus {
    let mut child = quietly(command);
    thread::sleep(while_it_ran);
    child.kill().unwrap();
    child.wait().unwrap()
}

fn was_killed(status: ExitStatus) -> bool {
    assert!(status.success() || status.signal() == Some(SIGKILL), "{status}");
    !status.success()
}

/// The shortest of some runs of a command: what is spread over it mostly falls within.
fn shortest(mut run: impl FnMut() -> Duration) -> Duration {
    (0..3).map(|_| run()).min().unwrap()
}

/// Kills a command over copies of a site until it has died `deaths` times, in every part of its
/// time alike; checks each time that all is well.
fn kill_everywhere(
    name: &str,
    site: &Site,
    arguments: &[&str],
    deaths: usize,
    before: Option<&Articles>,
    after: &Articles,
) {
    let mut duration = shortest(|| {
        let copy = site.copy();
        let begun = Instant::now();
        copy.run(arguments);
        begun.elapsed()
    });
    let decision = site.decision();
    let mut instants = Instants(name.len() as u64);
    let mut tries = 0;
    let mut midway = BTreeSet::new();
    for death in 0..deaths {
        loop {
            tries += 1;
            assert!(tries <= 10 * deaths, "{name}: it ends before it is killed");
            let part = (death as f64 + instants.next()) / deaths as f64;
            let copy = site.copy();
            let status = kill_after(copy.command(arguments), duration.mul_f64(part));
            if was_killed(status) {
                midway.insert(format!(
                    "{:?} {:?}",
                    copy.decision() == decision,
                    copy.data_folder().generation_numbers()
                ));
                let interrupted = Interrupted { before, after, decision, sources: after };
                interrupted.must_have_left_all_well(&copy);
                break;
            }
            // The machine has less to do than when it was measured.
            duration = duration.mul_f64(0.9);
        }
    }
    println!("{name}: {deaths} deaths within {duration:?}, {tries} tries, {} different states left", midway.len());
}

#[test]
fn reindex_killed_at_any_time_loses_nothing() {
    let (old, new) = (first_state(ARTICLES), second_state(ARTICLES));
    let site = Site::with(&old);
    kill_everywhere("first reindex", &site, &["reindex"], 20, None, &old);
    site.reindex(&[]);
    site.reindex(&["--full"]);
    site.now_says(&new);
    kill_everywhere("incremental reindex", &site, &["reindex"], 20, Some(&old), &new);
    kill_everywhere("full reindex", &site, &["reindex", "--full"], 20, Some(&old), &new);
}

#[test]
fn server_killed_during_first_indexing_loses_nothing() {
    let articles = first_state(ARTICLES);
    let site = Site::with(&articles);
    let duration = shortest(|| {
        let copy = site.copy();
        let begun = Instant::now();
        let _server = Server::start(copy.folder(), &[]);
        begun.elapsed()
    });
    let mut instants = Instants(1);
    for death in 0..10 {
        let copy = site.copy();
        let part = (f64::from(death) + instants.next()) / 10.0;
        let status = kill_after(copy.command(&["serve", "--listen", "127.0.0.1:0"]), duration.mul_f64(part));
        assert!(was_killed(status));
        let interrupted = Interrupted { before: None, after: &articles, decision: site.decision(), sources: &articles };
        interrupted.must_have_left_all_well(&copy);
    }
    println!("server's first indexing: 10 deaths within {duration:?}");
}

/// Asks a server again and again until told to end; every answer must be one of two states.
/// Returns how many answers there were. A server that `may_die` may break off.
fn ask_on(mut client: Client, states: [&Articles; 2], end: &AtomicBool, may_die: bool) -> u64 {
    let totals = states.map(works);
    let mut answers = 0;
    while !end.load(Ordering::SeqCst) {
        let answer = match client.try_get("/v1/search?limit=100") {
            Ok(answer) => answer,
            Err(error) if may_die => {
                assert_ne!(error.kind(), std::io::ErrorKind::TimedOut);
                break;
            }
            Err(error) => panic!("the server failed: {error}"),
        };
        assert_eq!(answer.status, 200);
        let body = answer.json();
        assert!(totals.contains(&body["total"]["value"].as_u64().unwrap()), "{}", body["total"]);
        // Whole: what is shown is of one of the two states altogether.
        let is_of = |state: &Articles| {
            body["hits"]
                .as_array()
                .unwrap()
                .iter()
                .all(|hit| state.get(hit["id"].as_str().unwrap()).is_some_and(|text| hit["title"] == text.title))
        };
        assert!(states.iter().any(|state| is_of(state)), "neither the old nor the new state: {body}");
        answers += 1;
    }
    answers
}

/// A site whose old state is published twice over, and whose sources say the new one; and how
/// long a reindex beside a server takes.
fn changed_site(arguments: &[&str]) -> (Site, Articles, Articles, Duration) {
    let (old, new) = (first_state(ARTICLES), second_state(ARTICLES));
    let site = Site::with(&old);
    site.reindex(&[]);
    site.reindex(&["--full"]);
    site.now_says(&new);
    let duration = shortest(|| {
        let copy = site.copy();
        let _server = Server::start(copy.folder(), &[]);
        let begun = Instant::now();
        copy.run(arguments);
        begun.elapsed()
    });
    (site, old, new, duration)
}

#[test]
fn server_killed_during_a_reindex_answers_completely_and_the_reindex_succeeds() {
    let mut instants = Instants(2);
    for arguments in [&["reindex"][..], &["reindex", "--full"]] {
        let (site, old, new, duration) = changed_site(arguments);
        let (mut answers, mut deaths) = (0, 0);
        for death in 0..7 {
            let copy = site.copy();
            let decision = copy.decision();
            let server = Server::start(copy.folder(), &[]);
            let end = AtomicBool::new(false);
            let pid = server.id();
            let reindexed = thread::scope(|scope| {
                let client = server.client();
                let (states, end) = ([&old, &new], &end);
                let asking = scope.spawn(move || ask_on(client, states, end, true));
                let reindexing = scope.spawn(|| copy.try_run(arguments));
                thread::sleep(duration.mul_f64((f64::from(death) + instants.next()) / 7.0));
                assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
                answers += asking.join().unwrap();
                reindexing.join().unwrap()
            });
            end.store(true, Ordering::SeqCst);
            let mut server = server;
            assert_eq!(server.wait().signal(), Some(SIGKILL));
            assert!(!server.log().contains("panicked"), "{}", server.log());
            drop(server);
            deaths += 1;
            assert!(reindexed.status.success(), "{}", stderr(&reindexed));
            assert_same(copy.answered().as_ref(), &new);
            let interrupted = Interrupted { before: Some(&old), after: &new, decision, sources: &new };
            interrupted.must_have_left_all_well(&copy);
        }
        println!("server beside {arguments:?}: {deaths} deaths within {duration:?}, {answers} answers before");
    }
}

#[test]
fn reindex_killed_with_a_server_running_does_not_affect_answers() {
    let mut instants = Instants(3);
    for arguments in [&["reindex"][..], &["reindex", "--full"]] {
        let (site, old, new, mut duration) = changed_site(arguments);
        let (mut answers, mut deaths, mut tries) = (0, 0, 0);
        while deaths < 7 {
            tries += 1;
            assert!(tries <= 40, "it ends before it is killed");
            let copy = site.copy();
            let server = Server::start(copy.folder(), &[]);
            let end = AtomicBool::new(false);
            thread::scope(|scope| {
                let client = server.client();
                let (states, end) = ([&old, &new], &end);
                let asking = scope.spawn(move || ask_on(client, states, end, false));
                let part = (f64::from(deaths) + instants.next()) / 7.0;
                if was_killed(kill_after(copy.command(arguments), duration.mul_f64(part))) {
                    deaths += 1;
                } else {
                    duration = duration.mul_f64(0.9);
                }
                // Takes up where the other one ended; the server answers all the while.
                copy.reindex(&[]);
                wait_until("the new state", || {
                    server.client().get("/v1/search?limit=0").json()["total"]["value"] == works(&new)
                });
                end.store(true, Ordering::SeqCst);
                answers += asking.join().unwrap();
            });
            let (status, log) = server.stop();
            assert!(status.success() && !log.contains("panicked"), "{status}: {log}");
            // What the dead one built aside stays as long as the server runs without a switch;
            // the next command sweeps it.
            copy.reindex(&[]);
            copy.must_be_settled(&new);
        }
        println!("{arguments:?} beside a server: {deaths} deaths within {duration:?}, {answers} answers meanwhile");
    }
}

/// The death in the middle of Tantivy's commit that random instants seldom hit: the deletions
/// are written, the commit is not.
#[test]
fn files_of_an_interrupted_commit_do_not_block_the_next_one() {
    let (old, new) = (first_state(ARTICLES), second_state(ARTICLES));
    let site = Site::with(&old);
    site.reindex(&[]);
    let done = site.copy();
    let cut_off = site.copy();
    site.now_says(&new);
    done.reindex(&[]);
    let generation = |site: &Site| site.data_folder().generation(site.data_folder().current().unwrap());
    let mut left = 0;
    for entry in fs::read_dir(generation(&done)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let is_new = !generation(&cut_off).join(&name).exists();
        left += usize::from(is_new && name.ends_with(".del"));
        if is_new || name == ".managed.json" {
            fs::copy(generation(&done).join(&name), generation(&cut_off).join(&name)).unwrap();
        }
    }
    assert!(left > 0, "the commit wrote no deletions");
    assert_same(cut_off.answered().as_ref(), &old);
    cut_off.reindex(&[]);
    cut_off.must_be_settled(&new);
}

#[test]
fn second_concurrent_reindex_names_the_lock_holder_and_exits() {
    let articles = first_state(2_000);
    let site = Site::with(&articles);
    let mut first = quietly(site.command(&["reindex"]));
    let signal = |name: &str, pid: u32| {
        assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
    };
    let holder = format!("process {}", first.id());
    wait_until("the first reindex to take the lock", || {
        fs::read_to_string(site.data().join("reindex.lock")).is_ok_and(|text| text.contains(&holder))
    });
    // Held where it is, so that it cannot end before the second one has come.
    signal("-STOP", first.id());
    for arguments in [&["reindex"][..], &["reindex", "--full", "--json"], &["reindex", "--dry-run"]] {
        let second = site.try_run(arguments);
        assert_eq!(second.status.code(), Some(1));
        assert!(second.stdout.is_empty());
        let told = stderr(&second);
        assert!(told.contains(&holder) && told.contains("reindex.lock") && told.contains("wait until"), "{told}");
        assert_eq!(told.trim_end().lines().count(), 1, "{told}");
    }
    assert_eq!(first.try_wait().unwrap(), None, "the first one still runs");
    signal("-CONT", first.id());
    assert!(first.wait().unwrap().success());
    site.reindex(&[]);
    assert_same(site.answered().as_ref(), &articles);
    assert_same(Some(&site.accepted()), &articles);
    site.must_hold_no_orphans();
}

const TOKEN: &str = "the-token-of-the-killed-server";

/// How many segments Tantivy merges at once.
const MERGED_SEGMENTS: usize = 8;

/// A site to which articles are pushed, beside what its sources say.
struct Pushed {
    site: Site,
    /// What must be answered: what was acknowledged.
    expected: Articles,
    instants: Instants,
    pushes: usize,
}

impl Pushed {
    /// The next thing to push under an id: an edition, a hidden one, or a deletion.
    fn next_push(&mut self, id: &str) -> (Push, Option<Text>) {
        self.pushes += 1;
        let edition = format!("edition {} of {id}", self.pushes);
        let (is_hidden, is_deleted) = (self.instants.next() < 0.2, self.instants.next() < 0.3);
        let fields = json!({"id": id, "title": edition, "body": edition, "lang": "en", "hidden": is_hidden});
        let (article, _) = Article::from_fields(fields.as_object().unwrap()).unwrap();
        let article = (!is_deleted).then_some(Box::new(article));
        let text = Text { work: id.to_owned(), lang: "en".to_owned(), title: edition.clone(), body: edition };
        (Push { id: id.to_owned(), article, condition: None }, (!is_deleted && !is_hidden).then_some(text))
    }

    fn note(&mut self, id: &str, text: Option<Text>) {
        match text {
            Some(text) => self.expected.insert(id.to_owned(), text),
            None => self.expected.remove(id),
        };
    }

    /// Takes pushes as a server does that ends before its merges, each of which leaves a segment, until
    /// there are so many that the next writer begins with a merge.
    fn leave_segments(&mut self, round: usize) {
        for session in 0..100 {
            // A merge may have come to its end before the writer did.
            if session >= 10 && self.segments() >= MERGED_SEGMENTS {
                return;
            }
            let ids: Vec<String> = ["a", "b", "c", "d"].map(|name| format!("{round}-{session}-{name}")).into();
            // Some change an article of an earlier one.
            let ids = if session >= 9 { vec![format!("{round}-4-a")] } else { ids };
            let (pushes, texts): (Vec<Push>, Vec<_>) = ids.iter().map(|id| self.next_push(id)).unzip();
            Catalog::open(&self.site.data()).unwrap().push(&pushes).unwrap();
            for (id, text) in ids.iter().zip(texts) {
                self.note(id, text);
            }
            let data = self.site.data_folder();
            let lock = data.lock_writer("test").unwrap();
            IndexUpdater::open(data, EngineSlot::default(), lock).unwrap().tick_until_idle().unwrap();
        }
        panic!("{} segments are left after 100 sessions", self.segments());
    }

    fn segments(&self) -> usize {
        let meta = self.site.data_folder().generation(1).join("meta.json");
        fs::read_to_string(meta).unwrap().matches("segment_id").count()
    }

    /// Pushes to a server, first what changes the segments that were left, until it is killed.
    fn push_until_killed(&mut self, round: usize, killed_after: Duration) {
        let server = Server::start_with(self.site.folder(), &[], &[("FICHERO_TOKEN", TOKEN)]);
        let pid = server.id();
        let killing = thread::spawn(move || {
            thread::sleep(killed_after);
            assert!(Command::new("kill").args(["-KILL", &pid.to_string()]).status().unwrap().success());
        });
        let mut client = server.client();
        let authorization = format!("Bearer {TOKEN}");
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let mut session = 4;
        loop {
            let id = format!("{round}-{session}-{}", ["b", "c", "d"][(3.0 * self.instants.next()) as usize]);
            let (push, text) = self.next_push(&id);
            let method = if push.article.is_some() { "PUT" } else { "DELETE" };
            let body = push.article.map_or(Vec::new(), |article| serde_json::to_vec(&article).unwrap());
            match client.try_request(method, &format!("/v1/articles/{id}"), &headers, &body) {
                Ok(answer) if answer.status < 300 => self.note(&id, text),
                Ok(answer) => assert_eq!((method, answer.status), ("DELETE", 404), "{id}"),
                Err(_) => {
                    // Not acknowledged: it may have been taken or not.
                    let accepted = Catalog::open(&self.site.data()).unwrap().article(&id).unwrap();
                    let accepted = accepted.filter(|article| !article.hidden).map(|article| article.title);
                    if accepted == text.as_ref().map(|text| text.title.clone()) {
                        self.note(&id, text);
                    }
                    break;
                }
            }
            session = (9.0 * self.instants.next()) as usize;
            thread::sleep(Duration::from_secs_f64(0.15 * self.instants.next()));
        }
        killing.join().unwrap();
    }
}

#[test]
fn server_killed_during_pushes_keeps_acknowledged_ones_and_restores_none_deleted() {
    let site = Site::with(&first_state(1));
    site.reindex(&[]);
    let expected = site.accepted();
    let mut pushed = Pushed { site, expected, instants: Instants(4), pushes: 0 };
    let mut seed = Instants(5);
    for round in 0..8 {
        pushed.leave_segments(round);
        pushed.push_until_killed(round, Duration::from_secs_f64(0.3 + 1.2 * seed.next()));
        // The next one applies what is missing, on top of what the dead one left.
        let server = Server::start_with(pushed.site.folder(), &[], &[("FICHERO_TOKEN", TOKEN)]);
        wait_until("what was accepted to be applied", || {
            pushed.site.json(&["status", "--json"])["pending_changes"] == 0
        });
        assert_same(pushed.site.answered().as_ref(), &pushed.expected);
        let (status, log) = server.stop();
        assert!(status.success() && !log.contains("differ from the catalog"), "{status}: {log}");
        assert_eq!(pushed.site.json(&["check", "--json"])["different"], json!([]));
    }
    println!("8 deaths among {} pushes", pushed.pushes);
}
