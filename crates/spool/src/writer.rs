//! The one thread that writes the log: it gathers what many sessions want written, writes it in
//! one call, syncs once, and only then answers them.
//!
//! Order within a batch: carried messages, arrivals, notes. What a carried record says of a
//! message's state is taken under the lock at the same moment as the notes behind it, so a replay
//! never brings back a recipient that was done with.

use std::fs::File;
use std::io::{self, IoSlice};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tracing::{error, warn};

use crate::index::{Message, NewJob, Place, State as JobState};
use crate::record::{
    ALIGN, Head, Kind, RECORD_HEAD, SEGMENT_BYTES, SEGMENT_HEAD, encode_arrival_front, record_len,
};
use crate::recovery::CarriedJob;
use crate::snapshot::{self, About, Position};
use crate::state::{Carry, PendingArrival, PendingNote, Shared, State};
use crate::{Refusal, segments};

/// Longest wait for other clients' messages before a sync.
const LINGER_MAX: Duration = Duration::from_millis(12);
/// A lull of this length ends the wait.
const LINGER_LULL: Duration = Duration::from_millis(2);
/// Notes without arrivals wait this long for company.
const NOTES_LINGER: Duration = Duration::from_millis(4);
/// Written notes are synced at the latest after this, so that a power cut repeats little.
const NOTES_SYNC: Duration = Duration::from_secs(1);
/// Arrivals of one batch, at most.
const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// The log since the last snapshot that a start may have to read.
const SNAPSHOT_EVERY: u64 = 2 * SEGMENT_BYTES;
/// The longest that clients wait for a new segment.
const SEGMENT_PATIENCE: Duration = Duration::from_secs(20);
/// Slices in one vectored write; Linux takes 1,024.
const SLICES_MAX: usize = 1_000;

pub(crate) struct Writer {
    shared: Arc<Shared>,
    current: Option<Current>,
    /// When unsynced notes were first written.
    unsynced: Option<Instant>,
    since_snapshot: u64,
}

struct Current {
    number: u32,
    file: Arc<File>,
    sequence: u64,
    offset: u64,
}

/// A record about to be written: its head's parts, and its payload in pieces.
struct Draft<'a> {
    kind: Kind,
    id: mail::SpoolId,
    crc: u32,
    pieces: [&'a [u8]; 3],
}

impl Draft<'_> {
    fn payload_len(&self) -> usize {
        self.pieces.iter().map(|p| p.len()).sum()
    }
}

impl Writer {
    pub fn new(shared: Arc<Shared>, since_snapshot: u64) -> Writer {
        Writer { shared, current: None, unsynced: None, since_snapshot }
    }

    /// Runs until the spool closes; then everything is written and synced.
    pub fn run(mut self) {
        while let Some(batch) = self.gather() {
            self.write(batch);
            self.snapshot_if_due();
        }
        self.sync_notes();
        let (bytes, position) = self.take_snapshot(&self.shared.lock());
        if let Err(error) = snapshot::write(&self.folder(), &bytes, position) {
            warn!(error = %error, "the spool's last snapshot was not written; the next start reads more");
        }
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
            if state.snapshot_wanted {
                return Some(Batch::default());
            }
            if self.unsynced.is_some_and(|since| since.elapsed() >= NOTES_SYNC) {
                drop(state);
                self.sync_notes();
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
        let outcome = self.append(&drafts, segments::FREE_MIN - 1).and_then(|places| {
            self.sync()?;
            self.shared.syncs.fetch_add(1, Ordering::Relaxed);
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
                crate::recovery::encode_carried(expires_s, &jobs)
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
            let written =
                self.append(&[draft], segments::FREE_MIN - 1).and_then(|p| self.sync().map(|()| p));
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
        match self.append(&drafts, 0) {
            Ok(_) => {
                self.unsynced.get_or_insert_with(Instant::now);
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

    /// Writes records one behind the other, into the next segment where they do not fit.
    fn append(&mut self, drafts: &[Draft<'_>], keep_free: usize) -> Result<Vec<Place>, Refusal> {
        let mut places = Vec::with_capacity(drafts.len());
        let mut rest = drafts;
        while !rest.is_empty() {
            self.room_for(record_len(rest[0].payload_len()), keep_free)?;
            let Some(current) = &mut self.current else { return Err(Refusal::Failed) };
            let mut end = current.offset;
            let mut count = 0;
            for draft in rest {
                let after = end + record_len(draft.payload_len());
                if after > SEGMENT_BYTES || (count + 1) * 5 > SLICES_MAX {
                    break;
                }
                places.push(Place { file: current.number, offset: end as u32 });
                end = after;
                count += 1;
            }
            if let Err(error) = write_records(current, &rest[..count]) {
                error!(error = %error, segment = current.number, "the spool's disk failed; going on in another segment");
                self.current = None;
                return Err(Refusal::Failed);
            }
            self.since_snapshot += end - current.offset;
            current.offset = end;
            rest = &rest[count..];
        }
        Ok(places)
    }

    /// Sees to it that the current segment has room, beginning another one if not.
    fn room_for(&mut self, bytes: u64, keep_free: usize) -> Result<(), Refusal> {
        if self.current.as_ref().is_some_and(|c| c.offset + bytes <= SEGMENT_BYTES) {
            return Ok(());
        }
        // What is unsynced in the old segment must not be forgotten there.
        self.sync_notes();
        let shared = self.shared.clone();
        let mut state = shared.lock();
        let patience = Instant::now() + SEGMENT_PATIENCE;
        loop {
            match state.segments.begin(keep_free) {
                Ok(Some((number, file, sequence))) => {
                    shared.keeper_bell.notify_one();
                    self.current = Some(Current { number, file, sequence, offset: SEGMENT_HEAD });
                    return Ok(());
                }
                Ok(None) => {}
                Err(error) => {
                    error!(error = %error, "cannot begin another spool segment");
                    return Err(Refusal::Failed);
                }
            }
            if let Some(trouble) = &state.trouble {
                return Err(trouble.clone());
            }
            if Instant::now() >= patience {
                return Err(Refusal::DiskFull);
            }
            // The keeper is filling one.
            shared.keeper_bell.notify_one();
            state = match shared.segment_bell.wait_timeout(state, NOTES_SYNC) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    fn sync(&mut self) -> Result<(), Refusal> {
        let Some(current) = &self.current else { return Ok(()) };
        match rustix::fs::fdatasync(current.file.as_fd()) {
            Ok(()) => {
                self.unsynced = None;
                Ok(())
            }
            Err(error) => {
                // After a failed sync the kernel may have dropped the pages: never tried again,
                // never written to again.
                error!(error = %error, segment = current.number, "a sync of the spool failed; going on in another segment");
                self.current = None;
                Err(Refusal::Failed)
            }
        }
    }

    fn sync_notes(&mut self) {
        if self.unsynced.take().is_some() && self.sync().is_err() {
            warn!("the last outcomes may not be on disk; after a crash they would be repeated");
        }
    }

    fn snapshot_if_due(&mut self) {
        let shared = self.shared.clone();
        let mut state = shared.lock();
        if state.snapshot_busy || state.snapshot.is_some() {
            return;
        }
        let size = state.index.messages.len() as u64 * 72;
        let due = self.since_snapshot > SNAPSHOT_EVERY.max(3 * size)
            || (self.since_snapshot > SEGMENT_BYTES && size < SEGMENT_BYTES / 8);
        if !due && !state.snapshot_wanted {
            return;
        }
        state.snapshot_wanted = false;
        state.snapshot = Some(self.take_snapshot(&state));
        self.since_snapshot = 0;
        self.shared.keeper_bell.notify_one();
    }

    /// The index as it is now. Notes that are decided and not yet written are in it as well;
    /// replaying them changes nothing.
    fn take_snapshot(&self, state: &State) -> (Vec<u8>, Position) {
        let position = match &self.current {
            Some(current) => Position { sequence: current.sequence, offset: current.offset },
            None => Position { sequence: state.segments.last_sequence + 1, offset: SEGMENT_HEAD },
        };
        let about = About {
            position,
            fingerprint: self.shared.routing.fingerprint,
            last_id: self.shared.last_id.load(Ordering::Relaxed),
        };
        (snapshot::encode(&state.index, &about), position)
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

impl CarriedJob {
    fn all(index: &crate::index::Index, slot: u32) -> Vec<CarriedJob> {
        index
            .jobs_of(slot)
            .into_iter()
            .map(|job| {
                let job = &index.jobs[job];
                CarriedJob {
                    recipients: job.recipients.as_slice().to_vec(),
                    step: job.step,
                    due_ms: (job.state == JobState::Deferred).then_some(job.due_ms),
                    reason: index.reasons.text(job.reason).map(|t| t.to_string()),
                }
            })
            .collect()
    }
}

fn write_records(current: &Current, drafts: &[Draft<'_>]) -> io::Result<()> {
    const PADDING: [u8; ALIGN as usize] = [0; ALIGN as usize];
    let heads: Vec<[u8; RECORD_HEAD]> = drafts
        .iter()
        .map(|draft| {
            Head {
                kind: draft.kind,
                payload_len: draft.payload_len() as u32,
                sequence: current.sequence,
                id: draft.id,
                payload_crc: draft.crc,
            }
            .encode()
        })
        .collect();
    let mut slices = Vec::with_capacity(drafts.len() * 5);
    for (draft, head) in drafts.iter().zip(&heads) {
        slices.push(IoSlice::new(head));
        slices.extend(draft.pieces.iter().filter(|p| !p.is_empty()).map(|p| IoSlice::new(p)));
        let len = draft.payload_len();
        let padding = record_len(len) as usize - RECORD_HEAD - len;
        if padding > 0 {
            slices.push(IoSlice::new(&PADDING[..padding]));
        }
    }
    let mut rest = &mut slices[..];
    let mut offset = current.offset;
    while !rest.is_empty() {
        let written = match rustix::io::pwritev(&current.file, rest, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => written,
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        offset += written as u64;
        IoSlice::advance_slices(&mut rest, written);
    }
    Ok(())
}
