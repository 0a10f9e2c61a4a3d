//! The one thread that writes the log: it gathers what many sessions want written, writes it in
//! one call, syncs once, and only then answers them.
//!
//! Order within a batch: carried messages, arrivals, notes. What a carried record says of a
//! message's state is taken under the lock at the same moment as the notes behind it, so a replay
//! never brings back a recipient that was done with.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracing::{error, warn};

use crate::carried::{self, CarriedJob};
use crate::index::{Message, NewJob, Place};
use crate::log::{Draft, Log, NOTES_SYNC};
use crate::record::{Kind, SEGMENT_BYTES, encode_arrival_front};
use crate::segments;
use crate::snapshot::{self, About, Position};
use crate::state::{Carry, PendingArrival, PendingNote, Shared, State};

/// Longest wait for other clients' messages before a sync.
const LINGER_MAX: Duration = Duration::from_millis(12);
/// A lull of this length ends the wait.
const LINGER_LULL: Duration = Duration::from_millis(2);
/// Notes without arrivals wait this long for company.
const NOTES_LINGER: Duration = Duration::from_millis(4);
/// Arrivals of one batch, at most.
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// The log since the last snapshot that a start may have to read.
const SNAPSHOT_EVERY: u64 = 2 * SEGMENT_BYTES;

pub(crate) struct Writer {
    shared: Arc<Shared>,
    log: Log,
}

impl Writer {
    pub fn new(shared: Arc<Shared>, since_snapshot: u64) -> Writer {
        Writer { log: Log::new(shared.clone(), since_snapshot), shared }
    }

    /// Runs until the spool closes; then everything is written and synced.
    pub fn run(mut self) {
        while let Some(batch) = self.gather() {
            self.write(batch);
            self.snapshot_if_due();
        }
        self.log.sync_notes();
        let (bytes, position) = self.take_snapshot(&self.shared.lock());
        if let Err(error) = snapshot::write(&self.folder(), &bytes, position) {
            warn!(error = %error, "the spool's last snapshot was not written; the next start reads more");
        }
    }

    /// Nobody writes any more: whoever waits is told, and nobody waits anew.
    fn abandon(&self) {
        self.shared.closing.store(true, Ordering::Release);
        self.shared.lock().inbox.arrivals.clear();
    }

    fn folder(&self) -> std::path::PathBuf {
        self.shared.lock().segments.folder().to_owned()
    }

    /// Waits for work and for company; `None` when the spool closes and nothing is left.
    fn gather(&mut self) -> Option<Batch> {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        loop {
            if !state.inbox.arrivals.is_empty() || !state.inbox.carries.is_empty() {
                state = self.wait_for_company(&shared, state);
                return Some(take_batch(&mut state));
            }
            let closing = shared.closing.load(Ordering::Acquire);
            if !state.inbox.notes.is_empty() {
                if !closing {
                    state.inbox.wake_at = 1;
                    state = wait(&shared, state, NOTES_LINGER);
                    if !state.inbox.arrivals.is_empty() {
                        continue;
                    }
                }
                return Some(take_batch(&mut state));
            }
            if closing {
                return None;
            }
            if state.snapshot_wanted && !state.snapshot_busy && state.snapshot.is_none() {
                return Some(Batch::default());
            }
            if self.log.notes_are_old() {
                drop(state);
                self.log.sync_notes();
                state = shared.lock();
                continue;
            }
            state.inbox.wake_at = 1;
            state = wait(&shared, state, NOTES_SYNC);
        }
    }

    /// Lingers while other clients are in the middle of a message.
    fn wait_for_company<'a>(
        &self,
        shared: &'a Shared,
        mut state: std::sync::MutexGuard<'a, State>,
    ) -> std::sync::MutexGuard<'a, State> {
        let began = Instant::now();
        loop {
            let here = state.inbox.arrivals.len();
            let goal = shared.arriving.load(Ordering::Relaxed);
            if here >= goal
                || began.elapsed() >= LINGER_MAX
                || shared.closing.load(Ordering::Acquire)
            {
                return state;
            }
            state.inbox.wake_at = goal;
            state = wait(shared, state, LINGER_LULL);
            if state.inbox.arrivals.len() == here {
                return state;
            }
        }
    }

    fn write(&mut self, mut batch: Batch) {
        self.write_carries(batch.carries);
        while !batch.arrivals.is_empty() {
            let mut bytes = 0;
            let mut count = 0;
            for arrival in &batch.arrivals {
                bytes += arrival.payload_len();
                count += 1;
                if bytes > BATCH_BYTES {
                    break;
                }
            }
            let rest = batch.arrivals.split_off(count);
            self.write_arrivals(std::mem::replace(&mut batch.arrivals, rest));
        }
        self.write_notes(batch.notes);
    }

    fn write_arrivals(&mut self, arrivals: Vec<PendingArrival>) {
        let drafts: Vec<Draft<'_>> = arrivals
            .iter()
            .map(|a| Draft {
                kind: Kind::Arrival,
                id: a.id,
                crc: a.payload_crc,
                pieces: [&a.front, &a.prefix, &a.content],
            })
            .collect();
        let outcome = self.log.append(&drafts, segments::FREE_MIN - 1).and_then(|places| {
            self.log.sync()?;
            Ok(places)
        });
        match outcome {
            Ok(places) => {
                let mut state = self.shared.lock();
                for (arrival, place) in arrivals.iter().zip(places) {
                    admit(&mut state, arrival, place);
                }
                self.shared.ring(&state);
                drop(state);
                for arrival in arrivals {
                    // The client may have gone; the message is ours all the same.
                    let _ = arrival.done.send(Ok(()));
                }
            }
            Err(refusal) => {
                for arrival in arrivals {
                    let _ = arrival.done.send(Err(refusal.clone()));
                }
            }
        }
    }

    fn write_carries(&mut self, carries: Vec<Carry>) {
        for carry in carries {
            let state_json = {
                let state = self.shared.lock();
                let Some(slot) = state.index.slot(carry.id.micros()) else { continue };
                if state.index.messages[slot].place != carry.from {
                    continue;
                }
                let jobs: Vec<CarriedJob> = CarriedJob::all(&state.index, slot);
                let expires_s = state.index.messages[slot].expires_s;
                carried::encode(expires_s, &jobs)
            };
            let front = encode_arrival_front(&carry.envelope, &state_json);
            let mut crc = crc32fast::Hasher::new();
            crc.update(&front);
            crc.update(&carry.content);
            let draft = Draft {
                kind: Kind::Carried,
                id: carry.id,
                crc: crc.finalize(),
                pieces: [&front, &carry.content, &[]],
            };
            let written = self
                .log
                .append(&[draft], segments::FREE_MIN - 1)
                .and_then(|p| self.log.sync().map(|()| p));
            let Ok(places) = written else { return };
            let mut state = self.shared.lock();
            let Some(slot) = state.index.slot(carry.id.micros()) else { continue };
            let payload_len = (front.len() + carry.content.len()) as u32;
            let old_len = state.index.messages[slot].payload_len;
            state.index.messages[slot].place = places[0];
            state.index.messages[slot].payload_len = payload_len;
            state.segments.lost(carry.from, old_len);
            state.segments.gained(places[0], payload_len);
        }
    }

    fn write_notes(&mut self, notes: Vec<PendingNote>) {
        if notes.is_empty() {
            return;
        }
        let drafts: Vec<Draft<'_>> = notes
            .iter()
            .map(|n| Draft {
                kind: Kind::Note,
                id: n.id,
                crc: n.crc,
                pieces: [&n.payload, &[], &[]],
            })
            .collect();
        match self.log.append(&drafts, 0) {
            Ok(_) => {
                self.log.notes_written();
            }
            Err(_) if self.shared.closing.load(Ordering::Acquire) => {
                // The last snapshot holds what they say.
                warn!(notes = notes.len(), "the last outcomes could not be written to the log");
            }
            Err(_) => {
                // Kept in memory and tried again; leases are held back meanwhile.
                let mut state = self.shared.lock();
                let newer = std::mem::replace(&mut state.inbox.notes, notes);
                state.inbox.notes.extend(newer);
                drop(state);
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    }

    fn snapshot_if_due(&mut self) {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        if state.snapshot_busy || state.snapshot.is_some() {
            return;
        }
        let size = state.index.messages.len() as u64 * 72;
        let due = self.log.since_snapshot > SNAPSHOT_EVERY.max(3 * size)
            || (self.log.since_snapshot > SEGMENT_BYTES && size < SEGMENT_BYTES / 8);
        if !due && !state.snapshot_wanted {
            return;
        }
        drop(state);
        // A snapshot never says more than the log on disk.
        self.log.sync_notes();
        state = shared.lock();
        state.snapshot_wanted = false;
        state.snapshot = Some(self.take_snapshot(&state));
        self.log.since_snapshot = 0;
        self.shared.keeper_bell.notify_one();
    }

    /// The index as it is now. Notes that are decided and not yet written are in it as well;
    /// replaying them changes nothing.
    fn take_snapshot(&self, state: &State) -> (Vec<u8>, Position) {
        let position = self.log.position(state);
        let about = About {
            position,
            fingerprint: self.shared.routing.fingerprint,
            last_id: self.shared.last_id.load(Ordering::Relaxed),
        };
        (snapshot::encode(&state.index, &about), position)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if std::thread::panicking() {
            error!("the spool's writer failed: no mail is taken until the next start");
            self.abandon();
        }
    }
}

/// What one turn writes.
#[derive(Default)]
struct Batch {
    carries: Vec<Carry>,
    arrivals: Vec<PendingArrival>,
    notes: Vec<PendingNote>,
}

fn take_batch(state: &mut State) -> Batch {
    // Notes decided before a carried record's state is taken are in that state; those decided
    // after it are in a later batch. So a batch with carries leaves the notes to the next one.
    let carries = std::mem::take(&mut state.inbox.carries);
    let notes =
        if carries.is_empty() { std::mem::take(&mut state.inbox.notes) } else { Vec::new() };
    Batch { carries, arrivals: std::mem::take(&mut state.inbox.arrivals), notes }
}

fn wait<'a>(
    shared: &'a Shared,
    state: std::sync::MutexGuard<'a, State>,
    time: Duration,
) -> std::sync::MutexGuard<'a, State> {
    match shared.writer_bell.wait_timeout(state, time) {
        Ok((state, _)) => state,
        Err(poisoned) => poisoned.into_inner().0,
    }
}

/// Puts a durable arrival into the index.
fn admit(state: &mut State, arrival: &PendingArrival, place: Place) {
    let size = (arrival.prefix.len() + arrival.content.len()) as u32;
    let payload_len = arrival.payload_len() as u32;
    let expires_s = expires_s(&arrival.plan);
    let jobs: Vec<NewJob<'_>> = new_jobs(&arrival.plan);
    let message = Message::new(arrival.id.micros(), place, payload_len, size, expires_s);
    state.index.insert(message, &jobs, true);
    state.segments.gained(place, payload_len);
}

pub(crate) fn expires_s(plan: &crate::Plan) -> u32 {
    u32::try_from(plan.expires.as_second()).unwrap_or(u32::MAX)
}

pub(crate) fn new_jobs(plan: &crate::Plan) -> Vec<NewJob<'_>> {
    plan.jobs
        .iter()
        .map(|(destination, recipients)| NewJob {
            destination,
            recipients,
            step: 0,
            due_ms: None,
            reason: None,
        })
        .collect()
}
