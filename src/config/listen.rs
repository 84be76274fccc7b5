//! The address to listen on, as people write it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// The port without another one.
pub const DEFAULT_PORT: u16 = 8080;

/// An address to listen on: `127.0.0.1:8080`, a port (`8080`, of this machine only), a host
/// (`localhost`) or both (`localhost:8080`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen(pub SocketAddr);

impl Listen {
    /// A port that only this machine reaches.
    pub fn on_port(port: u16) -> Listen {
        Listen(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }

    /// Parses an address; resolves the name of a host. Of several addresses, the first of IPv4.
    pub fn parse(text: &str) -> Result<Listen, String> {
        let text = text.trim();
        if let Ok(address) = text.parse() {
            return Ok(Listen(address));
        }
        if let Ok(port) = text.strip_prefix(':').unwrap_or(text).parse() {
            return Ok(Listen::on_port(port));
        }
        if let Ok(host) = text.trim_matches(['[', ']']).parse::<IpAddr>() {
            return Ok(Listen(SocketAddr::from((host, DEFAULT_PORT))));
        }
        // The resolver takes a number for an address.
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong(text));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().map_err(|_| wrong(text))?),
            None => (text, DEFAULT_PORT),
        };
        let found = (host, port).to_socket_addrs().map_err(|error| format!("{host:?}: {error}"))?;
        let mut found: Vec<SocketAddr> = found.collect();
        found.sort_by_key(SocketAddr::is_ipv6);
        found.first().copied().map(Listen).ok_or_else(|| wrong(text))
    }
}

fn wrong(text: &str) -> String {
    format!("{text:?} should be an address such as 127.0.0.1:8080, a port or a host")
}

impl<'de> Deserialize<'de> for Listen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Listen, D::Error> {
        deserializer.deserialize_any(ListenVisitor)
    }
}

struct ListenVisitor;

impl Visitor<'_> for ListenVisitor {
    type Value = Listen;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an address such as \"127.0.0.1:8080\", a port or a host")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Listen, E> {
        Listen::parse(text).map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, port: i64) -> Result<Listen, E> {
        u16::try_from(port).map(Listen::on_port).map_err(|_| E::custom(wrong(&port.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_understood_as_people_write_it() {
        for (text, expected) in [
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("8081", "127.0.0.1:8081"),
            (":8081", "127.0.0.1:8081"),
            ("localhost:8081", "127.0.0.1:8081"),
            ("localhost", "127.0.0.1:8080"),
            ("0.0.0.0", "0.0.0.0:8080"),
            ("[::1]", "[::1]:8080"),
            ("[::1]:8081", "[::1]:8081"),
        ] {
            assert_eq!(Listen::parse(text), Ok(Listen(expected.parse().unwrap())), "{text}");
        }
        for text in ["", "localhost:", "localhost:port", "99999", "127.0.0.1:99999"] {
            assert!(Listen::parse(text).is_err(), "{text}");
        }
    }
}
