//! The newest run of each check, in memory: a thousand looks a second make runs longer, and a run is
//! written when it begins, when it ends, and else once a minute. What a crash takes from memory is read
//! again from the batches of looks.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::observations::{Observation, Sighting, Told, continues};

/// A run that goes on is written at least so often.
pub(crate) const WRITTEN_EVERY: SignedDuration = SignedDuration::from_secs(60);

/// A run and what of it is in the records.
#[derive(Clone, Debug)]
struct Known {
    run: Observation,
    written: Timestamp,
}

/// The newest run of each check.
#[derive(Default)]
pub(crate) struct Runs {
    /// The records were read.
    pub(crate) is_loaded: bool,
    newest: HashMap<String, Known>,
}

/// Runs that changed and are to be written, and what is then known.
#[derive(Default)]
pub(crate) struct Changes {
    newest: HashMap<String, Known>,
    /// In the order in which they changed.
    pub(crate) write: Vec<Observation>,
    /// Probes and beginnings of runs that were told by a clock that was wrong.
    pub(crate) forget: Vec<(String, Timestamp)>,
}

impl Runs {
    /// A run as the records have it.
    pub(crate) fn load(&mut self, run: Observation) {
        let written = run.last;
        self.newest.insert(run.probe.clone(), Known { run, written });
    }

    /// The newest run of a check as something of the instant `at` finds it. A run that goes beyond
    /// `horizon` was told by a clock that was wrong: it is cut off, or forgotten where all of it is
    /// there, so that it does not hide what is told now.
    fn known(
        &self,
        changes: &mut Changes,
        (probe, at): (&str, Timestamp),
        horizon: Timestamp,
    ) -> Option<Known> {
        let known = changes.newest.get(probe).or_else(|| self.newest.get(probe))?.clone();
        let Known { mut run, .. } = known.clone();
        if run.last <= horizon || at > horizon {
            return Some(known);
        }
        if run.first > horizon {
            changes.forget.push((run.probe, run.first));
            return None;
        }
        if run.first >= at {
            return Some(known);
        }
        run.last = at.checked_sub(SignedDuration::from_secs(1)).unwrap_or(at).max(run.first);
        changes.write.push(run);
        None
    }

    /// Takes a measurement into account without changing anything yet. Nothing is true from after
    /// `horizon`.
    pub(crate) fn note(
        &self,
        changes: &mut Changes,
        sighting: &Sighting,
        horizon: Timestamp,
    ) -> Told {
        let known = self.known(changes, (&sighting.probe, sighting.at), horizon);
        if known.as_ref().is_some_and(|known| sighting.at <= known.run.last) {
            return Told::Past;
        }
        let continued = known.as_ref().filter(|known| continues(&known.run, sighting)).cloned();
        let Some(continued) = continued else {
            if let Some(ended) = known.filter(|ended| ended.written < ended.run.last) {
                changes.write.push(ended.run);
            }
            let run = Observation {
                probe: sighting.probe.clone(),
                first: sighting.at,
                last: sighting.at,
                pace: sighting.pace,
                answer: sighting.answer,
                total: 1,
            };
            changes.put(run, sighting.at);
            return Told::Begins;
        };
        let Known { mut run, mut written } = continued;
        run.last = sighting.at;
        run.total += 1;
        if run.last.duration_since(written) >= WRITTEN_EVERY {
            written = run.last;
            changes.write.push(run.clone());
        }
        changes.newest.insert(sighting.probe.clone(), Known { run, written });
        Told::Extends
    }

    /// A run of which nobody told look by look, such as a blind span.
    pub(crate) fn begin(&self, changes: &mut Changes, run: Observation, horizon: Timestamp) {
        match self.known(changes, (&run.probe, run.first), horizon) {
            Some(known) if run.first <= known.run.last => changes.write.push(run),
            Some(ended) => {
                if ended.written < ended.run.last {
                    changes.write.push(ended.run);
                }
                let last = run.last;
                changes.put(run, last);
            }
            None => {
                let last = run.last;
                changes.put(run, last);
            }
        }
    }

    /// Every newest run.
    pub(crate) fn all(&self) -> Vec<Observation> {
        self.newest.values().map(|known| known.run.clone()).collect()
    }

    /// The changes are in the records.
    pub(crate) fn keep(&mut self, changes: Changes) {
        self.newest.extend(changes.newest);
    }

    /// Brings what was read up to what is known.
    pub(crate) fn freshen(&self, runs: &mut [Observation]) {
        for run in runs {
            let known = self.newest.get(&run.probe).map(|known| &known.run);
            if let Some(known) = known.filter(|known| known.first == run.first) {
                *run = known.clone();
            }
        }
    }
}

impl Changes {
    fn put(&mut self, run: Observation, written: Timestamp) {
        self.write.push(run.clone());
        self.newest.insert(run.probe.clone(), Known { run, written });
    }
}
