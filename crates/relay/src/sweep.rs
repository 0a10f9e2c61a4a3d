//! The relay's timers. They carry no data: each turn looks at the state and does what is due.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use mail::Reply;
use spool::Spool;

use crate::outbound::{Outbound, give_up};

/// How often due mail is made ready and pauses are looked at.
const TURN: Duration = Duration::from_millis(250);
/// How often expired mail is looked for.
const SWEEP_EVERY: Duration = Duration::from_secs(10);
/// The last attempt is set on the expiry itself; it gets this long before the sweep ends it.
const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// Expired jobs taken in one sweep.
const SWEEP_MAX: usize = 256;

/// Makes ready what is due and looks after the destinations until the relay stops.
pub(crate) async fn run(outbound: Arc<Outbound>) {
    while !outbound.core.is_stopping() {
        tokio::time::sleep(TURN).await;
        outbound.core.spool.promote(outbound.core.now());
        outbound.look_around();
    }
}

/// Gives up expired mail until the relay stops. Apart from [`run`]: reports to senders take
/// their time, and mail that is not expired does not wait for that.
pub(crate) async fn expire(outbound: Arc<Outbound>) {
    let mut next = TURN;
    while !outbound.core.is_stopping() {
        tokio::time::sleep(next).await;
        next = until_next(sweep(&outbound).await);
    }
}

/// What a sweep came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Swept {
    /// Everything that was expired has ended.
    Clean,
    /// There is more.
    Full,
    /// A report to a sender could not be stored.
    Stuck,
}

/// A spool that cannot take a report now is not asked again at once.
fn until_next(swept: Swept) -> Duration {
    match swept {
        Swept::Full => TURN,
        Swept::Clean | Swept::Stuck => SWEEP_EVERY,
    }
}

/// Looks at everything that waits, in whatever state, and gives up what is too old. Nothing that
/// went wrong in a queue can hide mail from this.
async fn sweep(outbound: &Outbound) -> Swept {
    let core = &outbound.core;
    let Ok(before) = core.now().checked_sub(GRACE) else { return Swept::Clean };
    let custody = core.spool.custody();
    if !custody.conserved() {
        tracing::error!(?custody, "the spool's counts do not add up; please report this");
    }
    let expired = core.spool.lease_expired(before, SWEEP_MAX);
    let swept = if expired.len() < SWEEP_MAX { Swept::Clean } else { Swept::Full };
    for lease in expired {
        let text = format!("gave up after {} attempts: its time is over", lease.step);
        let reply = Reply { code: 554, enhanced: Some((5, 4, 7)), text };
        if core.is_stopping() || !give_up(core, lease, reply).await {
            // The leases that are left go back to their queues.
            return Swept::Stuck;
        }
    }
    swept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stuck_sweep_does_not_spin() {
        assert_eq!(until_next(Swept::Full), TURN);
        assert_eq!(until_next(Swept::Clean), SWEEP_EVERY);
        assert_eq!(until_next(Swept::Stuck), SWEEP_EVERY);
    }
}
