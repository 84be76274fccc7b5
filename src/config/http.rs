//! Settings of the HTTP service.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::http::{HeaderValue, Uri};
use ipnet::IpNet;
use serde::Deserialize;

/// Settings of the HTTP service: the section `[http]` of the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceSettings {
    /// The origins whose pages may read public responses; every origin if not set.
    pub cors_origins: Option<Vec<Origin>>,
    /// How many seconds a cache may serve a response without revalidation.
    pub cache_s: u32,
    /// How many milliseconds a request may take, including its body.
    pub request_timeout_ms: NonZeroU32,
    /// How many milliseconds a connection may go without sending a complete request head, or
    /// without reading any of a response.
    pub idle_timeout_ms: NonZeroU32,
    /// The maximum number of simultaneous connections; further ones wait to be accepted.
    pub max_connections: NonZeroU32,
    /// How many requests may wait for a search worker; further ones are rejected with a hint to
    /// retry.
    pub max_waiting: usize,
    /// How many milliseconds a request may wait for a search worker.
    pub max_wait_ms: u32,
    /// The proxies whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// The rate limit per client; unlimited if not set.
    pub rate_limit: Option<RateLimit>,
}

/// A token bucket per client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Sustained requests per second.
    pub per_second: NonZeroU32,
    /// The size of a burst, in requests.
    pub burst: NonZeroU32,
}

const fn count(number: u32) -> NonZeroU32 {
    match NonZeroU32::new(number) {
        Some(number) => number,
        None => NonZeroU32::MIN,
    }
}

impl Default for ServiceSettings {
    fn default() -> ServiceSettings {
        ServiceSettings {
            cors_origins: None,
            cache_s: 60,
            request_timeout_ms: count(10_000),
            idle_timeout_ms: count(60_000),
            max_connections: count(1_024),
            max_waiting: 128,
            max_wait_ms: 5_000,
            trusted_proxies: Vec::new(),
            rate_limit: None,
        }
    }
}

impl ServiceSettings {
    /// How long a request may take.
    pub(crate) fn request_timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.request_timeout_ms.get()))
    }

    /// How long a connection may go without sending a complete request head, or without reading any
    /// of a response.
    pub(crate) fn idle_timeout(&self) -> Duration {
        Duration::from_millis(u64::from(self.idle_timeout_ms.get()))
    }

    /// How long a request may wait for a search worker.
    pub(crate) fn max_wait(&self) -> Duration {
        Duration::from_millis(u64::from(self.max_wait_ms))
    }
}

/// A web origin (RFC 6454), such as `https://www.example.org`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(HeaderValue);

impl Origin {
    /// Its form in a header.
    pub(crate) fn header_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Origin, String> {
        let bad = || format!("{text:?} is no origin: it should look like https://www.example.org, without a path");
        let uri: Uri = text.parse().map_err(|_| bad())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else { return Err(bad()) };
        let is_whole = format!("{scheme}://{authority}").eq_ignore_ascii_case(&text);
        if !is_whole || !matches!(scheme, "http" | "https") || authority.as_str().contains('@') {
            return Err(bad());
        }
        // Browsers send it in lower case.
        HeaderValue::from_str(&text.to_ascii_lowercase()).map(Origin).map_err(|_| bad())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_section_is_parsed_and_errors_name_the_setting() {
        let text = "cors_origins = [\"https://Www.example.org\", \"http://localhost:3000\"]\ncache_s = 0\n\
                    trusted_proxies = [\"127.0.0.1/32\", \"fd00::/8\"]\n[rate_limit]\nper_second = 10\nburst = 40\n";
        let settings: ServiceSettings = toml::from_str(text).unwrap();
        let origins: Vec<HeaderValue> = settings.cors_origins.iter().flatten().map(Origin::header_value).collect();
        assert_eq!(origins, ["https://www.example.org", "http://localhost:3000"]);
        assert_eq!(settings.cache_s, 0);
        assert_eq!(settings.trusted_proxies.len(), 2);
        assert_eq!(settings.rate_limit, Some(RateLimit { per_second: count(10), burst: count(40) }));
        assert_eq!(settings.request_timeout(), Duration::from_secs(10));

        for (text, named) in [
            ("cors_origins = [\"https://a.example/\"]", "https://a.example/"),
            ("cors_origins = [\"*\"]", "no origin"),
            ("cors_origins = [\"https://user@a.example\"]", "no origin"),
            ("trusted_proxies = [\"10.0.0.0\"]", "trusted_proxies"),
            ("request_timeout_ms = 0", "nonzero"),
            ("cache = 5", "cache"),
            ("[rate_limit]\nper_second = 1", "burst"),
        ] {
            let error = toml::from_str::<ServiceSettings>(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }
}
