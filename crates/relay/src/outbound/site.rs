//! A destination that somebody works for, and its pauses.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use mail::Reply;
use mail::roster::OutboundLimits;
use spool::Destination;
use tokio::sync::Notify;
use tokio::time::Instant;

/// A destination that somebody works for, or that has a pause.
pub(crate) struct Site {
    pub destination: Destination,
    pub connections: AtomicU32,
    /// Of those, the ones that wait for mail.
    pub idle: AtomicU32,
    pub wake: Notify,
    pause: Mutex<Option<Pause>>,
}

/// No connection is tried before `until`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pause {
    pub until: Instant,
    pub until_at: Timestamp,
    pub reason: Reply,
    failures: u32,
}

impl Site {
    /// Nobody works there yet.
    pub fn new(destination: Destination, pause: Option<Pause>) -> Site {
        Site {
            destination,
            connections: AtomicU32::new(0),
            idle: AtomicU32::new(0),
            wake: Notify::new(),
            pause: Mutex::new(pause),
        }
    }

    pub fn pause(&self) -> MutexGuard<'_, Option<Pause>> {
        self.pause.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether no connection may be tried yet.
    pub fn rests(&self, now: Instant) -> bool {
        self.pause().as_ref().is_some_and(|pause| pause.until > now)
    }

    /// A message has been answered. A pause that another connection's failure began goes on to
    /// its end; after that nothing is left of it.
    pub fn works(&self, now: Instant) {
        let mut pause = self.pause();
        if pause.as_ref().is_some_and(|pause| pause.until <= now) {
            *pause = None;
        }
    }

    /// Counts as idle until what it answers is dropped.
    pub fn idles(self: &Arc<Self>) -> Idle {
        self.idle.fetch_add(1, Ordering::AcqRel);
        Idle(self.clone())
    }
}

/// One idle connection.
pub(crate) struct Idle(Arc<Site>);

impl Drop for Idle {
    fn drop(&mut self) {
        self.0.idle.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The pause after a failure: twice as long as the one before it. Connections that fail while a
/// pause is in force had begun before it, and count as one failure with it.
pub(crate) fn pause_after(
    before: Option<&Pause>,
    limits: &OutboundLimits,
    reason: Reply,
    (now, now_at): (Instant, Timestamp),
) -> Pause {
    if let Some(pause) = before.filter(|pause| pause.until > now) {
        return pause.clone();
    }
    let failures = before.map_or(0, |pause| pause.failures);
    let wait = limits.rest.saturating_mul(1 << failures.min(16)).min(limits.rest_max);
    let until_at = now_at
        .checked_add(SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX))
        .unwrap_or(Timestamp::MAX);
    Pause { until: now + wait, until_at, reason, failures: failures.saturating_add(1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn failures_at_the_same_time_count_once() {
        let limits = OutboundLimits {
            rest: Duration::from_secs(5),
            rest_max: Duration::from_secs(30),
            ..OutboundLimits::default()
        };
        let start = Instant::now();
        let mut pause = None;
        // Second of the failure, end of the pause.
        for (at, until) in [(0, 5), (1, 5), (4, 5), (5, 15), (6, 15), (20, 40), (50, 80), (90, 120)]
        {
            let now = (start + Duration::from_secs(at), Timestamp::UNIX_EPOCH);
            let reason = Reply { code: 451, enhanced: None, text: String::new() };
            let next = pause_after(pause.as_ref(), &limits, reason, now);
            assert_eq!(next.until, start + Duration::from_secs(until), "second {at}");
            pause = Some(next);
        }
    }
}
