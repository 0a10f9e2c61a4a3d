//! Sockets and names towards others: which address we send from, and which addresses are ours.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{link, resolve};

/// What connections to other servers are made with.
pub(crate) struct Network {
    pub dns: resolve::Dns,
    pub smtp_port: u16,
    pub tls: Arc<rustls::ClientConfig>,
    source_addresses: Vec<IpAddr>,
    own_addresses: Vec<SocketAddr>,
    /// Connections made over IPv4 and over IPv6, for taking the source addresses in turn.
    turns: [AtomicUsize; 2],
}

impl Network {
    /// # Errors
    /// When the system's DNS settings cannot be read.
    pub fn new(
        resolvers: Option<&[SocketAddr]>,
        source_addresses: Vec<IpAddr>,
        smtp_port: u16,
        own_addresses: Vec<SocketAddr>,
    ) -> io::Result<Network> {
        Ok(Network {
            dns: resolve::Dns::new(resolvers)?,
            smtp_port,
            tls: link::opportunistic_tls(),
            source_addresses,
            own_addresses,
            turns: Default::default(),
        })
    }

    /// The address to send from; `None` leaves it to the system.
    pub fn source_for(&self, to: SocketAddr) -> Option<IpAddr> {
        let turn = self.turns[usize::from(to.is_ipv6())].fetch_add(1, Ordering::Relaxed);
        in_turn(&self.source_addresses, to.ip(), turn)
    }

    /// Whether one of our own listeners answers there.
    pub fn is_ours(&self, address: SocketAddr) -> bool {
        self.own_addresses.iter().any(|own| is_same(*own, address, is_of_this_machine))
    }
}

/// The `turn`th of our addresses of the same kind.
fn in_turn(sources: &[IpAddr], to: IpAddr, turn: usize) -> Option<IpAddr> {
    let fits = || sources.iter().filter(|ip| ip.is_ipv4() == to.is_ipv4());
    fits().nth(turn % fits().count().max(1)).copied()
}

/// A wildcard listener is everywhere on its port.
fn is_same(own: SocketAddr, other: SocketAddr, is_local: impl Fn(IpAddr) -> bool) -> bool {
    own.port() == other.port()
        && (own.ip() == other.ip() || (own.ip().is_unspecified() && is_local(other.ip())))
}

/// The system binds sockets to its own addresses only.
fn is_of_this_machine(ip: IpAddr) -> bool {
    ip.is_loopback() || UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_seen() {
        let at = |text: &str| -> SocketAddr { text.parse().expect("an address") };
        let cases = [
            ("127.0.0.1:25", "127.0.0.1:25", true),
            ("127.0.0.1:25", "127.0.0.2:25", false),
            ("127.0.0.1:2525", "127.0.0.1:25", false),
            ("0.0.0.0:25", "127.0.0.1:25", true),
            ("0.0.0.0:25", "192.0.2.9:25", true),
            ("[::]:25", "192.0.2.9:25", true),
            ("0.0.0.0:25", "192.0.2.1:25", false),
        ];
        let local = |ip: IpAddr| ip.is_loopback() || ip == IpAddr::from([192, 0, 2, 9]);
        for (own, other, expected) in cases {
            assert_eq!(is_same(at(own), at(other), local), expected, "{own} {other}");
        }
        assert!(is_of_this_machine(IpAddr::from([127, 0, 0, 1])));
    }

    #[test]
    fn source_addresses_are_taken_in_turn() {
        let ip = |text: &str| -> IpAddr { text.parse().expect("an address") };
        let sources = [ip("192.0.2.1"), ip("2001:db8::1"), ip("192.0.2.2")];
        let taken = |to: &str| -> Vec<Option<IpAddr>> {
            (0..3).map(|turn| in_turn(&sources, ip(to), turn)).collect()
        };
        let (first, second) = (Some(sources[0]), Some(sources[2]));
        assert_eq!(taken("198.51.100.1"), [first, second, first]);
        assert_eq!(taken("2001:db8::9"), [Some(sources[1]); 3]);
        assert_eq!(in_turn(&sources[1..2], ip("198.51.100.1"), 7), None, "left to the system");
    }
}
