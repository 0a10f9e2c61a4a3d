//! The log read again: what each record says is done to the queue once more. Replaying a record
//! twice changes nothing.

use std::collections::BTreeSet;
use std::fs;

use mail::Envelope;
use mail::fact::Attempt;
use tracing::error;

use crate::carried::CarriedState;
use crate::index::{Message, Place};
use crate::record::{Found, Head, Kind, RECORD_HEAD, SEGMENT_BYTES, decode_arrival, walk};
use crate::recovery::{Replay, Tail};
use crate::snapshot::Position;
use crate::writer::{expires_s, new_jobs};

/// Bytes of a segment read at once: as much is lost to a bad sector.
const READ_BLOCK: usize = 64 * 1024;

/// A segment that is being read.
#[derive(Clone, Copy)]
struct Walked {
    sequence: u64,
    number: u32,
    /// Nothing was written behind it.
    newest: bool,
}

impl Replay<'_> {
    /// Replays the log behind `position`; how many bytes that was. What lies between `told_from`
    /// and there is in the snapshot already and is only told: the journal may not have had it on
    /// disk when the snapshot was written.
    pub fn read_log(&mut self, position: Position, told_from: Position) -> u64 {
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
