//! Mail out: who works for which destination, and how many.
//!
//! Each destination (a domain, a fixed server, the sandbox) has its own connections and its own
//! pauses, so a slow or dead one never holds up another. A connection takes ready jobs one after
//! the other as long as there are any.

mod delivery;
mod link;
pub(crate) mod resolve;
pub(crate) mod route;
mod sandbox;
mod settle;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use mail::Reply;
use mail::queue::QueueReport;
use spool::{Destination, Spool};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::Core;
pub(crate) use settle::give_up;

/// A destination gets another connection when this many jobs wait for each it has.
const JOBS_PER_CONNECTION: usize = 3;
/// The sandbox is a folder; more hands would not make it faster.
const SANDBOX_CONNECTIONS: u32 = 2;

/// Sockets and names.
pub(crate) struct Network {
    pub dns: resolve::Dns,
    pub source_addresses: Vec<IpAddr>,
    pub smtp_port: u16,
    pub own_addresses: Vec<SocketAddr>,
    pub tls: Arc<rustls::ClientConfig>,
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
            source_addresses,
            smtp_port,
            own_addresses,
            tls: link::opportunistic_tls(),
        })
    }
}

/// Everything that delivers.
pub(crate) struct Outbound {
    pub core: Arc<Core>,
    pub network: Network,
    sites: Mutex<HashMap<Arc<str>, Arc<Site>>>,
}

/// A destination that somebody works for, or that has a pause.
pub(crate) struct Site {
    pub destination: Destination,
    connections: AtomicU32,
    idle: AtomicU32,
    pub wake: Notify,
    pause: Mutex<Option<Pause>>,
}

/// No connection is tried before `until`.
#[derive(Clone, Debug)]
pub(crate) struct Pause {
    pub until: Instant,
    pub until_at: Timestamp,
    pub reason: Reply,
    failures: u32,
}

impl Site {
    fn pause(&self) -> MutexGuard<'_, Option<Pause>> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection has worked.
    pub fn works(&self) {
        *self.pause() = None;
    }
}

impl Outbound {
    pub fn new(core: Arc<Core>, network: Network) -> Outbound {
        Outbound { core, network, sites: Mutex::default() }
    }

    fn sites(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Site>>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that somebody works for the destination.
    fn attend(self: &Arc<Self>, destination: Destination) {
        let site = self
            .sites()
            .entry(destination.name.clone())
            .or_insert_with(|| {
                Arc::new(Site {
                    destination,
                    connections: AtomicU32::new(0),
                    idle: AtomicU32::new(0),
                    wake: Notify::new(),
                    pause: Mutex::default(),
                })
            })
            .clone();
        self.staff(&site);
    }

    /// Wakes or adds a connection where there is work for it.
    fn staff(self: &Arc<Self>, site: &Arc<Site>) {
        if self.core.is_stopping() {
            return;
        }
        let waiting = self.core.spool.ready(&site.destination);
        if waiting == 0 {
            return;
        }
        if site.idle.load(Ordering::Acquire) > 0 {
            site.wake.notify_one();
            return;
        }
        if site.pause().as_ref().is_some_and(|p| p.until > Instant::now()) {
            return;
        }
        let limit = match &*site.destination.name {
            route::SANDBOX => SANDBOX_CONNECTIONS,
            _ => u32::from(self.core.outbound_limits().connections),
        };
        let enough = (waiting / JOBS_PER_CONNECTION) as u32 + 1;
        // After a failure one connection tries first.
        let limit = if site.pause().is_some() { 1 } else { limit.min(enough) };
        let added = site.connections.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            (count < limit).then_some(count + 1)
        });
        if added.is_ok() {
            self.core.counts.connections.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(work(self.clone(), site.clone()));
        }
    }

    /// A connection could not be made or did not get as far as a message: the destination rests
    /// for a while, longer each time, and its mail waits with this reason.
    pub fn rest(&self, site: &Site, reason: Reply) -> Timestamp {
        self.core.counts.connections_failed.fetch_add(1, Ordering::Relaxed);
        let mut pause = site.pause();
        let failures = pause.as_ref().map_or(0, |p| p.failures);
        let limits = self.core.outbound_limits();
        let wait = limits.rest.saturating_mul(1 << failures.min(16)).min(limits.rest_max);
        let until_at = self
            .core
            .now()
            .checked_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX))
            .unwrap_or(Timestamp::MAX);
        *pause =
            Some(Pause { until: Instant::now() + wait, until_at, reason, failures: failures + 1 });
        until_at
    }

    /// Looks at every destination again: pauses end, workers may have gone.
    pub fn look_around(self: &Arc<Self>) {
        let sites: Vec<Arc<Site>> = self.sites().values().cloned().collect();
        for site in sites {
            self.staff(&site);
            self.forget_if_idle(&site);
        }
    }

    fn forget_if_idle(&self, site: &Site) {
        let mut sites = self.sites();
        let idle = site.connections.load(Ordering::Acquire) == 0
            && self.core.spool.ready(&site.destination) == 0
            && site.pause().as_ref().is_none_or(|p| p.until <= Instant::now());
        if idle && sites.remove(&site.destination.name).is_some() {
            self.core.spool.leave(&site.destination);
        }
    }

    /// A person asked for it: the pause is over.
    pub fn end_pause(self: &Arc<Self>, name: &str) {
        let site = self.sites().get(name).cloned();
        if let Some(site) = site {
            *site.pause() = None;
            self.staff(&site);
        }
    }

    /// Idle connections look up and see that we stop.
    pub fn wake_all(&self) {
        for site in self.sites().values() {
            site.wake.notify_waiters();
        }
    }

    /// The queue for a person to read.
    pub fn report(&self, limit: u16) -> QueueReport {
        let core = &self.core;
        let figures = core.spool.figures();
        let mut destinations = core.spool.destinations(usize::from(limit));
        let sites = self.sites();
        for report in &mut destinations {
            let Some(site) = sites.get(report.name.as_str()) else { continue };
            report.connections = site.connections.load(Ordering::Relaxed) as u16;
            if let Some(pause) = site.pause().as_ref() {
                report.reason = pause.reason.to_string();
                if pause.until > Instant::now() && report.ready > 0 {
                    let next =
                        report.next_attempt.map_or(pause.until_at, |n| n.min(pause.until_at));
                    report.next_attempt = Some(next);
                }
            }
        }
        QueueReport {
            node: core.node.clone(),
            destinations,
            custody: core.spool.custody(),
            bytes: figures.bytes,
            bytes_limit: figures.bytes_limit,
            refusing: figures.refusing.map(|r| r.to_string()),
            sessions: core.counts.sessions.load(Ordering::Relaxed),
        }
    }

    /// Why ready mail of a destination is not moving, if it rests.
    pub fn pause_reason(&self, name: &str) -> Option<Pause> {
        self.sites().get(name)?.pause().clone()
    }
}

/// Answers the spool's calls until the relay stops.
pub(crate) async fn dispatch(outbound: Arc<Outbound>) {
    let spool = outbound.core.spool.clone();
    loop {
        for destination in spool.called().await {
            outbound.attend(destination);
        }
    }
}

/// One worker from its first job to its last.
async fn work(outbound: Arc<Outbound>, site: Arc<Site>) {
    match route::Target::of(&site.destination.name) {
        route::Target::Sandbox => sandbox::work(&outbound, &site).await,
        target => {
            outbound.core.counts.connections_total.fetch_add(1, Ordering::Relaxed);
            delivery::work(&outbound, &site, &target).await;
        }
    }
    site.connections.fetch_sub(1, Ordering::AcqRel);
    outbound.core.counts.connections.fetch_sub(1, Ordering::Relaxed);
    // Work that came while we were leaving.
    outbound.staff(&site);
}
