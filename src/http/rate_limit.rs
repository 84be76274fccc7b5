//! How often one client may ask: a token bucket each.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use ipnet::IpNet;

use super::App;
use super::access::Access;
use super::client_address::client_address;
use super::problem::Problem;
use super::settings::{RateLimit, ServiceSettings};

/// How often buckets that are full again are forgotten.
const SWEEP_EVERY: Duration = Duration::from_secs(1);
/// How many clients are told apart; beyond, all share one bucket until some are forgotten.
const MAX_CLIENTS: usize = 100_000;
/// The bucket that they share: nobody asks from it.
const SHARED: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// The buckets of all clients.
pub(super) struct RateLimiter {
    buckets: DefaultKeyedRateLimiter<IpAddr>,
    clock: DefaultClock,
    trusted_proxies: Vec<IpNet>,
    max_clients: usize,
    swept: Mutex<Instant>,
}

impl RateLimiter {
    /// Full buckets; `None` where clients are not limited.
    pub(super) fn new(settings: &ServiceSettings) -> Option<RateLimiter> {
        let RateLimit { per_second, burst } = settings.rate_limit?;
        Some(RateLimiter {
            buckets: DefaultKeyedRateLimiter::keyed(Quota::per_second(per_second).allow_burst(burst)),
            clock: DefaultClock::default(),
            trusted_proxies: settings.trusted_proxies.clone(),
            max_clients: MAX_CLIENTS,
            swept: Mutex::new(Instant::now()),
        })
    }

    /// Takes a token; without one, tells when there will be.
    fn take(&self, client: IpAddr) -> Result<(), Duration> {
        self.sweep();
        let bucket = if self.buckets.len() < self.max_clients { bucket_of(client) } else { SHARED };
        self.buckets.check_key(&bucket).map_err(|until| until.wait_time_from(self.clock.now()))
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

/// Who shares a bucket with a client: an IPv6 network of 64 bits is one customer's, who may take
/// another address of it for every request.
pub(super) fn bucket_of(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

/// Lets a public request pass while its client has tokens.
pub(super) async fn limit_rate(State(app): State<App>, request: Request, next: Next) -> Response {
    if let Some(limiter) = app.rate_limiter.as_ref()
        && Access::of(&request) == Access::Public
        && let Err(wait) = limiter.take(client_address(&request, &limiter.trusted_proxies))
    {
        return Problem::rate_limited(wait).into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limiter(per_second: u32, burst: u32, max_clients: usize) -> RateLimiter {
        let rate_limit = RateLimit { per_second: per_second.try_into().unwrap(), burst: burst.try_into().unwrap() };
        let settings = ServiceSettings { rate_limit: Some(rate_limit), ..ServiceSettings::default() };
        RateLimiter { max_clients, ..RateLimiter::new(&settings).unwrap() }
    }

    #[test]
    fn every_client_has_its_own_bucket_and_a_network_of_64_bits_is_one_client() {
        let limiter = limiter(1, 2, 1_000);
        let take = |client: &str| limiter.take(client.parse().unwrap());
        assert!(take("192.0.2.1").is_ok() && take("192.0.2.1").is_ok());
        let wait = take("192.0.2.1").unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
        assert!(take("192.0.2.2").is_ok());
        assert!(take("2001:db8::1").is_ok() && take("2001:db8::2").is_ok());
        assert!(take("2001:db8::3").is_err());
        assert!(take("2001:db8:0:1::1").is_ok());
    }

    #[test]
    fn what_is_kept_of_clients_is_bounded_and_forgotten() {
        let limiter = limiter(20, 5, 100);
        for number in 0..10_000u32 {
            let _ = limiter.take(IpAddr::V4(number.into()));
        }
        assert!(limiter.buckets.len() <= 101, "{}", limiter.buckets.len());
        // All buckets are full again after a quarter of a second, and forgotten after a second.
        std::thread::sleep(SWEEP_EVERY);
        assert!(limiter.take("192.0.2.1".parse().unwrap()).is_ok());
        assert_eq!(limiter.buckets.len(), 1);
    }
}
