//! What a relay must know to accept mail.
//!
//! The office writes the roster; the relay keeps the last good one on disk and goes on with it
//! while the office is down. Compositions come from the configuration, users and signing domains
//! from the office's records. The serialized form is `roster.json` (`docs/FORMATS.md`).

use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Users and signing keys, as the office last published them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Who may sign in over SMTP.
    pub users: Vec<ApiUser>,
    /// For whom we sign.
    pub domains: Vec<SigningDomain>,
}

impl Roster {
    /// The user of that name, letter case ignored.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<&ApiUser> {
        self.users.iter().find(|u| u.name.eq_ignore_ascii_case(name))
    }

    /// The signing domain of that name, or the nearest one above it: mail from
    /// `news.example.jp` is signed by `example.jp` unless it has keys of its own.
    #[must_use]
    pub fn signing_domain(&self, name: &str) -> Option<&SigningDomain> {
        let mut rest = name;
        loop {
            if let Some(found) = self.domains.iter().find(|d| d.domain.eq_ignore_ascii_case(rest)) {
                return Some(found);
            }
            rest = rest.split_once('.')?.1;
        }
    }
}

/// A login for programs that send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiUser {
    /// In the form of an address, such as `api@example.jp`.
    pub name: String,
    /// An argon2id hash in PHC string form.
    pub password_hash: String,
    /// Compositions the user may send through; empty means every one.
    #[serde(default)]
    pub compositions: Vec<String>,
}

/// A domain we sign for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningDomain {
    /// Lower case.
    pub domain: String,
    /// Each one signs every message, in this order.
    pub keys: Vec<SigningKey>,
}

/// A private key under its selector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKey {
    /// The name below `_domainkey` (RFC 6376 section 3.1).
    pub selector: String,
    /// How it signs.
    pub algorithm: Algorithm,
    /// The PKCS#8 private key sealed by the vault (label `dkim-key`), base64.
    pub sealed_key: String,
}

/// Signature algorithms of RFC 6376 and RFC 8463.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Algorithm {
    /// RSA-2048 with SHA-256.
    RsaSha256,
    /// Ed25519 with SHA-256 (RFC 8463).
    Ed25519Sha256,
}

/// A named group of servers that share one configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Composition {
    /// Such as `sandbox` or `pro`.
    pub name: String,
    /// What becomes of accepted mail.
    pub delivery: Delivery,
    /// Who may send.
    pub admission: Admission,
    /// How much a client may do.
    pub limits: InboundLimits,
    /// Where some domains go instead of their MX, first match wins.
    pub routes: Vec<Route>,
    /// What our Received field tells.
    pub received: ReceivedStyle,
    /// When a deferred recipient is tried again.
    pub retry: RetrySchedule,
    /// How much we do towards one destination.
    pub outbound: OutboundLimits,
    /// Signs mail whose From domain has no keys of its own; `None` leaves such mail unsigned.
    pub default_signing_domain: Option<String>,
}

/// What becomes of accepted mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Into the built-in mailbox; it never leaves the machine.
    Sandbox,
    /// To the MX hosts of the recipient's domain.
    Mx,
    /// All of it to one server.
    Via(HostPort),
}

/// A server by name or address, with its port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// A host name or an IP address.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
}

/// Sends a domain to a fixed server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// The recipient's domain; `*.example.jp` also matches what is below it.
    pub domain: String,
    /// Where it goes.
    pub via: HostPort,
}

/// Who may send through a composition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admission {
    /// Which of the two proofs is asked for.
    pub rule: AdmissionRule,
    /// Single addresses that may connect.
    pub addresses: Vec<IpAddr>,
}

/// Which proof a client must give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdmissionRule {
    /// It connects from a listed address.
    Address,
    /// It signs in.
    Auth,
    /// One of the two.
    Either,
    /// Both.
    Both,
}

/// How much a client may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboundLimits {
    /// Sessions at once, 1 to 100; one more is answered by 421.
    pub sessions: u16,
    /// Shortest time between two messages of one session ("receiving interval"); zero is none.
    pub interval: Duration,
    /// Bytes of content.
    pub message_bytes: u32,
    /// Recipients of one message.
    pub recipients: u16,
    /// Commands of one session.
    pub commands: u32,
    /// Longest wait for a command.
    pub command_timeout: Duration,
    /// Longest wait for more content.
    pub data_timeout: Duration,
}

impl Default for InboundLimits {
    /// Seed 001, annex 1.3 (30 sessions, 2 MB); timeouts of RFC 5321 section 4.5.3.2.
    fn default() -> InboundLimits {
        InboundLimits {
            sessions: 30,
            interval: Duration::ZERO,
            message_bytes: 2 * 1024 * 1024,
            recipients: 1_000,
            commands: 1_000_000,
            command_timeout: Duration::from_secs(300),
            data_timeout: Duration::from_secs(180),
        }
    }
}

/// How much we do towards one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboundLimits {
    /// Connections to one destination.
    pub connections: u16,
    /// Messages over one connection before it is closed.
    pub messages_per_connection: u32,
    /// Recipients in one transaction.
    pub recipients: u16,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for a reply.
    pub reply_timeout: Duration,
    /// How long an idle connection is kept for the next message.
    pub idle: Duration,
    /// How long a destination rests after the first connection that failed; twice as long after
    /// each further one …
    pub rest: Duration,
    /// … up to this.
    pub rest_max: Duration,
}

impl Default for OutboundLimits {
    fn default() -> OutboundLimits {
        OutboundLimits {
            connections: 20,
            messages_per_connection: 10_000,
            recipients: 100,
            connect_timeout: Duration::from_secs(30),
            reply_timeout: Duration::from_secs(300),
            idle: Duration::from_secs(10),
            rest: Duration::from_secs(5),
            rest_max: Duration::from_secs(600),
        }
    }
}

/// What the Received field tells about the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReceivedStyle {
    /// Client, protocol, id and time.
    Full,
    /// Only our name, id and time.
    Short,
    /// No field at all.
    None,
}

/// When a deferred recipient is tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetrySchedule {
    /// Waits after the first, second, … attempt; the last one repeats.
    pub waits: Vec<Duration>,
    /// How long after acceptance we give up.
    pub expires_after: Duration,
}

impl Default for RetrySchedule {
    /// Half a minute, two, five, fifteen, half an hour, then every hour; five days in all
    /// (RFC 5321 section 4.5.4.1 asks for 4 to 5 days). The first one is short, since what is
    /// temporary is most often a greylist or a server that restarts.
    fn default() -> RetrySchedule {
        let minutes = |m: u64| Duration::from_secs(m * 60);
        let first = Duration::from_secs(30);
        RetrySchedule {
            waits: vec![first, minutes(2), minutes(5), minutes(15), minutes(30), minutes(60)],
            expires_after: minutes(5 * 24 * 60),
        }
    }
}
