//! Mail out: who works for which destination, and how many.
//!
//! Each destination (a domain, a fixed server, the sandbox) has its own connections and its own
//! pauses, so a slow or dead one never holds up another. A connection takes ready jobs one after
//! the other as long as there are any.

mod delivery;
mod hand;
mod link;
mod network;
pub(crate) mod resolve;
pub(crate) mod route;
mod sandbox;
mod settle;
mod site;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use mail::Reply;
use mail::queue::QueueReport;
use spool::{Destination, Spool};
use tokio::time::Instant;

use crate::Core;
pub(crate) use network::Network;
pub(crate) use settle::give_up;
pub(crate) use site::{Pause, Site, pause_after};

/// A destination gets another connection when this many jobs wait for each it has.
const JOBS_PER_CONNECTION: usize = 3;
/// The sandbox is a folder; more hands would not make it faster.
const SANDBOX_CONNECTIONS: u32 = 2;
/// Connections to other servers at once, all destinations together. Each takes a file descriptor
/// and, under way, a message in memory; destinations beyond wait for their turn.
const CONNECTIONS_MAX: u32 = 2_000;

/// Everything that delivers.
pub(crate) struct Outbound {
    pub core: Arc<Core>,
    pub network: Network,
    sites: Mutex<HashMap<Arc<str>, Arc<Site>>>,
    /// Some destination waits because of [`CONNECTIONS_MAX`]: nobody should sit idle.
    crowded: AtomicBool,
    /// Where the next round of looking around begins, so that each has its turn.
    first: AtomicUsize,
}

impl Outbound {
    pub fn new(core: Arc<Core>, network: Network) -> Outbound {
        Outbound {
            core,
            network,
            sites: Mutex::default(),
            crowded: AtomicBool::new(false),
            first: AtomicUsize::new(0),
        }
    }

    fn sites(&self) -> MutexGuard<'_, HashMap<Arc<str>, Arc<Site>>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that somebody works for the destination. The spool may have forgotten it and
    /// made it anew meanwhile; who still works for the old one finds nothing there and goes home.
    fn attend(self: &Arc<Self>, destination: Destination) {
        let site = {
            let mut sites = self.sites();
            let known = sites.get(&destination.name).cloned();
            match known {
                Some(site) if Arc::ptr_eq(&site.destination.name, &destination.name) => site,
                old => {
                    let name = destination.name.clone();
                    let pause = old.and_then(|old| old.pause().clone());
                    let site = Arc::new(Site::new(destination, pause));
                    // The old key would keep the old name alive.
                    sites.remove(&name);
                    sites.insert(name, site.clone());
                    site
                }
            }
        };
        self.staff(&site);
    }

    /// Wakes or adds a connection where there is work for it. False: there is, and no room for
    /// one more connection.
    fn staff(self: &Arc<Self>, site: &Arc<Site>) -> bool {
        if self.core.is_stopping() {
            return true;
        }
        let waiting = self.core.spool.ready(&site.destination);
        if waiting == 0 {
            return true;
        }
        if site.idle.load(Ordering::Acquire) > 0 {
            site.wake.notify_one();
            return true;
        }
        if site.rests(Instant::now()) {
            return true;
        }
        let (limit, at_once) = match &*site.destination.name {
            route::SANDBOX => (SANDBOX_CONNECTIONS, u32::MAX),
            _ => (u32::from(self.core.outbound_limits().connections), CONNECTIONS_MAX),
        };
        let enough = (waiting / JOBS_PER_CONNECTION) as u32 + 1;
        // After a failure one connection tries first.
        let limit = if site.pause().is_some() { 1 } else { limit.min(enough) };
        let limit = if self.is_crowded() { limit.min(self.fair_share()) } else { limit };
        match hand::hire(self, site, limit, at_once) {
            Ok(hand) => {
                tokio::spawn(work(self.clone(), site.clone(), hand));
                true
            }
            Err(hand::NoHand::EnoughHere) => true,
            Err(hand::NoHand::EnoughEverywhere) => {
                self.crowded.store(true, Ordering::Relaxed);
                false
            }
        }
    }

    /// Connections of one destination when not all of them find room.
    fn fair_share(&self) -> u32 {
        let sites = u32::try_from(self.sites().len()).unwrap_or(u32::MAX);
        (CONNECTIONS_MAX / sites.max(1)).max(1)
    }

    /// Whether mail of other destinations waits for a connection to be given up.
    pub fn is_crowded(&self) -> bool {
        self.crowded.load(Ordering::Relaxed)
    }

    /// A connection could not be made, or ended before any message was answered: the destination
    /// rests for a while, longer each time, and its mail waits with this reason.
    pub fn rest(&self, site: &Site, reason: Reply) -> Timestamp {
        self.core.counts.connections_failed.fetch_add(1, Ordering::Relaxed);
        let limits = self.core.outbound_limits();
        let mut pause = site.pause();
        let next = pause_after(pause.as_ref(), &limits, reason, (Instant::now(), self.core.now()));
        pause.insert(next).until_at
    }

    /// Looks at every destination again: pauses end, workers may have gone, connections may have
    /// become free.
    pub fn look_around(self: &Arc<Self>) {
        let mut sites: Vec<Arc<Site>> = self.sites().values().cloned().collect();
        if sites.is_empty() {
            return;
        }
        let first = self.first.load(Ordering::Relaxed) % sites.len();
        sites.rotate_left(first);
        let mut left_out = None;
        for (place, site) in sites.iter().enumerate() {
            if !self.staff(site) {
                left_out = left_out.or(Some(first + place));
            }
            self.forget_if_idle(site);
        }
        self.crowded.store(left_out.is_some(), Ordering::Relaxed);
        self.first.store(left_out.unwrap_or(0), Ordering::Relaxed);
    }

    fn forget_if_idle(&self, site: &Arc<Site>) {
        let mut sites = self.sites();
        let name = &site.destination.name;
        let is_current = sites.get(name).is_some_and(|current| Arc::ptr_eq(current, site));
        let idle = site.connections.load(Ordering::Acquire) == 0
            && self.core.spool.ready(&site.destination) == 0
            && !site.rests(Instant::now());
        if is_current && idle {
            sites.remove(name);
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
async fn work(outbound: Arc<Outbound>, site: Arc<Site>, hand: hand::Hand) {
    match route::Target::of(&site.destination.name) {
        route::Target::Sandbox => sandbox::work(&outbound, &site).await,
        target => {
            outbound.core.counts.connections_total.fetch_add(1, Ordering::Relaxed);
            delivery::work(&outbound, &site, &target).await;
        }
    }
    drop(hand);
    // Work that came while we were leaving. When others wait it is their turn.
    if !outbound.is_crowded() {
        outbound.staff(&site);
    }
}
