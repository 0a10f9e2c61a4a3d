//! How a watcher reaches its targets: names, addresses, connections, TLS, and where it may not go.
//!
//! A name is looked up once for each connection, every address is asked of the [`Policy`], and the
//! connection goes to an address that was allowed; nothing resolves the name again behind it.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use jiff::Timestamp;
use rustls::ClientConfig;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, timeout_at};

use crate::answer::{Answer, Detail, Fault, Reason, Stage};
use crate::check::Trust;
use crate::heartbeat::Beats;
use crate::policy::Policy;
use crate::secure::{self, Roots, TrustError};

/// Addresses of one name that are tried.
pub const ADDRESSES_MAX: usize = 4;
/// Names in the resolver's cache.
const CACHE_NAMES: u64 = 16_384;
/// One question to one resolver.
const DNS_TIMEOUT: Duration = Duration::from_secs(2);

/// What a watcher is given to reach others; one for all its checks with the same policy.
pub struct Reach {
    resolver: TokioResolver,
    by_roots: Arc<ClientConfig>,
    by_anybody: Arc<ClientConfig>,
    /// The address to look from; `None` leaves it to the system.
    pub source: Option<IpAddr>,
    /// Where checks may look.
    pub policy: Policy,
    /// What time it is: for certificates and the Date of a mail.
    pub clock: fn() -> Timestamp,
    /// Who has called lately.
    pub beats: Arc<Beats>,
}

/// A reach that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// The system's resolver configuration.
    #[error("reading the system's resolver configuration")]
    Resolver(#[source] Box<NetError>),
    /// The certificates to trust.
    #[error("reading the certificates to trust")]
    Trust(#[from] TrustError),
}

impl Reach {
    /// With these name servers, or the system's, and these roots; `clock` says what time it is.
    ///
    /// # Errors
    /// An unreadable resolver configuration, or roots without a usable certificate.
    pub fn new(
        name_servers: Option<&[SocketAddr]>,
        roots: &Roots,
        clock: fn() -> Timestamp,
    ) -> Result<Reach, ReachError> {
        let boxed = |error| ReachError::Resolver(Box::new(error));
        Ok(Reach {
            resolver: resolver(name_servers).map_err(boxed)?,
            by_roots: secure::by_roots(roots)?,
            by_anybody: secure::by_anybody()?,
            source: None,
            policy: Policy::default(),
            clock,
            beats: Arc::default(),
        })
    }

    /// The TLS settings for this trust.
    pub(crate) fn tls(&self, trust: Trust) -> Arc<ClientConfig> {
        match trust {
            Trust::Roots => self.by_roots.clone(),
            Trust::Anybody => self.by_anybody.clone(),
        }
    }

    /// The addresses of a host that may be looked at, at most [`ADDRESSES_MAX`], never none.
    async fn addresses(&self, host: &str, look: &mut Look) -> Result<Vec<IpAddr>, Fault> {
        look.is_resolving = true;
        let found = match literal(host) {
            Some(address) => vec![address],
            None => self.resolve(host).await?,
        };
        look.is_resolving = false;
        look.reached(Stage::Resolved);
        let allowed = found.into_iter().filter(|address| self.policy.allows(*address));
        let allowed: Vec<IpAddr> = allowed.take(ADDRESSES_MAX).collect();
        if allowed.is_empty() {
            return Err(Fault::unseen(Reason::Forbidden));
        }
        Ok(allowed)
    }

    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, Fault> {
        let name = format!("{}.", host.trim_end_matches('.'));
        match self.resolver.lookup_ip(name).await {
            Ok(found) => Ok(found.iter().collect()),
            Err(NetError::Dns(DnsError::NoRecordsFound(none)))
                if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError) =>
            {
                Err(Fault::silent(Reason::NoSuchName))
            }
            Err(error) => Err(Fault::unseen(Reason::ResolverFailed).said(error.to_string())),
        }
    }

    /// The first address that may be looked at, for what has no connection.
    pub(crate) async fn address(&self, host: &str, look: &mut Look) -> Result<IpAddr, Fault> {
        let first = self.addresses(host, look).await?.remove(0);
        look.detail.address = Some(first);
        Ok(first)
    }

    /// A connection to the first address that takes one.
    pub(crate) async fn connect(
        &self,
        host: &str,
        port: u16,
        look: &mut Look,
    ) -> Result<TcpStream, Fault> {
        let addresses = self.addresses(host, look).await?;
        let mut fault: Option<Fault> = None;
        for (tried, address) in addresses.iter().enumerate() {
            look.detail.address = Some(*address);
            // An address that says nothing leaves the others their share of the time.
            let left = look.ends.saturating_duration_since(Instant::now());
            let share = left / u32::try_from(addresses.len() - tried).unwrap_or(1);
            let connecting = self.connect_to(SocketAddr::new(*address, port));
            match timeout_at(Instant::now() + share, connecting).await {
                Ok(Ok(stream)) => {
                    look.reached(Stage::Connected);
                    return Ok(stream);
                }
                Ok(Err(error)) => fault = Some(telling(fault, connect_fault(&error))),
                Err(_) => fault = Some(telling(fault, Fault::silent(Reason::TimedOut))),
            }
        }
        Err(fault.unwrap_or(Fault::silent(Reason::TimedOut)))
    }

    async fn connect_to(&self, target: SocketAddr) -> io::Result<TcpStream> {
        let stream = match self.source.filter(|source| source.is_ipv4() == target.is_ipv4()) {
            Some(source) => {
                let socket =
                    if target.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
                socket.bind(SocketAddr::new(source, 0))?;
                socket.connect(target).await?
            }
            None => TcpStream::connect(target).await?,
        };
        stream.set_nodelay(true)?;
        Ok(stream)
    }
}

/// One look under way: its end, and what was noticed so far.
pub(crate) struct Look {
    pub began: Instant,
    pub ends: Instant,
    pub detail: Detail,
    /// A name is being looked up: what happens now says nothing about the target.
    pub is_resolving: bool,
}

impl Look {
    pub fn begin(timeout: Duration) -> Look {
        let began = Instant::now();
        Look { began, ends: began + timeout, detail: Detail::default(), is_resolving: false }
    }

    /// Notes how far it got, and when.
    pub fn reached(&mut self, stage: Stage) {
        self.detail.stages.push((stage, self.began.elapsed()));
    }
}

fn resolver(name_servers: Option<&[SocketAddr]>) -> Result<TokioResolver, NetError> {
    let mut builder = match name_servers {
        None => TokioResolver::builder_tokio()?,
        Some(servers) => {
            let servers = servers.iter().map(|address| {
                let mut server = NameServerConfig::udp_and_tcp(address.ip());
                for connection in &mut server.connections {
                    connection.port = address.port();
                }
                server
            });
            let config = ResolverConfig::from_parts(None, vec![], servers.collect());
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    options.timeout = DNS_TIMEOUT;
    options.attempts = 2;
    options.cache_size = CACHE_NAMES;
    // A target is a whole name; a search list would look at a neighbour.
    options.ndots = 0;
    builder.build()
}

/// An address in text, with or without the brackets of a URL.
pub(crate) fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

/// Of what two addresses of one host came to, that which says something about the host: where we have
/// no route for one of them, the other counts.
fn telling(before: Option<Fault>, now: Fault) -> Fault {
    match (before, now.answer) {
        (Some(before), Answer::Unseen(_)) => before,
        _ => now,
    }
}

/// What a failed connection says: about the target, or about us.
pub(crate) fn connect_fault(error: &io::Error) -> Fault {
    use io::ErrorKind as E;
    let reason = match error.kind() {
        E::ConnectionRefused => Reason::ConnectionRefused,
        E::HostUnreachable => Reason::Unreachable,
        E::ConnectionReset | E::ConnectionAborted | E::BrokenPipe => Reason::Closed,
        E::TimedOut => Reason::TimedOut,
        // No route of our own, no descriptors, no ports, no permission: nothing about the target.
        _ => return Fault::unseen(Reason::OwnTrouble).said(error.to_string()),
    };
    Fault::silent(reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_that_we_have_no_route_to_says_nothing() {
        let refused = || Fault::silent(Reason::ConnectionRefused);
        let no_route = || Fault::unseen(Reason::OwnTrouble);
        for (before, now, tells) in [
            (None, no_route(), no_route()),
            (Some(no_route()), refused(), refused()),
            (Some(refused()), no_route(), refused()),
            (Some(refused()), Fault::silent(Reason::TimedOut), Fault::silent(Reason::TimedOut)),
        ] {
            assert_eq!(telling(before, now), tells);
        }
    }

    #[test]
    fn hosts_that_are_addresses() {
        assert_eq!(literal("192.0.2.1"), "192.0.2.1".parse().ok());
        assert_eq!(literal("[2001:db8::1]"), "2001:db8::1".parse().ok());
        assert_eq!(literal("2001:db8::1"), "2001:db8::1".parse().ok());
        assert_eq!(literal("www.example.jp"), None);
        // Another spelling of 127.0.0.1 for some libraries; here it is a name that does not exist.
        assert_eq!(literal("0x7f000001"), None);
        assert_eq!(literal("127.1"), None);
    }
}
