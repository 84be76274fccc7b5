//! How often one client may ask: a token bucket each.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::config::http::{RateLimit, ServiceSettings};
use crate::http::error::problem::Problem;

/// How often buckets that are full again are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How many clients are told apart; beyond, all share one bucket until some are forgotten.
const MAX_CLIENTS: usize = 100_000;

/// The bucket that they share: nobody asks from it.
const SHARED: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// The buckets of all clients.
pub(crate) struct RateLimiter {
    buckets: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    burst: NonZeroU32,
    max_clients: usize,
    swept: Mutex<Instant>,
}

impl RateLimiter {
    /// Full buckets; `None` where clients are not limited.
    pub(crate) fn new(settings: &ServiceSettings) -> Option<RateLimiter> {
        let RateLimit { per_second, burst } = settings.rate_limit?;
        Some(RateLimiter {
            buckets: DefaultKeyedRateLimiter::keyed(Quota::per_second(per_second).allow_burst(burst)),
            clock: DefaultClock::default(),
            burst,
            max_clients: MAX_CLIENTS,
            swept: Mutex::new(Instant::now()),
        })
    }

    /// Takes so many tokens of a bucket; where there are not as many, none.
    pub(crate) fn take(&self, bucket: IpAddr, tokens: NonZeroU32) -> Result<(), Problem> {
        self.sweep();
        let bucket = if self.buckets.len() < self.max_clients { bucket } else { SHARED };
        match self.buckets.check_key_n(&bucket, tokens) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => Err(Problem::rate_limited(until.wait_time_from(self.clock.now()))),
            Err(_) => Err(Problem::above_burst(self.burst.get())),
        }
    }

    /// Takes a token for each further request of a client that asks for so many in one: the first
    /// was paid for as the request came.
    pub(crate) fn take_further(&self, bucket: IpAddr, requests: usize) -> Result<(), Problem> {
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        if requests > self.burst.get() {
            return Err(Problem::above_burst(self.burst.get()));
        }
        NonZeroU32::new(requests.saturating_sub(1)).map_or(Ok(()), |further| self.take(bucket, further))
    }

    fn sweep(&self) {
        // Whoever comes while another sweeps need not wait for it.
        let Ok(mut swept) = self.swept.try_lock() else { return };
        if swept.elapsed() >= SWEEP_EVERY {
            self.buckets.retain_recent();
            *swept = Instant::now();
        }
    }
}
