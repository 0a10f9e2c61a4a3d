//! What the queue consists of: messages, and jobs of messages at destinations.

use std::collections::VecDeque;
use std::sync::Arc;

/// No job.
pub(crate) const NONE: u32 = u32::MAX;

/// Where a record is: a file of the segment table and a byte in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Number of the segment file.
    pub file: u32,
    /// Of the record's head.
    pub offset: u32,
}

/// A message in custody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    pub id: u64,
    pub place: Place,
    /// Bytes of the record's payload.
    pub payload_len: u32,
    /// Bytes of content.
    pub size: u32,
    /// Seconds since 1970.
    pub expires_s: u32,
    pub first_job: u32,
}

/// One message's recipients at one destination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    pub message: u32,
    pub next: u32,
    pub destination: u32,
    pub reason: u32,
    /// Milliseconds since 1970; of the next attempt while deferred.
    pub due_ms: u64,
    pub recipients: Recipients,
    /// Facts told about these recipients so far.
    pub step: u16,
    pub state: State,
}

/// The recipients of a job, by their place in the envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipients {
    One(u16),
    Many(Box<[u16]>),
}

impl Recipients {
    pub fn new(list: &[u16]) -> Recipients {
        match list {
            [one] => Recipients::One(*one),
            many => Recipients::Many(many.into()),
        }
    }

    pub fn as_slice(&self) -> &[u16] {
        match self {
            Recipients::One(one) => std::slice::from_ref(one),
            Recipients::Many(many) => many,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Ready,
    Leased,
    Deferred,
}

impl Message {
    pub fn new(id: u64, place: Place, payload_len: u32, size: u32, expires_s: u32) -> Message {
        Message { id, place, payload_len, size, expires_s, first_job: NONE }
    }
}

/// Where mail goes: its queue and its counts.
#[derive(Debug, Default)]
pub(crate) struct Destination {
    pub name: Arc<str>,
    pub ready: VecDeque<u32>,
    /// Recipients of all its jobs.
    pub waiting: u64,
    /// Recipients of its leased jobs.
    pub leased: u64,
    /// Recipients of its deferred jobs.
    pub deferred: u64,
    /// Somebody delivers here and holds its number.
    pub attended: bool,
    /// Told to the dispatcher and not yet taken.
    pub called: bool,
}
