//! Beside a server: after a change, the works nearest to every article are worked out anew and
//! kept.
//!
//! Until that is done, related articles are worked out as they are asked for; the answers are the
//! same. On a site of a hundred thousand articles it takes the better part of a minute, so that it
//! waits for changes to end and rests between one time and the next.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::applier::EngineSlot;
use crate::engine::{IndexVersion, SearchEngine};

/// How often is looked whether anything is to be worked out.
const TICK: Duration = Duration::from_millis(250);
/// How long no change must have come.
const QUIET: Duration = Duration::from_secs(1);
/// How many times longer than it took last it rests.
const REST: u32 = 9;

/// Keeps the nearest works of what is answered from.
pub struct RelatedRefresher {
    /// What is answered from.
    pub slot: EngineSlot,
    /// Whether this process may write into the generation.
    pub is_writer: Arc<AtomicBool>,
    /// Set when the process ends.
    pub stop: Arc<AtomicBool>,
}

impl RelatedRefresher {
    /// Goes on until it is stopped.
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
                    tracing::debug!(version = %version, took_ms = begun.elapsed().as_millis(), "worked out the nearest works")
                }
                Err(error) => {
                    tracing::warn!(error = %error, "the nearest works are not kept; related articles are worked out as they are asked for")
                }
            }
            rests_until = Instant::now() + begun.elapsed() * REST;
        }
    }
}
