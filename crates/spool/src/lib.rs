//! Mail in custody: accepted, leased, released or laid to rest; nothing in between, even after
//! a crash. Beside it, what custody leaves behind: the journal of facts and the sandbox mailbox.
//!
//! [`Spool`] says what custody means; [`SegmentSpool`] keeps it in segment files on this machine.

mod carried;
mod index;
mod job;
pub mod journal;
mod keeper;
mod log;
pub mod mailbox;
mod reading;
mod reasons;
pub mod record;
mod recovery;
mod replay;
mod report;
mod segment_spool;
mod segments;
mod slab;
mod snapshot;
mod state;
mod writer;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use jiff::Timestamp;
use mail::fact::Attempt;
use mail::queue::{Custody, DestinationReport};
use mail::{Envelope, SpoolId};

pub use recovery::{Recovered, Tail};
pub use segment_spool::{SegmentSpool, Settings};

/// A future that the spool answers with.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Custody of mail.
///
/// **Accepting.** When `accept` answers `Ok`, the message is ours: it survives the death of the
/// process and of the machine, and its recipients are delivered, failed or suppressed, never
/// forgotten. Before that, and after `Err`, it is the client's. A message may be accepted twice
/// when the client did not hear the answer; the spool does not look for that.
///
/// **States.** The recipients of one message that go to one destination are a *job*. A job is
/// *ready* (may be leased), *leased* (one caller works on it) or *deferred* (ready again at its
/// due time). These are all the states that a job can be in, and a restart makes every leased job
/// ready again: what was being sent may be sent twice, and is never dropped. A job ends when each
/// of its recipients has a final outcome, a message when its last job ends.
///
/// **Leases.** At most one lease of a job exists at a time. A lease ends by `settle`; a lease that
/// is dropped puts the job back at the front of its queue, unchanged.
///
/// **Settling.** The caller makes the facts known to the journal first. A settled outcome is
/// durable a little later; a crash before that repeats the attempt. Outcomes come back out of
/// recovery ([`Tail`]), so that a journal which lost its last seconds can be told again.
///
/// **Conservation.** `custody()` always satisfies accepted = delivered + failed + suppressed +
/// queued, in recipients, across restarts.
///
/// **Limits.** Beyond the limit of bytes, or without disk, `accept` refuses with a reason that
/// ends by itself; `settle` still works.
pub trait Spool: Send + Sync {
    /// A name for a message that is about to be accepted: never given before, also not before a
    /// restart, as long as the clock does not go back further than the restart took.
    fn new_id(&self, now: Timestamp) -> SpoolId;

    /// How many clients are in the middle of a message. The spool waits a few milliseconds for
    /// their messages, to make them durable together.
    fn arriving(&self) -> &AtomicUsize;

    /// Takes custody.
    fn accept(&self, arrival: Arrival) -> Answer<'_, Result<(), Refusal>>;

    /// Waits until some destination has something ready, and says which do. Every destination
    /// that gains a ready job is answered once; one caller at a time.
    fn called(&self) -> Answer<'_, Vec<Destination>>;

    /// Gives up a destination that `called` has answered: nobody works there any more. Without
    /// this a destination is remembered for ever.
    fn leave(&self, destination: &Destination);

    /// Takes the next ready job of a destination.
    fn lease(&self, destination: &Destination) -> Option<Lease>;

    /// Ready jobs of a destination.
    fn ready(&self, destination: &Destination) -> usize;

    /// Reads a leased message.
    fn read<'a>(&'a self, lease: &'a Lease) -> Answer<'a, Result<Stored, ReadError>>;

    /// Records what came of an attempt. `facts` name recipients of the lease: those with a final
    /// outcome are done with, the others wait until `next_attempt` of their fact. A recipient
    /// without a fact is ready again.
    fn settle(&self, lease: Lease, facts: &[Attempt]);

    /// Makes ready what is due at `now`; answers when the next is due.
    fn promote(&self, now: Timestamp) -> Option<Timestamp>;

    /// Makes ready whatever waits for a destination; how many recipients.
    fn promote_destination(&self, name: &str) -> u64;

    /// Leases jobs whose time is up, whatever state they wait in, at most `limit`.
    fn lease_expired(&self, now: Timestamp, limit: usize) -> Vec<Lease>;

    /// Leases every job of one message that is not leased already.
    fn lease_message(&self, id: SpoolId) -> Vec<Lease>;

    /// What became of everything.
    fn custody(&self) -> Custody;

    /// Figures of the spool as a whole.
    fn figures(&self) -> Figures;

    /// The fullest destinations with waiting mail, at most `limit`. `connections` is left 0.
    fn destinations(&self, limit: usize) -> Vec<DestinationReport>;

    /// What waits for a destination, oldest first, at most `limit`.
    fn waiting(&self, name: &str, limit: usize) -> Answer<'_, Vec<Waiting>>;
}

/// A message that wants to come into custody.
#[derive(Debug)]
pub struct Arrival {
    /// From [`Spool::new_id`].
    pub id: SpoolId,
    /// Everything but the content.
    pub envelope: Arc<Envelope>,
    /// Header fields of ours that go in front of the content.
    pub prefix: Vec<u8>,
    /// As it came, CRLF lines.
    pub content: Vec<u8>,
    /// A notification of ours, which is taken beyond the limit of bytes: without it the sender
    /// would never hear that mail which is already in custody has failed.
    pub ours: bool,
}

/// Why custody was refused. Display is the text of the SMTP reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The limit of bytes in custody is reached (452 4.3.1).
    #[error("the mail spool is at its limit, try again later")]
    Full,
    /// The disk has no room for another segment (452 4.3.1).
    #[error("insufficient system storage, try again later")]
    DiskFull,
    /// The disk failed (451 4.3.0).
    #[error("the message could not be stored, try again later")]
    Failed,
    /// Longer than a record may be (552 5.3.4).
    #[error("the message is larger than the spool takes ({} MiB)", record::PAYLOAD_MAX / (1024 * 1024))]
    TooLarge,
    /// The spool is closing (421 4.3.2).
    #[error("shutting down, try again later")]
    Closing,
}

/// How mail is divided into jobs. Asked at acceptance and again at a start when the fingerprint
/// differs from the one the queue was made under.
pub struct Routing {
    /// Divides a message's recipients among destinations and says when it expires.
    pub plan: PlanFn,
    /// Changes when the answers of `plan` may.
    pub fingerprint: u64,
}

/// See [`Routing`].
pub type PlanFn = Box<dyn Fn(&Envelope, SpoolId) -> Plan + Send + Sync>;

/// See [`Routing::plan`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When the message is given up.
    pub expires: Timestamp,
    /// Destination and recipients; every recipient once.
    pub jobs: Vec<(Arc<str>, Vec<u16>)>,
}

/// A destination with its number.
#[derive(Clone, Debug)]
pub struct Destination {
    number: u32,
    /// As [`Routing::plan`] named it.
    pub name: Arc<str>,
}

/// The right to work on a job.
pub struct Lease {
    job: u32,
    payload_len: u32,
    /// The message.
    pub id: SpoolId,
    /// Its recipients at this destination, by their place in the envelope.
    pub recipients: Vec<u16>,
    /// Facts told about them so far; the next one is this plus one.
    pub step: u16,
    /// When the message is given up.
    pub expires: Timestamp,
    /// Where it goes.
    pub destination: Arc<str>,
    home: Option<Arc<state::Shared>>,
}

/// A message read back.
#[derive(Debug)]
pub struct Stored {
    /// Everything but the content.
    pub envelope: Envelope,
    /// With our own header fields in front.
    pub content: Vec<u8>,
}

/// Why a message could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The disk failed; worth another try.
    #[error("cannot read message {id} from the spool")]
    Io {
        /// Which.
        id: SpoolId,
        /// What the system said.
        source: std::io::Error,
    },
    /// The bytes on disk are not what was written. The envelope may still be sound.
    #[error("message {id} is damaged in the spool: its checksum does not match")]
    Damaged {
        /// Which.
        id: SpoolId,
        /// Whom to tell, if that much could be read.
        envelope: Option<Box<Envelope>>,
    },
}

/// One message that waits, for a person to read.
#[derive(Debug)]
pub struct Waiting {
    /// Its name.
    pub id: SpoolId,
    /// `None` when it could not be read.
    pub envelope: Option<Envelope>,
    /// Those that wait here.
    pub recipients: Vec<u16>,
    /// Attempts so far.
    pub step: u16,
    /// Somebody is delivering it now.
    pub in_flight: bool,
    /// `None`: not waiting for a time.
    pub next_attempt: Option<Timestamp>,
    /// When it is given up.
    pub expires: Timestamp,
    /// Bytes of content.
    pub size: u32,
    /// Why it waits.
    pub reason: String,
}

/// Figures of a spool.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Bytes of content in custody.
    pub bytes: u64,
    /// At this many, `accept` refuses.
    pub bytes_limit: u64,
    /// Bytes that the spool's files take.
    pub bytes_on_disk: u64,
    /// Messages in custody.
    pub messages: u64,
    /// Syncs of segments since the start.
    pub syncs: u64,
    /// Records found damaged since the start, recovery included.
    pub damaged: u64,
    /// Why mail would be refused now.
    pub refusing: Option<Refusal>,
}
