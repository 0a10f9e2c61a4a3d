//! What the threads of a segment spool share: index, segments and the inbox of the writer,
//! under one lock, so that what is written is always in the order in which it was decided.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use mail::SpoolId;
use tokio::sync::{Notify, oneshot};

use crate::index::{Index, Place, State as JobState};
use crate::segments::Segments;
use crate::{Lease, Plan, Refusal, Routing};

pub(crate) struct Shared {
    state: Mutex<State>,
    /// The writer sleeps here.
    pub writer_bell: Condvar,
    /// The writer waits here for a new segment.
    pub segment_bell: Condvar,
    /// The keeper sleeps here.
    pub keeper_bell: Condvar,
    /// Rung when a destination gained something ready.
    pub calls: Notify,
    pub arriving: AtomicUsize,
    pub last_id: AtomicU64,
    pub syncs: AtomicU64,
    pub damaged: AtomicU64,
    pub closing: AtomicBool,
    /// The writer has ended, and so may the keeper.
    pub keeper_leaves: AtomicBool,
    pub bytes_limit: u64,
    pub routing: Routing,
}

pub(crate) struct State {
    pub index: Index,
    pub segments: Segments,
    pub inbox: Inbox,
    /// Why there is no free segment, when that is so.
    pub trouble: Option<Refusal>,
    /// Snapshot bytes that the keeper should write.
    pub snapshot: Option<(Vec<u8>, crate::snapshot::Position)>,
    pub snapshot_busy: bool,
    /// Asks the writer for a snapshot at the next chance.
    pub snapshot_wanted: bool,
}

/// What waits to be written.
#[derive(Default)]
pub(crate) struct Inbox {
    pub arrivals: Vec<PendingArrival>,
    pub notes: Vec<PendingNote>,
    pub carries: Vec<Carry>,
    /// The writer asks to be woken only for this many arrivals.
    pub wake_at: usize,
}

pub(crate) struct PendingArrival {
    pub id: SpoolId,
    pub plan: Plan,
    /// Lengths, CRC and envelope.
    pub front: Vec<u8>,
    pub prefix: Vec<u8>,
    pub content: Vec<u8>,
    pub payload_crc: u32,
    pub done: oneshot::Sender<Result<(), Refusal>>,
}

impl PendingArrival {
    pub fn payload_len(&self) -> usize {
        self.front.len() + self.prefix.len() + self.content.len()
    }
}

pub(crate) struct PendingNote {
    pub id: SpoolId,
    pub payload: Vec<u8>,
    pub crc: u32,
}

/// A message that the keeper wants moved out of an old segment.
pub(crate) struct Carry {
    pub id: SpoolId,
    pub from: Place,
    pub envelope: Vec<u8>,
    pub content: Vec<u8>,
}

/// Notes beyond this are not kept in memory: no new lease is given until they are written.
pub(crate) const NOTES_MAX: usize = 65_536;

impl Shared {
    pub fn new(
        index: Index,
        segments: Segments,
        last_id: u64,
        bytes_limit: u64,
        routing: Routing,
    ) -> Shared {
        Shared {
            state: Mutex::new(State {
                index,
                segments,
                inbox: Inbox { wake_at: 1, ..Inbox::default() },
                trouble: None,
                snapshot: None,
                snapshot_busy: false,
                snapshot_wanted: false,
            }),
            writer_bell: Condvar::new(),
            segment_bell: Condvar::new(),
            keeper_bell: Condvar::new(),
            calls: Notify::new(),
            arriving: AtomicUsize::new(0),
            last_id: AtomicU64::new(last_id),
            syncs: AtomicU64::new(0),
            damaged: AtomicU64::new(0),
            closing: AtomicBool::new(false),
            keeper_leaves: AtomicBool::new(false),
            bytes_limit,
            routing,
        }
    }

    /// The state. A thread that panicked while it held the lock left it as it was; custody goes
    /// on with it rather than stopping all mail.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn lease_of(self: &Arc<Shared>, state: &State, job: u32) -> Lease {
        let entry = &state.index.jobs[job];
        let message = &state.index.messages[entry.message];
        Lease {
            job,
            payload_len: message.payload_len,
            id: SpoolId::from_micros(message.id),
            recipients: entry.recipients.as_slice().to_vec(),
            step: entry.step,
            expires: jiff::Timestamp::from_second(i64::from(message.expires_s))
                .unwrap_or(jiff::Timestamp::MAX),
            destination: state.index.destinations[entry.destination].name.clone(),
            home: Some(self.clone()),
        }
    }

    /// Rings for the dispatcher if there is something for it.
    pub fn ring(&self, state: &State) {
        if state.index.has_calls() {
            self.calls.notify_one();
        }
    }
}

impl State {
    /// The file a place is in, as long as its segment is in use.
    pub fn file(&self, place: Place) -> Option<Arc<File>> {
        Some(self.segments.used.get(&place.file)?.file.clone())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            let mut state = home.lock();
            if state.index.jobs.get(self.job).is_some_and(|job| job.state == JobState::Leased) {
                state.index.put_back(self.job);
                home.ring(&state);
            }
        }
    }
}

/// Reads `len` bytes at an offset.
///
/// # Errors
/// When the disk fails or the file ends before.
pub(crate) fn read_exact(file: &File, offset: u64, len: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, offset)?;
    Ok(bytes)
}
