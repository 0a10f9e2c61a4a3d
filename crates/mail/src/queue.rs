//! What is waiting and why: the words that the relay answers with when the console or the
//! command line looks into its queue. The serialized forms travel over the relay's control
//! socket (`docs/FORMATS.md`).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::SpoolId;

/// What can be asked of a running relay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "kebab-case")]
pub enum Question {
    /// Every destination with waiting mail, the fullest first, at most `limit`.
    Queue {
        /// 1 to 1,000.
        limit: u16,
    },
    /// The waiting messages of one destination, oldest first, at most `limit`.
    Destination {
        /// The destination as [`DestinationReport::name`] gives it.
        name: String,
        /// 1 to 1,000.
        limit: u16,
    },
    /// Try everything that waits for this destination now.
    RetryDestination {
        /// As above.
        name: String,
    },
    /// Give up one message: its recipients fail, the sender is told.
    Fail {
        /// Which one.
        message: SpoolId,
    },
}

/// What the relay answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// To [`Question::Queue`].
    Queue(QueueReport),
    /// To [`Question::Destination`].
    Messages {
        /// Oldest first.
        messages: Vec<WaitingMessage>,
    },
    /// The deed is done; how many recipients it touched.
    Done {
        /// Recipients.
        recipients: u64,
    },
    /// The relay could not answer.
    Refused {
        /// A sentence for the person who asked.
        reason: String,
    },
}

/// The queue of one relay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueReport {
    /// Which relay.
    pub node: String,
    /// The fullest first.
    pub destinations: Vec<DestinationReport>,
    /// What became of everything that was ever accepted.
    pub custody: Custody,
    /// Bytes of content in custody.
    pub bytes: u64,
    /// The most it takes into custody before it answers 452.
    pub bytes_limit: u64,
    /// Why mail is refused right now, such as a full disk; `None` when it is taken.
    pub refusing: Option<String>,
    /// Sessions of clients open right now.
    pub sessions: u32,
}

/// Counts of recipients since the spool was made. `accepted` equals the sum of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Custody {
    /// Taken into custody.
    pub accepted: u64,
    /// The next server has them.
    pub delivered: u64,
    /// Given up; the sender was told where it asked to be.
    pub failed: u64,
    /// Not tried, being on the suppression list.
    pub suppressed: u64,
    /// Still here.
    pub queued: u64,
}

impl Custody {
    /// Whether every accepted recipient is accounted for.
    #[must_use]
    pub const fn conserved(&self) -> bool {
        self.accepted == self.delivered + self.failed + self.suppressed + self.queued
    }
}

/// One destination with waiting mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationReport {
    /// A domain, or `host:port` of a fixed route, or `sandbox`.
    pub name: String,
    /// Recipients that wait, all reasons together.
    pub waiting: u64,
    /// Of those, how many could go now.
    pub ready: u64,
    /// Of those, how many are being delivered.
    pub in_flight: u64,
    /// Of those, how many wait for their next attempt.
    pub deferred: u64,
    /// Open connections.
    pub connections: u16,
    /// When the oldest of them was accepted.
    pub oldest: Option<Timestamp>,
    /// When the next attempt is due.
    pub next_attempt: Option<Timestamp>,
    /// Why the mail here waits, in a sentence: the last reply, or what we wait for.
    pub reason: String,
}

/// One message that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingMessage {
    /// Its name.
    pub message: SpoolId,
    /// Envelope sender; empty is `<>`.
    pub sender: String,
    /// Those recipients that wait for this destination.
    pub recipients: Vec<String>,
    /// Attempts so far.
    pub attempts: u16,
    /// When the next one is due; `None` when it is being delivered now.
    pub next_attempt: Option<Timestamp>,
    /// When we give up.
    pub expires: Timestamp,
    /// Bytes of content.
    pub size: u32,
    /// Why it waits.
    pub reason: String,
}
