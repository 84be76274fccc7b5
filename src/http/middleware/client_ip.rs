//! The client's address, behind trusted proxies.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request};
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

/// The header to which a proxy appends the address of its client. The standard `Forwarded` (RFC
/// 7239) is not read. A proxy that writes one of the two headers passes a client's own version of
/// the other through, so a server that reads both would trust the client.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The client's address of a request.
pub(crate) fn client_address(request: &Request, trusted: &[IpNet]) -> IpAddr {
    client_of(request.extensions(), request.headers(), trusted)
}

/// The client's address of a request's parts.
pub(crate) fn client_of(extensions: &Extensions, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    // A request from within the process has no peer.
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    behind_proxies(peer.to_canonical(), headers, trusted)
}

/// Whether an address belongs to a trusted proxy, which sends the requests of others.
pub(crate) fn is_proxy(address: IpAddr, trusted: &[IpNet]) -> bool {
    trusted.iter().any(|network| network.contains(&address))
}

/// Follows the forwarded addresses from the nearest on, as long as a trusted proxy reported them.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let lines: Vec<&str> = headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or("")).collect();
    let mut forwarded = lines.iter().rev().flat_map(|line| line.rsplit(','));
    let mut address = peer;
    while is_proxy(address, trusted) {
        let Some(next) = forwarded.next().and_then(|text| parse(text.trim())) else { break };
        address = next;
    }
    address
}

/// Parses an address with or without a port.
fn parse(text: &str) -> Option<IpAddr> {
    let address = text.parse().ok().or_else(|| text.parse().ok().map(|socket: SocketAddr| socket.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_followed() {
        let trusted: Vec<IpNet> =
            ["127.0.0.0/8", "10.0.0.0/8", "fd00::/8"].iter().map(|net| net.parse().unwrap()).collect();
        for (peer, lines, expected) in [
            ("203.0.113.9", vec!["1.1.1.1"], "203.0.113.9"),
            ("127.0.0.1", vec![], "127.0.0.1"),
            ("127.0.0.1", vec!["198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", vec!["9.9.9.9, 198.51.100.7, 10.1.2.3"], "198.51.100.7"),
            ("127.0.0.1", vec!["9.9.9.9", "198.51.100.7", "10.1.2.3"], "198.51.100.7"),
            ("127.0.0.1", vec!["198.51.100.7:5000"], "198.51.100.7"),
            ("127.0.0.1", vec!["2001:db8::1"], "2001:db8::1"),
            ("fd00::1", vec!["[2001:db8::1]:80"], "2001:db8::1"),
            ("127.0.0.1", vec!["::ffff:198.51.100.7"], "198.51.100.7"),
            // An unreadable address ends the chain; the proxy itself is limited then.
            ("127.0.0.1", vec!["9.9.9.9, unknown"], "127.0.0.1"),
            ("127.0.0.1", vec!["9.9.9.9, nonsense, 10.1.2.3"], "10.1.2.3"),
            ("127.0.0.1", vec![""], "127.0.0.1"),
            ("127.0.0.1", vec!["10.0.0.1, 10.0.0.2"], "10.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            for line in &lines {
                headers.append(FORWARDED_FOR, line.parse().unwrap());
            }
            let found = behind_proxies(peer.parse().unwrap(), &headers, &trusted);
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {lines:?}");
        }
        let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), "1.1.1.1".parse().unwrap())]);
        assert_eq!(behind_proxies("127.0.0.1".parse().unwrap(), &headers, &[]), "127.0.0.1".parse::<IpAddr>().unwrap());
    }
}
