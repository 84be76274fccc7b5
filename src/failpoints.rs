//! Named points at which a test can abort the process, as in a power failure.
//!
//! Compiled only with the feature `crash-points`. `FICHERO_CRASH_AT=accept:before-commit` aborts
//! the process when it first reaches that point, `…:before-commit#3` the third time.

use std::sync::atomic::{AtomicU64, Ordering};

/// The crash points of commands, in the order in which a first full reindex reaches them.
pub const POINTS: &[&str] = &[
    "stage:batch",
    "stage:done",
    "build:page",
    "commit:before",
    "commit:prepared",
    "commit:after",
    "build:before-manifest",
    "durable:before-sync",
    "durable:before-rename",
    "durable:after-rename",
    "build:after-manifest",
    "nearest:written",
    "build:nearest",
    "hold-back:before",
    "hold-back:after",
    "accept:before",
    "accept:records",
    "accept:before-commit",
    "accept:after-commit",
    "switch:opened",
    "switch:caught-up",
    "switch:published",
    "sweep:before-remove",
    "rollback:recorded",
];

/// The crash points of a server while it stores a push.
pub const PUSH_POINTS: &[&str] = &["push:begun", "push:written", "push:committed"];

/// Aborts the process if the environment names this point.
pub fn reach(point: &str) {
    static ARRIVALS: AtomicU64 = AtomicU64::new(0);
    let Ok(wanted) = std::env::var("FICHERO_CRASH_AT") else { return };
    let (name, nth) = wanted.split_once('#').unwrap_or((&wanted, "1"));
    if name == point && (ARRIVALS.fetch_add(1, Ordering::SeqCst) + 1).to_string() == nth {
        // Runs no destructor and flushes no buffer.
        std::process::abort();
    }
}
