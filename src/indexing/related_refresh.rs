//! A background thread of the server: after a change, it recomputes and stores the nearest works of
//! every article.
//!
//! Until it is done, related articles are computed on request, with the same results. On a site of
//! a hundred thousand articles it takes the better part of a minute, so the thread waits until
//! changes stop and pauses between two computations.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::index_updater::EngineSlot;
use crate::engine::{IndexVersion, SearchEngine};

/// How often the thread checks whether there is work.
const TICK: Duration = Duration::from_millis(250);
/// How long the index must be unchanged before the work starts.
const QUIET: Duration = Duration::from_secs(1);
/// The pause after a computation, as a multiple of its duration.
const REST: u32 = 9;

/// Keeps the stored nearest works of the served generation up to date.
pub struct RelatedRefresher {
    /// The current engine.
    pub slot: EngineSlot,
    /// Whether this process may write to the generation.
    pub is_writer: Arc<AtomicBool>,
    /// Set when the process ends.
    pub stop: Arc<AtomicBool>,
}

impl RelatedRefresher {
    /// Runs until it is stopped.
    pub fn keep(&self) {
        let mut seen: Option<(IndexVersion, Instant)> = None;
        let mut rests_until = Instant::now();
        while !self.stop.load(Ordering::SeqCst) {
            thread::sleep(TICK);
            let Some(engine) = self.slot.load_full() else { continue };
            let version = engine.index_version();
            let since = match seen {
                Some((known, since)) if known == version => since,
                _ => {
                    seen = Some((version, Instant::now()));
                    continue;
                }
            };
            let may_write = self.is_writer.load(Ordering::SeqCst);
            if engine.has_nearest() || !may_write || since.elapsed() < QUIET || Instant::now() < rests_until {
                continue;
            }
            let begun = Instant::now();
            let is_wanted = || !self.stop.load(Ordering::SeqCst) && self.is_writer.load(Ordering::SeqCst);
            match engine.keep_nearest(1, &is_wanted) {
                Ok(()) => {
                    tracing::debug!(version = %version, took_ms = begun.elapsed().as_millis(), "computed the nearest works")
                }
                Err(error) => {
                    tracing::warn!(error = %error, "cannot store the nearest works; related articles are computed on request")
                }
            }
            rests_until = Instant::now() + begun.elapsed() * REST;
        }
    }
}
