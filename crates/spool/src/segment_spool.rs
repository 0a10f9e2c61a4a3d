//! Custody on this machine's disk: segment files, one writer thread, one keeper thread.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use jiff::Timestamp;
use mail::SpoolId;
use mail::fact::{Attempt, AttemptKind};
use mail::queue::{Custody, DestinationReport};
use tokio::sync::oneshot;

use crate::index::Remains;
use crate::record::{PAYLOAD_MAX, encode_arrival_front};
use crate::recovery::{self, Recovered, Tail};
use crate::segments::{self, FREE_MIN};
use crate::state::{NOTES_MAX, PendingArrival, PendingNote, Shared, State};
use crate::writer::Writer;
use crate::{
    Answer, Arrival, Destination, Figures, Lease, ReadError, Refusal, Routing, Spool, Stored,
    Waiting, keeper, reading, reasons, report,
};

/// A message larger than this is read on a thread of its own.
const READ_INLINE_MAX: u32 = 128 * 1024;

/// How a spool is opened.
pub struct Settings {
    /// Its folder; made when it is not there.
    pub folder: PathBuf,
    /// Bytes of content at which mail is refused (seed 001 annex 1.3: 30 GB).
    pub bytes_limit: u64,
    /// How mail is divided into jobs.
    pub routing: Routing,
}

/// [`Spool`] in segment files. `docs/FORMATS.md` describes them.
pub struct SegmentSpool {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Held as long as we live, so that no second program writes here.
    _lock: File,
}

impl SegmentSpool {
    /// Opens the folder, recovers what is in it, and starts to take mail. `tail` is shown what the
    /// log says behind the last snapshot.
    ///
    /// # Errors
    /// When another program has the folder open, or the system cannot read or write it.
    pub fn open(
        settings: Settings,
        tail: &mut dyn FnMut(Tail<'_>),
    ) -> io::Result<(SegmentSpool, Recovered)> {
        let folder = settings.folder;
        fs::create_dir_all(&folder)?;
        let lock = lock(&folder)?;
        let restored = recovery::restore(&folder, &settings.routing, tail)?;
        let mut segments = restored.segments;
        let mut trouble = None;
        while segments.free.len() < FREE_MIN {
            let number = segments.next_file();
            match segments::make(&folder, number) {
                Ok(()) => segments.free.push(number),
                Err(error) => {
                    tracing::warn!(error = %error, "no room for the spool's segments: mail is refused for the time being");
                    trouble = Some(Refusal::DiskFull);
                    break;
                }
            }
        }
        let shared = Arc::new(Shared::new(
            restored.index,
            segments,
            restored.last_id,
            settings.bytes_limit,
            settings.routing,
        ));
        shared.damaged.store(restored.recovered.damaged, Ordering::Relaxed);
        {
            let mut state = shared.lock();
            state.trouble = trouble;
            // What was torn or damaged in the tail is judged once, not at each start.
            state.snapshot_wanted = restored.tail_bytes > 0;
            shared.ring(&state);
        }
        let writer = Writer::new(shared.clone(), restored.tail_bytes);
        let before = restored.recycle_before;
        let for_keeper = shared.clone();
        let threads = vec![
            std::thread::Builder::new().name("spool-writer".into()).spawn(|| writer.run())?,
            std::thread::Builder::new()
                .name("spool-keeper".into())
                .spawn(move || keeper::run(&for_keeper, before))?,
        ];
        Ok((SegmentSpool { shared, threads: Mutex::new(threads), _lock: lock }, restored.recovered))
    }

    /// Refuses new mail, writes and syncs what is decided, and ends the threads.
    pub fn close(&self) {
        self.shared.closing.store(true, Ordering::Release);
        self.shared.writer_bell.notify_all();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        // The writer first: it may need a segment of the keeper's for its last notes.
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the spool had panicked");
            }
            self.shared.keeper_leaves.store(true, Ordering::Release);
            self.shared.keeper_bell.notify_all();
        }
    }

    fn refusal(&self, state: &State, size: u64) -> Option<Refusal> {
        if self.shared.closing.load(Ordering::Acquire) {
            return Some(Refusal::Closing);
        }
        if size > 0 && state.index.bytes + size > self.shared.bytes_limit {
            return Some(Refusal::Full);
        }
        state.trouble.clone()
    }
}

impl Drop for SegmentSpool {
    fn drop(&mut self) {
        self.close();
    }
}

impl Spool for SegmentSpool {
    fn new_id(&self, now: Timestamp) -> SpoolId {
        let now = u64::try_from(now.as_microsecond()).unwrap_or(0);
        let mut last = self.shared.last_id.load(Ordering::Relaxed);
        loop {
            let next = now.max(last + 1);
            match self.shared.last_id.compare_exchange_weak(
                last,
                next,
                Ordering::Relaxed,
                Ordering::Relaxed,
            ) {
                Ok(_) => return SpoolId::from_micros(next),
                Err(newer) => last = newer,
            }
        }
    }

    fn arriving(&self) -> &AtomicUsize {
        &self.shared.arriving
    }

    fn accept(&self, arrival: Arrival) -> Answer<'_, Result<(), Refusal>> {
        Box::pin(async move {
            let size = (arrival.prefix.len() + arrival.content.len()) as u64;
            let counted = if arrival.ours { 0 } else { size };
            let envelope = serde_json::to_vec(&*arrival.envelope).map_err(|_| Refusal::Failed)?;
            let front = encode_arrival_front(&envelope, &[]);
            let mut crc = crc32fast::Hasher::new();
            for piece in [&front, &arrival.prefix, &arrival.content] {
                crc.update(piece);
            }
            let payload_len = front.len() as u64 + size;
            if payload_len > u64::from(PAYLOAD_MAX) {
                return Err(Refusal::TooLarge);
            }
            let plan = (self.shared.routing.plan)(&arrival.envelope, arrival.id);
            let (done, answer) = oneshot::channel();
            {
                let mut state = self.shared.lock();
                if let Some(refusal) = self.refusal(&state, counted) {
                    return Err(refusal);
                }
                state.inbox.arrivals.push(PendingArrival {
                    id: arrival.id,
                    plan,
                    front,
                    prefix: arrival.prefix,
                    content: arrival.content,
                    payload_crc: crc.finalize(),
                    done,
                });
                if state.inbox.arrivals.len() >= state.inbox.wake_at {
                    self.shared.writer_bell.notify_one();
                }
            }
            answer.await.unwrap_or(Err(Refusal::Closing))
        })
    }

    fn called(&self) -> Answer<'_, Vec<Destination>> {
        Box::pin(async move {
            loop {
                {
                    let mut state = self.shared.lock();
                    let calls = state.index.take_calls();
                    if !calls.is_empty() {
                        return calls
                            .into_iter()
                            .map(|number| {
                                let queue = &mut state.index.destinations[number];
                                queue.attended = true;
                                Destination { number, name: queue.name.clone() }
                            })
                            .collect();
                    }
                }
                self.shared.calls.notified().await;
            }
        })
    }

    fn leave(&self, destination: &Destination) {
        let mut state = self.shared.lock();
        if let Some(queue) = state.index.destination_mut(destination.number, &destination.name) {
            queue.attended = false;
        }
    }

    fn lease(&self, destination: &Destination) -> Option<Lease> {
        let mut state = self.shared.lock();
        if state.inbox.notes.len() >= NOTES_MAX {
            return None;
        }
        state.index.destination_mut(destination.number, &destination.name)?;
        let job = state.index.lease(destination.number)?;
        Some(self.shared.lease_of(&state, job))
    }

    fn ready(&self, destination: &Destination) -> usize {
        let mut state = self.shared.lock();
        let queue = state.index.destination_mut(destination.number, &destination.name);
        queue.map_or(0, |d| d.ready.len())
    }

    fn read<'a>(&'a self, lease: &'a Lease) -> Answer<'a, Result<Stored, ReadError>> {
        Box::pin(async move {
            let stored = if lease.payload_len <= READ_INLINE_MAX {
                reading::read(&self.shared, lease)
            } else {
                tokio::task::block_in_place(|| reading::read(&self.shared, lease))
            };
            if matches!(stored, Err(ReadError::Damaged { .. })) {
                self.shared.damaged.fetch_add(1, Ordering::Relaxed);
            }
            stored
        })
    }

    fn settle(&self, mut lease: Lease, facts: &[Attempt]) {
        // Facts always have a JSON form.
        let payload = serde_json::to_vec(facts).unwrap_or_default();
        let note = PendingNote { id: lease.id, crc: crc32fast::hash(&payload), payload };
        let about: Vec<&Attempt> = facts.iter().collect();
        let outcomes: Vec<(u16, AttemptKind)> =
            facts.iter().map(|f| (f.recipient, f.outcome)).collect();
        let deferral = reasons::deferral(&about);
        lease.home = None;
        let mut state = self.shared.lock();
        let first_note = state.inbox.notes.is_empty();
        state.index.finish(lease.job, &outcomes);
        let defer = deferral.as_ref().map(|(due_ms, reason)| (*due_ms, reason.as_str()));
        let step = lease.step.saturating_add(u16::from(!facts.is_empty()));
        let remains = state.index.after_attempt(lease.job, step, defer);
        if let Remains::Nothing { place, payload_len } = remains {
            state.segments.lost(place, payload_len);
        }
        if !facts.is_empty() {
            state.inbox.notes.push(note);
            if first_note && state.inbox.arrivals.is_empty() {
                self.shared.writer_bell.notify_one();
            }
        }
        self.shared.ring(&state);
    }

    fn promote(&self, now: Timestamp) -> Option<Timestamp> {
        let now_ms = u64::try_from(now.as_millisecond()).unwrap_or(0);
        let mut state = self.shared.lock();
        let next = state.index.promote(now_ms);
        self.shared.ring(&state);
        next.map(report::timestamp_ms)
    }

    fn promote_destination(&self, name: &str) -> u64 {
        let mut state = self.shared.lock();
        let Some(destination) = state.index.known_destination(name) else { return 0 };
        let count = state.index.promote_destination(destination);
        self.shared.ring(&state);
        count
    }

    fn lease_expired(&self, now: Timestamp, limit: usize) -> Vec<Lease> {
        let now_s = u32::try_from(now.as_second()).unwrap_or(u32::MAX);
        let mut state = self.shared.lock();
        let expired = state.index.expired(now_s, limit);
        self.lease_all(&mut state, expired)
    }

    fn lease_message(&self, id: SpoolId) -> Vec<Lease> {
        let mut state = self.shared.lock();
        let Some(slot) = state.index.slot(id.micros()) else { return Vec::new() };
        let jobs = state.index.jobs_of(slot);
        self.lease_all(&mut state, jobs)
    }

    fn custody(&self) -> Custody {
        self.shared.lock().index.custody
    }

    fn figures(&self) -> Figures {
        let state = self.shared.lock();
        Figures {
            bytes: state.index.bytes,
            bytes_limit: self.shared.bytes_limit,
            bytes_on_disk: state.segments.bytes_on_disk(),
            messages: state.index.messages.len() as u64,
            syncs: self.shared.syncs.load(Ordering::Relaxed),
            damaged: self.shared.damaged.load(Ordering::Relaxed),
            refusing: self.refusal(&state, 1),
        }
    }

    fn destinations(&self, limit: usize) -> Vec<DestinationReport> {
        let state = self.shared.lock();
        report::reports(&state, limit)
    }

    fn waiting(&self, name: &str, limit: usize) -> Answer<'_, Vec<Waiting>> {
        let name = name.to_owned();
        Box::pin(async move { report::waiting(&self.shared, &name, limit).await })
    }
}

impl SegmentSpool {
    fn lease_all(&self, state: &mut State, jobs: Vec<u32>) -> Vec<Lease> {
        if state.inbox.notes.len() >= NOTES_MAX {
            return Vec::new();
        }
        jobs.into_iter()
            .filter(|job| state.index.lease_job(*job))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|job| self.shared.lease_of(state, job))
            .collect()
    }
}

fn lock(folder: &std::path::Path) -> io::Result<File> {
    let path = folder.join("lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(&path)?;
    match rustix::fs::flock(file.as_fd(), rustix::fs::FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(_) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            format!("another program has the spool open ({} is locked)", path.display()),
        )),
    }
}
