//! From files back to a queue: the newest sound snapshot, then the log behind it.
//!
//! Nothing here refuses to start over damage: what is sound is served, what is not is counted
//! and told. Replaying a record twice changes nothing.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use mail::fact::Attempt;
use mail::{Envelope, SpoolId};
use tracing::{error, info, warn};

use crate::carried::{CarriedJob, CarriedState};
use crate::index::{Index, Message, NewJob, Place};
use crate::record::{Found, Head, Kind, RECORD_HEAD, SEGMENT_BYTES, decode_arrival, walk};
use crate::segments::Segments;
use crate::snapshot::{self, Position};
use crate::writer::{expires_s, new_jobs};
use crate::{Plan, Routing};

/// Bytes of a segment read at once: as much is lost to a bad sector.
const READ_BLOCK: usize = 64 * 1024;

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

/// A segment that is being read.
#[derive(Clone, Copy)]
struct Walked {
    sequence: u64,
    number: u32,
    /// Nothing was written behind it.
    newest: bool,
}

struct Replay<'a> {
    index: Index,
    segments: Segments,
    routing: &'a Routing,
    tail: &'a mut dyn FnMut(Tail<'_>),
    last_id: u64,
    recovered: Recovered,
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
    fn insert_divided(&mut self, message: Message, plan: &Plan, jobs: &[CarriedJob], fresh: bool) {
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

    /// Replays the log behind `position`; how many bytes that was. What lies between `told_from`
    /// and there is in the snapshot already and is only told: the journal may not have had it on
    /// disk when the snapshot was written.
    fn read_log(&mut self, position: Position, told_from: Position) -> u64 {
        // A misdirected write can give two files the same sequence: both are read.
        let in_order: BTreeSet<(u64, u32)> = self
            .segments
            .used
            .iter()
            .map(|(number, segment)| (segment.sequence, *number))
            .filter(|(sequence, _)| *sequence >= told_from.sequence)
            .collect();
        let mut read = 0;
        let newest = in_order.last().map(|(sequence, _)| *sequence);
        for (sequence, number) in in_order {
            let offset_in = |at: Position| if sequence == at.sequence { at.offset } else { 0 };
            let file = self.segments.used[&number].file.clone();
            let bytes = read_from(&file, offset_in(told_from));
            if sequence < position.sequence {
                self.tell_segment(&bytes, sequence, offset_in(told_from), u64::MAX);
                continue;
            }
            let start = offset_in(position);
            self.tell_segment(&bytes, sequence, offset_in(told_from), start);
            let segment = Walked { sequence, number, newest: Some(sequence) == newest };
            read += self.replay_segment(&bytes, segment, start);
        }
        read
    }

    /// Tells the tail of records from `start` to `end` and changes nothing.
    fn tell_segment(&mut self, bytes: &[u8], sequence: u64, start: u64, end: u64) {
        for found in walk(bytes, sequence, start) {
            let Found::Record { offset, head } = found else { continue };
            if offset >= end {
                return;
            }
            let payload = payload_at(bytes, offset, &head);
            if head.kind == Kind::Note {
                if let Ok(attempts) = serde_json::from_slice::<Vec<Attempt>>(payload) {
                    (self.tail)(Tail::Attempts(&attempts));
                }
            } else if head.kind == Kind::Arrival
                && let Some(parts) = decode_arrival(payload)
                && let Ok(envelope) = serde_json::from_slice::<Envelope>(parts.envelope)
            {
                let size = parts.content.len() as u32;
                (self.tail)(Tail::Arrival { id: head.id, envelope: &envelope, size });
            }
        }
    }

    fn replay_segment(&mut self, bytes: &[u8], segment: Walked, start: u64) -> u64 {
        let mut end = start;
        let mut damage: Vec<Found> = Vec::new();
        for found in walk(bytes, segment.sequence, start) {
            let Found::Record { offset, head } = found else {
                damage.push(found);
                continue;
            };
            for before in damage.drain(..) {
                self.replay_damaged(bytes, segment, before);
            }
            let place = Place { file: segment.number, offset: offset as u32 };
            self.replay(&head, place, payload_at(bytes, offset, &head));
            end = offset + head.record_len();
        }
        // At the very end of the log this is a write that a crash cut short: nobody was told
        // that it was done. Anywhere else it is damage.
        if !segment.newest {
            for before in damage {
                self.replay_damaged(bytes, segment, before);
            }
        }
        end - start
    }

    /// Tells of damage. An arrival whose content has rotted but whose envelope has not stays in
    /// custody, so that its sender can be told.
    fn replay_damaged(&mut self, bytes: &[u8], segment: Walked, found: Found) {
        let offset = match found {
            Found::Gap { offset, .. } | Found::Record { offset, .. } => offset,
            Found::DamagedPayload { offset, head } => {
                let payload = payload_at(bytes, offset, &head);
                let whole = payload.len() == head.payload_len as usize;
                if head.kind != Kind::Note && whole && decode_arrival(payload).is_some() {
                    let place = Place { file: segment.number, offset: offset as u32 };
                    self.replay(&head, place, payload);
                }
                offset
            }
        };
        error!(
            segment = segment.number,
            offset, "damage in the spool's log; what is behind it is served"
        );
        self.recovered.damaged += 1;
    }

    fn replay(&mut self, head: &Head, place: Place, payload: &[u8]) {
        self.recovered.replayed += 1;
        self.last_id = self.last_id.max(head.id.micros());
        let known = match head.kind {
            Kind::Arrival | Kind::Carried => self.replay_arrival(head, place, payload),
            Kind::Note => self.replay_note(payload),
        };
        if known.is_none() {
            error!(message = %head.id, "a record of the spool cannot be understood; was it written by a newer version?");
            self.recovered.damaged += 1;
        }
    }

    fn replay_arrival(&mut self, head: &Head, place: Place, payload: &[u8]) -> Option<()> {
        let parts = decode_arrival(payload)?;
        let envelope: Envelope = serde_json::from_slice(parts.envelope).ok()?;
        let plan = (self.routing.plan)(&envelope, head.id);
        let size = parts.content.len() as u32;
        let id = head.id.micros();
        if head.kind == Kind::Arrival {
            (self.tail)(Tail::Arrival { id: head.id, envelope: &envelope, size });
            if self.index.slot(id).is_none() {
                let message = Message::new(id, place, head.payload_len, size, expires_s(&plan));
                self.index.insert(message, &new_jobs(&plan), true);
                self.segments.gained(place, head.payload_len);
            }
            return Some(());
        }
        let carried: CarriedState = serde_json::from_slice(parts.state).ok()?;
        match self.index.slot(id) {
            Some(slot) => {
                let message = &mut self.index.messages[slot];
                let (old, old_len) = (message.place, message.payload_len);
                message.place = place;
                message.payload_len = head.payload_len;
                self.segments.lost(old, old_len);
            }
            None => {
                let message = Message::new(id, place, head.payload_len, size, carried.expires_s);
                self.insert_divided(message, &plan, &carried.jobs, true);
            }
        }
        self.segments.gained(place, head.payload_len);
        Some(())
    }

    fn replay_note(&mut self, payload: &[u8]) -> Option<()> {
        let attempts: Vec<Attempt> = serde_json::from_slice(payload).ok()?;
        (self.tail)(Tail::Attempts(&attempts));
        let Some(slot) = self.index.slot(attempts.first()?.message.micros()) else {
            return Some(());
        };
        for job in self.index.jobs_of(slot) {
            let mine: Vec<&Attempt> = attempts
                .iter()
                .filter(|a| self.index.jobs[job].recipients.as_slice().contains(&a.recipient))
                .collect();
            let Some(first) = mine.first() else { continue };
            let step = first.step;
            self.index.lease_job(job);
            let outcomes: Vec<_> = mine.iter().map(|a| (a.recipient, a.outcome)).collect();
            self.index.finish(job, &outcomes);
            let defer = crate::reasons::deferral(&mine);
            let defer = defer.as_ref().map(|(due_ms, reason)| (*due_ms, reason.as_str()));
            let remains = self.index.after_attempt(job, step, defer);
            if let crate::index::Remains::Nothing { place, payload_len } = remains {
                self.segments.lost(place, payload_len);
                break;
            }
        }
        Some(())
    }
}

/// A record's payload, or as much of it as there is.
fn payload_at<'a>(bytes: &'a [u8], offset: u64, head: &Head) -> &'a [u8] {
    let rest = bytes.get(offset as usize + RECORD_HEAD..).unwrap_or_default();
    rest.get(..head.payload_len as usize).unwrap_or(rest)
}

/// The segment's bytes with everything before `start` blank. What the disk does not give is blank
/// too, and so a gap.
fn read_from(file: &fs::File, start: u64) -> Vec<u8> {
    let len = file.metadata().map_or(SEGMENT_BYTES, |about| about.len().min(SEGMENT_BYTES));
    let mut bytes = vec![0; len as usize];
    let start = start.min(len) as usize;
    for (number, block) in bytes[start..].chunks_mut(READ_BLOCK).enumerate() {
        let offset = (start + number * READ_BLOCK) as u64;
        if let Err(error) = std::os::unix::fs::FileExt::read_exact_at(file, block, offset) {
            error!(error = %error, offset, "a part of a spool segment cannot be read");
        }
    }
    bytes
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
