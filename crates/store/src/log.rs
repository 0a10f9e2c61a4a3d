//! The delivery log's values as callers see them, and their sealed forms.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use jiff::Timestamp;
use mail::SpoolId;
use mail::fact::{Attempt, AttemptKind, Queued, Reply};
use serde::{Deserialize, Serialize};
use vault::Vault;

use crate::day::Day;
use crate::{Result, StoreError, instant};

/// Where a recipient's delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Not tried yet.
    Queued,
    /// Or as its last attempt left it.
    Tried(AttemptKind),
}

/// One row of the log: one recipient of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryRow {
    /// How it began.
    pub queued: Queued,
    /// Where it stands.
    pub status: Status,
    /// When it got there.
    pub status_at: Timestamp,
    /// The last reply, if anybody answered yet.
    pub reply: Option<String>,
}

/// The whole story of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoryRecord {
    /// The row.
    pub row: DeliveryRow,
    /// Every attempt, oldest first.
    pub attempts: Vec<Attempt>,
    /// The other recipients of the same message: (place, address, status).
    pub siblings: Vec<(u16, String, Status)>,
}

/// Counts of recipients by outcome in one slot of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slot {
    /// Facts told in the slot: accepted.
    pub queued: u64,
    /// Deferrals.
    pub deferred: u64,
    /// Deliveries.
    pub succeeded: u64,
    /// Failures.
    pub failed: u64,
    /// Suppressed.
    pub suppressed: u64,
}

/// A place in the log, for the page that follows. Text form `DAY-KEY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub(crate) day: Day,
    pub(crate) key: i64,
}

impl Status {
    pub(crate) const fn number(self) -> i64 {
        match self {
            Status::Queued => 0,
            Status::Tried(AttemptKind::Deferred) => 1,
            Status::Tried(AttemptKind::Succeeded) => 2,
            Status::Tried(AttemptKind::Failed) => 3,
            Status::Tried(AttemptKind::Suppressed) => 4,
        }
    }

    pub(crate) const fn from_number(number: i64) -> Status {
        match number {
            1 => Status::Tried(AttemptKind::Deferred),
            2 => Status::Tried(AttemptKind::Succeeded),
            3 => Status::Tried(AttemptKind::Failed),
            4 => Status::Tried(AttemptKind::Suppressed),
            _ => Status::Queued,
        }
    }
}

impl Slot {
    /// Adds `total` facts of a kind.
    pub fn add(&mut self, status: Status, total: u64) {
        match status {
            Status::Queued => self.queued += total,
            Status::Tried(AttemptKind::Deferred) => self.deferred += total,
            Status::Tried(AttemptKind::Succeeded) => self.succeeded += total,
            Status::Tried(AttemptKind::Failed) => self.failed += total,
            Status::Tried(AttemptKind::Suppressed) => self.suppressed += total,
        }
    }

    /// Every fact of the slot.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.queued + self.deferred + self.succeeded + self.failed + self.suppressed
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.day.0, self.key)
    }
}

impl FromStr for Place {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> std::result::Result<Place, Self::Err> {
        let (day, key) = text.split_once('-').unwrap_or((text, ""));
        Ok(Place { day: Day(day.parse()?), key: key.parse()? })
    }
}

const QUEUED_LABEL: &str = "delivery";
const ATTEMPT_LABEL: &str = "attempt";

/// What of [`Queued`] is sealed: all that is not in a column or in the key.
#[derive(Serialize, Deserialize)]
struct QueuedBody<'a> {
    at: i64,
    to: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message_id: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    api_data: Option<Cow<'a, str>>,
    source_ip: IpAddr,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls: Option<Cow<'a, str>>,
    size: u32,
}

/// What of [`Attempt`] is sealed.
#[derive(Serialize, Deserialize)]
struct AttemptBody<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sender_ip: Option<IpAddr>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remote_host: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    remote_address: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reply: Option<Cow<'a, Reply>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tls: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next_attempt: Option<i64>,
}

fn seal<T: Serialize>(vault: &Vault, label: &str, what: &'static str, body: &T) -> Result<Vec<u8>> {
    let plain = serde_json::to_vec(body).map_err(|source| StoreError::Content { what, source })?;
    vault
        .seal(label, &plain)
        .map_err(|source| StoreError::Vault { doing: "seal an entry of the delivery log", source })
}

fn open(vault: &Vault, label: &str, sealed: &[u8]) -> Result<Vec<u8>> {
    vault
        .open(label, sealed)
        .map_err(|source| StoreError::Vault { doing: "open an entry of the delivery log", source })
}

pub(crate) fn seal_queued(vault: &Vault, queued: &Queued) -> Result<Vec<u8>> {
    let body = QueuedBody {
        at: queued.at.as_microsecond(),
        to: queued.to.as_str().into(),
        sender: queued.sender.as_deref().map(Cow::from),
        from: queued.from.as_deref().map(Cow::from),
        subject: queued.subject.as_deref().map(Cow::from),
        message_id: queued.message_id.as_deref().map(Cow::from),
        api_data: queued.api_data.as_deref().map(Cow::from),
        source_ip: queued.source_ip,
        user: queued.user.as_deref().map(Cow::from),
        tls: queued.tls.as_deref().map(Cow::from),
        size: queued.size,
    };
    seal(vault, QUEUED_LABEL, "a delivery", &body)
}

pub(crate) fn open_queued(
    vault: &Vault,
    sealed: &[u8],
    (node, message, recipient): (String, SpoolId, u16),
    composition: String,
) -> Result<Queued> {
    let plain = open(vault, QUEUED_LABEL, sealed)?;
    let body: QueuedBody<'_> = serde_json::from_slice(&plain)
        .map_err(|source| StoreError::Content { what: "a delivery", source })?;
    Ok(Queued {
        node,
        message,
        recipient,
        at: instant(body.at),
        composition,
        to: body.to.into_owned(),
        sender: body.sender.map(Cow::into_owned),
        from: body.from.map(Cow::into_owned),
        subject: body.subject.map(Cow::into_owned),
        message_id: body.message_id.map(Cow::into_owned),
        api_data: body.api_data.map(Cow::into_owned),
        source_ip: body.source_ip,
        user: body.user.map(Cow::into_owned),
        tls: body.tls.map(Cow::into_owned),
        size: body.size,
    })
}

pub(crate) fn seal_attempt(vault: &Vault, attempt: &Attempt) -> Result<Vec<u8>> {
    let body = AttemptBody {
        sender_ip: attempt.sender_ip,
        remote_host: attempt.remote_host.as_deref().map(Cow::from),
        remote_address: attempt.remote_address.as_deref().map(Cow::from),
        reply: attempt.reply.as_ref().map(Cow::Borrowed),
        tls: attempt.tls.as_deref().map(Cow::from),
        next_attempt: attempt.next_attempt.map(Timestamp::as_microsecond),
    };
    seal(vault, ATTEMPT_LABEL, "an attempt", &body)
}

/// Fills the sealed fields of an attempt whose other fields stand in columns.
pub(crate) fn open_attempt(vault: &Vault, sealed: &[u8], clear: Attempt) -> Result<Attempt> {
    let body = attempt_body(vault, sealed)?;
    Ok(Attempt {
        sender_ip: body.sender_ip,
        remote_host: body.remote_host.map(Cow::into_owned),
        remote_address: body.remote_address.map(Cow::into_owned),
        reply: body.reply.map(Cow::into_owned),
        tls: body.tls.map(Cow::into_owned),
        next_attempt: body.next_attempt.map(instant),
        ..clear
    })
}

/// Only the reply of a sealed attempt.
pub(crate) fn open_reply(vault: &Vault, sealed: &[u8]) -> Result<Option<String>> {
    Ok(attempt_body(vault, sealed)?.reply.map(|reply| reply.to_string()))
}

fn attempt_body(vault: &Vault, sealed: &[u8]) -> Result<AttemptBody<'static>> {
    let plain = open(vault, ATTEMPT_LABEL, sealed)?;
    serde_json::from_slice::<AttemptBody<'_>>(&plain)
        .map(|body| AttemptBody {
            sender_ip: body.sender_ip,
            remote_host: body.remote_host.map(|t| Cow::Owned(t.into_owned())),
            remote_address: body.remote_address.map(|t| Cow::Owned(t.into_owned())),
            reply: body.reply.map(|r| Cow::Owned(r.into_owned())),
            tls: body.tls.map(|t| Cow::Owned(t.into_owned())),
            next_attempt: body.next_attempt,
        })
        .map_err(|source| StoreError::Content { what: "an attempt", source })
}
