//! The delivery log: collected from the relay's journal, searched, counted, dropped after 40 days.

use jiff::Timestamp;
use mail::SpoolId;
use mail::fact::{Attempt, AttemptKind, Queued};

use crate::{AppError, Office};

/// What to look for. All given conditions hold together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Accepted at or after.
    pub from: Option<Timestamp>,
    /// Accepted before.
    pub until: Option<Timestamp>,
    /// Exact recipient address, or `@domain` for all of a domain.
    pub to: Option<String>,
    /// Exact From or envelope sender address, or `@domain`.
    pub sender: Option<String>,
    /// Exact Message-ID (angle brackets optional), exact X-Api-Data, or one of our own ids.
    pub reference: Option<String>,
    /// `None` is any.
    pub status: Option<Status>,
    /// `None` is any.
    pub composition: Option<String>,
    /// Rows per page, 1 to 200.
    pub limit: u16,
    /// Continue behind this row: the `next` of the page before.
    pub after: Option<String>,
}

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
pub struct Row {
    /// How it began.
    pub queued: Queued,
    /// Where it stands.
    pub status: Status,
    /// When it got there.
    pub status_at: Timestamp,
    /// The last reply, if anybody answered yet.
    pub reply: Option<String>,
}

/// A page of the log, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// At most `limit` rows.
    pub rows: Vec<Row>,
    /// For `after`, when there is more.
    pub next: Option<String>,
}

/// The whole story of one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The row.
    pub row: Row,
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

/// The delivery graph: equal slots over a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    /// Where the first slot begins.
    pub from: Timestamp,
    /// Length of a slot in seconds: 60, 300, 3,600 or 86,400.
    pub slot_seconds: u32,
    /// In order, without gaps.
    pub slots: Vec<Slot>,
    /// The busiest recipient domains of the span with their totals, at most 10.
    pub domains: Vec<(String, Slot)>,
}

/// How many days the log goes back (seed 001, annex 1.2).
pub const RETENTION_DAYS: i32 = 40;

/// Pages through the log.
///
/// # Errors
/// Refused when the search makes no sense (such as `from` after `until`).
pub async fn search(_office: &Office, _search: &Search, _now: Timestamp) -> Result<Page, AppError> {
    todo!()
}

/// The story of one recipient of one message.
///
/// # Errors
/// When the records fail.
pub async fn story(
    _office: &Office,
    _message: SpoolId,
    _recipient: u16,
) -> Result<Option<Story>, AppError> {
    todo!()
}

/// Counts over the span, of one composition or all.
///
/// # Errors
/// Refused when the span is empty or longer than [`RETENTION_DAYS`].
pub async fn graph(
    _office: &Office,
    _from: Timestamp,
    _until: Timestamp,
    _composition: Option<&str>,
) -> Result<Graph, AppError> {
    todo!()
}

/// Takes what is new in the relay's journal into the records; how many facts. Call until 0.
///
/// # Errors
/// When the journal or the records fail; what was recorded stays recorded, nothing twice.
pub async fn collect(_office: &Office, _now: Timestamp) -> Result<usize, AppError> {
    todo!()
}

/// Drops the days that are out of retention; how many.
///
/// # Errors
/// When the records fail.
pub async fn drop_expired(_office: &Office, _now: Timestamp) -> Result<usize, AppError> {
    todo!()
}
