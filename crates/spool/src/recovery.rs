//! From files back to a queue: the newest sound snapshot, then the log behind it.
//!
//! Nothing here refuses to start over damage: what is sound is served, what is not is counted
//! and told. Replaying a record twice changes nothing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mail::fact::Attempt;
use mail::{Envelope, SpoolId};
use tracing::{error, info, warn};

use crate::carried::CarriedJob;
use crate::index::{Index, Message, NewJob};
use crate::record::{RECORD_HEAD, decode_arrival};
use crate::segments::Segments;
use crate::snapshot::{self, Position};
use crate::{Plan, Routing};

/// What the log says behind the last snapshots, in order: the journal may have lost its newest
/// facts in a crash, and can be told them again from this.
#[derive(Debug)]
pub enum Tail<'a> {
    /// A message came into custody.
    Arrival {
        /// Its name.
        id: SpoolId,
        /// Its envelope.
        envelope: &'a Envelope,
        /// Bytes of content.
        size: u32,
    },
    /// What came of an attempt.
    Attempts(&'a [Attempt]),
    /// A message's segment file is gone, and with it the message: these recipients have failed.
    Lost {
        /// Its name.
        id: SpoolId,
        /// By their place in the envelope.
        recipients: &'a [u16],
        /// Of the fact that tells it.
        step: u16,
    },
}

/// What a start found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Messages in custody.
    pub messages: u64,
    /// Recipients in custody.
    pub recipients: u64,
    /// Records read behind the snapshot.
    pub replayed: u64,
    /// Records, or gaps between records, that were damaged.
    pub damaged: u64,
    /// There were segments and no sound snapshot.
    pub walked_everything: bool,
}

/// The queue as the files tell it.
pub(crate) struct Restored {
    pub index: Index,
    pub segments: Segments,
    pub last_id: u64,
    /// Bytes of log behind the snapshot.
    pub tail_bytes: u64,
    pub recovered: Recovered,
    /// Segments before this sequence are covered by both snapshots.
    pub recycle_before: u64,
}

/// A queue that is being put together.
pub(crate) struct Replay<'a> {
    pub index: Index,
    pub segments: Segments,
    pub routing: &'a Routing,
    pub tail: &'a mut dyn FnMut(Tail<'_>),
    pub last_id: u64,
    pub recovered: Recovered,
}

/// Reads the folder.
///
/// # Errors
/// When the system cannot read it; damage is not an error.
pub(crate) fn restore(
    folder: &Path,
    routing: &Routing,
    tail: &mut dyn FnMut(Tail<'_>),
) -> io::Result<Restored> {
    let mut segments = Segments::scan(folder)?;
    let snapshots = snapshot::list(folder)?;
    if let Some((newest, _)) = snapshots.last() {
        // The segment that it names may have lost its header. Its number is never given again,
        // or the new segment would be taken for older than the snapshot.
        segments.last_sequence = segments.last_sequence.max(newest.sequence);
    }
    let Newest { index, about, older } = newest_sound(&snapshots);
    let walked_everything = about.is_none() && !segments.used.is_empty();
    let recovered = Recovered { walked_everything, ..Recovered::default() };
    if recovered.walked_everything {
        warn!("no sound snapshot of the spool: reading the whole log, some mail may be sent again");
    }
    let position = about.map(|a| a.position).unwrap_or_default();
    let last_id = about.map(|a| a.last_id).unwrap_or_default();
    let mut replay = Replay { index, segments, routing, tail, last_id, recovered };
    replay.count_living();
    if about.is_some_and(|a| a.fingerprint != routing.fingerprint) {
        replay.route_again();
    }
    let tail_bytes = replay.read_log(position, older.min(position));
    let custody = replay.index.custody;
    replay.recovered.messages = replay.index.messages.len() as u64;
    replay.recovered.recipients = custody.queued;
    Ok(Restored {
        last_id: replay.last_id,
        index: replay.index,
        segments: replay.segments,
        tail_bytes,
        recovered: replay.recovered,
        recycle_before: older.sequence,
    })
}

/// The newest sound snapshot.
struct Newest {
    index: Index,
    about: Option<snapshot::About>,
    /// The position of the older of two, or the beginning of the log.
    older: Position,
}

/// A snapshot that is damaged or cannot be read is told, removed so that it does not push out a
/// sound one later, and passed over.
fn newest_sound(all: &[(Position, PathBuf)]) -> Newest {
    let older = if all.len() > 1 { all[0].0 } else { Position::default() };
    for (_, path) in all.iter().rev() {
        let read = fs::read(path).ok().and_then(|bytes| snapshot::decode(&bytes));
        if let Some((index, about)) = read {
            return Newest { index, about: Some(about), older };
        }
        error!(file = %path.display(), "a snapshot of the spool is damaged; trying an older one");
        if let Err(error) = fs::remove_file(path) {
            warn!(error = %error, "the damaged snapshot could not be removed");
        }
    }
    Newest { index: Index::default(), about: None, older: Position::default() }
}

impl Replay<'_> {
    /// Tells the segments what lives in them; forgets what points into none.
    fn count_living(&mut self) {
        let mut lost = Vec::new();
        for (slot, message) in self.index.messages.iter() {
            if self.segments.used.contains_key(&message.place.file) {
                self.segments.gained(message.place, message.payload_len);
            } else {
                lost.push(slot);
            }
        }
        for slot in lost {
            error!(
                message = %SpoolId::from_micros(self.index.messages[slot].id),
                "a message's segment file is gone: the message is lost"
            );
            self.recovered.damaged += 1;
            self.drop_message(slot);
        }
    }

    /// Ends every job of a message as failed, so that the counts still agree.
    fn drop_message(&mut self, slot: u32) {
        for job in self.index.jobs_of(slot) {
            let failed: Vec<_> = self.index.jobs[job]
                .recipients
                .as_slice()
                .iter()
                .map(|r| (*r, mail::AttemptKind::Failed))
                .collect();
            let id = SpoolId::from_micros(self.index.messages[slot].id);
            let step = self.index.jobs[job].step.saturating_add(1);
            let recipients: Vec<u16> = failed.iter().map(|(recipient, _)| *recipient).collect();
            (self.tail)(Tail::Lost { id, recipients: &recipients, step });
            self.index.lease_job(job);
            self.index.finish(job, &failed);
            self.index.after_attempt(job, step, None);
        }
    }

    /// Divides every message anew, since the routing has changed.
    fn route_again(&mut self) {
        info!(
            messages = self.index.messages.len(),
            "the routing has changed: dividing the queue anew"
        );
        let old = std::mem::take(&mut self.index);
        self.index.custody = old.custody;
        self.index.custody.queued = 0;
        for (slot, message) in old.messages.iter() {
            let jobs = CarriedJob::all(&old, slot);
            let id = SpoolId::from_micros(message.id);
            let envelope = match self.segments.used.get(&message.place.file) {
                Some(segment) => read_envelope(&segment.file, message),
                None => None,
            };
            let plan = match &envelope {
                Some(envelope) => (self.routing.plan)(envelope, id),
                None => unreadable_plan(message, &jobs),
            };
            self.insert_divided(message.clone(), &plan, &jobs, false);
        }
    }

    /// Inserts a message whose remaining jobs are known, under the destinations of `plan`.
    pub fn insert_divided(
        &mut self,
        message: Message,
        plan: &Plan,
        jobs: &[CarriedJob],
        fresh: bool,
    ) {
        let mut divided = Vec::new();
        for (destination, recipients) in &plan.jobs {
            for job in jobs {
                let left: Vec<u16> =
                    job.recipients.iter().copied().filter(|r| recipients.contains(r)).collect();
                if !left.is_empty() {
                    divided.push((destination.clone(), left, job));
                }
            }
        }
        let jobs: Vec<NewJob<'_>> = divided
            .iter()
            .map(|(destination, recipients, job)| NewJob {
                destination,
                recipients,
                step: job.step,
                due_ms: job.due_ms,
                reason: job.reason.as_deref(),
            })
            .collect();
        self.index.insert(message, &jobs, fresh);
    }
}

fn read_envelope(file: &fs::File, message: &Message) -> Option<Envelope> {
    let offset = u64::from(message.place.offset) + RECORD_HEAD as u64;
    let payload = crate::state::read_exact(file, offset, message.payload_len as usize).ok()?;
    serde_json::from_slice(decode_arrival(&payload)?.envelope).ok()
}

/// Where a message whose envelope cannot be read waits until it expires.
fn unreadable_plan(message: &Message, jobs: &[CarriedJob]) -> Plan {
    let recipients = jobs.iter().flat_map(|j| j.recipients.iter().copied()).collect();
    Plan {
        expires: jiff::Timestamp::from_second(i64::from(message.expires_s)).unwrap_or_default(),
        jobs: vec![("damaged".into(), recipients)],
    }
}
