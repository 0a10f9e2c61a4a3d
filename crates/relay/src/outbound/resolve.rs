//! From a destination to the servers to try, in order (RFC 5321 section 5).

use std::collections::HashSet;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::config::{NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RData;
use hickory_resolver::{Resolver, TokioResolver};
use mail::Reply;

/// Servers tried for one message; a domain with more is misconfigured or hostile.
const HOSTS_MAX: usize = 10;
/// Names kept in the resolver's cache.
const CACHE_NAMES: u64 = 4_096;
/// One question to one server.
const DNS_TIMEOUT: Duration = Duration::from_secs(5);

/// A server to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    /// Its name, or its address in text.
    pub name: String,
    pub address: SocketAddr,
}

/// Why there is no server to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoHost {
    /// It will not get better: the sender must hear of it.
    Permanent(Reply),
    /// DNS did not answer, or not sensibly.
    Temporary(Reply),
}

/// What a question to DNS gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lookup<T> {
    Found(T),
    /// The name exists, without records of this kind.
    NoData,
    /// The name does not exist.
    NoDomain,
    /// SERVFAIL, REFUSED, a timeout.
    Failed(String),
}

/// DNS, with a cache.
pub(crate) struct Dns(TokioResolver);

impl Dns {
    /// With these servers, or the system's.
    pub fn new(servers: Option<&[SocketAddr]>) -> io::Result<Dns> {
        let mut builder = match servers {
            None => TokioResolver::builder_tokio().map_err(io::Error::other)?,
            Some(servers) => {
                let servers = servers.iter().map(name_server).collect();
                let config = ResolverConfig::from_parts(None, vec![], servers);
                Resolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options: &mut ResolverOpts = builder.options_mut();
        options.timeout = DNS_TIMEOUT;
        options.attempts = 2;
        options.cache_size = CACHE_NAMES;
        // Names in mail are whole names; a search list would send mail to neighbours.
        options.ndots = 0;
        Ok(Dns(builder.build().map_err(io::Error::other)?))
    }

    /// Preference and name of each MX.
    async fn mx(&self, domain: &str) -> Lookup<Vec<(u16, String)>> {
        match self.0.mx_lookup(fully(domain)).await {
            Ok(found) => Lookup::Found(
                found
                    .answers()
                    .iter()
                    .filter_map(|record| match &record.data {
                        RData::MX(mx) => Some((mx.preference, plain(&mx.exchange.to_utf8()))),
                        _ => None,
                    })
                    .collect(),
            ),
            Err(error) => not_found(&error),
        }
    }

    /// A and AAAA.
    async fn addresses(&self, name: &str) -> Lookup<Vec<IpAddr>> {
        match self.0.lookup_ip(fully(name)).await {
            Ok(found) => Lookup::Found(found.iter().collect()),
            Err(error) => not_found(&error),
        }
    }
}

fn name_server(address: &SocketAddr) -> NameServerConfig {
    let mut server = NameServerConfig::udp_and_tcp(address.ip());
    for connection in &mut server.connections {
        connection.port = address.port();
    }
    server
}

fn fully(name: &str) -> String {
    format!("{}.", name.trim_end_matches('.'))
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_ascii_lowercase()
}

fn not_found<T>(error: &NetError) -> Lookup<T> {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => Lookup::NoDomain,
            ResponseCode::NoError => Lookup::NoData,
            code => Lookup::Failed(format!("the name server answered {code}")),
        },
        other => Lookup::Failed(other.to_string()),
    }
}

/// The servers of a domain, best first. `spread` orders servers of equal preference; `is_ours`
/// knows our own listeners.
pub(crate) async fn hosts_of_domain(
    dns: &Dns,
    domain: &str,
    port: u16,
    spread: u64,
    is_ours: impl Fn(SocketAddr) -> bool,
) -> Result<Vec<Host>, NoHost> {
    if let Some(address) = literal(domain) {
        return Ok(vec![Host { name: domain.to_owned(), address: SocketAddr::new(address, port) }]);
    }
    let names = exchanges(domain, dns.mx(domain).await, spread)?;
    let mut hosts = Vec::new();
    let mut misses = Vec::new();
    for (preference, name) in names {
        match dns.addresses(&name).await {
            Lookup::Found(addresses) => hosts.extend(addresses.into_iter().map(|ip| {
                (preference, Host { name: name.clone(), address: SocketAddr::new(ip, port) })
            })),
            other => misses.push((name, other)),
        }
        if hosts.len() >= HOSTS_MAX {
            break;
        }
    }
    hosts.truncate(HOSTS_MAX);
    if hosts.is_empty() { Err(no_address(domain, misses)) } else { before_us(hosts, is_ours) }
}

/// RFC 5321 section 5.1: where we are a server of the domain ourselves, mail goes on to those
/// that are preferred to us and to nobody else, or it would go round in circles.
fn before_us(
    hosts: Vec<(u16, Host)>,
    is_ours: impl Fn(SocketAddr) -> bool,
) -> Result<Vec<Host>, NoHost> {
    let us = hosts.iter().filter(|(_, host)| is_ours(host.address));
    let Some((ours, us)) = us.min_by_key(|(preference, _)| *preference) else {
        return Ok(hosts.into_iter().map(|(_, host)| host).collect());
    };
    let (ours, us) = (*ours, us.address);
    let better = hosts.into_iter().filter(|(preference, _)| *preference < ours);
    let better: Vec<Host> = better.map(|(_, host)| host).collect();
    if better.is_empty() { Err(NoHost::Temporary(would_loop(us))) } else { Ok(better) }
}

/// The way leads to one of our own listeners.
pub(crate) fn would_loop(us: SocketAddr) -> Reply {
    let text = format!("mail for this destination would come back to us ({us})");
    reply(451, (4, 4, 6), text)
}

/// A fixed server's addresses.
pub(crate) async fn hosts_of_name(dns: &Dns, name: &str, port: u16) -> Result<Vec<Host>, NoHost> {
    if let Ok(ip) = name.parse() {
        return Ok(vec![Host { name: name.to_owned(), address: SocketAddr::new(ip, port) }]);
    }
    match dns.addresses(name).await {
        Lookup::Found(addresses) if !addresses.is_empty() => Ok(addresses
            .into_iter()
            .map(|ip| Host { name: name.to_owned(), address: SocketAddr::new(ip, port) })
            .collect()),
        // A fixed route is ours to repair: mail waits for that.
        _ => Err(NoHost::Temporary(reply(
            451,
            (4, 4, 3),
            format!("the configured server {name} has no address"),
        ))),
    }
}

fn literal(domain: &str) -> Option<IpAddr> {
    let inner = domain.strip_prefix('[')?.strip_suffix(']')?;
    inner.strip_prefix("ipv6:").unwrap_or(inner).parse().ok()
}

/// The names to try with their preferences, from what DNS said of the domain's MX; at most
/// [`HOSTS_MAX`], so that a domain cannot make us ask for ever.
fn exchanges(
    domain: &str,
    mx: Lookup<Vec<(u16, String)>>,
    spread: u64,
) -> Result<Vec<(u16, String)>, NoHost> {
    let mut records = match mx {
        Lookup::Found(records) => records,
        // RFC 5321 section 5.1: without MX the domain itself is the server.
        Lookup::NoData => Vec::new(),
        Lookup::NoDomain => {
            return Err(NoHost::Permanent(reply(
                550,
                (5, 1, 2),
                format!("the domain {domain} does not exist"),
            )));
        }
        Lookup::Failed(why) => {
            return Err(NoHost::Temporary(reply(
                451,
                (4, 4, 3),
                format!("DNS gives no answer about {domain}: {why}"),
            )));
        }
    };
    if records.is_empty() {
        return Ok(vec![(0, domain.to_owned())]);
    }
    // RFC 7505: a single "." says that the domain takes no mail.
    if records.iter().all(|(_, name)| name.is_empty()) {
        return Err(NoHost::Permanent(reply(
            556,
            (5, 1, 10),
            format!("the domain {domain} does not take mail (null MX)"),
        )));
    }
    records.retain(|(_, name)| !name.is_empty());
    records.sort_by_key(|(preference, name)| (*preference, order(name, spread)));
    let mut seen = HashSet::new();
    records.retain(|(_, name)| seen.insert(name.clone()));
    records.truncate(HOSTS_MAX);
    Ok(records)
}

/// An order among equals that differs from one `spread` to the next.
fn order(name: &str, spread: u64) -> u64 {
    let mut hash = spread ^ 0xcbf2_9ce4_8422_2325;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

/// None of the names had an address. As long as DNS owes an answer about one of them, nobody can
/// say that there is none.
fn no_address(domain: &str, misses: Vec<(String, Lookup<Vec<IpAddr>>)>) -> NoHost {
    for (name, miss) in &misses {
        if let Lookup::Failed(why) = miss {
            let text = format!("DNS gives no address for {name}: {why}");
            return NoHost::Temporary(reply(451, (4, 4, 3), text));
        }
    }
    match misses.last() {
        Some((name, _)) => NoHost::Permanent(reply(
            550,
            (5, 4, 4),
            format!("no mail server of {domain} has an address (looked for {name})"),
        )),
        None => NoHost::Temporary(reply(451, (4, 4, 3), format!("{domain} has no mail server"))),
    }
}

pub(crate) fn reply(code: u16, enhanced: (u8, u16, u16), text: String) -> Reply {
    Reply { code, enhanced: Some(enhanced), text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mx(records: &[(u16, &str)]) -> Lookup<Vec<(u16, String)>> {
        Lookup::Found(records.iter().map(|(p, n)| (*p, (*n).to_owned())).collect())
    }

    fn names(found: Result<Vec<(u16, String)>, NoHost>) -> String {
        let found = found.map(|names| names.into_iter().map(|(_, name)| name).collect::<Vec<_>>());
        words(found.map(|names| names.join(" ")))
    }

    fn words(found: Result<String, NoHost>) -> String {
        match found {
            Ok(names) => names,
            Err(NoHost::Permanent(reply)) => format!("never: {reply}"),
            Err(NoHost::Temporary(reply)) => format!("later: {reply}"),
        }
    }

    #[test]
    fn what_dns_says_and_what_we_make_of_it() {
        let cases = [
            (mx(&[(20, "b.example"), (10, "a.example")]), "a.example b.example"),
            (mx(&[(10, "a.example"), (10, "a.example")]), "a.example"),
            (mx(&[(9, "a.example"), (10, "b.example"), (20, "a.example")]), "a.example b.example"),
            (mx(&[(0, "")]), "never: 556 5.1.10 the domain x.example does not take mail (null MX)"),
            (mx(&[(0, ""), (10, "a.example")]), "a.example"),
            (mx(&[]), "x.example"),
            (Lookup::NoData, "x.example"),
            (Lookup::NoDomain, "never: 550 5.1.2 the domain x.example does not exist"),
            (
                Lookup::Failed("timeout".into()),
                "later: 451 4.4.3 DNS gives no answer about x.example: timeout",
            ),
        ];
        for (answer, expected) in cases {
            assert_eq!(names(exchanges("x.example", answer, 1)), expected);
        }
    }

    #[test]
    fn a_domain_cannot_make_us_ask_for_ever() {
        let many = (0..500).map(|n| (n, format!("mx{n}.example"))).collect();
        let found = exchanges("x.example", Lookup::Found(many), 1);
        assert_eq!(found.map(|names| names.len()).ok(), Some(HOSTS_MAX));
    }

    #[test]
    fn no_name_has_an_address() {
        let failed = || Lookup::Failed("timeout".into());
        let never = "never: 550 5.4.4 no mail server of x.example has an address (looked for b)";
        let later = |name| format!("later: 451 4.4.3 DNS gives no address for {name}: timeout");
        let cases = [
            (vec![("a", Lookup::NoData), ("b", Lookup::NoDomain)], never.to_owned()),
            (vec![("a", failed()), ("b", Lookup::NoDomain)], later("a")),
            (vec![("a", Lookup::NoDomain), ("b", failed())], later("b")),
            (vec![], "later: 451 4.4.3 x.example has no mail server".to_owned()),
        ];
        for (misses, expected) in cases {
            let misses = misses.into_iter().map(|(name, miss)| (name.to_owned(), miss)).collect();
            assert_eq!(words(Err(no_address("x.example", misses))), expected);
        }
    }

    /// Hosts are 192.0.2.n; we are 192.0.2.9.
    #[test]
    fn only_servers_preferred_to_us_are_tried() {
        let at = |n: u8| SocketAddr::new(IpAddr::from([192, 0, 2, n]), 25);
        let cases: [(&[(u16, u8)], &str); 5] = [
            (&[(10, 1), (20, 2)], "1 2"),
            (&[(10, 1), (20, 9), (20, 2), (30, 3)], "1"),
            (&[(10, 1), (10, 2), (20, 9)], "1 2"),
            (&[(10, 9), (20, 2)], "loop"),
            (&[(10, 2), (10, 9)], "loop"),
        ];
        for (hosts, expected) in cases {
            let hosts = hosts
                .iter()
                .map(|(preference, n)| (*preference, Host { name: n.to_string(), address: at(*n) }))
                .collect();
            let found = match before_us(hosts, |address| address == at(9)) {
                Ok(hosts) => hosts.iter().map(|h| &*h.name).collect::<Vec<_>>().join(" "),
                Err(_) => "loop".to_owned(),
            };
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn equals_share_the_load() {
        let records = [(10, "a.example"), (10, "b.example")];
        let first: std::collections::HashSet<String> =
            (0..64).map(|spread| names(exchanges("x.example", mx(&records), spread))).collect();
        assert_eq!(first.len(), 2);
    }

    #[test]
    fn literals() {
        assert_eq!(literal("[192.0.2.1]"), Some(IpAddr::from([192, 0, 2, 1])));
        assert_eq!(literal("[ipv6:::1]"), "::1".parse().ok());
        assert_eq!(literal("example.jp"), None);
    }
}
