//! Mail in and mail out: the sockets, TLS and DNS that drive the dialogues of `mail`.
//!
//! The relay never opens the office's records. It is handed a roster, of which the last good one
//! stays on disk, and tells facts into a journal that the office collects; so mail is accepted
//! and delivered while the office is down.

mod control;
mod facts;
mod inbound;
mod outbound;
mod roster_file;
mod sweep;
mod tasks;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use mail::queue::Custody;
use mail::roster::{Composition, Delivery, OutboundLimits};
use spool::journal::Journal;
use spool::mailbox::Mailbox;
use spool::{Figures, Plan, Recovered, Routing, SegmentSpool, Spool, Tail};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use vault::Vault;

/// What a relay is started with.
pub struct Settings {
    /// `spool/`, `journal/`, `sandbox/`, `roster.json` and `control.sock` are in it.
    pub folder: PathBuf,
    /// The name under which it tells facts; stays the same for the life of the folder.
    pub node: String,
    /// Its name in greetings and Received fields.
    pub hostname: String,
    /// Its name in EHLO towards others.
    pub helo: String,
    /// What it accepts and what becomes of it.
    pub compositions: Vec<Composition>,
    /// Where it listens.
    pub listeners: Vec<Listener>,
    /// Certificate and key; without them STARTTLS is not offered.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// DNS servers; `None` is the system's.
    pub resolvers: Option<Vec<SocketAddr>>,
    /// Our addresses to send from; empty leaves it to the system.
    pub source_addresses: Vec<IpAddr>,
    /// Bytes of content at which mail is refused.
    pub spool_limit: u64,
    /// Messages that the sandbox mailbox holds.
    pub mailbox_messages: u32,
    /// Bytes that it holds.
    pub mailbox_bytes: u64,
    /// The port of MX hosts: 25.
    pub smtp_port: u16,
    /// What time it is.
    pub clock: fn() -> Timestamp,
}

/// A bound socket and the composition that it serves.
pub struct Listener {
    /// By name.
    pub composition: String,
    /// Already bound.
    pub bind: TcpListener,
    /// TLS from the first byte (RFC 8314).
    pub implicit_tls: bool,
}

/// Why a relay could not be started.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// The spool could not be opened.
    #[error("cannot open the spool in {folder}")]
    Spool {
        /// Its folder.
        folder: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The journal could not be opened.
    #[error("cannot open the journal")]
    Journal(#[source] spool::journal::JournalError),
    /// A listener names a composition that is not there.
    #[error("a listener belongs to the composition {0:?}, which is not configured")]
    Composition(String),
    /// The control socket could not be made.
    #[error(
        "cannot listen on the control socket {path} (a socket's path may have 107 bytes: a data folder nearer to the root is shorter)"
    )]
    Control {
        /// Where.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Randomness(#[source] vault::VaultError),
    /// The DNS resolver could not be set up.
    #[error("cannot set up DNS")]
    Dns(#[source] io::Error),
}

/// What every part of a running relay works with.
pub(crate) struct Core {
    pub folder: PathBuf,
    pub node: String,
    pub hostname: String,
    pub helo: String,
    pub compositions: Vec<Arc<Composition>>,
    pub spool: Arc<SegmentSpool>,
    pub journal: Journal,
    pub mailbox: Mailbox,
    pub roster: roster_file::RosterFile,
    pub vault: Arc<Vault>,
    pub tls: Option<Arc<rustls::ServerConfig>>,
    pub counts: Counts,
    pub session_counts: inbound::SessionCounts,
    pub passwords: inbound::Passwords,
    pub clock: fn() -> Timestamp,
    pub stopping: watch::Receiver<bool>,
}

/// Counts since the start.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub sessions: AtomicU32,
    pub sessions_total: AtomicU64,
    pub sessions_refused: AtomicU64,
    pub messages_refused: AtomicU64,
    pub sign_ins_refused: AtomicU64,
    pub connections: AtomicU32,
    pub connections_total: AtomicU64,
    pub connections_failed: AtomicU64,
    pub deferrals: AtomicU64,
    pub tasks_lost: AtomicU32,
}

/// Figures of a running relay.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metrics {
    /// Recipients since the spool was made.
    pub custody: Custody,
    /// Of the spool.
    pub spool: Figures,
    /// Bytes of facts that the office has not collected.
    pub journal_bytes: u64,
    /// Sessions of clients, now.
    pub sessions: u32,
    /// Sessions of clients since the start.
    pub sessions_total: u64,
    /// Clients turned away with 421 since the start.
    pub sessions_refused: u64,
    /// Messages answered with 4xx or 5xx after their content since the start.
    pub messages_refused: u64,
    /// Wrong or throttled sign-ins since the start.
    pub sign_ins_refused: u64,
    /// Connections to other servers, now.
    pub connections: u32,
    /// Connections to other servers since the start.
    pub connections_total: u64,
    /// Connections that failed before a message since the start.
    pub connections_failed: u64,
    /// Deferrals since the start, in recipients.
    pub deferrals: u64,
    /// Parts of the relay, such as a listener, that have ended by a fault of ours. Other than 0
    /// it needs a restart, and is not ready.
    pub tasks_lost: u32,
}

/// A running relay.
pub struct Relay {
    core: Arc<Core>,
    outbound: Arc<outbound::Outbound>,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    /// What the start found in the spool.
    pub recovered: Recovered,
}

/// Recovers the spool and begins to accept and deliver.
///
/// # Errors
/// See [`RelayError`].
pub async fn start(settings: Settings, vault: Arc<Vault>) -> Result<Relay, RelayError> {
    let compositions: Vec<Arc<Composition>> =
        settings.compositions.into_iter().map(Arc::new).collect();
    let mut listeners = Vec::new();
    for listener in settings.listeners {
        let composition = compositions.iter().find(|c| c.name == listener.composition);
        let Some(composition) = composition.cloned() else {
            return Err(RelayError::Composition(listener.composition));
        };
        listeners.push((listener, composition));
    }
    let journal = Journal::open(&settings.folder.join("journal"), vault.clone())
        .map_err(RelayError::Journal)?;
    let (spool, recovered) = open_spool(
        &settings.folder,
        &settings.node,
        &compositions,
        settings.spool_limit,
        &journal,
    )?;
    let roster = roster_file::RosterFile::open(&settings.folder.join("roster.json"), &vault);
    let (stop, stopping) = watch::channel(false);
    let core = Arc::new(Core {
        mailbox: Mailbox::limited(
            &settings.folder.join("sandbox"),
            vault.clone(),
            settings.mailbox_messages,
            settings.mailbox_bytes,
        ),
        folder: settings.folder,
        node: settings.node,
        hostname: settings.hostname,
        helo: settings.helo,
        compositions,
        spool: Arc::new(spool),
        journal,
        roster,
        vault,
        tls: settings.tls,
        counts: Counts::default(),
        session_counts: inbound::SessionCounts::default(),
        passwords: inbound::Passwords::new(vault::random().map_err(RelayError::Randomness)?),
        clock: settings.clock,
        stopping,
    });
    let network = outbound::Network::new(
        settings.resolvers.as_deref(),
        settings.source_addresses,
        settings.smtp_port,
        listeners.iter().filter_map(|(l, _)| l.bind.local_addr().ok()).collect(),
    )
    .map_err(RelayError::Dns)?;
    let outbound = Arc::new(outbound::Outbound::new(core.clone(), network));
    let mut tasks = JoinSet::new();
    tasks.spawn(tasks::needed(core.clone(), "dispatch", outbound::dispatch(outbound.clone())));
    tasks.spawn(tasks::needed(core.clone(), "timers", sweep::run(outbound.clone())));
    tasks.spawn(tasks::needed(core.clone(), "expiry", sweep::expire(outbound.clone())));
    tasks.spawn(tasks::needed(core.clone(), "roster", roster_file::watch(core.clone())));
    let control = control::bind(&core.folder.join("control.sock"))?;
    let control = control::serve(outbound.clone(), control);
    tasks.spawn(tasks::needed(core.clone(), "control socket", control));
    for (listener, composition) in listeners {
        let listening = inbound::listen(core.clone(), composition, listener);
        tasks.spawn(tasks::needed(core.clone(), "listener", listening));
    }
    Ok(Relay { core, outbound, stop, tasks, recovered })
}

fn open_spool(
    folder: &std::path::Path,
    node: &str,
    compositions: &[Arc<Composition>],
    bytes_limit: u64,
    journal: &Journal,
) -> Result<(SegmentSpool, Recovered), RelayError> {
    let folder = folder.join("spool");
    let for_plan = compositions.to_vec();
    let routing = Routing {
        plan: Box::new(move |envelope, id| plan(&for_plan, envelope, id)),
        fingerprint: outbound::route::fingerprint(compositions),
    };
    let settings = spool::Settings { folder: folder.clone(), bytes_limit, routing };
    SegmentSpool::open(settings, &mut |tail| match tail {
        Tail::Arrival { id, envelope, size } => {
            journal.append(&facts::queued(node, id, envelope, size, id.accepted_at()));
        }
        Tail::Attempts(attempts) => {
            let facts: Vec<_> = attempts.iter().cloned().map(mail::Fact::Attempt).collect();
            journal.append(&facts);
        }
        Tail::Lost { id, recipients, step } => {
            journal.append(&facts::lost(node, id, recipients, step));
        }
    })
    .map_err(|source| RelayError::Spool { folder, source })
}

/// Divides a message among destinations. Mail of a composition that is no longer configured goes
/// by MX with the usual retries, so that nothing waits for ever.
fn plan(compositions: &[Arc<Composition>], envelope: &mail::Envelope, id: mail::SpoolId) -> Plan {
    let composition = compositions.iter().find(|c| c.name == envelope.composition);
    let expires_after = composition.map_or_else(
        || mail::roster::RetrySchedule::default().expires_after,
        |c| c.retry.expires_after,
    );
    let expires = id.accepted_at().checked_add(expires_after).unwrap_or(Timestamp::MAX);
    let delivery = composition.map_or(&Delivery::Mx, |c| &c.delivery);
    let routes = composition.map_or(&[][..], |c| &c.routes);
    let at_once =
        composition.map_or(OutboundLimits::default().recipients, |c| c.outbound.recipients);
    Plan { expires, jobs: outbound::route::divide(delivery, routes, at_once, envelope) }
}

impl Core {
    pub fn now(&self) -> Timestamp {
        (self.clock)()
    }

    pub fn composition(&self, name: &str) -> Option<&Arc<Composition>> {
        self.compositions.iter().find(|c| c.name == name)
    }

    /// What we allow ourselves towards one destination: the widest of the compositions, since
    /// they share its connections.
    pub fn outbound_limits(&self) -> OutboundLimits {
        let widest = self.compositions.iter().max_by_key(|c| c.outbound.connections);
        widest.map_or_else(OutboundLimits::default, |c| c.outbound.clone())
    }

    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

impl Relay {
    /// Figures for `/metrics`.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        let counts = &self.core.counts;
        Metrics {
            custody: self.core.spool.custody(),
            spool: self.core.spool.figures(),
            journal_bytes: self.core.journal.bytes(),
            sessions: counts.sessions.load(Ordering::Relaxed),
            sessions_total: counts.sessions_total.load(Ordering::Relaxed),
            sessions_refused: counts.sessions_refused.load(Ordering::Relaxed),
            messages_refused: counts.messages_refused.load(Ordering::Relaxed),
            sign_ins_refused: counts.sign_ins_refused.load(Ordering::Relaxed),
            connections: counts.connections.load(Ordering::Relaxed),
            connections_total: counts.connections_total.load(Ordering::Relaxed),
            connections_failed: counts.connections_failed.load(Ordering::Relaxed),
            deferrals: counts.deferrals.load(Ordering::Relaxed),
            tasks_lost: counts.tasks_lost.load(Ordering::Relaxed),
        }
    }

    /// Reads the roster again now; otherwise a change is noticed within a second.
    pub fn roster_changed(&self) {
        self.core.roster.reload(&self.core.vault);
    }

    /// Stops taking mail (421), lets deliveries that are under way finish until the deadline,
    /// and closes the spool. What is left is delivered after the next start.
    pub async fn stop(mut self, deadline: Duration) {
        // Nobody listening any more is as good as told.
        let _ = self.stop.send(true);
        self.outbound.wake_all();
        let drained = tokio::time::timeout(deadline, async {
            while self.core.counts.sessions.load(Ordering::Relaxed) > 0
                || self.core.counts.connections.load(Ordering::Relaxed) > 0
            {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        if drained.await.is_err() {
            tracing::warn!(
                "not every session ended in time; their mail is sent again after the next start"
            );
        }
        self.tasks.shutdown().await;
        let spool = self.core.spool.clone();
        if tokio::task::spawn_blocking(move || spool.close()).await.is_err() {
            tracing::error!("the spool did not close in order; the next start recovers it");
        }
    }
}
