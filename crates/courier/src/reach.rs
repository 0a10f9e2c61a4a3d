//! Which addresses an HTTP courier may connect to. Whoever can write the address of a webhook must not
//! reach the machines behind our own wall by it, unless the operator says so.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Addresses of a host that may be connected to, in the order of the resolver. They are connected to
/// as they are: a name is not asked for twice, so it cannot change its mind in between.
///
/// # Errors
/// When the name has no address, or none that is allowed.
pub async fn addresses(host: &str, port: u16, private: bool) -> io::Result<Vec<SocketAddr>> {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
    if found.is_empty() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
    }
    let allowed = found.into_iter().filter(|address| private || is_public(address.ip()));
    let allowed: Vec<SocketAddr> = allowed.collect();
    if allowed.is_empty() {
        let text = "its address is private: add `private = true` to the courier to allow that";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    Ok(allowed)
}

/// Whether an address is one of the public Internet.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = match (a, b) {
        // This network, private, loopback, multicast and reserved (RFC 6890).
        (0 | 10 | 127 | 224..=255, _) => true,
        // Shared address space (RFC 6598).
        (100, 64..=127) => true,
        // Link-local, where clouds keep their metadata.
        (169, 254) => true,
        (172, 16..=31) | (192, 168) | (198, 18..=19) => true,
        // IETF protocols, documentation, 6to4 relays.
        (192, 0) => c == 0 || c == 2,
        (192, 88) => c == 99,
        (198, 51) => c == 100,
        (203, 0) => c == 113,
        _ => false,
    };
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4() {
        // Mapped and compatible addresses, ::1 and :: among them.
        return is_public_v4(v4);
    }
    let [first, second, ..] = ip.segments();
    match first {
        // 6to4 carries an IPv4 address (RFC 3056).
        0x2002 => {
            let [_, _, a, b, c, d, ..] = ip.octets();
            is_public_v4(Ipv4Addr::new(a, b, c, d))
        }
        // Teredo, ORCHID, benchmarking and other protocols (RFC 2928), documentation (RFC 3849).
        0x2001 => second > 0x01ff && second != 0x0db8,
        0x3fff => second > 0x0fff,
        // Only 2000::/3 is global unicast; NAT64 (64:ff9b::/96) reaches IPv4 and stays out.
        _ => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_addresses_are_public() {
        let cases = [
            ("93.184.216.34", true),
            ("8.8.8.8", true),
            ("2606:2800:220:1::1", true),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("172.16.0.1", false),
            ("172.32.0.1", true),
            ("192.168.0.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("198.18.0.1", false),
            ("192.0.2.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:169.254.169.254", false),
            ("::ffff:8.8.8.8", true),
            ("fe80::1", false),
            ("fd00:ec2::254", false),
            ("ff02::1", false),
            ("2001:db8::1", false),
            ("2001::1", false),
            ("2001:4860:4860::8888", true),
            ("2002:7f00:1::", false),
            ("64:ff9b::7f00:1", false),
        ];
        for (text, expected) in cases {
            assert_eq!(is_public(text.parse().expect("an address")), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn private_names_are_reached_only_when_allowed() {
        let refused = addresses("localhost", 80, false).await.expect_err("refused");
        assert!(refused.to_string().contains("private = true"), "{refused}");
        assert!(!addresses("localhost", 80, true).await.expect("allowed").is_empty());
        assert!(addresses("[::1]", 80, false).await.is_err());
    }
}
