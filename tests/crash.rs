//! Death at each named point (`cargo test --features crash-points --test crash`), in every
//! situation that reaches it:
//!
//! * every point of `fichero::crash::POINTS` is passed by some command: none is dead;
//! * right after the death the last published state is answered, whole: the old one or the new
//!   one, never a mixture, never nothing, never an error;
//! * the next start of a server answers what had been accepted (and the old state where nothing
//!   had, or where the gate had refused it), and sweeps what the dead process left;
//! * the next reindex makes the index say exactly what the sources say: every article once, with
//!   its present text; nothing staged, no unfinished generation and no orphan is left;
//! * the reindex after that finds nothing to do.

#![cfg(feature = "crash-points")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "support/state.rs"]
mod state;
mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use fichero::crash::POINTS;
use state::{Articles, Interrupted, Site, first_state, second_state, stderr};

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

/// Told when it is dropped by a panic.
struct Told(String);

impl Drop for Told {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("it was: {}", self.0);
        }
    }
}
