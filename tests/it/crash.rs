//! Death at each named point (`cargo test --features crash-points --test it crash::`), in every
//! situation that reaches it:
//!
//! * every point of `fichero::failpoints::POINTS` is passed by some command: none is dead;
//! * right after the death the last published state is answered, whole: the old one or the new
//!   one, never a mixture, never nothing, never an error;
//! * the next start of a server answers what had been accepted (and the old state where nothing
//!   had, or where the gate had refused it), and sweeps what the dead process left;
//! * the next reindex makes the index say exactly what the sources say: every article once, with
//!   its present text; nothing staged, no unfinished generation and no orphan is left;
//! * the reindex after that finds nothing to do;
//! * a server that dies while it takes pushes, or applies them, has kept every one that it had
//!   acknowledged; the one on its way is there whole, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fichero::failpoints::{POINTS, PUSH_POINTS};
use serde_json::json;

use crate::support;
use crate::support::state::{Articles, Interrupted, Site, first_state, second_state, stderr};

/// The process ends itself by SIGABRT.
const SIGABRT: i32 = 6;
/// How many arrivals at one point are tried; no situation has more but at `stage:batch`.
const MAX_ARRIVALS: usize = 4;
/// Enough for two batches of staged changes.
const MANY: usize = 900;
/// Enough for everything else.
const FEW: usize = 60;

/// Refused by the gate, which lets nothing vanish.
const REFUSED: &[&str] = &["--config", "strict.toml", "reindex", "--full"];

/// A command over a site in some state.
struct Situation {
    name: &'static str,
    site: Site,
    arguments: &'static [&'static str],
    before: Option<Articles>,
    after: Articles,
    sources: Articles,
}

fn situations() -> Vec<Situation> {
    let (old, new) = (first_state(FEW), second_state(FEW));
    let mut situations = Vec::new();

    let many = first_state(MANY);
    let site = Site::with(&many);
    situations.push(Situation {
        name: "first reindex",
        site,
        arguments: &["reindex"],
        before: None,
        after: many.clone(),
        sources: many,
    });

    let site = Site::with(&old);
    site.reindex(&[]);
    site.now_says(&new);
    situations.push(Situation {
        name: "incremental reindex",
        site,
        arguments: &["reindex"],
        before: Some(old.clone()),
        after: new.clone(),
        sources: new.clone(),
    });

    // With a generation before the current one, so that there is one to sweep.
    let site = Site::with(&old);
    site.reindex(&[]);
    site.reindex(&["--full"]);
    site.now_says(&new);
    situations.push(Situation {
        name: "full reindex",
        site,
        arguments: &["reindex", "--full"],
        before: Some(old.clone()),
        after: new.clone(),
        sources: new.clone(),
    });

    let site = Site::with(&old);
    site.reindex(&[]);
    site.now_says(&new);
    site.reindex(&["--full"]);
    let rolled_back = site.copy();
    situations.push(Situation {
        name: "rollback",
        site,
        arguments: &["rollback"],
        before: Some(new.clone()),
        after: old.clone(),
        sources: new.clone(),
    });

    // The gate refuses it, with a generation built for it: what is answered stays as it is.
    let site = Site::with(&old);
    site.reindex(&[]);
    site.now_says(&new);
    situations.push(Situation {
        name: "refused reindex",
        site: site.copy(),
        arguments: REFUSED,
        before: Some(old.clone()),
        after: old.clone(),
        sources: new.clone(),
    });

    assert_eq!(site.try_run(REFUSED).status.code(), Some(1));
    situations.push(Situation {
        name: "acceptance of a refused reindex",
        site,
        arguments: &["accept"],
        before: Some(old.clone()),
        after: new.clone(),
        sources: new.clone(),
    });

    rolled_back.run(&["rollback"]);
    situations.push(Situation {
        name: "resume",
        site: rolled_back,
        arguments: &["resume"],
        before: Some(old.clone()),
        after: new.clone(),
        sources: new.clone(),
    });

    let site = Site::with(&new);
    site.reindex(&[]);
    let data = site.data_folder();
    fs::remove_dir_all(data.generation(data.current().unwrap())).unwrap();
    fs::remove_file(site.data().join("CURRENT")).unwrap();
    situations.push(Situation {
        name: "rebuild of a lost generation",
        site,
        arguments: &["reindex"],
        before: None,
        after: new.clone(),
        sources: new,
    });
    situations
}

impl Situation {
    /// Ends the command at an arrival; `false` where it is not reached.
    fn dies_at(&self, point: &str, arrival: usize) -> bool {
        let site = self.site.copy();
        let decision = site.decision();
        let output =
            site.command(self.arguments).env("FICHERO_CRASH_AT", format!("{point}#{arrival}")).output().unwrap();
        if output.status.success() || (output.status.code() == Some(1) && self.arguments == REFUSED) {
            return false;
        }
        assert_eq!(output.status.signal(), Some(SIGABRT), "{}: {}", output.status, stderr(&output));
        assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
        let interrupted =
            Interrupted { before: self.before.as_ref(), after: &self.after, decision, sources: &self.sources };
        interrupted.must_have_left_all_well(&site);
        true
    }
}

#[test]
fn a_death_at_any_point_loses_nothing_and_leaves_nothing_behind() {
    let situations = situations();
    let cases: Vec<(&Situation, &str)> =
        situations.iter().flat_map(|situation| POINTS.iter().map(move |point| (situation, *point))).collect();
    let next = AtomicUsize::new(0);
    let deaths: Mutex<BTreeMap<&str, Vec<(&str, usize)>>> = Mutex::default();
    let work = || {
        while let Some((situation, point)) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
            // Says on a failure where it was.
            let told = Told(format!("{}, {point}", situation.name));
            let arrivals = (1..=MAX_ARRIVALS).take_while(|arrival| situation.dies_at(point, *arrival)).count();
            drop(told);
            deaths.lock().unwrap().entry(*point).or_default().push((situation.name, arrivals));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let deaths = deaths.into_inner().unwrap();
    let mut sum = 0;
    for point in POINTS {
        let reached: Vec<_> = deaths[point].iter().filter(|(_, arrivals)| *arrivals > 0).collect();
        sum += reached.iter().map(|(_, arrivals)| arrivals).sum::<usize>();
        println!("{point}: {reached:?}");
        assert!(!reached.is_empty(), "nothing reaches {point}; is the binary built with the feature?");
    }
    println!("{sum} deaths at {} points", POINTS.len());
}

const TOKEN: &str = "correct-horse-battery";

/// A pushed title, by id; `None` for a deletion.
type Titles = BTreeMap<String, Option<String>>;

/// Pushes one by one, and two at a time in a stream, until the server is dead. Returns what was
/// acknowledged, and what was on its way.
fn push_until_it_dies(address: &str) -> (Titles, Titles) {
    let bearer = format!("Bearer {TOKEN}");
    let mut acknowledged = Titles::new();
    for round in 0..40 {
        let mut sent = Titles::new();
        let title = Some(format!("Pushed {round}"));
        let answer = if round % 4 == 3 {
            sent.extend([(format!("new-{round}"), title.clone()), ("item-stream".to_owned(), title)]);
            let lines: String =
                sent.iter().map(|(id, title)| json!({"id": id, "title": title}).to_string() + "\n").collect();
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/x-ndjson")];
            support::Client::try_new(address)
                .and_then(|mut client| client.try_stream("/v1/articles", &headers, lines.as_bytes()))
        } else {
            let (method, id, title) = match round % 4 {
                0 => ("PUT", "again".to_owned(), title),
                1 => ("PUT", format!("new-{round}"), title),
                _ => ("DELETE", format!("new-{}", round - 1), None),
            };
            let body = title.as_ref().map_or(String::new(), |title| json!({"title": title}).to_string());
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
            sent.insert(id.clone(), title);
            let path = format!("/v1/articles/{id}");
            support::Client::try_new(address)
                .and_then(|mut client| client.try_request(method, &path, &headers, body.as_bytes()))
                .map(|answer| (answer.status, 1))
        };
        match answer {
            Ok((status, results)) => {
                assert!((200..300).contains(&status), "{status}");
                if results == sent.len() {
                    acknowledged.append(&mut sent);
                } else {
                    return (acknowledged, sent);
                }
            }
            Err(_) => return (acknowledged, sent),
        }
        // Between the pushes the server applies what it has.
        thread::sleep(std::time::Duration::from_millis(30));
    }
    panic!("the server has not died");
}

#[test]
fn a_death_while_pushes_come_in_loses_none_that_was_acknowledged() {
    let old = first_state(FEW);
    let site = Site::with(&old);
    site.reindex(&[]);
    let applying = ["commit:before", "commit:prepared", "commit:after"];
    for point in PUSH_POINTS.iter().chain(&applying) {
        for arrival in [1, 2, 5, 8] {
            let told = Told(format!("{point}, arrival {arrival}"));
            let site = site.copy();
            let crash_at = format!("{point}#{arrival}");
            let mut server = support::Server::start_with(
                site.folder(),
                &[],
                &[("FICHERO_TOKEN", TOKEN), ("FICHERO_CRASH_AT", &crash_at)],
            );
            let (acknowledged, on_its_way) = push_until_it_dies(&server.address);
            assert_eq!(server.wait().signal(), Some(SIGABRT), "{}", server.log());

            let server = support::Server::start(site.folder(), &[]);
            let titles = |articles: &Articles| -> BTreeMap<String, String> {
                articles.iter().map(|(id, text)| (id.clone(), text.title.clone())).collect()
            };
            let stored = titles(&site.accepted());
            support::wait_until("the server to apply what is stored", || {
                site.answered().is_some_and(|answered| titles(&answered) == stored)
            });
            assert!(server.stop().0.success());
            let is_stored = |sent: &Titles| sent.iter().all(|(id, title)| stored.get(id) == title.as_ref());
            let kept: Titles = acknowledged
                .iter()
                .filter(|(id, _)| !on_its_way.contains_key(*id))
                .map(|(id, title)| (id.clone(), title.clone()))
                .collect();
            assert!(is_stored(&kept), "{kept:?}: {stored:?}");
            // What was on its way: all of it, or all as it was before.
            let before: Titles =
                on_its_way.keys().map(|id| (id.clone(), acknowledged.get(id).cloned().flatten())).collect();
            assert!(is_stored(&on_its_way) || is_stored(&before), "{on_its_way:?}, {before:?}: {stored:?}");
            for (id, text) in &old {
                assert_eq!(stored.get(id), Some(&text.title), "{id}");
            }
            let pushed = acknowledged.keys().chain(on_its_way.keys());
            let known: std::collections::BTreeSet<&String> = pushed.chain(old.keys()).collect();
            assert!(stored.keys().all(|id| known.contains(id)), "{stored:?}");
            site.must_hold_no_orphans();
            site.reindex(&["--full"]);
            assert_eq!(titles(&site.answered().unwrap()), stored);
            drop(told);
        }
    }
}

/// Told when it is dropped by a panic.
struct Told(String);

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("it was: {}", self.0);
        }
    }
}
