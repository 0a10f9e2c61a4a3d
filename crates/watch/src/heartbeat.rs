//! Heartbeats: who has called, and whether that was lately enough.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::answer::{Fault, Reason};

/// Names that are remembered.
pub const BEATS_MAX: usize = 100_000;

/// The last call of each name.
#[derive(Debug)]
pub struct Beats {
    since: Instant,
    last: Mutex<HashMap<String, Instant>>,
}

impl Default for Beats {
    fn default() -> Beats {
        Beats { since: Instant::now(), last: Mutex::default() }
    }
}

/// A call that could not be remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are {BEATS_MAX} heartbeats already: take checks out")]
pub struct TooManyBeats;

impl Beats {
    /// The other side of the check `name` has called now.
    ///
    /// # Errors
    /// When [`BEATS_MAX`] others are remembered.
    pub fn beat(&self, name: &str) -> Result<(), TooManyBeats> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = last.get_mut(name) {
            *at = Instant::now();
        } else if last.len() >= BEATS_MAX {
            return Err(TooManyBeats);
        } else {
            last.insert(name.to_owned(), Instant::now());
        }
        Ok(())
    }

    /// Forgets the calls of checks that are no more. Whoever changes a list of checks does so; watchers
    /// may share the beats, so none of them does.
    pub fn retain(&self, keep: impl Fn(&str) -> bool) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.retain(|name, _| keep(name));
    }

    pub(crate) fn look(&self, name: &str, within: Duration) -> Result<(), Fault> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).get(name).copied();
        judge(last.map(|last| last.elapsed()), self.since.elapsed(), within)
    }
}

/// `last` is how long ago the other side called, `listening` how long we have been there to hear it.
fn judge(last: Option<Duration>, listening: Duration, within: Duration) -> Result<(), Fault> {
    match last {
        Some(last) if last <= within => Ok(()),
        None if listening <= within => Err(Fault::unseen(Reason::TooEarly)),
        _ => Err(Fault::silent(Reason::NoBeat)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn late_only_after_its_time() {
        let s = Duration::from_secs;
        let early = Err(Fault::unseen(Reason::TooEarly));
        let late = Err(Fault::silent(Reason::NoBeat));
        for (last, listening, expected) in [
            (Some(0), 0, Ok(())),
            (Some(60), 100, Ok(())),
            (Some(61), 100, late.clone()),
            (None, 60, early),
            (None, 61, late),
        ] {
            assert_eq!(judge(last.map(s), s(listening), s(60)), expected, "{last:?} {listening}");
        }
    }
}
