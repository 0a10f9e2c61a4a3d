//! The board that was made last. Making one takes a processor for a while, so that all who ask at one
//! time are served by one board.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use super::Section;
use crate::AppError;

/// How long a board is shown again. Our own measurements come once a minute, so nobody misses much;
/// what this office imports is seen at once.
pub const KEPT: SignedDuration = SignedDuration::from_secs(5);

/// The board that was made last, and what it rests on.
#[derive(Default)]
pub(crate) struct Boards {
    /// Held while a board is made: one at a time.
    newest: Mutex<Option<Made>>,
    /// How many have been made.
    made: AtomicU64,
    /// How often this office changed the evidence.
    changes: AtomicU64,
}

struct Made {
    sections: Arc<Vec<Section>>,
    /// The instant that it shows.
    at: Timestamp,
    number: u64,
    changes: u64,
}

impl Boards {
    /// What has been made so far shows too little.
    pub(crate) fn evidence_changed(&self) {
        self.changes.fetch_add(1, Ordering::Relaxed);
    }

    /// How often the evidence was changed: what was made before rests on less.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// The newest board when it is fresh, or was made while we waited for our turn; else what `make`
    /// gives.
    pub(super) async fn newest(
        &self,
        now: Timestamp,
        make: impl Future<Output = Result<Vec<Section>, AppError>>,
    ) -> Result<Arc<Vec<Section>>, AppError> {
        let made_before = self.made.load(Ordering::Relaxed);
        let mut newest = self.newest.lock().await;
        let changes = self.changes.load(Ordering::Relaxed);
        if let Some(made) = newest.as_ref()
            && made.changes == changes
            && (made.number > made_before || now.duration_since(made.at).abs() < KEPT)
        {
            return Ok(Arc::clone(&made.sections));
        }
        let sections = Arc::new(make.await?);
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        *newest = Some(Made { sections: Arc::clone(&sections), at: now, number, changes });
        Ok(sections)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What asks at which second after which, whether it is served by what was made before.
    #[tokio::test]
    async fn a_fresh_board_serves_again() {
        let boards = Boards::default();
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().expect("a time");
        let made = AtomicU64::new(0);
        let ask = async |second: i64| {
            let make = async {
                made.fetch_add(1, Ordering::Relaxed);
                Ok(Vec::new())
            };
            let now = start + SignedDuration::from_secs(second);
            boards.newest(now, make).await.expect("a board");
            made.load(Ordering::Relaxed)
        };
        let cases = [(0, 1), (4, 1), (5, 2), (9, 2), (2, 2), (-1, 3), (60, 4)];
        for (second, expected) in cases {
            assert_eq!(ask(second).await, expected, "{second}");
        }
        boards.evidence_changed();
        assert_eq!(ask(60).await, 5, "the evidence changed");
    }

    #[tokio::test]
    async fn who_waits_is_served_by_what_was_made_meanwhile() {
        let boards = Boards::default();
        let start: Timestamp = "2026-11-22T00:00:00Z".parse().expect("a time");
        let made = AtomicU64::new(0);
        let ask = async |second: i64| {
            let make = async {
                // The others come to wait.
                tokio::task::yield_now().await;
                made.fetch_add(1, Ordering::Relaxed);
                Ok(Vec::new())
            };
            let now = start + SignedDuration::from_secs(second);
            boards.newest(now, make).await.expect("a board");
        };
        tokio::join!(ask(0), ask(10), ask(20), ask(30));
        assert_eq!(made.load(Ordering::Relaxed), 1);
    }
}
