//! Named points at which a test can end the process, as if the power had gone.
//!
//! Compiled in by the feature `crash-points` only. `FICHERO_CRASH_AT=accept:before-commit` ends
//! the process at the first arrival there, `…:before-commit#3` at the third.

use std::sync::atomic::{AtomicU64, Ordering};

/// The crash points that commands pass, in the order in which a first full reindex does.
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

/// The points that a server passes while it takes a push.
pub const PUSH_POINTS: &[&str] = &["push:begun", "push:written", "push:committed"];

/// Ends the process if the environment asks for it here.
pub fn reach(point: &str) {
    static ARRIVALS: AtomicU64 = AtomicU64::new(0);
    let Ok(wanted) = std::env::var("FICHERO_CRASH_AT") else { return };
    let (name, nth) = wanted.split_once('#').unwrap_or((&wanted, "1"));
    if name == point && (ARRIVALS.fetch_add(1, Ordering::SeqCst) + 1).to_string() == nth {
        // No destructor runs, no buffer is flushed.
        std::process::abort();
    }
}
