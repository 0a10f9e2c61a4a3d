//! Brings what waits to the office, batch by batch, and comes back later when nobody takes it.

use std::io;
use std::time::Duration;

use link::Taken;

use crate::dial::{Address, DialError, Line};
use crate::journal::{Batch, Progress};
use crate::waiting::{self, Kind, Waiting};

/// First and longest wait after a failure.
const WAITS: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(60)];
/// The queue is looked at that often, news or not.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// After so many answers that the office knows more batches than we, something is wrong.
const RENUMBERED_MAX: u32 = 3;

/// How long to wait after so many failures in a row: twice as long each time, up to a limit, and a
/// random part of up to a half less, so that stations do not come back all at once.
pub fn pause(failures: u32, random: u64) -> Duration {
    let doubled = WAITS[0].saturating_mul(1 << failures.saturating_sub(1).min(16));
    let full = u64::try_from(doubled.min(WAITS[1]).as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(full - random % (full / 2).max(1))
}

/// Random bits, for [`pause`].
pub fn random() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness stations come back together, which is no fault of this one.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

/// Counts failures in a row, and tells the log when it begins and when it is over.
#[derive(Default)]
pub struct Failures(u32);

impl Failures {
    /// Waits after a failure.
    pub async fn wait(&mut self, what: &str, error: &DialError) {
        match self.0 {
            0 => tracing::warn!(what, %error, "not delivered; it waits in the journal"),
            _ => tracing::debug!(what, %error, failures = self.0, "still not delivered"),
        }
        self.0 = self.0.saturating_add(1);
        tokio::time::sleep(pause(self.0, random())).await;
    }

    /// All is well.
    pub fn over(&mut self, what: &str) {
        if self.0 > 0 {
            tracing::info!(what, failures = self.0, "the office answers again");
        }
        self.0 = 0;
    }
}

/// Brings one kind, for ever.
pub async fn deliver(kind: Kind, waiting: &Waiting, address: &Address) -> ! {
    let mut line = Line::new(address);
    let mut failures = Failures::default();
    let mut renumbered = 0;
    loop {
        let queue = waiting.queue(kind);
        let batch = match queue.batch() {
            Ok(Some(batch)) => batch,
            Ok(None) => {
                // Waking up for nothing is cheap, missing news is not.
                let _ = tokio::time::timeout(LOOK_EVERY, queue.news.notified()).await;
                continue;
            }
            Err(error) => {
                failures.wait(kind.path(), &DialError::Away(disk(&error))).await;
                continue;
            }
        };
        match bring(kind, &batch, waiting, &mut line).await {
            Ok(Progress::Over) => {
                (renumbered, ()) = (0, failures.over(kind.path()));
            }
            Ok(Progress::Renumbered) if renumbered < RENUMBERED_MAX => renumbered += 1,
            Ok(Progress::Renumbered | Progress::NotTaken) => {
                let odd = "it answers with the number of another batch".to_owned();
                failures.wait(kind.path(), &DialError::Later(odd)).await;
            }
            Err(error) => failures.wait(kind.path(), &error).await,
        }
    }
}

async fn bring(
    kind: Kind,
    batch: &Batch,
    waiting: &Waiting,
    line: &mut Line<'_>,
) -> Result<Progress, DialError> {
    let away = |error: io::Error| DialError::Away(disk(&error));
    let body = waiting::body(kind, batch).map_err(|error| DialError::Away(error.to_string()))?;
    match line.post(kind.path(), body).await {
        Ok(answer) => {
            let taken: Taken = serde_json::from_slice(&answer)
                .map_err(|error| DialError::Later(format!("a strange answer: {error}")))?;
            waiting.queue(kind).answered(taken.taken).map_err(away)
        }
        Err(DialError::Refused(why)) => {
            if waiting.give_up(kind, batch).map_err(away)? {
                tracing::error!(what = kind.path(), batch = batch.number, why, "a batch is lost");
            }
            Err(DialError::Refused(why))
        }
        Err(error) => Err(error),
    }
}

fn disk(error: &io::Error) -> String {
    format!("the journal cannot be used: {error}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_differ() {
        let cases = [
            (1, 0, 1_000),
            (1, 499, 501),
            (2, 0, 2_000),
            (4, 0, 8_000),
            (6, 0, 32_000),
            (7, 0, 60_000),
            (7, 29_999, 30_001),
            (u32::MAX, 30_000, 60_000),
        ];
        for (failures, random, millis) in cases {
            assert_eq!(pause(failures, random), Duration::from_millis(millis), "{failures}");
        }
    }
}
