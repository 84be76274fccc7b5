//! How often one client may ask: a token bucket each.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::audience::Access;
use super::client_ip::client_address;
use crate::http::state::App;
use crate::http::state::search_pool::asked_by;

/// Who shares a bucket with a client: an IPv6 network of 64 bits is one customer's, who may take
/// another address of it for every request.
pub(crate) fn bucket_of(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V4(_) => client,
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
    }
}

/// Lets a public request pass while its client has tokens. From here on it is known whose it is.
pub(crate) async fn limit_rate(State(app): State<App>, request: Request, next: Next) -> Response {
    let bucket = bucket_of(client_address(&request, &app.settings.service.trusted_proxies));
    if let Some(limiter) = app.rate_limiter.as_ref()
        && Access::of(&request) == Access::Public
        && let Err(problem) = limiter.take(bucket, NonZeroU32::MIN)
    {
        return problem.into_response();
    }
    asked_by(bucket, next.run(request)).await
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
    fn what_is_kept_of_clients_is_bounded_and_forgotten() {
        let limiter = limiter(20, 5, 100);
        for number in 0..10_000u32 {
            let _ = limiter.take(IpAddr::V4(number.into()), NonZeroU32::MIN);
        }
        assert!(limiter.buckets.len() <= 101, "{}", limiter.buckets.len());
        // All buckets are full again after a quarter of a second, and forgotten after a second.
        std::thread::sleep(SWEEP_EVERY);
        assert!(take(&limiter, "192.0.2.1", 1).is_ok());
        assert_eq!(limiter.buckets.len(), 1);
    }
}
