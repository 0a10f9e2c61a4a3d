//! Looks at our own functions once a minute, as a client would: what they answer is evidence for
//! the contracts that promise them.
//!
//! Each probe has a task and a timeout of its own, so that one which hangs delays no other. A
//! service that does not answer is a measurement too; a program that does not run measures
//! nothing, and that gap is a blind span.

mod console;
mod smtp;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::Office;
use app::changes::{Change, Heard, Listener};
use app::probes::{Answer, ClockReading, PROBES, Probe, Recorded};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsConnector;

use crate::clock;
use crate::config::Config;
use crate::door::Talk;
use crate::send::trust;
use crate::sockets::Addresses;
use crate::timers::{Trouble, until};

/// Longest that one look may take.
const LOOK_MAX: Duration = Duration::from_secs(10);

/// One probe and where it looks.
pub struct Watch {
    probe: Probe,
    target: Target,
}

/// Where to connect, and how.
struct Target {
    address: SocketAddr,
    /// TLS from the first byte. Any certificate is taken: we ask whether we answer, not who we are.
    tls: Option<Arc<ClientConfig>>,
    /// What we call ourselves.
    hostname: String,
}

/// Every probe that has something to look at. It looks as soon as a contract asks for it.
///
/// # Errors
/// When a contract wants something measured that this configuration does not run.
pub fn of(config: &Config, addresses: &Addresses, office: &Office) -> anyhow::Result<Vec<Watch>> {
    let wanted = office.probes();
    let mut watches = Vec::new();
    for (name, probe) in PROBES {
        match target(config, addresses, probe) {
            Some(target) => watches.push(Watch { probe, target }),
            None if wanted.contains(&probe) => {
                anyhow::bail!("a contract measures `{name}`, but nothing here listens for it")
            }
            None => {}
        }
    }
    Ok(watches)
}

fn target(config: &Config, addresses: &Addresses, probe: Probe) -> Option<Target> {
    let (address, has_tls) = match probe {
        Probe::Console => (addresses.console_listener?, config.office.console_tls.is_some()),
        Probe::Smtp => smtp_listener(config, addresses)?,
    };
    let tls = if has_tls { Some(trust::config(None).ok()?) } else { None };
    Some(Target { address: reachable(address), tls, hostname: config.hostname.clone() })
}

/// The first listener of the first composition that has one; of the relay in this process, or of
/// the one that the configuration describes.
fn smtp_listener(config: &Config, addresses: &Addresses) -> Option<(SocketAddr, bool)> {
    let servers = &config.relay.compositions;
    let in_clear = addresses.smtp.iter().chain(servers.iter().flat_map(|s| &s.listen));
    let with_tls = addresses.smtps.iter().chain(servers.iter().flat_map(|s| &s.listen_tls));
    let known = in_clear.map(|a| (*a, false)).chain(with_tls.map(|a| (*a, true)));
    known.into_iter().find(|(address, _)| address.port() != 0)
}

/// A listener on every address is asked on loopback.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Starts every probe; each ends when it is told to stop.
pub fn start(
    tasks: &mut JoinSet<anyhow::Result<()>>,
    watches: Vec<Watch>,
    office: &Arc<Office>,
    stopped: &watch::Receiver<bool>,
) {
    for watch in watches {
        let office = Arc::clone(office);
        tasks.spawn(until(stopped.clone(), async move { watch.keep(&office).await }));
    }
}

impl Watch {
    /// Waits until a contract asks for it.
    async fn wanted(&self, office: &Office) {
        let mut changes = office.changes.listen();
        while !office.probes().contains(&self.probe) {
            next_contract(&mut changes).await;
        }
    }

    /// Looks at once when a contract asks for it, then at every tick. Ticks that were missed are not made
    /// up for.
    async fn keep(self, office: &Office) {
        let mut trouble = Trouble::new("a measurement could not be recorded");
        let mut distrusted = false;
        let mut ticks = tokio::time::interval(app::probes::PACE.unsigned_abs());
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut before = (clock::now(), Instant::now());
        loop {
            ticks.tick().await;
            if !office.probes().contains(&self.probe) {
                self.wanted(office).await;
                ticks.reset_immediately();
                before = (clock::now(), Instant::now());
                continue;
            }
            let at = clock::now();
            let answer = self.target.look(self.probe).await;
            let now = (clock::now(), Instant::now());
            let elapsed = now.1.saturating_duration_since(before.1);
            let clock = ClockReading { before: before.0, now: now.0, elapsed };
            before = now;
            let recorded = app::probes::record(office, self.probe, at, answer, &clock).await;
            if let Ok(Recorded::Distrusted(why)) = &recorded
                && !distrusted
            {
                let probe = self.probe.word();
                tracing::warn!(probe, %why, "the clock cannot be trusted: not measured");
            }
            distrusted = matches!(recorded, Ok(Recorded::Distrusted(_)));
            trouble.note(recorded.map(drop));
        }
    }
}

/// Waits until the contracts may have changed; when the office stops, for good.
async fn next_contract(changes: &mut Listener) {
    loop {
        match changes.next().await {
            Heard::Change(Change::Contracts) | Heard::Missed => return,
            Heard::Change(_) => {}
            Heard::Over => std::future::pending().await,
        }
    }
}

impl Target {
    /// What it answers within [`LOOK_MAX`].
    async fn look(&self, probe: Probe) -> Answer {
        let mut heard = false;
        let asked = async {
            let stream = self.connect().await?;
            match probe {
                Probe::Smtp => smtp::ask(stream, &self.hostname, &mut heard).await,
                Probe::Console => console::ask(stream, &self.hostname, &mut heard).await,
            }
        };
        match tokio::time::timeout(LOOK_MAX, asked).await {
            Ok(Ok(answer)) => answer,
            _ if heard => Answer::Refused,
            _ => Answer::Silent,
        }
    }

    async fn connect(&self) -> std::io::Result<Box<dyn Talk>> {
        let tcp = TcpStream::connect(self.address).await?;
        let Some(tls) = &self.tls else { return Ok(Box::new(tcp)) };
        let name = ServerName::IpAddress(self.address.ip().into());
        let stream = TlsConnector::from(Arc::clone(tls)).connect(name, tcp).await?;
        Ok(Box::new(stream))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Serves one connection: what comes first, then one text for each line that is read.
    async fn double(first: &'static str, rest: &'static [&'static str]) -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a client");
            stream.write_all(first.as_bytes()).await.expect("written");
            for text in rest {
                let mut buffer = [0; 512];
                assert!(stream.read(&mut buffer).await.expect("read") > 0, "a line is asked");
                stream.write_all(text.as_bytes()).await.expect("written");
            }
        });
        Target { address, tls: None, hostname: "mail.example.jp".to_owned() }
    }

    #[tokio::test]
    async fn what_an_answer_is_worth() {
        use Answer::{Good, Refused, Silent};
        let cases: [(Probe, &str, &[&str], Answer); 9] = [
            (Probe::Smtp, "220 hello\r\n", &["250 hi\r\n", "221 bye\r\n"], Good),
            (Probe::Smtp, "220-one\r\n220 two\r\n", &["250-a\r\n250 b\r\n", "221 x\r\n"], Good),
            (Probe::Smtp, "421 4.3.2 too many sessions\r\n", &[], Refused),
            (Probe::Smtp, "220 hello\r\n", &["451 4.3.0 not now\r\n"], Refused),
            (Probe::Smtp, "220 hello\r\n", &[], Refused),
            (Probe::Smtp, "", &[], Silent),
            (Probe::Console, "", &["HTTP/1.1 200 OK\r\n\r\n"], Good),
            (Probe::Console, "", &["HTTP/1.1 503 Service Unavailable\r\n\r\n"], Refused),
            (Probe::Console, "", &["\0\0\0\0"], Silent),
        ];
        for (probe, first, rest, expected) in cases {
            let rest: &'static [&'static str] = Box::leak(rest.to_vec().into_boxed_slice());
            let first: &'static str = Box::leak(first.to_owned().into_boxed_str());
            let answer = double(first, rest).await.look(probe).await;
            assert_eq!(answer, expected, "{probe:?} {first:?} {rest:?}");
        }
    }

    #[tokio::test]
    async fn nobody_there_is_silence() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        drop(listener);
        let target = Target { address, tls: None, hostname: "x".to_owned() };
        assert_eq!(target.look(Probe::Smtp).await, Answer::Silent);
    }

    #[test]
    fn every_address_is_reached_on_loopback() {
        let cases = [
            ("0.0.0.0:25", "127.0.0.1:25"),
            ("[::]:25", "[::1]:25"),
            ("192.0.2.1:25", "192.0.2.1:25"),
        ];
        for (address, expected) in cases {
            let address = address.parse().expect("an address");
            assert_eq!(reachable(address).to_string(), expected);
        }
    }
}
