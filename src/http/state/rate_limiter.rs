//! The rate limit: one token bucket per client.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use crate::config::http::{RateLimit, ServiceSettings};
use crate::http::error::problem::Problem;

/// How often full buckets are removed.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The most clients with a bucket of their own; beyond that, all others share one until some are
/// removed.
const MAX_CLIENTS: usize = 100_000;

/// The key of the shared bucket, which is no client's address.
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
    /// Full buckets; `None` where there is no limit.
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

    /// Takes this many tokens from a bucket, or none if there are too few.
    pub(crate) fn take(&self, bucket: IpAddr, tokens: NonZeroU32) -> Result<(), Problem> {
        self.sweep();
        let bucket = if self.buckets.len() < self.max_clients { bucket } else { SHARED };
        match self.buckets.check_key_n(&bucket, tokens) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => Err(Problem::rate_limited(until.wait_time_from(self.clock.now()))),
            Err(_) => Err(Problem::above_burst(self.burst.get())),
        }
    }

    /// Takes a token for each further search of a request with several searches; the first was
    /// taken when the request arrived.
    pub(crate) fn take_further(&self, bucket: IpAddr, requests: usize) -> Result<(), Problem> {
        let requests = u32::try_from(requests).unwrap_or(u32::MAX);
        if requests > self.burst.get() {
            return Err(Problem::above_burst(self.burst.get()));
        }
        NonZeroU32::new(requests.saturating_sub(1)).map_or(Ok(()), |further| self.take(bucket, further))
    }

    fn sweep(&self) {
        // If another thread is sweeping, this one need not.
        let Ok(mut swept) = self.swept.try_lock() else { return };
        if swept.elapsed() >= SWEEP_EVERY {
            self.buckets.retain_recent();
            *swept = Instant::now();
        }
    }
}

/// The bucket of a client. An IPv6 network of 64 bits is one client: a customer gets one, and may
/// use another address of it for every request.
pub(crate) fn bucket_of(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_second: u32, burst: u32, max_clients: usize) -> RateLimiter {
        let rate_limit = RateLimit { per_second: per_second.try_into().unwrap(), burst: burst.try_into().unwrap() };
        let settings = ServiceSettings { rate_limit: Some(rate_limit), ..ServiceSettings::default() };
        RateLimiter { max_clients, ..RateLimiter::new(&settings).unwrap() }
    }

    fn take(limiter: &RateLimiter, client: &str, tokens: u32) -> Result<(), Problem> {
        limiter.take(bucket_of(client.parse().unwrap()), tokens.try_into().unwrap())
    }

    #[test]
    fn every_client_has_its_own_bucket_and_a_network_of_64_bits_is_one_client() {
        let limiter = limiter(1, 2, 1_000);
        let take = |client: &str| take(&limiter, client, 1);
        assert!(take("192.0.2.1").is_ok() && take("192.0.2.1").is_ok());
        assert_eq!(take("192.0.2.1").unwrap_err().code(), "rate-limited");
        assert!(take("192.0.2.2").is_ok());
        assert!(take("2001:db8::1").is_ok() && take("2001:db8::2").is_ok());
        assert!(take("2001:db8::3").is_err());
        assert!(take("2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn several_searches_in_one_request_take_as_many_tokens() {
        let limiter = limiter(1, 10, 1_000);
        let client: IpAddr = "192.0.2.1".parse().unwrap();
        take(&limiter, "192.0.2.1", 1).unwrap();
        limiter.take_further(client, 7).unwrap();
        assert!(limiter.take_further(client, 5).is_err(), "three tokens are left");
        limiter.take_further(client, 4).unwrap();
        assert!(take(&limiter, "192.0.2.1", 1).is_err());
        let problem = limiter.take_further("192.0.2.2".parse().unwrap(), 11).unwrap_err();
        assert_eq!(problem.code(), "rate-limited");
        assert!(problem.into_detail().contains("10"), "more than the bucket ever holds");
    }

    #[test]
    fn buckets_are_bounded_and_removed() {
        let limiter = limiter(20, 5, 100);
        for number in 0..10_000u32 {
            let _ = limiter.take(IpAddr::V4(number.into()), NonZeroU32::MIN);
        }
        assert!(limiter.buckets.len() <= 101, "{}", limiter.buckets.len());
        // All buckets are full again after a quarter of a second, and removed after a second.
        std::thread::sleep(SWEEP_EVERY);
        assert!(take(&limiter, "192.0.2.1", 1).is_ok());
        assert_eq!(limiter.buckets.len(), 1);
    }
}
