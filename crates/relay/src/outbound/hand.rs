//! The right to one more connection, given back whatever becomes of its worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use super::resolve::reply;
use super::{Outbound, Site};

/// Counted at its destination and among all connections until it is dropped.
pub(crate) struct Hand {
    outbound: Arc<Outbound>,
    site: Arc<Site>,
}

/// Why there is none.
pub(crate) enum NoHand {
    /// The destination has as many as it may have.
    EnoughHere,
    /// All destinations together have.
    EnoughEverywhere,
}

/// One more connection, if there are fewer than `here` at the destination and fewer than
/// `everywhere` in all.
pub(crate) fn hire(
    outbound: &Arc<Outbound>,
    site: &Arc<Site>,
    here: u32,
    everywhere: u32,
) -> Result<Hand, NoHand> {
    if !add_below(&site.connections, here) {
        return Err(NoHand::EnoughHere);
    }
    if !add_below(&outbound.core.counts.connections, everywhere) {
        site.connections.fetch_sub(1, Ordering::AcqRel);
        return Err(NoHand::EnoughEverywhere);
    }
    Ok(Hand { outbound: outbound.clone(), site: site.clone() })
}

fn add_below(count: &AtomicU32, limit: u32) -> bool {
    let added = count.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
        (count < limit).then_some(count + 1)
    });
    added.is_ok()
}

impl Drop for Hand {
    fn drop(&mut self) {
        if std::thread::panicking() {
            tracing::error!("a delivery ended by a fault of ours; please report this");
            // Its mail is ready again: without a rest the same fault would come at once.
            let text = "a fault of ours ended the delivery".to_owned();
            self.outbound.rest(&self.site, reply(451, (4, 3, 0), text));
        }
        self.site.connections.fetch_sub(1, Ordering::AcqRel);
        self.outbound.core.counts.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_stops_at_its_limit() {
        let count = AtomicU32::new(0);
        let added: Vec<bool> = (0..4).map(|_| add_below(&count, 2)).collect();
        assert_eq!((added, count.into_inner()), (vec![true, true, false, false], 2));
    }
}
