//! The relay's timers. They carry no data: each turn looks at the state and does what is due.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use mail::Reply;
use spool::Spool;

use crate::outbound::{Outbound, give_up};

/// How often due mail is made ready and pauses are looked at.
const TURN: Duration = Duration::from_millis(250);
/// Turns between two looks for expired mail.
const TURNS_BETWEEN_SWEEPS: u32 = 40;
/// The last attempt is set on the expiry itself; it gets this long before the sweep ends it.
const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// Expired jobs taken at once.
const SWEEP_MAX: usize = 256;

/// Runs until the relay stops.
pub(crate) async fn run(outbound: Arc<Outbound>) {
    let mut turn = 0;
    loop {
        tokio::time::sleep(TURN).await;
        if outbound.core.is_stopping() {
            return;
        }
        outbound.core.spool.promote(outbound.core.now());
        outbound.look_around();
        if turn == 0 {
            expire(&outbound).await;
        }
        turn = (turn + 1) % TURNS_BETWEEN_SWEEPS;
    }
}

/// Looks at everything that waits, in whatever state, and gives up what is too old. Nothing that
/// went wrong in a queue can hide mail from this.
async fn expire(outbound: &Outbound) {
    let core = &outbound.core;
    let Ok(before) = core.now().checked_sub(GRACE) else { return };
    let custody = core.spool.custody();
    if !custody.conserved() {
        tracing::error!(?custody, "the spool's counts do not add up; please report this");
    }
    loop {
        let expired = core.spool.lease_expired(before, SWEEP_MAX);
        if expired.is_empty() {
            return;
        }
        for lease in expired {
            let text = format!("gave up after {} attempts: its time is over", lease.step);
            give_up(core, lease, Reply { code: 554, enhanced: Some((5, 4, 7)), text }).await;
        }
    }
}
